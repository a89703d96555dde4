"""What a rule of the table is, and the list of all rules."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from keyword import iskeyword

from autograd.errors import RuleError
from autograd.table.formulas import ATOMS, RULES, Formula, Interval, float_function

TABLE: list[Rule] = []  # by index
BUILT_IN: list[Rule] = []  # those of the package itself; users may register more


class Rule:
    """One primitive: its value and its partial derivatives, as formulas.

    name, symbol    what it is called in code, and in a drawing
    inputs          the names of its operands, in the order in which they appear in the value formula
    formula         the value, a Formula of the inputs
    partials        for each input ∂out/∂input, a Formula of the inputs and `out`
    domain          the Interval of each input that is limited to one
    requires        a condition on the inputs together, a Formula, or None
    kinks           for each input the points where the derivative is a convention; if several inputs are named, all of
                    them must be at such a point; the name of another input stands for a tie with it
    jumps           for an input how far apart the points are where the value jumps, a formula
    note            that convention, and whatever else is good to know, in words
    defaults        the values of inputs that may be left out
    operator        the name of the Python operator, "mul" for `__mul__`, or None
    textbook        for an input the partial as a calculus book writes it, shown in place of a more accurate one
    helper          whether it serves other rules' formulas only, without a public function autograd.NAME
    index           its place in the table
    value, slopes   the formula and the partials as functions of floats
    is_watched      whether operands must be checked, because the formula may have a value outside the domain
    """

    def __init__(
        self,
        name,
        formula,
        partials,
        *,
        symbol=None,
        domain=None,
        requires=None,
        kinks=None,
        jumps=None,
        note="",
        defaults=None,
        operator=None,
        inputs=None,
        textbook=None,
        helper=False,
    ):
        self.name, self.symbol = name, symbol or name
        self.formula, self.partials = Formula(formula), tuple(map(Formula, partials))
        self.textbook = {name: Formula(text) for name, text in (textbook or {}).items()}
        self.domain = domain or {}
        self.requires = Formula(requires) if requires else None
        self.kinks, self.note = kinks or {}, note
        self.jumps = {name: Formula(text) for name, text in (jumps or {}).items()}
        self.defaults, self.operator, self.helper = defaults or {}, operator, helper
        self.index = len(TABLE)
        self.remedy = f"Shift or clamp it before {name}()."
        if inputs:
            self.inputs = inputs

    def __repr__(self):
        return f"<rule {self.name}: {self.formula}>"

    @cached_property
    def inputs(self):
        """The names of the operands."""
        return self.formula.names

    @cached_property
    def value(self):
        """The value as a function of the inputs, all floats; a ValueError or ArithmeticError outside the domain."""
        if self.is_library_call:
            formula = ATOMS[self.name]
        else:
            # In its own value formula a name means the C library's function: cbrt is made from cbrt.
            functions = {
                name: ATOMS[name] if name == self.name else float_function(name) for name in self.formula.functions
            }
            formula = self.formula.on_floats(self.inputs, functions)
        return self._only_inside(formula) if self.is_watched else formula

    def _only_inside(self, function):
        def watched(*inputs):
            if self.why_outside(inputs):
                raise ValueError("outside the domain")
            return function(*inputs)

        return watched

    @property
    def is_watched(self):
        """Whether operands must be checked: outside its domain a built-in formula fails by itself."""
        return bool(self.domain or self.requires) and self.index >= len(BUILT_IN)

    @cached_property
    def is_met(self):
        """The condition `requires` as a function of the inputs, all floats."""
        return self.requires.on_floats(self.inputs, {name: float_function(name) for name in self.requires.functions})

    @cached_property
    def slopes(self):
        """The partial derivatives as functions of the inputs and `out`, all floats."""
        names = (*self.inputs, "out")
        return tuple(
            partial.on_floats(names, {name: float_function(name) for name in partial.functions})
            for partial in self.partials
        )

    @cached_property
    def slopes_shown(self):
        """The partial derivatives as formulas for people to read."""
        return tuple(self.textbook.get(name, partial) for name, partial in zip(self.inputs, self.partials))

    @cached_property
    def is_library_call(self):
        """Whether the value is a function of the C library with the same name."""
        return self.name in ATOMS and self.formula.python() == f"{self.name}({', '.join(self.inputs)})"

    def check(self):
        """Raise RuleError for a description that cannot be a primitive."""
        usable = isinstance(self.name, str) and self.name.isidentifier() and not iskeyword(self.name)
        if not usable or self.name.startswith("_"):
            raise RuleError(
                f"a primitive's name is a Python identifier such as 'cube', and not a keyword, got {self.name!r:.60}."
            )
        if not 1 <= len(self.inputs) <= 3:
            raise RuleError(
                f"{self.name}: a primitive has 1 to 3 inputs; {str(self.formula)!r} has {len(self.inputs)}."
            )
        if any(name.startswith("_") or name == "out" for name in self.inputs):
            raise RuleError(
                f"{self.name}: the names of inputs do not begin with an underscore, and 'out' is the value itself; "
                f"{str(self.formula)!r} has {', '.join(self.inputs)}."
            )
        if len(self.partials) != len(self.inputs):
            raise RuleError(
                f"{self.name}: {len(self.inputs)} inputs ({', '.join(self.inputs)}) need as many partial "
                f"derivatives, got {len(self.partials)}."
            )
        if not isinstance(self.domain, dict) or not all(isinstance(x, Interval) for x in self.domain.values()):
            raise RuleError(
                f"{self.name}: a domain is a dict of Intervals such as {{'x': Interval(0)}}, got {self.domain!r:.60}."
            )
        for formula in (self.formula, *self.slopes_shown, *self.partials, *filter(None, [self.requires])):
            allowed = self.inputs if formula in (self.formula, self.requires) else (*self.inputs, "out")
            for name in formula.names:
                if name not in allowed:
                    raise RuleError(f"{self.name}: {str(formula)!r} uses {name!r}; it may use {', '.join(allowed)}.")
            for name in formula.functions:
                if name not in ATOMS and name not in RULES and (name != self.name or formula is self.formula):
                    raise RuleError(f"{self.name}: {str(formula)!r} calls {name!r}, which is not in the table.")
        for name in (*self.domain, *self.kinks, *self.jumps, *self.defaults, *self.textbook):
            if name not in self.inputs:
                raise RuleError(f"{self.name}: there is no input {name!r}; the inputs are {', '.join(self.inputs)}.")

    def why_outside(self, values):
        """What is wrong with the operands `values` (floats), such as "x must be > 0"; None inside the domain."""
        for name, value in zip(self.inputs, values, strict=True):
            if name in self.domain and value not in self.domain[name]:
                return f"{name} must be {self.domain[name]}"
        with suppress(ArithmeticError, ValueError):  # a condition that cannot be computed is not met
            if self.requires is None or self.is_met(*values):
                return None
        return f"needs {self.requires}"


def rule(name, formula, *partials, **options):
    """Add a primitive to the table and return its Rule; `options` are those of Rule."""
    if name in RULES:
        raise RuleError(f"there is a primitive {name!r} already: {RULES[name].formula}. Choose another name.")
    RULES[name] = new = Rule(name, formula, partials, **options)
    TABLE.append(new)
    return new


def with_defaults(rule, names):
    """Inputs of a rule as parameters of a function: "slope=0.01" where there is a default."""
    return [f"{name}={rule.defaults[name]!r}" if name in rule.defaults else name for name in names]
