# Made by "python -m autograd.stubs" from the table and the source. Do not edit.
from typing import Any

from autograd import errors as errors
from autograd.check.gradcheck import gradcheck as gradcheck
from autograd.composed import dot as dot
from autograd.composed import log_softmax as log_softmax
from autograd.composed import logsumexp as logsumexp
from autograd.composed import mean as mean
from autograd.composed import softmax as softmax
from autograd.engine.arrays import read_data as read_data
from autograd.engine.arrays import read_grad as read_grad
from autograd.engine.arrays import write_data as write_data
from autograd.engine.arrays import write_grad as write_grad
from autograd.engine.primitives import rule as rule
from autograd.engine.value import Constant as Constant
from autograd.engine.value import Value as Value
from autograd.engine.value import as_float as as_float
from autograd.engine.value import backend as backend
from autograd.engine.value import is_recording as is_recording
from autograd.engine.value import no_grad as no_grad
from autograd.engine.value import record_lines as record_lines
from autograd.engine.value import watch as watch
from autograd.replay.compile import compile as compile
from autograd.table.formulas import Interval as Interval
from autograd.transforms import derivatives as derivatives
from autograd.transforms import grad as grad
from autograd.transforms import hessian as hessian
from autograd.transforms import hvp as hvp
from autograd.transforms import jacobian as jacobian
from autograd.transforms import jvp as jvp
from autograd.transforms import value_and_grad as value_and_grad
from autograd.transforms import zero_grad as zero_grad
from autograd.view.draw import draw as draw
from autograd.view.player.page import play as play
from autograd.view.player.page import play_training as play_training
from autograd.view.text import explain as explain
from autograd.engine.primitives import (
    add as add,
    sub as sub,
    mul as mul,
    div as div,
    neg as neg,
    pos as pos,
    pow as pow,
    sign as sign,
    abs as abs,
    step as step,
    maximum as maximum,
    minimum as minimum,
    less as less,
    less_equal as less_equal,
    equal as equal,
    where as where,
    hypot as hypot,
    atan2 as atan2,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    log as log,
    log2 as log2,
    log10 as log10,
    log1p as log1p,
    sqrt as sqrt,
    cbrt as cbrt,
    sin as sin,
    cos as cos,
    tan as tan,
    asin as asin,
    acos as acos,
    atan as atan,
    sinh as sinh,
    cosh as cosh,
    tanh as tanh,
    asinh as asinh,
    acosh as acosh,
    atanh as atanh,
    erf as erf,
    erfc as erfc,
    gelu as gelu,
    sigmoid as sigmoid,
    softplus as softplus,
    relu as relu,
    leaky_relu as leaky_relu,
)

__version__: str
