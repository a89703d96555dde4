"""The engine at length: random graphs against 50-digit arithmetic, deep graphs, leaks, changed data, threads."""

import gc
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from mpmath import mp, mpf
from reference import exact
from soaking import SHARE, amount

import autograd
import nn
from autograd import Value, derivatives
from autograd.engine.functions import PUBLIC
from autograd.errors import AutogradError
from autograd.testing import Expression, condition

ROOT = Path(autograd.__file__).parent.parent
WELL_CONDITIONED = 1000.0  # rounding errors are magnified at most so many times


class Exact:
    """The primitives on mpmath numbers, for an Expression."""

    def __getitem__(self, name):
        return exact(name)


def exact_along(expression, direction):
    """The expression along a line, as a function of one mpmath number."""
    return lambda t: expression(*(mpf(x) + t * d for x, d in zip(expression.point, direction)), functions=Exact())


def relative_error(found, wanted):
    return float(abs(found - wanted) / abs(wanted)) if wanted else float(found != 0)


def ancestors(node):
    """The node and everything that it is computed from, constants included."""
    found, waiting = {}, [node]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found[here] = True
            waiting += here.parents
    return list(found)


def is_on_branch_cut(y):
    """Whether atan2 gets a zero, whose sign mpmath does not keep."""
    return any(node.rule and node.rule.name == "atan2" and node.parents[0].data == 0.0 for node in ancestors(y))


def is_beside_a_jump(y):
    """Whether floor or the like gets a number so near to a jump that rounding decides on which side it is."""
    for node in ancestors(y):
        inputs = dict(zip(node.rule.inputs, (parent.data for parent in node.parents))) if node.rule else {}
        for name, spacing in node.rule.jumps.items() if node.rule else ():
            steps = inputs[name] / spacing.on_floats(tuple(inputs), {"abs": abs})(**inputs)
            if abs(steps - round(steps)) <= 1e-9 * max(1.0, abs(steps)):
                return True
    return False


def test_random_graphs_against_fifty_digits(figure):
    random, graphs, compared, worst, nodes = Random(50), amount(100_000), 0, 0.0, 0
    for _ in range(graphs):
        expression = Expression.random(random, max_nodes=200)
        if condition(expression, *expression.point) > WELL_CONDITIONED:
            continue
        leaves = [Value(x) for x in expression.point]
        y = expression(*leaves)
        slopes = derivatives(y, leaves)
        if is_on_branch_cut(y) or is_beside_a_jump(y):
            continue
        with mp.workdps(80):
            step = mpf(10) ** -25
            try:
                found = [(y.data, exact_along(expression, [0] * len(leaves))(mpf(0)))]
                for i, slope in enumerate(slopes):
                    f = exact_along(expression, [float(k == i) for k in range(len(leaves))])
                    found.append((slope, (f(step) - f(-step)) / (2 * step)))
            except TypeError:  # on the edge of a domain; beyond it mpmath's numbers are complex
                continue
            errors = [relative_error(got, wanted) for got, wanted in found if abs(wanted) > 1e-40]
        assert max(errors, default=0.0) <= 1e-12, expression
        worst, compared, nodes = max(worst, *errors, 0.0), compared + 1, max(nodes, len(expression.steps))
    assert compared > graphs / 10
    figure(
        f"random graphs of up to {nodes} nodes against 50 digits",
        graphs,
        f"value and gradient: relative error at most {worst:.1e} on the {compared:,} well-conditioned ones",
    )


@pytest.mark.parametrize(("order", "allowed"), [(2, 1e-11), (3, 1e-9)])
def test_higher_orders_on_random_graphs(order, allowed, figure):
    random, graphs, compared, worst = Random(order), amount(20_000), 0, 0.0
    for _ in range(graphs):
        expression = Expression.random(random, max_nodes=12)
        direction = [random.uniform(-1, 1) for _ in expression.point]

        def along(t, expression=expression, direction=direction):
            return expression(*(x + t * d for x, d in zip(expression.point, direction)))

        def differentiated(t, times, along=along):
            y = along(t)
            for _ in range(times):
                y = derivatives(y, t, create_graph=True)
            return y

        if condition(lambda t: differentiated(t, order - 1), 0.0) > WELL_CONDITIONED:
            continue
        t = Value(0.0)
        found = derivatives(differentiated(t, order - 1), t)
        if is_on_branch_cut(along(t)):
            continue
        with mp.workdps(120):
            wanted = mp.diff(exact_along(expression, direction), 0, order, h=mpf(10) ** -25)
        if abs(wanted) > 1e-10:
            error = relative_error(found, wanted)
            assert error <= allowed, (expression, direction, found, wanted)
            worst, compared = max(worst, error), compared + 1
    assert compared > graphs / 10
    figure(
        f"derivatives of order {order} of random graphs",
        graphs,
        f"relative error at most {worst:.1e} on the {compared:,} well-conditioned ones",
    )


CHAIN = """
import copy, pickle, resource, sys, time
from autograd import Value, draw
n = {n}
resource.setrlimit(resource.RLIMIT_STACK, (8 * 2**20, resource.RLIM_INFINITY))
def timed(what, f):
    start = time.perf_counter()
    result = f()
    print(f"{{what}} {{time.perf_counter() - start:.1f}} s", end=", ")
    return result
def build():
    node = x
    for k in range(n):
        node = node * 1.0 if k % 2 else node + 0.0
    return node
x = Value(1.0, label="chain.x")
y = timed("build", build)
timed("backward", y.backward)
assert x.grad == 1.0
for what, again in [("copy", lambda: copy.deepcopy(y)), ("pickle", lambda: pickle.loads(pickle.dumps(y)))]:
    twin = timed(what, again)
    twin.backward()
    assert (twin.data, twin.grad) == (1.0, 1.0)
    timed("free", lambda: globals().pop("twin") and None)
y.label = "chain"
picture = timed("draw folded", lambda: draw(y, fold="chain"))
assert len(picture.source) < 5000
del picture
timed("free", lambda: globals().pop("y") and None)
assert sys.getrecursionlimit() == 1000
"""


def test_a_chain_of_a_million_nodes(figure):
    n = amount(1_000_000)
    run = subprocess.run([sys.executable, "-c", CHAIN.format(n=n)], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]
    figure("a chain of nodes, at the default recursion limit and an 8 MB stack", n, run.stdout.rstrip(", "))


def test_no_node_outlives_its_training_step(figure):
    model = nn.MLP(2, [4, 1], activation="tanh", seed=0)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    random, steps = Random(1), amount(10_000)

    def step():
        x = [random.uniform(-1, 1), random.uniform(-1, 1)]
        loss = (model(x) - x[0] * x[1]) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    gc.collect()
    gc.disable()
    try:
        for _ in range(300):  # fills the engine's and Python's own stores of free objects
            step()
        before, tracked = sys.getallocatedblocks(), len(gc.get_objects())
        for _ in range(steps):
            step()
        grown = sys.getallocatedblocks() - before
        assert len(gc.get_objects()) - tracked < 20
        assert grown < steps / 2
    finally:
        gc.enable()
    figure("training steps with the garbage collector off", steps, f"no node survives ({grown:+} memory blocks in all)")


def test_data_changed_between_forward_and_backward(figure):
    random, trials, outcomes = Random(2), amount(10_000), Counter()
    for _ in range(trials):
        expression = Expression.random(random, max_nodes=20)
        leaves = [Value(x) for x in expression.point]
        y = expression(*leaves)
        recorded, again = derivatives(y, leaves), expression(*map(Value, expression.point))
        for node in random.sample(nodes := ancestors(y), random.randint(1, min(3, len(nodes)))):
            node.data = random.choice([node.data, random.uniform(-3, 3)])
        y.backward()
        assert [leaf.grad for leaf in leaves] == recorded
        try:
            slopes = derivatives(y, leaves, create_graph=True)
        except AutogradError as error:
            outcomes[type(error).__name__] += 1
        else:
            assert [slope.data for slope in slopes] == pytest.approx(recorded, rel=1e-12, abs=1e-12)
            outcomes["right"] += 1
        assert again.data == expression(*expression.point)
    assert outcomes["StaleGraphError"] > trials / 10
    figure(
        "data changed between forward and backward",
        trials,
        f"backward: what was recorded, always; graphs of derivatives: {outcomes['StaleGraphError']:,} refused, "
        f"{trials - outcomes['StaleGraphError']:,} right or with another error, none wrong",
    )


def test_eight_threads(figure):
    passes, shared, wrong = amount(10_000), Value(1.0), []

    def work(k):
        for i in range(passes):
            x, y = Value(float(k)), Value(float(i))
            (x * y + x * x).backward()
            if (x.grad, y.grad) != (i + 2 * k, k):
                wrong.append((k, i))
            (shared * k).backward()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert shared.grad == passes * sum(range(8))
    figure("backward in 8 threads at once", 16 * passes, "exact, also into a shared leaf")


def test_the_reference_covers_every_public_primitive():
    assert all(callable(exact(name)) for name in PUBLIC)
    assert 0 < SHARE <= 1
    assert os.path.isdir(ROOT)
