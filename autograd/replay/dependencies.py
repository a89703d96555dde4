"""What a recorded function reads from outside its arguments, found by the names in its code.

Names lead to globals, cells of closures, defaults and attributes; these lead to the items of lists, tuples, dicts, sets
and arrays, to the attributes of objects, and to further functions, whose code is read as well. Everything found is put
into a `Snapshot`. The code of installed packages and the standard library is not read; all attributes of their objects
are compared, and those that are the user's own are followed.
"""

from __future__ import annotations

import builtins
import functools
import sys
import threading
import types
import weakref

from autograd.engine import Value
from autograd.libraries import is_library
from autograd.replay.code_names import names_in
from autograd.replay.random_numbers import is_generator
from autograd.replay.snapshot import CONTAINERS, MISSING, SCALARS, Attributes, Items, Snapshot, items_of, module_of

OPAQUE = SCALARS | {Value, types.CodeType, type(Ellipsis), type(NotImplemented), range}  # they contain nothing else
NAMESPACES = ("SimpleNamespace", "Namespace")  # standard library classes whose content is the user's


def dependencies_of(roots, watched=()) -> Snapshot:
    """What the functions `roots` depend on, and all attributes of the objects `watched`, as they are now."""
    search = _Search()
    for thing in roots:
        search.follow(thing, "")
    for thing in watched:
        search.watch(thing)
    search.run()
    return search.snapshot


class _Search:
    """Looks once at everything that can be reached.

    names   every attribute and string in the code that was read, in a dict to keep the order: any of them may be an
            attribute of any object
    spaces  (a mapping of attributes, its owner, the owner's class or None, the object whose __dict__ it is or None):
            the attributes that are in `names` count
    """

    def __init__(self):
        self.snapshot = Snapshot()
        self.names: dict = {}
        self.spaces: list = []
        self._globals: dict = {}  # by the id of a module's dict: (the dict, names)
        self._seen: dict = {}  # by id; the things are kept alive so that no id is reused
        self._waiting: list = []

    def watch(self, thing):
        """Put all attributes of an object into the snapshot."""
        self._table(vars(thing), _title(thing), thing)
        if is_library(module_of(type(thing))):
            self._seen[id(thing)] = thing
        else:
            self.follow(thing, _title(thing))  # for its methods

    def follow(self, thing, title):
        """Look at a thing later; `title` names it in messages."""
        self._waiting.append((thing, title))

    def _space(self, mapping, owner, kind=None, holder=None):
        self.spaces.append((mapping, owner, kind, holder))

    def run(self):
        """Look at everything that can be reached."""
        self._look_around()
        for space, names in self._globals.values():
            self.snapshot.add_table(space, list(names), "global")
            self.snapshot.add_table(vars(builtins), [name for name in names if name not in space], "builtins")
        for space, owner, kind, holder in self.spaces:
            # An object may get an attribute that hides that of its class.
            names = [name for name in self.names if name in space or (kind and hasattr(kind, name))]
            self.snapshot.add_table(space, names, owner, len(space), holder)

    def _look_around(self):
        """Look at what is waiting, and look up all names in all spaces, until there is nothing new."""
        names, spaces = 0, 0  # how many of each have been combined
        while self._waiting:
            while self._waiting:
                self._look_at(*self._waiting.pop())
            known = list(self.names) if len(self.names) > names or len(self.spaces) > spaces else []
            for i, (mapping, owner, _, _) in enumerate(self.spaces[0 if len(known) > names else spaces :]):
                new = known[names:] if len(known) > names and i < spaces else known
                self._waiting += [(mapping[name], f"{owner}.{name}") for name in new if name in mapping]
            names, spaces = len(self.names), len(self.spaces)

    def _look_at(self, thing, title):
        """Put a thing into the snapshot, and follow what it leads to."""
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
        elif (parts := _parts_of_wrapper(thing)) is not None:
            self._waiting += [(part, title) for part in parts]
        else:
            self._object(thing, title)

    # Functions and modules.

    def _function(self, function):
        name = function.__qualname__
        self.snapshot.add_function(function)
        self._space(vars(function), name, holder=function)
        self._waiting += [(function.__defaults__, name), (function.__kwdefaults__, name)]
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            content = self.snapshot.add_cell(cell, f"{variable!r} of the functions around {name}")
            self.follow(content, variable)
        if hasattr(function, "__wrapped__"):
            self.follow(function.__wrapped__, name)
        if not is_library(function.__globals__.get("__name__")):
            self._code(function.__code__, function.__globals__)

    def _code(self, code, space):
        """Follow the names in code whose globals are `space`."""
        own, attributes, modules = names_in(code)
        self.names.update(dict.fromkeys(attributes))
        known = self._globals.setdefault(id(space), (space, {}))[1]
        for variable in own:
            known[variable] = None
            if variable in space:
                self.follow(space[variable], variable)
        package = str(space.get("__package__") or "").split(".")
        packages = [".".join(package[:n]) for n in range(len(package), 0, -1)]
        for module in modules:  # a relative import names it without its package
            for full in (module, *(f"{above}.{module}" if module else above for above in packages)):
                if full in sys.modules:
                    self.follow(sys.modules[full], full)

    def _module(self, module):
        if not is_library(module.__name__):
            self._space(vars(module), module.__name__)
            self.follow(vars(module).get("__getattr__"), module.__name__)
        elif not _is_ours(module.__name__, "builtins"):
            # The data of a library may change, such as sys.argv and os.environ; its code does not.
            data = {
                name: thing
                for name, thing in list(vars(module).items())  # another thread may change it
                if not (callable(thing) or isinstance(thing, types.ModuleType) or name[:2] == "__")
            }
            self._space(Attributes(module, data), module.__name__)

    # Classes and objects.

    def _class(self, kind):
        derived = any(is_library(module_of(base)) for base in kind.__mro__[:-1])
        for base in (*kind.__mro__, *type(kind).__mro__):
            if is_library(module_of(base)) or (base is not kind and id(base) in self._seen):
                continue
            self._seen[id(base)] = base
            own, owner = vars(base), base.__qualname__
            self.snapshot.add_table(Attributes(base, {"__mro__": None}), ["__mro__"], owner)
            self._space(own, owner)
            self.names.update(dict.fromkeys(own.get("__match_args__", ())))
            called = _called_without_being_named(own, derived)
            self.names.update(dict.fromkeys(called))
            self._waiting += [(own[name], f"{owner}.{name}") for name in called]

    def _object(self, thing, title):
        self._content(thing, title)
        kind, owner = type(thing), _title(thing)
        if module_of(kind) == "random":  # what is in a generator is its state
            return
        if not is_library(module_of(kind)):
            self._class(kind)
            self.snapshot.add_kind(thing)
        attributes = getattr(thing, "__dict__", None)
        if isinstance(thing, threading.local):
            attributes = Attributes(thing, attributes)
        if attributes is not None:
            self._attributes(thing, attributes, title)
        slots = {
            name: getattr(thing, name, MISSING)
            for base in kind.__mro__
            if not is_library(module_of(base))
            for name in _slots(base)
        }
        if slots:
            self._space(Attributes(thing, slots), owner)

    def _attributes(self, thing, attributes, title):
        """Keep the attributes of an object that code names; all of them where a library reads them."""
        kind, owner = type(thing), _title(thing)
        holder = thing if getattr(thing, "__dict__", None) is attributes else None  # some make a dict each time
        bases = [base for base in kind.__mro__[:-1] if is_library(module_of(base))]
        ours = any(_is_ours(module_of(base)) for base in bases)
        if bases and not ours and not (isinstance(thing, CONTAINERS) and kind is not bases[0]):
            self.snapshot.add_table(attributes, list(attributes), owner, len(attributes), holder)
            self._waiting += [(item, f"{owner}.{name}") for name, item in list(attributes.items()) if _is_users(item)]
            return
        self._space(attributes, owner, kind, holder)
        if ours:  # the code of this project is not read: what it calls is among the attributes
            self._waiting += [
                (item, f"{owner}.{name}")
                for name, item in list(attributes.items())
                if _is_users(item) and not isinstance(item, CONTAINERS)
            ]
        if "__wrapped__" in attributes:
            self.follow(attributes["__wrapped__"], title)

    # What is in a container or an array.

    def _content(self, thing, title):
        module = module_of(type(thing))
        if isinstance(thing, (dict, types.MappingProxyType)):
            self._table(thing, title)
        elif isinstance(thing, CONTAINERS):
            self._sequence(thing, title)
        elif (module in ("array", "numpy") and hasattr(thing, "tobytes")) or isinstance(thing, bytearray):
            self._array(thing, title)
        elif module.startswith("numpy.random") or is_generator(thing):
            self.snapshot.generators.append(thing)

    def _table(self, mapping, owner, holder=None):
        self.snapshot.add_table(mapping, list(mapping), owner, len(mapping), holder)
        items = list(mapping.items())  # another thread may change it
        self._waiting += [(item, f"{owner}[{key!r:.20}]") for key, item in items if type(item) not in OPAQUE]
        self._waiting += [(key, owner) for key, _ in items if type(key) not in OPAQUE]

    def _sequence(self, container, owner):
        items = items_of(container)
        if not isinstance(container, (tuple, frozenset)):
            self.snapshot.add_sequence(container, items, owner)
        if not set(map(type, items)) <= OPAQUE:
            self._waiting += [(item, f"{owner}[{i}]") for i, item in enumerate(items)]

    def _array(self, array, title):
        if getattr(array, "dtype", "") == "object":
            self._sequence(Items(array), title)
            return
        flags = getattr(array, "flags", None)
        if flags is None or flags.writeable or array.base is not None:  # else it cannot change
            self.snapshot.add_array(array, title)


def _parts_of_wrapper(thing):
    """What is behind a bound method, a partial function, a property or a reference; None for anything else."""
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


def _called_without_being_named(own, derived):
    """The attributes of a class that may be called without being named in code: operators, __call__ and the like.

    derived  whether a base class is in a library, which may call any method, as nn.Module calls forward
    """
    return [
        name
        for name, thing in list(own.items())
        if (derived or (name[:2] == "__" and name[-2:] == "__"))
        and (callable(thing) or isinstance(thing, (classmethod, staticmethod, property)))
    ]


def _is_users(thing):
    """Whether something in a library's object is the user's: a container; a function, class or object of no library."""
    if isinstance(thing, (*CONTAINERS, types.MethodType, functools.partial)) or type(thing).__name__ in NAMESPACES:
        return True
    if isinstance(thing, types.FunctionType):
        return not is_library(thing.__globals__.get("__name__"))
    return not is_library(module_of(thing if isinstance(thing, type) else type(thing)))


def _is_ours(module, *others):
    """Whether a module, given by its name, belongs to this project, or to one of the packages `others`."""
    return module.partition(".")[0] in ("autograd", "nn", *others)


def _slots(kind):
    names = vars(kind).get("__slots__", ())
    private = f"_{kind.__name__.lstrip('_')}"
    return [
        f"{private}{name}" if name[:2] == "__" and name[-2:] != "__" else name
        for name in ([names] if isinstance(names, str) else names)
    ]


def _title(thing):
    return f"a {type(thing).__qualname__}"
