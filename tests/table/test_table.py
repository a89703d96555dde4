"""Properties of the table and of random expressions: each primitive's test exists because its line does."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, derivatives
from autograd.engine.functions import FUNCTIONS
from autograd.table.registry import BUILT_IN
from autograd.testing import Expression

FOLDER = Path(autograd.__file__).parent


def central_difference(f, point, i):
    """∂f/∂point[i], by halving the step of a central difference once and extrapolating."""

    def quotient(h):
        sides = [f(*(x + sign * h * (k == i) for k, x in enumerate(point))) for sign in (1, -1)]
        return (sides[0] - sides[1]) / (2 * h)

    h = 2.0**-13
    return (4 * quotient(h / 2) - quotient(h)) / 3


@pytest.mark.parametrize("name", [rule.name for rule in BUILT_IN])
@settings(max_examples=30)
@given(data=st.data())
def test_partials_match_central_differences_at_random_points(name, data):
    rule = autograd.table.registry.RULES[name]
    point = data.draw(st.tuples(*(st.floats(-3, 3) for _ in rule.inputs)))
    near = [(x, y, z) for x in (-0.01, 0, 0.01) for y in (-0.01, 0, 0.01) for z in (-0.01, 0, 0.01)]
    assume(all(rule.why_outside([x + d for x, d in zip(point, steps)]) is None for steps in near))
    assume(all(abs(x) > 0.1 for x in point) and (len(point) < 2 or abs(point[0] - point[1]) > 0.1))
    assume(name != "clamp" or (abs(point[0] - point[2]) > 0.1 and abs(point[1] - point[2]) > 0.1))
    ratio = point[0] / point[1] if name == "mod" and abs(point[1]) > 0.1 else point[0]
    assume(name not in ("floor", "ceil", "mod") or abs(ratio - round(ratio)) > 0.1)  # these jump at whole numbers
    f = FUNCTIONS[name]
    leaves = [Value(x) for x in point]
    try:
        slopes = derivatives(f(*leaves), leaves)
    except ValueError:
        assume(False)  # a negative base has no derivative with respect to its exponent
    for i, slope in enumerate(slopes):
        assert slope == pytest.approx(central_difference(f, point, i), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", [rule.name for rule in BUILT_IN])
def test_a_rule_is_described_soundly_and_documented(name):
    rule = autograd.table.registry.RULES[name]
    rule.check()
    assert autograd.table.registry.TABLE[rule.index] is rule
    for partial in rule.partials:
        assert f"= {partial}" in FUNCTIONS[name].__doc__


@pytest.mark.parametrize("name", [rule.name for rule in BUILT_IN if not rule.helper])
def test_help_has_the_derivatives_in_latex(name):
    rule, text = autograd.table.registry.RULES[name], FUNCTIONS[name].__doc__
    assert text.index("In LaTeX:") < text.index(">>> ")
    assert text.count(r"    \frac{\partial") == len(rule.inputs) - (name == "pow"), "that of a power is too long"


def test_help_has_no_equation_that_says_nothing():
    assert r"\tanh(x) = \tanh(x)" not in FUNCTIONS["tanh"].__doc__
    assert r"\frac{\partial \tanh}{\partial x} = \frac{1}{{\cosh(x)}^{2}}" in FUNCTIONS["tanh"].__doc__
    assert r"\operatorname{div}(x, y) = \frac{x}{y}" in FUNCTIONS["div"].__doc__


def test_gradients_of_random_expressions_match_central_differences():
    random = Random(3)
    compared = 0
    while compared < 200:
        expression = Expression.random(random, max_nodes=15)
        leaves = [Value(x) for x in expression.point]
        slopes = derivatives(expression(*leaves), leaves)
        for i, slope in enumerate(slopes):
            try:
                numerical = central_difference(expression, expression.point, i)
            except (ArithmeticError, ValueError):
                continue
            if abs(slope) < 1e3:
                assert slope == pytest.approx(numerical, rel=1e-4, abs=1e-4), expression
                compared += 1


# `make test` runs everything twice. Each of these starts pytest on plain Python, whatever the engine of this run: the
# second run, which always takes place, has them.
@pytest.mark.skipif("GLASSGRAD_PURE" in os.environ, reason="tried once: it runs on plain Python by itself")
@pytest.mark.parametrize(
    ("line", "passes"),
    [
        ('rule("cube", "x ** 3", "3 * x ** 2")', True),
        ('rule("cube", "x ** 3", "3.003 * x ** 2")', False),
    ],
)
def test_a_primitive_is_one_line_and_its_property_test_exists_at_once(tmp_path, line, passes):
    shutil.copytree(FOLDER, tmp_path / "autograd", ignore=shutil.ignore_patterns("_native*", "__pycache__", "*.pyi"))
    with (tmp_path / "autograd" / "table" / "elementary.py").open("a") as table:
        table.write(line + "\n")
    shutil.copy(__file__, tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "test_table.py",
        "-k",
        "cube and not one_line",
    ]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "GLASSGRAD_PURE": "1"},
    )
    assert ("3 passed" in run.stdout) == passes, run.stdout
    assert ("1 failed, 2 passed" in run.stdout) != passes, run.stdout


@pytest.mark.parametrize("rule", [rule for rule in BUILT_IN if rule.textbook], ids=lambda rule: rule.name)
def test_what_a_calculus_book_writes_is_the_same_number(rule):
    points, known = Random(0), vars(math) | {"sigmoid": lambda x: 1 / (1 + math.exp(-x))}
    for _ in range(100):
        point = [points.uniform(-5, 5) for _ in rule.inputs]
        here = dict(zip(rule.inputs, point)) | {"out": rule.value(*point)}
        for shown, slope in zip(rule.slopes_shown, rule.slopes, strict=True):
            assert eval(shown.python(), known, here) == pytest.approx(slope(*point, here["out"]), rel=1e-12)
