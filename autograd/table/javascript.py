"""The table's formulas as JavaScript, for the pages that compute in the browser."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from autograd.table.formulas import CONSTANTS
from autograd.table.registry import RULES
from autograd.view.graph import call_template, template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.table.formulas import Formula
    from autograd.table.registry import Rule

# Functions of the C library that JavaScript has under Math; player.js defines the others under LIBRARY.
MATH = {
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "floor",
    "hypot",
    "log",
    "log10",
    "log1p",
    "log2",
    "pow",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
}
MOST_SHOWN = 60
OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
    ast.And: "&&",
    ast.Or: "||",
}


def rules_as_javascript(names: Iterable[str]) -> str:
    """The rules called `names`, and those that their formulas call, as an object literal by name."""
    wanted, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            formulas = (RULES[name].formula, *RULES[name].partials)
            waiting.extend(called for formula in formulas for called in formula.calls if called in RULES)
    return "{" + ",\n".join(f"{name}: {rule_as_javascript(RULES[name])}" for name in RULES if name in wanted) + "}"


def rule_as_javascript(rule: Rule) -> str:
    """A rule as an object literal: how to compute it, and how to write it down."""
    slopes = [function(partial, (*rule.inputs, "out")) for partial in rule.partials]
    shown = [branches(partial, (*rule.inputs, "out")) for partial in rule.slopes_shown]
    facts = {
        "inputs": rule.inputs,
        "about": _about(rule),
        "call": call_template(rule),
        "domain": {name: str(interval) for name, interval in rule.domain.items()},
    }
    written = ", ".join(f"{key}: {literal(fact)}" for key, fact in facts.items())
    value = function(rule.formula, rule.inputs, rule)
    value = _only_inside(rule, value) if rule.is_watched else value
    return f"{{{written}, value: {value}, partials: [{', '.join(slopes)}], shown: [{', '.join(shown)}]}}"


def _only_inside(rule, function):
    """A JavaScript function of a rule's operands that gives NaN outside the domain."""
    operands = ", ".join(map(_variable, rule.inputs))
    conditions = [
        f"{_variable(name)} {sign} {float(number)!r}"
        for name, interval in rule.domain.items()
        for sign, number in interval.limits
    ]
    conditions += [_source(rule.requires.tree, None)] if rule.requires else []
    return f"({operands}) => {' && '.join(conditions)} ? ({function})({operands}) : NaN"


def _about(rule):
    """What a rule computes, where its name or sign does not say it: the formula, or words for one too long to read."""
    call, formula = f"{rule.name}({', '.join(rule.inputs)})", str(rule.formula)
    if rule.operator or formula == call:
        return ""
    return f"{call} = {formula}" if len(formula) <= MOST_SHOWN else rule.note


def function(formula: Formula, variables: Iterable[str], rule: Rule | None = None) -> str:
    """A formula as a JavaScript function of `variables`; `rule` is the one whose value it is, if any."""
    return f"({', '.join(map(_variable, variables))}) => {_source(formula.tree, rule)}"


def branches(formula: Formula, variables: Iterable[str]) -> str:
    """How a formula is written, branch by branch: [condition, template] for each, as a JavaScript list."""
    parameters, found, node = ", ".join(map(_variable, variables)), [], formula.tree
    while isinstance(node, ast.IfExp):
        found.append(f"[({parameters}) => {_source(node.test, None)}, {literal(template(ast.unparse(node.body)))}]")
        node = node.orelse
    found.append(f"[() => true, {literal(template(ast.unparse(node)))}]")
    return f"[{', '.join(found)}]"


def literal(content: object) -> str:
    """JSON that can stand in a script of an HTML page: no text in it can end the script."""
    import json

    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


def _variable(name):
    return f"${name}"  # no variable is a word of JavaScript


def _source(node, rule):
    """A syntax tree that Formula has checked as JavaScript; fully bracketed."""

    def source(part):
        return _source(part, rule)

    match node:
        case ast.Constant(value=value):
            return repr(float(value))
        case ast.Name(id=name):
            return repr(CONSTANTS[name]) if name in CONSTANTS else _variable(name)
        case ast.UnaryOp(op=op, operand=operand):
            return f"({OPERATORS[type(op)]}{source(operand)})"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{_function('pow', rule)}({source(left)}, {source(right)})"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({source(left)} {OPERATORS[type(op)]} {source(right)})"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"({source(left)} {OPERATORS[type(op)]} {source(right)})"
        case ast.BoolOp(op=op, values=values):
            return f"({f' {OPERATORS[type(op)]} '.join(map(source, values))})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"({source(test)} ? {source(body)} : {source(orelse)})"
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return f"{_function(name, rule)}({', '.join(map(source, arguments))})"
    raise AssertionError(f"{ast.unparse(node)} passed the check of Formula")


def _function(name, rule):
    """What a formula calls: a primitive; or the library, as which a rule's value formula knows its own name."""
    if name not in RULES or name == "pow" or (rule and name == rule.name):
        return f"Math.{name}" if name in MATH else f"LIBRARY.{name}"
    return f"RULES.{name}.value"
