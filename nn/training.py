"""Training: `fit` goes through the data again and again, an optimiser moves the parameters, `History` remembers."""

import time
from collections.abc import Callable

from autograd import mean, no_grad
from autograd.errors import ArgumentError, ResultOverflowError
from nn import losses, metrics
from nn.data import Dataset, as_dataset, batches
from nn.errors import DivergedError
from nn.modules import Module
from nn.optim import SGD, Optimizer


class History:
    """What happened, epoch by epoch: one row of numbers each.

    >>> history = History()
    >>> history.append(epoch=1, loss=0.5)
    >>> history.append(epoch=2, loss=0.25)
    >>> history["loss"], history[-1]
    ([0.5, 0.25], {'epoch': 2, 'loss': 0.25})
    """

    def __init__(self):
        self.rows: list[dict[str, float]] = []

    def append(self, **row: float) -> None:
        """Add the numbers of one epoch."""
        self.rows.append(row)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, key):
        """A column by name, or a row by number."""
        if not isinstance(key, str):
            return self.rows[key]
        if key not in self.columns():
            raise KeyError(f"the history has no column {key!r}; it has {', '.join(self.columns()) or 'no rows yet'}.")
        return [row.get(key) for row in self.rows]

    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def plot(self):
        """The curves of loss and metric over the epochs, a matplotlib Figure."""
        from nn.plots import plot_history
        return plot_history(self)

    def __repr__(self):
        last = ", ".join(f"{name} {number:.4g}" for name, number in self.rows[-1].items()) if self.rows else "empty"
        return f"<History: {last}>"


def evaluate(model: Callable, loss: Callable, data, metric: "Callable | None" = None) -> dict[str, float]:
    """The mean loss of the model over the data, and the metric if there is one, without a graph.

    >>> evaluate(lambda x: x[0], losses.mse_loss, ([[1.0], [2.0]], [1.0, 4.0]))
    {'loss': 2.0}
    """
    data = as_dataset(data)
    with no_grad(), _mode(model, training=False):
        value, outputs = Batch(model, loss).run(data)
    return _measured(metrics.number(value), metric, outputs, data.targets)


class Batch:
    """Runs model and loss over the examples of a batch: the mean loss, a Value, and the outputs as plain numbers."""

    def __init__(self, model: Callable, loss: Callable):
        self.model, self.loss = model, loss

    def example(self, x, y):
        """The loss and the output of one example."""
        output = self.model(x)
        return self.loss(output, y), output

    def run(self, data: Dataset):
        pairs = [self.example(x, y) for x, y in data]
        return mean([loss for loss, _ in pairs]), [metrics.plain_output(output) for _, output in pairs]


def fit(model: Module, loss: Callable, data, *, epochs: int = 100, batch_size: "int | None" = 32,
        optimizer: "Optimizer | None" = None, seed: "int | None" = None, metric: "str | Callable | None" = "auto",
        validation=None, progress: bool = True) -> History:
    """Train the model: each epoch goes through the data in shuffled batches, a step down the gradient of the loss each.

    loss        a function (output, target) -> Value of one example, such as nn.cross_entropy
    data        a Dataset, a pair (inputs, targets), or a list of pairs
    epochs      how often to go through the data
    batch_size  examples a step; None for all (full batch), 1 for single examples
    optimizer   by default SGD with a learning rate of 0.1
    seed        fixes the order of the examples; without it the order comes from Python's `random`
    metric      a function (outputs, targets) -> float to watch; "auto" is accuracy for the losses of classification
    validation  data to measure the loss and the metric on after every epoch
    progress    whether to show a progress bar

    Returns the History, with the columns epoch, loss, the metric's name, and val_loss and so on.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, mse_loss, ([[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0]), seed=0, progress=False)
    >>> [round(p.data, 3) for p in model.parameters()]
    [2.0, 1.0]

    Raises DivergedError when the numbers grow beyond a float64; the parameters are then those before that step.
    """
    data = as_dataset(data)
    validation = None if validation is None else as_dataset(validation)
    if not len(data):
        raise ArgumentError("fit: there are no examples in the data.")
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    metric = _chosen_metric(metric, loss)
    batch, history = Batch(model, loss), History()
    bar = _bar(epochs, progress)
    started = time.perf_counter()
    with _mode(model, training=True):
        for epoch in range(epochs):
            total, outputs, targets = 0.0, [], []
            for examples in batches(data, batch_size, seed, epoch):
                value, found = _step(batch, optimizer, examples, epoch)
                total += value * len(examples)
                outputs += found
                targets += examples.targets
            row = _measured(total / len(data), metric, outputs, targets)
            if validation is not None:
                row |= {f"val_{name}": x for name, x in evaluate(model, loss, validation, metric).items()}
            history.append(epoch=epoch + 1, **row, seconds=time.perf_counter() - started)
            bar.set_postfix_str(_shown(row), refresh=False)
            bar.update()
    bar.close()
    return history


def _step(batch: Batch, optimizer: Optimizer, examples: Dataset, epoch: int):
    """One step of the optimiser on one batch; returns the loss, a float, and the outputs."""
    try:
        value, outputs = batch.run(examples)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    except (ResultOverflowError, DivergedError) as error:
        raise DivergedError(f"training diverged in epoch {epoch + 1}, step {optimizer.steps + 1}: {error}") from error
    return value.data, outputs


def _measured(loss: float, metric: "Callable | None", outputs, targets) -> dict[str, float]:
    return {"loss": loss} if metric is None else {"loss": loss, metric.__name__: metric(outputs, targets)}


def _chosen_metric(metric: "str | Callable | None", loss: Callable) -> "Callable | None":
    """For "auto" accuracy with the losses of classification, also where functools.partial has bound arguments."""
    if metric is None or callable(metric):
        return metric
    if metric != "auto":
        raise ArgumentError('fit: metric must be a function (outputs, targets) -> float, None or "auto", '
                            f"got {metric!r}.")
    loss = getattr(loss, "func", loss)
    classifying = (losses.cross_entropy, losses.nll_loss, losses.hinge_loss, losses.binary_cross_entropy_with_logits)
    return metrics.accuracy if loss in classifying else None


def _shown(row: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {100 * x:.1f} %" if name.endswith("accuracy") else
                     f"{name.replace('_', ' ')} {x:.4f}" for name, x in row.items())


class _mode:
    """Inside, the model is in training mode or not; afterwards as it was."""

    def __init__(self, model, training: bool):
        self.modules = list(model.modules()) if isinstance(model, Module) else []
        self.training = training

    def __enter__(self):
        self.before = [module.training for module in self.modules]
        for module in self.modules:
            module.training = self.training

    def __exit__(self, *error):
        for module, before in zip(self.modules, self.before):
            module.training = before


class _NoBar:
    """Stands in for the progress bar where none is wanted, or tqdm is not installed."""

    def update(self):
        pass

    def close(self):
        pass

    def set_postfix_str(self, text, refresh):
        pass


def _bar(epochs: int, progress: bool):
    if progress:
        try:
            from tqdm import tqdm
        except ImportError:
            return _NoBar()
        return tqdm(total=epochs, unit="epoch", dynamic_ncols=True)
    return _NoBar()
