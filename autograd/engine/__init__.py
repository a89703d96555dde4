"""The engine: Value and what works on it; compiled if a compiled engine is there, otherwise in plain Python."""

from typing import TYPE_CHECKING

from autograd.native import backend

if TYPE_CHECKING or backend == "python":
    from autograd.engine.choices import side_of, where
    from autograd.engine.generate import generated_function as make_function
    from autograd.engine.modes import (
        any_mode,
        check_not_recording,
        gradients_wanted,
        graph_wanted,
        is_recording,
        no_grad,
        record_lines,
        record_scopes,
        recorder,
        recording,
        scope,
        scopes_wanted,
        watch,
    )
    from autograd.engine.numbers import as_float
    from autograd.engine.replayed import ReplayedNode, replayed_result, stale
    from autograd.engine.value import (
        Constant,
        Freezing,
        Value,
        adjoints,
        apply,
        constant,
        restore,
        restore_frozen,
        topological_order,
    )

    def set_method(name, function):
        """Give Value a method, or remove it if `function` is None."""
        if function is not None:
            setattr(Value, name, function)
        elif name in vars(Value):
            delattr(Value, name)
else:
    from autograd.native._engine import (
        Constant,
        Freezing,
        ReplayedNode,
        Value,
        adjoints,
        any_mode,
        apply,
        as_float,
        check_not_recording,
        constant,
        gradients_wanted,
        graph_wanted,
        is_recording,
        make_function,
        no_grad,
        record_lines,
        record_scopes,
        recorder,
        recording,
        replayed_result,
        restore,
        restore_frozen,
        scope,
        scopes_wanted,
        set_method,
        side_of,
        stale,
        topological_order,
        watch,
        where,
    )

restore.__module__ = restore_frozen.__module__ = __name__  # so that each engine reads what the other has pickled
if backend == "python":
    Value.__module__ = Constant.__module__ = "autograd"
