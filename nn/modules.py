"""Networks and their parts: `Neuron`, `Layer`, `Linear`, `Sequential`, `MLP`, `Perceptron`."""

from collections.abc import Callable, Iterator, Sequence
from operator import mul
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd import Constant, Value, is_recording, scopes_wanted, watch
from autograd.errors import ArgumentError, NumberTypeError
from nn.activations import SCALAR, activation_function
from nn.arguments import as_list, check_count
from nn.init import generator, initialiser
from nn.module import Module, check_size, made_up, one_example, tensors_in
from nn.types import Number

S = TypeVar("S", bound="Sequential")


class Neuron(Module):
    """One neuron: activation(w·x + b).

    nin         the number of inputs
    activation  "relu", "leaky_relu", "gelu", "softplus", "tanh", "sigmoid", "step", a function of one Value, or None
    bias        whether there is a b
    init        how the weights are drawn (nn.init); by default as suits the activation: micrograd's U(-1, 1) for ReLU
                and linear neurons, Xavier for tanh and sigmoid, Kaiming for the others. b starts at 0
    seed        a number or a random.Random; without it the weights come from Python's `random`
    nonlin      micrograd's name: nonlin=False is activation=None; micrograd's Neuron(2, False) works, too

    Takes a list of `nin` numbers or Values and returns a Value.

    >>> neuron = Neuron(2, activation="tanh", seed=1)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 3.0, -2.0, 0.5
    >>> neuron([1.0, 2.0])
    Value(-0.46211715726000974, grad=0)

    Raises ArgumentError for a wrong number of inputs.
    """

    def __init__(
        self,
        nin: int,
        activation: "str | Callable | None" = "relu",
        *,
        bias: bool = True,
        init=None,
        seed=None,
        nonlin: bool = True,
        _fan_out: int = 1,
    ):
        nin, rng = check_count(type(self).__name__, "nin", nin), generator(seed)
        if isinstance(activation, bool):  # micrograd's second argument
            activation, nonlin = "relu", activation
        self.activation = activation if nonlin else None
        self._function = activation_function(self.activation)
        draw = initialiser(init, self.activation if isinstance(self.activation, str) else None)
        self.w = tuple(Value(draw(nin, _fan_out, rng)) for _ in range(nin))
        self.b = Value(0.0) if bias else None

    def forward(self, x: Number | Sequence[Number]) -> Value:
        if type(x) is not list:
            x = as_list(x)
        if len(x) != len(self.w):
            check_size(self, len(self.w), len(x))
        out: Any = sum(map(mul, self.w, x), 0 if self.b is None else self.b)
        if self._function is not None:
            out = self._function(out)
        if self._path and type(out) is Value and out.label is None:
            out.label = self._path
        return out

    def example_input(self):
        return made_up(len(self.w))

    @property
    def nonlin(self) -> bool:
        """micrograd's name: whether there is an activation."""
        return self.activation is not None

    def named_tensors(self):
        yield "weight", (1, len(self.w)), self.w
        if self.b is not None:
            yield "bias", (1,), [self.b]

    def extra_repr(self):
        return f"{len(self.w)}, activation={_named(self.activation)}{_without_bias(self.b)}"


def _named(function) -> str:
    return getattr(function, "__name__", repr(function))


def _without_bias(bias) -> str:
    return "" if bias is not None else ", bias=False"


class Layer(Module):
    """Neurons side by side, all with the same inputs. The arguments are those of Neuron, and `nout`, their number.

    Takes a list of `nin` numbers or Values; returns a list of `nout` Values, or the Value itself if nout is 1.

    >>> layer = Layer(3, 2, seed=0)
    >>> len(layer([1.0, 2.0, 3.0]))
    2
    >>> layer
    Layer(3, 2, activation='relu')
    >>> layer([1.0, 2.0])
    Traceback (most recent call last):
    autograd.errors.ArgumentError: Layer expects 3 inputs, got 2. Pass one example, a list of 3 numbers; for several
    write [model(x) for x in many].
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: "str | Callable | None" = "relu",
        *,
        bias: bool = True,
        init=None,
        seed=None,
        nonlin: bool = True,
    ):
        nout, rng = check_count(type(self).__name__, "nout", nout), generator(seed)
        self.neurons = [
            Neuron(nin, activation, bias=bias, init=init, seed=rng, nonlin=nonlin, _fan_out=nout) for _ in range(nout)
        ]

    def forward(self, x: Number | Sequence[Number]) -> Value | list[Value]:
        x = as_list(x)
        if len(x) != len(self.neurons[0].w):
            check_size(self, len(self.neurons[0].w), len(x))
        # Each plain number becomes one constant that the neurons share.
        try:
            x = [v if isinstance(v, Value) else Constant(v, f"x{i}") for i, v in enumerate(x)]
        except NumberTypeError as error:
            raise NumberTypeError(f"{type(self).__name__}: {error} {one_example(len(x))}.") from None
        watch(*self.neurons)  # as calling each would, but in a tenth of the time
        call = Neuron.__call__ if scopes_wanted() and not is_recording() else Neuron.forward
        out = [call(neuron, x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    @property
    def activation(self) -> "str | Callable | None":
        """The activation of the neurons."""
        return self.neurons[0].activation

    def named_tensors(self):
        yield "weight", (len(self.neurons), len(self.neurons[0].w)), [w for neuron in self.neurons for w in neuron.w]
        biases = [neuron.b for neuron in self.neurons if neuron.b is not None]
        if biases:
            yield "bias", (len(biases),), biases

    def __repr__(self):
        return f"{type(self).__name__}({self.extra_repr()})"

    def extra_repr(self):
        first = self.neurons[0]
        return f"{len(first.w)}, {len(self.neurons)}, activation={_named(self.activation)}{_without_bias(first.b)}"


class Linear(Layer):
    """A Layer without activation: W·x + b. Its weights start at Kaiming's scale for linear layers, √(3 / nin).

    >>> Linear(3, 2, bias=False)
    Linear(3, 2, bias=False)
    """

    def __init__(self, nin: int, nout: int, bias: bool = True, *, init="kaiming_uniform", seed=None):
        super().__init__(nin, nout, None, bias=bias, init=init, seed=seed)

    def extra_repr(self):
        first = self.neurons[0]
        return f"{len(first.w)}, {len(self.neurons)}{_without_bias(first.b)}"


class Sequential(Module):
    """Modules one after another: each is called with what the one before it returns.

    Takes the modules one by one or in one list. Like a list it has a length, can be indexed, sliced and looped over.

    >>> model = Sequential(Linear(2, 3), Layer(3, 1, "tanh"))
    >>> len(model), len(model.parameters())
    (2, 13)
    >>> model.append(Linear(1, 4))[1:]
    Sequential(
      (layer0): Layer(3, 1, activation='tanh')
      (layer1): Linear(1, 4)
    )

    Raises ArgumentError for a part that cannot be called.
    """

    def __init__(self, *layers: "Module | Callable | Sequence[Module | Callable]"):
        alone = layers[0] if len(layers) == 1 else None
        self.layers: list[Any] = list(alone if isinstance(alone, (list, tuple)) else layers)
        for i, layer in enumerate(self.layers):
            _check_part(i, layer)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def append(self: S, layer: "Module | Callable") -> S:
        """Add a module at the end. Returns the Sequential."""
        _check_part(len(self.layers), layer)
        self.layers = [*self.layers, layer]
        return self

    def named_tensors(self):
        for place, layer in zip(self.places(), self.layers):
            yield from tensors_in(str(place), layer)

    def places(self) -> list[int]:
        """The index of each part in PyTorch, where a Layer's activation is a separate module."""
        places = [0]
        for layer in self.layers:
            places.append(places[-1] + 1 + (isinstance(layer, Layer) and layer.activation is not None))
        return places[:-1]

    def __len__(self):
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index):
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]


def _check_part(place: int, part) -> None:
    if not callable(part):
        raise ArgumentError(f"Sequential: part {place} must be a module or a function, got {part!r:.60}.")
    for name, function in SCALAR.items():
        if part is function:
            raise ArgumentError(
                f"Sequential: part {place} is {name} of one number. Write nn.{name}, which takes lists."
            )


class MLP(Sequential):
    """A multi-layer perceptron: fully connected layers, the last one linear.

    nin         the number of inputs
    nouts       the number of neurons in each layer, such as [16, 16, 1]
    activation  of the hidden layers; bias, init and seed are as for Neuron

    Takes a list of `nin` numbers or Values; returns a list of `nouts[-1]` Values, or the Value itself if that is 1.
    With more than a few dozen inputs pass init="kaiming_uniform": micrograd's U(-1, 1) is then too wide for ReLU.

    >>> model = MLP(2, [3, 1], seed=0)
    >>> model
    MLP(
      (layer0): Layer(2, 3, activation='relu')
      (layer1): Layer(3, 1, activation=None)
    )
    >>> model([0.5, -1.0]).label
    'layer1.neuron0'
    """

    def __init__(
        self,
        nin: int,
        nouts: list[int],
        activation: "str | Callable | None" = "relu",
        *,
        bias: bool = True,
        init=None,
        seed=None,
    ):
        if not isinstance(nouts, (list, tuple)) or not nouts:
            raise ArgumentError(f"MLP: nouts must be a list of layer sizes such as [16, 16, 1], got {nouts!r}.")
        name = activation if isinstance(activation, str) else None
        init = init if init is not None else initialiser(None, name)
        rng = generator(seed)
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation if i < last else None, bias=bias, init=init, seed=rng)
            for i in range(len(nouts))
        ]

    if TYPE_CHECKING:

        def forward(self, x: Number | Sequence[Number]) -> Value | list[Value]: ...


class Perceptron(Neuron):
    """Rosenblatt's perceptron: a Value, 1 if w·x + b > 0, else 0.

    Its slope is 0 everywhere, so gradient descent cannot train it; `learn` applies the perceptron rule instead.

    weights, bias  the initial ones; by default zeros

    >>> nand = Perceptron(2, weights=[-2, -2], bias=3)
    >>> [nand([a, b]).data for a in (0, 1) for b in (0, 1)]
    [1.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, nin: int, weights: "Sequence[float] | None" = None, bias: float = 0.0):
        super().__init__(nin, "step", init="zeros")
        if weights is not None:
            if len(weights) != nin:
                raise ArgumentError(f"Perceptron: {nin} inputs need {nin} weights, got {len(weights)}.")
            self.w = tuple(map(Value, weights))
        self.b = Value(bias)

    def learn(self, x: Number | Sequence[Number], target: float, rate: float = 1.0) -> float:
        """Move the weights by rate·(target - output)·x, and return target - output, which is 0 if the answer was right.

        Frozen weights stay.

        >>> either = Perceptron(2)
        >>> examples = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 1)]
        >>> [sum(abs(either.learn(x, y)) for x, y in examples) for epoch in range(4)]
        [1.0, 2.0, 1.0, 0.0]
        """
        error = target - self.forward(x).data
        for w, v in zip(self.w, as_list(x)):
            if w.requires_grad:
                w.data += rate * error * (v.data if isinstance(v, Value) else v)
        if self.b is not None and self.b.requires_grad:
            self.b.data += rate * error
        return error
