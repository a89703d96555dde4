"""Derivatives by a complex step through the recorded graph."""

import math

import pytest

import autograd
from autograd import Value, gradcheck
from autograd.check.complex_step import complex_function, complex_step


@pytest.mark.parametrize("x", [1e-30, 1e-12, 0.3, 1.0, 700.0])
def test_it_is_right_to_full_precision(x):
    for f, slope in ((autograd.exp, math.exp(x)), (autograd.log, 1 / x), (lambda x: x**3, 3 * x * x)):
        variable = Value(x)
        estimate = complex_step(f(variable), [variable], 0)
        assert estimate.slope == pytest.approx(slope, rel=1e-13)
        assert abs(estimate.slope - slope) <= estimate.error


def test_an_unstable_derivative_is_marked():
    x = Value(1e300)
    assert complex_step(autograd.sin(x), [x], 0).trouble == "unstable"


def test_a_primitive_without_a_complex_form_gives_none():
    x = Value(1.0)
    assert complex_function("erf") is None
    assert complex_step(autograd.erf(x), [x], 0) is None


@pytest.mark.parametrize("y", [1e-99, 1e-101, 9.336048125807993e-103, 2e-103, 1e-150, 1e-300])
def test_a_step_from_zero_is_small_beside_everything_else(y):
    x = Value(0.0)
    estimate = complex_step(autograd.hypot(x, y), [x], 0)
    assert estimate is None or estimate.slope == 0.0
    assert gradcheck(autograd.hypot, (0.0, y)).rows[0].verdict == "ok"
    assert gradcheck(lambda x: autograd.hypot(x, y), 0.0).rows[0].verdict == "ok"
