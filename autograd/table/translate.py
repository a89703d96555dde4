"""Formulas in other languages: one walk over the syntax tree, and a small class for each language.

A class says how the operators are written, in `operators`, `comparisons` and the like, and what else is special in a
few methods. Brackets are put where the language needs them, and nowhere else: a piece of text comes with how tightly it
holds together, and each operator says how tight its operands must be. So the order of evaluation is that of the tree.

`Python`, `C` and `JavaScript` compute with floats and are given `Formula.folded`; `NumPy` and `LaTeX` are for people to
read and are given `Formula.tree`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

# How tightly a piece of text holds together, in Python as in C.
CHOICE, OR, AND, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)


class Python:
    """Python on floats. This class is also what the other languages start from."""

    # The text, its own tightness, and the least tightness of each operand.
    operators: ClassVar = {
        ast.Add: ("%s + %s", SUM, SUM, PRODUCT),
        ast.Sub: ("%s - %s", SUM, SUM, PRODUCT),
        ast.Mult: ("%s * %s", PRODUCT, PRODUCT, SIGN),
        ast.Div: ("%s / %s", PRODUCT, PRODUCT, SIGN),
        ast.Pow: ("pow(%s, %s)", ATOM, CHOICE, CHOICE),
    }
    signs: ClassVar = {ast.USub: ("-%s", SIGN, POWER), ast.UAdd: ("+%s", SIGN, POWER)}
    comparisons: ClassVar = {
        ast.Lt: "%s < %s",
        ast.LtE: "%s <= %s",
        ast.Gt: "%s > %s",
        ast.GtE: "%s >= %s",
        ast.Eq: "%s == %s",
        ast.NotEq: "%s != %s",
    }
    junctions: ClassVar = {ast.And: (" and ", AND), ast.Or: (" or ", OR)}
    choice: ClassVar = ("%(body)s if %(test)s else %(orelse)s", CHOICE)

    def __init__(self, variables: Mapping[str, str] | None = None, functions: Mapping[str, str] | None = None):
        """The names of variables and functions, where they differ from those in the formula."""
        self.variables, self.functions = variables or {}, functions or {}

    def translate(self, tree: ast.expr) -> str:
        """The text of a syntax tree that `Formula` has checked."""
        return self.piece(tree)[0]

    def piece(self, node: ast.expr) -> tuple[str, int]:
        """The text of a part of the tree, and how tightly it holds together."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return self.number(value)
            case ast.Name(id=name):
                return self.variables.get(name) or self.variable(name), ATOM
            case ast.UnaryOp(op=sign, operand=operand):
                text, tightness, least = self.signs[type(sign)]
                return text % self.held(operand, least), tightness
            case ast.BinOp(left=left, op=operator, right=right):
                text, tightness, least_left, least_right = self.operators[type(operator)]
                return text % (self.held(left, least_left), self.held(right, least_right)), tightness
            case ast.Compare(left=left, ops=[comparison], comparators=[right]):
                text = self.comparisons[type(comparison)]
                return text % (self.held(left, SUM), self.held(right, SUM)), COMPARISON
            case ast.BoolOp(op=junction, values=values):
                return self.junction(junction, values)
            case ast.IfExp():
                return self.choose(node)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, arguments)
        raise AssertionError(f"{ast.unparse(node)} passed the check of Formula")

    def held(self, node: ast.expr, least: int) -> str:
        """The text of a part, in brackets if it would fall apart."""
        text, tightness = self.piece(node)
        return text if tightness >= least else self.bracketed(text)

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def number(self, value: float) -> tuple[str, int]:
        return repr(float(value)), ATOM

    def variable(self, name: str) -> str:
        return name

    def function(self, name: str) -> str:
        return name

    def call(self, name: str, arguments: list[ast.expr]) -> tuple[str, int]:
        return f"{self.functions.get(name) or self.function(name)}({', '.join(map(self.translate, arguments))})", ATOM

    def junction(self, operator: ast.boolop, values: list[ast.expr]) -> tuple[str, int]:
        text, tightness = self.junctions[type(operator)]
        return text.join(self.held(value, COMPARISON) for value in values), tightness

    def choose(self, node: ast.IfExp) -> tuple[str, int]:
        text, tightness = self.choice
        parts = {"test": self.held(node.test, OR), "body": self.held(node.body, OR)}
        return text % (parts | {"orelse": self.translate(node.orelse)}), tightness


class C(Python):
    """C on doubles, bit for bit what Python computes as long as the compiler fuses and reorders nothing."""

    junctions: ClassVar = {ast.And: (" && ", AND), ast.Or: (" || ", OR)}
    choice: ClassVar = ("%(test)s ? %(body)s : %(orelse)s", CHOICE)

    def function(self, name):
        return "fabs" if name == "abs" else name


class JavaScript(C):
    """JavaScript, with functions that `Math` lacks under LIBRARY; player.js defines them."""

    comparisons: ClassVar = C.comparisons | {ast.Eq: "%s === %s", ast.NotEq: "%s !== %s"}
    operators: ClassVar = C.operators | {ast.Pow: ("Math.pow(%s, %s)", ATOM, CHOICE, CHOICE)}
    LACKING = ("coarse", "erf", "erfc", "exp2", "fmod")

    def variable(self, name):
        return f"${name}"  # no variable is a word of JavaScript

    def function(self, name):
        return f"{'LIBRARY' if name in self.LACKING else 'Math'}.{name}"


class NumPy(Python):
    """NumPy, on numbers or arrays of them; what it lacks, such as erf, is called by its own name."""

    operators: ClassVar = Python.operators | {ast.Pow: ("%s ** %s", POWER, ATOM, SIGN)}
    junctions: ClassVar = {ast.And: ("np.logical_and(%s, %s)", ATOM), ast.Or: ("np.logical_or(%s, %s)", ATOM)}
    choice: ClassVar = ("np.where(%(test)s, %(body)s, %(orelse)s)", ATOM)
    RENAMED: ClassVar = {
        "acos": "arccos",
        "acosh": "arccosh",
        "asin": "arcsin",
        "asinh": "arcsinh",
        "atan": "arctan",
        "atan2": "arctan2",
        "atanh": "arctanh",
        "pow": "power",
    }
    LACKING = ("coarse", "erf", "erfc")

    def number(self, value):
        return repr(value), ATOM

    def variable(self, name):
        return f"np.{name}" if name in ("pi", "e") else name

    def function(self, name):
        return name if name in self.LACKING else f"np.{self.RENAMED.get(name, name)}"

    def junction(self, operator, values):
        text, tightness = self.junctions[type(operator)]
        first, *others = map(self.translate, values)
        for other in others:
            first = text % (first, other)
        return first, tightness


class LaTeX(Python):
    """LaTeX, as a calculus book sets it."""

    operators: ClassVar = {
        ast.Add: ("%s + %s", SUM, SUM, PRODUCT),
        ast.Sub: ("%s - %s", SUM, SUM, PRODUCT),
        ast.Mult: (r"%s \cdot %s", PRODUCT, PRODUCT, POWER),
        ast.Div: (r"\frac{%s}{%s}", ATOM, CHOICE, CHOICE),
        ast.Pow: ("{%s}^{%s}", POWER, ATOM, CHOICE),
    }
    signs: ClassVar = {ast.USub: ("-%s", PRODUCT, POWER), ast.UAdd: ("+%s", PRODUCT, POWER)}
    comparisons: ClassVar = {
        ast.Lt: "%s < %s",
        ast.LtE: r"%s \le %s",
        ast.Gt: "%s > %s",
        ast.GtE: r"%s \ge %s",
        ast.Eq: "%s = %s",
        ast.NotEq: r"%s \ne %s",
    }
    junctions: ClassVar = {ast.And: (r" \text{ and } ", AND), ast.Or: (r" \text{ or } ", OR)}
    KNOWN = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "max", "min")
    CALLED: ClassVar = {
        "sigmoid": r"\sigma",
        "normal": r"\varphi",
        "asin": r"\arcsin",
        "acos": r"\arccos",
        "atan": r"\arctan",
    }
    AROUND: ClassVar = {
        "exp": ("e^{%s}", POWER),
        "exp2": ("2^{%s}", POWER),
        "sqrt": (r"\sqrt{%s}", ATOM),
        "cbrt": (r"\sqrt[3]{%s}", ATOM),
        "abs": ("|%s|", ATOM),
    }

    def number(self, value):
        digits, _, exponent = f"{value:g}".partition("e")
        if not exponent:
            return digits, ATOM
        power = f"10^{{{int(exponent)}}}"
        return (power, POWER) if digits == "1" else (rf"{digits} \cdot {power}", PRODUCT)

    def variable(self, name):
        return r"\pi" if name == "pi" else name if len(name) == 1 else rf"\text{{{name}}}"

    def bracketed(self, text):
        tall = "frac" in text or "cases" in text
        return rf"\left({text}\right)" if tall else f"({text})"

    def function(self, name):
        spelled = name.replace("_", r"\_")
        return rf"\{name}" if name in self.KNOWN else self.CALLED.get(name, rf"\operatorname{{{spelled}}}")

    def call(self, name, arguments):
        inner = ", ".join(map(self.translate, arguments))
        if name in self.AROUND:
            text, tightness = self.AROUND[name]
            return text % inner, tightness
        return self.function(name) + self.bracketed(inner), ATOM

    def choose(self, node):
        rows = []
        while isinstance(node, ast.IfExp):
            rows.append(rf"{self.translate(node.body)} & \text{{if }} {self.translate(node.test)} \\")
            node = node.orelse
        rows.append(rf"{self.translate(node)} & \text{{otherwise}}")
        return rf"\begin{{cases}} {' '.join(rows)} \end{{cases}}", CHOICE
