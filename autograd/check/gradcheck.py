"""`gradcheck`: the engine's derivatives of a function beside numerical ones, as a report.

Two numerical derivatives are used, which share nothing with the rules' formulas for partial derivatives:

- The complex step: the recorded graph is computed again with x + ih in place of x. For analytic formulas the imaginary
  part of the result, over h, is the derivative to full precision, because nothing is subtracted (Squire and Trapp,
  "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
- Central differences of the function itself, extrapolated to step 0, with an estimate of their error (Ridders,
  "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd.check.complex_step import complex_step
from autograd.check.diagnosis import _cause
from autograd.check.differences import _comes_near, _jumps, _natural_size, _plausible, differences
from autograd.check.estimate import ROUGH, VERY_ROUGH
from autograd.check.kinks import _kink
from autograd.check.report import Report, Row
from autograd.check.rounding import _blur, _lost
from autograd.engine.value import Value, as_float, no_grad
from autograd.errors import ArgumentError, WrongGradientError, called
from autograd.replay.expand import ordinary
from autograd.transforms import derivatives, map_numbers, numbers_in

RTOL = 1e-7


def gradcheck(
    f: Callable[..., Any], point: Any, order: int = 1, *, rtol: float = RTOL, raise_exception: bool = False
) -> Report:
    """Compare the engine's derivatives of f at a point with numerical ones.

    f                a function of numbers, or of nested lists, tuples and dicts of them, that returns one number
    point            the arguments, a tuple; what is not a tuple is the only argument
    order            1, 2 or 3: derivatives up to this order are checked, each against numbers made from the one before
    rtol             the relative difference that is still right, beside the numerical derivative's own error
    raise_exception  raise WrongGradientError, which is also an AssertionError, unless the check passes

    Returns a Report: true when nothing is wrong, and a table when it is printed or shown in a notebook. At a kink, and
    where no numerical derivative can be had (overflow next door, a subnormal number), its verdict says so.

    >>> print(gradcheck(lambda x, y: x * y ** 2, (2.0, 3.0)))
    gradcheck at x = 2.0, y = 3.0
    derivative  engine  numerical  ± about  difference  verdict
    ∂f/∂x       9       9          2e-14    0           ok
    ∂f/∂y       12      12         3e-14    0           ok

    Raises what f raises at the point, ArgumentError when `point` holds no number or `order` is not 1, 2 or 3.
    """
    if type(order) is not int or order not in (1, 2, 3):
        raise ArgumentError(f"gradcheck: order must be 1, 2 or 3, got {order!r}.")
    called("gradcheck", f)
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
        supply = iter(variables)
        y = self.f(*map_numbers(lambda _: next(supply), self.arguments))
        for i in path:
            y = derivatives(y, variables[i], create_graph=True)
        return variables, y if isinstance(y, Value) else Value(as_float(y)).detach()

    def value(self, numbers, path):
        """The same as a float."""
        if path:
            return self.graph(numbers, path)[1].data
        with no_grad():
            return self.graph(numbers, path)[1].data


def _rows(function, numbers, names, path, order, rtol):
    """The rows for the derivatives of ∂f/∂path by each input, and those of higher order that follow from them."""
    variables, y = function.graph(numbers, path)
    engine = derivatives(y, variables)
    y = ordinary(y)  # what a compiled function has replayed, as a graph of rules
    lost, blur = _lost(y, variables), _blur(y)
    rows = []
    for i in range(len(numbers)):
        if path and i < path[-1]:
            continue  # ∂²f/∂y∂x is ∂²f/∂x∂y
        recorded = (variables, y, engine[i], lost[i], blur)
        rows.append(_row(function, numbers, path, i, _symbol(names, (*path, i)), recorded, rtol))
    if len(path) + 1 < order:
        for i in range(path[-1] if path else 0, len(numbers)):
            rows += _rows(function, numbers, names, (*path, i), order, rtol)
    return rows


def _row(function, numbers, path, i, name, recorded, rtol):
    """The verdict on one derivative."""
    variables, y, engine, lost, blur = recorded

    def f(x):
        return function.value([*numbers[:i], x, *numbers[i + 1 :]], path)

    def agrees(estimate):
        return abs(engine - estimate.slope) <= rtol * max(abs(engine), abs(estimate.slope)) + 100 * estimate.error

    x, natural, exact = numbers[i], _natural_size(f, numbers[i]), complex_step(y, variables, i)
    found = _numerical(f, x, exact, max(abs(engine), natural), natural, blur)
    row = Row(name, engine, found.slope, found.error, found.method, "ok")
    size = max(abs(found.slope), natural)
    agree = agrees(found)
    if f(x) != y.data:
        return row._replace(verdict="unsure", note=UNSURE["another value"])
    kink = _kink(y, variables[i]) or (_jumps(f, x, y.data, engine, blur) and JUMP)
    if kink:
        return row._replace(verdict="kink", note=kink)
    if not agree and exact and agrees(exact) and _comes_near(f, x, engine, blur):
        return row._replace(verdict="unsure", note=UNSURE["stepped over"])
    if found.trouble == "kink" and not agree:
        return row._replace(verdict="kink", note=TWO_SLOPES)
    if agree and found.error <= ROUGH * max(abs(engine), size) + 1e-290:
        return row
    if not agree and row.difference <= lost:
        return row._replace(verdict="unsure", note=UNSURE["cancelled"])
    if agree or not found.error <= VERY_ROUGH * size + 1e-250 or _too_steep(engine, numbers[i], natural):
        return row._replace(verdict="unsure", note=UNSURE.get(found.trouble, UNSURE[""]))
    return row._replace(verdict="WRONG", note=_cause(y, engine))


TWO_SLOPES = "the slopes to the left and to the right of the point differ, so the derivative is a convention."


JUMP = "f jumps at the point, so it has no derivative there; the engine's is that of one side."


UNSURE = {
    "": "the numerical derivative is too rough to tell. Check it at another point, or scale f.",
    "cancelled": "terms of the derivative cancel but for what rounding leaves of them. Check it at another point.",
    "stepped over": "f bends within the steps of the usual differences; much finer ones come near the engine's "
    "derivative, but are too rough to confirm it. Check it at another point, or scale f.",
    "another value": "f gives another value when it is computed again at the same point. Does it draw random numbers, "
    "or keep a state?",
    "outside": "f cannot be computed on both sides of the point. Check it at a point inside its domain.",
    "unstable": "the next floats have quite another derivative, so no numerical one can be had. Check a smaller point.",
}


def _numerical(f, x, exact, size, natural, blur):
    """The numerical derivative of f at x, an Estimate.

    exact: what the complex step says, or None. It sees the graph, the differences see f; where a part of f is missing
    from the graph they disagree, and the differences are right.
    """
    if exact is None:
        return differences(f, x, blur)
    if exact.slope == 0.0:  # it may be what was left of terms that cancelled
        exact = exact._replace(error=exact.error + (2**-52 * natural + blur) / min(abs(x) or 1.0, 1.0))
    size = max(size, abs(exact.slope))
    rough = exact.error > ROUGH * size
    if exact.trouble == "unstable" or (not rough and _plausible(f, x, exact.slope, size, blur)):
        return exact
    found = differences(f, x, blur)
    apart = abs(found.slope - exact.slope) > 10 * (found.error + exact.error)
    useless = found.error > max(exact.error, VERY_ROUGH * max(size, abs(found.slope)))
    return exact if useless or (rough and apart) else found


def _too_steep(engine, x, natural):
    """Whether a slope at 0 is so steep that differences, whose steps have no scale there, may step over it."""
    return x == 0.0 and abs(engine) * 1e-11 > natural


def _names(f, arguments):
    """A name for each number of the arguments: the parameter's, and the way into it: "w[0]['bias']"."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
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
    return [name]


def _symbol(names, path):
    """∂f/∂x, ∂²f/∂x∂y, and so on."""
    power = ("", "", "²", "³")
    return f"∂{power[len(path)]}f/" + "".join(f"∂{names[i]}{power[path.count(i)]}" for i in dict.fromkeys(path))
