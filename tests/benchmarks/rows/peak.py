"""The most multiply-adds of one thread, against which the steps of the other rows can be held."""

import ctypes

from ..clock import clock
from ..row import Row, Stages
from . import in_c

MILLION, ATTEMPTS = 1e6, 20


def peak(problem):
    """The seconds are those of a million: of products that are rounded before they are added, as results of replays
    are, and fused, with one rounding, as in their gradients."""
    library, times, ignored = in_c.library("peak.c"), problem["times"], ctypes.c_double()
    for function in (library.rounded_twice, library.fused):
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_long, ctypes.POINTER(ctypes.c_double)]

    def seconds(function):
        """The least of some attempts: what the machine does beside makes it slower, and nothing makes it faster."""
        found = []
        for _ in range(ATTEMPTS):
            started = clock()
            count = function(times, ignored)
            found.append((clock() - started) / count * MILLION)
        return min(found)

    return lambda: Stages({"": seconds(library.rounded_twice), "fused": seconds(library.fused)})


ROW = Row(
    "peak",
    "a million multiply-adds on numbers that are in registers",
    lambda quick: {"times": 1_000 if quick else 1_000_000},
    {"c": peak},
    checked=0,
)
