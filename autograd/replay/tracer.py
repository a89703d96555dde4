"""Recording: a function is run once with tracers in place of its inputs, and every operation is recorded.

The recording is a tape (tape.py): an expression graph without numbers. A `Tracer` stands for a place on it. This file
is compiled with the engine, like value.py; program.py makes a recording ready to run.
"""

import array
import sys
from math import isfinite, nan

from autograd.engine import uncompiled as cython
from autograd.engine.messages import FREEZE_OUTSIDE
from autograd.errors import RecordingError
from autograd.libraries import line_outside
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.choices import side_of
    from autograd.engine.modes import check_not_recording, recorder, recording
    from autograd.engine.numbers import as_float
    from autograd.engine.value import LEAF, Value, apply, constant
    from autograd.replay.tape import (
        APART,
        CHOICE,
        CONSTANT,
        DERIVED,
        DETACHED,
        HANDED_OUT,
        KIND,
        NUMBER,
        ON_VALUES,
        PASSES,
        PLAIN,
        UNSURE,
        VALUE,
        WANTED,
        Fragment,
        Tape,
        described,
        operands_at,
    )

    TRACER_SLOTS = ("place", "recorder")

FREEZE_ALIKE = "It was taken from items of which some are frozen: freeze all of them or none."
INDEXING = "Write autograd.take(items, i) for items[i]. For a count, name the argument in static=."
OF_MATH = "Write autograd.exp(v) in place of math.exp(v), where(condition, x, y) for a choice, or detach()."
ROUNDING = (
    "Its derivative is 0 almost everywhere: write autograd.floor() or autograd.ceil(), compute it outside the function "
    "and pass it as an argument, or name the argument in static=."
)


@cython.final
@cython.no_gc
@cython.cclass
class Tracer(Value):
    """Stands for a number while a function is recorded: for an input, a captured Value, a number, or a result."""

    # place     its place on the tape, which is its recorder
    __slots__ = TRACER_SLOTS

    def _refuse(self, what, instead=None):
        what = f"{what} a number that depends on the inputs"
        check_not_recording(what, instead)
        raise RecordingError("this stands for a number in a recording that has ended. Do not keep it beyond the call.")

    def _is_float(self):
        """Whether the function itself has a float here, not a Value: a variable of a derivative is one."""
        return self.kind == PLAIN and not self.recorder.flags[self.place] & WANTED

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
    def requires_grad(self):
        """Whether a gradient flows through it; who asks this has a recording of its own for calls inside no_grad()."""
        if self.kind == PLAIN:
            raise AttributeError("'float' object has no attribute 'requires_grad'", name="requires_grad", obj=self)
        if self.kind == UNSURE:
            self._refuse("whether a gradient flows through", FREEZE_ALIKE)
        self.recorder.check_sure(self.place)
        self.recorder.differentiated = True
        return bool(self.recorder.flags[self.place] & WANTED)

    @requires_grad.setter
    def requires_grad(self, wanted):
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad=True):
        """A tracer cannot be frozen."""
        self._refuse("setting requires_grad of", FREEZE_OUTSIDE)

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
        self._refuse("indexing or counting with", INDEXING)

    def __int__(self):
        self._refuse("int() of")

    def __float__(self):
        self._refuse("float() of", OF_MATH)

    def __complex__(self):
        self._refuse("complex() of")

    def __round__(self, digits=None):
        self._refuse("round() of", ROUNDING)

    def __trunc__(self):
        self._refuse("math.trunc() of", ROUNDING)

    def __floor__(self):
        if self._is_float():  # the function itself gets an int
            self._refuse("math.floor() of", ROUNDING)
        return Value.__floor__(self)

    def __ceil__(self):
        if self._is_float():
            self._refuse("math.ceil() of", ROUNDING)
        return Value.__ceil__(self)

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
    def label(self):
        """The label that the function gave to this result."""
        return self.recorder.labels.get(self.place)

    @label.setter
    def label(self, label):
        self.recorder.labels[self.place] = label

    @property
    def kind(self):
        """What the function itself has here: a float (PLAIN), a CONSTANT or a VALUE; UNSURE which of the latter."""
        return self.recorder.flags[self.place] // KIND

    @property
    def on_values(self):
        """Whether it depends on a Value, not only on numbers and on variables that stand for numbers."""
        return bool(self.recorder.flags[self.place] & ON_VALUES)

    @property
    def rule(self):
        """The primitive that stands here; None for an input, and for a number through which no gradient flows."""
        recorder, place = self.recorder, self.place
        wanted = recorder.rule[place] >= 0 and recorder.flags[place] & WANTED
        return described(recorder.rule[place]) if wanted else None

    @property
    def parents(self):
        """What it was computed from: tracers, captured Values and numbers."""
        recorder = self.recorder
        if recorder.rule[self.place] == LEAF:
            return ()
        return tuple([recorder.operand_at(place) for place in operands_at(recorder, self.place)])


@cython.final
@cython.cclass
class Recorder(Tape):
    """Writes operations down. Nothing is written twice: an operation that is known has its place already."""

    def __init__(self):
        Tape.__init__(self)
        self.generators = []  # for each random number drawn: it is an input, after those for the arguments
        self.states = {}  # by id: each of these generators, with its state when the first number was drawn
        self.watched = {}  # by id: the objects whose attributes the function wants compared
        self.born = []  # the Values that the function made itself
        self.lines = None  # where wanted, by place the line of code that asked for the operation
        self.spoilt = None  # the first RecordingError, which the function may have caught
        self.differentiated = False  # whether derivatives were taken inside
        self.derivations = []  # those by captured Values and arguments: the places of the result and of the former
        self.differentiated_values = []  # where derivatives are Values since results depend on one: places of results

    @cython.ccall
    @cython.locals(place=cython.int, tracer=Tracer)
    def traced(self, place):
        """A tracer for a place."""
        tracer = Tracer.__new__(Tracer)
        tracer._label = None
        tracer.recorder = self
        tracer.place = place
        if self.lines is not None:
            while len(self.lines) <= place:
                self.lines.append(line_outside())
        return tracer

    def input(self, kind):
        """A tracer for the next input: a "number", a "Constant" or a "Value"."""
        flags = {
            "number": KIND * PLAIN,
            "Constant": KIND * CONSTANT,
            "Value": KIND * VALUE + WANTED + PASSES + ON_VALUES,
        }[kind]
        place = self.add(LEAF, -1, -1, -1, flags)
        self.inputs.append(place)
        return self.traced(place)

    def captured_leaves(self):
        """The leaves that the function has met outside its arguments, and whether a gradient flows to each."""
        return [(value, self.flags[place] & WANTED) for value, place in self._captured.items() if value.rule is None]

    def captured_values(self):
        """The places of the Values that the function has met outside its arguments; Constants are left out."""
        return {value: place for value, place in self._captured.items() if type(value) is Value}

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
        """A tracer of its own with the number of `operand`, to differentiate by."""
        place = self.place_of(operand)
        flags = self.flags[place] // KIND * KIND + (self.flags[place] & ON_VALUES)
        return self.traced(self.add(RULES["pos"].index, place, -1, -1, WANTED + PASSES + APART + flags))

    def handed_out(self, number, live, graph):
        """A result of a derivative as the function itself has it: a float, or where `live`, a Value or a Constant.

        graph  whether a gradient flows through it
        """
        if not isinstance(number, Value):
            return constant(number) if live else as_float(number)
        place = self.place_of(number)
        if not graph:
            place = self.operation(DETACHED, place, -1, -1)
        flags = self.flags[place]
        kind = PLAIN if not live else VALUE if flags & WANTED else CONSTANT
        if flags // KIND != kind and not (live and flags // KIND == UNSURE):
            flags = (flags & (WANTED + PASSES + DERIVED + HANDED_OUT + ON_VALUES)) + APART + KIND * kind
            place = self.add(RULES["pos"].index, place, -1, -1, flags)
        return self.operand_at(place)

    def tracer(self, operand):
        """The tracer that stands for an operand."""
        return self.traced(self.place_of(operand))

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(tracer=Tracer)
    def place_of(self, operand):
        """The place of an operand: of a tracer, or of a source for a captured Value or a number."""
        if type(operand) is Tracer:
            tracer = operand
            if tracer.recorder is not self:
                self.refuse(
                    "compile: a number of an earlier call was kept and is used again. Return it, and pass it "
                    "as an argument to the next call."
                )
            if self.guard_of[tracer.place] != self.guard and self.guard_of[tracer.place]:
                self.check_counts(tracer.place)
            return tracer.place
        if isinstance(operand, Value):
            found = self._captured.get(operand)
            if found is None:
                wanted = type(operand) is Value
                found = self._captured[operand] = self.source(operand, wanted, VALUE if wanted else CONSTANT)
            return found
        return self.number(operand if self.guard and type(operand) is float else as_float(operand))

    def check_counts(self, place):
        """Refuse a number from a side of `where` that is used elsewhere; not a derivative, which is 0 there."""
        conditions = set(self.guards[self.guard_of[place]])
        if not self.flags[place] & DERIVED and not conditions <= set(self.guards[self.guard]):
            self.refuse(
                f"compile: a number that was computed inside a side of where() is used outside, at {line_outside()}. "
                "The function itself would have it only if that side is chosen. Return it from that side."
            )

    def check_sure(self, place):
        """Refuse a number that is a Value, or not, according to a choice of `where`."""
        flags = self.flags[place]
        if len(self.guards) == 1 or not flags & WANTED or flags & APART or self._is_sure(place):
            return
        self.refuse(
            "compile: whether there is a Value or a plain number depends on what where() chooses, at "
            f"{line_outside()}. Give it Values on both sides, or on none."
        )

    def _is_sure(self, place):
        """Whether what is a Value here is one whatever `where` chooses."""
        sure = {}
        for part in Fragment(self, [], place).needed:
            if self.rule[part] == LEAF or self.flags[part] & APART:
                sure[part] = bool(self.flags[part] & WANTED)
            elif self.rule[part] == CHOICE:
                guard, condition = self.guard_of[part], self.a[part]
                first, second = sure[self.b[part]], sure[self.c[part]]
                # A side that is a function has a guard of its own.
                first_always = first and (guard, condition, True) not in self._guard_of
                second_always = second and (guard, condition, False) not in self._guard_of
                sure[part] = sure[condition] or (first and second) or first_always or second_always
            else:
                sure[part] = bool(self.flags[part] & PASSES) and any(sure[one] for one in operands_at(self, part))
        return sure[place]

    def operand_at(self, place):
        """What stands at a place, for a reader: a captured Value or a number as it is, else a tracer."""
        is_source = self.rule[place] == LEAF and self.a[place] >= 0
        return self.sources[self.a[place]] if is_source else self.traced(place)

    def record(self, rule, operands):
        """Record one operation; an operation on plain numbers alone is carried out."""
        for operand in operands:
            if isinstance(operand, Value):
                break
        else:
            with recording(None):
                return apply(rule, *operands)
        places = [*map(self.place_of, operands), -1, -1]
        return self.traced(self.operation(rule.index, places[0], places[1], places[2]))

    def detached(self, value):
        """The same number without a gradient."""
        return self.traced(self.operation(DETACHED, self.place_of(value), -1, -1))

    def number_of(self, value):
        """The number of a Value, as the float that the function itself has."""
        return self.traced(self.operation(NUMBER, self.place_of(value), -1, -1))

    def where(self, condition, x, y):
        """A choice: both sides are recorded; a side that is a function is recorded under the guard of the condition."""
        if not isinstance(condition, Value):
            chosen = as_float(condition) != 0
            return self.record(RULES["where"], (condition, side_of(x, chosen), side_of(y, not chosen)))
        place = self.place_of(condition)
        first = self._side(x, place, True)
        return self.traced(self.operation(RULES["where"].index, place, first, self._side(y, place, False)))

    def _side(self, side, condition, chosen):
        """The place of one side of `where`, which may be an infinite number."""
        if callable(side):
            before = self.guard
            self.guard = self.extended(before, condition, chosen)
            try:
                side = side()
            except (ArithmeticError, ValueError):
                side = nan  # if this side is chosen, the replay stops and the function itself is called
            finally:
                self.guard = before
        if type(side) is Tracer and side.recorder is self:
            return side.place
        infinite = not isinstance(side, Value) and not isfinite(side)
        return self.source(side, False, PLAIN) if infinite else self.place_of(side)

    def take(self, items, index):
        """What a number chooses from a list: one number, or lists of numbers where the items are lists."""
        return self._chosen([self._places(item) for item in items], self.place_of(index))

    def _places(self, item):
        """The place of a number, or of each in nested lists."""
        if isinstance(item, (list, tuple)):
            return [self._places(part) for part in item]
        infinite = type(item) is float and not isfinite(item)  # as a side of where() may be
        return self.source(item, False, PLAIN) if infinite else self.place_of(item)

    def _chosen(self, items, index):
        """One choice for each number of an item."""
        if any(isinstance(item, list) for item in items):
            if len({len(item) if isinstance(item, list) else -1 for item in items}) > 1:
                self.refuse(
                    f"take: the items differ in structure, at {line_outside()}. Where the index depends on the inputs "
                    "of a compiled function, they must all be numbers, or lists of the same length."
                )
            return [self._chosen(column, index) for column in zip(*items)]
        if len({self.flags[place] // KIND == PLAIN for place in items}) > 1:
            self.refuse(
                f"take: some items are Values, and some plain numbers, at {line_outside()}. Where the index depends on "
                "the inputs of a compiled function, they must be of one kind: write Value(x) for the plain numbers."
            )
        return self.traced(self.taken(index, array.array("i", items)))

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
        """Let go of what only a recording needs."""
        self.spoilt = None
        for kept in (self.watched, self.born, self.generators, self.states):
            kept.clear()


def called_from_here():
    """Whether the text of a tracer is wanted by code of this project, for a message."""
    frame = sys._getframe()
    while frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").partition(".")[0] in ("autograd", "nn")
