"""latex: expressions and derivatives, evaluated again and compared with the engine."""

import math
import random
import re

import pytest

import nn
from autograd import Constant, Value, div, latex, log, maximum, relu, sigmoid, sin, tanh
from autograd.errors import GraphTooLargeError, NumberTypeError
from autograd.table.latex import latex_label


def evaluated(text, **variables):
    """The value of what `latex` writes, read by a few replacements, independently of the code that writes it."""
    text = re.sub(r"\\frac\{", "FRAC{", text).replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\cdot", "*")
    while (at := text.find("FRAC{")) >= 0:
        top, rest = braces(text, at + 4)
        bottom, rest = braces(text, rest)
        text = f"{text[:at]}(({top})/({bottom})){text[rest:]}"
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\1", text).replace(r"\sigma", "sigma")
    while "^{" in text:
        at = text.rindex("^{")
        power, rest = braces(text, at + 1)
        text = f"{text[:at]}**({power}){text[rest:]}"
    text = text.replace("{", "(").replace("}", ")").replace("\\", "")
    known = {"tanh": math.tanh, "cosh": math.cosh, "sin": math.sin, "cos": math.cos, "log": math.log, "e": math.e}
    known |= {"sigma": lambda v: 1 / (1 + math.exp(-v)), "step": lambda v: float(v > 0), "relu": lambda v: max(v, 0)}
    known |= {"maximum": max}
    return eval(text, known | variables)


def braces(text, start):
    """What is in the braces at `start`, and where they end."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[start + 1 : i], i + 1
    raise AssertionError(text)


FUNCTIONS = {
    "a neuron": lambda w, x: tanh(w * x + 0.25),
    "a square": lambda w, x: (w * x - 3) ** 2,
    "a quotient": lambda w, x: sin(x) / (w * w + 1) - -x,
    "one node twice": lambda w, x: (w * x) * (w * x) + w,
    "kinks": lambda w, x: relu(w) * sigmoid(x) + relu(-w),
    "negative numbers": lambda w, x: -2 * w - (x - -1.5) * -w,
    "powers": lambda w, x: x**3 + x**w,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_expression_and_derivative_have_the_values_of_the_engine(name):
    generator = random.Random(name)
    for _ in range(5):
        w, x = Value(generator.uniform(0.2, 2), "w"), Value(generator.uniform(0.2, 2), "x")
        y = FUNCTIONS[name](w, x)
        numbers = {"w": w.data, "x": x.data}
        assert evaluated(latex(y), **numbers) == pytest.approx(y.data, rel=1e-12)
        y.backward()
        for leaf in (w, x):
            assert evaluated(latex(y, wrt=leaf), **numbers) == pytest.approx(leaf.grad, rel=1e-12)


def test_the_derivative_is_that_of_the_chain_rule():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(-1.0, "b")
    y = tanh(w * x + b)
    assert latex(y) == r"\tanh(w \cdot x + b)"
    assert latex(y, wrt=w) == r"\frac{1}{{\cosh(w \cdot x + b)}^{2}} \cdot x"
    assert latex(y, wrt=b) == r"\frac{1}{{\cosh(w \cdot x + b)}^{2}}"
    assert latex((x - 1) ** 2, wrt=x) == r"2 \cdot {(x - 1)}^{2 - 1}", "not simplified any further"


def test_it_is_simplified_by_0_and_1():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    assert latex(x + w, wrt=x) == "1"
    assert latex(x * 1, wrt=x) == "1"
    assert latex(x * 1) == r"x \cdot 1", "but an expression is as it was written"
    assert latex(x * w, wrt=Value(1.0)) == "0"
    assert latex(x, wrt=x) == "1"


def test_the_derivative_may_be_taken_by_a_node_between():
    x = Value(2.0, "x")
    h = x * x
    assert latex(sin(h), wrt=h) == r"\cos(x \cdot x)"


def test_names_are_the_users():
    assert latex_label("x") == "x"
    assert latex_label("x12") == "x_{12}"
    assert latex_label("x_1") == "x_{1}"
    assert latex_label("alpha") == r"\alpha"
    assert latex_label("theta_max") == r"\theta_{\text{max}}"
    assert latex_label("layer0.neuron1.w2") == r"\text{layer0.neuron1.w2}"
    assert latex_label("50% of {a_b}\\") == r"\text{50\% of \{a\_b\}\textbackslash{}}"
    assert latex(Value(2.0) * Value(3.0, "w")) == r"v_{1} \cdot w"
    assert latex(Value(2.0) * Constant(3.0, "x0")) == r"v_{1} \cdot x_{0}"


def test_a_rule_of_the_table_is_written_as_equations():
    assert latex(log) == r"\frac{\partial \log}{\partial x} = \frac{1}{x}", "not log(x) = log(x)"
    assert latex(div).splitlines()[0] == r"\operatorname{div}(x, y) = \frac{x}{y}"
    assert r"\begin{cases}" in latex(maximum)


def test_a_network_can_be_written():
    model = nn.MLP(2, [2, 1], activation="tanh", seed=0)
    y = model([0.5, -1.0])
    assert latex(y).count(r"\tanh") == 2
    weight = model.parameters()[0]
    assert r"\cosh" in latex(y, wrt=weight)


def test_what_is_too_long_is_refused():
    y = Value(1.0)
    for _ in range(50_000):
        y = y + 1.0
    with pytest.raises(GraphTooLargeError, match=r"latex: the formula has 100,001 symbols or more; at most 2,000"):
        latex(y)
    y = Value(1.0)
    for _ in range(60):
        y = y * y
    with pytest.raises(GraphTooLargeError, match="Write out a part of it"):
        latex(y)
    y = Value(1.0)
    for _ in range(200):
        y = sin(y)
    with pytest.raises(GraphTooLargeError, match="up to 201 within one another"):
        latex(y)


def test_what_is_not_a_value_is_refused():
    with pytest.raises(NumberTypeError, match="expected a Value, got float"):
        latex(3.0)
    with pytest.raises(NumberTypeError, match="latex: wrt: expected a Value, got str"):
        latex(Value(1.0) * 2, wrt="x")
