"""To PyTorch and back: the same outputs, names and shapes. Skipped where PyTorch is not installed."""

import pytest

import nn
from autograd.errors import ArgumentError

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

X = [0.5, -1.25, 2.0]
MODELS = {
    "linear": lambda: nn.Linear(3, 2, seed=0),
    "linear without bias": lambda: nn.Linear(3, 2, bias=False, seed=0),
    "layer": lambda: nn.Layer(3, 2, "tanh", seed=0),
    "neuron": lambda: nn.Neuron(3, "sigmoid", seed=0),
    "mlp": lambda: nn.MLP(3, [4, 3, 2], seed=0),
    "mlp with one output": lambda: nn.MLP(3, [4, 1], "gelu", seed=0),
    "deep linear": lambda: nn.MLP(3, [4, 2], None, seed=0),
    "sequential": lambda: nn.Sequential(
        nn.Linear(3, 4, seed=0),
        nn.LeakyReLU(0.2),
        nn.Layer(4, 4, "softplus", seed=1),
        nn.RMSNorm(4),
        nn.Dropout(0.0),
        nn.Linear(4, 3, seed=2),
        nn.Softmax(),
    ),
    "nested": lambda: nn.Sequential(nn.MLP(3, [4, 4], seed=0), nn.Sequential(nn.Linear(4, 2, seed=1), nn.Tanh())),
}


def outputs(model, x=X):
    out = model(x)
    return [v.data for v in out] if isinstance(out, list) else [out.data]


@pytest.mark.parametrize("name", MODELS)
def test_to_torch_and_back(name):
    model = MODELS[name]()
    theirs = nn.to_torch(model)
    assert theirs(torch.tensor(X, dtype=torch.float64)).tolist() == pytest.approx(outputs(model), rel=1e-13)
    back = nn.from_torch(theirs)
    assert outputs(back) == outputs(model)
    assert {k: tuple(v.shape) for k, v in theirs.state_dict().items()} == {
        k: shape for k, shape, _ in back.named_tensors()
    }


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("layer", "neuron")])
def test_names_and_shapes_are_those_of_pytorch(name):
    model = MODELS[name]()
    theirs = nn.to_torch(model).state_dict()
    assert {k: tuple(v.shape) for k, v in theirs.items()} == {k: shape for k, shape, _ in model.named_tensors()}


def test_embedding():
    table = nn.Embedding(4, 2, seed=0)
    theirs = nn.to_torch(table)
    assert theirs(torch.tensor(3)).tolist() == [v.data for v in table(3)]
    assert [v.data for v in nn.from_torch(theirs)(3)] == [v.data for v in table(3)]


def test_float32_models_come_over_exactly():
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    ours = nn.from_torch(theirs)
    assert ours.layers[0].neurons[1].w[2].data == theirs[0].weight[1, 2].item()
    assert outputs(ours)[0] == pytest.approx(theirs(torch.tensor(X)).item(), rel=1e-5)
    assert nn.from_torch(theirs.eval()).training is False


def test_saved_weights_work_on_both_sides(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    model = nn.MLP(3, [4, 2], seed=0)
    nn.save(model, tmp_path / "ours.safetensors")
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).double()
    theirs.load_state_dict(safetensors.load_file(tmp_path / "ours.safetensors"))
    assert theirs(torch.tensor(X, dtype=torch.float64)).tolist() == pytest.approx(outputs(model), rel=1e-13)
    for kind in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).to(kind)
        safetensors.save_file(other.state_dict(), tmp_path / "theirs.safetensors")
        nn.load(tmp_path / "theirs.safetensors", model)
        assert model.layers[1].neurons[1].w[3].data == other[2].weight[1, 3].item()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.to_torch(nn.Sequential(nn.Step())), r"PyTorch has no counterpart of Step\(\)"),
        (lambda: nn.to_torch(nn.Layer(2, 2, lambda v: v * v)), "PyTorch has no counterpart of Layer"),
        (lambda: nn.from_torch(torch.nn.Conv2d(1, 1, 3)), "no counterpart of Conv2d.* Known are Sequential, Linear"),
        (lambda: nn.from_torch(torch.nn.GELU(approximate="tanh")), "there is no counterpart of GELU"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
