"""Training runs on disk: a resumed run goes on as if it had never stopped."""

import random
from functools import partial

import pytest
from training_runs import make_run, noisy, settled

import nn
from autograd.errors import ArgumentError
from nn import data
from nn.errors import CheckpointError


def train(epochs, checkpoint=None, stop_after=None, seed=0, **settings):
    """Everything that a run leaves, after so many epochs, or cut off after a number of steps."""

    class Cut:
        def on_step(self, run):
            if run.steps == stop_after:
                raise InterruptedError

        def __call__(self, run):
            pass

    model = nn.Sequential(
        nn.Linear(2, 3, seed=1), nn.Tanh(), nn.Dropout(0.25, seed=2), nn.Dropout(0.1), nn.Linear(3, 2, seed=3)
    )
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    random.seed(11)
    try:
        history = nn.fit(
            model,
            nn.cross_entropy,
            data.gate("xor"),
            epochs=epochs,
            batch_size=1,
            optimizer=optimizer,
            seed=seed,
            schedule=nn.CosineAnnealingLR(optimizer, 40),
            schedule_every="step",
            patience=30,
            validation=data.gate("xor"),
            checkpoint=checkpoint,
            callbacks=[Cut()],
            progress=False,
            recorded=False,
            **settings,
        )
    except InterruptedError:
        return None
    rows = [{name: x for name, x in row.items() if name != "seconds"} for row in history.rows]
    return model.state_dict(), optimizer.state_dict(), rows, random.getstate()


@pytest.mark.parametrize("stop_after", [1, 2, 4, 5, 11, 19, 20])
@pytest.mark.parametrize("every_steps", [None, 1, 3])
def test_a_resumed_run_goes_on_bit_for_bit(tmp_path, stop_after, every_steps):
    expected = train(5)
    path = tmp_path / "run.safetensors"
    assert train(5, nn.Checkpoint(path, every_steps), stop_after) is None
    random.seed(99)
    assert train(5, nn.Checkpoint(path, every_steps)) == expected
    assert train(5, path) == expected  # a finished run has nothing left to do


def test_a_run_without_a_seed_goes_on_too(tmp_path):
    expected = train(4, seed=None)
    train(4, nn.Checkpoint(tmp_path / "run", 1), stop_after=6, seed=None)
    assert train(4, tmp_path / "run", seed=None) == expected


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    def run():
        model = nn.MLP(1, [1], seed=0)
        history = nn.fit(
            model,
            nn.mse_loss,
            data.line(9, seed=0),
            epochs=99,
            batch_size=None,
            seed=0,
            patience=2,
            optimizer=nn.SGD(model.parameters(), lr=0.3),
            validation=([[0.0]], [0.7]),
            progress=False,
            checkpoint=tmp_path / "run",
        )
        return history.ended, len(history), model.state_dict()

    first = run()
    assert first[0] == "stopped early"
    assert run() == first


def test_more_epochs_may_be_asked_for(tmp_path):
    train(2, tmp_path / "run")
    assert train(5, tmp_path / "run") == train(5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"batch_size": 2},
            "was written by a run with other arguments: batch_size = 3 \\(now 2\\). Go on with the same",
        ),
        ({"seed": 5}, r"arguments: seed = 0 \(now 5\). Go on"),
        ({"schedule": None}, r"arguments: schedule = 'ExponentialLR' \(now None\). Go on"),
        (
            {"model": nn.MLP(2, [2], seed=0)},
            r"parameters = 17 \(now 6\), .*model = Sequential .* \(now MLP Layer Neuron\)",
        ),
        ({"model": noisy(nn.ReLU())}, r"arguments: model = Sequential .* Tanh Dropout \(now .* ReLU Dropout\). Go"),
        ({"model": noisy(p=0.5)}, r"Dropout.p = \[0.25, 0.1\] \(now \[0.5, 0.1\]\), model = .* \(now with other"),
        ({"model": nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))}, r"model = Sequential .* Dropout \(now Sequen"),
        (
            {"clip_norm": 2.0, "clip_value": 0.5},
            r"arguments: clip_norm = None \(now 2.0\), clip_value = None \(now 0.5\)",
        ),
        ({"penalty": nn.l2_penalty}, r"arguments: penalty = None \(now l2_penalty\)"),
        ({"loss": lambda output, target: output[0]}, r"arguments: loss = cross_entropy \(now <lambda>\)"),
        ({"kind": nn.SGD}, r"arguments: optimizer = 'Adam' \(now 'SGD'\). Go on"),
        ({"lr": 0.1}, r"arguments: optimizer.lr = 0.05 \(now 0.1\). Go on"),
        ({"betas": (0.8, 0.999)}, r"arguments: optimizer.betas = \[0.9, 0.999\] \(now \[0.8, 0.999\]\). Go on"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, message):
    path = tmp_path / "run.safetensors"
    nn.Checkpoint(path).save(make_run())
    run = make_run(**change)
    before, state = run.model.state_dict(), random.getstate()
    with pytest.raises(CheckpointError, match=message):
        nn.Checkpoint(path).resume(run)
    assert run.model.state_dict() == before
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": 0.05}, r"optimizer.lr = 0.1 \(now 0.05\)"),
        ({"momentum": 0.9}, r"optimizer.momentum = 0.5 \(now 0.9\)"),
        ({"act": "relu"}, r"Neuron.activation = \['tanh', None\] \(now \['relu', None\]\)"),
        ({"kind": nn.Adam}, r"optimizer = 'SGD' \(now 'Adam'\)"),
        ({"loss": nn.l1_loss}, r"loss = mse_loss \(now l1_loss\)"),
        ({"penalty": lambda model: nn.l2_penalty(model, 0.1)}, r"penalty = None \(now <lambda>\)"),
        ({"clip_value": 0.01}, r"clip_value = None \(now 0.01\)"),
        ({"batch_size": 2}, r"batch_size = 3 \(now 2\)"),
        ({"seed": 1}, r"seed = 0 \(now 1\)"),
        ({"examples": data.line(9, seed=1)}, r"data \(other examples\)"),
    ],
)
def test_new_arguments_are_listed_and_taken_on_request(tmp_path, change, words):
    path = tmp_path / "run"
    *_, rows = settled(path)
    with pytest.raises(CheckpointError, match=rf"{words}.* take the new ones with fit\(…, resume=\"override\"\)"):
        settled(path, epochs=4, **change)
    _, other, more = settled(path, epochs=4, resume="override", **change)
    assert more[:2] == rows
    assert [row["epoch"] for row in more] == [1, 2, 3, 4]
    assert more != settled(tmp_path / "other", epochs=4)[2] or "act" in change
    assert type(other) is change.get("kind", nn.SGD)
    for name in {"lr", "momentum"} & set(change):
        assert getattr(other, name) == change[name] == more[-1].get(name, change[name])
    settled(path, epochs=5, **change)  # and from there on these are the arguments
    with pytest.raises(CheckpointError):
        settled(path, epochs=6)


def test_a_schedule_goes_on_where_it_was_from_another_rate(tmp_path):
    def run(lr, epochs, schedule=True, **settings):
        model = nn.MLP(1, [1], seed=0)
        optimizer = nn.SGD(model.parameters(), lr=lr)
        history = nn.fit(
            model,
            nn.mse_loss,
            data.line(9, seed=0),
            epochs=epochs,
            seed=0,
            optimizer=optimizer,
            checkpoint=tmp_path / "run",
            progress=False,
            **settings,
            schedule=nn.ExponentialLR(optimizer, 0.5) if schedule else None,
        )
        return history["lr"]

    run(0.1, 2)
    assert run(0.2, 4, resume="override") == pytest.approx([0.1, 0.05, 0.05, 0.025])
    assert run(0.3, 5, schedule=False, resume="override")[4:] == [0.3]
    assert run(0.8, 6, resume="override")[5:] == pytest.approx([0.8 / 2**5])
    with pytest.raises(ArgumentError, match='fit: resume must be "same" or "override", got True'):
        run(0.1, 2, resume=True)


def test_the_same_objects_may_go_on(tmp_path):
    """A cell of a notebook that is run again: the optimiser is as the schedule, or a callback, left it."""
    model = nn.MLP(1, [1], seed=0)
    for with_schedule in (True, False):
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        schedule = nn.ExponentialLR(optimizer, 0.5) if with_schedule else None
        for epochs in (2, 4):
            history = nn.fit(
                model,
                nn.mse_loss,
                data.line(9, seed=0),
                epochs=epochs,
                seed=0,
                optimizer=optimizer,
                schedule=schedule,
                checkpoint=tmp_path / str(with_schedule),
                progress=False,
                callbacks=[] if with_schedule else [lambda run: vars(run.optimizer).update(lr=0.05)],
            )
        assert history["lr"] == pytest.approx([0.1, 0.05, 0.025, 0.0125] if with_schedule else [0.1, 0.05, 0.05, 0.05])


def test_validation_and_metric_may_come_and_go(tmp_path):
    def run(epochs, **settings):
        return settled(tmp_path / "run", epochs=epochs, **settings)[2]

    assert list(run(1)[0]) == ["epoch", "loss", "lr"]
    rows = run(3, validation=data.line(5, seed=2), patience=9)
    assert [list(row) for row in rows] == [["epoch", "loss", "lr"]] + [["epoch", "loss", "val_loss", "lr"]] * 2
    assert run(4, metric=nn.r2_score)[:3] == rows
    rows = run(5, validation=data.line(5, seed=2))
    assert [row.get("val_loss") is not None for row in rows] == [False, True, True, False, True]
    assert [row["loss"] for row in rows] == [row["loss"] for row in settled(tmp_path / "other", epochs=5)[2]]


def test_with_other_validation_the_best_is_looked_for_anew(tmp_path):
    """Without that, no loss of far-away data would ever be the best."""
    settled(tmp_path / "run", epochs=2)
    model, _, rows = settled(tmp_path / "run", epochs=4, validation=([[100.0]], [0.0]), patience=9)
    seen = nn.evaluate(model, nn.mse_loss, ([[100.0]], [0.0]))["loss"]
    assert seen == min(row["val_loss"] for row in rows[2:])


def losses_of_one_name():
    def made(factor):
        def loss(output, target):
            return factor * (output - target) ** 2

        return loss

    return [
        made(1.0),
        made(2.0),
        lambda o, t: (o - t) ** 2,
        lambda o, t: abs(o - t),
        partial(scaled, factor=2.0),
        partial(scaled, factor=3.0),
        Scaled(2.0),
        Scaled(3.0),
    ]


def scaled(output, target, factor):
    return factor * (output - target) ** 2


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, output, target):
        return self.factor * (output - target) ** 2


@pytest.mark.parametrize("pair", range(4))
def test_functions_of_one_name_are_told_apart(tmp_path, pair):
    first, second = losses_of_one_name()[2 * pair : 2 * pair + 2]
    settled(tmp_path / "run", loss=first)
    settled(tmp_path / "run", loss=losses_of_one_name()[2 * pair], epochs=3)
    with pytest.raises(CheckpointError, match=r"arguments: loss = .* \(now with other code or numbers\). Go on"):
        settled(tmp_path / "run", loss=second, epochs=4)


def test_a_model_file_is_no_checkpoint(tmp_path):
    nn.save(nn.Linear(2, 2), tmp_path / "model")
    with pytest.raises(CheckpointError, match="is not the checkpoint of a training run of this model, or is damaged"):
        nn.Checkpoint(tmp_path / "model").resume(make_run())
    assert nn.Checkpoint(tmp_path / "nothing").resume(make_run()) is False
