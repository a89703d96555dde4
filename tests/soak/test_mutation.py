"""Mutation testing: small mistakes are put into rules.py and value.py, one at a time, and the tests must notice.

`python tests/soak/test_mutation.py 0.1` tries a tenth of all mutants and prints those that survive.
"""

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parent.parent.parent
SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.Lt: ast.GtE,
         ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or,
         ast.Or: ast.And, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
SKIPPED = {"__repr__", "documentation", "fingerprint", "gradient_overflow", "_described", "_why_not_a_number"}  # words


def mutations(tree):
    """Each way to change one operator, comparison, number or decision of a tree: (the node, how it is changed).

    Not the threshold of a comparison: where one branch takes over from another, both are right.
    """
    thresholds = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Compare)
                  for part in ast.walk(node.comparators[0]) if getattr(part, "value", 0) != 0}
    for node in ast.walk(tree):
        if id(node) in thresholds:
            continue
        if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in SWAPS:
            yield node, "op"
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "ops"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
            yield node, "value"
        elif isinstance(node, (ast.IfExp, ast.If)):
            yield node, "test"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield node, "operand"


def change(node, how):
    """Change a node in place."""
    if how == "op":
        node.op = SWAPS[type(node.op)]()
    elif how == "ops":
        node.ops = [SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif how == "value":
        node.value = other(node.value)
    elif how == "test":
        node.test = ast.UnaryOp(ast.Not(), node.test) if isinstance(node, ast.If) else node.test
        if isinstance(node, ast.IfExp):
            node.body, node.orelse = node.orelse, node.body
    else:
        node.op = ast.UAdd()


def other(number):
    """A number near by; the other truth value."""
    return not number if type(number) is bool else number * 1.001 if number % 1 else number + 1


def changed(tree, number):
    """A copy of the tree with its mutation of this number."""
    twin = copy.deepcopy(tree)
    node, how = list(mutations(twin))[number]
    change(node, how)
    return ast.fix_missing_locations(twin)


def mutants_of_the_table(text):
    """Mutants of the formulas in rules.py: (the rule, what is changed, the text of the module)."""
    tree = ast.parse(text)
    for call in [node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]:
        name = call.args[0].value
        for place, argument in enumerate(call.args[1:], 1):
            if not isinstance(argument, ast.Constant) or name == "where":
                continue  # put together from parts, which are tested as part of other formulas
            formula = ast.parse(argument.value, mode="eval")
            for number in range(len(list(mutations(formula)))):
                new = ast.unparse(changed(formula, number))
                before, argument.value = argument.value, new
                yield name, f"{place}: {new}", ast.unparse(tree)
                argument.value = before


def mutants_of_the_engine(text):
    """Mutants of value.py: (the function, what is changed, the text of the module)."""
    tree = ast.parse(text.partition("# The same source, compiled")[0])
    rest = text[text.index("# The same source, compiled"):]
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name not in SKIPPED]:
        for node, how in list(mutations(ast.Module(function.body, []))):
            before = copy.copy(node.__dict__)
            change(node, how)
            yield function.name, f"line {node.lineno}: {ast.unparse(node)[:60]}", ast.unparse(
                ast.fix_missing_locations(tree)) + "\n" + rest
            node.__dict__.clear()
            node.__dict__.update(before)


FILES = {
    "rules.py": (mutants_of_the_table, lambda name: [
        "tests/test_rules.py", "tests/test_edges.py", "-k", f"[{name}] or {name}- or _{name} or edges"]),
    "value.py": (mutants_of_the_engine, lambda name: [
        "tests/test_value.py", "tests/test_replay.py", "tests/test_bad_input.py", "-k",
        "not 1000000 and not nn and not random"])}


def is_noticed(file, text, tests):
    """Whether the tests fail when `file` of the package holds `text`."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "autograd", Path(folder, "autograd"),
                        ignore=shutil.ignore_patterns("_native*", "__pycache__"))
        Path(folder, "autograd", file).write_text(text)
        command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"),
                   *(str(ROOT / test) if test.startswith("tests/") else test for test in tests)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, str(ROOT)]), "GLASSGRAD_PURE": "1",
                       "GLASSGRAD_SOAK": ""}
        try:
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120)
        except subprocess.TimeoutExpired:
            return True
        return run.returncode != 0


def survivors(file, share, seed=0):
    """How many mutants of a file were tried, and those that no test noticed."""
    text = (ROOT / "autograd" / file).read_text()
    make, tests = FILES[file]
    assert not is_noticed(file, ast.unparse(ast.parse(text)), tests("add")), "the tests fail without any mistake"
    chosen = [mutant for mutant in make(text) if Random(f"{seed}{mutant[:2]}").random() < share]
    return len(chosen), [f"{name} {what}" for name, what, mutant in chosen if not is_noticed(file, mutant, tests(name))]


@pytest.mark.skipif(float(os.environ.get("GLASSGRAD_SOAK") or 0) < 0.1, reason="takes hours: each mutant is a test run")
@pytest.mark.parametrize("file", FILES)
def test_mistakes_are_noticed(file, figure):
    tried, left = survivors(file, float(os.environ["GLASSGRAD_SOAK"]))
    print(*left, sep="\n")
    figure(f"mutants of {file}", tried, f"{100 * (1 - len(left) / tried):.0f} % noticed by the tests")
    assert len(left) <= 0.05 * tried


if __name__ == "__main__":
    for name in FILES:
        tried, left = survivors(name, float(sys.argv[1]))
        print(f"{name}: {tried} mutants, {len(left)} survive", *left, sep="\n  ", flush=True)
