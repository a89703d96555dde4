"""Derivatives of a function from its values alone, by central differences; kinks and discontinuities.

In all functions `rounding` is how far a value of f may be off, beyond its last digit.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

from autograd.check.estimate import SMALLEST_STEP, Estimate
from autograd.errors import AutogradError

STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)  # as fractions of the size of x
FINE_STEPS = (1e-8, 1e-9, 1e-10, 1e-11)  # too short to miss a feature of f, but most digits are lost
FINE_TOLERANCE = 3e-4  # the relative precision of a difference with a fine step
TOLERANCE = 1e-3
HALVINGS = 5
UNDEFINED = (AutogradError, ArithmeticError, ValueError)  # raised outside the domain, or where x + step equals x

Function = Callable[[float], float]


def differences(f: Function, x: float, rounding: float = 0.0) -> Estimate:
    """The derivative of f at x by central differences, extrapolated to step 0.

    Its `trouble` is "kink" where f seems to have one, "outside" where f has no values on both sides of x.
    """
    best, previous = Estimate(math.nan, math.inf, "differences", "outside"), None
    for step in _steps(x):
        try:
            slope, error = _extrapolated(f, x, step, rounding)
        except UNDEFINED:
            continue
        # One sequence of steps may seem to converge by chance: the error is at least what two of them differ by.
        error = max(error, abs(slope - previous)) if previous is not None else math.inf
        if best.trouble or _relative(error, slope) < _relative(best.error, best.slope):
            best = Estimate(slope, error, "differences")
        if best.error <= 1e-8 * abs(best.slope):
            break
        previous = slope
    return best._replace(trouble="kink") if not best.trouble and _has_kink(f, x, best.slope, rounding) else best


def _steps(x):
    """The steps to try, from long to short; none where x is so small that steps of its size underflow."""
    return [fraction * scale for scale in reversed(_scales(x)) for fraction in STEPS if _is_normal(x)]


def _is_normal(x):
    return not 0.0 < abs(x) < SMALLEST_STEP


def _scales(x):
    """What steps are fractions of: the size of x, or 1, which suits most functions; the smaller first."""
    return sorted({min(max(abs(x), 0.1), 1.0), abs(x) or 1e-9})


def _extrapolated(f, x, step, rounding):
    """The slope at x and its error, by Ridders' method: central differences with steps step, step / 2, …

    Each column of the table cancels another even power of the step. The best entry differs least from its neighbours.
    """
    table, best, error = [], 0.0, math.inf
    for row in range(HALVINGS):
        right, left = x + step / 2**row, x - step / 2**row
        above, below = f(right), f(left)
        new = [(above - below) / (right - left)]
        noise = (4 * max(math.ulp(above), math.ulp(below)) + 4 * rounding) / (right - left)
        for k, older in enumerate(table):
            new.append(new[k] + (new[k] - older) / (4 ** (k + 1) - 1))
            change = max(abs(new[k + 1] - new[k]), abs(new[k + 1] - older)) + noise
            if change < error:
                best, error = new[k + 1], change
        table = new
    return best, error


def _relative(error, slope):
    """The error of an estimate beside its slope, as a key for comparisons; of two slopes of 0 the errors decide."""
    return error / abs(slope) if slope else math.inf, error


def _has_kink(f, x, slope, rounding):
    """Whether the one-sided slopes at x stay apart as the step shrinks: those of a smooth f approach each other."""
    try:
        here, gaps, noise = f(x), [], 0.0
        for step in (1e-4 * max(abs(x), 0.1), 1e-6 * max(abs(x), 0.1)):
            gaps.append(abs((f(x + step) - here) - (here - f(x - step))) / step)
            noise = 100 * (math.ulp(here) + rounding) / step
    except UNDEFINED:
        return False
    return gaps[1] > 0.5 * gaps[0] and gaps[1] > 1e-3 * abs(slope) + noise


def is_plausible(f: Function, x: float, slope: float, size: float, rounding: float) -> bool:
    """Whether a plain central difference confirms `slope` to a thousandth of `size`, or no step is precise enough."""
    for scale in _scales(x):
        was_precise = False
        for fraction in STEPS:
            found = _central_difference(f, x, fraction * scale, rounding)
            if found and found[1] <= TOLERANCE * size:
                was_precise = True
                if abs(found[0] - slope) <= TOLERANCE * size:
                    return True
        if was_precise:
            return False
    return True


def is_confirmed_nearby(f: Function, x: float, slope: float, rounding: float) -> bool:
    """Whether a difference with a very short step confirms `slope`; longer ones may step over a bend or a pole."""
    tolerance = FINE_TOLERANCE * abs(slope)
    for fraction in FINE_STEPS:
        found = _central_difference(f, x, fraction * (abs(x) or 1e-9), rounding)
        if found and found[1] <= tolerance and abs(found[0] - slope) <= tolerance:
            return True
    return False


def _central_difference(f, x, step, rounding):
    """A central difference and a bound on its rounding error; None where f cannot be computed."""
    try:
        right, left = f(x + step), f(x - step)
        width = (x + step) - (x - step)
        return (right - left) / width, (16 * max(math.ulp(right), math.ulp(left)) + 4 * rounding) / width
    except UNDEFINED:
        return None


def is_discontinuous(f: Function, x: float, here: float, slope: float, rounding: float) -> bool:
    """Whether f stays away from f(x), which is `here`, on one side of x, however close to x."""
    for side in (1, -1):
        gaps, noise = [], 0.0
        for step in (side * fraction * (abs(x) or 1e-9) for fraction in (1e-10, 1e-14)):
            with contextlib.suppress(*UNDEFINED):
                there = f(x + step)
                gaps.append(abs(there - here - slope * (x + step - x)))
                noise = 100 * (math.ulp(here) + math.ulp(there) + rounding)
        if len(gaps) == 2 and gaps[1] > max(0.5 * gaps[0], noise):
            return True
    return False


def slope_scale(f: Function, x: float) -> float:
    """The typical size of a slope of f near x: the largest |f| around x, over |x| or 1."""
    found = 0.0
    step = 1e-3 * _scales(x)[-1]
    for place in (x, x + step, x - step):
        with contextlib.suppress(*UNDEFINED):
            found = max(found, abs(f(place)) / max(1.0, abs(x)))
    return found
