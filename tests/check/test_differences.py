"""Derivatives from values of a function alone: their errors, kinks, discontinuities, and what steps pass over."""

import math

import pytest

import autograd
from autograd import gradcheck
from autograd.check.differences import differences
from autograd.check.gradcheck import UNSURE


def verdict(f, x):
    return gradcheck(f, x).rows[0].verdict


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (math.sin, 1.0, math.cos(1.0)),
        (math.exp, -30.0, math.exp(-30.0)),
        (math.log, 1e-5, 1e5),
        (lambda x: x**3, 1e40, 3e80),
        (math.sqrt, 1e-12, 5e5),
    ],
)
def test_the_true_derivative_lies_within_the_estimated_error(f, x, slope):
    estimate = differences(f, x)
    assert abs(estimate.slope - slope) <= estimate.error + 1e-15 * abs(slope)
    assert estimate.error <= 1e-8 * abs(slope)
    assert estimate.trouble == ""


def test_trouble_is_named():
    assert differences(abs, 0.0).trouble == "kink"
    assert differences(math.sqrt, 0.0).trouble == "outside"
    assert differences(math.sin, 1e-305).trouble == "outside", "steps of that size underflow"


@pytest.mark.parametrize(
    "f", [lambda x: x if x > 1 else 2 - x, lambda x: abs(x - 1 - 1e-12)], ids=["branches", "a kink beside the point"]
)
def test_a_kink_that_no_rule_declares_is_seen_and_passes(f):
    report = gradcheck(f, 1.0)
    assert [row.verdict for row in report.rows] == ["kink"]
    assert "the slopes to the left and to the right of the point differ" in str(report)
    assert report


@pytest.mark.parametrize("exponent", [-7, -7.5, -8, -9, -9.3, -10, -10.7, -11, -11.9])
def test_what_bends_within_the_steps_is_not_called_wrong(exponent):
    row = gradcheck(lambda x: autograd.sin(1 / x), 10.0**exponent).rows[0]
    assert row.verdict == "unsure"
    assert row.note in UNSURE.values()


def test_a_pole_beside_the_point_is_no_kink():
    assert verdict(autograd.tan, 1.5707963) == "unsure"
    assert verdict(lambda x: 1 / (x - 1), 1 + 1e-8) != "kink"


@pytest.mark.parametrize(
    "f",
    [
        lambda x: autograd.where(x > 1, x, 2 * x),
        lambda x: autograd.where(x >= 1, x, 2 * x),
        lambda x: x if x <= 1 else x + 1e-6,
        lambda x: 1e9 * x if x < 1 else 1e9 * x - 1.0,
        lambda x: autograd.where(x < 1, lambda: x * x, lambda: -x * x),
    ],
)
def test_a_discontinuity_is_named(f):
    row = gradcheck(f, 1.0).rows[0]
    assert row.verdict == "kink"
    assert row.note.startswith("f jumps at the point, so it has no derivative there")
    assert verdict(f, 1.0 + 1e-5) == "ok"


@pytest.mark.parametrize("x", [0.0, 1e-12, 1.0, -3.0, 1e9])
def test_steep_and_kinked_functions_are_not_discontinuous(x):
    for f in (
        lambda x: autograd.tanh(1e12 * x),
        lambda x: autograd.sin(1e6 * x),
        lambda x: abs(x - 3.0),
        lambda x: (x * x + 1e-20) ** 0.25,
        lambda x: autograd.exp(-1e8 * x * x),
    ):
        assert "jumps" not in gradcheck(f, x).rows[0].note
