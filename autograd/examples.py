"""Many examples at once, for training: their numbers as rows in memory, and the order of a shuffle; both in C."""

from __future__ import annotations

import math
from array import array
from functools import cache
from typing import Any

from autograd.native import backend

LIMIT = 2**31  # of items: beyond this, a place takes more than one word of the generator


class Lists:
    """Examples in arrays, a batch for `mean` and `map` of a compiled function, to which they arrive as lists.

    arrays  one for each argument of the function
    """

    def __init__(self, arrays: list[Any]) -> None:
        self.arrays = arrays


def rows_of(batches: list[Any]) -> Any:
    """The numbers of examples as rows in memory, which `mean` and `map` of a compiled function take.

    batches  NumPy arrays of float64, or lists of numbers or of lists of numbers of one length

    `rows.take(places)` are those at some places, for an array of 64-bit integers. Returns None for anything else, and
    without the compiled engine.
    """
    if backend == "python":
        return None
    import numpy

    from autograd.native._engine import rows_of as of_arrays
    from autograd.native._engine import rows_of_lists

    return of_arrays(numpy.ndarray, tuple(batches)) or rows_of_lists(tuple(batches))


def arrays_of(rows: Any) -> list[Any]:
    """The NumPy arrays that `rows_of` would take for these rows, over the same memory."""
    import numpy

    table = numpy.frombuffer(rows.numbers, float, rows.count * rows.width).reshape(rows.count, rows.width)
    table.flags.writeable = False
    found, at = [], 0
    for shape in rows.shapes:
        width = math.prod(shape)
        found.append(table[:, at : at + width].reshape(rows.count, *shape))
        at += width
    return found


def count_hits(numbers: array[float], rows: Any) -> int:
    """For how many examples the largest of their scores is the one of their class.

    numbers  for each example a number that does not matter, then its scores; or one score, which is above 0 for class 1
    rows     the examples, as `rows_of` returns them, each with its class at the end; -1 stands for class 0
    """
    from autograd.native._engine import hits

    return hits(numbers, len(numbers) // len(rows), rows)


def shuffled_places(count: int, seed: str | None = None) -> array[int]:
    """The places 0 to count - 1 in the order into which `random.Random(seed).shuffle` brings them.

    Without a seed it is `random.shuffle`, which moves Python's shared generator.

    >>> shuffled_places(5, "a")
    array('q', [1, 3, 4, 0, 2])
    """
    import random

    if count > LIMIT or not _works_in_c():
        order = array("q", range(count))
        (random if seed is None else random.Random(seed)).shuffle(order)
        return order
    from autograd.native._engine import places_below

    order, ahead = places_below(count), random.Random(seed)
    if seed is None:
        ahead.setstate(random.getstate())
    used = _shuffle_in_c(order, ahead)
    if seed is None:
        random.randbytes(4 * used)
    return order


def _shuffle_in_c(order: array[int], generator: Any) -> int:
    """The same in C; returns how many words of the generator a shuffle takes. The generator moves further than that."""
    from autograd.native._engine import shuffle_on

    used, last = 0, len(order) - 1
    while last > 0:
        words = generator.randbytes(4 * (last + last // 2 + 8))  # on average 1.4 for each item
        last, some = shuffle_on(order, last, words)
        used += some
    return used


@cache
def _works_in_c() -> bool:
    """Whether there is a compiled engine, and the standard library still shuffles as that expects."""
    if backend == "python":
        return False
    from random import Random

    order, ours = array("q", range(40)), array("q", range(40))
    Random(40).shuffle(order)
    _shuffle_in_c(ours, Random(40))
    return order == ours
