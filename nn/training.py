"""Training: `fit` goes through the data again and again, an optimiser moves the parameters, `History` remembers."""

import csv
import signal
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

from autograd import Value, as_float, read_data, write_data
from autograd.arguments import expect_callable, expect_instance, expect_integer, expect_list
from autograd.errors import ArgumentError, NumberTypeError, ResultOverflowError
from nn import losses, metrics
from nn.batchloss import BatchLoss
from nn.data import Dataset, as_dataset, batches
from nn.errors import DivergedError
from nn.init import generator
from nn.modules import Module
from nn.optim import Adam, Optimizer, Schedule, clip_grad_norm_, clip_grad_value_


class History:
    """What happened, epoch by epoch: one row of numbers each.

    >>> history = History()
    >>> history.append(epoch=1, loss=0.5)
    >>> history.append(epoch=2, loss=0.25)
    >>> history["loss"], history[-1]
    ([0.5, 0.25], {'epoch': 2, 'loss': 0.25})

    ended  why training ended: "finished", "stopped early", "stopped by a callback" or "interrupted"
    """

    def __init__(self):
        self.rows: list[dict[str, float]] = []
        self.ended = ""

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
            names = ", ".join(self.columns()) or "no rows yet"
            raise KeyError(f"the history has no column {key!r}; it has {names}.")
        return [row.get(key) for row in self.rows]

    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def to_dict(self) -> dict[str, list]:
        """The columns by name.

        >>> history = History()
        >>> history.append(epoch=1, loss=0.5)
        >>> history.to_dict()
        {'epoch': [1], 'loss': [0.5]}
        """
        return {name: self[name] for name in self.columns()}

    def to_csv(self, path: "str | Path") -> None:
        """Write the rows, with a line of names, as comma-separated values."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns())
            writer.writeheader()
            writer.writerows(self.rows)

    def plot(self):
        """The curves of loss and metric over the epochs, a matplotlib Figure."""
        from nn.plots import plot_history

        return plot_history(self)

    def __repr__(self):
        last = ", ".join(f"{name} {number:.4g}" for name, number in self.rows[-1].items()) if self.rows else "empty"
        return f"<History: {last}>"


def predict(model: Callable, inputs) -> list:
    """The outputs of the model for many inputs, as plain numbers; Dropout is off meanwhile.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], seed=0)
    >>> predict(model, [[1.0, 2.0], [0.0, 0.0]]) == [model([1.0, 2.0]).data, model([0.0, 0.0]).data]
    True
    """
    expect_callable("predict: model", model)
    inputs = expect_list("predict: inputs", inputs)
    batch, data = BatchLoss(model, lambda output, target: 0.0), Dataset(inputs, [0.0] * len(inputs)).with_arrays()
    with _mode(model, training=False):
        return [output for _, output in batch.all(data)]


def evaluate(
    model: Callable, loss: Callable, data, metric: "Callable | None" = None, *, recorded: bool = True
) -> dict[str, float]:
    """The mean loss of the model over the data, and the metric if there is one; Dropout is off meanwhile.

    >>> evaluate(lambda x: x[0], losses.mse_loss, ([[1.0], [2.0]], [1.0, 4.0]))
    {'loss': 2.0}

    Raises ArgumentError when there are no examples.
    """
    expect_callable("evaluate: model", model)
    expect_callable("evaluate: loss", loss)
    data = as_dataset(data).with_arrays()
    if not len(data):
        raise ArgumentError("evaluate: there are no examples in the data.")
    return _evaluated(BatchLoss(model, loss, recorded, outputs=metric is not None), data, metric)


def _evaluated(batch: BatchLoss, data: Dataset, metric: "Callable | None") -> dict[str, float]:
    with _mode(batch.model, training=False):
        found = batch.all(data)
    row = {"loss": sum(loss for loss, _ in found) / len(data)}
    return row if metric is None else row | {_name(metric): metric([output for _, output in found], data.targets)}


class Run:
    """A training run: what `fit` works on, what callbacks see, and what a Checkpoint saves.

    model, optimizer, schedule, history  what they are called
    epoch, position   finished epochs, and finished batches of the present one
    steps             steps of the optimiser so far
    best, best_loss   the parameters' numbers after the best epoch so far, and its validation loss (without validation
                      data its training loss); best is None before the first epoch is over
    """

    def __init__(
        self,
        model: Module,
        loss: Callable,
        data: Dataset,
        optimizer: Optimizer,
        *,
        epochs: int,
        batch_size: "int | None",
        seed: int,
        schedule: "Schedule | None" = None,
        schedule_every: str = "epoch",
        metric: "Callable | None" = None,
        validation: "Dataset | None" = None,
        penalty: "Callable | None" = None,
        clip_norm: "float | None" = None,
        clip_value: "float | None" = None,
        patience: "int | None" = None,
        recorded: bool = True,
    ):
        self.model, self.loss, self.data, self.optimizer = model, loss, data, optimizer
        self.epochs, self.batch_size, self.seed = epochs, batch_size, seed
        self.schedule, self.schedule_every = schedule, schedule_every
        self.metric, self.validation, self.penalty = metric, validation, penalty
        self.clip_norm, self.clip_value, self.patience = clip_norm, clip_value, patience
        self.history = History()
        self.epoch = self.position = self.waited = 0
        self.sums: dict[str, float] = {}
        self.best: list[float] | None = None
        self.best_loss, self.seconds, self.started = inf, 0.0, time.perf_counter()
        self.batch, self.check = (BatchLoss(model, loss, recorded, outputs=metric is not None) for _ in range(2))

    @property
    def steps(self) -> int:
        return self.optimizer.steps

    @property
    def steps_per_epoch(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.data) // (self.batch_size or len(self.data)))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint of this run can be told by."""
        from nn.identity import identity

        return identity(self)

    @cached_property
    def fingerprint(self) -> int:
        """A checksum of the data."""
        return _checksum(self.data)

    @cached_property
    def validation_fingerprint(self) -> "int | None":
        """A checksum of the validation data."""
        return None if self.validation is None else _checksum(self.validation)

    def stop(self, reason: str = "stopped by a callback") -> None:
        """End training after the present step."""
        self.history.ended = reason

    def step(self, examples: Dataset) -> None:
        """One step of the optimiser on one batch."""
        try:
            value, outputs = self.batch.mean(examples)
            if not isinstance(value, Value):
                raise NumberTypeError(
                    f"fit: the loss of all {len(examples)} examples of a batch is a plain number, "
                    f"{value!r} on average, through which no gradient flows. Compute it from the "
                    "outputs without .data and without plain numbers in its place."
                )
            self.optimizer.zero_grad()
            (value if self.penalty is None else value + self.penalty(self.model)).backward()
            self._clip()
            self.optimizer.step()
        except (ResultOverflowError, DivergedError) as error:
            raise self._diverged(error) from error
        if self.schedule and self.schedule_every == "step":
            self.schedule.step()
        self.position += 1
        row = {"loss": value.data}
        if self.metric:
            row[_name(self.metric)] = self.metric(outputs, examples.targets)
        for name, number in {"examples": 1.0, **row}.items():
            self.sums[name] = self.sums.get(name, 0.0) + number * len(examples)

    def _clip(self) -> None:
        if self.clip_norm is not None:
            clip_grad_norm_(self.optimizer.params, self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(self.optimizer.params, self.clip_value)

    def _diverged(self, error: Exception) -> DivergedError:
        where = f"training diverged in epoch {self.epoch + 1}, step {self.steps + 1}"
        if isinstance(error, DivergedError):
            return DivergedError(f"{where}: {error}")
        largest = max(self.optimizer.params, key=lambda p: abs(p.data))
        return DivergedError(
            f"{where}: {error} The largest parameter is {largest.label or 'one':.60} = {largest.data:.4g}. Lower the "
            f"learning rate (now {self.optimizer.lr:g}), clip the gradients (clip_norm=1.0), or standardise the data."
        )

    def averages(self) -> dict[str, float]:
        """Loss and metric so far in this epoch, each averaged over the examples."""
        count = self.sums.get("examples", 1.0)
        return {name: total / count for name, total in self.sums.items() if name != "examples"}

    def end_epoch(self) -> None:
        """Write the epoch's row, see whether it was the best, and move the schedule."""
        row = self.averages()
        if self.validation is not None:
            row |= {f"val_{name}": x for name, x in _evaluated(self.check, self.validation, self.metric).items()}
        self.epoch, self.position, self.sums = self.epoch + 1, 0, {}
        self.history.append(epoch=self.epoch, **row, lr=self.optimizer.lr, seconds=self.elapsed())
        self._remember_the_best(row.get("val_loss", row["loss"]))
        if self.schedule and self.schedule_every == "epoch":
            self.schedule.step()

    def elapsed(self) -> float:
        """Seconds of training, those before a resumed checkpoint included."""
        return self.seconds + time.perf_counter() - self.started

    def _remember_the_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss, self.best, self.waited = loss, read_data(self.optimizer.params).tolist(), 0
        else:
            self.waited += 1
        self.stop_if_waited_long_enough()

    def stop_if_waited_long_enough(self) -> None:
        """End early after `patience` epochs without a better one."""
        if self.patience is not None and self.waited >= self.patience:
            self.stop("stopped early")

    def restore_best(self) -> None:
        """Give the parameters the numbers they had after the best epoch."""
        if self.best is not None:
            write_data(self.optimizer.params, self.best)


def fit(
    model: Module,
    loss: Callable,
    data,
    *,
    epochs: int = 100,
    batch_size: "int | None" = 32,
    optimizer: "Optimizer | None" = None,
    seed: "int | None" = None,
    metric: "str | Callable | None" = "auto",
    validation=None,
    schedule: "Schedule | None" = None,
    schedule_every: str = "epoch",
    penalty: "Callable | None" = None,
    clip_norm: "float | None" = None,
    clip_value: "float | None" = None,
    patience: "int | None" = None,
    callbacks: Iterable[Callable] = (),
    checkpoint=None,
    resume: str = "same",
    recorded: bool = True,
    progress: bool = True,
) -> History:
    """Train the model: each epoch goes through the data in shuffled batches, a step down the gradient of the loss each.

    loss        a function (output, target) -> Value of one example, such as nn.cross_entropy
    data        a Dataset, a pair (inputs, targets), or a list of pairs
    epochs      how often to go through the data
    batch_size  examples a step; None for all (full batch), 1 for single examples
    optimizer   by default Adam with a learning rate of 0.01
    seed        fixes the order of the examples; without it Python's `random` does
    metric      a function (outputs, targets) -> float to watch; "auto" is accuracy for the losses of classification
    validation  data to measure loss and metric on after every epoch
    schedule    a Schedule of the learning rate, moved on every epoch, or with schedule_every="step" every step
    penalty     a function of the model that is added to the loss, as lambda model: l2_penalty(model, 1e-4); the
                history shows the loss without it
    clip_norm, clip_value  limits for the gradients: their norm together, each alone
    patience    stop early after so many epochs without a lower validation loss (without validation data: training
                loss), and keep the best weights
    callbacks   functions of the Run, called after every epoch; one that has a method `on_step` has that called with it
                after every step. They may call run.stop()
    checkpoint  a path or a Checkpoint: training goes on from that file if it exists, and is saved there
    resume      "same": a checkpoint that was written with other arguments, such as another learning rate, is an error
                that lists them; "override": the new ones hold from there on
    recorded    whether the model may be recorded and replayed (autograd.compile), which is much faster; with False
                its Python runs for every example, as it must where `forward` draws random numbers or keeps a state.
                A model that turns out to be such a one, as with Dropout, goes on so with a NotRecordedWarning
    progress    whether to show a progress bar

    Ctrl-C ends training cleanly and keeps the best weights so far; pressed twice it interrupts at once.

    Returns the History, with the columns epoch, loss, the metric's name, val_loss and so on, lr, seconds.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, mse_loss, ([[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0]), epochs=500, seed=0, progress=False)
    >>> [round(p.data, 3) for p in model.parameters()]
    [2.0, 1.0]

    Raises DivergedError when the numbers grow beyond a float64, the parameters are then those before that step;
    ArgumentError for what does not fit together; and ReplayDiffersError when a replay stops giving what the model
    itself gives. That is compared on a few examples, gradients included: before the first step, again whenever a
    hundred times the duration of a comparison has gone by, and at the end. The steps since the last comparison may
    then be wrong, as where `forward` reads a counter or the clock, which no recording can notice.
    """
    expect_instance("fit: model", model, Module)
    expect_callable("fit: loss", loss)
    epochs = expect_integer("fit: epochs", epochs, 0)
    batch_size = None if batch_size is None else expect_integer("fit: batch_size", batch_size)
    patience = None if patience is None else expect_integer("fit: patience", patience, 0)
    clip_norm, clip_value = (None if limit is None else as_float(limit) for limit in (clip_norm, clip_value))
    callbacks = expect_list("fit: callbacks", callbacks)
    for callback in callbacks:
        expect_callable("fit: callbacks", callback)
    data = as_dataset(data).with_arrays()
    if not len(data):
        raise ArgumentError("fit: there are no examples in the data.")
    validation = None if validation is None else as_dataset(validation).with_arrays()
    if validation is not None and not len(validation):
        raise ArgumentError("fit: there are no examples in the validation data. Leave validation out to go without.")
    if schedule_every not in ("epoch", "step"):
        raise ArgumentError(f'fit: schedule_every is "epoch" or "step", got {schedule_every!r}.')
    if resume not in ("same", "override"):
        raise ArgumentError(f'fit: resume must be "same" or "override", got {resume!r:.60}.')
    if optimizer is not None and set(optimizer.params).isdisjoint(model.parameters()):
        raise ArgumentError(
            "fit: the optimizer moves no parameter of this model. Make it with model.parameters(), and "
            "after the last change of the model's layers."
        )
    run = Run(
        model,
        loss,
        data,
        optimizer or Adam(model.parameters(), lr=0.01),
        epochs=epochs,
        batch_size=batch_size,
        seed=generator(None).getrandbits(32) if seed is None else seed,
        schedule=schedule,
        schedule_every=schedule_every,
        metric=_chosen_metric(metric, loss),
        penalty=penalty,
        validation=validation,
        clip_norm=clip_norm,
        clip_value=clip_value,
        patience=patience,
        recorded=recorded,
    )
    saved = _checkpoint(checkpoint)
    if saved:
        saved.resume(run, any_seed=seed is None, override=resume == "override")
        run.stop_if_waited_long_enough()
    with _mode(model, training=True), _ending_on_ctrl_c(run), _bar(run, progress) as show:
        _train(run, list(callbacks), saved, show)
    if run.history.ended == "interrupted" or patience is not None:
        run.restore_best()
    return run.history


def _train(run: Run, callbacks: list[Callable], saved, show: Callable) -> None:
    """Epochs and steps until the end, or until somebody calls run.stop()."""
    while run.epoch < run.epochs and not run.history.ended:
        for examples in islice(batches(run.data, run.batch_size, run.seed, run.epoch), run.position, None):
            run.step(examples)
            _call([callback.on_step for callback in callbacks if hasattr(callback, "on_step")], run)
            show(run)
            if saved:
                saved.after_step(run)
            if run.history.ended:
                break
        if run.position == run.steps_per_epoch:
            run.end_epoch()
            show(run)
            _call(callbacks, run)
            if saved:
                saved.after_epoch(run)
    run.batch.finish()
    with _mode(run.model, training=False):
        run.check.finish()
    run.history.ended = run.history.ended or "finished"


def _checksum(data: Dataset) -> int:
    return zlib.crc32(repr((data.inputs, data.targets)).encode())


def _name(metric: Callable) -> str:
    """What a metric is called in the history."""
    return getattr(metric, "__name__", type(metric).__name__)


def _call(callbacks: Iterable[Callable], run: Run) -> None:
    for callback in callbacks:
        callback(run)


def _checkpoint(checkpoint) -> Any:
    if checkpoint is None or not isinstance(checkpoint, (str, Path)):
        return checkpoint
    from nn.checkpoint import Checkpoint

    return Checkpoint(checkpoint)


def _chosen_metric(metric: "str | Callable | None", loss: Callable) -> "Callable | None":
    """For "auto" accuracy with the losses of classification, also where functools.partial has bound arguments."""
    if metric is None or callable(metric):
        return metric
    if metric != "auto":
        raise ArgumentError(
            f'fit: metric must be a function (outputs, targets) -> float, None or "auto", got {metric!r}.'
        )
    loss = getattr(loss, "func", loss)
    classifying = (losses.cross_entropy, losses.nll_loss, losses.hinge_loss, losses.binary_cross_entropy_with_logits)
    return metrics.accuracy if loss in classifying else None


@contextmanager
def _mode(model, training: bool):
    """Inside, the model is in training mode or not; afterwards as it was."""
    modules = list(model.modules()) if isinstance(model, Module) else []
    before = [module.training for module in modules]
    for module in modules:
        module.training = training
    try:
        yield
    finally:
        for module, mode in zip(modules, before):
            module.training = mode


@contextmanager
def _ending_on_ctrl_c(run: Run):
    """Inside, Ctrl-C asks the run to stop after the present step; a second one interrupts it at once."""

    def asked(number, frame):
        if run.history.ended == "interrupted":
            raise KeyboardInterrupt
        run.stop("interrupted")

    usual = threading.current_thread() is threading.main_thread() and signal.signal(signal.SIGINT, asked)
    try:
        yield
    except KeyboardInterrupt:
        run.stop("interrupted")
    finally:
        if usual:
            signal.signal(signal.SIGINT, usual)


@contextmanager
def _bar(run: Run, progress: bool):
    """A function of the run that shows it in a progress bar; none where it is not wanted or tqdm is not installed."""
    tqdm = _tqdm() if progress else None
    if tqdm is None:
        yield lambda run: None
        return
    with tqdm(total=run.epochs * run.steps_per_epoch, initial=run.steps, unit="step", dynamic_ncols=True) as bar:

        def show(run: Run) -> None:
            bar.set_description_str(f"epoch {min(run.epoch + 1, run.epochs)}/{run.epochs}", refresh=False)
            bar.set_postfix_str(_shown(run.averages() or run.history[-1]), refresh=False)
            bar.update(run.epoch * run.steps_per_epoch + run.position - bar.n)

        yield show


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


def _shown(row: dict[str, float]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {100 * x:.1f} %"
        if name.endswith("accuracy")
        else f"{name.replace('_', ' ')} {x:.4f}"
        for name, x in row.items()
        if name not in SILENT
    )


SILENT = ("epoch", "lr", "seconds")
