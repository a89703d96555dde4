"""What a recorded function reads from outside its arguments, and whether that has changed since.

The names in the function's code lead to globals, cells of closures, defaults and attributes; these to the items of
lists, tuples, dicts, sets and arrays, to the attributes of objects, and to further functions, whose code is read as
well. Everything found is kept as it was, and compared at each call: by identity, numbers and strings by type and
value. The code of installed packages and the standard library is not read; of their objects all attributes are
compared, and what is the user's own among them is followed.
"""

from __future__ import annotations

import builtins
import functools
import sys
import threading
import types
import weakref
from collections import deque
from collections.abc import Iterator

from autograd.engine import Value
from autograd.engine.libraries import is_library
from autograd.native import backend

MISSING = type("MISSING", (), {"__repr__": lambda self: "nothing"})()
SCALARS = {int, float, complex, bool, str, bytes, type(None)}
OPAQUE = SCALARS | {Value, types.CodeType, type(Ellipsis), type(NotImplemented), range}
CONTAINERS = (list, tuple, dict, set, frozenset, deque, types.MappingProxyType)
NAMESPACES = ("SimpleNamespace", "Namespace")  # of the standard library, but what is in them is the user's


class Dependencies:
    """What the functions `roots` reach, and the attributes of the objects `watched`, as they are now."""

    def __init__(self, roots, watched=()):
        self._seen = {}  # by id, so that nothing is freed, and its id used again, meanwhile
        self._names = {}  # every attribute and string in the code that was read, in a dict for its order
        self._spaces = []  # (a mapping with attributes, whose, the class of that)
        self._globals = {}  # by id of the dict: (the dict, names)
        self._waiting = [(thing, "") for thing in roots]
        # For unchanged(): (mapping, keys, values, its length or -1), (thing, items), (cell, content), (function, code,
        # its two kinds of defaults), (object, class, method resolution order), (array, bytes); and whose it is.
        self.tables, self.sequences, self.cells, self.functions, self.kinds, self.arrays = [], [], [], [], [], []
        self.owners = {}
        self.generators = []  # of random numbers
        for thing in watched:
            self._table(vars(thing), _title(thing))
            if is_library(_module(type(thing))):
                self._seen[id(thing)] = thing
            else:
                self._waiting.append((thing, _title(thing)))  # its methods
        self._find()
        for space, names in self._globals.values():
            self._add_table(space, list(names), "global")
            self._add_table(vars(builtins), [name for name in names if name not in space], "builtins")
        for space, owner, kind in self._spaces:
            # A name that only the class has may come to hide that.
            names = [name for name in self._names if name in space or (kind and hasattr(kind, name))]
            self._add_table(space, names, owner, len(space))
        self.unchanged = functools.partial(
            unchanged, self.tables, self.sequences, self.cells, self.functions, self.kinds, self.arrays
        )
        del self._names, self._spaces, self._globals, self._waiting, self._seen  # it would keep objects alive

    def changed(self) -> tuple[str, object, object] | None:
        """The first thing that is not what it was: (its name, what it was, what it is now), or None."""
        if self.unchanged():
            return None
        return next(self._changes(), ("what it reads", None, None))

    def largest(self) -> tuple[int, str]:
        """The number of items that are compared at each call, and where most of them are."""
        sizes = [(len(entry[1]), self.owners[id(entry)]) for entry in (*self.tables, *self.sequences)]
        sizes += [(len(before) // 64, self.owners[id(entry)]) for entry in self.arrays for before in entry[1:]]
        return sum(size for size, _ in sizes), max(sizes, default=(0, ""))[1]

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
            now = items_of(thing)
            if len(now) != len(items):
                yield f"the length of {owner}", len(items), len(now)
            for i, (one, other) in enumerate(zip(items, now)):
                if not same(one, other):
                    yield f"item {i} of {owner}", one, other
        for entry in self.cells:
            cell, content = entry
            if not same(now := _content(cell), content):
                yield self.owners[id(entry)], content, now
        for entry in self.arrays:
            if as_bytes(entry[0]) != entry[1]:
                yield self.owners[id(entry)], MISSING, entry[0]
        for entry in self.functions:
            function, code = entry[:2]
            if is_other(*entry):
                yield f"the function {function.__qualname__}", code, function.__code__
        for thing, kind, order in self.kinds:
            if type(thing) is not kind or kind.__mro__ is not order:
                yield f"the class of a {kind.__qualname__}", kind, type(thing)

    # How things are found.

    def _find(self):
        """Look at what is waiting, and at the names in it, until there is nothing new."""
        names, spaces = 0, 0  # so many are done: these names in these spaces
        while self._waiting:
            while self._waiting:
                self._look_at(*self._waiting.pop())
            known = list(self._names) if len(self._names) > names or len(self._spaces) > spaces else []
            for i, (mapping, owner, _) in enumerate(self._spaces[0 if len(known) > names else spaces :]):
                new = known[names:] if len(known) > names and i < spaces else known
                self._waiting += [(mapping[name], f"{owner}.{name}") for name in new if name in mapping]
            names, spaces = len(self._names), len(self._spaces)

    def _look_at(self, thing, title):
        """Note what `thing` holds, and what it leads to."""
        kind = type(thing)
        if kind in OPAQUE or isinstance(thing, Value) or id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing
        if kind is types.FunctionType:
            self._function(thing)
        elif isinstance(thing, types.ModuleType):
            self._module(thing)
        elif isinstance(thing, type):
            self._class(thing)
        else:
            leads_to = _behind(thing)
            if leads_to is None:
                self._object(thing, title)
            else:
                self._waiting += [(part, title) for part in leads_to]

    def _function(self, function):
        code, name = function.__code__, function.__qualname__
        self.functions.append((function, code, function.__defaults__, function.__kwdefaults__))
        self._spaces.append((vars(function), name, None))
        self._waiting += [(function.__defaults__, name), (function.__kwdefaults__, name)]
        for variable, cell in zip(code.co_freevars, function.__closure__ or ()):
            entry = cell, _content(cell)
            self.cells.append(entry)
            self.owners[id(entry)] = f"{variable!r} of the functions around {name}"
            self._waiting.append((entry[1], variable))
        if hasattr(function, "__wrapped__"):
            self._waiting.append((function.__wrapped__, name))
        space = function.__globals__
        if is_library(space.get("__name__")):
            return
        known = self._globals.setdefault(id(space), (space, {}))[1]
        own, attributes, modules = names_in(code)
        self._names.update(dict.fromkeys(attributes))
        for variable in own:
            known[variable] = None
            if variable in space:
                self._waiting.append((space[variable], variable))
        package = str(space.get("__package__") or "").split(".")
        packages = [".".join(package[:n]) for n in range(len(package), 0, -1)]
        for module in modules:  # a relative one is named without its package
            for full in (module, *(f"{above}.{module}" if module else above for above in packages)):
                if full in sys.modules:
                    self._waiting.append((sys.modules[full], full))

    def _module(self, module):
        if not is_library(module.__name__):
            self._spaces.append((vars(module), module.__name__, None))
            self._waiting.append((vars(module).get("__getattr__"), module.__name__))
        elif module.__name__.partition(".")[0] not in ("autograd", "nn", "builtins"):
            # Of a library its data may be another tomorrow, sys.argv and os.environ, but not its code.
            data = {
                name: thing
                for name, thing in vars(module).items()
                if not (callable(thing) or isinstance(thing, types.ModuleType) or name[:2] == "__")
            }
            self._spaces.append((Attributes(module, data), module.__name__, None))

    def _class(self, kind):
        derived = any(is_library(_module(one)) for one in kind.__mro__[:-1])
        for one in (*kind.__mro__, *type(kind).__mro__):
            if is_library(_module(one)) or (one is not kind and id(one) in self._seen):
                continue
            self._seen[id(one)] = one
            own = vars(one)
            self._add_table(Attributes(one, {"__mro__": None}), ["__mro__"], one.__qualname__)
            self._spaces.append((own, one.__qualname__, None))
            self._names.update(dict.fromkeys(own.get("__match_args__", ())))
            # Operators, __call__ and the like are called without being named; any method by a base class in a library,
            # such as forward.
            unnamed = [
                name
                for name in own
                if (derived or (name[:2] == "__" and name[-2:] == "__"))
                and (callable(own[name]) or isinstance(own[name], (classmethod, staticmethod, property)))
            ]
            self._names.update(dict.fromkeys(unnamed))
            self._waiting += [(own[name], f"{one.__qualname__}.{name}") for name in unnamed]

    def _object(self, thing, title):
        kind = type(thing)
        if isinstance(thing, (dict, types.MappingProxyType)):
            self._table(thing, title)
        elif isinstance(thing, CONTAINERS):
            self._sequence(thing, title)
        elif _module(kind) in ("array", "numpy") or isinstance(thing, bytearray):
            self._array(thing, title)
        elif _module(kind) == "random" or _module(kind).startswith("numpy.random"):
            self.generators.append(thing)
        owner, above = _title(thing), [one for one in kind.__mro__[:-1] if is_library(_module(one))]
        ours = any(_module(one).partition(".")[0] in ("autograd", "nn") for one in above)
        if not is_library(_module(kind)):
            self._class(kind)
            self.kinds.append((thing, kind, kind.__mro__))
        attributes = getattr(thing, "__dict__", None)
        if isinstance(thing, threading.local):
            attributes = Attributes(thing, attributes)
        if attributes is None:
            pass
        elif above and not ours and not (isinstance(thing, CONTAINERS) and kind is not above[0]):
            self._add_table(attributes, list(attributes), owner, len(attributes))
            self._waiting += [(item, f"{owner}.{name}") for name, item in attributes.items() if is_own(item)]
        else:
            self._spaces.append((attributes, owner, kind))
            if ours:  # its code is not read: what it calls is among its attributes
                self._waiting += [
                    (item, f"{owner}.{name}")
                    for name, item in attributes.items()
                    if is_own(item) and not isinstance(item, CONTAINERS)
                ]
            if "__wrapped__" in attributes:
                self._waiting.append((attributes["__wrapped__"], title))
        slots = {
            name: getattr(thing, name, MISSING)
            for one in kind.__mro__
            if not is_library(_module(one))
            for name in _slots(one)
        }
        if slots:
            self._spaces.append((Attributes(thing, slots), owner, None))

    def _table(self, mapping, owner):
        """Note every item of a dict."""
        self._add_table(mapping, list(mapping), owner, len(mapping))
        self._waiting += [(item, f"{owner}[{key!r:.20}]") for key, item in mapping.items() if type(item) not in OPAQUE]
        self._waiting += [(key, owner) for key in mapping if type(key) not in OPAQUE]

    def _sequence(self, thing, owner):
        items = items_of(thing)
        if not isinstance(thing, (tuple, frozenset)):
            entry = thing, items
            self.sequences.append(entry)
            self.owners[id(entry)] = owner or f"a {type(thing).__name__}"
        if not set(map(type, items)) <= OPAQUE:
            self._waiting += [(item, f"{owner}[{i}]") for i, item in enumerate(items)]

    def _array(self, array, title):
        """Note the numbers of an array, as bytes, or its items."""
        if getattr(array, "dtype", "") == "object":
            self._sequence(Items(array), title)
            return
        flags = getattr(array, "flags", None)
        if flags is None or flags.writeable or array.base is not None:  # else it cannot change
            entry = array, as_bytes(array)
            self.arrays.append(entry)
            self.owners[id(entry)] = title or "an array"

    def _add_table(self, mapping, keys, owner, size=-1):
        if keys or size >= 0:
            entry = mapping, keys, [mapping.get(key, MISSING) for key in keys], size
            self.tables.append(entry)
            self.owners[id(entry)] = owner


def items_of(thing) -> list:
    """The items of a container as a list, whatever a class derived from it does about them."""
    for kind in (list, tuple, set, frozenset, deque):
        if isinstance(thing, kind):
            return list(getattr(kind, "__iter__")(thing))  # noqa: B009  not that of its class
    return list(thing)


class Items:
    """The items of an array of objects."""

    def __init__(self, array):
        self.array = array

    def __iter__(self):
        return iter(self.array.ravel().tolist())


def as_bytes(array) -> bytes:
    """The numbers of an array as bytes, and behind them what they are and in which shape."""
    numbers = bytes(array) if isinstance(array, bytearray) else array.tobytes()
    return numbers + f"{getattr(array, 'dtype', '')} {getattr(array, 'shape', '')}".encode()


class Attributes:
    """Some attributes of an object, read when they are asked for, as a mapping."""

    def __init__(self, thing, names):
        self.thing, self.names = thing, names

    def __contains__(self, name):
        return name in self.names

    def __iter__(self):
        return iter(self.names)

    def __len__(self):
        return len(self.names)

    def __getitem__(self, name):
        return getattr(self.thing, name, MISSING)

    def get(self, name, default=None):
        return getattr(self.thing, name, default)

    def items(self):
        return [(name, self[name]) for name in self.names]


def _behind(thing):
    """What stands behind a bound method, a partial function, a property or a reference; None for anything else."""
    if isinstance(thing, (types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType)):
        holder = getattr(thing, "__self__", None)
        return [getattr(thing, "__func__", None), None if isinstance(holder, (types.ModuleType, type)) else holder]
    if isinstance(thing, (functools.partial, functools.partialmethod)):
        return [thing.func, thing.args, thing.keywords, vars(thing)]
    if isinstance(thing, (staticmethod, classmethod)):
        return [thing.__func__]
    if isinstance(thing, property):
        return [thing.fget, thing.fset, vars(thing)] if hasattr(thing, "__dict__") else [thing.fget, thing.fset]
    if isinstance(thing, functools.cached_property):
        return [thing.func]
    if type(thing) is weakref.ref:
        return [thing()]
    return None


def is_own(thing):
    """Whether something in an object of a library is the user's: a container, a function, an object of a class."""
    if isinstance(thing, (*CONTAINERS, types.MethodType, functools.partial)) or type(thing).__name__ in NAMESPACES:
        return True
    if isinstance(thing, types.FunctionType):
        return not is_library(thing.__globals__.get("__name__"))
    return not is_library(_module(thing if isinstance(thing, type) else type(thing)))


def _slots(kind):
    names = vars(kind).get("__slots__", ())
    private = f"_{kind.__name__.lstrip('_')}"
    return [
        f"{private}{name}" if name[:2] == "__" and name[-2:] != "__" else name
        for name in ([names] if isinstance(names, str) else names)
    ]


def _module(kind):
    """The name of the module of a class; that of one written in C may be anything."""
    name = kind.__module__
    return name if isinstance(name, str) else "builtins"


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
    return _module(type(now)) == "numpy" and getattr(now, "shape", None) == () and now.tobytes() == then.tobytes()


@functools.lru_cache(maxsize=4096)
def names_in(code) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The globals, the attributes and strings, and the modules that code mentions, that of inner functions too."""
    import dis

    own: dict[str, None] = {}
    attributes: dict[str, None] = {}
    modules: dict[str, None] = {}
    for step in dis.get_instructions(code):
        if step.opcode in dis.hasname and not step.opname.startswith(("STORE_", "DELETE_")):
            kind = {"LOAD_GLOBAL": own, "LOAD_NAME": own, "IMPORT_NAME": modules}.get(step.opname, attributes)
            kind[step.argval] = None
    waiting = list(code.co_consts)
    while waiting:
        constant = waiting.pop()
        if isinstance(constant, str):
            attributes[constant] = None
        elif isinstance(constant, (tuple, frozenset)):
            waiting += constant
        elif isinstance(constant, types.CodeType):
            for found, more in zip((own, attributes, modules), names_in(constant)):
                found.update(dict.fromkeys(more))
    return tuple(own), tuple(attributes), tuple(modules)


# Compiled, this is the function of recording.pxi: it looks at hundreds of objects at each call.
def unchanged(tables, sequences, cells, functions, kinds, arrays) -> bool:
    """Whether everything is what it was."""
    for mapping, keys, values, size in tables:
        if size >= 0 and len(mapping) != size:
            return False
        for key, value in zip(keys, values):
            if (now := mapping.get(key, MISSING)) is not value and not same(now, value):
                return False
    for thing, items in sequences:
        now = thing if type(thing) is list else items_of(thing)
        if len(now) != len(items) or not all(map(same, now, items)):
            return False
    for cell, content in cells:
        if (now := _content(cell)) is not content and not same(now, content):
            return False
    return (
        not any(is_other(*entry) for entry in functions)
        and all(type(thing) is kind and kind.__mro__ is order for thing, kind, order in kinds)
        and all(as_bytes(array) == before for array, before in arrays)
    )


def is_other(function, code, defaults, named_defaults):
    """Whether the code or the defaults of a function have been replaced."""
    return (
        function.__code__ is not code
        or function.__defaults__ is not defaults
        or function.__kwdefaults__ is not named_defaults
    )


if backend == "native":
    from autograd.native import _engine

    unchanged = functools.partial(_engine.unchanged, same, MISSING, as_bytes, items_of)
