"""Graphs of three shapes and many sizes: nanoseconds per node, and how they grow."""

import os
import random
from functools import cache
from operator import add

from ..clock import clock
from ..row import Row, Stages

SIZES = [10**k for k in range(3, 8)]
LARGEST_IN_PYTHON = 10**6
RECENT = 1000


def chain(Value, n):
    """A chain: v ← v·w + x."""
    w, x = Value(0.5), Value(1.0)

    def forward():
        v = x
        for _ in range(n // 2):
            v = v * w + x
        return v

    return w, forward


def tree(Value, n):
    """A balanced tree of sums over leaves that exist already."""
    leaves = [Value(1.0) for _ in range((n + 1) // 2)]

    def forward():
        level = leaves
        while len(level) > 1:
            one_by_one = iter(level)
            level = [*map(add, one_by_one, one_by_one), *level[len(level) & ~1 :]]
        return level[0]

    return leaves[0], forward


def dag(Value, n):
    """Each number is the mean of the one before and of one drawn from the latest thousand."""
    return means(Value, picks(n // 2, RECENT))


def scattered(Value, n):
    """Each number is the mean of the one before and of one drawn from all before: memory is read at random."""
    return means(Value, picks(n // 2, n))


def means(Value, picks):
    half, first = Value(0.5), Value(1.0)

    def forward():
        v = first
        nodes = [v]
        for i in picks:
            v = (v + nodes[i]) * half
            nodes.append(v)
        return v

    return half, forward


@cache
def picks(n, recent):
    """For each k below n a random number from 0 to k, of the `recent` latest."""
    rng = random.Random(5)
    return [k - int(rng.random() * min(k + 1, recent)) for k in range(n)]


SHAPES = {"chain": chain, "tree": tree, "dag": dag, "scattered": scattered}

DESCRIPTIONS = {
    "chain": "a chain v·w + x",
    "tree": "a balanced tree of sums",
    "dag": "means of recent numbers",
    "scattered": "means of numbers from anywhere",
}


def ours(problem):
    """Times building, backward and freeing."""
    from autograd import Value

    leaf, forward = SHAPES[problem["shape"]](Value, problem["nodes"])
    operations = problem["nodes"] // 2 if problem["shape"] == "tree" else problem["nodes"]
    cost = None

    def step():
        nonlocal cost
        leaf.grad = 0.0
        memory, started = memory_in_use(), clock()
        root = forward()
        built = clock()
        if cost is None and memory and operations >= 500_000:  # only the first graph takes its memory from the system
            cost = (memory_in_use() - memory) / operations
        going_back = clock()
        root.backward()
        done = clock()
        numbers = [root.data, leaf.grad]
        freeing = clock()
        del root
        freed = clock()
        seconds = {"forward": built - started, "backward": done - going_back, "free": freed - freeing}
        nodes = {"forward": operations, "backward": problem["nodes"], "free": operations, "": problem["nodes"]}
        return Stages(seconds | {"": seconds["forward"] + seconds["backward"]}, numbers, nodes, cost)

    return step


def memory_in_use():
    """The resident memory of this process in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def row(shape, nodes):
    start, cannot = {"python": ours, "native": ours}, {}
    if nodes > LARGEST_IN_PYTHON:
        del start["python"]
        cannot["python"] = "left out, for the time it takes"
    return Row(
        f"graph {shape} {nodes:.0e}".replace("e+0", "e"),
        f"{DESCRIPTIONS[shape]}, {nodes:,} nodes",
        lambda quick: {"shape": shape, "nodes": nodes},
        start,
        cannot,
        checked=1,
        small=nodes == SIZES[0],
    )


ROWS = [row(shape, nodes) for shape in SHAPES for nodes in SIZES]
