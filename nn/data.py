"""Data to learn from: `Dataset`, real and synthetic data sets, and how to prepare them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from itertools import count
from math import cos, floor, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Any, overload

from autograd import as_float
from autograd.arguments import expect_integer, expect_list, expect_list_of
from autograd.errors import ArgumentError
from autograd.examples import arrays_of, rows_of, shuffled_places
from nn.arguments import check_count
from nn.errors import closest, need
from nn.init import generator


class Dataset:
    """Examples: `inputs`, a list of lists of floats, and `targets`, the class of each, or whatever the loss takes.

    features, classes  names of the inputs and of the classes, for tables and pictures
    name               the name of the data set

    >>> data = Dataset([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], [0, 1, 1])
    >>> len(data), data[2]
    (3, ([4.0, 5.0], 1))
    >>> data[:2]
    <Dataset: 2 examples of 2 numbers>

    Raises ArgumentError unless there are as many targets as inputs, NumberTypeError for anything but lists.
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
        self.inputs, self.targets = (
            plain(part if hasattr(part, "tolist") else expect_list("Dataset", part)) for part in (inputs, targets)
        )
        self.arrays: list | None = None
        self.rows: Any = None
        self.features, self.classes, self.name = list(features), list(classes), name
        if len(self.inputs) != len(self.targets):
            raise ArgumentError(
                f"Dataset: expected as many targets as inputs, got {len(self.inputs)} inputs and "
                f"{len(self.targets)} targets."
            )

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

        >>> iris().select(2, 3).features
        ['petal length (cm)', 'petal width (cm)']
        """
        chosen = self.with_inputs([[x[c] for c in columns] for x in self.inputs])
        chosen.features = [self.features[c] for c in columns] if self.features else []
        return chosen

    def __repr__(self):
        size = len(self.inputs[0]) if self.inputs and hasattr(self.inputs[0], "__len__") else 1
        classes = f", {len(self.classes)} classes" if self.classes else ""
        name, plural = self.name and f" {self.name}", "s" * (size != 1)
        return f"<Dataset{name}: {len(self)} examples of {size} number{plural}{classes}>"


class _Part(Dataset):
    """Some examples of a Dataset that has arrays; their lists are made when they are needed."""

    def __init__(self, whole: Dataset, places: Any, rows: Any = None):
        self._whole, self._places, self.rows = whole, places, rows

    def __len__(self):
        return len(self._places)

    def __getattr__(self, name: str) -> Any:
        """The features, the classes and the name are those of the whole."""
        if name in ("features", "classes", "name"):
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


def as_dataset(data) -> Dataset:
    """A Dataset from a Dataset, a pair (inputs, targets), or a list of pairs (input, target).

    >>> as_dataset(([[1.0], [2.0]], [0, 1]))
    <Dataset: 2 examples of 1 number>

    Raises ArgumentError for anything else.
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Dataset(*data)
    if isinstance(data, list) and data and all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in data):
        return Dataset([x for x, _ in data], [y for _, y in data])
    hint = " It can be gone through once: pass a list of it, list(…)." if hasattr(data, "__next__") else ""
    raise ArgumentError(
        f"data: expected a Dataset, a pair (inputs, targets) or a list of pairs, got {data!r:.60}.{hint}"
    )


def iris() -> Dataset:
    """Fisher's iris: 150 flowers of three species, four measurements each, in centimetres. Ships in scikit-learn.

    R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936.

    >>> iris()
    <Dataset iris: 150 examples of 4 numbers, 3 classes>
    """
    found = need("sklearn.datasets", "scikit-learn", "The iris data set").load_iris()
    return Dataset(
        found.data, found.target, name="iris", features=found.feature_names, classes=plain(found.target_names)
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


class Vocabulary:
    """The characters of some words, numbered from 1; number 0 marks where a word begins and ends.

    >>> vocabulary = Vocabulary(["abba", "cab"])
    >>> len(vocabulary), vocabulary.encode("cab"), vocabulary.decode([3, 1, 2])
    (4, [0, 3, 1, 2, 0], 'cab')
    """

    def __init__(self, words: Sequence[str]):
        self.characters = sorted(set("".join(expect_list_of("Vocabulary: words", words, str))))

    def __len__(self):
        return len(self.characters) + 1

    def encode(self, word: str) -> list[int]:
        """The numbers of the characters, between two marks. Raises ArgumentError for an unknown character."""
        for character in word:
            if character not in self.characters:
                raise ArgumentError(f"Vocabulary: {character!r} in {word!r} is not among {''.join(self.characters)!r}.")
        return [0, *(1 + self.characters.index(character) for character in word), 0]

    def decode(self, tokens: Sequence[int]) -> str:
        """The characters with these numbers, without the marks."""
        return "".join(self.characters[token - 1] for token in tokens if token)

    def examples(self, words: Sequence[str], context: "int | None" = None) -> Dataset:
        """For every word its tokens, and as targets the token after each.

        context  cut or pad all rows to this length: the inputs with the mark, the targets with -100, which
                 `cross_entropy` ignores. Rows of one length train much faster

        >>> Vocabulary(["ab"]).examples(["ab"])[0]
        ([0, 1, 2], [1, 2, 0])
        >>> Vocabulary(["ab"]).examples(["ab"], context=4)[0]
        ([0, 1, 2, 0], [1, 2, 0, -100])
        """
        context = None if context is None else check_count("Vocabulary.examples", "context", context)
        tokens = [self.encode(word) for word in words]
        inputs, targets = [t[:-1] for t in tokens], [t[1:] for t in tokens]
        if context is not None:
            inputs = [(row + [0] * context)[:context] for row in inputs]
            targets = [(row + [-100] * context)[:context] for row in targets]
        return Dataset(inputs, targets, name="words")


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
        return _gathered(data, order, size)
    listed = order.tolist()
    return (data[listed[i : i + size]] for i in range(0, len(listed), size))


def _gathered(data: Dataset, order: Any, size: int) -> Iterator[Dataset]:
    """The examples of a Dataset with arrays in this order, `size` at a time."""
    for i in range(0, len(order), size):
        places = order[i : i + size]
        if data.rows is not None:
            yield _Part(data, places, data.rows.take(places))
        else:
            part = _Part(data, places)
            part.arrays = [column.take(places, 0) for column in data.arrays or ()]
            yield part


if not TYPE_CHECKING:  # a type checker that sees it accepts every name

    def __getattr__(name):
        from autograd.names import raise_missing
        from nn.elsewhere import OF_DATA

        raise_missing("nn.data", name, globals(), OF_DATA)
