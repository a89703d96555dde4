"""`Value`: a number that remembers how it was computed, and `backward`, which applies the chain rule to that memory.

Each operation on Values makes a new node with up to three parents and, for each parent, the partial derivative
∂node/∂parent at the point, as a float. `backward()` walks the nodes in reverse topological order; a node's adjoint
times a partial is its contribution to that parent's adjoint, and the contributions add up.
"""

from __future__ import annotations

import contextlib
import copy
import os
import sys
import threading
import types
import warnings
import weakref
import zlib
from collections import deque
from collections.abc import Callable
from itertools import chain, repeat
from math import inf, isclose, trunc
from operator import add, attrgetter

from autograd.engine.libraries import line_outside
from autograd.errors import (
    ArgumentError,
    AutogradError,
    CyclicGraphError,
    DivisionByZeroError,
    DomainError,
    InexactNumberError,
    InfiniteDerivativeError,
    LeavesGraphError,
    NotFiniteError,
    NumberTypeError,
    ResultOverflowError,
    RuleError,
    StaleGraphError,
)
from autograd.native.sources import SOURCES
from autograd.table.registry import RULES, TABLE, Rule

Number = "Value | float"
LEAF = -1  # the `_rule` of a node that no primitive made
FAN = -2  # that of a Fan


# Python 3.13 frees what only a freed object referred to by recursion, 10,000 objects deep, whatever room the stack has:
# in a thread, or in a browser, a long chain of nodes would end the process. There one node in 16, taken by its address,
# has a Landing, from which what is above it is freed later, in a loop. Compiled nodes take care of that themselves.
LANDING_SLOT = ("_landing",) if sys.version_info[:2] == (3, 13) else ()


class Landing:
    """Keeps the parents of a node, also a little longer than the node itself."""

    __slots__ = ("parents",)

    def __init__(self, *parents: Value) -> None:
        self.parents = parents

    def __del__(self):
        _leaving.nodes.append(self.parents)
        self.parents = None
        if not _leaving.lock._is_owned():
            with _leaving.lock:
                while _leaving.nodes:
                    _leaving.nodes.pop()


class _Leaving(threading.local):
    def __init__(self):
        self.nodes = []
        self.lock = threading.RLock()  # owned while this thread frees nodes


_leaving = _Leaving()


class Value:
    """A number in a computation graph.

    Value(2.0) is a leaf: a variable whose gradient is wanted. Arithmetic and the functions of this package make inner
    nodes out of Values; `backward()` on one of them fills in `grad`, the derivative of that result, on all above it.

    >>> w, x = Value(3.0, label="w"), Value(2.0)
    >>> y = (w * x).tanh()
    >>> y.backward()
    >>> w
    Value(3.0, grad=4.91531e-05, label="w")

    data    the number, a float
    grad    ∂result/∂node after `backward()`: leaves add up over calls, an inner node holds the latest pass
    label   a name for drawings and messages, or None

    Raises NumberTypeError (a TypeError) for what is not a real number, NotFiniteError (a ValueError) for NaN and
    infinity, InexactNumberError (a ValueError) for a number that no float64 holds exactly.
    """

    # One flat object a node. a, b, c are the parents, da, db, dc the partial derivatives with respect to them.
    __slots__ = ("_a", "_b", "_c", "_da", "_data", "_db", "_dc", "_grad", "_label", "_rule", *LANDING_SLOT)

    def __init__(self, data: float, label: str | None = None) -> None:
        self._data = as_float(data)
        self._grad = 0.0
        self._label = None
        self._rule = LEAF
        self._a = self._b = self._c = None
        self._da = self._db = self._dc = 0.0
        if label is not None:
            self.label = label
        if unusual and _circumstances.recorder is not None:
            _circumstances.recorder.born.append(self)

    @property
    def data(self) -> float:
        """The number, a float. What was recorded before it is assigned stays as it was recorded."""
        if unusual:
            check_not_recording("reading .data of a Value")
        return self._data

    @data.setter
    def data(self, number: float) -> None:
        if unusual:
            check_not_recording("setting .data of a Value")
        self._data = as_float(number)

    @property
    def grad(self) -> float:
        """∂result/∂node, a float; 0.0 until a backward pass comes by."""
        if unusual:
            check_not_recording("reading .grad of a Value")
        return self._grad

    @grad.setter
    def grad(self, number: float) -> None:
        if unusual:
            check_not_recording("setting .grad of a Value")
        self._grad = as_float(number)

    @property
    def label(self) -> str | None:
        """A name for drawings and messages, or None."""
        return self._label.label if type(self._label) is Note else self._label

    @label.setter
    def label(self, name: str | None) -> None:
        if name is not None and not isinstance(name, str):
            raise NumberTypeError(f"a label is a string or None, got {name!r}.")
        self._label = name if self.line is None else Note(name, self.line)

    @property
    def line(self) -> str | None:
        """Where the node was made, "train.py:12", if that was inside `record_lines()`; else None."""
        return self._label.line if type(self._label) is Note else None

    @property
    def rule(self) -> Rule | None:
        """The primitive that made this node; None for a leaf."""
        return TABLE[self._rule] if self._rule != LEAF else None

    @property
    def parents(self) -> tuple[Value, ...]:
        """The nodes that this one was computed from, in the order of the rule's inputs; () for a leaf."""
        return (self._a, self._b, self._c)[: len(TABLE[self._rule].inputs)] if self._rule != LEAF else ()

    @property
    def partials(self) -> tuple[float, ...]:
        """∂node/∂parent for each of `parents`, recorded when the node was made; 0.0 for a constant."""
        if unusual:
            check_not_recording("reading .partials of a Value")
        return (self._da, self._db, self._dc)[: len(TABLE[self._rule].inputs)] if self._rule != LEAF else ()

    def backward(self, gradient: float = 1.0) -> None:
        """Add ∂self/∂leaf to the `grad` of every leaf above, and set the `grad` of the nodes between.

        gradient: the seed, ∂result/∂self. Raises ResultOverflowError when a gradient is too large for a float64, and
        ArgumentError for a constant; then no `grad` has changed.

        >>> x = Value(3.0)
        >>> z = (x * x) ** 2
        >>> z.backward()
        >>> x.grad
        108.0
        """
        if unusual:
            check_not_recording("backward()")
        seed = as_float(gradient)
        if type(self) is not Value:
            raise ArgumentError(
                f"backward: {self!r} depends on no Value, so there is nothing to differentiate. "
                "Compute it from Values, outside no_grad() and without detach()."
            )
        backward_pass(self, seed)

    def detach(self) -> Constant:
        """The same number as a constant: no gradient flows through it."""
        if unusual and _circumstances.recorder is not None:
            return _circumstances.recorder.detached(self)
        return constant(self._data, self.label)

    def __getattr__(self, name):
        if name in METHODS:
            return types.MethodType(METHODS[name], self)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}", name=name, obj=self)

    def __reduce__(self):
        if self._rule == LEAF:
            return restore, ((), *self._facts())
        return last, (twins(self),)

    def __copy__(self):
        return restore(self.parents, *self._facts())

    def __deepcopy__(self, memo):
        for node in [self] if self._rule == LEAF else topological_order(self):
            for one in (*node.parents, node):  # constants are in no topological order
                if id(one) not in memo:
                    memo[id(one)] = one._copied(memo)
        return memo[id(self)]

    def _copied(self, memo):
        """This node with the copies of its parents, which are in `memo`."""
        return restore([memo[id(one)] for one in self.parents], *self._facts())

    def _facts(self):
        """What restore() makes a node of, but for its parents."""
        label, line = (self._label.label, self._label.line) if type(self._label) is Note else (self._label, None)
        name = TABLE[self._rule].name if self._rule >= 0 else None
        return self.partials, type(self) is Value, self.data, self._grad, label, line, name

    # The operators and the methods of the table come here: primitives.py puts them in.

    def __repr__(self) -> str:
        if unusual:
            check_not_recording("writing a Value as text")
        label = "" if self.label is None else f', label="{self.label}"'
        return f"Value({self._data!r}, grad={self._grad:.6g}{label})"

    def __format__(self, spec: str) -> str:
        if unusual:
            check_not_recording("writing a Value as text")
        return format(self._data, spec) if spec else repr(self)

    def __bool__(self) -> bool:
        if unusual:
            check_not_recording("the truth of a Value")
        return self._data != 0.0

    def __lt__(self, other: Number) -> bool:
        if unusual and _circumstances.recorder is not None:
            return _circumstances.recorder.number(apply(RULES["less"], self, other))
        other = _comparable(other)
        return NotImplemented if other is None else self._data < other

    def __le__(self, other: Number) -> bool:
        if unusual and _circumstances.recorder is not None:
            return _circumstances.recorder.number(apply(RULES["less_equal"], self, other))
        other = _comparable(other)
        return NotImplemented if other is None else self._data <= other

    def __gt__(self, other: Number) -> bool:
        if unusual and _circumstances.recorder is not None:
            return _circumstances.recorder.number(apply(RULES["less"], other, self))
        other = _comparable(other)
        return NotImplemented if other is None else self._data > other

    def __ge__(self, other: Number) -> bool:
        if unusual and _circumstances.recorder is not None:
            return _circumstances.recorder.number(apply(RULES["less_equal"], other, self))
        other = _comparable(other)
        return NotImplemented if other is None else self._data >= other

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            return self is other
        if _comparable(other) is None:
            return NotImplemented
        if unusual:
            check_not_recording("comparing a Value with ==")
        raise LeavesGraphError(
            f"== between Values asks whether they are the same node. To compare the numbers write v.data == {other!r}."
        )

    __hash__ = object.__hash__

    def __float__(self):
        raise LeavesGraphError(
            "float(v) would take the number out of the graph and lose its gradient. Write v.data "
            "for the number, or autograd.exp(v) in place of math.exp(v)."
        )

    def __int__(self):
        raise LeavesGraphError(
            "int(v) would take the number out of the graph and lose its gradient. Write int(v.data)."
        )


class Fan(Value):
    """A node with any number of parents: the result of a recording that was replayed.

    It has the partial derivatives with respect to all its parents at once, as an array of floats. `again()` computes
    the result as an ordinary graph, `again.rule` describes the recording.
    """

    __slots__ = ("_fan", "_slopes", "again")

    def ordinary(self):
        """The same result at the end of an ordinary graph. Raises StaleGraphError when it has become another one."""
        with graph_wanted():
            result = self.again()
        if _circumstances.recorder is None and not isclose(result.data, self._data):  # order of adding
            raise stale(self)
        return result

    def __reduce__(self):
        return itself, (self.ordinary(),)

    def __copy__(self):
        return self.ordinary()

    def _copied(self, memo):
        return copy.deepcopy(self.ordinary(), memo)

    @property
    def rule(self):
        """The recording, described as a primitive."""
        return self.again.rule

    @property
    def parents(self) -> tuple[Value, ...]:
        """What the recording was replayed on: captured Values and Value arguments."""
        return tuple(self._fan)

    @property
    def partials(self) -> tuple[float, ...]:
        """∂node/∂parent for each of `parents`."""
        if unusual:
            check_not_recording("reading .partials of a Value")
        return tuple(self._slopes)


def itself(node):
    return node


def stale(node):
    return StaleGraphError(
        f"{node!r} no longer follows from its parents: some .data was changed after the forward "
        "pass. Compute the result again."
    )


def replayed(data, parents, slopes, again):
    """The result of a replay: a Value above a Fan that leads to all its parents."""
    assert len(slopes) == len(parents)
    node = Fan(data)
    node._rule = FAN
    node._fan = parents
    node._slopes = slopes
    node.again = again
    result = Value(data)
    result._rule = RULES["pos"].index
    result._a = node
    result._da = 1.0
    return result


class Note:
    """What stands in place of a label when the line that made a node is kept as well."""

    def __init__(self, label: str | None, line: str | None) -> None:
        self.label, self.line = label, line


class Twin:
    """What is pickled in place of an inner node: it leads to the twins of its parents, not to all above them."""

    def __init__(self, node: Value, parents: list) -> None:
        self.node, self.parents = node, parents

    def __reduce__(self):
        return self.node.__reduce__() if isinstance(self.node, Fan) else (restore, (self.parents, *self.node._facts()))


def twins(root):
    """The inner nodes above `root`, and itself, as twins, in topological order: a deep graph needs no deep recursion.

    As long as a pickler holds a node's twin, it is the same one, so that what two results share is pickled once.
    """
    known, found = _twins.known, []
    for node in topological_order(root):
        if node.rule is not None:
            parents = [one if one.rule is None else known[one] for one in node.parents]
            found.append(known.setdefault(node, Twin(node, parents)))
    return found


def last(nodes):
    """The node that was pickled: the end of its graph."""
    return nodes[-1]


class _Twins(threading.local):
    def __init__(self):
        self.known = weakref.WeakValueDictionary()  # by node


_twins = _Twins()


def restore(parents, partials, is_variable, data, grad, label, line, name):
    """A node as it was pickled or copied."""
    node = Value(data, label) if is_variable else constant(data, label)
    if line is not None:
        node._label = Note(label, line)
    node._grad = grad
    if name is not None:
        if name not in RULES:
            raise RuleError(f"the pickled graph uses a primitive {name!r} that is not in the table. Register it first.")
        node._rule = RULES[name].index
        node._a, node._b, node._c = (*parents, None, None)[:3]
        node._da, node._db, node._dc = (*partials, 0.0, 0.0)[:3]
        if LANDING_SLOT and id(node) % 2032 < 128:
            node._landing = Landing(*parents)
    return node


# Methods of primitives that were registered after the classes were made.
METHODS = {}


class Constant(Value):
    """A Value without a gradient: a plain number in an expression, or what `detach()` and `no_grad()` leave."""

    __slots__ = ()

    def __repr__(self) -> str:
        if unusual:
            check_not_recording("writing a Constant as text")
        label = "" if self.label is None else f', label="{self.label}"'
        return f"Constant({self._data!r}{label})"


def refuse_heirs(cls, **options):
    """What `Value.__init_subclass__` does to classes outside this package."""
    if cls.__module__ != "autograd.replay.recorder":
        raise LeavesGraphError(
            f"class {cls.__name__}(Value): operations would take a {cls.__name__} for a constant, "
            "and its gradient would be lost. Write a class that holds a Value."
        )


# Compiled, the functions from here to hand_out() are those of passes.pxi: the same steps over raw pointers.
#
# A pass keeps what it finds to itself until it is complete. Whatever interrupts it leaves nothing behind, and another
# pass may run in its midst: in a signal handler, in a __del__, in another thread.
def backward_pass(root, seed):
    """Run the chain rule back from `root` and hand out the gradients."""
    order, adjoint = search(root)
    leaves, inner = propagate(order, adjoint, seed)
    hand_out(adjoint, leaves, inner)


def adjoints(root: Value, wanted: list[Value]) -> list[float]:
    """∂root/∂node for each node of the list `wanted`, as floats; no `grad` is changed."""
    order, adjoint = search(root)
    leaves, _ = propagate(order, adjoint, 1.0)
    for leaf in leaves:
        if adjoint[leaf] - adjoint[leaf] != 0.0:
            raise gradient_overflow(leaf)
    return [0.0 if type(node) is Constant else adjoint.get(node, 0.0) for node in wanted]


def topological_order(root: Value) -> list[Value]:
    """Every Value that `root` depends on, parents before children, `root` last; constants are left out.

    Depth first, parents in the order of the rule's inputs, so that the order is the same on every run. Raises
    CyclicGraphError.
    """
    return search(root)[0]


def search(root):
    """The topological order of `root`; and the adjoints, a dict from every node and constant to 0.0.

    Iterative: a million nodes in a chain need no deeper stack than one. What is still to be visited lies on `path`; a
    None there means that the parents of the node below it are done.
    """
    order, adjoint, path = [], {}, [root]
    while path:
        node = path.pop()
        if node is None:
            node = path.pop()
            order.append(node)
            adjoint[node] = 0.0
        elif node not in adjoint:
            if (a := node._a) is not None:
                path.append(node)
                path.append(None)
                if (b := node._b) is not None:
                    if (c := node._c) is not None:
                        path.append(c)
                    path.append(b)
                path.append(a)
                adjoint[node] = None
            elif node._rule == FAN:
                path += (node, None, *reversed(node._fan))
                adjoint[node] = None
            else:
                adjoint[node] = 0.0
                if type(node) is not Constant:
                    order.append(node)
        elif adjoint[node] is None:
            raise CyclicGraphError(f"the graph has a cycle: {node!r} is computed from itself.")
    return order, adjoint


def propagate(order, adjoint, seed):
    """Fill in the adjoints, ∂root/∂node times `seed`; returns the leaves and the other nodes, last first."""
    leaves, inner = [], []
    adjoint[order[-1]] = seed
    for node in reversed(order):
        if (a := node._a) is not None:
            here = adjoint[node]
            adjoint[a] += here * node._da
            if (b := node._b) is not None:
                adjoint[b] += here * node._db
                if (c := node._c) is not None:
                    adjoint[c] += here * node._dc
            inner.append(node)
        elif node._rule == FAN:
            here = adjoint[node]
            for parent, slope in zip(node._fan, node._slopes):
                adjoint[parent] += here * slope
            inner.append(node)
        else:
            leaves.append(node)
    return leaves, inner


def hand_out(adjoint, leaves, inner):
    """Add the adjoints of leaves to their gradients, and make those of other nodes their gradients; all or none.

    All steps are functions written in C, and so is what takes them: no Python code can come in between, so no interrupt
    and no other pass. What may fail, because a sum is infinite or memory is short, comes first; the last two steps need
    no memory.
    """
    sums = []
    try:
        exhaust(
            chain(
                map(sums.append, map(add, map(attrgetter("_grad"), leaves), map(adjoint.__getitem__, leaves))),
                map(trunc, sums),  # fails for infinity and NaN; an overflow anywhere reaches a leaf
                map(setattr, leaves, repeat("_grad"), sums),
                map(setattr, inner, repeat("_grad"), map(adjoint.__getitem__, inner)),
            )
        )
    except (OverflowError, ValueError):
        raise gradient_overflow(next(leaf for leaf, sum_ in zip(leaves, sums) if sum_ - sum_ != 0.0)) from None


def exhaust(steps):
    """Take all steps of an iterator, for what they do."""
    deque(steps, maxlen=0)


def gradient_overflow(node):
    return ResultOverflowError(
        f"backward: the gradient of {_described(node)} is too large for a float64. Scale the "
        "result down before backward(), or look for very steep operations in between."
    )


# Compiled, what follows up to graph_wanted() is that of modes.pxi: a few numbers of each thread, set in C.
#
# The threads of which apply() must look at the circumstances: they are inside no_grad(), record_lines() or recording().
# While there are any, the functions made from the table, whose globals SCOPE is, leave every operation to apply().
# A thread stands here as a reference to its modes, which takes itself out when the thread has ended.
unusual = set()
SCOPE = {"unusual": unusual}


class _Circumstances(threading.local):
    """The modes of a thread.

    An interrupt may come between any two steps of Python code: between __enter__() and the block, between the block and
    __exit__(). So a mode is a lock, which `with` takes and releases in C: it is on while the thread owns the lock.
    """

    def __init__(self):
        self._lines = threading.RLock()
        # Those opened by recording() and graph_wanted(): a reference to the lock, which is gone when the block is; what
        # operations are handed to; and the lock of no_grad() there.
        self._scopes = [(None, None, threading.RLock())]
        self._tokens = []  # references to what `with` holds while a block lasts

    def open(self, **changed):
        """The lock of a new scope, for `with`."""
        lock = threading.RLock()
        recorder, no_grad = self._innermost()
        scope = weakref.ref(lock), changed.get("recorder", recorder), changed.get("no_grad", no_grad)
        self._scopes = [scope for scope in self._scopes if scope[0] is None or scope[0]() is not None] + [scope]
        return self.announced(lock)

    def _innermost(self):
        for scope in reversed(self._scopes):
            lock = scope[0] and scope[0]()
            if scope[0] is None or (lock is not None and lock._is_owned()):
                return scope[1:]
        raise AssertionError("the first scope has no end")

    def lock(self, mode):
        """The lock of no_grad() or of record_lines()."""
        return self._lines if mode is record_lines else self._innermost()[1]

    def announced(self, token):
        """From now on operations look whether a mode is on, at least as long as there is this object."""
        self._tokens = [other for other in self._tokens if other() is not None] + [weakref.ref(token)]
        unusual.add(self._thread())
        return token

    def look(self):
        """Whether a mode is on; if not, and none is about to begin, operations need not look any more."""
        if self.recorder is not None or self.no_grad or self.record_lines:
            return True
        if all(token() is None for token in self._tokens):
            unusual.discard(self._thread())
        return False

    def _thread(self):
        return weakref.ref(self._lines, unusual.discard)

    @property
    def recorder(self):
        return self._innermost()[0]

    @property
    def no_grad(self):
        return self._innermost()[1]._is_owned()

    @property
    def record_lines(self):
        return self._lines._is_owned()


_circumstances = _Circumstances()


def recording(recorder):
    """For `with`: inside, every operation goes to `recorder.record(rule, operands)` in place of being carried out."""
    return _circumstances.open(recorder=recorder)


def graph_wanted():
    """For `with`: inside, operations build a graph, whatever no_grad() stands around."""
    return _circumstances.open(no_grad=threading.RLock())


def any_mode():
    """Whether operations look at their circumstances, in whatever thread."""
    return bool(unusual)


class direct:
    """For __enter__ and __exit__: `with` calls what the decorated method returns, with no Python code around it."""

    def __init__(self, method: Callable) -> None:
        self.method = method

    def __get__(self, instance, owner=None):
        return self if instance is None else self.method(instance)

    def __call__(self, instance, *error):
        return self.method(instance)(*error)


class no_grad(contextlib.ContextDecorator):
    """Inside, operations on Values build no graph: their results are Constants. For this thread only.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Constant(9.0)
    """

    @direct
    def __enter__(self) -> None:
        return _circumstances.announced(_circumstances.lock(no_grad).__enter__)

    @direct
    def __exit__(self, *error: object) -> None:
        return _circumstances.announced(_circumstances.lock(no_grad).__exit__)


class record_lines(contextlib.ContextDecorator):
    """Inside, every operation keeps the line of code that asked for it, for messages and the player.

    It stands in `Value.line`, as "train.py:12". For this thread only. Operations are several times slower.

    >>> with record_lines():
    ...     y = Value(2.0) * 3
    >>> file, line = y.line.split(":")
    """

    @direct
    def __enter__(self) -> None:
        return _circumstances.announced(_circumstances.lock(record_lines).__enter__)

    @direct
    def __exit__(self, *error: object) -> None:
        return _circumstances.announced(_circumstances.lock(record_lines).__exit__)


def gradients_wanted():
    """Whether operations build graphs: not inside no_grad()."""
    return not _circumstances.no_grad


def recorder():
    """What this thread's operations are handed to; None while no function is recorded."""
    return _circumstances.recorder


def is_recording():
    """Whether this thread records a function."""
    return _circumstances.recorder is not None


WRITE_INSTEAD = (
    "Write where(condition, x, y) for a choice, maximum() or minimum() for the larger or smaller, "
    "detach() for a number without gradient, or name the argument in static=."
)


def check_not_recording(what, instead=None):
    """Raise while this thread records a function: a number read now would be frozen into the recording.

    The recording is spoilt, also if the function catches the error.
    """
    if _circumstances.look() and _circumstances.recorder is not None:
        _circumstances.recorder.refuse(
            f"compile: {what} would freeze a number or a branch into the recording, at "
            f"{line_outside()}. {instead or WRITE_INSTEAD}"
        )


def watch(*things: object) -> None:
    """While a function is recorded: note the attributes of these objects; elsewhere this does nothing.

    A compiled function looks at its next call whether they are still the same, also the items of lists and dicts, and
    records anew if not. It finds by itself what the names in its code reach, and modules of nn call this; do so in
    a class of your own whose attributes are only reached through getattr(self, name) or vars(self). Raises
    RecordingError for an object without attributes.

    >>> class Scale:
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...     def __call__(self, x):
    ...         watch(self)
    ...         return self.factor * x
    """
    if unusual and _circumstances.recorder is not None:
        for thing in things:
            _circumstances.recorder.watch(thing)


def as_float(number: object) -> float:
    """A plain number as a float.

    >>> as_float(True)
    1.0

    Raises NumberTypeError for what is not a real number, LeavesGraphError (a TypeError) for a Value, NotFiniteError for
    NaN and infinity, InexactNumberError for a number that no float64 holds exactly.
    """
    result = number if type(number) is float else _converted(number)
    if result - result != 0.0:
        raise NotFiniteError(
            f"a Value must be finite, got {result}. Find where it comes from, or leave that entry out."
        )
    return result


def _converted(number):
    """A number of another type than float as a float."""
    if isinstance(number, Value):
        check_not_recording("a plain number made of a Value")
        raise LeavesGraphError(f"a plain number is wanted here, got {number!r}. Write v.data for its number.")
    remedy = _why_not_a_number(number)
    if remedy is None:
        try:
            result = float(number)
            if result == number or result != result:
                return result
            raise InexactNumberError(
                f"{number!r:.60} is not exactly a float64. To accept the rounding write float(...)."
            )
        except OverflowError:
            raise InexactNumberError(f"this {type(number).__name__} is too large for a float64.") from None
        except (TypeError, ValueError) as error:
            if isinstance(error, AutogradError):
                raise
            remedy = "Convert it to a float first."
    with recording(None):  # the text of what may hold tracers is for the message alone
        raise NumberTypeError(f"expected a real number, got {type(number).__name__} {number!r:.60}. {remedy}")


def _why_not_a_number(thing):
    """The remedy for `thing` being no real number, or None when it may be one."""
    if isinstance(thing, (str, bytes)):
        return "Convert it with float() first."
    if type(thing).__name__.startswith("complex"):
        return "Take its .real and .imag as two numbers."
    if thing is None:
        return "A variable may not have been set, or a function may lack its return."
    if hasattr(thing, "__len__"):
        return "Make one Value of each element: [Value(x) for x in ...]; .item() takes the only element of an array."
    return None


def constant(number: float, label: str | None = None) -> Constant:
    """A Constant with the given number."""
    node = Constant.__new__(Constant)
    node._data = as_float(number)
    node._grad = 0.0
    node._label = label
    node._rule = LEAF
    node._a = node._b = node._c = None
    node._da = node._db = node._dc = 0.0
    if unusual and _circumstances.recorder is not None:
        _circumstances.recorder.born.append(node)
    return node


def apply(rule, *operands):
    """A primitive on Values and numbers: a new Value; a Constant where no gradient is wanted; a float from numbers.

    This is what an operation means. The functions that primitives.py makes from the table do the same, written out for
    the common case that all operands are Values.
    """
    if unusual and _circumstances.look() and _circumstances.recorder is not None:
        return _circumstances.recorder.record(rule, operands)
    values = [operand.data if isinstance(operand, Value) else as_float(operand) for operand in operands]
    try:
        out = rule.value(*values)
    except (ArithmeticError, ValueError):
        fail(rule, operands)
    if out - out != 0.0:
        fail(rule, operands)
    if not any(isinstance(operand, Value) for operand in operands):
        return out
    if _circumstances.no_grad or not any(type(operand) is Value for operand in operands):
        return constant(out)
    partials = [0.0, 0.0, 0.0]
    for i, operand in enumerate(operands):
        if type(operand) is Value:
            try:
                partials[i] = rule.slopes[i](*values, out)
            except (ArithmeticError, ValueError):
                fail(rule, operands)
            if partials[i] - partials[i] != 0.0:
                fail(rule, operands)
    nodes = [operand if isinstance(operand, Value) else constant(operand) for operand in operands]
    node = Value(out)
    node._rule = rule.index
    node._a, node._b, node._c = (*nodes, None, None)[:3]
    node._da, node._db, node._dc = partials
    if LANDING_SLOT and id(node) % 2032 < 128:
        node._landing = Landing(*nodes)
    if _circumstances.record_lines:
        node._label = Note(None, line_outside())
    return node


def operate(rule, *operands):
    """`apply` for an operator: NotImplemented for an operand that may know better, such as an array of Values."""
    for operand in operands:
        if not isinstance(operand, (Value, float, int)) and hasattr(operand, "__array_ufunc__") and operand.shape != ():
            return NotImplemented
    return apply(rule, *operands)


def where(condition, x, y):
    if _circumstances.recorder is not None:
        return _circumstances.recorder.where(condition, x, y)
    chosen = bool(condition) if isinstance(condition, Value) else as_float(condition) != 0
    return apply(RULES["where"], condition, side_of(x, chosen), side_of(y, not chosen))


def side_of(operand, chosen):
    """One side of `where`: called if it is a function and chosen; 0 for a side left out that is no finite number."""
    if callable(operand):
        return operand() if chosen else 0.0
    if chosen or isinstance(operand, Value):
        return operand
    with contextlib.suppress(NotFiniteError):
        return as_float(operand)
    return 0.0


def fail(rule, operands):
    """Raise the error that tells why `rule` has no finite value, or no finite derivative, at `operands`."""
    values = [operand.data if isinstance(operand, Value) else as_float(operand) for operand in operands]
    got = f"{rule.name}({', '.join(map(_described, operands))})"
    outside = rule.why_outside(values)
    if outside:
        kind = DivisionByZeroError if rule.name == "div" else DomainError
        culprit = next((i for i, name in enumerate(rule.inputs) if outside.startswith(f"{name} must")), None)
        shown = _described(operands[culprit]) if culprit is not None else got
        raise kind(f"{rule.name}: {outside}, got {shown}. {rule.remedy}") from None
    try:
        out = rule.value(*values)
    except (ValueError, ZeroDivisionError) as error:
        if isinstance(error, ZeroDivisionError) or rule.name == "pow":
            raise DivisionByZeroError(f"{rule.name}: division by zero in {got}. {rule.remedy}") from None
        raise DomainError(f"{rule.name}: {rule.formula} has no value at {got}. {rule.remedy}") from None
    except OverflowError:
        out = inf
    if out - out != 0.0:
        raise ResultOverflowError(
            f"{rule.name}: the result of {got} is too large for a float64. Scale the operands down."
        ) from None
    for name, operand, formula, slope in zip(rule.inputs, operands, rule.partials, rule.slopes):
        if type(operand) is not Value:
            continue
        shown = f"∂{rule.name}/∂{name} = {formula.active(**dict(zip(rule.inputs, values)), out=out)}"
        try:
            size = slope(*values, out)
        except ZeroDivisionError:
            raise InfiniteDerivativeError(
                f"{rule.name}: the derivative {shown} is infinite at {got}. Keep {name} away "
                "from this point, or detach() it if no gradient is wanted."
            ) from None
        except ValueError:
            raise DomainError(
                f"{rule.name}: {rule.formula} has no derivative with respect to {name} at {got}. Make "
                f"{name} a plain number, or detach() it, if no gradient is wanted."
            ) from None
        except OverflowError:
            size = inf
        if size - size != 0.0:
            raise ResultOverflowError(
                f"{rule.name}: the derivative {shown} is too large for a float64 at {got}. Scale "
                "the operands, or detach() them if no gradient is wanted."
            ) from None
    raise AssertionError(f"{got} is finite")


def _described(operand):
    """An operand for a message: its number, and its label if it has one."""
    if not isinstance(operand, Value):
        return repr(as_float(operand))
    known = [f'"{operand.label:.60}"'] if operand.label else []
    known += [f"made at {operand.line}"] if operand.line else []
    return f"{operand.data!r} ({', '.join(known)})" if known else repr(operand.data)


def _comparable(other):
    """The number in `other` for a comparison, or None when it is not a number."""
    if isinstance(other, Value):
        return other.data
    if _why_not_a_number(other) is not None or not hasattr(other, "__float__"):
        return None
    return other


# The same source, compiled at install time (native.py says how), takes over from here where it is present.
def fingerprint():
    """What tells one state of the engine's source from another."""
    digest = 0
    for path in SOURCES:
        with open(path, "rb") as file:
            digest = zlib.crc32(file.read(), digest)
    return digest


if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "autograd: this is a free-threaded Python, in which threads could change a graph in the midst of "
        "a pass. Use the ordinary build of Python, or set PYTHON_GIL=1."
    )
backend, compiled = "python", None
Value.__init_subclass__ = classmethod(refuse_heirs)
if not os.environ.get("GLASSGRAD_PURE"):
    try:
        from autograd import _native as compiled
    except ImportError:
        pass
    else:
        if compiled.fingerprint == fingerprint():
            globals().update(compiled.exports)
            backend = "native"
            for thing in (restore, itself, last):
                thing.__module__ = __name__  # so that either engine reads what the other has pickled
        else:
            warnings.warn(
                "autograd: the compiled engine is older than its source, so Python's is used, about 20 times "
                "slower. Install the package again to compile it.",
                RuntimeWarning,
                stacklevel=2,
            )
