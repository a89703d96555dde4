"""Derivatives where SciPy takes them, in calls as its documentation writes them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import (
    approx_fprime,
    curve_fit,
    least_squares,
    minimize,
    root,
    rosen,
    rosen_der,
    rosen_hess,
    rosen_hess_prod,
)

from autograd import compile, grad, hessian, hvp, jacobian, value_and_grad
from autograd.errors import DomainError, ResultOverflowError

X0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])


def test_rosenbrocks_derivatives_are_those_that_scipy_writes_out():
    p = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    for f in (rosen, compile(rosen)):
        assert grad(f)(X0) == pytest.approx(rosen_der(X0), rel=1e-13)
        assert hessian(f)(X0) == pytest.approx(rosen_hess(X0), rel=1e-13)
        assert hvp(f)(X0, p) == pytest.approx(rosen_hess_prod(X0, p), rel=1e-13)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "SLSQP", "CG", "TNC"])
def test_minimize_with_a_gradient(method):
    for options in (
        {"fun": rosen, "jac": grad(rosen)},
        {"fun": value_and_grad(rosen), "jac": True},
        {"fun": value_and_grad(compile(rosen)), "jac": True},
    ):
        found = minimize(x0=X0, method=method, **options)
        assert found.success
        assert found.x == pytest.approx(np.ones(5), abs=1e-3)


@pytest.mark.parametrize("method", ["trust-exact", "Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"])
def test_minimize_with_second_derivatives(method):
    expected = minimize(rosen, X0, jac=rosen_der, hess=rosen_hess, method=method)
    ways = [{"hess": hessian(rosen)}]
    ways += [{"hessp": hvp(rosen)}] if method != "trust-exact" else []
    for way in ways:
        found = minimize(rosen, X0, jac=grad(rosen), method=method, **way)
        assert found.success
        assert found.x == pytest.approx(expected.x, abs=1e-6)
        assert found.nit == pytest.approx(expected.nit, abs=2)


def test_minimize_passes_arguments_on():
    def valley(x, a, b):
        return (a - x[0]) ** 2 + b * (x[1] - x[0] ** 2) ** 2

    for way in ({"hess": hessian(valley)}, {"hessp": hvp(valley)}):
        found = minimize(valley, [0.0, 0.0], args=(2.0, 50.0), jac=grad(valley), method="Newton-CG", **way)
        assert found.x == pytest.approx([2.0, 4.0], abs=1e-5)


def test_slsqp_with_constraints():
    def objective(x):
        return (x[0] - 1) ** 2 + (x[1] - 2.5) ** 2

    bounds = [
        lambda x: x[0] - 2 * x[1] + 2,
        lambda x: -x[0] - 2 * x[1] + 6,
        lambda x: -x[0] + 2 * x[1] + 2,
    ]
    found = minimize(
        objective,
        (2.0, 0.0),
        jac=grad(objective),
        method="SLSQP",
        bounds=((0, None), (0, None)),
        constraints=[{"type": "ineq", "fun": f, "jac": grad(f)} for f in bounds],
    )
    assert found.x == pytest.approx([1.4, 1.7], abs=1e-8)


@pytest.mark.parametrize(
    "residuals",
    [lambda x: np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]), lambda x: [10 * (x[1] - x[0] ** 2), 1 - x[0]]],
)
def test_least_squares(residuals):
    found = least_squares(residuals, np.array([2.0, 2.0]), jac=jacobian(residuals))
    assert found.x == pytest.approx([1.0, 1.0])
    assert found.jac == pytest.approx(np.array([[-20.0, 10.0], [-1.0, 0.0]]))


def test_curve_fit():
    def decay(x, a, b, c):
        return a * np.exp(-b * x) + c

    x = np.linspace(0, 4, 50)
    y = decay(x, 2.5, 1.3, 0.5) + 0.02 * np.random.default_rng(0).normal(size=50)
    fitted, covariance = curve_fit(decay, x, y, jac=jacobian(decay, argnums=(1, 2, 3)))
    expected, expected_covariance = curve_fit(decay, x, y)
    assert fitted == pytest.approx(expected, rel=1e-6)
    assert covariance == pytest.approx(expected_covariance, rel=1e-4)


def test_root():
    def system(x):
        return [x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]]

    for method in ("hybr", "lm"):
        found = root(system, [0, 0], jac=jacobian(system), method=method)
        assert found.x == pytest.approx([0.8411639, 0.1588361])


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_solve_ivp(method):
    def robertson(t, y):
        slow, fast = 0.04 * y[0], 1e4 * y[1] * y[2]
        return [-slow + fast, slow - fast - 3e7 * y[1] ** 2, 3e7 * y[1] ** 2]

    found = solve_ivp(robertson, (0, 40), [1, 0, 0], method=method, jac=jacobian(robertson, argnums=1), rtol=1e-8)
    assert found.success
    assert found.y[:, -1] == pytest.approx([0.7158271, 9.185535e-6, 0.2841638], rel=1e-4)


def barrier(v):
    return (v**2).sum() - 1e-3 * np.log(v[0] - 1) - 0.1 * np.log(3 - v[1])


@pytest.mark.filterwarnings("ignore:.*invalid value:RuntimeWarning")  # SciPy computes inf - inf
@pytest.mark.parametrize("method", ["BFGS", "SLSQP", "Newton-CG"])
def test_a_step_that_overshoots_may_be_infinite(method):
    start = np.array([2.0, 2.9])
    with pytest.raises(DomainError, match="log: x must be > 0"):
        minimize(value_and_grad(barrier), start, jac=True, method=method)
    for f in (barrier, compile(barrier)):
        found = minimize(value_and_grad(f, overshoot="inf"), start, jac=True, method=method)
        assert found.fun == pytest.approx(0.8984636747754)


def test_infinite_values_have_infinite_gradients_of_the_same_structure():
    def steep(x, p):
        return np.exp(x).sum() * p["scale"]

    x, p = np.array([1.0, 1000.0]), {"scale": 2.0}
    value, slopes = value_and_grad(steep, (0, 1), overshoot="inf")(x, p)
    assert (value, slopes[0].tolist(), slopes[1]) == (np.inf, [np.inf, np.inf], {"scale": np.inf})
    assert value_and_grad(steep, overshoot="inf")(x - 999, p)[1] == pytest.approx(2 * np.exp(x - 999))
    with pytest.raises(ResultOverflowError):
        value_and_grad(steep)(x, p)
    with pytest.raises(ValueError, match="must be finite, got nan"):
        value_and_grad(steep, overshoot="inf")(x * np.nan, p)
    with pytest.raises(ValueError, match=r'overshoot is "raise" or "inf", got inf'):
        value_and_grad(steep, overshoot=np.inf)


def test_against_scipys_own_differences():
    def f(x):
        return np.linalg.norm(x) * np.tanh(x[:-1] @ x[1:]) + np.var(np.cos(x))

    assert grad(f)(X0) == pytest.approx(approx_fprime(X0, f), rel=1e-5)
