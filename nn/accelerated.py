"""`JaxRun`: a training run whose steps are taken by JAX, on all devices that it has.

The loss and the penalty are recorded and read as functions of arrays (`to_jax`), which JAX differentiates. Each device
takes a part of the batch; parameters are the same on all. The update rules are those of the table. Parameters and the
state of the optimiser stay on the devices; `settle` brings them back, before anybody looks at them. A step that gives
a number that is not finite is taken by this engine instead, which raises its own error. With `jax.distributed` several
processes run the same code with the same data, and JAX adds up what their devices compute.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from autograd import UPDATES, compile, read_data, write_data, write_grad
from autograd.errors import ArgumentError, RecordingError
from nn.batchloss import RandomStates, generators_of
from nn.data import Dataset
from nn.errors import LostProcessError, need
from nn.evaluation import measured
from nn.optimizer import TableOptimizer
from nn.run import Run


class JaxRun(Run):
    """A Run on JAX's devices."""

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        if len(self.optimizer.groups) > 1:
            raise ArgumentError(
                f'fit: engine="jax" takes an optimizer with one group of parameters, got {len(self.optimizer.groups)}. '
                "Leave the groups out, or train with the native engine."
            )
        self.devices = Devices()
        self.writes = self.devices.jax.process_index() == 0
        self._recorded: dict[Any, Recorded] = {}  # by what is frozen
        self._numbers: Any = None  # the parameters and the optimiser's state on the devices; None: to be read
        self._gradient: Any = None  # that of the last step, on the devices
        self._ahead = False  # whether they are newer than the Values
        self._frozen: tuple[int, ...] = ()

    def begin(self) -> None:
        """Compare what the processes begin with, if there are several."""
        named_below = "seed", "data"
        different = self.devices.different(
            {
                "arguments": {name: thing for name, thing in self.identity.items() if name not in named_below},
                "seed": self.seed,
                "data": self.fingerprint,
                "parameters": read_data(self.optimizer.params),
                "steps taken": (self.epoch, self.position, self.steps),
            }
        )
        if different:
            raise ArgumentError(
                f'fit: engine="jax" runs in {self.devices.jax.process_count()} processes that begin with different '
                f"{', '.join(different)}. Start the same script in each, with seeds for the model and for fit, and "
                "with a checkpoint that all can read."
            )

    def settle(self) -> None:
        if self._ahead:
            parameters, *state = map(self.devices.fetched, self._numbers)
            write_data(self.optimizer.params, parameters)
            self.optimizer.state = state
            write_grad(self.optimizer.params, self.devices.fetched(self._gradient))
        self._numbers, self._ahead = None, False

    def end_epoch(self) -> None:
        self.settle()
        super().end_epoch()

    def step(self, examples: Dataset) -> None:
        with self.devices.together():
            super().step(examples)

    def _quick_step(self, examples: Dataset) -> "list[tuple[int, float, Any]] | None":
        """A step on the devices; None if this engine must take it."""
        states = RandomStates(generators_of(self.model))
        if self._numbers is None:
            self._frozen = tuple(self.optimizer.regroup())
            columns = [read_data(self.optimizer.params), *self.optimizer.state]
            self._numbers = [self.devices.everywhere(column) for column in columns]
        if self._frozen not in self._recorded:
            self._recorded[self._frozen] = Recorded(self, examples)
        finite, loss, outputs, gradient, *numbers = self._recorded[self._frozen].step(self._numbers, examples)
        if not self.devices.fetched(finite):
            self.settle()
            states.restore()
            return None
        if numbers:
            self._numbers, self._gradient, self._ahead = numbers, gradient, True
            self.optimizer.count_step()
        else:  # an optimiser of the user's own
            write_grad(self.optimizer.params, self.devices.fetched(gradient))
            self.optimizer.step()
            self._numbers = None
        measure = None
        if self.metric:
            measure = measured(self.metric, self.devices.per_example(outputs, len(examples)), examples)
        return [(len(examples), float(self.devices.fetched(loss)), measure)]


class Recorded:
    """How a step is computed, for a choice of frozen parameters."""

    def __init__(self, run: JaxRun, examples: Dataset):
        self.run = run
        self.loss = _recording(run.batch.example, [column[:1] for column in _columns(examples)], run.model)
        self.function, _ = self.loss.to_jax()
        self.places = self._places(self.loss)
        self.penalty: Any = None
        if run.penalty is not None:
            recorded = _recording(lambda: run.penalty(run.model), [], run.model)  # type: ignore[misc]
            self.penalty = recorded.to_jax()[0], self._places(recorded)
        self.is_in_table = isinstance(run.optimizer, TableOptimizer) and (
            type(run.optimizer).update is TableOptimizer.update
        )

    def _places(self, recorded) -> dict[str, Any]:
        """For each array the places of its Values among the parameters of the optimiser, and others among them."""
        numpy = need("numpy", "numpy", 'fit(engine="jax")')
        of = {id(p): i for i, p in enumerate(self.run.optimizer.params)}
        found = {}
        for name, values in recorded.captured().items():
            places = numpy.array([of.get(id(value), -1) for value in values.ravel()], int).reshape(values.shape)
            found[name] = places, values if (places < 0).any() else None
        return found

    def step(self, numbers, examples: Dataset):
        """What `_step` returns for a batch."""
        devices, count = self.run.devices, len(examples)
        columns = [*_columns(examples)]
        draws = self.loss.draws(count)
        columns += [draws] if draws.shape[1] else []
        weights = devices.shared_out(devices.numpy.full(count, 1 / count), filler=0.0)
        batch = [weights, *map(devices.shared_out, columns)]
        settings = self.run.optimizer.constants_by_place() if self.is_in_table else {}  # type: ignore[attr-defined]
        others = {name: _numbers_of(values) for name, (_, values) in self.places.items() if values is not None}
        return self._compiled(numbers, batch, settings, others)

    @cached_property
    def _compiled(self) -> Callable:
        return self.run.devices.jax.jit(self._step, out_shardings=self.run.devices.replicated)

    def _step(self, numbers, batch, settings, others):
        """Whether all is finite, the loss, the outputs, the gradient, and the new parameters and state."""
        jax, run = self.run.devices.jax, self.run
        jnp = jax.numpy
        (parameters, *state), (weights, *columns) = numbers, batch

        def mean(flat):
            found = self.function(_arrays(jnp, flat, self.places, others), *columns)
            losses, outputs = found if run.batch.outputs else (found, None)
            loss = (losses * weights).sum()
            penalty = 0.0
            if self.penalty is not None:
                function, places = self.penalty
                penalty = function(_arrays(jnp, flat, places, others))
            return loss + penalty, (loss, outputs)

        (_, (loss, outputs)), gradient = jax.value_and_grad(mean, has_aux=True)(parameters)
        gradient = self._clipped(jnp, gradient)
        found = [parameters, *state]
        if self.is_in_table:
            update = UPDATES[run.optimizer.rule].on_arrays(jnp)
            found = list(update(parameters, gradient, *state, **settings))
            frozen = jnp.array(run._frozen, int)
            found = [new.at[frozen].set(old[frozen]) for new, old in zip(found, [parameters, *state])]
        finite = jnp.isfinite(loss) & jnp.isfinite(found[0]).all() & jnp.isfinite(gradient).all()
        return (finite, loss, outputs, gradient, *(found if self.is_in_table else ()))

    def _clipped(self, jnp, gradient):
        if self.run.clip_norm is not None:
            factor = self.run.clip_norm / (jnp.sqrt((gradient * gradient).sum()) + 1e-6)
            gradient = jnp.where(factor < 1, gradient * factor, gradient)
        if self.run.clip_value is not None:
            gradient = jnp.clip(gradient, -self.run.clip_value, self.run.clip_value)
        return gradient


class Devices:
    """All devices of JAX, of all processes: arrays are shared out among them, or the same on each."""

    def __init__(self):
        self.jax = need("jax", '"glassgrad[jax]"', 'fit(engine="jax")')
        self.numpy = need("numpy", "numpy", 'fit(engine="jax")')
        sharding = self.jax.sharding
        mesh = sharding.Mesh(self.numpy.array(self.jax.devices()), ("batch",))
        self.count = mesh.size
        self.replicated = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        self.divided = sharding.NamedSharding(mesh, sharding.PartitionSpec("batch"))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Inside, an error of JAX that comes from the loss of another process is raised as one that says so."""
        try:
            yield
        except self.jax.errors.JaxRuntimeError as error:
            if self.jax.process_count() == 1:
                raise
            raise LostProcessError(
                f'fit: engine="jax" cannot go on in process {self.jax.process_index()} of {self.jax.process_count()}: '
                "another one has ended, or cannot be reached. Start all of them again; with the same checkpoint they "
                f"continue where it was saved. JAX reported: {str(error).splitlines()[0]:.200}"
            ) from error

    def different(self, things: dict[str, Any]) -> list[str]:
        """The names of things whose text is not the same in all processes."""
        if self.jax.process_count() == 1:
            return []
        gather = need("jax.experimental.multihost_utils", '"glassgrad[jax]"', 'fit(engine="jax")').process_allgather
        sums = gather(self.numpy.array([zlib.crc32(repr(thing).encode()) for thing in things.values()]))
        return [name for name, column in zip(things, sums.T) if (column != column[0]).any()]

    def everywhere(self, numbers):
        return self._placed(self.numpy.asarray(numbers, float), self.replicated)

    def shared_out(self, column, filler=None):
        """A column with one entry an example; the first one fills it up, or `filler`, to equal parts."""
        column = self.numpy.asarray(column, float)
        missing = -len(column) % self.count
        if missing:
            more = self.numpy.repeat(column[:1], missing, axis=0)
            column = self.numpy.concatenate([column, more if filler is None else self.numpy.full_like(more, filler)])
        return self._placed(column, self.divided)

    def _placed(self, array, sharding):
        return self.jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

    def fetched(self, array):
        """An array that is the same on all devices, as one of NumPy."""
        return self.numpy.array(array.addressable_data(0))

    def per_example(self, outputs, count: int):
        """The outputs of so many examples: an array, or a list with what each example returned."""
        outputs = self.jax.tree.map(lambda array: self.fetched(array)[:count], outputs)
        if hasattr(outputs, "tolist"):
            return outputs
        return [self.jax.tree.map(lambda array, i=i: array[i].tolist(), outputs) for i in range(count)]


def _columns(examples: Dataset) -> list[Any]:
    """The inputs and the targets as arrays."""
    if not examples.arrays:
        raise ArgumentError('fit: engine="jax" needs examples of one shape. Pad them to one length.')
    return list(examples.arrays)


def _recording(function: Callable, columns: list[Any], model) -> Any:
    """A function, recorded and compared with itself once; random generators stay as they are."""
    recorded: Any = compile(function, fallback=False)
    states = RandomStates(generators_of(model))
    try:
        for _ in range(2):
            if columns:
                recorded.map(*columns)
            else:
                recorded()
    except RecordingError as error:
        raise RecordingError(f'fit: engine="jax" needs a model and a loss that can be recorded. {error}') from error
    finally:
        states.restore()
    return recorded


def _arrays(jnp, flat, places, others):
    """The arrays of parameters from the list of all of them."""
    return {
        name: flat[at] if values is None else jnp.where(at >= 0, flat[at], others[name])
        for name, (at, values) in places.items()
    }


def _numbers_of(values):
    numbers = [value.data for value in values.ravel()]
    return need("numpy", "numpy", "fit").array(numbers).reshape(values.shape)
