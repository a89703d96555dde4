"""Data sets are what they say, splits and batches lose nothing, and scaling uses the training part alone."""

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.errors import ArgumentError
from nn import data
from nn.errors import MissingPackageError

MADE_UP = [data.moons, data.circles, data.spirals, data.xor, data.checkerboard, data.yin_yang, data.line]


def test_real_data():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    iris, digits = data.iris(), data.digits()
    assert (len(iris), len(iris.inputs[0]), len(set(iris.targets))) == (150, 4, 3)
    assert iris[0] == ([5.1, 3.5, 1.4, 0.2], 0)
    assert iris.classes == ["setosa", "versicolor", "virginica"]
    assert (len(digits), len(digits.inputs[0]), len(set(digits.targets))) == (1797, 64, 10)
    assert {x for row in digits.inputs for x in row} == {k / 16 for k in range(17)}
    assert all(type(t) is int for t in digits.targets)


@pytest.mark.parametrize("make", MADE_UP)
def test_made_up_data_follow_the_seed(make):
    assert make(50, seed=1).inputs == make(50, seed=1).inputs != make(50, seed=2).inputs
    assert len(make(50, seed=1)) == 50
    state = random.getstate()
    make(50, seed=3)
    assert random.getstate() == state
    random.seed(4)
    first = make(20).inputs
    random.seed(4)
    assert make(20).inputs == first


def test_shapes_of_made_up_data():
    for (x, y), k in data.moons(100, noise=0, seed=0):
        centre = (0, 0) if k == 0 else (1, 0.5)
        assert (x - centre[0]) ** 2 + (y - centre[1]) ** 2 == pytest.approx(1)
        assert y >= 0 if k == 0 else y <= 0.5
    for (x, y), k in data.circles(100, noise=0, seed=0):
        assert x * x + y * y == pytest.approx(1 if k == 0 else 0.25)
    for (x, y), k in data.xor(100, noise=0, seed=0):
        assert (x * y < 0) == bool(k)
    for (x, y), k in data.checkerboard(100, seed=0):
        assert (int(2 * (x + 1)) + int(2 * (y + 1))) % 2 == k
    for (x, _), t in zip(data.line(100, noise=0, seed=0), data.line(100, noise=0, seed=0).targets):
        assert t == 2 * x[0] + 1
    yin_yang = data.yin_yang(900, seed=0)
    assert [yin_yang.targets.count(k) for k in range(3)] == [300, 300, 300]
    mirrored = []
    for (x, y), k in yin_yang:
        assert (min((x - 0.75) ** 2, (x - 0.25) ** 2) + (y - 0.5) ** 2 < 0.01) == (k == 2)
        if k < 2:  # turned by half a turn, yin is yang
            mirrored += [c == 1 - k for (u, v), c in yin_yang if (u - 1 + x) ** 2 + (v - 1 + y) ** 2 < 2e-4 and c < 2]
    assert len(mirrored) > 100
    assert sum(mirrored) > 0.95 * len(mirrored)


def test_spirals_have_as_many_arms_as_asked():
    arms = data.spirals(300, seed=0, classes=3)
    assert sorted(set(arms.targets)) == [0, 1, 2]
    assert len(arms.classes) == 3


@pytest.mark.parametrize(
    ("name", "targets"),
    [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0]), ("nand", [1, 1, 1, 0]), ("nor", [1, 0, 0, 0])],
)
def test_gates(name, targets):
    assert data.gate(name).targets == targets


def test_words():
    names = data.module_names()
    assert len(names) > 100
    assert all(name.isalpha() and name.islower() for name in names)
    vocabulary = data.Vocabulary(names)
    assert len(vocabulary) <= 27
    for name in names:
        assert vocabulary.decode(vocabulary.encode(name)) == name
    inputs, targets = vocabulary.examples(["json"])[0]
    assert inputs[1:] == targets[:-1]
    assert (len(inputs), inputs[0], targets[-1]) == (5, 0, 0)
    assert vocabulary.examples(["json"], context=3)[0] == (inputs[:3], targets[:3])
    assert vocabulary.examples(["json"], context=7)[0] == ([*inputs, 0, 0], [*targets, -100, -100])
    with pytest.raises(ArgumentError, match="'ü' in 'ünder' is not among 'a"):
        vocabulary.encode("ünder")


@given(st.integers(2, 60), st.floats(0.05, 0.95), st.integers(0, 5))
def test_split_keeps_every_example_and_the_shares_of_classes(n, fraction, seed):
    whole = data.Dataset([[float(i)] for i in range(n)], [i % 3 for i in range(n)])
    held_out = round(fraction * n)
    if not 0 < held_out < n:
        with pytest.raises(ArgumentError, match="leaves one part empty"):
            data.split(whole, fraction, seed)
        return
    train, test = data.split(whole, fraction, seed)
    assert len(test) == held_out
    assert sorted(x[0] for x in train.inputs + test.inputs) == [float(i) for i in range(n)]
    for k in range(3):
        assert abs(test.targets.count(k) - fraction * whole.targets.count(k)) < 1.5


def test_split_of_numbers_and_seeds():
    whole = data.line(40, seed=0)
    assert data.split(whole, seed=1)[1].inputs == data.split(whole, seed=1)[1].inputs
    assert data.split(whole, seed=1)[1].inputs != data.split(whole, seed=2)[1].inputs


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 3))
def test_batches_hold_every_example_once(n, size, seed):
    whole = data.Dataset([[float(i)] for i in range(n)], list(range(n)))
    found = list(data.batches(whole, size, seed))
    assert sorted(t for batch in found for t in batch.targets) == list(range(n))
    assert [len(batch) for batch in found] == [size] * (n // size) + [n % size] * (n % size > 0)
    assert all(x == [float(t)] for batch in found for x, t in batch)


def test_batches_are_shuffled_anew_each_epoch_and_reproducibly():
    whole = data.Dataset([[0.0]] * 20, list(range(20)))

    def order(seed, epoch):
        return [t for batch in data.batches(whole, 6, seed, epoch) for t in batch.targets]

    assert order(1, 0) == order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != sorted(order(1, 0))
    assert [len(batch) for batch in data.batches(whole, None, 0)] == [20]
    with pytest.raises(ArgumentError, match="batches: batch_size must be a positive integer, got 0"):
        data.batches(whole, 0)


def test_standardize():
    train, test = data.standardize(*data.split(data.iris(), seed=0))
    raw, _ = data.split(data.iris(), seed=0)
    for column, before in zip(zip(*train.inputs), zip(*raw.inputs)):
        assert statistics.fmean(column) == pytest.approx(0, abs=1e-12)
        assert statistics.pstdev(column) == pytest.approx(1)
        assert column[0] == pytest.approx((before[0] - statistics.fmean(before)) / statistics.pstdev(before))
    assert any(abs(statistics.fmean(column)) > 1e-3 for column in zip(*test.inputs))
    assert data.standardize(data.Dataset([[7.0], [7.0]], [0, 1])).inputs == [[0.0], [0.0]]
    with pytest.raises(ArgumentError, match="all inputs must have one size, got sizes 1, 2"):
        data.standardize(data.Dataset([[1.0], [1.0, 2.0]], [0, 1]))


def test_what_counts_as_a_dataset():
    import numpy

    expected = [([1.0, 2.0], 0), ([3.0, 4.0], 1)]
    for given_data in (
        data.Dataset([[1.0, 2.0], [3.0, 4.0]], [0, 1]),
        ([[1.0, 2.0], [3.0, 4.0]], [0, 1]),
        expected,
        (numpy.array([[1.0, 2.0], [3.0, 4.0]]), numpy.array([0, 1])),
    ):
        assert list(data.as_dataset(given_data)) == expected
    with pytest.raises(ArgumentError, match=r"a pair \(inputs, targets\) or a list of pairs, got 'abc'"):
        data.as_dataset("abc")
    with pytest.raises(ArgumentError, match="got 2 inputs and 1 targets"):
        data.Dataset([[1.0], [2.0]], [0])


def test_slices_and_columns():
    iris = data.iris()
    assert iris[10:12].targets == iris.targets[10:12]
    assert iris[[3, 1]].inputs == [iris.inputs[3], iris.inputs[1]]
    assert iris.select(3, 0).inputs[0] == [0.2, 5.1]
    assert iris.select(3).features == ["petal width (cm)"]
    assert repr(iris[:2].select(3)) == "<Dataset iris: 2 examples of 1 number, 3 classes>"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.one_hot(3, 3), "the class must be from 0 to 2, got 3"),
        (lambda: data.one_hot(-1, 3), "the class must be a non-negative integer, got -1"),
        (lambda: data.moons(0), "moons: n must be a positive integer, got 0"),
        (lambda: data.checkerboard(5, squares=1), "checkerboard: squares must be an integer of at least 2, got 1"),
        (lambda: data.gate("nandd"), "got 'nandd'. Did you mean \"nand\""),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_missing_package_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingPackageError, match=r"The iris data set needs scikit-learn.*pip install scikit-learn"):
        data.iris()
    assert issubclass(MissingPackageError, ImportError)
