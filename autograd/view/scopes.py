"""Boxes from recorded scopes: one for each entry into a scope inside `record_scopes()`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from autograd.engine import Constant
from autograd.view.boxes import Box

if TYPE_CHECKING:
    from typing import Any

    from autograd.engine import Value
    from autograd.view.graph import Graph


def scope_boxes(graph: Graph) -> tuple[list[Box], dict[Value, Box]]:
    """The outermost boxes of a graph whose nodes know their scopes, and the innermost box of each node in one."""
    box_of: dict[Value, Box] = {}
    known: dict[Any, Box] = {}
    outermost: list[Box] = []
    for node in reversed(graph.nodes):
        entries, entry = [], node.scope
        while entry is not None and entry not in known:
            entries.append(entry)
            entry = entry.around
        for new in reversed(entries):
            known[new] = box = Box(new.path, 1)
            box.outer = known.get(new.around)
            (outermost if box.outer is None else box.outer.inner).append(box)
        if node.scope is not None:
            box_of[node] = known[node.scope]
            box_of[node].members.append(node)
    applications: Counter[str] = Counter()
    for box in reversed(known.values()):  # in the order in which their last operations follow from one another
        applications[box.path] += 1
        box.application = applications[box.path]
        box.members.reverse()
    return outermost, box_of


def adopt_leaves(graph: Graph) -> None:
    """Put each parameter or constant into the innermost box around all that is computed from it.

    Except constants combined with parameters, which are inputs of a network.
    """
    for node in graph.nodes:
        if node.rule is not None or not _belongs_inside(graph, node):
            continue
        common: list[Box] | None = None
        for child in graph.children[node]:
            around = graph.around(child)
            common = around if common is None else [box for box in common if box in around]
        if common:
            graph.box_of[node] = common[0]
            common[0].members.append(node)


def _belongs_inside(graph, node):
    if isinstance(node, Constant) and not node.frozen:
        return not any(graph.is_parameter(other) for child in graph.children[node] for other in child.parents)
    return graph.is_parameter(node)
