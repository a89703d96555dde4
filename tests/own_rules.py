"""For tests that add rules of their own to the table."""

import autograd
from autograd.engine import set_method
from autograd.engine.functions import FUNCTIONS, PUBLIC
from autograd.table.registry import RULES, TABLE


def forget(name):
    """Take the latest rule out of the table again."""
    assert TABLE.pop() is RULES.pop(name)
    del FUNCTIONS[name]
    if PUBLIC.pop(name, None):  # else it is a helper, which formulas alone use
        delattr(autograd, name)
        set_method(name, None)
