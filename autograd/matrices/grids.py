"""Grids: numbers that are alike, laid out as an array whose axes are those of what they are computed from.

The places of operands are columns of integers, one for each axis of the arrays in which the operands lie. Columns that
differ from one another are the axes of the result; in a sum, a column that changes from term to term is an axis that
is summed over. A column such as 4h + j, where h changes from sum to sum and j from term to term, is two axes.
"""

from __future__ import annotations

from functools import reduce
from math import gcd
from typing import Any

import numpy as np

SPARSEST = 0.4  # of the places in a box at least so many must be taken; else the numbers are a list


def axes_of(columns: list, count: int) -> list:
    """Of columns with `count` rows each, those that together tell all rows apart; a single one if there is one.

    Returns for each axis the places along it, 0, 1, 2, ..., outer axes first. Numbers that no columns tell apart, or
    that are scattered in a large box, form one axis.
    """
    if count == 1:
        return []
    different: list = []
    for column in _divided(list(map(_normal, columns))):
        if column.any() and not any(np.array_equal(column, other) for other in different):
            different.append(column)
    for column in different:
        if len(np.unique(column)) == count:
            return [np.unique(column, return_inverse=True)[1]]
    chosen: list = []
    for column in different:
        if _distinct([*chosen, column]) > (_distinct(chosen) if chosen else 1):
            chosen.append(column)
    for column in list(chosen):
        others = [other for other in chosen if other is not column]
        if others and _distinct(others) == count:
            chosen = others
    axes = [np.unique(column, return_inverse=True)[1] for column in chosen]
    if not axes or _distinct(axes) < count or count < SPARSEST * np.prod([1 + np.max(axis) for axis in axes]):
        return [np.arange(count)]
    return sorted(axes, key=lambda axis: int(np.count_nonzero(np.diff(axis))))


def _divided(columns):
    """Columns, with j in place of 4h + j where there is a column h as well."""
    for column in columns:
        for other in columns:
            length = (1 + int(column.max())) // (1 + int(other.max()))
            if 1 < length <= column.max() and np.array_equal(column // length, other):
                column = column % length
        yield column


def _normal(column):
    """A column shifted and scaled so that its least number is 0 and its numbers have no common factor."""
    column = column - column.min()
    return column // max(1, int(np.gcd.reduce(column)))


def _distinct(columns) -> int:
    return len(np.unique(np.stack(columns, 1), axis=0))


def split(column, rows, first) -> tuple[list, Any]:
    """A column over the terms of sums, as columns over the sums and one within them, or None if it is constant there.

    rows   the number of the sum to which each term belongs
    first  where the terms of each sum begin
    """
    base = np.minimum.reduceat(column, first)
    within = column - base[rows]
    if not within.any():
        return [base], None
    if (base == base[0]).all():
        return [], within
    start = base - base.min()
    step = reduce(gcd, start.tolist())
    if within.max() < step:
        return [start // step], within
    inner = reduce(gcd, within.tolist())
    if start.max() < inner:
        return [start], within // inner
    return [base], within


def affine(places, axes) -> tuple[list[int], int] | None:
    """(steps, start) if places = start + Σ step·axis; None otherwise."""
    table = np.stack([*axes, np.ones(len(places), int)], 1)
    found = np.rint(np.linalg.lstsq(table, places, rcond=None)[0]).astype(int)
    return (found[:-1].tolist(), int(found[-1])) if (table @ found == places).all() else None


def digits(steps: dict, sizes: dict, start: int, shape: tuple) -> list | None:
    """How to cut an array in C order so that `start + Σ steps·axis` is a slice of it.

    steps, sizes  for each axis its step, other than 0, and its length
    Returns a list of (radix, axis or None, first): the lengths into which the array is to be reshaped, and for each
    the axis that runs along it from `first` on, or None for the fixed place `first`. None if that is not possible.
    """
    total = _product(shape)
    by_step = {step: axis for axis, step in steps.items()}
    if len(by_step) < len(steps) or any(step <= 0 for step in by_step):
        return None
    own, stride = set(), total
    for size in shape:
        stride //= max(size, 1)
        own.add(stride)
    for cuts in (own | set(by_step), set(by_step), set(by_step) | {1}):
        found = _digits(sorted(cuts | {1}, reverse=True), by_step, sizes, start, total)
        if found is not None:
            return found
    return None


def _digits(strides, by_step, sizes, start, total):
    found, left, outer = [], start, total
    for stride in strides:
        if outer % stride:
            return None
        radix, first, axis = outer // stride, left // stride, by_step.get(stride)
        if first + (sizes[axis] if axis is not None else 1) > radix:
            return None
        found.append((radix, axis, first))
        left, outer = left % stride, stride
    return [digit for digit in found if digit[0] > 1 or digit[1] is not None]


def _product(sizes):
    total = 1
    for size in sizes:
        total *= size
    return total
