"""What a row of the benchmark is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One piece of work, and how each contender does it.

    name     as on the command line and in the results
    work     what is done, in words
    problem  quick -> the numbers that every contender starts from, as a dict for JSON; quick asks for a small one
    start    contender -> function(problem) -> step, or Training; step() does the work once, from a state of its own,
             and returns its result: something that holds a number, a list of numbers, or Stages
    cannot   contender -> why it does not take part
    checked  how many results, from the first step on, must be those of the other contenders; gradients must be, too
    small    whether the row belongs to a quick run
    products how many multiply-adds a step takes at least, of matrices: for the results, and for the gradients
    """

    name: str
    work: str
    problem: Callable[[bool], dict]
    start: dict[str, Callable]
    cannot: dict[str, str] = field(default_factory=dict)
    checked: int = 3
    small: bool = True
    products: tuple[int, int] | None = None


@dataclass
class Training:
    """A step of training, and the gradients that the first step has found, in the order of the problem's weights.

    parts  of a recorded step: how its loss is computed, the optimiser, the compiled function, and the examples as rows
    """

    step: Callable
    gradients: Callable[[], list[float]]
    parts: tuple[Callable, Any, Any, Any] | None = None


@dataclass
class Stages:
    """What a step returns when it times its stages itself.

    seconds  stage -> seconds; the stage "" is the row itself
    numbers  what must be the same for all contenders
    nodes    stage -> how many nodes it went through
    bytes    the memory of a node, if it was measured
    """

    seconds: dict[str, float]
    numbers: list[float] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)
    bytes: float | None = None


class Absent(Exception):
    """Raised before the first step: why a contender cannot take part."""
