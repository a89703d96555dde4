"""Models on disk: `save` and `load`, in the safetensors format.

Weights have PyTorch's names and shapes, so that `safetensors.torch.load_file` and `load_state_dict` take them there.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograd.arguments import expect_instance
from autograd.errors import ArgumentError
from nn import convolution, layers, modules, recurrent, safetensors_file, transformer
from nn.errors import CheckpointError
from nn.module import Module
from nn.safetensors_file import KEY


def save(model: Module, path: "str | Path") -> None:
    """Write a model's weights, in float64, and a description of its modules to a safetensors file.

    At every moment there is either the complete old file or the complete new one: a crash loses nothing.

    >>> import tempfile
    >>> from nn import MLP
    >>> model, path = MLP(2, [3, 1]), Path(tempfile.mkdtemp(), "model.safetensors")
    >>> save(model, path)
    >>> load(path)([1.0, 2.0]).data == model([1.0, 2.0]).data
    True

    Raises CheckpointError, a kind of OSError, if the file cannot be written; the old file is then unchanged.
    """
    expect_instance("save", model, Module)
    safetensors_file.write(path, _weights(model, ""), {KEY: json.dumps({"model": described(model)})})


def load(path: "str | Path", model: "Module | None" = None) -> Module:
    """The model in a safetensors file; or `model`, with its weights set to those in the file.

    If `model` is given, the file may come from elsewhere, such as safetensors.torch.save_file, as long as names and
    shapes match. No code in a file is run. What is frozen is not in a file: `model` stays frozen where it is.

    Raises CheckpointError, a kind of ValueError, that names the file and the reason; `model` is then unchanged.
    """
    if model is None:
        metadata, size = safetensors_file.read_metadata(path)
        model = _from_metadata(path, metadata, size // 2)
    expected = {name: shape for name, shape, _ in model.named_tensors()}
    _, tensors = safetensors_file.read(path, expected)
    _assign(model, "", tensors)
    return model


def _weights(model: Module, prefix: str):
    return ((prefix + name, shape, [p.data for p in parameters]) for name, shape, parameters in model.named_tensors())


def _assign(model: Module, prefix: str, tensors: Mapping[str, safetensors_file.Tensor]) -> None:
    for name, _, parameters in model.named_tensors():
        for p, number in zip(parameters, tensors[prefix + name]):
            p.data = number


class Plan:
    """How a module of some class is described in a file: by its arguments, taken from an instance.

    `count` tells how many parameters the arguments lead to, so that a malicious description is refused before anything
    is built.
    """

    def __init__(self, kind: type[Module], arguments: Callable[[Any], dict], count: Callable[..., int]):
        self.kind, self.arguments, self.count = kind, arguments, count


def _mlp(m: modules.MLP) -> dict:
    first = m.layers[0].neurons[0]
    return {
        "nin": len(first.w),
        "nouts": [len(layer.neurons) for layer in m.layers],
        "activation": first.activation,
        "bias": first.b is not None,
    }


def _mlp_count(nin, nouts, activation, bias):
    return sum(a * b + b * bias for a, b in zip([nin, *nouts], nouts))


def _gpt(m: transformer.GPT) -> dict:
    return {
        "vocabulary": len(m.token.weight),
        "context": m.context,
        "width": len(m.token.weight[0]),
        "heads": m.blocks[0].attention.heads,
        "layers": len(m.blocks),
        "hidden": len(m.blocks[0].up.neurons),
    }


def _gpt_count(vocabulary, context, width, heads, layers, hidden):
    return (2 * vocabulary + context + 1) * width + layers * (4 * width * width + 2 * width * hidden + 2 * width)


def _nothing(m: Module) -> dict:
    return {}


def _neuron(m: modules.Neuron) -> dict:
    return {"nin": len(m.w), "activation": m.activation, "bias": m.b is not None}


def _layer(m: modules.Layer) -> dict:
    return {"nin": len(m.neurons[0].w), "nout": len(m.neurons), "bias": m.neurons[0].b is not None}


def _conv(m: convolution.Conv2d) -> dict:
    sizes = {name: list(getattr(m, name)) for name in ("kernel_size", "stride", "padding")}
    return {"in_channels": len(m.weight[0]), "out_channels": len(m.weight), **sizes, "bias": m.bias is not None}


def _conv_count(in_channels, out_channels, kernel_size, stride, padding, bias):
    height, width = kernel_size
    return out_channels * (in_channels * height * width + bias)


def _lstm(m: recurrent.LSTM) -> dict:
    first = m.cells[0]
    return {
        "input_size": first.input_size,
        "hidden_size": first.hidden_size,
        "num_layers": len(m.cells),
        "bias": first.bias_ih is not None,
    }


def _lstm_count(input_size, hidden_size, num_layers, bias):
    inputs = input_size + (num_layers - 1) * hidden_size
    return 4 * hidden_size * (inputs + num_layers * (hidden_size + 2 * bias))


PLANS = {
    plan.kind.__name__: plan
    for plan in (
        Plan(modules.MLP, _mlp, _mlp_count),
        Plan(modules.Neuron, _neuron, lambda nin, activation, bias: nin + bias),
        Plan(modules.Perceptron, lambda m: {"nin": len(m.w)}, lambda nin: nin + 1),
        Plan(modules.Linear, _layer, lambda nin, nout, bias: nin * nout + nout * bias),
        Plan(
            modules.Layer,
            lambda m: _layer(m) | {"activation": m.activation},
            lambda nin, nout, bias, activation: nin * nout + nout * bias,
        ),
        Plan(layers.LeakyReLU, lambda m: {"negative_slope": m.negative_slope}, lambda negative_slope: 0),
        Plan(layers.Dropout, lambda m: {"p": m.p}, lambda p: 0),
        Plan(
            layers.Embedding,
            lambda m: {"num_embeddings": len(m.weight), "embedding_dim": len(m.weight[0])},
            lambda num_embeddings, embedding_dim: num_embeddings * embedding_dim,
        ),
        Plan(
            layers.RMSNorm,
            lambda m: {"width": m.width, "eps": m.eps, "elementwise_affine": m.weight is not None},
            lambda width, eps, elementwise_affine: width * elementwise_affine,
        ),
        Plan(
            layers.LayerNorm,
            lambda m: {
                "normalized_shape": m.width,
                "eps": m.eps,
                "elementwise_affine": m.weight is not None,
                "bias": m.bias is not None,
            },
            lambda normalized_shape, eps, elementwise_affine, bias: normalized_shape * elementwise_affine * (1 + bias),
        ),
        Plan(convolution.Conv2d, _conv, _conv_count),
        Plan(
            convolution.MaxPool2d,
            lambda m: {name: list(getattr(m, name)) for name in ("kernel_size", "stride", "padding")},
            lambda kernel_size, stride, padding: 0,
        ),
        Plan(
            convolution.Unflatten,
            lambda m: {"dim": 0, "unflattened_size": list(m.unflattened_size)},
            lambda dim, unflattened_size: 0,
        ),
        Plan(
            recurrent.LSTMCell,
            lambda m: {"input_size": m.input_size, "hidden_size": m.hidden_size, "bias": m.bias_ih is not None},
            lambda input_size, hidden_size, bias: 4 * hidden_size * (input_size + hidden_size + 2 * bias),
        ),
        Plan(recurrent.LSTM, _lstm, _lstm_count),
        Plan(
            transformer.SelfAttention,
            lambda m: {"width": m.width, "heads": m.heads},
            lambda width, heads: 4 * width * width,
        ),
        Plan(transformer.GPT, _gpt, _gpt_count),
        *(
            Plan(kind, _nothing, lambda: 0)
            for kind in (
                layers.ReLU,
                layers.GELU,
                layers.Softplus,
                layers.Tanh,
                layers.Sigmoid,
                layers.Step,
                layers.Softmax,
                layers.Flatten,
            )
        ),
    )
}


def described(model: Module) -> "list | str":
    """How `model` is built, [kind, arguments], as fits into JSON; just its name if it is not a module of nn.

    >>> from nn import MLP
    >>> described(MLP(2, [3, 1]))
    ['MLP', {'nin': 2, 'nouts': [3, 1], 'activation': 'relu', 'bias': True}]
    """
    kind = type(model).__name__
    if type(model) is modules.Sequential or (type(model) is modules.MLP and not _is_plain(model)):
        kind = "Sequential"
        parts = [described(part) if isinstance(part, Module) else "a function" for part in model.layers]
        return next((part for part in parts if isinstance(part, str)), [kind, parts])
    if kind not in PLANS or type(model) is not PLANS[kind].kind:
        return kind
    arguments = PLANS[kind].arguments(model)
    return [kind, arguments] if not callable(arguments.get("activation")) else f"{kind} with a function of your own"


def _is_plain(model: modules.MLP) -> bool:
    """Whether an MLP still has the layers it was made with."""
    return all(type(layer) is modules.Layer for layer in model.layers) and all(
        layer.activation == (model.layers[0].activation if layer is not model.layers[-1] else None)
        for layer in model.layers
    )


def _from_metadata(path, metadata: Mapping[str, str], room: int) -> Module:
    """The model that the metadata describe, which must have at most `room` parameters."""
    try:
        description = json.loads(metadata.get(KEY, "{}"))["model"]
        if isinstance(description, str):
            raise CheckpointError(
                f"{path}: was saved from a {description:.100}, which cannot be built from a file. "
                "Make the model yourself and pass it: load(path, model)."
            )
        if _count(description, room) > room:
            raise ValueError
        return _build(description)
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, ArgumentError) as error:
        raise CheckpointError(
            f"{path}: does not say what model its weights belong to. Make the model yourself and "
            "pass it: load(path, model)."
        ) from error


def _count(description, room: int) -> int:
    """How many parameters a description leads to. Raises ValueError as soon as a number in it is out of range."""
    kind, arguments = description
    if kind == "Sequential":
        return sum(_count(part, room) for part in arguments)
    sizes = [n for value in arguments.values() for n in (value if isinstance(value, list) else [value])]
    if len(sizes) > room + 10 or any(isinstance(n, (int, float)) and not 0 <= n <= max(room, 1000) for n in sizes):
        raise ValueError
    return PLANS[kind].count(**arguments)


def _build(description) -> Module:
    kind, arguments = description
    if kind == "Sequential":
        return modules.Sequential(*map(_build, arguments))
    return PLANS[kind].kind(**arguments)
