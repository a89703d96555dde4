"""Losses of PyTorch: equal to its values, which were computed with version 2.13 in float64; gradients; recordings."""

import pytest

import nn
from autograd import Value, compile, derivatives
from autograd.errors import ArgumentError

# Scores, probabilities, logarithms of probabilities, and vectors, for two examples each.
S = [[0.3, -1.2, 2.0], [1.5, 0.2, -0.7]]
P = [[0.2, 0.5, 0.3], [0.7, 0.0, 0.3]]
LP = [[-1.2, -0.9, -1.6], [-0.4, -2.0, -1.9]]
V = [[1.0, -2.0, 0.5], [0.3, 0.8, -1.1]]
W = [[0.5, 1.0, -0.25], [-0.6, 0.1, 0.9]]
U = [[-1.0, 0.4, 2.0], [0.2, 0.7, -1.0]]

CASES = [
    (nn.smooth_l1_loss, [[0.25, -2.0, 0.5], [0.0, 0.5, 0.75]], {}, 0.6875),
    (nn.smooth_l1_loss, [[0.25, -2.0, 0.5], [0.0, 0.5, 0.75]], {"beta": 0.5, "reduction": "sum"}, 2.375),
    (nn.smooth_l1_loss, [[0.25, -2.0], [0.0, 0.5]], {"beta": 0.0}, 1.375),
    (nn.binary_cross_entropy, [[0.25, 0.9, 0.5], [0.0, 1.0, 0.3]], {}, 0.3620632562231842),
    (nn.binary_cross_entropy, [[0.0, 1.0, 1.0], [1.0, 1.0, 0.25]], {"reduction": "none"}, [100.0, -0.0, 75.0]),
    (nn.binary_cross_entropy_with_logits, [[0.25, -0.9, 0.5], [0.0, 1.0, 0.3]], {"pos_weight": 3.0}, 1.885974739587759),
    (nn.cross_entropy, [S, [2, 1]], {"weight": [1.0, 2.0, 0.5]}, 1.3399320211968935),
    (
        nn.cross_entropy,
        [S, [2, 1]],
        {"weight": [1.0, 2.0, 0.5], "reduction": "none"},
        [0.10083562247639528, 3.2489944305158382],
    ),
    (nn.cross_entropy, [S, [2, 1]], {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.2}, 1.4357213399105144),
    (
        nn.cross_entropy,
        [S, [2, 1]],
        {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.2, "reduction": "sum"},
        3.589303349776286,
    ),
    (nn.cross_entropy, [S, [2, -100]], {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.2}, 1.335450243606868),
    (nn.cross_entropy, [S, P], {"weight": [1.0, 2.0, 0.5], "label_smoothing": 0.2}, 2.2219511791534488),
    (nn.nll_loss, [LP, [2, 0]], {"weight": [1.0, 2.0, 0.5]}, 0.8000000000000002),
    (nn.nll_loss, [LP, [2, -100]], {"weight": [1.0, 2.0, 0.5]}, 1.6),
    (nn.kl_div, [LP, P], {"reduction": "sum"}, 0.37948268388053286),
    (nn.kl_div, [LP, P], {"reduction": "batchmean"}, 0.18974134194026643),
    (nn.kl_div, [LP, P], {}, 0.06324711398008881),
    (nn.kl_div, [LP, S], {"log_target": True, "reduction": "sum"}, 40.333229570085074),
    (nn.poisson_nll_loss, [[0.3, -0.5, 1.0], [2.0, 0.0, 5.0]], {}, -0.3084429014174394),
    (nn.poisson_nll_loss, [[0.3, -0.5, 1.0], [2.0, 0.0, 5.0]], {"full": True, "reduction": "sum"}, 4.497324831944443),
    (nn.poisson_nll_loss, [[0.3, 1.5, 0.7], [2.0, 0.0, 1.0]], {"log_input": False}, 1.7548734905460748),
    (nn.gaussian_nll_loss, [[0.3, 1.5], [2.0, 0.0], [0.5, 2.0]], {}, 1.7262499999999998),
    (nn.gaussian_nll_loss, [[0.3, 1.5], [2.0, 0.0], [0.0, 2.0]], {"full": True, "eps": 0.1}, 8.022829055096146),
    (nn.soft_margin_loss, [[0.3, -1.5], [1.0, 1.0]], {}, 1.1278842612256397),
    (
        nn.hinge_embedding_loss,
        [[0.3, 0.5, 1.5], [1.0, -1.0, -1.0]],
        {"margin": 0.75, "reduction": "none"},
        [0.3, 0.25, 0.0],
    ),
    (nn.margin_ranking_loss, [[0.3, 0.5], [0.1, 0.9], [1.0, -1.0]], {"margin": 0.25}, 0.02500000000000001),
    (nn.multi_margin_loss, [S, [2, 1]], {}, 0.39999999999999997),
    (nn.multi_margin_loss, [S, [2, 1]], {"p": 2, "margin": 1.5, "weight": [1.0, 2.0, 0.5]}, 2.733333333333333),
    (nn.multi_margin_loss, [S[0], 2], {"margin": 3.5}, 0.7000000000000001),
    (nn.multilabel_soft_margin_loss, [S, [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]], {}, 0.7578839865165554),
    (
        nn.multilabel_soft_margin_loss,
        [S, [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]],
        {"weight": [1.0, 2.0, 0.5], "reduction": "none"},
        [0.381461394888692, 1.2830946803962215],
    ),
    (nn.cosine_embedding_loss, [V, W, [1.0, -1.0]], {"reduction": "none"}, [1.6190476190473242, 0.0]),
    (nn.cosine_embedding_loss, [V, U, [-1.0, -1.0]], {"margin": 0.1}, 0.44917390148386654),
    (nn.cosine_embedding_loss, [V[0], W[0], 1.0], {}, 1.6190476190473242),
    (nn.triplet_margin_loss, [V, W, U], {}, 1.897956687838735),
    (nn.triplet_margin_loss, [V, U, W], {"p": 1, "margin": 0.5, "reduction": "none"}, [2.149998, 0.0]),
    (nn.triplet_margin_loss, [V, W, U], {"p": 3.0, "swap": True}, 2.248152103011769),
    (nn.triplet_margin_loss, [V[0], W[0], U[0]], {}, 0.6669463208963093),
]

each_case = pytest.mark.parametrize(
    ("loss", "given", "settings", "expected"), CASES, ids=lambda x: getattr(x, "__name__", "")
)


def as_values(nested):
    return [as_values(part) for part in nested] if isinstance(nested, list) else Value(nested)


def leaves(nested):
    return [leaf for part in nested for leaf in leaves(part)] if isinstance(nested, list) else [nested]


def numbers(nested):
    return [number.data if isinstance(number, Value) else number for number in leaves(nested)]


@each_case
def test_values_are_those_of_pytorch(loss, given, settings, expected):
    expected = pytest.approx(leaves(expected), rel=1e-14)
    assert leaves(loss(*given, **settings)) == expected
    assert numbers(loss(as_values(given[0]), *given[1:], **settings)) == expected
    assert numbers(loss(*map(as_values, given), **settings)) == expected


@pytest.mark.parametrize(
    ("loss", "given", "settings"),
    [case[:3] for case in CASES if 1.0 not in case[1][0]],  # at a probability of 1 there is only one side
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_gradients_are_those_of_finite_differences(loss, given, settings):
    settings, output, h = settings | {"reduction": "sum"}, as_values(given[0]), 1e-6
    found = derivatives(loss(output, *given[1:], **settings), leaves(output))
    for leaf, slope in zip(leaves(output), found):
        at, sides = leaf.data, []
        for leaf.data in (at - h, at + h):
            sides.append(loss(output, *given[1:], **settings).data)
        leaf.data = at
        assert slope == pytest.approx((sides[1] - sides[0]) / (2 * h), rel=1e-6, abs=1e-7)


@each_case
def test_recordings_give_the_same(loss, given, settings, expected):
    step = compile(lambda *parts: loss(*parts, **settings))
    for scale in (1.0, 0.5):
        parts = [given[0] if loss is nn.binary_cross_entropy else scaled(given[0], scale), *given[1:]]
        assert numbers(step(*parts)) == numbers(loss(*map(as_values, parts), **settings))
    assert step.cache_info().misses == 1


def scaled(nested, scale):
    return [scaled(part, scale) for part in nested] if isinstance(nested, list) else nested * scale


def test_class_weights_count_in_fit():
    """One example has its weight times its loss; PyTorch would divide by the weight again."""
    assert nn.cross_entropy([0.0, 0.0], 1, weight=[1.0, 3.0]) == pytest.approx(3 * nn.cross_entropy([0.0, 0.0], 1))
    step = compile(lambda scores, k: nn.cross_entropy(scores, k, weight=[1.0, 3.0]))
    assert step.map([[1.0, 0.5], [1.0, 0.5]], [0, 1]) == [
        nn.cross_entropy([1.0, 0.5], k, weight=[1.0, 3.0]) for k in (0, 1)
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.cross_entropy([1.0, 2.0], 0, weight=[1.0]), "cross_entropy: weight must be 2 non-negative numbers"),
        (lambda: nn.nll_loss([[1.0, 2.0]], [0], weight=[1.0, -1.0]), "nll_loss: weight must be 2 non-negative numbers"),
        (lambda: nn.binary_cross_entropy_with_logits(1.0, 1, pos_weight=-1), "pos_weight must be 0 or more, got -1"),
        (lambda: nn.binary_cross_entropy(1.5, 1), "binary_cross_entropy: the output must be from 0 to 1, got 1.5"),
        (lambda: nn.binary_cross_entropy(0.5, 2), "binary_cross_entropy: the target must be from 0 to 1, got 2"),
        (lambda: nn.kl_div([-1.0], [-1.0]), "kl_div: a probability must be 0 or more, got -1. .* log_target=True"),
        (lambda: nn.gaussian_nll_loss(1.0, 1.0, -1.0), "gaussian_nll_loss: a variance must be 0 or more, got -1"),
        (lambda: nn.soft_margin_loss(1.0, 0), "soft_margin_loss: the target must be -1 or 1, got 0"),
        (lambda: nn.hinge_embedding_loss(1.0, 0), "hinge_embedding_loss: the target must be -1 or 1, got 0"),
        (lambda: nn.margin_ranking_loss(1.0, 2.0, 0), "margin_ranking_loss: the target must be -1 or 1, got 0"),
        (lambda: nn.cosine_embedding_loss([1.0], [1.0], 0), "cosine_embedding_loss: the target must be -1 or 1, got 0"),
        (lambda: nn.cosine_embedding_loss([1.0], [1.0, 2.0], 1), "expected as many targets as outputs, got 1 outputs"),
        (
            lambda: nn.multi_margin_loss([1.0, 2.0], 2),
            "multi_margin_loss: the target must be a class from 0 to 1, got 2",
        ),
        (lambda: nn.multi_margin_loss([1.0, 2.0], 0, p=3), "multi_margin_loss: p must be 1 or 2, got 3"),
        (lambda: nn.multilabel_soft_margin_loss([1.0, 2.0], [1.0]), "got 2 outputs and 1 targets"),
        (lambda: nn.triplet_margin_loss([1.0], [1.0], [1.0], p=0), "triplet_margin_loss: p must be positive, got 0"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
