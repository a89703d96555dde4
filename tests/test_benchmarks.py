"""The benchmark runs, its contenders do the same work, its report says what was measured. No test asserts a time."""

import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from soaking import SOAK

from autograd import Value

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `tests` is no installed package
from tests.benchmarks import check, figures, microgpt, picture, race, report, worker  # noqa: E402
from tests.benchmarks.row import Absent, Row  # noqa: E402
from tests.benchmarks.rows import ROWS, control, gpt, graph, in_c, moons  # noqa: E402
from tests.benchmarks.tuple_node import Value as TupleNode  # noqa: E402

sys.path.remove(str(ROOT))

SMALL = ("moons", "gpt", "epoch", "mlp 16")  # rows with all peers that are quick to set up


def result(seconds=(), numbers=(), stage="", nodes=None, **others):
    return race.Result(
        runs={stage: list(seconds)} if seconds else {}, nodes={stage: nodes}, numbers=list(numbers), **others
    )


def test_quick_run(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.benchmarks",
            "--quick",
            "--rounds",
            "1",
            "--out",
            str(tmp_path),
            "--rows",
            "moons",
            "gpt",
            "graph",
            "first",
            "import",
            "--contenders",
            "python",
            "native",
            "tuple-node",
            "micrograd",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "bench.json").read_text())
    rows = {"moons", "gpt", "graph", "graph chain 1e3 forward", "first graph later forward", "import", "import nn"}
    assert rows | {"control"} <= set(found)
    assert {"python", "tuple-node"} <= set(found["gpt"]) <= {"python", "native", "tuple-node"}
    for contenders in found.values():
        for measured in contenders.values():
            assert set(measured) == {"median_s", "runs_s", "nodes"}
            assert min(measured["runs_s"]) <= measured["median_s"] <= max(measured["runs_s"])
    assert found["graph tree 1e3 backward"]["python"]["nodes"] == 1000
    assert found["gpt"]["python"]["nodes"] > 20_000
    assert "absent: its Value has no exp and no log" in done.stdout
    assert "control: its quartiles are" in done.stdout
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_problems_are_json_and_rows_have_distinct_contenders():
    for row in [*ROWS, control.ROW]:
        assert set(row.start) | set(row.cannot) <= set(race.CONTENDERS)
        assert not set(row.start) & set(row.cannot)
    assert len({row.name for row in ROWS}) == len(ROWS)
    problem = moons.problem(True)
    assert json.loads(json.dumps(problem)) == problem
    assert len(problem["weights"]) == 337


def numpy_loss(weights, word):
    """The loss of the transformer on whole matrices, as an independent computation."""
    import numpy as np

    w = {name: np.array(matrix) for name, matrix in weights.items()}

    def norm(x):
        return x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-5)

    def softmax(x):
        shifted = np.exp(x - x.max(-1, keepdims=True))
        return shifted / shifted.sum(-1, keepdims=True)

    n = len(word) - 1
    x = norm(w["letters"][word[:-1]] + w["places"][:n])
    parts = []
    for h in range(4):
        q, k, v = (norm(x) @ w[name].T[:, 4 * h : 4 * h + 4] for name in ("query", "key", "value"))
        parts.append(softmax(q @ k.T / 2 + np.triu(np.full((n, n), -1e9), 1)) @ v)
    x = x + np.hstack(parts) @ w["out"].T
    x = x + np.maximum(norm(x) @ w["up"].T, 0) @ w["down"].T
    return -np.log(softmax(x @ w["scores"].T)[range(n), word[1:]]).mean()


@pytest.mark.parametrize("engine", [Value, TupleNode])
def test_transformer_is_what_it_says(engine):
    pytest.importorskip("numpy", reason="NumPy is not installed")
    problem = gpt.problem(False)
    word = problem["words"][3]
    model, parameters = gpt.scalar(engine, problem)
    loss = gpt.loss_of(model, word)
    assert loss.data == pytest.approx(numpy_loss(problem["weights"], word), rel=1e-12)
    assert len(parameters) == 4192
    loss.backward()
    for name, row, column in (("letters", word[1], 2), ("query", 5, 6), ("down", 3, 40), ("scores", 20, 1)):
        shifted = []
        for h in (1e-6, -1e-6):
            problem["weights"][name][row][column] += h
            shifted.append(numpy_loss(problem["weights"], word))
            problem["weights"][name][row][column] -= h
        assert model[name][row][column].grad == pytest.approx((shifted[0] - shifted[1]) / 2e-6, rel=1e-5, abs=1e-9)


def test_adam_of_the_script_is_that_of_nn():
    import nn

    problem = gpt.problem(True)
    training = gpt.script(Value, problem)
    losses = [training.step().data for _ in range(3)]
    model, parameters = gpt.scalar(Value, problem)
    optimizer = nn.Adam(parameters, lr=gpt.RATE)
    for word, expected in zip(problem["words"], losses):
        loss = gpt.loss_of(model, word)
        assert loss.data == pytest.approx(expected, rel=1e-12)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize(
    ("on_nodes", "on_floats"),
    [
        (lambda x, y: x * y - x + 2.0 * y + 3.0, lambda x, y: x * y - x + 2.0 * y + 3.0),
        (lambda x, y: x / y - x**-1.5, lambda x, y: x / y - x**-1.5),
        (lambda x, y: (x - y).exp() * (x + y).log(), lambda x, y: math.exp(x - y) * math.log(x + y)),
        (lambda x, y: (x * x - y).relu() + (y - x * x).relu() * -x, lambda x, y: max(0.0, x * x - y)),
    ],
)
def test_tuple_node_against_finite_differences(on_nodes, on_floats):
    x, y = TupleNode(1.3), TupleNode(0.8)
    out = on_nodes(x, y)
    out.backward()
    assert out.data == pytest.approx(on_floats(1.3, 0.8), rel=1e-15)
    assert x.grad == pytest.approx((on_floats(1.3 + 1e-6, 0.8) - on_floats(1.3 - 1e-6, 0.8)) / 2e-6, rel=1e-7)
    assert y.grad == pytest.approx((on_floats(1.3, 0.8 + 1e-6) - on_floats(1.3, 0.8 - 1e-6)) / 2e-6, rel=1e-7)


@pytest.mark.parametrize("shape", graph.SHAPES)
@pytest.mark.parametrize("nodes", [10, 1000])
def test_graphs_have_the_nodes_they_are_counted_with(shape, nodes):
    _, forward = graph.SHAPES[shape](Value, nodes)
    root = forward()
    assert abs(worker.count(root) - nodes) <= 2
    stages = graph.ours({"shape": shape, "nodes": nodes})()
    assert set(stages.seconds) == set(stages.nodes) == {"", "forward", "backward", "free"}


def test_count_takes_shared_nodes_once_and_constants_too():
    x = Value(2.0)
    y = x * x + 1.0
    assert worker.count(y + y) == 5
    assert worker.count([0.5]) is None


def test_results_that_differ_fail():
    results = {
        "micrograd": result(numbers=[1.0, 2.0]),
        "python": result(numbers=[1.0, 2.0 + 1e-11]),
        "native": result(numbers=[1.0, 2.001]),
        "torch": result(numbers=[1.0, 2.0]),
        "import": result(),
    }
    race.check(results)
    assert [name for name, found in results.items() if found.failed] == ["native"]
    assert results["native"].failed == "its results differ: 2.001 where the others have 2.00000000001"
    results["torch"].numbers[1] = math.nan
    race.check(results)
    assert results["torch"].failed.startswith("its results differ: nan")


def test_gradients_that_differ_fail():
    results = {
        "python": result(numbers=[1.0], gradients=[1e-12, 5.0]),  # the first is 0 but for rounding
        "native": result(numbers=[1.0], gradients=[0.0, 5.0]),
        "jax": result(numbers=[1.0], gradients=[1e-6, 5.0]),
        "sklearn": result(numbers=[1.0]),
    }
    race.check(results)
    assert [name for name, found in results.items() if found.failed] == ["jax"]
    assert results["jax"].failed == "its gradients differ: 1e-06 where the others have 1e-12"


AGREEING = [row for row in ROWS if set(row.start) & set(race.PEERS) and row.checked and row.name in SMALL]


@pytest.mark.parametrize("row", AGREEING, ids=lambda row: row.name)
def test_contenders_agree_or_say_why_they_are_absent(row):
    timed = row.name == "moons"  # of the others only the first steps are made, whose results are compared
    settings = race.Settings(quick=True, rounds=int(timed), peers=os.environ.get("BENCH_PEERS") or sys.executable)
    slow = {"torch-compile", "jax"} if row.name != "mlp 16" and not SOAK else {"torch-compile"}  # to compile
    contenders = [name for name in race.CONTENDERS if name not in slow]
    with race.start_control(settings) as controller:
        results = race.race(row, settings, controller, contenders)
    assert {name: found.failed for name, found in results.items() if found.failed} == {}
    assert all(found.absent or (found.runs if timed else found.numbers) for found in results.values())
    assert set(results) >= {"compiled", "numpy", "c", "jax", "torch"} - slow
    agreeing = [found for found in results.values() if found.numbers]
    assert row.name == "epoch" or all(len(found.gradients) > 100 for found in agreeing)


def test_processes_of_contenders_have_one_thread():
    assert race.environment("numpy")["OPENBLAS_NUM_THREADS"] == race.environment("native")["GLASSGRAD_THREADS"] == "1"
    assert race.environment("python")["GLASSGRAD_PURE"] == "1"
    assert "GLASSGRAD_PURE" not in race.environment("native")


def test_c_is_absent_without_a_compiler(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(Absent, match="there is no C compiler called no-such-compiler"):
        in_c.library("mlp.c")


def test_c_that_cannot_be_compiled_is_absent_with_the_reason():
    if not shutil.which("cc"):  # without one the contender is absent for that reason, whatever its source
        pytest.skip("there is no C compiler")
    with pytest.raises(Absent, match=r"cc could not compile mlp\.c: .*SIZE1"):
        in_c.library("mlp.c", LAYERS=2)


def test_a_failure_is_reported_and_the_others_go_on(tmp_path):
    row = Row("moons", "some work", lambda quick: {}, {"python": None, "native": None, "torch": None})
    results = {
        "moons": {
            "python": result([0.010, 0.011, 0.012], nodes=1000),
            "native": result([0.001] * 3, nodes=1000),
            "torch": result(failed="its results differ"),
            "compiled": result(absent="not there"),
        },
        "mlp 16": {"compiled": result([6e-5]), "jax": result([5e-5])},
        "mlp 32": {"compiled": result([1e-4]), "jax": result(absent="not there")},
        "control": {"python": result([1.0, 1.0, 1.5])},
    }
    text = report.table([row], results)
    assert "FAILED: its results differ" in text
    assert "absent: not there" in text
    assert "11.0 ms  10.5 ms – 11.5 ms  1,000       11,000      1.00" in text
    assert "1.00 ms  1.00 ms – 1.00 ms  1,000        1,000     11.00" in text
    assert "control: its quartiles are 1.00 s – 1.25 s; the machine was busy" in text
    assert report.as_json(results)["moons"]["native"] == {"median_s": 0.001, "runs_s": [0.001] * 3, "nodes": 1000}
    if picture.write(results, tmp_path / "bench.png"):
        assert (tmp_path / "bench.png").stat().st_size > 10_000


def test_stages_and_bytes_are_in_the_table():
    stages = race.Result(runs={"": [2.0], "later": [0.5]}, nodes={"": 10**6, "later": 10**6}, bytes=96.0)
    row = Row("first", "some graphs", lambda quick: {}, {"native": None})
    assert list(report.step_table(row, {"native": stages}))[1:] == [
        "           median        quartiles      nodes  ns per node  bytes per node",
        "  native   2.00 s  2.00 s – 2.00 s  1,000,000        2,000              96",
        "    later  500 ms  500 ms – 500 ms  1,000,000          500",
    ]


def test_products_at_the_peak_are_a_part_of_each_step():
    """2 ms and 4 ms for a million, fused 1 ms and 2 ms: 1,000 and 3,000 of them take 3 µs + 4.5 µs."""
    row = Row("digits", "some work", lambda quick: {}, {}, products=(1000, 3000))
    peak = race.Result(runs={"": [2e-3, 4e-3], "fused": [1e-3, 2e-3]}, nodes={})
    steps = {"compiled": result([25e-6]), "jax": result([75e-6]), "c": race.Result(absent="no compiler")}
    assert list(report.bound_table([row], {"peak": {"c": peak}, "digits": steps}))[1:] == [
        "          results  gradients  at the peak  compiled  numpy  c   jax",
        "  digits    1,000      3,000      7.50 µs      30 %            10 %",
    ]
    assert list(report.bound_table([row], {"peak": {"c": race.Result(absent="no compiler")}, "digits": steps})) == []


def test_a_ratio_is_that_of_the_same_round():
    assert figures.ratio([2.0, 4.0, 60.0], [1.0, 2.0, 3.0]) == 2.0
    assert figures.ratio([2.0, 8.0, 2.0], [1.0, 4.0, 1.0]) == 2.0  # the machine was slow in the second round
    assert figures.ratio([4.0], [1.0, 2.0, 2.0]) == 2.0
    row = {"c": result([3.0, 30.0]), "compiled": result([1.0, 30.0])}
    (gpt,) = [f for f in figures.figures({"gpt": row}) if f[0] == "gpt: compiled, as a multiple of C by hand"]
    assert gpt[2:] == ("0.667 ×", True)


def test_peers_are_compared_with_what_is_recorded():
    row = Row("digits", "some work", lambda quick: {}, {})
    results = {"native": result([10e-3]), "compiled": result([2e-3]), "jax": result([1e-3])}
    lines = list(report.step_table(row, results))
    assert lines[1].split()[-4:] == ["×", "native", "×", "compiled"]
    assert lines[4].split()[-2:] == ["10.00", "2.00"]


def test_figures():
    found = {
        what: (measured, reached)
        for what, _, measured, reached in figures.figures(
            {
                "moons": {"micrograd": result([1.6]), "python": result([0.1]), "native": result([0.02])},
                **{
                    f"graph chain 1e{k}": {
                        "native": race.Result(
                            runs={"forward": [1e-8 * 10 ** (1.1 * k)], "backward": [2e-8 * 10**k]},
                            nodes={"forward": 10**k, "backward": 10**k},
                        )
                    }
                    for k in range(3, 8)
                },
                "recording": {"compiled": result([0.1], bytes=16.0)},
                "digits": {"compiled": result([0.08]), "c": result([0.01]), "jax": result([0.04])},
                "mlp 16": {"compiled": result([0.06]), "jax": result([0.08])},
            }
        )
    }
    assert found["moons: pure Python over micrograd"] == ("16 ×", True)
    assert found["moons: native over micrograd"] == ("80 ×", False)
    assert found["graph: backward, chain of 10⁶"] == ("20 ns per node", True)
    assert found["graph: growth of forward, chain to 10⁷"] == ("1.1 as exponent", False)
    assert found["graph: growth of backward, chain to 10⁷"] == ("1 as exponent", True)
    assert found["digits: compiled, as a multiple of C by hand"] == ("8 ×", False)
    assert found["digits: compiled over JAX"] == ("0.5 ×", False)
    assert found["mlp 16: compiled, as a multiple of JAX"] == ("0.75 ×", True)
    assert found["recording: memory"] == ("16 bytes per node and lane", True)
    assert found["import autograd"] == (None, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (123.4, "123 s"),
        (1.0, "1.00 s"),
        (0.99961, "1.00 s"),
        (0.0459, "45.9 ms"),
        (0.001, "1.00 ms"),
        (12.34e-6, "12.3 µs"),
        (5e-8, "0.0500 µs"),
    ],
)
def test_seconds_text(seconds, text):
    assert report.seconds_text(seconds) == text


def test_race_takes_the_contenders_that_are_asked_for():
    settings = race.Settings(quick=True, rounds=2)
    with race.start_control(settings) as controller:
        results = race.race(control.ROW, settings, controller, ["python", "torch"])
        assert list(results) == ["python"]
        assert len(results["python"].runs[""]) == len(controller.result.runs[""]) == 2


def test_a_contender_that_breaks_is_reported():
    with race.Contestant(control.ROW, "python", {"numbers": "many"}, race.Settings(quick=True)) as contestant:
        assert contestant.result.failed == "TypeError: 'str' object cannot be interpreted as an integer"
        assert not contestant.taking_part
    with race.Contestant(
        next(row for row in ROWS if row.name == "moons"), "native", moons.problem(True), race.Settings(quick=True)
    ) as contestant:
        assert contestant.taking_part or contestant.result.absent.startswith("the compiled engine is not built")


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Makes `make bench-check` take made-up times for the row moons, in seconds by contender."""
    monkeypatch.setenv("BENCH_CLOCK", "")  # the check changes it
    monkeypatch.setattr(check, "FIGURES", tmp_path / "check.json")
    monkeypatch.setattr(check, "ROWS_CHECKED", {"moons": ("micrograd", check.OURS)})
    runs = iter(())

    def race_made_up(row, settings, controller, contenders):
        return {contender: result(seconds) for contender, seconds in next(runs).items()}

    def take(*times):
        nonlocal runs
        runs = iter(times)

    monkeypatch.setattr(race, "race", race_made_up)
    monkeypatch.setattr(race, "start_control", lambda settings: contextlib.nullcontext(Controller()))
    return take


class Controller:
    """A control that took a second each time."""

    result = race.Result(runs={"": [1.0]})


def test_ratios_are_to_the_peer_of_the_row():
    results = {"micrograd": result([8.0, 4.0]), "python": result([1.0, 2.0]), "native": result(absent="not built")}
    assert check.ratios("moons", results, "micrograd") == {"moons python / micrograd": 0.25}
    assert check.ratios("moons", {"micrograd": result(absent="not there")}, "micrograd") == {}


def test_stages_have_ratios_of_their_own():
    stages = race.Result(runs={"": [6.0], "forward": [4.0, 2.0], "backward": [3.0]})
    assert check.ratios("graph", {"native": stages, "control": result([8.0, 4.0])}, "control") == {
        "graph forward native / control": 0.5,
        "graph backward native / control": 0.75,
    }


def test_slower_by_more_than_a_fifth_is_told_and_fails(measured, capsys):
    measured({"micrograd": [10.0], "python": [1.0], "native": [0.1]})
    assert check.main(["--accept"]) == 0
    times = {"micrograd": [20.0], "python": [2.3], "native": [0.25]}  # the machine is half as fast
    measured(*[times] * 4)
    assert check.main([]) == 1
    said = capsys.readouterr().out
    assert "SLOWER  moons native / micrograd: 1.25 times the accepted 0.01" in said
    assert "2 ratios, 1 slower by more than a fifth." in said
    assert "python" not in said.partition("SLOWER")[2]


def test_what_seems_slower_is_measured_again(measured, capsys):
    measured({"micrograd": [10.0], "python": [1.0]})
    check.main(["--accept"])
    measured(*[{"micrograd": [10.0], "python": [seconds]} for seconds in (3.0, 2.0, 1.1)])
    assert check.main([]) == 0
    assert "1 ratios, 0 slower" in capsys.readouterr().out


def test_what_is_faster_may_be_accepted(measured, capsys):
    measured({"micrograd": [10.0], "python": [1.0]})
    check.main(["--accept"])
    measured({"micrograd": [10.0], "python": [0.5], "native": [0.1]})
    assert check.main([]) == 0
    said = capsys.readouterr().out
    assert "faster  moons python / micrograd: 0.50 times the accepted 0.1" in said
    assert "new     moons native / micrograd: 0.01" in said
    assert "make bench-check ACCEPT=1" in said


def test_what_is_not_measured_any_more_fails(measured, capsys):
    measured({"micrograd": [10.0], "python": [1.0], "native": [0.1]})
    check.main(["--accept"])
    measured({"micrograd": [10.0], "python": [1.0]})
    assert check.main([]) == 1
    assert "MISSING moons native / micrograd" in capsys.readouterr().out


def test_a_contender_with_a_wrong_result_ends_the_check(measured, monkeypatch):
    monkeypatch.setattr(race, "race", lambda *_: {"python": result(failed="its results differ")})
    with pytest.raises(SystemExit, match="moons: python failed: its results differ"):
        check.main(["--accept"])


def test_figures_of_another_machine_are_named(measured, capsys):
    measured({"micrograd": [10.0], "python": [1.0]})
    check.main(["--accept"])
    check.FIGURES.write_text(check.FIGURES.read_text().replace(check.machine(), "Z80, Python 2.7"))
    measured({"micrograd": [10.0], "python": [1.0]})
    assert check.main([]) == 0
    assert "another machine (Z80, Python 2.7; this is" in capsys.readouterr().out


def test_committed_figures_belong_to_rows_that_exist():
    accepted = json.loads(check.FIGURES.read_text())["ratios"]
    rows = [row.name for row in ROWS if row.name in check.ROWS_CHECKED]
    assert set(rows) == set(check.ROWS_CHECKED)
    assert all(any(name.startswith(f"{row} ") for row in rows) for name in accepted)
    assert all(any(name.startswith(f"{row} ") for name in accepted) for row in rows)


def test_the_small_gpt_has_the_same_losses_with_every_engine():
    steps = 3
    expected = list(microgpt.training(TupleNode, steps))
    assert list(microgpt.training(Value, steps)) == pytest.approx(expected, rel=1e-12)
    assert list(microgpt.training(Value, steps, record=True)) == pytest.approx(expected, rel=1e-12)
    assert math.log(20) < expected[0] < math.log(40)  # at first the letters are about equally probable
    assert expected[0] != expected[1]


def test_the_small_gpt_as_a_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["microgpt", "--engine", "recorded", "--steps", "2"])
    microgpt.main()
    losses, seconds = json.loads(capsys.readouterr().out)
    assert losses == list(microgpt.training(Value, 2, record=True))
    assert len(seconds) == 2
