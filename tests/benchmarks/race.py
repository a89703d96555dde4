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

CONTENDERS = ["micrograd", "tuple-node", "python", "native", "compiled", "torch", "sklearn"]
MIN_ROUNDS = 3
ROOT = Path(__file__).parents[2]
# Relative differences between results that pass: those of summing in another order, or in float32.
TOLERANCE = {"torch": 2e-4}
TOLERANCE_FLOAT64 = 1e-9


@dataclass
class Settings:
    """quick: small problems; rounds: turns for each contender; run_s: the least duration of a turn; budget_s: a
    contender that has used so many seconds has no more than three turns; torch: a Python that has PyTorch."""

    quick: bool = False
    rounds: int = 7
    run_s: float = 0.2
    budget_s: float = 12.0
    torch: str = sys.executable


@dataclass
class Result:
    """What a contender did in a row: seconds per step for each run, by stage, or why there are none."""

    runs: dict[str, list[float]] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    bytes: float | None = None
    about: str = ""
    absent: str = ""
    failed: str = ""


class Contestant:
    """A contender's process, and its result so far."""

    def __init__(self, row, contender, problem, settings):
        environment = {name: text for name, text in os.environ.items() if name != "GLASSGRAD_PURE"}
        if contender == "python":
            environment["GLASSGRAD_PURE"] = "1"
        self.contender, self.result, self.spent = contender, Result(), 0.0
        self.process = subprocess.Popen(
            [
                settings.torch if contender == "torch" else sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.benchmarks.worker",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
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


def start_control(settings):
    """The contestant of the control row, a context manager."""
    return Contestant(control.ROW, "python", control.ROW.problem(settings.quick), settings)


def check(results):
    """Fail every contender whose first results differ from the median of all exact contenders."""
    known = {name: result for name, result in results.items() if result.numbers}
    exact = [name for name in known if name not in TOLERANCE] or list(known)
    for name, result in known.items():
        tolerance = TOLERANCE.get(name, TOLERANCE_FLOAT64)
        wanted = [sorted(column)[len(exact) // 2] for column in zip(*(known[other].numbers for other in exact))]
        for got, number in zip(result.numbers, wanted):
            if not abs(got - number) <= tolerance * abs(number):
                result.failed = f"its results differ: {got!r} where the others have {number!r}"
