"""Scripts written for micrograd run here once their imports are changed, and reach the same numbers."""

import random

import pytest

from autograd import Value

README = """
from micrograd.engine import Value

a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
g.backward()
shown = f"{g.data:.4f}", f"{a.grad:.4f}", f"{b.grad:.4f}"
"""

# The training script of micrograd's demonstration, with the number of steps left open.
MOONS = """
import random
import numpy as np
from sklearn.datasets import make_moons
from micrograd.engine import Value
from micrograd.nn import Neuron, Layer, MLP

np.random.seed(1337)
random.seed(1337)

X, y = make_moons(n_samples=100, noise=0.1)
y = y*2 - 1
model = MLP(2, [16, 16, 1])

def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = np.random.permutation(X.shape[0])[:batch_size]
        Xb, yb = X[ri], y[ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p*p for p in model.parameters()))
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)

history = []
for k in range(STEPS):
    total_loss, acc = loss(BATCH)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9*k/100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    history.append((total_loss.data, acc))
weights = [p.data for p in model.parameters()]
"""


def run(script, imports, **settings):
    """The variables that a script leaves, after its imports are changed."""
    for old, new in imports.items():
        assert f"from {old} import" in script or old == "micrograd.nn"
        script = script.replace(f"from {old} import", f"from {new} import")
    names = dict(settings)
    state = random.getstate()
    try:
        exec(script, names)
    finally:
        random.setstate(state)
    return names


OURS = {"micrograd.engine": "autograd", "micrograd.nn": "nn"}


def test_readme_example():
    assert run(README, OURS)["shown"] == ("24.7041", "138.8338", "645.5773")


@pytest.mark.parametrize(("steps", "batch"), [(1, None), (5, 20)])
def test_moons_training_reaches_the_same_losses(steps, batch):
    pytest.importorskip("micrograd", reason="micrograd is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    theirs, ours = (run(MOONS, imports, STEPS=steps, BATCH=batch) for imports in ({}, OURS))
    for (loss, accuracy), (their_loss, their_accuracy) in zip(ours["history"], theirs["history"], strict=True):
        assert loss == pytest.approx(their_loss, rel=1e-9)
        assert accuracy == their_accuracy
    assert ours["weights"] == pytest.approx(theirs["weights"], rel=1e-9, abs=1e-12)
    assert isinstance(ours["total_loss"], Value)
    assert not isinstance(theirs["total_loss"], Value)


def test_module_protocol_of_micrograd():
    """Attributes and keyword arguments that its users rely on."""
    from nn import MLP, Layer, Neuron

    model = MLP(3, [4, 4, 1])
    assert [len(layer.neurons) for layer in model.layers] == [4, 4, 1]
    assert len(model.parameters()) == 41
    neuron = model.layers[0].neurons[0]
    assert neuron.parameters() == [*neuron.w, neuron.b]
    assert neuron.b.data == 0
    assert all(-1 <= w.data <= 1 for w in neuron.w)
    assert Neuron(2, nonlin=False).activation is None
    assert Layer(2, 3, nonlin=False)([1.0, -1.0])[0].rule.name == "add"
    xs, ys = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5]], [1.0, -1.0]
    for _ in range(20):
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, [model(x) for x in xs]))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data += -0.01 * p.grad
    assert all(p.grad == 0.0 for p in (model.zero_grad(), model.parameters())[1])
