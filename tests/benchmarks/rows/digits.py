"""A classifier of handwritten digits: one step on a batch, and one epoch of `nn.fit`."""

from ..row import NO_COMPILE, Row
from .gpt import NO_EXP
from .mlp import fill, in_torch, matrices, random_weights

SIZES = [64, 32, 10]
RATE, BATCH, TRAINING = 0.1, 64, 1347


def problem(quick):
    """A batch of digits, inputs from 0 to 1, and the weights of the network."""
    return _problem(4 if quick else BATCH)


def epoch_problem(quick):
    """All training examples, and in which order `fit` takes them."""
    return _problem(BATCH if quick else TRAINING)


def _problem(count):
    from nn.data import batches, digits
    data = digits()[:count]
    data = data.with_inputs([[x / 16 for x in row] for row in data.inputs])
    ordered = [example for batch in batches(data, BATCH, seed=0) for example in batch]
    return {"inputs": data.inputs, "classes": data.targets, "ordered": ordered,
            "weights": random_weights(SIZES, [(6 / inputs) ** 0.5 for inputs in SIZES], seed=4)}


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


def fit(problem):
    nn, model = network(problem)
    data = nn.data.Dataset(problem["inputs"], problem["classes"])
    optimizer = nn.SGD(model.parameters(), lr=RATE)

    def epoch():
        history = nn.fit(model, nn.cross_entropy, data, epochs=1, batch_size=BATCH, optimizer=optimizer, seed=0,
                         metric=None, progress=False)
        return history["loss"]

    return epoch


def sklearn(problem):
    import numpy
    from sklearn.neural_network import MLPClassifier
    inputs = numpy.array([x for x, _ in problem["ordered"]])
    classes = numpy.array([k for _, k in problem["ordered"]])
    model = MLPClassifier(SIZES[1:-1], solver="sgd", learning_rate_init=RATE, momentum=0.0, nesterovs_momentum=False,
                          alpha=0.0, batch_size=BATCH, shuffle=False)
    model.partial_fit(inputs, classes, classes=range(SIZES[-1]))
    for part, bias, (matrix, biases) in zip(model.coefs_, model.intercepts_, matrices(SIZES, problem["weights"])):
        part[:], bias[:] = numpy.array(matrix).T, biases

    def epoch():
        model.partial_fit(inputs, classes)
        return [model.loss_]

    return epoch


ROW = Row("digits", "MLP 64-32-10, batch of 64 digits, cross-entropy, one step", problem,
          {"python": ours, "native": ours, "torch": torch},
          cannot={"micrograd": NO_EXP, "compiled": NO_COMPILE})
EPOCH = Row("epoch", "one epoch of fit: 1,347 digits in batches of 64; against MLPClassifier.partial_fit",
            epoch_problem, {"native": fit, "sklearn": sklearn},
            cannot={"python": "left out, for the time it takes"}, checked=1)
