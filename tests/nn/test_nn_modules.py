"""Neurons, layers and networks compute what they should."""

import math
import random

import pytest

import autograd
import nn
from autograd import Value
from autograd.errors import ArgumentError
from nn import MLP, Layer, Linear, Neuron, Perceptron, Sequential


def test_a_neuron_labels_its_output_with_its_path():
    out = MLP(2, [2, 1], seed=0)([1.0, 2.0])
    labels = {node.label for node in autograd_nodes(out) if node.rule is not None and node.label}
    assert labels == {"layer0.neuron0", "layer0.neuron1", "layer1.neuron0"}
    assert Neuron(1)([1.0]).label is None


def autograd_nodes(root):
    found, path = [], [root]
    while path:
        node = path.pop()
        if node not in found:
            found.append(node)
            path.extend(node.parents)
    return found


def test_plain_inputs_are_constants_shared_by_the_neurons():
    nodes = autograd_nodes(Layer(2, 3, seed=0)([0.5, -1.0])[2])
    constants = [node for node in nodes if isinstance(node, autograd.Constant)]
    assert sorted((node.label, node.data) for node in constants) == [("x0", 0.5), ("x1", -1.0)]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (None, -1.25),
        ("linear", -1.25),
        ("relu", 0.0),
        ("tanh", math.tanh(-1.25)),
        ("step", 0.0),
        ("sigmoid", 1 / (1 + math.exp(1.25))),
        ("leaky_relu", -0.0125),
        ("softplus", math.log1p(math.exp(-1.25))),
        (lambda v: v * v, 1.5625),
    ],
)
def test_neuron_computes_what_it_should(activation, expected):
    neuron = Neuron(2, activation)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 0.5, -2.0, 0.25
    assert neuron([1.0, 1.0]).data == pytest.approx(expected, rel=1e-14)
    assert neuron((Value(1.0), 1)).data == pytest.approx(expected, rel=1e-14)


def test_mlp_gradients_against_finite_differences():
    model = MLP(3, [4, 2], activation="tanh", seed=3)
    x = [0.3, -0.8, 1.2]

    def loss():
        a, b = model(x)
        return a * b + a

    model.zero_grad()
    loss().backward()
    for p in model.parameters():
        centre, h = p.data, 1e-6
        p.data = centre + h
        above = loss().data
        p.data = centre - h
        below = loss().data
        p.data = centre
        assert p.grad == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-9)


def test_numpy_rows_and_iterators_are_inputs():
    import numpy

    model = MLP(2, [3, 1], seed=0)
    expected = model([0.5, -1.0]).data
    assert model(numpy.array([0.5, -1.0])).data == expected
    assert model(map(Value, [0.5, -1.0])).data == expected
    assert MLP(1, [2, 1, 1], seed=0)(0.5).data == MLP(1, [2, 1, 1], seed=0)([0.5]).data


def test_wrong_sizes_name_both_numbers():
    with pytest.raises(ArgumentError, match=r"^Layer expects 4 inputs, got 3 at layer0\. Pass one example, a list"):
        MLP(4, [2])([1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError, match=r"^Layer expects 4 inputs, got 3\."):
        Layer(4, 2)([1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError, match=r"^Neuron expects 1 input, got 2\."):
        Neuron(1)([1.0, 2.0])
    with pytest.raises(ArgumentError, match=r"Layer expects 3 inputs, got 2 at layer1"):
        Sequential(Layer(2, 2), Layer(3, 1))([1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(2, 3), r"nouts must be a list of layer sizes such as \[16, 16, 1\], got 3"),
        (lambda: MLP(2, []), r"nouts must be a list"),
        (lambda: MLP(2, [0]), r"Layer: nout must be a positive integer, got 0"),
        (lambda: Neuron(2.5), r"Neuron: nin must be a positive integer, got 2.5"),
        (lambda: Neuron(True), r"nin must be a positive integer"),
        (lambda: Neuron(2, "rellu"), r'got \'rellu\'. Did you mean "relu"\?'),
        (lambda: Neuron(2, init="xavier"), r'got \'xavier\'. Did you mean "xavier_'),
        (lambda: Perceptron(2, weights=[1.0]), r"2 inputs need 2 weights, got 1"),
        (lambda: Sequential(Layer(1, 1), 3), r"part 1 must be a module or a function, got 3"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_a_seed_is_independent_of_the_global_generator():
    random.seed(5)
    state = random.getstate()
    a = MLP(2, [3, 1], seed=7).state_dict()
    assert random.getstate() == state
    assert MLP(2, [3, 1], seed=7).state_dict() == a != MLP(2, [3, 1], seed=8).state_dict()
    random.seed(5)
    b = MLP(2, [3, 1]).state_dict()
    random.seed(5)
    assert MLP(2, [3, 1]).state_dict() == b
    random.seed(5)
    assert b["layer0.neuron0.w0"] == random.uniform(-1, 1)


def test_bias_can_be_left_out():
    layer = Linear(2, 2, bias=False)
    assert len(layer.parameters()) == 4
    assert layer([0.0, 0.0])[0].data == 0.0


def test_perceptron_learns_what_is_separable_and_not_xor():
    points = [([a, b]) for a in (0, 1) for b in (0, 1)]

    def mistakes(target, epochs=25):
        perceptron = Perceptron(2)
        for _ in range(epochs):
            wrong = sum(abs(perceptron.learn(x, target(*x))) for x in points)
        return wrong

    assert mistakes(lambda a, b: a & b) == 0
    assert mistakes(lambda a, b: a | b) == 0
    assert mistakes(lambda a, b: a ^ b) > 0


def test_sequential_is_like_a_list():
    parts = [Linear(2, 3, seed=0), nn.Tanh(), Linear(3, 1, seed=1)]
    model = nn.Sequential(parts)
    assert list(model) == parts == list(nn.Sequential(*parts)) == list(nn.Sequential(tuple(parts)))
    assert (len(model), model[-1]) == (3, parts[2])
    tail = model[1:]
    assert (type(tail), list(tail)) == (nn.Sequential, parts[1:])
    assert model[0]([1.0, 2.0])[0].data == model[:1]([1.0, 2.0])[0].data
    with pytest.raises(IndexError):
        model[3]


def test_append_names_the_parameters_and_is_saved(tmp_path):
    model = nn.Sequential(Linear(2, 3, seed=0)).append(nn.Tanh()).append(Linear(3, 1, seed=1))
    assert [name for name, _ in model.named_parameters()][-1] == "layer2.neuron0.b"
    assert model.layers[2].neurons[0].b.label == "layer2.neuron0.b"
    with pytest.raises(ArgumentError, match="part 3 must be a module or a function, got 3"):
        model.append(3)
    longer = MLP(2, [3], seed=0).append(nn.Tanh()).append(nn.Layer(3, 1, "relu"))
    for whole in (model, longer):
        nn.save(whole, tmp_path / "model")
        assert nn.load(tmp_path / "model")([1.0, 2.0]).data == whole([1.0, 2.0]).data


def test_append_is_noticed_by_a_recording():
    model = nn.Sequential(Linear(2, 2, seed=0))
    step = autograd.compile(lambda x: model(x)[0])
    before = step([1.0, 2.0]).data
    model.append(nn.Tanh())
    assert step([1.0, 2.0]).data == model([1.0, 2.0])[0].data != before
