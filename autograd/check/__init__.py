"""Derivatives compared with numerical ones: what `autograd.gradcheck` returns."""

from autograd.check.report import Report as Report
from autograd.check.report import Row as Row
