"""Derivatives as functions: `grad`, `jacobian`, `jvp` and the like; and `derivatives` of an existing result.

The results have the type that an operation would give: floats from plain numbers, Values from Values, Constants inside
`no_grad()`. "From Values" means that an argument selected by `argnums` is a Value, or that the result depends on a
Value in another way: as another argument, as one that `f` closes over, or as the variable of a derivative that is being
taken around this one.

The type annotations express this as far as they can: the derivatives of a function from floats to a float are floats,
whatever is around it. Where they cannot tell, as for a dict of floats and a function that returns Values, they say Any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, TypeVarTuple, overload

from autograd.arguments import expect_callable, expect_list
from autograd.engine import Constant, Value, as_float, is_recording
from autograd.engine.arrays import apply_update
from autograd.errors import (
    ArgumentError,
    DivisionByZeroError,
    DomainError,
    InfiniteDerivativeError,
    NumberTypeError,
    ResultOverflowError,
)
from autograd.names import explain_arguments
from autograd.nested import are_alike, map_numbers, numbers_in, numbers_like
from autograd.passes import forward_pass, plus, recorded_tangents, times
from autograd.replay.compile import Compiled
from autograd.variables import Variables, as_node, derivatives_of, is_value

if TYPE_CHECKING:
    from autograd.engine.value import Number

P = ParamSpec("P")  # a function's parameters, without the first one where that has a type of its own
R = TypeVar("R")  # what it returns
A = TypeVar("A", bound=Any)  # its first argument, and so its gradient; a lambda may do anything to it
V = TypeVar("V", Value, list[Value])
Ts = TypeVarTuple("Ts")  # all its arguments
Overshoot = Literal["raise", "inf"]
OF_OTHERS = {
    "argnum": "Write argnums=1.",
    "has_aux": "Only numbers are differentiated: call the function once more for what else it returns.",
    "retain_graph": "Leave it out: a graph stays as long as a Value refers to it.",
    "allow_unused": "Leave it out: where nothing depends on a Value, its derivative is 0.",
    "grad_outputs": "Write y.backward(gradient) for a seed.",
    **dict.fromkeys(("holomorphic", "allow_int", "vectorize", "strict", "reduce_axes"), "Leave it out."),
}
OF_A_RESULT = "For a result that has been computed write derivatives(y, xs), or y.backward() and then x.grad."


@overload
def derivatives(y: Value, xs: Value, create_graph: Literal[False] = False) -> float: ...
@overload
def derivatives(y: Value, xs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def derivatives(y: Value, xs: Sequence[Value], create_graph: Literal[False] = False) -> list[float]: ...
@overload
def derivatives(y: Value, xs: Sequence[Value], create_graph: Literal[True]) -> list[Value]: ...
@overload
def derivatives(y: Value, xs: Value | Sequence[Value], create_graph: bool) -> Any: ...


@explain_arguments(OF_OTHERS)
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

    Raises NumberTypeError if y or an x is not a Value, ResultOverflowError for a derivative too large for a float, and,
    with create_graph, StaleGraphError if `.data` was changed after the forward pass.
    """
    single = isinstance(xs, Value)
    nodes = [xs] if single else expect_list("derivatives", xs)
    if not all(issubclass(kind, Value) for kind in {type(y), *map(type, nodes)}):
        node = next(node for node in (y, *nodes) if not issubclass(type(node), Value))
        raise NumberTypeError(
            f"derivatives: expected y and every x to be Values, got {type(node).__name__} {node!r:.60}."
        )
    results = derivatives_of(y, nodes, create_graph)
    results = list(map(as_node, results)) if create_graph else results
    return results[0] if single else results


# The first overload is the one for a lambda; a function of floats that returns Values closes over Values.
@overload
def value_and_grad(
    f: Callable[Concatenate[A, P], float], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[Concatenate[A, P], tuple[float, A]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[Number, P], Value], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[Concatenate[Number, P], tuple[Value, Value]]: ...
@overload
def value_and_grad(  # type: ignore[overload-overlap]  # what fits here and below fits above as well
    f: Callable[Concatenate[Number, P], Number], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[Concatenate[Number, P], tuple[Number, Number]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[float, P], Value], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[Concatenate[float, P], tuple[Value, Value]]: ...
@overload
def value_and_grad(
    f: Callable[Concatenate[V, P], Value], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[Concatenate[V, P], tuple[Value, V]]: ...
@overload
def value_and_grad(
    f: Callable[P, Any], argnums: int | tuple[int, ...], *, overshoot: Overshoot = "raise"
) -> Callable[P, tuple[Any, Any]]: ...
@overload
def value_and_grad(
    f: Callable[..., Any], argnums: Literal[0] = 0, *, overshoot: Overshoot = "raise"
) -> Callable[..., tuple[Any, Any]]: ...
@explain_arguments(OF_OTHERS)
def value_and_grad(f, argnums=0, *, overshoot="raise"):
    """A function that returns f's value and its gradient.

    f          returns one number or Value
    argnums    the positional arguments with respect to which to differentiate: an index, or a tuple of indices
    overshoot  what happens where f or its gradient is too large for a float, or outside the domain of what f computes:
               "raise", or "inf" for a value and a gradient of infinities. An optimiser that tries a step and shortens
               it then goes on, as SciPy's BFGS, Newton-CG and SLSQP do; L-BFGS-B tends to stop short

    The arguments may be numbers, Values, arrays, and nested lists, tuples and dicts of them; the gradient has their
    structure (for a tuple of argnums, it is a tuple of such structures). In place of an array of numbers, f gets an
    array of Values, and the gradient is an array of float64 of the same shape. Plain numbers give floats, however
    deeply such calls are nested. If one of these arguments is a Value, or the result depends on another Value, such as
    one that `f` closes over, the results are Values that can be differentiated again; inside `no_grad()` they are
    Constants.

    >>> value_and_grad(lambda x, y: x * y ** 2, argnums=(0, 1))(2.0, 3.0)
    (18.0, (9.0, 12.0))

    >>> value_and_grad(lambda x: x.exp(), overshoot="inf")(1000.0)
    (inf, inf)

    Raises NumberTypeError if f does not return a number, ArgumentError if there is no such argument.
    """
    if overshoot not in ("raise", "inf"):
        raise ArgumentError(f'value_and_grad: overshoot is "raise" or "inf", got {overshoot!r:.60}.')
    both = _value_and_grad("value_and_grad", f, argnums)
    return both if overshoot == "raise" else _infinite_where_it_fails(both, argnums)


def _infinite_where_it_fails(both, argnums):
    """A function that returns infinities where `both`, a value with its gradient, would raise for lack of a number.

    The gradient is infinite, too: an optimiser might take any other for that of a minimum.
    """

    @wraps(both)
    def value_and_gradient(*args, **kwargs):
        try:
            return both(*args, **kwargs)
        except (ResultOverflowError, DomainError, DivisionByZeroError, InfiniteDerivativeError):
            infinite = map_numbers(lambda _: math.inf, args)
        return math.inf, tuple(infinite[i] for i in argnums) if isinstance(argnums, tuple) else infinite[argnums]

    return value_and_gradient


def _value_and_grad(name, f, argnums):
    expect_callable(name, f, OF_A_RESULT)
    _expect_argnums(name, argnums)

    @wraps(f)
    def value_and_gradient(*args, **kwargs):
        twin = _twin_of(f, name, _value_and_grad, argnums, args, kwargs)
        if twin is not None:
            return twin(*args, **kwargs)
        with Variables(name, args, argnums) as variables:
            y = variables.node(f(*variables.args, **kwargs))
            live = variables.are_live_in([y])
            return variables.handed_out(y, live), variables.gradient(y, live)

    return value_and_gradient


def _twin_of(f, name, transform, argnums, args, kwargs):
    """For a compiled f: its derivative, compiled, to be called with plain numbers; else None.

    So the derivative of a compiled function is the compiled derivative of the function: one recording, whichever way
    round one writes it.
    """
    if type(f) is not Compiled or is_recording() or type(argnums) not in (int, tuple):
        return None
    if not all(type(number) is float or type(number) is int for number in numbers_in([args, kwargs])):
        return None
    return f.twin((transform, name, argnums), lambda function: transform(name, function, argnums))


@overload
def grad(f: Callable[Concatenate[A, P], float], argnums: Literal[0] = 0) -> Callable[Concatenate[A, P], A]: ...
@overload
def grad(
    f: Callable[Concatenate[Number, P], Value], argnums: Literal[0] = 0
) -> Callable[Concatenate[Number, P], Value]: ...
@overload
def grad(  # type: ignore[overload-overlap]
    f: Callable[Concatenate[Number, P], Number], argnums: Literal[0] = 0
) -> Callable[Concatenate[Number, P], Number]: ...
@overload
def grad(
    f: Callable[Concatenate[float, P], Value], argnums: Literal[0] = 0
) -> Callable[Concatenate[float, P], Value]: ...
@overload
def grad(f: Callable[Concatenate[V, P], Value], argnums: Literal[0] = 0) -> Callable[Concatenate[V, P], V]: ...
@overload
def grad(f: Callable[P, Any], argnums: int | tuple[int, ...]) -> Callable[P, Any]: ...
@overload
def grad(f: Callable[..., Any], argnums: Literal[0] = 0) -> Callable[..., Any]: ...
@explain_arguments(OF_OTHERS)
def grad(f, argnums=0):
    """A function that returns the gradient of f: `value_and_grad` without the value.

    >>> square = lambda x: x ** 2
    >>> grad(square)(3.0), grad(grad(square))(3.0)
    (6.0, 2.0)
    >>> grad(lambda x: x * grad(lambda y: x * y)(1.0))(5.0)
    10.0
    """
    return _grad("grad", f, argnums)


def _grad(name, f, argnums):
    both = _value_and_grad(name, f, argnums)

    @wraps(f)
    def gradient(*args, **kwargs):
        twin = _twin_of(f, name, _grad, argnums, args, kwargs)
        if twin is not None:
            return twin(*args, **kwargs)
        return both(*args, **kwargs)[1]

    return gradient


@overload
def jacobian(f: Callable[Concatenate[A, P], float], argnums: Literal[0] = 0) -> Callable[Concatenate[A, P], A]: ...
@overload
def jacobian(
    f: Callable[Concatenate[A, P], list[float]], argnums: Literal[0] = 0
) -> Callable[Concatenate[A, P], list[A]]: ...
@overload
def jacobian(f: Callable[Concatenate[V, P], Value], argnums: Literal[0] = 0) -> Callable[Concatenate[V, P], V]: ...
@overload
def jacobian(
    f: Callable[Concatenate[V, P], list[Value]], argnums: Literal[0] = 0
) -> Callable[Concatenate[V, P], list[V]]: ...
@overload
def jacobian(f: Callable[P, Any], argnums: int | tuple[int, ...]) -> Callable[P, Any]: ...
@overload
def jacobian(f: Callable[..., Any], argnums: Literal[0] = 0) -> Callable[..., Any]: ...
@explain_arguments(OF_OTHERS)
def jacobian(f, argnums=0):
    """A function that returns the gradient of every number that f returns.

    f may return nested lists, tuples, dicts and arrays of numbers; each number is replaced by its gradient, as from
    `grad`. In an array these gradients lie along further axes: for an array of n numbers and one of m results, the
    jacobian is an array of shape (m, n).

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> import numpy
    >>> jacobian(lambda v: v[1:] * v[:-1])(numpy.array([1.0, 2.0, 3.0]))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    return _jacobian("jacobian", f, argnums)


def _jacobian(name, f, argnums):
    expect_callable(name, f, OF_A_RESULT)
    _expect_argnums(name, argnums)

    @wraps(f)
    def gradients(*args, **kwargs):
        twin = _twin_of(f, name, _jacobian, argnums, args, kwargs)
        if twin is not None:
            return twin(*args, **kwargs)
        with Variables(name, args, argnums) as variables:
            results = map_numbers(variables.node, f(*variables.args, **kwargs))
            live = variables.are_live_in(numbers_in(results))
            return map_numbers(lambda y: variables.gradient(y, live), results)

    return gradients


@explain_arguments(OF_OTHERS)
def hessian(f: Callable[P, Any], argnums: int | tuple[int, ...] = 0) -> Callable[P, Any]:
    """A function that returns the second derivatives of f, which returns one number: the jacobian of its gradient.

    For an array of n numbers it is an array of shape (n, n).

    >>> hessian(lambda v: v[0] ** 2 * v[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return _hessian("hessian", f, argnums)


def _hessian(name, f, argnums):
    second = _jacobian(name, _grad(name, f, argnums), argnums)

    @wraps(f)
    def derivatives_of_gradient(*args, **kwargs):
        twin = _twin_of(f, name, _hessian, argnums, args, kwargs)
        return (second if twin is None else twin)(*args, **kwargs)

    return derivatives_of_gradient


def jvp(f: Callable[[*Ts], R], primals: tuple[*Ts], tangents: tuple[Any, ...]) -> tuple[R, R]:
    """The value of f at `primals`, and its derivative along `tangents`, by one forward pass through the graph.

    primals   the arguments of f, a tuple
    tangents  of the same structure: the direction, one number for each number of `primals`

    f may return nested lists, tuples and dicts of numbers; value and derivative have that structure. They are Values
    where `grad` would return Values, or where `tangents` contains a Value.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)

    Raises ArgumentError if the structures differ.
    """
    expect_callable("jvp", f)
    directions = _matching("jvp", primals, tangents)
    with Variables("jvp", primals, tuple(range(len(primals)))) as variables:
        results = map_numbers(variables.node, f(*variables.args))
        live = any(map(is_value, directions)) or variables.are_live_in(numbers_in(results))
        slopes = iter(_tangents(numbers_in(results), variables.inner, directions, live and variables.graph))
        return (
            map_numbers(lambda y: variables.handed_out(y, live), results),
            map_numbers(lambda _: variables.handed_out(next(slopes), live), results),
        )


def _tangents(ys, xs, directions, as_graph):
    """The derivatives of ys along a direction."""
    if is_recording():
        return recorded_tangents(ys, xs, directions)
    tangents = dict(zip(map(id, xs), directions))
    for y in ys:
        forward_pass(y, tangents, as_graph)
    return [tangents[id(y)] for y in ys]


@overload
def hvp(f: Callable[..., Any]) -> Callable[..., Any]: ...
@overload
def hvp(f: Callable[[*Ts], float], primals: tuple[*Ts], tangents: tuple[Any, ...]) -> tuple[*Ts]: ...
@overload
def hvp(f: Callable[[*Ts], Any], primals: tuple[*Ts], tangents: tuple[Any, ...]) -> tuple[Any, ...]: ...
@explain_arguments(OF_OTHERS)
def hvp(f, primals=None, tangents=None):
    """The hessian of f at `primals` times `tangents`, as the gradient of a directional derivative: no hessian is made.

    primals, tangents  as for `jvp`; the result is a tuple of the same structure.

    Without them it is a function of the first argument of f and a direction, then of further arguments of f; its result
    has the structure of the first argument. This is what SciPy's `minimize` takes as `hessp`.

    >>> hvp(lambda x, y: x ** 2 * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 4.0)
    >>> hvp(lambda x, y: x ** 2 * y)(2.0, 1.0, 3.0)
    6.0
    """
    expect_callable("hvp", f)
    if primals is None and tangents is None:
        return lambda x, direction, *args: hvp(lambda x: f(x, *args), (x,), (direction,))[0]
    directions = _matching("hvp", primals, tangents)
    positions = tuple(range(len(primals)))
    gradient = _value_and_grad("hvp", f, positions)

    def slope(*args):
        total = 0.0
        for part, t in zip(numbers_in(gradient(*args)[1]), directions):
            total = plus(total, times(part, t))
        return total

    return _value_and_grad("hvp", slope, positions)(*primals)[1]


def zero_grad(values: Any) -> None:
    """Set the `grad` of every Value in a nested structure to 0.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> zero_grad([x])
    >>> x.grad
    0.0
    """
    nodes = numbers_in(values if isinstance(values, (Value, dict)) else expect_list("zero_grad", values))
    if not nodes and hasattr(values, "__next__"):
        raise ArgumentError("zero_grad: this generator has nothing left; one can be gone through once. Pass a list.")
    for node in nodes:
        if not isinstance(node, Value):
            raise NumberTypeError(f"zero_grad: expected Values, got {type(node).__name__} {node!r:.60}.")
    apply_update("zero", nodes, {})


def _expect_argnums(name, argnums):
    for position in argnums if isinstance(argnums, tuple) else (argnums,):
        if type(position) is not int:
            raise ArgumentError(
                f"{name}: argnums is the index of an argument or a tuple of indices, got {argnums!r:.60}. To "
                f"differentiate at a point write {name}(f)(point)."
            )


def _matching(name, primals, tangents):
    """The numbers of `tangents`, one for each of `primals`; the structures must be the same."""
    if not isinstance(primals, tuple) or not are_alike(primals, tangents):
        raise ArgumentError(
            f"{name}: expected two tuples of the same structure, with one number in `tangents` for "
            f"each in `primals`, got {primals!r:.60} and {tangents!r:.60}."
        )
    return [_direction(t) for t in numbers_like(primals, tangents)]


def _direction(t):
    """A number of a direction: as a Value, or as a float if it has no gradient."""
    if not isinstance(t, Value):
        return as_float(t)
    return t.data if isinstance(t, Constant) and not is_recording() else t
