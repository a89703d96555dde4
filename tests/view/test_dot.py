"""What a drawing shows of nodes, edges and boxes, and the labels it can show."""

import math
import xml.etree.ElementTree as xml

import pytest
from drawing import SVG, elements, network, neuron

import autograd
from autograd import Value, draw
from autograd.errors import GraphTooLargeError

HOSTILE = [
    "<b>x</b>",
    'a"b',
    "{a|b}",
    "a\\nb\\",
    "&amp; & <",
    "naïve σ 日本 😀",
    "]]>",
    "<script>alert(1)</script>",
    "\\N",
    "a;b->c",
    "node",
    "%s",
    "--",
    "<<i>>",
    "'",
]


def test_nodes_show_label_data_grad_and_operations_a_symbol(traced):
    slope = math.cos(-0.5)
    leaves = [lines for _, lines, _, _ in elements(draw(traced), "input")]
    assert leaves == [
        ["w", "data 0.5", f"grad {2 * slope:.4g}"],
        ["x", "data 2", f"grad {0.5 * slope:.4g}"],
        ["b", "data -1.5", f"grad {slope:.4g}"],
    ]
    operations = [lines for _, lines, _, _ in elements(draw(traced), "operation")]
    assert operations == [["×", "data 1", f"grad {slope:.4g}"], ["+", "data -0.5", f"grad {slope:.4g}"]]
    (result,) = elements(draw(traced), "result")
    assert result[1] == ["sin", "y", f"data {traced.data:.4g}", "grad 1"]


def test_a_square_shows_two_edges():
    x = Value(3.0, "x")
    assert len(elements(draw(x * x), "edge")) == 2
    assert len(elements(draw(x * x), "node")) == 2


def test_a_sum_of_a_list_shows_no_stray_zero():
    assert len(elements(draw(sum([Value(1.0), Value(2.0)])), "node")) == 3


def test_every_kind_of_node_has_a_shape_of_its_own():
    x, w = Value(2.0, "x"), Value(3.0, "layer0.w")
    source = draw((x * w + 1.0).exp(), constants=True).source
    shapes = {
        kind: next(line for line in source.splitlines() if f"class={kind}" in line)
        for kind in ("input", "parameter", "constant", "operation", "result")
    }
    assert "shape=box " in shapes["input"]
    assert "shape=box3d" in shapes["parameter"]
    assert "dashed" in shapes["constant"]
    assert "shape=Mrecord" in shapes["operation"]
    assert "penwidth=3" in shapes["result"]


def test_leaves_can_be_named_as_parameters():
    w, x = Value(2.0, "w"), Value(1.0, "x")
    assert [lines[0] for _, lines, _, _ in elements(draw(w * x, parameters=[w]), "parameter")] == ["w"]


def test_hovering_shows_the_local_derivative(traced):
    edges = {title: tip for title, _, tip, _ in elements(draw(traced), "edge")}
    slope = math.cos(-0.5)
    assert f"∂y/∂v2 = cos(v2) = {slope:.4g}" in edges["n4->n5"]
    assert "∂v1/∂w = x = 2" in edges["n0->n2"]
    assert f"to w: {slope:.4g} × 2 = {2 * slope:.4g}" in edges["n0->n2"]


def test_hovering_shows_the_branch_that_applies():
    x = Value(-2.0, "x")
    (edge,) = elements(draw(autograd.leaky_relu(x)), "edge")[:1]
    assert "= 0.01" in edge[2]
    assert " if " not in edge[2]


def loop(steps):
    """The same two weights used in every step."""
    w, u, h = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "h")
    for _ in range(steps):
        h = (w * h + u).tanh()
    return h


def test_long_edges_are_straight_and_too_many_refused():
    assert "splines=true" in draw(loop(20)).source
    long = draw(loop(100))
    assert "splines=line" in long.source
    assert long.svg().count('class="edge"') == 500
    with pytest.raises(GraphTooLargeError, match=r"edges between .* pass [\d,]+ other nodes, too many to lay out"):
        draw(loop(600), limit=5000)


def test_gradients_tint_by_sign_and_size():
    a, b, c = Value(1.0, "a"), Value(1.0, "b"), Value(1.0, "c")
    (4 * a - 4 * b + c).backward()
    y = 4 * a - 4 * b + c
    fills = {lines[0]: fills[0] for _, lines, _, fills in elements(draw(y), "input")}
    red, blue = ({name: int(fill[i : i + 2], 16) for name, fill in fills.items()} for i in (1, 5))
    assert blue["a"] > red["a"], "positive is blue"
    assert blue["b"] < red["b"], "negative is orange"
    assert red["a"] < red["c"], "a smaller gradient is paler"
    assert elements(draw(Value(1.0) * 2), "input")[0][3][0] == "#ffffff", "no gradient yet, no tint"


def test_a_negative_contribution_is_dashed():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    z = x - y
    z.backward()
    plain, dashed = [line for line in draw(z).source.splitlines() if "->" in line]
    assert "dashed" in dashed
    assert "dashed" not in plain


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_labels_are_shown_as_they_are(label, rankdir):
    leaf, out = Value(1.0, label), Value(1.0, label) * 2
    out.label = label
    assert elements(draw(leaf), "result")[0][1][0] == label
    assert elements(draw(out, rankdir=rankdir), "input")[0][1][0] == label
    assert elements(draw(out, rankdir=rankdir), "result")[0][1][:2] == ["×\xa02", label]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("x" * 1000, "x" * 39 + "…"),
        ("a\nb\t c", "a b c"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        (" ", "data 1"),
        ("", "data 1"),
    ],
)
def test_labels_that_cannot_be_shown_are_replaced(label, shown):
    assert elements(draw(Value(1.0, label)), "result")[0][1][0] == shown


def test_a_parameter_in_its_box_is_shown_by_its_short_name():
    out = neuron("layer0.neuron0", [Value(0.5, "x")], {})
    assert [lines[0] for _, lines, _, _ in elements(draw(out), "parameter")] == ["b", "w0"]
    assert [lines for _, lines, _, _ in elements(draw(out), "cluster")] == [["layer0"], ["neuron0"]]


@pytest.mark.parametrize("dot", [True, False])
@pytest.mark.parametrize(("rankdir", "across"), [("LR", "y"), ("TB", "x")])
@pytest.mark.parametrize("fold", ["nothing", "neurons"])
def test_neurons_stand_in_their_order(rankdir, across, fold, dot, request):
    if not dot:
        request.getfixturevalue("no_dot")
    for size in (3, 6):
        outputs = network([Value(1.0, "x"), Value(2.0, "y")], [size], {})
        svg = draw(sum(outputs), rankdir=rankdir, fold=fold).svg()
        places = {text.text: float(text.get(across)) for text in xml.fromstring(svg).iter(f"{SVG}text")}
        found = [places[f"neuron{i}"] for i in range(size)]
        assert found == sorted(found)


def test_a_folded_result_has_the_thick_line_of_a_result():
    out = neuron("layer0.neuron0", [Value(1.0, "x")], {})
    assert "penwidth=3" in draw(out, fold="neurons").source


def test_a_constant_can_be_drawn():
    assert elements(draw(Value(2.0, "two").detach()), "result")[0][1] == ["two", "2"]


def test_constants_are_written_into_the_operations_that_use_them():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    z = (2 - x) ** 3 * 0.5 + 1 / autograd.maximum(y, 0.0) + (-2) * x - 1
    kinds = "operation", "result"
    symbols = [lines[0].replace("\xa0", " ") for kind in kinds for _, lines, _, _ in elements(draw(z), kind)]
    assert sorted(symbols) == sorted(["2 − …", "** 3", "× 0.5", "max(…, 0)", "1 ÷ …", "+", "× (-2)", "+", "− 1"])
    assert elements(draw(z), "constant") == []
    assert len(elements(draw(z, constants=True), "constant")) == 7
    assert {lines[0] for _, lines, _, _ in elements(draw(z, constants=True), "operation")} >= {"−", "**", "×"}


def test_constants_that_are_inputs_or_have_a_label_stay_nodes():
    two = Value(2.0, "two").detach()
    y = Value(0.5, "layer0.w") * 3.0 + two
    assert [lines for _, lines, _, _ in elements(draw(y), "constant")] == [["3"], ["two", "2"]]
    assert len(elements(draw(Value(0.5, "w") * 3.0), "constant")) == 0
    assert draw([y, y.detach() + 1]).svg().startswith("<svg"), "a result that is a constant is drawn"


def test_a_constant_beyond_the_depth_is_no_cut():
    chain = Value(1.0, "x") * 2 + 1
    assert "cut" not in draw(chain, depth=2).source
    assert draw(chain, depth=1).source.count('label="⋯"') == 1
