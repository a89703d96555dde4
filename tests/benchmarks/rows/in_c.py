"""Compiles the C sources beside the rows for exactly one problem, and calls them."""

import ctypes
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from ..row import Absent

FLAGS = ["-O3", "-march=native", "-ffast-math", "-fno-semantic-interposition", "-shared", "-fPIC"]


@cache
def library(source, **constants):
    """The shared library of a source, compiled with these constants."""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    if not shutil.which(compiler[0]):
        raise Absent(f"there is no C compiler called {compiler[0]}")
    defined = [f"-D{name}={value}" for name, value in constants.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.so"
        command = [*compiler, *FLAGS, *defined, str(Path(__file__).with_name(source)), "-o", str(path), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Absent(f"{compiler[0]} could not compile {source}: {done.stderr.strip().partition(chr(10))[0]}")
        found = ctypes.CDLL(str(path))
    for name in ("train", "train_epoch"):
        if hasattr(found, name):
            getattr(found, name).restype = ctypes.c_double
    return found


def version():
    """What the compiler calls itself, and how it is called."""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    said = subprocess.run([*compiler, "--version"], capture_output=True, text=True).stdout
    return f"{said.partition(chr(10))[0]}, {' '.join(FLAGS[:3])}"


def doubles(numbers):
    """A C array of these numbers."""
    return (ctypes.c_double * len(numbers))(*numbers)


def ints(numbers):
    return (ctypes.c_int * len(numbers))(*numbers)


def places(array):
    """The numbers of a NumPy array of C's int, which must stay alive."""
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_int))
