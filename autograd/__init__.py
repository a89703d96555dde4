"""A scalar reverse-mode autograd engine that can be seen through."""

from autograd import errors
from autograd.check.gradcheck import gradcheck
from autograd.composed import dot, log_softmax, logsumexp, mean, softmax
from autograd.engine import (
    Constant,
    Value,
    as_float,
    is_recording,
    no_grad,
    record_lines,
    watch,
)
from autograd.engine.arrays import read_data, read_grad, write_data, write_grad
from autograd.engine.functions import PUBLIC as _public
from autograd.engine.functions import rule
from autograd.native import backend
from autograd.replay.compile import compile
from autograd.table.formulas import Interval
from autograd.transforms import derivatives, grad, hessian, hvp, jacobian, jvp, value_and_grad, zero_grad
from autograd.view.draw import draw
from autograd.view.player.page import explain, play, play_training

__version__ = "0.1.0"
globals().update(_public)
