"""How a picture looks: its colours, and what is written into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd.arguments import expect_integer
from autograd.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

DIRECTIONS = ("LR", "RL", "TB", "BT")

# Blue and orange can be told apart with every kind of colour blindness. `positive` and `negative` fill nodes with the
# largest gradients; the lines are those of edges. Text on any of these fills has a contrast of at least 4.5.
LIGHT = {
    "background": "#ffffff",
    "text": "#000000",
    "outline": "#000000",
    "node": "#ffffff",
    "box": "#f4f4f4",
    "inner_box": "#ebebeb",
    "frame": "#9a9a9a",
    "edge": "#787878",
    "no_gradient": "#b4b4b4",
    "constant": "#787878",
    "constant_text": "#555555",
    "positive": "#6baed6",
    "negative": "#fdae61",
    "positive_edge": "#2166ac",
    "negative_edge": "#b35806",
    "failed": "#fbd5d5",
    "failed_outline": "#b3001b",
}
THEMES: dict[str, dict[str, str]] = {
    "light": LIGHT,
    "dark": LIGHT
    | {
        "background": "#16181d",
        "text": "#f2f2f2",
        "outline": "#c9ccd1",
        "node": "#23262d",
        "box": "#1d2026",
        "inner_box": "#262a32",
        "frame": "#5d636e",
        "edge": "#9097a3",
        "no_gradient": "#5d636e",
        "constant": "#9097a3",
        "constant_text": "#c2c6cd",
        "positive": "#1f5f8f",
        "negative": "#8a4a10",
        "positive_edge": "#6bb5f0",
        "negative_edge": "#f5a14b",
        "failed": "#5c1f27",
        "failed_outline": "#ff8a94",
    },
    "print": LIGHT
    | {
        "box": "#ffffff",
        "inner_box": "#ffffff",
        "frame": "#888888",
        "edge": "#555555",
        "positive": "#d0d0d0",
        "negative": "#d0d0d0",
        "positive_edge": "#000000",
        "negative_edge": "#000000",
        "failed": "#ffffff",
        "failed_outline": "#000000",
    },
    "contrast": LIGHT
    | {
        "box": "#ffffff",
        "inner_box": "#ffffff",
        "frame": "#000000",
        "edge": "#000000",
        "no_gradient": "#595959",
        "constant": "#000000",
        "constant_text": "#000000",
        "positive": "#8fd0ff",
        "negative": "#ffc04d",
        "positive_edge": "#003f8a",
        "negative_edge": "#7a3300",
    },
}


@dataclass
class Look:
    """How a picture looks, as `draw` describes it; made by `look`, which checks its arguments."""

    rankdir: str = "LR"
    colours: dict[str, str] = field(default_factory=lambda: dict(LIGHT))
    digits: int = 4
    title: str | None = None
    labels: bool = True
    gradients: bool = True
    formulas: bool = False

    def number(self, number: float) -> str:
        return format(number, f".{self.digits}g")

    def tint(self, number: float, largest: float, zero: str, name: str) -> str:
        """A colour between the one called `zero`, for 0, and that for the sign of `number`, for the largest."""
        share = 0.2 + 0.8 * strength(number, largest) if number else 0.0
        ends = self._rgb(zero), self._rgb(("positive" if number > 0 else "negative") + name)
        return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends))

    def _rgb(self, name):
        colour = self.colours[name]
        return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def strength(number: float, largest: float) -> float:
    """How strongly a number is tinted, from 0 to 1: the square root of its ratio to the largest."""
    return (abs(number) / largest) ** 0.5 if largest else 0.0


def look(
    caller: str,
    *,
    rankdir: Any = "LR",
    theme: Any = "light",
    digits: Any = 4,
    title: Any = None,
    labels: Any = True,
    gradients: Any = True,
    formulas: Any = False,
) -> Look:
    """The Look of a picture. Raises ArgumentError, which begins with the name of the caller, for a wrong option."""
    _expect_one_of(f"{caller}: rankdir", rankdir, DIRECTIONS)
    if title is not None and not isinstance(title, str):
        raise ArgumentError(f"{caller}: title: expected text, got {title!r:.60}.")
    for name, wanted in (("labels", labels), ("gradients", gradients), ("formulas", formulas)):
        if not isinstance(wanted, bool):
            raise ArgumentError(f"{caller}: {name} is True or False, got {wanted!r:.60}.")
    digits = expect_integer(f"{caller}: digits", digits)
    if digits > 17:
        raise ArgumentError(f"{caller}: digits: a float64 has at most 17 significant digits, got {digits}.")
    return Look(rankdir, _colours(caller, theme), digits, title, labels, gradients, formulas)


def _colours(caller, theme):
    """The colours of a theme: one of THEMES, or a dict of other colours for the one called "base" in it."""
    if not isinstance(theme, Mapping):
        _expect_one_of(f"{caller}: theme", theme, THEMES, " or a dict of colours")
        return dict(THEMES[theme])
    own = dict(theme)
    base = own.pop("base", "light")
    _expect_one_of(f'{caller}: theme["base"]', base, THEMES)
    for name, colour in own.items():
        if name not in LIGHT:
            raise ArgumentError(f"{caller}: theme: there is no colour {name!r}; the colours are {', '.join(LIGHT)}.")
        if not isinstance(colour, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            raise ArgumentError(f'{caller}: theme[{name!r}]: expected a colour such as "#2166ac", got {colour!r:.60}.')
    return THEMES[base] | own


def _expect_one_of(what: str, got: Any, known: Iterable[str], more: str = "") -> None:
    known = list(known)
    if not isinstance(got, str) or got not in known:
        names = ", ".join(f'"{name}"' for name in known[:-1]) + f' or "{known[-1]}"'
        raise ArgumentError(f"{what} must be {names}{more}, got {got!r:.60}.")
