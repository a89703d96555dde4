"""Numbers side by side: with flat arrays and without, everything gives the same, to the bit and to the word."""

import copy
import gc
import pickle
import random
import struct

import pytest
from soaking import amount

import autograd
import nn
from autograd import Value, derivatives, read_data, read_grad, write_data, write_grad
from autograd.errors import AutogradError
from nn.errors import DivergedError

NATIVE = autograd.backend == "native"
KINDS = [
    lambda p: nn.SGD(p, lr=0.05),
    lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    lambda p: nn.RMSprop(p, lr=0.01, centered=True, momentum=0.5),
    lambda p: nn.Adagrad(p, lr=0.1, lr_decay=0.1),
    lambda p: nn.Adam(p, lr=0.01, weight_decay=0.01),
    lambda p: nn.AdamW(p, lr=0.01),
]


class Aside:
    """In place of an optimiser's Flat: the numbers stay in the Values."""

    def __init__(self, flat):
        self.values = flat.values

    def gather(self):
        pass

    def zero_grad(self):
        write_grad(self.values, [0.0] * len(self.values))

    def step(self, update, settings, state):
        return None


class Halving(nn.Optimizer):
    """An optimiser whose update is Python."""

    remembered = ("moved",)

    def update(self, sqrt, p, g, *state):
        return p - self.lr * g / (1 + sqrt(g * g)), state[0] + 1


class World:
    """A model with tied parameters, two optimisers over overlapping lists, recorded losses; and what can be done."""

    def __init__(self, seed, flats):
        self.flats, rng = flats, random.Random(seed)
        self.model = nn.MLP(3, [5, 4, 2], "tanh", seed=seed)
        first, second = (layer.neurons[0] for layer in self.model.layers[:2])
        second.w = (first.w[1], *second.w[1:])  # tied
        self.alone = Value(0.5, "alone")
        self.points = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(20)]
        self.targets = [rng.randrange(2) for _ in range(20)]
        kinds = [*KINDS, lambda p: Halving(p, lr=0.1)]
        self.kinds = [rng.choice(kinds), rng.choice(kinds)]
        self.record()
        self.optimisers = [self.optimiser(0), self.optimiser(1)]
        self.losses = []

    def record(self):
        model, alone = self.model, self.alone
        self.fit = autograd.compile(lambda x, k: nn.cross_entropy(model(x), k))
        self.size = autograd.compile(lambda s: autograd.dot(model.parameters()[:9], model.parameters()[:9]) * s + alone)

    def optimiser(self, which):
        parameters = self.model.parameters()
        made = self.kinds[which](parameters if which == 0 else [*parameters[7:], self.alone])
        if not self.flats:
            made.flat = Aside(made.flat)
        return made

    def everything(self):
        return [*self.model.parameters(), self.alone]

    # What can be done; each returns what is to be compared.

    def replay(self, rng):
        n = rng.randrange(1, 20)
        loss = self.fit.mean(self.points[:n], self.targets[:n])
        if rng.random() < 0.3:
            loss = loss + 0.25 * self.size(rng.random())
        if rng.random() < 0.3:
            loss = loss + self.alone * self.model.parameters()[3]
        if rng.random() < 0.1:
            loss = loss + self.size(self.everything()[rng.randrange(5)])
        self.losses = [*self.losses[-2:], loss]
        return loss.data

    def backward(self, rng):
        if self.losses:
            rng.choice(self.losses).backward(rng.choice([1.0, 1.0, 1.0, 0.5, -2.0]))

    def backward_too_far(self, rng):
        if self.losses:
            self.losses[-1].backward(1e308)
            self.losses[-1].backward(1e308)

    def train(self, rng):
        for _ in range(3):
            loss = self.fit.mean(self.points, self.targets)
            self.optimisers[0].zero_grad()
            loss.backward()
            self.optimisers[0].step()
        return loss.data

    def zero_grad(self, rng):
        rng.choice([*self.optimisers, self.model]).zero_grad()

    def step(self, rng):
        optimiser = rng.choice(self.optimisers)
        optimiser.step()
        return optimiser.steps, optimiser.skipped

    def diverge(self, rng):
        optimiser = rng.choice(self.optimisers)
        before, optimiser.lr = optimiser.lr, 1e308
        try:
            for _ in range(3):
                optimiser.step()
        finally:
            optimiser.lr = before

    def clip(self, rng):
        parameters = rng.choice([self.model, self.model.parameters(), self.everything(), [self.alone]])
        if rng.random() < 0.5:
            return nn.clip_grad_norm_(parameters, 0.5)
        return nn.clip_grad_value_(parameters, 0.1)

    def look(self, rng):
        p, q = rng.choice(self.everything()), rng.choice(self.everything())
        ways = [
            lambda: p.data,
            lambda: p.grad,
            lambda: repr(p),
            lambda: f"{p:.3f}",
            lambda: bool(p),
            lambda: p < q,
            lambda: p.detach().data,
            lambda: (p.rule, p.parents, p.partials, p.requires_grad, p.frozen),
            lambda: [read_data([p, q]).tolist(), read_grad([q, p]).tolist()],
            lambda: [loss.data for loss in self.losses],
        ]
        return rng.choice(ways)()

    def write(self, rng):
        p = rng.choice(self.everything())
        way = rng.randrange(5)
        if way == 0:
            p.data = rng.gauss(0, 1)
        elif way == 1:
            p.grad = rng.gauss(0, 1)
        elif way == 2:
            write_data(self.everything()[2:7], [rng.random() for _ in range(5)])
        elif way == 3:
            write_grad(self.model.parameters(), [rng.random() for _ in self.model.parameters()])
        else:
            p.label = f"p{rng.randrange(9)}"

    def descend(self, rng):
        for p in self.model.parameters():
            p.data -= 0.01 * p.grad

    def freeze(self, rng):
        p = rng.choice(self.everything())
        p.requires_grad = rng.random() < 0.7

    def unfreeze(self, rng):
        self.model.requires_grad_(True)
        self.alone.requires_grad = True

    def eager(self, rng):
        loss = nn.cross_entropy(self.model(self.points[0]), 1) + self.alone**2
        if rng.random() < 0.5:
            loss.backward()
        return loss.data

    def elsewhere(self, rng):
        x = Value(2.0)
        (x * x + x).backward()
        return x.grad

    def second(self, rng):
        if not self.losses:
            return None
        parameters = [p for p in self.model.parameters()[:3] if p.requires_grad]
        first = derivatives(self.losses[-1], parameters, create_graph=True)
        return [[d.data, derivatives(d, parameters)] for d in first if isinstance(d, Value)]

    def copies(self, rng):
        way = rng.randrange(4)
        p = rng.choice(self.everything())
        if way == 0:
            return repr(copy.copy(p))
        if way == 1:
            return [repr(one) for one in pickle.loads(pickle.dumps(self.everything()))]
        if way == 2:
            other = copy.deepcopy(self.optimisers[0])
            other.step()
            return [p.data for p in other.params], [list(column) for column in other.state]
        return self.model.state_dict()

    def moved_house(self, rng):
        self.model, self.alone, self.optimisers = copy.deepcopy((self.model, self.alone, self.optimisers))
        if not self.flats:
            for optimiser in self.optimisers:
                optimiser.flat = Aside(optimiser.flat)
        self.losses = []
        self.record()

    def renew(self, rng):
        which = rng.randrange(2)
        state = self.optimisers[which].state_dict()
        self.optimisers[which] = None
        if rng.random() < 0.5:
            gc.collect()
        self.optimisers[which] = self.optimiser(which)
        self.optimisers[which].load_state_dict(state)
        return state

    def replace(self, rng):
        neuron = self.model.layers[0].neurons[2]
        neuron.b = Value(rng.random())
        self.optimisers[1] = self.optimiser(1)

    def numbers(self):
        """Everything there is, without bringing any number home."""
        found = [read_data(self.everything()).tobytes(), read_grad(self.everything()).tobytes()]
        return [*found, *(struct.pack(f"{len(c)}d", *c) for o in self.optimisers for c in o.state)]


ACTIONS = (
    ["replay", "backward", "step", "zero_grad"] * 4
    + ["train"] * 3
    + ["clip", "look", "write"] * 2
    + ["backward_too_far", "diverge", "descend", "freeze", "unfreeze", "unfreeze", "eager", "elsewhere", "second"]
    + ["copies", "moved_house", "renew", "replace"]
)


def outcome(world, action, seed):
    try:
        return getattr(world, action)(random.Random(seed))
    except (AutogradError, DivergedError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("seed", range(max(5, amount(50))))
def test_flats_change_nothing_in_any_order_of_actions(seed):
    rng = random.Random(seed)
    world, plain = World(seed, flats=True), World(seed, flats=False)
    for step in range(120):
        action, number = rng.choice(ACTIONS) if step else "train", rng.random()
        assert outcome(world, action, number) == outcome(plain, action, number), action
        assert step or world.optimisers[0].flat.gathered == NATIVE
        assert world.numbers() == plain.numbers(), action
        if rng.random() < 0.1:
            assert [repr(p) for p in world.everything()] == [repr(p) for p in plain.everything()]
