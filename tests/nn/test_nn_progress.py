"""The progress bar of a training run."""

import re

import pytest
from training_runs import LINE

import nn
from nn import data


def test_progress_bar_shows_loss_metric_and_speed(capsys):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    nn.fit(nn.MLP(2, [2], seed=0), nn.cross_entropy, data.gate("or"), epochs=3, batch_size=2)
    shown = capsys.readouterr().err
    assert "epoch 3/3" in shown
    assert "6/6" in shown
    assert "step/s" in shown
    assert re.search(r"loss \d\.\d{4}, accuracy \d+\.\d %", shown)


def test_without_tqdm_there_is_no_bar(monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm", None)
    nn.fit(nn.MLP(1, [1], seed=0), nn.mse_loss, LINE, epochs=1)
    assert capsys.readouterr().err == ""
