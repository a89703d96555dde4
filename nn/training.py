"""`fit` goes through the data again and again while an optimiser moves the parameters."""

import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from autograd import as_float
from autograd.arguments import expect_callable, expect_instance, expect_integer, expect_list
from autograd.errors import ArgumentError
from autograd.names import explain_arguments
from autograd.native import warn_if_not_compiled
from nn import losses, margin_losses, metrics
from nn.accelerated import JaxRun
from nn.checkpoint import Checkpoint
from nn.data import as_dataset, batches
from nn.elsewhere import OF_FIT
from nn.evaluation import ORDER, mode
from nn.history import History
from nn.init import generator
from nn.module import Module
from nn.optim import Adam, Optimizer, Schedule
from nn.progress import progress_bar
from nn.run import Run
from nn.watch import Watch

# The losses of scores for classes, or of one score that is positive for class 1.
CLASSIFYING = (
    losses.cross_entropy,
    losses.nll_loss,
    losses.hinge_loss,
    losses.binary_cross_entropy_with_logits,
    margin_losses.multi_margin_loss,
    margin_losses.soft_margin_loss,
)


@explain_arguments(OF_FIT)
def fit(
    model: Module,
    loss: Callable,
    data,
    *,
    epochs: int = 100,
    batch_size: "int | None" = 32,
    accumulate_grad_batches: int = 1,
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
    engine: str = "native",
    progress: bool = True,
    watch: bool = False,
) -> History:
    """Train the model: each epoch goes through the data in shuffled batches, with a step of the optimiser for each.

    loss        a function (output, target) -> Value of one example, such as nn.cross_entropy
    data        a Dataset, a pair (inputs, targets), or a list of pairs; the inputs may be an array or a DataFrame, the
                targets the names of classes
    epochs      how many times to go through the data
    batch_size  examples per step; None for all of them (full batch)
    accumulate_grad_batches  batches for each step of the optimiser, as in Lightning: their gradients are added up to
                that of all their examples, so 4 batches of 32 are one of 128, computed in four parts
    optimizer   by default Adam with a learning rate of 0.01
    seed        determines the order of the examples; without it Python's `random` does
    metric      a function (outputs, targets) -> float to record; "auto" means accuracy for classification losses
    validation  data on which loss and metric are measured after every epoch
    schedule    a Schedule of the learning rate, advanced every epoch, or every step with schedule_every="step"
    penalty     a function of the model that is added to the loss, such as lambda model: l2_penalty(model, 1e-4); the
                history shows the loss without it
    clip_norm, clip_value  limits for the gradients: for their norm, and for each by itself
    patience    stop after this many epochs without a lower validation loss (without validation data, training loss),
                and keep the best weights
    callbacks   functions called with the Run after every epoch; if one has a method `on_step`, that is called with the
                Run after every step. They may call run.stop(), and freeze or unfreeze parts of the model
    checkpoint  a path or a Checkpoint: training resumes from that file if it exists, and is saved to it
    resume      "same": a checkpoint written with other arguments, such as another learning rate, is an error that
                lists the differences; "override": the new arguments apply from there on
    recorded    whether the model may be recorded and replayed (autograd.compile), which is much faster. With False
                its Python code runs for every example, which is necessary if `forward` keeps state or draws random
                numbers of its own. A model that turns out to do so is run that way, with a NotRecordedWarning. Dropout
                is recorded: with the same seed, it draws the same numbers either way
    engine      "native", or "jax": JAX takes the steps, on all devices that it has, each with a part of the batch.
                Results differ in the last digits. JAX needs jax_enable_x64, and a model that can be recorded.
                On several machines start the same script on each; it begins with
                `jax.distributed.initialize(address, count, index)`, and on CPUs with
                `jax.config.update("jax_cpu_collectives_implementation", "gloo")` before that. All need the same data,
                model and seed, and a checkpoint that all can read; the first process writes it. If one process dies,
                LostProcessError is raised in the others, or JAX ends them with "another task died", at most
                heartbeat_timeout_seconds later (an argument of `initialize`, 100 by default). Start all of them again:
                training goes on from the checkpoint
    progress    whether to show a progress bar
    watch       whether the history also has, layer by layer, the sizes of gradients and updates and the share of dead
                ReLUs; `nn.plots.plot_watched` shows them

    Ctrl-C ends training cleanly and keeps the best weights so far; a second Ctrl-C interrupts it immediately.

    Returns the History, with the columns epoch, loss, the metric's name, val_loss and so on, lr, seconds.

    >>> from nn import MLP, mse_loss
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, mse_loss, ([[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0]), epochs=500, seed=0, progress=False)
    >>> [round(p.data, 3) for p in model.parameters()]
    [2.0, 1.0]

    Warns once if the engine is not compiled although nobody asked for that.
    Raises DivergedError if a number becomes too large for a float64, with the parameters as they were before that step;
    ArgumentError for arguments that do not fit together; and ReplayDiffersError if a replay no longer gives what the
    model gives. The two are compared on a few examples, gradients included: before the first step, from time to time
    (comparing takes 1 % of the time), and at the end. After this error the steps since the last comparison may be
    wrong. This happens if `forward` reads a counter or the clock, for instance, which no recording can notice.
    """
    expect_instance("fit: model", model, Module)
    expect_callable("fit: loss", loss, ORDER)
    epochs = expect_integer("fit: epochs", epochs, 0)
    batch_size = None if batch_size is None else expect_integer("fit: batch_size", batch_size)
    accumulate_grad_batches = expect_integer("fit: accumulate_grad_batches", accumulate_grad_batches)
    if accumulate_grad_batches > 1 and batch_size is None:
        raise ArgumentError("fit: accumulate_grad_batches needs a batch_size; None is already all examples in a step.")
    patience = None if patience is None else expect_integer("fit: patience", patience, 0)
    clip_norm, clip_value = (None if limit is None else as_float(limit) for limit in (clip_norm, clip_value))
    callbacks = expect_list("fit: callbacks", callbacks)
    for callback in callbacks:
        expect_callable("fit: callbacks", callback)
    callbacks = [Watch(model), *callbacks] if watch else callbacks
    if optimizer is not None:
        expect_instance("fit: optimizer", optimizer, Optimizer, "an")
    if schedule is not None:
        expect_instance("fit: schedule", schedule, Schedule)
    if penalty is not None:
        expect_callable("fit: penalty", penalty, "Write penalty=lambda model: nn.l2_penalty(model, 1e-4).")
    if isinstance(validation, (int, float)):
        raise ArgumentError(
            f"fit: validation is data, got {validation!r}. Write train, held_out = nn.data.split(data, 0.25)."
        )
    data = as_dataset(data).with_arrays()
    if not len(data):
        raise ArgumentError("fit: there are no examples in the data.")
    validation = None if validation is None else as_dataset(validation, data.classes).with_arrays()
    if validation is not None and not len(validation):
        raise ArgumentError("fit: there are no examples in the validation data. Leave validation out to go without.")
    if validation is not None and validation.classes and data.classes and validation.classes != data.classes:
        raise ArgumentError(
            f"fit: the validation data have the classes {', '.join(validation.classes)}, the data "
            f"{', '.join(data.classes)}. Make the Dataset with classes=train.classes."
        )
    if schedule_every not in ("epoch", "step"):
        raise ArgumentError(f'fit: schedule_every is "epoch" or "step", got {schedule_every!r}.')
    if resume not in ("same", "override"):
        raise ArgumentError(f'fit: resume must be "same" or "override", got {resume!r:.60}.')
    if optimizer is not None and set(optimizer.params).isdisjoint(model.parameters()):
        raise ArgumentError(
            "fit: the optimizer moves no parameter of this model. Make it with model.parameters(), after "
            "the last change to the model's layers."
        )
    if engine not in ("native", "jax"):
        raise ArgumentError(f'fit: engine is "native" or "jax", got {engine!r:.60}.')
    if engine == "jax" and not recorded:
        raise ArgumentError('fit: engine="jax" runs the recording of a model; recorded=False asks for none.')
    warn_if_not_compiled()
    run = (Run if engine == "native" else JaxRun)(
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
        accumulate_grad_batches=accumulate_grad_batches,
    )
    saved = _checkpoint(checkpoint)
    if saved:
        saved.resume(run, any_seed=seed is None, override=resume == "override")
        run.stop_if_waited_long_enough()
    with mode(model, training=True), _stop_on_ctrl_c(run), progress_bar(run, progress) as show:
        _train(run, list(callbacks), saved, show)
    if run.history.ended == "interrupted" or patience is not None:
        run.restore_best()
    return run.history


def _train(run: Run, callbacks: list[Callable], saved, show: Callable) -> None:
    """Run epochs and steps to the end, or until run.stop() is called."""
    run.begin()
    while run.epoch < run.epochs and not run.history.ended:
        for examples in islice(batches(run.data, run.examples_per_step, run.seed, run.epoch), run.position, None):
            run.step(examples)
            for callback in callbacks:
                if hasattr(callback, "on_step"):
                    run.settle()
                    callback.on_step(run)
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
    run.settle()
    run.batch.finish()
    with mode(run.model, training=False):
        run.check.finish()
    run.history.ended = run.history.ended or "finished"


def _call(callbacks: Iterable[Callable], run: Run) -> None:
    for callback in callbacks:
        callback(run)


def _checkpoint(checkpoint) -> Any:
    if isinstance(checkpoint, (str, Path)):
        return Checkpoint(checkpoint)
    if checkpoint is not None:
        expect_instance("fit: checkpoint", checkpoint, Checkpoint)
    return checkpoint


def _chosen_metric(metric: "str | Callable | None", loss: Callable) -> "Callable | None":
    """The metric; "auto" means accuracy for classification losses, also inside functools.partial."""
    if metric is None or callable(metric):
        return metric
    if metric != "auto":
        raise ArgumentError(
            f'fit: metric must be a function (outputs, targets) -> float, None or "auto", got {metric!r}. '
            "Write metric=nn.accuracy, without a call."
        )
    loss = getattr(loss, "func", loss)
    return metrics.accuracy if loss in CLASSIFYING else None


@contextmanager
def _stop_on_ctrl_c(run: Run):
    """While active, Ctrl-C stops the run after the current step; a second one interrupts it immediately."""

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
