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
    cdef list _inputs
    cdef Py_ssize_t _next  # the index of the parent that the search looks at next
    cdef Numbers _slopes
    cdef readonly object again


cdef class Tracer(Value):
    cdef readonly int place
    cdef readonly int level
    cdef readonly int guard
    cdef readonly int slot
    cdef int uses
    cdef int last_user
    cdef int user_before_a
    cdef int user_before_b
    cdef readonly bint wanted
    cdef readonly int kind
    cdef readonly bint varying
    cdef readonly object recorder
    cdef readonly object source
    cdef list terms
    cpdef matches(self, Tracer other)
    cpdef _places(self)


cdef class Recorder:
    cdef readonly list tracers
    cdef readonly list inputs
    cdef readonly list generators
    cdef readonly dict states
    cdef readonly list guards
    cdef int guard
    cdef readonly dict watched
    cdef readonly list born
    cdef public list lines
    cdef readonly object spoilt
    cdef public bint differentiated
    cdef dict _captured
    cdef dict _numbers
    cdef dict _guard_of
    cpdef add(self, int rule, Tracer a, Tracer b, Tracer c, bint wanted)
    cpdef input(self, kind)
    cpdef tracer(self, operand)
    cpdef _source(self, source, bint wanted)
    cpdef operation(self, int rule, Tracer a, Tracer b, Tracer c)
    cpdef _known(self, int rule, Tracer a, Tracer b, Tracer c, bint wanted)
    cpdef forget_uses(self)
