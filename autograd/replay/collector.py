"""The garbage collector, switched off while a function is recorded."""

from __future__ import annotations

import gc
import operator
import threading
import weakref


def collector_off():
    """For `with`: inside, Python does not look for cycles. While nothing is dropped, there are none to find."""
    block = [threading.RLock()]  # only `with` may refer to it: it always releases it
    if not gc.isenabled():
        return block.pop()
    try:
        _references[:] = [_SwitchesOn(block[0], operator.methodcaller("on"))]
        gc.disable()
        return block.pop()
    except BaseException:
        gc.enable()
        raise


class _SwitchesOn(weakref.ref):
    """A weak reference that switches the collector on when its object is gone: in C, so no interrupt prevents it."""

    on = staticmethod(gc.enable)


_references: list = []
