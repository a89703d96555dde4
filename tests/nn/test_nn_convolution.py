"""Conv2d and MaxPool2d against NumPy's windows, recorded and not; what they refuse."""

import copy
import random

import pytest

import nn
from autograd import Value, compile, derivatives, gradcheck
from autograd.errors import ArgumentError

# The independent implementation is written with it. `make test` installs it.
numpy = pytest.importorskip("numpy", reason="NumPy is what the layers are compared with")

CONVOLUTIONS = [
    {"kernel_size": 3},
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": (2, 3), "stride": (2, 1), "bias": False},
    {"kernel_size": (3, 2), "stride": 2, "padding": (1, 2)},
    {"kernel_size": 1},
]
POOLS = [
    {"kernel_size": 2},
    {"kernel_size": (2, 3), "stride": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1},
]


def image(channels, height, width, seed=0):
    rng = random.Random(seed)
    return [[[rng.gauss(0, 1) for _ in range(width)] for _ in range(height)] for _ in range(channels)]


def windows(pixels, kernel, stride, padding, outside):
    """An array [channel, row, column, row in the window, column in the window]."""
    (up, left), (down, across) = padding, stride
    padded = numpy.pad(pixels, ((0, 0), (up, up), (left, left)), constant_values=outside)
    return numpy.lib.stride_tricks.sliding_window_view(padded, kernel, (1, 2))[:, ::down, ::across]


def numbers(nested):
    return [numbers(part) for part in nested] if isinstance(nested, list) else nested.data


@pytest.mark.parametrize("settings", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize(("channels", "made"), [(1, 4), (3, 2), (2, 1)])
def test_conv2d_is_what_numpy_makes_of_it(settings, channels, made):
    conv = nn.Conv2d(channels, made, **settings, seed=0)
    (weight, *bias) = ([p.data for p in parameters] for _, _, parameters in conv.named_tensors())
    kernel = numpy.reshape(weight, (made, channels, *conv.kernel_size))
    x = image(channels, 6, 5)
    seen = windows(numpy.array(x), conv.kernel_size, conv.stride, conv.padding, 0.0)
    expected = numpy.einsum("cijkl,ockl->oij", seen, kernel) + (numpy.reshape(bias[0], (-1, 1, 1)) if bias else 0)
    assert numpy.allclose(numbers(conv(x)), expected, rtol=1e-13, atol=1e-14)
    assert numbers(conv(numpy.array(x))) == numbers(conv(x))


@pytest.mark.parametrize("settings", POOLS, ids=str)
def test_max_pool2d_is_what_numpy_makes_of_it(settings):
    pool = nn.MaxPool2d(**settings)
    x = image(2, 6, 7)
    seen = windows(numpy.array(x), pool.kernel_size, pool.stride, pool.padding, -numpy.inf)
    assert pool(x) == seen.max((3, 4)).tolist()
    assert numbers(pool([[list(map(Value, row)) for row in channel] for channel in x])) == pool(x)


def small_model():
    return nn.Sequential(
        nn.Unflatten(-1, (2, 6, 5)),
        nn.Conv2d(2, 3, 3, padding=1, seed=0),
        nn.Tanh(),
        nn.MaxPool2d(2, padding=1),
        nn.Conv2d(3, 2, 2, seed=1),
        nn.Flatten(),
        nn.Linear(2 * 3 * 2, 3, seed=2),
    )


def test_a_model_of_them_is_recorded_with_the_same_numbers():
    model, rng = small_model(), random.Random(1)
    examples = [[rng.gauss(0, 1) for _ in range(60)] for _ in range(20)]
    step = compile(lambda x, k: nn.cross_entropy(model(x), k))
    ours = step.mean(examples, [0, 1] * 10)
    losses = [step.function(x, k) for x, k in zip(examples, [0, 1] * 10)]
    whole = sum(losses[1:], losses[0]) / 20
    assert step.map(examples, [0, 1] * 10) == [loss.data for loss in losses]
    assert derivatives(ours, model.parameters()) == pytest.approx(
        derivatives(whole, model.parameters()), rel=1e-12, abs=1e-15
    )
    assert step.cache_info().misses == 1


def test_gradients_are_those_of_finite_differences():
    model = nn.Sequential(nn.Conv2d(1, 2, 2, padding=1, seed=0), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 1, seed=1))
    x = image(1, 3, 3)
    assert gradcheck(lambda v: model([[v[:3], v[3:6], v[6:]]]), [v for row in x[0] for v in row])
    loss, h = model(x), 1e-6
    for p, slope in zip(model.parameters(), derivatives(loss, model.parameters())):
        at, p.data = p.data, p.data + h
        above, p.data = model(x).data, at - h
        below, p.data = model(x).data, at
        assert slope == pytest.approx((above - below) / (2 * h), rel=1e-7, abs=1e-8)


def test_names_shapes_and_files(tmp_path):
    model = small_model()
    shapes = {name: shape for name, shape, _ in model.named_tensors()}
    assert shapes["1.weight"] == (3, 2, 3, 3)
    assert shapes["1.bias"] == (3,)
    assert nn.summary(model).rows[0] == ("layer1", "Conv2d", "(3, 2, 3, 3), (3)", 57)
    assert next(model.named_parameters())[0] == "layer1.weight0_0_0_0"
    nn.save(model, tmp_path / "model.safetensors")
    again = nn.load(tmp_path / "model.safetensors")
    x = [v for channel in image(2, 6, 5) for row in channel for v in row]
    assert repr(again) == repr(model)
    assert numbers(again(x)) == numbers(model(x)) == numbers(copy.deepcopy(model)(x))


def test_repr():
    assert repr(nn.Conv2d(1, 2, 3)) == "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"
    assert repr(nn.Conv2d(1, 2, 3, 2, 1, bias=False)) == (
        "Conv2d(1, 2, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)"
    )
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=(2, 2), stride=(2, 2))"
    assert repr(nn.Unflatten(-1, (1, 2))) == "Unflatten(-1, (1, 2))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(0, 1, 3), "Conv2d: in_channels must be a positive integer, got 0"),
        (lambda: nn.Conv2d(1, 1, (3, 0)), "Conv2d: kernel_size must be a positive integer, got 0"),
        (lambda: nn.Conv2d(1, 1, "3"), "Conv2d: kernel_size must be a positive integer, got '3'"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "Conv2d: padding must be a non-negative integer, got -1"),
        (lambda: nn.Conv2d(10**4, 10**4, 3), "Conv2d: the number of weights must be at most 100,000,000"),
        (lambda: nn.MaxPool2d(2, padding=2), "MaxPool2d: padding must be at most half of kernel_size"),
        (lambda: nn.Conv2d(1, 1, 3)([1.0] * 64), r"Conv2d: expected a list of channels.*Unflatten\(-1, \(1, 8, 8\)\)"),
        (lambda: nn.Conv2d(1, 1, 3)(image(1, 8, 8)[0]), "Conv2d: expected a list of channels"),
        (lambda: nn.Conv2d(1, 1, 3)(image(2, 8, 8)), "Conv2d: expected 1 channel, got 2. Pass one image"),
        (lambda: nn.Conv2d(1, 1, 3)(image(1, 2, 8)), "Conv2d: the image, 2 by 8, is smaller than the window, 3 by 3"),
        (lambda: nn.Conv2d(1, 1, 1)([[[1.0, 2.0], [3.0]]]), "Conv2d: all rows must have the same length"),
        (lambda: nn.MaxPool2d(2)([[[1.0] * 2] * 2, [[1.0] * 2] * 3]), "all channels must have the same size"),
        (lambda: nn.MaxPool2d(2)([]), "MaxPool2d: all channels must have the same size, and at least one number"),
        (lambda: nn.Unflatten(1, (1, 8, 8)), "Unflatten: dim must be -1 .* PyTorch's dim 1 counts the batch"),
        (lambda: nn.Unflatten(-1, (1, 8, 8))([1.0] * 60), "Unflatten: expected 1 · 8 · 8 = 64 numbers, got 60"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
