"""The fixture `page` for the tests of the player."""

import json

import pytest
from player_page import Page


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
