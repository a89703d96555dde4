"""Flat arrays beside Values: when they hold the numbers, and that nobody can tell. A fuzz test is in test_nn_flats."""

import copy
import gc
import os
import pickle
import threading

import pytest
from injection import every_point, some_points

import autograd
from autograd import Flat, Value, apply_update, compile, derivatives, dot, no_grad, read_data, read_grad, write_data
from autograd.errors import ArgumentError, NumberTypeError, RecordingError, ResultOverflowError

NATIVE = autograd.backend == "native"
native_only = pytest.mark.skipif(not NATIVE, reason="in plain Python numbers stay in the Values")


def trained(count=5, steps=2, flat=True):
    """Values, a recorded loss, and the Flat that holds their numbers."""
    values = [Value(1.0 + i, f"w{i}") for i in range(count)]
    loss = compile(lambda x: dot(values, values) * x)
    arrays = Flat(values) if flat else None
    for _ in range(steps):
        train(values, loss, arrays)
    assert not flat or arrays.gathered == NATIVE
    return values, loss, arrays


def train(values, loss, flat):
    result = loss(0.5)
    if flat is not None:
        flat.gather()
    apply_update("zero", values, {})
    result.backward()
    if flat is not None:
        flat.gather()
    apply_update(
        "SGD", values, dict.fromkeys(autograd.UPDATES["SGD"].settings, 0.0) | {"lr": 0.1}, [[0.0] * len(values)]
    )
    return result


@pytest.fixture
def right():
    """The numbers and gradients after three steps without a Flat."""
    values, _, _ = trained(steps=3, flat=False)
    return [(value.data, value.grad) for value in values]


@native_only
def test_numbers_are_gathered_once_a_replay_has_gone_backward():
    values = [Value(1.0), Value(2.0)]
    flat, loss = Flat(values), compile(lambda x: values[0] * values[1] * x)
    flat.gather()
    assert not flat.gathered
    (values[0] * values[1]).backward()
    flat.gather()
    assert not flat.gathered  # that was no replay
    loss(1.0).backward()
    flat.gather()
    assert flat.gathered


@native_only
def test_what_does_not_concern_the_values_leaves_them_away():
    values, loss, flat = trained()
    result, x = loss(2.0), Value(3.0)
    assert (result.data, repr(x), x.data, (x * x + 1.0).data) == (result.data, "Value(3.0, grad=0)", 3.0, 10.0)
    (x * x).backward()
    result.backward()
    read_data(values), read_grad(values), autograd.find_frozen(values), write_data(values, [1.0] * 5)
    assert flat.gathered
    assert values[2].label == "w2"
    assert (values[2].rule, values[2].parents, values[2].requires_grad) == (None, (), True)
    assert flat.gathered


LOOKS = {
    "data": lambda v: v.data,
    "grad": lambda v: v.grad,
    "set data": lambda v: setattr(v, "data", 1.0),
    "set grad": lambda v: setattr(v, "grad", 1.0),
    "repr": repr,
    "format": lambda v: f"{v:.2f}",
    "bool": bool,
    "compare": lambda v: v < 2.0,
    "detach": lambda v: v.detach(),
    "freeze": lambda v: v.requires_grad_(False),
    "init": lambda v: v.__init__(3.0),
    "neg": lambda v: -v,
    "add": lambda v: v + 1.0,
    "radd": lambda v: 1.0 + v,
    "mul": lambda v: v * Value(2.0),
    "function": lambda v: v.exp(),
    "where": lambda v: autograd.where(v, v, 0.0),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "backward": lambda v: v.backward(),
    "derivatives": lambda v: derivatives(v, [v]),
}


@native_only
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_at_a_value_brings_all_numbers_home(look):
    values, _, flat = trained()
    LOOKS[look](values[1])
    assert not flat.gathered
    other, _, _ = trained(flat=False)
    LOOKS[look](other[1])
    assert [(v.data, v.grad, v.partials) for v in values] == [(v.data, v.grad, v.partials) for v in other]


@pytest.mark.parametrize("look", LOOKS)
def test_looking_in_between_changes_no_result(look):
    results = []
    for with_flat in (True, False):
        values, loss, flat = trained(flat=with_flat)
        with no_grad():
            LOOKS[look](values[1])
        if values[1].frozen:
            values[1].requires_grad = True
        train(values, loss, flat)
        results.append([(v.data, v.grad) for v in values])
    assert results[0] == results[1]


def test_recording_a_function_of_values_that_are_away(right):
    values, loss, flat = trained()
    other = compile(lambda x: dot(values, values) * x + values[0])
    assert other(2.0).data == 2.0 * dot(values, values).data + values[0].data
    values, loss, flat = trained()
    with pytest.raises(RecordingError, match=r"reading \.data of a Value"):
        compile(lambda x: values[0].data * x)(1.0)
    train(values, loss, flat)
    assert [(v.data, v.grad) for v in values] == right


def test_values_outlive_their_flat(right):
    values, loss, flat = trained(steps=3)
    kept, seen = values[3], [values[1]]
    del values, loss, flat
    gc.collect()
    assert (kept.data, kept.grad) == right[3]
    assert (seen[0].data, seen[0].grad) == right[1]
    (kept * kept).backward()


def test_a_flat_can_be_pickled_and_copied():
    values, _, flat = trained()
    for twin in (pickle.loads(pickle.dumps(flat)), copy.deepcopy(flat)):
        assert [v.data for v in twin.values] == [v.data for v in values]
        assert twin.values[0] is not values[0]
        assert not twin.gathered
    other, same = copy.deepcopy((flat, values))
    assert list(other.values) == same


@native_only
def test_two_flats_of_the_same_values_agree():
    values, loss, flat = trained()
    other, part = Flat(values), Flat(values[1:3])
    for arrays in (other, part):
        arrays.gather()
        train(values, loss, arrays)
        assert flat.gathered
        assert not arrays.gathered
    del flat
    train(values, loss, other)
    assert other.gathered
    expected, _, _ = trained(steps=5, flat=False)
    assert [v.data for v in values] == [v.data for v in expected]


@native_only
def test_a_flat_waits_longer_where_others_want_the_numbers_first():
    values, loss, flat = trained()
    moves = 0
    for _ in range(100):
        loss(0.5).backward()
        flat.gather()
        moves += flat.gathered
        assert values[0].data
    assert 3 < moves < 10
    for _ in range(1200):
        loss(0.5).backward()
        flat.gather()
    assert flat.gathered


@native_only
def test_many_operations_on_other_values_bring_the_numbers_home():
    _values, _, flat = trained()
    x = y = Value(1.0)
    for _ in range(500):
        y = y + x
    assert flat.gathered
    for _ in range(600):
        y = y + x
    assert not flat.gathered


def test_frozen_values_stay_at_home():
    values, loss, flat = trained()
    values[2].requires_grad = False
    before = values[2].data
    train(values, loss, flat)
    assert not flat.gathered
    assert autograd.find_frozen(values) == [2]
    assert (values[2].data, values[2].grad) == (before, 0.0)
    values[2].requires_grad = True
    for _ in range(3):
        train(values, loss, flat)
    assert flat.gathered == NATIVE


@pytest.mark.parametrize("where", ["flat", "beside"])
def test_a_gradient_that_overflows_changes_nothing(where):
    values, _, _flat = trained()
    x = Value(1e200, "x")
    steep = compile(lambda y: dot(values, values) * y)
    result = steep(x) if where == "beside" else steep(1e200)
    before = read_grad(values).tolist()
    with pytest.raises(ResultOverflowError, match=r'the gradient of .*"(w\d|x)"'):
        result.backward(1e200)
    assert read_grad(values).tolist() == before
    assert (x.grad, result.grad) == (0.0, 0.0)
    result.backward(1e-200)
    assert read_grad(values).tolist() != before


def test_one_pass_through_replays_and_ordinary_nodes():
    results = []
    for with_flat in (True, False):
        values, loss, _ = trained(flat=with_flat)
        total = loss(0.5) + 2.0 * loss(0.25) + values[1] * values[2]
        total.backward()
        results.append([(v.data, v.grad) for v in values])
    assert results[0] == results[1]


@pytest.mark.parametrize("which", range(3))
def test_an_ordinary_graph_from_before_the_numbers_left(which):
    results = []
    for with_flat in (True, False):
        values, loss, flat = trained(flat=with_flat)
        graph = [values[0] * values[1], loss(2.0) + values[2] ** 2, (values[3] * 2.0).tanh()][which]
        loss(0.5).backward()
        if with_flat:
            flat.gather()
            assert flat.gathered == NATIVE
        graph.backward()
        results.append([(v.data, v.grad) for v in values])
    assert results[0] == results[1]


def test_parameters_among_the_arguments_of_a_replay():
    results = []
    for with_flat in (True, False):
        values, loss, flat = trained(flat=with_flat)
        loss(values[3]).backward()
        loss.mean([values[0], values[1], Value(2.0)]).backward()
        assert not with_flat or flat.gathered == NATIVE
        results.append([(v.data, v.grad) for v in values])
    assert results[0] == results[1]


def test_a_replay_of_values_some_of_which_are_away():
    results = []
    for with_flat in (True, False):
        values, _, flat = trained(flat=with_flat)
        inside, outside = Value(3.0), Value(0.25) * 2.0
        both = compile(lambda x, all=[*values, inside, outside]: dot(all, all) * x)
        for _ in range(2):
            both(0.5).backward()
        assert not with_flat or flat.gathered == NATIVE
        results.append([(v.data, v.grad) for v in [*values, inside, outside]])
    assert results[0] == results[1]


def test_derivatives_of_a_replay_of_values_that_are_away():
    values, loss, flat = trained()
    result = loss(0.5)
    assert flat.gathered == NATIVE
    found = derivatives(result, values)
    assert found == [v.data for v in values]
    assert read_grad(values) != found


def test_second_derivatives_of_a_replay_of_values_that_are_away():
    results = []
    for with_flat in (True, False):
        values, loss, _ = trained(flat=with_flat)
        first = derivatives(loss(0.5), values, create_graph=True)
        results.append([[d.data for d in first], derivatives(first[1], values)])
    assert results[0] == results[1]


def test_threads_that_look_and_compute_change_nothing(right):
    values, loss, flat = trained(steps=1, flat=False)
    flat, done, seen = Flat(values), threading.Event(), []

    def look():
        while not done.is_set():
            with no_grad():
                seen.append((values[len(seen) % 5].data, (values[0] * values[1]).data, repr(values[2])))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        train(values, loss, flat)
    done.set()
    for thread in threads:
        thread.join()
    expected, _, _ = trained(steps=301, flat=False)
    assert [(v.data, v.grad) for v in values] == [(v.data, v.grad) for v in expected]


def test_an_interrupt_anywhere_leaves_a_step_before_or_after():
    values, loss, flat = trained()
    states = []
    for _ in range(4):  # what the numbers can be
        states.append((read_data(values).tolist(), read_grad(values).tolist()))
        write_data(values, states[0][0])
        train(values, loss, flat)
    start = states[0][0]

    def work():
        train(values, loss, flat)

    points = some_points(work, 400)
    write_data(values, start)
    loss(0.5).backward()
    flat.gather()
    for _ in every_point(work, numbers=points):
        assert read_data(values).tolist() in (start, states[1][0])
        assert [v.data for v in values] == read_data(values).tolist()
        assert [v.grad for v in values] == read_grad(values).tolist()
        write_data(values, start)
        loss(0.5).backward()
        flat.gather()


# What a forked process finds can be seen only where there is fork().
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_takes_the_numbers_along(right):
    values, loss, flat = trained()
    child = os.fork()
    if child == 0:
        train(values, loss, flat)
        os._exit([(v.data, v.grad) for v in values] != right)
    assert os.waitpid(child, 0)[1] == 0
    train(values, loss, flat)
    assert [(v.data, v.grad) for v in values] == right


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({Value(1.0)}, NumberTypeError, "Flat: expected a list or tuple of Values, got set"),
        ([Value(1.0), 2.0], NumberTypeError, "Flat: expected Values only, got float"),
        ([x := Value(1.0), x], ArgumentError, "Flat: a Value occurs twice"),
    ],
)
def test_what_is_no_list_of_distinct_values_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        Flat(values)


def test_an_empty_flat():
    flat = Flat([])
    flat.gather()
    assert (flat.values, flat.gathered) == ((), False)
