"""What would freeze a number, or differs from call to call, is refused; what cannot be replayed is called itself."""

import copy
import itertools
import math
import pickle
import random
import time

import numpy as np
import pytest
from replaying import agrees, plain

import autograd
from autograd import Value, compile, derivatives, grad, log, sqrt, where
from autograd.errors import DomainError, RecordingError, RecordingWarning

W, SCALE = Value(3.0), 2.0


def set_(thing, name, value):
    setattr(thing, name, value)


def counting():
    counter = itertools.count()
    return lambda x: x * next(counter)


def returning_other_text():
    texts = itertools.cycle(["a", "b"])
    return lambda x: [x, next(texts)]


def remembering():
    seen = []

    def f(x):
        seen.append(1.0)
        return x * len(seen)

    return f


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * random.random(),
        lambda x: x + time.perf_counter_ns(),
        counting(),
        remembering(),
        returning_other_text(),
        lambda x: x * np.random.random(),  # noqa: NPY002 - the shared generator
        lambda x: x * random.Random().random(),
        lambda x: x if random.getrandbits(64) % 2 or random.getrandbits(64) else x * 2,
    ],
)
def test_what_differs_between_calls_is_refused_at_the_second(function):
    step = compile(function)
    step(2.0)
    for _ in range(2):
        with pytest.raises(RecordingError, match=r"was not the same at its second call|draws random numbers"):
            step(2.0)


def test_a_batch_counts_as_many_calls():
    for call in ("mean", "map"):
        with pytest.raises(RecordingError, match="was not the same at its second call"):
            getattr(compile(lambda x: x + random.random()), call)([1.0, 2.0])


def test_a_derivative_counts_as_one_call():
    slope = grad(compile(lambda x: x * W * random.random()))
    slope(1.0)
    with pytest.raises(RecordingError, match="was not the same at its second call"):
        slope(1.0)


def test_the_line_that_differs_is_named():
    def f(x):
        y = x * 2.0
        return y * random.random()

    step = compile(f)
    step(2.0)
    line = f.__code__.co_firstlineno + 2
    with pytest.raises(RecordingError, match=rf"at its second call, at test_refusals\.py:{line}, although"):
        step(2.0)


def test_values_that_a_function_makes_itself_are_no_difference():
    step = compile(lambda x: Value(2.0) * x + Value(1.0, "one").detach())
    assert [agrees(step, x) for x in (1.0, 2.0, 3.0)] == [True] * 3
    assert step.cache_info().misses == 1


LOOKED_UP = {1.0: 5.0, 2.0: 6.0}
REFUSED = {
    "hash": lambda x: x * hash(x),
    "str": lambda x: x * float(str(x)),
    "repr": lambda x: x * len(repr(x)),
    "in a set": lambda x: x if x in {1.0} else -x,
    "in a dict": lambda x: x if x in LOOKED_UP else -x,
    "in a list": lambda x: x if x in [1.0, 2.0] else -x,
    "dict.get": lambda x: x * LOOKED_UP.get(x, 1.0),
    "a dict's item": lambda x: x * LOOKED_UP[x],
    "==": lambda x: x if x == 2.0 else -x,
    "!=": lambda x: x if x != 2.0 else -x,
    "== of two": lambda x: x if x == x * 1.0 else -x,
    "a set of them": lambda x: sum({x * 2, x * 2}),
    "a dict of them": lambda x: sum({x: 1.0}.values()) * x,
    "sorted": lambda x: sorted([x, x * 2])[0],
    "round": lambda x: x * round(x),
    "//": lambda x: x // 2,
    "// by it": lambda x: 7 // x,
    "divmod": lambda x: divmod(x, 2)[1],
    "floor": lambda x: math.floor(x) * x,
    "ceil": lambda x: math.ceil(x) * x,
    "trunc": lambda x: math.trunc(x) * x,
    "int": lambda x: int(x) * x,
    "complex": lambda x: complex(x).real,
    "is_integer": lambda x: x * x.is_integer(),
    "hex": lambda x: x * len(x.hex()),
    "an f-string": lambda x: x * float(f"{x:.3f}"),
    "a copy": lambda x: copy.copy(x) * x,
    "a deep copy": lambda x: copy.deepcopy([x])[0] * x,
    "a pickle": lambda x: pickle.loads(pickle.dumps(x)) * x,
    "a new Value": lambda x: Value(x) * x,
    "its partials": lambda x: (x * W).partials[0] * x,
    "a captured Value's text": lambda x: x * float(f"{W:.17g}"),
    "its repr": lambda x: x * len(repr(W)),
    "a captured node's partials": lambda x: x * INNER.partials[0],
    "a captured Value's gradient": lambda x: x * W.grad,
    "many captured numbers": lambda x: x * autograd.read_data([W])[0],
    "setting .data": lambda x: set_(W, "data", 5.0) or x,
    "setting .grad": lambda x: set_(W, "grad", 5.0) or x,
    "backward": lambda x: (W * x).backward() or x,
}
INNER = W * W


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("caught", [False, True], ids=["", "caught"])
def test_what_would_be_frozen_is_refused(what, caught):
    def careful(x):
        try:
            return REFUSED[what](x)
        except Exception:
            return x * 0.0

    with pytest.raises(RecordingError) as raised:
        compile(careful if caught else REFUSED[what])(2.0)
    if "kept" not in str(raised.value):
        assert "test_refusals.py:" in str(raised.value)
    assert W.data == 3.0
    assert W.grad == 0.0


DECISIONS = {
    "a branch": lambda x: x if x > 0 else -x,
    "a truth value": lambda x: 1.0 if x else 2.0,
    "the larger of two": lambda x: max(x, 2.0),
    "sorting": lambda x: sorted([x, x * 2])[0],
    "its number": lambda x: x * x.data,
    "the number of a parameter": lambda x: x * W.data,
    "a comparison of parameters": lambda x: x if W > 1 else -x,
    "the truth of a parameter": lambda x: x if W else -x,
    "a float": lambda x: math.exp(x),
    "an int": lambda x: int(x),
}


@pytest.mark.parametrize("what", DECISIONS)
def test_a_decision_is_refused_with_the_line_and_a_remedy(what):
    with pytest.raises(RecordingError, match=r"test_refusals\.py:\d+\. Write .*where\(condition, x, y\)"):
        compile(DECISIONS[what])(1.0)


@pytest.mark.parametrize("f", [lambda x: [1.0, 2.0][x], lambda x: sum(1.0 for _ in range(x))])
def test_an_index_is_refused_and_take_is_named(f):
    with pytest.raises(
        RecordingError, match=r"test_refusals\.py:\d+\. Write autograd\.take\(items, i\) for items\[i\]"
    ):
        compile(f)(1.0)


def test_numbers_kept_from_an_earlier_call_are_refused():
    kept = []

    def f(x):
        kept.append(x)
        return kept[0] * x

    step = compile(f)
    step(2.0)
    with pytest.raises(RecordingError):
        step(2.0)


def test_an_unused_operation_that_may_fail_is_tried():
    def f(x):
        try:
            log(x)
        except ValueError:
            return x * 0.0
        return x

    step = compile(f)
    assert step(2.0) == 2.0
    with pytest.warns(RecordingWarning, match="the result of log is not finite"):
        assert step(-1.0) == 0.0
    assert step.map([2.0, -1.0]) == [2.0, 0.0]


def test_a_function_whose_replay_fails_is_called_with_a_warning():
    def f(x):
        try:
            y = sqrt(x)
        except ValueError:
            y = 0 * x
        return y

    step = compile(f)
    step(4.0)
    with pytest.warns(RecordingWarning, match=r"f: the function itself is called .* the result of sqrt is not finite"):
        assert step(-1.0) == 0.0
    assert step(-2.0) == 0.0
    assert step.stats()[0]["fallbacks"] == 2


def test_without_fallback_what_cannot_be_replayed_is_an_error():
    step = compile(lambda x: log(x), fallback=False)
    assert step(2.0) == math.log(2.0)
    with pytest.raises(RecordingError, match="cannot be replayed: the result of log is not finite"):
        step(-1.0)


def test_a_function_that_fails_to_record_raises_its_own_error():
    step = compile(lambda x: log(x) + autograd.exp(400.0 * SCALE))
    with pytest.raises(DomainError):
        step(-1.0)
    with pytest.raises(OverflowError):
        step(1.0)


def test_a_number_that_leaves_a_side_of_where_is_refused():
    def f(x):
        kept = []
        y = where(x > 1.0, lambda: (kept.append(x * 2.0), x * 3.0)[1], lambda: x)
        return y + kept[0]

    def inner(x):
        return where(x > 1.0, lambda: where(x > 2.0, lambda: x * 3.0, x) * x, lambda: x)

    for call in (lambda: compile(f)(0.5), lambda: compile(grad(f))(2.0)):
        with pytest.raises(RecordingError, match=r"inside a side of where\(\) is used outside, at test_refusals"):
            call()
    for x in (0.5, 1.5, 2.5):
        assert compile(inner)(x) == inner(x)
        assert compile(grad(inner))(x) == grad(inner)(x)


def by(y):
    return derivatives(y, y)


UNSURE = {
    "one side": lambda x: by(F * where(x > 1.0, lambda: W, 2.0)),
    "the other side": lambda x: by(F * where(x > 1.0, 2.0, lambda: W)),
    "a choice in a choice": lambda x: by(F * where(x > 1.0, lambda: where(x > 2.0, lambda: W, 3.0), lambda: W)),
    "an operation on a side": lambda x: by(F + where(x > 1.0, lambda: W * x, lambda: F)),
    "a direction": lambda x: derivatives(W * F, [W, F * where(x > 1.0, lambda: W, 2.0)]),
    "requires_grad": lambda x: 1.0 if (F * where(x > 1.0, lambda: W, 2.0)).requires_grad else 2.0,
}
SURE = {
    "Values on both sides": lambda x: by(F * where(x > 1.0, lambda: W, lambda: W * x)),
    "no function": lambda x: by(F * where(x > 1.0, W, 2.0)),
    "a Value beside a function": lambda x: by(F * where(x > 1.0, lambda: 2.0, W)),
    "a Value as the condition": lambda x: by(where(W, lambda: F, lambda: 2.0)),
    "a Value as a factor": lambda x: by(W * where(x > 1.0, lambda: W, 2.0)),
    "no Value at all": lambda x: by(F * where(x > 1.0, lambda: F, 2.0)),
    "a choice below": lambda x: derivatives(W * where(x > 1.0, lambda: W, 2.0), W),
    "a variable": lambda x: grad(lambda t: where(t > 1.0, lambda: t * W, 2.0))(where(x > 1.0, lambda: W, 2.0)),
}
F = Value(5.0).requires_grad_(False)


@pytest.mark.parametrize("name", UNSURE)
def test_to_differentiate_by_what_may_be_a_number_is_refused(name):
    with pytest.raises(RecordingError, match=r"whether there is a Value .* what where\(\) chooses, at test_refusals"):
        compile(UNSURE[name])(0.5)


@pytest.mark.parametrize("name", SURE)
def test_to_differentiate_by_what_is_a_value_is_not(name):
    step = compile(SURE[name])
    for x in (0.5, 1.5, 2.5, 0.5):
        assert plain(step(x)) == plain(step.function(x))
