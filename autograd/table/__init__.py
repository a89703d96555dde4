"""The table of rules, and the language of its formulas. To import anything from here completes the table."""

from autograd.table import elementary, special  # noqa: F401  in this order, which gives the rules their indices
from autograd.table.registry import BUILT_IN, TABLE

BUILT_IN.extend(TABLE)
