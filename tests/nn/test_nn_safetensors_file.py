"""Files of numbers: bad ones are refused, and whatever happens while one is written, no file is lost."""

import errno
import itertools
import json
import math
import os
import pathlib
import struct

import pytest
from training_runs import make_run, settled

import nn
from autograd import Value
from autograd.errors import AutogradError
from nn import safetensors_file
from nn.errors import CheckpointError


def header(entries):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


def entry(begin=0, end=24, shape=(1, 3), dtype="F64"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


THREE = struct.pack("<3d", 1.0, 2.0, 3.0)


WEIGHT, BIAS = '"weight":' + json.dumps(entry()), '"bias":' + json.dumps(entry(24, 32, (1,)))


BAD = {
    "empty": (b"", "is not a safetensors file: it has 0 bytes, and at least 8 are exp"),
    "short": (b"\x01\x02", "it has 2 bytes"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "announce a header of 727905341920923785 bytes"),
    "a pickle": (b"\x80\x04\x95\x10\x00\x00\x00\x00" + b"\0" * 64, "announce a header"),
    "a zip": (b"PK\x03\x04" + b"\x14\0\0\0" + b"\0" * 64, "announce a header"),
    "no dictionary": (header(b"[]"), "does not begin with a brace"),
    "leading space": (header(b" {}"), "does not begin with a brace"),
    "not closed": (header(b"{"), "expected a string at byte 9"),
    "deep": (header(b'{"a":' * 100_000), 'has "a", but the model does not'),
    "deep list": (header(b'{"weight":{"shape":' + b"[" * 100_000), "expected a list of at most 8 integers at"),
    "text after": (header(b"{}x"), "has something after its header, at byte 10"),
    "trailing comma": (header(f"{{{WEIGHT},}}".encode()), "expected a string at byte"),
    "unknown name": (header({"gain": entry()}) + THREE, 'has "gain", but the model does not'),
    "missing name": (header({"weight": entry()}) + THREE, 'lacks "bias", which the model has'),
    "twice": (header(f"{{{WEIGHT},{WEIGHT}}}".encode()) + THREE, 'has "weight" twice in its header'),
    "metadata twice": (header(b'{"__metadata__":{},"__metadata__":{}}'), 'has "__metadata__" twice'),
    "metadata key twice": (header(b'{"__metadata__":{"a":"1","a":"2"}}'), 'has "a" twice in its metadata'),
    "metadata number": (header(b'{"__metadata__":{"a":1}}'), "expected a string at byte"),
    "key twice": (header(b'{"weight":{"dtype":"F64","dtype":"F64"}}'), 'has "dtype" twice in the entry "weight"'),
    "odd key": (header(b'{"weight":{"device":"cuda"}}'), 'has "device" unexpectedly in the entry "weight"'),
    "key missing": (header(b'{"weight":{"dtype":"F64"}}'), 'has no dtype, shape or data_offsets in the entry "weight"'),
    "integers": (header({"weight": entry(dtype="I64")}) + THREE, 'numbers of type I64 in "weight"; F64, F32, F16, BF'),
    "shape": (header({"weight": entry(shape=(3, 1))}), r'"weight" of shape \(3, 1\), but in the model it has \(1, 3\)'),
    "negative": (header(b'{"weight":{"shape":[-1]}}'), "expected a list of at most 8 integers at"),
    "fraction": (header(b'{"weight":{"shape":[1.5]}}'), "expected a list of at most 8 integers at"),
    "huge": (header(b'{"weight":{"shape":[' + b"9" * 5000 + b"]}}"), "expected a list of at most 8 integers at"),
    "many dimensions": (header(b'{"weight":{"shape":[1,1,1,1,1,1,1,1,1]}}'), "expected a list of at most 8 integers"),
    "offsets": (header({"weight": entry(0, 23)}), r"in the wrong number of bytes, \[0, 23\]"),
    "reversed": (header({"weight": entry(24, 0)}), "in the wrong number of bytes"),
    "one offset": (header(b'{"weight":{"dtype":"F64","shape":[1,3],"data_offsets":[0]}}'), "wrong number of bytes"),
    "gap": (header({"weight": entry(8, 32), "bias": entry(32, 40, (1,))}) + THREE * 2, "begin at byte 8 .* a gap or"),
    "overlap": (header({"weight": entry(), "bias": entry(16, 24, (1,))}) + THREE, "begin at byte 16 .*, but 24 was ex"),
    "cut off": (header(f"{{{WEIGHT},{BIAS}}}".encode()) + THREE, "it has 24 bytes of numbers, but 32 are announced"),
    "too long": (header(f"{{{WEIGHT},{BIAS}}}".encode()) + THREE * 2, "it has 48 bytes of numbers, but 32 are ann"),
    "not finite": (
        header(f"{{{WEIGHT},{BIAS}}}".encode()) + THREE + struct.pack("<d", math.nan),
        'number 0 of "bias" is nan; every number must be finite',
    ),
    "not UTF-8": (header(b'{"\xff\xfe":{}}'), "has a string that is not UTF-8"),
    "long string": (header(b'{"' + b"a" * 2000 + b'":{}}'), "a string of 2002 bytes in its header; at most 1000"),
    "control character": (header(b'{"a\nb":{}}'), "expected a string at byte 9"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_name_themselves_and_change_nothing(name, tmp_path):
    content, message = BAD[name]
    path = tmp_path / "some.safetensors"
    path.write_bytes(content)
    model = nn.Linear(3, 1, seed=0)
    before = model.state_dict()
    with pytest.raises(CheckpointError, match=message) as caught:
        nn.load(path, model)
    assert str(caught.value).startswith(f"{path}: ")
    assert model.state_dict() == before
    assert isinstance(caught.value, (ValueError, OSError, AutogradError))
    with pytest.raises(CheckpointError):
        nn.load(path)
    with pytest.raises(CheckpointError):
        nn.Checkpoint(path).resume(make_run())


def test_what_is_no_file_at_all(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot be read \(No such file or directory\)"):
        nn.load(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match=r"cannot be read \(Is a directory\)"):
        nn.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is not a regular file"):
        nn.load(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is not a regular file"):
        nn.load("/dev/zero")


def break_the_disk(patch, number, at):
    """Let call number `at` to the operating system fail."""
    calls = itertools.count(1)

    def failing(real):
        def call(*args, **kwargs):
            if next(calls) == at:
                raise OSError(number, os.strerror(number))
            return real(*args, **kwargs)

        return call

    for name in ("open", "write", "fsync", "replace", "chmod", "stat"):
        patch.setattr(safetensors_file.os, name, failing(getattr(os, name)))


def test_an_error_of_the_disk_at_any_moment_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    old, new = nn.Linear(3, 2, seed=0), nn.Linear(3, 2, seed=1)
    failures = 0
    for number in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
        for at in range(1, 30):
            nn.save(old, path)
            before = path.read_bytes()
            with monkeypatch.context() as patch:
                break_the_disk(patch, number, at)
                try:
                    nn.save(new, path)
                    message = ""
                except CheckpointError as error:
                    message = str(error)
            replaced = not message or "the new file is in place" in message
            assert replaced or message.startswith(f"{path}: cannot be written ({os.strerror(number)}); what was there")
            failures += bool(message)
            assert (path.read_bytes() != before) == replaced
            assert nn.load(path).state_dict() == (new if replaced else old).state_dict()
            assert os.listdir(tmp_path) == ["model.safetensors"]
    assert failures >= 15


def test_short_writes_are_continued(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(safetensors_file.os, "write", lambda file, content: real(file, content[:7]))
    model = nn.Linear(3, 2, seed=0)
    nn.save(model, tmp_path / "model")
    assert nn.load(tmp_path / "model").state_dict() == model.state_dict()


def test_a_full_disk(tmp_path):
    resource = pytest.importorskip("resource", reason="only Unix has it")
    path = tmp_path / "model.safetensors"
    nn.save(nn.Linear(3, 2, seed=0), path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(CheckpointError, match=r"cannot be written \(File too large\); what was there before is"):
            nn.save(nn.Linear(30, 20, seed=0), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_where_nothing_can_be_written(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot be written \(No such file or directory\)"):
        nn.save(nn.Linear(1, 1), tmp_path / "no" / "folder")
    with pytest.raises(CheckpointError, match=r"cannot be written \(Is a directory\)"):
        nn.save(nn.Linear(1, 1), tmp_path)


def test_links_are_followed_and_permissions_are_the_usual_ones(tmp_path):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    nn.save(nn.Linear(1, 1, seed=0), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert nn.load(tmp_path / "real").state_dict() == nn.Linear(1, 1, seed=0).state_dict()
    pathlib.Path(tmp_path / "other").touch()
    assert os.stat(tmp_path / "real").st_mode == os.stat(tmp_path / "other").st_mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_a_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "model"
    path.touch()
    path.chmod(mode)
    nn.save(nn.Linear(1, 1), path)
    assert os.stat(path).st_mode & 0o7777 == mode


def test_what_is_no_regular_file_is_refused(tmp_path):
    import socket

    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "link", tmp_path / "socket", "/dev/null"):
            kind = os.stat(path).st_mode
            with pytest.raises(CheckpointError, match=r"cannot be written \(it is not a regular file\); what was"):
                nn.save(nn.Linear(1, 1), path)
            with pytest.raises(CheckpointError, match=r"is not a regular file|cannot be read \(No such device"):
                settled(path)
            assert os.stat(path).st_mode == kind
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe", "socket"]


def test_no_file_beside_the_target_is_touched(tmp_path):
    """Names that a temporary file might have, as links to something else."""
    (tmp_path / "precious").write_text("precious")
    for name in ("model.partial", "model.tmp", ".model.partial"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
    before = sorted(os.listdir(tmp_path))
    nn.save(nn.Linear(1, 1), tmp_path / "model")
    nn.save(nn.Linear(1, 1), tmp_path / ("m" * 255))  # as long as a name may be
    assert (tmp_path / "precious").read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "model", "m" * 255])


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b", pathlib.Path("a\0b")])
def test_paths_that_cannot_be_are_refused(path):
    for work in (nn.load, lambda path: nn.save(nn.Linear(1, 1), path), nn.Checkpoint, settled):
        with pytest.raises(CheckpointError, match=r"'a.*b' has a character that no path can have"):
            work(path)


def test_sparse_files_take_no_memory(tmp_path):
    """Files of 0.8 TB, of which nothing is on the disk but a few bytes at their beginning."""
    numbers = 10**11
    described = {
        "glassgrad": json.dumps(
            {"model": ["MLP", {"nin": 10**7, "nouts": [10**4], "activation": "relu", "bias": False}]}
        )
    }
    contents = {
        "header": struct.pack("<Q", 8 * numbers),
        "numbers": header({"__metadata__": described, "0.weight": entry(0, 8 * numbers, (10**4, 10**7))}),
    }
    messages = (
        "announce a header of 800000000000 bytes, but at most 10000000 can be read",
        "has 800000000000 bytes of numbers; at most 800000000 can be read",
    )
    for (name, content), message in zip(contents.items(), messages):
        with open(tmp_path / name, "wb") as file:
            file.write(content)
            file.truncate(len(content) + 8 * numbers)
        for work in (nn.load, lambda path: nn.load(path, nn.Linear(1, 1)), settled):
            with pytest.raises(CheckpointError, match=message):
                work(tmp_path / name)


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    model = nn.Module()
    model.parts = {"x" * 100_000: Value(1.0)}
    with pytest.raises(CheckpointError, match=r'cannot be written: "parts.x*…" is a name of 100006 characters'):
        nn.save(model, tmp_path / "model")
    model.parts = {str(i): Value(1.0) for i in range(safetensors_file.MAX_TENSORS + 1)}
    with pytest.raises(CheckpointError, match="cannot be written: it would have 10001 tensors, and at most 10000"):
        nn.save(model, tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_threads_that_save_at_once_leave_a_whole_file(tmp_path):
    import threading

    path, errors = tmp_path / "model", []
    models = [nn.Linear(20, 20, seed=seed) for seed in range(4)]

    def work(model):
        try:
            for _ in range(25):
                nn.save(model, path)
        except CheckpointError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for _ in range(50):
        if path.exists():
            assert nn.load(path).state_dict() in [model.state_dict() for model in models]
    for thread in threads:
        thread.join()
    assert not errors
    assert nn.load(path).state_dict() in [model.state_dict() for model in models]
