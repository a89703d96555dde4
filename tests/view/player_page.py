"""For the tests of the player: graphs to play, and a page that is open in the browser."""

import math
import random

from autograd import Value
from autograd.view.graph import short


def printed(number):
    """A number with four significant digits, as the page prints it."""
    digits, _, power = short(number).replace("-", "−").partition("e")
    exponent = str(int(power.replace("−", "-"))) if power else ""
    return digits + (f"×10{exponent.translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}" if power else "")


def expression(w, x, b):
    h = w * x + b
    return h.tanh() * h - (0.1 * x).exp() / (1 + b * b) + x * x


def example():
    leaves = [Value(0.5, "w"), Value(2.0, "x"), Value(-1.2, "b")]
    result = expression(*leaves)
    result.label = "y"
    return result, leaves


def tangle(size, seed=0):
    """A graph in which nodes are shared: `size` operations on earlier nodes."""
    rng, nodes = random.Random(seed), [Value(0.1 + i / 3, f"x{i}") for i in range(3)]
    for _ in range(size):
        operation = rng.choice([Value.mul, Value.add, lambda a, b: (a - b).tanh(), lambda a, b: b.sin()])
        nodes.append(operation(rng.choice(nodes), rng.choice(nodes[-4:])))
    return sum(nodes[-3:])


def network(inputs, sizes, parameters):
    """Layers of tanh neurons, labelled as nn labels them."""
    for number, size in enumerate(sizes):
        outputs = []
        for i in range(size):
            path = f"layer{number}.neuron{i}"
            own = parameters.setdefault(
                path, [Value(math.sin(3 * i + j + number), f"{path}.w{j}") for j in range(len(inputs) + 1)]
            )
            outputs.append(sum((w * x for w, x in zip(own, inputs)), own[-1]).tanh())
            outputs[-1].label = path
        inputs = outputs
    return inputs


def large(examples=2, sizes=(16, 16, 1)):
    parameters = {}
    return sum((network([0.5 * i, -1.0], sizes, parameters)[0] - 1) ** 2 for i in range(examples))


class Line:
    """y = tanh(w0 * x0 + w1 * x1 + b)."""

    def __init__(self):
        self.w = [Value(0.5, "w0"), Value(-0.5, "w1"), Value(0.1, "b")]

    def parameters(self):
        return self.w

    def __call__(self, x):
        return (self.w[0] * x[0] + self.w[1] * x[1] + self.w[2]).tanh()


def squared(output, target):
    return (output - target) ** 2


POINTS = [([0.0, 0.0], -1), ([0.0, 1.0], -1), ([1.0, 0.0], 1), ([1.0, 1.0], 1)]


class Page:
    """A player open in the browser."""

    def __init__(self, browser, path):
        self.browser, self.path, self.others = browser, path, []

    def open(self, fragment=""):
        self.browser.get_log("performance")
        self.browser.get("about:blank")
        self.browser.get(f"file://{self.path}{fragment}")
        return self

    def run(self, script, *arguments):
        return self.browser.execute_script(
            "const player = document.querySelector('.player').player;" + script, *arguments
        )

    def key(self, *names):
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        ActionChains(self.browser).send_keys(*(getattr(Keys, name, name) for name in names)).perform()

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def press(self, name):
        self.run("[...document.querySelectorAll('button')].find(b => b.textContent === arguments[0]).click()", name)

    def enter(self, selector, value, event="input"):
        self.run(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event(arguments[2]))",
            selector,
            value,
            event,
        )

    def numbers(self):
        """For each node what the picture shows: [data, grad]."""
        return self.run(
            "return player.graph.nodes.map((_, i) => { const p = player.pictures[player.home(i)];"
            "p.wake(player.run, []); const n = p.nodes.get(i);"
            "return [n.data.textContent, n.grad && n.grad.textContent]; })"
        )
