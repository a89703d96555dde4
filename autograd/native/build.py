"""How the compiled engine is built: Cython reads the engine's files as they are; kernels.h is written from the table."""

import os
import sys
import tempfile
from pathlib import Path

from autograd.native.kernels import kernels
from autograd.native.sources import PACKAGE, fingerprint
from autograd.table.formulas import ATOMS

# Results are those of Python's floats, bit for bit: no fused multiply-add, no reordering, and the C library's own
# functions in place of the compiler's shortcuts, such as x * x for pow(x, 2). Some functions have but one exact result.
EXACT = ("abs", "sqrt", "floor", "coarse")
FLAGS = [
    *("-O3", "-g0", "-ffp-contract=off", "-fwrapv", "-Wno-unused-function"),
    *(f"-fno-builtin-{name}" for name in ATOMS if name not in EXACT),
]
SMALLEST = "#include <Python.h>\n\nint main(void) { return Py_IsInitialized(); }\n"


def why_not(compiler):
    """Why the engine cannot be compiled here, in a few words; None when it can be.

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


def translate(folder):
    """Write kernels.h and the engine's C source into `folder`."""
    from Cython.Build import cythonize

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernels.h").write_text(kernels())
    return cythonize([extension(folder)], build_dir=str(folder), include_path=[str(Path(PACKAGE).parent)], quiet=True)


def extension(folder):
    """The extension module, with the options that the environment asks for.

    GLASSGRAD_DEBUG=1   without optimisation and with what a debugger needs
    GLASSGRAD_SANITIZE  the same, under a sanitizer of the C compiler: "address,undefined", "thread"
    """
    from setuptools import Extension

    watched = os.environ.get("GLASSGRAD_SANITIZE")
    sanitizer = [f"-fsanitize={watched}", "-fno-sanitize-recover=all"] if watched else []
    debugging = ["-O1", "-g"] if watched or os.environ.get("GLASSGRAD_DEBUG") else []
    return Extension(
        "autograd.native._engine",
        ["autograd/native/_engine.pyx"],
        include_dirs=[str(folder), str(Path(PACKAGE, "native"))],
        define_macros=[("FINGERPRINT", str(fingerprint()))],
        extra_compile_args=[*FLAGS, *debugging, *sanitizer],
        extra_link_args=sanitizer,
    )
