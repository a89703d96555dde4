"""A recording made ready to run.

A program is made from a tape in a few passes, each a function of its own: formulas of slopes, what is wanted and what
varies, uses, sums of products (facts.py), levels and kinds (blocks.py), layout. Each preserves all results to the bit.
This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.arrays import Whereabouts
    from autograd.engine.modes import graph_wanted
    from autograd.engine.value import LEAF, Value
    from autograd.replay.blocks import Blocks, find_kinds, operations_in_order
    from autograd.replay.derive import adjoints_on, formula_of_slope
    from autograd.replay.facts import Facts, count_uses, find_levels, find_sums, find_wanted_and_varying
    from autograd.replay.tape import DERIVED, HANDED_OUT, KIND, SLOPES, TAKE, Fragment, Tape, integers


class Program:
    """A recording, ready to run on a memory of numbers.

    tape, places      what it was made from, and where its results stand there
    captured, values  the captured Values, with those that are Constants and without; `captured_at` and `values_at` say
                      where their numbers are
    wanted            for each result whether a gradient flows to it

    What is used gets a slot. The first `uniform` slots hold what is the same for all examples of a batch: numbers,
    captured Values and what follows from them. Each of the others holds one number an example.
    """

    nodes: int
    levels: int
    uniform: int
    size: int
    numbers: list  # pairs of a slot and a number
    captured: list
    captured_slots: array.array
    captured_at: Whereabouts
    values: list
    values_at: Whereabouts
    value_slots: array.array
    input_slots: array.array
    results: list  # slots

    def __init__(self, tape, results):
        with graph_wanted():  # a program made inside no_grad() is used outside as well
            self.tape, self.places, facts = with_formulas(tape, results)
        self.wanted = [bool(facts.wanted[place]) for place in self.places]
        self._gradients: dict = {}
        self._machine = None
        count_uses(self.tape, facts, self.places)
        find_sums(self.tape, facts, RULES["add"].index, RULES["mul"].index)
        find_levels(self.tape, facts)
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

        Returns it and, for each of these in turn, its position among the results, or None where the derivative is 0.
        The first result is the result itself.
        """
        if index not in self._gradients:
            tape, at = copy_of(self.tape, Fragment(self.tape, list(self.tape.inputs), self.places[index]))
            result, variables = at[self.places[index]], [at.get(place, -1) for place in self.variables()]
            with graph_wanted():
                supply = iter(adjoints_on(tape, result, [place for place in variables if place >= 0]))
            found = [place if place < 0 else next(supply) for place in variables]
            places = [result, *(place for place in found if place >= 0)]
            supply = iter(range(1, len(places)))
            self._gradients[index] = Program(tape, places), [None if place < 0 else next(supply) for place in found]
        return self._gradients[index]

    @property
    def runs(self):
        """The instructions, one after the other."""
        return self.blocks.instructions()


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
    program.captured_at = program.values_at = Whereabouts(program.captured)
    if len(program.values) < len(program.captured):
        program.values_at = Whereabouts(program.values)
    program.input_slots = array.array("i", [facts.slot[place] for place in tape.inputs])
    program.results = [facts.slot[place] for place in program.places]


@cython.ccall
@cython.locals(tape=Tape, facts=Facts, order=cython.int[::1], i=cython.int, k=cython.int, place=cython.int)
@cython.locals(factors=cython.int[::1], seen=cython.uchar[::1], a=cython.int, b=cython.int, found=list)
def sources_in_order(tape, facts, order, sources):
    """Numbers and captured Values in the order in which sums use them: the weights of a layer become a matrix."""
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
    for place in range(tape.count):  # no generator expression: Cython compiles none here
        if tape.rule[place] >= SLOPES and facts.wanted[place]:
            break
    else:
        return False
    return True


def copy_of(tape, fragment):
    """A tape with the operations of a fragment and all inputs, to add more to; and the new place of each place."""
    new, at = Tape(), {}
    new.scopes = tape.scopes
    for place in sorted({*fragment.needed, *tape.inputs}):
        flags = tape.flags[place]
        if tape.rule[place] == LEAF and tape.a[place] >= 0:
            at[place] = new.source(tape.sources[tape.a[place]], bool(flags & 1), flags // KIND)
            continue
        new.guard, new.scope = 0, tape.scope_of[place]
        new.add_guard([(at[condition], side) for condition, side in tape.guards[tape.guard_of[place]]])
        parts = [-1, -1, -1]
        if tape.rule[place] != LEAF:
            parts = [at[part] if part >= 0 else -1 for part in (tape.a[place], tape.b[place], tape.c[place])]
        if tape.rule[place] == TAKE:
            parts[1] = tape.b[place]
        at[place] = new.add(tape.rule[place], parts[0], parts[1], parts[2], flags)
    new.guard, new.inputs = 0, [at[place] for place in tape.inputs]
    new.choices = [array.array("i", [at.get(part, 0) for part in items]) for items in tape.choices]  # 0: not needed
    new.labels = {at[place]: label for place, label in tape.labels.items() if place in at}
    return new, at


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
        if rule == TAKE:
            parts[1] = tape.b[place]
        if rule >= SLOPES and facts.wanted[place]:
            new.deriving = bool(flags & DERIVED)
            with graph_wanted():  # the first call may be inside no_grad()
                at[place] = new.copied(formula_of_slope(rule), [part for part in parts if part >= 0])
            new.deriving = False
            new.flags[at[place]] |= flags & HANDED_OUT
        else:
            at[place] = new.add(rule, parts[0], parts[1], parts[2], flags)
    new.guard = 0
    new.choices = [array.array("i", [at[part] for part in items]) for items in tape.choices]
    new.labels = {at[place]: label for place, label in tape.labels.items()}
    facts = Facts(new)
    find_wanted_and_varying(new, facts)
    return new, [at[place] for place in results], facts
