"""Builds the compiled engine where that is possible; everything else is in pyproject.toml."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

HERE = Path(__file__).parent


def extensions():
    """The extension modules to build: none without Cython, or with GLASSGRAD_PURE set."""
    if os.environ.get("GLASSGRAD_PURE"):
        return []
    from Cython.Build import cythonize
    sys.path.insert(0, str(HERE))
    os.environ["GLASSGRAD_PURE"] = "1"
    from autograd import native
    source = native.write(HERE / "build" / "native" / "autograd")
    extension = Extension("autograd._native", [str(source.relative_to(HERE))], extra_compile_args=native.FLAGS,
                          optional=True)
    return cythonize([extension])


setup(ext_modules=extensions())
