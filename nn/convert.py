"""To and from PyTorch: `to_torch` and `from_torch`, for the modules that exist on both sides."""

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from nn import convolution, layers, modules, recurrent
from nn.errors import need
from nn.module import Module

ACTIVATIONS = {
    "relu": layers.ReLU,
    "leaky_relu": layers.LeakyReLU,
    "gelu": layers.GELU,
    "tanh": layers.Tanh,
    "softplus": layers.Softplus,
    "sigmoid": layers.Sigmoid,
}


def to_torch(model: Module) -> Any:
    """The same model as a torch.nn.Module in float64, with the same weights.

    A Layer or Neuron becomes a Linear and an activation; if it has one output, PyTorch returns a tensor of size 1.

        torch_model = to_torch(MLP(4, [8, 3]))
        torch_model(torch.tensor([5.1, 3.5, 1.4, 0.2], dtype=torch.float64))

    Raises ArgumentError for a module without a counterpart in PyTorch, MissingPackageError without PyTorch.
    """
    torch = need("torch", "torch", "to_torch")
    with torch.no_grad():
        return _to(torch, model)


def _to(torch, model: Module):
    if isinstance(model, modules.Sequential):
        whole = torch.nn.Sequential(*(part for layer in model.layers for part in _parts(torch, layer)))
        _flatten_images(torch, whole)
        whole.training = model.training
        return whole
    parts = _parts(torch, model)
    return parts[0] if len(parts) == 1 else torch.nn.Sequential(*parts)


def _flatten_images(torch, whole) -> None:
    """After layers for images, Flatten has three dimensions to flatten."""
    images = False
    for part in whole:
        images = images or isinstance(part, (torch.nn.Conv2d, torch.nn.MaxPool2d, torch.nn.Unflatten))
        if images and isinstance(part, torch.nn.Flatten):
            part.start_dim, images = -3, False


def _parts(torch, model: Module) -> list:
    """A module's counterpart: two modules if the activation is a separate one in PyTorch."""
    if isinstance(model, modules.Sequential):
        return [_to(torch, model)]
    if isinstance(model, (modules.Layer, modules.Neuron)):
        (_, (nout, nin), _), *bias = model.named_tensors()
        linear = _filled(torch, torch.nn.Linear(nin, nout, bias=bool(bias), dtype=torch.float64), model)
        if model.activation in (None, "linear"):
            return [linear]
        if model.activation in ACTIVATIONS:
            return [linear, *_parts(torch, ACTIVATIONS[model.activation]())]
    elif type(model) in COUNTERPARTS:
        return [_filled(torch, COUNTERPARTS[type(model)](torch.nn, model), model)]
    raise ArgumentError(f"to_torch: PyTorch has no counterpart of {model!r:.80}. Convert its parts one by one.")


# Beyond `threshold` PyTorch's Softplus returns x for log(1 + exp(x)); at the default, 20, the error is 2e-9.
COUNTERPARTS: dict[type[Module], Callable[[Any, Any], Any]] = {
    layers.ReLU: lambda nn, m: nn.ReLU(),
    layers.Tanh: lambda nn, m: nn.Tanh(),
    layers.Sigmoid: lambda nn, m: nn.Sigmoid(),
    layers.GELU: lambda nn, m: nn.GELU(),
    layers.Softplus: lambda nn, m: nn.Softplus(threshold=40),
    layers.Softmax: lambda nn, m: nn.Softmax(dim=-1),
    layers.LeakyReLU: lambda nn, m: nn.LeakyReLU(m.negative_slope),
    layers.Dropout: lambda nn, m: nn.Dropout(m.p),
    layers.Embedding: lambda nn, m: nn.Embedding(len(m.weight), len(m.weight[0])).double(),
    layers.Flatten: lambda nn, m: nn.Flatten(-2),
    layers.RMSNorm: lambda nn, m: nn.RMSNorm(m.width, m.eps, m.weight is not None).double(),
    layers.LayerNorm: lambda nn, m: nn.LayerNorm(
        m.width, m.eps, m.weight is not None, bias=m.weight is None or m.bias is not None
    ).double(),
    convolution.Conv2d: lambda nn, m: nn.Conv2d(
        len(m.weight[0]), len(m.weight), m.kernel_size, m.stride, m.padding, bias=m.bias is not None
    ).double(),
    convolution.MaxPool2d: lambda nn, m: nn.MaxPool2d(m.kernel_size, m.stride, m.padding),
    convolution.Unflatten: lambda nn, m: nn.Unflatten(-1, m.unflattened_size),
    recurrent.LSTMCell: lambda nn, m: nn.LSTMCell(m.input_size, m.hidden_size, m.bias_ih is not None).double(),
    recurrent.LSTM: lambda nn, m: nn.LSTM(
        m.cells[0].input_size, m.cells[0].hidden_size, len(m.cells), m.cells[0].bias_ih is not None
    ).double(),
}


def _filled(torch, counterpart, model: Module):
    """The counterpart with the weights of `model`; names and shapes are the same on both sides."""
    counterpart.load_state_dict(
        {
            name: torch.tensor([p.data for p in parameters], dtype=torch.float64).reshape(shape)
            for name, shape, parameters in model.named_tensors()
        }
    )
    return counterpart.train(model.training)


def from_torch(module: Any) -> Module:
    """The same model as a Module of this package, with the same weights.

    module  a torch.nn.Module that this package has too, such as Linear, Conv2d, LSTM or an activation, with settings
            that it has too; or a Sequential of such

        model = from_torch(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)))
        model([5.1, 3.5, 1.4, 0.2])

    Raises ArgumentError for a module without a counterpart here.
    """
    kind = type(module).__name__
    if kind == "Sequential":
        whole = modules.Sequential(*map(from_torch, module))
        whole.training = module.training
        return whole
    if kind not in BUILDERS or any(getattr(module, name, usual) not in (usual, (usual,) * 2) for name, usual in USUAL):
        raise ArgumentError(
            f"from_torch: there is no counterpart of {module!r:.80}. Known are Sequential, {', '.join(BUILDERS)}."
        )
    model = BUILDERS[kind](module)
    state = module.state_dict()
    for name, _, parameters in model.named_tensors():
        for p, number in zip(parameters, state[name].flatten().tolist(), strict=True):
            p.data = number
    return model.train(module.training)


# Settings that only PyTorch has, and the one value of each that this package has.
USUAL: list[tuple[str, Any]] = [
    ("approximate", "none"),
    ("beta", 1),
    ("dilation", 1),
    ("groups", 1),
    ("padding_mode", "zeros"),
    ("ceil_mode", False),
    ("return_indices", False),
    ("bidirectional", False),
    ("proj_size", 0),
    ("dropout", 0.0),
]
BUILDERS: dict[str, Callable[[Any], Module]] = {
    "Linear": lambda m: modules.Linear(m.in_features, m.out_features, m.bias is not None, init="zeros"),
    "ReLU": lambda m: layers.ReLU(),
    "Tanh": lambda m: layers.Tanh(),
    "Sigmoid": lambda m: layers.Sigmoid(),
    "GELU": lambda m: layers.GELU(),
    "Softplus": lambda m: layers.Softplus(),
    "Softmax": lambda m: layers.Softmax(),
    "LeakyReLU": lambda m: layers.LeakyReLU(m.negative_slope),
    "Dropout": lambda m: layers.Dropout(m.p),
    "Flatten": lambda m: layers.Flatten(),
    "Embedding": lambda m: layers.Embedding(m.num_embeddings, m.embedding_dim, init="zeros"),
    "RMSNorm": lambda m: layers.RMSNorm(m.normalized_shape[0], m.eps or 2**-52, m.elementwise_affine),
    "LayerNorm": lambda m: layers.LayerNorm(m.normalized_shape, m.eps, m.weight is not None, m.bias is not None),
    "Conv2d": lambda m: convolution.Conv2d(
        m.in_channels, m.out_channels, m.kernel_size, m.stride, _padding(m), m.bias is not None, init="zeros"
    ),
    "MaxPool2d": lambda m: convolution.MaxPool2d(m.kernel_size, m.stride, m.padding),
    "Unflatten": lambda m: convolution.Unflatten(-1, m.unflattened_size),
    "LSTMCell": lambda m: recurrent.LSTMCell(m.input_size, m.hidden_size, m.bias, init="zeros"),
    "LSTM": lambda m: recurrent.LSTM(m.input_size, m.hidden_size, m.num_layers, m.bias, init="zeros"),
}


def _padding(conv) -> Any:
    """The padding of a torch.nn.Conv2d as numbers. "same" has more on one side if the window is even."""
    if conv.padding == "valid":
        return 0
    if conv.padding == "same" and all(size % 2 for size in conv.kernel_size):
        return tuple(size // 2 for size in conv.kernel_size)
    if isinstance(conv.padding, str):
        raise ArgumentError(f"from_torch: there is no counterpart of {conv!r:.100}, whose window is even.")
    return conv.padding
