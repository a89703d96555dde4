"""The functions of the plain engine, generated from a template. This is `mul`, without its handling of errors:

    def mul(x, y):
        if type(x) is Value and type(y) is Value and not modes:  # the common case
            _1, _2 = x, y
            x = _1._data; y = _2._data
            out = x * y
            _node = new(Value)
            _node._data, _node._rule = out, 2
            _node._a, _node._b, _node._c = _1, _2, None
            _node._da, _node._db, _node._dc = y, x, 0.0
            return _node
        return apply(rule_mul, x, y)

The template's own names begin with an underscore; names in formulas never do. The compiled engine has operations.pxi in
place of this file.
"""

import ast
import sys

from autograd.engine.landing import LANDING_SLOT, Landing
from autograd.engine.modes import modes
from autograd.table.formulas import ATOMS
from autograd.table.registry import float_function, with_defaults

LINE = sys._getframe().f_lineno  # tracebacks name this file, with the line in the template
TEMPLATE = """
def {name}({parameters}):
    if {all_values} and not _modes:
        {nodes} = {inputs}
        {unpack}
        try:
            {compute}
        except _errors:
            _raise_failure(_rule_{name}, {operands})
        if {not_finite}:
            _raise_failure(_rule_{name}, {operands})
        _node = _new(_Value)
        _node._data = out
        _node._grad = 0.0
        _node._label = None
        _node._rule = {index}
        _node._a, _node._b, _node._c = {parents}
        _node._da, _node._db, _node._dc = {partials}
        {landing}
        return _node
    return {otherwise}(_rule_{name}, {inputs})
"""
LANDING = "if id(_node) % 2032 < 128: _node._landing = _Landing({nodes})" if LANDING_SLOT else "pass"

# The names that the functions see; value.py adds its own.
SCOPE = {"__name__": __name__, "_modes": modes, "_Landing": Landing, "_new": object.__new__, "_type": type}
SCOPE |= {"_errors": (ArithmeticError, ValueError)} | {name: float_function(name) for name in ATOMS}


def generated_function(rule, otherwise="_apply"):
    """The function of a rule for Values; outside the common case it calls `otherwise`."""
    SCOPE.update({f"_rule_{rule.name}": rule, rule.name: rule.value})
    made = {}
    tree = ast.increment_lineno(ast.parse(source(rule, otherwise)), LINE)
    exec(compile(tree, __file__, "exec"), SCOPE, made)
    made[rule.name].__module__ = "autograd"
    return made[rule.name]


def source(rule, otherwise="_apply"):
    """The Python source of that function."""
    nodes = [f"_{k}" for k in range(1, len(rule.inputs) + 1)]
    slopes = [partial.python() for partial in rule.partials]
    is_called = rule.name in rule.formula.calls or rule.is_watched
    formula = f"{rule.name}({', '.join(rule.inputs)})" if is_called else rule.formula.python()
    simple = [slope in rule.inputs or slope.lstrip("-").replace(".", "").isdigit() for slope in slopes]
    names = [slope if is_simple else f"_d{node}" for node, slope, is_simple in zip(nodes, slopes, simple)]
    steps = [f"out = {formula}", *(f"{name} = {slope}" for name, slope in zip(names, slopes) if name != slope)]
    checked = ["out", *(name for name, slope in zip(names, slopes) if name != slope)]
    return TEMPLATE.format(
        name=rule.name,
        index=rule.index,
        parameters=", ".join(with_defaults(rule, rule.inputs)),
        all_values=" and ".join(f"_type({name}) is _Value" for name in rule.inputs),
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
