"""Training steps of a multilayer perceptron, in the way of each contender.

A problem holds the sizes, the activation, the loss ("cross-entropy" of classes, or "hinge" of signs), the penalty on
the squares of all parameters, the rate of gradient descent, the inputs and targets, and the weights as one flat list:
for each neuron its weights, then its bias.
"""

import random
from functools import cache
from itertools import pairwise

from ..clock import clock
from ..row import Stages, Training
from .in_c import doubles, ints, library


def problem(sizes, inputs, targets, weights, activation="relu", loss="cross-entropy", penalty=0.0, rate=0.1):
    return {
        "sizes": sizes,
        "activation": activation,
        "loss": loss,
        "penalty": penalty,
        "rate": rate,
        "inputs": inputs,
        "targets": targets,
        "weights": weights,
    }


def random_weights(sizes, bounds, seed):
    """For each neuron its weights, uniform from -bound to bound (one bound per layer), then its bias, 0."""
    rng = random.Random(seed)
    weights = []
    for (inputs, neurons), bound in zip(pairwise(sizes), bounds):
        for _ in range(neurons):
            weights += [*(rng.uniform(-bound, bound) for _ in range(inputs)), 0.0]
    return weights


def fill(model, weights):
    """Set the parameters of a model of scalars to the weights; returns the model."""
    for p, w in zip(model.parameters(), weights, strict=True):
        p.data = w
    return model


def matrices(sizes, weights):
    """For each layer its weights, as (matrix with one row per neuron, biases)."""
    numbers = iter(weights)
    for inputs, neurons in pairwise(sizes):
        rows = [[next(numbers) for _ in range(inputs + 1)] for _ in range(neurons)]
        yield [row[:-1] for row in rows], [row[-1] for row in rows]


def arrays(problem):
    """In NumPy: inputs, targets, and the parameters: weights (a column for each neuron), biases, weights, …"""
    import numpy as np

    layers = matrices(problem["sizes"], problem["weights"])
    parameters = [np.array(part).T.copy() for layer in layers for part in layer]
    return np.array(problem["inputs"]), np.array(problem["targets"]), parameters


def flat(parameters):
    """The numbers in such parameters, or in their gradients, in the order of the problem's weights."""
    import numpy as np

    pairs = zip(map(np.asarray, parameters[::2]), map(np.asarray, parameters[1::2]))
    return [number for weights, biases in pairs for number in np.vstack([weights, biases]).T.ravel().tolist()]


def settings(problem):
    return tuple(problem[name] for name in ("activation", "loss", "penalty", "rate"))


def network(problem):
    """Our network, filled."""
    import nn

    model = nn.MLP(problem["sizes"][0], problem["sizes"][1:], activation=problem["activation"])
    return nn, fill(model, problem["weights"])


def ours(problem):
    """One example at a time, on Values."""
    nn, model = network(problem)
    optimizer = nn.SGD(model.parameters(), lr=problem["rate"])

    def step():
        loss = nn.cross_entropy([model(x) for x in problem["inputs"]], problem["targets"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Training(step, lambda: [p.grad for p in model.parameters()])


def compiled(problem):
    """The loss of one example, recorded once and replayed for the whole batch."""
    import numpy as np

    import autograd

    inputs, targets = np.array(problem["inputs"]), np.array(problem["targets"])
    nn, model = network(problem)
    parameters, penalty = model.parameters(), problem["penalty"]
    optimizer = nn.SGD(parameters, lr=problem["rate"])

    def hinge(x, sign):
        return (1 + -sign * model(x)).relu() + penalty * sum(p * p for p in parameters)

    def cross_entropy(x, k):
        return nn.cross_entropy(model(x), k)

    loss_of = autograd.compile(hinge if problem["loss"] == "hinge" else cross_entropy)

    def step():
        loss = loss_of.mean(inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    rows = autograd.examples.rows_of([inputs, targets])
    parts = (lambda: loss_of.mean(inputs, targets)), optimizer, loss_of, rows
    return Training(step, lambda: [p.grad for p in parameters], parts)


def products(sizes, batch):
    """The multiply-adds of a step: for the results; for the gradients of all weights, and of all but the inputs."""
    layers = [batch * m * n for m, n in pairwise(sizes)]
    return sum(layers), 2 * sum(layers) - layers[0]


def numpy_step(problem):
    """A function of inputs and targets that makes a step, by hand, and returns the loss and the gradients."""
    import numpy as np

    *_, parameters = arrays(problem)
    activation, loss_name, penalty, rate = settings(problem)
    tanh = activation == "tanh"

    def hinge(scores, signs):
        gaps = 1 - signs * scores[:, 0]
        return np.maximum(gaps, 0).mean(), (-signs * (gaps > 0) / len(signs))[:, None]

    def cross_entropy(scores, classes):
        places = np.arange(len(classes)), classes
        scores -= scores.max(1, keepdims=True)
        shares = np.exp(scores)
        totals = shares.sum(1, keepdims=True)
        loss = (np.log(totals).sum() - scores[places].sum()) / len(classes)
        shares /= totals
        shares[places] -= 1
        shares /= len(classes)
        return loss, shares

    loss_of = hinge if loss_name == "hinge" else cross_entropy

    def step(x, targets):
        values, gradients = [x], []
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2]):
            x = x @ w + b
            values.append(x := np.tanh(x) if tanh else np.maximum(x, 0))
        loss, d = loss_of(x @ parameters[-2] + parameters[-1], targets)
        for x, w in zip(reversed(values), parameters[-2::-2]):
            gradients += [d.sum(0), x.T @ d]
            if x is not values[0]:
                d = (d @ w.T) * (1 - x * x if tanh else x > 0)
        for p, g in zip(reversed(parameters), gradients):
            if penalty:
                loss += penalty * (p * p).sum()
                g += 2 * penalty * p
            p -= rate * g
        return float(loss), gradients[::-1]

    return step


def numpy(problem):
    inputs, targets, _ = arrays(problem)
    train, gradients = numpy_step(problem), []

    def step():
        nonlocal gradients
        loss, gradients = train(inputs, targets)
        return [loss]

    return Training(step, lambda: flat(gradients))


def jax_step(activation, loss, penalty, rate):
    """Functions of parameters, inputs and targets: the next parameters and the loss; the loss alone."""
    from jax import nn, value_and_grad
    from jax import numpy as jnp

    def loss_of(parameters, x, targets):
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2]):
            x = x @ w + b
            x = jnp.tanh(x) if activation == "tanh" else nn.relu(x)
        x = x @ parameters[-2] + parameters[-1]
        if loss == "hinge":
            found = nn.relu(1 - targets * x[:, 0]).mean()
        else:
            found = -jnp.take_along_axis(nn.log_softmax(x), targets[:, None], 1).mean()
        return found + penalty * sum((p * p).sum() for p in parameters) if penalty else found

    def step(parameters, inputs, targets):
        found, gradients = value_and_grad(loss_of)(parameters, inputs, targets)
        return [p - rate * g for p, g in zip(parameters, gradients)], found

    return step, loss_of


@cache
def jax_compiled(*settings):
    import jax

    step, loss_of = jax_step(*settings)
    return jax.jit(step, donate_argnums=0), jax.jit(jax.grad(loss_of))


def jax(problem):
    from jax import numpy as jnp

    inputs, targets, first = arrays(problem)
    inputs, targets, parameters = jnp.array(inputs), jnp.array(targets), [jnp.array(p) for p in first]
    train, gradients_of = jax_compiled(*settings(problem))

    def step():
        nonlocal parameters
        parameters, loss = train(parameters, inputs, targets)
        return loss

    return Training(step, lambda: flat(gradients_of([jnp.array(p) for p in first], inputs, targets)))


def eager(problem):
    """Forward and backward alone, on one example, for comparison with the cost of recording."""
    nn, model = network(problem)

    def step():
        loss = nn.cross_entropy(model(problem["inputs"][0]), problem["targets"][0])
        loss.backward()
        return loss

    return step


def recording(problem):
    """The recording alone, and the memory per node that it reports."""
    import autograd

    nn, model = network(problem)

    def step():
        compiled = autograd.compile(lambda x, k: nn.cross_entropy(model(x), k))
        loss = compiled(problem["inputs"][0], problem["targets"][0])
        (stats,) = compiled.stats()
        return Stages({"": stats["seconds"]}, [loss.data], {"": stats["nodes"]}, stats["bytes"] / stats["nodes"])

    return step


def jax_compiling(problem):
    """The compilation of a step alone."""
    import jax

    train, (inputs, targets, parameters) = jax_compiled(*settings(problem))[0], arrays(problem)

    def step():
        jax.clear_caches()
        started = clock()
        train.lower(parameters, inputs, targets).compile()
        return Stages({"": clock() - started})

    return step


def torch_loss(activation, loss, penalty):
    """The loss as a function of parameters, inputs and targets."""
    import torch

    def loss_of(parameters, x, targets):
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2]):
            x = torch.addmm(b, x, w)
            x = x.tanh() if activation == "tanh" else x.relu()
        x = torch.addmm(parameters[-1], x, parameters[-2])
        if loss == "hinge":
            found = (1 - targets * x[:, 0]).relu().mean()
        else:
            found = torch.nn.functional.cross_entropy(x, targets)
        return found + penalty * sum((p * p).sum() for p in parameters) if penalty else found

    return loss_of


def tensors(problem, **options):
    import torch

    inputs, targets, parameters = arrays(problem)
    return torch.tensor(inputs), torch.tensor(targets), [torch.tensor(p, **options) for p in parameters]


def torch(problem):
    import torch

    inputs, targets, parameters = tensors(problem, requires_grad=True)
    loss_of = torch_loss(*settings(problem)[:-1])
    optimizer = torch.optim.SGD(parameters, lr=problem["rate"])

    def step():
        loss = loss_of(parameters, inputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Training(step, lambda: flat([p.grad for p in parameters]))


@cache
def torch_step(activation, loss, penalty, rate):
    """Compiled: a function of parameters, inputs and targets that updates the parameters; and the gradients alone."""
    import torch

    loss_of = torch_loss(activation, loss, penalty)

    def step(parameters, inputs, targets):
        gradients, found = torch.func.grad_and_value(loss_of)(parameters, inputs, targets)
        for p, g in zip(parameters, gradients):
            p.sub_(rate * g)
        return found

    return torch.compile(step, fullgraph=True), torch.func.grad(loss_of)


def torch_compile(problem):
    inputs, targets, parameters = tensors(problem)
    train, gradients_of = torch_step(*settings(problem))
    first = [p.clone() for p in parameters]
    return Training(
        lambda: train(parameters, inputs, targets), lambda: flat(list(gradients_of(first, inputs, targets)))
    )


def c_library(problem, batch):
    """The C program for this problem and a size of batch, with its weights set."""
    sizes = problem["sizes"]
    found = library(
        "mlp.c",
        BATCH=batch,
        LAYERS=len(sizes) - 1,
        **{f"SIZE{k}": size for k, size in enumerate(sizes)},
        TANH=int(problem["activation"] == "tanh"),
        HINGE=int(problem["loss"] == "hinge"),
        PENALTY=problem["penalty"],
        RATE=problem["rate"],
    )
    found.set(doubles(problem["weights"]))
    return found


def c_examples(problem):
    return doubles([x for row in problem["inputs"] for x in row]), doubles(problem["targets"])


def c(problem):
    count = len(problem["inputs"])
    found, numbers = c_library(problem, count), doubles(problem["weights"])
    found.take_batch(*c_examples(problem), ints(range(count)), count)

    def gradients():
        found.gradients(numbers)
        return list(numbers)

    return Training(lambda: [found.train()], gradients)


QUICK_PEERS = {"numpy": numpy, "c": c, "jax": jax, "torch": torch}
PEERS = QUICK_PEERS | {"torch-compile": torch_compile}
TOO_LONG = "left out, for the time it takes"
