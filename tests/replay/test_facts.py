"""What the passes find out about a tape, beside the same found out in another way; and sums of products, to the bit."""

from random import Random

import pytest
from tapes import of_engine, random_tape, recorded

from autograd import Value, dot, no_grad
from autograd.replay.machine import Machine, PythonMachine
from autograd.replay.recorder import CODES, FLAGS, Program
from autograd.table.registry import RULES

names = ["Facts", "find_wanted_and_varying", "count_uses", "find_sums", "find_levels", "codes_of"]
Facts, find_wanted_and_varying, count_uses, find_sums, find_levels, codes_of = of_engine("facts", *names)
A_VARIES, B_VARIES, HAS_B, A_WANTED, B_WANTED = FLAGS
SEEDS = range(30)


def facts_of(tape, results=None):
    facts = Facts(tape)
    find_wanted_and_varying(tape, facts)
    if results is not None:
        count_uses(tape, facts, results)
        find_sums(tape, facts, RULES["add"].index, RULES["mul"].index)
        find_levels(tape, facts)
    return facts


def parts_of(tape, place):
    if tape.rule[place] == CODES["leaf"]:
        return []
    return [part for part in (tape.a[place], tape.b[place], tape.c[place]) if part >= 0]


def conditions_of(tape, place):
    return [condition for condition, _ in tape.guards[tape.guard_of[place]]]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_wanted_and_what_varies(seed):
    tape, _ = random_tape(seed)
    facts = facts_of(tape)
    for place in range(tape.count):
        parts, conditions = parts_of(tape, place), conditions_of(tape, place)
        if not parts:
            assert bool(facts.varying[place]) == (place in tape.inputs)
            assert bool(facts.wanted[place]) == bool(tape.flags[place] & 1)
            continue
        wanted = bool(tape.flags[place] & CODES["passes"]) and any(facts.wanted[part] for part in parts)
        assert bool(facts.wanted[place]) == wanted
        assert bool(facts.varying[place]) == any(facts.varying[part] for part in [*parts, *conditions])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_level_is_one_above_the_operands_a_sum_counts_once(seed):
    tape, results = random_tape(seed)
    facts = facts_of(tape, results)

    def levels(place):
        """Those of the operands with a slot: what is inside a sum is looked through."""
        for part in [*parts_of(tape, place), *conditions_of(tape, place)]:
            yield from levels(part) if facts.uses[part] < 0 else [facts.level[part]]

    for place in range(tape.count):
        if facts.uses[place] >= 0:
            assert facts.level[place] == (1 + max(levels(place)) if parts_of(tape, place) else 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_uses_are_counted(seed):
    tape, results = random_tape(seed)
    facts = Facts(tape)
    find_wanted_and_varying(tape, facts)
    count_uses(tape, facts, results)
    uses = [2 * (results.count(place) + tape.inputs.count(place)) for place in range(tape.count)]
    for place in range(tape.count):
        for part in parts_of(tape, place):
            uses[part] += 2 if part == tape.c[place] else 1
        for condition in conditions_of(tape, place):
            uses[condition] += 2
    unused = [place for place in range(tape.count) if not uses[place] and tape.rule[place] != CODES["leaf"]]
    for place in unused:  # kept, as it may fail
        uses[place] = 2
    assert list(facts.uses) == uses


@pytest.mark.parametrize("seed", SEEDS)
def test_random_sums_are_the_same_to_the_bit(seed):
    random = Random(seed)
    w = [Value(random.gauss(0, 10 ** random.randint(-3, 3))) for _ in range(8)]
    picks = [(*random.choices(range(16), k=2), random.random()) for _ in range(random.randint(3, 30))]

    def f(*x):
        terms, total = [*w, *x], None
        for i, j, kind in picks:
            term = terms[i] * terms[j] if kind < 0.7 else terms[i]
            total = term if total is None else total + term if kind < 0.9 else total * 0.5 + term
        return total

    xs = [random.gauss(0, 10 ** random.randint(-3, 3)) for _ in range(8)]
    tape, places = recorded(f, *["number"] * 4, *["Value"] * 4)
    program = Program(tape, places)
    eager = f(*xs[:4], *map(Value, xs[4:]))
    for machine in (Machine, PythonMachine):
        assert machine(program).run([xs], program.results)[0][0] == eager.data


def test_what_is_used_elsewhere_is_no_part_of_a_sum():
    def f(x, y, z):
        a = x * y
        b = a + z * z
        return [b + x * z + y, a]

    tape, results = recorded(f, "Value", "Value", "Value")
    facts = facts_of(tape, results)
    terms = {place: facts.terms[place] for place in range(tape.count) if facts.terms[place]}
    assert terms == {results[0]: 4}
    assert facts.uses[results[1]] > 0


def test_the_codes_of_a_sum():
    w, v = Value(2.0), Value(3.0)

    def f(x, y):
        with no_grad():
            quiet = y * w
        return x * w + w * v + y + x * y + w + quiet

    tape, (end,) = recorded(f, "number", "Value")
    facts = facts_of(tape, [end])
    assert list(codes_of(tape, facts, end, facts.factors)) == [
        A_WANTED + HAS_B + B_VARIES,  # what varies comes second
        A_WANTED + HAS_B + B_WANTED,
        A_VARIES + A_WANTED,
        A_VARIES + HAS_B + B_VARIES + B_WANTED,
        A_WANTED,
        A_VARIES,
    ]


@pytest.mark.parametrize("n", [2, 3, 1000])
def test_a_sum_ends_at_what_is_not_finite(n):
    tape, places = recorded(lambda *xs: dot(xs, xs[::-1]) + sum(xs), *["number"] * n)
    program = Program(tape, places)
    for machine in (Machine, PythonMachine):
        assert machine(program).run([[1e200] * n], program.results) is None
        assert machine(program).run([[1.0] * n], program.results)[0][0] == 2 * n
