"""Films of a pass: what each frame shows, as an SVG that moves by itself and as a GIF."""

import re
import sys
import xml.etree.ElementTree as xml
from io import BytesIO

import pytest
from drawing import SVG

import nn
from autograd import Value, play
from autograd.errors import ArgumentError, GraphTooLargeError, MissingPackageError
from autograd.view.film import NOW, NOW_DARK, WIDEST, Film, film
from autograd.view.graph import Graph


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-1.5, "b")
    y = (w * x + b).tanh() * x
    y.label = "y"
    return y


def test_a_film_has_a_frame_for_each_step():
    made = Film(Graph(neuron()))
    captions = [frame.caption for frame in made.frames]
    assert captions[:4] == [
        "v1 = w * x = 0.5 * 2 = 1",
        "v2 = v1 + b = 1 + (-1.5) = -0.5",
        "v3 = tanh(v2) = tanh(-0.5) = -0.4621",
        "y = v3 * x = -0.4621 * 2 = -0.9242",
    ]
    assert captions[4] == "backward: y is the result, so its gradient is 1"
    assert captions[5] == "∂y/∂v3 = x = 2, so v3 gets 1 × 2 = 2"
    assert captions[-3].endswith("; together 0.3243"), "x is used twice"
    assert len(captions) == 4 + 1 + 7 + 2, "the last frame stays for a while"


def test_gradients_appear_in_their_steps():
    y = neuron()
    made = Film(Graph(y))
    y.backward()
    by_name = {name: node for node, name in Graph(y).names.items()}
    assert by_name["x"] not in made.frames[4].grads
    assert made.frames[-1].grads[by_name["x"]] == pytest.approx(by_name["x"].grad)
    (grad,) = [p for p in made.parts if p.text == "grad " and made.index.get(p.owner) is by_name["w"]]
    texts = [made.style(grad, frame).text for frame in made.frames]
    assert texts[0] == ""
    assert texts[-1] == f"grad {by_name['w'].grad:.4g}"


def test_the_svg_moves_by_itself_and_holds_no_script(tmp_path):
    path = play(neuron()).save(tmp_path / "backprop.svg", rate=2)
    root = xml.parse(path).getroot()
    animations = list(root.iter(f"{SVG}animate"))
    assert animations
    assert {animation.get("dur") for animation in animations} == {"7.00s"}, "14 frames, two a second"
    for animation in animations:
        times = [float(time) for time in animation.get("keyTimes").split(";")]
        assert times[0] == 0.0
        assert times == sorted(times)
        assert len(times) == len(animation.get("values").split(";"))
    text = path.read_text()
    assert "script" not in text
    assert not re.search(r"(href|src|url\()", text), "nothing comes from elsewhere"
    assert len(text) < 40_000


def test_the_gif_has_the_frames_and_their_time(tmp_path):
    from PIL import Image

    path = play(neuron()).save(tmp_path / "backprop.gif", rate=4, steps=(3, 6), scale=0.5, theme="dark")
    with Image.open(path) as image:
        assert image.info["loop"] == 0
        pictures = []
        for number in range(image.n_frames):
            image.seek(number)
            pictures.append(image.convert("RGB"))
        assert 4 <= len(pictures) <= 6, "the last frames are equal, and may be one"
        assert image.info["duration"] >= 250
    corner = pictures[0].getpixel((0, 0))
    assert corner == (0x16, 0x18, 0x1D), "the background of the theme, to the bit"
    assert len({picture.tobytes() for picture in pictures}) >= 4


def test_the_colour_of_a_step_is_in_the_gif():
    from PIL import Image

    with Image.open(BytesIO(film(Graph(neuron()), ".gif", scale=1))) as image:
        image.seek(2)
        colours = {colour for _, colour in image.convert("RGB").getcolors(100_000)}
    assert (0xD8, 0x1B, 0x60) in colours


def test_a_folded_network_shows_the_steps_between_its_boxes():
    model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)
    player = play(model, [0.5, -1.0], loss=nn.binary_cross_entropy_with_logits, target=1)
    made = Film(player._shown[0].graph)
    assert len(made.frames) < 1000
    assert all(frame.caption for frame in made.frames)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "up to 50 frames a second"),
        ({"rate": 1000}, "up to 50 frames a second"),
        ({"scale": -1}, "got rate=1.0 and scale=-1"),
        ({"steps": 3}, r"steps: expected the first and the last step, such as \(1, 12\), got 3"),
        ({"steps": (5, 99)}, r"steps: the pass has steps 1 to 12, got \(5, 99\)"),
        ({"theme": "neon"}, 'save: theme must be "light", "dark", "print" or "contrast" or a dict of colours'),
    ],
)
def test_wrong_options_are_named(options, message, tmp_path):
    with pytest.raises(ArgumentError, match=message):
        play(neuron()).save(tmp_path / "film.svg", **options)
    assert list(tmp_path.iterdir()) == []


def test_without_pillow_a_gif_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackageError, match=r"a GIF needs the package Pillow: pip install 'glassgrad\[film\]'"):
        play(neuron()).save(tmp_path / "film.gif")
    assert list(tmp_path.iterdir()) == []


def texts(made, frame, start):
    """What the parts of a frame say, as far as they have room for a number and begin so."""
    styles = [made.style(part, frame) for part in made.parts if part.kind == "text" and part.number]
    return [style.text for style in styles if style.text.startswith(start)]


def test_values_appear_in_their_steps():
    made = Film(Graph(neuron()))
    counts = [len(texts(made, frame, "data ")) for frame in made.frames]
    assert counts == [4, 5, 6, 7] + [7] * 10, "three leaves and the first operation; then one more a step"
    assert texts(made, made.frames[-1], "data ")[-1] in {"data -0.9242", "data -0.4621"}


def test_a_step_lights_what_it_is_about():
    made = Film(Graph(neuron()))
    for frame in made.frames[:-2]:
        lit = {part.owner for part in made.parts if made.style(part, frame).stroke == NOW}
        assert len(lit) == (2 if "gets" in frame.caption else 1), frame.caption
    assert not any(made.style(part, made.frames[-1]).stroke == NOW for part in made.parts), "the last frame is still"
    dark = Film(Graph(neuron()), theme="dark")
    assert any(dark.style(part, dark.frames[0]).stroke == NOW_DARK for part in dark.parts)


def test_edges_show_what_has_flowed_back():
    made = Film(Graph(neuron()))
    last = made.frames[-1]
    flows = {}
    for part in made.parts:
        if part.owner in made.drawn and part.kind == "path":
            ((node, position),) = made.drawn[part.owner]
            node = made.graph.nodes[node]
            expected = last.grads[node] * node.partials[position]
            assert last.flowed[node, position] == expected
            flows[expected] = made.style(part, last)
            assert made.style(part, made.frames[0]).stroke == made.look.colours["edge"], "nothing has flowed yet"
    assert all(style.dashed == (flow < 0) for flow, style in flows.items())
    assert {style.dashed for style in flows.values()} == {True, False}
    widths = [flows[flow].width for flow in sorted(flows, key=abs)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_the_result_is_outlined():
    made = Film(Graph(neuron()))
    thick = {
        part.owner for part in made.parts if part.owner in made.index and made.style(part, made.frames[-1]).width > 1
    }
    assert [made.index[owner] for owner in thick] == [made.graph.result]


def test_a_wide_film_is_scaled_down():
    x = Value(0.5, "x")
    y = x
    for _ in range(6):
        y = (y * x).tanh() + x
    made = Film(Graph(y))
    assert made.size[0] > WIDEST
    assert made.size[0] * made.scale == pytest.approx(WIDEST)


def test_steps_are_chosen_from_the_first_on():
    made, all_of_it = Film(Graph(neuron()), steps=(3, 6)), Film(Graph(neuron()))
    assert [frame.caption for frame in made.frames[:4]] == [frame.caption for frame in all_of_it.frames[2:6]]


def test_a_film_of_a_large_graph_is_refused_at_once(tmp_path):
    model = nn.MLP(8, [40, 40, 1], seed=0)
    with pytest.raises(GraphTooLargeError, match=r"nodes; a film shows at most 2,000. Save the page as .html"):
        play(model, [1.0] * 8).save(tmp_path / "large.gif")
    assert not list(tmp_path.iterdir())
