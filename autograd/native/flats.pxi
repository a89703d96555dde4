# Numbers side by side: flat arrays that hold the numbers and gradients of leaves that are trained together, so that
# what works on all of them (a replay, its backward pass, an optimiser) is a few loops over contiguous memory.
#
# A Value owns its numbers, until its Flat takes them: then the arrays hold them, and the Value is *away*. Its rule is
# AWAY, `_da` holds its place in the arrays, and `_db` the address of these. Whatever reads or writes numbers of a Value
# it did not just make goes through number_of() and the like, or brings all Values home first. That costs nothing while
# none is away: as long as some are, `modes` is one higher, so the fast paths stand aside.
#
# Taking numbers and bringing them home run no Python code in between, so nothing comes in half-way.

ctypedef struct Arrays:
    Node** values
    Py_ssize_t count
    double* data
    double* grad
    double* spare  # in a backward pass the adjoints; the results of an update rule
    bint reached  # by the backward pass that is under way
    bint used  # by a backward pass since the numbers were taken
    Arrays* next

cdef Arrays* away = NULL  # those that hold numbers
cdef long long patience = 0  # how many operations may still take the slower path before all numbers are brought home
cdef unsigned long long moves = 1  # how often numbers have been taken or brought home
cdef unsigned long long replays = 0  # how many replayed results backward passes have gone through


cdef inline bint is_away(Node* node) noexcept:
    return node._rule == AWAY


cdef inline Py_ssize_t place_away(Node* node) noexcept:
    return <Py_ssize_t>node._da


cdef inline Arrays* arrays_of(Node* node) noexcept:
    cdef Arrays* arrays
    memcpy(&arrays, &node._db, sizeof(arrays))
    return arrays


cdef inline double number_of(Node* node) noexcept:
    return arrays_of(node).data[place_away(node)] if is_away(node) else node._data


cdef inline double gradient_of(Node* node) noexcept:
    return arrays_of(node).grad[place_away(node)] if is_away(node) else node._grad


cdef inline void set_number(Node* node, double number) noexcept:
    if is_away(node):
        arrays_of(node).data[place_away(node)] = number
    else:
        node._data = number


cdef inline void set_gradient(Node* node, double number) noexcept:
    if is_away(node):
        arrays_of(node).grad[place_away(node)] = number
    else:
        node._grad = number


cdef void take_numbers(Arrays* arrays) noexcept:
    """Move the numbers of Values, which are leaves and at home, into the arrays."""
    global away, moves, modes, patience
    cdef Py_ssize_t i
    cdef Node* node
    for i in range(arrays.count):
        node = arrays.values[i]
        arrays.data[i], arrays.grad[i] = node._data, node._grad
        node._rule, node._da = AWAY, i
        memcpy(&node._db, &arrays, sizeof(arrays))
    modes += away == NULL
    moves += 1
    patience = 1000
    arrays.next, arrays.used, arrays.reached = away, False, False
    away = arrays


cdef void bring_home(Arrays* arrays) noexcept:
    global away, moves, modes
    cdef Py_ssize_t i
    cdef Node* node
    cdef Arrays** link = &away
    for i in range(arrays.count):
        node = arrays.values[i]
        node._rule, node._da, node._db = LEAF, 0.0, 0.0
        node._data, node._grad = arrays.data[i], arrays.grad[i]
    while link[0] != arrays:
        link = &link[0].next
    link[0] = arrays.next
    modes -= away == NULL
    moves += 1


cdef void bring_all_home() noexcept:
    while away != NULL:
        bring_home(away)


cdef inline void come_home(Value node) noexcept:
    """Bring all Values home if this one is away."""
    if is_away(<Node*>node):
        bring_all_home()


cdef inline void operands_come_home(Value a, Value b, Value c) noexcept:
    """Bring all Values home if one of these is away, or if there have been many operations on others."""
    global patience
    patience -= 1
    if patience < 0 or is_away(<Node*>a) or is_away(<Node*>b) or is_away(<Node*>c):
        bring_all_home()


cdef look_at(Value node, what, instead=None):
    """Let the numbers of a node be used: bring them home; raises while a function is recorded."""
    if recorder_here != NULL:
        check_not_recording(what, instead)
    come_home(node)


@cython.no_gc
cdef class Flat:
    """Flat arrays for the numbers of a list of Values; see arrays.py."""

    cdef readonly tuple values
    cdef Arrays arrays
    cdef list unused  # arrays for the state of an update rule that turned out not to change it
    cdef unsigned long long seen  # `replays` when gather() was last called
    cdef bint lent  # whether the numbers have been taken, and it has not been asked what for
    cdef int pause, wait  # how often gather() does nothing: altogether, and from now on

    def __cinit__(self, values):
        if not isinstance(values, (list, tuple)):
            raise NumberTypeError(
                f"Flat: expected a list or tuple of Values, got {type(values).__name__} {values!r:.60}.")
        self.values = tuple(values)
        for value in self.values:
            if not isinstance(value, Value):
                raise NumberTypeError(f"Flat: expected Values only, got {type(value).__name__} {value!r:.60} among them.")
        if len(set(self.values)) < len(self.values):
            raise ArgumentError("Flat: a Value occurs twice in the list.")
        self.arrays.values, self.arrays.count = <Node**>PySequence_Fast_ITEMS(self.values), len(self.values)
        self.seen = replays
        self.unused = []

    def __dealloc__(self):
        if self.holds_numbers():
            bring_home(&self.arrays)
        give_back(self.arrays.data)
        give_back(self.arrays.grad)
        give_back(self.arrays.spare)

    def __reduce__(self):
        return Flat, (list(self.values),)

    @property
    def gathered(self):
        return self.holds_numbers()

    cdef inline bint holds_numbers(self) noexcept:
        return self.arrays.count > 0 and is_away(self.arrays.values[0]) and arrays_of(self.arrays.values[0]) == &self.arrays

    def gather(self):
        cdef Py_ssize_t i
        if replays == self.seen or self.arrays.count == 0 or self.holds_numbers():
            return
        self.seen = replays
        if self.lent and not self.arrays.used:  # somebody wanted the numbers first: wait longer each time
            self.pause = min(2 * self.pause + 1, 1000)
            self.wait = self.pause
        elif self.lent:
            self.pause = 0
        self.lent = False
        if self.wait:
            self.wait -= 1
            return
        for i in range(self.arrays.count):
            if self.arrays.values[i]._rule != LEAF or Py_TYPE(self.arrays.values[i]) != <Type*>Value:
                return
        if self.has_room():
            take_numbers(&self.arrays)
            self.lent = True

    def zero_grad(self):
        cdef Py_ssize_t i
        if recorder_here != NULL:
            check_not_recording("updating Values")
        self.gather()
        if self.holds_numbers():
            memset(self.arrays.grad, 0, self.arrays.count * sizeof(double))
            return
        for i in range(self.arrays.count):
            set_gradient(self.arrays.values[i], 0.0)

    def step(self, update, settings, state):
        self.gather()
        if recorder_here != NULL or not self.holds_numbers():
            return None
        try:
            found = change(update, self.values, settings, state, self.unused)
        except (LookupError, TypeError, ValueError, OverflowError):
            return None
        return found if type(found) is list else None

    cdef bint has_room(self) noexcept:
        if self.arrays.data == NULL:
            self.arrays.data = aligned(self.arrays.count)
        if self.arrays.grad == NULL:
            self.arrays.grad = aligned(self.arrays.count)
        if self.arrays.spare == NULL:
            self.arrays.spare = aligned(self.arrays.count)
        return self.arrays.data != NULL and self.arrays.grad != NULL and self.arrays.spare != NULL


cdef Arrays* arrays_for(values) noexcept:
    """The arrays that hold the numbers of exactly these Values, a list or a tuple, in this order; or NULL."""
    cdef Arrays* arrays
    cdef Node** nodes = nodes_in(values)
    cdef Py_ssize_t count = count_of(values)
    if away == NULL or count == 0 or Py_TYPE(nodes[0]) != <Type*>Value or not is_away(nodes[0]):
        return NULL
    arrays = arrays_of(nodes[0])
    if arrays.count != count:
        return NULL
    if arrays.values != nodes and memcmp(arrays.values, nodes, count * sizeof(void*)) != 0:
        return NULL  # the tuple of a Flat needs no comparison
    return arrays


# Where the numbers of a list of Values are, as runs: numbers at equal distances, whether in the nodes or in arrays.

ctypedef struct Run:
    Arrays* arrays  # NULL at home
    Py_ssize_t place  # of the first number in the arrays; at home its address, in numbers
    Py_ssize_t step
    Py_ssize_t first, count  # which Values these are


cdef class Whereabouts:
    """Where the numbers of a list of Values are, kept from one use to the next; see arrays.py."""

    cdef readonly list values
    cdef Run* runs
    cdef Py_ssize_t count, room
    cdef unsigned long long as_of  # `moves` when this was found out
    cdef bint all_away
    cdef Arrays* covered  # arrays in which all these numbers are, and no others; NULL if there are none

    def __cinit__(self, list values not None):
        self.values = values

    def __dealloc__(self):
        free(self.runs)

    def read(self):
        cdef array.array found = array.clone(NO_NUMBERS, len(self.values), False)
        self.read_into(found.data.as_doubles)
        return found

    cdef bint known(self) noexcept:
        """Find out, if anything has moved; false if out of memory."""
        cdef Py_ssize_t i, place
        cdef Arrays* arrays
        cdef Node* node
        cdef Run* run = self.runs
        if self.as_of == moves:
            return True
        self.as_of, self.count, self.all_away = 0, 0, True
        for i in range(len(self.values)):
            node = item(self.values, i)
            if is_away(node):
                arrays, place = arrays_of(node), place_away(node)
            else:
                arrays, place, self.all_away = NULL, <Py_ssize_t>(<size_t>&node._data // sizeof(double)), False
            if self.count and run.arrays == arrays and (run.count == 1 or place == run.place + run.count * run.step):
                run.step = place - run.place if run.count == 1 else run.step
                run.count += 1
                continue
            if self.count == self.room and not self.make_room():
                return False
            run = &self.runs[self.count]
            self.count += 1
            run.arrays, run.place, run.step, run.first, run.count = arrays, place, 1, i, 1
        self.covered = self.runs[0].arrays if self.count else NULL
        for i in range(self.count):
            if self.runs[i].arrays != self.covered:
                self.covered = NULL
        if self.covered != NULL and self.covered.count != len(self.values):
            self.covered = NULL
        self.as_of = moves
        return True

    cdef bint make_room(self) noexcept:
        cdef Py_ssize_t room = 2 * self.room + 16
        runs = <Run*>realloc(self.runs, room * sizeof(Run))
        if runs == NULL:
            return False
        self.runs, self.room = runs, room
        return True

    cdef void read_into(self, double* numbers) noexcept:
        cdef Py_ssize_t i, k
        cdef Run* run
        cdef double* start
        if not self.known():
            for i in range(len(self.values)):
                numbers[i] = number_of(item(self.values, i))
            return
        for i in range(self.count):
            run = &self.runs[i]
            start = run.arrays.data + run.place if run.arrays != NULL else <double*>(<size_t>run.place * sizeof(double))
            if run.step == 1:
                memcpy(numbers + run.first, start, run.count * sizeof(double))
            else:
                for k in range(run.count):
                    numbers[run.first + k] = start[k * run.step]

    cdef bint are_all_in(self, Flat flat) noexcept:
        """Whether all these numbers are in the arrays of `flat`."""
        cdef Py_ssize_t i
        if not flat.holds_numbers() or not self.known():
            return False
        for i in range(self.count):
            if self.runs[i].arrays != &flat.arrays:
                return False
        return True

    cdef void write_to(self, double* numbers, double here, double* slopes) noexcept:
        """Write the contributions of a node above these Values to their places in an array; never as -0.0."""
        cdef Py_ssize_t i, k
        cdef Run* run
        for i in range(self.count):
            run = &self.runs[i]
            if run.step == 1:
                put_scaled(numbers + run.place, slopes + run.first, here, run.count)
            else:
                for k in range(run.count):
                    numbers[run.place + k * run.step] = here * slopes[run.first + k] + 0.0

    cdef void add_slopes(self, double here, double* slopes) noexcept:
        """Add the contributions of a node above these Values, which are all away, to their adjoints."""
        cdef Py_ssize_t i, k
        cdef Run* run
        cdef double* start
        if self.covered != NULL and not self.covered.reached:  # then there is nothing to add to
            self.covered.reached = self.covered.used = True
            self.write_to(self.covered.spare, here, slopes)
            return
        for i in range(self.count):
            run = &self.runs[i]
            start = adjoints_away(run.arrays) + run.place
            if run.step == 1:
                add_scaled(start, slopes + run.first, here, run.count)
            else:
                for k in range(run.count):
                    start[k * run.step] += here * slopes[run.first + k]


cdef inline double* adjoints_away(Arrays* arrays) noexcept:
    """The adjoints of Values that are away, in the backward pass that is under way."""
    if not arrays.reached:
        memset(arrays.spare, 0, arrays.count * sizeof(double))
        arrays.reached = arrays.used = True
    return arrays.spare


cdef bint hand_out_away() noexcept:
    """Add adjoints to the gradients of Values that are away; false, and nothing changed, if one would not be finite."""
    cdef Arrays* arrays = away
    while arrays != NULL:
        if arrays.reached and not add_finite(arrays.spare, arrays.spare, arrays.grad, arrays.count):
            return False
        arrays = arrays.next
    arrays = away
    while arrays != NULL:
        if arrays.reached:
            arrays.grad, arrays.spare, arrays.reached = arrays.spare, arrays.grad, False
        arrays = arrays.next
    return True


cdef void forget_adjoints_away() noexcept:
    cdef Arrays* arrays = away
    while arrays != NULL:
        arrays.reached = False
        arrays = arrays.next
