"""The functions of the plain engine, written out from a template for each line of the table.

So the common case, all operands Values and no mode active, is one call deep. Everything else goes to `apply`. The
compiled engine has operations.pxi in place of this file.
"""

import ast
import sys

from autograd.engine.landing import LANDING_SLOT, Landing
from autograd.engine.modes import modes
from autograd.table.formulas import ATOMS
from autograd.table.registry import float_function

LINE = sys._getframe().f_lineno  # tracebacks name this file, with the line in the template
TEMPLATE = """
def {name}({parameters}):
    if {all_values} and not modes:
        {nodes} = {inputs}
        {unpack}
        try:
            {compute}
        except (ArithmeticError, ValueError):
            fail({rule}_RULE, {operands})
        if {not_finite}:
            fail({rule}_RULE, {operands})
        node = new(Value)
        node._data = out
        node._grad = 0.0
        node._label = None
        node._rule = {index}
        node._a, node._b, node._c = {parents}
        node._da, node._db, node._dc = {partials}
        {landing}
        return node
    return {otherwise}({rule}_RULE, {inputs})
"""
LANDING = "if id(node) % 2032 < 128: node._landing = Landing({nodes})" if LANDING_SLOT else "pass"

# The names that the functions see; value.py adds Value, apply, operate and fail.
SCOPE = {"modes": modes, "Landing": Landing, "new": object.__new__} | {name: float_function(name) for name in ATOMS}


def written_out(rule, otherwise="apply"):
    """The function of a rule for Values; in other than the common case it calls `otherwise`."""
    SCOPE.update({f"{rule.name}_RULE": rule, rule.name: rule.value})
    made = {}
    tree = ast.increment_lineno(ast.parse(source(rule, otherwise)), LINE)
    exec(compile(tree, __file__, "exec"), SCOPE, made)
    made[rule.name].__module__ = "autograd"
    return made[rule.name]


def source(rule, otherwise="apply"):
    """The Python source of that function."""
    nodes = "abc"[: len(rule.inputs)]
    slopes = [partial.python() for partial in rule.partials]
    is_called = rule.name in rule.formula.calls or rule.is_watched
    formula = f"{rule.name}({', '.join(rule.inputs)})" if is_called else rule.formula.python()
    simple = [slope in rule.inputs or slope.lstrip("-").replace(".", "").isdigit() for slope in slopes]
    names = [slope if is_simple else f"d{node}" for node, slope, is_simple in zip(nodes, slopes, simple)]
    steps = [f"out = {formula}", *(f"{name} = {slope}" for name, slope in zip(names, slopes) if name != slope)]
    checked = ["out", *(name for name, slope in zip(names, slopes) if name != slope)]
    return TEMPLATE.format(
        name=rule.name,
        rule=rule.name,
        index=rule.index,
        parameters=", ".join(with_defaults(rule, rule.inputs)),
        all_values=" and ".join(f"type({name}) is Value" for name in rule.inputs),
        nodes=", ".join(nodes),
        inputs=", ".join(rule.inputs),
        operands=f"({', '.join(nodes)},)",
        unpack="; ".join(f"{name} = {node}._data" for name, node in zip(rule.inputs, nodes)),
        compute="; ".join(steps),
        not_finite=" or ".join(f"{name} - {name} != 0.0" for name in checked),
        parents=", ".join([*nodes, "None", "None"][:3]),
        partials=", ".join([*names, "0.0", "0.0"][:3]),
        landing=LANDING.format(nodes=", ".join(nodes)),
        otherwise=otherwise,
    )


def with_defaults(rule, names):
    """Inputs of a rule as parameters of a function: "slope=0.01" where there is a default."""
    return [f"{name}={rule.defaults[name]!r}" if name in rule.defaults else name for name in names]
