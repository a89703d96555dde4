"""Models on disk: what is saved is what is loaded, here and by other libraries."""

import os

import pytest

import nn
from autograd import Value
from nn import safetensors_file
from nn.errors import CheckpointError

MODELS = {
    "mlp": lambda: nn.MLP(3, [4, 2], "tanh", seed=0),
    "mlp without bias": lambda: nn.MLP(3, [4, 2], bias=False, seed=0),
    "layer": lambda: nn.Layer(2, 3, "gelu", seed=0),
    "neuron": lambda: nn.Neuron(3, "sigmoid", seed=0),
    "perceptron": lambda: nn.Perceptron(2, [1.0, -2.0], 0.5),
    "sequential": lambda: nn.Sequential(
        nn.Linear(2, 4, seed=0),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.RMSNorm(4),
        nn.Sequential(nn.Linear(4, 2, bias=False, seed=0), nn.LeakyReLU(0.2)),
        nn.GELU(),
        nn.Softplus(),
        nn.Tanh(),
        nn.Sigmoid(),
        nn.Step(),
        nn.Softmax(),
    ),
    "embedding": lambda: nn.Embedding(4, 3, seed=0),
    "attention": lambda: nn.SelfAttention(4, 2, seed=0),
    "gpt": lambda: nn.GPT(5, context=4, width=4, heads=2, layers=2, hidden=6, seed=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_save_and_load(name, tmp_path):
    model, path = MODELS[name](), tmp_path / "model.safetensors"
    nn.save(model, path)
    again = nn.load(path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    other = MODELS[name]()
    for p in other.parameters():
        p.data = 0.125
    assert nn.load(path, other) is other
    assert other.state_dict() == model.state_dict()
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_the_file_is_what_the_safetensors_library_reads(tmp_path):
    import numpy

    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    model, path = nn.MLP(3, [4, 2], seed=0), tmp_path / "model.safetensors"
    nn.save(model, path)
    found = library.load_file(path)
    assert {name: array.shape for name, array in found.items()} == {
        "0.weight": (4, 3),
        "0.bias": (4,),
        "2.weight": (2, 4),
        "2.bias": (2,),
    }
    assert found["0.weight"][2, 1] == model.layers[0].neurons[2].w[1].data
    for kind in (numpy.float64, numpy.float32, numpy.float16):
        library.save_file({name: (array + 0.5).astype(kind) for name, array in found.items()}, path)
        nn.load(path, model)
        assert model.layers[0].neurons[2].w[1].data == float((found["0.weight"] + 0.5).astype(kind)[2, 1])


def test_modules_of_your_own(tmp_path):
    class Line(nn.Module):
        def __init__(self):
            self.slope, self.terms = Value(2.0), [Value(3.0), Value(4.0)]
            self.parts = {"in": nn.Linear(1, 2, seed=0)}

    path = tmp_path / "line.safetensors"
    nn.save(Line(), path)
    again = Line()
    again.slope.data = 9.0
    assert nn.load(path, again).slope.data == 2.0
    assert [name for name, _, _ in again.named_tensors()] == ["slope", "terms", "parts.in.weight", "parts.in.bias"]
    with pytest.raises(
        CheckpointError,
        match=r"line.safetensors: was saved from a Line, which cannot be built from a "
        r"file. Make the model yourself and pass it: load\(path, model\)",
    ):
        nn.load(path)
    nn.save(nn.MLP(1, [1], abs), path)
    assert nn.load(path).layers[0].activation is None  # with one layer the activation has no place
    nn.save(nn.MLP(1, [2, 1], abs), path)
    with pytest.raises(CheckpointError, match="was saved from a MLP with a function of your own"):
        nn.load(path)


@pytest.mark.parametrize(
    "description",
    [
        '["MLP", {"nin": 1000000000, "nouts": [1000000000], "activation": "relu", "bias": true}]',
        '["MLP", {"nin": 1, "nouts": ' + str([1] * 3000) + ', "activation": "relu", "bias": true}]',
        '["Sequential", [["Linear", {"nin": 2, "nout": 2, "bias": true}]]]',
        '["GPT", {"vocabulary": 3, "context": 1, "width": 1, "heads": 1, "layers": 3, "hidden": 3}]',
        '["Linear", {"nin": 3, "nout": 1, "bias": true, "seed": 5}]',
        '["Linear", {"nin": -3, "nout": 1, "bias": true}]',
        '["Linear", {"nin": 1e400, "nout": 1, "bias": true}]',
        '["Linear", {"nin": "3", "nout": 1, "bias": true}]',
        '["os.system", {"command": "true"}]',
        '["Module", {}]',
        '{"a": 1}',
        "17",
        "null",
        "[" * 50_000,
        '["MLP"]',
        '["Sequential", ' * 400 + '["ReLU", {}]' + "]" * 400,
    ],
)
def test_hostile_descriptions_are_refused_before_building(description, tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(
        path, [("weight", (1, 3), [1.0, 2.0, 3.0]), ("bias", (1,), [0.0])], {"glassgrad": f'{{"model": {description}}}'}
    )
    with pytest.raises(CheckpointError, match=r"model.safetensors: (does not say what model|lacks|has)"):
        nn.load(path)
