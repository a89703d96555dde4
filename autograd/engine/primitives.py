"""Functions, methods and operators, made from the table by looping over it.

For each rule a function is written out as Python source with its formulas in place, so that the common case, all
operands Values, is one call deep. Everything else goes to `value.apply`. `inspect.getsource(autograd.tanh)` shows the
source that was made.
"""

import linecache
import sys

from autograd.engine.value import (
    LANDING_SLOT,
    METHODS,
    SCOPE,
    Landing,
    Value,
    apply,
    backend,
    compiled,
    fail,
    operate,
    where,
)
from autograd.errors import AutogradError, RuleError
from autograd.table.formulas import ATOMS
from autograd.table.registry import RULES, TABLE, Rule, float_function
from autograd.table.registry import rule as add_rule

FUNCTIONS = {}  # by the names of their rules
PUBLIC = {}  # those that are not mere helpers of others: the functions of the package

TEMPLATE = """\
def {name}({parameters}):
    if {all_values} and not unusual:
        {nodes} = {inputs}
        {unpack}
{compute}
        if {not_finite}:
            fail({rule}_RULE, {operands})
        node = new(Value)
        node._data = out
        node._grad = 0.0
        node._label = None
        node._rule = {index}
        node._a = {a}
        node._b = {b}
        node._c = {c}
        node._da = {da}
        node._db = {db}
        node._dc = {dc}{landing}
        return node
    return {otherwise}({rule}_RULE, {inputs})
"""
# See value.py.
LANDING = """
        if id(node) % 2032 < 128:
            node._landing = Landing({nodes})"""


def source(rule, name, otherwise="apply"):
    """Python source of the function `name` that computes `rule` for Values, and calls `otherwise` in other cases."""
    nodes = "abc"[: len(rule.inputs)]
    slopes = [partial.python() for partial in rule.partials]
    is_called = rule.name in rule.formula.calls or rule.is_watched
    formula = f"{rule.name}({', '.join(rule.inputs)})" if is_called else rule.formula.python()
    simple = [slope in rule.inputs or slope.lstrip("-").replace(".", "").isdigit() for slope in slopes]
    lines = [f"out = {formula}"] + [f"d{n} = {slope}" for n, slope, short in zip(nodes, slopes, simple) if not short]
    risky = any(mark in line for line in lines for mark in "(/")
    if risky:
        lines = [
            "try:",
            *("    " + line for line in lines),
            "except (ArithmeticError, ValueError):",
            f"    fail({rule.name}_RULE, ({', '.join(nodes)},))",
        ]
    checked = ["out"] + [f"d{n}" for n, short in zip(nodes, simple) if not short]
    partial = {n: slope if short else f"d{n}" for n, slope, short in zip(nodes, slopes, simple)}
    return TEMPLATE.format(
        name=name,
        rule=rule.name,
        index=rule.index,
        parameters=", ".join(with_defaults(rule, rule.inputs)),
        all_values=" and ".join(f"type({key}) is Value" for key in rule.inputs),
        nodes=", ".join(nodes),
        inputs=", ".join(rule.inputs),
        operands=f"({', '.join(nodes)},)",
        unpack="; ".join(f"{key} = {node}._data" for key, node in zip(rule.inputs, nodes)),
        compute="\n".join("        " + line for line in lines),
        not_finite=" or ".join(f"{name} - {name} != 0.0" for name in checked),
        a="a",
        b="b" if len(nodes) > 1 else None,
        c="c" if len(nodes) > 2 else None,
        da=partial["a"],
        db=partial.get("b", 0.0),
        dc=partial.get("c", 0.0),
        otherwise=otherwise,
        landing=LANDING.format(nodes=", ".join(nodes)) if LANDING_SLOT else "",
    )


def with_defaults(rule, names):
    """Inputs of a rule as parameters of a function: "slope=0.01" where there is a default."""
    return [f"{name}={rule.defaults[name]!r}" if name in rule.defaults else name for name in names]


def make(rule):
    """Make the function of a rule, and install it as a method of Value and as an operator. Returns the function."""
    function = where if rule.name == "where" else _written_out(rule, rule.name)
    for name in (rule.name, *NUMPY_NAMES.get(rule.name, ())) if not rule.helper else ():
        setattr(Value, name, function)
    if rule.operator:
        setattr(Value, f"__{rule.operator}__", _written_out(rule, f"__{rule.operator}__", otherwise="operate"))
        if len(rule.inputs) == 2:
            setattr(Value, f"__r{rule.operator}__", _reflected(rule))
    return function


# np.arctan(an array of Values) calls the method `arctan` of each element.
NUMPY_NAMES = {
    "asin": ["arcsin"],
    "acos": ["arccos"],
    "atan": ["arctan"],
    "atan2": ["arctan2"],
    "asinh": ["arcsinh"],
    "acosh": ["arccosh"],
    "atanh": ["arctanh"],
    "abs": ["fabs", "absolute"],
}


def _written_out(rule, name, otherwise="apply"):
    """The function made from `source`, its source kept where tracebacks and `inspect` look for it."""
    text = source(rule, name, otherwise)
    filename = f"<autograd.table: {name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    made = {}
    SCOPE.update({f"{rule.name}_RULE": rule, rule.name: rule.value})
    exec(compile(text, filename, "exec"), SCOPE, made)
    made[name].__module__ = "autograd"
    made[name].__qualname__ = name if name == rule.name else f"Value.{name}"
    return made[name]


def _reflected(rule):
    """The operator for a plain number on the left of a Value."""

    def reflected(self, other):
        if rule.name == "add" and type(other) is int and other == 0:
            return self  # the 0 that sum() starts from
        return operate(rule, other, self)

    reflected.__name__ = f"__r{rule.operator}__"
    reflected.__qualname__ = f"Value.__r{rule.operator}__"
    return reflected


def documentation(rule, function):
    """The docstring of a primitive's function: formula, derivatives, domain, conventions, and a worked example."""
    inputs = ", ".join(rule.inputs)
    limits = [f"{name} {interval}" for name, interval in rule.domain.items()]
    limits += [str(rule.requires)] if rule.requires else []
    return "\n".join(
        [
            f"{rule.name}({inputs}) = {rule.formula}, for Values and for plain numbers.",
            "",
            *(f"    ∂{rule.name}/∂{name} = {partial}" for name, partial in zip(rule.inputs, rule.partials)),
            "",
            f"Domain: {', '.join(limits) or 'all numbers'}.{' ' if rule.note else ''}{rule.note}",
            *(["Raises DomainError outside it."] if limits else []),
            *_example(rule, function),
        ]
    )


def _example(rule, function):
    """The lines of a worked example; none where the rule is not defined at any of the usual points."""
    for values in EXAMPLES[len(rule.inputs)]:
        try:
            result = function(*map(Value, values))
        except AutogradError:
            continue
        inputs = ", ".join(rule.inputs)
        return [
            "",
            f">>> {inputs} = {', '.join(f'Value({value})' for value in values)}",
            f">>> result = {rule.name}({inputs})",
            ">>> result.backward()",
            f">>> result.data, {', '.join(f'{name}.grad' for name in rule.inputs)}",
            f"({', '.join(map(repr, (result.data, *result.partials)))})",
        ]
    return []


# Points for the worked examples, by the number of inputs; the first at which there is a result is taken.
EXAMPLES = {1: [(2.0,), (0.5,)], 2: [(2.0, 3.0), (3.0, 2.0)], 3: [(1.0, 2.0, 3.0)]}


def rule(name, formula, *partials, **options):
    """Register a primitive of your own, in the way of the table; returns its function.

    name      what it is called: autograd.cube(x) and x.cube()
    formula   its value, in terms of its one to three inputs
    partials  its partial derivative with respect to each input, in terms of the inputs, `out` and other primitives
    options   symbol="x³", domain={"x": Interval(0)}, requires="x > y", kinks={"x": [0]}, defaults={"slope": 0.01},
              note="what is good to know"; helper=True for one that only formulas of other rules call

    >>> cube = rule("cube", "x ** 3", "3 * x ** 2")
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0

    Raises FormulaError for a formula that cannot be read, RuleError for a description that does not fit together; then
    nothing is registered.
    """
    Rule(name, formula, partials, **options).check()
    package = sys.modules["autograd"]
    if name not in RULES and (hasattr(package, name) or hasattr(Value, name)):
        raise RuleError(f"{name!r} means something else in this package already. Choose another name.")
    new = add_rule(name, formula, *partials, **options)
    try:
        function = make(new) if backend == "python" else _applied(new)
    except BaseException:
        RULES.pop(TABLE.pop().name)
        raise
    enter(new, function)
    if not new.helper:
        METHODS[name] = function
        setattr(package, name, function)
    return function


def enter(rule, function):
    """Keep the function of a rule, with its documentation."""
    FUNCTIONS[rule.name] = function
    if not rule.helper:
        PUBLIC[rule.name] = function
    function.__module__ = "autograd"
    if function.__doc__ is None:
        function.__doc__ = documentation(rule, function)


def _applied(rule):
    """The function of a rule that was registered after the engine was compiled."""
    text = (
        f"def {rule.name}({', '.join(with_defaults(rule, rule.inputs))}):\n"
        f"    return apply(RULE, {', '.join(rule.inputs)})"
    )
    made = {}
    exec(text, {"apply": apply, "RULE": rule}, made)
    return made[rule.name]


SCOPE.update(
    __name__=__name__, Value=Value, Landing=Landing, new=object.__new__, apply=apply, operate=operate, fail=fail
)
if backend == "python":
    SCOPE.update({name: float_function(name) for name in ATOMS})
for _rule in TABLE:
    enter(_rule, compiled.functions[_rule.name] if backend == "native" else make(_rule))
