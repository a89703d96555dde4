"""The elementary functions, as in the table at the back of a calculus book: one line each.

    rule("mul", "x * y", "y", "x", symbol="×")

The first formula is the value, the others are the partial derivatives with respect to its inputs, in the order in which
the inputs appear. A partial may use `out`, the value itself, and any other rule. Everything else is made from these
lines: functions, methods, operators, derivatives of every order, C, drawings, documentation and tests.

Formulas are written for accuracy: a value is within 2 units in the last place and a partial within 4, over the whole
domain. Where the textbook formula is not, a second branch ("… if … else …") takes over, and a comment says why.
"""

import sys

from autograd.table.coefficients import over_square
from autograd.table.formulas import NONNEGATIVE, NONZERO, POSITIVE, Interval
from autograd.table.registry import rule

LARGEST = sys.float_info.max
AT_KINK = "At the kink the derivative is 0, the slope of least magnitude."
AT_TIE = "At a tie each side has derivative 1/2, the choice of least magnitude."

rule("add", "x + y", "1", "1", symbol="+", operator="add")
rule("sub", "x - y", "1", "-1", symbol="−", operator="sub")
rule("mul", "x * y", "y", "x", symbol="×", operator="mul")
# A subnormal quotient has lost digits, and dividing by a small y would show it: scale up first.
rule("div", "x / y", "1 / y", "-out / y if abs(out) > 1e-290 else -(x * 2**100 / y) / y * 2**-100",
     symbol="÷", operator="truediv", domain={"y": NONZERO})
rule("neg", "-x", "-1", symbol="−", operator="neg")
rule("pos", "x", "1", symbol="+", operator="pos", note="A new node with the same value: an identity.")
# The derivatives are y * x ** (y - 1) and out * log(x). y - 1 is exact for 1/2 <= y < 2**53; for other y, log(x) would
# magnify its rounding error, and y * out / x is used. A subnormal power has lost digits, and multiplying it by y or
# log(x) would show it: multiply two halves.
rule("pow", "x ** y",
     "0 if y == 0 and x <= 0 else y / x if x == 0 and y < 1"
     " else y * x ** (y - 1) if x == 0 or y >= 0.5 and y < 1e15 and abs(x ** (y - 1)) > 1e-290"
     " else y * out / x if abs(out) > 1e-290"
     " else x ** floor(y / 2) * y * x ** (y - 1 - floor(y / 2)) if y >= 1 and y < 1e15"
     " else x ** floor(y / 2) / x * y * x ** (y - floor(y / 2))",
     "0 if x == 0 and y > 0 else out * log(x) if out > 1e-290 else x ** (y / 2) * log(x) * x ** (y / 2)",
     symbol="**", operator="pow", requires="x > 0 or y == floor(y) or x == 0",
     note="Never complex: a negative base needs a whole exponent, and has no derivative with respect to it. "
          "x ** 0 is 1 with derivative 0, also at x = 0; 0 ** y has derivative 0 with respect to y > 0.")

rule("sign", "1 if x > 0 else -1 if x < 0 else 0", "0", kinks={"x": [0]},
     note="sign(0) is 0. The derivative is 0 everywhere, at the jump as well.")
rule("abs", "abs(x)", "sign(x)", symbol="|x|", operator="abs", kinks={"x": [0]}, note=AT_KINK)
rule("step", "1 if x > 0 else 0", "0", kinks={"x": [0]},
     note="step(0) is 0. The derivative is 0 everywhere, at the jump as well.")
rule("maximum", "x if x >= y else y", "1 if x > y else 0.5 if x == y else 0", "1 if y > x else 0.5 if x == y else 0",
     symbol="max", kinks={"x": ["y"]}, note=AT_TIE)
rule("minimum", "x if x <= y else y", "1 if x < y else 0.5 if x == y else 0", "1 if y < x else 0.5 if x == y else 0",
     symbol="min", kinks={"x": ["y"]}, note=AT_TIE)
rule("floor", "floor(x)", "0", symbol="⌊x⌋", jumps={"x": "1"},
     note="The largest whole number that is not above x. The derivative is 0 everywhere, at the jumps as well.")
rule("ceil", "-floor(-x)", "0", symbol="⌈x⌉", jumps={"x": "1"},
     note="The smallest whole number that is not below x. The derivative is 0 everywhere, at the jumps as well.")
# The quotient of x - out and y is a whole number, but for rounding; scaled down where the difference could overflow.
rule("mod", "0 * y if fmod(x, y) == 0 else fmod(x, y) + y if fmod(x, y) < 0 and y > 0 or fmod(x, y) > 0 and y < 0"
     " else fmod(x, y)",
     "1", "-floor((x - out) / y + 0.5) if abs(x) < 1e300 else -floor((x / 8 - out / 8) / (y / 8) + 0.5)",
     symbol="mod", operator="mod", inputs=("x", "y"), domain={"y": NONZERO}, jumps={"x": "abs(y)"},
     note="The remainder x - y ⌊x / y⌋, with the sign of y, as in Python. It jumps where it is 0; the derivatives there"
          " are those of one side.")
BELOW_MAX = "1 if maximum(x, min) < max else 0.5 if maximum(x, min) == max else 0"
rule("clamp", "minimum(maximum(x, min), max)",
     f"(1 if x > min else 0.5 if x == min else 0) * ({BELOW_MAX})",
     f"(1 if min > x else 0.5 if min == x else 0) * ({BELOW_MAX})",
     "1 if max < maximum(x, min) else 0.5 if max == maximum(x, min) else 0",
     inputs=("x", "min", "max"), defaults={"min": -LARGEST, "max": LARGEST}, kinks={"x": ["min", "max"]},
     note=f"x, but at least min and at most max; max where min is above it. {AT_TIE}")
rule("less", "1 if x < y else 0", "0", "0", symbol="<", kinks={"x": ["y"]}, note="The derivative is 0 everywhere.")
rule("less_equal", "1 if x <= y else 0", "0", "0", symbol="≤", kinks={"x": ["y"]},
     note="The derivative is 0 everywhere.")
rule("equal", "1 if x == y else 0", "0", "0", symbol="=", kinks={"x": ["y"]}, note="The derivative is 0 everywhere.")
rule("where", "x if condition else y", "0", "1 if condition else 0", "0 if condition else 1",
     inputs=("condition", "x", "y"), kinks={"condition": [0]},
     note="Only the chosen side counts: the other may be infinite, or a function of no arguments that is not called.")

# The first coordinate of the unit vector along (x, y). It makes the second derivatives of hypot and atan2 accurate.
rule("direction", "x / 8 / hypot(x / 8, y / 8) if abs(x) > 1e300 or abs(y) > 1e300"
     " else x / hypot(x, y) if hypot(x, y) > 1e-290"
     " else 0 if x == 0 else x * 2**500 / hypot(x * 2**500, y * 2**500)",
     over_square("y", "direction(y, x)"),
     f"({over_square('x', '-direction(y, x)')}) if abs(x) < abs(y) else {over_square('y', '-direction(x, y)')}",
     helper=True, note="x / hypot(x, y); 0 at the origin, where it has no derivative.")
rule("hypot", "hypot(x, y)", "direction(x, y)", "direction(y, x)", symbol="√x²+y²", kinks={"x": [0], "y": [0]},
     textbook={"x": "x / out", "y": "y / out"},
     note="At (0, 0) both derivatives are 0, the slope of least magnitude.")
rule("atan2", "atan2(y, x)", over_square("x"), over_square("-y"),
     textbook={"y": "x / (x ** 2 + y ** 2)", "x": "-y / (x ** 2 + y ** 2)"},
     note="The angle of the point (x, y) in radians, from -pi to pi.")

rule("exp", "exp(x)", "out", symbol="eˣ")
rule("exp2", "exp2(x)", "out * log(2)", symbol="2ˣ")
rule("expm1", "expm1(x)", "exp(x)", symbol="eˣ−1")
rule("log", "log(x)", "1 / x", domain={"x": POSITIVE})
rule("log2", "log2(x)", "1 / log(2) / x", symbol="log₂", domain={"x": POSITIVE})
rule("log10", "log10(x)", "1 / log(10) / x", symbol="log₁₀", domain={"x": POSITIVE})
rule("log1p", "log1p(x)", "1 / (1 + x)", symbol="log(1+x)", domain={"x": Interval(-1, open_low=True)})
rule("sqrt", "sqrt(x)", "0.5 / out", symbol="√", domain={"x": NONNEGATIVE})
# The C library's cbrt is up to 3 units off; one step of Newton's method brings it below 1.
rule("cbrt", "0 if x == 0 else cbrt(x) - (cbrt(x) - x / cbrt(x) / cbrt(x)) / 3", "1 / (3 * out * out)", symbol="∛")

rule("sin", "sin(x)", "cos(x)")
rule("cos", "cos(x)", "-sin(x)")
rule("tan", "tan(x)", "1 / cos(x) ** 2")
rule("asin", "asin(x)", "1 / sqrt((1 - x) * (1 + x))", domain={"x": Interval(-1, 1)})
rule("acos", "acos(x)", "-1 / sqrt((1 - x) * (1 + x))", domain={"x": Interval(-1, 1)})
rule("atan", "atan(x)", "1 / (1 + x * x) if abs(x) < 1e9 else 1 / x / x")
rule("sinh", "sinh(x)", "cosh(x)")
rule("cosh", "cosh(x)", "sinh(x)")
rule("tanh", "tanh(x)",
     "(1 - out) * (1 + out) if abs(x) < 0.7 else 4 * exp(-2 * abs(x)) / (1 + exp(-2 * abs(x))) ** 2",
     textbook={"x": "1 / cosh(x) ** 2"})
rule("asinh", "asinh(x)", "1 / hypot(1, x)")
rule("acosh", "acosh(x)", "1 / (sqrt(x - 1) * sqrt(x + 1))", domain={"x": Interval(1)})
rule("atanh", "atanh(x)", "1 / ((1 - x) * (1 + x))", domain={"x": Interval(-1, 1, open_low=True, open_high=True)})
