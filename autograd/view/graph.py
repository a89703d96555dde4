"""What drawing, trace and player know about a graph: its nodes, their kinds and names, and the boxes around them."""

from __future__ import annotations

import itertools
import linecache
import os
import re
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from autograd.arguments import expect_integer
from autograd.engine import Constant, Value
from autograd.errors import ArgumentError, NumberTypeError
from autograd.replay.expand import expand_replays
from autograd.table.template import call_template, filled, template
from autograd.view.boxes import Box, find_boxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


MODULE_PATH = re.compile(r"[^\W\d]\w*(\.\w+)+")


class Graph:
    """A result with everything that it depends on; replays of compiled functions are expanded.

    result     the result, in that graph
    nodes      operands before results; the last is the result
    children   for each node those computed from it, once for each edge
    boxes      the boxes that are in no other
    box_of     the innermost Box of each node that is in one
    cut        the nodes whose operands `depth` left out
    """

    def __init__(self, result: Value, *, depth: int | None = None, parameters: Iterable[Value] = ()):
        if not isinstance(result, Value):
            raise NumberTypeError(
                f"expected a Value, got {type(result).__name__} {result!r:.60}. Compute the result from Values, and "
                "pass the result itself."
            )
        depth = None if depth is None else expect_integer("depth", depth, 0)
        self.result = result = expand_replays(result)
        self.nodes = ancestry(result, depth)
        self.known_parameters = set(parameters)
        self.boxes, self.box_of = find_boxes(self)

    @cached_property
    def children(self) -> dict[Value, list[Value]]:
        children: dict[Value, list[Value]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for parent in node.parents:
                if parent in children:
                    children[parent].append(node)
        return children

    @cached_property
    def cut(self) -> list[Value]:
        shown = set(self.nodes)
        return [node for node in self.nodes if not shown.issuperset(node.parents)]

    @cached_property
    def names(self) -> dict[Value, str]:
        """A name for each node and operand: its label, in quotes where needed; a constant's number; or v1, v2, …"""
        things = list(dict.fromkeys(thing for node in self.nodes for thing in (*node.parents, node)))
        taken = {thing.label for thing in things}
        fresh = (name for number in itertools.count(1) if (name := f"v{number}") not in taken)
        return {
            thing: quoted(thing.label)
            if thing.label
            else short(thing.data)
            if isinstance(thing, Constant)
            else next(fresh)
            for thing in things
        }

    def code(self, node: Value) -> str | None:
        """The line that created a node, "train.py:12: h = w * x", if that was inside `record_lines()`.

        Without the text where several files have that name.
        """
        line = getattr(node, "line", None)
        if line is None:
            return None
        name, _, number = line.rpartition(":")
        found = {path: linecache.getline(path, int(number)).strip() for path in self._sources.get(name, ())}
        if len(found) != 1 or not any(found.values()):
            return line
        ((path, text),) = found.items()
        place = line if os.path.exists(path) else f"line {number} of the cell"
        return f"{place}: {text}"

    @cached_property
    def _sources(self) -> dict[str, set[str]]:
        """The files that code may have come from, by their names without folders: modules, and cells of notebooks."""
        modules = [vars(module).get("__file__") for module in list(sys.modules.values())]
        found: dict[str, set[str]] = {}
        for path in [*modules, *linecache.cache]:
            if isinstance(path, str):
                found.setdefault(os.path.basename(path), set()).add(os.path.realpath(path))
        return found

    def kind(self, node: Value) -> str:
        """How a node is drawn: "result", "operation", "constant", "parameter" or "input"."""
        if node is self.result:
            return "result"
        if node.rule is not None:
            return "operation"
        if isinstance(node, Constant):
            return "constant"
        return "parameter" if self.is_parameter(node) else "input"

    def is_parameter(self, node: Value) -> bool:
        """Whether a leaf, frozen or not, was passed as a parameter or is labelled as a module labels its parameters."""
        if node.rule is not None or (isinstance(node, Constant) and not node.frozen):
            return False
        return node in self.known_parameters or bool(node.label and MODULE_PATH.fullmatch(node.label))

    def folded(self, level: str | Iterable[str] | None) -> dict[Value, Value | Box]:
        """What each node is shown as when boxes are closed: itself, or the outermost closed Box around it.

        level: None for no box, "neurons" for the innermost boxes, "layers" for those around them, or module paths.
        """
        return self.shown_as(self._closed(level))

    def shown_as(self, closed: Iterable[Box], scope: Box | None = None) -> dict[Value, Value | Box]:
        """What each node is shown as when the boxes `closed` are closed: itself, or the outermost of them around it.

        scope: only what is in this box, and its operands. Parameters and constants that only closed boxes use are left
        out.
        """
        closed, shown_as = set(closed), {}
        inside = [node for node in self.nodes if scope is None or scope in self.around(node)]
        for node in inside:
            closed_around = [box for box in self.around(node) if box in closed]
            shown_as[node] = closed_around[-1] if closed_around else node
        wanted = set(shown_as)
        for node in inside:
            wanted.update(node.parents)
        return {
            node: shown_as.get(node, node)
            for node in self.nodes
            if node in wanted and not (closed and self._only_in_boxes(node, shown_as))
        }

    def _only_in_boxes(self, node, shown_as):
        """Whether a node is a parameter or constant of which everything computed here is in closed boxes."""
        if node is self.result or not (isinstance(node, Constant) or self.is_parameter(node)):
            return False
        return all(isinstance(shown_as[child], Box) for child in self.children[node] if child in shown_as)

    def around(self, node: Value) -> list[Box]:
        """The boxes around a node, from the inside out."""
        return list(self.box_of[node].around()) if node in self.box_of else []

    def all_boxes(self) -> list[Box]:
        """Every box, outer ones before inner ones."""
        found = list(self.boxes)
        for box in found:
            found.extend(box.inner)
        return found

    def _closed(self, level):
        """The boxes that a level of folding closes; see `folded`."""
        boxes = self.all_boxes()
        neurons = [box for box in boxes if not box.inner]
        if level is None:
            return []
        if level == "neurons":
            return neurons
        if level == "layers":
            return [box.outer or box for box in neurons]
        paths = [level] if isinstance(level, str) else list(level)
        known = {box.path for box in boxes}
        for path in paths:
            if path not in known:
                there = f"the boxes are {', '.join(sorted(known)[:8])}" if known else "this graph has no boxes"
                raise ArgumentError(f'fold: there is no box {path!r}; {there}. It may also be "neurons" or "layers".')
        return [box for box in boxes if box.path in paths]


def ancestry(root: Value, depth: int | None = None) -> list[Value]:
    """Every node that `root` depends on, constants too, operands before results: the order of `backward()`, reversed.

    depth: only those at most so many edges away from `root`.
    """
    near = None if depth is None else _within(root, depth)
    order, seen, path = [], {root}, [(root, iter(root.parents))]
    while path:
        node, parents = path[-1]
        for parent in parents:
            if parent not in seen and (near is None or parent in near):
                seen.add(parent)
                path.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            path.pop()
    return order


def _within(root, depth):
    """The nodes at most `depth` edges away from `root`."""
    found = ring = {root}
    for _ in range(depth):
        ring = {parent for node in ring for parent in node.parents} - found
        if not ring:
            break
        found = found | ring
    return found


def quoted(label: str) -> str:
    """A label fit for a formula: of one line, no longer than 40 characters, in quotes unless it is a plain name."""
    label = clean(label)
    label = label if len(label) <= 40 else label[:39] + "…"
    return label if re.fullmatch(r"[^\W\d][\w.…]*", label) else f'"{label}"'


def clean(text: str) -> str:
    """Text on one line, without characters that no page can show."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))


def short(number: float) -> str:
    """A number with four significant digits: 0.42, 2, 1.234e-05."""
    return format(number, ".4g")


def expression(node: Value, names: Mapping[Value, str]) -> str:
    """How an operation is computed, with the names of its operands: "w * x", "tanh(v1)"."""
    assert node.rule is not None
    return filled(call_template(node.rule), [names[parent] for parent in node.parents], node.rule.inputs)


def derivative(node: Value, position: int, names: Mapping[Value, str]) -> str:
    """∂node/∂parents[position] as a formula, in the branch that applies, and as a number: "∂v1/∂w = x = 2"."""
    rule = node.rule
    assert rule is not None
    point = [parent.data for parent in node.parents]
    branch = rule.slopes_shown[position].active(**dict(zip(rule.inputs, point)), out=node.data)
    called = [*(names[parent] for parent in node.parents), names[node]]
    formula = filled(template(branch), called, (*rule.inputs, "out"))
    number = short(node.partials[position])
    equation = formula if formula == number else f"{formula} = {number}"
    return f"∂{names[node]}/∂{names[node.parents[position]]} = {equation}"


def bracketed(number: str) -> str:
    """A number as the right-hand side of an operator: a negative one in brackets."""
    return f"({number})" if number.startswith("-") else number
