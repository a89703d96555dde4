"""The compiled engine: whether there is one, and whether it is used."""

import os
import sys
import warnings

from autograd.native.sources import fingerprint

if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "autograd: this is a free-threaded Python, in which threads could change a graph in the midst of "
        "a pass. Use the ordinary build of Python, or set PYTHON_GIL=1."
    )

backend = "python"
if not os.environ.get("GLASSGRAD_PURE"):
    try:
        from autograd.native import _engine  # type: ignore[attr-defined]
    except ImportError:
        pass
    else:
        if _engine.fingerprint == fingerprint():
            backend = "native"
        else:
            warnings.warn(
                "autograd: the compiled engine is older than its source, so Python's is used, about 20 times "
                "slower. Install the package again to compile it.",
                RuntimeWarning,
                stacklevel=2,
            )
