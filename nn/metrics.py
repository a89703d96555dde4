"""How good the outputs are, as plain numbers: accuracy, confusion matrix, R². No gradient flows through them."""

from collections.abc import Sequence
from typing import Any

from autograd import Value, as_float
from autograd.arguments import described, expect_list
from autograd.errors import ArgumentError, NumberTypeError
from nn.arguments import check_count


def number(x) -> float:
    """x as a plain number, taken out of the graph."""
    return x.data if isinstance(x, Value) else as_float(x)


def plain_output(output: Any) -> Any:
    """An output taken out of the graph: numbers in place of Values, in the same lists.

    >>> plain_output([Value(1.0), 2.0])
    [1.0, 2.0]
    """
    if isinstance(output, (list, tuple)):
        return [plain_output(part) for part in output]
    return output.data if isinstance(output, Value) else output


def predicted_class(output: Any) -> int:
    """The class that an output predicts: the index of the largest score, or for a single score whether it is > 0.

    >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.3), predicted_class(Value(0.3))
    (1, 0, 1)
    """
    if isinstance(output, (list, tuple)):
        if not output:
            raise ArgumentError("a class is the index of the largest score, but a list of scores is empty.")
        scores = [number(score) for score in output]
        return max(range(len(scores)), key=scores.__getitem__)
    return int(number(output) > 0)


def true_class(target: Any) -> int:
    """The class that a target names: the target itself, with -1 as class 0, or the most probable class of a list.

    >>> true_class(2), true_class(-1), true_class([0.0, 1.0])
    (2, 0, 1)
    """
    if isinstance(target, str):
        raise ArgumentError(f"a class is an integer, got {target!r:.60}. Number the classes from 0.")
    if hasattr(target, "__iter__"):
        return predicted_class(list(target))
    index = number(target)
    if not index.is_integer() or index < -1:
        raise ArgumentError(f"a class is a non-negative integer (or -1, for class 0 of two), got {target!r}.")
    return max(int(index), 0)


def accuracy(outputs: Sequence, targets: Sequence) -> float:
    """The share of examples whose class is predicted right, from 0 to 1.

    outputs  for each example a list of scores, or one score for two classes; or a list of such lists of scores
    targets  for each example its class, 0, 1, 2, … or -1 and 1; or a list of probabilities; or a list of classes, in
             which -100 is ignored

    Both may be NumPy arrays.

    >>> accuracy([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666

    Raises ArgumentError unless there are as many outputs as targets, and at least one; so do all metrics.
    """
    _check("accuracy", outputs, targets)
    if hasattr(outputs, "tolist") and hasattr(targets, "tolist"):
        if (share := _accuracy_of_arrays(outputs, targets)) is not None:
            return share
        outputs, targets = outputs.tolist(), targets.tolist()
    if isinstance(outputs[0], (list, tuple)) and outputs[0] and isinstance(outputs[0][0], (list, tuple)):
        rows = [(expect_list("accuracy", row), expect_list("accuracy", ts)) for row, ts in zip(outputs, targets)]
        for row, ts in rows:
            _check("accuracy", row, ts)
        counted = [(o, t) for row, ts in rows for o, t in zip(row, ts) if t != -100]
        if not counted:
            raise ArgumentError("accuracy: all targets are -100, which means none, so there is nothing to count.")
        outputs, targets = zip(*counted)
    return sum(predicted_class(o) == true_class(t) for o, t in zip(outputs, targets)) / len(targets)


def _accuracy_of_arrays(outputs: Any, targets: Any) -> "float | None":
    """The accuracy of scores in NumPy arrays; None for shapes and numbers that are left to the lists."""
    import numpy

    if outputs.ndim == 3 and targets.ndim == 2 and outputs.shape[:2] == targets.shape:
        counted = targets != -100
        outputs, targets = outputs[counted], targets[counted]
    if not all(given.ndim in (1, 2) and given.dtype.kind in "biuf" and given.size for given in (outputs, targets)):
        return None
    if any(numpy.count_nonzero(numpy.isfinite(given)) < given.size for given in (outputs, targets)):
        return None
    if targets.ndim == 1 and numpy.count_nonzero((numpy.rint(targets) == targets) & (targets >= -1)) < len(targets):
        return None
    guesses = outputs.argmax(1) if outputs.ndim == 2 else outputs > 0
    classes = targets.argmax(1) if targets.ndim == 2 else numpy.maximum(targets, 0)
    return int(numpy.count_nonzero(guesses == classes)) / len(targets)


def confusion_matrix(outputs: Sequence, targets: Sequence, classes: "int | None" = None) -> list[list[int]]:
    """How often class i (row) was predicted to be class j (column).

    >>> confusion_matrix([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    [[1, 0], [1, 1]]
    """
    _check("confusion_matrix", outputs, targets)
    pairs = [(true_class(t), predicted_class(o)) for o, t in zip(outputs, targets)]
    scores = outputs[0]
    width = len(scores) if isinstance(scores, (list, tuple)) else 2
    least = max(width, 1 + max(max(pair) for pair in pairs))
    if classes is not None and (type(classes) is not int or classes < least):
        raise ArgumentError(f"confusion_matrix: classes must be an integer of at least {least}, got {classes!r:.60}.")
    size = classes or least
    check_count("confusion_matrix", "classes * classes", size * size)
    counts = [[0] * size for _ in range(size)]
    for true, guess in pairs:
        counts[true][guess] += 1
    return counts


def r2_score(outputs: Sequence, targets: Sequence) -> float:
    """R², the share of the targets' variance that is explained: 1 is perfect, 0 as good as their mean.

    >>> r2_score([1.0, 2.0, 3.5], [1.0, 2.0, 3.0])
    0.875
    """
    _check("r2_score", outputs, targets)
    targets = list(map(number, targets))
    mean = sum(targets) / len(targets)
    spread = sum((t - mean) ** 2 for t in targets)
    if spread == 0:
        raise ArgumentError("r2_score: the targets are all the same, so there is no variance to explain.")
    return 1 - sum((t - number(o)) ** 2 for o, t in zip(outputs, targets)) / spread


def _check(name: str, outputs: Sequence, targets: Sequence) -> None:
    for given in (outputs, targets):
        if callable(given):
            raise NumberTypeError(
                f"{name}: expected outputs and targets, got {described(given)}. For a model write "
                f"nn.evaluate(model, loss, data, nn.{name}), or nn.{name}(nn.predict(model, inputs), targets)."
            )
        if isinstance(given, (str, bytes, dict)) or not hasattr(given, "__getitem__"):
            raise NumberTypeError(
                f"{name}: outputs and targets must be lists, got {type(given).__name__} {given!r:.60}."
            )
    if len(outputs) != len(targets) or not len(targets):
        raise ArgumentError(
            f"{name}: expected as many targets as outputs, and at least one, got "
            f"{len(outputs)} outputs and {len(targets)} targets."
        )
