"""Results of compiled functions as the graphs of primitives that they stand for."""

import pytest
from drawing import elements, network

import autograd
from autograd import Value, compile, draw
from autograd.errors import GraphTooLargeError, StaleGraphError
from autograd.replay.expand import expand_replays
from autograd.view.graph import Graph


def drawn(result, leaves):
    """The picture of a result after its backward pass."""
    for leaf in leaves:
        leaf.grad = 0.0
    result.label = "loss"
    result.backward()
    return draw(result).source


def test_a_replay_is_drawn_as_the_function_computes_it():
    w, x = Value(0.5, "w"), Value(2.0, "x")

    def f(x):
        return (w * x).sin() * w

    step = compile(f)
    xs = [x, x * 2, x * x]
    for ours, plain in (
        (step(x), f(x)),
        (step(x) + 1, f(x) + 1),
        (step(step(x) * 2), f(f(x) * 2)),
        (step.mean(xs), autograd.mean([f(x) for x in xs])),
        (step.mean([x]) * w, f(x) * w),
    ):
        assert drawn(ours, [w, x]) == drawn(plain, [w, x])


def test_replays_inside_a_replay_are_expanded():
    w, x = Value(0.5, "w"), Value(2.0, "x")

    def half(x):
        return x * w

    recorded = compile(half)

    def both(f):
        return lambda x: f(x * 3.0) + f(f(x))  # equal operations would be one node of a replay

    assert drawn(compile(both(recorded))(x), [w, x]) == drawn(both(half)(x), [w, x])


def test_a_replayed_network_is_folded_like_any_other():
    parameters = {}
    step = compile(lambda x: (network([x, -1.0], (3, 1), parameters)[0] - 1) ** 2)
    loss = step(0.5)
    assert sorted({box.path for box in Graph(loss).all_boxes() if not box.repeats}) == [
        "layer0",
        "layer0.neuron0",
        "layer0.neuron1",
        "layer0.neuron2",
        "layer1",
        "layer1.neuron0",
    ]
    assert len(elements(draw(loss, fold="layers"), "box")) == 2


@pytest.mark.parametrize(
    "f",
    [lambda x, w: x, lambda x, w: w, lambda x, w: autograd.where(x < 0, lambda: x * w, 5.0)],
    ids=["an input", "a parameter", "a number"],
)
def test_a_replay_without_an_operation_is_an_identity(f):
    w, x = Value(0.5, "w"), Value(2.0, "x")
    result = compile(lambda x: f(x, w))(x)
    result.label = "y"
    ((_, lines, _, _),) = elements(draw(result), "result")
    assert lines == ["+", "y", f"data {result.data:g}", "grad 0"]
    assert len(Graph(result).nodes) == 2


def test_long_chains_of_replays_need_no_recursion():
    x = start = Value(1.0)
    step = compile(lambda x: x * 1.0001)
    for _ in range(3000):
        x = step(x)
    assert expand_replays(x).data == x.data
    assert len(Graph(x).nodes) == 6001
    assert expand_replays(start) is start


def test_a_stale_replay_is_refused():
    w = Value(0.5)
    result = compile(lambda x: x * w)(3.0)
    w.data = 0.6
    with pytest.raises(StaleGraphError, match=r"no longer follows from its parents: .* Compute the result again"):
        draw(result)


def test_a_replay_of_too_many_operations_is_refused_at_once():
    calls = []

    @compile
    def step(x):
        calls.append(x)
        for _ in range(1000):
            x = x * w
        return x

    w = Value(1.0)
    result = step.mean([1.0] * 1001)
    count = len(calls)
    with pytest.raises(GraphTooLargeError, match=r"result of step has about 1,00\d,\d* nodes, too many .* one example"):
        draw(result, depth=3)
    assert len(calls) == count
