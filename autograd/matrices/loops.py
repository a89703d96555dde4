"""Steps that are repeated: the blocks of a transformer, the places of a recurrent network, the steps of an integration.

A loop computes the same steps several times, each time with the weights whose names hold the next number, with the
next item of an array, and with what the time before has computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from autograd.matrices.leaves import Leaf
from autograd.matrices.steps import Array, Constant, Slice, Step

LEAST = 8  # steps that a loop must save
LONGEST = 200  # steps of a loop's body
TRIED = 200  # places at which a loop is looked for


@dataclass(eq=False)
class Loop:
    """Steps that are repeated.

    body     the steps of the first time; instead of `carried` and `weights` they read arrays that stand for these
    times    the steps of each time, as they were
    carried  for each array that stands for what the time before has computed: (what the first time reads instead, what
             the next time reads: an array of the body)
    weights  for each array that stands for weights, those of all times
    counter  the numbers in the names of the weights, or the places in arrays; None: nothing depends on the time
    gathered arrays of the body that are joined after the loop, those of all times
    """

    body: list[Step]
    times: list[list[Step]]
    carried: dict[Array, tuple[Array, Array]]
    weights: dict[Array, list[Array]]
    counter: range | None
    gathered: list[Array]

    def arrays(self):
        """All that it reads, and arrays of its own."""
        yield from (array for step in self.body for array in arrays_in(step))
        yield from (before for before, _ in self.carried.values())


@dataclass(eq=False)
class Gathering:
    """The arrays that all times of a loop have computed, by that of the first."""

    array: Array


def shortest(orders: tuple[list[Step], ...], needed: set[Array], counter: str) -> list[Step | Loop]:
    """The steps in that one of several orders in which loops leave the fewest."""

    def lines(parts):
        return sum(len(part.body) + len(part.carried) if isinstance(part, Loop) else 1 for part in parts)

    return min((rolled(order, needed, counter) for order in orders), key=lines)


def rolled(steps: list[Step], needed: set[Array], counter: str) -> list[Step | Loop]:
    """Steps, with loops in place of those that are repeated.

    needed   the arrays that are needed after them
    counter  the name of the variable that counts the times
    """
    found = _best(steps, needed, counter)
    if found is None:
        return list(steps)
    loop, start, rest = found
    later = {array for step in steps[start:] for array in arrays_in(step)}
    return [*rolled(steps[:start], needed | later, counter), loop, *rolled(rest, needed, counter)]


def _best(steps, needed, counter):
    """The loop that saves most; of several that differ only in where they begin, the one that carries least."""
    for _, alike in groupby(_candidates(steps), key=lambda where: where[1:]):
        found = [loop for where in alike if (loop := _loop(steps, needed, counter, *where))]
        if found:
            return min(found, key=lambda loop: len(loop[0].carried))
    return None


def _candidates(steps):
    """Where steps may be repeated, as (start, period, count): those first that save most."""
    looks = [_look(step) for step in steps]
    found = []
    for period in range(1, min(len(steps) // 2, LONGEST) + 1):
        begin = 0
        for at in range(len(steps) - period + 1):
            if at < len(steps) - period and looks[at] == looks[at + period]:
                continue
            alike, count = at - begin, (at - begin) // period + 1
            for fewer in range(max(2, count - 2), count + 1):
                if (fewer - 1) * period >= LEAST:
                    spare = alike - (fewer - 1) * period
                    found += [(-(fewer - 1) * period, period, begin + k, fewer) for k in range(min(spare, period) + 1)]
            begin = at + 1
    return [(start, period, count) for _, period, start, count in sorted(found)[:TRIED]]


def _look(step):
    """What the steps of a loop have in common at each time, but for the arrays that they read."""
    masks = [None if mask is None else mask.tobytes() for mask in (step.array.mask, *(s.mask for s in step.spans))]
    operands = [_look_of(operand) for operand in operands_of(step)]
    own = step.array
    return repr(
        (getattr(step.kind, "name", step.kind), step.sizes, own.shape, own.varying, own.pad, own.stopped, step.fill,
         step.scores, step.choices, masks, operands, [(len(span.factors), span.summed) for span in step.spans],
         [side for _, side in step.guard])
    )  # fmt: skip


def _look_of(operand):
    if isinstance(operand, Constant):
        return operand.values.shape, operand.values.tolist()
    if isinstance(operand, Array):
        return operand.shape, operand.varying
    if isinstance(operand, Gathering):
        return id(operand)
    array = operand.array
    mask = None if array.mask is None else array.mask.tobytes()
    place = operand.index.tolist() if not isinstance(operand, Slice) else _digits_of(operand)
    return array.shape, array.varying, array.pad, mask, place


def _digits_of(operand):
    """Where a slice lies in its array, without its fixed places, which may be others each time."""
    return operand.part, [(radix, axis, None if axis is None else first) for radix, axis, first in operand.digits]


def _loop(steps, needed, counter, start, period, count):
    """A loop, where it begins, and the steps after it; None if what is repeated is not the same each time."""
    end = start + period * count
    times = [steps[begin : begin + period] for begin in range(start, end, period)]
    if all(getattr(step.kind, "name", "") == "pos" for step in times[0]):
        return None  # these need no lines
    place = {step.array: (time, at) for time, part in enumerate(times) for at, step in enumerate(part)}
    rest = [replace(step, parts=_gathered(step, place, count)) for step in steps[end:]]
    operands = [operand for step in rest for operand in operands_of(step)]
    gathered = [part.array for part in operands if isinstance(part, Gathering)]
    after = {array_of(part) for part in operands if not isinstance(part, (Constant, Gathering))} | needed
    if any(place.get(array, (count - 1,))[0] != count - 1 for array in after):
        return None
    found = _Changes(times, place)
    for alike in zip(*times):
        if not all(found.add(operands) for operands in zip(*map(operands_of, alike))):
            return None
    loop = found.loop(counter, list(dict.fromkeys(gathered)))
    return loop and (loop, start, rest)


def _gathered(step, place, count):
    """What a step joins, with a Gathering in place of the arrays of all times of a loop."""
    parts, found = step.parts, list(step.parts)
    for k in reversed(range(len(parts) - count + 1)):
        at = place.get(parts[k], (None, None))[1]
        if (
            at is not None
            and parts[k].varying == step.array.varying
            and _places(parts[k : k + count], place) == [(time, at) for time in range(count)]
        ):
            found[k : k + count] = [Gathering(parts[k])]
    return found


def _places(arrays, place):
    return [place.get(array) for array in arrays]


class _Changes:
    """What changes from one time to the next."""

    def __init__(self, times, place):
        self.times, self.place = times, place
        self.carried: dict = {}  # by what the first time reads and what the next time reads
        self.weights: dict = {}  # by those of all times
        self.names: list = []  # of the weights: what comes before and after a number, and the numbers
        self.digits: dict = {}  # by the operand of the first time: which digit changes, and its places
        self.stand_in: dict = {}  # by the same: the array that it reads in the loop

    def add(self, operands):
        """Take in what one operand is at each time; says whether a loop can express it."""
        if isinstance(operands[0], Constant):
            return True
        arrays = [array_of(operand) for operand in operands]
        return self.add_digits(operands) and self.add_arrays(operands[0], arrays)

    def add_digits(self, operands):
        if not isinstance(operands[0], Slice):
            return True
        columns = [[digit[2] for digit in digits] for digits in zip(*(operand.digits for operand in operands))]
        changing = [(k, column) for k, column in enumerate(columns) if len(set(column)) > 1]
        if changing:
            self.digits[id(operands[0])] = changing[0]
        return len(changing) <= 1

    def add_arrays(self, operand, arrays):
        times, at = [self.place.get(array, (None, None)) for array in arrays], range(len(arrays))
        if len(set(map(id, arrays))) == 1:
            return times[0][0] is None
        if all(time == (k, times[0][1]) for k, time in zip(at, times)):
            return True
        if times[0][0] is None and all(time == (k, times[1][1]) for k, time in zip(at, times[1:])):
            key = arrays[0], self.times[0][times[1][1]].array
            self.stand_in[id(operand)] = self.carried.setdefault(key, replace(arrays[0], leaf=None))
            return True
        return self.add_weights(operand, tuple(arrays))

    def add_weights(self, operand, arrays):
        if any(array.leaf is None or array.varying or array.stopped != arrays[0].stopped for array in arrays):
            return False
        if arrays not in self.weights:
            named = numbers_in([array.leaf.name for array in arrays])
            if named is None:
                return False
            self.names.append(named)
            self.weights[arrays] = replace(arrays[0], leaf=Leaf(named[0] + named[1], arrays[0].shape, []))
        self.stand_in[id(operand)] = self.weights[arrays]
        return True

    def loop(self, counter, gathered):
        columns = [numbers for _, _, numbers in self.names] + [places for _, places in self.digits.values()]
        numbers = self.counted(columns)
        if numbers is None:
            return None
        body = [self.changed(step, counter, numbers) for step in self.times[0]]
        carried = {array: key for key, array in self.carried.items()}
        weights = {array: list(arrays) for arrays, array in self.weights.items()}
        return Loop(body, self.times, carried, weights, numbers or None, gathered)

    def counted(self, columns):
        """The numbers that count the times; None if those in names and places do not go on by the same step."""
        if not columns:
            return range(0)
        if any(numbers != columns[0] for numbers in columns[: len(self.names)]):
            return None
        steps = {b - a for column in columns for a, b in pairwise(column)}
        if len(steps) > 1:
            return None
        (step,) = steps
        return range(columns[0][0], columns[0][-1] + (1 if step > 0 else -1), step)

    def changed(self, step, counter, numbers):
        """A step of the first time as it stands in the loop."""

        def changed(operand):
            if isinstance(operand, Array):
                return self.stand_in.get(id(operand), operand)
            if id(operand) in self.digits:
                at, places = self.digits[id(operand)]
                shift = places[0] - numbers[0]
                name = f"{counter} {'+' if shift > 0 else '-'} {abs(shift)}" if shift else counter
                digits = [(*digit[:2], name) if k == at else digit for k, digit in enumerate(operand.digits)]
                return replace(operand, digits=digits, array=self.stand_in.get(id(operand), operand.array))
            if id(operand) in self.stand_in:
                return replace(operand, array=self.stand_in[id(operand)])
            return operand

        return replace(
            step,
            spans=[replace(span, factors=list(map(changed, span.factors))) for span in step.spans],
            guard=[(changed(operand), side) for operand, side in step.guard],
            items=step.items and changed(step.items),
            parts=list(map(changed, step.parts)),
        )


def numbers_in(names):
    """(before, after, numbers) of names that are alike but for a number in them; None if they are not."""
    parts = [re.split(r"(\d+)", name) for name in names]
    if len(set(map(len, parts))) > 1:
        return None
    different = [k for k, column in enumerate(zip(*parts)) if len(set(column)) > 1]
    if len(different) != 1 or different[0] % 2 == 0:
        return None
    (at,) = different
    numbers = [int(part[at]) for part in parts]
    if [str(number) for number in numbers] != [part[at] for part in parts]:  # 07
        return None
    return "".join(parts[0][:at]), "".join(parts[0][at + 1 :]), numbers


def operands_of(step):
    """The operands of a step: slices, constants, and arrays that it joins."""
    yield from (factor for span in step.spans for factor in span.factors)
    yield from (operand for operand, _ in step.guard)
    if step.items is not None:
        yield step.items
    yield from step.parts


def array_of(operand):
    return operand if isinstance(operand, Array) else operand.array


def arrays_in(step):
    """The arrays that a step reads."""
    return [array_of(operand) for operand in operands_of(step) if not isinstance(operand, Constant)]
