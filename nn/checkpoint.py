"""`Checkpoint`: training runs on disk, in the safetensors format."""

import json
import operator
import os
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from autograd import Value, find_frozen
from nn import safetensors_file
from nn.arguments import check_count
from nn.errors import CheckpointError
from nn.identity import differences
from nn.init import generators
from nn.run import Run
from nn.safetensors_file import KEY


class Checkpoint:
    """Saves a training run, which can then be resumed, bit for bit as if it had never stopped.

    path         the file; if it exists when training begins, training resumes from it
    every_steps  save after this many steps as well as after every epoch

    The file holds the weights and which are frozen, the optimiser's state, the schedule, the state of Python's `random`
    and of the modules' generators, the epoch and the position in it, the history, and the best weights so far. Pass the
    Checkpoint, or just the path, to `fit(…, checkpoint=…)`, with the same model, frozen where it was at the beginning,
    data and arguments as before. `epochs`, `patience`, `metric` and `validation` may change; with other validation data
    the search for the best weights starts over.

    Raises CheckpointError if the file belongs to another run, with a list of the differences, or is damaged; then
    nothing has changed. With `fit(…, resume="override")` the new arguments apply from there on: an optimiser of another
    kind starts with an empty state, and with other data, batch size or seed the epoch starts over.
    """

    def __init__(self, path: "str | Path", every_steps: "int | None" = None):
        safetensors_file.check_path("Checkpoint", path)
        self.path, self.every_steps = path, every_steps
        if every_steps is not None:
            check_count("Checkpoint", "every_steps", every_steps)

    def after_step(self, run: Run) -> None:
        """Save if a save is due; the last step of an epoch is left to `after_epoch`."""
        if self.every_steps and run.steps % self.every_steps == 0 and run.position < run.steps_per_epoch:
            self.save(run)

    def after_epoch(self, run: Run) -> None:
        """Save."""
        self.save(run)

    def save(self, run: Run) -> None:
        """Write everything that the next steps of the run depend on."""
        run.settle()
        if not run.writes:
            return
        state, tensors = _captured(run)
        safetensors_file.write(
            self.path,
            ((name, (len(numbers),), numbers) for name, numbers in tensors.items()),
            {KEY: json.dumps({"run": state})},
        )

    def resume(self, run: Run, any_seed: bool = False, override: bool = False) -> bool:
        """Restore the run from the file, if it exists; returns whether it does.

        any_seed  whether the seed in the file may replace the run's
        override  whether the run's arguments may differ from those in the file; they take precedence then
        """
        own = run.identity  # before anything in the run changes
        if not os.path.lexists(self.path):
            return False
        metadata, _ = safetensors_file.read_metadata(self.path)
        before = _captured(run)
        try:
            state = json.loads(metadata[KEY])["run"]
            changed = differences(state["identity"] | ({"seed": run.seed} if any_seed else {}), own)
            if before[0]["optimizer"]["lr"] == state["optimizer"]["lr"]:
                changed.pop("optimizer.lr", None)  # a callback of the run that wrote the file has changed it
            if changed and not override:
                raise CheckpointError(
                    f"{self.path}: was written by a run with other arguments: {', '.join(changed.values())}. Go on "
                    'with the same ones, take the new ones with fit(…, resume="override"), or use another file.'
                )
            expected = {
                name: (len(column),) for name, column in before[1].items() if name.startswith(("model.", "random."))
            }
            optional = dict.fromkeys(
                ["best", *map("history.{}".format, state["history"]), *map("optimizer.{}".format, state["remembered"])]
            )
            _, tensors = safetensors_file.read(self.path, expected, optional)
            _restore(run, *_overridden(run, state, tensors, before, set(changed)))
        except CheckpointError:
            raise
        except Exception as error:
            _restore(run, *before)
            raise CheckpointError(
                f"{self.path}: is not the checkpoint of a training run of this model, or is damaged "
                f"({type(error).__name__}: {error})."
            ) from error
        return True


def _captured(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state of the run: the part that fits into JSON, and the long lists of numbers."""
    numbers = {f"model.{name}": [p.data for p in ps] for name, _, ps in run.model.named_tensors()}
    optimizer = run.optimizer.state_dict()
    numbers |= {f"optimizer.{name}": optimizer.pop(name) for name in run.optimizer.remembered}
    gauss = {}
    for name, generator in generators(run.model).items():
        _, words, gauss[name] = generator.getstate()
        numbers[f"random.{name}"] = list(map(float, words))
    history = run.history.to_dict()  # a column has gaps if validation or a metric was added later
    numbers |= {f"history.{name}": [float(x or 0) for x in column] for name, column in history.items()}
    if run.best is not None:
        numbers["best"] = run.best
    state = {
        "identity": run.identity | {"seed": run.seed},
        "optimizer": optimizer,
        "gauss": gauss,
        "frozen": find_frozen(_parameters(run)),
        "remembered": run.optimizer.remembered,
        "schedule": run.schedule and run.schedule.state_dict(),
        "history": {name: [i for i, x in enumerate(column) if x is None] for name, column in history.items()},
        "best_loss": None if run.best_loss == inf else run.best_loss,
        "seconds": run.elapsed(),
        "validation": run.validation_fingerprint,
        **{name: getattr(run, name) for name in ("seed", "epoch", "position", "sums", "waited")},
    }
    return state, numbers


def _parameters(run: Run) -> list[Value]:
    """The parameters in the order in which a checkpoint has them."""
    return [p for _, _, ps in run.model.named_tensors() for p in ps]


def _overridden(
    run: Run, state: dict, numbers: dict, before: tuple[dict, dict], changed: set[str]
) -> tuple[dict, dict]:
    """The state in the file, with the arguments that `changed` names taken from `before`, the state of the run."""
    own, own_numbers = before
    if changed & {"optimizer", "optimizer.group_sizes"}:  # another kind has another state, and starts over
        state["optimizer"] = own["optimizer"]
        numbers = {name: column for name, column in numbers.items() if not name.startswith("optimizer.")}
        numbers |= {name: column for name, column in own_numbers.items() if name.startswith("optimizer.")}
    if "frozen" in changed:
        state["frozen"] = own["frozen"]
    taken = {name for name in own["optimizer"] if f"optimizer.{name}" in changed}
    if any(name.startswith(("schedule", "optimizer.lr")) for name in changed):
        steps = state["epoch"] if run.schedule_every == "epoch" else state["optimizer"]["steps"]
        state["schedule"], taken = own["schedule"] and own["schedule"] | {"steps": steps}, taken | {"lr"}
    state["optimizer"] |= {name: own["optimizer"][name] for name in taken}
    if changed & {
        "seed",
        "batch_size",
        "accumulate_grad_batches",
        "examples",
        "data",
    }:  # the position in the epoch no longer means anything
        state |= {"seed": own["seed"], "position": 0, "sums": {}}
    if state["validation"] != own["validation"]:  # losses on other data do not tell which epoch was best
        state |= {"best_loss": None, "waited": 0}
        numbers.pop("best", None)
    return state, numbers


def _restore(run: Run, state: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
    """Set the run to a state from `_captured`. Raises various errors if the state does not fit the run."""
    for name, _, ps in run.model.named_tensors():
        for p, number in zip(ps, numbers[f"model.{name}"], strict=True):
            p.data = number
    if "frozen" in state:  # a checkpoint written by an earlier version leaves frozen what is
        frozen = set(state["frozen"])
        for place, p in enumerate(_parameters(run)):
            p.requires_grad_(place not in frozen)
    run.optimizer.load_state_dict(
        state["optimizer"] | {name: numbers[f"optimizer.{name}"] for name in run.optimizer.remembered}
    )
    if run.schedule:
        run.schedule.load_state_dict(state["schedule"])
    for name, generator in generators(run.model).items():
        generator.setstate((3, tuple(map(int, numbers[f"random.{name}"])), state["gauss"][name]))
    columns = {name: numbers[f"history.{name}"] for name in state["history"]}
    gaps = {name: set(places) for name, places in state["history"].items()}
    run.history.rows = [
        {name: int(x) if name == "epoch" else x for name, x in zip(columns, row) if i not in gaps[name]}
        for i, row in enumerate(zip(*columns.values(), strict=True))
    ]
    run.best = list(numbers["best"]) if "best" in numbers else None
    run.best_loss = inf if state["best_loss"] is None else float(state["best_loss"])
    run.seconds, run.started = float(state["seconds"]), time.perf_counter()
    run.seed, run.sums = state["seed"], {name: float(total) for name, total in state["sums"].items()}
    run.epoch, run.position, run.waited = (operator.index(state[name]) for name in ("epoch", "position", "waited"))
