"""A number that is not finite ends a replay, even where what is computed from it is finite again."""

import contextlib
from functools import partial
from itertools import product

import numpy as np
import pytest

from autograd import Value, compile, derivatives, exp, log, take, where
from autograd.engine import apply
from autograd.errors import RecordingError
from autograd.table.registry import BUILT_IN

TOO_LARGE = 1000.0  # exp of it is not a float64
OTHER = 0.5  # what other operands are
ONE = Value(1.0)
MANY = 9
SHAPES = {  # finite for small x only; where it is not, it has this sign, or none
    "inf": [exp, lambda x: exp(x) * 0.0 + 0.5, lambda x: exp(x) + 1.0],
    "-inf": [lambda x: -exp(x), lambda x: 0.5 - exp(x) * 1e-3],
    "nan": [lambda x: exp(x) - exp(x) + 0.5, lambda x: exp(x) - exp(x) + 1.5],
}
CASES = [(rule, k, kind) for rule in BUILT_IN for k in range(len(rule.inputs)) for kind in SHAPES]


def defined(rule, k, kind):
    """(f, x): a function that applies a rule, its k-th operand being such a function of x, and where it is defined."""
    for of, x in product(SHAPES[kind], (0.3, -0.5, 1.2)):
        operands = [OTHER] * len(rule.inputs)
        operands[k] = of(Value(x)).data
        if rule.why_outside(operands) is None:
            return partial(applied, rule, k, operands, of), x
    return None


def applied(rule, k, operands, of, x):
    """The sum of several such results: numbers that are next to one another are looked at together."""
    return sum(apply(rule, *operands[:k], of(ONE * (x + i * 1e-9)), *operands[k + 1 :]) for i in range(MANY))


def assert_it_is_noticed(f, x):
    step = compile(f, fallback=False)
    for _ in range(3):
        expected = [step(x).data, step.mean(np.full(20, x)).data]
    with pytest.raises(RecordingError, match="is not finite"):
        step(TOO_LARGE)
    for place, count in ((0, 1), (0, 20), (11, 20), (19, 20)):
        xs = np.full(count, x)
        xs[place] = TOO_LARGE
        for replay in (step.mean, step.map):  # with the gradient, which may not be finite either, and without
            with pytest.raises(RecordingError, match="is not finite"):
                replay(xs)
    assert [step(x).data, step.mean(np.full(20, x)).data] == expected


@pytest.mark.parametrize(("rule", "k", "kind"), CASES, ids=lambda part: str(getattr(part, "name", part)))
def test_as_an_operand_of_each_rule(rule, k, kind):
    case = defined(rule, k, kind)
    if case is None:
        assert rule.name == "quotient" or (rule.name, kind) in {("acosh", "-inf"), ("log", "-inf")}
        return
    assert_it_is_noticed(*case)


def f_of_a_choice(x):
    return take([*(exp(x + i) for i in range(MANY)), x * 2.0], x * 0.0 + MANY)


def f_of_a_side(x):
    return where(x < 500.0, lambda: exp(-exp(x)), lambda: x * 2.0)


def f_in_a_side(x):
    powers = [exp(x + i) for i in range(MANY)]
    products = where(x < 500.0, lambda: sum(power * ONE for power in powers[1:]), lambda: x * 2.0)
    return products + where(x < 500.0, lambda: log(powers[0]), lambda: x * 2.0)


def f_of_each_in_a_side(x):
    powers = [exp(x + i) for i in range(MANY)]
    return where(x < 500.0, lambda: sum(log(power) for power in powers), lambda: x * 2.0)


def f_of_what_is_not_used(x):
    exp(x)
    return x * 2.0


@pytest.mark.parametrize(
    "f",
    [
        f_of_a_choice,
        f_in_a_side,
        f_of_each_in_a_side,
        f_of_what_is_not_used,
        lambda x: exp(-exp(x)) + where(x, 1.0, exp(x)),
    ],
)
def test_elsewhere(f):
    assert_it_is_noticed(lambda x: f(ONE * x), 0.3)


def test_a_side_that_is_not_chosen_may_be_anything():
    step = compile(lambda x: f_of_a_side(ONE * x), fallback=False)
    for _ in range(3):
        assert step(0.3).data == f_of_a_side(Value(0.3)).data
    assert step(TOO_LARGE).data == 2000.0


def test_gradients_after_one_that_was_not_finite():
    w = [Value(0.5 + i / 10) for i in range(4)]

    def f(x, y):
        hidden = [(p * x + y).relu() for p in w]
        first, *others = [(p * h).tanh() for p, h in zip(w, hidden)]
        return (sum(others, first) * sum(h * h for h in hidden)).sqrt()

    xs, ys = np.linspace(0.1, 1.0, 37), np.linspace(0.2, 0.3, 37)
    step = compile(f)
    for _ in range(3):
        step.mean(xs, ys)
    expected = derivatives(step.mean(xs, ys), w)
    eager = [f(Value(x), Value(y)) for x, y in zip(xs.tolist(), ys.tolist())]
    assert expected == pytest.approx(derivatives(sum(eager) / 37, w), rel=1e-12)
    for bad in (1e200, 0.0, -1.0):  # too large; no derivative; none but 0
        with contextlib.suppress(ArithmeticError, ValueError):
            step.mean(np.where(xs > 0.5, bad, xs), np.where(xs > 0.5, 0.0, ys)).backward()
        assert derivatives(step.mean(xs, ys), w) == expected
