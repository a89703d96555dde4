"""Nested lists, tuples and dicts of numbers and Values: the form in which functions take and return several."""

from copy import copy


def map_numbers(function, structure):
    """`structure` with `function` applied to every number and Value in it; lists, tuples and dicts keep their shape."""
    if isinstance(structure, dict):
        parts = {key: map_numbers(function, part) for key, part in structure.items()}
        if type(structure) is dict:
            return parts
        other = copy(structure)  # of a class derived from dict
        other.update(parts)
        return other
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_numbers(function, part) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_numbers(function, part) for part in structure)
    return function(structure)


def numbers_in(structure):
    """The numbers and Values in a nested structure, in order."""
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
    return [structure]
