"""A film as an SVG that moves by itself, without a script: SMIL animations, all of one length and in step."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from autograd.view.layout import FONTS

if TYPE_CHECKING:
    from autograd.view.film import Film


def film_as_svg(film: Film) -> str:
    """The film as SVG."""
    width, height = film.size
    times = _Times(len(film.frames), film.rate)
    colours = film.look.colours
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * film.scale:.0f}" height="{height * film.scale:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONTS}" font-size="11" role="img" '
        'aria-label="Backprop, step by step">',
        f'<rect width="100%" height="100%" fill="{colours["background"]}"/>',
        f'<g transform="translate({film.left:.1f} 8)">',
    ]
    for part in film.parts:
        styles = [film.style(part, frame) for frame in film.frames]
        lines += _texts(part, styles, times) if part.kind == "text" else [_shape(part, styles, times)]
    lines.append("</g>")
    captions = [frame.caption for frame in film.frames]
    size = min(13.0, 1.75 * (width - 24) / max(map(len, captions)))
    lines.append(f'<g fill="{colours["text"]}" font-size="{size:.1f}" text-anchor="middle">')
    lines += _runs(captions, times, f'x="{width / 2:.1f}" y="{height - 16:.1f}"')
    return "\n".join([*lines, "</g>", "</svg>", ""])


class _Times:
    """The times of a film that repeats for ever."""

    def __init__(self, count: int, rate: float):
        self.count = count
        self.attributes = f'dur="{count / rate:.2f}s" calcMode="discrete" repeatCount="indefinite"'

    def animation(self, attribute: str, values: list[str]) -> str:
        """An element that gives an attribute one value a frame; "" if it is always the same."""
        runs = [(value, len(list(run))) for value, run in groupby(values)]
        if len(runs) == 1:
            return ""
        at, starts = 0, []
        for _, length in runs:
            starts.append(f"{at / self.count:.5g}")
            at += length
        written = ";".join(value for value, _ in runs)
        return (
            f'<animate attributeName="{attribute}" values="{written}" keyTimes="{";".join(starts)}" {self.attributes}/>'
        )


def _shape(part, styles, times):
    """A shape, with animations of what changes; where nothing moves, it looks as in the last frame."""
    columns = {
        "fill": [style.fill for style in styles],
        "stroke": [style.stroke for style in styles],
        "stroke-width": [f"{style.width:.3g}" for style in styles],
        "stroke-dasharray": ["5 3" if style.dashed else "8 0" for style in styles],
    }
    usual = {"stroke-width": "1", "stroke-dasharray": "8 0"}
    drawn = " ".join(f'{name}="{values[-1]}"' for name, values in columns.items() if values[-1] != usual.get(name))
    where = f'd="{_path(part.points)}"' if part.kind == "path" else f'points="{_points(part.points)}"'
    animations = "".join(times.animation(name, values) for name, values in columns.items())
    return f"<{part.kind} {where} {drawn}>{animations}</{part.kind}>"


def _texts(part, styles, times):
    """A text as it reads in each frame."""
    x, y = part.points[0]
    anchor = f' text-anchor="{part.anchor}"' if part.anchor != "start" else ""
    return _runs([style.text for style in styles], times, f'x="{x:.1f}" y="{y:.1f}" fill="{styles[-1].fill}"{anchor}')


def _runs(texts, times, attributes):
    """An element for each different text, seen while it is the one."""
    lines = []
    for text in dict.fromkeys(texts):
        if text:
            seen = ["inline" if other == text else "none" for other in texts]
            hidden = "" if seen[-1] == "inline" else ' display="none"'
            lines.append(f"<text {attributes}{hidden}>{escape(text)}{times.animation('display', seen)}</text>")
    return lines


def _points(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _path(points):
    return f"M{_points(points[:1])}C{_points(points[1:])}"
