"""Schedules of the learning rate, against their formulas and against PyTorch."""

import math

import pytest

from autograd import Value
from nn import optim

STEPS = 100


SCHEDULES = [
    ("StepLR", {"step_size": 30, "gamma": 0.5}, lambda k: 0.5 ** (k // 30)),
    ("ExponentialLR", {"gamma": 0.97}, lambda k: 0.97**k),
    ("CosineAnnealingLR", {"T_max": 80, "eta_min": 0.001}, lambda k: 0.1 + 0.9 * math.cos(math.pi * k / 160) ** 2),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 40}, lambda k: 0.1 + 0.7 * min(k, 40) / 40),
]


@pytest.mark.parametrize(("name", "settings", "factor"), SCHEDULES)
def test_schedules(name, settings, factor):
    optimizer = optim.SGD([Value(1.0)], lr=0.01)
    schedule = getattr(optim, name)(optimizer, **settings)
    for k in range(STEPS):
        assert optimizer.lr == pytest.approx(0.01 * factor(k), rel=1e-12)
        schedule.step()


@pytest.mark.parametrize(("name", "settings", "factor"), SCHEDULES)
def test_schedules_against_pytorch(name, settings, factor):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = torch.optim.Adam([torch.tensor(1.0, requires_grad=True)], lr=0.01)
    their_schedule = getattr(torch.optim.lr_scheduler, name)(theirs, **settings)
    optimizer = optim.Adam([Value(1.0)], lr=0.01)
    schedule = getattr(optim, name)(optimizer, **settings)
    for _ in range(80):
        assert optimizer.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-12, abs=1e-15)
        theirs.step()
        their_schedule.step()
        schedule.step()


def test_warm_up_and_decay_against_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = torch.optim.SGD([torch.tensor(1.0, requires_grad=True)], lr=0.01)
    rule = torch.optim.lr_scheduler.LambdaLR(theirs, lambda k: k / 10 if k < 10 else max(0.0, (60 - k) / 50))
    optimizer = optim.SGD([Value(1.0)], lr=0.01)
    schedule = optim.WarmupDecayLR(optimizer, warmup=10, total=60)
    for _ in range(STEPS):
        assert optimizer.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-12)
        theirs.step()
        rule.step()
        schedule.step()
