"""Losses: how wrong an output is, as one Value to minimise.

Each takes (output, target) of one example, or lists of them for several, with the names and meanings of
`torch.nn.functional`. `reduction` says how several terms are combined: "mean", "sum", or "none" for the list itself.
"""

from collections.abc import Callable, Iterable
from typing import Any, overload

from autograd import Value, as_float, equal, log_softmax, logsumexp, minimum, relu, scope, softplus, step, take, where
from autograd import mean as mean_of
from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.arguments import as_list
from nn.module import Module
from nn.types import N, Nested, Scores, ToNumber


@overload
def mse_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def mse_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("mse_loss")
def mse_loss(output, target, reduction="mean"):
    """The squared error (output - target)².

    >>> mse_loss([1.0, 4.0], [0.0, 2.0])
    2.5

    Raises ArgumentError if the sizes differ or the reduction is unknown; so do all losses.
    """
    return _reduced(_each("mse_loss", lambda o, t: _square(o - t), output, target), reduction)


@overload
def l1_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def l1_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("l1_loss")
def l1_loss(output, target, reduction="mean"):
    """The absolute error |output - target|.

    >>> l1_loss([1.0, 4.0], [0.0, 2.0], reduction="sum")
    3.0
    """
    return _reduced(_each("l1_loss", lambda o, t: abs(o - t), output, target), reduction)


@overload
def huber_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean", delta: float = 1.0) -> N: ...
@overload
def huber_loss(output: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any: ...
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
        return 0.5 * _square(inner) + delta * (size - inner)

    return _reduced(_each("huber_loss", term, output, target), reduction)


@overload
def hinge_loss(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def hinge_loss(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("hinge_loss")
def hinge_loss(output, target, reduction="mean"):
    """max(0, 1 - target·score), for a target of -1 or 1: 0 if the score has the same sign and is at least 1 in size.

    >>> hinge_loss([0.25, 3.0], [1, 1], reduction="none")
    [0.75, 0.0]
    """

    def term(score, t):
        if not isinstance(t, Value) and t not in (-1, 1):
            raise ArgumentError(f"hinge_loss: the target must be -1 or 1, got {t:g}. For 0 and 1 write 2 * t - 1.")
        return relu(1 + -t * score)

    return _reduced(_each("hinge_loss", term, output, target), reduction)


@overload
def binary_cross_entropy_with_logits(output: Nested[N], target: Any, reduction: ToNumber = "mean") -> N: ...
@overload
def binary_cross_entropy_with_logits(output: Any, target: Any, reduction: str = "mean") -> Any: ...
@scope("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(output, target, reduction="mean"):
    """-log of the probability that sigmoid(output) gives to the target: 0, 1, or a probability in between.

    >>> round(binary_cross_entropy_with_logits(0.0, 1), 6)
    0.693147
    >>> binary_cross_entropy_with_logits(800.0, 0)
    800.0
    """

    def term(logit, t):
        if not isinstance(t, Value) and not 0 <= t <= 1:
            raise ArgumentError(f"binary_cross_entropy_with_logits: the target must be from 0 to 1, got {t:g}.")
        if isinstance(t, Value) or 0 < t < 1:
            return t * softplus(-logit) + (1 - t) * softplus(logit)
        return softplus(-logit) if t == 1 else softplus(logit)

    return _reduced(_each("binary_cross_entropy_with_logits", term, output, target), reduction)


@overload
def cross_entropy(
    output: Scores[N], target: Any, reduction: ToNumber = "mean", label_smoothing: float = 0.0, ignore_index: int = -100
) -> N: ...
@overload
def cross_entropy(
    output: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0, ignore_index: int = -100
) -> Any: ...
@scope("cross_entropy")
def cross_entropy(output, target, reduction="mean", label_smoothing: float = 0.0, ignore_index: int = -100):
    """-log of the probability that softmax(output) gives to the target.

    output           a score (logit) for each class, or a list of such lists
    target           the number of the right class, from 0; or a probability for each class; or a list of such
    label_smoothing  the share of the target that is spread evenly over all classes
    ignore_index     in a list of classes, the number that means none: such entries are ignored

    >>> round(cross_entropy([0.0, 0.0], 1), 6)
    0.693147
    >>> round(cross_entropy([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]], [0, 2]), 6)
    1.667234
    """
    label_smoothing = as_float(label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing must be from 0 to 1, got {label_smoothing!r}.")
    return _over_examples(
        "cross_entropy", lambda o, t: _cross_entropy(o, t, label_smoothing), output, target, reduction, ignore_index
    )


@overload
def nll_loss(output: Scores[N], target: Any, reduction: ToNumber = "mean", ignore_index: int = -100) -> N: ...
@overload
def nll_loss(output: Any, target: Any, reduction: str = "mean", ignore_index: int = -100) -> Any: ...
@scope("nll_loss")
def nll_loss(output, target, reduction="mean", ignore_index: int = -100):
    """Minus the entry for the target class in a list of log-probabilities: after log_softmax, the cross-entropy.

    >>> nll_loss([-0.5, -1.0, -3.0], 2)
    3.0
    """
    return _over_examples("nll_loss", lambda o, t: -_picked("nll_loss", o, t), output, target, reduction, ignore_index)


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
    return list(map(_operand, expect_list(name, parameters)))


def _square(x):
    return x * x


def _each(name: str, term: Callable, output, target):
    """term(o, t) for corresponding numbers in two nested lists; a single number is the same as a list of one."""
    if isinstance(output, (list, tuple)):
        targets = as_list(target)
        _check_sizes(name, len(output), len(targets))
        return [_each(name, term, o, t) for o, t in zip(output, targets)]
    if hasattr(target, "__iter__"):
        target = list(target)
        _check_sizes(name, 1, len(target))
        target = target[0]
    return term(_operand(output), _operand(target))


def _operand(thing):
    """A Value unchanged, anything else as a float."""
    return thing if isinstance(thing, Value) else as_float(thing)


def _over_examples(name: str, term: Callable, output, target, reduction: str, ignore_index: int):
    """term(scores, target) for one list of scores, or for several, combined as `reduction` says."""
    if not isinstance(output, (list, tuple)) or len(output) < 1:
        raise ArgumentError(
            f"{name}: expected a list with a score for each class, got {output!r:.60}. "
            "Give the last layer as many neurons as there are classes."
        )
    if not isinstance(output[0], (list, tuple)):
        return _reduced(term(output, target), reduction)
    term, targets = scope("example")(term), as_list(target)
    _check_sizes(name, len(output), len(targets))
    shares = [_counts(t, ignore_index) for t in targets]
    terms = [
        0.0 if share is False else term(o, t) if share is True else share * term(o, where(share, t, 0.0))
        for o, t, share in zip(output, targets, shares)
    ]
    if reduction != "mean" or all(share is True for share in shares):
        return _reduced(terms, reduction)
    if not any(share is not False for share in shares):
        raise ArgumentError(f"{name}: all targets are {ignore_index}, which means none, so there is no mean.")
    return sum(terms) / sum(shares)


def _counts(target, ignore_index: int):
    """Whether a target counts; for a target that is a Value, a 1 or 0 computed in the graph."""
    if isinstance(target, Value):
        return step(abs(target - ignore_index) - 0.5)
    return hasattr(target, "__iter__") or target != ignore_index


def _check_sizes(name: str, outputs: int, targets: int) -> None:
    if outputs != targets:
        raise ArgumentError(
            f"{name}: expected as many targets as outputs, got {outputs} outputs and {targets} targets."
        )


def _cross_entropy(scores, target, smoothing: float):
    if hasattr(target, "__iter__"):
        probabilities = list(map(_operand, target))
        _check_sizes("cross_entropy", len(scores), len(probabilities))
        shares = [(1 - smoothing) * p + smoothing / len(scores) for p in probabilities]
        return -sum([share * log_p for share, log_p in zip(shares, log_softmax(scores))])
    # Scores are compared with the right one first: that keeps all digits of a loss near 0. The right one itself is the
    # number 0, or else the two halves of its gradient would cancel.
    if isinstance(target, Value):
        chosen = _chosen("cross_entropy", scores, target)
        right = _sum_of_chosen(scores, chosen)
        hard = logsumexp([where(is_right, 0.0, score - right) for score, is_right in zip(scores, chosen)])
    else:
        right = _picked("cross_entropy", scores, target)
        hard = logsumexp([0.0 if score is right else score - right for score in scores])
    if smoothing == 0:
        return hard
    return (1 - smoothing) * hard - smoothing / len(scores) * sum(log_softmax(scores))


def _picked(name: str, scores, target):
    """The entry of `scores` with the index `target`, which may be a Value that the graph depends on."""
    if isinstance(target, Value):
        return _sum_of_chosen(scores, _chosen(name, scores, target))
    if type(target) is bool or not as_float(target).is_integer() or not 0 <= target < len(scores):
        raise _no_class(name, scores, target)
    return scores[int(target)]


def _no_class(name: str, scores, target):
    return ArgumentError(
        f"{name}: the target must be a class from 0 to {len(scores) - 1}, got {target!r}. "
        "Number the classes from 0, and give the last layer a neuron for each."
    )


def _chosen(name: str, scores, target: Value):
    """For each score 1.0 if the target is its class, else 0.0."""
    try:
        take([0.0] * len(scores), target)  # raises an error for a target that is not a class, also in a replay
    except (LookupError, ValueError):
        raise _no_class(name, scores, target) from None
    return [equal(target, k) for k in range(len(scores))]


def _sum_of_chosen(scores, chosen):
    return sum([where(is_right, score, 0.0) for score, is_right in zip(scores, chosen)])


def _reduced(terms, reduction: str):
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f'reduction: expected "mean", "sum" or "none", got {reduction!r}.')
    if reduction == "none" or not isinstance(terms, list):
        return terms
    flat = _flat(terms)
    return mean_of(flat) if reduction == "mean" else sum(flat)


def _flat(terms: list) -> list:
    flat: list = []
    for term in terms:
        flat.extend(_flat(term) if isinstance(term, list) else [term])
    return flat
