"""Batches in arrays give what the same numbers in lists give."""

import contextlib
import pickle
from array import array

import numpy
import pytest

from autograd import Value, backend, compile, dot, log, no_grad
from autograd.errors import ArgumentError, RecordingWarning
from autograd.examples import rows_of

X = [[0.5, -1.25, 2.0], [1.0, 0.0, -3.0], [4.0, 0.1, 0.2], [-0.5, 0.3, 1e-9], [7.0, 2.0, 1.0]]
Y = [1, 0, 3, -2, 5]


@pytest.fixture
def step():
    w = [Value(0.1), Value(-0.2), Value(0.3)]
    return compile(lambda x, y: (dot(w, x) - y) ** 2)


def both(step, *batches):
    """The mean, its gradients and each example's result."""
    found = step.mean(*batches)
    w = list(found.parents)
    for leaf in w:
        leaf.grad = 0.0
    found.backward()
    return found.data, [leaf.grad for leaf in w], step.map(*batches)


@pytest.mark.parametrize(
    "x",
    [
        numpy.array(X),
        numpy.asfortranarray(X),
        numpy.repeat(numpy.array(X), 2, axis=0)[::2],
        numpy.repeat(numpy.array(X), 2, axis=1)[:, ::2],
        numpy.array(X)[::-1][::-1],
        numpy.array([[X, X]]).transpose(2, 0, 1, 3)[:, 0, 1],
        numpy.array(X, ">f8"),
        numpy.ma.array(X),
    ],
)
@pytest.mark.parametrize(
    "y", [Y, numpy.array(Y), numpy.array(Y, float), numpy.array(Y, "i1"), numpy.array([Y, Y]).T[:, 1]]
)
def test_arrays_of_any_layout_and_type(step, x, y):
    assert both(step, x, y) == both(step, X, Y)
    assert step.cache_info().currsize == 2  # one for arrays and one for lists


def test_arrays_of_three_dimensions():
    step = compile(lambda x: dot(x[0], x[1]))
    x = numpy.arange(24.0).reshape(4, 2, 3)
    for batch in (x, x.transpose(0, 2, 1).copy().transpose(0, 2, 1)):
        assert step.map(batch) == step.map(x.tolist())


def test_a_single_column_and_a_single_example(step):
    square = compile(lambda x: x * x)
    assert square.map(numpy.array([3.0])) == [9.0]
    assert square.map(numpy.array([[1.0], [2.0]])[:, 0]) == [1.0, 4.0]
    assert step.map(numpy.array(X[:1]), numpy.array(Y[:1])) == step.map(X[:1], Y[:1])


def test_arrays_of_different_lengths_are_refused(step):
    with pytest.raises(ArgumentError, match="all of one length and not empty, got lengths 5, 4"):
        step.mean(numpy.array(X), numpy.array(Y[:4]))
    with pytest.raises(ArgumentError, match="not empty, got lengths 0, 0"):
        step.mean(numpy.zeros((0, 3)), numpy.zeros(0))


def test_arrays_that_change_later_do_not_change_a_result(step):
    x, y = numpy.array(X), numpy.array(Y, float)
    found = step.mean(x, y)
    x[:], y[:] = 9.0, 9.0
    assert pickle.loads(pickle.dumps(found)).data == found.data  # computed once more, as an ordinary graph


def test_many_arguments():
    step = compile(lambda *xs: dot(xs, xs))
    columns = [numpy.array([float(i), 1.0]) for i in range(12)]
    assert step.map(*columns) == [506.0, 12.0]


def test_an_array_with_numbers_that_are_not_finite(step):
    with pytest.raises(ArithmeticError):
        step.mean(numpy.full((5, 3), 1e308), numpy.array(Y))
    with pytest.raises(ValueError, match="nan"):
        step.mean(numpy.array([[numpy.nan] * 3] * 5), numpy.array(Y))


# Rows are a class of the compiled engine; the plain one takes the arrays themselves.
@pytest.mark.skipif(backend == "python", reason="the plain engine has no rows")
def test_rows_are_batches(step):
    rows = rows_of([numpy.array(X), numpy.array(Y, float)])
    assert both(step, rows) == both(step, X, Y)
    assert both(step, rows.take(array("q", [4, 1]))) == both(step, [X[4], X[1]], [Y[4], Y[1]])
    assert step.cache_info().currsize == 1
    static = compile(lambda x, y, power: (x[0] - y) ** power, static="power")
    assert static.map(rows, power=2) == static.map(X, Y, power=2)
    with pytest.raises(ValueError, match="log"):
        compile(lambda x, y: log(x[0] - y)).mean(rows)
    for call in (step.mean, step.map):
        with pytest.raises(ArgumentError, match="not empty, got lengths 0, 0"):
            call(rows.take(array("q")))


@pytest.mark.parametrize("batches", [(X, Y), (numpy.array(X), numpy.array(Y))])
def test_other_results_as_an_array(batches):
    w = Value(0.5)
    pair = compile(lambda x, y: ((w * x[0] - y) ** 2, [w * x[0], x[1]]))
    single = compile(lambda x, y: ((w * x[0] - y) ** 2, w * x[0]))
    rows = compile(lambda x, y: ((w * x[0] - y) ** 2, [[w * x[0], x[1]], [y, x[0]], [y, y]]))
    nested = compile(lambda x, y: ((w * x[0] - y) ** 2, [[w * x[0]], x[1]]))
    for gradients in (True, False):
        for step in (pair, single, rows, nested):
            loss, others = step.mean(*batches, has_aux=True)
            with contextlib.nullcontext() if gradients else no_grad():
                again, found = step.mean(*batches, has_aux="array")
            assert again.data == loss.data
            assert type(found) is (list if step is nested else numpy.ndarray)
            assert (found if step is nested else found.tolist()) == others


@pytest.mark.parametrize("name", ["mean", "map"])
def test_results_that_are_no_pair_of_a_number_and_others(name):
    for function in (lambda x: x * x, lambda x: {"a": x, "b": x}, lambda x: [x, x, x], lambda x: ([x], x)):
        with pytest.raises(ArgumentError, match=f"{name}: .* with has_aux a pair of one number and something else"):
            getattr(compile(function), name)([1.0, 2.0], has_aux=True)
    with pytest.raises(ArgumentError, match="has_aux is False, True or \"array\", got 'arrays'"):
        getattr(compile(lambda x: (x, x)), name)([1.0, 2.0], has_aux="arrays")


@pytest.mark.parametrize("batch", [[1.0, 2.0, 3.0], numpy.array([1.0, 2.0, 3.0])])
def test_results_in_two_columns(batch):
    for other in (lambda x: [x, 2 * x], lambda x: x, lambda x: [[x]]):
        step = compile(lambda x, other=other: (x * x, other(x)))
        expected = [1.0, 4.0, 9.0], [other(x) for x in (1.0, 2.0, 3.0)]
        assert step.map(batch, has_aux=True) == expected
        losses, others = step.map(batch, has_aux="array")
        assert (losses.tolist(), others.tolist() if hasattr(others, "tolist") else others) == expected


def test_other_results_as_an_array_where_the_function_itself_is_called():
    step = compile(lambda x: (x * x, [x, caught(x)]))
    with pytest.warns(RecordingWarning, match="the function itself is called"):
        _, found = step.mean([1.0, 0.0], has_aux="array")
    assert found.tolist() == [[1.0, 0.0], [0.0, -1.0]]
    step = compile(lambda x: (x * x, [[x, caught(x)], [x, x]]))
    with pytest.warns(RecordingWarning, match="the function itself is called"):
        _, found = step.map([1.0, 0.0], has_aux="array")
    assert found.tolist() == [[[1.0, 0.0], [1.0, 1.0]], [[0.0, -1.0], [0.0, 0.0]]]


def caught(x):
    try:
        return log(x)
    except ValueError:
        return -1.0
