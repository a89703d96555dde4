"""Fixtures: a small graph after its pass, a machine without the program dot, and players open in the browser."""

import json

import pytest
from player_page import Page

from autograd import Value


@pytest.fixture
def page(browser, tmp_path):
    """Opens players; at the end there must be no error on the console and no request but for the page itself."""
    pages = []

    def open_page(player, fragment=""):
        path = tmp_path / f"{len(pages)}.html"
        player.save(path)
        pages.append(Page(browser, path))
        return pages[-1].open(fragment)

    browser.get_log("browser")
    yield open_page
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = {
        event["params"]["request"]["url"].partition("#")[0]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    requests = {url for url in requests if not url.startswith("data:")}
    assert requests <= {f"file://{path}" for page in pages for path in (page.path, *page.others)} | {"about:blank"}


@pytest.fixture
def traced():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-1.5, "b")
    y = (w * x + b).sin()
    y.label = "y"
    y.backward()
    return y


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
