"""Activations, Dropout, Embedding, RMSNorm, attention, GPT and summary, against formulas written out here."""

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
    for wrong in (3, -1, 1.0, True, Value(1.0)):
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


def reference_attention(attention, xs):
    """Attention in plain floats, written out head by head."""

    def linear(part, x):
        return [sum(w.data * v for w, v in zip(neuron.w, x)) for neuron in part.neurons]

    size = attention.width // attention.heads
    qs, ks, vs = ([linear(part, x) for x in xs] for part in (attention.query, attention.key, attention.value))
    found = []
    for t, q in enumerate(qs):
        joined = []
        for h in range(0, attention.width, size):
            scores = [sum(q[h + i] * ks[s][h + i] for i in range(size)) / math.sqrt(size) for s in range(t + 1)]
            total = sum(map(math.exp, scores))
            joined += [
                sum(math.exp(score) / total * vs[s][h + i] for s, score in enumerate(scores)) for i in range(size)
            ]
        found.append(linear(attention.out, joined))
    return found


@pytest.mark.parametrize(("width", "heads"), [(4, 2), (6, 3), (3, 1), (1, 1)])
def test_attention_against_plain_floats(width, heads):
    attention = nn.SelfAttention(width, heads, seed=1)
    rng = random.Random(0)
    xs = [[rng.gauss(0, 1) for _ in range(width)] for _ in range(5)]
    for ours, expected in zip(attention(xs), reference_attention(attention, xs), strict=True):
        ours = ours if isinstance(ours, list) else [ours]
        assert [v.data for v in ours] == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ArgumentError, match="heads must divide width, got 4 heads and width 6"):
        nn.SelfAttention(6, 4)


def test_gpt_looks_back_only_and_its_gradients_are_right():
    model = nn.GPT(5, context=4, width=4, heads=2, layers=2, seed=0)
    first = [[v.data for v in row] for row in model([1, 2, 3])]
    assert [[v.data for v in row] for row in model([1, 2, 4])][:2] == first[:2]

    def loss():
        return nn.cross_entropy(model([1, 2, 3]), [2, 3, 0])

    model.zero_grad()
    loss().backward()
    parameters = model.parameters()
    for p in random.Random(1).sample(parameters, 40):
        centre, h = p.data, 1e-6
        p.data = centre + h
        above = loss().data
        p.data = centre - h
        below = loss().data
        p.data = centre
        assert p.grad == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-9)
    assert parameters[0].label == "token.weight0_0"
    assert model.blocks[1].up.neurons[3].w[2].label == "block1.up.neuron3.w2"


def test_gpt_learns_a_word():
    vocabulary = nn.data.Vocabulary(["abc"])
    model = nn.GPT(len(vocabulary), context=4, width=4, heads=1, seed=0)
    tokens = vocabulary.encode("abc")
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        nn.cross_entropy(model(tokens[:-1]), tokens[1:]).backward()
        optimizer.step()
    assert vocabulary.decode(model.generate(seed=0, temperature=0.1)) == "abc"
    assert len(model.generate(length=7, end=-1, seed=0)) == 7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m([0] * 5), "GPT: expected from 1 to 4 tokens, got 5"),
        (lambda m: m([]), "GPT: expected from 1 to 4 tokens, got 0"),
        (lambda m: m([7]), "Embedding: expected an integer from 0 to 4, got 7"),
        (lambda m: m.generate(temperature=0), "temperature must be positive, got 0"),
    ],
)
def test_gpt_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(nn.GPT(5, context=4, width=4, heads=2, seed=0))


def test_summary():
    text = str(nn.summary(nn.GPT(5, context=4, width=4, heads=2, seed=0)))
    assert text.splitlines()[-1].split() == ["total", str(len(nn.GPT(5, 4, 4, 2).parameters()))]
    assert "blocks" not in text
    for part in ("token", "position", "block0.norm1", "block0.attention.query", "block0.up", "norm", "head"):
        assert any(line.startswith(part + " ") for line in text.splitlines()), text
    table = nn.summary(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.MLP(3, [4, 1])))
    assert [row[0] for row in table.rows] == ["layer0", "layer2.layer0", "layer2.layer1"]
    assert [row[3] for row in table.rows] == [9, 16, 5]
    assert table.total == 30

    class Line(nn.Module):
        def __init__(self):
            self.slope, self.height = Value(1.0), Value(0.0)
            self.table = [[Value(0.0)] * 2 for _ in range(3)]

    assert nn.summary(Line()).rows == [("(model)", "Line", "(), (), (3, 2)", 8)]


@pytest.mark.parametrize(
    ("init", "gain", "low", "high"),
    [
        ("kaiming_uniform", "relu", -math.sqrt(6 / 50), math.sqrt(6 / 50)),
        ("kaiming_uniform", "tanh", -5 / 3 * math.sqrt(3 / 50), 5 / 3 * math.sqrt(3 / 50)),
        ("xavier_uniform", None, -math.sqrt(6 / 150), math.sqrt(6 / 150)),
        ("uniform", "relu", -1.0, 1.0),
        (nn.init.uniform(2.0, 3.0), "relu", 2.0, 3.0),
    ],
)
def test_uniform_initialisation(init, gain, low, high):
    weights = [w.data for neuron in nn.Layer(50, 100, gain, init=init, seed=0).neurons for w in neuron.w]
    assert low <= min(weights) < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < max(weights) <= high
    assert sum(weights) / len(weights) == pytest.approx((low + high) / 2, abs=0.02 * (high - low))


@pytest.mark.parametrize(
    ("init", "activation", "std"),
    [
        ("kaiming_normal", "relu", math.sqrt(2 / 50)),
        ("kaiming_normal", None, math.sqrt(1 / 50)),
        ("xavier_normal", "tanh", 5 / 3 * math.sqrt(2 / 150)),
        ("normal", "relu", 1.0),
        (nn.init.normal(0.0, 0.02), "relu", 0.02),
        ("zeros", "relu", 0.0),
    ],
)
def test_normal_initialisation(init, activation, std):
    weights = [w.data for neuron in nn.Layer(50, 100, activation, init=init, seed=0).neurons for w in neuron.w]
    assert math.sqrt(sum(w * w for w in weights) / len(weights)) == pytest.approx(std, rel=0.05)


def test_default_initialisation_suits_the_activation():
    def weights(activation):
        return [w.data for neuron in nn.MLP(50, [100], activation, seed=0).layers[0].neurons for w in neuron.w]

    assert max(map(abs, weights("relu"))) > 0.99
    assert max(map(abs, weights("tanh"))) == pytest.approx(5 / 3 * math.sqrt(6 / 150), rel=0.01)
    assert max(map(abs, weights("gelu"))) == pytest.approx(math.sqrt(6 / 50), rel=0.01)


def test_names_of_pytorch_are_pointed_to():
    with pytest.raises(AttributeError, match=r"PyTorch's class CrossEntropyLoss is the function nn.cross_entropy here"):
        nn.CrossEntropyLoss  # noqa: B018 - the access is what is tested
    with pytest.raises(AttributeError, match=r'nn has no "Linnear". Did you mean "Linear"'):
        nn.Linnear  # noqa: B018


def test_a_model_with_dropout_can_be_copied():
    import copy
    import pickle

    model = nn.Sequential(nn.Linear(2, 2, seed=0), nn.Dropout(0.5))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()


def test_a_model_of_embedded_tokens_is_trained_and_saved(tmp_path):
    model = nn.Sequential(nn.Embedding(4, 3, seed=0), nn.Flatten(), nn.MLP(6, [8, 4], "tanh", seed=1))
    pairs = [([a, b], (a + b) % 4) for a in range(4) for b in range(4)]
    history = nn.fit(
        model,
        nn.cross_entropy,
        pairs,
        epochs=60,
        batch_size=4,
        seed=0,
        progress=False,
        optimizer=nn.Adam(model.parameters(), lr=0.05),
    )
    assert history["accuracy"][-1] == 1.0
    assert nn.predict(model, [[1, 2]])[0] == pytest.approx([v.data for v in model([1, 2])], rel=1e-12)
    nn.save(model, tmp_path / "model")
    assert [v.data for v in nn.load(tmp_path / "model")([3, 1])] == [v.data for v in model([3, 1])]


def test_predict_switches_dropout_off():
    model = nn.Sequential(nn.Linear(2, 1, seed=0), nn.Dropout(0.5))
    expected = nn.Linear(2, 1, seed=0)([1.0, 2.0]).data
    assert nn.predict(model, [[1.0, 2.0]] * 300) == [expected] * 300
    assert model.training is True
