"""The exceptions of this package, in addition to those of `autograd.errors`, and the import of optional packages."""

import importlib

from autograd.errors import AutogradError, MissingPackageError, RecordingError
from autograd.errors import NoSuchAttributeError as NoSuchAttributeError
from autograd.names import closest as closest


class DivergedError(AutogradError, OverflowError):
    """Training left the range of finite numbers."""


class CheckpointError(AutogradError, OSError, ValueError):
    """A file of weights cannot be read or written, or does not fit the model."""


class DataFileError(AutogradError, OSError, ValueError):
    """A file of data cannot be read."""


class LostProcessError(AutogradError, ConnectionError):
    """Of several processes that train together one has ended, or cannot be reached."""


class NotRecordedWarning(UserWarning):
    """A model cannot be recorded, and is therefore trained more slowly."""


class ReplayDiffersError(RecordingError):
    """A replay of a model gave other numbers than the model itself, after some of its numbers had been used."""


def need(module: str, package: str, purpose: str):
    """Import `module`, or raise MissingPackageError that says which `package` to install for which `purpose`.

    >>> need("math", "math", "arithmetic").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs {package}, which cannot be imported ({error}). Install it with: pip install {package}"
        ) from error
