"""Stepping through a pass in the browser: numbers, story, stops, and the address."""

import math
import time

import pytest
from player_page import example, large, printed, tangle

from autograd import Value, record_lines
from autograd.errors import ArgumentError, GraphTooLargeError
from autograd.view.graph import Graph, ancestry
from autograd.view.player.page import play
from autograd.view.steps import contributions


@pytest.mark.parametrize("value", [example()[0], tangle(60), large(1, (8, 8, 1))], ids=["small", "tangle", "large"])
def test_at_the_end_every_number_is_the_engines(page, value):
    shown = page(play(value))
    shown.key("END")
    value.backward()
    nodes = ancestry(value)
    for node, (data, grad) in zip(nodes, shown.numbers(), strict=True):
        constant = type(node) is not Value
        assert data == ("" if constant else "data ") + printed(node.data)
        assert grad == (None if constant else f"grad {printed(node.grad)}")
    assert shown.run("return player.run.grads") == [node.grad if type(node) is Value else 0 for node in nodes]
    steps = shown.run("return player.run.steps.filter(s => s.kind === 'edge')")
    keys = ("node", "k", "adjoint", "partial", "before", "after")
    assert [tuple(step[key] for key in keys) for step in steps] == [
        (nodes.index(step.node), *step[1:]) for step in contributions(Graph(value))
    ]


def test_back_at_the_start_everything_is_as_it_was(page):
    shown = page(play(tangle(40)))

    def picture():
        return shown.run("return document.querySelector('svg').outerHTML").replace(' class=""', "")

    before = picture()
    shown.run("player.go(1e9)")
    assert picture() != before
    while shown.run("return player.step(-1)"):
        pass
    assert shown.run("return player.run.at") == 0
    assert picture() == before


def test_a_step_tells_rule_numbers_sum_order_and_code(page):
    with record_lines():
        x = Value(-0.5, "x")
        y = x.sin() * 2
    y.label = "y"
    shown = page(play(y))
    shown.key("ARROW_RIGHT")
    assert shown.text(".spoken") == "Forward: v1 = sin(x) = sin(−0.5) = −0.4794"
    assert "test_player_stepping.py" in shown.text("dl")
    shown.run("player.go(5)")
    slope = math.cos(-0.5)
    assert shown.text(".spoken") == f"Backward: v1 contributes to x: 2 × {slope:.4g} = {2 * slope:.4g}"
    story = shown.text("dl")
    assert "v1 = sin(x)" in story
    assert f"∂v1/∂x = cos(x) = cos(−0.5) = {slope:.4g}" in story
    assert f"gradient of v1 × ∂v1/∂x = 2 × {slope:.4g} = {2 * slope:.4g}" in story
    assert f"gradient of x: 0 + {2 * slope:.4g} = {2 * slope:.4g}" in story
    assert "v1 had to wait for y: only with that contribution was its gradient complete. x is complete now" in story
    assert shown.run("return [...document.querySelectorAll('.graph g.now')].map(g => g.id)") == ["p0n0", "p0n1", "p0e0"]


def test_formulas_are_shown_as_a_calculus_book_writes_them(page):
    x = Value(2.0, "x")
    shown = page(play(x.tanh() + x.gelu()))
    shown.run("player.go(player.run.steps.findIndex(s => s.kind === 'edge' && s.node === 1) + 1)")
    story = shown.text("dl")
    assert f"∂v1/∂x = 1 / cosh(x) ** 2 = 1 / cosh(2) ** 2 = {1 / math.cosh(2) ** 2:.4g}" in story
    shown.run("player.go(2)")
    assert shown.text(".spoken").startswith("Forward: v2 = gelu(x) = gelu(2) = 1.954")
    assert "x Φ(x) with the normal distribution" in shown.text("dl"), "words for a formula too long to read"
    assert len(shown.text("dl")) < 200


def test_a_node_with_several_children_waits_for_all(page):
    x = Value(2.0, "x")
    h = x * 3
    h.label = "h"
    shown = page(play(h * h.exp()))
    shown.run("player.go(player.run.steps.findIndex(s => s.kind === 'edge' && s.target === 2) + 1)")
    assert "h still waits for v1" in shown.text("dl")


def test_space_plays_and_stops(page):
    shown = page(play(example()[0]))
    shown.run("player.controls.speed.value = 30")
    shown.key(" ")
    time.sleep(0.4)
    shown.key(" ")
    at = shown.run("return player.run.at")
    assert at > 2
    time.sleep(0.2)
    assert shown.run("return player.run.at") == at


def test_by_node_the_steps_of_a_node_are_taken_together(page):
    x = Value(3.0, "x")
    shown = page(play(x * x + x))
    shown.run("player.controls.unit.value = 'node'; player.restop()")
    stops = [0]
    while shown.run("return player.step(1)"):
        stops.append(shown.run("return player.run.at"))
    assert stops == [0, 1, 2, 3, 5, 7]


def test_the_address_names_the_step(page):
    shown = page(play(example()[0]), "#step=7")
    assert shown.run("return player.run.at") == 7
    shown.key("ARROW_RIGHT")
    time.sleep(0.4)
    assert shown.run("return location.hash") == "#step=8"
    shown.run("location.hash = '#step=3'")
    time.sleep(0.1)
    assert shown.run("return player.run.at") == 3
    assert page(play(example()[0]), "#step=999").run("return player.run.at === player.run.steps.length")


def test_an_error_shows_the_forward_pass_up_to_it(page, tmp_path):
    w, x = Value(-0.5, "w"), Value(2.0, "x")
    with pytest.raises(ZeroDivisionError) as caught:
        (w * x) / (x - 2)
    player = play(caught.value)
    shown = page(player)
    shown.key("END")
    assert shown.run("return player.run.steps.map(step => step.kind)") == ["forward", "forward"], "no backward pass"
    assert "The next operation raised an error. div: y must be != 0" in shown.run("return document.body.innerText")
    assert shown.run("return document.querySelectorAll('.failed').length") == 1
    assert shown.run("return Object.keys(player.modes)") == [], "tools need a whole pass"
    shown.key("HOME")
    assert "raised an error" not in shown.run("return document.body.innerText")
    with pytest.raises(ArgumentError, match=r"a film shows a whole pass, and this one has failed\. Save"):
        player.save(tmp_path / "film.svg")
    with pytest.raises(GraphTooLargeError, match="has 5 nodes; play shows at most 4"):
        play(caught.value, limit=4)
