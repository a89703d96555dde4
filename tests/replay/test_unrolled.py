"""The ordinary graph behind a replayed result: made from the tape, equal to the function's own, and without the
function."""

import copy
import gc
import pickle
import weakref
from random import Random

import pytest

import autograd
import nn
from autograd import Value, compile, derivatives, dot, grad, hessian, hvp, jacobian, log, no_grad, sin, tanh, where
from autograd.engine import topological_order
from autograd.errors import StaleGraphError
from autograd.replay.expand import expand_replays


def graph(result):
    """A graph as data: for each node the name of its rule, its number, label, partials, and its parents."""
    order = topological_order(result)
    at = {id(node): i for i, node in enumerate(order)}
    return [
        (
            node.rule.name if node.rule is not None else "leaf",
            node.data.hex(),
            node.label,
            node.partials if node.rule is not None else (),
            [at.get(id(parent), parent.data) for parent in node.parents] if node.rule is not None else [],
        )
        for node in order
    ]


w, v = Value(0.7, label="w"), Value(-1.3, label="v")


def with_labels(x):
    y = tanh(x * w)
    y.label = "hidden"
    z = y * v + 0.5
    z.label = "out"
    return z


def with_no_grad(x):
    with no_grad():
        quiet = sin(x) * w
    return quiet * x + x.detach() * v


FUNCTIONS = {
    "labels": with_labels,
    "no_grad": with_no_grad,
    "a choice": lambda x: where(x > 0.0, lambda: log(x) * w, lambda: x * v) + x,
    "a sum": lambda x: dot([x, w, v], [w, v, x * x]) - x**2,
    "a power": lambda x: (x * x + 1.0) ** w + autograd.hypot(x, v),
    "a constant": lambda x: 3.0 * (x + autograd.Constant(2.0)),
    "born inside": lambda x: x * Value(2.0) + w,
}


@pytest.mark.parametrize("number", [0.6, -0.4])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_graph_is_that_of_the_function(name, number):
    x, f = Value(number), FUNCTIONS[name]
    step = compile(f)
    step(x)
    eager, replayed = f(x), step(x)
    assert graph(expand_replays(replayed)) == graph(eager)
    for create in (False, True):
        found, expected = (derivatives(y, [x, w, v], create_graph=create) for y in (replayed, eager))
        assert list(map(plain, found)) == pytest.approx(list(map(plain, expected)), rel=1e-13)


def plain(number):
    return number.data if isinstance(number, Value) else number


class Counted:
    """A function that counts its calls."""

    def __init__(self, f):
        self.calls, self.f = 0, f

    def __call__(self, *args):
        self.calls += 1
        return self.f(*args)


USES = {
    "create_graph": lambda y, x: derivatives(y, x, create_graph=True),
    "twice": lambda y, x: derivatives(derivatives(y, x, create_graph=True), x),
    "copy": lambda y, x: copy.deepcopy(y),
    "shallow": lambda y, x: copy.copy(y.parents[0]),
    "pickle": lambda y, x: pickle.dumps(y),
    "expand": lambda y, x: expand_replays(y),
    "draw": lambda y, x: autograd.draw(y).source,
}


@pytest.mark.parametrize("use", USES)
def test_the_function_is_not_called_again(use):
    f = Counted(lambda x: tanh(x * w) * x)
    step = compile(f)
    x = Value(0.5)
    step(x), step(x)
    y = step(x)
    assert f.calls == 2
    USES[use](y, x)
    assert f.calls == 2


@pytest.mark.parametrize("take", [hessian, lambda f: grad(grad(f)), lambda f: lambda x: hvp(f, (x,), (1.0,))[0]])
def test_second_derivatives_of_a_compiled_function_replay(take):
    f = Counted(lambda x: tanh(x * w) * x**3)
    step = compile(f)
    second = take(step)
    expected = [plain(take(f.f)(x)) for x in (0.5, -0.7, 1.1)]
    assert [plain(second(x)) for x in (0.5, -0.7, 1.1)] == pytest.approx(expected, rel=1e-12)
    calls = f.calls
    assert calls <= 3
    second(0.3)
    assert f.calls == calls
    third = grad(second)
    third(0.3)
    third(-0.3)
    calls = f.calls
    assert plain(third(0.4)) == pytest.approx(plain(grad(take(f.f))(0.4)), rel=1e-11)
    assert f.calls == calls


def test_hessians_of_many_variables_and_of_part_of_them():
    def f(xs):
        return tanh(dot(xs, xs[::-1])) * w + sum(x**3 for x in xs)

    xs = [0.1 * i for i in range(12)]
    assert flat(hessian(compile(f))(xs)) == pytest.approx(flat(hessian(f)(xs)), rel=1e-11, abs=1e-12)
    values = list(map(Value, xs))
    for y in (compile(f)(values), f(values)):
        first = derivatives(y, [values[3], w], create_graph=True)
        assert derivatives(first[0], [values[5], w]) == pytest.approx(
            derivatives(derivatives(f(values), values[3], create_graph=True), [values[5], w]), rel=1e-11
        )


def flat(rows):
    return [plain(number) for row in rows for number in row]


@pytest.mark.parametrize("many", [3, 10_000])
def test_few_or_many_derivatives_the_graph_is_the_same(many, monkeypatch):
    monkeypatch.setattr(autograd.replay.unrolled, "MANY", many)
    xs = [Value(0.1 * i) for i in range(8)]
    f = lambda xs: tanh(dot(xs, xs[::-1])) * w  # noqa: E731
    step = compile(f)
    step(xs)
    one, other = (
        derivatives(sum(d * d for d in derivatives(g(xs), xs, create_graph=True)), [*xs, w]) for g in (step, f)
    )
    assert one == pytest.approx(other, rel=1e-11, abs=1e-13)


def test_derivatives_of_each_of_many_results_need_that_part_alone():
    step = compile(lambda x: [tanh(x * i) for i in range(200)])
    x = Value(0.01)
    step(x)
    results = step(x)
    for i in (0, 7, 199):
        first = derivatives(results[i], x, create_graph=True)
        assert first.data == pytest.approx(i * (1 - tanh(0.01 * i) ** 2), rel=1e-12)
    programs = [program for program, _ in step.program()._gradients.values()]
    assert max(program.nodes for program in programs) < 40


def test_containers_that_have_changed_since_do_not_matter():
    items, source = [1.0, 2.0], iter([Value(3.0), Value(3.0), Value(4.0)])
    f = lambda x: sum(x * w * item for item in items) * tanh(x)  # noqa: E731
    step, x = compile(f), Value(0.5)
    step(x)
    y, expected = step(x), derivatives(derivatives(f(x), x, create_graph=True), x)
    items.append(100.0)
    assert derivatives(derivatives(y, x, create_graph=True), x) == pytest.approx(expected, rel=1e-12)
    assert copy.deepcopy(y).data == y.data

    table = {"rows": [[next(source)]]}
    step = compile(lambda x: tanh(table["rows"].pop()[0] * x) if table["rows"] else tanh(x))
    y = step(x)  # recorded once: a second call would find no row
    assert copy.deepcopy(y).data == y.data == tanh(1.5)
    assert derivatives(y, x, create_graph=True).data == derivatives(y, x)


def test_stop_iteration_is_no_concern_of_a_result():
    supply = iter([2.0])
    step, x = compile(lambda x: tanh(x * next(supply))), Value(0.5)
    y = step(x)
    assert derivatives(y, x, create_graph=True).data == derivatives(y, x)
    assert pickle.loads(pickle.dumps(y)).data == y.data


def test_results_hold_no_model():
    kept, models = [], []
    for i in range(200):
        model = nn.Linear(2, 1, seed=i)
        step = compile(lambda x, model=model: tanh(model(x)))
        model.last = step([0.1, 0.2])
        kept.append(model.last)
        models.append(weakref.ref(model))
        del model, step
    gc.collect()
    assert [model() for model in models if model() is not None] == []
    assert copy.deepcopy(kept[7]).data == kept[7].data


def test_methods_results_hold_no_instance():
    class Model:
        def __init__(self):
            self.w = Value(0.5)

        @compile
        def step(self, x):
            return tanh(self.w * x)

    model = Model()
    model.step(1.0)
    model.last = model.step(2.0)
    last, gone = model.last, weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert derivatives(last, last.parents[0].parents[0], create_graph=True).data != 0.0


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_means_of_batches(count, values):
    random = Random(count)
    xs = [random.gauss(0, 1) for _ in range(count)]
    xs = list(map(Value, xs)) if values else xs
    f = lambda x: tanh(x * w) * x  # noqa: E731
    step = compile(f)
    leaves = [w, *(xs if values else [])]
    replayed, eager = step.mean(xs), autograd.mean([f(x) for x in xs])
    assert replayed.data == eager.data
    for one, other in zip(*(derivatives(y, leaves, create_graph=True) for y in (replayed, eager))):
        assert one.data == pytest.approx(other.data, rel=1e-11, abs=1e-13)
        assert derivatives(one, leaves) == pytest.approx(derivatives(other, leaves), rel=1e-11, abs=1e-13)
    assert copy.deepcopy(replayed).data == pickle.loads(pickle.dumps(replayed)).data == replayed.data


def test_draws_of_a_result_are_those_that_it_was_made_with():
    rng = Random(5)
    step = compile(lambda x: tanh(x * autograd.random_numbers(rng)() * w))
    x = Value(0.5)
    step(x), step(x)
    y = step(x)
    state = rng.getstate()
    assert derivatives(y, x, create_graph=True).data == pytest.approx(derivatives(y, x), rel=1e-14)
    assert copy.deepcopy(y).data == y.data
    assert rng.getstate() == state


def test_inside_no_grad_derivatives_are_constants_and_nothing_stays():
    step, x = compile(lambda x: tanh(tanh(x * w))), Value(0.3)
    y = step(x)
    with no_grad():
        assert type(derivatives(y, x, create_graph=True)) is autograd.Constant
    first = derivatives(step(x), x, create_graph=True)
    eager = derivatives(step.function(x), x, create_graph=True)
    assert derivatives(first, [x, w]) == pytest.approx(derivatives(eager, [x, w]), rel=1e-12)


def test_a_leaf_that_is_frozen_between_call_and_derivative():
    p = Value(2.0)
    step, x = compile(lambda x: tanh(x * p) * p), Value(0.5)
    step(x)
    for before, after in ((True, False), (False, True)):
        p.requires_grad_(before)
        replayed, eager = step(x), step.function(x)
        p.requires_grad_(after)
        assert derivatives(replayed, [x, p]) == pytest.approx(derivatives(eager, [x, p]), rel=1e-14)
        assert derivatives(replayed, p) == 0.0
        assert derivatives(replayed, x, create_graph=True).data == derivatives(replayed, x)
        p.requires_grad_(True)


STALE = {
    "another value": lambda x, p: x * p,
    "the same value, another slope": lambda x, p: p * (x - 1.0),
    "the same value of a sum": lambda x, p: p * x - p,
}


@pytest.mark.parametrize("changed", ["p", "x"])
@pytest.mark.parametrize("name", STALE)
def test_numbers_that_have_changed_since_are_noticed(name, changed):
    p, x = Value(1.0), Value(1.0)
    step = compile(lambda x: STALE[name](x, p))
    step(x)
    y = step(x)
    first = derivatives(y, [x, p])
    (p if changed == "p" else x).data = 5.0
    with pytest.raises(StaleGraphError, match="no longer follows from its parents"):
        derivatives(y, [x, p], create_graph=True)
    assert derivatives(y, [x, p]) == first


def test_graphs_behind_results_while_another_function_is_recorded():
    x = Value(0.5)
    replay = compile(lambda x: tanh(x * w))(x)
    slope = derivatives(replay, x, create_graph=True)
    f = lambda a: a * derivatives(replay, w, create_graph=True) + slope * a  # noqa: E731
    step = compile(f)
    step(2.0)
    for y in (step(2.0), f(2.0)):
        assert y.data == pytest.approx(2 * derivatives(replay, w) + 2 * slope.data, rel=1e-13)
        assert derivatives(y, x) == pytest.approx(derivatives(f(2.0), x), rel=1e-12)


def test_a_jacobian_of_a_compiled_function():
    f = lambda v: [tanh(v[0] * v[1]), v[0] - w, 2.0, v[1]]  # noqa: E731
    step = compile(f)
    for point in ([0.5, 2.0], [1.5, -1.0]):
        assert flat(jacobian(step)(point)) == pytest.approx(flat(jacobian(f)(point)), rel=1e-13)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_change_that_the_result_does_not_show_is_noticed(power):
    w, x = Value(2.0), Value(1.0)
    step = compile(lambda v: w * (v - 1.0) ** power)  # at 1 it is 0 for every w, and so are derivatives below `power`
    for change in (lambda: setattr(w, "data", 5.0), lambda: setattr(x, "data", 1.5)):
        y = step(x)
        assert derivatives(y, x, create_graph=True).data == (2.0 if power == 1 else 0.0)
        change()
        for use in (lambda y=y: derivatives(y, x, create_graph=True), lambda y=y: copy.copy(y.parents[0])):
            with pytest.raises(StaleGraphError):
                use()
        w.data, x.data = 2.0, 1.0
        assert derivatives(y, x, create_graph=True).data == (2.0 if power == 1 else 0.0)
