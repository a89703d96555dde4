"""What a function returned while it was recorded: its structure, and the place and kind of each number in it."""

from __future__ import annotations

from autograd.engine import Value, as_float, is_recording, recorder
from autograd.errors import NumberTypeError
from autograd.nested import are_alike, map_numbers, numbers_in
from autograd.replay.recorder import UNSURE
from autograd.replay.snapshot import same


class FailedToRecord(Exception):
    """The function raised an error while it was recorded. It is then called itself, and raises its own error, if any.

    A signal within this folder, which no user sees.
    """


class Result:
    """What a function returned while it was recorded.

    structure  the result, with each number replaced by its index among the numbers, and anything else by an AsItIs
    places     the place of each number on the tape
    kinds      for each number, what the function itself would return: VALUE, CONSTANT or PLAIN, see tracer.py; an
               AsItIs for a number that depends on nothing
    """

    def __init__(self, recorder, result):
        self.places: list = []
        self.kinds: list = []
        self.structure = map_numbers(lambda part: self._placed(recorder, part), result)
        self.is_single = type(self.structure) is int  # one number, in no structure

    def _placed(self, recorder, part):
        if is_returned_as_it_is(part):
            return AsItIs(part)
        if not isinstance(part, Value) and not _is_number(part):
            raise FailedToRecord from NumberTypeError(
                f"the function returned a {type(part).__name__}; expected numbers, Values, strings and None, in lists, "
                "tuples and dicts"
            )
        tracer = recorder.tracer(part)
        if isinstance(part, Value) and tracer.kind == UNSURE:
            recorder.refuse(
                "compile: whether the result has a gradient depends on an index, since some of the items that take() "
                "chooses from are frozen. Freeze all of them or none."
            )
        self.places.append(tracer.place)
        self.kinds.append(tracer.kind if isinstance(part, Value) else AsItIs(part))
        return len(self.places) - 1

    def described(self):
        """The result for a message, with "a number" in place of each number."""
        return map_numbers(lambda part: "a number" if type(part) is int else part.part, self.structure)

    def equals(self, other):
        same_structure = are_alike(self.structure, other.structure) and numbers_in(self.structure) == numbers_in(
            other.structure
        )
        return same_structure and self.kinds == other.kinds and self.places == other.places


class AsItIs:
    """Part of a result that a replay returns unchanged."""

    def __init__(self, part):
        self.part = part

    def __eq__(self, other):
        return type(other) is AsItIs and same(self.part, other.part)


def is_returned_as_it_is(part):
    """Whether part of a result is returned unchanged: None and strings."""
    return part is None or isinstance(part, str)


def _is_number(part):
    """Whether part of a result is a number, even one that no float64 holds."""
    try:
        as_float(part)
    except NumberTypeError:
        return False
    except ValueError:
        return True
    return True


def plain(number):
    """A number or Value in a result as a float; while another function is recorded, a tracer without a gradient."""
    if is_recording() and isinstance(number, Value):
        return recorder().number_of(number)
    return number.data if isinstance(number, Value) else as_float(number)
