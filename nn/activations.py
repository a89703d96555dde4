"""Activation functions: each as a function of one number, or of a list of them, and as a name for `activation=`."""

from collections.abc import Callable

import autograd
from autograd.errors import ArgumentError
from nn.errors import closest

SCALAR = {name: getattr(autograd, name)
          for name in ("relu", "leaky_relu", "gelu", "softplus", "tanh", "sigmoid", "step")}


def activation_function(activation: "str | Callable | None") -> "Callable | None":
    """The function on one Value called `activation`; None and "linear" stand for no function at all.

    >>> activation_function("relu")(-3.0)
    0.0

    Raises ArgumentError for an unknown name.
    """
    if activation is None or activation == "linear":
        return None
    if callable(activation):
        return activation
    if activation in SCALAR:
        return SCALAR[activation]
    raise ArgumentError(f"activation: one of linear, {', '.join(SCALAR)} or a function is wanted, got {activation!r}."
                        f"{closest(str(activation), SCALAR)}")


def elementwise(function: Callable, x):
    """`function` of x, or of every element where x is a list, of lists perhaps.

    >>> elementwise(abs, [-1.0, [2.0, -3.0]])
    [1.0, [2.0, 3.0]]
    """
    if isinstance(x, (list, tuple)):
        return [elementwise(function, element) for element in x]
    return function(x)
