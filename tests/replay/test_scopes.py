"""Scopes: which operations of a recording belong to which, and that nothing else depends on them."""

import itertools
import threading

import pytest

import nn
from autograd import Value, compile, cos, exp, grad, scope, sin, tanh, where
from autograd.errors import ArgumentError
from autograd.replay.recorder import described


def scopes_of(f, *args):
    """For each operation of a recording the name of its primitive and its scope, in the order of the tape."""
    step = compile(f)
    step(*args)
    tape = step.program().tape
    return [
        (described(tape.rule[place]).name, tape.scopes[tape.scope_of[place]][0])
        for place in range(tape.count)
        if tape.rule[place] != -1 and tape.a[place] >= 0 and place not in tape.inputs and not is_leaf(tape, place)
    ]


def is_leaf(tape, place):
    return tape.number_at(place) is not None or tape.rule[place] < 0


def test_scopes_nest_and_end():
    def f(x):
        with scope("a"):
            y = sin(x)
            with scope("b"):
                y = cos(y)
            with scope("c"), scope("d"):
                y = exp(y)
            y = tanh(y)
        return -y

    found = [("sin", "a"), ("cos", "a.b"), ("exp", "a.c.d"), ("tanh", "a"), ("neg", "")]
    assert scopes_of(f, 0.5) == found


def test_a_scope_may_be_opened_again():
    def f(x):
        for _ in range(2):
            with scope("a"):
                x = sin(x)
        return x

    assert scopes_of(f, 0.5) == [("sin", "a"), ("sin", "a")]


def test_an_exception_ends_a_scope():
    def f(x):
        for error in (ValueError, KeyboardInterrupt, GeneratorExit):
            try:
                with scope("a"), scope("b"):
                    x = sin(x)
                    raise error
            except BaseException:
                x = cos(x)
        return x

    assert scopes_of(f, 0.5) == [("sin", "a.b"), ("cos", "")] * 3


def test_an_interrupt_leaves_nothing_behind():
    stop = [True]

    def f(x):
        with scope("a"):
            x = sin(x)
            if stop:
                raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        compile(f)(0.5)
    stop.clear()
    assert scopes_of(f, 0.5) == [("sin", "a")]
    assert scopes_of(lambda x: sin(x), 0.5) == [("sin", "")]


def test_a_scope_is_a_decorator_of_functions_that_call_themselves():
    @scope("deep")
    def deep(x, n):
        return cos(deep(sin(x), n - 1)) if n else exp(x)

    assert scopes_of(lambda x: -deep(x, 2), 0.5) == [
        ("sin", "deep"),
        ("sin", "deep.deep"),
        ("exp", "deep.deep.deep"),
        ("cos", "deep.deep"),
        ("cos", "deep"),
        ("neg", ""),
    ]


def test_threads_record_in_scopes_of_their_own():
    turns, found = threading.Barrier(2), {}

    @scope("shared")
    def shared(x):
        turns.wait(10)
        return cos(x)

    def record(name):
        def f(x):
            with scope(name):
                x = sin(x)
                turns.wait(10)
                x = shared(x)
                turns.wait(10)
                return exp(x)

        found[name] = scopes_of(f, 0.5)

    threads = [threading.Thread(target=record, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("one", "two"):
        assert found[name] == [("sin", name), ("cos", f"{name}.shared"), ("exp", name)]


def test_a_generator_keeps_its_scope_open_between_items():
    def sines(x):
        with scope("inside"):
            for _ in range(2):
                x = sin(x)
                yield x

    def f(x):
        return cos(list(sines(x))[-1])

    assert scopes_of(f, 0.5) == [("sin", "inside"), ("sin", "inside"), ("cos", "")]


def test_both_sides_of_a_choice_have_scopes():
    def side(name, function):
        def scoped(x):
            with scope(name):
                return function(x)

        return scoped

    def f(x):
        return where(x > 0.0, lambda: side("left", sin)(x), lambda: side("right", cos)(x))

    assert {("sin", "left"), ("cos", "right"), ("where", "")} <= set(scopes_of(f, 0.5))


def test_modules_are_scopes_by_their_paths():
    class Net(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 3, seed=0)
            self.rest = [nn.MLP(3, [2, 1], seed=1)]

        def forward(self, x):
            return self.rest[0]([tanh(y) for y in self.first(x)])

    net = Net()
    step = compile(lambda x: net(x))
    step([0.1, 0.2])
    scopes = {run.scope for run in step.program().runs}
    assert {"first", "rest0.layer0", "rest0.layer1"} <= scopes | {path for path, _ in step.program().tape.scopes}
    assert all("Net" not in path for path in scopes)


def test_a_module_is_called_in_the_scopes_around_it():
    first, second = nn.Linear(1, 1, seed=0), nn.Linear(1, 1, seed=1)

    def f(x):
        with scope("loss"):
            return second(first(x))

    step = compile(f)
    step([0.5])
    paths = {path for path, _ in step.program().tape.scopes}
    assert "loss" in paths
    assert all(path in ("", "loss") or path.startswith("loss.") for path in paths)


def test_a_module_that_fails_ends_its_scope():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError

    fails, works = Fails(), nn.Linear(1, 1, seed=0)

    def f(x):
        try:
            fails(x)
        except ValueError:
            return sin(x[0]) + works(x)

    step = compile(f)
    step([0.5])
    scopes = {run.scope for run in step.program().runs}
    assert all("Fails" not in path for path in scopes)


def test_recordings_may_differ_in_their_scopes_alone():
    names = itertools.count()

    def f(x):
        with scope(f"call{next(names)}"):
            return sin(x) * 2.0

    step = compile(f)
    assert [step(Value(0.5)).data for _ in range(4)] == [f(0.5)] * 4
    assert step.stats()[0]["fallbacks"] == 0


def test_an_operation_that_is_known_keeps_its_first_scope():
    def f(x):
        with scope("a"):
            y = sin(x)
        with scope("b"):
            return sin(x) * y

    assert scopes_of(f, 0.5) == [("sin", "a"), ("mul", "b")]


def test_derivatives_inside_a_scope_belong_to_it():
    def f(x):
        with scope("slope"):
            return grad(lambda t: sin(t) * t)(x)

    assert {path for _, path in scopes_of(f, 0.5)} == {"slope"}


def test_outside_a_recording_a_scope_does_nothing():
    with scope("a"):
        y = sin(Value(0.5))
        assert scopes_of(lambda x: cos(x), 0.5) == [("cos", "")]
    assert type(y) is Value


@pytest.mark.parametrize("name", ["", None, 3, b"a", ["a"]])
def test_a_scope_needs_a_name(name):
    with pytest.raises(ArgumentError, match=r"scope: expected a name, such as 'attention', got"):
        scope(name)
