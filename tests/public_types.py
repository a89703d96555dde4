"""What the types of the public API are: test_types.py has type checkers read this file, and runs it too."""

import random
import sys
from array import array
from collections.abc import Callable
from io import StringIO
from typing import Any, assert_type

import autograd
import nn
from autograd import (
    UPDATES,
    Constant,
    Flat,
    Interval,
    Value,
    apply_update,
    as_float,
    backend,
    compile,
    derivatives,
    dot,
    draw,
    explain,
    find_frozen,
    grad,
    gradcheck,
    hessian,
    hvp,
    is_recording,
    jacobian,
    jvp,
    latex,
    load_export,
    log_softmax,
    logaddexp,
    logsumexp,
    mean,
    no_grad,
    play,
    play_training,
    random_numbers,
    read_data,
    read_grad,
    record_lines,
    record_scopes,
    rule,
    scope,
    scopes_wanted,
    sinc,
    softmax,
    take,
    value_and_grad,
    watch,
    where,
    write_data,
    write_grad,
    zero_grad,
)
from autograd.check.gradcheck import Report
from autograd.replay.compile import CacheInfo
from autograd.table.registry import Rule
from autograd.view.draw import Drawing
from autograd.view.player.page import Player
from nn.overview import Summary

x, y = Value(2.0, label="x"), Value(3.0)
either: Value | float = x if len(sys.argv) else 2.0


def values() -> None:
    assert_type(x.data, float)
    assert_type(x.grad, float)
    assert_type(x.requires_grad, bool)
    assert_type(x.requires_grad_(), Value)
    assert_type(x.frozen, bool)
    assert_type(x.label, str | None)
    assert_type(x.line, str | None)
    assert_type(x.rule, Rule | None)
    assert_type(x.parents, tuple[Value, ...])
    assert_type(x.partials, tuple[float, ...])
    assert_type(x.detach(), Constant)
    assert_type(x.backward(), None)
    assert_type(x + 1, Value)
    assert_type(1 - x, Value)
    assert_type(-x * y / 2.0, Value)
    assert_type(2**x, Value)
    assert_type(abs(x), Value)
    assert_type(x < y, bool)
    assert_type(x.tanh().leaky_relu(0.1), Value)
    assert_type(x.hypot(4.0), Value)
    assert_type(x.where(y, lambda: 1.0), Value)
    assert_type(as_float(1), float)
    assert_type(is_recording(), bool)
    assert_type(watch(x), None)
    assert_type(random_numbers(random)(), float)
    reader: Callable[[str], Callable[..., Any]] = load_export
    assert_type(reader, Callable[[str], Callable[..., Any]])
    assert_type(random_numbers(random.Random(0)), Callable[[], float])
    assert backend in ("native", "python")
    assert_type(Interval(0.0), Interval)
    assert_type(autograd.__version__, str)
    assert_type(autograd.errors.DomainError(), autograd.errors.DomainError)
    assert_type(scopes_wanted(), bool)
    with no_grad(), record_lines(), record_scopes(), scope("attention"):
        assert_type(x * 2, Value)


def a_primitive_of_ones_own() -> Callable[..., Any]:  # not run: the table would keep it
    return rule("cube", "x ** 3", "3 * x ** 2")


def functions_of_the_table() -> None:
    assert_type(autograd.tanh(x), Value)
    assert_type(autograd.tanh(0.5), float)
    assert_type(autograd.exp(1), float)
    assert_type(autograd.sin(either), Value | float)
    assert_type(autograd.leaky_relu(x), Value)
    assert_type(autograd.leaky_relu(0.5, 0.1), float)
    assert_type(autograd.hypot(3.0, x), Value)
    assert_type(autograd.hypot(x, 3.0), Value)
    assert_type(autograd.hypot(3.0, 4.0), float)
    assert_type(where(x > 0, x, 0.0), Value)
    assert_type(where(x > 0, 1.0, lambda: 2.0), float)
    assert_type(where(x > 0, lambda: x, lambda: y), Value)
    assert_type(where(x > 0, lambda: x, 0.0), Value | float)
    assert_type(where(x, 1.0, 2.0), Value)


def composed_functions() -> None:
    assert_type(logaddexp(1.0, x), Value)
    assert_type(logaddexp(1.0, 2.0), float)
    assert_type(sinc(x), Value)
    assert_type(sinc(0.5), float)
    assert_type(logsumexp([x, y]), Value)
    assert_type(logsumexp(1.0, 2.0), float)
    assert_type(logsumexp(0.0, x), Value)
    assert_type(mean(x, y, 1.0), Value)
    assert_type(mean([1, 2]), float)
    assert_type(mean([either]), Value | float)
    assert_type(softmax([x, y]), list[Value])
    assert_type(take([x, y], 1), Value)
    assert_type(take((1.0, 2.0, 3.0), x), float)
    assert_type(take([[x], [y]], 1.0), list[Value])
    assert_type(log_softmax(1.0, 2.0), list[float])
    assert_type(dot([x, y], [1.0, 2.0]), Value)
    assert_type(dot([1.0], [x]), Value)
    assert_type(dot([1.0, 2.0], (3, 4)), float)


def plane(a: float, b: float = 2.0) -> float:
    return a * b


def weighted(a: float) -> Value:
    return a * x


def squared(v: Value) -> Value:
    return v * v


def length(v: list[Value], power: int = 2) -> Value:
    return sum([element**power for element in v], Value(0.0))


def product(v: list[float]) -> float:
    return v[0] * v[1]


def swapped(v: list[float]) -> list[float]:
    return [v[1], v[0]]


def anything(a, b=1.0):
    return a * b


def transforms() -> None:
    assert_type(derivatives(x * y, x), float)
    assert_type(derivatives(x * y, [x, y]), list[float])
    assert_type(derivatives(x * y, x, create_graph=True), Value)
    assert_type(derivatives(x * y, (x, y), create_graph=True), list[Value])
    assert_type(grad(plane)(1.0), float)
    assert_type(grad(plane)(1.0, b=3.0), float)
    assert_type(grad(grad(plane))(1.0, 2.0), float)
    assert_type(grad(weighted)(1.0), Value)
    assert_type(grad(squared)(x), Value)
    assert_type(grad(grad(squared))(x), Value)
    assert_type(grad(length)([x, y], power=3), list[Value])
    assert_type(grad(product)([1.0, 2.0]), list[float])
    assert_type(grad(anything)(2.0, b=3.0), Any)
    assert_type(grad(plane, argnums=1)(1.0, 3.0), Any)
    assert_type(grad(grad(lambda t: t**2))(3.0), Any)
    assert_type(value_and_grad(plane)(1.0, b=3.0), tuple[float, float])
    assert_type(value_and_grad(squared)(x), tuple[Value, Value])
    assert_type(value_and_grad(plane, overshoot="inf")(1.0, b=3.0), tuple[float, float])
    assert_type(value_and_grad(length)([x]), tuple[Value, list[Value]])
    assert_type(jacobian(swapped)([1.0, 2.0]), list[list[float]])
    assert_type(jacobian(squared)(x), Value)
    assert_type(hessian(product)([1.0, 2.0]), Any)
    assert_type(jvp(plane, (1.0, 2.0), (1.0, 0.0)), tuple[float, float])
    assert_type(jvp(squared, (x,), (1.0,)), tuple[Value, Value])
    assert_type(hvp(plane, (1.0, 2.0), (1.0, 0.0)), tuple[float, float])
    assert_type(hvp(product, ([1.0, 2.0],), ([1.0, 0.0],)), tuple[list[float]])
    assert_type(zero_grad([x, y]), None)


@compile
def area(a: float, b: float = 2.0) -> Value:
    return a * b * x


@compile(static="name", maxsize=4)
def named(a: float, name: str) -> list[Value]:
    return [a * x]


class Model:
    @compile
    def loss(self, a: float) -> Value:
        return a * x


def with_other(a: float) -> tuple[Value, list[float]]:
    return a * x, [a, 2 * a]


def recordings() -> None:
    assert_type(area(1.0, b=2.0), Value)
    assert_type(area.mean([1.0, 2.0], [1.0, 2.0]), Value)
    assert_type(area.map([1.0, 2.0], [1.0, 2.0]), list[float])
    assert_type(compile(plane)(1.0, 2.0), float)
    assert_type(compile(plane).mean([1.0, 2.0], 2.0), float)
    assert_type(named(1.0, name="a"), list[Value])
    assert_type(named.map([1.0, 2.0], name="a"), list[list[float]])
    assert_type(compile(with_other).mean([1.0, 2.0], has_aux=True), tuple[Value, list[Any]])
    assert_type(compile(with_other).mean([1.0, 2.0], has_aux="array"), tuple[Value, Any])
    assert_type(compile(with_other).map([1.0, 2.0], has_aux=True), tuple[list[float], list[Any]])
    assert_type(compile(with_other).map([1.0, 2.0], has_aux="array"), tuple[Any, Any])
    assert_type(Model().loss(1.0), Value)
    assert_type(Model().loss.mean([1.0]), Value)
    assert_type(area.cache_info(), CacheInfo)
    assert_type(area.stats(), list[dict[str, int | float]])
    assert_type(area.draw(), Drawing)
    assert_type(area.cache_clear(), None)


def arrays() -> None:
    assert_type(find_frozen([x, y]), list[int])
    assert_type(read_data([x, y]), "array[float]")
    assert_type(read_grad([x, y]), "array[float]")
    assert_type(write_data([x, y], [2.0, 3.0]), None)
    assert_type(write_grad([x, y], array("d", [0.0, 0.0])), None)
    assert_type(apply_update("Adagrad", [x], {"weight_decay": 0, "rate": 0.1, "eps": 1}, [[0.0]])[0], "array[float]")
    assert_type(UPDATES["Adam"].settings, tuple[str, ...])
    assert_type(Flat([x, y]).gather(), None)
    assert_type(Flat([x, y]).gathered, bool)


def views_and_checks() -> None:
    assert_type(draw(x * y), Drawing)
    assert_type(latex(x * y, wrt=x), str)
    assert_type(play(x * y), Player)
    assert_type(play_training(nn.Neuron(1), nn.mse_loss, [([1.0], 2.0)], steps=2), Player)
    assert_type(explain(x * y, file=StringIO()), None)
    assert_type(gradcheck(plane, (1.0, 2.0)), Report)


class Line(nn.Module):
    def __init__(self) -> None:
        self.slope = Value(2.0)

    def forward(self, number: float, shift: float = 0.0) -> Value:
        return self.slope * number + shift


def modules() -> None:
    assert_type(Line()(3.0, shift=1.0), Value)
    assert_type(nn.Neuron(2)([1.0, 2.0]), Value)
    assert_type(nn.Perceptron(2)([1, 0]), Value)
    assert_type(nn.Perceptron(2).learn([1.0, 0.0], 1), float)
    assert_type(nn.Layer(2, 3)([x, 2.0]), Value | list[Value])
    assert_type(nn.Linear(2, 1)([1.0, 2.0]), Value | list[Value])
    assert_type(nn.MLP(2, [3, 1])([1.0, 2.0]), Value | list[Value])
    assert_type(nn.Sequential(nn.Linear(2, 3), nn.ReLU())([1.0, 2.0]), Any)
    assert_type(nn.Sequential([nn.Linear(2, 3)]).append(nn.ReLU())[:1], nn.Sequential)
    assert_type(nn.MLP(2, [1]).train(), nn.MLP)
    assert_type(Line().eval(), Line)
    assert_type(nn.MLP(2, [1]).parameters(), list[Value])
    assert_type(nn.MLP(2, [1]).state_dict(), dict[str, float])
    assert_type(nn.MLP(2, [1]).zero_grad(), None)
    assert_type(nn.MLP(2, [1]).requires_grad_(False), nn.MLP)


def layers() -> None:
    assert_type(nn.ReLU()(1.0), float)
    assert_type(nn.LeakyReLU()(x), Value)
    assert_type(nn.GELU()([x, y]), list[Value])
    assert_type(nn.Softplus()([1.0, 2.0]), list[float])
    assert_type(nn.Tanh()([[x], [y]]), list[list[Value]])
    assert_type(nn.Sigmoid()([[1.0], [2.0]]), list[list[float]])
    assert_type(nn.Step()(x), Value)
    assert_type(nn.Dropout(0.5)([x]), list[Value])
    assert_type(nn.Softmax()([1.0, 2.0]), list[float])
    assert_type(nn.Flatten()([[1.0], [2.0]]), list[Any])
    assert_type(nn.RMSNorm(2)([1.0, 2.0]), list[Value | float])
    assert_type(nn.LayerNorm(2)([1.0, 2.0]), list[Any])
    assert_type(nn.Conv2d(1, 2, 1)([[[1.0]]]), list[list[list[Value]]])
    assert_type(nn.MaxPool2d(1)([[[1.0]]]), list[list[list[Any]]])
    assert_type(nn.Unflatten(-1, (1, 2))([1.0, 2.0]), list[Any])
    assert_type(nn.LSTMCell(1, 2)([1.0]), tuple[list[Any], list[Any]])
    assert_type(nn.LSTM(1, 2)([[1.0]]), tuple[list[list[Any]], tuple[list[Any], list[Any]]])
    assert_type(nn.Embedding(3, 2)(1), list[Value])
    assert_type(nn.Embedding(3, 2)([1, 2]), list[list[Value]])
    assert_type(nn.SelfAttention(2)([[1.0, 2.0]]), list[Any])
    assert_type(nn.GPT(3, context=4, width=4, heads=2)([0, 1]), list[list[Value]])
    assert_type(nn.GPT(3, context=4, width=4, heads=2).generate(length=1), list[int])


def activations() -> None:
    assert_type(nn.relu(x), Value)
    assert_type(nn.leaky_relu([1.0]), list[float])
    assert_type(nn.gelu(1.0), float)
    assert_type(nn.softplus([x]), list[Value])
    assert_type(nn.tanh([[1.0]]), list[list[float]])
    assert_type(nn.sigmoid(x), Value)
    assert_type(nn.step(1.0), float)
    assert_type(nn.softmax([x, y]), list[Value])
    assert_type(nn.softmax([[1.0, 2.0]]), list[list[float]])


def losses() -> None:
    model = nn.MLP(2, [3, 2])
    assert_type(nn.mse_loss(model([1.0, 2.0]), [1.0, 2.0]), Value)
    assert_type(nn.mse_loss(1.0, 2.0), float)
    assert_type(nn.mse_loss([x, y], [1.0, 2.0], "none"), Any)
    assert_type(nn.l1_loss(x, 1.0), Value)
    assert_type(nn.huber_loss([1.0], [2.0], delta=0.5), float)
    assert_type(nn.hinge_loss(x, 1), Value)
    assert_type(nn.binary_cross_entropy_with_logits([x, y], [1, 0], "sum"), Value)
    assert_type(nn.cross_entropy([x, y], 1), Value)
    assert_type(nn.cross_entropy([[1.0, 2.0]], [1], label_smoothing=0.1), float)
    assert_type(nn.nll_loss([-1.0, -2.0], 1), float)
    assert_type(nn.cross_entropy([x, y], 1, weight=[1.0, 2.0]), Value)
    assert_type(nn.smooth_l1_loss(x, 1.0), Any)
    assert_type(nn.binary_cross_entropy(0.5, 1), Any)
    assert_type(nn.kl_div([x, y], [0.5, 0.5]), Any)
    assert_type(nn.poisson_nll_loss(x, 2), Any)
    assert_type(nn.gaussian_nll_loss(x, 2.0, 1.0), Any)
    assert_type(nn.soft_margin_loss(x, 1), Any)
    assert_type(nn.hinge_embedding_loss(x, 1), Any)
    assert_type(nn.margin_ranking_loss(x, y, 1), Any)
    assert_type(nn.multi_margin_loss([x, y], 1), Any)
    assert_type(nn.multilabel_soft_margin_loss([x, y], [1, 0]), Any)
    assert_type(nn.cosine_embedding_loss([x], [y], 1), Any)
    assert_type(nn.triplet_margin_loss([x], [y], [1.0]), Any)
    assert_type(nn.l1_penalty(model, 0.1), Value)
    assert_type(nn.l2_penalty([x, y], 0.1), Value)
    assert_type(nn.accuracy([[1.0, 2.0]], [1]), float)
    assert_type(nn.confusion_matrix([[1.0, 2.0]], [1]), list[list[int]])
    assert_type(nn.classification_report([[1.0, 2.0]], [1]).accuracy, float)
    assert_type(nn.r2_score([1.0, 2.0], [1.0, 3.0]), float)


def optimisers() -> None:
    optimizer = nn.SGD([x, y], lr=0.0)
    optimizers: list[nn.Optimizer] = [optimizer, nn.RMSprop([x]), nn.Adagrad([x]), nn.Adam([x]), nn.AdamW([x])]
    assert_type(optimizers[0].step(), None)
    assert_type(optimizer.lr, float)
    assert_type(nn.Adam([{"params": [x], "lr": 0.1}, {"params": [y]}]).groups, list[nn.Optimizer])
    assert_type(optimizer.param_groups[0]["lr"], Any)
    assert_type(optimizer.state_dict(), dict[str, Any])
    assert_type(nn.StepLR(optimizer, 2).step(), None)
    assert_type(nn.ExponentialLR(optimizer, 0.9).factor(2), float)
    assert_type(nn.LinearLR(optimizer).factor(2), float)
    assert_type(nn.WarmupDecayLR(optimizer, 1, 2).factor(2), float)
    assert_type(nn.clip_grad_norm_([x], 1.0), float)
    assert_type(nn.clip_grad_value_(nn.MLP(1, [1]), 1.0), None)


def training() -> None:
    data = nn.data.line(n=4, seed=0)
    assert_type(data, nn.data.Dataset)
    assert_type(data[0], tuple[Any, Any])
    assert_type(data[:2], nn.data.Dataset)
    assert_type(nn.data.split(data), tuple[nn.data.Dataset, nn.data.Dataset])
    assert_type(nn.data.standardize(data), nn.data.Dataset)
    assert_type(nn.data.standardize(data, data), list[nn.data.Dataset])
    model = nn.Linear(1, 1)
    seen: list[nn.Run] = []
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    options: dict[str, Any] = {"optimizer": optimizer, "schedule": nn.CosineAnnealingLR(optimizer, 2)}
    history = nn.fit(model, nn.mse_loss, data, epochs=1, callbacks=[seen.append], progress=False, **options)
    assert_type(history, nn.History)
    assert_type(history[-1]["loss"], float)
    assert_type(history["loss"], list[Any])
    assert_type(seen[0].steps, int)
    assert_type(nn.predict(model, [[1.0]]), list[Any])
    assert_type(nn.evaluate(model, nn.mse_loss, data), dict[str, float])
    assert_type(nn.summary(model), Summary)
    assert_type(nn.Checkpoint("run.safetensors").every_steps, int | None)


def weights_elsewhere(model: nn.Module, path: str) -> Any:  # not run: needs PyTorch
    assert_type(nn.save(model, path), None)
    assert_type(nn.load(path), nn.Module)
    return nn.from_torch(nn.to_torch(model))
