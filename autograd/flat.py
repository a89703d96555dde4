"""Many Values at once, as flat arrays of their numbers: what an optimiser works on."""

from __future__ import annotations

import array

from autograd.errors import ArgumentError, NotFiniteError, NumberTypeError
from autograd.value import Value, as_float, backend, check_not_recording, compiled


def read_data(values):
    """The numbers of a list of Values, an array of floats that NumPy can use as it is.

    >>> read_data([Value(1.0), Value(2.0)])
    array('d', [1.0, 2.0])

    Raises NumberTypeError for what is no Value.
    """
    found = _room_for("read_data", values)
    room = memoryview(found)
    for i in range(len(values)):
        room[i] = values[i]._data
    return found


def read_grad(values):
    """The gradients of a list of Values, an array of floats.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> read_grad([x])
    array('d', [6.0])
    """
    found = _room_for("read_grad", values)
    room = memoryview(found)
    for i in range(len(values)):
        room[i] = values[i]._grad
    return found


def write_data(values, numbers):
    """Set the numbers of a list of Values; `numbers` is a list or an array of floats, one for each.

    >>> x, y = Value(0.0), Value(0.0)
    >>> write_data([x, y], [1.0, 2.0])
    >>> x.data, y.data
    (1.0, 2.0)

    Raises ArgumentError when they are not as many, NotFiniteError when one is not finite; then nothing has changed.
    """
    found = _numbers_for("write_data", values, numbers)
    for i in range(len(values)):
        values[i]._data = found[i]


def write_grad(values, numbers):
    """Set the gradients of a list of Values, as `write_data` sets their numbers."""
    found = _numbers_for("write_grad", values, numbers)
    for i in range(len(values)):
        values[i]._grad = found[i]


def _room_for(name, values):
    """An array with a place for each of the Values."""
    _check(name, values)
    return array.array("d", bytes(8 * len(values)))


def _check(name, values):
    check_not_recording(f"{name}()")
    if not isinstance(values, list):
        raise NumberTypeError(f"{name}: a list of Values is wanted, got {type(values).__name__} {values!r:.60}.")
    for i in range(len(values)):
        if not isinstance(values[i], Value):
            raise NumberTypeError(f"{name}: Values are wanted, got {type(values[i]).__name__} {values[i]!r:.60} among "
                                  "them.")


def _numbers_for(name, values, numbers):
    """The numbers as an array, all finite and one for each of the Values."""
    _check(name, values)
    if isinstance(numbers, (list, tuple)):
        numbers = array.array("d", list(map(as_float, numbers)))
    try:
        found = memoryview(numbers)
        fits = found.ndim == 1 and found.format == "d" and len(found) == len(values)
    except TypeError:
        fits = False
    if not fits:
        raise ArgumentError(f"{name}: as many numbers as Values are wanted, {len(values)}, as a list or an array of "
                            f"floats; got {type(numbers).__name__} {numbers!r:.60}.")
    view = found
    for i in range(len(values)):
        number = view[i]
        if number - number != 0.0:
            raise NotFiniteError(f"{name}: a Value must be finite, got {number} at place {i}. Nothing was changed.")
    return found


# See value.py: the compiled functions take over where they are present.
if backend == "native":
    globals().update({name: compiled.exports[name] for name in ("read_data", "read_grad", "write_data", "write_grad")})
