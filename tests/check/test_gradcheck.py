"""gradcheck: right derivatives pass at any point, wrong rules are caught, bad arguments are refused."""

import ast
import contextlib
import random
from itertools import count

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from own_rules import forget
from soaking import SOAK, amount

import autograd
from autograd import Value, gradcheck
from autograd.check.gradcheck import UNSURE
from autograd.engine.functions import FUNCTIONS
from autograd.errors import (
    ArgumentError,
    AutogradError,
    DomainError,
    InfiniteDerivativeError,
    WrongGradientError,
)
from autograd.table.registry import BUILT_IN, RULES
from autograd.testing import assert_gradients_match, expressions, points

EACH = pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
number = count()


@pytest.mark.parametrize("rule", [rule for rule in BUILT_IN if rule.name != "floor"], ids=lambda rule: rule.name)
def test_every_rule_passes_at_any_point_of_its_domain(rule):  # floor jumps at more points than a list of kinks can name
    assert_gradients_match(FUNCTIONS[rule.name], points(rule), max_examples=amount(3000))


@contextlib.contextmanager
def planted(rule, i, partial):
    """A rule that differs from another one in a partial derivative, for as long as the context lasts."""
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
    forget(name)


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


@pytest.fixture
def unreduced():
    """Points are taken as they are found: to reduce them, which another test is about, takes most of the time."""
    before = settings.get_current_profile_name()
    settings.register_profile("unreduced", phases=[Phase.explicit, Phase.generate])
    settings.load_profile("unreduced")
    yield
    settings.load_profile(before)


@EACH
@pytest.mark.usefixtures("unreduced")
def test_a_planted_wrong_rule_is_caught(rule, figure):
    cases = [(i, wrong) for i in range(len(rule.inputs)) for wrong in mistakes(rule, i)]
    for i, wrong in cases if SOAK else [cases[rule.index % len(cases)]]:
        with planted(rule, i, wrong) as function, pytest.raises(WrongGradientError) as caught:
            assert_gradients_match(function, points(function))
        name = function.__name__
        assert f"The rule '{name}' is wrong: its ∂{name}/∂{rule.inputs[i]} = " in str(caught.value)
    figure("rules with a planted mistake: a factor 1.001, a missing term, a wrong sign", len(cases), "each one caught")


@given(expressions(max_nodes=8))
def test_random_expressions_pass(expression):
    assert gradcheck(expression, expression.point)
    try:
        report = gradcheck(expression, expression.point, order=2)
    except AutogradError:
        return  # there is no second derivative, as of x ** 1.5 at 0
    assert report


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


def test_compiled_functions_are_checked_like_others():
    w = Value(0.7)

    def f(x, y):
        return (w * x).sin() * y**2

    ours, plain = gradcheck(autograd.compile(f), (0.3, 2.0), order=3), gradcheck(f, (0.3, 2.0), order=3)
    assert [(row.name, row.verdict) for row in ours.rows] == [(row.name, row.verdict) for row in plain.rows]
    assert [row.engine for row in ours.rows] == pytest.approx([row.engine for row in plain.rows], rel=1e-13)
    assert [row.verdict for row in gradcheck(autograd.compile(abs), 0.0).rows] == ["kink"]
    lost = gradcheck(autograd.compile(lambda x: x * x.detach()), 3.0)
    assert [(row.engine, row.verdict) for row in lost.rows] == [(3.0, "WRONG")]


def test_beside_overflow_and_at_the_end_of_a_domain_it_passes():
    for f, point in (
        (autograd.exp, 709.78),
        (autograd.mul, (1.7e308, 1.05)),
        (autograd.acosh, 1 + 1e-7),
        (lambda x: x**1.5, 0.0),
    ):
        assert {row.verdict for row in gradcheck(f, point).rows} == {"ok"}
    with pytest.raises(InfiniteDerivativeError):
        gradcheck(autograd.sqrt, 0.0)


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
def test_where_numbers_are_not_precise_enough_it_is_unsure(f, point):
    report = gradcheck(f, point)
    assert "unsure" in {row.verdict for row in report.rows}
    assert "WRONG" not in {row.verdict for row in report.rows}
    assert report
    assert {row.note for row in report.rows if row.verdict == "unsure"} <= set(UNSURE.values())


def test_a_function_that_draws_random_numbers_is_not_judged():
    report = gradcheck(lambda x: x * random.random(), 3.0)
    assert report.rows[0].verdict == "unsure"
    assert "f returned a different value when computed again at the same point" in str(report)


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


def test_outside_the_domain_the_function_raises_its_own_error():
    with pytest.raises(DomainError, match="log: x must be > 0"):
        gradcheck(autograd.log, -1.0)
