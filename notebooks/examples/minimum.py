"""The minimum of Rosenbrock's function in five dimensions, by SciPy with gradient and Hessian.

[1. 1. 1. 1. 1.]
True True
"""

import numpy as np
from scipy.optimize import minimize

from autograd import grad, hessian


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


x0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
found = minimize(rosenbrock, x0, jac=grad(rosenbrock), hess=hessian(rosenbrock), method="trust-exact")
print(found.x.round(4))
print(found.success, found.nit < 20)
