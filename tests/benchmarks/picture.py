"""The results as one picture for a slide: bars on a logarithmic scale, nanoseconds per node over sizes of graphs."""

from statistics import median

from .report import TRIAL, quartiles, seconds_text

TITLES = {
    "moons": "moons: MLP 2-16-16-1, 100 points, one step",
    "gpt": "gpt: character transformer, one step of Adam",
    "digits": "digits: MLP 64-32-10, batch of 64, one step",
    "epoch": "epoch: 1,347 digits in batches of 64",
}
NAMES = {"python": "pure Python", "tuple-node": "tuple per node", "torch": "PyTorch", "sklearn": "scikit-learn"}
OURS, OTHERS = {"python": "#56B4E9", "native": "#0072B2", "compiled": "#004266"}, "#BBBBBB"
SHAPES = {"chain": ("o", "#009E73"), "tree": ("s", "#D55E00"), "dag": ("^", "#0072B2"), "scattered": ("D", "#CC79A7")}


def write(results, path, quick=False):
    """Draw the results into the file `path`; returns False without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    bars = [row for row in TITLES if any(result.runs for result in results.get(row, {}).values())]
    graphs = [
        row for row in results if row.startswith("graph") and "native" in results[row] and results[row]["native"].runs
    ]
    figure = Figure(figsize=(12.8, 7.2), layout="constrained")
    panels = figure.subplots(1, 2, width_ratios=[1.25, 1], squeeze=False)[0]
    draw_bars(panels[0], {row: results[row] for row in bars})
    draw_graphs(panels[1], {row: results[row]["native"] for row in graphs})
    if quick:
        figure.suptitle(TRIAL, color="#D55E00", size=13)
    for ax, drawn in zip(panels, (bars, graphs)):
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_visible(bool(drawn))
    figure.savefig(path, dpi=150)
    return True


def draw_bars(ax, results):
    """A bar for each contender, grouped by row, with a line from the lower to the upper quartile."""
    height, ticks = 0.0, []
    for row, contenders in results.items():
        ax.text(0.01, height, TITLES[row], transform=ax.get_yaxis_transform(), weight="bold", size=12, va="center")
        for name, result in contenders.items():
            if not result.runs:
                continue
            height += 1
            runs = [1e3 * seconds for seconds in result.runs[""]]
            ax.barh(height, median(runs), 0.8, color=OURS.get(name, OTHERS))
            ax.plot(quartiles(runs), [height, height], color="#333333", linewidth=1.5)
            ax.text(max(quartiles(runs)) * 1.15, height, seconds_text(median(result.runs[""])), va="center", size=11)
            ticks.append((height, NAMES.get(name, name)))
        height += 1.5
    ax.set_yticks([y for y, _ in ticks], [name for _, name in ticks], size=11)
    ax.tick_params(axis="y", length=0)
    ax.set_xscale("log")
    ax.set_xlim(right=ax.get_xlim()[1] * 3)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.set_xlabel("milliseconds, median of runs (logarithmic scale)", size=11)


def draw_graphs(ax, results):
    """Forward and backward times over the size of the graph, for each shape."""
    for shape, (marker, colour) in SHAPES.items():
        found = [result for row, result in results.items() if row.split()[1] == shape]
        for way, dash in (("forward", "-"), ("backward", "--")):
            sizes = [result.nodes[""] for result in found]
            times = [1e9 * median(result.runs[way]) / result.nodes[way] for result in found]
            ax.plot(sizes, times, dash, marker=marker, color=colour, label=f"{shape}, {way}", linewidth=1.8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_title("native engine, graphs of many sizes", size=12, weight="bold", loc="left")
    ax.set_xlabel("nodes", size=11)
    ax.set_ylabel("nanoseconds per node", size=11)
    ax.grid(True, which="both", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=10)
