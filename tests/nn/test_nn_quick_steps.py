"""The steps of `fit` that build no graph: bit for bit those that do, and only where nothing else looks at the graph."""

import random

import pytest

import autograd
import nn
from nn.errors import DivergedError
from nn.run import Run

# Without the compiled engine there are no such steps; tests/native/test_native.py fails if it is missing though there
# is a compiler.
pytestmark = pytest.mark.skipif(autograd.backend != "native", reason="plain Python has no steps without a graph")

LOGISTIC = nn.binary_cross_entropy_with_logits
LOSSES = {
    "cross_entropy": (nn.cross_entropy, 3, lambda rng: rng.randrange(3)),
    "hinge_loss": (nn.hinge_loss, 1, lambda rng: rng.choice([-1, 1])),
    "logistic": (LOGISTIC, 1, lambda rng: rng.choice([0, 1])),
    "mse_loss": (nn.mse_loss, 1, lambda rng: rng.gauss(0, 1)),
    "several numbers": (nn.mse_loss, 2, lambda rng: [rng.gauss(0, 1), rng.gauss(0, 1)]),
}


def trained(loss, outputs, target, monkeypatch, quick, optimizer=nn.Adam, **options):
    """What training leaves behind, and how many steps were quick."""
    taken, quick_step = [], Run._quick_step

    def counted(run, examples):
        found = quick_step(run, examples) if quick else None
        taken.append(found is not None)
        return found

    monkeypatch.setattr(Run, "_quick_step", counted)
    rng = random.Random(1)
    model = nn.MLP(4, [5, outputs], "tanh", seed=0)
    data = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(70)], [target(rng) for _ in range(70)]
    seen = []

    class Watcher:
        def __call__(self, run):
            pass

        def on_step(self, run):
            seen.append(autograd.read_grad(run.optimizer.params).tolist())

    history = nn.fit(
        model,
        loss,
        data,
        epochs=3,
        batch_size=16,
        optimizer=optimizer(model.parameters(), lr=0.05),
        seed=0,
        callbacks=[Watcher()],
        progress=False,
        **options,
    )
    columns = {name: history[name] for name in history.columns() if name != "seconds"}
    return [p.data for p in model.parameters()], columns, seen, sum(taken)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
def test_quick_steps_change_no_bit(name, optimizer, monkeypatch):
    *found, quick = trained(*LOSSES[name], monkeypatch, True, optimizer)
    *expected, none = trained(*LOSSES[name], monkeypatch, False, optimizer)
    assert found == expected
    assert quick >= 10
    assert none == 0


def test_quick_steps_with_clipped_gradients_and_a_schedule(monkeypatch):
    class Scheduled(nn.Adam):
        def __init__(self, parameters, lr):
            super().__init__(parameters, lr=lr)
            self.schedule = nn.CosineAnnealingLR(self, 15)

        def step(self):
            super().step()
            self.schedule.step()

    found = [trained(*LOSSES["mse_loss"], monkeypatch, quick, Scheduled, clip_norm=0.1) for quick in (True, False)]
    assert found[0][:3] == found[1][:3]
    assert found[0][3] >= 10


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"penalty": lambda model: nn.l2_penalty(model, 1e-3)}, id="penalty"),
        pytest.param({"metric": lambda outputs, targets: 0.0}, id="a metric of one's own"),
        pytest.param({"recorded": False}, id="not recorded"),
    ],
)
def test_where_there_are_none(change, monkeypatch):
    assert trained(*LOSSES["cross_entropy"], monkeypatch, True, **change)[3] == 0


def test_parameters_that_are_not_trained_get_their_gradients(monkeypatch):
    """The optimiser moves a part of the model: then gradients go to the rest as well, by the usual way."""
    model = nn.MLP(2, [3, 1], seed=0)
    data = nn.data.moons(40, seed=0)
    optimizer = nn.SGD(model.layers[1].parameters(), lr=0.1)
    nn.fit(model, LOGISTIC, data, epochs=2, optimizer=optimizer, seed=0, progress=False)
    assert any(p.grad for p in model.layers[0].parameters())


def test_dropout_draws_the_same_numbers(monkeypatch):
    def run():
        model = nn.Sequential(nn.Linear(2, 8, seed=0), nn.Tanh(), nn.Dropout(0.5, seed=3), nn.Linear(8, 1, seed=1))
        nn.fit(model, LOGISTIC, nn.data.moons(40, seed=0), epochs=3, seed=0, progress=False)
        return [p.data for p in model.parameters()]

    expected = run()
    monkeypatch.setattr(Run, "_quick_step", lambda run, examples: None)
    assert run() == expected


def test_what_changes_during_training_is_noticed():
    """A global that the model reads is changed by a callback, and the next step uses the new one."""
    factor = [1.0]

    class Scaled(nn.Module):
        def __init__(self):
            self.inner = nn.MLP(2, [4, 1], "tanh", seed=0)

        def forward(self, x):
            return self.inner(x) * factor[0]

    def run(recorded):
        factor[0] = 1.0
        model = Scaled()

        def change(run):
            factor[0] += 0.5

        nn.fit(
            model,
            nn.mse_loss,
            ([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]] * 8, [0.1, 0.2, 0.3] * 8),
            epochs=3,
            batch_size=8,
            callbacks=[change],
            seed=0,
            recorded=recorded,
            progress=False,
        )
        return [p.data for p in model.parameters()]

    assert run(True) == pytest.approx(run(False), rel=1e-12)


def test_frozen_in_between(monkeypatch):
    def run(quick):
        if not quick:
            monkeypatch.setattr(Run, "_quick_step", lambda run, examples: None)
        model = nn.MLP(2, [3, 1], seed=0)

        def freeze(run):
            model.layers[0].requires_grad_(run.epoch % 2 == 0)

        data = nn.data.moons(40, seed=0)
        nn.fit(model, LOGISTIC, data, epochs=5, callbacks=[freeze], seed=0, progress=False)
        return [p.data for p in model.parameters()]

    assert run(True) == run(False)


def test_divergence_says_the_same(monkeypatch):
    def message():
        model = nn.MLP(1, [2, 1], "tanh", seed=0)
        optimizer = nn.SGD(model.parameters(), lr=1e154)
        with pytest.raises(DivergedError) as error:
            nn.fit(
                model,
                nn.mse_loss,
                ([[1.0], [2.0], [3.0]], [1e3, 2e3, 3e3]),
                epochs=50,
                batch_size=1,
                optimizer=optimizer,
                seed=0,
                progress=False,
            )
        return str(error.value), [p.data for p in model.parameters()]

    expected = message()
    monkeypatch.setattr(Run, "_quick_step", lambda run, examples: None)
    assert message() == expected
