"""Bounds on rounding errors."""

import autograd
from autograd import Value, gradcheck
from autograd.check.rounding import gradient_errors, value_error


def test_what_rounding_leaves_of_cancelling_terms_is_not_wrong():
    def constant(a):
        b = autograd.hypot(a, a)
        return autograd.atan2(b, b)

    assert gradcheck(constant, 1.0, order=2)


def test_a_derivative_below_its_rounding_error_is_unsure():
    report = gradcheck(lambda a: autograd.erf(a * a) + autograd.erf(autograd.atan2(a, a)), -2.814087956388346, order=2)
    assert [row.verdict for row in report.rows] == ["ok", "unsure"]
    assert "the terms of the derivative cancel" in str(report)


def test_a_large_intermediate_value_counts_although_it_cancels():
    x = Value(3.0)
    assert 1e-10 < value_error((x + 1e6) - 1e6) < 1e-9
    assert value_error(x + 1.0) < 1e-14


def test_large_terms_count_although_they_cancel():
    x = Value(3.0)
    (cancelling,) = gradient_errors(1e6 * x - 1e6 * x, [x])
    (plain,) = gradient_errors(2 * x, [x])
    assert cancelling > 1e-10
    assert plain < 1e-14


def test_a_constant_has_no_errors():
    assert value_error(Value(1.0).detach()) == 0.0
    assert gradient_errors(Value(1.0).detach(), [Value(2.0)]) == [0.0]
