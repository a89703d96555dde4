"""One training step of a small character transformer, written with scalars."""

import random
from math import sqrt
from operator import mul

from ..row import Row, Stages, Training
from ..tuple_node import Value as TupleNode
from . import gpt_peers
from .mlp import TOO_LONG

EMBEDDING, HEADS, CONTEXT, VOCABULARY = 16, 4, 16, 27
LARGE_EMBEDDING, LARGE_CONTEXT = 64, 32
WORDS = ["fractal", "gravity", "harmony", "journey", "kitchen", "lantern", "morning", "october", "picture", "rainbow"]
RATE, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8


def shapes(embedding, context):
    """The matrices, a row for each output: of letters and places, queries, keys, values, outputs, MLP, scores."""
    return {
        "letters": (VOCABULARY, embedding),
        "places": (context, embedding),
        **dict.fromkeys(("query", "key", "value", "out"), (embedding, embedding)),
        "up": (4 * embedding, embedding),
        "down": (embedding, 4 * embedding),
        "scores": (VOCABULARY, embedding),
    }


def products(embedding, places):
    """The multiply-adds of a step: for the results, and twice as many for the gradients of both factors."""
    matrices = 4 + 4 + 4  # queries, keys, values, outputs; into the MLP and out of it
    attended = 2 * sum(range(1, places + 1))  # scores and mixtures of all places up to one's own
    whole = places * (matrices * embedding**2 + VOCABULARY * embedding) + attended * embedding
    return whole, 2 * whole


def problem(quick, embedding=EMBEDDING, context=CONTEXT, words=WORDS):
    """The model's matrices, words of one length as numbers, between two marks 0, and the settings of Adam."""
    rng = random.Random(3)
    weights = {
        name: [[rng.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes(embedding, context).items()
    }
    words = [[0, *(ord(c) - 96 for c in word[: 2 if quick else None]), 0] for word in words]
    return {
        "weights": weights,
        "words": words,
        "rate": RATE,
        "beta1": BETA1,
        "beta2": BETA2,
        "eps": EPS,
        "heads": HEADS,
    }


def large_problem(quick):
    """The same with four times the embedding, on made-up words that fill 32 places."""
    rng = random.Random(7)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=LARGE_CONTEXT - 1)) for _ in WORDS]
    return problem(quick, LARGE_EMBEDDING, LARGE_CONTEXT, words)


def linear(matrix, x):
    return [sum(map(mul, row, x)) for row in matrix]


def rms_norm(x):
    scale = (sum(map(mul, x, x)) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def softmax(x):
    # Without the usual shift by the largest: the scores here are sums of a few small numbers.
    powers = [v.exp() for v in x]
    total = sum(powers)
    return [power / total for power in powers]


def attention(model, x, keys, values):
    """The output of the heads at one place, whose key and value are appended to those of the places before."""
    query = linear(model["query"], x)
    keys.append(linear(model["key"], x))
    values.append(linear(model["value"], x))
    mixed = []
    width = len(query) // HEADS
    for start in range(0, len(query), width):
        head = slice(start, start + width)
        shares = softmax([sum(map(mul, query[head], key[head])) / sqrt(width) for key in keys])
        mixed += [sum(map(mul, shares, column)) for column in zip(*(value[head] for value in values))]
    return linear(model["out"], mixed)


def scores(model, embedded):
    """For each place in turn the scores of the next letter; `embedded` holds each letter's embedding."""
    keys, values = [], []
    for row, place in zip(embedded, model["places"]):
        x = rms_norm([a + b for a, b in zip(row, place)])
        x = [a + b for a, b in zip(x, attention(model, rms_norm(x), keys, values))]
        hidden = [v.relu() for v in linear(model["up"], rms_norm(x))]
        x = [a + b for a, b in zip(x, linear(model["down"], hidden))]
        yield linear(model["scores"], x)


def loss_of(model, word):
    """The mean over the places of -log of the probability of the letter that follows."""
    embedded = [model["letters"][letter] for letter in word[:-1]]
    losses = [-softmax(row)[letter].log() for row, letter in zip(scores(model, embedded), word[1:])]
    return sum(losses) / len(losses)


def scalar(Value, problem):
    """The model and its parameters on the Value of an engine."""
    model = {name: [[Value(w) for w in row] for row in matrix] for name, matrix in problem["weights"].items()}
    return model, [p for matrix in model.values() for row in matrix for p in row]


def script(Value, problem):
    """The same training step, with Adam, on the Value of each engine."""
    model, parameters = scalar(Value, problem)
    means, squares = [0.0] * len(parameters), [0.0] * len(parameters)
    steps = 0

    def step():
        nonlocal steps
        loss = loss_of(model, problem["words"][steps % len(problem["words"])])
        loss.backward()
        steps += 1
        root = sqrt(1 - BETA2**steps)  # Adam's bias correction, once for all parameters
        rate, eps = RATE * root / (1 - BETA1**steps), EPS * root
        for i, (p, m, s) in enumerate(zip(parameters, means, squares)):
            g = p.grad
            means[i] = m = BETA1 * m + (1 - BETA1) * g
            squares[i] = s = BETA2 * s + (1 - BETA2) * g * g
            p.data -= rate * m / (sqrt(s) + eps)
            p.grad = 0.0
        return loss

    return Training(step, lambda: [m / (1 - BETA1) for m in means])


def ours(problem):
    from autograd import Value

    return script(Value, problem)


def tuple_node(problem):
    return script(TupleNode, problem)


def recordable(model):
    """The loss as a function for `autograd.compile`: rows of letters looked up outside, following letters as inputs."""
    import nn

    def loss(embedded, following):
        return nn.cross_entropy(list(scores(model, embedded)), following)

    return loss


def compiled(problem):
    import autograd
    import nn

    model, parameters = scalar(autograd.Value, problem)
    loss_of = autograd.compile(recordable(model))
    optimizer = nn.Adam(parameters, lr=RATE, betas=(BETA1, BETA2), eps=EPS)
    steps = 0

    def step():
        nonlocal steps
        word = problem["words"][steps % len(problem["words"])]
        loss = loss_of([model["letters"][letter] for letter in word[:-1]], word[1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        return loss

    word = problem["words"][0]
    embedded = [model["letters"][letter] for letter in word[:-1]]
    rows = [[*(v for row in embedded for v in row), *word[1:]]]
    parts = (lambda: loss_of(embedded, word[1:])), optimizer, loss_of, rows
    return Training(step, lambda: [p.grad for p in parameters], parts)


def eager(problem):
    """Forward and backward alone, for comparison with the cost of recording."""
    from autograd import Value

    model, _ = scalar(Value, problem)

    def step():
        loss = loss_of(model, problem["words"][0])
        loss.backward()
        return loss

    return step


def recording(problem):
    """The recording alone, and the memory per node that it reports."""
    import autograd

    model, _ = scalar(autograd.Value, problem)
    word = problem["words"][0]

    def step():
        compiled = autograd.compile(recordable(model))
        loss = compiled([model["letters"][letter] for letter in word[:-1]], word[1:])
        (stats,) = compiled.stats()
        return Stages({"": stats["seconds"]}, [loss.data], {"": stats["nodes"]}, stats["bytes"] / stats["nodes"])

    return step


NO_EXP = "its Value has no exp and no log"
ROW = Row(
    "gpt",
    "one-layer character transformer of scalars on a word of 7 letters, one step of Adam",
    problem,
    {"tuple-node": tuple_node, "python": ours, "native": ours, "compiled": compiled} | gpt_peers.PEERS,
    cannot={"micrograd": NO_EXP},
    products=products(EMBEDDING, 8),
)
LARGE = Row(
    "gpt 64/32",
    "the same transformer with an embedding of 64 on a word of 31 letters, one step of Adam",
    large_problem,
    {"compiled": compiled} | gpt_peers.QUICK_PEERS,
    cannot={"torch-compile": TOO_LONG},
    products=products(LARGE_EMBEDDING, LARGE_CONTEXT),
)
RECORDING = Row(
    "recording",
    "recording the transformer's loss, against one eager forward and backward; JAX: compiling a step",
    problem,
    {"native": eager, "compiled": recording, "jax": gpt_peers.jax_compiling},
    checked=1,
)
LARGE_RECORDING = Row(
    "recording gpt 64/32",
    "the same with the larger transformer",
    large_problem,
    RECORDING.start,
    checked=1,
    small=False,
)
