"""Kinks that the table declares: points at which the derivative of a primitive is a convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.engine import Value, topological_order

if TYPE_CHECKING:
    from autograd.table.registry import Rule


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
    return ""
