"""What the tests of recordings have in common: results beside those of the function itself."""

from autograd import Value
from autograd.engine import topological_order


def plain(result):
    """The number of a Value; anything else as it is."""
    return result.data if isinstance(result, Value) else result


def agrees(step, *args):
    """Whether a compiled function gives what the function itself gives, to the bit and of the same type."""
    found, expected = step(*args), step.function(*args)
    return type(found) is type(expected) and repr(plain(found)) == repr(plain(expected))


def sums_of_magnitudes(result, leaves):
    """For each leaf the sum over all paths of the magnitudes whose signed sum is its gradient.

    A replay adds in another order. Where terms cancel, rounding errors are to be compared with this.
    """
    total = {result: 1.0}
    for node in reversed(topological_order(result)):
        for parent, partial in zip(node.parents, node.partials):
            total[parent] = total.get(parent, 0.0) + total[node] * abs(partial)
    return [total.get(leaf, 0.0) for leaf in leaves]
