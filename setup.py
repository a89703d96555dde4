"""Builds the compiled engine where that is possible; everything else is in pyproject.toml."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).parent
SOURCE = Path("build", "native", "autograd", "_native.pyx")
WITHOUT = """
glassgrad: the engine could not be compiled ({reason}).
It is installed in plain Python: everything works, scripts run about twenty times slower.
To compile it install a C compiler and Python's headers (Debian: apt-get install gcc python3-dev), then install again.
"""


class BuildEngine(build_ext):
    """Writes the engine's Cython source, compiles it, and goes on without when that fails."""

    def run(self):
        try:
            sys.path.insert(0, str(HERE))
            os.environ["GLASSGRAD_PURE"] = "1"
            from autograd.native import build

            build.write(HERE / SOURCE.parent)
            from Cython.Build import cythonize

            cythonize([Extension("autograd._native", [str(SOURCE)])], quiet=True)
            watched = os.environ.get("GLASSGRAD_SANITIZE")  # tests/sanitize.py
            flags = [f"-fsanitize={watched}", "-fno-sanitize-recover=all", "-O1", "-g"] if watched else []
            self.extensions[0].extra_compile_args = build.FLAGS + flags
            self.extensions[0].extra_link_args = flags
            super().run()
        except Exception as error:
            print(WITHOUT.format(reason=str(error).splitlines()[0][:200]), file=sys.stderr)
            self.extensions.clear()


ENGINE = Extension(
    "autograd._native", [str(SOURCE.with_suffix(".c"))], include_dirs=["autograd/native", str(SOURCE.parent)]
)
setup(ext_modules=[] if os.environ.get("GLASSGRAD_PURE") else [ENGINE], cmdclass={"build_ext": BuildEngine})
