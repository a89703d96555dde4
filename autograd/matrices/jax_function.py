"""A recording as a pure function for JAX: to call, to differentiate, and to write to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError
from autograd.matrices.exports import jax_for
from autograd.matrices.forms import form_of
from autograd.matrices.languages import Jax
from autograd.matrices.leaves import arrays_of
from autograd.matrices.write import Writer
from autograd.view.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def jax_function(recording, dtype: str, what: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function of `source("jax")`, and its parameters as arrays of JAX."""
    jax = jax_for(what)
    if dtype not in ("float64", "float32"):
        raise ArgumentError(f'{what}: dtype is "float64" or "float32", got {dtype!r:.60}.')
    if dtype == "float64" and not jax.config.jax_enable_x64:
        raise ArgumentError(
            f"{what}: JAX computes in float32 unless it is told otherwise. Before anything else, write "
            'jax.config.update("jax_enable_x64", True), or set JAX_ENABLE_X64=1; or pass dtype="float32".'
        )
    names: dict[str, Any] = {}
    writer = Writer(form_of(recording), Jax(dtype))
    exec(compile(writer.source(), f"<{recording.name} for JAX>", "exec"), names)
    parameters = {name: jax.numpy.asarray(array, dtype) for name, array in arrays_of(recording.program).items()}
    return names[writer.name], parameters


def exported(recording, path: str | Path, dtype: str, order: int) -> None:
    """Write the function to a file, for any size of batch, with its derivatives up to an order."""
    jax = jax_for("export")
    function, parameters = jax_function(recording, dtype, "export")
    form = form_of(recording)
    (batch,) = jax.export.symbolic_shape("batch")
    shapes = [
        jax.tree.map(lambda shape: jax.ShapeDtypeStruct((batch, *shape.sizes), dtype), argument.shapes)
        for argument in form.arguments
    ]
    held = jax.tree.map(lambda array: jax.ShapeDtypeStruct(array.shape, array.dtype), parameters)
    found = jax.export.export(jax.jit(function), platforms=PLATFORMS)(held, *shapes)
    write_atomically(Path(path), bytes(found.serialize(vjp_order=order)))
