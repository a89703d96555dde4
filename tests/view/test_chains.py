"""Long chains of operations are drawn in rows."""

import itertools
import re
import xml.etree.ElementTree as xml

import pytest
from drawing import SVG, elements

from autograd import Value, draw, play, record_scopes, scope, sin


def chain(steps):
    x = Value(0.5, "x")
    for i in range(steps):
        x = sin(x) if i % 2 else x * Value(0.9, f"w{i}")
    return x


def size(picture):
    _, _, width, height = map(float, xml.fromstring(picture.svg()).get("viewBox").split())
    return width, height


def columns(picture):
    """The horizontal place of each operation, in the order of the chain."""
    places = {}
    for group in xml.fromstring(picture.svg()).iter(f"{SVG}g"):
        if group.get("class") in ("node operation", "node result"):
            places[int(group.get("id")[1:])] = float(next(group.iter(f"{SVG}text")).get("x"))
    return [place for _, place in sorted(places.items())]


@pytest.mark.parametrize("rankdir", ["LR", "RL"])
def test_a_long_chain_is_as_wide_as_a_page(rankdir):
    width, height = size(draw(chain(30), rankdir=rankdir))
    assert width < 1300
    assert height < width


def test_every_second_row_leads_back():
    places = columns(draw(chain(30)))
    steps = ["→" if after > before else "←" for before, after in itertools.pairwise(places)]
    rows = [len(row) for row in re.findall("→+|←+", "".join(steps))]
    assert len(rows) == 5
    assert sum(rows) == 29
    assert max(rows) - min(rows) <= 1


def test_arrows_point_along_the_chain():
    picture = draw(chain(30))
    assert picture.source.count("dir=back") == 12
    for line in picture.source.splitlines():
        if "dir=back" in line:
            (left, right), (to, _) = (
                re.findall(r"n(\d+)", line.split("[")[0]),
                re.search(r"id=n(\d+)_(\d+)", line).groups(),
            )
            assert int(left) > int(right), "written from the later to the earlier, drawn with the arrow at its tail"
            assert to == left
    assert len(elements(picture, "edge")) == 45


def test_short_chains_and_those_from_top_to_bottom_stay_in_one_row():
    assert "dir=back" not in draw(chain(8)).source
    assert "dir=back" in draw(chain(9)).source
    assert "dir=back" not in draw(chain(30), rankdir="TB").source


def test_what_is_shared_is_not_wrapped():
    x = Value(0.5, "x")
    y = x
    for _ in range(12):
        y = sin(y * x)
    assert "dir=back" not in draw(y).source, "the edges from x would cross all rows"


def test_a_chain_ends_where_a_box_begins():
    x = Value(0.5, "x")
    with record_scopes():
        for name in "ab":
            with scope(name):
                for _ in range(6):
                    x = sin(x)
    assert "dir=back" not in draw(x).source
    assert draw(x, fold=["a", "b"]).svg().startswith("<svg")


def test_a_page_of_the_player_has_rows_too():
    assert size(type("Picture", (), {"svg": lambda self: play(chain(30))._shown[0].svg})())[0] < 1600
