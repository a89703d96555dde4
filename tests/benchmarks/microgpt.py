"""A GPT in plain scalars, trained on names, as in the well-known program of 200 lines: with which Value, how fast?

`python -m tests.benchmarks.microgpt` trains it with an engine like that program's own (tuple_node.py), with that class
replaced by autograd.Value and nothing else, and recorded; it compares the losses and prints the times.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import mean
from time import perf_counter

LAYERS, WIDTH, CONTEXT, HEADS = 1, 16, 16, 4
RATE, BETA1, BETA2, EPS = 0.01, 0.85, 0.99, 1e-8
END = 0  # the token before and after each name


def names():
    """Names to learn from, in a random order that is always the same: the modules of Python's standard library."""
    from nn.data import module_names

    chosen = [name for name in module_names() if len(name) < CONTEXT]
    random.Random(1).shuffle(chosen)
    return chosen


def new_model(Value, tokens):
    """The matrices, a row for each output, and the parameters in one list."""
    rng = random.Random(42)

    def matrix(rows, columns):
        return [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

    model = {"wte": matrix(tokens, WIDTH), "wpe": matrix(CONTEXT, WIDTH), "lm_head": matrix(tokens, WIDTH)}
    for i in range(LAYERS):
        model |= {f"layer{i}.{name}": matrix(WIDTH, WIDTH) for name in ("wq", "wk", "wv", "wo")}
        model |= {f"layer{i}.fc1": matrix(4 * WIDTH, WIDTH), f"layer{i}.fc2": matrix(WIDTH, 4 * WIDTH)}
    return model, [p for rows in model.values() for row in rows for p in row]


def linear(x, rows):
    return [sum(w * v for w, v in zip(row, x)) for row in rows]


def softmax(x):
    peak = max(v.data for v in x)
    powers = [(v - peak).exp() for v in x]
    total = sum(powers)
    return [power / total for power in powers]


def rms_norm(x):
    scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def plus(x, y):
    return [a + b for a, b in zip(x, y)]


def gpt(model, letter, place, keys, values, softmax=softmax):
    """The scores of the next token, after the row of one token and that of its place.

    keys, values  for each layer those of the places before, to which this one's are appended
    """
    x = rms_norm(plus(letter, place))
    for i in range(LAYERS):
        before, x = x, rms_norm(x)
        query, key, value = (linear(x, model[f"layer{i}.{name}"]) for name in ("wq", "wk", "wv"))
        keys[i].append(key)
        values[i].append(value)
        mixed = []
        for start in range(0, WIDTH, WIDTH // HEADS):
            head = range(start, start + WIDTH // HEADS)
            scores = [sum(query[j] * k[j] for j in head) / len(head) ** 0.5 for k in keys[i]]
            shares = softmax(scores)
            mixed += [sum(share * v[j] for share, v in zip(shares, values[i])) for j in head]
        x = before = plus(linear(mixed, model[f"layer{i}.wo"]), before)
        x = [v.relu() for v in linear(rms_norm(x), model[f"layer{i}.fc1"])]
        x = plus(linear(x, model[f"layer{i}.fc2"]), before)
    return linear(x, model["lm_head"])


def loss_of(model, tokens, following):
    """The mean over the places of -log of the probability of the token that follows."""
    keys, values, losses = [[] for _ in range(LAYERS)], [[] for _ in range(LAYERS)], []
    for token, place, target in zip(tokens, model["wpe"], following):
        probabilities = softmax(gpt(model, model["wte"][token], place, keys, values))
        losses.append(-probabilities[target].log())
    return sum(losses) / len(losses)


def recorded(model):
    """The same loss, recorded: tokens are looked up with `take`, and the maximum is left to autograd.softmax."""
    import autograd

    @autograd.compile
    def loss(tokens, following):
        keys, values, losses = [[] for _ in range(LAYERS)], [[] for _ in range(LAYERS)], []
        for token, place, target in zip(tokens, model["wpe"], following):
            letter = autograd.take(model["wte"], token)
            probabilities = autograd.softmax(gpt(model, letter, place, keys, values, autograd.softmax))
            losses.append(-autograd.take(probabilities, target).log())
        return sum(losses) / len(losses)

    return loss


def adam(parameters):
    """A function that moves the parameters once, at a given rate."""
    first, second, steps = [0.0] * len(parameters), [0.0] * len(parameters), 0

    def move(rate):
        nonlocal steps
        steps += 1
        for i, p in enumerate(parameters):
            first[i] = BETA1 * first[i] + (1 - BETA1) * p.grad
            second[i] = BETA2 * second[i] + (1 - BETA2) * p.grad**2
            corrected = first[i] / (1 - BETA1**steps)
            p.data -= rate * corrected / ((second[i] / (1 - BETA2**steps)) ** 0.5 + EPS)
            p.grad = 0

    return move


def adam_of_nn(parameters):
    """The same with the optimiser of nn."""
    import nn

    optimizer = nn.Adam(parameters, betas=(BETA1, BETA2), eps=EPS)

    def move(rate):
        optimizer.lr = rate
        optimizer.step()
        optimizer.zero_grad()

    return move


def training(Value, steps, record=False):
    """Train; yields the loss of each step."""
    words = names()
    letters = sorted(set("".join(words)))
    model, parameters = new_model(Value, 1 + len(letters))
    loss_function = recorded(model) if record else partial(loss_of, model)
    move = (adam_of_nn if record else adam)(parameters)
    for step in range(steps):
        tokens = [END, *(1 + letters.index(letter) for letter in words[step % len(words)]), END]
        loss = loss_function(tokens[:-1], tokens[1:])
        loss.backward()
        move(RATE * (1 - step / 1000))
        yield loss.data


def run(engine, steps):
    """The losses of some steps with one engine, and how long each step took, in seconds."""
    if engine == "tuples":
        from .tuple_node import Value
    else:
        from autograd import Value
    losses, seconds, going = [], [], training(Value, steps, record=engine == "recorded")
    started = perf_counter()
    for loss in going:
        losses.append(loss)
        seconds.append(perf_counter() - started)
        started = perf_counter()
    return losses, seconds


# The engines by name, with the number of steps that are timed.
ENGINES = {"tuples": 40, "plain Python": 40, "compiled": 200, "recorded": 1000}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.microgpt", description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=ENGINES, help="only this one, in this process; prints JSON")
    parser.add_argument("--steps", type=int, help="how many steps to train (40 to 1,000, as the engine is fast)")
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(run(options.engine, options.steps)))
        return
    results = {engine: in_a_process(engine, options.steps or steps) for engine, steps in ENGINES.items()}
    expected, usual = results["tuples"][0], mean(results["tuples"][1])
    print("engine          a step   times as fast   steps   losses differ by")
    for engine, (losses, seconds) in results.items():
        apart = max(abs(a - b) / b for a, b in zip(losses, expected))
        own = mean(seconds)
        print(f"{engine:13} {own * 1e3:6.2f} ms   {usual / own:13,.0f}   {len(losses):5,}   {apart:.0e}")


def in_a_process(engine, steps):
    environment = {name: text for name, text in os.environ.items() if name != "GLASSGRAD_PURE"}
    environment |= {"GLASSGRAD_PURE": "1"} if engine == "plain Python" else {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.microgpt", "--engine", engine, "--steps", str(steps)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=environment,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
