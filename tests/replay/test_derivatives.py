"""Derivatives through replayed results, and derivatives that are taken inside a recording."""

import copy
import pickle

import pytest

from autograd import (
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
)
from autograd.errors import (
    RecordingError,
    StaleGraphError,
)
from autograd.nested import numbers_in


def test_replays_whose_parents_depend_on_one_another():
    x = Value(3.0)
    for f in (lambda a, b: a * b, compile(lambda a, b: a * b)):
        y = f(x, x * 2)
        assert (derivatives(y, x), derivatives(y, x, create_graph=True).data) == (12.0, 12.0)
        assert jvp(lambda x, f=f: f(x, x * 2), (x,), (1.0,))[1].data == 12.0
        assert grad(grad(lambda x, f=f: f(x, x * 2)))(3.0) == 4.0


def test_replays_that_meet_a_value_twice():
    w = Value(3.0)
    for f in (lambda a, b: a * b * w, compile(lambda a, b: a * b * w)):
        y = f(w, w)
        assert (derivatives(y, w), derivatives(y, w, create_graph=True).data) == (27.0, 27.0)
        assert jvp(lambda x, f=f: f(x, x), (w,), (1.0,))[1].data == 18.0
        assert derivatives(derivatives(y, w, create_graph=True), w) == 18.0


def test_means_of_replays():
    w = Value(3.0)
    step = compile(lambda x: w**3 * x)
    y = step.mean([1.0, 2.0, 6.0])
    first = derivatives(y, w, create_graph=True)
    assert (first.data, derivatives(first, w)) == (81.0, 54.0)
    xs = [Value(1.0), Value(2.0), w]
    assert derivatives(step.mean(xs), w) == pytest.approx(63.0, rel=1e-15)
    assert derivatives(step.mean(xs), w, create_graph=True).data == 63.0


def test_derivatives_of_replays_are_made_inside_no_grad_too():
    x = Value(3.0)
    y = compile(lambda t: t**2)(x)
    with no_grad():
        assert repr(derivatives(y, x, create_graph=True)) == "Constant(6.0)"


def test_derivatives_of_a_stale_replay_are_refused():
    w = Value(3.0)
    y = compile(lambda t: t * w * w)(2.0)
    w.data = 5.0
    assert derivatives(y, w) == 12.0
    for use in (
        lambda: derivatives(y, w, create_graph=True),
        lambda: copy.deepcopy(y),
        lambda: pickle.dumps(y),
        lambda: copy.copy(y.parents[0]),
    ):
        with pytest.raises(StaleGraphError, match="no longer follows from its parents"):
            use()


def test_a_replay_that_depends_on_nothing():
    x = Value(3.0)
    y = compile(lambda t: t.detach() + 2.0)(x) * 1.0
    assert derivatives(y, x, create_graph=True).data == 0.0
    assert copy.deepcopy(y).data == pickle.loads(pickle.dumps(y)).data == 5.0


def recorded_twice(f, *args):
    """What a compiled f gives when it is recorded and when it is replayed."""
    recorded = compile(f)
    return [recorded(*args), recorded(*args)]


def test_jvp_inside_a_recording():
    w = Value(3.0)
    assert recorded_twice(lambda x: jvp(lambda t: 2 * t**2 + 1, (x,), (1.0,)), -3.0) == [(19.0, -12.0)] * 2
    assert recorded_twice(lambda x: jvp(lambda t: [t, 4.0], (x,), (2.0,))[1], 3.0) == [[2.0, 0.0]] * 2
    for _, slope in recorded_twice(lambda x: jvp(lambda t: w * t**2, (x,), (1.0,)), 2.0):
        assert (slope.data, derivatives(slope, w)) == (12.0, 4.0)
    for slope in recorded_twice(lambda x: jvp(lambda t: t**3, (x,), (x,))[1], x := Value(2.0)):
        assert (slope.data, derivatives(slope, x)) == (24.0, 36.0)


def test_derivatives_inside_a_recording_are_numbers_or_a_graph():
    w, x = Value(3.0), Value(2.0)
    for graph in (False, True):

        def f(x, graph=graph):
            return derivatives(x**3 * w, x, create_graph=graph) * w / 4 + x * 0

        for result in [f(x), *recorded_twice(f, x)]:
            assert result.data == 27.0
            assert derivatives(result, [w, x]) == pytest.approx([9.0, 0.0] if not graph else [18.0, 27.0])


def test_derivatives_of_captured_results_inside_a_recording():
    w = Value(3.0)
    square, replay = w * w, compile(lambda t: t * w * w)(5.0)
    assert recorded_twice(lambda x: x * derivatives(square, w), 2.0) == [12.0, 12.0]
    assert recorded_twice(lambda x: x * derivatives(replay, w), 2.0) == [60.0, 60.0]
    assert recorded_twice(lambda x: derivatives(square, x), Value(2.0)) == [0.0, 0.0]
    for y, second in ((square, 2.0), (replay, 10.0)):
        for slope in recorded_twice(lambda x, y=y: x * derivatives(y, w, create_graph=True), 2.0):
            assert (slope.data, derivatives(slope, w)) == (6.0 * second, 2 * second)


def test_hvp_jacobian_and_hessian_inside_a_recording():
    def f(v):
        return v[0] ** 3 * v[1] + v[1] ** 2

    for take in (
        grad(f),
        jacobian(grad(f)),
        hessian(f),
        lambda v: hvp(f, (v,), ([1.0, 2.0],)),
        lambda v: value_and_grad(f)(v),
    ):
        assert recorded_twice(take, [2.0, 5.0]) == [take([2.0, 5.0])] * 2


def test_partials_cannot_be_read_inside_a_recording():
    w = Value(3.0)
    inner = w * w
    for f in (lambda x: (x * w).partials[0], lambda x: x * inner.partials[0]):
        with pytest.raises(RecordingError, match="partials"):
            compile(f)(Value(2.0))
    replay = compile(lambda x: x * w)(2.0)
    with pytest.raises(RecordingError, match="partials"):
        compile(lambda x: x * replay.parents[0].partials[0])(Value(2.0))
    assert inner.partials == (3.0, 3.0)


def test_a_number_kept_from_a_recording_is_refused():
    kept = []
    compile(lambda x: kept.append(x * x) or x)(2.0)
    with pytest.raises(RecordingError, match="a recording that has ended"):
        derivatives(kept[0], kept[0])


@pytest.mark.parametrize("way", [grad, value_and_grad, jacobian, hessian], ids=lambda way: way.__name__)
@pytest.mark.parametrize("first", [True, False], ids=["of compiled", "compiled"])
def test_the_kind_of_a_derivative_is_that_of_the_function(way, first):
    w, c = Value(3.0), Value(2.0).detach()

    def frozen(x):
        with no_grad():
            k = x * w
        return k * w

    functions = [
        lambda x: x * x + w,  # the derivative does not depend on w
        lambda x: x * x * w,
        lambda x: x * c,
        lambda x: x * 2.0,
        lambda x: w * 1.0,
        frozen,
    ]
    for f in functions:
        derivative = way(compile(f)) if first else compile(way(f))
        for x in (1.5, Value(1.5)):
            for _ in range(2):
                assert shown(derivative(x)) == shown(way(f)(x))
                with no_grad():
                    assert shown(derivative(x)) == shown(way(f)(x))


def shown(result):
    """The kinds of the numbers in a result, and the numbers."""
    return [(type(part), part.data if isinstance(part, Value) else part) for part in numbers_in(result)]


@pytest.mark.parametrize("way", [grad, value_and_grad, jacobian, hessian], ids=lambda way: way.__name__)
def test_the_derivative_of_a_compiled_function_is_compiled(way):
    calls = iter(range(100))  # a count that no recording compares

    def f(x, power):
        next(calls)
        return x**power * 2.0

    step = compile(f, static="power", maxsize=1)
    derivative = way(step)
    found = [derivative(x, power=3) for x in (1.5, 2.5, -0.5)]
    assert next(calls) == 2  # recorded, and compared at the second call
    assert found == [way(f)(x, power=3) for x in (1.5, 2.5, -0.5)]
    (twin,) = step._twins.values()
    assert (twin.cache_info().hits, twin.cache_info().maxsize, twin._static) == (2, 1, ("power",))
    assert way(step)(1.5, power=3) == found[0]
    assert len(step._twins) == 1
