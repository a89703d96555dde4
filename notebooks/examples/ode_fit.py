"""The rates of predators and prey (Lotka–Volterra), fitted to observations through Runge–Kutta steps in a recording.

[1.1 0.4 0.1 0.4]
"""

import numpy as np
from scipy.optimize import least_squares

from autograd import compile, jacobian


def change(y, p):
    prey, predators = y
    return np.array([p[0] * prey - p[1] * prey * predators, p[2] * prey * predators - p[3] * predators])


def after(y, p, h=0.1, steps=5):
    for _ in range(steps):
        k1 = change(y, p)
        k2 = change(y + h / 2 * k1, p)
        k3 = change(y + h / 2 * k2, p)
        k4 = change(y + h * k3, p)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def orbit(p, y=(10.0, 5.0), rows=8):
    found = [np.array(y)]
    for _ in range(rows):
        found.append(after(found[-1], p))
    return np.concatenate(found)


observed = orbit([1.1, 0.4, 0.1, 0.4])


def residuals(p):
    return orbit(p) - observed


fit = least_squares(residuals, [1.0, 0.5, 0.15, 0.5], jac=compile(jacobian(residuals)))
print(fit.x.round(4))
