"""How graphs are pickled and copied: without recursion, however deep they are."""

import copy
import copyreg
import threading
import weakref

from autograd.engine import messages
from autograd.engine import uncompiled as cython
from autograd.engine.messages import LabelAndLine
from autograd.errors import RuleError
from autograd.table.registry import RULES

if not cython.compiled:
    from autograd.engine.replayed import ReplayedNode
    from autograd.engine.value import Constant, Value, constant, new_node, topological_order


def reduced(node):
    """For `pickle` and `copy`: a function and its arguments, of which a node can be made again."""
    return (restore, ((), *facts(node))) if node.rule is None else (last, (twins(node),))


def facts(node):
    """The arguments of restore(), without the parents."""
    name = None if node.rule is None else node.rule.name
    return node.partials, type(node) is Value, node.data, node.grad, node.label, node.line, name


@cython.locals(node=Value)
def restore(parents, partials, is_variable, data, grad, label, line, name):
    """A node as it was pickled or copied."""
    if name is None:
        node = Value(data) if is_variable else constant(data)
    elif name not in RULES:
        raise RuleError(messages.UNKNOWN_RULE.format(name))
    else:
        nodes, slopes = [*parents, None, None], [*partials, 0.0, 0.0]
        node = new_node(RULES[name].index, data, nodes[0], slopes[0], nodes[1], slopes[1], nodes[2], slopes[2])
    node._label = label if line is None else LabelAndLine(label, line)
    node._grad = grad
    return node


class Twin:
    """What is pickled in place of an inner node: it leads to the twins of its parents, not to all above them."""

    def __init__(self, node, parents: list) -> None:
        self.node, self.parents = node, parents

    def __reduce__(self):
        if isinstance(self.node, ReplayedNode):
            return self.node.__reduce__()
        return restore, (self.parents, *facts(self.node))

    def __deepcopy__(self, memo):
        if isinstance(self.node, ReplayedNode):
            return copy.deepcopy(self.node.ordinary(), memo)
        return restore([copy.deepcopy(parent, memo) for parent in self.parents], *facts(self.node))


class _Twins(threading.local):
    def __init__(self):
        self.known = weakref.WeakValueDictionary()  # by node


_twins = _Twins()


def twins(root):
    """The inner nodes of a graph as twins, in topological order.

    As long as a pickler holds a node's twin, it is the same one, so that what two results share is pickled once.
    """
    known, found = _twins.known, []
    for node in topological_order(root):
        if node.rule is not None:
            parents = [one if one.rule is None else known[one] for one in node.parents]
            found.append(known.setdefault(node, Twin(node, parents)))
    return found


def last(nodes):
    """The node that was pickled: the end of its graph. In a shallow copy the twins are as they were."""
    end = nodes[-1]
    return restore(end.node.parents, *facts(end.node)) if type(end) is Twin else end


for kind in (Value, Constant):
    copyreg.pickle(kind, reduced)
