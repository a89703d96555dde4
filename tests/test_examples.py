"""The order of a shuffle is the standard library's; rows hold the numbers of arrays."""

import pickle
import random
from array import array

import numpy
import pytest

from autograd import backend, examples
from autograd.examples import arrays_of, rows_of, shuffled_places

SIZES = [*range(20), 31, 32, 33, 63, 64, 65, 127, 128, 129, 1347, 4095, 4096, 4097]
# Rows are a class of the compiled engine; the plain one takes the arrays themselves.
compiled_only = pytest.mark.skipif(backend == "python", reason="the plain engine has no rows")


def by_the_library(count, seed=None):
    order = list(range(count))
    (random if seed is None else random.Random(seed)).shuffle(order)
    return order


@pytest.mark.parametrize("seed", ["", "a", "7, epoch 0", "7, epoch 1", "é" * 700])
def test_a_shuffle_is_that_of_the_standard_library(seed):
    for count in SIZES:
        assert shuffled_places(count, seed).tolist() == by_the_library(count, seed)


@pytest.mark.parametrize("seed", ["a", None])
def test_a_shuffle_of_a_million(seed):
    random.seed(5)
    expected = by_the_library(2**20 + 1, seed)
    random.seed(5)
    assert shuffled_places(2**20 + 1, seed).tolist() == expected


@pytest.mark.parametrize("drawn", [0, 1, 623, 624])
def test_without_a_seed_the_shared_generator_moves_as_usual(drawn):
    for count in SIZES:
        random.seed(count)
        random.gauss(0.0, 1.0)  # a second number is kept for the next call
        random.randbytes(4 * drawn)
        before = random.getstate()
        expected, after = by_the_library(count), random.getstate()
        random.setstate(before)
        assert (shuffled_places(count).tolist(), random.getstate()) == (expected, after)


def test_with_a_seed_the_shared_generator_stays():
    before = random.getstate()
    shuffled_places(100, "a")
    assert random.getstate() == before


def test_another_shuffle_of_the_library_is_followed(monkeypatch):
    """A later version may shuffle in another way; then the library itself is called."""
    monkeypatch.setattr(random.Random, "shuffle", lambda self, items: items.reverse())
    examples._works_in_c.cache_clear()
    try:
        assert shuffled_places(4, "a").tolist() == [3, 2, 1, 0]
    finally:
        examples._works_in_c.cache_clear()


def test_the_plain_engine_has_no_rows():
    assert (rows_of([numpy.zeros((2, 3))]) is None) == (backend == "python")


@compiled_only
def test_rows_hold_the_numbers_of_arrays_side_by_side():
    columns = numpy.arange(24.0).reshape(2, 3, 4), numpy.array([7.0, 8.0])
    rows = rows_of(columns)
    assert (len(rows), rows.width, rows.shapes) == (2, 13, ((3, 4), ()))
    assert rows.tolist() == [[*columns[0][i].ravel().tolist(), columns[1][i]] for i in range(2)] == [rows[0], rows[1]]
    for found, column in zip(arrays_of(rows), columns, strict=True):
        assert numpy.array_equal(found, column)
        assert not found.flags.writeable


@compiled_only
@pytest.mark.parametrize(
    "batches",
    [
        ([[1.0, 2], [True, -3.5]], [0, 1]),
        ([1.5, 2], [[1.0], [2.0]]),
        ([[2**53, -(2**53)]], [False]),
    ],
)
def test_rows_of_lists_are_those_of_arrays(batches):
    rows, expected = rows_of(batches), rows_of([numpy.array(batch, float) for batch in batches])
    assert rows.tolist() == expected.tolist()
    assert (rows.key, rows.shapes, len(rows)) == (expected.key, expected.shapes, len(expected))


@compiled_only
@pytest.mark.parametrize(
    "batches",
    [
        ([], []),
        ([[]], [1]),
        ([[1.0], [1.0, 2.0]], [0, 1]),
        ([[1.0], 2.0], [0, 1]),
        ([1.0, [2.0]], [0, 1]),
        ([[1.0, 2.0]], [0, 1]),
        ([[1.0, [2.0]]], [0]),
        ([(1.0, 2.0)], [0]),
        ([[2**53 + 1]], [0]),
        ([[numpy.float64(1.0)]], [0]),
        ([["1"]], [0]),
        ([[None]], [0]),
        ((1.0, 2.0), [0, 1]),
    ],
)
def test_other_lists_have_no_rows(batches):
    assert rows_of(batches) is None


@compiled_only
def test_rows_are_taken_in_any_order():
    rows = rows_of([numpy.arange(8.0).reshape(4, 2)]).take(array("q", [3, 0, 3]))
    assert rows.tolist() == [[6.0, 7.0], [0.0, 1.0], [6.0, 7.0]]
    assert pickle.loads(pickle.dumps(rows)).tolist() == rows.tolist()
    assert rows.take(array("q")).tolist() == []


@compiled_only
@pytest.mark.parametrize("places", [[4], [-1], [0, 2**40]])
def test_places_outside_are_refused(places):
    with pytest.raises(IndexError):
        rows_of([numpy.zeros(4)]).take(array("q", places))


@compiled_only
@pytest.mark.parametrize(
    "column",
    [
        numpy.zeros(0),
        numpy.zeros((2, 0)),
        numpy.float64(1.0),
        numpy.zeros(3, ">f8"),
        numpy.zeros(25, "u1")[1:].view(float),
        numpy.zeros((2, 3, 4)).transpose(0, 2, 1),
        numpy.array([2**53 + 1]),
        numpy.array([-(2**63)]),
    ],
)
def test_other_arrays_have_no_rows(column):
    assert rows_of([column]) is None
