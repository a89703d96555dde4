"""draw: what is folded, what is left out, what is refused, and how a drawing is saved."""

import pkgutil
import shutil
from importlib import import_module
from types import ModuleType

import pytest
from drawing import elements, loss_graph

import autograd
from autograd import Value, draw
from autograd.errors import ArgumentError, GraphTooLargeError, MissingProgramError, NumberTypeError
from autograd.view.graph import ancestry


def test_its_repr_counts_nodes_and_edges():
    assert repr(draw(Value(1.0) * 2)) == "<Drawing of 2 nodes and 1 edge>"


def test_neurons_fold_into_one_node_each():
    y = loss_graph()
    y.backward()
    boxes = elements(draw(y, fold="neurons"), "box")
    assert sorted(lines[:2] for _, lines, _, _ in boxes) == [
        ["neuron0", "5 operations"],
        ["neuron0", "7 operations"],
        ["neuron1", "5 operations"],
        ["neuron2", "5 operations"],
    ]
    (output,) = [node for node in ancestry(y) if node.label == "layer0.neuron2"]
    (neuron2,) = [lines for _, lines, _, _ in boxes if lines[0] == "neuron2"]
    assert neuron2[2:] == [f"data {output.data:.4g}", f"grad {output.grad:.4g}"]
    assert elements(draw(y, fold="neurons"), "parameter") == []


def test_layers_fold_into_one_node_each():
    y = loss_graph()
    picture = draw(y, fold="layers")
    assert [lines[0] for _, lines, _, _ in elements(picture, "box")] == ["layer0", "layer1"]
    (between,) = [lines for title, lines, _, _ in elements(picture, "edge") if title == "n0->n1"]
    assert between == [" ×3"], "three edges drawn as one"


def test_boxes_are_folded_by_path():
    (box,) = elements(draw(loss_graph(), fold="layer0.neuron1"), "box")
    assert box[1][0] == "neuron1"
    assert len(elements(draw(loss_graph(), fold=["layer0.neuron1", "layer1"]), "box")) == 2


def test_above_400_nodes_it_folds_by_itself():
    small, large = loss_graph(1, (8, 1)), loss_graph(30, (12, 1))
    assert len(ancestry(small)) < 400 < len(ancestry(large))
    assert "class=box" not in draw(small).source
    assert [lines[0] for _, lines, _, _ in elements(draw(large), "box")] == ["layer0 × 30", "layer1 × 30"]


def test_what_is_too_large_is_refused_with_a_remedy():
    chain = Value(1.0)
    for _ in range(100_000):
        chain = chain + 1.0
    with pytest.raises(GraphTooLargeError, match=r"has 100,001 nodes; a picture shows at most 400.*depth=8") as caught:
        draw(chain)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(GraphTooLargeError, match=r"has 22,448 nodes, and 601 when folded"):
        draw(loss_graph(200, (12, 1)))
    with pytest.raises(GraphTooLargeError, match="at most 2"):
        draw(Value(1.0) + 1 + 2, limit=2)


def test_depth_shows_the_last_operations():
    chain = Value(1.0)
    for _ in range(100_000):
        chain = chain + 1.0
    picture = draw(chain, depth=3)
    assert len(elements(picture, "operation")) + len(elements(picture, "result")) == 4
    assert "cut0 -> n0 [style=dotted]" in picture.source
    assert "cut" not in draw(Value(1.0) + 1, depth=1).source


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fold": "layer7"}, "fold: there is no box 'layer7'; the boxes are layer0, layer0.neuron0"),
        ({"rankdir": "up"}, 'rankdir must be "LR", "RL", "TB" or "BT", got \'up\''),
        ({"depth": -1}, "non-negative integer, got -1"),
        ({"depth": 1.5}, "non-negative integer, got 1.5"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        draw(loss_graph(), **options)


def test_what_is_not_a_value_is_refused():
    with pytest.raises(NumberTypeError, match=r"expected a Value, got float 3.0"):
        draw(3.0)


def test_it_shows_itself_in_a_notebook_without_dot(traced, no_dot):
    bundle = draw(traced)._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["image/svg+xml"] == draw(traced)._repr_svg_()
    assert bundle["text/plain"] == "<Drawing of 6 nodes and 5 edges>"


@pytest.mark.parametrize("suffix", ["svg", "dot", "gv", "SVG"])
def test_it_is_saved_as_its_suffix_says(traced, tmp_path, suffix):
    picture = draw(traced)
    path = picture.save(tmp_path / f"picture.{suffix}")
    assert path.read_text() == (picture.svg() if suffix.lower() == "svg" else picture.source)
    assert list(tmp_path.iterdir()) == [path]


def test_png_without_dot_says_how_to_get_it(traced, tmp_path, no_dot):
    old = tmp_path / "picture.png"
    old.write_bytes(b"old")
    with pytest.raises(MissingProgramError, match=r"PNG needs the program dot.*Install Graphviz.*save as .svg"):
        draw(traced).save(old)
    with pytest.raises(FileNotFoundError, match="PDF needs"):
        draw(traced).save(tmp_path / "picture.pdf")
    assert old.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.skipif(not shutil.which("dot"), reason="the program dot is not installed")
@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<svg")])
def test_the_program_dot_makes_every_kind_of_file(traced, tmp_path, suffix, start):
    assert draw(traced).save(tmp_path / f"picture.{suffix}").read_bytes().startswith(start)


def test_another_suffix_is_refused(traced, tmp_path):
    with pytest.raises(ArgumentError, match=r"saved as .svg, .dot, .png or .pdf, got 'picture.bmp'"):
        draw(traced).save(tmp_path / "picture.bmp")
    with pytest.raises(ArgumentError, match="got 'picture'"):
        draw(traced).save(tmp_path / "picture")


@pytest.mark.parametrize("package", ["", ".check", ".replay", ".table", ".view", ".view.player"])
def test_no_name_hides_a_module(package):
    package = import_module(f"autograd{package}")
    for found in pkgutil.iter_modules(package.__path__):
        assert isinstance(getattr(package, found.name, pkgutil), ModuleType), found.name


def test_draw_is_the_function_and_no_module():
    assert import_module("autograd.view.draw").draw is autograd.draw
    with pytest.raises(ModuleNotFoundError):
        import_module("autograd.draw")
