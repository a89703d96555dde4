"""Rounding errors."""

from __future__ import annotations

from autograd.engine.value import Value, topological_order
from autograd.transforms import derivatives


def _blur(y):
    """How far the rounding of single nodes may move y: the sum of |∂y/∂node · node|, times that of 1."""
    nodes = [node for node in topological_order(y) if node.rule is not None] if type(y) is Value else []
    return 2**-52 * sum(abs(slope * node.data) for slope, node in zip(derivatives(y, nodes), nodes))


def _lost(y, variables):
    """What rounding may take from ∂y/∂v for each variable v: 2⁻⁵² of all that is added up in it, for every node."""
    order = topological_order(y) if type(y) is Value else []
    sizes = dict.fromkeys(order, 0.0) | {y: 1.0}
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.partials):
            if slope and parent in sizes:
                sizes[parent] += sizes[node] * abs(slope)
    return [2**-52 * len(order) * sizes.get(variable, 0.0) for variable in variables]
