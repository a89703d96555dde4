"""Layers for images, which are lists of channels of rows of numbers: `Conv2d`, `MaxPool2d`, `Unflatten`."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import product
from operator import mul
from typing import Any

from autograd import Constant, Value, maximum
from autograd.errors import ArgumentError
from nn.arguments import as_list, check_count
from nn.init import generator, initialiser
from nn.module import Module, made_up
from nn.types import Number

Image = Sequence[Sequence[Sequence[Number]]]


class Conv2d(Module):
    """A small window slides over an image; each output channel is a linear neuron that sees what is in the window.

    in_channels, out_channels  the number of channels of the image, and of the result
    kernel_size                the height and width of the window: two integers, or one for both
    stride                     how far the window moves each time, down and across: as kernel_size
    padding                    rows and columns of zeros that are added on each side: as kernel_size
    bias                       whether each output channel has a bias
    init, seed                 how the weights are drawn, as for Linear

    Takes a list of channels, each a list of rows of numbers or Values, and returns such a list of Values: from height h
    and kernel k with stride s and padding p, (h + 2p - k) // s + 1 rows.

    >>> blur = Conv2d(1, 1, kernel_size=2, bias=False)
    >>> for p in blur.parameters():
    ...     p.data = 0.25
    >>> [[v.data for v in row] for row in blur([[[0.0, 4.0, 0.0], [4.0, 8.0, 0.0]]])[0]]
    [[4.0, 3.0]]

    LeCun et al., "Gradient-based learning applied to document recognition", 1998. Raises ArgumentError for an image
    with another number of channels, or smaller than the window.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: "int | Sequence[int]",
        stride: "int | Sequence[int]" = 1,
        padding: "int | Sequence[int]" = 0,
        bias: bool = True,
        *,
        init="kaiming_uniform",
        seed=None,
    ):
        nin, nout = (
            check_count("Conv2d", name, count)
            for name, count in (("in_channels", in_channels), ("out_channels", out_channels))
        )
        self.kernel_size, self.stride = (
            _pair("Conv2d", name, size) for name, size in (("kernel_size", kernel_size), ("stride", stride))
        )
        self.padding = _pair("Conv2d", "padding", padding, least=0)
        height, width = self.kernel_size
        inputs = check_count("Conv2d", "the number of weights", nin * height * width * nout) // nout
        draw, rng = initialiser(init, None), generator(seed)
        fan_out = nout * height * width
        self.weight = [
            [[[Value(draw(inputs, fan_out, rng)) for _ in range(width)] for _ in range(height)] for _ in range(nin)]
            for _ in range(nout)
        ]
        self.bias = [Value(0.0) for _ in range(nout)] if bias else None

    def forward(self, image: Image) -> list[list[list[Value]]]:
        channels = _channels("Conv2d", image, len(self.weight[0]))
        pixels = [
            [[v if isinstance(v, Value) else Constant(v) for v in row] for row in channel] for channel in channels
        ]
        # In a recording this order makes the sums a matrix times rows (affine.py): output channels at one place side by
        # side, and whole windows first, since the first use of the weights decides how they lie in memory.
        down, across = _places("Conv2d", pixels, self.kernel_size, self.stride, self.padding)
        places = sorted(product(down, across), key=lambda place: place[0].missing + place[1].missing > 0)
        made = {place: self._at(pixels, *place) for place in places}
        return [[[made[rows, columns][k] for columns in across] for rows in down] for k in range(len(self.weight))]

    def _at(self, pixels, rows: "_Overlap", columns: "_Overlap") -> list[Value]:
        """The sum of each output channel for one place of the window; what is outside the image counts as 0."""
        within = range(len(pixels))
        seen = [pixels[c][i][j] for i in rows.pixels for j in columns.pixels for c in within]
        sums: list[Any] = []
        for k, kernel in enumerate(self.weight):
            weights = [kernel[c][i][j] for i in rows.weights for j in columns.weights for c in within]
            sums.append(sum(map(mul, weights, seen), 0 if self.bias is None else self.bias[k]))
        return sums

    def example_input(self):
        return [_two_windows(self.kernel_size, self.stride) for _ in self.weight[0]]

    def extra_repr(self):
        sizes = f"{len(self.weight[0])}, {len(self.weight)}, kernel_size={self.kernel_size}, stride={self.stride}"
        padding = f", padding={self.padding}" if any(self.padding) else ""
        return f"{sizes}{padding}{', bias=False' if self.bias is None else ''}"


class MaxPool2d(Module):
    """The largest number in each window, channel by channel.

    kernel_size, padding  as for Conv2d; padding at most half of the window, and it is never the largest
    stride                as for Conv2d, by default the size of the window, so that no two overlap

    Takes and returns a list of channels, each a list of rows. The numbers of a window are compared one after another,
    row by row, with `maximum`: where the largest occurs twice, each gets half of the gradient, and where it occurs more
    often, the last gets half of it, the one before a quarter, and so on. In PyTorch the first gets all of it.

    >>> MaxPool2d(2)([[[1.0, 2.0, 0.0, 0.0], [4.0, 3.0, 0.0, 5.0]]])
    [[[4.0, 5.0]]]

    Raises ArgumentError for an image smaller than the window.
    """

    def __init__(
        self,
        kernel_size: "int | Sequence[int]",
        stride: "int | Sequence[int] | None" = None,
        padding: "int | Sequence[int]" = 0,
    ):
        self.kernel_size = _pair("MaxPool2d", "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else _pair("MaxPool2d", "stride", stride)
        self.padding = _pair("MaxPool2d", "padding", padding, least=0)
        if any(2 * p > size for p, size in zip(self.padding, self.kernel_size)):
            raise ArgumentError(
                f"MaxPool2d: padding must be at most half of kernel_size, got {self.padding} and {self.kernel_size}. "
                "A window with nothing in it has no largest number."
            )

    def forward(self, image: Image) -> list[list[list[Any]]]:
        channels = _channels("MaxPool2d", image)
        down, across = _places("MaxPool2d", channels, self.kernel_size, self.stride, self.padding)
        return [
            [
                [reduce(maximum, [ch[i][j] for i in rows.pixels for j in columns.pixels]) for columns in across]
                for rows in down
            ]
            for ch in channels
        ]  # fmt: skip - the formatter spreads this over a dozen lines

    def example_input(self):
        rows = _two_windows(self.kernel_size, self.stride)
        return [[[Value(number) for number in row] for row in rows]]  # or else there would be no Value in the result

    def extra_repr(self):
        padding = f", padding={self.padding}" if any(self.padding) else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}{padding}"


class Unflatten(Module):
    """Cuts a list into nested lists, such as 64 numbers into one channel of 8 rows of 8: the opposite of Flatten.

    dim               which dimension to cut; an example of numbers has only one, -1 (or 0)
    unflattened_size  the lengths of the lists, the outermost first

    >>> Unflatten(-1, (1, 2, 3))([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]

    Raises ArgumentError for a list of another length.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
        if not isinstance(dim, int) or dim not in (-1, 0):
            raise ArgumentError(
                f"Unflatten: dim must be -1 (or 0), since one example is one list, got {dim!r:.60}. "
                "PyTorch's dim 1 counts the batch, which there is none of here."
            )
        self.unflattened_size = tuple(check_count("Unflatten", "each size", n) for n in as_list(unflattened_size))

    def forward(self, x: Sequence[Number]) -> list[Any]:
        parts: list[Any] = as_list(x)
        expected = reduce(mul, self.unflattened_size)
        if len(parts) != expected:
            sizes = " · ".join(map(str, self.unflattened_size))
            raise ArgumentError(f"Unflatten: expected {sizes} = {expected} numbers, got {len(parts)}.")
        for size in reversed(self.unflattened_size[1:]):
            parts = [parts[i : i + size] for i in range(0, len(parts), size)]
        return parts

    def example_input(self):
        return made_up(reduce(mul, self.unflattened_size))

    def extra_repr(self):
        return f"-1, {self.unflattened_size}"


def _two_windows(kernel: tuple[int, int], stride: tuple[int, int]) -> list[list[float]]:
    """An image for two windows down and two across."""
    return [made_up(kernel[1] + stride[1]) for _ in range(kernel[0] + stride[0])]


class _Overlap:
    """Where a window and an image overlap, along one side: which pixels, and which weights of the window see them.

    missing  how much of the window is outside
    """

    def __init__(self, start: int, size: int, pixels: int):
        first, end = max(start, 0), min(start + size, pixels)
        self.missing = size - (end - first)
        self.pixels, self.weights = range(first, end), range(first - start, end - start)


def _places(name: str, channels, kernel, stride, padding) -> Iterator[list[_Overlap]]:
    """For each side of an image, the places of the window."""
    for pixels, size, step, pad in zip((len(channels[0]), len(channels[0][0])), kernel, stride, padding):
        if pixels + 2 * pad < size:
            shape = f"{len(channels[0])} by {len(channels[0][0])}"
            raise ArgumentError(
                f"{name}: the image, {shape}, is smaller than the window, {kernel[0]} by {kernel[1]}. "
                "Make kernel_size smaller, or padding larger."
            )
        yield [_Overlap(start, size, pixels) for start in range(-pad, pixels + pad - size + 1, step)]


def _channels(name: str, image, count: "int | None" = None) -> list:
    """The channels of an image, which must be rows of the same lengths."""
    image = image.tolist() if hasattr(image, "tolist") else image
    if not _is_list(image) or not all(
        _is_list(channel) and channel and all(map(_is_list, channel)) for channel in image
    ):
        raise ArgumentError(
            f"{name}: expected a list of channels, each a list of rows of numbers, got {image!r:.60}. Write "
            "[image] for an image with one channel, and Unflatten(-1, (1, 8, 8)) for a list of 64 numbers."
        )
    if not image or len({(len(channel), *map(len, channel)) for channel in image}) > 1 or not image[0][0]:
        raise ArgumentError(f"{name}: all channels must have the same size, and at least one number.")
    if len({len(row) for row in image[0]}) > 1:
        raise ArgumentError(f"{name}: all rows must have the same length, got {sorted({len(r) for r in image[0]})}.")
    if count is not None and len(image) != count:
        raise ArgumentError(
            f"{name}: expected {count} channel{'s' * (count != 1)}, got {len(image)}. Pass one image, a list of "
            "channels; for several write [model(x) for x in many]."
        )
    return image


def _is_list(thing) -> bool:
    return isinstance(thing, (list, tuple))


def _pair(owner: str, name: str, size, least: int = 1) -> tuple[int, int]:
    """A size down and across: two integers, or one for both."""
    down, across = size if isinstance(size, (list, tuple)) and len(size) == 2 else (size, size)
    return check_count(owner, name, down, least), check_count(owner, name, across, least)
