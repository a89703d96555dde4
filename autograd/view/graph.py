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
from autograd.engine import Constant, Value, adjoints
from autograd.errors import AutogradError, NumberTypeError
from autograd.replay.expand import expand_replays
from autograd.table.template import call_template, filled, template
from autograd.view.boxes import Box, find_boxes
from autograd.view.repeats import gather_inputs, gather_repeats
from autograd.view.scopes import adopt_leaves, scope_boxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


MOST_OPERANDS = 12  # from outside of a box, that are shown one by one
MODULE_PATH = re.compile(r"[^\W\d]\w*(\.\w+)+")


class Graph:
    """One result or several with everything that they depend on; replays of compiled functions are expanded.

    result     the result, in that graph; the last of several
    results    all of them
    nodes      operands before results; the last is the result
    children   for each node those computed from it, once for each edge
    boxes      the boxes that are in no other
    box_of     the innermost Box of each node that is in one
    cut        the nodes whose operands `depth` left out
    gradients  those to show in place of `.grad`
    failure    the error that an operation on the results has raised, or None
    written    the constants that are written into the operations that use them, in place of nodes of their own
    """

    def __init__(self, *results: Value, depth: int | None = None, parameters: Iterable[Value] = ()):
        for result in results:
            if not isinstance(result, Value):
                raise NumberTypeError(
                    f"expected a Value, got {type(result).__name__} {result!r:.60}. Compute the result from Values, "
                    "and pass the result itself."
                )
        depth = None if depth is None else expect_integer("depth", depth, 0)
        self.results = dict.fromkeys(map(expand_replays, results)).keys()
        *_, self.result = self.results
        self.nodes = ancestry(*self.results, depth=depth)
        self.known_parameters = set(parameters)
        self.gradients: Mapping[Value, float] = {}
        self.failure: AutogradError | None = None
        self.written: set[Value] = set()
        are_scopes_known = any(node.scope is not None for node in self.nodes)
        self.boxes, self.box_of = scope_boxes(self) if are_scopes_known else find_boxes(self)
        gather_repeats(self)
        if are_scopes_known:
            adopt_leaves(self)
        gather_inputs(self)

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
        return [node for node in self.nodes if not shown.issuperset(set(node.parents) - self.written)]

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

    def grad(self, node: Value) -> float:
        """The gradient to show for a node."""
        return self.gradients.get(node, node.grad)

    def compute_gradients(self) -> None:
        """Let `gradients` be those of the result, whatever the nodes hold."""
        self.gradients = dict(zip(self.nodes, adjoints(self.result, self.nodes)))

    def write_constants(self) -> None:
        """Let `written` be the constants without a label that are no results, nor inputs times a parameter."""
        used = {parent: None for node in self.nodes for parent in node.parents if self._is_plain(parent)}
        inputs = {
            number
            for node in self.nodes
            if node.rule is not None and node.rule.name == "mul" and any(map(self.is_parameter, node.parents))
            for number in node.parents
        }
        self.written = set(used) - inputs - set(self.results)

    def _is_plain(self, node):
        return isinstance(node, Constant) and node.rule is None and not node.frozen and not node.label

    def kind(self, node: Value) -> str:
        """How a node is drawn: "result", "operation", "constant", "parameter" or "input"."""
        if node in self.results and self.failure is None:
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

    def shown_as(self, closed: Iterable[Box], scope: Box | None = None) -> dict[Value, Value | Box]:
        """What each node is shown as when the boxes `closed` are closed: itself, or the outermost of them around it.

        scope: only what is in this box, and its operands; more than MOST_OPERANDS of those as the boxes that they are
        in. Parameters and constants that only closed boxes use are left out, and so is what is `written`.
        """
        closed = set(closed)
        if scope is None:
            inside, operands = self.nodes, {}
        else:
            inside = self.nodes_in(scope)
            own, around = set(inside), set(scope.around())
            operands = {parent: parent for node in inside for parent in node.parents if parent not in own}
            if len(operands) > MOST_OPERANDS:
                operands = self._outermost(operands, lambda box: box not in around)
        shown_as = self._outermost(inside, closed.__contains__) if closed else dict(zip(inside, inside))
        return {
            node: shown_as[node] if node in shown_as else operands[node]
            for node in (self._sorted(set(inside).union(operands)) if operands else inside)
            if node not in self.written and not (closed and self._only_in_boxes(node, shown_as))
        }

    def _outermost(self, nodes, condition):
        """For each node the outermost box around it that fulfils the condition; the node itself if there is none."""
        found = {None: None}
        for box in {self.box_of.get(node) for node in nodes} - {None}:
            around = [outer for outer in box.around() if condition(outer)]
            found[box] = around[-1] if around else None
        return {node: found[self.box_of.get(node)] or node for node in nodes}

    def nodes_in(self, box: Box) -> list[Value]:
        """The nodes in a box and in those inside it, in the order of `nodes`."""
        boxes = [box]
        for one in boxes:
            boxes.extend(one.inner)
        return self._sorted(node for one in boxes for node in one.members)

    def _sorted(self, nodes):
        """Those of some nodes that are in `nodes`, in its order; it takes no time for the others, which may be many."""
        return sorted((node for node in nodes if node in self._places), key=self._places.__getitem__)

    @cached_property
    def _places(self):
        return {node: place for place, node in enumerate(self.nodes)}

    def _only_in_boxes(self, node, shown_as):
        """Whether a node is a parameter or unnamed constant of which everything computed here is in closed boxes."""
        if node in self.results or not (self.is_parameter(node) or (isinstance(node, Constant) and not node.label)):
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


def ancestry(*roots: Value, depth: int | None = None) -> list[Value]:
    """Every node that `roots` depend on, constants too, operands before results: the order of `backward()`, reversed.

    depth: only those at most so many edges away from one of the roots.
    """
    near = None if depth is None else _within(roots, depth)
    order: list[Value] = []
    seen: set[Value] = set()
    for root in roots:
        if root not in seen:
            _search(root, near, order, seen)
    return order


def _search(root, near, order, seen):
    """Append to `order` the nodes not yet `seen` that `root` depends on, as far as they are `near`."""
    seen.add(root)
    path = [(root, iter(root.parents))]
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


def _within(roots, depth):
    """The nodes at most `depth` edges away from one of `roots`."""
    found = ring = set(roots)
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


def counted(count: int, thing: str) -> str:
    """A number of things: "1 edge", "2,064 operations"."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


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
