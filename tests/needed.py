"""`python tests/needed.py test,jax` prints the packages that these extras of pyproject.toml need, one a line."""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def needed(extras):
    """The packages of some extras, in the place of extras of this project what these need."""
    for extra in extras.split(","):
        for package in PROJECT["optional-dependencies"][extra]:
            own = re.fullmatch(rf"{PROJECT['name']}\[(.*)\]", package)
            yield from needed(own[1]) if own else [package]


if __name__ == "__main__":
    print(*dict.fromkeys([*PROJECT["dependencies"], *needed(sys.argv[1])]), sep="\n")
