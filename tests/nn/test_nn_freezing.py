"""Freezing parts of a model: parameters, optimisers, clipping, fit, checkpoints, files, pictures."""

import copy
import math
import pickle

import pytest
from training_runs import settled

import autograd
import nn
from autograd import Constant, Value, compile, gradcheck
from autograd.errors import ArgumentError
from nn import MLP, fit, mse_loss, summary
from nn.errors import CheckpointError, DivergedError, NoSuchAttributeError

KINDS = [
    lambda p: nn.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    lambda p: nn.RMSprop(p, lr=0.1, centered=True, momentum=0.5, weight_decay=0.1),
    lambda p: nn.Adagrad(p, lr=0.1, lr_decay=0.1, weight_decay=0.1),
    lambda p: nn.Adam(p, lr=0.1, weight_decay=0.1),
    lambda p: nn.AdamW(p, lr=0.1, weight_decay=0.1),
]


def body_and_head(seed=0):
    """A model, and the parameters of its body, which is frozen, and of its head."""
    model = MLP(2, [4, 4, 1], "tanh", seed=seed)
    body = [*model.layers[0].requires_grad_(False).parameters(), *model.layers[1].requires_grad_(False).parameters()]
    return model, body, model.layers[2].parameters()


def numbers(parameters):
    return [p.data for p in parameters]


def xor():
    inputs, targets = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    return inputs, targets


def test_a_frozen_module_keeps_its_parameters_and_their_order():
    model = MLP(2, [3, 1], seed=0)
    parameters, names = model.parameters(), [name for name, _ in model.named_parameters()]
    tensors = [(name, shape) for name, shape, _ in model.named_tensors()]
    assert model.layers[0].requires_grad_(False) is model.layers[0]
    assert model.parameters() == parameters
    assert [name for name, _ in model.named_parameters()] == names
    assert [(name, shape) for name, shape, _ in model.named_tensors()] == tensors
    assert [p.requires_grad for p in parameters] == [False] * 9 + [True] * 4
    assert list(model.state_dict()) == names
    model.requires_grad_()
    assert all(p.requires_grad for p in parameters)


def test_constants_of_a_module_are_no_parameters():
    class Scaled(nn.Module):
        def __init__(self):
            self.w, self.scale, self.parts = Value(2.0), Constant(10.0), [Constant(1.0), Value(3.0)]

        def forward(self, x):
            return self.w * x * self.scale

    model = Scaled()
    assert model.parameters() == [model.w, model.parts[1]]
    model.requires_grad_(False)
    assert model.parameters() == [model.w, model.parts[1]]
    assert list(model.state_dict()) == ["w", "part1"]
    assert not model.scale.frozen


def test_assigning_requires_grad_to_a_module_says_what_to_write():
    model = MLP(2, [1])
    with pytest.raises(NoSuchAttributeError, match=r"m\.requires_grad_\(False\), with an underscore"):
        model.requires_grad = False
    with pytest.raises(AttributeError, match='Did you mean "requires_grad_"'):
        _ = model.requires_grad
    assert all(p.requires_grad for p in model.parameters())


def test_only_the_head_gets_gradients():
    model, body, head = body_and_head()
    loss = mse_loss(model([1.0, -2.0]), 3.0)
    loss.backward()
    assert not any(p.grad for p in body)
    assert any(p.grad for p in head)


def test_gradcheck_of_a_model_with_a_frozen_part():
    model, _, _ = body_and_head()
    assert gradcheck(lambda x, y: model([x, y]), (0.3, -0.2), order=2)
    assert gradcheck(compile(lambda x, y: model([x, y])), (0.3, -0.2))
    model.requires_grad_(False)
    assert gradcheck(lambda x, y: model([x, y]), (0.3, -0.2))


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("count", [3, 250])
def test_an_optimiser_skips_what_is_frozen(make, when, count):
    parameters = [Value(1.0 + i) for i in range(count)]
    held = parameters[1::2]
    if when == "before":
        for p in held:
            p.requires_grad_(False)
    optimizer = make(parameters)
    for p in held:
        p.requires_grad_(False)
    for p in parameters:
        p.grad = 0.5  # one that was there when it was frozen
    before = numbers(held)
    optimizer.step()
    optimizer.step()
    assert numbers(held) == before
    assert all(p.data != 1.0 + 2 * i for i, p in enumerate(parameters[::2]))
    assert [p.grad for p in held] == [0.5] * len(held)
    for column, name in zip(optimizer.state, optimizer.remembered):
        assert list(column[1::2]) == [optimizer.first(name)] * len(held)
    optimizer.zero_grad()
    assert {p.grad for p in parameters} == {0.0}


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("count", [3, 250])
def test_an_unfrozen_parameter_goes_on_where_it_was(make, count):
    """As with an optimiser of its own, which makes no step while it is frozen."""
    together, alone = [[Value(1.0 + i) for i in range(count)] for _ in range(2)]
    optimizer, own = make(together), [make([p]) for p in alone]
    for step in range(6):
        for i, (p, q) in enumerate(zip(together, alone)):
            p.requires_grad_((step + i) % 3 != 0 and not (i == 0 and step < 4))
            p.grad = q.grad = 0.1 * (i + 1) - 0.3 * step
            if p.requires_grad:
                own[i].step()
        optimizer.step()
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        assert numbers(together) == numbers(alone)
    assert optimizer.steps == 6
    assert [o.steps for o in own] == [6 - skipped for skipped in optimizer.skipped]


def test_an_optimiser_refuses_constants_but_takes_frozen_ones():
    w = Value(1.0).requires_grad_(False)
    assert nn.SGD([w]).params == (w,)
    with pytest.raises(ArgumentError, match="every parameter must be a Value"):
        nn.SGD([Constant(1.0)])


def test_a_step_with_everything_frozen_does_nothing():
    w = Value(1.0).requires_grad_(False)
    optimizer = nn.Adam([w], lr=0.1)
    w.grad = 1.0
    optimizer.step()
    assert (w.data, optimizer.skipped) == (1.0, [1])


def test_a_diverging_step_names_the_parameter_beside_frozen_ones():
    held, moved = Value(1.0, "held").requires_grad_(False), Value(1.0, "moved")
    optimizer = nn.SGD([held, moved], lr=1e300)
    moved.grad = 1e300
    with pytest.raises(DivergedError, match="step 1 would make the parameter moved -inf"):
        optimizer.step()
    assert moved.data == 1.0
    assert optimizer.steps == 0
    assert optimizer.skipped == []


def test_an_optimisers_state_has_skipped_steps_only_where_there_are_some():
    w, v = Value(1.0), Value(2.0)
    optimizer = nn.Adam([w, v])
    optimizer.step()
    plain = optimizer.state_dict()
    assert "skipped" not in plain
    w.requires_grad_(False)
    optimizer.step()
    state = optimizer.state_dict()
    assert state["skipped"] == [1, 0]
    optimizer.load_state_dict(plain)
    assert optimizer.state_dict() == plain
    optimizer.load_state_dict(state)
    assert optimizer.state_dict() == state
    with pytest.raises(ArgumentError, match='"skipped" in the state has 1 numbers, but there are 2 parameters'):
        optimizer.load_state_dict(state | {"skipped": [1]})


def test_clipping_leaves_frozen_gradients_out():
    a, b, held = Value(0.0), Value(0.0), Value(0.0)
    a.grad, b.grad, held.grad = 3.0, 4.0, 100.0
    held.requires_grad_(False)
    assert nn.clip_grad_norm_([a, held, b], 1.0) == 5.0
    assert math.hypot(a.grad, b.grad) == pytest.approx(1.0, rel=1e-5)
    assert held.grad == 100.0
    nn.clip_grad_value_([a, held, b], 0.1)
    assert (a.grad, b.grad, held.grad) == (0.1, 0.1, 100.0)


@pytest.mark.parametrize("recorded", [True, False])
def test_fit_trains_the_head_then_all(recorded):
    model, body, head = body_and_head()
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    before, changes = numbers(body), []

    def unfreeze(run):
        changes.append(numbers(body) != before)
        if run.epoch == 3:
            model.requires_grad_(True)

    fit(
        model,
        mse_loss,
        xor(),
        epochs=6,
        batch_size=2,
        optimizer=optimizer,
        seed=0,
        callbacks=[unfreeze],
        recorded=recorded,
        clip_norm=1.0,
        progress=False,
    )
    assert changes == [False, False, False, True, True, True]
    assert optimizer.skipped == [6] * len(body) + [0] * len(head)


def test_fit_gives_the_same_with_and_without_recording():
    found = []
    for recorded in (True, False):
        model, _body, _ = body_and_head()

        def take_turns(run, model=model):
            model.requires_grad_(True)
            model.layers[run.epoch % 3].requires_grad_(False)

        fit(
            model,
            mse_loss,
            xor(),
            epochs=7,
            batch_size=2,
            seed=0,
            callbacks=[take_turns],
            recorded=recorded,
            patience=100,
            validation=xor(),
            progress=False,
        )
        found.append(numbers(model.parameters()))
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_fit_with_everything_frozen_says_so():
    model = MLP(2, [3, 1], seed=0).requires_grad_(False)
    with pytest.raises(ArgumentError, match=r"depends on no Value.*not frozen"):
        fit(model, mse_loss, xor(), epochs=1, progress=False)


def test_a_model_trained_in_two_calls_of_fit():
    model, body, _head = body_and_head()
    before = numbers(body)
    fit(model, mse_loss, xor(), epochs=3, seed=0, progress=False)
    assert numbers(body) == before
    model.requires_grad_(True)
    fit(model, mse_loss, xor(), epochs=3, seed=0, progress=False)
    assert numbers(body) != before


class Halt(Exception):
    """Ends a run as a crash would."""


def finetuned(path, stop_after=None, unfreeze_at=3, epochs=6, frozen=True, **settings):
    """The numbers and the optimiser's state after a run in which a callback unfreezes the body."""
    model = MLP(2, [4, 4, 1], "tanh", seed=0)
    model.layers[0].requires_grad_(not frozen)
    optimizer = nn.Adam(model.parameters(), lr=0.05)

    class Callback:
        def on_step(self, run):
            if run.steps == stop_after:
                raise Halt

        def __call__(self, run):
            if run.epoch == unfreeze_at:
                model.requires_grad_(True)
                model.layers[1].requires_grad_(False)

    try:
        fit(
            model,
            mse_loss,
            xor(),
            epochs=epochs,
            batch_size=2,
            optimizer=optimizer,
            seed=0,
            checkpoint=path,
            callbacks=[Callback()],
            progress=False,
            **settings,
        )
    except Halt:
        return None
    return model.state_dict(), optimizer.state_dict(), [p.requires_grad for p in model.parameters()]


@pytest.mark.parametrize("stop_after", [1, 4, 6, 7, 9, 12])
def test_a_resumed_run_is_frozen_as_it_was(tmp_path, stop_after):
    expected = finetuned(None)
    path = tmp_path / "run.safetensors"
    assert finetuned(nn.Checkpoint(path, every_steps=1), stop_after) is None
    assert finetuned(nn.Checkpoint(path, every_steps=1)) == expected


def test_a_checkpoint_of_a_run_with_other_frozen_parts_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    finetuned(path)
    with pytest.raises(CheckpointError, match=r"other arguments: frozen = 12 of 37 parameters \(now absent\)"):
        finetuned(path, epochs=8, frozen=False)
    _, state, trainable = finetuned(path, epochs=8, frozen=False, resume="override")
    assert state["steps"] == 16
    assert all(trainable)


def test_a_checkpoint_without_frozen_parts_says_nothing_of_them(tmp_path):
    path = tmp_path / "run.safetensors"
    settled(path, epochs=1)
    content = path.read_bytes()
    assert content.count(b"frozen") == 1  # none in what identifies the run, so older checkpoints still fit
    path.write_bytes(content.replace(rb"\"frozen\": [], ", b" " * len(rb"\"frozen\": [], ")))
    assert b"frozen" not in path.read_bytes()
    assert settled(path)[2] == settled(None)[2]


def test_files_of_weights_do_not_say_what_is_frozen(tmp_path):
    model, _body, _head = body_and_head()
    nn.save(model, tmp_path / "model.safetensors")
    assert all(p.requires_grad for p in nn.load(tmp_path / "model.safetensors").parameters())
    other, other_body, other_head = body_and_head(seed=1)
    nn.load(tmp_path / "model.safetensors", other)
    assert numbers(other.parameters()) == numbers(model.parameters())
    other.load_state_dict(model.state_dict())
    assert not any(p.requires_grad for p in other_body)
    assert all(p.requires_grad for p in other_head)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_of_a_model_are_frozen_where_it_is(copied):
    model, body, _head = body_and_head()
    other = copied(model)
    assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in model.parameters()]
    assert other([1.0, 2.0]).data == model([1.0, 2.0]).data
    other.requires_grad_(True)
    assert not any(p.requires_grad for p in body)


def test_summary_counts_what_is_frozen():
    model = MLP(2, [16, 1])
    assert summary(model).frozen == 0
    assert "frozen" not in str(summary(model))
    model.layers[0].requires_grad_(False)
    assert str(summary(model)).splitlines() == [
        "part       kind   shapes         parameters",
        "───────────────────────────────────────────",
        "layer0     Layer  (16, 2), (16)          48",
        "layer1     Layer  (1, 16), (1)           17",
        "───────────────────────────────────────────",
        "total                                    65",
        "trainable                                17",
        "frozen                                   48",
    ]
    assert (summary(model).total, summary(model).frozen) == (65, 48)


def test_a_perceptron_learns_only_what_is_not_frozen():
    either = nn.Perceptron(2)
    either.w[0].requires_grad_(False)
    either.b.requires_grad_(False)
    either.learn([1, 1], 1)
    assert (either.w[0].data, either.w[1].data, either.b.data) == (0.0, 1.0, 0.0)


def test_pictures_keep_the_boxes_of_a_layer_that_is_frozen():
    model = MLP(2, [2, 1], "tanh", seed=0)
    x = [Value(1.0, "x"), Value(2.0, "y")]
    model.layers[0].requires_grad_(False)
    out = model(x)
    out.backward()
    source = autograd.draw(out).source
    for box in ("cluster_layer0.neuron0_1", "cluster_layer0.neuron1_1", "cluster_layer1.neuron0_1"):
        assert box in source
    assert "layer0.neuron0.w0 (frozen)" in source
    assert "layer1.neuron0.w0 (parameter)" in source
    assert 'label="layer0.neuron0.w0' not in source  # it is in the box, and so called w0
    assert "layer0, closed" in autograd.draw(out, fold="layers").source
    (graph,) = autograd.play(out)._data()["graphs"]
    (frozen,) = (node for node in graph["nodes"] if node["name"] == "layer0.neuron0.w0")
    assert (frozen["kind"], frozen["constant"]) == ("constant", True)
