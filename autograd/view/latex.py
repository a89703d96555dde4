"""`latex`: a result, or its derivative as the chain rule gives it, as a formula in LaTeX."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from autograd.engine import Constant, Value
from autograd.engine.functions import FUNCTIONS
from autograd.errors import GraphTooLargeError, NumberTypeError
from autograd.table.latex import latex_label, rule_as_latex
from autograd.table.registry import RULES
from autograd.table.translate import PRODUCT, LaTeX
from autograd.view.graph import Graph, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from autograd.table.registry import Rule

LONGEST, DEEPEST = 2_000, 150  # symbols in a formula, and formulas within one another


def latex(value: Value | Callable, *, wrt: Value | None = None) -> str:
    r"""The expression that computed `value`, in LaTeX; or with `wrt` its derivative, as the chain rule gives it.

    value  a result; leaves are called by their labels, those without a label v_{1}, v_{2}, … Or a function of the
           table, such as autograd.tanh: its value, unless that is just its name, and its partial derivatives, an
           equation a line
    wrt    the node that the derivative is taken with respect to

    The derivative is put together from the formulas of the table, in the branch that applies at the point, and
    simplified no further than by 0 and 1: a term times 0 is left out, and so is a factor of 1.

    >>> from autograd import tanh
    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-1.0, "b")
    >>> y = tanh(w * x + b)
    >>> print(latex(y))
    \tanh(w \cdot x + b)
    >>> print(latex(y, wrt=w))
    \frac{1}{{\cosh(w \cdot x + b)}^{2}} \cdot x
    >>> print(latex(tanh))
    \frac{\partial \tanh}{\partial x} = \frac{1}{{\cosh(x)}^{2}}

    Raises NumberTypeError for what is not a Value, GraphTooLargeError (a ValueError) for a formula of more than 2,000
    symbols or with more than 150 operations within one another.
    """
    name = next((name for name, function in FUNCTIONS.items() if function is value), None)
    if name is not None and wrt is None:
        return "\n".join(rule_as_latex(RULES[name]))
    graph = Graph(value)  # type: ignore[arg-type]  # it raises NumberTypeError for anything but a Value
    writer = _Writer(graph)
    if wrt is None:
        return writer.text(writer.expression[graph.result])
    if not isinstance(wrt, Value):
        raise NumberTypeError(f"latex: wrt: expected a Value, got {type(wrt).__name__} {wrt!r:.60}.")
    return writer.text(writer.derivatives(wrt)[graph.result])


class _Writer:
    """Writes expressions of a graph as syntax trees, in the language of the table's formulas.

    names       what each leaf is called in the tree, and how that is written in LaTeX
    expression  the tree of each node
    """

    def __init__(self, graph: Graph):
        if len(graph.nodes) > LONGEST:
            raise _too_large(len(graph.nodes), "")
        self.graph = graph
        self.names: dict[str, str] = {}
        self.expression: dict[Value, ast.expr] = {}
        for node in graph.nodes:
            if node.rule is None:
                self.expression[node] = self.leaf(node)
            else:
                self.expression[node] = _filled(_call(node.rule), node.rule, self.operands(node))

    def leaf(self, node):
        if isinstance(node, Constant) and not node.label:
            return _number(node.data)
        name = f"leaf{len(self.names)}"
        self.names[name] = latex_label(clean(node.label) if node.label else self.graph.names[node])
        return ast.Name(name, ast.Load())

    def operands(self, node):
        return [self.expression[parent] for parent in node.parents]

    def derivatives(self, wrt: Value) -> dict[Value, ast.expr]:
        """∂node/∂wrt for each node, by the chain rule from the leaves on; 0 and 1 as numbers."""
        found: dict[Value, ast.expr] = {}
        for node in self.graph.nodes:
            terms = []
            for i, parent in enumerate(node.parents):
                if type(node) is Value and type(parent) is Value:
                    terms.append(_product(self.partial(node, i), found[parent]))
            found[node] = _number(1.0) if node is wrt else _sum(terms)
        found.setdefault(self.graph.result, _number(0.0))
        return found

    def partial(self, node, i):
        """∂node/∂parents[i] with the operands in place, in the branch that applies."""
        point = dict(zip(node.rule.inputs, (parent.data for parent in node.parents)))
        branch = node.rule.slopes_shown[i].active(**point, out=node.data)
        return _filled(branch, node.rule, self.operands(node), self.expression[node])

    def text(self, tree: ast.expr) -> str:
        """A tree in LaTeX. Raises GraphTooLargeError if it is too long or too deep."""
        symbols, depth = _extent(tree)
        if symbols > LONGEST or depth > DEEPEST:
            raise _too_large(symbols, f", up to {depth:,} within one another")
        return _Expression(self.names).translate(tree)


def _too_large(symbols, depth):
    return GraphTooLargeError(
        f"latex: the formula has {symbols:,} symbols or more{depth}; at most {LONGEST:,}, and {DEEPEST} within one "
        "another, can be written. Write out a part of it, such as the output of one neuron."
    )


class _Expression(LaTeX):
    """LaTeX, with brackets around a negative number that follows an operator."""

    def held(self, node, least):
        is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        return self.bracketed(self.translate(node)) if is_negative and least >= PRODUCT else super().held(node, least)


def _call(rule):
    """How a rule is called: "x * y" for an operator, else "tanh(x)"."""
    return str(rule.formula) if rule.operator else f"{rule.name}({', '.join(rule.inputs)})"


class _Filled(ast.NodeTransformer):
    """A formula with trees in the place of its variables; where wanted, simplified by 0 and 1."""

    def __init__(self, trees: Mapping[str, ast.expr], simplify: bool):
        self.trees, self.simplify = trees, simplify

    def visit_Name(self, node):
        return self.trees.get(node.id, node)

    def visit_Call(self, node):
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_BinOp(self, node):
        left, right = self.visit(node.left), self.visit(node.right)
        if self.simplify and isinstance(node.op, ast.Mult):
            return _product(left, right)
        return ast.BinOp(left, node.op, right)


def _filled(formula: str, rule: Rule, operands: Sequence[ast.expr], out: ast.expr | None = None) -> ast.expr:
    """A formula of a rule with trees in the place of its inputs; a derivative also has one for the value, `out`."""
    trees = {name: tree for name, tree in zip((*rule.inputs, "out"), (*operands, out)) if tree is not None}
    return _Filled(trees, simplify=out is not None).visit(ast.parse(formula, mode="eval").body)


def _extent(tree):
    """How many symbols a tree has, and how deep it is; parts that occur several times are measured once."""
    known: dict[int, tuple[int, int]] = {}
    path = [tree]
    while path:
        parts = [part for part in ast.iter_child_nodes(path[-1]) if isinstance(part, ast.expr)]
        new = [part for part in parts if id(part) not in known]
        if new:
            path += new
            continue
        node = path.pop()
        inner = [known[id(part)] for part in parts]
        known[id(node)] = 1 + sum(symbols for symbols, _ in inner), 1 + max((deep for _, deep in inner), default=0)
    return known[id(tree)]


def _number(number):
    literal = ast.Constant(int(number) if number.is_integer() and abs(number) < 2**53 else abs(number))
    if number >= 0:
        return literal
    return ast.UnaryOp(ast.USub(), ast.Constant(abs(literal.value)))


def _is(tree, number):
    return isinstance(tree, ast.Constant) and tree.value == number


def _product(left, right):
    if _is(left, 0) or _is(right, 0):
        return _number(0.0)
    return right if _is(left, 1) else left if _is(right, 1) else ast.BinOp(left, ast.Mult(), right)


def _sum(terms):
    total = _number(0.0)
    for term in terms:
        if not _is(term, 0):
            total = term if _is(total, 0) else ast.BinOp(total, ast.Add(), term)
    return total
