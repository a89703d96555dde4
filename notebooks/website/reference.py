"""The public API as pages: a page for each public module, made from its docstrings."""

import html
import inspect
import re
from functools import cached_property
from importlib import import_module
from itertools import chain
from math import inf
from pathlib import Path

from course import source_page
from markup import Docstring, anchor, code

import autograd
from autograd.engine.functions import FUNCTIONS, NUMPY_NAMES

ROOT = Path(autograd.__file__).resolve().parent.parent
MODULES = {
    "autograd": "The engine: numbers that remember, derivatives, pictures, the player, recordings",
    "autograd.testing": "Hypothesis strategies for property tests of your own",
    "autograd.errors": "What can go wrong in the engine, one class a cause",
    "nn": "Networks: modules, losses, optimisers, training, weights on disk",
    "nn.data": "Data sets, and what is done with them before training",
    "nn.init": "How the first weights are drawn",
    "nn.plots": "Pictures of training and of what a network does",
    "nn.errors": "What can go wrong with networks",
}
# The order in which the parts of a package are shown.
ORDER = [
    "value",
    "primitives",
    "transforms",
    "composed",
    "draw",
    "page",
    "text",
    "compile",
    "random_numbers",
    "load_export",
    "arrays",
    "gradcheck",
    "rules",
    "formulas",
    "module",
    "modules",
    "layers",
    "convolution",
    "recurrent",
    "activations",
    "transformer",
    "losses",
    "margin_losses",
    "optimizer",
    "groups",
    "optim",
    "schedules",
    "training",
    "run",
    "history",
    "evaluation",
    "metrics",
    "report",
    "overview",
    "weights",
    "checkpoint",
    "convert",
]
# What public functions return, though it is made by nobody else.
ALSO = {
    "autograd": [
        "view.draw.Drawing",
        "view.player.page.Player",
        "check.report.Report",
        "check.report.Row",
        "replay.compile.Compiled",
        "matrices.two_columns.MatrixPage",
        "table.registry.Rule",
    ],
    "nn": ["overview.Summary", "groups.ParamGroup", "report.ClassificationReport", "report.Row"],
}
# Modules whose public names are to be imported from another one.
PARTS = {"nn.data": ("nn.dataset", "nn.tables", "nn.vocabulary")}
METHODS = (
    '<p>Every function of <a href="table.html">the table of rules</a> is a method as well, such as '
    "<code>x.tanh()</code>, and the operators <code>+ - * / **</code> do what they do to numbers.</p>"
)
DATA = {
    "backend": 'The engine that runs: `"native"` when it is compiled, else `"python"`. A string.',
    "UPDATES": "The update rules of optimisers, by name: what a step does to one number, as lines of formulas. "
    "`apply_update` applies one. A dict.",
    "__version__": "The version of this package, a string.",
}


class Entry:
    """A function, a class, a method or a property, with its documentation."""

    def __init__(self, name, thing, page, owner=""):
        self.name, self.thing, self.page = name, thing, page
        self.anchor = f"{owner}.{name}" if owner else name
        self.address = f"{page}#{self.anchor}"

    @cached_property
    def members(self):
        """The documented methods and properties of a class, in order."""
        if not inspect.isclass(self.thing):
            return []
        taken = {*FUNCTIONS, *chain(*NUMPY_NAMES.values())} if self.name == "Value" else ()
        return [
            Entry(name, getattr(member, "__func__", member), self.page, self.name)
            for name, member in vars(self.thing).items()
            if not name.startswith("_")
            and name not in taken
            and getattr(member, "__doc__", None)
            and (callable(member) or isinstance(member, (property, staticmethod, cached_property)))
        ]

    @property
    def kind(self):
        if inspect.isclass(self.thing):
            return "class"
        return "" if callable(self.thing) else "data" if isinstance(self.thing, (str, dict)) else "property"

    @property
    def signature(self):
        """How it is called, as a line of Python, or as several where one would be too long."""
        if self.kind in ("property", "data"):
            return self.name
        if self.kind == "class" and not inspect.isfunction(self.thing.__init__):
            return f"class {self.name}"
        found = inspect.signature(self.thing.__init__ if inspect.isclass(self.thing) else self.thing)
        parts, marked = [], False
        for parameter in found.parameters.values():
            if parameter.name == "self":
                continue
            if parameter.kind is parameter.KEYWORD_ONLY and not marked:
                parts.append("*")
            marked = marked or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
            parts.append(_unquoted(str(parameter)))
        returned = "" if found.return_annotation is found.empty else f" -> {_written(found.return_annotation)}"
        head = f"{'class ' if self.kind == 'class' else ''}{self.name}("
        line = f"{head}{', '.join(parts)}){returned if self.kind != 'class' else ''}"
        if len(line) <= 88:
            return line
        return (
            f"{head}\n    " + ",\n    ".join(parts) + line[line.rindex(")") :]
            if "->" not in line
            else (f"{head}\n    " + ",\n    ".join(parts) + f"\n){returned}")
        )

    @property
    def source(self):
        """The page and line of its source."""
        thing = (
            self.thing.func
            if isinstance(self.thing, cached_property)
            else (self.thing.fget if isinstance(self.thing, property) else self.thing)
        )
        if self.kind == "data":
            return None
        path, line = place_of(thing)
        return f"{source_page(path.relative_to(ROOT).as_posix())}#L-{line}"

    def html(self, link):
        """The entry as HTML, with those of its members."""
        owner = self.name if self.kind == "class" else self.anchor.rpartition(".")[0]
        document = DATA.get(self.name) if self.kind == "data" else inspect.getdoc(self.thing)
        bases = [base for base in self.thing.__bases__ if base is not object] if self.kind == "class" else []
        inherits = " and ".join(anchor(link(base.__name__), f"<code>{base.__name__}</code>") for base in bases)
        parts = [
            f'<section class="entry {self.kind}" id="{self.anchor}">',
            f'<div class="signature">{code(self.signature)}{anchor(self.source, "source")}</div>',
            f"<p>A kind of {inherits}.</p>" if inherits else "",
            Docstring(document, lambda name: link(f"{owner}.{name}") or link(name)).html,
            METHODS if self.name == "Value" else "",
            *(member.html(link) for member in self.members),
            "</section>",
        ]
        return "\n".join(filter(None, parts))


def _unquoted(text):
    """A parameter as one would write it: annotations without quotes and without the module that is plain anyhow."""
    name, colon, rest = text.partition(": ")
    if not colon:
        return text
    annotation, equals, default = rest.partition(" = ")
    return f"{name}: {_plain(annotation)}{equals}{default}"


def _written(annotation):
    return _plain(annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))


def _plain(annotation):
    return re.sub(r"['\"]|collections\.abc\.|pathlib\.|(?:autograd|nn|typing|hypothesis)(?:\.\w+)*\.", "", annotation)


class Page:
    """The reference of one module: `sections` of (title, words, entries)."""

    def __init__(self, name):
        self.name, self.about = name, MODULES[name]
        self.address = f"reference-{name.replace('.', '-')}.html"
        self.module = import_module(name)

    @cached_property
    def sections(self):
        groups = {}
        for name, thing in self.things():
            home = self.home(thing)
            groups.setdefault(home, []).append(Entry(name, thing, self.address))
        return [
            (part_of(home) if home != self.name else "", import_module(home).__doc__ or "", entries)
            for home, entries in groups.items()
        ]

    def home(self, thing):
        return getattr(thing, "__module__", self.name)

    def things(self):
        """(name, thing) for whatever is public in the module, but for modules and the functions of the table."""
        if self.name in ALSO:  # a package: what it exports, and what that returns
            names = getattr(self.module, "__all__", None) or [n for n in vars(self.module) if not n.startswith("_")]
            found = [(name, getattr(self.module, name)) for name in names]
            places = [f"{self.name}.{place}".rpartition(".") for place in ALSO[self.name]]
            found += [(name, getattr(import_module(module), name)) for module, _, name in places]
            found = [(name, thing) for name, thing in found if not inspect.ismodule(thing) and not is_primitive(thing)]
            return sorted(found, key=lambda pair: (rank(self.home(pair[1])), pair[0] not in names, line_of(pair[1])))
        return [
            (name, thing)
            for name, thing in vars(self.module).items()
            if not name.startswith("_")
            and self.home(thing) in (self.name, *PARTS.get(self.name, ()))
            and thing.__doc__
            and callable(thing)
        ]

    @property
    def contents(self):
        """(anchor, words) for the headings, and for what stands below them."""
        for title, _, entries in self.sections:
            if title:
                yield f"module-{title}", f"<b>{title}</b>"
            yield from ((entry.anchor, entry.name) for entry in entries)

    def html(self, link):
        parts = []
        for title, words, entries in self.sections:
            heading = f'<h2 id="module-{title}">{html.escape(title)}</h2>' if title else ""
            parts.append(heading + Docstring(words, link).html + "\n".join(entry.html(link) for entry in entries))
        return "\n".join(parts)


def part_of(module):
    """The last part of a module's name; what is no module's own, such as a string, counts to the first."""
    return module.rpartition(".")[2] if "." in module else ORDER[0]


def rank(module):
    """Where a module stands in ORDER; one that is not mentioned there comes last."""
    return ORDER.index(part_of(module)) if part_of(module) in ORDER else len(ORDER)


def place_of(thing):
    """The file and the line in which a function or a class begins; a class may say that its home is the package."""
    thing = inspect.unwrap(thing)
    if inspect.isclass(thing) and thing.__module__ == "autograd":
        path = Path(vars(thing)["__repr__"].__code__.co_filename)
        lines = path.read_text(encoding="utf-8").splitlines()
        return path, next(i for i, line in enumerate(lines, 1) if re.match(rf"class {thing.__name__}\b", line))
    return Path(inspect.getsourcefile(thing)), inspect.getsourcelines(thing)[1]


def line_of(thing):
    """Where a thing begins in its file; what is no function or class comes last."""
    return place_of(thing)[1] if callable(thing) else inf


def is_primitive(thing):
    return any(thing is function for function in FUNCTIONS.values())


class Reference:
    """All pages of the reference, and where each name is explained."""

    def __init__(self):
        self.pages = [Page(name) for name in MODULES]
        self.places = {}
        for page in self.pages:
            for _, _, entries in page.sections:
                for entry in entries:
                    self.note(page.name, entry)
        for name in FUNCTIONS:
            for written in (name, f"autograd.{name}", f"Value.{name}"):
                self.places.setdefault(written, f"table.html#{name}")

    def note(self, module, entry):
        for written in (entry.anchor, f"{module}.{entry.anchor}"):
            self.places.setdefault(written, entry.address)
        for member in entry.members:
            self.note(module, member)

    def link(self, name):
        """The address of what a docstring mentions, or None."""
        return self.places.get(name)
