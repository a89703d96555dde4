"""For tests that add rules of their own to the table."""

import autograd
from autograd import Value
from autograd.engine.primitives import FUNCTIONS, PUBLIC
from autograd.engine.value import METHODS
from autograd.table.rules import RULES, TABLE


def forget(name):
    """Take the latest rule out of the table again."""
    assert TABLE.pop() is RULES.pop(name)
    del FUNCTIONS[name], PUBLIC[name], METHODS[name]
    delattr(autograd, name)
    if name in vars(Value):
        delattr(Value, name)
