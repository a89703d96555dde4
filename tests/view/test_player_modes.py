"""The modes of the player: paths, nudges, predictions, orders and mistakes."""

import re

import pytest
from player_page import example, printed

from autograd import Value
from autograd.view.graph import ancestry
from autograd.view.player.page import play


def test_paths_add_up_to_the_gradient(page):
    value, leaves = example()
    value.backward()
    shown = page(play(value))
    shown.press("Paths")
    for leaf in leaves:
        shown.run("player.mode.picked(arguments[0])", ancestry(value).index(leaf))
        products = [
            float(re.search(r"= (\S+)$", item)[1].replace("−", "-"))
            for item in shown.run("return [...document.querySelectorAll('.paths li')].map(e => e.textContent)")
        ]
        assert sum(products) == pytest.approx(leaf.grad, rel=2e-3)
        assert f"Together: {printed(leaf.grad)}, the gradient of {leaf.label}: {printed(leaf.grad)}." in shown.text(
            ".desk"
        )
    assert shown.run("return document.querySelectorAll('path.path').length") > 4
    shown.press("Values")
    assert shown.run("return document.querySelectorAll('path.path').length") == 0


def test_too_many_paths_are_cut_and_it_says_so(page):
    x = Value(1.01, "x")
    y = x
    for _ in range(70):
        y = y * y * 0.99
    shown = page(play(y))
    shown.press("Paths")
    assert f"12 of {2**70:,} paths are shown." in shown.text(".desk")


def test_a_node_is_picked_with_the_mouse(page):
    shown = page(play(example()[0]))
    shown.press("Nudge")
    shown.run("document.querySelector('#p0n1 polygon').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert shown.run("return player.mode.at") == 1


def test_a_click_on_a_node_shows_its_paths(page):
    shown = page(play(example()[0]))
    shown.run("document.querySelector('#p0n1 polygon').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert shown.run("return player.controls.aside.dataset.mode") == "Paths"
    assert "the gradient of x" in shown.text(".desk")
    shown.press("Predict")
    shown.run("document.querySelector('#p0n0 polygon').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert shown.run("return player.controls.aside.dataset.mode") == "Predict", "a lesson that is on stays on"


def test_a_nudge_shows_the_change_beside_the_prediction(page):
    x = Value(2.0, "x")
    value = x**3
    shown = page(play(value))
    shown.press("Nudge")
    cells = shown.run("return [...document.querySelectorAll('tr')].map(r => [...r.children].map(c => c.textContent))")
    assert cells[1] == ["+h", printed(2.001**3 - 8), printed(12 * 1e-3)]
    assert cells[2] == ["−h", printed(1.999**3 - 8), printed(-12 * 1e-3)]
    errors = shown.run("return Array.from(document.querySelectorAll('.plot circle'), c => c.cy.baseVal.value)")
    assert len(errors) == 15
    best = max(range(15), key=errors.__getitem__)
    assert 3 <= best <= 8, "the error is least between truncation and rounding"
    assert errors[0] < errors[best] > errors[-1]


def test_predictions_are_judged_with_the_reason(page):
    w, x = Value(3.0, "w"), Value(-2.0, "x")
    shown = page(play(w * x + 5), "#step=2")
    shown.press("Predict")

    def answer(text):
        shown.run("player.mode.answer.value = arguments[0]; player.mode.check()", text)
        return shown.text(".verdict")

    assert answer("2") == "Not 2. A result changes as fast as itself: its gradient is 1."
    assert answer("1") == "Right: 1."
    assert answer("1") == "Right: 1."
    assert "What is it after the contribution of v1?" in shown.text(".desk")
    assert answer("2") == (
        "Not 2. The sign is the other one. Gradient × local derivative = 1 × (−2) = …, and that is added to 0."
    )
    assert answer("many") == '"many" is not a number.'
    assert answer("-2,0") == "Right: −2."
    assert "3 of 5 right" in shown.text(".desk")
    shown.press("Show it")
    assert shown.text(".verdict") == "It is 3."
    assert "That was the last step" in shown.text(".desk")


def test_a_wrong_choice_of_order_names_what_is_missing(page):
    x = Value(2.0, "x")
    h = x * 3
    h.label = "h"
    a, b = h.sin(), h.exp()
    a.label, b.label = "a", "b"
    value = a * b
    value.label = "y"
    nodes = ancestry(value)
    shown = page(play(value))
    shown.press("Order")

    def pick(node):
        shown.run("player.mode.picked(arguments[0])", nodes.index(node))
        return shown.text(".verdict")

    assert pick(h) == "h is not complete: the contribution of a, b is still missing."
    assert pick(value) == "Right: y had all its contributions."
    assert pick(a) == "Right: a had all its contributions."
    assert pick(h) == "h is not complete: the contribution of b is still missing."
    assert pick(x) == "x is a leaf: it has no operands to pass anything to."
    assert pick(a) == "a has passed its gradient on already."
    pick(b)
    assert pick(h) == "All done: every gradient was complete before it was passed on."
    value.backward()
    assert shown.run("return player.run.grads[0]") == pytest.approx(x.grad)


@pytest.mark.parametrize(
    ("mistake", "right", "wrong", "parted"),
    [
        ("Overwriting", 108, 54, 6),
        ("Forgotten zero_grad", 108, 216, 0),
        ("Stale second backward", 216, 324, 0),
        ("No topological order", 108, 108, None),
    ],
)
def test_a_mistake_runs_beside_the_right_pass(page, mistake, right, wrong, parted):
    x = Value(3.0, "x")
    shown = page(play((x * x) ** 2))
    shown.press("Mistakes")
    shown.enter(".desk select", mistake, "change")
    assert shown.run("return player.mode.parted") == parted
    said = shown.text(".desk")
    if parted is None:
        assert "On this graph it changes nothing" in said
    else:
        assert shown.run("return player.run.at") == parted
    shown.key("END")
    assert shown.run("return [player.run.grads[0], player.other.grads[0]]") == [right, wrong]
    shown.press("Mistakes")
    assert shown.run("return [document.querySelectorAll('.frame').length, player.other]") == [1, None]


def test_passing_on_too_early_is_seen_to_lose_a_share(page):
    x = Value(2.0, "x")
    h = x * 3
    value = h + (h * 1).exp() * 0.001
    shown = page(play(value))
    shown.press("Mistakes")
    shown.enter(".desk select", "No topological order", "change")
    shown.key("END")
    right, wrong = shown.run("return [player.run.grads[0], player.other.grads[0]]")
    value.backward()
    assert right == x.grad
    assert wrong == pytest.approx(3)
