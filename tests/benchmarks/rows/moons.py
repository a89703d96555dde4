"""A network of ReLU neurons learns to separate two half-moons, written as micrograd's users write it."""

from ..row import Row, Training
from . import mlp

SIZES = [2, 16, 16, 1]
RATE, PENALTY = 0.1, 1e-4


def problem(quick):
    """Points with classes -1 and 1, and the weights of the network."""
    from nn.data import moons

    data = moons(10 if quick else 100, noise=0.1, seed=1)
    signs, weights = [2 * k - 1 for k in data.targets], mlp.random_weights(SIZES, [1.0] * 3, seed=2)
    return mlp.problem(SIZES, data.inputs, signs, weights, loss="hinge", penalty=PENALTY, rate=RATE)


def script(Value, MLP, problem):
    """The same training step on the Value and MLP of each engine."""
    points, signs = problem["inputs"], problem["targets"]
    model = mlp.fill(MLP(SIZES[0], SIZES[1:]), problem["weights"])

    def step():
        inputs = [list(map(Value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -sign * score).relu() for sign, score in zip(signs, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        return loss

    return Training(step, lambda: [p.grad for p in model.parameters()])


def ours(problem):
    from autograd import Value
    from nn import MLP

    return script(Value, MLP, problem)


def micrograd(problem):
    from micrograd.engine import Value
    from micrograd.nn import MLP

    return script(Value, MLP, problem)


ROW = Row(
    "moons",
    "MLP 2-16-16-1, 100 points, hinge loss with L2, one full-batch step",
    problem,
    {"micrograd": micrograd, "python": ours, "native": ours, "compiled": mlp.compiled} | mlp.PEERS,
    products=mlp.products(SIZES, 100),
)
