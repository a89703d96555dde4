"""A program as single numbers: what each is computed from, and which of them are alike.

Numbers are alike when they are computed in the same way from numbers that are alike, whichever weight, input or place
in a sequence they belong to. All numbers of a layer are alike, and so are the scores of all heads and places of an
attention, even if some are sums of more terms than others. Each group of them becomes one array.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heappush
from math import prod
from typing import Any, NamedTuple

HAS_B = 4  # a term with this flag is a product: see replay/facts.py
SUM, LARGEST, SMALLEST, TAKE = "sum", "largest", "smallest", "take"
CHAINS = {"maximum": LARGEST, "minimum": SMALLEST}


class Number:
    """How one number is computed.

    kind     SUM of products, LARGEST or SMALLEST of several numbers, TAKE, or a rule
    spans    its operands: lists of terms that are alike. A term is a tuple of slots: two factors, or one number. Other
             rules than SUM have one span of one term for each input
    choices  the slots that TAKE chooses from
    guard    the conditions under which it counts: pairs (slot, side)
    passes   whether a gradient flows through it; `stopped` says that none does, although one flows to its operands
    key      the same for numbers that are alike
    within   the keys of the terms of each span, of SUM, LARGEST and SMALLEST
    """

    __slots__ = ("choices", "guard", "key", "kind", "level", "passes", "scope", "slot", "spans", "stopped", "varying",
                 "within")  # fmt: skip

    def __init__(self, slot, kind, spans, *, choices=(), guard=(), passes=False, varying=True, scope=""):
        self.slot, self.kind, self.spans, self.choices, self.guard = slot, kind, spans, choices, guard
        self.passes, self.varying, self.scope, self.level, self.key = passes, varying, scope, 0, None
        self.stopped, self.within = False, ()

    def slots(self):
        """The slots of all operands."""
        yield from (slot for span in self.spans for term in span for slot in term)
        yield from self.choices
        yield from (slot for slot, _ in self.guard)


class Group(NamedTuple):
    """Numbers that are alike, and do not depend on one another."""

    key: Any
    members: list


def groups_of(program, leaf_keys) -> tuple[list[Group], dict[int, float]]:
    """The numbers of a program in groups, each after those that it is computed from; and the constants.

    leaf_keys  for each slot of an input or a captured Value what it is alike to
    """
    numbers, constants = _numbers(program), dict(program.numbers)
    _fold(numbers, constants)
    _collapse_chains(numbers, program.results)
    _find_keys(numbers, leaf_keys | dict.fromkeys(constants, "constant"), constants)
    for number in _ones(numbers, program.size):
        numbers[number.slot] = number
    return _in_order(numbers, _grouped(numbers)), constants


def _numbers(program):
    """All numbers that are computed, by slot."""
    wanted = {*program.value_slots, *_inputs_with_gradients(program)}
    found: dict[int, Number] = {}
    for run, bits in zip(program.runs, program.blocks.wanted):
        passes = bits != 0
        width = len(run.codes)
        for i in range(run.count):
            slot, choices = run.start + i, ()
            if run.rule is None:
                a, b = (column[i * width : (i + 1) * width].tolist() for column in run.operands)
                kind, terms = SUM, [(x, y) if code & HAS_B else (x,) for x, y, code in zip(a, b, run.codes)]
                spans = [[term] for term in terms]
            else:
                kind, operands = run.rule, [(column[i],) for column in run.operands]
                spans = [[operand] for operand in operands]
                if run.choices is not None:
                    kind, choices = TAKE, run.choices[i].tolist()
                elif run.rule.name == "mul":
                    kind, spans = SUM, [[_ordered(operands[0] + operands[1], run.varying[1:])]]
                elif run.rule.name == "add":
                    kind = SUM
            number = Number(slot, kind, spans, choices=choices, guard=tuple(run.guard), passes=passes)
            number.scope = run.scope
            number.varying = run.varying[0]
            number.stopped = not passes and any(part in wanted for part in number.slots())
            found[slot] = number
            if passes:
                wanted.add(slot)
    return found


def _inputs_with_gradients(program):
    tape = program.tape
    return [slot for place, slot in zip(tape.inputs, program.input_slots) if tape.flags[place] & 1]


def _ordered(pair, varying):
    """The factors of a product: if only one differs between examples, it is the second."""
    return pair[::-1] if varying[0] and not varying[1] else pair


def _fold(numbers, constants):
    """What is computed from constants alone becomes one, and a choice by a constant what is chosen."""
    for number in list(numbers.values()):
        number.guard = tuple((slot, side) for slot, side in number.guard if bool(constants.get(slot, not side)) != side)
        first = constants.get(number.spans[0][0][0])
        if first is not None and number.kind == TAKE:
            number.kind, number.spans, number.choices = SUM, [[(number.choices[int(first)],)]], ()
        elif first is not None and getattr(number.kind, "name", "") == "where":
            number.kind, number.spans = SUM, [number.spans[1 if first else 2]]
        operands = [[constants.get(slot) for slot in term] for span in number.spans for term in span]
        if any(slot in constants for slot, _ in number.guard):
            constants[number.slot] = 0.0  # it never counts, and is 0 in the recording as well
        elif not (number.guard or number.choices or any(None in term for term in operands)):
            value = (
                sum(map(prod, operands)) if number.kind == SUM else number.kind.value(*(term[0] for term in operands))
            )
            constants[number.slot] = float(value)
        if number.slot in constants:
            del numbers[number.slot]


def _collapse_chains(numbers, results):
    """maximum(maximum(a, b), c), where nothing else needs the inner one, becomes the largest of a, b and c.

    Only where no gradient flows: at a tie, a chain divides it in another way than `max` would.
    """
    uses: dict[int, int] = defaultdict(int)
    for number in numbers.values():
        for slot in number.slots():
            uses[slot] += 1
    for slot in results:
        uses[slot] += 2
    for number in list(numbers.values()):
        kind = CHAINS.get(getattr(number.kind, "name", ""))
        if kind is None or number.passes:
            continue
        terms = []
        for ((slot,),) in number.spans:
            inner = numbers.get(slot)
            if inner is not None and inner.kind == kind and uses[slot] == 1 and inner.guard == number.guard:
                terms += inner.spans[0]
                del numbers[slot]
            else:
                terms.append((slot,))
        number.kind, number.spans = kind, [terms]


def _find_keys(numbers, keys, constants):
    """What each number is alike to; a sum is alike to sums of more or fewer such terms, a sum of one to its term."""
    known: dict = {}

    def interned(*parts):
        return known.setdefault(parts, len(known))

    for number in numbers.values():
        if number.kind in (SUM, LARGEST, SMALLEST):
            parts = [tuple(keys[slot] for slot in term) for span in number.spans for term in span]
            number.spans = _spans([term for span in number.spans for term in span], parts)
            distinct = [part for i, part in enumerate(parts) if i == 0 or part != parts[i - 1]]
            number.within = tuple(distinct)
            key = distinct[0] if len(distinct) == 1 else tuple(distinct)
            key = key[0] if len(distinct) == 1 and len(key) == 1 else interned(SUM, key)
        else:
            parts = [keys[term[0]] for (term,) in number.spans]
            if getattr(number.kind, "name", "") == "pow" and number.spans[1][0][0] in constants:
                parts[1] = interned("exponent", constants[number.spans[1][0][0]])
            of_items = tuple(dict.fromkeys(keys[slot] for slot in number.choices))
            key = interned(getattr(number.kind, "name", number.kind), *parts, of_items)
        if number.guard:
            key = interned("under", key, tuple((keys[slot], side) for slot, side in number.guard))
        number.key = keys[number.slot] = key


def _spans(terms, keys):
    """The terms of a sum, those that are alike and follow one another together."""
    spans: list[list] = []
    for i, term in enumerate(terms):
        if i and keys[i] == keys[i - 1]:
            spans[-1].append(term)
        else:
            spans.append([term])
    return spans


def _kind_of(number):
    """What numbers of one group have in common."""
    kind = getattr(number.kind, "name", number.kind)
    return kind, number.key, number.within, number.stopped, number.varying, tuple(side for _, side in number.guard)


def _grouped(numbers):
    groups: dict = defaultdict(list)
    for number in numbers.values():
        groups[_kind_of(number)].append(number)
    return groups


def _ones(numbers, first):
    """Sums of one number, and the largest of one, as further numbers with slots from `first` on.

    Where some numbers of a group read sums and others the terms of such sums, the latter read sums of one instead:
    then all of them read one array. This is how the first place of an attention is like all others.
    """
    made: dict = {}
    for members in _grouped(numbers).values():
        for at in range(len(members[0].spans)):
            for factor in range(len(members[0].spans[at][0])):
                for read, whole in _mixed(numbers, members, at, factor):
                    if (read, whole.kind) not in made:
                        one = Number(first + len(made), whole.kind, [[(read,)]], scope=whole.scope)
                        one.key, one.varying, one.guard = whole.key, whole.varying, whole.guard
                        one.stopped, one.passes, one.within = whole.stopped, whole.passes, whole.within
                        made[read, whole.kind] = one
                    for member in members:
                        member.spans[at] = [
                            (*term[:factor], made[read, whole.kind].slot, *term[factor + 1 :])
                            if term[factor] == read
                            else term
                            for term in member.spans[at]
                        ]
    return made.values()


def _mixed(numbers, members, at, factor):
    """The slots that some members read where others read a sum of such; with a number that is one."""
    by_kind: dict = defaultdict(list)
    for member in members:
        for term in member.spans[at]:
            read = numbers.get(term[factor])
            by_kind[None if read is None else _kind_of(read)].append(term[factor])
    if len(by_kind) != 2:
        return
    for kind, other in (list(by_kind), list(by_kind)[::-1]):
        whole = numbers.get(by_kind[kind][0]) if kind else None
        if whole is None or whole.kind not in (SUM, LARGEST, SMALLEST) or len(whole.spans) != 1:
            continue
        term = whole.spans[0][0]
        first = numbers.get(term[0])
        if len(term) == 1 and (None if first is None else _kind_of(first)) == other:
            yield from ((slot, whole) for slot in dict.fromkeys(by_kind[other]))
            return


def _in_order(numbers, groups):
    """Groups in an order in which they can be computed; those that depend on themselves are divided by levels."""
    levels: dict[int, int] = {}
    for number in _by_dependence(numbers):
        levels[number.slot] = number.level = 1 + max((levels.get(slot, 0) for slot in number.slots()), default=0)
    order, left = _peeled(groups)
    if left:
        divided: dict = defaultdict(list)
        for key, members in groups.items():
            for number in members:
                divided[(key, number.level if key in left else 0)].append(number)
        order, left = _peeled(divided)
        assert not left, "levels divide what depends on itself"
        groups = divided
    return [Group(key, sorted(groups[key], key=lambda number: number.slot)) for key in order]


def _by_dependence(numbers):
    """Numbers, each after its operands."""
    done, waiting = set(), list(numbers.values())[::-1]
    while waiting:
        number = waiting[-1]
        before = [numbers[slot] for slot in number.slots() if slot in numbers and slot not in done]
        if number.slot in done:
            waiting.pop()
        elif before:
            waiting += before
        else:
            done.add(number.slot)
            yield waiting.pop()


def _peeled(groups):
    """Keys of groups in order, and those that are in a circle, or between circles."""
    group_of = {number.slot: key for key, members in groups.items() for number in members}
    before = {
        key: {group_of[slot] for number in members for slot in number.slots() if slot in group_of}
        for key, members in groups.items()
    }
    after: dict = defaultdict(set)
    for key, others in before.items():
        for other in others:
            after[other].add(key)
    rank = {key: min((number.level, number.slot) for number in members) for key, members in groups.items()}
    first = _peel(before, after, rank)
    rest = set(groups) - set(first)
    last = _peel({key: after[key] & rest for key in rest}, {key: before[key] & rest for key in rest}, rank)
    return first, rest - set(last)


def _peel(before, after, rank):
    """Keys one after the other, each when none is left before it; of several the one of the lowest rank."""
    missing = {key: len(others) for key, others in before.items()}
    ready, order = [(rank[key], key) for key, count in missing.items() if count == 0], []
    heapify(ready)
    while ready:
        _, key = heappop(ready)
        order.append(key)
        for other in after[key]:
            missing[other] -= 1
            if missing[other] == 0:
                heappush(ready, (rank[other], other))
    return order
