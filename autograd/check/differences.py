"""Central differences."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

from autograd.check.estimate import SMALLEST, Estimate
from autograd.errors import AutogradError

FRACTIONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


FINE = (1e-8, 1e-9, 1e-10, 1e-11)  # steps that lose most digits of a difference, but step over nothing


NEAR = 3e-4  # and this is what they can tell


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


def _steps(x):
    """Steps to try; none where x is so small that all steps of its size are lost."""
    return [fraction * scale for scale in reversed(_scales(x)) for fraction in FRACTIONS if not 0.0 < abs(x) < SMALLEST]


def _scales(x):
    """What steps are a fraction of: the size of x, or 1, which suits most functions; the finer first."""
    return sorted({min(max(abs(x), 0.1), 1.0), abs(x) or 1e-9})


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
