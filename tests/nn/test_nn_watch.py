"""What `fit(..., watch=True)` notes of the inside of a model: gradients, updates and dead ReLUs, layer by layer."""

import math

import pytest

import nn
from autograd.errors import ArgumentError
from nn import plots
from nn.watch import dead_shares, layer_of, layers

DATA = ([[-1.0, 0.5], [1.0, 2.0], [0.5, -1.0]], [0.0, 1.0, 2.0])


def size(numbers):
    return math.sqrt(sum(number * number for number in numbers) / len(numbers))


def test_the_figures_are_those_of_a_loop_written_out():
    model, again = nn.MLP(2, [4, 1], seed=1), nn.MLP(2, [4, 1], seed=1)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.05)
    history = nn.fit(
        model,
        nn.mse_loss,
        DATA,
        epochs=2,
        batch_size=None,
        optimizer=optimizer,
        seed=0,
        watch=True,
        progress=False,
    )
    inside = {"layer0": again.parameters()[:12], "layer1": again.parameters()[12:]}
    for row in history.rows:
        for parameter in again.parameters():
            parameter.grad = 0.0
        (sum(nn.mse_loss(again(x), y) for x, y in zip(*DATA)) / 3).backward()
        for name, parameters in inside.items():
            gradients = [parameter.grad for parameter in parameters]
            assert row[f"gradient/{name}"] == pytest.approx(size(gradients), rel=1e-9)
            assert row[f"update/{name}"] == pytest.approx(0.05 * size(gradients), rel=1e-9)
        for parameter in again.parameters():
            parameter.data -= 0.05 * parameter.grad


def test_watching_changes_nothing_about_the_training():
    runs = []
    for watch in (False, True):
        model = nn.MLP(2, [4, 1], seed=1)
        history = nn.fit(model, nn.mse_loss, DATA, epochs=4, batch_size=2, seed=0, watch=watch, progress=False)
        runs.append((history["loss"], [parameter.data for parameter in model.parameters()]))
    assert runs[0] == runs[1]


def test_dead_relus_are_counted_by_layer():
    model = nn.MLP(2, [4, 1], seed=1)
    neurons = dict(model.named_parameters())
    biases = [parameter for name, parameter in neurons.items() if name.startswith("layer0") and name.endswith(".b")]
    assert len(biases) == 4
    biases[0].data = biases[1].data = biases[2].data = -1e6
    biases[3].data = 1e6
    assert dead_shares(model, DATA[0]) == {"layer0": 0.75}
    assert dead_shares(nn.Sequential(nn.Linear(2, 2, seed=0), nn.Tanh()), DATA[0]) == {}


def test_relus_that_are_not_neurons_are_counted_together():
    model = nn.Sequential(nn.Linear(2, 3, seed=0), nn.ReLU())
    for parameter in model.parameters():
        parameter.data = -5.0
    assert dead_shares(model, [[1.0, 1.0], [2.0, 0.5]]) == {"relu": 1.0}


def test_a_parameter_belongs_to_the_module_that_holds_it():
    assert layer_of("layer0.neuron2.w1") == "layer0"
    assert layer_of("mlp.layer0.neuron2.w1") == "mlp.layer0"
    assert layer_of("block0.up.w3") == "block0.up"
    assert list(layers(nn.MLP(2, [3, 1], seed=0))) == ["layer0", "layer1"]


def test_the_figures_are_plotted_and_kept_apart_from_the_loss():
    model = nn.MLP(2, [4, 1], seed=1)
    history = nn.fit(model, nn.mse_loss, DATA, epochs=3, seed=0, watch=True, progress=False)
    titles = [ax.get_ylabel() for ax in plots.plot_watched(history).axes]
    assert titles == ["size of the gradients", "size of the updates", "share of dead ReLUs"]
    assert [ax.get_ylabel() for ax in history.plot().axes] == ["loss"]
    with pytest.raises(ArgumentError, match=r"no figures by layer. Train with fit\(..., watch=True\)"):
        plots.plot_watched(nn.fit(model, nn.mse_loss, DATA, epochs=1, progress=False))
