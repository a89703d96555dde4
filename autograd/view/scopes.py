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
    known: dict[Any, Box | None] = {None: None}
    applications: Counter[str] = Counter()
    outermost = []
    for node in graph.nodes:
        entries, entry = [], node.scope
        while entry not in known:
            entries.append(entry)
            entry = entry.around
        for new in reversed(entries):
            applications[new.path] += 1
            known[new] = box = Box(new.path, applications[new.path])
            box.outer = known[new.around]
            (outermost if box.outer is None else box.outer.inner).append(box)
        if (box_around := known[node.scope]) is not None:
            box_of[node] = box_around
            box_around.members.append(node)
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
