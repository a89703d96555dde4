"""Which nodes belong to which application of which module."""

from drawing import elements, loss_graph, neuron

from autograd import Value, draw
from autograd.view.graph import Graph


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


def test_a_model_has_a_box_for_each_example():
    graph = Graph(loss_graph(examples=3, sizes=(2, 1)))
    assert [box.name for box in graph.boxes] == ["layer0 × 3", "layer1 × 3"]
    assert [[(box.path, box.application) for box in group.inner] for group in graph.boxes] == [
        [(f"layer{i}", turn) for turn in (1, 2, 3)] for i in (0, 1)
    ]
    titles = [lines[0] for _, lines, _, _ in elements(draw(graph.result), "cluster") if lines[0].startswith("layer0")]
    assert sorted(titles) == ["layer0 (1 of 3)", "layer0 (2 of 3)", "layer0 (3 of 3)"]


def test_a_recurrent_neuron_has_a_box_for_each_step():
    state, parameters = Value(0.1, "h"), {}
    for _ in range(3):
        state = neuron("cell.neuron0", [state], parameters)
    steps = [box.inner[0] for box in Graph(state).boxes]
    assert [len(box.members) for box in steps] == [3, 3, 3]


def test_an_inner_module_lies_within_the_outer_one():
    x = Value(1.0, "x")
    parameters = {}
    out = neuron("net.neuron0", [x], parameters) * Value(2.0, "net.scale")
    out.label = "net"
    (box,) = Graph(out).boxes
    assert box.path == "net"
    assert [inner.path for inner in box.inner] == ["net.neuron0"]
    assert out in box.members
