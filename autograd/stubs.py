"""Writes down for type checkers and editors what is made from the table: the functions, and the methods of Value.

`python -m autograd.stubs` writes functions.pyi and engine/value.pyi, the functions' names into __init__.py, and the
functions of the compiled engine, native/functions.pxi. A test compares. Everything else is annotated in the source.
"""

import ast
import re
from pathlib import Path

from autograd.engine.functions import FUNCTIONS, NUMPY_NAMES, documentation, with_defaults
from autograd.table.registry import BUILT_IN

HERE = Path(__file__).parent
RULES = [rule for rule in BUILT_IN if not rule.helper]
NOTE = '# Made by "python -m autograd.stubs" from the table and the source. Do not edit.\n'
# Parameters and result of a function of two or three numbers, and of `where`, whose sides may be functions.
TWO = [("Value", "Number", "Value"), ("float", "float", "float"), ("float", "Value", "Value")]
THREE = [
    ("Value", "Number", "Number", "Value"),
    ("float", "float", "float", "float"),
    ("float", "Value", "Number", "Value"),
    ("float", "Number", "Value", "Value"),
]
WHERE = [
    ("Value", "Side[Number]", "Side[Number]", "Value"),
    ("float", "Side[float]", "Side[float]", "float"),
    ("float", "Value", "Side[Number]", "Value"),
    ("float", "Side[Number]", "Value", "Value"),
    ("float", "Callable[[], Value]", "Callable[[], Value]", "Value"),
    ("float", "Side[Number]", "Side[Number]", "Number"),
]


def functions_stub():
    """The functions of the table with their documentation."""
    lines = [
        NOTE,
        "from collections.abc import Callable",
        "from typing import TypeAlias, TypeVar, overload",
        "",
        "from autograd.engine.value import Value",
        "",
        'Number: TypeAlias = "Value | float"',
        'T = TypeVar("T")',
        'N = TypeVar("N", Value, float, Number)',
        'Side: TypeAlias = "T | Callable[[], T]"',
    ]
    return "\n".join(lines + [line for rule in RULES for line in _function(rule)]) + "\n"


def _function(rule):
    """The lines that declare a function: one signature, or overloads, the first of them with the documentation."""
    document = f"    {_document(rule, ' ' * 4)}"
    if len(rule.inputs) == 1:
        return ["", f"def {rule.name}({rule.inputs[0]}: N) -> N:", document]
    lines = []
    for *types, result in WHERE if rule.name == "where" else TWO if len(rule.inputs) == 2 else THREE:
        given = [f"{name}: {kind}" for name, kind in zip(rule.inputs, types, strict=True)]
        for i in reversed(range(len(given))):
            if rule.inputs[i] not in rule.defaults or types[i] == "Value":
                break
            given[i] += f" = {rule.defaults[rule.inputs[i]]}"
        lines += ["", "@overload", f"def {rule.name}({', '.join(given)}) -> {result}:" + (" ..." if lines else "")]
        lines += [] if len(lines) > 3 else [document]
    return lines


def _document(rule, indent):
    """The documentation of a rule's function, in quotes; the lines after the first are indented."""
    lines = documentation(rule, FUNCTIONS[rule.name]).splitlines()
    quotes = 'r"""' if any("\\" in line for line in lines) else '"""'
    return quotes + "\n".join([lines[0], *(indent + line if line else "" for line in [*lines[1:], '"""'])])


def value_stub():
    """value.py without its bodies, with the methods of the table in `Value`."""
    lines = [
        NOTE,
        "from collections.abc import Callable",
        "from typing import Any, TypeAlias",
        "",
        'Number: TypeAlias = "Value | float"',
    ]
    for node in ast.parse((HERE / "engine" / "value.py").read_text()).body:
        lines += _declaration(node)
    return "\n".join(lines) + "\n"


def _declaration(node):
    """The lines that declare what a statement at the top level of a module defines."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [] if getattr(node, "module", "") == "__future__" else [ast.unparse(node)]
    if isinstance(node, ast.Assign):
        return _variables(node)
    if isinstance(node, ast.If):
        return [line for part in node.body for line in _declaration(part)]
    if isinstance(node, ast.FunctionDef):
        return ["", *_signature(node, "")]
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name != "__getattr__"]
        lines = [line for method in methods for line in _signature(method, "    ")]
        if node.name == "Value":
            lines += _methods({method.name for method in methods})
        bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
        return ["", f"class {node.name}{bases}:", *(lines or ["    ..."])]
    return []


def _variables(node):
    """The lines that declare what is assigned to: of a constant its type."""
    targets = [part for target in node.targets for part in getattr(target, "elts", [target])]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    try:
        kind = type(ast.literal_eval(node.value)).__name__
    except ValueError:
        kind = "Any"
    return [f"{name}: {kind}" for name in names]


def _signature(node, indent):
    """The first lines of a function: decorators, name, parameters, result."""
    known = [name for name in map(ast.unparse, node.decorator_list) if name in ("property", "staticmethod")]
    known += [name for name in map(ast.unparse, node.decorator_list) if name.endswith(".setter")]
    result = ast.unparse(node.returns) if node.returns else "Any"
    lines = [f"{indent}@{name}" for name in known]
    return [*lines, f"{indent}def {node.name}({ast.unparse(node.args)}) -> {result}: ..."]


def _methods(written):
    """The methods that engine/functions.py gives to Value, but for those that are written in its class."""
    lines = []
    for rule in RULES:
        kind = "Number | Callable[[], Number]" if rule.name == "where" else "Number"
        others = "".join(
            f", {name.replace('=', f': {kind} = ') if '=' in name else f'{name}: {kind}'}"
            for name in with_defaults(rule, rule.inputs[1:])
        )
        names = [rule.name, *NUMPY_NAMES.get(rule.name, ())]
        names += [f"__{rule.operator}__"] if rule.operator else []
        names += [f"__r{rule.operator}__"] if rule.operator and len(rule.inputs) == 2 else []
        lines += [f"    def {name}(self{others}) -> Value: ..." for name in names if name not in written]
    return lines


def package():
    """__init__.py with the names of the functions."""
    start = "from autograd.functions import "
    lines = (HERE / "__init__.py").read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith(start))
    names = sorted((rule.name for rule in RULES), key=_in_order)
    lines[place:] = [line for line in lines[place:] if not line.startswith(start)]
    lines[place:place] = [f"{start}{name} as {name}" for name in names]
    return "\n".join(lines) + "\n"


def _in_order(name):
    """A sort key that puts log2 before log10, as ruff does."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


FUNCTION = """
    def {name}({parameters}):
        {document}
        node = {kind}({number}, {inputs})
        return apply(TABLE[{number}], {inputs}) if node is None else node
"""


def compiled_functions():
    """The functions of the table in Cython: each with its own name, parameters and documentation.

    The documentation has an example that must be worked out, which takes too long for every import.
    """
    kinds = {1: "unary", 2: "binary", 3: "ternary"}
    numbers = [f"        RULE_{rule.name.upper()}\n" for rule in BUILT_IN]
    functions = [
        FUNCTION.format(
            name=rule.name,
            kind=kinds[len(rule.inputs)],
            number=f"RULE_{rule.name.upper()}",
            inputs=", ".join(rule.inputs),
            parameters=", ".join(with_defaults(rule, rule.inputs)),
            document=_document(rule, " " * 8),
        )
        for rule in BUILT_IN
    ]
    return "".join([NOTE, '\ncdef extern from "kernels.h":\n    enum:\n', *numbers, "\n\nclass functions:", *functions])


WRITTEN = {
    "functions.pyi": functions_stub,
    "engine/value.pyi": value_stub,
    "native/functions.pxi": compiled_functions,
    "__init__.py": package,
}


if __name__ == "__main__":
    for name, text in WRITTEN.items():
        (HERE / name).write_text(text())
