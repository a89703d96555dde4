"""Where a program's numbers come from, as arrays: the arguments of the function, and the Values that it captured."""

from __future__ import annotations

import json
import re
from inspect import signature
from itertools import count
from typing import Any, NamedTuple

from autograd.replay.signature import parts_of
from autograd.replay.statics import Static

# How labels say where in an array a Value belongs: those of nn, a matrix "w1_2", other arrays and a list "w1".
LABELS = (
    (r"(.*?)\.?neuron(\d+)\.w(\d+)", "weight"),
    (r"(.*?)\.?neuron(\d+)\.b", "bias"),
    (r"(.*?\D)(\d+(?:_\d+)*)", ""),
)
UNNAMED, FROZEN = "values", "frozen"  # captured Values without a label


class Leaf(NamedTuple):
    """An array that is given.

    name    how it is called in code; for captured Values the key in the dict of parameters
    shape   the shape for one example
    slots   its numbers in the program, in C order
    """

    name: str
    shape: tuple[int, ...]
    slots: list[int]


def captured_arrays(program) -> list[Leaf]:
    """The captured Values, as arrays that are named after their labels; those without a label are a list."""
    found: dict[str, dict[tuple, int]] = {}
    wanted = set(program.value_slots)
    for value, slot in sorted(zip(program.captured, program.captured_slots), key=lambda pair: pair[1]):
        name, place = _named(value.label)
        if not name or place in found.get(name, {}):
            name = UNNAMED if slot in wanted else FROZEN
            place = (len(found.get(name, {})),)
        found.setdefault(name, {})[place] = slot
    return [_array(name, places) for name, places in found.items()]


def values_of(program) -> dict[str, Any]:
    """The captured Values, as NumPy arrays of objects by name."""
    import numpy

    at = dict(zip(program.captured_slots, program.captured))
    found = {}
    for leaf in captured_arrays(program):
        array = numpy.empty(len(leaf.slots), object)
        array[:] = [at[slot] for slot in leaf.slots]
        found[leaf.name] = array.reshape(leaf.shape)
    return found


def arrays_of(program) -> dict[str, Any]:
    """The numbers of the captured Values, as NumPy arrays by name."""
    import numpy

    return {
        name: numpy.array([value.data for value in values.ravel()]).reshape(values.shape)
        for name, values in values_of(program).items()
    }


def _named(label):
    """The name of an array and a place in it."""
    if not label:
        return "", ()
    for pattern, name in LABELS:
        match = re.fullmatch(pattern, label)
        if match:
            path, *place = match.groups()
            return ".".join(filter(None, (path, name))) if name else path, _place("_".join(place))
    return label, ()


def _place(text):
    """The numbers in "1_2"; none in ""."""
    return tuple(map(int, filter(None, text.split("_"))))


def _array(name, places):
    """An array with these numbers; one dimension if they do not fill a box."""
    if len({len(place) for place in places}) == 1:
        sizes = tuple(1 + max(column) for column in zip(*places))
        if _product(sizes) == len(places):
            return Leaf(name, sizes, [places[place] for place in sorted(places)])
    return Leaf(name, (len(places),), list(places.values()))


def _product(sizes):
    total = 1
    for size in sizes:
        total *= size
    return total


class Box:
    """The shape of an array for one example, in the structure of an argument."""

    def __init__(self, sizes):
        self.sizes = sizes


class Argument(NamedTuple):
    """An argument of the function.

    name    its name
    arrays  the arrays in it, by expressions such as 'x["a"]'
    shapes  its structure, with a Box in place of each array
    """

    name: str
    arrays: list[Leaf]
    shapes: Any


def arguments_of(recording) -> list[Argument]:
    """The arguments of a recorded function that hold numbers, and what it draws at random as one more."""
    slots = iter(recording.program.input_slots)
    found = []
    for number, (name, structure) in enumerate(parts_of(recording.key)):
        name = name or _parameter(recording.function, number)
        arrays = _arrays_in(structure, name, slots)
        if arrays:
            found.append(Argument(name, arrays, _shapes_in(structure)))
    drawn = list(slots)
    if drawn:
        found.append(Argument("draws", [Leaf("draws", (len(drawn),), drawn)], Box((len(drawn),))))
    return found


def _parameter(function, number):
    """The name of a positional parameter."""
    try:
        parameters = list(signature(function).parameters.values())
    except (TypeError, ValueError):
        return f"x{number}"
    if number < len(parameters) and parameters[number].kind != parameters[number].VAR_POSITIONAL:
        return parameters[number].name
    return f"x{number}"


def _arrays_in(structure, name, slots) -> list[Leaf]:
    shape = _shape(structure)
    if shape is not None:
        return [Leaf(name, shape, [next(slots) for _ in range(_product(shape))])]
    if type(structure) is Static or structure[0] == "static":
        return []
    kind, *parts = structure
    if kind == "array":  # with items that are no numbers
        kind, parts = list, [] if parts[1] == "number" else list(parts[1])
    if parts == [0]:
        return []
    if issubclass(kind, dict):
        items: Any = [(_quoted(key), part) for (_, key), part in parts]
    else:
        items = zip(count(), parts)
    return [leaf for key, part in items for leaf in _arrays_in(part, f"{name}[{key}]", slots)]


def _quoted(key):
    """A key of a dict as code, with double quotes."""
    return json.dumps(key, ensure_ascii=False) if type(key) is str else repr(key)


def _shapes_in(structure):
    shape = _shape(structure)
    if shape is not None:
        return Box(shape)
    if type(structure) is Static or structure[0] == "static":
        return None
    kind, *parts = structure
    if kind == "array":  # with items that are no numbers
        kind, parts = list, [] if parts[1] == "number" else list(parts[1])
    if parts == [0]:
        return kind()
    if issubclass(kind, dict):
        return kind((key, _shapes_in(part)) for (_, key), part in parts)
    items = map(_shapes_in, parts)
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def _shape(structure):
    """The shape of an array or of nested lists of numbers; None for other structures."""
    if structure in ("number", "Value", "Constant"):
        return ()
    if type(structure) is Static or structure[0] == "static":
        return None
    if structure[0] == "array":
        _, shape, items = structure
        numbers = items == "number" or all(_shape(item) == () for item in items)
        return shape if numbers and _product(shape) else None
    if issubclass(structure[0], dict):
        return None
    parts = structure[1:]
    if len(parts) == 1 and type(parts[0]) is int:
        return (parts[0],) if parts[0] else None
    shapes = {_shape(part) for part in parts}
    shape = shapes.pop() if len(shapes) == 1 else None
    return None if shape is None else (len(parts), *shape)
