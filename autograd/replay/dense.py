"""Dense blocks: sums of products whose operands lie in affine order, so that they are a matrix times rows.

The operands of a block of sums are slots, one for each result k and each term t. Where results form a grid of `rows` by
`columns`, and each operand is at

    start + row * row_step + column * column_step + term * term_step

the slots need not be listed: four numbers say it all. In a layer the first factors are the weights, a matrix, and the
second factors are the inputs, which all columns share.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

HAS_B = 4  # a term with this flag is a product: see program.py


class Affine(NamedTuple):
    """The slots of one factor: start + row * row_step + column * column_step + term * term_step."""

    start: int
    row_step: int
    column_step: int
    term_step: int


class Segment(NamedTuple):
    """Terms of one kind, one after the other: how many, and their factors; `b` is None where there is only one."""

    terms: int
    a: Affine
    b: Affine | None


class Dense(NamedTuple):
    """Part of a block of sums: `rows` times `columns` results, from the slot `start` on, row after row."""

    start: int
    rows: int
    columns: int
    segments: list[Segment]

    @property
    def products(self):
        """How many products there are."""
        terms = sum(segment.terms for segment in self.segments if segment.b is not None)
        return self.rows * self.columns * terms


def dense_blocks(instruction):
    """A block of sums as a list of Dense, and the numbers of the results that belong to none."""
    spans = _spans(instruction.codes)
    terms = len(instruction.codes)
    first, second = (column.tolist() for column in instruction.operands)
    lines, odd = [], []
    for k in range(instruction.count):
        part = slice(k * terms, (k + 1) * terms)
        line = _line(spans, instruction.codes, first[part], second[part])
        if line is None:
            odd.append(k)
        else:
            lines.append((k, line))
    rows = _joined([(k, 1, line) for k, line in lines], "column_step")
    blocks = _joined([(k, count, segments) for k, count, segments in rows], "row_step", by_size=True)
    return [
        Dense(instruction.start + k, count // columns, columns, segments)
        for (k, count, segments), columns in zip(blocks, _columns(rows, blocks))
    ], odd


def multiply_adds(program):
    """How many products the sums of a program have, and how many of them lie in dense blocks."""
    total = dense = 0
    for instruction in program.runs:
        if instruction.rule is None:
            total += instruction.count * sum(1 for code in instruction.codes if code & HAS_B)
            dense += sum(block.products for block in dense_blocks(instruction)[0])
    return total, dense


def _spans(codes):
    """Where codes of one kind begin and end."""
    starts = [i for i in range(len(codes)) if i == 0 or codes[i] != codes[i - 1]]
    return list(zip(starts, [*starts[1:], len(codes)]))


def _line(spans, codes, first, second):
    """The segments of a single result; None where the slots are in no order."""
    segments = []
    for begin, end in spans:
        a = _progression(first[begin:end])
        b = _progression(second[begin:end]) if codes[begin] & HAS_B else None
        if a is None or (b is None and codes[begin] & HAS_B):
            return None
        segments.append(Segment(end - begin, a, b))
    return segments


def _progression(slots):
    """Slots as an Affine; None where the steps between them differ."""
    step = slots[1] - slots[0] if len(slots) > 1 else 0
    if any(after - before != step for before, after in pairwise(slots)):
        return None
    return Affine(slots[0], 0, 0, step)


def _joined(parts, step, by_size=False):
    """Parts (first result, number of results, segments); those that follow one another by the same step become one."""
    joined: list = []
    size = 0
    for k, count, segments in parts:
        if joined and joined[-1][0] + joined[-1][1] == k and (not by_size or count == size):
            found = _extended(joined[-1], segments, step, joined[-1][1] // size)
            if found is not None:
                joined[-1] = (joined[-1][0], joined[-1][1] + count, found)
                continue
        joined.append((k, count, segments))
        size = count
    return joined


def _extended(part, segments, step, steps):
    """The segments of a part that has one more after it, `steps` away from its first; None if that does not fit."""
    found = []
    for before, after in zip(part[2], segments):
        a, b = _stepped(before.a, after.a, step, steps), _stepped(before.b, after.b, step, steps)
        if a is None or (b is None and before.b is not None):
            return None
        found.append(Segment(before.terms, a, b))
    return found


def _stepped(before, after, step, steps):
    if before is None:
        return None
    distance = after.start - before.start
    if after._replace(start=0, **{step: 0}) != before._replace(start=0, **{step: 0}) or distance % steps:
        return None
    found = before._replace(**{step: distance // steps})
    return found if steps == 1 or found == before else None


def _columns(rows, blocks):
    """For each block the number of columns: of the first of the rows that it was joined from."""
    sizes = {k: count for k, count, _ in rows}
    return [sizes[k] for k, _, _ in blocks]
