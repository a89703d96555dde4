"""Recording: a function is run once with tracers in place of its inputs, and every operation is written down.

What is written down is an expression graph without numbers, a `Tracer` for each place in it. `Program` is the recording
made ready to run: sorted so that operations of one kind that do not depend on one another lie side by side.
"""

from __future__ import annotations

import array
import sys
from math import isfinite, nan

from autograd.engine.libraries import line_outside
from autograd.engine.value import (
    LEAF,
    Value,
    apply,
    as_float,
    backend,
    check_not_recording,
    compiled,
    gradients_wanted,
    recorder,
    recording,
    side_of,
)
from autograd.errors import RecordingError
from autograd.table.registry import RULES, TABLE

DETACHED = -3  # the `_rule` of a number without its gradient
NUMBER = -4  # the same where the function itself has a float: a derivative, or whether a comparison holds
PLAIN, CONSTANT, VALUE = 0, 1, 2  # what the function itself has in a place: a float, a Constant, a Value
ROUNDING = (
    "Its derivative is 0 almost everywhere: compute it outside the function and pass it as an argument, or "
    "name the argument in static=."
)
LOOK_BACK = 8  # so many operations are looked at to find one that is written down already


class Tracer(Value):
    """Stands for a number while a function is recorded: for an input, a captured Value, a number, or a result."""

    # _rule, _a, _b, _c    the operation and the tracers that it works on, as in every Value
    # place, level         where it stands in the recording, and on the longest of how many operations
    # wanted, varying      whether a gradient flows through it, and whether it depends on an input
    # guard                which conditions must hold for it to count, a position in Recorder.guards
    # source               the captured Value or the number that it stands for; None for an input and a result
    # last_user            the place of the latest operation that has it as a first or second operand; -1 for none
    # user_before_a, _b    for an operation the latest before itself among those of its operands
    # kind                 what the function itself would have here: a float (PLAIN), a CONSTANT or a VALUE
    # slot                 where Program puts it
    # uses                 how often it is an operand; -1 in the midst of a sum of products, which has no slot for it
    # terms                the factors of such a sum, two by two, None for a missing one; else None
    __slots__ = (
        "guard",
        "kind",
        "last_user",
        "level",
        "place",
        "recorder",
        "slot",
        "source",
        "terms",
        "user_before_a",
        "user_before_b",
        "uses",
        "varying",
        "wanted",
    )

    def _refuse(self, what, instead=None):
        what = f"{what} a number that depends on the inputs"
        check_not_recording(what, instead)
        raise RecordingError("this stands for a number in a recording that has ended. Do not keep it beyond the call.")

    @property
    def data(self):
        """A tracer has no number."""
        self._refuse("reading .data of")

    @data.setter
    def data(self, number):
        self._refuse("setting .data of")

    @property
    def grad(self):
        """A tracer has no gradient."""
        self._refuse("reading .grad of")

    @grad.setter
    def grad(self, number):
        self._refuse("setting .grad of")

    @property
    def partials(self):
        """A tracer has no number, nor have its derivatives one."""
        self._refuse("reading .partials of")

    def __radd__(self, other):
        if type(other) is int and other == 0:  # sum() begins so, and 0 + -0.0 is 0.0 for floats; a Value stays as it is
            return self.recorder.record(RULES["add"], (0.0, self)) if self.kind == PLAIN else self
        return Value.__radd__(self, other)

    def __bool__(self):
        self._refuse("a decision on")

    def __index__(self):
        self._refuse("indexing or counting with")

    def __int__(self):
        self._refuse("int() of")

    def __float__(self):
        self._refuse("float() of")

    def __complex__(self):
        self._refuse("complex() of")

    def __round__(self, digits=None):
        self._refuse("round() of", ROUNDING)

    def __trunc__(self):
        self._refuse("math.trunc() of", ROUNDING)

    def __floor__(self):
        self._refuse("math.floor() of", ROUNDING)

    def __ceil__(self):
        self._refuse("math.ceil() of", ROUNDING)

    def __mod__(self, other):
        self._refuse("the remainder % of", ROUNDING)

    def __rmod__(self, other):
        self._refuse("the remainder % by", ROUNDING)

    def __floordiv__(self, other):
        self._refuse("the quotient // of", ROUNDING)

    def __rfloordiv__(self, other):
        self._refuse("the quotient // by", ROUNDING)

    def __divmod__(self, other):
        self._refuse("divmod() of", ROUNDING)

    def __rdivmod__(self, other):
        self._refuse("divmod() by", ROUNDING)

    def __hash__(self):
        self._refuse(
            "looking up, in a dict or a set,",
            "Write where(equal(x, 1.0), a, b) for a choice by a number, or name the argument in static=.",
        )

    def __eq__(self, other):
        self._refuse("comparing with ==", "Write equal(x, y), which is 1.0 or 0.0, and where(condition, x, y).")

    def __ne__(self, other):
        self._refuse("comparing with !=", "Write 1 - equal(x, y), and where(condition, x, y).")

    def __format__(self, spec):
        self._refuse("writing as text", "Return the number, and write it outside the function.")

    def __repr__(self):
        if recorder() is self.recorder and not called_from_here():
            self._refuse("writing as text", "Return the number, and write it outside the function.")
        return f"<number {self.place} of a recording>"

    def __copy__(self):
        self._refuse("copying", "Operations on a number leave it as it is.")

    def __deepcopy__(self, memo):
        self._refuse("copying", "Operations on a number leave it as it is.")

    def __reduce__(self):
        self._refuse("pickling", "Return the number, and save it outside the function.")

    def __getattr__(self, name):
        if hasattr(float, name) or hasattr(int, name):
            self._refuse(f"reading .{name} of")
        return Value.__getattr__(self, name)

    @property
    def rule(self):
        """The primitive that stands here; None for an input, and for a number through which no gradient flows."""
        return TABLE[self._rule] if self._rule >= 0 and self.wanted else None

    def matches(self, other):
        """Whether a tracer of another recording stands for the same."""
        return (
            self._rule == other._rule
            and self.guard == other.guard
            and self.varying == other.varying
            and self._places() == other._places()
            and (self.source is other.source or repr_of(self.source) == repr_of(other.source))
        )

    def _places(self):
        """Where the operands stand in the recording."""
        return [parent.place for parent in self._operands()]

    def _operands(self):
        """The tracers that it was computed from."""
        return [parent for parent in (self._a, self._b, self._c) if parent is not None]

    @property
    def parents(self):
        """What it was computed from: tracers, captured Values and numbers."""
        return tuple([parent if parent.source is None else parent.source for parent in self._operands()])

    def order(self):
        """The tracers that this one depends on, operands before results, itself last."""
        self.recorder.differentiated = True
        operations, _ = needed_by(self.recorder, [self], False)
        self.recorder.forget_uses()
        return [*self.recorder.inputs, *operations]


class Recorder:
    """Writes operations down. Nothing is written twice: an operation that is known has its tracer already."""

    def __init__(self):
        self.tracers = []  # by place
        self.inputs = []
        self.guards = [()]  # for each guard the conditions that must hold: pairs of a tracer and the side
        self.guard = 0  # the one in force
        self.watched = {}  # by id: the objects whose attributes the function wants to be compared
        self.born = []  # the Values that the function made itself
        self.lines = None  # where wanted, the line of code that asked for each tracer
        self.spoilt = None  # the first RecordingError, which the function may have caught
        self.differentiated = False  # whether derivatives were taken inside
        self._guard_of = {}  # by the guard around it, the place of the condition and the side
        self._captured = {}
        self._numbers = {}

    def add(self, rule, a, b, c, wanted):
        """A new tracer, for an operation on the tracers a, b and c; for a source, when they are None."""
        tracer = Tracer.__new__(Tracer)
        tracer._rule = rule
        tracer._a, tracer._b, tracer._c = a, b, c
        tracer._label = tracer.source = tracer.terms = None
        tracer.recorder = self
        tracer.place = len(self.tracers)
        tracer.slot = tracer.level = tracer.uses = 0
        tracer.last_user = tracer.user_before_a = tracer.user_before_b = -1
        tracer.wanted = wanted
        tracer.varying = False
        tracer.guard = 0
        tracer.kind = PLAIN
        if rule != LEAF:
            tracer.level = a.level
            tracer.varying = a.varying
            tracer.kind = a.kind
            if b is not None:
                tracer.level = b.level if b.level > tracer.level else tracer.level
                tracer.varying = tracer.varying or b.varying
                tracer.kind = b.kind if b.kind > tracer.kind else tracer.kind
                if c is not None:
                    tracer.level = c.level if c.level > tracer.level else tracer.level
                    tracer.varying = tracer.varying or c.varying
                    tracer.kind = c.kind if c.kind > tracer.kind else tracer.kind
            if rule == NUMBER:
                tracer.kind = PLAIN
            elif tracer.kind == VALUE and not wanted:
                tracer.kind = CONSTANT
            if self.guard:
                tracer.guard = self.guard
                for condition, _ in self.guards[self.guard]:
                    tracer.level = max(tracer.level, condition.level)
                    tracer.varying = tracer.varying or condition.varying
            tracer.level += 1
            tracer.user_before_a, a.last_user = a.last_user, tracer.place
            if b is not None and b is not a:
                tracer.user_before_b, b.last_user = b.last_user, tracer.place
        self.tracers.append(tracer)
        if self.lines is not None:
            self.lines.append(line_outside())
        return tracer

    def input(self, kind):
        """A tracer for the next input: a "number", a "Constant" or a "Value"."""
        tracer = self.add(LEAF, None, None, None, kind == "Value")
        tracer.varying = True
        tracer.kind = {"number": PLAIN, "Constant": CONSTANT, "Value": VALUE}[kind]
        self.inputs.append(tracer)
        return tracer

    def variable(self, operand):
        """A tracer of its own with the number of `operand`, to differentiate by."""
        return self.add(RULES["pos"].index, self.tracer(operand), None, None, True)

    def tracer(self, operand):
        """The tracer that stands for an operand: itself, or a source for a captured Value or a number."""
        if type(operand) is Tracer:
            if operand.recorder is not self:
                self.refuse(
                    "compile: a number of an earlier call was kept and is used again. Return it, and pass it "
                    "as an argument to the next call."
                )
            return operand
        if isinstance(operand, Value):
            found = self._captured.get(operand)
            if found is None:
                found = self._captured[operand] = self._source(operand, type(operand) is Value)
            return found
        number = operand if self.guard and type(operand) is float else as_float(operand)
        key = number if number else number.hex()  # 0.0 and -0.0 differ
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self._source(number, False)
        return found

    def _source(self, source, wanted):
        tracer = self.add(LEAF, None, None, None, wanted)
        tracer.source = source
        tracer.kind = VALUE if wanted else CONSTANT if isinstance(source, Value) else PLAIN
        return tracer

    def record(self, rule, operands):
        """Write one operation down; an operation on plain numbers alone is carried out."""
        for operand in operands:
            if isinstance(operand, Value):
                break
        else:
            with recording(None):
                return apply(rule, *operands)
        tracers = [*map(self.tracer, operands), None, None]
        return self.operation(rule.index, tracers[0], tracers[1], tracers[2])

    def operation(self, rule, a, b, c):
        """The tracer for an operation on tracers."""
        wanted = (
            (a.wanted or (b is not None and b.wanted) or (c is not None and c.wanted))
            and rule >= 0
            and gradients_wanted()
        )
        found = self._known(rule, a, b, c, wanted)
        return self.add(rule, a, b, c, wanted) if found is None else found

    def _known(self, rule, a, b, c, wanted):
        """The tracer of an operation that was written down before, if it is among the last with the same operands."""
        if b is not None and (a.last_user < 0 or b.last_user < 0):
            return None
        shared = a if b is None or a.last_user > b.last_user else b
        place = shared.last_user
        for _ in range(LOOK_BACK):
            if place < 0:
                break
            other = self.tracers[place]
            if (
                other._rule == rule
                and other._a is a
                and other._b is b
                and other._c is c
                and other.wanted == wanted
                and (other.guard == 0 or other.guard == self.guard)
            ):
                return other
            place = other.user_before_a if other._a is shared else other.user_before_b
        return None

    def detached(self, value):
        """The same number without a gradient."""
        return self.operation(DETACHED, self.tracer(value), None, None)

    def number(self, value):
        """The number of a Value, as the float that the function itself has."""
        return self.operation(NUMBER, self.tracer(value), None, None)

    def where(self, condition, x, y):
        """A choice: both sides are written down, a side that is a function under the guard of the condition."""
        if not isinstance(condition, Value):
            chosen = as_float(condition) != 0
            return self.record(RULES["where"], (condition, side_of(x, chosen), side_of(y, not chosen)))
        condition = self.tracer(condition)
        sides = [self._side(side, condition, chosen) for side, chosen in ((x, True), (y, False))]
        return self.operation(RULES["where"].index, condition, *sides)

    def _side(self, side, condition, chosen):
        """The tracer of one side of `where`, which may be an infinite number."""
        if callable(side):
            before = self.guard
            self.guard = self._extended(before, condition, chosen)
            try:
                side = side()
            except (ArithmeticError, ValueError):
                side = nan  # where this side is chosen the replay stops, and the function itself says why
            finally:
                self.guard = before
        return self.tracer(side) if isinstance(side, Value) or isfinite(side) else self._source(side, False)

    def forget_uses(self):
        """Set to 0 what needed_by() counted."""
        for tracer in self.tracers:
            tracer.uses = 0

    def _extended(self, guard, condition, side):
        """The guard that has one more condition."""
        found = self._guard_of.setdefault((guard, condition.place, side), len(self.guards))
        if found == len(self.guards):
            self.guards.append((*self.guards[guard], (condition, side)))
        return found

    def add_guard(self, guard):
        """From here on the conditions of this guard must hold as well. Returns what `set_guard` wants in the end."""
        before = self.guard
        held = {(condition.place, side) for condition, side in self.guards[before]}
        for condition, side in self.guards[guard]:
            if (condition.place, side) not in held:
                self.guard = self._extended(self.guard, condition, side)
        return before

    def set_guard(self, guard):
        """Go on under another guard."""
        self.guard = guard

    def watch(self, thing):
        """Note an object whose attributes are to be compared."""
        if not hasattr(thing, "__dict__"):
            self.refuse(f"watch: expected an object with attributes, got {thing!r:.60}.")
        self.watched[id(thing)] = thing

    def refuse(self, message):
        """Raise a RecordingError, and spoil the recording."""
        error = RecordingError(message)
        if self.spoilt is None:
            self.spoilt = error
        raise error

    def end(self):
        """Let go of the tracers, which refer to the recorder."""
        self.spoilt = None
        for kept in (self._captured, self._numbers, self._guard_of, self.watched):
            kept.clear()
        for kept in (self.guards, self.inputs, self.tracers, self.born):
            kept.clear()


def called_from_here():
    """Whether the text of a tracer is wanted for a message of this project."""
    frame = sys._getframe()
    while frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").partition(".")[0] in ("autograd", "nn")


# Compiled, this is the function of recording.pxi: the same steps over raw pointers.
def needed_by(recorder, results, unused):
    """The operations that `results` are made of, operands before results; and the captured Values and numbers.

    unused: whether to add the operations of which no result is made. They may fail, as they would in the function.
    Each tracer's `uses` says how often it is an operand; one that must be seen from outside counts twice.
    """
    for tracer in (*results, *recorder.inputs):
        tracer.uses += 2
    for tracer in reversed(recorder.tracers):
        if unused and not tracer.uses and tracer._rule != LEAF:
            tracer.uses = 2
        if tracer.uses and tracer._rule != LEAF:
            a, b, c = tracer._a, tracer._b, tracer._c
            a.uses += 1
            if b is not None:
                b.uses += 1
            if c is not None:
                c.uses += 2  # of where: never part of a sum
            if tracer.guard:
                for condition, _ in recorder.guards[tracer.guard]:
                    condition.uses += 2
    operations, sources = [], []
    for tracer in recorder.tracers:
        if tracer.uses:
            if tracer._rule != LEAF:
                operations.append(tracer)
            elif not tracer.varying:
                sources.append(tracer)
    return operations, sources


def find_sums(operations, add, mul):
    """Make one operation of each sum, term after term, in which there are products, or three terms.

    Its result is to the bit what the single operations give, and what lies between is not kept.
    """
    for tracer in reversed(operations):
        if tracer._rule != add or tracer.uses < 0:
            continue
        terms, inside = [], []
        node = tracer
        goes_on = True
        while goes_on:
            # The second operand is a term. So is the first, unless it is a sum that goes on.
            a, b = node._a, node._b
            goes_on = a._rule == add and a.uses == 1 and a.guard == tracer.guard and passes_on(a)
            for part in (b,) if goes_on else (b, a):
                if part._rule == mul and part.uses == 1 and part.guard == tracer.guard and passes_on(part):
                    left, right = part._a, part._b
                    moves_first = right.varying or not left.varying
                    terms.append(right if moves_first else left)
                    terms.append(left if moves_first else right)
                    inside.append(part)
                else:
                    terms.append(None)
                    terms.append(part)
            if goes_on:
                inside.append(a)
                node = a
        if inside:
            tracer.terms = terms[::-1]
            for part in inside:
                part.uses = -1


def passes_on(tracer):
    """Whether a gradient flows through an operation to all operands that want one: not inside no_grad()."""
    return tracer.wanted or not (tracer._a.wanted or tracer._b.wanted)


def codes_of(sum_):
    """What each term of a sum is, in bits.

    1, 2   the first factor differs between examples, the second does; if only one of them, it is the second
    4      there is a second factor
    8, 16  the gradient of the first is wanted, that of the second
    """
    codes = bytearray()
    for i in range(0, len(sum_.terms), 2):
        a, b = sum_.terms[i], sum_.terms[i + 1]
        code = (1 if a.varying else 0) + (8 if sum_.wanted and a.wanted else 0)
        if b is not None:
            code += 4 + (2 if b.varying else 0) + (16 if sum_.wanted and b.wanted else 0)
        codes.append(code)
    return codes


class Run:
    """Operations of one kind that do not depend on one another: one loop of the program.

    rule       the primitive; None for sums of products
    start      the slot of the first result; the others follow it
    count      the number of operations
    operands   for each input of the rule the slots of the operands, a sequence of ints
    wanted     for each input whether a gradient flows to it
    varying    whether the results, and whether each operand, differ between the examples of a batch
    guard      the conditions under which the results count: pairs (slot of the condition, the side)
    codes      for sums: what each term is, see `codes_of`; the operands are then the first and the second factors of
               all terms of the first sum, of the second, and so on
    """

    def __init__(self, rule, start, count, operands, wanted, varying, guard, codes=b""):
        self.rule, self.start, self.count, self.operands = rule, start, count, operands
        self.wanted, self.varying, self.guard, self.codes = wanted, varying, guard, codes

    def equals(self, other):
        """Whether another run does the same."""
        return (
            self.rule is other.rule
            and self.start == other.start
            and self.count == other.count
            and self.operands == other.operands
            and self.wanted == other.wanted
            and self.varying == other.varying
            and self.guard == other.guard
            and self.codes == other.codes
        )


class Program:
    """A recording, ready to run on a memory of numbers.

    A tracer gets a slot, but for numbers and captured Values that are not used. The first `uniform` slots hold what
    is the same for all examples of a batch: numbers, captured Values and what follows from them. Each of the others
    holds one number an example.
    """

    def __init__(self, recorder, results):
        operations, sources = needed_by(recorder, results, True)
        captured = [tracer for tracer in sources if isinstance(tracer.source, Value)]
        find_sums(operations, RULES["add"].index, RULES["mul"].index)
        levels = levels_of(operations)
        self.nodes = len(sources) + len(recorder.inputs) + len(operations)
        self.levels = max(0, len(levels) // 2 - 1)
        plain, moving = levels[::2], levels[1::2]
        self.uniform = len(sources) + sum(map(count_of, plain))
        self.size = self.uniform + len(recorder.inputs) + sum(map(count_of, moving))
        number_slots(sources, 0)
        number_slots(recorder.inputs, self.uniform)
        columns = [array.array("i", bytes(8 * len(operations))) for _ in "abc"]
        self.runs = []
        done = 0
        for part, slot in ((plain, len(sources)), (moving, self.uniform + len(recorder.inputs))):
            for kinds in part:
                for kind in sorted(kinds):
                    group = kinds[kind]
                    number_slots(group, slot)
                    end = fill_columns(group, *columns, done)
                    self.runs.append(
                        run_of(group, slot, [memoryview(column)[done:end] for column in columns], recorder.guards)
                    )
                    slot += len(group)
                    done = end
        self.numbers = [(tracer.slot, tracer.source) for tracer in sources if not isinstance(tracer.source, Value)]
        self.captured = [tracer.source for tracer in captured]
        born = set(map(id, recorder.born))
        self.born = [id(value) in born for value in self.captured]
        self.captured_slots = array.array("i", [tracer.slot for tracer in captured])
        self.input_slots = array.array("i", [tracer.slot for tracer in recorder.inputs])
        self.results = [tracer.slot for tracer in results]

    def equals(self, other):
        """Whether another program computes the same from the same: made by the same function, say, a second time."""
        return (
            len(self.runs) == len(other.runs)
            and all(map(Run.equals, self.runs, other.runs))
            and self.uniform == other.uniform
            and self.size == other.size
            and self.results == other.results
            and repr(self.numbers) == repr(other.numbers)
            and self.captured_slots == other.captured_slots
            and len(self.captured) == len(other.captured)
            and all(
                a is b or (one and two and repr_of(a) == repr_of(b))
                for a, b, one, two in zip(self.captured, other.captured, self.born, other.born)
            )
        )


def repr_of(source):
    """What stands for a source where two recordings are compared."""
    return (type(source), source.data) if isinstance(source, Value) else repr(source)


def levels_of(operations):
    """The operations by level and kind: for level k at 2k those that are the same for all examples, at 2k + 1 the
    others; each a dict from a number that stands for the kind to a list of tracers."""
    levels, sums = [], {}
    for tracer in operations:
        if tracer.uses == -1:
            continue
        guard = tracer.guard  # as a number of 64 bits: the products below would not fit into 32
        a, b, c = tracer._a, tracer._b, tracer._c
        bits = (4 if tracer.wanted and a.wanted else 0) + (1 if a.varying else 0)
        if b is not None:
            bits = 8 * bits + (4 if tracer.wanted and b.wanted else 0) + (1 if b.varying else 0)
            if c is not None:
                bits = 8 * bits + (4 if tracer.wanted and c.wanted else 0) + (1 if c.varying else 0)
        kind = (guard * 4096 + tracer._rule - NUMBER) * 512 + bits
        if tracer.terms is not None:
            kind = -1 - sums.setdefault((tracer.guard, bytes(codes_of(tracer))), len(sums))
        while len(levels) <= 2 * tracer.level + 1:
            levels.append({})
        kinds = levels[2 * tracer.level + (1 if tracer.varying else 0)]
        group = kinds.get(kind)
        if group is None:
            kinds[kind] = [tracer]
        else:
            group.append(tracer)
    return levels


def run_of(group, slot, columns, guards):
    """A group as a Run."""
    first = group[0]
    guard = [(condition.slot, side) for condition, side in guards[first.guard]]
    if first.terms is not None:
        codes = codes_of(first)
        return Run(None, slot, len(group), columns[:2], [max(codes) >= 8], [first.varying], guard, codes)
    operands = [operand for operand in (first._a, first._b, first._c) if operand is not None]
    return Run(
        RULES["pos"] if first._rule < 0 else TABLE[first._rule],
        slot,
        len(group),
        columns[: len(operands)],
        [first.wanted and operand.wanted for operand in operands],
        [tracer.varying for tracer in (first, *operands)],
        guard,
    )


def count_of(kinds):
    """The number of operations on a level."""
    return sum(map(len, kinds.values()))


def number_slots(tracers, slot):
    """Give the tracers the slots from `slot` on."""
    for tracer in tracers:
        tracer.slot = slot
        slot += 1


def fill_columns(group, column_a, column_b, column_c, at):
    """Write the slots of a group's operands into the columns, from position `at` on; returns where they end."""
    for tracer in group:
        if tracer.terms is not None:
            for i in range(0, len(tracer.terms), 2):
                a, b = tracer.terms[i], tracer.terms[i + 1]
                column_a[at] = a.slot
                column_b[at] = a.slot if b is None else b.slot
                at += 1
            continue
        a, b, c = tracer._a, tracer._b, tracer._c
        column_a[at] = a.slot
        if b is not None:
            column_b[at] = b.slot
        if c is not None:
            column_c[at] = c.slot
        at += 1
    return at


# As value.py, this file is compiled at install time, and the compiled engine's classes take over from here.
if backend == "native":
    globals().update({name: compiled.exports[name] for name in ("Tracer", "Recorder", "Program", "needed_by")})
