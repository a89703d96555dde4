# Nodes in the compiled engine: where they are in memory, how they are made and freed.
#
# They lie in slabs, side by side in the order in which they were made. A pass visits them in much the same order, so
# the processor has usually fetched the next ones already. A slab whose nodes are all gone is refilled from its start.

from autograd.engine.habits import no_attribute

cdef enum:
    UNSEEN = -1  # the `_mark` of a node outside a pass
    ON_PATH = -2  # that of a node on the path of the search; a constant has 0, any other node its place in the order


cdef extern from "Python.h":
    ctypedef struct PyObject:
        pass

    ctypedef struct Node "struct __pyx_obj_8autograd_6native_7_engine_Value":  # a Value, not counted
        int _rule
        int _mark
        Node* _a
        Node* _b
        double _da
        double _db
        double _grad
        double _data
        PyObject* _label
        Node* _c
        double _dc

    ctypedef struct Trace "struct __pyx_obj_8autograd_6native_7_engine_Tracer":  # what a Tracer has after that
        int place
        PyObject* recorder

    ctypedef PyObject* (*vectorcallfunc)(PyObject*, PyObject**, size_t, PyObject*) except NULL  # without a const

    ctypedef struct Type "PyTypeObject":
        const char* tp_name
        PyObject* (*tp_alloc)(Type*, Py_ssize_t) except NULL
        void (*tp_dealloc)(PyObject*) noexcept
        void (*tp_free)(void*) noexcept
        vectorcallfunc tp_vectorcall
        PyObject* (*tp_call)(PyObject*, PyObject*, PyObject*) except NULL
        Py_hash_t (*tp_hash)(PyObject*) except -1
        int (*tp_setattro)(PyObject*, PyObject*, PyObject*) except -1
        PyObject* tp_dict
    void PyType_Modified(Type*)
    int PyObject_GenericSetAttr(PyObject*, PyObject*, PyObject*) except -1
    PyObject* PyType_GenericAlloc(Type*, Py_ssize_t) except NULL

    Node* NOTHING "((struct __pyx_obj_8autograd_6native_7_engine_Value*)Py_None)"
    Type* Py_TYPE(void*) noexcept
    Py_ssize_t Py_REFCNT(void*) noexcept
    PyObject* PyObject_Init(PyObject*, Type*) noexcept
    PyObject* PyList_GET_ITEM(object, Py_ssize_t)  # borrowed
    Type PyType_Type
    Py_ssize_t PyVectorcall_NARGS(size_t) noexcept
    void Py_INCREF(PyObject*) noexcept
    void Py_DECREF(PyObject*) noexcept


cdef extern from *:
    """
    #if CYTHON_USE_TYPE_SPECS
    #error "Nodes do not count as references to their type, so it must be a static one."
    #endif
    #ifdef Py_GIL_DISABLED
    #error "Passes rely on the GIL: no other thread may change a mark in their midst."
    #endif
    #define BEGIN(node, type) (memset(node, 0, sizeof(PyObject)), Py_SET_TYPE((PyObject*)(node), type))
    """
    void BEGIN(Node*, Type*) noexcept  # an object without references yet
    void Py_SET_TYPE(PyObject*, Type*) noexcept


cdef extern from "memory.h":
    size_t SLAB
    void* SLAB_OF(void*) noexcept
    void* new_memory(size_t, bint) noexcept
    void delete_memory(void*, size_t) noexcept
    bint reclaim_later(void*, size_t) noexcept
    void* new_slab() noexcept
    void delete_slab(void*) noexcept


cdef struct Slab:
    Pool* pool
    Slab* before
    Slab* after
    Node* free  # freed places, linked by `_a`
    char* fresh  # the first place that has not been used since the slab was last empty
    char* end
    Py_ssize_t used


cdef struct Pool:
    size_t place  # the size of a place
    Py_ssize_t kept  # how many empty slabs are kept
    Slab* current  # where new nodes go; it is in no list
    Slab* roomy  # the others that are not full, a doubly linked list
    Py_ssize_t empty  # how many of these are empty


cdef inline Node* item(list nodes, Py_ssize_t i) noexcept:
    return <Node*>PyList_GET_ITEM(nodes, i)


cdef Slab no_slab  # it counts as full
cdef Pool nodes = Pool(sizeof(Node), 16, &no_slab, NULL, 0)
cdef Pool tracers = Pool(sizeof(Trace), 4, &no_slab, NULL, 0)


cdef inline Node* new_place(Pool* pool) except NULL:
    """Memory for a node."""
    slab = pool.current
    place = slab.free
    if place != NULL:
        slab.free = place._a
    else:
        if slab.fresh == slab.end:
            find_room(pool)
            return new_place(pool)
        place = <Node*>slab.fresh
        slab.fresh += pool.place
    slab.used += 1
    return place


cdef int find_room(Pool* pool) except -1:
    """Make another slab the current one."""
    slab = pool.roomy
    if slab == NULL:
        slab = <Slab*>new_slab()
        if slab == NULL:
            raise MemoryError()
        memset(slab, 0, sizeof(Slab))
        slab.pool = pool
        make_empty(slab)
    else:
        pool.empty -= slab.used == 0
        leave_list(slab)
    pool.current = slab
    return 0


cdef inline void give_place_back(Node* place) noexcept:
    slab = <Slab*>SLAB_OF(place)
    was_full = slab.free == NULL and slab.fresh == slab.end
    place._a = slab.free
    slab.free = place
    slab.used -= 1
    if slab != slab.pool.current:
        if was_full:
            join_list(slab)
        if slab.used == 0:
            retire(slab)
    elif slab.used == 0:
        make_empty(slab)


cdef void make_empty(Slab* slab) noexcept:
    slab.free = NULL
    slab.fresh = <char*>(slab + 1)
    slab.end = slab.fresh + (SLAB - sizeof(Slab)) // slab.pool.place * slab.pool.place


cdef void retire(Slab* slab) noexcept:
    """Keep an empty slab for later use, or delete it."""
    if slab.pool.empty == slab.pool.kept:
        leave_list(slab)
        delete_slab(slab)
    else:
        make_empty(slab)
        slab.pool.empty += 1


cdef void join_list(Slab* slab) noexcept:
    slab.before, slab.after = NULL, slab.pool.roomy
    if slab.after != NULL:
        slab.after.before = slab
    slab.pool.roomy = slab


cdef void leave_list(Slab* slab) noexcept:
    if slab.before == NULL:
        slab.pool.roomy = slab.after
    else:
        slab.before.after = slab.after
    if slab.after != NULL:
        slab.after.before = slab.before


cdef inline Value new_node(int rule, double data, Value a, double da, Value b, double db, Value c, double dc):
    """A new Value with the parents a, b and c; b and c may be None."""
    node = new_place(&nodes)
    BEGIN(node, <Type*>Value)
    fill(node, rule, UNSEEN, data, <Node*>a, da, <Node*>b, db, <Node*>c, dc)
    return <Value>node


cdef inline Constant new_constant(double number):
    """A Constant; the number must be finite."""
    node = new_place(&nodes)
    BEGIN(node, <Type*>Constant)
    fill(node, LEAF, 0, number, NOTHING, 0.0, NOTHING, 0.0, NOTHING, 0.0)
    return <Constant>node


cdef change_kind(Value leaf, bint wanted):
    """Make a leaf a Value, or a Constant that is frozen: they lie in the same slabs."""
    (<Node*>leaf)._rule, (<Node*>leaf)._mark = LEAF if wanted else FROZEN, UNSEEN if wanted else 0
    Py_SET_TYPE(<PyObject*>leaf, <Type*>Value if wanted else <Type*>Constant)


cdef inline void fill(Node* node, int rule, int mark, double data, Node* a, double da, Node* b, double db, Node* c,
                      double dc) noexcept:
    node._rule, node._mark = rule, mark
    node._a, node._b, node._c = a, b, c
    node._da, node._db, node._dc = da, db, dc
    node._data, node._grad = data, 0.0
    node._label = <PyObject*>NOTHING
    Py_INCREF(<PyObject*>a)
    Py_INCREF(<PyObject*>b)
    Py_INCREF(<PyObject*>c)
    Py_INCREF(<PyObject*>NOTHING)


cdef PyObject* allocate_node(Type* kind, Py_ssize_t _) except NULL:
    """The slot `tp_alloc`."""
    pool = &tracers if kind == <Type*>Tracer else &nodes
    place = new_place(pool)
    memset(place, 0, pool.place)
    place._mark = UNSEEN if kind == <Type*>Value else 0
    return PyObject_Init(<PyObject*>place, kind)


# Nodes without references wait here until the one that is being taken apart is gone, so that freeing a chain of any
# length takes no deeper stack than freeing one node. They are linked by `_label`.
cdef Node* leaving = NULL
cdef bint taking_apart = False


cdef void deallocate_node(PyObject* thing) noexcept:
    """The slot `tp_dealloc`."""
    global leaving, taking_apart
    cdef Node* node = <Node*>thing
    cdef Node* a
    cdef Node* b
    cdef Node* c
    if is_ours(node):
        wait_to_leave(node)
    else:  # a ReplayedNode
        a, b, c, label = node._a, node._b, node._c, node._label
        Py_TYPE(node).tp_free(node)
        let_go(a)
        let_go(b)
        let_go(c)
        Py_DECREF(label)
    if not taking_apart:
        taking_apart = True
        while leaving != NULL:
            node = leaving
            leaving = <Node*>node._label
            if Py_TYPE(node) == <Type*>Tracer:
                Py_DECREF((<Trace*>node).recorder)
            let_go(node._a)
            let_go(node._b)
            let_go(node._c)
            give_place_back(node)
        taking_apart = False


cdef inline bint is_ours(void* thing) noexcept:
    kind = Py_TYPE(thing)
    return kind == <Type*>Value or kind == <Type*>Constant or kind == <Type*>Tracer


cdef inline void wait_to_leave(Node* node) noexcept:
    global leaving
    label = node._label
    node._label = <PyObject*>leaving
    leaving = node
    Py_DECREF(label)


cdef inline void let_go(Node* parent) noexcept:
    """Drop a reference to a parent."""
    if Py_REFCNT(parent) == 1 and is_ours(parent):
        wait_to_leave(parent)
    else:
        Py_DECREF(<PyObject*>parent)


cdef PyObject* call_value(PyObject* kind, PyObject** arguments, size_t count, PyObject* names) except NULL:
    """The slot `tp_vectorcall`: makes Value(1.0) directly; every other call goes the usual way."""
    cdef Py_ssize_t i, n = PyVectorcall_NARGS(count)
    cdef double number
    if n == 1 and names == NULL and (not modes or recorder_here == NULL) and type(<object>arguments[0]) is float:
        number = <object>arguments[0]
        if number - number == 0.0:
            node = new_place(&nodes)
            BEGIN(node, <Type*>Value)
            fill(node, LEAF, UNSEEN, number, NOTHING, 0.0, NOTHING, 0.0, NOTHING, 0.0)
            Py_INCREF(<PyObject*>node)
            return <PyObject*>node
    given = tuple([<object>arguments[i] for i in range(n)])
    named = {} if names == NULL else {name: <object>arguments[n + i] for i, name in enumerate(<tuple>names)}
    return PyType_Type.tp_call(kind, <PyObject*>given, <PyObject*>named)


cdef void free_node(void* place) noexcept:
    """The slot `tp_free`."""
    give_place_back(<Node*>place)


cdef PyObject* allocate_replayed(Type* kind, Py_ssize_t count) except NULL:
    """The slot `tp_alloc` of ReplayedNode, which is too large for a place and is tracked by the garbage collector."""
    node = PyType_GenericAlloc(kind, count)
    (<Node*>node)._mark = UNSEEN
    return node


cdef Py_hash_t hash_node(PyObject* node) except -1:
    """The slot `tp_hash`: the result of object.__hash__(). Cython would ignore `__hash__ = object.__hash__`."""
    found = <Py_hash_t>(<size_t>node >> 4 | <size_t>node << 8 * sizeof(size_t) - 4)
    return -2 if found == -1 else found


cdef int set_attribute(PyObject* node, PyObject* name, PyObject* content) except -1:
    """The slot `tp_setattro`: object.__setattr__() with another message for a name that a Value does not have."""
    try:
        return PyObject_GenericSetAttr(node, name, content)
    except AttributeError:
        if not hasattr(<object>node, <object>name):
            raise no_attribute(<object>name) from None
        raise


for kind in (Value, Constant, ReplayedNode):
    (<Type*>kind).tp_setattro = set_attribute
for kind in (Value, Constant, Tracer):
    (<Type*>kind).tp_alloc = allocate_node
    (<Type*>kind).tp_dealloc = deallocate_node
    (<Type*>kind).tp_free = free_node
(<Type*>ReplayedNode).tp_alloc = allocate_replayed
for kind in (Value, Constant, ReplayedNode):
    (<Type*>kind).tp_hash = hash_node
(<Type*>Value).tp_vectorcall = <vectorcallfunc>call_value
(<Type*>Value).tp_name = "autograd.Value"
(<Type*>Constant).tp_name = "autograd.Constant"
# Cython does not support __init_subclass__.
(<dict>(<Type*>Value).tp_dict)["__init_subclass__"] = classmethod(refuse_subclass)
(<dict>(<Type*>Value).tp_dict)["__hash__"] = object.__hash__
