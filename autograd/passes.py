"""The reverse and the forward pass in differentiable form: their results are graphs, to be differentiated again.

The pass that only wants numbers is `adjoints` in engine/value.py. The operations here are those of the table, so that
inside a recording they are recorded as well.
"""

from functools import cache, reduce
from itertools import compress, repeat

from autograd.engine import Constant, ReplayedNode, Value, is_recording, recorder, stale, topological_order
from autograd.engine.functions import FUNCTIONS
from autograd.errors import RecordingError, ResultOverflowError
from autograd.replay.recorder import CODES, CONSTANT, Tracer, adjoints_on, tangents_on

LEAF = CODES["leaf"]


def reverse_pass(y, xs, independent=False):
    """∂y/∂x for each node x of `xs`: a Value, or a float where nothing in it depends on anything.

    independent  whether to take the nodes of `xs` for independent of one another, even where one is computed from
                 another
    """
    order = ancestors(y)
    # Nodes are looked up by their ids: to a recorded function a tracer is a number, which has no hash.
    on_the_way = {id(x) for x in xs if not isinstance(x, Constant)}
    ends = on_the_way.copy() if independent else ()
    for node in order:
        if any(id(parent) in on_the_way for parent in node.parents):
            on_the_way.add(id(node))
    adjoints = {id(y): 1.0}
    for node in reversed(order):
        adjoint = adjoints.get(id(node), 0.0)
        if id(node) not in on_the_way or id(node) in ends or node.rule is None or is_zero(adjoint):
            continue
        reached = [id(parent) in on_the_way for parent in node.parents]
        if not any(reached):
            continue
        for parent, share in zip(compress(node.parents, reached), _contributions(node, reached, repeat(adjoint))):
            adjoints[id(parent)] = plus(adjoints.get(id(parent), 0.0), share)
    return [adjoints.get(id(x), 0.0) for x in xs]


def recorded_adjoints(y, xs, independent=False):
    """What `reverse_pass` gives, for a tracer y: the pass is carried out on the tape."""
    tape, places = _tape_and_places(xs)
    if _is_constant(y):
        return [0.0 for _ in xs]
    result, wanted = tape.place_of(y), [place for place in places if place >= 0]
    if not independent:
        _check_derivation(tape, result, wanted)
    found = adjoints_on(tape, result, wanted)
    supply = iter(found)
    return [_number_at(tape, next(supply)) if place >= 0 else 0.0 for place in places]


def recorded_tangents(ys, xs, directions):
    """The derivatives along a direction, a number for each node of `xs`, of tracers `ys`, by a pass on the tape."""
    tape, places = _tape_and_places(xs)
    moving = [(place, tape.place_of(t)) for place, t in zip(places, directions) if place >= 0]
    found = tangents_on(tape, [tape.place_of(y) for y in ys], [x for x, _ in moving], [t for _, t in moving])
    return [_number_at(tape, place) for place in found]


def _tape_and_places(xs):
    """What is recorded, and the places of nodes on it; -1 for what the function itself has as a Constant."""
    if not is_recording():
        raise RecordingError("this stands for a number in a recording that has ended. Do not keep it beyond the call.")
    tape = recorder()
    tape.differentiated = True
    return tape, [-1 if _is_constant(x) else tape.place_of(x) for x in xs]


def _check_derivation(tape, result, places):
    """Note which leaves a derivative is taken by: at a replay, others may depend on them; see replay/ancestry.py.

    Refuses to differentiate by what is not a Value in all cases.
    """
    rule = tape.rule
    leaves = [place for place in places if rule[place] == LEAF]
    if leaves:
        tape.derivations.append((result, leaves))
    if len(leaves) < len(places):
        for place in places:
            tape.check_sure(place)


def _is_constant(x):
    return type(x) is Constant or (type(x) is Tracer and x.kind == CONSTANT and not x.requires_grad)


def _number_at(tape, place):
    return 0.0 if place < 0 else tape.operand_at(place)


def forward_pass(y, tangents, as_graph):
    """Add to `tangents`, derivatives along a direction by the ids of nodes, those of `y` and of all its ancestors.

    as_graph  whether to compute them from the formulas of the partial derivatives, as Values, or from the partial
              derivatives that were recorded, as floats
    """
    for node in ancestors(y):
        if id(node) in tangents:
            continue
        incoming = [tangents.get(id(parent), 0.0) for parent in node.parents] if node.rule is not None else []
        moving = [not is_zero(tangent) for tangent in incoming]
        if any(moving):
            tangents[id(node)] = reduce(plus, _contributions(node, moving, compress(incoming, moving), as_graph))
    tangents.setdefault(id(y), 0.0)


def ancestors(y):
    """The nodes that a result depends on, parents before children, itself last."""
    return topological_order(y) if type(y) is not Constant else []


def _contributions(node, reached, factors, as_graph=True):
    """The chain rule: partial derivative times factor, for each parent that is `reached`."""
    partials = _partials_as_graph(node, reached) if as_graph else compress(node.partials, reached)
    return list(map(times, factors, partials))


def _partials_as_graph(node, reached):
    """The partial derivatives of a node with respect to the parents that are `reached`, as Values or numbers.

    The others are not computed: they may not exist. Raises StaleGraphError when they are not what was recorded.
    """
    if isinstance(node, ReplayedNode):
        return _partials_of_replay(node, reached)
    if is_recording():
        return [partial(*node.parents, node) for partial in compress(_partials_on_tracers(node.rule), reached)]
    if not _follows_from_its_parents(node):
        raise stale(node)
    partials = [partial(*node.parents, node) for partial in compress(_partials_on_values(node.rule), reached)]
    if any(plain(partial) != recorded for partial, recorded in zip(partials, compress(node.partials, reached))):
        raise stale(node)
    return partials


def _partials_of_replay(node, reached):
    """The derivatives of a replayed result by the parents that are `reached`: replayed ones, where that is possible.

    In the ordinary graph a Value that is more than once among the parents is one leaf: its whole effect on the result
    is counted at the first place.
    """
    replayed = node.again.partials(node, reached)
    if replayed is not None:
        return replayed
    parents = list(compress(node.parents, reached))
    end = node.ordinary()
    derivatives = (recorded_adjoints if isinstance(end, Tracer) else reverse_pass)(end, parents, True)
    by_parent = dict(zip(map(id, parents), derivatives))
    return [by_parent.pop(id(parent), 0.0) for parent in parents]


def _follows_from_its_parents(node):
    """Whether the number of a node is what its rule computes from its parents' numbers."""
    try:
        return node.rule.value(*(parent.data for parent in node.parents)) == node.data
    except (ArithmeticError, ValueError):
        return False


@cache
def _partials_on_values(rule):
    return tuple(partial.on_values((*rule.inputs, "out"), FUNCTIONS) for partial in rule.partials)


@cache
def _partials_on_tracers(rule):
    return tuple(partial.on_recording((*rule.inputs, "out"), FUNCTIONS) for partial in rule.partials)


def plain(number):
    """The number of a Value; a float as it is."""
    return number.data if isinstance(number, Value) else number


def is_zero(number):
    """Whether a derivative is the plain number 0, which depends on nothing."""
    return not isinstance(number, Value) and number == 0


def times(a, b):
    """a * b, without a node where one of them is the number 0 or 1."""
    if not isinstance(a, Value) and a in (0, 1):
        return b if a == 1 else 0.0
    if not isinstance(b, Value) and b in (0, 1):
        return a if b == 1 else 0.0
    return finite(a * b)


def plus(a, b):
    """a + b, without a node where one of them is the number 0."""
    if is_zero(a):
        return b
    return a if is_zero(b) else finite(a + b)


def finite(derivative):
    """A derivative. Raises ResultOverflowError for a float that is not finite, but not in a recording: there it may
    belong to the side of a `where` that is not chosen."""
    if not isinstance(derivative, Value) and derivative - derivative != 0.0 and not is_recording():
        raise ResultOverflowError("a derivative is too large for a float64. Scale the result or the direction down.")
    return derivative
