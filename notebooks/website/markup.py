"""Text as HTML: Markdown with formulas, code in colours, docstrings; all of it without a network."""

import html
import re
from itertools import pairwise

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from autograd.table.translate import LaTeX

CODE = HtmlFormatter(nowrap=True)
LIGHT, DARK = "friendly", "github-dark"


def colours():
    """The style sheet of highlighted code, light and dark."""
    light, dark = (HtmlFormatter(style=style).get_style_defs(".code") for style in (LIGHT, DARK))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def code(text, language="python"):
    """A block of code in colours."""
    return f'<pre class="code">{highlight(text, get_lexer_by_name(language), CODE)}</pre>'


def math(tex, display=False):
    """A formula in TeX as MathML."""
    found = convert(tex, display="block" if display else "inline")
    # A prime is high enough by itself: it does not want to be raised once more.
    return re.sub(r"<msup>(<mi>\w</mi>)<mi>(&#x0203[2-4];)</mi></msup>", r'\1<mo lspace="0" rspace="0">\2</mo>', found)


def slug(text):
    """A heading as the name of an anchor."""
    return re.sub(r"[^\w]+", "-", re.sub(r"<[^>]*>", "", text).lower()).strip("-")


class Markdown:
    """A text in Markdown as `html`, and its `headings` of the second level: (anchor, text)."""

    def __init__(self, text, link):
        """`link` turns the target of a link in the text into one in the site."""
        self.headings = []
        reader = (
            MarkdownIt(
                "commonmark", {"html": True, "highlight": lambda text, language, _: code(text, language or "text")}
            )
            .enable("table")
            .use(dollarmath_plugin, renderer=lambda tex, options: math(tex, options["display_mode"]))
        )
        tokens = reader.parse(text)
        for token, inner in pairwise(tokens):
            if token.type == "heading_open":
                token.attrSet("id", slug(inner.content))
                if token.tag == "h2":
                    self.headings.append((slug(inner.content), reader.renderInline(inner.content)))
        for token in tokens:
            for part in token.children or ():
                if part.type == "link_open":
                    part.attrSet("href", link(part.attrGet("href")))
        self.html = reader.renderer.render(tokens, reader.options, {})


class Docstring:
    """A docstring as HTML: paragraphs, tables of arguments, formulas and examples."""

    def __init__(self, text, link):
        """`link` gives the address of a documented name, or None."""
        self.link = link
        blocks = []
        for block in re.split(r"\n\s*\n", text.strip("\n")):
            if blocks and is_code(block) and is_code(blocks[-1]):
                blocks[-1] += "\n\n" + block
            else:
                blocks.append(block)
        self.html = "\n".join(map(self.block, blocks))

    def block(self, text):
        if text.startswith(">>> "):
            return code(text, "pycon")
        if is_code(text):
            language = "python" if re.search(r"(?m)^    (from|import|def|rule)\b", text) else "text"
            return code(re.sub("(?m)^    ", "", text), language)
        if re.match(r"- ", text):
            items = [f"<li>{self.words(item)}</li>" for item in re.split(r"(?m)^- ", text)[1:]]
            return f"<ul>{''.join(items)}</ul>"
        if re.match(ARGUMENT, text):
            return "<dl>" + "".join(map(self.argument, re.split(r"\n(?=\S)", text))) + "</dl>"
        return f"<p>{self.words(text)}</p>"

    def argument(self, text):
        name, meaning = re.match(ARGUMENT + r"(.*)", text, re.DOTALL).groups()
        return f"<dt><code>{html.escape(name)}</code></dt><dd>{self.words(meaning)}</dd>"

    def words(self, text):
        """Running text: `code` is set as code, and what is documented is linked."""
        parts = re.split(r"`([^`]*)`", text)
        return "".join(self.named(part) if i % 2 else self.plain(part) for i, part in enumerate(parts))

    def named(self, text):
        address = self.link(text.removesuffix("()"))
        return anchor(address, f"<code>{html.escape(text)}</code>")

    def plain(self, text):
        return re.sub(
            r"\b[A-Z]\w+(?:Error|Warning)\b",
            lambda match: anchor(self.link(match[0]), match[0]),
            html.escape(text, quote=False),
        )


def is_code(text):
    """Whether a block of a docstring is indented."""
    return all(line.startswith("    ") for line in text.split("\n") if line)


ARGUMENT = r"(\S[^\n]*?)(?: {2,})(?=\S)"


def anchor(address, text):
    """A link, or the mere text where there is no address."""
    return f'<a href="{address}">{text}</a>' if address else text


def tex(formula):
    """A formula of the table in TeX."""
    return LaTeX().translate(formula.tree)
