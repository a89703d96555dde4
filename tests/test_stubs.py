"""What `python -m autograd.stubs` writes is fresh; test_types.py tests what type checkers make of it."""

import re
from pathlib import Path

import pytest

import autograd
from autograd.stubs import WRITTEN

FOLDER = Path(autograd.__file__).parent


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_committed_is_fresh(name):
    committed, fresh = map(without_last_digits, ((FOLDER / name).read_text(), WRITTEN[name]()))
    assert committed == fresh, "run: python -m autograd.stubs"


def without_last_digits(text):
    """The examples hold numbers of the C library, whose releases differ in the last digit: acosh(2) of glibc 2.42."""
    return re.sub(r"\d+\.\d{13,}", lambda number: f"{float(number[0]):.12g}", text)
