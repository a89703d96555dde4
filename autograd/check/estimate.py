"""A numerical derivative with an estimate of its error, and how small that error must be."""

from __future__ import annotations

from typing import NamedTuple

PRECISE = 1e-6  # up to this relative error a numerical derivative can confirm the engine's
USABLE = 1e-3  # up to this relative error it can refute it
SMALLEST_STEP = 1e-300


class Estimate(NamedTuple):
    """A numerical derivative.

    slope    the derivative
    error    an estimate of its absolute error
    method   "complex step" or "differences"
    trouble  "" for none; "kink", "outside" the domain on one side, or "unstable" where nearby floats have a very
             different derivative
    """

    slope: float
    error: float
    method: str
    trouble: str = ""
