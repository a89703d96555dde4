"""`python notebooks/website`: the course and the reference as web pages that need no network, in out/site.

The notebooks are shown with the outputs that are committed; the reference is made from the docstrings and the table.
"""

import argparse
import os
import re
import shutil
from pathlib import Path

os.environ["GLASSGRAD_PURE"] = "1"  # the plain engine has its source, docstrings and signatures at hand

import table
from course import lessons, source_page
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markup import Markdown, colours
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from reference import ROOT, Reference

HERE = Path(__file__).resolve().parent
TABLE = """\
<h1>The table of rules</h1>
<p>Everything that the engine can differentiate is made of these primitives. Each is one line of
<a href="source-autograd-table-elementary.html"><code>elementary.py</code></a> or
<a href="source-autograd-table-special.html"><code>special.py</code></a>: its value, and its partial
derivative with respect to each input; there <i>out</i> is the value itself. All but a few helpers are functions,
<code>autograd.tanh(x)</code>, and methods, <code>x.tanh()</code>. Values are right to 2 units in the last place,
derivatives to 4.</p>
"""


class Site:
    """The pages, written into a folder one after the other."""

    def __init__(self, folder):
        self.folder, self.lessons, self.reference = folder, lessons(), Reference()
        self.templates = Environment(
            loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self.sources = {source_page(f"autograd/table/{name}.py") for name in ("elementary", "special")}

    def write(self, address, template="page.html", **values):
        text = self.templates.get_template(template).render(
            lessons=self.lessons, reference=self.reference.pages, address=address, **values
        )
        self.sources |= set(re.findall(r'href="(source-[\w-]+\.html)', text))
        (self.folder / address).write_text(text, encoding="utf-8")

    def build(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "pictures").mkdir(parents=True)
        (self.folder / "style.css").write_text((HERE / "style.css").read_text() + colours())
        self.course()
        self.write(
            "table.html",
            title="The table of rules",
            body=TABLE + table.page(self.reference.link),
            contents=[(rule.name, rule.name) for rule in table.BUILT_IN],
        )
        for page in self.reference.pages:
            self.write(
                page.address,
                title=page.name,
                contents=list(page.contents),
                body=f"<h1>{page.name}</h1>{page.html(self.reference.link)}",
            )
        leaving = Markdown((HERE / "leaving.md").read_text(encoding="utf-8"), str)
        self.write("leaving.html", title="How to leave", body=leaving.html, contents=leaving.headings)
        self.write("index.html", "index.html", title="glassgrad")
        shutil.copy(ROOT / "notebooks" / "images" / "neuron.svg", self.folder / "pictures")
        for path in sorted(path for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py")):
            self.source(path.relative_to(ROOT).as_posix())

    def course(self):
        for before, lesson, after in zip([None, *self.lessons], self.lessons, [*self.lessons[1:], None]):
            body, headings = lesson.content
            self.write(
                lesson.address,
                title=f"{lesson.number} · {lesson.title}",
                body=body,
                contents=headings,
                before=before,
                after=after,
                lesson=lesson,
            )
            for name, picture in lesson.pictures.items():
                (self.folder / "pictures" / name).write_bytes(picture)
            if lesson.picture:
                shutil.copy(lesson.picture, self.folder / "pictures")

    def source(self, path):
        """A file of the packages, if a page links to it."""
        if source_page(path) in self.sources:
            text = highlight(
                (ROOT / path).read_text(encoding="utf-8"),
                PythonLexer(),
                HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True, cssclass="code"),
            )
            self.write(source_page(path), title=path, body=f"<h1>{path}</h1>{text}", contents=[])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "site", help="the folder to write, anew")
    folder = parser.parse_args().out
    Site(folder).build()
    print(f"Open {folder / 'index.html'} in a browser.")
