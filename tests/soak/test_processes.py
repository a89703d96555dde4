"""Training on JAX in two processes: the weights of one process, an end when one of them dies, a checkpoint to go on."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from soaking import SOAK

import nn

# JAX is an extra, which people may test without. These start processes and wait for a killed one to be missed.
pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = pytest.mark.skipif(not SOAK, reason="minutes of starting and stopping processes: make soak")

HEARTBEAT = 10  # seconds after which JAX takes a process for dead
PATIENCE = 300  # seconds until a process must have ended; connecting takes long where others work as well

SCRIPT = f"""
import sys
import jax
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_collectives_implementation", "gloo")
address, count, index, checkpoint, seed = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4], int(sys.argv[5])
if count > 1:
    jax.distributed.initialize(
        address, count, index, heartbeat_timeout_seconds={HEARTBEAT}, shutdown_timeout_seconds={HEARTBEAT}
    )
assert len(jax.devices()) == count
import nn
from autograd import read_data
def say(run):
    print("epoch", run.epoch, flush=True)
    if sys.argv[6] == "wait" and run.epoch == 3:
        sys.stdin.readline()
train, _ = nn.data.standardize(*nn.data.split(nn.data.iris(), seed=0))
model = nn.MLP(4, [6, 3], activation="tanh", seed=0)
nn.fit(model, nn.cross_entropy, train, epochs=6, batch_size=20, optimizer=nn.Adam(model.parameters(), lr=0.02),
       seed=seed, progress=False, engine="jax", checkpoint=checkpoint, callbacks=[say])
print(*read_data(model.parameters()))
"""


def start(count, checkpoint, seeds=(0, 0), ways=("go", "go")):
    """So many processes that train together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    root = str(Path(nn.__file__).parent.parent)
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": root, "XLA_FLAGS": ""}
    return [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, address, str(count), str(index), str(checkpoint),
             str(seeds[index]), ways[index]],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for index in range(count)
    ]  # fmt: skip


def ended(process):
    """The exit code of a process, what it printed, and its errors."""
    try:
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said, errors


def weights(processes):
    found = []
    for code, said, errors in map(ended, processes):
        assert code == 0, errors
        found.append(np.array(said.splitlines()[-1].split(), float))
    return found


def test_two_processes_train_as_one(tmp_path, figure):
    (alone,) = weights(start(1, tmp_path / "alone.safetensors"))
    together = weights(start(2, tmp_path / "together.safetensors"))
    furthest = max(np.abs(found - alone).max() for found in together)
    assert furthest <= 1e-10
    figure("training in two processes", 1, "weights within 1e-10 of those of one")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("victim", [0, 1])
def test_one_of_two_is_killed(tmp_path, victim, figure):
    (expected,) = weights(start(1, tmp_path / "alone.safetensors"))
    path = tmp_path / "run.safetensors"
    processes = start(2, path, ways=("wait", "wait"))
    reached = [next(line for line in process.stdout if line == "epoch 3\n") for process in processes]
    assert len(reached) == 2
    processes[victim].kill()
    ended(processes[victim])
    processes[1 - victim].stdin.write("\n")
    began = time.monotonic()
    code, said, errors = ended(processes[1 - victim])
    assert time.monotonic() - began < HEARTBEAT + 30
    assert code != 0
    # If the first process is killed, JAX may end the other one before Python can say anything.
    words = ["cannot go on in process 0 of 2: another one has ended"] if victim else ["another one has", "task died"]
    assert any(word in errors for word in words), errors
    assert "epoch 4" not in said
    for found in weights(start(2, path)):
        assert np.abs(found - expected).max() <= 1e-10
    figure("one of two processes killed", 1, "the other ends and says why; the checkpoint continues to 1e-10")


def test_processes_must_begin_alike(tmp_path):
    for code, _, errors in [*map(ended, start(2, tmp_path / "run.safetensors", seeds=(0, 1)))]:
        assert code != 0
        assert "2 processes that begin with different seed. Start the same script in each" in errors, errors
