"""`Value`: a number that remembers how it was computed, and `backward`, which applies the chain rule to that record.

Each operation on Values makes a new node with up to three parents and, for each parent, the partial derivative
∂node/∂parent at the point, as a float. `backward()` walks the nodes in reverse topological order; a node's adjoint
times a partial is its contribution to that parent's adjoint, and the contributions add up.

The compiled engine is compiled from this very file, with C in place of what is under `if not cython.compiled:`.
"""

from collections import deque
from itertools import chain, repeat
from math import trunc
from operator import add, attrgetter
from typing import Never, TypeAlias

from autograd.engine import messages
from autograd.engine import uncompiled as cython
from autograd.engine.copying import deep_copy, last, twins
from autograd.engine.habits import Elsewhere, no_label, operands_of, operation_of, too_many
from autograd.engine.messages import LabelAndOrigin, error_for, gradient_overflow, refuse_subclass
from autograd.errors import ArgumentError, CyclicGraphError, LeavesGraphError, NumberTypeError, RuleError
from autograd.libraries import line_outside
from autograd.table.registry import RULES, TABLE, Rule

if not cython.compiled:
    from autograd.engine.generate import SCOPE, generated_function
    from autograd.engine.landing import LANDING_SLOT, Landing
    from autograd.engine.modes import ScopeEntry, check_not_recording, modes, open_scopes, this_thread
    from autograd.engine.numbers import as_float, finite, number_in

    SLOTS = ("_a", "_b", "_c", "_da", "_data", "_db", "_dc", "_grad", "_label", "_rule", *LANDING_SLOT)

LEAF = cython.declare(cython.int, -1)  # the `_rule` of a node that no primitive made
REPLAYED = cython.declare(cython.int, -2)  # that of a ReplayedNode
FROZEN = cython.declare(cython.int, -5)  # that of a leaf which requires_grad_(False) has made a Constant
AWAY = cython.declare(cython.int, -6)  # that of a leaf whose numbers are in flat arrays, in the compiled engine

Number: TypeAlias = "Value | float"


class Freezing:
    """How often leaves have been frozen and unfrozen: what depends on that need only look again after a change."""

    changes = 0


@cython.no_gc
@cython.cclass
class Value:
    """A number in a computation graph.

    Value(2.0) is a leaf: a variable whose gradient is wanted. Arithmetic and the functions of this package make inner
    nodes from Values; `backward()` on one of them sets `grad`, the derivative of that result, on all nodes above it.

    >>> from autograd import Value
    >>> w, x = Value(3.0, label="w"), Value(2.0)
    >>> y = (w * x).tanh()
    >>> y.backward()
    >>> w
    Value(3.0, grad=4.91531e-05, label="w")

    data    the number, a float
    grad    ∂result/∂node after `backward()`: leaves add up over calls, an inner node holds the latest pass
    label   a name for drawings and messages, or None

    Raises NumberTypeError (a TypeError) for anything but a real number, NotFiniteError (a ValueError) for NaN and
    infinity, InexactNumberError (a ValueError) for a number that no float64 holds exactly.
    """

    # _a, _b, _c: the parents; _da, _db, _dc: their partials; _rule: an index of TABLE, LEAF, FROZEN, or REPLAYED.
    __slots__ = SLOTS

    def __init__(self, data: float, label: str | None = None, *others: Never) -> None:
        if others:
            raise too_many(others)
        if modes:
            come_home(self)
        self._rule, self._data, self._grad, self._label = LEAF, as_float(data), 0.0, None
        self._a = self._b = self._c = None
        self._da = self._db = self._dc = 0.0
        if label is not None:
            self.label = label
        if modes and this_thread.recorder is not None:
            this_thread.recorder.born.append(self)

    # operator_add and so on are made from the table at the end of this file.
    # fmt: off
    def __add__(self, other: Number) -> "Value": return operator_add(self, other)
    def __sub__(self, other: Number) -> "Value": return operator_sub(self, other)
    def __mul__(self, other: Number) -> "Value": return operator_mul(self, other)
    def __truediv__(self, other: Number) -> "Value": return operator_div(self, other)
    def __pow__(self, other: Number) -> "Value": return operator_pow(self, other)
    def __mod__(self, other: Number) -> "Value": return operator_mod(self, other)
    def __xor__(self, other: object): raise NumberTypeError(messages.POWER)
    def __rxor__(self, other: object): raise NumberTypeError(messages.POWER)
    def __rsub__(self, other: Number) -> "Value": return operator_sub(other, self)
    def __rmul__(self, other: Number) -> "Value": return operator_mul(other, self)
    def __rtruediv__(self, other: Number) -> "Value": return operator_div(other, self)
    def __rpow__(self, other: Number) -> "Value": return operator_pow(other, self)
    def __rmod__(self, other: Number) -> "Value": return operator_mod(other, self)
    def __neg__(self) -> "Value": return operator_neg(self)
    def __pos__(self) -> "Value": return operator_pos(self)
    def __abs__(self) -> "Value": return operator_abs(self)
    def __floor__(self) -> "Value": return apply(RULES["floor"], self)
    def __ceil__(self) -> "Value": return apply(RULES["ceil"], self)
    def __floordiv__(self, other: object): raise LeavesGraphError(messages.QUOTIENT)
    def __rfloordiv__(self, other: object): raise LeavesGraphError(messages.QUOTIENT)
    def __divmod__(self, other: object): raise LeavesGraphError(messages.QUOTIENT)
    def __rdivmod__(self, other: object): raise LeavesGraphError(messages.QUOTIENT)
    def __round__(self, digits: object = None): raise LeavesGraphError(messages.ROUND)
    def __trunc__(self): raise LeavesGraphError(messages.ROUND)
    # fmt: on

    def __radd__(self, other: Number) -> "Value":
        if type(other) is int and other == 0:
            return self  # the 0 that sum() starts from
        return operator_add(other, self)

    @property
    def data(self) -> float:
        """The number, a float. Assigning to it does not change what was recorded before."""
        if modes:
            look_at(self, "reading .data of a Value")
        return self._data

    @data.setter
    def data(self, number: float) -> None:
        if modes:
            look_at(self, "setting .data of a Value")
        self._data = as_float(number)

    @property
    def grad(self) -> float:
        """∂result/∂node, a float; 0.0 until a backward pass reaches the node."""
        if modes:
            look_at(self, "reading .grad of a Value")
        return self._grad

    @grad.setter
    def grad(self, number: float) -> None:
        if modes:
            look_at(self, "setting .grad of a Value")
        try:
            self._grad = as_float(number)
        except NumberTypeError:
            if number is None:
                raise NumberTypeError(messages.GRADIENT_NONE) from None
            raise

    @property
    def label(self) -> str | None:
        """A name for drawings and messages, or None."""
        return self._label.label if type(self._label) is LabelAndOrigin else self._label

    @label.setter
    def label(self, name: str | None) -> None:
        if name is not None and not isinstance(name, str):
            raise no_label(name)
        is_known = type(self._label) is LabelAndOrigin
        self._label = LabelAndOrigin(name, self.line, self.scope) if is_known else name

    @property
    def line(self) -> str | None:
        """The line that made the node, such as "train.py:12", if that was inside `record_lines()`; else None."""
        return self._label.line if type(self._label) is LabelAndOrigin else None

    @property
    def scope(self) -> "ScopeEntry | None":
        """The innermost ScopeEntry that the node was made in, if that was inside `record_scopes()`; else None."""
        return self._label.scope if type(self._label) is LabelAndOrigin else None

    @property
    def rule(self) -> Rule | None:
        """The primitive that made this node; None for a leaf."""
        return TABLE[self._rule] if self._rule >= 0 else None

    @property
    def parents(self) -> "tuple[Value, ...]":
        """The nodes that this one was computed from, in the order of the rule's inputs; () for a leaf."""
        return (self._a, self._b, self._c)[: len(TABLE[self._rule].inputs)] if self._rule >= 0 else ()

    @property
    def partials(self) -> tuple[float, ...]:
        """∂node/∂parent for each of `parents`, recorded when the node was made; 0.0 for a constant."""
        if modes:
            check_not_recording("reading .partials of a Value")
        return (self._da, self._db, self._dc)[: len(TABLE[self._rule].inputs)] if self._rule >= 0 else ()

    @property
    def _prev(self) -> "set[Value]":
        """`parents` as micrograd has them: a set, without an exponent that is a number."""
        return operands_of(self)

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it, such as "+", "**2" or "tanh"; "" for a leaf."""
        return operation_of(self)

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to this node: not to a Constant, nor to a frozen leaf, which is one.

        Assigning False freezes a leaf, True unfreezes it; see `requires_grad_`.
        """
        if modes and this_thread.recorder is not None and self._rule < 0:
            this_thread.recorder.tracer(self)  # the recording counts only as long as this stays as it is
        return type(self) is not Constant

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> "Value":
        """Freeze a leaf (False) or unfreeze it (True); returns it.

        While it is frozen, a leaf is a Constant: operations compute no partial derivative for it, what is computed from
        frozen leaves and numbers alone is a Constant too, `backward()` leaves its `grad` as it is, and optimisers skip
        it. Its `data` can be assigned as before. A graph from before passes no gradient to a leaf while it is frozen; a
        graph that was computed while a leaf was frozen never does.

        >>> w, x = Value(3.0), Value(2.0)
        >>> w.requires_grad_(False)
        Value(3.0, grad=0, requires_grad=False)
        >>> (w * x).backward()
        >>> w.grad, x.grad
        (0.0, 3.0)

        Raises ArgumentError for a node that was computed: `detach()` gives its number as a Constant.
        """
        if modes:
            look_at(self, "setting requires_grad of a Value", messages.FREEZE_OUTSIDE)
        if not isinstance(requires_grad, bool):
            raise NumberTypeError(f"requires_grad is True or False, got {requires_grad!r:.60}.")
        if requires_grad == (type(self) is not Constant):
            return self
        if self._rule != LEAF and self._rule != FROZEN:
            raise ArgumentError(messages.NO_LEAF.format(self))
        change_kind(self, requires_grad)
        Freezing.changes += 1
        return self

    @property
    def frozen(self) -> bool:
        """Whether this is a leaf that was frozen by `requires_grad_(False)`; a Constant of another kind is not."""
        return type(self) is Constant and self._rule == FROZEN

    def item(self) -> float:
        """The number, as `data`: PyTorch's name."""
        return self.data

    @property
    def real(self) -> "Value":
        """The node itself; NumPy's `var` asks for it."""
        return self

    def conjugate(self) -> "Value":
        """The node itself, which is real; NumPy's `var` asks for it."""
        return self

    def as_integer_ratio(self):
        """Raises LeavesGraphError: the module `statistics` asks for it."""
        raise LeavesGraphError(messages.RATIO)

    def backward(self, gradient: float = 1.0) -> None:
        """Add ∂self/∂leaf to the `grad` of every leaf above, and set the `grad` of the nodes between.

        gradient: the seed, ∂result/∂self. Raises ResultOverflowError if a gradient is too large for a float64, and
        ArgumentError for a constant; in both cases no `grad` has changed.

        >>> x = Value(3.0)
        >>> z = (x * x) ** 2
        >>> z.backward()
        >>> x.grad
        108.0
        """
        if modes:
            look_at(self, "backward()", messages.BACKWARD_OUTSIDE)
        if type(self) is not Value:
            raise ArgumentError(messages.NO_VALUE.format(self))
        backward_pass(self, as_float(gradient))

    def detach(self) -> "Constant":
        """The same number as a constant: no gradient flows through it."""
        if modes and this_thread.recorder is not None:
            return this_thread.recorder.detached(self)
        if modes:
            come_home(self)
        return constant(self._data, self.label)

    # fmt: off
    def __lt__(self, other: Number) -> bool: return compared("less", self, other)
    def __le__(self, other: Number) -> bool: return compared("less_equal", self, other)
    def __gt__(self, other: Number) -> bool: return compared("less", other, self)
    def __ge__(self, other: Number) -> bool: return compared("less_equal", other, self)
    # fmt: on

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            return self is other
        if number_in(other) is None:
            return NotImplemented
        if modes:
            check_not_recording("comparing a Value with ==")
        raise LeavesGraphError(messages.EQUAL.format(other))

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if modes:
            look_at(self, "the truth of a Value")
        return self._data != 0.0

    def __float__(self):
        raise LeavesGraphError(messages.FLOAT)

    def __int__(self):
        raise LeavesGraphError(messages.INT)

    def __repr__(self) -> str:
        if modes:
            look_at(self, "writing a Value as text")
        label = "" if self.label is None else f', label="{self.label}"'
        return f"Value({self._data!r}, grad={self._grad:.6g}{label})"

    def __format__(self, spec: str) -> str:
        if modes:
            look_at(self, "writing a Value as text")
        return format(self._data, spec) if spec else repr(self)

    def __reduce__(self):
        return self._recipe(()) if self._rule < 0 else (last, (twins(topological_order(self)),))

    def __dir__(self):
        return [name for name in object.__dir__(self) if type(vars(Value).get(name)) is not Elsewhere]

    def __copy__(self):
        make, arguments = self._recipe(self.parents)
        return make(*arguments)

    def __deepcopy__(self, memo):
        is_leaf = self._rule == LEAF or self._rule == FROZEN
        return deep_copy([self] if is_leaf else topological_order(self), memo)

    def _recipe(self, parents):
        """A function and its arguments, which make this node again with other parents."""
        name = TABLE[self._rule].name if self._rule >= 0 else None
        make = restore_frozen if self.frozen else restore
        return make, (parents, self.partials, type(self) is Value, self.data, self.grad, self.label, self.line, name)


@cython.no_gc
@cython.cclass
class Constant(Value):
    """A Value without a gradient: a number in an expression, a frozen leaf, what `detach()` and `no_grad()` leave."""

    __slots__ = ()

    def __repr__(self) -> str:
        if modes:
            check_not_recording("writing a Constant as text")
        label = "" if self.label is None else f', label="{self.label}"'
        if self._rule == FROZEN:
            return f"Value({self._data!r}, grad={self._grad:.6g}{label}, requires_grad=False)"
        return f"Constant({self._data!r}{label})"


if not cython.compiled:
    Value.__init_subclass__ = classmethod(refuse_subclass)  # type: ignore[method-assign, assignment]

    def come_home(node):
        """Bring the numbers of a node back from flat arrays: in plain Python they are never away."""

    def look_at(node, what, instead=None):
        """Let the numbers of a node be used: bring them home; raises while a function is recorded."""
        check_not_recording(what, instead)

    def new_node(rule, data, a, da, b, db, c, dc, kind=Value):
        """A new node; its parents are a, b and c, unused ones None."""
        node = object.__new__(kind)
        node._rule, node._data, node._grad, node._label = rule, data, 0.0, None
        node._a, node._b, node._c = a, b, c
        node._da, node._db, node._dc = da, db, dc
        if LANDING_SLOT and id(node) % 2032 < 128:
            node._landing = Landing(a, b, c)
        return node

    def new_constant(number):
        """A new Constant; the number must be a finite float."""
        return new_node(LEAF, number, None, 0.0, None, 0.0, None, 0.0, Constant)

    def change_kind(leaf, wanted):
        """Make a leaf a Value, or a Constant that is frozen. An interrupt in between leaves a Value."""
        if wanted:
            leaf.__class__, leaf._rule = Value, LEAF
        else:
            leaf._rule, leaf.__class__ = FROZEN, Constant


@cython.ccall
@cython.locals(node=Constant)
def constant(number: object, label: str | None = None) -> Constant:
    """A Constant with the given number."""
    node = new_constant(as_float(number))
    node._label = label
    if modes and this_thread.recorder is not None:
        this_thread.recorder.born.append(node)
    return node


@cython.locals(node=Value)
def apply(rule, *operands):
    """A primitive on Values and numbers: a new Value; a Constant where no gradient is wanted; a float from numbers.

    This is the general path: numbers, constants, modes. Values outside all modes take the fast path: see generate.py.
    """
    if modes and this_thread.in_mode() and this_thread.recorder is not None:
        return this_thread.recorder.record(rule, operands)
    numbers = [operand.data if isinstance(operand, Value) else as_float(operand) for operand in operands]
    try:
        out = finite(rule.value(*numbers))
    except (ArithmeticError, ValueError):
        raise_failure(rule, operands)
    if not any(isinstance(operand, Value) for operand in operands):
        return out
    if this_thread.no_grad or not any(type(operand) is Value for operand in operands):
        return constant(out)
    partials = [0.0, 0.0, 0.0]
    for i, operand in enumerate(operands):
        if type(operand) is Value:
            try:
                partials[i] = finite(rule.slopes[i](*numbers, out))
            except (ArithmeticError, ValueError):
                raise_failure(rule, operands)
    nodes = [operand if isinstance(operand, Value) else constant(operand) for operand in operands] + [None, None]
    node = new_node(rule.index, out, nodes[0], partials[0], nodes[1], partials[1], nodes[2], partials[2])
    if this_thread.record_lines or this_thread.record_scopes:
        node._label = origin()
    return node


def origin():
    """The line and the scope of a new node, as far as they are to be recorded."""
    line = line_outside() if this_thread.record_lines else None
    return LabelAndOrigin(None, line, open_scopes.scope if this_thread.record_scopes else None)


def apply_operator(rule, *operands):
    """`apply` for an operator: NotImplemented for an operand that may handle it itself, such as an array of Values."""
    for operand in operands:
        if isinstance(operand, (Value, float, int)) or not hasattr(operand, "__array_ufunc__"):
            continue
        if operand.shape != () or operand.dtype.kind == "O":
            return NotImplemented
    return apply(rule, *operands)


@cython.locals(a=Value, b=Value)
def compared(rule_name, x, y):
    """The result of comparing two numbers or Values: a bool; while a function is recorded, the number 1 or 0."""
    if type(x) is Value and type(y) is Value and not modes:
        a, b = x, y
        return a._data < b._data if rule_name == "less" else a._data <= b._data
    if modes and this_thread.recorder is not None:
        return this_thread.recorder.number_of(apply(RULES[rule_name], x, y))
    left = x.data if isinstance(x, Value) else number_in(x)
    right = y.data if isinstance(y, Value) else number_in(y)
    if left is None or right is None:
        return NotImplemented
    return left < right if rule_name == "less" else left <= right


def raise_failure(rule, operands):
    """Raise the error that says why `rule` has no finite value, or no finite partial derivative, at `operands`."""
    numbers = [operand.data if isinstance(operand, Value) else as_float(operand) for operand in operands]
    error = error_for(rule, operands, numbers, [type(operand) is Value for operand in operands])
    error.rule_name, error.operands = rule.name, operands
    raise error from None


@cython.locals(node=Value)
def restore(parents, partials, is_variable, data, grad, label, line, name):
    """A node as it was pickled or copied."""
    if name is None:
        node = Value(data) if is_variable else constant(data)
    elif name not in RULES or not len(RULES[name].inputs) == len(parents) == len(partials):
        raise RuleError(messages.UNKNOWN_RULE.format(name, len(parents)))
    else:
        nodes, slopes = [*parents, None, None], [*map(as_float, partials), 0.0, 0.0]
        node = new_node(
            RULES[name].index, as_float(data), nodes[0], slopes[0], nodes[1], slopes[1], nodes[2], slopes[2]
        )
    node._label = label if line is None else LabelAndOrigin(label, line)
    node._grad = as_float(grad)
    return node


@cython.locals(node=Value)
def restore_frozen(*arguments):
    """A frozen leaf as it was pickled or copied."""
    node = restore(*arguments)
    node._rule = FROZEN
    Freezing.changes = Freezing.changes or 1
    return node


if not cython.compiled:
    # A pass changes no node until it is complete. An interrupted pass leaves no trace, and another pass may run in the
    # middle of it: in a signal handler, in a __del__, in another thread.
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
        """Every Value that `root` depends on, parents first, in the same order on every run; constants are left out."""
        return search(root)[0]

    def search(root):
        """The topological order of `root`; and the adjoints, a dict from every node and constant to 0.0.

        `path` is the stack of nodes still to visit; a None on it means that the parents of the node below it are done.
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
                elif node._rule == REPLAYED:
                    path += (node, None, *reversed(node.parents))
                    adjoint[node] = None
                else:
                    adjoint[node] = 0.0
                    if type(node) is not Constant:
                        order.append(node)
            elif adjoint[node] is None:
                raise CyclicGraphError(f"the graph has a cycle: {node!r} is computed from itself.")
        return order, adjoint

    def propagate(order, adjoint, seed):
        """Fill in the adjoints, ∂root/∂node times `seed`; returns the leaves and the other nodes, in reverse order."""
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
            elif node._rule == REPLAYED:
                here = adjoint[node]
                for parent, slope in zip(node.parents, node._slopes):
                    adjoint[parent] += here * slope
                inner.append(node)
            else:
                leaves.append(node)
        return leaves, inner

    def hand_out(adjoint, leaves, inner):
        """Add the adjoints of leaves to their gradients, and make those of other nodes their gradients; all or none.

        Every step, and deque, is implemented in C, so no interrupt and no other pass can come in between. Steps that
        may fail, because a sum is infinite or memory is short, come first; the last two steps need no memory.
        """
        sums: list[float] = []
        try:
            steps = chain(
                map(sums.append, map(add, map(attrgetter("_grad"), leaves), map(adjoint.__getitem__, leaves))),
                map(trunc, sums),  # fails for infinity and NaN; an overflow anywhere reaches a leaf
                map(setattr, leaves, repeat("_grad"), sums),
                map(setattr, inner, repeat("_grad"), map(adjoint.__getitem__, inner)),
            )
            deque(steps, maxlen=0)
        except (OverflowError, ValueError):
            raise gradient_overflow(next(leaf for leaf, sum_ in zip(leaves, sums) if sum_ - sum_ != 0.0)) from None

    SCOPE.update(_Value=Value, _apply=apply, _operate=apply_operator, _raise_failure=raise_failure)
    operator_add, operator_sub, operator_mul, operator_div, operator_pow, operator_mod = (
        generated_function(RULES[name], "_operate") for name in ["add", "sub", "mul", "div", "pow", "mod"]
    )
    operator_neg, operator_pos, operator_abs = (
        generated_function(RULES[name], "_operate") for name in ["neg", "pos", "abs"]
    )
