"""LSTMCell and LSTM against NumPy, recorded and not; what they refuse."""

import random

import pytest

import nn
from autograd import compile, derivatives
from autograd.errors import ArgumentError

# The independent implementation is written with it. `make test` installs it.
numpy = pytest.importorskip("numpy", reason="NumPy is what the cells are compared with")


def sequence(length, width, seed=0):
    rng = random.Random(seed)
    return [[rng.gauss(0, 1) for _ in range(width)] for _ in range(length)]


def numbers(nested):
    return [numbers(part) for part in nested] if isinstance(nested, (list, tuple)) else getattr(nested, "data", nested)


def stepped(cell, x, h, c):
    """A step of the cell, with arrays."""
    tensors = {name: numpy.reshape(numbers(ps), shape) for name, shape, ps in cell.named_tensors()}
    sums = tensors["weight_ih"] @ x + tensors["weight_hh"] @ h
    sums = sums + tensors.get("bias_ih", 0) + tensors.get("bias_hh", 0)
    i, f, g, o = numpy.split(sums, 4)
    i, f, o = (1 / (1 + numpy.exp(-gate)) for gate in (i, f, o))
    c = f * c + i * numpy.tanh(g)
    return o * numpy.tanh(c), c


@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_is_what_numpy_makes_of_it(bias):
    cell = nn.LSTMCell(3, 4, bias, seed=0)
    h, c = numpy.zeros(4), numpy.zeros(4)
    state = None
    for x in sequence(4, 3):
        h, c = stepped(cell, numpy.array(x), h, c)
        state = cell(x, state)
        assert numpy.allclose(numbers(state), [h, c], rtol=1e-13, atol=1e-15)
    assert numpy.allclose(numbers(cell(sequence(1, 3)[0], (h, c))), stepped(cell, sequence(1, 3)[0], h, c), rtol=1e-13)


def test_layers_one_above_the_other():
    lstm = nn.LSTM(2, 3, num_layers=2, seed=0)
    xs = sequence(5, 2)
    outputs, (h, c) = lstm(xs)
    below, own = [], (numpy.zeros(3), numpy.zeros(3))
    for x in xs:
        own = stepped(lstm.cells[0], numpy.array(x), *own)
        below.append(own[0])
    above, ends = (numpy.zeros(3), numpy.zeros(3)), own
    for x, output in zip(below, outputs):
        above = stepped(lstm.cells[1], x, *above)
        assert numpy.allclose(numbers(output), above[0], rtol=1e-13)
    assert numpy.allclose(numbers(h), [ends[0], above[0]], rtol=1e-13)
    assert numpy.allclose(numbers(c), [ends[1], above[1]], rtol=1e-13)
    first, middle = lstm(xs[:2])
    rest, end = lstm(xs[2:], middle)
    assert numbers([*first, *rest]) == numbers(outputs), "a sequence can be cut in two"
    assert numbers(end) == numbers((h, c))


class Last(nn.Module):
    """A score for a sequence of numbers."""

    def __init__(self):
        self.lstm, self.head = nn.LSTM(1, 4, seed=0), nn.Linear(4, 1, seed=1)

    def forward(self, xs):
        outputs, _ = self.lstm([[x] for x in xs])
        return self.head(outputs[-1])


def test_it_is_recorded_with_the_same_numbers_and_dense():
    model, examples = Last(), sequence(12, 6)
    step = compile(lambda xs, y: nn.mse_loss(model(xs), y))
    ys = [0.0, 1.0] * 6
    losses = [step.function(x, y) for x, y in zip(examples, ys)]
    assert step.map(examples, ys) == [loss.data for loss in losses]
    whole = sum(losses[1:], losses[0]) / 12
    assert derivatives(step.mean(examples, ys), model.parameters()) == pytest.approx(
        derivatives(whole, model.parameters()), rel=1e-11, abs=1e-15
    )
    assert "in no order" not in str(step.program())


def test_the_initial_weights_are_pytorchs():
    drawn = [p.data for p in nn.LSTMCell(3, 16, seed=0).parameters()]
    assert max(map(abs, drawn)) == pytest.approx(0.25, rel=0.01)
    assert sum(drawn) / len(drawn) == pytest.approx(0, abs=0.02)
    assert [p.data for p in nn.LSTMCell(2, 2, init="zeros").parameters()] == [0.0] * 48


def test_names_shapes_and_files(tmp_path):
    model = nn.LSTM(2, 3, num_layers=2, seed=0)
    shapes = {name: shape for name, shape, _ in model.named_tensors()}
    assert list(shapes) == [f"{kind}_l{k}" for k in (0, 1) for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    assert shapes["weight_ih_l0"] == (12, 2)
    assert shapes["weight_ih_l1"] == (12, 3)
    assert [row[1:] for row in nn.summary(model).rows] == [
        ("LSTM", ", ".join(map(str, shapes.values())).replace(",)", ")"), 180)
    ]
    nn.save(model, tmp_path / "model.safetensors")
    again = nn.load(tmp_path / "model.safetensors")
    assert repr(again) == repr(model) == "LSTM(2, 3, num_layers=2)"
    assert numbers(again(sequence(3, 2))) == numbers(model(sequence(3, 2)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.LSTMCell(0, 2), "LSTMCell: input_size must be a positive integer, got 0"),
        (lambda: nn.LSTMCell(2, 2)([1.0]), "LSTMCell expects 2 inputs, got 1"),
        (lambda: nn.LSTMCell(1, 2)([1.0], [0.0] * 3), r"LSTMCell: expected a state \(h, c\), a pair of lists"),
        (lambda: nn.LSTMCell(1, 2)([1.0], ([0.0], [0.0])), "expected a state of two lists of 2 numbers, got 1"),
        (lambda: nn.LSTM(1, 2)([]), "LSTM: expected a list of vectors, one for each step, got an empty list"),
        (lambda: nn.LSTM(1, 2)([[1.0]], ([[0.0] * 2] * 2,) * 2), "expected a state with 1 vectors for h and for c"),
        (lambda: nn.LSTM(1, 2)([[1.0]], ([[0.0] * 2], [[0.0] * 2] * 2)), "1 vectors for h and for c, got 2"),
        (lambda: nn.LSTM(1, 2, 0), "LSTM: num_layers must be a positive integer, got 0"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
