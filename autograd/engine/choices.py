"""`where`: a choice between two numbers, of which only the chosen one counts."""

import contextlib

from autograd.engine import uncompiled as cython
from autograd.errors import NotFiniteError
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.modes import this_thread
    from autograd.engine.numbers import as_float
    from autograd.engine.value import Value, apply


def where(condition, x, y):
    if this_thread.recorder is not None:
        return this_thread.recorder.where(condition, x, y)
    chosen = bool(condition) if isinstance(condition, Value) else as_float(condition) != 0
    return apply(RULES["where"], condition, side_of(x, chosen), side_of(y, not chosen))


def side_of(operand, chosen):
    """One side of `where`: called if it is a function and chosen; 0 for a side not chosen that is not finite."""
    if callable(operand):
        return operand() if chosen else 0.0
    if chosen or isinstance(operand, Value):
        return operand
    with contextlib.suppress(NotFiniteError):
        return as_float(operand)
    return 0.0
