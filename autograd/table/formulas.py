"""The language of the table: formulas in Python's notation, read once and turned into whatever is needed.

A formula is text such as ``"1 / (1 + exp(-x))"``. It may hold numbers, names, ``+ - * / **``, calls of functions, one
comparison, and ``a if condition else b``. It is parsed, checked, and compiled; it is never run as arbitrary Python.
"""

import ast
import math
from functools import cached_property, reduce
from typing import Any

from autograd.errors import FormulaError
from autograd.table.translate import Python

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def libm_hypot(x, y):
    """The C library's hypot, which `abs` of a complex number calls; `math.hypot` rounds differently."""
    return abs(complex(x, y))


def coarse(x):
    """x with the lower half of its digits cleared, so that `coarse(x) ** 2` is exact (Veltkamp's splitting)."""
    scaled = 134217729.0 * x
    return scaled - (scaled - x)


def floor(x):
    """The largest integer not above x, as a float; -0.0 for -0.0, as in C."""
    return math.copysign(math.floor(x), x)


# The functions of floats that formulas may call before any rule exists: the C library's, and two helpers.
ATOMS = {
    name: getattr(math, name)
    for name in (
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "cbrt",
        "pow",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "erf",
        "erfc",
        "fmod",
    )
}
ATOMS.update(abs=math.fabs, hypot=libm_hypot, coarse=coarse, floor=floor)
CONSTANTS = {"pi": math.pi, "e": math.e}
RULES: dict[str, Any] = {}  # every rule by its name; registry.py adds them


def float_function(name):
    """The function called `name` in formulas on floats: a primitive's value, or a function of the C library."""
    return RULES[name].value if name in RULES else ATOMS[name]


class Formula:
    """One formula: its `text`, the `names` of its variables in order of appearance, and its syntax `tree`."""

    def __init__(self, text):
        """`text` is read when first needed; what is not a formula raises FormulaError, with a caret under the place."""
        self.text = text

    def __repr__(self):
        return f"Formula({self.text!r})"

    def __str__(self):
        return self.text

    @cached_property
    def tree(self):
        """The checked syntax tree of the formula."""
        if not isinstance(self.text, str):
            raise FormulaError(f"a formula is text such as 'x * y', got {self.text!r}")
        try:
            tree = ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError as error:
            column = (error.offset or 1) - 1
            raise FormulaError(self.pointed(f"this is not a formula: {error.msg}", column)) from None
        except (ValueError, RecursionError, MemoryError):
            raise FormulaError(f"this is not a formula that can be read: {self.text[:80]!r}") from None
        self.check(tree)
        _Folded().visit(_parse(self.text))  # raises FormulaError for constants that have no float64
        return tree

    @cached_property
    def names(self):
        """The free variables, in order of their first appearance in the text."""
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and id(node) not in called]
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        return tuple(dict.fromkeys(node.id for node in found if node.id not in CONSTANTS))

    @cached_property
    def functions(self):
        """The functions that the formula calls, powers among them."""
        powers = any(isinstance(node, ast.Pow) for node in ast.walk(self.tree))
        return {*self.calls, "pow"} if powers else set(self.calls)

    @cached_property
    def calls(self):
        """The functions that the formula calls, each with the syntax node of a call."""
        return {node.func.id: node for node in ast.walk(self.tree) if isinstance(node, ast.Call)}

    def pointed(self, message, column):
        """`message`, and below it the text with a caret under `column`."""
        return f"{message}\n  {self.text.strip()}\n  {' ' * column}^"

    def check(self, node):
        """Raise FormulaError unless `node` and all below it belong to the language."""
        match node:
            case ast.Constant(value=value) if type(value) in (int, float):
                _as_float(value, ast.unparse(node))
                return
            case ast.Name():
                return
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                children = [node.operand]
            case ast.BinOp(op=op) if isinstance(op, OPERATORS):
                children = [node.left, node.right]
            case ast.Compare(ops=[op]) if isinstance(op, COMPARISONS):
                children = [node.left, *node.comparators]
            case ast.IfExp():
                children = [node.test, node.body, node.orelse]
            case ast.BoolOp():
                children = node.values
            case ast.Call(func=ast.Name(), keywords=[]) if not any(isinstance(a, ast.Starred) for a in node.args):
                children = node.args
            case _:
                message = "only numbers, names, + - * / **, comparisons, 'a if c else b' and calls are allowed"
                raise FormulaError(self.pointed(message, node.col_offset))
        for child in children:
            self.check(child)

    @cached_property
    def folded(self):
        """The syntax tree for computing with floats: every literal a float, every constant part one literal."""
        return _Folded().visit(_parse(self.text))

    def python(self):
        """The formula as Python source on floats."""
        return Python().translate(self.folded)

    def on_floats(self, parameters, namespace):
        """The formula as a function of floats; `namespace` holds the functions that it calls."""
        return eval(f"lambda {', '.join(parameters)}: {self.python()}", dict(namespace))

    def function(self, parameters, namespace, number=None):
        """The formula as a function of whatever `namespace` computes with: Values, mpmath numbers, complex numbers.

        number: what every literal is passed through; `mpmath.mpf`, say, for 50 digits.
        """
        scope = {**CONSTANTS, **namespace}
        body = _parse(self.text)
        if number is not None:
            scope["_number"] = number
            body = _Numbers().visit(body)
        return _lambda(parameters, body, scope, self.text)

    def on_values(self, parameters, functions):
        """The formula as a function of Values. Conditions compare data, and are not differentiated."""
        body = _TestsOnData().visit(_parse(self.text))
        return _lambda(parameters, body, {**CONSTANTS, **functions}, self.text)

    def on_recording(self, parameters, functions):
        """The formula as a function of tracers: conditions become `where`, and both branches are kept."""
        body = _ChoicesAsWhere().visit(_parse(self.text))
        return _lambda(parameters, body, {**CONSTANTS, **functions}, self.text)

    def active(self, **values):
        """The text of the branch that applies at `values`: 'a' or 'b' out of 'a if condition else b'."""
        node = self.tree
        while isinstance(node, ast.IfExp):
            test = Formula(ast.unparse(node.test))
            holds = test.function(tuple(values), {name: float_function(name) for name in test.functions})
            node = node.body if holds(**values) else node.orelse
        return self.text if node is self.tree else ast.unparse(node)


class _Folded(ast.NodeTransformer):
    """Literals become floats, and parts without variables become one literal."""

    def visit(self, node):
        return _worked_out(node) if isinstance(node, ast.expr) and _is_constant(node) else super().visit(node)


def _worked_out(node):
    """A constant expression as one literal, computed in floats: the integer 9 ** 9 ** 9 ** 9 would never end."""
    text = ast.unparse(node)
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            part.value = _as_float(part.value, text)
    try:
        value = eval(compile(ast.Expression(node), "<constant>", "eval"), ATOMS | CONSTANTS)
    except OverflowError:
        value = math.inf
    except (ArithmeticError, ValueError, TypeError):  # a TypeError: sin((-1) ** 0.5), of a complex number
        value = None
    if value is None or isinstance(value, complex):
        raise FormulaError(f"this is not a formula: {text:.60} is not a real number")
    return _literal(_as_float(value, text))


def _as_float(number, text):
    """A number of a formula as a float."""
    try:
        result = float(number)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise FormulaError(f"this is not a formula: {text:.60} is too large for a float64")
    return result


class _Numbers(ast.NodeTransformer):
    """Each literal becomes a call of `_number`."""

    def visit_Constant(self, node):
        return ast.Call(ast.Name("_number", ast.Load()), [node], [])


class _TestsOnData(ast.NodeTransformer):
    """In conditions a variable v becomes v.data."""

    def visit_IfExp(self, node):
        for name in [part for part in ast.walk(node.test) if isinstance(part, ast.Name)]:
            name.reads_data = True
        return self.generic_visit(node)

    def visit_Call(self, node):
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node):
        return ast.Attribute(node, "data", ast.Load()) if hasattr(node, "reads_data") else node


class _ChoicesAsWhere(ast.NodeTransformer):
    """a if c else b becomes where(c, lambda: a, lambda: b), and a condition becomes a number, 0 or 1."""

    def visit_IfExp(self, node):
        sides = [
            ast.Lambda(ast.arguments([], [], None, [], [], None, []), self.visit(side))
            for side in (node.body, node.orelse)
        ]
        return _called("where", self.visit(node.test), *sides)

    def visit_Compare(self, node):
        left, right = self.visit(node.left), self.visit(node.comparators[0])
        match node.ops[0]:
            case ast.Lt():
                return _called("less", left, right)
            case ast.LtE():
                return _called("less_equal", left, right)
            case ast.Gt():
                return _called("less", right, left)
            case ast.GtE():
                return _called("less_equal", right, left)
            case ast.Eq():
                return _called("equal", left, right)
        return ast.BinOp(ast.Constant(1), ast.Sub(), _called("equal", left, right))

    def visit_BoolOp(self, node):
        name = "minimum" if isinstance(node.op, ast.And) else "maximum"
        return reduce(lambda left, right: _called(name, left, right), map(self.visit, node.values))


def _called(name, *arguments):
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _lambda(parameters, body, scope, text):
    arguments = ast.arguments([], [ast.arg(name) for name in parameters], None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    return eval(compile(tree, f"<formula {text}>", "eval"), {"__builtins__": {}, **scope})


def _parse(text):
    return ast.parse(text.strip(), mode="eval").body


def _is_constant(node):
    """Whether the value of an expression depends on no variable."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in CONSTANTS
        case ast.Call(func=ast.Name(id=name), args=args):
            return name in ATOMS and all(map(_is_constant, args))
        case ast.UnaryOp(operand=operand):
            return _is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
    return False


def _literal(value):
    value = float(value)
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


class Interval:
    """The numbers allowed for an operand: from `low` to `high`, with the ends or without, but for some points."""

    def __init__(self, low=-math.inf, high=math.inf, *, open_low=False, open_high=False, without=()):
        self.low, self.high, self.open_low, self.open_high = low, high, open_low, open_high
        self.without = without

    def __contains__(self, x):
        above = x > self.low or (x == self.low and not self.open_low)
        below = x < self.high or (x == self.high and not self.open_high)
        return above and below and x not in self.without

    @property
    def limits(self):
        """The conditions on a number, as pairs of a sign and a number: (">=", 0.0)."""
        low = [(">" if self.open_low else ">=", self.low)] if self.low > -math.inf else []
        high = [("<" if self.open_high else "<=", self.high)] if self.high < math.inf else []
        return [*low, *high, *(("!=", point) for point in self.without)]

    def __str__(self):
        return " and ".join(f"{sign} {number:g}" for sign, number in self.limits) or "any number"

    def __repr__(self):
        return f"<Interval: {self}>"


ANY = Interval()
POSITIVE = Interval(0.0, open_low=True)
NONNEGATIVE = Interval(0.0)
NONZERO = Interval(without=(0.0,))
