"""Mutation testing: small mistakes are put into the table and value.py, one at a time, and the tests must notice.

`python tests/soak/test_mutation.py 0.1` tries a tenth of all mutants and prints those that survive, and why.
"""

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from autograd.engine import apply
from autograd.engine.functions import FUNCTIONS
from autograd.table.formulas import Formula
from autograd.table.registry import RULES

ROOT = Path(__file__).parent.parent.parent
SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SKIPPED = {"__repr__", "documentation", "fingerprint", "gradient_overflow", "_described", "_why_not_a_number"}  # words

# Why no test notices a mutant, by how its description begins and what is in the changed place.
SMALL = "the error stays within the units in the last place that are promised"
ONE, RIGHT = "a factor of 1", "between the thresholds both sides are right"
NO_PARENT = "nobody asks for the partial of a parent that is not there"
REASONS = {
    ("__init__ self._da", "1.0"): NO_PARENT,
    ("constant node._da", "1.0"): NO_PARENT,
    ("restore", "1.0"): NO_PARENT,
    ("__reduce__", "[:-2]"): "the node that is left out is pickled on the way to the last one",
    ("hand_out", "maxlen=1"): "what is kept of the last step is dropped",
    ("direction 1", "0 and"): "hypot(x, y) is too large only where both coordinates are large",
    ("cbrt 1", "/ 4"): "three quarters of the correction leave one unit in the last place; two are promised",
    ("is_watched", " or self.index"): "operands are looked at without need",
    ("why_outside", "strict=False"): "there are always as many values as inputs",
    ("is_library_call", "not in"): "the same function, called by way of its formula",
    ("quotient domain", ""): "it says where this helper is used, and there is more room",
    ("gelu 2", "+0.35"): "gelu_slope() begins with the same branch",
    ("gauss 2", "* 1)"): ONE,
    ("erfc 1", "/ 1)"): ONE,
    ("gelu 1", "/ 1)"): ONE,
    ("gelu_slope 1", "/ 1)"): ONE,
    ("normal 1", "1.83"): SMALL,
    ("gelu_slope 1", "1.83"): SMALL,
    ("gelu 1", "1.83"): SMALL,
    ("gelu 1", "4.06"): SMALL,
    ("gelu 1", "0.7525"): SMALL,
    ("gelu 1", "3.7716"): SMALL,
    ("gelu 1", "1.4217"): SMALL,
    ("gelu_slope 2", "x > 1"): RIGHT,
    ("sigmoid 1", "x >= 1"): RIGHT,
    ("softplus 1", "x > 1"): RIGHT,
}


def mutations(tree):
    """Each way to change one operator, comparison, number or decision of a tree: (the node, how it is changed).

    Not the threshold of a comparison: where one branch takes over from another, both are right.
    """
    thresholds = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for part in ast.walk(node.comparators[0])
        if getattr(part, "value", 0) != 0
    }
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
    """A number nearby; the other truth value."""
    return not number if type(number) is bool else number * 1.001 if number % 1 else number + 1


def changed(tree, number):
    """A copy of the tree with its mutation of this number."""
    twin = copy.deepcopy(tree)
    node, how = list(mutations(twin))[number]
    change(node, how)
    return ast.fix_missing_locations(twin)


def mutants_of_the_table(text):
    """Mutants of a file of rules: (the rule, what is changed, the text of the module, a quick test of it)."""
    tree = ast.parse(text)
    for call in [node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]:
        rule = RULES[call.args[0].value]  # some formulas are put together from parts: here they are whole
        for place, formula in enumerate((rule.formula, *rule.partials), 1):
            whole, before = ast.parse(formula.text.strip(), mode="eval"), call.args[place]
            for number in range(len(list(mutations(whole)))):
                new = ast.unparse(changed(whole, number))
                call.args[place] = ast.Constant(new)
                what = f"{place}: {difference(ast.unparse(whole), new)}"
                yield rule.name, what, ast.unparse(tree), partial(is_wrong, rule, place, new)
            call.args[place] = before
        for option in call.keywords:
            for _, mutant in mutants_within(tree, option.value):
                yield rule.name, f"{option.arg}={ast.unparse(option.value)}", mutant, None


def mutants_of_the_registry(text):
    """Mutants of registry.py: (the function, the changed line, the text of the module, None)."""
    yield from mutants_of_functions(ast.parse(text), SKIPPED)


def mutants_of_the_engine(text):
    """Mutants of value.py: (the function, the changed line, the text of the module, None)."""
    yield from mutants_of_functions(ast.parse(text), SKIPPED)


def mutants_of_functions(tree, skipped):
    """Mutants of the functions of a module: (the function, the changed line, the text of the module, None)."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name not in skipped]:
        statement_of = {
            part: statement
            for statement in ast.walk(function)
            if isinstance(statement, ast.stmt)
            for part in ast.walk(statement)
        }
        for node, mutant in mutants_within(tree, ast.Module(function.body, [])):
            yield function.name, ast.unparse(statement_of[node]).partition("\n")[0], mutant, None


def mutants_within(tree, part):
    """For each mutation of a part of a tree (changed node, text of the whole tree); the tree is restored afterwards."""
    for node, how in list(mutations(part)):
        before = copy.copy(node.__dict__)
        change(node, how)
        yield node, ast.unparse(ast.fix_missing_locations(tree))
        node.__dict__.clear()
        node.__dict__.update(before)


def difference(before, after):
    """Where two texts begin to differ: "…(1 + x)… → …(1 - x)…"."""
    i = next(i for i in range(len(before) + 1) if before[i : i + 1] != after[i : i + 1])
    return " → ".join(f"…{text[max(0, i - 15) : i + 20]}…" for text in (before, after))


def checks_of_the_table(name):
    """The tests that concern a rule, or a function of registry.py, as arguments of pytest."""
    if name in RULES:
        return [
            "tests/table/test_rules.py",
            "tests/engine/test_edges.py",
            "-k",
            f"[{name}] or {name}- or _{name} or edges",
        ]
    return [
        "tests/engine/test_value.py",
        "tests/table/test_table.py",
        "tests/table/test_rules.py",
        "-k",
        "not (100000 or points or differences or places or one_line) or cbrt",  # these are slow
    ]


def checks_of_the_engine(_):
    """The tests that concern value.py, as arguments of pytest."""
    return [
        "tests/engine/test_value.py",
        "tests/replay/test_replay.py",
        "tests/test_bad_input.py",
        "-k",
        "not 1000000 and not nn and not random",
    ]


FILES = {
    "table/elementary.py": (mutants_of_the_table, checks_of_the_table),
    "table/special.py": (mutants_of_the_table, checks_of_the_table),
    "table/registry.py": (mutants_of_the_registry, checks_of_the_table),
    "engine/value.py": (mutants_of_the_engine, checks_of_the_engine),
}


def is_wrong(rule, place, formula):
    """Whether a rule with another formula for its value (place 1) or a partial is wrong where test_rules.py looks."""
    from reference import assert_right, points_of

    formulas = [rule.formula, *rule.partials]
    formulas[place - 1] = Formula(formula)
    mutant = copy.copy(rule)
    for made_of_formulas in ("value", "slopes", "is_library_call"):
        mutant.__dict__.pop(made_of_formulas, None)
    mutant.formula, mutant.partials = formulas[0], tuple(formulas[1:])
    with patch.dict(FUNCTIONS, {rule.name: partial(apply, mutant)}):
        try:
            for point in points_of(rule, 100):
                assert_right(rule, point)
        except Exception:
            return True
    return False


def is_noticed(file, text, tests):
    """Whether the tests fail, or take more than a minute, when `file` of the package holds `text`."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            ROOT / "autograd", Path(folder, "autograd"), ignore=shutil.ignore_patterns("_native*", "__pycache__")
        )
        Path(folder, "autograd", file).write_text(text)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-xq",
            "-p",
            "no:cacheprovider",
            "-c",
            str(ROOT / "pyproject.toml"),
            *(str(ROOT / test) if test.startswith("tests/") else test for test in tests),
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([folder, str(ROOT)]),
            "GLASSGRAD_PURE": "1",
            "GLASSGRAD_SOAK": "",
        }
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, preexec_fn=a_minute)
        return run.returncode != 0


def a_minute():
    """Stop this process after a minute of processor time."""
    import resource  # there is none on Windows

    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def reason(survivor):
    """Why no test notices it."""
    return next(
        (
            why
            for (start, part), why in REASONS.items()
            if survivor.startswith(start) and part in survivor.rpartition(" → ")[2]
        ),
        "no reason is known",
    )


def survivors(file, share, seed=0):
    """How many mutants of a file were tried, and those that no test noticed, with the reason."""
    text = (ROOT / "autograd" / file).read_text()
    make, tests = FILES[file]
    chosen = [mutant for mutant in make(text) if Random(f"{seed}{mutant[:2]}").random() < share]
    for command in {tuple(tests(name)) for name, *_ in chosen}:
        assert not is_noticed(file, ast.unparse(ast.parse(text)), command), f"without any mistake: {command} fail"
    left = [
        f"{name} {what}"
        for name, what, mutant, quick in chosen
        if not (quick and quick()) and not is_noticed(file, mutant, tests(name))
    ]
    return len(chosen), [f"{survivor}: {reason(survivor)}" for survivor in left]


# It tests the tests, not the engine: `make test` runs the very tests that are tried here, and `make soak` runs this.
@pytest.mark.skipif(float(os.environ.get("GLASSGRAD_SOAK") or 0) < 0.1, reason="takes an hour: a mutant is a test run")
@pytest.mark.parametrize("file", FILES)
def test_mistakes_are_noticed(file, figure):
    tried, left = survivors(file, float(os.environ["GLASSGRAD_SOAK"]))
    print(*left, sep="\n")
    figure(f"mutants of {file}", tried, f"{100 * (1 - len(left) / tried):.1f} % noticed by the tests")
    assert len(left) <= 0.05 * tried


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    for name in FILES:
        tried, left = survivors(name, float(sys.argv[1]))
        print(f"{name}: {tried} mutants, {len(left)} survive", *left, sep="\n  ", flush=True)
