"""fit: that it learns, what it shows and keeps, how it ends, and its errors."""

import csv
import itertools
import os
import random
import re
import signal
import warnings
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

import nn
from autograd import Value, no_grad
from autograd.engine import is_recording
from autograd.errors import ArgumentError, AutogradError
from nn import batchloss, data
from nn.errors import DivergedError, NotRecordedWarning, ReplayDiffersError

LINE = ([[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0])


def sgd(model, lr=0.1, **settings):
    return nn.SGD(model.parameters(), lr=lr, **settings)


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


def test_iris_learns_from_several_beginnings():
    pytest.importorskip("sklearn")
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


def learnt(recorded, model=None, examples=None, loss=nn.cross_entropy, **settings):
    model = model or nn.MLP(2, [4, 2], "tanh", seed=0)
    history = nn.fit(
        model,
        loss,
        examples or data.moons(20, seed=0),
        epochs=3,
        batch_size=6,
        seed=0,
        validation=examples or data.moons(10, seed=1),
        recorded=recorded,
        progress=False,
        **settings,
    )
    return model.state_dict(), [{name: x for name, x in row.items() if name != "seconds"} for row in history.rows]


@pytest.mark.parametrize(
    ("loss", "outs", "examples"),
    [
        (nn.cross_entropy, 2, None),
        (nn.mse_loss, 1, data.line(20, seed=0)),
        (nn.huber_loss, 1, data.line(20, seed=0)),
        (nn.l1_loss, 1, data.line(20, seed=0)),
        (nn.binary_cross_entropy_with_logits, 1, None),
        (nn.hinge_loss, 1, data.Dataset(data.moons(20, seed=0).inputs, [-1, 1] * 10)),
        (nn.cross_entropy, 3, data.Dataset([[0.1, 0.2], [0.5, 0.1]] * 4, [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]] * 4)),
    ],
)
def test_recorded_and_not_recorded_learn_alike(loss, outs, examples):
    nin = len((examples or data.moons(4)).inputs[0])
    a, b = (learnt(recorded, nn.MLP(nin, [4, outs], "tanh", seed=0), examples, loss) for recorded in (True, False))
    assert a[0] == pytest.approx(b[0], rel=1e-9)
    for ours, theirs in zip(a[1], b[1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9)


def test_examples_of_different_lengths_and_lookups_are_recorded():
    vocabulary = data.Vocabulary(["ab", "abc", "b"])
    words = vocabulary.examples(["ab", "abc", "b", "ab", "abc"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a, b = (learnt(recorded, nn.GPT(4, 5, 4, 2, seed=0), words, metric=None) for recorded in (True, False))
    assert a[0] == pytest.approx(b[0], rel=1e-8)
    assert a[1][-1] == pytest.approx(b[1][-1], rel=1e-9)
    assert a[1][-1]["loss"] < a[1][0]["loss"]


def test_what_cannot_be_recorded_runs_with_a_warning():
    class Branches(nn.Module):
        def __init__(self):
            self.w = Value(0.5)

        def forward(self, x):
            return self.w * x[0] if x[0] > 0 else self.w

    with pytest.warns(NotRecordedWarning, match="this model runs example by example, which is slower, since it cannot"):
        found = learnt(True, Branches(), data.line(20, seed=0), nn.mse_loss)
    assert found == learnt(False, Branches(), data.line(20, seed=0), nn.mse_loss)


@pytest.mark.parametrize("decide", [lambda x, y: y == 1, lambda x, y: random.random() < 0.5, lambda x, y: y in (1, 2)])
def test_what_a_recording_would_freeze_is_noticed(decide):
    def loss(output, y):
        return output * output if decide(output, y) else output * 3

    model = nn.MLP(2, [1], seed=0)
    with pytest.warns(NotRecordedWarning, match="this model runs example by example"):
        nn.fit(model, loss, data.moons(20, seed=0), epochs=1, progress=False)


def test_dropout_is_drawn_anew_for_every_example():
    def model():
        return nn.Sequential(nn.Linear(2, 4, seed=0), nn.Dropout(0.5, seed=1), nn.Linear(4, 2, seed=2))

    with pytest.warns(
        NotRecordedWarning,
        match=r"since it cannot be recorded: Dropout in training mode draws random "
        r"numbers, .* Call model.eval\(\), or train with nn.fit, which runs",
    ):
        found = learnt(True, model())
    assert found == learnt(False, model())
    assert (
        found[0]
        != learnt(False, nn.Sequential(nn.Linear(2, 4, seed=0), nn.Dropout(0.5, seed=3), nn.Linear(4, 2, seed=2)))[0]
    )


class Line(nn.Module):
    """A line, with what a test puts into `forward`."""

    def __init__(self, change=lambda y: y):
        self.w, self.b, self._change = Value(0.5), Value(0.25), change

    def forward(self, x):
        return self._change(self.w * x[0] + self.b)


def only_while_recording(error):
    """A function that raises `error` when it is recorded, and returns its argument otherwise."""

    def change(y):
        if is_recording():
            raise error
        return y

    return change


@pytest.mark.parametrize("error", [KeyError("t"), TypeError(), ValueError(), AttributeError(), AssertionError()])
@pytest.mark.parametrize(
    "work",
    [
        lambda model: nn.fit(model, nn.mse_loss, LINE, epochs=2, seed=0, progress=False)["loss"],
        lambda model: nn.evaluate(model, nn.mse_loss, LINE),
        lambda model: nn.predict(model, LINE[0]),
    ],
)
def test_any_error_of_recording_alone_leaves_it_to_the_model(error, work):
    with pytest.warns(NotRecordedWarning, match="this model runs example by example") as caught:
        found = work(Line(only_while_recording(error)))
    assert len(caught) == 1
    assert found == pytest.approx(work(Line()), rel=1e-12)


def test_what_the_model_itself_raises_comes_out():
    def refuse(y):
        raise LookupError("no such class")

    for work in (
        lambda model: nn.fit(model, nn.mse_loss, LINE, progress=False),
        lambda model: nn.evaluate(model, nn.mse_loss, LINE),
        lambda model: nn.predict(model, LINE[0]),
    ):
        with pytest.raises(LookupError, match="no such class") as caught:
            work(Line(refuse))
        assert caught.value.__context__ is None


def test_an_error_of_a_later_replay_is_left_to_the_model():
    """Recorded and compared well, and refused from the third epoch on."""
    model = Line()

    def refuse(run):
        if run.epoch == 2:
            run.batch.recorded.mean = run.batch.recorded.map = None

    with pytest.warns(NotRecordedWarning, match="TypeError: 'NoneType' object is not callable"):
        found = nn.fit(model, nn.mse_loss, LINE, epochs=5, seed=0, callbacks=[refuse], progress=False)
    assert found["loss"] == nn.fit(Line(), nn.mse_loss, LINE, epochs=5, seed=0, progress=False)["loss"]


def test_a_body_frozen_by_no_grad_stays_as_it_is():
    class Transfer(nn.Module):
        def __init__(self):
            self.body, self.head = nn.Layer(2, 4, "tanh", seed=0), nn.Linear(4, 1, seed=1)

        def forward(self, x):
            with no_grad():
                h = self.body(x)
            return self.head(h)

    def trained(recorded):
        model = Transfer()
        nn.fit(
            model,
            nn.binary_cross_entropy_with_logits,
            data.moons(20, seed=0),
            epochs=2,
            seed=0,
            recorded=recorded,
            progress=False,
        )
        return model.state_dict()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotRecordedWarning)  # recorded or not, it is right
        found = trained(True)
    assert found == pytest.approx(trained(False), rel=1e-12)
    assert found["body.neuron0.w0"] == Transfer().body.neurons[0].w[0].data != found["head.neuron0.w0"]


def replaying(monkeypatch, wrong, from_the=0):
    """From replay number `from_the` on, let replays give wrong(results)."""
    count, right = itertools.count(), batchloss.BatchLoss._replayed

    def replayed(self, how, examples):
        found = right(self, how, examples)
        return wrong(found) if next(count) >= from_the else found

    monkeypatch.setattr(batchloss.BatchLoss, "_replayed", replayed)


def steeper(slope):
    """A mean loss and outputs, with a gradient of the loss that is `slope` times as large."""
    return lambda found: (slope * found[0] + (1 - slope) * found[0].data, found[1])


def test_the_comparison_covers_gradients(monkeypatch):
    replaying(monkeypatch, steeper(1 + 1e-8))
    with pytest.warns(NotRecordedWarning, match=r"gives another gradient than the model itself \([wb]: .* for "):
        nn.fit(Line(), nn.mse_loss, LINE, epochs=1, progress=False)


def test_a_gradient_that_cancels_is_compared_with_its_terms(monkeypatch):
    """The terms of this gradient are 1e8 times its size, and the order of adding may change it by 1e-8."""

    def cancelling(y):
        return 1e8 * y - (1e8 - 1) * y

    replaying(monkeypatch, steeper(1 + 1e-5))
    with pytest.warns(NotRecordedWarning):
        nn.fit(Line(), nn.mse_loss, LINE, epochs=1, progress=False)
    monkeypatch.undo()
    replaying(monkeypatch, steeper(1 + 1e-8))
    nn.fit(Line(cancelling), lambda y, t: y, LINE, epochs=1, progress=False)


def test_the_comparison_leaves_random_generators_alone():
    import numpy

    class Noisy(Line):
        def __init__(self):
            super().__init__()
            self._rng, self.dropout = random.Random(5), nn.Dropout(0.5, seed=7)

        def forward(self, x):
            noise = random.random() + self._rng.random() + float(numpy.random.random())  # noqa: NPY002  the generator that all share
            return super().forward(x) * noise + self.dropout(x[0])

    def states(recorded):
        random.seed(3)
        numpy.random.seed(3)  # noqa: NPY002  that very one
        model = Noisy()
        history = nn.fit(model, nn.mse_loss, LINE, epochs=2, seed=0, recorded=recorded, progress=False)
        return (
            history["loss"],
            model.state_dict(),
            random.getstate(),
            numpy.random.get_state()[1].tolist(),  # noqa: NPY002
            model._rng.getstate(),
            model.dropout._rng.getstate(),
        )

    with pytest.warns(NotRecordedWarning):
        found = states(True)
    assert found == states(False)


def test_replays_are_compared_again_as_time_goes_by(monkeypatch):
    """A comparison takes one second of this clock, and a step thirty: so the fourth step after it is compared."""
    clock, compared, difference = [0.0], [], batchloss._difference

    def slow(replayed, itself, model):
        compared.append(clock[0])
        clock[0] += 1.0
        return difference(replayed, itself, model)

    monkeypatch.setattr(batchloss, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(batchloss, "_difference", slow)

    class Tick:
        def on_step(self, run):
            clock[0] += 30.0

        def __call__(self, run):
            pass

    nn.fit(Line(), nn.mse_loss, LINE, epochs=10, callbacks=[Tick()], progress=False)
    assert compared == [0.0, 121.0, 242.0, 303.0]  # and once at the end


def test_a_difference_found_later_is_an_error():
    """A ContextVar is a state that no recording can notice."""
    factor = ContextVar("factor", default=1.0)

    def change(run):
        if run.epoch == 2:
            factor.set(2.0)

    with pytest.raises(
        ReplayDiffersError,
        match="a replay of this model gives other numbers than the model itself, as "
        "it did not when they were compared before: what was computed in bet",
    ):
        nn.fit(Line(lambda y: factor.get() * y), nn.mse_loss, LINE, epochs=4, callbacks=[change], progress=False)


def test_a_new_recording_that_differs_is_left_to_the_model():
    """What was handed out before came from another recording, which was right."""
    model = Line()

    def change(run):
        if run.epoch == 2:  # the new activation is noticed, and the number that it draws is not
            model._change = lambda y: random.random() * y
            run.batch.recorded.cache_clear()
            run.batch.misses = -1

    with pytest.warns(NotRecordedWarning, match="this model runs example by example"):
        history = nn.fit(model, nn.mse_loss, LINE, epochs=4, callbacks=[change], progress=False)
    assert len(history) == 4


def test_an_overflow_after_the_last_step_is_no_concern_of_fit():
    def limited(y):
        if not is_recording() and abs(y.data) > 1e3:
            raise OverflowError
        return y

    model = Line(limited)
    history = nn.fit(model, nn.mse_loss, LINE, epochs=2, optimizer=sgd(model, 1e3), progress=False)
    assert history.ended == "finished"


def test_a_difference_in_a_later_validation_is_an_error():
    factor = ContextVar("factor", default=1.0)
    run = nn.Run(
        Line(lambda y: factor.get() * y),
        nn.mse_loss,
        data.as_dataset(LINE),
        sgd(Line()),
        epochs=1,
        batch_size=None,
        seed=0,
        validation=data.as_dataset(LINE),
    )
    run.check.all(run.validation)
    factor.set(2.0)
    run.check.all(run.validation)  # not every time
    with pytest.raises(ReplayDiffersError):
        run.check.finish()


def test_evaluate_begins_again_where_a_difference_is_found(monkeypatch):
    """Nobody has seen a number yet, so evaluate and predict can still give the right ones."""
    inputs = [[float(i)] for i in range(600)]
    right = nn.predict(Line(), inputs)
    replaying(monkeypatch, lambda found: [(loss, 2 * y) for loss, y in found], from_the=3)
    with pytest.warns(NotRecordedWarning, match="a replay of this model gives other numbers"):
        assert nn.predict(Line(), inputs) == right


@pytest.mark.parametrize(
    "as_given",
    [
        lambda x, y, numpy: (x, [bool(t) for t in y]),
        lambda x, y, numpy: (numpy.array(x), numpy.array(y) == 1),
        lambda x, y, numpy: (numpy.asfortranarray(x), numpy.array(y)),
        lambda x, y, numpy: (numpy.repeat(numpy.array(x), 2, axis=0)[::2], numpy.array(y)[::-1][::-1]),
        lambda x, y, numpy: (numpy.array([x, x]).transpose(1, 2, 0)[:, :, 1], numpy.array(y, dtype=numpy.int8)),
    ],
)
def test_bools_and_arrays_of_any_order_are_numbers(as_given):
    import numpy

    examples = data.moons(20, seed=0)
    loss = nn.binary_cross_entropy_with_logits

    def work(*examples):
        model = nn.MLP(2, [3, 1], seed=0)
        history = nn.fit(model, loss, examples, epochs=2, batch_size=7, seed=0, validation=examples, progress=False)
        return (
            history["loss"],
            history["val_accuracy"],
            nn.evaluate(model, loss, examples, nn.accuracy),
            nn.predict(model, examples[0]),
        )

    found = as_given(examples.inputs, examples.targets, numpy)
    assert work(*found) == work(examples.inputs, examples.targets)


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
    settings = {"model": Line(), "loss": nn.mse_loss, "data": LINE, "progress": False} | change
    for recorded in (True, False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotRecordedWarning)  # the second loss cannot be recorded
            with pytest.raises(AutogradError, match=words):
                nn.fit(recorded=recorded, **settings)


def test_a_parameter_that_is_replaced_is_noticed():
    model = nn.MLP(1, [1], seed=0)

    def replace(run):
        if run.epoch == 1:
            model.layers[0].neurons[0].b = Value(5.0)

    history = nn.fit(
        model,
        nn.mse_loss,
        LINE,
        epochs=2,
        batch_size=None,
        optimizer=sgd(model, 0.0),
        validation=LINE,
        callbacks=[replace],
        progress=False,
    )
    w = model.layers[0].neurons[0].w[0].data
    assert history["loss"][1] == pytest.approx(sum((w * x + 5.0 - y) ** 2 for x, y in zip((-1, 0, 1), LINE[1])) / 3)
    assert history["val_loss"][1] == pytest.approx(history["loss"][1])


def test_progress_bar_shows_loss_metric_and_speed(capsys):
    pytest.importorskip("tqdm")
    nn.fit(nn.MLP(2, [2], seed=0), nn.cross_entropy, data.gate("or"), epochs=3, batch_size=2)
    shown = capsys.readouterr().err
    assert "epoch 3/3" in shown
    assert "6/6" in shown
    assert "step/s" in shown
    assert re.search(r"loss \d\.\d{4}, accuracy \d+\.\d %", shown)


def test_without_tqdm_there_is_no_bar(monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm", None)
    nn.fit(nn.MLP(1, [1], seed=0), nn.mse_loss, LINE, epochs=1)
    assert capsys.readouterr().err == ""


def test_history(tmp_path):
    history = nn.fit(
        nn.MLP(2, [2], seed=0), nn.cross_entropy, data.gate("or"), epochs=3, progress=False, validation=data.gate("or")
    )
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"] == history.to_dict()["val_loss"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert history[-1]["epoch"] == 3
    assert repr(history).startswith("<History: epoch 3, loss ")
    with pytest.raises(KeyError, match="the history has no column 'acc'; it has epoch, loss, accuracy"):
        history["acc"]
    assert repr(nn.History()) == "<History: empty>"


def test_an_optimizer_of_another_model_is_refused():
    model, other = nn.MLP(1, [1], seed=0), nn.MLP(1, [1], seed=0)
    with pytest.raises(ArgumentError, match="the optimizer moves no parameter of this model"):
        nn.fit(model, nn.mse_loss, ([[1.0]], [1.0]), optimizer=nn.SGD(other.parameters(), lr=0.1), progress=False)
    nn.fit(model, nn.mse_loss, ([[1.0]], [1.0]), epochs=1, optimizer=nn.SGD(model.parameters()[:1]), progress=False)
