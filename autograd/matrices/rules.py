"""Rules of the table in a language of arrays: under the library's own name, or as a function made from the formula."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from itertools import product
from math import inf, isfinite, nan

from autograd.errors import RecordingError
from autograd.table.formulas import ATOMS, Formula
from autograd.table.registry import RULES, float_function
from autograd.table.translate import ATOM, POWER, SIGN, Python

POINTS = (1.0, 0.5, 2.0, -1.0, 0.0, 1.5, -0.5, 3.0, -2.0, 10.0, -10.0, 30.0, -30.0, 50.0, -50.0, 1e3, -1e3, 1e-3, 1e300,
          -1e300, 1e-300)  # fmt: skip
SIMPLE = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.USub, ast.UAdd, ast.Load)

# Formulas of the table that are long for the sake of the last digits, as a calculus book has them.
PLAIN = {
    "gelu": "0.5 * x * erfc(-x / sqrt(2))",
    "gelu_slope": "0.5 * erfc(-x / sqrt(2)) + x * normal(x)",
    "gauss": "exp(-x * x)",
    "normal": "exp(-x * x / 2) / sqrt(2 * pi)",
    "direction": "0 if x == 0 and y == 0 else x / hypot(x, y)",
    "quotient": "x / (y + z)",
}


def safe_point(rule):
    """Operands at which a rule and its derivatives are finite."""
    for point in product(POINTS, repeat=len(rule.inputs)):
        values = _finite_at(rule, point)
        if values:
            return point
    raise RecordingError(f"source: found no numbers at which {rule.name} is finite.")


def _finite_at(rule, point):
    try:
        value = rule.value(*point)
        return all(isfinite(number) for number in (value, *(slope(*point, value) for slope in rule.slopes if slope)))
    except (ArithmeticError, ValueError):
        return False


class Arrays(Python):
    """Formulas on arrays, in NumPy, PyTorch or JAX; choices are made by Helpers."""

    operators = Python.operators | {ast.Pow: ("%s ** %s", POWER, ATOM, SIGN)}

    def __init__(self, helpers, variables=None):
        super().__init__(variables)
        self.helpers = helpers

    def call(self, name, arguments):
        if name in self.functions:
            return super().call(name, arguments)
        return self.helpers.called(name, list(map(self.translate, arguments))), ATOM

    def junction(self, operator, values):
        function = "logical_and" if isinstance(operator, ast.And) else "logical_or"
        first, *others = map(self.translate, values)
        for other in others:
            first = f"{self.helpers.language.module}.{function}({first}, {other})"
        return first, ATOM

    def choose(self, node):
        raise AssertionError("choices are written as lines of their own")


class Helpers:
    """The functions that code needs beside those of its library, each made once from a formula of the table."""

    def __init__(self, language):
        self.language, self.functions, self.uses = language, {}, set()

    def called(self, name, operands, rule=None):
        """The text of a call."""
        language = self.language
        written = language.written.get(name)
        if written:
            return written.format(*operands)
        function = language.functions.get(name)
        if function is None or name in language.formulas:
            function = self.made(name, rule)
        takes_tensors = name in ("maximum", "minimum", "hypot", "atan2", "fmod", "mod") or function in self.functions
        if takes_tensors and language.name == "torch":
            operands = [f"torch.tensor({text}, dtype=torch.float64)" if _is_number(text) else text for text in operands]
        return f"{function}({', '.join(operands)})"

    def made(self, name, rule=None):
        """The name of a function made from the formula of a rule, or from that of a partial derivative."""
        if name == "coarse" and name not in self.functions:
            self.functions[name] = (
                'def coarse(x):\n    """x with the lower half of its digits cleared."""\n'
                "    scaled = 134217729.0 * x\n    return scaled - (scaled - x)\n"
            )
        rule = rule or RULES.get(name)
        safe = re.sub(r"\W+", "_", name).strip("_")
        if safe in self.functions:
            return safe
        if rule is None:
            raise RecordingError(f"source: {self.language.name} has no function {name}, which a formula needs.")
        self.functions[safe] = ""  # its place; what it calls comes before it
        of = getattr(rule, "of", None)
        plain = self.language.formulas.get(name) or PLAIN.get(name)
        formula = of.partials[rule.k] if of else Formula(plain) if plain else rule.formula
        text = _Function(self, formula, rule.inputs, None if of else name).text(safe)
        del self.functions[safe]
        self.functions[safe] = text
        return safe


def _is_number(text):
    return re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", text) is not None


class _Function:
    """A formula as a function in a language: choices become `where`, each side with operands that are right for it."""

    def __init__(self, helpers, formula, inputs, own):
        self.helpers, self.formula, self.inputs, self.own = helpers, formula, inputs, own
        self.lines, self.count = [], 0

    def text(self, name):
        result = self.value(deepcopy(self.formula.folded), {x: x for x in self.inputs}, [])
        note = str(self.formula)
        note = note if len(note) <= 100 else f"{name} of the table of rules"
        body = "".join(f"    {line}\n" for line in [f'"""{note}"""', *self.lines, f"return {result}"])
        return f"def {name}({', '.join(self.inputs)}):\n{body}"

    def value(self, tree, variables, conditions):
        """The text of a formula, after the lines that it needs. `conditions` hold where it counts."""
        tree = self.without_choices(tree, variables, conditions)
        if isinstance(tree, ast.IfExp):
            return self.choice(tree, variables, conditions)
        return self.translator(variables).translate(tree)

    def translator(self, variables):
        translator = Arrays(self.helpers, variables)
        if self.own in ATOMS:  # in its own formula a name means the function of the C library
            library = self.helpers.language.functions.get(self.own)
            translator.functions = {self.own: library}
        return translator

    def without_choices(self, tree, variables, conditions):
        """The tree with names in place of choices below its root, which become lines."""
        function = self

        class Hoisted(ast.NodeTransformer):
            def visit_IfExp(self, node):
                if node is tree:
                    return node
                function.count += 1
                name = f"part{function.count}"
                function.lines.append(f"{name} = {function.choice(node, variables, conditions)}")
                variables[name] = name
                return ast.Name(name, ast.Load())

        return Hoisted().visit(tree)

    def choice(self, node, variables, conditions):
        self.count += 1
        test, number = f"first{self.count}", self.count
        self.lines.append(f"{test} = {self.translator(variables).translate(node.test)}")
        where = self.helpers.language.where
        sides = []
        for letter, side, holds in (("a", node.body, True), ("b", node.orelse, False)):
            own, inner = dict(variables), [*conditions, (node.test, holds)]
            if not all(isinstance(part, SIMPLE) for part in ast.walk(side)):
                for name, number_there in zip(self.inputs, self.point(inner, side)):
                    if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(side)):
                        own[name] = f"{name}_{letter}{number}"
                        kept = (variables[name], repr(number_there))
                        self.lines.append(f"{own[name]} = {where(test, *(kept if holds else kept[::-1]))}")
            sides.append(self.value(side, own, inner))
        return where(test, *sides)

    def point(self, conditions, side):
        """Operands at which a side is finite, if possible such at which it is chosen."""
        value, tests = self._on_floats(side), [(self._on_floats(test), holds) for test, holds in conditions]
        finite = None
        for point in product(POINTS if len(self.inputs) < 3 else POINTS[:8], repeat=len(self.inputs)):
            if isfinite(value(point)):
                finite = finite or point
                if all(test(point) in (holds, inf) for test, holds in tests):
                    return point
        return finite or (1.0,) * len(self.inputs)

    def _on_floats(self, tree):
        """Part of a formula as a function of a point; it gives NaN where it fails, and infinity where it is unknown."""
        formula = Formula(ast.unparse(tree))
        if not set(formula.names) <= set(self.inputs):  # it uses a part that is a line of its own
            return lambda point: inf
        function = formula.on_floats(self.inputs, {name: float_function(name) for name in formula.functions})

        def safe(point):
            try:
                return function(*point)
            except (ArithmeticError, ValueError):
                return nan

        return safe
