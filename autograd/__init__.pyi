# Made by "python -m autograd.stubs" from the table and the source. Do not edit.
from typing import Any

from autograd import errors as errors
from autograd.check import gradcheck as gradcheck
from autograd.composed import dot as dot
from autograd.composed import log_softmax as log_softmax
from autograd.composed import logsumexp as logsumexp
from autograd.composed import mean as mean
from autograd.composed import softmax as softmax
from autograd.draw import draw as draw
from autograd.flat import read_data as read_data
from autograd.flat import read_grad as read_grad
from autograd.flat import write_data as write_data
from autograd.flat import write_grad as write_grad
from autograd.formulas import Interval as Interval
from autograd.functional import derivatives as derivatives
from autograd.functional import grad as grad
from autograd.functional import hessian as hessian
from autograd.functional import hvp as hvp
from autograd.functional import jacobian as jacobian
from autograd.functional import jvp as jvp
from autograd.functional import value_and_grad as value_and_grad
from autograd.functional import zero_grad as zero_grad
from autograd.player import explain as explain
from autograd.player import play as play
from autograd.player import play_training as play_training
from autograd.primitives import rule as rule
from autograd.replay import compile as compile
from autograd.value import Constant as Constant
from autograd.value import Value as Value
from autograd.value import as_float as as_float
from autograd.value import backend as backend
from autograd.value import is_recording as is_recording
from autograd.value import no_grad as no_grad
from autograd.value import record_lines as record_lines
from autograd.value import watch as watch
from autograd.primitives import (
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
