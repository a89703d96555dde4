"""Parts of long formulas, as text: what makes values right to the last digits, and the coefficients fitted for that."""


def over_square(a, factor=""):
    """factor * a / (x² + y²) as a formula, in branches for coordinates whose squares would be out of range."""
    def scaled(s):
        text = f"{a}{s} / ((x{s}) * (x{s}) + (y{s}) * (y{s})){s}" if s else f"{a} / (x * x + y * y)"
        return f"{factor} * ({text})" if factor else text
    return (f"{scaled(' * 2**-600')} if abs(x) > 1e140 or abs(y) > 1e140"
            f" else {scaled(' * 2**600')} if abs(x) < 1e-140 and abs(y) < 1e-140 else {scaled('')}")


def polynomial(x, *coefficients):
    """c0 + x * (c1 + x * (c2 + …)) as a formula."""
    *others, text = coefficients
    for c in reversed(others):
        text = f"({c} + {x} * {text})"
    return text


# exp(-x²) and exp(-x²/2). The rounding error of x * x would be magnified by x²: the square of the upper half of the
# digits of x, which is exact, is used instead, and a second factor makes up for the rest of x².
SQUARE = "coarse(x) * coarse(x)"
REST = "(x - coarse(x)) * (x + coarse(x))"
ROOT_TAU = "2.5066282746310007, -1.8328579980459167e-16"  # √(2π) in two parts
GAUSS = f"exp(-{SQUARE}) + exp(-{SQUARE}) * expm1(-{REST})"
NORMAL = f"quotient(exp(-{SQUARE} / 2), {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2))"


def far_out(k, scale):
    """factor * exp(-x² / k) as a formula, accurate where exp(-x² / k) is subnormal; `scale` is factor * exp(-80)."""
    half = "(134217729 * x - (134217729 * x - x))"  # coarse(x) written out, so that it can be differentiated
    return f"exp(80 - {half} * {half} / {k}) * ({scale} + {scale} * expm1(({half} - x) * ({half} + x) / {k}))"


GAUSS_FAR_OUT = far_out(1, 1.8048513878454153e-35)
NORMAL_FAR_OUT = far_out(2, 7.200315284527406e-36)


def erfc_rest(x):
    """1 / (exp(x²) erfc(x)) - √π x - 9/16 as a formula, right to 2e-18 of 1 / (exp(x²) erfc(x)) for 0.74 < x < 28.

    It is (x - its root) times a quotient of polynomials, fitted by reweighted least squares.
    """
    top = polynomial(x, -3247.7262137839225, -6009.719428770315, -5515.494887634599, -3212.8907770572623,
                     -1288.8459484115554, -364.1210036592049, -71.09725153408037, -8.884516321563687, -0.5625000000041)
    bottom = polynomial(x, 7524.5643138436035, 17577.81678042933, 20220.289603108366, 14792.787905961899,
                        7531.6586641786835, 2762.8698299830107, 732.1470838614425, 136.15514393990978,
                        16.35657893408025, 1)
    return f"({x} - 1.0136312839208506) * {top} / {bottom}"


# erfc(x) = exp(-x²) / (√π x + 9/16 + erfc_rest(x)). The first part of the divisor is exact.
ERFC_FAR_RIGHT = (
    f"quotient(exp(-{SQUARE}),"
    " 1.7724538445472717 * coarse(x) + 0.5625, 1.7724538445472717 * (x - coarse(x)) + 6.358244298782542e-09 * x"
    f" + (sqrt(pi) * x + 0.5625) * expm1({REST}) + {erfc_rest('x')} * exp({REST}))")

# gelu far to the left of 0, where gelu(x) = x/2 erfc(-x/√2) and its slope is erfc(-x/√2)/2 + x φ(x).
OF_ERFC = erfc_rest("(-x / sqrt(2))")
GELU_FAR_LEFT = (
    f"-quotient(exp(-{SQUARE} / 2), {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2)"
    f" - 2 * (0.5625 + {OF_ERFC}) / x * exp({REST} / 2))")
GELU_SLOPE_FAR_LEFT = (
    f"x * quotient(exp(-{SQUARE} / (2 if x > -37 else 4)),"
    f" {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2) + pi / (x * (sqrt(pi / 2) * x - 0.5625"
    f" - {OF_ERFC}) - sqrt(pi / 2)) * exp({REST} / 2)) * (1 if x > -37 else exp(-{SQUARE} / 4))")

# gelu around its minimum. The slope is the distance from its root times a polynomial, fitted to 6e-18 of the slope from
# -1.42 to -0.34, and the value is the integral of that.
FROM_ROOT = "(x + 0.7517915246935645)"  # the distance from the root, but for 1.5e-17
SLOPE = (0.4314939923140469, 0.388284982990552, -0.018199676398669772, -0.11400823329721994, -0.014771522148353245,
         0.01942167983800019, 0.004539228382487704, -0.0022395380608086313, -0.0007448268865151657,
         0.00018633961727757795, 8.61597936678273e-05, -1.1213231935930813e-05, -7.749082125418001e-06,
         4.278868035291044e-07, 5.678248256481059e-07, 6.405472790501665e-09, -2.5565096322707405e-08)
GELU_NEAR_MINIMUM = (
    "-0.16997120747990366 + (-4.060510732350249e-18"
    f" + {FROM_ROOT} * {FROM_ROOT} * {polynomial(FROM_ROOT, *(c / (k + 2) for k, c in enumerate(SLOPE)))})")
GELU_SLOPE_NEAR_ROOT = f"({FROM_ROOT} - 1.4956759177009883e-17) * {polynomial(FROM_ROOT, *SLOPE)}"

# 1 + x + exp(x) around its root r, as the sum of d = x - r and exp(r) (exp(d) - 1). The float nearest to r is too large
# by 1.09…e-16.
SILU_ROOT = "(x + 1.2784645427610737 + 1.0946994183093437e-16)"
SILU_NEAR_ROOT = f"({SILU_ROOT} + 0.2784645427610738 * expm1({SILU_ROOT}))"
