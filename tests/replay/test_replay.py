"""Recorded functions give what the functions give: values to the bit, gradients, errors; nothing is frozen silently."""

import copy
import gc
import math
import pickle
import re
from random import Random

import numpy as np
import pytest
from replaying import sums_of_magnitudes
from soaking import SOAK, amount

import autograd
import nn
from autograd import Value, compile, derivatives, grad, hessian, jvp, log, no_grad, where
from autograd.engine import any_mode, topological_order
from autograd.engine.functions import FUNCTIONS
from autograd.errors import ArgumentError, DomainError, InfiniteDerivativeError, NumberTypeError, RecordingError
from autograd.testing import Expression

GRAPHS = amount(100_000) if SOAK else 100


def gradient_of(result, leaves):
    for leaf in leaves:
        leaf.grad = 0.0
    result.backward()
    return [leaf.grad for leaf in leaves]


def assert_same_gradients(found, expected):
    # Contributions are added in another order: the sum of their magnitudes may be rounded differently.
    scale = max(map(abs, expected), default=0.0)
    assert found == pytest.approx(expected, rel=1e-13, abs=1e-13 * scale)


def test_random_graphs_give_the_same_values_and_gradients(figure):
    random = Random(5)
    for _ in range(GRAPHS):
        expression = Expression.random(random, max_nodes=30)
        recorded = compile(lambda *point: expression(*point))  # noqa: B023  called before the loop goes on
        for shift in (0.0, 1e-3, -1e-3):
            leaves = [Value(number + shift) for number in expression.point]
            try:
                expected = expression(*leaves)
            except ArithmeticError as error:
                with pytest.raises(type(error)):
                    recorded(*leaves)
                continue
            except ValueError as error:
                with pytest.raises(type(error)):
                    recorded(*leaves)
                continue
            found = recorded(*leaves)
            assert found.data.hex() == expected.data.hex(), expression
            if type(expected) is Value:
                for got, wanted, terms in zip(
                    gradient_of(found, leaves), gradient_of(expected, leaves), sums_of_magnitudes(expected, leaves)
                ):
                    assert abs(got - wanted) <= 1e-13 * terms, expression
    figure("random graphs replayed at three points each", GRAPHS, "values to the bit, gradients within 1e-13")


@pytest.mark.parametrize("name", [rule.name for rule in autograd.table.registry.TABLE])
def test_every_primitive_replays_one_by_one_and_in_lanes(name):
    rule = autograd.table.registry.RULES[name]
    f = FUNCTIONS[name]
    points = [
        point
        for point in [(0.5, 0.75, 0.25), (2.0, 3.0, 1.0), (0.125, 2.5, -1.0), (1.5, 0.5, 3.0)]
        if rule.why_outside(point[: len(rule.inputs)]) is None
    ]
    points = [point[: len(rule.inputs)] for point in points]
    recorded = compile(f)
    for point in points:
        leaves, again = [Value(x) for x in point], [Value(x) for x in point]
        expected, found = f(*leaves), recorded(*again)
        assert found.data.hex() == expected.data.hex()
        assert gradient_of(found, again) == gradient_of(expected, leaves)
    columns = list(zip(*([Value(x) for x in point] for point in points)))
    mean = recorded.mean(*columns)
    expected = autograd.mean([f(*point) for point in zip(*columns)])
    leaves = [leaf for column in columns for leaf in column]
    assert mean.data.hex() == expected.data.hex()
    assert_same_gradients(gradient_of(mean, leaves), gradient_of(expected, leaves))


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 7, 16, 17, 64, 200])
def test_a_batch_gives_the_mean_of_the_examples(lanes):
    random = Random(lanes)
    w, b = Value(0.7), Value(-0.2)

    def loss(x, y):
        return ((w * x[0] + w * x[1] * b).tanh() - y) ** 2 + 0.1 * w * w

    xs = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(lanes)]
    ys = [random.uniform(-1, 1) for _ in range(lanes)]
    expected = autograd.mean([loss(x, y) for x, y in zip(xs, ys)])
    step = compile(loss)
    found = step.mean(xs, ys)
    assert found.data.hex() == expected.data.hex()
    assert_same_gradients(gradient_of(found, [w, b]), gradient_of(expected, [w, b]))
    assert step.mean(np.array(xs), np.array(ys)).data == expected.data
    assert step.map(xs, ys) == [loss(x, y).data for x, y in zip(xs, ys)]


def test_parameters_are_read_afresh_at_every_call():
    w = Value(2.0)
    step = compile(lambda x: w * x)
    assert step(3.0).data == 6.0
    w.data = 5.0
    assert step(3.0).data == 15.0
    assert step.cache_info()[:2] == (1, 1)


def test_values_in_the_arguments_keep_gradients_flowing():
    x = Value(0.5)
    inner = compile(lambda a: a.tanh())
    outer = compile(lambda a: a * a)
    y = outer(inner(x * 2) + x) * 3
    expected = (((x * 2).tanh() + x) ** 2) * 3
    assert y.data == pytest.approx(expected.data, rel=1e-15)
    assert gradient_of(y, [x]) == pytest.approx(gradient_of(expected, [x]), rel=1e-14)


def test_one_result_may_be_used_while_the_next_is_computed():
    w = Value(2.0)
    step = compile(lambda x: w * x * x)
    first, second = step(1.0), step(2.0)
    assert gradient_of(first + second, [w]) == [5.0]


def test_results_and_arguments_may_be_nested():
    w = Value(2.0)
    step = compile(lambda p, scale: {"a": [p["u"] * w, p["v"][1]], "b": (scale * w,)})
    result = step({"u": 3.0, "v": [1.0, 4.0]}, scale=10.0)
    assert [result["a"][0].data, result["b"][0].data] == [6.0, 20.0]
    assert gradient_of(result["a"][0] * result["b"][0], [w]) == [120.0]


def test_numbers_strings_none_bools_and_static_arguments():
    w = Value(1.0)

    def f(x, n=1, kind="plus", double=False, missing=None):
        for _ in range(n):
            x = x + w if kind == "plus" else x * 2
        return (x * 2 if double else x) if missing is None else missing

    step = compile(f, static=("n",))
    assert [step(1.0, n=3).data, step(1.0, n=2).data, step(2.0, 3).data] == [4.0, 3.0, 5.0]
    assert step(1.0, double=True).data == 4.0
    assert step(1.0, kind="times") == 2.0
    assert step.cache_info().currsize == 5
    with pytest.raises(NumberTypeError, match=r"static argument must be .* got a Random, which could change"):
        step(1.0, n=Random(0))
    with pytest.raises(ArgumentError, match="static='m' is not an argument of the function, which has x, n, kind"):
        compile(f, static="m")


def test_the_cache_is_bounded_and_can_be_cleared():
    step = compile(lambda x, n: x * n, static="n", maxsize=2)
    for n in (1, 2, 3, 3):
        step(1.0, n=n)
    assert step.cache_info() == (1, 3, 2, 2)
    step.cache_clear()
    assert step.cache_info() == (0, 0, 2, 0)


def test_a_choice_is_recorded_with_both_sides():
    f = compile(lambda x: where(x > 0, lambda: autograd.log(x), lambda: x * 2))
    x, y = Value(2.0), Value(-3.0)
    assert [f(x).data, f(y).data] == [math.log(2), -6.0]
    assert gradient_of(f(x), [x]) == [0.5]
    assert gradient_of(f(y), [y]) == [2.0]
    w = Value(1.0)
    sinc = compile(lambda x: where(autograd.equal(x, 0.0), lambda: w, lambda: w * autograd.sin(x) / x))
    mean = sinc.mean([0.0, 1.0, -1.0])
    assert mean.data == pytest.approx((1 + 2 * math.sin(1)) / 3, rel=1e-15)
    assert gradient_of(mean, [w]) == pytest.approx([(1 + 2 * math.sin(1)) / 3], rel=1e-15)


def test_the_side_that_is_left_out_may_have_no_derivative():
    f = compile(lambda x: where(x > 0, lambda: autograd.sqrt(x), lambda: 0 * x))
    x = Value(0.0)
    assert gradient_of(f(x), [x]) == [0.0]
    xs = [Value(0.0), Value(4.0)]
    assert gradient_of(f.mean(xs), xs) == [0.0, 0.125]


@pytest.mark.parametrize(
    ("f", "point", "error"),
    [
        (lambda x: autograd.log(x), -1.0, DomainError),
        (lambda x: autograd.sqrt(x), 0.0, InfiniteDerivativeError),
        (lambda x: 1 / x, 0.0, ZeroDivisionError),
        (lambda x: 1 / autograd.exp(x), 1000.0, OverflowError),
        (lambda x: x**0.5 * 0, -4.0, ValueError),
        (lambda x: autograd.sqrt(x) * 0, 0.0, InfiniteDerivativeError),
    ],
)
def test_errors_are_those_of_the_function_itself(f, point, error):
    recorded = compile(f)
    recorded(Value(0.25))
    with pytest.raises(error) as expected:
        f(Value(point, label="here"))
    with pytest.raises(error) as found:
        recorded(Value(point, label="here"))
    assert str(found.value) == str(expected.value)
    with pytest.raises(error):
        recorded.mean([Value(0.25), Value(point)])


def test_a_gradient_that_overflows_changes_nothing():
    w = Value(1e-100)
    result = compile(lambda x: w * x * x)(1e150)
    with pytest.raises(OverflowError, match="gradient of 1e-100 is too large"):
        result.backward(1e300)
    assert w.grad == 0.0


def test_recordings_and_derivatives_nest_either_way():
    w = Value(3.0)
    cube = compile(lambda x: x**3)
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert compile(grad(lambda x: x**3))(2.0) == 12.0
    assert compile(grad(grad(autograd.tanh)))(0.3) == grad(grad(autograd.tanh))(0.3)
    assert hessian(compile(lambda v: v[0] ** 2 * v[1]))([2.0, 3.0]) == [[6.0, 4.0], [4.0, 0.0]]
    assert jvp(compile(lambda x, y: x * y), (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    slope = grad(compile(lambda x: w * x**2))(2.0)
    assert (slope.data, derivatives(slope, w)) == (12.0, 4.0)
    assert compile(lambda t: grad(lambda a: grad(lambda b: a * b)(t))(t))(3.0) == 1.0


def test_a_replayed_result_is_pickled_as_its_ordinary_graph():
    x = Value(3.0, label="x")
    result = compile(lambda x: x * x)(x) + 1
    result, x = pickle.loads(pickle.dumps((result, x)))
    assert result.data == 10.0
    assert gradient_of(result, [x]) == [6.0]


def test_a_replayed_result_is_copied_as_its_ordinary_graph():
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    h = x + 0.0
    result = compile(lambda x: w * x * x)(h) + h
    twin, twin_w, twin_x, shallow = *copy.deepcopy([result, w, x]), copy.copy(result.parents[0])
    assert gradient_of(shallow, [w, x]) == [9.0, 12.0]
    w.data = x.data = 0.0
    assert twin.data == 21.0
    assert gradient_of(twin, [twin_w, twin_x]) == [9.0, 13.0]


def test_without_gradients_a_replay_gives_constants():
    w = Value(2.0)
    step = compile(lambda x: w * x)
    with no_grad():
        assert repr(step(3.0)) == "Constant(6.0)"
    assert step(3.0).data == 6.0


def test_detached_numbers_carry_no_gradient():
    x = Value(3.0)
    assert gradient_of(compile(lambda x: x * x.detach())(x), [x]) == [3.0]


def test_a_constant_among_the_arguments_takes_no_gradient():
    x, y, c = Value(2.0), Value(7.0), Value(5.0).detach()
    result = compile(lambda x, c, y: x * c * y)(x, c, y)
    assert topological_order(result) == [x, y, *result.parents, result]
    assert gradient_of(result, [x, y]) == [35.0, 10.0]
    assert c.grad == 0.0


def test_a_replay_leaves_no_gradients_and_no_mode_behind():
    result = compile(lambda x: x * x)(Value(3.0))
    assert [node.grad for node in topological_order(result)] == [0.0, 0.0, 0.0]
    assert not any_mode()  # functions need not look at the circumstances any more


def test_examples_of_different_structure_are_refused():
    step = compile(lambda x: x[0])
    with pytest.raises(ArgumentError, match="one structure, got 2 different ones"):
        step.mean([[1.0], [1.0, 2.0]])
    with pytest.raises(ArgumentError, match="lengths 2, 1"):
        compile(lambda x, y: x * y).mean([1.0, 2.0], [1.0])
    with pytest.raises(NumberTypeError, match="a complex"):
        step([1j])


def test_other_results_come_along_with_the_mean():
    w = Value(2.0)
    loss, outputs = compile(lambda x: (w * x * x, [w * x, x])).mean([1.0, 3.0], has_aux=True)
    assert loss.data == 10.0
    assert outputs == [[2.0, 1.0], [6.0, 3.0]]


@pytest.mark.parametrize(
    ("f", "has_aux", "returned"),
    [
        (lambda x: [log(x)], False, "['a number']"),
        (lambda x: (None, log(x)), True, "(None, 'a number')"),
        (lambda x: {0: log(x), 1: x}, True, "{0: 'a number', 1: 'a number'}"),
        (lambda x: log(x), True, "'a number'"),
        (lambda x: (log(x), "text")[1], False, "'text'"),
        (lambda x: (log(x), None)[1], False, "None"),
    ],
)
def test_what_has_no_mean_is_refused_after_its_errors(f, has_aux, returned):
    step = compile(f)
    with pytest.raises(DomainError, match=r"log: x must be > 0, got -1\.0"):
        step.mean([Value(2.0), Value(-1.0)], has_aux=has_aux)
    with pytest.raises(ArgumentError, match=re.escape(f"it returns {returned}.")):
        step.mean([Value(2.0), Value(1.0)], has_aux=has_aux)


def test_figures_and_picture():
    step = compile(lambda x: (x * 2 + 1).tanh())
    step(Value(0.5))
    (figures,) = step.stats()
    assert figures["nodes"] == 6
    assert figures["levels"] == 2
    assert figures["loops"] == 2  # x * 2 + 1 is one
    assert figures["bytes"] <= 64 * figures["nodes"]
    assert "tanh" in step.draw().source


def test_a_primitive_of_ones_own_replays_as_well():
    cube = autograd.rule("cube_for_replay", "x ** 3", "3 * x ** 2")
    x = Value(2.0)
    assert gradient_of(compile(lambda x: cube(x) + 1)(x), [x]) == [12.0]


class Scale:
    def __init__(self):
        self.factors, self.shape = [Value(2.0), Value(3.0)], np.ones(2)

    def __call__(self, x):
        autograd.watch(self)
        return sum(factor * x for factor in self.factors)


def test_what_is_watched_is_recorded_anew_when_it_has_changed():
    scale = Scale()
    step = compile(lambda x: scale(x))
    assert step(1.0).data == 5.0
    scale.factors[1] = Value(10.0)
    assert step(1.0).data == 12.0
    scale.factors.append(Value(1.0))
    assert step(1.0).data == 13.0
    assert step(1.0).data == 13.0
    assert step.cache_info() == (1, 3, 16, 1)
    del scale.factors[:2]
    assert step.mean([1.0, 2.0]).data == 1.5
    with pytest.raises(RecordingError, match="expected an object with attributes, got 3"):
        compile(lambda x: (autograd.watch(3), x)[1])(1.0)


def test_parameters_of_modules_may_be_replaced_and_removed():
    model = nn.MLP(2, [3, 1], seed=0)
    step = compile(lambda x: model(x))
    penalty = compile(lambda scale: sum(p * p for p in model.parameters()) * scale)
    x = [0.5, -1.0]

    def agree():
        assert step(x).data == model(x).data
        assert penalty(2.0).data == pytest.approx(2 * sum(p.data**2 for p in model.parameters()))

    agree()
    neuron = model.layers[0].neurons[1]
    neuron.w = (Value(0.75), neuron.w[1])
    agree()
    model.layers[1].neurons[0] = nn.Neuron(3, seed=3)
    agree()
    del model.layers[1]
    assert step(x)[0].data == model(x)[0].data
    assert step.cache_info().misses == 4
    assert step(x)[0].data == model(x)[0].data
    assert step.cache_info().misses == 4


def test_batches_may_be_arrays_of_any_kind_of_number():
    w = [Value(0.5), Value(-2.0)]
    step = compile(lambda x, y: (w[0] * x[0] + w[1] * x[1] - y) ** 2)
    xs, ys = np.arange(12).reshape(6, 2), [1, 0, 2, 0, 1, 1]
    expected = step.mean(xs.tolist(), ys)
    for kind in ("float64", "float32", "int8", "int64", "uint32"):
        assert step.mean(xs.astype(kind), ys).data == expected.data
        assert step.mean(xs.astype(kind)[:, ::1], np.array(ys)).data == expected.data
        assert step.map(xs.astype(kind), ys) == step.map(xs.tolist(), ys)
    assert step.cache_info().misses == 2  # one recording serves all arrays, another one lists
    deep = compile(lambda x: x[0][1] * w[0])
    assert deep.mean(np.ones((4, 2, 3))).data == deep.mean(np.ones((4, 2, 3)).tolist()).data == 0.5
    assert deep.cache_info().misses == 2
    second = step.mean(xs.astype(float), ys)
    assert gradient_of(derivatives(second, w[0], create_graph=True), w) == gradient_of(
        derivatives(expected, w[0], create_graph=True), w
    )
    with pytest.raises(ArgumentError, match="all of one length"):
        step.mean(xs, ys[:-1])
    with pytest.raises(autograd.errors.NotFiniteError):
        step.mean(np.full((6, 2), math.nan), ys)
    with pytest.raises(autograd.errors.InexactNumberError):
        step.mean(np.full((6, 2), 2**60 + 1), ys)


def test_compiled_functions_of_compiled_functions():
    f = compile(grad(compile(grad(compile(lambda x: x**4)))))
    assert f(2.0) == 48.0
    assert grad(f)(2.0) == 48.0


def test_a_batch_large_enough_for_threads_is_like_its_examples():
    w = Value(0.5)
    step = compile(lambda x: (w * x[0] * x[1] + w * w).tanh() - sum((x[i] * w).sin() for i in range(20)))
    xs = np.random.default_rng(0).normal(size=(20_000 if autograd.backend == "native" else 500, 20))
    found = step.mean(xs)
    eager = [step.function(x) for x in xs[:100].tolist()]
    assert [x.data for x in eager] == step.map(xs)[:100]
    assert math.fsum(step.map(xs)) / len(xs) == pytest.approx(found.data, rel=1e-12)
    t = w.data
    product = xs[:, 0] * xs[:, 1]
    slopes = (product + 2 * t) / np.cosh(t * product + t * t) ** 2 - (xs * np.cos(t * xs)).sum(1)
    assert gradient_of(found, [w]) == pytest.approx([slopes.mean()], rel=1e-11)
    assert gradient_of(step.mean(xs), [w]) == gradient_of(found, [w])  # to the bit: sums have one order


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_as_it_was_after_a_recording(on):
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        while_recording = []
        compile(lambda x: while_recording.append(gc.isenabled()) or x * x)(2.0)
        assert while_recording == [False]
        assert gc.isenabled() == on
        with pytest.raises(RecordingError):
            compile(lambda x: x if x > 0 and x else -x)(2.0)
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_of_values_numbers_and_both_are_told_apart(kind):
    step = compile(lambda rows, scale: sum((a * b * scale for a, b in rows), Value(0.0)))
    for x, y in ((Value(2.0), Value(3.0)), (Value(2.0), 3.0), (2.0, 3.0), (2.0, Value(3.0))) * 2:
        rows = kind([kind([x, y]), kind([y, x])])
        leaves = [leaf for leaf in (x, y) if isinstance(leaf, Value)]
        found = step(rows, Value(0.5))
        assert found.data == 6.0
        assert derivatives(found, leaves) == [3.0 if leaf is x else 2.0 for leaf in leaves]
    assert step.cache_info().misses == 4
