"""Nested lists, tuples, dicts and arrays of numbers and Values: the form in which functions take and return several.

An array is whatever NumPy makes an array of at least one dimension from: its own, a pandas Series, a tensor.
"""

from copy import copy
from functools import partial

from autograd.engine import Value


def map_numbers(function, structure):
    """`structure` with `function` applied to every number and Value in it; lists, tuples and dicts keep their shape.

    So do arrays, if `function` returns numbers; if it returns structures, see `array_of`.
    """
    if isinstance(structure, (float, Value)):
        return function(structure)
    if isinstance(structure, (list, tuple, dict)):
        return map_parts(partial(map_numbers, function), structure)
    if is_array(structure):
        from autograd.value_array import array_of

        return array_of(list(map(function, items_of(structure))), structure.shape)
    return function(only_item(structure))


def map_parts(function, structure):
    """A list, tuple or dict of the same shape, with `function` applied to each of its items."""
    if isinstance(structure, dict):
        parts = {key: function(part) for key, part in structure.items()}
        if type(structure) is dict:
            return parts
        other = copy(structure)  # of a class derived from dict
        other.update(parts)
        return other
    parts = map(function, structure)
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)


def filled(structure, supply):
    """`structure` with the numbers that an iterator supplies in place of its own."""
    return map_numbers(lambda _: next(supply), structure)


def with_object_arrays(structure):
    """`structure` with its numbers and Values in arrays of objects, where they are in arrays."""
    if isinstance(structure, (list, tuple, dict)):
        return map_parts(with_object_arrays, structure)
    if is_array(structure):
        from autograd.value_array import as_object_array

        return as_object_array(structure)
    return structure


def numbers_in(structure):
    """The numbers and Values in a nested structure, in order."""
    if is_array(structure):
        return items_of(structure)
    found = []
    map_numbers(found.append, structure)
    return found


def numbers_like(pattern, structure):
    """The numbers of `structure`, in the order of those of `pattern`, which has the same structure.

    >>> numbers_like({"a": 0, "b": 0}, {"b": 1.0, "a": 2.0})
    [2.0, 1.0]
    """
    if isinstance(pattern, dict):
        return [number for key in pattern for number in numbers_like(pattern[key], structure[key])]
    if isinstance(pattern, (list, tuple)):
        return [number for one, other in zip(pattern, structure) for number in numbers_like(one, other)]
    return items_of(structure) if is_array(structure) else [structure]


def are_alike(one, other):
    """Whether two structures differ in nothing but their numbers.

    >>> are_alike({"a": [1.0, 2.0]}, {"a": [0.0, 0.0]}), are_alike([1.0], (1.0,))
    (True, False)
    """
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(are_alike(one[k], other[k]) for k in one)
    for kind in (list, tuple):
        if isinstance(one, kind):
            return isinstance(other, kind) and len(one) == len(other) and all(map(are_alike, one, other))
    if is_array(one):
        return is_array(other) and tuple(one.shape) == tuple(other.shape)
    return not isinstance(other, (dict, list, tuple)) and not is_array(other)


def is_array(thing):
    """Whether this is an array of at least one dimension."""
    return not isinstance(thing, (float, Value)) and hasattr(thing, "__array__") and getattr(thing, "shape", ()) != ()


def only_item(thing):
    """What is in an array of objects without dimensions, such as numpy.squeeze returns; anything else as it is."""
    in_array = getattr(getattr(thing, "dtype", None), "kind", None) == "O" and thing.shape == ()
    return thing.item() if in_array else thing


def items_of(array):
    """The items of an array as a list, the last index moving fastest; numbers of NumPy become Python's own."""
    from autograd.value_array import as_ndarray

    return as_ndarray(array).ravel().tolist()
