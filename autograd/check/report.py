"""What `gradcheck` returns: a report with a row for each derivative."""

from __future__ import annotations

from typing import NamedTuple

VERDICTS = ("ok", "kink", "unsure", "WRONG")  # from best to worst
SHADES = {"ok": "", "kink": "background:#fff3cd", "unsure": "background:#fff3cd", "WRONG": "background:#f8d7da"}


class Row(NamedTuple):
    """One derivative: the engine's, the numerical one, and the verdict.

    name        "∂f/∂x", "∂²f/∂x∂w[0]"
    engine      the engine's derivative
    numerical   the numerical derivative
    error       an estimate of the numerical derivative's absolute error
    method      "complex step" or "differences"
    verdict     "ok"; "WRONG"; "kink" where the derivative is a convention; "unsure" where the numerical derivative is
                not precise enough
    note        which kink, why unsure, or the likely cause of a wrong derivative
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
        """The absolute difference of the two derivatives."""
        return abs(self.engine - self.numerical)


class Report:
    """The result of `gradcheck`: its `rows`, and whether the check `passed`, which is also its truth value."""

    def __init__(self, title: str, rows: list[Row]) -> None:
        self.title, self.rows = title, rows

    @property
    def passed(self) -> bool:
        """Whether no row is "WRONG"."""
        return all(row.verdict != "WRONG" for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest relative difference, among those with the worst verdict."""
        return max(self.rows, key=lambda row: (VERDICTS.index(row.verdict), _relative_difference(row)))

    def __bool__(self) -> bool:
        return self.passed

    def _cells(self) -> list[tuple[str, ...]]:
        """The heading and the rows of the table."""
        return [("derivative", "engine", "numerical", "± about", "difference", "verdict"), *map(_cells, self.rows)]

    def __str__(self) -> str:
        table = self._cells()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip() for cells in table]
        notes = dict.fromkeys(f"{row.name}: {row.note}" for row in self.rows if row.note)
        return "\n".join([self.title, *lines, *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        head, *body = [[escape(cell) for cell in cells] for cells in self._cells()]
        rows = "".join(
            f'<tr style="{SHADES[row.verdict]}" title="{escape(row.note)}">'
            f"{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            for row, cells in zip(self.rows, body)
        )
        return (
            f"<table><caption>{escape(self.title)}</caption>"
            f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{rows}</table>"
        )


def _cells(row):
    numbers = f"{row.engine:.12g}", f"{row.numerical:.12g}", f"{row.error:.1g}", f"{row.difference:.1g}"
    return row.name, *numbers, row.verdict


def _relative_difference(row):
    return row.difference / (max(abs(row.engine), abs(row.numerical), row.error) or 1.0)
