# The machine that runs recorded programs, compiled: what machine.py does, with a loop of C for each run.
#
# The memory of a program holds `uniform` numbers that all examples share, then for each other slot one number an example
# (a lane), side by side. The loops, one forward and one backward for each rule, are written by native.py.

from cpython cimport array

import array
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy


ctypedef struct Loop:
    int rule, wanted, varying  # wanted and varying: bits for the inputs; bit 3 of varying for the results
    Py_ssize_t start, count
    int* a
    int* b
    int* c
    int guards
    int* guard  # pairs of slot and side


ctypedef struct Room:
    double* memory
    double* adjoint
    Py_ssize_t uniform, lanes


ctypedef void (*Kernel)(Loop*, Room*) noexcept nogil

cdef Kernel[512] FORWARD  # by the index of the rule
cdef Kernel[512] BACKWARD


cdef inline Py_ssize_t place(Room* room, int slot) noexcept nogil:
    return slot if slot < room.uniform else room.uniform + (slot - room.uniform) * room.lanes


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


cdef class NativeState:
    """The memory of a program after a run forward."""

    cdef Room room

    def __dealloc__(self):
        free(self.room.memory)

    def number(self, Py_ssize_t lane, int slot):
        """The number in a slot for one example."""
        cdef Py_ssize_t at = place(&self.room, slot)
        return self.room.memory[at + lane if slot >= self.room.uniform else at]


cdef class NativeMachine:
    """Runs a program for all examples at once; see machine.py."""

    cdef readonly object program
    cdef readonly list captured
    cdef list _sources, _keep
    cdef Py_ssize_t size, uniform, count, inputs
    cdef Loop* loops
    cdef int[::1] source_slots, input_slots, captured_slots
    cdef double[::1] template

    def __cinit__(self, program):
        cdef Py_ssize_t i
        cdef int[::1] column
        self.program = program
        self.size, self.uniform = program.size, program.uniform
        self.count = len(program.runs)
        self.loops = <Loop*>calloc(max(self.count, 1), sizeof(Loop))
        self._keep = []
        for i, run in enumerate(program.runs):
            loop = &self.loops[i]
            loop.rule, loop.start, loop.count = run.rule.index, run.start, run.count
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
            pairs = array.array("i", [int(part) for pair in run.guard for part in pair] or [0])
            column = pairs
            loop.guard, loop.guards = &column[0], len(run.guard)
            self._keep.append((columns, pairs))
        template = array.array("d", bytes(8 * max(self.uniform, 1)))
        for slot, number in program.numbers:
            template[slot] = number
        self.template = template
        self._sources = program.captured
        self.source_slots = _ints(program.captured_slots)
        self.input_slots = _ints(program.input_slots)
        self.inputs = len(program.input_slots)
        self.captured = [value for value in program.captured if type(value) is Value]
        self.captured_slots = _ints([slot for slot, value in zip(program.captured_slots, program.captured)
                                     if type(value) is Value])

    def __dealloc__(self):
        free(self.loops)

    def bytes(self):
        """The size of the memory that one example takes."""
        return 16 * self.size

    def forward(self, list rows):
        """Run forward for examples given by their inputs; None when something outside a guard is not finite."""
        cdef NativeState state = NativeState()
        cdef Room* room = &state.room
        cdef Py_ssize_t i, lane
        cdef bint fine
        cdef list row
        room.uniform, room.lanes = self.uniform, len(rows)
        room.memory = <double*>malloc((self.uniform + (self.size - self.uniform) * room.lanes + 1) * sizeof(double))
        if room.memory == NULL:
            raise MemoryError()
        memcpy(room.memory, &self.template[0], self.uniform * sizeof(double))
        for i in range(len(self._sources)):
            room.memory[self.source_slots[i]] = (<Value>self._sources[i])._data
        for lane in range(room.lanes):
            row = rows[lane]
            for i in range(self.inputs):
                leaf = row[i]
                room.memory[place(room, self.input_slots[i]) + lane] = (
                    <double>leaf if type(leaf) is float else (<Value>leaf)._data if isinstance(leaf, Value)
                    else as_float(leaf))
        with nogil:
            fine = self._forward(room)
        return state if fine else None

    cdef bint _forward(self, Room* room) noexcept nogil:
        cdef Py_ssize_t i
        for i in range(self.count):
            FORWARD[self.loops[i].rule](&self.loops[i], room)
            if not finished(&self.loops[i], room):
                return False
        return True

    def reverse(self, NativeState state, int slot, list seeds, list variables):
        """The derivatives of the sum over the examples of seed times slot: for each captured Value, then for the given
        inputs of each example, as an array; None when one is not finite."""
        cdef Room room = state.room
        cdef Py_ssize_t i, lane, at, n = self.uniform + (self.size - self.uniform) * room.lanes
        cdef int number
        cdef double total
        slopes = array.array("d", bytes(8 * (len(self.captured) + len(variables) * room.lanes)))
        cdef double[::1] found = slopes
        room.adjoint = <double*>calloc(n + 1, sizeof(double))
        if room.adjoint == NULL:
            raise MemoryError()
        for lane in range(room.lanes):
            room.adjoint[place(&room, slot) + (lane if slot >= room.uniform else 0)] += seeds[lane]
        with nogil:
            for i in range(self.count - 1, -1, -1):
                if self.loops[i].wanted:
                    BACKWARD[self.loops[i].rule](&self.loops[i], &room)
        for i in range(len(self.captured)):
            found[i] = room.adjoint[self.captured_slots[i]]
        at = len(self.captured)
        for lane in range(room.lanes):
            for number in variables:
                found[at] = room.adjoint[place(&room, self.input_slots[number]) + lane]
                at += 1
        free(room.adjoint)
        total = 0.0
        for i in range(at):
            total += found[i] - found[i]
        return slopes if total == 0.0 else None


def _ints(numbers):
    return array.array("i", list(numbers) or [0])
