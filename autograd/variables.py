"""The variables of a derivative, in place of the numbers in a function's arguments; and the derivatives themselves."""

from __future__ import annotations

import math
import weakref
from functools import partial

from autograd.engine import (
    Constant,
    Value,
    adjoints,
    as_float,
    constant,
    gradients_wanted,
    graph_wanted,
    is_recording,
    recorder,
    restore,
)
from autograd.errors import ArgumentError, NumberTypeError
from autograd.nested import filled, is_array, map_numbers, only_item
from autograd.passes import finite, plain, recorded_adjoints, reverse_pass
from autograd.replay.ancestry import active, any_live
from autograd.replay.recorder import Tracer


class Variables:
    """The arguments of a function, with every number in those given by `argnums` replaced by a new variable.

    A variable is a node: +number. The parent of a plain number's variable is a constant. So the leaves of a graph are
    only Values from outside, and once a derivative has been taken, its variables are constants to all others.
    Inside `with`, operations build a graph, even within no_grad().

    args          the arguments, with the variables
    outer, inner  the replaced numbers, and their variables
    graph         whether results are Values with a graph; otherwise, inside no_grad(), they are Constants
    """

    def __init__(self, name, args, argnums):
        self.name, self.argnums = name, argnums
        self.graph = gradients_wanted()
        self.graph_wanted = graph_wanted()
        self.args, self.outer, self.inner = list(args), [], []
        self.positions = []
        for position in argnums if isinstance(argnums, tuple) else (argnums,):
            if type(position) is not int or not -len(args) <= position < len(args):
                raise ArgumentError(
                    f"{name}: argnums names the positional argument {position!r}, but {len(args)} were given. "
                    f"Write {name}(f)(x): the numbers go to the function that {name}(f) returns, without names."
                )
            self.positions.append(position % len(args))
        with graph_wanted():
            for position in dict.fromkeys(self.positions):
                self.args[position] = map_numbers(self._variable, self.args[position])

    def _variable(self, number):
        self.outer.append(number)
        self.inner.append(_variable_for(number))
        return self.inner[-1]

    def __enter__(self):
        self.graph_wanted.__enter__()
        active[id(self)] = weakref.ref(self, partial(_forget, id(self)))
        return self

    def __exit__(self, *error):
        _forget(id(self))
        self.graph_wanted.__exit__(*error)

    def node(self, y):
        """What the function returned, as a Value."""
        try:
            return as_node(only_item(y))
        except NumberTypeError as error:
            many = (
                isinstance(y, (list, tuple)) or is_array(y)
            ) and " For the derivatives of several results write jacobian(f)."
            raise NumberTypeError(
                f"{self.name}: the function must return numbers or Values: {error}{many or ''}"
            ) from None

    def are_live_in(self, results):
        """Whether the derivatives are Values: a variable stands for a Value, or a result depends on another Value."""
        if any(map(is_value, self.outer)):
            return True
        if is_recording():
            tape = recorder()
            tape.differentiated = True
            # A captured Value is written down, as the recording depends on whether it is frozen.
            places = [tape.place_of(y) for y in results if type(y) is not Constant or y.frozen]
            live = any(map(is_value, results))
            if live:
                tape.differentiated_values.append(places)
            return live
        return any_live(results, self)

    def gradient(self, y, live):
        """The derivatives of y, in the structure of the arguments."""
        found = derivatives_of(y, self.inner, (live or is_recording()) and self.graph, True)
        if live or is_recording():
            found = [self.handed_out(derivative, live) for derivative in found]
        supply = iter(found)
        gradients = {position: filled(self.args[position], supply) for position in dict.fromkeys(self.positions)}
        ordered = tuple(gradients[position] for position in self.positions)
        return ordered if isinstance(self.argnums, tuple) else ordered[0]

    def handed_out(self, number, live):
        """A result for the caller: a float, or a Value, or inside no_grad() a Constant."""
        if is_recording():
            return recorder().handed_out(number, live, self.graph)
        if not live:
            return plain(number)
        return as_node(number) if self.graph else as_node(number).detach()


def is_value(number):
    """Whether a number is a Value; in a recording, whether it depends on one."""
    return number.on_values if isinstance(number, Tracer) else type(number) is Value


def _variable_for(number):
    """A node that is +number."""
    if is_recording():
        return recorder().variable(number)
    if type(number) is Value:
        return +number
    parent = number if isinstance(number, Value) else constant(number)
    return restore([parent], [0.0], True, parent.data, 0.0, None, None, "pos")


def _forget(number, _=None):
    active.pop(number, None)


def derivatives_of(y, xs, create_graph, independent=False):
    """The same for a list of Values; with create_graph, a constant derivative may be a float.

    independent  whether these are variables of the derivative, which nothing outside depends on
    """
    if isinstance(y, Constant):
        return [0.0 for _ in xs]
    if isinstance(y, Tracer):  # the function itself may have floats here: in its recording, numbers without a gradient
        found = recorded_adjoints(y, xs, independent)
        return found if create_graph else list(map(_recorded_float, found))
    if create_graph:
        return reverse_pass(y, xs)
    traced = any(issubclass(kind, Tracer) for kind in set(map(type, xs)))
    known = [x for x in xs if not isinstance(x, Tracer)] if traced else list(xs)
    slopes = adjoints(y, known)
    if traced:
        found = dict(zip(map(id, known), slopes))
        slopes = [found.get(id(x), 0.0) for x in xs]
    return slopes if all(map(math.isfinite, slopes)) else list(map(finite, slopes))


def _recorded_float(derivative):
    return recorder().number_of(derivative) if isinstance(derivative, Value) else as_float(derivative)


def as_node(y):
    """A number as a Constant, a Value as it is."""
    return y if isinstance(y, Value) else constant(y)
