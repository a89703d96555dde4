"""The compiled engine: whether there is one, and whether it is used."""

import os
import sys
import warnings
from functools import cache
from importlib.util import find_spec

from autograd.errors import AutogradError
from autograd.libraries import level_outside
from autograd.native.sources import fingerprint

if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "autograd: this is a free-threaded Python, in which threads could change a graph in the midst of "
        "a pass. Use the ordinary build of Python, or set PYTHON_GIL=1."
    )


def _usable():
    """Whether there is a compiled engine, made from the current source."""
    if find_spec("autograd.native._engine") is None:
        return False
    try:
        from autograd.native import _engine

        if _engine.fingerprint == fingerprint():
            return True
    except AutogradError:  # a setting that the engine refuses
        raise
    except OSError as error:  # a source file is missing
        reason = f"cannot be compared with its source ({error})"
    except Exception:  # an engine that does not fit the source may fail in any way
        reason = "is older than its source"
    else:
        reason = "is older than its source"
    warnings.warn(
        f"autograd: the compiled engine {reason}, so Python's is used, about 20 times slower. Install the package "
        "again to compile it.",
        RuntimeWarning,
        stacklevel=level_outside(),
    )
    return False


NOT_COMPILED = (
    "autograd: the engine is not compiled, so scripts run about twenty times slower than they could. Install a C "
    "compiler and Python's headers (Debian: apt-get install gcc python3-dev), then install this package again. "
    "GLASSGRAD_PURE=1 in the environment asks for the plain engine, without this warning."
)


@cache
def warn_if_not_compiled():
    """Warn once if the engine runs in plain Python although nobody asked for that."""
    if backend == "python" and not os.environ.get("GLASSGRAD_PURE"):
        warnings.warn(NOT_COMPILED, RuntimeWarning, stacklevel=level_outside())


backend = "native" if not os.environ.get("GLASSGRAD_PURE") and _usable() else "python"
