"""The complex step: a derivative from the recorded graph, computed again with x + ih in place of x.

For analytic formulas the imaginary part of the result, over h, is the derivative to full precision, because nothing is
subtracted. Only the value formulas of the table are used, not those of the partial derivatives.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd.check.estimate import SMALLEST_STEP, USABLE, Estimate
from autograd.engine import Value, topological_order
from autograd.table.formulas import ATOMS
from autograd.table.registry import RULES

UNDERFLOW = 1e-290  # how far an imaginary part may be off near the smallest floats


def complex_step(y: Value, variables: list[Value], i: int) -> Estimate | None:
    """∂y/∂variables[i]; None where the graph has a primitive without a complex form.

    Its `trouble` is "unstable" where the neighbouring floats have a very different derivative.
    """
    x, best = variables[i].data, None
    for scale in dict.fromkeys((min(abs(x), 1.0), abs(x))):
        # Steps of very different sizes reveal underflow and truncation; a neighbour of x reveals ill-conditioning.
        steps = [fraction * scale for fraction in (1e-40, 1e-20, 1e-14)] if x else [_step_from_zero(y), 1e-60, 1e-30]
        slopes = [_slope(y, variables, i, step) for step in steps if step > SMALLEST_STEP]
        neighbour = _slope(y, variables, i, steps[-1], 1.0 + 2**-50) if len(slopes) > 1 else None
        if neighbour is None or None in slopes:
            continue
        underflow, shift = UNDERFLOW / steps[-1], abs(neighbour - slopes[-1])
        slope, spread = slopes[0], max(slopes) - min(slopes)
        error = spread + shift + 4 * math.ulp(slope) + underflow
        trouble = "unstable" if shift > max(USABLE * abs(slopes[-1]), underflow) else ""
        best = Estimate(slope, error, "complex step", trouble)
        if underflow <= 1e-12 * abs(slope):
            break
    return best


def _step_from_zero(y):
    """A step that is small compared with every number in the graph: with a larger one, hypot(x, y) looks like |x|."""
    nodes = topological_order(y) if type(y) is Value else []
    sizes = [abs(one.data) for node in nodes for one in (node, *node.parents) if one.data]
    return max(1e-100 * min([1.0, *sizes]), 2 * SMALLEST_STEP)


def _slope(y, variables, i, step, factor=1.0):
    """∂y/∂variables[i] by one complex step, at the point whose coordinates are `factor` times the recorded ones."""
    numbers = {
        variable: Complex(complex(variable.data * factor, step if k == i else 0.0))
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
    """A complex number on which the formulas of the table can be evaluated; conditions compare its real part."""

    __slots__ = ("z",)

    def __init__(self, z):
        self.z = z

    @staticmethod
    def of(x):
        """x as a Complex."""
        return x if isinstance(x, Complex) else Complex(complex(x))

    @property
    def data(self):
        """The real part, which conditions such as x > 0 compare."""
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
    """The primitive `name` for Complex numbers and floats; None where it has no analytic complex form."""
    if name in ANALYTIC:
        return ANALYTIC[name]
    if name not in RULES:
        return None
    rule = RULES[name]
    functions = {other: complex_function(other) for other in rule.formula.functions if other != name}
    if name in rule.formula.calls or None in functions.values():
        return None
    function = rule.formula.on_values(rule.inputs, functions)
    return lambda *operands: function(*map(Complex.of, operands))


def _on_complex(name, function):
    """A function of complex numbers as one of Complex numbers; floats go to the real function of that name."""
    return lambda *xs: (
        Complex(function(*(Complex.of(x).z for x in xs)))
        if any(isinstance(x, Complex) for x in xs)
        else ATOMS[name](*xs)
    )


def _pow(x, y):
    if y == 0:
        return complex(1.0)
    if x == 0:
        return complex(x.real**y.real, y.real * x.real ** (y.real - 1) * x.imag if y.real >= 1 else 0.0)
    if x.real >= 0:
        return cmath.exp(y * cmath.log(x)) if y.imag or not y.real.is_integer() else x ** int(y.real)
    return (-1) ** int(y.real) * _pow(-x, y)


def _atan2(y, x):
    """The angle of the real parts, shifted by the imaginary parts."""
    shift = cmath.atan(y / x) if abs(x.real) >= abs(y.real) else -cmath.atan(x / y)
    return complex(math.atan2(y.real, x.real), shift.imag)


def _hypot(x, y):
    """Scaled so that no square overflows or underflows."""
    scale = max(abs(x.real), abs(y.real))
    return scale * cmath.sqrt((x / scale) ** 2 + (y / scale) ** 2)


def _fmod(x, y):
    rest = math.fmod(x.real, y.real)
    return complex(rest, x.imag - round((x.real - rest) / y.real) * y.imag)


# Real functions continued into the complex plane near the real axis.
_COMPLEX = {
    "exp": cmath.exp,
    "log": cmath.log,
    "log10": cmath.log10,
    "sqrt": cmath.sqrt,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "asin": cmath.asin,
    "acos": cmath.acos,
    "atan": cmath.atan,
    "sinh": cmath.sinh,
    "cosh": cmath.cosh,
    "tanh": cmath.tanh,
    "asinh": cmath.asinh,
    "acosh": cmath.acosh,
    "atanh": cmath.atanh,
    "abs": lambda z: z if z.real >= 0 else -z,
    "coarse": lambda z: z,
    "pow": _pow,
    "exp2": lambda z: cmath.exp(z * math.log(2)),
    "expm1": lambda z: complex(math.expm1(z.real), cmath.exp(z).imag),
    "log2": lambda z: cmath.log(z) / math.log(2),
    "log1p": lambda z: complex(math.log1p(z.real), cmath.log(1 + z).imag),
    "cbrt": lambda z: cmath.exp(cmath.log(z) / 3) if z.real >= 0 else -cmath.exp(cmath.log(-z) / 3),
    "fmod": _fmod,
    "hypot": _hypot,
    "atan2": _atan2,
}
ANALYTIC = {name: _on_complex(name, function) for name, function in _COMPLEX.items()}
