"""Losses that ask for a margin: between scores, or between distances. Arguments and values as in nn.losses."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, as_float, dot, equal, maximum, minimum, relu, scope, softplus, sqrt, where
from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.arguments import as_list
from nn.reduction import (
    check_sign,
    check_sizes,
    chosen,
    class_weights,
    each,
    is_batch,
    operand,
    over_examples,
    picked,
    reduced,
    square,
    weight_of,
)


@scope("soft_margin_loss")
def soft_margin_loss(output: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + exp(-target·score)), for a target of -1 or 1: a smooth hinge_loss.

    >>> round(soft_margin_loss(0.0, 1), 6)
    0.693147
    """

    def term(score, t):
        check_sign("soft_margin_loss", t)
        return softplus(-t * score)

    return reduced(each("soft_margin_loss", term, output, target), reduction)


@scope("hinge_embedding_loss")
def hinge_embedding_loss(output: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """For a distance: the distance itself if the target is 1, and max(0, margin - distance) if it is -1.

    >>> hinge_embedding_loss([0.25, 0.25], [1, -1], reduction="none")
    [0.25, 0.75]
    """

    def term(distance, t):
        check_sign("hinge_embedding_loss", t)
        return where(equal(t, 1.0), distance, relu(margin - distance))

    return reduced(each("hinge_embedding_loss", term, output, target), reduction)


@scope("margin_ranking_loss")
def margin_ranking_loss(output1: Any, output2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """max(0, margin - target·(output1 - output2)): the first is to be larger if the target is 1, smaller if it is -1.

    >>> margin_ranking_loss([1.0, 1.0], [3.0, 3.0], [1, -1], reduction="none")
    [2.0, 0.0]
    """

    def term(difference, t):
        check_sign("margin_ranking_loss", t)
        return relu(margin - t * difference)

    differences = each("margin_ranking_loss", lambda a, b: a - b, output1, output2)
    return reduced(each("margin_ranking_loss", term, differences, target), reduction)


@scope("multi_margin_loss")
def multi_margin_loss(
    output: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: "Sequence[float] | None" = None,
    reduction: str = "mean",
) -> Any:
    """A hinge for several classes: the mean over all classes but the right one of max(0, margin - right + score)ᵖ.

    output  a score for each class, or a list of such lists; the mean divides by the number of all classes
    target  the number of the right class, or a list of such
    p       1 or 2
    weight  a number for each class, by which its examples count

    >>> multi_margin_loss([2.0, 1.5, 0.0, 0.0], 0)
    0.125
    """
    if as_float(p) not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: p must be 1 or 2, got {p!r:.60}.")
    scores = output[0] if is_batch("multi_margin_loss", output) else output
    weights = class_weights("multi_margin_loss", weight, len(scores))

    def term(scores, t):
        right = picked("multi_margin_loss", scores, t)
        short = [relu(margin - right + score) for score in scores]
        short = [square(v) for v in short] if p == 2 else short
        # The term of the right class is a number, margin ** p, and is left out.
        if isinstance(t, Value):
            others = [where(is_right, 0.0, v) for is_right, v in zip(chosen("multi_margin_loss", scores, t), short)]
        else:
            others = [v for k, v in enumerate(short) if k != t] or [0.0]
        return weight_of(weights, t) * sum(others) / len(scores)

    return over_examples("multi_margin_loss", term, output, target, reduction, None)


@scope("multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(
    output: Any, target: Any, weight: "Sequence[float] | None" = None, reduction: str = "mean"
) -> Any:
    """For classes that do not exclude one another: the mean over the classes of -log of each one's probability.

    output  a score for each class, or a list of such lists
    target  0 or 1 for each class, or a list of such lists
    weight  a number for each class

    >>> round(multilabel_soft_margin_loss([0.0, 800.0], [1, 1]), 6)
    0.346574
    """
    scores = output[0] if is_batch("multilabel_soft_margin_loss", output) else output
    weights = class_weights("multilabel_soft_margin_loss", weight, len(scores)) or [1.0] * len(scores)

    def term(scores, targets):
        scores, targets = (list(map(operand, as_list(numbers))) for numbers in (scores, targets))
        check_sizes("multilabel_soft_margin_loss", len(scores), len(targets))
        terms = [t * softplus(-score) + (1 - t) * softplus(score) for score, t in zip(scores, targets)]
        return dot(weights, terms) / len(scores)

    return over_examples("multilabel_soft_margin_loss", term, output, target, reduction, None)


@scope("cosine_embedding_loss")
def cosine_embedding_loss(output1: Any, output2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """For two vectors: 1 - cosine of their angle if the target is 1, max(0, cosine - margin) if it is -1.

    >>> cosine_embedding_loss([1.0, 0.0], [0.0, 2.0], 1)
    1.0
    """

    def term(a, b, t):
        a, b = _vectors("cosine_embedding_loss", a, b)
        t = operand(t)
        check_sign("cosine_embedding_loss", t)
        cosine = dot(a, b) / sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12))
        return where(equal(t, 1.0), 1 - cosine, relu(cosine - margin))

    return _over_vectors("cosine_embedding_loss", term, reduction, output1, output2, target)


@scope("triplet_margin_loss")
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, margin + distance(anchor, positive) - distance(anchor, negative)), for vectors or lists of them.

    p     the distance is (Σ |a - b + eps|ᵖ)^(1/p)
    swap  takes the distance from positive to negative where that is smaller than the one from the anchor

    >>> round(triplet_margin_loss([0.0, 0.0], [3.0, 4.0], [0.0, 2.0]), 5)
    4.0
    """

    def distance(a, b):
        apart: list[Any] = [x - y + eps for x, y in zip(a, b)]
        if p == 2:
            return sqrt(dot(apart, apart))
        total: Any = sum([abs(v) ** p for v in apart])
        return total if p == 1 else total ** (1 / p)

    def term(*vectors):
        a, near, far = _vectors("triplet_margin_loss", *vectors)
        away = distance(a, far)
        if swap:
            away = minimum(away, distance(near, far))
        return maximum(margin + distance(a, near) - away, 0.0)

    if not as_float(p) > 0:
        raise ArgumentError(f"triplet_margin_loss: p must be positive, got {p!r:.60}.")
    return _over_vectors("triplet_margin_loss", term, reduction, anchor, positive, negative)


def _over_vectors(name: str, term: Callable, reduction: str, *given: Any) -> Any:
    """term(…) for vectors and what belongs to them, or for each of several."""
    if not is_batch(name, given[0]):
        return reduced(term(*given), reduction)
    several = [expect_list(name, part) for part in given]
    for part in several:
        check_sizes(name, len(several[0]), len(part))
    return reduced([term(*one) for one in zip(*several)], reduction)


def _vectors(name: str, *given: Any) -> list[list[Any]]:
    """Vectors of the same length, as lists."""
    vectors = [list(map(operand, expect_list(name, vector))) for vector in given]
    for vector in vectors:
        check_sizes(name, len(vectors[0]), len(vector))
    return vectors
