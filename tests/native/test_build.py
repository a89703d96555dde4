"""How the compiled engine is built, and what its tracebacks name."""

import fnmatch
import linecache
import os
import subprocess
import sys
import tomllib
import traceback
from pathlib import Path

import pytest

import autograd
from autograd import Value
from autograd.native import build, sources, warn_if_not_compiled

ROOT = Path(autograd.__file__).parent.parent
compiled = pytest.mark.skipif(autograd.backend != "native", reason="this is about the compiled engine")


class Compiler:
    """Stands for a C compiler of setuptools."""

    def __init__(self, error=None):
        self.error, self.compiled = error, []

    def compile(self, files, output_dir):
        self.compiled += [Path(file).read_text() for file in files]
        if self.error:
            raise self.error


@pytest.mark.skipif(os.name != "posix" or sys.implementation.name != "cpython", reason="it is not compiled here")
def test_a_compiler_is_tried_on_three_lines():
    working, broken = Compiler(), Compiler(RuntimeError("command 'cc' failed\nwith much to read"))
    assert build.why_not(working) is None
    assert working.compiled[0].count("\n") == 3
    assert build.why_not(broken) == "the C compiler does not work: command 'cc' failed"


def test_every_source_is_part_of_the_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for path in map(Path, sources.SOURCES):
        assert path.exists()
        name = path.relative_to(ROOT / "autograd").as_posix()
        patterns = settings["package-data"]["autograd"]
        assert name.endswith(".py") or any(fnmatch.fnmatch(name, pattern) for pattern in patterns), name


@pytest.mark.parametrize(("variable", "flag"), [("GLASSGRAD_DEBUG", "-O1"), ("GLASSGRAD_SANITIZE", "-fsanitize=1")])
def test_debugging_is_asked_for_in_the_environment(monkeypatch, variable, flag):
    for name in ("GLASSGRAD_DEBUG", "GLASSGRAD_SANITIZE"):
        monkeypatch.delenv(name, raising=False)
    assert flag not in build.flags()
    monkeypatch.setenv(variable, "1")
    assert flag in build.flags()


@pytest.mark.parametrize("source", sources.SOURCES, ids=lambda path: Path(path).name)
def test_the_fingerprint_depends_on_every_source(source, monkeypatch, tmp_path):
    before = sources.fingerprint()
    changed = tmp_path / "changed"
    changed.write_bytes(Path(source).read_bytes() + b" ")
    monkeypatch.setattr(sources, "SOURCES", [changed if path == source else path for path in sources.SOURCES])
    assert sources.fingerprint() != before


def raised(action):
    """The frames below this function that an error went through, as (path, name, line of source)."""
    try:
        action()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[2:]
        return [
            (frame.filename, frame.name.rpartition(".")[2], linecache.getline(frame.filename, frame.lineno))
            for frame in frames
        ]
    raise AssertionError("no error")


ERRORS = {
    "__rtruediv__": lambda: 2 / Value(0.0),
    "__mul__": lambda: Value(1e300) * 1e300,
    "__pow__": lambda: Value(-1.0) ** 0.5,
    "__float__": lambda: float(Value(1.0)),
    "__eq__": lambda: Value(1.0) == 1.0,
    "backward": lambda: autograd.Constant(1.0).backward(),
}


def test_tracebacks_name_files_that_exist_and_the_right_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):  # the frames of one error do not turn up in another
        for name, action in ERRORS.items():
            frames = raised(action)
            assert frames[0][1] == name
            assert name in frames[0][2] or "raise" in frames[0][2]
            for path, _, line in frames:
                assert os.path.isabs(path)
                assert Path(path).is_relative_to(ROOT / "autograd")
                assert line.strip()


@compiled
def test_the_compiled_engine_is_not_warned_of(recwarn):
    warn_if_not_compiled()
    assert not recwarn


def test_the_plain_engine_says_so_once_unless_asked_for(tmp_path):
    code = (
        "import autograd.native as native; native.backend = 'python'\n"
        "native.warn_if_not_compiled(); native.warn_if_not_compiled()"
    )
    for pure, times in (("", 1), ("1", 0)):
        environment = {**os.environ, "GLASSGRAD_PURE": pure, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stderr.count("the engine is not compiled") == times
