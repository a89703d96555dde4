"""The strategies for property tests."""

from random import Random

from autograd.table.registry import RULES
from autograd.testing import _grow


def test_the_result_of_an_expression_depends_on_every_node():
    for seed in range(200):
        chance = Random(seed)
        expression = _grow([0.5, 1.5], 8, chance.choice, lambda: 2.0, [RULES["add"], RULES["sin"]])
        steps = range(2, 2 + len(expression.steps))
        used = {x for _, operands in expression.steps for x in operands if type(x) is int}
        assert set(steps[:-1]) <= used, expression
