"""The compiled machine as it is on each kind of processor, as far as this one can run it."""

import autograd


def vectors(width=8):
    """Have the compiled machine use vectors of at most so many numbers; returns of how many, 0 in plain Python."""
    if autograd.backend == "python":
        return 0
    from autograd.native._engine import widest_vectors

    return widest_vectors(width)


WIDTHS = sorted({vectors(2), vectors(4), vectors()})  # those of two numbers are everywhere
