"""Stands in for the module `cython` while the engine runs as plain Python; its decorators do nothing.

Cython compiles the same files and knows these names by itself; it never reads this file.
"""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
compiled = False


class _Type:
    def __getitem__(self, dimensions: Any) -> Any:
        return self


int = double = bint = longlong = Py_ssize_t = _Type()


def cclass(thing: T) -> T:
    """Returns its argument unchanged, as do all the names below."""
    return thing


cfunc = ccall = final = no_gc = cclass


def declare(type: Any, value: T) -> T:
    return value


def locals(**types: Any) -> Callable[[T], T]:
    return cclass
