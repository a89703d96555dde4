"""The list of files that the compiled engine is made of, for its fingerprint, setup.py and the Makefile."""

import os
import zlib

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = [
    os.path.join(PACKAGE, *name.split("/"))
    for name in (
        "table/formulas.py",
        "table/registry.py",
        "table/coefficients.py",
        "table/elementary.py",
        "table/special.py",
        "table/translate.py",
        "table/updates.py",
        "engine/modes.py",
        "engine/numbers.py",
        "engine/value.py",
        "engine/choices.py",
        "engine/replayed.py",
        "replay/tape.py",
        "replay/tracer.py",
        "replay/derive.py",
        "replay/facts.py",
        "replay/blocks.py",
        "replay/affine.py",
        "replay/program.py",
        "replay/keys.py",
        "native/_engine.pyx",
        "native/_engine.pxd",
        "native/modes.pxi",
        "native/nodes.pxi",
        "native/flats.pxi",
        "native/operations.pxi",
        "native/functions.pxi",
        "native/passes.pxi",
        "native/recording.pxi",
        "native/arrays.pxi",
        "native/rows.pxi",
        "native/machine.pxi",
        "native/plans.pxi",
        "native/replays.pxi",
        "native/machine.h",
        "native/machine.c",
        "native/memory.h",
        "native/sums.h",
        "native/lanes.h",
        "native/products.h",
        "native/exponential.h",
        "native/tiles.h",
        "native/thread_pool.h",
        "native/traceback.h",
        "native/kernels.py",
        "native/build.py",
    )
]


def fingerprint():
    """A checksum of these files."""
    digest = 0
    for path in SOURCES:
        with open(path, "rb") as file:
            digest = zlib.crc32(file.read(), digest)
    return digest


if __name__ == "__main__":
    print(*SOURCES)
