"""The key of a call: what the arguments are apart from the numbers in them, which are its leaves."""

from __future__ import annotations

from collections import OrderedDict

from autograd.engine.value import Value, as_float, backend, compiled
from autograd.errors import ArgumentError, NumberTypeError
from autograd.replay.statics import Static


def positions_of(function, static):
    """Which positional arguments are static."""
    if not static:
        return frozenset()
    from inspect import signature

    names = list(signature(function).parameters)
    for name in static:
        if name not in names:
            raise ArgumentError(f"compile: static={name!r} is no argument of the function; it has {', '.join(names)}.")
    return frozenset(names.index(name) for name in static)


def arguments_from(key, leaves):
    """The positional and the named arguments of a key, with the numbers from the iterator `leaves`."""
    args, kwargs = [], {}
    for name, structure in parts_of(key):
        if name is None:
            args.append(_argument_from(structure, leaves))
        else:
            kwargs[name] = _argument_from(structure, leaves)
    return args, kwargs


def _argument_from(structure, leaves):
    if structure in ("number", "Value", "Constant"):
        return next(leaves)
    if type(structure) is Static:
        return structure.fresh()
    kind, *parts = structure
    if kind == "static":
        return parts[1]
    if issubclass(kind, dict):
        return kind((key, _argument_from(part, leaves)) for (_, key), part in parts)
    if len(parts) == 1 and type(parts[0]) is int:
        return kind([next(leaves) for _ in range(parts[0])])
    items = [_argument_from(part, leaves) for part in parts]
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def parts_of(key):
    """For each argument in a key its name, or None for a positional one, and its structure."""
    return [part if type(part) is tuple and len(part) == 2 and type(part[0]) is str else (None, part) for part in key]


def statics_in(key):
    """The static arguments in a key."""
    return [structure for _, structure in parts_of(key) if type(structure) is Static]


def kinds_in(structure):
    """What each number in an argument of this structure is: a "number", a "Value" or a "Constant"."""
    if structure in ("number", "Value", "Constant"):
        return [structure]
    if type(structure) is Static or structure[0] == "static":
        return []
    kind, *parts = structure
    if issubclass(kind, dict):
        return [found for _, part in parts for found in kinds_in(part)]
    if len(parts) == 1 and type(parts[0]) is int:
        return ["number"] * parts[0]
    return [found for part in parts for found in kinds_in(part)]


# Compiled, what follows runs as C: it looks at every number of every example.
DEEPEST = 100  # so many levels of lists, tuples and dicts may lie within one another


def keys_of(examples, kwargs, positions, static, rows, spread):
    """The different keys of examples; the leaves of each become a list in `rows`."""
    keys = set()
    for example in examples:
        leaves = []
        keys.add(key_of(example, kwargs, positions, static, leaves, spread))
        rows.append(leaves)
    return keys


def key_of(args, kwargs, positions, static, leaves, spread=()):
    """What decides which recording serves, hashable: the structure of the arguments, and the static ones.

    The numbers and Values in the arguments go to the list `leaves`. A bool is static, but a number in an argument of
    which a batch has one for each example, which is what `spread` says of each.
    """
    key = [
        Static(arg) if i in positions else structure_of(arg, leaves, 0, i < len(spread) and spread[i])
        for i, arg in enumerate(args)
    ]
    key += [
        (name, Static(arg) if name in static else structure_of(arg, leaves, 0, False)) for name, arg in kwargs.items()
    ]
    return tuple(key)


def structure_of(part, leaves, depth, bools):
    """The structure of an argument, hashable; its numbers and Values go to `leaves`.

    depth  in how many lists it is
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


# See value.py: the compiled functions take over where they are present.
if backend == "native":
    globals().update({name: compiled.exports[name] for name in ("keys_of", "key_of", "structure_of")})
