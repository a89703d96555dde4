"""What a recorded function reads from outside: everything that its code names, however it comes by it."""

import collections
import functools
import itertools
import operator
import os
import random
import sys
import threading
import types
import warnings
import weakref
from argparse import Namespace
from typing import ClassVar
from unittest.mock import MagicMock

import numpy as np
import pytest

import nn
from autograd import Value, compile
from autograd.errors import RecordingError, RecordingWarning
from autograd.replay.dependencies import dependencies_of


class Box:
    def __init__(self, k=1.0):
        self.k = k

    def scaled(self, x):
        return x * self.k


class Config(collections.UserDict):
    pass


class Hidden:
    k = 1.0


class Private:
    __slots__ = ("__k",)

    def __init__(self):
        self.__k = 1.0

    def get(self):
        return self.__k

    def set(self, k):
        self.__k = k


class Packet(Box):
    def tobytes(self):
        return b""


class Meta(type):
    table: ClassVar = {"k": 1.0}

    def __getitem__(cls, key):
        return cls.table[key]


class Registry(metaclass=Meta):
    pass


class ByClass:
    table: ClassVar = {"k": 1.0}

    def __class_getitem__(cls, key):
        return cls.table[key]


class Method:
    q = 1.0

    def multiplied(self, k, x):
        return x * k * self.q

    doubled = functools.partialmethod(multiplied, 2.0)


class Other(Box):
    def scaled(self, x):
        return x * -self.k


class Operators:
    def __mul__(self, x):
        return x * 1.0

    def __call__(self, x):
        return x * 1.0


class Base:
    def __init__(self, k):
        self.k = k


def case(make, read, change):
    return make, read, change


CASES = {
    "a user's UserDict": case(lambda: Config(k=1.0), lambda c, x: x * c["k"], lambda c: c.update(k=5.0)),
    "a ChainMap": case(lambda: collections.ChainMap({"k": 1.0}), lambda c, x: x * c["k"], lambda c: c.update(k=5.0)),
    "namespaces in namespaces": case(
        lambda: types.SimpleNamespace(m=Namespace(k=1.0)), lambda c, x: x * c.m.k, lambda c: setattr(c.m, "k", 5.0)
    ),
    "an object in a namespace": case(
        lambda: types.SimpleNamespace(u=Box()), lambda c, x: x * c.u.k, lambda c: setattr(c.u, "k", 5.0)
    ),
    "a partial method": case(Method, lambda c, x: c.doubled(x), lambda c: setattr(Method, "q", 5.0)),
    "a metaclass": case(lambda: Registry, lambda c, x: x * c["k"], lambda c: Meta.table.update(k=5.0)),
    "__class_getitem__": case(lambda: ByClass, lambda c, x: x * c["k"], lambda c: ByClass.table.update(k=5.0)),
    "another class": case(Box, lambda c, x: c.scaled(x), lambda c: setattr(c, "__class__", Other)),
    "a private slot": case(Private, lambda c, x: x * c.get(), lambda c: c.set(5.0)),
    "an object with tobytes": case(Packet, lambda c, x: x * c.k, lambda c: setattr(c, "k", 5.0)),
    "a bound method of a dict": case(
        lambda: {"k": 1.0}.get, lambda c, x: x * c("k"), lambda c: c.__self__.update(k=5.0)
    ),
    "a slot wrapper of a dict": case(
        lambda: {"k": 1.0}.__getitem__, lambda c, x: x * c("k"), lambda c: c.__self__.update(k=5.0)
    ),
    "a reference": case(
        lambda: (box := Box(), weakref.ref(box)), lambda c, x: x * c[1]().k, lambda c: setattr(c[0], "k", 5.0)
    ),
    "a mappingproxy": case(
        lambda: (table := {"k": 1.0}, types.MappingProxyType(table)),
        lambda c, x: x * c[1]["k"],
        lambda c: c[0].update(k=5.0),
    ),
    "a bytearray": case(lambda: bytearray(b"ab"), lambda c, x: x * c[0], lambda c: c.__setitem__(0, 5)),
    "an array": case(lambda: np.ones(3), lambda c, x: x * float(c.sum()), lambda c: c.__setitem__(0, 5.0)),
    "an array of objects": case(lambda: np.array([1.0, None]), lambda c, x: x * c[0], lambda c: c.__setitem__(0, 5.0)),
    "the keys of a dict": case(
        lambda: {Box(): 0}, lambda c, x: x * sum(k.k for k in c), lambda c: setattr(next(iter(c)), "k", 5.0)
    ),
    "strings in a tuple": case(
        Box, lambda c, x: x * sum(getattr(c, n) for n in ("k", "k")), lambda c: setattr(c, "k", 5.0)
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_what_is_read_is_found(what, monkeypatch):
    monkeypatch.setattr(Method, "q", 1.0)
    make, read, change = CASES[what]
    thing = make()
    step = compile(lambda x: read(thing, x))
    for _ in range(2):
        assert step(2.0) == read(thing, 2.0)
    assert step.cache_info().misses == 1
    before = step(2.0)
    change(thing)
    assert step(2.0) == read(thing, 2.0) != before


GLOBAL = 1.0


class Net(nn.Module):
    scale = 1.0

    def __init__(self):
        self.w = Value(1.0)

    def forward(self, x):
        return self.helped(x) * GLOBAL * self.scale

    def helped(self, x):
        return self.w * x


def test_what_forward_reads_is_found(monkeypatch):
    net = Net()
    for step in (compile(lambda x: net(x)), compile(net)):
        with monkeypatch.context() as patch:
            assert step(2.0).data == net(2.0).data == 2.0
            patch.setitem(globals(), "GLOBAL", 5.0)
            assert step(2.0).data == net(2.0).data == 10.0
            patch.setattr(Net, "scale", 3.0)
            assert step(2.0).data == net(2.0).data == 30.0
            patch.setattr(Net, "helped", lambda self, x: self.w + x)
            assert step(2.0).data == net(2.0).data == 45.0
            patch.setattr(Net, "forward", lambda self, x: self.w * x * 7.0)
            assert step(2.0).data == net(2.0).data == 14.0


@pytest.mark.parametrize("recorded", [True, False])
def test_fit_finds_what_its_loss_and_its_model_read(recorded, monkeypatch):
    monkeypatch.setitem(globals(), "GLOBAL", 1.0)
    net, data = Net(), ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])

    def move(run):
        globals()["GLOBAL"] += 0.25

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        nn.fit(
            net,
            lambda o, t: (o - t) ** 2 * GLOBAL,
            data,
            epochs=5,
            recorded=recorded,
            callbacks=[move],
            optimizer=nn.SGD(net.parameters(), lr=0.01),
            progress=False,
            seed=0,
        )
    assert net.w.data == pytest.approx(EXPECTED.setdefault("w", net.w.data), rel=1e-12)


EXPECTED: dict = {}


def test_objects_that_answer_to_any_name_are_taken_as_they_are():
    class Chain:
        def __init__(self, k):
            self.k = k

        def __getattr__(self, name):
            return Chain(2.0) if name[:2] != "__" else 5.0

    class Defaults:
        k = 2.0

        def __getattr__(self, name):
            return None

    class Endless(list):
        def __iter__(self):
            return itertools.count()

    def reader(thing):
        return lambda x: x * thing.k

    mock = MagicMock()
    mock.k = 2.0
    for thing in (mock, Chain(2.0), Defaults(), types.SimpleNamespace(k=2.0, e=Endless([1.0]))):
        step = compile(reader(thing))
        assert [step(1.0), step(1.0)] == [2.0, 2.0]


@pytest.mark.parametrize("generator", [random.Random(0), np.random.default_rng(0), np.random.RandomState(0)])
def test_a_generator_of_ones_own_that_is_drawn_from_is_noticed(generator):
    box = Box()
    box.generator = generator
    step = compile(lambda x: x * 2 if box.generator.random() < 1e-9 else x)
    step(1.0)
    with pytest.raises(RecordingError, match="draws random numbers"):
        step(1.0)


def test_batches_inside_a_recording():
    w = Value(3.0)
    inner = compile(lambda x: w * x)
    for f in (lambda x: inner.mean([x, x * 2.0, 3.0]), lambda x: sum(inner.map([x, 2.0])) * w):
        step = compile(f)
        for x in (1.0, 2.0, 3.0):
            assert step(x).data == pytest.approx(f(x).data if f.__code__.co_names[-1] != "mean" else x * 3 + 3)


def test_match_patterns_name_attributes():
    class Point:
        __match_args__ = ("k",)

        def __init__(self):
            self.k = 1.0

    point = Point()

    def by_place(x):
        match point:
            case Point(k):
                return x * k

    def by_name(x):
        match point:
            case Point(k=k):
                return x * k

    for f in (by_place, by_name):
        point.k = 1.0
        step = compile(f)
        assert step(2.0) == 2.0
        point.k = 5.0
        assert step(2.0) == 10.0


def test_an_attribute_that_comes_to_hide_the_class_is_noticed():
    thing = Hidden()
    thing.other = 0
    step = compile(lambda x: x * thing.k)
    assert step(2.0) == 2.0
    del thing.other
    thing.k = 5.0
    assert step(2.0) == 10.0


@pytest.mark.parametrize("name", ["__mul__", "__call__"])
def test_special_methods_that_are_replaced_are_noticed(name, monkeypatch):
    thing = Operators()
    step = compile((lambda x: thing(x)) if name == "__call__" else lambda x: thing * x)
    assert step(2.0) == 2.0
    monkeypatch.setattr(Operators, name, lambda self, x: x * 5.0)
    assert step(2.0) == 10.0


def test_the_environment_and_the_arguments_of_the_program(monkeypatch):
    monkeypatch.setenv("GLASSGRAD_K", "1")
    step = compile(lambda x: x * float(os.environ["GLASSGRAD_K"]) * len(sys.argv))
    before = step(2.0)
    monkeypatch.setenv("GLASSGRAD_K", "5")
    assert step(2.0) == 5 * before
    monkeypatch.setattr(sys, "argv", [])
    assert step(2.0) == 0.0


def test_builtins_that_are_replaced_are_noticed(monkeypatch):
    step = compile(lambda x: abs(x))
    assert step(-2.0) == 2.0
    monkeypatch.setattr("builtins.abs", lambda x: x * 5.0)
    assert step(-2.0) == -10.0


def test_thread_locals_are_those_of_the_calling_thread():
    local = threading.local()
    local.k = 1.0
    step = compile(lambda x: x * local.k)
    assert step(2.0) == 2.0
    found = []

    def elsewhere():
        local.k = 5.0
        found.append(step(2.0))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [10.0]
    assert step(2.0) == 2.0


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a user's with modules that refer to one another."""
    folder = tmp_path / "glasspackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "settings.py").write_text(
        "K = 1.0\n_lazy = {'LAZY': 1.0}\ndef __getattr__(name):\n    if name in _lazy:\n        return _lazy[name]\n"
        "    raise AttributeError(name)\n"
    )
    (folder / "use.py").write_text(
        "def one(x):\n    from .settings import K\n    return x * K\n"
        "def two(x):\n    from . import settings\n    return x * settings.K\n"
        "def three(x):\n    import glasspackage.settings\n    return x * glasspackage.settings.K\n"
        "def four(x):\n    from glasspackage import settings\n    return x * settings.LAZY\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("glasspackage.use").use
    for name in [name for name in sys.modules if name.startswith("glasspackage")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["one", "two", "three", "four"])
def test_modules_that_are_imported_inside_are_looked_into(package, name):
    step = compile(getattr(package, name))
    assert step(2.0) == 2.0
    settings = sys.modules["glasspackage.settings"]
    settings.K = settings._lazy["LAZY"] = 5.0
    assert step(2.0) == 10.0


def test_arrays_of_every_kind_are_compared():
    for array in (
        np.zeros((3, 2)),
        np.zeros((3, 2))[:, 0],
        np.asfortranarray(np.zeros((3, 2))),
        np.zeros(3, "i4"),
        bytearray(3),
        np.zeros(3, "f4"),
    ):
        found = dependencies_of([lambda array=array: array])
        assert found.changed() is None
        array[1] = 1
        assert found.changed() is not None
    array = np.zeros(6)
    found = dependencies_of([lambda: array])
    array.resize((2, 3), refcheck=False)
    assert found.changed() is not None
    array = np.zeros(3)
    array.setflags(write=False)
    assert not dependencies_of([lambda: array]).arrays


def test_a_long_chain_of_objects_is_found_in_a_moment():
    chain = None
    for _ in range(20_000):
        chain, before = Box(), chain
        chain.k = before
    found = dependencies_of([lambda: chain.k])
    assert len(found.kinds) == 20_000


def test_very_much_to_compare_is_warned_of():
    numbers = [float(i) for i in range(300_000)]
    step = compile(lambda x: x * numbers[7])
    with pytest.warns(RecordingWarning, match=r"300,\d{3} items .* most of them in numbers\. Put them into a tuple"):
        step(1.0)
    numbers = tuple(numbers)
    assert compile(lambda x: x * numbers[7])(1.0) == 7.0


def test_looking_costs_nothing_for_what_is_not_named():
    class Big:
        def __init__(self):
            self.k, self.data = Value(2.0), [float(i) for i in range(100_000)]

    big = Big()
    step = compile(lambda x: big.k * x)
    assert step(1.0).data == 2.0
    (recording,) = step._recordings
    assert not recording.dependencies.sequences


def set_often(box, k):
    for _ in range(100):  # the interpreter has a quicker way to set attributes where that happens often
        box.k = k


def restored(box, k):
    del box.k
    box.k = k


WAYS_TO_CHANGE = {
    "an attribute": lambda box, k: setattr(box, "k", k),
    "an attribute, in a loop": set_often,
    "an attribute that is deleted and set again": restored,
    "an item of its dict": lambda box, k: vars(box).__setitem__("k", k),
    "update": lambda box, k: vars(box).update(k=k),
    "update by another dict": lambda box, k: vars(box).update({"other": 1.0, "k": k}),
    "|=": lambda box, k: operator.ior(vars(box), {"k": k}),
    "pop and setdefault": lambda box, k: (vars(box).pop("k"), vars(box).setdefault("k", k)),
    "popitem": lambda box, k: (vars(box).popitem(), vars(box).popitem(), vars(box).update(k=k, l=0.0)),
    "clear": lambda box, k: (vars(box).clear(), vars(box).update(k=k, l=0.0)),
    "another dict": lambda box, k: setattr(box, "__dict__", {"k": k, "l": 0.0}),
    "exec": lambda box, k: exec(f"k = {k}", {}, vars(box)),
}


@pytest.mark.filterwarnings("ignore:.* recorded anew")
@pytest.mark.parametrize("way", WAYS_TO_CHANGE)
def test_a_change_of_a_dict_is_noticed_however_it_is_made_and_however_often_it_was_compared(way):
    box = Box(2.0)
    box.l = 0.0
    scaled = compile(lambda x: x * box.k + box.l)
    for k in (3.0, 2.0, 3.0, 3.0, 5.0):
        for _ in range(20):  # by the third call at the latest it is known not to have changed
            assert scaled(7.0) == 7.0 * box.k
        WAYS_TO_CHANGE[way](box, k)
        assert scaled(7.0) == 7.0 * k
    before = scaled.cache_info().misses
    box.k, box.l = 5.0, 0.0  # other objects, equal numbers
    assert (scaled(7.0), scaled.cache_info().misses) == (35.0, before)


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


def test_an_object_of_a_library_that_is_given_another_class_is_noticed():
    layer = nn.Linear(2, 1, seed=0)
    f = compile(lambda a, b: layer([a, b]))
    once = [f(1.0, 2.0).data for _ in range(3)][-1]
    layer.__class__ = Doubled
    assert f(1.0, 2.0).data == layer([1.0, 2.0]).data == 2 * once


class Adding:
    """A key that adds an item to its dict while that is looked at, as another thread might."""

    def __init__(self, mapping):
        self.mapping = mapping

    def __repr__(self):
        self.mapping[len(self.mapping)] = 0.0
        return "Adding"


def test_a_dict_may_change_while_it_is_looked_at():
    scales = {"k": 3.0}
    scales[Adding(scales)] = [1.0]
    scales["last"] = 1.0
    step = compile(lambda x: x * scales["k"])
    for k in (3.0, 3.0, 4.0):
        scales["k"] = k
        assert step(2.0) == 2.0 * k


@pytest.mark.filterwarnings("ignore:.* recorded anew")
def test_a_change_may_be_undone_while_it_is_looked_for():
    class Scale(np.float64):
        __module__ = "numpy"
        differs = False

        def tobytes(self):
            differs, Scale.differs = Scale.differs, False
            return b"" if differs else super().tobytes()

    scales, w = {"k": Scale(2.0)}, Value(3.0)
    step = compile(lambda x: w * x * scales["k"])
    for _ in range(5):
        assert step.mean([1.0, 2.0]).data == 9.0
        scales["k"], Scale.differs = Scale(2.0), True
