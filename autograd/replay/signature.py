"""The arguments of a compiled function: which numbers are in them, and what they have in common from call to call."""

from __future__ import annotations

import sys

from autograd.errors import ArgumentError
from autograd.replay.statics import Static


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


def columns_of(batches):
    """For each argument of a batch its value in each example; and whether it was a sequence of them.

    What is no sequence (a number, a Value, a string, None, a bool) is the same for all examples.
    """
    spread = [
        hasattr(batch, "__len__") and not isinstance(batch, (str, bytes)) and getattr(batch, "shape", None) != ()
        for batch in batches
    ]
    for batch in batches:
        if isinstance(batch, (dict, set, frozenset)):
            raise ArgumentError(
                "a batch is one sequence for each argument, with an item for each example; got a "
                f"{type(batch).__name__}. Pass what is the same for all examples by its name."
            )
    columns = [
        (batch.tolist() if hasattr(batch, "tolist") else list(batch)) if several else None
        for batch, several in zip(batches, spread)
    ]
    lengths = {len(column) for column in columns if column is not None}
    if len(lengths) != 1 or lengths == {0}:
        found = ", ".join(str(len(column)) for column in columns if column is not None)
        raise ArgumentError(
            "a batch is one sequence for each argument, all of one length that is not 0; got lengths "
            f"{found or 'none'}."
        )
    count = lengths.pop()
    return [[batch] * count if column is None else column for batch, column in zip(batches, columns)], tuple(spread)


def matrix_of(batches):
    """For batches in NumPy arrays: the key of an example, and all examples as the rows of an array.

    The key is that of the same numbers in lists. None where one of the batches is not to be had as such an array.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not any(isinstance(batch, numpy.ndarray) for batch in batches):
        return None
    columns = [
        numpy.asarray(batch) if type(batch) is list and set(map(type, batch)) <= {int, float, bool} else batch
        for batch in batches
    ]
    for column in columns:
        if (
            not isinstance(column, numpy.ndarray)
            or column.dtype.kind not in "biuf"
            or column.itemsize > 8
            or column.ndim == 0
            or len(column) != len(columns[0])
            or 0 in column.shape
            or (column.dtype.kind in "iu" and abs(column).max() > 2**53)
        ):
            return None
    rows = numpy.ascontiguousarray(  # one column in Fortran's order stays in it
        numpy.concatenate([column.reshape(len(column), -1) for column in columns], axis=1, dtype=float)
    )
    return tuple([_structure_of_shape(column.shape[1:]) for column in columns]), rows


def _structure_of_shape(shape):
    """What `structure_of` says of lists of this shape."""
    if not shape:
        return "number"
    return (list, shape[0]) if len(shape) == 1 else (list, *[_structure_of_shape(shape[1:])] * shape[0])


def filled(structure, leaves):
    """An argument of this structure with the numbers from the iterator `leaves`."""
    if structure in ("number", "Value", "Constant"):
        return next(leaves)
    if type(structure) is Static:
        return structure.thing()
    kind, *parts = structure
    if kind == "static":
        return parts[1]
    if issubclass(kind, dict):
        return kind((key, filled(part, leaves)) for (_, key), part in parts)
    if len(parts) == 1 and type(parts[0]) is int:
        return kind([next(leaves) for _ in range(parts[0])])
    items = [filled(part, leaves) for part in parts]
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def parts_of(key):
    """The arguments of a key: (its name, or None for a positional one; its structure) of each."""
    return [part if type(part) is tuple and len(part) == 2 and type(part[0]) is str else (None, part) for part in key]


def kinds_in(structure):
    """Of each number in an argument of this structure what it is: a "number", a "Value" or a "Constant"."""
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
