"""Replayed results as graphs of primitives."""

from __future__ import annotations

from autograd.engine.value import Constant, Fan, Value, adjoints, restore, topological_order
from autograd.errors import GraphTooLargeError

MOST = 1_000_000  # so many operations of a recording at most are computed one by one to be looked at


def ordinary(result: Value) -> Value:
    """`result`, at the end of a graph of primitives alone: what compiled functions have replayed is computed again.

    Where nothing was replayed this is `result` itself. Else the leaves are the same, and the nodes below a replay are
    copies; all have the gradients of the latest pass, those inside a replay what that pass would have given them.

    Raises StaleGraphError when a replay would have another result now, GraphTooLargeError when it is one of over a
    million operations.
    """
    order = topological_order(result) if isinstance(result, (Fan, Value)) and not isinstance(result, Constant) else []
    if not any(isinstance(node, Fan) for node in order):
        return result
    stands: dict[Value, Value] = {}
    for node in order:
        _stand(node, stands)
    return stands[result]


def _stand(node, stands):
    """Enter into `stands` what stands for a node in an ordinary graph."""
    if isinstance(node, Fan):
        stands[node] = _computed(node, stands)
        return
    parents = [stands.get(parent, parent) for parent in node.parents]
    if all(one is other for one, other in zip(parents, node.parents)):
        stands[node] = node
        return
    partials, like, label, line = node.partials, node, node.label, node.line
    replay, end = node.parents[0], parents[0]
    if isinstance(replay, Fan):  # below it lies an identity, which an ordinary graph has only where nothing is computed
        if isinstance(end, Constant):
            partials = [0.0]
        elif not any(end is stands.get(parent) for parent in replay.parents):
            parents, partials, like, label, line = end.parents, end.partials, end, label or end.label, line or end.line
    stands[node] = restore(parents, partials, True, like.data, node.grad, label, line, like.rule.name)


def _computed(replay, stands):
    """The end of the graph that a replay stands for."""
    if replay.again.nodes > MOST:
        raise GraphTooLargeError(
            f"the graph of this result of {replay.rule.name} has about {replay.again.nodes:,} "
            f"nodes, too many to show (at most {MOST:,}). Show the result for one example."
        )
    end = replay.ordinary()
    if isinstance(end, Constant):
        return end
    new = [node for node in topological_order(end) if node not in stands]
    for node, adjoint in zip(new, adjoints(end, new)):
        if node.rule is not None:
            node.grad = adjoint * replay.grad
    for node in new:
        _stand(node, stands)
    return stands[end]
