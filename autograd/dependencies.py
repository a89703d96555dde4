"""What a recorded function reads from outside its arguments, and whether that has changed since.

The names in the function's code lead to globals, cells of closures, defaults and attributes; these to the items of
lists, tuples, dicts, sets and arrays, to the attributes of objects, and to further functions, whose code is read as
well. Everything found is kept as it was, and compared at each call: by identity, numbers and strings by type and
value. The code of installed packages and the standard library is not read, and what their objects hold is followed one
step only.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from collections import deque
from collections.abc import Iterator

from autograd.libraries import is_library
from autograd.value import Value, backend, compiled

MISSING = type("MISSING", (), {"__repr__": lambda self: "nothing"})()
SCALARS = {int, float, complex, bool, str, bytes, type(None)}
OPAQUE = SCALARS | {Value, types.BuiltinFunctionType, types.CodeType, type(Ellipsis), type(NotImplemented), range}


class Dependencies:
    """What the functions `roots` reach, and the attributes of the objects `watched`, as they are now."""

    def __init__(self, roots, watched=()):
        self._seen = {}  # by id, so that nothing is freed, and its id used again, meanwhile
        self._names = {}  # every attribute and string in the code that was read, in a dict for its order
        self._spaces = []  # [what has the attributes, as a mapping; how many of the names were looked up in it; whose]
        self._globals = {}  # by id of the dict: (the dict, names)
        self._waiting = [(thing, "") for thing in roots]
        # For unchanged(): (mapping, keys, values, its length or -1), (thing, items), (cell, content), and
        # (function, code, its two kinds of defaults); and for messages whose it is.
        self.tables, self.sequences, self.cells, self.functions = [], [], [], []
        self.owners = {}
        for thing in watched:
            self._seen[id(thing)] = thing
            self._table(vars(thing), _title(thing))
        self._find()
        for space, names in self._globals.values():
            self._add_table(space, list(names), "global")
        for space, _, owner in self._spaces:
            self._add_table(space, [name for name in self._names if name in space], owner, len(space))
        self.unchanged = functools.partial(unchanged, self.tables, self.sequences, self.cells, self.functions)
        del self._names, self._spaces, self._globals, self._waiting, self._seen  # it would keep objects alive

    def changed(self) -> tuple[str, object, object] | None:
        """The first thing that is not what it was: (its name, what it was, what it is now), or None."""
        if self.unchanged():
            return None
        return next(self._changes(), ("what it reads", None, None))

    def _changes(self) -> Iterator[tuple[str, object, object]]:
        for entry in self.tables:
            mapping, keys, values, size = entry
            owner = self.owners[id(entry)]
            for key, value in zip(keys, values):
                now = mapping.get(key, MISSING)
                if not same(now, value):
                    yield (f"{owner} {key!r}" if owner == "global" else f"{key!r} of {owner}"), value, now
            if size >= 0 and len(mapping) != size:
                yield f"the number of attributes or items of {owner}", size, len(mapping)
        for entry in self.sequences:
            thing, items = entry
            owner = self.owners[id(entry)]
            now = list(thing)
            if len(now) != len(items):
                yield f"the length of {owner}", len(items), len(now)
            for i, (one, other) in enumerate(zip(items, now)):
                if not same(one, other):
                    yield f"item {i} of {owner}", one, other
        for entry in self.cells:
            cell, content = entry
            if not same(now := _content(cell), content):
                yield self.owners[id(entry)], content, now
        for entry in self.functions:
            function, code = entry[:2]
            if is_other(*entry):
                yield f"the function {function.__qualname__}", code, function.__code__

    # How things are found.

    def _find(self):
        """Look at what is waiting, and at the names in it, until there is nothing new."""
        while self._waiting:
            while self._waiting:
                self._look_at(*self._waiting.pop())
            names = list(self._names)
            for space in self._spaces:
                mapping, known, owner = space
                self._waiting += [(mapping[name], f"{owner}.{name}") for name in names[known:] if name in mapping]
                space[1] = len(names)

    def _look_at(self, thing, title):
        """Note what `thing` holds, and what it leads to."""
        kind = type(thing)
        if kind in OPAQUE or isinstance(thing, Value) or id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing
        if kind is types.FunctionType:
            self._function(thing)
        elif isinstance(thing, types.ModuleType):
            if not is_library(thing.__name__):
                self._spaces.append([vars(thing), 0, thing.__name__])
        elif isinstance(thing, type):
            self._class(thing)
        elif kind is types.MethodType:
            self._waiting += [(thing.__self__, title), (thing.__func__, title)]
        elif kind is functools.partial:
            self._waiting += [(thing.func, title), (thing.args, title), (thing.keywords, title)]
        elif isinstance(thing, (staticmethod, classmethod)):
            self._waiting.append((thing.__func__, title))
        elif isinstance(thing, property):
            self._waiting += [(thing.fget, title), (thing.fset, title)]
        elif isinstance(thing, functools.cached_property):
            self._waiting.append((thing.func, title))
        else:
            self._object(thing, title)

    def _function(self, function):
        code = function.__code__
        self.functions.append((function, code, function.__defaults__, function.__kwdefaults__))
        self._spaces.append([vars(function), 0, function.__qualname__])
        name = function.__qualname__
        self._waiting += [(function.__defaults__, name), (function.__kwdefaults__, name)]
        for name, cell in zip(code.co_freevars, function.__closure__ or ()):
            entry = cell, _content(cell)
            self.cells.append(entry)
            self.owners[id(entry)] = f"{name!r} of the functions around {function.__qualname__}"
            self._waiting.append((entry[1], name))
        if hasattr(function, "__wrapped__"):
            self._waiting.append((function.__wrapped__, function.__qualname__))
        space = function.__globals__
        if is_library(space.get("__name__")):
            return
        known = self._globals.setdefault(id(space), (space, {}))[1]
        own, attributes, modules = names_in(code)
        self._names.update(dict.fromkeys(attributes))
        for name in own:
            known[name] = None
            if name in space:
                self._waiting.append((space[name], name))
        self._waiting += [(sys.modules[name], name) for name in modules if name in sys.modules]

    def _class(self, kind):
        for one in kind.__mro__:
            if not is_library(one.__module__):
                self._seen[id(one)] = one
                self._spaces.append([vars(one), 0, one.__qualname__])
                # Operators, __call__ and the like are called without being named.
                self._waiting += [(vars(one)[name], f"{one.__qualname__}.{name}") for name in vars(one)
                                  if name[:2] == "__" and name[-2:] == "__" and callable(vars(one)[name])]

    def _object(self, thing, title):
        if isinstance(thing, dict):
            self._table(thing, title)
        elif isinstance(thing, (list, tuple, set, frozenset, deque)):
            self._sequence(thing, title)
        elif hasattr(thing, "tobytes"):  # an array of the standard library or of NumPy
            self._sequence(Bytes(thing), title)
            return
        kind = type(thing)
        attributes = getattr(thing, "__dict__", None)
        if attributes is not None and kind.__module__.partition(".")[0] not in ("autograd", "nn"):
            if is_library(kind.__module__):
                self._add_table(attributes, list(attributes), _title(thing), len(attributes))
                self._waiting += [(item, _title(thing)) for item in attributes.values()
                                  if isinstance(item, (list, tuple, dict, set, deque))]
            else:
                self._spaces.append([attributes, 0, _title(thing)])
        elif attributes is not None:
            self._spaces.append([attributes, 0, _title(thing)])
        slots = {name: getattr(thing, name, MISSING) for one in kind.__mro__ if not is_library(one.__module__)
                 for name in _slots(one)}
        if slots:
            self._spaces.append([Slots(thing, slots), 0, _title(thing)])
        if not is_library(kind.__module__):
            self._class(kind)
        if attributes and "__wrapped__" in attributes:
            self._waiting.append((attributes["__wrapped__"], title))

    def _table(self, mapping, owner):
        """Note every item of a dict."""
        self._add_table(mapping, list(mapping), owner, len(mapping))
        self._waiting += [(item, f"{owner}[{key!r:.20}]") for key, item in mapping.items() if type(item) not in OPAQUE]

    def _sequence(self, thing, owner):
        items = list(thing)
        if not isinstance(thing, (tuple, frozenset)):
            entry = thing, items
            self.sequences.append(entry)
            self.owners[id(entry)] = owner or f"a {type(thing).__name__}"
        if not set(map(type, items)) <= OPAQUE:
            self._waiting += [(item, f"{owner}[{i}]") for i, item in enumerate(items)]

    def _add_table(self, mapping, keys, owner, size=-1):
        entry = mapping, keys, [mapping.get(key, MISSING) for key in keys], size
        self.tables.append(entry)
        self.owners[id(entry)] = owner


class Bytes:
    """An array, whose bytes are compared."""

    def __init__(self, array):
        self.array = array

    def __iter__(self):
        array = self.array
        return iter(array.ravel().tolist() if getattr(array, "dtype", "") == "object"
                    else (array.tobytes(), getattr(array, "shape", None), str(getattr(array, "dtype", ""))))


class Slots:
    """The attributes of an object that has no dict, as a mapping."""

    def __init__(self, thing, names):
        self.thing, self.names = thing, names

    def __contains__(self, name):
        return name in self.names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, name):
        return getattr(self.thing, name, MISSING)

    def get(self, name, default=None):
        return getattr(self.thing, name, default)


def _slots(kind):
    names = vars(kind).get("__slots__", ())
    return [names] if isinstance(names, str) else names


def _title(thing):
    return f"a {type(thing).__qualname__}"


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def same(now, then) -> bool:
    """Whether two things are one, or equal numbers or strings, or tuples of such.

    >>> same(0.0, -0.0), same(1, True), same((1, "a"), (1, "a"))
    (False, False, True)
    """
    if now is then:
        return True
    if type(now) is not type(then):
        return False
    if type(now) in SCALARS:
        return repr(now) == repr(then) if type(now) in (float, complex) else now == then
    if type(now) is tuple:
        return len(now) == len(then) and all(map(same, now, then))
    return hasattr(now, "dtype") and getattr(now, "shape", None) == () and now.tobytes() == then.tobytes()


@functools.lru_cache(maxsize=4096)
def names_in(code) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The globals, the attributes and strings, and the modules that code mentions, that of inner functions too."""
    own: dict[str, None] = {}
    attributes: dict[str, None] = {}
    modules: dict[str, None] = {}
    for step in dis.get_instructions(code):
        if step.opcode in dis.hasname and not step.opname.startswith(("STORE_", "DELETE_")):
            kind = {"LOAD_GLOBAL": own, "LOAD_NAME": own, "IMPORT_NAME": modules}.get(step.opname, attributes)
            kind[step.argval] = None
    for constant in code.co_consts:
        if isinstance(constant, str):
            attributes[constant] = None
        elif isinstance(constant, types.CodeType):
            for found, more in zip((own, attributes, modules), names_in(constant)):
                found.update(dict.fromkeys(more))
    return tuple(own), tuple(attributes), tuple(modules)


# Compiled, this is the function of recording.pxi: it looks at hundreds of objects at each call.
def unchanged(tables, sequences, cells, functions) -> bool:
    """Whether everything is what it was."""
    for mapping, keys, values, size in tables:
        if size >= 0 and len(mapping) != size:
            return False
        for key, value in zip(keys, values):
            if (now := mapping.get(key, MISSING)) is not value and not same(now, value):
                return False
    for thing, items in sequences:
        now = thing if type(thing) is list else list(thing)
        if len(now) != len(items) or not all(map(same, now, items)):
            return False
    for cell, content in cells:
        if (now := _content(cell)) is not content and not same(now, content):
            return False
    return not any(is_other(*entry) for entry in functions)


def is_other(function, code, defaults, named_defaults):
    """Whether the code or the defaults of a function have been replaced."""
    return (function.__code__ is not code or function.__defaults__ is not defaults
            or function.__kwdefaults__ is not named_defaults)


if backend == "native":
    unchanged = functools.partial(compiled.exports["unchanged"], same, MISSING)
