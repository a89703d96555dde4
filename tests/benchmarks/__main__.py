"""make bench: the speed of the engines against their peers. `python -m tests.benchmarks --help` lists the options."""

import argparse
import os
import sys
from pathlib import Path

from . import picture, report
from .race import CONTENDERS, ROOT, Settings, race, start_control
from .rows import ROWS, control

PEERS = ROOT / ".venv-peers" / "bin" / "python"


def main(arguments=None):
    options = parse(arguments)
    settings = Settings(quick=options.quick, peers=options.peers)
    if options.quick:
        settings.rounds = 2
    settings.rounds = options.rounds or settings.rounds
    chosen = [row for row in ROWS if row.name.split()[0] in options.rows and (row.small or not options.quick)]
    results = {}
    with start_control(settings) as controller:
        for row in chosen:
            progress(f"{row.name} …")
            results[row.name] = race(row, settings, controller, options.contenders)
            progress("")
    results["control"] = {"python": controller.result}
    options.out.mkdir(parents=True, exist_ok=True)
    print(report.table([*chosen, control.ROW], results, options.quick))
    report.write_json(results, options.out / "bench.json")
    drawn = picture.write(results, options.out / "bench.png", options.quick)
    print(f"Written: {options.out / 'bench.json'}{' and bench.png' if drawn else '; no matplotlib, so no picture'}")
    return any(result.failed for row in results.values() for result in row.values())


def parse(arguments):
    names = list(dict.fromkeys(row.name.split()[0] for row in ROWS))
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition(".")[0] + ".")
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names))
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=CONTENDERS,
        metavar="CONTENDER",
        help=", ".join(CONTENDERS),
    )
    parser.add_argument("--rounds", type=int, help="how often each contender has its turn (7)")
    parser.add_argument("--quick", action="store_true", help="tiny problems, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for bench.json and bench.png (out)")
    parser.add_argument(
        "--peers",
        default=os.environ.get("BENCH_PEERS") or (str(PEERS) if PEERS.exists() else sys.executable),
        metavar="PYTHON",
        help="a Python that has the peers (that of make bench-peers, or else this one); or set BENCH_PEERS",
    )
    return parser.parse_args(arguments)


def progress(text):
    """Show what is going on, on one line of a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
