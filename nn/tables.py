"""`from_csv`: examples from a table in a file, with errors that say in which line and column something is wrong."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from nn.dataset import Dataset
from nn.errors import DataFileError, closest

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
Column = str | int


def from_csv(
    file: "str | Path | Iterable[str]",
    target: "Column | Sequence[Column]" = -1,
    inputs: "Sequence[Column] | None" = None,
    *,
    header: bool = True,
    delimiter: str = ",",
    classes: Sequence[str] = (),
    encoding: str = "utf-8-sig",
) -> Dataset:
    """A Dataset from a CSV file: each line is an example, each column one of its numbers, or the class.

    file       a path, an open text file, or a list of lines
    target     the column to predict, by name or by number from 0 (-1 is the last): names of classes, which are numbered
               in alphabetical order, or numbers; or a list of columns of numbers, for several targets
    inputs     the columns to predict it from, by default all others
    header     whether the first line has the names of the columns
    delimiter  what separates the columns
    classes    the names of the classes in the order of their numbers, such as train.classes for a file of test data

    >>> flowers = from_csv(["length,width,species", "5.1,3.5,setosa", "6.2,2.9,virginica", "4.9,3.0,setosa"], "species")
    >>> flowers, flowers.features, flowers.classes
    (<Dataset: 3 examples of 2 numbers, 2 classes>, ['length', 'width'], ['setosa', 'virginica'])
    >>> flowers[1]
    ([6.2, 2.9], 1)

    Raises ArgumentError, with line and column, for a value that is missing or not a number, for lines of different
    lengths, and for columns that are not there; DataFileError, a kind of OSError, if the file cannot be read.
    """
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise ArgumentError(f"from_csv: delimiter must be one character, got {delimiter!r:.60}.")
    if isinstance(file, (str, Path)):
        try:
            with open(file, encoding=encoding, newline="") as lines:
                table = _Table(str(file), lines, header, delimiter)
        except (OSError, LookupError) as error:
            raise DataFileError(f"{file!s:.300}: cannot be read ({error}).") from error
    else:
        table = _Table("from_csv", expect_list("from_csv: file", file), header, delimiter)
    several = not isinstance(target, (str, int))
    wanted: list[Any] = expect_list("from_csv: target", target) if several else [target]
    targets = [table.column(name) for name in wanted]
    others = [k for k in range(len(table.names)) if k not in targets]
    chosen = others if inputs is None else [table.column(name) for name in expect_list("from_csv: inputs", inputs)]
    both = set(chosen) & set(targets)
    if both or not chosen:
        what = f'column "{table.names[min(both)]}" is target and input' if both else "there is no column for the inputs"
        raise ArgumentError(f"{table.name}: {what}. Choose other columns with `inputs` and `target`.")
    columns = [table.numbers(k) for k in chosen]
    goals = [table.numbers(k) if several else table.labels_or_numbers(k, classes) for k in targets]
    return Dataset(
        list(map(list, zip(*columns))),
        list(map(list, zip(*goals))) if several else goals[0],
        features=[table.names[k] for k in chosen],
        classes=classes,
        name=Path(file).stem if isinstance(file, (str, Path)) else "",
    )


class _Table:
    """The cells of a file as strings, with what is needed to say where one is.

    names   of the columns
    rows    (number of the line, cells) for each line but the header
    """

    def __init__(self, name: str, lines: Iterable[str], header: bool, delimiter: str):
        self.name = name
        try:
            reader = csv.reader(_without_mark(lines), delimiter=delimiter, skipinitialspace=True)
            found = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
        except UnicodeDecodeError as error:
            raise ArgumentError(f'{name}: {error}. Pass its encoding, such as encoding="latin-1".') from error
        except (csv.Error, TypeError, ValueError) as error:
            raise ArgumentError(f"{name}: is not a table in text ({type(error).__name__}: {error}).") from error
        found = [(line, cells) for line, cells in found if any(cells)]  # an empty line means nothing
        if len(found) < 1 + header:
            raise ArgumentError(f"{name}: there are no examples{' below the header' if found else ''}.")
        first = found[0][1]
        self.names = first if header else [f"column {k}" for k in range(len(first))]
        self.rows = found[header:]
        self._check(first, header, delimiter)

    def _check(self, first: list[str], header: bool, delimiter: str) -> None:
        if len(first) == 1 and (other := next((mark for mark in ";\t|" if mark in first[0]), None)):
            raise ArgumentError(f"{self.name}: there is no {delimiter!r} in the first line. Pass delimiter={other!r}.")
        if header and all(_number(cell) is not None for cell in first):
            raise ArgumentError(f"{self.name}: the first line has numbers, not names. Pass header=False.")
        numbers = [cell for cell in first if _number(cell) is not None]
        if header and (not all(map(str.isdecimal, numbers)) or numbers != sorted(set(numbers), key=int)):
            raise ArgumentError(
                f"{self.name}: the first line looks like an example, with {numbers[0]} among the names of the columns. "
                "Pass header=False, or rename the column in the file."
            )
        twice = next((name for name in self.names if self.names.count(name) > 1), None)
        if twice is not None:
            raise ArgumentError(f'{self.name}: two columns are called "{twice}". Rename one in the file.')
        for line, cells in self.rows:
            if len(cells) != len(self.names):
                raise ArgumentError(
                    f"{self.name}: line {line} has {len(cells)} columns, and the first line has {len(self.names)}. "
                    f"Is a {delimiter!r} missing, or a text with one in it not in quotation marks?"
                )

    def column(self, name: Column) -> int:
        """The number of a column."""
        count = len(self.names)
        if isinstance(name, str) and name in self.names:
            return self.names.index(name)
        if isinstance(name, int) and not isinstance(name, bool) and -count <= name < count:
            return name % count
        raise ArgumentError(
            f"{self.name}: there is no column {name!r:.60}. The columns are {', '.join(self.names):.300}."
            f"{closest(str(name), self.names)}"
        )

    def numbers(self, k: int) -> list[float]:
        """A column of numbers."""
        found = []
        for line, cells in self.rows:
            number = _number(cells[k])
            if number is None:
                raise self._odd(line, k, cells[k])
            found.append(number)
        return found

    def labels_or_numbers(self, k: int, classes: Sequence[str]) -> "list[str] | list[float] | list[int]":
        """A column of names if one is among the classes, or none a number; else numbers, ints if they are so written.

        "none" is a name, as in "none, mild, severe"; everything else that stands for a missing value is refused.
        """
        cells = [row[k] for _, row in self.rows]
        if any(cell in classes for cell in cells) or all(_number(cell) is None for cell in cells):
            for (line, _), cell in zip(self.rows, cells):
                if cell.lower() in MISSING - {"none"} and cell not in classes:
                    raise self._odd(line, k, cell)
            return cells
        numbers = self.numbers(k)
        return list(map(int, cells)) if all(cell.lstrip("+-").isdecimal() for cell in cells) else numbers

    def _odd(self, line: int, k: int, cell: str) -> ArgumentError:
        where = f'{self.name}: line {line}, column "{self.names[k]}"'
        if cell.lower() in MISSING:
            return ArgumentError(
                f"{where}: the value is missing, got {cell!r}. Leave the line out, or put a number in its place."
            )
        hint = " Write a decimal point, not a comma." if _number(cell.replace(",", ".")) is not None else ""
        return ArgumentError(
            f"{where}: expected a finite number, got {cell!r:.60}.{hint} Leave the column out with `inputs`, or put "
            "numbers in place of texts."
        )


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """Lines without the mark that some programs put before the first, to say that the text is in UTF-8."""
    for k, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if k == 0 and isinstance(line, str) else line


def _number(cell: str) -> "float | None":
    """A cell as a float, or None."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if isfinite(number) else None
