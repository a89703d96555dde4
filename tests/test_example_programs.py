"""The programs in notebooks/examples run without a warning, print what they say, and are no longer than their twins."""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autograd import backend

FOLDER = Path(__file__).parent.parent / "notebooks" / "examples"
PROGRAMS = sorted(FOLDER.glob("*.py"))
SECONDS = 120  # a program takes a few; on plain Python and on a busy machine more
SLOW_ON_PLAIN_PYTHON = {"character_model", "conv_digits", "lstm_parity", "pinn"}  # they train: a minute and more
NEEDS = {"conv_digits": "sklearn", "minimum": "scipy", "bundle_adjustment": "scipy", "ode_fit": "scipy"}
# What a program prints, as a regular expression; of all others the docstring says it.
PRINTS = {
    "lstm_parity": r"accuracy on sequences twice as long: (0\.9|1\.0)\d\d\n",
    "conv_digits": r"(?s).*1,898\naccuracy on unseen digits: 0\.9[3-9]\d\n",
    "character_model": r"loss for each character: 2\.\d\d at first, 0\.[0-3]\d in the end\nthe (cat|dog|fox) .*\n",
}


def expected(program):
    """What the docstring says that a program prints: all but its first paragraph."""
    document = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8")))
    return document.partition("\n\n")[2] + "\n"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_and_prints_what_it_says(program, tmp_path):
    if backend == "python" and program.stem in SLOW_ON_PLAIN_PYTHON:
        pytest.skip("it trains a network, which takes minutes on plain Python")
    if program.stem in NEEDS:
        pytest.importorskip(NEEDS[program.stem], reason=f"{NEEDS[program.stem]} is not installed")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)], capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(PRINTS.get(program.stem, re.escape(expected(program))), done.stdout), done.stdout


def test_the_readme_lists_every_program():
    listed = re.findall(r"^\| \[(\w+\.py)\]\(\1\) \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == [program.name for program in PROGRAMS]


# The same programs as one writes them with SciPy and NumPy alone, or with PyTorch, without printing.
TWINS = {
    "minimum": """
        import numpy as np
        from scipy.optimize import minimize

        def rosenbrock(x):
            return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

        def gradient(x):
            middle, before, after = x[1:-1], x[:-2], x[2:]
            g = np.zeros_like(x)
            g[1:-1] = 200 * (middle - before**2) - 400 * (after - middle**2) * middle - 2 * (1 - middle)
            g[0] = -400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
            g[-1] = 200 * (x[-1] - x[-2] ** 2)
            return g

        def hessian(x):
            h = np.diag(-400 * x[:-1], 1) - np.diag(400 * x[:-1], -1)
            d = np.zeros_like(x)
            d[0] = 1200 * x[0] ** 2 - 400 * x[1] + 2
            d[-1] = 200
            d[1:-1] = 202 + 1200 * x[1:-1] ** 2 - 400 * x[2:]
            return h + np.diag(d)

        x0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
        found = minimize(rosenbrock, x0, jac=gradient, hess=hessian, method="trust-exact")
        """,
    "greeks": """
        import torch

        def price(spot, volatility, time, rate, strike=100.0):
            d1 = (torch.log(spot / strike) + (rate + volatility**2 / 2) * time) / (volatility * torch.sqrt(time))
            d2 = d1 - volatility * torch.sqrt(time)
            return spot * normal(d1) - strike * torch.exp(-rate * time) * normal(d2)

        def normal(x):
            return torch.distributions.Normal(0.0, 1.0).cdf(x)

        spot, volatility, time, rate = [
            torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (100.0, 0.2, 1.0, 0.05)
        ]
        value = price(spot, volatility, time, rate)
        delta, vega, per_year, rho = torch.autograd.grad(value, [spot, volatility, time, rate], create_graph=True)
        gamma, vanna = torch.autograd.grad(delta, [spot, volatility], retain_graph=True)
        (volga,) = torch.autograd.grad(vega, [volatility])
        theta = -per_year
        numbers = dict(
            price=value, delta=delta, vega=vega, theta=theta, rho=rho, gamma=gamma, vanna=vanna, volga=volga
        )
        """,
    "ode_fit": """
        import torch

        def change(y, p):
            prey, predators = y
            return torch.stack([p[0] * prey - p[1] * prey * predators, p[2] * prey * predators - p[3] * predators])

        def after(y, p, h=0.1, steps=5):
            for _ in range(steps):
                k1 = change(y, p)
                k2 = change(y + h / 2 * k1, p)
                k3 = change(y + h / 2 * k2, p)
                k4 = change(y + h * k3, p)
                y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return y

        def orbit(p, y=(10.0, 5.0), rows=8):
            found = [torch.tensor(y, dtype=torch.float64)]
            for _ in range(rows):
                found.append(after(found[-1], p))
            return torch.cat(found)

        with torch.no_grad():
            observed = orbit(torch.tensor([1.1, 0.4, 0.1, 0.4], dtype=torch.float64))
        p = torch.tensor([1.0, 0.5, 0.15, 0.5], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([p], max_iter=500, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = ((orbit(p) - observed) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        """,
    "pinn": """
        import math
        import torch

        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        net = torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.Tanh(), torch.nn.Linear(10, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        places = torch.linspace(0, math.pi / 2, 16).reshape(-1, 1).requires_grad_()
        ends = torch.tensor([[0.0], [math.pi / 2]])

        def residual():
            u = net(places)
            (first,) = torch.autograd.grad(u.sum(), places, create_graph=True)
            (second,) = torch.autograd.grad(first.sum(), places, create_graph=True)
            return ((second + u) ** 2).mean()

        def loss():
            u = net(ends)
            return u[0, 0] ** 2 + (u[1, 0] - 1) ** 2

        for _ in range(1500):
            optimizer.zero_grad()
            (residual() + loss()).backward()
            optimizer.step()

        with torch.no_grad():
            error = (net(places) - torch.sin(places)).abs().max()
        """,
}


def statements(text):
    """How many lines of code a program has, but for docstrings, comments and what only prints."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node):
            del node.body[0]
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [part for part in node.body if not ast.unparse(part).startswith("print(")] or [ast.Pass()]
    return len(ast.unparse(tree).splitlines()) - ast.unparse(tree).count("\n\n")


@pytest.mark.parametrize("name", TWINS)
def test_an_example_is_no_longer_than_its_twin(name):
    own = statements((FOLDER / f"{name}.py").read_text("utf-8"))
    assert own <= statements(textwrap.dedent(TWINS[name]))


def test_the_greeks_are_those_of_the_closed_formulas():
    from math import erf, exp, log, pi, sqrt

    found = dict(line.split() for line in expected(FOLDER / "greeks.py").splitlines())
    s, v, t, r, k = 100.0, 0.2, 1.0, 0.05, 100.0
    d1 = (log(s / k) + (r + v * v / 2) * t) / (v * sqrt(t))
    d2 = d1 - v * sqrt(t)
    density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
    cdf = {d: (1 + erf(d / sqrt(2))) / 2 for d in (d1, d2)}
    closed = {
        "delta": cdf[d1],
        "vega": s * density * sqrt(t),
        "theta": -s * density * v / (2 * sqrt(t)) - r * k * exp(-r * t) * cdf[d2],
        "rho": k * t * exp(-r * t) * cdf[d2],
        "gamma": density / (s * v * sqrt(t)),
        "vanna": -density * d2 / v,
        "volga": s * density * sqrt(t) * d1 * d2 / v,
    }
    for name, number in closed.items():
        assert float(found[name]) == pytest.approx(number, abs=1e-6)


def test_scipys_own_derivatives_lead_to_the_same_minimum():
    np = pytest.importorskip("numpy", reason="NumPy is not installed")
    pytest.importorskip("scipy", reason="SciPy is not installed")
    scope: dict = {}
    exec(textwrap.dedent(TWINS["minimum"]), scope)
    assert scope["found"].x == pytest.approx(np.ones(5), abs=1e-4)
