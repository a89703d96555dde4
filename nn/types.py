"""The types of what goes into networks and comes out of them, for type checkers."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from autograd import Value

Number: TypeAlias = Value | float
N = TypeVar("N", Value, float, Value | float)
# One number, a list of them, or a list of lists: what a loss compares.
Nested: TypeAlias = N | Sequence[N] | Sequence[Sequence[N]] | Sequence[Sequence[Sequence[N]]]
# A score for each class, or a list of such lists.
Scores: TypeAlias = Sequence[N] | Sequence[Sequence[N]]
# What an elementwise function takes, and returns in the same form.
Elements = TypeVar(
    "Elements", float, Value, list[float], list[Value], list[list[float]], list[list[Value]], Sequence[Any]
)
# The reductions that make one number.
ToNumber: TypeAlias = Literal["mean", "sum"]
