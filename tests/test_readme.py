"""The README: its code runs and prints what stands beside it, its commands, links and pictures exist."""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
EVERY_PAGE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


# Errors, all but the one where the engine could not be compiled.
WARNINGS = ("-W", "error", "-W", "ignore:autograd:RuntimeWarning")


@pytest.fixture(scope="module")
def after_the_code(tmp_path_factory):
    """The folder in which all Python blocks have run, one after the other, and what each of them printed."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    folder = tmp_path_factory.mktemp("readme")
    (folder / "readme.py").write_text("\nprint('\\f', end='')\n".join(blocks("python")), encoding="utf-8")
    return folder, python(*WARNINGS, "readme.py", folder=folder).split("\f")


def python(*arguments, folder):
    """What Python prints, run in `folder` on the packages of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_code_prints_what_stands_beside_it(after_the_code):
    for block, printed in zip(blocks("python"), after_the_code[1], strict=True):
        assert printed.splitlines() == re.findall(r"^ *print\(.*\)  +# (.*)$", block, re.MULTILINE), block


def test_picture_of_the_neuron_is_the_one_that_the_code_draws(after_the_code):
    def words(path):
        return sorted(re.findall(r"<text[^>]*>([^<]*)", path.read_text(encoding="utf-8")))

    assert words(ROOT / "notebooks" / "images" / "neuron.svg") == words(after_the_code[0] / "neuron.svg") != []


def test_commands(tmp_path):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    commands = [command for block in blocks("console") for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert commands
    for command in commands:
        line, _, told = command.partition("\n")
        program, *arguments = shlex.split(line)
        if program == "make":
            assert arguments[0] in targets
            continue
        assert program == "python"
        assert python(*arguments, folder=tmp_path).strip() == told.strip()
    for target in re.findall(r"`make (\w+)`", TEXT):
        assert target in targets


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_links_and_pictures_exist(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"", text):
        target = "".join(target)
        assert target.startswith("https://") or (ROOT / target).exists(), target
    for name in re.findall(r"`((?:autograd|nn|tests|notebooks)/[\w/.]+)`", text):
        assert (ROOT / name).exists(), name


def test_every_notebook_has_a_row_with_its_picture():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        row = next(line for line in TEXT.splitlines() if f"](notebooks/{path.name})" in line)
        title = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"][0].strip("# \n")
        assert row.startswith("| <img ")
        assert f'src="notebooks/images/{path.name[:2]}.png"' in row
        assert f"[{title}]" in row


def test_names_of_the_packages_exist():
    made_up = {"autograd.cube", "autograd.swish"}
    for dotted in set(re.findall(r"\b(?:autograd|nn)(?:\.[a-zA-Z]\w*)+(?!\w*/)", TEXT)) - made_up:
        package, *names = dotted.split(".")
        thing = importlib.import_module(package)
        for name in names:
            package += f".{name}"
            thing = getattr(thing, name) if hasattr(thing, name) else importlib.import_module(package)


ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| `.*` \| -?\d", line)
]


class Here:
    def __init__(self):
        self.functions = {name: getattr(autograd, name) for name in dir(autograd)}

    def derivatives(self, function, point):
        return autograd.grad(function, tuple(range(len(point))))(*point)


class PyTorch:
    def __init__(self):
        self.torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        self.functions = vars(self.torch) | {"leaky_relu": self.torch.nn.functional.leaky_relu}

    def derivatives(self, function, point):
        point = [self.torch.tensor(x, dtype=self.torch.float64, requires_grad=True) for x in point]
        function(*point).backward()
        return [x.grad.item() for x in point]


class JAX:
    def __init__(self):
        self.jax = pytest.importorskip("jax", reason="JAX is not installed")
        self.jax.config.update("jax_enable_x64", True)
        nn = importlib.import_module("jax.nn")
        self.functions = vars(importlib.import_module("jax.numpy")) | {"relu": nn.relu, "leaky_relu": nn.leaky_relu}

    def derivatives(self, function, point):
        return [float(x) for x in self.jax.grad(function, tuple(range(len(point))))(*point)]


class Micrograd:
    def __init__(self):
        self.engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
        self.functions = {"relu": self.engine.Value.relu}

    def derivatives(self, function, point):
        point = [self.engine.Value(x) for x in point]
        function(*point).backward()
        return [x.grad for x in point]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} at {row[1]}")
@pytest.mark.parametrize(
    ("column", "library"), [*enumerate([Here, PyTorch, JAX, Micrograd], 2)], ids=["here", "PyTorch", "JAX", "micrograd"]
)
def test_where_frameworks_differ(row, column, library):
    told, names = row[column].rstrip(" |").partition(", when")[0], ("x", "y")
    if told == "–":
        return
    library = library()
    point = [float(x) for x in row[1].split(",")]
    lazily = "lambda: log" if "lambda" in row[column] else "log"
    formula = row[0].strip("|` ").replace("log", lazily)
    function = eval(f"lambda {', '.join(names[: len(point)])}: {formula}", dict(library.functions))
    if told.endswith("Error"):
        with pytest.raises(Exception, match=r".") as caught:
            library.derivatives(function, point)
        assert type(caught.value).__name__ == told
    elif told == "a complex number":
        assert isinstance(library.derivatives(function, point)[0], complex)
    else:
        expected = [float(x) for x in told.split(",")]
        assert list(library.derivatives(function, point)) == pytest.approx(expected, rel=1e-5, abs=0, nan_ok=True)
