"""Derivatives on a tape: the chain rule, backward and forward, as operations that are written down after the others.

What comes out can be differentiated again. This file is compiled with the engine, like value.py.
"""

from autograd.engine import uncompiled as cython
from autograd.table.registry import BUILT_IN, RULES, TABLE

if not cython.compiled:
    from autograd.engine.modes import graph_wanted, recording
    from autograd.engine.value import LEAF
    from autograd.replay.tape import HANDED_OUT, PASSES, SLOPES, TAKE, Fragment, Tape, integers, operands_at
    from autograd.replay.tracer import Recorder

# What the partial derivative of an operation is:
IS_NUMBER = cython.declare(cython.int, 0)
IS_OPERAND = cython.declare(cython.int, 1)  # one of the operands, or the result
IS_SLOPE = cython.declare(cython.int, 2)  # an operation of its own, see SLOPES
IS_FORMULA = cython.declare(cython.int, 3)  # a few operations
ADD = cython.declare(cython.int, RULES["add"].index)
MUL = cython.declare(cython.int, RULES["mul"].index)
EQUAL = cython.declare(cython.int, RULES["equal"].index)
WHERE = cython.declare(cython.int, RULES["where"].index)
SHORT = 2  # operations that are written down one by one


@cython.cclass
class Partial:
    """The partial derivative of a rule, or of a slope, with respect to one operand.

    position  that of the operand with respect to which it is taken
    kind      one of the above
    operand   which operand it is; the result comes after the operands
    number    the number
    fragment  the formula, recorded, as a function of the operands and the result
    """

    def __init__(self, position, fragment, inputs):
        self.position, self.fragment, self.number, self.operand = position, fragment, 0.0, 0
        tape, result = fragment.tape, fragment.result
        number = tape.number_at(result)
        operations = fragment.operations
        if number is not None:
            self.kind, self.number = IS_NUMBER, number
        elif result in fragment.inputs:
            self.kind, self.operand = IS_OPERAND, fragment.inputs.index(result)
        elif inputs <= 2 and (len(operations) > SHORT or any(tape.guard_of[place] for place in operations)):
            self.kind = IS_SLOPE
        else:
            self.kind = IS_FORMULA


_partials: dict = {}


@cython.ccall
@cython.locals(rule=cython.int)
def partials_of(rule):
    """The partial derivatives of a rule of the table, or of a slope, as a list of Partial."""
    found = _partials.get(rule)
    if found is None:
        found = partials_of_rule(rule) if rule < SLOPES else partials_of_slope(rule)
        if not (rule < SLOPES and rule >= len(BUILT_IN)):  # a rule of a user's own may be taken back
            _partials[rule] = found
    return found


def partials_of_rule(rule):
    described = TABLE[rule]
    own = rule >= len(BUILT_IN)
    found = []
    for k, partial in enumerate(described.partials):
        fragment = formula_recorded(partial, (*described.inputs, "out"))
        found.append(Partial(k, fragment, 3 if own else len(described.inputs)))
    return found


def partials_of_slope(rule):
    """A slope is differentiated by its formula; the result of its rule is one more operand."""
    described = TABLE[(rule - SLOPES) // 4]
    fragment = formula_recorded(described.partials[(rule - SLOPES) % 4], (*described.inputs, "out"))
    tape = fragment.tape
    with recording(tape), graph_wanted():
        places = adjoints_on(tape, fragment.result, fragment.inputs)
        places = [tape.number(0.0) if place < 0 else place for place in places]
    return [Partial(k, Fragment(tape, fragment.inputs, place), 3) for k, place in enumerate(places)]


_formulas: dict = {}


def formula_of_slope(rule):
    """The formula of a slope, recorded, as a function of the operands and the result of its rule."""
    if rule not in _formulas:  # only a rule of the table that cannot be taken back has slopes of its own
        described = TABLE[(rule - SLOPES) // 4]
        _formulas[rule] = formula_recorded(described.partials[(rule - SLOPES) % 4], (*described.inputs, "out"))
    return _formulas[rule]


def formula_recorded(formula, names):
    """A formula as a fragment of a tape of its own."""
    from autograd.engine.functions import FUNCTIONS  # which are made of this module, where it is compiled

    tape = Recorder()
    with recording(tape), graph_wanted():
        inputs = [tape.input("Value") for _ in names]
        result = tape.place_of(formula.on_recording(names, FUNCTIONS)(*inputs))
    return Fragment(tape, tape.inputs, result)


@cython.ccall
@cython.locals(tape=Tape, y=cython.int, low=cython.int, place=cython.int, x=cython.int, adjoint=cython.int)
@cython.locals(k=cython.int, operand=cython.int)
def adjoints_on(tape, y, xs):
    """The places of ∂y/∂x for places x; -1 where y does not depend on x, but inside no_grad()."""
    low = min(xs, default=y)
    if low > y:
        return [-1 for _ in xs]
    depends = bytearray(y + 1 - low)
    for x in xs:
        if x <= y:
            depends[x - low] = 1
    mark_dependent(tape, depends, low, y)
    adjoints = integers(y + 1 - low)  # 1 + the place of each; 0 for none
    deriving, tape.deriving = tape.deriving, True
    try:
        back_from(tape, y, low, depends, adjoints)
    finally:
        tape.deriving = deriving
    return handed_out(tape, [adjoints[x - low] - 1 if x <= y else -1 for x in xs])


@cython.ccall
@cython.locals(tape=Tape, depends=cython.uchar[::1], low=cython.int, y=cython.int, place=cython.int)
def mark_dependent(tape, depends, low, y):
    """Mark what depends on what is marked already, from the place `low` to `y`."""
    lists: dict = {}
    for place in range(low, y + 1):
        if tape.rule[place] == LEAF or not tape.flags[place] & PASSES or depends[place - low]:
            continue
        if tape.rule[place] == TAKE:
            if tape.b[place] not in lists:
                lists[tape.b[place]] = any_marked(depends, low, tape.items_at(place))
            depends[place - low] = lists[tape.b[place]]
        elif (
            (tape.a[place] >= low and depends[tape.a[place] - low])
            or (tape.b[place] >= low and depends[tape.b[place] - low])
            or (tape.c[place] >= low and depends[tape.c[place] - low])
        ):
            depends[place - low] = 1


@cython.ccall
@cython.locals(marked=cython.uchar[::1], low=cython.int, items=cython.int[::1], i=cython.int)
def any_marked(marked, low, items):
    """Whether one of some places is marked."""
    for i in range(len(items)):  # no generator expression: Cython compiles none here
        if items[i] >= low and marked[items[i] - low]:
            break
    else:
        return False
    return True


@cython.ccall
@cython.locals(tape=Tape, y=cython.int, low=cython.int, depends=cython.uchar[::1], adjoints=cython.int[::1])
@cython.locals(place=cython.int, adjoint=cython.int, k=cython.int, operand=cython.int, share=cython.int)
@cython.locals(partials=list)
def back_from(tape, y, low, depends, adjoints):
    """The chain rule backward: enter 1 + the place of its adjoint for each place that y depends on."""
    if not depends[y - low]:
        return
    adjoints[y - low] = 1 + tape.number(1.0)
    conditions: dict = {}
    for place in range(y, low - 1, -1):
        adjoint = adjoints[place - low] - 1
        if adjoint < 0 or tape.rule[place] == LEAF or not tape.flags[place] & PASSES:
            continue
        if tape.rule[place] == TAKE:
            back_to_items(tape, place, adjoint, low, depends, adjoints, conditions)
            continue
        partials = None
        for k in range(3):
            operand = tape.a[place] if k == 0 else tape.b[place] if k == 1 else tape.c[place]
            if operand < low or not depends[operand - low]:
                continue
            if partials is None:
                partials = partials_of(tape.rule[place])
            share = share_of(tape, place, partials[k], adjoint)
            if share >= 0:
                adjoints[operand - low] = 1 + plus(tape, adjoints[operand - low] - 1, share)


@cython.ccall
@cython.locals(tape=Tape, place=cython.int, adjoint=cython.int, low=cython.int, depends=cython.uchar[::1])
@cython.locals(adjoints=cython.int[::1], conditions=dict, items=cython.int[::1], before=cython.int, guard=cython.int)
@cython.locals(k=cython.int, operand=cython.int, condition=cython.int, share=cython.int, zero=cython.int)
def back_to_items(tape, place, adjoint, low, depends, adjoints, conditions):
    """The adjoint of what TAKE has chosen goes to the item whose number the index equals, 0 to the others.

    conditions  for the place of an index and a number, the place of the operation that says whether they are equal
    """
    items, before, zero = tape.items_at(place), tape.guard, tape.number(0.0)
    tape.add_guard(tape.guards[tape.guard_of[place]])
    guard = tape.guard
    for k in range(len(items)):
        operand = items[k]
        if operand < low or not depends[operand - low]:
            continue
        tape.guard = before
        if (tape.a[place], k) not in conditions:
            conditions[tape.a[place], k] = tape.emitted(EQUAL, tape.a[place], tape.number(float(k)), -1)
        condition = conditions[tape.a[place], k]
        tape.guard = guard
        share = tape.emitted(WHERE, condition, adjoint, zero)
        tape.guard = before
        adjoints[operand - low] = 1 + plus(tape, adjoints[operand - low] - 1, share)


@cython.ccall
@cython.locals(tape=Tape, place=cython.int, low=cython.int, tangents=cython.int[::1], items=cython.int[::1])
@cython.locals(k=cython.int, before=cython.int, found=cython.int, some=cython.bint)
def tangent_of_item(tape, place, low, tangents):
    """The place of the tangent of what TAKE has chosen: it is chosen from the tangents of the items."""
    items = tape.items_at(place)
    chosen = integers(len(items))
    some = False
    for k in range(len(items)):
        if items[k] >= low and tangents[items[k] - low]:
            chosen[k], some = tangents[items[k] - low] - 1, True
        else:
            chosen[k] = tape.number(0.0)
    if not some:
        return -1
    before = tape.add_guard(tape.guards[tape.guard_of[place]])
    found = tape.taken(tape.a[place], chosen)
    tape.guard = before
    return found


@cython.ccall
@cython.locals(tape=Tape, y=cython.int, low=cython.int, place=cython.int, k=cython.int, operand=cython.int)
@cython.locals(share=cython.int, total=cython.int, tangents=cython.int[::1], needed=cython.uchar[::1], partials=list)
def tangents_on(tape, ys, xs, directions):
    """The places of the derivatives of places y along a direction: a place for each place x; -1 for none."""
    tops = [y for y in ys if y >= 0]
    low, top = min(xs, default=0), max(tops, default=-1)
    if top < low:
        return [-1 for _ in ys]
    tangents = integers(top + 1 - low)
    needed = bytearray(top + 1 - low)
    for y in tops:
        if y >= low:
            needed[y - low] = 1
    for place in range(top, low - 1, -1):
        if needed[place - low] and tape.rule[place] != LEAF and tape.flags[place] & PASSES:
            for operand in operands_at(tape, place):
                if operand >= low:
                    needed[operand - low] = 1
    for place, total in zip(xs, directions):
        if place <= top:
            tangents[place - low] = 1 + total
    deriving, tape.deriving = tape.deriving, True
    try:
        for place in range(low, top + 1):
            if not needed[place - low] or tangents[place - low] or tape.rule[place] == LEAF:
                continue
            if not tape.flags[place] & PASSES:
                continue
            if tape.rule[place] == TAKE:
                tangents[place - low] = 1 + tangent_of_item(tape, place, low, tangents)
                continue
            total = -1
            partials = None
            for k in range(3):
                operand = tape.a[place] if k == 0 else tape.b[place] if k == 1 else tape.c[place]
                if operand < low or not tangents[operand - low]:
                    continue
                if partials is None:
                    partials = partials_of(tape.rule[place])
                share = share_of(tape, place, partials[k], tangents[operand - low] - 1)
                if share >= 0:
                    total = plus(tape, total, share)
            tangents[place - low] = 1 + total
    finally:
        tape.deriving = deriving
    return handed_out(tape, [tangents[y - low] - 1 if y >= low else -1 for y in ys])


@cython.ccall
@cython.locals(tape=Tape, place=cython.int)
def handed_out(tape, places):
    """The places of derivatives, which from now on count even where they are not used: they may fail."""
    for place in places:
        if place >= 0:
            tape.flags[place] |= HANDED_OUT
    return places


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(tape=Tape, place=cython.int, partial=Partial, factor=cython.int, before=cython.int, found=cython.int)
def share_of(tape, place, partial, factor):
    """The place of a partial derivative of the operation there times a factor; -1 where that is 0.

    It counts under the conditions under which the operation counts: where they do not hold it is 0.
    """
    if partial.kind == IS_NUMBER and partial.number == 1.0:
        return factor
    before = tape.guard
    if tape.guard_of[place]:
        tape.add_guard(tape.guards[tape.guard_of[place]])
    found = times(tape, factor, partial_at(tape, place, partial))
    tape.guard = before
    return found


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(tape=Tape, place=cython.int, partial=Partial, rule=cython.int)
def partial_at(tape, place, partial):
    """The place of a partial derivative of the operation there."""
    rule = tape.rule[place]
    if partial.kind == IS_NUMBER:
        return tape.number(partial.number)
    if partial.kind == IS_OPERAND:
        return part_of(tape, place, partial.operand)
    if partial.kind == IS_SLOPE:
        return tape.operation(
            SLOPES + 4 * rule + partial.position,
            tape.a[place],
            part_of(tape, place, 1),
            part_of(tape, place, 2) if tape.b[place] >= 0 else -1,
        )
    operands = [part for part in (tape.a[place], tape.b[place], tape.c[place]) if part >= 0]
    return tape.copied(partial.fragment, [*operands, place])


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(tape=Tape, place=cython.int, k=cython.int, operand=cython.int)
def part_of(tape, place, k):
    """The place of the k-th operand of an operation; after the last comes the operation itself."""
    operand = tape.a[place] if k == 0 else tape.b[place] if k == 1 else tape.c[place] if k == 2 else -1
    return place if operand < 0 else operand


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(tape=Tape, a=cython.int, b=cython.int)
def times(tape, a, b):
    """The place of a product; -1 where a factor is the number 0."""
    if a == tape.zero or b == tape.zero or a == tape.minus_zero or b == tape.minus_zero:
        return -1
    if a == tape.one or b == tape.one:
        return b if a == tape.one else a
    return tape.emitted(MUL, a, b, -1)


@cython.ccall
@cython.returns(cython.int)
@cython.exceptval(-2, check=False)
@cython.locals(tape=Tape, a=cython.int, b=cython.int)
def plus(tape, a, b):
    """The place of a sum, where -1 stands for nothing."""
    if a < 0 or b < 0:
        return b if a < 0 else a
    return tape.emitted(ADD, a, b, -1)
