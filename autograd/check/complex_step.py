"""The complex step."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd.check.estimate import SMALLEST, UNDERFLOW, VERY_ROUGH, Estimate
from autograd.engine.value import Value, topological_order
from autograd.table.formulas import ATOMS
from autograd.table.rules import RULES


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
