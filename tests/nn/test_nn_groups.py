"""Parameter groups: the same as an optimiser for each group; schedules, checkpoints, freezing; what they refuse."""

import copy
import pickle

import pytest

import nn
from autograd import compile
from autograd.errors import ArgumentError
from nn.errors import CheckpointError, DivergedError

KINDS = [
    (nn.SGD, {"momentum": 0.9}, {"lr": 0.01, "nesterov": True}),
    (nn.RMSprop, {}, {"alpha": 0.5}),
    (nn.Adagrad, {"lr_decay": 0.1}, {"lr": 0.2}),
    (nn.Adam, {}, {"betas": (0.5, 0.9), "weight_decay": 0.1}),
    (nn.AdamW, {}, {"weight_decay": 0.0}),
]


class Halving(nn.Optimizer):
    """An optimiser whose update is Python."""

    def update(self, sqrt, p, g, *state):
        return (p - self.lr * g / 2,)


def network(width=4):
    return nn.MLP(2, [width, 1], "tanh", seed=0)


def split(model):
    return [layer.parameters() for layer in model.layers]


def grouped(model, kind, own, **settings):
    body, head = split(model)
    return kind([{"params": body, **own}, {"params": head}], **settings)


def trained(model, optimisers, steps=5):
    """The parameters after some steps, with gradients from a recording."""
    loss = compile(lambda x, y: nn.mse_loss(model(x), y))
    for k in range(steps):
        for optimizer in optimisers:
            optimizer.zero_grad()
        loss.mean([[0.1, k], [1.0, -1.0], [k, 2.0]], [0.5, -1.0, 0.0]).backward()
        for optimizer in optimisers:
            optimizer.step()
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize("width", [3, 100])  # few parameters, and enough for NumPy on the plain engine
@pytest.mark.parametrize(("kind", "settings", "own"), [*KINDS, (Halving, {}, {"lr": 0.5})])
def test_a_group_moves_as_with_an_optimiser_of_its_own(kind, settings, own, width):
    settings = {"lr": 0.05} | settings
    a, b = network(width), network(width)
    body, head = split(b)
    one = grouped(a, kind, own, **settings)
    assert trained(a, [one]) == trained(b, [kind(body, **(settings | own)), kind(head, **settings)])
    assert trained(a, [one]) != trained(network(width), [kind(a.parameters(), **settings)])
    assert one.steps == 10
    assert one.params == (*a.layers[0].parameters(), *a.layers[1].parameters())


def test_param_groups_are_read_and_changed_as_in_pytorch():
    model = network()
    body, head = split(model)
    optimizer = nn.Adam([{"params": body, "lr": 0.01}, {"params": iter(head)}], lr=0.1)
    first, second = optimizer.param_groups
    assert dict(first) == {"params": body, "lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
    assert (second["params"], second["lr"], optimizer.lr, optimizer.betas) == (head, 0.1, 0.01, (0.9, 0.999))
    for group in optimizer.param_groups:
        group["lr"] *= 0.5
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 0.05]
    alone = nn.SGD(model.parameters(), lr=0.1)
    alone.param_groups[0]["lr"] = 0.2
    assert (alone.lr, len(alone.param_groups), len(alone.groups)) == (0.2, 1, 1)
    assert repr(optimizer).startswith("Adam([Adam(12 parameters, lr=0.005, betas=(0.9, 0.999)")
    assert len(first) == 5
    assert "momentum" not in first


def test_schedules_scale_every_group():
    for make in (
        lambda o: nn.StepLR(o, 1, gamma=0.5),
        lambda o: nn.CosineAnnealingLR(o, 4, eta_min=0.02),
        lambda o: nn.WarmupDecayLR(o, 2, 5),
    ):
        model = network()
        both = grouped(model, nn.SGD, {"lr": 0.4}, lr=0.1)
        others = [nn.SGD(params, lr=lr) for params, lr in zip(split(network()), (0.4, 0.1))]
        schedules = [make(both), *map(make, others)]
        for _ in range(4):
            assert [group["lr"] for group in both.param_groups] == [other.lr for other in others]
            for schedule in schedules:
                schedule.step()
        again = make(grouped(network(), nn.SGD, {"lr": 1.0}, lr=1.0))
        again.load_state_dict(schedules[0].state_dict())
        assert [group["lr"] for group in again.optimizer.param_groups] == [other.lr for other in others]
    with pytest.raises(ArgumentError, match="the state has 2 learning rates, and the optimiser has 1 groups"):
        schedules[1].load_state_dict(schedules[0].state_dict())


def test_all_groups_take_a_step_or_none():
    model = network()
    optimizer = grouped(model, nn.Adam, {}, lr=0.1)
    trained(model, [optimizer], 2)
    before, numbers = optimizer.state_dict(), model.state_dict()
    optimizer.param_groups[1]["lr"] = 1e308
    model.layers[1].neurons[0].b.data = -1.7e308
    model.layers[1].neurons[0].b.grad = 1e3
    with pytest.raises(DivergedError, match=r"step 3 would make the parameter layer1\.neuron0"):
        optimizer.step()
    optimizer.param_groups[1]["lr"] = 0.1
    model.layers[1].neurons[0].b.data = numbers["layer1.neuron0.b"]
    assert optimizer.state_dict() == before
    assert model.state_dict() == numbers


def test_states_are_saved_and_restored():
    model, other = network(), network()
    a, b = (grouped(m, nn.Adam, {"lr": 0.3, "betas": (0.5, 0.6)}, lr=0.1) for m in (model, other))
    model.layers[0].requires_grad_(False)
    trained(model, [a], 3)
    model.layers[0].requires_grad_(True)
    state = a.state_dict()
    assert state["lr"] == [0.3, 0.1]
    assert state["group_sizes"] == [12, 5]
    assert state["skipped"] == [3] * 12 + [0] * 5
    other.load_state_dict(model.state_dict())
    b.load_state_dict(state)
    assert b.state_dict() == state
    clone, twin = copy.deepcopy((model, a)), pickle.loads(pickle.dumps((model, a)))
    expected = trained(model, [a], 2)
    assert trained(other, [b], 2) == trained(clone[0], [clone[1]], 2) == trained(twin[0], [twin[1]], 2) == expected


@pytest.mark.parametrize("batches", [1, 2])
def test_a_run_with_groups_resumes_bit_for_bit(tmp_path, batches):
    def run(path, epochs, own=0.3):
        model = nn.MLP(2, [5, 2], "tanh", seed=0)
        optimizer = grouped(model, nn.AdamW, {"lr": own}, lr=0.1)
        history = nn.fit(
            model,
            nn.cross_entropy,
            nn.data.moons(30, seed=0),
            epochs=epochs,
            batch_size=4,
            accumulate_grad_batches=batches,
            optimizer=optimizer,
            schedule=nn.ExponentialLR(optimizer, 0.9),
            checkpoint=path,
            seed=0,
            progress=False,
        )
        return model.state_dict(), optimizer.state_dict(), history["loss"]

    run(tmp_path / "run", 2)
    assert run(tmp_path / "run", 4) == run(tmp_path / "other", 4)
    with pytest.raises(CheckpointError, match=r"optimizer.lr = \[0.3, 0.1\] \(now \[0.5, 0.1\]\)"):
        run(tmp_path / "run", 5, own=0.5)


def test_other_groups_in_a_checkpoint_are_refused_or_start_over(tmp_path):
    def run(model, optimizer, epochs, **settings):
        nn.fit(
            model,
            nn.mse_loss,
            nn.data.line(9, seed=0),
            epochs=epochs,
            optimizer=optimizer,
            checkpoint=tmp_path / "run",
            seed=0,
            progress=False,
            **settings,
        )

    def one(m):
        return nn.Adam(m.parameters(), lr=0.1)

    def two(m):
        return grouped(m, nn.Adam, {"lr": 0.2}, lr=0.1)

    def line():
        return nn.MLP(1, [3, 1], seed=0)

    model = line()
    run(model, one(model), 1)
    for epochs, make in ((2, two), (3, one)):
        model = line()
        with pytest.raises(CheckpointError, match="group_sizes"):
            run(model, make(model), epochs)
        run(model, make(model), epochs, resume="override")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ps: nn.SGD([{"lr": 0.1}]), 'SGD: group 0 must be a dict with the list "params"'),
        (lambda ps: nn.SGD([{"params": ps}, ps[0]]), 'SGD: group 1 must be a dict with the list "params"'),
        (lambda ps: nn.SGD([{"params": ps, "rate": 1}]), 'group 0 has a setting "rate"; the settings are lr, momentum'),
        (lambda ps: nn.SGD([{"params": ps, "momentun": 1}]), 'Did you mean "momentum"'),
        (lambda ps: nn.SGD([{"params": ps, "lr": -1}]), "SGD: lr must be 0 or more, got -1"),
        (lambda ps: nn.SGD([{"params": ps}, {"params": ps[:1]}]), "a parameter occurs in two groups"),
        (lambda ps: nn.SGD([{"params": []}]), "SGD: there are no parameters"),
        (lambda ps: nn.Adam([{"params": ps, "betas": (0.9, 1.0)}]), "betas must be two numbers below 1"),
        (lambda ps: nn.SGD(ps).param_groups[0].__setitem__("lr", -1), "SGD: lr must be 0 or more, got -1"),
        (
            lambda ps: nn.SGD(ps).param_groups[0].__setitem__("params", []),
            '"params" cannot be set. The settings are lr',
        ),
        (lambda ps: nn.SGD(ps).param_groups[0].__delitem__("lr"), "a setting cannot be deleted"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(network().parameters())


def test_what_is_set_for_the_whole_is_refused():
    model = network()
    optimizer = grouped(model, nn.SGD, {"lr": 0.2}, lr=0.1)
    optimizer.lr = 0.5
    with pytest.raises(ArgumentError, match=r'there are 2 groups. Write optimizer.param_groups\[0\]\["lr"\] = …'):
        optimizer.step()
    with pytest.raises(AttributeError, match=r'no attribute "learning_rate"\. The learning rate is optimizer\.lr'):
        optimizer.learning_rate  # noqa: B018 - the access is what is tested


def test_a_state_of_other_groups_is_refused():
    model = network()
    one, two = nn.SGD(model.parameters(), lr=0.1), grouped(model, nn.SGD, {"lr": 0.2}, lr=0.1)
    with pytest.raises(ArgumentError, match=r"the state has one group, and this one has groups of 12, 5 parameters"):
        two.load_state_dict(one.state_dict())
    with pytest.raises(ArgumentError, match='"group_sizes" is unknown to it'):
        one.load_state_dict(two.state_dict())
    with pytest.raises(ArgumentError, match='"lr" in the state has no setting for each of 2 groups'):
        two.load_state_dict(two.state_dict() | {"lr": 0.1})
    before = two.state_dict()
    with pytest.raises(ArgumentError, match="momentum_buffer"):
        two.load_state_dict(two.state_dict() | {"momentum_buffer": [0.0] * 13, "steps": 7})
    assert two.state_dict() == before


@pytest.mark.parametrize(("kind", "settings", "own"), KINDS)
def test_groups_and_schedules_are_those_of_pytorch(kind, settings, own):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    settings, model = {"lr": 0.05} | settings, network()
    theirs = nn.to_torch(model)
    optimizer = grouped(model, kind, own, **settings)
    twin = getattr(torch.optim, kind.__name__)(
        [{"params": theirs[0].parameters(), **own}, {"params": theirs[2].parameters()}], **settings
    )
    schedule = nn.CosineAnnealingLR(optimizer, 60, eta_min=0.001)
    twin_schedule = torch.optim.lr_scheduler.CosineAnnealingLR(twin, 60, eta_min=0.001)
    for k in range(100):
        x = [k % 3 - 1.0, k % 5 - 2.0]
        optimizer.zero_grad()
        nn.mse_loss(model(x), 0.5).backward()
        twin.zero_grad()
        torch.nn.functional.mse_loss(theirs(torch.tensor(x).double()), torch.tensor([0.5]).double()).backward()
        for one in (optimizer, twin, schedule, twin_schedule):
            one.step()
    state = theirs.state_dict()
    for name, _, parameters in model.named_tensors():
        assert [p.data for p in parameters] == pytest.approx(state[name].flatten().tolist(), abs=1e-12)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([g["lr"] for g in twin.param_groups])


@pytest.mark.parametrize(("kind", "settings", "own"), KINDS)
def test_one_group_is_the_whole(kind, settings, own):
    """As in PyTorch, a list with one dict is the same as its parameters with its settings, in `fit` too."""
    ends, data = [], nn.data.moons(20, seed=0)
    for with_group in (True, False):
        model = network()
        ps, both = model.parameters(), {"lr": 0.05} | settings | own
        optimizer = kind([{"params": ps, **own}], **{"lr": 0.05} | settings) if with_group else kind(ps, **both)
        nn.fit(model, nn.mse_loss, data, epochs=3, batch_size=8, optimizer=optimizer, seed=0, progress=False)
        ends.append(([p.data for p in ps], optimizer.state_dict(), repr(optimizer)))
        optimizer.lr = 0.25
        assert optimizer.param_groups[0]["lr"] == 0.25
    assert ends[0] == ends[1]
