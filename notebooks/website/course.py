"""The notebooks as pages: their cells with the outputs that are committed. Nothing is executed."""

import html
import re
from base64 import b64decode
from functools import cached_property
from pathlib import Path

import nbformat
from markup import Markdown, code

FOLDER = Path(__file__).resolve().parent.parent
SHOWN = ("text/html", "image/svg+xml", "image/png", "text/plain")  # the best first


class Lesson:
    """One notebook: `number`, `title`, the first words, what one learns, its page and its picture."""

    def __init__(self, path):
        self.path, self.number = path, int(path.name[:2])
        self.address = f"{path.stem}.html"
        self.cells = nbformat.read(path, as_version=4).cells
        self.pictures = {}  # by name: bytes

    @cached_property
    def title(self):
        """The heading without its number."""
        return self.cells[0].source.split("\n")[0].split(" · ")[1]

    @cached_property
    def opening(self):
        """The first paragraph, as HTML."""
        return Markdown(self.cells[0].source.split("\n\n")[1], self.link).html

    @cached_property
    def picture(self):
        """The picture that stands for the notebook, a file, or None."""
        path = FOLDER / "images" / f"{self.number:02}.png"
        return path if path.exists() else None

    def link(self, target):
        """A link of a notebook as a link of the site."""
        if target.endswith(".ipynb"):
            return target.replace(".ipynb", ".html")
        if target.startswith("../") and target.endswith(".py"):
            return source_page(target.removeprefix("../"))
        return target

    @cached_property
    def content(self):
        """(HTML of all cells, headings)."""
        parts, headings = [], []
        for cell in self.cells:
            if cell.cell_type == "markdown":
                text = Markdown(cell.source, self.link)
                headings += text.headings
                parts.append(f'<div class="prose">{text.html}</div>')
            else:
                kind = next(iter(cell.metadata.get("tags", ())), "")
                outputs = "".join(self.output(output, cell.metadata.get("alt", "")) for output in cell.outputs)
                parts.append(f'<div class="cell {kind}">{code(cell.source)}{outputs}</div>')
        return "\n".join(parts), headings

    def output(self, output, alt):
        """What a cell shows; `alt` is the cell's description of its picture."""
        if output.output_type == "stream":
            return f'<pre class="output">{html.escape(output.text)}</pre>'
        kind = next(kind for kind in SHOWN if kind in output.data)
        data = output.data[kind]
        if kind == "image/png":
            name = f"{self.number:02}-{len(self.pictures) + 1}.png"
            self.pictures[name] = b64decode(data)
            return f'<div class="figure"><img src="pictures/{name}" alt="{html.escape(alt)}"></div>'
        if kind == "text/plain":
            return f'<pre class="output">{html.escape(data)}</pre>'
        return f'<div class="figure">{inline(data, alt) if "svg" in kind else data}</div>'


def inline(svg, alt):
    """A drawing as a part of a page, with its description, and without its ids, which other drawings have as well."""
    described = f'<svg role="img" aria-label="{html.escape(alt)}"'
    return described + re.sub(r'\sid="[^"]*"', "", svg[svg.find("<svg") + len("<svg") :])


def source_page(path):
    """The page that shows a file of the packages."""
    return "source-" + path.removesuffix(".py").replace("/", "-") + ".html"


def lessons():
    return [Lesson(path) for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))]
