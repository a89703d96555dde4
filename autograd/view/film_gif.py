"""A film as a GIF, drawn by Pillow."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd.errors import MissingPackageError

if TYPE_CHECKING:
    from autograd.view.film import Film, Frame

FINER = 2  # frames are drawn so many times as large, and shrunk, for smooth lines
FONTS = ("DejaVuSans.ttf", "Verdana.ttf", "verdana.ttf", "Arial.ttf", "arial.ttf")


def film_as_gif(film: Film) -> bytes:
    """The film as a GIF. Raises MissingPackageError without Pillow."""
    palette = _palette(film)
    first, *others = [_picture(film, frame).quantize(palette=palette, dither=0) for frame in film.frames]
    file = BytesIO()
    first.save(
        file,
        "GIF",
        save_all=True,
        append_images=others,
        duration=max(20, round(1000 / film.rate)),
        loop=0,
        optimize=False,
    )
    return file.getvalue()


def _pillow() -> Any:
    try:
        import PIL.Image
        import PIL.ImageDraw
        import PIL.ImageFont
    except ImportError:
        raise MissingPackageError(
            "a GIF needs the package Pillow: pip install 'glassgrad[film]'. A film in an SVG needs no package."
        ) from None
    return PIL


def _palette(film):
    """An image with the 256 colours of all frames: those of parts, and what smooth lines need between them."""
    image = _pillow().Image
    styles = [film.style(part, frame) for frame in film.frames for part in film.parts]
    used = dict.fromkeys(
        [film.look.colours["background"], *(c for s in styles for c in (s.fill, s.stroke) if c != "none")]
    )
    chosen = [list(bytes.fromhex(colour[1:])) for colour in used][:128]
    between = _picture(film, film.frames[-1]).quantize(256 - len(chosen)).getpalette()[: 3 * (256 - len(chosen))]
    palette = image.new("P", (1, 1))
    palette.putpalette([part for colour in chosen for part in colour] + between)
    return palette


def _picture(film: Film, frame: Frame) -> Any:
    """One frame as an image."""
    pillow = _pillow()
    width, height = (round(side * film.scale) for side in film.size)
    image = pillow.Image.new("RGB", (width * FINER, height * FINER), film.look.colours["background"])
    pen = _Pen(film, pillow.ImageDraw.Draw(image), film.scale * FINER)
    for part in film.parts:
        style = film.style(part, frame)
        if part.kind == "text":
            pen.text(part.points[0], style.text, style.fill, part.anchor)
        else:
            pen.shape(part.outline(), style, closed=style.fill != "none")
    pen.caption(frame.caption)
    return image.reduce(FINER)


class _Pen:
    """Draws on an image that has `scale` pixels to a point."""

    def __init__(self, film: Film, drawing: Any, scale: float):
        self.film, self.drawing, self.scale = film, drawing, scale

    def at(self, point):
        x, y = point
        return (x + self.film.left) * self.scale, (y + 8) * self.scale

    def shape(self, points, style, closed):
        pixels = list(map(self.at, points))
        if closed:
            self.drawing.polygon(pixels, fill=style.fill)
        width = max(1, round(style.width * self.scale))
        for piece in _dashes(pixels, 5 * self.scale, 3 * self.scale) if style.dashed else [pixels]:
            self.drawing.line(piece, fill=style.stroke, width=width, joint="curve")

    def text(self, point, text, colour, anchor):
        font = _font(11 * self.scale)
        self.drawing.text(self.at(point), text, fill=colour, font=font, anchor="ms" if anchor == "middle" else "ls")

    def caption(self, text):
        width, height = self.film.size
        font = _font(13 * self.scale)
        room = (width - 24) * self.scale
        if (length := self.drawing.textlength(text, font=font)) > room:
            font = _font(13 * self.scale * room / length)
        place = width / 2 * self.scale, (height - 16) * self.scale
        self.drawing.text(place, text, fill=self.film.look.colours["text"], font=font, anchor="ms")


@cache
def _font(size: float) -> Any:
    """A font with the signs of formulas where there is one."""
    fonts = _pillow().ImageFont
    for name in FONTS:
        try:
            return fonts.truetype(name, size)
        except OSError:
            continue
    return fonts.load_default(size)


def _dashes(pixels, dash, gap):
    """A line cut into dashes."""
    pieces, piece, left, is_dash = [], [pixels[0]], dash, True
    for (x0, y0), (x1, y1) in pairwise(pixels):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        at = 0.0
        while length - at > left:
            at += left
            point = x0 + (x1 - x0) * at / length, y0 + (y1 - y0) * at / length
            if is_dash:
                pieces.append([*piece, point])
            piece, is_dash = [point], not is_dash
            left = dash if is_dash else gap
        left -= length - at
        piece.append((x1, y1))
    return pieces + ([piece] if is_dash and len(piece) > 1 else [])
