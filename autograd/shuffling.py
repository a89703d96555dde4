"""The order in which the standard library shuffles, worked out in C where the engine is compiled."""

from __future__ import annotations

import random
from array import array
from functools import cache
from typing import Any

from autograd.native import backend

LIMIT = 2**31  # of items: beyond this, a place takes more than one word of the generator


def shuffled_places(count: int, seed: str | None = None) -> array[int]:
    """The places 0 to count - 1 in the order into which `random.Random(seed).shuffle` brings them.

    Without a seed it is `random.shuffle`, which moves Python's shared generator.

    >>> shuffled_places(5, "one")
    array('q', [3, 2, 0, 1, 4])
    """
    if count > LIMIT or not _works_in_c():
        order = array("q", range(count))
        (random if seed is None else random.Random(seed)).shuffle(order)
        return order
    from autograd.native._engine import places_below

    order = places_below(count)
    if seed is None:
        before = random.getstate()
        used = _shuffle_in_c(order, random)
        random.setstate(before)
        random.randbytes(4 * used)
    else:
        _shuffle_in_c(order, random.Random(seed))
    return order


def _shuffle_in_c(order: array[int], generator: Any) -> int:
    """The same with a generator that may be moved further; returns how many of its words a shuffle takes."""
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
    order, ours = array("q", range(40)), array("q", range(40))
    random.Random(40).shuffle(order)
    _shuffle_in_c(ours, random.Random(40))
    return order == ours
