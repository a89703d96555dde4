"""Activations, Dropout, Embedding, LayerNorm and RMSNorm, against formulas written out here."""

import math
import random

import pytest

import nn
from autograd import Value
from autograd.errors import ArgumentError

REFERENCE = {
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "tanh": math.tanh,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "step": lambda x: float(x > 0),
}


MODULES = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "step": nn.Step,
}


@pytest.mark.parametrize("name", REFERENCE)
def test_activations_as_functions_modules_and_names(name):
    for x in (-2.5, -0.1, 0.7, 3.0):
        expected = pytest.approx(REFERENCE[name](x), rel=1e-12)
        assert getattr(nn, name)(x) == expected
        assert getattr(nn, name)([[Value(x)]])[0][0].data == expected
        assert MODULES[name]()([x, x]) == [expected, expected]
        neuron = nn.Neuron(1, name, init="zeros")
        neuron.b.data = x
        assert neuron([1.0]).data == expected


def test_softmax():
    assert nn.softmax([1.0, 2.0]) == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)])
    assert sum(v.data for v in nn.Softmax()([Value(3.0), 1.0, -2.0])) == pytest.approx(1)


def test_leaky_relu_slope():
    assert nn.LeakyReLU(0.5)([-2.0]) == [-1.0]
    assert repr(nn.LeakyReLU(0.5)) == "LeakyReLU(negative_slope=0.5)"


def test_dropout():
    dropout = nn.Dropout(0.25, seed=0)
    found = dropout([1.0] * 4000)
    assert set(found) == {0.0, 1 / 0.75}
    assert found.count(0.0) == pytest.approx(1000, abs=100)
    assert nn.Dropout(0.25, seed=0)([1.0] * 4000) == found
    assert dropout.eval()([1.0, 2.0]) == [1.0, 2.0]
    x = Value(2.0)
    nn.Dropout(0.5, seed=3)([x, x])[1].backward()
    assert x.grad == 2.0
    random.seed(1)
    first = nn.Dropout()([1.0] * 50)
    random.seed(1)
    assert nn.Dropout()([1.0] * 50) == first
    with pytest.raises(ArgumentError, match="p must be from 0 to less than 1, got 1"):
        nn.Dropout(1)


def test_embedding():
    table = nn.Embedding(3, 2, seed=0)
    row = table(1)
    (row[0] * row[1]).backward()
    assert table.weight[1][0].grad == row[1].data
    assert table.weight[0][0].grad == 0.0
    assert row[0].label == "weight1_0"
    assert table([2, 0]) == [table.weight[2], table.weight[0]]
    assert table(1.0) == table(True) == table(Value(1.0)) == table.weight[1]
    for wrong in (3, -1, 1.5, Value(3.0), "1", None):
        with pytest.raises(ArgumentError, match="Embedding: expected an integer from 0 to 2, got"):
            table(wrong)


def test_rms_norm():
    norm = nn.RMSNorm(3, eps=0.1)
    norm.weight[1].data = 2.0
    x = [1.0, -2.0, 3.0]
    root = math.sqrt(14 / 3 + 0.1)
    assert [v.data for v in norm(x)] == pytest.approx([1 / root, -4 / root, 3 / root], rel=1e-14)
    assert nn.RMSNorm(2, elementwise_affine=False).parameters() == []
    with pytest.raises(ArgumentError, match="RMSNorm expects 3 inputs, got 2"):
        norm([1.0, 2.0])


def test_layer_norm():
    norm = nn.LayerNorm(3, eps=0.1)
    norm.weight[1].data, norm.bias[2].data = 2.0, 0.5
    root = math.sqrt((1 + 16 + 9) / 3 + 0.1)  # the mean is 2
    assert [v.data for v in norm([3.0, -2.0, 5.0])] == pytest.approx([1 / root, -8 / root, 3 / root + 0.5], rel=1e-14)
    assert [name for name, _, _ in norm.named_tensors()] == ["weight", "bias"]
    assert [name for name, _, _ in nn.LayerNorm((3,), bias=False).named_tensors()] == ["weight"]
    assert nn.LayerNorm(2, elementwise_affine=False).parameters() == []
    assert repr(nn.LayerNorm(2, bias=False)) == "LayerNorm(2, eps=1e-05, bias=False)"
    with pytest.raises(ArgumentError, match="LayerNorm expects 3 inputs, got 2"):
        norm([1.0, 2.0])
    with pytest.raises(ArgumentError, match=r"LayerNorm: normalized_shape must be one integer, got \(2, 3\)"):
        nn.LayerNorm((2, 3))


def test_names_of_pytorch_are_pointed_to():
    with pytest.raises(AttributeError, match=r"PyTorch's class CrossEntropyLoss is the function nn.cross_entropy here"):
        nn.CrossEntropyLoss  # noqa: B018 - the access is what is tested
    with pytest.raises(AttributeError, match=r'nn has no "Linnear". Did you mean "Linear"'):
        nn.Linnear  # noqa: B018 - the access is what is tested


def test_a_model_with_dropout_can_be_copied():
    import copy
    import pickle

    model = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Dropout(0.5))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.RMSNorm])
def test_numbers_that_are_all_alike_need_an_eps(kind):
    for eps in (0.0, -1e-5):
        with pytest.raises(ArgumentError, match=rf"{kind.__name__}: eps must be above 0, got {eps}"):
            kind(3, eps=eps)
