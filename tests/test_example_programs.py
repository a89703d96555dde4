"""The programs in notebooks/examples run without a warning, are listed in the README, and print what is expected."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks" / "examples"
PROGRAMS = sorted(FOLDER.glob("*.py"))
SECONDS = 120  # a program takes a few; on plain Python and on a busy machine more
SLOW_ON_PLAIN_PYTHON = {"character_model", "conv_digits", "lstm_parity", "pinn"}  # they train: a minute and more
NEEDS = {"conv_digits": "sklearn", "minimum": "scipy", "bundle_adjustment": "scipy", "ode_fit": "scipy"}
# What a program prints, as a regular expression.
PRINTS = {
    "lstm_parity": r"accuracy on sequences twice as long: (0\.9|1\.0)\d\d\n",
    "conv_digits": r"(?s).*1,898\naccuracy on unseen digits: 0\.9[3-9]\d\n",
    "character_model": r"loss for each character: 2\.\d\d at first, 0\.[0-3]\d in the end\nthe (cat|dog|fox) .*\n",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_and_prints_what_it_says(program):
    if os.environ.get("GLASSGRAD_PURE") and program.stem in SLOW_ON_PLAIN_PYTHON:
        pytest.skip("it trains a network, which takes minutes on plain Python")
    if program.stem in NEEDS:
        pytest.importorskip(NEEDS[program.stem], reason=f"{NEEDS[program.stem]} is not installed")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)], capture_output=True, text=True, timeout=SECONDS, cwd=FOLDER
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(PRINTS.get(program.stem, r"(?s).+"), done.stdout), done.stdout


def test_the_readme_lists_every_program():
    listed = re.findall(r"^\| \[(\w+\.py)\]\(\1\) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == [program.name for program in PROGRAMS]
