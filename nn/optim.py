"""Optimisers: how the parameters move once their gradients are known. Names, arguments and results are PyTorch's."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from autograd import Value
from autograd.errors import ArgumentError
from nn.errors import DivergedError


class Optimizer(ABC):
    """What every optimiser is: the parameters it moves, the learning rate `lr`, and `step()`.

    A subclass says in `moved` where the parameters go; nothing is changed when a step would leave the finite numbers.
    """

    def __init__(self, params: Iterable[Value], lr: float):
        self.params = list(params)
        self.lr = at_least_zero("lr", lr)
        self.steps = 0
        if not self.params:
            raise ArgumentError(f"{type(self).__name__}: there are no parameters. Pass model.parameters().")
        for p in self.params:
            if type(p) is not Value:
                raise ArgumentError(f"{type(self).__name__}: every parameter must be a Value, got {p!r:.60}.")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.params:
            p.grad = 0.0

    def step(self) -> None:
        """Move every parameter once, by its gradient.

        Raises DivergedError, a kind of OverflowError, when a parameter would not be finite; then nothing has changed.
        """
        old = [p.data for p in self.params]
        new, state = self.moved(old, [p.grad for p in self.params])
        for i, number in enumerate(new):
            if number - number != 0.0:
                name = self.params[i].label or f"number {i}"
                raise DivergedError(
                    f"step {self.steps + 1} would make the parameter {name} {number}: it is {old[i]!r}, its gradient "
                    f"{self.params[i].grad!r}, the learning rate {self.lr!r}. Lower the learning rate, clip the "
                    "gradients, or standardise the inputs.")
        for p, number in zip(self.params, new):
            p.data = number
        vars(self).update(state)
        self.steps += 1

    @abstractmethod
    def moved(self, data: list[float], grads: list[float]) -> tuple[list[float], dict]:
        """The parameters' numbers after this step, and the attributes that change with it."""


class SGD(Optimizer):
    """Gradient descent: p ← p - lr·∂loss/∂p.

    >>> p = Value(3.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 12)
    2.4
    """

    def __init__(self, params: Iterable[Value], lr: float = 0.001):
        super().__init__(params, lr)

    def moved(self, data, grads):
        lr = self.lr
        return [p - lr * g for p, g in zip(data, grads)], {}


def at_least_zero(name: str, number: float) -> float:
    """`number`, if it is 0 or more; else raise ArgumentError."""
    if not number >= 0:
        raise ArgumentError(f"{name} must be 0 or more, got {number!r}.")
    return number
