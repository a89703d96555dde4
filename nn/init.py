"""Initial weights.

An initialiser is a function (fan_in, fan_out, generator) -> float that draws one weight. A layer takes one by name, as
in `MLP(64, [32, 10], init="kaiming_uniform")`, or made with arguments, as in `Linear(16, 16, init=normal(std=0.02))`.

The names and gains are PyTorch's. Xavier: Glorot and Bengio, "Understanding the difficulty of training deep feedforward
neural networks", 2010; Kaiming: He et al., "Delving deep into rectifiers", 2015.
"""

import random
from collections.abc import Callable
from math import sqrt
from typing import Any

from autograd.errors import ArgumentError
from nn.errors import closest

Initialiser = Callable[[int, int, Any], float]


def generator(seed: "int | random.Random | None"):
    """The source of random numbers: Python's `random` without a seed, else a separate generator.

    >>> generator(7).random() == random.Random(7).random()
    True
    """
    if seed is None or seed is random:
        return random
    if not isinstance(seed, (random.Random, int, str)):
        raise ArgumentError(f"seed: expected an integer, a string or a random.Random, got {seed!r:.60}.")
    return seed if isinstance(seed, random.Random) else random.Random(seed)


def generators(model) -> dict[str, Any]:
    """The sources of a model's random numbers: Python's `random`, and the generators that its modules hold.

    A SystemRandom is left out: it has no state.
    """
    found: dict[str, Any] = {"python": random}
    modules = model.modules() if hasattr(model, "named_modules") else ()
    if any(_has_a_state(own) for module in modules for own in vars(module).values()):  # else no names are needed
        for path, module in model.named_modules():
            found |= {f"{path}.{name}": own for name, own in vars(module).items() if _has_a_state(own)}
    return found


def _has_a_state(thing):
    return isinstance(thing, random.Random) and not isinstance(thing, random.SystemRandom)


def uniform(low: float = -1.0, high: float = 1.0) -> Initialiser:
    """Uniform from low to high; the defaults are micrograd's."""
    return lambda fan_in, fan_out, rng: rng.uniform(low, high)


def normal(mean: float = 0.0, std: float = 1.0) -> Initialiser:
    """From the normal distribution with this mean and standard deviation."""
    return lambda fan_in, fan_out, rng: rng.gauss(mean, std)


def zeros() -> Initialiser:
    """All weights 0: fine for one linear neuron, useless for a hidden layer, whose neurons would all stay the same."""
    return lambda fan_in, fan_out, rng: 0.0


def xavier_uniform(gain: float = 1.0) -> Initialiser:
    """Uniform within ±gain·√(6 / (fan_in + fan_out)): keeps the variance in both directions, for tanh and sigmoid."""

    def draw(fan_in, fan_out, rng):
        bound = gain * sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound)

    return draw


def xavier_normal(gain: float = 1.0) -> Initialiser:
    """Normal with standard deviation gain·√(2 / (fan_in + fan_out))."""
    return lambda fan_in, fan_out, rng: rng.gauss(0.0, gain * sqrt(2 / (fan_in + fan_out)))


def kaiming_uniform(gain: float = sqrt(2)) -> Initialiser:
    """Uniform within ±gain·√(3 / fan_in): keeps the variance in the forward pass, with gain √2 for ReLU.

    >>> abs(kaiming_uniform()(6, 1, random.Random(0))) <= 1.0
    True
    """

    def draw(fan_in, fan_out, rng):
        bound = gain * sqrt(3 / fan_in)
        return rng.uniform(-bound, bound)

    return draw


def kaiming_normal(gain: float = sqrt(2)) -> Initialiser:
    """Normal with standard deviation gain / √fan_in."""
    return lambda fan_in, fan_out, rng: rng.gauss(0.0, gain / sqrt(fan_in))


PLAIN = {"uniform": uniform, "normal": normal, "zeros": zeros}
SCALED = {
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
}
GAINS = {"tanh": 5 / 3, "relu": sqrt(2), "leaky_relu": sqrt(2 / (1 + 0.01**2)), "gelu": sqrt(2), "softplus": sqrt(2)}
# ReLU and linear neurons, which micrograd has too, keep its choice.
DEFAULTS = {
    "tanh": "xavier_uniform",
    "sigmoid": "xavier_uniform",
    "leaky_relu": "kaiming_uniform",
    "gelu": "kaiming_uniform",
    "softplus": "kaiming_uniform",
}


def initialiser(init: "str | Initialiser | None", activation: "str | None") -> Initialiser:
    """The initialiser called `init`, with the gain for `activation`; by default the one that suits the activation.

    >>> initialiser("zeros", "relu")(4, 3, random)
    0.0

    Raises ArgumentError for an unknown name.
    """
    if callable(init):
        return init
    name = init if init is not None else DEFAULTS.get(activation or "", "uniform")
    if name in PLAIN:
        return PLAIN[name]()
    if name in SCALED:
        return SCALED[name](GAINS.get(activation or "", 1.0))
    names = [*PLAIN, *SCALED]
    raise ArgumentError(f"init: expected one of {', '.join(names)}, got {init!r}.{closest(str(init), names)}")
