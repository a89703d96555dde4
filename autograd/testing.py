"""Hypothesis strategies for property tests of derivatives: points of a primitive, Values, random expressions.

    from hypothesis import strategies as st
    from autograd.testing import assert_gradients_match

    def test_my_function():
        assert_gradients_match(my_function, st.tuples(st.floats(0.1, 10), st.floats(-5, 5)))

Needs the package hypothesis: pip install "glassgrad[check]".
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autograd.check.gradcheck import bent, gradcheck
from autograd.engine import Value, topological_order
from autograd.engine.functions import FUNCTIONS, PUBLIC
from autograd.errors import ArgumentError, AutogradError
from autograd.table.formulas import Interval
from autograd.table.registry import RULES, Rule
from autograd.transforms import derivatives

LARGEST = sys.float_info.max
MODERATE = 100.0  # nodes of random expressions, and their partials, stay below this size
NEAR_KINK = 1e-3  # and their operands stay this far from kinks
INFIX = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}


def points(rule: str | Rule | Callable[..., Any]) -> SearchStrategy[tuple[float, ...]]:
    """Points at which a primitive has a value and derivatives: tuples of floats, one for each input.

    rule  a name such as "log", a function such as autograd.log, or a Rule

    Points have every size that a float can have, but simple ones come first when a failing example is reduced. Kinks,
    where all derivatives are conventions, are left out.

    >>> from hypothesis import find
    >>> find(points("log"), lambda point: True)
    (1.0,)

    Raises ArgumentError when there is no such primitive.
    """
    found = _rule(rule)
    inputs = st.tuples(*(_numbers(found.domain.get(name, Interval())) for name in found.inputs))
    return inputs.filter(lambda point: _is_smooth(found, point))


def _rule(name):
    """The rule called `name`, which may be a function of the table or a rule already."""
    found = name if isinstance(name, Rule) else RULES.get(getattr(name, "__name__", name))
    if found is None:
        raise ArgumentError(f"there is no primitive {name!r}. The primitives are {', '.join(PUBLIC)}.")
    return found


def _numbers(interval):
    """Floats of an interval: simple ones, everyday ones, and all there are."""
    low, high = max(interval.low, -10.0), min(interval.high, 10.0)
    simple = st.integers(math.ceil(low), math.floor(high)).map(float)
    usual = st.floats(low, high)
    every = st.floats(max(interval.low, -LARGEST), min(interval.high, LARGEST))
    return st.one_of(simple, usual, every).filter(lambda x: x in interval)


def _is_smooth(rule, point):
    """Whether the primitive has a value and derivatives at a point, not all of them by convention."""
    if bent(rule, dict(zip(rule.inputs, point))) == set(rule.inputs):
        return False
    try:
        FUNCTIONS[rule.name](*map(Value, point))
    except AutogradError:
        return False
    return True


def values(min_value: float = -10.0, max_value: float = 10.0) -> SearchStrategy[Value]:
    """Leaves, with data between the bounds.

    >>> from hypothesis import find
    >>> find(values(), lambda v: v > 3)
    Value(4.0, grad=0)
    """
    return _numbers(Interval(min_value, max_value)).map(Value)


class Expression:
    """A random function of a few numbers, with a point at which it is smooth.

    point  a number for each input
    steps  the operations: (rule, operands), where an operand is a float, a constant, or the place of an input or of an
           earlier step, counted from 0

    Call it as any function; its text is Python code.

    >>> e = Expression((0.5, 2.0), [("mul", (0, 1)), ("exp", (2,)), ("add", (3, 3))])
    >>> e(0.0, 1.0)
    2.0
    >>> e
    def f(a, b):
        c = a * b
        d = exp(c)
        return d + d
    # at f(0.5, 2.0)
    """

    def __init__(self, point: Sequence[float], steps: Iterable[tuple[str, tuple[int | float, ...]]]) -> None:
        self.point, self.steps = tuple(point), list(steps)

    def __call__(self, *numbers: Any, functions: dict[str, Callable[..., Any]] = FUNCTIONS) -> Any:
        """The value at other numbers; `functions` are the primitives to use, for numbers of another kind."""
        nodes = list(numbers)
        for name, operands in self.steps:
            nodes.append(functions[name](*(nodes[x] if type(x) is int else x for x in operands)))
        return nodes[-1]

    def __repr__(self) -> str:
        names = [_name(i) for i in range(len(self.point) + len(self.steps))]
        code = [_code(rule, [names[x] if type(x) is int else repr(x) for x in xs]) for rule, xs in self.steps]
        lines = [f"    {name} = {line}" for name, line in zip(names[len(self.point) :], code[:-1])]
        return "\n".join(
            [
                f"def f({', '.join(names[: len(self.point)])}):",
                *lines,
                f"    return {[*names, *code][-1]}",
                f"# at f({', '.join(map(repr, self.point))})",
            ]
        )

    @staticmethod
    def random(
        random: Random, max_nodes: int = 20, rules: Iterable[str | Rule] | None = None, inputs: int = 3
    ) -> Expression:
        """One of `expressions`, by a random generator: for loops that Hypothesis would be slow for."""
        point = [random.uniform(-3, 3) for _ in range(random.randint(1, inputs))]
        return _grow(point, random.randint(1, max_nodes), random.choice, lambda: random.uniform(-3, 3), _usable(rules))


def _name(i):
    """a, b, … z, a1, b1, …, without the e of Euler and the f of the function."""
    letters = "abcdghijklmnopqrstuvwxyz"
    return letters[i % len(letters)] + (str(i // len(letters)) if i >= len(letters) else "")


def _code(name, operands):
    """A call of a primitive as Python code."""
    operator = RULES[name].operator
    if operator in INFIX:
        left, right = (f"({x})" if x.startswith("-") else x for x in operands)
        return f"{left} {INFIX[operator]} {right}"
    return f"-{operands[0]}" if operator == "neg" else f"{name}({', '.join(operands)})"


def _usable(rules):
    """The rules to build expressions of."""
    return [_rule(rule) for rule in rules] if rules is not None else [RULES[name] for name in PUBLIC]


def expressions(
    max_nodes: int = 20, rules: Iterable[str | Rule] | None = None, inputs: int = 3
) -> SearchStrategy[Expression]:
    """Random expressions of up to `max_nodes` operations, each an `Expression` with a point at which it is smooth.

    rules   the primitives to use, by name; all of the table if left out
    inputs  the largest number of inputs

    Operands are inputs, constants and any earlier node, so nodes are shared and repeated; every node counts for the
    result. Nodes and partials stay below 100 in size.

    >>> from hypothesis import find
    >>> find(expressions(rules=["mul", "exp"]), lambda e: "exp" in repr(e))
    def f(a):
        return exp(a)
    # at f(0.0)
    """
    usable = _usable(rules)
    numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-3, 3))
    points = st.lists(numbers, min_size=1, max_size=inputs)

    @st.composite
    def grown(draw):
        point, size = draw(points), draw(st.integers(1, max_nodes))
        expression = _grow(point, size, lambda options: draw(st.sampled_from(options)), lambda: draw(numbers), usable)
        assume(expression.steps)
        return expression

    return grown()


def _grow(point, size, choose, number, rules):
    """An expression of at most `size` operations, made by choices: `choose(options)` and `number()`."""
    nodes, steps, loose = list(point), [], []
    for _ in range(3 * size):
        if len(steps) + max(len(loose) - 1, 0) >= size:
            break
        rule = choose(rules)
        operands = _operands(rule, choose((range(len(nodes)), loose or range(len(nodes)))), choose, number)
        data = _moderate(rule, [nodes[x] if type(x) is int else x for x in operands])
        unused = [i for i in loose if i not in operands] + [len(nodes)]
        if data is not None and len(steps) + len(unused) <= size:  # this one, and those that add up what is loose
            steps.append((rule.name, operands))
            loose = unused
            nodes.append(data)
    while len(loose) > 1:
        steps.append(("add", (loose.pop(0), loose.pop(0))))
        loose.append(len(point) + len(steps) - 1)
    return Expression(point, steps)


def _operands(rule, places, choose, number):
    """What a rule is applied to: mostly nodes out of `places`, sometimes a constant, but not only constants."""
    others = [number() if choose((False, False, False, True)) else choose(places) for _ in rule.inputs[1:]]
    operands = (choose(places), *others)
    return operands[::-1] if others and choose((False, True)) else operands


def _moderate(rule, operands):
    """The value of a rule, or None where it, or a partial, is large, or a kink is near."""
    try:
        node = FUNCTIONS[rule.name](*map(Value, operands))
    except AutogradError:
        return None
    here = dict(zip(rule.inputs, operands))
    near = rule.kinks and all(
        any(abs(here[name] - here.get(place, place)) < NEAR_KINK for place in places)
        for name, places in rule.kinks.items()
    )
    return None if near or max(map(abs, (node.data, *node.partials))) > MODERATE else node.data


def well_conditioned(expressions: SearchStrategy[Expression], limit: float = 1000.0) -> SearchStrategy[Expression]:
    """Those of a strategy's expressions whose value and gradient magnify rounding errors at most `limit` times.

    >>> from hypothesis import find
    >>> find(well_conditioned(expressions(rules=["sin"], inputs=1)), lambda e: len(e.steps) == 2)
    def f(a):
        b = sin(a)
        return sin(b)
    # at f(0.0)
    """
    return expressions.filter(lambda e: condition(e, *e.point) <= limit)


def condition(f: Callable[..., Any], *point: float) -> float:
    """By how much relative errors of single nodes, such as rounding errors, can grow in f(*point) and its gradient.

    It is the sum of |∂result/∂node · node / result| over all nodes, for the value or that partial derivative where this
    is largest; inf where one of them is 0 by cancellation, or does not exist.

    >>> condition(lambda x: (x + 1e6) - 1e6, 3.0)
    333336.3333333333
    """
    inputs = [Value(x) for x in point]
    try:
        y = f(*inputs)
        return max(map(_amplification, (y, *derivatives(y, inputs, create_graph=True))))
    except AutogradError:
        return math.inf


def _amplification(result):
    if type(result) is not Value:
        return 0.0  # a constant
    nodes = topological_order(result)
    errors = sum(abs(slope * node.data) for slope, node in zip(derivatives(result, nodes), nodes))
    return errors / abs(result.data) if result.data else math.inf if errors else 0.0


def assert_gradients_match(
    f: Callable[..., Any], points: SearchStrategy[Any], order: int = 1, *, rtol: float = 1e-7, max_examples: int = 100
) -> None:
    """Check f with `gradcheck` at points of a strategy; a failing point is reduced to a simple one and reported.

    f       a function of numbers, or of nested lists, tuples and dicts of them, that returns one number
    points  a strategy for the arguments of f: tuples; what is not a tuple is the only argument
    order   up to which order derivatives are checked

    >>> from autograd import tanh
    >>> assert_gradients_match(lambda x, y: tanh(x * y), st.tuples(st.floats(-2, 2), st.floats(-2, 2)))

    Points at which numbers cannot tell, such as subnormal ones, are passed over. Raises WrongGradientError, an
    AssertionError, for a wrong gradient, and what f raises; ArgumentError when no point at all could tell.
    """
    told = False

    @settings(max_examples=max_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(points)
    def check(point):
        nonlocal told
        report = gradcheck(f, point, order, rtol=rtol, raise_exception=True)
        told = told or any(row.verdict != "unsure" for row in report.rows)

    check()
    if not told:
        raise ArgumentError(
            "assert_gradients_match: the gradient could be checked at none of the points. Choose "
            "points at which f has values on both sides, and nearby floats similar derivatives."
        )
