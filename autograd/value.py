"""`Value`: a number that remembers how it was computed, and `backward`, which applies the chain rule to that memory.

Each operation on Values makes a new node with up to three parents and, for each parent, the partial derivative
∂node/∂parent at the point, as a float. `backward()` walks the nodes in reverse topological order; a node's adjoint times
a partial is its contribution to that parent's adjoint, and the contributions add up.
"""

import contextlib
import threading
from math import inf

from autograd.errors import (
    ArgumentError,
    CyclicGraphError,
    DivisionByZeroError,
    DomainError,
    InexactNumberError,
    InfiniteDerivativeError,
    LeavesGraphError,
    NotFiniteError,
    NumberTypeError,
    ResultOverflowError,
)

UNSEEN, ON_PATH, DONE = 0, 1, 2
new = object.__new__


class Value:
    """A number in a computation graph.

    Value(2.0) is a leaf: a variable whose gradient is wanted. Arithmetic and the functions of this package make inner
    nodes out of Values; `backward()` on one of them fills in `grad`, the derivative of that result, on all above it.

    >>> w, x = Value(3.0, label="w"), Value(2.0)
    >>> y = (w * x).tanh()
    >>> y.backward()
    >>> w
    Value(3.0, grad=4.91535e-05, label="w")

    data    the number, a float (NaN and infinities are refused)
    grad    ∂result/∂node after `backward()`: leaves add up over calls, an inner node holds the latest pass
    label   a name for drawings and messages, or None

    Raises NumberTypeError (a TypeError) for what is not a real number, NotFiniteError (a ValueError) for NaN and infinity.
    """

    __slots__ = ("_a", "_b", "_c", "_da", "_data", "_db", "_dc", "_grad", "_mark", "_note", "_rule")

    def __init__(self, data, label=None):
        self._data = data if type(data) is float and data - data == 0.0 else as_float(data)
        self._grad = 0.0
        self._note = label
        self._rule = self._a = self._b = self._c = None
        self._da = self._db = self._dc = 0.0
        self._mark = UNSEEN
        if label is not None and type(label) is not str:
            self.label = label

    @property
    def data(self):
        """The number, a float. What was recorded before it is assigned stays as it was recorded."""
        return self._data

    @data.setter
    def data(self, number):
        self._data = as_float(number)

    @property
    def grad(self):
        """∂result/∂node, a float; 0.0 until a backward pass comes by."""
        return self._grad

    @grad.setter
    def grad(self, number):
        self._grad = as_float(number)

    @property
    def label(self):
        """A name for drawings and messages, or None."""
        return self._note

    @label.setter
    def label(self, name):
        if name is not None and not isinstance(name, str):
            raise NumberTypeError(f"a label is a string or None, got {name!r}.")
        self._note = name

    @property
    def rule(self):
        """The primitive that made this node; None for a leaf."""
        return self._rule

    @property
    def parents(self):
        """The nodes that this one was computed from, in the order of the rule's inputs; () for a leaf."""
        return (self._a, self._b, self._c)[:len(self._rule.inputs)] if self._rule else ()

    @property
    def partials(self):
        """∂node/∂parent for each of `parents`, recorded when the node was made; 0.0 for a constant."""
        return (self._da, self._db, self._dc)[:len(self._rule.inputs)] if self._rule else ()

    def backward(self, gradient=1.0):
        """Add ∂self/∂leaf to the `grad` of every leaf above, and set `grad` of the inner nodes.

        gradient: the seed, ∂result/∂self. Raises ResultOverflowError when a gradient is too large for a float; then
        no `grad` has changed.

        >>> x = Value(3.0)
        >>> z = (x * x) ** 2
        >>> z.backward()
        >>> x.grad
        108.0
        """
        seed = as_float(gradient)
        if type(self) is not Value:
            raise ArgumentError(f"backward: {self!r} depends on no Value, so there is nothing to differentiate. "
                                "Build it from Values, outside no_grad() and without detach().")
        with _one_pass_at_a_time:
            order = topological_order(self)
            before = [node._grad for node in order]
            try:
                propagate(order, seed)
                for node, old in zip(order, before, strict=True):
                    if node._rule is None:
                        node._grad = _finite_gradient(node, node._grad + old)
            except BaseException:
                for node, old in zip(order, before, strict=True):
                    node._grad = old
                raise

    def detach(self):
        """The same number as a constant: no gradient flows through it."""
        return constant(self._data, self.label)

    def __repr__(self):
        label = "" if self.label is None else f', label="{self.label}"'
        return f"Value({self._data!r}, grad={self._grad:.6g}{label})"

    def __format__(self, spec):
        return format(self._data, spec) if spec else repr(self)

    def __bool__(self):
        return self._data != 0.0

    def __lt__(self, other):
        other = _comparable(other)
        return NotImplemented if other is None else self._data < other

    def __le__(self, other):
        other = _comparable(other)
        return NotImplemented if other is None else self._data <= other

    def __gt__(self, other):
        other = _comparable(other)
        return NotImplemented if other is None else self._data > other

    def __ge__(self, other):
        other = _comparable(other)
        return NotImplemented if other is None else self._data >= other

    def __eq__(self, other):
        if isinstance(other, Value) or _comparable(other) is None:
            return self is other
        raise LeavesGraphError(f"== between Values asks whether they are the same node. To compare the numbers write "
                               f"v.data == {other!r}.")

    __hash__ = object.__hash__

    def __float__(self):
        raise LeavesGraphError("float(v) would take the number out of the graph and lose its gradient. Write v.data for "
                               "the number, or autograd.exp(v) in place of math.exp(v).")

    def __int__(self):
        raise LeavesGraphError("int(v) would take the number out of the graph and lose its gradient. Write int(v.data).")


class Constant(Value):
    """A Value without a gradient: a plain number in an expression, or what `detach()` and `no_grad()` leave."""

    __slots__ = ()

    def __repr__(self):
        label = "" if self.label is None else f', label="{self.label}"'
        return f"Constant({self._data!r}{label})"


_one_pass_at_a_time = threading.RLock()  # a pass uses the nodes' own fields; threads may share leaves

# What the functions made from the table see as their globals. While `unusual` is not 0 they leave every operation to
# apply(), which looks at the circumstances: some thread is inside no_grad().
SCOPE = {"unusual": 0}


class _Circumstances(threading.local):
    no_grad = 0


_circumstances = _Circumstances()


@contextlib.contextmanager
def graph_wanted():
    """Inside, operations build a graph, whatever no_grad() stands around."""
    outside = _circumstances.no_grad
    _circumstances.no_grad = 0
    try:
        yield
    finally:
        _circumstances.no_grad = outside


class no_grad(contextlib.ContextDecorator):
    """Inside, operations on Values build no graph: their results are Constants. For this thread only.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Constant(9.0)
    """

    def __enter__(self):
        SCOPE["unusual"] += 1
        _circumstances.no_grad += 1

    def __exit__(self, *error):
        SCOPE["unusual"] -= 1
        _circumstances.no_grad -= 1


def topological_order(root):
    """Every Value that `root` depends on, parents before children, `root` last; constants are left out.

    Depth first, parents in the order of the rule's inputs, so that the order is the same on every run. It is iterative:
    a million nodes in a chain need no deeper stack than one. Raises CyclicGraphError.
    """
    order, path = [], [root]
    with _one_pass_at_a_time:
        root._mark = ON_PATH
        try:
            while path:
                node = path[-1]
                if (a := node._a) is not None and a._mark != DONE:
                    parent = a
                elif (b := node._b) is not None and b._mark != DONE:
                    parent = b
                elif (c := node._c) is not None and c._mark != DONE:
                    parent = c
                else:
                    node._mark = DONE
                    order.append(path.pop())
                    continue
                if parent._mark == ON_PATH:
                    raise CyclicGraphError(f"the graph has a cycle: {parent!r} is computed from itself.")
                parent._mark = ON_PATH
                path.append(parent)
        finally:
            for node in order:
                node._mark = UNSEEN
            for node in path:
                node._mark = UNSEEN
    return order


def propagate(order, seed):
    """Give every node of `order` its adjoint, ∂order[-1]/∂node times `seed`, in `_grad`."""
    for node in order:
        node._grad = 0.0
    order[-1]._grad = seed
    for node in reversed(order):
        a = node._a
        if a is not None:
            adjoint = node._grad
            a._grad += adjoint * node._da
            b = node._b
            if b is not None:
                b._grad += adjoint * node._db
                c = node._c
                if c is not None:
                    c._grad += adjoint * node._dc


def adjoints(root, wanted):
    """∂root/∂node for each node of `wanted`, as floats; no `grad` is changed."""
    with _one_pass_at_a_time:
        order = topological_order(root)
        touched = wanted + order
        before = [node._grad for node in touched]
        try:
            for node in wanted:
                node._grad = 0.0
            propagate(order, 1.0)
            return [_finite_gradient(node, node._grad) for node in wanted]
        finally:
            for node, old in zip(touched, before, strict=True):
                node._grad = old


def as_float(number):
    """`number` as a float; raises for what is not a real, finite number that a float64 holds exactly."""
    if type(number) is float:
        result = number
    elif isinstance(number, Value):
        raise LeavesGraphError(f"a plain number is wanted here, got {number!r}. Write v.data for its number.")
    else:
        remedy = _why_not_a_number(number)
        if remedy is None:
            try:
                result = float(number)
            except OverflowError:
                raise InexactNumberError(f"a {type(number).__name__} of this size does not fit into a float64.") from None
            except (TypeError, ValueError):
                remedy = "Convert it to a float first."
        if remedy is not None:
            raise NumberTypeError(f"a real number is wanted, got {type(number).__name__} {number!r:.60}. {remedy}")
        if result != number and result == result:
            raise InexactNumberError(f"{number!r:.60} is not exactly a float64. To accept the rounding write float(...).")
    if result - result != 0.0:
        raise NotFiniteError(f"a Value must be finite, got {result}. Find where it comes from, or leave that entry out.")
    return result


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


def constant(number, label=None):
    """A Constant with the given number."""
    node = new(Constant)
    node._data = as_float(number)
    node._grad = 0.0
    node._note = label
    node._rule = node._a = node._b = node._c = None
    node._da = node._db = node._dc = 0.0
    node._mark = DONE
    return node


def apply(rule, *operands):
    """A primitive on Values and numbers: a new Value; a Constant where no gradient is wanted; a float for plain numbers.

    This is what an operation means. The functions that primitives.py makes from the table do the same, written out for
    the common case that all operands are Values.
    """
    values = [operand._data if isinstance(operand, Value) else as_float(operand) for operand in operands]
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
    node = Value(out)
    node._rule = rule
    nodes = [operand if isinstance(operand, Value) else constant(operand) for operand in operands]
    partials = [0.0, 0.0, 0.0]
    for i, operand in enumerate(nodes):
        if type(operand) is Value:
            try:
                partials[i] = rule.slopes[i](*values, out)
            except (ArithmeticError, ValueError):
                fail(rule, operands)
            if partials[i] - partials[i] != 0.0:
                fail(rule, operands)
    node._a, node._b, node._c = (*nodes, None, None)[:3]
    node._da, node._db, node._dc = partials
    return node


def fail(rule, operands):
    """Raise the error that tells why `rule` has no finite value, or no finite derivative, at `operands`."""
    values = [operand._data if isinstance(operand, Value) else as_float(operand) for operand in operands]
    got = f"{rule.name}({', '.join(map(_described, operands))})"
    outside = rule.why_outside(values)
    if outside:
        kind = DivisionByZeroError if rule.name == "div" else DomainError
        culprit = next((i for i, name in enumerate(rule.inputs) if outside.startswith(f"{name} must")), None)
        shown = _described(operands[culprit]) if culprit is not None else got
        raise kind(f"{rule.name}: {outside}, got {shown}. {rule.remedy}")
    try:
        out = rule.value(*values)
    except (ValueError, ZeroDivisionError):
        raise DivisionByZeroError(f"{rule.name}: division by zero in {got}. {rule.remedy}") from None
    except OverflowError:
        out = inf
    if out - out != 0.0:
        raise ResultOverflowError(f"{rule.name}: the result of {got} is too large for a float64. Scale the operands down.")
    for name, operand, formula, slope in zip(rule.inputs, operands, rule.partials, rule.slopes, strict=True):
        if type(operand) is not Value:
            continue
        shown = f"∂{rule.name}/∂{name} = {formula.active(**dict(zip(rule.inputs, values, strict=True)), out=out)}"
        try:
            size = slope(*values, out)
        except ZeroDivisionError:
            raise InfiniteDerivativeError(f"{rule.name}: the derivative {shown} is infinite at {got}. Keep {name} away from "
                                          "this point, or detach() it if no gradient is wanted.") from None
        except ValueError:
            raise DomainError(f"{rule.name}: the derivative {shown} does not exist at {got}. Make {name} a plain number, or "
                              "detach() it, if no gradient is wanted.") from None
        except OverflowError:
            size = inf
        if size - size != 0.0:
            raise ResultOverflowError(f"{rule.name}: the derivative {shown} is too large for a float64 at {got}. Scale the "
                                      "operands, or detach() them if no gradient is wanted.")
    raise AssertionError(f"{got} is finite")


def _described(operand):
    """An operand for a message: its number, and its label if it has one."""
    if isinstance(operand, Value):
        return f'{operand._data!r} ("{operand.label}")' if operand.label else repr(operand._data)
    return repr(as_float(operand))


def _finite_gradient(node, gradient):
    """`gradient`, unless it is not finite: then raise."""
    if gradient - gradient != 0.0:
        raise ResultOverflowError(f"backward: the gradient of {_described(node)} is too large for a float64. Scale the "
                                  "result down before backward(), or look for very steep operations in between.")
    return gradient


def _comparable(other):
    """The number in `other` for a comparison, or None when it is not a number."""
    if isinstance(other, Value):
        return other._data
    if _why_not_a_number(other) is not None or not hasattr(other, "__float__"):
        return None
    return other
