"""The player's account of a pass: its contributions, `explain`, and the lines of code behind the nodes."""

import io
import os
import re
import subprocess
import sys

import pytest
from player_page import example, tangle

import autograd
from autograd import Value, record_lines
from autograd.errors import ArgumentError, GraphTooLargeError, NumberTypeError, StaleGraphError
from autograd.table.template import filled, template
from autograd.view.graph import Graph, ancestry
from autograd.view.player.page import play
from autograd.view.steps import contributions
from autograd.view.text import explain


def test_the_contributions_are_those_of_backward():
    y = tangle(60)
    steps = list(contributions(Graph(y)))
    y.backward()
    for node in ancestry(y):
        given = [step for step in steps if step.node.parents[step.position] is node]
        if given:
            assert given[-1].after == node.grad, "bit for bit"
            assert [step.before for step in given] == [0.0, *(step.after for step in given[:-1])]
        assert all(step.adjoint == node.grad for step in steps if step.node is node), "a complete adjoint is passed on"


def test_explain_tells_the_story_as_text(capsys):
    w, x = Value(3.0, "w"), Value(2.0, "x")
    explain(w * x + w)
    assert capsys.readouterr().out.splitlines() == [
        "Forward: each value from those before it",
        "  1. v1 = w * x = 3 * 2 = 6",
        "  2. v2 = v1 + w = 6 + 3 = 9",
        "Backward: each node, once its gradient is complete, passes it on to its operands",
        "  3. v2 is the result, so its gradient is 1",
        "  4. v2 to v1: ∂v2/∂v1 = 1; gradient 1 × 1 = 1; v1: 0 + 1 = 1",
        "  5. v2 to w: ∂v2/∂w = 1; gradient 1 × 1 = 1; w: 0 + 1 = 1",
        "  6. v1 to w: ∂v1/∂w = x = 2; gradient 1 × 2 = 2; w: 1 + 2 = 3",
        "  7. v1 to x: ∂v1/∂x = w = 3; gradient 1 × 3 = 3; x: 0 + 3 = 3",
        "Gradients",
        "  w: 3",
        "  x: 3",
    ]


def test_explain_shows_lines_of_code_and_writes_to_a_file():
    out = io.StringIO()
    with record_lines():
        y = Value(3.0, "x") * 2
    explain(y, file=out)
    line = r'  1\. v1 = x \* 2 = 3 \* 2 = 6   \[test_player_story.py:\d+: y = Value\(3.0, "x"\) \* 2\]'
    assert re.fullmatch(line, out.getvalue().splitlines()[1])


def test_a_step_shows_the_line_of_code_that_made_the_node(tmp_path):
    y, _ = recorded = example()
    with record_lines():
        y = recorded[0] * 2
    graph = Graph(y)
    assert re.fullmatch(r"test_player_story.py:\d+: y = recorded\[0\] \* 2", graph.code(y))
    assert graph.code(recorded[0]) is None, "it was made outside record_lines()"


def test_the_code_of_a_notebooks_cell_is_shown_by_its_line():
    import linecache

    cell = "from autograd import Value, record_lines\nwith record_lines():\n    y = Value(3.0) * 7\n"
    name = "/tmp/ipykernel_1/1234567.py"
    linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
    try:
        names = {}
        exec(compile(cell, name, "exec"), names)
        assert Graph(names["y"]).code(names["y"]) == "line 3 of the cell: y = Value(3.0) * 7"
    finally:
        del linecache.cache[name]


def test_where_several_files_have_one_name_no_code_is_shown(tmp_path):
    import linecache

    with record_lines():
        y = Value(3.0) * 7
    name = str(tmp_path / "test_player_story.py")
    linecache.cache[name] = (1, None, ["x\n"] * 10_000, name)
    try:
        assert re.fullmatch(r"test_player_story.py:\d+", Graph(y).code(y))
    finally:
        del linecache.cache[name]


def test_a_replayed_result_is_told_as_the_function_computes_it(capsys):
    w, x = Value(0.5, "w"), Value(2.0, "x")

    def f(x):
        return (w * x).sin() * w

    stories = []
    for result in (autograd.compile(f)(x), f(x), autograd.compile(f).mean([x, x]), (f(x) + f(x)) / 2):
        explain(result)
        stories.append(capsys.readouterr().out)
    assert stories[0] == stories[1]
    assert stories[2] == stories[3]
    replayed = autograd.compile(f)(x)
    assert play(replayed).html() == play(f(x)).html()
    assert (w.grad, x.grad, replayed.grad) == (0.0, 0.0, 0.0)


def test_playing_changes_no_gradient():
    y, leaves = example()
    leaves[0].grad = 7.0
    play(y).html()
    explain(y, file=io.StringIO())
    assert [leaf.grad for leaf in leaves] == [7.0, 0.0, 0.0]


def test_what_cannot_be_played_is_refused():
    with pytest.raises(NumberTypeError, match=r"expected a Value, got float 3.0"):
        play(3.0)
    with pytest.raises(ArgumentError, match=r"play: Constant\(3.0\) depends on no Value"):
        play(Value(3.0).detach())
    with pytest.raises(GraphTooLargeError, match=r"has 5 nodes; explain shows at most 3. Take the loss of one example"):
        explain(Value(1.0) * 2 * 3, limit=3)
    x = Value(3.0, "x")
    y = x * x
    x.data = 4.0
    with pytest.raises(StaleGraphError, match=r"Value\(9.0, grad=0\) no longer follows from its operands"):
        play(y)


def test_a_million_nodes_are_refused_without_recursion():
    chain = Value(1.0)
    for _ in range(100_000):
        chain = -chain
    with pytest.raises(GraphTooLargeError, match="has 100,001 nodes; play shows at most 100,000"):
        play(chain)
    chain = Value(1.0)
    for _ in range(2000):
        chain = -chain
    with pytest.raises(
        GraphTooLargeError, match=r"has 2,001 nodes; play shows at most 2,000 side by side. Pass the model"
    ):
        play(chain)


@pytest.mark.parametrize(
    ("formula", "texts", "written"),
    [
        ("1 / x - y ** 2", ["-2", "-3"], "1 / (-2) - (-3) ** 2"),
        ("-x * y", ["-2", "3"], "-(-2) * 3"),
        ("hypot(x, y)", ["-2", "-3"], "hypot(-2, -3)"),
        ("pi * x", ["2", ""], "pi * 2"),
    ],
)
def test_numbers_in_formulas_are_bracketed_where_they_need_it(formula, texts, written):
    assert filled(template(formula), texts, ["x", "y"]) == written


def test_importing_the_player_needs_no_library():
    code = "import autograd.view.player.page, sys; print([m for m in ('graphviz', 'wasmtime') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True, env=dict(os.environ))
    assert run.stdout == "[]\n"
