"""What a key (keys.py) says about the arguments of a call, and how to make arguments from it and other numbers."""

from __future__ import annotations

from itertools import islice
from math import prod

from autograd.errors import ArgumentError
from autograd.replay.statics import Static


def positions_of(function, static):
    """Which positional arguments are static."""
    if not static:
        return frozenset()
    from inspect import signature

    names = list(signature(function).parameters)
    for name in static:
        if name not in names:
            raise ArgumentError(
                f"compile: static={name!r} is not an argument of the function, which has {', '.join(names)}."
            )
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
    if kind == "array":
        from autograd.value_array import object_array

        shape, items = parts
        numbers = islice(leaves, prod(shape)) if items == "number" else [_argument_from(item, leaves) for item in items]
        return object_array(list(numbers), shape)
    if issubclass(kind, dict):
        return kind((key, _argument_from(part, leaves)) for (_, key), part in parts)
    if parts and type(parts[-1]) is int:  # so many numbers, or Values
        return kind([next(leaves) for _ in range(parts[-1])])
    items = [_argument_from(part, leaves) for part in parts]
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def parts_of(key):
    """For each argument in a key, its name (None for a positional one) and its structure."""
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
    if kind == "array":
        shape, items = parts
        return ["number"] * prod(shape) if items == "number" else [kinds for item in items for kinds in kinds_in(item)]
    if issubclass(kind, dict):
        return [found for _, part in parts for found in kinds_in(part)]
    if parts and type(parts[-1]) is int:
        return (["number"] if len(parts) == 1 else parts[:-1]) * parts[-1]
    return [found for part in parts for found in kinds_in(part)]
