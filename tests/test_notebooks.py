"""The course: every notebook is executed as it stands, and what it shows is what is committed.

`python tests/test_notebooks.py 03 08` executes notebooks and writes their outputs into them; without a number, all.

What a notebook's cells carry in their metadata:
    tags    "exercise" for a cell that the reader completes, "check" for the one after it that says whether it is right
    wrong   of an exercise: an answer that the check must refuse. The right one is the code of the folded solution
    states  of a text: a dict of expressions and what they are in the text, for numbers that no cell prints
    alt     of a cell that draws: what there is to see
"""

import os
import re
import sys
from math import isclose
from pathlib import Path

import pytest

import autograd

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
OFFLINE = """\
import socket
def refuse(*arguments, **options):
    raise OSError("the course works without a network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
"""
SMALL_PICTURES = """\
from matplotlib.figure import Figure
save = Figure.savefig
Figure.savefig = lambda figure, *arguments, **options: save(figure, *arguments, **{**options, "dpi": 20})
"""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
PLACES = re.compile(r"/(home|root|work|tmp|Users|usr|opt|var)/|[A-Z]:\\|site-packages|ipykernel_\d")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def run(notebook, folder, before=OFFLINE):
    """Execute the cells in a fresh kernel whose current folder is `folder`, without a network, warnings shown.

    before  what is executed first
    """
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    first = nbformat.v4.new_code_cell(before)
    notebook.cells.insert(0, first)
    paths = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "default", "JUPYTER_PLATFORM_DIRS": "1"}
    environment.pop("MPLBACKEND", None)
    try:
        client.execute(env=environment)
    finally:
        notebook.cells.remove(first)


def tidy(notebook):
    """Leave out what differs from run to run and from machine to machine."""
    notebook.metadata = nbformat.from_dict(METADATA)
    number = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("alt", "states", "tags", "wrong") if key in cell.metadata}
        )
        if cell.cell_type == "code":
            cell.execution_count = number = number + 1
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = {}
                if output.output_type == "execute_result":
                    output.execution_count = number


def save(notebook, path):
    path.write_text(nbformat.writes(notebook, indent=1).rstrip() + "\n", encoding="utf-8")


def shown(cell):
    """What a reader sees below a cell: (kind, text); of a picture only the text in it, as its bytes vary."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            found.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            kinds = sorted(output.data)
            picture = output.data.get("image/svg+xml", "")
            text = "\n".join(sorted(re.findall(r"<text[^>]*>([^<]*)", picture)))
            plain = output.data["text/plain"] if len(kinds) == 1 else ""
            found.append((", ".join(kinds), text or plain))
    return found


def same(one, other):
    """Whether two outputs are alike: the words exactly, the numbers to six digits."""
    words, others = (NUMBER.sub("#", text) for text in (one, other))
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other))
    return words == others and all(isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-12) for a, b in pairs)


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def exercises(notebook):
    """(exercise, check, solution) for every exercise: two code cells, and the code that the folded solution holds."""
    found = []
    for i, cell in enumerate(notebook.cells):
        if "exercise" in cell.metadata.get("tags", ()):
            check, solution = notebook.cells[i + 1 : i + 3]
            assert "check" in check.metadata.get("tags", ()), f"no check below {cell.source}"
            folded = re.search(r"<details>\s*<summary>.*</summary>\s*```python\n(.*?)```", solution.source, re.DOTALL)
            assert folded, f"no folded solution below {check.source}"
            found.append((cell, check, folded[1]))
    return found


def test_there_are_notebooks():
    assert NOTEBOOKS


# Where there is a compiler, test_native.py fails unless the engine is compiled, so this cannot go unnoticed there.
@pytest.mark.skipif(autograd.backend == "python", reason="executed once, by the compiled engine: Python takes minutes")
@each_notebook
def test_notebook_shows_what_it_shows_when_run(path, tmp_path):
    committed, notebook = read(path), read(path)
    cells = code(notebook)
    stated, right, wrong = [], [], []
    for cell in list(notebook.cells):
        for expression, text in cell.metadata.get("states", {}).items():
            probe = nbformat.v4.new_code_cell(f"print({expression}, end='')")
            notebook.cells.insert(notebook.cells.index(cell) + 1, probe)
            stated.append((cell, expression, text, probe))
    for exercise, check, solution in exercises(notebook):
        for answer, checks in [(solution, right), (exercise.metadata["wrong"], wrong)]:
            checks.append(nbformat.v4.new_code_cell(check.source))
            notebook.cells += [nbformat.v4.new_code_cell(answer), checks[-1]]
    run(notebook, tmp_path, OFFLINE + SMALL_PICTURES)  # their bytes are not compared
    for old, new in zip(code(committed), cells, strict=True):
        for (kind, before), (kind_now, now) in zip(shown(old), shown(new), strict=True):
            assert kind == kind_now, old.source
            assert same(before, now), f"{old.source}\n\nis committed with\n{before}\nand now shows\n{now}"
    for cell, expression, text, probe in stated:
        assert text in cell.source
        assert same(shown(probe)[0][1], text), f"{expression} is no longer {text} in: {cell.source}"
    for check in right:
        text = "".join(text for _, text in shown(check))
        assert "✓" in text, f"the solution does not pass: {check.source}\n{text}"
        assert not set("✗…") & set(text), f"the solution does not pass: {check.source}\n{text}"
    for check in wrong:
        text = "".join(text for _, text in shown(check))
        assert "✗" in text, f"a wrong answer passes: {check.source}\n{text}"
        assert all(word in text for word in ("expected", "got", "Hint")), text


@each_notebook
def test_notebook_is_committed_clean(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.stat().st_size < 1.5e6
    assert notebook.metadata == METADATA
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert not any(kind in ("stderr", "error") for cell in code(notebook) for kind, _ in shown(cell))
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text(encoding="utf-8"))
    assert not PLACES.search(text), "a path of this machine"
    drawn = [cell for cell in code(notebook) if any("image/" in kind and "html" not in kind for kind, _ in shown(cell))]
    assert all("alt" in cell.metadata for cell in drawn)


@each_notebook
def test_notebook_begins_with_aims_and_ends_with_exercises(path):
    notebook = read(path)
    assert re.match(r"# \d+ · ", notebook.cells[0].source)
    assert "you will be able to" in notebook.cells[0].source
    assert 3 <= len(exercises(notebook)) <= 5
    for exercise, check, _ in exercises(notebook):
        assert "..." in exercise.source, "an exercise has a gap to fill"
        assert "…" in shown(check)[0][1], "an exercise is committed unsolved"


@each_notebook
def test_numbers_in_the_prose_come_from_the_code(path):
    """A number with a decimal point is found in the code, in what it prints, or among what the text states."""
    notebook = read(path)
    known = "\n".join(cell.source + "".join(text for _, text in shown(cell)) for cell in code(notebook))
    for cell in prose(notebook):
        stated = " ".join(cell.metadata.get("states", {}).values())
        text = re.sub(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL).replace("−", "-")
        for number in re.findall(r"\d+\.\d+", text):
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", known + stated), f"{number} in: {cell.source}"


@each_notebook
def test_links_of_the_prose_lead_somewhere(path):
    for cell in prose(read(path)):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", cell.source):
            assert target.startswith("https://") or (path.parent / target).exists(), target


if __name__ == "__main__":
    for chosen in NOTEBOOKS:
        if not sys.argv[1:] or chosen.name.startswith(tuple(sys.argv[1:])):
            print(chosen.name, flush=True)
            updated = read(chosen)
            run(updated, chosen.parent)
            tidy(updated)
            save(updated, chosen)
