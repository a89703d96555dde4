"""Repeated siblings: boxes side by side that do the same, gathered into one box with a count, "neuron × 16"."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from autograd.view.boxes import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.engine import Value
    from autograd.view.graph import Graph

MANY_INPUTS = 8  # are shown one by one
CHAIN = 8  # of boxes one after another that do the same, such as the steps of a recurrent network, so many are shown


def natural(name: str) -> list[tuple[int, str]]:
    """A key for sorting names as people do: neuron2 before neuron10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def in_order(boxes: Iterable[Box]) -> list[Box]:
    """Boxes in the natural order of their paths, and applications of the same module in theirs."""
    return sorted(boxes, key=lambda box: (natural(box.path), box.application))


def gather_repeats(graph: Graph) -> None:
    """Put repeated siblings into boxes of their own, in all boxes of a graph, and put all boxes in order.

    Gathered are the applications of one module, and modules whose paths differ in a number at the end and that consist
    of the same operations, where none depends on another; of those that do, more than CHAIN in a row.
    """
    depth = _Depths(graph).of
    kinds: dict[Box, int] = {}
    known: dict[Any, int] = {}
    for box in reversed(graph.all_boxes()):
        own = tuple(sorted(Counter(node.rule.name for node in box.members if node.rule).items()))
        kind = own, tuple(sorted(kinds[inner] for inner in box.inner))
        kinds[box] = known.setdefault(kind, len(known))
    for box in graph.all_boxes():
        box.inner = _gathered(box, box.inner, depth, kinds)
    graph.boxes = _gathered(None, graph.boxes, depth, kinds)


def gather_inputs(graph: Graph) -> None:
    """Put inputs whose labels differ in a number at the end, such as x0 to x63, into one box if they are many."""
    alike: dict[str, list[Value]] = {}
    for node in graph.nodes:
        if node.rule is None and node.label and node not in graph.box_of and not graph.is_parameter(node):
            alike.setdefault(stem(node.label), []).append(node)
    for name, nodes in alike.items():
        if len(nodes) > MANY_INPUTS and name:
            box = Box(name, 1, repeats=len(nodes))
            box.members = sorted(nodes, key=lambda node: natural(node.label or ""))
            graph.box_of.update(dict.fromkeys(nodes, box))
            graph.boxes.insert(0, box)


def _gathered(outer, boxes, depth, kinds):
    """The boxes directly inside `outer`, in order, with repeated ones in boxes of their own."""
    boxes = _together(outer, in_order(boxes), lambda box: (box.path, depth[box]), depth, kinds)
    boxes = _together(outer, boxes, lambda box: (stem(box.path), kinds[box], depth[box]), depth, kinds)
    return _together(outer, boxes, lambda box: (stem(box.path), kinds[box]), depth, kinds, least=CHAIN + 1)


def _together(outer, boxes, key, depth, kinds, least=2):
    """The boxes, with those of the same key in one box, if there are at least so many."""
    alike: dict[Any, list[Box]] = {}
    for box in boxes:
        alike.setdefault(key(box), []).append(box)
    if len(alike) == 1 and outer is not None and outer.repeats:
        return boxes
    found = []
    for same in alike.values():
        if len(same) < least:
            found += same
            continue
        one_module = len({box.path for box in same}) == 1
        group = Box(same[0].path if one_module else stem(same[0].path), 1, repeats=len(same))
        group.outer, group.inner = outer, same
        for box in same:
            box.outer = group
        depth[group] = depth[same[0]]
        kinds[group] = hash((len(same), *(kinds[box] for box in same)))
        found.append(group)
    return found


def stem(name: str) -> str:
    """A name without the number at its end."""
    return re.sub(r"\d+$", "", name)


class _Depths:
    """How many siblings, boxes or single operations, one after another lead to each box.

    of      the depth of each box and operation among its siblings
    """

    def __init__(self, graph: Graph):
        self.of: dict[Value | Box, int] = {}
        chains: dict[Any, list[Any]] = {node: [node, *graph.around(node)] for node in graph.nodes}
        levels: dict[Box | None, dict[Any, set[Any]]] = {}  # by box around: for each sibling those computed from it
        for node, chain in chains.items():
            around: Any
            for thing, around in zip(chain, [*chain[1:], None]):
                levels.setdefault(around, {}).setdefault(thing, set())
            for parent in node.parents:
                if parent.rule is not None and parent in chains:
                    here, there, around = _apart(chain, chains[parent])
                    if here is not there:
                        levels[around][there].add(here)
        for after in levels.values():
            self._measure(after)

    def _measure(self, after):
        """Enter the depths of siblings, given those computed from each."""
        waiting_for = Counter(thing for others in after.values() for thing in others)
        self.of.update(dict.fromkeys(after, 0))
        ready = deque(thing for thing in after if not waiting_for[thing])
        while ready:
            thing = ready.popleft()
            for other in after[thing]:
                self.of[other] = max(self.of[other], self.of[thing] + 1)
                waiting_for[other] -= 1
                if not waiting_for[other]:
                    ready.append(other)


def _apart(chain, other):
    """The siblings in which two nodes lie, given each with the boxes around it, and the box around both siblings."""
    i, j = len(chain) - 1, len(other) - 1
    while i > 0 and j > 0 and chain[i] is other[j]:
        i, j = i - 1, j - 1
    return chain[i], other[j], chain[i + 1] if i + 1 < len(chain) else None
