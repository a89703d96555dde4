"""Long chains of operations, wrapped into rows that are read in turns from left to right and from right to left."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.engine import Value
    from autograd.view.boxes import Box
    from autograd.view.graph import Graph

LONGEST_ROW = 7  # edges


def turned_edges(graph: Graph, shown_as: dict[Value, Value | Box]) -> set[tuple[Value, Value]]:
    """The edges (operand, operation) of chains longer than a row that lead back: those of every second row.

    The rows of a chain are about equally long.
    """
    turned = set()
    for chain in _chains(graph, shown_as):
        edges = list(itertools.pairwise(chain))
        rows = -(-len(edges) // LONGEST_ROW)
        turned |= {edge for i, edge in enumerate(edges) if i * rows // len(edges) % 2}
    return turned


def _chains(graph: Graph, shown_as: dict[Value, Value | Box]) -> Iterator[list[Value]]:
    """The longest lists of operations of one box, each computed from the one before it and from leaves of its own."""
    after = {before: node for node in shown_as if (before := _the_one_before(graph, shown_as, node))}
    for start in after.keys() - set(after.values()):
        chain = [start]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        yield chain


def _the_one_before(graph, shown_as, node):
    """The operation that a node is computed from, if it is used nowhere else, and nothing else but leaves used once."""
    shown = [parent for parent in node.parents if parent in shown_as]
    operations = [parent for parent in shown if parent.rule is not None]
    if len(operations) != 1 or any(len(graph.children[parent]) > 1 for parent in shown):
        return None
    things = [node, *shown]
    are_open = all(shown_as[thing] is thing for thing in things)
    return operations[0] if are_open and graph.box_of.get(operations[0]) is graph.box_of.get(node) else None
