"""Which code is the user's, and which belongs to installed packages, the standard library or this package."""

import functools
import os
import sys

STANDARD = os.path.dirname(os.__file__)
OURS = ("autograd", "nn", "builtins")


@functools.cache
def is_library(module: str | None) -> bool:
    """Whether a module, given by its name, is not the user's own code."""
    if not module or module == "__main__":
        return False
    if module.partition(".")[0] in OURS or module.startswith("_cython_"):  # where Cython keeps its own classes
        return True
    found = sys.modules.get(module)
    file = getattr(found, "__file__", None)
    if file is None:
        origin = getattr(getattr(found, "__spec__", None), "origin", None)
        return origin in ("built-in", "frozen")
    return file.startswith(STANDARD) or "site-packages" in file or "dist-packages" in file


def line_outside() -> str:
    """The file and line of the innermost code that is the user's own, "train.py:12"."""
    frame = sys._getframe(1)
    while frame.f_back and is_library(frame.f_globals.get("__name__")):
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def level_outside() -> int:
    """The `stacklevel` of that code, for a warning of the caller's."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and is_library(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    return level
