"""Data to learn from: `Dataset`, real and made-up ones, and what prepares them."""

import random
from collections.abc import Iterator, Sequence
from itertools import count
from math import sqrt
from typing import Any

from autograd.errors import ArgumentError
from nn.errors import need


class Dataset:
    """Examples: `inputs`, a list of lists of floats, and for each in `targets` its class or whatever the loss takes.

    features, classes  what the inputs and the classes are called, for tables and pictures
    name               what the data set is called

    >>> data = Dataset([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], [0, 1, 1])
    >>> len(data), data[2]
    (3, ([4.0, 5.0], 1))
    >>> data[:2]
    <Dataset: 2 examples of 2 numbers>

    Raises ArgumentError when there are not as many targets as inputs, or the inputs differ in size.
    """

    def __init__(self, inputs: Sequence, targets: Sequence, *, features: Sequence[str] = (),
                 classes: Sequence[str] = (), name: str = ""):
        self.inputs, self.targets = plain(inputs), plain(targets)
        self.features, self.classes, self.name = list(features), list(classes), name
        if len(self.inputs) != len(self.targets):
            raise ArgumentError(f"Dataset: as many targets as inputs are wanted, got {len(self.inputs)} inputs and "
                                f"{len(self.targets)} targets.")
        sizes = {len(x) for x in self.inputs if hasattr(x, "__len__")}
        if len(sizes) > 1:
            raise ArgumentError("Dataset: all inputs must have one size, got sizes "
                                f"{', '.join(map(str, sorted(sizes)))}.")

    def __len__(self):
        return len(self.inputs)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(zip(self.inputs, self.targets))

    def __getitem__(self, index):
        if isinstance(index, slice):
            index = range(len(self))[index]
        if isinstance(index, (list, tuple, range)):
            return self.with_inputs([self.inputs[i] for i in index], [self.targets[i] for i in index])
        return self.inputs[index], self.targets[index]

    def with_inputs(self, inputs: Sequence, targets: "Sequence | None" = None) -> "Dataset":
        """A Dataset with other inputs, and perhaps other targets, and the same names."""
        return Dataset(inputs, self.targets if targets is None else targets, features=self.features,
                       classes=self.classes, name=self.name)

    def select(self, *columns: int) -> "Dataset":
        """The same examples with some of the inputs only.

        >>> iris().select(2, 3).features
        ['petal length (cm)', 'petal width (cm)']
        """
        chosen = self.with_inputs([[x[c] for c in columns] for x in self.inputs])
        chosen.features = [self.features[c] for c in columns] if self.features else []
        return chosen

    def __repr__(self):
        size = f"{len(self.inputs[0])} numbers" if self.inputs and hasattr(self.inputs[0], "__len__") else "1 number"
        classes = f", {len(self.classes)} classes" if self.classes else ""
        return f"<Dataset{self.name and ' ' + self.name}: {len(self)} examples of {size}{classes}>"


def plain(numbers) -> list:
    """A list, also of what NumPy keeps in an array."""
    return numbers.tolist() if hasattr(numbers, "tolist") else [
        plain(x) if hasattr(x, "tolist") or isinstance(x, tuple) else x for x in numbers]


def as_dataset(data) -> Dataset:
    """A Dataset from a Dataset, a pair (inputs, targets), or a list of pairs (input, target).

    >>> as_dataset(([[1.0], [2.0]], [0, 1]))
    <Dataset: 2 examples of 1 numbers>

    Raises ArgumentError for anything else.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Dataset(*data)
    if isinstance(data, list) and data and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in data):
        return Dataset([x for x, _ in data], [y for _, y in data])
    raise ArgumentError(f"data: a Dataset, a pair (inputs, targets) or a list of pairs is wanted, got {data!r:.60}.")


def iris() -> Dataset:
    """Fisher's iris: 150 flowers of three species, four measurements each, in centimetres. Ships in scikit-learn.

    R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936.

    >>> iris()
    <Dataset iris: 150 examples of 4 numbers, 3 classes>
    """
    found = need("sklearn.datasets", "scikit-learn", "The iris data set").load_iris()
    return Dataset(found.data, found.target, name="iris", features=found.feature_names,
                   classes=plain(found.target_names))


def split(data, fraction: float = 0.25, seed: "int | None" = None) -> tuple[Dataset, Dataset]:
    """The data in two parts, (train, held-out): `fraction` of the examples, drawn at random, are held out.

    Where the targets are classes, each part has its share of every class. Without a seed the draw comes from Python's
    `random`.

    >>> train, test = split(iris(), seed=0)
    >>> len(train), len(test), [test.targets.count(c) for c in (0, 1, 2)]
    (112, 38, [13, 12, 13])

    Raises ArgumentError when one part would be empty.
    """
    data = as_dataset(data)
    held_out = round(fraction * len(data))
    if not 0 < held_out < len(data):
        raise ArgumentError(f"split: a fraction of {fraction!r} of {len(data)} examples leaves one part empty.")
    order = list(range(len(data)))
    _generator(seed).shuffle(order)
    chosen = set(_spread_over_classes(order, data.targets)[:held_out])
    return data[[i for i in order if i not in chosen]], data[[i for i in order if i in chosen]]


def _spread_over_classes(order: list[int], targets: list) -> list[int]:
    """`order` rearranged so that every beginning of it has, as nearly as possible, each class's share."""
    if not all(isinstance(target, int) for target in targets):
        return order
    rank = {c: count() for c in set(targets)}
    place = {i: (next(rank[targets[i]]) + 0.5) / targets.count(targets[i]) for i in order}
    return sorted(order, key=place.__getitem__)


def standardize(train, *others):
    """Every input shifted and scaled to mean 0 and variance 1 over `train`; the other data by the same amounts.

    An input that never varies becomes 0. Returns one Dataset, or a list of them.

    >>> train, test = standardize(Dataset([[1.0], [3.0]], [0, 1]), Dataset([[5.0]], [1]))
    >>> train.inputs, test.inputs
    ([[-1.0], [1.0]], [[3.0]])
    """
    train = as_dataset(train)
    columns = list(zip(*train.inputs))
    means = [sum(column) / len(column) for column in columns]
    spreads = [sqrt(sum((x - m) ** 2 for x in column) / len(column)) or 1.0 for column, m in zip(columns, means)]
    scaled = [data.with_inputs([[(v - m) / s for v, m, s in zip(x, means, spreads)] for x in data.inputs])
              for data in (train, *map(as_dataset, others))]
    return scaled if others else scaled[0]


def batches(data, batch_size: "int | None", seed: "int | None" = None, epoch: int = 0) -> Iterator[Dataset]:
    """The examples in shuffled batches, the last one short when it does not come out even.

    batch_size  examples a batch; None for all at once
    seed        with the number of the epoch it fixes the order; without it the order comes from Python's `random`

    >>> [batch.targets for batch in batches(Dataset([[0.0]] * 5, [0, 1, 2, 3, 4]), 2, seed=1)]
    [[4, 3], [0, 2], [1]]

    Raises ArgumentError when batch_size is less than 1.
    """
    data = as_dataset(data)
    size = len(data) if batch_size is None else batch_size
    if size < 1:
        raise ArgumentError(f"batches: batch_size must be 1 or more, or None for all, got {batch_size!r}.")
    order = list(range(len(data)))
    (random if seed is None else random.Random(f"{seed}, epoch {epoch}")).shuffle(order)
    return (data[order[i:i + size]] for i in range(0, len(order), size))


def _generator(seed):
    return random if seed is None else random.Random(seed)
