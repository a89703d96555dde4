"""The demonstration: what it writes and says, and how it gets along without the packages that draw."""

import os
import re
import sys
import xml.dom.minidom

import pytest

import autograd
from nn.__main__ import main

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("matplotlib", reason="matplotlib is not installed")
pytest.importorskip("tqdm", reason="tqdm is not installed")


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    """One run of it: the folder, and what was printed."""
    import contextlib
    import io

    folder, out = tmp_path_factory.mktemp("out") / "new", io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert main(["--out", str(folder)]) == 0
    return folder, out.getvalue()


def test_it_writes_what_it_says(demonstration):
    folder, said = demonstration
    files = sorted(os.listdir(folder))
    assert files == [
        "backprop.html",
        "digits-confusion.png",
        "digits-mistakes.png",
        "iris-boundary.png",
        "iris-curves.png",
        "loss.svg",
        "neuron.svg",
    ]
    assert all(str(folder / name) in said for name in files)
    for name in files:
        content = (folder / name).read_bytes()
        if name.endswith(".svg"):
            xml.dom.minidom.parseString(content)
        else:
            assert content.startswith({"png": b"\x89PNG", "html": b"<!doctype html>"}[name.partition(".")[2]])
    assert "petal length" in (folder / "neuron.svg").read_text(encoding="utf-8")
    assert "petal length" in (folder / "backprop.html").read_text(encoding="utf-8")


def test_it_learns(demonstration):
    _, said = demonstration
    shares = [float(share) for share in re.findall(r"right, ([\d.]+) %", said)]
    assert shares[0] >= 93  # iris
    assert shares[1] >= (97 if autograd.backend == "native" else 93)  # digits


def test_without_the_drawing_packages_it_says_what_is_absent(tmp_path, monkeypatch, capsys):
    import nn.__main__ as demo

    monkeypatch.setattr(demo, "digits", lambda report, seed: None)
    monkeypatch.setattr(demo, "fit", lambda model, loss, data, **options: demo.evaluate and FakeHistory())
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert main(["--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"absent: .*neuron.svg \(one neuron .*graphviz", said)
    assert sorted(os.listdir(tmp_path)) == ["iris-boundary.png", "iris-curves.png"]


class FakeHistory:
    """Stands in for training, which is not what this test is about."""

    def __getitem__(self, name):
        return [1.0, 0.5]

    def plot(self):
        from nn.plots import new_figure

        return new_figure()[0]


def test_a_missing_package_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["--out", str(tmp_path)]) == 1
    assert "The iris data set needs scikit-learn" in capsys.readouterr().err
