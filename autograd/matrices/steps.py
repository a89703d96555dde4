"""The parts of a form: arrays, the steps that compute them, and the operands of steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from autograd.matrices.leaves import Argument, Leaf


@dataclass(eq=False)
class Array:
    """An array of numbers that are alike.

    shape    for one example
    varying  whether it differs between examples: then its first axis is the batch
    mask     which places belong to numbers; None: all
    pad      the number at all other places
    slots    the numbers, by their slots, and where they are
    """

    shape: tuple[int, ...]
    varying: bool
    leaf: Leaf | None = None
    mask: Any = None
    pad: float | None = None
    stopped: bool = False

    @property
    def size(self):
        return prod(self.shape)


@dataclass(eq=False)
class Constant:
    """Numbers that are written into the code, over the axes of a step; of length 1 along those that do not matter."""

    values: Any


@dataclass(eq=False)
class Slice:
    """A part of an array: `part` of it as a list (None: all of it), reshaped and cut as grids.digits says."""

    array: Array
    part: tuple[int, int] | None
    digits: list

    @property
    def axes(self):
        """The axes of the step along its own axes."""
        return [axis for _, axis, _ in self.digits if axis is not None]


@dataclass(eq=False)
class Gathered:
    """Numbers of an array, as a list, at the places `index`, which is an array over the axes of the step."""

    array: Array
    index: Any


@dataclass(eq=False)
class Span:
    """Terms of a sum: products of factors, or one operand, added up over the axes `summed`.

    mask  which places belong to terms (None: all); the others count as `neutral`
    """

    factors: list
    summed: list[int] = field(default_factory=list)
    mask: Any = None
    products: int = 0


@dataclass(eq=False)
class Step:
    """How an array is computed.

    kind    SUM, LARGEST, SMALLEST, TAKE, "joined" or a rule
    sizes   the lengths of all axes: first those of the result, then those that are summed over
    guard   the conditions under which the numbers count: pairs of an operand and a side
    items   for TAKE the array whose first axis the index counts
    fill    what stands at places of the result that belong to no number
    """

    array: Array
    kind: Any
    sizes: list[int]
    spans: list[Span]
    guard: list = field(default_factory=list)
    items: Any = None
    fill: float | None = None
    scope: str = ""
    scores: bool = False
    members: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    choices: int = 0


@dataclass(eq=False)
class Returned:
    """Numbers of the result: one, or nested lists of this shape."""

    operand: Any
    shape: tuple[int, ...] = ()


@dataclass(eq=False)
class Form:
    """A function on arrays: its arguments and parameters, the steps, and where its results are."""

    name: str
    arguments: list[Argument]
    parameters: list[tuple[Leaf, Array]]
    inputs: list[tuple[Leaf, Array]]
    steps: list[Step]
    result: Any  # the structure of the result, with a Returned or an AsItIs in place of numbers and lists of numbers
    place: dict[int, tuple[Array, int]]  # of each number, by its slot
    constants: dict[int, float]  # numbers that depend on nothing, by slot
