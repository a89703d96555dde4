"""Kinks that the table declares: points at which the derivative of a primitive is a convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.engine import Value, topological_order

if TYPE_CHECKING:
    from autograd.table.formulas import Formula
    from autograd.table.registry import Rule


CROWDED = 1e5  # so many jumps from 0 to an input: beside it, steps that are large enough cross several


def inputs_among_jumps(rule: Rule, inputs: dict[str, float]) -> set[str]:
    """The inputs of a rule beside which its value jumps too often for differences to tell anything."""
    if all(abs(inputs[name]) <= CROWDED * _spacing(formula, inputs) for name, formula in rule.jumps.items()):
        return set()
    return set(rule.inputs)


def _spacing(formula: Formula, inputs: dict[str, float]) -> float:
    return formula.on_floats(tuple(inputs), {"abs": abs})(**inputs)


def inputs_at_kink(rule: Rule, inputs: dict[str, float]) -> set[str]:
    """The inputs of a rule with respect to which its derivative is a convention at these values."""
    if not rule.kinks or not all(
        any(inputs[name] == inputs.get(place, place) for place in places) for name, places in rule.kinks.items()
    ):
        return set()
    return {name for key, places in rule.kinks.items() for name in (key, *places) if isinstance(name, str)}


def kink_on_path(y: Value, variable: Value) -> str:
    """The first kink that the graph passes through exactly between `variable` and y, in words; "" for none."""
    dependent = {variable}
    for node in topological_order(y) if type(y) is Value else ():
        rule = node.rule
        if rule is None or dependent.isdisjoint(node.parents):
            continue
        dependent.add(node)
        inputs = {name: parent.data for name, parent in zip(rule.inputs, node.parents)}
        varying = {name for name, parent in zip(rule.inputs, node.parents) if parent in dependent}
        if varying & inputs_at_kink(rule, inputs):
            point = ", ".join(f"{name} = {value!r}" for name, value in inputs.items())
            return f"{rule.name} has a kink at {point}. {rule.note}"
        if varying & inputs_among_jumps(rule, inputs):
            return f"{rule.name} jumps too often around {', '.join(f'{name} = {inputs[name]!r}' for name in inputs)}."
    return ""
