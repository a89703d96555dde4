"""The parts import one another as architecture.py says, and each folder's README names what is in it."""

import ast
import re
import subprocess
import sys

import architecture
import pytest
from architecture import FOLDERS, LIBRARIES, PRIVATE, PUBLIC_MODULES, ROOT, WITH_LIBRARY

SHOWN = {".py", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".c", ".js", ".css", ".ts"}
each_module = pytest.mark.parametrize("path", architecture.modules(), ids=str)
each_folder = pytest.mark.parametrize("folder", FOLDERS)


@each_module
def test_imports_follow_the_parts(path):
    assert list(architecture.offences(path)) == []


def test_no_files_import_one_another_in_a_circle():
    assert architecture.cycle() is None


def test_exceptions_are_still_needed():
    for path, other in architecture.EXCEPTIONS:
        assert architecture.Path(other) in architecture.imported_files(architecture.Path(path)), f"{path} → {other}"


@each_module
def test_private_names_stay_in_their_folder(path):
    for module, name in architecture.imports(path):
        other = architecture.file_of(module)
        if other and other.parent != path.parent and (str(path), module, name) not in PRIVATE:
            assert not re.search(r"(^|\.)_(?!_)", f"{module}.{name or ''}"), f"{path} imports {module}.{name}"


@each_module
def test_nn_uses_public_modules_of_autograd(path):
    used = {module for module, _ in architecture.imports(path) if module.split(".")[0] == "autograd"}
    if path.parts[0] == "nn":
        assert used <= PUBLIC_MODULES


def at_import(body):
    """The libraries that are imported when a module is: not inside functions, nor for type checkers alone."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]
        elif isinstance(node, (ast.Try, ast.With)):
            yield from at_import(node.body)


@each_module
def test_libraries_are_imported_where_they_are_needed(path):
    libraries = LIBRARIES & set(at_import(architecture.tree(path).body))
    assert libraries <= {WITH_LIBRARY.get(str(path))}


def test_the_packages_need_only_the_standard_library():
    code = f"import sys, autograd, nn; outside = {LIBRARIES!r} & set(sys.modules); assert not outside, outside"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, cwd=ROOT)


@each_folder
def test_a_readme_names_every_file_of_its_folder(folder):
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / folder).iterdir() if path.suffix in SHOWN} - {"__init__.py"}
    assert {name for name in files if not re.search(rf"(?<![\w/]){re.escape(name)}\b", text)} == set()


@each_folder
def test_a_readme_names_no_file_that_is_not_there(folder):
    text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    names = set(re.findall(rf"(?<![\w/.])\w+(?:{'|'.join(map(re.escape, SHOWN))})\b", text))
    known = {path.name for part in ("autograd", "nn", "tests") for path in (ROOT / part).rglob("*.*")} | {"setup.py"}
    assert names - known == set()


def test_contributing_shows_the_picture():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- parts -->\n```text\n(.*?)\n```\n<!-- /parts -->", text, re.DOTALL)
    assert shown, "CONTRIBUTING.md has the picture between <!-- parts --> and <!-- /parts -->"
    assert shown[1] == architecture.picture(), "write it anew with: python tests/architecture.py"
