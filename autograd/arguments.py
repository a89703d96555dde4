"""Checks of arguments: each `expect_…` returns what was passed in the form wanted, or raises.

`where` names the function and the argument, for the message: "fit: epochs".
"""

from operator import index

from autograd.errors import ArgumentError, NumberTypeError


def expect_list(where: str, thing) -> list:
    """`thing` as a list. Raises NumberTypeError for text and for a single number."""
    if isinstance(thing, (str, bytes)) or not hasattr(thing, "__iter__") or hasattr(thing, "parameters"):
        raise NumberTypeError(f"{where}: expected a list, got {described(thing)}.{_how_to_get_a_list(thing)}")
    return list(thing)


def _how_to_get_a_list(thing) -> str:
    if hasattr(thing, "parameters") and not isinstance(thing, type):
        return " For its parameters write model.parameters()."
    return " Call it, with (), for what it returns." if hasattr(thing, "__func__") else ""


def described(thing) -> str:
    """What a thing is, in a few words: a class by its name, anything else by its class and the start of its repr.

    >>> described(2.5), described(int)
    ('float 2.5', 'the class int')
    """
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    return f"{type(thing).__name__} {' '.join(repr(thing).split())[:60]}"


def expect_list_of(where: str, things, kind: type, article: str = "a") -> list:
    """`things` as a list of instances of the class `kind`. Raises NumberTypeError for anything else."""
    things = expect_list(where, things)
    for thing in things:
        expect_instance(where, thing, kind, article)
    return things


def expect_instance(where: str, thing, kind: type, article: str = "a") -> None:
    """Raise NumberTypeError unless `thing` is an instance of the class `kind`."""
    if not isinstance(thing, kind):
        remedy = f" Make one: {thing.__name__}(…)." if isinstance(thing, type) and issubclass(thing, kind) else ""
        raise NumberTypeError(f"{where}: expected {article} {kind.__name__}, got {described(thing)}.{remedy}")


def expect_callable(where: str, function, remedy: str = "") -> None:
    """Raise NumberTypeError unless `function` can be called; `remedy` ends the message."""
    if not callable(function):
        raise NumberTypeError(f"{where}: expected a function, got {described(function)}.{remedy and f' {remedy}'}")


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
