"""The outputs of a model for many inputs."""

import nn


def test_predict_switches_dropout_off():
    model = nn.Sequential(nn.Linear(2, 1, seed=0), nn.Dropout(0.5))
    expected = nn.Linear(2, 1, seed=0)([1.0, 2.0]).data
    assert nn.predict(model, [[1.0, 2.0]] * 300) == [expected] * 300
    assert model.training is True
