"""Arrays in, arrays out: derivatives of functions of NumPy arrays, eager and recorded."""

import sys

import numpy as np
import pytest

import autograd
from autograd import Value, compile, derivatives, grad, gradcheck, hessian, hvp, jacobian, jvp, value_and_grad
from autograd.errors import ArgumentError, AutogradError, NumberTypeError, RecordingError
from autograd.nested import is_array, numbers_in

V = np.array([0.5, -1.2, 2.0])
W = np.array([1.0, 2.0, 3.0])
A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.0, 0.3, 2.0]])
COMPILED = pytest.mark.parametrize("way", [lambda f: f, compile], ids=["eager", "recorded"])


def slopes(f, v):
    """The gradient of a function of an array by central differences of the function of floats."""
    found = np.empty(v.size)
    for i, step in enumerate(1e-6 * np.eye(v.size).reshape(v.size, *v.shape)):
        found[i] = (f(v + step) - f(v - step)) / 2e-6
    return found.reshape(v.shape)


@COMPILED
def test_a_gradient_has_the_shape_of_the_array(way):
    def f(v):
        return (v @ A * np.exp(-v)).sum() + (v[1:] ** 2).sum()

    for v in (V, V.astype("float32"), np.array([1, 2, 3]), V[::-1], np.asfortranarray(V)):
        found = grad(way(f))(v)
        assert type(found) is np.ndarray
        assert (found.dtype, found.shape) == (np.float64, (3,))
        assert found == pytest.approx(slopes(f, v.astype(float)), rel=1e-8)
    table = np.arange(6.0).reshape(2, 3) / 7
    for t in (table, np.asfortranarray(table)):
        assert grad(way(lambda m: np.sin(m @ A).sum()))(t) == pytest.approx(np.cos(table @ A) @ A.T)


@COMPILED
def test_structures_with_arrays_keep_their_structure(way):
    def loss(p, x, y):
        return ((np.tanh(p["w"] @ x + p["b"]) - y) ** 2).sum() * p["scale"][0]

    p = {"w": A / 9, "b": V, "scale": [2.0, (W,)]}
    value, found = value_and_grad(way(loss))(p, W, V)
    assert value == pytest.approx(loss(p, W, V))
    assert [part.shape for part in (found["w"], found["b"], found["scale"][1][0])] == [(3, 3), (3,), (3,)]
    assert found["scale"][0] == pytest.approx(value / 2)
    assert found["b"] == pytest.approx(slopes(lambda b: loss({**p, "b": b}, W, V), V), rel=1e-6)
    assert not found["scale"][1][0].any()


@COMPILED
def test_jacobians_and_hessians_are_matrices(way):
    def g(v):
        return np.array([v[0] * v[1], v[1] * np.sin(v[2])])

    found = jacobian(way(g))(V)
    assert found.dtype == np.float64
    assert found == pytest.approx(np.array([[-1.2, 0.5, 0], [0, np.sin(2), -1.2 * np.cos(2)]]))
    f = way(lambda v: (v**3).sum() + v[0] * v[1])
    expected = np.diag(6 * V) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert hessian(f)(V) == pytest.approx(expected)
    assert hvp(f, (V,), (W,))[0] == pytest.approx(expected @ W)
    assert hvp(f)(V, W) == pytest.approx(expected @ W)
    assert jvp(g, (V,), (W,))[1] == pytest.approx(found @ W)
    assert jacobian(lambda m: m @ V)(A).shape == (3, 3, 3)
    assert hessian(lambda m: (m @ m).sum())(A).shape == (3, 3, 3, 3)


def test_jacobians_of_structures():
    both = jacobian(lambda p: p["a"] * p["b"])({"a": V, "b": 2.0})
    assert both["a"] == pytest.approx(2 * np.eye(3))
    assert both["b"] == pytest.approx(V)
    one, other = jacobian(lambda v, w: v + w, argnums=(0, 1))(V, W)
    assert one == pytest.approx(np.eye(3))
    assert other == pytest.approx(np.eye(3))
    assert jacobian(lambda x, a, b: a * np.exp(b * x), argnums=(1, 2))(W, 2.0, 0.1).shape == (3, 2)
    assert jacobian(lambda v: np.array(v) ** 2)([1.0, 2.0]).tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert [row.tolist() for row in jacobian(lambda v: [v[0] * v[1], v[2]])(V)] == [[-1.2, 0.5, 0.0], [0.0, 0.0, 1.0]]
    assert jacobian(lambda v: v)(np.empty(0)).size == 0


def test_directions_must_have_the_shape_of_the_point():
    for direction in (W[:2], [1.0, 2.0, 3.0], 1.0, A):
        with pytest.raises(ArgumentError, match="two tuples of the same structure"):
            jvp(lambda v: v @ v, (V,), (direction,))


class Series:
    """What pandas hands over, as far as this matters: not an ndarray, but one can be made of it."""

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)
        self.shape = self.numbers.shape

    def __array__(self, dtype=None, copy=None):
        return self.numbers

    def tolist(self):
        return self.numbers.tolist()


def test_a_series_goes_in_as_an_array():
    f = lambda v: (v**2).sum()  # noqa: E731  # both ways of the same function
    for g in (grad(f), grad(compile(f))):
        found = g(Series(V))
        assert type(found) is np.ndarray
        assert found.tolist() == (2 * V).tolist()
    assert compile(f)(Series(V)) == f(V.astype(object))


class Scalar:
    """A number in an array of no dimension, as torch.tensor(2.0) is: with a length that raises, and an item()."""

    shape = ()
    __array__ = None

    def __len__(self):
        raise TypeError("len() of a 0-d tensor")

    def item(self):
        return 2.0

    def __float__(self):
        return 2.0

    def __eq__(self, other):
        return other == 2.0

    def __lt__(self, other):
        return other > 2.0

    def __gt__(self, other):
        return other < 2.0

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "two", [np.array(2.0), np.array(2), np.float32(2), Scalar()], ids=lambda two: type(two).__name__
)
def test_arrays_of_no_dimension_are_numbers(two):
    x = Value(3.0)
    assert ((x * two).data, (x**two).data, autograd.maximum(x, two).data, Value(two).data) == (6.0, 9.0, 3.0, 2.0)
    assert x > two
    assert grad(lambda x: x * x * two)(two) == 8.0
    assert compile(lambda x: x * two)(two) == 4.0
    assert autograd.mean([x, two]).data == 2.5
    assert not is_array(two)


def test_torch_scalars_are_numbers():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x, two = Value(3.0), torch.tensor(2.0)
    assert ((x * two).data, (two * x).data, (x**two).data) == (6.0, 6.0, 9.0)
    assert grad(lambda v: (v**2).sum())(torch.tensor([1.0, 2.0])).tolist() == [2.0, 4.0]


def test_pandas_series_go_in():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert grad(lambda v: (v**2).sum())(pandas.Series(V)).tolist() == (2 * V).tolist()
    assert grad(lambda v: (v**2).sum())(pandas.DataFrame(A)).tolist() == (2 * A).tolist()


# Recordings.


def test_a_compiled_function_of_arrays():
    w = Value(2.0)
    f = compile(lambda v: np.exp(w * v).sum())
    for v in (V, V + 1):
        result = f(v)
        assert result.data == pytest.approx(np.exp(2 * v).sum())
        assert derivatives(result, w) == pytest.approx((v * np.exp(2 * v)).sum())
    assert f.cache_info().misses == 1
    assert compile(lambda v: {"a": v * 2, "b": (v[0],)})(V)["a"].tolist() == (2 * V).tolist()
    own = np.array([Value(1.0), Value(3.0)])
    result = compile(lambda v: v @ v)(own)
    result.backward()
    assert [v.grad for v in own] == [2.0, 6.0]


def test_batches_of_arrays():
    w = np.array([Value(0.5), Value(-2.0), Value(1.0)])
    f = compile(lambda x, y: ((w @ x) - y) ** 2)
    eager = autograd.mean([((w @ x) - y) ** 2 for x, y in zip(A, V)])
    assert f.mean(A, V).data == eager.data
    assert f.map(A, V) == [f(x, y).data for x, y in zip(A, V)]
    assert derivatives(f.mean(A, V), list(w)) == pytest.approx(derivatives(eager, list(w)))
    doubled = compile(lambda x: (x.sum(), 2 * x))
    assert doubled.map(A, has_aux="array")[1].tolist() == (2 * A).tolist()
    assert np.array(doubled.mean(A, has_aux=True)[1]).tolist() == (2 * A).tolist()
    images = np.arange(24.0).reshape(4, 2, 3)
    assert compile(lambda x: (x @ x.T).sum()).map(images) == [float((x @ x.T).sum()) for x in images]


def test_lists_stay_lists():
    seen = []

    def f(x):
        seen.append(type(x))
        return x[0] * x[1]

    assert compile(f)([1.0, 2.0]) == 2.0
    assert compile(f).map([[1.0, 2.0]]) == [2.0]
    assert grad(f)([1.0, 2.0]) == [2.0, 1.0]
    assert set(seen) == {list}


def test_where_the_function_itself_is_called_arrays_arrive_as_in_a_recording():
    def f(v):
        return np.log(v).sum() if v.dtype == object else 0.0

    step = compile(f)
    with pytest.raises(ValueError, match=r"log: x must be > 0, got -1\.2"):
        step(V)
    assert step(W) == f(as_objects(W))


def as_objects(array):
    """The array that a function gets."""
    from autograd.value_array import as_object_array

    return as_object_array(array)


# Functions of NumPy, on what a function gets.

WORKING = {
    "var": np.var,
    "std": np.std,
    "var of axis": lambda v: np.var(np.outer(v, v), axis=0),
    "norm": np.linalg.norm,
    "norm 1": lambda v: np.linalg.norm(v, 1),
    "norm of rows": lambda v: np.linalg.norm(np.outer(v, v), axis=1),
    "clip": lambda v: np.clip(v, -1, 1),
    "v.clip": lambda v: v.clip(-1, 1),
    "where": lambda v: np.where(v > 0, v * v, 3 * v),
    "where on a mask": lambda v: np.where(W > 1.5, v, 0.0),
    "deg2rad": np.deg2rad,
    "degrees": np.degrees,
    "dot": lambda v: np.dot(v, W),
    "v.dot": lambda v: v.dot(v),
    "matmul": lambda v: A @ v,
    "cumsum": np.cumsum,
    "outer": lambda v: np.outer(v, W),
    "einsum": lambda v: np.einsum("i,ij,j", v, A, v),
    "isfinite": lambda v: np.where(np.isfinite(v), v, 0.0),
    "isnan": lambda v: v[~np.isnan(v)],
    "floor": lambda v: v * np.floor(v),
    "ceil": lambda v: v * np.ceil(v),
    "mean": np.mean,
    "average": lambda v: np.average(v, weights=W),
    "prod": np.prod,
    "maximum": lambda v: np.maximum(v, 0.1),
    "minimum": lambda v: np.minimum(0.1, v),
    "sign": lambda v: v * np.sign(v),
    "hypot": lambda v: np.hypot(v, W),
    "arctan2": lambda v: np.arctan2(v, W),
    "expm1": np.expm1,
    "exp2": np.exp2,
    "log1p": lambda v: np.log1p(v * v),
    "log2": lambda v: np.log2(v * v),
    "log10": lambda v: np.log10(v * v),
    "cbrt": np.cbrt,
    "square": np.square,
    "reciprocal": np.reciprocal,
    "sqrt": lambda v: np.sqrt(v * v),
    "abs": np.abs,
    "fabs": np.fabs,
    "power": lambda v: np.power(v * v, 1.5),
    "arctan": np.arctan,
    "sinh": np.sinh,
    "tanh": np.tanh,
    "diff": np.diff,
    "concatenate": lambda v: np.concatenate([v, W]),
    "stack": lambda v: np.stack([v, v * v]),
    "polyval": lambda v: np.polyval([1.0, 2.0, 3.0], v),
    "convolve": lambda v: np.convolve(v, W),
    "trace": lambda v: np.trace(np.outer(v, v)),
    "cross": lambda v: np.cross(v, W),
    "kron": lambda v: np.kron(v, W),
    "reshape": lambda v: v.reshape(3, 1) @ v.reshape(1, 3),
    "added to zeros": lambda v: np.zeros(3) + v,
    "broadcast": lambda v: v[:, None] * v[None, :],
    "remainder": lambda v: v % 2,
    "sinc": np.sinc,
    "logaddexp": lambda v: np.logaddexp(v, W),
    "logaddexp.reduce": np.logaddexp.reduce,
    "max": np.max,
    "v.min": lambda v: v.min(),
}
DECIDING = {  # by numbers that depend on the inputs: not in a recording
    "norm inf": lambda v: np.linalg.norm(v, np.inf),
    "argmax": lambda v: v[np.argmax(v)],
    "median": np.median,
    "sort": lambda v: np.sort(v) * W,
    "mask": lambda v: v[v > 0],
    "select": lambda v: np.select([v > 0], [v], 0.0),
}


@COMPILED
@pytest.mark.parametrize("name", WORKING)
def test_functions_of_numpy_on_values(name, way):
    def f(v):
        return np.sum(WORKING[name](v) * 1.5)

    step = way(f)
    for v in (V + 0.05, V + 0.25):
        assert step(v) == pytest.approx(f(v), rel=1e-14)
        assert grad(step)(v) == pytest.approx(slopes(f, v), rel=1e-6, abs=1e-8)
        if name in PLAIN:
            assert grad(way(lambda v: f(np.array(v.tolist()))))(v) == pytest.approx(grad(f)(v))


# These work on any array of Values, not only on what a function gets.
PLAIN = set(WORKING) - {"isfinite", "isnan", "logaddexp", "logaddexp.reduce", "where", "clip", "v.clip", "sinc"}
PLAIN -= {"maximum", "minimum", "sign", "norm 1", "max", "v.min"}


@pytest.mark.parametrize("name", DECIDING)
def test_functions_of_numpy_that_decide(name):
    def f(v):
        return np.sum(DECIDING[name](v) * 1.5)

    assert grad(f)(V) == pytest.approx(slopes(f, V), rel=1e-6, abs=1e-8)
    with pytest.raises(
        RecordingError, match=r"would freeze a number or a branch|recording it fails with (Index|NumberType)Error"
    ):
        compile(f, fallback=False)(V)


@COMPILED
@pytest.mark.parametrize(
    ("f", "instead"),
    [
        (lambda v: np.interp(v, W, W).sum(), r"numpy.interp: .* write fp\[i\] \+ "),
        (lambda v: np.rint(v).sum(), r"numpy.rint: .*write numpy.floor\(v \+ 0.5\)"),
        (lambda v: np.round(v).sum(), r"numpy.round: .*write numpy.floor\(v \+ 0.5\)"),
        (lambda v: (v // 2).sum(), r"Write autograd.floor\(x / y\)|would freeze .*floor\(\)"),
        (lambda v: np.heaviside(v, 0.0).sum(), "numpy.heaviside: .*autograd.step"),
        (lambda v: np.fmod(v, 2.0).sum(), r"numpy.fmod: .*Write numpy.sign\(v\) \* numpy.mod"),
        (lambda v: np.logaddexp2(v, v).sum(), "numpy.logaddexp2: .*logaddexp"),
        (lambda v: np.nextafter(v, 1.0).sum(), "numpy.nextafter: NumPy cannot compute this with Values. Write it with"),
        (lambda v: np.linalg.solve(A, v).sum(), r"numpy.solve: NumPy cannot compute this with Values\. Write it"),
        (lambda v: filled_zeros(v).sum(), r"numpy.zeros\(n, object\)|would freeze a number"),
        (lambda v: added_in_place(v).sum(), r"numpy.zeros\(n, object\)"),
    ],
)
def test_what_numpy_cannot_do_with_values_says_what_to_write(f, instead, way):
    with pytest.raises(AutogradError, match=instead) as caught:
        way(grad(f))(V)
    assert isinstance(caught.value, TypeError)


def filled_zeros(v):
    out = np.zeros(3)
    for i, x in enumerate(v):
        out[i] = x * x
    return out


def added_in_place(v):
    out = np.zeros(3)
    out += v
    return out


def test_a_function_that_returns_an_array_has_no_gradient():
    with pytest.raises(NumberTypeError, match=r"grad: the function must return numbers or Values.*ValueArray"):
        grad(lambda v: v * 2)(V)


def test_gradcheck_of_arrays():
    report = gradcheck(lambda p, x: np.tanh(p["w"] @ x).sum(), ({"w": A}, V), order=2)
    assert report
    assert report.rows[1].name == "∂f/∂p['w'][0, 1]"
    assert len(report.rows) == 12 + 12 * 13 // 2
    assert not gradcheck(lambda v: sum(map(wrong, v)), V)


def test_gradcheck_of_several_results_says_how_to_check_them():
    for f in (lambda v: v * v, lambda v: [v[0]]):
        with pytest.raises(NumberTypeError, match=r"gradcheck: .* one number, got .* gradcheck\(lambda v: f\(v\)\[0\]"):
            gradcheck(f, V)
    assert gradcheck(lambda v: np.squeeze((v * v).sum(keepdims=True)), V)


def wrong(x):
    return x + x.detach() if isinstance(x, Value) else 2 * x


def test_numbers_in_arrays_are_those_of_python():
    assert numbers_in([np.array([1, 2]), (np.float32(3.0),)]) == [1, 2, 3.0]
    assert set(map(type, numbers_in(np.array([1.5])))) == {float}


def test_importing_the_package_does_not_import_numpy():
    import subprocess

    code = "import sys, autograd; autograd.grad(lambda v: v[0] * v[1])([1.0, 2.0]); print('numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


@COMPILED
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: np.ma.array([[1.0, 2.0, 3.0]], mask=[[0, 1, 0]]), r"masked entries, .* array.compressed\(\)"),
        (lambda: np.matrix([[1.0, 2.0], [3.0, 4.0]]), r"a numpy.matrix multiplies .* numpy.asarray\(m\)"),
    ],
    ids=["masked", "matrix"],
)
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")  # it is used all the same
def test_arrays_that_compute_something_else_are_refused(make, message, way):
    """An array of Values knows no mask, and multiplies items: its derivative would be that of another function."""
    for call in (grad(way(lambda v: (v * v).sum())), way(grad(lambda v: (v * v).sum())), compile(np.sum).map):
        with pytest.raises(NumberTypeError, match=message):
            call(make())


def test_an_array_without_masked_entries_is_an_array():
    array = np.ma.array([1.0, 2.0], mask=[0, 0])
    assert grad(lambda v: (v * v).sum())(array).tolist() == [2.0, 4.0]


@COMPILED
@pytest.mark.parametrize(
    "f",
    [
        lambda v: np.array((v * v).sum()),
        lambda v: np.squeeze((v * v).sum(keepdims=True)),
        lambda v: (v * v).sum(keepdims=True).reshape(()),
        lambda v: v[0] * np.asarray(v[0]) + (v[1:] * v[1:]).sum(),
        lambda v: np.asarray(v[0]) * v[0] + np.asarray((v[1:] * v[1:]).sum()),
    ],
    ids=["array", "squeeze", "reshape", "an operand", "both operands"],
)
def test_an_array_of_one_value_without_dimensions_is_that_value(f, way):
    assert way(f)(V) == pytest.approx((V * V).sum())
    assert grad(way(f))(V) == pytest.approx(2 * V)
    assert way(grad(f))(V) == pytest.approx(2 * V)
    assert jacobian(way(lambda v: [f(v)]))(V)[0] == pytest.approx(2 * V)
    assert hessian(way(f))(V) == pytest.approx(2 * np.eye(3))


@COMPILED
def test_a_gradient_of_several_results_points_to_the_jacobian(way):
    with pytest.raises(NumberTypeError, match=r"For the derivatives of several results write jacobian\(f\)"):
        grad(way(lambda v: v * v))(V)


def test_functions_of_numpy_on_a_value_in_no_array():
    """What is taken out of an array, x[0], is a Value alone."""
    x = np.array([0.3, 1.2])
    for f, slopes in [
        (lambda v: np.logaddexp(v[0], v[1]), np.exp(x) / np.exp(x).sum()),
        (lambda v: np.hypot(v[0], 2.0) * np.float64(3.0), [3 * 0.3 / np.hypot(0.3, 2.0), 0.0]),
        (lambda v: np.sign(v[0]) * np.float64(2.0) * v[1], [0.0, 2.0]),
        (lambda v: (np.ones(3) * v[1]).var() + np.maximum(v[0], 0.0), [1.0, 0.0]),
    ]:
        assert np.allclose(grad(f)(x), slopes, rtol=1e-14, atol=1e-15)
        assert np.allclose(compile(grad(f))(x), slopes, rtol=1e-14, atol=1e-15)
    assert np.isfinite(Value(1.0))
    assert not np.isnan(Value(1.0))
    with pytest.raises(NumberTypeError, match=r"numpy.heaviside: .* Write autograd.step of each element"):
        np.heaviside(Value(1.0), 0.5)


def test_functions_of_scipy_say_what_to_write():
    # SciPy comes with scikit-learn, which `make test` installs: this is left out only where it cannot be.
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
    with pytest.raises(NumberTypeError, match=r"Write autograd\.erf of each element"):
        special.erf(Value(1.0))
    with pytest.raises(NumberTypeError, match=r"Write autograd\.sigmoid of each element"):
        grad(lambda v: special.expit(v).sum())(np.ones(2))
