"""The table's formulas in other languages: each translation is run, and compared with Python's own evaluation."""

import ctypes
import json
import math
import operator
import random
import re
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest

from autograd.errors import FormulaError
from autograd.table.formulas import ATOMS, Formula
from autograd.table.translate import C, JavaScript, LaTeX, NumPy, Python

POINTS = [(0.5, -1.25, 2.25), (-2.0, 0.75, 0.0), (3.0, 3.0, -0.5), (-0.0, 1.5, 1e-3)]
CALLED = {"sin": 1, "exp": 1, "abs": 1, "tanh": 1, "sqrt": 1, "log1p": 1, "atan2": 2, "hypot": 2}
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


@dataclass
class Sample:
    """A formula, and the same with every part in brackets and ** as a call, which Python evaluates in one way only."""

    text: str
    bracketed: str

    def value(self, point):
        """The value at a point, or None where there is none."""
        try:
            found = float(eval(self.bracketed, dict(ATOMS), dict(zip("xyz", point))))
        except (ArithmeticError, ValueError):
            return None
        return found if math.isfinite(found) else None


def grown(choices, depth):
    """A random formula: nested conditions, negative numbers, powers, and - and / to the right of each other."""
    kind = choices.choice(["-", "/", "-", "/", "+", "*", "**", "sign", "call", "if"]) if depth else "leaf"
    if kind == "leaf":
        text = choices.choice(["x", "y", "z", "2", "0.5", "-3", "-0.25", "1e-3"])
        return Sample(text, f"({text if text in 'xyz' else float(text)})"), 8 if text[0] != "-" else 6
    if kind == "if":
        test = condition(choices, depth - 1)
        (body, _), (orelse, _) = grown(choices, depth - 1), grown(choices, depth - 1)
        text = f"({body.text}) if {test.text} else {orelse.text}"
        return Sample(text, f"({body.bracketed} if {test.bracketed} else {orelse.bracketed})"), 0
    if kind == "call":
        name = choices.choice(list(CALLED))
        parts = [grown(choices, depth - 1)[0] for _ in range(CALLED[name])]
        texts = [", ".join(texts) for texts in ([p.text for p in parts], [p.bracketed for p in parts])]
        return Sample(*(f"{name}({text})" for text in texts)), 8
    if kind == "sign":
        part, level = grown(choices, depth - 1)
        return Sample(f"-{part.text if level >= 7 else f'({part.text})'}", f"(-{part.bracketed})"), 6
    level = {"+": 4, "-": 4, "*": 5, "/": 5, "**": 7}[kind]
    (left, left_level), (right, right_level) = grown(choices, depth - 1), grown(choices, depth - 1)
    lefts = left.text if left_level >= level + (kind == "**") else f"({left.text})"
    rights = right.text if right_level >= (6 if kind == "**" else level + 1) else f"({right.text})"
    exact = (
        f"pow({left.bracketed}, {right.bracketed})" if kind == "**" else f"({left.bracketed} {kind} {right.bracketed})"
    )
    return Sample(f"{lefts} {kind} {rights}", exact), level


def condition(choices, depth):
    if depth and choices.random() < 0.3:
        parts = [condition(choices, depth - 1) for _ in range(2)]
        word = choices.choice(["and", "or"])
        texts = [f"({parts[0].text}) {word} ({parts[1].text})", f"({parts[0].bracketed} {word} {parts[1].bracketed})"]
        return Sample(*texts)
    (left, _), (right, _) = grown(choices, max(depth - 1, 0)), grown(choices, max(depth - 1, 0))
    sign = choices.choice(COMPARISONS)
    return Sample(f"({left.text}) {sign} ({right.text})", f"({left.bracketed} {sign} {right.bracketed})")


def samples(count, depth=4):
    """Random formulas that have a value at one of the points at least."""
    choices, found = random.Random(7), []
    while len(found) < count:
        sample, _ = grown(choices, choices.randint(1, depth))
        try:
            Formula(sample.text).names  # noqa: B018 - reading it is what may fail
        except FormulaError:
            continue  # a constant part of it is not a number
        if any(sample.value(point) is not None for point in POINTS):
            found.append(sample)
    return found


SAMPLES = samples(400)


def bits(number):
    return float(number).hex()


def assert_near(found, sample, point):
    wanted = sample.value(point)
    if wanted is not None:
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12), sample.text


def test_python_computes_the_same_bits():
    for sample in SAMPLES:
        text = Python().translate(Formula(sample.text).folded)
        for point in POINTS:
            wanted = sample.value(point)
            if wanted is not None:
                assert bits(eval(text, dict(ATOMS), dict(zip("xyz", point)))) == bits(wanted), sample.text


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
def test_c_computes_the_same_bits(tmp_path):
    lines = [
        f"double f{i}(double x, double y, double z) {{ return {C().translate(Formula(sample.text).folded)}; }}"
        for i, sample in enumerate(SAMPLES)
    ]
    (tmp_path / "all.c").write_text("\n".join(["#include <math.h>", *lines]))
    flags = ["-O1", "-ffp-contract=off", "-fno-builtin", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "all.c", "-o", "all.so", "-lm"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "all.so"))
    for i, sample in enumerate(SAMPLES):
        function = library[f"f{i}"]
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * 3
        for point in POINTS:
            wanted = sample.value(point)
            if wanted is not None:
                assert bits(function(*point)) == bits(wanted), sample.text


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
def test_javascript_computes_the_same_numbers():
    functions = ",\n".join(f"($x, $y, $z) => {JavaScript().translate(Formula(s.text).folded)}" for s in SAMPLES)
    script = f"console.log(JSON.stringify([{functions}].map(f => {json.dumps(POINTS)}.map(p => Number(f(...p))))))"
    said = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    for sample, numbers in zip(SAMPLES, json.loads(said.stdout), strict=True):
        for point, number in zip(POINTS, numbers, strict=True):
            assert_near(number, sample, point)


def test_numpy_computes_the_same_numbers_of_whole_arrays():
    columns = dict(zip("xyz", np.array(POINTS).T))
    for sample in SAMPLES:
        with np.errstate(all="ignore"):
            found = eval(NumPy().translate(Formula(sample.text).tree), {"np": np}, columns)
        for point, number in zip(POINTS, np.broadcast_to(found, len(POINTS)), strict=True):
            assert_near(number, sample, point)


def test_latex_read_by_the_rules_of_mathematics_is_the_same_number():
    for sample in SAMPLES:
        text = LaTeX().translate(Formula(sample.text).tree)
        for point in POINTS:
            if sample.value(point) is not None:
                assert_near(Reader(text, dict(zip("xyz", point))).formula(), sample, point)


SIGNS = {
    "<": operator.lt,
    r"\le": operator.le,
    ">": operator.gt,
    r"\ge": operator.ge,
    "=": operator.eq,
    r"\ne": operator.ne,
}


class Reader:
    """Evaluates LaTeX: a product binds tighter than a sum, a sign like a product, a power tighter than both."""

    TOKEN = re.compile(r"\\text\{ ?(\w+) ?\}|(\\[a-z]+\{cases\}|\\\\|\\[a-z]+\*?|\d+\.?\d*|[a-z]|\S)")

    def __init__(self, text, variables):
        text = text.replace(r"\left", "").replace(r"\right", "")
        self.tokens = [word or token for word, token in self.TOKEN.findall(text)] + [""]
        self.variables = variables

    def take(self, *wanted):
        if self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def group(self, end="}"):
        found = self.formula()
        assert self.take(end), self.tokens
        return found

    def formula(self):
        found = self.conjunction()
        while self.take("or"):
            right = self.conjunction()
            found = found or right
        return found

    def conjunction(self):
        found = self.comparison()
        while self.take("and"):
            right = self.comparison()
            found = found and right
        return found

    def comparison(self):
        found = self.sum()
        sign = self.take(*SIGNS)
        return SIGNS[sign](found, self.sum()) if sign else found

    def sum(self):
        found = self.product()
        while sign := self.take("+", "-"):
            found = found + self.product() if sign == "+" else found - self.product()
        return found

    def product(self):
        if self.take("-"):
            return -self.product()
        found = self.power()
        while self.take(r"\cdot"):
            found = self.quiet(operator.mul, found, self.power())
        return found

    def power(self):
        found = self.atom()
        if self.take("^"):
            assert self.take("{")
            return self.quiet(ATOMS["pow"], found, self.group())
        return found

    def quiet(self, function, *arguments):
        """A function's value; NaN where it has none, as in the side of a condition that is not taken."""
        try:
            return function(*arguments)
        except (ArithmeticError, ValueError):
            return math.nan

    def atom(self):
        token = self.tokens.pop(0)
        if token in ("{", "("):
            return self.group("}" if token == "{" else ")")
        if token == "|":
            return abs(self.group("|"))
        if token == r"\frac":
            top, bottom = (self.tokens.pop(0) and self.group() for _ in range(2))
            return self.quiet(operator.truediv, top, bottom)
        if token == r"\sqrt":
            self.tokens.pop(0)
            return self.quiet(math.sqrt, self.group())
        if token == r"\begin{cases}":
            return self.cases()
        if token == r"\operatorname" or token[1:] in CALLED:
            name = "".join(self.tokens[1 : self.tokens.index("}")]) if token == r"\operatorname" else token[1:]
            del self.tokens[: self.tokens.index("(") + 1]
            arguments = [self.formula()]
            while self.take(","):
                arguments.append(self.formula())
            assert self.take(")")
            return self.quiet(ATOMS[name], *arguments)
        return math.e if token == "e" else self.variables[token] if token in self.variables else float(token)

    def cases(self):
        chosen = None
        while not self.take(r"\end{cases}"):
            body = self.formula()
            assert self.take("&")
            holds = self.formula() if self.take("if") else bool(self.take("otherwise"))
            self.take(r"\\")
            chosen = body if chosen is None and holds else chosen
        return chosen


@pytest.mark.parametrize(
    ("formula", "c", "numpy", "latex"),
    [
        ("x - (y - z)", "x - (y - z)", "x - (y - z)", "x - (y - z)"),
        ("(x - y) - z", "x - y - z", "x - y - z", "x - y - z"),
        ("x / (y * z)", "x / (y * z)", "x / (y * z)", r"\frac{x}{y \cdot z}"),
        ("-(-x)", "-(-x)", "-(-x)", "-(-x)"),
        ("(-x) ** 2", "pow(-x, 2.0)", "(-x) ** 2", "{(-x)}^{2}"),
        ("x ** y ** z", "pow(x, pow(y, z))", "x ** y ** z", "{x}^{{y}^{z}}"),
        ("(x ** y) ** z", "pow(pow(x, y), z)", "(x ** y) ** z", "{({x}^{y})}^{z}"),
        ("abs(x) + erf(2 * pi)", "fabs(x) + 1.0", "np.abs(x) + erf(2 * np.pi)", None),
        ("1.5e-10 * x", "1.5e-10 * x", "1.5e-10 * x", r"1.5 \cdot 10^{-10} \cdot x"),
        ("2 * x if x > 0 and y > 0 else -x", "x > 0.0 && y > 0.0 ? 2.0 * x : -x",
         "np.where(np.logical_and(x > 0, y > 0), 2 * x, -x)", None),
    ],
)  # fmt: skip
def test_brackets_stand_only_where_they_are_needed(formula, c, numpy, latex):
    assert C().translate(Formula(formula).folded) == c
    assert NumPy().translate(Formula(formula).tree) == numpy
    assert latex is None or LaTeX().translate(Formula(formula).tree) == latex


def test_variables_and_functions_are_renamed():
    tree = Formula("sin(x) + cos(y)").folded
    assert C({"x": "a"}, {"cos": "value_cos"}).translate(tree) == "sin(a) + value_cos(y)"
    assert JavaScript({}, {"cos": "RULES.cos.value"}).translate(tree) == "Math.sin($x) + RULES.cos.value($y)"
