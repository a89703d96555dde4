"""A classifier of handwritten digits: one step on a batch, one epoch of `nn.fit`, and how a step grows with width."""

import random
from functools import cache

from ..clock import clock
from ..row import Row, Stages
from . import mlp
from .gpt import NO_EXP
from .in_c import places

SIZES = [64, 32, 10]
BATCH, TRAINING, EPOCHS = 64, 1347, 20
WIDTHS = [16, 32, 64, 128, 256, 512]
WIDTHS_WITH_TANH = [16, 64, 256]


def problem(sizes, activation="relu"):
    """What makes a batch of digits, inputs from 0 to 1, and the weights of a network."""

    def made(quick):
        return _problem(4 if quick else BATCH, sizes, activation)

    return made


def _problem(count, sizes=SIZES, activation="relu"):
    from nn.data import digits

    data = digits()[:count]
    inputs, weights = [[x / 16 for x in row] for row in data.inputs], random_weights(sizes)
    return mlp.problem(sizes, inputs, list(data.targets), weights, activation)


def random_weights(sizes):
    return mlp.random_weights(sizes, [(6 / inputs) ** 0.5 for inputs in sizes], seed=4)


def wide_problem(quick):
    """Made-up pictures of 28 × 28 points, with classes."""
    rng, count, sizes = random.Random(6), 4 if quick else BATCH, [784, 128, 10]
    inputs = [[rng.random() for _ in range(sizes[0])] for _ in range(count)]
    return mlp.problem(sizes, inputs, [rng.randrange(10) for _ in range(count)], random_weights(sizes))


def epoch_problem(quick):
    """All training examples, and the order in which `fit` takes them in the first epoch."""
    from nn.data import batches

    found = _problem(BATCH + 3 if quick else TRAINING)
    places = range(len(found["inputs"]))
    order = [i for batch in batches((places, places), BATCH, seed=0) for i in batch.targets]
    return found | {"order": order, "epochs": 2 if quick else EPOCHS}


def fit(problem, recorded=False):
    """Trains for some epochs; the seconds are those of one.

    Recording and comparing, at the beginning and in the end, are a stage of their own, once for all epochs; other
    contenders compile before they are timed, too.
    """
    epochs = problem["epochs"] if recorded else 1

    def train():
        nn, model = mlp.network(problem)
        started = clock()
        history = nn.fit(
            model,
            nn.cross_entropy,
            (problem["inputs"], problem["targets"]),
            epochs=epochs,
            batch_size=BATCH,
            optimizer=nn.SGD(model.parameters(), lr=problem["rate"]),
            seed=0,
            metric=None,
            recorded=recorded,
            progress=False,
        )
        whole, ends = clock() - started, history["seconds"]
        epoch = (ends[-1] - ends[0]) / (epochs - 1) if recorded else whole
        return Stages({"": epoch} | ({"once": whole - epochs * epoch} if recorded else {}), history["loss"][:1])

    return train


def fit_recorded(problem):
    return fit(problem, recorded=True)


def sklearn(problem):
    """The same network in scikit-learn; for comparison of the losses it begins with an epoch in the order of `fit`."""
    from sklearn.neural_network import MLPClassifier

    settings = {
        "solver": "sgd",
        "learning_rate_init": problem["rate"],
        "momentum": 0.0,
        "nesterovs_momentum": False,
        "alpha": 0.0,
        "batch_size": BATCH,
        "tol": 0.0,
        "n_iter_no_change": 10 * EPOCHS,
    }
    inputs, classes, first = mlp.arrays(problem)
    one = MLPClassifier(SIZES[1:-1], shuffle=False, **settings)
    one.partial_fit(inputs, classes, classes=range(SIZES[-1]))
    for part, weights in zip(one.coefs_ + one.intercepts_, first[::2] + first[1::2]):
        part[:] = weights
    one.partial_fit(inputs[problem["order"]], classes[problem["order"]])

    def train():
        model = MLPClassifier(SIZES[1:-1], max_iter=problem["epochs"], **settings)
        started = clock()
        model.fit(inputs, classes)
        return Stages({"": (clock() - started) / model.n_iter_}, [one.loss_])

    return train


def orders(problem):
    """The order of the examples in each epoch: that of `fit` first, then a new one each time."""
    import numpy as np

    rng, count = np.random.default_rng(0), len(problem["inputs"])
    yield np.array(problem["order"], dtype=np.intc)
    while True:
        yield rng.permutation(count).astype(np.intc)


def mean(losses, count):
    """The mean loss of all examples, from that of each batch."""
    return [sum(float(loss) * min(BATCH, count - BATCH * k) for k, loss in enumerate(losses)) / count]


def numpy_epoch(problem):
    inputs, targets, _ = mlp.arrays(problem)
    train, order, count = mlp.numpy_step(problem), orders(problem), len(inputs)

    def step():
        now = next(order)
        x, y = inputs[now], targets[now]
        return mean([train(x[k : k + BATCH], y[k : k + BATCH])[0] for k in range(0, count, BATCH)], count)

    return step


def c_epoch(problem):
    inputs, targets = mlp.c_examples(problem)
    found, order, count = mlp.c_library(problem, BATCH), orders(problem), len(targets)
    return lambda: [found.train_epoch(inputs, targets, places(next(order)), count)]


@cache
def jax_scan(*settings):
    """One epoch as one scan over the full batches, and a step on what is left."""
    import jax

    train, _ = mlp.jax_step(*settings)

    def epoch(parameters, x, y, order):
        x, y, full = x[order], y[order], len(y) // BATCH * BATCH
        batches = x[:full].reshape(-1, BATCH, x.shape[1]), y[:full].reshape(-1, BATCH)
        parameters, losses = jax.lax.scan(lambda now, batch: train(now, *batch), parameters, batches)
        parameters, last = train(parameters, x[full:], y[full:])
        return parameters, (losses.sum() * BATCH + last * (len(y) - full)) / len(y)

    return jax.jit(epoch, donate_argnums=0)


def jax_epoch(problem):
    from jax import numpy as jnp

    inputs, targets, parameters = mlp.arrays(problem)
    inputs, targets, parameters = jnp.array(inputs), jnp.array(targets), [jnp.array(p) for p in parameters]
    train, order = jax_scan(*mlp.settings(problem)), orders(problem)

    def step():
        nonlocal parameters
        parameters, loss = train(parameters, inputs, targets, next(order))
        return loss

    return step


def torch_epochs(train, inputs, targets, problem):
    import torch

    order, count = orders(problem), len(targets)

    def step():
        now = torch.from_numpy(next(order)).long()
        x, y = inputs[now], targets[now]
        return mean([train(x[k : k + BATCH], y[k : k + BATCH]) for k in range(0, count, BATCH)], count)

    return step


def torch_epoch(problem):
    import torch

    inputs, targets, parameters = mlp.tensors(problem, requires_grad=True)
    loss_of = mlp.torch_loss(*mlp.settings(problem)[:-1])
    optimizer = torch.optim.SGD(parameters, lr=problem["rate"])

    def train(x, y):
        loss = loss_of(parameters, x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return torch_epochs(train, inputs, targets, problem)


def torch_compile_epoch(problem):
    inputs, targets, parameters = mlp.tensors(problem)
    compiled, _ = mlp.torch_step(*mlp.settings(problem))
    return torch_epochs(lambda x, y: compiled(parameters, x, y), inputs, targets, problem)


EPOCH = Row(
    "epoch",
    "an epoch of fit, one of 20: 1,347 digits in batches of 64; native runs one, without recording",
    epoch_problem,
    {
        "native": fit,
        "compiled": fit_recorded,
        "numpy": numpy_epoch,
        "c": c_epoch,
        "jax": jax_epoch,
        "torch": torch_epoch,
        "torch-compile": torch_compile_epoch,
        "sklearn": sklearn,
    },
    cannot={"python": mlp.TOO_LONG},
    checked=1,
)


def row(name, sizes, activation="relu", made=None, eager=False):
    ours = {"python": mlp.ours, "native": mlp.ours} if eager else {}
    names = "-".join(map(str, sizes))
    return Row(
        name,
        f"MLP {names}{' with tanh' * (activation == 'tanh')}, batch of 64, cross-entropy, one step",
        made or problem(sizes, activation),
        ours | {"compiled": mlp.compiled} | (mlp.PEERS if eager else mlp.QUICK_PEERS),
        cannot={"micrograd": NO_EXP} if eager else {"torch-compile": mlp.TOO_LONG},
        products=mlp.products(sizes, BATCH),
    )


ROW = row("digits", SIZES, eager=True)
GROWTH = [
    row("digits tanh", SIZES, "tanh"),
    *(row(f"mlp {w}", [64, w, w, 10]) for w in WIDTHS),
    *(row(f"mlp {w} tanh", [64, w, w, 10], "tanh") for w in WIDTHS_WITH_TANH),
    row("mlp 784", [784, 128, 10], made=wide_problem),
]
RECORDING = Row(
    "recording mlp 512",
    "recording the loss of MLP 64-512-512-10, against one eager forward and backward; JAX: compiling a step",
    problem([64, 512, 512, 10]),
    {"native": mlp.eager, "compiled": mlp.recording, "jax": mlp.jax_compiling},
    checked=1,
    small=False,
)
