"""Random numbers in a recording are drawn as the function itself would draw them, and at no other time."""

import copy
import pickle
import random
import threading
from contextvars import ContextVar
from random import Random

import numpy as np
import pytest
from replaying import plain

import autograd
import nn
from autograd import Value, compile, derivatives, grad, hessian, is_recording, jvp, mean, no_grad, random_numbers, where
from autograd.errors import DomainError, NumberTypeError, RecordingError, RecordingWarning
from autograd.nested import map_numbers, numbers_in

XS = [0.5, -1.25, 2.0, 0.75, 1.5, -0.5, 3.0]


class Noise:
    """Functions that draw from generators of their own, and from the module `random`."""

    def __init__(self):
        self.one, self.other, self.w = Random(1), Random(2), Value(3.0)

    def f(self, x):
        one, other, shared = map(random_numbers, (self.one, self.other, random))
        return (self.w * x * one() - other() * shared() + one()).tanh() + shared()

    def states(self):
        return self.one.getstate(), self.other.getstate(), random.getstate()


def alike(work, kind=Noise, rounding=0.0):
    """Whether `work(step, the object)` gives the same with a compiled function and the function itself, and leaves the
    same states of the generators, at each of several calls, which give different results.

    rounding  for derivatives, whose terms are added in another order
    """
    found = []
    for compiled in (True, False):
        random.seed(7)
        noise = kind()
        step = compile(noise.f) if compiled else _Itself(noise.f)
        found.append([])
        for _ in range(4):
            found[-1].append((numbers_in(map_numbers(plain, work(step, noise))), noise.states()))
    for (numbers, states), (expected, expected_states) in zip(*found, strict=True):
        assert numbers == (pytest.approx(expected, rel=rounding) if rounding else expected)
        assert states == expected_states
    return found[0][0][0] != found[0][-1][0]


class _Itself:
    """What a compiled function is to give."""

    def __init__(self, function):
        self.function = self.__call__ = function

    def __call__(self, *args):
        return self.function(*args)

    def mean(self, *batches):
        return mean([self.function(*example) for example in zip(*batches)])

    def map(self, *batches):
        with no_grad():
            return [map_numbers(plain, self.function(*example)) for example in zip(*batches)]


@pytest.mark.parametrize(
    "work",
    [
        lambda step, noise: step(0.5),
        lambda step, noise: step(Value(0.5)),
        lambda step, noise: no_grad()(step)(0.5),
        lambda step, noise: step.map(XS),
        lambda step, noise: step.mean(XS),
        lambda step, noise: step.mean(np.array(XS)),
        lambda step, noise: step.map(np.array(XS)),
        lambda step, noise: step.mean(XS * 13),
        lambda step, noise: [step(0.5), step.mean(XS[:2]), step.map(XS), step(-1.0)],
    ],
)
def test_they_are_those_of_the_function_itself(work):
    assert alike(work)


@pytest.mark.parametrize(
    "work",
    [
        lambda step, noise: grad(step)(0.5),
        lambda step, noise: hessian(step)(0.5),
        lambda step, noise: jvp(step, (0.5,), (2.0,)),
        lambda step, noise: derivatives(step(Value(0.5)), noise.w, create_graph=True),
    ],
)
def test_derivatives_are_taken_at_the_numbers_drawn(work):
    assert alike(work, rounding=1e-13)


@pytest.mark.parametrize(
    "around",
    [
        lambda f: grad(f),
        lambda f: grad(grad(f)),
        lambda f: compile(f),
        lambda f: lambda x: f(x) * f(x + 1.0),
        lambda f: lambda x: jvp(f, (x,), (1.0,))[1] + f(x),
        lambda f: lambda x: [f(x), f(0.25)],
        lambda f: no_grad()(f),
    ],
)
def test_they_are_drawn_wherever_the_function_draws(around):
    class Around(Noise):
        def __init__(self):
            super().__init__()
            self.f = around(super().f)

    assert alike(lambda step, noise: step(0.5), Around, rounding=1e-13)
    assert alike(lambda step, noise: step.map(XS), Around, rounding=1e-13)


def test_recording_draws_nothing():
    noise = Noise()
    step, before = compile(noise.f), noise.states()
    recorder = autograd.replay.recorder.Recorder()
    with autograd.engine.recording(recorder):
        noise.f(recorder.input("number"))
    assert noise.states() == before
    step(0.5)
    assert noise.states() != before


def failing(low):
    """Its logarithm fails for about half of the numbers."""

    class Failing(Noise):
        def f(self, x):
            return (self.w * x + random_numbers(self.one)() - low).log() * random_numbers(self.other)()

    return Failing


@pytest.mark.parametrize("call", [lambda step: step(0.0), lambda step: step.mean([0.0] * 4 + [-1.0, 1.0])])
def test_where_a_replay_fails_the_function_draws_the_same(call):
    def work(step, noise):
        try:
            return call(step)
        except DomainError as error:
            return str(error)

    assert alike(work, failing(0.5))


def test_a_function_that_catches_the_failure_draws_the_same():
    class Catching(failing(0.5)):
        def f(self, x):
            try:
                return super().f(x)
            except DomainError:
                return random_numbers(self.one)() + x

    with pytest.warns(RecordingWarning, match="the result of log is not finite"):
        assert alike(lambda step, noise: [step(0.0) for _ in range(8)], Catching)


def test_without_a_fallback_nothing_is_drawn():
    generator = Random(0)
    # Only with the number that was drawn does it fail, which the message must know.
    step = compile(lambda x: (x + 1e-9 - random_numbers(generator)()).log(), fallback=False)
    before = generator.getstate()
    for rows in ([0.0], [0.0, 0.0], np.array([0.0, 0.0])):
        for call in (step.mean, step.map):
            with pytest.raises(RecordingError, match="cannot be replayed: the result of log is not finite"):
                call(rows)
    with pytest.raises(RecordingError, match="cannot be replayed: the result of log is not finite"):
        step(0.0)
    assert generator.getstate() == before


def test_where_recording_fails_the_function_draws_the_same():
    class Failing(Noise):
        def f(self, x):
            y = super().f(x) * random.random()
            if is_recording():
                raise KeyError(x)
            return y

    with pytest.warns(RecordingWarning, match="recording it fails with KeyError"):
        assert alike(lambda step, noise: [step(0.5), step.mean(XS)], Failing)


def test_arguments_that_are_refused_draw_nothing():
    noise = Noise()
    step = compile(noise.f)
    step(1.0)
    before = noise.states()
    for wrong in (float("nan"), 2**60 + 1):
        with pytest.raises(ValueError, match=r"."):
            step(wrong)
    assert noise.states() == before


def test_the_graph_behind_a_result_has_the_numbers_drawn_for_it():
    noise = Noise()
    step, x = compile(noise.f), Value(0.5)
    results = [step(x), step(x), step.mean([x, Value(2.0)]), step.mean(np.array([0.5, 2.0]))]
    before = noise.states()
    for result in results:
        again = copy.copy(result.parents[0])
        assert again.data == pytest.approx(result.data, rel=1e-15)
        assert pickle.loads(pickle.dumps(result)).data == pytest.approx(result.data, rel=1e-15)
        first = derivatives(result, noise.w, create_graph=True)
        assert first.data == pytest.approx(derivatives(result, noise.w), rel=1e-12)
        assert derivatives(first, noise.w) != 0.0
        autograd.draw(result)
        autograd.replay.expand.expand_replays(result)
    assert len({result.data for result in results}) == 4
    step.draw()
    assert noise.states() == before


def test_the_graph_behind_a_result_inside_another_recording():
    noise = Noise()
    y = compile(noise.f)(Value(0.5))
    slope, before = derivatives(y, noise.w), noise.states()
    outer = compile(lambda x: x * derivatives(y, noise.w))
    assert [outer(2.0), outer(3.0)] == pytest.approx([2 * slope, 3 * slope], rel=1e-12)
    assert noise.states() == before


def test_the_graph_behind_a_result_draws_nothing():
    generator, count = Random(0), ContextVar("count", default=1)  # which no recording can notice
    step = compile(lambda x: sum((x * random_numbers(generator)() for _ in range(count.get())), 0.0))
    results = [step(Value(1.0)) for _ in range(2)]
    count.set(2)
    state = generator.getstate()
    assert [copy.copy(result.parents[0]).data for result in results] == [result.data for result in results]
    assert generator.getstate() == state


def test_nested_compiled_functions_draw_in_order():
    generator = Random(0)
    inner = compile(lambda x: x + random_numbers(generator)())

    def outer(x):
        return inner(x) * random_numbers(generator)() + inner.mean([x, 2 * x]) + sum(inner.map([1.0, x]))

    found = []
    for function in (compile(outer), outer):
        generator.seed(3)
        found.append([function(1.5) for _ in range(4)] + [generator.random()])
    assert found[0] == found[1]


def test_a_side_of_where_cannot_draw():
    generator = Random(0)

    def f(x):
        return where(x > 0, lambda: x * random_numbers(generator)(), 1.0)

    def catches(x):
        try:
            return f(x)
        except RecordingError:
            return x

    line = f.__code__.co_firstlineno + 1
    for function in (f, catches):
        with pytest.raises(
            RecordingError,
            match=rf"compile: random numbers are drawn inside a side of where\(\), at test_random_numbers\.py:{line}\. "
            r"The function itself draws them only if that side is chosen, .* Draw them before where\(\)\.",
        ):
            compile(function)(1.0)
    before = generator.getstate()
    assert compile(lambda x: where(1.0, lambda: x * random_numbers(generator)(), 1.0))(1.0) != 1.0  # no choice at all
    assert generator.getstate() != before


def test_what_is_no_generator_is_refused():
    for wrong in (None, 0, random.random, np.random.default_rng(0), np.random, Random):
        with pytest.raises(
            NumberTypeError, match=r"random_numbers: expected a random\.Random or the module random, got "
        ):
            random_numbers(wrong)
    assert 0.0 <= random_numbers(random.SystemRandom())() < 1.0
    with pytest.raises(RecordingError, match=r"needs a generator whose state can be set, .*; a SystemRandom has none"):
        compile(lambda x: x * random_numbers(random.SystemRandom())())(1.0)


def test_what_it_returned_cannot_be_kept():
    kept, generator = [], Random(0)

    def f(x):
        if not kept:
            kept.append(random_numbers(generator))
        return x * kept[0]()

    compile(f)(1.0)
    for call in (kept[0], lambda: compile(f)(1.0)):
        with pytest.raises(
            RecordingError, match=r"what it returned .* is called after that\. Call random_numbers each"
        ):
            call()
    outside = random_numbers(generator)  # the method `random`: drawn at recording, and noticed at the second call
    step = compile(lambda x: x * outside())
    step(1.0)
    with pytest.raises(RecordingError, match="was not the same at its second call"):
        step(1.0)


@pytest.mark.parametrize("generator", [Random(0), random])
def test_drawing_in_two_ways_is_refused_at_the_first_call(generator):
    step = compile(lambda x: x * random_numbers(generator)() + generator.random())
    before = generator.getstate()
    for _ in range(2):
        with pytest.raises(
            RecordingError, match=r"by random_numbers\(\), and in another way as well\. Draw all of them"
        ):
            step(1.0)
        assert generator.getstate() == before


def test_a_decision_on_one_is_refused():
    with pytest.raises(RecordingError, match="a decision on a number that depends on the inputs would freeze"):
        compile(lambda x: x if random_numbers(random)() < 0.5 else -x)(1.0)


def test_other_generators_at_the_second_call_are_refused():
    step = compile(lambda x: x * random_numbers(Random(0))())
    step(1.0)
    with pytest.raises(RecordingError, match="was not the same at its second call"):
        step(1.0)


@pytest.mark.parametrize(
    "generator", [Random(0), random, np.random.default_rng(0), np.random.RandomState(0), np.random]
)
def test_a_call_that_is_refused_draws_nothing(generator):
    box = [generator]
    for function in (lambda x: x + box[0].random(), lambda x: x + (box[0].random() < 2)):
        step = compile(function)
        step(1.0)
        before = pickle.dumps(_state(generator))
        with pytest.raises(RecordingError, match=r"at its second call|draws random numbers"):
            step(1.0)
        assert pickle.dumps(_state(generator)) == before


def _state(generator):
    if hasattr(generator, "getstate"):
        return generator.getstate()
    return generator.get_state() if hasattr(generator, "get_state") else generator.bit_generator.state


def test_a_generator_that_moves_elsewhere_is_not_recorded_anew():
    generator = Random(0)
    step = compile(lambda x: x * random_numbers(generator)())
    for _ in range(5):
        step(1.0)
        generator.gauss(0, 1)  # of its two numbers one is kept
    assert step.cache_info().misses == 1


def test_a_class_derived_from_random_draws_by_its_own_method():
    class Halves(Random):
        def random(self):
            return super().random() / 2

    class Half(Noise):
        def __init__(self):
            super().__init__()
            self.one = Halves(1)

    assert alike(lambda step, noise: step.mean(XS), Half)


def test_threads_draw_from_generators_of_their_own():
    found = {}

    def work(seed):
        generator = Random(seed)
        step = compile(lambda x: x + random_numbers(generator)())
        found[seed] = [number for _ in range(20) for number in step.map([1.0, 2.0])]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, numbers in found.items():
        generator = Random(seed)
        assert numbers == [float(x) + generator.random() for _ in range(20) for x in (1, 2)]


# Dropout, which draws so.


class Dropping(nn.Module):
    """A network with Dropout in three places, one of them with a generator of its own, and a compiled method."""

    def __init__(self):
        self.body = nn.Sequential(
            nn.Linear(3, 4, seed=0), nn.Dropout(0.5, seed=1), nn.Tanh(), nn.Dropout(0.25), nn.Linear(4, 3, seed=2)
        )
        self.last = nn.Dropout(0.125, seed=self.body[1]._rng)

    def forward(self, x):
        return sum(self.last(self.body(x)))

    def f(self, x):
        return self(x)

    def states(self):
        return self.last._rng.getstate(), random.getstate()

    step = compile(forward)


ROWS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [0.0, 1.0, -2.0]]


def test_dropout_draws_as_the_function_itself_does():
    assert alike(lambda step, model: step(ROWS[0]), Dropping)
    assert alike(lambda step, model: step.map(ROWS), Dropping)
    assert alike(lambda step, model: [step.mean(ROWS), step.mean(np.array(ROWS)), step(ROWS[1])], Dropping)


def test_dropout_of_plain_numbers_gives_plain_numbers():
    dropout, itself = nn.Dropout(0.5, seed=1), nn.Dropout(0.5, seed=1)
    step = compile(dropout)
    for x in ([1.0, -2.0, 3.0], [0.5, -0.0, -1.0], [-3.0, 2.0, -1.0]):
        assert repr(step(x)) == repr(itself(x))
    assert repr(step.map([x, x])) == repr([itself(x), itself(x)])


def test_a_compiled_function_notices_another_mode_and_another_p():
    def work(step, model):
        found = [step(ROWS[0])]
        model.eval()
        found += [step(ROWS[0]), step.mean(ROWS)]
        model.train()
        model.body[1].p = 0.75 - model.body[1].p / 3
        found += [step(ROWS[0]), step.map(ROWS)]
        model.body[3].p = 0
        found += [step(ROWS[0])]
        model.body[3].p, model.body[3]._rng = 0.5, Random(len(found))
        return [*found, step(ROWS[0])]

    with pytest.warns(RecordingWarning, match="it was recorded anew"):
        assert alike(work, Dropping)


def test_copies_of_a_model_with_dropout_draw_for_themselves():
    model = Dropping()
    model.step(ROWS[0])
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        expected = copy.deepcopy(model)
        for _ in range(3):
            random.seed(0)
            found = twin.step(ROWS[0])
            random.seed(0)
            assert found.data == expected(ROWS[0]).data
        assert model.last._rng.getstate() != twin.last._rng.getstate() == expected.last._rng.getstate()


def test_the_gradient_goes_through_the_mask_that_was_drawn():
    model = Dropping()
    for _ in range(5):
        random.seed(0)
        state = model.last._rng.getstate()
        slopes = derivatives(model.step(ROWS[0]), model.parameters())
        random.seed(0)
        model.last._rng.setstate(state)
        assert slopes == pytest.approx(derivatives(model(ROWS[0]), model.parameters()), rel=1e-13)
