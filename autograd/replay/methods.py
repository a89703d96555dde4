"""Compiled methods: each instance has its own recordings, which do not keep it alive."""

from __future__ import annotations

import weakref
from functools import update_wrapper


class BoundMethod:
    """A compiled method of an instance, which it keeps alive as any bound method does."""

    def __init__(self, compiled, instance):
        self._compiled, self._instance = compiled, instance

    def __call__(self, *args, **kwargs):
        return self._compiled(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._compiled, name)

    def __repr__(self):
        return repr(self._compiled)

    def __reduce__(self):
        return getattr, (self._instance, self._compiled.function.__name__)


class WeakMethod:
    """A function bound to an instance that it does not keep alive."""

    def __init__(self, function, instance):
        self.instance = weakref.ref(instance)
        self.__name__ = "a function"
        update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(self.instance(), *args, **kwargs)
