"""Things as they were, and whether they still are so: by identity; numbers and strings by type and value."""

from __future__ import annotations

import functools
import types
from array import array
from collections import deque
from collections.abc import Iterator

from autograd.native import backend

MISSING = type("MISSING", (), {"__repr__": lambda self: "nothing"})()
SCALARS = {int, float, complex, bool, str, bytes, type(None)}
CONTAINERS = (list, tuple, dict, set, frozenset, deque, types.MappingProxyType)


class Snapshot:
    """What a function depends on, as it was. Lists of tuples; where there is an owner, it is the name for messages:

    tables     (a mapping, keys, their values, the number of all keys or -1, the object whose __dict__ it is or None,
               the class of that, owner): some items, or all of them
    sequences  (a container, its items, owner)
    cells      (a cell of a closure, its content, owner)
    functions  (a function, its code, its defaults, those of named arguments)
    kinds      (an object, its class, the class's __mro__)
    arrays     (an array, its numbers as bytes, owner)
    """

    def __init__(self):
        self.tables, self.sequences, self.cells, self.functions, self.kinds, self.arrays = [], [], [], [], [], []
        self.generators = []  # random generators; their states are not compared here
        versions = array("Q")  # of the tables when they were last compared, for the compiled engine
        self.unchanged = functools.partial(
            unchanged, versions, self.tables, self.sequences, self.cells, self.functions, self.kinds, self.arrays
        )

    def add_table(self, mapping, keys, owner, size=-1, holder=None):
        """Keep the items of a mapping at these keys, its size if that matters, and whose __dict__ it is."""
        if keys or size >= 0:
            values = [mapping.get(key, MISSING) for key in keys]
            self.tables.append((mapping, keys, values, size, holder, type(holder), owner))

    def add_sequence(self, container, items, owner):
        """Keep the items of a mutable container."""
        self.sequences.append((container, items, owner or f"a {type(container).__name__}"))

    def add_cell(self, cell, owner):
        """Keep the content of a cell, and return it."""
        content = content_of(cell)
        self.cells.append((cell, content, owner))
        return content

    def add_function(self, function):
        """Keep the code and the defaults of a function."""
        self.functions.append((function, function.__code__, function.__defaults__, function.__kwdefaults__))

    def add_kind(self, thing):
        """Keep the class of an object."""
        self.kinds.append((thing, type(thing), type(thing).__mro__))

    def add_array(self, numbers, owner):
        """Keep the numbers of an array."""
        self.arrays.append((numbers, as_bytes(numbers), owner or "an array"))

    def changed(self) -> tuple[str, object, object] | None:
        """The first thing that has changed: (its name, what it was, what it is now); None if nothing has."""
        if self.unchanged():
            return None
        return next(self._changes(), ("what it reads", None, None))

    def largest(self) -> tuple[int, str]:
        """The number of items that are compared at each call, and where most of them are."""
        sizes = [(len(keys), owner) for _, keys, *_, owner in self.tables]
        sizes += [(len(items), owner) for _, items, owner in self.sequences]
        sizes += [(len(numbers) // 64, owner) for _, numbers, owner in self.arrays]  # bytes are compared quickly
        return sum(size for size, _ in sizes), max(sizes, default=(0, ""))[1]

    def _changes(self) -> Iterator[tuple[str, object, object]]:
        for entry in self.tables:
            yield from _changes_of_table(*entry)
        for entry in self.sequences:
            yield from _changes_of_sequence(*entry)
        for cell, content, owner in self.cells:
            if not same(now := content_of(cell), content):
                yield owner, content, now
        for now, numbers, owner in self.arrays:
            if as_bytes(now) != numbers:
                yield owner, MISSING, now
        for entry in self.functions:
            if is_replaced(*entry):
                function, code = entry[:2]
                yield f"the function {function.__qualname__}", code, function.__code__
        for thing, kind, order in self.kinds:
            if type(thing) is not kind or kind.__mro__ is not order:
                yield f"the class of a {kind.__qualname__}", kind, type(thing)


def _changes_of_table(mapping, keys, values, size, holder, kind, owner):
    if type(holder) is not kind:
        yield f"the class of {owner}", kind, type(holder)
    if holder is not None and holder.__dict__ is not mapping:
        yield f"the __dict__ of {owner}", mapping, holder.__dict__
    for key, value in zip(keys, values):
        now = mapping.get(key, MISSING)
        if not same(now, value):
            yield (f"{owner} {key!r}" if owner == "global" else f"{key!r} of {owner}"), value, now
    if size >= 0 and len(mapping) != size:
        yield f"the number of attributes or items of {owner}", size, len(mapping)


def _changes_of_sequence(container, items, owner):
    now = items_of(container)
    if len(now) != len(items):
        yield f"the length of {owner}", len(items), len(now)
    for i, (one, other) in enumerate(zip(items, now)):
        if not same(one, other):
            yield f"item {i} of {owner}", one, other


class Attributes:
    """Some attributes of an object as a mapping, which reads each one on access."""

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


class Items:
    """The items of an array of objects."""

    def __init__(self, array):
        self.array = array

    def __iter__(self):
        return iter(self.array.ravel().tolist())


def items_of(container) -> list:
    """The items of a container as a list, even if its class, derived from list or the like, iterates differently."""
    for kind in (list, tuple, set, frozenset, deque):
        if isinstance(container, kind):
            return list(getattr(kind, "__iter__")(container))  # noqa: B009  not that of its class
    return list(container)


def as_bytes(array) -> bytes:
    """The numbers of an array as bytes, followed by their type and the shape."""
    numbers = bytes(array) if isinstance(array, bytearray) else array.tobytes()
    return numbers + f"{getattr(array, 'dtype', '')} {getattr(array, 'shape', '')}".encode()


def content_of(cell):
    """What is in a cell of a closure."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def module_of(kind):
    """The name of the module of a class; for a class written in C it may be anything."""
    name = kind.__module__
    return name if isinstance(name, str) else "builtins"


def same(now, then) -> bool:
    """Whether two things are the same object, or equal numbers or strings, or tuples of such.

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
    return module_of(type(now)) == "numpy" and getattr(now, "shape", None) == () and now.tobytes() == then.tobytes()


# The compiled engine has this in recording.pxi, since it looks at hundreds of objects at each call.
def unchanged(versions, tables, sequences, cells, functions, kinds, arrays) -> bool:
    """Whether everything is what it was."""
    del versions  # only the compiled engine sees those of dicts
    for mapping, keys, values, size, holder, kind, _ in tables:
        if type(holder) is not kind or (holder is not None and holder.__dict__ is not mapping):
            return False
        if size >= 0 and len(mapping) != size:
            return False
        for key, value in zip(keys, values):
            if (now := mapping.get(key, MISSING)) is not value and not same(now, value):
                return False
    for container, items, _ in sequences:
        now = container if type(container) is list else items_of(container)
        if len(now) != len(items) or not all(map(same, now, items)):
            return False
    for cell, content, _ in cells:
        if (now := content_of(cell)) is not content and not same(now, content):
            return False
    return (
        not any(is_replaced(*entry) for entry in functions)
        and all(type(thing) is kind and kind.__mro__ is order for thing, kind, order in kinds)
        and all(as_bytes(now) == numbers for now, numbers, _ in arrays)
    )


def is_replaced(function, code, defaults, named_defaults):
    """Whether a function has been given other code or other defaults."""
    return (
        function.__code__ is not code
        or function.__defaults__ is not defaults
        or function.__kwdefaults__ is not named_defaults
    )


if backend == "native":
    from autograd.native._engine import unchanged as compiled_unchanged

    unchanged = functools.partial(compiled_unchanged, same, MISSING, as_bytes, items_of)
