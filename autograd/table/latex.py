r"""Rules and labels in LaTeX."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autograd.table.translate import LaTeX

if TYPE_CHECKING:
    from autograd.table.registry import Rule

LONGEST = 150  # characters of a formula that is still set as mathematics
GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|"
    "omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)


def rule_as_latex(rule: Rule) -> list[str]:
    r"""The value of a rule and its partial derivatives, each as an equation.

    Left out are those too long to read, and a value of which there is no more to say than its name.

    >>> from autograd.table.registry import RULES
    >>> for equation in rule_as_latex(RULES["mul"]):
    ...     print(equation)
    \operatorname{mul}(x, y) = x \cdot y
    \frac{\partial \operatorname{mul}}{\partial x} = y
    \frac{\partial \operatorname{mul}}{\partial y} = x
    """
    latex = LaTeX({"out": latex_call(rule)})
    name = latex.function(rule.name)
    value = latex.translate(rule.formula.tree) if _is_short(rule.formula) else latex_call(rule)
    equations = [f"{latex_call(rule)} = {value}"] if value != latex_call(rule) else []
    for variable, partial in zip(rule.inputs, rule.slopes_shown):
        if _is_short(partial):
            left = rf"\frac{{\partial {name}}}{{\partial {LaTeX().variable(variable)}}}"
            equations.append(f"{left} = {latex.translate(partial.tree)}")
    return equations


def _is_short(formula):
    return len(formula.text) <= LONGEST


def latex_call(rule: Rule) -> str:
    """A rule's function with its inputs: "\\tanh(x)"."""
    return f"{LaTeX().function(rule.name)}({', '.join(map(LaTeX().variable, rule.inputs))})"


def latex_label(label: str) -> str:
    r"""A label as a variable: a Greek letter, an index after a single letter, anything else as upright text.

    >>> print(latex_label("x"), latex_label("w12"), latex_label("alpha_1"), latex_label("layer0.w1"))
    x w_{12} \alpha_{1} \text{layer0.w1}
    """
    found = re.fullmatch(r"([^\W\d_]+)_?(\w*)", label)
    letter, index = found.groups() if found else ("", "")
    if GREEK.fullmatch(letter):
        letter = rf"\{letter}"
    elif len(letter) != 1 or not letter.isascii():
        return rf"\text{{{escaped(label)}}}"
    index = index if index.isdigit() or not index else rf"\text{{{escaped(index)}}}"
    return f"{letter}_{{{index}}}" if index else letter


def escaped(text: str) -> str:
    """Text in which no character has a meaning in LaTeX."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c) or (f"\\{c}" if c in "#$%&_{}" else c) for c in text)
