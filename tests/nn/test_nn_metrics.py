"""Metrics against scikit-learn and against hand-made cases."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value
from autograd.errors import ArgumentError

scores = st.lists(st.tuples(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.integers(0, 2)), min_size=1)


@given(scores)
def test_accuracy_and_confusion_matrix_against_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    outputs, targets = map(list, zip(*pairs))
    guesses = [max(range(3), key=output.__getitem__) for output in outputs]
    assert nn.accuracy(outputs, targets) == pytest.approx(metrics.accuracy_score(targets, guesses))
    expected = metrics.confusion_matrix(targets, guesses, labels=[0, 1, 2]).tolist()
    assert nn.confusion_matrix(outputs, targets) == expected
    assert nn.confusion_matrix([list(map(Value, output)) for output in outputs], targets) == expected


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=2))
def test_r2_against_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    outputs, targets = map(list, zip(*pairs))
    if max(targets) - min(targets) > 1e-3:
        assert nn.r2_score(outputs, targets) == pytest.approx(metrics.r2_score(targets, outputs), rel=1e-9, abs=1e-9)


def test_two_classes_from_one_score():
    assert nn.accuracy([Value(0.3), -0.2, 2.0], [1, 0, 0]) == pytest.approx(2 / 3)
    assert nn.accuracy([0.3, -0.2, 2.0], [1, -1, -1]) == pytest.approx(2 / 3)
    assert nn.confusion_matrix([0.3, -0.2, 2.0], [1, -1, -1]) == [[1, 1], [0, 1]]
    assert nn.accuracy([[1.0, 2.0]], [[0.1, 0.9]]) == 1.0
    assert nn.confusion_matrix([[1.0, 2.0]], [1], classes=3) == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_errors():
    with pytest.raises(ArgumentError, match="accuracy: expected as many targets as outputs, and at least one, got 0"):
        nn.accuracy([], [])
    with pytest.raises(ArgumentError, match="got 1 outputs and 2 targets"):
        nn.confusion_matrix([1.0], [0, 1])
    with pytest.raises(ArgumentError, match="the targets are all the same"):
        nn.r2_score([1.0, 2.0], [3.0, 3.0])


def test_accuracy_of_rows_of_tokens():
    rows = [[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.6, 0.4]]]
    assert nn.accuracy(rows, [[1, 1], [1, -100]]) == pytest.approx(2 / 3)


@given(scores, st.sampled_from([float, int]))
def test_accuracy_of_arrays_is_that_of_lists(pairs, kind):
    outputs, targets = map(list, zip(*pairs))
    arrays = numpy.array(outputs), numpy.array(targets, kind)
    assert nn.accuracy(*arrays) == nn.accuracy(outputs, targets)
    assert nn.accuracy(arrays[0][:, 0], arrays[1]) == nn.accuracy([o[0] for o in outputs], targets)
    likely = [[float(t == c) for c in range(3)] for t in targets]
    assert nn.accuracy(arrays[0], numpy.array(likely)) == nn.accuracy(outputs, likely)


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4))
def test_accuracy_of_arrays_of_rows_of_tokens_is_that_of_lists(seed, rows, tokens, classes):
    rng = numpy.random.default_rng(seed)
    outputs = rng.integers(-2, 3, (rows, tokens, classes)) / 2  # with ties
    targets = rng.integers(0, classes, (rows, tokens))
    targets[rng.random(targets.shape) < 0.4] = -100
    targets[0, 0] = 0
    outputs[targets == -100] = numpy.nan  # is not looked at
    expected = nn.accuracy(outputs.tolist(), targets.tolist())
    assert nn.accuracy(outputs, targets) == nn.accuracy(outputs, targets.astype(float)) == expected


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        ([0.5, -0.5, 0.0], [1, -1, 1]),
        ([[1.0], [-1.0]], [0, -1]),
        ([[1.0, 1.0], [2.0, 2.0]], [0, 1]),
        ([[1e308, 1e308], [1e308, -1e308]], [0, 0]),
        ([[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.6, 0.4]]], [[1, 1], [1, -100]]),
    ],
)
def test_accuracy_of_unusual_arrays(outputs, targets):
    assert nn.accuracy(numpy.array(outputs), numpy.array(targets)) == nn.accuracy(outputs, targets)


@pytest.mark.parametrize(
    ("outputs", "targets", "words"),
    [
        ([0.5, -0.5], [1.0, 0.5], "a class is a non-negative integer .*, got 0.5"),
        ([[0.5, 1.0]], [-100], "a class is a non-negative integer .*, got -100"),
        ([[[0.5, 1.0]], [[1.0, 0.5]]], [[-100], [-100]], "all targets are -100, which means none"),
        ([[[0.5, 1.0], [1.0, 0.5]]], [[0]], "as many targets as outputs, and at least one, got 2 outputs and 1"),
        ([[[0.5, numpy.nan], [1.0, 0.5]]], [[0, 1]], "must be finite, got nan"),
        ([0.5, numpy.nan], [1, 0], "must be finite, got nan"),
        ([[0.5, numpy.inf]], [1], "must be finite, got inf"),
        ([0.5], [numpy.inf], "must be finite, got inf"),
        ([], [], "at least one, got 0 outputs"),
        ([0.5], [0, 1], "got 1 outputs and 2 targets"),
    ],
)
def test_arrays_without_an_accuracy(outputs, targets, words):
    with pytest.raises((ArgumentError, ValueError), match=words):
        nn.accuracy(numpy.array(outputs), numpy.array(targets))


def test_classification_report():
    outputs, targets = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 0.5], [1.0, 0.0, 0.5]], [0, 1, 1, 2]
    report = nn.classification_report(outputs, targets, ["cat", "dog", "emu"])
    assert report.rows == [("cat", 1 / 3, 1.0, 1), ("dog", 1.0, 0.5, 2), ("emu", None, 0.0, 1)]
    assert report.accuracy == nn.accuracy(outputs, targets) == 0.5
    assert "emu               –   0.000         1" in str(report)
    assert [row.name for row in nn.classification_report(outputs, targets).rows] == ["0", "1", "2"]
    with pytest.raises(ArgumentError, match="expected a name for each of 3 classes, got 2"):
        nn.classification_report(outputs, targets, ["cat", "dog"])
