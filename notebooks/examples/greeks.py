"""The sensitivities of a call option's price to second order, by the formula of Black and Scholes.

price  10.450584
delta   0.636831
vega   37.524035
theta  -6.414028
rho    53.232482
gamma   0.018762
vanna  -0.281430
volga   9.850059
"""

import math

from autograd import erf, exp, hessian, log, sqrt, value_and_grad


def price(spot, volatility, time, rate, strike=100.0):
    d1 = (log(spot / strike) + (rate + volatility**2 / 2) * time) / (volatility * sqrt(time))
    d2 = d1 - volatility * sqrt(time)
    return spot * normal(d1) - strike * exp(-rate * time) * normal(d2)


def normal(x):
    return (1 + erf(x / math.sqrt(2))) / 2


inputs = (100.0, 0.2, 1.0, 0.05)
value, (delta, vega, per_year, rho) = value_and_grad(price, argnums=(0, 1, 2, 3))(*inputs)
(gamma, vanna), (_, volga) = hessian(price, argnums=(0, 1))(*inputs)
numbers = [value, delta, vega, -per_year, rho, gamma, vanna, volga]
for name, number in zip(["price", "delta", "vega", "theta", "rho", "gamma", "vanna", "volga"], numbers):
    print(f"{name:6}{number:10.6f}")
