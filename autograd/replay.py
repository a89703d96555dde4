"""`compile`: a scalar function is recorded once and replayed from then on, for one example or for a batch.

The first call with a new structure of arguments records what the function does with tracers (recorder.py). Later calls
run the recorded program on numbers, without the function: no nodes, no Python for each operation.
"""

from __future__ import annotations

import contextlib
import gc
import operator
import time
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from functools import reduce, update_wrapper
from types import SimpleNamespace
from typing import Any

from autograd.arguments import examples_of, filled, key_of, keys_of, matrix_of, positions_of
from autograd.composed import mean
from autograd.errors import ArgumentError, listed
from autograd.functional import map_numbers, numbers_in
from autograd.machine import Machine
from autograd.recorder import Program, Recorder
from autograd.value import Value, as_float, constant, gradients_wanted, is_recording, recording, replayed

CacheInfo = namedtuple("CacheInfo", "hits misses maxsize currsize")


def compile(function: Callable | None = None, *, static: tuple[str, ...] = (), maxsize: int = 16) -> Any:
    """A function that records `function` at the first call and replays it from then on; also a decorator.

    function  takes numbers and Values, in nested lists, tuples, dicts and arrays, and returns such. Values that it
              closes over, such as a model's parameters, are read afresh at every call
    static    names of arguments that are part of the recording, as strings, None and bools always are: a new one
              records anew
    maxsize   how many recordings are kept; the one not used for longest goes first

    The result is called as `function` is; `.mean(X, Y)` gives the mean result over the examples of a batch,
    `.map(X, Y)` each example's result as plain numbers.

    >>> w = Value(3.0)
    >>> step = compile(lambda x: (w * x).tanh())
    >>> step(0.1)
    Value(0.2913126124515909, grad=0)
    >>> step(0.2).backward()
    >>> w.grad
    0.14231555251744452

    Raises RecordingError for a function that decides, indexes or counts by a number that depends on its inputs.
    """
    if function is None:
        return lambda wrapped: Compiled(wrapped, static, maxsize)
    return Compiled(function, static, maxsize)


class NotFinite(Exception):
    """A replay met something that is not finite: the function itself is to be called, and says what it is."""


class Compiled:
    """A function that is recorded and replayed; see `compile`."""

    def __init__(self, function, static=(), maxsize=16):
        if not callable(function):
            raise ArgumentError(f"compile: a function is wanted, got {function!r:.60}.")
        if not isinstance(maxsize, int) or maxsize < 1:
            raise ArgumentError(f"compile: maxsize is the number of recordings to keep, at least 1, got {maxsize!r}.")
        self.function = function
        self._static = (static,) if isinstance(static, str) else tuple(listed("compile: static", static))
        self._positions = positions_of(function, self._static)
        self._recordings: OrderedDict = OrderedDict()
        self._hits = self._misses = 0
        self._maxsize = maxsize
        update_wrapper(self, function, updated=())  # a function may carry the attributes of another compiled one

    def __repr__(self):
        return f"<compiled {getattr(self.function, '__name__', self.function)!s}>"

    def __call__(self, *args, **kwargs):
        """The result for one example, as the function itself would return it."""
        if is_recording():
            return self.function(*args, **kwargs)
        leaves: list = []
        replay = self._replay(key_of(args, kwargs, self._positions, self._static, leaves), args, kwargs, leaves)
        with contextlib.suppress(NotFinite):
            return replay.call(leaves)
        return self.function(*args, **kwargs)

    def mean(self, *batches, has_aux=False, **kwargs):
        """The mean result over the examples of a batch, one Value.

        batches  for each positional argument of the function a sequence of what it is in each example
        has_aux  the function returns a pair: the number to average, and something else, which comes back as a list of
                 plain numbers with one entry an example
        kwargs   the same for all examples

        >>> w = Value(3.0)
        >>> step = compile(lambda x, y: (w * x - y) ** 2)
        >>> step.mean([1.0, 2.0], [3.0, 5.0])
        Value(0.5, grad=0)
        """
        replay, rows = self._batch("mean", batches, kwargs)
        with contextlib.suppress(NotFinite):
            return replay.mean(rows, has_aux)
        results = [self.function(*example, **kwargs) for example in examples_of(batches)]
        if not has_aux:
            return mean(results)
        return mean([loss for loss, _ in results]), [map_numbers(_plain, other) for _, other in results]

    def map(self, *batches, **kwargs):
        """Each example's result as plain numbers, without gradients; the arguments are those of `mean`.

        >>> compile(lambda x: [x, x ** 2]).map([1.0, 2.0, 3.0])
        [[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]]
        """
        replay, rows = self._batch("map", batches, kwargs)
        with contextlib.suppress(NotFinite):
            return replay.map(rows)
        return [map_numbers(_plain, self.function(*example, **kwargs)) for example in examples_of(batches)]

    def cache_info(self):
        """How often a recording was found and was not, how many are kept at most, and how many there are."""
        return CacheInfo(self._hits, self._misses, self._maxsize, len(self._recordings))

    def cache_clear(self):
        """Forget all recordings."""
        self._recordings.clear()
        self._hits = self._misses = 0

    def stats(self):
        """Nodes, levels, loops, bytes and the seconds of recording, a dict for each recording that is kept."""
        return [replay.stats() for replay in self._recordings.values()]

    def draw(self, **options):
        """A picture of the recording that was used last, as a graph of the numbers that it was recorded with."""
        from autograd.draw import draw
        if not self._recordings:
            raise ArgumentError("draw: nothing has been recorded yet. Call the function once.")
        replay = next(reversed(self._recordings.values()))
        result = replay.again(leaf if isinstance(leaf, Value) else constant(leaf) for leaf in replay.example)
        return draw(numbers_in(result)[0], **options)

    def _batch(self, name, batches, kwargs):
        """The recording that serves all examples of a batch, and for each example its numbers and Values, a row."""
        found = matrix_of(batches) if not kwargs and not self._static else None
        if found:
            key, rows = found
            return self._replay(key, [batch[0] for batch in batches], {}, rows[0]), rows
        examples, rows = examples_of(batches), []
        keys = keys_of(examples, kwargs, self._positions, self._static, rows)
        if len(keys) > 1:
            raise ArgumentError(f"{name}: the examples of a batch must have one structure, got {len(keys)} different "
                                "ones. Pad them to one length, or call the function for each.")
        return self._replay(keys.pop(), examples[0], kwargs, rows[0]), rows

    def _replay(self, key, args, kwargs, leaves):
        """The recording for a key, made now if it is not there."""
        replay = self._recordings.get(key)
        if replay is None or replay.is_stale():
            self._misses += 1
            replay = self._recordings[key] = Replay(self.function, args, kwargs, leaves, self._positions, self._static)
            while len(self._recordings) > self._maxsize:
                self._recordings.popitem(last=False)
        else:
            self._hits += 1
            self._recordings.move_to_end(key)
        return replay


@contextlib.contextmanager
def collector_off():
    """Inside, Python does not look for cycles: while much is made and nothing thrown away, it would look in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Replay:
    """One recording and the machine that runs it."""

    def __init__(self, function, args, kwargs, leaves, positions, static):
        began = time.perf_counter()
        self.function, self.example = function, leaves
        self._arguments = args, kwargs, positions, static
        with collector_off():
            recorder = Recorder()
            try:
                with recording(recorder):
                    result = self.again([recorder.input(isinstance(leaf, Value)) for leaf in leaves])
                self.program = Program(recorder, list(map(recorder.tracer, numbers_in(result))))
                self._now, self._then = map(list, zip(*recorder.watched.values())) if recorder.watched else ([], [])
            finally:
                recorder.end()
        slots = iter(self.program.results)
        self.result = map_numbers(lambda _: next(slots), result)
        self.variables = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Value)]
        self.machine = Machine(self.program)
        self.seconds = time.perf_counter() - began

    def is_stale(self):
        """Whether something that the function watched while it was recorded has changed since."""
        return _differ(self._now, self._then)

    def again(self, leaves):
        """The function's own result, in place of a replay, on other numbers or Values."""
        args, kwargs, positions, static = self._arguments
        leaves = iter(leaves)
        args = [arg if i in positions else filled(arg, leaves) for i, arg in enumerate(args)]
        return self.function(*args, **{name: arg if name in static else filled(arg, leaves)
                                       for name, arg in kwargs.items()})

    def call(self, leaves):
        """The result for one example."""
        slots = self.program.results
        roots = slots if self._differentiable() else []
        numbers, slopes = self._run([leaves], slots, roots)
        results = iter([self._node(number, parts, slot, [leaves])
                        for number, parts, slot in zip(numbers, slopes or [None] * len(slots), slots)])
        return map_numbers(lambda _: next(results), self.result)

    def mean(self, rows, has_aux):
        """The mean over examples, or the pair of it and the list of the examples' other results."""
        averaged = self.result[0] if has_aux else self.result
        if not isinstance(averaged, int) or (has_aux and len(self.result) != 2):
            raise ArgumentError("mean: the function must return one number, or with has_aux a pair of one number and "
                                f"something else; it returns {self.result!r:.60} of them.")
        slots = self.program.results
        numbers, slopes = self._run(rows, slots, [averaged] if self._differentiable() else [], 1 / len(rows))
        total = reduce(operator.add, numbers[:len(rows) * len(slots):len(slots)])  # sum() would be exacter than eager's
        node = self._node(total / len(rows), slopes[0] if slopes else None, averaged, rows)
        return (node, self._structured(self.result[1], numbers, 1, len(rows))) if has_aux else node

    def map(self, rows):
        """Every example's result as plain numbers."""
        return self._structured(self.result, self._run(rows, self.program.results, [])[0], 0, len(rows))

    def _differentiable(self):
        return gradients_wanted() and bool(self.machine.captured or self.variables)

    def _run(self, rows, reads, roots, seed=1.0):
        found = self.machine.run(rows, reads, roots, seed, self.variables)
        if found is None:
            raise NotFinite
        return found

    def _structured(self, result, numbers, first, examples):
        """Each example's numbers, from the column `first` on, in the structure of `result`."""
        columns = len(self.program.results)
        if isinstance(result, list) and all(isinstance(part, int) for part in result):
            return [numbers[start:start + columns - first].tolist()
                    for start in range(first, examples * columns, columns)]
        found = []
        for start in range(first, examples * columns, columns):
            row = iter(numbers[start:start + columns - first])
            found.append(map_numbers(lambda _, row=row: next(row), result))
        return found

    def _node(self, number, slopes, slot, rows):
        """A result as a Value whose parents are the captured Values and the Value arguments of all examples."""
        captured = self.machine.captured
        if slopes is None:
            return constant(number) if captured or self.variables else number
        parents = captured + [row[i] for row in rows for i in self.variables] if self.variables else captured
        return replayed(number, parents, slopes, Again(self, slot, rows))

    def stats(self):
        """Figures about the recording."""
        program = self.program
        return {"nodes": program.nodes, "levels": program.levels, "loops": len(program.runs),
                "bytes": 16 * program.size, "seconds": self.seconds}


class Again:
    """How a replayed result is computed as an ordinary graph."""

    def __init__(self, replay, slot, rows):
        self.replay, self.slot, self.rows = replay, slot, rows
        name = getattr(replay.function, "__name__", "recording")
        self.rule = SimpleNamespace(name=name, symbol=f"▶ {name}")

    @property
    def nodes(self):
        """About how many nodes that graph has."""
        return len(self.rows) * self.replay.program.nodes

    def __call__(self):
        """The mean over the examples of the result in the slot, as a graph that ends in the same Values."""
        place = numbers_in(self.replay.result).index(self.slot)
        rows = self.rows if isinstance(self.rows, list) else self.rows.tolist()
        results = [numbers_in(self.replay.again(row))[place] for row in rows]
        result = mean(results) if len(results) > 1 else results[0]
        return result if isinstance(result, Value) else constant(result)


def _differ(now, then):
    """Whether attributes of objects are other ones than they were."""
    try:
        return now != then
    except Exception:  # some part cannot be compared, a NumPy array for one: it must be the same object
        pairs = zip(now.values(), then.values()) if isinstance(now, dict) else zip(now, then)
        return len(now) != len(then) or any(
            _differ(a, b) if isinstance(a, (list, tuple, dict)) and type(a) is type(b) else a is not b
            for a, b in pairs)


def _plain(result):
    return result.data if isinstance(result, Value) else as_float(result)
