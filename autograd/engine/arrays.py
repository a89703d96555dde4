"""Many Values at once, as flat arrays of their numbers: what an optimiser works on."""

from __future__ import annotations

import array
from collections import deque
from collections.abc import Collection
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING

from autograd.engine import Constant, Value, as_float, check_not_recording
from autograd.errors import ArgumentError, NotFiniteError, NumberTypeError
from autograd.native import backend


def read_data(values: list[Value]) -> array.array[float]:
    """The numbers of a list of Values, as an array of floats that NumPy can use without copying.

    >>> read_data([Value(1.0), Value(2.0)])
    array('d', [1.0, 2.0])

    Raises NumberTypeError for anything that is not a Value.
    """
    return _read("read_data", values, "_data")


def read_grad(values: list[Value]) -> array.array[float]:
    """The gradients of a list of Values, as an array of floats.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> read_grad([x])
    array('d', [6.0])
    """
    return _read("read_grad", values, "_grad")


def write_data(values: list[Value], numbers: Collection[float]) -> None:
    """Set the numbers of a list of Values; `numbers` is a list or an array with a float for each.

    >>> x, y = Value(0.0), Value(0.0)
    >>> write_data([x, y], [1.0, 2.0])
    >>> x.data, y.data
    (1.0, 2.0)

    Raises ArgumentError if there are more or fewer numbers than Values, NotFiniteError if one is not finite; in both
    cases nothing has changed.
    """
    _write("write_data", values, numbers, "_data")


def write_grad(values: list[Value], numbers: Collection[float]) -> None:
    """Set the gradients of a list of Values, as `write_data` sets their numbers."""
    _write("write_grad", values, numbers, "_grad")


def find_frozen(values: list[Value]) -> list[int]:
    """The places in a list of Values of those that no gradient flows to: frozen ones, and Constants.

    >>> x, y = Value(1.0), Value(2.0)
    >>> y.requires_grad = False
    >>> find_frozen([x, y])
    [1]

    Raises NumberTypeError for anything but a list of Values.
    """
    found = places_of_constants(values) if isinstance(values, list) else None
    if found is None:
        raise _no_values("find_frozen", values)
    return found


def _read(name, values, field):
    check_not_recording(f"{name}()")
    found = load(values, field) if isinstance(values, list) else None
    if found is None:
        raise _no_values(name, values)
    return found


def _write(name, values, numbers, field):
    """Convert the numbers first, since a __float__ may run any code; what is checked afterwards cannot change."""
    check_not_recording(f"{name}()")
    if isinstance(numbers, (list, tuple)):
        numbers = array.array("d", list(map(as_float, numbers)))
    try:
        found = memoryview(numbers)
    except TypeError:
        found = memoryview(b"")
    if found.format == "d" and found.ndim == 1 and not found.c_contiguous:
        found = memoryview(array.array("d", found.tolist()))
    if not isinstance(values, list):
        raise _no_values(name, values)
    place = store(values, field, found) if found.format == "d" and found.ndim == 1 else UNFIT
    if place == UNFIT and not all(isinstance(value, Value) for value in values):
        raise _no_values(name, values)
    if place == UNFIT:
        raise ArgumentError(
            f"{name}: expected {len(values)} numbers, one for each Value, as a list or an array of "
            f"floats; got {type(numbers).__name__} {numbers!r:.60}."
        )
    if place is not None:
        raise NotFiniteError(
            f"{name}: a Value must be finite, got {found[place]} at place {place}. Nothing was changed."
        )


def _no_values(name, values):
    if not isinstance(values, list):
        return NumberTypeError(f"{name}: expected a list of Values, got {type(values).__name__} {values!r:.60}.")
    culprit = next((value for value in values if not isinstance(value, Value)), None)
    return NumberTypeError(f"{name}: expected Values only, got {type(culprit).__name__} {culprit!r:.60} among them.")


UNFIT = "unfit"


if TYPE_CHECKING or backend == "python":

    def load(values, field):
        """A field of all Values of a list, as an array; None if not all of them are Values."""
        nodes = list(values)
        return (
            array.array("d", map(attrgetter(field), nodes)) if all(isinstance(node, Value) for node in nodes) else None
        )

    def places_of_constants(values):
        """The places of the Constants in a list; None when not all of it are Values."""
        nodes = list(values)
        if not all(isinstance(node, Value) for node in nodes):
            return None
        return [place for place, node in enumerate(nodes) if type(node) is Constant]

    def store(values, field, numbers):
        """Set a field of all Values of a list, or of none.

        Returns None if all are set, otherwise the place of a number that is not finite, or UNFIT if not all are Values
        or there are more or fewer numbers.
        """
        nodes, numbers = list(values), numbers.tolist()
        if len(nodes) != len(numbers) or not all(isinstance(node, Value) for node in nodes):
            return UNFIT
        for place, number in enumerate(numbers):
            if number - number != 0.0:
                return place
        deque(map(setattr, nodes, repeat(field), numbers), maxlen=0)
        return None

else:  # the same functions over raw pointers, in arrays.pxi
    from autograd.native._engine import load, places_of_constants, store
