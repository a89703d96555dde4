"""ReLUs that are computed with the sums before them, and through which the layer after them propagates its adjoints."""

from itertools import pairwise
from random import Random

import pytest
from processors import WIDTHS, vectors

import autograd
from autograd import Value, compile, derivatives, dot, where
from autograd.errors import RecordingError, ResultOverflowError

NATIVE = autograd.backend == "native"
COUNTS = (64, 1, 3, 4, 17, 37, 100) if NATIVE else (3,)  # of examples
BOTH, FORWARD, NEITHER = (True, True), (True, False), (False, False)
INPUTS, HIDDEN = 3, 5


class Layers:
    """Weights and biases as they are needed, always the same for the same seed."""

    def __init__(self, seed=0):
        self.random, self.parameters = Random(seed), []

    def weights(self, count):
        made = [Value(self.random.gauss(0, 1)) for _ in range(count)]
        self.parameters += made
        return made

    def layer(self, inputs, outputs, bias=None):
        """A function from a list of Values to sums of products, with a bias "first", "last", or none."""
        rows = [self.weights(inputs) for _ in range(outputs)]
        biases = self.weights(outputs)

        def forward(x):
            if bias == "first":
                return [sum((w * y for w, y in zip(row, x)), start=b) for row, b in zip(rows, biases)]
            return [dot(row, x) + b if bias else dot(row, x) for row, b in zip(rows, biases)]

        return forward


def relus(values):
    return [value.relu() for value in values]


def network(sizes, bias):
    """Layers of these sizes, with ReLUs in between, and the sum of the squares of what comes out."""

    def made(layers):
        parts = [layers.layer(*size, bias) for size in pairwise(sizes)]

        def f(*x):
            for part in parts[:-1]:
                x = relus(part(x))
            return dot(parts[-1](x), parts[-1](x))

        return f

    return made


def two_layers(body):
    """A function of `body(first, second, x)` for two layers, as many results as inputs."""

    def made(layers):
        first, second = layers.layer(INPUTS, HIDDEN, "first"), layers.layer(HIDDEN, INPUTS, "first")
        return lambda *x: body(first, second, x)

    return made


def total(values):
    return sum(values, start=Value(0.0))


def hidden_twice(first, second, x):
    hidden = relus(first(x))
    return total(second(hidden)) * 0.5 + total(y * y for y in hidden)


def operand_twice(first, second, x):
    before = first(x)
    return total(second(relus(before))) + total(y.sin() for y in before)


def two_products(first, second, x):
    sums = [a + b for a, b in zip(first(x), first([y * 0.5 for y in x]))]
    return total(y.tanh() for y in second(relus(sums)))


def residual(first, second, x):
    return total(y.tanh() + z for y, z in zip(second(relus(first(x))), x))


def twice_in_a_row(first, second, x):
    return total(y.tanh() for y in second(relus(relus(first(x)))))


def of_the_inputs(first, second, x):
    return total(y.tanh() for y in second(relus(first(relus(x)))))


def of_some(first, second, x):
    *most, last = first(x)
    return total(y.tanh() for y in second([*relus(most), last]))


def backwards(first, second, x):
    return total(y.tanh() for y in second(relus(first(x))[::-1]))


def shared_by_two(first, second, x):
    hidden = relus(first(x))
    return total(y.tanh() for y in second(hidden)) * total(y.tanh() for y in second([2.0 * y for y in hidden]))


def under_a_condition(first, second, x):
    hidden = relus(first(x))
    return where(x[0] > 0.2, lambda: total(y.tanh() for y in second(hidden)), lambda: total(hidden) * 0.5)


def decided_by_a_sum(first, second, x):
    before = first(x)
    return total(second(relus(before))) * where(before[1] > 0.0, 2.0, 3.0)


def decided_by_whether_it_is_0(first, second, x):
    before = first(x)
    return total(y.tanh() for y in second(relus(before))) + where(before[1], lambda: x[0] * x[1], lambda: x[2])


CASES = {
    **{
        f"{'-'.join(map(str, sizes))} bias {bias}": (network(sizes, bias), [BOTH] * (len(sizes) - 2))
        for sizes, bias in [
            ([2, 16, 16, 1], "first"),
            ([3, 5, 4], "last"),
            ([4, 8, 8, 8, 3], None),
            ([1, 33, 2], "first"),
            ([17, 4, 3, 2], "last"),
            ([130, 40, 3], "first"),
            ([3, 150, 2], "last"),
        ]
    },
    "hidden_twice": (two_layers(hidden_twice), [FORWARD]),
    "operand_twice": (two_layers(operand_twice), [NEITHER]),
    "two_products": (two_layers(two_products), None),
    "residual": (two_layers(residual), [BOTH]),
    "twice_in_a_row": (two_layers(twice_in_a_row), [FORWARD, NEITHER]),
    "of_the_inputs": (two_layers(of_the_inputs), [NEITHER, BOTH]),
    "of_some": (two_layers(of_some), None),
    "backwards": (two_layers(backwards), [FORWARD]),
    "shared_by_two": (two_layers(shared_by_two), [FORWARD]),
    "under_a_condition": (two_layers(under_a_condition), None),
    "decided_by_a_sum": (two_layers(decided_by_a_sum), [NEITHER]),
    "decided_by_whether_it_is_0": (two_layers(decided_by_whether_it_is_0), [NEITHER]),
}


# Merging is the compiled machine's: on the plain engine there is nothing to look at; its numbers are tested below.
@pytest.mark.skipif(not NATIVE, reason="the plain engine stores all results")
@pytest.mark.parametrize("case", CASES)
def test_which_are_merged(case):
    made, expected = CASES[case]
    step = compile(made(Layers()))
    step(*[0.3] * inputs_of(case))
    merged = step._recordings.latest().machine.merged
    assert expected is None or merged == expected


def inputs_of(case):
    return int(case.split("-")[0]) if case[0].isdigit() else INPUTS


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("case", CASES)
def test_they_change_nothing(case, width):
    layers, random = Layers(), Random(case)
    f = CASES[case][0](layers)
    step = compile(f)
    for count in COUNTS:
        xs = [[random.gauss(0, 1) for _ in range(count)] for _ in range(inputs_of(case))]
        eager = [f(*map(Value, x)) for x in zip(*xs)]
        expected = autograd.mean(eager)
        try:
            assert vectors(width) == width
            assert step.map(*xs) == [y.data for y in eager]  # to the bit
            found = step.mean(*xs)
            slopes = derivatives(found, layers.parameters)
        finally:
            vectors()
        assert found.data == expected.data
        assert slopes == pytest.approx(derivatives(expected, layers.parameters), rel=1e-11, abs=1e-12)


def test_the_gradients_of_inputs():
    layers = Layers()
    f = network([3, 8, 8, 2], "first")(layers)
    xs = [[Value(Layers(k).random.gauss(0, 1)) for k in range(20 * j, 20 * j + 20)] for j in range(3)]
    leaves = [x for column in xs for x in column]
    found, expected = compile(f).mean(*xs), autograd.mean([f(*x) for x in zip(*xs)])
    assert found.data == expected.data
    assert derivatives(found, leaves) == pytest.approx(derivatives(expected, leaves), rel=1e-11, abs=1e-13)


def test_hidden_numbers_as_results():
    layers = Layers()
    first, second = layers.layer(3, 5, "first"), layers.layer(5, 2)

    def f(*x):
        before = first(x)
        hidden = relus(before)
        return total(second(hidden)), [hidden, before]

    xs = [[Random(k).gauss(0, 1) for k in range(20)] for _ in range(3)]
    eager = [f(*map(Value, x)) for x in zip(*xs)]
    _, found = compile(f).map(*xs, has_aux=True)
    assert found == [[[y.data for y in part] for part in more] for _, more in eager]


@pytest.mark.parametrize("at", [0, 15, 19])
@pytest.mark.parametrize("large", [(1e308, 1e308), (-1e308, -1e308), (1e308, -1e308)])
def test_sums_that_are_not_finite_are_noticed(large, at):
    """ReLU turns -inf and NaN into 0."""
    rows = [[Value(4.0), Value(4.0)], [Value(5.0), Value(3.0)]]
    last = [[Value(0.0), Value(0.0)], [Value(1e-300), Value(0.0)]]

    def f(x, y):
        hidden = relus([dot(row, [x, y]) for row in rows])
        return total(z.tanh() for z in [dot(row, hidden) for row in last])

    step = compile(f, fallback=False)
    xs, ys = [0.5] * 20, [0.25] * 20
    for _ in range(3):
        step.mean(xs, ys)
    xs[at], ys[at] = large
    for replay in (step.mean, step.map):
        with pytest.raises(RecordingError, match="is not finite"):
            replay(xs, ys)
    with pytest.raises(RecordingError, match="is not finite"):
        step(*large)
    assert not NATIVE or step._recordings.latest().machine.merged == [BOTH]


def test_adjoints_that_are_not_finite_are_noticed():
    """0 times an infinite adjoint is NaN, also where a ReLU is 0."""
    rows, last, w = [[Value(-1.0), Value(-2.0)], [Value(-3.0), Value(-4.0)]], [Value(1e200), Value(1e200)], Value(1e200)

    def f(x):
        return dot(last, relus([dot(row, [x, x]) for row in rows])) * w

    step = compile(f, fallback=False)
    assert step.map([0.5] * 20) == [0.0] * 20
    for _ in range(3):
        with pytest.raises(RecordingError, match="is not finite"):
            step.mean([0.5] * 20)
    with pytest.raises(ResultOverflowError):
        f(Value(0.5)).backward()
    assert not NATIVE or step._recordings.latest().machine.merged == [BOTH]
