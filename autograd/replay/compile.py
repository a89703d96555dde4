"""`compile`: a scalar function is recorded once and replayed from then on, for one example or for a batch.

The first call with a new structure of arguments records what the function does with tracers (recorder.py). Later calls
run the recorded program on numbers, without the function: no nodes, no Python for each operation.

A compiled function gives what the function itself would give if it were called now, or raises. What this means exactly,
and how it is seen to, is written in README.md beside this file.
"""

from __future__ import annotations

import contextlib
import gc
import operator
import sys
import threading
import time
import warnings
import weakref
from collections import Counter, OrderedDict, namedtuple
from collections.abc import Callable
from functools import reduce, update_wrapper
from types import SimpleNamespace
from typing import Any

from autograd.composed import mean
from autograd.engine import (
    Value,
    as_float,
    constant,
    gradients_wanted,
    graph_wanted,
    is_recording,
    no_grad,
    recorder,
    recording,
    replayed,
)
from autograd.engine.libraries import level_outside
from autograd.errors import ArgumentError, NumberTypeError, RecordingError, RecordingWarning, StaleGraphError, listed
from autograd.replay.dependencies import SCALARS, Dependencies, same
from autograd.replay.machine import Machine, culprit
from autograd.replay.recorder import CONSTANT, VALUE, Program, Recorder, key_of, keys_of
from autograd.replay.signature import columns_of, filled, kinds_in, matrix_of, parts_of, positions_of
from autograd.replay.statics import Static
from autograd.transforms import map_numbers, numbers_in

CacheInfo = namedtuple("CacheInfo", "hits misses maxsize currsize")


def compile(
    function: Callable | None = None, *, static: tuple[str, ...] = (), maxsize: int = 16, fallback: bool = True
) -> Any:
    """A function that records `function` at the first call and replays it from then on; also a decorator.

    A compiled function gives what the function itself would give if it were called now, or raises. It never gives an
    older answer, and never another answer.

    function  takes numbers and Values, in nested lists, tuples, dicts and arrays, and returns such; also a method.
              Values that it closes over, such as a model's parameters, are read afresh at every call. Whatever else
              its code reads (globals, closures, attributes, items of lists) is compared at each call, and recorded
              anew when it has changed
    static    names of arguments that are part of the recording, as strings, None and bools always are: a new one
              records anew. Numbers, strings, functions, and lists, tuples, dicts and sets of them
    maxsize   how many recordings are kept; the one not used for longest goes first
    fallback  whether the function itself is called where a replay is not possible (a result is not finite, or recording
              fails), to raise its own error or none; otherwise that is a RecordingError

    The result is called as `function` is; `.mean(X, Y)` gives the mean result over the examples of a batch,
    `.map(X, Y)` each example's result as plain numbers.

    >>> w = Value(3.0)
    >>> step = compile(lambda x: (w * x).tanh())
    >>> step(0.1)
    Value(0.2913126124515909, grad=0)
    >>> step(0.2).backward()
    >>> w.grad
    0.14231555251744452

    Raises RecordingError for a function that decides, indexes or counts by a number that depends on its inputs, or that
    is not the same at its second call: with random numbers, a clock, a counter. Warns (RecordingWarning) when it is
    recorded again and again, and when the function itself must be called in place of a replay.
    """
    if function is None:
        return lambda wrapped: Compiled(wrapped, static, maxsize, fallback)
    return Compiled(function, static, maxsize, fallback)


MANY = 200_000  # from so many items on to compare them takes as long as a function of thousands of operations
NO_GRAD = "no_grad"  # before the key of a recording for calls inside no_grad()


class NotFinite(Exception):
    """A replay met something that is not finite: the function itself is to be called, and says what it is."""


class Unrecorded(Exception):
    """The function has failed while it was recorded: it is to be called itself, and raises its own error, or none."""


class Compiled:
    """A function that is recorded and replayed; see `compile`."""

    def __init__(self, function, static=(), maxsize=16, fallback=True):
        if not callable(function):
            raise ArgumentError(f"compile: a function is wanted, got {function!r:.60}.")
        if not isinstance(maxsize, int) or maxsize < 1:
            raise ArgumentError(f"compile: maxsize is the number of recordings to keep, at least 1, got {maxsize!r}.")
        self.function = function
        self._static = (static,) if isinstance(static, str) else tuple(listed("compile: static", static))
        self._positions = positions_of(function, self._static)
        self._recordings: OrderedDict = OrderedDict()
        self._hits = self._misses = 0
        self._maxsize, self._fallback = maxsize, fallback
        self._changes: Counter = Counter()  # how often what was read from outside had changed, by its name
        self._dropped: set = set()  # hashes of the keys whose recordings had to go
        self._warned: set = set()
        self._failure = ""  # with which recording failed
        self._made_from: Compiled | None = None  # for a method of one instance: that of the class
        update_wrapper(self, function, updated=())  # a function may carry the attributes of another compiled one

    def __repr__(self):
        return f"<compiled {getattr(self.function, '__name__', self.function)!s}>"

    def __get__(self, instance, owner=None):
        """As a method: one of its own for each instance, which keeps it."""
        if instance is None or isinstance(self.function, staticmethod):
            return self
        attributes = getattr(instance, "__dict__", None)
        if attributes is None:
            raise ArgumentError(
                f"compile: a {type(instance).__name__} has no __dict__ to keep its recordings in. "
                "Compile a function, and pass what it needs as arguments."
            )
        place = f"_compiled_{id(self):x}"
        own = attributes.get(place)
        # A copy of an instance brings the original's along.
        if own is None or own.function.instance() is not instance:
            own = Compiled(Method(self.function, instance), (), self._maxsize, self._fallback)
            own._static, own._positions = self._static, frozenset(i - 1 for i in self._positions)
            own._made_from = self
            if isinstance(instance, type):
                setattr(instance, place, own)
            else:
                attributes[place] = own
        return Bound(own, instance)

    @property
    def __isabstractmethod__(self):
        return getattr(self.function, "__isabstractmethod__", False)

    def __reduce__(self):
        if self._made_from is not None:
            return type(None), ()
        return Compiled, (self.function, self._static, self._maxsize, self._fallback)

    def __call__(self, *args, **kwargs):
        """The result for one example, as the function itself would return it."""
        if is_recording() or _unrolling.is_on():
            return self.function(*args, **kwargs)
        leaves: list = []
        key = key_of(args, kwargs, self._positions, self._static, leaves)
        replay = self._replay(key, leaves, gradients_wanted())
        if replay:
            with contextlib.suppress(NotFinite):
                return replay.call(leaves)
        self._fall_back(replay, [leaves])
        return self._fallen_back(self.function(*args, **kwargs), replay, [leaves])

    def mean(self, *batches, has_aux=False, **kwargs):
        """The mean result over the examples of a batch, one Value.

        batches  for each positional argument of the function a sequence of what it is in each example, or a number or
                 Value that is the same for all; bools in a sequence are the numbers 1 and 0
        has_aux  the function returns a pair: the number to average, and something else, which comes back as a list of
                 plain numbers with one entry an example
        kwargs   the same for all examples

        >>> w = Value(3.0)
        >>> step = compile(lambda x, y: (w * x - y) ** 2)
        >>> step.mean([1.0, 2.0], [3.0, 5.0])
        Value(0.5, grad=0)
        """
        if is_recording() or _unrolling.is_on():
            return self._mean([self.function(*example, **kwargs) for example in zip(*columns_of(batches)[0])], has_aux)
        replay, rows = self._batch("mean", batches, kwargs, gradients_wanted())
        if replay:
            with contextlib.suppress(NotFinite):
                return replay.mean(rows, has_aux)
        self._fall_back(replay, rows)
        results = [self.function(*example, **kwargs) for example in zip(*columns_of(batches)[0])]
        return self._mean(self._fallen_back(results, replay, rows), has_aux)

    @staticmethod
    def _mean(results, has_aux):
        """The mean of the function's own results."""
        if not has_aux:
            return mean(results)
        return mean([loss for loss, _ in results]), [map_numbers(_plain, other) for _, other in results]

    def map(self, *batches, **kwargs):
        """Each example's result as plain numbers, without gradients; the arguments are those of `mean`.

        >>> compile(lambda x: [x, x ** 2]).map([1.0, 2.0, 3.0])
        [[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]]
        """
        if is_recording() or _unrolling.is_on():
            return self._map(batches, kwargs)
        replay, rows = self._batch("map", batches, kwargs, gradients=False)
        if replay:
            with contextlib.suppress(NotFinite):
                return replay.map(rows)
        self._fall_back(replay, rows)
        return self._fallen_back(self._map(batches, kwargs), replay, rows)

    def _map(self, batches, kwargs):
        """The function's own results as plain numbers."""
        with no_grad():
            return [map_numbers(_plain, self.function(*example, **kwargs)) for example in zip(*columns_of(batches)[0])]

    def cache_info(self):
        """How often a recording was found and was not, how many are kept at most, and how many there are."""
        return CacheInfo(self._hits, self._misses, self._maxsize, len(self._recordings))

    def cache_clear(self):
        """Forget all recordings."""
        self._recordings.clear()
        self._dropped.clear()
        self._hits = self._misses = 0

    def stats(self):
        """A dict for each recording that is kept: its nodes, levels, loops, bytes, and the seconds that it took; and
        how often the function itself had to be called in place of a replay ("fallbacks")."""
        return [replay.stats() for replay in self._recordings.values()]

    def draw(self, **options):
        """A picture of the recording that was used last, as a graph of the numbers that it was recorded with."""
        from autograd.view.draw import draw

        if not self._recordings:
            raise ArgumentError("draw: nothing has been recorded yet. Call the function once.")
        replay = next(reversed(self._recordings.values()))
        result = replay.again(leaf if isinstance(leaf, Value) else constant(leaf) for leaf in replay.example)
        return draw(numbers_in(result)[0], **options)

    def _batch(self, name, batches, kwargs, gradients):
        """The recording that serves all examples of a batch, and for each example its numbers and Values, a row."""
        found = matrix_of(batches) if not kwargs and not self._static else None
        if found:
            key, rows = found
            return self._replay(key, rows[0], gradients, len(rows)), rows
        columns, spread = columns_of(batches)
        rows: list = []
        keys = keys_of(zip(*columns), kwargs, self._positions, self._static, rows, spread)
        if len(keys) > 1:
            raise ArgumentError(
                f"{name}: the examples of a batch must have one structure, got {len(keys)} different "
                "ones. Pad them to one length, or call the function for each."
            )
        return self._replay(keys.pop(), rows[0], gradients, len(rows)), rows

    def _replay(self, key, leaves, gradients, examples=1):
        """The recording for a key, made now if it is not there or no longer what the function does.

        gradients  whether the function would build a graph now. It matters only if it takes derivatives inside: those
                   of Constants are 0
        examples   for how many calls the recording is to stand

        None when recording failed, but not with a RecordingError: the function itself is to be called then, and raises
        its own error, or none.
        """
        try:
            replay = self._found(key, leaves, True)
            if replay.differentiated and not gradients:
                replay = self._found((NO_GRAD, key), leaves, False)
            if examples > 1 and not replay.verified:
                replay.verify()
            return replay
        except Unrecorded as failure:
            self._failure = f"{type(failure.__cause__).__name__}: {failure.__cause__}"
            return None

    def _found(self, key, leaves, gradients):
        replay = self._recordings.get(key)
        change = None if replay is None or replay.dependencies.unchanged() else replay.dependencies.changed()
        if replay and replay.refusal and not change:
            raise RecordingError(replay.refusal)
        if replay is None or change:
            self._misses += 1
            self._note(key, change)
            replay = self._recordings[key] = Replay(self.function, key if gradients else key[1], leaves, gradients)
            count, where = replay.dependencies.largest()
            if count > MANY:
                self._warn(
                    "many",
                    f"{count:,} items that it reads from outside are compared at each call, most of "
                    f"them in {where}. Put them into a tuple or a read-only array, which cannot "
                    "change, or pass what it needs as an argument.",
                )
            while len(self._recordings) > self._maxsize:
                self._dropped.add(hash(self._recordings.popitem(last=False)[0]))
        else:
            self._hits += 1
            if not replay.verified:
                replay.verify()
            self._recordings.move_to_end(key)
        return replay

    def _note(self, key, change):
        """Warn when the function is recorded again and again."""
        if change is None:
            if hash(key) in self._dropped:
                self._warn(
                    "maxsize",
                    f"more than {self._maxsize} structures of arguments take turns, so that "
                    "recordings are thrown away and made again. Keep more of them: compile(..., "
                    "maxsize=...).",
                )
            return
        name, before, now = change
        if type(before) in SCALARS and type(now) in SCALARS:
            self._changes[name] += 1
            if self._changes[name] >= 3:
                self._warn(
                    name,
                    f"it was recorded anew {self._changes[name]} times because {name} had changed, at "
                    f"last from {before!r:.40} to {now!r:.40}. Pass it as an argument, make it a "
                    "Value, or keep it out of the function.",
                )

    def _fall_back(self, replay, rows):
        """Before the function itself is called in place of a replay: may it be?"""
        if not self._fallback:
            raise RecordingError(f"compile: {self._name()} cannot be replayed: {self._reason(replay, rows)}.")

    def _fallen_back(self, result, replay, rows):
        """The result of the function itself, which was called in place of a replay."""
        if replay:
            replay.fallbacks += 1
        if "fallback" not in self._warned:
            self._warn(
                "fallback",
                "the function itself is called in place of a replay, which is slower: "
                f"{self._reason(replay, rows)}. stats() counts how often.",
            )
        return result

    def _reason(self, replay, rows):
        if replay:
            return f"{replay.culprit(rows)} is not finite"
        return f"recording it fails with {self._failure}"

    def _name(self):
        return getattr(self.function, "__qualname__", repr(self.function))

    def _warn(self, what, message):
        """Warn once of each thing."""
        if what not in self._warned:
            self._warned.add(what)
            warnings.warn(f"compile: {self._name()}: {message}", RecordingWarning, stacklevel=level_outside())


class Bound:
    """A compiled method of an instance, which it keeps alive as any method does."""

    def __init__(self, compiled, instance):
        self._compiled, self._instance = compiled, instance

    def __call__(self, *args, **kwargs):
        return self._compiled(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._compiled, name)

    def __repr__(self):
        return repr(self._compiled)

    def __reduce__(self):
        return getattr, (self._instance, self._compiled.function.__name__)


class Method:
    """A function bound to an instance that it does not keep alive."""

    def __init__(self, function, instance):
        self.instance = weakref.ref(instance)
        self.__name__ = "a function"
        update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(self.instance(), *args, **kwargs)


class Collector(weakref.ref):
    """A reference that switches the collector on when what it refers to is gone, in C: no interrupt prevents it."""

    on = staticmethod(gc.enable)


def collector_off():
    """For `with`: inside, Python does not look for cycles. While much is made and nothing thrown away, it would look in
    vain."""
    block = [threading.RLock()]  # only `with` is to refer to it, which lets go of it in any case
    if not gc.isenabled():
        return block.pop()
    try:
        _collectors[:] = [Collector(block[0], operator.methodcaller("on"))]
        gc.disable()
        return block.pop()
    except BaseException:
        gc.enable()
        raise


_collectors: list = []


class Replay:
    """One recording and the machine that runs it.

    key        the structure of the arguments, with the static ones
    example    the numbers and Values that it was recorded with
    gradients  whether operations build graphs
    """

    def __init__(self, function, key, example, gradients):
        began = time.perf_counter()
        for part in statics_in(key):
            part.keep()
        self.function, self.key, self.example, self.gradients = function, key, list(example), gradients
        self.fallbacks, self.verified, self.refusal = 0, False, ""
        with collector_off(), recorder_at_work() as recorder:
            self.result = Result(recorder, self._record(recorder))
            self.program = Program(recorder, self.result.tracers)
            self.dependencies = self._dependencies(recorder)
            self.differentiated = recorder.differentiated
            del self.result.tracers
        self.variables = [i for i, leaf in enumerate(example) if isinstance(leaf, Value)]
        self.machine = Machine(self.program)
        self.seconds = time.perf_counter() - began

    def _record(self, recorder):
        """Run the function with tracers; returns what it returned."""
        with recording(recorder), graph_wanted() if self.gradients else no_grad():
            try:
                result = self.again([recorder.input(kind) for _, part in parts_of(self.key) for kind in kinds_in(part)])
            except (RecordingError, MemoryError):
                raise
            except Exception as error:
                raise Unrecorded from error
        if recorder.spoilt is not None:
            raise recorder.spoilt
        return result

    def _dependencies(self, recorder):
        roots = [self.function, *(part.argument for part in statics_in(self.key))]
        if isinstance(self.function, Method):
            roots.append(self.function.instance())
        return Dependencies(roots, recorder.watched.values())

    def verify(self):
        """At the second call: record once more, and compare.

        Raises RecordingError when the function is not what it was although nothing changed that it reads.
        """
        generators = self.dependencies.generators
        before = random_states(generators)
        with collector_off(), recorder_at_work() as recorder:
            result = Result(recorder, self._record(recorder))
            is_same = Program(recorder, result.tracers).equals(self.program) and result.equals(self.result)
            self.dependencies = self._dependencies(recorder)
        if not is_same:
            self.refusal = (
                f"compile: the function was not the same at its second call{self._where()}, although "
                "nothing had changed that its code reads. Does it draw random numbers, read a clock or a "
                "file, or count its calls? Pass what differs as an argument."
            )
        elif before != random_states(generators):
            self.refusal = (
                "compile: the function draws random numbers, which a replay would not. Draw them outside, "
                "and pass them as arguments."
            )
        if self.refusal:
            raise RecordingError(self.refusal)
        self.verified = True

    def _where(self):
        """The line at which two more recordings part."""
        with collector_off(), recorder_at_work(lines=True) as one, recorder_at_work(lines=True) as other:
            self._record(one)
            self._record(other)
            self.dependencies = self._dependencies(other)  # which the function may have changed itself
            for line, a, b in zip(one.lines, one.tracers, other.tracers):
                if not a.matches(b):
                    return f", at {line}"
        return ""

    def again(self, leaves):
        """The function's own result, in place of a replay, on other numbers or Values."""
        leaves = iter(leaves)
        args, kwargs = [], {}
        for name, structure in parts_of(self.key):
            if name is None:
                args.append(filled(structure, leaves))
            else:
                kwargs[name] = filled(structure, leaves)
        return self.function(*args, **kwargs)

    def culprit(self, rows):
        """What is not finite in a replay, for a message."""
        return culprit(self.program, rows, self.variables)

    def call(self, leaves):
        """The result for one example."""
        slots, kinds = self.program.results, self.result.kinds
        roots = [slot for slot, kind in zip(slots, kinds) if kind == VALUE] if self._differentiable() else []
        numbers, slopes = self._run([leaves], slots, roots)
        slopes = iter(slopes)
        results = [
            kind.part
            if type(kind) is Kept
            else self._node(number, next(slopes) if roots and kind == VALUE else None, i, [leaves])
            for i, (number, kind) in enumerate(zip(numbers, kinds))
        ]
        if self.result.structure == 0:
            return results[0]
        return map_numbers(lambda part: results[part] if type(part) is int else part.part, self.result.structure)

    def mean(self, rows, has_aux):
        """The mean over examples, or the pair of it and the list of the examples' other results."""
        structure, slots = self.result.structure, self.program.results
        if type(structure[0] if has_aux else structure) is not int or (has_aux and len(structure) != 2):
            raise ArgumentError(
                "mean: the function must return one number, or with has_aux a pair of one number and "
                f"something else; it returns {map_numbers(lambda _: 'a number', structure)!r:.60}."
            )
        roots = slots[:1] if self._differentiable() and self.result.kinds[0] == VALUE else []
        numbers, slopes = self._run(rows, slots, roots, 1 / len(rows))
        total = reduce(
            operator.add, numbers[: len(rows) * len(slots) : len(slots)]
        )  # sum() would be exacter than eager's
        node = self._node(total / len(rows), slopes[0] if slopes else None, 0, rows)
        return (node, self._structured(structure[1], numbers, 1, len(rows))) if has_aux else node

    def map(self, rows):
        """Every example's result as plain numbers."""
        return self._structured(self.result.structure, self._run(rows, self.program.results, [])[0], 0, len(rows))

    def _differentiable(self):
        return gradients_wanted() and bool(self.machine.captured or self.variables)

    def _run(self, rows, reads, roots, seed=1.0):
        found = self.machine.run(rows, reads, roots, seed, self.variables)
        if found is None:
            raise NotFinite
        return found

    def _structured(self, structure, numbers, first, examples):
        """Each example's numbers, from the column `first` on, in a structure of such columns."""
        columns = len(self.program.results)
        if type(structure) is list and all(type(part) is int for part in structure):
            return [
                numbers[start : start + columns - first].tolist() for start in range(first, examples * columns, columns)
            ]
        return [
            map_numbers(
                lambda part, start=start: numbers[start + part] if type(part) is int else _plain(part.part), structure
            )
            for start in range(0, examples * columns, columns)
        ]

    def _node(self, number, slopes, place, rows):
        """A result as the function itself would return it; a Value has as its parents the captured Values and the Value
        arguments of all examples."""
        captured, kind = self.machine.captured, self.result.kinds[place]
        if slopes is None:
            return constant(number) if kind in (VALUE, CONSTANT) else number
        parents = captured + [row[i] for row in rows for i in self.variables] if self.variables else captured
        return replayed(number, parents, slopes, Again(self, place, rows))

    def stats(self):
        """Figures about the recording."""
        program = self.program
        return {
            "nodes": program.nodes,
            "levels": program.levels,
            "loops": len(program.runs),
            "bytes": 16 * program.size,
            "seconds": self.seconds,
            "fallbacks": self.fallbacks,
        }


def statics_in(key):
    """The static arguments in a key."""
    return [part for _, part in parts_of(key) if type(part) is Static]


@contextlib.contextmanager
def recorder_at_work(lines=False):
    """A recorder, which lets go of everything in the end."""
    recorder = Recorder()
    recorder.lines = [] if lines else None
    try:
        yield recorder
    finally:
        recorder.end()


def random_states(generators):
    """The states of random generators, and of those that programs share."""
    import pickle

    random, numpy = sys.modules.get("random"), sys.modules.get("numpy")
    return [
        random and random.getstate(),
        numpy and pickle.dumps(numpy.random.get_state(legacy=False)),
        *(one.getstate() if hasattr(one, "getstate") else pickle.dumps(one) for one in generators),
    ]


class _Unrolling(threading.local):
    """Whether the graph behind a result is being made: compiled functions are called themselves then."""

    def __init__(self):
        self.blocks = ()  # references to what only `with` holds: gone when it ends, whatever interrupts it

    def block(self):
        """For `with`."""
        block = [threading.RLock()]
        self.blocks = (*self.blocks, weakref.ref(block[0]))
        return block.pop()

    def is_on(self):
        if self.blocks:
            self.blocks = tuple([block for block in self.blocks if block() is not None])
        return bool(self.blocks)


_unrolling = _Unrolling()


class Again:
    """How a replayed result is computed as an ordinary graph."""

    def __init__(self, replay, place, rows):
        self.replay, self.place, self.rows = replay, place, rows
        name = getattr(replay.function, "__name__", "recording")
        self.rule = SimpleNamespace(name=name, symbol=f"▶ {name}")

    @property
    def nodes(self):
        """About how many nodes that graph has."""
        return len(self.rows) * self.replay.program.nodes

    def __call__(self):
        """The mean over the examples of this one of the numbers returned, as a graph that ends in the same Values."""
        if not is_recording():
            change = self.replay.dependencies.changed()
            if change:
                raise StaleGraphError(
                    f"the graph behind a result of the compiled function {self.rule.name} is made by "
                    f"calling it again, but {change[0]} has changed since, which it reads. Call the "
                    "compiled function again."
                )
            if not self.replay.verified:
                self.replay.verify()  # it is the second call
        rows = self.rows if isinstance(self.rows, list) else self.rows.tolist()
        with _unrolling.block():
            results = [numbers_of(self.replay.again(row))[self.place] for row in rows]
        result = mean(results) if len(results) > 1 else results[0]
        return result if isinstance(result, Value) else constant(result)


class Kept:
    """Something that a function returns as it is."""

    def __init__(self, part):
        self.part = part

    def __eq__(self, other):
        return type(other) is Kept and same(self.part, other.part)


def _why_no_result(part):
    """Whether a part of a result is something other than a number."""
    try:
        as_float(part)
    except NumberTypeError:
        return True
    except ValueError:
        return False
    return False


def is_kept(part):
    """Whether a part of a result comes back unchanged: None and strings."""
    return part is None or isinstance(part, str)


def numbers_of(result):
    """The numbers and Values in a result, in order."""
    return [part for part in numbers_in(result) if not is_kept(part)]


class Result:
    """What a function returned while it was recorded.

    structure  it, with its place among the numbers in place of each number, and a Kept in place of anything else
    tracers    what stands for the numbers
    kinds      of each number what the function itself would return: VALUE, CONSTANT or PLAIN, see recorder.py; or a
               Kept for a number that does not depend on anything
    """

    def __init__(self, recorder, result):
        self.tracers: list = []
        self.kinds: list = []
        self.recorder = recorder
        self.structure = map_numbers(self._place, result)
        del self.recorder

    def _place(self, part):
        if is_kept(part):
            return Kept(part)
        if not isinstance(part, Value) and _why_no_result(part):
            raise Unrecorded from NumberTypeError(
                f"the function returned a {type(part).__name__}; expected numbers, Values, strings and None, in lists, "
                "tuples and dicts"
            )
        tracer = self.recorder.tracer(part)
        self.tracers.append(tracer)
        self.kinds.append(tracer.kind if isinstance(part, Value) else Kept(part))
        return len(self.tracers) - 1

    def equals(self, other):
        return self.kinds == other.kinds and self.structure == other.structure


def _plain(result):
    if is_recording() and isinstance(result, Value):
        return recorder().number(result)
    return result.data if isinstance(result, Value) else as_float(result)
