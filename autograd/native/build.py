"""How the compiled engine is built: Cython reads the engine's files as they are; kernels.h is made from the table.

Two C files are compiled at the same time: the machine, whose loops the compiler makes vectors of, and what Cython
wrote, which more optimisation would make no faster.
"""

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autograd.native import kernels
from autograd.native.sources import PACKAGE, fingerprint
from autograd.table.formulas import ATOMS

# Results are those of Python's floats, bit for bit: no fused multiply-add, no reordering, and the C library's own
# functions in place of the compiler's shortcuts, such as x * x for pow(x, 2). The compiler may replace EXACT functions:
# they have only one right result.
EXACT = ("abs", "sqrt", "floor", "coarse")
FLAGS = [
    *("-g0", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno", "-fwrapv", "-Wno-unused-function"),
    *(f"-fno-builtin-{name}" for name in ATOMS if name not in EXACT),
]
MACHINE = Path("autograd", "native", "machine.c")
SMALLEST = "#include <Python.h>\n\nint main(void) { return Py_IsInitialized(); }\n"


def why_not(compiler):
    """Why the engine cannot be compiled here, in a few words; None if it can be.

    compiler: setuptools' compiler, which is tried on three lines of C.
    """
    if sys.implementation.name != "cpython":
        return f"it is compiled for CPython only, this is {sys.implementation.name}"
    if os.name != "posix":
        return "it is compiled on POSIX systems only"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "smallest.c")
        source.write_text(SMALLEST)
        try:
            compiler.compile([str(source)], output_dir=folder)
        except Exception as error:  # setuptools' compilers raise several kinds
            return f"the C compiler does not work: {str(error).splitlines()[0]:.200}"
    return None


def translate(source, include_dir):
    """Write the engine's C source to the file `source`, and kernels.h into a folder."""
    from Cython.Build import cythonize
    from setuptools import Extension

    include_dir.mkdir(parents=True, exist_ok=True)
    kernels.write(include_dir)
    root = Path(PACKAGE).parent
    module = Extension("autograd.native._engine", ["autograd/native/_engine.pyx"])
    cythonize([module], build_dir=str(source.parents[2]), include_path=[str(root)], quiet=True, force=True)


def compiled(compiler, source, include_dir, folder):
    """The engine's object files, whose C source is in the file `source`; `compiler` is setuptools'."""

    def objects(file, optimisation):
        return compiler.compile(
            [str(file)],
            output_dir=str(folder),
            include_dirs=[str(include_dir), str(MACHINE.parent)],
            macros=[("FINGERPRINT", str(fingerprint())), ("CYTHON_CLINE_IN_TRACEBACK", "1")],  # see traceback.h
            extra_postargs=[optimisation, *flags()],
        )

    with ThreadPoolExecutor() as pool:
        return [path for paths in pool.map(objects, (source, MACHINE), ("-O2", "-O3")) for path in paths]


def flags():
    """The options of the C compiler.

    GLASSGRAD_DEBUG=1 in the environment asks for little optimisation and for debug information; GLASSGRAD_SANITIZE
    for the same under a sanitizer of the C compiler, such as "address,undefined" or "thread".
    """
    debugging = ["-O1", "-g"] if os.environ.get("GLASSGRAD_SANITIZE") or os.environ.get("GLASSGRAD_DEBUG") else []
    return [*FLAGS, *debugging, *sanitizer()]


def link_flags():
    """The options of the linker: with the C library's functions, in the version that Python's `math` uses."""
    return ["-lm", *sanitizer()]


def sanitizer():
    """The options of the C compiler and the linker for a sanitizer, if there is to be one."""
    name = os.environ.get("GLASSGRAD_SANITIZE")
    return [f"-fsanitize={name}", "-fno-sanitize-recover=all"] if name else []
