"""Derivatives in recordings whose Values were computed outside: from frozen leaves, or from one another."""

import pickle
import warnings

import pytest
from replaying import plain

from autograd import Value, compile, derivatives, grad, hessian, jacobian, jvp, value_and_grad
from autograd.engine import Freezing
from autograd.errors import RecordingError, RecordingWarning
from autograd.nested import numbers_in

pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.RecordingWarning")
SOMETHING = Value(1.0)  # that something has been frozen once makes a recording look at all


def fallbacks(step):
    return sum(one["fallbacks"] for one in step.stats())


def assert_same(step, *args):
    for _ in range(2):
        assert repr(step(*args)) == repr(step.function(*args))


@pytest.fixture(autouse=True)
def frozen_before():
    SOMETHING.requires_grad_(False)
    SOMETHING.requires_grad_(True)


BY_FROZEN = {
    "grad": lambda v: grad(lambda t: t * v)(0.5),
    "value and grad": lambda v: value_and_grad(lambda t: t * v)(0.5),
    "a result that is not the variable's": lambda v: value_and_grad(lambda t: v)(0.5),
    "jacobian": lambda v: jacobian(lambda t: [t * v, t])([0.5][0]),
    "hessian": lambda v: hessian(lambda t: t * t * v)(0.5),
    "jvp": lambda v: jvp(lambda t: t * v, (0.5,), (2.0,)),
    "a direction": lambda v: jvp(lambda t: t * 2.0, (0.5,), (v,)),
    "a point": lambda v: grad(lambda t: t * t)(v * 2.0),
    "nested": lambda v: grad(lambda t: grad(lambda u: u * u * t * v)(t))(0.5),
}


@pytest.mark.parametrize("name", BY_FROZEN)
def test_derivatives_of_nodes_above_frozen_leaves(name):
    f, root = BY_FROZEN[name], Value(1.5)
    inner = root * 2.0 + 1.0
    captured, passed = compile(lambda x: f(inner)), compile(f)
    for wanted in (True, False, True, False, True):
        root.requires_grad_(wanted)
        assert_same(captured, 1.0)
        assert_same(passed, inner)
    assert captured.cache_info().misses <= 2


def test_one_leaf_that_is_not_frozen_makes_values():
    root, w = Value(1.5), Value(0.5)
    inner = root * 2.0
    captured, passed = compile(lambda x: grad(lambda t: t * t * inner * w)(x)), compile(BY_FROZEN["grad"])
    with_both = compile(lambda v: grad(lambda t: t * v * w)(0.5))
    for wanted in (True, False, True):
        root.requires_grad_(wanted)
        assert_same(captured, 2.0)
        assert_same(with_both, inner)
        assert_same(passed, inner * w)
    assert fallbacks(captured) == fallbacks(with_both) == fallbacks(passed) == 0


def test_a_node_above_frozen_leaves_that_is_not_differentiated():
    root = Value(1.5)
    inner = root * 2.0
    step = compile(lambda x: grad(lambda t: t * t)(x) * inner)
    root.requires_grad_(False)
    assert_same(step, 2.0)
    assert_same(step, Value(2.0))
    assert fallbacks(step) == 0


def test_a_derivative_that_is_being_taken_around_counts():
    def f(inner):
        return grad(lambda t: t * inner)(0.5) * 3.0

    step = compile(f)
    assert grad(lambda x: step(x * x))(2.0) == grad(lambda x: f(x * x))(2.0) == 12.0


@pytest.mark.parametrize("take", [grad(lambda t: SOMETHING), value_and_grad(lambda t: SOMETHING)])
def test_a_result_alone_may_be_frozen_later(take):
    step = compile(lambda x: take(x))
    for wanted in (True, False, True):
        SOMETHING.requires_grad_(wanted)
        assert_same(step, 2.0)
    SOMETHING.requires_grad_(True)


def test_a_frozen_leaf_may_come_from_a_pickle(monkeypatch):
    root = Value(1.5)
    inner = root * 2.0
    text = pickle.dumps((root.requires_grad_(False), inner))
    monkeypatch.setattr(Freezing, "changes", 0)
    _, inner = pickle.loads(text)
    assert_same(compile(BY_FROZEN["grad"]), inner)


def test_a_frozen_leaf_is_named_with_a_remedy():
    root = Value(1.5)
    inner = root * 2.0
    step = compile(lambda x: grad(lambda t: t * inner)(x), fallback=False)
    assert step(1.0).data == 3.0
    root.requires_grad_(False)
    with pytest.raises(RecordingError, match=r"Value\(3\.0.* leaves that are all frozen now: pass or read its detach"):
        step(1.0)


a = Value(3.0)
b = a * 2.0
c = b * a
RELATED = {
    "the same argument twice": (lambda x, y: derivatives(x * y, x), (a, a)),
    "by the second": (lambda x, y: derivatives(x * y, y), (a, a)),
    "by both": (lambda x, y: derivatives(x * y, [x, y]), (a, a)),
    "an argument computed from another": (lambda x, y: derivatives(x * y, x), (a, b)),
    "in a list": (lambda v: derivatives(v[0] * v[1] * v[2], v[1]), ([a, b, c],)),
    "a captured one is an argument": (lambda x: derivatives(x * x * a, a), (a,)),
    "an argument is a captured one": (lambda x: derivatives(x * x * a, x), (a,)),
    "an argument computed from a captured one": (lambda x: derivatives(x * a, a), (c,)),
    "a captured one computed from an argument": (lambda x: derivatives(x * c, x), (a,)),
    "captured ones": (lambda x: derivatives(c * b * x, a), (1.0,)),
    "captured ones computed from another": (lambda x: derivatives(c * b * x, b), (Value(1.0),)),
    "through a replay": (lambda x: derivatives(x * a, a), (compile(lambda t: t * a)(2.0),)),
    "a derivative of a derivative": (
        lambda x, y: derivatives(derivatives(x * y * y, x, create_graph=True), x, create_graph=True),
        (a, b),
    ),
}


@pytest.mark.parametrize("name", RELATED)
def test_derivatives_by_values_that_others_are_made_from(name):
    f, args = RELATED[name]
    step = compile(f)
    assert_same(step, *args)
    assert fallbacks(step) == 2
    others = [Value(1.25) if isinstance(arg, Value) else arg for arg in args]
    mean = compile(lambda *args: sum(numbers_in(f(*args)))).mean(*map(list, zip(others, args)))
    assert plain(mean) == sum([plain(number) for one in (others, args) for number in numbers_in(f(*one))]) / 2


UNRELATED = {
    "arguments that are leaves": (lambda x, y: derivatives(x * y, [x, y]), (Value(2.0), Value(3.0))),
    "a result of the function itself": (lambda x, y: derivatives(x * x * y, y * y), (a, Value(2.0))),
    "what the result does not depend on": (lambda x, y: derivatives(x * x, x) + y, (a, b)),
    "a captured one that is used elsewhere": (lambda x: derivatives(x * a, a) + c, (2.0,)),
    "by what was computed from another": (lambda x, y: derivatives(x * y, y), (a, b)),
    "a variable of its own": (lambda x, y: grad(lambda t: t * t * y)(x), (a, b)),
}


@pytest.mark.parametrize("name", UNRELATED)
def test_derivatives_by_unrelated_values_are_replayed(name):
    f, args = UNRELATED[name]
    step = compile(f)
    assert_same(step, *args)
    assert fallbacks(step) == 0


def test_a_relation_is_named_in_a_warning():
    step = compile(lambda x, y: derivatives(x * y, x))
    with pytest.warns(RecordingWarning, match=r"by Value\(3\.0, .*depends on a result of this in another way"):
        step(a, b)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(a, b)  # one warning is enough
