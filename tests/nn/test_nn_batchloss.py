"""A replayed model gives what the model itself gives, or the model runs itself, or there is an error."""

import itertools
import random
import warnings
from contextvars import ContextVar
from types import SimpleNamespace

import numpy
import pytest
from training_runs import LINE, sgd

import nn
from autograd import Value, no_grad, where
from autograd.engine import is_recording
from autograd.errors import RecordingWarning
from nn import batchloss, data
from nn.errors import NotRecordedWarning, ReplayDiffersError


def learnt(recorded, model=None, examples=None, loss=nn.cross_entropy, **settings):
    model = model or nn.MLP(2, [4, 2], "tanh", seed=0)
    history = nn.fit(
        model,
        loss,
        examples or data.moons(20, seed=0),
        seed=0,
        validation=examples or data.moons(10, seed=1),
        recorded=recorded,
        progress=False,
        **{"epochs": 3, "batch_size": 6} | settings,
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


class Dropping(nn.Module):
    """Dropout in several places: with a generator of its own, with a shared one, and with Python's `random`."""

    def __init__(self, seed=1):
        self.layers = [nn.Linear(2, 4, seed=0), nn.Tanh(), nn.Linear(4, 1, seed=2)]
        self.drops = [nn.Dropout(0.5, seed=seed), nn.Dropout(0.25), nn.Dropout(0.125)]
        self.drops[2]._rng = self.drops[0]._rng

    def forward(self, x):
        x = self.drops[1](self.layers[1](self.drops[0](self.layers[0](x))))
        return self.layers[2](self.drops[2](x))


def with_states(recorded, model=None, **settings):
    """What was learnt, and the states in which that left the random generators."""
    random.seed(3)
    model = model or Dropping()
    found = learnt(recorded, model, loss=nn.mse_loss, **settings)
    return found, random.getstate(), [drop._rng and drop._rng.getstate() for drop in model.drops]


@pytest.fixture
def recordings_only():
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotRecordedWarning)
        yield


def test_dropout_learns_the_same_to_the_bit(recordings_only):
    """Example by example, and with one output: each gradient has one term, and no order of adding."""
    found = with_states(True, batch_size=1, epochs=8)
    assert found == with_states(False, batch_size=1, epochs=8)
    assert found[0] != with_states(True, Dropping(seed=4), batch_size=1, epochs=8)[0]


@pytest.mark.parametrize("as_given", [list, tuple, numpy.array])
def test_dropout_is_drawn_in_the_order_of_the_examples(as_given, recordings_only):
    examples = data.Dataset(as_given(data.moons(20, seed=0).inputs), as_given(data.moons(20, seed=0).targets))
    found, *states = with_states(True, examples=examples, epochs=4)
    expected, *expected_states = with_states(False, examples=examples, epochs=4)
    assert states == expected_states
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert [row["loss"] for row in found[1]] == pytest.approx([row["loss"] for row in expected[1]], rel=1e-12)


def test_losses_under_dropout_are_the_same_to_the_bit(recordings_only):
    """With weights that stay as they are, so do the sums."""
    found, expected = (
        with_states(recorded, model, optimizer=sgd(model, 0.0), epochs=10)
        for recorded, model in ((True, Dropping()), (False, Dropping()))
    )
    assert found == expected
    assert len({row["loss"] for row in found[0][1]}) == 10


def test_comparing_again_and_again_draws_nothing(recordings_only, monkeypatch):
    found = with_states(True, batch_size=1)
    monkeypatch.setattr(batchloss, "INTERVAL", 0)
    assert with_states(True, batch_size=1) == found


def test_examples_of_different_lengths_draw_in_the_same_order(recordings_only):
    class Padded(Dropping):
        def forward(self, x):
            return super().forward([sum(x), x[0]])

    examples = data.Dataset([[0.5], [1.0, -1.0], [0.25], [2.0, 1.0, 0.5], [1.5, 0.5]] * 3, [0, 1, 0, 1, 1] * 3)
    (found, *states), (expected, *others) = (with_states(r, Padded(), examples=examples) for r in (True, False))
    assert states == others
    assert found[0] == pytest.approx(expected[0], rel=1e-12)


def test_a_dropout_that_changes_while_training(recordings_only):
    """p by a callback, as a schedule would do it; switched off; and switched on again."""

    def change(run):
        run.model.drops[0].p = [0.5, 0.25, 0.0, 0.75, 0.5][run.epoch]
        run.model.drops[1].train(run.epoch != 2)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)  # it is recorded anew, more often than usual
        found = with_states(True, batch_size=1, epochs=4, callbacks=[change])
    assert found == with_states(False, batch_size=1, epochs=4, callbacks=[change])


def test_a_new_recording_given_up_draws_what_the_model_would():
    """It is right at the first replay, and refused when it is compared."""

    class Changing(Dropping):
        def __init__(self):
            super().__init__()
            self._change = abs

        def forward(self, x):
            return self._change(super().forward(x))

    def change(run):
        if run.epoch == 2:
            run.model._change = lambda y: random.random() * y

    settings = {"batch_size": 1, "epochs": 4, "callbacks": [change]}
    with pytest.warns(NotRecordedWarning, match="this model runs example by example"):
        found = with_states(True, Changing(), **settings)
    assert found == with_states(False, Changing(), **settings)


def test_dropout_inside_a_side_of_where_is_left_to_the_model():
    class Choosing(Dropping):
        def forward(self, x):
            y = super().forward(x)
            return where(x[0], lambda: self.drops[0](y), y)

    with pytest.warns(NotRecordedWarning, match=r"random numbers are drawn inside a side of where\(\)"):
        found = with_states(True, Choosing(), batch_size=1)
    assert found == with_states(False, Choosing(), batch_size=1)


def test_a_model_given_up_later_draws_what_it_would_have_drawn():
    """The first replays are right; then the model begins to decide by an input."""

    class Changing(Dropping):
        def __init__(self):
            super().__init__()
            self._decides = False

        def forward(self, x):
            y = super().forward(x)
            return y if not self._decides or x[0] > 0 else -y

    def change(run):
        run.model._decides = run.epoch >= 2

    with pytest.warns(NotRecordedWarning, match="this model runs example by example"):
        found = with_states(True, Changing(), batch_size=1, epochs=4, callbacks=[change])
    assert found == with_states(False, Changing(), batch_size=1, epochs=4, callbacks=[change])


def test_a_generator_without_a_state_is_left_to_the_model():
    model = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Dropout(0.5, seed=random.SystemRandom()))
    with pytest.warns(NotRecordedWarning, match="a SystemRandom has none"):
        assert len(learnt(True, model)[1]) == 3


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
            run.batch.recorded.mean_into = lambda flat, rows: None

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
    class Noisy(Line):
        def __init__(self):
            super().__init__()
            self._rng, self.dropout = random.Random(5), nn.Dropout(0.5, seed=7)

        def forward(self, x):
            noise = random.random() + self._rng.random() + float(numpy.random.random())  # noqa: NPY002 - the shared generator is what is tested
            return super().forward(x) * noise + self.dropout(x[0])

    def states(recorded):
        random.seed(3)
        numpy.random.seed(3)  # noqa: NPY002 - the shared generator
        model = Noisy()
        history = nn.fit(model, nn.mse_loss, LINE, epochs=2, seed=0, recorded=recorded, progress=False)
        return (
            history["loss"],
            model.state_dict(),
            random.getstate(),
            numpy.random.get_state()[1].tolist(),  # noqa: NPY002 - the shared generator
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
    replaying(monkeypatch, lambda found: (found[0], [2 * y for y in found[1]]), from_the=3)
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
