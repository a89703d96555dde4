"""Every public function refuses bad arguments with a clear error, and changes nothing."""

import contextlib
import importlib
import io
import math
import operator
import random
import signal
import types

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.engine.functions import PUBLIC
from autograd.errors import ArgumentError, AutogradError, CyclicGraphError, ResultOverflowError
from autograd.table.registry import BUILT_IN, RULES

BAD = {
    "text": "2.0",
    "bytes": b"2",
    "None": None,
    "complex": 1j,
    "nan": math.nan,
    "infinity": math.inf,
    "-infinity": -math.inf,
    "an object": object(),
    "a type": int,
    "a function": len,
    "an array": np.array([1.0, 2.0]),
    "a list of text": ["a"],
    "an empty list": [],
    "an empty dict": {},
    "a set": {1.0},
    "-1": -1,
    "0": 0,
    "a half": 0.5,
    "a list of lists": [[1.0], [2.0, 3.0]],
    "a huge int": 10**400,
    "True": True,
    "a list with nan": [math.nan, 1.0],
    "a node from elsewhere": Value(7.0) * 2,
    "a generator": (x for x in ()),
    "a module": math,
}


def square(x):
    return x * x


def value():
    x, y = Value(2.0, "x"), Value(0.5, "y")
    return (x * y).tanh()


def model():
    return nn.MLP(2, [3, 1], activation="tanh", seed=0)


def optimizer(kind=nn.SGD):
    return kind(model().parameters(), 0.1)


def dataset():
    return nn.data.Dataset([[0.0, 1.0], [1.0, 0.5]], [[1.0], [0.0]])


def logits():
    return [Value(0.5), Value(-1.0)]


# Valid arguments for every public name, by name or by position. The tests replace them one at a time by what is in BAD.
GOOD = {
    "autograd.Value": lambda: {"data": 2.0, "label": "x"},
    "autograd.Constant": lambda: {"data": 2.0, "label": "x"},
    "autograd.Interval": lambda: {"low": 0.0, "high": 1.0, "without": (0.5,)},
    "autograd.compile": lambda: {"function": square, "static": (), "maxsize": 2},
    "autograd.derivatives": lambda: {"y": value(), "xs": [Value(1.0)], "create_graph": False},
    "autograd.dot": lambda: [logits(), [1.0, 2.0]],
    "autograd.draw": lambda: {
        "value": value(),
        "fold": None,
        "depth": 2,
        "limit": 50,
        "parameters": [Value(1.0)],
        "rankdir": "LR",
    },
    "autograd.explain": lambda: {"value": value(), "file": io.StringIO(), "limit": 50},
    "autograd.grad": lambda: {"f": square, "argnums": 0},
    "autograd.gradcheck": lambda: {"f": autograd.logsumexp, "point": 2.0, "order": 1, "rtol": 1e-7},
    "autograd.hessian": lambda: {"f": square, "argnums": 0},
    "autograd.jacobian": lambda: {"f": square, "argnums": 0},
    "autograd.value_and_grad": lambda: {"f": square, "argnums": 0},
    "autograd.hvp": lambda: {"f": square, "primals": (2.0,), "tangents": (1.0,)},
    "autograd.jvp": lambda: {"f": square, "primals": (2.0,), "tangents": (1.0,)},
    "autograd.log_softmax": lambda: [logits()],
    "autograd.logsumexp": lambda: [Value(1.0), 2.0],
    "autograd.logaddexp": lambda: [Value(1.0), 2.0],
    "autograd.sinc": lambda: [Value(1.5)],
    "autograd.mean": lambda: [logits()],
    "autograd.softmax": lambda: [logits()],
    "autograd.take": lambda: {"items": logits(), "index": 1},
    "autograd.no_grad": dict,
    "autograd.is_recording": dict,
    "autograd.latex": lambda: {"value": value(), "wrt": None},
    "autograd.record_lines": dict,
    "autograd.record_scopes": dict,
    "autograd.scopes_wanted": dict,
    "autograd.scope": lambda: ["attention"],
    "autograd.play": lambda: {"value": value(), "parameters": [Value(1.0)], "limit": 50},
    "autograd.play_training": lambda: {
        "model": model(),
        "loss": nn.mse_loss,
        "data": [([0.0, 1.0], 1.0)],
        "steps": 1,
        "lr": 0.1,
    },
    "autograd.rule": lambda: ["own_bad_input", "x * y", "y", "x"],
    "autograd.zero_grad": lambda: {"values": [Value(1.0)]},
    "autograd.read_data": lambda: [logits()],
    "autograd.find_frozen": lambda: [logits()],
    "autograd.read_grad": lambda: [logits()],
    "autograd.write_data": lambda: [logits(), [1.0, 2.0]],
    "autograd.write_grad": lambda: [logits(), [1.0, 2.0]],
    "autograd.apply_update": lambda: {"name": "scale", "values": [Value(1.0)], "settings": {"factor": 0.5}},
    "autograd.Flat": lambda: {"values": [Value(1.0)]},
    "autograd.watch": lambda: [object()],
    "autograd.random_numbers": lambda: [random],
    "nn.accuracy": lambda: {"outputs": [[0.5, 1.0]], "targets": [1]},
    "nn.confusion_matrix": lambda: {"outputs": [[0.5, 1.0]], "targets": [1], "classes": 2},
    "nn.classification_report": lambda: {"outputs": [[0.5, 1.0]], "targets": [1], "classes": ["a", "b"]},
    "nn.r2_score": lambda: {"outputs": [1.0, 2.0], "targets": [1.0, 3.0]},
    "nn.binary_cross_entropy_with_logits": lambda: {"output": logits(), "target": [0.0, 1.0], "reduction": "mean"},
    "nn.cross_entropy": lambda: {"output": logits(), "target": 1, "label_smoothing": 0.1},
    "nn.hinge_loss": lambda: {"output": logits(), "target": [1, -1], "reduction": "mean"},
    "nn.huber_loss": lambda: {"output": logits(), "target": [0.0, 1.0], "reduction": "mean", "delta": 1.0},
    "nn.l1_loss": lambda: {"output": logits(), "target": [0.0, 1.0], "reduction": "mean"},
    "nn.mse_loss": lambda: {"output": logits(), "target": [0.0, 1.0], "reduction": "mean"},
    "nn.nll_loss": lambda: {"output": logits(), "target": 1},
    "nn.smooth_l1_loss": lambda: {"output": logits(), "target": [0.0, 1.0], "reduction": "mean", "beta": 1.0},
    "nn.binary_cross_entropy": lambda: {"output": [Value(0.5), 0.2], "target": [0.0, 1.0], "reduction": "mean"},
    "nn.kl_div": lambda: {"output": logits(), "target": [0.5, 0.5], "reduction": "mean"},
    "nn.poisson_nll_loss": lambda: {"output": logits(), "target": [0.0, 2.0], "eps": 1e-8, "reduction": "mean"},
    "nn.gaussian_nll_loss": lambda: {"output": logits(), "target": [0.0, 2.0], "var": 1.0, "reduction": "mean"},
    "nn.soft_margin_loss": lambda: {"output": logits(), "target": [1, -1], "reduction": "mean"},
    "nn.hinge_embedding_loss": lambda: {"output": logits(), "target": [1, -1], "margin": 1.0, "reduction": "mean"},
    "nn.margin_ranking_loss": lambda: {"output1": logits(), "output2": [0.0, 1.0], "target": [1, -1], "margin": 0.5},
    "nn.multi_margin_loss": lambda: {"output": logits(), "target": 1, "p": 2, "margin": 1.0, "weight": [1.0, 2.0]},
    "nn.multilabel_soft_margin_loss": lambda: {"output": logits(), "target": [0, 1], "weight": [1.0, 2.0]},
    "nn.cosine_embedding_loss": lambda: {"output1": logits(), "output2": [1.0, 2.0], "target": 1, "margin": 0.5},
    "nn.triplet_margin_loss": lambda: {
        "anchor": logits(),
        "positive": [1.0, 2.0],
        "negative": [0.0, 2.0],
        "margin": 1.0,
        "p": 3.0,
        "eps": 1e-6,
    },
    "nn.l1_penalty": lambda: {"parameters": logits(), "strength": 0.1},
    "nn.l2_penalty": lambda: {"parameters": model(), "strength": 0.1},
    "nn.clip_grad_norm_": lambda: {"parameters": logits(), "max_norm": 1.0},
    "nn.clip_grad_value_": lambda: {"parameters": logits(), "clip_value": 1.0},
    "nn.evaluate": lambda: {"model": model(), "loss": nn.mse_loss, "data": dataset()},
    "nn.fit": lambda: {
        "model": model(),
        "loss": nn.mse_loss,
        "data": dataset(),
        "epochs": 1,
        "batch_size": 2,
        "seed": 0,
        "clip_norm": 1.0,
        "patience": 2,
        "callbacks": [],
        "progress": False,
    },
    "nn.predict": lambda: {"model": model(), "inputs": [[0.0, 1.0]]},
    "nn.summary": lambda: {"model": model()},
    "nn.save": lambda: {"model": model(), "path": "model.safetensors"},
    "nn.load": lambda: {"path": "there-is-none.safetensors"},
    "nn.from_torch": lambda: [object()],
    "nn.to_torch": lambda: {"model": object()},
    "nn.Checkpoint": lambda: {"path": "run.safetensors", "every_steps": 1},
    "nn.SGD": lambda: {"params": logits(), "lr": 0.1, "momentum": 0.5},
    "nn.Adagrad": lambda: {"params": logits(), "lr": 0.1, "eps": 1e-8},
    "nn.Adam": lambda: {"params": logits(), "lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-8},
    "nn.AdamW": lambda: {"params": logits(), "lr": 0.1, "weight_decay": 0.1},
    "nn.RMSprop": lambda: {"params": logits(), "lr": 0.1, "alpha": 0.9},
    "nn.CosineAnnealingLR": lambda: {"optimizer": optimizer(), "T_max": 3, "eta_min": 0.0},
    "nn.ExponentialLR": lambda: {"optimizer": optimizer(), "gamma": 0.9},
    "nn.LinearLR": lambda: {"optimizer": optimizer(), "start_factor": 0.5, "total_iters": 2},
    "nn.StepLR": lambda: {"optimizer": optimizer(), "step_size": 2, "gamma": 0.5},
    "nn.WarmupDecayLR": lambda: {"optimizer": optimizer(), "warmup": 1, "total": 3},
    "nn.Neuron": lambda: {"nin": 2, "activation": "tanh", "seed": 0},
    "nn.Layer": lambda: {"nin": 2, "nout": 2, "activation": "tanh", "seed": 0},
    "nn.Linear": lambda: [2, 2],
    "nn.MLP": lambda: [2, [2, 1], "tanh"],
    "autograd.as_float": lambda: {"number": 1.5},
    "nn.Perceptron": lambda: {"nin": 2},
    "nn.Sequential": lambda: [nn.Linear(2, 2, seed=0), nn.Tanh()],
    "nn.Dropout": lambda: {"p": 0.5},
    "nn.Embedding": lambda: [3, 2],
    "nn.RMSNorm": lambda: [2],
    "nn.LayerNorm": lambda: [2],
    "nn.Conv2d": lambda: {"in_channels": 1, "out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1, "seed": 0},
    "nn.MaxPool2d": lambda: {"kernel_size": 3, "stride": 2, "padding": 1},
    "nn.Unflatten": lambda: {"dim": -1, "unflattened_size": (1, 2)},
    "nn.LSTMCell": lambda: {"input_size": 2, "hidden_size": 2, "seed": 0},
    "nn.LSTM": lambda: {"input_size": 2, "hidden_size": 2, "num_layers": 2, "seed": 0},
    "nn.LeakyReLU": lambda: {"negative_slope": 0.1},
    "nn.GPT": lambda: {"vocabulary": 3, "context": 2, "width": 4, "heads": 2, "layers": 1, "seed": 0},
    "nn.SelfAttention": lambda: {"width": 4, "heads": 2, "seed": 0},
    "nn.leaky_relu": lambda: {"x": Value(1.0), "negative_slope": 0.1},
}
GOOD |= {
    f"nn.data.{name}": lambda: {"n": 4, "noise": 0.1, "seed": 0}
    for name in ("moons", "circles", "spirals", "xor", "checkerboard", "yin_yang", "line")
}
GOOD["nn.data.spirals"] = lambda: {"n": 4, "noise": 0.1, "seed": 0, "classes": 2, "turns": 1.0}
GOOD["nn.data.checkerboard"] = lambda: {"n": 4, "noise": 0.1, "seed": 0, "squares": 4}
GOOD["nn.data.line"] = lambda: {"n": 4, "noise": 0.1, "seed": 0, "slope": 1.0, "height": 0.0}
GOOD |= {
    "nn.data.Dataset": lambda: [[[0.0, 1.0], [1.0, 0.5]], [0, 1]],
    "nn.data.Vocabulary": lambda: [["abba", "cab"]],
    "nn.data.as_dataset": lambda: [dataset()],
    "nn.data.batches": lambda: {"data": dataset(), "batch_size": 1, "seed": 0, "epoch": 0},
    "nn.data.class_weights": lambda: [([[0.0], [1.0]], [0, 1])],
    "nn.data.from_csv": lambda: {"file": ["a,b,c", "1,2,3"], "target": "c", "inputs": ["a", "b"], "delimiter": ","},
    "nn.data.digits": dict,
    "nn.data.gate": lambda: ["and"],
    "nn.data.iris": dict,
    "nn.data.module_names": dict,
    "nn.data.one_hot": lambda: {"k": 1, "classes": 3},
    "nn.data.split": lambda: {"data": dataset(), "fraction": 0.5, "seed": 0},
    "nn.data.standardize": lambda: [dataset(), dataset()],
}
GOOD |= {f"nn.{name}": lambda: {"x": Value(1.0)} for name in ("gelu", "relu", "sigmoid", "softplus", "step", "tanh")}
GOOD["nn.softmax"] = lambda: [logits()]
GOOD |= {
    f"autograd.{name}": lambda rule=RULES[name]: [1.5 if k else Value(1.5) for k in range(len(rule.inputs))]
    for name in PUBLIC
    if RULES[name] in BUILT_IN
}
BUILT_IN_NAMES = {rule.name for rule in BUILT_IN}
NOT_CALLED = {
    "autograd.UPDATES",
    "autograd.backend",
    "autograd.load_export",
    "nn.Module",
    "nn.Optimizer",
    "nn.Run",
    "nn.History",
    "nn.GELU",
    "nn.Flatten",
    "nn.ReLU",
    "nn.Sigmoid",
    "nn.Softmax",
    "nn.Softplus",
    "nn.Step",
    "nn.Tanh",
}


ENDLESS = {"autograd.play_training steps", "nn.CosineAnnealingLR T_max"}  # these may be as large as one likes
TRAINS = {"autograd.play_training", "nn.fit"}  # some errors, such as those of callbacks, come after some training
PATIENCE = 2.0  # seconds of processor time


@pytest.fixture(autouse=True, scope="module")
def libraries():
    """Imported before time is measured: the first import on a machine compiles them."""
    for name in ("matplotlib.pyplot", "sklearn.datasets", "jax", "graphviz"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


@pytest.fixture(autouse=True)
def time_limit():
    """A call that takes too long, such as one that makes 10**400 neurons, ends in a TimeoutError."""

    def give_up(*_):
        raise TimeoutError("the call takes too long")

    before = signal.signal(signal.SIGPROF, give_up)
    yield
    signal.signal(signal.SIGPROF, before)


OF_FUNCTIONS = {f"autograd.{name}" for name in ("grad", "hessian", "jacobian", "value_and_grad", "compile")}


def public_names():
    """The public names of autograd and nn, except modules."""
    names = [f"autograd.{name}" for name in dir(autograd) if not name.startswith("_")]
    names += [f"nn.{name}" for name in nn.__all__]
    here = [name for name in names if not isinstance(named(name), types.ModuleType)]
    here += [
        f"nn.data.{name}"
        for name, thing in vars(nn.data).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", None) in ("nn.data", "nn.dataset", "nn.tables", "nn.vocabulary")
    ]
    return [name for name in here if name.removeprefix("autograd.") not in set(RULES) - BUILT_IN_NAMES]


def named(name):
    package, _, path = name.partition(".")
    return operator.attrgetter(path)({"autograd": autograd, "nn": nn}[package])


def test_every_public_function_is_tested_here():
    assert set(public_names()) == set(GOOD) | NOT_CALLED


def substituted(name, arguments):
    """Each way to replace an argument, or the first element of one: (what, its place, index of the element, bad)."""
    places = arguments if isinstance(arguments, dict) else range(len(arguments))
    for place in places:
        for what, bad in BAD.items():
            good = arguments[place]
            if (
                (what == "a huge int" and f"{name} {place}" in ENDLESS)
                or (callable(bad) and callable(good))
                or (what == "an array" and type(good) is bool)
                or (name == "autograd.where" and callable(bad))
            ):
                continue  # endless steps; a function that raises its own error; an array has no truth value
            yield f"{place} = {what}", place, None, bad
            if isinstance(arguments[place], (list, tuple)) and len(arguments[place]):
                yield f"{place}[0] = {what}", place, 0, bad


def call(name, place=None, index=None, bad=None):
    """Call a public function with one bad argument; returns result, error, and whether all Values are unchanged."""
    arguments = GOOD[name]()
    if place is not None and index is None:
        arguments[place] = bad
    elif place is not None:
        kind = type(arguments[place])
        arguments[place] = kind([bad, *arguments[place][1:]])
    values = list(found_values(arguments))
    before = [(node.data, node.grad) for node in values]
    positional, named_ones = ((), arguments) if isinstance(arguments, dict) else (arguments, {})
    result = error = None
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        result = named(name)(*positional, **named_ones)
        if name in OF_FUNCTIONS:
            result = result(2.0)
    except Exception as caught:
        error = caught
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return result, error, [(node.data, node.grad) for node in values] == before


def found_values(thing):
    if isinstance(thing, Value):
        yield thing
    elif isinstance(thing, nn.Module):
        yield from thing.parameters()
    elif isinstance(thing, dict):
        for part in thing.values():
            yield from found_values(part)
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from found_values(part)


def numbers(thing):
    """The floats in a result."""
    if isinstance(thing, float):
        yield thing
    elif isinstance(thing, Value):
        yield thing.data
    elif isinstance(thing, dict):
        yield from numbers(list(thing.values()))
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from numbers(part)


@pytest.mark.parametrize("name", GOOD)
def test_bad_arguments_are_refused_in_words_and_change_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = []
    with contextlib.suppress(AutogradError):  # a package or a file that is missing
        outcome = call(name)
        assert outcome[1] is None or isinstance(outcome[1], AutogradError), f"the good call fails: {outcome[1]!r}"
    for what, place, index, bad in substituted(name, GOOD[name]()):
        result, error, unchanged = call(name, place, index, bad)
        if error is None and not all(math.isfinite(x) for x in numbers(result)):
            wrong.append(f"{what}: silently {result!r:.80}")
        clear = isinstance(error, AutogradError) and len(str(error)) > 15
        if error is not None and not clear:
            wrong.append(f"{what}: {type(error).__name__} {error!s:.120}")
        if error is not None and not unchanged and name not in TRAINS:
            wrong.append(f"{what}: a number or gradient has changed")
    assert not wrong, "\n".join([name, *wrong])


# Calls whose memory grows with a size n; too large a size is refused before any memory is taken.
SIZES = {
    "Vocabulary.examples": lambda n: nn.data.Vocabulary(["ab"]).examples(["ab"], context=n),
    "GPT.generate": lambda n: nn.GPT(3, context=2, width=2, heads=1, seed=0).generate(length=n, end=-1),
    "GPT hidden": lambda n: nn.GPT(3, context=2, width=2, heads=1, hidden=n),
    "confusion_matrix": lambda n: nn.confusion_matrix([[1.0, 2.0]], [1], classes=n),
    "a class": lambda n: nn.confusion_matrix([1.0], [min(n, 2**300)]),
    "plot_decision_boundary": lambda n: nn.plots.plot_decision_boundary(nn.MLP(2, [1]), dataset(), steps=n),
    "plot_fit": lambda n: nn.plots.plot_fit(nn.MLP(1, [1]), [([0.0], 1.0)], steps=n),
    "plot_histograms": lambda n: nn.plots.plot_histograms(model(), bins=n),
    "plot_images": lambda n: nn.plots.plot_images([[0.0]], columns=n),
}
SIZES |= {
    f"{name} {size}": lambda n, name=name, size=size: named(name)(**GOOD[name]() | {size: n})
    for name in GOOD
    if name.startswith("nn.data.")
    for size in ("n", "classes", "squares")
    if size in GOOD[name]()
}


@pytest.mark.parametrize("size", [10**8 + 1, 10**400], ids=["large", "huge"])
@pytest.mark.parametrize("what", SIZES)
def test_sizes_that_no_memory_holds_are_refused(what, size):
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        with pytest.raises(ArgumentError, match=r"must be at most 100,000,000\. No memory holds so many"):
            SIZES[what](size)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


# The compiled engine keeps parents in C, where no Python code can put a node above itself.
@pytest.mark.skipif(autograd.backend == "native", reason="no cycle can be built: parents cannot be assigned")
def test_a_cycle_built_by_force_is_found():
    x = Value(2.0, "x")
    y = x * 3
    z = y.tanh()
    y._a = z
    for walk in (z.backward, lambda: autograd.derivatives(z, x), lambda: autograd.grad(lambda t: t * z)(1.0)):
        with pytest.raises(CyclicGraphError, match=r"the graph has a cycle: .* is computed from itself"):
            walk()
    assert (x.grad, y.grad, z.grad) == (0.0, 0.0, 0.0)
    y._a = x
    z.backward()
    assert x.grad != 0.0


def test_nodes_from_elsewhere_have_derivative_zero():
    x, elsewhere = Value(2.0), Value(3.0) * 2
    assert autograd.derivatives(x * x, [x, elsewhere]) == [4.0, 0.0]


def test_a_failed_backward_leaves_every_gradient():
    x, w = Value(1e200, "x"), Value(2.0, "w")
    h = w * x
    h.backward()
    before = [node.grad for node in (x, w, h)]
    z = (h * 1e-200) * 1e5
    for wrong, error in ((math.inf, AutogradError), ("1", AutogradError), (1e308, ResultOverflowError)):
        with pytest.raises(error):
            z.backward(wrong)
        assert [node.grad for node in (x, w, h)] == before
