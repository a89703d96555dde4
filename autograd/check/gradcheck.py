"""`gradcheck`: the engine's derivatives of a function beside numerical ones, as a report.

Two numerical derivatives are used, which share nothing with the rules' formulas for partial derivatives:

- The complex step: the recorded graph is computed again with x + ih in place of x. For analytic formulas the imaginary
  part of the result, over h, is the derivative to full precision, because nothing is subtracted (Squire and Trapp,
  "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
- Central differences of the function itself, extrapolated to step 0, with an estimate of their error (Ridders,
  "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

import cmath
import contextlib
import html
import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from autograd.engine import Value, apply, as_float, no_grad, topological_order
from autograd.errors import ArgumentError, AutogradError, called
from autograd.table.formulas import ATOMS
from autograd.table.registry import RULES, Rule
from autograd.transforms import derivatives, map_numbers, numbers_in
from autograd.view.graph import ordinary

RTOL = 1e-7
FRACTIONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
FINE = (1e-8, 1e-9, 1e-10, 1e-11)  # steps that lose most digits of a difference, but step over nothing
NEAR = 3e-4  # and this is what they can tell
ROUGH = 1e-6  # a numerical derivative whose error is larger, beside its size, cannot tell right from wrong
VERY_ROUGH = 1e-3  # and here it cannot even call a derivative wrong
SMALLEST, UNDERFLOW = 1e-300, 1e-290  # of a complex step, and what its results lose near the end of the floats


class WrongGradientError(AutogradError, AssertionError):
    """The engine's derivative differs from the numerical one."""


class Row(NamedTuple):
    """One derivative: what the engine says, what the numbers say, and the verdict.

    name        "∂f/∂x", "∂²f/∂x∂w[0]"
    engine      the engine's derivative
    numerical   the numerical one, and `error` an estimate of its error
    method      "complex step" or "differences"
    verdict     "ok", "WRONG", "kink" where the derivative is a convention, "unsure" where the numbers are too rough
    note        what kink, or what usually causes such a difference
    """

    name: str
    engine: float
    numerical: float
    error: float
    method: str
    verdict: str
    note: str = ""

    @property
    def difference(self) -> float:
        """How far the two are apart."""
        return abs(self.engine - self.numerical)


class Estimate(NamedTuple):
    """A numerical derivative: `slope`, about so much off, by which `method`, and what `trouble` there was, or ""."""

    slope: float
    error: float
    method: str
    trouble: str = ""


class Report:
    """What `gradcheck` found: `rows`, and whether the check `passed`, which is also its truth value."""

    def __init__(self, title: str, rows: list[Row]) -> None:
        self.title, self.rows = title, rows

    @property
    def passed(self) -> bool:
        """Whether no row is "WRONG"."""
        return all(row.verdict != "WRONG" for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row that is furthest off, for its size; the wrong ones come before all others."""
        return max(self.rows, key=lambda row: (VERDICTS.index(row.verdict), row.difference / (_size(row) or 1.0)))

    def __bool__(self) -> bool:
        return self.passed

    def _cells(self) -> list[tuple[str, ...]]:
        head = ("derivative", "engine", "numerical", "± about", "difference", "verdict")
        return [
            head,
            *(
                (
                    row.name,
                    f"{row.engine:.12g}",
                    f"{row.numerical:.12g}",
                    f"{row.error:.1g}",
                    f"{row.difference:.1g}",
                    row.verdict,
                )
                for row in self.rows
            ),
        ]

    def __str__(self) -> str:
        table = self._cells()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in table]
        notes = dict.fromkeys(f"{row.name}: {row.note}" for row in self.rows if row.note)
        return "\n".join([self.title, *lines, *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shade = {"ok": "", "kink": "background:#fff3cd", "unsure": "background:#fff3cd", "WRONG": "background:#f8d7da"}
        head, *body = [[html.escape(cell) for cell in cells] for cells in self._cells()]
        rows = "".join(
            f'<tr style="{shade[row.verdict]}" title="{html.escape(row.note)}">'
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            for row, cells in zip(self.rows, body)
        )
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{rows}</table>"
        )


VERDICTS = ("ok", "kink", "unsure", "WRONG")


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


def _lost(y, variables):
    """What rounding may take from ∂y/∂v for each variable v: 2⁻⁵² of all that is added up in it, for every node."""
    order = topological_order(y) if type(y) is Value else []
    sizes = dict.fromkeys(order, 0.0) | {y: 1.0}
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.partials):
            if slope and parent in sizes:
                sizes[parent] += sizes[node] * abs(slope)
    return [2**-52 * len(order) * sizes.get(variable, 0.0) for variable in variables]


def _blur(y):
    """How far the rounding of single nodes may move y: the sum of |∂y/∂node · node|, times that of 1."""
    nodes = [node for node in topological_order(y) if node.rule is not None] if type(y) is Value else []
    return 2**-52 * sum(abs(slope * node.data) for slope, node in zip(derivatives(y, nodes), nodes))


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


def _size(row):
    return max(abs(row.engine), abs(row.numerical), row.error)


def _kink(y, variable):
    """What kink the graph of y passes exactly, below `variable`, in words; "" for none."""
    below = {variable}
    for node in topological_order(y) if type(y) is Value else ():
        if not below.isdisjoint(node.parents):
            below.add(node)
            here = {name: parent.data for name, parent in zip(node.rule.inputs, node.parents)}
            moving = {name for name, parent in zip(node.rule.inputs, node.parents) if parent in below}
            if moving & bent(node.rule, here):
                point = ", ".join(f"{name} = {value!r}" for name, value in here.items())
                return f"{node.rule.name} has a kink at {point}. {node.rule.note}"
    return ""


def bent(rule: Rule, inputs: dict[str, float]) -> set[str]:
    """Those inputs of a rule by which its derivative, at these values, is a convention, as the table says."""
    if not rule.kinks or not all(
        any(inputs[name] == inputs.get(place, place) for place in places) for name, places in rule.kinks.items()
    ):
        return set()
    return {name for key, places in rule.kinks.items() for name in (key, *places) if isinstance(name, str)}


def _cause(y, engine):
    """What usually causes such a difference, in words."""
    for node in topological_order(y) if type(y) is Value else ():
        for i, (name, recorded) in enumerate(zip(node.rule.inputs if node.rule else (), node.partials)):
            slope = _slope(node, i)
            if slope is not None and abs(slope.slope - recorded) > 1e-6 * abs(slope.slope) + 100 * slope.error:
                here = {key: parent.data for key, parent in zip(node.rule.inputs, node.parents)}
                formula = node.rule.partials[i].active(**here, out=node.data)
                return (
                    f"The rule {node.rule.name!r} is wrong: its ∂{node.rule.name}/∂{name} = {formula} gives "
                    f"{recorded:.12g}, but {node.rule.formula} has slope {slope.slope:.12g}."
                )
    if engine == 0.0:
        return (
            "The graph does not connect the result with this input: look for .data, detach(), no_grad() or a Value "
            "made from a number on the way."
        )
    return (
        "The rules of the graph are right, so f depends on this input in a way that the graph does not show: look "
        "for .data, detach(), no_grad() on the way, or for random numbers and state in f."
    )


def _slope(node, i):
    """The numerical ∂node/∂parent i, an Estimate; None for a constant, at a kink, or where it cannot be computed."""
    values = [parent.data for parent in node.parents]
    here = dict(zip(node.rule.inputs, values))
    if type(node.parents[i]) is not Value or node.rule.inputs[i] in bent(node.rule, here):
        return None
    operands = [Value(x) if k == i else Value(x).detach() for k, x in enumerate(values)]
    with contextlib.suppress(AutogradError):
        found = complex_step(apply(node.rule, *operands), operands, i)
        if found is not None:
            return found
    found = differences(lambda x: node.rule.value(*values[:i], x, *values[i + 1 :]), values[i])
    return None if found.trouble else found


def differences(f: Callable[[float], float], x: float, blur: float = 0.0) -> Estimate:
    """The derivative of f at x by central differences extrapolated to step 0; its `trouble` is "kink" where f seems to
    have one, "outside" where f has no values on both sides. `blur` is by how much f may be off beside its last digit.
    """
    best, coarser = Estimate(math.nan, math.inf, "differences", "outside"), None
    for step in _steps(x):
        try:
            found, change = _extrapolated(f, x, step, blur)
        except (AutogradError, ArithmeticError, ValueError):
            continue  # outside the domain of f, or x + step is x
        # One series of steps may seem to settle by chance: believe what two of them say.
        change = max(change, abs(found - coarser)) if coarser is not None else math.inf
        if best.trouble or _roughness(found, change) < _roughness(best.slope, best.error):
            best = Estimate(found, change, "differences")
        if best.error <= 1e-8 * abs(best.slope):
            break
        coarser = found
    return best._replace(trouble="kink") if not best.trouble and _broken(f, x, best.slope, blur) else best


def _roughness(slope, error):
    """How an estimate compares with others: by its error relative to it."""
    return error / abs(slope) if slope else math.inf, error


def _scales(x):
    """What steps are a fraction of: the size of x, or 1, which suits most functions; the finer first."""
    return sorted({min(max(abs(x), 0.1), 1.0), abs(x) or 1e-9})


def _steps(x):
    """Steps to try; none where x is so small that all steps of its size are lost."""
    return [fraction * scale for scale in reversed(_scales(x)) for fraction in FRACTIONS if not 0.0 < abs(x) < SMALLEST]


def _plausible(f, x, slope, size, blur):
    """Whether a plain central difference comes near `slope`, with the finest steps that can tell; or none can tell."""
    for scale in _scales(x):
        tried = False
        for step in (fraction * scale for fraction in FRACTIONS):
            try:
                right, left = f(x + step), f(x - step)
                width = (x + step) - (x - step)
                noise = (16 * max(math.ulp(right), math.ulp(left)) + 4 * blur) / width
            except (AutogradError, ArithmeticError, ValueError):
                continue
            if noise <= 1e-3 * size:
                tried = True
                if abs((right - left) / width - slope) <= 1e-3 * size:
                    return True
        if tried:
            return False
    return True


def _comes_near(f, x, slope, blur):
    """Whether some very fine central difference comes near `slope`; usual ones may step over a bend, or over a pole."""
    for step in (fraction * (abs(x) or 1e-9) for fraction in FINE):
        try:
            right, left, width = f(x + step), f(x - step), (x + step) - (x - step)
            noise = (16 * max(math.ulp(right), math.ulp(left)) + 4 * blur) / width
        except (AutogradError, ArithmeticError, ValueError):
            continue
        if noise <= NEAR * abs(slope) and abs((right - left) / width - slope) <= NEAR * abs(slope):
            return True
    return False


def _jumps(f, x, here, slope, blur):
    """Whether f stays away from f(x), which is `here`, on one side of x, however near one comes."""
    for side in (1, -1):
        gaps, noise = [], 0.0
        for step in (side * fraction * (abs(x) or 1e-9) for fraction in (1e-10, 1e-14)):
            with contextlib.suppress(AutogradError, ArithmeticError, ValueError):
                there = f(x + step)
                gaps.append(abs(there - here - slope * (x + step - x)))
                noise = 100 * (math.ulp(here) + math.ulp(there) + blur)
        if len(gaps) == 2 and gaps[1] > max(0.5 * gaps[0], noise):
            return True
    return False


def _natural_size(f, x):
    """How large a slope must be to matter: |f| over |x| or 1, around x."""
    found = 0.0
    step = 1e-3 * _scales(x)[-1]
    for place in (x, x + step, x - step):
        with contextlib.suppress(AutogradError, ArithmeticError, ValueError):
            found = max(found, abs(f(place)) / max(1.0, abs(x)))
    return found


def _extrapolated(f, x, step, blur):
    """The slope at x from central differences with steps down to step / 16, and how far the best ones are apart."""
    table, best, error = [], 0.0, math.inf
    for row in range(5):
        right, left = x + step / 2**row, x - step / 2**row
        above, below = f(right), f(left)
        new = [(above - below) / (right - left)]
        noise = (4 * max(math.ulp(above), math.ulp(below)) + 4 * blur) / (right - left)
        for k, older in enumerate(table):
            new.append(new[k] + (new[k] - older) / (4 ** (k + 1) - 1))
            change = max(abs(new[k + 1] - new[k]), abs(new[k + 1] - older)) + noise
            if change < error:
                best, error = new[k + 1], change
        table = new
    return best, error


def _broken(f, x, slope, blur):
    """Whether the slopes on the two sides of x stay apart as the step shrinks: a smooth f brings them together."""
    try:
        here, gaps, noise = f(x), [], 0.0
        for step in (1e-4 * max(abs(x), 0.1), 1e-6 * max(abs(x), 0.1)):
            gaps.append(abs((f(x + step) - here) - (here - f(x - step))) / step)
            noise = 100 * (math.ulp(here) + blur) / step
    except (AutogradError, ArithmeticError, ValueError):
        return False
    return gaps[1] > 0.5 * gaps[0] and gaps[1] > 1e-3 * abs(slope) + noise


def complex_step(y: Value, variables: list[Value], i: int) -> Estimate | None:
    """∂y/∂variables[i] by a complex step through the recorded graph; None where some formula on the way has no complex
    form. Its `trouble` is "unstable" where neighbouring floats have another derivative."""
    x, found = variables[i].data, None
    for scale in dict.fromkeys((min(abs(x), 1.0), abs(x))):
        # Very different steps show underflow and truncation, a neighbour of the point how ill-conditioned it is.
        steps = [fraction * scale for fraction in (1e-40, 1e-20, 1e-14)] if x else [_least_step(y), 1e-60, 1e-30]
        slopes = [_step_through(y, variables, i, step) for step in steps if step > SMALLEST]
        beside = _step_through(y, variables, i, steps[-1], 1.0 + 2**-50) if len(slopes) > 1 else None
        if beside is None or None in slopes:
            continue
        slope, spread, lost = slopes[0], max(slopes) - min(slopes), UNDERFLOW / steps[-1]
        shift = abs(beside - slopes[-1])
        found = Estimate(
            slope,
            spread + shift + 4 * math.ulp(slope) + lost,
            "complex step",
            "unstable" if shift > max(VERY_ROUGH * abs(slopes[-1]), lost) else "",
        )
        if lost <= 1e-12 * abs(slope):
            break
    return found


def _least_step(y):
    """A step from 0 that is small beside every number of the graph: to a larger one hypot(x, y) looks like |x|."""
    nodes = topological_order(y) if type(y) is Value else []
    sizes = [abs(one.data) for node in nodes for one in (node, *node.parents) if one.data]
    return max(1e-100 * min([1.0, *sizes]), 2 * SMALLEST)


def _step_through(y, variables, i, step, nearby=1.0):
    """∂y/∂variables[i] by one complex step, with all variables `nearby` times what they are."""
    numbers = {
        variable: Complex(complex(variable.data * nearby, step if k == i else 0.0))
        for k, variable in enumerate(variables)
    }
    try:
        for node in topological_order(y) if type(y) is Value else ():
            if node.rule is not None:
                function = complex_function(node.rule.name)
                if function is None:
                    return None
                operands = (numbers[p] if p in numbers else Complex.of(p.data) for p in node.parents)
                numbers[node] = Complex.of(function(*operands))
    except (ArithmeticError, ValueError):
        return None
    slope = numbers[y].z.imag / step if y in numbers else 0.0
    return slope if math.isfinite(slope) else None


class Complex:
    """A complex number for the formulas of the table: conditions look at `data`, its real part."""

    __slots__ = ("z",)

    def __init__(self, z):
        self.z = z

    @staticmethod
    def of(x):
        """x as a Complex."""
        return x if isinstance(x, Complex) else Complex(complex(x))

    @property
    def data(self):
        """The real part, which is what a condition such as x > 0 is about."""
        return self.z.real

    def __neg__(self):
        return Complex(-self.z)

    def __add__(self, other):
        return Complex(self.z + Complex.of(other).z)

    def __sub__(self, other):
        return Complex(self.z - Complex.of(other).z)

    def __mul__(self, other):
        return Complex(self.z * Complex.of(other).z)

    def __truediv__(self, other):
        return Complex(self.z / Complex.of(other).z)

    def __pow__(self, other):
        return ANALYTIC["pow"](self, Complex.of(other))

    def __radd__(self, other):
        return Complex.of(other) + self

    def __rsub__(self, other):
        return Complex.of(other) - self

    def __rmul__(self, other):
        return Complex.of(other) * self

    def __rtruediv__(self, other):
        return Complex.of(other) / self

    def __rpow__(self, other):
        return Complex.of(other) ** self


@cache
def complex_function(name: str) -> Callable[..., Any] | None:
    """The primitive `name` on Complex numbers and floats, or None where it has no complex form that is analytic."""
    if name in ANALYTIC:
        return ANALYTIC[name]
    if name not in RULES:
        return None
    rule = RULES[name]
    called = {other: complex_function(other) for other in rule.formula.functions if other != name}
    if name in rule.formula.calls or None in called.values():
        return None
    function = rule.formula.on_values(rule.inputs, called)
    return lambda *operands: function(*map(Complex.of, operands))


def _analytic(name, function):
    """A function of the complex numbers, for Complex and, as the library has it, for floats."""
    return lambda *xs: (
        Complex(function(*(Complex.of(x).z for x in xs)))
        if any(isinstance(x, Complex) for x in xs)
        else ATOMS[name](*xs)
    )


def _power(x, y):
    if y == 0:
        return complex(1.0)
    if x == 0:
        return complex(x.real**y.real, y.real * x.real ** (y.real - 1) * x.imag if y.real >= 1 else 0.0)
    if x.real >= 0:
        return cmath.exp(y * cmath.log(x)) if y.imag or not y.real.is_integer() else x ** int(y.real)
    return (-1) ** int(y.real) * _power(-x, y)


def _angle(y, x):
    """atan2 of complex numbers that are nearly real: the angle of the real parts, moved along by the imaginary ones."""
    moved = cmath.atan(y / x) if abs(x.real) >= abs(y.real) else -cmath.atan(x / y)
    return complex(math.atan2(y.real, x.real), moved.imag)


def _length(x, y):
    """hypot, scaled so that no square is out of range."""
    scale = max(abs(x.real), abs(y.real))
    return scale * cmath.sqrt((x / scale) ** 2 + (y / scale) ** 2)


# Real functions continued into the complex plane next to the real line, most by the library, some by an identity.
ANALYTIC: dict[str, Callable[..., Any]] = {
    name: _analytic(name, function)
    for name, function in {
        **{
            name: getattr(cmath, name)
            for name in (
                "exp",
                "log",
                "log10",
                "sqrt",
                "sin",
                "cos",
                "tan",
                "asin",
                "acos",
                "atan",
                "sinh",
                "cosh",
                "tanh",
                "asinh",
                "acosh",
                "atanh",
            )
        },
        "abs": lambda z: z if z.real >= 0 else -z,
        "coarse": lambda z: z,
        "pow": _power,
        "exp2": lambda z: cmath.exp(z * math.log(2)),
        "expm1": lambda z: complex(math.expm1(z.real), cmath.exp(z).imag),
        "log2": lambda z: cmath.log(z) / math.log(2),
        "log1p": lambda z: complex(math.log1p(z.real), cmath.log(1 + z).imag),
        "cbrt": lambda z: cmath.exp(cmath.log(z) / 3) if z.real >= 0 else -cmath.exp(cmath.log(-z) / 3),
        "hypot": _length,
        "atan2": _angle,
    }.items()
}


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
