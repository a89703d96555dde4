"""The error function and its relatives, and the activations of neural networks. The lines read as in elementary.py.

Names in capitals are parts of formulas that were made for accuracy; coefficients.py explains them.
"""

from autograd.table.coefficients import (
    ERFC_FAR_RIGHT,
    GAUSS,
    GAUSS_FAR_OUT,
    GELU_FAR_LEFT,
    GELU_NEAR_MINIMUM,
    GELU_SLOPE_FAR_LEFT,
    GELU_SLOPE_NEAR_ROOT,
    NORMAL,
    NORMAL_FAR_OUT,
    SILU_NEAR_ROOT,
)
from autograd.table.elementary import AT_KINK
from autograd.table.formulas import Interval
from autograd.table.registry import rule

rule("quotient", "coarse(x / (y + z)) + (x - coarse(x / (y + z)) * coarse(y + z)"
     " - coarse(x / (y + z)) * (y - coarse(y + z) + z)) / (y + z)", "1 / (y + z)", "-out / (y + z)", "-out / (y + z)",
     domain={"x": Interval(0, 1), "y": Interval(1, 100)}, requires="z >= -y / 2 and z <= 2 * y",
     helper=True, note="x / (y + z), rounded only once; z holds digits for which y has no room.")
rule("gauss", f"0 if abs(x) > 28 else {GAUSS}",
     f"-2 * x * out if abs(x) < 26 else 0 if abs(x) > 28 else -2 * x * {GAUSS_FAR_OUT}",
     symbol="exp(−x²)", helper=True)
rule("normal", f"0 if abs(x) > 39 else {NORMAL}",
     f"-x * out if abs(x) < 37.5 else 0 if abs(x) > 39 else -x * {NORMAL_FAR_OUT}",
     symbol="φ", helper=True, note="The density of the standard normal distribution, exp(-x²/2) / √(2π).")
rule("erf", "erf(x)", "2 / sqrt(pi) * gauss(x)")
# The C library's erfc is up to 3 units off from 0.8 on.
rule("erfc", f"erfc(x) if x < 0.78 else 0 if x > 28 else {ERFC_FAR_RIGHT}", "-2 / sqrt(pi) * gauss(x)")
# The textbook formula cancels left of 0.
rule("gelu", f"0.5 * x * erfc(-x / sqrt(2)) if x > -0.35 else {GELU_NEAR_MINIMUM} if x > -1.3"
     f" else 0 if x < -39 else {GELU_FAR_LEFT}",
     "0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35 else gelu_slope(x)",
     symbol="GELU", note="The exact one, x Φ(x) with the normal distribution function Φ.")
# The second derivative of gelu is (2 - x²) φ(x). The float nearest to √2 is too large by 9.66…e-17.
rule("gelu_slope", "0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35"
     f" else {GELU_SLOPE_NEAR_ROOT} if x > -1.4 else 0 if x < -39 else {GELU_SLOPE_FAR_LEFT}",
     f"0 if abs(x) > 39 else (2 - x * x) * {NORMAL_FAR_OUT} if abs(x) > 37.5"
     " else normal(x) * ((1.4142135623730951 - x - 9.667293313452913e-17) * (1.4142135623730951 + x)) if x > 0"
     " else normal(x) * ((1.4142135623730951 + x - 9.667293313452913e-17) * (1.4142135623730951 - x))",
     helper=True, note="The derivative of gelu, Φ(x) + x φ(x), accurate around its root at -0.75 as well.")

rule("sigmoid", "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))",
     "out / (1 + exp(x)) if x < 40 else sigmoid(-x)", symbol="σ", textbook={"x": "out * (1 - out)"})
rule("softplus", "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))", "sigmoid(x)")
# The slope is σ(x) σ(-x) (1 + x + eˣ), which has a root near -1.28: there it is computed from the distance to the root.
# A subnormal exp(x) has lost digits, and multiplying it by x would show it: multiply two halves.
rule("silu", "x / (1 + exp(-x)) if x >= 0 else x * exp(x) / (1 + exp(x)) if x > -660 else exp(x / 2) * x * exp(x / 2)",
     "sigmoid(x) * (1 + x * sigmoid(-x)) if x > -0.3"
     f" else sigmoid(x) * sigmoid(-x) * {SILU_NEAR_ROOT} if x > -2.5"
     " else sigmoid(x) * sigmoid(-x) * (1 + x + exp(x)) if x > -660 else exp(x / 2) * (1 + x) * exp(x / 2)",
     symbol="SiLU", textbook={"x": "sigmoid(x) * (1 + x * sigmoid(-x))"}, note="x σ(x), also called swish.")
rule("softsign", "x / (1 + abs(x))", "1 / (1 + abs(x)) / (1 + abs(x))", textbook={"x": "1 / (1 + abs(x)) ** 2"})
rule("relu", "x if x > 0 else 0", "step(x)", symbol="ReLU", kinks={"x": [0]}, note=AT_KINK)
rule("leaky_relu", "x if x > 0 else slope * x", "1 if x > 0 else slope", "0 if x > 0 else x", symbol="leaky ReLU",
     defaults={"slope": 0.01}, kinks={"x": [0]}, note="At the kink the derivative is the slope.")
