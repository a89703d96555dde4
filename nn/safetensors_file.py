"""Files of numbers in the safetensors format: written completely or not at all, and not trusted when read.

The format: eight bytes with the length of the header, the header in JSON, and the numbers one after another,
https://github.com/huggingface/safetensors. The reader accepts only what that page allows: every name once, no gaps and
no overlaps, and floating-point numbers only. It runs no code and needs at most twice the size of the file in memory.
"""

import errno
import json
import os
import re
import secrets
import stat
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograd.errors import NumberTypeError
from nn.errors import CheckpointError

# Flags that not every operating system has: do not convert line ends, do not wait for a pipe.
BINARY, NO_WAIT = (getattr(os, name, 0) for name in ("O_BINARY", "O_NONBLOCK"))
FORMATS = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H"}
KEY = "glassgrad"  # this package's entry in a file's metadata
MAX_HEADER = 10_000_000
MAX_TENSORS = 10_000
MAX_METADATA = 100_000
MAX_ENTRIES = 100
MAX_NAME = 1000
MAX_NUMBERS = 100_000_000
Shapes = Mapping[str, "tuple[int, ...] | None"]


class Tensor:
    """One entry of a file: a shape, and numbers that are decoded from the bytes of the file when they are needed."""

    def __init__(self, dtype: str, shape: tuple[int, ...], begin: int, end: int):
        self.dtype, self.shape, self.begin, self.end = dtype, shape, begin, end
        self.content = memoryview(b"")

    def __len__(self):
        return prod(self.shape)

    def __iter__(self) -> Iterator[float]:
        numbers = struct.iter_unpack(f"<{FORMATS[self.dtype]}", self.content[self.begin : self.end])
        if self.dtype == "BF16":  # the upper half of an F32
            return (struct.unpack("<f", struct.pack("<I", half << 16))[0] for (half,) in numbers)
        return (number for (number,) in numbers)


def write(
    path: "str | Path", tensors: Iterable[tuple[str, tuple[int, ...], list[float]]], metadata: Mapping[str, str]
) -> None:
    """Write (name, shape, numbers) triples, in float64, and `metadata`; the file is always the old one or the new.

    Raises CheckpointError, a kind of OSError, if the file cannot be written, or would exceed the limits of `read`; the
    old one is then unchanged.
    """
    check_path("save", path)
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    content, offset = [], 0
    for name, shape, numbers in tensors:
        if len(json.dumps(name)) > MAX_NAME:
            raise CheckpointError(
                f'{path}: cannot be written: "{name:.60}…" is a name of {len(name)} characters, and '
                f"files hold names of at most {MAX_NAME} bytes. Rename the attribute."
            )
        content.append(struct.pack(f"<{len(numbers)}d", *numbers))
        header[name] = {"dtype": "F64", "shape": list(shape), "data_offsets": [offset, offset + 8 * len(numbers)]}
        offset += 8 * len(numbers)
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    for what, size, limit in (
        ("tensors", len(content), MAX_TENSORS),
        ("numbers", offset // 8, MAX_NUMBERS),
        ("bytes in its header", len(text), MAX_HEADER),
        ("bytes of metadata", max(map(len, map(json.dumps, metadata.values())), default=0), MAX_METADATA),
    ):
        if size > limit:
            raise CheckpointError(
                f"{path}: cannot be written: it would have {size} {what}, and at most {limit} can be read again."
            )
    replace_file(path, b"".join([struct.pack("<Q", len(text)), text, *content]))


def replace_file(path: "str | Path", content: bytes) -> None:
    """Replace a file: write the new one next to it, flush and rename it, and flush the folder.

    An existing file keeps its permissions. Anything but a regular file, such as a device, is refused.
    """
    target = os.path.realpath(path)
    try:
        _write_and_rename(content, target)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be written ({error.strerror or error}); what was there before is "
            "unchanged. Does the folder exist, is it writable, and is there room on the disk?"
        ) from error
    _flush_folder(os.path.dirname(target))


def _write_and_rename(content: bytes, target: str) -> None:
    mode = _mode_of(target)
    # A random name: two processes that save at once do not collide, and no existing file is overwritten.
    partial = os.path.join(os.path.dirname(target), f".{secrets.token_hex(8)}.partial")
    file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
    try:
        if mode is not None:
            os.chmod(partial, mode)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
        os.replace(partial, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise
    finally:
        os.close(file)


def _mode_of(target: str) -> "int | None":
    """The permissions of a file; None if it does not exist. Raises OSError unless it is a regular file."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return stat.S_IMODE(status.st_mode)


def _flush_folder(folder: str) -> None:
    """Make a rename survive a power failure, if the operating system can flush a folder."""
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno in (5, 28):  # I/O error, disk full; any other: folders cannot be flushed here
            raise CheckpointError(
                f"{folder}: the new file is in place, but flushing its folder failed "
                f"({error.strerror}); it may not survive a power failure."
            ) from error
    finally:
        os.close(file)


def read(
    path: "str | Path", expected: Shapes, optional: Shapes = MappingProxyType({})
) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The metadata and the tensors of a file; every number is finite.

    expected  the names and shapes that must be in the file; a shape of None means a list of any length
    optional  those that may be; any other name is an error

    Raises CheckpointError, a kind of ValueError and OSError, that names the file and says what is wrong with it.
    """
    with _errors_that_name(path), _opened(path) as file:
        header, room = _header(file, {**expected, **optional})
        header.read()
        header.check(room, expected)
        content = file.read(room)
        if len(content) < room:
            raise _Malformed("became shorter while it was read.")
        for name, tensor in header.tensors.items():
            tensor.content = memoryview(content)
            for i, number in enumerate(tensor):
                if number - number != 0.0:
                    raise _Malformed(f'number {i} of "{name}" is {number}; every number must be finite.')
        return header.metadata, header.tensors


def read_metadata(path: "str | Path") -> tuple[dict[str, str], int]:
    """The metadata of a file, and the size of its numbers in bytes. Raises CheckpointError as `read` does."""
    with _errors_that_name(path), _opened(path) as file:
        header, room = _header(file, None)
        header.read()
        return header.metadata, room


def check_path(where: str, path) -> None:
    """Raise NumberTypeError unless `path` is a path, CheckpointError if no file can have it."""
    if not isinstance(path, (str, os.PathLike)):
        raise NumberTypeError(f"{where}: expected a path, got {type(path).__name__} {path!r:.60}.")
    try:
        impossible = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        impossible = True
    if impossible:
        raise CheckpointError(f"{where}: {os.fspath(path)!r:.60} has a character that no path can have.")


@contextmanager
def _errors_that_name(path):
    """Turns any error about the file into a CheckpointError that begins with its name."""
    check_path("load", path)
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except _Malformed as error:
        raise CheckpointError(f"{path}: {error}") from None


def _opened(path):
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | NO_WAIT))


def _header(file, allowed: "Shapes | None") -> "tuple[_Header, int]":
    """The header of an open file, not parsed yet, and the number of bytes after it."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise _Malformed("is not a regular file.")
    start, rest = file.read(8), status.st_size - 8
    if len(start) < 8:
        raise _Malformed(f"is not a safetensors file: it has {status.st_size} bytes, and at least 8 are expected.")
    (length,) = struct.unpack("<Q", start)
    if length > min(rest, MAX_HEADER):
        raise _Malformed(
            f"is not a complete safetensors file: its first bytes announce a header of {length} bytes, "
            + (f"but {rest} follow." if length > rest else f"but at most {MAX_HEADER} can be read.")
        )
    if rest - length > 8 * MAX_NUMBERS:
        raise _Malformed(f"has {rest - length} bytes of numbers; at most {8 * MAX_NUMBERS} can be read.")
    return _Header(file.read(length), allowed), rest - length


class _Malformed(Exception):
    """What is wrong with a file, without its name."""


SPACE = re.compile(rb"[ \t\n\r]*+")
STRING = re.compile(rb'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
NUMBERS = re.compile(rb"\[[ \t\n\r]*+(?:(?:0|[1-9][0-9]{0,15}+)[ \t\n\r]*+(?:,[ \t\n\r]*+(?=[0-9])|(?=\]))){0,8}+\]")


class _Header:
    """Reads a header by its own grammar, a dictionary of small dictionaries: no deeper nesting, no name twice.

    allowed  the names and shapes of tensors that may occur; None allows any, and none is kept
    """

    def __init__(self, text: bytes, allowed: "Shapes | None"):
        self.text, self.allowed = text, allowed
        self.at = self.entries = 0
        self.metadata: dict[str, str] = {}
        self.tensors: dict[str, Tensor] = {}

    def read(self) -> None:
        if not self.text.startswith(b"{"):
            raise _Malformed("is not a safetensors file: its header does not begin with a brace.")
        seen_metadata = False
        for name in self.members():
            if name != "__metadata__":
                self.tensor(name)
            elif seen_metadata:
                raise _Malformed('has "__metadata__" twice in its header.')
            else:
                seen_metadata = True
                self.read_metadata()
        if self.text[self.at :].strip(b" "):
            raise _Malformed(f"has something after its header, at byte {8 + self.at}.")

    def members(self) -> Iterator[str]:
        """The keys of the dictionary that begins here; the caller reads the value after each key."""
        self.expect(b"{")
        if self.accept(b"}"):
            return
        while True:
            key = self.string()
            self.expect(b":")
            yield key
            if not self.accept(b","):
                break
        self.expect(b"}")

    def read_metadata(self) -> None:
        for name in self.members():
            value = self.string(limit=MAX_METADATA)
            if name in self.metadata:
                raise _Malformed(f'has "{name}" twice in its metadata.')
            if len(self.metadata) >= MAX_ENTRIES:
                raise _Malformed(f"has more than {MAX_ENTRIES} entries in its metadata.")
            self.metadata[name] = value

    def tensor(self, name: str) -> None:
        if name in self.tensors:
            raise _Malformed(f'has "{name}" twice in its header.')
        if self.allowed is not None and name not in self.allowed:
            raise _Malformed(f'has "{name}", but the model does not. Make the model with the sizes that were saved.')
        self.entries += 1
        if self.entries > MAX_TENSORS:
            raise _Malformed(f"has more than {MAX_TENSORS} tensors.")
        found: dict[str, Any] = {}
        for key in self.members():
            if key in found or key not in ("dtype", "shape", "data_offsets"):
                raise _Malformed(f'has "{key}" {"twice" if key in found else "unexpectedly"} in the entry "{name}".')
            found[key] = self.string() if key == "dtype" else self.numbers()
        if len(found) < 3:
            raise _Malformed(f'has no dtype, shape or data_offsets in the entry "{name}".')
        tensor = self.checked(name, found["dtype"], found["shape"], found["data_offsets"])
        if self.allowed is not None:
            self.tensors[name] = tensor

    def checked(self, name: str, dtype: str, shape: tuple[int, ...], offsets: tuple[int, ...]) -> Tensor:
        if dtype not in FORMATS:
            raise _Malformed(f'has numbers of type {dtype} in "{name}"; {", ".join(FORMATS)} can be read.')
        wanted = self.allowed[name] if self.allowed else shape
        if shape != (shape[:1] if wanted is None else wanted):
            raise _Malformed(f'has "{name}" of shape {shape}, but in the model it has {wanted or "any length"}.')
        if len(offsets) != 2 or offsets[1] - offsets[0] != prod(shape) * struct.calcsize(f"<{FORMATS[dtype]}"):
            raise _Malformed(f'has "{name}" of shape {shape} in the wrong number of bytes, {list(offsets)}.')
        return Tensor(dtype, shape, *offsets)

    def check(self, room: int, expected: Shapes) -> None:
        """Check that the tensors fill the rest of the file, one after another, and that none is missing."""
        end = 0
        for name, tensor in sorted(self.tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
            if tensor.begin != end:
                raise _Malformed(
                    f'has "{name}" begin at byte {tensor.begin} of the numbers, but {end} was expected: '
                    "there is a gap or an overlap."
                )
            end = tensor.end
        for name in expected:
            if name not in self.tensors:
                raise _Malformed(f'lacks "{name}", which the model has.')
        if end != room:
            raise _Malformed(f"is cut off or too long: it has {room} bytes of numbers, but {end} are announced.")

    def string(self, limit: int = MAX_NAME) -> str:
        begin, end = self.token(STRING, "a string")
        if end - begin > limit:
            raise _Malformed(f"has a string of {end - begin} bytes in its header; at most {limit} are accepted.")
        try:
            return json.loads(self.text[begin:end])
        except ValueError:
            raise _Malformed(f"has a string that is not UTF-8 in its header, before byte {8 + self.at}.") from None

    def numbers(self) -> tuple[int, ...]:
        begin, end = self.token(NUMBERS, "a list of at most 8 integers")
        inside = self.text[begin + 1 : end - 1].strip()
        return tuple(map(int, inside.split(b","))) if inside else ()

    def token(self, pattern: re.Pattern, what: str) -> tuple[int, int]:
        found = pattern.match(self.text, SPACE.match(self.text, self.at).end())  # type: ignore[union-attr]
        if not found:
            raise _Malformed(f"has a header that cannot be read: expected {what} at byte {8 + self.at}.")
        self.at = found.end()
        return found.span()

    def accept(self, mark: bytes) -> bool:
        at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        if not self.text.startswith(mark, at):
            return False
        self.at = at + 1
        return True

    def expect(self, mark: bytes) -> None:
        if not self.accept(mark):
            raise _Malformed(f"has a header that cannot be read: expected {mark.decode()!r} at byte {8 + self.at}.")
