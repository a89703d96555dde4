"""Kinks that rules declare: named in the report, and passed."""

import pytest

import autograd
from autograd import Value, gradcheck
from autograd.check.kinks import inputs_at_kink, kink_on_path
from autograd.table.registry import RULES


@pytest.mark.parametrize(
    ("f", "point", "words"),
    [
        (abs, (0.0,), "abs has a kink at x = 0.0. At the kink the derivative is 0"),
        (lambda x: autograd.relu(x * 2) + x, (0.0,), "relu has a kink at x = 0.0"),
        (autograd.maximum, (2.0, 2.0), "maximum has a kink at x = 2.0, y = 2.0. At a tie"),
    ],
)
def test_a_declared_kink_is_named_and_passes(f, point, words):
    report = gradcheck(f, point)
    assert {row.verdict for row in report.rows} == {"kink"}
    assert words in str(report)
    assert report


def test_only_the_point_of_the_kink_counts():
    assert inputs_at_kink(RULES["maximum"], {"x": 2.0, "y": 2.0}) == {"x", "y"}
    assert inputs_at_kink(RULES["maximum"], {"x": 2.0, "y": 3.0}) == set()
    assert inputs_at_kink(RULES["exp"], {"x": 0.0}) == set()


def test_only_kinks_between_variable_and_result_count():
    x, y = Value(0.0), Value(2.0)
    result = abs(x) + y * y
    assert kink_on_path(result, x).startswith("abs has a kink at x = 0.0.")
    assert kink_on_path(result, y) == ""
