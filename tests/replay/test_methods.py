"""Compiled methods, and compiled functions as attributes."""

import copy
import functools
import gc
import pickle
import sys
import weakref

import pytest

import nn
from autograd import Value, compile
from autograd.errors import ArgumentError


class Model:
    def __init__(self, w):
        self.w = Value(w)

    @compile
    def step(self, x):
        return self.w * x

    @functools.partial(compile, static="n")
    def times(self, x, n):
        return sum([self.w] * n) * x


def test_a_method_may_be_compiled():
    one, two = Model(2.0), Model(3.0)
    assert (one.step(2.0).data, two.step(2.0).data, one.times(3.0, 2).data, one.times(3.0, n=3).data) == (4, 6, 12, 18)
    one.w = Value(7.0)
    assert (one.step(2.0).data, two.step(2.0).data) == (14.0, 6.0)
    assert one.step.mean([1.0, 3.0]).data == 14.0
    assert one.step.cache_info().misses == 2
    assert two.step.cache_info() == (1, 1, 16, 1)


def test_a_compiled_method_keeps_no_instance_alive():
    model = Model(2.0)
    model.step(1.0)
    model.step(1.0)
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_copies_of_an_instance_have_recordings_of_their_own():
    model = Model(2.0)
    model.step(1.0)
    for twin in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin.w = Value(5.0)
        assert (twin.step(1.0).data, model.step(1.0).data) == (5.0, 2.0)


def test_an_instance_without_a_dict_is_refused():
    class Bare:
        __slots__ = ()
        step = compile(lambda self, x: x)

    with pytest.raises(ArgumentError, match="Bare has no __dict__ to keep its recordings in"):
        Bare().step(1.0)


class Parent:
    @compile
    def step(self, x):
        return x * 2.0

    twice, thrice = compile(lambda self, x: x * 2.0), compile(lambda self, x: x * 3.0)

    @staticmethod
    @compile
    def plain(x):
        return x * 7.0

    @classmethod
    @compile
    def of_class(cls, x):
        return x * 8.0


class Child(Parent):
    @compile
    def step(self, x):
        return super().step(x) * 5.0


def test_compiled_methods_of_one_name_are_kept_apart():
    child = Child()
    assert [child.step(1.0), super(Child, child).step(1.0), child.step(1.0)] == [10.0, 2.0, 10.0]
    assert [child.twice(1.0), child.thrice(1.0)] == [2.0, 3.0]
    assert [child.plain(1.0), Child.plain(1.0)] == [7.0, 7.0]
    if sys.version_info < (3, 13):  # from then on classmethod() takes plain functions only
        assert [child.of_class(1.0), Child.of_class(1.0)] == [8.0, 8.0]


def test_a_compiled_method_in_hand_keeps_its_instance():
    step = Model(2.0).step
    gc.collect()
    assert step(3.0).data == 6.0


def test_copies_of_compiled_functions_leave_recordings_behind():
    class Net(nn.Module):
        def __init__(self):
            self.w = Value(2.0)
            self.step = compile(self.forward)

        def forward(self, x):
            return self.w * x

    net = Net()
    net.step(1.0)
    twin = copy.deepcopy(net)
    twin.w = Value(5.0)
    assert (twin.step(1.0).data, net.step(1.0).data) == (5.0, 2.0)
    step = compile(abs)
    step(-1.0)
    assert pickle.loads(pickle.dumps(step)).cache_info().currsize == 0
