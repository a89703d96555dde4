"""How whole graphs are pickled and copied without recursion, however deep they are."""

import copy
import threading
import weakref


class Twin:
    """What is pickled in place of an inner node. The twins of its parents are pickled before it: nothing recurses."""

    def __init__(self, node, parents: list) -> None:
        self.node, self.parents = node, parents

    def __reduce__(self):
        return self.node._recipe(self.parents)


class _Twins(threading.local):
    def __init__(self):
        self.known = weakref.WeakValueDictionary()  # by node


_twins = _Twins()


def twins(order):
    """The inner nodes of a topological order as twins, in that order.

    A node keeps its twin for as long as a pickler holds it, so that what two results share is pickled once.
    """
    known, found = _twins.known, []
    for node in order:
        if node.rule is not None:
            parents = [one if one.rule is None else known[one] for one in node.parents]
            found.append(known.setdefault(node, Twin(node, parents)))
    return found


def last(nodes):
    """The node that was pickled: the end of its graph."""
    return nodes[-1]


def identity(node):
    return node


def deep_copy(order, memo):
    """Copy the nodes of a topological order, and the constants among their parents, into the memo of a deepcopy."""
    for node in order:
        for one in (*node.parents, node):  # constants are in no topological order
            if id(one) not in memo:
                make, arguments = one._recipe([memo[id(parent)] for parent in one.parents])
                memo[id(one)] = copy.deepcopy(*arguments, memo) if make is identity else make(*arguments)
    return memo[id(order[-1])]
