"""Freezing: requires_grad and requires_grad_() of a Value, in passes, transforms, copies, pickles and pictures."""

import copy
import pickle
import re
import threading

import pytest

import autograd
from autograd import Constant, Value, compile, derivatives, find_frozen, grad, gradcheck, hessian, jvp, no_grad
from autograd.errors import (
    ArgumentError,
    DomainError,
    NumberTypeError,
    StaleGraphError,
)
from autograd.transforms import zero_grad


def frozen(number, label=None):
    return Value(number, label).requires_grad_(False)


def test_a_frozen_leaf_gets_no_gradient():
    w, x = frozen(3.0), Value(2.0)
    y = w * x + w * w
    y.backward()
    assert (y.data, w.grad, x.grad) == (15.0, 0.0, 3.0)


def test_requires_grad_says_what_pytorch_says():
    w, x = Value(3.0), Value(2.0)
    assert w.requires_grad
    assert (w * x).requires_grad
    w.requires_grad = False
    assert not w.requires_grad
    assert (w * x).requires_grad
    assert not (w * w).requires_grad
    assert not (w * 2.0).requires_grad
    assert not (2.0 - w).requires_grad
    assert not Constant(1.0).requires_grad
    assert not x.detach().requires_grad
    with no_grad():
        assert not (x * x).requires_grad
        assert x.requires_grad
    w.requires_grad = True
    assert w.requires_grad
    assert (w * 2.0).requires_grad
    assert w.requires_grad_() is w
    assert w.requires_grad_(False) is w


def test_a_frozen_leaf_is_a_constant_while_frozen():
    w = Value(3.0, "w")
    assert not w.frozen
    w.requires_grad_(False)
    assert isinstance(w, Constant)
    assert w.frozen
    assert w.rule is None
    assert w.parents == ()
    assert w.partials == ()
    assert type(w * 2.0) is Constant
    assert not (w * 2.0).frozen
    w.requires_grad_()
    assert type(w) is Value
    assert not w.frozen
    assert not Constant(3.0).frozen
    assert not Constant(3.0).requires_grad_(False).frozen


def test_frozen_leaves_keep_identity_hash_label_and_number():
    w = Value(3.0, "w")
    found = {w: 1}
    w.requires_grad_(False)
    w.data = 4.0
    assert found[w] == 1
    assert w.label == "w"
    assert w == w
    assert w.data == 4.0
    assert w < 5.0
    assert bool(w)
    assert repr(w) == 'Value(4.0, grad=0, label="w", requires_grad=False)'
    assert f"{w:.1f}" == "4.0"
    w.requires_grad_(True)
    assert found[w] == 1
    assert repr(w) == 'Value(4.0, grad=0, label="w")'


def test_an_earlier_gradient_stays_until_zero_grad():
    w, x = Value(3.0), Value(2.0)
    (w * x).backward()
    w.requires_grad_(False)
    (w * x).backward()
    assert (w.grad, x.grad) == (2.0, 6.0)
    zero_grad([w, x])
    assert w.grad == 0.0
    w.grad = 5.0
    assert w.grad == 5.0


def test_a_graph_from_before_gives_a_frozen_leaf_nothing():
    w, x = Value(3.0), Value(2.0)
    y, z = w * x, (w * w).exp()
    w.requires_grad_(False)
    y.backward()
    z.backward()  # nothing above it is a variable any more
    assert (w.grad, x.grad, derivatives(y, [w, x])) == (0.0, 3.0, [0.0, 3.0])
    w.requires_grad_(True)
    y.backward()
    assert (w.grad, x.grad) == (2.0, 6.0)


def test_a_graph_from_frozen_times_gives_no_gradient_later():
    w, x = frozen(3.0), Value(2.0)
    y = w * x
    w.requires_grad_(True)
    y.backward()
    assert (w.grad, x.grad, derivatives(y, w)) == (0.0, 3.0, 0.0)
    with pytest.raises(StaleGraphError):
        derivatives(y, w, create_graph=True)
    for show in (autograd.explain, autograd.play):
        with pytest.raises(StaleGraphError, match=r"was frozen when .* was computed from it"):
            show(y)


def test_a_graph_from_frozen_times_where_there_is_no_derivative():
    x, n = Value(-2.0), frozen(2.0)
    y = x**n
    autograd.explain(y)
    n.requires_grad_()
    with pytest.raises(StaleGraphError, match="was frozen when"):
        autograd.explain(y)


@pytest.mark.parametrize("place", range(3))
def test_each_operand_of_a_rule_with_three_may_be_frozen(place):
    def result(operands):
        return autograd.where(operands[0], operands[1] * 2.0, operands[2]) + operands[1] ** operands[2]

    free, held = [Value(1.0), Value(2.0), Value(3.0)], [Value(1.0), Value(2.0), Value(3.0)]
    held[place].requires_grad_(False)
    for operands in (free, held):
        result(operands).backward()
    expected = [v.grad for v in free]
    expected[place] = 0.0
    assert [v.grad for v in held] == expected


def test_no_derivative_of_a_frozen_operand_is_computed():
    assert (frozen(-2.0) ** Value(2.0).detach()).data == 4.0
    x, n = Value(-2.0), frozen(3.0)
    y = x**n  # a derivative by n would be log(-2)
    y.backward()
    assert x.grad == 12.0
    n.requires_grad_(True)
    with pytest.raises(DomainError):
        x**n
    assert frozen(0.0).sqrt().data == 0.0


def test_only_leaves_can_be_frozen():
    y = Value(3.0) * 2.0
    assert y.requires_grad_(True) is y
    for freeze in (lambda: y.requires_grad_(False), lambda: setattr(y, "requires_grad", False)):
        with pytest.raises(ArgumentError, match=re.escape("only a leaf can be frozen, but Value(6.0, grad=0) was")):
            freeze()
    assert y.requires_grad
    replayed = compile(lambda x: x * x)(Value(3.0))
    for node in (replayed, replayed.parents[0]):
        assert node.requires_grad
        with pytest.raises(ArgumentError, match="detach"):
            node.requires_grad_(False)


@pytest.mark.parametrize("flag", [0, 1, None, "no", 1.0, Value(1.0)])
def test_requires_grad_takes_a_bool_only(flag):
    w = Value(1.0)
    with pytest.raises(NumberTypeError, match="requires_grad is True or False, got"):
        w.requires_grad = flag
    with pytest.raises(NumberTypeError):
        w.requires_grad_(flag)
    assert w.requires_grad


def test_a_misspelt_attribute_raises():
    with pytest.raises(AttributeError):
        Value(1.0).require_grad = False
    with pytest.raises(AttributeError):
        Value(1.0).frozen = True


def test_a_detached_number_can_become_a_variable():
    x = Value(3.0)
    y = (x * x).detach().requires_grad_()
    (y * y).backward()
    assert (type(y), y.grad, x.grad) == (Value, 18.0, 0.0)


def test_backward_from_a_frozen_leaf_says_that_it_is_frozen():
    w = frozen(3.0)
    for result in (w, w * 2.0):
        with pytest.raises(ArgumentError, match="from Values that are not frozen"):
            result.backward()
    assert derivatives(w, [w]) == [0.0]
    assert w.grad == 0.0


def test_transforms_take_frozen_leaves_for_constants():
    w, x = frozen(3.0), 2.0
    assert grad(lambda x: w * x * x)(x) == 12.0
    assert type(grad(lambda x: w * x * x)(x)) is float
    assert hessian(lambda x: w * x[0] * x[1] ** 2)([1.0, 2.0]) == [[0.0, 12.0], [12.0, 6.0]]
    assert jvp(lambda x: w * x * x, (x,), (1.0,)) == (12.0, 12.0)
    assert grad(grad(lambda x: w * x**3))(x) == 36.0
    assert grad(lambda v: v * v)(w) == 6.0  # an argument is a variable of its own
    assert gradcheck(lambda x: w * x * x, (x,))
    w.requires_grad_()
    assert type(grad(lambda x: w * x * x)(x)) is Value


def test_derivatives_of_higher_order_see_the_frozen_as_fixed():
    w, x = frozen(3.0), Value(2.0)
    slope = derivatives(w * x**3, x, create_graph=True)
    assert derivatives(slope, [x, w]) == [36.0, 0.0]


def test_copies_and_pickles_stay_frozen():
    w = Value(3.0, "w")
    w.grad = 7.0
    w.requires_grad_(False)
    x = Value(2.0)
    for made in (copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))):
        other = made(w)
        assert (other.frozen, other.data, other.grad, other.label) == (True, 3.0, 7.0, "w")
        assert other is not w
        assert type(other.requires_grad_()) is Value
        assert not made(Constant(1.0)).frozen
        assert made(Value(1.0)).requires_grad
    for made in (copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))):
        y, held, free = made([w * x, w, x])
        y.backward()
        assert (held.frozen, held.grad, free.grad) == (True, 7.0, 3.0)
        assert y.parents == (held, free)


def test_find_frozen_gives_the_places():
    values = [Value(1.0), frozen(2.0), Constant(3.0), Value(4.0) * 2.0]
    assert find_frozen(values) == [1, 2]
    assert find_frozen([]) == []
    assert find_frozen(tuple(values)) == [1, 2]
    for odd in ([1.0], set(values), None):
        with pytest.raises(NumberTypeError, match="find_frozen: expected"):
            find_frozen(odd)


def test_freezing_many_times_frees_all_memory():
    values = [Value(float(i)) for i in range(5000)]
    for wanted in (False, True, False):
        for value in values:
            value.requires_grad_(wanted)
    total = sum(values, Value(0.0))
    total.backward()
    assert total.data == sum(range(5000))
    assert values[0].grad == 0.0
    del total, values
    again = [Value(float(i)) for i in range(10_000)]
    sum(again).backward()
    assert {value.grad for value in again} == {1.0}
    assert {type(value) for value in again} == {Value}


def test_a_deep_chain_from_a_frozen_leaf():
    w, x = frozen(1.0), Value(0.5)
    y = x
    for _ in range(200_000):
        y = y * w
    y.backward()
    assert (x.grad, w.grad) == (1.0, 0.0)


def test_another_thread_may_freeze():
    w, x = Value(3.0), Value(2.0)
    thread = threading.Thread(target=w.requires_grad_, args=(False,))
    thread.start()
    thread.join()
    (w * x).backward()
    assert (w.grad, x.grad) == (0.0, 3.0)


def test_pictures_show_a_frozen_leaf_as_a_constant_with_its_label():
    w, x = frozen(3.0, "w"), Value(2.0, "x")
    y = w * x
    y.backward()
    source = autograd.draw(y).source
    assert "w (frozen)" in source
    assert "frozen: no gradient flows here" in source
    assert re.search(r'label="w\\n3"', source)


def test_explain_gives_a_frozen_leaf_no_gradient(capsys):
    w, x = frozen(3.0, "w"), Value(2.0, "x")
    autograd.explain(w * x)
    printed = capsys.readouterr().out
    assert "v1 = w * x = 3 * 2 = 6" in printed
    assert "x: 3" in printed
    assert "to w" not in printed
    assert "w: " not in printed
