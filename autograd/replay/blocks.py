"""The instructions of a program, in columns: operations of one kind that do not depend on one another lie side by side.

This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.value import LEAF
    from autograd.replay.facts import A_WANTED, Facts, codes_of
    from autograd.replay.tape import SLOPES, TAKE, Tape, described, integers


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, bits=cython.int, part=cython.int, kind=cython.longlong)
@cython.locals(wanted=cython.bint, number=cython.int)
def find_kinds(tape, facts, kinds):
    """Which operations may lie side by side: for each place the number of its kind, entered into the dict `kinds`.

    Operations of one kind have the same rule, guard and terms, and their operands vary alike and are wanted alike.
    """
    found = integers(tape.count)
    for place in range(tape.count):
        if facts.uses[place] <= 0 or tape.rule[place] == LEAF:
            continue
        if facts.terms[place]:
            key = tape.guard_of[place], codes_of(tape, facts, place, facts.factors)
        else:
            wanted = facts.wanted[place]
            bits = bits_of(facts, tape.a[place], wanted) + 8 * bits_of(facts, tape.b[place], wanted)
            bits += 64 * bits_of(facts, tape.c[place], wanted)
            if tape.rule[place] == TAKE:
                bits = 2 * wanted + facts.varying[tape.a[place]]
            kind = tape.guard_of[place]
            key = (kind * (4 * SLOPES) + tape.rule[place]) * 1024 + bits
        number = kinds.setdefault(key, len(kinds))
        found[place] = number
    return found


@cython.ccall
@cython.locals(facts=Facts, part=cython.int, wanted=cython.bint)
def bits_of(facts, part, wanted):
    """What an operand is: whether there is one, whether its gradient is wanted, and whether it varies."""
    if part < 0:
        return 0
    return 4 + (2 if wanted and facts.wanted[part] else 0) + (1 if facts.varying[part] else 0)


@cython.ccall
@cython.locals(column=cython.int[::1], order=cython.int[::1], starts=cython.int[::1], sorted_=cython.int[::1])
@cython.locals(i=cython.int, key=cython.int, total=cython.int, count=cython.int)
def sorted_by(order, column, largest):
    """Places in the order of the numbers that a column has for them; equal ones stay as they are."""
    starts = integers(largest + 2)
    sorted_ = integers(len(order))
    for i in range(len(order)):
        starts[column[order[i]] + 1] += 1
    for i in range(largest + 1):
        starts[i + 1] += starts[i]
    for i in range(len(order)):
        key = column[order[i]]
        sorted_[starts[key]] = order[i]
        starts[key] += 1
    return sorted_


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, i=cython.int)
def operations_in_order(tape, facts, kind_of, kinds):
    """The places of all operations with a slot, by level and kind; first those that are the same for all examples."""
    places = array.array("i", [])
    moving = integers(tape.count)
    largest = 0
    for place in range(tape.count):
        if facts.uses[place] > 0 and tape.rule[place] != LEAF:
            places.append(place)
            largest = max(largest, facts.level[place])
            moving[place] = facts.varying[place]
    order = sorted_by(sorted_by(places, kind_of, len(kinds)), facts.level, largest)
    return sorted_by(order, moving, 1)


class Instruction:
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
    scope      the path of the innermost scope around all of them
    choices    for Take: for each operation the slots of the items that it chooses from; None for others
    """

    def __init__(self, rule, start, count, operands, wanted, varying, guard, codes=b"", scope="", choices=None):
        self.rule, self.start, self.count, self.operands = rule, start, count, operands
        self.wanted, self.varying, self.guard, self.codes, self.scope = wanted, varying, guard, codes, scope
        self.choices = choices


@cython.cclass
class Blocks:
    """The instructions of a program, in columns.

    rule, start, count, wanted, varying  as in Instruction; the latter two as bits, see machine.h
    at                                   where the operands begin in `a`, `b`, `c`: slots, one for each operation, or
                                         for each term of each sum; in `b` of Take a position in `choices`
    guard                                a position in `guards`, which are pairs of slot and side
    scope                                the innermost scope around all its operations, a position in the tape's scopes
    codes                                a position in `all_codes`, -1 for what is not a sum
    choices                              the lists that Take chooses from, as slots
    """

    def __init__(self, tape, facts, order, kind_of):
        self.guards = [[(facts.slot[condition], side) for condition, side in guard] for guard in tape.guards]
        self.all_codes, self.choices, self.scopes = [], [], tape.scopes
        fill_blocks(self, tape, facts, order, kind_of)

    def __len__(self):
        return len(self.rule)

    def rules(self):
        """The rules of the table that are needed."""
        return {getattr(rule, "of", rule) for rule in map(described, set(self.rule))}

    def instructions(self):
        """All of them as Instruction."""
        return [self.instruction(i) for i in range(len(self))]

    def instruction(self, i):
        """The i-th of them."""
        sums = self.codes[i] >= 0
        codes = self.all_codes[self.codes[i]] if sums else b""
        rule = None if sums else described(self.rule[i])
        inputs = 2 if sums else len(rule.inputs)
        begin, end = self.at[i], self.at[i] + self.count[i] * max(len(codes), 1)
        columns = [memoryview(column)[begin:end] for column in (self.a, self.b, self.c)[:inputs]]
        wanted = [bool(self.wanted[i] >> k & 1) for k in range(1 if sums else inputs)]
        varying = [bool(self.varying[i] >> k & 1) for k in (3, *range(0 if sums else inputs))]
        start, count = self.start[i], self.count[i]
        guard, scope = self.guards[self.guard[i]], self.scopes[self.scope[i]][0]
        choices = [self.choices[k] for k in memoryview(self.b)[begin:end]] if self.rule[i] == TAKE else None
        return Instruction(rule, start, count, columns, wanted, varying, guard, codes, scope, choices)


@cython.ccall
@cython.locals(blocks=Blocks, tape=Tape, facts=Facts, order=cython.int[::1], kind_of=cython.int[::1], i=cython.int)
@cython.locals(place=cython.int, before=cython.int, at=cython.int, k=cython.int, n=cython.int, part=cython.int)
@cython.locals(a=cython.int[::1], b=cython.int[::1], c=cython.int[::1], factors=cython.int[::1], bits=cython.int)
@cython.locals(count=cython.int, total=cython.int, varying=cython.int, wanted=cython.int, has_c=cython.bint)
def fill_blocks(blocks, tape, facts, order, kind_of):
    """Write the columns."""
    factors = facts.factors
    total, count, before, has_c = 0, 0, -1, False
    for i in range(len(order)):
        place = order[i]
        total += max(facts.terms[place], 1)
        has_c = has_c or tape.c[place] >= 0
        if before < 0 or not lie_side_by_side(facts, kind_of, before, place):
            count += 1
        before = place
    blocks.a, blocks.b, blocks.c = integers(total), integers(total), integers(total if has_c else 0)
    a, b, c = blocks.a, blocks.b, blocks.c
    blocks.rule, blocks.start, blocks.count, blocks.at = (
        integers(count),
        integers(count),
        integers(count),
        integers(count),
    )
    blocks.guard, blocks.scope, blocks.codes = integers(count), integers(count), integers(count)
    blocks.wanted, blocks.varying = integers(count), integers(count)
    codes_known: dict = {}
    lists_known: dict = {}
    n, at, before = -1, 0, -1
    for i in range(len(order)):
        place = order[i]
        if before < 0 or not lie_side_by_side(facts, kind_of, before, place):
            n += 1
            begin_block(blocks, tape, facts, place, n, at, codes_known)
        elif blocks.scope[n] != tape.scope_of[place]:
            blocks.scope[n] = scope_around(tape.scopes, blocks.scope[n], tape.scope_of[place])
        before = place
        blocks.count[n] += 1
        if facts.terms[place]:
            for k in range(facts.terms[place]):
                part = factors[facts.first[place] + 2 * k]
                a[at] = b[at] = facts.slot[part]
                part = factors[facts.first[place] + 2 * k + 1]
                if part >= 0:
                    b[at] = facts.slot[part]
                at += 1
            continue
        a[at] = facts.slot[tape.a[place]]
        if tape.rule[place] == TAKE:
            if tape.b[place] not in lists_known:
                lists_known[tape.b[place]] = len(blocks.choices)
                blocks.choices.append(array.array("i", [facts.slot[item] for item in tape.items_at(place)]))
            b[at] = lists_known[tape.b[place]]
        if tape.b[place] >= 0:
            b[at] = facts.slot[tape.b[place]]
        if tape.c[place] >= 0:
            c[at] = facts.slot[tape.c[place]]
        at += 1


def scope_around(scopes, one, other):
    """The innermost scope around two."""
    while one != other:  # a scope comes after the one around it
        if one > other:
            one = scopes[one][1]
        else:
            other = scopes[other][1]
    return one


@cython.ccall
@cython.locals(blocks=Blocks, tape=Tape, facts=Facts, place=cython.int, n=cython.int, at=cython.int, k=cython.int)
@cython.locals(part=cython.int, wanted=cython.int, varying=cython.int)
def begin_block(blocks, tape, facts, place, n, at, codes_known):
    """Describe the n-th block, of which `place` is the first operation."""
    rule = tape.rule[place]
    blocks.rule[n] = rule if rule >= 0 or rule == TAKE else RULES["pos"].index
    blocks.start[n], blocks.at[n], blocks.guard[n] = facts.slot[place], at, tape.guard_of[place]
    blocks.scope[n] = tape.scope_of[place]
    blocks.codes[n] = -1
    wanted, varying = 0, 8 if facts.varying[place] else 0
    if facts.terms[place]:
        codes = codes_of(tape, facts, place, facts.factors)
        if codes not in codes_known:
            codes_known[codes] = len(blocks.all_codes)
            blocks.all_codes.append(codes)
        blocks.codes[n] = codes_known[codes]
        wanted = 1 if max(codes) >= A_WANTED else 0
    elif rule == TAKE:
        wanted, varying = facts.wanted[place], varying + facts.varying[tape.a[place]]
    else:
        for k, part in enumerate((tape.a[place], tape.b[place], tape.c[place])):
            if part >= 0:
                wanted += (1 << k) if facts.wanted[place] and facts.wanted[part] else 0
                varying += (1 << k) if facts.varying[part] else 0
    blocks.wanted[n], blocks.varying[n] = wanted, varying


@cython.ccall
@cython.locals(facts=Facts, kind_of=cython.int[::1], a=cython.int, b=cython.int)
def lie_side_by_side(facts, kind_of, a, b):
    """Whether two operations, one after the other in the order, belong to one block."""
    return kind_of[a] == kind_of[b] and facts.level[a] == facts.level[b] and facts.varying[a] == facts.varying[b]
