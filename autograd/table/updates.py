"""Update rules: what an optimiser does to one number, as lines of formulas.

A rule is written here once. The compiled engine has it as loops in C (native/kernels.py), plain Python as a function,
and other languages get it from the same lines, by `translated`.
"""

import ast
from functools import cached_property

from autograd.table.formulas import Formula
from autograd.table.translate import NumPy, Python


class Update:
    """How a step changes one parameter: lines "name = formula", carried out in order.

    `p` stands for the parameter and `g` for its gradient; `state` names what is remembered for each parameter. A name
    that is read before it has a value is a setting, which is the same for all parameters. Where a line depends on
    whether a setting is 0, it says so as "a if setting != 0 else b".

    The results are p and the state; in a rule that gives p no value they are g and the state.
    """

    def __init__(self, name, state, *lines):
        self.name, self.state = name, tuple(state.split())
        self.lines = [(target, Formula(text)) for target, text in (line.split(" = ", 1) for line in lines)]
        self.number = len(UPDATES)
        UPDATES[name] = self

    def __repr__(self):
        return f"<Update {self.name}: {'; '.join(f'{target} = {formula}' for target, formula in self.lines)}>"

    @property
    def inputs(self):
        """What is given for each parameter."""
        return ("p", "g", *self.state)

    @cached_property
    def results(self) -> tuple[str, ...]:
        """What a step changes for each parameter."""
        return ("p" if any(target == "p" for target, _ in self.lines) else "g", *self.state)

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """The settings, in the order in which they appear."""
        known, found = set(self.inputs), []
        for target, formula in self.lines:
            found += [name for name in formula.names if name not in known and name not in found]
            known.add(target)
        return tuple(found)

    @cached_property
    def signature(self) -> tuple[int, bool, tuple[str, ...], int]:
        """Its number, whether it changes gradients, the settings, and how many numbers are remembered."""
        return self.number, self.results[0] == "g", self.settings, len(self.state)

    def translated(self, language):
        """The lines in a language of translate.py: pairs of a name and the text of a formula."""
        return [(target, language.translate(formula.folded)) for target, formula in self.lines]

    @cached_property
    def on_numbers(self):
        """The rule as a function of `sqrt`, the inputs and the settings: of floats, or of arrays."""
        lines = "".join(f"    {target} = {text}\n" for target, text in self.translated(Python()))
        parameters = ", ".join(("sqrt", *self.inputs, *self.settings))
        made: dict = {}
        exec(f"def update({parameters}):\n{lines}    return {', '.join(self.results)},", made)
        return made["update"]

    def on_arrays(self, numpy):
        """The rule as a function of the inputs and the settings, all of them arrays of a library like NumPy.

        Unlike `on_numbers` it never decides: what a setting of 0 switches off is chosen by `where`.
        """
        lines = "".join(f"    {target} = {text}\n" for target, text in self.translated(NumPy()))
        parameters = ", ".join((*self.inputs, *self.settings))
        made: dict = {"np": numpy}
        exec(f"def update({parameters}):\n{lines}    return {', '.join(self.results)},", made)
        return made["update"]


def first_switch(tree):
    """The first setting that a formula compares with 0, or None."""
    tests = (node.test for node in ast.walk(tree) if isinstance(node, ast.IfExp))
    return next((test.left.id for test in tests if _is_switch(test)), None)


def switched(tree, setting, on):
    """A formula for the case that a setting is not 0 (on), or is 0."""
    return _Switched(setting, on).visit(ast.parse(ast.unparse(tree), mode="eval").body)


class _Switched(ast.NodeTransformer):
    def __init__(self, setting, on):
        self.setting, self.on = setting, on

    def visit_IfExp(self, node):
        if _is_switch(node.test) and node.test.left.id == self.setting:
            return self.visit(node.body if self.on else node.orelse)
        return self.generic_visit(node)


def _is_switch(test):
    match test:
        case ast.Compare(left=ast.Name(), ops=[ast.NotEq()], comparators=[ast.Constant(value=0)]):
            return True
    return False


UPDATES: dict[str, Update] = {}

DECAYED = "g = g + weight_decay * p if weight_decay != 0 else g"

# steps: how many there were before this one
Update(
    "SGD",
    "v",
    DECAYED,
    "v = (momentum * v + undamped * g if steps != 0 else g) if momentum != 0 else v",
    "g = (g + momentum * v if nesterov != 0 else v) if momentum != 0 else g",
    "p = p - lr * g",
)
# renewal: 1 - alpha
Update(
    "RMSprop",
    "s mean v",
    DECAYED,
    "s = alpha * s + renewal * g * g",
    "mean = mean + renewal * (g - mean) if centered != 0 else mean",
    "spread = s - mean * mean if centered != 0 else s",
    "g = g / (sqrt(spread) + eps)",
    "v = momentum * v + g if momentum != 0 else v",
    "g = v if momentum != 0 else g",
    "p = p - lr * g",
)
# rate: the learning rate of this step
Update(
    "Adagrad",
    "s",
    DECAYED,
    "s = s + g * g",
    "p = p - rate * (g / (sqrt(s) + eps))",
)
# renewal1, renewal2: 1 - beta1, 1 - beta2. Both means start at 0, so they are too small at first; rate and eps make up
# for that, which saves a division for each number (Kingma and Ba, 2015, end of section 2).
ADAM = (
    "m = m + renewal1 * (g - m)",
    "v = beta2 * v + renewal2 * g * g",
    "p = p - rate * m / (sqrt(v) + eps)",
)
Update("Adam", "m v", DECAYED, *ADAM)
# shrinking: 1 - lr * weight_decay
Update("AdamW", "m v", "p = p * shrinking", *ADAM)
# What is done to gradients alone.
Update("zero", "", "g = 0")
Update("scale", "", "g = g * factor")
Update("limit", "", "g = -limit if -limit > g else g", "g = limit if limit < g else g")
