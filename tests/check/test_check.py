"""gradcheck: right derivatives pass at any point, wrong rules are caught, and what cannot be told is said."""

import ast
import contextlib
import random
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soaking import SOAK, amount

import autograd
from autograd import Value
from autograd.check.gradcheck import UNSURE, WrongGradientError, gradcheck
from autograd.engine import set_method
from autograd.engine.functions import FUNCTIONS, PUBLIC
from autograd.errors import ArgumentError, AutogradError, DomainError, InfiniteDerivativeError
from autograd.table.registry import BUILT_IN, RULES, TABLE
from autograd.testing import assert_gradients_match, expressions, points

EACH = pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
number = count()


@EACH
def test_every_rule_passes_at_any_point_of_its_domain(rule):
    assert_gradients_match(FUNCTIONS[rule.name], points(rule), max_examples=amount(3000))


@contextlib.contextmanager
def planted(rule, i, partial):
    """A rule like another one but for a partial derivative, for as long as the context lasts."""
    name = f"{rule.name}_{next(number)}"  # a new one each time, because what is known of rules is cached by name
    partials = [partial if k == i else other.text for k, other in enumerate(rule.partials)]
    yield autograd.rule(
        name,
        rule.formula.text,
        *partials,
        domain=rule.domain,
        kinks=rule.kinks,
        inputs=rule.inputs,
        requires=rule.requires and rule.requires.text,
    )
    assert TABLE.pop() is RULES.pop(name)
    del FUNCTIONS[name], PUBLIC[name]
    delattr(autograd, name)
    set_method(name, None)


def mistakes(rule, i):
    """Wrong versions of a partial derivative: off by a factor, of the other sign, with a term missing."""
    plain = next(
        point
        for point in [(0.7, 1.3, 0.4), (1.5, 0.5, 2.0), (0.3, 2.0, 0.5)]
        if rule.why_outside(point[: len(rule.inputs)]) is None
    )
    here = dict(zip(rule.inputs, plain))
    whole, active = rule.partials[i].text, rule.partials[i].active(**here, out=FUNCTIONS[rule.name](*here.values()))
    if whole == "0":
        return ["0.001", "1"]
    tree = ast.parse(active, mode="eval").body
    first = next((node for node in ast.walk(tree) if isinstance(node, ast.BinOp)), None)
    return [f"1.001 * ({whole})", f"-({whole})", ast.unparse(first.left) if first else "0"]


@EACH
def test_a_planted_wrong_rule_is_caught(rule, figure):
    cases = [(i, wrong) for i in range(len(rule.inputs)) for wrong in mistakes(rule, i)]
    for i, wrong in cases if SOAK else [cases[rule.index % len(cases)]]:
        with planted(rule, i, wrong) as function, pytest.raises(WrongGradientError) as caught:
            assert_gradients_match(function, points(function))
        name = function.__name__
        assert f"The rule '{name}' is wrong: its ∂{name}/∂{rule.inputs[i]} = " in str(caught.value)
    figure("rules with a planted mistake: a factor 1.001, a missing term, a wrong sign", len(cases), "each one caught")


def verdicts(f, *point, order=1):
    return [row.verdict for row in gradcheck(f, point, order).rows]


def test_the_report_is_a_table():
    report = gradcheck(lambda p, z: p["w"][0] * p["w"][1] + z**2, ({"w": [2.0, 3.0]}, 0.5))
    assert str(report).splitlines()[0] == "gradcheck at p['w'][0] = 2.0, p['w'][1] = 3.0, z = 0.5"
    assert str(report).splitlines()[1].split() == [
        "derivative",
        "engine",
        "numerical",
        "±",
        "about",
        "difference",
        "verdict",
    ]
    assert [(row.name, row.engine, row.verdict) for row in report.rows] == [
        ("∂f/∂p['w'][0]", 3.0, "ok"),
        ("∂f/∂p['w'][1]", 2.0, "ok"),
        ("∂f/∂z", 1.0, "ok"),
    ]
    assert report
    assert "<td>∂f/∂z</td><td>1</td>" in report._repr_html_()


def test_orders_two_and_three():
    report = gradcheck(lambda x, y: x**3 * autograd.sin(y), (1.5, 0.5), order=3)
    assert [row.name for row in report.rows] == [
        "∂f/∂x",
        "∂f/∂y",
        "∂²f/∂x²",
        "∂²f/∂x∂y",
        "∂³f/∂x³",
        "∂³f/∂x²∂y",
        "∂³f/∂x∂y²",
        "∂²f/∂y²",
        "∂³f/∂y³",
    ]
    assert {row.verdict for row in report.rows} == {"ok"}


def test_compiled_functions_are_checked_as_others_are():
    w = Value(0.7)

    def f(x, y):
        return (w * x).sin() * y**2

    assert str(gradcheck(autograd.compile(f), (0.3, 2.0), order=3)) == str(gradcheck(f, (0.3, 2.0), order=3))
    assert [row.verdict for row in gradcheck(autograd.compile(abs), 0.0).rows] == ["kink"]
    lost = gradcheck(autograd.compile(lambda x: x * x.detach()), 3.0)
    assert [(row.engine, row.verdict) for row in lost.rows] == [(3.0, "WRONG")]


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


@pytest.mark.parametrize(
    ("f", "point", "words"),
    [
        (abs, (0.0,), "abs has a kink at x = 0.0. At the kink the derivative is 0"),
        (lambda x: autograd.relu(x * 2) + x, (0.0,), "relu has a kink at x = 0.0"),
        (autograd.maximum, (2.0, 2.0), "maximum has a kink at x = 2.0, y = 2.0. At a tie"),
        (lambda x: x if x > 1 else 2 - x, (1.0,), "the slopes to the left and to the right of the point differ"),
        (lambda x: abs(x - 1 - 1e-12), (1.0,), "the slopes to the left and to the right of the point differ"),
    ],
)
def test_kinks_are_named_and_pass(f, point, words):
    report = gradcheck(f, point)
    assert {row.verdict for row in report.rows} == {"kink"}
    assert words in str(report)
    assert report


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (autograd.sin, 1e300),
        (autograd.asin, 1 - 1e-16),
        (autograd.sqrt, 5e-324),
        (autograd.atan2, (5e-324, 1e-65)),
        (autograd.log1p, -1 + 1e-15),
    ],
)
def test_where_no_numerical_derivative_can_be_had_the_verdict_says_so(f, point):
    report = gradcheck(f, point)
    assert "unsure" in {row.verdict for row in report.rows}
    assert "WRONG" not in {row.verdict for row in report.rows}
    assert report
    assert {row.note for row in report.rows if row.verdict == "unsure"} <= set(UNSURE.values())


@pytest.mark.parametrize("exponent", [-7, -7.5, -8, -9, -9.3, -10, -10.7, -11, -11.9])
def test_what_bends_within_the_steps_is_not_called_wrong(exponent):
    row = gradcheck(lambda x: autograd.sin(1 / x), 10.0**exponent).rows[0]
    assert row.verdict == "unsure"
    assert row.note in UNSURE.values()


def test_a_pole_beside_the_point_is_no_kink():
    assert verdicts(autograd.tan, 1.5707963) == ["unsure"]
    assert verdicts(lambda x: 1 / (x - 1), 1 + 1e-8) != ["kink"]


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
def test_a_jump_is_not_right(f):
    row = gradcheck(f, 1.0).rows[0]
    assert row.verdict == "kink"
    assert row.note.startswith("f jumps at the point, so it has no derivative there")
    assert verdicts(f, 1.0 + 1e-5) == ["ok"]


@pytest.mark.parametrize("x", [0.0, 1e-12, 1.0, -3.0, 1e9])
def test_steep_and_bent_functions_do_not_jump(x):
    for f in (
        lambda x: autograd.tanh(1e12 * x),
        lambda x: autograd.sin(1e6 * x),
        lambda x: abs(x - 3.0),
        lambda x: (x * x + 1e-20) ** 0.25,
        lambda x: autograd.exp(-1e8 * x * x),
    ):
        assert "jumps" not in gradcheck(f, x).rows[0].note


def test_a_function_that_draws_random_numbers_is_not_judged():
    report = gradcheck(lambda x: x * random.random(), 3.0)
    assert report.rows[0].verdict == "unsure"
    assert "f gives another value when it is computed again at the same point" in str(report)


def test_right_beside_an_overflow_and_at_the_end_of_a_domain():
    assert verdicts(autograd.exp, 709.78) == ["ok"]
    assert verdicts(autograd.mul, 1.7e308, 1.05) == ["ok", "ok"]
    assert verdicts(autograd.acosh, 1 + 1e-7) == ["ok"]
    assert verdicts(lambda x: x**1.5, 0.0) == ["ok"]
    with pytest.raises(InfiniteDerivativeError):
        gradcheck(autograd.sqrt, 0.0)


def test_a_property_test_that_can_check_nothing_fails():
    with pytest.raises(ArgumentError, match="the gradient could be checked at none of the points"):
        assert_gradients_match(autograd.sin, st.floats(1e200, 1e300))


def test_a_failing_property_test_shows_the_simplest_point():
    with planted(RULES["exp"], 0, "out if x < 1 else 1.01 * out") as wrong, pytest.raises(WrongGradientError) as caught:
        assert_gradients_match(lambda x, y: wrong(x) * y, st.tuples(st.floats(-5, 5), st.floats(-5, 5)))
    assert "∂f/∂x at x = 1.0, y = 1.0: the engine says 2.745" in str(caught.value)


@pytest.mark.parametrize(
    ("order", "point", "words"),
    [
        (0, 1.0, "order must be 1, 2 or 3, got 0"),
        (4, 1.0, "got 4"),
        ("1", 1.0, "got '1'"),
        (1, (), r"at least one number, got \(\)"),
        (1, ([], {}), "at least one number"),
    ],
)
def test_what_cannot_be_checked_is_refused(order, point, words):
    with pytest.raises(ArgumentError, match=words):
        gradcheck(autograd.exp, point, order)


def test_outside_the_domain_the_function_speaks_for_itself():
    with pytest.raises(DomainError, match="log: x must be > 0"):
        gradcheck(autograd.log, -1.0)


@given(expressions(max_nodes=8))
def test_random_expressions_pass(expression):
    assert gradcheck(expression, expression.point)
    try:
        report = gradcheck(expression, expression.point, order=2)
    except AutogradError:
        return  # there is no second derivative, as of x ** 1.5 at 0
    assert report


def test_what_rounding_leaves_of_terms_that_cancel_is_not_wrong():
    def constant(a):
        b = autograd.hypot(a, a)
        return autograd.atan2(b, b)

    assert gradcheck(constant, 1.0, order=2)


@pytest.mark.parametrize("y", [1e-99, 1e-101, 9.336048125807993e-103, 2e-103, 1e-150, 1e-300])
def test_a_step_from_zero_is_small_beside_everything_else(y):
    assert gradcheck(autograd.hypot, (0.0, y)).rows[0].verdict == "ok"
    assert gradcheck(lambda x: autograd.hypot(x, y), 0.0).rows[0].verdict == "ok"
