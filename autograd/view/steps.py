"""The backward pass of a graph as steps, one for each `+=` of the chain rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.arguments import expect_integer, expect_list_of
from autograd.engine import Value
from autograd.errors import ArgumentError, AutogradError, GraphTooLargeError, StaleGraphError
from autograd.view.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NODE_LIMIT = 2000


class Contribution(NamedTuple):
    """One `+=` of the backward pass: `node` adds adjoint × partial to the gradient of its operand `position`.

    before, after  the gradient of the operand
    """

    node: Value
    position: int
    adjoint: float
    partial: float
    before: float
    after: float


def contributions(graph: Graph) -> Iterator[Contribution]:
    """Every `+=` that `backward()` performs on the graph, in its order, starting from gradients of 0."""
    adjoint = dict.fromkeys(graph.nodes, 0.0)
    adjoint[graph.result] = 1.0
    for node in reversed(graph.nodes):
        for i, (parent, partial) in enumerate(zip(node.parents, node.partials)):
            if type(parent) is Value and type(node) is Value:
                before = adjoint[parent]
                adjoint[parent] = before + adjoint[node] * partial
                yield Contribution(node, i, adjoint[node], partial, before, adjoint[parent])


def graph_to_step_through(value: Value, parameters: Iterable[Value], limit: int, caller: str) -> Graph:
    """The graph of `value`, if its pass can be stepped through.

    Raises ArgumentError when it depends on no Value, GraphTooLargeError beyond `limit` nodes, StaleGraphError when
    .data was changed, or a leaf unfrozen, after the forward pass; the messages begin with the name of the `caller`.
    """
    graph = _small_graph([value], parameters, limit, caller)
    if type(graph.result) is not Value:
        raise ArgumentError(f"{caller}: {value!r} depends on no Value, so nothing flows back from it.")
    for node in graph.nodes:
        if node.rule and node.rule.value(*(parent.data for parent in node.parents)) != node.data:
            raise StaleGraphError(
                f"{caller}: {node!r} no longer follows from its operands: some .data was changed "
                "after the forward pass. Compute the result again."
            )
        if node.rule and (leaf := _unfrozen_since(node)):
            raise StaleGraphError(
                f"{caller}: {leaf!r} was frozen when {node!r} was computed from it, so no gradient flows between them. "
                "Compute the result again."
            )
    return graph


def graph_up_to(
    error: AutogradError, operands: Iterable[Value], parameters: Iterable[Value], limit: int, caller: str
) -> Graph:
    """The graph of the operands of an operation that has raised `error`. Raises GraphTooLargeError as above."""
    graph = _small_graph(operands, parameters, limit, caller)
    graph.failure = error
    return graph


def _small_graph(results, parameters, limit, caller):
    limit = expect_integer(f"{caller}: limit", limit)
    graph = Graph(*results, parameters=expect_list_of(f"{caller}: parameters", parameters, Value))
    if len(graph.nodes) > limit:
        raise GraphTooLargeError(
            f"the graph has {len(graph.nodes):,} nodes; {caller} shows at most {limit:,}. Take "
            "the loss of one example, or the output of one neuron, or raise limit."
        )
    return graph


def _unfrozen_since(node):
    """An operand that is a leaf, but that had no partial derivative when the node was computed; else None."""
    numbers = [parent.data for parent in node.parents]
    for parent, slope, partial in zip(node.parents, node.rule.slopes, node.partials):
        if parent.rule is None and type(parent) is Value and partial == 0.0:
            try:
                if slope(*numbers, node.data) != 0.0:
                    return parent
            except (ArithmeticError, ValueError):  # there is none, and so it cannot be what was recorded
                return parent
    return None
