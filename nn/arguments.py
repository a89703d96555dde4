"""Checks and conversions of arguments, in addition to those of `autograd.arguments`."""

from autograd.arguments import expect_integer
from autograd.errors import ArgumentError, NumberTypeError


def as_list(x) -> list:
    """x as a list; a single number or Value becomes a list of one."""
    if type(x) is list:
        return x
    if x is None:
        raise NumberTypeError("expected a number or a list of numbers, got None. A function may lack its return.")
    return list(x) if hasattr(x, "__iter__") else [x]


def check_count(owner: str, name: str, count, least: int = 1) -> int:
    """`count` as an int. Raises ArgumentError unless it is an integer from `least` to 100,000,000."""
    number = expect_integer(f"{owner}: {name}", count, least)
    if number > 100_000_000:
        raise ArgumentError(f"{owner}: {name} must be at most 100,000,000. No memory holds so many Values.")
    return number
