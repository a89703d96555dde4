"""One recording of a function: its program, the machine that runs it, what it depends on, and what it returns."""

from __future__ import annotations

import contextlib
import sys
import time
from array import array
from functools import partial
from itertools import groupby

from autograd.engine import (
    Freezing,
    Value,
    constant,
    gradients_wanted,
    graph_wanted,
    no_grad,
    recording,
    replayed_result,
)
from autograd.errors import RecordingError
from autograd.nested import map_numbers
from autograd.replay.ancestry import Ancestry
from autograd.replay.batches import shape_of, total_of, with_columns
from autograd.replay.collector import collector_off
from autograd.replay.dense import multiply_adds
from autograd.replay.dependencies import dependencies_of
from autograd.replay.machine import Machine, PythonMachine
from autograd.replay.methods import WeakMethod
from autograd.replay.random_numbers import RandomStates, shared_generators
from autograd.replay.recorder import CONSTANT, VALUE, Program, Recorder, Replayer, first_difference
from autograd.replay.results import AsItIs, FailedToRecord, Result, plain
from autograd.replay.signature import arguments_from, kinds_in, parts_of, statics_in
from autograd.replay.unrolled import UnrolledGraph


class NotReplayed(Exception):
    """A replay met a number that is not finite, or would differ. The function itself is then called.

    rows  the examples, with the random numbers that were drawn for them; the generators have been set back

    A signal within this folder, which no user sees.
    """

    def __init__(self, rows):
        self.rows = rows


class Recording:
    """One recording and the machine that runs it.

    name            that of the function, or "recording"
    key             the structure of the arguments, and the static ones
    example         the numbers and Values that it was recorded with
    gradients       whether operations built a graph, as they do outside no_grad()
    differentiated  whether the function takes derivatives
    variables       which of the numbers in the arguments are Values
    leaves          the leaves that it has met outside its arguments; `trainable` says of each whether a gradient
                    flowed to it
    draws           the random numbers that each example draws after one another: pairs of a generator and how many
    generators      each of them once
    verified        whether a second recording was the same
    refusal         why all further calls are refused, or ""
    fallbacks       how often the function itself was called in place of a replay
    """

    def __init__(self, function, key, example, gradients):
        began = time.perf_counter()
        for static in statics_in(key):
            static.keep()
        self.function, self.key, self.example, self.gradients = function, key, list(example), gradients
        self.name = getattr(function, "__name__", "recording")
        self.fallbacks, self.verified, self.refusal = 0, False, ""
        self._changes = Freezing.changes
        with collector_off(), _recorder_at_work() as recorder:
            self.result = Result(recorder, self._record(recorder))
            self.program = Program(recorder, self.result.places)
            self.dependencies = self._dependencies(recorder)
            self.differentiated, self.draws = recorder.differentiated, _draws_of(recorder)
            leaves = recorder.captured_leaves()
            self.leaves, self.trainable = [leaf for leaf, _ in leaves], bytes(wanted for _, wanted in leaves)
            self._born = set(map(id, recorder.born))
            self._ancestry = Ancestry(recorder) if self.differentiated else None
            recorder.trimmed()
            self._tape = recorder
        self.generators = list({id(generator): generator for generator, _ in self.draws}.values())
        self.variables = [i for i, leaf in enumerate(example) if isinstance(leaf, Value)]
        self.machine = Machine(self.program)
        self._replayer = None
        self.seconds = time.perf_counter() - began

    def _record(self, recorder):
        """Call the function with tracers; returns what it returned."""
        inputs = [kind for _, structure in parts_of(self.key) for kind in kinds_in(structure)]
        with recording(recorder), graph_wanted() if self.gradients else no_grad():
            try:
                result = self.call_function([recorder.input(kind) for kind in inputs])
            except (RecordingError, MemoryError):
                raise
            except Exception as error:
                raise FailedToRecord from error
        if recorder.spoilt is not None:
            raise recorder.spoilt
        for generator, state in recorder.states.values():
            if generator.getstate() != state:  # a replay would draw in another order
                generator.setstate(state)
                recorder.refuse(
                    "compile: the function draws random numbers from one generator by random_numbers(), and in another "
                    "way as well. Draw all of them by random_numbers(), or outside the function."
                )
        return result

    def _dependencies(self, recorder):
        roots = [self.function, *(static.argument for static in statics_in(self.key))]
        if isinstance(self.function, WeakMethod):
            roots.append(self.function.instance())
        return dependencies_of(roots, recorder.watched.values())

    def call_function(self, leaves):
        """What the function itself returns for other numbers or Values."""
        args, kwargs = arguments_from(self.key, iter(leaves))
        return self.function(*args, **kwargs)

    def replayer(self):
        """What replays it without Python code in between while nothing has changed; None if there is no such thing.

        Only the compiled engine has it, for functions that return one number, or a number and one or several others.
        """
        if self._replayer is None or self._replayer.changes != self._changes:
            self._replayer = replayer_of(self, self._changes) if self.verified else None
        return self._replayer

    def freezing_unchanged(self):
        """Whether those of its leaves are frozen that were frozen when it was made."""
        changes = Freezing.changes
        if changes == self._changes:
            return True
        if bytes(leaf.requires_grad for leaf in self.leaves) != self.trainable:
            return False
        self._changes = changes
        return True

    # At the second call.

    def verify(self):
        """Record once more, and compare.

        Raises RecordingError if the function differs although nothing that it reads has changed.
        """
        states = RandomStates([*shared_generators(), *self.dependencies.generators])
        try:
            self._compare_with_another(states)
        except BaseException:
            states.restore()
            raise
        self.verified = True

    def _compare_with_another(self, states):
        with collector_off(), _recorder_at_work() as recorder:
            result = Result(recorder, self._record(recorder))
            born = set(map(id, recorder.born))
            is_same = result.equals(self.result) and first_difference(self._tape, recorder, self._born, born) < 0
            is_same = is_same and _draws_of(recorder) == self.draws
            self.dependencies = self._dependencies(recorder)
        if not is_same:
            self.refusal = (
                f"compile: the function was not the same at its second call{self._first_difference()}, although "
                "nothing had changed that its code reads. Does it draw random numbers, read a clock or a "
                "file, or count its calls? Pass what differs as an argument."
            )
        elif not states.unchanged():
            self.refusal = (
                "compile: the function draws random numbers, which a replay would not. Draw them outside, and pass "
                "them as arguments, or draw them by autograd.random_numbers()."
            )
        if self.refusal:
            raise RecordingError(self.refusal)

    def _first_difference(self):
        """The line at which two further recordings differ, such as ", at train.py:12", or an empty string."""
        with collector_off(), _recorder_at_work(lines=True) as one, _recorder_at_work(lines=True) as other:
            self._record(one)
            self._record(other)
            self.dependencies = self._dependencies(other)  # which the function may have changed itself
            place = first_difference(one, other, set(map(id, one.born)), set(map(id, other.born)))
            return f", at {one.lines[place]}" if 0 <= place < len(one.lines) else ""

    # Replays.

    def call(self, leaves):
        """The result for one example."""
        slots, kinds = self.program.results, self.result.kinds
        roots = self._roots([slot for slot, kind in zip(slots, kinds) if kind == VALUE])
        rows, numbers, partials, origin = self._run([leaves], slots, roots)
        if self.result.is_single and type(kinds[0]) is not AsItIs:  # one number, the common case
            return self._node(numbers[0], partials[0] if roots and kinds[0] == VALUE else None, 0, rows, origin)
        supply = iter(partials)
        results = [
            kind.part
            if type(kind) is AsItIs
            else self._node(number, next(supply) if roots and kind == VALUE else None, i, rows, origin)
            for i, (number, kind) in enumerate(zip(numbers, kinds))
        ]
        if self.result.is_single:
            return results[0]
        return map_numbers(lambda part: results[part] if type(part) is int else part.part, self.result.structure)

    def begins_with_a_number(self, has_aux):
        """Whether the function returns one number, or with has_aux a pair of it and something else."""
        structure = self.result.structure
        if has_aux:
            return isinstance(structure, (list, tuple)) and len(structure) == 2 and type(structure[0]) is int
        return type(structure) is int

    def mean(self, rows, has_aux):
        """The mean over examples; with has_aux a pair of it and the list or array of the examples' other results."""
        slots, count, kind = self.program.results, len(rows), self.result.kinds[0]
        roots = self._roots(slots[:1] if kind == VALUE else [])
        rows, numbers, partials, origin = self._run(rows, slots, roots, 1 / count)
        number = total_of(numbers, len(slots), count) / count
        node = self._node(number, partials[0] if roots and kind == VALUE else None, 0, rows, origin)
        return (node, self._others(numbers, count, has_aux)) if has_aux else node

    def map(self, rows, has_aux):
        """Every example's result as plain numbers; with has_aux first numbers and other results separately."""
        slots, count = self.program.results, len(rows)
        numbers = self._run(rows, slots, [])[1]
        if not has_aux:
            return self._structured(self.result.structure, numbers, 0, count)
        first = self._table(numbers, count)[:, 0] if has_aux == "array" else numbers[: count * len(slots) : len(slots)]
        return first if has_aux == "array" else first.tolist(), self._others(numbers, count, has_aux)

    def _roots(self, slots):
        """From which results to go back: those in these slots, which have a gradient.

        If there are none, from the first one: if a derivative is infinite on the way, the function itself raises.
        """
        if not gradients_wanted() or not (self.machine.captured or self.variables):
            return []
        return slots or ([] if self.differentiated else self.program.results[:1])

    def _run(self, rows, reads, roots, seed=1.0):
        """The rows, with the random numbers that were drawn for them, and what the machine makes of them."""
        if self._ancestry is not None and (Freezing.changes or self._ancestry.derivations) and self._objection(rows):
            raise NotReplayed(rows)
        if not self.draws:
            found = self.machine.run(rows, reads, roots, seed, self.variables)
            if found is None:
                raise NotReplayed(rows)
            return rows, *found
        states = RandomStates(self.generators)
        try:
            rows = self._with_random_numbers(rows)
            found = self.machine.run(rows, reads, roots, seed, self.variables)
            if found is None:
                raise NotReplayed(rows)
            return rows, *found
        except BaseException:
            states.restore()  # what fails has drawn nothing
            raise

    def _objection(self, rows):
        """Why a replay would not give what the function gives, in words; an empty string if it would."""
        if not self.variables:
            return self._ancestry.objection([])
        places = [self._tape.inputs[i] for i in self.variables]
        for row in rows:
            found = self._ancestry.objection(list(zip(places, [row[i] for i in self.variables])))
            if found:
                return found
        return ""

    def _with_random_numbers(self, rows):
        """The rows, each with the random numbers of its example at the end; they are drawn example by example."""
        if isinstance(rows, list):
            return [row + self.drawn(1) for row in rows]
        return with_columns(rows, array("d", self.drawn(len(rows))))

    def drawn(self, examples):
        """The random numbers for so many examples, one after the other."""
        draws = [draw for generator, count in self.draws for draw in [generator.random] * count]
        return [draw() for _ in range(examples) for draw in draws]

    def _structured(self, structure, numbers, first, examples):
        """Each example's numbers, in a structure of their columns in `numbers`; the columns begin with `first`."""
        columns = len(self.program.results)
        starts = range(0, examples * columns, columns)
        if type(structure) is list and all(type(part) is int for part in structure):
            return [numbers[start + first : start + columns].tolist() for start in starts]
        return [
            map_numbers(
                lambda part, start=start: numbers[start + part] if type(part) is int else plain(part.part), structure
            )
            for start in starts
        ]

    def _others(self, numbers, examples, has_aux):
        """What the examples have returned beside the first number, as a list, or as an array if that is wanted."""
        structure = self.result.structure[1]
        shape = shape_of(structure, int) if has_aux == "array" else None
        if shape is None:
            return self._structured(structure, numbers, 1, examples)
        return self._table(numbers, examples)[:, 1:].reshape(examples, *shape)

    def _table(self, numbers, examples):
        """The numbers of all results as a NumPy array, a row for each example."""
        import numpy

        columns = len(self.program.results)
        return numpy.frombuffer(numbers, float, examples * columns).reshape(examples, columns)

    def _node(self, number, partials, index, rows, origin):
        """A result as the function itself would return it; `partials` is None where no gradient is wanted.

        The parents of a Value are the captured Values and the Value arguments of all examples; `origin` are the numbers
        that these had.
        """
        if partials is None:
            return constant(number) if self.result.kinds[index] in (VALUE, CONSTANT) else number
        others = [row[i] for row in rows for i in self.variables] if self.variables else []
        return replayed_result(number, self.program.values_at, others, partials, self.graph_of(index), rows, origin)

    def graph_of(self, index):
        """What makes the ordinary graph of a result from the rows and the origin of a replay."""
        return partial(UnrolledGraph, self.name, self.program, index, self.variables)

    def example_graph(self):
        """How the first result was computed for the numbers of the call that was recorded."""
        leaves = [leaf if isinstance(leaf, Value) else constant(leaf) for leaf in self.example]
        states = RandomStates(self.generators)
        try:
            return self.graph_of(0)(self._with_random_numbers([leaves]))
        finally:
            states.restore()

    # For messages and figures.

    def why_not_replayed(self, rows):
        """Why the function itself was called for these examples, in words."""
        found = self._objection(rows) if self._ancestry is not None else ""
        return found or f"{PythonMachine(self.program).failing_operation(rows)} is not finite"

    def stats(self):
        """Figures about the recording."""
        program = self.program
        products, dense = multiply_adds(program)
        return {
            "nodes": program.nodes,
            "levels": program.levels,
            "loops": len(program.blocks),
            "multiply_adds": products,
            "dense": dense,
            "bytes": 16 * program.size,
            "seconds": self.seconds,
            "fallbacks": self.fallbacks,
        }


def is_flat(structure):
    """Whether a result is one number, or a pair of it and a number or a list of numbers, at least two."""
    if type(structure) not in (list, tuple):
        return type(structure) is int
    first, *others = structure
    several = len(others) == 1 and type(others[0]) is list and len(others[0]) > 1
    return len(others) == 1 and all(type(part) is int for part in (first, *(others[0] if several else others)))


@contextlib.contextmanager
def _recorder_at_work(lines=False):
    """A recorder for `with`, which drops everything in the end."""
    recorder = Recorder()
    recorder.lines = [] if lines else None
    try:
        yield recorder
    finally:
        recorder.end()


def _draws_of(recorder):
    """The random numbers that a recorded function draws one after the other: pairs of a generator and how many."""
    return [(next(run), 1 + sum(1 for _ in run)) for _, run in groupby(recorder.generators, id)]


def replayer_of(recording, changes):
    """The Replayer of a verified recording, as of so many changes of frozen leaves; or None."""
    kinds, structure = recording.result.kinds, recording.result.structure
    if Replayer is None or recording.draws or recording.differentiated or not is_flat(structure) or kinds[0] != VALUE:
        return None
    if not (recording.machine.captured or recording.variables):
        return None
    numpy, shapes = sys.modules.get("numpy"), tuple(map(_shape_in, recording.key))
    return Replayer(
        recording.machine,
        recording.program.results,
        recording.variables,
        recording.result.is_single,
        recording.key,
        None if None in shapes else shapes,
        numpy and numpy.ndarray,
        changes,
        recording.dependencies.unchanged.args,
        recording.graph_of(0),
    )


def _shape_in(structure):
    """The shape in the structure of an array of numbers, () for a number; None for anything else."""
    match structure:
        case "number":
            return ()
        case "array", tuple(shape), "number":
            return shape
    return None
