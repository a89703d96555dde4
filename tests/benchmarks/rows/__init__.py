"""The rows of the benchmark, each kind in a module of its own."""

from . import digits, first_graph, gpt, graph, imports, moons, peak, profile

ROWS = [
    peak.ROW,
    moons.ROW,
    gpt.ROW,
    gpt.LARGE,
    digits.ROW,
    *digits.GROWTH,
    digits.EPOCH,
    *profile.ROWS,
    gpt.RECORDING,
    gpt.LARGE_RECORDING,
    digits.RECORDING,
    *graph.ROWS,
    first_graph.ROW,
    *imports.ROWS,
]
