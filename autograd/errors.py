"""The exceptions: one class a cause, each of them also the built-in that Python itself would raise."""

from operator import index


class AutogradError(Exception):
    """What every exception of this package is."""


class DomainError(AutogradError, ValueError):
    """An operand lies outside the domain of a primitive, as in log(-1)."""


class DivisionByZeroError(AutogradError, ZeroDivisionError):
    """A divisor is zero, or zero is raised to a negative power."""


class InfiniteDerivativeError(AutogradError, ZeroDivisionError):
    """A value is finite but its derivative is not, as in sqrt(x) at 0."""


class ResultOverflowError(AutogradError, OverflowError):
    """A result, a derivative or a gradient is too large for a float64."""


class NotFiniteError(AutogradError, ValueError):
    """A number that comes in is infinite or not a number."""


class InexactNumberError(AutogradError, ValueError):
    """A number that comes in is not exactly a float64, such as 2**53 + 1."""


class NumberTypeError(AutogradError, TypeError):
    """Something that comes in is not a real number."""


class LeavesGraphError(AutogradError, TypeError):
    """An expression would take a number out of the graph and lose its gradient, as float(v) would."""


class StaleGraphError(AutogradError, RuntimeError):
    """`data` was changed after the forward pass, and what was recorded then no longer fits."""


class CyclicGraphError(AutogradError, RuntimeError):
    """A node is its own ancestor."""


class RecordingError(AutogradError, TypeError):
    """While a function is recorded, a number or a branch that depends on its inputs would be frozen."""


class RecordingWarning(RuntimeWarning):
    """A compiled function is slower than it could be: it is recorded again and again, or called itself."""


class FormulaError(AutogradError, ValueError):
    """A formula cannot be read; the message points at the place with a caret."""


class RuleError(AutogradError, ValueError):
    """A primitive is described wrongly: a name already taken, a partial derivative missing."""


class ArgumentError(AutogradError, ValueError):
    """An argument has the wrong size, or a value that is not among the choices."""


class WrongGradientError(AutogradError, AssertionError):
    """The engine's derivative differs from the numerical one."""


class GraphTooLargeError(AutogradError, ValueError):
    """A graph has more nodes than a picture can show."""


class MissingProgramError(AutogradError, FileNotFoundError):
    """A picture needs a program that is not installed."""


class MissingPackageError(AutogradError, ImportError):
    """A picture needs a Python package that is not installed."""


def listed(where: str, thing) -> list:
    """`thing` as a list, or NumberTypeError: no text, no single number."""
    if isinstance(thing, (str, bytes)) or not hasattr(thing, "__iter__"):
        raise NumberTypeError(f"{where}: a list is wanted, got {type(thing).__name__} {thing!r:.60}.")
    return list(thing)


def listed_instances(where: str, things, kind: type, article: str = "a") -> list:
    """`things` as a list of instances of the class `kind`, or NumberTypeError."""
    things = listed(where, things)
    for thing in things:
        instance(where, thing, kind, article)
    return things


def called(where: str, function) -> None:
    """Raise NumberTypeError for what is no function."""
    if not callable(function):
        raise NumberTypeError(f"{where}: a function is wanted, got {type(function).__name__} {function!r:.60}.")


def whole(where: str, thing, least: int = 1) -> int:
    """`thing` as an int, or ArgumentError for what is no whole number from `least` on."""
    try:
        number = least - 1 if isinstance(thing, bool) else index(thing)
    except TypeError:
        number = least - 1
    if number < least:
        raise ArgumentError(f"{where} must be a whole number from {least} on, got {thing!r:.60}.")
    return number


def instance(where: str, thing, kind: type, article: str = "a") -> None:
    """Raise NumberTypeError for what is no instance of the class `kind`."""
    if not isinstance(thing, kind):
        raise NumberTypeError(
            f"{where}: {article} {kind.__name__} is wanted, got {type(thing).__name__} {thing!r:.60}."
        )
