"""Files that are there as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole, or as it was before; who may read it is as for any file."""
    from shutil import copymode

    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into.")
    path = path.resolve()
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
        if path.exists():
            copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
