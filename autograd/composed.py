"""Functions composed of primitives: sums and exponentials, written so that nothing overflows or cancels.

At the end is what NumPy's functions do with Values, for which some of these stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import reduce
from operator import add, mul, pow, sub, truediv
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from autograd.arguments import expect_list
from autograd.engine import Value, as_float, is_recording, scope, set_method
from autograd.engine.functions import COMPOSED, FUNCTIONS
from autograd.errors import ArgumentError
from autograd.passes import is_zero

if TYPE_CHECKING:
    from autograd.engine.value import Number

equal, exp, log1p, maximum, less, absolute, floor, sin, where = (
    FUNCTIONS[name] for name in ("equal", "exp", "log1p", "maximum", "less", "abs", "floor", "sin", "where")
)
SINC = [(-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(10)]  # to 2e-18 for |x| < 0.25
N = TypeVar("N", Value, float, "Number")


class _ToNumber(Protocol):
    """The type of a function of several numbers, given one by one or in one list, that returns one."""

    @overload
    def __call__(self, values: Iterable[N], /) -> N: ...
    @overload
    def __call__(self, first: Value, /, *others: Number) -> Value: ...
    @overload
    def __call__(self, first: float, second: Value, /, *others: Number) -> Value: ...
    @overload
    def __call__(self, *values: N) -> N: ...


class _ToList(Protocol):
    """The type of a function of several numbers, given one by one or in one list, that returns as many."""

    @overload
    def __call__(self, values: Iterable[N], /) -> list[N]: ...
    @overload
    def __call__(self, first: Value, /, *others: Number) -> list[Value]: ...
    @overload
    def __call__(self, first: float, second: Value, /, *others: Number) -> list[Value]: ...
    @overload
    def __call__(self, *values: N) -> list[N]: ...


def _to_number(function: Callable[..., Any]) -> _ToNumber:
    return function


def _to_list(function: Callable[..., Any]) -> _ToList:
    return function


def _operands(name, arguments):
    """The operands of f(a, b, c) or f([a, b, c]) as a list."""
    operands = arguments[0] if len(arguments) == 1 else arguments
    if not isinstance(operands, (list, tuple)):
        operands = expect_list(name, operands) if hasattr(operands, "__iter__") else arguments
    if not operands:
        raise ArgumentError(f"{name}: expected at least one number, got none.")
    return [operand if isinstance(operand, Value) else as_float(operand) for operand in operands]


def _operand(thing):
    """A Value as it is, anything else as a float."""
    return thing if isinstance(thing, Value) else as_float(thing)


def _without_gradient(value):
    """The number of a Value as a float; while a function is recorded, a tracer through which no gradient flows."""
    if not isinstance(value, Value):
        return value
    return value.detach() if is_recording() else value.data


def _largest(numbers):
    """The largest of some numbers, which have no gradient."""
    return reduce(maximum, numbers) if is_recording() else max(numbers)


def total(values):
    """The sum of `values`, at least one, without a 0 to start from."""
    return reduce(add, values)


def _minus(values, number):
    """Each value minus the number; the values themselves if it is a plain 0, which needs no nodes."""
    return values if is_zero(number) else [value - number for value in values]


@_to_number
@scope("logsumexp")
def logsumexp(*values):
    """log(exp(v1) + exp(v2) + …), for operands of any size; may also be called with one list.

    >>> logsumexp(1000, 1000)
    1000.6931471805599
    """
    values = _operands("logsumexp", values)
    numbers = list(map(_without_gradient, values))
    peak = _largest(numbers)
    # The largest term is exp(0) = 1. Subtracted here and added again by log1p, it costs a small result no digits.
    is_largest = [equal(number, peak) for number in numbers]
    terms = [exp(value) for value in _minus(values, peak)]
    terms = [term if is_zero(one) else term - one for term, one in zip(terms, is_largest)]
    ties = total(is_largest) - 1
    rest = total([term for term in terms if not is_zero(term)] or [0.0])
    logarithm = log1p(rest if is_zero(ties) else rest + ties)
    return logarithm if is_zero(peak) else peak + logarithm


@overload
def logaddexp(x: Value, y: Number) -> Value: ...
@overload
def logaddexp(x: float, y: Value) -> Value: ...
@overload
def logaddexp(x: float, y: float) -> float: ...
def logaddexp(x, y):
    """log(exp(x) + exp(y)): `logsumexp` of two numbers, under NumPy's and PyTorch's name.

    It is no primitive of the table: near exp(x) + exp(y) = 1, where the result is near 0, no formula in floats is right
    to the last places.

    >>> logaddexp(0.0, 0.0)
    0.6931471805599453
    """
    return logsumexp(x, y)


def sinc(x: N) -> N:
    """sin(πx) / (πx), 1 at 0: NumPy's and PyTorch's sinc.

    It is no primitive of the table, since near the extrema no formula in floats gives a derivative that is right to the
    last places.

    >>> sinc(0.0), sinc(0.5)
    (1.0, 0.6366197723675814)
    """
    x = _operand(x)
    number = _without_gradient(x)
    return where(less(absolute(number), 0.25), lambda: _sinc_near_zero(x), lambda: _sinc_far_out(x, number))


def _sinc_near_zero(x):
    """Taylor's series, which has accurate derivatives where the quotient's cancel."""
    square, total = x * x, SINC[-1]
    for coefficient in SINC[-2::-1]:
        total = total * square + coefficient
    return total


def _sinc_far_out(x, number):
    """The quotient; the sine, of period 2 in x, is that of a number between -1 and 1, which pi magnifies less."""
    return sin((x - 2 * floor(number / 2 + 0.5)) * math.pi) / (x * math.pi)


@_to_list
@scope("log_softmax")
def log_softmax(*values):
    """The logarithms of `softmax`, as a list: v - logsumexp(values) for each v.

    >>> log_softmax([0.0, 800.0])
    [-800.0, 0.0]
    """
    values = _operands("log_softmax", values)
    normaliser = logsumexp(values)
    return [value - normaliser for value in values]


@_to_list
@scope("softmax")
def softmax(*values):
    """exp(v) / (exp(v1) + exp(v2) + …) for each v, as a list: positive numbers that add up to 1.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    values = _operands("softmax", values)
    peak = _largest(list(map(_without_gradient, values)))
    terms = [exp(value) for value in _minus(values, peak)]
    normaliser = total(terms)
    return [term / normaliser for term in terms]


@_to_number
@scope("mean")
def mean(*values):
    """The arithmetic mean; may also be called with one list.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    values = _operands("mean", values)
    return total(values) / len(values)


@overload
def dot(xs: Iterable[float], ys: Iterable[float]) -> float: ...
@overload
def dot(xs: Iterable[Value], ys: Iterable[Number]) -> Value: ...
@overload
def dot(xs: Iterable[Number], ys: Iterable[Value]) -> Value: ...
@overload
def dot(xs: Iterable[Number], ys: Iterable[Number]) -> Number: ...
def dot(xs, ys):
    """The sum of the products of corresponding elements.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0

    Raises ArgumentError if the lengths differ.
    """
    xs, ys = (list(map(_operand, expect_list("dot", values))) for values in (xs, ys))
    if len(xs) != len(ys) or not xs:
        raise ArgumentError(f"dot: expected two sequences of the same length, got lengths {len(xs)} and {len(ys)}.")
    return total([x * y for x, y in zip(xs, ys, strict=True)])


COMPOSED.update(logaddexp=logaddexp, sinc=sinc)

OPERATORS = {"add": add, "subtract": sub, "multiply": mul, "divide": truediv, "power": pow}


def _array_ufunc(self, ufunc, method, *inputs, **options):
    """What NumPy calls for its elementwise functions of Values that are in no array."""
    operator = OPERATORS.get(ufunc.__name__)
    if operator and isinstance(inputs[0], float) and not options:  # numpy.float64(2.0) * v
        return operator(float(inputs[0]), self)
    from autograd.value_array import without_array  # NumPy is here

    return without_array(ufunc, method, inputs, options)


set_method("__array_ufunc__", _array_ufunc)
