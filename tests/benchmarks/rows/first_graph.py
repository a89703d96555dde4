"""The first large graph of a process, which takes its memory from the system, and the graphs after it, which do not."""

import json
import subprocess
import sys

from ..row import Row, Stages

PROGRAM = """
import json, sys
from tests.benchmarks.rows import graph
made = graph.ours({"shape": "chain", "nodes": int(sys.argv[1])})
print(json.dumps([made().seconds for _ in range(4)]))
"""


def start(problem):
    nodes = problem["nodes"]

    def step():
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(nodes)], capture_output=True, text=True, check=True)
        first, *later = json.loads(done.stdout)
        seconds = {f"first {stage}": first[stage] for stage in ("forward", "backward")}
        seconds |= {f"later {stage}": min(run[stage] for run in later) for stage in ("forward", "backward")}
        return Stages(seconds | {"": first[""]}, nodes=dict.fromkeys(["", *seconds], nodes))

    return step


ROW = Row(
    "first graph",
    "a chain of a million nodes, the first graph of a process, and the fastest of three after it",
    lambda quick: {"nodes": 1_000 if quick else 1_000_000},
    {"python": start, "native": start},
    checked=0,
)
