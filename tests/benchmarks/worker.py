"""The process of one contender in one row. Requests and answers are lines of JSON on its input and output.

The first request names the row, the contender and the problem; the answer holds the first results and gradients, which
are compared with those of the others. Each further request is a run of some repeats; the answer holds seconds.
"""

import json
import os
import shutil
import sys

from .clock import clock
from .row import Absent, Stages, Training
from .rows import ROWS, control, in_c

GRADIENTS = 2000  # so many at most are compared
WARM_UP = 2  # steps that are not timed: the first records or compiles, the second may prepare what the others reuse


class Contender:
    """One contender at work on one problem."""

    def __init__(self, row, contender, problem):
        set_up(contender)
        self.row, self.problem = next(r for r in [*ROWS, control.ROW] if r.name == row), problem
        self.contender, self.times_itself = contender, False

    def start(self):
        """(step, gradients), the latter None for a row without any."""
        started = self.row.start[self.contender](self.problem)
        return (started.step, started.gradients) if isinstance(started, Training) else (started, None)

    def first(self):
        """The first results and gradients, the number of nodes, their bytes, and the seconds of the fastest step."""
        (step, gradients_of), numbers, gradients, times, nodes, size = self.start(), [], [], [], {}, None
        for _ in range(max(self.row.checked, 1)):
            started = clock()
            result = step()
            times.append(clock() - started)
            numbers += numbers_in(result)
            if gradients_of and not gradients:
                gradients = gradients_of()
                gradients = gradients[:: len(gradients) // GRADIENTS + 1]
            if isinstance(result, Stages):
                self.times_itself, nodes, size = True, result.nodes, size or result.bytes
            else:
                nodes = nodes or {"": self.count(result)}
        return {
            "numbers": numbers if self.row.checked else [],
            "gradients": gradients,
            "nodes": nodes,
            "bytes": size,
            "seconds": min(times),
            "about": about(self.contender),
        }

    def run(self, repeats):
        """Seconds per step, by stage. Every run starts from the same state."""
        step, _ = self.start()
        if self.times_itself:
            return {"seconds": step().seconds}
        for _ in range(WARM_UP):
            step()
        started = clock()
        for _ in range(repeats):
            numbers_in(step())  # frees the graph, too
        return {"seconds": {"": (clock() - started) / repeats}}

    def count(self, result):
        """How many nodes a step made; None if its result is not the whole graph, or no graph of scalars."""
        return None if self.contender == "compiled" else count(result)


def set_up(contender):
    """Raise Absent unless this process has the engine that `contender` stands for; set libraries up."""
    if contender in ("native", "compiled"):
        import autograd

        if autograd.backend != "native":
            raise Absent("the compiled engine is not built, or older than its source")
    if contender == "jax":
        set_up_jax()
    if contender == "torch-compile" and not shutil.which(os.environ.get("CXX") or "c++"):
        raise Absent("there is no C++ compiler")
    if contender in ("torch", "torch-compile"):
        import torch

        torch.set_num_threads(1)
        torch.set_default_dtype(torch.float64)


def set_up_jax():
    """One thread, float64, and no other thread for a step, which would double the time of steps this short."""
    import jax

    # XLA takes as many threads as it sees processors when it starts.
    processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if processors:
        os.sched_setaffinity(0, {min(processors)})
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.devices()
    if processors:
        os.sched_setaffinity(0, processors)


NAMES = {
    "numpy": "NumPy {}",
    "jax": "JAX {}, jit",
    "torch": "PyTorch {}, eager",
    "torch-compile": "PyTorch {}, compiled",
    "sklearn": "scikit-learn {}",
}


def about(contender):
    """The version and the settings of a peer."""
    if contender == "c":
        return in_c.version()
    module = sys.modules.get(contender.partition("-")[0])
    if contender not in NAMES or module is None:
        return ""
    return NAMES[contender].format(module.__version__) + (kernels() if contender == "numpy" else "")


def kernels():
    """The library that multiplies matrices for NumPy, and the processor it is set up for, where that can be asked."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ""
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return "".join(f", {blas['internal_api']} for {blas.get('architecture')}" for blas in found)


def numbers_in(result):
    """The numbers of what a step returned: Stages, a list of numbers, a tensor, or a Value."""
    if isinstance(result, Stages):
        return result.numbers
    if isinstance(result, list):
        return result
    return [result.item() if hasattr(result, "item") else result.data]


def count(root):
    """How many nodes the graph of a Value has, constants included; None for anything else."""
    parents = next((name for name in ("parents", "_prev") if hasattr(root, name)), None)
    if parents is None:
        return None
    seen, path = {root}, [root]
    while path:
        new = set(getattr(path.pop(), parents)) - seen
        seen |= new
        path.extend(new)
    return len(seen)


def answer(request, contender):
    """(answer, contender) to one request."""
    if contender is None:
        contender = Contender(**request)
        return contender.first(), contender
    return contender.run(**request), contender


def main():
    # The output is for answers alone: what libraries print goes to the error stream.
    channel, contender = os.fdopen(os.dup(1), "w"), None
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply, contender = answer(json.loads(line), contender)
        except Absent as reason:
            reply = {"absent": str(reason)}
        except ModuleNotFoundError as error:
            reply = {"absent": f"{error.name} is not installed; make bench-peers installs the peers"}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}"}
        channel.write(json.dumps(reply) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
