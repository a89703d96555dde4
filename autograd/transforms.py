"""Derivatives as functions: `grad`, `jacobian`, `jvp` and the like; `derivatives` of a result that is already there.

What comes out is what an operation would give: floats from plain numbers, Values from Values, Constants inside
`no_grad()`. "From Values" means that an argument to differentiate by is a Value, or that the result depends on one by
another way: as another argument, as a variable that `f` closes over, as the variable of a derivative that is just being
taken around this one.
"""

from contextlib import contextmanager
from copy import copy
from functools import cache, reduce, wraps
from itertools import compress, repeat

from autograd.engine import (
    Constant,
    ReplayedNode,
    Value,
    adjoints,
    as_float,
    constant,
    gradients_wanted,
    graph_wanted,
    is_recording,
    recorder,
    restore,
    stale,
    topological_order,
)
from autograd.engine.functions import FUNCTIONS
from autograd.errors import (
    ArgumentError,
    NumberTypeError,
    RecordingError,
    ResultOverflowError,
    called,
    listed,
)
from autograd.replay.recorder import Tracer
from autograd.table.formulas import floor


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
            raise NumberTypeError(
                f"derivatives: expected y and every x to be Values, got {type(node).__name__} {node!r:.60}."
            )
    results = _derivatives(y, wanted, create_graph)
    results = list(map(as_node, results)) if create_graph else results
    return results[0] if single else results


def _derivatives(y, wanted, create_graph):
    """What `derivatives` returns, but for floats among Values where nothing depends on anything."""
    if isinstance(y, Constant):
        return [0.0 for _ in wanted]
    if create_graph:
        return adjoint_graph(y, wanted)
    if isinstance(y, Tracer):  # a float in the function itself: a number without a gradient in its recording
        return [
            recorder().number(value) if isinstance(value, Value) else as_float(value)
            for value in adjoint_graph(y, wanted)
        ]
    known = [node for node in wanted if not isinstance(node, Tracer)]
    found = dict(zip(map(id, known), adjoints(y, known)))
    return [_finite(found.get(id(node), 0.0)) for node in wanted]


def adjoint_graph(y, wanted, cut=False):
    """The adjoints of `wanted` as Values, or floats: the backward pass of `y`, itself recorded as a graph.

    cut: take the nodes of `wanted` for independent of one another, even where one is computed from another.
    """
    order = _order(y)
    # Nodes go by their ids: a tracer must not be looked up, since to a function it is a number.
    on_the_way = {id(node) for node in wanted if not isinstance(node, Constant)}
    ends = on_the_way.copy() if cut else ()
    for node in order:
        if any(id(parent) in on_the_way for parent in node.parents):
            on_the_way.add(id(node))
    adjoint = {id(y): 1.0}
    for node in reversed(order):
        here = adjoint.get(id(node), 0.0)
        if id(node) not in on_the_way or id(node) in ends or node.rule is None or _is_zero(here):
            continue
        reached = [id(parent) in on_the_way for parent in node.parents]
        if not any(reached):
            continue
        for parent, share in zip(compress(node.parents, reached), _shares(node, reached, repeat(here))):
            adjoint[id(parent)] = _plus(adjoint.get(id(parent), 0.0), share)
    return [adjoint.get(id(node), 0.0) for node in wanted]


@contextmanager
def _conditions_of(node):
    """Inside, operations count where `node` does: what is recorded under conditions has derivatives under them only.

    Elsewhere a replay takes their results for 0.
    """
    if not isinstance(node, Tracer):
        yield
        return
    before = recorder().add_guard(node.guard)
    try:
        yield
    finally:
        recorder().set_guard(before)


def _order(y):
    """The nodes that a result depends on, parents before children."""
    if not isinstance(y, Tracer):
        return topological_order(y) if type(y) is not Constant else []
    if not is_recording():
        raise RecordingError("this stands for a number in a recording that has ended. Do not keep it beyond the call.")
    return recorder().tracer(y).order()


def _shares(node, reached, flows, as_graph=True):
    """flow * partial for each parent that is `reached`: what passes through a node, to the parent or from it."""
    with _conditions_of(node):
        partials = partials_as_graph(node, reached) if as_graph else compress(node.partials, reached)
        return list(map(_times, flows, partials))


def partials_as_graph(node, reached):
    """The partial derivatives of a node with respect to the parents that are `reached`, as Values or numbers.

    Those with respect to other parents are not touched: they may not exist. Raises StaleGraphError when they are not
    those that were recorded.
    """
    parents = list(compress(node.parents, reached))
    if isinstance(node, ReplayedNode):
        # A Value may be among the parents more than once: what it does to the result is counted at the first place.
        found = dict(zip(map(id, parents), adjoint_graph(node.ordinary(), parents, cut=True)))
        return [found.pop(id(parent), 0.0) for parent in parents]
    if is_recording():
        return [partial(*node.parents, node) for partial in compress(_partials_on_recording(node.rule), reached)]
    if not _follows(node):
        raise stale(node)
    partials = [partial(*node.parents, node) for partial in compress(_partials_on_values(node.rule), reached)]
    if any(_number(partial) != recorded for partial, recorded in zip(partials, compress(node.partials, reached))):
        raise stale(node)
    return partials


def _follows(node):
    """Whether the number of a node is what its rule makes of its parents' numbers."""
    try:
        return node.rule.value(*(parent.data for parent in node.parents)) == node.data
    except (ArithmeticError, ValueError):
        return False


@cache
def _partials_on_values(rule):
    return tuple(
        partial.on_values((*rule.inputs, "out"), FUNCTIONS | {"floor": lambda v: floor(_number(v))})
        for partial in rule.partials
    )


@cache
def _partials_on_recording(rule):
    return tuple(
        partial.on_recording((*rule.inputs, "out"), FUNCTIONS | {"floor": _floor_while_recording})
        for partial in rule.partials
    )


def _floor_while_recording(x):
    if isinstance(x, Value):
        raise RecordingError(
            "compile: the derivative of a power with a variable exponent cannot be recorded. Make the "
            "exponent a number of the function, or name it in static=."
        )
    return floor(x)


def _number(v):
    return v.data if isinstance(v, Value) else v


def _is_zero(number):
    """Whether a derivative is the plain number 0: then nothing depends on anything here."""
    return not isinstance(number, Value) and number == 0


def _times(a, b):
    """a * b without a node where one of them is the number 0 or 1."""
    if not isinstance(a, Value) and a in (0, 1):
        return b if a == 1 else 0.0
    if not isinstance(b, Value) and b in (0, 1):
        return a if b == 1 else 0.0
    return _finite(a * b)


def _plus(a, b):
    """a + b without a node where one of them is the number 0."""
    if _is_zero(a):
        return b
    return a if _is_zero(b) else _finite(a + b)


def _finite(number):
    """A derivative, unless it is a float that is not finite; in a recording it may be on a side that is not chosen."""
    if not isinstance(number, Value) and number - number != 0.0 and not is_recording():
        raise ResultOverflowError("a derivative is too large for a float64. Scale the result or the direction down.")
    return number


def value_and_grad(f, argnums=0):
    """A function that returns f's value and its gradient.

    f        returns one number or Value
    argnums  which positional arguments to differentiate by: an index, or a tuple of indices

    The arguments may be numbers, Values, and nested lists, tuples and dicts of them; the gradient has their structure
    (for a tuple of argnums: a tuple of such). Plain numbers go in and floats come out, however deeply such calls are
    nested. Where an argument to differentiate by is a Value, or the result depends on another one, such as a Value that
    `f` closes over, the results are Values that can be differentiated again; inside `no_grad()` they are Constants.

    >>> value_and_grad(lambda x, y: x * y ** 2, argnums=(0, 1))(2.0, 3.0)
    (18.0, (9.0, 12.0))

    Raises NumberTypeError when f returns no number, ArgumentError when there is no such argument.
    """
    return _value_and_grad("value_and_grad", f, argnums)


def _value_and_grad(name, f, argnums):
    called(name, f)

    @wraps(f)
    def value_and_gradient(*args, **kwargs):
        with _Variables(name, args, argnums) as variables:
            y = variables.node(f(*variables.args, **kwargs))
            live = variables.live([y])
            return variables.outside(y, live), variables.gradient(y, live)

    return value_and_gradient


def grad(f, argnums=0):
    """A function that returns the gradient of f: `value_and_grad` without the value.

    >>> square = lambda x: x ** 2
    >>> grad(square)(3.0), grad(grad(square))(3.0)
    (6.0, 2.0)
    >>> grad(lambda x: x * grad(lambda y: x * y)(1.0))(5.0)
    10.0
    """
    both = _value_and_grad("grad", f, argnums)

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
    return _jacobian("jacobian", f, argnums)


def _jacobian(name, f, argnums):
    called(name, f)

    @wraps(f)
    def gradients(*args, **kwargs):
        with _Variables(name, args, argnums) as variables:
            results = map_numbers(variables.node, f(*variables.args, **kwargs))
            live = variables.live(numbers_in(results))
            return map_numbers(lambda y: variables.gradient(y, live), results)

    return gradients


def hessian(f, argnums=0):
    """A function that returns the second derivatives of f, which returns one number: the jacobian of its gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    both = _value_and_grad("hessian", f, argnums)
    return _jacobian("hessian", wraps(f)(lambda *args, **kwargs: both(*args, **kwargs)[1]), argnums)


def jvp(f, primals, tangents):
    """The value of f at `primals`, and its derivative along `tangents`, by one pass forward through the graph.

    primals   the arguments of f, a tuple
    tangents  of the same structure: the direction, one number for each number of `primals`

    f may return nested lists, tuples and dicts of numbers; value and derivative have that structure, and are Values
    where `grad` would return Values, or where a number of the direction is one.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)

    Raises ArgumentError when the structures differ.
    """
    called("jvp", f)
    directions = _matching("jvp", primals, tangents)
    with _Variables("jvp", primals, tuple(range(len(primals)))) as variables:
        results = map_numbers(variables.node, f(*variables.args))
        live = any(type(t) is Value for t in directions) or variables.live(numbers_in(results))
        along = dict(zip(map(id, variables.inner), directions))
        for y in numbers_in(results):
            _move(along, y, is_recording() or (live and variables.graph))
        return (
            map_numbers(lambda y: variables.outside(y, live), results),
            map_numbers(lambda y: variables.outside(along[id(y)], live), results),
        )


def hvp(f, primals, tangents):
    """The hessian of f at `primals` times `tangents`, without the hessian: the gradient of a directional derivative.

    primals, tangents  as for `jvp`; the result is a tuple of their structure.

    >>> hvp(lambda x, y: x ** 2 * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 4.0)
    """
    called("hvp", f)
    directions = _matching("hvp", primals, tangents)
    positions = tuple(range(len(primals)))
    gradient = _value_and_grad("hvp", f, positions)

    def slope(*args):
        total = 0.0
        for part, t in zip(numbers_in(gradient(*args)[1]), directions):
            total = _plus(total, _times(part, t))
        return total

    return _value_and_grad("hvp", slope, positions)(*primals)[1]


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
            raise NumberTypeError(f"zero_grad: expected Values, got {type(node).__name__} {node!r:.60}.")
    for node in nodes:
        node.grad = 0.0


_active: set[int] = set()  # the ids of the variables of the derivatives that are being taken, in all threads


class _Variables:
    """The arguments of a function with a fresh variable in place of every number to differentiate by.

    A variable is an identity of what it stands for. Over a plain number there is no leaf below it: so the leaves of a
    graph are Values from outside, and once a derivative has been taken, its variables are plain numbers to all others.
    Entered, operations build a graph, whatever no_grad() stands around.
    """

    def __init__(self, name, args, argnums):
        self.name, self.argnums = name, argnums
        self.graph = gradients_wanted()  # what the results are for: a graph, or inside no_grad() their numbers only
        self.graph_wanted = graph_wanted()
        self.args, self.outer, self.inner = list(args), [], []
        self.positions = []
        for position in argnums if isinstance(argnums, tuple) else (argnums,):
            if type(position) is not int or not -len(args) <= position < len(args):
                raise ArgumentError(
                    f"{name}: there is no positional argument {position!r} to differentiate by: {len(args)} given."
                )
            self.positions.append(position % len(args))
        with graph_wanted():
            for position in dict.fromkeys(self.positions):
                self.args[position] = map_numbers(self._variable, self.args[position])

    def _variable(self, number):
        self.outer.append(number)
        if is_recording():
            self.inner.append(recorder().variable(number))
        elif type(number) is Value:
            self.inner.append(+number)
        else:
            below = number if isinstance(number, Value) else constant(number)
            self.inner.append(restore([below], [0.0], True, below.data, 0.0, None, None, "pos"))
        return self.inner[-1]

    def __enter__(self):
        self.graph_wanted.__enter__()
        _active.update(map(id, self.inner))
        return self

    def __exit__(self, *error):
        _active.difference_update(map(id, self.inner))
        self.graph_wanted.__exit__(*error)

    def node(self, y):
        """What the function returned, as a Value."""
        try:
            return as_node(y)
        except NumberTypeError as error:
            raise NumberTypeError(f"{self.name}: the function must return numbers or Values: {error}") from None

    def live(self, results):
        """Whether the derivatives are Values: whether variables stand for Values, or results depend on other ones."""
        if is_recording() or any(type(number) is Value for number in self.outer):
            return True
        others = _active.difference(map(id, self.inner))
        return any(
            node.rule is None or id(node) in others
            for y in results
            if type(y) is Value
            for node in topological_order(y)
        )

    def gradient(self, y, live):
        """The derivatives of y in the structure of the arguments."""
        found = iter(_derivatives(y, self.inner, live and self.graph))
        gradients = {
            position: map_numbers(lambda _: self.outside(next(found), live), self.args[position])
            for position in dict.fromkeys(self.positions)
        }
        ordered = tuple(gradients[position] for position in self.positions)
        return ordered if isinstance(self.argnums, tuple) else ordered[0]

    def outside(self, number, live):
        """A result as it is handed out: as a float, or as a Value, which inside no_grad() is a Constant."""
        if is_recording():  # a tracer knows what it stands for
            if not isinstance(number, Value):
                return as_float(number)
            return number if self.graph else number.detach()
        if not live:
            return _number(number)
        return as_node(number) if self.graph else as_node(number).detach()


def _move(tangent, y, as_graph):
    """Complete `tangent`, the rates of nodes by their ids, by that of `y` and of all nodes that it depends on."""
    for node in _order(y):
        if id(node) in tangent:
            continue
        rates = [tangent.get(id(parent), 0.0) for parent in node.parents] if node.rule is not None else []
        moving = [not _is_zero(rate) for rate in rates]
        if any(moving):
            with _conditions_of(node):
                tangent[id(node)] = reduce(_plus, _shares(node, moving, compress(rates, moving), as_graph))
    tangent.setdefault(id(y), 0.0)


def _matching(name, primals, tangents):
    """The numbers of `tangents`, which must have the structure of `primals`."""
    if (
        not isinstance(primals, tuple)
        or not isinstance(tangents, tuple)
        or map_numbers(str, map_numbers(lambda _: 0, primals)) != map_numbers(str, map_numbers(lambda _: 0, tangents))
    ):
        raise ArgumentError(
            f"{name}: expected two tuples of the same structure, with one number in `tangents` for "
            f"each in `primals`, got {primals!r:.60} and {tangents!r:.60}."
        )
    return [_direction(t) for t in numbers_in(tangents)]


def _direction(t):
    """A number of a direction as a Value, or as a float where it has no gradient."""
    if not isinstance(t, Value):
        return as_float(t)
    return t.data if isinstance(t, Constant) and not is_recording() else t


def map_numbers(function, structure):
    """`structure` with `function` applied to every number and Value in it; lists, tuples and dicts keep their shape."""
    if isinstance(structure, dict):
        parts = {key: map_numbers(function, part) for key, part in structure.items()}
        if type(structure) is dict:
            return parts
        other = copy(structure)  # of a class derived from dict
        other.update(parts)
        return other
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


def as_node(y):
    """A number as a Constant, a Value as it is."""
    return y if isinstance(y, Value) else constant(y)
