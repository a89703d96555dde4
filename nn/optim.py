"""Optimisers, which move the parameters by their gradients, and clipping, which limits the gradients.

Names, arguments, defaults and results are those of `torch.optim`. The base class is in optimizer.py, the schedules of
the learning rate are in schedules.py; both can be imported from here.
"""

import math
from collections.abc import Iterable

from autograd import Value, apply_update, as_float, find_frozen, read_grad
from autograd.arguments import expect_list, expect_list_of
from autograd.errors import ArgumentError
from nn.module import Module
from nn.optimizer import Optimizer, Parameters, TableOptimizer
from nn.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, Schedule, StepLR, WarmupDecayLR

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LinearLR",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "StepLR",
    "WarmupDecayLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]


class SGD(TableOptimizer):
    """Gradient descent: p ← p - lr·g, where g is the gradient, or with momentum a sum of past gradients.

    momentum      how much of the past is kept: v ← momentum·v + (1 - dampening)·g, and v replaces g
    weight_decay  adds weight_decay·p to the gradient
    nesterov      looks ahead: g + momentum·v replaces g

    >>> p = Value(3.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 12)
    2.4

    Raises ArgumentError for negative settings, and for nesterov without momentum.
    """

    rule = "SGD"
    remembered = ("momentum_buffer",)
    momentum: float
    dampening: float
    weight_decay: float
    nesterov: bool

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.001,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ArgumentError(
                "SGD: nesterov needs a momentum above 0 and no dampening, got momentum "
                f"{momentum!r} and dampening {dampening!r}."
            )
        super().__init__(
            params, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
        )

    def constants(self):
        return {
            "weight_decay": self.weight_decay,
            "momentum": self.momentum,
            "undamped": 1 - self.dampening,
            "steps": self.steps,
            "nesterov": self.nesterov,
            "lr": self.lr,
        }


class RMSprop(TableOptimizer):
    """Divides the gradient by a running root mean square of itself: p ← p - lr·g / (√s + eps).

    alpha     the weight of the past in s ← alpha·s + (1 - alpha)·g²
    centered  subtracts the square of the running mean of g from s, which estimates the variance
    """

    rule = "RMSprop"
    remembered = ("square_avg", "grad_avg", "momentum_buffer")
    alpha: float
    eps: float
    weight_decay: float
    momentum: float
    centered: bool

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ):
        super().__init__(
            params, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered
        )

    def constants(self):
        return {
            "weight_decay": self.weight_decay,
            "alpha": self.alpha,
            "renewal": 1 - self.alpha,
            "centered": self.centered,
            "eps": self.eps,
            "momentum": self.momentum,
            "lr": self.lr,
        }


class Adagrad(TableOptimizer):
    """Divides the gradient by the root of the sum of its squares so far: p ← p - lr·g / (√s + eps).

    lr_decay  the learning rate in step t is lr / (1 + (t - 1)·lr_decay)
    """

    rule = "Adagrad"
    remembered = ("sum",)
    lr_decay: float
    weight_decay: float
    initial_accumulator_value: float
    eps: float

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ):
        super().__init__(
            params,
            lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )

    def first(self, name):
        return self.initial_accumulator_value

    def constants(self):
        rate = self.lr / (1 + self.steps * self.lr_decay)
        return {"weight_decay": self.weight_decay, "rate": rate, "eps": self.eps}


class Adam(TableOptimizer):
    """Momentum and RMSprop together, corrected for starting at 0 (Kingma and Ba, 2015).

    betas         the weights of the past in the running means of g and of g²
    weight_decay  adds weight_decay·p to the gradient; AdamW shrinks the parameter instead

    >>> p = Value(3.0)
    >>> optimizer = Adam([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 6)
    2.9
    """

    rule = "Adam"
    remembered = ("exp_avg", "exp_avg_sq")
    betas: tuple[float, float]
    eps: float
    weight_decay: float

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        if len(expect_list(f"{type(self).__name__}: betas", betas)) != 2 or max(map(as_float, betas)) >= 1:
            raise ArgumentError(f"{type(self).__name__}: betas must be two numbers below 1, got {betas!r}.")
        super().__init__(params, lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay)

    def constants(self):
        return {"weight_decay": self.weight_decay, **self._corrected()}

    def _corrected(self):
        beta1, beta2 = self.betas
        t = self.steps + 1
        root = math.sqrt(1 - beta2**t)
        return {
            "renewal1": 1 - beta1,
            "beta2": beta2,
            "renewal2": 1 - beta2,
            "rate": self.lr * root / (1 - beta1**t),
            "eps": self.eps * root,
        }


class AdamW(Adam):
    """Adam with decoupled weight decay, p ← (1 - lr·weight_decay)·p first (Loshchilov and Hutter, 2019)."""

    rule = "AdamW"

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(params, lr, betas, eps, weight_decay)

    def constants(self):
        return {"shrinking": 1 - self.lr * self.weight_decay, **self._corrected()}


def clip_grad_norm_(parameters: "Module | Iterable[Value]", max_norm: float) -> float:
    """Scale all gradients down together so that their Euclidean norm is at most max_norm; returns the norm before.

    Frozen parameters do not count, and keep their gradients.

    >>> a, b = Value(0.0), Value(0.0)
    >>> a.grad, b.grad = 3.0, 4.0
    >>> clip_grad_norm_([a, b], 1.0)
    5.0
    >>> round(a.grad, 5), round(b.grad, 5)
    (0.6, 0.8)
    """
    parameters = _listed("clip_grad_norm_: max_norm", max_norm, parameters)
    norm = math.hypot(*read_grad(parameters))
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        apply_update("scale", parameters, {"factor": factor})
    return norm


def clip_grad_value_(parameters: "Module | Iterable[Value]", clip_value: float) -> None:
    """Limit every gradient to the range from -clip_value to clip_value, but for those of frozen parameters."""
    apply_update("limit", _listed("clip_grad_value_: clip_value", clip_value, parameters), {"limit": clip_value})


def _listed(what: str, limit: float, parameters: "Module | Iterable[Value]") -> list[Value]:
    if not as_float(limit) >= 0:
        raise ArgumentError(f"{what} must be 0 or more, got {limit!r}.")
    given = parameters.parameters() if isinstance(parameters, Module) else expect_list_of(what, parameters, Value)
    if not given:
        raise ArgumentError(f"{what}: there are no parameters. A generator can be gone through once: pass a list.")
    frozen = set(find_frozen(given))
    return [p for i, p in enumerate(given) if i not in frozen] if frozen else given
