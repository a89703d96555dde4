"""How well small networks learn the data sets of the package, and in what time. `make soak` prints the table."""

import time

import pytest
from soaking import SOAK

import autograd
import nn
from nn import data

SEEDS = range(5 if SOAK else 1)
NATIVE = autograd.backend == "native"


def learn(model, examples, epochs, batch_size, optimizer, seed):
    """Seconds of training, and the accuracy on a quarter of the data that was held out."""
    train, test = data.split(examples, seed=seed)
    started = time.perf_counter()
    nn.fit(
        model,
        nn.cross_entropy,
        train,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        seed=seed,
        schedule=nn.CosineAnnealingLR(optimizer, epochs),
        progress=False,
    )
    return time.perf_counter() - started, nn.evaluate(model, nn.cross_entropy, test, nn.accuracy)["accuracy"]


def summed_up(figure, what, found, share, seconds):
    times, shares = zip(*found)
    figure(
        what,
        len(shares),
        f"{100 * sum(shares) / len(shares):.1f} % right, worst {100 * min(shares):.1f} %, "
        f"{sum(times) / len(times):.1f} s of training",
    )
    assert sum(shares) / len(shares) >= share
    assert not SOAK or min(times) < seconds


@pytest.mark.skipif(not NATIVE and not SOAK, reason="takes minutes without the compiled engine")
def test_digits(figure):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    found = []
    for seed in SEEDS:
        model = nn.MLP(64, [32, 10], init="kaiming_uniform", seed=seed)
        optimizer = nn.AdamW(model.parameters(), lr=0.02, weight_decay=0.05)
        found.append(learn(model, data.digits(), 20, 64, optimizer, seed))
    summed_up(figure, "digits, MLP 64-32-10, held-out quarter", found, 0.97, 10 if NATIVE else 1000)


@pytest.mark.skipif(not NATIVE and not SOAK, reason="takes a minute without the compiled engine")
def test_spirals(figure):
    found = []
    for seed in SEEDS:
        model = nn.MLP(2, [16, 16, 2], "tanh", seed=seed)
        examples = data.spirals(400, seed=seed)
        found.append(learn(model, examples, 200, 32, nn.Adam(model.parameters(), lr=0.01), seed))
    summed_up(figure, "spirals, MLP 2-16-16-2, held-out quarter", found, 0.99, 10 if NATIVE else 1000)


@pytest.mark.skipif(not NATIVE, reason="takes minutes without the compiled engine")
def test_character_model(figure):
    steps = 1000 if SOAK else 100
    words = data.module_names()
    vocabulary = data.Vocabulary(words)
    model = nn.GPT(len(vocabulary), context=16, width=16, heads=4, layers=1, seed=0)
    optimizer = nn.Adam(model.parameters(), lr=0.01, betas=(0.85, 0.99))
    examples = vocabulary.examples(words, context=16)[: min(len(words), steps)]
    started, cpu = time.perf_counter(), time.process_time()
    history = nn.fit(
        model,
        nn.cross_entropy,
        examples,
        epochs=-(-steps // len(examples)),
        batch_size=1,
        metric=None,
        optimizer=optimizer,
        seed=0,
        progress=False,
    )
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    names = [vocabulary.decode(model.generate(seed=k, temperature=0.5)) for k in range(4)]
    figure(
        f"steps of the character model, {len(model.parameters()):,} parameters",
        optimizer.steps,
        f"{seconds:.1f} s ({cpu:.1f} s of CPU), loss {history['loss'][-1]:.2f}, it writes {', '.join(names)}",
    )
    assert history["loss"][-1] < (2.75 if SOAK else 3.2)
    assert not SOAK or cpu < 5
