"""`Optimizer`, the base class of optimisers. Those of `torch.optim` are in optim.py."""

import math
from abc import ABCMeta, abstractmethod
from array import array
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd import UPDATES, Flat, Value, apply_update, backend, find_frozen, read_data, read_grad, write_data
from autograd.arguments import expect_integer, expect_list
from autograd.errors import ArgumentError, NoSuchAttributeError, NotFiniteError
from autograd.names import closest, raise_unknown
from nn.elsewhere import OF_OPTIMIZER, OF_OPTIMIZERS
from nn.errors import DivergedError
from nn.groups import Groups, ParamGroup

Parameters: TypeAlias = Iterable[Value | dict[str, Any]]  # a group is a dict
LARGE = 200  # from this many parameters on, NumPy is faster


class _Explains(ABCMeta):
    """Says what to write in place of an argument that an optimiser does not have."""

    def __call__(cls, *args, **kwargs):
        try:
            return super().__call__(*args, **kwargs)
        except TypeError:
            raise_unknown(cls.__name__, cls.__init__, (cls, *args), kwargs, OF_OPTIMIZER)
            raise


class _Elsewhere:
    """An attribute that optimisers of other libraries have: setting it, too, raises what `__getattr__` raises."""

    def __init__(self, name):
        self.name = name

    def __get__(self, instance, owner=None):
        raise AttributeError(self.name)

    def __set__(self, instance, content):
        getattr(instance, self.name)


class Optimizer(metaclass=_Explains):
    """The base class of optimisers: the parameters they move, the learning rate `lr`, and `step()`.

    params  a list of parameters; or, for settings that differ between parts of them, a list of dicts, the groups: each
            has its own "params", and those of the settings that are not to be the ones of the whole

    The groups are in `param_groups`, as in PyTorch, where their settings can be read and changed:

    >>> from nn import SGD, MLP
    >>> model = MLP(2, [3, 1])
    >>> body, head = (layer.parameters() for layer in model.layers)
    >>> optimizer = SGD([{"params": body, "lr": 0.01}, {"params": head}], lr=0.1)
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.01, 0.1]

    A parameter that is frozen when `step()` is called is skipped: neither it nor its state changes. Once unfrozen it
    goes on where it was; what depends on the number of steps, such as Adam's correction, counts its own.

    A subclass defines `update`, how one parameter moves, and lists in `remembered` what it keeps for each parameter.
    """

    remembered: tuple[str, ...] = ()

    def __init__(self, params: Parameters, lr: float, **settings: Any):
        self._settings, self.steps = tuple(settings), 0
        self._parts: Groups | None = None  # those of several groups
        given = expect_list(type(self).__name__, params)
        if any(isinstance(group, Mapping) for group in given):
            self._parts = Groups(type(self), given, {"lr": lr, **settings})
            if len(self.groups) == 1:
                vars(self).update(vars(self.groups[0]))  # the only group is the whole
            return
        self.lr = lr
        vars(self).update(settings)
        self._skipped: list[int] = []  # for each parameter the steps that it was frozen for, up to the last change
        self._frozen: list[int] = []  # the places of those that have been frozen since
        self._run = 0  # the steps since
        self._groups: list[tuple[int, array[int]]] | None = None  # the places of the others, by steps skipped
        self._check_parameters(given)
        self.flat = Flat(given)
        self._check_settings()
        self.state: list[Any] = [[self.first(name)] * len(given) for name in self.remembered]

    def _check_parameters(self, params: list[Any]) -> None:
        kind = type(self).__name__
        if not params:
            raise ArgumentError(f"{kind}: there are no parameters. Pass model.parameters().")
        for p in params:
            if type(p) is not Value and not (isinstance(p, Value) and p.frozen):
                raise ArgumentError(f"{kind}: every parameter must be a Value, got {p!r:.60}.")
            if p.rule is not None:
                raise ArgumentError(
                    f"{kind}: every parameter must be a leaf, but {p!r:.60} was computed. Pass model.parameters(), or "
                    "the Values that it was computed from."
                )
        if len(set(params)) < len(params):
            raise ArgumentError(f"{kind}: a parameter occurs twice, and would move twice.")

    def _check_settings(self) -> None:
        for name in self.settings:
            self.check_setting(name, getattr(self, name))

    def check_setting(self, name: str, numbers: Any) -> None:
        """Raise ArgumentError unless `numbers` is a non-negative number or a tuple of non-negative numbers."""
        for number in numbers if isinstance(numbers, tuple) else (numbers,):
            if not isinstance(number, (int, float)) or not 0 <= number < math.inf:
                raise ArgumentError(f"{type(self).__name__}: {name} must be 0 or more, got {numbers!r}.")

    @property
    def params(self) -> tuple[Value, ...]:
        """The parameters of all groups."""
        return self.flat.values if self._parts is None else self._parts.params

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of what can be set: the learning rate, and what else the optimiser has."""
        return ("lr", *self._settings)

    @property
    def groups(self) -> "list[Optimizer]":
        """An optimiser of the same kind for each group of parameters: this one itself if there is one group."""
        return [self] if self._parts is None else self._parts.optimizers

    @property
    def param_groups(self) -> list[ParamGroup]:
        """The groups of parameters with their settings, under PyTorch's name."""
        return list(map(ParamGroup, self.groups))

    if not TYPE_CHECKING:  # a type checker that sees it accepts every name

        def __getattr__(self, name):
            """With several groups, the settings are read from the first."""
            if name in ("lr", *vars(self).get("_settings", ())) and vars(self).get("_parts") is not None:
                return getattr(self._parts.optimizers[0], name)
            remedy = f" {OF_OPTIMIZERS[name]}" if name in OF_OPTIMIZERS else closest(name, dir(self))
            raise NoSuchAttributeError(f'{type(self).__name__} has no attribute "{name}".{remedy}')

    def first(self, name: str) -> float:
        """The value of `name`, one of `remembered`, before the first step."""
        return 0.0

    @abstractmethod
    def update(self, sqrt, p, g, *state) -> tuple:
        """The new value of a parameter p with gradient g, and its new `state`, a number for each of `remembered`.

        It must use only arithmetic and `sqrt`, so that it works on floats and, for all parameters at once, on arrays.
        """

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        own = self.__dict__  # reading attributes takes three times as long in a class that has `__getattr__`
        if (parts := own["_parts"]) is not None:
            parts.zero_grad()
            return
        own["flat"].zero_grad()

    def step(self) -> None:
        """Move every parameter that is not frozen once, by its gradient.

        Raises DivergedError, a kind of OverflowError, if a parameter would not be finite; nothing has changed then.
        """
        own = self.__dict__
        if (parts := own["_parts"]) is not None:
            self._check_nothing_set_for_all()
            parts.step()
            self.steps += 1
            return
        own["flat"].gather()
        self.regroup()
        self.state = self._move()
        self.count_step()

    def regroup(self) -> list[int]:
        """Notice which parameters are frozen now; returns their places."""
        own = self.__dict__
        frozen = find_frozen(own["flat"].values)
        if frozen != own["_frozen"]:
            self._group(self.skipped, frozen)
        return frozen

    def count_step(self) -> None:
        """A step has been made."""
        self.steps += 1
        self._run += 1

    def _check_nothing_set_for_all(self) -> None:
        """Raise ArgumentError if a setting was given to the whole, whose groups have their own."""
        for name in self.settings:
            if name in vars(self):
                raise ArgumentError(
                    f"{type(self).__name__}: {name} was set for the whole, but there are {len(self.groups)} groups. "
                    f'Write optimizer.param_groups[0]["{name}"] = … for each of them.'
                )

    def _move(self) -> list[Any]:
        """Move the parameters; returns the new state."""
        columns = [read_data(self.params), read_grad(self.params), *self.state]
        new, *state = self._moved_in_groups(columns) if self._groups is not None else self._moved(columns)
        try:
            write_data(self.params, new)
        except NotFiniteError:
            i = next(i for i, number in enumerate(new) if not math.isfinite(number))
            raise self._diverged(i, float(new[i])) from None
        return state

    @property
    def skipped(self) -> list[int]:
        """For each parameter how many steps it was frozen for; empty while there are none."""
        if self._parts is not None:
            return self._parts.skipped
        if not self._frozen or not self._run:
            return self._skipped
        skipped = list(self._skipped or [0] * len(self.params))
        for i in self._frozen:
            skipped[i] += self._run
        return skipped

    def _group(self, skipped: list[int], frozen: list[int]) -> None:
        """From here on these parameters are frozen; the others are grouped by how many steps they have skipped."""
        groups: dict[int, array[int]] = {}
        still = set(frozen)
        for i in range(len(self.params)):
            if i not in still:
                groups.setdefault(skipped[i] if skipped else 0, array("q")).append(i)
        self._skipped, self._frozen, self._run = skipped, frozen, 0
        self._groups = list(groups.items()) if frozen or skipped else None

    def _moved_in_groups(self, columns: list[Any]) -> list[Any]:
        """The new numbers and states where some parameters are frozen, or were, and so have made fewer steps."""
        numpy = _numpy() if len(self.params) >= LARGE else None
        columns = list(map(numpy.asarray if numpy else list, columns))
        found, steps = [column.copy() for column in (columns[0], *columns[2:])], self.steps
        try:
            for skipped, places in self._groups or ():
                self.steps = steps - skipped
                if numpy:
                    own = [column[places] for column in columns]
                    own = own if len(places) >= LARGE else [column.tolist() for column in own]
                    for column, numbers in zip(found, self._moved(own)):
                        column[places] = numbers
                else:
                    for column, numbers in zip(found, self._moved([[column[i] for i in places] for column in columns])):
                        for i, number in zip(places, numbers):
                            column[i] = number
        finally:
            self.steps = steps
        return found

    def _moved(self, columns: list[Any]) -> Any:
        """The new numbers and states of parameters, given their numbers, gradients and states."""
        return self._on_arrays(columns) if len(columns[0]) >= LARGE else self._one_by_one(columns)

    def _one_by_one(self, columns: list[Any]) -> Any:
        """The same as lists of floats."""
        moved = []
        for p, g, *state in zip(*columns):
            try:
                moved.append(self.update(math.sqrt, p, g, *state))
            except (ArithmeticError, ValueError):
                moved.append((math.nan, *state))  # step() says which parameter that is
        return map(list, zip(*moved))

    def _on_arrays(self, columns: list[Any]) -> Any:
        """The same, bit for bit, with NumPy if it is installed."""
        numpy = _numpy()
        if numpy is None:
            return self._one_by_one(columns)
        with numpy.errstate(all="ignore"):
            return self.update(numpy.sqrt, *map(numpy.asarray, columns))

    def _diverged(self, i: int, number: float) -> DivergedError:
        p = self.params[i]
        return DivergedError(
            f"step {self.steps + 1} would make the parameter {p.label or f'number {i}':.60} {number}: it is "
            f"{p.data!r}, its gradient {p.grad!r}, the learning rate {self.lr!r}. Lower the learning rate, clip the "
            "gradients, or standardise the inputs."
        )

    def state_dict(self) -> dict[str, Any]:
        """What the next steps depend on besides the parameters: numbers, and a list for each of `remembered`.

        With several groups there are `group_sizes`, and for each setting a list with one for each group.
        """
        if self._parts is not None:
            return self._parts.state_dict()
        settings = {name: getattr(self, name) for name in ("steps", *self.settings)}
        settings |= {"skipped": skipped} if (skipped := self.skipped) else {}
        return settings | {name: list(map(float, column)) for name, column in zip(self.remembered, self.state)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned.

        Raises ArgumentError if it comes from another kind of optimiser, or from one with other parameters.
        """
        if self._parts is not None:
            self._parts.load_state_dict(state)
            self.steps = self._parts.optimizers[0].steps
            return
        kind, own = type(self).__name__, self.state_dict()
        odd_ones = (set(state) ^ set(own)) - {"skipped"}
        if odd_ones:
            odd = min(odd_ones)
            raise ArgumentError(
                f'{kind}: "{odd}" is {"missing in" if odd in own else "unknown to it in"} the state. '
                "Was it saved by another kind of optimiser?"
            )
        for name in (*self.remembered, *(["skipped"] if "skipped" in state else [])):
            if len(state[name]) != len(self.params):
                raise ArgumentError(
                    f'{kind}: "{name}" in the state has {len(state[name])} numbers, but there are '
                    f"{len(self.params)} parameters."
                )
        for name in ("steps", *self.settings):
            if not _alike(state[name], own[name]):
                raise ArgumentError(f'{kind}: "{name}" in the state is {state[name]!r:.60}, and {own[name]!r} here.')
        skipped = [expect_integer(f"{kind}: skipped", count, 0) for count in state.get("skipped", ())]
        self.state = [list(state[name]) for name in self.remembered]
        self._group(skipped, find_frozen(self.params))
        for name in ("steps", *self.settings):
            setattr(self, name, tuple(state[name]) if isinstance(state[name], list) else state[name])

    def __repr__(self):
        if self._parts is not None:
            return repr(self._parts)
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({len(self.params)} parameter{'s' * (len(self.params) != 1)}, {settings})"


for _name in OF_OPTIMIZERS:
    setattr(Optimizer, _name, _Elsewhere(_name))


class TableOptimizer(Optimizer):
    """An optimiser whose update is in the table: `rule` names it, `constants` gives its settings in this step."""

    rule: str

    @abstractmethod
    def constants(self) -> dict[str, float]:
        """The settings of the update rule, which are the same for all parameters."""

    def constants_by_place(self) -> dict[str, Any]:
        """The settings of this step: numbers; or NumPy arrays, if some parameters have been frozen for some steps."""
        if self._groups is None:
            return self.constants()
        import numpy

        found, steps = (
            {name: numpy.full(len(self.params), float(x)) for name, x in self.constants().items()},
            self.steps,
        )
        try:
            for skipped, places in self._groups:
                self.steps = steps - skipped
                for name, number in self.constants().items():
                    found[name][places] = number
        finally:
            self.steps = steps
        return found

    def update(self, sqrt, p, g, *state):
        return UPDATES[self.rule].on_numbers(sqrt, p, g, *state, **self.constants())

    def step(self):
        own = self.__dict__
        if own["_parts"] is None and own["_groups"] is None and type(self).update is TableOptimizer.update:
            state = own["flat"].step(UPDATES[self.rule], self.constants(), own["state"])
            if state is not None:  # the common case
                own["state"] = state
                self.count_step()
                return
        super().step()

    def _move(self) -> list[Any]:
        own = self.__dict__
        with_numpy = backend == "python" and len(self.params) >= LARGE
        if with_numpy or own["_groups"] is not None or type(self).update is not TableOptimizer.update:
            return super()._move()
        try:
            return apply_update(self.rule, self.params, self.constants(), own["state"])
        except ArgumentError:
            self._check_settings()  # names the setting that is not a number
            raise
        except NotFiniteError as error:
            i: Any = error.place
            columns = [read_data(self.params), read_grad(self.params), *self.state]
            new, *_ = self._one_by_one([[column[i]] for column in columns])
            raise self._diverged(i, new[0]) from None


def _numpy() -> Any:
    """NumPy, if it is installed."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _alike(a, b) -> bool:
    """Whether both are numbers, or both are sequences of the same length."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    return isinstance(a, (int, float)) and isinstance(b, (int, float))
