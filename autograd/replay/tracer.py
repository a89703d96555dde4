"""Recording: a function is run once with tracers in place of its inputs, and every operation is recorded.

The recording is an expression graph without numbers, with a `Tracer` for each of its nodes. This file is compiled with
the engine, like value.py; program.py makes a recording ready to run.
"""

import sys
from math import isfinite, nan

from autograd.engine import uncompiled as cython
from autograd.errors import RecordingError
from autograd.libraries import line_outside
from autograd.table.registry import RULES, TABLE

if not cython.compiled:
    from autograd.engine.choices import side_of
    from autograd.engine.modes import check_not_recording, gradients_wanted, recorder, recording
    from autograd.engine.numbers import as_float
    from autograd.engine.value import LEAF, Value, apply

    TRACER_SLOTS = (
        *("guard", "kind", "last_user", "level", "place", "recorder", "slot", "source", "terms", "user_before_a"),
        *("user_before_b", "uses", "varying", "wanted"),
    )

DETACHED = cython.declare(cython.int, -3)  # the `_rule` of a number without its gradient
NUMBER = cython.declare(cython.int, -4)  # the same where the function itself has a float, such as a derivative
LOOK_BACK = cython.declare(cython.int, 8)  # how many earlier operations are searched for an equal one
PLAIN, CONSTANT, VALUE = 0, 1, 2  # what the function itself has in a place: a float, a Constant, a Value
ROUNDING = (
    "Its derivative is 0 almost everywhere: compute it outside the function and pass it as an argument, or "
    "name the argument in static=."
)


@cython.final
@cython.no_gc
@cython.cclass
class Tracer(Value):
    """Stands for a number while a function is recorded: for an input, a captured Value, a number, or a result."""

    # _rule, _a, _b, _c    the operation and the tracers that it works on, as in every Value
    # place, level         its position in the recording, and the length of the longest path of operations to it
    # wanted, varying      whether a gradient flows through it, and whether it depends on an input
    # guard                which conditions must hold for it to count: an index of Recorder.guards
    # source               the captured Value or the number that it stands for; None for an input and a result
    # last_user            the place of the latest operation that has it as first or second operand; -1 for none
    # user_before_a, _b    for an operation: the last_user of its first and second operand before this operation
    # kind                 what the function itself would have here: a float (PLAIN), a CONSTANT or a VALUE
    # slot                 where Program puts it
    # uses                 how often it is an operand; -1 inside a sum of products, where it has no slot
    # terms                the factors of a sum of products, in pairs, None for a missing one; None if it is no sum
    __slots__ = TRACER_SLOTS

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
        """A tracer has no number, and neither have its derivatives."""
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
        raise AttributeError(f"'Tracer' object has no attribute {name!r}", name=name, obj=self)

    @property
    def rule(self):
        """The primitive that made it; None for an input, and for a number through which no gradient flows."""
        return TABLE[self._rule] if self._rule >= 0 and self.wanted else None

    @cython.ccall
    @cython.locals(other="Tracer")
    def matches(self, other):
        """Whether a tracer of another recording stands for the same thing."""
        return (
            self._rule == other._rule
            and self.guard == other.guard
            and self.varying == other.varying
            and self._places() == other._places()
            and (self.source is other.source or repr_of(self.source) == repr_of(other.source))
        )

    @cython.ccall
    @cython.locals(parent="Tracer")
    def _places(self):
        """The places of its operands in the recording."""
        return [parent.place for parent in self._operands()]

    def _operands(self):
        """The tracers that this one was computed from."""
        return [parent for parent in (self._a, self._b, self._c) if parent is not None]

    @property
    def parents(self):
        """What this tracer was computed from: tracers, captured Values and numbers."""
        return tuple([parent if parent.source is None else parent.source for parent in self._operands()])

    def order(self):
        """The tracers that this one depends on, operands before results, itself last."""
        self.recorder.differentiated = True
        operations, _ = needed_by(self.recorder, [self], False)
        self.recorder.forget_uses()
        return [*self.recorder.inputs, *operations]


@cython.final
@cython.cclass
class Recorder:
    """Records operations. Nothing is recorded twice: a known operation has its tracer already."""

    def __init__(self):
        self.tracers = []  # by place
        self.inputs = []
        self.generators = []  # for each random number drawn: it is an input, after those for the arguments
        self.states = {}  # by id: each of these generators, with its state when the first number was drawn
        self.guards = [()]  # for each guard, the conditions that must hold: pairs of a tracer and the side
        self.guard = 0  # the current one
        self.watched = {}  # by id: the objects whose attributes the function wants compared
        self.born = []  # the Values that the function made itself
        self.lines = None  # if wanted, the line of code that made each tracer
        self.spoilt = None  # the first RecordingError, which the function may have caught
        self.differentiated = False  # whether derivatives were taken inside
        self._guard_of = {}  # by the guard around it, the place of the condition, and the side
        self._captured = {}
        self._numbers = {}

    @cython.ccall
    @cython.locals(rule=cython.int, a=Tracer, b=Tracer, c=Tracer, wanted=cython.bint, tracer=Tracer, condition=Tracer)
    def add(self, rule, a, b, c, wanted):
        """A new tracer: for an operation on the tracers a, b and c, or for a source if they are None."""
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

    @cython.ccall
    @cython.locals(tracer=Tracer)
    def input(self, kind):
        """A tracer for the next input: a "number", a "Constant" or a "Value"."""
        tracer = self.add(LEAF, None, None, None, kind == "Value")
        tracer.varying = True
        tracer.kind = {"number": PLAIN, "Constant": CONSTANT, "Value": VALUE}[kind]
        self.inputs.append(tracer)
        return tracer

    def drawn(self, generator):
        """A tracer for a random number that is drawn at each replay."""
        if self.guard:
            self.refuse(
                f"compile: random numbers are drawn inside a side of where(), at {line_outside()}. The function itself "
                "draws them only if that side is chosen, a replay always would. Draw them before where()."
            )
        if id(generator) not in self.states:
            self.states[id(generator)] = generator, generator.getstate()
        self.generators.append(generator)
        return self.input("number")

    def variable(self, operand):
        """A new tracer with the number of `operand`, to differentiate with respect to."""
        return self.add(RULES["pos"].index, self.tracer(operand), None, None, True)

    @cython.ccall
    @cython.locals(found=Tracer)
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

    @cython.ccall
    @cython.locals(wanted=cython.bint, tracer=Tracer)
    def _source(self, source, wanted):
        tracer = self.add(LEAF, None, None, None, wanted)
        tracer.source = source
        tracer.kind = VALUE if wanted else CONSTANT if isinstance(source, Value) else PLAIN
        return tracer

    def record(self, rule, operands):
        """Record one operation; an operation on plain numbers alone is carried out."""
        for operand in operands:
            if isinstance(operand, Value):
                break
        else:
            with recording(None):
                return apply(rule, *operands)
        tracers = [*map(self.tracer, operands), None, None]
        return self.operation(rule.index, tracers[0], tracers[1], tracers[2])

    @cython.ccall
    @cython.locals(rule=cython.int, a=Tracer, b=Tracer, c=Tracer, found=Tracer, wanted=cython.bint)
    def operation(self, rule, a, b, c):
        """The tracer for an operation on tracers."""
        wanted = (
            (a.wanted or (b is not None and b.wanted) or (c is not None and c.wanted))
            and rule >= 0
            and gradients_wanted()
        )
        found = self._known(rule, a, b, c, wanted)
        return self.add(rule, a, b, c, wanted) if found is None else found

    @cython.ccall
    @cython.locals(rule=cython.int, a=Tracer, b=Tracer, c=Tracer, wanted=cython.bint, shared=Tracer, other=Tracer)
    @cython.locals(place=cython.int)
    def _known(self, rule, a, b, c, wanted):
        """The tracer of an equal operation recorded before, if it is among the latest that use the same operand."""
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
        """The number of a Value, where the function itself has a float."""
        return self.operation(NUMBER, self.tracer(value), None, None)

    def where(self, condition, x, y):
        """A choice: both sides are recorded; a side that is a function is recorded under the guard of the condition."""
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
                side = nan  # if this side is chosen, the replay stops and the function itself is called
            finally:
                self.guard = before
        return self.tracer(side) if isinstance(side, Value) or isfinite(side) else self._source(side, False)

    @cython.ccall
    @cython.locals(tracer=Tracer)
    def forget_uses(self):
        """Reset what needed_by() counted."""
        for tracer in self.tracers:
            tracer.uses = 0

    def _extended(self, guard, condition, side):
        """The guard with one more condition."""
        found = self._guard_of.setdefault((guard, condition.place, side), len(self.guards))
        if found == len(self.guards):
            self.guards.append((*self.guards[guard], (condition, side)))
        return found

    def add_guard(self, guard):
        """From here on, the conditions of this guard must hold too. Returns what to pass to `set_guard` in the end."""
        before = self.guard
        held = {(condition.place, side) for condition, side in self.guards[before]}
        for condition, side in self.guards[guard]:
            if (condition.place, side) not in held:
                self.guard = self._extended(self.guard, condition, side)
        return before

    def set_guard(self, guard):
        """Continue under another guard."""
        self.guard = guard

    def watch(self, thing):
        """Note an object whose attributes are to be compared."""
        if not hasattr(thing, "__dict__"):
            self.refuse(f"watch: expected an object with attributes, got {thing!r:.60}.")
        self.watched[id(thing)] = thing

    def refuse(self, message):
        """Raise a RecordingError, and remember it: the recording fails even if the function catches it."""
        error = RecordingError(message)
        if self.spoilt is None:
            self.spoilt = error
        raise error

    def end(self):
        """Drop the tracers, which refer to the recorder."""
        self.spoilt = None
        for kept in (self._captured, self._numbers, self._guard_of, self.watched, self.states):
            kept.clear()
        for kept in (self.guards, self.inputs, self.generators, self.tracers, self.born):
            kept.clear()


def called_from_here():
    """Whether the text of a tracer is wanted by code of this project, for a message."""
    frame = sys._getframe()
    while frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").partition(".")[0] in ("autograd", "nn")


def repr_of(source):
    """What stands for a source where two recordings are compared."""
    return (type(source), source.data) if isinstance(source, Value) else repr(source)


if not cython.compiled:
    # The compiled engine has this in recording.pxi, over raw pointers.
    def needed_by(recorder, results, unused):
        """The operations that `results` depend on, operands before results; and the captured Values and numbers.

        unused: whether to add the operations that no result depends on. They may fail, as they would in the function.
        Each tracer's `uses` becomes how often it is an operand; what must be visible from outside counts twice.
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
                    c.uses += 2  # an operand of where: never part of a sum
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
