"""`fit(engine="jax")` trains as this engine does: parameters, history, callbacks, checkpoints, errors."""

import os
import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd import read_data
from autograd.errors import ArgumentError, RecordingError
from nn.accelerated import Devices, Recorded
from nn.errors import DivergedError, LostProcessError

# JAX is an extra, which people may test without; .ci/run installs it, so that it is never missing there.
jax = pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = pytest.mark.usefixtures("float64_in_jax")

TRAIN, TEST = nn.data.standardize(*nn.data.split(nn.data.iris(), seed=0))


def mlp():
    return nn.MLP(4, [6, 3], activation="tanh", seed=0)


def dropout():
    return nn.Sequential(nn.Linear(4, 8, seed=0), nn.Tanh(), nn.Dropout(0.5, seed=3), nn.Linear(8, 3, seed=1))


def trained(engine, make, optimizer, **settings):
    model = make()
    settings = {"epochs": 5, "seed": 0, "progress": False, **settings}
    history = nn.fit(model, nn.cross_entropy, TRAIN, optimizer=optimizer(model.parameters()), engine=engine, **settings)
    return np.array(read_data(model.parameters())), history


CASES = {
    "sgd": (mlp, lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True), {"epochs": 25, "validation": TEST}),
    "adam": (mlp, lambda p: nn.Adam(p, lr=0.02, weight_decay=0.01), {"clip_norm": 0.5}),
    "adamw": (mlp, lambda p: nn.AdamW(p, lr=0.02), {"penalty": lambda m: nn.l2_penalty(m, 1e-3)}),
    "rmsprop": (mlp, lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5, centered=True), {"batch_size": None}),
    "dropout": (dropout, lambda p: nn.Adagrad(p, lr=0.1), {"clip_value": 0.1, "metric": None}),
}


@pytest.mark.parametrize("name", CASES)
def test_parameters_and_history_agree(name):
    make, optimizer, settings = CASES[name]
    expected, history = trained("native", make, optimizer, **settings)
    found, other = trained("jax", make, optimizer, **settings)
    assert np.abs(found - expected).max() <= 1e-9
    assert other.columns() == history.columns()
    for column in set(history.columns()) - {"seconds"}:
        assert np.allclose(other[column], history[column], rtol=1e-9)


class Watching:
    """A callback that looks at the parameters after each step, freezes the first layer for a while, and stops."""

    def __init__(self):
        self.seen = []

    def __call__(self, run):
        run.model.layers[0].requires_grad_(run.epoch % 2 == 0)

    def on_step(self, run):
        self.seen.append(read_data(run.model.parameters())[:3])
        if run.steps == 18:
            run.stop()


def test_callbacks_see_the_parameters_and_may_freeze_them():
    seen = []
    for engine in ("native", "jax"):
        watching = Watching()
        numbers, history = trained(engine, mlp, lambda p: nn.Adam(p, lr=0.02), callbacks=[watching])
        assert history.ended == "stopped by a callback"
        seen.append((np.array(watching.seen), numbers))
    assert np.abs(seen[0][0] - seen[1][0]).max() <= 1e-9
    assert np.abs(seen[0][1] - seen[1][1]).max() <= 1e-9


def test_a_checkpoint_of_one_engine_is_continued_by_the_other(tmp_path):
    settings = {"schedule_every": "epoch", "patience": 20, "validation": TEST}
    expected, _ = trained("native", mlp, lambda p: nn.Adam(p, lr=0.02), epochs=6, **settings)
    for first, second in (("jax", "native"), ("native", "jax")):
        path = tmp_path / f"{first}.safetensors"
        trained(first, mlp, lambda p: nn.Adam(p, lr=0.02), epochs=3, checkpoint=path, **settings)
        found, history = trained(second, mlp, lambda p: nn.Adam(p, lr=0.02), epochs=6, checkpoint=path, **settings)
        assert len(history["loss"]) == 6
        assert np.abs(found - expected).max() <= 1e-9


def test_divergence_is_this_engines_error():
    errors, numbers = [], []
    for engine in ("native", "jax"):
        model = nn.MLP(4, [6, 3], activation="relu", seed=0)
        settings = {"optimizer": nn.SGD(model.parameters(), lr=1e60), "metric": None, "seed": 0, "progress": False}
        with pytest.raises(DivergedError) as caught:
            nn.fit(model, lambda o, t: sum(v**4 for v in o), TRAIN, engine=engine, **settings)
        errors.append(str(caught.value)[:40])
        numbers.append(np.array(read_data(model.parameters())))
    assert errors[0] == errors[1]
    assert np.allclose(numbers[0], numbers[1], rtol=1e-9)


class Own(nn.Optimizer):
    """An optimiser of a user's own."""

    def update(self, sqrt, p, g):
        return (p - self.lr * g / (1 + sqrt(g * g)),)


def test_own_optimisers():
    expected, _ = trained("native", mlp, lambda p: Own(p, lr=0.1))
    found, _ = trained("jax", mlp, lambda p: Own(p, lr=0.1))
    assert np.abs(found - expected).max() <= 1e-9


def test_what_is_refused():
    with pytest.raises(ArgumentError, match='engine is "native" or "jax", got \'tpu\''):
        nn.fit(mlp(), nn.cross_entropy, TRAIN, engine="tpu")
    with pytest.raises(ArgumentError, match="recorded=False asks for none"):
        nn.fit(mlp(), nn.cross_entropy, TRAIN, engine="jax", recorded=False)
    ragged = [([[0.0, 1.0]] * k, 1.0) for k in (1, 2)]
    with pytest.raises(ArgumentError, match="needs examples of one shape"):
        nn.fit(nn.MLP(2, [1]), lambda o, t: o, ragged, engine="jax", metric=None, progress=False)
    with pytest.raises(RecordingError, match="needs a model and a loss that can be recorded"):
        nn.fit(mlp(), lambda o, t: o[0] if o[0].data > 0 else o[1], TRAIN, engine="jax", metric=None, progress=False)


def test_groups_are_refused():
    model = mlp()
    first, second = (layer.parameters() for layer in model.layers)
    optimizer = nn.SGD([{"params": first, "lr": 0.1}, {"params": second}], lr=0.2)
    with pytest.raises(
        ArgumentError, match=r"one group of parameters, got 2\. Leave the groups out, or train with the"
    ):
        nn.fit(model, nn.cross_entropy, TRAIN, optimizer=optimizer, engine="jax")


def test_the_loss_of_another_process_is_said(monkeypatch):
    def lost(*_):
        raise jax.errors.JaxRuntimeError("UNKNOWN: Connection closed by peer\nmore")

    monkeypatch.setattr(Recorded, "step", lost)
    settings = {"metric": None, "seed": 0, "progress": False, "engine": "jax"}
    with pytest.raises(jax.errors.JaxRuntimeError):  # there is no other
        nn.fit(mlp(), nn.cross_entropy, TRAIN, **settings)
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(Devices, "different", lambda *_: [])
    with pytest.raises(LostProcessError, match=r"in process 0 of 2: another one has ended.* peer$"):
        nn.fit(mlp(), nn.cross_entropy, TRAIN, **settings)


SHARED = """
import sys
import jax
jax.config.update("jax_enable_x64", True)
import nn
from autograd import read_data
assert len(jax.devices()) == int(sys.argv[1])
train, _ = nn.data.standardize(*nn.data.split(nn.data.iris(), seed=0))
model = nn.MLP(4, [6, 3], activation="tanh", seed=0)
nn.fit(model, nn.cross_entropy, train, epochs=3, batch_size=20, seed=0, progress=False, engine="jax")
print(*read_data(model.parameters()))
"""


def test_eight_devices_share_each_batch():
    alone = mlp()
    nn.fit(alone, nn.cross_entropy, TRAIN, epochs=3, batch_size=20, seed=0, progress=False, engine="jax")
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=8"
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHARED, "8"],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert np.abs(np.array(ran.stdout.split(), float) - read_data(alone.parameters())).max() <= 1e-10
