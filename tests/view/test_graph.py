"""The nodes of a graph, in order and by name."""

from drawing import loss_graph

from autograd import Value
from autograd.view.graph import Graph, ancestry


def test_ancestry_is_in_the_order_of_the_backward_pass():
    y = loss_graph()
    from autograd.engine import topological_order

    assert [node for node in ancestry(y) if type(node) is Value] == topological_order(y)


def test_names_are_labels_or_numbered():
    x = Value(1.0, "v1")
    y = (x + 2.0) * Value(3.0, "a b")
    assert list(Graph(y).names.values()) == ["v1", "2", "v2", '"a b"', "v3"]
