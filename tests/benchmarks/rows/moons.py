"""A network of ReLU neurons learns to separate two half-moons, written as micrograd's users write it."""

from ..row import Row
from .mlp import fill, in_torch, random_weights

SIZES = [2, 16, 16, 1]
RATE, PENALTY = 0.1, 1e-4


def problem(quick):
    """Points with classes -1 and 1, and the weights of the network."""
    from nn.data import moons

    data = moons(10 if quick else 100, noise=0.1, seed=1)
    return {
        "points": data.inputs,
        "signs": [2 * k - 1 for k in data.targets],
        "weights": random_weights(SIZES, [1.0] * 3, seed=2),
    }


def script(Value, MLP, problem):
    """The same training step on the Value and MLP of each engine."""
    points, signs = problem["points"], problem["signs"]
    model = fill(MLP(SIZES[0], SIZES[1:]), problem["weights"])

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

    return step


def ours(problem):
    from autograd import Value
    from nn import MLP

    return script(Value, MLP, problem)


def micrograd(problem):
    from micrograd.engine import Value
    from micrograd.nn import MLP

    return script(Value, MLP, problem)


def torch(problem):
    import torch

    points, signs = torch.tensor(problem["points"]), torch.tensor(problem["signs"])
    model = in_torch(torch, SIZES, problem["weights"])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def step():
        loss = (1 - signs * model(points)[:, 0]).relu().mean()
        loss = loss + PENALTY * sum((p * p).sum() for p in model.parameters())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def compiled(problem):
    """The loss of one point, penalty included, recorded once and replayed for the whole batch."""
    import numpy

    import autograd
    import nn

    points, signs = numpy.array(problem["points"]), numpy.array(problem["signs"])
    model = fill(nn.MLP(SIZES[0], SIZES[1:]), problem["weights"])
    parameters = model.parameters()
    optimizer = nn.SGD(parameters, lr=RATE)

    @autograd.compile
    def loss_of(point, sign):
        return (1 + -sign * model(point)).relu() + PENALTY * sum(p * p for p in parameters)

    def step():
        loss = loss_of.mean(points, signs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


ROW = Row(
    "moons",
    "MLP 2-16-16-1, 100 points, hinge loss with L2, one full-batch step",
    problem,
    {"micrograd": micrograd, "python": ours, "native": ours, "compiled": compiled, "torch": torch},
)
