"""Replayed results, expanded into the graph of primitives that they stand for."""

from __future__ import annotations

from autograd.engine import Constant, ReplayedNode, Value, adjoints, restore, topological_order
from autograd.errors import GraphTooLargeError

NODE_LIMIT = 1_000_000  # the largest number of operations of a replay that are computed one by one


def expand_replays(result: Value) -> Value:
    """`result` at the end of a graph of primitives alone: replays are computed again, operation by operation.

    Without replays this is `result` itself. Otherwise the leaves are the same nodes, and the nodes that depend on a
    replay are copies. All have the gradients of the latest pass; nodes inside a replay have those it would have given.

    Raises StaleGraphError if a replay would have a different result now, GraphTooLargeError if it has more than a
    million operations.
    """
    order = topological_order(result) if isinstance(result, Value) and not isinstance(result, Constant) else []
    if not any(isinstance(node, ReplayedNode) for node in order):
        return result
    copies: dict[Value, Value] = {}
    for node in order:
        _expand(node, copies)
    return copies[result]


def _expand(node, copies):
    """Enter into `copies` what replaces a node: itself, if it depends on no replay."""
    if isinstance(node, ReplayedNode):
        copies[node] = _recomputed(node, copies)
        return
    parents = [copies.get(parent, parent) for parent in node.parents]
    if all(copied is parent for copied, parent in zip(parents, node.parents)):
        copies[node] = node
        return
    partials, like, label, line = node.partials, node, node.label, node.line
    replay, end = node.parents[0], parents[0]
    if isinstance(replay, ReplayedNode):  # the node is an identity above a replay, which only an empty replay needs
        if isinstance(end, Constant):
            partials = [0.0]
        elif not any(end is copies.get(parent) for parent in replay.parents):
            parents, partials, like, label, line = end.parents, end.partials, end, label or end.label, line or end.line
    copies[node] = restore(parents, partials, True, like.data, node.grad, label, line, like.rule.name)


def _recomputed(replay, copies):
    """The end of the graph of primitives that a replay stands for."""
    if replay.again.nodes > NODE_LIMIT:
        raise GraphTooLargeError(
            f"the graph of this result of {replay.rule.name} has about {replay.again.nodes:,} "
            f"nodes, too many to show (at most {NODE_LIMIT:,}). Show the result for one example."
        )
    end = replay.ordinary()
    if isinstance(end, Constant):
        return end
    new = [node for node in topological_order(end) if node not in copies]
    for node, adjoint in zip(new, adjoints(end, new)):
        if node.rule is not None:
            node.grad = adjoint * replay.grad
    for node in new:
        _expand(node, copies)
    return copies[end]
