"""Attention against plain floats, and the small GPT."""

import math
import random
import warnings

import pytest

import nn
from autograd import compile, derivatives, mean
from autograd.errors import ArgumentError


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


def test_gpt_is_recorded_once_for_all_tokens():
    model = nn.GPT(5, context=4, width=4, heads=2, seed=0)
    step = compile(lambda tokens, targets: nn.cross_entropy(model(tokens), targets))
    examples = [([1, 2, 3], [2, 3, 0]), ([0, 4, 4], [4, 4, 1]), ([3, 0, 1], [0, 1, 2])]
    for tokens, targets in examples:
        found, expected = step(tokens, targets), step.function(tokens, targets)
        assert found.data == expected.data
        ours, theirs = (derivatives(loss, model.parameters()) for loss in (found, expected))
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert step.mean(*zip(*examples)).data == mean([step.function(*example) for example in examples]).data
    assert step.cache_info().misses == 1
    for tokens, targets, words in [
        ([0, 5, 1], [0, 0, 0], "Embedding: expected an integer from 0 to 4, got 5"),
        ([0, 1, 1], [0, 0, 5], "cross_entropy: the target must be a class from 0 to 4, got 5"),
    ]:
        with pytest.raises(ArgumentError, match=words):
            step(tokens, targets)
    assert step.stats()[0]["fallbacks"] == 0


def test_a_model_with_some_rows_frozen_is_trained_as_recorded():
    def trained(recorded):
        model = nn.Sequential(nn.Embedding(3, 2, seed=0), nn.Linear(2, 3, seed=1))
        for weight in model.layers[0].weight[1]:
            weight.requires_grad = False
        pairs = [(i, (i + 1) % 3) for i in range(3)]
        nn.fit(model, nn.cross_entropy, pairs, epochs=3, batch_size=3, seed=0, progress=False, recorded=recorded)
        return [p.data for p in model.parameters()]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained(True) == pytest.approx(trained(False), rel=1e-12)


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
