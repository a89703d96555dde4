"""The boxes around the nodes of a graph."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from autograd.engine.value import Constant

if TYPE_CHECKING:
    from autograd.engine.value import Value


class Box:
    """One application of a module.

    path, turn    the path of the module, and which of its applications in the graph this is, from 1
    members       the nodes inside that are in no inner box
    inner, outer  the boxes inside, and the box around or None
    """

    def __init__(self, path: str, turn: int):
        self.path, self.turn = path, turn
        self.members: list[Value] = []
        self.inner: list[Box] = []
        self.outer: Box | None = None

    def around(self):
        """This box and those around it, from the inside out."""
        box = self
        while box is not None:
            yield box
            box = box.outer


class _Boxing:
    """Finds the boxes of a graph and puts its nodes into them."""

    def __init__(self, graph):
        self.graph = graph
        self.outputs = {}
        paths = {path for node in graph.nodes if graph.is_parameter(node) for path in _prefixes(node.label)}
        for node in graph.nodes:
            if node.rule is not None and node.label in paths:
                self.outputs.setdefault(node.label, []).append(node)
        self.paths = sorted(paths, key=lambda path: (-path.count("."), path))
        self.turns = Counter()

    def run(self):
        pending = self.dependence()
        tops = {}
        for path in self.paths:
            for output in self.outputs.get(path, []):
                box = self.new(path, tops)
                for node in self.region(output, path, pending):
                    self.put(node, box, tops)
            if path not in self.outputs:
                self.gather(path, tops)
        self.graph.boxes = list(tops)
        self.adopt_leaves()

    def dependence(self):
        """For each node the modules on whose parameters it depends, other than through an output of that module."""
        pending, none = {}, frozenset()
        for node in self.graph.nodes:
            if node.rule is None:
                paths = _prefixes(node.label) if self.graph.is_parameter(node) else []
                pending[node] = frozenset(path for path in paths if path in self.outputs)
                continue
            found = none
            for parent in node.parents:
                if parent in pending:
                    passed = pending[parent]
                    passed = passed - {parent.label} if parent.label in passed else passed
                    found = found if passed <= found else found | passed if found else passed
            pending[node] = found
        return pending

    def region(self, output, path, pending):
        """`output` and the nodes above it that depend on the module `path`, up to earlier outputs of that module."""
        found, waiting = [], [output]
        seen = {output}
        while waiting:
            node = waiting.pop()
            found.append(node)
            for parent in node.parents:
                if (
                    parent not in seen
                    and path in pending.get(parent, ())
                    and parent.rule is not None
                    and parent.label != path
                ):
                    seen.add(parent)
                    waiting.append(parent)
        return found

    def new(self, path, tops):
        self.turns[path] += 1
        box = Box(path, self.turns[path])
        tops[box] = None
        return box

    def put(self, node, box, tops):
        """Put a node, or the outermost box that it is in already, into `box`."""
        if node not in self.graph.box:
            self.graph.box[node] = box
            box.members.append(node)
            return
        *_, top = self.graph.box[node].around()
        if top is not box:
            self.nest(top, box, tops)

    def nest(self, inner, outer, tops):
        inner.outer = outer
        outer.inner.append(inner)
        del tops[inner]

    def gather(self, path, tops):
        """A module without an output of its own, such as a layer: its nth box holds the nth box of each part."""
        applications = {}
        for part in [box for box in tops if box.path.startswith(path + ".")]:
            if part.turn not in applications:
                applications[part.turn] = self.new(path, tops)
                applications[part.turn].turn = part.turn
            self.nest(part, applications[part.turn], tops)

    def adopt_leaves(self):
        """Put parameters and constants that only one box uses into it, but not the constants that parameters meet."""
        for node in self.graph.nodes:
            if node.rule is not None or node in self.graph.box:
                continue
            children = self.graph.children[node]
            inside = {self.graph.box.get(child) for child in children}
            if len(inside) != 1 or None in inside:
                continue
            box = inside.pop()
            if isinstance(node, Constant):
                wanted = not any(self.graph.is_parameter(other) for child in children for other in child.parents)
            else:
                wanted = self.graph.is_parameter(node) and node.label.startswith(box.path + ".")
            if wanted:
                self.graph.box[node] = box
                box.members.append(node)


def _prefixes(label):
    """The modules that a parameter belongs to: "a" and "a.b" for "a.b.w"."""
    return [label[: dot.start()] for dot in re.finditer(r"\.", label or "")]
