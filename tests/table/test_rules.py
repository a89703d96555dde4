"""Every primitive of the table, by looping over it: a new line gets these tests by being there."""

import math
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from own_rules import forget
from reference import assert_right, computed, exact_partial, exact_value, is_kink, points_of, ulps
from soaking import amount

import autograd
from autograd import Constant, Interval, Value
from autograd.check.gradcheck import gradcheck
from autograd.engine.functions import FUNCTIONS, PUBLIC
from autograd.errors import (
    AutogradError,
    DivisionByZeroError,
    DomainError,
    FormulaError,
    InfiniteDerivativeError,
    ResultOverflowError,
    RuleError,
)
from autograd.stubs import WRITTEN
from autograd.table.registry import BUILT_IN, RULES, TABLE
from autograd.testing import points

EACH = pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
HELPERS = [rule for rule in BUILT_IN if rule.helper]


def slope(function, point, i):
    """∂function/∂input i by central differences, extrapolated once."""

    def central(step):
        right, left = list(point), list(point)
        right[i] += step
        left[i] -= step
        return (function(*right) - function(*left)) / (right[i] - left[i])

    step = 1e-4 * max(abs(point[i]), 1e-3)
    return (4 * central(step / 2) - central(step)) / 3


@EACH
def test_value_and_partials_are_right_to_the_last_places(rule, figure):
    found = [assert_right(rule, point) for point in points_of(rule, amount(10_000))]
    value, worst = max(value for value, *_ in found), max(max(partials) for _, *partials in found)
    figure(f"{rule.name}, against mpmath", len(found), f"value within {value:.1f} ulp, partials within {worst:.1f} ulp")


@EACH
@given(data=st.data())
def test_at_points_that_hypothesis_thinks_of(rule, data):
    assert_right(rule, tuple(x + 0.0 for x in data.draw(points(rule), label="point")))


@EACH
@given(data=st.data())
def test_against_central_differences(rule, data):
    point = data.draw(points(rule).filter(lambda point: max(map(abs, point)) < 100), label="point")
    out = FUNCTIONS[rule.name](*map(Value, point))
    for i, partial in enumerate(out.partials if not is_kink(rule, point) else ()):
        try:
            numerical = slope(FUNCTIONS[rule.name], point, i)
        except AutogradError:
            continue  # beside the point lies the end of the domain
        wanted = exact_partial(rule, point, i)
        # Differences are as wrong as the function is curved and rounded here: their own error sets the tolerance.
        rough = 0.0 if wanted is None else abs(numerical - float(wanted))
        assert abs(partial - numerical) <= 1e-9 * abs(numerical) + 2 * rough


@EACH
def test_gradcheck_agrees_at_simple_points(rule):
    checked = 0
    for point in [
        (0.5, -1.25, 2.25),
        (0.3, 0.7, -0.2),
        (1.5, 2.0, 3.0),
        (2.5, 0.75, 1.0),
        (-1.5, 3.0, 0.25),
        (0.5, 2.0, 0.25),
    ]:
        point = point[: len(rule.inputs)]
        if rule.why_outside(point) is None and not (rule.name == "pow" and point[0] < 0):
            assert gradcheck(FUNCTIONS[rule.name], point, order=2)
            checked += 1
    assert checked


@EACH
@given(data=st.data())
def test_values_plain_numbers_and_mixtures_agree(rule, data):
    point = data.draw(points(rule), label="point")
    function = FUNCTIONS[rule.name]
    plain, node = function(*point), function(*map(Value, point))
    assert type(plain) is float
    assert node.data == plain
    assert node.rule is rule
    assert rule.helper or getattr(Value, rule.name)(*map(Value, point)).data == plain
    assert len(node.parents) == len(node.partials) == len(rule.inputs)
    for i in range(len(point)):
        mixed = function(*(Value(x) if k == i else x for k, x in enumerate(point)))
        assert mixed.data == plain
        assert mixed.partials[i] == node.partials[i]
        assert [type(parent) is Constant for parent in mixed.parents] == [k != i for k in range(len(point))]
        assert all(partial == 0 for k, partial in enumerate(mixed.partials) if k != i)


@pytest.mark.parametrize(
    "rule", [rule for rule in BUILT_IN if rule.domain and not rule.helper], ids=lambda rule: rule.name
)
def test_outside_the_domain_there_is_a_clear_error(rule):
    for name, interval in rule.domain.items():
        outside = [x for x in (-math.inf, interval.low, interval.high, *interval.without) if x not in interval]
        outside += [interval.low - 1] if interval.low > -math.inf else []
        for x in outside:
            if math.isfinite(x):
                point = [x if key == name else 1.5 for key in rule.inputs]
                with pytest.raises(AutogradError, match=rf"{rule.name}: .*{name} must be .*got {x}") as caught:
                    FUNCTIONS[rule.name](*map(Value, point))
                assert isinstance(caught.value, (ValueError, ZeroDivisionError))
                assert "Shift or clamp" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("div", "y != 0"),
        ("mod", "y != 0"),
        ("log", "x > 0"),
        ("log2", "x > 0"),
        ("log10", "x > 0"),
        ("log1p", "x > -1"),
        ("sqrt", "x >= 0"),
        ("asin", "x >= -1 and <= 1"),
        ("acos", "x >= -1 and <= 1"),
        ("acosh", "x >= 1"),
        ("atanh", "x > -1 and < 1"),
    ],
)
def test_domains_are_those_of_the_calculus_book(name, domain):
    assert f"Domain: {domain}." in FUNCTIONS[name].__doc__


@EACH
def test_no_infinity_and_no_nan_comes_out_of_extreme_operands(rule):
    extremes = [0.0, -0.0, 5e-324, -5e-324, 1e-308, 1.0, -1.0, 1e154, -1e200, sys.float_info.max, -sys.float_info.max]
    for place in range(len(extremes) ** len(rule.inputs)):
        point = [extremes[place // len(extremes) ** k % len(extremes)] for k in range(len(rule.inputs))]
        try:
            node = FUNCTIONS[rule.name](*map(Value, point))
        except (DomainError, DivisionByZeroError, InfiniteDerivativeError, ResultOverflowError):
            continue
        assert all(map(math.isfinite, (node.data, *node.partials)))


@EACH
def test_kinks_take_the_slope_of_least_magnitude(rule):
    for point in KINKS.get(rule.name, []):
        assert is_kink(rule, point[0])
        assert FUNCTIONS[rule.name](*map(Value, point[0])).partials == point[1]
    assert bool(rule.kinks) == (rule.name in KINKS)


KINKS = {
    "sign": [((0.0,), (0.0,))],
    "step": [((0.0,), (0.0,))],
    "abs": [((0.0,), (0.0,)), ((-0.0,), (0.0,))],
    "relu": [((0.0,), (0.0,))],
    "leaky_relu": [((0.0, 0.01), (0.01, 0.0))],
    "maximum": [((2.0, 2.0), (0.5, 0.5)), ((0.0, -0.0), (0.5, 0.5))],
    "minimum": [((2.0, 2.0), (0.5, 0.5))],
    "hypot": [((0.0, 0.0), (0.0, 0.0))],
    "clamp": [
        ((2.0, 2.0, 3.0), (0.5, 0.5, 0.0)),
        ((3.0, 2.0, 3.0), (0.5, 0.0, 0.5)),
        ((0.0, -0.0, 1.0), (0.5, 0.5, 0.0)),
    ],
    "less": [((1.0, 1.0), (0.0, 0.0))],
    "less_equal": [((1.0, 1.0), (0.0, 0.0))],
    "equal": [((1.0, 1.0), (0.0, 0.0))],
    "where": [((0.0, 3.0, 4.0), (0.0, 0.0, 1.0))],
}


def test_the_slope_of_leaky_relu_may_be_left_out():
    assert autograd.leaky_relu(-3.0) == Value(-3.0).leaky_relu().data == -0.03


def test_the_table_holds_what_it_should():
    wanted = """add sub mul div neg pow abs sign step maximum minimum hypot atan2 exp exp2 expm1 log log2 log10 log1p
        sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc sigmoid softplus relu leaky_relu
        gelu where clamp silu softsign mod floor ceil"""
    assert set(wanted.split()) <= set(PUBLIC)
    assert [rule.index for rule in TABLE] == list(range(len(TABLE)))
    assert all(RULES[rule.name] is rule for rule in TABLE)


@pytest.mark.parametrize(
    "name", sorted({"direction", "quotient", "gauss", "normal", "gelu_slope"}.union(rule.name for rule in HELPERS))
)
def test_helpers_of_other_rules_are_not_offered(name):
    rule = RULES[name]
    assert rule in HELPERS
    assert not hasattr(autograd, rule.name)
    assert rule.name not in PUBLIC
    assert f"def {rule.name}(" not in WRITTEN["functions.pyi"]()
    assert not hasattr(Value, rule.name) or autograd.backend == "native"
    assert any(
        rule.name in formula.functions
        for other in BUILT_IN
        for formula in (other.formula, *other.partials)
        if other is not rule
    )


def test_the_reference_notices_small_errors():
    exp = RULES["exp"]
    assert ulps(math.exp(1.5), exact_value(exp, (1.5,))) <= 1
    assert 2.4 < ulps(math.exp(1.5) + 3 * math.ulp(math.exp(1.5)), exact_value(exp, (1.5,))) < 3.6
    assert ulps(math.inf, exact_value(exp, (1.0,))) == math.inf
    assert ulps(math.inf, exact_value(exp, (1000.0,))) == 0
    assert ulps(computed(exp, (1.5,), 0), exact_partial(exp, (1.5,), 0)) <= 1
    assert exact_partial(RULES["abs"], (-2.0,), 0) == -1
    assert exact_partial(RULES["sqrt"], (0.0,), 0) is None


@given(st.floats(-0.999, 50))
@example(1e-300)
def test_log1p_and_expm1_undo_each_other(x):
    assert abs(autograd.expm1(autograd.log1p(x)) - x) <= 1e-15 * (1 + x) * (1 + abs(x))


# Primitives whose formulas have a value outside their domains: a point inside, one outside, and what is said there.
OWN = {
    "own_interval": (
        ["x * x", "2 * x"],
        {"domain": {"x": Interval(0.25, open_low=True, without=(3,))}},
        [0.5],
        [3.0],
        "own_interval: x must be > 0.25 and != 3, got 3.0{x}. Shift or clamp it before own_interval().",
    ),
    "own_second": (
        ["x + y", "1", "1"],
        {"domain": {"y": Interval(-1, 1)}},
        [0.5, -1.0],
        [1.5, 2.0],
        "own_second: y must be >= -1 and <= 1, got 2.0. Shift or clamp it before own_second().",
    ),
    "own_condition": (
        ["x - y", "1", "-1"],
        {"requires": "x > y or x == -7"},
        [-7.0, 2.0],
        [1.0, 2.0],
        "own_condition: needs x > y or x == -7, got own_condition(1.0{x}, 2.0). Shift or clamp it before "
        "own_condition().",
    ),
    "own_primitive": (
        ["x", "1"],
        {"requires": "relu(x) < 2"},
        [-3.0],
        [2.5],
        "own_primitive: needs relu(x) < 2, got own_primitive(2.5{x}). Shift or clamp it before own_primitive().",
    ),
    "own_failing": (
        ["x", "1"],
        {"requires": "log(x) < 2"},
        [1.0],
        [-1.0],
        "own_failing: needs log(x) < 2, got own_failing(-1.0{x}). Shift or clamp it before own_failing().",
    ),
    "own_undeclared": (
        ["log(x) + 1", "1 / x"],
        {},
        [1.0],
        [-2.5],
        "own_undeclared: log(x) + 1 has no value at own_undeclared(-2.5{x}). Shift or clamp it before "
        "own_undeclared().",
    ),
    "own_outer": (
        ["own_inner(x) + 1", "1"],
        {},
        [1.0],
        [-1.0],
        "own_outer: own_inner(x) + 1 has no value at own_outer(-1.0{x}). Shift or clamp it before own_outer().",
    ),
}


@pytest.fixture(params=OWN)
def own(request):
    """A primitive of one's own, a point inside its domain and one outside, and what is said there."""
    formulas, options, inside, outside, message = OWN[request.param]
    autograd.rule("own_inner", "x", "1", domain={"x": Interval(0)})
    yield autograd.rule(request.param, *formulas, **options), inside, outside, message
    forget(request.param)
    forget("own_inner")


def refused(message, call, *operands):
    with pytest.raises(DomainError) as caught:
        call(*operands)
    assert str(caught.value) == message


def test_outside_its_domain_a_primitive_of_ones_own_is_refused_as_the_others_are(own):
    function, inside, (first, *others), message = own
    assert math.isfinite(function(*map(Value, inside)).data)
    for way in (
        function,
        getattr(Value, function.__name__, lambda x, *rest: getattr(x, function.__name__)(*rest)),
        autograd.no_grad()(function),
    ):
        refused(message.format(x=' ("x")'), way, Value(first, "x"), *map(Value, others))
        refused(message.format(x=' ("x")'), way, Value(first, "x"), *others)
    refused(message.format(x=""), function, first, *others)
    refused(message.format(x=""), autograd.grad(function), first, *others)
    refused(message.format(x=""), autograd.grad(autograd.grad(function)), first, *others)


def test_outside_its_domain_a_replayed_primitive_of_ones_own_is_refused_in_the_same_words(own):
    function, inside, outside, message = own
    step = autograd.compile(function)
    assert step(*inside) == function(*inside)
    refused(message.format(x=' ("x")'), step, Value(outside[0], "x"), *outside[1:])
    refused(message.format(x=""), step, *outside)
    refused(message.format(x=""), step.map, *zip(inside, outside))
    refused(message.format(x=""), step.mean, *([a, b] * 30 for a, b in zip(inside, outside)))
    refused(message.format(x=""), autograd.grad(step), *outside)
    guarded = autograd.compile(lambda *xs: autograd.where(xs[0] - outside[0], lambda: function(*xs), 7.0))
    assert list(guarded.map(*zip(inside, outside))) == [function(*inside), 7.0]


@pytest.mark.parametrize("domain", ["x", [("x", Interval(0))], {"x": (0, 1)}, {"x": 3}, {"x": None}])
def test_a_domain_is_made_of_intervals(domain):
    with pytest.raises(RuleError, match=r"own: a domain is a dict of Intervals such as \{'x': Interval\(0\)\}, got "):
        autograd.rule("own", "x", "1", domain=domain)
    assert "own" not in RULES


@pytest.mark.parametrize("name", ["lambda", "class", "None", "if", "2x", "", "_own", 7, None])
def test_a_primitive_needs_a_name_that_can_be_written(name):
    with pytest.raises(RuleError, match="a primitive's name is a Python identifier such as 'cube', and not a key"):
        autograd.rule(name, "2 * x", "2")
    assert name not in RULES


@pytest.mark.parametrize(
    "constant",
    ["9 ** 9 ** 9 ** 9", "1 / 0", "(-8) ** (1 / 3)", "log(-1)", "exp(1000)", "1" + "0" * 400, "1e999", "2 ** 9 ** 9"],
)
def test_constants_that_are_no_numbers_are_refused_at_once(constant):
    before = len(TABLE)
    for formulas in ((f"x * ({constant})", "1"), ("x", constant), (f"x if x > {constant} else 0", "1")):
        with pytest.raises(FormulaError, match=r"this is not a formula: .* (is too large for|is not a real)"):
            autograd.rule("own", *formulas)
    assert "own" not in RULES
    assert len(TABLE) == before


def test_what_fails_while_it_is_made_is_not_registered(monkeypatch):
    def failing(rule):
        raise MemoryError

    before = len(TABLE)
    monkeypatch.setattr("autograd.engine.functions.make_function", failing)
    with pytest.raises(MemoryError):
        autograd.rule("own", "2 * x", "2")
    assert "own" not in RULES
    assert len(TABLE) == before


def test_two_primitives_cannot_share_a_name():
    with pytest.raises(RuleError, match=r"there is a primitive 'exp' already: exp\(x\)\. Choose another name\."):
        autograd.rule("exp", "x", "1")


@pytest.mark.parametrize("formulas", [("a * b", "b", "a"), ("node * d", "d", "node"), ("da + dc", "1", "1")])
def test_inputs_may_have_any_name(formulas):
    function = autograd.rule("own_names", *formulas)
    x, y = Value(2.0), Value(3.0)
    try:
        function(x, y).backward()
    finally:
        forget("own_names")
    assert (x.grad, y.grad) in {(3.0, 2.0), (1.0, 1.0)}


@pytest.mark.parametrize("formula", ["out * 2", "_x * 2"])
def test_names_of_inputs_that_are_taken_are_refused(formula):
    with pytest.raises(RuleError, match="do not begin with an underscore, and 'out' is the value itself"):
        autograd.rule("own_names", formula, "2")


@pytest.mark.parametrize("name", ["new", "fail", "modes", "apply", "Landing", "node"])
def test_a_primitive_of_ones_own_hides_nothing_of_the_engine(name):
    autograd.rule(name, "x * 2", "2")
    x = Value(3.0)
    try:
        (getattr(autograd, name)(x) * x).backward()
        with pytest.raises(ZeroDivisionError):
            _ = x / Value(0.0)
    finally:
        forget(name)
    assert x.grad == 12.0


@pytest.mark.parametrize("x", [0.0, -0.0, 0.5, -0.5, -5e-324, 1e300, -1e300, 2.0**52 + 0.5, -(2.0**52) - 1])
def test_floor_and_ceil_keep_the_sign_of_zero_as_the_c_library_does(x):
    """Both engines must agree to the bit, and C's floor of -0 is -0."""
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    for name in ("floor", "ceil"):
        found, expected = getattr(autograd, name)(Value(x)).data, float(getattr(numpy, name)(x))
        assert (found, math.copysign(1, found)) == (expected, math.copysign(1, expected))
