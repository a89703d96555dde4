"""The rules of the table as JavaScript objects, for the pages that compute in the browser."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from autograd.table.formulas import Formula
from autograd.table.registry import RULES
from autograd.table.template import call_template, template
from autograd.table.translate import JavaScript

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.table.registry import Rule

MOST_SHOWN = 60


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
        "symbol": rule.symbol,
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
    conditions = [
        f"{JavaScript().variable(name)} {sign} {float(number)!r}"
        for name, interval in rule.domain.items()
        for sign, number in interval.limits
    ]
    conditions += [f"({_translated(rule.requires)})"] if rule.requires else []
    operands = _parameters(rule.inputs)
    return f"{operands} => {' && '.join(conditions)} ? ({function}){operands} : NaN"


def _about(rule):
    """What a rule computes, where its name or sign does not say it: the formula, or words for one too long to read.

    It is a template, so that it can be told of the operands by their names.
    """
    call, formula = f"{rule.name}({', '.join(rule.inputs)})", str(rule.formula)
    if rule.operator or formula == call:
        return [""]
    said = f"{call} = {formula}" if len(formula) <= MOST_SHOWN else rule.note
    return re.split(rf"(?<![A-Za-z_])({'|'.join(rule.inputs)})(?![A-Za-z_0-9])", said)


def function(formula: Formula, variables: Iterable[str], rule: Rule | None = None) -> str:
    """A formula as a JavaScript function of `variables`; `rule` is the one whose value it is, if any."""
    return f"{_parameters(variables)} => {_translated(formula, rule)}"


def branches(formula: Formula, variables: Iterable[str]) -> str:
    """How a formula is written, branch by branch: [condition, template] for each, as a JavaScript list."""
    parameters, found, node = _parameters(variables), [], formula.tree
    while isinstance(node, ast.IfExp):
        test = _translated(Formula(ast.unparse(node.test)))
        found.append(f"[{parameters} => {test}, {literal(template(ast.unparse(node.body)))}]")
        node = node.orelse
    found.append(f"[() => true, {literal(template(ast.unparse(node)))}]")
    return f"[{', '.join(found)}]"


def literal(content: object) -> str:
    """JSON that can stand in a script of an HTML page: no text in it can end the script."""
    import json

    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


def _parameters(variables):
    return f"({', '.join(map(JavaScript().variable, variables))})"


def _translated(formula, rule=None):
    """A formula in JavaScript. It calls other rules, but in the value of a rule its own name means the library's."""
    called = {name: f"RULES.{name}.value" for name in RULES if name != "pow" and not (rule and name == rule.name)}
    return JavaScript(functions=called).translate(formula.folded)
