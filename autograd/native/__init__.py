"""The compiled engine: whether there is one, and whether it is used."""

import os
import sys
import warnings
from importlib.util import find_spec

from autograd.errors import AutogradError
from autograd.native.sources import fingerprint

if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "autograd: this is a free-threaded Python, in which threads could change a graph in the midst of "
        "a pass. Use the ordinary build of Python, or set PYTHON_GIL=1."
    )


def _usable():
    """Whether there is a compiled engine that was made from the source as it is now."""
    if find_spec("autograd.native._engine") is None:
        return False
    try:
        from autograd.native import _engine  # type: ignore[attr-defined]

        if _engine.fingerprint == fingerprint():
            return True
    except AutogradError:  # a setting that it refuses
        raise
    except Exception:  # an engine that does not fit the source may fail in any way
        pass
    warnings.warn(
        "autograd: the compiled engine is older than its source, so Python's is used, about 20 times "
        "slower. Install the package again to compile it.",
        RuntimeWarning,
        stacklevel=2,
    )
    return False


backend = "native" if not os.environ.get("GLASSGRAD_PURE") and _usable() else "python"
