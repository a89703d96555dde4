"""`gradcheck`: compares the engine's derivatives of a function with numerical ones, and reports a verdict on each.

Two numerical derivatives are used, which share nothing with the rules' formulas for partial derivatives:

- The complex step: the recorded graph is computed again with x + ih in place of x. For analytic formulas the imaginary
  part of the result, over h, is the derivative to full precision, because nothing is subtracted (Squire and Trapp,
  "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
- Central differences of the function itself, extrapolated to step 0, with an estimate of their error (Ridders,
  "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from autograd.arguments import described, expect_callable
from autograd.check.complex_step import complex_step
from autograd.check.diagnosis import likely_cause
from autograd.check.differences import differences, is_confirmed_nearby, is_discontinuous, is_plausible, slope_scale
from autograd.check.estimate import PRECISE, USABLE
from autograd.check.kinks import kink_on_path
from autograd.check.report import Report, Row
from autograd.check.rounding import EPSILON, gradient_errors, value_error
from autograd.engine import Value, as_float, no_grad
from autograd.errors import ArgumentError, NumberTypeError, WrongGradientError
from autograd.nested import filled, is_array, numbers_in, only_item
from autograd.replay.expand import expand_replays
from autograd.transforms import derivatives

RTOL = 1e-7
TWO_SLOPES = "the slopes to the left and to the right of the point differ, so the derivative is a convention."
DISCONTINUOUS = "f jumps at the point, so it has no derivative there; the engine's is that of one side."
UNSURE = {
    "": "the numerical derivative is not precise enough. Check another point, or rescale f.",
    "cancellation": "the terms of the derivative cancel, and what remains may be rounding error. Check another point.",
    "stepped over": "f bends within the usual difference steps. Much shorter ones approach the engine's derivative, "
    "but are not precise enough to confirm it. Check another point, or rescale f.",
    "not repeatable": "f returned a different value when computed again at the same point. Does it draw random "
    "numbers, or keep a state?",
    "outside": "f cannot be computed on both sides of the point. Check a point inside its domain.",
    "unstable": "the neighbouring floats have a very different derivative, so no numerical one is reliable. "
    "Check a smaller point.",
}


def gradcheck(
    f: Callable[..., Any], point: Any, order: int = 1, *, rtol: float = RTOL, raise_exception: bool = False
) -> Report:
    """Compare the engine's derivatives of f at a point with numerical ones.

    f                a function of numbers, or of nested lists, tuples, dicts and arrays, that returns one number
    point            the arguments, as a tuple; anything else is the only argument
    order            1, 2 or 3: derivatives up to this order are checked, each against numerical derivatives of the
                     order below
    rtol             the relative difference that is allowed, in addition to the numerical derivative's own error
    raise_exception  raise WrongGradientError, which is also an AssertionError, unless the check passes

    Returns a Report: true when nothing is wrong; printed or shown in a notebook, a table. At a kink, and where no
    numerical derivative is reliable (near overflow, at a subnormal number), the verdict says so.

    >>> print(gradcheck(lambda x, y: x * y ** 2, (2.0, 3.0)))
    gradcheck at x = 2.0, y = 3.0
    derivative  engine  numerical  ± about  difference  verdict
    ∂f/∂x       9       9          2e-14    0           ok
    ∂f/∂y       12      12         3e-14    0           ok

    Raises what f raises at the point, ArgumentError when `point` holds no number or `order` is not 1, 2 or 3.
    """
    if type(order) is not int or order not in (1, 2, 3):
        raise ArgumentError(f"gradcheck: order must be 1, 2 or 3, got {order!r}.")
    expect_callable("gradcheck", f)
    arguments, rtol = point if isinstance(point, tuple) else (point,), as_float(rtol)
    numbers = [as_float(x.data if isinstance(x, Value) else x) for x in numbers_in(arguments)]
    if not numbers:
        raise ArgumentError(f"gradcheck: the point must hold at least one number, got {point!r}.")
    names = _names(f, arguments)
    rows = _rows(_Function(f, arguments), numbers, names, (), order, rtol)
    report = Report(f"gradcheck at {', '.join(f'{name} = {x!r}' for name, x in zip(names, numbers))}", rows)
    if raise_exception and not report.passed:
        row = report.worst
        raise WrongGradientError(
            f"gradcheck: {row.name} at {report.title.removeprefix('gradcheck at ')}: the engine says {row.engine!r}, "
            f"the {row.method} {row.numerical!r} ± {row.error:.1g}. {row.note}"
        )
    return report


class _Function:
    """f and its derivatives as functions of a flat list of numbers."""

    def __init__(self, f, arguments):
        self.f, self.arguments = f, arguments

    def graph(self, numbers, path):
        """The inputs as new Values, and f, differentiated once by each input of `path`, as a node on top of them."""
        variables = [Value(x) for x in numbers]
        y = _one_number(self.f(*filled(self.arguments, iter(variables))))
        for i in path:
            y = derivatives(y, variables[i], create_graph=True)
        return variables, y

    def value(self, numbers, path):
        """The same as a float."""
        if path:
            return self.graph(numbers, path)[1].data
        with no_grad():
            return self.graph(numbers, path)[1].data

    def along(self, numbers, path, i):
        """The same as a function of the number i alone."""
        return lambda x: self.value([*numbers[:i], x, *numbers[i + 1 :]], path)


def _one_number(y):
    """What the function returned, as a Value."""
    if isinstance(y, (list, tuple)) or is_array(y):
        raise NumberTypeError(
            f"gradcheck: the function must return one number, got {described(y)}. Check its results one at a time: "
            "gradcheck(lambda v: f(v)[0], point)."
        )
    y = only_item(y)
    return y if isinstance(y, Value) else Value(as_float(y)).detach()


def _rows(function, numbers, names, path, order, rtol):
    """The rows for the derivatives of ∂f/∂path by each input, and those of higher order that follow from them."""
    variables, y = function.graph(numbers, path)
    engine = derivatives(y, variables)
    y = expand_replays(y)
    errors, rounding = gradient_errors(y, variables), value_error(y)
    rows = []
    for i in range(path[-1] if path else 0, len(numbers)):  # ∂²f/∂y∂x is ∂²f/∂x∂y
        recorded = _Derivative(y, variables, i, engine[i], errors[i], rounding)
        rows.append(_row(_symbol(names, (*path, i)), function.along(numbers, path, i), numbers[i], recorded, rtol))
    if len(path) + 1 < order:
        for i in range(path[-1] if path else 0, len(numbers)):
            rows += _rows(function, numbers, names, (*path, i), order, rtol)
    return rows


class _Derivative(NamedTuple):
    """The engine's ∂y/∂variables[i].

    cancellation  how far rounding may move it, when large terms cancel
    rounding      how far rounding may move y
    """

    y: Value
    variables: list[Value]
    i: int
    engine: float
    cancellation: float
    rounding: float


def _row(name, f, x, recorded, rtol):
    """The verdict on one derivative of f at x."""
    y, variables, i, engine, cancellation, rounding = recorded

    def agrees(estimate):
        return abs(engine - estimate.slope) <= rtol * max(abs(engine), abs(estimate.slope)) + 100 * estimate.error

    scale, by_complex_step = slope_scale(f, x), complex_step(y, variables, i)
    estimate = _numerical(f, x, by_complex_step, max(abs(engine), scale), scale, rounding)
    size, agree = max(abs(estimate.slope), scale), agrees(estimate)
    row = Row(name, engine, estimate.slope, estimate.error, estimate.method, "ok")

    def unsure(reason):
        return row._replace(verdict="unsure", note=UNSURE[reason])

    if f(x) != y.data:
        return unsure("not repeatable")
    if kink := kink_on_path(y, variables[i]):
        return row._replace(verdict="kink", note=kink)
    if is_discontinuous(f, x, y.data, engine, rounding):
        return row._replace(verdict="kink", note=DISCONTINUOUS)
    if not agree and by_complex_step and agrees(by_complex_step) and is_confirmed_nearby(f, x, engine, rounding):
        return unsure("stepped over")
    if not agree and estimate.trouble == "kink":
        return row._replace(verdict="kink", note=TWO_SLOPES)
    if agree and estimate.error <= PRECISE * max(abs(engine), size) + 1e-290:
        return row
    if not agree and row.difference <= cancellation:
        return unsure("cancellation")
    if agree or not estimate.error <= USABLE * size + 1e-250 or _is_too_steep(engine, x, scale):
        return unsure(estimate.trouble if estimate.trouble in UNSURE else "")
    return row._replace(verdict="WRONG", note=likely_cause(y, engine))


def _numerical(f, x, by_complex_step, size, scale, rounding):
    """The better of the two numerical derivatives of f at x, an Estimate.

    The complex step, which may be None, evaluates the graph, differences evaluate f. Where a part of f is missing from
    the graph they disagree, and the differences are right.
    """
    exact = by_complex_step
    if exact is None:
        return differences(f, x, rounding)
    if exact.slope == 0.0:  # perhaps terms that cancelled
        exact = exact._replace(error=exact.error + (EPSILON * scale + rounding) / min(abs(x) or 1.0, 1.0))
    size = max(size, abs(exact.slope))
    is_rough = exact.error > PRECISE * size
    if exact.trouble == "unstable" or (not is_rough and is_plausible(f, x, exact.slope, size, rounding)):
        return exact
    found = differences(f, x, rounding)
    disagree = abs(found.slope - exact.slope) > 10 * (found.error + exact.error)
    useless = found.error > max(exact.error, USABLE * max(size, abs(found.slope)))
    return exact if useless or (is_rough and disagree) else found


def _is_too_steep(engine, x, scale):
    """Whether a slope at 0 is so steep that differences may step over it: at 0 nothing says how long to step."""
    return x == 0.0 and abs(engine) * 1e-11 > scale


def _names(f, arguments):
    """A name for each number in the arguments: the parameter and the path into it, "w[0]['bias']"."""
    from inspect import signature  # importing it takes a fifth of the time of importing this package

    try:
        parameters = list(signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names += [f"x{i}" for i in range(len(names), len(arguments))]
    return [found for name, argument in zip(names, arguments) for found in _names_in(name, argument)]


def _names_in(name, structure):
    if isinstance(structure, dict):
        return [found for key, part in structure.items() for found in _names_in(f"{name}[{key!r}]", part)]
    if isinstance(structure, (list, tuple)):
        return [found for i, part in enumerate(structure) for found in _names_in(f"{name}[{i}]", part)]
    if is_array(structure):
        places = product(*map(range, structure.shape))
        return [f"{name}[{', '.join(map(str, place))}]" for place in places]
    return [name]


def _symbol(names, path):
    """∂f/∂x, ∂²f/∂x∂y, and so on."""
    power = ("", "", "²", "³")
    return f"∂{power[len(path)]}f/" + "".join(f"∂{names[i]}{power[path.count(i)]}" for i in dict.fromkeys(path))
