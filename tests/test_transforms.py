"""Derivatives as functions: for every rule of the table, in every order of forward and reverse, eager and recorded."""

import itertools
import math
import threading
from collections import namedtuple

import pytest
from mpmath import mp, mpf
from reference import exact

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
    value_and_grad,
    where,
)
from autograd.engine import topological_order
from autograd.engine.functions import FUNCTIONS
from autograd.errors import (
    ArgumentError,
    DivisionByZeroError,
    DomainError,
    NumberTypeError,
    ResultOverflowError,
    StaleGraphError,
)
from autograd.native import backend
from autograd.table.registry import BUILT_IN

DIRECTIONS = [(1.0, -0.5, 2.0), (0.75, 1.25, -1.0), (-0.5, 1.5, 0.25)]
POINTS = [(0.37, 1.21, 0.83), (-0.6, 0.9, -1.3), (1.7, -0.45, 0.62), (2.3, 1.9, -0.4)]


def reverse(f, direction):
    """The derivative of f along a direction, by its gradient."""

    def slope(*xs):
        return sum(g * t for g, t in zip(grad(f, tuple(range(len(xs))))(*xs), direction, strict=True))

    return slope


def forward(f, direction):
    """The same by jvp."""
    return lambda *xs: jvp(f, xs, direction)[1]


def eager(f):
    """In place of `compile`: f as it is."""
    return f


def compositions(order):
    """All ways to take a derivative of that order one by one."""
    return itertools.product((reverse, forward), repeat=order)


def cases(rule):
    """Points of a rule, each with the inputs that vary there; the other ones are plain numbers of the function."""
    inputs = range(len(rule.inputs))
    for point in [point[: len(inputs)] for point in POINTS]:
        for count in inputs:
            for varying in itertools.combinations(inputs, count + 1):
                if rule.why_outside(point) is None:
                    yield point, varying
    if rule.name == "pow":
        yield from [((-1.5, 3.0), (0,)), ((-1.5, -2.0), (0,)), ((0.0, 3.0), (0,))]


def partly(function, point, varying):
    """`function` of its inputs `varying`; the others stay at the point."""

    def f(*xs):
        here = dict(zip(varying, xs, strict=True))
        return function(*(here.get(i, x) for i, x in enumerate(point)))

    return f


def mixed_derivative(f, point, directions):
    """The derivative of f along one direction after the other, by differences of many digits."""

    def moved(*steps):
        return f(
            *(
                mpf(x) + sum(step * direction[i] for step, direction in zip(steps, directions, strict=True))
                for i, x in enumerate(point)
            )
        )

    with mp.workdps(60):
        return float(mp.re(mp.diff(moved, (0,) * len(directions), (1,) * len(directions))))


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
def test_every_composition_to_third_order(rule):
    largest = next(case for case in cases(rule) if len(case[1]) == len(rule.inputs))
    for point, varying in cases(rule) if backend == "native" else [largest]:
        f = partly(FUNCTIONS[rule.name], point, varying)
        with_digits = partly(lambda *xs: exact(rule.name)(*map(mpf, xs)), point, varying)
        xs = [point[i] for i in varying]
        for order in (1, 2, 3):
            directions = [tuple(direction[i] for i in varying) for direction in DIRECTIONS[:order]]
            wanted = mixed_derivative(with_digits, xs, directions)
            for ways in compositions(order):
                # Recordings of third derivatives may have 20,000 nodes: one point of each rule has to do, and only on
                # the compiled engine.
                few = order < 3 or ((point, varying) == largest and backend == "native")
                recorded = [(compile, eager), (eager, compile)] if few else []
                for first, last in [(eager, eager), *recorded]:
                    g = first(f)
                    for way, direction in zip(ways, directions, strict=True):
                        g = way(g, direction)
                    g = last(g)
                    found = [g(*xs), g(*xs)]
                    assert [type(number) for number in found] == [float, float]
                    assert found == pytest.approx([wanted, wanted], rel=1e-12, abs=1e-13), (point, varying, ways)


@pytest.mark.parametrize(
    "ways",
    [ways for order in (1, 2, 3) for ways in compositions(order)],
    ids=lambda ways: "-".join(way.__name__ for way in ways),
)
@pytest.mark.parametrize("prepared", [eager, compile], ids=["eager", "compiled"])
def test_compositions_of_a_function_that_closes_over_values(prepared, ways):
    w = Value(0.7)
    f = prepared(lambda x, y: (w * x * y).tanh() + x**3 * w**2 - y / x)
    directions = DIRECTIONS[: len(ways)]
    for way, (a, b, _) in zip(ways, directions, strict=True):
        f = way(f, (a, b))

    def with_digits(x, y, w):
        return mp.tanh(w * x * y) + x**3 * w**2 - y / x

    slope = f(1.5, -2.0)
    wanted = mixed_derivative(with_digits, (1.5, -2.0, 0.7), [(*d[:2], 0.0) for d in directions])
    assert (type(slope), slope.data) == (Value, pytest.approx(wanted, rel=1e-12))
    by_w = mixed_derivative(with_digits, (1.5, -2.0, 0.7), [(*d[:2], 0.0) for d in directions] + [(0.0, 0.0, 1.0)])
    assert derivatives(slope, w) == pytest.approx(by_w, rel=1e-12)
    slope.backward()
    assert w.grad == pytest.approx(by_w, rel=1e-12)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: 2 * t, 2.0),
        (lambda t: t + 1, 1.0),
        (lambda t: 1 - t, -1.0),
        (lambda t: t / 4, 0.25),
        (lambda t: t**2, -6.0),
        (lambda t: t**-1, -1 / 9),
        (lambda t: t**0, 0.0),
        (lambda t: t * t * t, 27.0),
        (lambda t: autograd.maximum(t, 0), 0.0),
        (lambda t: autograd.leaky_relu(t), 0.01),
        (lambda t: where(t < 0, t * 5, t), 5.0),
        (abs, -1.0),
    ],
    ids=range(12),
)
def test_jvp_of_values_with_plain_numbers_in_the_function(f, slope):
    t = Value(-3.0)
    value, derivative = jvp(f, (t,), (1.0,))
    assert (type(value), value.data, derivative.data) == (Value, f(Value(-3.0)).data, pytest.approx(slope, rel=1e-15))


@pytest.mark.parametrize("n", range(5))
def test_whole_powers_at_zero_by_every_composition(n):
    for order in (1, 2, 3):
        wanted = math.factorial(n) if n == order else 0
        for ways in compositions(order):

            def f(t):
                return t**n

            for way in ways:
                f = way(f, (1.0,))
            assert (f(0.0), f(Value(0.0)).data) == (wanted, wanted)


def test_a_constant_that_has_no_derivative_is_not_asked_for_one():
    x = Value(-2.0)
    assert derivatives(x**3, x, create_graph=True).data == 12.0
    assert derivatives(Value(2.0) ** -1.0, x, create_graph=True).data == 0.0
    assert jvp(lambda base: base ** x.detach(), (Value(4.0),), (1.0,))[1].data == -2 * 4.0**-3


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (autograd.relu, 0.0, 0.0),
        (abs, 0.0, 0.0),
        (autograd.step, 0.0, 0.0),
        (autograd.sign, 0.0, 0.0),
        (lambda t: autograd.maximum(t, 1), 1.0, 0.5),
        (lambda t: autograd.minimum(t, t), 1.0, 1.0),
        (lambda t: autograd.maximum(t, -t), 0.0, 0.0),
        (lambda t: t * t.sign(), 0.0, 0.0),
        (lambda t: where(t > 0, t, 3 * t), 0.0, 3.0),
        (autograd.leaky_relu, 0.0, 0.01),
    ],
    ids=range(10),
)
def test_forward_and_reverse_agree_on_the_convention_at_a_kink(f, at, slope):
    assert grad(f)(at) == jvp(f, (at,), (1.0,))[1] == slope
    assert grad(f)(Value(at)).data == jvp(f, (Value(at),), (1.0,))[1].data == slope
    assert compile(grad(f))(at) == compile(lambda t: jvp(f, (t,), (1.0,))[1])(at) == slope


def test_floats_go_in_and_floats_come_out():
    def f(x, y):
        return x**2 * y + y**3

    assert repr(grad(grad(f, 1), 0)(1.0, 2.0)) == "2.0"
    assert repr(grad(grad(grad(f, 1), 0), 0)(1.0, 2.0)) == "2.0"
    assert repr(value_and_grad(grad(f, 1), (0, 1))(1.0, 2.0)) == "(13.0, (2.0, 12.0))"
    assert repr(jacobian(grad(f, (0, 1)), 1)(1.0, 2.0)) == "(2.0, 12.0)"
    assert repr(hessian(f, (0, 1))(1.0, 2.0)) == "((4.0, 2.0), (2.0, 12.0))"
    assert repr(jvp(grad(f, 1), (1.0, 2.0), (1.0, 0.0))) == "(13.0, 2.0)"
    assert repr(hvp(grad(f, 1), (1.0, 2.0), (1.0, 1.0))) == "(2.0, 6.0)"
    assert repr(grad(lambda x: hvp(f, (x, 2.0), (1.0, 0.0))[1])(1.0)) == "2.0"
    assert repr(grad(lambda x: jacobian(lambda y: [x * y, y], 0)(3.0)[0])(1.0)) == "1.0"
    assert repr(grad(lambda x, **rest: x * rest["k"])(1.0, k=2.0)) == "2.0"


def test_floats_come_out_in_the_structure_that_went_in():
    Pair = namedtuple("Pair", "left right")

    def f(p):
        return p["a"] * p["b"][0] ** 2 * p["c"].left + p["c"].right

    point = {"a": 2.0, "b": [3.0, (5.0,)], "c": Pair(7.0, 1.0)}
    assert repr(grad(f)(point)) == repr({"a": 63.0, "b": [84.0, (0.0,)], "c": Pair(18.0, 1.0)})
    along = {"a": 1.0, "b": [0.0, (9.0,)], "c": Pair(0.0, 2.0)}
    assert repr(jvp(lambda p: {"f": f(p), "g": [p["a"]]}, (point,), (along,))) == repr(
        ({"f": 127.0, "g": [2.0]}, {"f": 65.0, "g": [1.0]})
    )
    assert repr(hvp(f, (point,), (along,))[0]) == repr({"a": 0.0, "b": [42.0, (0.0,)], "c": Pair(9.0, 0.0)})
    assert repr(grad(lambda s: jvp(f, ({**point, "a": s},), (along,))[1])(2.0)) == "0.0"


def test_directions_go_by_the_keys_of_dicts_not_their_order():
    def f(p):
        return 10 * p["a"] + p["b"]

    point, along = {"a": 2.0, "b": 3.0}, {"b": 1.0, "a": 0.0}
    assert jvp(f, (point,), (along,)) == (23.0, 1.0)
    assert hvp(lambda p: f(p) ** 2, (point,), (along,)) == ({"a": 20.0, "b": 2.0},)


def test_an_independent_inner_derivative_is_a_float():
    seen = []

    def f(x):
        seen.append(grad(lambda y: y**3)(2.0))
        return x * math.sin(seen[-1])

    assert grad(f)(1.0) == math.sin(12.0)
    assert seen == [12.0]


def test_values_go_in_and_values_come_out():
    x, w = Value(2.0), Value(3.0)
    assert repr(value_and_grad(lambda t: t**2)(x)) == "(Value(4.0, grad=0), Value(4.0, grad=0))"
    assert repr(grad(lambda t: t * w)(2.0)) == "Value(3.0, grad=0)"
    assert repr(grad(lambda t, s: t * s, 0)(2.0, w)) == "Value(3.0, grad=0)"
    assert repr(jvp(lambda t: t**2, (2.0,), (w,))[1]) == "Value(12.0, grad=0)"
    assert repr(jvp(lambda t: 1.0, (x,), (1.0,))) == "(Constant(1.0), Constant(0.0))"
    assert repr(grad(lambda t: t**2)(x.detach())) == "4.0"
    assert repr(jvp(lambda t: t**2, (x.detach(),), (w.detach(),))) == "(4.0, 12.0)"


def test_inside_no_grad_derivatives_are_right_and_constants():
    x, w = Value(2.0), Value(3.0)
    with no_grad():
        assert repr(grad(lambda t: t**2 * w)(x)) == "Constant(12.0)"
        assert repr(value_and_grad(lambda t: t**2 * w)(2.0)) == "(Constant(12.0), Constant(12.0))"
        assert repr(jvp(lambda t: t**2 * w, (x,), (1.0,))) == "(Constant(12.0), Constant(12.0))"
        assert repr(hessian(lambda t: t**2 * w)(x)) == "Constant(6.0)"
        assert repr(grad(lambda t: t**2)(2.0)) == "4.0"
        assert repr(hvp(lambda t: t**3, (2.0,), (1.0,))) == "(12.0,)"


def test_no_grad_inside_a_function_stops_its_derivative():
    for number in (
        lambda x: grad(lambda t: t**2)(x),
        lambda x: value_and_grad(lambda t: 2 * t)(x)[0],
        lambda x: jvp(lambda t: 2 * t, (x,), (1.0,))[0],
        lambda x: jvp(lambda t: t * t, (x,), (1.0,))[1],
    ):

        def f(x, number=number):
            with no_grad():
                slope = number(x)
            return slope * x

        assert (grad(f)(3.0), jvp(f, (3.0,), (1.0,))[1]) == (6.0, 6.0)
        for recorded in (compile(grad(f)), grad(compile(f)), compile(lambda x, f=f: jvp(f, (x,), (1.0,))[1])):
            assert [recorded(3.0), recorded(3.0)] == [6.0, 6.0]


@pytest.mark.parametrize("inner", [lambda f, x: grad(f)(x), lambda f, x: jvp(f, (x,), (1.0,))[1]], ids=["grad", "jvp"])
@pytest.mark.parametrize("outer", [lambda f, x: grad(f)(x), lambda f, x: jvp(f, (x,), (1.0,))[1]], ids=["grad", "jvp"])
def test_perturbations_are_not_confused(outer, inner):
    assert outer(lambda x: x * inner(lambda y: x + y, 1.0), 1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y, 1.0), 5.0) == 10.0
    assert outer(lambda x: x * inner(lambda y: x * y * y, x), 3.0) == 6 * 3.0**2
    assert outer(lambda x: inner(lambda x: x * x, x), 3.0) == 2.0
    assert outer(lambda x: inner(lambda y: inner(lambda z: x * y * z * z, y), x), 3.0) == 8 * 3.0
    assert outer(lambda x: inner(lambda _: x**2, x), 3.0) == 0.0


def test_a_function_that_ignores_an_input():
    def f(x, y):
        return x**2

    assert grad(f, (0, 1))(3.0, 4.0) == (6.0, 0.0)
    assert jvp(f, (3.0, 4.0), (0.0, 1.0)) == (9.0, 0.0)
    assert jvp(lambda x: 5, (3.0,), (1.0,)) == (5.0, 0.0)
    assert hessian(f, (0, 1))(3.0, 4.0) == ((2.0, 0.0), (0.0, 0.0))
    assert hvp(lambda x, y: 1.0, (3.0, 4.0), (1.0, 1.0)) == (0.0, 0.0)


def test_a_function_that_returns_its_inputs():
    assert jvp(lambda x, y: (y, x, x), (3.0, 4.0), (1.0, 2.0)) == ((4.0, 3.0, 3.0), (2.0, 1.0, 1.0))
    assert grad(lambda x: x)(3.0) == 1.0
    assert jacobian(lambda v: v)([1.0, 2.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert grad(grad(lambda x: x))(3.0) == 0.0


def test_a_function_that_returns_a_value_from_outside():
    w = Value(3.0)
    value, derivative = jvp(lambda x: w, (1.0,), (1.0,))
    assert (value, derivative.data) == (w, 0.0)
    assert grad(lambda x: w)(1.0).data == 0.0


def test_a_zero_direction_asks_for_nothing():
    assert jvp(lambda x, y: x.sqrt() * y, (4.0, 3.0), (0.0, 1.0)) == (6.0, 2.0)
    x = Value(1e-160)
    assert jvp(lambda x, y: x.log() * 0 + y, (x, 3.0), (0.0, 1.0))[1].data == 1.0


def test_the_same_value_in_two_places():
    x = Value(3.0)
    assert [g.data for g in grad(lambda a, b: a * a * b, (0, 1))(x, x)] == [18.0, 9.0]
    assert jvp(lambda a, b: a * a * b, (x, x), (1.0, 1.0))[1].data == 27.0
    assert grad(lambda v: v[0] * v[1])([x, x])[0].data == 3.0
    assert grad(lambda x, y: x * y, (0, 0))(3.0, 4.0) == (4.0, 4.0)


def test_negative_argnums_count_from_the_end():
    assert grad(lambda x, y: x * y**2, -1)(2.0, 3.0) == 12.0


def test_directions_that_depend_on_the_point():
    def f(x):
        return jvp(lambda t: t**3, (x,), (x,))[1]

    assert (f(2.0), grad(f)(2.0), grad(grad(f))(2.0)) == (24.0, 36.0, 36.0)

    def g(x):
        return hvp(lambda t: t**3, (x,), (x,))[0]

    assert (g(2.0), grad(g)(2.0)) == (24.0, 24.0)


def test_a_function_that_calls_backward_inside():
    def f(x):
        w = Value(2.0)
        (w * w * x).backward()
        return x * w.grad

    assert (grad(f)(3.0), jvp(f, (3.0,), (1.0,))) == (12.0, (36.0, 12.0))


def test_a_function_that_takes_derivatives_of_its_graph_inside():
    def f(x):
        y = x**3
        return derivatives(y, x, create_graph=True) * derivatives(y, x)

    for way in (grad(f), lambda x: jvp(f, (x,), (1.0,))[1]):
        assert way(2.0) == 12 * 12.0  # the second factor is a float: it does not move


def test_differentiating_neither_reads_nor_changes_gradients():
    w = Value(3.0)
    w.grad = 7.0
    jvp(lambda x: x * w, (2.0,), (1.0,))
    hessian(lambda x: (x * w).exp())(0.5)
    assert w.grad == 7.0


def test_loops_and_recursion():
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    assert jvp(lambda x: power(x, 5), (2.0,), (1.0,)) == (32.0, 80.0)

    def newton(a):
        x = a
        for _ in range(30):
            x = (x + a / x) / 2
        return x

    assert jvp(newton, (2.0,), (1.0,)) == (pytest.approx(2**0.5), pytest.approx(0.5 / 2**0.5))
    assert grad(grad(newton))(2.0) == pytest.approx(-0.25 * 2**-1.5)


def test_a_deep_graph_needs_no_deep_stack():
    def f(x):
        for _ in range(20_000):
            x = x * 1.0001
        return x

    wanted = 1.0001**20_000
    assert grad(f)(1.0) == pytest.approx(wanted)
    assert jvp(f, (Value(1.0),), (1.0,))[1].data == pytest.approx(wanted)


def test_a_jacobian_is_the_same_by_rows_and_by_columns():
    def f(v):
        return [v[0] * v[1], v[1].sin() + v[2], v[0] / v[2]]

    point = [1.5, -0.5, 2.0]
    columns = [jvp(f, (point,), ([float(i == k) for i in range(3)],))[1] for k in range(3)]
    assert jacobian(f)(point) == [[column[i] for column in columns] for i in range(3)]


def test_a_hessian_is_the_same_by_rows_and_by_products():
    def f(v):
        return (v[0] * v[1]).exp() / v[2]

    point = [0.5, -0.5, 2.0]
    columns = [hvp(f, (point,), ([float(i == k) for i in range(3)],))[0] for k in range(3)]
    assert [pytest.approx(row) for row in hessian(f)(point)] == columns


def test_a_jvp_of_many_results_computes_what_they_share_once():
    x, made = Value(0.5), []

    def f(x):
        for _ in range(10):
            x = x.sin()
        made.append(x)
        return [x * k for k in range(1, 50)]

    _, slopes = jvp(f, (x,), (1.0,))
    shared = set(topological_order(slopes[0])) & set(topological_order(slopes[-1]))
    assert len(shared) >= 30


@pytest.mark.parametrize("at", [-1.0, 0.0, 2.0])
def test_a_side_not_chosen_does_not_spoil_a_derivative(at):
    def f(t):
        return where(t > 0, lambda: t.log() * t.sqrt(), lambda: where(t < 0, lambda: (-t) ** 0.5, lambda: 5 * t))

    for ways in [ways for order in (1, 2, 3) for ways in compositions(order)]:
        g = f
        for way in ways:
            g = way(g, (1.0,))
        recorded = compile(g)
        recorded(3.0)
        assert recorded(at) == pytest.approx(g(at), rel=1e-14)


def test_threads_take_derivatives_side_by_side():
    w, found = Value(3.0), []

    def work(k):
        found.append(grad(lambda x: x * grad(lambda y: x * y * k)(2.0))(5.0) == 10.0 * k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert grad(lambda x: x * w)(1.0).data == 3.0


def test_a_failed_derivative_leaves_nothing_behind():
    from autograd.replay.ancestry import active

    def f(x):
        raise KeyError

    for take in (grad(f), jacobian(f), hessian(f), lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(KeyError) as error:
            take(1.0)
        assert not active, error  # which keeps the frames of the failed call alive
    x = Value(2.0)
    with no_grad(), pytest.raises(KeyError):
        grad(f)(x)
    assert type(x * x) is Value


def test_a_derivative_that_an_interrupt_has_ended_is_forgotten():
    from autograd.replay.ancestry import active
    from autograd.variables import Variables

    variables = Variables("grad", (1.0,), 0)
    variables.__enter__()
    variables.graph_wanted.__exit__(None, None, None)  # and no more: an interrupt came
    assert len(active) == 1
    del variables
    assert not active


def test_the_variable_of_a_finished_derivative_is_a_number():
    kept = []
    grad(lambda x: kept.append(x) or x)(3.0)
    assert grad(lambda t: t * kept[0])(2.0) == 3.0


def test_without_arguments_there_is_nothing_to_move():
    assert jvp(lambda: 3.0, (), ()) == (3.0, 0.0)
    assert hvp(lambda: 3.0, (), ()) == ()
    assert grad(lambda: 3.0, ())() == ()


@pytest.mark.parametrize(
    ("name", "call", "error", "words"),
    [
        ("not a function", lambda: value_and_grad(3), NumberTypeError, "^value_and_grad: "),
        ("not a function", lambda: grad(3), NumberTypeError, "^grad: "),
        ("not a function", lambda: jacobian(3), NumberTypeError, "^jacobian: "),
        ("not a function", lambda: hessian(3), NumberTypeError, "^hessian: "),
        ("not a function", lambda: jvp(3, (1.0,), (1.0,)), NumberTypeError, "^jvp: "),
        ("not a function", lambda: hvp(3, (1.0,), (1.0,)), NumberTypeError, "^hvp: "),
        ("no number", lambda: grad(lambda x: None)(1.0), NumberTypeError, "^grad: the function must return numbers"),
        (
            "no number",
            lambda: hessian(lambda x: "a")(1.0),
            NumberTypeError,
            "^hessian: the function must return numbers",
        ),
        ("no number", lambda: jvp(lambda x: None, (1.0,), (1.0,)), NumberTypeError, "^jvp: the function must return"),
        ("no number", lambda: hvp(lambda x: None, (1.0,), (1.0,)), NumberTypeError, "^hvp: the function must return"),
        ("argnums", lambda: value_and_grad(abs, 1)(1.0), ArgumentError, "^value_and_grad: .*argument 1, but 1 were"),
        ("argnums", lambda: grad(abs, "x")(1.0), ArgumentError, "^grad: argnums is the index .* got 'x'"),
        (
            "argnums",
            lambda: jacobian(abs, (0, True))(1.0, 2.0),
            ArgumentError,
            r"^jacobian: argnums is the index .* \(0, True\)",
        ),
        (
            "structure",
            lambda: jvp(abs, (1.0,), ([1.0],)),
            ArgumentError,
            "^jvp: expected two tuples of the same structure",
        ),
        ("structure", lambda: hvp(abs, [1.0], [1.0]), ArgumentError, "^hvp: expected two tuples of the same structure"),
        (
            "no Value",
            lambda: derivatives(1.0, Value(1.0)),
            NumberTypeError,
            "^derivatives: expected y and every x to be",
        ),
        ("domain", lambda: jvp(lambda x, y: x**y, (-3.0, 2.0), (1.0, 1.0)), DomainError, "no derivative with"),
        ("infinite", lambda: jvp(lambda x: 1 / x, (0.0,), (1.0,)), DivisionByZeroError, "y must be"),
        (
            "overflow",
            lambda: jvp(lambda x: x * 1e200, (1.0,), (1e200,)),
            ResultOverflowError,
            "derivative is too large",
        ),
        ("overflow", lambda: grad(lambda x: x * 1e-300 * 1e200 * 1e200)(1e-150), ResultOverflowError, "too large"),
    ],
    ids=lambda part: part if isinstance(part, str) and part[0] != "^" else "",
)
def test_wrong_arguments_are_refused_in_words(name, call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_constants_are_no_variables():
    c = Value(2.0).detach()
    assert isinstance(c, Constant)
    assert derivatives(Value(3.0) * c, c) == 0.0
    assert derivatives(c, Value(3.0), create_graph=True).data == 0.0


def test_a_stale_sum_is_refused_though_its_partials_are_constant():
    x = Value(3.0)
    y = x + 2.0
    x.data = 5.0
    with pytest.raises(StaleGraphError, match="no longer follows from its parents"):
        derivatives(y, x, create_graph=True)
