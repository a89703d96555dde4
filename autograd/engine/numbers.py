"""Which numbers are accepted, and how they become floats."""

from autograd.engine import uncompiled as cython
from autograd.errors import (
    AutogradError,
    InexactNumberError,
    LeavesGraphError,
    NotFiniteError,
    NumberTypeError,
)

if not cython.compiled:
    from autograd.engine.modes import check_not_recording, recording


@cython.ccall
@cython.locals(result=cython.double)
def as_float(number: object) -> float:
    """A plain number as a float.

    >>> as_float(True)
    1.0

    Raises NumberTypeError for anything but a real number, LeavesGraphError (a TypeError) for a Value, NotFiniteError
    for NaN and infinity, InexactNumberError for a number that no float64 holds exactly.
    """
    result = number if type(number) is float else _converted(number)
    if result - result != 0.0:
        raise NotFiniteError(
            f"a Value must be finite, got {result}. Find where it comes from, or leave that entry out."
        )
    return result


def _converted(number):
    """A number of another type than float as a float."""
    remedy = _why_not_a_number(number)
    if remedy is None:
        try:
            result = float(number)
            if (result == number and (abs(result) < 2**53 or result == _whole(number))) or result != result:
                return result
            raise InexactNumberError(
                f"{number!r:.60} is not exactly a float64. To accept the rounding write float(...)."
            )
        except LeavesGraphError:
            check_not_recording("a plain number made of a Value")
            raise LeavesGraphError(f"expected a plain number, got {number!r}. Write v.data for its number.") from None
        except OverflowError:
            raise InexactNumberError(f"this {type(number).__name__} is too large for a float64.") from None
        except (TypeError, ValueError) as error:
            if isinstance(error, AutogradError):
                raise
            remedy = "Convert it to a float first."
    with recording(None):  # the repr, which may contain tracers, is only for the message
        raise NumberTypeError(f"expected a real number, got {type(number).__name__} {number!r:.60}. {remedy}")


def _whole(number):
    """A whole number as an int: libraries round theirs before they compare them with floats. Others as they are."""
    try:
        return number.__index__()
    except (AttributeError, TypeError):
        return number


def _why_not_a_number(thing):
    """The remedy for something that is not a real number; None for what may be one."""
    if isinstance(thing, (str, bytes)):
        return 'Convert it with float() first; in text write a number as f"{v.data}".'
    if type(thing).__name__.startswith("complex"):
        return "Take its .real and .imag as two numbers."
    if thing is None:
        return "A variable may not have been set, or a function may lack its return."
    if hasattr(thing, "__len__") and getattr(thing, "shape", None) != ():
        return "Make one Value of each element: [Value(x) for x in ...]; .item() takes the only element of an array."
    return None


def number_in(thing):
    """A plain number as it is; None for anything else."""
    if type(thing) is float or type(thing) is int:
        return thing
    return thing if _why_not_a_number(thing) is None and hasattr(thing, "__float__") else None


def finite(number):
    """A float as it is; raises OverflowError for infinity and NaN."""
    if number - number != 0.0:
        raise OverflowError
    return number
