"""Optimisers: how the parameters move once their gradients are known; schedules of the learning rate; clipping.

Names, arguments, defaults and results are those of `torch.optim`.
"""

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value, as_float, read_data, read_grad, write_data, write_grad
from autograd.arguments import expect_instance, expect_integer, expect_list, expect_list_of
from autograd.errors import ArgumentError, NotFiniteError
from nn.errors import DivergedError
from nn.modules import Module

LARGE = 200  # from so many parameters on, NumPy is worth its calls


class Optimizer(ABC):
    """What every optimiser is: the parameters it moves, the learning rate `lr`, and `step()`.

    A subclass writes down in `update` how one parameter moves, and names in `remembered` what it keeps for each.
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
            raise ArgumentError(f"{kind}: a parameter is there twice, and would move twice.")
        for name in ("lr", *self._settings):
            numbers = getattr(self, name)
            for number in numbers if isinstance(numbers, tuple) else (numbers,):
                if not isinstance(number, (int, float)) or not 0 <= number < math.inf:
                    raise ArgumentError(f"{kind}: {name} must be 0 or more, got {numbers!r}.")

    def first(self, name: str) -> float:
        """What `name` of `remembered` is before the first step."""
        return 0.0

    @abstractmethod
    def update(self, sqrt, p, g, *state) -> tuple:
        """Where a parameter p with gradient g goes, and the new `state`, one number for each name in `remembered`.

        Written with arithmetic and `sqrt` only, so that it works on floats and, all parameters at once, on arrays.
        """

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        write_grad(self.params, array("d", bytes(8 * len(self.params))))

    def step(self) -> None:
        """Move every parameter once, by its gradient.

        Raises DivergedError, a kind of OverflowError, when a parameter would not be finite; then nothing has changed.
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
        """The new numbers and states, lists of floats."""
        moved = []
        for i, (p, g, *state) in enumerate(zip(data, grads, *self.state)):
            try:
                moved.append(self.update(math.sqrt, p, g, *state))
            except ArithmeticError:
                raise self._diverged(i, math.nan) from None
        return map(list, zip(*moved))

    def _on_arrays(self, data: "array[float]", grads: "array[float]") -> Any:
        """The same, bit for bit, with NumPy if it is there."""
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
        """What the next steps depend on beside the parameters: numbers, and a list of them for each of `remembered`."""
        settings = {name: getattr(self, name) for name in ("steps", "lr", *self._settings)}
        return settings | {name: list(map(float, column)) for name, column in zip(self.remembered, self.state)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Raises ArgumentError when it comes from another kind of optimiser, or from one with other parameters.
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
                    f'{kind}: "{name}" in the state has {len(state[name])} numbers, and there are '
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
    """Whether both are numbers, or both as many of them."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    return isinstance(a, (int, float)) and isinstance(b, (int, float))


class SGD(Optimizer):
    """Gradient descent: p ← p - lr·g, where g is the gradient, or with momentum a sum of past gradients.

    momentum      the share of the past that is kept: v ← momentum·v + (1 - dampening)·g, and v replaces g
    weight_decay  adds weight_decay·p to the gradient
    nesterov      look ahead: g + momentum·v replaces g

    >>> p = Value(3.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 12)
    2.4

    Raises ArgumentError for settings below 0, and for Nesterov without momentum.
    """

    remembered = ("momentum_buffer",)
    momentum: float
    dampening: float
    weight_decay: float
    nesterov: bool

    def __init__(
        self,
        params: Iterable[Value],
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

    def update(self, sqrt, p, g, *state):
        v = state[0]
        if self.weight_decay:
            g = g + self.weight_decay * p
        if self.momentum:
            v = self.momentum * v + (1 - self.dampening) * g if self.steps else g
            g = g + self.momentum * v if self.nesterov else v
        return p - self.lr * g, v


class RMSprop(Optimizer):
    """Divides the gradient by a running root mean square of itself: p ← p - lr·g / (√s + eps).

    alpha     the share of the past in s ← alpha·s + (1 - alpha)·g²
    centered  subtract the square of the running mean of g from s: an estimate of the variance
    """

    remembered = ("square_avg", "grad_avg", "momentum_buffer")
    alpha: float
    eps: float
    weight_decay: float
    momentum: float
    centered: bool

    def __init__(
        self,
        params: Iterable[Value],
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

    def update(self, sqrt, p, g, *state):
        s, mean, v = state
        if self.weight_decay:
            g = g + self.weight_decay * p
        s = self.alpha * s + (1 - self.alpha) * g * g
        spread = s
        if self.centered:
            mean = mean + (1 - self.alpha) * (g - mean)
            spread = s - mean * mean
        g = g / (sqrt(spread) + self.eps)
        if self.momentum:
            v = self.momentum * v + g
            g = v
        return p - self.lr * g, s, mean, v


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of its squares so far: p ← p - lr·g / (√s + eps).

    lr_decay  the learning rate in step t is lr / (1 + (t - 1)·lr_decay)
    """

    remembered = ("sum",)
    lr_decay: float
    weight_decay: float
    initial_accumulator_value: float
    eps: float

    def __init__(
        self,
        params: Iterable[Value],
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

    def update(self, sqrt, p, g, *state):
        if self.weight_decay:
            g = g + self.weight_decay * p
        s = state[0] + g * g
        return p - self.lr / (1 + self.steps * self.lr_decay) * (g / (sqrt(s) + self.eps)), s


class Adam(Optimizer):
    """Momentum and RMSprop together, corrected for starting at 0 (Kingma and Ba, 2015).

    betas         the shares of the past in the running means of g and of g²
    weight_decay  adds weight_decay·p to the gradient; AdamW takes it off the parameter instead

    >>> p = Value(3.0)
    >>> optimizer = Adam([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 6)
    2.9
    """

    remembered = ("exp_avg", "exp_avg_sq")
    betas: tuple[float, float]
    eps: float
    weight_decay: float

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        if len(expect_list(f"{type(self).__name__}: betas", betas)) != 2 or max(map(as_float, betas)) >= 1:
            raise ArgumentError(f"{type(self).__name__}: betas must be two numbers below 1, got {betas!r}.")
        super().__init__(params, lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay)

    def update(self, sqrt, p, g, *state):
        if self.weight_decay:
            g = g + self.weight_decay * p
        return self._adapted(sqrt, p, g, *state)

    def _adapted(self, sqrt, p, g, m, v):
        b1, b2 = self.betas
        t = self.steps + 1
        m = m + (1 - b1) * (g - m)
        v = b2 * v + (1 - b2) * g * g
        return p - self.lr / (1 - b1**t) * m / (sqrt(v) / math.sqrt(1 - b2**t) + self.eps), m, v


class AdamW(Adam):
    """Adam with the weight decay taken off the parameter, p ← (1 - lr·weight_decay)·p (Loshchilov and Hutter, 2019)."""

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(self, sqrt, p, g, *state):
        return self._adapted(sqrt, p * (1 - self.lr * self.weight_decay), g, *state)


class Schedule(ABC):
    """Sets the learning rate of an optimiser: lr = the one it had at first × factor(k), after k calls of `step()`."""

    def __init__(self, optimizer: Optimizer):
        expect_instance(type(self).__name__, optimizer, Optimizer, "an")
        self.optimizer, self.base_lr, self.steps = optimizer, optimizer.lr, 0
        self._set()

    @abstractmethod
    def factor(self, k: int) -> float:
        """By what the first learning rate is multiplied after k steps."""

    def step(self) -> None:
        """Go one step on."""
        self.steps += 1
        self._set()

    def _set(self) -> None:
        self.optimizer.lr = self.base_lr * self.factor(self.steps)

    def state_dict(self) -> dict[str, float]:
        """Where the schedule is."""
        return {"steps": self.steps, "base_lr": self.base_lr}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Go on from what `state_dict` returned."""
        self.steps, self.base_lr = int(state["steps"]), state["base_lr"]
        self._set()


class StepLR(Schedule):
    """Multiplies the learning rate by gamma every `step_size` steps.

    >>> optimizer = SGD([Value(1.0)], lr=0.8)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [(schedule.step(), optimizer.lr)[1] for _ in range(4)]
    [0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        self.step_size, self.gamma = expect_integer("StepLR: step_size", step_size), as_float(gamma)
        super().__init__(optimizer)

    def factor(self, k):
        return self.gamma ** (k // self.step_size)


class ExponentialLR(Schedule):
    """Multiplies the learning rate by gamma every step."""

    def __init__(self, optimizer: Optimizer, gamma: float):
        self.gamma = as_float(gamma)
        super().__init__(optimizer)

    def factor(self, k):
        return self.gamma**k


class CosineAnnealingLR(Schedule):
    """Half a cosine wave from the first learning rate down to eta_min in T_max steps (Loshchilov and Hutter, 2017)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.T_max, self.eta_min = expect_integer("CosineAnnealingLR: T_max", T_max), as_float(eta_min)
        super().__init__(optimizer)

    def factor(self, k):
        low = self.eta_min / self.base_lr
        return low + (1 - low) * (1 + math.cos(math.pi * (k / self.T_max))) / 2


class LinearLR(Schedule):
    """A straight line from start_factor to end_factor times the first learning rate in total_iters steps; then flat."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        self.start_factor, self.end_factor = as_float(start_factor), as_float(end_factor)
        self.total_iters = expect_integer("LinearLR: total_iters", total_iters)
        super().__init__(optimizer)

    def factor(self, k):
        share = min(k, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share


class WarmupDecayLR(Schedule):
    """Up in a straight line from 0 during the first `warmup` steps, and down in one to 0 at step `total`.

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

    def factor(self, k):
        if k < self.warmup:
            return k / self.warmup
        return max(0.0, (self.total - k) / (self.total - self.warmup))


def clip_grad_norm_(parameters: "Module | Iterable[Value]", max_norm: float) -> float:
    """Scale all gradients down together so that their Euclidean norm is at most max_norm; returns what it was.

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
        for p in parameters:
            p.grad *= factor
    return norm


def clip_grad_value_(parameters: "Module | Iterable[Value]", clip_value: float) -> None:
    """Bring every gradient into the range from -clip_value to clip_value."""
    for p in _listed("clip_grad_value_: clip_value", clip_value, parameters):
        p.grad = min(max(p.grad, -clip_value), clip_value)


def _listed(what: str, limit: float, parameters: "Module | Iterable[Value]") -> list[Value]:
    if not as_float(limit) >= 0:
        raise ArgumentError(f"{what} must be 0 or more, got {limit!r}.")
    return parameters.parameters() if isinstance(parameters, Module) else expect_list_of(what, parameters, Value)
