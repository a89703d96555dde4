"""What users of other engines type on a Value: micrograd's names for parents and operation, and what to write instead.

Nothing here costs anything until such a name is used.
"""

from autograd.errors import NoSuchAttributeError, NumberTypeError

MICROGRAD_NAMES = {"add": "+", "sub": "-", "mul": "*", "div": "/", "relu": "ReLU"}


def operation_of(node) -> str:
    """The operation that made a node, as micrograd writes it: "+", "*", "**2", "ReLU", "tanh"; "" for a leaf."""
    if node.rule is None:
        return ""
    if node.rule.name == "pow":
        exponent = node.parents[1]
        return "**" if exponent.requires_grad else f"**{exponent.data:g}"
    return MICROGRAD_NAMES.get(node.rule.name, node.rule.name)


def operands_of(node) -> set:
    """The parents of a node, as micrograd has them: a set, without an exponent that is a number."""
    is_power = node.rule is not None and node.rule.name == "pow" and not node.parents[1].requires_grad
    return set(node.parents[:1] if is_power else node.parents)


class Elsewhere:
    """An attribute that a class does not have: reading and setting it raise an AttributeError that says what to write.

    A descriptor costs nothing; a __getattr__ would slow down every other attribute.
    """

    def __init__(self, name: str, remedy: str) -> None:
        self.message = f'Value has no attribute "{name}". {remedy}'

    def __get__(self, node, owner=None):
        raise NoSuchAttributeError(self.message)

    def __set__(self, node, content):
        raise NoSuchAttributeError(self.message)


NUMBER = "Write v.data for its number, a float."
ONE_NUMBER = "A Value is one number; several are a list of Values, or a NumPy array of them."
IN_PLACE = "A Value is not changed in place: assign to v.data, as in v.data -= 0.1 * v.grad."
LEAVE_OUT = "Leave it out: every number is a float64 in ordinary memory."
OF_A_LIST = "A Value is one number; write autograd.{0}(values) for a list of them."
OF_A_LIST_IN_PYTHON = "A Value is one number; write {0}(values) for a list of them."
OWN_RULE = 'An operation of your own is a line such as autograd.rule("cube", "x ** 3", "3 * x ** 2")'
OF_ONES_OWN = "Keep what belongs to a Value beside it, in a dict such as m = {p: 0.0 for p in parameters}."

# For names that a Value does not have, what to write instead.
ELSEWHERE = {
    "_backward": f"Nodes hold numbers, v.partials, and v.backward() does the rest. {OWN_RULE}.",
    "_children": "Write v.parents, or v._prev for a set of them as in micrograd.",
    "_local_grads": "Write v.partials: ∂v/∂parent for each of v.parents.",
    "_value": NUMBER,
    "value": NUMBER,
    "numpy": NUMBER,
    "tolist": NUMBER,
    "name": "Write v.label.",
    "detach_": "Write w = v.detach(), which is the same number as a constant.",
    "clone": "Write +v for another node with its value, or Value(v.data) for a new leaf.",
    "is_leaf": "Write v.rule is None.",
    "grad_fn": "Write v.rule for the operation, and v.parents for what it was applied to.",
    "retain_grad": "Leave it out: after backward() every node above the result has its v.grad.",
    "register_hook": "After backward() every node above the result has its v.grad: read it there.",
    "zero_grad": "Write v.grad = 0.0, or autograd.zero_grad(values) for a list of Values.",
    "gradient": "Write y.backward() and then v.grad, or autograd.derivatives(y, v).",
    "square": "Write v * v or v ** 2.",
    "reciprocal": "Write 1 / v.",
    "rsqrt": "Write v ** -0.5.",
    "clip": "Write v.clamp(0.0, 1.0).",
    **{name: OF_A_LIST_IN_PYTHON.format(name) for name in ("sum", "max", "min")},
    "dot": "A Value is one number; write autograd.dot(xs, ys) for two lists of them.",
    "matmul": "A Value is one number; write autograd.dot(row, xs) for each row of a matrix.",
    **{name: OF_A_LIST.format(name) for name in ("mean", "softmax", "log_softmax", "logsumexp")},
    **dict.fromkeys(("zero_", "fill_", "copy_", "add_", "sub_", "mul_", "div_", "assign", "assign_sub"), IN_PLACE),
    **dict.fromkeys(("cpu", "cuda", "to", "double", "float", "half", "dtype", "astype", "device"), LEAVE_OUT),
    **dict.fromkeys(("shape", "size", "ndim", "dim", "numel", "view", "reshape", "squeeze", "unsqueeze"), ONE_NUMBER),
    **dict.fromkeys(("T", "mT", "t", "transpose", "permute", "flatten", "expand"), ONE_NUMBER),
    **dict.fromkeys(("m", "v", "momentum", "velocity", "cache", "lr"), OF_ONES_OWN),
}

HAND_MADE = f"The parents of a node come from its operation: write a + b, a * b, a.tanh(). {OWN_RULE}."


def no_attribute(name):
    """The error for setting an attribute that a Value does not have."""
    return NoSuchAttributeError(f'Value has no attribute "{name}". {ELSEWHERE.get(name, OF_ONES_OWN)}')


def too_many(others):
    """The error for more than a number and a label."""
    return NumberTypeError(f"Value: expected a number and a label, got {2 + len(others)} arguments. {HAND_MADE}")


def no_label(thing):
    """The error for a label that is no string."""
    hint = f" {HAND_MADE}" if isinstance(thing, (tuple, list, set)) else ""
    return NumberTypeError(f"a label is a string or None, got {thing!r:.60}.{hint}")
