"""A recording made ready to run: operations of one kind that do not depend on one another are put side by side.

This file is compiled with the engine, like value.py.
"""

import array

from autograd.engine import uncompiled as cython
from autograd.table.registry import RULES, TABLE

if not cython.compiled:
    from autograd.engine.value import Value
    from autograd.replay.tracer import NUMBER, Tracer, needed_by, repr_of

# Properties of a term a·b of a sum of products; also in native/sums.h.
A_VARIES = cython.declare(cython.int, 1)  # the first factor differs between the examples of a batch
B_VARIES = cython.declare(cython.int, 2)
HAS_B = cython.declare(cython.int, 4)  # there is a second factor
A_WANTED = cython.declare(cython.int, 8)  # the gradient of the first factor is wanted
B_WANTED = cython.declare(cython.int, 16)
FLAGS = (A_VARIES, B_VARIES, HAS_B, A_WANTED, B_WANTED)  # for Python, where the above are variables of C


@cython.ccall
@cython.locals(operations=list, add=cython.int, mul=cython.int, tracer=Tracer, node=Tracer, a=Tracer, b=Tracer)
@cython.locals(part=Tracer, left=Tracer, right=Tracer, terms=list, inside=list, goes_on=cython.bint)
@cython.locals(moves_first=cython.bint)
def find_sums(operations, add, mul):
    """Turn each sum with a product or at least three terms into one operation, with the terms in the same order.

    Its result is to the bit that of the single operations; intermediate results are not kept.
    """
    for tracer in reversed(operations):
        if tracer._rule != add or tracer.uses < 0:
            continue
        terms, inside = [], []
        node = tracer
        goes_on = True
        while goes_on:
            # The second operand is a term. So is the first, unless it is itself a sum to be continued.
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


@cython.ccall
@cython.locals(tracer=Tracer)
def passes_on(tracer):
    """Whether an operation passes a gradient on to all operands that want one: inside no_grad() it does not."""
    return tracer.wanted or not (tracer._a.wanted or tracer._b.wanted)


@cython.ccall
@cython.locals(sum_=Tracer, a=Tracer, b=Tracer, code=cython.int, i=cython.int)
def codes_of(sum_):
    """The flags of each term of a sum. If only one factor of a product varies, it is the second."""
    codes = bytearray()
    for i in range(0, len(sum_.terms), 2):
        a, b = sum_.terms[i], sum_.terms[i + 1]
        code = (A_VARIES if a.varying else 0) + (A_WANTED if sum_.wanted and a.wanted else 0)
        if b is not None:
            code += HAS_B + (B_VARIES if b.varying else 0) + (B_WANTED if sum_.wanted and b.wanted else 0)
        codes.append(code)
    return codes


class Instruction:
    """Operations of one kind that do not depend on one another: one loop of the program.

    rule       the primitive; None for sums of products
    start      the slot of the first result; the others follow it
    count      the number of operations
    operands   for each input of the rule, the slots of the operands, a sequence of ints
    wanted     for each input, whether a gradient flows to it
    varying    whether the results, and whether each operand, differ between the examples of a batch
    guard      the conditions under which the results count: pairs (slot of the condition, the side)
    codes      for sums: the flags of each term, see `codes_of`; the operands are then the first and the second factors
               of all terms of the first sum, of the second, and so on
    """

    def __init__(self, rule, start, count, operands, wanted, varying, guard, codes=b""):
        self.rule, self.start, self.count, self.operands = rule, start, count, operands
        self.wanted, self.varying, self.guard, self.codes = wanted, varying, guard, codes

    def equals(self, other):
        """Whether another instruction does the same."""
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

    Each tracer gets a slot, except numbers and captured Values that are not used. The first `uniform` slots hold what
    is the same for all examples of a batch: numbers, captured Values and what is computed from these alone. Each of
    the others holds one number per example.
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
                        instruction_of(
                            group, slot, [memoryview(column)[done:end] for column in columns], recorder.guards
                        )
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
        """Whether another program computes the same from the same inputs, as when a function is recorded again."""
        return (
            len(self.runs) == len(other.runs)
            and all(map(Instruction.equals, self.runs, other.runs))
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


@cython.ccall
@cython.locals(tracer=Tracer, a=Tracer, b=Tracer, c=Tracer, kind=cython.longlong, bits=cython.longlong)
@cython.locals(guard=cython.longlong, kinds=dict, group=list)
def levels_of(operations):
    """The operations by level and kind: a list with, for level k, those that are the same for all examples at 2k and
    the others at 2k + 1; each item is a dict from a number that stands for the kind to a list of tracers."""
    levels, sums = [], {}
    for tracer in operations:
        if tracer.uses == -1:
            continue
        guard = tracer.guard  # as a 64-bit integer: the products below would not fit into 32 bits
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


@cython.ccall
@cython.locals(group=list, slot=cython.int, columns=list, guards=list, first=Tracer)
def instruction_of(group, slot, columns, guards):
    """A group as an Instruction."""
    first = group[0]
    guard = [(condition.slot, side) for condition, side in guards[first.guard]]
    if first.terms is not None:
        codes = codes_of(first)
        return Instruction(None, slot, len(group), columns[:2], [max(codes) >= A_WANTED], [first.varying], guard, codes)
    operands = [operand for operand in (first._a, first._b, first._c) if operand is not None]
    return Instruction(
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


@cython.ccall
@cython.locals(tracers=list, tracer=Tracer, slot=cython.int)
def number_slots(tracers, slot):
    """Give the tracers the slots from `slot` on."""
    for tracer in tracers:
        tracer.slot = slot
        slot += 1


@cython.ccall
@cython.locals(group=list, column_a=cython.int[::1], column_b=cython.int[::1], column_c=cython.int[::1])
@cython.locals(at=cython.int, i=cython.int, tracer=Tracer, a=Tracer, b=Tracer, c=Tracer)
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
