"""The ordinary graph behind a replayed result, for what a replay cannot do: higher derivatives, pictures, copies."""

from __future__ import annotations

import threading
import weakref
from types import SimpleNamespace

from autograd.composed import mean
from autograd.engine import Value, constant, is_recording
from autograd.errors import StaleGraphError
from autograd.replay.results import numbers_of


class UnrolledGraph:
    """How a replayed result is computed as an ordinary graph: by calling the function.

    recording  the function's recording
    index      the index of this number among those that the function returns
    rows       for each example, its numbers and Values, then the random numbers that it drew
    rule       describes the recording as if it were a primitive
    """

    def __init__(self, recording, index, rows):
        self.recording, self.index, self.rows = recording, index, rows
        name = getattr(recording.function, "__name__", "recording")
        self.rule = SimpleNamespace(name=name, symbol=f"▶ {name}")

    @property
    def nodes(self):
        """About how many nodes that graph has."""
        return len(self.rows) * self.recording.program.nodes

    def __call__(self):
        """The mean of this number over the examples, as a graph with the same Values as its leaves."""
        if not is_recording():
            self._check_nothing_has_changed()
        rows = self.rows if isinstance(self.rows, list) else self.rows.tolist()
        results = [self._result(row) for row in rows]
        result = mean(results) if len(results) > 1 else results[0]
        return result if isinstance(result, Value) else constant(result)

    def _result(self, row):
        """This number for one example. The function gets the random numbers that it drew, and moves no generator."""
        with unrolling.block(row[len(self.recording.example) :]):
            return numbers_of(self.recording.call_function(row))[self.index]

    def _check_nothing_has_changed(self):
        change = self.recording.dependencies.changed()
        if change:
            raise StaleGraphError(
                f"the graph behind a result of the compiled function {self.rule.name} is made by "
                f"calling it again, but {change[0]} has changed since, which it reads. Call the "
                "compiled function again."
            )
        if not self.recording.verified:
            self.recording.verify()  # this is the second call


class _Unrolling(threading.local):
    """Whether this thread is making the graph behind a result: meanwhile compiled functions call their function."""

    def __init__(self):
        # Weak references to what only `with` holds: it is gone when that ends, even by an interrupt. With each, the
        # random numbers that are left.
        self.blocks = ()

    def block(self, random_numbers=()):
        """For `with`: inside, `random_numbers` are drawn."""
        block = [threading.RLock()]
        self.blocks = (*self.blocks, (weakref.ref(block[0]), iter(random_numbers)))
        return block.pop()

    def is_on(self):
        if self.blocks:
            self.blocks = tuple([block for block in self.blocks if block[0]() is not None])
        return bool(self.blocks)

    def random_numbers(self):
        """The numbers to be drawn inside a block, an iterator; None outside."""
        return self.blocks[-1][1] if self.is_on() else None


unrolling = _Unrolling()
