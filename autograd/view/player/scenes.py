"""The pictures of a graph in a page of the player, and the graph as data for its script."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograd.engine import Constant
from autograd.view.boxes import Box
from autograd.view.dot import DotWriter
from autograd.view.graph import Graph, short
from autograd.view.layout import svgs
from autograd.view.look import LIGHT, Look
from autograd.view.opening import count, fitting
from autograd.view.steps import contributions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.engine import Value

OPEN = 150  # the largest number of nodes that are shown with every box open


class PlayedGraph:
    """A graph as a page shows it. Its pictures are numbered from `first`, over all graphs of the page.

    The whole is laid out here, by Graphviz; the inside of a closed box by the page itself, when it is opened.
    """

    def __init__(self, graph: Graph, first: int = 0):
        self.graph = graph
        self.index = {node: i for i, node in enumerate(graph.nodes)}
        self.box_index = {box: i for i, box in enumerate(graph.all_boxes())}
        (self.shown_as, _), *self.insides = parts(graph)
        self.first = first

    @cached_property
    def whole(self) -> Scene:
        return Scene(self.graph, self.shown_as, None, self.first)

    @property
    def largest(self) -> int:
        """How many nodes and closed boxes are in the largest picture."""
        return max(count(shown_as) for shown_as in (self.shown_as, *(inside for inside, _ in self.insides)))

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return 1 + len(self.insides)

    @cached_property
    def svg(self) -> str:
        """The whole with the numbers at the end of the pass, as it is seen where no script runs."""
        return _with_numbers(svgs(self.whole.source)[0], _final_numbers(self.graph))

    def data(self) -> dict[str, Any]:
        """The graph as player.js reads it: nodes in topological order, boxes, and what each picture shows."""
        insides = [self._inside(shown_as, scope, i) for i, (shown_as, scope) in enumerate(self.insides, self.first + 1)]
        return {
            "nodes": [self._node_data(node, self.index) for node in self.graph.nodes],
            "boxes": self._box_data(self.index),
            "failure": str(self.graph.failure) if self.graph.failure else None,
            "pictures": [{"scope": None, "edges": self.whole.drawn}, *insides],
        }

    def _inside(self, shown_as, scope, number):
        """The inside of a box, for the page to lay out: the nodes and closed boxes, and the edges between them."""
        merged: dict[Any, list[tuple[int, int]]] = {}
        for node, head in shown_as.items():
            if isinstance(head, Box) and scope not in head.around():
                continue
            for i, parent in enumerate(node.parents):
                tail = shown_as.get(parent)
                if tail is not None and tail is not head:
                    is_single = not isinstance(tail, Box) and not isinstance(head, Box)
                    key = (tail, head, (node, i) if is_single else None)
                    merged.setdefault(key, []).append((self.index[node], i))
        things = dict.fromkeys(shown_as.values())
        return {
            "scope": self.box_index[scope],
            "edges": {f"p{number}e{i}": edges for i, edges in enumerate(merged.values())},
            "nodes": [self.index[thing] for thing in things if not isinstance(thing, Box)],
            "boxes": sorted(self.box_index[thing] for thing in things if isinstance(thing, Box)),
            "number": number,
        }

    def _node_data(self, node, index):
        return {
            "name": self.graph.names[node],
            "kind": self.graph.kind(node),
            "constant": isinstance(node, Constant),
            "rule": node.rule.name if node.rule else None,
            "parents": [index[parent] for parent in node.parents],
            "data": node.data,
            "partials": node.partials,
            "line": self.graph.code(node),
        }

    def _box_data(self, index):
        boxes = self.graph.all_boxes()
        titles = {box: self.whole.title(box) for box in boxes}
        inside: dict[Box, list[int]] = {box: [] for box in boxes}
        for node in self.graph.nodes:
            for box in self.graph.around(node):
                inside[box].append(index[node])
        number = {box: i for i, box in enumerate(boxes)}
        return [
            {
                "title": " › ".join(
                    titles[outer] for outer in reversed(list(box.around())) if outer is box or not outer.repeats
                ),
                "path": box.path,
                "repeats": box.repeats,
                "outer": None if box.outer is None else number[box.outer],
                "inner": [number[inner] for inner in box.inner],
                "nodes": inside[box],
            }
            for box in boxes
        ]


def scenes(graph: Graph, first: int = 0) -> Iterator[Scene]:
    """The pictures that show a graph, written in DOT."""
    for number, (shown_as, scope) in enumerate(parts(graph), first):
        yield Scene(graph, shown_as, scope, number)


def parts(graph: Graph) -> Iterator[tuple[dict[Value, Value | Box], Box | None]]:
    """What is shown in pictures: the whole, and the inside of each box that is closed in another picture.

    In each, no box is closed if that leaves at most OPEN nodes; see `fitting`. Each is what nodes are shown as, and the
    box whose inside it is.
    """
    waiting: list[Box | None] = [None]
    for scope in waiting:
        shown_as = fitting(graph, scope, OPEN)
        inside = [box for box in dict.fromkeys(shown_as.values()) if isinstance(box, Box) and box is not scope]
        waiting.extend(box for box in inside if scope is None or scope in box.around())
        yield shown_as, scope


class Scene(DotWriter):
    """Writes a part of a graph in DOT, with room for any number in each node; the page fills the numbers in.

    drawn  for each edge of the picture, by its id, the edges of the graph that it stands for
    """

    ranksep = "0.35"

    def __init__(self, graph: Graph, shown_as: dict[Value, Value | Box], scope: Box | None, number: int):
        self.number = number
        self.drawn: dict[str, list[tuple[int, int]]] = {}
        self.index = {node: i for i, node in enumerate(graph.nodes)}
        self.boxes = {box: i for i, box in enumerate(graph.all_boxes())}
        super().__init__(graph, shown_as, Look(colours=LIGHT | {"background": "transparent"}), scope)

    def numbered(self, things):
        return {
            thing: f"p{self.number}b{self.boxes[thing]}"
            if isinstance(thing, Box)
            else f"p{self.number}n{self.index[thing]}"
            for thing in things
        }

    def cluster_attributes(self, box):
        return {"id": f"p{self.number}c{self.boxes[box]}"}

    def label_lines(self, node):
        """Operations without a label show the name that the steps call them by."""
        return super().label_lines(node) or ([self.names[node]] if node.rule else [])

    def number_lines(self, node):
        room = f"#{self.index[node]:0>9}"
        return [room] if isinstance(node, Constant) else [f"data {room}", f"grad {room}"]

    def tooltip(self, node, kind):
        return {}

    def fill(self, grad):
        return "#ffffff"

    def edge_attributes(self, edges):
        name = f"p{self.number}e{len(self.drawn)}"
        self.drawn[name] = [(self.index[node], i) for node, i in edges]
        constant = all(isinstance(node.parents[i], Constant) for node, i in edges)
        return {"id": name, "class": "fixed" if constant else "", "label": f" ×{len(edges)}" if len(edges) > 1 else ""}


def _final_numbers(graph):
    """The numbers of each node at the end of the pass, by what precedes them in a picture."""
    steps = [] if graph.failure else contributions(graph)
    gradients = {graph.result: 1.0} if not graph.failure else {}
    gradients |= {step.node.parents[step.position]: step.after for step in steps}
    data = [short(node.data) for node in graph.nodes]
    return {"": data, "data ": data, "grad ": [short(gradients.get(node, 0.0)) for node in graph.nodes]}


def _with_numbers(svg, numbers):
    """The SVG with numbers in the places that Scene has left for them."""
    svg = re.sub("<title>[^<]*</title>\n?", "", svg)
    return re.sub(r">(data |grad |)#(\d{9})<", lambda match: f">{match[1]}{numbers[match[1]][int(match[2])]}<", svg)


def slim(svg: str) -> str:
    """The SVG without what player.css sets, with coordinates to a tenth of a point: less than half the size."""
    svg = re.sub(r'<path[^>]*stroke-opacity="0"[^>]*/>', "", svg)
    svg = re.sub(r' (?:xml:space|font-family|font-size|fill|stroke|stroke-dasharray|stroke-width)="[^"]*"', "", svg)
    svg = re.sub(r' text-anchor="start"| xmlns(?::xlink)?="[^"]*"| id="(?!p\d+[nbce]\d)[^"]*"', "", svg)
    return re.sub(' (?:d|x|y|points)="[^"]*"', lambda match: re.sub(r"(\.\d)\d+", r"\1", match[0]), svg)
