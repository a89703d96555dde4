"""`Dataset`: examples in lists, or from arrays and tables; names of classes as numbers; missing values are refused."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from typing import Any, overload

from autograd.arguments import expect_list
from autograd.errors import ArgumentError
from autograd.examples import arrays_of, rows_of
from nn.errors import closest


class Dataset:
    """Examples: `inputs`, a list of lists of floats, and `targets`, the class of each, or whatever the loss takes.

    inputs, targets    lists or arrays, or a DataFrame and a Series. Targets that are strings are names of classes: they
                       become 0, 1, 2, … in the order of `classes`, by default in alphabetical order
    features, classes  names of the inputs and of the classes, for tables and pictures
    name               the name of the data set

    >>> data = Dataset([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], [0, 1, 1])
    >>> len(data), data[2]
    (3, ([4.0, 5.0], 1))
    >>> data[:2]
    <Dataset: 2 examples of 2 numbers>
    >>> data = Dataset([[0.0], [1.0], [2.0]], ["dog", "cat", "dog"])
    >>> data.targets, data.classes
    ([1, 0, 1], ['cat', 'dog'])

    Raises ArgumentError if a value is missing (NaN, None or an empty string), with its row and column, for a target
    that is none of the classes, and unless there are as many targets as inputs; NumberTypeError for anything but lists.
    """

    def __init__(
        self,
        inputs: Sequence,
        targets: Sequence,
        *,
        features: Sequence[str] = (),
        classes: Sequence[str] = (),
        name: str = "",
    ):
        self.features, self.classes, self.name = list(features) or names_of_columns(inputs), list(classes), name
        self.inputs, self.targets = rows_in("Dataset", inputs), rows_in("Dataset", targets)
        self.arrays: list | None = None
        self.rows: Any = None
        self.has_classes = False  # whether there are rows, and the target of each example is an integer
        if len(self.inputs) != len(self.targets):
            raise ArgumentError(
                f"Dataset: expected as many targets as inputs, got {len(self.inputs)} inputs and "
                f"{len(self.targets)} targets."
            )
        refuse_missing("inputs", self.inputs, self.features)
        refuse_missing("targets", self.targets)
        if any(isinstance(target, str) for target in self.targets):
            self.targets, self.classes = numbered(self.targets, self.classes)

    def __len__(self):
        return len(self.inputs)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(zip(self.inputs, self.targets))

    @overload
    def __getitem__(self, index: int) -> tuple[Any, Any]: ...
    @overload
    def __getitem__(self, index: "slice | Sequence[int]") -> "Dataset": ...
    def __getitem__(self, index):
        places = range(len(self))[index] if isinstance(index, slice) else index
        if self.arrays and isinstance(places, (list, tuple, range)):
            part = _Part(self, places)
            part.arrays = [column[index] for column in self.arrays]  # to NumPy `index` means the same as `places`
            return part
        if isinstance(places, (list, tuple, range)):
            part = self.__class__.__new__(self.__class__)
            vars(part).update(vars(self))
            part.inputs, part.targets = [self.inputs[i] for i in places], [self.targets[i] for i in places]
            return part
        return self.inputs[index], self.targets[index]

    def with_arrays(self) -> "Dataset":
        """The same examples, and if they are numbers of one shape, in `arrays` as two NumPy arrays as well.

        The compiled engine has all numbers of an example side by side, in `rows`; the arrays are over the same memory.
        """
        found = copy(self)
        with suppress(ImportError, ValueError, TypeError):  # lists of different lengths, or not numbers
            import numpy

            found.rows = rows_of([self.inputs, self.targets])
            if found.rows is None:
                arrays = [numpy.array(part) for part in (self.inputs, self.targets)]
                if all(array.dtype.kind in "bif" for array in arrays):
                    found.arrays = [array.astype(float, copy=False) for array in arrays]
                    found.rows = rows_of(found.arrays)
            if found.rows is not None:
                found.arrays = arrays_of(found.rows)
                targets = found.arrays[1]
                found.has_classes = targets.ndim == 1 and bool((targets == numpy.rint(targets)).all())
        return found

    def with_inputs(self, inputs: Sequence, targets: "Sequence | None" = None) -> "Dataset":
        """A Dataset with the same names but other inputs, and other targets if given."""
        return Dataset(
            inputs,
            self.targets if targets is None else targets,
            features=self.features,
            classes=self.classes,
            name=self.name,
        )

    def select(self, *columns: int) -> "Dataset":
        """The same examples with only some of the inputs.

        >>> Dataset([[1.0, 2.0, 3.0]], [0], features=["a", "b", "c"]).select(2, 0)[0]
        ([3.0, 1.0], 0)
        """
        chosen = self.with_inputs([[x[c] for c in columns] for x in self.inputs])
        chosen.features = [self.features[c] for c in columns] if self.features else []
        return chosen

    def __repr__(self):
        size = len(self.inputs[0]) if self.inputs and hasattr(self.inputs[0], "__len__") else 1
        classes = f", {len(self.classes)} classes" if self.classes else ""
        name, examples = self.name and f" {self.name}", f"{len(self)} example{'s' * (len(self) != 1)}"
        return f"<Dataset{name}: {examples} of {size} number{'s' * (size != 1)}{classes}>"


class _Part(Dataset):
    """Some examples of a Dataset that has arrays; their lists are made when they are needed."""

    def __init__(self, whole: Dataset, places: Any, rows: Any = None):
        self._whole, self._places, self.rows = whole, places, rows

    def __len__(self):
        return len(self._places)

    def __getattr__(self, name: str) -> Any:
        """The features, the classes and the name are those of the whole."""
        if name in ("features", "classes", "name", "has_classes"):
            return getattr(self._whole, name)
        raise AttributeError(name)

    @cached_property
    def arrays(self) -> list:  # type: ignore[override]
        return arrays_of(self.rows)

    @cached_property
    def inputs(self) -> list:  # type: ignore[override]
        return [self._whole.inputs[i] for i in self._places]

    @cached_property
    def targets(self) -> list:  # type: ignore[override]
        return [self._whole.targets[i] for i in self._places]


def plain(numbers) -> list:
    """A list, even if the numbers are in a NumPy array."""
    return (
        numbers.tolist()
        if hasattr(numbers, "tolist")
        else [plain(x) if hasattr(x, "tolist") or isinstance(x, tuple) else x for x in numbers]
    )


def as_dataset(data, classes: Sequence[str] = ()) -> Dataset:
    """A Dataset from a Dataset, a pair (inputs, targets), or a list of pairs (input, target).

    classes  the names of the classes, where targets are names

    >>> as_dataset(([[1.0], [2.0]], [0, 1]))
    <Dataset: 2 examples of 1 number>

    Raises ArgumentError for anything else.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Dataset(*data, classes=classes)
    if isinstance(data, list) and data and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in data):
        return Dataset([x for x, _ in data], [y for _, y in data], classes=classes)
    hint = " It can be gone through once: pass a list of it, list(…)." if hasattr(data, "__next__") else ""
    raise ArgumentError(
        f"data: expected a Dataset, a pair (inputs, targets) or a list of pairs, got {data!r:.60}.{hint}"
    )


def gathered(data: Dataset, order: Any, size: int) -> Iterator[Dataset]:
    """The examples of a Dataset with arrays in this order, `size` at a time."""
    for i in range(0, len(order), size):
        places = order[i : i + size]
        if data.rows is not None:
            yield _Part(data, places, data.rows.take(places))
        else:
            part = _Part(data, places)
            part.arrays = [column.take(places, 0) for column in data.arrays or ()]
            yield part


def rows_in(where: str, part: Any) -> list:
    """The rows of a list, of an array, or of a table such as a DataFrame, which has `columns` and `to_numpy`."""
    if hasattr(part, "columns") and hasattr(part, "to_numpy"):
        part = part.to_numpy()
    elif hasattr(part, "to_list") and not hasattr(part, "tolist"):
        part = part.to_list()
    return plain(part if hasattr(part, "tolist") else expect_list(where, part))


def names_of_columns(part: Any) -> list[str]:
    """The names of the columns of a table; none for anything else."""
    return list(map(str, part.columns)) if hasattr(part, "columns") and hasattr(part, "to_numpy") else []


def is_missing(thing: Any) -> bool:
    """Whether this stands for a missing value: None, NaN, an empty string, and what pandas has for it.

    >>> [is_missing(thing) for thing in (None, float("nan"), " ", 0.0, "no")]
    [True, True, True, False, False]
    """
    if isinstance(thing, str):
        return not thing.strip()
    return (
        thing is None or (isinstance(thing, float) and thing != thing) or type(thing).__name__ in ("NAType", "NaTType")
    )


def refuse_missing(what: str, rows: list, names: Sequence[str] = ()) -> None:
    """Raise ArgumentError with row and column if a value is missing."""
    with suppress(TypeError, LookupError, OverflowError):  # the sum of numbers is one if all of them are
        if isinstance(rows[0], list) and isinstance(rows[0][0], (int, float)) and not is_missing(sum(map(sum, rows))):
            return
    place = _place_of_missing(rows)
    if place:
        words = ("row", "column", *("place" for _ in place[2:]))
        where = ", ".join(f"{word} {k}" for word, k in zip(words, place))
        if len(place) == 2 and place[1] < len(names):
            where += f' ("{names[place[1]]}")'
        found: Any = rows
        for k in place:
            found = found[k]
        raise ArgumentError(
            f"Dataset: a value is missing in {where} of the {what}, counted from 0: got {found!r}. "
            "Leave the row out, or put a number in its place, such as the mean of its column."
        )


def _place_of_missing(part: Any) -> "tuple[int, ...] | None":
    """Where a value is missing in nested lists, or None."""
    if not isinstance(part, list):
        return () if is_missing(part) else None
    if part and isinstance(part[0], (int, float)):
        with suppress(TypeError):
            total = sum(part)  # NaN if one of them is; other things than numbers cannot be added
            if total == total:
                return None
    places = ((k, _place_of_missing(one)) for k, one in enumerate(part))
    return next(((k, *place) for k, place in places if place is not None), None)


def numbered(labels: list, classes: Sequence[str] = ()) -> tuple[list[int], list[str]]:
    """Names of classes as numbers, and the names in the order of these.

    >>> numbered(["dog", "cat", "dog"])
    ([1, 0, 1], ['cat', 'dog'])

    Raises ArgumentError for a label that is no string, or not among the given classes.
    """
    for row, label in enumerate(labels):
        if not isinstance(label, str):
            raise ArgumentError(
                f"Dataset: the targets are names of classes, but that of row {row} is {label!r:.60}. "
                "Pass strings only, or numbers only."
            )
    names = list(classes) or sorted(set(labels))
    numbers = {name: k for k, name in enumerate(names)}
    for row, label in enumerate(labels):
        if label not in numbers:
            raise ArgumentError(
                f"Dataset: the target of row {row} is {label!r:.60}, which is not among the classes "
                f"{', '.join(map(str, names)):.200}.{closest(label, map(str, names))}"
            )
    return [numbers[label] for label in labels], names
