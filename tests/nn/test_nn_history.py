"""The rows of a history, and its columns."""

import csv

import pytest

import nn
from nn import data


def test_history(tmp_path):
    history = nn.fit(
        nn.MLP(2, [2], seed=0), nn.cross_entropy, data.gate("or"), epochs=3, progress=False, validation=data.gate("or")
    )
    history.to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"] == history.to_dict()["val_loss"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert history[-1]["epoch"] == 3
    assert repr(history).startswith("<History: epoch 3, loss ")
    with pytest.raises(KeyError, match="the history has no column 'acc'; it has epoch, loss, accuracy"):
        history["acc"]
    assert repr(nn.History()) == "<History: empty>"
