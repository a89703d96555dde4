"""The functions and methods of the table, made by looping over it."""

import math
import sys
from collections.abc import Callable
from typing import Any

from autograd.engine import Value, apply, make_function, set_method, where
from autograd.engine.habits import ELSEWHERE, Elsewhere
from autograd.errors import AutogradError, RuleError
from autograd.table.registry import RULES, TABLE, Rule, with_defaults
from autograd.table.registry import rule as add_rule

FUNCTIONS: dict[str, Callable[..., Any]] = {}  # by the names of their rules
PUBLIC: dict[str, Callable[..., Any]] = {}  # those that are not helpers of others: the functions of the package

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

# np.deg2rad(an array of Values) calls these.
ANGLES = dict.fromkeys(("deg2rad", "radians"), lambda x: x * (math.pi / 180))
ANGLES |= dict.fromkeys(("rad2deg", "degrees"), lambda x: x * (180 / math.pi))

# What stands for functions of NumPy on arrays of Values, beside the rules: composed.py adds some.
COMPOSED: dict[str, Callable[..., Any]] = dict(ANGLES)


def rule(name, formula, *partials, **options):
    """Register a primitive of your own, in the same form as the table; returns its function.

    name      what it is called: autograd.cube(x) and x.cube()
    formula   its value, in terms of its one to three inputs
    partials  its partial derivative with respect to each input, in terms of the inputs, `out` and other primitives
    options   symbol="x³", domain={"x": Interval(0)}, requires="x > y", kinks={"x": [0]}, defaults={"slope": 0.01},
              note="what is good to know"; helper=True for one that only formulas of other rules use

    >>> cube = rule("cube", "x ** 3", "3 * x ** 2")
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0

    Raises FormulaError for a formula that cannot be read, RuleError for a description that is not consistent; in both
    cases nothing is registered.
    """
    Rule(name, formula, partials, **options).check()
    package = sys.modules["autograd"]
    if name not in RULES and (hasattr(package, name) or hasattr(Value, name)):
        raise RuleError(f"{name!r} means something else in this package already. Choose another name.")
    new = add_rule(name, formula, *partials, **options)
    try:
        enter(new)
        if not new.helper:
            setattr(package, name, FUNCTIONS[name])
        return FUNCTIONS[name]
    except BaseException:
        forget(new)
        raise


def forget(rule):
    """Remove the rule that was registered last from the table, with its function and method."""
    TABLE.remove(rule)
    for found in (RULES, FUNCTIONS, PUBLIC, vars(sys.modules["autograd"])):
        found.pop(rule.name, None)
    set_method(rule.name, None)


def enter(rule):
    """Make the function of a rule, with its documentation, and the methods of the same name."""
    made = make_function(rule)
    function = where if rule.name == "where" else made
    if function is None:  # the rule was added after the engine was compiled
        function = with_names_of(rule, lambda *operands: apply(rule, *operands))
    function.__module__ = "autograd"
    if function.__doc__ is None:  # that of a compiled function is compiled as well
        function.__doc__ = (made and made.__doc__) or documentation(rule, function)
    FUNCTIONS[rule.name] = function
    if not rule.helper:
        PUBLIC[rule.name] = function
        for name in (rule.name, *NUMPY_NAMES.get(rule.name, ())):
            set_method(name, function)


def with_names_of(rule, apply_rule):
    """`apply_rule` as a function whose parameters have the names of the rule's inputs."""
    inputs = ", ".join(rule.inputs)
    text = f"def {rule.name}({', '.join(with_defaults(rule, rule.inputs))}): return _apply_rule({inputs})"
    made: dict[str, Any] = {}
    exec(text, {"_apply_rule": apply_rule}, made)
    return made[rule.name]


def documentation(rule, function):
    """The docstring of a primitive's function: formulas, domain, conventions, LaTeX, and a worked example."""
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
            *_in_latex(rule),
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
            f"({', '.join(repr(number + 0.0) for number in (result.data, *result.partials))})",
        ]
    return []


def _in_latex(rule):
    """The equations of a rule in LaTeX, as a calculus book has them."""
    from autograd.table.latex import rule_as_latex  # the compiled functions have their docstrings already

    equations = rule_as_latex(rule)
    return ["", "In LaTeX:", "", *(f"    {equation}" for equation in equations)] if equations else []


# Points for the worked examples, by the number of inputs; the first one that gives a result is used.
EXAMPLES: dict[int, list[tuple[float, ...]]] = {1: [(2.0,), (0.5,)], 2: [(2.0, 3.0), (3.0, 2.0)], 3: [(1.0, 2.0, 3.0)]}

for _rule in TABLE:
    enter(_rule)
for _name, _function in ANGLES.items():
    set_method(_name, _function)
for _name, _remedy in ELSEWHERE.items():
    if not hasattr(Value, _name):
        set_method(_name, Elsewhere(_name, _remedy))
