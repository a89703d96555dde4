"""Losses against values worked out in 50 digits, their gradients against finite differences, and their errors."""

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Constant, Value, compile, derivatives, softmax
from autograd.errors import ArgumentError
from autograd.view.graph import ancestry

mpmath.mp.dps = 50
logits = st.lists(st.floats(-30, 30), min_size=2, max_size=5)
LOSSES = [
    nn.mse_loss,
    nn.l1_loss,
    nn.huber_loss,
    nn.hinge_loss,
    nn.binary_cross_entropy_with_logits,
    nn.cross_entropy,
    nn.nll_loss,
]


def exact_cross_entropy(scores, probabilities):
    total = mpmath.fsum(mpmath.exp(s) for s in map(mpmath.mpf, scores))
    return mpmath.fsum(p * (mpmath.log(total) - mpmath.mpf(s)) for s, p in zip(scores, probabilities))


@given(logits, st.data())
def test_cross_entropy_of_classes(scores, data):
    k = data.draw(st.integers(0, len(scores) - 1))
    exact = exact_cross_entropy(scores, [float(i == k) for i in range(len(scores))])
    assert nn.cross_entropy(scores, k) == pytest.approx(float(exact), rel=1e-14, abs=1e-300)
    assert nn.cross_entropy(list(map(Value, scores)), Value(k)).data == nn.cross_entropy(scores, k)
    assert nn.nll_loss([-abs(s) for s in scores], k) == abs(scores[k])


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss])
@pytest.mark.parametrize("wrong", [3, -1, 0.5, -100])
def test_a_target_that_is_no_class_is_refused_in_replays(loss, wrong):
    step = compile(lambda scores, target: loss(scores, target))
    step([0.5, 1.0, 2.0], 2)
    for call in (step, loss):
        with pytest.raises(
            ArgumentError, match=f"{loss.__name__}: the target must be a class from 0 to 2, got {wrong}"
        ):
            call([0.5, 1.0, 2.0], wrong)
    with pytest.raises(ArgumentError, match="the target must be a class from 0 to 2"):
        loss([0.5, 1.0, 2.0], Value(wrong))


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss])
def test_a_single_target_that_is_ignored_has_no_loss(loss):
    """It does not count as if it were not ignored, neither eager nor in a replay."""
    step = compile(lambda scores, target: loss(scores, target, ignore_index=1))
    scores = [-0.5, -1.0, -2.0]
    assert step(scores, 2) == step(scores, 2) == loss(scores, 2)
    for call in (step, lambda scores, target: loss(scores, target, ignore_index=1)):
        with pytest.raises(ArgumentError, match=rf"{loss.__name__}: the target is 1, which means none"):
            call(scores, 1)
    with pytest.raises(ArgumentError, match="the target must be a class"):
        loss(scores, Value(1.0), ignore_index=1)


def test_cross_entropy_draws_no_stray_zero():
    scores = [Value(2.0, "a"), Value(1.0, "b"), Value(0.5, "c")]
    for right in range(3):
        constants = [node.data for node in ancestry(nn.cross_entropy(scores, right)) if type(node) is Constant]
        assert 0 not in constants
    assert len(ancestry(nn.cross_entropy(scores, 0))) == 3 + 6, "two differences, two exponentials, a sum, log1p"
    assert len(ancestry(softmax([Value(0.0), Value(-1.0)])[0])) == 2 + 4


@given(logits, st.floats(0, 1), st.data())
def test_cross_entropy_of_probabilities_and_smoothing(scores, smoothing, data):
    k = data.draw(st.integers(0, len(scores) - 1))
    weights = [data.draw(st.floats(0, 1)) for _ in scores]
    spread = [(1 - smoothing) * (i == k) + smoothing / len(scores) for i in range(len(scores))]
    scale = 1 + max(map(abs, scores))
    assert nn.cross_entropy(scores, weights) == pytest.approx(
        float(exact_cross_entropy(scores, weights)), rel=1e-12, abs=1e-14 * scale
    )
    assert nn.cross_entropy(scores, k, label_smoothing=smoothing) == pytest.approx(
        float(exact_cross_entropy(scores, spread)), rel=1e-12, abs=1e-14 * scale
    )


def test_cross_entropy_near_zero_keeps_its_digits():
    scores = [Value(0.0), Value(50.0), Value(-3.0)]
    loss = nn.cross_entropy(scores, 1)
    exact = exact_cross_entropy([0, 50, -3], [0, 1, 0])
    assert loss.data == pytest.approx(float(exact), rel=1e-14)
    loss.backward()
    assert scores[1].grad == pytest.approx(-float(exact), rel=1e-12)


@given(st.floats(-700, 700), st.floats(0, 1))
def test_binary_cross_entropy(logit, target):
    minus_log_p, minus_log_q = (mpmath.log1p(mpmath.exp(sign * mpmath.mpf(logit))) for sign in (-1, 1))
    exact = target * minus_log_p + (1 - mpmath.mpf(target)) * minus_log_q
    assert nn.binary_cross_entropy_with_logits(logit, target) == pytest.approx(float(exact), rel=1e-13, abs=1e-300)
    assert nn.binary_cross_entropy_with_logits(logit, Value(target)).data == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize(
    ("loss", "output", "target", "expected"),
    [
        (nn.mse_loss, [1.0, 2.0, 3.0], [0.0, 0.0, 1.0], 3.0),
        (nn.mse_loss, 3.0, 1.0, 4.0),
        (nn.mse_loss, 3.0, [1.0], 4.0),
        (nn.mse_loss, [[1.0, 2.0], [3.0, 4.0]], [[0.0, 2.0], [3.0, 1.0]], 2.5),
        (nn.l1_loss, [1.0, -2.0], [0.5, 1.0], 1.75),
        (nn.huber_loss, [0.5, -3.0, 1.0], [0.0, 0.0, 0.0], (0.125 + 2.5 + 0.5) / 3),
        (nn.hinge_loss, [0.5, -2.0, 2.0], [1, 1, -1], (0.5 + 3 + 3) / 3),
    ],
)
def test_plain_losses(loss, output, target, expected):
    assert loss(output, target) == pytest.approx(expected, rel=1e-15)


def test_huber_with_delta():
    assert nn.huber_loss([3.0], [0.0], delta=2.0) == 4.0
    x = Value(2.0)
    nn.huber_loss(x, 0.0, delta=2.0).backward()
    assert x.grad == 2.0


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_against_finite_differences(loss):
    numbers = [0.3, -1.7, 2.4]
    target = 1 if loss in (nn.cross_entropy, nn.nll_loss) else [1, -1, 1] if loss is nn.hinge_loss else [1.0, 0.25, 0.0]
    values = list(map(Value, numbers))
    loss(values, target).backward()
    for i, value in enumerate(values):
        above, below = ([x + h * (i == j) for j, x in enumerate(numbers)] for h in (1e-6, -1e-6))
        assert value.grad == pytest.approx((loss(above, target) - loss(below, target)) / 2e-6, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_reductions(loss):
    classes = loss in (nn.cross_entropy, nn.nll_loss)
    outputs, targets = ([[-0.1, -0.7], [-0.4, -0.2]], [1, 0]) if classes else ([0.1, 0.7, -0.3], [1, 1, 1])
    terms = loss(outputs, targets, reduction="none")
    assert loss(outputs, targets, reduction="sum") == pytest.approx(sum(terms), rel=1e-15)
    assert loss(outputs, targets) == pytest.approx(sum(terms) / len(terms), rel=1e-15)
    with pytest.raises(ArgumentError, match='expected "mean", "sum" or "none", got \'avg\''):
        loss(outputs, targets, reduction="avg")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.mse_loss([1.0, 2.0], [1.0]),
            "mse_loss: expected as many targets as outputs, got 2 outputs and 1 ta",
        ),
        (lambda: nn.mse_loss(1.0, [1.0, 2.0]), "got 1 outputs and 2 targets"),
        (lambda: nn.cross_entropy([1.0, 2.0], 2), "the target must be a class from 0 to 1, got 2"),
        (lambda: nn.cross_entropy([1.0, 2.0], -1), "the target must be a class from 0 to 1, got -1"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0.5), "the target must be a class from 0 to 1, got 0.5"),
        (lambda: nn.cross_entropy(1.0, 0), "expected a list with a score for each class, got 1.0"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0, 1]), "got 1 outputs and 2 targets"),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, label_smoothing=1.5), "label_smoothing must be from 0 to 1, got 1.5"),
        (lambda: nn.hinge_loss(1.0, 0), r"the target must be -1 or 1, got 0. For 0 and 1 write 2 \* t - 1"),
        (lambda: nn.binary_cross_entropy_with_logits(1.0, 2), "the target must be from 0 to 1, got 2"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss])
def test_ignored_targets(loss):
    rows, targets = [[-0.1, -0.7], [-0.4, -0.2], [-1.5, -0.3]], [1, -100, 0]
    expected = (loss(rows[0], 1) + loss(rows[2], 0)) / 2
    assert loss(rows, targets) == pytest.approx(expected, rel=1e-15)
    assert loss(rows, list(map(Value, targets))).data == pytest.approx(expected, rel=1e-15)
    assert loss(rows, targets, reduction="none")[1] == 0.0
    assert loss(rows, [1, 7, 0], ignore_index=7) == pytest.approx(expected, rel=1e-15)
    values = [list(map(Value, row)) for row in rows]
    loss(values, list(map(Value, targets))).backward()
    assert [v.grad for v in values[1]] == [0.0, 0.0]
    assert any(v.grad for v in values[0])
    with pytest.raises(ArgumentError, match="all targets are -100, which means none"):
        loss(rows, [-100] * 3)


def test_numpy_targets():
    import numpy

    assert nn.mse_loss([1.0, 2.0], numpy.array([0.0, 0.0])) == 2.5
    assert nn.cross_entropy([[0.0, 0.0]], numpy.array([1])) == pytest.approx(0.6931471805599453)


def test_penalties():
    model = nn.MLP(1, [1])
    model.load_state_dict({"layer0.neuron0.w0": -3.0, "layer0.neuron0.b": 0.5})
    assert nn.l1_penalty(model, 0.1).data == pytest.approx(0.35)
    assert nn.l2_penalty(model.parameters(), 0.1).data == pytest.approx(0.925)


@pytest.mark.parametrize("gap", [0.5, 5.0, 20.0, 30.0, 300.0])
def test_a_replayed_cross_entropy_near_0_keeps_its_gradient(gap):
    """The target is an input there: the right score minus itself is 0, and must not have a gradient that cancels."""
    replayed = compile(lambda scores, target: nn.cross_entropy(scores, target))
    for target in range(3):
        scores = [Value(0.25 * k + gap * (k == target)) for k in range(3)]
        found, itself = replayed(scores, target), nn.cross_entropy(scores, target)
        assert found.data == itself.data
        assert derivatives(found, scores) == pytest.approx(derivatives(itself, scores), rel=1e-12, abs=0.0)
        assert min(map(abs, derivatives(found, scores))) > 0.0
