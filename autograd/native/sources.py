"""The files that the compiled engine is made of: for its fingerprint, for setup.py, and for the Makefile."""

import os

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = [
    os.path.join(PACKAGE, *name.split("/"))
    for name in (
        "table/translate.py",
        "table/formulas.py",
        "table/registry.py",
        "table/coefficients.py",
        "table/elementary.py",
        "table/special.py",
        "engine/value.py",
        "engine/primitives.py",
        "replay/recorder.py",
        "replay/signature.py",
        "native/build.py",
        "native/kernels.py",
        "native/nodes.pxi",
        "native/passes.pxi",
        "native/modes.pxi",
        "native/recording.pxi",
        "native/arrays.pxi",
        "native/machine.pxi",
        "native/machine.h",
        "native/memory.h",
        "native/sums.h",
        "native/lanes.h",
        "native/thread_pool.h",
    )
]

if __name__ == "__main__":
    print(*SOURCES)
