"""The tape: the operations of a recording in the order in which they were carried out, in columns of numbers.

An operation has a place on the tape, and names its operands by theirs. This file is compiled with the engine, like
value.py.
"""

import array

from autograd.engine import uncompiled as cython
from autograd.table.registry import RULES, TABLE

if not cython.compiled:
    from autograd.engine.modes import gradients_wanted as gradients_here
    from autograd.engine.value import LEAF, Value

DETACHED = cython.declare(cython.int, -3)  # the `rule` of a number without its gradient
NUMBER = cython.declare(cython.int, -4)  # the same where the function itself has a float: a derivative, say
TAKE = cython.declare(cython.int, -5)  # the `rule` of an item that a number chooses from a list, see `choices`
NOTHING_THERE = cython.declare(cython.int, -1)  # in place of an operand, of a place
LISTS = cython.declare(cython.int, -2)  # of TAKE the column b is this minus a position in `choices`
# The partial derivative of rule r with respect to operand k is an operation too, on the operands and the result of r.
SLOPES = cython.declare(cython.int, 1 << 20)  # its `rule` is SLOPES + 4 * r + k
CHOICE = cython.declare(cython.int, RULES["where"].index)
LOOK_BACK = cython.declare(cython.int, 8)  # how many operations are searched for one that is written down already

WANTED = cython.declare(cython.int, 1)  # a gradient flows through the operation
PASSES = cython.declare(cython.int, 2)  # one may: it was not carried out inside no_grad()
DERIVED = cython.declare(cython.int, 4)  # it belongs to a derivative, and is left out when its result is not used
APART = cython.declare(cython.int, 8)  # it is not shared: a variable of a derivative, or a result of another kind
HANDED_OUT = cython.declare(cython.int, 16)  # a derivative that the function has: kept even if it is not used
ON_VALUES = cython.declare(cython.int, 32)  # it depends on a Value, not only on what stands for a number
KIND = cython.declare(cython.int, 64)  # what the function itself has here, times this: PLAIN, CONSTANT, ... VALUE
# For Python, where the above are variables of C:
CODES = {"leaf": LEAF, "detached": DETACHED, "number": NUMBER, "slopes": SLOPES, "passes": PASSES, "derived": DERIVED}
CODES["take"] = TAKE
PLAIN, CONSTANT, UNSURE, VALUE = 0, 1, 2, 3  # a float, a Constant, one of it and a Value, a Value
A_VALUE = cython.declare(cython.int, 3)
EITHER = cython.declare(cython.int, 2)
A_CONSTANT = cython.declare(cython.int, 1)
ROOM = 64  # for how many operations there are places at first


@cython.cclass
class Tape:
    """Operations, numbers and captured Values, by place.

    rule                  an index of TABLE, a partial derivative (from SLOPES on), DETACHED, NUMBER, TAKE; LEAF for an
                          input, a number or a captured Value
    a, b, c               the places of the operands; for a leaf `a` is a position in `sources`, and -1 for an input;
                          for TAKE `a` is the place of the index, and `b` says which of `choices` the items are
    choices               the lists of places from which TAKE chooses; takes from the same list share one
    guard_of              which conditions must hold for the result to count, a position in `guards`
    flags                 WANTED and the others above
    last_user             the latest operation that has this one as its first or second operand
    user_before_a, _b     for an operation the latest before itself among those of its operands
    sources, inputs       the numbers and captured Values; the places of the inputs
    scope_of, scope       the scope of each operation, a position in `scopes`; the one that is open
    scopes                for each scope its path, such as "block0.attention", and the scope around it
    labels                the labels that the function gave to results, by place
    guards, guard         for each guard the conditions, pairs of a place and a side; the guard in force
    """

    def __init__(self):
        self.count = 0
        self.rule, self.a, self.b, self.c = integers(ROOM), integers(ROOM), integers(ROOM), integers(ROOM)
        self.guard_of, self.scope_of, self.flags = integers(ROOM), integers(ROOM), array.array("B", bytes(ROOM))
        self.last_user, self.user_before_a, self.user_before_b = integers(ROOM), integers(ROOM), integers(ROOM)
        self.sources, self.inputs, self.guards, self.labels = [], [], [()], {}
        self.guard = self.scope = 0
        self.scopes, self._scope_of_path = [("", 0)], {}
        self.zero = self.minus_zero = self.one = -1  # the places of these numbers
        self.deriving = False
        self.choices, self._choice_of, self._taken = [], {}, {}
        self._guard_of, self._captured, self._numbers = {}, {}, {}

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(rule=cython.int, a=cython.int, b=cython.int, c=cython.int, flags=cython.int, place=cython.int)
    def add(self, rule, a, b, c, flags):
        """Write down an operation, or a leaf; returns its place."""
        place = self.count
        if place == len(self.rule):
            self._make_room(2 * place)
        self.rule[place], self.a[place], self.b[place], self.c[place] = rule, a, b, c
        self.guard_of[place] = self.guard if rule != LEAF else 0
        self.scope_of[place] = self.scope
        self.flags[place] = flags
        self.last_user[place] = self.user_before_a[place] = self.user_before_b[place] = -1
        if rule != LEAF:
            self.user_before_a[place] = self.last_user[a]
            self.last_user[a] = place
            if b >= 0 and b != a:
                self.user_before_b[place] = self.last_user[b]
                self.last_user[b] = place
        self.count = place + 1  # an interrupt before has written down nothing
        return place

    @cython.ccall
    def _make_room(self, count):
        """Make room for so many operations; `rule`, which tells how much there is, grows last: memory may run out."""
        self.a, self.b, self.c = resized(self.a, count), resized(self.b, count), resized(self.c, count)
        self.guard_of, self.scope_of = resized(self.guard_of, count), resized(self.scope_of, count)
        self.flags, self.last_user = resized(self.flags, count), resized(self.last_user, count)
        self.user_before_a = resized(self.user_before_a, count)
        self.user_before_b = resized(self.user_before_b, count)
        self.rule = resized(self.rule, count)

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(rule=cython.int, a=cython.int, b=cython.int, c=cython.int, flags=cython.int, other=cython.int)
    @cython.locals(found=cython.int, kind=cython.int)
    def operation(self, rule, a, b, c):
        """The place of an operation; of one that was written down before, where it is among the last."""
        # The choice in a formula of a derivative: where the function is called, only its branch belongs to the graph.
        flags = 0 if rule == CHOICE and self.deriving else self.flags[a]
        kind = flags // KIND
        if b >= 0:
            other = self.flags[b]
            flags |= other
            kind = max(kind, other // KIND)
        if c >= 0:
            other = self.flags[c]
            flags |= other
            kind = max(kind, other // KIND)
        flags &= WANTED | ON_VALUES
        if rule < 0 or not gradients_here():
            flags = 0
        else:
            flags |= PASSES
        found = self._known(rule, a, b, c, flags)
        if found >= 0:
            if not self.deriving:
                self.flags[found] &= 255 - DERIVED
            return found
        if rule == NUMBER:
            kind = 0
        elif kind >= EITHER and not flags & WANTED:
            kind = A_CONSTANT
        return self.add(rule, a, b, c, flags + KIND * kind + (DERIVED if self.deriving else 0))

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-2, check=False)
    @cython.locals(rule=cython.int, a=cython.int, b=cython.int, c=cython.int, flags=cython.int, shared=cython.int)
    @cython.locals(place=cython.int)
    def _known(self, rule, a, b, c, flags):
        """The place of an operation that was written down before, if it is among the last with the same operands."""
        if self.last_user[a] < 0 or (b >= 0 and self.last_user[b] < 0):
            return NOTHING_THERE
        shared = a if b < 0 or self.last_user[a] > self.last_user[b] else b
        place = self.last_user[shared]
        for _ in range(LOOK_BACK):
            if place < 0:
                break
            if (
                self.rule[place] == rule
                and self.a[place] == a
                and self.b[place] == b
                and self.c[place] == c
                and self.flags[place] & (WANTED | PASSES | APART | ON_VALUES) == flags
                and (self.guard_of[place] == 0 or self.guard_of[place] == self.guard)
            ):
                return place
            place = self.user_before_a[place] if self.a[place] == shared else self.user_before_b[place]
        return NOTHING_THERE

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(rule=cython.int, a=cython.int, b=cython.int, c=cython.int)
    def emitted(self, rule, a, b, c):
        """The place of an operation; of a number, where all operands are numbers and the result is finite."""
        if self.rule[a] == LEAF and (b < 0 or self.rule[b] == LEAF) and (c < 0 or self.rule[c] == LEAF):
            numbers = [self.number_at(place) for place in (a, b, c) if place >= 0]
            if None not in numbers:
                try:
                    result = described(rule).value(*numbers)
                except (ArithmeticError, ValueError):
                    result = None
                if result is not None and result - result == 0.0:
                    return self.number(result)
        return self.operation(rule, a, b, c)

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(index=cython.int, items=cython.int[::1], place=cython.int, flags=cython.int, kind=cython.int)
    @cython.locals(i=cython.int, least=cython.int)
    def taken(self, index, places):
        """The place of the item that the number at `index` chooses from these places.

        The item itself is meant: a gradient flows to it even inside no_grad(), and never to the index.
        """
        number = self.number_at(index)
        if number is not None and number in range(len(places)):
            return places[int(number)]
        choice = self._choice_of.get(bytes(places))
        if choice is None:
            choice = LISTS - len(self.choices)
            self.choices.append(places)
            self._choice_of[bytes(places)] = choice
        for guard in (0, self.guard):
            found = self._taken.get((index, choice, guard))
            if found is not None:
                if not self.deriving:
                    self.flags[found] &= 255 - DERIVED
                return found
        items, flags, kind, least = places, 0, 0, A_VALUE
        for i in range(len(items)):
            flags |= self.flags[items[i]]
            kind = max(kind, self.flags[items[i]] // KIND)
            least = min(least, self.flags[items[i]] // KIND)
        if kind == A_VALUE and least == A_CONSTANT:  # which of them decides whether a gradient flows on
            kind = EITHER
        flags = (flags & (WANTED | ON_VALUES)) + PASSES + KIND * kind + (DERIVED if self.deriving else 0)
        place = self._taken[(index, choice, self.guard)] = self.add(TAKE, index, choice, -1, flags)
        return place

    @cython.ccall
    @cython.locals(place=cython.int)
    def items_at(self, place):
        """The places that the operation TAKE there chooses from."""
        return self.choices[LISTS - self.b[place]]

    @cython.ccall
    @cython.locals(place=cython.int)
    def number_at(self, place):
        """The number that a leaf stands for, if it is one; else None."""
        if self.rule[place] != LEAF or self.a[place] < 0:
            return None
        source = self.sources[self.a[place]]
        return None if isinstance(source, Value) else source

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    def number(self, number):
        """The place of a number."""
        found = self._numbers.get(key_of_number(number))
        return self.source(number, False, 0) if found is None else found

    @cython.ccall
    @cython.returns(cython.int)
    @cython.exceptval(-1, check=False)
    @cython.locals(wanted=cython.bint, kind=cython.int)
    def source(self, source, wanted, kind):
        """The place of a new leaf that stands for a number or a captured Value."""
        self.sources.append(source)
        if not isinstance(source, Value) and source - source == 0.0:
            key = key_of_number(source)
            self._numbers[key] = self.count
            if key == 1.0:
                self.one = self.count
            elif key == "0x0.0p+0":
                self.zero = self.count
            elif key == "-0x0.0p+0":
                self.minus_zero = self.count
        return self.add(
            LEAF, len(self.sources) - 1, -1, -1, (WANTED + PASSES + ON_VALUES if wanted else 0) + KIND * kind
        )

    def open_scope(self, name):
        """Open a scope inside the one that is open; returns the latter, to be set again in the end."""
        before, around = self.scope, self.scopes[self.scope][0]
        path = f"{around}.{name}" if around else name
        self.scope = self._scope_of_path.setdefault(path, len(self.scopes))
        if self.scope == len(self.scopes):
            self.scopes.append((path, before))
        return before

    def extended(self, guard, place, side):
        """The guard that has one more condition."""
        found = self._guard_of.setdefault((guard, place, side), len(self.guards))
        if found == len(self.guards):
            self.guards.append((*self.guards[guard], (place, side)))
        return found

    def add_guard(self, conditions):
        """From here on these conditions must hold as well. Returns the guard that was in force."""
        before = self.guard
        held = set(self.guards[before])
        for place, side in conditions:
            if (place, side) not in held:
                self.guard = self.extended(self.guard, place, side)
        return before

    def copied(self, fragment, operands):
        """The place of the result of a fragment of another tape, with these operands as its inputs.

        It is written down anew under the guard in force, which its own guards extend.
        """
        tape, at = fragment.tape, dict(zip(fragment.inputs, operands))
        for place in fragment.needed:
            if place in at:
                continue
            if tape.rule[place] == LEAF:
                source = tape.sources[tape.a[place]]
                at[place] = self.place_of(source) if isinstance(source, Value) else self.number(source)
                continue
            conditions = tape.guards[tape.guard_of[place]]
            before = self.add_guard([(at[condition], side) for condition, side in conditions])
            if tape.rule[place] == TAKE:
                items = array.array("i", [at[part] for part in tape.items_at(place)])
                at[place] = self.taken(at[tape.a[place]], items)
            else:
                parts = [at[part] if part >= 0 else -1 for part in (tape.a[place], tape.b[place], tape.c[place])]
                at[place] = self.emitted(tape.rule[place], *parts)
            if tape.rule[place] >= 0 and not tape.flags[place] & PASSES:
                at[place] = self.operation(DETACHED, at[place], -1, -1)
            self.guard = before
        return at[fragment.result]

    def trimmed(self):
        """Give back what only recording needs."""
        self.rule, self.a, self.b = (resized(column, self.count) for column in (self.rule, self.a, self.b))
        self.c, self.guard_of = resized(self.c, self.count), resized(self.guard_of, self.count)
        self.flags, self.scope_of = resized(self.flags, self.count), resized(self.scope_of, self.count)
        self.last_user = self.user_before_a = self.user_before_b = integers(0)
        self._guard_of, self._captured, self._numbers = {}, {}, {}
        self._choice_of, self._taken = {}, {}


@cython.ccall
def key_of_number(number):
    """A key for a dict: 0.0 and -0.0 differ."""
    return number if number else number.hex()


class Fragment:
    """Part of a tape as a function of its inputs, a list of places; with the place of its result."""

    def __init__(self, tape, inputs, result):
        self.tape, self.inputs, self.result = tape, inputs, result
        needed, given = {result}, set(inputs)
        for place in range(result, -1, -1):
            if place in needed and place not in given and tape.rule[place] != LEAF:
                needed.update(part for part in operands_at(tape, place) if part >= 0)
                needed.update(condition for condition, _ in tape.guards[tape.guard_of[place]])
        self.needed = sorted(needed)

    @property
    def operations(self):
        """The places of its operations."""
        given = set(self.inputs)
        return [place for place in self.needed if place not in given and self.tape.rule[place] != LEAF]


class Slope:
    """The partial derivative of a rule with respect to operand k, as a rule on its operands and its result."""

    def __init__(self, rule, k):
        self.of, self.k = rule, k
        self.name = f"∂{rule.name}/∂{rule.inputs[k]}"
        self.index = SLOPES + 4 * rule.index + k
        self.inputs = (*rule.inputs, "out")
        self.value = rule.slopes[k]
        self.slopes = (None,) * len(self.inputs)  # no gradient flows through it: see with_formulas in program.py


class Take:
    """The choice of an item by a number, where a rule is expected; the items are no operands like others."""

    name, inputs = "take", ("index",)


_slopes: dict = {}


def described(rule):
    """What a number in the column `rule` stands for: a rule of the table, a Slope, or Take."""
    if rule == TAKE:
        return Take
    if rule < 0:
        return RULES["pos"]
    if rule < SLOPES:
        return TABLE[rule]
    if rule not in _slopes:
        _slopes[rule] = Slope(TABLE[(rule - SLOPES) // 4], (rule - SLOPES) % 4)
    return _slopes[rule]


def operands_at(tape, place):
    """The places of the operands of an operation."""
    if tape.rule[place] == TAKE:
        return [tape.a[place], *tape.items_at(place)]
    return [part for part in (tape.a[place], tape.b[place], tape.c[place]) if part >= 0]


def integers(count):
    """An array of so many ints, all 0."""
    return array.array("i", bytes(4 * count))


def resized(column, count):
    """A column with room for `count` numbers, beginning with those that it has."""
    kept = memoryview(column)[:count]
    grown = array.array("B" if kept.itemsize == 1 else "i")
    grown.frombytes(kept.cast("B"))
    grown.frombytes(bytes((count - len(grown)) * grown.itemsize))
    return grown


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(one=Tape, other=Tape, place=cython.int)
def first_difference(one, other, born_one, born_other):
    """The first place at which two tapes differ; -1 when they are the same.

    born_one, born_other  the ids of the Values that the functions made themselves: those count as the same when their
                          numbers are
    """
    for place in range(min(one.count, other.count)):
        if (
            one.rule[place] != other.rule[place]
            or one.b[place] != other.b[place]
            or one.c[place] != other.c[place]
            or one.flags[place] != other.flags[place]
            or one.guard_of[place] != other.guard_of[place]
            or one.a[place] != other.a[place]
            or (one.rule[place] == TAKE and one.items_at(place) != other.items_at(place))
        ):
            return place
        if one.rule[place] == LEAF and one.a[place] >= 0:
            a, b = one.sources[one.a[place]], other.sources[other.a[place]]
            if a is b:
                continue
            if repr_of(a) != repr_of(b) or (isinstance(a, Value) and not (id(a) in born_one and id(b) in born_other)):
                return place
    if one.count != other.count or one.guards != other.guards:
        return min(one.count, other.count)
    return NOTHING_THERE


def repr_of(source):
    """What stands for a source where two recordings are compared."""
    return (type(source), source.data) if isinstance(source, Value) else repr(source)
