"""A numerical derivative."""

from __future__ import annotations

from typing import NamedTuple

ROUGH = 1e-6  # a numerical derivative whose error is larger, beside its size, cannot tell right from wrong


VERY_ROUGH = 1e-3  # and here it cannot even call a derivative wrong


SMALLEST, UNDERFLOW = 1e-300, 1e-290  # of a complex step, and what its results lose near the end of the floats


class Estimate(NamedTuple):
    """A numerical derivative: `slope`, about so much off, by which `method`, and what `trouble` there was, or ""."""

    slope: float
    error: float
    method: str
    trouble: str = ""
