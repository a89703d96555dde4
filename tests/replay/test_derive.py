"""The chain rule on a tape, backward and forward, for every rule and order; and derivatives while recording."""

import itertools
import math

import pytest
from mpmath import mp, mpf
from reference import exact
from tapes import numbers_at, recorded

import autograd
from autograd import (
    Constant,
    Value,
    compile,
    derivatives,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    where,
)
from autograd.engine import graph_wanted, recording
from autograd.engine.functions import FUNCTIONS
from autograd.nested import map_numbers, numbers_in
from autograd.replay.recorder import Program, adjoints_on, described, tangents_on
from autograd.table.registry import BUILT_IN, RULES

POINTS = [(0.37, 1.21, 0.83), (1.7, -0.45, 0.62), (2.3, 1.9, -0.4)]


def plain(result):
    return result.data if isinstance(result, Value) else result


def kind_and_number(result):
    return map_numbers(lambda y: (type(y).__name__, y.data if isinstance(y, Value) else y), result)


def assert_same(f, *args, rel=1e-12):
    """A compiled function gives what it gives itself, of the same type, and needs no fallback."""
    step, expected = compile(f), kind_and_number(f(*args))
    for _ in range(3):
        found = kind_and_number(step(*args))
        flat, flat_expected = ([str(part) for part in numbers_in(map_numbers(str, r))] for r in (found, expected))
        kinds, kinds_expected = ([text for text in r if not is_number(text)] for r in (flat, flat_expected))
        assert kinds == kinds_expected
        numbers, numbers_expected = ([float(t) for t in r if is_number(t)] for r in (flat, flat_expected))
        assert numbers == pytest.approx(numbers_expected, rel=rel, abs=1e-14)
    assert step.stats()[0]["fallbacks"] == 0


def is_number(text):
    return text.lstrip("-")[:1].isdigit()


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
def test_adjoints_and_tangents_of_each_rule_to_third_order(rule):
    n = len(rule.inputs)
    tape, (y,) = recorded(FUNCTIONS[rule.name], *["Value"] * n)
    xs = list(tape.inputs)
    places = {(): y}
    with recording(tape), graph_wanted():
        for order in range(3):
            for ks in itertools.combinations_with_replacement(range(n), order):
                for k, place in enumerate(adjoints_on(tape, places[ks], xs) if places.get(ks, -1) >= 0 else []):
                    places.setdefault(tuple(sorted((*ks, k))), place)
        units = [[tape.number(float(i == k)) for i in range(n)] for k in range(n)]
        forward = [tangents_on(tape, [y], xs, unit)[0] for unit in units]
        twice = [tangents_on(tape, [place], xs, unit)[0] if place >= 0 else -1 for place, unit in zip(forward, units)]
    points = [point[:n] for point in POINTS if rule.why_outside(point[:n]) is None]
    assert points
    for point in points:
        wanted = {ks: place for ks, place in places.items() if place >= 0}
        found = dict(zip(wanted, numbers_at(tape, list(wanted.values()), *point)))
        for ks in [ks for ks in places if ks]:
            assert found.get(ks, 0.0) == pytest.approx(slope_of(rule, point, ks), rel=1e-12, abs=1e-13), ks
        for way, orders in ((forward, 1), (twice, 2)):
            for k, place in enumerate(way):
                number = numbers_at(tape, [place], *point)[0] if place >= 0 else 0.0
                assert number == pytest.approx(found.get((k,) * orders, 0.0), rel=1e-13, abs=1e-14)


def slope_of(rule, point, ks):
    """∂/∂x_k for each k of `ks` in turn, by differences of many digits."""
    orders = tuple(ks.count(k) for k in range(len(point)))
    with mp.workdps(60):
        return float(mp.re(mp.diff(exact(rule.name), tuple(map(mpf, point)), orders)))


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
def test_gradients_of_gradients_replay_without_fallback(rule):
    n = len(rule.inputs)
    for point in [point[:n] for point in POINTS if rule.why_outside(point[:n]) is None]:
        f, every = FUNCTIONS[rule.name], tuple(range(n))
        assert_same(lambda *xs, f=f, every=every: hessian(f, every)(*xs), *point)
        if not any(" if " in str(partial) for partial in rule.partials):  # there a branch may be a number
            assert_same(lambda *xs, f=f, every=every: jacobian(f, every)(*xs), *map(Value, point))


GUARDED = {
    "tanh": (grad(grad(tanh)), [0.5], [-3.0], [0.0], [25.0]),
    "atan2": (hessian(autograd.atan2, (0, 1)), [0.5, -1.0], [-2.0, -0.5]),
    "hypot": (hessian(autograd.hypot, (0, 1)), [3.0, 4.0], [-1e-3, 2e5]),
    "x ** y": (hessian(lambda x, y: x**y, (0, 1)), [1.5, 2.5], [0.25, -3.0]),
    "a net": (
        hessian(lambda v: sum(tanh(sum(a * b for a, b in zip(v, v[i:]))) * v[i] for i in range(4))),
        [[0.1, -0.7, 0.4, 1.2]],
    ),
    "third": (grad(grad(grad(lambda x: tanh(x) * x**x))), [0.7], [1.9]),
    "relu": (grad(grad(lambda x: autograd.relu(x) * x)), [0.7], [-1.9]),
}


@pytest.mark.parametrize("name", GUARDED)
def test_guarded_operations_have_guarded_derivatives(name):
    f, *points = GUARDED[name]
    step = compile(f)
    for point in points * 2:
        found, expected = (list(map(float, numbers_in(g(*point)))) for g in (step, f))
        assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)
    assert step.stats()[0]["fallbacks"] == 0


def test_what_was_computed_inside_no_grad_passes_nothing_on():
    def f(x):
        with no_grad():
            quiet = x * x
        return quiet * x + x.detach() * x

    assert_same(lambda x: [grad(f)(x), grad(grad(f))(x), jvp(f, (x,), (1.0,))], Value(3.0))
    assert compile(grad(f))(Value(3.0)).data == 12.0


def test_a_program_made_inside_no_grad_has_gradients_outside():
    w, x = Value(0.7), Value(0.3)
    f = grad(lambda t: tanh(t * w))
    step = compile(f)
    with no_grad():
        step(0.3), step(0.3)
    assert derivatives(step(0.3), w) == pytest.approx(derivatives(f(0.3), w), rel=1e-13)
    step = compile(lambda x: tanh(tanh(x * w)))
    with no_grad():
        derivatives(step(x), [x, w], create_graph=True)
    for found, expected in zip(*(derivatives(g(x), [x, w], create_graph=True) for g in (step, step.function))):
        assert derivatives(found, [x, w]) == pytest.approx(derivatives(expected, [x, w]), rel=1e-12)


def test_derivatives_whose_parts_are_not_used_may_fail():
    for f, fine, fails in [
        (lambda a, b: grad(lambda a, b: a + 1 / b, (0, 1))(a, b)[0], (1.0, 2.0), (1.0, 1e-200)),
        (lambda a, b: grad(lambda a, b: a + sqrt(b), (0, 1))(a, b)[0], (1.0, 2.0), (1.0, 0.0)),
        (lambda a: (grad(sqrt)(a), a)[1], (1.0,), (0.0,)),
        (lambda a: value_and_grad(sqrt)(a)[0], (1.0,), (0.0,)),
        (lambda a: jvp(sqrt, (a,), (1.0,))[0], (1.0,), (0.0,)),
        (lambda a: value_and_grad(autograd.acos)(a)[0].detach() * 1.0, (Value(0.5),), (Value(1.0),)),
    ]:
        step = compile(f)
        assert [plain(step(*fine)), plain(step(*fine))] == [plain(f(*fine))] * 2
        with pytest.raises(ArithmeticError) as expected:
            f(*fails)
        with pytest.raises(type(expected.value)):
            step(*fails)


def test_a_derived_operation_is_dropped_unless_it_is_handed_out():
    tape, (y,) = recorded(lambda x: x * 2.0, "Value")
    sine, count = RULES["sin"].index, Program(tape, [y]).nodes
    tape.deriving = True
    tape.operation(sine, tape.operation(sine, y, -1, -1), -1, -1)
    tape.deriving = False
    assert Program(tape, [y]).nodes == count
    tape.operation(sine, y, -1, -1)  # the function itself asks for it as well
    assert Program(tape, [y]).nodes == count + 1
    with recording(tape), graph_wanted():
        adjoints_on(tape, tape.operation(RULES["exp"].index, y, -1, -1), tape.inputs)
    assert "mul" in {described(rule).name for rule in Program(tape, [y]).blocks.rule}


def test_derivatives_by_inner_results_and_their_ancestors():
    def f(x):
        a = x * x
        b = a * 3.0
        c = b * x
        late = c * 2.0
        return derivatives(c, [b, a, x, c, a, late, Value(2.0), Constant(1.0)], create_graph=True)

    assert_same(f, Value(3.0))
    assert_same(lambda x: derivatives(x * x, [x, x]), Value(3.0))


def test_constants_have_no_derivative_even_by_themselves():
    p = Value(2.0)
    p.requires_grad_(False)

    def f(x):
        a = p * 1.0
        with no_grad():
            b = x * x
        both = a * x + b
        return [*derivatives(a, [a, p, x], create_graph=True), *derivatives(both, [a, b, x], create_graph=True)]

    assert_same(f, Value(3.0))


def test_variables_that_are_used_outside_their_derivative():
    def f(x):
        kept = []
        first = grad(lambda t: (kept.append(t), t * t)[1])(x)
        return first + derivatives(kept[0] * kept[0] * 3.0, kept[0])

    assert_same(f, Value(3.0))
    assert_same(lambda x: grad(lambda a: grad(lambda b: a * b * b * x)(a) * a)(x), 3.0)
    assert_same(lambda x: grad(lambda a, b: a * b * b, (1, 1, 0))(x, x), Value(3.0))


w = Value(2.0)
KINDS = {
    "of numbers": lambda x: [grad(lambda t: t * t)(x), value_and_grad(lambda t: 5.0)(x), grad(lambda t: t)(x)],
    "closing over a Value": lambda x: [grad(lambda t: t * t * w)(x), grad(lambda t: t * w)(2.0), grad(lambda t: w)(x)],
    "by a Value": lambda x: [grad(lambda t: t * 2.0)(w), grad(lambda t: 1.0)(w), value_and_grad(lambda t: w)(x)],
    "of what does not vary": lambda x: [grad(lambda t: 3.0)(x), grad(lambda t: x)(x), grad(lambda t: t * x)(2.0)],
    "forward": lambda x: [jvp(lambda t, g=g: g(t), (x,), (1.0,)) for g in (lambda t: t * t * w, lambda t: 3.0)],
    "along a number": lambda x: [jvp(f, (2.0,), (x,)) for f in (lambda t: t * t, lambda t: w, lambda t: t)],
    "along a Value": lambda x: [jvp(lambda t: t * t * t, (x,), (w,)), jvp(lambda t: t, (x,), (w,))],
    "hvp": lambda x: hvp(lambda a, b: a * a * b * w, (x, 2.0), (1.0, x)),
    "by a Constant": lambda x: [grad(lambda t: t * t)(Constant(3.0)), grad(lambda t: t * x)(Constant(3.0))],
}


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("x", [3.0, Value(3.0), Constant(3.0)], ids=["float", "Value", "Constant"])
@pytest.mark.parametrize("name", KINDS)
def test_derivatives_while_recording_have_the_type_of_eager_ones(name, x, quiet):
    def f(x):
        with no_grad() if quiet else graph_wanted():
            return KINDS[name](x)

    assert_same(f, x)


def test_derivatives_inside_sides_of_a_choice():
    def f(x):
        return where(x > 1.0, lambda: grad(autograd.log)(x), lambda: grad(grad(tanh))(x))

    def g(x):
        return grad(grad(lambda t: where(t > 1.0, lambda: autograd.log(t) * x, lambda: tanh(t) * t)))(x)

    for h in (f, g):
        step = compile(h)
        for x in (3.0, -1.0, 0.5, 3.0):
            assert step(x) == pytest.approx(h(x), rel=1e-13)
        assert step.stats()[0]["fallbacks"] == 0


def test_a_direction_may_be_computed_from_the_arguments():
    assert_same(lambda x: jvp(lambda t: t * x, (x,), (x * x,)), 3.0)
    assert_same(lambda x, v: grad(lambda v: jvp(lambda t: t**3 * x, (x,), (v,))[1])(v), 3.0, 2.0)
    for zero in (0.0, -0.0):
        assert_same(lambda x, v: jvp(lambda t: t * t * t, (x,), (v,)), 3.0, zero)


def test_a_derivative_at_a_place_before_its_variables_is_nothing():
    tape, (y, z) = recorded(lambda x: [sin(x), sin(x) * 2.0], "Value")
    with recording(tape), graph_wanted():
        assert adjoints_on(tape, y, [z]) == [-1]
        assert adjoints_on(tape, y, []) == []
        assert tangents_on(tape, [y], [z], [tape.number(1.0)]) == [-1]
        found = adjoints_on(tape, y, [tape.inputs[0], z, y])
    assert found[1] == -1
    assert numbers_at(tape, [found[0], found[2]], 0.3) == [math.cos(0.3), 1.0]
