"""A scalar reverse-mode autograd engine that can be seen through."""

from autograd import errors
from autograd.check import gradcheck
from autograd.composed import dot, log_softmax, logsumexp, mean, softmax
from autograd.draw import draw
from autograd.flat import read_data, read_grad, write_data, write_grad
from autograd.formulas import Interval
from autograd.functional import derivatives, grad, hessian, hvp, jacobian, jvp, value_and_grad, zero_grad
from autograd.player import explain, play, play_training
from autograd.primitives import PUBLIC as _public
from autograd.primitives import rule
from autograd.replay import compile
from autograd.value import (
    Constant,
    Value,
    as_float,
    backend,
    is_recording,
    no_grad,
    record_lines,
    watch,
)

__version__ = "0.1.0"
globals().update(_public)
