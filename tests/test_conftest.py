"""The tables at the end of a test run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Programs for a pytest of their own: what they skip is what the table must list. No test of ours is skipped by them.
SOME = """
import pytest

@pytest.mark.skipif(True, reason="the moon is not full")
@pytest.mark.parametrize("n", range(3))
def test_moon(n):
    pass

def test_engine():
    pytest.importorskip("no_such_package", reason="no_such_package is not installed")

def test_that_passes():
    pass
"""
WHOLE = """
import pytest

pytest.skip("nothing of this is wanted", allow_module_level=True)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_table_says_what_was_skipped_and_why(tmp_path, workers):
    (tmp_path / "test_some.py").write_text(SOME)
    (tmp_path / "test_whole.py").write_text(WHOLE)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "conftest",
            "-n",
            workers,
            "--rootdir",
            tmp_path,
            "-c",
            os.devnull,
            tmp_path,
        ],
        text=True,
        capture_output=True,
        cwd=tmp_path,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])},
    )
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in run.stdout.splitlines() if line[:1] == "|"]
    assert table[0] == ["skipped because", "how many", "in"]
    assert table[2:] == [
        ["no_such_package is not installed", "1", "test_some.py"],
        ["nothing of this is wanted", "1", "test_whole.py"],
        ["the moon is not full", "3", "test_some.py"],
    ], run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("1 passed, 5 skipped in ")
