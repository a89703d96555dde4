"""Pages that hold a player: hostile labels, several players, an exported notebook."""

import pytest
from player_page import example

from autograd import Value
from autograd.view.player.page import play

HOSTILE = [
    "<img src=x onerror=hacked=1>",
    "</script><script>hacked=1</script>",
    "</svg><b>",
    'a"b',
    "a'b",
    "{a|b}",
    "\\",
    "&amp;",
    "naïve σ 日本 😀",
    "${hacked=1}",
    "`",
    "<!--",
    "]]>",
    "@DATA@",
    ' fill="red"',
    "data #000000003",
    "x" * 1000,
    "\u2028",
    "1.2345 6.7891",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_neither_break_nor_inject_anything(page, label):
    x, out = Value(2.0, label), Value(2.0, label) * 3
    out.label = label
    shown = page(play(x * out))
    for mode in ("Values", "Paths", "Nudge", "Predict", "Order", "Mistakes"):
        shown.press(mode)
    shown.key("END")
    assert shown.run("return typeof hacked") == "undefined"
    assert shown.run("return document.querySelectorAll('.player img, .player b, .player script').length") == 0
    expected = " ".join(label.split())
    if len(label) < 40 and label.isprintable() and "#0" not in label:
        assert expected in shown.run("return [...document.querySelectorAll('text')].map(t => t.textContent)")


def test_several_players_on_one_page_do_not_disturb_one_another(page, tmp_path, browser):
    x = Value(3.0, "x")
    both = "".join(play(value)._repr_html_().replace('loading="lazy"', "") for value in (x * x, x.exp()))
    (tmp_path / "both.html").write_text(f"<!doctype html><title>Two</title>{both}", encoding="utf-8")
    shown = page(play(x * 2))
    browser.get(f"file://{tmp_path}/both.html")
    shown.others = [tmp_path / "both.html"]
    frames = browser.find_elements("tag name", "iframe")
    found = []
    for number, frame in enumerate(frames):
        browser.switch_to.frame(frame)
        if number == 0:
            shown.key("TAB")
            shown.run("player.go(2)")
        found.append(shown.run("return player.run.at"))
        browser.switch_to.default_content()
    assert found == [2, 0]


def test_it_survives_the_export_of_a_notebook(page, tmp_path, browser):
    import nbconvert
    import nbformat

    player = play(example()[0])
    output = nbformat.v4.new_output("execute_result", data=player._repr_mimebundle_(), execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("play(y)", outputs=[output])])
    exported, _ = nbconvert.HTMLExporter(require_js_url="", mathjax_url="").from_notebook_node(notebook)
    shown = page(player)
    path = tmp_path / "notebook.html"
    path.write_text(exported.replace('loading="lazy"', ""), encoding="utf-8")
    shown.others = [path]
    browser.get(f"file://{path}")
    (frame,) = browser.find_elements("tag name", "iframe")
    (picture,) = browser.find_elements("css selector", "img[src^=data]")
    assert browser.execute_script("return arguments[0].naturalWidth", picture) > 300, "seen where frames are taken out"
    browser.switch_to.frame(frame)
    shown.key("TAB")
    shown.run("player.go(1e9)")
    assert shown.numbers()[-1] == ["data 3.539", "grad 1"]
    browser.switch_to.default_content()
    browser.get_log("browser")  # the template's own wishes for its fonts and scripts are not ours
    browser.get_log("performance")
