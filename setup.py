"""Builds the compiled engine where there is a C compiler; everything else is in pyproject.toml."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = Path("build", "engine")
SOURCE = FOLDER / "autograd" / "native" / "_engine.c"
WITHOUT = """
glassgrad: the engine was not compiled: {reason}.
It is installed in plain Python: everything works, scripts run about twenty times slower.
To compile it install a C compiler and Python's headers (Debian: apt-get install gcc python3-dev), then install again.
"""


class BuildEngine(build_ext):
    """Compiles the engine. A missing C compiler is reported and skipped; any other failure ends the installation."""

    def build_extensions(self):
        sys.path.insert(0, str(Path(__file__).parent))
        os.environ["GLASSGRAD_PURE"] = "1"
        from autograd.native import build

        reason = build.why_not(self.compiler)
        if reason is None:
            build.translate(SOURCE, FOLDER)
            objects = build.compiled(self.compiler, SOURCE, FOLDER, self.build_temp)
            found = {"sources": [], "depends": objects, "extra_objects": objects}
            vars(self.extensions[0]).update(found, extra_link_args=build.link_flags())
            super().build_extensions()
        else:
            print(WITHOUT.format(reason=reason), file=sys.stderr)
            self.extensions.clear()


ENGINE = Extension("autograd.native._engine", [str(SOURCE)])
setup(ext_modules=[] if os.environ.get("GLASSGRAD_PURE") else [ENGINE], cmdclass={"build_ext": BuildEngine})
