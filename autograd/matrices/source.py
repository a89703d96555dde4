"""`source`: a recording as readable code."""

from __future__ import annotations

from autograd.errors import ArgumentError
from autograd.matrices.forms import form_of
from autograd.matrices.languages import LANGUAGES
from autograd.matrices.write import Writer


def source_of(recording, language: str) -> str:
    """The code of a recording in a language: "numpy", "torch" or "jax"."""
    if language not in LANGUAGES:
        raise ArgumentError(f'source: expected "numpy", "torch" or "jax", got {language!r:.60}.')
    return Writer(form_of(recording), LANGUAGES[language]).source()
