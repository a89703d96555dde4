"""Writes the stubs from which type checkers and editors know the names that come from the table.

`python -m autograd.stubs` writes value.pyi, primitives.pyi and __init__.pyi beside the modules; a test compares.
"""

import ast
from pathlib import Path

from autograd.engine.functions import NUMPY_NAMES, PUBLIC, with_defaults
from autograd.table.registry import BUILT_IN

HERE = Path(__file__).parent
RULES = [rule for rule in BUILT_IN if not rule.helper]
OVERLOADS = [("Value", "Number", "Value"), ("float", "float", "float"), ("float", "Value", "Value")]
NOTE = '# Made by "python -m autograd.stubs" from the table and the source. Do not edit.\n'


def value_stub():
    """value.py without its bodies, with the methods and operators of the table in `Value`."""
    lines = [
        NOTE,
        "import contextlib",
        "from collections.abc import Callable",
        "from typing import Any, TypeAlias",
        "",
        "from autograd.table.registry import Rule",
        "",
        'Number: TypeAlias = "Value | float"',
        "LEAF: int",
        "METHODS: dict[str, Any]",
        "SCOPE: dict[str, Any]",
        "backend: str",
        "compiled: Any",
    ]
    for node in ast.parse((HERE / "engine" / "value.py").read_text()).body:
        if isinstance(node, ast.FunctionDef):
            lines += ["", *_signature(node, "")]
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            lines += ["", f"class {node.name}({', '.join(map(ast.unparse, node.bases))}):".replace("()", "")]
            body = [
                line
                for part in node.body
                if isinstance(part, ast.FunctionDef) and part.name != "__getattr__"
                for line in _signature(part, "    ")
            ]
            lines += body + (_methods() if node.name == "Value" else []) or ["    ..."]
    return "\n".join(lines) + "\n"


def _signature(node, indent):
    """The first lines of a function: decorators, name, parameters, result."""
    decorators = [f"{indent}@{name}" for name in map(ast.unparse, node.decorator_list) if name != "direct"]
    result = f" -> {ast.unparse(node.returns)}" if node.returns else " -> Any"
    return [*decorators, f"{indent}def {node.name}({ast.unparse(node.args)}){result}: ..."]


def _methods():
    lines = []
    for rule in RULES:
        others = "".join(
            f", {name.replace('=', ': Number = ') if '=' in name else f'{name}: Number'}"
            for name in with_defaults(rule, rule.inputs[1:])
        )
        names = [rule.name, *NUMPY_NAMES.get(rule.name, ())]
        names += [f"__{rule.operator}__"] if rule.operator else []
        names += [f"__r{rule.operator}__"] if rule.operator and len(rule.inputs) == 2 else []
        lines += [f"    def {name}(self{others}) -> Value: ..." for name in names]
    return lines


def primitives_stub():
    """The functions of the table with their documentation."""
    lines = [
        NOTE,
        "from collections.abc import Callable",
        "from typing import Any, TypeVar, overload",
        "",
        "from autograd.table.registry import Rule",
        "from autograd.engine import Number, Value",
        "",
        'N = TypeVar("N", Value, float)',
        "FUNCTIONS: dict[str, Callable[..., Any]]",
        "PUBLIC: dict[str, Callable[..., Any]]",
        "NUMPY_NAMES: dict[str, list[str]]",
        "def with_defaults(rule: Rule, names: Any) -> list[str]: ...",
        "def documentation(rule: Rule, function: Any) -> str: ...",
        "def rule(name: str, formula: str, *partials: str, **options: Any) -> Callable[..., Any]: ...",
    ]
    for rule in RULES:
        document = '    """' + PUBLIC[rule.name].__doc__.replace("\n", "\n    ") + '\n    """'
        if len(rule.inputs) == 1:
            lines += ["", f"def {rule.name}({rule.inputs[0]}: N) -> N:", document]
            continue
        if len(rule.inputs) == 3:
            lines += ["", f"def {rule.name}({', '.join(f'{name}: Any' for name in rule.inputs)}) -> Any:", document]
            continue
        x, y = rule.inputs
        default = f" = {rule.defaults[y]}" if y in rule.defaults else ""
        for left, right, result in OVERLOADS:
            given = default if right != "Value" else ""
            lines += ["", "@overload", f"def {rule.name}({x}: {left}, {y}: {right}{given}) -> {result}:", document]
    return "\n".join(lines) + "\n"


def package_stub():
    """__init__.py with the names of the table imported one by one."""
    text = (HERE / "__init__.py").read_text()
    names = "".join(f"    {rule.name} as {rule.name},\n" for rule in RULES)
    lines = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            lines += [f"from {node.module} import {name.name} as {name.name}" for name in node.names if not name.asname]
        elif isinstance(node, ast.FunctionDef):
            lines += _signature(node, "")
    return (
        NOTE
        + "from typing import Any\n\n"
        + "\n".join(lines)
        + f"\nfrom autograd.engine.functions import (\n{names})\n\n__version__: str\n"
    )


STUBS = {"engine/value.pyi": value_stub, "engine/primitives.pyi": primitives_stub, "__init__.pyi": package_stub}


if __name__ == "__main__":
    for name, stub in STUBS.items():
        (HERE / name).write_text(stub())
