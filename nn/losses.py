"""Losses: how wrong an output is, as one Value to minimise.

Each takes (output, target) of one example, or lists of them for several, with the names and meanings of
`torch.nn.functional`. `reduction` says how several terms are combined: "mean", "sum", or "none" for the list itself.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, overload

from autograd import (
    Value,
    as_float,
    dot,
    equal,
    exp,
    is_recording,
    less,
    log,
    log1p,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    relu,
    scope,
    softplus,
    where,
)
from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.module import Module
from nn.reduction import (
    check_sign,
    check_sizes,
    chosen,
    class_weights,
    each,
    float_of,
    is_batch,
    is_list,
    operand,
    over_examples,
    picked,
    reduced,
    square,
    sum_of_chosen,
    weight_of,
)
from nn.types import N, Nested, Scores, ToNumber


@overload
def mse_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def mse_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("mse_loss")
@scope("mse_loss")
def mse_loss(output, target, reduction="mean"):
    """The squared error (output - target)².

    >>> mse_loss([1.0, 4.0], [0.0, 2.0])
    2.5

    Raises ArgumentError if the sizes differ or the reduction is unknown; so do all losses.
    """
    return reduced(each("mse_loss", lambda o, t: square(o - t), output, target), reduction)


@overload
def l1_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def l1_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("l1_loss")
@scope("l1_loss")
def l1_loss(output, target, reduction="mean"):
    """The absolute error |output - target|.

    >>> l1_loss([1.0, 4.0], [0.0, 2.0], reduction="sum")
    3.0
    """
    return reduced(each("l1_loss", lambda o, t: abs(o - t), output, target), reduction)


@overload
def huber_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean", delta: float = 1.0) -> N: ...
@overload
def huber_loss(output: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any: ...
@scope("huber_loss")
@scope("huber_loss")
def huber_loss(output, target, reduction="mean", delta: float = 1.0):
    """Half the squared error up to an error of `delta`, and a straight line beyond: δ·(|output - target| - δ/2).

    >>> huber_loss([0.5, 4.0], [0.0, 2.0], reduction="none")
    [0.125, 1.5]
    """
    delta = as_float(delta)

    def term(o, t):
        size = abs(o - t)
        inner = minimum(size, delta)
        return 0.5 * square(inner) + delta * (size - inner)

    return reduced(each("huber_loss", term, output, target), reduction)


@scope("smooth_l1_loss")
def smooth_l1_loss(output: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """huber_loss divided by its delta, here called beta; with beta 0 it is l1_loss.

    >>> smooth_l1_loss([0.5, 4.0], [0.0, 2.0], reduction="none", beta=2.0)
    [0.0625, 1.0]
    """
    if as_float(beta) == 0:
        return l1_loss(output, target, reduction)

    def term(o, t):
        size = abs(o - t)
        inner = minimum(size, beta)
        return 0.5 * square(inner) / beta + (size - inner)

    return reduced(each("smooth_l1_loss", term, output, target), reduction)


@overload
def hinge_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def hinge_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("hinge_loss")
@scope("hinge_loss")
def hinge_loss(output, target, reduction="mean"):
    """max(0, 1 - target·score), for a target of -1 or 1: 0 if the score has the same sign and is at least 1 in size.

    >>> hinge_loss([0.25, 3.0], [1, 1], reduction="none")
    [0.75, 0.0]
    """

    def term(score, t):
        check_sign("hinge_loss", t)
        return relu(1 + -t * score)

    return reduced(each("hinge_loss", term, output, target), reduction)


@overload
def binary_cross_entropy_with_logits(
    output: Nested[N], target: Any, reduction: ToNumber = "mean", pos_weight: float = 1.0
) -> N: ...
@overload
def binary_cross_entropy_with_logits(
    output: Any, target: Any, reduction: str = "mean", pos_weight: float = 1.0
) -> Any: ...
@scope("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(output, target, reduction="mean", pos_weight: float = 1.0):
    """-log of the probability that sigmoid(output) gives to the target: 0, 1, or a probability in between.

    pos_weight  how much more an example of class 1 counts than one of class 0

    >>> round(binary_cross_entropy_with_logits(0.0, 1), 6)
    0.693147
    >>> binary_cross_entropy_with_logits(800.0, 0)
    800.0
    """

    pos_weight = as_float(pos_weight)
    if not pos_weight >= 0:
        raise ArgumentError(f"binary_cross_entropy_with_logits: pos_weight must be 0 or more, got {pos_weight!r}.")

    def term(logit, t):
        if not isinstance(t, Value) and not 0 <= t <= 1:
            raise ArgumentError(f"binary_cross_entropy_with_logits: the target must be from 0 to 1, got {t:g}.")
        if isinstance(t, Value) or 0 < t < 1:
            return (t if pos_weight == 1 else pos_weight * t) * softplus(-logit) + (1 - t) * softplus(logit)
        if t == 0:
            return softplus(logit)
        return softplus(-logit) if pos_weight == 1 else pos_weight * softplus(-logit)

    return reduced(each("binary_cross_entropy_with_logits", term, output, target), reduction)


@scope("binary_cross_entropy")
def binary_cross_entropy(output: Any, target: Any, reduction: str = "mean") -> Any:
    """-log of the probability of the target, 0 or 1 or in between, where the output is the probability of 1.

    After Sigmoid, binary_cross_entropy_with_logits without it is the same and keeps more digits. As in PyTorch no
    logarithm is below -100, so that a probability of 0 has a loss.

    >>> binary_cross_entropy([0.5, 0.0], [1, 1], reduction="none")
    [0.6931471805599453, 100.0]
    """

    def term(p, t):
        for name, number in (("output", p), ("target", t)):
            if not isinstance(number, Value) and not 0 <= number <= 1:
                raise ArgumentError(f"binary_cross_entropy: the {name} must be from 0 to 1, got {number:g}.")
        yes = where(equal(p, 0.0), -100.0, lambda: maximum(log(p), -100.0))
        no = where(equal(p, 1.0), -100.0, lambda: log1p(-p))
        return -(t * yes + (1 - t) * no)

    return reduced(each("binary_cross_entropy", term, output, target), reduction)


@overload
def cross_entropy(
    output: Scores[N],
    target: Any,
    reduction: ToNumber = "mean",
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    weight: "Sequence[float] | None" = None,
) -> N: ...
@overload
def cross_entropy(
    output: Any,
    target: Any,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    weight: "Sequence[float] | None" = None,
) -> Any: ...
@scope("cross_entropy")
def cross_entropy(
    output, target, reduction="mean", label_smoothing: float = 0.0, ignore_index: int = -100, weight=None
):
    """-log of the probability that softmax(output) gives to the target.

    output           a score (logit) for each class, or a list of such lists
    target           the number of the right class, from 0; or a probability for each class; or a list of such
    label_smoothing  the share of the target that is spread evenly over all classes
    ignore_index     in a list of classes, the number that means none: such entries are ignored
    weight           a number for each class, by which its examples count, such as nn.data.class_weights(train). As in
                     PyTorch, the mean of several is divided by the sum of their weights. A single example, though, has
                     its weight times its loss, where PyTorch divides the weight out again: so the weights count in
                     `fit`, which averages the losses of single examples

    >>> round(cross_entropy([0.0, 0.0], 1), 6)
    0.693147
    >>> round(cross_entropy([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]], [0, 2]), 6)
    1.667234
    """
    label_smoothing = as_float(label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing must be from 0 to 1, got {label_smoothing!r}.")
    scores = output[0] if is_batch("cross_entropy", output) else output
    weight = class_weights("cross_entropy", weight, len(scores))

    def term(o, t):
        return _cross_entropy(o, t, label_smoothing, weight)

    return over_examples("cross_entropy", term, output, target, reduction, ignore_index, weight)


@overload
def nll_loss(
    output: Scores[N],
    target: Any,
    reduction: ToNumber = "mean",
    ignore_index: int = -100,
    weight: "Sequence[float] | None" = None,
) -> N: ...
@overload
def nll_loss(
    output: Any,
    target: Any,
    reduction: str = "mean",
    ignore_index: int = -100,
    weight: "Sequence[float] | None" = None,
) -> Any: ...
@scope("nll_loss")
def nll_loss(output, target, reduction="mean", ignore_index: int = -100, weight=None):
    """Minus the entry for the target class in a list of log-probabilities: after log_softmax, the cross-entropy.

    The arguments are those of cross_entropy.

    >>> nll_loss([-0.5, -1.0, -3.0], 2)
    3.0
    """
    scores = output[0] if is_batch("nll_loss", output) else output
    weight = class_weights("nll_loss", weight, len(scores))

    def term(o, t):
        logarithm = picked("nll_loss", o, t)
        if not is_recording() and float_of(logarithm) > 0:
            raise ArgumentError(
                f"nll_loss: the logarithm of a probability is at most 0, got {float_of(logarithm)!r}. Apply "
                "autograd.log_softmax to the scores first, or write nn.cross_entropy, which does so."
            )
        loss = -logarithm
        return loss if weight is None else weight_of(weight, t) * loss

    return over_examples("nll_loss", term, output, target, reduction, ignore_index, weight)


@scope("kl_div")
def kl_div(output: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """target · (log(target) - output): how far the distribution `target` is from the one with the logarithms `output`.

    output      logarithms of probabilities, such as from log_softmax
    target      probabilities, or with log_target their logarithms
    reduction   the divergence is the "sum"; "mean" divides it by the number of all elements, "batchmean" by the length
                of the output, which is a list of lists then

    >>> round(kl_div([math.log(0.5), math.log(0.5)], [0.25, 0.75], reduction="sum"), 6)
    0.130812
    """

    def term(o, t):
        if log_target:
            return exp(t) * (t - o)
        if isinstance(t, Value):
            return where(equal(t, 0.0), 0.0, lambda: t * log(t)) - t * o
        if not t >= 0:
            raise ArgumentError(f"kl_div: a probability must be 0 or more, got {t:g}. Logarithms need log_target=True.")
        return t * (math.log(t) - o) if t else 0.0

    terms = each("kl_div", term, output, target)
    if isinstance(reduction, str) and reduction == "batchmean":
        return reduced(terms, "sum") / len(terms) if isinstance(terms, list) else terms
    return reduced(terms, reduction)


@scope("poisson_nll_loss")
def poisson_nll_loss(
    output: Any, target: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """-log of the probability of a count, the target, under a Poisson distribution with the mean exp(output).

    log_input  if False, the output is the mean itself, and the loss is output - target·log(output + eps)
    full       adds Stirling's approximation of log(target!), which does not depend on the output

    >>> poisson_nll_loss([0.0, 0.0], [2.0, 0.0])
    1.0
    """

    def factorial(t):
        return t * log(t) - t + 0.5 * log(2 * math.pi * t)

    def term(o, t):
        loss = exp(o) - t * o if log_input else o - t * log(o + eps)
        return loss + where(less(1.0, t), lambda: factorial(t), 0.0) if full else loss

    return reduced(each("poisson_nll_loss", term, output, target), reduction)


@scope("gaussian_nll_loss")
def gaussian_nll_loss(
    output: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """-log of the density of the target under a normal distribution with mean `output` and variance `var`.

    var   a number, or a list like the output; it counts as at least eps
    full  adds log(2π) / 2, which depends on nothing

    >>> gaussian_nll_loss([1.0, 2.0], [1.0, 4.0], [1.0, 1.0])
    1.0
    """
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0

    def term(difference, variance):
        if not isinstance(variance, Value) and not variance >= 0:
            raise ArgumentError(f"gaussian_nll_loss: a variance must be 0 or more, got {variance:g}.")
        variance = maximum(variance, eps)
        return 0.5 * (log(variance) + square(difference) / variance) + constant

    differences = each("gaussian_nll_loss", lambda o, t: o - t, output, target)
    if not hasattr(var, "__iter__"):
        var = operand(var)
        return reduced(each("gaussian_nll_loss", lambda d, _: term(d, var), differences, differences), reduction)
    return reduced(each("gaussian_nll_loss", term, differences, var), reduction)


def l1_penalty(parameters: "Module | Iterable[Value]", strength: float) -> Value:
    """strength · Σ|p| over the parameters of a module, or a list of them; added to a loss it pulls weights towards 0.

    >>> l1_penalty([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    return as_float(strength) * sum([abs(p) for p in _parameters("l1_penalty", parameters)])


def l2_penalty(parameters: "Module | Iterable[Value]", strength: float) -> Value:
    """strength · Σp² over the parameters of a module, or a list of them; added to a loss it keeps weights small.

    >>> l2_penalty([Value(3.0), Value(-4.0)], 0.5).data
    12.5
    """
    return as_float(strength) * sum([p * p for p in _parameters("l2_penalty", parameters)])


def _parameters(name: str, parameters) -> list:
    if isinstance(parameters, Module):
        return parameters.parameters()
    found = list(map(operand, expect_list(name, parameters)))
    if not found:
        raise ArgumentError(f"{name}: there are no parameters. A generator can be gone through once: pass a list.")
    return found


def _check_probabilities(numbers: list) -> None:
    """Raise ArgumentError for numbers that are no probabilities, where they are known."""
    if any(isinstance(number, Value) for number in numbers):
        return
    if not all(0 <= number <= 1 for number in numbers):
        raise ArgumentError(
            f"cross_entropy: a list as target holds the probability of each class, from 0 to 1, got {numbers!r:.60}. "
            "The class of one example is an integer."
        )


def _cross_entropy(scores, target, smoothing: float, weight: "list[float] | None"):
    classes = len(scores)
    if is_list(target):
        probabilities = list(map(operand, target))
        check_sizes("cross_entropy", len(scores), len(probabilities))
        _check_probabilities(probabilities)
        shares = [(1 - smoothing) * p + smoothing / classes for p in probabilities]
        if weight is not None:
            shares = [share * w for share, w in zip(shares, weight)]
        return -sum([share * log_p for share, log_p in zip(shares, log_softmax(scores))])
    # Scores are compared with the right one first: that keeps all digits of a loss near 0. The right one itself is the
    # number 0, or else the two halves of its gradient would cancel.
    if isinstance(target, Value):
        rights = chosen("cross_entropy", scores, target)
        right = sum_of_chosen(scores, rights)
        hard = logsumexp([where(is_right, 0.0, score - right) for score, is_right in zip(scores, rights)])
    else:
        right = picked("cross_entropy", scores, target)
        hard = logsumexp([0.0 if score is right else score - right for score in scores])
    if weight is not None:
        hard = weight_of(weight, target) * hard
    if smoothing == 0:
        return hard
    spread: Any = log_softmax(scores)
    return (1 - smoothing) * hard - smoothing / classes * (sum(spread) if weight is None else dot(weight, spread))
