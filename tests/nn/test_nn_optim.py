"""Optimisers for 100 steps, against PyTorch where it is installed and against exact arithmetic.

The exact references follow the published algorithms as PyTorch's documentation states them, at 50 digits.
"""

import math

import mpmath
import pytest

import nn
from autograd import Value, compile
from autograd.errors import ArgumentError
from nn import optim, optimizer
from nn.errors import DivergedError

START = [0.5, -1.5, 2.0, 0.0]


STEPS = 100


CASES = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005}),
    ("RMSprop", {"lr": 0.005, "alpha": 0.9, "eps": 0.01, "momentum": 0.5, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.005, "centered": True}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.2}),
]


def loss_of(p, cos):
    """A curved loss in which every parameter matters to the others."""
    return (p[0] - 1) * (p[0] - 1) + cos(p[1] * p[2]) + 0.5 * p[2] * p[2] * p[0] + (p[3] + 0.3 * p[0]) * p[3]


def exact_gradient(p):
    s = mpmath.sin(p[1] * p[2])
    return [
        2 * (p[0] - 1) + p[2] * p[2] / 2 + mpmath.mpf(0.3) * p[3],
        -s * p[2],
        -s * p[1] + p[2] * p[0],
        2 * p[3] + mpmath.mpf(0.3) * p[0],
    ]


def trajectory(name, settings, schedule=None):
    values = list(map(Value, START))
    optimizer = getattr(optim, name)(values, **settings)
    after_step = schedule(optimizer) if schedule else None
    rows = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(values, lambda v: v.cos()).backward()
        optimizer.step()
        if after_step:
            after_step.step()
        rows.append([p.data for p in values])
    return rows


def exact_trajectory(name, settings):
    mpmath.mp.dps = 50
    s = (
        {
            "momentum": 0,
            "dampening": 0,
            "weight_decay": 0,
            "nesterov": False,
            "lr_decay": 0,
            "alpha": 0.99,
            "initial_accumulator_value": 0,
            "betas": (0.9, 0.999),
            "centered": False,
            "eps": 1e-10 if name == "Adagrad" else 1e-8,
        }
        | ({"weight_decay": 0.01} if name == "AdamW" else {})
        | settings
    )
    p = list(map(mpmath.mpf, START))
    memory = [
        {"v": None, "s": mpmath.mpf(s["initial_accumulator_value"]), "mean": mpmath.mpf(0), "m": mpmath.mpf(0)}
        for _ in p
    ]
    lr, wd, mu = (mpmath.mpf(s[key]) for key in ("lr", "weight_decay", "momentum"))
    rows = []
    for t in range(1, STEPS + 1):
        for i, g in enumerate(exact_gradient(p)):
            p[i], memory[i] = EXACT[name](p[i], g, memory[i], s, t, lr, wd, mu)
        rows.append(list(map(float, p)))
    return rows


def exact_sgd(p, g, mem, s, t, lr, wd, mu):
    g = g + wd * p
    if mu:
        mem["v"] = g if t == 1 else mu * mem["v"] + (1 - mpmath.mpf(s["dampening"])) * g
        g = g + mu * mem["v"] if s["nesterov"] else mem["v"]
    return p - lr * g, mem


def exact_rmsprop(p, g, mem, s, t, lr, wd, mu):
    a = mpmath.mpf(s["alpha"])
    g = g + wd * p
    mem["s"] = a * mem["s"] + (1 - a) * g**2
    mem["mean"] = a * mem["mean"] + (1 - a) * g
    variance = mem["s"] - mem["mean"] ** 2 if s["centered"] else mem["s"]
    move = g / (mpmath.sqrt(variance) + mpmath.mpf(s["eps"]))
    mem["v"] = mu * (mem["v"] or 0) + move
    return p - lr * mem["v"], mem


def exact_adagrad(p, g, mem, s, t, lr, wd, mu):
    g = g + wd * p
    mem["s"] += g**2
    return p - lr / (1 + (t - 1) * mpmath.mpf(s["lr_decay"])) * g / (mpmath.sqrt(mem["s"]) + mpmath.mpf(s["eps"])), mem


def exact_adam(p, g, mem, s, t, lr, wd, mu, decoupled=False):
    b1, b2 = map(mpmath.mpf, s["betas"])
    p, g = (p - lr * wd * p, g) if decoupled else (p, g + wd * p)
    mem["m"] = b1 * mem["m"] + (1 - b1) * g
    mem["s"] = b2 * mem["s"] + (1 - b2) * g**2
    m, v = mem["m"] / (1 - b1**t), mem["s"] / (1 - b2**t)
    return p - lr * m / (mpmath.sqrt(v) + mpmath.mpf(s["eps"])), mem


EXACT = {
    "SGD": exact_sgd,
    "RMSprop": exact_rmsprop,
    "Adagrad": exact_adagrad,
    "Adam": exact_adam,
    "AdamW": lambda *args: exact_adam(*args, decoupled=True),
}


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_100_steps_against_exact_arithmetic(name, settings):
    for ours, exact in zip(trajectory(name, settings), exact_trajectory(name, settings), strict=True):
        assert ours == pytest.approx(exact, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_100_steps_against_pytorch(name, settings):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    values = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer = getattr(torch.optim, name)(values, **settings)
    for ours in trajectory(name, settings):
        optimizer.zero_grad()
        loss_of(values, torch.cos).backward()
        optimizer.step()
        assert ours == pytest.approx([v.item() for v in values], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_arrays_and_floats_give_the_same_bits(name, settings, monkeypatch):
    expected = trajectory(name, settings)
    monkeypatch.setattr(optimizer, "LARGE", 1)
    assert trajectory(name, settings) == expected


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_state_dict_lets_a_run_go_on_bit_for_bit(name, settings):
    def run(steps, state=None, numbers=START):
        values = list(map(Value, numbers))
        optimizer = getattr(optim, name)(values, **settings)
        if state:
            optimizer.load_state_dict(state)
        for _ in range(steps):
            optimizer.zero_grad()
            loss_of(values, lambda v: v.cos()).backward()
            optimizer.step()
        return optimizer.state_dict(), [p.data for p in values]

    half = run(20)
    assert run(20, *half) == run(40)


def test_state_dict_of_another_optimizer_is_refused():
    adam, sgd = optim.Adam([Value(1.0)]), optim.SGD([Value(1.0)])
    with pytest.raises(ArgumentError, match='SGD: "betas" is unknown to it in the state'):
        sgd.load_state_dict(adam.state_dict())
    with pytest.raises(ArgumentError, match='"exp_avg" in the state has 1 numbers, but there are 2 parameters'):
        optim.Adam([Value(1.0), Value(2.0)]).load_state_dict(adam.state_dict())


def test_a_step_out_of_the_finite_numbers_changes_nothing():
    a, b = Value(1.0, label="a"), Value(1e308, label="b")
    optimizer = optim.SGD([a, b], lr=1e10, momentum=0.9)
    a.grad, b.grad = 1.0, -1e300
    message = (
        r"step 1 would make the parameter b inf: it is 1e\+308, its gradient -1e\+300, the learning rate "
        r"10000000000.0. Lower the learning rate"
    )
    with pytest.raises(DivergedError, match=message):
        optimizer.step()
    assert (a.data, b.data, optimizer.steps) == (1.0, 1e308, 0)
    assert optimizer.state == [[0.0, 0.0]]


def test_division_by_zero_is_a_divergence_too():
    p = Value(1.0, label="p")
    with pytest.raises(DivergedError, match="the parameter p nan"):
        optim.Adam([p], eps=0.0).step()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD([]), "SGD: there are no parameters. Pass model.parameters"),
        (lambda: optim.SGD([1.0]), "every parameter must be a Value, got 1.0"),
        (lambda: optim.SGD([p := Value(1.0), p]), "a parameter occurs twice"),
        (lambda: optim.Adam([Value(1.0)], lr=-1), "Adam: lr must be 0 or more, got -1"),
        (lambda: optim.Adam([Value(1.0)], lr=math.nan), "Adam: lr must be 0 or more, got nan"),
        (lambda: optim.Adam([Value(1.0)], betas=(0.9, 1.0)), r"betas must be two numbers below 1, got \(0.9, 1.0\)"),
        (lambda: optim.SGD([Value(1.0)], nesterov=True), "nesterov needs a momentum above 0"),
        (lambda: optim.WarmupDecayLR(optim.SGD([Value(1.0)]), 5, 5), "warmup must be less than total, got 5 and 5"),
        (lambda: optim.clip_grad_norm_([], -1.0), "max_norm must be 0 or more, got -1.0"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_clipping_against_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    numbers = [3.0, -4.0, 12.0]
    for function, limit in (("clip_grad_norm_", 2.0), ("clip_grad_norm_", 20.0), ("clip_grad_value_", 3.5)):
        values, tensors = [Value(0.0) for _ in numbers], []
        for value, number in zip(values, numbers):
            value.grad = number
            tensors.append(torch.zeros((), dtype=torch.float64, requires_grad=True))
            tensors[-1].grad = torch.tensor(number, dtype=torch.float64)
        norm = getattr(optim, function)(values, limit)
        their_norm = getattr(torch.nn.utils, function)(tensors, limit)
        assert [v.grad for v in values] == pytest.approx([t.grad.item() for t in tensors], rel=1e-15)
        assert norm == their_norm


def test_clipping():
    model = nn.MLP(1, [1])
    w, b = model.parameters()
    w.grad, b.grad = 3.0, -4.0
    assert optim.clip_grad_norm_(model, 10.0) == 5.0
    assert (w.grad, b.grad) == (3.0, -4.0)
    optim.clip_grad_norm_(model, 0.5)
    assert math.hypot(w.grad, b.grad) == pytest.approx(0.5, rel=1e-5)
    w.grad, b.grad = 3.0, -4.0
    optim.clip_grad_value_(model, 1.0)
    assert (w.grad, b.grad) == (1.0, -1.0)


class Counting(nn.SGD):
    """Looks at its parameters while it is made, and counts its steps."""

    def __init__(self, params):
        super().__init__(params, lr=0.1, momentum=0.5)

    def first(self, name):
        return 1.0 / len(self.params)

    def check_setting(self, name, numbers):
        assert self.params
        super().check_setting(name, numbers)

    def count_step(self):
        super().count_step()
        COUNTED.append(self.steps)


COUNTED: list = []


def test_a_subclass_sees_its_parameters_and_its_steps():
    w = [Value(1.0), Value(2.0)]
    optimizer, step = Counting(w), compile(lambda x: (w[0] * x + w[1]) ** 2)
    assert optimizer.state == [[0.5, 0.5]]
    COUNTED.clear()
    for _ in range(6):
        optimizer.zero_grad()
        step(0.5).backward()
        optimizer.step()
    assert COUNTED == [1, 2, 3, 4, 5, 6]
    with pytest.raises(AttributeError):
        optimizer.params = w


class Watched(nn.Adam):
    """Has its own way to keep the number of steps."""

    @property
    def steps(self):
        return len(self.history)

    @steps.setter
    def steps(self, count):
        self.history = [*range(count)]


def test_a_subclass_may_keep_the_number_of_steps_itself():
    w = [Value(1.0), Value(2.0)]
    optimizer, step = Watched(w, lr=0.1), compile(lambda x: (w[0] * x + w[1]) ** 2)
    for _ in range(6):
        optimizer.zero_grad()
        step(0.5).backward()
        optimizer.step()
    assert (optimizer.steps, optimizer.history) == (6, [0, 1, 2, 3, 4, 5])
