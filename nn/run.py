"""`Run`: a training run, its state between two steps, and how it takes one."""

import time
import zlib
from collections.abc import Callable
from functools import cached_property
from math import inf
from typing import Any

from autograd import Value, read_data, write_data
from autograd.errors import NumberTypeError, ResultOverflowError
from autograd.examples import count_hits
from nn.batchloss import BatchLoss
from nn.dataset import Dataset
from nn.errors import DivergedError
from nn.evaluation import evaluated, measured, metric_name, outputs_for
from nn.history import History
from nn.identity import identity
from nn.metrics import accuracy
from nn.module import Module
from nn.optim import Optimizer, Schedule, clip_grad_norm_, clip_grad_value_


class Run:
    """A training run: what `fit` works on, what callbacks are called with, and what a Checkpoint saves.

    model, optimizer, schedule, history  as their names say
    epoch, position   the numbers of finished epochs, and of finished batches in the current one
    steps             the number of steps that the optimiser has taken
    best, best_loss   the parameters' numbers after the best epoch so far, and its validation loss (without validation
                      data, its training loss); best is None until the first epoch ends
    """

    writes = True  # whether checkpoints are written: of several processes with one run only the first one does

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
        accumulate_grad_batches: int = 1,
    ):
        self.model, self.loss, self.data, self.optimizer = model, loss, data, optimizer
        self.epochs, self.batch_size, self.seed = epochs, batch_size, seed
        self.schedule, self.schedule_every = schedule, schedule_every
        self.metric, self.validation, self.penalty = metric, validation, penalty
        self.clip_norm, self.clip_value, self.patience = clip_norm, clip_value, patience
        self.accumulate_grad_batches = accumulate_grad_batches
        self.history = History()
        self.epoch = self.position = self.waited = 0
        self.sums: dict[str, float] = {}
        self._best: Any = None
        self.best_loss, self.seconds, self.started = inf, 0.0, time.perf_counter()
        self.batch, self.check = (BatchLoss(model, loss, recorded, outputs_for(metric)) for _ in range(2))

    @property
    def best(self) -> "list[float] | None":
        """The parameters' numbers after the best epoch so far."""
        return None if self._best is None else list(self._best)

    @best.setter
    def best(self, numbers: "list[float] | None") -> None:
        self._best = numbers

    @property
    def steps(self) -> int:
        return self.optimizer.steps

    @property
    def examples_per_step(self) -> "int | None":
        """The examples of all batches of a step; None for all examples."""
        return self.batch_size and self.batch_size * self.accumulate_grad_batches

    @property
    def steps_per_epoch(self) -> int:
        """The number of steps in an epoch."""
        return -(-len(self.data) // (self.examples_per_step or len(self.data)))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What tells whether a checkpoint belongs to this run."""
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
        """End training after the current step."""
        self.history.ended = reason

    def step(self, examples: Dataset) -> None:
        """One step of the optimiser on one batch, or on several whose gradients are added up."""
        try:
            found = self._quick_step(examples) or self._usual_step(examples)
        except (ResultOverflowError, DivergedError) as error:
            raise self._diverged(error) from error
        if self.schedule and self.schedule_every == "step":
            self.schedule.step()
        self.position += 1
        for count, loss, measure in found:
            row = {"examples": 1.0, "loss": loss}
            if self.metric:
                row[metric_name(self.metric)] = measure
            for name, number in row.items():
                self.sums[name] = self.sums.get(name, 0.0) + number * count

    def _quick_step(self, examples: Dataset) -> "list[tuple[int, float, Any]] | None":
        """A step without a graph, bit for bit as the usual one.

        Returns None, and has changed nothing, where that is not possible.
        """
        if self.penalty is not None or self.metric not in (None, accuracy) or self.accumulate_grad_batches > 1:
            return None
        if type(self.optimizer).zero_grad is not Optimizer.zero_grad or len(self.optimizer.groups) > 1:
            return None
        if self.metric and not examples.has_classes:
            return None
        found = self.batch.mean_into(self.optimizer.flat, examples)
        if found is None:
            return None
        loss, numbers = found
        self._clip()
        self.optimizer.step()
        count = len(examples)
        return [(count, loss, count_hits(numbers, examples.rows) / count if self.metric else None)]

    def _usual_step(self, examples: Dataset) -> "list[tuple[int, float, Any]]":
        """A step; returns the sizes of the batches, their losses, and the metric of their outputs."""
        found = self._propagated(examples)
        self._clip()
        self.optimizer.step()
        metric = self.metric
        return [
            (len(batch), loss, measured(metric, outputs, batch) if metric else None) for batch, loss, outputs in found
        ]

    def _propagated(self, examples: Dataset) -> list[tuple[Dataset, float, Any]]:
        """Set the gradients to those of the mean loss; returns the batches with their losses and outputs."""
        found: list[tuple[Dataset, float, Any]] = []
        parts = self._batches(examples)
        for part in parts:
            value, outputs = self.batch.mean(part)
            if not isinstance(value, Value):
                raise NumberTypeError(
                    f"fit: the loss of all {len(part)} examples of a batch is a plain number, "
                    f"{value!r} on average, through which no gradient flows. Compute it from the "
                    "outputs without .data and without plain numbers in its place."
                )
            if not found:
                self.optimizer.zero_grad()
            found.append((part, value.data, outputs))
            if len(parts) > 1:
                value = value * (len(part) / len(examples))
            last = len(found) == len(parts)
            (value + self.penalty(self.model) if self.penalty and last else value).backward()
        return found

    def _batches(self, examples: Dataset) -> list[Dataset]:
        """The batches of a step."""
        if self.accumulate_grad_batches == 1:
            return [examples]
        size = self.batch_size or len(examples)
        return [examples[i : i + size] for i in range(0, len(examples), size)]

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

    def begin(self) -> None:
        """Called once before the first step, after a checkpoint has been read."""

    def settle(self) -> None:
        """See to it that the parameters and the optimiser are up to date; here they always are."""

    def averages(self) -> dict[str, float]:
        """Loss and metric of this epoch so far, averaged over the examples."""
        count = self.sums.get("examples", 1.0)
        return {name: total / count for name, total in self.sums.items() if name != "examples"}

    def end_epoch(self) -> None:
        """Add the epoch to the history, check whether it was the best, and advance the schedule."""
        row = self.averages()
        if self.validation is not None:
            row |= {f"val_{name}": x for name, x in evaluated(self.check, self.validation, self.metric).items()}
        self.epoch, self.position, self.sums = self.epoch + 1, 0, {}
        self.history.append(epoch=self.epoch, **row, lr=self.optimizer.lr, seconds=self.elapsed())
        self._remember_the_best(row.get("val_loss", row["loss"]))
        if self.schedule and self.schedule_every == "epoch":
            self.schedule.step()

    def elapsed(self) -> float:
        """Seconds of training, including those before it was resumed."""
        return self.seconds + time.perf_counter() - self.started

    def _remember_the_best(self, loss: float) -> None:
        if loss < self.best_loss:
            self.best_loss, self._best, self.waited = loss, read_data(self.optimizer.params), 0
        else:
            self.waited += 1
        self.stop_if_waited_long_enough()

    def stop_if_waited_long_enough(self) -> None:
        """End training after `patience` epochs without improvement."""
        if self.patience is not None and self.waited >= self.patience:
            self.stop("stopped early")

    def restore_best(self) -> None:
        """Set the parameters to the numbers they had after the best epoch."""
        if self._best is not None:
            write_data(self.optimizer.params, self._best)


def _checksum(data: Dataset) -> int:
    return zlib.crc32(repr((data.inputs, data.targets)).encode())
