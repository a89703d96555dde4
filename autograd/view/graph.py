"""What drawing, trace and player show of a graph: its nodes, their kinds and names, and the boxes around them.

A box is one application of a module, such as a neuron: the nodes between its output, labelled with the module's path
(`layer0.neuron2`), and its inputs, as far as they depend on a parameter of that module (`layer0.neuron2.w1`).
"""

from __future__ import annotations

import itertools
import linecache
import os
import re
import sys
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from autograd.engine import Constant, ReplayedNode, Value, adjoints, restore, topological_order
from autograd.errors import ArgumentError, AutogradError, NumberTypeError
from autograd.table.template import call_template, filled, template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


MOST = 1_000_000  # so many operations of a recording at most are computed one by one to be looked at
MODULE_PATH = re.compile(r"[^\W\d]\w*(\.\w+)+")


class GraphTooLargeError(AutogradError, ValueError):
    """A graph has more nodes than a picture can show."""


def ordinary(result: Value) -> Value:
    """`result`, at the end of a graph of primitives alone: what compiled functions have replayed is computed again.

    Where nothing was replayed this is `result` itself. Else the leaves are the same, and the nodes below a replay are
    copies; all have the gradients of the latest pass, those inside a replay what that pass would have given them.

    Raises StaleGraphError when a replay would have another result now, GraphTooLargeError when it is one of over a
    million operations.
    """
    order = topological_order(result) if isinstance(result, Value) and not isinstance(result, Constant) else []
    if not any(isinstance(node, ReplayedNode) for node in order):
        return result
    stands: dict[Value, Value] = {}
    for node in order:
        _stand(node, stands)
    return stands[result]


def _stand(node, stands):
    """Enter into `stands` what stands for a node in an ordinary graph."""
    if isinstance(node, ReplayedNode):
        stands[node] = _computed(node, stands)
        return
    parents = [stands.get(parent, parent) for parent in node.parents]
    if all(one is other for one, other in zip(parents, node.parents)):
        stands[node] = node
        return
    partials, like, label, line = node.partials, node, node.label, node.line
    replay, end = node.parents[0], parents[0]
    if isinstance(replay, ReplayedNode):  # an ordinary graph has an identity only where nothing is computed
        if isinstance(end, Constant):
            partials = [0.0]
        elif not any(end is stands.get(parent) for parent in replay.parents):
            parents, partials, like, label, line = end.parents, end.partials, end, label or end.label, line or end.line
    stands[node] = restore(parents, partials, True, like.data, node.grad, label, line, like.rule.name)


def _computed(replay, stands):
    """The end of the graph that a replay stands for."""
    if replay.again.nodes > MOST:
        raise GraphTooLargeError(
            f"the graph of this result of {replay.rule.name} has about {replay.again.nodes:,} "
            f"nodes, too many to show (at most {MOST:,}). Show the result for one example."
        )
    end = replay.ordinary()
    if isinstance(end, Constant):
        return end
    new = [node for node in topological_order(end) if node not in stands]
    for node, adjoint in zip(new, adjoints(end, new)):
        if node.rule is not None:
            node.grad = adjoint * replay.grad
    for node in new:
        _stand(node, stands)
    return stands[end]


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


class Graph:
    """A result with all that it depends on, as pictures show it: what was replayed as the graph that it stands for.

    result     the result, in that graph
    nodes      operands before results; the last is the result
    children   for each node those computed from it, once for each edge
    box        the innermost Box of a node that is in one
    boxes      the boxes that are in no other
    cut        the nodes whose operands `depth` left out
    """

    def __init__(self, result: Value, *, depth: int | None = None, parameters: Iterable[Value] = ()):
        if not isinstance(result, Value):
            raise NumberTypeError(
                f"a Value is wanted, got {type(result).__name__} {result!r:.60}. Compute the result "
                "from Values, and give the result itself."
            )
        if depth is not None and (type(depth) is not int or depth < 0):
            raise ArgumentError(f"depth is a whole number of edges, 0 or more, got {depth!r}.")
        self.result = result = ordinary(result)
        self.nodes = ancestry(result, depth)
        self.known_parameters = set(parameters)
        self.box: dict[Value, Box] = {}
        self.boxes: list[Box] = []
        boxing = _Boxing(self)
        if boxing.outputs:
            boxing.run()

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
        """Where a node was made and what stands there, "train.py:12: h = w * x", if that was in `record_lines()`.

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
        """Whether a leaf is known as a parameter, or labelled as a module labels its parameters."""
        if node.rule is not None or isinstance(node, Constant):
            return False
        return node in self.known_parameters or bool(node.label and MODULE_PATH.fullmatch(node.label))

    def folded(self, level: str | Iterable[str] | None) -> dict[Value, Value | Box]:
        """For each node what stands for it when boxes are closed: itself, or the outermost closed Box around it.

        level: None for no box, "neurons" for the innermost boxes, "layers" for those around them, or module paths.
        """
        return self.standing(self._closed(level))

    def standing(self, closed: Iterable[Box], scope: Box | None = None) -> dict[Value, Value | Box]:
        """What stands for each node when the boxes `closed` are: itself, or the outermost closed Box around it.

        scope: only what is in this box, and the operands of that. Parameters and constants that only closed boxes use
        are left out.
        """
        closed, stands = set(closed), {}
        inside = [node for node in self.nodes if scope is None or scope in self.around(node)]
        for node in inside:
            shut = [box for box in self.around(node) if box in closed]
            stands[node] = shut[-1] if shut else node
        wanted = set(stands)
        for node in inside:
            wanted.update(node.parents)
        return {
            node: stands.get(node, node)
            for node in self.nodes
            if node in wanted and not (closed and self._only_in_boxes(node, stands))
        }

    def _only_in_boxes(self, node, stands):
        """Whether a node is a parameter or constant, and all that is computed from it here is in closed boxes."""
        if node is self.result or not (isinstance(node, Constant) or self.is_parameter(node)):
            return False
        return all(isinstance(stands[child], Box) for child in self.children[node] if child in stands)

    def around(self, node: Value) -> list[Box]:
        """The boxes around a node, from the inside out."""
        return list(self.box[node].around()) if node in self.box else []

    def all_boxes(self) -> list[Box]:
        """Every box, those outside before those inside."""
        found = list(self.boxes)
        for box in found:
            found.extend(box.inner)
        return found

    def _closed(self, level):
        everything = self.all_boxes()
        neurons = [box for box in everything if not box.inner]
        if level is None:
            return []
        if level == "neurons":
            return neurons
        if level == "layers":
            return [box.outer or box for box in neurons]
        paths = [level] if isinstance(level, str) else list(level)
        known = {box.path for box in everything}
        for path in paths:
            if path not in known:
                there = f"the boxes are {', '.join(sorted(known)[:8])}" if known else "this graph has no boxes"
                raise ArgumentError(f'fold: there is no box {path!r}; {there}. It may also be "neurons" or "layers".')
        return [box for box in everything if box.path in paths]


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
