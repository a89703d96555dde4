"""The project's targets, and whether the results reach them."""

from math import log
from statistics import median

SHAPES = ("chain", "tree", "dag")
AGAINST_JAX = {
    "mlp 16": 1,
    "mlp 32": 1,
    "mlp 64": 1,
    "mlp 128": 1.3,
    "mlp 256": 1.3,
    "mlp 512": 1.6,
    "mlp 784": 1.5,
    "gpt 64/32": 2,
}


def figures(results):
    """For each target (what, wanted, measured as text, whether it is reached); the latter two are None if unknown."""
    take = Results(results)
    # gain: at least so many times as fast; limit: at most so much
    yield gain("moons: pure Python over micrograd", 8, take.ratio("moons", "micrograd", "python"))
    yield gain("moons: native over micrograd", 150, take.ratio("moons", "micrograd", "native"))
    yield gain("gpt: native over a tuple per node", 25, take.ratio("gpt", "tuple-node", "native"))
    for shape in SHAPES:
        yield limit(f"graph: forward, {shape} of 10⁶", 80, take.per_node(f"graph {shape} 1e6 forward"), "ns per node")
        yield limit(f"graph: backward, {shape} of 10⁶", 30, take.per_node(f"graph {shape} 1e6 backward"), "ns per node")
    for shape in SHAPES:
        for way in ("forward", "backward"):
            yield limit(f"graph: growth of {way}, {shape} to 10⁷", 1.05, take.exponent(shape, way), "as exponent")
    yield limit("import autograd", 50, take.milliseconds("import", "native"), "ms")
    yield gain("gpt: compiled over pure Python", 250, take.ratio("gpt", "python", "compiled"))
    yield gain("gpt: compiled over PyTorch", 4, take.ratio("gpt", "torch", "compiled"))
    yield gain("moons: compiled over PyTorch", 3, take.ratio("moons", "torch", "compiled"))
    yield gain("digits: compiled over PyTorch", 1, take.ratio("digits", "torch", "compiled"))
    for row in ("gpt", "moons", "digits"):
        yield limit(f"{row}: compiled, as a multiple of C by hand", 3, take.ratio(row, "compiled", "c"), "×")
    for row in ("gpt", "moons", "digits"):
        yield gain(f"{row}: compiled over JAX", 1.5, take.ratio(row, "jax", "compiled"))
    yield gain("epoch: fit over JAX's scan", 1, take.ratio("epoch", "jax", "compiled"))
    for row, most in AGAINST_JAX.items():
        yield limit(f"{row}: compiled, as a multiple of JAX", most, take.ratio(row, "compiled", "jax"), "×")
    yield gain("epoch: fit over MLPClassifier", 1, take.ratio("epoch", "sklearn", "compiled"))
    yield limit("recording over forward and backward", 5, take.ratio("recording", "compiled", "native"), "×")
    yield limit("recording: memory", 64, take.bytes("recording", "compiled"), "bytes per node and lane")


def ratio(runs, others):
    """How many times as long one contender takes as another: the median over the rounds.

    In a round they have their turns one after the other, on a machine as fast for both. If they had not as many turns,
    it is the ratio of their medians.
    """
    if len(runs) != len(others):
        return median(runs) / median(others)
    return median(one / other for one, other in zip(runs, others))


class Results:
    """Medians of what `race` returns, by row, or by row and stage; None for what is missing."""

    def __init__(self, results):
        self.runs = {
            f"{row} {stage}".strip(): {} for row in results for result in results[row].values() for stage in result.runs
        }
        self.results, self.nodes = results, {}
        for row in results:
            for contender, result in results[row].items():
                for stage, runs in result.runs.items():
                    self.runs[f"{row} {stage}".strip()][contender] = median(runs)
                    self.nodes[f"{row} {stage}".strip()] = result.nodes.get(stage)

    def median(self, row, contender):
        return self.runs.get(row, {}).get(contender)

    def bytes(self, row, contender):
        result = self.results.get(row, {}).get(contender)
        return result and result.bytes

    def milliseconds(self, row, contender):
        seconds = self.median(row, contender)
        return None if seconds is None else 1e3 * seconds

    def ratio(self, row, contender, other):
        """How many times as long as `other` the contender takes."""
        found = [self.results.get(row, {}).get(name) for name in (contender, other)]
        return ratio(*(result.runs[""] for result in found)) if all(r and r.runs for r in found) else None

    def per_node(self, row):
        seconds = self.median(row, "native")
        return None if seconds is None else 1e9 * seconds / self.nodes[row]

    def exponent(self, shape, way):
        """The slope of log time over log nodes, by least squares, on the native engine; None without graphs of 10⁷."""
        rows = [row for row in self.runs if row.startswith(f"graph {shape} ") and row.endswith(way)]
        if self.median(f"graph {shape} 1e7 {way}", "native") is None:
            return None
        xs, ys = [log(self.nodes[row]) for row in rows], [log(self.median(row, "native")) for row in rows]
        x, y = sum(xs) / len(xs), sum(ys) / len(ys)
        return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def gain(what, wanted, measured):
    text, reached = (None, None) if measured is None else (f"{measured:.3g} ×", measured >= wanted)
    return what, f"≥ {wanted} ×", text, reached


def limit(what, wanted, measured, unit):
    text, reached = (None, None) if measured is None else (f"{measured:.3g} {unit}", measured <= wanted)
    return what, f"≤ {wanted} {unit}", text, reached
