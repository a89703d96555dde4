"""Small neural networks of scalar Values: modules, losses, optimisers, data, training, and weights on disk."""

from typing import TYPE_CHECKING

from nn import activations, data, errors, init, layers, losses, metrics, modules, optim, plots, training
from nn.activations import gelu, leaky_relu, relu, sigmoid, softmax, softplus, step, tanh
from nn.checkpoint import Checkpoint
from nn.convert import from_torch, to_torch
from nn.convolution import Conv2d, MaxPool2d, Unflatten
from nn.evaluation import evaluate, predict
from nn.history import History
from nn.layers import (
    GELU,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
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
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    gaussian_nll_loss,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    l1_penalty,
    l2_penalty,
    mse_loss,
    nll_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from nn.margin_losses import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from nn.metrics import accuracy, confusion_matrix, r2_score
from nn.module import Module
from nn.modules import MLP, Layer, Linear, Neuron, Perceptron, Sequential
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSprop, clip_grad_norm_, clip_grad_value_
from nn.optimizer import Optimizer
from nn.overview import summary
from nn.recurrent import LSTM, LSTMCell
from nn.report import classification_report
from nn.run import Run
from nn.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, StepLR, WarmupDecayLR
from nn.training import fit
from nn.transformer import GPT, SelfAttention
from nn.weights import load, save

__all__ = [
    "GELU",
    "GPT",
    "LSTM",
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Checkpoint",
    "Conv2d",
    "CosineAnnealingLR",
    "Dropout",
    "Embedding",
    "ExponentialLR",
    "Flatten",
    "History",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LinearLR",
    "MaxPool2d",
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
    "Unflatten",
    "WarmupDecayLR",
    "accuracy",
    "activations",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "classification_report",
    "clip_grad_norm_",
    "clip_grad_value_",
    "confusion_matrix",
    "cosine_embedding_loss",
    "cross_entropy",
    "data",
    "errors",
    "evaluate",
    "fit",
    "from_torch",
    "gaussian_nll_loss",
    "gelu",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "init",
    "kl_div",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "layers",
    "leaky_relu",
    "load",
    "losses",
    "margin_ranking_loss",
    "metrics",
    "modules",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "optim",
    "plots",
    "poisson_nll_loss",
    "predict",
    "r2_score",
    "relu",
    "save",
    "sigmoid",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softplus",
    "step",
    "summary",
    "tanh",
    "to_torch",
    "training",
    "triplet_margin_loss",
]


if not TYPE_CHECKING:  # a type checker that sees it accepts every name

    def __getattr__(name):
        from autograd.names import raise_missing
        from nn.elsewhere import NAMES

        raise_missing("nn", name, __all__, NAMES)
