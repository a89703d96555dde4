"""The machine that runs recordings: sums of products with the vectors of any processor, and threads that help."""

import itertools
import math
import os
import subprocess
import sys
from random import Random

import pytest
from processors import WIDTHS, vectors
from soaking import amount

import autograd
from autograd import Value, clamp, compile, derivatives, dot, hypot, less, sqrt, where
from autograd.engine.functions import FUNCTIONS
from autograd.table.registry import BUILT_IN

SUMS = [  # terms of every kind: of Values and of inputs, alone and in products, with a gradient and without
    lambda w, x: [sum(w[(6 * k + i) % 24] * x[i] for i in range(9)) + w[k] for k in range(7)],
    lambda w, x: [dot(x[:6], x[2:8]) + x[k] * w[k] for k in range(3)],
    lambda w, x: [dot(w[:4], [y * y for y in x[:4]]) + w[4] * w[5] + w[k] for k in range(5)],
    lambda w, x: [dot([y.sin() * w[0] for y in x], [y.cos() * w[1] for y in x]) + w[2] * (x[1] * w[3])],
    lambda w, x: [x[k] * w[k] + x[0].detach() * w[1] + x[2].exp() + w[3] * 2 + x[4] * w[k].detach() for k in range(6)],
    lambda w, x: [dot(w[:9], [(y * w[k]).tanh() for y in x]) + dot(w[9:18], [y.exp() for y in x]) for k in range(4)],
]
PROBLEM = """
import os, sys, threading
from random import Random
import autograd
from autograd import Value, compile
random = Random(0)
w = [[Value(random.gauss(0, 1)) for _ in range(64)] for _ in range(32)]
# Nine tiles in four parts, the last the largest: who does not get it is done earlier, and has to wait.
xs = [[random.gauss(0, 1) for _ in range(64)] for _ in range(144 if autograd.backend == "native" else 2)]
step = compile(lambda x: sum(sum(a * b for a, b in zip(row, x)).tanh() for row in w))

def result():
    mean = step.mean(xs)
    return [mean.data] + autograd.derivatives(mean, [p for row in w for p in row])

expected = result()
"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("outputs", SUMS)
def test_sums_of_products(outputs, width):
    random = Random(0)
    w, xs = [Value(random.gauss(0, 1)) for _ in range(24)], [[random.gauss(0, 1) for _ in range(9)] for _ in range(37)]

    def loss(x):
        return sum((y.tanh() for y in outputs(w, x)), Value(0.0))

    try:
        assert vectors(width) == width
        found = compile(loss).mean(xs)
        slopes = derivatives(found, w)
    finally:
        vectors()
    assert found.data == compile(loss).mean(xs).data
    if width > 2:  # only these have a fused multiply-add
        assert slopes == derivatives(compile(loss).mean(xs), w)
    eager = autograd.mean([loss(list(map(Value, x))) for x in xs])
    assert found.data == eager.data
    assert slopes == pytest.approx(derivatives(eager, w), rel=1e-13, abs=1e-15)


ORDERS = {  # which of many numbers an operand is, in the k-th result of rows of so many
    "each": lambda k, row: k,
    "one for each row": lambda k, row: k // row,
    "the same": lambda k, row: 3,
    "the same in each row": lambda k, row: k % row,
    "backwards": lambda k, row: 40 - k,
    "two of each": lambda k, row: k // 2,
    "more and less of each": lambda k, row: 3 * (k // 12) + (k % 12 > 3) + (k % 12 > 9),
}


@pytest.mark.parametrize("row", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize(("first", "second"), list(itertools.product(ORDERS, repeat=2)))
def test_operands_in_rows(first, second, row):
    """Of one example, whose results are rows of numbers, and of several."""
    random = Random(row)
    u, v = ([random.uniform(0.5, 2.0) for _ in range(41)] for _ in range(2))

    def f(*xs):
        a, b = [x * 0.5 for x in xs[:41]], [x * 0.25 for x in xs[41:]]
        pairs = [(a[ORDERS[first](k, row)], b[ORDERS[second](k, row)]) for k in range(4 * row + (row == 5))]
        quotients = [(x / y).exp() for x, y in pairs]
        others = [clamp(z - y, -9.0, x) + hypot(z, y) for z, (x, y) in zip(quotients, pairs)]
        return sum((z * w for z, w in zip(quotients, others)), Value(0.0))

    step, leaves = compile(f), list(map(Value, u + v))
    expected = f(*leaves)
    for _ in range(3):  # then it is replayed
        assert step(*leaves).data == expected.data
    for found in (step(*leaves), step.mean(*[[x] * 5 for x in leaves])):
        assert found.data == pytest.approx(expected.data, rel=1e-14)
        assert derivatives(found, leaves) == pytest.approx(derivatives(expected, leaves), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("width", WIDTHS)
def test_exp_of_many_numbers_has_the_bits_of_the_c_library(width):
    random, step = Random(width), compile(autograd.exp)
    edges = [0.0, -0.0, 5e-324, 2.0**-54, -745.2, -745.1, -708.4, -700.0, 700.0, 699.9999, 709.78, -800.0, -1e300]
    steps = [n * math.log(2) / 128 for n in range(-40, 40)]  # the middle of a part, and its ends
    try:
        assert vectors(width) == width
        for size in (1e-17, 1e-8, 1e-3, 1.0, 30.0, 700.0):
            xs = [random.uniform(-size, size) for _ in range(1000 + amount(2_000_000))]
            xs += [*edges, *steps, *(x + math.log(2) / 256 for x in steps)]
            assert step.map(xs) == list(map(math.exp, xs))
    finally:
        vectors()


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.name)
def test_wider_vectors_give_the_same_bits(rule):
    points = [(0.5, 1.25, 2.25), (1.5, 2.0, 3.0)]
    point = next(point for point in points if rule.why_outside(point[: len(rule.inputs)]) is None)
    w = list(map(Value, point[: len(rule.inputs)]))
    columns = [[random.uniform(0, 0.2) for _ in range(37)] for random in map(Random, range(len(w)))]

    def f(*xs):
        return FUNCTIONS[rule.name](*(a + x for a, x in zip(w, xs)))

    def results():
        found = compile(f).mean(*columns)
        return [found.data, *derivatives(found, w)]

    found = []
    for width in (2, 4, 8):
        try:
            vectors(width)
            found.append(results())
        finally:
            vectors()
    assert found[0] == found[1] == found[2]
    assert found[0][0] == autograd.mean([f(*xs) for xs in zip(*columns)]).data


def ends_well(program, **environment):
    run = subprocess.run(
        [sys.executable, "-c", PROBLEM + program],
        capture_output=True,
        text=True,
        timeout=100,
        env=os.environ | environment,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_a_forked_process_finds_helpers_of_its_own():
    ends_well("""
for _ in range(20):
    child = os.fork()
    if not child:
        os._exit(0 if result() == expected and result() == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert result() == expected
""")


def test_all_parts_are_waited_for():
    ends_well("""
for _ in range(1000 if autograd.backend == "native" else 2):
    assert result() == expected
""")


def test_threads_that_replay_at_once():
    ends_well("""
sys.setswitchinterval(1e-5)
found = []
threads = [threading.Thread(target=lambda: found.extend(result() == expected for _ in range(20))) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert found == [True] * 120
""")


def test_the_number_of_threads_changes_no_bit():
    found = [ends_well("print(repr(result()))", GLASSGRAD_THREADS=count) for count in ("1", "2", "8")]
    assert found[0]
    assert found == [found[0]] * 3


# Only the compiled machine has threads and reads the variable. `make test` runs this with it; with a compiler there,
# tests/native/test_native.py fails unless the engine is compiled, so this cannot go unnoticed there.
@pytest.mark.skipif(autograd.backend != "native", reason="plain Python has one thread")
@pytest.mark.parametrize("count", ["0", "two", "-1", "1.5"])
def test_a_wrong_number_of_threads(count):
    run = subprocess.run(
        [sys.executable, "-c", "import autograd"],
        capture_output=True,
        text=True,
        env=os.environ | {"GLASSGRAD_THREADS": count},
    )
    assert run.stderr.endswith(f"GLASSGRAD_THREADS is a number of threads, 1 or more, got {count!r}.\n")


@pytest.mark.parametrize("count", [1, 20])
def test_a_choice_within_a_choice_needs_no_fallback(count):
    """Where a side does not count, its numbers are 0, and the derivative of sqrt is infinite there."""
    w = Value(2.0)

    def f(x):
        return where(
            less(0.0, x),
            lambda: where(less(1.0, x), lambda: sqrt(w * x - 1.0), lambda: w * x),
            lambda: w * 0.5,
        )

    step, xs = compile(f), [k / 5 - 1 for k in range(count)]
    found, eager = step.mean(xs), autograd.mean([f(x) for x in xs])
    assert found.data == eager.data
    assert derivatives(found, w) == pytest.approx(derivatives(eager, w), rel=1e-14)
    assert step.stats()[0]["fallbacks"] == 0


# The plain machine may read any slot, and tests and pictures do: only the compiled one leaves some out, and says so.
@pytest.mark.skipif(autograd.backend == "python", reason="plain Python stores all numbers, and clears all adjoints")
def test_what_is_read_is_a_result():
    w = Value(2.0)
    step = compile(lambda x: ((w * x).tanh() * x).exp())
    step(0.5)
    machine = step._recordings.latest().machine
    (result,) = machine.program.results
    for reads, roots in [([result], [result - 1]), ([result - 1], [])]:
        with pytest.raises(ValueError, match="reads and roots are among the results"):
            machine.run([[0.5]], reads, roots)
