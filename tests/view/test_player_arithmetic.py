"""What the page computes itself agrees with the engine: values and partials from other numbers at the leaves."""

import math
import random

import pytest
from player_page import example, expression, printed

import autograd
from autograd import Interval, Value
from autograd.engine.functions import FUNCTIONS
from autograd.table.registry import RULES
from autograd.view.graph import ancestry
from autograd.view.player.page import play


def test_live_leaves_follow_the_engine(page):
    value, leaves = example()
    shown = page(play(value))
    rng, nodes = random.Random(1), ancestry(value)
    where = [nodes.index(leaf) for leaf in leaves]
    for _ in range(20):
        point = [rng.uniform(-2, 2) for _ in leaves]
        again = [Value(number) for number in point]
        expected = expression(*again)
        expected.backward()
        data, grads = shown.run(
            """
            const leaves = [...player.graph.data];
            arguments[0].forEach((i, k) => leaves[i] = arguments[1][k]);
            player.graph.recompute(leaves);
            player.reload();
            player.go(1e9);
            return [player.graph.data, player.run.grads];""",
            where,
            point,
        )
        assert data[-1] == pytest.approx(expected.data, rel=1e-12, abs=1e-14)
        assert [grads[i] for i in where] == pytest.approx([leaf.grad for leaf in again], rel=1e-12, abs=1e-14)


def test_dragging_an_input_computes_everything_anew(page):
    x = Value(3.0, "x")
    shown = page(play((x * x).log()))
    shown.key("END")
    shown.press("Values")
    assert "Python's own if and while are not run again" in shown.text(".desk")
    shown.enter(".row input[type=range]", -1.5)
    number = shown.run("return Number(document.querySelector('.row input[type=number]').value)")
    assert number == pytest.approx(-1.5, abs=0.05)
    assert shown.numbers()[-1][0] == f"data {printed(math.log(number * number))}"
    assert shown.numbers()[0][1] == f"grad {printed(2 / number)}"
    shown.enter(".row input[type=number]", 0)
    assert "log(0) has no finite value here. x must be > 0" in shown.text(".problem")
    assert shown.numbers()[-1][0] == f"data {printed(math.log(number * number))}", "nothing has changed"
    assert shown.run("return player.controls.altered.hidden") is False
    shown.press("Values")
    assert shown.run("return player.controls.altered.checkVisibility()"), "the badge stays after the lesson"
    assert "if and while are not run again" in shown.run("return player.controls.altered.title")
    shown.press("As recorded")
    assert shown.numbers()[0] == ["data 3", f"grad {printed(2 / 3)}"]
    assert shown.run("return player.controls.altered.checkVisibility()") is False


def test_the_formulas_in_the_page_agree_with_the_engine(page):
    """Every primitive of the table, at random points of its domain: value and partials."""
    rng, points = random.Random(2), []
    for rule in RULES.values():
        while sum(name == rule.name for name, *_ in points) < 40:
            point = [rng.uniform(-3, 3) * 10 ** rng.choice([0, 0, rng.uniform(-3, 1)]) for _ in rule.inputs]
            if rule.name == "pow" and rng.random() < 0.5:
                point[1] = float(rng.randint(-3, 4))
            try:
                out = FUNCTIONS[rule.name](*map(Value, point))
            except (ArithmeticError, ValueError):
                continue
            points.append((rule.name, point, out.data, list(out.partials)))
    every = [
        FUNCTIONS[rule.name](*[Value(1.5 if rule.name == "acosh" else 0.5)] * len(rule.inputs))
        for rule in RULES.values()
    ]
    computed = page(play(sum(every))).run(
        """
        return arguments[0].map(([name, point]) => {
          const { value, partials } = player.graph.rules[name], out = value(...point);
          return [out, partials.map((partial) => partial(...point, out))];
        })""",
        points,
    )
    for (name, point, data, partials), (out, slopes) in zip(points, computed, strict=True):
        assert out == pytest.approx(data, rel=1e-12, abs=1e-290), (name, point)
        assert slopes == pytest.approx(partials, rel=1e-11, abs=1e-290), (name, point)


def test_outside_its_domain_a_rule_gives_nan_in_the_page(page):
    limited = autograd.rule(
        "own_limited",
        "x * y",
        "y",
        "x",
        domain={"x": Interval(-1, open_low=True, without=(2,))},
        requires="x < y or y == -7",
    )
    shown = page(play(limited(Value(1.0), Value(3.0))))
    points = [(1.0, 3.0), (-1.0, 3.0), (2.0, 3.0), (5.0, 4.0), (5.0, -7.0), (-0.5, 0.5)]
    computed = shown.run("return arguments[0].map((point) => player.graph.rules.own_limited.value(...point))", points)
    assert [found is not None for found in computed] == [True, False, False, False, True, True]  # NaN comes as None
