"""Boxes: which nodes of a graph belong to which application of which module.

A box is one application of a module, such as a neuron: the nodes between its output, labelled with the module's path
(`layer0.neuron2`), and its inputs, as far as they depend on a parameter of that module (`layer0.neuron2.w1`).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from autograd.engine import Constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.engine import Value
    from autograd.view.graph import Graph


class Box:
    """One application of a module or scope, or several side by side that do the same.

    path         the path of the module
    application  which of the module's applications in the graph this is, from 1
    repeats      how many boxes that do the same are directly inside; 0 for one application
    members      the nodes inside that are in no inner box
    inner        the boxes directly inside
    outer        the box around this one, or None
    """

    def __init__(self, path: str, application: int, repeats: int = 0):
        self.path, self.application, self.repeats = path, application, repeats
        self.members: list[Value] = []
        self.inner: list[Box] = []
        self.outer: Box | None = None

    @property
    def name(self) -> str:
        """The path, with the count of what is repeated: "layer0.neuron × 16"."""
        return f"{self.path} × {self.repeats}" if self.repeats else self.path

    @cached_property
    def operations(self) -> int:
        """How many operations are inside."""
        return sum(node.rule is not None for node in self.members) + sum(box.operations for box in self.inner)

    def around(self) -> Iterator[Box]:
        """This box and those around it, from the inside out."""
        box: Box | None = self
        while box is not None:
            yield box
            box = box.outer


def find_boxes(graph: Graph) -> tuple[list[Box], dict[Value, Box]]:
    """The outermost boxes of a graph, and the innermost box of each node that is in one."""
    finder = _BoxFinder(graph)
    if finder.outputs:
        finder.run()
    return list(finder.outermost), finder.box_of


class _BoxFinder:
    """Builds boxes from the inside out: modules with longer paths come first.

    outputs    for each path the nodes labelled with it, one for each application
    outermost  the boxes that are in no other so far, as keys in the order of their creation
    box_of     the innermost box of a node
    """

    def __init__(self, graph):
        self.graph = graph
        self.outermost: dict[Box, None] = {}
        self.box_of: dict[Value, Box] = {}
        self.outputs: dict[str, list[Value]] = {}
        self.applications: Counter[str] = Counter()
        paths = {path for node in graph.nodes if graph.is_parameter(node) for path in _module_paths(node.label)}
        for node in graph.nodes:
            if node.rule is not None and node.label in paths:
                self.outputs.setdefault(node.label, []).append(node)
        self.paths = sorted(paths, key=lambda path: (-path.count("."), path))

    def run(self):
        modules = self.modules_behind()
        for path in self.paths:
            for output in self.outputs.get(path, []):
                box = self.new(path)
                for node in self.region(output, path, modules):
                    self.put(node, box)
            if path not in self.outputs:
                self.gather(path)
        self.adopt_leaves()

    def modules_behind(self):
        """For each node the modules on whose parameters it depends, other than through an output of that module."""
        modules, none = {}, frozenset()
        for node in self.graph.nodes:
            if node.rule is None:
                paths = _module_paths(node.label) if self.graph.is_parameter(node) else []
                modules[node] = frozenset(path for path in paths if path in self.outputs)
                continue
            found = none
            for parent in node.parents:
                if parent in modules:
                    passed = modules[parent]
                    passed = passed - {parent.label} if parent.label in passed else passed
                    found = found if passed <= found else found | passed if found else passed
            modules[node] = found
        return modules

    def region(self, output, path, modules):
        """`output` and its ancestors that depend on the module `path`, up to earlier outputs of that module."""
        found, waiting = [], [output]
        seen = {output}
        while waiting:
            node = waiting.pop()
            found.append(node)
            for parent in node.parents:
                if parent in seen or parent.rule is None or parent.label == path:
                    continue
                if path in modules.get(parent, ()):
                    seen.add(parent)
                    waiting.append(parent)
        return found

    def new(self, path):
        self.applications[path] += 1
        box = Box(path, self.applications[path])
        self.outermost[box] = None
        return box

    def put(self, node, box):
        """Put a node, or the outermost box that it is in already, into `box`."""
        if node not in self.box_of:
            self.box_of[node] = box
            box.members.append(node)
            return
        *_, outermost = self.box_of[node].around()
        if outermost is not box:
            self.nest(outermost, box)

    def nest(self, inner, outer):
        inner.outer = outer
        outer.inner.append(inner)
        del self.outermost[inner]

    def gather(self, path):
        """Boxes of a module without an output of its own, such as a layer: the nth holds the nth box of each part."""
        applications = {}
        for part in [box for box in self.outermost if box.path.startswith(path + ".")]:
            if part.application not in applications:
                applications[part.application] = self.new(path)
                applications[part.application].application = part.application
            self.nest(part, applications[part.application])

    def adopt_leaves(self):
        """Put parameters and constants that only one box uses into it, except constants combined with parameters."""
        for node in self.graph.nodes:
            if node.rule is not None or node in self.box_of:
                continue
            children = self.graph.children[node]
            boxes = {self.box_of.get(child) for child in children}
            if len(boxes) != 1 or None in boxes:
                continue
            box = boxes.pop()
            if isinstance(node, Constant) and not node.frozen:
                belongs = not any(self.graph.is_parameter(other) for child in children for other in child.parents)
            else:
                belongs = self.graph.is_parameter(node) and node.label.startswith(box.path + ".")
            if belongs:
                self.box_of[node] = box
                box.members.append(node)


def _module_paths(label):
    """The modules that a parameter belongs to: "a" and "a.b" for "a.b.w"."""
    return [label[: dot.start()] for dot in re.finditer(r"\.", label or "")]
