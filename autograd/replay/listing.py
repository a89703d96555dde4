"""A program as text for people: one line for each block.

The numbers are called c (constants), p (captured Values), x (inputs), and v1, v2, ... for the results of a block.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import product

from autograd.replay.dense import dense_blocks


def listing(program) -> str:
    """What `print(program)` shows."""
    names = _Names(program)
    lines = [names.head(program)]
    for number, instruction in enumerate(program.runs):
        if instruction.start not in names.attached:
            scope = f"   # {instruction.scope}" if instruction.scope else ""
            lines += [line + scope for line in names.block(number, instruction)]
    results = ", ".join(names.slot(slot) for slot in program.results[:4])
    return "\n".join([*lines, f"return {results}{', …' if len(program.results) > 4 else ''}"])


class _Names:
    """The names of slots: each belongs to a part, the constants, captured Values, inputs, or the results of a block."""

    def __init__(self, program):
        self.parts = []  # the first slot and the name of each, in order
        sources = sorted(
            [(slot, "c") for slot, _ in program.numbers] + [(slot, "p") for slot in program.captured_slots]
        )
        self.index = {}
        counts = {"c": 0, "p": 0}
        for slot, name in sources:
            self.index[slot] = (name, counts[name])
            counts[name] += 1
        self.numbers = dict(program.numbers)
        self.first_input = program.input_slots[0] if len(program.input_slots) else -1
        self.inputs = len(program.input_slots)
        runs = program.runs
        self.starts = sorted((run.start, f"v{i + 1}", run.count) for i, run in enumerate(runs))
        self.attached = _attached(runs, program.results)

    def head(self, program):
        captured = [value.label for value in program.captured if value.label]
        shown = f": {captured[0]} … {captured[-1]}" if len(captured) > 1 else ""
        return (
            f"inputs x[{self.inputs}], captured Values p[{len(program.captured)}]{shown}, "
            f"constants c[{len(program.numbers)}]"
        )

    def place(self, slot):
        """The name of a part and the position in it."""
        if slot in self.index:
            return self.index[slot]
        if 0 <= slot - self.first_input < self.inputs and self.first_input >= 0:
            return "x", slot - self.first_input
        start, name, _ = self.starts[bisect_right(self.starts, (slot, "~", 0)) - 1]
        return name, slot - start

    def slot(self, slot):
        """One number: its value for a constant, otherwise its name."""
        if slot in self.numbers:
            return f"{self.numbers[slot]:g}"
        name, i = self.place(slot)
        return f"{name}[{i}]"

    def block(self, number, instruction):
        """The lines of a block."""
        name = f"v{number + 1}"
        guard = "".join(f"{self.slot(slot)} {'≠' if side else '='} 0, " for slot, side in instruction.guard)
        end = f"   (where {guard[:-2]})" if guard else ""
        if instruction.choices is not None:
            items, index = self.several(instruction.choices[0]), self.several(instruction.operands[0])
            more = "; …" if any(slots is not instruction.choices[0] for slots in instruction.choices) else ""
            return [f"{name}[{instruction.count}] = take([{items}{more}], {index}){end}"]
        if instruction.rule is not None:
            operands = ", ".join(self.several(column) for column in instruction.operands)
            return [f"{name}[{instruction.count}] = {instruction.rule.name}({operands}){end}"]
        blocks, odd = dense_blocks(instruction)
        after = next((run for run in self.attached.values() if run.operands[0][0] == instruction.start), None)
        if after is not None and not odd:
            name, function = self.place(after.start)[0], after.rule.name
        else:
            function = None
        lines = [self.dense(name, block, instruction.start, function) + end for block in blocks]
        if odd:
            products = sum(1 for code in instruction.codes if code & 4)
            lines.append(
                f"{name}: {len(odd)} sums of {len(instruction.codes)} terms, {products} of them products, "
                f"of numbers in no order{end}"
            )
        return lines

    def dense(self, name, block, start, function):
        """A dense block: its sums with indices r for rows, i for columns, j for terms."""
        i = _index(
            block.start - start, ("r", block.columns if block.rows > 1 else 0), ("i", 1 if block.columns > 1 else 0)
        )
        terms = [self.segment(block, segment) for segment in block.segments]
        limits = [f"{letter} < {count}" for letter, count in (("r", block.rows), ("i", block.columns)) if count > 1]
        limits += [f"j < {segment.terms}" for segment in block.segments if segment.terms > 1]
        shown = f"   {', '.join(dict.fromkeys(limits))}" if limits else ""
        total = " + ".join(terms)
        return f"{name}[{i}] = {f'{function}({total})' if function else total}{shown}"

    def segment(self, block, segment):
        factors = [self.affine(block, segment, factor) for factor in (segment.a, segment.b) if factor is not None]
        return ("Σ " if segment.terms > 1 else "") + "·".join(factors)

    def affine(self, block, segment, factor):
        steps = (("r", factor.row_step, block.rows), ("i", factor.column_step, block.columns))
        steps = (*steps, ("j", factor.term_step, segment.terms))
        if factor.start in self.numbers and not any(step for _, step, count in steps if count > 1):
            return self.slot(factor.start)
        name, at = self.place(factor.start)
        ends = [self.place(factor.start + sum(end)) for end in _ends(steps)]
        if any(end != name for end, _ in ends):  # it goes on in another part
            slots = [factor.start + i * factor.term_step for i in range(segment.terms)]
            return f"({', '.join(map(self.slot, slots))})[j]" if len(slots) <= 4 else f"({self.slot(slots[0])}, …)[j]"
        return f"{name}[{_index(at, *((letter, step) for letter, step, count in steps if count > 1))}]"

    def several(self, slots):
        """A column of operands: a range where they lie side by side."""
        slots = slots.tolist()
        if len(set(slots)) == 1:
            return self.slot(slots[0])
        (name, first), (last_name, last) = self.place(slots[0]), self.place(slots[-1])
        if name == last_name and slots == list(range(slots[0], slots[-1] + 1)):
            return f"{name}[{first}:{last + 1}]"
        return (
            ", ".join(map(self.slot, slots)) if len(slots) <= 3 else f"{self.slot(slots[0])}, {self.slot(slots[1])}, …"
        )


def _ends(steps):
    """What is added to a slot at the corners of a grid."""
    return product(*[(0, step * (count - 1)) for _, step, count in steps])


def _attached(runs, results):
    """By its first slot, each block of a function of all results of a block of sums, which nothing else uses."""
    sums = {run.start: run for run in runs if run.rule is None and all(not odd for odd in dense_blocks(run)[1:])}
    found, users = {}, {}
    for run in runs:
        for column in [*run.operands, *(run.choices or ())]:
            for slot in column:
                users[slot] = users.get(slot, 0) + 1
        for slot, _ in run.guard:
            users[slot] = users.get(slot, 0) + 1
    for slot in results:
        users[slot] = users.get(slot, 0) + 1
    for run in runs:
        before = sums.get(run.operands[0][0])
        if before is None or run.rule is None or len(run.operands) != 1 or run.guard != before.guard:
            continue
        slots = list(range(before.start, before.start + before.count))
        if run.operands[0].tolist() == slots and all(users[slot] == 1 for slot in slots):
            found[run.start] = run
    return found


def _index(start, *steps):
    """An index as a sum: 65i + j + 64."""
    parts = [f"{'' if step == 1 else step}{letter}" for letter, step in steps if step]
    if start or not parts:
        parts.append(str(start))
    return " + ".join(parts).replace("+ -", "- ")
