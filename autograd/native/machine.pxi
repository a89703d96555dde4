# The machine that runs recorded programs, compiled: what machine.py does, with a loop of C for each run.
#
# The examples of a batch are taken LANES at a time, a tile, whose memory fits into the processor's cache: first the
# numbers that all examples share, then for each other slot a number an example, side by side. A single example is a
# tile of one lane. The loops, one forward and one backward for each rule, are written by native.py. Neighbouring tiles
# make up a chunk, and threads share the chunks; sums over chunks are always taken in the same order.


cdef enum:
    FEW = 3  # so many examples are run one by one
    CHUNKS = 8  # into so many parts a batch is split
    WORTH_HELP = 30_000  # operations times examples from which on it pays to ask helpers


ctypedef struct Loop:
    int rule, wanted, varying  # wanted and varying: bits for the inputs; bit 3 of varying for the results
    Py_ssize_t start, count
    int* a
    int* b
    int* c
    int guards
    int* guard  # pairs of slot and side
    int terms  # of a sum of products; 0 for a rule
    unsigned char* codes  # for each term, see recorder.py


ctypedef struct Room:
    double* memory
    double* adjoint
    Py_ssize_t uniform, base, lanes  # `base` is where the slots with lanes begin


ctypedef void (*Kernel)(Loop*, Room*) noexcept nogil

cdef Kernel[512] FORWARD  # by the index of the rule
cdef Kernel[512] BACKWARD

cdef extern from "sums.h":
    int LANES
    void sums_forward(double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, int, int, const int*,
                      const int*, const unsigned char*) noexcept nogil
    void sums_backward(double*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, int, int,
                       const int*, const int*, const unsigned char*) noexcept nogil
    int sums_choose(int) noexcept
    int all_finite(const double*, Py_ssize_t) noexcept nogil

cdef extern from "thread_pool.h":
    int next_part(int*) noexcept nogil
    void team_begin()
    void team_run(void (*)(void*) noexcept nogil, void*, int) noexcept nogil

def widest_vectors(int width=8):
    """Use vectors of at most so many numbers in sums of products; returns how many this processor's have then."""
    return sums_choose(width)

widest_vectors()

cdef inline Py_ssize_t place(Room* room, int slot) noexcept nogil:
    return slot if slot < room.uniform else room.base + (slot - room.uniform) * room.lanes


cdef inline bint holds(Loop* loop, Room* room, Py_ssize_t lane) noexcept nogil:
    """Whether the conditions of a loop's guard are met in one lane."""
    cdef int i, slot
    cdef Py_ssize_t at
    for i in range(loop.guards):
        slot = loop.guard[2 * i]
        at = place(room, slot) + (lane if slot >= room.uniform else 0)
        if (room.memory[at] != 0.0) != (loop.guard[2 * i + 1] != 0):
            return False
    return True


cdef bint finished(Loop* loop, Room* room) noexcept nogil:
    """Clear results that do not count, and tell whether all others are finite."""
    cdef Py_ssize_t k, lane, lanes = room.lanes if loop.varying & 8 else 1
    cdef double* out = room.memory + place(room, <int>loop.start)
    if loop.guards:
        for lane in range(lanes):
            if not holds(loop, room, lane):
                for k in range(loop.count):
                    out[k * lanes + lane] = 0.0
    return all_finite(out, loop.count * lanes)


ctypedef struct Plan:
    Py_ssize_t size, uniform, base, count, inputs, differentiable
    Py_ssize_t work  # operations for each example
    Loop* loops
    int* captured_slots  # of the captured Values


ctypedef struct Job:  # one run of a program: what goes in, and what comes out
    Plan* plan
    Py_ssize_t examples, width, tiles, chunks, reading, differentiating, variables
    double seed
    double* shared  # the uniform slots: numbers and captured Values
    double* inputs  # of every example
    double* totals  # for each chunk and root the derivatives by the captured Values
    double* numbers
    double** slopes  # by root
    int* reads
    int* roots
    int* wanted_inputs
    int next, fine, short_of_memory  # the next chunk, whether all was finite, whether no memory was to be had


cdef void work(void* pointer) noexcept nogil:
    """Run chunks of a job until none is left."""
    cdef Job* job = <Job*>pointer
    cdef Plan* plan = job.plan
    cdef Room room
    cdef Py_ssize_t cells = plan.base + (plan.size - plan.uniform) * job.width + 1
    cdef int chunk = next_part(&job.next)
    if chunk >= job.chunks:
        return
    room.uniform, room.lanes = plan.uniform, job.width
    room.base = plan.uniform if job.width == 1 else plan.base  # with one lane a slot is a place
    room.memory, room.adjoint = aligned(cells), aligned(cells) if job.differentiating else NULL
    if room.memory != NULL and (room.adjoint != NULL or job.differentiating == 0):
        memcpy(room.memory, job.shared, plan.uniform * sizeof(double))
        while chunk < job.chunks and job.fine:
            if not run_chunk(job, &room, chunk):
                job.fine = False
            chunk = next_part(&job.next)
    else:
        job.short_of_memory = True
    give_back(room.memory)
    give_back(room.adjoint)


cdef bint run_chunk(Job* job, Room* room, Py_ssize_t number) noexcept nogil:
    cdef Py_ssize_t tile, root, k, first = job.tiles * number // job.chunks
    cdef Py_ssize_t last = job.tiles * (number + 1) // job.chunks, captured = job.plan.differentiable
    cdef double* total
    if job.differentiating == 0:
        for tile in range(first, last):
            if not forward(job, room, tile):
                return False
        return True
    for root in range(job.differentiating):
        memset(room.adjoint, 0, room.uniform * sizeof(double))
        for tile in range(first, last):
            # With one root and several tiles each goes forward and back at once, while its memory is near.
            if (root == 0 or job.tiles > 1) and not forward(job, room, tile):
                return False
            reverse(job, room, tile, root)
        total = job.totals + (number * job.differentiating + root) * captured
        for k in range(captured):
            total[k] = room.adjoint[job.plan.captured_slots[k]]
    return True


cdef bint forward(Job* job, Room* room, Py_ssize_t tile) noexcept nogil:
    cdef Py_ssize_t i, lane, first = tile * job.width, inputs = job.plan.inputs, lanes = room.lanes
    cdef Loop* loop
    cdef double* rows = room.memory + room.base
    cdef double* example
    for lane in range(lanes):
        example = job.inputs + min(first + lane, job.examples - 1) * inputs
        for i in range(inputs):
            rows[i * lanes + lane] = example[i]
    for i in range(job.plan.count):
        loop = &job.plan.loops[i]
        if loop.terms:
            sums_forward(room.memory, room.uniform, room.base, lanes, loop.start, loop.count, loop.terms,
                         loop.varying, loop.a, loop.b, loop.codes)
        else:
            FORWARD[loop.rule](loop, room)
        if not finished(loop, room):
            return False
    for lane in range(min(lanes, job.examples - first)):
        for i in range(job.reading):
            job.numbers[(first + lane) * job.reading + i] = room.memory[
                place(room, job.reads[i]) + (lane if job.reads[i] >= room.uniform else 0)]
    return True


cdef void reverse(Job* job, Room* room, Py_ssize_t tile, Py_ssize_t root) noexcept nogil:
    cdef Py_ssize_t i, lane, first = tile * job.width, examples = min(room.lanes, job.examples - tile * job.width)
    cdef Loop* loop
    cdef int slot = job.roots[root]
    cdef double* adjoint = room.adjoint
    memset(adjoint + room.base, 0, (job.plan.size - room.uniform) * room.lanes * sizeof(double))
    for lane in range(examples):
        adjoint[place(room, slot) + (lane if slot >= room.uniform else 0)] += job.seed
    for i in range(job.plan.count - 1, -1, -1):
        loop = &job.plan.loops[i]
        if loop.wanted == 0:
            continue
        if loop.terms:
            sums_backward(room.memory, adjoint, room.uniform, room.base, room.lanes, loop.start, loop.count,
                          loop.terms, loop.varying, loop.a, loop.b, loop.codes)
        else:
            BACKWARD[loop.rule](loop, room)
        if not loop.varying & 8:
            # A later tile adds to the adjoints of the captured Values, not to those of what follows from them.
            memset(adjoint + loop.start, 0, loop.count * sizeof(double))
    for lane in range(examples):
        for i in range(job.variables):
            job.slopes[root][job.plan.differentiable + (first + lane) * job.variables + i] = adjoint[
                room.base + job.wanted_inputs[i] * room.lanes + lane]


cdef double* aligned(Py_ssize_t cells) noexcept nogil:
    """Memory that begins at a multiple of 64 bytes."""
    cdef char* block = <char*>malloc(cells * sizeof(double) + 64 + sizeof(void*))
    if block == NULL:
        return NULL
    cdef char* start = block + sizeof(void*)
    start += (64 - <size_t>start % 64) % 64
    (<void**>start)[-1] = block
    return <double*>start


cdef void give_back(double* start) noexcept nogil:
    if start != NULL:
        free((<void**>start)[-1])


cdef array.array NUMBERS = array.array("d")


cdef class NativeMachine:
    """Runs a program for all examples; see machine.py."""

    cdef readonly object program
    cdef readonly list captured
    cdef list _sources, _keep
    cdef Plan plan
    cdef int[::1] source_slots, captured_slots
    cdef double[::1] template

    def __cinit__(self, program):
        cdef Py_ssize_t i
        cdef int[::1] column
        cdef unsigned char[::1] codes
        self.program = program
        self.plan.size, self.plan.uniform = program.size, program.uniform
        self.plan.base = (program.uniform + 7) // 8 * 8
        self.plan.count = len(program.runs)
        self.plan.loops = <Loop*>calloc(max(self.plan.count, 1), sizeof(Loop))
        if self.plan.loops == NULL:
            raise MemoryError()
        self._keep = []
        for i, run in enumerate(program.runs):
            loop = &self.plan.loops[i]
            loop.rule = -1 if run.rule is None else run.rule.index
            loop.start, loop.count = run.start, run.count
            loop.wanted = sum(bit << k for k, bit in enumerate(run.wanted))
            loop.varying = 8 * run.varying[0] + sum(bit << k for k, bit in enumerate(run.varying[1:]))
            columns = list(run.operands)
            for k, numbers in enumerate(columns):
                column = numbers
                if k == 0:
                    loop.a = &column[0]
                elif k == 1:
                    loop.b = &column[0]
                else:
                    loop.c = &column[0]
            if run.codes:
                codes = run.codes
                loop.codes, loop.terms = &codes[0], len(run.codes)
            self.plan.work += loop.count * max(loop.terms, 1)
            pairs = array.array("i", [int(part) for pair in run.guard for part in pair] or [0])
            column = pairs
            loop.guard, loop.guards = &column[0], len(run.guard)
            self._keep.append((columns, pairs, run.codes))
        template = array.array("d", bytes(8 * max(program.uniform, 1)))
        for slot, number in program.numbers:
            template[slot] = number
        self.template = template
        self._sources = program.captured
        self.source_slots = _ints(program.captured_slots)
        self.plan.inputs = len(program.input_slots)
        self.captured = [value for value in program.captured if type(value) is Value]
        self.captured_slots = _ints([slot for slot, value in zip(program.captured_slots, program.captured)
                                     if type(value) is Value])
        self.plan.captured_slots = &self.captured_slots[0]
        self.plan.differentiable = len(self.captured)

    def __dealloc__(self):
        free(self.plan.loops)

    def run(self, rows, list reads, list roots=[], double seed=1.0, list variables=[]):
        """Run forward, and back from each of the slots `roots`, for examples given by their inputs.

        Returns the numbers in the slots `reads`, an array with a row for each example, and for each root an array of
        the derivatives of the sum over the examples of seed times root: by each captured Value, then by the inputs
        `variables` of each example. Or None, when something outside a guard is not finite.
        """
        cdef Job job
        cdef Py_ssize_t i, chunk, root, count, captured = self.plan.differentiable
        cdef int[::1] read, root_slots, wanted_inputs
        cdef double[::1] view
        cdef double* total
        memset(&job, 0, sizeof(job))
        job.plan, job.examples, job.seed = &self.plan, len(rows), seed
        job.width = 1 if job.examples <= FEW else LANES
        job.tiles = (job.examples + job.width - 1) // job.width
        job.chunks = min(job.tiles, 2 if job.tiles < 8 else 4 if job.tiles < 16 else CHUNKS)
        job.reading, job.differentiating, job.variables = len(reads), len(roots), len(variables)
        read, root_slots, wanted_inputs = _ints(reads), _ints(roots), _ints(variables)
        job.reads, job.roots, job.wanted_inputs = &read[0], &root_slots[0], &wanted_inputs[0]
        job.fine = True
        numbers = array.clone(NUMBERS, job.examples * job.reading + 1, True)
        view = numbers
        job.numbers = &view[0]
        count = captured + job.examples * job.variables
        slopes = [array.clone(NUMBERS, count, True) for _ in roots]
        try:
            job.shared = <double*>malloc((self.plan.uniform + 1) * sizeof(double))
            job.totals = <double*>malloc((job.chunks * job.differentiating * captured + 1) * sizeof(double))
            job.slopes = <double**>malloc((job.differentiating + 1) * sizeof(double*))
            if job.shared == NULL or job.totals == NULL or job.slopes == NULL:
                raise MemoryError()
            for root in range(job.differentiating):
                view = slopes[root]
                job.slopes[root] = &view[0] if count else NULL
            kept = self._fill(&job, rows)
            with nogil:
                team_run(work, &job, min(HELPERS, job.chunks - 1) if self.plan.work * job.examples > WORTH_HELP else 0)
            if job.short_of_memory:
                raise MemoryError()
            for root in range(job.differentiating):
                for chunk in range(job.chunks):
                    total = job.totals + (chunk * job.differentiating + root) * captured
                    for i in range(captured):
                        job.slopes[root][i] += total[i]
                if not all_finite(job.slopes[root], count):
                    return None
            return (numbers, slopes) if job.fine else None
        finally:
            free(job.shared)
            free(job.totals)
            free(job.slopes)

    cdef object _fill(self, Job* job, rows):
        """Read the numbers that go into a run; what is returned holds those of the examples."""
        cdef Py_ssize_t i, number, at = 0
        cdef double[::1] view
        cdef double[:, ::1] matrix
        memcpy(job.shared, &self.template[0], self.plan.uniform * sizeof(double))
        if type(rows) is not list:
            matrix = rows
            for i in range(len(self._sources)):
                job.shared[self.source_slots[i]] = (<Value>PyList_GET_ITEM(self._sources, i))._data
            job.inputs = &matrix[0, 0]
            if matrix.shape[0] != job.examples or matrix.shape[1] != self.plan.inputs:
                raise ArgumentError(f"a recording of {self.plan.inputs} inputs was run on an array of shape "
                                    f"({matrix.shape[0]}, {matrix.shape[1]}).")
            if not all_finite(job.inputs, job.examples * self.plan.inputs):
                for at in range(job.examples * self.plan.inputs):
                    as_float(job.inputs[at])
            return matrix  # which holds the array as it is
        kept = array.clone(NUMBERS, job.examples * self.plan.inputs + 1, False)
        view = kept
        job.inputs = &view[0]
        for number in range(job.examples):
            for i in range(self.plan.inputs):
                leaf = checked_item(rows, number, i)  # the __float__ of the one before may have changed the lists
                job.inputs[at] = (<double>leaf if type(leaf) is float else (<Value>leaf)._data
                                  if isinstance(leaf, Value) else as_float(leaf))
                if job.inputs[at] - job.inputs[at] != 0.0:
                    as_float(leaf)
                at += 1
        # Captured Values are read last, when nothing can change them any more.
        for i in range(len(self._sources)):
            job.shared[self.source_slots[i]] = (<Value>PyList_GET_ITEM(self._sources, i))._data
        return kept


@cython.boundscheck(True)
cdef checked_item(list rows, Py_ssize_t number, Py_ssize_t i):
    cdef list row = rows[number]
    return row[i]


def threads():
    """How many threads may work on a batch: GLASSGRAD_THREADS, or as many processors as this process may use."""
    chosen = os.environ.get("GLASSGRAD_THREADS")
    if chosen:
        if not chosen.isdecimal() or int(chosen) < 1:
            raise ArgumentError(f"GLASSGRAD_THREADS is a number of threads, 1 or more, got {chosen!r}.")
        return int(chosen)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # a container may be given the time of fewer
        with open("/sys/fs/cgroup/cpu.max") as file:
            share, period = map(int, file.read().split())
        count = min(count, share // period)
    return max(count, 1)


cdef int HELPERS = min(threads(), CHUNKS) - 1
team_begin()


def _ints(numbers):
    return array.array("i", list(numbers) or [0])
