"""Arrays of Values: what a function gets where an array is passed in, and how arrays are handed out."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy

from autograd.engine import Value, is_recording
from autograd.engine.functions import COMPOSED, FUNCTIONS
from autograd.errors import AutogradError, NumberTypeError
from autograd.table.registry import RULES as REGISTRY

# The rules that stand for functions of NumPy, by the names that these have.
RULES = {
    **{name: name for name in FUNCTIONS if hasattr(numpy, name)},
    **{f"arc{name[1:]}": name for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")},
    "absolute": "abs",
    "fabs": "abs",
    "clip": "clamp",
}
# NumPy's own loops call the operators of Values, which is quicker.
OPERATORS = ("add", "pow", "mod", "equal", "less", "less_equal")
OTHERS = {
    "conjugate": lambda x: x,
    "isfinite": lambda x: isinstance(x, Value) or math.isfinite(x),
    "isnan": lambda x: not isinstance(x, Value) and math.isnan(x),
    "isinf": lambda x: not isinstance(x, Value) and math.isinf(x),
}
COMPARISONS = ("less", "less_equal", "greater", "greater_equal")
INSTEAD = {
    **dict.fromkeys(("rint", "round", "around"), "Its derivative is 0: write numpy.floor(v + 0.5)."),
    **dict.fromkeys(("trunc", "fix"), "Its derivative is 0: write numpy.floor(v)."),
    "floor_divide": "Its derivative is 0: write numpy.floor(v / w).",
    "logaddexp2": "Write numpy.logaddexp(v * log(2), w * log(2)) / log(2).",
    "heaviside": "Write autograd.step of each element; its derivative is 0.",
    "expit": "Write autograd.sigmoid of each element.",
    **{name: f"Write autograd.{name} of each element." for name in ("erf", "erfc")},
    "copysign": "Write numpy.abs(v) * numpy.sign(w).",
    "fmod": "Write numpy.sign(v) * numpy.mod(numpy.abs(v), numpy.abs(w)).",
    "bitwise_and": "Write the conditions as a product, numpy.where((v > a) * (v < b), x, y).",
    "bitwise_or": "Write numpy.where(numpy.maximum(v < a, v > b), x, y).",
    "invert": "Write numpy.where(condition, y, x) for numpy.where(~condition, x, y).",
    "interp": "Find the interval i of each number, and write fp[i] + (v - xp[i]) * (fp[i + 1] - fp[i]) / "
    "(xp[i + 1] - xp[i]).",
}
GENERAL = "Write it with +, -, *, /, **, @ and functions such as numpy.exp, or element by element."


class ValueArray(numpy.ndarray):
    """An array of Values and numbers, of NumPy's type object, on which NumPy's functions are those of the table.

    >>> from autograd import grad
    >>> grad(lambda v: numpy.logaddexp(v[0], v[1:]).sum())(numpy.array([0.0, 0.0, 0.0]))
    array([1. , 0.5, 0.5])

    Raises NumberTypeError, which says what to write instead, for what NumPy cannot compute with objects.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        """What NumPy calls for its elementwise functions, and operators."""
        if out is not None:
            options["out"] = tuple(map(_stripped, out))
        if ufunc.__name__ in COMPARISONS and is_recording():
            options["dtype"] = object  # numbers 1 and 0, for numpy.where
        function = getattr(_ours(ufunc.__name__) or ufunc, method)
        found = _carried_out(ufunc.__name__, lambda: function(*map(_stripped, inputs), **options))
        if out is not None:
            return out[0] if len(out) == 1 else out
        if ufunc.__name__.startswith("is"):
            return numpy.asarray(found, bool)[()]
        return tuple(map(_wrapped, found)) if isinstance(found, tuple) else _wrapped(found)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """What NumPy calls for its other functions."""
        if function is numpy.where:
            return _where(*args)
        if function is numpy.sinc:
            return _wrapped(_ours("sinc")(*map(_stripped, args)))
        numpys = super().__array_function__
        return _wrapped(_carried_out(function.__name__, lambda: numpys(function, types, args, kwargs)))


def without_array(ufunc: Any, method: str, inputs: Any, options: Any) -> Any:
    """A function of NumPy where Values are among the inputs, as if each were in an array of no dimension."""
    return getattr(ufunc, method)(*(_in_array(x) if isinstance(x, Value) else x for x in inputs), **options)


def _in_array(value):
    array = numpy.empty((), object)
    array[()] = value
    return array.view(ValueArray)


def _carried_out(name, call):
    """The result of a function of NumPy; where it has none for objects, the error says what to write instead."""
    try:
        return call()
    except AutogradError:
        raise
    except (TypeError, AttributeError) as error:  # the latter where NumPy looks for a method, such as v.fmod
        if name in COMPARISONS:
            raise  # with something that is no real number
        hint = "Make that array of objects: numpy.zeros(n, object)." if "output from" in str(error) else GENERAL
        raise NumberTypeError(
            f"numpy.{name}: NumPy cannot compute this with Values. {INSTEAD.get(name, hint)}"
        ) from error


@cache
def _ours(name):
    """Our function for one of NumPy's, elementwise; None where NumPy's own will do."""
    if name in OTHERS or name in COMPOSED:
        function, count = OTHERS.get(name) or COMPOSED[name], 2 if name == "logaddexp" else 1
    elif name in RULES and name not in OPERATORS:
        function = FUNCTIONS[RULES[name]]
        count = len(REGISTRY[RULES[name]].inputs)
    else:
        return None
    return numpy.frompyfunc(function, count, 1)


def _where(condition, *sides):
    """numpy.where: both sides have been computed before."""
    on_values = numpy.asarray(condition).dtype == object and len(sides) == 2
    where = numpy.frompyfunc(FUNCTIONS["where"], 3, 1) if on_values else numpy.where
    return _wrapped(where(*map(_stripped, (condition, *sides))))


def _stripped(thing):
    if isinstance(thing, Value):
        return _in_array(thing).view(numpy.ndarray)
    return thing.view(numpy.ndarray) if isinstance(thing, ValueArray) else thing


def _wrapped(found):
    """An array of objects as a ValueArray; anything else as it is."""
    is_plain = type(found) is numpy.ndarray and found.dtype == object
    return found.view(ValueArray) if is_plain else found


def as_ndarray(array: Any) -> numpy.ndarray:
    """An array of whatever kind as NumPy's. Raises NumberTypeError for kinds that compute something else."""
    if isinstance(array, numpy.matrix):
        raise NumberTypeError(
            "a numpy.matrix multiplies as a matrix where an array multiplies its items. Pass numpy.asarray(m), and "
            "write @ for products of matrices."
        )
    if isinstance(array, numpy.ndarray) and numpy.any(getattr(array, "mask", False)):
        raise NumberTypeError(
            "an array has masked entries, which stand for no number. Pass array.compressed(), which leaves them out, "
            "or array.filled(0.0)."
        )
    return numpy.asarray(array)


def object_array(items: list[Any], shape: tuple[int, ...]) -> ValueArray:
    """A ValueArray with these items, numbers and Values."""
    found = numpy.empty(len(items), object)
    found[:] = items
    return found.reshape(shape).view(ValueArray)


def as_object_array(array: Any) -> ValueArray:
    """The same numbers as Python's own objects."""
    return as_ndarray(array).astype(object).view(ValueArray)


def array_of(parts: list[Any], shape: tuple[int, ...]) -> Any:
    """An array of this shape with these parts: of float64 if all are floats, else a ValueArray.

    Where the parts are arrays, or lists or tuples of numbers, these become further axes: for gradients with respect to
    n numbers, one for each of m results, the result is an array of shape (m, n). A dict, or a tuple of arrays, stays
    outside: of parts {"a": …, "b": …} the result is a dict of two arrays.
    """
    first = parts[0] if parts else 0.0
    if isinstance(first, dict):
        return {key: array_of([part[key] for part in parts], shape) for key in first}
    if isinstance(first, (list, tuple)) and not all(isinstance(item, (float, int, Value)) for item in first):
        return type(first)(array_of(list(column), shape) for column in zip(*parts))
    found = numpy.array(parts) if parts else numpy.empty(0)
    return _wrapped(found.reshape((*shape, *found.shape[1:])))
