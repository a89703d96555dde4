"""What runs a recorded program: `Machine`, in plain Python here, compiled where the compiled engine is present."""

from __future__ import annotations

from array import array
from itertools import chain
from math import isfinite
from typing import Any

from autograd.engine import Value, as_float
from autograd.native import backend
from autograd.replay.recorder import Program


class PythonMachine:
    """Runs a program, one example after the other."""

    def __init__(self, program: Program):
        self.program = program
        self.captured = [value for value in program.captured if type(value) is Value]
        self._captured_slots = [
            slot for slot, value in zip(program.captured_slots, program.captured) if type(value) is Value
        ]

    def template(self):
        """A memory with the numbers and the captured Values in it."""
        memory = [0.0] * self.program.size
        for slot, number in self.program.numbers:
            memory[slot] = number
        for slot, value in zip(self.program.captured_slots, self.program.captured):
            memory[slot] = value.data
        return memory

    def run(self, rows, reads, roots=(), seed=1.0, variables=()):
        """Run forward, and back from each of the slots `roots`, for examples: lists of inputs, or the rows of an array.

        Returns the numbers in the slots `reads`, an array with a row for each example, and for each root an array of
        the derivatives of the sum over the examples of seed times root: by each captured Value, then by the inputs
        `variables` of each example. Or None, when something outside a guard is not finite.
        """
        program = self.program
        rows = rows if isinstance(rows, list) else rows.tolist()
        template = self.template()
        numbers = array("d")
        captured = [[0.0] * len(self.captured) for _ in roots]
        inputs: list[list[float]] = [[] for _ in roots]
        for row in rows:
            memory = template.copy()
            for slot, leaf in zip(program.input_slots, row):
                memory[slot] = leaf.data if isinstance(leaf, Value) else as_float(leaf)
            if not all(_forward(run, memory) for run in program.runs):
                return None
            numbers.extend([memory[slot] for slot in reads])
            for i, root in enumerate(roots):
                adjoint = [0.0] * program.size
                adjoint[root] = seed
                for run in reversed(program.runs):
                    if _holds(run.guard, memory):
                        _reverse(run, memory, adjoint)
                captured[i] = [total + adjoint[slot] for total, slot in zip(captured[i], self._captured_slots)]
                inputs[i] += [adjoint[program.input_slots[k]] for k in variables]
        slopes = [array("d", one + other) for one, other in zip(captured, inputs)]
        return (numbers, slopes) if all(map(isfinite, chain(*slopes))) else None


def _forward(run, memory):
    if not _holds(run.guard, memory):
        return True
    columns = [[memory[slot] for slot in column] for column in run.operands]
    try:
        results = list(map(run.rule.value, *columns)) if run.rule else _sums(run, *columns)
    except (ArithmeticError, ValueError):
        return False
    memory[run.start : run.start + run.count] = results
    return all(number - number == 0.0 for number in results)


def culprit(program: Program, rows, variables) -> str:
    """The operation of a program that is not finite for some of the rows, for a message."""
    machine = PythonMachine(program)
    for row in rows if isinstance(rows, list) else rows.tolist():
        memory = machine.template()
        for slot, leaf in zip(program.input_slots, row):
            memory[slot] = leaf.data if isinstance(leaf, Value) else as_float(leaf)
        for run in program.runs:
            if not _forward(run, memory):
                return f"the result of {run.rule.name if run.rule else 'a sum'}"
    return "a derivative"


def _sums(run, first, second):
    """The sums of products of a run, given all first and all second factors."""
    results, at = [], 0
    for _ in range(run.count):
        total = -0.0
        for code in run.codes:
            total += first[at] * second[at] if code & 4 else first[at]
            at += 1
        results.append(total)
    return results


def _reverse(run, memory, adjoint):
    columns = [[memory[slot] for slot in column] for column in run.operands]
    out = slice(run.start, run.start + run.count)
    if run.rule is None:
        for at, (a, b, x, y) in enumerate(zip(*run.operands, *columns)):
            here, code = adjoint[run.start + at // len(run.codes)], run.codes[at % len(run.codes)]
            if code & 8:
                adjoint[a] += here * y if code & 4 else here
            if code & 16:
                adjoint[b] += here * x
        return
    for column, slope, wanted in zip(run.operands, run.rule.slopes, run.wanted):
        if not wanted:
            continue
        try:
            slopes = list(map(slope, *columns, memory[out]))
        except (ArithmeticError, ValueError):
            slopes = [float("nan")] * run.count
        for place, here, partial in zip(column, adjoint[out], slopes):
            adjoint[place] += here * partial


def _holds(guard, memory):
    """Whether all conditions of a guard are met."""
    return all((memory[slot] != 0.0) == side for slot, side in guard)


def Machine(program: Program) -> Any:
    """The machine for a program: the compiled one, unless that is missing or older than a primitive of the program."""
    if backend == "native":
        from autograd.native._engine import NativeMachine, knows

        if all(run.rule is None or knows(run.rule) for run in program.runs):
            return NativeMachine(program)
    return PythonMachine(program)
