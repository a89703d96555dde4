"""Random Python programs as source text, for tests that compare a compiled function with the function itself.

A program defines a function `f`, in terms of globals, cells, defaults, lists, dicts, objects and helpers, and calls it
several times, with changes in between. It is made from a seed alone; `shrunk` makes a failing one short.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from random import Random
from typing import NamedTuple

PRELUDE = """\
import collections, dataclasses, functools, operator, random, types
import numpy as np
import autograd
from autograd import *
"""

# What a function may read besides its arguments: how it is defined, what reads it, and how it is changed between calls.
# In all texts here N stands for a number, I and C for a small integer, E for an expression, A for a smaller one, T for
# an expression with t in it, V for the variable that a statement sets.
OUTER = {
    "w": ("w = Value(N)", ["w"], ["w = Value(N)", "w.data = N", "w.requires_grad = not w.requires_grad"]),
    "inner": (
        "root = Value(N)\ninner = root * N",
        ["inner", "root"],
        ["inner = root * N", "root.data = N", "root.requires_grad = not root.requires_grad"],
    ),
    "scale": ("scale = N", ["scale"], ["scale = N", "scale = I", "scale = Value(N)"]),
    "items": (
        "items = [Value(N), N, Value(N)]",
        [
            "items[0]",
            "items[-1]",
            "sum(items)",
            "sum([item * E for item in items])",
            "dot(items, items)",
            "functools.reduce(operator.mul, items)",
            "sum(map(lambda item: item * E, items))",
            "sum(a * b for a, b in zip(items, items[1:]))",
        ],
        [
            "items[1] = N",
            "items[0] = Value(N)",
            "items.append(N)",
            "items.append(Value(N))",
            "del items[2:]",
            "items[0].data = N",
            "items[0].requires_grad = not items[0].requires_grad",
            "items = [Value(N), N]",
            "items[1:] = items[:0:-1]",
        ],
    ),
    "table": (
        'table = {"a": Value(N), "b": N}',
        [
            'table["a"]',
            'table.get("b", 0.5)',
            "sum(table.values())",
            'table.get("c", 0.25)',
            "sum([number * len(name) for name, number in table.items()])",
        ],
        [
            'table["a"] = Value(N)',
            'table["b"] = N',
            'table["c"] = N',
            'table.pop("c", None)',
            'table["a"].data = N',
            'table["a"].requires_grad = not table["a"].requires_grad',
            'table = {"a": Value(N), "b": Value(N)}',
            'table["a"] = table.pop("a")',
        ],
    ),
    "box": (
        "class Box:\n    extra = N\n    def __init__(self):\n        self.gain, self.shift = Value(N), N\n"
        "        self.parts = [N, Value(N)]\n    def scaled(self, a):\n        return self.gain * a + self.shift\n"
        "box = Box()",
        ["box.gain", "box.shift", "box.extra", "box.scaled(E)", "sum(box.parts)", "box.parts[-1]"],
        [
            "box.gain = Value(N)",
            "box.shift = N",
            "box.gain.data = N",
            "box.gain.requires_grad = not box.gain.requires_grad",
            "box.parts[0] = Value(N)",
            "box.parts.append(N)",
            "box.parts = [N]",
            "box = Box()",
            "Box.extra = N",
            "box.extra = N",
            "box.scaled = lambda a: a * N",
            "Box.scaled = lambda self, a: self.shift - a",
        ],
    ),
    "nest": (
        'nest = {"deep": [N, (Value(N), {"x": N})]}',
        ['nest["deep"][0]', 'nest["deep"][1][0]', 'nest["deep"][1][1]["x"]'],
        [
            'nest["deep"][0] = N',
            'nest["deep"][1][1]["x"] = Value(N)',
            'nest["deep"][1][0].data = N',
            'nest["deep"] = [Value(N), (Value(N), {"x": N})]',
        ],
    ),
    "helper": (
        "bias = Value(N)\ndef helper(a, b=N):\n    return E2 + bias",
        ["helper(E, E)", "helper(E)"],
        [
            "def helper(a, b=N):\n    return E2 - bias",
            "helper.__defaults__ = (N,)",
            "bias = Value(N)",
            "bias.data = N",
            "bias.requires_grad = not bias.requires_grad",
            "helper = lambda a, b=N: a * b",
        ],
    ),
    "partly": (
        "base = N\ndef power(a, b, by):\n    return a * by + b * base\npartly = functools.partial(power, by=N)",
        ["partly(E, E)"],
        ["partly = functools.partial(power, by=N)", "base = N", 'partly.keywords["by"] = N'],
    ),
    "frozen": ("loose = Value(N)\n@no_grad()\ndef frozen(a):\n    return a * loose", ["frozen(E)"], ["loose.data = N"]),
    "made": (
        "def making(by):\n    def made(a):\n        return a * by\n    return made\nmade = making(Value(N))",
        ["made(E)"],
        ["made = making(N)", "made = making(Value(N))"],
    ),
    "recorded": (
        "slope = Value(N)\nrecorded = autograd.compile(lambda a, b: tanh(a * slope) + b)",
        ["recorded(E, E)"],
        ["slope = Value(N)", "slope.data = N", "slope.requires_grad = not slope.requires_grad"],
    ),
    "point": (
        'Point = collections.namedtuple("Point", "a b")\npoint = Point(N, Value(N))',
        ["point.a", "point.b", "sum(point)"],
        ["point = Point(N, point.b)", "point.b.data = N", "point = point._replace(a=N)"],
    ),
    "space": (
        "space = types.SimpleNamespace(gain=Value(N), shift=N)",
        ["space.gain", "space.shift", 'vars(space)["shift"]'],
        ["space.gain = Value(N)", "space.shift = N", "space = types.SimpleNamespace(gain=N, shift=N)"],
    ),
    "slim": (
        'class Slim:\n    __slots__ = ("a",)\n    def __init__(self, a):\n        self.a = a\nslim = Slim(N)',
        ["slim.a"],
        ["slim.a = N", "slim.a = Value(N)", "slim = Slim(N)"],
    ),
    "caller": (
        "class Caller:\n    def __call__(self, a):\n        return a * self.by\n    @property\n"
        "    def by(self):\n        return self.hidden + N\ncaller = Caller()\ncaller.hidden = N",
        ["caller(E)", "caller.by"],
        ["caller.hidden = N", "caller.hidden = Value(N)", "Caller.by = N"],
    ),
    "chosen": (
        "chosen = {1, 2}",
        ["(2 in chosen) * E", "sum(chosen)", "len(chosen)"],
        ["chosen.add(3)", "chosen.discard(2)", "chosen = {2, 4}"],
    ),
    "array": (
        "array = np.array([N, N])",
        ["float(array[0])", "array[1] * E", "sum(array.tolist())"],
        ["array[0] = N", "array = np.array([N, N])", "array *= 0.5"],
    ),
    "noted": (
        "def noted(a):\n    return a * noted.by\nnoted.by = N",
        ["noted(E)"],
        ["noted.by = N", "noted.by = Value(N)"],
    ),
    "queue": (
        "queue = collections.deque([N, Value(N)])",
        ["queue[0]", "sum(queue)"],
        ["queue.rotate()", "queue.append(N)"],
    ),
    "dated": (
        "@dataclasses.dataclass\nclass Dated:\n    gain: object\n    shift: float = N\ndated = Dated(Value(N))",
        ["dated.gain * E + dated.shift"],
        [
            "dated.gain.data = N",
            "dated.gain.requires_grad = not dated.gain.requires_grad",
            "dated.shift = N",
            "dated = Dated(Value(N), N)",
        ],
    ),
    "cell": ("", ["cell"], ["change_cell(Value(N))", "change_cell(N)"]),
    "default": (
        "",
        ["default"],
        [
            'f.__kwdefaults__["default"] = N',
            'f.__kwdefaults__["default"] = Value(N)',
            'f.__kwdefaults__ = f.__kwdefaults__ | {"default": N}',
        ],
    ),
    "defaults": ("", ["defaults[0]", "sum(defaults)"], ["DEFAULTS[0] = N", "DEFAULTS.append(Value(N))"]),
    "count": ("count = C", ["count"], ["count = C"]),
    "kind": ('kind = "plus"', ["len(kind)"], ['kind = "times"', 'kind = "plus"']),
}
ONE = {"tanh": 3, "sin": 3, "cos": 1, "sigmoid": 1, "exp": 1, "relu": 1, "softplus": 1, "abs": 1, "sign": 1, "atan": 1}
PAIRS = {
    "A + A": 4,
    "A - A": 3,
    "A * A": 5,
    "A / (A * A + 1.5)": 1,
    "maximum(A, A)": 1,
    "minimum(A, A)": 1,
    "hypot(A, A)": 1,
    "logsumexp([A, A, A])": 1,
    "softmax(A, A)[0]": 1,
    "mean([A, A])": 1,
    "A ** 2": 2,
    "-A": 1,
    "+A": 1,
    "(A) ** 3": 1,
    "dot([A, A], [A, A])": 1,
    "less(A, A) * A": 1,
    "equal(A, A) + A": 1,
}
CHOICES = [
    "where(A < A, A, A)",
    "where(A > A, lambda: A, lambda: A)",
    "where(less(A, A), lambda: A, A)",
    "where(A >= A, lambda: log(A), lambda: A)",
    "where(equal(A, A), A, lambda: A)",
    "where(A <= A, lambda: where(A < A, lambda: A, lambda: A), lambda: A)",
]
# A body T in these uses `t`, and holds nothing that may fail, since not all of it counts for the result.
DERIVATIVES = [
    "grad(lambda t: T)(A)",
    "value_and_grad(lambda t: T)(A)[1]",
    "grad(grad(lambda t: T))(A)",
    "hessian(lambda t: T)(A)",
    "grad(autograd.compile(lambda t: T))(A)",
    "autograd.compile(lambda t: T)(A)",
    "grad(lambda t, u: T * u, 1)(A, A)",
    "jacobian(lambda t: [T, t])(A)[0]",
    "grad(lambda v: v[0] * v[1])([A, A])[0]",
    "autograd.compile(grad(lambda t: T))(A)",
    "value_and_grad(lambda t: T * t)(A)[0]",
    "grad(lambda t, u: T * u, (1, 0, 1))(A, A)[1]",
    "grad(lambda t: t * (+A) * T)(A)",
    "grad(lambda t: grad(lambda u: u * u * t)(t) * T)(A)",
    "grad(lambda t: where(t < A, lambda: T, lambda: A * t))(A)",
    "where(A < A, lambda: grad(lambda t: T)(A), lambda: A)",
    "hessian(lambda v: tanh(v[0] * v[1]) + v[0] * A)([A, A])[0][1]",
    "sum(jacobian(lambda v: [v[0] * A, v[1] * v[0]])([A, A])[1])",
]
FORWARD = [
    "jvp(lambda t: T, (A,), (1.0,))[1]",
    "sum(jvp(lambda t, u: T * u, (A, A), (0.5, A)))",
    "hvp(lambda t: T, (A,), (1.0,))[0]",
    "grad(lambda t: jvp(lambda u: u * t, (t,), (1.0,))[1])(A)",
    "jvp(lambda t: T * t, (A,), (A,))[1]",
    "jvp(grad(lambda t: T * t * t), (A,), (A,))[1]",
    "grad(lambda t: jvp(lambda u: u * u * A, (A,), (t * t,))[1])(A)",
    "hvp(lambda t, u: T * u, (A, A), (A, 0.5))[1]",
]
# Random numbers that a replay draws as well.
DRAWN = [
    "V = random_numbers(random)() * E",
    "V = where(random_numbers(random)() < 0.5, E, E * 2.0)",
    "draw = random_numbers(random)\nV = sum([draw() * E, E, draw()])",
    "V = autograd.compile(lambda t: T + random_numbers(random)())(A)",
    "with no_grad():\n    V = random_numbers(random)() + E",
    "V = log(random_numbers(random)() + E)",
]
# An item by a number that depends on the inputs: 0.0 or 1.0 from step, 0.0 to 2.0 from sign, perhaps past the end.
TAKEN = [
    "V = take([N, N, N], sign(E) + 1) * E",
    "V = take([w, w * E, w * E], sign(E) + 1) * E",
    "V = take([[N, N], [N, N]], step(E))[1] * E",
    "rows = [[w * E, w], [w, w * E]]\nV = take(rows, step(E))[0] * take(rows, step(E))[1]",
    "V = take((E, E), where(E < E, 1, 0)) + E",
    "try:\n    V = take([w, w * E], sign(E) + 1)\nexcept IndexError:\n    V = E",
    "with no_grad():\n    V = take([w, w * w], step(E))\nV = V * E",
    "V = where(E < 1.0, lambda: take([w, w * E], sign(E) + 1), lambda: w)",
]
TAKEN_DERIVATIVES = [
    "grad(lambda v: take(v, step(A)) * v[0])([A, A])[1]",
    "hessian(lambda v: take(v, step(A)) * v[0] * v[1])([A, A])[0][1]",
    "jvp(lambda t: take([t * t, t, T], sign(t) + 1), (A,), (1.0,))[1]",
    "grad(autograd.compile(lambda t: take([t * t, t * A], step(t))))(A)",
]
# Derivatives by Values that others may have been computed from; P stands for an argument, R for a Value made outside.
RELATED = [
    "V = derivatives((A) * P, P)",
    "V = derivatives((A) * P * P, P, create_graph=True)",
    "V = sum(derivatives(P * inner * (A), [P, w, root], create_graph=True))",
    "V = derivatives(inner * w * (A), w)",
    "V = derivatives(inner * (A), inner, create_graph=True)",
    "V = grad(lambda t: t * inner * (A))(A)",
    "V = grad(lambda t: t * P)(0.5)",
    "V = jvp(lambda t: t * P + t * (A), (0.5,), (A,))[1]",
    "V = P * (A)\nV = V + derivatives(V * V * P, V)",
]
VALUE_ARGUMENTS = {"x": "x", "y": "y", "v": "v[0]", "d": 'd["p"]', "pair": "pair[1][0]"}
OUTSIDE = ["w", "root", "inner", "w * N", "inner + w", "inner * root", "Value(N)", "+w"]
RELATED_FORMS = {
    "x": ["R"],
    "y": ["R"],
    "v": ["[R, R]", "[R, N]", "(R, R, R)"],
    "d": ['{"p": R, "q": [N, R]}', '{"p": R, "q": (N, N)}'],
    "pair": ["(N, [R])", "(R, [R, N])"],
}
# What cannot be represented, and must be refused wherever the number depends on an input or a parameter.
REFUSED = [
    "if E > 0.25:\n    V = E\nelse:\n    V = -E",
    "V = max(E, 0.5)",
    "V = sorted([E, 0.25])[0]",
    "V = random.random() * E",
    "V = E + 1.0 if E in {0.5, 1.0} else E",
    "V = len({E, E, 0.5}) * E",
    'V = float(f"{E:.3f}")',
    "V = E % 2.0",
    "V = round(E) * E",
    "V = w.data * E",
    "V = E * w.grad",
    "V = {0.5: 1.0, 1.0: 2.0}.get(E, 3.0) * E",
    "counter[0] += 1\nV = E * counter[0]",
    "try:\n    V = E if E > 0.5 else 0.25\nexcept Exception:\n    V = 0.125",
    "V = [1.0, 2.0][int(E) % 2]",
    "V = random.choice([1.0, 2.0]) + E",
    "V = int(E)",
    "V = E // 0.5",
    "V = len(str(E)) * 0.5",
    "V = 1.0 if w > 0.5 else E",
    "V = 1.0 if E else 2.0",
    "V = float(repr(w)[6:9]) * E",
]
WEIGHTS = {
    "assign": 10,
    "loop": 4,
    "comprehension": 3,
    "choice": 4,
    "derivative": 3,
    "forward": 1,
    "no_grad": 3,
    "detach": 2,
    "try": 3,
    "risky": 2,
    "kind": 2,
    "decision": 2,
    "dict": 2,
    "refused": 1,
    "place": 1,
    "derivatives": 1,
    "drawn": 1,
    "taken": 2,
    "taken derivative": 1,
    "caught": 1,
    "unused": 1,
}
# Not both in one program: with derivatives inside, a first call under no_grad records twice, which a counter shows.
EXCLUSIVE = {"refused"}, {"derivative", "derivatives", "forward", "taken derivative"}


class Step(NamedTuple):
    """One call: what is changed before it, how `f` is called ("call", "mean", "map", …), and with what."""

    change: str
    mode: str
    arguments: str


class Program(NamedTuple):
    """Source text that defines `f`, the calls, and the names of the features that are in it."""

    source: str
    steps: tuple[Step, ...]
    features: frozenset = frozenset()

    def __str__(self):
        """A program that can be run by itself: it prints what the function gives, and what its recording gives."""
        how = {
            "mean": ("mean([f(*example) for example in zip(ARGUMENTS)])", "step.mean(ARGUMENTS)"),
            "map": ("[f(*example) for example in zip(ARGUMENTS)]", "step.map(ARGUMENTS)"),
            "aux": ("[f(*example) for example in zip(ARGUMENTS)]", "step.mean(ARGUMENTS, has_aux=True)"),
            "grad": ("grad(f)(ARGUMENTS)", "grad(step)(ARGUMENTS)"),
            "graph": (
                "derivatives(f(ARGUMENTS), [...], create_graph=True)",
                "derivatives(step(ARGUMENTS), [...], True)",
            ),
            "jvp": ("jvp(f, (ARGUMENTS,), ...)", "jvp(step, (ARGUMENTS,), ...)  # all tangents 1.0"),
        }
        lines = [PRELUDE, self.source, "step = autograd.compile(f)"]
        for change, mode, arguments in self.steps:
            lines.append(change)
            for name, text in zip(("eager   ", "compiled"), how.get(mode, ("f(ARGUMENTS)", "step(ARGUMENTS)"))):
                line = f'print("{name}", {text.replace("ARGUMENTS", arguments)})'
                lines.append(f"with no_grad():\n    {line}" if mode == "no_grad" else line)
        return "\n".join(filter(None, lines))


class Writer:
    """Writes one program; every choice comes from `random`.

    related  whether arguments are Values that the function reads as well, or are computed from such
    """

    def __init__(self, random: Random, weights: dict[str, int] | None = None, related: bool = False):
        self.random, self.weights, self.related = random, weights or WEIGHTS, related
        self.outer = {"w", "inner"} if related else {"w"}  # the names of OUTER that the program reads
        self.features = set()
        self.names = []  # local variables in scope
        self.loose = []  # those that nothing has used yet: they come into the result
        names = random.sample(["x", "y", "v", "d", "pair"], random.randint(1, 3))
        self.parameters = {name: self.form(name) for name in names}
        self.has_flag = random.random() < 0.2

    def program(self):
        body = ["V = E * w + E"] + [self.statement() for _ in range(self.random.randint(1, 5))]
        lines = [line for statement in body for line in self.assigned(statement)]
        result, single = self.result()
        lines.append(f"return {result}")
        source = self.module(lines)
        steps = [self.step(i, single) for i in range(self.random.randint(2, 5))]
        return Program(source, tuple(steps), frozenset(self.features))

    def choose(self, weighted):
        if isinstance(weighted, dict):
            return self.random.choices(list(weighted), weighted.values())[0]
        return self.random.choice(weighted)

    def n(self):
        return repr(self.choose([round(self.random.uniform(-2, 2), 2)] * 12 + [0.5, 1.0, 2.0, 0.0, 0.25]))

    def fill(self, text, depth=1, safe=True):
        """The text with its capital letters replaced: N a number, C a count, E an expression, A one of less depth."""
        put = {
            "N": self.n,
            "I": lambda: str(self.random.randint(1, 3)),
            "C": lambda: str(self.random.randint(0, 3)),
            "E": lambda: self.expression(depth),
            "A": lambda: self.expression(depth - 1),
            "T": lambda: self.body(),
            "P": lambda: self.choose([VALUE_ARGUMENTS[name] for name in self.parameters]),
            "R": lambda: self.choose(OUTSIDE),
            "E2": lambda: self.choose(["a * b", "tanh(a) - b", "a * N + b * b"]),
        }
        tree = ast.parse(text)
        return ast.unparse(_Filler(put).visit(tree))

    def body(self):
        """An expression of t that cannot fail, for a function to differentiate."""
        before, self.names = self.names, [*self.names, "t", "t", "t", "t"]
        text = self.choose(["t ** 2 * (A)", "t ** 3 + A", "sin(t * (A))", "tanh(t) * (A) + t * t", "t * (A) * t"])
        text = self.fill(text, 2)
        self.names = before
        return text

    def expression(self, depth):
        if depth <= 0 or self.random.random() < 0.2:
            return self.leaf()
        kind = self.choose({"pair": 6, "one": 3, "choice": self.weights["choice"] / 4, "leaf": 2})
        if kind == "leaf":
            return self.leaf()
        if kind == "one":
            return self.fill(f"{self.choose(ONE)}(A)", depth)
        if kind == "choice":
            self.features.add("where")
            return self.fill(self.choose(CHOICES[:3]), depth)
        return f"({self.fill(self.choose(PAIRS), depth)})"

    def leaf(self):
        kind = self.choose({"argument": 5, "local": 5, "outer": 5, "number": 2})
        if kind == "local" and self.names:
            return self.choose(self.names)
        if kind == "outer":
            name = self.choose(list(OUTER))
            self.outer.add(name)
            self.features.add(name)
            return self.fill(self.choose(OUTER[name][1]), 0)
        return self.n() if kind == "number" else self.argument()

    def argument(self):
        name = self.choose(list(self.parameters))
        return self.choose(
            {
                "x": ["x"],
                "y": ["y"],
                "v": ["v[0]", "v[-1]", "sum(v)", "v[0] * v[1]"],
                "d": ['d["p"]', 'd["q"][0]', 'd["q"][1]'],
                "pair": ["pair[0]", "pair[1][0]"],
            }[name]
        )

    def statement(self):
        if self.related and self.random.random() < 0.4:
            self.features.add("derivatives")
            return self.choose(RELATED)
        kind = self.choose(self.weights)
        if any(kind in one and self.features & other for one, other in (EXCLUSIVE, EXCLUSIVE[::-1])):
            kind = "assign"
        self.features.add(kind)
        if kind in ("kind", "loop"):
            self.outer.add({"kind": "kind", "loop": "count"}[kind])
            self.features.add({"kind": "kind", "loop": "count"}[kind])
        if kind in ("comprehension", "loop"):
            self.outer.add("items")
        if kind == "decision":
            self.outer.add("count")
        return self.choose(
            {
                "assign": ["V = E"],
                "choice": [f"V = {choice}" for choice in CHOICES],
                "loop": [
                    "V = E\nfor i in range(count):\n    V = tanh(V) * E + i",
                    "V = E\nfor item in items:\n    V = V * 0.5 + item * E",
                    "V = E\nfor i, item in enumerate(items):\n    if i == 1:\n        continue\n    V = V - item",
                    "V = E\ni = 0\nwhile i < count:\n    V = sin(V) + E\n    i += 1",
                ],
                "comprehension": [
                    "V = sum([i * E for i in range(1, 4) if i != 2])",
                    "V = sum(tanh(E * k) for k in (0.5, 2))",
                    "V = sum([item * E for item in items if item is not None])",
                    "V = sum({k: E * k for k in (1, 2)}.values())",
                ],
                "drawn": DRAWN,
                "taken": TAKEN,
                "taken derivative": [f"V = {text}" for text in TAKEN_DERIVATIVES],
                "derivative": [f"V = {text}" for text in DERIVATIVES],
                "forward": [f"V = {text}" for text in FORWARD],
                "no_grad": ["with no_grad():\n    V = E * w", "with no_grad():\n    V = E\nV = V * E + w"],
                "detach": ["V = (w * E).detach() * E", "V = w.detach() * E"],
                "try": [
                    "try:\n    V = log(E)\nexcept ValueError:\n    V = E",
                    "try:\n    V = E / E\nexcept ZeroDivisionError:\n    V = E",
                    "try:\n    V = sqrt(E) * E\nexcept (ArithmeticError, ValueError):\n    V = E\n"
                    "finally:\n    V = V + E",
                ],
                "risky": ["V = log(E)", "V = sqrt(E)", "V = E / E", "V = acosh(E)", "V = exp(E * 400.0)"],
                "kind": ['if kind == "plus":\n    V = E\nelse:\n    V = E * w', 'V = {"plus": E, "times": w}[kind]'],
                "decision": [
                    "V = E if w.requires_grad else E * 2.0",
                    "if count > 1:\n    V = E\nelse:\n    V = E",
                    "V = [E, E][count % 2]",
                    "assert count < 10\nV = E if count else E",
                ],
                "dict": [
                    'V = {"a": E, 2: E}\nV = V["a"] * V[2]',
                    "V = {}\nfor i in range(2):\n    V[i] = E\nV = V[0] - V[1]",
                    "V = [E, E]\nV.append(E)\nV = V[0] * V.pop()",
                    "first, *rest = E, E, E\nV = first * sum(rest)",
                    "V = sum({i * 2 % 3 for i in range(4)}) * E",
                ],
                "place": ["V = {w: 2.0}[w] * E", "V = (w in {w}) * E", "V = [item * E for item in {w: E}][0]"],
                "derivatives": [
                    "V = derivatives(w * w * (A), w, create_graph=True)",
                    "V = derivatives(w * w * (A), w)",
                    "V = w * (A)\nV = V + sum(derivatives(V * V * w, [V, w, w], create_graph=True))",
                    "with no_grad():\n    V = grad(lambda t: t * t * w)(A)",
                ],
                "caught": [
                    "try:\n    V = [E][2]\nexcept IndexError:\n    V = E",
                    'try:\n    V = {"a": E}["b"]\nexcept KeyError:\n    V = E',
                ],
                "unused": [
                    "V = E\nlog(E)",
                    "try:\n    sqrt(E)\n    V = E\nexcept ValueError:\n    V = -E",
                    "E / E\nV = E",
                ],
                "refused": REFUSED,
            }[kind]
        )

    def assigned(self, statement):
        """The lines of a statement that sets a new variable; what it reads is filled in."""
        name = f"a{len(self.loose)}"
        filled = self.fill(statement, 2)
        self.loose.append(name)
        self.names.append(name)
        return _renamed(filled, {"V": name}).splitlines()

    def result(self):
        """What is returned, with every variable in it; and whether it is one number, "one", or a "pair" or "more"."""
        names = list(self.loose)
        shape = self.choose({"one": 6, "pair": 1, "more": 2})
        if shape == "one" or len(names) < 2:
            return " + ".join(names), "one"
        total, last = " + ".join(names[:-1]), names[-1]
        if shape == "pair":
            return f"({total}, [{last}, {last} * {names[0]}])", "pair"
        form = self.choose(['[{0}, {{"r": {1}}}]', "({0}, ({1}, {0}))", '{{"a": {0}, "b": [{1}]}}'])
        return form.format(total, last), "more"

    def module(self, lines):
        """The text that defines f and what it reads."""
        text = "\n".join(lines)
        parts = [OUTER[name][0] for name in OUTER if name in self.outer and OUTER[name][0]]
        if "counter" in text:
            parts.append("counter = [0]")
        parts = [self.fill(part, 0) for part in parts]
        keywords = [f"default={self.n()}"] * ("default" in self.outer)
        keywords += ["defaults=DEFAULTS"] * ("defaults" in self.outer) + ["flag=False"] * self.has_flag
        head = f"def f({', '.join([*self.parameters, *(['*'] if keywords else []), *keywords])}):"
        if self.has_flag:
            lines = [*lines[:-1], "if flag:", "    a0 = a0 * w", lines[-1]]
        function = "\n".join([head, *("    " + line for line in lines)])
        if "defaults" in self.outer:
            parts.append(f"DEFAULTS = [{self.n()}, Value({self.n()})]")
        if "cell" in self.outer:
            function = (
                f"def make():\n    cell = Value({self.n()})\n"
                + _indented(function)
                + "\n    def change(value):\n        nonlocal cell\n        cell = value\n"
                "    return f, change\nf, change_cell = make()"
            )
        return "\n".join([*parts, function])

    def step(self, i, single):
        changes = [change for name in OUTER if name in self.outer for change in OUTER[name][2]]
        change = ""
        if i and self.random.random() < 0.75:
            change = self.fill(self.choose(changes), 0)
        modes = {"call": 5, "map": 2, "no_grad": 1, "jvp": 0.5, "graph": 0.5}
        modes |= {"one": {"mean": 3, "grad": 1}, "pair": {"aux": 3}, "more": {}}[single]
        mode = self.choose(modes)
        if self.random.random() < 0.1:
            name = self.choose(list(self.parameters))
            self.parameters[name] = self.form(name)
        size = self.random.randint(1, 4)
        arguments = []
        for name, form in self.parameters.items():
            if mode in ("mean", "map", "aux"):
                rows = [self.fill(form, 0) for _ in range(size)]
                if self.related:  # of one structure, whatever is frozen
                    rows = rows[:1] * size
                column = f"[{', '.join(rows)}]"
                plain = "Value" not in column and name in ("x", "y", "v") and not self.related
                arguments.append(f"np.array({column})" if plain and self.random.random() < 0.3 else column)
            else:
                arguments.append(self.fill(form, 0))
        if self.has_flag and self.random.random() < 0.5:
            arguments.append("flag=" + self.choose(["True", "False"]))
        return Step(change, mode, ", ".join(arguments))

    def form(self, name):
        """How an argument is written, N standing for its numbers."""
        if self.related:
            return self.choose(RELATED_FORMS[name])
        return self.choose(
            {
                "x": ["N", "Value(N)", "Value(N)", "I"],
                "y": ["N", "Value(N)"],
                "v": ["[N, N]", "[Value(N), N, N]", "(N, Value(N))", "[Value(N), Value(N)]"],
                "d": ['{"p": N, "q": [N, Value(N)]}', '{"p": Value(N), "q": (N, N)}'],
                "pair": ["(N, [Value(N)])", "(Value(N), (N, N))", "[N, [N]]"],
            }[name]
        )


class _Filler(ast.NodeTransformer):
    """Puts new text in the place of names in capital letters."""

    def __init__(self, put):
        self.put = put

    def visit_Name(self, node):
        if node.id in self.put:
            return self.visit(ast.parse(self.put[node.id](), mode="eval").body)
        return node


def _renamed(text, names):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


def _indented(text):
    return "\n".join("    " + line for line in text.splitlines())


def random_program(seed: int, weights: dict[str, int] | None = None, related: bool = False) -> Program:
    """The program of a seed."""
    return Writer(Random(seed), weights, related).program()


def shrunk(program: Program, fails: Callable[[Program], bool], trials: int = 4000) -> Program:
    """A smaller program that still fails: fewer calls, changes and statements, simpler expressions."""
    cuts, place, found = _cuts(program), 0, False
    for _ in range(trials):
        if place == len(cuts):
            if not found:
                break
            place, found = 0, False
        smaller = cuts[place]()
        if smaller != program and fails(smaller):
            program, found = smaller, True
            cuts = _cuts(program)
            place = min(place, len(cuts))
        else:
            place += 1
    return program


def _cuts(program: Program) -> list[Callable[[], Program]]:
    """Functions that return a program that is a little smaller, the largest cuts first."""

    def replaced(i, *new):
        return program._replace(steps=(*program.steps[:i], *new, *program.steps[i + 1 :]))

    cuts: list[Callable[[], Program]] = []
    for i, step in enumerate(program.steps):
        if len(program.steps) > 1:
            cuts.append(partial(replaced, i))
        if step.change:
            cuts.append(partial(replaced, i, step._replace(change="")))
    cuts += [lambda edit=edit: program._replace(source=edit()) for edit in _edits(program.source)]
    for i, step in enumerate(program.steps):

        def shorter(edit, i=i, step=step):
            text = edit()
            return replaced(i, step._replace(arguments=text[2:-1] if text.startswith("f(") else step.arguments))

        cuts += [partial(shorter, edit) for edit in _edits(f"f({step.arguments})")]
    return cuts


def _edits(source: str) -> list[Callable[[], str]]:
    """The source with one statement left out, or opened, or an expression replaced by a part of itself or by 1.0."""
    tree = ast.parse(source)

    def edited(node, field, new):
        before = getattr(node, field)
        setattr(node, field, new)
        try:
            return ast.unparse(tree)
        except (ValueError, AttributeError):  # no program any more
            return source
        finally:
            setattr(node, field, before)

    edits = []
    for node in ast.walk(tree):
        for field, part in ast.iter_fields(node):
            for i, old in enumerate(part if isinstance(part, list) else [part]):
                if isinstance(old, (ast.stmt, ast.expr)) and not isinstance(old, ast.Constant):
                    for new in _replacements(old, alone=isinstance(part, list) and len(part) == 1):
                        whole = [*part[:i], *new, *part[i + 1 :]] if isinstance(part, list) else new[0]
                        edits.append(lambda node=node, field=field, whole=whole: edited(node, field, whole))
    return edits


def _replacements(old, alone):
    """What may stand in the place of a statement, or of an expression: lists of others."""
    if isinstance(old, ast.stmt):
        if not isinstance(old, ast.Pass):
            yield [ast.Pass()] if alone else []
        if not isinstance(old, (ast.FunctionDef, ast.ClassDef)):
            yield from [block for field in ("body", "orelse", "finalbody") if (block := getattr(old, field, None))]
    elif not isinstance(getattr(old, "ctx", None), (ast.Store, ast.Del)):
        parts = [part for part in ast.walk(old) if isinstance(part, ast.expr) and part is not old]
        yield from [[part] for part in (*parts[:12], ast.Constant(1.0))]
