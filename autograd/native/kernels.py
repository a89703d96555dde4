"""The table in C: writes `kernels.h`, from which the compiled engine takes every value and every partial derivative.

It has a function `value_NAME` for each formula, and `partial_NAME_a`, `partial_NAME_b` and `partial_NAME_c` for the
partial derivatives with respect to the inputs. Two families of functions choose among them by a rule's number:

    value_2(rule, a, b)                                the value of a rule of two inputs
    slopes_2(rule, a, b, out, wanted, &da, &db)        its partial derivatives; `wanted` has bit k set for input k

Where `rule` is a constant, the compiler keeps only its formula. A partial derivative that is not wanted is set to 0.0,
not computed.

It writes `updates.h` as well: the update rules of optimisers, each as loops over the numbers of many parameters.

    update_KIND(rule, n, in, out, settings)            `in` and `out` are columns of n numbers, one for each input and
                                                       each result of the rule; they must not overlap

returns which results were written, bit k for the k-th: what a rule leaves as it is costs no time.

And `powers.h`: the numbers of which exponential.h makes exp.
"""

from decimal import Context, Decimal, localcontext
from pathlib import Path

from autograd.table.registry import RULES, TABLE
from autograd.table.translate import C
from autograd.table.updates import UPDATES, first_switch, switched

POWERS = 128
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

UPDATES_HEADER = """\
/* Written by autograd/native/kernels.py from the table of update rules. */

#pragma once
#include <math.h>
#include <stddef.h>

#define UPDATE_ARGUMENTS ptrdiff_t n, const double *const *in, double *const *out, const double *settings
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


def updates_header():
    """The text of updates.h."""
    return "\n".join(
        [
            UPDATES_HEADER,
            *_updates("any", "static"),
            "#if defined(__x86_64__)",
            *_updates("avx2", "LOOPS_FOR(avx2)"),
            *_updates("avx512", "LOOPS_FOR(avx512)"),
            "#endif\n",
        ]
    )


def powers_header():
    """The text of powers.h: 2^(j/128) and ln 2 / 128, each as the sum of two numbers."""
    with localcontext(Context(prec=60)):
        part = Decimal(2).ln() / POWERS
        short = float(part).hex()[:12] + "p-8"  # so short that it is exact times a whole number up to 2^20
        powers = [(part * j).exp() for j in range(POWERS)]
        rest = [float(power - Decimal(float(power))) for power in powers]
        low = float(part - Decimal(float.fromhex(short)))
        return (
            "/* Written by autograd/native/kernels.py. */\n\n#pragma once\n\n"
            "#define TO_WHOLE 0x1.8p52 /* what is added to it becomes a whole number */\n"
            f"#define PARTS_OF_LN_2 {float(1 / part).hex()} /* {POWERS} / ln 2 */\n"
            f"#define LN_2_HIGH {short} /* ln 2 / {POWERS} */\n#define LN_2_LOW {low.hex()}\n"
            f"{_column('POWER_HIGH', powers)}{_column('POWER_LOW', rest)}"
        )


def _column(name, numbers):
    """An array in C."""
    lines = _lines(f"    {float(number).hex()}," for number in numbers)
    return f"static const double {name}[{len(numbers)}] = {{\n{lines}}};\n"


def write(folder):
    """Write kernels.h, updates.h and powers.h into a folder."""
    (Path(folder) / "kernels.h").write_text(header())
    (Path(folder) / "updates.h").write_text(updates_header())
    (Path(folder) / "powers.h").write_text(powers_header())


def _numbers():
    """The numbers of the rules, and tables of what is known about each."""
    yield f"enum {{\n{_lines(f'    {_number(rule)} = {rule.index},' for rule in TABLE)}    RULE_COUNT\n}};\n"
    yield f"static const unsigned char INPUTS_OF[] = {{{', '.join(str(len(rule.inputs)) for rule in TABLE)}}};\n"
    yield "/* Bit k: partial derivative k is a number or an operand, so it is finite wherever the operands are. */"
    yield f"static const unsigned char PLAIN_PARTIALS[] = {{{', '.join(map(_plain_partials, TABLE))}}};\n"
    yield f"/* DO(name, number, inputs) for each rule. */\n{_each('RULE', TABLE)}"
    yield "/* The same for the rules whose values, and whose partial derivatives, need no function of the C library. */"
    yield _each("SIMPLE_VALUE", (rule for rule in TABLE if _is_simple(rule.formula)))
    yield _each("SIMPLE_SLOPES", (rule for rule in TABLE if all(map(_is_simple, rule.partials))))


def _each(what, rules):
    """The macro EACH_`what`."""
    calls = (f"    DO({rule.name}, {_number(rule)}, {len(rule.inputs)}) \\" for rule in rules)
    return f"#define EACH_{what}(DO) \\\n{_lines(calls)}\n"


def _is_simple(formula):
    """Whether the compiler can make vectors of a formula: it needs no function of the C library but abs and sqrt."""
    return not _library_calls(formula) - {"abs", "sqrt"}


def _library_calls(formula, within=""):
    """The functions of the C library that a formula needs; it is that of the rule `within`, if any."""
    found = set()
    for name in formula.functions:
        own = name != within and name in RULES and not RULES[name].is_library_call
        found |= _library_calls(RULES[name].formula, name) if own else {name}
    return found


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


def _updates(kind, static):
    """The update rules for a kind of processor. No kind fuses or reorders, so all give the same bits."""
    yield from (_update(update, kind, static) for update in UPDATES.values())
    cases = "".join(
        f"    case {update.number}:\n        return {_call(update, kind)};\n" for update in UPDATES.values()
    )
    yield (
        f"{static} unsigned update_{kind}(int rule, UPDATE_ARGUMENTS) {{\n"
        f"    switch (rule) {{\n{cases}    }}\n    return 0;\n}}\n"
    )


def _call(update, kind):
    columns = [f"in[{k}]" for k in range(len(update.inputs))] + [f"out[{k}]" for k in range(len(update.results))]
    return f"{update.name}_{kind}(n, {', '.join(columns)}, settings)"


def _update(update, kind, static):
    """The function of an update rule: a loop for each combination of settings that are 0 and settings that are not.

    The compiler makes vectors of loops with so many columns only where `restrict` stands at parameters.
    """
    columns = [f"const double *restrict in_{name}" for name in update.inputs]
    columns += [f"double *restrict out_{name}" for name in update.results]
    settings = [f"    const double {name} = settings[{k}];" for k, name in enumerate(update.settings)]
    lines = [(target, formula.folded) for target, formula in update.lines]
    return (
        f"{static} unsigned {update.name}_{kind}(ptrdiff_t n, {', '.join(columns)}, const double *settings) {{\n"
        f"{_lines(settings)}{_cases(update, lines, '    ')}}}\n"
    )


def _cases(update, lines, indent):
    """The loop for these lines, or for both cases of the first setting on which they depend."""
    switch = next(filter(None, (first_switch(tree) for _, tree in lines)), None)
    if switch is None:
        return _loop(update, lines, indent)
    on, off = (
        _cases(update, [(target, switched(tree, switch, on)) for target, tree in lines], indent + "    ")
        for on in (True, False)
    )
    return f"{indent}if ({switch} != 0.0) {{\n{on}{indent}}} else {{\n{off}{indent}}}\n"


def _loop(update, lines, indent):
    """The loop over the parameters, and what it returns."""
    lines = [(target, C().translate(tree)) for target, tree in lines]
    lines = [(target, text) for target, text in lines if text != target]
    changed = [target for target, _ in lines]
    local = sorted(set(changed) - set(update.inputs))
    written = [name for name in update.results if name in changed]
    body = [
        f"double {', '.join([*(f'{name} = in_{name}[i]' for name in update.inputs), *local])};",
        *(f"{target} = {text};" for target, text in lines),
        *(f"out_{name}[i] = {name};" for name in written),
    ]
    mask = sum(1 << update.results.index(name) for name in written)
    return (
        f"{indent}for (ptrdiff_t i = 0; i < n; i++) {{\n{_lines(f'{indent}    {line}' for line in body)}{indent}}}\n"
        f"{indent}return {mask};\n"
    )
