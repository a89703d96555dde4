"""What decides which recording serves a call: the structure of the arguments, and the static ones.

This code looks at every number of every example, and is therefore compiled with the engine.
"""

from collections import OrderedDict

from autograd.engine import uncompiled as cython
from autograd.errors import ArgumentError, NumberTypeError
from autograd.replay.statics import Static

if not cython.compiled:
    from autograd.engine.numbers import as_float
    from autograd.engine.value import Value

DEEPEST = 100  # how many levels deep lists, tuples and dicts may be nested


@cython.ccall
@cython.locals(leaves=list)
def keys_of(examples, kwargs, positions, static, rows, spread):
    """The different keys of examples; the leaves of each become a list in `rows`."""
    keys = set()
    for example in examples:
        leaves = []
        keys.add(key_of(example, kwargs, positions, static, leaves, spread))
        rows.append(leaves)
    return keys


@cython.ccall
@cython.locals(leaves=list, key=list)
def key_of(args, kwargs, positions, static, leaves, spread=()):
    """What decides which recording serves, in hashable form: the structure of the arguments, and the static ones.

    The numbers and Values in the arguments go to the list `leaves`. A bool is static, except in an argument that has
    one value per example of a batch, where it is a number; `spread` says which arguments these are.
    """
    key = [
        Static(arg) if i in positions else structure_of(arg, leaves, 0, i < len(spread) and spread[i])
        for i, arg in enumerate(args)
    ]
    key += [
        (name, Static(arg) if name in static else structure_of(arg, leaves, 0, False)) for name, arg in kwargs.items()
    ]
    return tuple(key)


@cython.ccall
@cython.locals(leaves=list, found=list, depth=cython.int, bools=cython.bint)
def structure_of(part, leaves, depth, bools):
    """The structure of an argument, in hashable form; its numbers and Values go to `leaves`.

    depth  how many levels deep it is nested
    bools  whether bools are numbers
    """
    kind = type(part)
    if kind is float or kind is int or (bools and kind is bool):
        leaves.append(part)
        return "number"
    if depth > DEEPEST:
        raise ArgumentError(f"compile: an argument is nested more than {DEEPEST} deep. Does a list contain itself?")
    if kind is list or kind is tuple:
        for element in part:
            if type(element) is not float and type(element) is not int:
                break
        else:
            leaves += part
            return kind, len(part)
        for element in part:
            if type(element) is not Value:
                break
        else:
            leaves += part
            return kind, "Value", len(part)
        found = [structure_of(element, leaves, depth + 1, bools) for element in part]
        return kind, *found
    if kind is Value:
        leaves.append(part)
        return "Value"
    if part is None or kind is bool or kind is str:
        return "static", kind, part
    if isinstance(part, Value):
        leaves.append(part.data)
        return "Constant"
    if (
        kind is not dict
        and kind is not OrderedDict
        and isinstance(part, (dict, list, tuple))
        and (not hasattr(part, "_fields"))
    ):
        raise NumberTypeError(
            f"compile: an argument is a {kind.__name__}, a class derived from "
            f"{kind.__base__.__name__} that may do other things. Pass a list, a tuple or a dict."
        )
    if isinstance(part, dict):
        found = [((type(key), key), structure_of(element, leaves, depth + 1, bools)) for key, element in part.items()]
        return kind, *found
    if isinstance(part, tuple):
        found = [structure_of(element, leaves, depth + 1, bools) for element in part]
        return kind, *found
    if hasattr(part, "__array__") and getattr(part, "shape", ()) != ():
        return structure_of_array(part, leaves, depth + 1, bools)
    if hasattr(part, "tolist") and getattr(part, "shape", None) != ():
        return structure_of(part.tolist(), leaves, depth + 1, bools)
    if hasattr(part, "item") and type(part.item()) is bool:
        return structure_of(part.item(), leaves, depth, bools)
    try:
        leaves.append(as_float(part.item() if hasattr(part, "item") else part))
    except NumberTypeError:
        raise NumberTypeError(
            f"compile: an argument is {part!r:.60}, a {kind.__name__}. Numbers, Values, strings, "
            "None, bools, and lists, tuples, dicts and arrays of them are inputs; name others in "
            "static=, or let the function close over them."
        ) from None
    return "number"


@cython.ccall
@cython.locals(leaves=list, depth=cython.int, bools=cython.bint)
def structure_of_array(array, leaves, depth, bools):
    """The structure of an array: its shape, and what its items are, where these are not all plain numbers."""
    from autograd.value_array import as_ndarray

    array = as_ndarray(array)
    if array.dtype.kind in "fiu" and array.itemsize <= 8:
        leaves += array.ravel().tolist()
        return "array", array.shape, "number"
    return "array", array.shape, tuple([structure_of(item, leaves, depth, bools) for item in array.ravel().tolist()])
