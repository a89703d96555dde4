"""Long short-term memory: `LSTMCell`, one step, and `LSTM`, which goes along a sequence."""

from collections.abc import Sequence
from math import sqrt
from operator import mul
from typing import Any

from autograd import Constant, Value, scope, sigmoid, tanh
from autograd.errors import ArgumentError
from nn.arguments import as_list, check_count
from nn.init import generator, initialiser, uniform
from nn.module import Module, check_size, made_up
from nn.types import Number

State = tuple[list[Any], list[Any]]


class LSTMCell(Module):
    """One step of a long short-term memory: from an input and the state before, (h, c), the state after it.

        i, f, g, o = σ(…), σ(…), tanh(…), σ(…)    each … is W·x + b + U·h + d, with weights of its own
        c ← f·c + i·g
        h ← o·tanh(c)

    input_size, hidden_size  the lengths of x, and of h and c
    bias                     whether there are b and d
    init, seed               how the weights are drawn, as for Neuron; by default, as in PyTorch, all of them uniformly
                             within ±1/√hidden_size

    Takes a list of numbers or Values and a pair of such lists, by default zeros; returns (h, c).

    >>> cell = LSTMCell(2, 3, seed=0)
    >>> h, c = cell([1.0, -1.0])
    >>> h, c = cell([0.5, 2.0], (h, c))
    >>> len(h), len(c)
    (3, 3)

    Hochreiter and Schmidhuber, "Long short-term memory", 1997; with the forget gate of Gers et al., 2000. Raises
    ArgumentError for lists of other lengths.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, init=None, seed=None):
        nin = check_count("LSTMCell", "input_size", input_size)
        size = check_count("LSTMCell", "hidden_size", hidden_size)
        check_count("LSTMCell", "the number of weights", 4 * size * (nin + size))
        draw, rng = initialiser(init or uniform(-1 / sqrt(size), 1 / sqrt(size)), None), generator(seed)
        self.weight_ih, self.weight_hh = (
            [[Value(draw(width, 4 * size, rng)) for _ in range(width)] for _ in range(4 * size)]
            for width in (nin, size)
        )
        first = draw if init is None else (lambda fan_in, fan_out, rng: 0.0)
        self.bias_ih, self.bias_hh = (
            [Value(first(size, 4 * size, rng)) for _ in range(4 * size)] if bias else None for _ in range(2)
        )

    @property
    def input_size(self) -> int:
        """The length of an input."""
        return len(self.weight_ih[0])

    @property
    def hidden_size(self) -> int:
        """The length of h and c."""
        return len(self.weight_hh[0])

    def forward(self, x: Number | Sequence[Number], state: "State | None" = None) -> State:
        size = self.hidden_size
        x = _shared(x)
        check_size(self, self.input_size, len(x))
        h, c = (None, None) if state is None else tuple(map(_shared, _both("LSTMCell", state)))
        for part in (h, c):
            if part is not None and len(part) != size:
                raise ArgumentError(f"LSTMCell: expected a state of two lists of {size} numbers, got {len(part)}.")
        i, f, g, o = (self._gate(name, range(at * size, (at + 1) * size), x, h) for at, name in enumerate("ifgo"))
        with scope("c"):
            if c is None:
                c = [sigmoid(i[k]) * tanh(g[k]) for k in range(size)]
            else:
                c = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * tanh(g[k]) for k in range(size)]
        with scope("h"):
            return [sigmoid(o[k]) * tanh(c[k]) for k in range(size)], c

    def _gate(self, name: str, rows: range, x: list, h: "list | None") -> list:
        """What goes into a gate, before its sigmoid or tanh."""
        with scope(name):
            return [self._sum(k, x, h) for k in rows]

    def _sum(self, k: int, x: list, h: "list | None") -> Any:
        """What goes into the k-th of the gates."""
        out: Any = sum(map(mul, self.weight_ih[k], x), 0 if self.bias_ih is None else self.bias_ih[k])
        if self.bias_hh is not None:
            out = out + self.bias_hh[k]
        return out if h is None else sum(map(mul, self.weight_hh[k], h), out)

    def example_input(self):
        return made_up(self.input_size)

    def extra_repr(self):
        return f"{self.input_size}, {self.hidden_size}{', bias=False' if self.bias_ih is None else ''}"

    def __repr__(self):
        return f"LSTMCell({self.extra_repr()})"


class LSTM(Module):
    """A long short-term memory that goes along a sequence, with `num_layers` cells one above the other.

    The arguments are those of LSTMCell. Takes a list of vectors, and optionally a state (h, c), each a list with a
    vector for each layer; returns (outputs, (h, c)): h of the topmost layer after every step, and the state at the end.

    >>> lstm = LSTM(1, 4, seed=0)
    >>> outputs, (h, c) = lstm([[0.0], [1.0], [1.0]])
    >>> len(outputs), len(outputs[0]), h[0] == outputs[-1]
    (3, 4, True)

    Raises ArgumentError for an empty sequence, and for lists of other lengths.
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, *, init=None, seed=None
    ):
        rng = generator(seed)
        self.cells = [
            LSTMCell(hidden_size if k else input_size, hidden_size, bias, init=init, seed=rng)
            for k in range(check_count("LSTM", "num_layers", num_layers))
        ]

    def forward(self, xs: Sequence[Any], state: "tuple[list, list] | None" = None) -> tuple[list[list[Any]], State]:
        xs = as_list(xs)
        if not xs:
            raise ArgumentError("LSTM: expected a list of vectors, one for each step, got an empty list.")
        layers = len(self.cells)
        both = () if state is None else _both("LSTM", state)
        for part in both:
            if len(part) != layers:
                raise ArgumentError(f"LSTM: expected a state with {layers} vectors for h and for c, got {len(part)}.")
        states: list[Any] = list(zip(*both)) or [None] * layers
        ends = []
        for cell, own in zip(self.cells, states):
            outputs = []
            for x in xs:
                own = cell(x, own)
                outputs.append(own[0])
            xs = outputs
            ends.append(own)
        return xs, ([h for h, _ in ends], [c for _, c in ends])

    def named_tensors(self):
        for k, cell in enumerate(self.cells):
            yield from ((f"{name}_l{k}", shape, parameters) for name, shape, parameters in cell.named_tensors())

    def example_input(self):
        return [self.cells[0].example_input() for _ in range(3)]

    def extra_repr(self):
        first, layers = self.cells[0], len(self.cells)
        several = f", num_layers={layers}" if layers > 1 else ""
        return f"{first.input_size}, {first.hidden_size}{several}{', bias=False' if first.bias_ih is None else ''}"

    def __repr__(self):
        return f"LSTM({self.extra_repr()})"


def _shared(x) -> list:
    """A list in which each plain number is a constant, which the gates share."""
    return [v if isinstance(v, Value) else Constant(v) for v in as_list(x)]


def _both(name: str, state) -> "tuple[list, list]":
    """The two parts of a state."""
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise ArgumentError(f"{name}: expected a state (h, c), a pair of lists, got {state!r:.60}.")
    return state[0], state[1]
