"""The matrices in a program, for people: see affine.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.native import backend

if TYPE_CHECKING or backend == "python":
    from autograd.replay.affine import PER_PART, PER_SPAN, affine_parts
else:
    from autograd.native._engine import PER_PART, PER_SPAN, affine_parts

HAS_B = 4  # a term with this flag is a product: see facts.py


class Affine(NamedTuple):
    """The slots of one factor: start + row * row_step + column * column_step + term * term_step."""

    start: int
    row_step: int
    column_step: int
    term_step: int


class Segment(NamedTuple):
    """Terms of one kind that go on by the same steps: how many, and their factors; `b` is None if there is only one."""

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
    codes, (a, b) = instruction.codes, instruction.operands
    numbers = affine_parts(codes, a, b, 0, instruction.count).tolist()
    found, odd = [], set(range(instruction.count))
    while numbers:
        first, rows, columns, spans = numbers[:PER_PART]
        odd.difference_update(range(first, first + rows * columns))
        segments, numbers, begin = [], numbers[PER_PART:], 0
        for _ in range(spans):
            terms, *slots = numbers[:PER_SPAN]
            numbers = numbers[PER_SPAN:]
            segments.append(Segment(terms, Affine(*slots[:4]), Affine(*slots[4:]) if codes[begin] & HAS_B else None))
            begin += terms
        found.append(Dense(instruction.start + first, rows, columns, segments))
    return found, sorted(odd)


def multiply_adds(program):
    """How many products the sums of a program have, and how many of them lie in dense blocks."""
    total = dense = 0
    for instruction in program.runs:
        if instruction.rule is None:
            total += instruction.count * sum(1 for code in instruction.codes if code & HAS_B)
            dense += sum(block.products for block in dense_blocks(instruction)[0])
    return total, dense
