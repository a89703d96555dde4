"""Every exception of the engine: one class for each cause, derived from the built-in that Python itself would raise."""


class AutogradError(Exception):
    """The base class of every exception of this package.

    rule_name  the primitive that failed, if one did: "log"
    operands   what it was applied to; `draw(error)` shows the graph up to there. They are left out of a pickled error
    """

    rule_name: str | None = None
    operands: tuple = ()

    def __reduce__(self):
        make, arguments, *_ = super().__reduce__()
        return make, arguments, {name: part for name, part in vars(self).items() if name != "operands"}


class DomainError(AutogradError, ValueError):
    """An operand lies outside the domain of a primitive, as in log(-1)."""


class DivisionByZeroError(AutogradError, ZeroDivisionError):
    """A divisor is zero, or zero is raised to a negative power."""


class InfiniteDerivativeError(AutogradError, ZeroDivisionError):
    """A value is finite but its derivative is not, as in sqrt(x) at 0."""


class ResultOverflowError(AutogradError, OverflowError):
    """A result, a derivative or a gradient is too large for a float64."""


class NotFiniteError(AutogradError, ValueError):
    """A number passed in is infinite or NaN. Among several, `place` says which."""

    place: int | None = None


class InexactNumberError(AutogradError, ValueError):
    """A number passed in is not exactly a float64, such as 2**53 + 1."""


class NumberTypeError(AutogradError, TypeError):
    """An argument has the wrong type, such as a string in place of a number."""


class NoSuchAttributeError(AutogradError, AttributeError):
    """A Value, a module or a package has no attribute of this name."""


class NoSuchNameError(AutogradError, ImportError):
    """A package has nothing of this name to import."""


class LeavesGraphError(AutogradError, TypeError):
    """An expression such as float(v) would take a number out of the graph and lose its gradient."""


class StaleGraphError(AutogradError, RuntimeError):
    """`data` was changed after the forward pass, so that the recorded partial derivatives no longer apply."""


class CyclicGraphError(AutogradError, RuntimeError):
    """A node is its own ancestor."""


class RecordingError(AutogradError, TypeError):
    """A recording would freeze a number or a branch that depends on the inputs of the function."""


class RecordingWarning(RuntimeWarning):
    """A compiled function is slower than it could be: it is recorded again and again, or called itself."""


class FormulaError(AutogradError, ValueError):
    """A formula cannot be read; the message points at the place with a caret."""


class RuleError(AutogradError, ValueError):
    """A primitive is described wrongly: its name is taken, or a partial derivative is missing."""


class ArgumentError(AutogradError, ValueError):
    """An argument has the wrong size, or a value that is not allowed."""


class OutOfRangeError(AutogradError, IndexError):
    """A list has no item with this index."""


class WrongGradientError(AutogradError, AssertionError):
    """The engine's derivative differs from the numerical one."""


class GraphTooLargeError(AutogradError, ValueError):
    """A graph has more nodes than a picture can show."""


class MissingPackageError(AutogradError, ImportError):
    """A Python package that this function needs is not installed."""


class MissingProgramError(AutogradError, FileNotFoundError):
    """A program that this function needs, such as Graphviz's `dot`, is not installed."""
