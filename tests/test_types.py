"""The types of the public API say what comes out: to type checkers, and at run time."""

import ast
import os
import runpy
import shutil
import subprocess
import sys
import types
import typing
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd
import nn

HERE = Path(__file__).parent
STATEMENTS = HERE / "public_types.py"


# What fails at run time: mypy finds each of these lines, below the statements.
REFUSED = [
    'Value("2")',
    'autograd.exp("2")',
    "x.tahn()",
    "grad(plane)(1.0, c=2.0)",
    "area(1.0, c=2.0)",
    'grad("plane")',
    "autograd.hypot(1.0)",
    "read_data(x)",
    "nn.mse_los(x, 1.0)",
    "nn.MLP(2, [1]).paramters()",
    'nn.MLP(2, [1])("ab")',
    "Line()(2.0, shfit=1.0)",
    "nn.fit(Line(), nn.mse_loss, [], epoch=3)",
]


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """What mypy, which is started once, finds in the statements and in two files with mistakes: {file: [(line, text)]}.

    What it finds does not depend on the engine, so it is asked on the compiled one alone.
    """
    if os.environ.get("GLASSGRAD_PURE"):
        # It reads annotations and .pyi files, and runs nothing. `make test` asks it in its other run, with the compiled
        # engine or, where there is no compiler, without.
        pytest.skip("asked once: mypy says the same on both engines")
    folder, text = tmp_path_factory.mktemp("types"), STATEMENTS.read_text()
    (folder / "wrong.py").write_text(text.replace("autograd.tanh(0.5), float", "autograd.tanh(0.5), Value"))
    (folder / "refused.py").write_text("\n".join([text, *REFUSED]))
    files = [STATEMENTS, folder / "wrong.py", folder / "refused.py"]
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *map(str, files)]
    checked = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True)
    assert not checked.stderr
    lines = [line.split(":", 2) for line in checked.stdout.splitlines() if "error:" in line]
    return {
        path.stem: [(int(line), message) for file, line, message in lines if Path(file).name == path.name]
        for path in files
    }


def test_mypy_finds_the_types_that_are_asserted(mypy):
    assert mypy["public_types"] == []


def test_mypy_finds_a_wrong_type(mypy):
    ((_, message),) = mypy["wrong"]
    assert 'Expression is of type "float", not "Value"' in message


def test_mypy_refuses_what_fails_at_run_time(mypy):
    last = STATEMENTS.read_text().count("\n") + 1 + len(REFUSED)
    assert {line for line, _ in mypy["refused"]} == set(range(last - len(REFUSED) + 1, last + 1))


def test_pyright_finds_the_types_that_are_asserted():
    program = shutil.which("basedpyright") or shutil.which("pyright")
    if program is None:
        pytest.skip("pyright is not installed")
    command = [program, "--pythonpath", sys.executable, "--level", "error", str(STATEMENTS)]
    checked = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_what_comes_out_at_run_time_has_the_type(monkeypatch):
    monkeypatch.setattr(typing, "assert_type", checked_at_run_time)
    module = runpy.run_path(str(STATEMENTS))
    for function in module.values():
        if isinstance(function, types.FunctionType) and function.__annotations__ == {"return": None}:
            function()


def checked_at_run_time(thing, kind):
    assert fits(thing, kind), f"{thing!r} is no {kind}"


def fits(thing, kind) -> bool:
    """Whether a thing is of a type, all its elements included."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return True
    if kind is None:
        return thing is None
    if kind == "array[float]":
        return type(thing) is array
    if kind is Callable:
        return callable(thing)
    if origin in (typing.Union, types.UnionType):
        return any(fits(thing, one) for one in inner)
    if origin is list:
        return type(thing) is list and all(fits(element, inner[0]) for element in thing)
    if origin is tuple:
        types_of_elements = inner[:1] * len(thing) if inner[-1] is ... else inner
        return (
            type(thing) is tuple and all(map(fits, thing, types_of_elements)) and len(thing) == len(types_of_elements)
        )
    if origin is dict:
        return all(fits(key, inner[0]) and fits(value, inner[1]) for key, value in thing.items())
    return type(thing) is float if kind is float else isinstance(thing, origin or kind)


def test_every_public_name_has_a_type_asserted():
    used = {node.id for node in ast.walk(ast.parse(STATEMENTS.read_text())) if isinstance(node, ast.Name)}
    used |= {node.attr for node in ast.walk(ast.parse(STATEMENTS.read_text())) if isinstance(node, ast.Attribute)}
    public = {
        name.asname
        for node in ast.parse(Path(autograd.__file__).read_text()).body
        if isinstance(node, ast.ImportFrom) and node.module != "autograd.functions"
        for name in node.names
    }
    networks = {name for name in nn.__all__ if not isinstance(getattr(nn, name), types.ModuleType)}
    assert public | networks <= used
