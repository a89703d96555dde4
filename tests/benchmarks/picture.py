"""The results as one picture for a slide: bars on logarithmic scales, growth with width, and graphs of many sizes."""

from statistics import median

from .report import TRIAL, quartiles, seconds_text

TITLES = {
    "moons": "moons: MLP 2-16-16-1, 100 points, one step",
    "gpt": "gpt: character transformer, one step of Adam",
    "digits": "digits: MLP 64-32-10, batch of 64, one step",
    "epoch": "epoch: 1,347 digits in batches of 64",
}
NAMES = {
    "tuple-node": "tuple per node",
    "python": "plain Python",
    "native": "compiled engine",
    "compiled": "recorded",
    "numpy": "NumPy by hand",
    "c": "C by hand",
    "jax": "JAX jit",
    "torch-compile": "torch.compile",
    "torch": "PyTorch",
    "sklearn": "scikit-learn",
}
OURS, OTHERS = {"python": "#56B4E9", "native": "#0072B2", "compiled": "#004266"}, "#BBBBBB"
GROWTH = {  # colour and marker of each line
    "torch": ("#999999", "v"),
    "numpy": ("#009E73", "s"),
    "jax": ("#D55E00", "^"),
    "c": ("#CC79A7", "D"),
    "compiled": ("#004266", "o"),
}
SHAPES = {"chain": ("o", "#009E73"), "tree": ("s", "#D55E00"), "dag": ("^", "#0072B2"), "scattered": ("D", "#CC79A7")}


def write(results, path, quick=False):
    """Draw the results into the file `path`; returns False without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(16, 9), layout="constrained")
    (moons, gpt, growth), (digits, epoch, graphs) = figure.subplots(2, 3)
    for ax, row in ((moons, "moons"), (gpt, "gpt"), (digits, "digits"), (epoch, "epoch")):
        draw_bars(ax, row, results.get(row, {}))
    draw_growth(growth, results)
    draw_graphs(graphs, results)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    if quick:
        figure.suptitle(TRIAL, color="#D55E00", size=13)
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_visible(ax.has_data())
    figure.savefig(path, dpi=130)
    return True


def draw_bars(ax, row, contenders):
    """A bar for each contender, the fastest at the bottom, with a line from the lower to the upper quartile."""
    runs = {name: result.runs[""] for name, result in contenders.items() if result.runs}
    order = sorted(runs, key=lambda name: -median(runs[name]))
    for height, name in enumerate(order):
        times = [1e3 * seconds for seconds in runs[name]]
        ax.barh(height, median(times), 0.8, color=OURS.get(name, OTHERS))
        ax.plot(quartiles(times), [height, height], color="#333333", linewidth=1.5)
        ax.text(max(quartiles(times)) * 1.2, height, seconds_text(median(runs[name])), va="center", size=12)
    ax.set_yticks(range(len(order)), [NAMES.get(name, name) for name in order], size=12)
    for label, name in zip(ax.get_yticklabels(), order):
        label.set(weight="bold" if name in OURS else "normal", color=OURS["compiled"] if name in OURS else "#333333")
    ax.tick_params(axis="y", length=0)
    ax.set_xscale("log")
    if order:
        ax.set_xlim(1e3 * min(map(median, runs.values())) / 4, ax.get_xlim()[1] * 8)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.set_title(TITLES[row], size=13, weight="bold", loc="left", x=-0.3)
    ax.set_xlabel("milliseconds, logarithmic scale", size=11)


def draw_growth(ax, results):
    """The time of one step over the width of a network, a line for each contender."""
    widths = sorted(int(row.split()[1]) for row in results if row.startswith("mlp ") and len(row.split()) == 2)
    widths = [w for w in widths if w != 784]
    for name, (colour, marker) in GROWTH.items():
        found = {w: results[f"mlp {w}"].get(name) for w in widths}
        found = {w: 1e3 * median(result.runs[""]) for w, result in found.items() if result and result.runs}
        if found:
            width = 3 if name in OURS else 1.8
            ax.plot(*zip(*found.items()), marker=marker, color=colour, label=NAMES[name], linewidth=width)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_xticks(widths)
    ax.set_title("MLP 64-w-w-10, batch of 64", size=13, weight="bold", loc="left")
    ax.set_xlabel("width w", size=11)
    ax.set_ylabel("milliseconds", size=11)
    grid(ax)


def draw_graphs(ax, results):
    """Forward and backward times over the size of the graph, for each shape."""
    drawn = {
        row: contenders["native"]
        for row, contenders in results.items()
        if row.startswith("graph ") and "native" in contenders and contenders["native"].runs
    }
    for shape, (marker, colour) in SHAPES.items():
        found = [result for row, result in drawn.items() if row.split()[1] == shape]
        for way, dash in (("forward", "-"), ("backward", "--")):
            sizes = [result.nodes[""] for result in found]
            times = [1e9 * median(result.runs[way]) / result.nodes[way] for result in found]
            if found:
                ax.plot(sizes, times, dash, marker=marker, color=colour, label=f"{shape}, {way}", linewidth=1.8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_title("compiled engine, by size of graph", size=13, weight="bold", loc="left")
    ax.set_xlabel("nodes", size=11)
    ax.set_ylabel("nanoseconds per node", size=11)
    if drawn:
        ax.set_ylim(top=ax.get_ylim()[1] * 3)  # room for the legend
    grid(ax, {"ncols": 2, "fontsize": 9, "loc": "upper left"})


def grid(ax, legend=None):
    """Lines behind what is drawn, and a legend if anything is."""
    ax.grid(True, which="both", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    if ax.has_data():
        ax.legend(frameon=False, **(legend or {"fontsize": 11}))
