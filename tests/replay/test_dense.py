"""Dense blocks: which sums of products are matrices times rows."""

from random import Random

import pytest
from tapes import recorded

import nn
from autograd import Value, compile, dot, mean, sin
from autograd.replay.dense import Affine, dense_blocks, multiply_adds
from autograd.replay.recorder import Program


def weights(rows, columns):
    return [[Value(0.1 * i - 0.2 * j) for j in range(columns)] for i in range(rows)]


def sums_of(f, inputs, kind="number"):
    """All dense blocks of a function, and the results that belong to none."""
    tape, places = recorded(lambda *xs: f(list(xs)), *[kind] * inputs)
    program = Program(tape, places)
    blocks, odd = [], 0
    for run in program.runs:
        if run.rule is None:
            found, left = dense_blocks(run)
            blocks += found
            odd += len(left)
            check_slots(run, found, left)
    return program, blocks, odd


def check_slots(run, found, left):
    """The numbers of dense blocks say the same as the lists of slots."""
    first, second = (column.tolist() for column in run.operands)
    expected = {}
    for k in set(range(run.count)) - set(left):
        terms = slice(k * len(run.codes), (k + 1) * len(run.codes))
        pairs = zip(run.codes, first[terms], second[terms])
        expected[run.start + k] = [(a, b if code & 4 else None) for code, a, b in pairs]
    assert sum(block.rows * block.columns for block in found) == len(expected)
    for block in found:
        for row in range(block.rows):
            for column in range(block.columns):
                slots = [
                    tuple(factor and at(factor, row, column, term) for factor in (segment.a, segment.b))
                    for segment in block.segments
                    for term in range(segment.terms)
                ]
                assert expected[block.start + row * block.columns + column] == slots


def at(factor, row, column, term):
    return factor.start + row * factor.row_step + column * factor.column_step + term * factor.term_step


@pytest.mark.parametrize(("outputs", "inputs"), [(1, 3), (4, 3), (7, 1), (16, 64), (1, 1)])
def test_a_layer_is_one_block(outputs, inputs):
    w, b = weights(outputs, inputs), [Value(0.5) for _ in range(outputs)]
    program, blocks, odd = sums_of(lambda x: [dot(row, x) + bias for row, bias in zip(w, b)], inputs)
    assert (odd, len(blocks)) == (0, 1)
    assert blocks[0].rows * blocks[0].columns == outputs
    assert blocks[0].products == outputs * inputs
    assert multiply_adds(program) == (outputs * inputs, outputs * inputs)


def test_a_layer_on_several_rows_is_rows_times_columns():
    w = weights(4, 3)

    def f(x):
        return [dot(row, x[3 * k : 3 * k + 3]) for k in range(5) for row in w]

    _, (block,), odd = sums_of(f, 15)
    assert (odd, block.rows, block.columns, block.products) == (0, 5, 4, 60)
    a, b = block.segments[0].a, block.segments[0].b
    assert (a.row_step, a.column_step, a.term_step) == (0, 3, 1)
    assert (b.row_step, b.column_step, b.term_step) == (3, 0, 1)


def test_a_convolution_is_a_block_with_shared_weights():
    w = [Value(1.0), Value(2.0), Value(3.0)]
    _, (block,), odd = sums_of(lambda x: [dot(w, x[k : k + 3]) for k in range(8)], 10)
    assert (odd, block.rows * block.columns, block.products) == (0, 8, 24)
    factor = block.segments[0].b
    assert isinstance(factor, Affine)
    assert 1 in (factor.row_step, factor.column_step)


def test_numbers_in_no_order_belong_to_no_block():
    w, picks = weights(1, 40)[0], Random(1).sample(range(40), 12)
    dot(w, w)
    program, blocks, odd = sums_of(
        lambda x: [dot([x[i] for i in picks[k:]], [sin(x[i + 1]) for i in picks[: 12 - k]]) for k in range(3)], 41
    )
    assert odd == 3
    assert not blocks
    assert multiply_adds(program) == (12 + 11 + 10, 0)


def test_part_of_a_block_may_be_in_order():
    w = weights(3, 4)

    def f(x):
        return [dot(w[0], x[:4]), dot(w[1], [x[0], x[3], x[1], x[2]]), dot(w[2], x[:4])]

    program, blocks, odd = sums_of(f, 4)
    assert multiply_adds(program) == (12, sum(block.products for block in blocks))
    assert odd == 1


@pytest.mark.parametrize("starts", [(0, 2, 5), (0, 2, 4, 7), (5, 4, 2), (0, 1, 4, 5, 8, 9), (0, 0, 1)])
def test_results_with_other_distances_are_other_blocks(starts):
    w = [Value(1.0), Value(2.0), Value(3.0)]
    _, blocks, odd = sums_of(lambda x: [dot(w, x[k : k + 3]) for k in starts], 12)
    assert (odd, sum(block.rows * block.columns for block in blocks)) == (0, len(set(starts)))


@pytest.mark.parametrize("seed", range(20))
def test_random_sums_keep_their_slots(seed):
    random = Random(seed)
    w = weights(1, 20)[0]
    starts = [(random.randrange(8), random.randrange(8), random.choice([1, 1, -1])) for _ in range(6)]

    def f(x):
        return [dot(w[i : i + 9 : 3], x[j : j + 9 : 3][::step]) for i, j, step in starts]

    sums_of(f, 17)


def loss_of_digits():
    model = nn.MLP(64, [24, 10], activation="relu", seed=0)
    return compile(lambda x, y: nn.losses.cross_entropy(model(x), y)), ([0.1] * 64, 3.0)


def loss_of_moons():
    model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=0)
    return compile(lambda x, y: (model(x) - y) ** 2), ([0.5, -0.5], 1.0)


def loss_of_gpt():
    model = nn.GPT(11, context=6, width=16, heads=4, layers=1, seed=0)

    def loss(tokens, targets):
        return mean([nn.losses.cross_entropy(scores, y) for scores, y in zip(model(tokens), targets)])

    return compile(loss), ([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("make", [loss_of_digits, loss_of_moons, loss_of_gpt])
def test_nearly_all_multiply_adds_of_models_are_dense(make):
    step, args = make()
    step(*args)
    (stats,) = step.stats()
    assert stats["multiply_adds"] > 200
    assert stats["dense"] >= 0.99 * stats["multiply_adds"]


def convolution(outputs, height, width, size):
    """The sums of a convolution over an image in one list: the outputs at one place side by side."""
    w = weights(outputs, size * size)

    def f(x):
        return [
            dot(kernel, [x[(r + i) * width + c + j] for i in range(size) for j in range(size)])
            for r in range(height - size + 1)
            for c in range(width - size + 1)
            for kernel in w
        ]

    return f


@pytest.mark.parametrize(("outputs", "size"), [(2, 3), (5, 2), (1, 3)])
def test_a_convolution_is_a_block_for_each_row_of_places(outputs, size):
    program, blocks, odd = sums_of(convolution(outputs, 5, 6, size), 30)
    assert odd == 0
    grid = (7 - size, outputs) if outputs > 1 else (6 - size, 7 - size)  # rows and columns
    assert [(block.rows, block.columns, len(block.segments)) for block in blocks] == [
        (*grid, size) for _ in range(6 - size if outputs > 1 else 1)
    ]
    assert multiply_adds(program) == ((6 - size) * (7 - size) * outputs * size * size,) * 2


def test_a_single_sum_in_no_order_stays_a_list():
    """Nothing shares its operands: cut into spans, it would only be slower."""
    _, blocks, odd = sums_of(lambda x: [dot(weights(1, 9)[0], [x[k * k % 16] for k in range(9)])], 16)
    assert (blocks, odd) == ([], 1)
