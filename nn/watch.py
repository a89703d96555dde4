"""`Watch`: what happens inside a model while it is trained, layer by layer."""

from typing import Any

from autograd import Value, read_data, read_grad
from nn.evaluation import mode
from nn.module import Module

EXAMPLES = 64  # on so many it is tried, after each epoch, which ReLUs are dead


class Watch:
    """A callback of `fit` that adds columns to the history: for each layer the root mean square of its gradients and of
    its updates, averaged over the steps of the epoch, and the share of its ReLUs that are dead: 0 for every one of the
    first 64 examples.

    The columns are called "gradient/layer0", "update/layer0" and "dead/layer0". `fit(..., watch=True)` adds a Watch.

    >>> from nn import MLP, fit, mse_loss
    >>> model = MLP(1, [4, 1], seed=0)
    >>> history = fit(model, mse_loss, ([[-1.0], [1.0]], [0.0, 1.0]), epochs=3, seed=0, watch=True, progress=False)
    >>> [name for name in history.columns() if "/" in name]
    ['gradient/layer0', 'update/layer0', 'gradient/layer1', 'update/layer1', 'dead/layer0']
    """

    def __init__(self, model: Module):
        self.layers = layers(model)
        self.before = self.numbers()
        self.sums: dict[str, float] = {}
        self.steps = 0

    def numbers(self) -> dict[str, list[float]]:
        """The parameters' numbers, layer by layer."""
        return {name: list(map(float, read_data(parameters))) for name, parameters in self.layers.items()}

    def on_step(self, run: Any) -> None:
        """Note the sizes of the gradients and of what the optimiser has just done."""
        after = self.numbers()
        for name, parameters in self.layers.items():
            moved = [new - old for new, old in zip(after[name], self.before[name])]
            for column, numbers in (("gradient", read_grad(parameters)), ("update", moved)):
                key = f"{column}/{name}"
                self.sums[key] = self.sums.get(key, 0.0) + _size(list(map(float, numbers)))
        self.before, self.steps = after, self.steps + 1

    def __call__(self, run: Any) -> None:
        """Add the figures of the epoch to the history."""
        row = {name: total / self.steps for name, total in self.sums.items()} if self.steps else {}
        shares = dead_shares(run.model, run.data.inputs[:EXAMPLES])
        run.history.rows[-1] |= row | {f"dead/{name}": share for name, share in shares.items()}
        self.sums, self.steps = {}, 0


def layers(model: Module) -> dict[str, list[Value]]:
    """The parameters of each module that holds some, by its name; neurons count as part of their layer."""
    found: dict[str, list[Value]] = {}
    for name, _, parameters in model.named_tensors():
        found.setdefault(layer_of(parameters[0].label or name) or name, []).extend(parameters)
    return found


def layer_of(path: str) -> str:
    """The layer that a path names: "layer0" for "layer0.neuron2.w1", "block0.up" for "block0.up.w3"."""
    layer, in_neuron, _ = path.partition(".neuron")
    return layer if in_neuron else layer.rpartition(".")[0]


def dead_shares(model: Module, inputs: Any) -> dict[str, float]:
    """For each layer with ReLUs the share of them that are 0 for every one of some inputs.

    Those that are labelled as neurons are counted by layer, others together as "relu". Where examples do not have the
    same ReLUs, nothing is returned.
    """
    with mode(model, training=False):
        found = [_relus(model(list(x) if hasattr(x, "tolist") else x)) for x in inputs]
    if len({len(relus) for relus in found}) != 1:
        return {}
    dead: dict[str, list[bool]] = {}
    for alike in zip(*found):
        label = alike[0].label or ""
        layer = layer_of(label + ".") if ".neuron" in label else "relu"
        dead.setdefault(layer, []).append(all(node.data == 0.0 for node in alike))
    return {layer: sum(found) / len(found) for layer, found in dead.items()}


def _relus(output: Any) -> list[Value]:
    """The ReLUs that an output, a Value or lists of them, is computed from, in one order for the same graph."""
    waiting, seen, relus = [output], set(), []
    while waiting:
        node = waiting.pop()
        if isinstance(node, (list, tuple)):
            waiting.extend(node)
        elif isinstance(node, Value) and node not in seen:
            seen.add(node)
            waiting.extend(node.parents)
            if node.rule is not None and node.rule.name == "relu":
                relus.append(node)
    return relus[::-1]


def _size(numbers: list[float]) -> float:
    """The root mean square."""
    return (sum(number * number for number in numbers) / len(numbers)) ** 0.5
