"""`BatchLoss`: loss and outputs of a model for many examples, by replaying a recording where that is possible.

A replay is not trusted blindly: the engine notices many changes by itself, and from time to time a replay is compared
with the model.
"""

import sys
import time
import warnings
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from autograd import Flat, Value, compile, derivatives, dot, mean
from autograd.errors import RecordingError
from autograd.examples import Lists
from nn import metrics
from nn.dataset import Dataset
from nn.errors import NotRecordedWarning, ReplayDiffersError
from nn.init import generators
from nn.module import Module

CHUNK = 256  # examples that are evaluated together
COMPARED = 4  # examples that a comparison runs through the model itself
INTERVAL = 100  # time between two comparisons, in durations of one: comparing takes 1 % of the time
ROUNDING = 1e-9  # tolerance for a gradient, relative to the sum of the magnitudes of its terms


class BatchLoss:
    """Loss and outputs of a model for many examples at once.

    One example is recorded, and the recording is replayed for the others (autograd.compile), all examples of the same
    structure together. If that raises an error but the model itself does not, the model is called for each example,
    with a NotRecordedWarning; with recorded=False it always is, without one. Without `outputs`, each output is None;
    with outputs="array" they are a NumPy array where they are numbers or lists of numbers.

    A replay is compared with the model on a few examples, gradients included: before the first results of a recording
    are used, from time to time (see INTERVAL), and in `finish`. A difference in the first comparison of a recording
    means that the model cannot be recorded. A later one raises ReplayDiffersError, because results that were returned
    before may be wrong.
    """

    def __init__(self, model: Callable, loss: Callable, recorded: bool = True, outputs: "bool | str" = True):
        self.model, self.loss, self.outputs = model, loss, outputs
        self.recorded: Any = compile(self.example, maxsize=64, fallback=False) if recorded else None
        self.compared: set = set()  # what has been compared at least once: ("mean" or "each", structure)
        self.comparisons = self.misses = 0
        self.next_comparison = inf
        self.latest: tuple[str, Dataset] | None = None  # what has been replayed since the last comparison
        self.drawn_from: list = []  # the random generators that replays move, as the model does
        self.used = False  # whether `all` has returned results

    def example(self, x, y):
        """The loss of one example, with the output if `outputs` is set."""
        output = self.model(x)
        loss = self.loss(output, y)
        return (loss, output) if self.outputs else loss

    def mean(self, data: Dataset) -> tuple[Value, Any]:
        """The mean loss, and the outputs as plain numbers."""
        if _in_arrays(data):
            return self._found("mean", data)
        groups = self._grouped(data)
        found = [self._found("mean", group) for _, group in groups]
        loss = found[0][0]
        if len(found) > 1:
            loss = dot([part for part, _ in found], [len(outputs) / len(data) for _, outputs in found])
        return loss, _in_order(groups, [outputs for _, outputs in found])

    def mean_into(self, flat: Flat, data: Dataset) -> "tuple[float, Any] | None":
        """Set the gradients of the Values in `flat` to those of the mean loss. Returns it, and all numbers of the
        recording, example by example: first the loss, then the outputs if there are any.

        Returns None, and has changed nothing, where only `mean` can do it (see autograd.compile), and when a comparison
        is due.
        """
        if data.rows is None or self.recorded is None or ("mean", data.rows.shapes) not in self.compared:
            return None
        if self.drawn_from or time.perf_counter() >= self.next_comparison:
            return None
        found = self.recorded.mean_into(flat, data.rows)
        if found is not None:
            self.latest = "mean", data
        return found

    def each(self, data: Dataset) -> tuple[list[float], Any]:
        """The losses and the outputs of the examples, as plain numbers."""
        groups = self._grouped(data)
        found = [self._found("each", group) for _, group in groups]
        losses, outputs = ([columns[k] for columns in found] for k in (0, 1))
        return _in_order(groups, losses), _in_order(groups, outputs)

    def all(self, data: Dataset) -> tuple[list[float], Any]:
        """What `each` returns, for any number of examples, CHUNK at a time."""
        try:
            parts = [self.each(data[i : i + CHUNK]) for i in range(0, len(data), CHUNK)]
            found = [loss for losses, _ in parts for loss in losses], _joined([outputs for _, outputs in parts])
            if not self.used:
                self.finish()
        except ReplayDiffersError as error:
            if self.used:
                raise
            self._give_up(error)  # no result has been returned yet: start again without the recording
            return self.all(data)
        self.used = True
        return found

    def finish(self) -> None:
        """Compare once more if anything has been replayed since the last comparison."""
        if self.recorded is None or self.latest is None:
            return
        try:
            self._compare(*self.latest, first=False)
        except ReplayDiffersError:
            raise
        except Exception:  # such as an overflow after the last step, in unused numbers
            self.latest = None

    def _grouped(self, data: Dataset) -> list[tuple[Sequence[int], Dataset]]:
        """(places, examples) for each structure."""
        if _in_arrays(data):
            return [(range(len(data)), data)]
        groups: dict[Any, tuple[list[int], list, list]] = {}
        for i, (x, y) in enumerate(data):
            places, xs, ys = groups.setdefault((_structure(x), _structure(y)), ([], [], []))
            places.append(i)
            xs.append(x)
            ys.append(y)
        return [(places, Dataset(xs, ys)) for places, xs, ys in groups.values()]

    def _found(self, how: str, data: Dataset) -> Any:
        """The results for examples of one structure: `how` is "mean" or "each"."""
        if self.recorded is None:
            return self._itself(how, data)
        what = how, _structure_of_all(data)
        first = what not in self.compared
        drawn_from = generators_of(self.model) if first else self.drawn_from
        states = RandomStates(drawn_from) if drawn_from else None
        try:
            found = self._replayed(how, data)
            recorded_anew = first or self.recorded.cache_info().misses != self.misses
            if recorded_anew or time.perf_counter() >= self.next_comparison:
                self._compare(how, data, recorded_anew)
                self.compared.add(what)
            else:
                self.latest = how, data
            return found
        except ReplayDiffersError:
            raise
        except Exception as error:
            reason = error
        if states is not None:
            states.restore()  # the model draws what it would draw without the replay
        found = self._itself(how, data)  # if the model itself raises, its own error is seen
        self._give_up(reason)
        return found

    def _give_up(self, reason: Exception) -> None:
        self.recorded = None
        said = str(reason) if isinstance(reason, RecordingError) else f"{type(reason).__name__}: {reason}"
        warnings.warn(
            f"this model runs example by example, which is slower, since it cannot be recorded: {said} "
            "(recorded=False runs it so without this warning.)",
            NotRecordedWarning,
            stacklevel=2,
        )

    def _compare(self, how: str, data: Dataset, first: bool) -> None:
        """Raise an error unless a replay of some of the examples gives what the model gives."""
        began = time.perf_counter()
        step = max(1, len(data) // COMPARED)
        some = data[sorted({(self.comparisons + i * step) % len(data) for i in range(COMPARED)})]
        states = RandomStates(generators_of(self.model))
        try:
            replayed = self._replayed(how, some)
            self.drawn_from = states.moved()
            states.restore()
            difference = _difference(replayed, self._itself(how, some), self.model)
        finally:
            states.restore()
        if difference and first:
            raise RecordingError(
                f"a replay gives {difference}. Does it draw random numbers, keep a state, or decide by an input?"
            )
        if difference:
            raise ReplayDiffersError(
                f"a replay of this model gives {difference}, as it did not when they were compared before: what was "
                "computed in between may be wrong. Does the model read something that changes, such as a counter, a "
                "file or the clock? Run it with recorded=False."
            )
        self.comparisons += 1
        self.latest, self.misses = None, self.recorded.cache_info().misses
        ended = time.perf_counter()
        self.next_comparison = ended + INTERVAL * (ended - began)

    def _replayed(self, how: str, data: Dataset) -> Any:
        in_lists = Lists(data.arrays) if data.arrays and data.rows is None else None
        batches = (in_lists or data.rows,) if _in_arrays(data) else (data.inputs, data.targets)
        if how == "mean":
            if not self.outputs:
                return self.recorded.mean(*batches), [None] * len(data)
            return self.recorded.mean(*batches, has_aux=self.outputs if _in_arrays(data) else True)
        if not self.outputs:
            return self.recorded.map(*batches), [None] * len(data)
        losses, outputs = self.recorded.map(*batches, has_aux=self.outputs if _in_arrays(data) else True)
        return losses if isinstance(losses, list) else losses.tolist(), outputs

    def _itself(self, how: str, data: Dataset) -> Any:
        pairs = [found if self.outputs else (found, None) for found in map(self.example, data.inputs, data.targets)]
        if how == "mean":
            return mean([loss for loss, _ in pairs]), [metrics.plain_output(output) for _, output in pairs]
        return [metrics.number(loss) for loss, _ in pairs], [metrics.plain_output(output) for _, output in pairs]


def _difference(replayed: Any, itself: Any, model: Any) -> str:
    """How the results of a replay differ from those of the model, in words; "" if they do not.

    Values must be equal to the bit. The terms of a gradient are added in another order, so gradients may be rounded
    differently.
    """
    if isinstance(replayed[0], list):
        return "" if _same(replayed, itself) else "other numbers than the model itself"
    loss, own = replayed[0], itself[0]
    if metrics.number(loss) != metrics.number(own) or not _same(replayed[1], itself[1]):
        return "other numbers than the model itself"
    parameters = dict.fromkeys(model.parameters() if isinstance(model, Module) else ())
    others = [leaf for leaf in (loss.parents if isinstance(loss, Value) else ()) if leaf not in parameters]
    leaves = list(parameters | dict.fromkeys(leaf for leaf in others if type(leaf) is Value and not leaf.parents))
    slopes, expected = (
        derivatives(result, leaves) if isinstance(result, Value) else [0.0] * len(leaves) for result in (loss, own)
    )
    if all(abs(a - b) <= ROUNDING * abs(b) for a, b in zip(slopes, expected)):
        return ""
    for leaf, a, b, magnitude in zip(leaves, slopes, expected, _magnitudes(own, leaves)):
        if abs(a - b) > ROUNDING * magnitude:
            return f"another gradient than the model itself ({leaf.label or 'of a Value':.60}: {a!r} for {b!r})"
    return ""


def _same(a, b) -> bool:
    """Whether two structures hold the same numbers; the first may be an array."""
    if hasattr(a, "tolist"):
        a = a.tolist()
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b


def _magnitudes(result: Any, leaves: list[Value]) -> list[float]:
    """For each leaf, the sum of the magnitudes of the terms of its gradient, one term for each path to it."""
    path: list[Any] = [result] if isinstance(result, Value) else []
    order: dict[Any, None] = {}  # parents before children
    while path:
        node = path[-1]
        new = [parent for parent in node.parents if parent not in order]
        path += new
        if not new:
            order[path.pop()] = None
    sizes = dict.fromkeys(order, 0.0) | {result: 1.0}
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.partials):
            sizes[parent] += sizes[node] * abs(slope)
    return [sizes.get(leaf, 0.0) for leaf in leaves]


def generators_of(model) -> list[Any]:
    """The random generators that a model may draw from: Python's, NumPy's if it is imported, those of its modules."""
    return [*generators(model).values(), *filter(None, [sys.modules.get("numpy.random")])]


class RandomStates:
    """The states of random generators as they are now."""

    def __init__(self, of: list):
        self.states = [(one, one.getstate() if hasattr(one, "getstate") else one.get_state()) for one in of]

    def moved(self) -> list:
        """Python's generators that are in another state now."""
        return [one for one, state in self.states if hasattr(one, "getstate") and one.getstate() != state]

    def restore(self) -> None:
        """Set the generators back."""
        for one, state in self.states:
            (one.setstate if hasattr(one, "setstate") else one.set_state)(state)


def _structure(part) -> Any:
    """What examples must have in common to be replayed together: the lengths of their lists."""
    if not isinstance(part, (list, tuple)):
        return None
    return tuple(map(_structure, part)) if part and isinstance(part[0], (list, tuple)) else len(part)


def _structure_of_all(data: Dataset) -> Any:
    """The structure that all the examples have in common."""
    if data.rows is not None:
        return data.rows.shapes
    if data.arrays:
        return tuple([column.shape[1:] for column in data.arrays])
    return _structure(data.inputs[0]), _structure(data.targets[0])


def _in_arrays(data: Dataset) -> bool:
    """Whether the examples are numbers of one shape, in arrays."""
    return data.rows is not None or bool(data.arrays)


def _joined(parts: list[Any]) -> Any:
    """The outputs of several parts of the examples, as one array if all of them are arrays, else as a list."""
    if parts and all(hasattr(part, "tolist") for part in parts):
        import numpy

        return parts[0] if len(parts) == 1 else numpy.concatenate(parts)
    return [output for part in parts for output in (part.tolist() if hasattr(part, "tolist") else part)]


def _in_order(groups: list, results: list[Any]) -> Any:
    """The results of the groups, one for each example, in the order of the examples."""
    if len(groups) == 1:
        return results[0]
    ordered = sorted(
        zip((i for places, _ in groups for i in places), (x for found in results for x in found)),
        key=lambda pair: pair[0],
    )
    return [result for _, result in ordered]
