"""What is repeated becomes a loop: blocks of a transformer, places of a recurrent network, steps of an integration."""

from random import Random

import numpy as np
import pytest
from translated import LANGUAGES, WITH_GRADIENTS, engine_gradients, gradients, run

import nn
from autograd import Value, compile, dot, sin, tanh
from autograd.matrices import loops

each_language = pytest.mark.parametrize("language", LANGUAGES)


def transformer(layers):
    model = nn.GPT(5, context=4, width=4, heads=2, layers=layers, seed=1)
    step = compile(lambda tokens, ys: nn.cross_entropy(model(tokens), ys))
    return step, ([[0, 1, 2, 3], [4, 4, 0, 1]], [[1, 2, 3, 4], [4, 0, 1, -100]])


def recurrent():
    model = nn.LSTM(2, 3, seed=0)
    return compile(lambda x: model(x)[0]), (np.random.default_rng(0).normal(size=(2, 6, 2)),)


def integrated(steps=12):
    """Predators and prey, by Heun's method."""
    rates = [Value(1.1, "rates0"), Value(0.4, "rates1")]

    def slope(y):
        return [rates[0] * y[0] - rates[1] * y[0] * y[1], rates[1] * y[0] * y[1] - y[1]]

    def path(y):
        for _ in range(steps):
            first = slope(y)
            second = slope([a + 0.1 * b for a, b in zip(y, first)])
            y = [a + 0.05 * (b + c) for a, b, c in zip(y, first, second)]
        return y

    return compile(path), ([[1.0, 0.5], [2.0, 1.0]],)


PROGRAMS = {"transformer": lambda: transformer(3), "recurrent": recurrent, "integrated": integrated}


def compared(step, batch, language="numpy"):
    """The source, which gives what the recording gives."""
    expected = np.asarray(step.map(*batch), float)
    found = run(language, step, batch)
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()
    return step.source(language)


@pytest.mark.parametrize("name", PROGRAMS)
@each_language
def test_loops_agree(name, language):
    assert "    for " in compared(*PROGRAMS[name](), language)


@pytest.mark.parametrize("language", WITH_GRADIENTS)
def test_gradients_of_loops_agree(language):
    step, batch = transformer(2)
    step.map(*batch)
    expected, (found, _) = engine_gradients(step, batch), gradients(language, step, batch)
    for name, wanted in expected.items():
        assert np.abs(found[name] - wanted).max() <= 1e-11 * np.abs(wanted).max(), name


def test_blocks_of_a_transformer_are_one_loop():
    lengths = set()
    for layers in (2, 3):
        source = compared(*transformer(layers))
        assert source.count("    for ") == 1
        assert f"for i in range({layers}):" in source
        assert 'parameters[f"block{i}.attention.query.weight"]  # (4, 4)' in source
        assert source.count("np.einsum") == 2
        lengths.add(source.split('"""\n')[1].count("\n"))
    assert len(lengths) == 1


def test_places_of_a_recurrent_network_are_one_loop():
    source = compared(*recurrent())
    assert "for i in range(1, 6):" in source  # the state of the first place is no array yet
    assert "x[:, i] @ cell0_weight_ih.T" in source
    assert "outputs.append(" in source


def test_steps_of_an_integration_are_one_loop():
    source = compared(*integrated(30))
    assert "for _ in range(29):" in source
    assert source.count("\n") < 40


def test_the_page_has_the_scalars_of_all_times():
    step, batch = transformer(3)
    step.map(*batch)
    page = step.show().html()
    assert '<div data-block="query" tabindex="0">        query = ' in page
    assert "<code>query</code> <span>48 scalars" in page  # of three blocks, four places, four numbers each
    assert "<code>block_attention_query_weight</code> <span>48 scalars" in page


def layers(names, x):
    """What is alike for three layers but for the names of their weights: tanh, sin and a sum, four times."""
    weights = [[Value(0.1 * (i + j), f"{name}.v{j}") for j in range(4)] for i, name in enumerate(names)]

    def f(x):
        for row in weights:
            for w in row:
                x = [tanh(a * w) + sin(b) for a, b in zip(x, x[1:] + x[:1])]
        return dot(x, x)

    return compile(f), (x,)


@pytest.mark.parametrize(
    ("names", "looped"),
    [(["w0", "w1", "w2"], True), (["w5", "w3", "w1"], True), (["w0", "w2", "w4"], True), (["a", "b", "c"], False)],
)
def test_weights_are_counted_by_the_numbers_in_their_names(names, looped, monkeypatch):
    monkeypatch.setattr(loops, "LEAST", 4)
    source = compared(*layers(names, [[0.1, 0.2, 0.3], [1.0, -1.0, 0.5]]))
    assert ("parameters[f" in source) == looped, source


def test_what_a_time_leaves_is_not_mixed_up_with_what_it_found(monkeypatch):
    """A state that is read after it was replaced, one that begins as another does, and one that stays."""
    monkeypatch.setattr(loops, "LEAST", 1)

    def f(x):
        a = b = sin(x)
        for _ in range(5):
            a, b = tanh(a * b) + x, sin(a) * b - a
        return [a, b, a * x, sin(x)]

    compared(compile(f), ([0.3, -1.0, 2.0],))


def test_states_before_the_last_may_be_used_later(monkeypatch):
    monkeypatch.setattr(loops, "LEAST", 1)

    def f(x):
        found = [x]
        for _ in range(6):
            found.append(tanh(found[-1]) * x + sin(found[-1]))
        return found[2] * found[-1] + found[5]

    compared(compile(f), ([0.3, -1.0, 2.0],))


@pytest.mark.parametrize("seed", range(30))
def test_random_recurrences(seed, monkeypatch):
    monkeypatch.setattr(loops, "LEAST", 1)
    random = Random(seed)
    size, times, lines = random.randrange(1, 4), random.randrange(2, 6), random.randrange(1, 6)
    weights = [[Value(random.uniform(-1, 1), f"w{i}_{j}") for j in range(size)] for i in range(times)]
    plan = [[random.randrange(9) for _ in range(4)] for _ in range(lines)]
    kept = random.random() < 0.3

    def f(x):
        state, seen = list(x[:size]), []
        for time in range(times):
            pool = [*state, *weights[time], x[time], x[-1]]
            for kind, a, b, c in plan:
                a, b, c = (pool[k % len(pool)] for k in (a, b, c))
                pool.append([a * b + c, tanh(a) + b, sin(a * c), a - b * c, dot([a, b], [b, c])][kind % 5])
            state = pool[-size:]
            seen.append(state[0])
        return [*state, x[0], *(seen if kept else [])]

    batch = [[random.uniform(-1, 1) for _ in range(7)] for _ in range(2)]
    compared(compile(f), (batch,))
