"""`Machine`, which runs a recorded program; here in plain Python, in the compiled engine in C."""

from __future__ import annotations

from array import array
from itertools import chain
from math import isfinite
from typing import Any

from autograd.engine import Value, as_float
from autograd.native import backend
from autograd.replay.recorder import FLAGS, Program

_, _, HAS_B, A_WANTED, B_WANTED = FLAGS


class PythonMachine:
    """Runs a program, one example after the other."""

    def __init__(self, program: Program):
        self.program = program
        self._runs = program.runs
        self.captured = program.values
        self._captured_slots = program.value_slots

    def template(self):
        """A memory with the constants and the numbers of the captured Values in it."""
        memory = [0.0] * self.program.size
        for slot, number in self.program.numbers:
            memory[slot] = number
        for slot, value in zip(self.program.captured_slots, self.program.captured):
            memory[slot] = value.data
        return memory

    def run(self, rows, reads, roots=(), seed=1.0, variables=()):
        """Run forward, and back from each of the slots `roots`, for examples: lists of inputs, or the rows of an array.

        Returns the numbers in the slots `reads`, as an array with a row for each example; for each root an array: the
        derivatives of the sum of seed times root over the examples, with respect to each captured Value, then to the
        inputs `variables` of each example; and with roots the numbers of the Values that this was computed from, those
        that were captured and those among the inputs. Returns None if a number that counts (outside a guard, or under
        one that holds) is not finite.
        """
        template = self.template()
        origin = array("d", [template[slot] for slot in self.program.captured_slots]) if roots else None
        numbers = array("d")
        captured = [[0.0] * len(self.captured) for _ in roots]
        inputs: list[list[float]] = [[] for _ in roots]
        for row in _listed(rows):
            memory = self._filled(template, row)
            if not all(_forward(run, memory) for run in self._runs):
                return None
            numbers.extend([memory[slot] for slot in reads])
            if origin is not None:
                origin.extend([memory[self.program.input_slots[k]] for k in variables])
            for i, root in enumerate(roots):
                adjoints = self._adjoints(memory, root, seed)
                captured[i] = [total + adjoints[slot] for total, slot in zip(captured[i], self._captured_slots)]
                inputs[i] += [adjoints[self.program.input_slots[k]] for k in variables]
        derivatives = [array("d", one + other) for one, other in zip(captured, inputs)]
        return (numbers, derivatives, origin) if all(map(isfinite, chain(*derivatives))) else None

    def failing_operation(self, rows) -> str:
        """The operation whose result is not finite for one of the rows, for a message."""
        template = self.template()
        for row in _listed(rows):
            memory = self._filled(template, row)
            for run in self._runs:
                if not _forward(run, memory):
                    return f"the result of {run.rule.name if run.rule else 'a sum'}"
        return "a derivative"

    def _filled(self, template, row):
        """A memory with the inputs of one example in it."""
        memory = template.copy()
        for slot, leaf in zip(self.program.input_slots, row):
            memory[slot] = leaf.data if isinstance(leaf, Value) else as_float(leaf)
        return memory

    def _adjoints(self, memory, root, seed):
        """The derivatives of seed times the number in the slot `root`, by slot."""
        adjoints = [0.0] * self.program.size
        adjoints[root] = seed
        for run in reversed(self._runs):
            if _holds(run.guard, memory):
                _reverse(run, memory, adjoints)
        return adjoints


def _listed(rows):
    """Rows as lists, even if they are an array."""
    return rows if isinstance(rows, list) else rows.tolist()


def _forward(run, memory):
    """Write an instruction's results into memory. Returns whether they are finite, or need not be."""
    if not _holds(run.guard, memory):
        return True
    columns = [[memory[slot] for slot in column] for column in run.operands]
    if run.choices is not None:
        return _take(run, columns[0], memory)
    try:
        results = list(map(run.rule.value, *columns)) if run.rule else _sums(run, *columns)
    except (ArithmeticError, ValueError):
        return False
    memory[run.start : run.start + run.count] = results
    return all(number - number == 0.0 for number in results)


def _take(run, indices, memory):
    """Write the items that are chosen into memory. Returns whether each index has an item, which is finite."""
    for k, (index, slots) in enumerate(zip(indices, run.choices)):
        if not (index.is_integer() and 0 <= index < len(slots)):
            return False
        item = memory[run.start + k] = memory[slots[int(index)]]
        if item - item != 0.0:
            return False
    return True


def _sums(run, first, second):
    """The sums of products of an instruction, from all first and all second factors. For the codes see program.py."""
    results, i = [], 0
    for _ in range(run.count):
        total = -0.0
        for code in run.codes:
            total += first[i] * second[i] if code & HAS_B else first[i]
            i += 1
        results.append(total)
    return results


def _reverse(run, memory, adjoints):
    """The chain rule: add to the adjoints of an instruction's operands what its results contribute."""
    columns = [[memory[slot] for slot in column] for column in run.operands]
    if run.rule is None:
        _reverse_sums(run, columns, adjoints)
        return
    results = slice(run.start, run.start + run.count)
    if run.choices is not None:
        for index, slots, adjoint in zip(columns[0], run.choices, adjoints[results]):
            adjoints[slots[int(index)]] += adjoint
        return
    for slots, partial, wanted in zip(run.operands, run.rule.slopes, run.wanted):
        if not wanted:
            continue
        try:
            partials = list(map(partial, *columns, memory[results]))
        except (ArithmeticError, ValueError):
            partials = [float("nan")] * run.count
        for slot, adjoint, partial_here in zip(slots, adjoints[results], partials):
            adjoints[slot] += adjoint * partial_here


def _reverse_sums(run, columns, adjoints):
    for i, (a, b, x, y) in enumerate(zip(*run.operands, *columns)):
        adjoint, code = adjoints[run.start + i // len(run.codes)], run.codes[i % len(run.codes)]
        if code & A_WANTED:
            adjoints[a] += adjoint * y if code & HAS_B else adjoint
        if code & B_WANTED:
            adjoints[b] += adjoint * x


def _holds(guard, memory):
    """Whether all conditions of a guard are met."""
    return all((memory[slot] != 0.0) == side for slot, side in guard)


def Machine(program: Program) -> Any:
    """The machine for a program, of the engine that runs. The compiled one calls the functions of rules without C."""
    if backend == "native":
        from autograd.native._engine import NativeMachine

        return NativeMachine(program)
    return PythonMachine(program)
