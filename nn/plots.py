"""Pictures of training and of models, as matplotlib Figures: `.savefig("x.png")`, or let a notebook show them.

Every function takes `ax`, a matplotlib Axes to draw on; without it a Figure of its own is made. Colours are those of
Okabe and Ito, which people who are colour-blind can tell apart; lines and points differ in dash and shape as well.
"""

from io import BytesIO
from math import inf

from autograd import no_grad
from autograd.errors import ArgumentError
from nn.data import as_dataset
from nn.errors import need
from nn.metrics import number, plain_output, predicted_class, true_class

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#555555"]
MARKERS = "os^DvPX*<>"
DASHES = ["-", "--", ":", "-."]


def new_figure(width: float = 6.0, height: float = 4.0, columns: int = 1):
    """A Figure with `columns` Axes side by side, sizes in inches; returns (figure, list of axes).

    It does not pass through pyplot, so that nothing has to be closed and no window opens.
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


def plot_history(history):
    """Loss and metric over the epochs, side by side, with the curves of the validation data dashed.

    Returns a Figure. Raises ArgumentError for a history without rows.
    """
    if not len(history):
        raise ArgumentError("plot: the history is empty. Train for at least one epoch.")
    names = [name for name in history.columns()
             if name not in ("epoch", "seconds", "lr") and not name.startswith("val_")]
    figure, axes = new_figure(5.0 * len(names), 3.6, len(names))
    for ax, name in zip(axes, names):
        curves = [(name, "training"), (f"val_{name}", "validation")]
        for (column, label), colour, dash in zip(curves, COLOURS, DASHES):
            if column in history.columns():
                ax.plot(history["epoch"], history[column], dash, color=colour, label=label, linewidth=1.8,
                        marker="o" if len(history) == 1 else None)
        ax.set_xlabel("epoch")
        ax.set_ylabel(name.replace("_", " "))
        if name == "accuracy":
            ax.set_ylim(top=1.02)
            ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        elif all(value is None or value >= 0 for value in history[name]):
            ax.set_ylim(bottom=0.0)
        ax.legend(frameon=False)
    return figure


def plot_decision_boundary(model, data, steps: int = 80, ax=None):
    """Which class the model gives to every point of the plane, with the examples on top.

    data   examples with two inputs
    steps  points of the grid along each side

    Returns a Figure. Raises ArgumentError when the inputs are not two numbers.
    """
    data = as_dataset(data)
    if len(data.inputs[0]) != 2:
        raise ArgumentError(f"plot_decision_boundary: inputs of 2 numbers are wanted, got {len(data.inputs[0])}. "
                            "Choose two with data.select(i, j), and train on them.")
    figure, ax = (ax.figure, ax) if ax is not None else _single(new_figure(6.0, 4.8))
    xs, ys = (_grid([x[i] for x in data.inputs], steps) for i in (0, 1))
    with no_grad():
        outputs = [[plain_output(model([x, y])) for x in xs] for y in ys]
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
        ax.scatter([x for x, _ in points], [y for _, y in points], s=26, color=_colour(c), edgecolors="white",
                   linewidths=0.7, marker=MARKERS[c % len(MARKERS)], zorder=3,
                   label=data.classes[c] if data.classes else f"class {c}")
    ax.set_xlabel(data.features[0] if data.features else "first input")
    ax.set_ylabel(data.features[1] if data.features else "second input")
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none")
    return figure


def _lead(output, c: int) -> float:
    """By how much the score of class c exceeds all others; its zero is the decision boundary."""
    if not isinstance(output, list):
        return output if c == 1 else -output
    return output[c] - max(score for k, score in enumerate(output) if k != c)


def _single(figure_and_axes):
    figure, axes = figure_and_axes
    return figure, axes[0]


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _grid(values: list, steps: int, margin: float = 0.1) -> list[float]:
    """`steps` points evenly over the range of `values` and a margin."""
    low, high = min(map(number, values)), max(map(number, values))
    extra = margin * (high - low) or 1.0
    return [low - extra + (high - low + 2 * extra) * i / (steps - 1) for i in range(steps)]
