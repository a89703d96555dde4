"""Parameters are found and named wherever they are; states, copies and modes of a module."""

import copy
import math
import pickle

import pytest

from autograd import Value
from autograd.errors import ArgumentError, AutogradError, NotFiniteError
from nn import MLP, Layer, Linear, Module, Neuron, Sequential, Tanh


class Net(Module):
    """A user's own module, with parts in every place a part may be in."""

    def __init__(self):
        self.first = Layer(2, 2, seed=1)
        self.blocks = []
        for _ in range(2):
            self.blocks.append(Neuron(2, seed=2))
        self.scale = Value(2.0)
        self.table = [[Value(0.0), Value(1.0)], [Value(2.0), Value(3.0)]]
        self.named = {"gate": Value(4.0)}
        self.rate = 0.5
        self._cache = Value(9.0)

    def forward(self, x):
        return self.scale * sum(block(self.first(x)) for block in self.blocks)


def test_parameters_are_found_wherever_they_are():
    net = Net()
    names = [name for name, _ in net.named_parameters()]
    assert names == [
        "first.neuron0.w0",
        "first.neuron0.w1",
        "first.neuron0.b",
        "first.neuron1.w0",
        "first.neuron1.w1",
        "first.neuron1.b",
        "block0.w0",
        "block0.w1",
        "block0.b",
        "block1.w0",
        "block1.w1",
        "block1.b",
        "scale",
        "table0_0",
        "table0_1",
        "table1_0",
        "table1_1",
        "named.gate",
    ]
    assert net.parameters() == [parameter for _, parameter in net.named_parameters()]
    assert [parameter.label for parameter in net.parameters()] == names


def test_labels_follow_the_path():
    assert [p.label for p in MLP(2, [2, 1]).parameters()] == [
        "layer0.neuron0.w0",
        "layer0.neuron0.w1",
        "layer0.neuron0.b",
        "layer0.neuron1.w0",
        "layer0.neuron1.w1",
        "layer0.neuron1.b",
        "layer1.neuron0.w0",
        "layer1.neuron0.w1",
        "layer1.neuron0.b",
    ]
    net = Net()
    net.head = Linear(2, 1)
    assert net.head.neurons[0].w[1].label == "head.neuron0.w1"


def test_a_label_given_by_somebody_else_stays():
    class Line(Module):
        def __init__(self):
            self.slope = Value(1.0, label="incline")

    assert Line().slope.label == "incline"


def test_shared_parameters_count_once():
    class Tied(Module):
        def __init__(self):
            self.a = Neuron(2)
            self.b = self.a
            self.w = self.a.w

    assert len(Tied().parameters()) == 3
    assert len(dict(Tied().named_parameters())) == 3


def test_a_module_that_knows_its_parent_does_not_loop():
    class Child(Module):
        def __init__(self, parent):
            self.parent, self.w = parent, Value(1.0)

    class Parent(Module):
        def __init__(self):
            self.child = Child(self)

    assert len(Parent().parameters()) == 1
    assert len(list(Parent().modules())) == 2


def test_two_parameters_of_one_name_are_an_error():
    class Clash(Module):
        def __init__(self):
            self.w = [Value(1.0)]
            self.w0 = Value(2.0)

    with pytest.raises(ArgumentError, match='two parameters are called "w0"'):
        Clash().state_dict()


def test_values_made_while_computing_are_no_parameters():
    class Remembers(Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            self.last = self.w * x
            return self.last

    module = Remembers()
    module(3.0)
    assert module.parameters() == [module.w]


def test_typos_are_named():
    model = MLP(2, [1])
    with pytest.raises(AttributeError, match=r'MLP has no attribute "layer". Did you mean "layers"\?') as caught:
        model.layer  # noqa: B018 - the access is what is tested
    assert isinstance(caught.value, AutogradError)
    assert not hasattr(model, "zzz")
    with pytest.raises(AttributeError, match=r"Thing has no forward. Define forward\(self, x\)"):
        type("Thing", (Module,), {})()(1.0)


def test_state_dict_round_trip():
    a, b = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    before = b([1.0, 2.0]).data
    b.load_state_dict(a.state_dict())
    assert b([1.0, 2.0]).data == a([1.0, 2.0]).data != before
    assert next(iter(a.state_dict())) == "layer0.neuron0.w0"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("layer1.neuron0.b"), ArgumentError, r'"layer1.neuron0.b" of this MLP is missing'),
        (lambda s: s.update(extra=1.0), ArgumentError, r'the state has "extra", but this MLP does not'),
        (lambda s: s.update({"layer0.neuron1.w0": math.nan}), NotFiniteError, r'neuron1.w0": a Value must be finite'),
        (lambda s: s.update({"layer0.neuron1.w0": "1"}), TypeError, r'neuron1.w0": expected a real number, got str'),
        (
            lambda s: s.update({"layer1.neuron0.bb": s.pop("layer1.neuron0.b")}),
            ArgumentError,
            r'missing from the state. Did you mean "layer1.neuron0.bb"',
        ),
    ],
)
def test_load_state_dict_names_the_key_and_changes_nothing(change, error, message):
    model = MLP(2, [3, 1], seed=1)
    before = model.state_dict()
    state = MLP(2, [3, 1], seed=2).state_dict()
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_zero_grad():
    model = MLP(2, [2, 1], seed=0, activation="tanh")
    model([1.0, 2.0]).backward()
    assert all(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


def test_repr_is_nested():
    assert (
        repr(Sequential(Linear(2, 3), MLP(3, [2, 1], "tanh")))
        == """Sequential(
  (layer0): Linear(2, 3)
  (layer1): MLP(
    (layer0): Layer(3, 2, activation='tanh')
    (layer1): Layer(2, 1, activation=None)
  )
)"""
    )
    assert repr(Neuron(3, abs)) == "Neuron(3, activation=abs)"
    assert repr(Net()).startswith("Net(\n  (first): Layer(2, 2, activation='relu')\n  (block0): Neuron(2")


def test_deepcopy_and_pickle():
    model = MLP(2, [3, 1], seed=0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.state_dict() == model.state_dict()
        assert not set(twin.parameters()) & set(model.parameters())
        assert twin([0.5, 1.0]).data == model([0.5, 1.0]).data


def test_train_and_eval_reach_every_part():
    model = Sequential(MLP(2, [2]), Linear(2, 1))
    model.eval()
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())


def test_modules_are_named_by_their_paths():
    class Nested(Module):
        def __init__(self):
            self.blocks = [Linear(1, 1), [Tanh(), Linear(1, 1)]]
            self.parts = {"a": Linear(1, 1), "b": (Tanh(),)}
            self.again = self.blocks[0]
            self.w = [Value(1.0)]
            self.whole = self
            self._hidden = Linear(1, 1)

    model = Nested()
    found = dict(model.named_modules())
    assert list(found) == [
        *("", "block0", "block0.neuron0", "block1_0", "block1_1", "block1_1.neuron0"),
        *("parts.a", "parts.a.neuron0", "parts.b0"),
    ]
    assert list(found.values()) == list(model.modules())
    assert {path.rpartition(".")[0] for path, _ in model.named_parameters()} <= set(found)
