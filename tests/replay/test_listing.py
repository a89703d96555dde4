"""A program as text."""

import itertools

import pytest

import autograd
from autograd import Value, compile, dot, grad, log, scope, sin, tanh, where

x, y = Value(1.5), Value(0.25)


def listed(f, *args):
    step = compile(f)
    step(*args)
    return str(step.program()).splitlines()


def labelled(count):
    return [Value(0.5 * i, label=f"w{i}") for i in range(count)]


def test_a_net_is_a_line_for_each_layer():
    w, b, v = labelled(6), labelled(2), labelled(2)

    def net(x):
        with scope("hidden"):
            hidden = [tanh(dot(w[3 * i : 3 * i + 3], x) + b[i]) for i in range(2)]
        with scope("out"):
            return dot(v, hidden)

    assert listed(net, [1.0, 2.0, 3.0]) == [
        "inputs x[3], captured Values p[10]: w0 … w1, constants c[0]",
        "v2[i] = tanh(Σ p[3i + j]·x[j] + p[i + 8])   i < 2, j < 3   # hidden",
        "v3[0] = Σ p[j + 6]·v2[j]   j < 2   # out",
        "return v3[0]",
    ]


def test_single_operations_and_constants():
    assert listed(lambda x: sin(x) * 0.5 - 1e300, 2.0) == [
        "inputs x[1], captured Values p[0], constants c[2]",
        "v1[1] = sin(x[0])",
        "v2[1] = mul(v1[0], 0.5)",
        "v3[1] = sub(v2[0], 1e+300)",
        "return v3[0]",
    ]


def test_guards_are_shown():
    assert listed(lambda x, y: where(x > 1.0, lambda: log(x), lambda: y * y), 0.5, 2.0) == [
        "inputs x[2], captured Values p[0], constants c[1]",
        "v1[1] = less(1, x[0])",
        "v2[1] = pos(v1[0])",
        "v3[1] = log(x[0])   (where v2[0] ≠ 0)",
        "v4[1] = mul(x[1], x[1])   (where v2[0] = 0)",
        "v5[1] = where(v2[0], v3[0], v4[0])",
        "return v5[0]",
    ]


def test_slopes_of_a_derivative_have_names():
    assert listed(grad(lambda x: tanh(x) * x), 0.5) == [
        "inputs x[1], captured Values p[0], constants c[0]",
        "v1[1] = pos(x[0])",
        "v2[1] = tanh(v1[0])",
        "v3[1] = mul(v2[0], v1[0])",
        "v4[1] = ∂tanh/∂x(v1[0], v2[0])",
        "v5[0] = v2[0] + v1[0]·v4[0]",
        "return v5[0]",
    ]


def test_columns_of_operands_in_and_out_of_order():
    def f(x):
        return [sin(x[i]) for i in (0, 1, 2, 3, 4)], [tanh(x[i]) for i in (4, 0, 2, 1)], [log(x[i]) for i in (2, 0)]

    lines = listed(f, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert set(lines[1:-1]) == {
        "v1[5] = sin(x[0:5])",
        "v2[4] = tanh(x[4], x[0], …)",
        "v3[2] = log(x[2], x[0])",
    }
    assert lines[-1] == "return v1[0], v1[1], v1[2], v1[3], …"


def test_operands_from_two_blocks_are_no_range():
    lines = listed(lambda x: [sin(tanh(x)), sin(log(x))], 0.5)
    (line,) = [line for line in lines if "sin" in line]
    names = line.partition("sin(")[2].rstrip(")").split(", ")
    assert len(names) == 2
    assert all(":" not in name for name in names)


def test_sums_of_numbers_in_no_order():
    w = labelled(1)[0]
    lines = listed(lambda x: x[0] * x[3] + x[1] * x[7] + x[2] * x[5] + w, [0.1 * i for i in range(8)])
    assert lines[1:] == [
        "v1: 1 sums of 4 terms, 3 of them products, of numbers in no order",
        "return v1[0]",
    ]


def test_results_that_are_inputs_numbers_and_captured_values():
    w = Value(2.0, label="w")
    assert listed(lambda x: [x, w, 0.5, x], 1.0) == [
        "inputs x[1], captured Values p[1], constants c[1]",
        "return x[0], p[0], 0.5, x[0]",
    ]


@pytest.mark.parametrize("size", [1, 2, 5, 40])
def test_every_program_can_be_printed(size):
    w = labelled(size)

    def f(xs):
        total = dot(w, xs) + sum(a * b for a, b in itertools.pairwise(xs)) + xs[0]
        return [where(total > 0.0, lambda: log(total), total), grad(lambda t: tanh(t) * total)(xs[-1]), -total, *w[:2]]

    lines = listed(f, [0.1 * i for i in range(size)])
    assert lines[0].startswith(f"inputs x[{size}], captured Values p[{size}]")
    assert lines[-1].startswith("return v")
    assert autograd.compile(f).stats() == []
