"""Formulas as texts with gaps for the operands, so that names or numbers can be filled in."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from autograd.table.formulas import CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.table.registry import Rule

MARK = "\0"


def call_template(rule: Rule) -> list[str]:
    """How a rule is called, as a template: "x * y" for an operator, else "tanh(x)"."""
    return template(str(rule.formula) if rule.operator else f"{rule.name}({', '.join(rule.inputs)})")


def template(formula: str) -> list[str]:
    """A formula cut at its variables: "1 / x" is ["1 / ", "x", ""]. Every second part is a variable."""
    marked = ast.unparse(_Marked().visit(ast.parse(formula, mode="eval").body))
    return marked.split(MARK)


def filled(template: list[str], texts: Iterable[str], variables: Iterable[str]) -> str:
    """A template with `texts` in the place of `variables`; negative numbers are bracketed where they need it.

    >>> filled(template("1 / x - y ** 2"), ["-2", "-3"], ["x", "y"])
    '1 / (-2) - (-3) ** 2'
    """
    new = dict(zip(variables, texts))
    parts = [new.get(part, part) if i % 2 else part for i, part in enumerate(template)]
    for i in range(1, len(parts), 2):
        if parts[i].startswith("-") and (re.search(r"[-+*/] ?$", parts[i - 1]) or parts[i + 1].startswith(" **")):
            parts[i] = f"({parts[i]})"
    return "".join(parts)


class _Marked(ast.NodeTransformer):
    """Puts a mark on either side of each variable; names of functions and constants stay as they are."""

    def visit_Name(self, node):
        return node if node.id in CONSTANTS else ast.Name(f"{MARK}{node.id}{MARK}")

    def visit_Call(self, node):
        node.args = [self.visit(argument) for argument in node.args]
        return node
