"""`Optimizer`, the base class of optimisers. Those of `torch.optim` are in optim.py."""

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value, read_data, read_grad, write_data, write_grad
from autograd.arguments import expect_list
from autograd.errors import ArgumentError, NotFiniteError
from nn.errors import DivergedError

LARGE = 200  # from this many parameters on, NumPy is faster


class Optimizer(ABC):
    """The base class of optimisers: the parameters they move, the learning rate `lr`, and `step()`.

    A subclass defines `update`, how one parameter moves, and lists in `remembered` what it keeps for each parameter.
    """

    remembered: tuple[str, ...] = ()

    def __init__(self, params: Iterable[Value], lr: float, **settings: Any):
        self.params = expect_list(type(self).__name__, params)
        self.lr = lr
        vars(self).update(settings)
        self.steps = 0
        self._settings = tuple(settings)
        self._check()
        self.state: list[Any] = [[self.first(name)] * len(self.params) for name in self.remembered]

    def _check(self) -> None:
        kind = type(self).__name__
        if not self.params:
            raise ArgumentError(f"{kind}: there are no parameters. Pass model.parameters().")
        for p in self.params:
            if type(p) is not Value:
                raise ArgumentError(f"{kind}: every parameter must be a Value, got {p!r:.60}.")
        if len(set(self.params)) < len(self.params):
            raise ArgumentError(f"{kind}: a parameter occurs twice, and would move twice.")
        for name in ("lr", *self._settings):
            numbers = getattr(self, name)
            for number in numbers if isinstance(numbers, tuple) else (numbers,):
                if not isinstance(number, (int, float)) or not 0 <= number < math.inf:
                    raise ArgumentError(f"{kind}: {name} must be 0 or more, got {numbers!r}.")

    def first(self, name: str) -> float:
        """The value of `name`, one of `remembered`, before the first step."""
        return 0.0

    @abstractmethod
    def update(self, sqrt, p, g, *state) -> tuple:
        """The new value of a parameter p with gradient g, and its new `state`, a number for each of `remembered`.

        It must use only arithmetic and `sqrt`, so that it works on floats and, for all parameters at once, on arrays.
        """

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        write_grad(self.params, array("d", bytes(8 * len(self.params))))

    def step(self) -> None:
        """Move every parameter once, by its gradient.

        Raises DivergedError, a kind of OverflowError, if a parameter would not be finite; nothing has changed then.
        """
        data, grads = read_data(self.params), read_grad(self.params)
        new, *state = self._on_arrays(data, grads) if len(data) >= LARGE else self._one_by_one(data, grads)
        try:
            write_data(self.params, new)
        except NotFiniteError:
            i = next(i for i, number in enumerate(new) if not math.isfinite(number))
            raise self._diverged(i, float(new[i])) from None
        self.state = state
        self.steps += 1

    def _one_by_one(self, data: "array[float]", grads: "array[float]") -> Any:
        """The new numbers and states, as lists of floats."""
        moved = []
        for i, (p, g, *state) in enumerate(zip(data, grads, *self.state)):
            try:
                moved.append(self.update(math.sqrt, p, g, *state))
            except ArithmeticError:
                raise self._diverged(i, math.nan) from None
        return map(list, zip(*moved))

    def _on_arrays(self, data: "array[float]", grads: "array[float]") -> Any:
        """The same, bit for bit, with NumPy if it is installed."""
        try:
            import numpy
        except ImportError:
            return self._one_by_one(data, grads)
        with numpy.errstate(all="ignore"):
            return self.update(numpy.sqrt, *map(numpy.asarray, (data, grads, *self.state)))

    def _diverged(self, i: int, number: float) -> DivergedError:
        p = self.params[i]
        return DivergedError(
            f"step {self.steps + 1} would make the parameter {p.label or f'number {i}':.60} {number}: it is "
            f"{p.data!r}, its gradient {p.grad!r}, the learning rate {self.lr!r}. Lower the learning rate, clip the "
            "gradients, or standardise the inputs."
        )

    def state_dict(self) -> dict[str, Any]:
        """What the next steps depend on besides the parameters: numbers, and a list for each of `remembered`."""
        settings = {name: getattr(self, name) for name in ("steps", "lr", *self._settings)}
        return settings | {name: list(map(float, column)) for name, column in zip(self.remembered, self.state)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned.

        Raises ArgumentError if it comes from another kind of optimiser, or from one with other parameters.
        """
        kind, own = type(self).__name__, self.state_dict()
        if set(state) != set(own):
            odd = min(set(state) ^ set(own))
            raise ArgumentError(
                f'{kind}: "{odd}" is {"missing in" if odd in own else "unknown to it in"} the state. '
                "Was it saved by another kind of optimiser?"
            )
        for name in self.remembered:
            if len(state[name]) != len(self.params):
                raise ArgumentError(
                    f'{kind}: "{name}" in the state has {len(state[name])} numbers, but there are '
                    f"{len(self.params)} parameters."
                )
        for name in ("steps", "lr", *self._settings):
            if not _alike(state[name], own[name]):
                raise ArgumentError(f'{kind}: "{name}" in the state is {state[name]!r:.60}, and {own[name]!r} here.')
        self.state = [list(state[name]) for name in self.remembered]
        for name in ("steps", "lr", *self._settings):
            setattr(self, name, tuple(state[name]) if isinstance(state[name], list) else state[name])

    def __repr__(self):
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in ("lr", *self._settings))
        return f"{type(self).__name__}({len(self.params)} parameters, {settings})"


def _alike(a, b) -> bool:
    """Whether both are numbers, or both are sequences of the same length."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    return isinstance(a, (int, float)) and isinstance(b, (int, float))
