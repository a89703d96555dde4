"""The views beside the graph: network, formula and code show the same step as the graph."""

import time

import pytest
from player_page import example, printed

import nn
from autograd import Value, record_lines
from autograd.view.graph import ancestry
from autograd.view.player.page import play

FORMULAS = "return [...document.querySelectorAll('.formula math')].map((e) => e.textContent)"


def test_the_chain_rule_is_typeset_with_the_users_names(page):
    w, x, b = Value(3.0, "w"), Value(-2.0, "x"), Value(5.0, "b")
    s = w * x + b
    s.label = "s"
    y = s.tanh()
    y.label = "y"
    shown = page(play(y))
    nodes = ancestry(y)
    shown.run(
        "player.go(player.run.steps.findIndex(s => s.kind === 'edge' && s.target === arguments[0]) + 1)", nodes.index(w)
    )
    y.backward()
    chain, local = shown.run(FORMULAS)
    slope = printed(s.grad)
    product = printed(-2 * s.grad)
    assert chain == f"∂y∂w=∂y∂s·∂s∂v1·∂v1∂w{product}={slope}·1·(−2)"
    assert local == "v1=w·x⇒∂v1∂w=x=−2"


def test_the_factor_that_is_worked_out_is_lit_as_its_edge_is(page):
    shown = page(play(example()[0]))
    lit = """
        const keys = [...document.querySelectorAll('.formula .now[data-edge]')].map((e) => e.dataset.edge);
        const edges = [...player.pictures[0].edges].filter(([, g]) => g.classList.contains('now')).map(([key]) => key);
        return [[...new Set(keys)], edges];"""
    steps = shown.run("return player.run.steps.map(s => s.kind === 'edge' && `${s.node}_${s.k}`)")
    for at, edge in enumerate(steps, 1):
        if edge:
            shown.run("player.go(arguments[0])", at)
            assert shown.run(lit) == [[edge], [edge]]
    factor = "document.querySelector('.formula [data-edge]')"
    shown.run(f"{factor}.dispatchEvent(new PointerEvent('pointerover', {{ bubbles: true }}))")
    assert shown.run(f"return player.pictures[0].edges.get({factor}.dataset.edge).classList.contains('pointed')")


def test_the_formulas_of_every_rule_are_typeset_without_an_error(page):
    x, y = Value(0.5, "x"), Value(0.7, "y")
    rules = [x.sin(), x.exp(), x.sqrt(), x**y, x / y, x.gelu(), abs(x), -x, x.sigmoid(), x.atan2(y), 1 / x, x.log1p()]
    shown = page(play(sum(rules)))
    for _ in range(shown.run("return player.run.steps.length")):
        shown.key("ARROW_RIGHT")
        assert shown.run(FORMULAS)[0]
    assert shown.run("return document.querySelectorAll('.formula mtext').length") == 0, "no formula was left as text"


def test_a_network_shows_every_neuron_and_its_numbers(page):
    model = nn.MLP(2, [16, 16, 1], seed=0)
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    shown = page(play(loss), "#views=network")
    shown.key("END")
    loss.backward()
    cells = shown.run("""return [...document.querySelectorAll('.network .cell')].map((g) => [
        ...['title', '.value', '.grad'].map((part) => g.querySelector(part).textContent),
        g.querySelector('.shape').getBoundingClientRect().toJSON()]);""")
    found = {name: (value, grad) for name, value, grad, _ in cells}
    assert len(cells) == 2 + 16 + 16 + 1 + 1
    for node in ancestry(loss):
        if node.label and node.label in found and ".neuron" in node.label:
            short = [printed(float(f"{number:.2g}")) for number in (node.data, node.grad)]
            assert found[node.label] == tuple(short)
    column = sorted((box["y"], name) for name, *_, box in cells if name.startswith("layer1."))
    assert [name for _, name in column] == [f"layer1.neuron{i}" for i in range(16)], "in the natural order"
    assert shown.run("return document.querySelectorAll('.network .link').length") == 32 + 256 + 16


def test_the_same_step_lights_the_same_thing_in_graph_and_network(page):
    model = nn.MLP(2, [3, 1], seed=0)
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    nodes = ancestry(loss)
    shown = page(play(loss), "#views=graph+network")
    product = next(i for i, node in enumerate(nodes) if node.parents and node.parents[0].label == "layer0.neuron1.w1")
    shown.run(
        "player.go(player.run.steps.findIndex(s => s.kind === 'forward' && s.node === arguments[0]) + 1)", product
    )
    lit = "return [...document.querySelectorAll('.network .now title')].map((e) => e.textContent)"
    assert shown.run(lit) == ["layer0.neuron1.w1"]
    output = next(i for i, node in enumerate(nodes) if node.label == "layer0.neuron1")
    shown.run("player.go(player.run.steps.findIndex(s => s.kind === 'forward' && s.node === arguments[0]) + 1)", output)
    assert shown.run(lit) == ["layer0.neuron1"]
    shown.run(
        "document.querySelector('.network .cell.neuron .shape').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert shown.run("return player.modeName") == "Paths"


def test_the_weights_from_a_picture_are_small_pictures(page):
    model = nn.MLP(16, [3, 2], seed=0)
    loss = nn.cross_entropy(model([i / 16 for i in range(16)]), 1)
    shown = page(play(loss), "#views=network")
    shapes = (
        "return ['.cell .shade', 'rect.weight', 'line.link'].map((s) => "
        "document.querySelectorAll(`.network ${s}`).length)"
    )
    assert shown.run(shapes) == [16, 48, 6]


def test_a_graph_without_neurons_says_so(page):
    x = Value(3.0, "x")
    shown = page(play(x * x), "#views=network")
    assert "No neurons are found" in shown.text(".network")


def test_the_lines_of_code_follow_the_step(page):
    with record_lines():
        x = Value(-0.5, "x")
        y = x.sin()
        z = y * 2
    shown = page(play(z), "#step=1&views=code")
    lines = "return [...document.querySelectorAll('.code .line')].map((e) => e.textContent.replace(/^[0-9]+/, ''))"
    assert shown.run(lines) == ["y = x.sin()", "z = y * 2"]
    lit = "return [...document.querySelectorAll('.code .now code')].map((e) => e.textContent)"
    assert shown.run(lit) == ["y = x.sin()"]
    shown.key("ARROW_RIGHT")
    assert shown.run(lit) == ["z = y * 2"]
    shown.run("document.querySelector('.code .line').click()")
    assert shown.run("return player.run.at") == 1
    assert "with record_lines():" in page(play(Value(2.0) * 3), "#views=code").text(".code")


def test_values_are_listed_in_an_order_that_one_finds_them_in(page):
    model = nn.MLP(2, [12, 1], seed=0)
    shown = page(play(model([Value(0.5, "x0"), Value(1.0, "x1")]) ** 2))
    shown.press("Values")
    names = shown.run("return [...document.querySelectorAll('.row span')].map((e) => e.title)")
    assert names[:5] == ["x0", "x1", "layer0.neuron0.b", "layer0.neuron0.w0", "layer0.neuron0.w1"]
    firsts = [name for name in names if name.startswith("layer0.") and name.endswith(".w0")]
    assert firsts == [f"layer0.neuron{i}.w0" for i in range(12)]
    cut = shown.run("return [...document.querySelectorAll('.row span')].map((e) => e.textContent)")
    assert cut[3] == "…0.neuron0.w0", "the end is what distinguishes it"
    shown.run("player.picked(player.graph.nodes.findIndex(({ name }) => name === 'layer0.neuron11.w1'))")
    assert shown.run("return [...document.querySelectorAll('.row span')].map((e) => e.title)") == ["layer0.neuron11.w1"]
    shown.press("Show all")
    assert len(shown.run("return [...document.querySelectorAll('.row')]")) == len(names)


def test_mistakes_open_on_one_that_changes_something(page):
    x = Value(3.0, "x")
    shown = page(play(x * 2), "#tool=mistakes")
    assert shown.run("return player.mode.kind") == "Forgotten zero_grad", (
        "where nothing is shared, overwriting is right"
    )
    x = Value(3.0, "x")
    shown = page(play(x * x), "#tool=mistakes")
    assert shown.run("return player.mode.kind") == "Overwriting"


def test_the_address_can_be_copied(page):
    shown = page(play(example()[0]))
    shown.press("Predict")
    shown.run("player.go(7)")
    time.sleep(0.4)
    address = shown.run("return location.hash")
    assert address == "#step=7&tool=predict"
    again = page(play(example()[0]), address)
    assert again.run("return [player.run.at, player.modeName]") == [7, "Predict"]


def test_predict_shows_the_verdict_then_a_line_then_the_next_question(page):
    w, x = Value(3.0, "w"), Value(-2.0, "x")
    shown = page(play(w * x))
    shown.press("Predict")
    shown.run("player.mode.answer.value = '-6'; player.mode.check()")
    tops = shown.run("""return ['.verdict', '.desk hr', '.desk hr + p'].map((s) => (
        document.querySelector(s).getBoundingClientRect().top))""")
    assert tops == sorted(tops)
    assert shown.text(".verdict") == "Right: −6."
    assert "What is its gradient" in shown.text(".desk hr + p")


@pytest.mark.parametrize("unit", ["box", "layer"])
def test_a_network_can_be_followed_level_by_level(page, unit):
    model = nn.MLP(2, [16, 16, 1], seed=0)
    shown = page(play(nn.mse_loss(model([0.5, -1.0]), 1.0)))
    count = shown.run("return player.run.steps.length")
    shown.run("player.controls.unit.value = arguments[0]; player.restop()", unit)
    stops = shown.run("return player.stops.length")
    assert stops < count / 5
    told = []
    while shown.run("return player.step(1)") and len(told) < 200:
        told.append(shown.text(".spoken"))
    assert any(line.startswith("Forward: through layer0") for line in told)
    assert any(line.startswith("Backward: through layer1") for line in told)
    assert shown.run("return player.run.at") == count or len(told) == 200
