"""Recordings and graphs past the sizes at which a counter, an index or a product of them could overflow.

Each structure is pushed past 2¹⁰, 2¹¹ and 2¹⁶, and compared with the function itself: values to the bit, gradients but
for the order of adding.
"""

import functools
import operator
import random

import pytest
from soaking import SOAK

import autograd
from autograd import Value, compile, grad, hessian, less, sin, tanh, where
from autograd.functional import numbers_in
from autograd.value import topological_order

NATIVE = autograd.backend == "native"
SMALL, LARGE = [2 ** 10 + 1, 2 ** 11 + 1], 2 ** 16 + 1


def some(n, seed=0):
    """So many different numbers, of both signs, between -1 and 1."""
    rng = random.Random(seed)
    return [rng.uniform(-1, 1) for _ in range(n)]


def variables(n):
    return list(map(Value, some(n)))


def patterns(n):
    """n sums of products, no two of one kind: each term is a product or is not."""
    bits = n.bit_length()
    return lambda x: [sum([x * x if i >> k & 1 else x for k in range(bits)], x * 0.5) for i in range(n)]


def chosen(x):
    return where(less(0.0, x), lambda: sin(x) * x, lambda: x * x - tanh(x))


def nested(x):
    return where(x > 0.5, lambda: where(x > 0.75, lambda: sin(x), lambda: tanh(x)),
                 lambda: where(x < -0.5, lambda: x * 3.0, lambda: x * x))


def chain(n, step):
    return lambda x: functools.reduce(lambda value, i: step(value, i), range(n), x)


# For each structure the function and its arguments, of size n.
RECORDED = {
    "guards of both sides": lambda n: (lambda xs: sum(map(chosen, xs)), (variables(n),)),
    "guards that follow one another": lambda n: (chain(n, lambda x, i: where(x > 0.0, lambda: x * 0.5 - 0.3, lambda: x + 0.7)),
                                                 (Value(0.3),)),
    "guards inside guards": lambda n: (lambda xs: sum(map(nested, xs)), (variables(n // 3),)),
    "guards over one operation": lambda n: (lambda x, y, cs: sum([where(c, lambda: x * y, lambda: x + y) for c in cs]),
                                            (Value(0.5), Value(3.0), [float(c > 0) for c in some(n)])),
    "levels": lambda n: (chain(n, lambda x, i: sin(x * 1.5)), (Value(0.3),)),
    "terms of a sum": lambda n: (lambda x, ys: sum([x * y for y in ys]), (Value(0.3), some(n))),
    "terms with two gradients": lambda n: (lambda xs, ys: autograd.dot(xs, ys), (variables(n), variables(n))),
    "kinds of sums": lambda n: (patterns(n), (Value(0.3),)),
    "slots on one level": lambda n: (lambda x: autograd.mean([tanh(x + i) for i in range(n)]), (Value(0.3),)),
    "inputs": lambda n: (lambda w, xs: functools.reduce(operator.sub, xs, w), (Value(0.3), some(n))),
    "inputs that are Values": lambda n: (lambda *xs: functools.reduce(lambda a, b: a * 0.5 + b, xs), variables(n)),
    "inputs by name": lambda n: (lambda xs: sum([x * i for i, x in enumerate(xs.values())]),
                                 ({f"x{i}": x for i, x in enumerate(variables(n))},)),
    "captured Values": lambda n: (lambda x, ws=variables(n): sum([sin(w) * x for w in ws]), (Value(0.3),)),
    "results": lambda n: (lambda x, cs=some(n): [[x * c, {"a": x - c}] for c in cs], (Value(0.3),)),
    "constants": lambda n: (lambda x, cs=some(n): sum([sin(x * c) for c in cs]), (Value(0.3),)),
    "uses of one number": lambda n: (lambda x, ys: sum([x * y - x for y in ys]), (Value(0.3), variables(n))),
    "inner variables": lambda n: (lambda x: sum([grad(lambda t: t * t * i)(x) for i in range(n)]), (Value(0.3),)),
}
LARGEST = {"kinds of sums": 2 ** 11 + 1, "inner variables": 2 ** 11 + 1}  # where a larger one takes minutes


def outcome(results, leaves):
    """The numbers in hexadecimal; the gradient of a sum of them; and the sum of its terms' magnitudes."""
    numbers = [result.data.hex() for result in results]
    total = autograd.mean([result * (1 + i % 3) for i, result in enumerate(results)])
    sizes = {total: 1.0}
    for node in reversed(topological_order(total)):
        for parent, partial in zip(node.parents, node.partials):
            sizes[parent] = sizes.get(parent, 0.0) + sizes[node] * abs(partial)
    for leaf in leaves:
        leaf.grad = 0.0
    total.backward()
    return numbers, [leaf.grad for leaf in leaves], [sizes.get(leaf, 0.0) for leaf in leaves]


def assert_same(found, expected, leaves):
    numbers, gradients, sizes = outcome(expected, leaves)
    again, others, _ = outcome(found, leaves)
    wrong = [i for i, (a, b) in enumerate(zip(numbers, again, strict=True)) if a != b]
    assert not wrong[:10]  # pytest would compare long lists for minutes
    off = [i for i, (a, b) in enumerate(zip(gradients, others, strict=True)) if abs(a - b) > 1e-12 * sizes[i]]
    assert not off[:10]


def at_sizes(names):
    """The structures, each at each size; the largest on the plain engine only in `make soak`."""
    slow = pytest.mark.skipif(not NATIVE and not SOAK, reason="takes minutes without the compiled engine")
    return [pytest.param(name, n, marks=[slow] if n == LARGE else []) for name in names for n in (*SMALL, LARGE)
            if n <= LARGEST.get(name, n)]


@pytest.mark.parametrize(("name", "n"), at_sizes(RECORDED))
def test_large_recordings_give_what_the_function_gives(name, n):
    function, arguments = RECORDED[name](n)
    leaves = [*numbers_in(list(arguments)), *numbers_in(list(function.__defaults__ or ()))]
    leaves = [leaf for leaf in leaves if isinstance(leaf, Value)]
    step = compile(function)
    for _ in range(2):
        assert_same(numbers_in(step(*arguments)), numbers_in(function(*arguments)), leaves)
        for leaf in leaves:  # the second time all choices are other ones
            leaf.data = -leaf.data
    assert step.cache_info()[:2] == (1, 1)
