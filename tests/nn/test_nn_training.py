"""fit: that it learns, how it ends, and its errors."""

import os
import random
import signal
import warnings

import pytest
from training_runs import LINE, noisy, sgd

import nn
from autograd import Value, compile
from autograd.errors import ArgumentError, AutogradError
from nn import data
from nn.errors import DivergedError, NotRecordedWarning


def mlp():
    return nn.MLP(2, [5, 2], "tanh", seed=1)


def soft(output, target):
    return nn.cross_entropy(output, target)


def test_full_batch_gradient_descent_step_by_step():
    """Three steps on a line, worked out from the derivatives of the mean squared error."""
    model = nn.MLP(1, [1], seed=0)
    w, b = (p.data for p in model.parameters())
    xs, ys = [-1.0, 0.0, 1.0], [-1.0, 1.0, 3.0]
    expected = []
    for _ in range(3):
        errors = [w * x + b - y for x, y in zip(xs, ys)]
        expected.append(sum(e * e for e in errors) / 3)
        w, b = w - 0.1 * sum(2 * e * x for e, x in zip(errors, xs)) / 3, b - 0.1 * sum(2 * e for e in errors) / 3
    history = nn.fit(model, nn.mse_loss, LINE, epochs=3, batch_size=None, optimizer=sgd(model), progress=False)
    assert history["loss"] == pytest.approx(expected, rel=1e-12)
    assert [p.data for p in model.parameters()] == pytest.approx([w, b], rel=1e-12)


@pytest.mark.parametrize(("batch_size", "steps"), [(None, 4), (1, 12), (2, 8), (3, 4), (100, 4)])
def test_epochs_and_batches_mean_what_the_field_says(batch_size, steps):
    model = nn.MLP(1, [1], seed=0)
    optimizer = sgd(model, 0.01)
    history = nn.fit(model, nn.mse_loss, LINE, epochs=4, batch_size=batch_size, optimizer=optimizer, progress=False)
    assert optimizer.steps == steps
    assert history["epoch"] == [1, 2, 3, 4]
    assert history.ended == "finished"


def test_seeds():
    def run(seed):
        model = nn.MLP(1, [3, 1], "tanh", seed=0)
        nn.fit(model, nn.mse_loss, LINE, epochs=3, batch_size=1, seed=seed, progress=False)
        return model.state_dict()

    assert run(1) == run(1) != run(2)
    random.seed(3)
    first = run(None)
    random.seed(3)
    assert run(None) == first


def written_out(model, loss, examples, metric, epochs, batch_size, seed):
    """What fit does, as a plain loop over lists: the loss and the metric of each epoch."""
    step = compile(lambda x, y: (loss(output := model(x), y), output))
    optimizer, rows = sgd(model), []
    for epoch in range(epochs):
        order = list(range(len(examples)))
        random.Random(f"{seed}, epoch {epoch}").shuffle(order)
        total = right = 0.0
        for i in range(0, len(order), batch_size or len(order)):
            places = order[i : i + (batch_size or len(order))]
            targets = [examples.targets[place] for place in places]
            value, outputs = step.mean([examples.inputs[place] for place in places], targets, has_aux=True)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.data * len(places)
            right += metric(outputs, targets) * len(places) if metric else 0.0
        rows.append((total / len(order), right / len(order)))
    return rows, [p.data for p in model.parameters()]


def mean_of_first(outputs, targets):
    assert type(outputs) is type(outputs[0]) is list
    return sum(output[0] for output in outputs) / len(targets)


@pytest.mark.parametrize("batch_size", [None, 1, 7, 16, 33])
@pytest.mark.parametrize("metric", [None, nn.accuracy, mean_of_first])
@pytest.mark.parametrize(("make", "loss"), [(mlp, nn.cross_entropy), (noisy, nn.cross_entropy), (mlp, soft)])
def test_fit_is_a_plain_loop_to_the_bit(batch_size, metric, make, loss):
    examples, settings = data.moons(33, seed=0), {"epochs": 3, "batch_size": batch_size, "seed": 5}
    if loss is soft:
        examples = data.Dataset(examples.inputs, [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]] * 11)
    random.seed(1)
    expected = written_out(make(), loss, examples, metric, **settings)
    random.seed(1)
    model = make()
    history = nn.fit(
        model, loss, examples, metric=metric, optimizer=sgd(model), validation=examples, progress=False, **settings
    )
    column = history[metric.__name__] if metric else [0.0] * 3
    assert (list(zip(history["loss"], column)), [p.data for p in model.parameters()]) == expected


def test_iris_learns_from_several_beginnings():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    train, test = data.standardize(*data.split(data.iris(), seed=0))
    for seed in range(2):
        model = nn.MLP(4, [8, 3], "tanh", seed=seed)
        history = nn.fit(
            model,
            nn.cross_entropy,
            train,
            epochs=20,
            batch_size=16,
            optimizer=sgd(model, 0.2),
            seed=seed,
            validation=test,
            progress=False,
        )
        assert history["val_accuracy"][-1] >= 0.93
        assert history["loss"][-1] < 0.2 < history["loss"][0]
        assert nn.evaluate(model, nn.cross_entropy, test, nn.accuracy)["accuracy"] == history["val_accuracy"][-1]


def test_metric_of_your_own_and_none():
    def mean_output(outputs, targets):
        return sum(outputs) / len(outputs)

    model = nn.MLP(1, [1], seed=0)
    history = nn.fit(model, nn.mse_loss, LINE, epochs=1, metric=mean_output, progress=False)
    assert history.columns() == ["epoch", "loss", "mean_output", "lr", "seconds"]
    assert nn.fit(model, nn.mse_loss, LINE, epochs=1, progress=False).columns() == ["epoch", "loss", "lr", "seconds"]
    with pytest.raises(ArgumentError, match=r'metric must be a function .* None or "auto", got \'accuracy\''):
        nn.fit(model, nn.mse_loss, LINE, metric="accuracy", progress=False)


def test_accuracy_is_watched_for_losses_of_classification():
    from functools import partial

    model = nn.MLP(2, [2], seed=0)
    for loss in (nn.cross_entropy, partial(nn.cross_entropy, label_smoothing=0.1)):
        assert "accuracy" in nn.fit(model, loss, data.gate("and"), epochs=1, progress=False).columns()


def test_penalty_pulls_and_is_not_in_the_history():
    def run(penalty):
        model = nn.MLP(1, [1], seed=0)
        history = nn.fit(
            model, nn.mse_loss, LINE, epochs=60, batch_size=None, optimizer=sgd(model), penalty=penalty, progress=False
        )
        return model, history

    free, _ = run(None)
    held, history = run(lambda model: nn.l2_penalty(model, 1.0))
    assert abs(held.layers[0].neurons[0].w[0].data) < 0.6 * abs(free.layers[0].neurons[0].w[0].data)
    assert history["loss"][-1] == pytest.approx(nn.evaluate(held, nn.mse_loss, LINE)["loss"], rel=1e-3)


def test_clipping_limits_the_step():
    for option in ({"clip_norm": 0.5}, {"clip_value": 0.25}):
        model = nn.MLP(1, [1], seed=0)
        before = [p.data for p in model.parameters()]
        nn.fit(model, nn.mse_loss, ([[100.0]], [1e4]), epochs=1, optimizer=sgd(model, 1.0), progress=False, **option)
        moved = [abs(p.data - b) for p, b in zip(model.parameters(), before)]
        size = sum(m * m for m in moved) ** 0.5 if "clip_norm" in option else 2 * max(moved)
        assert size == pytest.approx(0.5, rel=1e-5)


def test_schedules_move_every_epoch_or_every_step():
    for every, rates in (("epoch", [0.1, 0.05, 0.025]), ("step", [0.0125, 0.0125 / 8, 0.0125 / 64])):
        model = nn.MLP(1, [1], seed=0)
        optimizer = sgd(model)
        history = nn.fit(
            model,
            nn.mse_loss,
            LINE,
            epochs=3,
            batch_size=1,
            optimizer=optimizer,
            progress=False,
            schedule=nn.ExponentialLR(optimizer, 0.5),
            schedule_every=every,
        )
        assert history["lr"] == pytest.approx(rates)
    with pytest.raises(ArgumentError, match='schedule_every is "epoch" or "step", got \'batch\''):
        nn.fit(model, nn.mse_loss, LINE, schedule_every="batch")


def test_early_stopping_keeps_the_best_weights():
    model = nn.MLP(1, [1], seed=0)
    validation = ([[0.0]], [0.9])
    seen = []
    history = nn.fit(
        model,
        nn.mse_loss,
        LINE,
        epochs=500,
        batch_size=None,
        optimizer=sgd(model, 0.2),
        patience=5,
        validation=validation,
        progress=False,
        callbacks=[lambda run: seen.append(model.state_dict())],
    )
    best = min(range(len(history)), key=history["val_loss"].__getitem__)
    assert history.ended == "stopped early"
    assert len(history) == best + 1 + 5
    assert model.state_dict() == seen[best]


def test_callbacks_see_the_run_and_can_end_it():
    class Watch:
        def __init__(self):
            self.steps, self.epochs = [], []

        def on_step(self, run):
            self.steps.append((run.epoch, run.position, run.steps))

        def __call__(self, run):
            self.epochs.append((run.epoch, run.history[-1]["loss"]))
            if run.epoch == 2:
                run.stop()

    watch = Watch()
    history = nn.fit(
        nn.MLP(1, [1], seed=0), nn.mse_loss, LINE, epochs=9, batch_size=2, callbacks=[watch], progress=False
    )
    assert watch.steps == [(0, 1, 1), (0, 2, 2), (1, 1, 3), (1, 2, 4)]
    assert watch.epochs == [(1, history["loss"][0]), (2, history["loss"][1])]
    assert (len(history), history.ended) == (2, "stopped by a callback")


def test_a_callback_can_end_the_run_within_an_epoch():
    class Stop:
        def on_step(self, run):
            run.stop()

        def __call__(self, run):
            raise AssertionError

    history = nn.fit(nn.MLP(1, [1], seed=0), nn.mse_loss, LINE, batch_size=1, callbacks=[Stop()], progress=False)
    assert len(history) == 0


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_cleanly_with_the_best_weights(presses):
    model = nn.MLP(1, [1], seed=0)
    seen = []

    def press(run):
        seen.append(model.state_dict())
        if run.epoch == 3:
            for _ in range(presses):
                os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    # The learning rate is so high that every epoch is worse than the one before: the first is the best.
    history = nn.fit(
        model,
        nn.mse_loss,
        LINE,
        epochs=50,
        batch_size=None,
        optimizer=sgd(model, 3.0),
        callbacks=[press],
        progress=False,
    )
    assert history.ended == "interrupted"
    assert len(history) == 3
    assert model.state_dict() == seen[0]
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_from_another_thread_does_no_harm():
    import threading

    model, found = nn.MLP(1, [1], seed=0), []
    thread = threading.Thread(target=lambda: found.append(nn.fit(model, nn.mse_loss, LINE, epochs=2, progress=False)))
    thread.start()
    thread.join()
    assert found[0].ended == "finished"


def test_divergence_in_the_forward_pass_is_named():
    model = nn.MLP(1, [1], seed=0)
    with pytest.raises(
        DivergedError,
        match=r"training diverged in epoch \d+, step \d+: mul: .* too large .*"
        r"The largest parameter is layer0.neuron0.. = .*Lower the learning rate",
    ):
        nn.fit(model, nn.mse_loss, LINE, batch_size=None, optimizer=sgd(model, 1e10), epochs=99, progress=False)
    assert all(p.data - p.data == 0 for p in model.parameters())


def test_divergence_in_a_step_names_the_parameter():
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()
    with pytest.raises(
        DivergedError,
        match=r"training diverged in epoch 1, step 1: step 1 would make the parameter "
        r"layer0.neuron0.b inf: it is .* Lower the learning rate, clip",
    ):
        nn.fit(model, nn.mse_loss, LINE, batch_size=None, optimizer=sgd(model, 1e308), epochs=9, progress=False)
    assert model.state_dict() == before


def test_errors_that_are_no_divergence_pass_through():
    def wrong(output, target):
        return (output * 0 - 1).log()

    with pytest.raises(ValueError, match=r"log: x must be > 0, got -1.0"):
        nn.fit(nn.MLP(1, [1], seed=0), wrong, LINE, progress=False)
    with pytest.raises(ArgumentError, match="there are no examples in the data"):
        nn.fit(nn.MLP(1, [1]), nn.mse_loss, data.Dataset([], []), progress=False)


def test_dropout_is_active_in_training_only():
    class Spy(nn.Module):
        def __init__(self):
            self.w, self._modes = Value(1.0), []

        def forward(self, x):
            self._modes.append(self.training)
            return self.w * x[0]

    model = Spy().eval()
    nn.fit(model, nn.mse_loss, LINE, epochs=1, validation=LINE, recorded=False, progress=False)
    assert model._modes == [True] * 3 + [False] * 3
    assert model.training is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"validation": ([], [])}, "fit: there are no examples in the validation data"),
        (
            {"loss": lambda output, target: 0.0},
            r"fit: the loss of all 3 examples of a batch is a plain number, 0.0 on ave",
        ),
        (
            {"loss": lambda output, target: (output.data - target) ** 2},
            "through which no gradient flows. Compute it from",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_named(change, words):
    settings = {"model": nn.Linear(1, 1), "loss": nn.mse_loss, "data": LINE, "progress": False} | change
    for recorded in (True, False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotRecordedWarning)  # the second loss cannot be recorded
            with pytest.raises(AutogradError, match=words):
                nn.fit(recorded=recorded, **settings)


def test_an_optimizer_of_another_model_is_refused():
    model, other = nn.MLP(1, [1], seed=0), nn.MLP(1, [1], seed=0)
    with pytest.raises(ArgumentError, match="the optimizer moves no parameter of this model"):
        nn.fit(model, nn.mse_loss, ([[1.0]], [1.0]), optimizer=nn.SGD(other.parameters(), lr=0.1), progress=False)
    nn.fit(model, nn.mse_loss, ([[1.0]], [1.0]), epochs=1, optimizer=nn.SGD(model.parameters()[:1]), progress=False)


@pytest.mark.parametrize("settings", [{}, {"metric": None}, {"penalty": lambda m: nn.l2_penalty(m, 0.01)}])
@pytest.mark.parametrize(
    "examples", [24, 22]
)  # the last step of an epoch has all its batches, or fewer and shorter ones
def test_accumulated_batches_are_one_large_batch(settings, examples):
    def run(batch_size, batches):
        model = nn.MLP(2, [5, 2], "tanh", seed=0)
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        history = nn.fit(
            model,
            nn.cross_entropy,
            nn.data.moons(examples, seed=0),
            epochs=3,
            batch_size=batch_size,
            accumulate_grad_batches=batches,
            optimizer=optimizer,
            seed=0,
            progress=False,
            clip_norm=0.5,
            **settings,
        )
        return [p.data for p in model.parameters()], history["loss"], optimizer.steps, len(history.rows[0])

    parts, losses, steps, columns = run(4, 2)
    whole, expected, *others = run(8, 1)
    assert parts == pytest.approx(whole, rel=1e-9)
    assert losses == pytest.approx(expected, rel=1e-9)
    assert [steps, columns] == others
    assert run(4, 1)[0] != pytest.approx(whole, rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"accumulate_grad_batches": 0}, "fit: accumulate_grad_batches must be a positive integer, got 0"),
        ({"accumulate_grad_batches": 2, "batch_size": None}, "fit: accumulate_grad_batches needs a batch_size"),
    ],
)
def test_accumulation_that_makes_no_sense(settings, message):
    with pytest.raises(ArgumentError, match=message):
        nn.fit(nn.MLP(1, [1]), nn.mse_loss, LINE, progress=False, **settings)
