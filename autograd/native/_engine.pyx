# cython: language_level=3, boundscheck=False, cdivision=True, c_api_binop_methods=False, embedsignature=False
# cython: initializedcheck=False, auto_pickle=False, annotation_typing=False
"""The compiled engine: the engine's Python files, unchanged, and what has to be in C."""

cimport cython
from cpython cimport array
from cpython.array cimport array as Numbers
from cpython.pythread cimport PyThread_get_thread_ident
from libc.limits cimport INT_MAX
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset, strncpy

import os

from autograd.native.sources import PACKAGE

cdef extern from "traceback.h":
    char[4096] sources_root

cdef extern from "kernels.h":
    enum:
        RULE_COUNT  # the rules with a smaller index have kernels
    const unsigned char* INPUTS_OF  # how many inputs a rule has, by its index
    double value_1(int, double) noexcept nogil
    double value_2(int, double, double) noexcept nogil
    double value_3(int, double, double, double) noexcept nogil
    void slopes_1(int, double, double, double*) noexcept nogil
    void slopes_2(int, double, double, double, int, double*, double*) noexcept nogil
    void slopes_3(int, double, double, double, double, int, double*, double*, double*) noexcept nogil

cdef extern from *:
    long long FINGERPRINT  # defined by the build

fingerprint = FINGERPRINT
cdef bytes root = os.fsencode(os.path.join(os.path.dirname(PACKAGE), ""))
strncpy(sources_root, root, sizeof(sources_root) - 1)
SLOTS = TRACER_SLOTS = ()  # the fields of compiled classes are in _engine.pxd

include "autograd/engine/modes.py"
include "autograd/native/modes.pxi"
include "autograd/engine/numbers.py"
include "autograd/engine/value.py"
include "autograd/engine/choices.py"
include "autograd/engine/replayed.py"
include "autograd/replay/tape.py"
include "autograd/replay/tracer.py"
include "autograd/replay/derive.py"
include "autograd/replay/facts.py"
include "autograd/replay/blocks.py"
include "autograd/replay/affine.py"
include "autograd/replay/program.py"
include "autograd/replay/keys.py"
include "autograd/native/nodes.pxi"
include "autograd/native/flats.pxi"
include "autograd/native/operations.pxi"
include "autograd/native/functions.pxi"
include "autograd/native/passes.pxi"
include "autograd/native/recording.pxi"
include "autograd/native/arrays.pxi"
include "autograd/native/rows.pxi"
include "autograd/native/machine.pxi"
include "autograd/native/plans.pxi"
include "autograd/native/replays.pxi"
