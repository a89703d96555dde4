"""What NumPy, PyTorch and JAX call things."""

from __future__ import annotations

import re
from typing import ClassVar

from autograd.table.translate import ATOM

NUMPY_NAMES = {"acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
               "atan2": "arctan2", "atanh": "arctanh"}  # fmt: skip
SAME = ("exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "floor", "fmod", "hypot", "sign", "maximum", "minimum", "exp2")  # fmt: skip
SIGNS = (("step", ">", "0"), ("less", "<", "{1}"), ("less_equal", "<=", "{1}"), ("equal", "==", "{1}"))
AT_ORIGIN = "0 if x == 0 and y == 0 else hypot(x, y)"  # the derivatives there are 0, as in the table


class NumPy:
    """NumPy; what the others do not say otherwise."""

    name, module = "numpy", "np"
    imports: ClassVar = ["import numpy as np"]
    functions: ClassVar = {
        **{name: f"np.{name}" for name in SAME},
        **{name: f"np.{theirs}" for name, theirs in NUMPY_NAMES.items()},
        "abs": "np.abs",
        "mod": "np.mod",
        "cbrt": "np.cbrt",
        "erf": "np.vectorize(math.erf)",
        "erfc": "np.vectorize(math.erfc)",
    }
    # Functions that are written out with what the library has; {0} and {1} are the operands.
    written: ClassVar[dict[str, str]] = {
        "relu": "np.maximum({0}, 0.0)",
        "softplus": "np.logaddexp({0}, 0.0)",
        **{name: f"np.where({{0}} {sign} {other}, 1.0, 0.0)" for name, sign, other in SIGNS},
    }
    # Functions that are made from a formula, in which a name means the library's function.
    formulas: ClassVar[dict[str, str]] = {}
    keepdims = "axis"

    def where(self, test, yes, no):
        return f"{self.module}.where({test}, {yes}, {no})"

    def array(self, text, kind):
        return f"np.array({text})"

    def arange(self, start, stop, step, kind):
        """start, start + step, ... as text; kind is "int" or "float"."""
        numbers = [start, stop, step] if step != 1 else [start, stop] if start else [stop]
        if kind == "float":
            numbers[-1 if len(numbers) < 3 else 0] = float(numbers[-1 if len(numbers) < 3 else 0])
        return f"np.arange({', '.join(map(repr, numbers))})"

    def triangle(self, size):
        return f"np.tri({size}, dtype=bool)"

    def transposed(self, text, order):
        return f"{text}.transpose({', '.join(map(str, order))})"

    def einsum(self, spec, operands):
        return f'{self.module}.einsum("{spec}", {", ".join(operands)})'

    def total(self, text, axes):
        return f"{text}.sum({_axis(axes)})"

    def extreme(self, text, axes, name):
        return f"{text}.{name}({_axis(axes)})"

    def as_index(self, text):
        return f"{text}.astype(int)"

    def stopped(self, text):
        return text

    def joined(self, parts):
        return f"np.concatenate([{', '.join(parts)}], axis=-1)"

    def stacked(self, parts):
        return f"np.stack([{', '.join(parts)}], axis=-1)"

    def broadcast(self, text, shape):
        return f"np.broadcast_to({text.text}, {shape})"

    def along(self, items, index):
        return f"np.take_along_axis({items}, {index}, axis=-1)"


class Jax(NumPy):
    """JAX; with a dtype, constants are of that type, whatever JAX is set to."""

    name, module = "jax", "jnp"
    imports: ClassVar = ["import jax.numpy as jnp"]
    functions: ClassVar = {
        **{name: text.replace("np.", "jnp.") for name, text in NumPy.functions.items()},
        "erf": "jax.scipy.special.erf",
        "erfc": "jax.scipy.special.erfc",
    }
    written: ClassVar[dict[str, str]] = {
        **{name: text.replace("np.", "jnp.") for name, text in NumPy.written.items()},
        "relu": "jax.nn.relu({0})",
        "abs": "({0} * jnp.sign({0}))",  # the derivative of jnp.abs at 0 is 1
    }
    formulas: ClassVar[dict[str, str]] = {"hypot": AT_ORIGIN}  # the derivatives of jnp.hypot there are 0.5

    def __init__(self, dtype=""):
        self.dtype = f", dtype=jnp.{dtype}" if dtype else ""
        if dtype:  # a sum of plain numbers would be of the type that JAX is set to
            self.written = self.written | {
                name: re.sub(r"^jnp.where\((.*), 1.0, 0.0\)$", rf"(\1).astype(jnp.{dtype})", text)
                for name, text in self.written.items()
                if text.endswith(", 1.0, 0.0)")
            }

    def array(self, text, kind):
        return f"jnp.array({text}{'' if kind == 'int' else self.dtype})"

    def arange(self, start, stop, step, kind):
        text = super().arange(start, stop, step, kind).replace("np.", "jnp.", 1)
        return text if kind == "int" else f"{text[:-1]}{self.dtype})"

    def triangle(self, size):
        return f"jnp.tri({size}, dtype=bool)"

    def stopped(self, text):
        return f"jax.lax.stop_gradient({text})"

    def joined(self, parts):
        return f"jnp.concatenate([{', '.join(parts)}], axis=-1)"

    def stacked(self, parts):
        return f"jnp.stack([{', '.join(parts)}], axis=-1)"

    def broadcast(self, text, shape):
        return f"jnp.broadcast_to({text.text}, {shape})"

    def along(self, items, index):
        return f"jnp.take_along_axis({items}, {index}, axis=-1)"


class Torch(NumPy):
    name, module = "torch", "torch"
    imports: ClassVar = ["import torch"]
    functions: ClassVar = {
        **{name: f"torch.{name}" for name in (*SAME, *NUMPY_NAMES)},
        "abs": "torch.abs",
        "mod": "torch.remainder",
        "erf": "torch.erf",
        "erfc": "torch.erfc",
    }
    written: ClassVar[dict[str, str]] = {
        **{name: text.replace("np.", "torch.") for name, text in NumPy.written.items()},
        **{name: f"({{0}} {sign} {other}).double()" for name, sign, other in SIGNS},
        "relu": "torch.relu({0})",
        "cbrt": "(torch.sign({0}) * torch.abs({0}) ** (1 / 3))",
        "softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
    }
    formulas: ClassVar[dict[str, str]] = {"hypot": AT_ORIGIN}  # the derivatives of torch.hypot there are NaN

    def where(self, test, yes, no):
        if _is_number(yes) and _is_number(no):  # PyTorch would choose between numbers of float32
            yes = self.array(yes, "float")
        return super().where(test, yes, no)

    def array(self, text, kind):
        return f"torch.tensor({text}{'' if kind == 'int' else ', dtype=torch.float64'})"

    def arange(self, start, stop, step, kind):
        text = super().arange(start, stop, step, "int").replace("np.", "torch.", 1)
        return text if kind == "int" else f"{text[:-1]}, dtype=torch.float64)"

    def triangle(self, size):
        return f"torch.ones({size}, {size}).tril().bool()"

    def transposed(self, text, order):
        return f"{text}.permute({', '.join(map(str, order))})"

    def extreme(self, text, axes, name):
        return f"{text}.a{name}({_axis(axes)})"

    def as_index(self, text):
        return f"{text}.long()"

    def stopped(self, text):
        return f"{text}.detach()"

    def joined(self, parts):
        return f"torch.cat([{', '.join(parts)}], dim=-1)"

    def stacked(self, parts):
        return f"torch.stack([{', '.join(parts)}], dim=-1)"

    def broadcast(self, text, shape):
        return f"{text.held(ATOM)}.expand({shape})"

    def along(self, items, index):
        return f"torch.take_along_dim({items}, {index}, dim=-1)"


def _is_number(text):
    return re.fullmatch(r"-?(torch\.inf|[\d.]+(e[-+]?\d+)?)", text) is not None


def _axis(axes):
    return str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"


LANGUAGES = {language.name: language for language in (NumPy(), Torch(), Jax())}
