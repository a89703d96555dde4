"""To PyTorch and back: the same outputs, names and shapes. Skipped where PyTorch is not installed."""

import math

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
        nn.LayerNorm(4),
        nn.Dropout(0.0),
        nn.Linear(4, 3, seed=2),
        nn.Softmax(),
    ),
    "nested": lambda: nn.Sequential(nn.MLP(3, [4, 4], seed=0), nn.Sequential(nn.Linear(4, 2, seed=1), nn.Tanh())),
}


def outputs(model, x=X):
    out = model(x)
    return numbers(out) if isinstance(out, list) else [out.data]


def numbers(nested):
    return [numbers(part) for part in nested] if isinstance(nested, (list, tuple)) else nested.data


def flat(nested):
    return [v for part in nested for v in flat(part)] if isinstance(nested, (list, tuple)) else [nested]


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


def test_images():
    model = nn.Sequential(
        nn.Unflatten(-1, (2, 6, 5)),
        nn.Conv2d(2, 3, 3, padding=1, seed=0),
        nn.Tanh(),
        nn.MaxPool2d(2, padding=1),
        nn.Conv2d(3, 2, (2, 1), stride=(2, 1), bias=False, seed=1),
        nn.Flatten(),
        nn.Linear(12, 3, seed=2),
    )
    x = [math.sin(k * k) for k in range(60)]
    theirs = nn.to_torch(model)
    single, batch = torch.tensor(x, dtype=torch.float64), torch.tensor([x, x], dtype=torch.float64)
    assert theirs(single).tolist() == pytest.approx(outputs(model, x), rel=1e-12)
    assert theirs(batch)[1].tolist() == pytest.approx(outputs(model, x), rel=1e-12)
    assert outputs(nn.from_torch(theirs), x) == outputs(model, x)
    torch.nn.functional.cross_entropy(theirs(batch[:1]), torch.tensor([1])).backward()
    nn.cross_entropy(model(x), 1).backward()
    slopes = dict(theirs.named_parameters())
    for name, _, parameters in model.named_tensors():
        assert [p.grad for p in parameters] == pytest.approx(slopes[name].grad.flatten().tolist(), abs=1e-13)
    same = torch.nn.Conv2d(1, 1, 3, padding="same").double()
    image = [[[1.0, 2.0], [3.0, -1.0]]]
    expected = same(torch.tensor(image, dtype=torch.float64)).flatten().tolist()
    assert flat(numbers(nn.from_torch(same)(image))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_sequences(bias):
    xs = [[math.sin(k), math.cos(k * k)] for k in range(5)]
    inputs = torch.tensor(xs, dtype=torch.float64)
    model = nn.LSTM(2, 3, num_layers=2, bias=bias, seed=0)
    theirs = nn.to_torch(model)
    found = flat(theirs(inputs)[0].tolist()), [flat(part.tolist()) for part in theirs(inputs)[1]]
    outputs, state = numbers(model(xs))
    assert flat(outputs) == pytest.approx(found[0], rel=1e-12)
    assert [flat(part) for part in state] == [pytest.approx(part, rel=1e-12) for part in found[1]]
    assert numbers(nn.from_torch(theirs)(xs)) == [outputs, state]
    cell = nn.LSTMCell(2, 3, bias, seed=1)
    h, c = nn.to_torch(cell)(inputs[0])
    assert flat(numbers(cell(xs[0]))) == pytest.approx([*h.tolist(), *c.tolist()], rel=1e-12)
    assert numbers(nn.from_torch(nn.to_torch(cell))(xs[0])) == numbers(cell(xs[0]))


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
        (lambda: nn.from_torch(torch.nn.Conv1d(1, 1, 3)), "no counterpart of Conv1d.* Known are Sequential, Linear"),
        (lambda: nn.from_torch(torch.nn.Conv2d(2, 2, 3, groups=2)), "no counterpart of Conv2d.*groups=2"),
        (lambda: nn.from_torch(torch.nn.Conv2d(1, 1, 2, padding="same")), "Conv2d.*, whose window is even"),
        (lambda: nn.from_torch(torch.nn.LSTM(2, 3, bidirectional=True)), "no counterpart of LSTM.*bidirectional"),
        (lambda: nn.from_torch(torch.nn.MaxPool2d(2, ceil_mode=True)), "no counterpart of MaxPool2d"),
        (lambda: nn.from_torch(torch.nn.GELU(approximate="tanh")), "there is no counterpart of GELU"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
