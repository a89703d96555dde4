"""Boxes from recorded scopes, repeated boxes, and models that draw and play call themselves."""

import re
import threading

import pytest
from drawing import elements, loss_graph, network

import nn
from autograd import Value, compile, draw, exp, play, record_lines, record_scopes, scope, sin, softmax
from autograd.errors import ArgumentError, NumberTypeError
from autograd.view.graph import Graph, ancestry
from autograd.view.opening import READABLE, fitting
from autograd.view.repeats import in_order, natural

GPT_INPUT, GPT_TARGET = [0, 6, 18, 15], [6, 18, 15, 7]


def gpt_loss():
    model = nn.GPT(20, context=6, width=8, heads=2, seed=1)
    with record_scopes():
        return nn.cross_entropy(model(GPT_INPUT), GPT_TARGET)


def names(boxes):
    return [box.name for box in boxes]


def test_a_node_keeps_the_scopes_it_was_made_in():
    x = Value(0.5)
    with record_scopes():
        with scope("a"), scope("b"):
            y = sin(x)
        z = exp(y)
    outside = exp(z)
    assert (y.scope.path, y.scope.name, y.scope.around.name) == ("a.b", "b", "a")
    assert z.scope is None
    assert outside.scope is None
    assert repr(y.scope) == "<scope a.b>"
    y.label = "y"
    assert (y.label, y.scope.path, y.line) == ("y", "a.b", None)


def test_lines_and_scopes_are_kept_together():
    with record_lines(), record_scopes(), scope("a"):
        y = sin(Value(0.5))
    assert y.scope.path == "a"
    assert y.line.startswith("test_scope_boxes.py:")


def test_scopes_are_those_of_the_thread():
    found = []

    def work():
        with scope("other"):
            found.append(sin(Value(0.5)).scope)
        with record_scopes(), scope("other"):
            found.append(sin(Value(0.5)).scope.path)

    with record_scopes(), scope("a"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert sin(Value(0.5)).scope.path == "a"
    assert found == [None, "other"]


def test_a_scope_opened_outside_of_record_scopes_does_nothing():
    with scope("outer"), record_scopes():
        assert sin(Value(0.5)).scope is None
        with scope("inner"):
            assert sin(Value(0.5)).scope.path == "inner"


def test_an_error_leaves_a_scope():
    with record_scopes():
        with pytest.raises(KeyError), scope("a"):
            raise KeyError
        assert sin(Value(0.5)).scope is None


def test_a_function_may_be_a_scope():
    @scope("wave")
    def wave(x: Value) -> Value:
        """A wave."""
        return sin(x)

    assert (wave.__name__, wave.__doc__) == ("wave", "A wave.")
    assert wave(Value(0.5)).scope is None
    with record_scopes():
        assert wave(Value(0.5)).scope.path == "wave"


def test_a_graph_has_a_box_for_each_stay_in_a_scope():
    x, w = Value(0.5, "x"), Value(2.0, "net.w")
    with record_scopes():
        with scope("twice"):
            y = w * x
        with scope("twice"), scope("inner"):
            y = y * x
        y = y + 1
    graph = Graph(y)
    first, second = graph.boxes
    assert [(box.path, box.application) for box in (first, second)] == [("twice", 1), ("twice", 2)]
    assert [box.path for box in second.inner] == ["twice.inner"]
    assert w in first.members, "what only one box uses is inside"
    assert x not in graph.box_of
    assert y not in graph.box_of


def test_losses_softmax_and_neurons_are_boxes():
    loss = gpt_loss()
    graph = Graph(loss)
    assert names(graph.boxes) == ["block0", "cross_entropy", "embed × 4", "head × 4", "norm × 4"]
    (block,) = [box for box in graph.boxes if box.path == "block0"]
    assert "attention" in [box.path.rpartition(".")[2] for box in block.inner]
    paths = {box.path for box in graph.all_boxes()}
    assert {"block0.attention.head0.softmax", "block0.residual", "cross_entropy.example", "head.neuron19"} <= paths


def test_what_repeats_is_one_box_with_a_count():
    graph = Graph(gpt_loss())
    (heads,) = [box for box in graph.all_boxes() if box.name == "block0.attention.head × 2"]
    assert names(heads.inner) == ["block0.attention.head0 × 4", "block0.attention.head1 × 4"]
    (neurons, *_) = [box for box in graph.all_boxes() if box.name == "head.neuron × 20"]
    assert [box.path for box in neurons.inner] == [f"head.neuron{i}" for i in range(20)], "2 before 10"
    residuals = [box for box in graph.all_boxes() if box.name == "block0.residual × 4"]
    assert len(residuals) == 2, "the second sum depends on the first"


def test_what_depends_on_one_another_is_not_repeated():
    x = Value(0.5)
    with record_scopes():
        for i in range(8):
            with scope(f"step{i}"):
                x = sin(x)
    assert names(Graph(x).boxes) == [f"step{i}" for i in range(8)]
    with record_scopes(), scope("step8"):
        x = sin(x)
    assert names(Graph(x).boxes) == ["step × 9"], "but a long chain is one box"


def test_modules_of_different_structure_are_not_repeated():
    x = Value(0.5)
    with record_scopes():
        with scope("branch0"):
            y = sin(x)
        with scope("branch1"):
            z = exp(x)
    assert names(Graph(y + z).boxes) == ["branch0", "branch1"]


def test_steps_of_a_recurrent_network_are_in_order():
    cell = nn.Neuron(2, activation="tanh", seed=0)
    state = Value(0.0, "state")
    with record_scopes():
        for i in range(4):
            with scope("cell"):
                state = cell([float(i), state])
    boxes = Graph(state).boxes
    values = [max(box.members, key=Graph(state).nodes.index).data for box in boxes]
    assert [box.application for box in boxes] == [1, 2, 3, 4]
    assert values[-1] == state.data


def test_numbers_in_names_are_in_natural_order():
    assert sorted(["n10", "n2", "n1.b10", "n1.b9", "m"], key=natural) == ["m", "n1.b9", "n1.b10", "n2", "n10"]
    graph = Graph(loss_graph(1, (12, 1)))
    (neurons,) = [box for box in graph.all_boxes() if box.repeats]
    assert in_order(reversed(neurons.inner)) == neurons.inner
    assert [box.path for box in neurons.inner] == [f"layer0.neuron{i}" for i in range(12)]


def test_a_language_model_fits_on_a_slide_and_each_box_opens():
    graph = Graph(gpt_loss())
    waiting, shown = [None], set()
    for inside in waiting:
        shown_as = fitting(graph, inside, READABLE)
        things = set(shown_as.values())
        shown |= {node for node, thing in shown_as.items() if thing is node}
        boxes = [box for box in things if not isinstance(box, Value) and (inside is None or inside in box.around())]
        assert inside is None or inside not in things
        if boxes and not (inside and inside.repeats):
            assert len(things) <= READABLE, inside and inside.name
        # Repeated boxes do the same: the first stands for them.
        waiting += boxes[:1] if inside is not None and inside.repeats else boxes
    assert len(set(fitting(graph, None, 400).values())) <= READABLE
    assert {node.rule.name for node in shown if node.rule} == {node.rule.name for node in graph.nodes if node.rule}


def test_draw_calls_a_model_itself():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    picture = draw(model, [1.0, 2.0], loss=nn.mse_loss, target=0.5)
    titles = [lines[0] for _, lines, _, _ in elements(picture, "cluster")]
    assert {"layer0", "layer1", "mse_loss"} <= set(titles)
    assert all(parameter.grad == 0.0 for parameter in model.parameters()), "no grad is changed"
    loss = nn.mse_loss(model([1.0, 2.0]), 0.5)
    loss.backward()
    shown = {lines[0]: lines[-1] for _, lines, _, _ in elements(picture, "parameter")}
    assert shown["b"] in {f"grad {p.grad:.4g}" for p in model.parameters()}


@pytest.mark.parametrize(
    "model",
    [
        nn.MLP(3, [4, 1], seed=0),
        nn.GPT(5, context=4, width=4, heads=2, seed=0),
        nn.Sequential(nn.Tanh(), nn.Linear(3, 2, seed=0)),
        nn.SelfAttention(4, 2, seed=0),
        nn.Sequential(nn.Embedding(5, 2, seed=0), nn.Flatten(), nn.Linear(6, 2, seed=0)),
        nn.RMSNorm(3),
        nn.Neuron(2, seed=0),
        nn.LSTMCell(2, 3, seed=0),
        nn.LSTM(2, 3, num_layers=2, seed=0),
        nn.Conv2d(2, 2, kernel_size=(2, 3), stride=2, padding=1, seed=0),
        nn.MaxPool2d(2, stride=1),
        nn.Sequential(nn.Conv2d(1, 2, 2, seed=0), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 1, seed=1)),
        nn.Sequential(nn.Unflatten(-1, (1, 3, 3)), nn.Conv2d(1, 1, 2, seed=0), nn.Flatten(), nn.Linear(4, 1, seed=1)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_is_drawn_without_data(model):
    assert draw(model).svg().startswith("<svg")


def test_the_gates_of_an_lstm_are_boxes():
    cell = nn.LSTM(1, 2, seed=0)
    (data,) = play(lambda xs: cell(xs)[0][-1][0], [[1.0], [0.0]])._data()["graphs"]
    titles = {box["title"] for box in data["boxes"]}
    assert {f"cell0 (2 of 2) › {part}" for part in "ifgch"} <= titles


def test_what_is_missing_is_said():
    with pytest.raises(ArgumentError, match=r"draw: function does not say what its input looks like. Pass one, draw"):
        draw(lambda x: x)
    model = nn.Sequential(nn.Embedding(5, 2, seed=0), nn.Flatten(), nn.Linear(8, 2, seed=0))
    with pytest.raises(ArgumentError, match=r"made-up input \[0, 1, 2\]: Linear expects 8 inputs, got 6 at layer2"):
        draw(model)
    with pytest.raises(ArgumentError, match=r"Conv2d: the image, 2 by 2, is smaller .* Pass one: draw\(model, x"):
        draw(nn.Sequential(nn.Conv2d(1, 1, 3, seed=0), nn.Conv2d(1, 1, 3, seed=0)))
    with pytest.raises(ArgumentError, match=r"target= is for the loss; pass loss= too"):
        draw(model, [0, 1, 2, 3], target=1.0)
    with pytest.raises(ArgumentError, match=r"play: an input, loss= and target= are for a model"):
        play(Value(1.0) * 2, 3.0)
    with pytest.raises(NumberTypeError, match=r"draw: the model returned float 2.0, which depends on no Value"):
        draw(lambda x: x, 2.0)
    with pytest.raises(ArgumentError, match=r"play: the backward pass begins at one result, got 2"):
        play(nn.Linear(2, 2, seed=0), [1.0, 2.0])


def test_play_calls_a_model_itself():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    (data,) = play(model, [1.0, 2.0], loss=nn.mse_loss, target=0.5)._data()["graphs"]
    boxes = {box["path"]: box for box in data["boxes"]}
    assert {"layer0", "layer0.neuron2", "mse_loss"} <= set(boxes)
    group = next(box for box in data["boxes"] if box["repeats"])
    assert group["repeats"] == len(group["inner"]) == 3
    assert [data["boxes"][i]["path"] for i in group["inner"]] == [f"layer0.neuron{i}" for i in range(3)]
    assert data["boxes"][group["outer"]]["path"] == "layer0"
    assert any(node["line"] for node in data["nodes"])


def test_several_results_are_drawn_together():
    x = Value(2.0, "x")
    y, z = x * 3, x + 1
    picture = draw([y, z])
    assert len(elements(picture, "result")) == 2
    assert len(elements(picture, "input")) == 1
    assert ancestry(y, z)[-1] is z


def test_the_inside_of_a_box_is_drawn_with_its_operands():
    loss = gpt_loss()
    picture = draw(loss, inside="block0.attention")
    boxes = {lines[0]: lines for _, lines, _, _ in elements(picture, "box")}
    assert set(boxes) == {"query × 4", "key × 4", "value × 4", "head × 2", "out × 4", "norm1 × 4"}
    assert elements(picture, "operation") == []
    softmax_box = draw(loss, inside="block0.attention.head0.softmax")
    assert elements(softmax_box, "operation")
    with pytest.raises(ArgumentError, match="inside: there is no box 'block7'; the boxes are block0, "):
        draw(loss, inside="block7")


def test_many_inputs_are_one_box_where_boxes_are_closed():
    picture = draw(nn.MLP(64, [16, 10], seed=0), loss=nn.cross_entropy, target=3)
    titles = [lines[:2] for _, lines, _, _ in elements(picture, "box")]
    assert ["x × 64", "64 outputs"] in titles
    assert [title for title, _ in titles if title.startswith("layer")] == ["layer0", "layer1"]


def test_a_compiled_function_takes_scopes_as_before():
    with record_scopes():
        step = compile(lambda x: softmax([x, 2 * x])[0])
        y = step(Value(0.5))
    assert y.data == softmax([Value(0.5), Value(1.0)])[0].data


def test_a_network_of_labels_alone_folds_as_well():
    out = sum(network([0.5, -1.0], (16, 16, 1), {}))
    boxes = [lines[:2] for _, lines, _, _ in elements(draw(out), "box")]
    assert [re.sub(r"\d+", "#", name) for name, _ in boxes] == ["layer#"] * 3


def test_a_picture_is_no_wider_than_a_slide():
    one, two = (nn.GPT(5, context=3, width=4, heads=2, layers=layers, seed=0) for layers in (1, 2))
    assert [lines[0] for _, lines, _, _ in elements(draw(one), "cluster")][:1] == ["block0"], "one block is opened"
    boxes = [lines[0] for _, lines, _, _ in elements(draw(two), "box")]
    assert sorted(boxes) == ["block0", "block1", "embed × 3", "head × 3", "norm × 3"], "opened, 23 in a row"
    assert len(elements(draw(two, inside="block1"), "box")) > 8


def test_several_new_results_have_no_gradients():
    source = draw(nn.Linear(2, 2, seed=0)).source
    assert "data " in source
    assert "grad " not in source
    assert "to neuron0" not in source
    assert "grad 1" in draw(nn.Linear(2, 1, seed=0)).source


def test_what_is_in_a_box_is_in_the_order_of_the_graph():
    x = Value(0.5, "x")
    with record_scopes(), scope("a"):
        y = exp(sin(x)) * sin(exp(x))
    graph = Graph(y)
    assert [node for node in graph.boxes[0].members if node.rule] == [node for node in graph.nodes if node.rule]
