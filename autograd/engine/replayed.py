"""The result of a replayed recording: one node whose parents are all the Values that went in."""

from autograd.engine import uncompiled as cython
from autograd.engine.copying import identity
from autograd.errors import StaleGraphError
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.modes import check_not_recording, graph_wanted, modes, this_thread
    from autograd.engine.value import REPLAYED, Value, new_node


@cython.cclass
class ReplayedNode(Value):
    """A node with any number of parents, and an array of the partial derivatives with respect to them.

    The parents are those of `_leading`, a Whereabouts that all replays of a recording share, and then `_others`.
    `_graph` makes `again` from what was replayed: the rows of numbers and Values, and the numbers that Values had.
    """

    __slots__ = ("_graph", "_leading", "_origin", "_others", "_rows", "_slopes")

    @property
    def again(self):
        """again() computes the result as an ordinary graph, again.unchanged() says whether that is still the same, and
        again.rule describes the recording."""
        return self._graph(self._rows, self._origin)

    def ordinary(self):
        """The same result at the end of an ordinary graph. Raises StaleGraphError if a number in it has changed."""
        again = self.again
        if this_thread.recorder is None and not again.unchanged():
            raise stale(self)
        with graph_wanted():
            return again()

    def __reduce__(self):
        return self._recipe(())

    def __copy__(self):
        return self.ordinary()

    def _recipe(self, parents):
        return identity, (self.ordinary(),)

    @property
    def rule(self):
        """The recording, described as a primitive."""
        return self.again.rule

    @property
    def parents(self):
        """What the recording was replayed on: captured Values and Value arguments."""
        return (*self._leading.values, *self._others)

    @property
    def partials(self):
        """∂node/∂parent for each of `parents`."""
        if modes:
            check_not_recording("reading .partials of a Value")
        return tuple(self._slopes)


def stale(node):
    return StaleGraphError(
        f"{node!r} no longer follows from its parents: some .data was changed after the forward "
        "pass. Compute the result again."
    )


@cython.ccall
@cython.locals(node=ReplayedNode)
def replayed_result(data, leading, others, slopes, graph, rows, origin):
    """The result of a replay: a Value above a ReplayedNode that leads to all its parents.

    leading              the Whereabouts of the captured Values, the parents that come first
    others               a list of the other parents
    graph, rows, origin  graph(rows, origin) is what the node has as `again`
    """
    assert len(slopes) == len(leading.values) + len(others)
    node = ReplayedNode.__new__(ReplayedNode)
    node._rule, node._data, node._grad, node._label = REPLAYED, data, 0.0, None
    node._a = node._b = node._c = None
    node._da = node._db = node._dc = 0.0
    node._leading = leading
    node._others = others
    node._slopes = slopes
    node._graph = graph
    node._rows = rows
    node._origin = origin
    return new_node(RULES["pos"].index, data, node, 1.0, None, 0.0, None, 0.0)
