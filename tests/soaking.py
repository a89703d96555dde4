"""How much of a long test is done: a hundredth by `make test`, all of it by `make soak`, which prints the figures.

GLASSGRAD_SOAK is the share, from 0 to 1: with GLASSGRAD_SOAK=0.1 a tenth is done.
"""

import os

SHARE = float(os.environ.get("GLASSGRAD_SOAK") or 0.01)
SOAK = SHARE > 0.01


def amount(full):
    """So many of the `full` number of trials are made."""
    return max(1, round(full * SHARE))
