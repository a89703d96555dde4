"""What a package says when it is asked for a name that it does not have."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from autograd.errors import NoSuchAttributeError, NoSuchNameError, NumberTypeError

P = ParamSpec("P")
R = TypeVar("R")


def closest(name: str, names: Iterable[str]) -> str:
    """' Did you mean "…"?' with the one of `names` that is most like `name`, or nothing.

    >>> closest("layer", ["layers", "parameters"])
    ' Did you mean "layers"?'
    """
    import difflib

    found = difflib.get_close_matches(name, list(names), 1)
    return f' Did you mean "{found[0]}"?' if found else ""


def raise_missing(package: str, name: str, names: Iterable[str], elsewhere: Mapping[str, str]) -> NoReturn:
    """Called by a package's __getattr__: raise the error that says what to write in place of `name`.

    names      those of the package
    elsewhere  for names of other libraries what to write

    Raises NoSuchAttributeError; in `from package import name`, which would replace that by a message of Python's,
    NoSuchNameError.
    """
    from opcode import opmap

    if name.startswith("__"):
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    remedy = f" {elsewhere[name]}" if name in elsewhere else closest(name, [n for n in names if n[0] != "_"])
    caller = sys._getframe(2)
    if caller.f_code.co_code[caller.f_lasti] == opmap["IMPORT_FROM"]:
        raise NoSuchNameError(f'{package} has no "{name}" to import.{remedy}')
    raise NoSuchAttributeError(f'{package} has no "{name}".{remedy}')


def explain_arguments(elsewhere: Mapping[str, str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: a call with a keyword that the function does not have raises an error that says what to write.

    elsewhere  for keywords of other libraries what to write; for all others the most similar one is named

    >>> @explain_arguments({"rate": "The rate is called lr."})
    ... def fit(*, lr):
    ...     return lr
    >>> fit(rate=0.1)
    Traceback (most recent call last):
    autograd.errors.NumberTypeError: fit: there is no argument 'rate'. The rate is called lr.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def explained(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except TypeError:
                raise_unknown(function.__qualname__, function, args, kwargs, elsewhere)
                raise

        return explained

    return decorate


def raise_unknown(
    called: str, function: Callable, args: Sequence, kwargs: Iterable[str], elsewhere: Mapping[str, str]
) -> None:
    """Raise the error for the first argument of a call that `function` does not have, if there is one.

    elsewhere  as for `explain_arguments`; under "" what to write if there are too many without a name
    """
    from inspect import Parameter, signature

    parameters = dict(signature(function).parameters)
    if function is object.__init__:  # a class without an __init__
        parameters = {"self": Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)}
    kinds = [parameter.kind for parameter in parameters.values()]
    known = [name for name in parameters if name[0] != "_" and name != "self"]
    for name in kwargs if Parameter.VAR_KEYWORD not in kinds else ():
        if name not in parameters:
            remedy = elsewhere.get(name) or closest(name, known).strip() or f"The arguments are {', '.join(known)}."
            raise NumberTypeError(f"{called}: there is no argument {name!r}. {remedy}") from None
    most = kinds.count(Parameter.POSITIONAL_OR_KEYWORD)
    if len(args) > most and Parameter.VAR_POSITIONAL not in kinds:
        own = "self" in parameters
        raise NumberTypeError(
            f"{called}: expected at most {most - own} arguments without a name, got {len(args) - own}. "
            + (elsewhere.get("") or f"The arguments are {', '.join(known)}.")
        ) from None
