"""Functions in files, exported for JAX: read here, written by `Compiled.export`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd.errors import ArgumentError, MissingPackageError


def jax_for(what: str) -> Any:
    """JAX, or an error that says how to install it."""
    try:
        import jax
    except ImportError as error:
        raise MissingPackageError(f'{what} needs JAX: pip install "glassgrad[jax]".') from error
    return jax


def load_export(path: str | Path) -> Callable[..., Any]:
    """The function in a file that `export` wrote: of a dict of parameters and of arrays, the batch first.

    JAX can differentiate it as often as was asked for when it was written. The file opens without this package:
    `jax.export.deserialize(open(path, "rb").read()).call`.

        step.export("loss.jax")
        loss = load_export("loss.jax")
        jax.grad(lambda p: loss(p, X, Y).mean())(parameters)

    Raises ArgumentError for a file that holds no such function, MissingPackageError without JAX.
    """
    jax = jax_for("load_export")
    content = Path(path).read_bytes()
    try:
        function: Callable[..., Any] = jax.export.deserialize(bytearray(content)).call
    except Exception as error:
        raise ArgumentError(f"load_export: {str(path)!r} holds no function exported by JAX: {error}") from error
    return function
