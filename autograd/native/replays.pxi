# A replay from the call to its result, without Python code in between. What is checked on the way, and what comes out, is
# as in compile.py, recordings.py and recording.py, which do whatever is out of the ordinary.

cdef class Replayer:
    """Replays a verified recording of a function that takes no derivatives and draws no random numbers; see recording.py.

    Each method returns None, and has changed nothing, where the arguments are not those of this recording, where
    something that it depends on has changed, where no gradients are wanted, and where a number is not finite.
    """

    cdef NativeMachine machine
    cdef Numbers reads, roots, variables
    cdef list inputs
    cdef tuple key, shapes, watched
    cdef readonly object changes
    cdef object graph, kind_of_array
    cdef bint single

    def __cinit__(self, NativeMachine machine not None, list results not None, list variables not None, bint single,
                  tuple key not None, shapes, kind_of_array, changes, tuple watched not None, graph):
        """
        results        the slots of the results; the first is differentiated
        variables      which inputs are Values
        single         whether the function returns one number
        key, shapes    those of the arguments; the shapes are None if they are not numbers and arrays of numbers
        kind_of_array  numpy.ndarray, or None
        changes        what Freezing.changes was
        watched        what unchanged() takes, to say whether all that the recording depends on is as it was
        graph          what ReplayedNode has as `_graph`
        """
        self.machine, self.inputs, self.single, self.graph = machine, variables, single, graph
        self.reads, self.roots, self.variables = slots_of(results), slots_of(results[:1]), slots_of(variables)
        self.key, self.shapes, self.kind_of_array, self.watched = key, shapes, kind_of_array, watched
        self.changes = changes

    cdef bint is_current(self) except -1:
        cdef tuple all = self.watched
        return self.changes == Freezing.changes and unchanged(
            all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9], all[10])

    def call(self, tuple args not None, positions, static):
        """The result for one example; `positions` and `static` say which arguments are static."""
        cdef list leaves = []
        if not self.single or recorder_here != NULL or no_grad_here:
            return None
        if key_of(args, {}, positions, static, leaves) != self.key or not self.is_current():
            return None
        rows = [leaves]
        found = self.machine.replay(rows, self.reads, self.roots, 1.0, self.variables, True)
        if found is None:
            return None
        return self.node((<Numbers>found[0]).data.as_doubles[0], [leaves[i] for i in self.inputs], rows, found)

    def mean(self, tuple batches not None):
        """The mean result over a batch in NumPy arrays, or in Rows."""
        cdef Rows rows
        cdef double number
        if not self.single or recorder_here != NULL or no_grad_here:
            return None
        rows = rows_of(self.kind_of_array, batches, self.shapes)
        if rows is None or (rows.key != self.key if rows is batches[0] else rows.shapes is not self.shapes):
            return None
        if not self.is_current():
            return None
        found = self.machine.replay(rows, self.reads, self.roots, 1.0 / rows.count, self.variables, True)
        if found is None:
            return None
        number = total_of(found[0], 1, rows.count) / rows.count
        return self.node(number, [], rows, found) if number - number == 0.0 else None

    def mean_into(self, Flat flat not None, Rows rows not None):
        """Set the gradients of the Values in `flat` to those of the mean result over a batch, as zero_grad() and the
        backward pass would.

        Returns the mean, and all results, one example after the other. Returns None also unless the arrays of `flat`
        hold the numbers of all captured Values.
        """
        global replays
        cdef Whereabouts values = self.machine.values_at
        cdef unsigned long long then
        cdef Numbers slopes
        cdef double number
        if recorder_here != NULL or no_grad_here or self.inputs or rows.key != self.key or not self.is_current():
            return None
        if not values.values or not values.are_all_in(flat):
            return None
        then = moves
        found = self.machine.replay(rows, self.reads, self.roots, 1.0 / rows.count, self.variables, False)
        if found is None or moves != then:
            return None
        number = total_of(found[0], len(self.reads), rows.count) / rows.count
        if number - number != 0.0:
            return None
        slopes = (<list>found[1])[0]
        if values.covered != &flat.arrays:
            memset(flat.arrays.grad, 0, flat.arrays.count * sizeof(double))
        values.write_to(flat.arrays.grad, 1.0, slopes.data.as_doubles)
        flat.arrays.used = True
        replays += 1
        return number, found[0]

    cdef Value node(self, double number, list others, rows, tuple found):
        return replayed_result(number, self.machine.values_at, others, (<list>found[1])[0], self.graph, rows, found[2])
