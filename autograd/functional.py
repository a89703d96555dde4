"""Derivatives as functions: `grad`, `value_and_grad`, and `derivatives` of a result that is already there."""

from functools import cache, wraps
from itertools import compress

from autograd.errors import ArgumentError, NumberTypeError, RecordingError, StaleGraphError, called, listed
from autograd.formulas import floor
from autograd.primitives import FUNCTIONS
from autograd.recorder import Tracer
from autograd.value import (
    Constant,
    Fan,
    Value,
    adjoints,
    as_float,
    constant,
    graph_wanted,
    is_recording,
    recorder,
    topological_order,
)


def derivatives(y, xs, create_graph=False):
    """∂y/∂x for each x of `xs`, without touching any `.grad`.

    y             a Value, the result
    xs            a Value, or a list or tuple of Values; they may be leaves or inner nodes
    create_graph  False: the derivatives are floats. True: they are Values, built from the same formulas, which can
                  be differentiated again.

    Returns one derivative for one Value, else a list. What `y` does not depend on has derivative 0.

    >>> x = Value(3.0)
    >>> y = x ** 3
    >>> first = derivatives(y, x, create_graph=True)
    >>> first
    Value(27.0, grad=0)
    >>> derivatives(first, x)
    18.0

    Raises NumberTypeError when y or an x is no Value, ResultOverflowError for a derivative too large for a float, and
    StaleGraphError when create_graph is asked for and `.data` was changed after the forward pass.
    """
    single = isinstance(xs, Value)
    wanted = [xs] if single else listed("derivatives", xs)
    for node in (y, *wanted):
        if not isinstance(node, Value):
            raise NumberTypeError(f"derivatives: y and every x must be Values, got {type(node).__name__} {node!r:.60}.")
    if isinstance(y, Constant):
        results = [0.0 for _ in wanted]
        results = list(map(constant, results)) if create_graph else results
    elif create_graph:
        results = _adjoint_graph(y, wanted)
    else:
        results = adjoints(y, wanted)
    return results[0] if single else results


def _adjoint_graph(y, wanted):
    """The adjoints of `wanted` as Values: the backward pass of `y`, itself recorded as a graph."""
    order = y.order() if isinstance(y, Tracer) else topological_order(y)
    on_the_way = {node for node in wanted if not isinstance(node, Constant)}
    for node in order:
        if any(parent in on_the_way for parent in node.parents):
            on_the_way.add(node)
    adjoint = {y: 1.0}
    for node in reversed(order):
        if node not in adjoint or node not in on_the_way or node.rule is None:
            continue
        reached = [parent in on_the_way for parent in node.parents]
        for parent, partial in zip(compress(node.parents, reached), partials_as_graph(node, reached)):
            adjoint[parent] = _plus(adjoint.get(parent, 0.0), _times(adjoint[node], partial))
    found = [adjoint.get(node, 0.0) for node in wanted]
    return [value if isinstance(value, Value) else constant(value) for value in found]


def partials_as_graph(node, reached):
    """The partial derivatives of a node with respect to the parents that are `reached`, as Values or numbers.

    Raises StaleGraphError when they are not those that were recorded.
    """
    if isinstance(node, Fan):
        result = node.again()
        if result.data != node.data:
            raise _stale(node)
        return derivatives(result, list(compress(node.parents, reached)), create_graph=True)
    if is_recording():
        return [partial(*node.parents, node) for partial in compress(_partials_on_recording(node.rule), reached)]
    if not _follows(node):
        raise _stale(node)
    partials = [partial(*node.parents, node) for partial in compress(_partials_on_values(node.rule), reached)]
    if any(_number(partial) != recorded
           for partial, recorded in zip(partials, compress(node.partials, reached))):
        raise _stale(node)
    return partials


def _follows(node):
    """Whether the number of a node is what its rule makes of its parents' numbers."""
    try:
        return node.rule.value(*(parent.data for parent in node.parents)) == node.data
    except (ArithmeticError, ValueError):
        return False


@cache
def _partials_on_values(rule):
    return tuple(partial.on_values((*rule.inputs, "out"), FUNCTIONS | {"floor": lambda v: floor(_number(v))})
                 for partial in rule.partials)


@cache
def _partials_on_recording(rule):
    return tuple(partial.on_recording((*rule.inputs, "out"), FUNCTIONS | {"floor": _floor_while_recording})
                 for partial in rule.partials)


def _floor_while_recording(x):
    if isinstance(x, Value):
        raise RecordingError("compile: the derivative of a power with a variable exponent cannot be recorded. Make the "
                             "exponent a number of the function, or name it in static=.")
    return floor(x)


def _number(v):
    return v.data if isinstance(v, Value) else v


def _times(a, b):
    """a * b without a node where one of them is the number 0 or 1."""
    if not isinstance(a, Value) and a in (0, 1):
        return b if a == 1 else 0.0
    if not isinstance(b, Value) and b in (0, 1):
        return a if b == 1 else 0.0
    return a * b


def _plus(a, b):
    """a + b without a node where one of them is the number 0."""
    if not isinstance(a, Value) and a == 0:
        return b
    if not isinstance(b, Value) and b == 0:
        return a
    return a + b


def _stale(node):
    return StaleGraphError(f"derivatives: {node!r} no longer follows from its parents: some .data was changed after "
                           "the forward pass. Compute the result again.")


def value_and_grad(f, argnums=0):
    """A function that returns f's value and its gradient.

    f        returns one number or Value
    argnums  which positional arguments to differentiate by: a number, or a tuple of numbers

    The arguments may be numbers, Values, and nested lists, tuples and dicts of them; the gradient has their structure
    (for a tuple of argnums: a tuple of such). Plain numbers go in and out as floats. Where an argument is a Value, or
    `f` closes over Values, the results are Values that can be differentiated again.

    >>> value_and_grad(lambda x, y: x * y ** 2, argnums=(0, 1))(2.0, 3.0)
    (18.0, (9.0, 12.0))

    Raises NumberTypeError when f returns no number, ArgumentError when there is no such argument.
    """
    called("grad", f)

    @wraps(f)
    def value_and_gradient(*args, **kwargs):
        with graph_wanted():
            variables = _Variables(args, argnums)
            y = _as_node(f(*variables.args, **kwargs))
            live = variables.live(y)
            gradient = variables.gradient(y, live)
        return y if live else y.data, gradient

    return value_and_gradient


def grad(f, argnums=0):
    """A function that returns the gradient of f: `value_and_grad` without the value.

    >>> square = lambda x: x ** 2
    >>> grad(square)(3.0), grad(grad(square))(3.0)
    (6.0, 2.0)
    >>> grad(lambda x: x * grad(lambda y: x * y)(1.0))(5.0)
    10.0
    """
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args, **kwargs):
        return both(*args, **kwargs)[1]

    return gradient


def jacobian(f, argnums=0):
    """A function that returns the gradient of every number that f returns.

    f may return nested lists, tuples and dicts of numbers; in place of each number stands its gradient, as from `grad`.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    called("jacobian", f)

    @wraps(f)
    def gradients(*args, **kwargs):
        with graph_wanted():
            variables = _Variables(args, argnums)
            results = map_numbers(_as_node, f(*variables.args, **kwargs))
            live = any(map(variables.live, numbers_in(results)))
            return map_numbers(lambda y: variables.gradient(y, live), results)

    return gradients


def hessian(f, argnums=0):
    """A function that returns the second derivatives of f, which returns one number: the jacobian of its gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


def jvp(f, primals, tangents):
    """The value of f at `primals`, and its derivative along `tangents`, by one pass forward through the graph.

    primals   the arguments of f, a tuple
    tangents  of the same structure: the direction, one number for each number of `primals`

    f may return nested lists, tuples and dicts of numbers; value and derivative have that structure, and are Values
    where `grad` would return Values.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)

    Raises ArgumentError when the structures differ.
    """
    called("jvp", f)
    directions = _matching("jvp", primals, tangents)
    with graph_wanted():
        variables = _Variables(primals, tuple(range(len(primals))))
        results = map_numbers(_as_node, f(*variables.args))
        live = any(map(variables.live, numbers_in(results))) or any(type(t) is Value for t in directions)
        along = dict(zip(variables.inner, directions))
        derivative = map_numbers(lambda y: _tangent(y, along, live), results)
    return (results if live else map_numbers(_number, results)), derivative


def hvp(f, primals, tangents):
    """The hessian of f at `primals` times `tangents`, without the hessian: the gradient of a directional derivative.

    primals, tangents  as for `jvp`; the result is a tuple of their structure.

    >>> hvp(lambda x, y: x ** 2 * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 4.0)
    """
    called("hvp", f)
    directions = _matching("hvp", primals, tangents)
    positions = tuple(range(len(primals)))

    def slope(*args):
        terms = [g * t for g, t in zip(numbers_in(grad(f, positions)(*args)), directions)]
        return sum(terms[1:], terms[0])

    return grad(slope, positions)(*primals)


def zero_grad(values):
    """Set the `grad` of every Value in a nested structure of them to 0.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> zero_grad([x])
    >>> x.grad
    0.0
    """
    nodes = numbers_in(values if isinstance(values, (Value, dict)) else listed("zero_grad", values))
    for node in nodes:
        if not isinstance(node, Value):
            raise NumberTypeError(f"zero_grad: Values are wanted, got {type(node).__name__} {node!r:.60}.")
    for node in nodes:
        node.grad = 0.0


class _Variables:
    """The arguments of a function with a fresh variable in place of every number to differentiate by."""

    def __init__(self, args, argnums):
        self.argnums = argnums
        self.positions = argnums if isinstance(argnums, tuple) else (argnums,)
        self.args, self.outer, self.inner = list(args), [], []
        for position in self.positions:
            if type(position) is not int or not -len(args) <= position < len(args):
                raise ArgumentError(f"there is no positional argument {position!r} to differentiate by, "
                                    f"of {len(args)} given.")
            self.args[position] = map_numbers(self._variable, args[position])

    def _variable(self, number):
        self.outer.append(number)
        if is_recording():
            self.inner.append(recorder().variable(number))
            return self.inner[-1]
        self.inner.append(+number if type(number) is Value else Value(_number(number)))
        return self.inner[-1]

    def live(self, y):
        """Whether y depends on Values other than these variables, or these stand for Values."""
        if is_recording() or any(type(number) is Value for number in self.outer):
            return True
        own = set(self.inner)
        return type(y) is Value and any(node.rule is None and node not in own for node in topological_order(y))

    def gradient(self, y, live):
        """The derivatives of y in the structure of the arguments."""
        found = iter(derivatives(y, self.inner, create_graph=live))
        gradients = tuple(map_numbers(lambda _: next(found), self.args[position]) for position in self.positions)
        return gradients if isinstance(self.argnums, tuple) else gradients[0]


def _tangent(y, along, live):
    """The derivative of y when every node of `along` moves at the rate that stands there."""
    tangent = dict(along)
    for node in topological_order(y) if type(y) is Value else ():
        if node.rule is None or node in tangent:
            continue
        total = 0.0
        partials = partials_as_graph(node, [True] * len(node.parents)) if live else node.partials
        for i, parent in enumerate(node.parents):
            if parent in tangent:
                total = _plus(total, _times(tangent[parent], partials[i]))
        tangent[node] = total
    return _as_node(tangent.get(y, 0.0)) if live else as_float(tangent.get(y, 0.0))


def _matching(name, primals, tangents):
    """The numbers of `tangents`, which must have the structure of `primals`."""
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or map_numbers(str, map_numbers(
            lambda _: 0, primals)) != map_numbers(str, map_numbers(lambda _: 0, tangents)):
        raise ArgumentError(f"{name}: two tuples of one structure are wanted, one number in `tangents` for each in "
                            f"`primals`; got {primals!r:.60} and {tangents!r:.60}.")
    return [t if isinstance(t, Value) else as_float(t) for t in numbers_in(tangents)]


def map_numbers(function, structure):
    """`structure` with `function` applied to every number and Value in it; lists, tuples and dicts keep their shape."""
    if isinstance(structure, dict):
        return {key: map_numbers(function, part) for key, part in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_numbers(function, part) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_numbers(function, part) for part in structure)
    return function(structure)


def numbers_in(structure):
    """The numbers and Values in a nested structure, in order."""
    found = []
    map_numbers(found.append, structure)
    return found


def _as_node(y):
    """What a function returned, as a Value."""
    try:
        return y if isinstance(y, Value) else constant(y)
    except NumberTypeError as error:
        raise NumberTypeError(f"the function to differentiate must return numbers or Values: {error}") from None
