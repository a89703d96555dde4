"""What the engine is compared with: mpmath, at as many digits as it takes.

The value of a rule is that of mpmath's function of the same name, or a textbook formula on numbers of many digits. A
partial derivative is a difference quotient of that value, never a formula.
"""

import math
import struct
import sys
from functools import lru_cache
from random import Random

from mpmath import mp, mpf

import autograd
from autograd import Interval, Value
from autograd.engine.functions import FUNCTIONS
from autograd.errors import DivisionByZeroError, DomainError, InfiniteDerivativeError, ResultOverflowError

LARGEST = sys.float_info.max
VALUE_ULPS, PARTIAL_ULPS = 2, 4
TOO_SMALL = mpf(2) ** -1080

# Points in branches that chance seldom enters, and where the terms of a formula matter most.
SELDOM = {
    "div": [(1e-320, 1e-5)],  # the quotient has lost digits that its derivative by y has
    "pow": [
        (1e-160, 2.0),  # the power has lost digits that its derivatives have
        (5e-324, 1.95),  # the power is 0, its derivative by x is not
        (1.95, -1023.9999999999999),  # y - 1 is no float, and the power has lost digits
        (1 - 2**-50, 1e16),  # y - 1 is no float
        (0.0, 1e16),
    ],
    "direction": [
        (3e-320, 7e-5),
        (7e-5, 3e-320),  # one coordinate is subnormal, no derivative is
        (1e20, 1e160),
    ],  # the square of one coordinate is too large
    "cbrt": [(3.332381952563501,)],  # some C libraries are three units off
    "normal": [(38.1,)],
    "gauss": [(26.3,)],  # soon it is 0
    "gelu": [(-1.29,)],  # the end of a polynomial
    "gelu_slope": [
        (-38.0,),  # soon it is 0
        (-1.39,),  # the end of a polynomial
        (-0.7517915246935645,),
        (2**0.5,),
        (-(2**0.5),),
    ],  # its root and its extrema
    "silu": [
        (-1.2784645427610737,),  # the root of the slope, and the ends of the branches around it
        (-1.2784645427610735,),
        (-1.27846,),
        (-2.499,),
        (-2.501,),
        (-0.3001,),
        (-0.2999,),
        (-659.99,),
        (-660.01,),
        (-740.0,),  # exp(x) is subnormal
        (-750.0,),  # exp(x) is 0, and the value is not
    ],
    "mod": [
        (-1e-20, 3.0),  # the rest is rounded to the divisor
        (2 - 2**-52, 2 / 3),  # the quotient would be rounded up to a whole number
        (-1.5e308, 1e308),  # the difference of x and the rest overflows
        (1e300, -7.0),
        (5e-324, 1e308),
        (7.0, 3.5),
    ],
    "clamp": [(0.5, 1.0, 0.0), (2.0, 1.0, 1.0), (0.0, 1.0, 1.0), (0.5, 0.0, 1.0), (-1.0, 0.0, 1.0), (3.0, 0.0, 1.0)],
}


ROUNDING = {"coarse": lambda x: x, "floor": mp.floor}  # matters to floats only


def saturating(f, end, above, below):
    """`f`, told that beyond ±end no float differs from its limits any more: mpmath takes long to find them."""
    return lambda x: mpf(above) if x > end else mpf(below) if x < -end else f(x)


# Functions that mpmath lacks, or has under another name or with another meaning.
EXACT = {
    name: getattr(mp, name)
    for name in (
        "exp",
        "expm1",
        "log",
        "log10",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "hypot",
        "sign",
    )
}
EXACT |= {
    "abs": abs,
    "pow": lambda x, y: mp.power(x, y) if x or y >= 0 else mpf(1) / x,
    "exp2": lambda x: mp.power(2, x),
    "log2": lambda x: mp.log(x, 2),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "erf": saturating(mp.erf, 28, 1, -1),
    "erfc": saturating(mp.erfc, 28, 0, 2),
    "gelu": lambda x: x * saturating(mp.ncdf, 40, 1, 0)(x),
    "gelu_slope": saturating(lambda x: mp.ncdf(x) + x * mp.npdf(x), 40, 1, 0),
    "normal": saturating(mp.npdf, 40, 0, 0),
    "gauss": saturating(lambda x: mp.exp(-x * x), 28, 0, 0),
    "quotient": lambda x, y, z: x / (y + z),
    "direction": lambda x, y: x / mp.hypot(x, y) if x or y else mpf(0),
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "step": lambda x: mpf(x > 0),
    "less": lambda x, y: mpf(x < y),
    "less_equal": lambda x, y: mpf(x <= y),
    "equal": lambda x, y: mpf(x == y),
    "maximum": max,
    "minimum": min,
    "where": lambda condition, x, y: x if condition else y,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x)),
    "relu": lambda x: max(x, mpf(0)),
    "silu": lambda x: x / (1 + mp.exp(-x)) if x > 0 else x * mp.exp(x) / (1 + mp.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "floor": mp.floor,
    "ceil": mp.ceil,
    "mod": lambda x, y: x % y,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
}


def exact(name):
    """The function of mpmath numbers that the primitive `name` stands for, or else the formula of its value."""
    if name not in EXACT:  # a new line of the table, whose partials at least can be checked
        rule = autograd.table.registry.RULES[name]
        used = {called: ROUNDING.get(called) or exact(called) for called in rule.formula.functions}
        EXACT[name] = rule.formula.function(rule.inputs, {**used, "pi": mp.pi, "e": mp.e}, number=mpf)
    return EXACT[name]


@lru_cache(1000)
def exact_value(rule, point):
    """The value of a rule at a point of floats, as an mpmath number; None for 0 ** -1."""
    with mp.workdps(800 if max(map(abs, point)) > 1e10 else 50):
        try:
            return exact(rule.name)(*map(mpf, point))
        except OverflowError:
            return mp.inf
        except ZeroDivisionError:
            return None


@lru_cache(1000)
def exact_partial(rule, point, i):
    """The partial derivative with respect to input i, by ever finer differences; None where these do not settle."""
    for sides in ((1, -1), (1, 0), (0, -1)):
        previous = None
        for digits in (25, 50, 100, 200, 400, 800, 1600):
            quotient, noise = difference_quotient(exact(rule.name), point, i, digits, sides)
            if quotient is None:
                break
            change = abs(quotient - previous) if previous is not None else mp.inf
            if change + noise <= abs(quotient) * mpf(10) ** -20 or abs(quotient) + noise < TOO_SMALL:
                return quotient
            previous = quotient
    return None


def difference_quotient(f, point, i, digits, sides):
    """A difference quotient of f, and a bound of its rounding error; None where f is not real."""
    with mp.workdps(20):
        step = mpf(2) ** int(mp.log(min(abs(mpf(point[i])) or mpf(10) ** -330, 1), 2) - 3 * digits)
        precision = 2 * digits + int(max(0, mp.log10((max(map(abs, point)) or 1) / step)))
    with mp.workdps(precision):
        ends = []
        for side in sides:
            there = list(map(mpf, point))
            there[i] += side * step
            try:
                ends.append(f(*there))
            except (ValueError, ZeroDivisionError):
                return None, None
        if not all(isinstance(end, mpf) and mp.isfinite(end) for end in ends):
            return None, None
        return (
            (ends[0] - ends[1]) / ((sides[0] - sides[1]) * step),
            max(map(abs, ends)) * mpf(10) ** (5 - precision) / step,
        )


def computed(rule, point, i=None):
    """The engine's value or, with i, a partial; inf where it says that this is too large, nan where there is none."""
    function = FUNCTIONS[rule.name]
    operands = [Value(x) if k == i else x for k, x in enumerate(point)]
    try:
        out = function(*operands)
    except ResultOverflowError:
        return math.inf
    except (InfiniteDerivativeError, DomainError, DivisionByZeroError):
        return math.nan
    return out if i is None else out.partials[i]


def ulps(got, wanted):
    """How far a float is from an mpmath number, in units in the last place; an overflow must be one."""
    if math.isinf(got):
        return 0.0 if abs(wanted) > LARGEST * (1 - mpf(2) ** -50) else math.inf
    return float(abs(got - wanted) / mpf(math.ulp(min(float(abs(wanted)), LARGEST))))


def errors(rule, point):
    """The errors of value and partials at a point in ulp: a list, with 0 where there is nothing to compare with."""
    value, wanted = computed(rule, point), exact_value(rule, point)
    if wanted is None:
        assert math.isnan(value), f"{rule.name}{point} does not exist, got {value}"
        return [0.0] * (1 + len(rule.inputs))
    found = [ulps(value, wanted)]
    for i, name in enumerate(rule.inputs):
        if math.isinf(value) or is_kink(rule, point):
            found.append(0.0)
            continue
        got, wanted = computed(rule, point, i), exact_partial(rule, point, i)
        if wanted is None:
            # At the end of a domain, as in 0 ** 1.5, a one-sided derivative may exist: test_edges.py has these.
            assert math.isnan(got) or 0.0 in point, f"∂{rule.name}/∂{name} at {point} does not exist, got {got}"
        if math.isnan(got):
            assert wanted is None or not any(point), f"∂{rule.name}/∂{name} at {point} is {wanted}, got an error"
        found.append(0.0 if wanted is None or math.isnan(got) else ulps(got, wanted))
    return found


def assert_right(rule, point):
    """Raise AssertionError unless value and partials are right to the last places; returns their errors, in ulp."""
    value, *partials = errors(rule, point)
    # A helper's value serves in the partials of other rules.
    assert value <= (PARTIAL_ULPS if rule.helper else VALUE_ULPS), f"{rule.name}{point} is {value:.1f} ulp off"
    for name, error in zip(rule.inputs, partials):
        assert error <= PARTIAL_ULPS, f"∂{rule.name}/∂{name} at {point} is {error:.1f} ulp off"
    return value, *partials


def is_kink(rule, point):
    """Whether the derivative at a point is a convention, by what the table says."""
    here = dict(zip(rule.inputs, point, strict=True))
    return bool(rule.kinks) and all(
        any(here[name] == here.get(place, place) for place in places) for name, places in rule.kinks.items()
    )


def points_of(rule, number):
    """Points to test a rule at: where chance seldom leads, and so many by chance, the same ones at every call."""
    dice = Random(rule.name)
    return [*SELDOM.get(rule.name, []), *(random_point(rule, dice) for _ in range(number))]


def random_point(rule, random):
    """A point of the domain, of any size that floats have."""
    while True:
        point = [random_number(rule.domain.get(name, Interval()), random) for name in rule.inputs]
        if len(point) > 1:
            first = point[0]
            point[1] = random.choice(
                (
                    point[1],
                    point[1],
                    first * random.choice((1, -1, 1 + 2**-52, 1 - 1e-9, 1 + 1e-3)),
                    first * random.choice((1, -1)) * 10 ** random.uniform(-5, 5),
                )
            )
        if rule.name == "pow" and abs(point[0]) not in (0, 1) and random.random() < 0.8:
            point[1] = random.uniform(-745, random.choice((709, 709, -660))) / math.log(abs(point[0]))
            point[1] = float(round(point[1])) if point[0] < 0 or random.random() < 0.3 else point[1]
        if all(map(math.isfinite, point)) and rule.why_outside(point) is None:
            return tuple(x + 0.0 for x in point)  # -0.0 means nothing to mpmath


def random_number(interval, random):
    """A float of an interval: of any size, of everyday size, or near an end or a special number."""
    ends = [end for end in (interval.low, interval.high) if math.isfinite(end)]
    while True:
        sign, kind = random.choice((1, -1)), random.randrange(6)
        x = (
            struct.unpack("d", random.randbytes(8))[0]
            if kind == 0
            else sign * 10 ** random.uniform(-3, 3)
            if kind == 1
            else random.uniform(-5, 5)
            if kind == 2
            else random.uniform(-40, 40)
            if kind == 3
            else sign * random.choice((0.0, 1.0, 2.0, 0.5, 5e-324, 1e-308, 1.797e308, 1e154, 1e-162))
            if kind == 4
            else random.choice(ends) + sign * 10 ** random.uniform(-17, 0)
            if ends
            else sign * 10 ** random.uniform(-20, 20)
        )
        if math.isfinite(x) and x in interval:
            return x
