"""Parameter groups: parts of the parameters, which an optimiser moves with settings of their own.

An optimiser with several groups consists of one optimiser of its own kind for each.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from autograd import Value, read_data, write_data
from autograd.errors import ArgumentError
from nn.errors import closest

if TYPE_CHECKING:
    from nn.optimizer import Optimizer


class ParamGroup(MutableMapping):
    """One of `optimizer.param_groups`: its parameters under "params", and its settings, which can be changed.

    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=0.5)
    >>> optimizer.param_groups[0]["lr"] = 0.25
    >>> optimizer.lr
    0.25

    Raises ArgumentError for unknown settings, and for what the optimiser would not take.
    """

    def __init__(self, optimizer: "Optimizer"):
        self._optimizer = optimizer

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return list(self._optimizer.params) if name == "params" else getattr(self._optimizer, name)

    def __setitem__(self, name: str, content: Any) -> None:
        if name not in self._optimizer.settings:
            names = ", ".join(self._optimizer.settings)
            raise ArgumentError(f'param_groups: "{name}" cannot be set. The settings are {names}.')
        self._optimizer.check_setting(name, content)
        setattr(self._optimizer, name, content)

    def __delitem__(self, name: str) -> None:
        raise ArgumentError("param_groups: a setting cannot be deleted. Set it to its default.")

    def __contains__(self, name: object) -> bool:
        return name in ("params", *self._optimizer.settings)

    def __iter__(self) -> Iterator[str]:
        return iter(("params", *self._optimizer.settings))

    def __len__(self) -> int:
        return 1 + len(self._optimizer.settings)

    def __repr__(self) -> str:
        return f"<group of {self._optimizer!r}>"


class Groups:
    """The optimisers of several groups, as one: they all take a step, or none does.

    kind      the class of the optimiser
    given     a dict for each group: "params", and the settings that differ
    settings  those of the groups that do not have their own
    """

    def __init__(self, kind: "type[Optimizer]", given: list, settings: Mapping[str, Any]):
        self.optimizers = [_made(kind, i, group, settings) for i, group in enumerate(given)]
        self.params: tuple[Value, ...] = tuple([p for one in self.optimizers for p in one.params])
        if len(set(self.params)) < len(self.params):
            raise ArgumentError(f"{kind.__name__}: a parameter occurs in two groups, and would move twice.")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for one in self.optimizers:
            one.zero_grad()

    def step(self) -> None:
        """A step of each."""
        with self._all_or_none():
            for one in self.optimizers:
                one.step()

    @property
    def skipped(self) -> list[int]:
        """For each parameter how many steps it was frozen for; empty while there are none."""
        parts = [one.skipped for one in self.optimizers]
        return [n for one, part in zip(self.optimizers, parts) for n in part or [0] * len(one.params)] * any(parts)

    def state_dict(self) -> dict[str, Any]:
        """What Optimizer.state_dict returns, but for each setting a list with that of each group, and their sizes."""
        parts = [one.state_dict() for one in self.optimizers]
        first = self.optimizers[0]
        return {
            "steps": first.steps,
            "group_sizes": [len(one.params) for one in self.optimizers],
            **{name: [part[name] for part in parts] for name in first.settings},
            **({"skipped": skipped} if (skipped := self.skipped) else {}),
            **{name: [number for part in parts for number in part[name]] for name in first.remembered},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned, or raise ArgumentError and change nothing."""
        first, sizes = self.optimizers[0], [len(one.params) for one in self.optimizers]
        kind = type(first).__name__
        if list(state.get("group_sizes", [])) != sizes:
            raise ArgumentError(
                f"{kind}: the state has {_in_words(state.get('group_sizes'))}, and this one has {_in_words(sizes)}. "
                f" Make the optimiser with the groups that the state was saved from."
            )
        for name in first.settings:
            if not isinstance(state.get(name), (list, tuple)) or len(state[name]) != len(sizes):
                raise ArgumentError(f'{kind}: "{name}" in the state has no setting for each of {len(sizes)} groups.')
        own = dict(state)
        steps = {"steps": own.pop("steps")} if "steps" in own else {}
        del own["group_sizes"]
        settings = {name: own.pop(name) for name in first.settings}
        columns = {name: list(column) for name, column in own.items()}
        with self._all_or_none():
            for k, (one, end) in enumerate(zip(self.optimizers, accumulate(sizes))):
                parts = {name: column[end - len(one.params) : end] for name, column in columns.items()}
                one.load_state_dict(steps | {name: each[k] for name, each in settings.items()} | parts)

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        """If one raises an error, the others are set back."""
        before = [(vars(one).copy(), read_data(one.params)) for one in self.optimizers]
        try:
            yield
        except BaseException:
            for one, (attributes, numbers) in zip(self.optimizers, before):
                vars(one).update(attributes)
                write_data(one.params, numbers)
            raise

    def __repr__(self) -> str:
        return f"{type(self.optimizers[0]).__name__}([{', '.join(map(repr, self.optimizers))}])"


def _in_words(sizes: "list[int] | None") -> str:
    return "one group" if sizes is None else f"groups of {', '.join(map(str, sizes))} parameters"


def _made(kind: "type[Optimizer]", place: int, group: Any, settings: Mapping[str, Any]) -> "Optimizer":
    """The optimiser of one group."""
    name = kind.__name__
    if not isinstance(group, Mapping) or "params" not in group:
        raise ArgumentError(
            f'{name}: group {place} must be a dict with the list "params" and the settings that differ, such as '
            f'{{"params": model.layers[0].parameters(), "lr": 0.001}}, got {group!r:.60}.'
        )
    for key in group:
        if key not in ("params", *settings):
            raise ArgumentError(
                f'{name}: group {place} has a setting "{key}"; the settings are {", ".join(settings)}.'
                f"{closest(str(key), settings)}"
            )
    return kind(**{**settings, **group})
