"""What the passes find out about the operations of a tape: what is wanted and varies, uses, sums of products.

This file is compiled with the engine, like value.py.
"""

from autograd.engine import uncompiled as cython

if not cython.compiled:
    from autograd.engine.value import LEAF
    from autograd.replay.tape import DERIVED, HANDED_OUT, PASSES, TAKE, Tape, integers

# What a term a·b of a sum of products is; also in native/sums.h.
A_VARIES = cython.declare(cython.int, 1)  # the first factor differs between the examples of a batch
B_VARIES = cython.declare(cython.int, 2)
HAS_B = cython.declare(cython.int, 4)  # there is a second factor
A_WANTED = cython.declare(cython.int, 8)  # the gradient of the first factor is wanted
B_WANTED = cython.declare(cython.int, 16)
FLAGS = (A_VARIES, B_VARIES, HAS_B, A_WANTED, B_WANTED)  # for Python, where the above are variables of C

INSIDE = cython.declare(cython.int, -1)  # the `uses` of an operation in the midst of a sum of products


@cython.cclass
class Facts:
    """What the passes find out about the operations of a tape, by place.

    wanted, varying  whether a gradient of a Value flows through it, and whether it depends on an input
    uses             how often it is an operand; what must be seen from outside counts twice; INSIDE: it has no slot
    level            on the longest of how many operations it stands, sums of products counted as one
    first, terms     of a sum of products: where its terms begin in `factors`, and how many they are
    factors, filled  two by two the places of the factors of terms, -1 for a missing first one
    slot             where the program keeps the number
    choices          for each list that TAKE chooses from: whether an item is wanted, and whether one varies
    """

    def __init__(self, tape):
        count = tape.count
        self.wanted, self.varying = bytearray(count), bytearray(count)
        self.uses, self.level, self.slot = integers(count), integers(count), integers(count)
        self.first, self.terms = integers(count), integers(count)
        self.factors, self.filled = integers(0), 0
        self.choices = {}


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, a=cython.int, b=cython.int, c=cython.int)
@cython.locals(wanted=cython.bint, varying=cython.bint, condition=cython.int, any_varies=cython.bint)
def find_wanted_and_varying(tape, facts):
    """Which operations a gradient flows through, and which depend on an input."""
    for place in range(tape.count):
        a, b, c = tape.a[place], tape.b[place], tape.c[place]
        if tape.rule[place] == LEAF:
            facts.wanted[place] = tape.flags[place] & 1
            facts.varying[place] = a < 0
            continue
        wanted, varying = facts.wanted[a], facts.varying[a]
        if tape.rule[place] == TAKE:
            wanted, any_varies = facts_of_choice(tape, facts, place)
            varying = varying or any_varies
        if b >= 0:
            wanted, varying = wanted or facts.wanted[b], varying or facts.varying[b]
        if c >= 0:
            wanted, varying = wanted or facts.wanted[c], varying or facts.varying[c]
        if tape.guard_of[place]:
            for condition, _ in tape.guards[tape.guard_of[place]]:
                varying = varying or facts.varying[condition]
        facts.wanted[place] = wanted and tape.flags[place] & PASSES
        facts.varying[place] = varying


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, items=cython.int[::1], i=cython.int, wanted=cython.bint)
@cython.locals(varying=cython.bint)
def facts_of_choice(tape, facts, place):
    """Of the items that an operation TAKE chooses from: whether one is wanted, and whether one varies."""
    found = facts.choices.get(tape.b[place])
    if found is None:
        items, wanted, varying = tape.items_at(place), False, False
        for i in range(len(items)):
            wanted = wanted or facts.wanted[items[i]]
            varying = varying or facts.varying[items[i]]
        found = facts.choices[tape.b[place]] = wanted, varying
    return found


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, b=cython.int, c=cython.int, level=cython.int)
@cython.locals(condition=cython.int, items=cython.int[::1], i=cython.int)
def find_levels(tape, facts):
    """On the longest of how many operations each one stands; a sum of products counts as one."""
    last_of: dict = {}
    for place in range(tape.count):
        if tape.rule[place] == LEAF:
            continue
        b, c, level = tape.b[place], tape.c[place], facts.level[tape.a[place]]
        if tape.rule[place] == TAKE:
            if b not in last_of:
                items = tape.items_at(place)
                last_of[b] = 0
                for i in range(len(items)):
                    last_of[b] = max(last_of[b], facts.level[items[i]])
            level = max(level, last_of[b])
        if b >= 0:
            level = max(level, facts.level[b])
        if c >= 0:
            level = max(level, facts.level[c])
        if tape.guard_of[place]:
            for condition, _ in tape.guards[tape.guard_of[place]]:
                level = max(level, facts.level[condition])
        facts.level[place] = level if facts.uses[place] == INSIDE else level + 1


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, i=cython.int, condition=cython.int)
def count_uses(tape, facts, results):
    """How often each place is an operand. What is not used is left out, but not operations that may fail."""
    lists_used = set()
    for place in results:
        facts.uses[place] += 2
    for place in tape.inputs:
        facts.uses[place] += 2
    for i in range(tape.count):
        place = tape.count - 1 - i
        if tape.rule[place] == LEAF:
            continue
        if not facts.uses[place]:
            if tape.flags[place] & (DERIVED | HANDED_OUT) == DERIVED:
                continue
            facts.uses[place] = 2
        facts.uses[tape.a[place]] += 1
        if tape.rule[place] == TAKE and tape.b[place] not in lists_used:
            lists_used.add(tape.b[place])
            for item in tape.items_at(place):
                facts.uses[item] += 2
        if tape.b[place] >= 0:
            facts.uses[tape.b[place]] += 1
        if tape.c[place] >= 0:
            facts.uses[tape.c[place]] += 2  # of where, or of a slope: never part of a sum
        if tape.guard_of[place]:
            for condition, _ in tape.guards[tape.guard_of[place]]:
                facts.uses[condition] += 2


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, add=cython.int, mul=cython.int, place=cython.int, node=cython.int, a=cython.int)
@cython.locals(b=cython.int, part=cython.int, i=cython.int, k=cython.int, left=cython.int, right=cython.int)
@cython.locals(goes_on=cython.bint, moves_first=cython.bint, factors=cython.int[::1], inside=list)
@cython.locals(first=cython.int, at=cython.int)
def find_sums(tape, facts, add, mul):
    """Make one operation of each sum, term after term, in which there are products, or three terms.

    Its result is to the bit what the single operations give, and what lies between is not kept.
    """
    inside = []
    first = 0
    for place in range(tape.count):
        first += 4 if tape.rule[place] == add else 0  # a sum has at most one term more than additions
    facts.factors = factors = integers(first)
    for i in range(tape.count):
        place = tape.count - 1 - i
        if tape.rule[place] != add or facts.uses[place] <= 0:
            continue
        inside.clear()
        first = at = facts.filled
        node = place
        goes_on = True
        while goes_on:
            # The second operand is a term. So is the first, unless it is a sum that goes on.
            a, b = tape.a[node], tape.b[node]
            goes_on = tape.rule[a] == add and may_be_inside(tape, facts, a, place)
            for k in range(1 if goes_on else 2):
                part = a if k else b
                if tape.rule[part] == mul and may_be_inside(tape, facts, part, place):
                    left, right = tape.a[part], tape.b[part]
                    moves_first = not (facts.varying[right] or not facts.varying[left])  # what varies comes second
                    factors[at] = left if moves_first else right
                    factors[at + 1] = right if moves_first else left
                    inside.append(part)
                else:
                    factors[at] = -1
                    factors[at + 1] = part
                at += 2
            if goes_on:
                inside.append(a)
                node = a
        if inside:
            facts.first[place], facts.terms[place], facts.filled = first, (at - first) // 2, at
            turn_round(factors, first, at - 1)
            for part in inside:
                facts.uses[part] = INSIDE


@cython.ccall
@cython.locals(numbers=cython.int[::1], first=cython.int, last=cython.int)
def turn_round(numbers, first, last):
    """Reverse the part from `first` to `last`."""
    while first < last:
        numbers[first], numbers[last] = numbers[last], numbers[first]
        first += 1
        last -= 1


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, part=cython.int, place=cython.int)
def may_be_inside(tape, facts, part, place):
    """Whether an operation is used by a sum alone, under the same conditions, and lets gradients through.

    Inside no_grad() it would not: so nothing may be wanted of its operands then.
    """
    return (
        facts.uses[part] == 1
        and tape.guard_of[part] == tape.guard_of[place]
        and (facts.wanted[part] or not (facts.wanted[tape.a[part]] or facts.wanted[tape.b[part]]))
    )


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, i=cython.int, a=cython.int, b=cython.int, code=cython.int)
@cython.locals(factors=cython.int[::1])
def codes_of(tape, facts, place, factors):
    """What each term of a sum is, as flags. If only one factor of a product varies, it is the second."""
    codes = bytearray(facts.terms[place])
    for i in range(facts.terms[place]):
        a, b = factors[facts.first[place] + 2 * i], factors[facts.first[place] + 2 * i + 1]
        if b < 0:
            code = 0
        else:
            code = HAS_B + (B_VARIES if facts.varying[b] else 0)
            code += B_WANTED if facts.wanted[place] and facts.wanted[b] else 0
        code += (A_VARIES if facts.varying[a] else 0) + (A_WANTED if facts.wanted[place] and facts.wanted[a] else 0)
        codes[i] = code
    return bytes(codes)
