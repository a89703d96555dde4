"""Small neural networks on scalar Values: modules, losses, optimisers, data and training."""

from nn import activations, data, errors, init, losses, metrics, modules, optim, plots, training
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
from nn.modules import MLP, Layer, Linear, Module, Neuron, Perceptron, Sequential
from nn.optim import SGD, Optimizer
from nn.training import History, evaluate, fit

__all__ = [
    "MLP",
    "SGD",
    "History",
    "Layer",
    "Linear",
    "Module",
    "Neuron",
    "Optimizer",
    "Perceptron",
    "Sequential",
    "accuracy",
    "activations",
    "binary_cross_entropy_with_logits",
    "confusion_matrix",
    "cross_entropy",
    "data",
    "errors",
    "evaluate",
    "fit",
    "hinge_loss",
    "huber_loss",
    "init",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "losses",
    "metrics",
    "modules",
    "mse_loss",
    "nll_loss",
    "optim",
    "plots",
    "r2_score",
    "training",
]
