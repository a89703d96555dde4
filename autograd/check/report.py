"""The report of a check: a row for each derivative."""

from __future__ import annotations

import html
from typing import NamedTuple


class Row(NamedTuple):
    """One derivative: what the engine says, what the numbers say, and the verdict.

    name        "∂f/∂x", "∂²f/∂x∂w[0]"
    engine      the engine's derivative
    numerical   the numerical one, and `error` an estimate of its error
    method      "complex step" or "differences"
    verdict     "ok", "WRONG", "kink" where the derivative is a convention, "unsure" where the numbers are too rough
    note        what kink, or what usually causes such a difference
    """

    name: str
    engine: float
    numerical: float
    error: float
    method: str
    verdict: str
    note: str = ""

    @property
    def difference(self) -> float:
        """How far the two are apart."""
        return abs(self.engine - self.numerical)


VERDICTS = ("ok", "kink", "unsure", "WRONG")


class Report:
    """What `gradcheck` found: `rows`, and whether the check `passed`, which is also its truth value."""

    def __init__(self, title: str, rows: list[Row]) -> None:
        self.title, self.rows = title, rows

    @property
    def passed(self) -> bool:
        """Whether no row is "WRONG"."""
        return all(row.verdict != "WRONG" for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row that is furthest off, for its size; the wrong ones come before all others."""
        return max(self.rows, key=lambda row: (VERDICTS.index(row.verdict), row.difference / (_size(row) or 1.0)))

    def __bool__(self) -> bool:
        return self.passed

    def _cells(self) -> list[tuple[str, ...]]:
        head = ("derivative", "engine", "numerical", "± about", "difference", "verdict")
        return [
            head,
            *(
                (
                    row.name,
                    f"{row.engine:.12g}",
                    f"{row.numerical:.12g}",
                    f"{row.error:.1g}",
                    f"{row.difference:.1g}",
                    row.verdict,
                )
                for row in self.rows
            ),
        ]

    def __str__(self) -> str:
        table = self._cells()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in table]
        notes = dict.fromkeys(f"{row.name}: {row.note}" for row in self.rows if row.note)
        return "\n".join([self.title, *lines, *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shade = {"ok": "", "kink": "background:#fff3cd", "unsure": "background:#fff3cd", "WRONG": "background:#f8d7da"}
        head, *body = [[html.escape(cell) for cell in cells] for cells in self._cells()]
        rows = "".join(
            f'<tr style="{shade[row.verdict]}" title="{html.escape(row.note)}">'
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            for row, cells in zip(self.rows, body)
        )
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{rows}</table>"
        )


def _size(row):
    return max(abs(row.engine), abs(row.numerical), row.error)
