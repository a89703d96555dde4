"""Random numbers in recordings: they are inputs, drawn anew at each replay, in the order of the function itself."""

from __future__ import annotations

import pickle
import sys
from _random import Random  # the class that random.Random is derived from: importing random takes a millisecond
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from autograd.engine import recorder
from autograd.errors import NumberTypeError, RecordingError

if TYPE_CHECKING:
    import random
    from types import ModuleType


def random_numbers(generator: random.Random | ModuleType) -> Callable[[], float]:
    """`generator.random`, a function that draws a number from 0 to less than 1; in a recording, a number for each call.

    generator  a random.Random, or the module `random`

    A compiled function that draws random numbers in another way is refused, since a replay would not draw them. These
    are drawn anew at each call, for one example of a batch after the other, as the function itself would draw them.

    >>> from random import Random
    >>> from autograd import compile
    >>> generator = Random(0)
    >>> noisy = compile(lambda x: x + random_numbers(generator)())
    >>> noisy(1.0), noisy(1.0)
    (1.8444218515250481, 1.7579544029403025)

    Call it anew wherever numbers are drawn, and do not keep what it returns. Raises NumberTypeError for anything but a
    generator; in a recording RecordingError inside a side of `where`, where the function itself would draw numbers only
    if that side is chosen, and for a generator whose state cannot be set.
    """
    writer = recorder()
    if writer is None and isinstance(generator, Random):
        return generator.random  # the common case
    if not is_generator(generator):
        raise NumberTypeError(f"random_numbers: expected a random.Random or the module random, got {generator!r:.60}.")
    if writer is None:
        return generator.random
    if _state_of(generator) is None:
        writer.refuse(
            f"compile: random_numbers needs a generator whose state can be set, a random.Random; a "
            f"{type(generator).__name__} has none."
        )
    return lambda: _recorded(writer, generator)


def is_generator(thing: object) -> bool:
    """Whether something is a random.Random, or the module random."""
    return isinstance(thing, Random) or (thing is not None and thing is sys.modules.get("random"))


def _recorded(writer, generator):
    if recorder() is not writer:
        raise RecordingError(
            "random_numbers: what it returned while a function was recorded is called after that. Call random_numbers "
            "each time the function is called."
        )
    return writer.drawn(generator)


def shared_generators() -> list[Any]:
    """The modules random and numpy.random, if they are imported."""
    return [sys.modules[name] for name in ("random", "numpy.random") if sys.modules.get(name)]


class RandomStates:
    """The states of random generators as they are now."""

    def __init__(self, generators: Iterable[Any]):
        self._states = [(one, _state_of(one)) for one in generators]

    def unchanged(self) -> bool:
        """Whether no generator has moved."""
        return all(_same(state, _state_of(one)) for one, state in self._states)

    def restore(self) -> None:
        """Set the generators back."""
        for one, state in self._states:
            _set_state(one, state)


def _state_of(generator):
    if hasattr(generator, "getstate"):
        try:
            return generator.getstate()
        except NotImplementedError:  # random.SystemRandom raises this: the system's numbers have no state
            return None
    if hasattr(generator, "get_state"):  # of NumPy: the module, or a RandomState
        return generator.get_state(legacy=False)
    return getattr(_bits(generator), "state", generator)


def _set_state(generator, state):
    if hasattr(generator, "setstate"):
        if state is not None:
            generator.setstate(state)
    elif hasattr(generator, "set_state"):
        generator.set_state(state)
    elif state is not generator:
        _bits(generator).state = state


def _bits(generator):
    """What has the state of a numpy.random.Generator; a BitGenerator itself."""
    return getattr(generator, "bit_generator", generator)


def _same(one, other):
    return one is other or (one == other if type(one) is tuple else pickle.dumps(one) == pickle.dumps(other))
