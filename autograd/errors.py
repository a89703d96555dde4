"""Every exception of the engine: one class for each cause, derived from the built-in that Python itself would raise."""


class AutogradError(Exception):
    """The base class of every exception of this package."""


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


class MissingPackageError(AutogradError, ImportError):
    """A Python package that this function needs is not installed."""


class MissingProgramError(AutogradError, FileNotFoundError):
    """A program that this function needs, such as Graphviz's `dot`, is not installed."""
