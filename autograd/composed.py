"""Functions composed of primitives: sums and exponentials in the form that neither overflows nor cancels."""

from autograd.engine import Value, as_float, is_recording
from autograd.engine.functions import FUNCTIONS
from autograd.errors import ArgumentError, listed

equal, exp, log1p, maximum = (FUNCTIONS[name] for name in ("equal", "exp", "log1p", "maximum"))


def _listed(name, values):
    """The operands of f(a, b, c) or f([a, b, c]) as a list."""
    values = listed(name, values[0]) if len(values) == 1 and hasattr(values[0], "__iter__") else list(values)
    if not values:
        raise ArgumentError(f"{name}: at least one number is wanted, got none.")
    return list(map(_operand, values))


def _operand(thing):
    """A Value as it is, anything else as a float."""
    return thing if isinstance(thing, Value) else as_float(thing)


def _plain(value):
    """The number of a Value: a float, or while a function is recorded what stands for it, without a gradient."""
    if not isinstance(value, Value):
        return value
    return value.detach() if is_recording() else value.data


def _largest(values):
    """The largest of plain numbers."""
    if not is_recording():
        return max(values)
    peak = values[0]
    for value in values[1:]:
        peak = maximum(peak, value)
    return peak


def total(values):
    """The sum of `values`, at least one, without a 0 to start from."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def _is_zero(value):
    """Whether a number is a plain 0, which to add or to take off would make a node for nothing."""
    return not isinstance(value, Value) and value == 0


def _minus(values, peak):
    return values if _is_zero(peak) else [value - peak for value in values]


def logsumexp(*values):
    """log(exp(v1) + exp(v2) + …), for any size of the operands; also called with one list.

    >>> logsumexp(1000, 1000)
    1000.6931471805599
    """
    values = _listed("logsumexp", values)
    plain = [_plain(value) for value in values]
    peak = _largest(plain)
    # The largest term is exp(0) = 1. Taken off here and put back by log1p, it costs a small result no digits.
    largest = [equal(number, peak) for number in plain]
    terms = [exp(value) for value in _minus(values, peak)]
    terms = [term if _is_zero(one) else term - one for term, one in zip(terms, largest)]
    ties = total(largest) - 1
    rest = total([term for term in terms if not _is_zero(term)] or [0.0])
    logarithm = log1p(rest if _is_zero(ties) else rest + ties)
    return logarithm if _is_zero(peak) else peak + logarithm


def log_softmax(*values):
    """The logarithms of `softmax`, as a list: v - logsumexp(values) for each v.

    >>> log_softmax([0.0, 800.0])
    [-800.0, 0.0]
    """
    values = _listed("log_softmax", values)
    normaliser = logsumexp(values)
    return [value - normaliser for value in values]


def softmax(*values):
    """exp(v) / (exp(v1) + exp(v2) + …) for each v, as a list: positive numbers that add up to 1.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    values = _listed("softmax", values)
    peak = _largest([_plain(value) for value in values])
    terms = [exp(value) for value in _minus(values, peak)]
    normaliser = total(terms)
    return [term / normaliser for term in terms]


def mean(*values):
    """The arithmetic mean; also called with one list.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    values = _listed("mean", values)
    return total(values) / len(values)


def dot(xs, ys):
    """The sum of the products of corresponding elements.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0

    Raises ArgumentError when the lengths differ.
    """
    xs, ys = (list(map(_operand, listed("dot", values))) for values in (xs, ys))
    if len(xs) != len(ys) or not xs:
        raise ArgumentError(f"dot: two sequences of one length are wanted, got lengths {len(xs)} and {len(ys)}.")
    return total([x * y for x, y in zip(xs, ys, strict=True)])
