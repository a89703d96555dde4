"""A training run, recorded frame by frame for the player."""

from __future__ import annotations

import copy
from typing import Any

from autograd.engine import Value, no_grad
from autograd.errors import ArgumentError
from autograd.replay.expand import expand_replays
from autograd.view.graph import ancestry

GRID = 25  # the plane is sampled at 25 × 25 points
NODE_LIMIT = 300  # a larger graph of all data is not shown: that of one example is
SHAPE_LIMIT = 6
SHOWN_AS = {"exp_avg": "m", "exp_avg_sq": "v", "momentum_buffer": "momentum"}  # PyTorch's names, and the books'


class TrainingRecorder:
    """Keeps, for each step of an optimiser, the loss, the numbers at the leaves of a graph, and the decision boundary;
    for each parameter its gradient, its update and what the optimiser remembers; and which ReLUs are dead.

    graphs  the graph that is shown, once for each shape that it takes: a cross entropy, for example, is computed
            differently when another class has the highest score
    """

    def __init__(self, model: Any, loss: Any, pairs: list[tuple[Any, Any]], example: int | None, threshold: float):
        self.model, self.loss, self.pairs, self.example, self.threshold = model, loss, pairs, example, threshold
        self.graphs: list[Value] = []
        self.shapes: list[Any] = []
        self.frames: list[dict[str, Any]] = []
        self.places: list[tuple[int, Value]] = []  # the parameters in the latest graph, with their indices
        self.grids: list[str] = []
        self.outputs = 1
        plane = all(hasattr(x, "__len__") and len(x) == 2 for x, _ in pairs)
        self.ranges = [_range([x[axis] for x, _ in pairs]) for axis in (0, 1)] if plane else None

    def record(self) -> Value:
        """Run the model on all data; returns the mean loss, and keeps the numbers of this frame."""
        terms = [expand_replays(self.loss(self.model(x), y)) for x, y in self.pairs]
        total = sum(terms[1:], terms[0]) / len(terms)
        if self.example is None:
            self.example = -1 if len(ancestry(total)) <= NODE_LIMIT else 0
        nodes = ancestry(total if self.example == -1 else terms[self.example])
        graph = self.graph_number(nodes)
        recorded = ancestry(self.graphs[graph])
        leaves = {i: node.data for i, node in enumerate(nodes) if not node.rule and node.data != recorded[i].data}
        dead = dead_relus(terms)
        self.frames.append({"loss": total.data, "graph": graph, "leaves": leaves, "parameters": {}, "layers": {}})
        self.frames[-1]["dead"] = [i for i, node in enumerate(nodes) if node in dead]
        known = set(self.model.parameters())
        self.places = [(i, node) for i, node in enumerate(nodes) if node in known]
        if self.ranges:
            self.grids.append(self.grid())
        return total

    def graph_number(self, nodes):
        """The number of the graph with the same operations on the same operands, which is added if it is new."""
        index = {node: i for i, node in enumerate(nodes)}
        shape = [(node.rule and node.rule.name, [index[parent] for parent in node.parents]) for node in nodes]
        if shape not in self.shapes:
            if len(self.shapes) == SHAPE_LIMIT:
                raise ArgumentError(
                    f"play_training: the loss is computed in more than {SHAPE_LIMIT} different ways. "
                    "Watch one example with example=0, or write the model without branches on numbers."
                )
            self.shapes.append(shape)
            self.graphs.append(copy.deepcopy(nodes[-1]))  # training changes the numbers of the original
        return self.shapes.index(shape)

    def grid(self):
        """The model's output over the plane, row by row, in bytes.

        They are the sign and size of one output; or the class, followed by the bytes of its lead over the others.
        """
        from base64 import b64encode

        (left, right), (bottom, top) = self.ranges
        with no_grad():
            outputs = [
                self.model([left + (right - left) * i / (GRID - 1), top - (top - bottom) * j / (GRID - 1)])
                for j in range(GRID)
                for i in range(GRID)
            ]
        rows = [list(output) if hasattr(output, "__iter__") else [output] for output in outputs]
        if len(rows[0]) == 1:
            scores = [float(_number(score)) - self.threshold for (score,) in rows]
            largest = max(map(abs, scores)) or 1.0
            found = [128 + round(127 * score / largest) for score in scores]
        else:
            ranked = [sorted(((_number(score), k) for k, score in enumerate(row)), reverse=True) for row in rows]
            leads = [first - second for (first, _), (second, _), *_ in ranked]
            largest = max(leads) or 1.0
            found = [row[0][1] for row in ranked] + [round(255 * lead / largest) for lead in leads]
        self.outputs = len(rows[0])
        return b64encode(bytes(found)).decode()

    def record_step(self, optimizer: Any, numbers: list[float]) -> None:
        """Add what one step of the optimiser did to the latest frame. `numbers` are the parameters' before it."""
        parameters, frame = list(self.model.parameters()), self.frames[-1]
        before = dict(zip(parameters, numbers))
        remembered = _remembered(optimizer)
        for i, node in self.places:
            figures = [node.grad, node.data - before[node], *remembered.get(node, ())]
            frame["parameters"][i] = [float(f"{number:.4g}") for number in figures]
        layers: dict[str, list[Value]] = {}
        for parameter in parameters:
            layers.setdefault(layer_of(parameter.label), []).append(parameter)
        for name, inside in layers.items():
            moved = [parameter.data - before[parameter] for parameter in inside]
            frame["layers"][name] = [_size([parameter.grad for parameter in inside]), _size(moved)]

    def result(self, optimizer: Any = None) -> dict[str, Any]:
        """What player.js reads as DATA.training."""
        about = "the mean loss over all data" if self.example == -1 else f"the loss of example {self.example}"
        names = [SHOWN_AS.get(name, name) for name in getattr(optimizer, "remembered", ())]
        known = {"frames": self.frames, "about": about, "columns": ["gradient", "update", *names]}
        if not self.ranges:
            return known | {"plane": None}
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
        return known | {"plane": plane}


def dead_relus(terms: list[Value]) -> set[Value]:
    """The ReLUs that are 0 in every one of some graphs of the same operations, so that they learn nothing."""
    relus = [[node for node in ancestry(term) if node.rule and node.rule.name == "relu"] for term in terms]
    if len({len(found) for found in relus}) != 1:
        return set()
    return {node for alike in zip(*relus) if all(node.data == 0.0 for node in alike) for node in alike}


def layer_of(label: str | None) -> str:
    """The layer that a parameter's label names: "layer0" for "layer0.neuron2.w1"; without a path, "parameters"."""
    path, in_neuron, _ = (label or "").partition(".neuron")
    return path if in_neuron else path.rpartition(".")[0] or "parameters"


def _remembered(optimizer):
    """What an optimiser like nn's remembers of each parameter."""
    names = getattr(optimizer, "remembered", ())
    columns = zip(*(map(float, column) for column in optimizer.state)) if names else ()
    return dict(zip(optimizer.params, columns)) if names else {}


def _size(numbers):
    """The root mean square."""
    return float(f"{(sum(number * number for number in numbers) / len(numbers)) ** 0.5:.4g}")


def _range(numbers):
    """The interval of `numbers`, with a margin."""
    low, high = min(map(_number, numbers)), max(map(_number, numbers))
    margin = 0.15 * (high - low) or 1.0
    return [low - margin, high + margin]


def _number(value):
    return value.data if isinstance(value, Value) else value
