"""How the compiled engine is built: Cython reads the engine's files as they are; kernels.h is made from the table."""

import os
import sys
import tempfile
from pathlib import Path

from autograd.native import kernels
from autograd.native.sources import PACKAGE, fingerprint
from autograd.table.formulas import ATOMS

# Results are those of Python's floats, bit for bit: no fused multiply-add, no reordering, and the C library's own
# functions in place of the compiler's shortcuts, such as x * x for pow(x, 2). The compiler may replace EXACT functions:
# they have only one right result.
EXACT = ("abs", "sqrt", "floor", "coarse")
FLAGS = [
    *("-O3", "-g0", "-ffp-contract=off", "-fwrapv", "-fno-math-errno", "-Wno-unused-function"),
    *(f"-fno-builtin-{name}" for name in ATOMS if name not in EXACT),
]
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


def options():
    """The options of the extension module, as attributes of setuptools' Extension.

    GLASSGRAD_DEBUG=1 in the environment asks for little optimisation and for debug information; GLASSGRAD_SANITIZE
    for the same under a sanitizer of the C compiler, such as "address,undefined" or "thread".
    """
    sanitizer = os.environ.get("GLASSGRAD_SANITIZE")
    watched = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"] if sanitizer else []
    debugging = ["-O1", "-g"] if sanitizer or os.environ.get("GLASSGRAD_DEBUG") else []
    return {
        "define_macros": [("FINGERPRINT", str(fingerprint())), ("CYTHON_CLINE_IN_TRACEBACK", "1")],  # see traceback.h
        "extra_compile_args": [*FLAGS, *debugging, *watched],
        "extra_link_args": watched,
    }
