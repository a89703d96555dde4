"""Freeing long chains of nodes on Python 3.13, which frees objects recursively, 10,000 deep, however small the stack.

In a thread, or in a browser, that would crash the process. So on 3.13 one node in 16, chosen by its address, has a
Landing, which frees the nodes above it later, in a loop. Compiled nodes do not need this: see nodes.pxi.
"""

import sys
import threading

LANDING_SLOT = ("_landing",) if sys.version_info[:2] == (3, 13) else ()


class Landing:
    """Keeps the parents of a node alive a little longer than the node itself."""

    __slots__ = ("parents",)

    def __init__(self, *parents: object) -> None:
        self.parents = parents

    def __del__(self):
        _leaving.nodes.append(self.parents)
        self.parents = None
        if not _leaving.lock._is_owned():
            with _leaving.lock:
                while _leaving.nodes:
                    _leaving.nodes.pop()


class _Leaving(threading.local):
    def __init__(self):
        self.nodes = []
        self.lock = threading.RLock()  # held while this thread frees nodes


_leaving = _Leaving()
