"""The player's scripts without a browser: unit tests under Node, the syntax of each file, and the types."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from autograd.view.graph import short
from autograd.view.player.page import SCRIPTS

ROOT = Path(__file__).resolve().parents[2]
PLAYER = ROOT / "autograd" / "view" / "player"
UNIT_TESTS = sorted((Path(__file__).parent / "js").glob("*.test.js"))
COMPUTING = {path.name.removesuffix(".test.js") for path in UNIT_TESTS}

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed (Debian: nodejs)")
needs_tsc = pytest.mark.skipif(not shutil.which("tsc"), reason="tsc is not installed (Debian: node-typescript)")


def passes(*command, **options):
    """Run a program that must succeed; returns what it prints."""
    run = subprocess.run(command, text=True, encoding="utf-8", capture_output=True, check=False, **options)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_page_has_every_script_once():
    assert sorted(SCRIPTS.split()) == sorted(path.stem for path in PLAYER.glob("*.js"))


def test_every_script_that_computes_has_unit_tests():
    drawing = {path.stem for path in PLAYER.glob("*.js") if "document." in path.read_text(encoding="utf-8")}
    assert not COMPUTING - set(SCRIPTS.split())
    assert not COMPUTING & drawing


@needs_node
@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name)
def test_unit_tests_pass(path):
    passes("node", "--test", str(path))


@needs_node
@pytest.mark.parametrize("name", SCRIPTS.split())
def test_the_syntax_is_right(name):
    passes("node", "--check", str(PLAYER / f"{name}.js"))


@needs_tsc
def test_the_types_are_right():
    passes("tsc", "--project", str(PLAYER))


@needs_node
def test_numbers_are_written_as_python_writes_them():
    rng = random.Random(3)
    numbers = [0.0, -0.0, 1.0, -1.5, 0.1, 100.0, 1000.0, 1e300, -1e-300, 5e-324, 0.0001, 0.00001]
    numbers += [1.0625, 1.1875, 2.00025, 9999.5, 12345.0, 12355.0, 99995.0, 99999.0, 0.99995]  # ties and near-ties
    numbers += [rng.gauss(0, 1) * 10 ** rng.uniform(-12, 12) for _ in range(3000)]
    numbers += [rng.randint(1, 40000) / 2 ** rng.randint(1, 12) for _ in range(3000)]
    program = (
        f"const {{ plain }} = require({json.dumps(str(ROOT / 'tests/view/js/scripts.js'))});"
        "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map(plain)))"
    )
    written = json.loads(passes("node", "-e", program, input=json.dumps(numbers)))
    assert written == [short(number) for number in numbers]
