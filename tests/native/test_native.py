"""The compiled engine is the same engine: results to the bit, errors to the word; and its nodes are small."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import Value

ROOT = Path(autograd.__file__).parent.parent
SCRIPT = """
from random import Random
import autograd
from autograd import Value, compile, derivatives, grad
from autograd.engine.functions import FUNCTIONS
from autograd.table.registry import TABLE
from autograd.testing import Expression

def show(*numbers):
    print(*(float(number).hex() for number in numbers))

random = Random(11)
for rule in TABLE:
    f = FUNCTIONS[rule.name]
    for _ in range(60):
        point = [random.choice([1, -1]) * 10 ** random.uniform(-320, 308) if random.random() < 0.5
                 else random.uniform(-3, 3) for _ in rule.inputs]
        for operands in ([Value(x) for x in point], [Value(point[0]), *point[1:]], point):
            try:
                out = f(*operands)
                if isinstance(out, Value):
                    show(out.data, *out.partials)
                else:
                    show(out)
            except Exception as error:
                print(type(error).__name__, error)
for _ in range(300):
    expression = Expression.random(random, max_nodes=40)
    leaves = [Value(x) for x in expression.point]
    result = expression(*leaves)
    result.backward()
    show(result.data, *(leaf.grad for leaf in leaves))
    compiled = compile(lambda *point: expression(*point))
    lanes = [[Value(x), Value(x * 1.001)] for x in expression.point]
    try:
        mean = compiled.mean(*lanes)
        mean.backward()
        show(mean.data)
    except Exception as error:
        print(type(error).__name__, error)
print(repr(result), leaves, f"{result:.3f}")
"""


def run(pure):
    environment = {**os.environ, "GLASSGRAD_PURE": "1" if pure else "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def has_compiler():
    """Whether there is a C compiler that works: CC=false hides it."""
    compiler = (os.environ.get("CC") or "cc").split()
    found = shutil.which(compiler[0])
    return bool(found) and subprocess.run([*compiler, "--version"], capture_output=True).returncode == 0


# Plain Python is then what was asked for, or all that can be had. Where a compiler works, this says if it was not used.
@pytest.mark.skipif(
    bool(os.environ.get("GLASSGRAD_PURE")) or not has_compiler(),
    reason="plain Python was asked for, or there is no compiler",
)
def test_the_engine_is_compiled_where_there_is_a_compiler():
    assert autograd.backend == "native", "install with pip -v to see why it was not compiled"


@pytest.mark.skipif(autograd.backend != "native", reason="there is no compiled engine here to compare with")
def test_both_engines_agree_to_the_bit_and_to_the_word():
    native, pure = run(pure=False), run(pure=True)
    assert len(native) > 8000
    assert native == pure


@pytest.mark.skipif(autograd.backend != "native", reason="this is about the compiled engine")
def test_a_compiled_node_is_small_and_unknown_to_the_garbage_collector():
    node = Value(2.0) * 3
    assert sys.getsizeof(node) <= 96
    assert not gc.is_tracked(node)
    assert not gc.is_tracked(node.parents[1])


def test_a_node_is_one_object():
    before = len(gc.get_objects())
    x = Value(2.0)
    nodes = [x * x for _ in range(1000)]
    assert len(gc.get_objects()) - before < 1100
    assert len(nodes) == 1000


@pytest.mark.parametrize("n", [1000, 200_000])
def test_a_long_chain_is_built_differentiated_and_freed(n):
    x = Value(1.0)
    node = x
    for _ in range(n):
        node = node + x
    node.backward()
    assert x.grad == n + 1
    del node


def test_pure_python_can_be_had():
    said = subprocess.run(
        [sys.executable, "-c", "import autograd; print(autograd.backend)"],
        capture_output=True,
        text=True,
        env={**os.environ, "GLASSGRAD_PURE": "1", "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert said.stdout == "python\n"


@pytest.mark.skipif(autograd.backend != "native", reason="this is about the compiled engine")
@pytest.mark.parametrize(
    ("edited", "text"),
    [
        ("table/elementary.py", 'rule("cube", "x ** 3", "3 * x ** 2")'),
        ("engine/value.py", "Value.cube = lambda self: self * self * self"),
    ],
)
def test_an_edit_is_seen_and_the_old_compiled_engine_left_aside(tmp_path, edited, text):
    package = shutil.copytree(Path(autograd.__file__).parent, tmp_path / "autograd")
    with (package / edited).open("a") as file:
        file.write(f"\n{text}\n")
    code = "import autograd; x = autograd.Value(2.0); x.cube().backward(); print(autograd.backend, x.grad)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert said.stdout == "python 12.0\n"
    assert "the compiled engine is older than its source" in said.stderr
