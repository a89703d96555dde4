"""To and from PyTorch: `to_torch` and `from_torch`, for the modules that exist on both sides."""

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from nn import layers, modules
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
        whole.training = model.training
        return whole
    parts = _parts(torch, model)
    return parts[0] if len(parts) == 1 else torch.nn.Sequential(*parts)


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

    module  a torch.nn.Module: Linear, an activation, Dropout, Embedding, RMSNorm, or a Sequential of such

        model = from_torch(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)))
        model([5.1, 3.5, 1.4, 0.2])

    Raises ArgumentError for a module without a counterpart here.
    """
    kind = type(module).__name__
    if kind == "Sequential":
        whole = modules.Sequential(*map(from_torch, module))
        whole.training = module.training
        return whole
    odd = getattr(module, "approximate", "none") != "none" or getattr(module, "beta", 1) != 1
    if kind not in BUILDERS or odd:
        raise ArgumentError(
            f"from_torch: there is no counterpart of {module!r:.80}. Known are Sequential, {', '.join(BUILDERS)}."
        )
    model = BUILDERS[kind](module)
    state = module.state_dict()
    for name, _, parameters in model.named_tensors():
        for p, number in zip(parameters, state[name].flatten().tolist(), strict=True):
            p.data = number
    return model.train(module.training)


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
}
