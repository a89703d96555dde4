"""Arguments of compiled functions: static ones, batches, arrays, nesting."""

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import pytest

import autograd
from autograd import Value, compile
from autograd.errors import ArgumentError, NumberTypeError, RecordingWarning

W = Value(3.0)


class Plain:
    """A class of a user."""


def test_static_arguments_go_by_type_and_value():
    step = compile(lambda x, s: autograd.atan2(x * s, -1.0), static="s")
    assert [step(1.0, s) for s in (0.0, -0.0)] == [math.pi, -math.pi]
    step = compile(lambda x, s: x * (1.0 if s[0] is True else 10.0), static="s")
    assert [step(1.0, (True,)), step(1.0, (1,)), step(1.0, (1.0,))] == [1.0, 10.0, 10.0]
    assert step.cache_info().misses == 3


def test_static_lists_dicts_and_sets_are_part_of_the_key():
    step = compile(lambda x, s: x * sum(s), static="s")
    sizes = [1.0, 2.0]
    assert step(1.0, sizes) == 3.0
    sizes.append(4.0)
    assert step(1.0, sizes) == 7.0
    assert step(1.0, [1.0, 2.0]) == 3.0
    assert step(1.0, {1.0, 2.0}) == 3.0
    assert step(1.0, {1.0: "a"}) == 1.0
    assert step.cache_info().misses == 4


def test_a_static_argument_that_could_change_is_refused():
    step = compile(lambda x, s: x * s.w, static="s")
    with pytest.raises(NumberTypeError, match="got a Plain, which could change without notice"):
        step(1.0, Plain())


@dataclass(frozen=True)
class Settings:
    rate: float


def test_a_frozen_dataclass_and_a_function_may_be_static():
    step = compile(lambda x, s, f: f(x) * s.rate, static=("s", "f"))
    assert step(1.0, Settings(2.0), abs) == 2.0
    assert step(1.0, Settings(-0.0), abs).hex() == "-0x0.0p+0"
    factor = [2.0]

    def helper(x):
        return x * factor[0]

    assert step(1.0, Settings(2.0), helper) == 4.0
    factor[0] = 3.0
    assert step(1.0, Settings(2.0), helper) == 6.0


def test_bools_in_a_batch_are_numbers():
    step = compile(lambda x, y: (W * x - y) ** 2)
    expected = step.map([1.0, 2.0, 3.0], [1.0, 0.0, 1.0])
    for labels in ([True, False, True], np.array([True, False, True])):
        assert step.map([1.0, 2.0, 3.0], labels) == expected
        assert step.map(np.array([1.0, 2.0, 3.0]), labels) == expected
    assert step.mean([1.0, 2.0, 3.0], [True, True, True]).data == step.mean([1.0, 2.0, 3.0], [1, 1, 1]).data


def test_what_is_no_sequence_is_the_same_for_all_examples():
    step = compile(lambda x, k, how="times": x * k if how == "times" else x + k)
    for xs in ([1.0, 2.0], np.array([1.0, 2.0])):
        assert step.map(xs, 105.0) == [105.0, 210.0]
        assert step.map(xs, np.float64(105.0)) == [105.0, 210.0]
        assert step.map(xs, 1.0, "plus") == [2.0, 3.0]
    w = Value(2.0)
    mean = step.mean([1.0, 2.0], w)
    mean.backward()
    assert (mean.data, w.grad) == (3.0, 1.5)
    with pytest.raises(ArgumentError, match="got lengths none"):
        step.map(1.0, 2.0)
    for empty in ([], np.empty(0)):
        with pytest.raises(ArgumentError, match="not empty, got lengths 0"):
            step.map(empty, 2.0)
    with pytest.raises(ArgumentError, match=r"got a dict. Pass what is the same for all examples by its name"):
        step.map([1.0], {"a": 1.0})


def test_arrays_in_any_order_of_memory():
    xs = np.arange(12.0).reshape(4, 3)
    step = compile(lambda x: x[0] - 2 * x[1] + x[2] * W)
    expected = step.map(xs.tolist())
    for same in (np.asfortranarray(xs), xs.T.copy().T, np.repeat(xs, 2, axis=0)[::2], xs[::-1][::-1]):
        assert step.map(same) == expected
        assert step.mean(same).data == step.mean(xs.tolist()).data


def test_long_doubles_and_arrays_of_one_plain():
    step = compile(lambda x: x * 2.0)
    assert step(np.longdouble(0.5)) == 1.0
    assert step(np.array(0.5)) == 1.0
    assert step.map(np.array([0.5, 1.5], dtype=np.longdouble)) == [1.0, 3.0]
    with pytest.raises(autograd.errors.InexactNumberError):
        step(np.longdouble(1) / 3)


@pytest.mark.parametrize("call", [lambda step, x: step(x), lambda step, x: step.map([x, x])])
def test_a_list_that_contains_itself_or_is_too_deep(call):
    cycle: list = []
    cycle.append(cycle)
    deep: list = [1.0]
    for _ in range(100_000):
        deep = [deep]
    step = compile(lambda x: 1.0)
    for argument in (cycle, deep):
        with pytest.raises(ArgumentError, match=r"nested more than 100 deep. Does a list contain itself"):
            call(step, argument)
    while deep and isinstance(deep[0], list):  # taken apart level by level, without recursion
        deep = deep[0]


def test_a_cache_that_is_too_small_is_warned_of():
    step = compile(lambda x: sum(x), maxsize=4)
    for n in range(1, 7):
        step([1.0] * n)
    with pytest.warns(RecordingWarning, match="more than 4 structures of arguments take turns.*maxsize="):
        step([1.0])
    for n in range(1, 7):
        step([1.0] * n)  # said once


def test_arguments_of_derived_classes_are_refused():
    class Ten(dict):
        def __getitem__(self, key):
            return 10 * dict.__getitem__(self, key)

    with pytest.raises(NumberTypeError, match="an argument is a Ten, a class derived from dict that may do other"):
        compile(lambda q: q["a"] * 1.0, fallback=False)(Ten(a=1.0))
    assert compile(lambda q: q["a"] * 1.0)(OrderedDict(a=2.0)) == 2.0


@pytest.mark.parametrize("name", ["array", "number", "x"])
def test_every_way_to_pass_an_argument_is_replayed(name):
    w = Value(2.0)

    def f(x, array=1.0, number=1.0):
        return w * x * array * number

    step, with_static = compile(f), compile(f, static="array")
    for _ in range(4):
        assert step(3.0, 5.0).data == with_static(3.0, 5).data == 30.0
        assert step(**{"x": 3.0, name: 7.0}).data == f(**{"x": 3.0, name: 7.0}).data
        assert step.mean([3.0, 4.0], array=5.0).data == 35.0
        assert with_static(3.0, array=4).data == 24.0


@dataclass(frozen=True)
class Setting:
    factor: float = 2.0


@pytest.mark.parametrize("other", [Setting(5.0), Setting(2.0)])
def test_a_static_argument_may_be_left_out_and_given(other):
    step = compile(lambda x, setting=Setting(): W * x * setting.factor, static="setting")
    for _ in range(4):
        assert step(2.0).data == step.mean([1.0, 3.0]).data == 12.0
        assert step(2.0, other).data == step(2.0, setting=other).data == 6.0 * other.factor
        assert step.map([1.0, 2.0], other) == [3.0 * other.factor, 6.0 * other.factor]
