"""Derivatives as functions: `grad`, `value_and_grad`, and `derivatives` of a result that is already there."""

from functools import cache, wraps

from autograd.errors import ArgumentError, NumberTypeError, StaleGraphError
from autograd.formulas import floor
from autograd.primitives import FUNCTIONS
from autograd.value import Value, adjoints, as_float, constant, graph_wanted, topological_order


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
    wanted = [xs] if single else list(xs)
    for node in (y, *wanted):
        if not isinstance(node, Value):
            raise NumberTypeError(f"derivatives: y and every x must be Values, got {type(node).__name__} {node!r:.60}.")
    if type(y) is not Value:
        results = [0.0 for _ in wanted]
        results = list(map(constant, results)) if create_graph else results
    elif create_graph:
        results = _adjoint_graph(y, wanted)
    else:
        results = adjoints(y, wanted)
    return results[0] if single else results


def _adjoint_graph(y, wanted):
    """The adjoints of `wanted` as Values: the backward pass of `y`, itself recorded as a graph."""
    order = topological_order(y)
    on_the_way = {node for node in wanted if type(node) is Value}
    for node in order:
        if any(parent in on_the_way for parent in node.parents):
            on_the_way.add(node)
    adjoint = {y: 1.0}
    for node in reversed(order):
        if node not in adjoint or node not in on_the_way or node.rule is None:
            continue
        parents, rule = node.parents, node.rule
        if rule.value(*(parent.data for parent in parents)) != node.data:
            raise _stale(node)
        for i, parent in enumerate(parents):
            if parent not in on_the_way:
                continue
            partial = _partials_on_values(rule)[i](*parents, node)
            if (partial.data if isinstance(partial, Value) else partial) != node.partials[i]:
                raise _stale(node)
            contribution = _times(adjoint[node], partial)
            adjoint[parent] = _plus(adjoint.get(parent, 0.0), contribution)
    found = [adjoint.get(node, 0.0) for node in wanted]
    return [value if isinstance(value, Value) else constant(value) for value in found]


@cache
def _partials_on_values(rule):
    return tuple(partial.on_values((*rule.inputs, "out"), FUNCTIONS | {"floor": lambda v: floor(_number(v))})
                 for partial in rule.partials)


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
    return StaleGraphError(f"derivatives: {node!r} no longer follows from its parents: some .data was changed after the "
                           "forward pass. Compute the result again.")


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
    @wraps(f)
    def value_and_gradient(*args, **kwargs):
        positions = argnums if isinstance(argnums, tuple) else (argnums,)
        args = list(args)
        outer, inner = [], []

        def variable(number):
            outer.append(number)
            inner.append(+number if type(number) is Value else Value(_number(number)))
            return inner[-1]

        with graph_wanted():
            for position in positions:
                if not -len(args) <= position < len(args):
                    raise ArgumentError(f"grad: there is no argument {position}; {len(args)} were given.")
                args[position] = map_numbers(variable, args[position])
            y = f(*args, **kwargs)
            if not isinstance(y, Value):
                y = constant(_scalar(y))
            own = set(inner)
            live = any(type(number) is Value for number in outer) or type(y) is Value and any(
                node.rule is None and node not in own for node in topological_order(y))
            found = iter(derivatives(y, inner, create_graph=live))
        gradients = tuple(map_numbers(lambda _: next(found), args[position]) for position in positions)
        return y if live else y.data, gradients if isinstance(argnums, tuple) else gradients[0]

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


def map_numbers(function, structure):
    """`structure` with `function` applied to every number and Value in it; lists, tuples and dicts keep their shape."""
    if isinstance(structure, dict):
        return {key: map_numbers(function, part) for key, part in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_numbers(function, part) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_numbers(function, part) for part in structure)
    return function(structure)


def _scalar(y):
    try:
        return as_float(y)
    except NumberTypeError as error:
        raise NumberTypeError(f"grad: the function must return one number or Value. {error}") from None
