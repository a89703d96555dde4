"""The fields of the compiled classes."""

from cpython.array cimport array as Numbers


cdef class Value:
    # In the order in which a pass uses them, so that they lie within one cache line; see Node in nodes.pxi.
    cdef int _rule
    cdef int _mark
    cdef Value _a
    cdef Value _b
    cdef double _da
    cdef double _db
    cdef double _grad
    cdef double _data
    cdef object _label
    cdef Value _c
    cdef double _dc


cdef class Constant(Value):
    pass


cdef class ReplayedNode(Value):
    cdef list _others
    cdef Py_ssize_t _next  # the index of the parent that the search looks at next
    cdef Numbers _slopes
    cdef object _leading
    cdef object _graph
    cdef object _rows
    cdef object _origin


cdef class Tape:
    cdef readonly int count
    cdef readonly int[::1] rule
    cdef readonly int[::1] a
    cdef readonly int[::1] b
    cdef readonly int[::1] c
    cdef readonly int[::1] guard_of
    cdef readonly int[::1] scope_of
    cdef readonly unsigned char[::1] flags
    cdef int[::1] last_user
    cdef int[::1] user_before_a
    cdef int[::1] user_before_b
    cdef readonly list sources
    cdef readonly list inputs
    cdef public list guards
    cdef public dict labels
    cdef public int guard
    cdef public int scope
    cdef public list scopes
    cdef dict _scope_of_path
    cdef public bint deriving
    cdef readonly int zero
    cdef readonly int minus_zero
    cdef readonly int one
    cdef dict _guard_of
    cdef dict _captured
    cdef dict _numbers
    cdef public list choices
    cdef dict _choice_of
    cdef dict _taken
    cpdef int add(self, int rule, int a, int b, int c, int flags) except -1
    cpdef _make_room(self, count)
    cpdef int operation(self, int rule, int a, int b, int c) except -1
    cpdef int _known(self, int rule, int a, int b, int c, int flags) except -2
    cpdef int emitted(self, int rule, int a, int b, int c) except -1
    cpdef int taken(self, int index, places) except -1
    cpdef items_at(self, int place)
    cpdef number_at(self, int place)
    cpdef int number(self, number) except -1
    cpdef int source(self, source, bint wanted, int kind) except -1


cdef class Tracer(Value):
    cdef readonly int place
    cdef readonly Recorder recorder


cdef class Recorder(Tape):
    cdef readonly list generators
    cdef readonly dict states
    cdef readonly dict watched
    cdef readonly list born
    cdef public list lines
    cdef readonly object spoilt
    cdef public bint differentiated
    cdef readonly list derivations
    cdef readonly list differentiated_values
    cpdef traced(self, int place)
    cpdef int place_of(self, operand) except -1


cdef class Partial:
    cdef readonly int position
    cdef readonly int kind
    cdef readonly int operand
    cdef readonly double number
    cdef readonly object fragment


cdef class Facts:
    cdef readonly unsigned char[::1] wanted
    cdef readonly unsigned char[::1] varying
    cdef readonly int[::1] uses
    cdef readonly int[::1] level
    cdef readonly int[::1] slot
    cdef readonly int[::1] first
    cdef readonly int[::1] terms
    cdef readonly int[::1] factors
    cdef readonly int filled
    cdef dict choices


cdef class Blocks:
    cdef readonly int[::1] rule
    cdef readonly int[::1] start
    cdef readonly int[::1] count
    cdef readonly int[::1] at
    cdef readonly int[::1] guard
    cdef readonly int[::1] scope
    cdef readonly int[::1] codes
    cdef readonly int[::1] wanted
    cdef readonly int[::1] varying
    cdef readonly int[::1] a
    cdef readonly int[::1] b
    cdef readonly int[::1] c
    cdef readonly list guards
    cdef readonly list all_codes
    cdef readonly list choices
    cdef readonly list scopes
