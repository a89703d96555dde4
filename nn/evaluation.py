"""`predict`, the outputs of a model for many inputs, and `evaluate`, how good they are."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from autograd.arguments import expect_callable
from autograd.errors import ArgumentError
from nn import metrics
from nn.batchloss import BatchLoss
from nn.dataset import Dataset, as_dataset, rows_in
from nn.module import Module

ORDER = "The order is model, loss, data; the loss is a function (output, target) -> Value, such as nn.mse_loss."


def predict(model: Callable[..., Any], inputs: Any) -> list[Any]:
    """The outputs of the model for many inputs, as plain numbers; Dropout is off during the call.

    inputs  a list of inputs, an array, or a DataFrame

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], seed=0)
    >>> predict(model, [[1.0, 2.0], [0.0, 0.0]]) == [model([1.0, 2.0]).data, model([0.0, 0.0]).data]
    True
    """
    expect_callable("predict: model", model)
    inputs = rows_in("predict: inputs", inputs)
    batch, data = BatchLoss(model, lambda output, target: 0.0), Dataset(inputs, [0.0] * len(inputs)).with_arrays()
    with mode(model, training=False):
        return batch.all(data)[1]


def evaluate(
    model: Callable, loss: Callable, data, metric: "Callable | None" = None, *, recorded: bool = True
) -> dict[str, float]:
    """The mean loss of the model over the data, and the metric if there is one; Dropout is off during the call.

    >>> from nn import mse_loss
    >>> evaluate(lambda x: x[0], mse_loss, ([[1.0], [2.0]], [1.0, 4.0]))
    {'loss': 2.0}

    Raises ArgumentError if there are no examples.
    """
    expect_callable("evaluate: model", model)
    expect_callable("evaluate: loss", loss, ORDER)
    if metric is not None:
        expect_callable("evaluate: metric", metric, "Write one such as nn.accuracy.")
    data = _with_known_classes(data).with_arrays()
    if not len(data):
        raise ArgumentError("evaluate: there are no examples in the data.")
    return evaluated(BatchLoss(model, loss, recorded, outputs_for(metric)), data, metric)


def _with_known_classes(given) -> Dataset:
    """The data as a Dataset; names of classes must have got their numbers where the model learnt them."""
    data = as_dataset(given)
    if data.classes and data is not given:
        raise ArgumentError(
            "evaluate: the targets are names of classes, whose numbers could be others than in training. Pass "
            "nn.data.Dataset(inputs, targets, classes=train.classes), where train is the Dataset trained with."
        )
    return data


def evaluated(batch: BatchLoss, data: Dataset, metric: "Callable | None") -> dict[str, float]:
    """The mean loss, and the metric by its name if there is one."""
    with mode(batch.model, training=False):
        losses, outputs = batch.all(data)
    row = {"loss": sum(losses) / len(data)}
    return row if metric is None else row | {metric_name(metric): measured(metric, outputs, data)}


def outputs_for(metric: "Callable | None") -> "bool | str":
    """The outputs that a BatchLoss has to give for a metric; accuracy takes arrays."""
    return "array" if metric is metrics.accuracy else metric is not None


def measured(metric: Callable, outputs: Any, data: Dataset) -> float:
    """The metric of the outputs for some data."""
    in_arrays = hasattr(outputs, "tolist") and data.arrays
    return metric(outputs, in_arrays[1] if in_arrays else data.targets)


def metric_name(metric: Callable) -> str:
    """The name of a metric in the history."""
    return getattr(metric, "__name__", type(metric).__name__)


@contextmanager
def mode(model, training: bool):
    """Switches the training mode of a model, and switches it back at the end."""
    modules = list(model.modules()) if isinstance(model, Module) else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = training
    try:
        yield
    finally:
        for module, mode in zip(modules, before):
            module.training = mode
