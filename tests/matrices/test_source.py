"""The code that `source` writes: what it looks like, and that it computes what the recording computes."""

import ast
import re
import subprocess
import sys
import warnings
from itertools import product
from random import Random

import numpy as np
import pytest
from programs import random_program
from soaking import SOAK, amount
from translated import (
    LANGUAGES,
    WITH_GRADIENTS,
    engine_gradients,
    function_of,
    gradients,
    run,
    tensors,
    values_and_gradients,
)

import autograd
import nn
from autograd import Value, compile, dot, log, softmax, step, take, where
from autograd.engine.functions import FUNCTIONS
from autograd.errors import ArgumentError, RecordingError
from autograd.matrices.forms import form_of
from autograd.matrices.languages import LANGUAGES as WRITTEN
from autograd.matrices.write import Writer
from autograd.nested import map_numbers, numbers_in
from autograd.table.registry import TABLE
from autograd.testing import Expression

each_language = pytest.mark.parametrize("language", LANGUAGES)
each_derivative = pytest.mark.parametrize("language", WITH_GRADIENTS)
VALUES, GRADIENTS = 1e-12, 1e-11


def close(found, expected, tolerance):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    return (
        np.abs(found - expected) <= tolerance * np.maximum(np.abs(expected), np.abs(expected).max(initial=1e-300))
    ).all()


def gpt(layers=1, width=16, heads=4):
    """The model of notebook 12, and a batch for it."""
    model = nn.GPT(27, context=9, width=width, heads=heads, layers=layers, seed=1)
    random = Random(0)
    tokens = [[random.randrange(27) for _ in range(9)] for _ in range(3)]
    targets = [[random.choice([-100, random.randrange(27)]) for _ in range(8)] + [3] for _ in range(3)]
    return compile(lambda tokens, ys: nn.cross_entropy(model(tokens), ys)), (tokens, targets)


def mlp(sizes, activation, loss, data, count=8):
    model = nn.MLP(len(data.inputs[0]), sizes, activation=activation, seed=0)
    return compile(lambda x, y: loss(model(x), y)), (data.inputs[:count], data.targets[:count])


def sequence(*modules, loss=nn.cross_entropy):
    model, data = nn.Sequential(*modules), nn.data.iris()
    return compile(lambda x, y: loss(model(x), y)), (data.inputs[40:60], data.targets[40:60])


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).tolist()


def total(tree):
    return sum((k + 1) * number for k, number in enumerate(numbers_in(tree)))


def module(model, *shape):
    """A weighted sum of all that a module returns, and a batch of two for it."""
    return compile(lambda x: total(model(x))), (numbers(2, *shape),)


def convolution():
    image, conv = nn.Unflatten(-1, (1, 4, 4)), nn.Conv2d(1, 2, 3, padding=1, seed=0)
    return module(nn.Sequential(image, conv, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2, seed=1)), 16)


MODELS = {
    "convolution": convolution,
    "lstm": lambda: module(nn.LSTM(2, 2, num_layers=2, seed=0), 2, 2),
    "lstm cell": lambda: module(nn.LSTMCell(2, 2, seed=0), 2),
    "layer norm": lambda: module(nn.Sequential(nn.LayerNorm(4), nn.LeakyReLU(), nn.Tanh(), nn.Softmax()), 4),
    "neuron": lambda: module(nn.Neuron(4, seed=0), 4),
    "perceptron": lambda: module(nn.Perceptron(4), 4),
    "step": lambda: module(nn.Sequential(nn.Layer(4, 2, seed=0), nn.Step()), 4),
    "attention": lambda: module(nn.SelfAttention(4, heads=2, seed=0), 3, 4),
    "dropout": lambda: module(nn.Sequential(nn.Linear(4, 2, seed=0), nn.Dropout(0.5)).eval(), 4),
    "moons": lambda: mlp([16, 1], "tanh", nn.binary_cross_entropy_with_logits, nn.data.moons(8, seed=0)),
    "digits": lambda: mlp([32, 10], "tanh", nn.cross_entropy, nn.data.digits()),
    "relu": lambda: mlp([7, 5, 3], "relu", nn.cross_entropy, nn.data.iris()),
    "gelu": lambda: sequence(nn.Linear(4, 6, seed=0), nn.GELU(), nn.Linear(6, 3, bias=False, seed=1)),
    "norm": lambda: sequence(nn.RMSNorm(4), nn.Linear(4, 3, seed=0), nn.Sigmoid()),
    "regression": lambda: sequence(nn.Linear(4, 1, seed=0), nn.Softplus(), loss=nn.mse_loss),
    "gpt": gpt,
    "gpt of two layers": lambda: gpt(layers=2, width=8, heads=2),
    "gpt of one head": lambda: gpt(width=4, heads=1),
}


def test_every_module_is_tried():
    tried = set()
    for make in MODELS.values():
        recorded, _ = make()
        cells = recorded.function.__closure__
        models = [cell.cell_contents for cell in cells if isinstance(cell.cell_contents, nn.Module)]
        tried |= {type(part) for model in models for part in model.modules()}
    public = [thing for thing in (getattr(nn, name) for name in nn.__all__) if isinstance(thing, type)]
    assert {thing for thing in public if issubclass(thing, nn.Module)} - tried == {nn.Module}


def leave_to_soak(name, language):
    if name in ("gpt", "gpt of two layers") and language == "jax" and not SOAK:
        # NumPy and PyTorch need no compilation, and their code comes from the same form: it is tried each time.
        pytest.skip("compiling it takes half a minute: make soak")


@pytest.mark.parametrize("name", MODELS)
@each_language
def test_models_agree(name, language):
    leave_to_soak(name, language)
    step, batch = MODELS[name]()
    expected = step.map(*batch)
    if language not in WITH_GRADIENTS:
        assert close(run(language, step, batch), expected, VALUES)
        return
    values, found, _ = values_and_gradients(language, step, batch)  # compiling takes long: both at once
    assert close(values, expected, VALUES)
    expected = engine_gradients(step, batch)
    assert found.keys() == expected.keys()
    scale = max(np.abs(part).max() for part in expected.values())
    for array, wanted in expected.items():
        assert np.abs(found[array] - wanted).max() <= GRADIENTS * scale, array


def test_a_network_reads_as_on_a_slide():
    step, batch = MODELS["digits"]()
    step.map(*batch)
    source = step.source()
    assert 'layer0_weight = parameters["layer0.weight"]  # (32, 64)' in source
    assert "layer0_bias + x @ layer0_weight.T" in source
    assert re.search(
        r"^    layer1 = layer1_bias \+ np.tanh\(.*\) @ layer1_weight.T  # \(batch, 10\)$", source, re.MULTILINE
    )
    assert ast.get_docstring(ast.parse(source).body[1]).startswith("What <lambda> returns for each example")


def test_attention_reads_as_attention():
    step, batch = gpt()
    step.map(*batch)
    source = step.source()
    lines = [line.strip() for line in source.splitlines()]
    assert len(lines) < 120
    order = ["query = ", "key = ", "scores = np.einsum", "np.exp(", "value = ", "mixed = np.einsum"]
    places = [next(i for i, line in enumerate(lines) if part in line) for part in order]
    assert places == sorted(places)
    assert "np.tri(9, dtype=bool)" in source


@pytest.mark.parametrize("name", ["digits", "gpt", "gpt of two layers"])
def test_multiply_adds_end_in_products_of_matrices(name):
    """But for sums of squares, which are no product of two matrices."""
    step, batch = MODELS[name]()
    step.map(*batch)
    writer = Writer(form_of(step._latest("")), WRITTEN["numpy"])
    writer.source()
    assert writer.dense >= 0.99 * writer.products > 0


@pytest.mark.parametrize("name", ["moons", "digits", "gpt"])
@pytest.mark.parametrize("language", WRITTEN)
def test_code_is_formatted(name, language, tmp_path):
    step, batch = MODELS[name]()
    step.map(*batch)
    file = tmp_path / "source.py"
    file.write_text(step.source(language), encoding="utf-8")
    for command in (["format", "--check"], ["check", "--select=E,F,W"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length=120", str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr


POINTS = (1.0, 0.5, 2.0, 3.5, 0.25, -0.75, -3.0, 7.0, -20.0, 35.0, 1e-3)


CORNERS = (0.0, 1.0, -1.0, 2.0, 0.5)


def points_of(rule):
    """Points of a rule's domain, with value and slopes, those of the table: at random, and where kinks are."""
    random = Random(rule.index)
    anywhere = [tuple(random.choice(POINTS) * random.uniform(0.9, 1.1) for _ in rule.inputs) for _ in range(300)]
    return [*[*finite_at(rule, anywhere)][:20], *finite_at(rule, product(CORNERS, repeat=len(rule.inputs)))]


def finite_at(rule, points):
    for point in points:
        try:
            value = rule.value(*point)
            slopes = [slope(*point, value) for slope in rule.slopes]
        except (ArithmeticError, ValueError):
            continue
        if rule.why_outside(point) is None and np.isfinite(slopes).all():
            yield point, value, slopes


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.name)
@each_language
def test_every_rule_agrees(rule, language):
    found = points_of(rule)
    step = compile(lambda *x: FUNCTIONS[rule.name](*x))
    step(*map(Value, found[0][0]))
    batch = list(zip(*(point for point, _, _ in found)))
    values = np.array([value for _, value, _ in found])
    if language not in WITH_GRADIENTS:
        got, of_inputs = run(language, step, batch), ()
    else:
        got, _, of_inputs = values_and_gradients(language, step, batch)
    assert (np.abs(got - values) <= VALUES * np.abs(values)).all()
    for k, slopes in enumerate(of_inputs):
        expected = np.array([own[k] for _, _, own in found])
        assert (np.abs(slopes * len(found) - expected) <= GRADIENTS * np.maximum(np.abs(expected), 1)).all()


@each_language
def test_results_that_are_arrays(language):
    w = Value(2.0, "w")
    step = compile(lambda v: np.exp(v) * w)
    batch = np.array([[[0.5, -1.0, 2.0], [1.0, 0.25, 0.0]], [[3.0, 1.0, -2.0], [0.0, -0.5, 1.5]]])
    step(batch[0])
    assert close(run(language, step, [batch]), np.exp(batch) * 2, VALUES)
    if language in WITH_GRADIENTS:
        of_w, (of_v,) = gradients(language, step, [batch])
        assert of_w["w"] == pytest.approx(np.exp(batch).mean(), rel=GRADIENTS)
        assert close(of_v, np.exp(batch) * 2 / batch.size, GRADIENTS)


@each_language
def test_random_graphs_agree(language):
    random = Random(11)
    for _ in range(amount(1000) * (2 if language == "numpy" else 1)):
        expression = Expression.random(random, max_nodes=25)
        step = compile(lambda *point: expression(*point))  # noqa: B023  called before the loop goes on
        try:
            value = step(*map(Value, expression.point))
        except (ArithmeticError, ValueError):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of numbers that `where` leaves out
            found = run(language, step, [[number] for number in expression.point])
        assert close(found, [getattr(value, "data", value)], 1e-11), expression


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "jax"])
def test_random_programs_agree_or_are_refused(language, figure):
    """JAX's code comes from the same form as the others', and takes a second to compile."""
    refused = 0
    for seed in range(amount(2000)):
        try:
            check_program(seed, language)
        except RecordingError:
            refused += 1
    figure(f"random programs read as matrices, in {language}", amount(2000), f"values within 1e-10; {refused} refused")


def check_program(seed, language):
    """Compare the code with the function, wherever a random program calls it and can be replayed."""
    from test_programs import World  # which defines what a program may name

    program = random_program(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = World(program, True)
        for step in program.steps:
            world.run(step.change)
            args, kwargs = eval(f"(lambda *args, **kwargs: (args, kwargs))({step.arguments})", world.namespace)
            if step.mode != "call":
                continue
            try:
                result = world.f(*args, **kwargs)
            except Exception:  # compared elsewhere
                continue
            recording = world.f._recordings.latest()
            if recording is None or recording.fallbacks or recording.draws:
                continue
            source = world.f.source(language)
            args = [as_batch(arg) for arg in args if not is_static(arg)]
            kwargs = {name: as_batch(arg) for name, arg in kwargs.items() if not is_static(arg)}
            found = flat(
                function_of(source)(*tensors(language, [world.f.arrays(), *args]), **tensors(language, kwargs))
            )
            expected = [getattr(number, "data", number) for number in numbers_in(result)]
            assert np.allclose(found, expected, rtol=1e-10, atol=1e-12), f"program {seed}\n{program}\n{source}"


def is_static(part):
    return isinstance(part, (bool, str)) or part is None


def as_batch(part):
    """An argument for one example as arrays with a batch of one."""
    part = part.tolist() if hasattr(part, "tolist") else part
    part = map_numbers(lambda number: getattr(number, "data", number), part)
    if isinstance(part, dict):
        return {key: as_batch(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        try:
            return np.asarray([part], float)
        except ValueError:  # not all of one shape
            return type(part)(map(as_batch, part))
    return np.asarray([part], float)


def flat(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)):
        return [number for part in tree for number in flat(part)]
    return [] if is_static(tree) else np.ravel(tree).tolist()


# Single things.


def both(f, batch, language="numpy"):
    """What the code gives for a batch, and what the recording gives."""
    step = compile(f)
    expected = step.map(*batch)
    return run(language, step, batch), expected, step


def test_a_number_that_does_not_count_needs_no_domain():
    def f(x):
        return where(x > 0.0, lambda: log(x), lambda: x * 2)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, expected, step = both(f, [[-2.0, 3.0, -1.0]])
    assert close(found, expected, VALUES)
    for language in WITH_GRADIENTS:
        slopes = gradients(language, step, [[-2.0, 3.0, -1.0]])[1][0]
        assert np.allclose(slopes * 3, [2.0, 1 / 3, 2.0], rtol=1e-14)


@each_language
def test_one_index_for_several_lists(language):
    a = Value(0.3, "a")

    def f(x):
        index = step(a - 0.1)
        return dot([take([1.0, 2.0], index), take([3.0, 5.0], index)], x)

    found, expected, _ = both(f, [[[1.0, 2.0], [3.0, 4.0]]], language)
    assert close(found, expected, VALUES)


@each_language
def test_sums_with_one_number_and_choices_between_numbers(language):
    def f(x):
        return dot([0.1] * 3, [step(a) for a in x]) + where(x[0] > 0.5, 0.1, 0.7)

    found, expected, own = both(f, [[[1.0, 2.0, -1.0], [0.3, 4.0, 0.1]]], language)
    assert close(found, expected, VALUES)
    assert "einsum" not in own.source(language)


@each_language
def test_what_depends_on_nothing_is_a_number(language):
    """Choices by it, items at it, and numbers that never count because of it."""

    def f(x, y):
        return autograd.jvp(autograd.grad(lambda t: (t**3 - 1.92) * t * t), (x,), (y,))[1]

    found, expected, own = both(f, [[2.0, -3.0], [1.0, 0.5]], language)
    assert close(found, expected, VALUES)
    assert "1.0 != 0" not in own.source(language)
    assert "1.0 == 0" not in own.source(language)


@each_language
def test_constants_that_are_no_numbers(language):
    def f(x):
        return where(x[0] > 0, 1.0, float("nan")) + dot(
            [where(a > 0, b, float("inf")) for a, b in zip(x, [1.0, 2.0])], x
        )

    step = compile(f)
    step([1.0, 2.0])
    assert run(language, step, [[[1.0, 2.0]]]).tolist() == [6.0]


def test_labels_with_any_number_of_places():
    kernel = [
        [[Value(i + 2 * j + 4 * k + 0.5, f"kernel{i}_{j}_{k}") for k in range(3)] for j in range(2)] for i in range(2)
    ]
    step = compile(lambda x: dot([w for plane in kernel for row in plane for w in row], x))
    step([1.0] * 12)
    expected = [[[w.data for w in row] for row in plane] for plane in kernel]
    assert step.arrays()["kernel"].tolist() == expected
    assert 'parameters["kernel"]  # (2, 2, 3)' in step.source()


def test_sums_of_different_lengths_are_one_array():
    ws = [Value(float(i + 1), f"w{i}") for i in range(5)]
    random = Random(0)
    x = [[random.random() for _ in range(5)] for _ in range(5)]
    found, expected, step = both(lambda x: [dot(ws[: t + 1], x[t][: t + 1]) for t in range(5)], [[x]])
    assert close(found, expected, VALUES)
    assert "np.tri(5, dtype=bool)" in step.source()
    assert step.source().count("\n") < 16


def test_softmaxes_of_different_lengths():
    def shares(x):
        return [softmax(x[: t + 1])[t] for t in range(6)]

    batch = [[[0.3, -1.0, 700.0, 2.0, 1.5, -800.0]]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing overflows at places that belong to no number
        found, expected, _ = both(shares, batch)
    assert close(found, expected, VALUES)


def test_weights_without_labels_are_cut_out_of_one_list():
    random = Random(0)
    ws = [[Value(random.gauss(0, 1)) for _ in range(4)] for _ in range(3)]
    found, expected, step = both(lambda x: [dot(row, x) for row in ws], [[[1.0, 2.0, 3.0, 4.0], [0.5, 0.0, -1.0, 2.0]]])
    assert close(found, expected, VALUES)
    assert "values.reshape(3, 4)" in step.source()


def test_numbers_in_no_order_are_gathered():
    x = [[1.0, 2.0, 3.0, 5.0, 7.0, 11.0, 13.0]]
    found, expected, _ = both(lambda x: [x[i] * x[j] for i, j in [(0, 3), (5, 1), (2, 2), (6, 4)]], [x])
    assert close(found, expected, VALUES)


def test_convolutions():
    kernel = [Value(0.5, "k0"), Value(-1.0, "k1"), Value(2.0, "k2")]
    found, expected, step = both(
        lambda x: [dot(kernel, x[i : i + 3]) for i in range(6)], [[[1.0, 2.0, 4.0, 8.0, 3.0, 1.0, 0.0, 5.0]]]
    )
    assert close(found, expected, VALUES)
    assert step.source().count("\n") < 16


def test_structures_of_arguments_and_results():
    def f(point, *, scale):
        return {
            "sum": point["a"] + point["b"][1],
            "all": [point["b"][0] * scale, scale, 1.0],
            "name": "f",
            "none": None,
        }

    step = compile(f)
    step({"a": 1.0, "b": (2.0, 3.0)}, scale=2.0)
    function = function_of(step.source())
    found = function(
        {}, {"a": np.array([1.0, 2.0]), "b": np.array([[2.0, 3.0], [4.0, 5.0]])}, scale=np.array([2.0, 3.0])
    )
    assert found["sum"].tolist() == [4.0, 7.0]
    assert np.asarray(found["all"]).tolist() == [[4.0, 2.0, 1.0], [12.0, 3.0, 1.0]]
    assert (found["name"], found["none"]) == ("f", None)


@each_derivative
def test_no_gradient_flows_where_none_does(language):
    w, frozen = Value(2.0, "w"), Value(3.0, "frozen")
    frozen.requires_grad = False
    step = compile(lambda x: w * x * w.detach() + frozen * x)
    step.map([1.0, 2.0])
    found = gradients(language, step, [[1.0, 2.0]])[0]
    assert found["w"] == pytest.approx(3.0)
    assert found["frozen"] == 0


def test_frozen_and_other_weights_in_one_array_are_refused():
    ws = [Value(1.0, "w0"), Value(2.0, "w1")]
    ws[0].requires_grad = False
    step = compile(lambda x: dot(ws, x))
    step([1.0, 2.0])
    with pytest.raises(RecordingError, match="some numbers of w are frozen and others are not"):
        step.source()


def test_random_numbers_are_an_argument():
    model = nn.Sequential(nn.Linear(4, 3, seed=0), nn.Dropout(0.5, seed=1))
    model.train()
    step = compile(lambda x: model(x))
    xs = nn.data.iris().inputs[:5]
    step.map(xs)
    state = model.layers[1].generator.getstate() if hasattr(model.layers[1], "generator") else None
    draws = step.draws(5)
    assert draws.shape == (5, 3)
    if state is not None:
        model.layers[1].generator.setstate(state)
        assert close(run("numpy", step, (xs, draws)), step.map(xs), VALUES)


def test_derivatives_inside_a_function():
    step = compile(lambda x: autograd.grad(lambda t: t**3 * autograd.tanh(t))(x))
    expected = step.map([0.3, -1.2])
    assert close(run("numpy", step, [[0.3, -1.2]]), expected, VALUES)


def test_nested_lists_of_results_are_one_array():
    step = compile(lambda x: [[a * b for a in x] for b in x])
    expected = step.map([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert run("numpy", step, [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]).tolist() == expected
    step = compile(lambda x: [[a * 2] for a in x])
    step([1.0, 2.0, 3.0])
    assert run("numpy", step, [[[1.0, 2.0, 3.0]]]).tolist() == [[[2.0], [4.0], [6.0]]]


def test_a_function_of_no_arguments():
    w = Value(2.0, "w")
    step = compile(lambda: w * w)
    step()
    assert function_of(step.source())({"w": np.array(3.0)}) == 9.0


def test_show_has_a_block_of_scalars_for_each_line(tmp_path):
    step, batch = MODELS["moons"]()
    step.map(*batch)
    page = step.show().html()
    lines = set(re.findall(r'<div data-block="(\w+)"', page))
    blocks = dict(re.findall(r'<details data-block="(\w+)">.*?<span>([\d,]+) scalar', page))
    assert lines - {"return"} <= set(blocks)
    assert {"layer0_weight", "layer1"} <= lines
    assert blocks["layer0_weight"] == "32"
    assert blocks["layer1"] == "33"  # sixteen sums, their tanh, and the sum of the last layer
    assert "layer0.neuron0.w0" in page
    assert not re.search(r"https?://", page)
    assert step.show().save(tmp_path / "page.html").read_text(encoding="utf-8") == page
    with pytest.raises(ArgumentError, match=r"saved as .html, got 'page.txt'"):
        step.show().save(tmp_path / "page.txt")


def test_other_languages_are_refused():
    step = compile(lambda x: x)
    with pytest.raises(ArgumentError, match="nothing has been recorded yet"):
        step.source()
    step(1.0)
    with pytest.raises(ArgumentError, match='expected "numpy", "torch" or "jax", got \'julia\''):
        step.source("julia")
