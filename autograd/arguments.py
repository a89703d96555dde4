"""The arguments of a compiled function: which numbers are in them, and what they have in common from call to call."""

from __future__ import annotations

import sys

from autograd.errors import ArgumentError, NumberTypeError
from autograd.value import Value, as_float, backend, compiled


def positions_of(function, static):
    """The places of static arguments among the positional ones."""
    if not static:
        return frozenset()
    from inspect import signature
    names = list(signature(function).parameters)
    for name in static:
        if name not in names:
            raise ArgumentError(f"compile: static={name!r} is no argument of the function; it has {', '.join(names)}.")
    return frozenset(names.index(name) for name in static)


def examples_of(batches):
    """The examples of a batch: for each one the positional arguments."""
    columns = [batch.tolist() if hasattr(batch, "tolist") else list(batch) for batch in batches]
    lengths = set(map(len, columns))
    if len(lengths) != 1 or lengths == {0}:
        raise ArgumentError("a batch is one sequence for each argument, all of one length that is not 0; got lengths "
                            f"{', '.join(str(len(column)) for column in columns) or 'none'}.")
    return list(zip(*columns))


def matrix_of(batches):
    """For batches in NumPy arrays: the key of an example, and all examples as the rows of an array.

    The key is that of the same numbers in lists. None where one of the batches is not to be had as such an array.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not any(isinstance(batch, numpy.ndarray) for batch in batches):
        return None
    columns = [numpy.asarray(batch) if type(batch) is list and set(map(type, batch)) <= {int, float} else batch
               for batch in batches]
    for column in columns:
        if (not isinstance(column, numpy.ndarray) or column.dtype.kind not in "biuf" or column.itemsize > 8
                or column.ndim == 0 or len(column) != len(columns[0]) or 0 in column.shape
                or (column.dtype.kind in "iu" and abs(column).max() > 2 ** 53)):
            return None
    rows = numpy.ascontiguousarray(  # one column in Fortran's order stays in it
        numpy.concatenate([column.reshape(len(column), -1) for column in columns], axis=1, dtype=float))
    return tuple([_structure_of_shape(column.shape[1:]) for column in columns]), rows


def _structure_of_shape(shape):
    """What `structure_of` says of lists of this shape."""
    if not shape:
        return "number"
    return (list, shape[0]) if len(shape) == 1 else (list, *[_structure_of_shape(shape[1:])] * shape[0])


def filled(part, leaves):
    """The structure of an argument with other numbers, from the iterator `leaves`."""
    if part is None or isinstance(part, (bool, str)):
        return part
    if isinstance(part, dict):
        return {key: filled(element, leaves) for key, element in part.items()}
    if isinstance(part, tuple) and hasattr(part, "_fields"):
        return type(part)(*(filled(element, leaves) for element in part))
    if isinstance(part, (list, tuple)):
        return type(part)(filled(element, leaves) for element in part)
    if hasattr(part, "tolist"):
        return filled(part.tolist(), leaves) if getattr(part, "shape", ()) else next(leaves)
    return next(leaves)


# Compiled, the functions from here on run as C: they look at every number of every example.
def keys_of(examples, kwargs, positions, static, rows):
    """The different keys of examples; the leaves of each become a list in `rows`."""
    keys = set()
    for example in examples:
        leaves = []
        keys.add(key_of(example, kwargs, positions, static, leaves))
        rows.append(leaves)
    return keys


def key_of(args, kwargs, positions, static, leaves):
    """What decides which recording serves, hashable: the structure of the arguments, and the static ones.

    The numbers and Values in the arguments go to the list `leaves`.
    """
    key = [static_key(arg) if i in positions else structure_of(arg, leaves) for i, arg in enumerate(args)]
    key += [(name, static_key(arg) if name in static else structure_of(arg, leaves)) for name, arg in kwargs.items()]
    return tuple(key)


def static_key(argument):
    """A static argument as part of a key."""
    try:
        hash(argument)
    except TypeError:
        raise NumberTypeError(f"compile: a static argument must be hashable, got {type(argument).__name__}. Pass a "
                              "tuple in place of a list, or a string.") from None
    return "static", type(argument), argument


def structure_of(part, leaves):
    """The structure of an argument, hashable; its numbers and Values go to `leaves`."""
    kind = type(part)
    if kind is float or kind is int:
        leaves.append(part)
        return "number"
    if kind is list or kind is tuple:
        for element in part:
            if type(element) is not float and type(element) is not int:
                break
        else:
            leaves += part
            return kind, len(part)
        found = [structure_of(element, leaves) for element in part]
        return kind, *found
    if kind is Value:
        leaves.append(part)
        return "Value"
    if part is None or kind is bool or kind is str:
        return "static", kind, part
    if isinstance(part, Value):
        leaves.append(part.data)
        return "number"
    if isinstance(part, dict):
        return dict, *[(key, structure_of(element, leaves)) for key, element in part.items()]
    if isinstance(part, (list, tuple)):
        return kind, *[structure_of(element, leaves) for element in part]
    if hasattr(part, "tolist"):
        return structure_of(part.tolist(), leaves)
    try:
        leaves.append(as_float(part))
    except NumberTypeError:
        raise NumberTypeError(f"compile: an argument is {part!r:.60}, a {kind.__name__}. Numbers, Values, strings, "
                              "None, bools, and lists, tuples, dicts and arrays of them are inputs; name others in "
                              "static=, or let the function close over them.") from None
    return "number"


# See value.py: the compiled functions take over where they are present.
if backend == "native":
    globals().update({name: compiled.exports[name] for name in ("keys_of", "key_of", "structure_of")})
