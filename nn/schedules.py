"""Schedules of the learning rate, with the names, arguments and results of `torch.optim.lr_scheduler`."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from autograd import as_float
from autograd.arguments import expect_instance, expect_integer
from autograd.errors import ArgumentError
from nn.optimizer import Optimizer


class Schedule(ABC):
    """Sets the learning rate of an optimiser: after k calls of `step()` it is the initial one times factor(k).

    Each group of parameters has its own initial learning rate, in `base_lrs`.
    """

    def __init__(self, optimizer: Optimizer):
        expect_instance(type(self).__name__, optimizer, Optimizer, "an")
        self.optimizer, self.steps = optimizer, 0
        self.base_lrs = [group.lr for group in optimizer.groups]
        self._set()

    @abstractmethod
    def factor(self, k: int) -> float:
        """What the initial learning rate is multiplied by after k steps."""

    def step(self) -> None:
        """Advance by one step."""
        self.steps += 1
        self._set()

    @property
    def base_lr(self) -> float:
        """The initial learning rate, of the first group."""
        return self.base_lrs[0]

    def rate(self, base_lr: float, k: int) -> float:
        """The learning rate after k steps, of a group that began with base_lr."""
        return base_lr * self.factor(k)

    def _set(self) -> None:
        for group, base_lr in zip(self.optimizer.groups, self.base_lrs):
            group.lr = self.rate(base_lr, self.steps)

    def state_dict(self) -> dict[str, Any]:
        """The state of the schedule."""
        return {"steps": self.steps, "base_lr": self.base_lr if len(self.base_lrs) == 1 else list(self.base_lrs)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned. Raises ArgumentError if the groups were others."""
        base_lrs = state["base_lr"] if isinstance(state["base_lr"], list) else [state["base_lr"]]
        if len(base_lrs) != len(self.base_lrs):
            raise ArgumentError(
                f"{type(self).__name__}: the state has {len(base_lrs)} learning rates, and the optimiser has "
                f"{len(self.base_lrs)} groups. Make it with the groups that the state was saved from."
            )
        self.steps, self.base_lrs = int(state["steps"]), list(base_lrs)
        self._set()


class StepLR(Schedule):
    """Multiplies the learning rate by gamma every `step_size` steps.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=0.8)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [(schedule.step(), optimizer.lr)[1] for _ in range(4)]
    [0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        self.step_size, self.gamma = expect_integer("StepLR: step_size", step_size), as_float(gamma)
        super().__init__(optimizer)

    def factor(self, k: int) -> float:
        return self.gamma ** (k // self.step_size)


class ExponentialLR(Schedule):
    """Multiplies the learning rate by gamma every step."""

    def __init__(self, optimizer: Optimizer, gamma: float):
        self.gamma = as_float(gamma)
        super().__init__(optimizer)

    def factor(self, k: int) -> float:
        return self.gamma**k


class CosineAnnealingLR(Schedule):
    """Half a cosine wave from the initial learning rate to eta_min in T_max steps (Loshchilov and Hutter, 2017)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.T_max, self.eta_min = expect_integer("CosineAnnealingLR: T_max", T_max), as_float(eta_min)
        super().__init__(optimizer)

    def factor(self, k: int) -> float:
        return self.rate(self.base_lr, k) / self.base_lr

    def rate(self, base_lr: float, k: int) -> float:
        low = self.eta_min / base_lr
        return base_lr * (low + (1 - low) * (1 + math.cos(math.pi * (k / self.T_max))) / 2)


class LinearLR(Schedule):
    """Linear from start_factor to end_factor times the initial learning rate in total_iters steps; then constant."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        self.start_factor, self.end_factor = as_float(start_factor), as_float(end_factor)
        self.total_iters = expect_integer("LinearLR: total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, k: int) -> float:
        share = min(k, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share


class WarmupDecayLR(Schedule):
    """Rises linearly from 0 in the first `warmup` steps, and falls linearly to 0 at step `total`.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = WarmupDecayLR(optimizer, warmup=2, total=6)
    >>> [optimizer.lr, *((schedule.step(), optimizer.lr)[1] for _ in range(7))]
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, warmup: int, total: int):
        if not 0 <= expect_integer("WarmupDecayLR: warmup", warmup, 0) < expect_integer("WarmupDecayLR: total", total):
            raise ArgumentError(f"WarmupDecayLR: warmup must be less than total, got {warmup!r} and {total!r}.")
        self.warmup, self.total = warmup, total
        super().__init__(optimizer)

    def factor(self, k: int) -> float:
        if k < self.warmup:
            return k / self.warmup
        return max(0.0, (self.total - k) / (self.total - self.warmup))
