"""Functions composed of primitives: sums and exponentials in the form that neither overflows nor cancels."""

from autograd.errors import ArgumentError
from autograd.primitives import FUNCTIONS
from autograd.value import Value

exp, expm1, log1p = (FUNCTIONS[name] for name in ("exp", "expm1", "log1p"))


def _listed(name, values):
    """The operands of f(a, b, c) or f([a, b, c]) as a list."""
    values = list(values[0]) if len(values) == 1 and hasattr(values[0], "__iter__") else list(values)
    if not values:
        raise ArgumentError(f"{name}: at least one number is wanted, got none.")
    return values


def _largest(values):
    """The position and the plain number of the largest of `values`."""
    data = [value.data if isinstance(value, Value) else value for value in values]
    k = max(range(len(data)), key=data.__getitem__)
    return k, data[k]


def total(values):
    """The sum of `values`, at least one, without a 0 to start from."""
    first, *rest = values
    for value in rest:
        first = first + value
    return first


def logsumexp(*values):
    """log(exp(v1) + exp(v2) + …), for any size of the operands; also called with one list.

    >>> logsumexp(1000, 1000)
    1000.6931471805599
    """
    values = _listed("logsumexp", values)
    k, peak = _largest(values)
    # The largest term is exp(0) = 1. Written as expm1(0) under log1p it costs a small result no digits.
    return peak + log1p(total([expm1(v - peak) if i == k else exp(v - peak) for i, v in enumerate(values)]))


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
    peak = _largest(values)[1]
    terms = [exp(value - peak) for value in values]
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
    xs, ys = list(xs), list(ys)
    if len(xs) != len(ys) or not xs:
        raise ArgumentError(f"dot: two sequences of one length are wanted, got lengths {len(xs)} and {len(ys)}.")
    return total([x * y for x, y in zip(xs, ys, strict=True)])
