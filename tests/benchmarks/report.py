"""The results as one table in text, as JSON, and as one picture."""

import json
from statistics import median, quantiles

from .figures import figures, ratio

UNSTEADY = 1.2  # if the quartiles of the control row differ by a larger factor, the machine counts as busy
BOUNDED = ("compiled", "numpy", "c", "jax")
TRIAL = "Tiny problems: this shows that everything runs, not how fast."


def table(rows, results, quick=False):
    """All results as text, followed by the project's targets, unless the run was a quick one."""
    graphs = [row for row in rows if row.name.startswith("graph ")]
    lines = []
    for row in rows:
        if row not in graphs:
            lines += ["", *step_table(row, results[row.name])]
    if graphs:
        lines += ["", *graph_table(graphs, results)]
    lines += ["", "Each contender has one thread, and computes in float64."]
    if bounds := list(bound_table(rows, results)):
        lines += ["", *bounds]
    lines += ["", *([TRIAL] if quick else figure_table(results)), "", steadiness(results["control"]["python"].runs[""])]
    return "\n".join(lines[1:])


def step_table(row, results):
    """A row whose contenders have one time each."""
    yield f"{row.name}: {row.work}"
    times = {name: result.runs[""] for name, result in results.items() if result.runs}
    compared = len(times) > 1 and row.checked  # only the same work is compared
    references = [name for name in dict.fromkeys([next(iter(times), ""), "compiled"]) if compared and name in times]
    sized = any(result.bytes for result in results.values())
    header = [*(f"× {name}" for name in references), *(["bytes per node"] if sized else [])]
    cells = [["", "median", "quartiles", "nodes", "ns per node", *header]]
    for name, runs in times.items():
        result = results[name]
        ratios = [ratio_text(ratio(times[reference], runs)) for reference in references]
        size = [f"{result.bytes:.0f}" if result.bytes else ""] if sized else []
        cells.append([name, *measured(result, ""), *ratios, *size, result.about])
        cells += [[f"  {stage}", *measured(result, stage)] for stage in result.runs if stage]
    yield from aligned(cells)
    for name, result in results.items():
        if result.failed or result.absent:
            yield f"  {name:11} {'FAILED: ' + result.failed if result.failed else 'absent: ' + result.absent}"


def bound_table(rows, results):
    """How long the products of matrices in a step would take at the peak of this run, and what part of a step that is.

    The rest is what is no product of a matrix, memory, and what there is to do around a step.
    """
    peak = results.get("peak", {}).get("c")
    if not (peak and peak.runs):
        return
    twice, fused = (median(peak.runs[stage]) / 1e6 for stage in ("", "fused"))
    cells = [["", "results", "gradients", "at the peak", *BOUNDED]]
    for row in rows:
        if row.products:
            whole = row.products[0] * twice + row.products[1] * fused
            found = [results[row.name].get(name) for name in BOUNDED]
            shares = [f"{100 * whole / median(one.runs['']):.0f} %" if one and one.runs else "" for one in found]
            cells.append([row.name, *(f"{count:,}" for count in row.products), seconds_text(whole), *shares])
    if len(cells) > 1:
        speeds = f"{1e-9 / twice:.1f} in a nanosecond, and {1e-9 / fused:.1f} fused"
        yield f"bounds: the multiply-adds of matrices, at the peak of this processor: {speeds}"
        yield from aligned(cells)


def ratio_text(ratio):
    """Two digits after the point, or two digits in all where there is a 0 before it."""
    return f"{ratio:,.2f}" if ratio >= 1 else f"{ratio:.2g}"


def measured(result, stage):
    """The cells for the times of a stage and its nodes."""
    runs, nodes = result.runs[stage], result.nodes.get(stage)
    cells = [seconds_text(median(runs)), spread(runs, seconds_text)]
    return [*cells, *([f"{nodes:,}", f"{1e9 * median(runs) / nodes:,.0f}"] if nodes else ["", ""])]


def graph_table(rows, results):
    """Graphs of all shapes and sizes: nanoseconds per node."""
    yield "graph: nanoseconds per node, median (quartiles)"
    cells = [["", "nodes", "", "forward", "backward", "freeing", "bytes per node"]]
    for row in rows:
        _, shape, _ = row.name.split()
        for name, result in results[row.name].items():
            if result.runs:
                columns = [per_node(result, stage) for stage in ("forward", "backward", "free")]
                cells.append(
                    [shape, f"{result.nodes['']:,}", name, *columns, f"{result.bytes:.0f}" if result.bytes else ""]
                )
            elif result.failed:
                cells.append([shape, row.name.split()[2], name, f"FAILED: {result.failed}"])
    yield from aligned(cells, left=(0, 2))
    absent = {
        f"  {name:11} absent: {result.absent}"
        for row in rows
        for name, result in results[row.name].items()
        if result.absent
    }
    yield from sorted(absent)


def per_node(result, stage):
    numbers = [1e9 * seconds / result.nodes[stage] for seconds in result.runs[stage]]
    return f"{median(numbers):.1f} ({spread(numbers, '{:.1f}'.format)})"


def figure_table(results):
    """The targets, and whether they are reached."""
    yield "targets"
    cells = [["", "wanted", "measured", ""]]
    for what, wanted, measured, reached in figures(results):
        cells.append([what, wanted, measured or "–", {True: "reached", False: "missed", None: ""}[reached]])
    yield from aligned(cells, left=(0, 3))


def steadiness(runs):
    """What the control row says about the machine."""
    low, high = quartiles(runs)
    verdict = "steady" if high <= UNSTEADY * low else "busy: repeat the run when nothing else goes on"
    return f"control: its quartiles are {spread(runs, seconds_text)}; the machine was {verdict}."


def aligned(cells, left=(0,)):
    """Lines of columns, aligned right, or left for those in `left`; cells beyond the header follow unaligned."""
    columns = len(cells[0])
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(columns)]
    for row in cells:
        shown = [
            text.ljust(width) if i in left else text.rjust(width) for i, (text, width) in enumerate(zip(row, widths))
        ]
        yield ("  " + "  ".join([*shown, *row[columns:]])).rstrip()


def quartiles(numbers):
    low, _, high = quantiles(numbers, n=4, method="inclusive") if len(numbers) > 1 else numbers * 3
    return low, high


def spread(numbers, text):
    low, high = quartiles(numbers)
    return f"{text(low)} – {text(high)}"


def seconds_text(seconds):
    """A time with three digits, in the unit that suits it."""
    factor, unit = next(((f, u) for f, u in ((1, "s"), (1e3, "ms")) if seconds * f >= 0.9995), (1e6, "µs"))
    return f"{seconds * factor:#.3g}".rstrip(".") + f" {unit}"


def as_json(results):
    """row → contender → median_s, runs_s, nodes. Each stage is a row, such as "graph chain 1e6 forward".

    The row "graph" is forward and backward of the largest random graph up to 10⁶ nodes.
    """
    found = {}
    for row, contenders in results.items():
        for contender, result in contenders.items():
            for stage, runs in result.runs.items():
                found.setdefault(f"{row} {stage}".strip(), {})[contender] = {
                    "median_s": median(runs),
                    "runs_s": runs,
                    "nodes": result.nodes.get(stage),
                }
    graphs = [row for row in (f"graph dag 1e{k}" for k in (6, 5, 4, 3)) if row in found]
    return found | {"graph": found[graphs[0]]} if graphs else found


def write_json(results, path):
    path.write_text(json.dumps(as_json(results), indent=1) + "\n")
