"""Kinks that the table knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.engine.value import Value, topological_order

if TYPE_CHECKING:
    from autograd.table.rules import Rule


def _kink(y, variable):
    """What kink the graph of y passes exactly, below `variable`, in words; "" for none."""
    below = {variable}
    for node in topological_order(y) if type(y) is Value else ():
        if not below.isdisjoint(node.parents):
            below.add(node)
            here = {name: parent.data for name, parent in zip(node.rule.inputs, node.parents)}
            moving = {name for name, parent in zip(node.rule.inputs, node.parents) if parent in below}
            if moving & bent(node.rule, here):
                point = ", ".join(f"{name} = {value!r}" for name, value in here.items())
                return f"{node.rule.name} has a kink at {point}. {node.rule.note}"
    return ""


def bent(rule: Rule, inputs: dict[str, float]) -> set[str]:
    """Those inputs of a rule by which its derivative, at these values, is a convention, as the table says."""
    if not rule.kinks or not all(
        any(inputs[name] == inputs.get(place, place) for place in places) for name, places in rule.kinks.items()
    ):
        return set()
    return {name for key, places in rule.kinks.items() for name in (key, *places) if isinstance(name, str)}
