"""The page as a file: valid, small, free of requests, and readable where no script runs."""

import base64
import html
import html.parser
import re

import pytest
from player_page import example, large

import nn
from autograd import Value
from autograd.errors import ArgumentError
from autograd.view.graph import ancestry, short
from autograd.view.player.page import play


class Checker(html.parser.HTMLParser):
    """Collects identifiers, addresses and unclosed elements."""

    VOID = ("meta", "br", "img", "input", "link")
    CLOSED = ("path", "polygon", "polyline", "ellipse")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self.handle_startendtag(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [value for name, value in attributes if name in ("src", "href", "xlink:href", "action")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_it_is_saved_as_a_page_or_a_film(tmp_path):
    y, _ = example()
    assert play(y).save(tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert play(y).save(tmp_path / "page.svg").read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(ArgumentError, match=r"a player is saved as .html, .svg or .gif, got 'page.png'"):
        play(y).save(tmp_path / "page.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "page.svg"]


def test_in_a_notebook_it_is_a_frame_and_for_others_a_picture():
    player = play(example()[0])
    bundle = player._repr_mimebundle_()
    picture = r'<div [^<>]*><img alt="[^"]+" src="data:image/svg\+xml;base64,([^"]+)" [^<>]*>'
    frame = r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts"[^<>]*></iframe></div>'
    found = re.fullmatch(picture + frame, bundle["text/html"])
    assert base64.b64decode(found[1]).decode() == bundle["image/svg+xml"]
    assert html.unescape(found[2]) == player.html()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "<Player of 17 nodes>"


@pytest.mark.parametrize("value", [example()[0], large(1, (8, 8, 1))], ids=["small", "large"])
def test_the_page_is_well_formed_and_makes_no_request(value):
    page = play(value).html()
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.addresses == []
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|https?://(?!www.w3.org)", page)


@pytest.mark.parametrize("value", [example()[0], large(1, (8, 8, 1))], ids=["small", "large"])
def test_the_page_is_valid_html(value):
    import html5lib

    html5lib.HTMLParser(strict=True).parse(play(value).html())
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse(play(value).html().replace("</main>", "</div>"))


def test_the_page_of_a_small_graph_is_small():
    assert len(play(example()[0]).html().encode()) < 300_000
    model = nn.MLP(2, [16, 16, 1], seed=0)
    assert len(play(model, [0.5, -1.0], loss=nn.mse_loss, target=1.0).html().encode()) < 350_000


def test_without_scripts_the_page_shows_the_finished_pass():
    y, leaves = example()
    page = play(y).html()
    y.backward()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", page[: page.index("<script>")])
    for leaf in leaves:
        at = texts.index(leaf.label)
        assert texts[at : at + 3] == [leaf.label, f"data {short(leaf.data)}", f"grad {short(leaf.grad)}"]


def shown_in(player):
    """The nodes that some picture of a page shows: the whole as it is laid out, the insides as the page is told."""
    (data,) = player._data()["graphs"]
    _, *insides = data["pictures"]
    found = {int(node) for node in re.findall(r'id="p0n(\d+)"', player.html())}
    return data, found.union(*(inside["nodes"] for inside in insides)), insides


def test_large_graphs_are_shown_by_parts_that_hold_every_node():
    value = large()
    data, shown, insides = shown_in(play(value))
    assert len(data["nodes"]) == len(ancestry(value))
    assert shown == set(range(len(data["nodes"])))
    assert all(len(inside["nodes"]) + len(inside["boxes"]) <= 150 for inside in insides)
    for inside in insides:
        for edges in inside["edges"].values():
            for child, operand in edges:
                ends = (child, data["nodes"][child]["parents"][operand])
                for end in ends:
                    closed = [box for box in inside["boxes"] if end in data["boxes"][box]["nodes"]]
                    assert end in inside["nodes"] or closed, "an edge leads from something shown to something shown"


def test_boxes_in_boxes_in_boxes_are_shown_by_parts(monkeypatch):
    import nn

    monkeypatch.setattr("autograd.view.player.scenes.OPEN", 12)
    model = nn.Sequential(nn.MLP(2, [6, 6], seed=0), nn.MLP(6, [6, 1], seed=1))
    value = model([1.0, 2.0]) ** 2
    _, shown, _ = shown_in(play(value))
    assert shown == set(range(len(ancestry(value))))


def test_parameters_can_be_named():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    (data,) = play(w * x, parameters=[w])._data()["graphs"]
    assert [node["kind"] for node in data["nodes"]] == ["parameter", "input", "result"]
