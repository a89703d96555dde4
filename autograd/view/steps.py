"""The steps of a backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.engine.value import Value
from autograd.errors import ArgumentError, GraphTooLargeError, StaleGraphError, listed_instances, whole
from autograd.view.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator


LIMIT = 2000


def _checked(value, parameters, limit, caller):
    """The graph of `value`, if it can be played."""
    limit = whole(f"{caller}: limit", limit)
    graph = Graph(value, parameters=listed_instances(f"{caller}: parameters", parameters, Value))
    if type(graph.result) is not Value:
        raise ArgumentError(f"{caller}: {value!r} depends on no Value, so nothing flows back from it.")
    if len(graph.nodes) > limit:
        raise GraphTooLargeError(
            f"the graph has {len(graph.nodes):,} nodes; {caller} shows at most {limit:,}. Take "
            "the loss of one example, or the output of one neuron, or raise limit."
        )
    for node in graph.nodes:
        if node.rule and node.rule.value(*(parent.data for parent in node.parents)) != node.data:
            raise StaleGraphError(
                f"{caller}: {node!r} no longer follows from its operands: some .data was changed "
                "after the forward pass. Compute the result again."
            )
    return graph


class Contribution(NamedTuple):
    """One `+=` of the backward pass: `node` gives adjoint × partial to its operand `position`."""

    node: Value
    position: int
    adjoint: float
    partial: float
    before: float
    after: float


def contributions(graph: Graph) -> Iterator[Contribution]:
    """Every `+=` that `backward()` does on the graph, in its order, starting from gradients of 0."""
    adjoint = dict.fromkeys(graph.nodes, 0.0)
    adjoint[graph.result] = 1.0
    for node in reversed(graph.nodes):
        for i, (parent, partial) in enumerate(zip(node.parents, node.partials)):
            if type(parent) is Value and type(node) is Value:
                before = adjoint[parent]
                adjoint[parent] = before + adjoint[node] * partial
                yield Contribution(node, i, adjoint[node], partial, before, adjoint[parent])
