"""The package as a whole: what it needs, what it takes from the engine, and that its names are there."""

import ast
import pathlib
import subprocess
import sys

import nn

PUBLIC = (
    *("autograd", "autograd.arguments", "autograd.errors", "autograd.examples", "autograd.names", "autograd.native"),
)
SOURCES = sorted(pathlib.Path(nn.__file__).parent.glob("*.py"))


def test_importing_it_needs_only_the_standard_library():
    code = (
        "import sys, nn; heavy = {'numpy', 'matplotlib', 'sklearn', 'tqdm', 'safetensors', 'torch', 'graphviz'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_it_uses_public_names_of_the_engine_only():
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "autograd":
                assert node.module in PUBLIC, source
                assert not any(alias.name.startswith("_") for alias in node.names), source


def test_every_public_name_is_there_and_explained():
    for name in nn.__all__:
        assert getattr(nn, name).__doc__, name
    for source in SOURCES:
        body = ast.parse(source.read_text(encoding="utf-8")).body
        last = {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}  # no overloads
        for name, node in last.items():
            assert name.startswith("_") or ast.get_docstring(node), f"{source.name}: {name}"
