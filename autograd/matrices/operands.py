"""Operands as text: slices, items and constants of arrays, ready to be combined along the axes of a step."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple

import numpy as np

from autograd.matrices.grids import affine
from autograd.matrices.steps import Constant, Slice
from autograd.table.translate import ATOM, SIGN


class Text(NamedTuple):
    """Code, how tightly it holds together, and for a number that is 1 or 0 the condition that it stands for."""

    text: str
    tightness: int = ATOM
    test: str = ""

    def held(self, least):
        return self.text if self.tightness >= least else f"({self.text})"


class Operands:
    """Writes the operands of steps.

    language    what to write
    texts       the text of each array that has been written
    sizes       the lengths of the axes of the step that is being written
    tables      the names of constants, by their text
    first       an array that has the batch as its first axis
    """

    def __init__(self, language, first):
        self.language, self.first = language, first
        self.texts: dict = {}
        self.sizes: dict[int, int] = {}
        self.tables: dict[str, str] = {}

    def batch(self):
        return f"{self.first}.shape[0]"

    def is_varying(self, operand):
        return not isinstance(operand, Constant) and operand.array.varying

    def axes(self, operand):
        """The axes of a step on which an operand depends."""
        if isinstance(operand, Slice):
            return operand.axes
        box = operand.values if isinstance(operand, Constant) else operand.index
        return [axis for axis, size in enumerate(box.shape) if size > 1]

    def operand(self, operand, order, varying, full=False):
        """An operand as an array over the axes `order`, ready to be combined with others.

        varying  whether the result has a batch axis
        full     whether all axes must have their full length, since some are summed over
        """
        if isinstance(operand, Constant):
            text = self.constant(operand, order)
        elif isinstance(operand, Slice):
            text = self.slice(operand, order, varying)
        else:
            text = self.gathered(operand, order)
        missing = [axis for axis in order if axis not in self.axes(operand)]
        if full and missing:
            if isinstance(operand, Constant) and operand.values.size == 1:
                text = Text(self.language.array(text.text, "float"))
            shape = ", ".join([*([self.batch()] if varying else []), *(str(self.sizes[axis]) for axis in order)])
            return Text(self.language.broadcast(text, f"({shape},)"))
        return text

    def constant(self, operand, order):
        values = operand.values
        if values.size == 1:
            return self.literal(float(values.reshape(-1)[0]))
        axes = self.axes(operand)
        flat = np.squeeze(values)
        text = self.table(np.ascontiguousarray(flat), "float")
        return Text(text + _spread(axes, order))

    def literal(self, number):
        if not isfinite(number):
            text = f"{self.language.module}.{abs(number)}"
            return Text(f"-{text}", SIGN) if number < 0 else Text(text)
        return Text(repr(number), ATOM if number >= 0 else SIGN)

    def table(self, values, kind):
        """An array of constants as text."""
        if kind == "int" or np.equal(values, np.rint(values)).all():
            steps = set(np.diff(values.reshape(-1)).tolist()) if values.ndim == 1 else set()
            if len(steps) == 1 and values.size > 2 and 0 not in steps and min(steps) > 0:
                step = int(steps.pop())
                return self.language.arange(int(values[0]), int(values[-1]) + 1, step, kind)
        text = re.sub(r"\b(inf|nan)\b", rf"{self.language.module}.\1", str(values.tolist()))
        text = self.language.array(text, kind)
        if len(text) <= 60:
            return text
        if text not in self.tables:
            self.tables[text] = f"TABLE{len(self.tables) + 1}"
        return self.tables[text]

    def slice(self, operand, order, varying):
        array, text = operand.array, self.texts[operand.array]
        entries = [(radix, axis, first) for radix, axis, first in operand.digits]
        shape = list(array.shape)
        held = text.held(ATOM)
        start = ":, " if array.varying else ""
        if operand.part is not None:
            if len(shape) > 1:
                held += f".reshape({'-1, ' if array.varying else ''}{array.size})"
            held += f"[{start}{operand.part[0]}:{operand.part[1]}]"
            shape = [operand.part[1] - operand.part[0]]
        radices = [radix for radix, _, _ in entries]
        if radices != [size for size in shape if size > 1]:
            held += f".reshape({', '.join(map(str, ([-1] if array.varying else []) + radices))})"
        else:
            supply = iter(entries)
            entries = [(1, None, 0) if size == 1 else next(supply) for size in shape]
        axes = operand.axes
        target = [axis for axis in order if axis in axes]
        if axes != target:
            return self.turned(held, entries, axes, target, order, array.varying, self.sizes)
        return self.indexed(text, held, entries, order, array.varying, self.sizes)

    def indexed(self, text, held, entries, order, varying, sizes):
        """held[:, 3, None, 1:4]"""
        parts, present = [], [axis for _, axis, _ in entries if axis is not None]
        left = list(order)
        for radix, axis, first in entries:
            if axis is None:
                parts.append(str(first))
                continue
            while left[0] != axis:
                if varying or any(part != "None" for part in parts):
                    parts.append("None")
                left.pop(0)
            left.pop(0)
            parts.append(_range(first, sizes[axis], radix))
        parts += ["None"] * len(left) if (varying or present or parts) else []
        if varying:
            parts.insert(0, ":")
        while parts and parts[-1] == ":":
            parts.pop()
        if not parts:
            return text if held == text.held(ATOM) else Text(held)
        if not varying and not present and all(part == "None" for part in parts):
            return Text(held)
        found = f"{held}[{', '.join(parts)}]"
        return Text(found, ATOM, found if text.test == text.text else "")

    def turned(self, held, entries, axes, target, order, varying, sizes):
        """The same with axes in another order."""
        parts = [":"] if varying else []
        parts += [str(first) if axis is None else _range(first, sizes[axis], radix) for radix, axis, first in entries]
        while parts and parts[-1] == ":":
            parts.pop()
        held += f"[{', '.join(parts)}]" if parts else ""
        turn = [axes.index(axis) for axis in target]
        if not varying and turn == [1, 0]:
            held += ".T"
        else:
            held = self.language.transposed(held, [0, *(k + 1 for k in turn)] if varying else turn)
        return Text(held + (_spread([-1, *target], [-1, *order]) if varying else _spread(target, order)))

    def gathered(self, operand, order):
        array = operand.array
        held = self.texts[array].held(ATOM)
        if len(array.shape) != 1:
            held += f".reshape({'-1, ' if array.varying else ''}{array.size})"
        index = operand.index
        box = index.reshape([index.shape[axis] if axis < index.ndim else 1 for axis in order])
        if box.size == 1:
            text = str(int(box.reshape(-1)[0]))
            spread = "".join(", None" for _ in order) if array.varying else ""
            return Text(f"{held}[{':, ' if array.varying else ''}{text}{spread}]")
        text = self.index(box, array.varying)
        return Text(f"{held}[{':, ' if array.varying else ''}{text}]")

    def index(self, box, varying):
        """Places in a list, as an array over axes."""
        sizes = [axis for axis, size in enumerate(box.shape) if size > 1]
        grid = np.meshgrid(*[np.arange(box.shape[axis]) for axis in sizes], indexing="ij")
        values = box.reshape([box.shape[axis] for axis in sizes])
        found = affine(values.reshape(-1), [one.reshape(-1) for one in grid])
        if found is not None and box.size > 6:
            steps, start = found
            parts = []
            for axis, step in zip(sizes, steps):
                if step:
                    size, begin = box.shape[axis], start if not parts else 0
                    if step < 0:
                        break
                    text = self.language.arange(begin, begin + step * (size - 1) + 1, step, "int")
                    parts.append(text + _spread([axis], list(range(box.ndim))))
            else:
                return " + ".join(parts)
        return self.table(box, "int")

    def mask(self, mask, order, varying):
        """Which places of a box belong to numbers, as an array over the axes `order`."""
        mask = np.asarray(mask)
        if mask.ndim > len(order):
            mask = mask.reshape([size for axis, size in enumerate(mask.shape) if axis in order])
        axes = [k for k in range(mask.ndim) if (mask != mask.take([0], k)).any()]
        small = mask[tuple(slice(None) if k in axes else 0 for k in range(mask.ndim))]
        places = [order[k] for k in axes]
        if (
            small.ndim == 2
            and small.shape[0] == small.shape[1]
            and np.array_equal(small, np.tri(len(small), dtype=bool))
        ):
            text = self.language.triangle(len(small))
        elif small.ndim == 2 and np.array_equal(np.sort(small, 1)[:, ::-1], small):
            counts = self.table(small.sum(1), "int")
            text = f"({self.language.arange(0, small.shape[1], 1, 'int')} < {counts}[:, None])"
        else:
            text = f"({self.table(small.astype(int), 'int')} == 1)"
        spread = _spread(places, order)
        return text + spread

    def shape(self, array):
        sizes = (["batch"] if array.varying else []) + list(map(str, array.shape))
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _range(first, size, radix):
    return ":" if first == 0 and size == radix else f"{first}:{first + size}"


def _spread(axes, order):
    """[:, None, :] for an array with some of the axes in `order`."""
    parts = [":" if axis in axes else "None" for axis in order]
    while parts and parts[0] == "None":
        parts.pop(0)
    while parts and parts[-1] == ":":
        parts.pop()
    if "None" not in parts:
        return ""
    return f"[{', '.join(parts)}]"
