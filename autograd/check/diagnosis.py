"""What usually causes a wrong derivative."""

from __future__ import annotations

import contextlib

from autograd.check.complex_step import complex_step
from autograd.check.differences import differences
from autograd.check.kinks import bent
from autograd.engine.value import Value, apply, topological_order
from autograd.errors import AutogradError


def _cause(y, engine):
    """What usually causes such a difference, in words."""
    for node in topological_order(y) if type(y) is Value else ():
        for i, (name, recorded) in enumerate(zip(node.rule.inputs if node.rule else (), node.partials)):
            slope = _slope(node, i)
            if slope is not None and abs(slope.slope - recorded) > 1e-6 * abs(slope.slope) + 100 * slope.error:
                here = {key: parent.data for key, parent in zip(node.rule.inputs, node.parents)}
                formula = node.rule.partials[i].active(**here, out=node.data)
                return (
                    f"The rule {node.rule.name!r} is wrong: its ∂{node.rule.name}/∂{name} = {formula} gives "
                    f"{recorded:.12g}, but {node.rule.formula} has slope {slope.slope:.12g}."
                )
    if engine == 0.0:
        return (
            "The graph does not connect the result with this input: look for .data, detach(), no_grad() or a Value "
            "made from a number on the way."
        )
    return (
        "The rules of the graph are right, so f depends on this input in a way that the graph does not show: look "
        "for .data, detach(), no_grad() on the way, or for random numbers and state in f."
    )


def _slope(node, i):
    """The numerical ∂node/∂parent i, an Estimate; None for a constant, at a kink, or where it cannot be computed."""
    values = [parent.data for parent in node.parents]
    here = dict(zip(node.rule.inputs, values))
    if type(node.parents[i]) is not Value or node.rule.inputs[i] in bent(node.rule, here):
        return None
    operands = [Value(x) if k == i else Value(x).detach() for k, x in enumerate(values)]
    with contextlib.suppress(AutogradError):
        found = complex_step(apply(node.rule, *operands), operands, i)
        if found is not None:
            return found
    found = differences(lambda x: node.rule.value(*values[:i], x, *values[i + 1 :]), values[i])
    return None if found.trouble else found
