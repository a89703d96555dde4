"""Which boxes of a large graph are closed, so that a picture stays readable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autograd.errors import ArgumentError
from autograd.view.repeats import in_order, natural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.engine import Value
    from autograd.view.boxes import Box
    from autograd.view.graph import Graph

READABLE, WIDEST = 40, 16  # as many boxes and nodes as fit on a slide, and one after another on its width


def fitting(graph: Graph, scope: Box | None, whole: int, most: int = READABLE) -> dict[Value, Value | Box]:
    """What each node is shown as when no box is closed, if that is at most `whole` nodes; else with boxes closed.

    Opened are then, from the outside in, boxes that hold several others, as long as at most `most` boxes and nodes are
    shown, and at most WIDEST one after another. Repeated siblings stay in one box.
    """
    shown_as = graph.shown_as([], scope)
    if len(shown_as) <= whole:
        return shown_as
    closed = dict.fromkeys(scope.inner if scope else graph.boxes)
    shown_as = graph.shown_as(closed, scope)
    waiting = _alike(closed)
    for boxes in waiting:
        inner = [inner for box in boxes for inner in box.inner]
        if boxes[0].repeats or len(inner) < 2 * len(boxes):
            continue
        more = {box: None for box in closed if box not in boxes} | dict.fromkeys(inner)
        shown = graph.shown_as(more, scope)
        if count(shown) <= most and length(shown) <= WIDEST:
            closed, shown_as = more, shown
            waiting.extend(_alike(inner))
    return shown_as


def _alike(boxes):
    """Lists of boxes that are opened together: those whose paths differ in numbers only, such as block0 and block1."""
    alike: dict[str, list[Box]] = {}
    for box in boxes:
        alike.setdefault(re.sub(r"\d+", "", box.name), []).append(box)
    return list(alike.values())


def count(shown_as: dict[Value, Value | Box]) -> int:
    """How many boxes and nodes are shown."""
    return len(set(shown_as.values()))


def length(shown_as: dict[Value, Value | Box]) -> int:
    """How many boxes and nodes the longest path through what is shown has."""
    longest: dict[Value | Box, int] = {}
    for node, thing in shown_as.items():
        before = (longest[shown] for parent in node.parents if (shown := shown_as.get(parent)) not in (None, thing))
        longest[thing] = max(longest.get(thing, 1), 1 + max(before, default=0))
    return max(longest.values(), default=0)


def closed_at(graph: Graph, level: str | Iterable[str] | None) -> list[Box]:
    """The boxes that a level of folding closes.

    level: None for no box, "neurons" for the innermost boxes, "layers" for those around them, or the names of boxes
    """
    single = [box for box in graph.all_boxes() if not box.repeats]
    innermost = [box for box in single if not box.inner]
    if level is None:
        return []
    if level == "neurons":
        return innermost
    if level == "layers":
        return [
            next((outer for outer in box.around() if outer is not box and not outer.repeats), box) for box in innermost
        ]
    return [box for name in ([level] if isinstance(level, str) else level) for box in named(graph, name, "fold")]


def named(graph: Graph, name: str, option: str) -> list[Box]:
    """The boxes called `name`: "layer0", each application of that module; "layer0.neuron × 16" for repeated ones.

    Raises ArgumentError, which begins with the name of the option, if there is none.
    """
    boxes = graph.all_boxes()
    found = [box for box in boxes if name == box.name or (name == box.path and not box.repeats)]
    if not found:
        known = sorted({box.path for box in boxes if not box.repeats}, key=natural)
        there = f"the boxes are {', '.join(known[:8])}" if known else "this graph has no boxes"
        levels = ' It may also be "neurons" or "layers".' if option == "fold" else ""
        raise ArgumentError(f"{option}: there is no box {name!r}; {there}.{levels}")
    return in_order(found)
