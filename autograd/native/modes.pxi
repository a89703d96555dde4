# The modes of a thread, in C variables. They begin and end in C, so that no interrupt comes in between.

# How many threads are in at least one mode, and one more while numbers are away from their Values (see flats.pxi).
cdef int modes = 0

cdef extern from *:
    """
    #ifdef _MSC_VER
    #define OF_THIS_THREAD __declspec(thread)
    #else
    #define OF_THIS_THREAD __thread
    #endif
    static OF_THIS_THREAD int entered_here = 0;  /* whether this thread has ever entered a mode */
    static OF_THIS_THREAD int no_grad_here = 0;
    static OF_THIS_THREAD int lines_here = 0;
    static OF_THIS_THREAD int scoped_here = 0;  /* how deep in record_scopes() */
    static OF_THIS_THREAD PyObject* recorder_here = NULL;
    #define MOST_SCOPES 256
    static OF_THIS_THREAD int scopes_here = 0;  /* how many Scopes are open */
    static OF_THIS_THREAD unsigned long numbers_here[MOST_SCOPES];  /* their numbers, as far as there is room */
    """
    int MOST_SCOPES, scopes_here
    unsigned long *numbers_here
    int entered_here, no_grad_here, lines_here, scoped_here
    PyObject* recorder_here  # a counted reference

cdef extern from "Python.h":
    void Py_XINCREF(PyObject*) noexcept
    void Py_XDECREF(PyObject*) noexcept


cdef void set_modes(int no_grad, int lines, int scoped, PyObject* recorder) noexcept:
    global no_grad_here, lines_here, scoped_here, recorder_here, modes
    modes += ((no_grad != 0 or lines != 0 or scoped != 0 or recorder != NULL)
                - (no_grad_here != 0 or lines_here != 0 or scoped_here != 0 or recorder_here != NULL))
    before = recorder_here
    no_grad_here, lines_here, scoped_here, recorder_here = no_grad, lines, scoped, recorder
    Py_XINCREF(recorder)
    Py_XDECREF(before)


cdef unsigned long scopes_so_far = 0

cdef inline bint gradients_here() noexcept:
    return no_grad_here == 0


cdef class End:
    """Lives as long as a thread that has entered a mode; at the thread's end it ends the modes that are still on."""

    def __dealloc__(self):
        set_modes(0, 0, 0, NULL)


_of_this_thread = threading.local()


cdef int begin_modes(int no_grad, int lines, int scoped, PyObject* recorder) except -1:
    global entered_here
    if not entered_here:
        _of_this_thread.end = End()
        entered_here = True
    set_modes(no_grad, lines, scoped, recorder)
    return 0


@cython.no_gc
cdef class Scope:
    """Hands operations to a recorder, or lets them build graphs, from __enter__ until `with` releases this object.

    `with` always releases it, even where a debugger leaves the block without calling __exit__. An interrupt may keep it
    from being left until the error's traceback goes; if a Scope around it has been left before, it changes nothing.
    """

    cdef object recorder, recorder_outside
    cdef int no_grad, no_grad_outside
    cdef bint open
    cdef unsigned long thread, number
    cdef int depth

    def __cinit__(self, recorder, int no_grad):
        self.recorder, self.no_grad = recorder, no_grad

    def __enter__(self):
        global scopes_here, scopes_so_far
        self.recorder_outside, self.no_grad_outside = this_thread.recorder, no_grad_here
        self.thread, self.open = PyThread_get_thread_ident(), True
        scopes_so_far += 1
        self.number, self.depth = scopes_so_far, scopes_here
        if self.depth < MOST_SCOPES:
            numbers_here[self.depth] = self.number
        scopes_here += 1
        begin_modes(self.no_grad, lines_here, scoped_here, NULL if self.recorder is None else <PyObject*>self.recorder)

    def __exit__(self, *error):
        self.leave()

    def __dealloc__(self):
        self.leave()

    cdef void leave(self) noexcept:
        global scopes_here
        if not self.open or self.thread != PyThread_get_thread_ident():
            return
        self.open = False
        if self.depth < scopes_here and (self.depth >= MOST_SCOPES or numbers_here[self.depth] == self.number):
            scopes_here = self.depth
            set_modes(self.no_grad_outside, lines_here, scoped_here,
                      NULL if self.recorder_outside is None else <PyObject*>self.recorder_outside)


def recording(recorder):
    return Scope(recorder, no_grad_here)


def graph_wanted():
    return Scope(this_thread.recorder, 0)


cdef class Depth:
    """How deep a thread is nested in no_grad(), in record_lines(), or in record_scopes(): each 1 for the mode meant."""

    cdef int no_grad, lines, scoped

    def __cinit__(self, bint lines, bint scoped):
        self.no_grad, self.lines, self.scoped = not (lines or scoped), lines, scoped

    def __enter__(self):
        begin_modes(no_grad_here + self.no_grad, lines_here + self.lines, scoped_here + self.scoped, recorder_here)
        return True

    def __exit__(self, *error):
        # A mode may be left in another thread: e.g. in a generator that one thread began and another ends.
        if no_grad_here < self.no_grad or lines_here < self.lines or scoped_here < self.scoped:
            raise RuntimeError("a thread can only leave a mode that it has entered")
        set_modes(no_grad_here - self.no_grad, lines_here - self.lines, scoped_here - self.scoped, recorder_here)


cdef class _ThreadModes:
    @property
    def no_grad(self):
        return no_grad_here != 0

    @property
    def record_lines(self):
        return lines_here != 0

    @property
    def record_scopes(self):
        return scoped_here != 0

    @property
    def recorder(self):
        return None if recorder_here == NULL else <object>recorder_here

    def lock(self, mode):
        return Depth(mode is record_lines, mode is record_scopes)

    def watched(self, held):
        return held

    def in_mode(self):
        return any_mode()


this_thread = _ThreadModes()


def any_mode():
    return modes != (away != NULL)
