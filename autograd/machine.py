"""What runs a recorded program: `Machine`, in plain Python here, compiled where the compiled engine is present."""

from __future__ import annotations

from array import array
from math import isfinite
from typing import Any

from autograd.recorder import Program
from autograd.value import Value, as_float, backend, compiled


class State:
    """The memory of a program after a run forward: for each example a number for each slot."""

    def __init__(self, lanes):
        self.lanes = lanes

    def number(self, lane, slot):
        """The number in a slot for one example."""
        return self.lanes[lane][slot]


class PythonMachine:
    """Runs a program, one example after the other."""

    def __init__(self, program: Program):
        self.program = program
        self.captured = [value for value in program.captured if type(value) is Value]
        self._captured_slots = [slot for slot, value in zip(program.captured_slots, program.captured)
                                if type(value) is Value]

    def bytes(self):
        """The size of the memory that one example takes."""
        return 16 * self.program.size

    def forward(self, rows):
        """Run forward for examples given by their inputs; None when something outside a guard is not finite."""
        program = self.program
        template = [0.0] * program.size
        for slot, number in program.numbers:
            template[slot] = number
        for slot, value in zip(program.captured_slots, program.captured):
            template[slot] = value.data
        lanes = []
        for row in rows:
            memory = template.copy()
            for slot, leaf in zip(program.input_slots, row):
                memory[slot] = leaf.data if isinstance(leaf, Value) else as_float(leaf)
            if not all(self._forward(run, memory) for run in program.runs):
                return None
            lanes.append(memory)
        return State(lanes)

    def _forward(self, run, memory):
        if not _holds(run.guard, memory):
            return True
        try:
            results = list(map(run.rule.value, *([memory[slot] for slot in column] for column in run.operands)))
        except (ArithmeticError, ValueError):
            return False
        memory[run.start:run.start + run.count] = results
        return all(number - number == 0.0 for number in results)

    def reverse(self, state, slot, seeds, variables):
        """The derivatives of the sum over the examples of seed times slot: for each captured Value, then for the given
        inputs of each example, as an array; None when one is not finite."""
        program = self.program
        captured = [0.0] * len(self._captured_slots)
        inputs = []
        for memory, seed in zip(state.lanes, seeds):
            adjoint = [0.0] * program.size
            adjoint[slot] = seed
            for run in reversed(program.runs):
                if _holds(run.guard, memory):
                    self._reverse(run, memory, adjoint)
            captured = [total + adjoint[place] for total, place in zip(captured, self._captured_slots)]
            inputs += [adjoint[program.input_slots[i]] for i in variables]
        return array("d", captured + inputs) if all(map(isfinite, captured + inputs)) else None

    def _reverse(self, run, memory, adjoint):
        columns = [[memory[slot] for slot in column] for column in run.operands]
        out = slice(run.start, run.start + run.count)
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
    if backend == "native" and all(run.rule.name in compiled.functions for run in program.runs):
        return compiled.NativeMachine(program)
    return PythonMachine(program)
