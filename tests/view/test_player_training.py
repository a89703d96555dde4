"""`play_training`: what it records, and the page with two sliders."""

import pytest
from player_page import POINTS, Line, squared

import autograd
from autograd import Value
from autograd.errors import ArgumentError
from autograd.view.graph import short
from autograd.view.player.page import play_training


def test_training_is_recorded_frame_by_frame():
    model = Line()
    player = play_training(model, squared, POINTS, steps=5, lr=0.2)
    training = player._data()["training"]
    losses = [frame["loss"] for frame in training["frames"]]
    assert len(losses) == 6
    assert losses == sorted(losses, reverse=True)
    again = Line()
    for loss in losses:
        total = sum((squared(again(x), y) for x, y in POINTS[1:]), squared(again(POINTS[0][0]), POINTS[0][1])) / 4
        assert total.data == loss
        for parameter in again.parameters():
            parameter.grad = 0.0
        total.backward()
        for parameter in again.parameters():
            parameter.data -= 0.2 * parameter.grad
    assert training["plane"]["points"] == [[0.0, 0.0, 0], [0.0, 1.0, 0], [1.0, 0.0, 1], [1.0, 1.0, 1]]
    assert training["frames"][0]["leaves"] == {}, "the first frame is the graph itself"


def test_training_takes_an_optimizer_and_an_example():
    model = Line()

    class Halve:
        def step(self):
            for parameter in model.parameters():
                parameter.data *= 0.5

    player = play_training(
        model, squared, ([x for x, _ in POINTS], [y for _, y in POINTS]), steps=2, optimizer=Halve(), example=1
    )
    assert model.w[0].data == 0.125
    assert player._data()["training"]["about"] == "the loss of example 1"
    assert repr(player) == "<Player of 14 nodes>"


def test_training_with_a_compiled_loss_is_recorded_as_any_other():
    def train(prepared):
        w, b = Value(0.5, "w"), Value(0.0, "b")

        class Line:
            def __call__(self, x):
                return w * x + b

            def parameters(self):
                return [w, b]

        return play_training(Line(), prepared(squared), [(1.0, 2.0), (2.0, 3.0)], steps=3)._data()

    assert train(autograd.compile) == train(lambda f: f)


def test_training_that_cannot_be_shown_is_refused():
    with pytest.raises(ArgumentError, match="there are no examples"):
        play_training(Line(), squared, [])

    turns = []

    def restless(output, target):
        turns.append(None)
        return sum([output * target] * len(turns))

    with pytest.raises(ArgumentError, match=r"computed in more than 6 different ways. Watch one example"):
        play_training(Line(), restless, [([1.0, 0.0], -1)], steps=10, lr=0.001)


def test_a_training_has_two_sliders(page):
    model = Line()
    player = play_training(model, squared, POINTS, steps=8, lr=0.3)
    shown = page(player)
    training = player._data()["training"]
    for at in (0, 4, 8):
        shown.enter(".training input", at)
        shown.key("END")
        assert shown.run("return player.graph.data.at(-1)") == pytest.approx(training["frames"][at]["loss"], rel=1e-12)
        assert f"{at} of 8, loss {short(training['frames'][at]['loss'])}" in shown.text(".training")
    where = next(i for i, node in enumerate(player._data()["graphs"][0]["nodes"]) if node["name"] == "w0")
    for parameter in model.parameters():
        parameter.grad = 0.0
    (sum(squared(model(x), y) for x, y in POINTS) / 4).backward()
    assert shown.run("return player.run.grads[arguments[0]]", where) == pytest.approx(model.w[0].grad)
    shown.press("Values")
    shown.enter(".row input[type=number]", 7)
    assert shown.run("return player.graph.data[Number(document.querySelector('[data-leaf]').dataset.leaf)]") == 7
    shown.press("As recorded")
    assert shown.run("return player.graph.data.at(-1)") == pytest.approx(training["frames"][8]["loss"], rel=1e-12)
    assert shown.run("return player.controls.altered.hidden")
    shown.press("Training")
    assert shown.run("return document.querySelectorAll('.desk .border').length") == 1
    assert shown.text(".desk table tr").startswith("valuegradientupdate")
    assert shown.run("return document.querySelectorAll('.desk .point').length") == 4


def test_each_parameter_is_recorded_with_its_gradient_its_update_and_what_the_optimiser_remembers():
    import nn

    model, again = nn.MLP(2, [3, 1], seed=0), nn.MLP(2, [3, 1], seed=0)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    training = play_training(model, squared, POINTS, steps=3, optimizer=optimizer, example=0)._data()["training"]
    assert training["columns"] == ["gradient", "update", "m", "v"]
    twin = nn.optim.Adam(again.parameters(), lr=0.1)
    for frame in training["frames"][:-1]:
        twin.zero_grad()
        (sum(squared(again(x), y) for x, y in POINTS) / 4).backward()
        gradients, before = [p.grad for p in again.parameters()], [p.data for p in again.parameters()]
        twin.step()
        expected = [
            (gradient, p.data - old, *map(float, state))
            for p, gradient, old, state in zip(again.parameters(), gradients, before, zip(*twin.state))
        ]
        recorded = list(frame["parameters"].values())
        assert sorted(recorded) == [pytest.approx(row, rel=1e-3) for row in sorted(map(list, expected))]
        size = (sum(gradient * gradient for gradient in gradients[:9]) / 9) ** 0.5
        assert frame["layers"]["layer0"][0] == pytest.approx(size, rel=1e-3)
    assert all(row[1] == 0.0 for row in training["frames"][-1]["parameters"].values()), "none follows the last"


def test_relus_that_no_example_reaches_are_marked_dead(page):
    import nn

    model = nn.MLP(2, [2, 1], seed=0)
    biases = [p for name, p in model.named_parameters() if name.startswith("layer0") and name.endswith(".b")]
    biases[0].data, biases[1].data = -100.0, 100.0
    player = play_training(model, squared, POINTS, steps=1, lr=1e-6, example=1)
    (data,) = player._data()["graphs"]
    names = [[data["nodes"][i]["name"] for i in frame["dead"]] for frame in player._data()["training"]["frames"]]
    assert names == [["layer0.neuron0"]] * 2
    shown = page(player)
    assert "Dead, 0 for every example: layer0.neuron0." in shown.text(".desk")
    assert shown.run("return document.querySelectorAll('.graph g.node.dead').length") == 1


def test_play_runs_the_training_and_stops_at_its_end(page):
    import time

    shown = page(play_training(Line(), squared, POINTS, steps=3, lr=0.2))
    shown.key(" ")
    deadline = time.monotonic() + 20
    while shown.run("return player.modes.Training.timer !== undefined") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert shown.run("return [player.modes.Training.at, player.run.at]") == [3, 0]
    shown.run("document.querySelector('.training button').click()")
    assert shown.run("return player.modes.Training.timer !== undefined"), "from the start again"
    shown.key(" ")
    shown.press("Training")
    shown.key(" ")
    assert shown.run("return player.timer !== undefined"), "without the tool, space plays the steps"


def test_a_training_may_change_the_way_the_loss_is_computed(page):
    model = Line()

    def turning(output, target):
        return (output - target) ** 2 if output.data < 0.5 else (output - target).exp() + 1

    player = play_training(model, turning, [([1.0, 0.0], 1)], steps=6, lr=0.5)
    training = player._data()["training"]
    assert {frame["graph"] for frame in training["frames"]} == {0, 1}
    shown = page(player)
    shown.press("Nudge")
    for at, frame in enumerate(training["frames"]):
        shown.enter(".training input", at)
        assert shown.run("return player.graph.data.at(-1)") == pytest.approx(frame["loss"], rel=1e-12)
        shown.key("END")
        assert f"data {short(frame['loss'])}" in shown.run(
            "return [...document.querySelectorAll('.pane text')].map(t => t.textContent)"
        )
    assert shown.run("return player.controls.aside.dataset.mode") == "Nudge"
