"""The identity of a training run: a description that tells whether a checkpoint belongs to a run.

Descriptions fit into JSON. A function is described by its name and, unless it is one of this project's, by a checksum
of its code and of the numbers and strings that it reads from outside.
"""

import json
import sys
import zlib
from collections.abc import Mapping
from functools import partial
from types import CodeType
from typing import Any

from autograd import Value, find_frozen
from nn.module import Module

PLAIN = (bool, int, float, str, type(None))
OWN = ("autograd", "nn")  # a new release may change the code of a loss without changing what it computes
ABSENT = "absent"
MAX_LISTED = 20  # different values of one setting that are listed


def identity(run) -> dict[str, Any]:
    """What must be the same for a run to resume from a checkpoint, under names that the user knows."""
    optimizer, schedule = run.optimizer, run.schedule
    settings = {
        name: setting
        for name, setting in optimizer.state_dict().items()
        if name not in ("steps", "skipped", *optimizer.remembered)
    }
    parameters = run.model.parameters()
    frozen = find_frozen(parameters)
    if schedule:
        settings["lr"] = schedule.state_dict()["base_lr"]  # the current one changes
    found = {
        "parameters": len(optimizer.params),
        **({"frozen": _described_places(frozen, len(parameters))} if frozen else {}),
        "optimizer": type(optimizer).__name__,
        **{f"optimizer.{name}": setting for name, setting in settings.items()},
        "schedule": type(schedule).__name__ if schedule else None,
        **(
            {
                f"schedule.{name}": setting
                for name, setting in vars(schedule).items()
                if isinstance(setting, PLAIN) and name != "steps"
            }
            if schedule
            else {}
        ),
        "schedule_every": run.schedule_every if schedule else None,
        "loss": described(run.loss),
        "penalty": described(run.penalty),
        "clip_norm": run.clip_norm,
        "clip_value": run.clip_value,
        "examples": len(run.data),
        "data": run.fingerprint,
        "batch_size": run.batch_size,
        **({"accumulate_grad_batches": accumulated} if (accumulated := run.accumulate_grad_batches) > 1 else {}),
        "seed": run.seed,
    }
    return json.loads(json.dumps(found | module_settings(run.model)))


def _described_places(places: list[int], count: int) -> dict[str, Any]:
    """The description of some of the parameters."""
    return {"name": f"{len(places)} of {count} parameters", "python": "", "code": zlib.crc32(repr(places).encode())}


def module_settings(model: Module) -> dict[str, Any]:
    """The classes of the modules in a model, and for each setting, such as "Layer.activation", its different values."""
    found: dict[str, list] = {}
    classes, sequence = [], []
    for module in model.modules():
        kind = type(module).__name__
        classes.append(kind)
        for name, setting in vars(module).items():
            if name[0] == "_" or name == "training" or not (isinstance(setting, PLAIN) or _is_function(setting)):
                continue
            values = found.setdefault(f"{kind}.{name}", [])
            setting = described(setting) if callable(setting) else setting
            sequence.append((kind, name, setting if isinstance(setting, PLAIN) else setting["name"]))
            if not any(_same(setting, value) for value in values) and len(values) < MAX_LISTED:
                values.append(setting)
    model_is = {"name": " ".join(dict.fromkeys(classes)), "python": "", "code": zlib.crc32(repr(sequence).encode())}
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()} | {"model": model_is}


def differences(theirs: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
    """The differences between two identities, in words, by name; for another optimiser, its settings are left out."""
    found: dict[str, str] = {}
    for name in {**own, **theirs}:
        before, now = theirs.get(name, ABSENT), own.get(name, ABSENT)
        implied = any(name.startswith((f"{other}.", f"{other}_")) for other in found)
        if not _same(before, now) and not implied:
            found[name] = _in_words(name, _shown(before), _shown(now))
    return found


def _same(a, b) -> bool:
    """Whether two descriptions are equal. Checksums of code can be compared only within one version of Python."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a["name"] == b["name"] and (a["python"] != b["python"] or a["code"] == b["code"])
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b


def _in_words(name: str, before: str, now: str) -> str:
    if name == "data":
        return "data (other examples)"
    if name == "frozen" and before == now:
        return f"frozen = {before} (now others)"
    return f"{name} = {before} (now {now})" if before != now else f"{name} = {before} (now with other code or numbers)"


def _shown(description) -> str:
    if isinstance(description, dict):
        return str(description.get("name"))[:60]
    if isinstance(description, list):
        return f"[{', '.join(map(_shown, description))}]"
    return description if description is ABSENT else f"{description!r:.60}"


def described(function) -> Any:
    """The description of a function or of any callable; None for None."""
    if function is None:
        return None
    own = str(getattr(function, "__module__", "")).split(".")[0] in OWN and "<locals>" not in _name(function)
    return {
        "name": _name(function),
        "python": ".".join(map(str, sys.version_info[:2])),
        "code": 0 if own else zlib.crc32(repr(_parts(function, 5)).encode()),
    }


def _name(function) -> str:
    if isinstance(function, partial):
        return f"partial({_name(function.func)})"
    return str(getattr(function, "__qualname__", type(function).__qualname__)).split(".<locals>.")[-1]


def _parts(thing, depth: int) -> Any:
    """What determines what a function computes, as far as can be seen: its code, and the plain values that it reads."""
    if isinstance(thing, PLAIN):
        return thing
    if depth == 0:
        return type(thing).__qualname__
    if isinstance(thing, (list, tuple)):
        return [_parts(part, depth - 1) for part in thing]
    if isinstance(thing, dict):
        return [(str(key), _parts(part, depth - 1)) for key, part in thing.items()]
    if isinstance(thing, partial):
        return _parts((thing.func, thing.args, thing.keywords), depth)
    thing = getattr(thing, "__func__", thing)  # of a bound method
    code = getattr(thing, "__code__", None)
    if isinstance(code, CodeType):
        cells = [cell.cell_contents for cell in thing.__closure__ or () if _is_full(cell)]
        outside = [
            thing.__globals__[name]
            for name in _names(code)
            if name in thing.__globals__ and isinstance(thing.__globals__[name], PLAIN)
        ]
        return [_code(code), _parts((thing.__defaults__, thing.__kwdefaults__, cells, outside), depth - 1)]
    if not callable(thing) or isinstance(thing, (type, Module)) or not hasattr(thing, "__dict__"):
        return getattr(thing, "__qualname__", type(thing).__qualname__)
    plain = {name: part for name, part in vars(thing).items() if isinstance(part, PLAIN)}
    return [_name(thing), _parts(vars(type(thing)).get("__call__"), depth - 1), plain]


def _is_function(thing) -> bool:
    return callable(thing) and not isinstance(thing, (Module, Value))


def _is_full(cell) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _names(code: CodeType) -> list[str]:
    """The names that code looks up, including those in functions inside it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [*code.co_names, *(name for function in inner for name in _names(function))]


def _code(code: CodeType) -> Any:
    return (
        code.co_code,
        code.co_names,
        code.co_varnames,
        [
            _code(constant)
            if isinstance(constant, CodeType)
            else sorted(map(repr, constant))
            if isinstance(constant, frozenset)
            else constant
            for constant in code.co_consts
        ],
    )
