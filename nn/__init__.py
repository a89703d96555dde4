"""Small neural networks of scalar Values: modules, losses, optimisers, data, training, and weights on disk."""

from typing import TYPE_CHECKING

from nn import activations, data, errors, init, layers, losses, metrics, modules, optim, plots, training
from nn.activations import gelu, leaky_relu, relu, sigmoid, softmax, softplus, step, tanh
from nn.checkpoint import Checkpoint
from nn.convert import from_torch, to_torch
from nn.evaluation import evaluate, predict
from nn.history import History
from nn.layers import (
    GELU,
    Dropout,
    Embedding,
    Flatten,
    LeakyReLU,
    ReLU,
    RMSNorm,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    l1_loss,
    l1_penalty,
    l2_penalty,
    mse_loss,
    nll_loss,
)
from nn.metrics import accuracy, confusion_matrix, r2_score
from nn.module import Module
from nn.modules import MLP, Layer, Linear, Neuron, Perceptron, Sequential
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSprop, clip_grad_norm_, clip_grad_value_
from nn.optimizer import Optimizer
from nn.overview import summary
from nn.run import Run
from nn.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, StepLR, WarmupDecayLR
from nn.training import fit
from nn.transformer import GPT, SelfAttention
from nn.weights import load, save

__all__ = [
    "GELU",
    "GPT",
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Checkpoint",
    "CosineAnnealingLR",
    "Dropout",
    "Embedding",
    "ExponentialLR",
    "Flatten",
    "History",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LinearLR",
    "Module",
    "Neuron",
    "Optimizer",
    "Perceptron",
    "RMSNorm",
    "RMSprop",
    "ReLU",
    "Run",
    "SelfAttention",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "StepLR",
    "Tanh",
    "WarmupDecayLR",
    "accuracy",
    "activations",
    "binary_cross_entropy_with_logits",
    "clip_grad_norm_",
    "clip_grad_value_",
    "confusion_matrix",
    "cross_entropy",
    "data",
    "errors",
    "evaluate",
    "fit",
    "from_torch",
    "gelu",
    "hinge_loss",
    "huber_loss",
    "init",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "layers",
    "leaky_relu",
    "load",
    "losses",
    "metrics",
    "modules",
    "mse_loss",
    "nll_loss",
    "optim",
    "plots",
    "predict",
    "r2_score",
    "relu",
    "save",
    "sigmoid",
    "softmax",
    "softplus",
    "step",
    "summary",
    "tanh",
    "to_torch",
    "training",
]


if not TYPE_CHECKING:  # a type checker that sees it accepts every name

    def __getattr__(name):
        from autograd.names import raise_missing
        from nn.elsewhere import NAMES

        raise_missing("nn", name, __all__, NAMES)
