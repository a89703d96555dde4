"""The player for everyone: by keyboard, by screen reader, in light and dark, without motion, without colours."""

import pytest
from player_page import POINTS, Line, example, squared

from autograd import Value
from autograd.view.player.page import play, play_training


def test_a_negative_contribution_is_dashed_and_coloured(page):
    x, y = Value(1.0, "x"), Value(2.0, "y")
    shown = page(play(x - y))
    look = (
        "return [...document.querySelectorAll('g.edge')].map(g => [getComputedStyle(g.querySelector('path'))"
        ".strokeDasharray, getComputedStyle(g.querySelector('polygon')).fill])"
    )
    shown.key("END")
    shown.run("player.pictures[0].mark([])")
    (plain, blue), (dashed, orange) = shown.run(look)
    assert (plain, dashed) == ("none", "6px, 4px")
    assert blue != orange


def test_keyboard_alone_is_enough(page):
    shown = page(play(example()[0]))
    count = shown.run("return player.run.steps.length")
    for key, at in (
        ("ARROW_RIGHT", 1),
        ("ARROW_RIGHT", 2),
        ("ARROW_LEFT", 1),
        ("END", count),
        ("ARROW_LEFT", count - 1),
        ("HOME", 0),
        ("ARROW_LEFT", 0),
    ):
        shown.key(key)
        assert shown.run("return player.run.at") == at
    reached = set()
    for _ in range(60):
        shown.key("TAB")
        reached.add(shown.run("const e = document.activeElement; return e.textContent || e.type"))
    assert {
        "Paths",
        "Nudge",
        "Predict",
        "Order",
        "Mistakes",
        "Values",
        "▶",
        "Fit",
        "Graph",
        "Network",
        "Formula",
        "Code",
        "range",
        "checkbox",
    } <= reached
    shown.run("[...document.querySelectorAll('button')].find(b => b.textContent === 'Paths').focus()")
    shown.key("ENTER")
    shown.key("TAB", "TAB", "TAB", "TAB", "TAB")
    assert shown.run("return document.activeElement.tagName") == "SELECT"
    shown.key("ARROW_DOWN")
    assert "the gradient of x" in shown.text(".desk")


LOOKS = """
    const shade = (color) => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d');
      canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
      const part = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
      return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const contrast = (a, b) => (Math.max(shade(a), shade(b)) + 0.05) / (Math.min(shade(a), shade(b)) + 0.05);
    const paper = getComputedStyle(document.body).backgroundColor, style = (s) => getComputedStyle(
      document.querySelector(s));
    const nodes = [...document.querySelectorAll('g.node')].map((g) => contrast(
      getComputedStyle(g.querySelector('text')).fill, getComputedStyle(g.querySelector('path, polygon')).fill));
    return [shade(paper), contrast(style('.spoken').color, paper), contrast(style('dt').color, paper),
            contrast(style('.verdict.wrong').color, paper), ...nodes];"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_legible_in_light_and_in_dark(page, scheme):
    shown = page(play(example()[0]))
    emulate = [{"name": "prefers-color-scheme", "value": scheme}]
    shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": emulate})
    try:
        shown.key("END")
        shown.press("Mistakes")
        paper, *contrasts = shown.run(LOOKS)
        shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": emulate})
        assert shown.run(LOOKS)[0] == pytest.approx(1), "paper is white"
        seen = "return [...document.querySelectorAll(arguments[0])].some(e => e.checkVisibility())"
        assert shown.run(seen, ".tools, .tabs, .controls") is False
        assert shown.run(seen, ".pane svg")
        assert shown.run(seen, ".spoken")
    finally:
        shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert (paper > 0.5) == (scheme == "light")
    assert min(contrasts) >= 4.5, "WCAG 2.2, 1.4.3"


def test_who_wants_reduced_motion_gets_no_smooth_scrolling(page):
    y = Value(1.0, "x")
    for _ in range(600):  # in rows, more than fit on the page
        y = y.tanh()
    shown = page(play(y))
    emulate = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    behaviour = (
        "let seen; player.panes[0].element.scrollBy = ({ behavior }) => (seen = behavior);player.go(560); return seen"
    )
    try:
        assert shown.run(behaviour) == "smooth"
        shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": emulate})
        assert shown.open().run(behaviour) == "auto"
        assert shown.run("return document.getAnimations().length") == 0
    finally:
        shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_each_step_is_spoken_unless_it_is_too_fast(page):
    shown = page(play(example()[0]))
    live = "return player.controls.spoken.getAttribute('aria-live')"
    assert shown.run(live) == "polite"
    shown.run("player.controls.speed.value = 30; player.play(true)")
    assert shown.run(live) == "off"
    shown.run("player.play(false)")
    assert shown.run(live) == "polite"


def test_every_control_has_a_name_and_each_label_one_control(page):
    model = Line()
    shown = page(play_training(model, squared, POINTS, steps=2, lr=0.3))
    for mode in ("Training", "Values", "Paths", "Nudge", "Predict", "Order", "Mistakes"):
        shown.press(mode) if mode != "Training" else None
        names = shown.run("""
            const controls = [...document.querySelectorAll('button, select, input')];
            return controls.map(c => c.getAttribute('aria-label') || c.textContent.trim()
                                     || [...c.labels].map(l => l.textContent.trim()).join(''));""")
        assert all(names)
        assert shown.run("""
            const labels = [...document.querySelectorAll('label')];
            return labels.every(l => l.querySelectorAll('button, input, output, select').length === 1);""")


CONTRASTS = """
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const painted = (colors) => {
      for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
      const part = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
      return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const paper = getComputedStyle(document.body).backgroundColor;
    const behind = (e) => {
      const layers = [];
      for (let at = e; at && at !== document.documentElement; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (at.matches('g.node, g.cluster, g.cell')) {
          const shape = at.querySelector(at.matches('.cell') ? '.shape' : 'path, polygon');
          const outside = at.matches('.cell') && e.matches('.name');
          if (shape && !outside) layers.unshift(getComputedStyle(shape).fill);
        } else if (!(at instanceof SVGElement)) layers.unshift(style.backgroundColor);
      }
      return painted([paper, ...layers]);
    };
    const found = [];
    for (const e of document.querySelectorAll('body *:not(script, style, title, option, noscript)')) {
      const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (!own || !e.checkVisibility({ opacityProperty: true })) continue;
      const style = getComputedStyle(e), ground = behind(e);
      const ink = painted([e instanceof SVGElement ? style.fill : style.color]);
      const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
      if (contrast < 4.5) found.push([e.tagName, e.getAttribute('class'), e.textContent.slice(0, 20), contrast]);
    }
    return found;"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(page, scheme):
    import nn

    model = nn.MLP(2, [6, 1], seed=2)
    shown = page(play_training(model, lambda out, y: (out - y) ** 2, POINTS, steps=3, lr=0.05, example=0))
    emulate = [{"name": "prefers-color-scheme", "value": scheme}]
    shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": emulate})
    try:
        shown.run("player.look(['Graph', 'Network', 'Formula', 'Code'])")
        for tool in ("Training", "Values", "Paths", "Nudge", "Predict", "Order", "Mistakes"):
            if tool != "Training":
                shown.press(tool)
            for share in (0, 0.2, 0.6, 1):
                shown.run("player.go(Math.round(player.run.steps.length * arguments[0]))", share)
                assert shown.run(CONTRASTS) == [], (tool, share)
    finally:
        shown.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_the_nodes_are_reached_and_picked_by_keyboard(page):
    x = Value(3.0, "x")
    y = (x * x).tanh()
    y.label = "y"
    shown = page(play(y))
    named = "return document.activeElement.getAttribute('aria-label')"
    for _ in range(40):
        shown.key("TAB")
        if shown.run("return document.activeElement.matches('g.node')"):
            break
    assert shown.run(named) == "tanh, y, data ?, grad 0"
    shown.key("ARROW_UP")
    assert shown.run(named).endswith("v1, data ?, grad 0")
    shown.key("ARROW_UP")
    assert shown.run(named) == "x, data 3, grad 0"
    shown.key("ENTER")
    assert shown.run("return [player.modeName, player.mode.at]") == ["Paths", 0]
    shown.key("ARROW_RIGHT")
    assert shown.run("return player.run.at") == 1, "the arrows step from here too"
    assert shown.run("return document.querySelectorAll('.graph g.node[tabindex=\"0\"]').length") == 1, (
        "one stop for Tab"
    )
