"""What happens in a training, recorded frame by frame for the player."""

from __future__ import annotations

import copy
from typing import Any

from autograd.engine import Value, no_grad
from autograd.errors import ArgumentError
from autograd.view.graph import ancestry, ordinary

GRID = 24  # the plane is sampled at 24 × 24 points
MOST_NODES = 300  # so large may the graph of all data be; beyond, one example is shown
MOST_SHAPES = 6


class Recorder:
    """Keeps, for each step of an optimiser, the loss, the numbers at the leaves of a graph, and the decision boundary.

    graphs  the graph that is watched, once for each shape that it takes: a cross entropy, say, is computed in another
            way when another class has the highest score
    """

    def __init__(self, model: Any, loss: Any, pairs: list[tuple[Any, Any]], example: int | None, threshold: float):
        self.model, self.loss, self.pairs, self.example, self.threshold = model, loss, pairs, example, threshold
        self.graphs: list[Value] = []
        self.shapes: list[Any] = []
        self.frames: list[dict[str, Any]] = []
        self.grids: list[str] = []
        self.outputs = 1
        plane = all(hasattr(x, "__len__") and len(x) == 2 for x, _ in pairs)
        self.ranges = [_range([x[axis] for x, _ in pairs]) for axis in (0, 1)] if plane else None

    def record(self) -> Value:
        """Run the model on all data; returns the mean loss, and keeps the numbers of this frame."""
        terms = [ordinary(self.loss(self.model(x), y)) for x, y in self.pairs]
        total = sum(terms[1:], terms[0]) / len(terms)
        if self.example is None:
            self.example = -1 if len(ancestry(total)) <= MOST_NODES else 0
        nodes = ancestry(total if self.example == -1 else terms[self.example])
        graph = self.shape_of(nodes)
        recorded = ancestry(self.graphs[graph])
        leaves = {i: node.data for i, node in enumerate(nodes) if not node.rule and node.data != recorded[i].data}
        self.frames.append({"loss": total.data, "graph": graph, "leaves": leaves})
        if self.ranges:
            self.grids.append(self.grid())
        return total

    def shape_of(self, nodes):
        """The number of the graph of this shape: the operations and what they are done to."""
        index = {node: i for i, node in enumerate(nodes)}
        shape = [(node.rule and node.rule.name, [index[parent] for parent in node.parents]) for node in nodes]
        if shape not in self.shapes:
            if len(self.shapes) == MOST_SHAPES:
                raise ArgumentError(
                    f"play_training: the loss is computed in more than {MOST_SHAPES} different ways. "
                    "Watch one example with example=0, or write the model without branches on numbers."
                )
            self.shapes.append(shape)
            self.graphs.append(copy.deepcopy(nodes[-1]))  # training goes on to change the numbers of this one
        return self.shapes.index(shape)

    def grid(self):
        """What the model says over the plane, by rows, in bytes: for one output its sign and size, else the class."""
        from base64 import b64encode

        (left, right), (bottom, top) = self.ranges
        with no_grad():
            outputs = [
                self.model([left + (right - left) * (i + 0.5) / GRID, top - (top - bottom) * (j + 0.5) / GRID])
                for j in range(GRID)
                for i in range(GRID)
            ]
        rows = [list(output) if hasattr(output, "__iter__") else [output] for output in outputs]
        if len(rows[0]) == 1:
            scores = [float(_number(score)) - self.threshold for (score,) in rows]
            largest = max(map(abs, scores)) or 1.0
            found = [128 + round(127 * score / largest) for score in scores]
        else:
            found = [max(range(len(row)), key=lambda k, row=row: _number(row[k])) for row in rows]
        self.outputs = len(rows[0])
        return b64encode(bytes(found)).decode()

    def result(self) -> dict[str, Any]:
        """What player.js reads as DATA.training."""
        about = "the mean loss over all data" if self.example == -1 else f"the loss of example {self.example}"
        if not self.ranges:
            return {"frames": self.frames, "about": about, "plane": None}
        targets = sorted({_number(y) for _, y in self.pairs})
        points = [[_number(x[0]), _number(x[1]), targets.index(_number(y))] for x, y in self.pairs]
        plane = {
            "ranges": self.ranges,
            "points": points,
            "grids": self.grids,
            "grid": GRID,
            "outputs": self.outputs,
            "classes": [f"{target:g}" for target in targets],
        }
        return {"frames": self.frames, "about": about, "plane": plane}


def _range(numbers):
    """From the least to the largest of `numbers`, and some room."""
    low, high = min(map(_number, numbers)), max(map(_number, numbers))
    room = 0.15 * (high - low) or 1.0
    return [low - room, high + room]


def _number(value):
    return value.data if isinstance(value, Value) else value
