"""A scalar reverse-mode autograd engine that can be seen through."""

import typing as _typing

# "as" says that a name is public: to readers, to type checkers, and to ruff.
from autograd import errors as errors
from autograd.check.gradcheck import gradcheck as gradcheck
from autograd.composed import dot as dot
from autograd.composed import log_softmax as log_softmax
from autograd.composed import logaddexp as logaddexp
from autograd.composed import logsumexp as logsumexp
from autograd.composed import mean as mean
from autograd.composed import sinc as sinc
from autograd.composed import softmax as softmax
from autograd.engine import Constant as Constant
from autograd.engine import Value as Value
from autograd.engine import as_float as as_float
from autograd.engine import is_recording as is_recording
from autograd.engine import no_grad as no_grad
from autograd.engine import record_lines as record_lines
from autograd.engine import record_scopes as record_scopes
from autograd.engine import scope as scope
from autograd.engine import scopes_wanted as scopes_wanted
from autograd.engine import watch as watch
from autograd.engine.arrays import Flat as Flat
from autograd.engine.arrays import apply_update as apply_update
from autograd.engine.arrays import find_frozen as find_frozen
from autograd.engine.arrays import read_data as read_data
from autograd.engine.arrays import read_grad as read_grad
from autograd.engine.arrays import write_data as write_data
from autograd.engine.arrays import write_grad as write_grad
from autograd.engine.functions import rule as rule
from autograd.functions import abs as abs
from autograd.functions import acos as acos
from autograd.functions import acosh as acosh
from autograd.functions import add as add
from autograd.functions import asin as asin
from autograd.functions import asinh as asinh
from autograd.functions import atan as atan
from autograd.functions import atan2 as atan2
from autograd.functions import atanh as atanh
from autograd.functions import cbrt as cbrt
from autograd.functions import ceil as ceil
from autograd.functions import clamp as clamp
from autograd.functions import cos as cos
from autograd.functions import cosh as cosh
from autograd.functions import div as div
from autograd.functions import equal as equal
from autograd.functions import erf as erf
from autograd.functions import erfc as erfc
from autograd.functions import exp as exp
from autograd.functions import exp2 as exp2
from autograd.functions import expm1 as expm1
from autograd.functions import floor as floor
from autograd.functions import gelu as gelu
from autograd.functions import hypot as hypot
from autograd.functions import leaky_relu as leaky_relu
from autograd.functions import less as less
from autograd.functions import less_equal as less_equal
from autograd.functions import log as log
from autograd.functions import log1p as log1p
from autograd.functions import log2 as log2
from autograd.functions import log10 as log10
from autograd.functions import maximum as maximum
from autograd.functions import minimum as minimum
from autograd.functions import mod as mod
from autograd.functions import mul as mul
from autograd.functions import neg as neg
from autograd.functions import pos as pos
from autograd.functions import pow as pow
from autograd.functions import relu as relu
from autograd.functions import sigmoid as sigmoid
from autograd.functions import sign as sign
from autograd.functions import silu as silu
from autograd.functions import sin as sin
from autograd.functions import sinh as sinh
from autograd.functions import softplus as softplus
from autograd.functions import softsign as softsign
from autograd.functions import sqrt as sqrt
from autograd.functions import step as step
from autograd.functions import sub as sub
from autograd.functions import tan as tan
from autograd.functions import tanh as tanh
from autograd.functions import where as where
from autograd.gather import take as take
from autograd.matrices.exports import load_export as load_export
from autograd.native import backend as backend
from autograd.replay.compile import compile as compile
from autograd.replay.random_numbers import random_numbers as random_numbers
from autograd.table.formulas import Interval as Interval
from autograd.table.updates import UPDATES as UPDATES
from autograd.transforms import derivatives as derivatives
from autograd.transforms import grad as grad
from autograd.transforms import hessian as hessian
from autograd.transforms import hvp as hvp
from autograd.transforms import jacobian as jacobian
from autograd.transforms import jvp as jvp
from autograd.transforms import value_and_grad as value_and_grad
from autograd.transforms import zero_grad as zero_grad
from autograd.view.draw import draw as draw
from autograd.view.latex import latex as latex
from autograd.view.player.page import play as play
from autograd.view.player.page import play_training as play_training
from autograd.view.text import explain as explain

__version__ = "0.1.0"


if not _typing.TYPE_CHECKING:  # a type checker that sees it accepts every name

    def __getattr__(name):
        from autograd.elsewhere import ELSEWHERE
        from autograd.names import raise_missing

        raise_missing("autograd", name, globals(), ELSEWHERE)
