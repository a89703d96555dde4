"""A rule that a user has registered, in a recording: only its functions are called, all else stays as fast as it is."""

import gc
import sys
import threading
from math import isfinite
from random import Random

import numpy as np
import pytest
from own_rules import forget
from replaying import plain

import autograd
from autograd import Interval, Value, compile, derivatives, grad, hessian, mean, where
from autograd.errors import DomainError, RecordingError, RecordingWarning
from autograd.replay.machine import Machine, PythonMachine
from autograd.table.registry import RULES

W = [Value(number) for number in (0.75, -1.25, 0.5)]
COUNTS = [1, 2, 3, 4, 15, 16, 17, 33, 150]  # of examples: one by one, part of a tile, several tiles


@pytest.fixture(autouse=True)
def own():
    """Rules of one's own: of one input, of two with a domain, of three."""
    autograd.rule("own_cube", "x ** 3 + tanh(x)", "3 * x ** 2 + 1 - tanh(x) ** 2")
    autograd.rule("own_root", "sqrt(x) * y", "y / (2 * sqrt(x))", "sqrt(x)", domain={"x": Interval(0.0)})
    autograd.rule("own_mix", "x * y - z / (1 + y * y)", "y", "x + 2 * y * z / (1 + y * y) ** 2", "-1 / (1 + y * y)")
    return autograd


def loss(x):
    """With rules of one's own on numbers of every kind: inputs, Values, what is the same for all examples, guarded."""
    own = autograd
    same = own.own_cube(W[0]) + own.own_root(W[0] * W[0], W[1])  # for all examples
    mixed = own.own_mix(x[0], W[1], own.own_cube(x[1])) + own.own_mix(W[0], x[1], 0.5)
    guarded = where(x[0], lambda: own.own_root(x[0], W[2]) * x[1], lambda: own.own_cube(x[1] * W[2]))
    return (mixed * same).tanh() + guarded + own.own_root(x[1] * x[1] + 0.25, x[0])


def rows(count):
    random = Random(count)
    # What is guarded would fail at x[0] = 0.
    return [[random.choice([0.0, random.uniform(0.1, 2.0)]), random.gauss(0.0, 1.0)] for _ in range(count)]


def machine_of(step):
    return next(iter(step._recordings)).machine


@pytest.mark.parametrize("count", COUNTS)
def test_a_rule_of_ones_own_gives_the_same_to_the_bit(count):
    step, xs = compile(loss), rows(count)
    eager = [loss(list(map(Value, x))) for x in xs]
    assert step.map(xs) == step.map(np.array(xs)) == [y.data for y in eager]
    assert [step(x).data for x in xs[:5]] == [y.data for y in eager[:5]]
    found = step.mean(xs)
    assert found.data == mean(eager).data
    assert derivatives(found, W) == pytest.approx(derivatives(mean(eager), W), rel=1e-12)
    inputs = [list(map(Value, x)) for x in xs]
    leaves = [v for x in inputs for v in x]
    expected = derivatives(mean(list(map(loss, inputs))), leaves)
    assert derivatives(step.mean(inputs), leaves) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert all(stats["fallbacks"] == 0 for stats in step.stats())


@pytest.mark.parametrize("count", COUNTS)
def test_both_machines_give_the_same(count):
    step, xs = compile(loss), rows(count)
    step.map(xs)
    program = machine_of(step).program
    (numbers, slopes, origin), (expected, others, same_origin) = (
        machine.run(xs, program.results, program.results, 1 / count, [0, 1])
        for machine in (Machine(program), PythonMachine(program))
    )
    assert numbers[: len(expected)] == expected
    assert origin == same_origin
    assert list(slopes[0]) == pytest.approx(list(others[0]), rel=1e-12, abs=1e-15)


@pytest.mark.skipif(autograd.backend != "native", reason="there is one machine in plain Python")
def test_the_program_of_a_rule_of_ones_own_stays_compiled():
    step = compile(loss)
    step([1.0, 2.0])
    assert type(machine_of(step)).__name__ == "NativeMachine"


def test_derivatives_of_a_rule_of_ones_own():
    for x in (0.5, -1.5):
        assert compile(grad(autograd.own_cube))(x) == grad(autograd.own_cube)(x)
        assert grad(compile(autograd.own_cube))(x) == pytest.approx(grad(autograd.own_cube)(x), rel=1e-15)
        assert hessian(compile(autograd.own_cube))(x) == pytest.approx(hessian(autograd.own_cube)(x), rel=1e-14)


def counting(monkeypatch, name, wanted=None):
    """Have a rule count the calls of its functions, in a list of their operands."""
    calls, rule = [], RULES[name]
    value, slopes = rule.value, rule.slopes

    def counted(function, which):
        def call(*operands):
            calls.append((which, *operands))
            if wanted:
                wanted(which, *operands)
            return function(*operands)

        return call

    monkeypatch.setitem(vars(rule), "value", counted(value, "value"))
    monkeypatch.setitem(vars(rule), "slopes", tuple(counted(slope, i) for i, slope in enumerate(slopes)))
    return calls


@pytest.mark.parametrize("count", COUNTS)
def test_it_is_called_once_an_example_in_order(count, monkeypatch):
    step = compile(lambda x: autograd.own_root(x * 2.0, W[0]) * x)
    step.mean([1.0, 2.0])
    calls = counting(monkeypatch, "own_root")
    xs = [1.0 + i for i in range(count)]
    step.map(xs)
    assert calls == [("value", 2 * x, 0.75) for x in xs]
    calls.clear()
    step.mean(xs)
    assert [call[1] for call in calls if call[0] == "value"] == [2 * x for x in xs]
    assert [call for call in calls if call[0] == 1] == [(1, 2 * x, 0.75, 0.75 * (2 * x) ** 0.5) for x in xs]
    assert not [call for call in calls if call[0] == 0]  # no gradient is wanted there


def test_it_is_not_called_where_a_guard_does_not_hold(monkeypatch):
    step = compile(lambda x: where(x, lambda: autograd.own_root(x, W[0]), 7.0))
    step.mean([1.0, 2.0])
    calls = counting(monkeypatch, "own_root")
    xs = [0.0 if i % 3 else 1.0 + i for i in range(40)] + [0.0]
    found = step.mean(xs)
    assert found.data == mean([W[0] * x**0.5 if x else 7.0 for x in xs]).data
    assert isfinite(derivatives(found, W[0]))
    assert all(call[1] != 0.0 for call in calls)
    assert step.mean([0.0] * 20).data == 7.0


@pytest.mark.parametrize("count", [1, 3, 20])
def test_where_it_has_no_value_the_function_itself_says_so(count):
    step = compile(lambda x: autograd.own_root(x, W[0]) + x)
    step.mean([1.0, 2.0])
    xs = [1.0] * (count - 1) + [-1.0]
    for call in (step.mean, step.map):
        with pytest.raises(DomainError, match=r"own_root: x must be >= 0, got -1\.0"):
            call(xs)
    strict = compile(lambda x: autograd.own_root(x, W[0]) + x, fallback=False)
    with pytest.raises(RecordingError, match="the result of own_root is not finite"):
        strict.mean(xs)


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, OverflowError])
@pytest.mark.parametrize("which", ["value", 0])
def test_errors_of_arithmetic_are_left_to_the_function_itself(error, which, monkeypatch):
    def fail(called, x, *others):
        if called == which and x == 5.0:
            raise error

    step = compile(lambda x: autograd.own_cube(x) * W[0])
    step.mean([Value(1.0), Value(2.0)])
    counting(monkeypatch, "own_cube", fail)
    machine = machine_of(step)
    results = machine.program.results
    assert machine.run([[Value(5.0)]], results, results, 1.0, [0]) is None
    assert machine.run([[Value(float(i))] for i in range(20)], results, results, 1.0, [0]) is None
    assert machine.run([[Value(1.0)]], results, results, 1.0, [0]) is not None


class Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, LookupError, Stop])
@pytest.mark.parametrize("which", ["value", 0])
def test_any_other_error_comes_out_and_leaves_nothing_behind(error, which, monkeypatch):
    raised = error("here")

    def fail(called, x, *others):
        if failing and called == which and x == 18.0:
            raise raised

    step, xs = compile(lambda x: autograd.own_cube(x) * W[0]), [float(i) for i in range(40)]
    failing = False
    expected = derivatives(step.mean(list(map(Value, xs))), W[0])
    counting(monkeypatch, "own_cube", fail)
    counts = []
    for _ in range(3):
        failing = True
        for inputs in ([Value(18.0)], list(map(Value, xs))):
            with pytest.raises(error, match="here") as caught:
                step.mean(inputs)
            assert caught.value is raised
            raised.__traceback__ = raised.__context__ = None
            del caught
        failing = False
        assert derivatives(step.mean(list(map(Value, xs))), W[0]) == expected
        gc.collect()
        counts.append(sys.getrefcount(raised))
    assert len(set(counts)) == 1


def test_threads_that_call_back_at_once():
    xs = rows(400)
    step = compile(loss)
    expected, found = step.map(xs), []
    threads = [threading.Thread(target=lambda: found.append(step.map(xs) == expected)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_it_may_replay_another_recording(monkeypatch):
    inner = compile(lambda x: autograd.own_cube(x) + 1.0)
    inner(1.0)
    inner(1.0)
    found, inside = [], []

    def replay(*called):
        if len(found) < 5 and not inside:
            inside.append(True)
            found.append(inner(2.0))
            inside.pop()

    step = compile(lambda x: autograd.own_cube(x) * 2.0)
    step.map([1.0, 2.0])
    expected, again = step.map([0.5, 1.5] * 20), inner(2.0)
    counting(monkeypatch, "own_cube", replay)
    assert step.map([0.5, 1.5] * 20) == expected
    assert found == [again] * 5


def test_a_rule_that_was_forgotten_is_still_replayed():
    autograd.rule("own_last", "x * x", "2 * x")
    step = compile(lambda x: autograd.own_last(x) * W[0])
    step.mean([1.0, 2.0])
    machine = machine_of(step)
    forget("own_last")
    gc.collect()
    assert machine.run([[3.0]], machine.program.results)[0][0] == 6.75


def test_a_fallback_is_counted_and_warned_of():
    def f(x):
        try:
            return autograd.own_root(x, W[0])
        except DomainError:
            return W[0] * 0.0

    step = compile(f)
    step(1.0)
    with pytest.warns(RecordingWarning, match="the result of own_root is not finite"):
        assert plain(step(-1.0)) == 0.0
    assert step.stats()[0]["fallbacks"] == 1
