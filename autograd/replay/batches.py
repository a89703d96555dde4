"""Batches: for each argument a sequence, with one item per example."""

from __future__ import annotations

import operator
import sys
from functools import reduce
from itertools import islice
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError
from autograd.examples import Lists, arrays_of
from autograd.native import backend
from autograd.nested import is_array, numbers_in


def columns_of(batches):
    """For each argument of a batch, its value in each example; and whether it was given as a sequence.

    What is not a sequence (a number, a Value, a string, None, a bool) is the same for all examples.
    """
    batches = _in_lists(batches)
    spread = tuple(map(_is_sequence, batches))
    columns = [_as_list(batch) if is_spread else None for batch, is_spread in zip(batches, spread)]
    count = _common_length([len(column) for column in columns if column is not None])
    return [[batch] * count if column is None else column for batch, column in zip(batches, columns)], spread


def _is_sequence(batch):
    if isinstance(batch, (dict, set, frozenset)):
        raise ArgumentError(
            "expected one sequence for each argument, with an item for each example, got a "
            f"{type(batch).__name__}. Pass what is the same for all examples by its name."
        )
    return hasattr(batch, "__len__") and not isinstance(batch, (str, bytes)) and getattr(batch, "shape", None) != ()


def _in_lists(batches):
    """Batches whose examples are to arrive as lists, as lists; all others as they are."""
    if len(batches) == 1 and isinstance(batches[0], (Lists, Rows)):
        arrays = batches[0].arrays if isinstance(batches[0], Lists) else arrays_of(batches[0])
        return [array.tolist() for array in arrays]
    return batches


def _as_list(batch):
    """The examples of a batch; those of a table in an array are arrays."""
    has_numbers = hasattr(batch, "tolist") and len(getattr(batch, "shape", ())) < 2
    return batch.tolist() if has_numbers else list(batch)


def _common_length(lengths):
    if len(set(lengths)) != 1 or 0 in lengths:
        raise ArgumentError(
            "expected one sequence for each argument, all of one length and not empty, got lengths "
            f"{', '.join(map(str, lengths)) or 'none'}."
        )
    return lengths[0]


def matrix_of(batches):
    """For batches in NumPy arrays: the key of an example, and all examples as the rows of one array.

    Returns None where this is not possible for one of the batches. The rows are the machine's: a copy, of the class
    Rows in the compiled engine.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    structure_of_item = structure_of_shape if len(batches) == 1 and isinstance(batches[0], (Lists, Rows)) else _array
    batches = tuple(batches[0].arrays) if len(batches) == 1 and isinstance(batches[0], Lists) else batches
    if rows_of is not None and (found := rows_of(numpy.ndarray, batches)) is not None:
        return tuple(map(structure_of_item, found.shapes)), found
    if not any(isinstance(batch, numpy.ndarray) for batch in batches):
        return None
    columns = [
        numpy.asarray(batch) if type(batch) is list and set(map(type, batch)) <= {int, float, bool} else batch
        for batch in batches
    ]
    if not all(isinstance(column, numpy.ndarray) and _holds_floats(column) for column in columns):
        return None
    if len(set(map(len, columns))) != 1:
        return None
    from autograd.value_array import as_ndarray

    columns = [as_ndarray(column) for column in columns]  # a class derived from ndarray may do other things
    rows = numpy.concatenate([column.reshape(len(column), -1) for column in columns], axis=1, dtype=float)
    key = tuple([structure_of_item(column.shape[1:]) for column in columns])
    return key, (rows if backend == "python" else rows_of(numpy.ndarray, (rows,)))


def _array(shape):
    """What `structure_of` in keys.py returns for an array of numbers of this shape."""
    return ("array", shape, "number") if shape else "number"


def as_array(others):
    """Numbers, or nested lists or arrays of numbers of one shape, as a NumPy array; anything else as it is."""
    if shape_of(others[0], float) is None:
        return others
    import numpy

    return numpy.array(others)


def shape_of(structure, kind):
    """The shape of an array with the items of nested lists, which must be of this kind; None if they make no array."""
    if isinstance(structure, kind):
        return ()
    if is_array(structure):
        return tuple(structure.shape) if all(isinstance(item, kind) for item in numbers_in(structure)) else None
    if type(structure) is not list or not structure:
        return None
    shapes = {shape_of(part, kind) for part in structure}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(structure), *inner)


def _holds_floats(array):
    """Whether an array has a length, and numbers in it that are exactly float64s."""
    return (
        array.dtype.kind in "biuf"
        and array.itemsize <= 8
        and 0 not in array.shape
        and array.ndim > 0
        and not (array.dtype.kind in "iu" and abs(array).max() > 2**53)
    )


if TYPE_CHECKING or backend == "python":
    Rows: Any = ()
    rows_of: Any = None  # for arrays the compiled engine has a quicker way, whose result is of the class Rows

    def structure_of_shape(shape):
        """What `structure_of` in keys.py returns for lists of this shape."""
        if not shape:
            return "number"
        return (list, shape[0]) if len(shape) == 1 else (list, *[structure_of_shape(shape[1:])] * shape[0])

    def with_columns(rows, further):
        """The rows of an array, each followed by its share of other numbers."""
        numpy = sys.modules["numpy"]
        return numpy.hstack([rows, numpy.frombuffer(further).reshape(len(rows), -1)])

    def total_of(numbers, step, count):
        """The sum of the first of every `step` numbers, `count` in all, added from left to right."""
        return reduce(operator.add, islice(numbers, 0, step * count, step))  # sum() may be more exact

else:  # in rows.pxi
    from autograd.native._engine import Rows, rows_of, structure_of_shape
    from autograd.native._engine import total_of as total_of
    from autograd.native._engine import with_columns as with_columns
