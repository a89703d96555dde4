"""The tape: its columns, what is shared, guards, copies, and where two tapes differ."""

import math

import pytest
from soaking import SOAK
from tapes import numbers_at, of_engine, random_tape, recorded

import autograd
from autograd import Value, grad, no_grad, sin, tanh, where
from autograd.engine import graph_wanted, recording
from autograd.replay.recorder import CODES, Fragment, Recorder, described, first_difference
from autograd.replay.unrolled import graph_of
from autograd.table.registry import RULES

(Tape,) = of_engine("tape", "Tape")
ADD, MUL, SIN = RULES["add"].index, RULES["mul"].index, RULES["sin"].index
NATIVE = autograd.backend == "native"


@pytest.mark.parametrize("count", [63, 64, 65, 2**11 + 1, 2**16 + 1, *([10**6 + 1] if NATIVE or SOAK else [])])
def test_columns_grow_and_keep_what_is_in_them(count):
    tape = Tape()
    tape.add(CODES["leaf"], -1, -1, -1, 3)
    for place in range(1, count):
        assert tape.add(ADD, place - 1, place // 2, -1, place % 200) == place
    tape.trimmed()
    places = range(1, count)
    assert tape.count == count
    assert set(map(len, (tape.rule, tape.a, tape.b, tape.c, tape.flags, tape.guard_of, tape.scope_of))) == {count}
    assert list(tape.rule) == [CODES["leaf"], *[ADD for _ in places]]
    assert list(tape.a) == [-1, *[place - 1 for place in places]]
    assert list(tape.b) == [-1, *[place // 2 for place in places]]
    assert list(tape.flags) == [3, *[place % 200 for place in places]]
    assert not any([*tape.guard_of, *tape.scope_of])


def two_inputs():
    tape = Recorder()
    return tape, tape.input("Value").place, tape.input("Value").place


def test_an_operation_is_shared_with_one_of_the_last_eight():
    tape, x, y = two_inputs()
    first = tape.operation(ADD, x, y, -1)
    for _ in range(7):
        tape.operation(MUL, x, tape.operation(SIN, tape.count - 1, -1, -1), -1)
    assert tape.operation(ADD, x, y, -1) == first
    assert tape.operation(ADD, y, x, -1) != first
    assert tape.operation(MUL, x, y, -1) != first


def test_an_operation_far_back_is_written_again_with_its_result():
    def f(x):
        far = sin(x)
        return [far, *[x * i for i in range(2, 30)], sin(x)]

    tape, places = recorded(f, "Value")
    found = numbers_at(tape, places, 0.3)
    assert places[0] != places[-1]
    assert found[0] == found[-1] == math.sin(0.3)


def test_without_gradients_an_operation_is_another_one():
    tape, x, y = two_inputs()
    first = tape.operation(ADD, x, y, -1)
    with no_grad():
        second = tape.operation(ADD, x, y, -1)
        assert tape.operation(ADD, x, y, -1) == second != first
    assert tape.operation(ADD, x, y, -1) == first
    assert tape.operation(CODES["detached"], x, -1, -1) != tape.operation(RULES["pos"].index, x, -1, -1)


def test_an_operation_is_shared_inside_its_guard_alone():
    tape, x, y = two_inputs()
    outside = tape.operation(ADD, x, y, -1)
    before = tape.add_guard([(x, True)])
    assert tape.operation(ADD, x, y, -1) == outside
    inside = tape.operation(MUL, x, y, -1)
    tape.guard = before
    assert tape.guards[tape.guard_of[inside]] == ((x, True),)
    assert tape.operation(MUL, x, y, -1) != inside
    tape.add_guard([(x, False)])
    assert tape.operation(MUL, x, y, -1) != inside


def test_a_variable_of_a_derivative_is_not_shared_with_plus_x():
    for f in (lambda x: grad(lambda t: t * (+x))(x), lambda x: grad(lambda t: (+x) * t + (+t))(x) - 1.0):
        step = autograd.compile(f)
        assert [step(Value(3.0)).data for _ in range(2)] == [3.0, 3.0]
    w = Value(2.0)
    nested = autograd.compile(lambda x: grad(lambda a: grad(lambda t: t * (+a) * (+w))(a) * a)(x))
    assert [nested(3.0).data for _ in range(2)] == [12.0, 12.0]


def test_guards_extend_one_another_and_are_kept_once():
    tape, x, y = two_inputs()
    before = tape.add_guard([(x, True), (y, False)])
    assert tape.guards[tape.guard] == ((x, True), (y, False))
    count = len(tape.guards)
    tape.guard = before
    tape.add_guard([(x, True), (y, False)])
    assert len(tape.guards) == count


def test_numbers_are_kept_once_and_zeros_keep_their_signs():
    tape = Recorder()
    places = [tape.number(number) for number in (0.0, -0.0, 1.0, 2, 2.0, 1e-320)]
    assert len(set(places)) == 5
    assert [math.copysign(1, tape.number_at(place)) for place in places[:2]] == [1.0, -1.0]
    assert [tape.number(number) for number in (0.0, -0.0, 1.0, 2.0, 2, 1e-320)] == places
    assert tape.number(math.nan) != tape.number(math.nan)


def test_numbers_alone_are_computed_unless_that_fails():
    tape = Recorder()
    one, big, zero = (tape.number(number) for number in (1.0, 1e200, 0.0))
    assert tape.number_at(tape.emitted(ADD, one, one, -1)) == 2.0
    assert tape.number_at(tape.emitted(MUL, big, big, -1)) is None
    assert tape.number_at(tape.emitted(RULES["div"].index, one, zero, -1)) is None


def test_labels_belong_to_places():
    def f(x):
        y = x * 2.0
        y.label = "twice"
        return y + 1.0

    tape, (end,) = recorded(f, "Value")
    assert tape.labels == {tape.a[end]: "twice"}


@pytest.mark.parametrize("seed", range(40))
def test_a_copy_gives_the_same_to_the_bit(seed):
    tape, places = random_tape(seed)
    new = Recorder()
    with recording(new), graph_wanted():
        inputs = [new.input(kind).place for kind in ("number", "Value", "Value")]
        [new.operation(SIN, place, -1, -1) for place in inputs]  # so that places are not the same
        new.add_guard([(inputs[0], True)])
        copied = [new.copied(Fragment(tape, list(tape.inputs), place), inputs) for place in places]
    for row in ((0.5, -0.75, 2.0), (-1.5, 0.0, 0.25)):
        assert list(map(repr, numbers_at(new, copied, *row))) == list(map(repr, numbers_at(tape, places, *row)))
        graph = [graph_of(Fragment(tape, list(tape.inputs), place), row) for place in places]
        plain = [number.data if isinstance(number, Value) else number for number in graph]
        assert plain == numbers_at(tape, places, *row)


def test_a_fragment_needs_operands_and_conditions_alone():
    tape, (end, other) = recorded(
        lambda x, y: [where(sin(x), lambda: x * y, lambda: tanh(y)), x - y], "number", "Value"
    )
    fragment = Fragment(tape, list(tape.inputs), end)
    assert [described(tape.rule[place]).name for place in fragment.operations] == ["sin", "mul", "tanh", "where"]
    assert other not in fragment.needed
    assert Fragment(tape, [end], end).operations == []


def variant(change=""):
    """A tape that is the same each time, but for one change."""
    tape, x, y = two_inputs()
    w = Value(3.0)
    tape.source(BORN if change == "other Value" else w, True, 2)
    tape.number(1.0 if change != "number" else 2.0)
    tape.open_scope("other" if change == "scope" else "one")
    tape.add_guard([(x, change != "side")])
    with no_grad() if change == "no_grad" else graph_wanted():
        place = tape.operation(MUL if change == "rule" else ADD, y if change == "operand" else x, y, -1)
    if change == "guard":
        tape.guard = 0
    tape.operation(SIN, place, -1, -1)
    if change == "more":
        tape.operation(SIN, y, -1, -1)
    return tape, {id(w), id(BORN)}


BORN = Value(4.0)
SAME = {"": -1, "scope": -1}
DIFFERENCES = {**SAME, "other Value": 2, "number": 3, "rule": 4, "operand": 4, "no_grad": 4, "guard": 5}
DIFFERENCES |= {"side": 6, "more": 6}


@pytest.mark.parametrize(
    ("change", "place"),
    DIFFERENCES.items(),
)
def test_the_first_difference_is_found(change, place):
    (one, born), (other, also_born) = variant(), variant(change)
    assert first_difference(one, other, born, also_born) == first_difference(other, one, also_born, born) == place
    assert first_difference(one, other, set(), set()) == 2
