"""The table in C: writes `kernels.h`, from which the compiled engine takes every value and every partial derivative.

It has a function `value_NAME` for each formula, and `partial_NAME_a`, `partial_NAME_b` and `partial_NAME_c` for the
partial derivatives with respect to the inputs. Two families of functions choose among them by a rule's number:

    value_2(rule, a, b)                                the value of a rule of two inputs
    slopes_2(rule, a, b, out, wanted, &da, &db)        its partial derivatives; `wanted` has bit k set for input k

Where `rule` is a constant, the compiler keeps only its formula. A partial derivative that is not wanted is set to 0.0,
not computed.
"""

from pathlib import Path

from autograd.table.registry import TABLE
from autograd.table.translate import C

HEADER = """\
/* Written by autograd/native/kernels.py from the table of rules. */

#pragma once
#include <math.h>

#define KERNEL static inline __attribute__((always_inline))

/* x with the lower half of its digits cleared; see formulas.py. */
static inline double coarse(double x) {
    double scaled = 134217729.0 * x;
    return scaled - (scaled - x);
}
"""


def header():
    """The text of kernels.h."""
    return "\n".join(
        [
            HEADER,
            *_numbers(),
            *map(_prototype, _with_own_formula()),
            *map(_value, _with_own_formula()),
            *map(_partials, TABLE),
            *(_values_of(n) + _slopes_of(n) for n in (1, 2, 3)),
        ]
    )


def write(folder):
    """Write kernels.h into a folder."""
    (Path(folder) / "kernels.h").write_text(header())


def _numbers():
    """The numbers of the rules, and tables of what is known about each."""
    yield f"enum {{\n{_lines(f'    {_number(rule)} = {rule.index},' for rule in TABLE)}    RULE_COUNT\n}};\n"
    yield f"static const unsigned char INPUTS_OF[] = {{{', '.join(str(len(rule.inputs)) for rule in TABLE)}}};\n"
    yield "/* Bit k: partial derivative k is a number or an operand, so it is finite wherever the operands are. */"
    yield f"static const unsigned char PLAIN_PARTIALS[] = {{{', '.join(map(_plain_partials, TABLE))}}};\n"
    each = (f"    DO({rule.name}, {_number(rule)}, {len(rule.inputs)}) \\" for rule in TABLE)
    yield f"/* DO(name, number, inputs) for each rule. */\n#define EACH_RULE(DO) \\\n{_lines(each)}\n"


def _lines(texts):
    return "".join(f"{text}\n" for text in texts)


def _number(rule):
    return f"RULE_{rule.name.upper()}"


def _plain_partials(rule):
    plain = [str(p) in rule.inputs or str(p).lstrip("-").replace(".", "").isdigit() for p in rule.partials]
    return str(sum(bit << k for k, bit in enumerate(plain)))


def _with_own_formula():
    """The rules that have a formula of their own; the others are functions of the C library."""
    return [rule for rule in TABLE if not rule.is_library_call]


def _parameters(rule, *more):
    return ", ".join(f"double {name}" for name in (*_letters(rule), *more))


def _letters(rule):
    return "abc"[: len(rule.inputs)]


def _prototype(rule):
    return f"static inline double value_{rule.name}({_parameters(rule)});"


def _value(rule):
    # In a rule's own formula, its name means the C library's function: cbrt is made from cbrt.
    text = _translated(rule, rule.formula, set(_with_own_formula()) - {rule})
    return f"\nstatic inline double value_{rule.name}({_parameters(rule)}) {{\n    return {text};\n}}"


def _partials(rule):
    return "".join(
        f"\nKERNEL double partial_{rule.name}_{letter}({_parameters(rule, 'out')}) {{\n"
        f"    return {_translated(rule, partial, _with_own_formula())};\n}}\n"
        for letter, partial in zip(_letters(rule), rule.partials)
    )


def _translated(rule, formula, rules):
    functions = {other.name: f"value_{other.name}" for other in rules}
    return C(dict(zip(rule.inputs, _letters(rule))), functions).translate(formula.folded)


def _values_of(count):
    """The function value_COUNT."""
    rules = [rule for rule in TABLE if len(rule.inputs) == count]
    letters = "abc"[:count]
    cases = [f"    case {_number(rule)}:\n        return {_call_of_value(rule)};\n" for rule in rules]
    return (
        f"\nKERNEL double value_{count}(int rule, {', '.join(f'double {n}' for n in letters)}) {{\n"
        f"    switch (rule) {{\n{''.join(cases)}    }}\n    return NAN;\n}}\n"
    )


def _call_of_value(rule):
    name = C().function(rule.name) if rule.is_library_call else f"value_{rule.name}"
    return f"{name}({', '.join(_letters(rule))})"


def _slopes_of(count):
    """The function slopes_COUNT."""
    letters = "abc"[:count]
    wanted = ", int wanted" if count > 1 else ""
    cases = []
    for rule in (rule for rule in TABLE if len(rule.inputs) == count):
        cases.append(f"    case {_number(rule)}:\n")
        for k, letter in enumerate(letters):
            partial = f"partial_{rule.name}_{letter}({', '.join(letters)}, out)"
            cases.append(f"        *d{letter} = {f'wanted & {1 << k} ? {partial} : 0.0' if wanted else partial};\n")
        cases.append("        return;\n")
    return (
        f"\nKERNEL void slopes_{count}(int rule, {', '.join(f'double {n}' for n in letters)}, double out{wanted}, "
        f"{', '.join(f'double *d{n}' for n in letters)}) {{\n    switch (rule) {{\n{''.join(cases)}    }}\n}}\n"
    )
