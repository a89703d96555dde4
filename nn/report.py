"""`classification_report`: how well each class is recognised, by its name, as a table."""

from collections.abc import Sequence
from typing import NamedTuple

from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.metrics import confusion_matrix


class Row(NamedTuple):
    """One class: the share of its predictions that are right, the share of its examples that are found, and these.

    precision is None if the class was never predicted, recall if it has no examples.
    """

    name: str
    precision: "float | None"
    recall: "float | None"
    examples: int


class ClassificationReport:
    """The table of `classification_report`: a Row for each class in `rows`, and the `accuracy` over all examples."""

    def __init__(self, rows: list[Row], accuracy: float):
        self.rows, self.accuracy = rows, accuracy

    def __str__(self):
        total = sum(row.examples for row in self.rows)
        cells = [("class", "precision", "recall", "examples")]
        cells += [(row.name, _share(row.precision), _share(row.recall), f"{row.examples:,}") for row in self.rows]
        cells += [("accuracy", "", _share(self.accuracy), f"{total:,}")]
        width = max(len(first) for first, *_ in cells)
        lines = [f"{a:{width}}  {b:>9}  {c:>6}  {d:>8}" for a, b, c, d in cells]
        rule = "─" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__


def classification_report(outputs: Sequence, targets: Sequence, classes: Sequence[str] = ()) -> ClassificationReport:
    """How well each class is recognised.

    outputs, targets  as for accuracy
    classes           the names of the classes, such as those of a Dataset

    >>> classification_report([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1], ["cat", "dog"])
    class     precision  recall  examples
    ─────────────────────────────────────
    cat           0.500   1.000         1
    dog           1.000   0.500         2
    ─────────────────────────────────────
    accuracy              0.667         3

    Raises ArgumentError if there are fewer names than classes, and what confusion_matrix raises.
    """
    names = list(map(str, expect_list("classification_report: classes", classes)))
    matrix = confusion_matrix(outputs, targets)
    if names and len(names) < len(matrix):
        raise ArgumentError(
            f"classification_report: expected a name for each of {len(matrix)} classes, got {len(names)}."
        )
    rows = []
    for k, row in enumerate(matrix):
        right, predicted, examples = row[k], sum(other[k] for other in matrix), sum(row)
        name = names[k] if names else str(k)
        rows.append(
            Row(name, right / predicted if predicted else None, right / examples if examples else None, examples)
        )
    return ClassificationReport(rows, sum(row[k] for k, row in enumerate(matrix)) / len(targets))


def _share(share: "float | None") -> str:
    return "–" if share is None else f"{share:.3f}"
