"""What a compiled function offers besides calls: its recording as code and functions of the big frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.arguments import expect_integer
from autograd.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from autograd.matrices.two_columns import MatrixPage
    from autograd.replay.recordings import Recordings


class Translations:
    """The recording that a compiled function used last, in other languages; see autograd/matrices/README.md."""

    _recordings: Recordings

    def _latest(self, name: str) -> Any:
        """The recording that was used last; `name` is the method that needs it, for messages."""
        recording = self._recordings.latest()
        if recording is None:
            raise ArgumentError(f"{name}: nothing has been recorded yet. Call the function once.")
        return recording

    def source(self, language: str = "numpy") -> str:
        """The recording that was used last as readable code: a function of parameters and a batch.

        language  "numpy", "torch" or "jax"

        The function takes a dict of arrays, which `arrays()` gives, and for each argument an array with one more axis,
        the first: the examples. Numbers that are computed alike have become arrays, sums of products have become
        products of matrices. It returns what the function returns, for each example. Unlike the recording it does not
        raise where a number is not finite.

        >>> from autograd import Value, compile
        >>> w, b = [Value(1.0), Value(2.0)], Value(0.5)
        >>> step = compile(lambda x: sum(u * v for u, v in zip(w, x)) + b)
        >>> _ = step([3.0, 4.0])
        >>> "values" in step.source()
        True

        Raises ArgumentError when nothing has been recorded yet, and for another language.
        """
        from autograd.matrices.source import source_of

        return source_of(self._latest("source"), language)

    def to_jax(self, dtype: str = "float64") -> tuple[Callable[..., Any], dict[str, Any]]:
        """The recording that was used last as a pure function for JAX, and its parameters.

        dtype  "float64", for which JAX needs jax_enable_x64, or "float32"

        The function is that of `source("jax")`: it takes the dict of parameters and for each argument an array with the
        examples along the first axis, and returns what the function returns, for each example. JAX can compile,
        differentiate (to any order), batch and shard it.

            f, parameters = step.to_jax()
            jax.grad(lambda p: f(p, X, Y).mean())(parameters)

        Raises ArgumentError when nothing has been recorded yet, or when JAX computes in float32 although float64 is
        asked for; MissingPackageError without JAX.
        """
        from autograd.matrices.jax_function import jax_function

        return jax_function(self._latest("to_jax"), dtype, "to_jax")

    def export(self, path: str | Path, dtype: str = "float64", order: int = 1) -> None:
        """Write the function of `to_jax` to a file of jax.export, for batches of any size.

        order  how often JAX can differentiate it

        The parameters are not in the file: `arrays()` gives them, or nn.save writes them. `load_export(path)` reads the
        file, and JAX alone does so as well. The old file, if any, is kept until the new one is complete.

            step.export("loss.jax")

        Raises what `to_jax` raises, and OSError if the file cannot be written.
        """
        from autograd.matrices.jax_function import exported

        exported(self._latest("export"), path, dtype, expect_integer("export: order", order, 0))

    def arrays(self) -> dict[str, Any]:
        """The captured Values as the code of `source` wants them: NumPy arrays by their names.

        >>> from autograd import Value, compile
        >>> w = Value(3.0, "w")
        >>> step = compile(lambda x: w * x)
        >>> _ = step(2.0)
        >>> step.arrays()
        {'w': array(3.)}

        Raises ArgumentError when nothing has been recorded yet.
        """
        from autograd.matrices.leaves import arrays_of

        return arrays_of(self._latest("arrays").program)

    def captured(self) -> dict[str, Any]:
        """The captured Values themselves, in arrays of the same names and shapes as those of `arrays`.

        >>> from autograd import Value, compile
        >>> w = [Value(3.0, "w0"), Value(4.0, "w1")]
        >>> step = compile(lambda x: w[0] * x + w[1])
        >>> _ = step(2.0)
        >>> step.captured()["w"][1] is w[1]
        True

        Raises ArgumentError when nothing has been recorded yet.
        """
        from autograd.matrices.leaves import values_of

        return values_of(self._latest("captured").program)

    def draws(self, examples: int) -> Any:
        """Random numbers for the code of `source`, which takes them as its last argument, `draws`, if there are any.

        They are drawn from the generators that the function draws from, example by example, as a replay would draw
        them; as a NumPy array with a row for each example.

        Raises ArgumentError when nothing has been recorded yet.
        """
        import numpy

        drawn = self._latest("draws").drawn(examples)
        return numpy.array(drawn).reshape(examples, -1)

    def show(self, language: str = "numpy") -> MatrixPage:
        """A page with two columns: the scalars of the example that was recorded, folded, and the code of `source`.

        Pointing at a line of code lights its block of scalars, and the other way round. The page needs no network; it
        has `.save("matrices.html")` and shows itself in a notebook.

        >>> from autograd import Value, compile
        >>> w = Value(3.0, "w")
        >>> step = compile(lambda x: w * x)
        >>> _ = step(2.0)
        >>> step.show()
        <MatrixPage of <lambda>: 11 lines of code>

        Raises ArgumentError when nothing has been recorded yet, and for another language.
        """
        from autograd.matrices.two_columns import MatrixPage

        return MatrixPage(self._latest("show"), language)
