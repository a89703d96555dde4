"""The likely cause of a wrong derivative, in words."""

from __future__ import annotations

import contextlib

from autograd.check.complex_step import complex_step
from autograd.check.differences import differences
from autograd.check.estimate import Estimate
from autograd.check.kinks import inputs_at_kink
from autograd.engine import Value, apply, topological_order
from autograd.errors import AutogradError

DISCONNECTED = (
    "The graph does not connect the result with this input: look for .data, detach(), no_grad() or a Value "
    "made from a number along the way."
)
INCOMPLETE = (
    "The rules in the graph are right, so f depends on this input in a way that the graph does not show: look "
    "for .data, detach() or no_grad() along the way, or for random numbers and state in f."
)


def likely_cause(y: Value, derivative: float) -> str:
    """Why the engine's `derivative` of y may be wrong: a wrong rule, or a part of f that is not in the graph."""
    for node in topological_order(y) if type(y) is Value else ():
        for i in range(len(node.partials) if node.rule else 0):
            slope = _partial(node, i)
            if slope is not None and not _agrees(node.partials[i], slope):
                return _wrong_rule(node, i, slope.slope)
    return DISCONNECTED if derivative == 0.0 else INCOMPLETE


def _partial(node: Value, i: int) -> Estimate | None:
    """The numerical ∂node/∂parents[i]; None for a constant, at a kink, or where it cannot be computed."""
    rule, values = node.rule, [parent.data for parent in node.parents]
    assert rule is not None
    if type(node.parents[i]) is not Value or rule.inputs[i] in inputs_at_kink(rule, dict(zip(rule.inputs, values))):
        return None
    operands = [Value(x) if k == i else Value(x).detach() for k, x in enumerate(values)]
    with contextlib.suppress(AutogradError):
        estimate = complex_step(apply(rule, *operands), operands, i)
        if estimate is not None:
            return estimate
    estimate = differences(lambda x: rule.value(*values[:i], x, *values[i + 1 :]), values[i])
    return None if estimate.trouble else estimate


def _agrees(partial, estimate):
    return not abs(estimate.slope - partial) > 1e-6 * abs(estimate.slope) + 100 * estimate.error


def _wrong_rule(node, i, slope):
    """That a partial derivative in the table is wrong, with the branch of its formula that was used."""
    rule = node.rule
    inputs = {name: parent.data for name, parent in zip(rule.inputs, node.parents)}
    formula = rule.partials[i].active(**inputs, out=node.data)
    return (
        f"The rule {rule.name!r} is wrong: its ∂{rule.name}/∂{rule.inputs[i]} = {formula} gives "
        f"{node.partials[i]:.12g}, but {rule.formula} has slope {slope:.12g}."
    )
