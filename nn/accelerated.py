"""`JaxRun`: a training run whose steps are taken by JAX, on all devices that it has.

The loss and the penalty are recorded and read as functions of arrays (autograd.compile, `to_jax`); JAX differentiates
them. Batches are shared out among the devices of all processes; parameters are the same on each. The update rules are
those of the table. Parameters and the optimiser's state stay on the devices; `settle` brings them back, before anybody
looks at them. A step that is not finite is taken by this engine instead, which raises its own error.
"""

from collections.abc import Callable
from typing import Any

from autograd import UPDATES, Value, compile, find_frozen, read_data, write_data
from autograd.errors import ArgumentError
from autograd.table.translate import NumPy
from nn.batchloss import generators_of
from nn.data import Dataset
from nn.errors import need
from nn.evaluation import measured
from nn.optimizer import Optimizer, TableOptimizer
from nn.run import Run


class JaxRun(Run):
    """A Run on JAX's devices."""

    def __init__(self, *args: Any, **settings: Any):
        super().__init__(*args, **settings)
        self._devices = Devices()
        self._functions: dict[Any, Callable] = {}  # how a step is taken, by the shapes of a batch and what is frozen
        self._numbers: Any = None  # the parameters and the optimiser's state; None: those in the Values are newer
        self._ahead = False  # whether they are newer than the Values

    def settle(self) -> None:
        """Write the parameters into the Values, and the state into the optimiser, and read them again when needed."""
        if self._ahead:
            parameters, *state = map(self._devices.fetched, self._numbers)
            write_data(self.optimizer.params, parameters)
            self.optimizer.state = state
        self._numbers, self._ahead = None, False

    def advance(self, examples: Dataset) -> tuple[float, Any]:
        """One step on a batch; returns the loss and the outputs."""
        if self._numbers is None:
            self.optimizer.regroup()
            self._numbers = [self._devices.everywhere(column) for column in self._columns()]
        states = generators_of(self.model)
        columns, weights = self._batch(examples)
        loss, outputs, finite, *numbers = self._function(columns)(
            self._numbers, columns, weights, self.optimizer.settings_by_place(), self._limits()
        )
        if not self._devices.fetched(finite):
            self.settle()
            states.restore()
            return super().advance(examples)
        self._numbers, self._ahead = numbers, True
        self.optimizer.count_step()
        return float(self._devices.fetched(loss)), outputs

    def _columns(self):
        return [read_data(self.optimizer.params), *self.optimizer.state]
