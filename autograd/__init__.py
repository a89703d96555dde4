"""A scalar reverse-mode autograd engine that can be seen through."""

from autograd import errors
from autograd.composed import dot, log_softmax, logsumexp, mean, softmax
from autograd.functional import derivatives, grad, value_and_grad
from autograd.primitives import FUNCTIONS as _FUNCTIONS
from autograd.value import Constant, Value, no_grad

globals().update(_FUNCTIONS)
__version__ = "0.1.0"
