"""Data to learn from: real and synthetic data sets, and how to prepare them.

`Dataset`, `from_csv` and `Vocabulary` are in dataset.py, tables.py and vocabulary.py, and can be imported from here.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from math import cos, floor, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Any, overload

from autograd import as_float
from autograd.arguments import expect_integer
from autograd.errors import ArgumentError
from autograd.examples import shuffled_places
from nn import dataset
from nn.arguments import check_count
from nn.dataset import Dataset as Dataset
from nn.dataset import as_dataset as as_dataset
from nn.errors import closest, need
from nn.init import generator
from nn.metrics import true_class
from nn.tables import from_csv as from_csv
from nn.vocabulary import Vocabulary as Vocabulary


def iris() -> Dataset:
    """Fisher's iris: 150 flowers of three species, four measurements each, in centimetres. Ships in scikit-learn.

    R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936.

    >>> iris()
    <Dataset iris: 150 examples of 4 numbers, 3 classes>
    """
    found = need("sklearn.datasets", "scikit-learn", "The iris data set").load_iris()
    return Dataset(
        found.data, found.target, name="iris", features=found.feature_names, classes=dataset.plain(found.target_names)
    )


def digits() -> Dataset:
    """1,797 handwritten digits, 8 by 8 pixels each, from 0 (paper) to 1 (ink). Ships in scikit-learn.

    Alpaydin and Kaynak, "Optical recognition of handwritten digits", 1998.

    >>> digits()
    <Dataset digits: 1797 examples of 64 numbers, 10 classes>
    """
    found = need("sklearn.datasets", "scikit-learn", "The digits data set").load_digits()
    return Dataset(found.data / 16, found.target, name="digits", classes=[str(k) for k in range(10)])


def moons(n: int = 200, noise: float = 0.1, seed: "int | None" = None) -> Dataset:
    """Two interleaving half circles, `n` points in all, with normal noise; two classes.

    The other synthetic data sets take the same arguments; without a seed the points come from Python's `random`. They
    raise ArgumentError for fewer than 1 point or more than 100,000,000.
    """

    def point(k, rng):
        angle = pi * rng.random()
        return (cos(angle), sin(angle)) if k == 0 else (1 - cos(angle), 0.5 - sin(angle))

    return _made_up("moons", point, 2, n, noise, seed)


def circles(n: int = 200, noise: float = 0.1, seed: "int | None" = None) -> Dataset:
    """A circle of radius 1, class 0, and one of radius 0.5 inside it, class 1."""

    def point(k, rng):
        angle = 2 * pi * rng.random()
        return (1 - k / 2) * cos(angle), (1 - k / 2) * sin(angle)

    return _made_up("circles", point, 2, n, noise, seed)


def spirals(
    n: int = 200, noise: float = 0.02, seed: "int | None" = None, classes: int = 2, turns: float = 1.0
) -> Dataset:
    """Spiral arms that wind around each other `turns` times, from the centre to radius 1."""
    classes, turns = check_count("spirals", "classes", classes), as_float(turns)

    def point(k, rng):
        radius = 0.1 + 0.9 * rng.random()
        angle = 2 * pi * (turns * radius + k / classes)
        return radius * cos(angle), radius * sin(angle)

    return _made_up("spirals", point, classes, n, noise, seed)


def xor(n: int = 200, noise: float = 0.3, seed: "int | None" = None) -> Dataset:
    """Clouds around the corners of a square; class 1 where x and y differ in sign."""

    def point(k, rng):
        x = rng.choice((-1, 1))
        return (x, -x) if k else (x, x)

    return _made_up("xor", point, 2, n, noise, seed)


def checkerboard(n: int = 400, noise: float = 0.0, seed: "int | None" = None, squares: int = 4) -> Dataset:
    """A checkerboard of `squares` by `squares` fields, at least 2 by 2, on the square from -1 to 1."""
    squares = check_count("checkerboard", "squares", expect_integer("checkerboard: squares", squares, 2))

    def point(k, rng):
        while True:
            x, y = rng.uniform(0, squares), rng.uniform(0, squares)
            if (floor(x) + floor(y)) % 2 == k:
                return 2 * x / squares - 1, 2 * y / squares - 1

    return _made_up("checkerboard", point, 2, n, noise, seed)


def yin_yang(n: int = 300, noise: float = 0.0, seed: "int | None" = None) -> Dataset:
    """The yin and yang symbol with radius 0.5 around (0.5, 0.5): classes yin, yang, and the two dots.

    Kriener, Göltz and Petrovici, "The Yin-Yang dataset", 2022.
    """

    def area(x, y):
        right, left = hypot(x - 0.75, y - 0.5), hypot(x - 0.25, y - 0.5)
        if right < 0.1 or left < 0.1:
            return 2
        return int(left <= 0.25 or (y > 0.5 and right > 0.25))

    def point(k, rng):
        while True:
            x, y = rng.random(), rng.random()
            if hypot(x - 0.5, y - 0.5) <= 0.5 and area(x, y) == k:
                return x, y

    return _made_up("yin-yang", point, 3, n, noise, seed, ["yin", "yang", "dot"])


def line(
    n: int = 100, noise: float = 0.3, seed: "int | None" = None, slope: float = 2.0, height: float = 1.0
) -> Dataset:
    """y = slope·x + height for x from -1 to 1, with normal noise on y: targets are numbers, not classes."""
    rng, noise, slope, height = generator(seed), as_float(noise), as_float(slope), as_float(height)
    xs = [rng.uniform(-1, 1) for _ in range(check_count("line", "n", n))]
    ys = [slope * x + height + rng.gauss(0, noise) for x in xs]
    return Dataset([[x] for x in xs], ys, features=["x"], name="line")


GATES: dict[str, Callable[[int, int], int]] = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "nand": lambda a, b: 1 - (a & b),
    "nor": lambda a, b: 1 - (a | b),
}


def gate(name: str) -> Dataset:
    """The truth table of a logic gate: "and", "or", "xor", "nand" or "nor".

    >>> gate("nand").targets
    [1, 1, 1, 0]

    Raises ArgumentError for an unknown name.
    """
    if not isinstance(name, str) or name not in GATES:
        raise ArgumentError(f"gate: expected one of {', '.join(GATES)}, got {name!r}.{closest(str(name), GATES)}")
    inputs = [[float(a), float(b)] for a in (0, 1) for b in (0, 1)]
    return Dataset(
        inputs, [GATES[name](int(a), int(b)) for a, b in inputs], features=["a", "b"], classes=["0", "1"], name=name
    )


def module_names() -> list[str]:
    """The lower-case names of the modules of Python's standard library: words for a character model.

    >>> "random" in module_names()
    True
    """
    return sorted(name for name in sys.stdlib_module_names if name.isalpha() and name.islower() and name.isascii())


def _made_up(
    name: str, point: Callable, classes: int, n: int, noise: float, seed, names: Sequence[str] = ()
) -> Dataset:
    """`n` points from point(class, generator), one class after another, with normal noise on both coordinates."""
    rng, noise = generator(seed), as_float(noise)
    targets = [i % classes for i in range(check_count(name, "n", n))]
    inputs = [[c + rng.gauss(0, noise) for c in point(k, rng)] for k in targets]
    return Dataset(
        inputs, targets, features=["x", "y"], name=name, classes=names or [f"class {k}" for k in range(classes)]
    )


def one_hot(k: int, classes: int) -> list[float]:
    """A list of zeros with a one at index k.

    >>> one_hot(2, 4)
    [0.0, 0.0, 1.0, 0.0]

    Raises ArgumentError unless k is from 0 to classes - 1.
    """
    if expect_integer("one_hot: the class", k, 0) >= check_count("one_hot", "classes", classes):
        raise ArgumentError(f"one_hot: the class must be from 0 to {classes - 1}, got {k!r}.")
    return [float(i == k) for i in range(classes)]


def class_weights(data: Any) -> list[float]:
    """A weight for each class, so that all classes together count the same: examples / (classes · examples of it).

    For `weight` of cross_entropy where some classes are rare: partial(nn.cross_entropy, weight=class_weights(train)).

    >>> class_weights(([[0.0], [1.0], [2.0], [3.0]], ["rare", "usual", "usual", "usual"]))
    [2.0, 0.6666666666666666]

    King and Zeng, "Logistic regression in rare events data", 2001. Raises ArgumentError if a class has no example.
    """
    data = as_dataset(data)
    counts = Counter(map(true_class, data.targets))
    names = data.classes or [str(k) for k in range(1 + max(counts, default=0))]
    for k, name in enumerate(names):
        if not counts[k]:
            raise ArgumentError(f'class_weights: there is no example of class {k} ("{name}"), so it has no weight.')
    return [len(data) / (len(names) * counts[k]) for k in range(len(names))]


def split(data, fraction: float = 0.25, seed: "int | None" = None) -> tuple[Dataset, Dataset]:
    """The data in two parts, (train, held-out); `fraction` of the examples, drawn at random, are held out.

    If the targets are classes, each part has its share of every class. Without a seed the draw comes from Python's
    `random`.

    >>> train, test = split(iris(), seed=0)
    >>> len(train), len(test), [test.targets.count(c) for c in (0, 1, 2)]
    (112, 38, [13, 12, 13])

    Raises ArgumentError if one part would be empty.
    """
    data = as_dataset(data)
    held_out = round(as_float(fraction) * len(data))
    if not 0 < held_out < len(data):
        raise ArgumentError(f"split: a fraction of {fraction!r} of {len(data)} examples leaves one part empty.")
    order = list(range(len(data)))
    generator(seed).shuffle(order)
    chosen = set(_spread_over_classes(order, data.targets)[:held_out])
    return data[[i for i in order if i not in chosen]], data[[i for i in order if i in chosen]]


def _spread_over_classes(order: list[int], targets: list) -> list[int]:
    """`order` rearranged so that any initial segment has, as nearly as possible, each class's share."""
    if not all(isinstance(target, int) for target in targets):
        return order
    rank = {c: count() for c in set(targets)}
    place = {i: (next(rank[targets[i]]) + 0.5) / targets.count(targets[i]) for i in order}
    return sorted(order, key=place.__getitem__)


@overload
def standardize(train: Any, /) -> Dataset: ...
@overload
def standardize(train: Any, /, *others: Any) -> list[Dataset]: ...
def standardize(train, *others):
    """Every input shifted and scaled to mean 0 and variance 1 over `train`; the other data by the same amounts.

    An input that never varies becomes 0. Returns one Dataset, or a list of them.

    >>> train, test = standardize(Dataset([[1.0], [3.0]], [0, 1]), Dataset([[5.0]], [1]))
    >>> train.inputs, test.inputs
    ([[-1.0], [1.0]], [[3.0]])

    Raises ArgumentError if the inputs differ in size.
    """
    train = as_dataset(train)
    for data in (train, *map(as_dataset, others)):
        sizes = sorted({len(x) for x in data.inputs} | {len(train.inputs[0])})
        if len(sizes) > 1:
            raise ArgumentError(f"standardize: all inputs must have one size, got sizes {', '.join(map(str, sizes))}.")
    columns = list(zip(*train.inputs))
    means = [sum(column) / len(column) for column in columns]
    spreads = [sqrt(sum((x - m) ** 2 for x in column) / len(column)) or 1.0 for column, m in zip(columns, means)]
    scaled = [
        data.with_inputs([[(v - m) / s for v, m, s in zip(x, means, spreads)] for x in data.inputs])
        for data in (train, *map(as_dataset, others))
    ]
    return scaled if others else scaled[0]


def batches(data, batch_size: "int | None", seed: "int | None" = None, epoch: int = 0) -> Iterator[Dataset]:
    """The examples in shuffled batches; the last one may be shorter.

    batch_size  examples a batch; None for all at once
    seed        fixes the order, together with the number of the epoch; without it Python's `random` does

    >>> [batch.targets for batch in batches(Dataset([[0.0]] * 5, [0, 1, 2, 3, 4]), 2, seed=1)]
    [[4, 3], [0, 2], [1]]

    Raises ArgumentError unless batch_size is a positive integer.
    """
    data = as_dataset(data)
    size = len(data) if batch_size is None else expect_integer("batches: batch_size", batch_size)
    order = shuffled_places(len(data), None if seed is None else f"{seed}, epoch {epoch}")
    if data.arrays:
        return dataset.gathered(data, order, size)
    listed = order.tolist()
    return (data[listed[i : i + size]] for i in range(0, len(listed), size))


if not TYPE_CHECKING:  # a type checker that sees it accepts every name

    def __getattr__(name):
        from autograd.names import raise_missing
        from nn.elsewhere import OF_DATA

        raise_missing("nn.data", name, globals(), OF_DATA)
