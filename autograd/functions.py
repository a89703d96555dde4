"""The functions of the table, `from autograd.functions import tanh`: one for each rule that is not a mere helper.

They are made by engine/functions.py. What they take, return and compute is written out for readers and type checkers
in functions.pyi.
"""

from autograd.engine.functions import PUBLIC


def __getattr__(name):
    if name in PUBLIC:
        return PUBLIC[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
