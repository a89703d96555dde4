"""The names in the code of a function."""

from __future__ import annotations

import functools
import types


@functools.lru_cache(maxsize=4096)
def names_in(code) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The globals, the attributes and strings, and the imported modules in code, including that of inner functions."""
    import dis

    own: dict[str, None] = {}
    attributes: dict[str, None] = {}
    modules: dict[str, None] = {}
    kinds = {"LOAD_GLOBAL": own, "LOAD_NAME": own, "IMPORT_NAME": modules}
    for step in dis.get_instructions(code):
        if step.opcode in dis.hasname and not step.opname.startswith(("STORE_", "DELETE_")):
            kinds.get(step.opname, attributes)[step.argval] = None
    waiting = list(code.co_consts)
    while waiting:
        constant = waiting.pop()
        if isinstance(constant, str):
            attributes[constant] = None
        elif isinstance(constant, (tuple, frozenset)):
            waiting += constant
        elif isinstance(constant, types.CodeType):
            for found, more in zip((own, attributes, modules), names_in(constant)):
                found.update(dict.fromkeys(more))
    return tuple(own), tuple(attributes), tuple(modules)
