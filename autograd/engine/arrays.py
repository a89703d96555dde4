"""Many Values at once, as flat arrays of their numbers: what an optimiser works on."""

from __future__ import annotations

import array
import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from autograd.engine import Constant, Value, as_float, check_not_recording
from autograd.errors import ArgumentError, NotFiniteError, NumberTypeError
from autograd.native import backend
from autograd.table.updates import UPDATES, Update


def read_data(values: Sequence[Value]) -> array.array[float]:
    """The numbers of a list or tuple of Values, as an array of floats that NumPy can use without copying.

    >>> read_data([Value(1.0), Value(2.0)])
    array('d', [1.0, 2.0])

    Raises NumberTypeError for anything that is not a Value.
    """
    return _read("read_data", values, "_data")


def read_grad(values: Sequence[Value]) -> array.array[float]:
    """The gradients of a list or tuple of Values, as an array of floats.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> read_grad([x])
    array('d', [6.0])
    """
    return _read("read_grad", values, "_grad")


def write_data(values: Sequence[Value], numbers: Collection[float]) -> None:
    """Set the numbers of a list or tuple of Values; `numbers` is a list or an array with a float for each.

    >>> x, y = Value(0.0), Value(0.0)
    >>> write_data([x, y], [1.0, 2.0])
    >>> x.data, y.data
    (1.0, 2.0)

    Raises ArgumentError if there are more or fewer numbers than Values, NotFiniteError if one is not finite; in both
    cases nothing has changed.
    """
    _write("write_data", values, numbers, "_data")


def write_grad(values: Sequence[Value], numbers: Collection[float]) -> None:
    """Set the gradients of a list or tuple of Values, as `write_data` sets their numbers."""
    _write("write_grad", values, numbers, "_grad")


def find_frozen(values: Sequence[Value]) -> list[int]:
    """The places in a list or tuple of Values of those that no gradient flows to: frozen ones, and Constants.

    >>> x, y = Value(1.0), Value(2.0)
    >>> y.requires_grad = False
    >>> find_frozen([x, y])
    [1]

    Raises NumberTypeError for anything but a list or tuple of Values.
    """
    found = places_of_constants(values) if isinstance(values, LISTED) else None
    if found is None:
        raise _no_values("find_frozen", values)
    return found


def apply_update(
    name: str, values: Sequence[Value], settings: Mapping[str, float], state: Sequence[Sequence[float]] = ()
) -> list[array.array[float]]:
    """Move Values by their gradients, or change these, as an update rule says; returns the new state.

    name      of the rule, one of UPDATES
    settings  the settings of the rule, by name: UPDATES[name].settings
    state     for each name in UPDATES[name].state the number that is kept for each Value

    >>> x = Value(3.0)
    >>> x.grad = 8.0
    >>> apply_update("scale", [x], {"factor": 0.5})
    []
    >>> x.grad
    4.0

    Raises NotFiniteError, with `place`, if a Value or a gradient would not be finite, NumberTypeError for anything but
    a list or tuple of Values, ArgumentError for what does not fit the rule; in all cases nothing has changed.
    """
    check_not_recording("updating Values")
    found: Any
    try:
        found = change(UPDATES[name], values, settings, state)
    except (LookupError, TypeError, ValueError, OverflowError):
        found = UNFIT
    if type(found) is list:
        return found
    raise _no_update(name, values, settings, found)


def _no_update(name, values, settings, found):
    """Why an update rule could not be applied."""
    if not isinstance(name, str) or name not in UPDATES:
        return ArgumentError(f"apply_update: the rules are {', '.join(UPDATES)}, got {name!r:.60}.")
    if not isinstance(values, LISTED) or not all(isinstance(value, Value) for value in values):
        return _no_values("apply_update", values)
    if found == UNFIT:
        return ArgumentError(
            f'apply_update: "{name}" needs a dict of numbers for {", ".join(UPDATES[name].settings) or "no settings"}, '
            f"and for {', '.join(UPDATES[name].state) or 'no state'} a number for each Value; got {settings!r:.60}."
        )
    error = NotFiniteError(f"apply_update: place {found} would not be finite. Nothing was changed.")
    error.place = found
    return error


def _read(name, values, field):
    check_not_recording(f"{name}()")
    found = load(values, field) if isinstance(values, LISTED) else None
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
    if not isinstance(values, LISTED):
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
    if not isinstance(values, LISTED):
        return NumberTypeError(
            f"{name}: expected a list or tuple of Values, got {type(values).__name__} {values!r:.60}."
        )
    culprit = next((value for value in values if not isinstance(value, Value)), None)
    return NumberTypeError(f"{name}: expected Values only, got {type(culprit).__name__} {culprit!r:.60} among them.")


UNFIT = "unfit"
LISTED = (list, tuple)


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

    def change(update, values, settings, state):
        """Carry out an update rule.

        Returns the new state, the place of the first result that is not finite, or UNFIT if not all are Values or
        the state has more or fewer numbers.
        """
        nodes, constants = list(values), [float(settings[name]) for name in update.settings]
        columns = [array.array("d", column) for column in state]
        fits = len(columns) == len(update.state) and all(len(column) == len(nodes) for column in columns)
        if not isinstance(values, LISTED) or not fits or not all(isinstance(node, Value) for node in nodes):
            return UNFIT
        results: list[array.array] = [array.array("d") for _ in update.results]
        for row in zip(load(nodes, "_data"), load(nodes, "_grad"), *columns):
            try:
                for column, number in zip(results, update.on_numbers(math.sqrt, *row, *constants)):
                    column.append(number)
            except (ArithmeticError, ValueError):
                return len(results[0])
        place = store(nodes, "_grad" if update.results[0] == "g" else "_data", memoryview(results[0]))
        return results[1:] if place is None else place

    class Flat:
        """Flat arrays for the numbers of Values that are trained together, such as the parameters of an optimiser.

        gather() has the numbers moved to the arrays, if replays have handed out gradients since it was last called: a
        replay, its backward pass, and functions on lists such as `read_grad` are then much faster. Whatever
        else uses the Values brings their numbers back first. A Flat changes the speed of things and nothing else; in
        plain Python, which has no use for it, not even that.

        >>> x = Value(3.0)
        >>> flat = Flat([x])
        >>> flat.gather()
        >>> x.data
        3.0

        Raises ArgumentError for a list in which a Value occurs twice.
        """

        def __init__(self, values: Sequence[Value]) -> None:
            if not isinstance(values, LISTED) or not all(isinstance(value, Value) for value in values):
                raise _no_values("Flat", values)
            self.values = tuple(values)
            if len(set(self.values)) < len(self.values):
                raise ArgumentError("Flat: a Value occurs twice in the list.")

        @property
        def gathered(self) -> bool:
            """Whether the arrays hold the numbers at the moment."""
            return False

        def gather(self) -> None:
            """Move the numbers to the arrays, if that is worth it; see above."""

        def zero_grad(self) -> None:
            """gather(), and set all gradients to 0."""
            apply_update("zero", self.values, {})

        def step(self, update: Update, settings: Mapping[str, float], state: list[Any]) -> list[array.array] | None:
            """gather(), and carry out an update rule, as apply_update does; returns the new state.

            Returns None, and has changed nothing, where that is for apply_update: if the arrays do not hold the numbers
            then, and for whatever it raises an error.
            """
            return None

    class Whereabouts:
        """Where the numbers of a list of Values are, kept from one use to the next: in plain Python, in the Values."""

        def __init__(self, values: Sequence[Value]) -> None:
            self.values = values

        def read(self):
            """Their numbers, as an array."""
            return load(self.values, "_data")

else:  # the same over raw pointers, in arrays.pxi and flats.pxi
    from autograd.native._engine import Flat as Flat
    from autograd.native._engine import Whereabouts as Whereabouts
    from autograd.native._engine import change, load, places_of_constants, store
