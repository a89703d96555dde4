"""Weights and runs on disk: round trips, resuming bit for bit, errors that name the file, and safe writing."""

import errno
import itertools
import json
import math
import os
import pathlib
import random
import struct
from functools import partial

import pytest

import nn
from autograd import Value
from autograd.errors import ArgumentError, AutogradError
from nn import data, safetensors_file
from nn.errors import CheckpointError

MODELS = {
    "mlp": lambda: nn.MLP(3, [4, 2], "tanh", seed=0),
    "mlp without bias": lambda: nn.MLP(3, [4, 2], bias=False, seed=0),
    "layer": lambda: nn.Layer(2, 3, "gelu", seed=0),
    "neuron": lambda: nn.Neuron(3, "sigmoid", seed=0),
    "perceptron": lambda: nn.Perceptron(2, [1.0, -2.0], 0.5),
    "sequential": lambda: nn.Sequential(
        nn.Linear(2, 4, seed=0),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.RMSNorm(4),
        nn.Sequential(nn.Linear(4, 2, bias=False, seed=0), nn.LeakyReLU(0.2)),
        nn.GELU(),
        nn.Softplus(),
        nn.Tanh(),
        nn.Sigmoid(),
        nn.Step(),
        nn.Softmax(),
    ),
    "embedding": lambda: nn.Embedding(4, 3, seed=0),
    "attention": lambda: nn.SelfAttention(4, 2, seed=0),
    "gpt": lambda: nn.GPT(5, context=4, width=4, heads=2, layers=2, hidden=6, seed=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_save_and_load(name, tmp_path):
    model, path = MODELS[name](), tmp_path / "model.safetensors"
    nn.save(model, path)
    again = nn.load(path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    other = MODELS[name]()
    for p in other.parameters():
        p.data = 0.125
    assert nn.load(path, other) is other
    assert other.state_dict() == model.state_dict()
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_the_file_is_what_the_safetensors_library_reads(tmp_path):
    numpy, library = pytest.importorskip("numpy"), pytest.importorskip("safetensors.numpy")
    model, path = nn.MLP(3, [4, 2], seed=0), tmp_path / "model.safetensors"
    nn.save(model, path)
    found = library.load_file(path)
    assert {name: array.shape for name, array in found.items()} == {
        "0.weight": (4, 3),
        "0.bias": (4,),
        "2.weight": (2, 4),
        "2.bias": (2,),
    }
    assert found["0.weight"][2, 1] == model.layers[0].neurons[2].w[1].data
    for kind in (numpy.float64, numpy.float32, numpy.float16):
        library.save_file({name: (array + 0.5).astype(kind) for name, array in found.items()}, path)
        nn.load(path, model)
        assert model.layers[0].neurons[2].w[1].data == float((found["0.weight"] + 0.5).astype(kind)[2, 1])


def test_modules_of_your_own(tmp_path):
    class Line(nn.Module):
        def __init__(self):
            self.slope, self.terms = Value(2.0), [Value(3.0), Value(4.0)]
            self.parts = {"in": nn.Linear(1, 2, seed=0)}

    path = tmp_path / "line.safetensors"
    nn.save(Line(), path)
    again = Line()
    again.slope.data = 9.0
    assert nn.load(path, again).slope.data == 2.0
    assert [name for name, _, _ in again.named_tensors()] == ["slope", "terms", "parts.in.weight", "parts.in.bias"]
    with pytest.raises(
        CheckpointError,
        match=r"line.safetensors: was saved from a Line, which cannot be built from a "
        r"file. Make the model yourself and pass it: load\(path, model\)",
    ):
        nn.load(path)
    nn.save(nn.MLP(1, [1], abs), path)
    assert nn.load(path).layers[0].activation is None  # with one layer the activation has no place
    nn.save(nn.MLP(1, [2, 1], abs), path)
    with pytest.raises(CheckpointError, match="was saved from a MLP with a function of your own"):
        nn.load(path)


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


@pytest.mark.parametrize(
    "description",
    [
        '["MLP", {"nin": 1000000000, "nouts": [1000000000], "activation": "relu", "bias": true}]',
        '["MLP", {"nin": 1, "nouts": ' + str([1] * 3000) + ', "activation": "relu", "bias": true}]',
        '["Sequential", [["Linear", {"nin": 2, "nout": 2, "bias": true}]]]',
        '["GPT", {"vocabulary": 3, "context": 1, "width": 1, "heads": 1, "layers": 3, "hidden": 3}]',
        '["Linear", {"nin": 3, "nout": 1, "bias": true, "seed": 5}]',
        '["Linear", {"nin": -3, "nout": 1, "bias": true}]',
        '["Linear", {"nin": 1e400, "nout": 1, "bias": true}]',
        '["Linear", {"nin": "3", "nout": 1, "bias": true}]',
        '["os.system", {"command": "true"}]',
        '["Module", {}]',
        '{"a": 1}',
        "17",
        "null",
        "[" * 50_000,
        '["MLP"]',
        '["Sequential", ' * 400 + '["ReLU", {}]' + "]" * 400,
    ],
)
def test_hostile_descriptions_are_refused_before_anything_is_built(description, tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors_file.write(
        path, [("weight", (1, 3), [1.0, 2.0, 3.0]), ("bias", (1,), [0.0])], {"glassgrad": f'{{"model": {description}}}'}
    )
    with pytest.raises(CheckpointError, match=r"model.safetensors: (does not say what model|lacks|has)"):
        nn.load(path)


def noisy(activation=None, p=0.25):
    return nn.Sequential(
        nn.Linear(2, 3, seed=1),
        activation or nn.Tanh(),
        nn.Dropout(p, seed=2),
        nn.Dropout(0.1),
        nn.Linear(3, 2, seed=3),
    )


def make_run(epochs=3, seed=0, model=None, loss=nn.cross_entropy, kind=nn.Adam, lr=0.05, **settings):
    """A run with everything in it that has a state."""
    model = model or noisy()
    optimizer = kind(model.parameters(), lr=lr, **{name: settings.pop(name) for name in ("betas",) if name in settings})
    settings = {"batch_size": 3, "schedule": nn.ExponentialLR(optimizer, 0.9)} | settings
    return nn.Run(model, loss, data.gate("xor"), optimizer, epochs=epochs, seed=seed, **settings)


def train(epochs, checkpoint=None, stop_after=None, seed=0, **settings):
    """Everything that a run leaves, after so many epochs, or cut off after a number of steps."""

    class Cut:
        def on_step(self, run):
            if run.steps == stop_after:
                raise InterruptedError

        def __call__(self, run):
            pass

    model = nn.Sequential(
        nn.Linear(2, 3, seed=1), nn.Tanh(), nn.Dropout(0.25, seed=2), nn.Dropout(0.1), nn.Linear(3, 2, seed=3)
    )
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    random.seed(11)
    try:
        history = nn.fit(
            model,
            nn.cross_entropy,
            data.gate("xor"),
            epochs=epochs,
            batch_size=1,
            optimizer=optimizer,
            seed=seed,
            schedule=nn.CosineAnnealingLR(optimizer, 40),
            schedule_every="step",
            patience=30,
            validation=data.gate("xor"),
            checkpoint=checkpoint,
            callbacks=[Cut()],
            progress=False,
            recorded=False,
            **settings,
        )
    except InterruptedError:
        return None
    rows = [{name: x for name, x in row.items() if name != "seconds"} for row in history.rows]
    return model.state_dict(), optimizer.state_dict(), rows, random.getstate()


@pytest.mark.parametrize("stop_after", [1, 2, 4, 5, 11, 19, 20])
@pytest.mark.parametrize("every_steps", [None, 1, 3])
def test_a_resumed_run_goes_on_bit_for_bit(tmp_path, stop_after, every_steps):
    expected = train(5)
    path = tmp_path / "run.safetensors"
    assert train(5, nn.Checkpoint(path, every_steps), stop_after) is None
    random.seed(99)
    assert train(5, nn.Checkpoint(path, every_steps)) == expected
    assert train(5, path) == expected  # a finished run has nothing left to do


def test_a_run_without_a_seed_goes_on_too(tmp_path):
    expected = train(4, seed=None)
    train(4, nn.Checkpoint(tmp_path / "run", 1), stop_after=6, seed=None)
    assert train(4, tmp_path / "run", seed=None) == expected


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    def run():
        model = nn.MLP(1, [1], seed=0)
        history = nn.fit(
            model,
            nn.mse_loss,
            data.line(9, seed=0),
            epochs=99,
            batch_size=None,
            seed=0,
            patience=2,
            optimizer=nn.SGD(model.parameters(), lr=0.3),
            validation=([[0.0]], [0.7]),
            progress=False,
            checkpoint=tmp_path / "run",
        )
        return history.ended, len(history), model.state_dict()

    first = run()
    assert first[0] == "stopped early"
    assert run() == first


def test_more_epochs_may_be_asked_for(tmp_path):
    train(2, tmp_path / "run")
    assert train(5, tmp_path / "run") == train(5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"batch_size": 2},
            "was written by a run with other arguments: batch_size = 3 \\(now 2\\). Go on with the same",
        ),
        ({"seed": 5}, r"arguments: seed = 0 \(now 5\). Go on"),
        ({"schedule": None}, r"arguments: schedule = 'ExponentialLR' \(now None\). Go on"),
        (
            {"model": nn.MLP(2, [2], seed=0)},
            r"parameters = 17 \(now 6\), .*model = Sequential .* \(now MLP Layer Neuron\)",
        ),
        ({"model": noisy(nn.ReLU())}, r"arguments: model = Sequential .* Tanh Dropout \(now .* ReLU Dropout\). Go"),
        ({"model": noisy(p=0.5)}, r"Dropout.p = \[0.25, 0.1\] \(now \[0.5, 0.1\]\), model = .* \(now with other"),
        ({"model": nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))}, r"model = Sequential .* Dropout \(now Sequen"),
        (
            {"clip_norm": 2.0, "clip_value": 0.5},
            r"arguments: clip_norm = None \(now 2.0\), clip_value = None \(now 0.5\)",
        ),
        ({"penalty": nn.l2_penalty}, r"arguments: penalty = None \(now l2_penalty\)"),
        ({"loss": lambda output, target: output[0]}, r"arguments: loss = cross_entropy \(now <lambda>\)"),
        ({"kind": nn.SGD}, r"arguments: optimizer = 'Adam' \(now 'SGD'\). Go on"),
        ({"lr": 0.1}, r"arguments: optimizer.lr = 0.05 \(now 0.1\). Go on"),
        ({"betas": (0.8, 0.999)}, r"arguments: optimizer.betas = \[0.9, 0.999\] \(now \[0.8, 0.999\]\). Go on"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, message):
    path = tmp_path / "run.safetensors"
    nn.Checkpoint(path).save(make_run())
    run = make_run(**change)
    before, state = run.model.state_dict(), random.getstate()
    with pytest.raises(CheckpointError, match=message):
        nn.Checkpoint(path).resume(run)
    assert run.model.state_dict() == before
    assert random.getstate() == state


def settled(
    path,
    act="tanh",
    lr=0.1,
    kind=nn.SGD,
    loss=nn.mse_loss,
    epochs=2,
    examples=None,
    batch_size=3,
    seed=0,
    resume="same",
    momentum=0.5,
    **settings,
):
    """A small run with a checkpoint: the model, the optimiser, and the rows of the history without seconds."""
    model = nn.MLP(1, [3, 1], act, seed=0)
    optimizer = kind(model.parameters(), lr=lr, **({"momentum": momentum} if kind is nn.SGD else {}))
    history = nn.fit(
        model,
        loss,
        examples or data.line(9, seed=0),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        optimizer=optimizer,
        checkpoint=path,
        resume=resume,
        progress=False,
        **settings,
    )
    return model, optimizer, [{name: x for name, x in row.items() if name != "seconds"} for row in history.rows]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": 0.05}, r"optimizer.lr = 0.1 \(now 0.05\)"),
        ({"momentum": 0.9}, r"optimizer.momentum = 0.5 \(now 0.9\)"),
        ({"act": "relu"}, r"Neuron.activation = \['tanh', None\] \(now \['relu', None\]\)"),
        ({"kind": nn.Adam}, r"optimizer = 'SGD' \(now 'Adam'\)"),
        ({"loss": nn.l1_loss}, r"loss = mse_loss \(now l1_loss\)"),
        ({"penalty": lambda model: nn.l2_penalty(model, 0.1)}, r"penalty = None \(now <lambda>\)"),
        ({"clip_value": 0.01}, r"clip_value = None \(now 0.01\)"),
        ({"batch_size": 2}, r"batch_size = 3 \(now 2\)"),
        ({"seed": 1}, r"seed = 0 \(now 1\)"),
        ({"examples": data.line(9, seed=1)}, r"data \(other examples\)"),
    ],
)
def test_new_arguments_are_listed_and_taken_on_request(tmp_path, change, words):
    path = tmp_path / "run"
    *_, rows = settled(path)
    with pytest.raises(CheckpointError, match=rf"{words}.* take the new ones with fit\(…, resume=\"override\"\)"):
        settled(path, epochs=4, **change)
    _, other, more = settled(path, epochs=4, resume="override", **change)
    assert more[:2] == rows
    assert [row["epoch"] for row in more] == [1, 2, 3, 4]
    assert more != settled(tmp_path / "other", epochs=4)[2] or "act" in change
    assert type(other) is change.get("kind", nn.SGD)
    for name in {"lr", "momentum"} & set(change):
        assert getattr(other, name) == change[name] == more[-1].get(name, change[name])
    settled(path, epochs=5, **change)  # and from there on these are the arguments
    with pytest.raises(CheckpointError):
        settled(path, epochs=6)


def test_a_schedule_goes_on_where_it_was_from_another_rate(tmp_path):
    def run(lr, epochs, schedule=True, **settings):
        model = nn.MLP(1, [1], seed=0)
        optimizer = nn.SGD(model.parameters(), lr=lr)
        history = nn.fit(
            model,
            nn.mse_loss,
            data.line(9, seed=0),
            epochs=epochs,
            seed=0,
            optimizer=optimizer,
            checkpoint=tmp_path / "run",
            progress=False,
            **settings,
            schedule=nn.ExponentialLR(optimizer, 0.5) if schedule else None,
        )
        return history["lr"]

    run(0.1, 2)
    assert run(0.2, 4, resume="override") == pytest.approx([0.1, 0.05, 0.05, 0.025])
    assert run(0.3, 5, schedule=False, resume="override")[4:] == [0.3]
    assert run(0.8, 6, resume="override")[5:] == pytest.approx([0.8 / 2**5])
    with pytest.raises(ArgumentError, match='fit: resume must be "same" or "override", got True'):
        run(0.1, 2, resume=True)


def test_the_same_objects_may_go_on(tmp_path):
    """A cell of a notebook that is run again: the optimiser is as the schedule, or a callback, left it."""
    model = nn.MLP(1, [1], seed=0)
    for with_schedule in (True, False):
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        schedule = nn.ExponentialLR(optimizer, 0.5) if with_schedule else None
        for epochs in (2, 4):
            history = nn.fit(
                model,
                nn.mse_loss,
                data.line(9, seed=0),
                epochs=epochs,
                seed=0,
                optimizer=optimizer,
                schedule=schedule,
                checkpoint=tmp_path / str(with_schedule),
                progress=False,
                callbacks=[] if with_schedule else [lambda run: vars(run.optimizer).update(lr=0.05)],
            )
        assert history["lr"] == pytest.approx([0.1, 0.05, 0.025, 0.0125] if with_schedule else [0.1, 0.05, 0.05, 0.05])


def test_validation_and_metric_may_come_and_go(tmp_path):
    def run(epochs, **settings):
        return settled(tmp_path / "run", epochs=epochs, **settings)[2]

    assert list(run(1)[0]) == ["epoch", "loss", "lr"]
    rows = run(3, validation=data.line(5, seed=2), patience=9)
    assert [list(row) for row in rows] == [["epoch", "loss", "lr"]] + [["epoch", "loss", "val_loss", "lr"]] * 2
    assert run(4, metric=nn.r2_score)[:3] == rows
    rows = run(5, validation=data.line(5, seed=2))
    assert [row.get("val_loss") is not None for row in rows] == [False, True, True, False, True]
    assert [row["loss"] for row in rows] == [row["loss"] for row in settled(tmp_path / "other", epochs=5)[2]]


def test_with_other_validation_the_best_is_looked_for_anew(tmp_path):
    """Without that, no loss of far-away data would ever be the best."""
    settled(tmp_path / "run", epochs=2)
    model, _, rows = settled(tmp_path / "run", epochs=4, validation=([[100.0]], [0.0]), patience=9)
    seen = nn.evaluate(model, nn.mse_loss, ([[100.0]], [0.0]))["loss"]
    assert seen == min(row["val_loss"] for row in rows[2:])


def losses_of_one_name():
    def made(factor):
        def loss(output, target):
            return factor * (output - target) ** 2

        return loss

    return [
        made(1.0),
        made(2.0),
        lambda o, t: (o - t) ** 2,
        lambda o, t: abs(o - t),
        partial(scaled, factor=2.0),
        partial(scaled, factor=3.0),
        Scaled(2.0),
        Scaled(3.0),
    ]


def scaled(output, target, factor):
    return factor * (output - target) ** 2


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, output, target):
        return self.factor * (output - target) ** 2


@pytest.mark.parametrize("pair", range(4))
def test_functions_of_one_name_are_told_apart(tmp_path, pair):
    first, second = losses_of_one_name()[2 * pair : 2 * pair + 2]
    settled(tmp_path / "run", loss=first)
    settled(tmp_path / "run", loss=losses_of_one_name()[2 * pair], epochs=3)
    with pytest.raises(CheckpointError, match=r"arguments: loss = .* \(now with other code or numbers\). Go on"):
        settled(tmp_path / "run", loss=second, epochs=4)


def test_a_model_file_is_no_checkpoint(tmp_path):
    nn.save(nn.Linear(2, 2), tmp_path / "model")
    with pytest.raises(CheckpointError, match="is not the checkpoint of a training run of this model, or is damaged"):
        nn.Checkpoint(tmp_path / "model").resume(make_run())
    assert nn.Checkpoint(tmp_path / "nothing").resume(make_run()) is False


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
    resource = pytest.importorskip("resource")
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
