"""Names for the arrays of a form: after the weights that they are made with, after scopes, and after what they are."""

from __future__ import annotations

import builtins
import keyword
import re

from autograd.matrices.numbers import LARGEST, SMALLEST, SUM, TAKE
from autograd.table.registry import RULES

TAKEN = {*keyword.kwlist, *dir(builtins), "np", "jnp", "jax", "torch", "math", "parameters", "coarse"}
LONGEST = 16  # the letters of a scope that names begin with
CALLED = {
    SUM: "total",
    LARGEST: "largest",
    SMALLEST: "smallest",
    TAKE: "chosen",
    "sub": "difference",
    "div": "share",
    "equal": "same",
    "pow": "power",
    "neg": "negative",
    "pos": "copy",
}


class Names:
    """Gives out names, each once."""

    def __init__(self, form):
        self.form = form
        self.taken = {*TAKEN, *RULES, *(argument.name for argument in form.arguments)}  # rules may become functions

    def counter(self):
        """The name of the variable that counts how often a loop has run."""
        return next(name for name in "ijklmn" if name not in self.taken)

    def of_leaf(self, leaf):
        return self.free(leaf.name)

    def of_step(self, step):
        """The last part of the path of the weights in a sum; else of the scope and of what is computed."""
        for span in step.spans:
            for factor in span.factors:
                leaf = getattr(getattr(factor, "array", None), "leaf", None)
                if span.summed and leaf is not None and not factor.array.varying and leaf.name.endswith(".weight"):
                    return leaf.name.split(".")[-2]
        kind = getattr(step.kind, "name", step.kind)
        if step.items is not None:
            leaf = getattr(step.items.array, "leaf", None) if hasattr(step.items, "array") else None
            return leaf.name.split(".")[0] if leaf is not None else "chosen"
        products = any(span.summed and len(span.factors) == 2 for span in step.spans)
        if kind == SUM and products:
            kind = "scores" if step.scores else "mixed"
        kind = "slope" if hasattr(step.kind, "of") else kind
        what = CALLED.get(kind, re.sub(r"\W+", "_", kind).strip("_"))
        scope = step.scope.split(".")[-1]
        return f"{scope}_{what}" if 0 < len(scope) <= LONGEST else what

    def free(self, name):
        """A name like this one that is not taken."""
        name = re.sub(r"\W+", "_", name).strip("_") or "array"
        name = f"_{name}" if name[0].isdigit() else name
        found, number = name, 0
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found
