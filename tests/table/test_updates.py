"""Update rules: the same numbers in C, Python, NumPy and JavaScript. test_nn_optim compares them with exact ones."""

import itertools
import json
import math
import random
import shutil
import struct
import subprocess

import numpy as np
import pytest
from processors import WIDTHS, vectors

from autograd import UPDATES, Value, apply_update, read_data, read_grad
from autograd.errors import ArgumentError, NotFiniteError, NumberTypeError
from autograd.table.formulas import Formula
from autograd.table.translate import JavaScript, NumPy
from autograd.table.updates import first_switch, switched

COUNT = 37  # no multiple of the width of a vector


def settings_of(update):
    """Settings that reach every loop: none of them 0, each of them 0, each pair of switches 0, all switches 0."""
    rng = random.Random(1)
    full = {name: rng.uniform(0.1, 0.9) for name in update.settings}
    yield full
    for name in (name for name in update.settings if name != "spread"):  # which is never 0
        yield full | {name: 0.0}
    switches = {name for _, formula in update.lines for name in all_switches(formula.tree)}
    for some in itertools.combinations(sorted(switches), 2):
        yield full | dict.fromkeys(some, 0.0)
    yield full | dict.fromkeys(switches, 0.0)


def all_switches(tree):
    switch = first_switch(tree)
    return [] if switch is None else [switch, *(s for on in (0, 1) for s in all_switches(switched(tree, switch, on)))]


def columns_of(update):
    rng = random.Random(2)
    p, g = ([rng.gauss(0, 2) for _ in range(COUNT)] for _ in range(2))
    state = [[rng.uniform(1, 2) for _ in range(COUNT)] for _ in update.state]
    p[3], g[3], g[4], p[5] = 0.0, -0.0, 0.0, -0.0
    return p, g, state


CASES = [(update, settings) for update in UPDATES.values() for settings in settings_of(update)]
ids = [f"{update.name}-{k}" for k, (update, _) in enumerate(CASES)]


def one_by_one(update, settings):
    """The results by the function of the rule, as columns; None where one is not finite or does not exist."""
    p, g, state = columns_of(update)
    try:
        rows = [update.on_numbers(math.sqrt, *row, **settings) for row in zip(p, g, *state)]
    except (ArithmeticError, ValueError):
        return None
    columns = [list(column) for column in zip(*rows)]
    return columns if all(map(math.isfinite, columns[0])) else None


def bits(numbers):
    return struct.pack(f"{COUNT}d", *numbers)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("update", "settings"), CASES, ids=ids)
def test_apply_update_computes_what_the_rule_says(update, settings, width, request):
    request.addfinalizer(vectors)
    assert vectors(width) == width
    p, g, state = columns_of(update)
    values = list(map(Value, p))
    for value, gradient in zip(values, g):
        value.grad = gradient
    expected = one_by_one(update, settings)
    if expected is None:
        with pytest.raises(NotFiniteError):
            apply_update(update.name, values, settings, state)
        assert (bits(read_data(values)), bits(read_grad(values))) == (bits(p), bits(g))
        return
    new = apply_update(update.name, values, settings, state)
    changed, kept, before = (read_data, read_grad, g) if update.results[0] == "p" else (read_grad, read_data, p)
    assert bits(changed(values)) == bits(expected[0])
    assert bits(kept(values)) == bits(before)
    assert [bits(column) for column in new] == [bits(column) for column in expected[1:]]


@pytest.mark.parametrize(("update", "settings"), [c for c in CASES if c[0].name != "limit"])
def test_a_rule_works_on_arrays(update, settings):
    p, g, state = columns_of(update)
    expected = one_by_one(update, settings)
    if expected is not None:
        found = update.on_numbers(np.sqrt, *map(np.array, (p, g, *state)), **settings)
        assert [bits(np.broadcast_to(column, COUNT)) for column in found] == [bits(column) for column in expected]


@pytest.mark.parametrize(("update", "settings"), CASES, ids=ids)
def test_the_text_for_numpy_computes_the_same_bits(update, settings):
    p, g, state = columns_of(update)
    scope = {"np": np, **settings, **dict(zip(update.inputs, map(np.array, (p, g, *state))))}
    if (expected := one_by_one(update, settings)) is not None:
        with np.errstate(all="ignore"):
            for target, text in update.translated(NumPy()):
                scope[target] = eval(text, scope)
        found = [np.broadcast_to(scope[name], COUNT) for name in update.results]
        assert [bits(column) for column in found] == [bits(column) for column in expected]


# The formulas in JavaScript can be run only by Node, which is optional; the other languages are tested anyway.
@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
def test_javascript_computes_the_same_bits():
    script, expected = [], []
    for update, settings in CASES:
        if (results := one_by_one(update, settings)) is None:
            continue
        p, g, state = columns_of(update)
        expected += [list(row) for row in zip(*results)]
        rows = [[*row, *settings.values()] for row in zip(p, g, *state)]
        parameters = ", ".join(f"${name}" for name in (*update.inputs, *update.settings))
        local = {f"${t}" for t, _ in update.lines} - {f"${name}" for name in update.inputs}
        lines = [f"let {name};" for name in local]
        lines += [f"${target} = {text};" for target, text in update.translated(JavaScript())]
        results_text = ", ".join(f"${name}" for name in update.results)
        script.append(f"out.push(...{json.dumps(rows)}.map(r => (({parameters}) => {{ {' '.join(lines)} "
                      f"return [{results_text}]; }})(...r)));")  # fmt: skip
    script = f"const out = []; {' '.join(script)} console.log(JSON.stringify(out));"
    said = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == expected


def test_what_a_rule_consists_of():
    rule = UPDATES["SGD"]
    assert (rule.inputs, rule.results) == (("p", "g", "v"), ("p", "v"))
    assert rule.settings == ("weight_decay", "momentum", "undamped", "steps", "nesterov", "lr")
    assert UPDATES["scale"].results == ("g",)
    assert repr(UPDATES["scale"]) == "<Update scale: g = g * factor>"


def test_a_switch_leaves_one_of_the_two_cases():
    tree = Formula("(a + g if a != 0 else g) if b != 0 else 2 * g").folded
    assert first_switch(tree) == "b"
    assert first_switch(switched(tree, "b", True)) == "a"
    assert first_switch(switched(tree, "b", False)) is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("sgd", [Value(1.0)], {}), ArgumentError, "the rules are SGD, RMSprop, .* got 'sgd'"),
        (("scale", {Value(1.0)}, {"factor": 1.0}), NumberTypeError, "expected a list or tuple of Values"),
        (("scale", [Value(1.0), 2.0], {"factor": 1.0}), NumberTypeError, "expected Values only, got float"),
        (("scale", [Value(1.0)], {}), ArgumentError, '"scale" needs a dict of numbers for factor, and for no state'),
        (("Adagrad", [Value(1.0)], {"weight_decay": 0, "rate": 1, "eps": 1}), ArgumentError, "and for s a number for"),
        (("scale", [Value(1.0)], {"factor": 1.0}, [[1.0]]), ArgumentError, "for no state"),
    ],
)
def test_what_does_not_fit_a_rule_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        apply_update(*arguments)


def test_an_update_that_is_not_finite_says_where_and_changes_nothing():
    values = [Value(1.0), Value(1e308), Value(2.0)]
    for value in values:
        value.grad = 1e200
    with pytest.raises(NotFiniteError, match="place 0 would not be finite") as caught:
        apply_update("scale", values, {"factor": 1e200})
    assert caught.value.place == 0
    assert [value.grad for value in values] == [1e200] * 3
