"""A classifier of handwritten digits: one step on a batch, and one epoch of `nn.fit`."""

from time import perf_counter

from ..row import Row, Stages
from .gpt import NO_EXP
from .mlp import fill, in_torch, matrices, random_weights

SIZES = [64, 32, 10]
RATE, BATCH, TRAINING, EPOCHS = 0.1, 64, 1347, 20


def problem(quick):
    """A batch of digits, inputs from 0 to 1, and the weights of the network."""
    return _problem(4 if quick else BATCH)


def epoch_problem(quick):
    """All training examples, and the order in which `fit` takes them in the first epoch."""
    from nn.data import batches

    found = _problem(BATCH if quick else TRAINING)
    places = range(len(found["inputs"]))
    order = [i for batch in batches((places, places), BATCH, seed=0) for i in batch.targets]
    return found | {"order": order, "epochs": 2 if quick else EPOCHS}


def _problem(count):
    from nn.data import digits

    data = digits()[:count]
    return {
        "inputs": [[x / 16 for x in row] for row in data.inputs],
        "classes": data.targets,
        "weights": random_weights(SIZES, [(6 / inputs) ** 0.5 for inputs in SIZES], seed=4),
    }


def network(problem):
    import nn

    return nn, fill(nn.MLP(SIZES[0], SIZES[1:]), problem["weights"])


def ours(problem):
    nn, model = network(problem)
    optimizer = nn.SGD(model.parameters(), lr=RATE)

    def step():
        loss = nn.cross_entropy([model(x) for x in problem["inputs"]], problem["classes"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def torch(problem):
    import torch

    inputs, classes = torch.tensor(problem["inputs"]), torch.tensor(problem["classes"])
    model = in_torch(torch, SIZES, problem["weights"])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def step():
        loss = torch.nn.functional.cross_entropy(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def compiled(problem):
    import numpy

    import autograd

    inputs, classes = numpy.array(problem["inputs"]), numpy.array(problem["classes"])
    nn, model = network(problem)
    optimizer = nn.SGD(model.parameters(), lr=RATE)
    loss_of = autograd.compile(lambda x, k: nn.cross_entropy(model(x), k))

    def step():
        loss = loss_of.mean(inputs, classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def fit(problem, recorded=False):
    """Trains for some epochs, recording included; the seconds are those of one epoch."""
    epochs = problem["epochs"] if recorded else 1

    def train():
        nn, model = network(problem)
        started = perf_counter()
        history = nn.fit(
            model,
            nn.cross_entropy,
            (problem["inputs"], problem["classes"]),
            epochs=epochs,
            batch_size=BATCH,
            optimizer=nn.SGD(model.parameters(), lr=RATE),
            seed=0,
            metric=None,
            recorded=recorded,
            progress=False,
        )
        return Stages({"": (perf_counter() - started) / epochs}, history["loss"][:1])

    return train


def fit_recorded(problem):
    return fit(problem, recorded=True)


def sklearn(problem):
    """The same network in scikit-learn; for comparison of the losses it begins with an epoch in the order of `fit`."""
    import numpy
    from sklearn.neural_network import MLPClassifier

    settings = {
        "solver": "sgd",
        "learning_rate_init": RATE,
        "momentum": 0.0,
        "nesterovs_momentum": False,
        "alpha": 0.0,
        "batch_size": BATCH,
        "tol": 0.0,
        "n_iter_no_change": 10 * EPOCHS,
    }
    inputs, classes = numpy.array(problem["inputs"]), numpy.array(problem["classes"])
    one = MLPClassifier(SIZES[1:-1], shuffle=False, **settings)
    one.partial_fit(inputs, classes, classes=range(SIZES[-1]))
    for part, bias, (matrix, biases) in zip(one.coefs_, one.intercepts_, matrices(SIZES, problem["weights"])):
        part[:], bias[:] = numpy.array(matrix).T, biases
    one.partial_fit(inputs[problem["order"]], classes[problem["order"]])

    def train():
        model = MLPClassifier(SIZES[1:-1], max_iter=problem["epochs"], **settings)
        started = perf_counter()
        model.fit(inputs, classes)
        return Stages({"": (perf_counter() - started) / model.n_iter_}, [one.loss_])

    return train


ROW = Row(
    "digits",
    "MLP 64-32-10, batch of 64 digits, cross-entropy, one step",
    problem,
    {"python": ours, "native": ours, "compiled": compiled, "torch": torch},
    cannot={"micrograd": NO_EXP},
)
EPOCH = Row(
    "epoch",
    "one epoch of fit, out of 20: 1,347 digits in batches of 64; native runs one, without recording",
    epoch_problem,
    {"native": fit, "compiled": fit_recorded, "sklearn": sklearn},
    cannot={"python": "left out, for the time it takes"},
    checked=1,
)
