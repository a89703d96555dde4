"""The stubs are what autograd.stubs would write now, and type checkers learn the names of the table from them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd.stubs import WRITTEN

FOLDER = Path(autograd.__file__).parent


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_committed_is_fresh(name):
    committed, fresh = map(without_last_digits, ((FOLDER / name).read_text(), WRITTEN[name]()))
    assert committed == fresh, "run: python -m autograd.stubs"


def without_last_digits(text):
    """The examples hold numbers of the C library, whose releases differ in the last digit: acosh(2) of glibc 2.42."""
    return re.sub(r"\d+\.\d{13,}", lambda number: f"{float(number[0]):.12g}", text)


def test_a_type_checker_knows_functions_methods_and_operators(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import autograd\nfrom autograd import Value\n"
        "x = Value(2.0)\n"
        "reveal_type(autograd.tanh(x))\nreveal_type(autograd.tanh(0.5))\n"
        "reveal_type(x.tanh() * 2 + 1 / x)\n"
        "reveal_type(autograd.hypot(3.0, x))\nreveal_type(autograd.hypot(3.0, 4.0))\nx.tahn()\n"
    )
    command = [sys.executable, "-m", "mypy", str(script)]
    checked = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True)
    said = [line.partition(": ")[2] for line in checked.stdout.splitlines()]
    revealed = [line.split('"')[1].split(".")[-1] for line in said if "Revealed type" in line]
    assert revealed == ["Value", "float", "Value", "Value", "float"]
    assert any('"Value" has no attribute "tahn"' in line for line in said)
