# The machine that runs recorded programs, compiled: what machine.py does, with a loop of C for each run.
#
# The examples of a batch are taken LANES at a time, a tile, whose memory fits into the processor's cache: first the
# numbers that all examples share, then for each other slot a number an example, side by side. A single example is a
# tile of one lane. The loops, one forward and one backward for each rule, are written by native.py. Neighbouring tiles
# make up a chunk, and threads share the chunks; sums over chunks are always taken in the same order.

from cpython cimport array

import os
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

cdef enum:
    LANES = 16
    FEW = 3  # so many examples are run one by one
    CHUNKS = 8  # into so many parts a batch is split
    WORTH_THREADS = 600_000  # slots times examples from which on waking another thread pays


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
    void sums_forward(double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, int, int, const int*,
                      const int*, const unsigned char*) noexcept nogil
    void sums_backward(double*, double*, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, Py_ssize_t, int, int,
                       const int*, const int*, const unsigned char*) noexcept nogil

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
    cdef Py_ssize_t n = loop.count * lanes
    cdef double sum0 = 0.0, sum1 = 0.0, sum2 = 0.0, sum3 = 0.0
    if loop.guards:
        for lane in range(lanes):
            if not holds(loop, room, lane):
                for k in range(loop.count):
                    out[k * lanes + lane] = 0.0
    k = 0
    while k + 4 <= n:
        sum0 += out[k] - out[k]
        sum1 += out[k + 1] - out[k + 1]
        sum2 += out[k + 2] - out[k + 2]
        sum3 += out[k + 3] - out[k + 3]
        k += 4
    while k < n:
        sum0 += out[k] - out[k]
        k += 1
    return sum0 + sum1 + sum2 + sum3 == 0.0


cdef class Job:
    """One run of a program: what goes in, and what comes out."""

    cdef NativeMachine machine
    cdef Py_ssize_t examples, width, tiles, chunks, reading, differentiating, variables
    cdef double seed
    cdef double* shared  # the uniform slots: numbers and captured Values
    cdef double* inputs  # of every example
    cdef double* totals  # for each chunk and root the derivatives by the captured Values
    cdef double* numbers
    cdef double** slopes  # by root
    cdef int[::1] reads, roots, wanted_inputs
    cdef bint fine
    cdef object results  # the arrays that `numbers` and `slopes` point into, for threads that outlive an interrupted call

    def __dealloc__(self):
        free(self.shared)
        free(self.inputs)
        free(self.totals)
        free(self.slopes)

    def run(self, Py_ssize_t first, Py_ssize_t step):
        """Run the chunks first, first + step, first + 2 * step ... of the job."""
        cdef Room room
        cdef Py_ssize_t chunk = first
        cdef bint fine = True
        cdef Py_ssize_t cells = self.machine.cells(self.width)
        room.uniform, room.base, room.lanes = self.machine.uniform, self.machine.base, self.width
        if self.width == 1:
            room.base = room.uniform  # a slot is then a place
        room.memory, room.adjoint = aligned(cells), aligned(cells) if self.differentiating else NULL
        if room.memory == NULL or (self.differentiating and room.adjoint == NULL):
            give_back(room.memory)
            give_back(room.adjoint)
            raise MemoryError()
        with nogil:
            memcpy(room.memory, self.shared, room.uniform * sizeof(double))
            while fine and chunk < self.chunks:
                fine = self.chunk(&room, chunk)
                chunk += step
        give_back(room.memory)
        give_back(room.adjoint)
        if not fine:
            self.fine = False

    cdef bint chunk(self, Room* room, Py_ssize_t number) noexcept nogil:
        cdef Py_ssize_t tile, root, k, last = self.tiles * (number + 1) // self.chunks
        cdef Py_ssize_t captured = self.machine.differentiable
        cdef double* total
        if self.differentiating == 0:
            for tile in range(self.tiles * number // self.chunks, last):
                if not self.forward(room, tile):
                    return False
            return True
        for root in range(self.differentiating):
            memset(room.adjoint, 0, room.uniform * sizeof(double))
            for tile in range(self.tiles * number // self.chunks, last):
                # With one root and several tiles each goes forward and back at once, while its memory is near.
                if (root == 0 or self.tiles > 1) and not self.forward(room, tile):
                    return False
                self.reverse(room, tile, root)
            total = self.totals + (number * self.differentiating + root) * captured
            for k in range(captured):
                total[k] = room.adjoint[self.machine.captured_slots[k]]
        return True

    cdef bint forward(self, Room* room, Py_ssize_t tile) noexcept nogil:
        cdef Py_ssize_t i, lane, example, first = tile * self.width, inputs = self.machine.inputs
        cdef Loop* loop
        cdef double* row
        for i in range(inputs):
            row = room.memory + room.base + i * room.lanes
            for lane in range(room.lanes):
                example = first + lane if first + lane < self.examples else self.examples - 1
                row[lane] = self.inputs[example * inputs + i]
        for i in range(self.machine.count):
            loop = &self.machine.loops[i]
            if loop.terms:
                sums_forward(room.memory, room.uniform, room.base, room.lanes, loop.start, loop.count, loop.terms,
                             loop.varying, loop.a, loop.b, loop.codes)
            else:
                FORWARD[loop.rule](loop, room)
            if not finished(loop, room):
                return False
        for lane in range(min(room.lanes, self.examples - first)):
            for i in range(self.reading):
                self.numbers[(first + lane) * self.reading + i] = room.memory[
                    place(room, self.reads[i]) + (lane if self.reads[i] >= room.uniform else 0)]
        return True

    cdef void reverse(self, Room* room, Py_ssize_t tile, Py_ssize_t root) noexcept nogil:
        cdef Py_ssize_t i, lane, first = tile * self.width
        cdef Loop* loop
        cdef int slot = self.roots[root]
        cdef double* adjoint = room.adjoint
        memset(adjoint + room.base, 0, (self.machine.size - room.uniform) * room.lanes * sizeof(double))
        for lane in range(min(room.lanes, self.examples - first)):
            adjoint[place(room, slot) + (lane if slot >= room.uniform else 0)] += self.seed
        for i in range(self.machine.count - 1, -1, -1):
            loop = &self.machine.loops[i]
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
        for lane in range(min(room.lanes, self.examples - first)):
            for i in range(self.variables):
                self.slopes[root][self.machine.differentiable + (first + lane) * self.variables + i] = adjoint[
                    room.base + self.wanted_inputs[i] * room.lanes + lane]


cdef double* aligned(Py_ssize_t cells) noexcept:
    """Memory that begins at a multiple of 64 bytes."""
    cdef char* block = <char*>malloc(cells * sizeof(double) + 64 + sizeof(void*))
    if block == NULL:
        return NULL
    cdef char* start = block + sizeof(void*)
    start += (64 - <size_t>start % 64) % 64
    (<void**>start)[-1] = block
    return <double*>start


cdef void give_back(double* start) noexcept:
    if start != NULL:
        free((<void**>start)[-1])


cdef class NativeMachine:
    """Runs a program for all examples; see machine.py."""

    cdef readonly object program
    cdef readonly list captured
    cdef list _sources, _keep
    cdef Py_ssize_t size, uniform, base, count, inputs, differentiable
    cdef Loop* loops
    cdef int[::1] source_slots, captured_slots
    cdef double[::1] template

    def __cinit__(self, program):
        cdef Py_ssize_t i
        cdef int[::1] column
        cdef unsigned char[::1] codes
        self.program = program
        self.size, self.uniform = program.size, program.uniform
        self.base = (self.uniform + 7) // 8 * 8
        self.count = len(program.runs)
        self.loops = <Loop*>calloc(max(self.count, 1), sizeof(Loop))
        if self.loops == NULL:
            raise MemoryError()
        self._keep = []
        for i, run in enumerate(program.runs):
            loop = &self.loops[i]
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
            pairs = array.array("i", [int(part) for pair in run.guard for part in pair] or [0])
            column = pairs
            loop.guard, loop.guards = &column[0], len(run.guard)
            self._keep.append((columns, pairs, run.codes))
        template = array.array("d", bytes(8 * max(self.uniform, 1)))
        for slot, number in program.numbers:
            template[slot] = number
        self.template = template
        self._sources = program.captured
        self.source_slots = _ints(program.captured_slots)
        self.inputs = len(program.input_slots)
        self.captured = [value for value in program.captured if type(value) is Value]
        self.captured_slots = _ints([slot for slot, value in zip(program.captured_slots, program.captured)
                                     if type(value) is Value])
        self.differentiable = len(self.captured)

    def __dealloc__(self):
        free(self.loops)

    cdef Py_ssize_t cells(self, Py_ssize_t lanes) noexcept:
        """The numbers in a memory of so many lanes."""
        return self.base + (self.size - self.uniform) * lanes + 1

    def run(self, rows, list reads, list roots=[], double seed=1.0, list variables=[]):
        """Run forward, and back from each of the slots `roots`, for examples given by their inputs.

        Returns the numbers in the slots `reads`, an array with a row for each example, and for each root an array of
        the derivatives of the sum over the examples of seed times root: by each captured Value, then by the inputs
        `variables` of each example. Or None, when something outside a guard is not finite.
        """
        cdef Job job = Job()
        cdef Py_ssize_t i, chunk, root, count
        cdef double[::1] view
        cdef double total
        job.machine, job.examples, job.seed = self, len(rows), seed
        job.width = 1 if job.examples <= FEW else LANES
        job.tiles = (job.examples + job.width - 1) // job.width
        job.chunks = min(job.tiles, CHUNKS)
        job.reading, job.differentiating, job.variables = len(reads), len(roots), len(variables)
        job.reads, job.roots, job.wanted_inputs = _ints(reads), _ints(roots), _ints(variables)
        job.fine = True
        job.shared = <double*>malloc((self.uniform + 1) * sizeof(double))
        job.inputs = <double*>malloc((job.examples * self.inputs + 1) * sizeof(double))
        job.totals = <double*>malloc((job.chunks * job.differentiating * self.differentiable + 1) * sizeof(double))
        job.slopes = <double**>malloc((job.differentiating + 1) * sizeof(double*))
        if job.shared == NULL or job.inputs == NULL or job.totals == NULL or job.slopes == NULL:
            raise MemoryError()
        self._fill(job, rows)
        numbers = array.array("d", bytes(8 * (job.examples * job.reading + 1)))
        view = numbers
        job.numbers = &view[0]
        count = self.differentiable + job.examples * job.variables
        slopes = [array.array("d", bytes(8 * count)) for _ in roots]
        job.results = numbers, slopes
        for root in range(job.differentiating):
            view = slopes[root]
            job.slopes[root] = &view[0] if count else NULL
        if job.chunks > 1 and self.size * job.examples > WORTH_THREADS and CORES > 1:
            share = min(CORES, job.chunks)
            others = [_helpers().submit(job.run, k, share) for k in range(1, share)]
            try:
                job.run(0, share)
            finally:
                for other in others:
                    other.result()
        else:
            job.run(0, 1)
        if not job.fine:
            return None
        total = 0.0
        for root in range(job.differentiating):
            for chunk in range(job.chunks):
                for i in range(self.differentiable):
                    job.slopes[root][i] += job.totals[(chunk * job.differentiating + root) * self.differentiable + i]
            for i in range(count):
                total += job.slopes[root][i] - job.slopes[root][i]
        return (numbers, slopes) if total == 0.0 else None

    cdef _fill(self, Job job, rows):
        """The numbers that go into a run."""
        cdef Py_ssize_t i, at = 0
        cdef list row
        cdef double[:, ::1] matrix
        memcpy(job.shared, &self.template[0], self.uniform * sizeof(double))
        for i in range(len(self._sources)):
            job.shared[self.source_slots[i]] = (<Value>self._sources[i])._data
        if type(rows) is not list:
            matrix = rows
            memcpy(job.inputs, &matrix[0, 0], job.examples * self.inputs * sizeof(double))
            for at in range(job.examples * self.inputs):
                if job.inputs[at] - job.inputs[at] != 0.0:
                    as_float(job.inputs[at])
            return
        for row in rows:
            for i in range(self.inputs):
                leaf = row[i]
                job.inputs[at] = (<double>leaf if type(leaf) is float else (<Value>leaf)._data
                                  if isinstance(leaf, Value) else as_float(leaf))
                if job.inputs[at] - job.inputs[at] != 0.0:
                    as_float(leaf)
                at += 1


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_threads = None


def _helpers():
    """The threads beside the calling one."""
    global _threads
    if _threads is None:
        from concurrent.futures import ThreadPoolExecutor
        _threads = ThreadPoolExecutor(CORES - 1, "autograd")
    return _threads


def _forget_threads():
    global _threads
    _threads = None  # a forked process has none of them


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def _ints(numbers):
    return array.array("i", list(numbers) or [0])
