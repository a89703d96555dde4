"""Kill training at random moments, and feed the reader malformed files; `make soak` runs the full figures."""

import hashlib
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time
import tracemalloc

import pytest
from soaking import SOAK, amount

import nn
from nn import checkpoint, data
from nn.errors import CheckpointError

KILLS = max(4, amount(1000) // (1 if SOAK else 3))
FILES = max(1000, amount(1_000_000) // (1 if SOAK else 10))
# The processes that are killed run the same packages as this one, wherever the tests are started from.
PLACES = [pathlib.Path(nn.__file__).parent.parent, pathlib.Path(__file__).parent.parent]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PLACES))}


class Recorded(nn.Checkpoint):
    """A Checkpoint that records what it saves."""

    def __init__(self, path, notes):
        super().__init__(path, every_steps=1)
        self.notes = notes

    def save(self, run):
        super().save(run)
        self.notes.append(digest(self.path.read_bytes()))


def digest(content):
    """The content of a checkpoint but for the seconds, read without the package; fails unless it is complete."""
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    state = json.loads(header.pop("__metadata__")["glassgrad"])["run"]
    assert len(content) - start == max(entry["data_offsets"][1] for entry in header.values())
    del state["seconds"]
    numbers = {
        name: content[start:][slice(*entry["data_offsets"])].hex()
        for name, entry in header.items()
        if name != "history.seconds"
    }
    return hashlib.sha256(json.dumps([state, numbers], sort_keys=True).encode()).hexdigest()


def train(path, notes=None):
    """A run with randomness, momentum and a schedule; it saves after every step."""
    random.seed(5)
    model = nn.Sequential(nn.Linear(2, 8, seed=1), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 2, seed=2))
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    nn.fit(
        model,
        nn.cross_entropy,
        data.xor(40, seed=0),
        epochs=12,
        batch_size=8,
        optimizer=optimizer,
        seed=3,
        schedule=nn.CosineAnnealingLR(optimizer, 12),
        validation=data.xor(8, seed=1),
        progress=False,
        recorded=False,
        checkpoint=nn.Checkpoint(path, every_steps=1) if notes is None else Recorded(path, notes),
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_killed_at_random_moments(tmp_path, figure):
    notes: list[str] = []
    train(tmp_path / "reference", notes)
    assert len(set(notes)) == len(notes) == 60
    path, kills, finished, rng = tmp_path / "run.safetensors", 0, 0, random.Random(None if SOAK else 0)
    reached = -1
    while kills < KILLS or not finished:
        code, said = trained_and_killed(path, rng.expovariate(1 / 0.05) if kills < KILLS else None)
        assert code in (0, -signal.SIGKILL), f"training ended with {code}: {said}"
        kills += code != 0
        assert path.exists() or reached < 0, "the file is gone"
        if path.exists():
            content = path.read_bytes()
            assert digest(content) in notes, f"after state {reached} comes none of those to be written: {content}"
            found = notes.index(digest(content))
            assert found >= reached, "went back behind a state that was saved"
            reached = found
        if code == 0:
            assert reached == len(notes) - 1, "the resumed run did not end where the one that was not stopped did"
            finished += 1
            path.unlink()
            reached = -1
    figure("kill -9 while training and saving", kills, f"0 files lost, {finished} runs finished bit for bit")


def trained_and_killed(path, after):
    """Train in another process, killed after so many seconds unless `after` is None; (exit code, output)."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(path)],
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = ""
    while not said.endswith("ready\n") and (line := process.stdout.readline()):
        said += line
    if after is not None:
        time.sleep(after)
        process.kill()
    rest, _ = process.communicate()
    return process.returncode, said + rest


def seeds_of_mutation():
    """Valid files to start from: a model, a checkpoint, and one of another program with spaces and another order."""
    model = nn.MLP(2, [3, 1], seed=0)
    yield model, written(lambda path: nn.save(model, path))
    layer = nn.Linear(3, 1, seed=0)
    text = json.dumps(
        {
            "bias": {"shape": [1], "data_offsets": [0, 4], "dtype": "F32"},
            "weight": {"data_offsets": [4, 16], "shape": [1, 3], "dtype": "F32"},
            "__metadata__": {"format": "pt", "note": "line\nend ü"},
        }
    ).encode()
    yield layer, struct.pack("<Q", len(text)) + text + struct.pack("<4f", 1, 2, 3, 4)


def written(write):
    path = f"/tmp/glassgrad-seed-{os.getpid()}"
    try:
        write(path)
        with open(path, "rb") as file:
            return file.read()
    finally:
        os.unlink(path)


TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"0",
    b"8",
    b"-1",
    b"1e9",
    b"99999999999999999999",
    b"\\u0000",
    b"\\",
    b"null",
    b"NaN",
    b"\xff",
    b"\x00",
    b" ",
    b'"weight":{',
    b'"__metadata__":{"a":"b"},',
    b"[" * 3000,
    b'{"a":' * 500,
    b'"dtype":"F64",',
    b'"shape":[0],',
    b'"data_offsets":[0,0]',
    b"F16",
    b"BF16",
    b"I64",
]


def mutated(content, rng):
    """`content` with a random change, mostly in its header."""
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        length = int.from_bytes(content[:8], "little") if len(content) >= 8 else 0
        end = min(8 + length, len(content)) if rng.random() < 0.8 else len(content)
        at = rng.randrange(end + 1) if end else 0
        match rng.randrange(9):
            case 0:
                content[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del content[at:]
            case 2:
                del content[at : at + rng.randrange(1, 40)]
            case 3:
                content[at:at] = rng.choice(TOKENS)
            case 4:
                content[at : at + rng.randrange(12)] = rng.choice(TOKENS)
            case 5:
                content[at:at] = content[rng.randrange(end + 1) :][: rng.randrange(80)]
            case 6:
                content[:8] = struct.pack(
                    "<Q",
                    rng.choice((0, 1, 8, length - 1, length + 1, len(content) - 8, 2**31, 2**63, 2**64 - 1)) % 2**64,
                )
            case 7:
                content += bytes(rng.randrange(256) for _ in range(rng.randrange(20)))
            case 8:
                digits = [i for i in range(8, end) if 48 <= content[i] <= 57]
                if digits:
                    content[rng.choice(digits)] = rng.randrange(48, 58)
        if rng.random() < 0.5 and len(content) >= 8 and length:  # keep the announced length right, to come further
            grown = len(content) - len(bytes(content)) + length
            content[:8] = struct.pack("<Q", grown)
    return bytes(content)


def refused(path, model, what):
    """The message of the CheckpointError that loading the file raises, or None."""
    try:
        if what == "run":
            resume_once(path)
        else:
            nn.load(path, model if what == "weights" else None)
    except CheckpointError as error:
        return str(error)
    return None


def test_malformed_files(tmp_path, figure):
    """There is one kind of error, quickly and in little memory, and the model stays as it was."""
    rng, path = random.Random(None if SOAK else 0), tmp_path / "mutant.safetensors"
    accepted, slowest, heaviest = 0, 0.0, 0.0
    seeds = list(seeds_of_mutation())
    run_of_checkpoint = written(lambda p: train_once(p))
    for i in range(FILES):
        model, whole = seeds[i % len(seeds)]
        as_run = i % 20 == 7
        content = mutated(run_of_checkpoint if as_run else whole, rng)
        path.write_bytes(content)
        before = [p.data for p in model.parameters()]
        traced = i % 500 == 0
        if traced:
            tracemalloc.start()
        started = time.process_time()  # other programs may hold this one up
        message = refused(path, model, "run" if as_run else "weights" if i % 3 else "model")
        if not traced:
            slowest = max(slowest, time.process_time() - started)
        else:
            extra = tracemalloc.get_traced_memory()[1] - 200_000  # the model, the error and its traceback
            heaviest = max(heaviest, extra / max(len(content), 1))
            tracemalloc.stop()
        accepted += message is None
        if message:
            assert message.startswith(f"{path}: ")
            assert [p.data for p in model.parameters()] == before
        for p, number in zip(model.parameters(), before):
            p.data = number
    assert slowest < 1.0 or not SOAK  # a figure of the long run; a test does not depend on the machine's speed
    assert heaviest <= 2.0
    figure(
        "malformed files",
        FILES,
        f"{accepted:,} of them harmless, slowest {slowest:.3f} s, memory {max(heaviest, 0):.2f} × the file",
    )


def fresh_run():
    model = nn.MLP(2, [2], seed=0)
    return nn.Run(model, nn.cross_entropy, data.gate("or"), nn.Adam(model.parameters()), epochs=2, batch_size=2, seed=0)


def train_once(path):
    run = fresh_run()
    for batch in data.batches(run.data, 2, 0):
        run.step(batch)
    run.end_epoch()
    nn.Checkpoint(path).save(run)


def resume_once(path):
    run = fresh_run()
    before = checkpoint._captured(run)
    del before[0]["seconds"]
    try:
        nn.Checkpoint(path).resume(run)
    except CheckpointError:
        after = checkpoint._captured(run)
        del after[0]["seconds"]
        assert after == before
        raise


def test_large_malformed_files_are_refused_at_little_cost(tmp_path, figure):
    """Ten megabytes of each kind of malformed file, or one in the short run."""
    size, path, model = 9_900_000 if SOAK else 990_000, tmp_path / "large.safetensors", nn.Linear(3, 1, seed=0)
    entry = b'{"dtype":"F64","shape":[0],"data_offsets":[0,0]}'
    bodies = {
        "nesting": b'{"a":' * (size // 5),
        "lists": b'{"weight":{"shape":' + b"[" * size,
        "one string": b'{"' + b"a" * size,
        "escapes": b'{"' + b"\\n" * (size // 2),
        "spaces": b"{" + b" " * size,
        "numbers": b'{"weight":{"shape":[' + b"1," * (size // 2),
        "digits": b'{"weight":{"shape":[' + b"9" * size,
        "entries": b"{" + b",".join(b'"%d":' % i + entry for i in range(size // 60)) + b"}",
        "metadata": b'{"__metadata__":{' + b",".join(b'"%d":"x"' % i for i in range(size // 14)) + b"}}",
        "one metadata": b'{"__metadata__":{"glassgrad":"' + b"[" * size + b'"}}',
        "astral": b'{"__metadata__":{"glassgrad":"' + "x😀".encode() * (size // 5) + b'"}}',
    }
    slowest = heaviest = 0.0
    for body in bodies.values():
        path.write_bytes(struct.pack("<Q", len(body)) + body)
        for what in ("weights", "model", "run"):
            started = time.process_time()
            assert refused(path, model, what)
            slowest = max(slowest, time.process_time() - started)
            tracemalloc.start()
            assert refused(path, model, what)
            heaviest = max(heaviest, tracemalloc.get_traced_memory()[1] / len(body))
            tracemalloc.stop()
    assert slowest < 1.0 or not SOAK  # a figure of the long run; a test does not depend on the machine's speed
    assert heaviest <= 2.0
    figure(
        f"malformed files of {size / 1e6:.0f} MB",
        len(bodies),
        f"slowest {slowest:.3f} s, memory {heaviest:.2f} × the file",
    )


if __name__ == "__main__":
    print("ready", flush=True)
    train(pathlib.Path(sys.argv[1]))
