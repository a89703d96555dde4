"""The engine's error messages: which operation failed, at which operand, and what to do about it."""

from math import inf
from typing import Any

from autograd.errors import (
    DivisionByZeroError,
    DomainError,
    InfiniteDerivativeError,
    LeavesGraphError,
    ResultOverflowError,
)

FLOAT = (
    "float(v) would take the number out of the graph and lose its gradient. Write v.data for the number, or "
    "autograd.exp(v) in place of math.exp(v). An array to put Values into is numpy.zeros(n, object)."
)
QUOTIENT = (
    "// and divmod() have the derivative 0, so no gradient would flow. Write autograd.floor(x / y) for a Value, or "
    "x.data // y for the number; x % y has a derivative."
)
ROUND = (
    "round() and math.trunc() have the derivative 0, so no gradient would flow. Write autograd.floor(v + 0.5) for a "
    "Value, or round(v.data) for the number."
)
RATIO = (
    "the functions of the module statistics would take the numbers out of the graph and lose their gradients. Write "
    "autograd.mean(values), or [v.data for v in values] for the numbers."
)
INT = "int(v) would take the number out of the graph and lose its gradient. Write int(v.data)."
EQUAL = "== between Values asks whether they are the same node. To compare the numbers write v.data == {!r}."
GRADIENT_NONE = "a gradient is a number, got NoneType None. To clear it write v.grad = 0.0, or zero_grad()."
POWER = "^ is not a power in Python. Write x ** 2."
BACKWARD_OUTSIDE = "Return the result, and call backward() on what the compiled function returns."
NO_VALUE = (
    "backward: {!r} depends on no Value, so there is nothing to differentiate. Compute it from Values that are not "
    "frozen, outside no_grad() and without detach()."
)
NO_LEAF = (
    "requires_grad_: only a leaf can be frozen, but {!r} was computed. Write v.detach() for its number as a Constant."
)
FREEZE_OUTSIDE = (
    "Freeze and unfreeze outside the function; inside, detach() and no_grad() keep a gradient from flowing."
)
UNKNOWN_RULE = (
    "the pickled graph uses a primitive {!r} that is not in the table, or has other than {} inputs. Register it first."
)


class LabelAndOrigin:
    """A label together with the line that made the node and the scope it was made in; stored in place of the label."""

    def __init__(self, label: str | None, line: str | None, scope: Any = None) -> None:
        self.label, self.line, self.scope = label, line, scope


def error_for(rule, operands, numbers, wanted):
    """The error that says why a rule has no finite value, or no finite partial derivative.

    operands  Values and numbers
    numbers   the operands, as floats
    wanted    for each operand, whether its partial derivative was wanted
    """
    shown = list(map(described, operands, numbers))
    return (
        _outside(rule, numbers, shown) or _of_value(rule, numbers, shown) or _of_partials(rule, numbers, shown, wanted)
    )


def described(operand, number):
    """An operand as text for a message: its number, and its label and line if it has them."""
    label, line = getattr(operand, "label", None), getattr(operand, "line", None)
    known = ([f'"{label:.60}"'] if label else []) + ([f"made at {line}"] if line else [])
    return f"{number!r} ({', '.join(known)})" if known else repr(number)


def _call(rule, shown):
    return f"{rule.name}({', '.join(shown)})"


def _outside(rule, numbers, shown):
    """The error for operands outside the domain."""
    outside = rule.why_outside(numbers)
    if not outside:
        return None
    kind = DivisionByZeroError if rule.name in ("div", "mod") else DomainError
    culprit = next((i for i, name in enumerate(rule.inputs) if outside.startswith(f"{name} must")), None)
    got = shown[culprit] if culprit is not None else _call(rule, shown)
    return kind(f"{rule.name}: {outside}, got {got}. {rule.remedy}")


def _of_value(rule, numbers, shown):
    """The error for a value that does not exist or is too large."""
    got = _call(rule, shown)
    try:
        out = rule.value(*numbers)
    except OverflowError:
        out = inf
    except (ValueError, ZeroDivisionError) as error:
        if isinstance(error, ZeroDivisionError) or rule.name == "pow":
            return DivisionByZeroError(f"{rule.name}: division by zero in {got}. {rule.remedy}")
        return DomainError(f"{rule.name}: {rule.formula} has no value at {got}. {rule.remedy}")
    if out - out == 0.0:
        return None
    return ResultOverflowError(f"{rule.name}: the result of {got} is too large for a float64. Scale the operands down.")


def _of_partials(rule, numbers, shown, wanted):
    """The error for a partial derivative that does not exist or is too large."""
    got, out = _call(rule, shown), rule.value(*numbers)
    for name, formula, slope, is_wanted in zip(rule.inputs, rule.partials, rule.slopes, wanted):
        if not is_wanted:
            continue
        partial = f"∂{rule.name}/∂{name} = {formula.active(**dict(zip(rule.inputs, numbers)), out=out)}"
        try:
            size = slope(*numbers, out)
        except ZeroDivisionError:
            return InfiniteDerivativeError(
                f"{rule.name}: the derivative {partial} is infinite at {got}. Keep {name} away "
                "from this point, or detach() it if no gradient is wanted."
            )
        except ValueError:
            return DomainError(
                f"{rule.name}: {rule.formula} has no derivative with respect to {name} at {got}. Make "
                f"{name} a plain number, or detach() it, if no gradient is wanted."
            )
        except OverflowError:
            size = inf
        if size - size != 0.0:
            return ResultOverflowError(
                f"{rule.name}: the derivative {partial} is too large for a float64 at {got}. Scale "
                "the operands, or detach() them if no gradient is wanted."
            )
    raise AssertionError(f"{got} is finite")


def gradient_overflow(node):
    """The error for a node whose gradient became too large in a backward pass."""
    shown = described(node, node.data)
    return ResultOverflowError(
        f"backward: the gradient of {shown} is too large for a float64. Scale the "
        "result down before backward(), or look for very steep operations in between."
    )


def refuse_subclass(cls, **options):
    """`Value.__init_subclass__`, for classes outside this package."""
    if not cls.__module__.startswith("autograd."):
        raise LeavesGraphError(
            f"class {cls.__name__}(Value): operations would take a {cls.__name__} for a constant, and its gradient "
            "would be lost. Write a class that holds a Value."
        )
