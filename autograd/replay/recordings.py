"""The recordings of one compiled function: found by the arguments, made again after a change, dropped."""

from __future__ import annotations

import warnings
from collections import Counter, OrderedDict
from typing import Any

from autograd.errors import RecordingError, RecordingWarning
from autograd.libraries import level_outside
from autograd.replay.random_numbers import RandomStates, shared_generators
from autograd.replay.recording import Recording
from autograd.replay.results import FailedToRecord
from autograd.replay.snapshot import SCALARS

MANY_ITEMS = 200_000  # comparing these takes as long as a function of thousands of operations
MANY_CHANGES = 3  # changes of one number before a warning
NO_GRAD = "no_grad"  # put before the key of a recording for calls inside no_grad()
ASIDE = "aside"  # put before the key of a recording that was made while other leaves were frozen than are now


class Recordings:
    """The recordings of one function by the keys of arguments, at most `maxsize`; the least recently used are dropped.

    failure   the error of the last failed recording, as text
    replayer  the Replayer of the recording that was used last, or None
    """

    def __init__(self, function, maxsize):
        self.function, self.maxsize = function, maxsize
        self.hits = self.misses = 0
        self.failure = ""
        self.replayer: Any = None
        self._by_key: OrderedDict = OrderedDict()
        self._changes: Counter = Counter()  # how often what is read from outside has changed, by name
        self._thrown_away: set = set()  # hashes of keys
        self._warned: set = set()
        self._states: RandomStates | None = None  # before what was recorded in this call

    def __len__(self):
        return len(self._by_key)

    def __iter__(self):
        return iter(self._by_key.values())

    def latest(self):
        """The recording that was used last, or None."""
        return next(reversed(self._by_key.values()), None)

    def clear(self):
        """Forget all recordings."""
        self._by_key.clear()
        self.replayer = None
        self._thrown_away.clear()
        self.hits = self.misses = 0

    def serving(self, key, rows, gradients):
        """The recording for a key, made now if there is none or if it is out of date.

        rows       for each example its numbers and Values
        gradients  whether the function would build a graph now. This matters only if it takes derivatives: those of
                   Constants are 0

        Returns None if the function raised an error, other than a RecordingError, while it was recorded. A call that
        fails leaves the random generators as they were.
        """
        self.replayer = None
        try:
            recording = self._serving(key, rows, True)
            if recording.differentiated and not gradients:
                recording = self._serving((NO_GRAD, key), rows, False)
            if not recording.verified and len(rows) > 1:
                recording.verify()
            self.replayer = recording.replayer()
            return recording
        except BaseException as error:
            if self._states is not None:
                self._states.restore()
            if not isinstance(error, FailedToRecord):
                raise
            self.failure = f"{type(error.__cause__).__name__}: {error.__cause__}"
            return None
        finally:
            self._states = None

    def _serving(self, key, rows, gradients):
        recording = self._by_key.get(key)
        if recording is not None and not recording.freezing_unchanged():
            recording = self._exchanged(key, recording)
        if recording is None:
            self._warn_of_few_places(key)
            return self._record(key, rows[0], gradients)
        if (change := recording.dependencies.changed()) is not None:
            self._warn_of_changes(*change)
            return self._record(key, rows[0], gradients)
        if recording.refusal:
            raise RecordingError(recording.refusal)
        self.hits += 1
        if not recording.verified:
            recording.verify()
        self._by_key.move_to_end(key)
        return recording

    def _exchanged(self, key, recording):
        """Put a recording aside, as other leaves are frozen now; returns the one that fits now, or None.

        So training two models in turn, each frozen while the other learns, records each only once.
        """
        self._by_key[ASIDE, key, recording.trainable] = self._by_key.pop(key)
        for name, other in self._by_key.items():
            if name[:2] == (ASIDE, key) and other.freezing_unchanged():
                self._by_key[key] = self._by_key.pop(name)
                return other
        return None

    def _record(self, key, leaves, gradients):
        self.misses += 1
        self._states = self._states or RandomStates(shared_generators())
        recording = Recording(self.function, key if gradients else key[1], leaves, gradients)
        self._by_key[key] = recording
        self._by_key.move_to_end(key)
        self._warn_of_many_items(*recording.dependencies.largest())
        while len(self._by_key) > self.maxsize:
            self._thrown_away.add(hash(self._by_key.popitem(last=False)[0]))
        return recording

    def _warn_of_few_places(self, key):
        if hash(key) in self._thrown_away:
            self.warn(
                "maxsize",
                f"more than {self.maxsize} structures of arguments take turns, so that "
                "recordings are thrown away and made again. Keep more of them: compile(..., "
                "maxsize=...).",
            )

    def _warn_of_changes(self, name, before, now):
        if type(before) not in SCALARS or type(now) not in SCALARS:
            return
        self._changes[name] += 1
        if self._changes[name] >= MANY_CHANGES:
            self.warn(
                name,
                f"it was recorded anew {self._changes[name]} times because {name} had changed, at "
                f"last from {before!r:.40} to {now!r:.40}. Pass it as an argument, make it a "
                "Value, or keep it out of the function.",
            )

    def _warn_of_many_items(self, count, where):
        if count > MANY_ITEMS:
            self.warn(
                "many",
                f"{count:,} items that it reads from outside are compared at each call, most of "
                f"them in {where}. Put them into a tuple or a read-only array, which cannot "
                "change, or pass what it needs as an argument.",
            )

    def name(self):
        """The name of the function, for messages."""
        return getattr(self.function, "__qualname__", repr(self.function))

    def has_warned(self, subject):
        """Whether there has been a warning on this subject."""
        return subject in self._warned

    def warn(self, subject, message):
        """Warn, once per subject."""
        if not self.has_warned(subject):
            self._warned.add(subject)
            warnings.warn(f"compile: {self.name()}: {message}", RecordingWarning, stacklevel=level_outside())
