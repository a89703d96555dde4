"""The edges: powers and roots at 0, saturated functions, huge and tiny operands, ties, zeros, high orders."""

import math
import sys

import pytest
from mpmath import mp, mpf
from reference import exact

import autograd
from autograd import Value, compile, derivatives, where
from autograd.engine.functions import FUNCTIONS
from autograd.errors import (
    DivisionByZeroError,
    DomainError,
    InfiniteDerivativeError,
    RecordingError,
    ResultOverflowError,
)
from autograd.table.registry import RULES

prepared = None  # what becomes of a function before it is called; see run()
LARGEST, SMALLEST = sys.float_info.max, 5e-324


@pytest.fixture(params=["eager", "replayed"], autouse=True)
def run(request, monkeypatch):
    """Every test runs twice: with functions as they are, and recorded and replayed."""
    monkeypatch.setitem(globals(), "prepared", compile if request.param == "replayed" else lambda f: f)


def grad(f):
    return autograd.grad(prepared(f))


def hessian(f):
    return autograd.hessian(prepared(f))


def nth_derivative(f, order):
    for _ in range(order):
        f = grad(f)
    return f


def partials(f, *point):
    """The value of f and its derivative by each operand."""
    leaves = [Value(x) for x in point]
    out = prepared(f)(*leaves)
    return out.data, *derivatives(out, leaves)


def units(got, wanted):
    """How far a float is from an mpmath number, in units in the last place."""
    return abs(mpf(got) - wanted) / mpf(math.ulp(float(wanted)))


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("order", range(1, 6))
def test_whole_powers_at_zero_to_the_fifth_order(n, order, request):
    if order == 5 and autograd.backend == "python" and "replayed" in request.node.name:
        # A recording holds the same operations on both engines, and the compiled one tries it; orders 1 to 4, and the
        # fifth without a recording, are tried on plain Python, too.
        pytest.skip("recorded on the compiled engine: it takes long on plain Python")
    wanted = float(math.factorial(n)) if n == order else 0.0
    assert nth_derivative(lambda x: x**n, order)(0.0) == wanted
    assert nth_derivative(lambda x: x ** float(n), order)(-0.0) == wanted
    assert nth_derivative(lambda x: autograd.pow(x, n), order)(0.0) == wanted


def test_a_broken_power_at_zero():
    assert partials(lambda x: x**1.5, 0.0) == (0.0, 0.0)
    assert nth_derivative(lambda x: x**2.5, 2)(0.0) == 0.0
    with pytest.raises(InfiniteDerivativeError, match=r"pow: the derivative ∂pow/∂x .* is infinite"):
        nth_derivative(lambda x: x**1.5, 2)(0.0)
    with pytest.raises(InfiniteDerivativeError):
        grad(lambda x: x**0.5)(0.0)


@pytest.mark.parametrize(("b", "slopes"), [(3.0, (0.0, 0.0)), (1.0, (1.0, 0.0)), (1.5, (0.0, 0.0)), (2.0, (0.0, 0.0))])
def test_a_power_of_zero_with_a_variable_exponent(b, slopes):
    assert partials(lambda a, b: a**b, 0.0, b) == (0.0, *slopes)


@pytest.mark.parametrize(
    ("b", "error"),
    [(0.0, DomainError), (0.5, InfiniteDerivativeError), (-1.0, DivisionByZeroError), (-0.5, DivisionByZeroError)],
)
def test_a_power_of_zero_that_has_no_derivative_says_so(b, error):
    with pytest.raises(error, match="pow: "):
        Value(0.0) ** Value(b)


def test_the_root_of_a_square_at_zero_has_no_derivative_but_its_absolute_value_has_one():
    with pytest.raises(InfiniteDerivativeError, match=r"sqrt: the derivative .* is infinite at sqrt\(0\.0\)"):
        grad(lambda x: autograd.sqrt(x**2))(0.0)
    assert grad(abs)(0.0) == 0.0
    assert grad(lambda x: autograd.sqrt(x**2))(-1e-150) == -1.0


def test_the_root_of_zero_is_a_number_where_no_derivative_is_wanted():
    assert autograd.sqrt(0.0) == 0.0
    assert autograd.sqrt(Value(0.0).detach()).data == 0.0


def test_hypot_at_the_origin():
    assert partials(autograd.hypot, 0.0, 0.0) == (0.0, 0.0, 0.0)
    assert partials(autograd.hypot, 0.0, -2.0) == (2.0, 0.0, -1.0)


@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150, 1e-300, 1e300])
def test_second_derivatives_of_hypot_at_any_size(scale):
    x, y = 3 * scale, 4 * scale
    (xx, xy), (yx, yy) = hessian(lambda v: autograd.hypot(v[0], v[1]))([x, y])
    with mp.workdps(50):
        r = mp.hypot(x, y)
        wanted = [mpf(y) ** 2 / r**3, -mpf(x) * y / r**3, mpf(x) ** 2 / r**3]
        assert max(map(units, (xx, xy, yy), wanted)) <= 4
    assert xy == yx


@pytest.mark.parametrize(
    ("f", "point", "wanted"),
    [
        (autograd.hypot, (3e307, 4e307), (5e307, 0.6, 0.8)),
        (autograd.hypot, (3e-320, 4e-320), (5e-320, 0.6, 0.8)),
        (autograd.hypot, (LARGEST, 1.0), (LARGEST, 1.0, 1 / LARGEST)),
        (autograd.atan2, (1e308, 1e308), (math.pi / 4, 5e-309, -5e-309)),
        (autograd.atan2, (1e-300, 1e-300), (math.pi / 4, 5e299, -5e299)),
        (autograd.atan2, (1.0, 1e300), (1e-300, 1e-300, 0.0)),
        (autograd.asinh, (1e300,), (math.log(2) + 300 * math.log(10), 1e-300)),
        (autograd.asinh, (1e-300,), (1e-300, 1.0)),
        (autograd.acosh, (1e300,), (math.log(2) + 300 * math.log(10), 1e-300)),
        (autograd.atan, (1e200,), (math.pi / 2, 0.0)),
        (autograd.div, (1e-300, 1e-300), (1.0, 1e300, -1e300)),
        (autograd.div, (1e308, 1e200), (1e108, 1e-200, -1e-92)),
        (autograd.div, (SMALLEST, 0.5), (2 * SMALLEST, 2.0, -4 * SMALLEST)),
        (autograd.pow, (1e-200, 2.0), (0.0, 2e-200, 0.0)),
        (autograd.pow, (10.0, -320.0), (1e-320, -3.2e-319, 1e-320 * math.log(10))),
        (autograd.log, (SMALLEST,), None),
        (autograd.div, (1.0, 1e-200), None),
    ],
)
def test_no_overflow_on_the_way_to_a_representable_result(f, point, wanted):
    if wanted is None:  # the derivative itself is too large
        with pytest.raises(ResultOverflowError, match=r"the derivative .* is too large for a float64"):
            f(*map(Value, point))
    else:
        assert partials(f, *point) == pytest.approx(wanted, rel=1e-14, abs=1.6 * SMALLEST)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("x", [20.0, 36.7, 40.0, 700.0, 745.0])
def test_derivatives_of_saturated_functions_keep_their_relative_accuracy(x, sign):
    x *= sign
    with mp.workdps(700):
        assert units(grad(autograd.sigmoid)(x), 1 / (2 * mp.cosh(mpf(x) / 2)) ** 2) <= 4
        assert units(grad(autograd.tanh)(x), 1 / mp.cosh(x) ** 2) <= 4
        assert units(grad(autograd.softplus)(x), 1 / (1 + mp.exp(-mpf(x)))) <= 4
        assert units(grad(autograd.erf)(x / 30), 2 / mp.sqrt(mp.pi) * mp.exp(-(mpf(x / 30) ** 2))) <= 4
        if abs(x) < 700:
            second = mp.diff(mp.tanh, x, 2)
            assert abs(nth_derivative(autograd.tanh, 2)(x) / second - 1) < 1e-14


def sinc(x):
    return where(abs(x) < 1e-3, lambda: 1 - x * x / 6 + x**4 / 120, lambda: autograd.sin(x) / x)


@pytest.mark.parametrize("x", [0.0, 1e-200, 5e-4, 1e-3, 2.0])
def test_a_quotient_that_is_continued_by_where(x):
    assert sinc(Value(x)).data == pytest.approx(float(mp.sinc(x)), rel=1e-15)
    assert grad(sinc)(x) == pytest.approx(float(mp.diff(mp.sinc, x)) if x else 0.0, rel=1e-10)
    curvature = float(mp.diff(mp.sinc, x, 2)) if x > 1e-100 else -1 / 3
    assert nth_derivative(sinc, 2)(x) == pytest.approx(curvature, rel=1e-6)


def product(v):
    return v[0] * v[1] * v[2]


def test_products_with_zeros():
    assert grad(product)([0.0, 2.0, 3.0]) == [6.0, 0.0, 0.0]
    assert grad(product)([0.0, 0.0, 3.0]) == [0.0, 0.0, 0.0]
    assert hessian(product)([0.0, 0.0, 3.0]) == [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert hessian(product)([0.0, 2.0, 3.0]) == [[0.0, 3.0, 2.0], [3.0, 0.0, 0.0], [2.0, 0.0, 0.0]]


def test_ties():
    assert partials(autograd.maximum, 2.0, 2.0) == (2.0, 0.5, 0.5)
    assert partials(autograd.minimum, -0.0, 0.0)[1:] == (0.5, 0.5)
    assert grad(lambda x: autograd.maximum(x, x))(3.0) == 1.0
    assert grad(lambda x: autograd.maximum(x, -x))(0.0) == 0.0
    assert grad(lambda x: autograd.minimum(autograd.maximum(x, 0.0), 1.0))(1.0) == 0.5
    assert grad(lambda v: autograd.maximum(autograd.maximum(v[0], v[1]), v[2]))([1.0, 1.0, 1.0]) == [0.25, 0.25, 0.5]


def test_the_maximum_of_python_takes_the_first_of_equals_and_cannot_be_recorded():
    if prepared is compile:
        with pytest.raises(RecordingError, match=r"Write where\(condition, x, y\) for a choice, maximum\(\)"):
            partials(max_of, 1.0, 1.0)
    else:
        assert [partials(max_of, 1.0, 1.0)[1:], partials(max_of, 0.0, 1.0)[1:]] == [(1.0, 0.0), (0.0, 1.0)]


def max_of(x, y):
    return max(x, y)


SMOOTH = [
    (name, x)
    for name in (
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "cbrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "atanh",
        "erf",
        "erfc",
        "gelu",
        "sigmoid",
        "softplus",
    )
    for x in (0.25, 0.7, 0.9)
]
SMOOTH += [
    (name, x)
    for name, x in [
        ("acosh", 1.25),
        ("acosh", 30.0),
        ("tanh", -0.0),
        ("tanh", 3.0),
        ("tanh", -20.0),
        ("sigmoid", 0.0),
        ("sigmoid", 40.0),
        ("sigmoid", -30.0),
        ("softplus", 0.0),
        ("atan", 0.0),
        ("atan", 2e9),
        ("erf", 0.0),
        ("erf", 3.0),
        ("erfc", 5.0),
        ("gelu", 0.0),
        ("gelu", -0.5),
        ("gelu", -1.0),
        ("gelu", -5.0),
        ("gelu", 3.0),
        ("cbrt", -8.0),
        ("exp", 700.0),
        ("log", 1e-5),
        ("log1p", 0.0),
        ("expm1", 0.0),
        ("asinh", 0.0),
        ("asinh", 1e5),
        ("sin", 1e5),
        ("tan", 1.5),
    ]
]


@pytest.mark.parametrize(("name", "x"), SMOOTH)
def test_second_and_third_derivatives_of_every_smooth_function(name, x):
    with mp.workdps(60):
        wanted = [float(mp.diff(exact(name), mpf(x), order)) for order in (1, 2, 3)]
    found = [nth_derivative(FUNCTIONS[name], order)(x) for order in (1, 2, 3)]
    # A derivative that is 0 by cancellation is as accurate as the terms that cancel.
    scale = max(map(abs, wanted)) if abs(x) < 50 else 0.0
    assert found[0] == pytest.approx(wanted[0], rel=1e-15)
    assert found[1] == pytest.approx(wanted[1], rel=1e-13, abs=1e-15 * scale)
    assert found[2] == pytest.approx(wanted[2], rel=1e-12, abs=1e-14 * scale)


OF_TWO = [
    (name, point)
    for name in ("mul", "div", "pow", "hypot", "atan2")
    for point in ((2.0, 3.0), (0.5, -1.5), (30.0, 0.25), (1.0, 1.0))
]
OF_TWO += [(name, (x, 0.0)) for name in ("mul", "pow", "hypot", "atan2") for x in (1.0, 2.0, 0.5)]
OF_TWO += [(name, (0.0, y)) for name in ("mul", "div", "hypot", "atan2") for y in (1.0, 0.5)]
OF_TWO += [
    ("mul", (0.0, 0.0)),
    ("hypot", (0.0, -2.0)),
    ("pow", (3.0, -1.0)),
    ("pow", (1e-20, 0.0)),
    ("pow", (1e20, 0.0)),
]


@pytest.mark.parametrize(("name", "point"), OF_TWO)
def test_second_derivatives_of_every_smooth_function_of_two_numbers(name, point):
    found = hessian(lambda v: FUNCTIONS[name](*v))(list(point))
    for i in (0, 1):
        for j in (0, 1):
            with mp.workdps(60):
                orders = (2 * (i == 0), 2 * (i == 1)) if i == j else (1, 1)
                wanted = float(mp.diff(exact(name), tuple(map(mpf, point)), orders))
            assert found[i][j] == pytest.approx(wanted, rel=1e-13, abs=1e-25)
    assert RULES[name].inputs == ("y", "x") if name == "atan2" else ("x", "y")
