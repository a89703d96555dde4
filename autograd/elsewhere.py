"""For names of PyTorch, JAX, HIPS/autograd and micrograd that this package does not have: what to write here."""

_VALUE = "Every number is a Value: write autograd.Value(2.0). Several are a list of Values."
_METHOD = "It is a method: write v.{0}()."
_IN_NN = "It is in nn: write nn.{0}."
_NUMPY = (
    "This package is glassgrad, not HIPS/autograd: with `import numpy as np`, np.exp and the like work on Values, and "
    "on arrays of them."
)

ELSEWHERE = {
    # PyTorch
    **dict.fromkeys(("tensor", "Tensor", "Variable", "Parameter", "Scalar", "Node", "Var", "array"), _VALUE),
    "detach": _METHOD.format("detach"),
    "backward": "It is a method of the result: write y.backward().",
    "requires_grad": "It is an attribute: v.requires_grad, which v.requires_grad_(False) changes.",
    "enable_grad": "Gradients are on except inside `with autograd.no_grad():`.",
    "set_grad_enabled": "Write `with autograd.no_grad():` around what needs no gradient.",
    "inference_mode": "Write `with autograd.no_grad():`.",
    "Function": 'An operation of your own is a line: autograd.rule("cube", "x ** 3", "3 * x ** 2").',
    "functional": "Its functions are here: autograd.jacobian, autograd.hessian, autograd.jvp, autograd.hvp.",
    "func": "Its functions are here: autograd.grad, autograd.jacobian, autograd.hessian, autograd.jvp.",
    "vjp": "Write autograd.derivatives(y, xs), or y.backward(gradient) for a seed.",
    "vhp": "Write autograd.hvp(f, primals, tangents): the hessian is symmetric.",
    "manual_seed": "Give a seed where numbers are drawn: nn.MLP(2, [3, 1], seed=0), nn.fit(..., seed=0).",
    "relu6": "Write autograd.minimum(autograd.relu(x), 6).",
    "matmul": "Write autograd.dot(row, x) for each row of a matrix.",
    "mm": "Write autograd.dot(row, x) for each row of a matrix.",
    "sum": "Write Python's sum(values).",
    "max": "Write autograd.maximum(x, y); Python's max(values) picks the largest Value.",
    "min": "Write autograd.minimum(x, y); Python's min(values) picks the smallest Value.",
    "square": "Write x * x or x ** 2.",
    "rsqrt": "Write x ** -0.5.",
    "reciprocal": "Write 1 / x.",
    "lgamma": 'Register it: autograd.rule("name", formula, derivative).',
    "save": _IN_NN.format("save(model, path)"),
    "load": _IN_NN.format("load(path)"),
    "optim": _IN_NN.format("SGD, nn.Adam and so on"),
    "nn": "It is a package beside this one: write `import nn`.",
    # JAX and HIPS/autograd
    "jit": "Write autograd.compile(f).",
    "vmap": "Write [f(x) for x in many], or autograd.compile(f).map(many), which is much faster.",
    "numpy": _NUMPY,
    "scipy": _NUMPY,
    "linearize": "Write autograd.jvp(f, primals, tangents).",
    "jacfwd": "Write autograd.jacobian(f).",
    "jacrev": "Write autograd.jacobian(f).",
    "elementwise_grad": "Write [autograd.grad(f)(x) for x in many].",
    "deriv": "Write autograd.grad(f).",
    "derivative": "Write autograd.grad(f), or autograd.derivatives(y, x) for a result that exists.",
    "gradient": "Write autograd.grad(f), or autograd.derivatives(y, x) for a result that exists.",
    "make_jvp": "Write autograd.jvp(f, primals, tangents).",
    "hessian_vector_product": "Write autograd.hvp(f, primals, tangents).",
    "check_grads": "Write autograd.gradcheck(f, point).",
    "stop_gradient": "Write v.detach().",
    "lax": "Write autograd.where(condition, x, y) for a choice, and v.detach() for stop_gradient.",
    "custom_vjp": 'An operation of your own is a line: autograd.rule("cube", "x ** 3", "3 * x ** 2").',
    "primitive": 'An operation of your own is a line: autograd.rule("cube", "x ** 3", "3 * x ** 2").',
    "defvjp": 'An operation of your own is a line: autograd.rule("cube", "x ** 3", "3 * x ** 2").',
    "value_and_gradient": "Write autograd.value_and_grad(f).",
    # TensorFlow
    "GradientTape": "Nothing needs to be switched on: compute with Values, then write y.backward().",
    "constant": "Write autograd.Constant(2.0), or the number itself.",
    # micrograd
    "engine": "Value is in autograd itself: from autograd import Value.",
    **{name: _IN_NN.format(name) for name in ("MLP", "Neuron", "Layer", "Module", "SGD", "Adam", "cross_entropy")},
    # notebooks that draw
    "draw_dot": "Write autograd.draw(y), or autograd.play(y) for a page that steps through the pass.",
    "trace": "Write autograd.explain(y), autograd.draw(y) or autograd.play(y).",
    "plot": "Write autograd.draw(y), or autograd.play(y).",
    "sigmoid_": "Write autograd.sigmoid(x).",
}
