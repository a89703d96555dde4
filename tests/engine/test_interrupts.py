"""Nothing is half done: after an interrupt at any bytecode, and around a pass inside another, all is right."""

import copy
import gc
import os
import pickle
import signal
import subprocess
import sys
from random import Random

import pytest
from injection import At, every_point, length, some_points
from soaking import amount

import autograd
import nn
from autograd import (
    Value,
    compile,
    derivatives,
    grad,
    no_grad,
    record_lines,
    record_scopes,
    where,
    write_data,
    write_grad,
)
from autograd.engine import gradients_wanted, graph_wanted, is_recording, recording, topological_order
from autograd.replay.recorder import Recorder

PURE = autograd.backend == "python"
POINTS = 150 if PURE else 400  # so many are tried of those at which something long can be interrupted; in a soak, all


def graph(x, y):
    """A node below x and y with every kind of operation: one, two and three parents, constants, a replay."""
    h = (x * y + x).tanh() * 2.0
    return where(h, h * y, x) + REPLAYED(h, y)


REPLAYED = compile(lambda a, b: a * b + 1.0)


def gradients(x, y):
    """Those of a new graph over the same leaves, which are given back as they were."""
    before = x.grad, y.grad
    x.grad = y.grad = 0.0
    graph(x, y).backward()
    found = x.grad, y.grad
    x.grad, y.grad = before
    return found


@pytest.fixture
def leaves():
    x, y = Value(1.5, "x"), Value(0.5, "y")
    for _ in range(3):
        gradients(x, y)
    return x, y


def test_an_interrupt_anywhere_in_a_pass_changes_all_or_nothing(leaves):
    x, y = leaves
    right = gradients(x, y)
    root = graph(x, y)
    inner = [node for node in topological_order(root) if node.rule is not None]
    root.backward()
    after = [node.grad for node in inner]
    points = 0
    for error in every_point(root.backward):
        points += 1
        assert (x.grad, y.grad) in [(0.0, 0.0), right] or points == 1
        assert [node.grad for node in inner] in [[0.0] * len(inner), after]
        assert gradients(x, y) == right
        for node in (x, y, *inner):
            node.grad = 0.0
        del error
    assert points > 200 or not PURE  # the compiled engine runs next to no bytecode


# From Python 3.13 on nodes of the plain engine have a __del__, in which Python reports an interrupt and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "work",
    [
        lambda root, x: derivatives(root, [x]),
        lambda root, x: derivatives(root, x, create_graph=True),
        lambda root, x: topological_order(root),
        lambda root, x: copy.copy(root),
        lambda root, x: copy.deepcopy(root),
        lambda root, x: pickle.dumps([root, root * 2.0]),
        lambda root, x: pickle.loads(pickle.dumps(root)),
        lambda root, x: write_data([x, root], [1.5, 2.0]),
        lambda root, x: write_grad([x, root], [0.0, 0.0]),
    ],
    ids=["derivatives", "graph", "order", "copy", "deepcopy", "dumps", "loads", "write_data", "write_grad"],
)
def test_an_interrupt_anywhere_leaves_later_passes_right(leaves, work):
    x, y = leaves
    right = gradients(x, y)
    root = graph(x, y)
    for _ in every_point(lambda: work(root, x), numbers=some_points(lambda: work(root, x), POINTS)):
        assert gradients(x, y) == right
        assert len(pickle.dumps(graph(x, y))) > 0


@pytest.mark.parametrize(
    "inner",
    [lambda root: root.backward(), lambda root: derivatives(root, root.parents[0]), topological_order],
    ids=["backward", "derivatives", "order"],
)
def test_a_pass_inside_a_pass_and_the_one_outside_are_right(leaves, inner):
    x, y = leaves
    right = gradients(x, y)
    outer_root, inner_root = graph(x, y), x * y  # they share leaves
    step = 1.0 if inner(inner_root) is None else 0.0
    x.grad = y.grad = 0.0
    for _ in every_point(outer_root.backward, lambda: inner(inner_root)):
        assert x.grad == pytest.approx(right[0] + step * 0.5, rel=1e-15)
        assert y.grad == pytest.approx(right[1] + step * 1.5, rel=1e-15)
        x.grad = y.grad = 0.0


def test_a_pass_in_a_destructor_and_the_one_outside_are_right():
    w = Value(0.7)

    class Meter:
        number = 0

        def __init__(self):
            self.me = self

        def __del__(self):
            Meter.number += 1
            (w * w).backward()

    for _ in range(5000):
        Meter()
        assert derivatives(w * w * w, [w]) == [derivatives(w * w * w, w)]
    gc.collect()
    assert Meter.number == 5000
    assert w.grad == pytest.approx(1.4 * Meter.number, rel=1e-12)


# Windows has no such timer; test_interrupts' other tests cover passes inside passes there.
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timer that sends signals")
def test_a_pass_in_a_signal_handler_and_the_one_outside_are_right():
    x = Value(2.0)
    node = x
    for _ in range(20_000):
        node = node * 1.0
    small, calls = x * x, []

    def handle(*_):
        calls.append(small.backward())

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for _ in range(20):
            x.grad = 0.0
            calls.clear()
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.003)
            node.backward()
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            assert x.grad == 1.0 + 4.0 * len(calls)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


class Silent:
    """A recorder that is never asked."""

    spoilt = None


@pytest.mark.parametrize(
    "block",
    [no_grad, record_lines, record_scopes, graph_wanted, lambda: recording(Silent())],
    ids=["no_grad", "record_lines", "record_scopes", "graph_wanted", "recording"],
)
def test_no_mode_outlives_an_interrupt_whose_traceback_is_kept(block):
    x, kept = Value(2.0), []

    def work():
        with block():
            pass

    for error in every_point(work):
        kept[:] = [error]
        assert type(x * x) is Value
        assert (x * x).line is None
        assert (x * x).data == 4.0
    assert kept or not PURE


def test_an_interrupt_while_recording_leaves_eager_operations_and_the_collector():
    x, kept = Value(2.0), []

    def work():
        compile(lambda t: (t * x).tanh() + t)(3.0)

    for error in every_point(work, numbers=some_points(work, POINTS)):
        kept[:] = [error]
        assert type(x * x) is Value
        assert gc.isenabled()
    assert kept
    assert compile(lambda t: t * x)(3.0).data == 6.0


def test_an_interrupt_in_a_derivative_that_is_recorded_ends_the_recording():
    x, kept = Value(2.0), []

    def work():
        compile(grad(lambda t: (t * x).tanh() + t))(3.0)

    for error in every_point(work, numbers=some_points(work, 100)):
        kept[:] = [error]
        assert not is_recording()
        assert type(x * x) is Value
    kept.clear()
    assert not is_recording()
    assert compile(grad(lambda t: t * x))(3.0).data == 2.0


@pytest.mark.parametrize("depth", [1, 2, 300])
def test_a_mode_that_is_left_after_the_one_around_it_changes_nothing(depth):
    kept = []
    with recording(recorder := Recorder()):
        for _ in range(depth):
            kept.append(graph_wanted())
            kept[-1].__enter__()
        assert is_recording()
    assert not is_recording()
    with recording(recorder), no_grad():
        kept.clear()
        assert is_recording()
        assert not gradients_wanted()
    gc.collect()
    assert not is_recording()
    assert gradients_wanted()
    with no_grad():
        scope = graph_wanted()
        scope.__enter__()
        assert gradients_wanted()
        del scope
        assert not gradients_wanted()
    assert gradients_wanted()


def test_an_interrupt_anywhere_in_a_replay_leaves_the_next_right():
    w = Value(3.0)
    step = compile(lambda t: (t * w).tanh() + t * w)
    for _ in range(3):
        w.grad = 0.0
        step(0.5).backward()
    right = step(0.5).data, w.grad
    w.grad = 0.0

    def work():
        step(0.5).backward()

    points = some_points(work, POINTS)
    w.grad = 0.0
    for _ in every_point(work, numbers=points):
        assert w.grad in (0.0, right[1])
        w.grad = 0.0
        result = step(0.5)
        result.backward()
        assert (result.data, w.grad) == right
        w.grad = 0.0


def trained(data):
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    nn.fit(model, nn.mse_loss, data, epochs=2, seed=0, progress=False)
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize("what", ["fit", "draw", "save"])
def test_an_interrupt_in_training_drawing_or_saving_leaves_all_right(what, tmp_path, figure):
    data = [[0.1, 0.2], [0.3, -0.4], [0.5, 0.6], [-0.7, 0.8]], [0.1, 0.2, 0.3, 0.4]
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    path = tmp_path / "model.safetensors"
    nn.save(model, path)
    saved = path.read_bytes()
    work = {
        "fit": lambda: trained(data),
        "draw": lambda: autograd.draw((model([0.5, 0.1]) - 1.0) ** 2),
        "save": lambda: nn.save(model, path),
    }[what]
    right = trained(data)
    work()
    whole = length(work)
    numbers = [Random(2).randrange(whole) for _ in range(amount(1000))]
    for number in numbers:
        _, error = At(number).during(work)
        assert error is None or type(error) is KeyboardInterrupt
        assert trained(data) == right
        assert gc.isenabled()
        assert path.read_bytes() == saved
        assert [file.name for file in tmp_path.iterdir()] == [path.name]
    figure(f"an interrupt in {what}", len(numbers), "all right afterwards")


def test_a_pickle_that_fails_midway_leaves_the_next_right():
    class Full:
        def write(self, data):
            raise OSError("no space left on device")

    node = Value(1.0)
    for _ in range(20_000):
        node = node * 1.0
    below = node * 2.0
    with pytest.raises(OSError, match="no space"):
        pickle.dump(below, Full())
    for thing in (node, [node], below):
        pickle.loads(pickle.dumps(thing))


def test_what_two_pickled_results_share_is_pickled_once():
    x = Value(3.0)
    h = x * 2.0
    first, second, again = pickle.loads(pickle.dumps([h * x, h + 1.0, h]))
    assert first.parents[0] is second.parents[0] is again
    assert first.parents[1] is again.parents[0]


class Changing(float):
    """A number that changes a list while it is converted."""

    def __new__(cls, number, act):
        self = super().__new__(cls, number)
        self.act = act
        return self

    def __float__(self):
        self.act()
        return float.__float__(self)


@pytest.mark.parametrize("write", [write_data, write_grad])
@pytest.mark.parametrize(
    "change",
    [lambda values: values.__setitem__(0, print), list.clear, lambda values: values.append(Value(3.0))],
    ids=["item", "clear", "append"],
)
def test_a_number_that_changes_the_list_while_it_is_written(write, change):
    values = [Value(1.0), Value(2.0)]
    kept = values[1]
    with pytest.raises(autograd.errors.AutogradError):
        write(values, [5.0, Changing(6.0, lambda: change(values))])
    assert (kept.data, kept.grad) == (2.0, 0.0)


FREE_THREADED = """
import sys
sys._is_gil_enabled = lambda: False
import autograd
"""


def test_free_threaded_python_is_refused_in_words():
    done = subprocess.run([sys.executable, "-c", FREE_THREADED], capture_output=True, text=True)
    assert "ImportError: autograd: this is a free-threaded Python" in done.stderr
    assert "PYTHON_GIL=1" in done.stderr


FORK = """
import os, warnings
warnings.simplefilter("error")
from autograd import compile
step = compile(lambda x: (x * 2.0).tanh() * x)
numbers = [i / 1e4 for i in range(20_000)]
right = step.map(numbers)
seen = []
def threads():
    with open("/proc/self/stat") as file:
        seen.append(int(file.read().rpartition(")")[2].split()[17]))
os.register_at_fork(after_in_parent=threads)
for _ in range(5):
    child = os.fork()
    if child == 0:
        os._exit(step.map(numbers) != right)
    assert os.waitpid(child, 0)[1] == 0
    assert step.map(numbers) == right
threads()
print(set(seen[:-1]), seen[-1])
"""


# The plain engine starts no threads, and the number of threads of the process is read from /proc.
@pytest.mark.skipif(
    not os.path.exists("/proc/self/stat") or PURE,
    reason="only the compiled engine has helper threads, and only Linux tells how many there are",
)
def test_no_helper_thread_is_alive_while_a_process_forks():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK],
        capture_output=True,
        text=True,
        env={**os.environ, "GLASSGRAD_THREADS": "3"},
    )
    assert (done.stdout, done.returncode) == ("{1} 3\n", 0), done.stderr
