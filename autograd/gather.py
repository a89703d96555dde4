"""`take`: an item of a list, chosen by a number that need not be known while a function is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd.engine import Value, as_float, is_recording, recorder
from autograd.errors import ArgumentError, NumberTypeError, OutOfRangeError

if TYPE_CHECKING:
    from autograd.engine.value import Number

N = TypeVar("N", Value, float)


@overload
def take(items: Sequence[N], index: Number) -> N: ...
@overload
def take(items: Sequence[Sequence[N]], index: Number) -> list[N]: ...
@overload
def take(items: Sequence[Any], index: Number) -> Any: ...
def take(items, index):
    """items[index], where the index may be an input of a compiled function.

    items  a list, tuple or array of numbers and Values, or of lists of them, such as the rows of a table
    index  a nonnegative integer: an int, a float such as 2.0, or a Value

    Returns a Value as it is, any other number as a float, a list as a new list. A gradient flows to the item alone; to
    the index it is 0. In a compiled function a replay chooses anew at each call. For that, while the function is
    recorded, all items must have the same structure, and be all Values or all plain numbers.

    >>> table = [[Value(0.5), Value(1.0)], [Value(2.0), Value(3.0)]]
    >>> [v.data for v in take(table, 1)]
    [2.0, 3.0]
    >>> take([10.0, 20.0, 30.0], 2.0)
    30.0

    Raises OutOfRangeError (an IndexError) for a negative index and for one past the end, ArgumentError for one that is
    not whole.
    """
    if not isinstance(items, (list, tuple)):
        if not hasattr(items, "tolist") or getattr(items, "shape", None) == ():
            raise NumberTypeError(f"take: expected a list of numbers, got {type(items).__name__} {items!r:.60}.")
        items = items.tolist()
    if isinstance(index, Value) and is_recording() and items:
        return recorder().take(items, index)
    return _item(items[_position(index, len(items))])


def _position(index, count):
    """An index as an int."""
    number = index if type(index) is int else index.data if isinstance(index, Value) else as_float(index)
    if number != number // 1:
        raise ArgumentError(f"take: expected a whole number as the index, got {index!r:.60}.")
    if not 0 <= number < count:
        wanted = f"an index from 0 to {count - 1}" if count else "at least one item"
        hint = " Write items[-1] for the last item." if number < 0 else ""
        raise OutOfRangeError(f"take: expected {wanted}, got {f'{index!r:.60}' if count else 'none'}.{hint}")
    return int(number)


def _item(item):
    """An item as `take` returns it."""
    if isinstance(item, (list, tuple)):
        return [_item(part) for part in item]
    return item if isinstance(item, Value) else as_float(item)
