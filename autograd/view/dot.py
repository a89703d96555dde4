"""A graph written in DOT, the language of Graphviz."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from autograd.engine import Constant, Value
from autograd.errors import GraphTooLargeError, MissingPackageError
from autograd.table.registry import RULES
from autograd.view.boxes import Box
from autograd.view.chains import turned_edges
from autograd.view.graph import Graph, bracketed, clean, counted, derivative, expression, short
from autograd.view.layout import draws_first_on_the_left
from autograd.view.look import Look, strength

# The ranks that all edges together may skip: beyond the first limit edges are drawn straight, because routing curves
# around nodes would take Graphviz minutes; beyond the second even that takes too long.
CURVED_LIMIT, STRAIGHT_LIMIT = 5_000, 200_000
# The sides at which straight edges leave and enter, by where data flows.
PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
SHAPES = {
    "input": {"shape": "box"},
    "parameter": {"shape": "box3d", "margin": "0.14,0.1"},
    "constant": {"shape": "box", "style": "filled,dashed", "height": "0.3"},
    "operation": {"shape": "Mrecord"},
    "result": {"shape": "Mrecord", "penwidth": "3"},
}


class DotWriter:
    """Writes a graph in DOT.

    shown_as  what each node is shown as: itself or a closed Box
    scope     the box that is shown, or None for the whole
    ids       an identifier for each node and closed box that is shown
    edges     how many edges are shown
    source    the picture in DOT
    """

    ranksep = "0.5"

    def __init__(self, graph: Graph, shown_as: dict[Value, Value | Box], look: Look, scope: Box | None = None):
        self.graph, self.shown_as, self.look, self.scope = graph, shown_as, look, scope
        self.is_across = look.rankdir in ("LR", "RL")
        self.names = graph.names
        self.ids = self.numbered(dict.fromkeys(shown_as.values()))
        self.open_boxes = self.boxes_around(shown_as)
        self.largest_grad = max((abs(graph.grad(node)) for node in shown_as), default=0.0)
        # What flows back along each edge: adjoint times partial derivative.
        self.flows = {
            (node, i): graph.grad(node) * partial for node in shown_as for i, partial in enumerate(node.partials)
        }
        self.largest_flow = max(map(abs, self.flows.values()), default=0.0)
        self.hidden: dict[Box, list[Value]] = {}
        for node, thing in shown_as.items():
            if isinstance(thing, Box):
                self.hidden.setdefault(thing, []).append(node)
        self.edges = 0
        self.source: str = self.write()

    def numbered(self, things):
        """An identifier for each node and closed box."""
        return {thing: f"n{number}" for number, thing in enumerate(things)}

    def boxes_around(self, nodes):
        """The boxes that are drawn around nodes: of those around a part of the graph, only its own."""
        around = {box for node in nodes for box in self.graph.around(node)}
        return {box for box in around if self.scope is None or self.scope in box.around()}

    def write(self):
        dot = _graphviz().Digraph()
        self.set_defaults(dot)
        for box in [self.scope] if self.scope else self.graph.boxes:
            self.write_box(dot, box)
        for box in self.ids:
            if self.is_beside(box):
                self.write_closed_box(dot, box)
        for thing in self.ids:
            if isinstance(thing, Value) and self.graph.box_of.get(thing) not in self.open_boxes:
                self.write_node(dot, thing)
        self.write_edges(dot)
        if self.graph.failure:
            self.write_failure(dot, self.graph.failure)
        for number, node in enumerate(node for node in self.graph.cut if self.shown_as[node] is node):
            dot.node(f"cut{number}", label="⋯", shape="plaintext", fillcolor="none", tooltip="left out: see depth")
            dot.edge(f"cut{number}", self.ids[node], style="dotted")
        return dot.source

    def write_failure(self, dot, error):
        """The operation that failed, with the message of its error."""
        colours = self.look.colours
        message = "".join(text(line, 60) + "\\l" for line in textwrap.wrap(clean(str(error)), 44))
        cell = f"{text(RULES[error.rule_name].symbol)} | {message}"
        dot.node(
            "failed",
            label=f"{{ {cell} }}" if self.is_across else cell,
            shape="Mrecord",
            penwidth="3",
            fillcolor=colours["failed"],
            color=colours["failed_outline"],
            tooltip=text(clean(str(error)), 400),
            **{"class": "failed"},
        )
        for operand in self.graph.results:
            dot.edge(self.ids[self.shown_as[operand]], "failed", color=colours["failed_outline"], penwidth="2")

    def set_defaults(self, dot):
        colours = self.look.colours
        dot.attr(rankdir=self.look.rankdir, ranksep=self.ranksep, nodesep="0.2", fontname="Verdana")
        dot.attr(bgcolor=colours["background"], fontcolor=colours["text"])
        if self.look.title:
            dot.attr(label=text(self.look.title, 200) + "\\n ", labelloc="t", fontsize="16")
        far = self.skipped_ranks() > CURVED_LIMIT
        fans_out = self.fans_out()
        dot.attr(nslimit="0.1" if far else "2", nslimit1="0.1" if far else "2")
        dot.attr(splines="line" if far or fans_out else "true")
        if fans_out:
            tail, head = PORTS[self.look.rankdir]
            dot.attr(ranksep="2")
            dot.attr("edge", tailport=tail, headport=head, arrowsize="0.4")
        if self.hidden:
            dot.attr(pad="0.1")  # the tab of a closed box rises above what Graphviz takes for its height
        if any(map(self.is_beside, self.ids)):
            dot.attr(newrank="true")  # or Graphviz 2.43 loses an edge from a box to a cluster ("lost … edge")
        if far or self.graph.boxes:
            dot.attr(mclimit="0.01")  # neurons stay in order: Graphviz does not shuffle them to avoid a crossing
        dot.attr(
            "node",
            fontname="Verdana",
            fontsize="11",
            style="filled",
            fillcolor=colours["node"],
            color=colours["outline"],
            fontcolor=colours["text"],
            margin="0.12,0.06",
            height="0.4",
        )
        dot.attr("edge", fontname="Verdana", fontsize="10", arrowsize="0.7", color=colours["edge"])
        dot.attr("edge", fontcolor=colours["text"])

    def fans_out(self):
        """Whether so many edges lead from closed boxes to others, as between layers, that curves would be one bar."""
        ends = {
            (tail, head)
            for node, head in self.shown_as.items()
            for parent in node.parents
            if isinstance(head, Box) and isinstance(tail := self.shown_as.get(parent), Box) and tail is not head
        }
        return len(ends) > 2 * len(self.ids)

    def skipped_ranks(self):
        """How many ranks all edges together skip, which is what Graphviz's work grows with."""
        rank: dict[Value | Box, int] = {}
        first: dict[Value | Box, int] = {}  # the rank of the first thing that is computed from another
        edges = []
        for node, head in self.shown_as.items():
            tails = [tail for parent in node.parents if (tail := self.shown_as.get(parent)) not in (None, head)]
            rank[head] = max([rank.get(head, 0), *(rank[tail] + 1 for tail in tails if tail in rank)])
            edges += [(tail, head) for tail in tails]
        for tail, head in edges:
            first[tail] = min(first.get(tail, rank[head]), rank[head])
        for thing in first:
            if isinstance(thing, Value) and not thing.parents:
                rank[thing] = first[thing] - 1  # leaves are placed just before what uses them
        skipped = sum(max(0, rank[head] - rank[tail] - 1) for tail, head in edges)
        if skipped > STRAIGHT_LIMIT:
            raise GraphTooLargeError(
                f"the edges between the graph's {len(self.ids):,} nodes pass {skipped:,} other nodes, too many to lay "
                f"out (at most {STRAIGHT_LIMIT:,}). Draw a part of it: fewer steps of a loop, or draw(value, depth=8)."
            )
        return skipped

    def write_box(self, dot, box):
        """A box: one node where it is closed, otherwise a cluster of what is in it, if anything is shown."""
        if box in self.ids:
            self.write_closed_box(dot, box)
            return
        if box not in self.open_boxes:
            return
        if box.repeats:  # what is repeated is drawn without a frame of its own
            self.write_inside(dot, box)
            return
        with dot.subgraph(name=f"cluster_{box.path}_{box.application}") as cluster:
            title = text(self.title(box))
            cluster.attr(
                label=title,
                tooltip=title,
                style="rounded,filled",
                **self.cluster_attributes(box),
                color=self.look.colours["frame"],
                fontsize="11",
                labeljust="l",
                fillcolor=self.look.colours["box" if box.outer is None else "inner_box"],
            )
            self.write_inside(cluster, box)

    def write_inside(self, dot, box):
        """What is in an open box."""
        in_order = self.is_across != draws_first_on_the_left()
        for inner in box.inner if in_order else reversed(box.inner):
            self.write_box(dot, inner)
        for node in box.members:
            if self.shown_as.get(node) is node:
                self.write_node(dot, node)

    def cluster_attributes(self, box):
        """Further attributes of the cluster of an open box, for subclasses."""
        return {}

    def title(self, box):
        """The name of a box relative to the box around it, and which application it is where there are several."""
        siblings = box.outer.inner if box.outer else self.graph.boxes
        applications = [other for other in siblings if other.path == box.path]
        outer = next((outer.path + "." for outer in box.around() if not outer.repeats and outer is not box), "")
        name = box.name if box is self.scope else box.name.removeprefix(outer)
        return name if len(applications) == 1 else f"{name} ({applications.index(box) + 1} of {len(applications)})"

    def write_closed_box(self, dot, box):
        """A closed box: its path, how many nodes it hides, and the output if there is only one."""
        hidden = self.hidden[box]
        outputs = [
            node
            for node in hidden
            if node in self.graph.results
            or any(self.shown_as.get(child) is not box for child in self.graph.children[node])
        ]
        grad = self.graph.grad(outputs[0]) if len(outputs) == 1 else 0.0
        lines = [self.title(box)]
        lines += [counted(box.operations, "operation")] if box.operations else []
        lines += self.number_lines(outputs[0]) if len(outputs) == 1 else [counted(len(outputs), "output")]
        dot.node(
            self.ids[box],
            label="\\n".join(map(text, lines)),
            id=self.ids[box],
            shape="folder",
            peripheries="2" if box.repeats else "1",
            penwidth="1" if self.graph.results.isdisjoint(hidden) else "3",
            fillcolor=self.fill(grad),
            tooltip=text(f"{box.path}, closed"),
            **{"class": "box"},
        )

    def write_node(self, dot, node):
        kind = self.graph.kind(node)
        attributes = SHAPES[kind] | {"id": self.ids[node], "class": kind} | self.tooltip(node, kind)
        if kind == "constant":
            attributes |= {"color": self.look.colours["constant"], "fontcolor": self.look.colours["constant_text"]}
        lines = [*self.label_lines(node), *self.number_lines(node)]
        if type(node) is Value:
            attributes["fillcolor"] = self.fill(self.graph.grad(node))
        if attributes["shape"] == "Mrecord":
            cell = "".join(text(line) + "\\l" for line in lines)
            symbol = (
                text(self.symbol(node)).replace(" ", "&#160;") if node.rule else ""
            )  # Graphviz drops a space after ×
            label = f"{symbol} | {cell}" if node.rule else cell
            label = f"{{ {label} }}" if self.is_across else label
        else:
            label = "\\n".join(map(text, lines))
        dot.node(self.ids[node], label=label, **attributes)

    def symbol(self, node):
        """The symbol of an operation, with the constants that are written into it: "× 2", "2 − …", "max(…, 0)"."""
        symbol, written = node.rule.symbol, self.graph.written
        if written.isdisjoint(node.parents) or (node.rule.operator and len(node.parents) == 1):
            return symbol
        operands = [self.look.number(parent.data) if parent in written else "…" for parent in node.parents]
        if node.rule.operator is None:
            return f"{symbol}({', '.join(operands)})"
        if operands[0] == "…" or node.rule.name in ("add", "mul"):
            (number,) = [operand for operand in operands if operand != "…"] or [" and ".join(operands)]
            return f"{symbol} {bracketed(number)}"
        return f"{operands[0]} {symbol} {operands[1]}"

    def label_lines(self, node):
        """The line with the label, if there is one; without the path of a box that the node is drawn in or beside."""
        lines = [f"= {expression(node, self.names)}"] if self.look.formulas and node.rule else []
        if not self.look.labels or not clean(node.label or ""):
            return [self.names[node], *lines] if lines else []
        return [self.short_label(node), *lines]

    def is_beside(self, thing):
        """Whether a thing is a closed box outside of the one that is shown."""
        return isinstance(thing, Box) and self.scope is not None and self.scope not in thing.around()

    def short_label(self, node):
        box = self.graph.box_of.get(node)
        if box is not None and node.rule is None:
            return node.label.removeprefix(box.path + ".")
        for box in self.scope.around() if self.scope else ():
            if node.label.startswith(box.path + "."):
                return node.label.removeprefix(box.path + ".")
        return node.label

    def number_lines(self, node):
        """The lines with the numbers of a node; a constant has no gradient."""
        data = self.look.number(node.data)
        if isinstance(node, Constant):
            return [data]
        return [f"data {data}", f"grad {self.look.number(self.graph.grad(node))}"] if self.look.gradients else [data]

    def fill(self, grad):
        return self.look.tint(grad if self.look.gradients else 0.0, self.largest_grad, "node", "")

    def tooltip(self, node, kind):
        """What hovering over a node shows."""
        lines = [f"{node.label or self.names[node]} ({'frozen' if node.frozen else kind})"]
        if node.rule:
            lines.append(f"= {expression(node, self.names)}")
        lines.append(f"data {node.data!r}")
        if kind != "constant" and self.look.gradients:
            lines.append(f"grad {self.graph.grad(node)!r}")
        return {"tooltip": tooltip_text(lines)}

    def write_edges(self, dot):
        """Every edge between things that are shown; edges between the same two, one a closed box, are merged."""
        merged: dict[Any, list[tuple[Value, int]]] = {}
        for node, head in self.shown_as.items():
            if self.is_beside(head):
                continue
            for i, parent in enumerate(node.parents):
                tail = self.shown_as.get(parent)
                if tail is None or tail is head:
                    continue
                is_single = isinstance(tail, Value) and isinstance(head, Value)
                merged.setdefault((tail, head, (node, i) if is_single else None), []).append((node, i))
        self.edges = len(merged)
        turned = turned_edges(self.graph, self.shown_as) if self.is_across else ()
        for (tail, head, _), edges in merged.items():
            if (tail, head) in turned:
                dot.edge(self.ids[head], self.ids[tail], dir="back", **self.edge_attributes(edges))
            else:
                dot.edge(self.ids[tail], self.ids[head], **self.edge_attributes(edges))

    def edge_attributes(self, edges):
        """The attributes of an edge that stands for `edges`, each a node and the number of its operand."""
        if len(edges) == 1:
            return self.single_edge_attributes(*edges[0])
        numbers = len({node.parents[i] for node, i in edges})
        many = {"label": f" ×{numbers}", "penwidth": "2"} if numbers > 1 else {}
        return many | {"tooltip": f"{counted(numbers, 'number')}, {counted(len(edges), 'edge')}"}

    def single_edge_attributes(self, node, i):
        """For one edge: the local derivative to hover over, and the tint of what flows back along it."""
        parent, flow = node.parents[i], self.flows[node, i]
        attributes = {"id": f"{self.ids[node]}_{i}"} if node in self.ids else {}
        if isinstance(parent, Constant):
            what = "frozen" if parent.frozen else "a constant"
            colour = self.look.colours["no_gradient"]
            return attributes | {"tooltip": f"{what}: no gradient flows here", "color": colour}
        local, passed_on = chain_rule(node, i, self.names, self.graph.grad(node))
        attributes["tooltip"] = tooltip_text([local, passed_on] if self.look.gradients else [local])
        attributes["labeltooltip"] = attributes["tooltip"]
        if self.look.formulas:
            attributes["label"] = text(derivative(node, i, self.names), 60)
        if not self.look.gradients:
            return attributes
        attributes["color"] = self.look.tint(flow, self.largest_flow, "edge", "_edge")
        if flow:
            attributes["penwidth"] = f"{1 + 2 * strength(flow, self.largest_flow):.2f}"
        if flow < 0:
            attributes["style"] = "dashed"
        return attributes


def chain_rule(node, i, names, grad):
    """The chain rule along one edge, in two lines: the local derivative, and what flows back."""
    partial = node.partials[i]
    product = f"{short(grad)} × {bracketed(short(partial))} = {short(grad * partial)}"
    return [derivative(node, i, names), f"to {names[node.parents[i]]}: {product}"]


def text(line, longest=40):
    """A line of text for DOT: characters with a meaning in DOT or in a record become character references."""
    line = clean(line)
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return re.sub(r"[{}|<>\"&]", lambda match: f"&#{ord(match[0])};", line.replace("\\", "\\\\"))


def tooltip_text(lines):
    """Lines to show when hovering, for DOT."""
    return "\\n".join(text(line, 400) for line in lines)


def _graphviz() -> Any:
    try:
        import graphviz
    except ImportError:
        raise MissingPackageError("a drawing needs the package graphviz: pip install 'glassgrad[draw]'.") from None
    return graphviz
