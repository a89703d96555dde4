"""A picture laid out by Graphviz, taken apart: shapes and texts with their places."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from dataclasses import dataclass

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Part:
    """One shape or text of a picture, in points from its upper left corner.

    kind    "polygon", "polyline", "path" (cubic Bézier curves) or "text"
    owner   the id of the node, edge or box that it belongs to
    points  its corners, or a curve's points: the start, then three for each cubic; for a text its place
    depth   how many boxes are around it, for a box itself counted with it
    text    what is written; without the number, if there is room for one
    anchor  "start" or "middle"
    number  whether there is room for a number
    """

    kind: str
    owner: str
    points: list[tuple[float, float]]
    depth: int = 0
    text: str = ""
    anchor: str = "start"
    number: bool = False

    def outline(self, pieces: int = 8) -> list[tuple[float, float]]:
        """The points as a line of straight pieces, so many for each curve."""
        if self.kind != "path":
            return self.points
        line = [self.points[0]]
        for i in range(0, len(self.points) - 1, 3):
            ends = self.points[i : i + 4]
            line += [_on_curve(ends, piece / pieces) for piece in range(1, pieces + 1)]
        return line


def _on_curve(ends, t):
    weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    return tuple(sum(weight * end[axis] for weight, end in zip(weights, ends)) for axis in (0, 1))


def parts_of(svg: str) -> tuple[float, float, list[Part]]:
    """The width and height of a picture in points, and its parts: boxes, edges, nodes, in the order of drawing."""
    root = xml.fromstring(svg)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    graph = root.find(f"{SVG}g")
    assert graph is not None
    left, top = map(float, re.findall(r"translate\((\S+) (\S+)\)", graph.get("transform", ""))[0])
    groups = [group for group in graph.iter(f"{SVG}g") if {"cluster", "edge", "node"} & set(_classes(group))]
    boxes = [group for group in groups if "cluster" in _classes(group)]
    parts = []
    for kind in ("cluster", "edge", "node"):
        for group in groups:
            if kind in _classes(group):
                parts += _parts_of_group(group, left, top)
    frames = [part for part in parts if part.owner in {box.get("id") for box in boxes} and part.kind != "text"]
    for part in frames:
        part.depth = sum(_contains(other, part) for other in frames)
    return width, height, parts


def _classes(group):
    return group.get("class", "").split()


def _contains(outer, inner):
    """Whether one part lies within another; each lies within itself."""
    (left, top, right, bottom), (x0, y0, x1, y1) = _extent(outer), _extent(inner)
    return left <= x0 and top <= y0 and x1 <= right and y1 <= bottom


def _extent(part):
    xs, ys = zip(*part.points)
    return min(xs), min(ys), max(xs), max(ys)


def _parts_of_group(group, left, top):
    owner = group.get("id", "")
    for shape in group.iter():
        kind = shape.tag.removeprefix(SVG)
        if kind in ("polygon", "polyline", "path") and shape.get("stroke-opacity") != "0":
            numbers = [
                float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", shape.get("points") or shape.get("d") or "")
            ]
            yield Part(kind, owner, [(x + left, y + top) for x, y in zip(numbers[::2], numbers[1::2])])
        elif kind == "text":
            place = float(shape.get("x", 0)) + left, float(shape.get("y", 0)) + top
            found = re.fullmatch(r"(data |grad |)#\d{9}", shape.text or "")
            text = found[1] if found else shape.text or ""
            yield Part("text", owner, [place], text=text, anchor=shape.get("text-anchor", "start"), number=bool(found))
