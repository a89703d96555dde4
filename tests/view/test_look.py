"""Themes and options of drawings, and drawings of errors."""

import pickle
import re

import pytest
from drawing import elements

from autograd import Value, draw, log
from autograd.errors import ArgumentError, DomainError
from autograd.view.look import LIGHT, THEMES


def luminance(colour):
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_in_every_theme(name):
    theme = THEMES[name]
    for behind in ("background", "node", "box", "inner_box", "positive", "negative", "failed"):
        assert contrast(theme["text"], theme[behind]) >= 4.5, behind
    assert contrast(theme["constant_text"], theme["node"]) >= 4.5
    for line in ("edge", "positive_edge", "negative_edge", "failed_outline"):
        assert contrast(theme[line], theme["background"]) >= 3, line
    assert set(theme) == set(LIGHT)


def example():
    w, x = Value(-0.5, "w"), Value(2.0, "x")
    y = (w * x + 0.25).tanh()
    y.label = "y"
    y.backward()
    return y


def test_a_theme_colours_everything():
    source = draw(example(), theme="dark").source
    colours = set(re.findall(r"#[0-9a-f]{6}", source))
    assert THEMES["dark"]["background"] in colours
    assert LIGHT["text"] not in colours
    assert LIGHT["background"] not in colours


def test_own_colours_change_a_theme():
    source = draw(example(), theme={"base": "dark", "background": "#123456"}).source
    assert "#123456" in source
    assert THEMES["dark"]["text"] in source


def test_numbers_have_as_many_digits_as_wanted():
    y = example()
    (result,) = elements(draw(y, digits=2), "result")
    assert result[1][-2:] == ["data -0.64", "grad 1"]


def test_parts_can_be_left_out():
    y = example()
    (result,) = elements(draw(y, gradients=False), "result")
    assert result[1] == ["tanh", "y", "-0.6351"]
    (result,) = elements(draw(y, labels=False), "result")
    assert result[1] == ["tanh", "data -0.6351", "grad 1"]
    assert "dashed" not in draw(y, gradients=False).source.replace("filled,dashed", "")


def test_formulas_are_shown_where_wanted():
    picture = draw(example(), formulas=True)
    (result,) = elements(picture, "result")
    assert result[1][:3] == ["tanh", "y", "= tanh(v2)"]
    edges = [line for _, lines, _, _ in elements(picture, "edge") for line in lines]
    assert "∂v1/∂w = x = 2" in edges


@pytest.mark.parametrize(("rankdir", "axis", "sign"), [("LR", 0, 1), ("RL", 0, -1), ("TB", 1, 1), ("BT", 1, -1)])
def test_data_flows_where_it_should(rankdir, axis, sign):
    svg = draw(example(), rankdir=rankdir, title="A neuron").svg()
    assert ">A neuron</text>" in svg
    places = {
        name: tuple(map(float, re.search(rf'x="([-.\d]+)" y="([-.\d]+)"[^>]*>{name}</text>', svg).groups()))
        for name in ("x", "tanh")
    }
    assert sign * (places["tanh"][axis] - places["x"][axis]) > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"theme": "neon"},
            'draw: theme must be "light", "dark", "print" or "contrast" or a dict of colours, got \'neon\'',
        ),
        ({"theme": {"base": "neon"}}, r'draw: theme\["base"\] must be "light"'),
        ({"theme": {"paper": "#ffffff"}}, "there is no colour 'paper'; the colours are background, text"),
        ({"theme": {"text": "red"}}, "expected a colour such as \"#2166ac\", got 'red'"),
        ({"digits": 0}, "draw: digits must be a positive integer, got 0"),
        ({"digits": 18}, "at most 17 significant digits, got 18"),
        ({"title": 3}, "draw: title: expected text, got 3"),
        ({"gradients": "no"}, "draw: gradients is True or False, got 'no'"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        draw(example(), **options)


def failure():
    w, x = Value(-0.5, "w"), Value(2.0, "x")
    with pytest.raises(DomainError) as caught:
        log(w * x + 0.25)
    return caught.value


def test_an_error_shows_the_graph_up_to_it():
    error = failure()
    assert error.rule_name == "log"
    picture = draw(error)
    assert [lines[0] for _, lines, _, _ in elements(picture, "operation")] == ["×", "+\xa00.25"]
    (failed,) = elements(picture, "failed")
    assert failed[1] == ["log", "log: x must be > 0, got -0.75. Shift or", "clamp it before log()."]
    assert "failed" in picture.source


def test_operands_that_are_numbers_are_shown_as_well():
    with pytest.raises(ZeroDivisionError) as caught:
        Value(1.0, "x") / 0
    picture = draw(caught.value)
    assert [lines for _, lines, _, _ in elements(picture, "constant")] == [["0"]]
    assert len(elements(picture, "edge")) == 2


def test_a_pickled_error_leaves_the_graph_behind():
    error = pickle.loads(pickle.dumps(failure()))
    assert (error.rule_name, error.operands) == ("log", ())
    assert str(error).startswith("log: x must be > 0")


def test_an_error_of_another_kind_shows_no_graph():
    with pytest.raises(ArgumentError) as caught:
        draw(example(), digits=0)
    with pytest.raises(TypeError, match="expected a Value, got ArgumentError"):
        draw(caught.value)
