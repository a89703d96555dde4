"""The classes that record a function and make a program of it: the compiled ones, or those in plain Python."""

from typing import TYPE_CHECKING

from autograd.native import backend

if TYPE_CHECKING or backend == "python":
    from autograd.replay.keys import key_of, keys_of, structure_of
    from autograd.replay.program import FLAGS, Program
    from autograd.replay.tracer import CONSTANT, PLAIN, VALUE, Recorder, Tracer
else:
    from autograd.native._engine import (
        CONSTANT,
        FLAGS,
        PLAIN,
        VALUE,
        Program,
        Recorder,
        Tracer,
        key_of,
        keys_of,
        structure_of,
    )
