"""The outputs of a model for many inputs."""

import pytest

import nn
from nn import data


def test_predict_switches_dropout_off():
    model = nn.Sequential(nn.Linear(2, 1, seed=0), nn.Dropout(0.5))
    expected = nn.Linear(2, 1, seed=0)([1.0, 2.0]).data
    assert nn.predict(model, [[1.0, 2.0]] * 300) == [expected] * 300
    assert model.training is True


@pytest.mark.parametrize("count", [1, 255, 256, 257, 600])
@pytest.mark.parametrize(("outs", "loss"), [(2, nn.cross_entropy), (1, nn.binary_cross_entropy_with_logits)])
def test_accuracy_over_chunks_is_that_of_the_lists(count, outs, loss):
    model, examples = nn.MLP(2, [3, outs], "tanh", seed=1), data.moons(count, seed=0)

    def accuracy(outputs, targets):
        assert type(outputs) is type(targets) is list
        return nn.accuracy(outputs, targets)

    found = nn.evaluate(model, loss, examples, nn.accuracy)
    assert found == nn.evaluate(model, loss, examples, accuracy)
    assert found == nn.evaluate(model, loss, examples, nn.accuracy, recorded=False)


def test_accuracy_of_rows_of_tokens_and_of_different_lengths():
    vocabulary = data.Vocabulary(["ab", "abc"])
    for context in (3, None):
        words = vocabulary.examples(["ab", "abc", "b"], context)
        model = nn.GPT(len(vocabulary), 5, 4, 2, seed=0)
        expected = nn.evaluate(model, nn.cross_entropy, words, nn.accuracy, recorded=False)
        assert nn.evaluate(model, nn.cross_entropy, words, nn.accuracy) == expected


def test_no_predictions_for_no_inputs():
    assert nn.predict(nn.MLP(1, [1], seed=0), []) == []
