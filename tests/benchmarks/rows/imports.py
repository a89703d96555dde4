"""How long an import takes, in a fresh interpreter each time."""

import os
import subprocess
import sys
from importlib.util import find_spec

from ..clock import clock
from ..row import Absent, Row, Stages

PROGRAM = "from time import {0} as clock; started = clock(); import {1}; print(clock() - started)"


def importing(module):
    def start(problem):
        if not find_spec(module.partition(".")[0]):
            raise Absent(f"{module.partition('.')[0]} is not installed")

        # Bytecode is kept from one interpreter to the next, as is usual.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

        def step():
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM.format(clock.__name__, module)],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            return Stages({"": float(done.stdout)})

        return step

    return start


def row(name, modules):
    starts = {contender: importing(module) for contender, module in modules.items()}
    return Row(name, f"import {modules['native']}, in a fresh interpreter", lambda quick: {}, starts, checked=0)


ROWS = [
    row("import", {"python": "autograd", "native": "autograd", "micrograd": "micrograd.engine", "torch": "torch"}),
    row("import nn", {"python": "nn", "native": "nn", "micrograd": "micrograd.nn"}),
]
