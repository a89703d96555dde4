"""Frozen Values in recordings: constants that are read afresh, for which a program does no work backward."""

import gc
import pickle
import weakref

import pytest

import autograd
from autograd import Constant, Value, compile, derivatives, grad, hessian, jvp, no_grad, value_and_grad
from autograd.errors import ArgumentError, RecordingError
from autograd.replay.recorder import FLAGS
from nn import MLP, mse_loss

_, _, HAS_B, A_WANTED, B_WANTED = FLAGS


def work(step):
    """How many products the program that was used last makes forward, and how many backward."""
    forward = backward = 0
    for run in step._recordings.latest().program.runs:
        if run.rule is None:
            forward += run.count * len(run.codes)
            backward += run.count * sum(bool(code & flag) for code in run.codes for flag in (A_WANTED, B_WANTED))
        else:
            forward += run.count
            backward += run.count * sum(map(bool, run.wanted))
    return forward, backward


def test_a_replay_gives_a_frozen_value_no_gradient():
    w, x = Value(3.0), Value(2.0)
    w.requires_grad_(False)
    step = compile(lambda v: w * v * v + w)
    for expected in (12.0, 24.0, 36.0):
        y = step(x)
        y.backward()
        assert (y.data, x.grad, w.grad) == (15.0, expected, 0.0)
    assert y.parents[0].parents == (x,)


def test_a_frozen_value_is_read_afresh():
    w, x = Value(3.0), Value(2.0)
    w.requires_grad_(False)
    step = compile(lambda v: w * v)
    for number in (3.0, 4.0, 5.0):
        w.data = number
        assert step(x).data == number * 2.0
    assert step.cache_info().misses == 1


def test_freezing_between_calls_is_noticed():
    w, x = Value(3.0), Value(2.0)
    step = compile(lambda v: w * v)
    gradients = []
    for wanted in (True, True, False, False, True, False, True):
        w.requires_grad_(wanted)
        w.grad = x.grad = 0.0
        step(x).backward()
        gradients.append((w.grad, x.grad))
    assert gradients == [(2.0 if wanted else 0.0, 3.0) for wanted in (1, 1, 0, 0, 1, 0, 1)]


def test_two_states_that_take_turns_are_recorded_once_each():
    a, b, x = Value(3.0), Value(5.0), Value(2.0)
    step = compile(lambda v: a * v + b * v)
    for turn in range(6):
        a.requires_grad_(turn % 2 == 0)
        b.requires_grad_(turn % 2 == 1)
        a.grad = b.grad = 0.0
        step(x).backward()
        assert (a.grad, b.grad) == ((2.0, 0.0) if turn % 2 == 0 else (0.0, 2.0))
    assert step.cache_info() == (4, 2, 16, 2)
    assert len(step.stats()) == 2


def test_freezing_something_else_records_nothing_anew():
    w, x, other = Value(3.0), Value(2.0), Value(1.0)
    step = compile(lambda v: w * v)
    for wanted in (True, False, True):
        other.requires_grad_(wanted)
        step(x)
    assert step.cache_info().misses == 1


def test_a_change_of_another_kind_is_noticed_in_each_state():
    w, x, scale = Value(3.0), Value(2.0), [10.0]
    step = compile(lambda v: w * v * scale[0])
    for wanted in (True, False, True, False):
        w.requires_grad_(wanted)
        scale[0] += 1.0
        assert step(x).data == 6.0 * scale[0]


def test_frozen_arguments():
    step = compile(lambda a, b: a * b)
    a, b = Value(3.0), Value(2.0)
    for wanted in (True, False, True, False):
        a.requires_grad_(wanted)
        a.grad = b.grad = 0.0
        step(a, b).backward()
        assert (a.grad, b.grad) == (2.0 if wanted else 0.0, 3.0)
    assert step.cache_info().misses == 2


def test_results_from_frozen_values_alone_are_constants():
    w = Value(3.0)
    step = compile(lambda x: w * x)
    for wanted, kind in ((True, Value), (False, Constant), (True, Value), (False, Constant)):
        w.requires_grad_(wanted)
        assert type(step(2.0)) is kind
        assert type(step.mean([1.0, 2.0])) is kind
    with pytest.raises(ArgumentError, match="not frozen"):
        step(2.0).backward()


def test_a_captured_value_that_is_only_returned():
    w = Value(3.0)
    step = compile(lambda x: (w, x * 2.0))
    for wanted, kind in ((True, Value), (False, Constant), (True, Value)):
        w.requires_grad_(wanted)
        assert type(step(2.0)[0]) is kind


def test_a_result_from_before_gives_a_frozen_value_nothing():
    w, x = Value(3.0), Value(2.0)
    step = compile(lambda v: w * v)
    y = step(x)
    w.requires_grad_(False)
    y.backward()
    assert (w.grad, x.grad, derivatives(y, [w, x])) == (0.0, 3.0, [0.0, 3.0])
    w.requires_grad_(True)
    y.backward()
    assert (w.grad, x.grad) == (2.0, 6.0)


def test_the_graph_behind_a_result_from_before():
    w, x = Value(3.0), Value(2.0)
    step = compile(lambda v: w * v * v)
    y = step(x)
    w.requires_grad_(False)
    for _ in range(2):
        assert derivatives(derivatives(y, x, create_graph=True), [x, w]) == [6.0, 0.0]
        y = step(x)
    assert derivatives(derivatives(y, x, create_graph=True), [x, w]) == [6.0, 0.0]
    assert pickle.loads(pickle.dumps(y)).data == 12.0


def body_and_head():
    model = MLP(3, [8, 8, 2], "tanh", seed=1)
    return model, compile(lambda x, y: mse_loss(model(x), y)), [[0.1, 0.2, -0.3], [1.0, 2.0, 0.5]], [[1.0, 0.0]] * 2


def test_a_replay_with_a_frozen_body_does_less_work():
    model, step, xs, ys = body_and_head()
    step.mean(xs, ys)
    assert work(step) == (143, 225)
    for layer in model.layers[:2]:
        layer.requires_grad_(False)
    step.mean(xs, ys)
    # Of the body nothing is left backward: no product, no sum, no tanh. What is left is 16 weights and 2 biases of the
    # head, whose other factors are fixed, and the loss: 2 differences, 2 factors of each of 2 squares, and a division.
    assert work(step) == (143, 16 + 2 + 2 + 4 + 1)
    assert set(step._recordings.latest().machine.captured) == set(model.layers[2].parameters())
    model.requires_grad_(False)
    step.mean(xs, ys)
    assert work(step) == (143, 0)
    model.requires_grad_(True)
    step.mean(xs, ys)
    assert work(step) == (143, 225)
    assert step.cache_info().misses == 3


def test_a_frozen_head_still_passes_gradients_to_the_body():
    model, step, xs, ys = body_and_head()
    model.layers[2].requires_grad_(False)
    for _ in range(2):
        model.zero_grad()
        step.mean(xs, ys).backward()
        replayed = [p.grad for p in model.parameters()]
        model.zero_grad()
        autograd.mean([mse_loss(model(x), y) for x, y in zip(xs, ys)]).backward()
        assert replayed == pytest.approx([p.grad for p in model.parameters()], rel=1e-12)
        assert all(replayed[:32])
        assert not any(p.grad for p in model.layers[2].parameters())


def test_values_of_a_replay_are_the_same_to_the_bit_when_frozen():
    model, step, xs, ys = body_and_head()
    free = [step.mean(xs, ys).data, *step.map(xs, ys)]
    model.layers[0].requires_grad_(False)
    assert [step.mean(xs, ys).data, *step.map(xs, ys)] == free
    with no_grad():
        assert [step.mean(xs, ys).data, *step.map(xs, ys)] == free
    assert free[1:] == [mse_loss(model(x), y).data for x, y in zip(xs, ys)]


def test_freezing_inside_the_function_is_refused():
    w = Value(3.0)

    def freezing(x):
        w.requires_grad = False
        return w * x

    def freezing_the_argument(x):
        return x.requires_grad_(False) * 2.0

    def assigning(x):
        (x * 2.0).requires_grad = False
        return x

    for function in (freezing, freezing_the_argument, assigning):
        with pytest.raises(RecordingError, match=r"requires_grad of .* Freeze and unfreeze outside the function"):
            compile(function)(Value(2.0))
    assert w.requires_grad


def test_a_decision_by_requires_grad_is_noticed():
    w = Value(3.0)  # not used otherwise
    step = compile(lambda x: x * 2.0 if w.requires_grad else x * 5.0)
    for wanted in (True, False, True, True, False):
        w.requires_grad_(wanted)
        assert step(1.0) == (2.0 if wanted else 5.0)
    assert step.cache_info().misses == 2


def test_a_decision_by_the_requires_grad_of_a_result():
    w = Value(3.0)

    def f(x):
        y = w * x
        return y * 2.0 if y.requires_grad else y * 5.0

    step = compile(f)
    for wanted in (True, False, True, False):
        w.requires_grad_(wanted)
        for mode in (no_grad, autograd.record_lines):
            with mode():
                assert step(1.0).data == f(1.0).data
        assert step(1.0).data == f(1.0).data


def test_a_plain_number_has_no_requires_grad_in_a_recording_either():
    step = compile(lambda x: x * 2.0 if hasattr(x, "requires_grad") else x * 5.0)
    assert [step(1.0), step(1.0), step(Value(1.0)).data, step(Constant(1.0)).data] == [5.0, 5.0, 2.0, 2.0]


@pytest.mark.parametrize("order", ["outside", "inside"])
def test_derivatives_of_functions_with_frozen_values(order):
    w = Value(3.0)

    def f(x):
        return w * x * x * x

    def cases():
        if order == "outside":
            return [grad(compile(f)), grad(grad(compile(f))), value_and_grad(compile(f))]
        return [compile(grad(f)), compile(grad(grad(f))), compile(value_and_grad(f))]

    made = cases()
    for wanted in (True, False, True):
        w.requires_grad_(wanted)
        for found, expected in zip(made, [grad(f), grad(grad(f)), value_and_grad(f)]):
            got, own = found(Value(2.0)), expected(Value(2.0))
            assert repr(got) == repr(own)
            if wanted:
                numbers = list(zip(got, own)) if type(got) is tuple else [(got, own)]
                assert [derivatives(a, w) for a, _ in numbers] == [derivatives(b, w) for _, b in numbers]


def test_hessian_and_jvp_of_compiled_functions_with_frozen_values():
    w = Value(3.0).requires_grad_(False)
    f = compile(lambda x: w * x[0] * x[1] ** 2)
    assert hessian(f)([1.0, 2.0]) == [[0.0, 12.0], [12.0, 6.0]]
    g = compile(lambda x: w * x * x)
    assert jvp(g, (2.0,), (1.0,)) == (12.0, 12.0)


def test_nested_compiled_functions_see_freezing():
    w, x = Value(3.0), Value(2.0)
    inner = compile(lambda v: w * v)
    outer = compile(lambda v: inner(v) * v)
    for wanted in (True, False, True, False):
        w.requires_grad_(wanted)
        w.grad = x.grad = 0.0
        outer(x).backward()
        inner(x).backward()
        assert (w.grad, x.grad) == (6.0 if wanted else 0.0, 15.0)


def test_recordings_put_aside_are_thrown_away_in_turn():
    w = [Value(float(i)) for i in range(5)]
    step = compile(lambda x: sum(w) * x, maxsize=3)
    for value in w:
        value.requires_grad_(False)
        step(2.0)
    assert step.cache_info().currsize == 3
    step.cache_clear()
    assert step.cache_info().currsize == 0
    assert step(2.0).data == 20.0


def test_recordings_put_aside_keep_no_instance_alive():
    class Line:
        def __init__(self):
            self.w = Value(3.0)

        @compile
        def step(self, x):
            return self.w * x

    line = Line()
    for wanted in (True, False, True):
        line.w.requires_grad_(wanted)
        line.step(2.0)
    gone = weakref.ref(line)
    del line
    gc.collect()
    assert gone() is None
