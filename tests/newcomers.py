"""Runs programs as newcomers write them, with a mistake, and compares what they are told."""

import math
import random

import numpy as np
import pytest

import autograd
import nn


def names():
    """What the programs may use: the packages, a small model, and data for it."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    inputs, targets = [[0.0, 1.0], [1.0, 0.5]], [1.0, 0.0]
    data = list(zip(inputs, targets))
    known = {"math": math, "np": np, "random": random, "autograd": autograd, "nn": nn, "Value": autograd.Value}
    return known | {"grad": autograd.grad, "model": model, "data": data, "inputs": inputs, "targets": targets}


def check(program, error, words):
    """The program fails with this error, whose text has these words in this order, and leaves the model as it was."""
    known = names()
    before = known["model"].state_dict()
    with pytest.raises(error) as caught:
        exec(program, known)
    said, place = " ".join(str(caught.value).split()), 0
    for word in words.split(" … "):
        assert word in said[place:], f"{program}\nis told: {said}\nwithout: {word}"
        place = said.index(word, place) + len(word)
    if known["model"].__class__ is nn.MLP:
        assert before.items() <= known["model"].state_dict().items()
