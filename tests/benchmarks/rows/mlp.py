"""What the rows with a multilayer perceptron share: its weights, one flat list, and the same network in PyTorch."""

import random
from itertools import pairwise


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


def in_torch(torch, sizes, weights):
    """The network in PyTorch: linear layers with ReLU between."""
    layers = []
    for (inputs, neurons), (matrix, biases) in zip(pairwise(sizes), matrices(sizes, weights)):
        linear = torch.nn.Linear(inputs, neurons)
        with torch.no_grad():
            linear.weight[:], linear.bias[:] = torch.tensor(matrix), torch.tensor(biases)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])
