"""`show`: a page with two columns, the scalars of one example and the matrices of a batch."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from autograd.errors import ArgumentError
from autograd.matrices.forms import form_of
from autograd.matrices.languages import LANGUAGES
from autograd.matrices.numbers import LARGEST, SMALLEST, SUM, TAKE
from autograd.matrices.write import Writer, arrays_in
from autograd.replay.machine import PythonMachine
from autograd.replay.random_numbers import RandomStates
from autograd.view.files import write_atomically

MOST = 40  # scalars of a block that are written out
TERMS = 3  # terms of a sum that are written out


class MatrixPage:
    """A page that shows scalars and matrices side by side, and shows itself in a notebook."""

    def __init__(self, recording, language: str = "numpy"):
        if language not in LANGUAGES:
            raise ArgumentError(f'show: expected "numpy", "torch" or "jax", got {language!r:.60}.')
        self._recording, self._form = recording, form_of(recording)
        self._writer = Writer(self._form, LANGUAGES[language])
        self._source = self._writer.source()

    def __repr__(self):
        return f"<MatrixPage of {self._recording.name}: {len(self._source.splitlines())} lines of code>"

    def html(self) -> str:
        """The page; it is self-contained and makes no request."""
        blocks = _Blocks(self._recording, self._form, self._writer)
        names = {name for name, _ in blocks.blocks}
        parts = {
            "TITLE": escape(f"{self._recording.name}: scalars and matrices"),
            "BLOCKS": "\n".join(blocks.html(name, arrays) for name, arrays in blocks.blocks),
            "CODE": "".join(_line(line, names) for line in self._source.splitlines()),
        }
        template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        return re.sub("@([A-Z]+)@", lambda match: parts[match[1]], template)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file, whose suffix is .html. Returns its path.

        Raises ArgumentError for another suffix, OSError when it cannot be written; then the file is unchanged.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ArgumentError(f"a page is saved as .html, got {path.name!r}.")
        write_atomically(path, self.html().encode())
        return path

    def _repr_html_(self):
        """A frame with the page in it, over the code, which is seen where frames are removed."""
        return (
            '<div style="position: relative; height: 560px; overflow: hidden">'
            f"<pre>{escape(self._source)}</pre>"
            f'<iframe srcdoc="{escape(self.html())}" sandbox="allow-scripts" title="Scalars and matrices" '
            'loading="lazy" style="position: absolute; inset: 0; box-sizing: border-box; width: 100%; height: 100%; '
            'background: #fff; border: 1px solid #999; border-radius: 6px"></iframe></div>'
        )


def _line(line, names):
    """A line of code; one that computes an array, or returns, belongs to a block."""
    match = re.match(r" {4,}(\w+) = |    (return) ", line)
    name = match and (match[1] or match[2])
    mark = f' data-block="{name}" tabindex="0"' if name in names else ""
    return f"<div{mark}>{escape(line)}</div>"


class _Blocks:
    """The scalars of one example, in a block for each line of the code."""

    def __init__(self, recording, form, writer):
        self.form, self.writer = form, writer
        self.numbers = _numbers(recording)
        program = recording.program
        self.constants = form.constants
        self.labels = {
            slot: value.label for slot, value in zip(program.captured_slots, program.captured) if value.label
        }
        self.steps = {step.array: step for step in form.steps}
        self.leaves = {array: leaf for leaf, array in (*form.parameters, *form.inputs)}
        self.blocks: list[Any] = []
        user = {array: step.array for step in form.steps if step.array in writer.texts for array in arrays_in(step)}
        inside: dict[str, list] = {}
        for _, array in form.parameters:
            if array in writer.line_of:
                inside.setdefault(writer.line_of[array], []).append(array)
        for step in form.steps:  # an array without a line is written inside the line of the only one that uses it
            array = step.array
            while array in user and array not in writer.line_of:
                array = user[array]
            if step.array in writer.texts:
                inside.setdefault(writer.line_of.get(array, "return"), []).append(step.array)
        self.blocks += inside.items()

    def html(self, name, arrays):
        scalars = [text for array in arrays for text in self.scalars(array)]
        count = sum(len(self.slots(array)) for array in arrays)
        more = f"<li>… and {count - len(scalars):,} more</li>" if count > len(scalars) else ""
        items = "".join(f"<li>{escape(text)}</li>" for text in scalars)
        plural = "" if count == 1 else "s"
        return (
            f'<details data-block="{name}"><summary><code>{name}</code> <span>{count:,} scalar{plural}</span></summary>'
            f"<ul>{items}{more}</ul></details>"
        )

    def slots(self, array):
        if array in self.leaves:
            return self.leaves[array].slots
        return [member.slot for member in self.steps[array].members]

    def scalars(self, array):
        if array in self.leaves:
            return [self.equation(slot, None) for slot in self.leaves[array].slots[:MOST]]
        return [self.equation(member.slot, self.formula(member)) for member in self.steps[array].members[:MOST]]

    def equation(self, slot, formula):
        number = f" = {self.numbers[slot]:.6g}" if slot in self.numbers else ""
        return f"{self.name(slot)}{f' = {formula}' if formula else ''}{number}"

    def name(self, slot):
        """How one number is called: its label, its value if it is a constant, or a place in an array."""
        if slot in self.constants:
            return f"{self.constants[slot]:g}"
        if slot in self.labels:
            return self.labels[slot]
        array, flat = self.form.place[slot]
        name = self.leaves[array].name if array in self.leaves else self.writer.line_of.get(array)
        name = name or self.writer.names.of_step(self.steps[array])
        places = []
        for size in reversed(array.shape):
            places.insert(0, str(flat % size))
            flat //= size
        return f"{name}[{', '.join(places)}]" if places else name

    def formula(self, member):
        terms = ["·".join(map(self.name, term)) for span in member.spans for term in span]
        if member.kind == SUM:
            shown = " + ".join(terms[:TERMS])
            return f"{shown} + … ({len(terms)} terms)" if len(terms) > TERMS else shown
        if member.kind == TAKE:
            return f"item {terms[0]} of {len(member.choices)}"
        name = {LARGEST: "max", SMALLEST: "min"}.get(member.kind) or member.kind.name
        return f"{name}({', '.join(terms[:TERMS])}{', …' if len(terms) > TERMS else ''})"


def _numbers(recording) -> dict[int, float]:
    """The numbers of the example that was recorded, by slot; none where one of them is not finite."""
    states = RandomStates(recording.generators)
    try:
        row = [getattr(leaf, "data", leaf) for leaf in recording.example] + recording.drawn(1)
    finally:
        states.restore()
    found = PythonMachine(recording.program).run([row], range(recording.program.size))
    return {} if found is None else dict(enumerate(found[0]))
