"""`Player.save("backprop.svg")` and `.gif`: a pass as a film, the graph with one line of text beneath.

A film is a list of frames over one layout. What a part of the picture looks like in a frame is decided here;
film_svg.py and film_gif.py write it down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from autograd.arguments import expect_integer
from autograd.engine import Constant, as_float
from autograd.errors import ArgumentError, GraphTooLargeError
from autograd.view.graph import bracketed, derivative, short
from autograd.view.layout import svgs
from autograd.view.look import look, strength
from autograd.view.parts import Part, parts_of
from autograd.view.player.scenes import scenes
from autograd.view.steps import NODE_LIMIT, Contribution, contributions
from autograd.view.text import operation_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.engine import Value
    from autograd.view.graph import Graph

NOW, NOW_DARK = "#d81b60", "#ff6f9c"  # what the current step is about
MARGIN, LINE = 8, 34  # points around the picture, and for the line of text
NARROWEST = 560  # points, so that a line of text has room
WIDEST = 1280  # pixels, unless a scale is asked for


@dataclass
class Frame:
    """What is known in one frame of a film, and what it is about.

    caption  the line of text
    data     the nodes whose number is known
    grads    the gradients so far
    flowed   by edge (node, position): what has flowed back along it
    now      the nodes and edges that the step is about
    """

    caption: str = ""
    data: frozenset[Value] = frozenset()
    grads: dict[Value, float] = field(default_factory=dict)
    flowed: dict[tuple[Value, int], float] = field(default_factory=dict)
    now: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Style:
    """How a part is drawn in one frame; `text` is that of a part which is text."""

    fill: str
    stroke: str
    width: float = 1.0
    dashed: bool = False
    text: str = ""


class Film:
    """A pass of a graph as frames.

    parts   the parts of the picture, those behind others first
    frames  what is shown one after another
    rate    frames a second
    size    the width and height in points, and how many pixels there are to a point
    """

    def __init__(self, graph: Graph, *, rate: Any = 1.0, steps: Any = None, scale: Any = None, theme: Any = "light"):
        self.rate, self.scale = as_float(rate), 1.0 if scale is None else as_float(scale)
        if not (0 < self.rate <= 50 and 0 < self.scale <= 10):
            raise ArgumentError(
                "a film has up to 50 frames a second, and up to 10 pixels to a point: expected positive numbers, got "
                f"rate={rate!r} and scale={scale!r}."
            )
        if len(graph.nodes) > NODE_LIMIT:
            raise GraphTooLargeError(
                f"the graph has {len(graph.nodes):,} nodes; a film shows at most {NODE_LIMIT:,}. Save the page as "
                ".html, or film a smaller model."
            )
        self.graph, self.look = graph, look("save", theme=theme)
        scene = next(scenes(graph))
        self.drawn = scene.drawn
        (svg,) = svgs(scene.source)
        self.width, self.height, self.parts = parts_of(svg)
        self.index = {f"p0n{i}": node for i, node in enumerate(graph.nodes)}
        self.shown = {self.index[part.owner] for part in self.parts if part.owner in self.index}
        self.left = max(0.0, (NARROWEST - self.width) / 2) + MARGIN
        self.size = max(self.width, NARROWEST) + 2 * MARGIN, self.height + LINE + 2 * MARGIN
        if scale is None:
            self.scale = min(1.0, WIDEST / self.size[0])
        self.frames = self._chosen(list(self._all_frames()), steps)
        self._largest()

    def _chosen(self, frames, steps):
        """The frames of the steps that are wanted, numbered from 1; the last step is shown for a while."""
        if steps is not None:
            if not isinstance(steps, (tuple, list)) or len(steps) != 2:
                raise ArgumentError(
                    f"save: steps: expected the first and the last step, such as (1, 12), got {steps!r:.60}."
                )
            first, last = (expect_integer("save: steps", step) for step in steps)
            if not first <= last <= len(frames):
                raise ArgumentError(f"save: steps: the pass has steps 1 to {len(frames)}, got {steps!r:.60}.")
            frames = frames[first - 1 : last]
        return [*frames, *[replace(frames[-1], now=())] * 2]

    def _largest(self):
        final = self.frames[-1]
        self.largest_grad = max(map(abs, final.grads.values()), default=0.0)
        self.largest_flow = max(map(abs, final.flowed.values()), default=0.0)

    def _all_frames(self) -> Iterator[Frame]:
        """A frame for each step of which the picture shows something."""
        graph, names = self.graph, self.graph.names
        frame = Frame(data=frozenset(node for node in graph.nodes if node.rule is None))
        for node in graph.nodes:
            if node.rule is not None:
                frame = replace(frame, data=frame.data | {node}, now=(node,), caption=operation_in_words(node, names))
                if node in self.shown:
                    yield frame
        frame = replace(frame, grads={graph.result: 1.0}, now=(graph.result,))
        yield replace(frame, caption=f"backward: {names[graph.result]} is the result, so its gradient is 1")
        edges = {edge for drawn in self.drawn.values() for edge in drawn}
        index = {node: i for i, node in enumerate(graph.nodes)}
        for step in contributions(graph):
            parent = step.node.parents[step.position]
            edge = step.node, step.position
            frame = replace(
                frame,
                grads=frame.grads | {parent: step.after},
                flowed=frame.flowed | {edge: step.adjoint * step.partial},
                now=(edge, parent),
                caption=_contribution(step, names),
            )
            if (index[step.node], step.position) in edges:
                yield frame

    def style(self, part: Part, frame: Frame) -> Style:
        """How a part is drawn in a frame."""
        colours = self.look.colours
        if part.owner in self.index:
            return self._node(part, self.index[part.owner], frame, colours)
        if part.owner in self.drawn:
            return self._edge(part, frame, colours)
        if part.kind == "text":
            return Style(colours["text"], "none", text=part.text)
        return Style(colours["inner_box" if part.depth > 1 else "box"], colours["frame"])

    def _node(self, part, node, frame, colours):
        is_constant = isinstance(node, Constant)
        if part.kind == "text":
            colour = colours["constant_text" if is_constant else "text"]
            return Style(colour, "none", text=self._number(part, node, frame))
        grad = frame.grads.get(node, 0.0)
        fill = self.look.tint(grad, self.largest_grad, "node", "") if not is_constant else colours["node"]
        is_now = node in frame.now
        stroke = self._now if is_now else colours["constant" if is_constant else "outline"]
        width = 3.0 if is_now or node is self.graph.result else 1.0
        return Style("none" if part.kind == "polyline" else fill, stroke, width, dashed=is_constant)

    def _number(self, part, node, frame):
        """The text of a part, with the number for which it has room."""
        if not part.number:
            return part.text
        if part.text == "grad ":
            return f"grad {short(frame.grads[node])}" if node in frame.grads else ""
        return part.text + short(node.data) if node in frame.data else ""

    def _edge(self, part, frame, colours):
        nodes = self.graph.nodes
        edges = [(nodes[i], position) for i, position in self.drawn[part.owner]]
        flows = [frame.flowed[edge] for edge in edges if edge in frame.flowed]
        if part.kind == "text":
            return Style(colours["text"], "none", text=part.text)
        if any(edge in frame.now for edge in edges):
            stroke, width = self._now, 3.0
        elif len(flows) == 1 and len(edges) == 1:
            stroke = self.look.tint(flows[0], self.largest_flow, "edge", "_edge")
            width = 1 + 2 * strength(flows[0], self.largest_flow)
        else:
            fixed = all(isinstance(node.parents[position], Constant) for node, position in edges)
            stroke, width = colours["no_gradient" if fixed else "edge"], 1.0
        dashed = len(flows) == 1 and flows[0] < 0
        return Style(stroke, stroke, 1.0) if part.kind == "polygon" else Style("none", stroke, width, dashed)

    @property
    def _now(self):
        return NOW if sum(self.look._rgb("background")) > 3 * 128 else NOW_DARK


def _contribution(step: Contribution, names):
    """A step backward in one line: "∂v1/∂w = x = 2, so w gets 12 × 2 = 24"."""
    operand, added = names[step.node.parents[step.position]], step.adjoint * step.partial
    product = f"{short(step.adjoint)} × {bracketed(short(step.partial))} = {short(added)}"
    total = f"; together {short(step.after)}" if step.before else ""
    return f"{derivative(step.node, step.position, names)}, so {operand} gets {product}{total}"


def film(graph: Graph, suffix: str, **options: Any) -> bytes:
    """The pass of a graph as ".svg" or ".gif"; the options are those of Film.

    Raises ArgumentError for a wrong option, MissingPackageError (an ImportError) for a GIF without Pillow.
    """
    made = Film(graph, **options)
    if suffix == ".svg":
        from autograd.view.film_svg import film_as_svg

        return film_as_svg(made).encode()
    from autograd.view.film_gif import film_as_gif

    return film_as_gif(made)
