"""`History`: the numbers of a training run, epoch by epoch."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class History:
    """The course of a training run: a row of numbers for each epoch.

    >>> history = History()
    >>> history.append(epoch=1, loss=0.5)
    >>> history.append(epoch=2, loss=0.25)
    >>> history["loss"], history[-1]
    ([0.5, 0.25], {'epoch': 2, 'loss': 0.25})

    ended  why training ended: "finished", "stopped early", "stopped by a callback" or "interrupted"
    """

    def __init__(self):
        self.rows: list[dict[str, float]] = []
        self.ended = ""

    def append(self, **row: float) -> None:
        """Add the numbers of one epoch."""
        self.rows.append(row)

    def __len__(self):
        return len(self.rows)

    @overload
    def __getitem__(self, key: int) -> dict[str, float]: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...
    def __getitem__(self, key):
        """A column by name, or a row by number."""
        if not isinstance(key, str):
            return self.rows[key]
        if key not in self.columns():
            names = ", ".join(self.columns()) or "no rows yet"
            raise KeyError(f"the history has no column {key!r}; it has {names}.")
        return [row.get(key) for row in self.rows]

    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def to_dict(self) -> dict[str, list]:
        """The columns by name.

        >>> history = History()
        >>> history.append(epoch=1, loss=0.5)
        >>> history.to_dict()
        {'epoch': [1], 'loss': [0.5]}
        """
        return {name: self[name] for name in self.columns()}

    def to_csv(self, path: "str | Path") -> None:
        """Write the rows as comma-separated values, below a line of names."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns())
            writer.writeheader()
            writer.writerows(self.rows)

    def plot(self) -> "Figure":
        """The curves of loss and metric over the epochs, a matplotlib Figure."""
        from nn.plots import plot_history

        return plot_history(self)

    def __repr__(self):
        last = ", ".join(f"{name} {number:.4g}" for name, number in self.rows[-1].items()) if self.rows else "empty"
        return f"<History: {last}>"
