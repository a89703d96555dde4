"""What the Values that a recording meets were computed from, outside the function: derivatives inside depend on it.

A recording knows the captured Values and those among its arguments, not the graphs above them. In two cases these make
a difference to the derivatives that a function takes. They are found here; then the function itself is called.
"""

import weakref

from autograd.engine import Freezing, Value, topological_order
from autograd.replay.recorder import CODES, Fragment

# The derivatives that are being taken, in all threads, by their ids. One that an interrupt has ended goes with its last
# reference; until then its variables keep their ids.
active: dict[int, weakref.ref] = {}


def any_live(ys, but=None):
    """Whether one of these is a Value that depends on a leaf, or on the variable of a derivative that is being taken.

    The derivatives of others are plain numbers. The variables of the derivative `but` do not count.
    """
    taken = [reference() for reference in list(active.values())]
    variables = {id(node) for one in taken if one is not None and one is not but for node in one.inner}
    return any(
        node.rule is None or id(node) in variables for y in ys if type(y) is Value for node in topological_order(y)
    )


class Ancestry:
    """What is above the Values that a recording meets, for a function that takes derivatives.

    tape         the recording, complete
    derivations  the derivatives by captured Values and arguments: of each the places of the result and of the latter
    """

    def __init__(self, tape):
        self._tape, self.derivations, self._captured = tape, tape.derivations, tape.captured_values()
        self._inner = [(place, value) for value, place in self._captured.items() if value.rule is not None]
        self._by = {place for _, places in self.derivations for place in places}
        self._captured_by = {id(value): [place] for value, place in self._captured.items() if place in self._by}
        self._leaves: dict = {}
        self._changes, self._doubtful = 0, []
        self._always = self._relation(self._inner, self._captured_by)

    def objection(self, arguments):
        """Why a replay would not give what the function gives, in words; an empty string if it would.

        arguments  the Values among the arguments of an example: pairs of a place and a Value
        """
        found = self._kind_of_derivatives(arguments) if Freezing.changes else ""
        if self.derivations and not found:
            found = self._always or self._relation_to_arguments(arguments)
        return found

    # 1. A derivative is a Value if the result depends on one; but not on one whose leaves are all frozen.

    def _kind_of_derivatives(self, arguments):
        """Why some derivatives are plain numbers which are Values in the recording; an empty string if none are."""
        if not self._inner and all(value.rule is None for _, value in arguments):
            return ""
        if self._changes != Freezing.changes:
            live = {place for value, place in self._captured.items() if value.rule is None or any_live([value])}
            differentiated = [set().union(*map(self._leaves_of, places)) for places in self._tape.differentiated_values]
            self._doubtful = [leaves for leaves in differentiated if leaves.isdisjoint(live)]
            self._changes = Freezing.changes
        for leaves in self._doubtful:
            values = [value for place, value in (*self._inner, *arguments) if place in leaves]
            if values and not any_live(values):
                return (
                    f"it takes derivatives, and {values[0]!r:.60} was computed from leaves that are all frozen now: "
                    "pass or read its detach()"
                )
        return ""

    # 2. What a result depends on may be the Value by which it is differentiated, or may have been computed from it.

    def _relation_to_arguments(self, arguments):
        found = self._relation(arguments, self._captured_by)
        by: dict = {}
        for place, value in arguments:
            if place in self._by:
                by.setdefault(id(value), []).append(place)
        if by and not found:
            captured = [(self._captured[value], value) for _, value in arguments if value in self._captured]
            found = self._relation([*arguments, *captured, *self._inner], by)
        return found

    def _relation(self, values, by):
        """Why a derivative by one Value is not all: another one is the same, or was computed from it outside.

        values  pairs of a place and a Value
        by      the places of Values by which derivatives are taken, by their ids
        """
        for place, value in values if by else ():
            for node in (value,) if value.rule is None else topological_order(value):
                for other in by.get(id(node), ()):
                    if other != place and self._depends(other, place):
                        return (
                            f"it takes a derivative by {node!r:.60}, and what it differentiates depends on "
                            f"{'this' if node is value else 'a result of this'} in another way, outside as well"
                        )
        return ""

    def _depends(self, by, place):
        """Whether a result whose derivative by one leaf is taken depends on another leaf as well."""
        return any(place in self._leaves_of(y) for y, places in self.derivations if by in places)

    def _leaves_of(self, y):
        """The places of the leaves that the number at a place depends on."""
        if y not in self._leaves:
            rule, leaf = self._tape.rule, CODES["leaf"]
            self._leaves[y] = {place for place in Fragment(self._tape, [], y).needed if rule[place] == leaf}
        return self._leaves[y]
