"""Bundle adjustment: the poses of four cameras and ten points, from where the cameras see the points.

48 numbers from 80
True
"""

import numpy as np
from scipy.optimize import least_squares

from autograd import compile, jacobian

CAMERAS, POINTS = 4, 10


def turned(points, w):
    """Points turned about the axis w by the angle |w| (Rodrigues' formula)."""
    angle = np.sqrt((w**2).sum() + 1e-12)
    axis = w / angle
    along = (points @ axis)[:, None] * axis
    return along + np.cos(angle) * (points - along) + np.sin(angle) * np.cross(axis, points)


def seen(x):
    """The coordinates of all points in all pictures; x holds the poses after the first, and the points."""
    poses, points = x[: 6 * (CAMERAS - 1)].reshape(-1, 6), x[6 * (CAMERAS - 1) :].reshape(-1, 3)
    in_front = [points, *(turned(points, pose[:3]) + pose[3:] for pose in poses)]
    return np.concatenate([(p[:, :2] / p[:, 2:]).ravel() for p in in_front])


dice = np.random.default_rng(0)
points = dice.uniform(-1, 1, (POINTS, 3)) + np.array([0, 0, 5])
truth = np.concatenate([dice.normal(0, 0.2, 6 * (CAMERAS - 1)), points.ravel()])
pictures = seen(truth)


def residuals(x):
    return seen(x) - pictures


start = truth + dice.normal(0, 0.05, truth.size)
found = least_squares(residuals, start, jac=compile(jacobian(residuals)))
print(truth.size, "numbers from", pictures.size)
print(found.cost < 1e-12)
