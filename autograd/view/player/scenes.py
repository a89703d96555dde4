"""The pictures of a graph in a page of the player, and the graph as data for its script."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.engine import Constant, Value
from autograd.view.draw import Dot, layout, tidied
from autograd.view.graph import Box, Graph, short

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = 150  # so many nodes at most are shown with every box open


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


class Shown:
    """A graph as a page shows it. Its pictures are numbered from `first` on, over all graphs of the page."""

    def __init__(self, graph: Graph, first: int = 0):
        self.graph = graph
        self.scenes = list(scenes(graph, first))

    @cached_property
    def svgs(self) -> list[str]:
        """The pictures with the numbers at the end of the pass, as they are seen where no script runs."""
        numbers = _final_numbers(self.graph)
        return [_with_numbers(tidied(svg), numbers) for svg in layout(*(scene.source for scene in self.scenes))]

    def data(self) -> dict[str, Any]:
        """The graph as player.js reads it: nodes in topological order, boxes, and what each picture shows."""
        graph, index = self.graph, {node: i for i, node in enumerate(self.graph.nodes)}
        nodes = [
            {
                "name": graph.names[node],
                "kind": graph.kind(node),
                "constant": isinstance(node, Constant),
                "rule": node.rule.name if node.rule else None,
                "parents": [index[parent] for parent in node.parents],
                "data": node.data,
                "partials": node.partials,
                "line": graph.code(node),
            }
            for node in graph.nodes
        ]
        number = {box: i for i, box in enumerate(graph.all_boxes())}
        titles = {box: self.scenes[0].title(box) for box in number}
        inside: dict[Box, list[int]] = {box: [] for box in number}
        for node in graph.nodes:
            for box in graph.around(node):
                inside[box].append(index[node])
        boxes = [
            {"title": " › ".join(titles[outer] for outer in reversed(list(box.around()))), "nodes": inside[box]}
            for box in number
        ]
        pictures = [
            {"scope": None if scene.scope is None else number[scene.scope], "edges": scene.drawn}
            for scene in self.scenes
        ]
        return {"nodes": nodes, "boxes": boxes, "pictures": pictures}


def scenes(graph: Graph, first: int = 0) -> Iterator[Scene]:
    """The pictures that show a graph: the whole, and the inside of each box that is closed in another picture.

    In each, boxes are closed as far as it takes for at most OPEN nodes to remain: none, neurons, or those next inside.
    """
    waiting: list[Box | None] = [None]
    for number, scope in enumerate(waiting, first):
        inner = scope.inner if scope else graph.boxes
        innermost = [
            box
            for box in graph.all_boxes()
            if not box.inner and box is not scope and (scope is None or scope in box.around())
        ]
        for closed in ([], innermost, inner):
            stands = graph.standing(closed, scope)
            if len(set(stands.values())) <= OPEN:
                break
        waiting.extend(box for box in dict.fromkeys(stands.values()) if isinstance(box, Box))
        yield Scene(graph, stands, scope, number)


class Scene(Dot):
    """Writes a part of a graph down in DOT, with room for any number in each node; the page fills the numbers in.

    scope  the box that is shown, or None for the whole
    drawn  for each edge of the picture, by its id, the edges of the graph that it stands for
    """

    background, ranksep = "transparent", "0.35"

    def __init__(self, graph, stands, scope, number):
        self.scope, self.number = scope, number
        self.drawn: dict[str, list[tuple[int, int]]] = {}
        self.index = {node: i for i, node in enumerate(graph.nodes)}
        self.boxes = {box: i for i, box in enumerate(graph.all_boxes())}
        super().__init__(graph, stands, "LR")

    def numbered(self, things):
        return {
            thing: f"p{self.number}b{self.boxes[thing]}"
            if isinstance(thing, Box)
            else f"p{self.number}n{self.index[thing]}"
            for thing in things
        }

    def opened(self, nodes):
        """Operands from outside are drawn without the boxes that they come from."""
        return super().opened([node for node in nodes if self.scope is None or self.scope in self.graph.around(node)])

    def marked(self, box):
        return {"id": f"p{self.number}c{self.boxes[box]}"}

    def named(self, node):
        """Operations without a label show the name that the story calls them by."""
        return super().named(node) or ([self.names[node]] if node.rule else [])

    def numbers(self, node):
        room = f"#{self.index[node]:0>9}"
        return [room] if isinstance(node, Constant) else [f"data {room}", f"grad {room}"]

    def hover(self, node, kind):
        return {}

    def fill(self, grad):
        return "white"

    def look(self, edges):
        name = f"p{self.number}e{len(self.drawn)}"
        self.drawn[name] = [(self.index[node], i) for node, i in edges]
        constant = all(isinstance(node.parents[i], Constant) for node, i in edges)
        return {"id": name, "class": "fixed" if constant else "", "label": f" ×{len(edges)}" if len(edges) > 1 else ""}


def _final_numbers(graph):
    """The numbers of each node at the end of the pass, by what stands before them in a picture."""
    gradients = {graph.result: 1.0} | {step.node.parents[step.position]: step.after for step in contributions(graph)}
    data = [short(node.data) for node in graph.nodes]
    return {"": data, "data ": data, "grad ": [short(gradients.get(node, 0.0)) for node in graph.nodes]}


def _with_numbers(svg, numbers):
    """The SVG with numbers in the places that Scene has left for them."""
    svg = re.sub("<title>[^<]*</title>\n?", "", svg)
    return re.sub(r">(data |grad |)#(\d{9})<", lambda match: f">{match[1]}{numbers[match[1]][int(match[2])]}<", svg)


def slim(svg):
    """The SVG without what player.css says, with coordinates to a tenth of a point: less than half the size."""
    svg = re.sub(r'<path[^>]*stroke-opacity="0"[^>]*/>', "", svg)
    svg = re.sub(r' (?:xml:space|font-family|font-size|fill|stroke|stroke-dasharray|stroke-width)="[^"]*"', "", svg)
    svg = re.sub(r' text-anchor="start"| xmlns(?::xlink)?="[^"]*"| id="(?!p\d+[nbce]\d)[^"]*"', "", svg)
    return re.sub(' (?:d|x|y|points)="[^"]*"', lambda match: re.sub(r"(\.\d)\d+", r"\1", match[0]), svg)
