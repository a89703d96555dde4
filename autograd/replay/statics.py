"""Static arguments of compiled functions, in a form in which a change is noticed."""

from __future__ import annotations

import copy
import enum
import types

from autograd.errors import NumberTypeError

IMMUTABLE = {
    int,
    bool,
    str,
    bytes,
    type(None),
    type(Ellipsis),
    range,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
}


class Static:
    """An argument that is part of a recording, as it was: equal to another one with the same types and values."""

    def __init__(self, argument):
        self.frozen = frozen(argument)
        self.argument = argument

    def keep(self):
        """Replace the argument by a copy, which the caller cannot change."""
        self.argument = copy.deepcopy(self.argument)

    def fresh(self):
        """A copy of the argument, which the function may change."""
        return copy.deepcopy(self.argument)

    def __eq__(self, other):
        return type(other) is Static and self.frozen == other.frozen

    def __hash__(self):
        return hash(self.frozen)


def frozen(thing):
    """A static argument in hashable form: types and values. 1, 1.0 and True differ, and so do 0.0 and -0.0.

    Raises NumberTypeError for what could change without notice.
    """
    kind = type(thing)
    if kind in (float, complex):
        return kind, repr(thing)
    if isinstance(thing, (list, tuple)):
        return kind, *map(frozen, thing)
    if isinstance(thing, (set, frozenset)):
        return kind, frozenset(map(frozen, thing))
    if isinstance(thing, dict):
        return kind, *[(frozen(key), frozen(item)) for key, item in thing.items()]
    if kind in IMMUTABLE or isinstance(thing, (type, enum.Enum)) or kind.__module__ in ("decimal", "fractions"):
        return kind, thing
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return kind, *[frozen(getattr(thing, name)) for name in kind.__dataclass_fields__]
    if getattr(thing, "shape", None) == () and hasattr(thing, "item"):
        return kind, frozen(thing.item())
    raise NumberTypeError(
        "compile: a static argument must be a number, a string, None, a function or a class, or a "
        f"list, tuple, dict, set or frozen dataclass of such; got a {kind.__name__}, which could "
        "change without notice. Let the function close over it."
    )
