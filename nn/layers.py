"""Layers that are not linear: activations as modules, Dropout, Embedding, Flatten, LayerNorm, RMSNorm."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from autograd import Value, as_float, is_recording, mean, random_numbers, take, where
from autograd.errors import ArgumentError
from nn import activations
from nn.arguments import as_list, check_count
from nn.init import generator, initialiser, normal
from nn.module import Module, check_size, made_up
from nn.types import Elements, N, Number


class _Elementwise(Module):
    """A module that returns its input in the same form, with other numbers."""

    if TYPE_CHECKING:

        def __call__(self, x: Elements) -> Elements: ...


class ReLU(_Elementwise):
    """`relu` as a module; like the others it takes a number, a Value, or a list of any depth.

    >>> ReLU()([Value(-1.0), 2.0])
    [Value(0.0, grad=0), 2.0]
    """

    def forward(self, x):
        return activations.relu(x)


class LeakyReLU(_Elementwise):
    """`leaky_relu` as a module."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def forward(self, x):
        return activations.leaky_relu(x, self.negative_slope)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope!r}"


class GELU(_Elementwise):
    """`gelu` as a module."""

    def forward(self, x):
        return activations.gelu(x)


class Softplus(_Elementwise):
    """`softplus` as a module."""

    def forward(self, x):
        return activations.softplus(x)


class Tanh(_Elementwise):
    """`tanh` as a module."""

    def forward(self, x):
        return activations.tanh(x)


class Sigmoid(_Elementwise):
    """`sigmoid` as a module."""

    def forward(self, x):
        return activations.sigmoid(x)


class Step(_Elementwise):
    """`step` as a module."""

    def forward(self, x):
        return activations.step(x)


class Softmax(Module):
    """`softmax` as a module. Leave it out before `cross_entropy`, which takes the scores themselves."""

    if TYPE_CHECKING:

        @overload
        def __call__(self, x: Sequence[N]) -> list[N]: ...
        @overload
        def __call__(self, x: Sequence[Sequence[N]]) -> list[list[N]]: ...
        def __call__(self, x): ...

    def forward(self, x):
        return activations.softmax(x)


class Dropout(_Elementwise):
    """In training, sets each element to 0 with probability p and divides the others by 1 - p; otherwise does nothing.

    seed  a number or a random.Random; without it the draw comes from Python's `random`

    >>> dropout = Dropout(0.5, seed=3)
    >>> dropout([1.0, 1.0, 1.0, 1.0])
    [0.0, 2.0, 0.0, 2.0]
    >>> dropout.eval()([1.0, 1.0])
    [1.0, 1.0]

    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014. Raises ArgumentError
    unless p is from 0 to less than 1.

    A compiled function draws anew at each call, as the function itself would. While it is recorded, RecordingError is
    raised inside a side of `where` that is a function.
    """

    def __init__(self, p: float = 0.5, seed=None):
        if not 0 <= as_float(p) < 1:
            raise ArgumentError(f"Dropout: p must be from 0 to less than 1, got {p!r}.")
        self.p = p
        self._rng = None if seed is None else generator(seed)

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        draw, p, kept = random_numbers(self._rng or random), self.p, 1 / (1 - self.p)
        if is_recording():
            return activations.elementwise(lambda v: v * where(draw() < p, 0.0, kept), x)
        return activations.elementwise(lambda v: v * (0.0 if draw() < p else kept), x)

    def extra_repr(self):
        return f"p={self.p!r}"


class Embedding(Module):
    """A table of learnt vectors; token k selects row k.

    num_embeddings  how many rows there are
    embedding_dim   how long each is
    init            how the numbers are drawn, by default from the normal distribution; seed as for Neuron

    Takes an integer and returns a list of Values, or takes a list of integers and returns a list of such lists. In a
    compiled function the integers may be inputs.

    >>> Embedding(5, 2, seed=0)(3) == Embedding(5, 2, seed=0)([3])[0]
    False
    >>> table = Embedding(5, 2, seed=0)
    >>> table(3) == table([3])[0] == table.weight[3]
    True

    Raises ArgumentError for an integer that is not the number of a row.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, init=None, seed=None):
        check_count("Embedding", "num_embeddings", num_embeddings)
        check_count("Embedding", "embedding_dim", embedding_dim)
        draw, rng = initialiser(init or normal(), None), generator(seed)
        self.weight = [
            [Value(draw(num_embeddings, embedding_dim, rng)) for _ in range(embedding_dim)]
            for _ in range(num_embeddings)
        ]

    if TYPE_CHECKING:

        @overload
        def __call__(self, index: Number) -> list[Value]: ...
        @overload
        def __call__(self, index: Sequence[Number]) -> list[list[Value]]: ...
        def __call__(self, index): ...

    def forward(self, index):
        if isinstance(index, (list, tuple)):
            return [self.forward(one) for one in index]
        if type(index) is int and 0 <= index < len(self.weight):
            return self.weight[index]
        if is_recording() and isinstance(index, Value):
            return take(self.weight, index)
        try:
            return take(self.weight, index)
        except (LookupError, TypeError, ValueError):
            raise ArgumentError(
                f"Embedding: expected an integer from 0 to {len(self.weight) - 1}, got {index!r}."
            ) from None

    def example_input(self):
        return list(range(min(3, len(self.weight))))

    def extra_repr(self):
        return f"{len(self.weight)}, {len(self.weight[0])}"


class Flatten(Module):
    """Makes one list of a list of lists, such as the vectors of several tokens for a Linear that follows.

    >>> Flatten()([[1.0, 2.0], [3.0]])
    [1.0, 2.0, 3.0]
    """

    def forward(self, x: Any) -> list[Any]:
        return [v for part in x for v in self.forward(part)] if isinstance(x, (list, tuple)) else [x]


class RMSNorm(Module):
    """Divides a vector by the root mean square of its elements: weight · x / √(mean(x²) + eps).

    Takes and returns a list of `width` numbers or Values.

    >>> [round(v.data, 3) for v in RMSNorm(2)([3.0, 4.0])]
    [0.849, 1.131]

    Zhang and Sennrich, "Root mean square layer normalization", 2019.
    """

    def __init__(self, width: int, eps: float = 1e-5, elementwise_affine: bool = True):
        self.width, self.eps = check_count("RMSNorm", "width", width), _checked_eps("RMSNorm", eps)
        self.weight = [Value(1.0) for _ in range(width)] if elementwise_affine else None

    def forward(self, x: Number | Sequence[Number]) -> list[Number]:
        x = as_list(x)
        check_size(self, self.width, len(x))
        scale = (mean([v * v for v in x]) + self.eps) ** -0.5
        return [v * scale for v in x] if self.weight is None else [v * scale * w for v, w in zip(x, self.weight)]

    def example_input(self):
        return made_up(self.width)

    def extra_repr(self):
        return f"{self.width}, eps={self.eps!r}{'' if self.weight else ', elementwise_affine=False'}"


class LayerNorm(Module):
    """Shifts and scales a vector to mean 0 and variance 1: weight · (x - mean(x)) / √(variance(x) + eps) + bias.

    Takes and returns a list of `normalized_shape` numbers or Values. weight and bias start at 1 and 0; without
    elementwise_affine there are none.

    >>> [round(v.data, 3) for v in LayerNorm(3)([1.0, 2.0, 6.0])]
    [-0.926, -0.463, 1.389]

    Ba, Kiros and Hinton, "Layer normalization", 2016. Raises ArgumentError for a list of another length.
    """

    def __init__(
        self,
        normalized_shape: "int | Sequence[int]",
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ):
        sizes = as_list(normalized_shape)
        if len(sizes) != 1:
            raise ArgumentError(f"LayerNorm: normalized_shape must be one integer, got {normalized_shape!r:.60}.")
        self.width = check_count("LayerNorm", "normalized_shape", sizes[0])
        self.eps = _checked_eps("LayerNorm", eps)
        self.weight = [Value(1.0) for _ in range(self.width)] if elementwise_affine else None
        self.bias = [Value(0.0) for _ in range(self.width)] if elementwise_affine and bias else None

    def forward(self, x: Number | Sequence[Number]) -> list[Any]:
        x = as_list(x)
        check_size(self, self.width, len(x))
        middle = mean(x)
        apart: list[Any] = [v - middle for v in x]
        scale = (mean([v * v for v in apart]) + self.eps) ** -0.5
        apart = [v * scale for v in apart]
        if self.weight is not None:
            apart = [v * w for v, w in zip(apart, self.weight)]
        return apart if self.bias is None else [v + b for v, b in zip(apart, self.bias)]

    def extra_repr(self):
        affine = "" if self.weight else ", elementwise_affine=False"
        return f"{self.width}, eps={self.eps!r}{affine or ('' if self.bias else ', bias=False')}"


def _checked_eps(owner: str, eps: float) -> float:
    """What is added to a mean of squares, so that it is not 0."""
    if not as_float(eps) > 0:
        raise ArgumentError(f"{owner}: eps must be above 0, got {eps!r}: numbers that are all alike have no spread.")
    return eps
