"""The report of a check, as text and in a notebook."""

import autograd
from autograd import gradcheck
from autograd.check import Report, Row


def test_it_is_a_table():
    report = gradcheck(lambda p, z: p["w"][0] * p["w"][1] + z**2, ({"w": [2.0, 3.0]}, 0.5))
    assert str(report).splitlines() == [
        "gradcheck at p['w'][0] = 2.0, p['w'][1] = 3.0, z = 0.5",
        "derivative     engine  numerical  ± about  difference  verdict",
        "∂f/∂p['w'][0]  3       3          4e-15    0           ok",
        "∂f/∂p['w'][1]  2       2          4e-15    0           ok",
        "∂f/∂z          1       1          2e-15    0           ok",
    ]
    assert report
    assert "<td>∂f/∂z</td><td>1</td>" in report._repr_html_()


def test_notes_stand_below_the_table_and_over_a_row():
    report = gradcheck(abs, 0.0)
    note = "abs has a kink at x = 0.0. At the kink the derivative is 0"
    assert str(report).splitlines()[-1].startswith(f"∂f/∂x: {note}")
    assert f'title="{note}' in report._repr_html_()


def test_the_worst_row_is_wrong_if_any_is_then_the_furthest_off():
    rows = [
        Row("ok", 1.0, 1.5, 0.0, "differences", "ok"),
        Row("slightly wrong", 1.0, 1.1, 0.0, "differences", "WRONG"),
        Row("wrong", 1e-9, 2e-9, 0.0, "differences", "WRONG"),
        Row("unsure", 1.0, 9.0, 0.0, "differences", "unsure"),
    ]
    assert Report("", rows).worst.name == "wrong"
    assert not Report("", rows).passed
    assert Report("", [rows[0], rows[3]]).worst.name == "unsure"
    assert Report("", [rows[0], rows[3]])


def test_a_title_with_markup_is_escaped_in_a_notebook():
    report = gradcheck(lambda p: p["<b>"] * 2, ({"<b>": 1.0},))
    assert "p[&#x27;&lt;b&gt;&#x27;]" in report._repr_html_()
    assert autograd.check.Report is type(report)
