"""Sums of products whose operands lie in affine order: run as products of matrices, they give what single sums give."""

from random import Random

import pytest
from processors import WIDTHS, vectors
from soaking import SOAK
from tapes import recorded

import autograd
from autograd import Value, compile, derivatives, dot
from autograd.replay.machine import Machine, PythonMachine
from autograd.replay.recorder import Program

# For each layer, the weight of input j in result i; weights are taken from a list as long as is needed.
ORDERS = {
    "rows": lambda i, j, inputs, outputs: i * inputs + j,
    "columns": lambda i, j, inputs, outputs: j * outputs + i,
    "shared": lambda i, j, inputs, outputs: j,
    "sliding": lambda i, j, inputs, outputs: i + j,
    "backwards": lambda i, j, inputs, outputs: (outputs - i) * inputs - j,
    "apart": lambda i, j, inputs, outputs: 3 * (i * inputs + j),
    "one": lambda i, j, inputs, outputs: 0,
}
COUNTS = (3, 64, 1, 4, 16, 37) if autograd.backend == "native" else (3,)  # of examples
SIZES = [(1, 1), (2, 16), (3, 5), (9, 8), *([(16, 16), (8, 9), (33, 4), (20, 30), (2, 40)] if len(COUNTS) > 1 else [])]


def layers(order, inputs, outputs, places, bias, random):
    """A function of Values x: the results of a layer at each of some places, each with inputs of its own."""
    w = [Value(random.gauss(0, 1)) for _ in range(4 * inputs * outputs + inputs + outputs + 1)]
    b = [Value(random.gauss(0, 1)) for _ in range(outputs)]

    def f(x):
        found = []
        for place in range(places):
            row = x[place * inputs : (place + 1) * inputs]
            for i in range(outputs):
                total = dot([w[ORDERS[order](i, j, inputs, outputs)] for j in range(inputs)], row)
                found.append(total + b[i] if bias else total)
        return found

    return f, [*w, *b]


def same_gradients(found, expected):
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("places", [1, 2, 7])
@pytest.mark.parametrize("order", ORDERS)
def test_layers_in_every_order(order, places, width):
    random, chosen = Random(order), Random(f"{order} {places} {width}")
    for inputs, outputs in SIZES:
        f, weights = layers(order, inputs, outputs, places, random.random() < 0.5, random)
        hidden = random.random() < 0.5  # then the inputs of the layer are results, whose gradient is wanted

        def loss(x, f=f, hidden=hidden):
            return sum((y * y for y in f([(z * 0.5).tanh() for z in x] if hidden else x)), Value(0.0))

        counts = COUNTS if inputs * outputs < 100 else COUNTS[:2]
        for count in counts if SOAK else chosen.sample(counts, min(2, len(counts))):
            xs = [[random.gauss(0, 1) for _ in range(places * inputs)] for _ in range(count)]
            try:
                assert vectors(width) == width
                found = compile(loss).mean(xs)
                slopes = derivatives(found, weights)
            finally:
                vectors()
            if autograd.backend == "native":
                program = Program(*recorded(lambda *x, loss=loss: loss(list(x)), *["number"] * len(xs[0])))
                run = PythonMachine(program).run(xs, program.results, program.results, 1 / count)
                numbers, expected, _ = run
                total = numbers[0]
                for number in numbers[1:]:
                    total += number
                assert found.data == total / count  # to the bit
                by_value = dict(zip(program.values, expected[0]))
                same_gradients(slopes, [by_value.get(p, 0.0) for p in weights])
            if count == 3:
                eager = autograd.mean([loss(list(map(Value, x))) for x in xs])
                assert found.data == eager.data
                same_gradients(slopes, derivatives(eager, weights))


@pytest.mark.parametrize("seed", range(40))
def test_random_blocks(seed):
    """Sums of several kinds of terms, whose operands are in affine order by parts, or in none."""
    random = Random(seed)
    w = [Value(random.gauss(0, 1)) for _ in range(80)]
    shapes = [
        (random.choice("wx"), random.choice("wxyz"), random.randint(1, 5), *random.choices(range(-1, 5), k=4))
        for _ in range(random.randint(1, 3))
    ]
    results, skip = random.randint(1, 20), random.randint(0, 30)

    def f(x):
        lists = {"w": w, "x": x, "y": [(z * w[0]).sin() for z in x], "z": None}
        found = []
        for i in range(results):
            if i == skip:
                found.append(w[i] * x[1] + x[3])
                continue
            total = Value(0.0) * x[0]
            for a, b, terms, row_a, row_b, step_a, step_b in shapes:
                for t in range(terms):
                    term = lists[a][(i * row_a + t * step_a) % 40]
                    if lists[b]:
                        term = term * lists[b][(i * row_b + t * step_b) % 40]
                    total = total + term
            found.append(total)
        return found

    tape, places = recorded(lambda *x: f(list(x)), *["number"] * 30, *["Value"] * 10)
    program = Program(tape, places)
    variables = list(range(30, 40))
    for count in (1, 2, 4, 20, 50):
        rows = [[random.gauss(0, 1) for _ in range(40)] for _ in range(count)]
        expected = PythonMachine(program).run(rows, program.results, program.results[:2], 0.5, variables)
        found = Machine(program).run(rows, program.results, program.results[:2], 0.5, variables)
        assert found[0][: len(expected[0])] == expected[0]
        for one, other in zip(found[1], expected[1]):
            same_gradients(list(one), list(other))


def test_windows_that_overlap():
    random = Random(0)
    u, w = ([Value(random.gauss(0, 1)) for _ in range(count)] for count in (12, 20))

    def f(*xs):
        hidden = [(a * x).tanh() for a, x in zip(u, xs)]
        return sum(dot(w[k : k + 4], hidden[r : r + 4]).tanh() for r in range(6) for k in range(0, 20, 4))

    xs = [[random.gauss(0, 1) for _ in range(37)] for _ in u]
    eager = autograd.mean([f(*map(Value, row)) for row in zip(*xs)])
    found = compile(f).mean(*xs)
    assert found.data == eager.data
    same_gradients(derivatives(found, u + w), derivatives(eager, u + w))
