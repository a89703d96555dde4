"""From a recording to its matrix form: steps that compute whole arrays, without a line of any language yet."""

from __future__ import annotations

from math import inf, prod

import numpy as np

from autograd.errors import RecordingError
from autograd.matrices.grids import affine, axes_of, digits, split
from autograd.matrices.leaves import arguments_of, captured_arrays
from autograd.matrices.numbers import LARGEST, SUM, TAKE, groups_of
from autograd.matrices.steps import Array, Constant, Form, Gathered, Returned, Slice, Span, Step
from autograd.replay.results import AsItIs

# Rules that are finite for all operands of moderate size: they may be computed at places that belong to no number.
TOTAL = (SUM, "sub", "neg", "pos", "abs", "sign", "step", "maximum", "minimum", "less", "less_equal", "equal", "where",
         "tanh", "sigmoid", "relu", "leaky_relu", "softplus", "sin", "cos", "atan", "erf", "gelu")  # fmt: skip


def form_of(recording) -> Form:
    """The matrix form of a recording."""
    return _Builder(recording).form()


class _Builder:
    def __init__(self, recording):
        self.recording, self.program = recording, recording.program
        self.steps: list[Step] = []
        self.place: dict[int, tuple[Array, int]] = {}
        self.constants: dict[int, float] = {}
        self.arguments = arguments_of(recording)
        self.inputs = [(leaf, self.leaf(leaf, True)) for argument in self.arguments for leaf in argument.arrays]
        self.parameters = [(leaf, self.leaf(leaf, False)) for leaf in captured_arrays(self.program)]

    def leaf(self, leaf, varying):
        array = Array(leaf.shape, varying, leaf)
        for flat, slot in enumerate(leaf.slots):
            self.place[slot] = array, flat
        return array

    def form(self):
        wanted = set(self.program.value_slots)
        for leaf, array in self.parameters:
            array.stopped = not wanted.issuperset(leaf.slots)
            if array.stopped and wanted.intersection(leaf.slots):
                raise RecordingError(
                    f"source: some numbers of {leaf.name} are frozen and others are not, which no array can say. "
                    "Freeze all of them or none."
                )
        keys = {slot: ("leaf", id(array)) for slot, (array, _) in self.place.items()}
        groups, self.constants = groups_of(self.program, keys)
        self.on_the_way_to_largest = _on_the_way_to_largest([number for group in groups for number in group.members])
        for group in groups:
            self.add(group.members)
        result = self.returned(self.recording.result.structure)  # which may add a step
        return Form(self.recording.name, self.arguments, self.parameters, self.inputs, self.steps, result, self.place,
                    self.constants)  # fmt: skip

    def returned(self, part):
        """Part of a result: a list of numbers is one array."""
        part = part.tolist() if hasattr(part, "tolist") else part
        kinds, slots = self.recording.result.kinds, self.program.results
        part = part.tolist() if hasattr(part, "tolist") else part
        if isinstance(part, dict):
            return {key: self.returned(value) for key, value in part.items()}
        shape = _shape_of(part)
        if shape and prod(shape) > 1:
            axes = [axis.ravel() for axis in np.indices(shape)]
            long = [axis for axis, size in enumerate(shape) if size > 1]
            found = [slots[index] for index in _flat(part)]
            return Returned(self.read(found, [axes[axis] for axis in long], [shape[axis] for axis in long]), shape)
        if isinstance(part, (list, tuple)):
            parts = list(map(self.returned, part))
            return parts if isinstance(part, list) else tuple(parts)
        if type(part) is int:
            kind = kinds[part]
            return kind if isinstance(kind, AsItIs) else Returned(self.read([slots[part]], [], []))
        return part

    # Groups.

    def add(self, members):
        """A step for a group."""
        first = members[0]
        spans = [self.span(members, at) for at in range(len(first.spans))]
        rows = [column for span in spans for column in span.rows]
        items = None
        if first.kind == TAKE:
            items = self.items(members)
            rows += items.columns
        for k in range(len(first.guard)):
            rows += self.columns([member.guard[k][0] for member in members])
        axes = axes_of(rows, len(members))
        if len(members) < prod(_sizes(axes)) and not self.may_have_holes(first, spans):
            axes = [np.arange(len(members))]
        self.finish(members, axes, spans, items)

    def may_have_holes(self, first, spans):
        """Whether numbers like this one are finite at places of a box that belong to no number."""
        kind = getattr(first.kind, "name", first.kind)
        if kind in TOTAL:
            return True
        if kind not in ("exp", "div"):
            return False
        slots = spans[-1].factors[0]
        if all(slot in self.constants for slot in slots):
            return True
        array = self.located(slots)[0]
        return array.mask is None if kind == "div" else array.pad in (0.0, -inf)

    def finish(self, members, axes, spans, items):
        first = members[0]
        sizes = _sizes(axes)
        array = Array(tuple(sizes), first.varying)
        array.stopped = first.stopped
        step = Step(array, first.kind, list(sizes), [], scope=first.scope, members=members)
        flats = np.ravel_multi_index(axes, sizes) if axes else np.zeros(1, int)
        if len(members) < array.size:
            array.mask = np.zeros(array.size, bool)
            array.mask[flats] = True
            array.mask = array.mask.reshape(sizes)
        step.scores = any(member.slot in self.on_the_way_to_largest for member in members)
        for span in spans:
            step.spans.append(span.placed(self, step, axes))
        step.guard = [
            (self.read([member.guard[k][0] for member in members], axes, sizes), side)
            for k, (_, side) in enumerate(first.guard)
        ]
        if items is not None:
            step.items = items.placed(self, axes, sizes)
            step.choices = len(first.choices)
        if array.mask is not None:
            self.choose_pad(step)
        for member, flat in zip(members, flats.tolist()):
            self.place[member.slot] = array, flat
        self.steps.append(step)

    def choose_pad(self, step):
        """What stands at the places of an array that belong to no number."""
        array = step.array
        array.pad = _pad_of(step)
        if array.pad is None:
            array.pad = step.fill = -inf if step.scores else 0.0

    def span(self, members, at):
        if all(len(member.spans[at]) == 1 for member in members):
            return _Single(self, [member.spans[at][0] for member in members])
        return _Summed(self, [member.spans[at] for member in members])

    def items(self, members):
        return _Items(self, members)

    # Operands.

    def columns(self, slots):
        """The places of operands along each axis of their array."""
        if all(slot in self.constants for slot in slots):
            values = np.array([self.constants[slot] for slot in slots])
            return [np.unique(values, return_inverse=True)[1]]
        array, flats = self.located(slots)
        return list(np.unravel_index(flats, array.shape)) if array.shape else []

    def located(self, slots):
        """The array in which operands lie, and where; several arrays are joined to one."""
        arrays = list(dict.fromkeys(self.place[slot][0] for slot in slots if slot not in self.constants))
        if len(arrays) == 1 and not any(slot in self.constants for slot in slots):
            return arrays[0], np.array([self.place[slot][1] for slot in slots])
        key = tuple(dict.fromkeys(slots))
        known = self.__dict__.setdefault("_joined", {})
        if key not in known:
            known[key] = self.joined(arrays, key)
        array, flat = known[key]
        return array, np.array([flat[slot] for slot in slots])

    def joined(self, arrays, slots):
        """One list with all numbers of some arrays, and the constants among some slots."""
        array = Array((0,), any(part.varying for part in arrays))
        values = list(dict.fromkeys(slot for slot in slots if slot in self.constants))
        flat, begin = {}, 0
        for part in arrays:
            for slot in slots:
                if slot in self.place and self.place[slot][0] is part:
                    flat[slot] = begin + self.place[slot][1]
            begin += part.size
        for slot in values:
            flat[slot] = begin
            begin += 1
        array.shape = (begin,)
        parts: list = list(arrays)
        if values:
            parts.append(Constant(np.array([self.constants[slot] for slot in values])))
        self.steps.append(Step(array, "joined", [begin], [], parts=parts))
        return array, flat

    def read(self, slots, axes, sizes):
        """An operand of a step: `axes` are the places of these slots along the axes, whose lengths are `sizes`."""
        if all(slot in self.constants for slot in slots):
            return Constant(_boxed(np.array([self.constants[slot] for slot in slots]), axes, sizes))
        array, flats = self.located(slots)
        return read(array, flats, axes, sizes)


def read(array, flats, axes, sizes):
    """The places `flats` of an array, as an operand."""
    found = affine(flats, axes)
    if found is not None:
        steps = {axis: step for axis, step in enumerate(found[0]) if step}
        lengths = dict(enumerate(sizes))
        cut = digits(steps, lengths, found[1], array.shape)
        if cut is not None:
            return Slice(array, None, cut)
        if steps and min(steps.values()) > 0:
            outer = max(steps, key=lambda axis: steps[axis])
            length = steps[outer] * lengths[outer]
            cut = digits(steps, lengths, 0, (length,)) if found[1] + length <= array.size else None
            if cut is not None:
                return Slice(array, (found[1], found[1] + length), cut)
    return Gathered(array, _boxed(flats, axes, sizes))


def _boxed(values, axes, sizes):
    """Values as an array over the axes, of length 1 along those on which they do not depend."""
    if not axes:
        return values[:1].reshape([1] * len(sizes))
    box = np.zeros(sizes, values.dtype)
    known = np.zeros(sizes, bool)
    place = tuple(axes)
    box[place], known[place] = values, True
    for axis in range(len(sizes)):
        shared = np.where(known, box, values.min()).max(axis, keepdims=True)
        if (~known | (box == shared)).all():
            box, known = shared, known.any(axis, keepdims=True)
    return np.where(known, box, values[0])


class _Single:
    """A term that each number of a group has."""

    def __init__(self, builder, terms):
        self.factors = list(map(list, zip(*terms)))
        self.rows = [column for slots in self.factors for column in builder.columns(slots)]

    def placed(self, builder, step, axes):
        factors = [builder.read(slots, axes, step.array.shape) for slots in self.factors]
        return Span(factors, products=(len(self.factors) - 1) * len(self.factors[0]))


class _Summed:
    """Terms to be added up, perhaps more for one number of a group than for another."""

    def __init__(self, builder, spans):
        lengths = np.array([len(span) for span in spans])
        self.row = np.repeat(np.arange(len(spans)), lengths)
        first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.factors = list(map(list, zip(*(term for span in spans for term in span))))
        self.rows, within = [], []
        for slots in self.factors:
            for column in builder.columns(slots):
                rows, inner = split(column, self.row, first)
                self.rows += rows
                if inner is not None:
                    within.append(inner)
        self.inner = self.summed_axes(within, np.arange(len(self.row)) - first[self.row], len(spans))

    def summed_axes(self, within, position, count):
        """The axes that are summed over: columns that tell apart the terms of each sum."""
        chosen: list = []
        for columns in (*([column] for column in within), within):
            if columns and len(np.unique(np.stack([self.row, *columns], 1), axis=0)) == len(self.row):
                chosen = columns
                break
        chosen = [np.unique(column, return_inverse=True)[1] for column in chosen]
        if not chosen or len(self.row) < 0.4 * count * prod(_sizes(chosen)):
            chosen = [position]
        order = sorted(range(len(chosen)), key=lambda k: int(np.count_nonzero(np.diff(chosen[k]))))
        return [chosen[k] for k in order]

    def placed(self, builder, step, axes):
        first = len(step.sizes)
        inner = _sizes(self.inner)
        step.sizes += inner
        here = [axis[self.row] for axis in axes]
        rows = len(axes)
        sizes = [*step.array.shape, *([1] * (first - rows)), *inner]
        places = [*here, *([np.zeros(len(self.row), int)] * (first - rows)), *self.inner]
        factors = [builder.read(slots, places, sizes) for slots in self.factors]
        span = Span(factors, list(range(first, first + len(inner))))
        span.products = (len(self.factors) - 1) * len(self.row)
        box = [*step.array.shape, *inner]
        if (np.bincount(self.row) < prod(inner)).any():
            mask = np.zeros(box, bool)
            mask[(*here, *self.inner)] = True
            span.mask = mask.reshape([*step.array.shape, *([1] * (first - rows)), *inner])
        return span


class _Items:
    """What the numbers of a group choose from by an index."""

    def __init__(self, builder, members):
        self.lists = [member.choices for member in members]
        length = {len(choices) for choices in self.lists}
        if len(length) > 1:
            raise RecordingError("source: take() chooses from lists of different lengths in alike places.")
        self.columns = builder.columns([choices[0] for choices in self.lists])

    def placed(self, builder, axes, sizes):
        """The items as an operand with one axis more, the last, along which the index counts."""
        length = len(self.lists[0])
        slots = [slot for choices in self.lists for slot in choices]
        places = [np.repeat(axis, length) for axis in axes] + [np.tile(np.arange(length), len(self.lists))]
        if length == 1:
            places, sizes = places[:-1], list(sizes)
        else:
            sizes = [*sizes, length]
        return builder.read(slots, places, sizes)


def _shape_of(part):
    """The shape of nested lists of numbers of the result; None for other structures."""
    if type(part) is not list:
        return () if type(part) is int else None
    shapes = {_shape_of(inner) for inner in part}
    shape = shapes.pop() if len(shapes) == 1 else None
    return None if shape is None else (len(part), *shape)


def _flat(part):
    return [part] if type(part) is int else [index for inner in part for index in _flat(inner)]


def _on_the_way_to_largest(numbers):
    """The slots of numbers of which the largest is sought, perhaps after something was subtracted from them."""
    found: set[int] = set()
    for number in reversed(numbers):
        if number.kind == LARGEST:
            found.update(number.slots())
        elif number.slot in found and getattr(number.kind, "name", "") in ("pos", "sub", "div"):
            found.add(number.spans[0][0][0])
    return found


def _sizes(axes):
    return [int(axis.max()) + 1 for axis in axes]


def _pad_of(step):
    """What stands at places that belong to no number, if it follows from the operands; else None."""
    operands = [factor for span in step.spans for factor in span.factors]
    simple = all(isinstance(operand, (Slice, Constant)) for operand in operands)
    if step.guard or any(span.summed for span in step.spans) or not simple:
        return None
    pads = [_pad_in(step, operand) for operand in operands]
    kind = getattr(step.kind, "name", step.kind)
    match kind, pads:
        case "pos", [pad]:
            return pad if isinstance(pad, float) else None
        case ("sub", [pad, "finite" | "positive"]) | ("div", [pad, "positive"]) if pad == -inf:
            return pad
        case "exp", [pad] if pad == -inf:
            return 0.0
        case "div", [0.0, "finite" | "positive"]:
            return 0.0
        case "sum", [0.0, "finite" | "positive"] | ["finite" | "positive", 0.0] if len(step.spans) == 1:
            return 0.0
    return None


def _pad_in(step, operand):
    """What an operand is at the places of a step that belong to no number: a number, "positive", "finite", or None."""
    if isinstance(operand, Constant):
        return "positive" if (operand.values > 0).all() else "finite"
    if operand.array.mask is None:
        return "finite"
    if operand.axes == list(range(len(step.array.shape))) and np.array_equal(operand.array.mask, step.array.mask):
        return operand.array.pad
    return None
