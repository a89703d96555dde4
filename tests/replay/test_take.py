"""`take`: an item by a number, itself and in recordings, where the number may be an input."""

import pytest
from replaying import agrees

import autograd
from autograd import (
    Constant,
    Value,
    compile,
    derivatives,
    equal,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    take,
    value_and_grad,
    where,
)
from autograd.errors import ArgumentError, NumberTypeError, OutOfRangeError, RecordingError

SIZES = [1, 3, 4, 8, 21]  # examples: run one by one, and in tiles that are filled up


@pytest.fixture
def table():
    return [[Value(0.5 + 10 * i + j) for j in range(3)] for i in range(4)]


# By itself


def test_an_item_is_returned_as_it_is():
    items = [Value(1.0), Constant(2.0), Value(3.0)]
    assert [take(items, i) for i in range(3)] == items
    assert take(tuple(items), 1) is items[1]
    numbers = [1, 2.5, True]
    assert [repr(take(numbers, i)) for i in range(3)] == ["1.0", "2.5", "1.0"]


def test_a_row_is_a_new_list(table):
    row = take(table, 2)
    assert row == table[2]
    assert row is not table[2]
    assert take([([1, 2], 3), ([4, 5], 6)], 1) == [[4.0, 5.0], 6.0]


@pytest.mark.parametrize("index", [1, 1.0, True, Value(1.0), Constant(1.0), 1 < 2])
def test_an_index_is_any_whole_number(index):
    assert take([5.0, 7.0], index) == 7.0
    assert compile(lambda i: take([5.0, 7.0], i))(index) == 7.0


def test_an_array_is_taken_from():
    numpy = pytest.importorskip("numpy")
    assert take(numpy.array([[1.0, 2.0], [3.0, 4.0]]), numpy.int64(1)) == [3.0, 4.0]
    assert take([1.0, 2.0], numpy.float32(1)) == 2.0


@pytest.mark.parametrize(
    ("items", "index", "error", "words"),
    [
        ([1.0, 2.0], 2, OutOfRangeError, r"take: expected an index from 0 to 1, got 2\.$"),
        ([1.0, 2.0], -1, IndexError, r"got -1\. Write items\[-1\] for the last item\."),
        ([1.0, 2.0], Value(2.0, "i"), OutOfRangeError, r"from 0 to 1, got Value\(2\.0"),
        ([], 0, OutOfRangeError, "take: expected at least one item, got none"),
        ([1.0, 2.0], 0.5, ArgumentError, r"take: expected a whole number as the index, got 0\.5"),
        ([1.0, 2.0], "1", NumberTypeError, "'1'"),
        ([1.0, 2.0], None, NumberTypeError, "None"),
        ([1.0, "2"], 1, NumberTypeError, "'2'"),
        ("12", 1, NumberTypeError, "take: expected a list of numbers, got str '12'"),
        ({0: 1.0}, 0, NumberTypeError, "take: expected a list of numbers, got dict"),
        (3.0, 0, NumberTypeError, "take: expected a list of numbers, got float"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(items, index, error, words):
    with pytest.raises(error, match=words):
        take(items, index)


def test_the_gradient_flows_to_the_item_alone(table):
    i = Value(2.0)
    (take(table, i)[1] * 3.0 + i * 0.5).backward()
    assert [[v.grad for v in row] for row in table] == [[0, 0, 0], [0, 0, 0], [0, 3, 0], [0, 0, 0]]
    assert i.grad == 0.5


# In a recording


def test_a_replay_chooses_anew(table):
    step = compile(lambda x, i: [v * x for v in take(table, i)])
    for i in (1, 0, 3.0, 2):
        assert [v.data for v in step(2.0, i)] == [2.0 * v.data for v in table[int(i)]]
    assert step.cache_info().misses == 1
    assert step.stats()[0]["fallbacks"] == 0


ITEMS = {
    "captured Values": lambda x, v: [v, W[0], W[1]],
    "results": lambda x, v: [v * x, W[0] * x, W[1] * W[0]],
    "results that no example changes": lambda x, v: [W[0] * 2.0, W[1] * 3.0, W[0] * W[1]],
    "an item that is there twice": lambda x, v: [v, W[0], v],
    "numbers": lambda x, v: [1.5, -0.0, 2.5],
    "inputs": lambda x, v: [x, x * 2.0, 0.25],
}
W = [Value(0.75), Value(-1.25)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("items", ITEMS)
@pytest.mark.parametrize("fixed", [False, True])
def test_a_batch_gives_what_the_function_gives(items, size, fixed):
    chosen = Value(2.0)

    def f(x, v, i):
        return take(ITEMS[items](x, v), chosen if fixed else i) * v

    step = compile(f)
    xs, vs = [0.5 * k - 1.0 for k in range(size)], [Value(1.0 + k) for k in range(size)]
    indices = [k * 2 % 3 for k in range(size)]
    with no_grad():
        assert step.map(xs, vs, indices) == [f(*example).data for example in zip(xs, vs, indices)]
    leaves = [*W, *vs, chosen]
    found, expected = step.mean(xs, vs, indices), autograd.mean([f(*example) for example in zip(xs, vs, indices)])
    assert found.data == expected.data
    assert derivatives(found, leaves) == pytest.approx(derivatives(expected, leaves), rel=1e-14)
    assert all(agrees(step, *example) for example in zip(xs, vs, indices))
    assert step.stats()[0]["fallbacks"] == 0


def test_an_item_comes_to_the_bit():
    step = compile(lambda i: take([0.0, -0.0, 5e-324], i))
    assert [repr(step(i)) for i in range(3)] == ["0.0", "-0.0", "5e-324"]


def test_an_index_may_be_a_result():
    step = compile(lambda x, y: take([1.0, 2.0, 4.0], equal(x, y) + equal(y, 0.0)))
    for x, y in [(1.0, 2.0), (2.0, 2.0), (0.0, 0.0)]:
        assert agrees(step, x, y)


def test_an_index_that_is_captured_may_change():
    i = Value(0.0)
    step = compile(lambda x: take([1.0, 2.0], i) * x)
    assert step(3.0) == 3.0
    i.data = 1.0
    assert step(3.0) == 6.0
    assert step.cache_info().misses == 1


@pytest.mark.parametrize("index", [3, -1, 0.5, 2**40, 1e300, -0.5])
@pytest.mark.parametrize("size", [1, 9])
def test_an_index_without_an_item_raises_what_the_function_raises(index, size):
    step = compile(lambda x, i: take(W + W[:1], i) * x)
    step(1.0, 2)
    with pytest.raises((OutOfRangeError, ArgumentError)) as expected:
        step.function(1.0, index)
    with pytest.raises(type(expected.value)) as found:
        step.mean([2.0] * size, [1] * (size - 1) + [index])
    assert str(found.value) == str(expected.value)
    assert step(2.0, 1).data == 2.0 * W[1].data


def test_an_error_that_is_caught_gives_the_other_result():
    def f(i):
        try:
            return take(W, i) * 2.0
        except IndexError:
            return W[0] * 3.0

    step = compile(f)
    with pytest.warns(autograd.errors.RecordingWarning):
        assert [step(i).data for i in (0, 1, 5, 1)] == [1.5, -2.5, 2.25, -2.5]


@pytest.mark.parametrize("size", SIZES)
def test_a_side_not_chosen_takes_nothing(size):
    step = compile(lambda x, i: where(i < 2, lambda: take(W, i) * x, lambda: x * W[0]))
    xs, indices = [1.0 + k for k in range(size)], [k * 5 % 7 for k in range(size)]
    found, expected = step.mean(xs, indices), autograd.mean(list(map(step.function, xs, indices)))
    assert found.data == expected.data
    assert derivatives(found, W) == pytest.approx(derivatives(expected, W))
    assert step.stats()[0]["fallbacks"] == 0


def test_an_item_that_is_not_chosen_may_be_infinite():
    step = compile(lambda i: take([1.0, float("inf")], i))
    assert step(0) == 1.0
    with pytest.raises(ValueError, match="inf"):
        step(1)


def test_the_item_keeps_its_gradient_inside_no_grad():
    def f(x, i):
        with no_grad():
            v = take(W, i)
        return v * x

    step = compile(f)
    assert step(1.0, 0).data == 0.75
    assert derivatives(step(3.0, 1), W) == derivatives(f(3.0, 1), W) == [0.0, 3.0]


def test_a_list_that_grows_is_recorded_anew():
    items = [Value(1.0), Value(2.0)]
    step = compile(lambda i: take(items, i) * 1.0)
    assert step(1).data == 2.0
    items.append(Value(3.0))
    assert step(2).data == 3.0


@pytest.mark.parametrize("items", [[[1.0], [1.0, 2.0]], [1.0, [2.0]], [[[1.0]], [1.0]]])
def test_items_of_different_structure_are_refused(items):
    assert take(items, 0) == items[0]
    with pytest.raises(RecordingError, match=r"take: the items differ in structure, at test_take\.py:\d+"):
        compile(lambda i: take(items, i))(0)


def test_values_beside_plain_numbers_are_refused():
    with pytest.raises(RecordingError, match=r"some items are Values, and some plain .* write Value\(x\)"):
        compile(lambda i: take([W[0], 1.0], i))(0)


def test_what_is_taken_from_partly_frozen_items_may_be_used_but_not_returned():
    items, weight = [Value(1.0).requires_grad_(False), Value(2.0)], Value(3.0)
    step = compile(lambda i: take(items, i) * weight)
    for i in (0, 1, 0):
        assert derivatives(step(i), [items[1], weight]) == derivatives(step.function(i), [items[1], weight])
    for refused in (lambda i: take(items, i), lambda i: take(items, i) * 2.0):
        with pytest.raises(RecordingError, match="Freeze all of them or none"):
            compile(refused)(0)
    with pytest.raises(RecordingError, match="freeze all of them or none"):
        compile(lambda i: 1.0 if take(items, i).requires_grad else 2.0)(0)


# Derivatives, whichever way round


def squares(v, i):
    """Of a list: the square of an item, times the first, plus one more item."""
    return take(v, i) ** 2 * v[0] + take(v, i) + take([v[1] * v[2], v[0], v[1]], i)


POINT, DIRECTION = [1.5, -2.0, 0.25], [1.0, 0.5, -1.0]
DERIVED = {
    "grad": lambda f, i: grad(f)(POINT, i),
    "value_and_grad": lambda f, i: value_and_grad(f)(POINT, i),
    "hessian": lambda f, i: hessian(f)(POINT, i),
    "jvp": lambda f, i: jvp(lambda v: f(v, i), (POINT,), (DIRECTION,)),
    "hvp": lambda f, i: hvp(lambda v: f(v, i), (POINT,), (DIRECTION,)),
    "jacobian": lambda f, i: jacobian(lambda v: [f(v, i), f(v, 1)])(POINT),
    "forward over forward": lambda f, i: jvp(
        lambda v: jvp(lambda u: f(u, i), (v,), (DIRECTION,))[1], (POINT,), (DIRECTION,)
    ),
}


@pytest.mark.parametrize("name", DERIVED)
def test_derivatives_are_those_of_the_function(name):
    def numbers(thing):
        return [x for part in thing for x in numbers(part)] if isinstance(thing, (list, tuple)) else [thing]

    inside = compile(lambda i: DERIVED[name](squares, i))
    replayed = compile(squares)
    for i in (2, 0, 1):
        expected = numbers(DERIVED[name](squares, i))
        assert numbers(inside(i)) == pytest.approx(expected, rel=1e-14)
        assert numbers(DERIVED[name](replayed, i)) == pytest.approx(expected, rel=1e-14)
    assert inside.stats()[0]["fallbacks"] == 0


def test_the_derivative_by_an_index_is_that_of_the_rest():
    f = compile(grad(lambda i: take([3.0, 5.0], i) * i))
    assert [f(0.0), f(1.0)] == [3.0, 5.0]


def test_a_replay_inside_a_replay_takes_too():
    inner = compile(lambda v, i: take(v, i) * v[0])
    outer = compile(lambda x, i: inner([x, x * 2.0, W[0]], i) + inner([x, x, x], 1))
    for x, i in [(Value(2.0), 2), (Value(3.0), 0), (Value(4.0), 1)]:
        found, expected = outer(x, i), outer.function(x, i)
        assert found.data == expected.data
        assert derivatives(found, [x, W[0]]) == pytest.approx(derivatives(expected, [x, W[0]]))


def test_a_replayed_result_has_its_graph():
    step = compile(lambda v, i: log(take([v, v * v], i)) * v)
    x = Value(2.0)
    for i in (1, 0):
        first = derivatives(step(x, i), x, create_graph=True)
        assert derivatives(first, x) == pytest.approx([0.5, 1.0][i], rel=1e-14)


# The program


def test_a_table_is_listed_in_one_line(table):
    step = compile(lambda i, k: sum([a * b for a, b in zip(take(table, i), take(table, k))]))
    step(0, 1)
    assert "v1[6] = take([p[0], p[3], …; …], x[0], x[0], …)" in str(step.program())


def test_takes_from_one_table_share_its_lists(table):
    step = compile(lambda i, k: sum([a * b for a, b in zip(take(table, i), take(table, k))]) + take(table, i)[0])
    step(0, 1)
    program = step._recordings.latest().program
    assert [len(run.choices) for run in program.runs if run.choices] == [6]
    assert len(program.blocks.choices) == 3


@pytest.mark.parametrize("count", [2**11 + 3, 2**16 + 3])
def test_long_lists(count):
    items = [Value(float(k)) for k in range(count)]
    step = compile(lambda i, k: take(items, i) * take(items, k))
    for i, k in [(0, count - 1), (count - 1, 2**11), (2**11 - 1, 2**11 + 1)]:
        result = step(i, k)
        assert result.data == float(i * k)
        assert derivatives(result, [items[i], items[k], items[5]]) == [float(k), float(i), 0.0]
    assert step.stats()[0]["fallbacks"] == 0
