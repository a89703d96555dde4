"""The table of primitives: one line each, from which everything else is made.

    rule("mul", "x * y", "y", "x", symbol="×")

The first formula is the value, the others the partial derivatives with respect to its inputs, in order of their
appearance. A partial may use `out`, the value itself, and any primitive. Functions, methods, operators, derivatives of
every order, drawings, documentation and property tests are derived from this line by looping over the table.

Formulas are written for accuracy: a value is right to 2 units in the last place and a partial to 4, over the whole
domain. Where the textbook formula is not, a second branch ("… if … else …") takes over and a comment says why.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from keyword import iskeyword

from autograd.errors import RuleError
from autograd.table.formulas import ATOMS, Formula, Interval

POSITIVE = Interval(0, open_low=True)
NONNEGATIVE = Interval(0)
NONZERO = Interval(without=(0,))
RULES: dict[str, Rule] = {}  # by name
TABLE: list[Rule] = []  # by index


class Rule:
    """One primitive: what it computes and its partial derivatives, as formulas.

    name, symbol    how it is called in code, and in a drawing
    inputs          the names of its operands, in the order in which the value formula mentions them
    formula         the value, a Formula of the inputs
    partials        for each input ∂out/∂input, a Formula of the inputs and `out`
    domain          the Interval that an input may lie in, for those that are limited
    requires        a condition on the inputs together, a Formula, or None
    kinks           for each input the points where the derivative is a convention; where several inputs are named: all
                    at once; another input's name stands for a tie with it
    note            that convention, and whatever else is good to know, in words
    defaults        the values of inputs that may be left out
    operator        the name of the Python operator, "mul" for `__mul__`, or None
    textbook        for an input the partial as a calculus book writes it, to be shown in place of a more accurate one
    helper          whether it exists for the formulas of other rules alone: then there is no function autograd.NAME
    index           its place in the table
    value, slopes   the formula and the partials as functions of floats
    is_watched      whether the operands have to be looked at, because the formula may have a value outside the domain
    """

    def __init__(self, name, formula, partials, *, symbol=None, domain=None, requires=None, kinks=None, note="",
                 defaults=None, operator=None, inputs=None, textbook=None, helper=False):
        self.name, self.symbol = name, symbol or name
        self.formula, self.partials = Formula(formula), tuple(map(Formula, partials))
        self.textbook = {name: Formula(text) for name, text in (textbook or {}).items()}
        self.domain = domain or {}
        self.requires = Formula(requires) if requires else None
        self.kinks, self.note = kinks or {}, note
        self.defaults, self.operator, self.helper = defaults or {}, operator, helper
        self.index = len(TABLE)
        self.remedy = f"Shift or clamp it before {name}()."
        if inputs:
            self.inputs = inputs

    def __repr__(self):
        return f"<rule {self.name}: {self.formula}>"

    @cached_property
    def inputs(self):
        """The names of the operands."""
        return self.formula.names

    @cached_property
    def value(self):
        """The value as a function of the inputs, all floats; a ValueError or ArithmeticError outside the domain."""
        if self.is_library_call:
            formula = ATOMS[self.name]
        else:
            # In its own value formula a name means the C library's function: cbrt is made from cbrt.
            functions = {name: ATOMS[name] if name == self.name else float_function(name)
                         for name in self.formula.functions}
            formula = self.formula.on_floats(self.inputs, functions)
        return self._only_inside(formula) if self.is_watched else formula

    def _only_inside(self, function):
        def watched(*inputs):
            if self.why_outside(inputs):
                raise ValueError("outside the domain")
            return function(*inputs)
        return watched

    @property
    def is_watched(self):
        """Whether the operands have to be looked at: outside its domain a formula of this file fails by itself."""
        return bool(self.domain or self.requires) and self.index >= len(BUILT_IN)

    @cached_property
    def is_met(self):
        """The condition `requires` as a function of the inputs, all floats."""
        return self.requires.on_floats(self.inputs, {name: float_function(name) for name in self.requires.functions})

    @cached_property
    def slopes(self):
        """The partial derivatives as functions of the inputs and `out`, all floats."""
        names = (*self.inputs, "out")
        return tuple(partial.on_floats(names, {name: float_function(name) for name in partial.functions})
                     for partial in self.partials)

    @cached_property
    def slopes_shown(self):
        """The partial derivatives as formulas for people to read."""
        return tuple(self.textbook.get(name, partial) for name, partial in zip(self.inputs, self.partials))

    @cached_property
    def is_library_call(self):
        """Whether the value is just a function of the C library, under the same name."""
        return self.name in ATOMS and self.formula.python() == f"{self.name}({', '.join(self.inputs)})"

    def check(self):
        """Raise RuleError for a description that cannot be a primitive."""
        usable = isinstance(self.name, str) and self.name.isidentifier() and not iskeyword(self.name)
        if not usable or self.name.startswith("_"):
            raise RuleError(f"a primitive's name is a Python identifier such as 'cube', and not a keyword, got "
                            f"{self.name!r:.60}.")
        if not 1 <= len(self.inputs) <= 3:
            raise RuleError(f"{self.name}: a primitive has 1 to 3 inputs; {str(self.formula)!r} has "
                            f"{len(self.inputs)}.")
        if len(self.partials) != len(self.inputs):
            raise RuleError(f"{self.name}: {len(self.inputs)} inputs ({', '.join(self.inputs)}) need as many partial "
                            f"derivatives, got {len(self.partials)}.")
        if not isinstance(self.domain, dict) or not all(isinstance(x, Interval) for x in self.domain.values()):
            raise RuleError(f"{self.name}: a domain is a dict of Intervals such as {{'x': Interval(0)}}, got "
                            f"{self.domain!r:.60}.")
        for formula in (self.formula, *self.slopes_shown, *self.partials, *filter(None, [self.requires])):
            allowed = self.inputs if formula in (self.formula, self.requires) else (*self.inputs, "out")
            for name in formula.names:
                if name not in allowed:
                    raise RuleError(f"{self.name}: {str(formula)!r} uses {name!r}; it may use {', '.join(allowed)}.")
            for name in formula.functions:
                if name not in ATOMS and name not in RULES and (name != self.name or formula is self.formula):
                    raise RuleError(f"{self.name}: {str(formula)!r} calls {name!r}, which is not in the table.")
        for name in (*self.domain, *self.kinks, *self.defaults, *self.textbook):
            if name not in self.inputs:
                raise RuleError(f"{self.name}: there is no input {name!r}; the inputs are {', '.join(self.inputs)}.")

    def why_outside(self, values):
        """What is wrong with the operands `values` (floats): "x must be > 0", say; or None inside the domain."""
        for name, value in zip(self.inputs, values, strict=True):
            if name in self.domain and value not in self.domain[name]:
                return f"{name} must be {self.domain[name]}"
        with suppress(ArithmeticError, ValueError):  # a condition that cannot be computed is not met
            if self.requires is None or self.is_met(*values):
                return None
        return f"needs {self.requires}"


def float_function(name):
    """What `name` calls in a formula on floats: a primitive's value, or a function of the C library."""
    return RULES[name].value if name in RULES else ATOMS[name]


def rule(name, formula, *partials, **options):
    """Add a primitive to the table and return its Rule; `options` are those of Rule."""
    if name in RULES:
        raise RuleError(f"there is a primitive {name!r} already: {RULES[name].formula}. Choose another name.")
    RULES[name] = new = Rule(name, formula, partials, **options)
    TABLE.append(new)
    return new


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


# x * x is rounded, and exp() would magnify that error by x * x: so the square of the upper half of x's digits, which is
# exact, is taken, and the rest of x * x is made up for.
SQUARE = "coarse(x) * coarse(x)"
REST = "(x - coarse(x)) * (x + coarse(x))"


def far_down(k, scale):
    """exp(-x² / k) * factor as a formula, accurate where exp(-x² / k) is subnormal; `scale` is exp(-80) * factor."""
    half = "(134217729 * x - (134217729 * x - x))"  # coarse(x) written out, so that it can be differentiated
    return f"exp(80 - {half} * {half} / {k}) * ({scale} + {scale} * expm1(({half} - x) * ({half} + x) / {k}))"


def erfc_rest(x):
    """1 / (exp(x²) erfc(x)) - √π x - 9/16 as a formula, right to 2e-18 of 1 / (exp(x²) erfc(x)) for 0.74 < x < 28.

    Its root, times a quotient of polynomials that were fitted to what is left by reweighted least squares.
    """
    top = polynomial(x, -3247.7262137839225, -6009.719428770315, -5515.494887634599, -3212.8907770572623,
                     -1288.8459484115554, -364.1210036592049, -71.09725153408037, -8.884516321563687, -0.5625000000041)
    bottom = polynomial(x, 7524.5643138436035, 17577.81678042933, 20220.289603108366, 14792.787905961899,
                        7531.6586641786835, 2762.8698299830107, 732.1470838614425, 136.15514393990978,
                        16.35657893408025, 1)
    return f"({x} - 1.0136312839208506) * {top} / {bottom}"


ROOT_TAU = "2.5066282746310007, -1.8328579980459167e-16"  # √(2π) in two parts
FROM_ROOT = "(x + 0.7517915246935645)"  # the distance from the root of gelu's slope, but for 1.5e-17
SLOPE = (0.4314939923140469, 0.388284982990552, -0.018199676398669772, -0.11400823329721994, -0.014771522148353245,
         0.01942167983800019, 0.004539228382487704, -0.0022395380608086313, -0.0007448268865151657,
         0.00018633961727757795, 8.61597936678273e-05, -1.1213231935930813e-05, -7.749082125418001e-06,
         4.278868035291044e-07, 5.678248256481059e-07, 6.405472790501665e-09, -2.5565096322707405e-08)
KINK_0 = "At the kink the derivative is 0, the slope of least magnitude."
TIE = "At a tie each side has derivative 1/2, the choice of least magnitude."

rule("add", "x + y", "1", "1", symbol="+", operator="add")
rule("sub", "x - y", "1", "-1", symbol="−", operator="sub")
rule("mul", "x * y", "y", "x", symbol="×", operator="mul")
# A subnormal quotient has lost digits, and a small y would bring the loss to light: scale up first.
rule("div", "x / y", "1 / y", "-out / y if abs(out) > 1e-290 else -(x * 2**100 / y) / y * 2**-100",
     symbol="÷", operator="truediv", domain={"y": NONZERO})
rule("neg", "-x", "-1", symbol="−", operator="neg")
rule("pos", "x", "1", symbol="+", operator="pos", note="A new node with the same value: an identity.")
# y - 1 is exact from 1/2 to 2**53. Elsewhere log(x) would magnify its rounding error, and y * out / x is used. A
# subnormal power has lost digits, which the factor y or log(x) would bring to light: multiply two halves.
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
rule("abs", "abs(x)", "sign(x)", symbol="|x|", operator="abs", kinks={"x": [0]}, note=KINK_0)
rule("step", "1 if x > 0 else 0", "0", kinks={"x": [0]},
     note="step(0) is 0. The derivative is 0 everywhere, at the jump as well.")
rule("maximum", "x if x >= y else y", "1 if x > y else 0.5 if x == y else 0", "1 if y > x else 0.5 if x == y else 0",
     symbol="max", kinks={"x": ["y"]}, note=TIE)
rule("minimum", "x if x <= y else y", "1 if x < y else 0.5 if x == y else 0", "1 if y < x else 0.5 if x == y else 0",
     symbol="min", kinks={"x": ["y"]}, note=TIE)
rule("less", "1 if x < y else 0", "0", "0", symbol="<", kinks={"x": ["y"]}, note="The derivative is 0 everywhere.")
rule("less_equal", "1 if x <= y else 0", "0", "0", symbol="≤", kinks={"x": ["y"]},
     note="The derivative is 0 everywhere.")
rule("equal", "1 if x == y else 0", "0", "0", symbol="=", kinks={"x": ["y"]}, note="The derivative is 0 everywhere.")
rule("where", "x if condition else y", "0", "1 if condition else 0", "0 if condition else 1",
     inputs=("condition", "x", "y"), kinks={"condition": [0]},
     note="Only the chosen side counts: the other may be infinite, or a function of no arguments that is not called.")

# The first coordinate of the unit vector along (x, y). With it the second derivatives of hypot and atan2 are accurate.
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

# exp(-x²), exp(-x²/2) and their integrals: see SQUARE, far_down and erfc_rest above.
rule("quotient", "coarse(x / (y + z)) + (x - coarse(x / (y + z)) * coarse(y + z)"
     " - coarse(x / (y + z)) * (y - coarse(y + z) + z)) / (y + z)", "1 / (y + z)", "-out / (y + z)", "-out / (y + z)",
     domain={"x": Interval(0, 1), "y": Interval(1, 100)}, requires="z >= -y / 2 and z <= 2 * y",
     helper=True, note="x / (y + z), rounded only once; z holds digits for which y has no room.")
rule("gauss", f"0 if abs(x) > 28 else exp(-{SQUARE}) + exp(-{SQUARE}) * expm1(-{REST})",
     f"-2 * x * out if abs(x) < 26 else 0 if abs(x) > 28 else -2 * x * {far_down(1, 1.8048513878454153e-35)}",
     symbol="exp(−x²)", helper=True)
rule("normal", f"0 if abs(x) > 39 else quotient(exp(-{SQUARE} / 2), {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2))",
     f"-x * out if abs(x) < 37.5 else 0 if abs(x) > 39 else -x * {far_down(2, 7.200315284527406e-36)}",
     symbol="φ", helper=True, note="The density of the standard normal distribution, exp(-x²/2) / √(2π).")
rule("erf", "erf(x)", "2 / sqrt(pi) * gauss(x)")
# The C library's erfc is up to 3 units off from 0.8 on. There the first part of the divisor is exact.
rule("erfc", f"erfc(x) if x < 0.78 else 0 if x > 28 else quotient(exp(-{SQUARE}),"
     " 1.7724538445472717 * coarse(x) + 0.5625, 1.7724538445472717 * (x - coarse(x)) + 6.358244298782542e-09 * x"
     f" + (sqrt(pi) * x + 0.5625) * expm1({REST}) + {erfc_rest('x')} * exp({REST}))", "-2 / sqrt(pi) * gauss(x)")
# The textbook formula cancels left of 0. Around the minimum the slope is a polynomial times the distance from its root,
# fitted to 6e-18 of the slope from -1.42 to -0.34, and the value is the integral of that; further left, see erfc.
rule("gelu", "0.5 * x * erfc(-x / sqrt(2)) if x > -0.35 else -0.16997120747990366 + (-4.060510732350249e-18"
     f" + {FROM_ROOT} * {FROM_ROOT} * {polynomial(FROM_ROOT, *(c / (k + 2) for k, c in enumerate(SLOPE)))}) if x > -1.3"
     f" else 0 if x < -39 else -quotient(exp(-{SQUARE} / 2), {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2)"
     f" - 2 * (0.5625 + {erfc_rest('(-x / sqrt(2))')}) / x * exp({REST} / 2))",
     "0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35 else gelu_slope(x)",
     symbol="GELU", note="The exact one, x Φ(x) with the normal distribution function Φ.")
rule("gelu_slope", "0.5 * erfc(-x / sqrt(2)) + x * normal(x) if x > -0.35"
     f" else ({FROM_ROOT} - 1.4956759177009883e-17) * {polynomial(FROM_ROOT, *SLOPE)} if x > -1.4"
     f" else 0 if x < -39 else x * quotient(exp(-{SQUARE} / (2 if x > -37 else 4)),"
     f" {ROOT_TAU} + sqrt(2 * pi) * expm1({REST} / 2) + pi / (x * (sqrt(pi / 2) * x - 0.5625"
     f" - {erfc_rest('(-x / sqrt(2))')}) - sqrt(pi / 2)) * exp({REST} / 2)) * (1 if x > -37 else exp(-{SQUARE} / 4))",
     f"0 if abs(x) > 39 else (2 - x * x) * {far_down(2, 7.200315284527406e-36)} if abs(x) > 37.5"
     " else normal(x) * ((1.4142135623730951 - x - 9.667293313452913e-17) * (1.4142135623730951 + x)) if x > 0"
     " else normal(x) * ((1.4142135623730951 + x - 9.667293313452913e-17) * (1.4142135623730951 - x))",
     helper=True, note="The derivative of gelu, Φ(x) + x φ(x), accurate around its root at -0.75 as well.")

rule("sigmoid", "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))",
     "out / (1 + exp(x)) if x < 40 else sigmoid(-x)", symbol="σ", textbook={"x": "out * (1 - out)"})
rule("softplus", "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))", "sigmoid(x)")
rule("relu", "x if x > 0 else 0", "step(x)", symbol="ReLU", kinks={"x": [0]}, note=KINK_0)
rule("leaky_relu", "x if x > 0 else slope * x", "1 if x > 0 else slope", "0 if x > 0 else x", symbol="leaky ReLU",
     defaults={"slope": 0.01}, kinks={"x": [0]}, note="At the kink the derivative is the slope.")

# What stands above; users may add to the table.
BUILT_IN = tuple(TABLE)
