"""`to_jax`, `export` and `load_export`: functions for JAX, and files that open without this package."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from translated import as_numpy, engine_gradients, tensors

import autograd
import nn
from autograd import Value, compile, load_export
from autograd.errors import ArgumentError, MissingPackageError

# JAX is an extra, which people may test without; .ci/run installs it, so that it is never missing there.
jax = pytest.importorskip("jax", reason="JAX is not installed")
pytest.importorskip("jax.export", reason="JAX is not installed")
pytestmark = pytest.mark.usefixtures("float64_in_jax")


@pytest.fixture
def moons():
    model, data = nn.MLP(2, [4, 1], activation="tanh", seed=0), nn.data.moons(12, seed=0)
    step = compile(lambda x, y: nn.binary_cross_entropy_with_logits(model(x), y))
    loss = step.mean(data.inputs, data.targets)
    return step, (data.inputs, data.targets), loss.data


def test_the_function_is_pure(moons):
    step, batch, loss = moons
    f, parameters = step.to_jax()
    x, y = (tensors("jax", np.asarray(part)) for part in batch)
    assert float(jax.jit(f)(parameters, x, y).mean()) == pytest.approx(loss, rel=1e-14)
    expected = engine_gradients(step, batch)
    found = as_numpy(jax.jit(jax.grad(lambda p: f(p, x, y).mean()))(parameters))
    for name, wanted in expected.items():
        assert np.allclose(found[name], wanted, rtol=1e-11, atol=1e-14)
    twice = jax.vmap(f, (None, 0, 0))(parameters, x.reshape(3, 4, 2), y.reshape(3, 4))
    assert np.allclose(twice.ravel(), f(parameters, x, y), rtol=1e-14)


def test_derivatives_of_higher_order_are_those_of_this_engine():
    def f(x):
        return autograd.tanh(x[0] * x[1]) * autograd.exp(x[1]) + x[0] ** 3

    step, point = compile(f), [0.4, -0.7]
    step(point)
    own, _ = step.to_jax()
    of_jax = jax.hessian(lambda x: own({}, x[None])[0])(jax.numpy.array(point))
    assert np.allclose(of_jax, autograd.hessian(f)(point), rtol=1e-12)


def test_float32(moons):
    step, batch, loss = moons
    f, parameters = step.to_jax("float32")
    found = f(parameters, *(tensors("jax", np.asarray(part)).astype("float32") for part in batch))
    assert found.dtype == "float32"
    assert float(found.mean()) == pytest.approx(loss, rel=1e-5)
    with pytest.raises(ArgumentError, match='dtype is "float64" or "float32", got \'float16\''):
        step.to_jax("float16")


def test_float64_must_be_switched_on(moons):
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(ArgumentError, match=r'jax.config.update\("jax_enable_x64", True\)'):
        moons[0].to_jax()


def test_without_jax(moons, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingPackageError, match=r'to_jax needs JAX: pip install "glassgrad\[jax\]"'):
        moons[0].to_jax()


ALONE = """
import sys
sys.modules["autograd"] = sys.modules["nn"] = None  # this package is out of reach
import jax, numpy
import jax.export
jax.config.update("jax_enable_x64", True)
f = jax.export.deserialize(bytearray(open(sys.argv[1], "rb").read())).call
given = numpy.load(sys.argv[2])
parameters = {name[2:]: given[name] for name in given if name.startswith("p/")}
print(float(f(parameters, given["x"], given["y"]).mean()))
slope = jax.grad(lambda p: f(p, given["x"], given["y"]).mean())(parameters)
print(float(sum((part ** 2).sum() for part in slope.values())))
"""


def test_an_exported_function_opens_without_this_package(moons, tmp_path):
    step, batch, loss = moons
    step.export(tmp_path / "loss.jax")
    arrays = {f"p/{name}": array for name, array in step.arrays().items()}
    np.savez(tmp_path / "given.npz", x=np.asarray(batch[0]), y=np.asarray(batch[1], float), **arrays)
    (tmp_path / "alone.py").write_text(ALONE)
    ran = subprocess.run(
        [sys.executable, "alone.py", "loss.jax", "given.npz"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found, size = map(float, ran.stdout.split())
    assert found == pytest.approx(loss, rel=1e-14)
    assert size == pytest.approx(sum((part**2).sum() for part in engine_gradients(step, batch).values()), rel=1e-11)


def test_an_export_takes_batches_of_any_size(moons, tmp_path):
    step, batch, _ = moons
    step.export(tmp_path / "loss.jax")
    f, expected = load_export(tmp_path / "loss.jax"), step.map(*batch)
    x, y = (np.asarray(part, float) for part in batch)
    for count in (1, 5, 12):
        assert np.allclose(f(step.arrays(), x[:count], y[:count]), expected[:count], rtol=1e-14)


def test_files_that_hold_no_function(tmp_path):
    (tmp_path / "no.jax").write_bytes(b"nothing of the kind")
    with pytest.raises(ArgumentError, match=r"no.jax' holds no function exported by JAX"):
        load_export(tmp_path / "no.jax")
    step = compile(lambda x: x * 2)
    step(Value(1.0))
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        step.export(tmp_path / "missing" / "f.jax")


def test_the_ways_out_in_the_readme(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    before = next(block for block in re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M) if "student =" in block)
    section = text.split("### From scalars to matrices")[1].split("\n### ")[0]
    monkeypatch.chdir(tmp_path)
    names: dict = {"nn": nn, "autograd": autograd}
    for block in (before, *re.findall(r"^```py\n(.*?)^```$", section, re.S | re.M)):
        exec(block, names)
    assert set(names["gradient"]) == set(names["step"].arrays())


def test_the_page_on_how_to_leave(tmp_path, monkeypatch, capsys):
    """Each example prints what its comments say."""
    text = (Path(__file__).parents[2] / "notebooks" / "website" / "leaving.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M)
    for block in blocks:
        exec(block, names)
    assert capsys.readouterr().out.split("\n")[:-1] == re.findall(r"^print\(.*\)  # (.*)$", "".join(blocks), re.M)
    assert len(blocks) == 7
