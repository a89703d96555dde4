"""Where things are: on a phone, at a zoom of 200 %, on a large screen; fitting, zooming, dragging, the map."""

import contextlib
import time

import pytest
from player_page import POINTS, Line, example, large, squared, tangle

import nn
from autograd.view.player.page import play, play_training

SIZES = {"phone": (390, 844), "zoomed": (720, 450), "tablet": (768, 1024), "laptop": (1024, 768), "large": (1440, 900)}
SMALL = ("phone", "zoomed")
BOUNDS = """
    const bounds = (e) => {
      const { left, top, right, bottom } = e.getBoundingClientRect();
      return [left, top, right, bottom];
    };
    const one = (selector) => bounds(document.querySelector(selector));
"""


@contextlib.contextmanager
def screen(browser, name):
    """A window of that size, with touch where it is small."""
    width, height = SIZES[name]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": name == "phone"}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield width, height
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def is_within(inner, outer):
    """Whether a box [left, top, right, bottom] is inside another, to a pixel."""
    starts = all(outer[i] <= inner[i] + 1 for i in (0, 1))
    return starts and all(inner[i] <= outer[i] + 1 for i in (2, 3))


def players():
    model = nn.MLP(2, [16, 16, 1], seed=0)
    return {
        "neuron": play(example()[0]),
        "network": play(nn.mse_loss(model([0.5, -1.0]), 1.0)),
        "tangle": play(tangle(80)),
        "training": play_training(Line(), squared, POINTS, steps=2, lr=0.3),
    }


@pytest.fixture(scope="module")
def shown_players():
    return players()


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("kind", ["neuron", "network", "training"])
def test_the_step_is_always_in_sight_and_nothing_scrolls_but_the_panes(page, browser, shown_players, name, kind):
    with screen(browser, name) as (width, height):
        shown = page(shown_players[kind])
        count = shown.run("return player.run.steps.length")
        for at in (0, count // 3, count * 2 // 3, count):
            shown.run("player.go(arguments[0])", at)
            boxes = shown.run(
                BOUNDS + "return [one('.banner'), one('.controls'), one('.stage'), one('.tools'), one('.spoken')]"
            )
            for left, top, right, bottom in boxes:
                assert 0 <= left < right <= width + 0.5
                assert 0 <= top < bottom <= height + 0.5
            banner, controls, stage, *_ = boxes
            assert banner[3] - banner[1] <= 40, "a line"
            assert stage[3] - stage[1] >= 150
            assert controls[3] - controls[1] <= (60 if kind != "training" else 120), "a row"
        assert shown.run("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            width,
            height,
        ]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("kind", ["neuron", "network"])
def test_the_current_node_is_in_what_is_left_of_the_picture(page, browser, shown_players, name, kind):
    with screen(browser, name):
        shown = page(shown_players[kind])
        shown.run("player.still = true")
        count = shown.run("return player.run.steps.length")
        for share in (0.1, 0.3, 0.55, 0.8, 1.0):
            shown.run("player.go(arguments[0])", int(count * share))
            pane, node = shown.run(
                BOUNDS
                + "const pane = player.panes[player.panes.length - 1], { step } = player.run;"
                "return [bounds(pane.element), bounds(pane.picture.group(changedBy(step)))];".replace(
                    "changedBy(step)", "step.kind === 'forward' ? step.node : step.target"
                )
            )
            assert is_within(node, pane), share


@pytest.mark.parametrize("name", ["phone", "zoomed"])
def test_the_network_scrolls_to_the_current_step(page, browser, shown_players, name):
    with screen(browser, name):
        shown = page(shown_players["network"])
        shown.run("player.still = true; player.look(['Network'])")
        count = shown.run("return player.run.steps.length")
        for share in (0.3, 0.75):
            shown.run("player.go(arguments[0])", int(count * share))
            pane, neuron = shown.run(
                BOUNDS + "const { Network } = player.views, { step } = player.run;"
                "const node = step.kind === 'forward' ? step.node : step.target;"
                "return [bounds(Network.pane.element), bounds(Network.part(node))]"
            )
            assert is_within(neuron, pane), share


def test_a_pane_stays_where_it_is_when_the_room_is_measured_anew(page, browser, shown_players):
    with screen(browser, "phone"):
        shown = page(shown_players["tangle"])
        before, after = shown.run(
            "const area = player.panes[0].element; player.go(1); area.scrollTo(150, 0);"
            "const before = area.scrollLeft; player.refit(); return [before, area.scrollLeft]"
        )
        assert before == after == 150


def test_the_whole_step_can_be_read_on_a_phone(page, browser, shown_players):
    with screen(browser, "phone"):
        shown = page(shown_players["network"])
        count = shown.run("return player.run.steps.length")
        for at in range(0, count, count // 40):
            shown.run("player.go(arguments[0])", at)
            told, *sizes = shown.run(
                "const told = document.querySelector('.spoken'), { scrollHeight, clientHeight } = told;"
                "return [told.textContent, told.scrollWidth, told.clientWidth, scrollHeight, clientHeight]"
            )
            assert sizes[0] <= sizes[1], told
            assert sizes[2] <= sizes[3], told


@pytest.mark.parametrize("name", SMALL)
def test_targets_are_large_enough_for_a_finger(page, browser, shown_players, name):
    with screen(browser, name):
        shown = page(shown_players["training"])
        for tool in ("Training", "Values", "Nudge", "Predict", "Order", "Mistakes"):
            if tool != "Training":
                shown.press(tool)
            sizes = shown.run("""
                const parts = [...document.querySelectorAll('button, select, input:not([type=checkbox])')];
                return parts.filter((e) => e.checkVisibility()).map((e) => {
                  const { width, height } = e.getBoundingClientRect();
                  return [e.textContent || e.getAttribute('aria-label') || e.type, width, height]; });""")
            assert len(sizes) > 15
            for what, width, height in sizes:
                assert min(width, height) >= 43.5, (tool, what, width, height)
            checkboxes = shown.run("""return [...document.querySelectorAll('label:has([type=checkbox])')].map(
                (e) => e.getBoundingClientRect().height);""")
            assert min(checkboxes) >= 43.5


@pytest.mark.parametrize("name", SIZES)
def test_nothing_in_the_tools_is_cut_off(page, browser, shown_players, name):
    with screen(browser, name):
        shown = page(shown_players["network"])
        shown.run("player.go(1100)")
        for tool in ("Values", "Paths", "Nudge", "Predict", "Order", "Mistakes"):
            shown.press(tool)
            tab, tabs, desk, *parts = shown.run(
                BOUNDS + "const inside = document.querySelectorAll('.desk :is(select, input, button, table, svg)'),"
                "shown = [...inside].filter((e) => e.checkVisibility());"
                "return [one('.tabs [aria-pressed=true]'), one('.tabs'), one('.desk'), ...shown.map(bounds)]"
            )
            assert is_within(tab, tabs), tool
            for left, _, right, _ in parts:
                assert desk[0] - 1 <= left <= right <= desk[2] + 1, tool
            cut = shown.run(
                "return [...document.querySelectorAll('.row span')].filter((e) => e.scrollWidth > e.clientWidth)"
                ".map((e) => e.textContent)"
            )
            assert cut == []


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("kind", ["neuron", "network", "tangle"])
def test_the_whole_graph_is_seen_on_opening(page, browser, shown_players, name, kind):
    with screen(browser, name):
        shown = page(shown_players[kind])
        pane, picture = shown.run(BOUNDS + "return [one('.graph .pane'), one('.graph .pane svg')]")
        assert is_within(picture, pane)
        assert not shown.run("return document.querySelector('.minimap').checkVisibility()"), (
            "no map of what is all seen"
        )


def test_the_wheel_zooms_about_the_pointer_and_a_map_shows_where(page, browser, shown_players):
    shown = page(shown_players["tangle"])
    shown.run("player.zoom(2); player.still = true; player.panes[0].element.scrollTo(40, 400)")
    spot = (
        "const found = [...document.querySelectorAll('.graph g.node')].map((e) => e.getBoundingClientRect())"
        "[arguments[3] ?? 8]; const { x, y } = found;"
    )
    x, y, before = shown.run(spot + "return [x, y, player.panes[0].scale]")
    wheel = (
        "for (let i = 0; i < 4; i++) player.panes[0].element.dispatchEvent(new WheelEvent('wheel',"
        "{ deltaY: arguments[2], clientX: arguments[0], clientY: arguments[1], cancelable: true }));"
    )
    shown.run(wheel, x, y, -100)
    after_x, after_y, scale = shown.run(spot + "return [x, y, player.panes[0].scale]")
    assert scale > 2 * before
    seen = BOUNDS + "return [one('.graph .pane'), one('.minimap'), one('.minimap .seen')]"
    pane, chart, part = shown.run(seen)
    assert is_within(chart, pane)
    assert (part[2] - part[0]) * (part[3] - part[1]) < 0.7 * (chart[2] - chart[0]) * (chart[3] - chart[1])
    assert (after_x, after_y) == (pytest.approx(x, abs=8), pytest.approx(y, abs=8)), "it stays under the pointer"
    shown.run(wheel, x, y, 100)
    assert shown.run("return player.panes[0].scale") == pytest.approx(before)


def test_dragging_moves_the_picture_and_is_no_click(page, browser, shown_players):
    from selenium.webdriver import ActionChains

    shown = page(shown_players["tangle"])
    shown.run("player.zoom(1.5)")
    pane = shown.browser.find_element("css selector", ".graph .pane")
    before = shown.run("return player.panes[0].element.scrollTop")
    ActionChains(shown.browser).move_to_element(pane).click_and_hold().move_by_offset(0, -60).move_by_offset(
        0, -60
    ).release().perform()
    assert shown.run("return player.panes[0].element.scrollTop") == pytest.approx(before + 120, abs=3)
    assert shown.run("return [player.panes.length, player.modeName]") == [1, ""]
    shown.run(
        "document.querySelector('.minimap').dispatchEvent(new PointerEvent('pointerdown', { clientX: 0, clientY: 0 }))"
    )
    assert shown.run("return player.panes[0].element.scrollTop") == 0


def test_two_fingers_zoom(page, browser, shown_players):
    with screen(browser, "phone"):
        shown = page(shown_players["tangle"])
        before = shown.run("return player.panes[0].scale")
        shown.run("""
            const area = player.panes[0].element, { left, top } = area.getBoundingClientRect();
            area.setPointerCapture = () => {};
            const send = (kind, pointerId, x) => area.dispatchEvent(new PointerEvent(kind, {
              pointerId, clientX: left + x, clientY: top + 100, button: 0, bubbles: true }));
            send('pointerdown', 1, 100); send('pointerdown', 2, 200);
            send('pointermove', 1, 80); send('pointermove', 2, 320);
            send('pointerup', 1, 80); send('pointerup', 2, 320);""")
        assert shown.run("return player.panes[0].scale") == pytest.approx(before * 2.4, rel=0.05)
        assert shown.run("return getComputedStyle(player.panes[0].element).touchAction") == "none"


def test_views_stand_side_by_side_or_alone_where_there_is_no_room(page, browser, shown_players):
    on = "return Object.entries(player.views).filter(([, view]) => view.on).map(([name]) => name)"
    with screen(browser, "large"):
        shown = page(shown_players["neuron"])
        assert shown.run(on) == ["Graph", "Formula"]
        shown.press("Network")
        shown.press("Code")
        assert shown.run(on) == ["Graph", "Network", "Formula", "Code"]
        shown.press("Graph")
        assert shown.run(on) == ["Network", "Formula", "Code"]
        time.sleep(0.4)
        assert shown.run("return location.hash") == "#step=0&views=network+formula+code"
    with screen(browser, "phone"):
        shown = page(shown_players["neuron"])
        assert shown.run(on) == ["Graph"]
        shown.press("Formula")
        assert shown.run(on) == ["Formula"]


def test_nothing_moves_when_the_page_is_opened_again(page):
    player = play(large(1, (8, 8, 1)))
    places = "return [...document.querySelectorAll('g.node')].map((e) => e.getBoundingClientRect().toJSON())"
    shown = page(player)
    shown.run("player.still = true; player.go(41)")
    first = shown.run(places)
    shown.open().run("player.still = true; player.go(41)")
    assert shown.run(places) == first
