"""First-order bounds on the rounding errors of a recorded value and of its gradient."""

from __future__ import annotations

from autograd.engine import Value, topological_order
from autograd.transforms import derivatives

EPSILON = 2**-52  # the distance from 1.0 to the next float, twice the largest error of one rounding


def value_error(y: Value) -> float:
    """How far rounding at each node may move y: the sum of |∂y/∂node · node| times 2⁻⁵²."""
    nodes = [node for node in topological_order(y) if node.rule is not None] if type(y) is Value else []
    return EPSILON * sum(abs(slope * node.data) for slope, node in zip(derivatives(y, nodes), nodes))


def gradient_errors(y: Value, variables: list[Value]) -> list[float]:
    """For each variable v, how far rounding may move ∂y/∂v: 2⁻⁵² times the sum of |terms|, once for every node.

    Where terms of opposite sign cancel, this bound may exceed the derivative itself.
    """
    order = topological_order(y) if type(y) is Value else []
    sizes = dict.fromkeys(order, 0.0) | {y: 1.0}
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials):
            if partial and parent in sizes:
                sizes[parent] += sizes[node] * abs(partial)
    return [EPSILON * len(order) * sizes.get(variable, 0.0) for variable in variables]
