"""Networks and what they are made of: `Module`, `Neuron`, `Layer`, `Linear`, `Sequential`, `MLP`, `Perceptron`.

A Module's parameters are the leaf Values among its attributes and in its modules, also within lists and dicts;
attributes that begin with an underscore are left out. Each is labelled with its path, `layer0.neuron2.w1`: the item of
a list is called after the list, without the plural s, with its index.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import mul

from autograd import Constant, Value, watch
from autograd.arguments import expect_integer
from autograd.errors import ArgumentError
from nn.activations import activation_function
from nn.errors import NoSuchAttributeError, closest
from nn.init import generator, initialiser


class _CompleteThenLabel(type):
    """Labels the parameters of a module when its __init__ is done, so that lists filled by then are seen."""

    def __call__(cls, *args, **kwargs):
        module = super().__call__(*args, **kwargs)
        label_parameters(module)
        return module


class Module(metaclass=_CompleteThenLabel):
    """What every network is: something with parameters that can be called.

    Define `forward`, and assign parameters (Values) and other modules to attributes, alone or in lists:

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.height = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.height
    >>> line = Line()
    >>> line(3.0)
    Value(7.0, grad=0)
    >>> line.state_dict()
    {'slope': 2.0, 'height': 1.0}
    """

    training = True
    _path = ""

    def __call__(self, *inputs, **options):
        watch(self)  # a compiled function notices when a parameter is replaced
        return self.forward(*inputs, **options)

    def stages(self) -> "tuple[Callable | None, Callable]":
        """What calling the module consists of: (look_up, compute), where calling it is compute(look_up(x)).

        `look_up` works on whole numbers, as an Embedding does; `compute` on Values and numbers, and can be recorded
        and replayed. Where there is nothing to look up the first is None and the second the module itself.
        """
        return None, self

    def parameters(self) -> list[Value]:
        """Every parameter once, in the order in which the attributes were made.

        >>> len(MLP(2, [16, 16, 1]).parameters())
        337
        """
        found: dict[Value, None] = {}
        _collect(self, found, set())
        return list(found)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(path, parameter) for every parameter once.

        >>> [name for name, parameter in MLP(2, [1]).named_parameters()]
        ['layer0.neuron0.w0', 'layer0.neuron0.w1', 'layer0.neuron0.b']

        Raises ArgumentError when two would have one name, as an attribute w0 beside a list w.
        """
        named: dict[str, Value] = {}
        seen = set()
        for name, part in _walk(self):
            if isinstance(part, Value) and part not in seen:
                if name in named:
                    kind = type(self).__name__
                    raise ArgumentError(f'{kind}: two parameters are called "{name}". Rename an attribute.')
                named[name] = part
                seen.add(part)
        return iter(named.items())

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """(path, module) for this module, whose path is empty, and every one inside, once."""
        seen = {id(self)}
        yield "", self
        for name, part in _walk(self):
            if isinstance(part, Module) and id(part) not in seen:
                seen.add(id(part))
                yield name, part

    def modules(self) -> Iterator["Module"]:
        """This module and every one inside."""
        found: dict[int, Module] = {}
        _collect_modules(self, found)
        return iter(found.values())

    def named_tensors(self) -> Iterator[tuple[str, tuple[int, ...], list[Value]]]:
        """(name, shape, parameters row by row): the parameters put together as PyTorch has them, and under its names.

        >>> [(name, shape) for name, shape, _ in MLP(2, [16, 1]).named_tensors()]
        [('0.weight', (16, 2)), ('0.bias', (16,)), ('2.weight', (1, 16)), ('2.bias', (1,))]
        """
        for name, content in vars(self).items():
            if name[0] != "_":
                yield from _tensors(name, content)

    def children(self) -> Iterator[tuple[str, "Module"]]:
        """(name, module) for the modules directly inside."""
        return ((name, part) for name, part in _parts(self) if isinstance(part, Module))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, mode: bool = True) -> "Module":
        """Switch this module and all inside to training mode, in which Dropout is active. Returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        """Switch training mode off. Returns the module."""
        return self.train(False)

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters by path."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set the parameters to the numbers of `state`, one for each path.

        >>> a, b = MLP(2, [3, 1]), MLP(2, [3, 1])
        >>> b.load_state_dict(a.state_dict())
        >>> a([1.0, 2.0]).data == b([1.0, 2.0]).data
        True

        Raises ArgumentError for a missing or unknown path, and what Value raises for a number that is none; then no
        parameter has changed.
        """
        own = dict(self.named_parameters())
        kind = type(self).__name__
        for name in own:
            if name not in state:
                raise ArgumentError(
                    f'load_state_dict: "{name}" of this {kind} is missing in the state.'
                    f"{closest(name, set(state) - set(own))}"
                )
        for name in state:
            if name not in own:
                raise ArgumentError(
                    f'load_state_dict: the state has "{name}", and this {kind} has not. '
                    "Make the model with the sizes that the state was saved from."
                )
        numbers = {name: _number(name, state[name]) for name in own}
        for name, parameter in own.items():
            parameter.data = numbers[name]

    def extra_repr(self) -> str:
        """What to write between the brackets of the repr, such as sizes; nothing by default."""
        return ""

    def __repr__(self):
        inside = [f"  ({name}): {part!r}".replace("\n", "\n  ") for name, part in self.children()]
        own = [name for name, part in _parts(self) if isinstance(part, Value)]
        facts = self.extra_repr() or ("" if inside else _shortened(own))
        if not inside:
            return f"{type(self).__name__}({facts})"
        return "\n".join([f"{type(self).__name__}({facts}", *inside, ")"])

    def __setattr__(self, name, content):
        object.__setattr__(self, name, content)
        if "_path" in self.__dict__ and isinstance(content, (Value, Module, list, tuple, dict)) and name[0] != "_":
            label_parameters(self)

    def __getattr__(self, name):
        kind = type(self).__name__
        if name == "forward":
            raise NoSuchAttributeError(
                f"{kind} has no forward. Define forward(self, x), which returns what the {kind} computes."
            )
        raise NoSuchAttributeError(f'{kind} has no attribute "{name}".{closest(name, dir(self))}')


def _is_parameter(content) -> bool:
    return type(content) is Value and content.rule is None


def _collect(content, found: dict, seen: set) -> None:
    """Put the parameters in `content` into `found`: `_walk` without the names, for speed."""
    if type(content) is Value:
        if content.rule is None:
            found[content] = None
    elif isinstance(content, (list, tuple)):
        for item in content:
            if type(item) is Value:
                if item.rule is None:
                    found[item] = None
            else:
                _collect(item, found, seen)
    elif isinstance(content, Module):
        if id(content) not in seen:
            seen.add(id(content))
            watch(content)
            for name, item in vars(content).items():
                if name[0] != "_":
                    _collect(item, found, seen)
    elif isinstance(content, dict):
        for item in content.values():
            _collect(item, found, seen)


def _collect_modules(content, found: "dict[int, Module]") -> None:
    """Put the modules in `content` into `found`."""
    if isinstance(content, Module):
        if id(content) not in found:
            found[id(content)] = content
            for name, item in vars(content).items():
                if name[0] != "_":
                    _collect_modules(item, found)
    elif isinstance(content, (list, tuple, dict)):
        for item in content.values() if isinstance(content, dict) else content:
            if type(item) is not Value:
                _collect_modules(item, found)


def _tensors(name: str, content) -> Iterator[tuple[str, tuple[int, ...], list[Value]]]:
    """The tensors in an attribute: an array of parameters, a module's, or those of the items of a list or dict."""
    if isinstance(content, Module):
        yield from ((f"{name}.{inner}", shape, parameters) for inner, shape, parameters in content.named_tensors())
        return
    own = _shape(content)
    if own is not None:
        yield name, own, _flattened(content)
    elif isinstance(content, (list, tuple, dict)):
        for key, item in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _tensors(f"{name}.{key}", item)


def _shape(content) -> "tuple[int, ...] | None":
    """The shape of an array of parameters in nested lists, or None when this is none."""
    if _is_parameter(content):
        return ()
    if not isinstance(content, (list, tuple)) or not content:
        return None
    shapes = {_shape(item) for item in content}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(content), *inner)


def _flattened(content) -> list[Value]:
    return [content] if isinstance(content, Value) else [p for item in content for p in _flattened(item)]


def _parts(module: Module) -> Iterator[tuple[str, "Value | Module"]]:
    """(name, part) for the parameters and modules that are attributes of `module` or in lists and dicts of it."""
    for name, content in vars(module).items():
        if name[0] != "_":
            yield from _within(name, content)


def _within(name: str, content) -> Iterator[tuple[str, "Value | Module"]]:
    if isinstance(content, Module) or _is_parameter(content):
        yield name, content
    elif isinstance(content, (list, tuple)):
        for i, item in enumerate(content):
            yield from _within(item_name(name, i), item)
    elif isinstance(content, dict):
        for key, item in content.items():
            yield from _within(f"{name}.{key}", item)


def item_name(name: str, index: int) -> str:
    """What item `index` of the list `name` is called.

    >>> item_name("layers", 2), item_name("w", 1), item_name("bias", 0), item_name("w1", 3)
    ('layer2', 'w1', 'bias0', 'w1_3')
    """
    if name.endswith("s") and not name.endswith(("ss", "as", "is", "us")):
        name = name[:-1]
    return f"{name}_{index}" if name[-1].isdigit() else f"{name}{index}"


def _walk(module: Module, prefix: str = "", seen: "set[int] | None" = None) -> Iterator[tuple[str, "Value | Module"]]:
    """(path, part) for every parameter and module inside; a module that is there twice is entered once."""
    seen = {id(module)} if seen is None else seen
    for name, part in _parts(module):
        yield prefix + name, part
        if isinstance(part, Module) and id(part) not in seen:
            seen.add(id(part))
            yield from _walk(part, f"{prefix}{name}.", seen)


def label_parameters(module: Module) -> None:
    """Label the parameters of `module` with their paths, and tell the modules inside theirs.

    A label that somebody else gave stays; one from when a part stood alone becomes longer.
    """
    vars(module).setdefault("_path", "")
    for path, part in _walk(module, module._path and f"{module._path}."):
        if isinstance(part, Module):
            vars(part)["_path"] = path
        elif part.label is None or path.endswith(f".{part.label}"):
            part.label = path


def _number(name: str, number) -> float:
    try:
        return Value(number).data
    except (TypeError, ValueError) as error:
        raise type(error)(f'load_state_dict: "{name}": {error}') from None


def _shortened(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 4 else [*names[:2], "…", names[-1]])


def as_list(x) -> list:
    """x as a list: a single number or Value becomes a list of one."""
    if type(x) is list:
        return x
    return list(x) if hasattr(x, "__iter__") else [x]


def check_size(module: Module, wanted: int, got: int) -> None:
    """Raise ArgumentError when `got` inputs arrive where `wanted` are expected."""
    if got != wanted:
        where = f" at {module._path}" if module._path else ""
        plural = "" if wanted == 1 else "s"
        raise ArgumentError(
            f"{type(module).__name__} expects {wanted} input{plural}, got {got}{where}. Pass one "
            f"example, a list of {wanted} number{plural}; for several write [model(x) for x in many]."
        )


def check_count(owner: str, name: str, count) -> int:
    """`count` as an int, if it is a whole number from 1 to 100,000,000; else raise ArgumentError."""
    number = expect_integer(f"{owner}: {name}", count)
    if number > 100_000_000:
        raise ArgumentError(f"{owner}: {name} must be at most 100,000,000. No memory holds so many Values.")
    return number


class Neuron(Module):
    """One neuron: activation(w·x + b).

    nin         how many inputs it has
    activation  "relu", "leaky_relu", "gelu", "softplus", "tanh", "sigmoid", "step", a function of one Value, or None
    bias        whether there is a b
    init        how the weights are drawn (nn.init); by default what suits the activation: micrograd's U(-1, 1) for ReLU
                and linear neurons, Xavier for tanh and sigmoid, Kaiming for the others. b is 0
    seed        a number, or a random.Random; without it the weights come from Python's `random`
    nonlin      micrograd's name: False is activation=None

    Takes a list of `nin` numbers or Values, returns a Value.

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
        self.activation = activation if nonlin else None
        self._function = activation_function(self.activation)
        draw = initialiser(init, self.activation if isinstance(self.activation, str) else None)
        self.w = [Value(draw(nin, _fan_out, rng)) for _ in range(nin)]
        self.b = Value(0.0) if bias else None

    def forward(self, x):
        if type(x) is not list:
            x = as_list(x)
        if len(x) != len(self.w):
            check_size(self, len(self.w), len(x))
        out = sum(map(mul, self.w, x), 0 if self.b is None else self.b)
        if self._function is not None:
            out = self._function(out)
        if self._path and type(out) is Value and out.label is None:
            out.label = self._path
        return out

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
    """Neurons side by side, all with the same inputs. The arguments are those of Neuron, with `nout` for their number.

    Takes a list of `nin` numbers or Values; returns a list of `nout` Values, or the Value itself where nout is 1.

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

    def forward(self, x):
        x = as_list(x)
        if len(x) != len(self.neurons[0].w):
            check_size(self, len(self.neurons[0].w), len(x))
        # Plain numbers become one constant each, which the neurons share.
        x = [v if isinstance(v, Value) else Constant(v, f"x{i}") for i, v in enumerate(x)]
        watch(*self.neurons)  # as calling each one would do, in a tenth of the time
        out = [neuron.forward(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    @property
    def activation(self) -> "str | Callable | None":
        """What the neurons do with w·x + b."""
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
    """A Layer without activation: W·x + b. Its weights start at Kaiming's scale for a linear layer, √(3 / nin).

    >>> Linear(3, 2, bias=False)
    Linear(3, 2, bias=False)
    """

    def __init__(self, nin: int, nout: int, bias: bool = True, *, init="kaiming_uniform", seed=None):
        super().__init__(nin, nout, None, bias=bias, init=init, seed=seed)

    def extra_repr(self):
        first = self.neurons[0]
        return f"{len(first.w)}, {len(self.neurons)}{_without_bias(first.b)}"


class Sequential(Module):
    """Modules one after another: each gets what the one before returned.

    >>> model = Sequential(Linear(2, 3), Layer(3, 1, "tanh"))
    >>> len(model), len(model.parameters())
    (2, 13)
    """

    def __init__(self, *layers: Module):
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise ArgumentError(f"Sequential: part {i} must be a module or a function, got {layer!r}.")
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def stages(self):
        look_up, _ = self.layers[0].stages() if self.layers and isinstance(self.layers[0], Module) else (None, None)
        return (None, self) if look_up is None else (look_up, self._after_look_up)

    def _after_look_up(self, x):
        x = self.layers[0].stages()[1](x)
        for layer in self.layers[1:]:
            x = layer(x)
        return x

    def named_tensors(self):
        for place, layer in zip(self.places(), self.layers):
            yield from _tensors(str(place), layer)

    def places(self) -> list[int]:
        """The number of each part in PyTorch, where a Layer's activation is a part of its own."""
        places = [0]
        for layer in self.layers:
            places.append(places[-1] + 1 + (isinstance(layer, Layer) and layer.activation is not None))
        return places[:-1]

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, index):
        return self.layers[index]


class MLP(Sequential):
    """A multi-layer perceptron: fully connected layers, the last one linear.

    nin         how many inputs the network has
    nouts       how many neurons each layer has, as in [16, 16, 1]
    activation  of the hidden layers; with bias, init and seed as for Neuron

    Takes a list of `nin` numbers or Values; returns a list of `nouts[-1]` Values, or the Value itself where that is 1.
    For more than a few dozen inputs pass init="kaiming_uniform": micrograd's U(-1, 1) is then too wide for ReLU.

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


class Perceptron(Neuron):
    """Rosenblatt's perceptron: 1 where w·x + b > 0, else 0, as a Value.

    Its slope is 0 everywhere, so gradient descent cannot train it; `learn` applies the perceptron rule instead.

    weights, bias  what to start from; by default zeros

    >>> nand = Perceptron(2, weights=[-2, -2], bias=3)
    >>> [nand([a, b]).data for a in (0, 1) for b in (0, 1)]
    [1.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, nin: int, weights: "list[float] | None" = None, bias: float = 0.0):
        super().__init__(nin, "step", init="zeros")
        if weights is not None:
            if len(weights) != nin:
                raise ArgumentError(f"Perceptron: {nin} inputs need {nin} weights, got {len(weights)}.")
            self.w = [Value(weight) for weight in weights]
        self.b = Value(bias)

    def learn(self, x, target: float, rate: float = 1.0) -> float:
        """Move the weights by rate·(target - output)·x, and return target - output: 0 when the answer was right.

        >>> either = Perceptron(2)
        >>> examples = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 1)]
        >>> [sum(abs(either.learn(x, y)) for x, y in examples) for epoch in range(4)]
        [1.0, 2.0, 1.0, 0.0]
        """
        error = target - self.forward(x).data
        for w, v in zip(self.w, as_list(x)):
            w.data += rate * error * (v.data if isinstance(v, Value) else v)
        if self.b is not None:
            self.b.data += rate * error
        return error
