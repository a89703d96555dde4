"""A recording made ready to run: operations of one kind that do not depend on one another lie side by side.

A program is made from a tape in a few passes, each a function of its own: what is wanted and what varies, uses, sums of
products, levels, layout. Each preserves all results to the bit. This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.modes import graph_wanted
    from autograd.engine.value import LEAF, Value
    from autograd.replay.derive import adjoints_on, formula_of_slope
    from autograd.replay.tape import DERIVED, KIND, PASSES, SLOPES, Tape, described, integers

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
    level            on the longest of how many operations it stands
    first, terms     of a sum of products: where its terms begin in `factors`, and how many they are
    factors, filled  two by two the places of the factors of terms, -1 for a missing first one
    slot             where the program keeps the number
    """

    def __init__(self, tape):
        count = tape.count
        self.wanted, self.varying = bytearray(count), bytearray(count)
        self.uses, self.level, self.slot = integers(count), integers(count), integers(count)
        self.first, self.terms = integers(count), integers(count)
        self.factors, self.filled = integers(0), 0


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, a=cython.int, b=cython.int, c=cython.int, level=cython.int)
@cython.locals(wanted=cython.bint, varying=cython.bint, condition=cython.int)
def find_wanted_and_varying(tape, facts):
    """Which operations a gradient flows through, which depend on an input, and the level of each."""
    for place in range(tape.count):
        a, b, c = tape.a[place], tape.b[place], tape.c[place]
        if tape.rule[place] == LEAF:
            facts.wanted[place] = tape.flags[place] & 1
            facts.varying[place] = a < 0
            continue
        wanted, varying, level = facts.wanted[a], facts.varying[a], facts.level[a]
        if b >= 0:
            wanted, varying = wanted or facts.wanted[b], varying or facts.varying[b]
            level = max(level, facts.level[b])
        if c >= 0:
            wanted, varying = wanted or facts.wanted[c], varying or facts.varying[c]
            level = max(level, facts.level[c])
        if tape.guard_of[place]:
            for condition, _ in tape.guards[tape.guard_of[place]]:
                varying = varying or facts.varying[condition]
                level = max(level, facts.level[condition])
        facts.wanted[place] = wanted and tape.flags[place] & PASSES
        facts.varying[place] = varying
        facts.level[place] = level + 1


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, i=cython.int, condition=cython.int)
def count_uses(tape, facts, results):
    """How often each place is an operand. What is not used is left out, but not operations that may fail."""
    for place in results:
        facts.uses[place] += 2
    for place in tape.inputs:
        facts.uses[place] += 2
    for i in range(tape.count):
        place = tape.count - 1 - i
        if tape.rule[place] == LEAF:
            continue
        if not facts.uses[place]:
            if tape.flags[place] & DERIVED:
                continue
            facts.uses[place] = 2
        facts.uses[tape.a[place]] += 1
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
    """The places of all operations that have a slot: those that are the same for all examples first, by level and kind."""
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
    """

    def __init__(self, rule, start, count, operands, wanted, varying, guard, codes=b"", scope=""):
        self.rule, self.start, self.count, self.operands = rule, start, count, operands
        self.wanted, self.varying, self.guard, self.codes, self.scope = wanted, varying, guard, codes, scope


class Program:
    """A recording, ready to run on a memory of numbers.

    captured, values  the captured Values, with those that are Constants and without
    tape, places  what it was made from, and where its results stand there

    What is used gets a slot. The first `uniform` slots hold what is the same for all examples of a batch: numbers,
    captured Values and what follows from them. Each of the others holds one number an example.
    """

    def __init__(self, tape, results):
        self.tape, self.places, facts = with_formulas(tape, results)
        self._gradients: dict = {}
        self._machine = None
        count_uses(self.tape, facts, self.places)
        find_sums(self.tape, facts, RULES["add"].index, RULES["mul"].index)
        lay_out(self, self.tape, facts)

    def machine(self, kind):
        """What runs it: kind(self), made once."""
        if self._machine is None:
            self._machine = kind(self)
        return self._machine

    def variables(self):
        """The places of captured Values, in the order of `captured`, and of inputs that are Values."""
        tape = self.tape
        leaves = [place for place in range(tape.count) if tape.rule[place] == LEAF and tape.flags[place] & 1]
        at = {id(tape.sources[tape.a[place]]): place for place in leaves if tape.a[place] >= 0}
        return [at[id(value)] for value in self.values] + [place for place in leaves if tape.a[place] < 0]

    def __str__(self):
        from autograd.replay.listing import listing  # for people, who do not look at every program

        return listing(self)

    def gradient(self, index):
        """The program of a result's derivatives with respect to captured Values and to inputs that are Values.

        Returns it and, for each of these in turn, its position among the results, or None where the derivative is 0. The
        first result is the result itself.
        """
        if index not in self._gradients:
            tape = copy_of(self.tape)
            with graph_wanted():
                found = adjoints_on(tape, self.places[index], self.variables())
            places = [self.places[index], *(place for place in found if place >= 0)]
            supply = iter(range(1, len(places)))
            self._gradients[index] = Program(tape, places), [None if place < 0 else next(supply) for place in found]
        return self._gradients[index]

    @property
    def runs(self):
        """The instructions, one after the other."""
        return self.blocks.instructions()


@cython.cclass
class Blocks:
    """The instructions of a program, in columns.

    rule, start, count, wanted, varying  as in Instruction; the latter two as bits, see machine.h
    at                                   where the operands begin in `a`, `b`, `c`: slots, one for each operation, or for
                                         each term of each sum
    guard                                a position in `guards`, which are pairs of slot and side
    scope                                the innermost scope around all its operations, a position in the tape's scopes
    codes                                a position in `all_codes`, -1 for what is not a sum
    """

    def __init__(self, tape, facts, order, kind_of):
        self.guards = [[(facts.slot[condition], side) for condition, side in guard] for guard in tape.guards]
        self.all_codes, self.scopes = [], tape.scopes
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
        guard = self.guards[self.guard[i]]
        return Instruction(rule, start, count, columns, wanted, varying, guard, codes, self.scopes[self.scope[i]][0])


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
    blocks.rule[n] = rule if rule >= 0 else RULES["pos"].index
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


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int, plain=cython.int, nodes=cython.int, levels=cython.int)
@cython.locals(sources=list)
def lay_out(program, tape, facts):
    """Give every number a slot, and describe the blocks."""
    kinds: dict = {}
    kind_of = find_kinds(tape, facts, kinds)
    order = operations_in_order(tape, facts, kind_of, kinds)
    sources = []
    plain, nodes, levels = 0, 0, 0
    for place in range(tape.count):
        if facts.uses[place]:
            nodes += 1
            levels = max(levels, facts.level[place])
            if tape.rule[place] == LEAF:
                if tape.a[place] >= 0:
                    sources.append(place)
            elif facts.uses[place] > 0 and not facts.varying[place]:
                plain += 1
    program.nodes, program.levels = nodes, levels
    program.uniform = len(sources) + plain
    program.size = program.uniform + len(tape.inputs) + len(order) - plain
    sources = sources_in_order(tape, facts, order, sources)
    number_slots(facts.slot, array.array("i", sources), 0)
    number_slots(facts.slot, array.array("i", order[:plain]), len(sources))
    number_slots(facts.slot, array.array("i", tape.inputs), program.uniform)
    number_slots(facts.slot, array.array("i", order[plain:]), program.uniform + len(tape.inputs))
    program.blocks = Blocks(tape, facts, order, kind_of)
    program.numbers, program.captured, program.captured_slots = [], [], array.array("i")
    program.values, program.value_slots = [], array.array("i")
    for place in sources:
        source = tape.sources[tape.a[place]]
        if isinstance(source, Value):
            program.captured.append(source)
            program.captured_slots.append(facts.slot[place])
            if facts.wanted[place]:
                program.values.append(source)
                program.value_slots.append(facts.slot[place])
        else:
            program.numbers.append((facts.slot[place], source))
    program.input_slots = array.array("i", [facts.slot[place] for place in tape.inputs])
    program.results = [facts.slot[place] for place in program.places]


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, order=cython.int[::1], i=cython.int, k=cython.int, place=cython.int)
@cython.locals(factors=cython.int[::1], seen=cython.uchar[::1], a=cython.int, b=cython.int, found=list)
def sources_in_order(tape, facts, order, sources):
    """Numbers and captured Values in the order in which sums use them: the weights of a layer are a matrix in memory."""
    factors, seen, found = facts.factors, bytearray(tape.count), []
    for products in (True, False):
        for i in range(len(order)):
            place = order[i]
            for k in range(facts.terms[place]):
                a, b = factors[facts.first[place] + 2 * k], factors[facts.first[place] + 2 * k + 1]
                if tape.rule[a] == LEAF and tape.a[a] >= 0 and not seen[a] and (b >= 0) == products:
                    seen[a] = 1
                    found.append(a)
    found += [place for place in sources if not seen[place]]
    return found


@cython.ccall
@cython.locals(slots=cython.int[::1], places=cython.int[::1], i=cython.int, slot=cython.int)
def number_slots(slots, places, slot):
    """Give these places the slots from `slot` on."""
    for i in range(len(places)):
        slots[places[i]] = slot + i


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, place=cython.int)
def needs_formulas(tape, facts):
    """Whether a gradient flows through a slope."""
    for place in range(tape.count):
        if tape.rule[place] >= SLOPES and facts.wanted[place]:
            return True
    return False


def copy_of(tape):
    """A tape with the same operations, that more can be added to."""
    new = Tape()
    new.guards, new.labels, new.scopes = list(tape.guards), tape.labels, tape.scopes
    for place in range(tape.count):
        if tape.rule[place] == LEAF and tape.a[place] >= 0:
            source, flags = tape.sources[tape.a[place]], tape.flags[place]
            new.source(source, bool(flags & 1), flags // KIND)
            continue
        new.guard, new.scope = tape.guard_of[place], tape.scope_of[place]
        new.add(tape.rule[place], tape.a[place], tape.b[place], tape.c[place], tape.flags[place])
    new.guard, new.inputs = 0, list(tape.inputs)
    return new


def with_formulas(tape, results):
    """The tape with the formulas of slopes through which a gradient flows, the places of the results, and Facts."""
    facts = Facts(tape)
    find_wanted_and_varying(tape, facts)
    if not needs_formulas(tape, facts):
        return tape, results, facts
    new = Tape()
    new.scopes = tape.scopes
    at = integers(tape.count)
    for place in range(tape.count):
        rule, flags = tape.rule[place], tape.flags[place]
        if rule == LEAF:
            if tape.a[place] < 0:
                at[place] = new.add(LEAF, -1, -1, -1, flags)
                new.inputs.append(at[place])
            else:
                at[place] = new.source(tape.sources[tape.a[place]], bool(flags & 1), flags // KIND)
            continue
        new.guard, new.scope = 0, tape.scope_of[place]
        new.add_guard([(at[condition], side) for condition, side in tape.guards[tape.guard_of[place]]])
        parts = [at[part] if part >= 0 else -1 for part in (tape.a[place], tape.b[place], tape.c[place])]
        if rule >= SLOPES and facts.wanted[place]:
            new.deriving = bool(flags & DERIVED)
            at[place] = new.copied(formula_of_slope(rule), [part for part in parts if part >= 0])
            new.deriving = False
        else:
            at[place] = new.add(rule, parts[0], parts[1], parts[2], flags)
    new.guard = 0
    new.labels = {at[place]: label for place, label in tape.labels.items()}
    facts = Facts(new)
    find_wanted_and_varying(new, facts)
    return new, [at[place] for place in results], facts
