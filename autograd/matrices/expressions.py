"""Steps as expressions: rules, sums, products of matrices, the largest of several numbers, items by index."""

from __future__ import annotations

import re
from math import inf

import numpy as np

from autograd.matrices.loops import Gathering
from autograd.matrices.numbers import LARGEST, SMALLEST, SUM, TAKE
from autograd.matrices.operands import Operands, Text
from autograd.matrices.rules import Helpers, safe_point
from autograd.matrices.steps import Constant, Slice, Span
from autograd.table.translate import ATOM, CHOICE, COMPARISON, POWER, PRODUCT, SIGN
from autograd.table.translate import SUM as ADDED

NEVER_FAIL = ("sub", "neg", "pos", "where", "equal", "less", "less_equal", "tanh", "step", "minimum", "maximum")


class Expressions(Operands):
    """Writes the expressions of steps.

    helpers          functions that the code needs beside those of its library
    names, lines     names for what is written, and the lines so far: (name, expression, shape)
    tests            names for the conditions of guards
    lists            names for lists of what each time of a loop has computed
    products, dense  how many products the sums have, and how many of them are in products of matrices
    """

    def __init__(self, language, first, names):
        super().__init__(language, first)
        self.helpers, self.names = Helpers(language), names
        self.lines: list = []
        self.tests: dict = {}
        self.lists: dict = {}
        self.products = self.dense = 0

    def expression(self, step):
        self.sizes = dict(enumerate(step.sizes))
        order = list(range(len(step.array.shape)))
        if step.kind == "joined":
            return self.joined(step)
        if step.kind == SUM:
            return self.sum(step, order)
        if step.kind in (LARGEST, SMALLEST):
            return self.extreme(step, order)
        if step.kind == TAKE:
            return self.take(step, order)
        return self.rule(step, order)

    def guarded(self, step):
        """Whether operands are replaced where a number does not count, since the rule may fail there."""
        return bool(step.guard) and (step.kind == TAKE or getattr(step.kind, "name", "where") not in NEVER_FAIL)

    def rule(self, step, order):
        operands = [self.operand(span.factors[0], order, step.array.varying) for span in step.spans]
        factors = [span.factors[0] for span in step.spans]
        name = step.kind.name
        for i, factor in enumerate(factors):
            if step.fill is not None and getattr(getattr(factor, "array", None), "pad", 0.0) in (inf, -inf):
                mask = self.mask(step.array.mask, order, step.array.varying)
                operands[i] = Text(self.language.where(mask, operands[i].text, "1.0"))
        if self.guarded(step):
            test = self.guard(step, order)
            safe = safe_point(step.kind)
            operands = [Text(self.language.where(test, text.text, repr(point))) for text, point in zip(operands, safe)]
        match name:
            case "sub" if re.fullmatch(r"-[\d.]+(e[-+]?\d+)?", operands[1].text):
                return Text(f"{operands[0].held(ADDED)} + {operands[1].text[1:]}", ADDED)
            case "sub":
                return Text(f"{operands[0].held(ADDED)} - {operands[1].held(PRODUCT)}", ADDED)
            case "div":
                return Text(f"{operands[0].held(PRODUCT)} / {operands[1].held(SIGN)}", PRODUCT)
            case "neg":
                return Text(f"-{operands[0].held(POWER)}", SIGN)
            case "pos":
                return operands[0]
            case "pow":
                base = operands[0].held(ATOM)
                return Text(_power(base, _whole(operands[1]).held(SIGN)), POWER)
            case "where":
                test = operands[0].test or f"{operands[0].held(ADDED)} != 0"
                return Text(self.language.where(test, operands[1].text, operands[2].text))
        least = COMPARISON + 1 if name in self.language.written else CHOICE
        text = self.helpers.called(name, [operand.held(least) for operand in operands], step.kind)
        signs = {"step": "{0} > 0", "less": "{0} < {1}", "less_equal": "{0} <= {1}", "equal": "{0} == {1}"}
        test = signs[name].format(*(operand.held(least) for operand in operands)) if name in signs else ""
        return Text(
            text, ATOM if text.endswith(")") and "(" in text and " * " not in text.split("(")[0] else PRODUCT, test
        )

    def guard(self, step, order):
        tests = []
        for operand, side in step.guard:
            text = self.operand(operand, order, step.array.varying)
            if text.test:
                tests.append(text.test if side else f"~({text.test})")
            else:
                tests.append(f"{text.held(ADDED)} {'!=' if side else '=='} 0")
        text = tests[0]
        for test in tests[1:]:
            text = f"{self.language.module}.logical_and({text}, {test})"
        if len(text) <= 30:
            return text
        if (text, step.array.shape) not in self.tests:
            self.tests[text, step.array.shape] = name = self.names.free("counts")
            self.lines.append((name, text, self.shape(step.array)))
        return self.tests[text, step.array.shape]

    def sum(self, step, order):
        parts = []
        for span in step.spans:
            if _is_zero(span) and len(step.spans) > 1:
                continue
            if not span.summed:
                parts.append(self.product(span, order, step.array.varying))
                self.products += span.products if len(step.spans) > 1 else 0
            elif len(span.factors) == 1:
                parts.append(self.total(step, span, order))
            elif numbers := [factor for factor in span.factors if _is_number(factor)]:
                parts.append(self.multiple(step, span, numbers[0], order))
            else:
                parts.append(self.matrix_product(step, span, order))
        text = parts[0].text if parts[0].tightness >= ADDED else parts[0].held(ATOM)
        for part in parts[1:]:
            held = part.held(PRODUCT)
            text += f" - {held[1:]}" if held.startswith("-") and held[1:2].isdigit() else f" + {held}"
        return parts[0] if len(parts) == 1 else Text(text, ADDED)

    def product(self, span, order, varying):
        operands = [self.operand(factor, order, varying) for factor in span.factors]
        if len(operands) == 1:
            return operands[0]
        if _same(*span.factors):
            return Text(_power(operands[0].held(ATOM), "2"), POWER)
        return Text(f"{operands[0].held(PRODUCT)} * {operands[1].held(SIGN)}", PRODUCT)

    def total(self, step, span, order):
        inner = [*order, *span.summed]
        operand = self.operand(span.factors[0], inner, step.array.varying, full=True)
        operand = self.masked(step, span, operand, inner, 0.0)
        return Text(self.language.total(operand.held(ATOM), _last(span.summed)))

    def multiple(self, step, span, number, order):
        """The sum of products with one number: that number times a sum."""
        others = [factor for factor in span.factors if factor is not number]
        total = self.total(step, Span(others, span.summed, span.mask), order)
        literal = self.operand(number, order, False)
        return total if literal.text == "1.0" else Text(f"{literal.held(PRODUCT)} * {total.held(SIGN)}", PRODUCT)

    def extreme(self, step, order):
        texts = [self.extreme_of(step, span, order).text for span in step.spans]
        found = texts[0]
        for text in texts[1:]:
            found = self.helpers.called("maximum" if step.kind == LARGEST else "minimum", [found, text])
        return Text(found) if len(texts) > 1 else self.extreme_of(step, step.spans[0], order)

    def extreme_of(self, step, span, order):
        if not span.summed:
            return self.operand(span.factors[0], order, step.array.varying)
        inner = [*order, *span.summed]
        operand = self.operand(span.factors[0], inner, step.array.varying, full=True)
        operand = self.masked(step, span, operand, inner, -inf if step.kind == LARGEST else inf)
        if step.array.stopped:
            operand = Text(self.language.stopped(operand.held(ATOM)))
        name = "max" if step.kind == LARGEST else "min"
        return Text(self.language.extreme(operand.held(ATOM), _last(span.summed), name))

    def masked(self, step, span, operand, inner, neutral):
        """An operand with the neutral number at places that belong to no term."""
        if span.mask is None or _padded(step, span, span.factors[0], neutral):
            return operand
        mask = self.mask(span.mask, inner, step.array.varying)
        return Text(self.language.where(mask, operand.text, self.literal(neutral).text))

    def matrix_product(self, step, span, order):
        """A sum of products: as a product of matrices, or by einsum."""
        a, b = span.factors
        self.products += 0 if _same(a, b) else span.products
        varying = step.array.varying
        masked = span.mask is not None and not any(_padded(step, span, factor, 0.0) for factor in span.factors)
        inner = [*order, *span.summed]
        axes_a, axes_b = self.axes(a), self.axes(b)
        if not masked and len(span.summed) == 1 and not self.is_varying(a):
            rows_a, rows_b = [x for x in axes_a if x < len(order)], [x for x in axes_b if x < len(order)]
            (k,) = span.summed
            if k in axes_a and k in axes_b and rows_b + rows_a == order and len(rows_a) <= 1:
                left = self.operand(b, [*rows_b, k], self.is_varying(b))
                right = self.operand(a, [k, *rows_a], False)
                self.dense += span.products
                return Text(f"{left.held(PRODUCT)} @ {right.held(SIGN)}", PRODUCT)
        if axes_a == axes_b or set(axes_a) == set(axes_b) or masked:
            operands = [self.operand(factor, inner, varying) for factor in (a, b)]
            text = (
                _power(operands[0].held(ATOM), "2")
                if _same(a, b)
                else f"{operands[0].held(PRODUCT)} * {operands[1].held(SIGN)}"
            )
            text = self.language.where(self.mask(span.mask, inner, varying), text, "0.0") if masked else f"({text})"
            missing = [axis for axis in inner if axis not in axes_a and axis not in axes_b]
            if not [axis for axis in missing if axis in span.summed]:
                return Text(self.language.total(text, _last(span.summed)))
        self.dense += span.products
        letters = dict(zip(inner, "tijklmnopqrsuvwxyz"))
        specs, operands = [], []
        for factor, axes in ((a, axes_a), (b, axes_b)):
            specs.append(("b" if self.is_varying(factor) else "") + "".join(letters[axis] for axis in axes))
            operands.append(self.operand(factor, axes, self.is_varying(factor)).text)
        missing = [axis for axis in order if axis not in axes_a and axis not in axes_b]
        assert not missing, "an axis that belongs to no factor"
        spec = f"{','.join(specs)}->{'b' if varying else ''}{''.join(letters[axis] for axis in order)}"
        return Text(self.language.einsum(spec, operands))

    def take(self, step, order):
        """Items by index: table[index], or along an axis where each number has items of its own."""
        (index,), items, varying, item = step.spans[0].factors, step.items, step.array.varying, len(order)
        self.sizes[item] = step.choices
        own = order if step.guard else self.axes(index)
        place = self.operand(index, own, varying)
        if step.guard:  # where it does not count it may be the index of no item
            place = Text(self.language.where(self.guard(step, order), place.text, "0.0"))
        if isinstance(items, Slice) and not self.is_varying(items) and item in items.axes:
            rest = [axis for axis in items.axes if axis != item]
            if own + rest == order:
                table = self.operand(items, [item, *rest], False)
                return Text(f"{table.held(ATOM)}[{self.language.as_index(place.held(ATOM))}]")
        table = self.operand(items, [*order, item], varying, full=True)
        if varying and not self.is_varying(items):
            table = self.with_batch(table, [*order, item])
        if not step.guard:
            place = self.operand(index, order, varying)
            if varying and not self.is_varying(index):
                place = self.with_batch(place, order)
            elif not self.axes(index):  # one index for all
                place = Text(
                    place.held(ATOM) + (f"[{', '.join(['None'] * len(order))}]" if order and not varying else "")
                )
        along = self.language.along(table.text, self.language.as_index(f"{place.held(ATOM)}[..., None]"))
        return Text(f"{along}[..., 0]")

    def with_batch(self, text, order):
        """The same for each example."""
        shape = ", ".join([self.batch(), *(str(self.sizes[axis]) for axis in order)])
        return Text(self.language.broadcast(text, f"({shape},)"))

    def joined(self, step):
        parts = []
        for part in step.parts:
            if isinstance(part, Constant):
                text = self.table(part.values, "float")
                if step.array.varying:
                    text = self.language.broadcast(Text(text), f"({self.batch()}, {len(part.values)})")
                parts.append(text)
                continue
            if isinstance(part, Gathering):
                parts.append(f"*{self.lists[part.array]}")
                continue
            text = self.flat(part)
            if step.array.varying and not part.varying:
                text = self.language.broadcast(Text(text), f"({self.batch()}, {part.size})")
            parts.append(text)
        return Text(self.language.joined(parts) if len(step.parts) > 1 or parts[0].startswith("*") else parts[0])

    def flat(self, array):
        """An array as a list."""
        text = self.texts[array].held(ATOM)
        if len(array.shape) != 1:
            text += f".reshape({'-1, ' if array.varying else ''}{array.size})"
        return text


def _last(axes):
    return [-1] if len(axes) == 1 else list(range(-len(axes), 0))


def _power(base, exponent):
    """base ** exponent, without spaces between names and numbers."""
    simple = re.fullmatch(r"-?[\w.]+", exponent) and re.fullmatch(r"\w+", base)
    return f"{base}**{exponent}" if simple else f"{base} ** {exponent}"


def _whole(text):
    """A number without its decimal point, if it is whole: x ** 2."""
    return Text(text.text[:-2], text.tightness) if re.fullmatch(r"-?\d+\.0", text.text) else text


def _is_number(operand):
    return isinstance(operand, Constant) and operand.values.size == 1


def _is_zero(span):
    return (
        not span.summed and len(span.factors) == 1 and _is_number(span.factors[0]) and not span.factors[0].values.any()
    )


def _same(a, b):
    if isinstance(a, Slice) and isinstance(b, Slice):
        return (a.array, a.part, a.digits) == (b.array, b.part, b.digits)
    return False


def _padded(step, span, factor, neutral):
    """Whether an operand is the neutral number at the places of a box that belong to no term."""
    if span.mask is None:
        return True
    if not isinstance(factor, Slice) or factor.array.mask is None or factor.array.pad != neutral or factor.part:
        return False
    if [radix for radix, _, _ in factor.digits] != [size for size in factor.array.shape if size > 1]:
        return False
    return _mask_over(factor, span.mask)


def _mask_over(factor, mask):
    """Whether each place in a box outside `mask` is a place of the factor's array that belongs to no number."""
    array = factor.array
    own = np.squeeze(array.mask)
    for position, (_, axis, first) in reversed(list(enumerate(factor.digits))):
        if axis is None:
            own = own.take(first, position)
        else:
            own = own.take(np.arange(first, first + mask.shape[axis]), position)
    axes = factor.axes
    full = np.ones(mask.shape, bool)
    shaped = np.transpose(own, np.argsort(axes)).reshape([mask.shape[k] if k in axes else 1 for k in range(mask.ndim)])
    return not (full & shaped & ~mask).any()
