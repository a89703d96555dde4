"""Checks of arguments: each `expect_…` returns what was passed in the form wanted, or raises.

`where` names the function and the argument, for the message: "fit: epochs".
"""

from operator import index

from autograd.errors import ArgumentError, NumberTypeError


def expect_list(where: str, thing) -> list:
    """`thing` as a list. Raises NumberTypeError for text and for a single number."""
    if isinstance(thing, (str, bytes)) or not hasattr(thing, "__iter__"):
        raise NumberTypeError(f"{where}: expected a list, got {type(thing).__name__} {thing!r:.60}.")
    return list(thing)


def expect_list_of(where: str, things, kind: type, article: str = "a") -> list:
    """`things` as a list of instances of the class `kind`. Raises NumberTypeError for anything else."""
    things = expect_list(where, things)
    for thing in things:
        expect_instance(where, thing, kind, article)
    return things


def expect_instance(where: str, thing, kind: type, article: str = "a") -> None:
    """Raise NumberTypeError unless `thing` is an instance of the class `kind`."""
    if not isinstance(thing, kind):
        raise NumberTypeError(f"{where}: expected {article} {kind.__name__}, got {type(thing).__name__} {thing!r:.60}.")


def expect_callable(where: str, function) -> None:
    """Raise NumberTypeError unless `function` can be called."""
    if not callable(function):
        raise NumberTypeError(f"{where}: expected a function, got {type(function).__name__} {function!r:.60}.")


def expect_integer(where: str, thing, least: int = 1) -> int:
    """`thing` as an int. Raises ArgumentError unless it is an integer, no bool, of at least `least`."""
    try:
        number = least - 1 if isinstance(thing, bool) else index(thing)
    except TypeError:
        number = least - 1
    if number < least:
        wanted = {0: "a non-negative integer", 1: "a positive integer"}.get(least, f"an integer of at least {least}")
        raise ArgumentError(f"{where} must be {wanted}, got {thing!r:.60}.")
    return number
