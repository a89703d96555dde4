"""Activation functions: each as a function of one number or of a list, and by name for `activation=`."""

from collections.abc import Callable, Sequence
from typing import Any, overload

import autograd
from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.errors import closest
from nn.types import Elements, N


def elementwise(function: Callable[[Any], Any], x: Any) -> Any:
    """`function` of x; if x is a list, or a list of lists, of each element.

    >>> elementwise(abs, [-1.0, [2.0, -3.0]])
    [1.0, [2.0, 3.0]]
    """
    if isinstance(x, (list, tuple)):
        return [elementwise(function, element) for element in x]
    return function(x)


def relu(x: Elements) -> Elements:
    """max(0, x) of a number, a Value, or each element of a list.

    >>> relu([-1.0, 2.0])
    [0.0, 2.0]
    """
    return elementwise(autograd.relu, x)


def leaky_relu(x: Elements, negative_slope: float = 0.01) -> Elements:
    """x if it is positive, else negative_slope·x."""
    return elementwise(lambda v: autograd.leaky_relu(v, negative_slope), x)


def gelu(x: Elements) -> Elements:
    """x Φ(x), where Φ is the normal distribution function (Hendrycks and Gimpel, 2016)."""
    return elementwise(autograd.gelu, x)


def softplus(x: Elements) -> Elements:
    """log(1 + exp(x)), a smooth ReLU."""
    return elementwise(autograd.softplus, x)


def tanh(x: Elements) -> Elements:
    """The hyperbolic tangent, from -1 to 1."""
    return elementwise(autograd.tanh, x)


def sigmoid(x: Elements) -> Elements:
    """1 / (1 + exp(-x)), from 0 to 1."""
    return elementwise(autograd.sigmoid, x)


def step(x: Elements) -> Elements:
    """1 if x is positive, else 0; its derivative is 0, so nothing can be learnt through it."""
    return elementwise(autograd.step, x)


@overload
def softmax(x: Sequence[N]) -> list[N]: ...
@overload
def softmax(x: Sequence[Sequence[N]]) -> list[list[N]]: ...
def softmax(x):
    """Probabilities from a list of scores, exp(v) / Σ exp(v); from a list of lists, row by row.

    >>> softmax([[0.0, 0.0], [1000.0, 0.0]])
    [[0.5, 0.5], [1.0, 0.0]]
    """
    x = expect_list("softmax", x)
    return [softmax(row) for row in x] if x and isinstance(x[0], (list, tuple)) else autograd.softmax(x)


SCALAR = {
    name: getattr(autograd, name) for name in ("relu", "leaky_relu", "gelu", "softplus", "tanh", "sigmoid", "step")
}


def activation_function(activation: "str | Callable | None") -> "Callable | None":
    """The function of one Value called `activation`; None for None and "linear".

    >>> activation_function("relu")(-3.0)
    0.0

    Raises ArgumentError for an unknown name.
    """
    if isinstance(activation, type):
        name = activation.__name__
        raise ArgumentError(f'activation: got the class {name}. Write its name, "{name.lower()}", or nn.{name}().')
    if activation is None or callable(activation):
        return activation
    if isinstance(activation, str) and activation in (*SCALAR, "linear"):
        return SCALAR.get(activation)
    raise ArgumentError(
        f"activation: expected linear, {', '.join(SCALAR)} or a function, got {activation!r}."
        f"{closest(str(activation), SCALAR)}"
    )
