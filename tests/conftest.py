"""For all tests: reproducible Hypothesis runs, `reference` and `soaking` importable, tables at the end, a browser."""

import gc
import os
import time

import pytest
from browser import open_browser
from hypothesis import HealthCheck, settings
from own_rules import forget
from soaking import SOAK

from autograd import Value
from autograd.engine import any_mode
from autograd.native import backend
from autograd.table.registry import RULES

# `make test` tries the same points every time; `make soak` looks for new ones. Plain Python is slow, and gives the
# same results: there fewer have to do.
settings.register_profile(
    "quick",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=25 if backend == "native" else 15,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.register_profile("soak", parent=settings.get_profile("quick"), derandomize=False, max_examples=1000)
settings.load_profile("soak" if SOAK else "quick")


# JAX runs most of what it compiles once: let it compile quickly. What it computes is the same within rounding.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")


@pytest.fixture(autouse=True)
def no_mode_left_on():
    """After each test no thread is inside no_grad(), record_lines() or a recording: it would slow down what follows."""
    yield
    Value(1.0) * 1.0  # on plain Python the first operation after a mode sees that it is over
    if any_mode():
        gc.collect()  # an error's traceback may keep what began a mode until then
        Value(1.0) * 1.0
    assert not any_mode(), "this test left a mode on"


@pytest.fixture(autouse=True)
def no_rule_left_behind():
    """What a test adds to the table is taken out again: another one may use the name."""
    count = len(RULES)
    yield
    for name in reversed(list(RULES)[count:]):
        forget(name)


@pytest.fixture
def figure(request):
    """A function that adds a row to the table at the end of `make soak`: what was tried, how often, what came out.

    Rows that differ in number and time only become one.
    """
    started = time.perf_counter()

    def add(what, count, found):
        request.node.user_properties.append(("figure", (what, count, found, time.perf_counter() - started)))

    return add


def pytest_collection_finish():
    """What there is before the first test stays: gc.collect() in a test need not look at it, which takes 0.3 s."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """What was skipped and why, and the figures of `make soak`, as tables in Markdown."""
    for rows in (skipped(terminalreporter), figures(terminalreporter) if SOAK else []):
        if len(rows) > 1:
            terminalreporter.write("\n" + in_markdown(rows) + "\n")


def skipped(terminalreporter):
    """How many tests of which files were skipped for each reason; a file that is skipped as a whole counts once."""
    found = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        places = found.setdefault(reason.removeprefix("Skipped: "), [])
        places.append(report.nodeid.partition("::")[0].removeprefix("tests/"))
    rows = [(reason, str(len(places)), ", ".join(dict.fromkeys(places))) for reason, places in found.items()]
    return [("skipped because", "how many", "in"), *sorted(rows)]


def figures(terminalreporter):
    """What was tried, how often, and what came out, added up over all tests."""
    reports = [report for category in ("passed", "failed") for report in terminalreporter.stats.get(category, [])]
    sums = {}
    for what, count, found, seconds in [
        row for report in reports for name, row in report.user_properties if name == "figure"
    ]:
        before = sums.get((what, found), (0, 0.0))
        sums[what, found] = before[0] + count, before[1] + seconds
    rows = [(what, f"{count:,}", found, f"{seconds:,.0f} s") for (what, found), (count, seconds) in sums.items()]
    return [("what", "how many", "figure", "time"), *rows]


def in_markdown(rows):
    """Rows of text as a table, the first as its head."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


@pytest.fixture(scope="session")
def browser():
    driver = open_browser()
    yield driver
    driver.quit()


@pytest.fixture
def float64_in_jax():
    """JAX computes in float64 during the test."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
