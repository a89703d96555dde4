"""The process of one contender in one row: reads requests from its input, a line of JSON each, and answers likewise.

The first request names the row, the contender and the problem; the answer holds the first results, for comparison with
those of others. Each further request is a run of some repeats; the answer holds seconds.
"""

import json
import os
import sys
from time import perf_counter

from .row import Absent, Stages
from .rows import ROWS, control


class Contender:
    """One contender at work on one problem."""

    def __init__(self, row, contender, problem):
        set_up(contender)
        self.row, self.problem = next(r for r in [*ROWS, control.ROW] if r.name == row), problem
        self.start = self.row.start[contender]
        self.about = about(contender)

    def first(self):
        """The first results, how many nodes there were, and the seconds of a step: the least of a few."""
        step, numbers, times, nodes = self.start(self.problem), [], [], {}
        for _ in range(max(self.row.checked, 1)):
            started = perf_counter()
            result = step()
            times.append(perf_counter() - started)
            numbers += result.numbers if isinstance(result, Stages) else numbers_in(result)
            nodes = nodes or (result.nodes if isinstance(result, Stages) else {"": count(result)})
        return {"numbers": numbers if self.row.checked else [], "nodes": nodes, "seconds": min(times),
                "about": self.about}

    def run(self, repeats):
        """Seconds a step, by stage, and bytes a node where they are measured. Every run starts from the same state."""
        step = self.start(self.problem)
        if repeats > 1:
            step()  # libraries set themselves up at the first
        started = perf_counter()
        for _ in range(repeats):
            result = numbers_in(step())  # and the graph is freed
        seconds = (perf_counter() - started) / repeats
        if isinstance(result, Stages):
            return {"seconds": result.seconds, "bytes": result.bytes}
        return {"seconds": {"": seconds}, "bytes": None}


def set_up(contender):
    """Raise Absent unless this process has the engine that `contender` stands for; set libraries up."""
    if contender in ("native", "compiled"):
        import autograd
        if autograd.backend != "native":
            raise Absent("the compiled engine is not built, or older than its source")
    if contender == "torch":
        import torch
        torch.set_num_threads(1)  # work this small is quicker so, and less disturbed


def about(contender):
    """The version of another library, and how it is set up."""
    if contender == "torch":
        import torch
        return f"PyTorch {torch.__version__}, eager, float32, {torch.get_num_threads()} thread"
    if contender == "sklearn":
        import sklearn
        return f"scikit-learn {sklearn.__version__}"
    return ""


def numbers_in(result):
    """The numbers of what a step returned: a tensor, a Value, or a list; Stages as they are."""
    if isinstance(result, (list, Stages)):
        return result
    return [result.item() if hasattr(result, "item") else result.data]


def count(root):
    """How many nodes the graph of a Value has, constants among them; None for what is no graph of scalars."""
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
    # What libraries print goes to the error stream; the answers have the output for themselves.
    channel, contender = os.fdopen(os.dup(1), "w"), None
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply, contender = answer(json.loads(line), contender)
        except Absent as reason:
            reply = {"absent": str(reason)}
        except ModuleNotFoundError as error:
            reply = {"absent": f"{error.name} is not importable"}
        except Exception as error:
            reply = {"failed": f"{type(error).__name__}: {error}"}
        channel.write(json.dumps(reply) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
