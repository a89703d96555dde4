"""`python -m autograd trace EXPRESSION name=number …` shows every node, local derivative and gradient."""

from __future__ import annotations

import argparse
import ast
import operator
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING

from autograd.engine import Constant, Value, as_float
from autograd.engine.functions import PUBLIC
from autograd.errors import AutogradError, FormulaError
from autograd.native import warn_if_not_compiled
from autograd.table.formulas import CONSTANTS, Formula
from autograd.table.registry import RULES
from autograd.view.draw import draw
from autograd.view.graph import Graph, derivative, expression
from autograd.view.player.page import play

if TYPE_CHECKING:
    from collections.abc import Sequence

OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.USub: "neg"}
COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
EXAMPLE = 'example: python -m autograd trace "tanh(w*x + b)" w=0.5 x=2 b=-1'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, or 2 for a wrong expression or argument."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if len(arguments) > 1 and arguments[1].startswith("-") and arguments[1] not in ("-h", "--help"):
        arguments[1] = " " + arguments[1]  # an expression such as -x, not an option
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (AutogradError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
    except RecursionError:
        print("error: the expression is nested too deeply. Split it up.", file=sys.stderr)
    return 2


def _parser():
    parser = argparse.ArgumentParser(prog="python -m autograd", description="See through backpropagation.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    trace = commands.add_parser(
        "trace",
        help="show every node, local derivative and gradient of an expression",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EXAMPLE + "\n\nfunctions: " + _functions(),
        description="Compute an expression and its gradient, print each node, and write a drawing of the graph.",
    )
    trace.add_argument("expression", help='numbers, names, + - * / **, "a if c else b", and calls of functions')
    trace.add_argument("values", nargs="*", metavar="name=number", help="a value for each name in the expression")
    trace.add_argument(
        "--save",
        metavar="FILE",
        default="trace.svg",
        help="where to save the drawing: .svg, .dot, .png or .pdf (default: trace.svg)",
    )
    trace.add_argument(
        "--html",
        metavar="FILE",
        nargs="?",
        const="trace.html",
        help="also write a page that steps through the backward pass (default: trace.html)",
    )
    trace.set_defaults(run=_trace)
    return parser


def _functions():
    lines, line = [], ""
    for name in PUBLIC:
        if len(line) + len(name) > 100:
            lines.append(line)
            line = "           "
        line += name + " "
    return "\n".join([*lines, line]).strip()


def _trace(options):
    warn_if_not_compiled()
    formula = Formula(" ".join(options.expression.split()))
    check_calls(formula)
    variables = {name: Value(number, name) for name, number in parsed_numbers(formula, options.values).items()}
    result = evaluate(formula, variables)
    if type(result) is Value:
        result.backward()
    print(as_table(result))
    print(f"\nThe drawing is in {draw(result).save(options.save)}.")
    if options.html:
        print(f"The pass, step by step, is in {play(result).save(options.html)}.")
    return 0


def check_calls(formula: Formula) -> None:
    """Raise FormulaError for a call of what is not in the table, or with the wrong number of arguments."""
    calls = [node for node in ast.walk(formula.tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: call.col_offset):
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        if name not in PUBLIC:
            close = get_close_matches(name, PUBLIC, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise FormulaError(pointed(formula, f"unknown function {name!r}{hint}", call))
        inputs, optional = RULES[name].inputs, len(RULES[name].defaults)
        if not len(inputs) - optional <= len(call.args) <= len(inputs):
            wanted = f"{len(inputs)} argument{'s' if len(inputs) > 1 else ''}"
            message = f"{name}({', '.join(inputs)}) takes {wanted}, got {len(call.args)}"
            raise FormulaError(pointed(formula, message, call))


def parsed_numbers(formula: Formula, arguments: Sequence[str]) -> dict[str, float]:
    """The numbers given as name=number, in the order of the names in the formula.

    Raises FormulaError for one that is wrong, given twice, or missing.
    """
    given: dict[str, float] = {}
    for argument in arguments:
        name, number = _parsed(formula, argument)
        if name in given:
            raise FormulaError(f"{argument}: {name!r} is given twice.")
        given[name] = number
    for name in formula.names:
        if name not in given:
            hint = f"{name} is a function: write {name}(…)" if name in PUBLIC else f"{name} has no value: add {name}=1"
            first = next(node for node in ast.walk(formula.tree) if isinstance(node, ast.Name) and node.id == name)
            raise FormulaError(pointed(formula, hint, first))
    return {name: given[name] for name in formula.names}


def _parsed(formula, argument):
    """The name and the number of one argument name=number."""
    name, equals, number = (part.strip() for part in argument.partition("="))
    if not equals:
        raise FormulaError(f"expected name=number, such as x=2, got {argument!r}.")
    if name not in formula.names:
        known = ", ".join(formula.names) or "none"
        constant = f"; {name} stands for {CONSTANTS[name]:.6g}" if name in CONSTANTS else ""
        raise FormulaError(f"{argument}: {name!r} is not a variable of the expression, which has {known}{constant}.")
    try:
        return name, Value(float(number)).data
    except ValueError:
        shown = f"{name}={number}"
        raise FormulaError(f"{number!r} is not a finite number\n  {shown}\n  {' ' * (len(name) + 1)}^") from None


def pointed(formula: Formula, message: str, node: ast.expr) -> str:
    """`message`, and the formula with a caret under `node`."""
    column = len(formula.text.encode()[: node.col_offset].decode())  # syntax trees count bytes
    return formula.pointed(message, column)


def evaluate(formula: Formula, variables: dict[str, Value]) -> Value:
    """The formula on Values, by the functions of the table; a FormulaError points at the place that fails."""
    result = _Evaluator(formula, variables).visit(formula.tree)
    return result if isinstance(result, Value) else Value(result).detach()


class _Evaluator(ast.NodeVisitor):
    """Evaluates a syntax tree that Formula has checked."""

    def __init__(self, formula, variables):
        self.formula, self.variables = formula, variables

    def call(self, name, node, *operands):
        operands = [self.visit(operand) for operand in operands]
        try:
            return PUBLIC[name](*operands)
        except AutogradError as error:
            raise FormulaError(pointed(self.formula, str(error), node)) from None

    def visit_Constant(self, node):
        try:
            return as_float(node.value)
        except AutogradError as error:
            raise FormulaError(pointed(self.formula, str(error), node)) from None

    def visit_Name(self, node):
        return self.variables[node.id] if node.id in self.variables else CONSTANTS[node.id]

    def visit_UnaryOp(self, node):
        return self.call(OPERATORS[type(node.op)], node, node.operand)

    def visit_BinOp(self, node):
        return self.call(OPERATORS[type(node.op)], node, node.left, node.right)

    def visit_Call(self, node):
        return self.call(node.func.id, node, *node.args)

    def visit_IfExp(self, node):
        return self.visit(node.body if self.visit(node.test) else node.orelse)

    def visit_Compare(self, node):
        left, right = (v.data if isinstance(v, Value) else v for v in map(self.visit, (node.left, *node.comparators)))
        return COMPARISONS[type(node.ops[0])](left, right)

    def visit_BoolOp(self, node):
        decide = all if isinstance(node.op, ast.And) else any
        return decide(self.visit(value) for value in node.values)


def as_table(result: Value) -> str:
    """Every node of a graph in a line: its name, how it is computed, its value, local derivatives and gradient."""
    graph = Graph(result)
    names = graph.names
    rows = [("node", "computed as", "value", "local derivatives", "gradient")]
    for node in graph.nodes:
        if isinstance(node, Constant) and node is not result:
            continue
        partials = [derivative(node, i, names) for i, parent in enumerate(node.parents) if type(parent) is Value]
        gradient = f"{node.grad:.6g}" if type(node) is Value else ""
        computed = expression(node, names) if node.rule else ""
        rows.append((names[node], computed, f"{node.data:.6g}", ",  ".join(partials), gradient))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


if __name__ == "__main__":
    sys.exit(main())
