"""Pictures of training and of models, as matplotlib Figures: `.savefig("x.png")`, or let a notebook show them.

Every function takes `ax`, a matplotlib Axes to draw on; without it a new Figure is made. The colours are those of
Okabe and Ito, which colour-blind people can tell apart; lines and points differ in dash and shape as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from math import inf, log10, nan
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.arguments import expect_integer
from autograd.errors import ArgumentError
from nn.arguments import check_count
from nn.batchloss import BatchLoss
from nn.dataset import as_dataset
from nn.errors import need
from nn.evaluation import predict
from nn.metrics import number, predicted_class, true_class
from nn.module import Module
from nn.watch import layers as tensors_by_layer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#555555"]
MARKERS = "os^DvPX*<>"
DASHES = ["-", "--", ":", "-."]


def _short(text) -> str:
    """A name, shortened: matplotlib takes minutes for one of 100,000 characters."""
    return str(text) if len(str(text)) <= 40 else f"{str(text)[:39]}…"


def new_figure(width: float = 6.0, height: float = 4.0, columns: int = 1) -> tuple[Figure, list[Any]]:
    """A Figure with `columns` Axes side by side, as (figure, list of axes); sizes are in inches.

    It bypasses pyplot, so no window opens and nothing has to be closed.
    """
    figure_class = need("matplotlib.figure", "matplotlib", "A plot").Figure

    class Plot(figure_class):  # type: ignore[misc, valid-type]
        def _repr_png_(self):
            picture = BytesIO()
            self.savefig(picture, format="png", dpi=110)
            return picture.getvalue()

    figure = Plot(figsize=(width, height), layout="constrained")
    axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(True, color="#DDDDDD", linewidth=0.6)
        ax.set_axisbelow(True)
    return figure, axes


def plot_history(history: Any) -> Figure:
    """Loss and metric over the epochs, side by side; the curves of the validation data are dashed.

    Returns a Figure. Raises ArgumentError for a history without rows.
    """
    if not len(history):
        raise ArgumentError("plot: the history is empty. Train for at least one epoch.")
    names = [
        name
        for name in history.columns()
        if name not in ("epoch", "seconds", "lr") and not name.startswith("val_") and "/" not in name
    ]
    figure, axes = new_figure(5.0 * len(names), 3.6, len(names))
    for ax, name in zip(axes, names):
        curves = [(name, "training"), (f"val_{name}", "validation")]
        for (column, label), colour, dash in zip(curves, COLOURS, DASHES):
            if column in history.columns():
                ax.plot(
                    history["epoch"],
                    history[column],
                    dash,
                    color=colour,
                    label=label,
                    linewidth=1.8,
                    marker="o" if len(history) == 1 else None,
                )
        ax.set_xlabel("epoch")
        ax.set_ylabel(name.replace("_", " "))
        if name == "accuracy":
            ax.set_ylim(top=1.02)
            ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        elif all(value is None or value >= 0 for value in history[name]):
            ax.set_ylim(bottom=0.0)
        ax.legend(frameon=False)
    return figure


def plot_watched(history: Any) -> Figure:
    """For each layer the sizes of gradients and updates over the epochs, and the share of dead ReLUs.

    The history is that of `fit(..., watch=True)`. If gradients are smaller by powers of ten in the first layers, they
    vanish on their way back. Returns a Figure. Raises ArgumentError for a history without these figures.
    """
    titles = {"gradient": "size of the gradients", "update": "size of the updates", "dead": "share of dead ReLUs"}
    columns = [name for name in history.columns() if name.partition("/")[0] in titles and "/" in name]
    if not columns:
        raise ArgumentError("plot_watched: the history has no figures by layer. Train with fit(..., watch=True).")
    kinds = [kind for kind in titles if any(name.startswith(f"{kind}/") for name in columns)]
    layers = list(dict.fromkeys(name.partition("/")[2] for name in columns))
    figure, axes = new_figure(4.4 * len(kinds), 3.6, len(kinds))
    for ax, kind in zip(axes, kinds):
        for i, layer in enumerate(layers):
            if f"{kind}/{layer}" in columns:
                numbers = [nan if value is None else value for value in history[f"{kind}/{layer}"]]
                ax.plot(history["epoch"], numbers, DASHES[i % len(DASHES)], color=_colour(i), label=_short(layer))
        ax.set_xlabel("epoch")
        ax.set_ylabel(titles[kind])
        if kind != "dead":
            ax.set_yscale("log")
        ax.legend(frameon=False)
    return figure


def plot_decision_boundary(model: Callable[..., Any], data: Any, steps: int = 80, ax: Any = None) -> Figure:
    """The class that the model predicts for each point of the plane, with the examples on top.

    data   examples with two inputs
    steps  points of the grid along each side

    Returns a Figure. Raises ArgumentError unless each input is two numbers.
    """
    data = as_dataset(data)
    if len(data.inputs[0]) != 2:
        raise ArgumentError(
            f"plot_decision_boundary: expected inputs of 2 numbers, got {len(data.inputs[0])}. "
            "Choose two with data.select(i, j), and train on them."
        )
    figure, ax = (ax.figure, ax) if ax is not None else _single(new_figure(6.0, 4.8))
    xs, ys = (_grid([x[i] for x in data.inputs], steps) for i in (0, 1))
    found = iter(predict(model, [[x, y] for y in ys for x in xs]))
    outputs = [[next(found) for _ in xs] for _ in ys]
    true = [true_class(t) for t in data.targets]
    classes = [[predicted_class(output) for output in row] for row in outputs]
    count = 1 + max(max(true), max(map(max, classes)))
    ax.grid(False)
    for c in range(count):
        lead = [[_lead(output, c) for output in row] for row in outputs]
        if any(value > 0 for row in lead for value in row):
            ax.contourf(xs, ys, lead, levels=[0.0, inf], colors=[_colour(c)], alpha=0.25)
            ax.contour(xs, ys, lead, levels=[0.0], colors="#333333", linewidths=0.8)
        points = [x for x, t in zip(data.inputs, true) if t == c]
        ax.scatter(
            [x for x, _ in points],
            [y for _, y in points],
            s=26,
            color=_colour(c),
            edgecolors="white",
            linewidths=0.7,
            marker=MARKERS[c % len(MARKERS)],
            zorder=3,
            label=_short(data.classes[c]) if data.classes else f"class {c}",
        )
    ax.set_xlabel(_short(data.features[0]) if data.features else "first input")
    ax.set_ylabel(_short(data.features[1]) if data.features else "second input")
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none")
    return figure


def _lead(output, c: int) -> float:
    """By how much the score of class c exceeds the others; the decision boundary is where this is 0."""
    if not isinstance(output, list):
        return output if c == 1 else -output
    return output[c] - max(score for k, score in enumerate(output) if k != c)


def plot_confusion_matrix(matrix: Sequence[Sequence[int]], classes: Sequence[str] = (), ax: Any = None) -> Figure:
    """The counts of `confusion_matrix`: rows are the true classes, columns the predicted ones; mistakes are tinted.

    Returns a Figure.
    """
    size, names = len(matrix), list(map(_short, classes)) or [str(k) for k in range(len(matrix))]
    figure, ax = (ax.figure, ax) if ax is not None else _single(new_figure(1.2 + 0.5 * size, 0.9 + 0.5 * size))
    rectangle = need("matplotlib.patches", "matplotlib", "A plot").Rectangle
    ax.grid(False)
    worst = max([count for i, row in enumerate(matrix) for j, count in enumerate(row) if i != j], default=0) or 1
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            shade = (0.0, 0.45, 0.70, 0.25) if i == j else (0.84, 0.37, 0.0, 0.65 * count / worst)
            ax.add_patch(rectangle((j - 0.5, i - 0.5), 1, 1, color=shade, linewidth=0))
            ax.text(
                j,
                i,
                str(count) if count else "·",
                ha="center",
                va="center",
                weight="bold" if i != j else "normal",
                color="black" if count else "#999999",
            )
    ax.set_xlim(-0.5, size - 0.5)
    ax.set_ylim(size - 0.5, -0.5)
    ax.set_xticks(range(size), names, rotation=0 if max(map(len, names)) < 5 else 30)
    ax.set_yticks(range(size), names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.set_aspect("equal")
    return figure


def plot_images(images: Sequence[Sequence[float]], titles: Sequence[str] = (), columns: int = 8) -> Figure:
    """Square pictures such as the digits, each a list of grey values row by row, with a title each.

    Returns a Figure. Raises ArgumentError unless the pictures are square.
    """
    side = round(len(images[0]) ** 0.5)
    if side * side != len(images[0]):
        raise ArgumentError(f"plot_images: expected square pictures, got {len(images[0])} numbers each.")
    columns = min(check_count("plot_images", "columns", columns), len(images))
    rows = -(-len(images) // columns)
    figure = new_figure(1.25 * columns, 1.55 * rows, columns=0)[0]
    for i, image in enumerate(images):
        ax = figure.add_subplot(rows, columns, i + 1)
        ax.imshow([image[k * side : (k + 1) * side] for k in range(side)], cmap="gray_r", interpolation="nearest")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title(_short(titles[i]) if i < len(titles) else "", fontsize=9)
    return figure


def plot_histograms(model: Module, bins: int = 40) -> Figure:
    """For each layer the distribution of its weights, and that of its gradients on a logarithmic axis.

    The gradients are those of the last backward(). If they shrink from layer to layer, they are vanishing.
    Returns a Figure. Raises ArgumentError for a model without parameters.
    """
    layers, bins = list(tensors_by_layer(model).items()), check_count("plot_histograms", "bins", bins)
    if not layers:
        raise ArgumentError("plot_histograms: the model has no parameters.")
    figure = new_figure(9.0, 1.0 + 1.5 * len(layers), columns=0)[0]
    axes = [[figure.add_subplot(len(layers), 2, 2 * i + j + 1) for j in (0, 1)] for i in range(len(layers))]
    sizes = [[log10(abs(p.grad)) for p in parameters if p.grad] for _, parameters in layers]
    low, high = min(map(min, filter(None, sizes)), default=-1.0), max(map(max, filter(None, sizes)), default=0.0)
    widest = max(abs(p.data) for _, parameters in layers for p in parameters) or 1.0
    for (name, parameters), (left, right), size in zip(layers, axes, sizes):
        left.hist([p.data for p in parameters], bins=bins, range=(-widest, widest), color=COLOURS[0])
        right.hist(size, bins=bins, range=(low, high + 1e-9), color=COLOURS[1])
        if size:
            right.axvline(sorted(size)[len(size) // 2], color="black", linestyle="--", linewidth=1)
        if len(size) < len(parameters):
            right.text(
                0.02,
                0.86,
                f"{len(parameters) - len(size)} of {len(parameters)} are 0",
                fontsize=8,
                transform=right.transAxes,
            )
        left.set_ylabel(_short(name), fontsize=9)
        for ax in (left, right):
            ax.spines[["top", "right"]].set_visible(False)
            ax.set_yticks([])
    axes[-1][0].set_xlabel("weights and biases")
    axes[-1][1].set_xlabel("log₁₀ |gradient|, the median dashed")
    return figure


class ParameterPath:
    """A callback for `fit` that records the numbers of some parameters, a model's or a list, after every step.

    >>> from nn import MLP
    >>> model = MLP(1, [1])
    >>> path = ParameterPath(model)
    >>> len(path.points)
    1
    """

    def __init__(self, parameters: Module | Iterable[Value]):
        self.parameters = parameters.parameters() if isinstance(parameters, Module) else list(parameters)
        self.points = [self.numbers()]

    def numbers(self) -> list[float]:
        return [p.data for p in self.parameters]

    def on_step(self, run: Any) -> None:
        self.points.append(self.numbers())

    def __call__(self, run: Any) -> None:
        pass


def plot_loss_surface(
    model: Callable[..., Any],
    loss: Callable[..., Any],
    data: Any,
    path: ParameterPath,
    steps: int = 40,
    ax: Any = None,
) -> Figure:
    """The mean loss as a function of two parameters, drawn as level lines, and the path that descent took.

    loss, data  as for `fit`
    path        a ParameterPath of these two parameters; all others keep their numbers
    steps       points of the grid along each side

    Returns a Figure. Raises ArgumentError unless the path has two parameters.
    """
    if len(path.parameters) != 2:
        raise ArgumentError(f"plot_loss_surface: expected a ParameterPath of 2 parameters, got {len(path.parameters)}.")
    figure, ax = (ax.figure, ax) if ax is not None else _single(new_figure(6.0, 4.8))
    a, b = path.parameters
    columns = list(zip(*path.points))
    xs, ys = _grid(columns[0], steps, 0.35), _grid(columns[1], steps, 0.35)
    batch, data, here = BatchLoss(model, loss, outputs=False), as_dataset(data), path.numbers()
    heights = [[_loss_at(batch, data, (a, x), (b, y)) for x in xs] for y in ys]
    a.data, b.data = here
    flat = sorted(value for row in heights for value in row)
    levels = [flat[0] + (flat[-1] - flat[0]) * (k / 16) ** 2 for k in range(17)]
    filled = ax.contourf(xs, ys, heights, levels=levels, cmap="Blues_r", alpha=0.85)
    ax.contour(xs, ys, heights, levels=levels, colors="#555555", linewidths=0.5)
    ax.plot(*columns, "-", color=COLOURS[1], linewidth=1.2, marker="o", markersize=3, label="the path of descent")
    ax.plot(*path.points[0], "s", color="black", markeredgecolor="white", markersize=8, label="beginning")
    ax.plot(*path.points[-1], "*", color="black", markeredgecolor="white", markersize=15, label="end")
    ax.set_xlabel(_short(a.label or "first parameter"))
    ax.set_ylabel(_short(b.label or "second parameter"))
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize=8)
    figure.colorbar(filled, ax=ax, label="mean loss", format="%.2g")
    return figure


def _loss_at(batch, data, *places) -> float:
    for parameter, number_there in places:
        parameter.data = number_there
    return sum(batch.each(data)[0]) / len(data)


def plot_fit(
    model: Callable[..., Any], data: Any, path: ParameterPath | None = None, steps: int = 100, ax: Any = None
) -> Figure:
    """Examples with one input as points, and the model's output for each input as a line.

    path  a ParameterPath of all parameters that moved; the lines of its earlier points are drawn too, paler

    Returns a Figure. Raises ArgumentError unless each input is one number.
    """
    data = as_dataset(data)
    if len(data.inputs[0]) != 1:
        raise ArgumentError(f"plot_fit: expected inputs of 1 number, got {len(data.inputs[0])}.")
    figure, ax = (ax.figure, ax) if ax is not None else _single(new_figure(6.0, 4.8))
    xs = _grid([x[0] for x in data.inputs], steps)
    for share, numbers in _stations(path):
        _set(path, numbers)
        ax.plot(xs, predict(model, [[x] for x in xs]), color=COLOURS[1], alpha=0.15 + 0.35 * share, linewidth=1)
    if path is not None:
        _set(path, path.points[-1])
    ax.plot(xs, predict(model, [[x] for x in xs]), color=COLOURS[1], linewidth=2, label="the model")
    ax.scatter(
        [x[0] for x in data.inputs],
        data.targets,
        s=22,
        color=COLOURS[0],
        edgecolors="white",
        linewidths=0.6,
        label="examples",
        zorder=3,
    )
    ax.set_xlabel(_short(data.features[0]) if data.features else "input")
    ax.set_ylabel("target")
    ax.legend(frameon=False)
    return figure


def _stations(path, count: int = 8):
    """(fraction of the way, numbers) for a few points of a path, more of them near its beginning."""
    if path is None:
        return []
    last = len(path.points) - 1
    return [((k / count), path.points[round(last * (k / count) ** 2)]) for k in range(count)]


def _set(path, numbers) -> None:
    for p, value in zip(path.parameters, numbers):
        p.data = value


def plot_descent(model: Callable[..., Any], loss: Callable[..., Any], data: Any, path: ParameterPath) -> Figure:
    """The loss surface with the path of descent, and next to it the fit in data space: two views of one descent.

    Returns a Figure. Raises what plot_loss_surface and plot_fit raise.
    """
    figure, (left, right) = new_figure(12.0, 4.8, 2)
    plot_loss_surface(model, loss, data, path, ax=left)
    plot_fit(model, data, path, ax=right)
    return figure


def _single(figure_and_axes):
    figure, axes = figure_and_axes
    return figure, axes[0]


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _grid(values: Sequence, steps: int, margin: float = 0.1) -> list[float]:
    """`steps` points, evenly spaced over the range of `values` and a margin."""
    steps = expect_integer("steps, the points along a side of the grid,", steps, 2)
    check_count("the grid", "steps * steps", steps * steps)
    low, high = min(map(number, values)), max(map(number, values))
    extra = margin * (high - low) or 1.0
    return [low - extra + (high - low + 2 * extra) * i / (steps - 1) for i in range(steps)]


def __getattr__(name: str) -> Any:
    if name == "Path":  # what ParameterPath was called before
        return ParameterPath
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
