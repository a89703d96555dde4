"""Contenders take turns on each row, each in a process of its own, which stays warm between turns."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from time import perf_counter

from .rows import control

PEERS = ["numpy", "c", "jax", "torch-compile", "torch", "sklearn"]
CONTENDERS = ["micrograd", "tuple-node", "python", "native", "compiled", *PEERS]
MIN_ROUNDS = 3
ROOT = Path(__file__).parents[2]
# A relative difference between results, or one between gradients relative to the largest, that passes: all contenders
# compute in float64, but add in different orders.
TOLERANCE = 1e-9
ONE_THREAD = {
    "GLASSGRAD_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}


@dataclass
class Settings:
    """quick: small problems; rounds: turns for each contender; run_s: the least duration of a turn; budget_s: a
    contender that has used so many seconds has no more than three turns; peers: a Python that has the peers."""

    quick: bool = False
    rounds: int = 7
    run_s: float = 0.2
    budget_s: float = 12.0
    peers: str = sys.executable


@dataclass
class Result:
    """What a contender did in a row: seconds per step for each run, by stage, or why there are none."""

    runs: dict[str, list[float]] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    bytes: float | None = None
    about: str = ""
    absent: str = ""
    failed: str = ""


class Contestant:
    """A contender's process, and its result so far."""

    def __init__(self, row, contender, problem, settings):
        self.contender, self.result, self.spent = contender, Result(), 0.0
        self.process = subprocess.Popen(
            [
                settings.peers if contender in PEERS else sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.benchmarks.worker",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(contender),
        )
        first = self.ask(row=row.name, contender=contender, problem=problem)
        self.repeats = 1
        if self.taking_part:
            seconds = first.pop("seconds")
            self.repeats = 1 if settings.quick else ceil(settings.run_s / seconds)
            self.result = Result(**first)

    @property
    def taking_part(self):
        return not self.result.absent and not self.result.failed

    def ask(self, **request):
        """Send a request; returns the answer. That a contender is absent or has failed is noted in the result."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            reply = json.loads(self.process.stdout.readline() or '{"failed": "the process ended"}')
        except OSError as error:
            reply = {"failed": f"the process ended: {error}"}
        self.result.absent = reply.get("absent", "")
        self.result.failed = reply.get("failed", "")
        return reply

    def turn(self):
        """One run."""
        started = perf_counter()
        reply = self.ask(repeats=self.repeats)
        self.spent += perf_counter() - started
        if self.taking_part:
            for stage, seconds in reply["seconds"].items():
                self.result.runs.setdefault(stage, []).append(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def race(row, settings, controller, contenders=CONTENDERS):
    """The results of one row by contender; `controller` has a turn before each round."""
    problem = row.problem(settings.quick)
    with ExitStack() as stack:
        racing = [
            stack.enter_context(Contestant(row, name, problem, settings)) for name in contenders if name in row.start
        ]
        results = {contestant.contender: contestant.result for contestant in racing}
        check(results)
        for turn in range(settings.rounds):
            controller.turn()
            for contestant in racing:
                if contestant.taking_part and (turn < MIN_ROUNDS or contestant.spent < settings.budget_s):
                    contestant.turn()
    results |= {name: Result(absent=why) for name, why in row.cannot.items() if name in contenders}
    return {name: results[name] for name in CONTENDERS if name in results}


def environment(contender):
    """The environment of a contender's process."""
    inherited = {name: text for name, text in os.environ.items() if name != "GLASSGRAD_PURE"}
    pure = {"GLASSGRAD_PURE": "1"} if contender == "python" else {}
    return inherited | ONE_THREAD | pure | {"TORCHINDUCTOR_CACHE_DIR": str(ROOT / "build" / "torchinductor")}


def start_control(settings):
    """The contestant of the control row, a context manager."""
    return Contestant(control.ROW, "python", control.ROW.problem(settings.quick), settings)


def check(results):
    """Fail every contender whose first results or gradients differ from the median of all contenders."""
    for kind in ("numbers", "gradients"):
        known = {name: getattr(result, kind) for name, result in results.items() if getattr(result, kind)}
        wanted = [sorted(column)[len(known) // 2] for column in zip(*known.values())]
        largest = max(map(abs, wanted), default=0.0)
        for name, numbers in known.items():
            for got, number in zip(numbers, wanted, strict=True):
                scale = abs(number) if kind == "numbers" else largest
                if not abs(got - number) <= TOLERANCE * scale:
                    what = "results" if kind == "numbers" else "gradients"
                    results[name].failed = f"its {what} differ: {got!r} where the others have {number!r}"
