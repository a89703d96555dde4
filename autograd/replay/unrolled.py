"""The ordinary graph behind a replayed result, for what a replay cannot do: higher derivatives, pictures, copies.

It is made from the tape, operation by operation, and not by calling the function: what the function reads may have
changed since.
"""

from __future__ import annotations

import operator
from functools import partial, reduce
from itertools import compress
from types import SimpleNamespace

from autograd.composed import mean
from autograd.engine import (
    Value,
    apply,
    as_float,
    constant,
    gradients_wanted,
    is_recording,
    no_grad,
    recorder,
    replayed_result,
    stale,
)
from autograd.engine.arrays import load
from autograd.gather import take
from autograd.passes import plain
from autograd.replay.machine import Machine
from autograd.replay.recorder import CODES, Fragment, described

MANY = 500  # derivatives from which on making the ordinary graph once takes less than a backward pass for each
DECISIONS = ("where", "less", "less_equal", "equal")


class UnrolledGraph:
    """How a replayed result is computed as an ordinary graph.

    program  the program; it refers to the Values that it needs, and not to the function
    index    of this number among those that the function returns
    inputs   which of the numbers of an example are Values
    rows     for each example its numbers and Values, then the random numbers that it drew
    origin   the numbers of all Values that the result was computed from, an array; by default what they are now
    """

    __slots__ = ("index", "inputs", "name", "origin", "program", "rows")

    def __init__(self, name, program, index, inputs, rows, origin=None):
        self.name, self.program, self.index, self.inputs, self.rows = name, program, index, inputs, rows
        self.origin = self._read() if origin is None else origin

    @property
    def rule(self):
        """Describes the recording as if it were a primitive."""
        return SimpleNamespace(name=self.name, symbol=f"▶ {self.name}")

    @property
    def nodes(self):
        """About how many nodes that graph has."""
        return len(self.rows) * self.program.nodes

    def _read(self):
        """The numbers that these Values have now."""
        numbers = self.program.captured_at.read()
        if self.inputs:
            numbers += load([row[i] for row in self.rows for i in self.inputs], "_data")
        return numbers

    def unchanged(self):
        """Whether these are the numbers that the result was computed from."""
        return self._read().tobytes() == self.origin.tobytes()

    def __call__(self):
        """The mean over the examples of this number, as a graph with the same Values as its leaves."""
        tape = self.program.tape
        fragment = Fragment(tape, list(tape.inputs), self.program.places[self.index])
        rows = self.rows if isinstance(self.rows, list) else self.rows.tolist()
        copied = _recorded if is_recording() else graph_of
        results = [copied(fragment, row) for row in rows]
        result = mean(results) if len(results) > 1 else results[0]
        return result if isinstance(result, Value) else constant(result)

    def partials(self, node, reached):
        """The derivatives of the result, a ReplayedNode, by its parents that are `reached`, as replayed results.

        None where that is not possible, or slower: then the ordinary graph has to do, and to raise what there is to
        raise. Each of these derivatives comes with its own derivatives by all parents.
        """
        if is_recording() or (self.inputs and len(self.rows) > 1) or sum(reached) > MANY:
            return None
        if not self.unchanged():
            raise stale(node)
        program, positions = self.program.gradient(self.index)
        positions = list(compress(positions, reached))
        wanted = [position for position in positions if position is not None]
        roots = [program.results[position] for position in wanted]
        examples, reads = len(self.rows), len(roots)
        machine = program.machine(Machine)
        found = machine.run(self.rows, roots, roots, 1 / examples, self.inputs)
        if found is None:
            return None
        numbers, slopes, origin = found
        means = [reduce(operator.add, numbers[k::reads]) / examples for k in range(reads)]
        others = [self.rows[0][i] for i in self.inputs]

        def graph(position):
            return partial(UnrolledGraph, f"∂{self.name}", program, position, self.inputs)

        results = {
            position: replayed_result(number, program.values_at, others, slope, graph(position), self.rows, origin)
            if program.wanted[position] and gradients_wanted()
            else constant(number)
            for position, number, slope in zip(wanted, means, slopes)
        }
        return [0.0 if position is None else results[position] for position in positions]


def _recorded(fragment, leaves):
    """The result of a fragment of a tape while another function is recorded."""
    tape = recorder()
    return tape.operand_at(tape.copied(fragment, [tape.place_of(leaf) for leaf in leaves]))


def graph_of(fragment, leaves):
    """The result of a fragment of a tape, a number or the end of a graph, for numbers and Values as its inputs."""
    tape = fragment.tape
    results = {
        place: leaf if isinstance(leaf, Value) else as_float(leaf) for place, leaf in zip(fragment.inputs, leaves)
    }
    for place in fragment.needed:
        if place not in results:
            results[place] = _carried_out(tape, place, results)
    return results[fragment.result]


def _carried_out(tape, place, results):
    """The result of the operation at a place, given those before it; 0.0 where its conditions are not met."""
    rule = tape.rule[place]
    if rule == CODES["leaf"]:
        return tape.sources[tape.a[place]]
    if not all((plain(results[condition]) != 0) == side for condition, side in tape.guards[tape.guard_of[place]]):
        return 0.0
    if rule == CODES["take"]:
        return take([results[item] for item in tape.items_at(place)], results[tape.a[place]])
    operands = [results[part] for part in (tape.a[place], tape.b[place], tape.c[place]) if part >= 0]
    if rule == CODES["number"] or rule >= CODES["slopes"]:
        return described(rule).value(*map(plain, operands))
    if rule == CODES["detached"]:
        return operands[0].detach() if isinstance(operands[0], Value) else operands[0]
    if tape.flags[place] & CODES["derived"] and described(rule).name in DECISIONS:
        # A formula of a derivative: only its branch that applies belongs to the graph, as in passes.py.
        if described(rule).name == "where":
            return operands[1] if plain(operands[0]) else operands[2]
        return described(rule).value(*map(plain, operands))
    if tape.flags[place] & CODES["passes"]:
        result = apply(described(rule), *operands)
    else:
        with no_grad():
            result = apply(described(rule), *operands)
    if place in tape.labels and isinstance(result, Value):
        result.label = tape.labels[place]
    return result
