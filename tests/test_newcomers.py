"""Mistakes that newcomers make with Values, derivatives and recordings, and what they are told."""

import pytest
from newcomers import check

import autograd
from autograd.errors import MissingPackageError

NUMBERS = [
    ("math.exp(Value(2.0))", TypeError, "float(v) would … lose its gradient … autograd.exp(v) in place of math.exp(v)"),
    ("float(Value(2.0))", TypeError, "Write v.data for the number"),
    ("int(Value(2.0))", TypeError, "Write int(v.data)"),
    ("Value('2.0')", TypeError, "expected a real number, got str '2.0'. Convert it with float() first"),
    ("Value([1.0, 2.0])", TypeError, "got list [1.0, 2.0]. Make one Value of each element: [Value(x) for x in ...]"),
    ("Value(np.array([1.0, 2.0]))", TypeError, "got ndarray … Make one Value of each element"),
    (
        "Value(None)",
        TypeError,
        "got NoneType None. A variable may not have been set, or a function may lack its return",
    ),
    ("Value(2 + 3j)", TypeError, "got complex (2+3j). Take its .real and .imag"),
    ("Value(float('nan'))", ValueError, "a Value must be finite, got nan. Find where it comes from"),
    ("Value(2.0, requires_grad=True)", TypeError, "unexpected keyword argument 'requires_grad'"),
    ("Value(2.0, 3)", TypeError, "a label is a string or None, got 3"),
    ("Value(6.0, (Value(2.0), Value(3.0)), '*')", TypeError, "expected a number and a label … a * b … autograd.rule("),
    ("Value(2.0) == 2.0", TypeError, "== between Values asks whether they are the same node … write v.data == 2.0"),
    ("Value(2.0) in [1.0, 2.0]", TypeError, "To compare the numbers write v.data == 1.0"),
    ("Value(2.0) ^ 2", TypeError, "^ is not a power in Python. Write x ** 2"),
    ("2 ^ Value(2.0)", TypeError, "Write x ** 2"),
    ("Value(2.0) * '3'", TypeError, "expected a real number, got str '3'"),
    ("Value(2.0) + None", TypeError, "got NoneType None … a function may lack its return"),
    ("[1.0, 2.0] * Value(3.0)", TypeError, "got list [1.0, 2.0]. Make one Value of each element"),
    ("'loss ' + Value(2.0)", TypeError, "got str 'loss ' … in text write a number as f\"{v.data}\""),
    ("'%.2f' % Value(2.0)", TypeError, "Write v.data for the number"),
    ("class Weight(Value): pass", TypeError, "class Weight(Value) … Write a class that holds a Value"),
    ("autograd.log(Value(-1.0, 'p'))", ValueError, 'log: x must be > 0, got -1.0 ("p"). Shift or clamp it'),
    ("Value(-8.0) ** 0.5", ValueError, "pow: needs x > 0 … got pow(-8.0, 0.5)"),
    ("1 / Value(0.0)", ZeroDivisionError, "div: y must be != 0, got 0.0"),
    ("Value(0.0).sqrt()", ZeroDivisionError, "the derivative ∂sqrt/∂x = 0.5 / out is infinite … detach()"),
    ("Value(1000.0).exp()", OverflowError, "exp: the result of exp(1000.0) is too large … Scale the operands down"),
    ("autograd.tanh([1.0, 2.0])", TypeError, "got list [1.0, 2.0]. Make one Value of each element"),
    ("autograd.mean([])", ValueError, "mean: expected at least one number, got none"),
    ("autograd.mean('123')", TypeError, "mean: expected a list, got str '123'"),
    ("autograd.dot([1.0, 2.0], [1.0])", ValueError, "dot: … same length, got lengths 2 and 1"),
    ("autograd.dot(Value(2.0), Value(3.0))", TypeError, "dot: expected a list, got Value Value(2.0, grad=0)"),
    ("x = Value(2.0)\nx.data = x * 0.5", TypeError, "expected a plain number, got Value(1.0, grad=0). Write v.data"),
    ("x = Value(2.0)\nx.data = 'two'", TypeError, "expected a real number, got str 'two'"),
    ("x = Value(2.0)\nx.grad = None", TypeError, "a gradient is a number … To clear it write v.grad = 0.0"),
    ("x = Value(2.0)\nx.m = 0.0", AttributeError, 'Value has no attribute "m" … in a dict such as m = {p: 0.0 for p'),
    ("Value(2.0).numpy()", AttributeError, 'no attribute "numpy". Write v.data'),
    ("Value(2.0).clone()", AttributeError, "Write +v … or Value(v.data)"),
    ("Value(2.0).zero_grad()", AttributeError, "Write v.grad = 0.0, or autograd.zero_grad(values)"),
    ("Value(2.0).shape", AttributeError, "A Value is one number"),
    ("Value(2.0).T", AttributeError, 'no attribute "T". A Value is one number'),
    ("Value(2.0).transpose(0, 1)", AttributeError, "A Value is one number"),
    ("Value(2.0).square()", AttributeError, 'no attribute "square". Write v * v or v ** 2'),
    ("Value(2.0).reciprocal()", AttributeError, "Write 1 / v"),
    ("Value(2.0).rsqrt()", AttributeError, "Write v ** -0.5"),
    ("Value(2.0).clip(0, 1)", AttributeError, "Write v.clamp(0.0, 1.0)"),
    ("Value(2.0).max()", AttributeError, "A Value is one number; write max(values)"),
    ("Value(2.0).float()", AttributeError, "Leave it out: every number is a float64"),
    ("Value(2.0).mean()", AttributeError, "A Value is one number; write autograd.mean(values)"),
    ("Value(2.0).to('cuda')", AttributeError, "Leave it out: every number is a float64"),
    ("Value(2.0).sub_(1.0)", AttributeError, "assign to v.data, as in v.data -= 0.1 * v.grad"),
    ("Value(2.0).grad_fn", AttributeError, "Write v.rule … v.parents"),
]

PASSES = [
    ("with autograd.no_grad():\n    y = Value(2.0) * 3\ny.backward()", ValueError, "depends on no Value … no_grad()"),
    ("y = Value(2.0).detach() ** 2\ny.backward()", ValueError, "backward: … nothing to differentiate … detach()"),
    ("w = Value(2.0)\nw.requires_grad = False\n(w * w).backward()", ValueError, "Values that are not frozen"),
    ("y = Value(2.0) * 3\ny.requires_grad = False", ValueError, "only a leaf can be frozen … Write v.detach()"),
    ("Value(2.0).requires_grad = 0", TypeError, "requires_grad is True or False, got 0"),
    ("(Value(2.0) * 3).backward([1.0])", TypeError, "expected a real number, got list [1.0]"),
    ("(Value(2.0) * 3).backward(Value(1.0))", TypeError, "expected a plain number … Write v.data"),
    ("(Value(2.0) * 3).backward(retain_graph=True)", TypeError, "unexpected keyword argument 'retain_graph'"),
    ("autograd.zero_grad(model)", TypeError, "zero_grad: expected a list, got MLP … write model.parameters()"),
    ("autograd.zero_grad(model.parameters)", TypeError, "expected a list, got method … Call it, with ()"),
    ("autograd.zero_grad([1.0])", TypeError, "zero_grad: expected Values, got float 1.0"),
    (
        "used = (p for p in model.parameters())\nautograd.zero_grad(used)\nautograd.zero_grad(used)",
        ValueError,
        "zero_grad: this generator has nothing left … Pass a list",
    ),
    ("autograd.draw([1.0])", TypeError, "expected"),
    ("autograd.explain(2.0)", TypeError, "expected a Value, got float 2.0. Compute the result from Values"),
    ("autograd.rule('cube', 'x ** 3')", ValueError, "cube: 1 inputs (x) need as many partial derivatives, got 0"),
    ("autograd.rule('cube', lambda x: x ** 3, '1')", ValueError, "a formula is text such as 'x * y', got <function"),
    ("autograd.rule('tanh', 'x', '1')", ValueError, "there is a primitive 'tanh' already"),
]

DERIVATIVES = [
    ("w = Value(1.0)\ngrad((w - 3) ** 2, [w])", TypeError, "grad: expected a function, got Value … derivatives(y, xs)"),
    ("w = Value(1.0)\ngrad(w * w)(w)", TypeError, "derivatives(y, xs), or y.backward() and then x.grad"),
    ("grad(3.0)", TypeError, "grad: expected a function, got float 3.0"),
    ("grad(lambda x: x * x, 3.0)", ValueError, "argnums is the index of an argument … got 3.0 … grad(f)(point)"),
    ("grad(lambda x, y: x * y, argnums='y')", ValueError, "argnums is the index … got 'y'"),
    ("grad(lambda x: x * x)()", ValueError, "0 were given. Write grad(f)(x)"),
    ("grad(lambda x: x * x)(x=3.0)", ValueError, "the numbers go to the function that grad(f) returns, without names"),
    ("grad(lambda x: x * x)('3')", TypeError, "expected a real number, got str '3'"),
    ("grad(lambda x: [x, x])(3.0)", TypeError, "grad: the function must return numbers … write jacobian(f)"),
    ("def f(x):\n    x * x\ngrad(f)(3.0)", TypeError, "the function must return numbers … may lack its return"),
    ("grad(lambda x: math.sin(x))(3.0)", TypeError, "lose its gradient … in place of math.exp(v)"),
    ("autograd.jacobian(Value(1.0))", TypeError, "jacobian: expected a function … derivatives(y, xs)"),
    ("autograd.hessian(lambda x: [x, x])(1.0)", TypeError, "hessian: the function must return numbers"),
    ("autograd.jvp(lambda x: x * x, 2.0, 1.0)", ValueError, "jvp: expected two tuples of the same structure"),
    ("autograd.derivatives([Value(1.0)], Value(2.0))", TypeError, "expected y and every x to be Values, got list"),
    ("autograd.derivatives(Value(1.0), 2.0)", TypeError, "derivatives: expected a list, got float 2.0"),
    ("autograd.gradcheck(Value(2.0), 3.0)", TypeError, "gradcheck: expected a function, got Value"),
]

RECORDINGS = [
    ("autograd.compile(lambda x: x if x > 0 else -x)(1.0)", TypeError, "a decision … Write where(condition, x, y)"),
    (
        "autograd.compile(lambda x: math.exp(x))(1.0)",
        TypeError,
        "float() of a number … autograd.exp(v) in place of math",
    ),
    ("autograd.compile(lambda x: x.data * 2)(1.0)", TypeError, "reading .data of a number … detach()"),
    ("autograd.compile(lambda x: (x * x).backward())(1.0)", TypeError, "backward() on what the compiled function"),
    ("autograd.compile(lambda x: print(x) or x)(1.0)", TypeError, "writing as text … Return the number, and write it"),
    ("autograd.compile(lambda x, n: [1.0, 2.0][n] * x)(1.0, 1)", TypeError, "Write autograd.take(items, i)"),
    ("autograd.compile(lambda x, n: sum(x for _ in range(n)))(1.0, 3)", TypeError, "name the argument in static="),
    ("autograd.compile(lambda x: x if x == 2.0 else 0.0)(1.0)", TypeError, "comparing with == … Write equal(x, y)"),
    ("f = autograd.compile(lambda x: x * random.random())\nf(1.0), f(1.0)", TypeError, "Does it draw random numbers"),
    ("autograd.compile(3.0)", ValueError, "compile: expected a function, got 3.0"),
    ("autograd.compile(lambda x: x, static='n')", ValueError, "static='n' is not an argument of the function"),
    ("grad(lambda x: x * x, argnum=0)", TypeError, "grad: there is no argument 'argnum'. Write argnums=1."),
    ("autograd.value_and_grad(lambda x: (x, 1), has_aux=True)", TypeError, "no argument 'has_aux'. Only numbers are"),
    ("autograd.derivatives(Value(1.0), [], retain_graph=True)", TypeError, "no argument 'retain_graph'. Leave it out"),
    ("autograd.linearize", AttributeError, "Write autograd.jvp(f, primals, tangents)"),
    ("autograd.compile(lambda x: x, static_argnums=0)", TypeError, "no argument 'static_argnums'. Name the arguments"),
    (
        "autograd.compile(lambda x, y: x * y).mean([1.0, 2.0], [1.0])",
        ValueError,
        "all of one length … got lengths 2, 1",
    ),
]

NAMES = [
    (
        "from autograd import detach",
        ImportError,
        'autograd has no "detach" to import. It is a method: write v.detach()',
    ),
    ("from autograd import Tensor", ImportError, "Every number is a Value"),
    ("from autograd import Variable", ImportError, "Every number is a Value"),
    ("from autograd import backward", ImportError, "write y.backward()"),
    ("from autograd import jit", ImportError, "Write autograd.compile(f)"),
    ("from autograd import numpy as np", ImportError, "glassgrad, not HIPS/autograd … import numpy as np"),
    ("from autograd import elementwise_grad as egrad", ImportError, "[autograd.grad(f)(x) for x in many]"),
    ("from autograd import MLP", ImportError, "It is in nn: write nn.MLP"),
    ("from autograd import draw_dot", ImportError, "Write autograd.draw(y)"),
    ("from autograd import grads", ImportError, 'Did you mean "grad"?'),
    ("autograd.tensor([1.0, 2.0])", AttributeError, "Several are a list of Values"),
    ("autograd.vmap(math.sin)", AttributeError, "autograd.compile(f).map(many)"),
    ("autograd.stop_gradient(1.0)", AttributeError, "Write v.detach()"),
    ("autograd.sigmiod(1.0)", AttributeError, 'Did you mean "sigmoid"?'),
]


@pytest.mark.parametrize(("program", "error", "words"), NUMBERS + PASSES + DERIVATIVES + RECORDINGS + NAMES)
def test_a_mistake_is_explained(program, error, words):
    check(program, error, words)


def test_asking_for_a_name_stays_harmless():
    for name in ("detach", "tensor", "__wrapped__", "nothing_like_this"):
        assert not hasattr(autograd, name)
        assert getattr(autograd, name, 3) == 3
    assert not issubclass(type(_error_of("autograd.tensor")), ImportError)
    exec("from autograd import check, native, replay; import autograd.view.dot", {})
    with pytest.raises(ImportError, match='has no "nothing"'):
        exec("from autograd import nothing", {})
    assert not issubclass(MissingPackageError, AttributeError)


def _error_of(expression):
    with pytest.raises(AttributeError) as caught:
        eval(expression, {"autograd": autograd})
    return caught.value


def test_every_suggestion_exists():
    import re

    from autograd.elsewhere import ELSEWHERE
    from autograd.engine.habits import ELSEWHERE as OF_VALUES

    for table in (ELSEWHERE, OF_VALUES):
        for name, remedy in table.items():
            for suggested in re.findall(r"autograd\.(\w+)", remedy):
                assert hasattr(autograd, suggested), f"{name}: {remedy}"
    assert not [name for name in ELSEWHERE if name in vars(autograd) and name not in ("numpy", "engine")]
