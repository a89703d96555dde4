"""The modes of a thread: no_grad(), record_lines(), record_scopes(), and the recording of a function.

`modes` is false while no thread is in any mode, which is the common case: operations then need not check further.
"""

import contextlib
import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from autograd.engine import uncompiled as cython
from autograd.errors import ArgumentError
from autograd.libraries import line_outside

P = ParamSpec("P")
R = TypeVar("R")

if not cython.compiled:  # the compiled engine has modes.pxi, where these are a few C variables for each thread
    modes: set[weakref.ref] = (
        set()
    )  # for each thread that may be in a mode a weak reference, which removes itself when the thread ends

    class _ThreadModes(threading.local):
        """The modes of the current thread.

        An interrupt may come between any two steps of Python code, such as between __enter__() and the block, or the
        block and __exit__(). So a mode is a lock, which `with` acquires and releases in C: the mode is on while the
        thread owns the lock.
        """

        def __init__(self):
            self._lines, self._scoped = threading.RLock(), threading.RLock()
            # The scopes opened by recording() and graph_wanted(), each a tuple of four: a weak reference to the lock
            # that `with` holds, the recorder that operations are handed to, the lock of no_grad() inside the scope, and
            # the scope around it. An interrupt may keep a lock from being released, but not those around it: a scope
            # counts as long as all around it do.
            self._scopes = [(None, None, threading.RLock(), None)]
            self._held = []  # weak references to what `with` holds while a block lasts

        def open(self, **changed):
            """The lock of a new scope, for `with`."""
            lock = threading.RLock()
            around = self._innermost()
            scope = weakref.ref(lock), changed.get("recorder", around[1]), changed.get("no_grad", around[2]), around
            self._scopes = [scope for scope in self._scopes if scope[0] is None or scope[0]() is not None] + [scope]
            return self.watched(lock)

        def _innermost(self):
            for scope in reversed(self._scopes):
                around: Any = scope
                while around[0] is not None and (lock := around[0]()) is not None and lock._is_owned():
                    around = around[3]
                if around[0] is None:
                    return scope
            raise AssertionError("the first scope has no end")

        def lock(self, mode):
            """The lock of no_grad(), of record_lines() or of record_scopes()."""
            own = {record_lines: self._lines, record_scopes: self._scoped}
            return own[mode] if mode in own else self._innermost()[2]

        def watched(self, held):
            """Make operations check the modes at least as long as the object `held` exists; returns it."""
            self._held = [other for other in self._held if other() is not None] + [weakref.ref(held)]
            modes.add(self._reference())
            return held

        def in_mode(self):
            """Whether this thread is in a mode. If not, and none is about to begin, remove it from `modes`."""
            if self.recorder is not None or self.no_grad or self.record_lines or self.record_scopes:
                return True
            if all(held() is None for held in self._held):
                modes.discard(self._reference())
            return False

        def _reference(self):
            return weakref.ref(self._lines, modes.discard)

        @property
        def recorder(self):
            """The recorder that operations are handed to instead of being carried out; None outside a recording."""
            return self._innermost()[1]

        @property
        def no_grad(self):
            return self._innermost()[2]._is_owned()

        @property
        def record_lines(self):
            return self._lines._is_owned()

        @property
        def record_scopes(self):
            return self._scoped._is_owned()

    this_thread = _ThreadModes()

    def recording(recorder):
        """For `with`: inside, every operation goes to `recorder.record(rule, operands)` and is not carried out."""
        return this_thread.open(recorder=recorder)

    def graph_wanted():
        """For `with`: inside, operations build a graph, even if no_grad() is active around it."""
        return this_thread.open(no_grad=threading.RLock())

    def any_mode():
        """Whether any thread may be in a mode."""
        return bool(modes)


class direct:
    """A descriptor for __enter__ and __exit__: `with` looks them up, gets a method of a lock, and calls that in C."""

    def __init__(self, method: Callable) -> None:
        self.method = method

    def __get__(self, instance, owner=None) -> Any:
        return self if instance is None else self.method(instance)

    def __call__(self, instance, *error):
        return self.method(instance)(*error)


class no_grad(contextlib.ContextDecorator):
    """Inside, operations on Values build no graph: their results are Constants. Applies to this thread only.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Constant(9.0)
    """

    @direct
    def __enter__(self) -> None:
        return this_thread.watched(this_thread.lock(no_grad).__enter__)

    @direct
    def __exit__(self, *error: object) -> None:
        return this_thread.watched(this_thread.lock(no_grad).__exit__)


class record_lines(contextlib.ContextDecorator):
    """Inside, every node keeps the line of code that made it, for messages and the player.

    The line is `Value.line`, such as "train.py:12". Applies to this thread only. Operations are several times slower.

    >>> from autograd import Value, record_lines
    >>> with record_lines():
    ...     y = Value(2.0) * 3
    >>> file, line = y.line.split(":")
    """

    @direct
    def __enter__(self) -> None:
        return this_thread.watched(this_thread.lock(record_lines).__enter__)

    @direct
    def __exit__(self, *error: object) -> None:
        return this_thread.watched(this_thread.lock(record_lines).__exit__)


class record_scopes(contextlib.ContextDecorator):
    """Inside, every node keeps the scope that it was made in, for drawings and the player.

    Modules of nn, losses, `softmax` and the like open scopes; `scope` opens one of your own. The drawing has a box for
    each. `Value.scope` is the innermost one. Applies to this thread only. Operations are several times slower.

    >>> from autograd import Value, record_scopes, scope
    >>> with record_scopes(), scope("error"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    <scope error>
    """

    @direct
    def __enter__(self) -> None:
        return this_thread.watched(this_thread.lock(record_scopes).__enter__)

    @direct
    def __exit__(self, *error: object) -> None:
        return this_thread.watched(this_thread.lock(record_scopes).__exit__)


class ScopeEntry:
    """One stay in a scope, inside `record_scopes()`: its `name`, and the ScopeEntry `around` it or None."""

    def __init__(self, name: str, around: "ScopeEntry | None") -> None:
        self.name, self.around = name, around

    @property
    def path(self) -> str:
        """The names from the outside in: "block0.attention"."""
        return self.name if self.around is None else f"{self.around.path}.{self.name}"

    def __repr__(self) -> str:
        return f"<scope {self.path}>"


class _OpenScopes(threading.local):
    """The innermost ScopeEntry that this thread is in, as `scope`."""

    scope: "ScopeEntry | None" = None

    def open_scope(self, name):
        """Open a ScopeEntry; returns the one around it, to be set again in the end."""
        around, self.scope = self.scope, ScopeEntry(name, self.scope)
        return around


open_scopes = _OpenScopes()


class scope:
    """Inside, operations belong to a scope of this name, in compiled functions and inside `record_scopes()`.

    Elsewhere this does nothing. Scopes may be nested. They show where a line of a program comes from, and are the boxes
    of drawings. Every module of nn opens one when it is called. It may also decorate a function.

    >>> from autograd import Value, compile, scope
    >>> def loss(x):
    ...     with scope("error"):
    ...         return (x - 2.0) ** 2
    >>> step = compile(loss)
    >>> _ = step(Value(0.5))
    >>> print(step.program())
    inputs x[1], captured Values p[0], constants c[1]
    v1[1] = sub(x[0], 2)   # error
    v2[1] = pow(v1[0], 2)   # error
    return v2[0]

    Raises ArgumentError for a name that is not a string, or is empty.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"scope: expected a name, such as 'attention', got {name!r:.60}.")
        self.name = name
        self._opened: list = []  # what was opened: each as the recorder and the scope around it

    def __call__(self, function: "Callable[P, R]") -> "Callable[P, R]":
        name = self.name

        @functools.wraps(function)
        def inside(*inputs: "P.args", **options: "P.kwargs") -> "R":
            if not scopes_wanted():
                return function(*inputs, **options)
            with scope(name):
                return function(*inputs, **options)

        return inside

    def __enter__(self) -> None:
        at_work = this_thread.recorder
        if at_work is None and this_thread.record_scopes:
            at_work = open_scopes
        self._opened.append((at_work, None if at_work is None else at_work.open_scope(self.name)))

    def __exit__(self, *error: object) -> None:
        at_work, around = self._opened.pop()
        if at_work is not None:
            at_work.scope = around


def scopes_wanted() -> bool:
    """Whether it matters which scope an operation is in: a function is recorded, or record_scopes() is on."""
    return this_thread.record_scopes or this_thread.recorder is not None


def gradients_wanted():
    """Whether operations build graphs: not inside no_grad()."""
    return not this_thread.no_grad


def recorder():
    """The recorder that this thread's operations are handed to; None outside a recording."""
    return this_thread.recorder


def is_recording() -> bool:
    """Whether this thread records a function."""
    return this_thread.recorder is not None


WRITE_INSTEAD = (
    "Write where(condition, x, y) for a choice, maximum() or minimum() for the larger or smaller, "
    "detach() for a number without gradient, or name the argument in static=."
)


def check_not_recording(what, instead=None):
    """Raise while this thread records a function: a number read now would be frozen into the recording.

    The recording fails even if the function catches the error.
    """
    if this_thread.in_mode() and this_thread.recorder is not None:
        this_thread.recorder.refuse(
            f"compile: {what} would freeze a number or a branch into the recording, at "
            f"{line_outside()}. {instead or WRITE_INSTEAD}"
        )


def watch(*things: object) -> None:
    """While a function is recorded: note the attributes of these objects; elsewhere this does nothing.

    A compiled function checks at its next call whether they are still the same, including the items of lists and dicts,
    and records again if not. It finds by itself what the names in its code reach, and modules of nn call watch(); call
    it in a class of your own whose attributes are reached only through getattr(self, name) or vars(self). Raises
    RecordingError for an object without attributes.

    >>> class Scale:
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...     def __call__(self, x):
    ...         watch(self)
    ...         return self.factor * x
    """
    if modes and this_thread.recorder is not None:
        for thing in things:
            this_thread.recorder.watch(thing)
