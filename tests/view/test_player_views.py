"""Large graphs in the browser: the insides of boxes, neighbourhoods, and speed."""

import statistics
import time

from player_page import large
from soaking import SOAK

import nn
from autograd import Value
from autograd.view.graph import ancestry
from autograd.view.player.page import play


def test_the_inside_of_a_box_follows_the_step(page):
    value = large()
    shown = page(play(value))
    assert shown.run("return player.panes.length") == 1
    node = next(i for i, node in enumerate(ancestry(value)) if node.label == "layer1.neuron3")
    shown.run("player.go(player.run.steps.findIndex(s => s.node === arguments[0]) + 1)", node)
    assert shown.run("return player.controls.inside.selectedOptions[0].textContent").endswith("› neuron3")
    assert shown.run("return player.panes.length") == 2
    shown.run("player.go(player.run.steps.length / 2)")
    assert shown.run("return document.querySelectorAll('.frame:first-child g.now').length") >= 1
    shown.run(
        "document.querySelector('[data-box]').querySelector('polygon, path')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert shown.run("return player.controls.inside.selectedOptions[0].textContent") == "layer0 × 2"
    shown.run("player.open(0)")
    assert shown.run("return player.panes.length") == 1


def test_a_neighbourhood_shows_what_is_two_edges_away(page):
    y = Value(1.0, "x")
    for _ in range(30):
        y = y.tanh()
    shown = page(play(y))
    shown.run("player.go(15); player.controls.around.checked = true; player.refocus()")
    assert shown.run(
        "return [...player.pictures[0].nodes].filter(([, n]) => !n.group.classList.contains('faded')).map(([i]) => i)"
    ) == [13, 14, 15, 16, 17]
    assert shown.run("return [...document.querySelectorAll('.badge:not(.faded)')].map(b => b.textContent)") == [
        str(31 - i) for i in (17, 16, 15, 14, 13)
    ]
    assert shown.run("return document.querySelectorAll('.edge:not(.faded)').length") == 4
    shown.run("player.controls.around.checked = false; player.refocus()")
    assert shown.run("return document.querySelectorAll('.faded').length") == 0


def test_a_neighbourhood_shows_the_boxes_that_hold_some_of_it(page):
    value = large()
    shown = page(play(value))
    node = next(i for i, node in enumerate(ancestry(value)) if node.label == "layer1.neuron3")
    shown.run(
        "player.go(player.run.steps.findIndex(s => s.node === arguments[0]) + 1);"
        "player.controls.around.checked = true; player.refocus()",
        node,
    )
    inside, near = shown.run("""
        const groups = [...player.pictures[0].boxes.values()].map(({group}) => group);
        return [groups.filter(g => !g.classList.contains('faded')).map(g => g.querySelector('text').textContent),
                document.querySelectorAll('.frame:nth-child(2) g.node:not(.faded)').length];""")
    assert inside == ["layer1 × 2", "layer2 × 2"], "not the boxes of the third layer"
    assert near == 4, "the node, its operand, and the two of that"
    edges = shown.run("""
        const seen = (g) => g && !g.classList.contains('faded'), whole = player.pictures[0];
        return [...whole.edges].filter(([, g]) => seen(g)).every(([key, group]) => {
          const keys = [...whole.edges].filter(([, g]) => g === group).map(([key]) => key.split('_').map(Number));
          return keys.some(([i, k]) => seen(whole.group(i)) && seen(whole.group(whole.graph.nodes[i].parents[k])));
        });""")
    assert edges, "no edge leads to what is not shown"


def test_open_boxes_inside_an_opened_box_have_frames_in_the_order_of_their_numbers(page):
    shown = page(play(nn.MLP(2, [16, 16, 1], seed=0), [1.0, -0.5], loss=nn.mse_loss, target=[1.0]))
    shown.run("player.open(player.pictures.findIndex(({scope}) => player.graph.boxes[scope]?.path === 'layer0'))")
    titles = shown.run("""
        const frames = [...player.detail.picture.svg.querySelectorAll('g.cluster')];
        frames.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
        return frames.map((frame) => frame.querySelector('text').textContent)""")
    assert titles == [f"neuron{i}" for i in range(16)]


def test_numbers_in_the_network_fit_their_circles(page):
    shown = page(play(nn.MLP(2, [16, 16, 1], seed=0), [1.0, -0.5], loss=nn.mse_loss, target=[1.0]))
    shown.run("player.look(['Network']); player.go(player.run.steps.length)")
    widest = shown.run("""
        return Math.max(...[...document.querySelectorAll('.network .cell')].filter(c => c.querySelector('circle'))
          .map(c => Math.max(...[...c.querySelectorAll('.value, .grad')].map(t => t.getBBox().width))))""")
    assert 20 < widest <= 44


def test_the_gpt_of_the_notebook_opens_when_folded_and_each_level_inside_it(page, figure):
    model, word = nn.GPT(27, context=9, width=16, heads=4, layers=1, seed=1), [0, 6, 18, 15, 7, 0]
    started = time.perf_counter()
    player = play(model, word[:-1], loss=nn.cross_entropy, target=word[1:])
    shown = page(player)
    built = time.perf_counter() - started
    opened = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    milliseconds = statistics.median(shown.open() and shown.run(opened) for _ in range(3))
    nodes, top = shown.run("return [player.graph.nodes.length, player.pictures[0].parts.length]")
    figure("nodes in a page of the player, folded", nodes, f"built in {built:.0f} s, opens in {milliseconds:.0f} ms")
    assert nodes > 40_000
    assert top <= 40
    depth = shown.run("""
        let depth = 0, picture = player.pictures[0];
        while (picture.boxes.size) {
          const [[box]] = picture.boxes;
          player.open(player.pictures.findIndex(({scope}) => scope === box));
          if (picture === player.detail.picture) break;
          picture = player.detail.picture;
          depth++;
        }
        return depth;""")
    assert depth >= 2
    shown.run("player.go(player.run.steps.length)")
    assert shown.run("return player.run.grads.every(Number.isFinite)")
    for tool in ("Values", "Paths", "Order", "Mistakes"):
        shown.press(tool)
        assert shown.run("return document.querySelectorAll('.desk *').length") < 3000
    if SOAK:  # the short run asserts no time: machines differ
        assert built < 10
        assert milliseconds < 2000


def test_a_page_of_2000_nodes_opens_at_once_and_runs_smoothly(page, figure):
    value = large(2, (17, 17, 1))
    assert 1800 < len(ancestry(value)) <= 2000
    shown = page(play(value))
    opened = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    milliseconds = min(shown.open() and shown.run(opened) for _ in range(3))
    rate = shown.browser.execute_async_script("""
        const player = document.querySelector('.player').player, done = arguments[0], start = performance.now();
        let frames = 0;
        const frame = () => {
          player.step(1);
          if (++frames < 60) requestAnimationFrame(frame);
          else done(frames / (performance.now() - start) * 1000);
        };
        frame();""")
    assert shown.run("return player.run.at") == 60
    figure(
        "nodes in a page of the player",
        len(ancestry(value)),
        f"opens in {milliseconds / 1000:.1f} s, {rate:.0f} steps a second",
    )
    if SOAK:  # the short run asserts no time: machines differ
        assert milliseconds < 2000
        assert rate >= 30, "frames a second"
