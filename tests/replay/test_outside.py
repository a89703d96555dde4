"""What a function reads from outside is compared at each call: a change is noticed, and nothing else is one."""

import copy
import functools
from collections import deque

import numpy as np
import pytest
from replaying import agrees, plain

from autograd import Value, compile, grad
from autograd.errors import RecordingWarning
from autograd.replay.dependencies import dependencies_of

W, SCALE, WEIGHTS, TABLE, ARRAY = Value(3.0), 2.0, [Value(1.0), Value(2.0)], {"a": 2.0}, np.array([1.0, 2.0])
NESTED, HELPER, TEXT = [[Value(1.0)], {"deep": [4.0]}], lambda x: x * 2.0, "plus"


class Plain:
    factor = 3.0

    def __init__(self):
        self.w, self.count = Value(2.0), 0

    def scaled(self, x):
        return self.w * x * self.factor

    def __call__(self, x):
        return self.scaled(x) + 1.0


class Slotted:
    __slots__ = ("w",)

    def __init__(self):
        self.w = Value(2.0)


OBJECT, SLOTTED = Plain(), Slotted()


def change(**names):
    """Rebind globals of this module."""
    globals().update(names)


def set_(thing, name, value):
    setattr(thing, name, value)


OUTSIDE = {
    "a global Value": (lambda x: W * x, lambda: change(W=Value(5.0))),
    "a global number": (lambda x: SCALE * x, lambda: change(SCALE=7.0)),
    "a global that becomes -0.0": (lambda x: x * SCALE, lambda: change(SCALE=-SCALE)),
    "a global function": (lambda x: HELPER(x), lambda: change(HELPER=lambda x: x + 1.0)),
    "a global string": (lambda x: x + 1 if TEXT == "plus" else x - 1, lambda: change(TEXT="minus")),
    "an item of a list": (lambda x: WEIGHTS[0] * x, lambda: WEIGHTS.__setitem__(0, Value(9.0))),
    "the length of a list": (lambda x: sum(w * x for w in WEIGHTS), lambda: WEIGHTS.append(Value(1.0))),
    "an item of a dict": (lambda x: TABLE["a"] * x, lambda: TABLE.update(a=5.0)),
    "a new item of a dict": (lambda x: sum(TABLE.values()) * x, lambda: TABLE.update(b=5.0)),
    "an item deep inside": (lambda x: NESTED[1]["deep"][0] * x, lambda: NESTED[1]["deep"].__setitem__(0, 8.0)),
    "an item of an array": (lambda x: float(ARRAY[1]) * x, lambda: ARRAY.__setitem__(1, 6.0)),
    "an attribute": (lambda x: OBJECT.w * x, lambda: set_(OBJECT, "w", Value(7.0))),
    "an attribute behind a method": (lambda x: OBJECT.scaled(x), lambda: set_(OBJECT, "w", Value(-1.0))),
    "an attribute behind a call": (lambda x: OBJECT(x), lambda: set_(OBJECT, "w", Value(0.5))),
    "an attribute of the class": (lambda x: OBJECT.scaled(x), lambda: set_(Plain, "factor", 5.0)),
    "one of the class, hidden": (lambda x: OBJECT.scaled(x), lambda: set_(OBJECT, "factor", 11.0)),
    "a method": (lambda x: OBJECT.scaled(x), lambda: set_(Plain, "scaled", lambda self, x: x * self.w)),
    "an attribute by getattr": (lambda x: getattr(OBJECT, "w") * x, lambda: set_(OBJECT, "w", Value(4.0))),  # noqa: B009
    "a slot": (lambda x: SLOTTED.w * x, lambda: set_(SLOTTED, "w", Value(9.0))),
    "the code of a function": (lambda x: HELPER(x), lambda: set_(HELPER, "__code__", (lambda x: x * 9.0).__code__)),
    "a builtin that is hidden": (lambda x: abs(x), lambda: change(abs=lambda x: x * 5.0)),
}


@pytest.fixture
def restored():
    """The globals of this module as they were."""
    saved = {name: globals()[name] for name in ("W", "SCALE", "WEIGHTS", "TABLE", "ARRAY", "NESTED", "HELPER", "TEXT")}
    inside = [copy.copy(part) for part in saved.values()]
    attributes = dict(vars(OBJECT)), Plain.factor, Plain.scaled
    code = HELPER.__code__
    yield
    HELPER.__code__ = code
    for (name, thing), content in zip(saved.items(), inside):
        if isinstance(thing, (list, dict)):
            thing.clear()
            thing.extend(content) if isinstance(thing, list) else thing.update(content)
        elif isinstance(thing, np.ndarray):
            thing[:] = content
        globals()[name] = thing
    NESTED[1]["deep"][0] = 4.0
    globals().pop("abs", None)
    vars(OBJECT).clear()
    vars(OBJECT).update(attributes[0])
    Plain.factor, Plain.scaled = attributes[1:]
    saved["HELPER"].__code__ = code


@pytest.mark.parametrize("calls", [1, 2, 3])
@pytest.mark.parametrize("what", OUTSIDE)
def test_what_changes_outside_is_noticed(what, calls, restored):
    function, move = OUTSIDE[what]
    step = compile(function)
    for _ in range(calls):
        assert agrees(step, -2.0)
    move()
    assert agrees(step, -2.0)
    assert step.map([-2.0, 1.0]) == [plain(function(x)) for x in (-2.0, 1.0)]
    assert step.cache_info().misses == 2
    assert agrees(step, -3.0)
    assert step.cache_info().misses == 2


def test_a_cell_a_default_and_an_inner_function_are_noticed():
    w, k = Value(2.0), 3.0

    def helper(x, power=2):
        return x**power * k

    def outer():
        return compile(lambda x: w * helper(x))

    step = outer()
    assert agrees(step, 2.0)
    w = Value(5.0)
    assert agrees(step, 2.0)
    k = 4.0
    assert agrees(step, 2.0)
    helper.__defaults__ = (3,)
    assert agrees(step, 2.0)
    assert step.cache_info().misses == 4


def test_attributes_and_named_defaults_of_functions_are_noticed():
    def helper(x, *, k=2.0):
        return x * k * helper.by

    helper.by = 1.0
    step = compile(lambda x: helper(x))
    assert agrees(step, 2.0)
    helper.by = 0.25
    assert agrees(step, 2.0)
    helper.__kwdefaults__ = {"k": 5.0}
    assert agrees(step, 2.0)


def test_a_mutable_default_is_noticed():
    items = [1.0]
    step = compile(lambda x, factors=items: x * sum(factors))
    assert agrees(step, 2.0)
    items.append(4.0)
    assert agrees(step, 2.0)


@pytest.mark.parametrize(
    "container",
    [
        lambda v: [v],
        lambda v: (v, [v]),
        lambda v: deque([v]),
        lambda v: {"k": [v]},
        lambda v: {v},
        lambda v: functools.partial(lambda a, x: a * x, v),
    ],
)
def test_containers_of_every_kind_are_looked_into(container):
    box = container(2.0)

    def first(thing):
        while not isinstance(thing, float):
            if isinstance(thing, functools.partial):
                thing = thing.args[0]
            else:
                thing = next(iter(thing.values() if isinstance(thing, dict) else thing))
        return thing

    step = compile(lambda x: x * first(box))
    assert agrees(step, 3.0)
    if isinstance(box, (list, deque)):
        box[0] = 5.0
    elif isinstance(box, tuple):
        box = (5.0, [2.0])
    elif isinstance(box, dict):
        box["k"][0] = 5.0
    elif isinstance(box, set):
        box.clear()
        box.add(5.0)
    else:
        box = functools.partial(box.func, 5.0)
    assert agrees(step, 3.0)
    assert step(3.0) == 15.0


def test_an_equal_number_is_no_change():
    box = {"lr": float("0.5"), "names": ("a", 1)}
    step = compile(lambda x: x * box["lr"] * len(box["names"]))
    step(1.0)
    box["lr"], box["names"] = float("0.5"), tuple(["a", 1])  # noqa: C409  other objects
    step(1.0)
    assert step.cache_info().misses == 1


def test_unrelated_globals_and_attributes_are_no_change():
    thing = Plain()
    step = compile(lambda x: thing.w * x)
    step(1.0)
    thing.count += 1
    globals()["UNRELATED"] = 1.0
    step(1.0)
    assert step.cache_info().misses == 1


def test_values_are_read_afresh_without_recording_anew():
    step = compile(lambda x: W * x)
    step(1.0)
    W.data += 1.0
    try:
        assert agrees(step, 2.0)
        assert step.cache_info().misses == 1
    finally:
        W.data -= 1.0


def test_a_number_that_keeps_changing_is_warned_of():
    box = [1.0]
    step = compile(lambda x: x * box[0])
    step(1.0)
    for k in (2.0, 3.0):
        box[0] = k
        assert step(1.0) == k
    box[0] = 4.0
    with pytest.warns(RecordingWarning, match=r"3 times because item 0 of box had changed, at last from 3.0 to 4.0"):
        assert step(1.0) == 4.0
    box[0] = 5.0
    assert step(1.0) == 5.0  # said once


def test_dependencies_of_a_function_are_found_through_wrappers():
    box = [2.0]

    def inner(x):
        return x * box[0]

    @functools.wraps(inner)
    def outer(x):
        return inner(x)

    for f in (functools.partial(outer), grad(lambda x: outer(x) * x), functools.lru_cache(outer)):
        found = dependencies_of([f])
        assert found.changed() is None
        box[0] += 1.0
        assert found.changed()[0] == "item 0 of box"


def test_a_change_at_the_end_of_a_long_list_is_found():
    numbers = [float(i) for i in range(100_000)]
    found = dependencies_of([lambda: numbers])
    assert found.changed() is None
    numbers[99_999] = -1.0
    assert found.changed() == ("item 99999 of numbers", 99_999.0, -1.0)
