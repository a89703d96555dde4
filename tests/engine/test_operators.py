"""Operators and functions of Python on Values: right where they have a derivative, else an error that says more."""

import math
import statistics

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, compile, derivatives, grad
from autograd.errors import DivisionByZeroError, LeavesGraphError, RecordingError

FLOATS = st.floats(-1e6, 1e6)


@given(FLOATS, FLOATS.filter(lambda y: abs(y) > 1e-200))  # below that the derivative by y may be too large
def test_the_remainder_is_pythons_to_the_bit(x, y):
    expected = x % y
    for found in ((Value(x) % y).data, (x % Value(y)).data, autograd.mod(x, y), compile(lambda x, y: x % y)(x, y)):
        assert (found, math.copysign(1, found)) == (expected, math.copysign(1, expected))


def test_the_remainder_has_derivatives():
    x, y = Value(7.5), Value(-2.0)
    assert derivatives(x % y, [x, y]) == [1.0, 4.0]  # 7.5 = -4 · -2 - 0.5
    assert grad(lambda x: x % 3)(7.0) == grad(compile(lambda x: x % 3))(7.0) == 1.0
    with pytest.raises(DivisionByZeroError, match=r"mod: y must be != 0, got 0\.0"):
        x % 0.0
    with pytest.raises(ZeroDivisionError):
        compile(lambda x: 1.0 % x)(0.0)


def test_floor_and_ceil_have_slope_0():
    x = Value(2.5)
    assert (math.floor(x).data, math.ceil(x).data) == (2.0, 3.0)
    assert derivatives(math.floor(x) * x + math.ceil(x), x) == 2.0
    assert compile(lambda x: math.floor(x) * x)(x).data == 5.0
    assert autograd.floor(-0.5) == -1.0
    with pytest.raises(RecordingError, match=r"math.floor\(\) .*write autograd.floor\(\)"):
        compile(lambda x: math.floor(x) * 1.0)(2.5)  # the function itself would get an int


@pytest.mark.parametrize(
    ("expression", "instead"),
    [
        (lambda v: v // 2, r"Write autograd\.floor\(x / y\) for a Value"),
        (lambda v: 2 // v, r"x % y has a derivative"),
        (lambda v: divmod(v, 2), r"// and divmod\(\) have the derivative 0"),
        (lambda v: divmod(2, v), r"// and divmod\(\) have the derivative 0"),
        (lambda v: round(v), r"round\(v\.data\) for the number"),
        (lambda v: round(v, 2), r"Write autograd\.floor\(v \+ 0\.5\)"),
        (lambda v: math.trunc(v), r"math\.trunc\(\) have the derivative 0"),
        (lambda v: statistics.mean([v, v]), r"Write autograd\.mean\(values\)"),
        (lambda v: statistics.fmean([v, v]), r"Write v\.data for the number"),
        (lambda v: math.fsum([v, v]), r"Write v\.data for the number"),
    ],
)
def test_what_has_no_derivative_says_what_to_write(expression, instead):
    with pytest.raises(LeavesGraphError, match=instead):
        expression(Value(2.5))


def test_item_and_clamp_are_those_of_pytorch():
    x = Value(2.5)
    assert type(x.item()) is float
    assert x.item() == 2.5
    with pytest.raises(RecordingError, match=r"reading \.data of a number that depends on the inputs"):
        compile(lambda x: x.item() * x)(x)
    assert [x.clamp(3.0).data, x.clamp(max=1.0).data, x.clamp(min=0.0, max=9.0).data] == [3.0, 1.0, 2.5]
    assert autograd.clamp(0.5, 1.0, 0.0) == 0.0
    assert [grad(lambda x: x.clamp(0.0, 1.0))(at) for at in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.5, 1.0, 0.5, 0.0]


@given(st.floats(-300, 300))
def test_sinc_and_its_derivatives(x):
    with mpmath.workdps(60):
        expected = [float(mpmath.diff(mpmath.sincpi, mpmath.mpf(x), n)) for n in (0, 1, 2)]
    found = [f(x) for f in (autograd.sinc, grad(autograd.sinc), grad(grad(autograd.sinc)))]
    recorded = [compile(f)(x) for f in (autograd.sinc, grad(autograd.sinc))]
    for n, (one, other) in enumerate(zip(found, expected)):
        assert one == pytest.approx(other, rel=1e-13, abs=4e-16 * math.pi ** (2 * n) / max(abs(x), 1e-3 if n else 1))
    assert recorded[0] == found[0]
    assert recorded[1] == pytest.approx(found[1], rel=1e-12, abs=1e-15)


@given(st.floats(-800, 800), st.floats(-800, 800))
def test_logaddexp(x, y):
    with mpmath.workdps(60):
        expected = mpmath.log(mpmath.exp(x) + mpmath.exp(y))
    assert autograd.logaddexp(x, y) == pytest.approx(float(expected), rel=1e-14, abs=1e-15)
    a, b = Value(x), Value(y)
    slopes = derivatives(autograd.logaddexp(a, b), [a, b])
    assert slopes == pytest.approx([autograd.sigmoid(x - y), autograd.sigmoid(y - x)], rel=1e-12, abs=1e-300)
