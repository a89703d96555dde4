"""`compile`: a scalar function is recorded once and replayed from then on, for one example or for a batch.

The first call with a new structure of arguments records what the function does with tracers (tracer.py). Later calls
run the recorded program on numbers, without the function: no nodes, no Python for each operation.

A compiled function gives what the function itself would give if it were called now, or raises. README.md, beside this
file, says what this means exactly and how it is ensured.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, overload

from autograd.arguments import expect_integer, expect_list
from autograd.composed import mean
from autograd.engine import Value, gradients_wanted, is_recording, no_grad
from autograd.errors import ArgumentError, RecordingError
from autograd.names import explain_arguments
from autograd.nested import map_numbers, with_object_arrays
from autograd.replay.batches import as_array, columns_of, matrix_of
from autograd.replay.methods import BoundMethod, WeakMethod
from autograd.replay.recorder import key_of, keys_of
from autograd.replay.recording import NotReplayed
from autograd.replay.recordings import Recordings
from autograd.replay.results import plain
from autograd.replay.signature import positions_of
from autograd.replay.translations import Translations

if TYPE_CHECKING:
    from array import array

    from autograd.engine.arrays import Flat
    from autograd.replay.program import Program
    from autograd.view.draw import Drawing

CacheInfo = namedtuple("CacheInfo", "hits misses maxsize currsize")
P = ParamSpec("P")  # the parameters of a compiled function
Q = ParamSpec("Q")  # those of a method, without self
R_co = TypeVar("R_co", covariant=True)  # what it returns
N = TypeVar("N", Value, float, "Value | float")
OF_COMPILE = {
    "static_argnums": 'Name the arguments: static="n", or static=("n", "m").',
    "static_argnames": 'Write static="n", or static=("n", "m").',
    **dict.fromkeys(("mode", "backend", "dynamic", "fullgraph", "donate_argnums", "device"), "Leave it out."),
}


@overload
def compile(
    function: Callable[P, R_co], *, static: str | Iterable[str] = (), maxsize: int = 16, fallback: bool = True
) -> Compiled[P, R_co]: ...
@overload
def compile(
    function: None = None, *, static: str | Iterable[str] = (), maxsize: int = 16, fallback: bool = True
) -> Callable[[Callable[P, R_co]], Compiled[P, R_co]]: ...
@explain_arguments(OF_COMPILE)
def compile(function=None, *, static=(), maxsize=16, fallback=True):
    """A function that records `function` at the first call and replays it from then on; also a decorator.

    A compiled function gives what the function itself would give if it were called now, or raises. It never gives an
    older answer, and never another answer.

    function  takes numbers and Values, in nested lists, tuples, dicts and arrays, and returns the same; it may be a
              method. Values that it closes over, such as a model's parameters, are read afresh at every call. Whatever
              else its code reads (globals, closures, attributes, items of lists) is compared at each call; after a
              change the function is recorded again
    static    names of arguments that are part of the recording, as strings, None and bools always are: another value
              means another recording. Numbers, strings, functions, and lists, tuples, dicts and sets of them
    maxsize   how many recordings are kept; the least recently used is dropped first
    fallback  whether to call the function itself where a replay is not possible (a result is not finite, or recording
              fails), so that it raises its own error, if any; if False, a RecordingError is raised

    The result is called like `function`; `.mean(X, Y)` gives the mean result over the examples of a batch, `.map(X, Y)`
    each example's result as plain numbers.

    >>> w = Value(3.0)
    >>> step = compile(lambda x: (w * x).tanh())
    >>> step(0.1)
    Value(0.2913126124515909, grad=0)
    >>> step(0.2).backward()
    >>> w.grad
    0.14231555251744452

    Raises RecordingError for a function that decides, indexes or counts by a number that depends on its inputs, or that
    differs at its second call because of random numbers (but for `random_numbers`), a clock or a counter. Warns
    (RecordingWarning) when it is recorded again and again, and when the function itself must be called in place of a
    replay.
    """
    if function is None:
        return lambda wrapped: Compiled(wrapped, static, maxsize, fallback)
    return Compiled(function, static, maxsize, fallback)


class Compiled(Translations, Generic[P, R_co]):
    """A function that is recorded and replayed; see `compile`."""

    def __init__(
        self,
        function: Callable[P, R_co],
        static: str | Iterable[str] = (),
        maxsize: int = 16,
        fallback: bool = True,
    ):
        if not callable(function):
            raise ArgumentError(f"compile: expected a function, got {function!r:.60}.")
        self.function: Any = function
        self._static = (static,) if isinstance(static, str) else tuple(expect_list("compile: static", static))
        self._positions = positions_of(function, self._static)
        self._recordings = Recordings(function, expect_integer("compile: maxsize", maxsize))
        self._fallback = fallback
        self._twins: dict[Any, Compiled[Any, Any]] = {}  # its derivatives, compiled, by their names
        self._made_from: Compiled[Any, Any] | None = None  # for a method of an instance: the class's one
        update_wrapper(self, function, updated=())  # the function may have another compiled function's attributes

    def __repr__(self):
        return f"<compiled {getattr(self.function, '__name__', self.function)!s}>"

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Compiled[P, R_co]: ...
    @overload
    def __get__(
        self: Compiled[Concatenate[Any, Q], R_co], instance: object, owner: Any = None
    ) -> Compiled[Q, R_co]: ...
    def __get__(self, instance, owner=None):
        """As a method: each instance has its own compiled function, and keeps it among its attributes."""
        if instance is None or isinstance(self.function, staticmethod):
            return self
        attributes = getattr(instance, "__dict__", None)
        if attributes is None:
            raise ArgumentError(
                f"compile: a {type(instance).__name__} has no __dict__ to keep its recordings in. "
                "Compile a function, and pass what it needs as arguments."
            )
        name = f"_compiled_{id(self):x}"
        own = attributes.get(name)
        if own is None or own.function.instance() is not instance:  # a copied instance has the original's
            own = self._for(instance)
            if isinstance(instance, type):
                setattr(instance, name, own)
            else:
                attributes[name] = own
        return BoundMethod(own, instance)

    def _for(self, instance):
        """The compiled function that `instance` has as a method."""
        own = Compiled(WeakMethod(self.function, instance), (), self._recordings.maxsize, self._fallback)
        own._static, own._positions = self._static, frozenset(i - 1 for i in self._positions)
        own._made_from = self
        return own

    def twin(self, name: object, transform: Callable[[Any], Callable[..., Any]]) -> Compiled[Any, Any]:
        """`transform(function)`, compiled with the same options: made once for each name."""
        if name not in self._twins:
            self._twins[name] = Compiled(
                transform(self.function), self._static, self._recordings.maxsize, self._fallback
            )
        return self._twins[name]

    @property
    def __isabstractmethod__(self):
        return getattr(self.function, "__isabstractmethod__", False)

    def __reduce__(self):
        if self._made_from is not None:
            return type(None), ()
        return Compiled, (self.function, self._static, self._recordings.maxsize, self._fallback)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The result for one example, as the function itself would return it."""
        replayer = self._recordings.replayer
        if replayer is not None and not kwargs:
            found = replayer.call(args, self._positions, self._static)
            if found is not None:
                self._recordings.hits += 1
                return found
        if is_recording():
            return self._itself(args, kwargs)
        leaves: list = []
        key = key_of(args, kwargs, self._positions, self._static, leaves)
        recording, rows = self._recordings.serving(key, [leaves], gradients_wanted()), None
        if recording:
            try:
                return recording.call(leaves)
            except NotReplayed as failure:
                rows = failure.rows
        return self._instead_of(recording, rows, self._itself, args, kwargs)

    @overload
    def mean(self: Compiled[..., N], *batches: Any, has_aux: Literal[False] = False, **kwargs: Any) -> N: ...
    @overload
    def mean(
        self: Compiled[..., tuple[N, Any]], *batches: Any, has_aux: Literal[True], **kwargs: Any
    ) -> tuple[N, list[Any]]: ...
    @overload
    def mean(
        self: Compiled[..., tuple[N, Any]], *batches: Any, has_aux: Literal["array"], **kwargs: Any
    ) -> tuple[N, Any]: ...
    @overload
    def mean(self, *batches: Any, has_aux: bool | Literal["array"] = False, **kwargs: Any) -> Any: ...
    def mean(self, *batches, has_aux=False, **kwargs):
        """The mean result over the examples of a batch, one Value.

        batches  for each positional argument of the function, a sequence with its value in each example, or a number
                 or Value that is the same for all; bools in a sequence are the numbers 1 and 0
        has_aux  the function returns a pair: the number to average, and something else, which is returned as a list of
                 plain numbers with one entry per example; with "array" as a NumPy array, if it is a number or nested
                 lists of numbers that make an array
        kwargs   the same for all examples

        >>> w = Value(3.0)
        >>> step = compile(lambda x, y: (w * x - y) ** 2)
        >>> step.mean([1.0, 2.0], [3.0, 5.0])
        Value(0.5, grad=0)
        """
        replayer = self._recordings.replayer
        if has_aux is not False:
            _check_has_aux("mean", has_aux)
        elif replayer is not None and not kwargs and (found := replayer.mean(batches)) is not None:
            self._recordings.hits += 1
            return found
        if is_recording():
            return self._own_mean(batches, kwargs, has_aux)
        recording, rows = self._batch("mean", batches, kwargs, gradients_wanted())
        if recording:
            if not recording.begins_with_a_number(has_aux):
                raise self._no_number("mean", recording, batches, kwargs)
            try:
                return recording.mean(rows, has_aux)
            except NotReplayed as failure:
                rows = failure.rows
        return self._instead_of(recording, rows, self._own_mean, batches, kwargs, has_aux)

    def mean_into(self, flat: Flat, rows: Any) -> tuple[float, array[float]] | None:
        """Set the gradients of the Values in `flat` to those of the mean result over a batch: as if all gradients were
        set to 0 and `mean(rows).backward()` called, but without a graph.

        rows  the examples, as autograd.examples.rows_of returns them

        Returns the mean, and all numbers that the function returns, one example after the other. Returns None, and has
        changed nothing, where only `mean` can do it: without the compiled engine, while the Flat does not hold the
        numbers of all Values that a gradient flows to, for functions that draw random numbers, unless the examples are
        like those of the last call, after something that it depends on has changed, where a result is not finite, and
        for results other than a number, or a pair of a number and a number or a list of several.
        """
        replayer = self._recordings.replayer
        return replayer and replayer.mean_into(flat, rows)

    @overload
    def map(self: Compiled[..., Value | float], *batches: Any, **kwargs: Any) -> list[float]: ...
    @overload
    def map(self: Compiled[..., list[Value] | list[float]], *batches: Any, **kwargs: Any) -> list[list[float]]: ...
    @overload
    def map(self, *batches: Any, has_aux: Literal[True], **kwargs: Any) -> tuple[list[float], list[Any]]: ...
    @overload
    def map(self, *batches: Any, has_aux: Literal["array"], **kwargs: Any) -> tuple[Any, Any]: ...
    @overload
    def map(self, *batches: Any, has_aux: Literal[False] = False, **kwargs: Any) -> list[Any]: ...
    def map(self, *batches, has_aux=False, **kwargs):
        """Each example's result as plain numbers, without gradients; the arguments are those of `mean`.

        With has_aux the result is a pair: the first number of each example, and the list or array of what else it
        returned.

        >>> compile(lambda x: [x, x ** 2]).map([1.0, 2.0, 3.0])
        [[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]]
        """
        if has_aux is not False:
            _check_has_aux("map", has_aux)
        if is_recording():
            return self._own_map(batches, kwargs, has_aux)
        recording, rows = self._batch("map", batches, kwargs, gradients=False)
        if recording:
            if has_aux and not recording.begins_with_a_number(has_aux):
                raise self._no_number("map", recording, batches, kwargs)
            try:
                return recording.map(rows, has_aux)
            except NotReplayed as failure:
                rows = failure.rows
        return self._instead_of(recording, rows, self._own_map, batches, kwargs, has_aux)

    def cache_info(self) -> CacheInfo:
        """How often a recording was found, how often not, how many are kept at most, and how many there are."""
        recordings = self._recordings
        return CacheInfo(recordings.hits, recordings.misses, recordings.maxsize, len(recordings))

    def cache_clear(self) -> None:
        """Forget all recordings."""
        self._recordings.clear()

    def stats(self) -> list[dict[str, int | float]]:
        """A dict for each recording that is kept: its nodes, levels, loops, bytes, and the seconds that it took; how
        many products its sums have, and how many of these lie in matrices ("multiply_adds", "dense"); and how often the
        function itself had to be called in place of a replay ("fallbacks")."""
        return [recording.stats() for recording in self._recordings]

    def program(self) -> Program:
        """The program of the recording that was used last; print it to read it.

        >>> w = Value(3.0)
        >>> step = compile(lambda x: (w * x + 1.0).tanh())
        >>> _ = step(0.1)
        >>> print(step.program())
        inputs x[1], captured Values p[1], constants c[1]
        v2[0] = tanh(p[0]·x[0] + 1)
        return v2[0]

        Raises ArgumentError when nothing has been recorded yet.
        """
        return self._latest("program").program

    def draw(self, **options: Any) -> Drawing:
        """A picture of the recording that was used last, as a graph of the numbers that it was recorded with."""
        from autograd.view.draw import draw

        return draw(self._latest("draw").example_graph()(), **options)

    def _batch(self, name, batches, kwargs, gradients):
        """The recording that serves all examples of a batch, and for each example a row: its numbers and Values."""
        found = matrix_of(batches) if not kwargs and not self._static else None
        key, rows = found or self._rows(name, batches, kwargs)
        return self._recordings.serving(key, rows, gradients), rows

    def _rows(self, name, batches, kwargs):
        """The key that all examples of a batch have in common, and the rows of numbers and Values."""
        columns, spread = columns_of(batches)
        rows: list = []
        keys = keys_of(zip(*columns), kwargs, self._positions, self._static, rows, spread)
        if len(keys) > 1:
            raise ArgumentError(
                f"{name}: the examples of a batch must have one structure, got {len(keys)} different "
                "ones. Pad them to one length, or call the function for each."
            )
        return keys.pop(), rows

    # The function itself, in place of a replay.

    def _instead_of(self, recording, rows, itself, *arguments):
        """The result of `itself`, which calls the function itself; RecordingError if `fallback` is off.

        recording  the one that cannot be replayed; None if recording failed
        """
        if not self._fallback:
            reason = self._reason(recording, rows)
            raise RecordingError(f"compile: {self._recordings.name()} cannot be replayed: {reason}.")
        result = itself(*arguments)
        if recording:
            recording.fallbacks += 1
        if not self._recordings.has_warned("fallback"):
            self._recordings.warn(
                "fallback",
                "the function itself is called in place of a replay, which is slower: "
                f"{self._reason(recording, rows)}. stats() counts how often.",
            )
        return result

    def _itself(self, args, kwargs):
        """What the function itself returns; arrays arrive as arrays of objects, as in a recording."""
        args = [arg if i in self._positions else with_object_arrays(arg) for i, arg in enumerate(args)]
        named = {name: arg if name in self._static else with_object_arrays(arg) for name, arg in kwargs.items()}
        return self.function(*args, **named)

    def _no_number(self, name, recording, batches, kwargs):
        """The error for a function that returns no number; its own error, if it raises one, comes first."""
        self._own_results(batches, kwargs)
        return ArgumentError(
            f"{name}: the function must return one number, or with has_aux a pair of one number and something else; it "
            f"returns {recording.result.described()!r:.60}."
        )

    def _reason(self, recording, rows):
        if recording:
            return recording.why_not_replayed(rows)
        return f"recording it fails with {self._recordings.failure}"

    def _own_mean(self, batches, kwargs, has_aux):
        results = self._own_results(batches, kwargs)
        if not has_aux:
            return mean(results)
        others = [map_numbers(plain, other) for _, other in results]
        return mean([loss for loss, _ in results]), as_array(others) if has_aux == "array" else others

    def _own_map(self, batches, kwargs, has_aux):
        with no_grad():
            results = map_numbers(plain, self._own_results(batches, kwargs))
        if not has_aux:
            return results
        columns = [number for number, _ in results], [other for _, other in results]
        return tuple(map(as_array, columns)) if has_aux == "array" else columns

    def _own_results(self, batches, kwargs):
        return [self._itself(example, kwargs) for example in zip(*columns_of(batches)[0])]


def _check_has_aux(name, has_aux):
    if has_aux not in (False, True, "array"):
        raise ArgumentError(f'{name}: has_aux is False, True or "array", got {has_aux!r:.60}.')
