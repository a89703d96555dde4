"""The matrix form as source code."""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections import Counter
from typing import NamedTuple

from autograd.matrices.expressions import Expressions
from autograd.matrices.languages import NumPy
from autograd.matrices.loops import Loop, arrays_in, numbers_in, operands_of, shortest
from autograd.matrices.names import Names
from autograd.matrices.numbers import LARGEST, SMALLEST, TAKE
from autograd.matrices.operands import Text
from autograd.matrices.steps import Constant, Form, Returned
from autograd.table.translate import ATOM, COMPARISON

LONGEST = 60  # characters of an expression that is written inside another one
MOST = 88  # characters of a line's expression
WIDTH = 120


class Indented(NamedTuple):
    """Lines under a line that ends with a colon."""

    head: str
    lines: list


class Writer(Expressions):
    """Writes a form in one language."""

    def __init__(self, form: Form, language: NumPy):
        super().__init__(language, form.inputs[0][0].name if form.inputs else "", Names(form))
        self.form = form
        self.name = form.name if form.name.isidentifier() and not keyword.iskeyword(form.name) else "function"
        self.given: dict = {}  # names of arrays that have a line already
        self.line_of: dict = {}  # the name that the line begins with in which an array is computed
        self.uses: Counter = Counter()
        self.kept: dict = {}  # names for arrays whose text is written inside another one
        self.forced: set = set()  # arrays that get a line in any case
        self.conditions: set = set()  # arrays of conditions, as True and False

    def source(self):
        """The code."""
        form, results = self.form, set(_arrays_of_result(self.form))
        parts = shortest(self.needed(), results, self.names.counter())
        read = results.union(*(part.arrays() if isinstance(part, Loop) else arrays_in(part) for part in parts))
        for leaf, array in form.inputs:
            self.texts[array] = Text(leaf.name)
        for leaf, array in form.parameters:
            if array in read:
                self.parameter(array, self.names.of_leaf(leaf), _quoted(leaf.name))
        for part in parts:
            if isinstance(part, Loop):
                self.write_loop(part, read)
            else:
                self.write(part)
        return self.assembled(f"What {form.name} returns for each example of a batch.", self.result(form.result))

    def parameter(self, array, name, key):
        """A line that takes an array out of the parameters."""
        given = f"parameters[{key}]"
        self.lines.append((name, self.language.stopped(given) if array.stopped else given, self.shape(array)))
        self.line_of[array] = name
        self.texts[array] = Text(name)

    def needed(self):
        """The steps that the result needs, in two orders: each just before it is used, and each as soon as possible.

        Counts how often each array is used.
        """
        step_of = {step.array: step for step in self.form.steps}
        waiting = _arrays_of_result(self.form)[::-1]
        self.uses.update(waiting)
        order: dict = {}
        while waiting:
            array = waiting[-1]
            used = arrays_in(step_of[array]) if array in step_of and array not in order else []
            before = [other for other in used if other in step_of and other not in order]
            if before:
                waiting += before[::-1]
                continue
            waiting.pop()
            self.uses.update(used)
            if array in step_of:
                order[array] = step_of[array]
        self.conditions = _conditions(self.form, order)
        return list(order.values()), [step for step in self.form.steps if step.array in order]

    # Loops.

    def write_loop(self, loop, read):
        """A `for` whose variables hold what one time leaves to the next."""
        kept = {after for _, after in loop.carried.values()}
        kept |= {own.array for own, last in zip(loop.body, loop.times[-1]) if last.array in read}
        self.forced |= kept.union(loop.gathered)
        self.conditions -= kept | {before for before, _ in loop.carried.values()}
        variables = {array: self.start(array, *pair, loop) for array, pair in loop.carried.items()}
        for array in loop.gathered:
            self.lists[array] = self.names.free("outputs")
            self.lines.append(f"{self.lists[array]} = []")
        before, tests, counts = self.lines, dict(self.tests), (self.products, self.dense)
        self.lines = []
        for array, arrays in loop.weights.items():
            first, second, _ = numbers_in([weights.leaf.name for weights in arrays])
            key = (
                f"{first}\0{second}".replace("{", "{{").replace("}", "}}").replace("\0", f"{{{self.names.counter()}}}")
            )
            self.parameter(array, self.names.of_leaf(array.leaf), "f" + _quoted(key))
            self.line_of |= {weights: self.line_of[array] for weights in arrays if weights not in self.line_of}
        for step in loop.body:
            self.write(step)
        self.lines += [f"{self.lists[array]}.append({self.flat(array)})" for array in loop.gathered]
        for array, (_, after) in loop.carried.items():
            self.go_on(variables[array], after)
        turns = loop.counter and ", ".join(map(str, _range_of(loop.counter)))
        head = f"for {self.names.counter()} in range({turns})" if turns else f"for _ in range({len(loop.times)})"
        self.lines, self.tests = [*before, Indented(head, self.lines)], tests
        self.products, self.dense = (
            then + len(loop.times) * (now - then) for then, now in zip(counts, (self.products, self.dense))
        )
        self.share_lines(loop)

    def start(self, array, before, after, loop):
        """The variable for an array that a loop goes on with, as a line that gives it its first value."""
        (own,) = (step for step in loop.body if step.array is after)
        name, text = self.names.free(self.names.of_step(own)), self.texts[before].text
        uses = sum(other is array for step in loop.body for other in arrays_in(step))
        self.kept.pop(before, None)
        if self.is_last(before) and uses == self.uses[before]:  # only the loop reads it
            self.rename_last(before, name)
        else:
            self.lines.append((name, text, self.shape(array)))
        self.texts[array] = Text(name)
        return name

    def go_on(self, variable, after):
        """The line that gives the variable of a loop its next value."""
        if self.is_last(after):
            self.rename_last(after, variable)
        else:
            self.lines.append((variable, self.texts[after].text, self.shape(after)))

    def is_last(self, array):
        """Whether the last line computes an array."""
        return array in self.line_of and bool(self.lines) and self.lines[-1][:1] == (self.line_of[array],)

    def rename_last(self, array, name):
        """Give the array of the last line another name."""
        self.lines[-1] = (name, *self.lines[-1][1:])
        self.texts[array], self.line_of[array] = Text(name), name

    def share_lines(self, loop):
        """The arrays of all times stand in the lines of the first."""
        for time in loop.times[1:]:
            for own, other in zip(loop.body, time):
                self.texts[other.array] = self.texts[own.array]
                if own.array in self.line_of:
                    self.line_of[other.array] = self.line_of[own.array]

    # One step.

    def write(self, step):
        """A line for a step; or its text is kept, to be written inside the only line that needs it."""
        array = step.array
        text = self.fitting(step)
        if array in self.conditions:
            text = Text(text.test, COMPARISON, text.test)
        name = self.names.of_step(step)
        if array in self.forced:
            self.line(array, name, text)
        elif text.text.isidentifier():
            self.texts[array] = text
        elif (
            self.uses[array] == 1
            and len(text.text) <= LONGEST
            and step.kind not in (TAKE, "joined")
            and step.fill is None
        ):
            self.texts[array], self.kept[array] = text, name
        else:
            self.line(array, name, text)

    def fitting(self, step):
        """The text of a step; if that is too long, parts of it become lines of their own."""
        while True:
            text = self.spread(step, self.expression(step))
            kept = [array for array in arrays_in(step) if array in self.kept and array in self.texts]
            if len(text.text) <= MOST or not kept:
                return self.filled(step, text)
            array = max(kept, key=lambda array: len(self.texts[array].text))
            self.line(array, self.kept.pop(array), self.texts[array])

    def line(self, array, name, text):
        name = self.given.get(array) or self.names.free(name)
        self.lines.append((name, text.text, self.shape(array)))
        self.texts[array] = Text(name, ATOM, name if array in self.conditions else "")
        self.line_of[array] = name

    def filled(self, step, text):
        """The text of a step, with something at places that belong to no number, and no gradient where none flows."""
        array = step.array
        if step.fill is not None:
            if len(text.text) > LONGEST:
                name = self.given[array] = self.names.free(self.names.of_step(step))
                self.lines.append((name, text.text, self.shape(array)))
                text = Text(name)
            mask = self.mask(array.mask, list(range(len(array.shape))), array.varying)
            text = Text(self.language.where(mask, text.text, self.literal(step.fill).text))
        if array.stopped and _is_wanted(step):
            text = Text(self.language.stopped(text.held(ATOM)))
        return text

    def spread(self, step, text):
        """The text with all axes of the result, even those on which no operand depends."""
        array = step.array
        if step.kind == "joined":
            return text
        operands = [factor for span in step.spans for factor in span.factors]
        operands += [step.items] if step.items is not None else []
        operands += [operand for operand, _ in step.guard] if self.guarded(step) else []
        if operands and all(isinstance(operand, Constant) and operand.values.size == 1 for operand in operands):
            text = Text(self.language.array(text.text, "float"))  # a plain number has no shape
        known = {axis for operand in operands for axis in self.axes(operand)}
        if known.issuperset(range(len(array.shape))) and (any(map(self.is_varying, operands)) or not array.varying):
            return text
        shape = ", ".join([*([self.batch()] if array.varying else []), *map(str, array.shape)])
        return Text(self.language.broadcast(text, f"({shape},)"))

    # The whole.

    def result(self, part):
        """The text of part of what the function returns."""
        if isinstance(part, dict):
            return "{" + ", ".join(f"{key!r}: {self.result(value)}" for key, value in part.items()) + "}"
        if isinstance(part, (list, tuple)):
            inner = ", ".join(map(self.result, part))
            return f"[{inner}]" if isinstance(part, list) else f"({inner}{',' if len(part) == 1 else ''})"
        return self.returned(part) if isinstance(part, Returned) else repr(part.part)

    def returned(self, part):
        """Numbers of the result, for each example."""
        operand, sizes = part.operand, [size for size in part.shape if size > 1]
        self.sizes = dict(enumerate(sizes))
        text = self.operand(operand, list(range(len(sizes))), self.is_varying(operand))
        if len(sizes) < len(part.shape):  # axes of length 1 are none of a step
            shape = ["-1"] if self.is_varying(operand) else []
            text = Text(f"{text.held(ATOM)}.reshape({', '.join([*shape, *map(str, part.shape)])})")
        if not self.form.inputs or self.is_varying(operand):
            return text.text
        if isinstance(operand, Constant):
            text = Text(self.language.array(text.text, "float"))
        shape = ", ".join(map(str, [self.batch(), *part.shape]))
        return self.language.broadcast(text, f"({shape},)")

    def assembled(self, about, result):
        form, language = self.form, self.language
        body = _written(self.lines, "    ")
        arguments = ", ".join(["parameters", *(argument.name for argument in form.arguments)])
        shapes = [f"{leaf.name} {self.shape(array)}" for leaf, array in form.inputs]
        held = [f'"{leaf.name}" {self.shape(array)}' for leaf, array in form.parameters]
        document = [about, ""]
        document += _filled("parameters  ", held) if held else []
        document += _filled("arguments   ", shapes) if shapes else []
        lines = [f'    """{document[0]}', *(f"    {line}".rstrip() for line in document[1:]), '    """']
        text = f"def {self.name}({arguments}):\n" + "\n".join([*lines, *body, f"    return {result}"])
        tables = [f"{name} = {_wrapped(table)}" for table, name in self.tables.items()]
        functions = list(self.helpers.functions.values())
        everything = "\n".join([*tables, *functions, text])
        imports = [
            f"import {module}"
            for module in ("jax", "math")
            if re.search(rf"\b{module}\.", everything.replace("jax.numpy", ""))
        ]
        head = "\n".join(
            imports + ([""] if "import math" in imports and language.name == "numpy" else []) + language.imports
        )
        parts = [head, *(["\n".join(tables)] if tables else [])]
        return (
            "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join([*(function.rstrip() for function in functions), text]) + "\n"
        )


def _written(lines, indent):
    """Lines of code, with the shape of each array beside it, or above it if there is no room."""
    found = []
    for line in lines:
        if isinstance(line, Indented):
            found += [f"{indent}{line.head}:", *_written(line.lines, indent + "    ")]
            continue
        if isinstance(line, str):
            found.append(indent + line)
            continue
        name, text, shape = line
        code = f"{indent}{name} = {text}"
        fits = len(code) + len(shape) + 4 <= WIDTH
        found += [f"{code}  # {shape}"] if fits else [f"{indent}# {shape}", code]
    return found


def _quoted(text):
    """Text as code, with double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _range_of(numbers):
    """What `range` is called with."""
    if numbers.step != 1:
        return numbers.start, numbers.stop, numbers.step
    return (numbers.start, numbers.stop) if numbers.start else (numbers.stop,)


def _filled(title, items):
    """Items, separated by commas, in lines that begin under one another."""
    text = ", ".join(item.replace(" ", "\0") for item in items)
    lines = textwrap.wrap(text, WIDTH - 6 - len(title), break_long_words=False, break_on_hyphens=False)
    lines = [line.replace("\0", " ") for line in lines]
    return [(title if i == 0 else " " * len(title)) + line for i, line in enumerate(lines)]


def _wrapped(table):
    """A long list of numbers in several lines."""
    if len(table) < 100:
        return table
    lines = textwrap.wrap(table, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return "\n    ".join(lines)


def _conditions(form, needed):
    """The arrays of comparisons that are nothing but conditions of `where`."""
    found = {
        step.array for step in form.steps if getattr(step.kind, "name", "") in ("equal", "less", "less_equal", "step")
    }
    found -= {array for array in found if array.stopped or array.mask is not None}
    for step in form.steps:
        if step.array in needed:
            others = list(operands_of(step))
            if getattr(step.kind, "name", "") == "where":
                others = others[1:]
            found -= {getattr(operand, "array", operand) for operand in others if not isinstance(operand, Constant)}
    return found - set(_arrays_of_result(form))


def _is_wanted(step):
    return step.kind not in (LARGEST, SMALLEST) or not any(span.summed for span in step.spans)


def _arrays_of_result(form):
    return [part.operand.array for part in _returned(form.result) if not isinstance(part.operand, Constant)]


def _returned(part):
    if isinstance(part, Returned):
        yield part
    elif isinstance(part, (list, tuple, dict)):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _returned(inner)
