"""The command line: what it prints, what it writes, and how it points at mistakes."""

import math
import os
import subprocess
import sys

import pytest

from autograd.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def traced(capsys, *arguments):
    assert main(["trace", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys, *arguments):
    assert main(["trace", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_trace_prints_every_node_with_its_numbers(capsys):
    lines = traced(capsys, "sin(w*x + b)", "w=0.5", "x=2", "b=-1.5").splitlines()
    slope = math.cos(-0.5)
    assert lines[0].split() == ["node", "computed", "as", "value", "local", "derivatives", "gradient"]
    rows = [line.split() for line in lines[2:8]]
    assert rows[0] == ["w", "0.5", f"{2 * slope:.6g}"]
    assert rows[1] == ["x", "2", f"{0.5 * slope:.6g}"]
    assert " ".join(rows[2]) == f"v1 w * x 1 ∂v1/∂w = x = 2, ∂v1/∂x = w = 0.5 {slope:.6g}"
    assert rows[3] == ["b", "-1.5", f"{slope:.6g}"]
    assert " ".join(rows[4]) == f"v2 v1 + b -0.5 ∂v2/∂v1 = 1, ∂v2/∂b = 1 {slope:.6g}"
    assert " ".join(rows[5]) == f"v3 sin(v2) {math.sin(-0.5):.6g} ∂v3/∂v2 = cos(v2) = {slope:.4g} 1"


def test_trace_writes_the_drawing_and_says_where(capsys, here):
    assert traced(capsys, "x*x", "x=3").endswith("The drawing is in trace.svg.\n")
    assert (here / "trace.svg").read_text().startswith("<svg")
    assert traced(capsys, "x*x", "x=3", "--save", "square.dot").endswith("The drawing is in square.dot.\n")
    assert (here / "square.dot").read_text().startswith("digraph")


def test_trace_writes_the_page_that_steps_through_the_pass(capsys, here):
    assert traced(capsys, "x*x", "x=3", "--html").endswith("The pass, step by step, is in trace.html.\n")
    assert (here / "trace.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert traced(capsys, "-x", "x=3", "--html", "minus.html").endswith("is in minus.html.\n")
    assert (here / "minus.html").exists()


@pytest.mark.parametrize(
    ("expression", "values", "value", "gradient"),
    [
        ("-x**2 * x", ["x=3"], "-27", "-27"),
        ("x*x if x > 0 and x < 5 else sigmoid(y)", ["x=3", "y=2"], "9", "6"),
        ("where(x >= 2, 3*x, 0)", ["x=2"], "6", "3"),
        ("maximum(x, 2) + leaky_relu(-x) - 2**-1 + pi", ["x=3"], f"{3 - 0.03 - 0.5 + math.pi:.6g}", "0.99"),
        (" ( x +\n 1 ) ", [" x = 1e3 "], "1001", "1"),
        ("x", ["x=2"], "2", "1"),
        ("tanh * 2", ["tanh=4"], "8", "2"),
    ],
)
def test_expressions_are_computed_by_the_table(capsys, expression, values, value, gradient):
    rows = [line.split() for line in traced(capsys, expression, *values).splitlines()[2:] if line]
    assert rows[0][-1] == gradient
    assert value in rows[-2]


def test_an_expression_without_variables_has_no_gradients(capsys):
    assert traced(capsys, "2 + 3").splitlines()[2].split() == ["5", "5"]


@pytest.mark.parametrize(
    ("expression", "values", "message"),
    [
        ("tahn(w*x)", ["w=1", "x=1"], "unknown function 'tahn'; did you mean tan?\n  tahn(w*x)\n  ^"),
        ("σ + tanh(w, x)", ["w=1"], "tanh(x) takes 1 argument, got 2\n  σ + tanh(w, x)\n      ^"),
        ("2 * maximum(x)", ["x=1"], "maximum(x, y) takes 2 arguments, got 1\n  2 * maximum(x)\n      ^"),
        ("sin(x) + sin(x, 2)", ["x=1"], "sin(x) takes 1 argument, got 2\n  sin(x) + sin(x, 2)\n           ^"),
        ("w*x", ["w=1"], "x has no value: add x=1\n  w*x\n    ^"),
        ("2*tanh", [], "tanh is a function: write tanh(…)\n  2*tanh\n    ^"),
        ("w*x", ["w=1", "x=abc"], "'abc' is not a finite number\n  x=abc\n    ^"),
        ("w*x", ["w=1", "x=inf"], "'inf' is not a finite number\n  x=inf\n    ^"),
        ("w*x", ["w=1", "w=2"], "w=2: 'w' is given twice."),
        ("w*x", ["z=2"], "z=2: 'z' is not a variable of the expression, which has w, x."),
        ("e*x", ["e=2"], "e=2: 'e' is not a variable of the expression, which has x; e stands for 2.71828."),
        ("w*x", ["2"], "expected name=number, such as x=2, got '2'."),
        (
            "2+log(x - 3)",
            ["x=1"],
            "log: x must be > 0, got -2.0. Shift or clamp it before log().\n  2+log(x - 3)\n    ^",
        ),
        (
            "x + 1/(x-x)",
            ["x=1"],
            "div: y must be != 0, got 0.0. Shift or clamp it before div().\n  x + 1/(x-x)\n      ^",
        ),
        ("x + 9**9**9**9", ["x=1"], "is too large for a float64"),
        ("9007199254740993*x", ["x=1"], "is not exactly a float64"),
        ("x +* 2", ["x=1"], "invalid syntax\n  x +* 2\n     ^"),
        ("x.data", ["x=1"], "\n  x.data\n  ^"),
        ("__import__('os').system('echo')", [], "^"),
        ("x + 'a'", ["x=1"], "\n  x + 'a'\n      ^"),
        ("+".join(["x"] * 5000), ["x=1"], "error: "),
        ("", [], "invalid syntax"),
    ],
)
def test_a_mistake_is_pointed_at(capsys, here, expression, values, message):
    error = refused(capsys, expression, *values)
    assert error.startswith("error: ")
    assert message in error
    assert list(here.iterdir()) == [], "nothing is written"


def test_a_drawing_that_cannot_be_written_is_an_error(capsys, here):
    assert main(["trace", "x", "x=1", "--save", "a.bmp"]) == 2
    assert "saved as .svg, .dot, .png or .pdf, got 'a.bmp'" in capsys.readouterr().err
    assert main(["trace", "x", "x=1", "--save", "absent/a.svg"]) == 2
    assert "there is no folder 'absent'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["trace"], ["follow"], ["trace", "x", "--nonsense"]])
def test_a_wrong_command_line_gets_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m autograd" in capsys.readouterr().err


def test_help_shows_an_example_and_every_function(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["trace", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert 'python -m autograd trace "tanh(w*x + b)" w=0.5 x=2 b=-1' in shown
    assert "leaky_relu" in shown


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "autograd", "trace", "x +", "x=1"]
    run = subprocess.run(command, text=True, capture_output=True, check=False, env={**os.environ, "PYTHONUTF8": "1"})
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert "error: this is not a formula" in run.stderr
