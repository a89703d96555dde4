"""The classes that record a function and make a program of it: the compiled ones, or those in plain Python."""

from typing import TYPE_CHECKING, Any

from autograd.native import backend

if TYPE_CHECKING or backend == "python":
    from autograd.replay.derive import adjoints_on, tangents_on
    from autograd.replay.facts import FLAGS
    from autograd.replay.keys import key_of, keys_of, structure_of
    from autograd.replay.program import Program
    from autograd.replay.tape import CODES, CONSTANT, PLAIN, UNSURE, VALUE, Fragment, described, first_difference
    from autograd.replay.tracer import Recorder, Tracer

    Replayer: Any = None
else:
    from autograd.native._engine import (
        CODES,
        CONSTANT,
        FLAGS,
        PLAIN,
        UNSURE,
        VALUE,
        Fragment,
        Program,
        Recorder,
        Replayer,
        Tracer,
        adjoints_on,
        described,
        first_difference,
        key_of,
        keys_of,
        structure_of,
        tangents_on,
    )
