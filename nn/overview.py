"""`summary`: the parts of a model, as a table."""

from autograd import find_frozen
from autograd.arguments import expect_instance
from nn.module import Module
from nn.modules import Layer
from nn.recurrent import LSTM


class Summary:
    """The table of `summary`.

    rows    (part, kind, shapes, parameters) for each part
    total   the number of parameters
    frozen  how many of them are frozen; where some are, the table shows it
    """

    def __init__(self, rows: list[tuple[str, str, str, int]], total: int, frozen: int = 0):
        self.rows, self.total, self.frozen = rows, total, frozen

    def __str__(self):
        rows = [("part", "kind", "shapes", "parameters"), *((*row[:3], f"{row[3]:,}") for row in self.rows)]
        sums = {"total": self.total}
        if self.frozen:
            sums |= {"trainable": self.total - self.frozen, "frozen": self.frozen}
        rows += [(name, "", "", f"{count:,}") for name, count in sums.items()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [
            "  ".join([*(f"{cell:{width}}" for cell, width in zip(row[:3], widths)), f"{row[3]:>{widths[3]}}"])
            for row in rows
        ]
        rule = "─" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1 : -len(sums)], rule, *lines[-len(sums) :]])

    __repr__ = __str__


def summary(model: Module) -> Summary:
    """A table of the parts of a model that hold parameters: name, kind, shapes, number of parameters.

    >>> from nn import MLP
    >>> summary(MLP(2, [16, 1]))
    part    kind   shapes         parameters
    ────────────────────────────────────────
    layer0  Layer  (16, 2), (16)          48
    layer1  Layer  (1, 16), (1)           17
    ────────────────────────────────────────
    total                                 65
    """
    expect_instance("summary", model, Module)
    parameters = model.parameters()
    return Summary(list(_rows(model, "")), len(parameters), len(find_frozen(parameters)))


def _rows(module: Module, path: str):
    """A row for each module that holds parameters itself; neurons and cells count as part of their layer."""
    tensors = list(module.named_tensors())
    if any("." not in name for name, _, _ in tensors):
        own = [(shape, parameters) for name, shape, parameters in tensors if "." not in name]
        shapes = ", ".join(f"({', '.join(map(str, shape))})" for shape, _ in own)
        yield path or "(model)", type(module).__name__, shapes, sum(len(parameters) for _, parameters in own)
    if not isinstance(module, (Layer, LSTM)):
        for name, part in module.children():
            yield from _rows(part, f"{path}.{name}" if path else name)
