"""Recording: a function is run once with tracers in place of its inputs, and every operation is written down.

What is written down is an expression graph without numbers. `Recorder` keeps it as lists; a place is a position in
them. `Program` is the recording made ready to run: without what no result needs, and sorted so that operations of one
kind that do not depend on one another lie side by side.
"""

from __future__ import annotations

from array import array
from itertools import groupby
from math import isfinite, nan

from autograd.errors import RecordingError
from autograd.rules import RULES, TABLE, Rule
from autograd.value import Value, apply, as_float, check_not_recording, recording

DETACH = "detach"


class Tracer(Value):
    """Stands for a number while a function is recorded."""

    __slots__ = ("place", "recorder")

    def __init__(self, recorder, place):
        self.recorder, self.place = recorder, place

    def _refuse(self, what):
        check_not_recording(what)
        raise RecordingError("this stands for a number in a recording that has ended. Do not keep it beyond the call.")

    @property  # type: ignore[misc]  # a tracer has no number, so there is none to set either
    def data(self):
        self._refuse("reading .data of a number that depends on the inputs")

    def __bool__(self):
        self._refuse("a decision on a number that depends on the inputs")

    def __index__(self):
        self._refuse("indexing or counting with a number that depends on the inputs")

    __int__ = __float__ = __index__

    def __eq__(self, other):
        return isinstance(other, Tracer) and (self.recorder, self.place) == (other.recorder, other.place)

    def __hash__(self):
        return hash(self.place)

    def __repr__(self):
        return f"<number {self.place} of a recording>"

    @property
    def rule(self):
        """The primitive that stands here; None for an input, and for a detached number."""
        rule = self.recorder.rules[self.place]
        return None if rule is DETACH else rule

    @property
    def parents(self):
        """What stands at the operands' places: tracers, captured Values and numbers."""
        return tuple(map(self.recorder.at, self.recorder.operands[self.place]))

    def order(self):
        """The tracers that this one depends on, operands before results, itself last."""
        return [Tracer(self.recorder, place) for place in _needed(self.recorder, [self.place])
                if self.recorder.rules[place] is not None or place in self.recorder.inputs]


class Recorder:
    """Writes operations down. Each place holds a source (an input, a captured Value, a number) or an operation."""

    def __init__(self):
        self.rules: list[Rule | str | None] = []  # None for a source
        self.operands: list[tuple[int, ...]] = []
        self.wanted: list[bool] = []  # whether a gradient flows through this place
        self.guards: list[tuple] = []  # the conditions of `where` that must hold for it to count
        self.inputs: list[int] = []
        self.captured: dict[int, Value] = {}  # by place
        self.numbers: dict[int, float] = {}  # by place
        self.known: dict = {}
        self.guard: tuple = ()

    def _add(self, rule, operands, wanted, guard=()):
        self.rules.append(rule)
        self.operands.append(operands)
        self.wanted.append(wanted)
        self.guards.append(guard)
        return len(self.rules) - 1

    def input(self, wanted):
        """A tracer for the next input."""
        self.inputs.append(self._add(None, (), wanted))
        return Tracer(self, self.inputs[-1])

    def variable(self, operand):
        """A new place with the number of `operand`, to differentiate by."""
        rule = RULES["pos"]
        return Tracer(self, self._add(rule, (self.place(operand),), True, self.guard))

    def at(self, place):
        """What stands at a place: a number, a captured Value, or a tracer."""
        if place in self.numbers:
            return self.numbers[place]
        return self.captured[place] if place in self.captured else Tracer(self, place)

    def place(self, operand):
        """Where `operand` stands: a tracer's place, or that of a source for a captured Value or a number."""
        if isinstance(operand, Tracer):
            if operand.recorder is not self:
                raise RecordingError("a tracer of another recording was used. Do not keep tracers beyond the call.")
            return operand.place
        if isinstance(operand, Value):
            if id(operand) not in self.known:
                self.known[id(operand)] = self._add(None, (), type(operand) is Value)
                self.captured[self.known[id(operand)]] = operand
            return self.known[id(operand)]
        number = operand if self.guard and type(operand) is float else as_float(operand)
        key = ("number", number.hex())
        if key not in self.known:
            self.known[key] = self._add(None, (), False)
            self.numbers[self.known[key]] = number
        return self.known[key]

    def record(self, rule, operands):
        """Write one operation down; operations on plain numbers alone are carried out."""
        places = tuple([operand.place if type(operand) is Tracer and operand.recorder is self else self.place(operand)
                        for operand in operands])
        wanted = self.wanted
        for place in places:
            if wanted[place]:
                return self._operation(rule, places, True)
        if any(isinstance(operand, Value) for operand in operands):
            return self._operation(rule, places, False)
        with recording(None):
            return apply(rule, *operands)

    def _operation(self, rule, places, wanted):
        kind = rule if rule is DETACH else rule.index
        found = self.known.get((kind, places, ()))
        if found is None and self.guard:
            found = self.known.get((kind, places, self.guard))
        if found is None:
            found = self.known[kind, places, self.guard] = self._add(rule, places, wanted, self.guard)
        return Tracer(self, found)

    def detached(self, value):
        """The same number without a gradient."""
        return self._operation(DETACH, (self.place(value),), False)

    def where(self, condition, x, y):
        """A choice: both sides are written down, a side that is a function under the guard of the condition."""
        if not isinstance(condition, Value):
            side = x if condition else y
            return side() if callable(side) else side
        place = self.place(condition)
        sides = []
        for side, chosen in ((x, True), (y, False)):
            if callable(side):
                before, self.guard = self.guard, (*self.guard, (place, chosen))
                try:
                    side = side()
                except (ArithmeticError, ValueError):
                    side = nan  # where this side is chosen the replay stops, and the function itself says why
                finally:
                    self.guard = before
            sides.append(self._side(side))
        return self._operation(RULES["where"], (place, *sides), any(self.wanted[side] for side in sides))

    def _side(self, side):
        """The place of one side of `where`, which may be an infinite number."""
        if isinstance(side, Value) or isfinite(side):
            return self.place(side)
        place = self._add(None, (), False)
        self.numbers[place] = side
        return place


class Run:
    """Operations of one kind that do not depend on one another: one loop of the program.

    rule       the primitive
    start      the slot of the first result; the others follow it
    operands   for each input of the rule the slots of the operands, an array of ints
    wanted     for each input whether a gradient flows to it
    varying    whether the results, and whether each operand, differ between the examples of a batch
    guard      None, or the conditions under which the results count: pairs (slot of the condition, the side)
    """

    def __init__(self, rule, start, operands, wanted, varying, guard):
        self.rule, self.start, self.operands = rule, start, operands
        self.wanted, self.varying, self.guard = wanted, varying, guard

    @property
    def count(self):
        """The number of operations."""
        return len(self.operands[0])


class Program:
    """A recording, ready to run on a memory of numbers.

    A place that a result needs gets a slot. The first `uniform` slots hold what is the same for all examples of a
    batch: numbers, captured Values and what follows from them. Each of the others holds one number an example.
    """

    def __init__(self, recorder, outputs):
        rules, operands, wanted, guards = recorder.rules, recorder.operands, recorder.wanted, recorder.guards
        places = _needed(recorder, outputs)
        varying = set(recorder.inputs)
        level, kinds = {}, {}
        for place in places:
            above = operands[place]
            if not above:
                level[place] = 0
                continue
            guard = guards[place]
            level[place] = 1 + max(map(level.__getitem__, (*above, *(condition for condition, _ in guard))))
            moves = [operand in varying for operand in above]
            if True in moves:
                varying.add(place)
            flows = [wanted[place] and wanted[operand] for operand in above]
            index = -1 if rules[place] is DETACH else rules[place].index
            kinds[place] = (True in moves, level[place], index, tuple(flows), tuple(moves), guard)

        operations = sorted(kinds, key=kinds.__getitem__)
        fixed = [place for place in places if not operands[place] and place not in varying]
        plain = [place for place in operations if place not in varying]
        moving = [place for place in operations if place in varying]
        slots = {place: slot for slot, place in enumerate([*fixed, *plain, *recorder.inputs, *moving])}
        self.size, self.uniform, self.levels = len(slots), len(fixed) + len(plain), max(level.values(), default=0)
        self.numbers = [(slots[place], recorder.numbers[place]) for place in fixed if place in recorder.numbers]
        captured = [place for place in fixed if place in recorder.captured]
        self.captured = [recorder.captured[place] for place in captured]
        self.captured_slots = array("i", [slots[place] for place in captured])
        self.input_slots = array("i", [slots[place] for place in recorder.inputs])
        self.outputs = [slots[place] for place in outputs]
        self.runs = []
        for (moves, _, index, flows, operand_moves, guard), group in groupby(operations, key=kinds.__getitem__):
            group = list(group)
            columns = [array("i", map(slots.__getitem__, column)) for column in zip(*map(operands.__getitem__, group))]
            rule = RULES["pos"] if index < 0 else TABLE[index]
            self.runs.append(Run(rule, slots[group[0]], columns, flows, (moves, *operand_moves),
                                 tuple((slots[place], side) for place, side in guard)))


def _needed(recorder, outputs):
    """The places that the outputs depend on, operands before results."""
    needed = set(outputs)
    for place in range(len(recorder.rules) - 1, -1, -1):
        if place in needed:
            needed.update(recorder.operands[place])
            needed.update(condition for condition, _ in recorder.guards[place])
    needed.update(recorder.inputs)
    return sorted(needed)
