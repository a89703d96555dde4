"""make bench-check: says what has become slower since the figures that are committed in check.json.

Times differ from machine to machine and from minute to minute, so ratios are compared: our time over that of a peer in
the same row, or of the control where a row has no peer. A busy machine only ever adds time: the processor's time is
taken, the least of many short runs counts, and what seems slower is measured again. `--accept` writes the figures of
this run into check.json.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from . import race
from .rows import ROWS

FIGURES = Path(__file__).with_name("check.json")
TOLERATED = 1.2  # slower by more than a fifth fails
AGAIN = 3  # so often at most
OURS = ("python", "native", "compiled")
# Rows and what their times are divided by: a peer or the control. Plain Python is too slow on the digits.
ROWS_CHECKED = {
    "moons": ("micrograd", OURS),
    "gpt": ("tuple-node", OURS),
    "digits": ("control", ("native", "compiled")),
    "graph chain 1e4": ("control", OURS),
    "graph tree 1e4": ("control", OURS),
    "graph dag 1e4": ("control", OURS),
    "import": ("control", OURS),
}
SETTINGS = race.Settings(rounds=12, run_s=0.02, budget_s=3.0)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.check", description=__doc__.partition(".")[0])
    parser.add_argument("--accept", action="store_true", help="write the figures of this run into check.json")
    options = parser.parse_args(arguments)
    rows = [row for row in ROWS if row.name in ROWS_CHECKED]
    os.environ["BENCH_CLOCK"] = "cpu"  # for the processes of the contenders
    if options.accept:
        figures = measured(rows)
        FIGURES.write_text(json.dumps({"machine": machine(), "ratios": figures}, indent=1) + "\n")
        print(f"{len(figures)} ratios are written into {FIGURES.name}. Commit it with the change that explains them.")
        return 0
    accepted = json.loads(FIGURES.read_text())
    if accepted["machine"] != machine():
        print(f"The figures come from another machine ({accepted['machine']}; this is {machine()}): ratios may differ.")
    figures = confirmed(accepted["ratios"], rows, measured)
    print("\n".join(verdict(accepted["ratios"], figures)))
    return 1 if slower(accepted["ratios"], figures) or missing(accepted["ratios"], figures) else 0


def machine():
    """What ratios depend on, as far as Python knows it."""
    return f"{platform.machine()}, Python {platform.python_version()}"


def measured(rows):
    """The ratios of some rows by name, as "moons native / micrograd"."""
    figures = {}
    with race.start_control(SETTINGS) as controller:
        for row in rows:
            reference, ours = ROWS_CHECKED[row.name]
            before = len(controller.result.runs.get("", []))
            results = race.race(row, SETTINGS, controller, [*ours, reference])
            for contender, result in results.items():
                if result.failed:
                    sys.exit(f"{row.name}: {contender} failed: {result.failed}")
            control = race.Result(runs={"": controller.result.runs[""][before:]})
            figures |= ratios(row.name, {"control": control} | results, reference)
    return figures


def ratios(row, results, reference):
    """The times of ours over that of the reference, for each stage; nothing where the reference is absent."""
    if not results[reference].runs:
        return {}
    return {
        " ".join([row, *filter(None, [stage]), contender, "/", reference]): min(runs) / min(results[reference].runs[""])
        for contender in OURS
        if contender in results
        for stage, runs in results[contender].runs.items()
        if stage or len(results[contender].runs) == 1  # a row with stages is their sum
    }


def confirmed(accepted, rows, measure):
    """The ratios of the rows. Rows with a ratio that is too large are measured again; the least counts."""
    figures = measure(rows)
    for _ in range(AGAIN):
        doubtful = [row for row in rows if any(name.startswith(f"{row.name} ") for name in slower(accepted, figures))]
        again = measure(doubtful) if doubtful else {}
        figures = {name: min(ratio, again.get(name, ratio)) for name, ratio in figures.items()}
    return figures


def slower(accepted, figures):
    """The names of what is slower by more than is tolerated."""
    return [name for name, ratio in figures.items() if ratio > TOLERATED * accepted.get(name, ratio)]


def missing(accepted, figures):
    """The names of accepted figures that were not measured."""
    return [name for name in accepted if name not in figures]


def verdict(accepted, figures):
    """What became slower, what became faster, what could not be compared."""
    late = slower(accepted, figures)
    quick = [name for name, ratio in figures.items() if name in accepted and ratio * TOLERATED < accepted[name]]
    for name in late:
        yield f"SLOWER  {name}: {figures[name] / accepted[name]:.2f} times the accepted {accepted[name]:.4g}"
    for name in quick:
        yield f"faster  {name}: {figures[name] / accepted[name]:.2f} times the accepted {accepted[name]:.4g}"
    for name in missing(accepted, figures):
        yield f"MISSING {name}: it was not measured; is the compiled engine built, are the peers installed?"
    for name in figures:
        if name not in accepted:
            yield f"new     {name}: {figures[name]:.4g}"
    if quick and not late:
        yield "make bench-check ACCEPT=1 takes these figures for the next comparison."
    yield f"{len(figures)} ratios, {len(late)} slower by more than a fifth."


if __name__ == "__main__":
    sys.exit(main())
