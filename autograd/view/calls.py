"""What is shown when a model is passed in place of a result: it is called here, inside `record_scopes()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.engine import Value, constant, record_scopes
from autograd.errors import ArgumentError, AutogradError, NumberTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING: Any = object()


class Called(NamedTuple):
    """The results to show; whether they were computed here, so that their gradients are still to be computed."""

    results: list[Value]
    here: bool


def called(caller: str, what: Any, x: Any, loss: Callable | None, target: Any) -> Called:
    """The results of `what`: itself, if it is a Value or a list of them; else of what(x), or of loss(what(x), target).

    Those of an error that an operation has raised are its operands.

    Raises ArgumentError for a missing or superfluous input, and NumberTypeError if `what` is not a Value and does not
    return one; the messages begin with the name of the caller.
    """
    if isinstance(what, AutogradError) and what.operands:
        return Called(
            [operand if isinstance(operand, Value) else constant(operand) for operand in what.operands], False
        )
    if isinstance(what, Value) or not callable(what):
        if x is not MISSING or loss is not None or target is not MISSING:
            raise ArgumentError(
                f"{caller}: an input, loss= and target= are for a model, which is called here; got {what!r:.60}. "
                "Pass the model, or the result alone."
            )
        results = [what] if isinstance(what, Value) else _flat(what)
        if not results:
            raise NumberTypeError(
                f"expected a Value, got {type(what).__name__} {what!r:.60}. Compute the result from Values, and pass "
                "the result itself."
            )
        return Called(results, False)
    if target is not MISSING and loss is None:
        raise ArgumentError(f"{caller}: target= is for the loss; pass loss= too, such as nn.mse_loss.")
    with record_scopes():
        result = _without_data(caller, what) if x is MISSING else what(x)
        if loss is not None:
            result = loss(result) if target is MISSING else loss(result, target)
    results = _flat(result)
    if not any(type(result) is Value for result in results):
        raise NumberTypeError(
            f"{caller}: the model returned {type(result).__name__} {result!r:.60}, which depends on no Value. Compute "
            "the result from Values, outside no_grad()."
        )
    return Called(results, True)


def _flat(content: Any) -> list[Value]:
    """The Values in nested lists, in order; none if anything else is in them."""
    if isinstance(content, Value):
        return [content]
    if not isinstance(content, (list, tuple)):
        return []
    parts = [_flat(item) for item in content]
    return [value for part in parts for value in part] if all(parts) else []


def _without_data(caller, model):
    """What a model computes from an input that it makes up itself."""
    example = model.example_input() if hasattr(model, "example_input") else None
    if example is None:
        raise ArgumentError(
            f"{caller}: {type(model).__name__} does not say what its input looks like. Pass one, {caller}(model, x), "
            "or give the class a method example_input() that returns one."
        )
    try:
        return model(example)
    except (ValueError, TypeError, LookupError) as error:
        raise ArgumentError(
            f"{caller}: the model does not take its made-up input {example!r:.60}: {error} "
            f"Pass one: {caller}(model, x)."
        ) from error
