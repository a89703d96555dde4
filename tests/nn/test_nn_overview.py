"""The table of a model's parts."""

import nn
from autograd import Value


def test_summary():
    text = str(nn.summary(nn.GPT(5, context=4, width=4, heads=2, seed=0)))
    assert text.splitlines()[-1].split() == ["total", str(len(nn.GPT(5, 4, 4, 2).parameters()))]
    assert "blocks" not in text
    for part in ("token", "position", "block0.norm1", "block0.attention.query", "block0.up", "norm", "head"):
        assert any(line.startswith(part + " ") for line in text.splitlines()), text
    table = nn.summary(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.MLP(3, [4, 1])))
    assert [row[0] for row in table.rows] == ["layer0", "layer2.layer0", "layer2.layer1"]
    assert [row[3] for row in table.rows] == [9, 16, 5]
    assert table.total == 30

    class Line(nn.Module):
        def __init__(self):
            self.slope, self.height = Value(1.0), Value(0.0)
            self.table = [[Value(0.0)] * 2 for _ in range(3)]

    assert nn.summary(Line()).rows == [("(model)", "Line", "(), (), (3, 2)", 8)]
