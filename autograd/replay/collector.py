"""The garbage collector, switched off while a function is recorded."""

from __future__ import annotations

import gc
import operator
import threading
import weakref


def collector_off():
    """For `with`: inside, Python does not look for cycles. While much is made and nothing thrown away it finds none."""
    block = [threading.RLock()]  # only `with` is to refer to it, and lets go of it in any case
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
    """A reference that switches the collector on when its object is gone: in C, so that no interrupt prevents it."""

    on = staticmethod(gc.enable)


_references: list = []
