"""How the compiled engine is made: value.py and the functions of the table, written out as one Cython module.

`setup.py` calls `write(folder)` at install time. The semantics stay in value.py, the formulas in rules.py; this module
only joins them: it declares the classes as C structures, puts the operators and methods of the table into the class
body (a compiled class cannot get them later), and translates the formulas to C doubles.
"""

import re
from pathlib import Path

from autograd.engine.primitives import FUNCTIONS, NUMPY_NAMES, documentation, with_defaults
from autograd.engine.value import fingerprint
from autograd.native import kernels
from autograd.table.formulas import ATOMS
from autograd.table.registry import TABLE

HERE = Path(__file__).parent
PACKAGE = HERE.parent

HEADER = """\
# cython: language_level=3, boundscheck=False, cdivision=True, c_api_binop_methods=False, embedsignature=False
# cython: initializedcheck=False, auto_pickle=False, annotation_typing=False
from __future__ import annotations

cimport cython
from cpython cimport array
from cpython.array cimport array as Numbers

"""

# The C types with which the functions of value.py are compiled.
TYPES = {
    "as_float": "result=double",
    "constant": "node=Constant",
    "apply": "node=Value",
    "restore": "node=Value",
    "replayed": "node=Fan, result=Value",
}

# In the order in which a pass uses them, so that it stays within one line of the processor's cache.
FIELDS = """\
    _rule = cython.declare(cython.int)
    _mark = cython.declare(cython.int)
    _a = cython.declare(Value)
    _b = cython.declare(Value)
    _da = cython.declare(cython.double)
    _db = cython.declare(cython.double)
    _grad = cython.declare(cython.double)
    _data = cython.declare(cython.double)
    _label = cython.declare(object)
    _c = cython.declare(Value)
    _dc = cython.declare(cython.double)
"""


MODES = """\
unusual = cython.declare(cython.int, 0)  # how many threads are in one mode or more: in them operations look which
"""


FAN_FIELDS = """\
    _fan = cython.declare(list)
    _next = cython.declare(cython.Py_ssize_t)
    _slopes = cython.declare(Numbers)
    again = cython.declare(object, visibility="readonly")

    def __cinit__(self):
        self._mark = UNSEEN
"""


def engine_source():
    """value.py with the classes and types declared for Cython and the methods of the table put into `Value`."""
    text = (PACKAGE / "engine" / "value.py").read_text().partition("# The same source, compiled")[0]
    text = text.replace("from __future__ import annotations\n", "")
    text = re.sub(r"# Compiled, what follows up to graph_wanted.*?(?=\n\nclass direct)", MODES, text, flags=re.DOTALL)
    text = re.sub(r"\nLANDING_SLOT = .*", r"\nLANDING_SLOT = ()", text)
    text = re.sub(r"# Compiled, the functions from here.*?(?=\ndef gradient_overflow)", "", text, flags=re.DOTALL)
    text = re.sub(r"    # One flat object a node.*\n    __slots__ = .*\n", FIELDS, text)
    text = text.replace("    __slots__ = ()\n", "").replace("    __hash__ = object.__hash__\n", HASH)
    text = text.replace("\nclass Value", "\n@cython.no_gc\n@cython.cclass\nclass Value")
    text = text.replace("\nclass Constant", "\n@cython.no_gc\n@cython.cclass\nclass Constant")
    text = text.replace("\nclass Fan", "\n@cython.cclass\nclass Fan")
    text = re.sub(r'    __slots__ = \("_fan".*\n', FAN_FIELDS, text)
    for name, start in re.findall(r"^(\w+) = (-?\d+)\b", text, re.MULTILINE):
        text = text.replace(f"\n{name} = {start}", f"\n{name} = cython.declare(cython.int, {start})")
    for name, types in TYPES.items():
        kind = "" if re.search(rf"\ndef {name}\(.*\*", text) else "@cython.ccall\n"  # C functions take no *operands
        text = text.replace(f"\ndef {name}(", f"\n{kind}@cython.locals({_typed(types)})\ndef {name}(")
    return re.sub(r"    # The operators and the methods.*\n", lambda match: methods_source() + "\n", text)


RECORDER_TYPES = {
    "matches": "other=Tracer",
    "_places": "parent=Tracer",
    "add": "rule=int, a=Tracer, b=Tracer, c=Tracer, wanted=bint, tracer=Tracer, condition=Tracer",
    "input": "tracer=Tracer",
    "tracer": "found=Tracer",
    "_source": "tracer=Tracer",
    "operation": "rule=int, a=Tracer, b=Tracer, c=Tracer, found=Tracer, wanted=bint",
    "_known": "rule=int, a=Tracer, b=Tracer, c=Tracer, wanted=bint, shared=Tracer, other=Tracer, place=int",
    "forget_uses": "tracer=Tracer",
    "find_sums": "operations=list, add=int, mul=int, tracer=Tracer, node=Tracer, a=Tracer, b=Tracer, part=Tracer, "
    "left=Tracer, right=Tracer, terms=list, inside=list, goes_on=bint, moves_first=bint",
    "codes_of": "sum_=Tracer, a=Tracer, b=Tracer, code=int, i=int",
    "passes_on": "tracer=Tracer",
    "levels_of": "tracer=Tracer, a=Tracer, b=Tracer, c=Tracer, kind=longlong, bits=longlong, guard=longlong, "
    "kinds=dict, group=list",
    "run_of": "group=list, slot=int, columns=list, guards=list, first=Tracer",
    "number_slots": "tracers=list, tracer=Tracer, slot=int",
    "fill_columns": "group=list, column_a=int[::1], column_b=int[::1], column_c=int[::1], at=int, i=int, "
    "tracer=Tracer, a=Tracer, b=Tracer, c=Tracer",
}

TRACER_FIELDS = """\
    place = cython.declare(cython.int, visibility="readonly")
    level = cython.declare(cython.int, visibility="readonly")
    guard = cython.declare(cython.int, visibility="readonly")
    slot = cython.declare(cython.int, visibility="readonly")
    uses = cython.declare(cython.int)
    last_user = cython.declare(cython.int)
    user_before_a = cython.declare(cython.int)
    user_before_b = cython.declare(cython.int)
    wanted = cython.declare(cython.bint, visibility="readonly")
    kind = cython.declare(cython.int, visibility="readonly")
    varying = cython.declare(cython.bint, visibility="readonly")
    recorder = cython.declare(object, visibility="readonly")
    source = cython.declare(object, visibility="readonly")
    terms = cython.declare(list)
"""

RECORDER_FIELDS = """\
    tracers = cython.declare(list, visibility="readonly")
    inputs = cython.declare(list, visibility="readonly")
    guards = cython.declare(list, visibility="readonly")
    guard = cython.declare(cython.int)
    watched = cython.declare(dict, visibility="readonly")
    born = cython.declare(list, visibility="readonly")
    lines = cython.declare(list, visibility="public")
    spoilt = cython.declare(object, visibility="readonly")
    differentiated = cython.declare(cython.bint, visibility="public")
    _captured = cython.declare(dict)
    _numbers = cython.declare(dict)
    _guard_of = cython.declare(dict)

"""


def recorder_source():
    """recorder.py with the classes and types declared for Cython."""
    text = _without_imports((PACKAGE / "replay" / "recorder.py").read_text().partition("# As value.py, this file")[0])
    text = re.sub(r"# Compiled, this is the function.*?(?=\ndef find_sums)", "", text, flags=re.DOTALL)
    text = text.replace("\nclass Tracer", "\n@cython.final\n@cython.no_gc\n@cython.cclass\nclass Tracer")
    text = text.replace("\nclass Recorder", "\n@cython.final\n@cython.cclass\nclass Recorder")
    text = re.sub(r"    __slots__ = \([^)]*\)\n", TRACER_FIELDS, text)
    text = re.sub(r"(class Recorder:\n    .*\n\n)", lambda match: match[1] + RECORDER_FIELDS, text)
    text = text.replace("gradients_wanted()", "no_grad_here == 0")
    text = re.sub(r"\n(LOOK_BACK|DETACHED|NUMBER) = ([^#\n]*\w)", r"\n\1 = cython.declare(cython.int, \2)", text)
    return _declared(text, RECORDER_TYPES)


ARGUMENT_TYPES = {
    "keys_of": "leaves=list",
    "key_of": "leaves=list, key=list",
    "structure_of": "leaves=list, found=list, depth=int, bools=bint",
}


def arguments_source():
    """The part of arguments.py that looks at every number."""
    text = (PACKAGE / "replay" / "signature.py").read_text()
    part = text[text.index("DEEPEST =") : text.index("# See value.py")]
    imports = "\n\nfrom collections import OrderedDict\n\nfrom autograd.replay.statics import Static\n\n"
    return imports + _declared(part, ARGUMENT_TYPES)


def _without_imports(text):
    """The source of a module without what it imports from the engine, of which it becomes a part."""
    engine = r"__future__|autograd\.(engine\.value|table\.rules|replay\.recorder)"
    return re.sub(rf"from ({engine}) import (\([^)]*\)|.*)\n", "", text)


def _declared(text, types):
    """Python source with the C types of functions and methods declared."""
    for name, declared in types.items():
        text = re.sub(
            rf"\n?( *)def {name}\(", rf"\n\1@cython.ccall\n\1@cython.locals({_typed(declared)})\n\1def {name}(", text
        )
    return text


def _typed(types):
    """ "a=int, b=Value" with the names that C types have in Cython."""
    return re.sub(r"=(double|int|longlong|bint|Py_ssize_t)", r"=cython.\1", types)


HASH = """\
    def __hash__(self):
        return <Py_hash_t>(<size_t><void*>self >> 4)  # nodes begin at multiples of 16
"""


KERNELS = """\
cdef extern from "kernels.h":
    double value_1(int, double) noexcept nogil
    double value_2(int, double, double) noexcept nogil
    double value_3(int, double, double, double) noexcept nogil
    void slopes_1(int, double, double, double*) noexcept nogil
    void slopes_2(int, double, double, double, int, double*, double*) noexcept nogil
    void slopes_3(int, double, double, double, double, int, double*, double*, double*) noexcept nogil
"""


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
    data = ", ".join(f"{letter}._data" for letter in letters)
    wanted = " | ".join(f"(type({letter}) is Value) << {k}" for k, letter in enumerate(letters))
    found = ", ".join(f"&d{letter}" for letter in letters)
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
        value=f"out = value_{len(letters)}({rule.index}, {data})",
        any_wanted=" or ".join(f"type({n}) is Value" for n in letters),
        slopes=f"slopes_{len(letters)}({rule.index}, {data}, out{f', {wanted}' if len(letters) > 1 else ''}, {found})",
        not_finite=" or ".join(f"{name} - {name} != 0.0" for name in ["out", *(f"d{n}" for n in letters)]),
        store=", ".join([*(f"{n}, d{n}" for n in letters), "None, 0.0", "None, 0.0"][:3]),
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


def module_source():
    """The whole module."""
    functions = ", ".join(f"{rule.name!r}: {rule.name}" for rule in TABLE)
    nodes, passes, modes, recording, flat, machine = (
        (HERE / f"{name}.pxi").read_text() for name in ("nodes", "passes", "modes", "recording", "arrays", "machine")
    )
    tables = "\n" + "".join(f"FEW_OPERANDS[{rule.index}] = {int(len(rule.inputs) < 3)}\n" for rule in TABLE)
    return "".join(
        [
            HEADER,
            KERNELS,
            engine_source(),
            nodes,
            "\n\n",
            passes,
            "\n\n",
            modes,
            "\n\n",
            recorder_source(),
            arguments_source(),
            recording,
            "\n\n",
            flat,
            "\n\n",
            *(node_source(rule) for rule in TABLE if rule.name != "where"),
            machine,
            tables,
            EXPORTS.format(functions=functions, fingerprint=fingerprint()),
        ]
    )


EXPORTS = """

exports = {{name: value for name, value in globals().items() if not name.startswith("__")}}
functions = {{{functions}}}
fingerprint = {fingerprint!r}
"""


def write(folder):
    """Write the Cython source into `folder`; returns its path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_native.pyx").write_text(module_source())
    kernels.write(folder)
    return folder / "_native.pyx"


# Results are to be those of Python's floats, bit for bit: no fused multiply-add, no reordering, and the C library's own
# functions in place of the compiler's shortcuts, such as x * x for pow(x, 2). Some functions have but one exact result.
EXACT = ("abs", "sqrt", "floor", "coarse")
FLAGS = [
    "-O3",
    "-g0",
    "-ffp-contract=off",
    "-fwrapv",
    "-Wno-unused-function",
    *[f"-fno-builtin-{name}" for name in ATOMS if name not in EXACT],
]
