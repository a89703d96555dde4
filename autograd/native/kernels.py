"""What the compiled engine has for each line of the table, as Cython source: a function, a method, two loops."""

import itertools
import re

from autograd.engine.primitives import FUNCTIONS, NUMPY_NAMES, documentation, with_defaults
from autograd.table.rules import TABLE

NODE = '''
@cython.cfunc
@cython.locals(a=Value, b=Value, c=Value, out=cython.double, da=cython.double, db=cython.double,
               dc=cython.double)
def node_{name}({inputs}):
    """What {name} gives, or None when that is for apply() to say: operands are no Values or usual numbers, say."""
    if unusual and (recorder_here != NULL or lines_here):
        return recorded({index}, {count}, {padded})
    if not ({any_value}):
        return None
    {nodes}
    if {any_missing}:
        return None
    {value}
    if unusual and no_grad_here or not ({any_wanted}):
        return None if out - out != 0.0 else new_constant(out)
    {slopes}
    if {not_finite}:
        fail(TABLE[{index}], ({inputs},))
    return new_node({index}, out, {store})


def {name}({parameters}):
    {doc!r}
    node = node_{name}({inputs})
    return apply(TABLE[{index}], {inputs}) if node is None else node
'''


def node_source(rule):
    """Cython source of the function of one rule."""
    letters = "abc"[: len(rule.inputs)]
    variables = {name: f"{letter}._data" for name, letter in zip(rule.inputs, letters)}
    slopes = [partial.python(variables, "c_{}") for partial in rule.partials]
    slopes = [f"d{n} = ({slope}) if type({n}) is Value else 0.0" for n, slope in zip(letters, slopes)]
    return NODE.format(
        name=rule.name,
        index=rule.index,
        doc=documentation(rule, FUNCTIONS[rule.name]),
        inputs=", ".join(rule.inputs),
        count=len(letters),
        padded=", ".join([*rule.inputs, "None", "None"][:3]),
        parameters=", ".join(with_defaults(rule, rule.inputs)),
        any_value=" or ".join(f"type({name}) is Value or type({name}) is Constant" for name in rule.inputs),
        nodes="\n    ".join(
            f"{n} = cython.cast(Value, {name}) if type({name}) is Value else as_node({name})"
            for n, name in zip(letters, rule.inputs)
        ),
        any_missing=" or ".join(f"{n} is None" for n in letters),
        value=f"out = {_value_on_doubles(rule, variables)}",
        any_wanted=" or ".join(f"type({n}) is Value" for n in letters),
        slopes="\n    ".join(slopes),
        not_finite=" or ".join(f"{name} - {name} != 0.0" for name in ["out", *(f"d{n}" for n in letters)]),
        store=", ".join([*(f"{n}, d{n}" for n in letters), "None, 0.0", "None, 0.0"][:3]),
    )


def _value_on_doubles(rule, variables):
    if rule.name in rule.formula.calls:
        return f"c_{rule.name}({', '.join(variables.values())})"
    return rule.formula.python(variables, "c_{}")


def kernel_source(rule):
    """Cython source of the value of one rule on C doubles, as other rules' formulas call it."""
    types = ", ".join(f"{name}=cython.double" for name in rule.inputs)
    # In its own formula a name means the C library's function: cbrt is made from cbrt.
    formula = re.sub(rf"\bc_{rule.name}\(", f"libm_{rule.name}(", rule.formula.python(functions="c_{}"))
    return (
        f"\n\n@cython.cfunc\n@cython.inline\n@cython.nogil\n@cython.exceptval(check=False)\n"
        f"@cython.returns(cython.double)\n@cython.locals({types})\ndef c_{rule.name}({', '.join(rule.inputs)}):\n"
        f"    return {formula}\n"
    )


def methods_source():
    """The methods and operators of the table, as lines of the class body."""
    lines = []
    for rule in (rule for rule in TABLE if not rule.helper):
        _, *others = rule.inputs
        arguments = ", ".join(["self", *others])
        parameters = ", ".join(["self", *with_defaults(rule, others)])
        lines += [
            f"def {name}({parameters}):\n    return {rule.name}({arguments})"
            for name in (rule.name, *NUMPY_NAMES.get(rule.name, ()))
        ]
        if rule.operator:
            lines.append(
                f"def __{rule.operator}__({parameters}):\n    node = node_{rule.name}({arguments})\n"
                f"    return operate(TABLE[{rule.index}], {arguments}) if node is None else node"
            )
        if rule.operator and len(rule.inputs) == 2:
            zero = "    if type(other) is int and other == 0:\n        return self\n" if rule.name == "add" else ""
            lines.append(
                f"def __r{rule.operator}__(self, other):\n{zero}    node = node_{rule.name}(other, self)\n"
                f"    return operate(TABLE[{rule.index}], other, self) if node is None else node"
            )
    return "\n\n".join("    " + line.replace("\n", "\n    ") for line in lines)


def loops_source(rule):
    """Cython source of the two loops of one rule, forward and backward, for recorded programs.

    Without lanes an operand is a number of the memory; with lanes it is a row of numbers, or one number for all lanes.
    """
    letters = "abc"[: len(rule.inputs)]
    flat = {name: f"m[loop.{letter}[k]]" for name, letter in zip(rule.inputs, letters)}
    forward, backward = [], []
    for kinds in _varieties(len(letters)):
        lanes = {
            name: f"p{letter}[{'lane' if varies else '0'}]" for name, letter, varies in zip(rule.inputs, letters, kinds)
        }
        number = sum(varies << k for k, varies in enumerate(kinds))
        forward += [
            f"elif loop.varying & 7 == {number}:",
            "    for lane in range(LANES):",
            f"        out[lane] = {_value_on_doubles(rule, lanes)}",
        ]
        backward += [f"elif loop.varying & 7 == {number}:"]
        for k, (letter, varies, partial) in enumerate(zip(letters, kinds, rule.partials)):
            slope = f"g[lane] * ({partial.python(lanes | {'out': 'out[lane]'}, 'c_{}')})"
            slope = slope if _is_plain(partial, rule) else f"0.0 if loop.guards and g[lane] == 0.0 else {slope}"
            backward += [f"    if loop.wanted & {1 << k}:"] + (
                ["        for lane in range(LANES):", f"            j{letter}[lane] += {slope}"]
                if varies
                else [
                    "        total = 0.0",
                    "        for lane in range(LANES):",
                    f"            total += {slope}",
                    f"        j{letter}[0] += total",
                ]
            )
    slopes = []
    for k, (letter, partial) in enumerate(zip(letters, rule.partials)):
        slope = f"here * ({partial.python(flat | {'out': 'm[loop.start + k]'}, 'c_{}')})"
        slopes += [f"if loop.wanted & {1 << k}:", f"    j[loop.{letter}[k]] += {slope}"]
    guard = (
        []
        if all(_is_plain(partial, rule) for partial in rule.partials)
        else ["if loop.guards and here == 0.0:", "    continue"]
    )
    rows = [f"p{letter} = m + place(room, loop.{letter}[k])" for letter in letters]
    adjoint_rows = [f"j{letter} = j + place(room, loop.{letter}[k])" for letter in letters]
    indent = "\n            "
    return LOOPS.format(
        name=rule.name,
        value=_value_on_doubles(rule, flat),
        rows=indent.join(rows),
        adjoint_rows=indent.join(rows + adjoint_rows),
        slopes=indent.join(["here = j[loop.start + k]", *guard, *slopes]),
        forward=indent.join(forward).replace("elif", "if", 1),
        backward=indent.join(backward).replace("elif", "if", 1),
    )


def _varieties(inputs):
    """For each input whether it differs between lanes, in all combinations: under a guard none needs to."""
    return list(itertools.product((True, False), repeat=inputs))


def _is_plain(partial, rule):
    """Whether a partial derivative is finite wherever its operands are: a number, or an operand."""
    return str(partial) in rule.inputs or str(partial).lstrip("-").replace(".", "").isdigit()


LOOPS = """

cdef void forward_{name}(Loop* loop, Room* room) noexcept nogil:
    cdef Py_ssize_t k, lane
    cdef double* m = room.memory
    cdef double* out
    cdef double* pa
    cdef double* pb
    cdef double* pc
    if room.lanes == 1 or not loop.varying:
        for k in range(loop.count):
            m[loop.start + k] = {value}
    else:
        for k in range(loop.count):
            out = m + place(room, <int>(loop.start + k))
            {rows}
            {forward}


cdef void backward_{name}(Loop* loop, Room* room) noexcept nogil:
    cdef Py_ssize_t k, lane
    cdef double here, total
    cdef double* m = room.memory
    cdef double* j = room.adjoint
    cdef double* out
    cdef double* g
    cdef double* pa
    cdef double* pb
    cdef double* pc
    cdef double* ja
    cdef double* jb
    cdef double* jc
    if room.lanes == 1 or not loop.varying:
        for k in range(loop.count):
            {slopes}
    else:
        for k in range(loop.count):
            out = m + place(room, <int>(loop.start + k))
            g = j + place(room, <int>(loop.start + k))
            {adjoint_rows}
            {backward}
"""


COARSE = """

@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.returns(cython.double)
@cython.locals(x=cython.double, scaled=cython.double)
def c_coarse(x):
    scaled = 134217729.0 * x
    return scaled - (scaled - x)
"""
