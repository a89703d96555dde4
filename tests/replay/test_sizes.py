"""Recordings and graphs past the sizes at which a counter, an index or a product of them could overflow.

Each structure is pushed past 2¹⁰, 2¹¹ and 2¹⁶, and compared with the function itself: values to the bit, gradients but
for the order of adding. Python's numbers do not overflow, so plain Python goes past 2¹⁰ alone, but for `make soak`.
"""

import functools
import itertools
import operator
import random

import pytest
from replaying import plain, sums_of_magnitudes
from soaking import SOAK

import autograd
from autograd import Value, compile, grad, hessian, less, sin, tanh, where
from autograd.engine import topological_order
from autograd.nested import numbers_in

NATIVE = autograd.backend == "native"
SMALL, LARGE = [2**10 + 1, 2**11 + 1][: 2 if NATIVE or SOAK else 1], 2**16 + 1


def some(n, seed=0):
    """So many different numbers, of both signs, between -1 and 1."""
    rng = random.Random(seed)
    return [rng.uniform(-1, 1) for _ in range(n)]


def variables(n):
    return list(map(Value, some(n)))


def capturing(things, f):
    """`f` as a function of its second argument alone; the first one is what it closes over, and a default."""
    return lambda x, things=things: f(things, x)


def patterns(n):
    """n sums of products, no two of one kind: each term is a product or is not."""
    bits = n.bit_length()
    return lambda x: sum([sum([x * x if i >> k & 1 else x for k in range(bits)], x * 0.5) for i in range(n)])


def chosen(x):
    return where(less(0.0, x), lambda: sin(x) * x, lambda: x * x - tanh(x))


def nested(x):
    return where(
        x > 0.5,
        lambda: where(x > 0.75, lambda: sin(x), lambda: tanh(x)),
        lambda: where(x < -0.5, lambda: x * 3.0, lambda: x * x),
    )


def hopping(x, i):
    return where(x > 0.0, lambda: x * 0.5 - 0.3, lambda: x + 0.7)


def chain(n, step):
    return lambda x: functools.reduce(lambda value, i: step(value, i), range(n), x)


# For each structure the function and its arguments, of size n.
RECORDED = {
    "guards of both sides": lambda n: (lambda xs: sum(map(chosen, xs)), (variables(n),)),
    "guards that follow one another": lambda n: (chain(n, hopping), (Value(0.3),)),
    "guards inside guards": lambda n: (lambda xs: sum(map(nested, xs)), (variables(n // 3),)),
    "guards over one operation": lambda n: (
        lambda x, y, cs: sum([where(c, lambda: x * y, lambda: x + y) for c in cs]),
        (Value(0.5), Value(3.0), [float(c > 0) for c in some(n)]),
    ),
    "levels": lambda n: (chain(n, lambda x, i: sin(x * 1.5)), (Value(0.3),)),
    "terms of a sum": lambda n: (lambda x, ys: sum([x * y for y in ys]), (Value(0.3), some(n))),
    "terms with two gradients": lambda n: (lambda xs, ys: autograd.dot(xs, ys), (variables(n), variables(n))),
    "kinds of sums": lambda n: (patterns(n), (Value(0.3),)),
    "slots on one level": lambda n: (lambda x: autograd.mean([tanh(x + i) for i in range(n)]), (Value(0.3),)),
    "inputs": lambda n: (lambda w, xs: functools.reduce(operator.sub, xs, w), (Value(0.3), some(n))),
    "inputs that are Values": lambda n: (lambda *xs: functools.reduce(lambda a, b: a * 0.5 + b, xs), variables(n)),
    "inputs by name": lambda n: (
        lambda xs: sum([x * i for i, x in enumerate(xs.values())]),
        ({f"x{i}": x for i, x in enumerate(variables(n))},),
    ),
    "captured Values": lambda n: (capturing(variables(n), lambda ws, x: sum([sin(w) * x for w in ws])), (Value(0.3),)),
    "results": lambda n: (capturing(some(n), lambda cs, x: [[x * c, {"a": x - c}] for c in cs]), (Value(0.3),)),
    "constants": lambda n: (capturing(some(n), lambda cs, x: sum([sin(x * c) for c in cs])), (Value(0.3),)),
    "uses of one number": lambda n: (lambda x, ys: sum([x * y - x for y in ys]), (Value(0.3), variables(n))),
    "inner variables": lambda n: (lambda x: sum([grad(lambda t, i: t * t * i)(x, i) for i in range(n)]), (Value(0.3),)),
}
LARGEST = {"inner variables": 2**11 + 1, "results": 2**10 + 1}  # a larger one takes minutes
LONG = {"guards of both sides", "guards that follow one another", "guards inside guards", "levels"}  # seconds


def outcome(results, leaves):
    """The numbers in hexadecimal; the gradient of a sum of them; and how far rounding may move it.

    A million terms added one after another, as the function itself does, may each be rounded once.
    """
    numbers = [result.data.hex() for result in results]
    total = autograd.mean([result * (1 + i % 3) for i, result in enumerate(results)])
    rounding = max(1e-12, 1e-16 * len(topological_order(total)))
    bounds = [rounding * terms for terms in sums_of_magnitudes(total, leaves)]
    for leaf in leaves:
        leaf.grad = 0.0
    total.backward()
    return numbers, [leaf.grad for leaf in leaves], bounds


def assert_same(found, expected, leaves):
    numbers, gradients, bounds = outcome(expected, leaves)
    again, others, _ = outcome(found, leaves)
    wrong = [i for i, (a, b) in enumerate(zip(numbers, again, strict=True)) if a != b]
    assert not wrong[:10]  # pytest would compare long lists for minutes
    off = [i for i, (a, b) in enumerate(zip(gradients, others, strict=True)) if abs(a - b) > bounds[i]]
    assert not off[:10]


def at_sizes(names):
    """The structures, each at each size; the largest only in `make soak` where it takes more than three seconds."""
    return [
        pytest.param(
            name,
            n,
            marks=pytest.mark.skipif(
                n == LARGE and not SOAK and (name in LONG or not NATIVE), reason="takes seconds: make soak"
            ),
        )
        for name in names
        for n in (*SMALL, LARGE)
        if n <= LARGEST.get(name, n)
    ]


@pytest.mark.parametrize(("name", "n"), at_sizes(RECORDED))
def test_large_recordings_give_what_the_function_gives(name, n):
    function, arguments = RECORDED[name](n)
    leaves = [*numbers_in(list(arguments)), *numbers_in(list(function.__defaults__ or ()))]
    leaves = [leaf for leaf in leaves if isinstance(leaf, Value)]
    step = compile(function)
    for _ in range(1 if n == LARGE else 2):
        assert_same(numbers_in(step(*arguments)), numbers_in(function(*arguments)), leaves)
        for leaf in leaves:  # the second time all choices are other ones
            leaf.data = -leaf.data
    assert step.cache_info().misses == 1


@pytest.mark.parametrize("n", [*SMALL, *([LARGE] if NATIVE or SOAK else [])])
def test_large_batches_give_what_their_examples_give(n):
    w, xs = Value(0.5), some(n)
    step = compile(lambda x: where(x > 0.0, lambda: sin(w * x), lambda: w * x * x))
    assert_same([step.mean(xs)], [autograd.mean([step.function(x) for x in xs])], [w])
    wrong = [x for x, found in zip(xs, step.map(xs), strict=True) if found != step.function(x).data]
    assert not wrong[:10]
    points = variables(n)
    assert_same([step.mean(points)], [autograd.mean([step.function(x) for x in points])], [w, *points])


@pytest.mark.parametrize("n", [*SMALL, *([LARGE] if NATIVE or SOAK else [])])
def test_many_numbers_come_out_of_each_example(n):
    cs = some(n)
    step = compile(lambda x: [x * c - 1.0 for c in cs])
    for row, x in zip(step.map([0.5, -0.25]), [0.5, -0.25], strict=True):
        assert row == step.function(x)


@pytest.mark.parametrize("n", [*SMALL, *([LARGE] if SOAK else [])])
def test_many_recordings_are_kept_and_told_apart(n):
    step = compile(lambda x, k: x * k + 1.0, static="k", maxsize=n)
    for k in (*range(n), 0, n // 2, n - 1):
        assert step(0.5, k=k) == 0.5 * k + 1.0
    assert step.cache_info() == (3, n, n, n)


@pytest.mark.parametrize("n", [*SMALL, LARGE])
def test_a_change_of_the_last_of_many_things_is_noticed(n):
    numbers, table = some(n), dict(enumerate(some(n)))
    step = compile(lambda x: x * numbers[-1] + table[n - 1])
    for change in (
        lambda: None,
        lambda: numbers.__setitem__(-1, 0.5),
        lambda: numbers.append(3.0),
        lambda: table.__setitem__(n - 1, Value(2.0)),
        lambda: autograd.write_data([table[n - 1]], [5.0]),
    ):
        change()
        assert plain(step(2.0)) == plain(step.function(2.0))


def test_arguments_and_results_may_nest_deeply():
    depth = 90  # 100 are allowed
    part = functools.reduce(lambda inner, _: [inner, {"a": 1.0}], range(depth), Value(0.5))

    def doubled(part):
        return [doubled(part[0]), part[1]["a"] * 2.0] if isinstance(part, list) else part * 2.0

    step = compile(doubled)
    found, expected = (numbers_in(f(part)) for f in (step, doubled))
    assert list(map(plain, found)) == list(map(plain, expected))


def test_gradients_of_a_net_at_many_points():
    points = list(zip(some(66), some(66, 1)))

    def loss(rows, outs):
        outputs = [sum([out * tanh(a * x + b * y + c) for out, (a, b, c) in zip(outs, rows)]) for x, y in points]
        return sum([(output - x * y) ** 2 for output, (x, y) in zip(outputs, points)])

    numbers = [some(3, i) for i in range(16)], some(16, 16)
    found, expected = (numbers_in(f(*numbers)) for f in (compile(grad(loss, (0, 1))), grad(loss, (0, 1))))
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_hessians_with_many_guards():
    xs = some(12)

    def f(v):
        return sum([tanh(a * b + c) for a in v for b, c in itertools.pairwise(xs)])

    found, expected = (numbers_in(h(some(20, 3))) for h in (compile(hessian(f)), hessian(f)))
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("n", [*SMALL, *([LARGE] if NATIVE or SOAK else [])])
def test_many_replays_one_after_another_are_differentiated(n):
    w, x = Value(0.999), Value(0.3)
    step = compile(lambda x: sin(x * w))
    assert_same([chain(n, lambda x, i: step(x))(x)], [chain(n, lambda x, i: step.function(x))(x)], [w, x])


@pytest.mark.parametrize("n", [*SMALL, LARGE])
def test_many_parents_and_many_children_in_ordinary_graphs(n):
    x = Value(0.5)
    total = functools.reduce(operator.add, [x * c for c in some(n)])
    total.backward()
    assert x.grad == pytest.approx(sum(some(n)), rel=1e-9, abs=1e-9)
