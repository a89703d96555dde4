"""The rows of the benchmark, each kind in a module of its own."""

from . import digits, gpt, graph, imports, moons

ROWS = [moons.ROW, gpt.ROW, gpt.RECORDING, digits.ROW, digits.EPOCH, *graph.ROWS, *imports.ROWS]
