"""The instructions of a program: their order, their columns, their scopes."""

import pytest
from tapes import numbers_at, of_engine, random_tape, recorded

from autograd import Value, compile, scope, sin, tanh
from autograd.replay.recorder import Program
from autograd.table.registry import RULES

(sorted_by,) = of_engine("blocks", "sorted_by")
SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_operands_are_computed_before_they_are_used(seed):
    tape, results = random_tape(seed, size=200)
    program = Program(tape, results)
    known = {slot for slot, _ in program.numbers} | set(program.captured_slots) | set(program.input_slots)
    for run in program.runs:
        for column in run.operands:
            assert known.issuperset(column)
        assert known.issuperset(slot for slot, _ in run.guard)
        written = range(run.start, run.start + run.count)
        assert known.isdisjoint(written)  # each slot is written once
        known.update(written)
    assert known.issuperset(program.results)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_all_examples_share_comes_first(seed):
    tape, results = random_tape(seed, size=200)
    program = Program(tape, results)
    varying = [run.varying[0] for run in program.runs]
    assert varying == sorted(varying)
    for run in program.runs:
        assert run.varying[0] == (run.start >= program.uniform)
        for column, varies in zip(run.operands, run.varying[1:]):
            assert all((slot >= program.uniform) == varies for slot in column)


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_are_as_long_as_there_are_operations(seed):
    tape, results = random_tape(seed, size=200)
    program = Program(tape, results)
    total = 0
    for i, run in enumerate(program.runs):
        inputs = 2 if run.rule is None else len(run.rule.inputs)
        assert [len(column) for column in run.operands] == [run.count * max(len(run.codes), 1)] * inputs
        assert program.blocks.instruction(i).start == run.start
        total += run.count
    assert total == program.size - len(program.numbers) - len(program.captured) - len(program.input_slots)
    rules = {run.rule for run in program.runs if run.rule is not None}
    assert {getattr(rule, "of", rule) for rule in rules} <= program.blocks.rules() | {RULES["pos"]}


def test_operations_of_one_kind_lie_side_by_side():
    w = [Value(0.1 * i) for i in range(50)]
    tape, places = recorded(lambda x: [tanh(v * x) for v in w], "number")
    assert [(run.rule.name, run.count) for run in Program(tape, places).runs] == [("mul", 50), ("tanh", 50)]


def test_what_is_wanted_differs_between_kinds():
    w = Value(2.0)
    tape, places = recorded(lambda x, y: [w * x, w * y, w.detach() * x], "number", "Value")
    wanted = {tuple(run.wanted) for run in Program(tape, places).runs if run.rule.name == "mul"}
    assert wanted == {(True, False), (True, True), (False, False)}


def test_the_scope_of_a_block_is_the_innermost_around_all():
    def f(x):
        found = []
        for layer in ("one", "two"):
            with scope("net"), scope(layer):
                found.append(sin(x + len(found)))
        with scope("net"), scope("two"):
            return [tanh(y * 2.0) for y in found]

    step = compile(f)
    step(Value(0.5))
    assert [(run.rule.name, run.scope) for run in step.program().runs] == [
        ("add", "net"),
        ("sin", "net"),
        ("mul", "net.two"),
        ("tanh", "net.two"),
    ]


def test_places_are_sorted_by_a_column_and_keep_their_order():
    import array

    order, column = array.array("i", [5, 3, 4, 0, 1, 2]), array.array("i", [2, 0, 1, 0, 2, 0])
    assert list(sorted_by(order, column, 2)) == [5, 3, 1, 2, 4, 0]


def test_a_program_without_operations():
    tape, places = recorded(lambda x: [x, 2.0, x], "number")
    program = Program(tape, places)
    assert (program.runs, len(program.blocks), program.nodes) == ([], 0, 2)
    assert numbers_at(tape, places, 3.0) == [3.0, 2.0, 3.0]
