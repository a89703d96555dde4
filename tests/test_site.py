"""The site: it is built from what is committed, and every page of it is opened in a headless browser."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import autograd
import nn
from autograd.table.formulas import Formula
from autograd.table.registry import BUILT_IN, RULES

# `make test` runs everything twice; the pages are the same on both engines, and the second run builds and opens them.
if os.environ.get("GLASSGRAD_PURE"):
    pytest.skip("built once: it is the same on both engines", allow_module_level=True)

pytestmark = pytest.mark.xdist_group("site")  # so that one process builds the pages and looks at them

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LOOK = """
return {links: [...document.querySelectorAll('a[href], link[href]')].map(link => link.href),
        pictures: [...document.images].map(image => [image.src, image.naturalWidth, image.alt]),
        described: [...document.querySelectorAll('.figure img, .figure > svg')].map(
            picture => picture.alt ?? picture.ariaLabel),
        anchors: [...document.querySelectorAll('[id]')].map(element => element.id),
        formulas: [...document.querySelectorAll('math')].map(math => math.getBoundingClientRect().width),
        heading: document.querySelector('h1').textContent, title: document.title,
        text: document.querySelector('main').innerText,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth};
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder in which the site was built."""
    folder = tmp_path_factory.mktemp("site") / "site"
    run = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "notebooks" / "website", "--out", folder],
        text=True,
        capture_output=True,
        check=False,
        cwd=ROOT.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="module")
def looked_at(site, browser):
    """What the browser finds on each page, on a narrow screen; that it complains of nothing and asks for nothing."""
    browser.get_log("browser"), browser.get_log("performance")
    size = browser.get_window_size()
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    found = {}
    for path in sorted(site.glob("*.html")):
        browser.get(path.as_uri())
        found[path.name] = browser.execute_script(LOOK)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(size["width"], size["height"])
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith((site.as_uri(), "data:", "about:", "blob:"))} == set()
    return found


def test_there_is_a_page_for_everything(site):
    pages = {path.name for path in site.glob("*.html")}
    assert {f"{lesson}.html" for lesson in LESSONS} | {
        "index.html",
        "table.html",
        "reference-autograd.html",
        "reference-nn.html",
    } <= pages
    assert sum(path.stat().st_size for path in site.rglob("*")) < 25e6


def test_every_link_leads_somewhere(site, looked_at):
    anchors = {name: set(page["anchors"]) for name, page in looked_at.items()}
    for name, page in looked_at.items():
        for link in page["links"]:
            address, anchor = urldefrag(link)
            if link.startswith(("https://", "data:")):
                continue
            path = Path(unquote(address.removeprefix("file://")))
            assert path.parent == site, f"{link} on {name}"
            assert path.exists(), f"{link} on {name}"
            assert not anchor or unquote(anchor) in anchors[path.name], f"{link} on {name}"


def test_every_page_is_whole(looked_at):
    for name, page in looked_at.items():
        assert page["title"], name
        assert page["heading"], name
        assert len(page["anchors"]) == len(set(page["anchors"])), f"an id stands twice on {name}"
        assert all(width > 0 for _, width, _ in page["pictures"]), name
        assert all(page["formulas"]), name
        assert page["overflow"] <= 0, f"{name} is wider than a narrow screen"


def test_every_figure_has_a_description_of_its_own(looked_at):
    described = [alt for name in LESSONS for alt in looked_at[f"{name}.html"]["described"]]
    assert [alt for alt in described if not alt or len(alt) < 40] == []
    assert len(set(described)) == len(described) > 80


def test_formulas_are_mathematics(looked_at):
    for name in LESSONS:
        shown = looked_at[f"{name}.html"]
        assert not re.search(r"\$\$|\\(frac|cdot|text|sigma)", shown["text"]), name
    assert len(looked_at["table.html"]["formulas"]) > 2 * len(BUILT_IN)


def test_the_course_is_a_chain(site, looked_at):
    for before, after in pairwise(LESSONS):
        assert any(link.endswith(f"/{after}.html") for link in looked_at[f"{before}.html"]["links"])
        assert any(link.endswith(f"/{before}.html") for link in looked_at[f"{after}.html"]["links"])
    cards = [link for link in looked_at["index.html"]["links"] if re.search(r"/\d\d_", link)]
    assert [Path(link).stem for link in cards] == LESSONS
    assert len(looked_at["index.html"]["pictures"]) == 1 + len(list((ROOT / "notebooks/images").glob("[0-9][0-9].png")))


def test_the_reference_names_everything(looked_at):
    engine = {
        name
        for name, thing in vars(autograd).items()
        if not name.startswith("_") and not hasattr(thing, "__path__") and not hasattr(thing, "__spec__")
    }
    primitives = {rule.name for rule in BUILT_IN}
    engine -= set(RULES) - primitives  # those that another test registered
    assert engine - primitives <= set(looked_at["reference-autograd.html"]["anchors"])
    assert primitives <= set(looked_at["table.html"]["anchors"])
    networks = {name for name in nn.__all__ if not hasattr(getattr(nn, name), "__spec__")}
    assert networks - primitives <= set(looked_at["reference-nn.html"]["anchors"])
    assert {"Value.backward", "Value.grad", "Drawing.save"} <= set(looked_at["reference-autograd.html"]["anchors"])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("x - (y - z)", "x - (y - z)"),
        ("(x - y) - z", "x - y - z"),
        ("x * (y + z)", r"x \cdot (y + z)"),
        ("(-x) ** 2", "{(-x)}^{2}"),
        ("-x ** 2", "-{x}^{2}"),
        ("2 ** -x", "{2}^{-x}"),
        ("x / y / z", r"\frac{\frac{x}{y}}{z}"),
        ("x * exp(y) ** 2", r"x \cdot {(e^{y})}^{2}"),
        ("sigmoid(-x) * 1e-290", r"\sigma(-x) \cdot 10^{-290}"),
        ("1 if x > 0 else y", r"\begin{cases} 1 & \text{if } x > 0 \\ y & \text{otherwise} \end{cases}"),
    ],
)
def test_formulas_have_the_brackets_they_need(formula, expected, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "notebooks" / "website")
    from markup import tex

    assert tex(Formula(formula)) == expected


def test_what_is_left_out_is_not_in_the_table(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "notebooks" / "website")
    from table import LEFT_OUT, left_out

    names = [name for names in LEFT_OUT for name in names.split()]
    assert len(names) == len(set(names)) > 50
    assert not {rule.name for rule in BUILT_IN} & set(names)
    assert all(f"<code>{name}</code>" in left_out() for name in names)


def test_a_player_can_be_played_in_its_page(site, browser):
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.glob("[0-9]*.html"))}
    pages = [path for path, text in texts.items() if "<iframe" in text and "class=&quot;player" in text]
    assert pages, "the notebook on the chain rule shows a player"
    for path in pages:
        browser.get(path.as_uri())
        frame = browser.find_element("css selector", "iframe")
        browser.execute_script("arguments[0].scrollIntoView()", frame)
        browser.switch_to.frame(frame)
        at = "return document.querySelector('.player').player.run.at"
        before = browser.execute_script(at)
        browser.execute_script("document.querySelector('.player').player.step(1)")
        assert browser.execute_script(at) == before + 1
        browser.switch_to.default_content()
