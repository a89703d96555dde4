"""A compiled function gives what the function itself would give if it were called now, or raises."""

import copy
import gc
import sys
import warnings
import weakref
from collections import OrderedDict

import numpy as np
import pytest
from replaying import agrees

import autograd
import nn
from autograd import Value, compile, derivatives, grad, jvp, less, log, no_grad, where
from autograd.errors import InfiniteDerivativeError, RecordingError

W = Value(3.0)


def frozen_part(a):
    with no_grad():
        k = a * W + 1.0
    return k * W


def test_no_grad_inside_is_honoured():
    expected = derivatives(frozen_part(2.0), W)
    step = compile(frozen_part)
    for _ in range(3):
        assert derivatives(step(2.0), W) == expected
    assert derivatives(step.mean([2.0, 2.0]), W) == expected
    x = Value(2.0)
    assert derivatives(compile(frozen_part)(x), x) == derivatives(frozen_part(x), x) == 0.0
    assert grad(compile(frozen_part))(2.0).data == grad(frozen_part)(2.0).data == 0.0
    assert compile(grad(lambda x: frozen_part(x) * x))(2.0).data == grad(lambda x: frozen_part(x) * x)(2.0).data


def test_no_grad_does_not_leak_into_sums():
    v = Value(5.0)

    def products(x):
        with no_grad():
            part = x * W + v * W
        return part + v * x

    def terms(x):
        with no_grad():
            part = W + v
        return part + v * x

    for f in (products, terms):
        for w in (W, v):
            assert derivatives(compile(f)(2.0), w) == derivatives(f(2.0), w)


def test_a_recording_made_without_gradients_has_them_later():
    step = compile(lambda x: W * x)
    with no_grad():
        assert type(step(2.0)) is type(W.detach())
    assert derivatives(step(2.0), W) == 2.0


def test_derivatives_inside_are_what_they_are_outside():
    def slope(x):
        y = (x * W).tanh() * x
        return derivatives(y, W) * x

    for f in (slope, lambda x: jvp(lambda a: a * a * W, (x,), (1.0,))[1], lambda x: grad(lambda a: a**3)(x) * W):
        step = compile(f)
        assert agrees(step, Value(0.5))
        assert agrees(step, Value(0.25))


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (lambda x: x * 2.0, float),
        (lambda x: W * x, Value),
        (lambda x: W.detach() * x, autograd.Constant),
        (lambda x: 3, int),
        (lambda x: None, type(None)),
        (lambda x: "text", str),
        (lambda x: True, bool),
        (lambda x: grad(lambda a: a * a)(x), float),
        (lambda x: grad(lambda a: a * W)(x), Value),
        (lambda x: where(x > 0, 1.0, W), Value),
        (lambda x: where(W > 0, 1.0, x), float),
        (lambda x: where(W < 0, x, 1.0), float),
        (lambda x: where(W >= 0, 1.0, x), float),
        (lambda x: where(W <= 0, x, 1.0), float),
        (lambda x: where(0, W, x), Value),
        (lambda x: where(1, x, 1.0), float),
    ],
)
def test_results_have_the_types_that_the_function_itself_gives(f, kind):
    step = compile(f)
    for _ in range(3):
        assert type(f(2.0)) is kind
        assert type(step(2.0)) is kind


def test_derivatives_inside_no_grad_are_those_of_constants():
    step = compile(lambda x: derivatives(x * W, W) + 1.0)
    for _ in range(3):
        assert agrees(step, 3.0)
        with no_grad():
            assert agrees(step, 3.0)
        assert step.map([3.0, 4.0]) == [1.0, 1.0]


def test_fit_follows_a_number_that_a_callback_changes():
    data = [[float(i % 7), 1.0] for i in range(40)], [float(i % 2) for i in range(40)]
    beta, losses = [1.0], []
    for recorded in (False, True):
        beta[0] = 1.0
        history = nn.fit(
            nn.Linear(2, 1, seed=0),
            lambda o, t: (o - t) ** 2 * beta[0],
            data,
            epochs=3,
            seed=0,
            recorded=recorded,
            progress=False,
            callbacks=[lambda run: beta.__setitem__(0, beta[0] / 2)],
        )
        losses.append(history["loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-12)


def test_the_graph_behind_a_result_is_that_of_its_call():
    box, calls = [1.0], iter(range(2))
    step = compile(lambda x: (next(calls), box[0] * (x - 1.0))[1])
    x = Value(1.0)
    step(x)
    y = step(x)
    box[0] = 5.0
    assert derivatives(y, x, create_graph=True).data == derivatives(y, x) == 1.0
    assert copy.deepcopy(y).data == 0.0


def test_the_graph_behind_a_result_is_refused_after_new_data():
    w, x = Value(2.0), Value(1.0)
    step = compile(lambda x: w * x)
    y = step(x)
    w.data = 3.0
    with pytest.raises(autograd.errors.StaleGraphError, match=r"some \.data was changed"):
        derivatives(y, x, create_graph=True)


def test_a_result_keeps_no_function_alive():
    class Model:
        def __init__(self):
            self.w, self.last = Value(2.0), None

        @compile
        def step(self, x):
            return self.w * x

    model = Model()
    model.last = model.step(Value(1.5))
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_the_graph_behind_a_result_goes_through_inner_replays():
    def f(y):
        factor = y
        result = compile(lambda t: t * factor)(W)
        factor = 1.0
        return result

    step = compile(f)
    assert [grad(step)(1.25).data for _ in range(2)] == [3.0, 3.0]


def test_a_sum_of_negative_zeros_is_that_of_floats_or_of_values():
    step = compile(lambda xs: sum(xs))
    for xs in ([-0.0, -0.0], [Value(-0.0), Value(-0.0)], [-0.0, Value(-0.0)]):
        for _ in range(2):
            assert agrees(step, xs)


def test_results_of_other_types_are_refused_in_words():
    with pytest.raises(RecordingError, match="the function returned a complex; expected numbers"):
        compile(lambda x: [x, 2j], fallback=False)(1.0)
    assert compile(lambda x: np.array([x, 2 * x]))(1.0).tolist() == [1.0, 2.0]
    ordered = compile(lambda x: OrderedDict(a=x))(3.0)
    assert type(ordered) is OrderedDict


def test_a_message_about_tracers_does_not_count_as_writing_them():
    step = compile(lambda x: Value(2.0) if isinstance(x, tuple) else sum(W * x), fallback=False)
    with pytest.raises(RecordingError, match=r"recording it fails with \w*TypeError"):
        step([1.0, 2.0])
    assert compile(lambda x: sum(W * x))(np.array([1.0, 2.0])).data == 9.0


def test_more_guards_than_fit_into_32_bits_with_the_rule():
    xs = [-1.0] * 1024 + [2.0] * 76

    def f(xs):
        return [where(less(0.0, x), lambda: log(x), lambda: x * x) for x in xs]  # noqa: B023

    assert compile(f)(xs) == f(xs)


def test_a_guarded_side_of_captured_values_alone():
    step = compile(lambda d: where(d > 1.0, lambda: W * 2.0, lambda: W * 3.0))
    assert [step(d).data for d in (2.0, 0.5, 2.0)] == [6.0, 9.0, 6.0]
    assert [derivatives(step(d), W) for d in (2.0, 0.5)] == [2.0, 3.0]
    assert step.map([2.0, 0.5, -1.0]) == [6.0, 9.0, 9.0]


@pytest.mark.parametrize(
    "f",
    [
        grad(grad(autograd.tanh)),
        grad(grad(grad(autograd.tanh))),
        grad(grad(lambda x: autograd.atan2(x, 2.0))),
        grad(grad(lambda x: autograd.hypot(x, 2.0))),
        autograd.hessian(lambda v: autograd.tanh(v[0] * v[1])),
    ],
)
def test_derivatives_of_guarded_operations_replay(f):
    point = [0.5, 0.75] if "hessian" in repr(f) or "jacobian" in repr(f) else 0.5
    step = compile(f)
    try:
        expected = f(point)
    except TypeError:
        point = [0.5, 0.75]
        step, expected = compile(f), f(point)
    for _ in range(3):
        np.testing.assert_allclose(step(point), expected, rtol=1e-14)
    assert step.stats()[0]["fallbacks"] == 0


def test_the_graph_behind_a_result_has_its_own_arguments():
    f = compile(lambda x, o: x * x if o["square"] else x)
    options, x = {"square": True}, Value(3.0)
    f(x, options)
    options["square"] = False
    y = f(x, {"square": True})
    memo: dict = {}
    twin = copy.deepcopy(y, memo)
    twin.backward()
    assert (y.data, twin.data, memo[id(x)].grad) == (9.0, 9.0, 6.0)
    total = compile(lambda values, x: sum(values) * x)
    buffer = [1.0, 2.0]
    total(buffer, Value(3.0))
    buffer.clear()
    assert grad(grad(lambda x: total([1.0, 2.0], x) * x))(2.0) == 6.0


def test_the_frames_of_warnings_are_those_of_the_caller():
    step = compile(lambda x: sum(x), maxsize=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for n in (1, 2, 1):
            step([1.0] * n)
    assert [warning.filename for warning in caught] == [__file__]
    assert sys.modules["autograd"] is autograd


@pytest.mark.parametrize("returned", [lambda y: 1.0, lambda y: y.detach()])
def test_an_infinite_derivative_raises_even_if_no_result_has_a_gradient(returned):
    w = Value(2.0)
    step = compile(lambda x: returned((w * x).sqrt()))
    for _ in range(2):
        step(1.0)
    with pytest.raises(InfiniteDerivativeError):
        step(0.0)
    pair = compile(lambda x: (1.0, (w * x).sqrt()))
    pair.mean([1.0, 4.0], has_aux=True)
    with pytest.raises(InfiniteDerivativeError):
        pair.mean([1.0, 0.0], has_aux=True)
