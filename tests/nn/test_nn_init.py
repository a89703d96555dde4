"""The weights that a network starts from have the distribution they should."""

import math

import pytest

import nn


@pytest.mark.parametrize(
    ("init", "gain", "low", "high"),
    [
        ("kaiming_uniform", "relu", -math.sqrt(6 / 50), math.sqrt(6 / 50)),
        ("kaiming_uniform", "tanh", -5 / 3 * math.sqrt(3 / 50), 5 / 3 * math.sqrt(3 / 50)),
        ("xavier_uniform", None, -math.sqrt(6 / 150), math.sqrt(6 / 150)),
        ("uniform", "relu", -1.0, 1.0),
        (nn.init.uniform(2.0, 3.0), "relu", 2.0, 3.0),
    ],
)
def test_uniform_initialisation(init, gain, low, high):
    weights = [w.data for neuron in nn.Layer(50, 100, gain, init=init, seed=0).neurons for w in neuron.w]
    assert low <= min(weights) < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < max(weights) <= high
    assert sum(weights) / len(weights) == pytest.approx((low + high) / 2, abs=0.02 * (high - low))


@pytest.mark.parametrize(
    ("init", "activation", "std"),
    [
        ("kaiming_normal", "relu", math.sqrt(2 / 50)),
        ("kaiming_normal", None, math.sqrt(1 / 50)),
        ("xavier_normal", "tanh", 5 / 3 * math.sqrt(2 / 150)),
        ("normal", "relu", 1.0),
        (nn.init.normal(0.0, 0.02), "relu", 0.02),
        ("zeros", "relu", 0.0),
    ],
)
def test_normal_initialisation(init, activation, std):
    weights = [w.data for neuron in nn.Layer(50, 100, activation, init=init, seed=0).neurons for w in neuron.w]
    assert math.sqrt(sum(w * w for w in weights) / len(weights)) == pytest.approx(std, rel=0.05)


def test_default_initialisation_suits_the_activation():
    def weights(activation):
        return [w.data for neuron in nn.MLP(50, [100], activation, seed=0).layers[0].neurons for w in neuron.w]

    assert max(map(abs, weights("relu"))) > 0.99
    assert max(map(abs, weights("tanh"))) == pytest.approx(5 / 3 * math.sqrt(6 / 150), rel=0.01)
    assert max(map(abs, weights("gelu"))) == pytest.approx(math.sqrt(6 / 50), rel=0.01)
