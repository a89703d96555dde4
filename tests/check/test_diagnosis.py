"""What is said of the cause of a wrong derivative. Wrong rules are planted in test_gradcheck.py."""

import pytest

import autograd
from autograd import Value, gradcheck
from autograd.errors import WrongGradientError


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x * x.data, "look for .data, detach"),
        (lambda x: autograd.sin(x.detach()), "The graph does not connect the result with this input"),
        (lambda x: Value(x.data**2) + 0 * x, "look for .data"),
    ],
)
def test_a_gradient_that_is_lost_on_the_way_is_found(f, words):
    report = gradcheck(f, 3.0)
    assert not report
    assert report.worst.verdict == "WRONG"
    assert words in str(report)
    with pytest.raises(WrongGradientError, match=r"gradcheck: ∂f/∂x at x = 3.0: the engine says .*, the differences"):
        gradcheck(f, 3.0, raise_exception=True)
