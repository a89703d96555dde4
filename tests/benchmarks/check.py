"""make bench-check: says what has become slower since the figures that are committed in check.json.

Times differ from machine to machine and from minute to minute. So ratios are compared: the time of ours over that of a
peer in the same row, or of the control where a row has no peer. The least of some runs counts, and what seems slower is
measured again before it is called so. `--accept` writes the figures of this run into check.json.
"""

import argparse
import json
import platform
import sys
from pathlib import Path

from . import race
from .rows import ROWS, control

FIGURES = Path(__file__).with_name("check.json")
TOLERATED = 1.2  # slower by more than a fifth fails
NAMES = ("moons", "gpt", "recording", "digits", "graph chain 1e5", "graph tree 1e5", "graph dag 1e5", "import")
OURS = ("python", "native", "compiled")
PEERS = ("micrograd", "tuple-node")
SETTINGS = race.Settings(rounds=5, run_s=0.1, budget_s=5.0)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.check", description=__doc__.partition(".")[0])
    parser.add_argument("--accept", action="store_true", help="write the figures of this run into check.json")
    options = parser.parse_args(arguments)
    rows = [row for row in ROWS if row.name in NAMES]
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
            before = len(controller.result.runs.get("", []))
            results = race.race(row, SETTINGS, controller, [*OURS, *PEERS])
            for contender, result in results.items():
                if result.failed:
                    sys.exit(f"{row.name}: {contender} failed: {result.failed}")
            figures |= ratios(row.name, results, controller.result.runs[""][before:])
    return figures


def ratios(row, results, control_runs):
    """Ours over the peer of the row, or over the control, for each stage."""
    peer = next((name for name in PEERS if name in results and results[name].runs), control.ROW.name)
    reference = min(results[peer].runs[""] if peer in results else control_runs)
    return {
        " ".join([row, *filter(None, [stage]), contender, "/", peer]): min(runs) / reference
        for contender in OURS
        if contender in results
        for stage, runs in results[contender].runs.items()
        if stage or len(results[contender].runs) == 1  # a row with stages is their sum
    }


def confirmed(accepted, rows, measure):
    """The ratios of the rows. Rows with a ratio that is too large are measured once more; the smaller counts."""
    figures = measure(rows)
    doubtful = slower(accepted, figures)
    again = [row for row in rows if any(name.startswith(f"{row.name} ") for name in doubtful)]
    second = measure(again) if again else {}
    return {name: min(ratio, second.get(name, ratio)) for name, ratio in figures.items()}


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
