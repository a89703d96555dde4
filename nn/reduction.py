"""How losses go through lists of outputs and targets, and combine what they find."""

from collections.abc import Callable
from typing import Any

from autograd import Value, as_float, equal, is_recording, scope, step, take, where
from autograd import mean as mean_of
from autograd.errors import ArgumentError
from nn.arguments import as_list


def square(x: Any) -> Any:
    """x², as a product."""
    return x * x


def each(name: str, term: Callable, output: Any, target: Any) -> Any:
    """term(o, t) for corresponding numbers in two nested lists; a single number is the same as a list of one.

    >>> each("loss", lambda o, t: o - t, [1.0, [2.0]], [3.0, [5.0]])
    [-2.0, [-3.0]]
    """
    if isinstance(output, (list, tuple)):
        targets = as_list(target)
        check_sizes(name, len(output), len(targets))
        return [each(name, term, o, t) for o, t in zip(output, targets)]
    output = operand(output)
    if is_list(target):
        target = list(target)
        check_sizes(name, 1, len(target))
        target = target[0]
    return term(output, operand(target))


def is_list(thing: Any) -> bool:
    """Whether a thing is several: a list or an array, but no text."""
    return hasattr(thing, "__iter__") and not isinstance(thing, (str, bytes))


def operand(thing: Any) -> Any:
    """A Value unchanged, anything else as a float."""
    return thing if isinstance(thing, Value) else as_float(thing)


def check_sign(name: str, target: Any) -> None:
    """Raise ArgumentError for a target that is known and neither -1 nor 1."""
    known = None if isinstance(target, Value) and is_recording() else float_of(target)
    if known is not None and known not in (-1, 1):
        raise ArgumentError(
            f"{name}: the target must be -1 or 1, got {known:g}. For 0 and 1 write 2 * t - 1. The output comes first."
        )


def float_of(number: Any) -> float:
    """The number of a Value, and any other number as it is."""
    return number.data if isinstance(number, Value) else number


def is_batch(name: str, output: Any) -> bool:
    """Whether these are the scores of several examples: lists in a list. Raises ArgumentError for no list at all."""
    if not isinstance(output, (list, tuple)) or len(output) < 1:
        raise ArgumentError(
            f"{name}: expected a list with a score for each class, got {output!r:.60}. "
            "Give the last layer as many neurons as there are classes."
        )
    return isinstance(output[0], (list, tuple))


def over_examples(
    name: str, term: Callable, output: Any, target: Any, reduction: str, ignore_index: "int | None", weight: Any = None
) -> Any:
    """term(scores, target) for one list of scores, or for several, combined as `reduction` says.

    weight  of each class, with which `term` has multiplied; a mean is that of the weights
    """
    if not is_batch(name, output):
        return reduced(term(output, _counted(name, target, ignore_index)), reduction)
    term, targets = scope("example")(term), as_list(target)
    check_sizes(name, len(output), len(targets))
    shares = [_counts(t, ignore_index) for t in targets]
    targets = [t if share is True else where(share, t, 0.0) for t, share in zip(targets, shares)]
    terms = [
        0.0 if share is False else term(o, t) if share is True else share * term(o, t)
        for o, t, share in zip(output, targets, shares)
    ]
    if reduction != "mean" or (weight is None and all(share is True for share in shares)):
        return reduced(terms, reduction)
    if not any(share is not False for share in shares):
        raise ArgumentError(f"{name}: all targets are {ignore_index}, which means none, so there is no mean.")
    counted = [(t, share) for t, share in zip(targets, shares) if share is not False]
    return sum(terms) / sum([share * weight_of(weight, t) for t, share in counted])


def weight_of(weight: "list[float] | None", target: Any) -> Any:
    """The weight of a class; 1 for probabilities of classes, and where there are no weights."""
    if weight is None or is_list(target):
        return 1.0
    return take(weight, target)


def class_weights(name: str, weight: Any, classes: int) -> "list[float] | None":
    """A weight for each class as a float, or None. Raises ArgumentError for another number of them."""
    if weight is None:
        return None
    weights = [as_float(w) for w in as_list(weight)]
    if len(weights) != classes or min(weights) < 0:
        raise ArgumentError(
            f"{name}: weight must be {classes} non-negative numbers, one for each class, got {weight!r:.60}."
        )
    return weights


def _counts(target, ignore_index: "int | None"):
    """Whether a target counts; for a target that is a Value, a 1 or 0 computed in the graph."""
    if ignore_index is None:
        return True
    if isinstance(target, Value):
        return step(abs(target - ignore_index) - 0.5)
    return is_list(target) or target != ignore_index


def _counted(name: str, target: Any, ignore_index: "int | None") -> Any:
    """The only target, which must count. Raises ArgumentError if it is ignored; for a Value, the loss does so."""
    if ignore_index is None or ignore_index < 0:  # which is no class
        return target
    share = _counts(target, ignore_index)
    if isinstance(share, Value):
        return where(share, target, -1.0)
    if not share:
        raise ArgumentError(
            f"{name}: the target is {ignore_index}, which means none (ignore_index), so there is no loss. Leave such "
            "examples out."
        )
    return target


def check_sizes(name: str, outputs: int, targets: int) -> None:
    """Raise ArgumentError unless there are as many targets as outputs."""
    if outputs != targets:
        raise ArgumentError(
            f"{name}: expected as many targets as outputs, got {outputs} outputs and {targets} targets."
        )


def picked(name: str, scores: Any, target: Any) -> Any:
    """The entry of `scores` with the index `target`, which may be a Value that the graph depends on."""
    if isinstance(target, Value):
        return sum_of_chosen(scores, chosen(name, scores, target))
    is_number = target is not None and not isinstance(target, (bool, str))
    if not is_number or not as_float(target).is_integer() or not 0 <= target < len(scores):
        raise _no_class(name, scores, target)
    return scores[int(target)]


def _no_class(name: str, scores, target):
    return ArgumentError(
        f"{name}: the target must be a class from 0 to {len(scores) - 1}, got {target!r}. "
        "Number the classes from 0, and give the last layer a neuron for each."
    )


def chosen(name: str, scores: Any, target: Value) -> list[Any]:
    """For each score 1.0 if the target is its class, else 0.0."""
    try:
        take([0.0] * len(scores), target)  # raises an error for a target that is not a class, also in a replay
    except (LookupError, ValueError):
        raise _no_class(name, scores, target) from None
    return [equal(target, k) for k in range(len(scores))]


def sum_of_chosen(scores: Any, chosen: list[Any]) -> Any:
    """The score that is chosen."""
    return sum([where(is_right, score, 0.0) for score, is_right in zip(scores, chosen)])


def reduced(terms: Any, reduction: str) -> Any:
    """The mean or the sum of nested lists of terms, or the lists themselves."""
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
