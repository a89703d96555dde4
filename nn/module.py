"""`Module`, the base class of all networks, and how its parameters are found and named.

A Module's parameters are the leaf Values, frozen or not, in its attributes and in its modules, including those in lists
and dicts; attributes whose names begin with an underscore are left out. Each parameter is labelled with its path, such
as `layer0.neuron2.w1`: an item of a list has the name of the list, without the plural s, and its index.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from autograd import Constant, Value, apply_update, scope, scopes_wanted, watch
from autograd.errors import ArgumentError, NoSuchAttributeError, NumberTypeError
from autograd.names import closest, raise_unknown
from nn.elsewhere import OF_MODULE, OF_MODULES

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
M = TypeVar("M", bound="Module")


class _WithForward(Protocol[P, R_co]):
    """For type checkers: calling a module takes and returns what its own `forward` does."""

    def forward(self, *inputs: P.args, **options: P.kwargs) -> R_co: ...


class _CompleteThenLabel(type):
    """Labels the parameters of a module after its __init__, when all lists are filled."""

    def __call__(cls, *args, **kwargs):
        try:
            module = super().__call__(*args, **kwargs)
        except TypeError:
            raise_unknown(cls.__name__, cls.__init__, (cls, *args), kwargs, OF_MODULE)
            raise
        label_parameters(module)
        return module


class Module(metaclass=_CompleteThenLabel):
    """The base class of networks: something with parameters that can be called.

    Define `forward`, and assign parameters (Values) and other modules to attributes, alone or in lists:

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.height = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.height
    >>> line = Line()
    >>> line(3.0)
    Value(7.0, grad=0)
    >>> line.state_dict()
    {'slope': 2.0, 'height': 1.0}
    """

    training = True
    _path = ""
    forward: Callable[..., Any]

    def __call__(self: _WithForward[P, R_co], *inputs: P.args, **options: P.kwargs) -> R_co:
        if not scopes_wanted():
            return self.forward(*inputs, **options)
        watch(self)  # a compiled function notices when a parameter is replaced
        with _ScopeOf(self):  # type: ignore[arg-type]  # here self is what has a forward
            return self.forward(*inputs, **options)

    def example_input(self) -> Any:
        """A made-up input of the right shape, for drawings without data: that of the first module inside that has one.

        None if there is none. A class of your own may define it.

        >>> from nn import MLP
        >>> MLP(3, [4, 1]).example_input()
        [1.0, -0.5, 1.0]
        """
        examples = (part.example_input() for _, part in self.children())
        return next((example for example in examples if example is not None), None)

    def parameters(self) -> list[Value]:
        """Every parameter once, in the order in which the attributes were set.

        >>> from nn import MLP
        >>> len(MLP(2, [16, 16, 1]).parameters())
        337
        """
        found: dict[Value, None] = {}
        _collect(self, found, set())
        return list(found)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(path, parameter) for every parameter once.

        >>> from nn import MLP
        >>> [name for name, parameter in MLP(2, [1]).named_parameters()]
        ['layer0.neuron0.w0', 'layer0.neuron0.w1', 'layer0.neuron0.b']

        Raises ArgumentError if two would have the same name, such as an attribute w0 and an item of a list w.
        """
        named: dict[str, Value] = {}
        seen = set()
        for name, part in _walk(self):
            if isinstance(part, Value) and part not in seen:
                if name in named:
                    kind = type(self).__name__
                    raise ArgumentError(f'{kind}: two parameters are called "{name}". Rename an attribute.')
                named[name] = part
                seen.add(part)
        return iter(named.items())

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """(path, module) for this module, whose path is empty, and once for every module inside."""
        found: dict[int, tuple[str, Module]] = {}
        _name_modules(self, "", "", found)
        return iter(found.values())

    def modules(self) -> Iterator["Module"]:
        """This module and every module inside."""
        found: dict[int, Module] = {}
        _collect_modules(self, found)
        return iter(found.values())

    def named_tensors(self) -> Iterator[tuple[str, tuple[int, ...], list[Value]]]:
        """(name, shape, parameters row by row): the parameters grouped into tensors and named as in PyTorch.

        >>> from nn import MLP
        >>> [(name, shape) for name, shape, _ in MLP(2, [16, 1]).named_tensors()]
        [('0.weight', (16, 2)), ('0.bias', (16,)), ('2.weight', (1, 16)), ('2.bias', (1,))]
        """
        for name, content in vars(self).items():
            if name[0] != "_":
                yield from tensors_in(name, content)

    def children(self) -> Iterator[tuple[str, "Module"]]:
        """(name, module) for the modules directly inside."""
        return ((name, part) for name, part in _parts(self) if isinstance(part, Module))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        apply_update("zero", self.parameters(), {})

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Freeze every parameter (False), or unfreeze it (True). Returns the module.

        Frozen parameters get no gradient, optimisers skip them, and a recorded function does no work for their
        derivatives. They remain parameters: `parameters()`, `state_dict()` and files of weights have them as before.
        Files of weights do not say what is frozen; copies, pickles and checkpoints of `fit` do.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 1])
        >>> body = model.layers[0].requires_grad_(False)
        >>> sum(p.requires_grad for p in model.parameters()), len(model.parameters())
        (4, 13)
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switch this module and those inside to training mode, in which Dropout is active. Returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Switch training mode off. Returns the module."""
        return self.train(False)

    def state_dict(self) -> dict[str, float]:
        """The numbers of all parameters, by path."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set the parameters to the numbers of `state`, one for each path.

        >>> from nn import MLP
        >>> a, b = MLP(2, [3, 1]), MLP(2, [3, 1])
        >>> b.load_state_dict(a.state_dict())
        >>> a([1.0, 2.0]).data == b([1.0, 2.0]).data
        True

        Raises ArgumentError for a missing or unknown path, and the errors of Value for anything but a number; then no
        parameter has changed.
        """
        own = dict(self.named_parameters())
        kind = type(self).__name__
        if not isinstance(state, Mapping):
            raise NumberTypeError(
                f"load_state_dict: expected a dict of numbers by path, got {type(state).__name__} {state!r:.60}. "
                "To read a file write nn.load(path)."
            )
        for name in own:
            if name not in state:
                raise ArgumentError(
                    f'load_state_dict: "{name}" of this {kind} is missing from the state.'
                    f"{closest(name, set(state) - set(own))}"
                )
        for name in state:
            if name not in own:
                raise ArgumentError(
                    f'load_state_dict: the state has "{name}", but this {kind} does not. '
                    "Make the model with the sizes that the state was saved from."
                )
        numbers = {name: _number(name, state[name]) for name in own}
        for name, parameter in own.items():
            parameter.data = numbers[name]

    def extra_repr(self) -> str:
        """What the repr shows between the parentheses, such as sizes; nothing by default."""
        return ""

    def __repr__(self):
        inside = [f"  ({name}): {part!r}".replace("\n", "\n  ") for name, part in self.children()]
        own = [name for name, part in _parts(self) if isinstance(part, Value)]
        facts = self.extra_repr() or ("" if inside else _shortened(own))
        if not inside:
            return f"{type(self).__name__}({facts})"
        return "\n".join([f"{type(self).__name__}({facts}", *inside, ")"])

    def __setattr__(self, name, content):
        if name == "requires_grad":
            raise NoSuchAttributeError(
                f'{type(self).__name__} has no attribute "requires_grad". To freeze or unfreeze its parameters write '
                f"m.requires_grad_({content!r:.60}), with an underscore at the end."
            )
        object.__setattr__(self, name, content)
        if "_path" in self.__dict__ and isinstance(content, (Value, Module, list, tuple, dict)) and name[0] != "_":
            label_parameters(self)

    if not TYPE_CHECKING:  # a type checker that sees it accepts every name

        def __getattr__(self, name):
            kind = type(self).__name__
            if name == "forward":
                raise NoSuchAttributeError(
                    f"{kind} has no forward. Define forward(self, x), which returns what the {kind} computes."
                )
            remedy = f" {OF_MODULES[name]}" if name in OF_MODULES else closest(name, dir(self))
            raise NoSuchAttributeError(f'{kind} has no attribute "{name}".{remedy}')


class _Calls(threading.local):
    """The modules whose calls are being recorded in this thread.

    open   their paths within the outermost one, this one's first
    paths  by id the path of every module within the outermost one
    """

    def __init__(self) -> None:
        self.open: list[str] = []
        self.paths: dict[int, str] = {}


_calls = _Calls()


class _ScopeOf:
    """For `with`: the scope of a module's operations, called by its path within the outermost module."""

    def __init__(self, module: Module):
        if not _calls.open:
            _calls.paths = {id(part): path for path, part in module.named_modules()}
        self.path = _calls.paths.get(id(module), type(module).__name__)
        around = _calls.open[-1] if _calls.open else ""
        name = self.path[len(around) + 1 :] if around and self.path.startswith(f"{around}.") else self.path
        self.scope = scope(name) if name else contextlib.nullcontext()

    def __enter__(self) -> None:
        self.scope.__enter__()
        _calls.open.append(self.path)

    def __exit__(self, *error: object) -> None:
        _calls.open.pop()
        self.scope.__exit__(*error)


def _is_parameter(content) -> bool:
    return content.rule is None if type(content) is Value else type(content) is Constant and content.frozen


def _collect(content, found: dict, seen: set) -> None:
    """Put the parameters in `content` into `found`: what `_walk` finds, without the names, for speed."""
    if type(content) is Value:
        if content.rule is None:
            found[content] = None
    elif type(content) is Constant:
        if content.frozen:
            found[content] = None
    elif isinstance(content, (list, tuple)):
        for item in content:
            if type(item) is Value:
                if item.rule is None:
                    found[item] = None
            else:
                _collect(item, found, seen)
    elif isinstance(content, Module):
        if id(content) not in seen:
            seen.add(id(content))
            watch(content)
            for name, item in list(vars(content).items()):  # another thread may label it
                if name[0] != "_":
                    _collect(item, found, seen)
    elif isinstance(content, dict):
        for item in content.values():
            _collect(item, found, seen)


def _collect_modules(content, found: "dict[int, Module]") -> None:
    """Put the modules in `content` into `found`."""
    if isinstance(content, Module):
        if id(content) not in found:
            found[id(content)] = content
            for name, item in list(vars(content).items()):  # another thread may label it
                if name[0] != "_":
                    _collect_modules(item, found)
    elif isinstance(content, (list, tuple, dict)):
        for item in content.values() if isinstance(content, dict) else content:
            if type(item) is not Value:
                _collect_modules(item, found)


def tensors_in(name: str, content) -> Iterator[tuple[str, tuple[int, ...], list[Value]]]:
    """The tensors in an attribute: an array of parameters, a module's tensors, or those in a list or dict."""
    if isinstance(content, Module):
        yield from ((f"{name}.{inner}", shape, parameters) for inner, shape, parameters in content.named_tensors())
        return
    own = _shape(content)
    if own is not None:
        yield name, own, _flattened(content)
    elif isinstance(content, (list, tuple, dict)):
        for key, item in content.items() if isinstance(content, dict) else enumerate(content):
            yield from tensors_in(f"{name}.{key}", item)


def _shape(content) -> "tuple[int, ...] | None":
    """The shape of an array of parameters in nested lists; None if `content` is not one."""
    if _is_parameter(content):
        return ()
    if not isinstance(content, (list, tuple)) or not content:
        return None
    shapes = {_shape(item) for item in content}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(content), *inner)


def _flattened(content) -> list[Value]:
    return [content] if isinstance(content, Value) else [p for item in content for p in _flattened(item)]


def _parts(module: Module) -> Iterator[tuple[str, "Value | Module"]]:
    """(name, part) for the parameters and modules in the attributes of `module`, and in lists and dicts there."""
    for name, content in list(vars(module).items()):  # another thread may label it
        if name[0] != "_":
            yield from _within(name, content)


def _within(name: str, content) -> Iterator[tuple[str, "Value | Module"]]:
    if isinstance(content, Module) or _is_parameter(content):
        yield name, content
    elif isinstance(content, (list, tuple)):
        for i, item in enumerate(content):
            yield from _within(item_name(name, i), item)
    elif isinstance(content, dict):
        for key, item in content.items():
            yield from _within(f"{name}.{key}", item)


def item_name(name: str, index: int) -> str:
    """The name of item `index` of the list `name`.

    >>> item_name("layers", 2), item_name("w", 1), item_name("bias", 0), item_name("w1", 3)
    ('layer2', 'w1', 'bias0', 'w1_3')
    """
    if name.endswith("s") and not name.endswith(("ss", "as", "is", "us")):
        name = name[:-1]
    return f"{name}_{index}" if name[-1].isdigit() else f"{name}{index}"


def _walk(module: Module, prefix: str = "", seen: "set[int] | None" = None) -> Iterator[tuple[str, "Value | Module"]]:
    """(path, part) for every parameter and module inside; a module that occurs twice is entered once."""
    seen = {id(module)} if seen is None else seen
    for name, part in _parts(module):
        yield prefix + name, part
        if isinstance(part, Module) and id(part) not in seen:
            seen.add(id(part))
            yield from _walk(part, f"{prefix}{name}.", seen)


def _name_modules(content, prefix: str, name: str, found: "dict[int, tuple[str, Module]]") -> None:
    """Put the modules in `content`, with the paths that `_walk` gives them, into `found`, but no parameters."""
    if isinstance(content, Module):
        if id(content) not in found:
            found[id(content)] = prefix + name, content
            prefix = f"{prefix}{name}." if name else ""
            for inner, item in list(vars(content).items()):
                if inner[0] != "_":
                    _name_modules(item, prefix, inner, found)
    elif isinstance(content, (list, tuple)):
        for i, item in enumerate(content):
            if type(item) is not Value:
                _name_modules(item, prefix, item_name(name, i), found)
    elif isinstance(content, dict):
        for key, item in content.items():
            _name_modules(item, prefix, f"{name}.{key}", found)


def label_parameters(module: Module) -> None:
    """Label the parameters of `module` with their paths, and tell the modules inside their own paths.

    A label set elsewhere stays; one from before a module became part of another gets the longer path.
    """
    vars(module).setdefault("_path", "")
    for path, part in _walk(module, module._path and f"{module._path}."):
        if isinstance(part, Module):
            vars(part)["_path"] = path
        elif part.label is None or path.endswith(f".{part.label}"):
            part.label = path


def _number(name: str, number) -> float:
    try:
        return Value(number).data
    except (TypeError, ValueError) as error:
        raise type(error)(f'load_state_dict: "{name}": {error}') from None


def _shortened(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 4 else [*names[:2], "…", names[-1]])


def made_up(count: int) -> list[float]:
    """So many numbers, of both signs, for an example of an input.

    >>> made_up(3)
    [1.0, -0.5, 1.0]
    """
    return [(1.0, -0.5)[i % 2] for i in range(count)]


def check_size(module: Module, expected: int, got: int) -> None:
    """Raise ArgumentError unless the module got as many inputs as it expects."""
    if got != expected:
        where = f" at {module._path}" if module._path else ""
        raise ArgumentError(
            f"{type(module).__name__} expects {expected} input{'' if expected == 1 else 's'}, got {got}{where}. "
            f"{one_example(expected)}."
        )


def one_example(size: int) -> str:
    """What to pass to a module, in words.

    >>> one_example(1)
    'Pass one example, a list of 1 number; for several write [model(x) for x in many]'
    """
    plural = "" if size == 1 else "s"
    return f"Pass one example, a list of {size} number{plural}; for several write [model(x) for x in many]"
