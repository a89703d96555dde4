# How an operation enters a recording, which operations are needed, and whether what a recording depends on has changed.

cdef inline bint is_node(x) noexcept:
    return type(x) is Tracer or type(x) is Value or type(x) is Constant


cdef inline bint is_operand(x) noexcept:
    return is_node(x) or type(x) is float or type(x) is int


cdef inline int place_here(Recorder recorder, x) except -1:
    if type(x) is not Tracer or (<Tracer>x).recorder is not recorder:
        return recorder.place_of(x)
    cdef int place = (<Tracer>x).place, guard = recorder.guard_of[place]
    return place if guard == 0 or guard == recorder.guard else recorder.place_of(x)


cdef recorded(int rule, int count, x, y, z):
    """The tracer for an operation; None for operands that this fast path does not handle: apply() deals with them."""
    if recorder_here == NULL or not (is_node(x) or (count > 1 and is_node(y)) or (count > 2 and is_node(z))):
        return None
    if not is_operand(x) or (count > 1 and not is_operand(y)) or (count > 2 and not is_operand(z)):
        return None
    cdef Recorder recorder = <Recorder>recorder_here
    cdef int a = place_here(recorder, x), b = -1, c = -1
    if count > 1:
        b = place_here(recorder, y)
    if count > 2:
        c = place_here(recorder, z)
    return recorder.traced(recorder.operation(rule, a, b, c))


from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer

cdef extern from "string.h":
    int memcmp(const void*, const void*, size_t) noexcept

cdef extern from "Python.h":
    PyObject* PyDict_GetItemWithError(object, object) except? NULL  # borrowed
    PyObject* PyTuple_GET_ITEM(object, Py_ssize_t)  # borrowed
    PyObject** PySequence_Fast_ITEMS(object)  # of a list or a tuple
    Py_ssize_t PySequence_Fast_GET_SIZE(object)
    bint PyDict_Next(object, Py_ssize_t*, PyObject**, PyObject**)  # all borrowed
    PyObject* PyCell_GET(object)  # borrowed, NULL if the cell is empty
    PyObject* PyFunction_GET_CODE(object)  # borrowed
    PyObject* PyFunction_GET_DEFAULTS(object)  # borrowed, NULL when there are none
    PyObject* PyFunction_GET_KW_DEFAULTS(object)
    PyObject** _PyObject_GetDictPtr(object)  # NULL if it has none, or one of its own making

cdef extern from *:
    """
    /* Up to Python 3.12, a dict has a number that is another one after each change (PEP 509); 0 here means unknown. */
    #if PY_VERSION_HEX < 0x030D0000
    #pragma GCC diagnostic push
    #pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    static inline unsigned long long version_of(PyObject *dict) { return ((PyDictObject *)dict)->ma_version_tag; }
    #pragma GCC diagnostic pop
    #else
    static inline unsigned long long version_of(PyObject *dict) { return 0; }
    #endif
    """
    unsigned long long version_of(object)


cdef inline bint is_same(same, PyObject* now, PyObject* then):
    return now == then or same(<object>now, <object>then)


cdef bint all_as_listed(dict mapping, list keys, list values):
    """Whether the items of a dict are exactly the objects in these lists, in order; quicker than looking each up."""
    cdef Py_ssize_t place = 0, i = 0
    cdef PyObject* key
    cdef PyObject* value
    while PyDict_Next(mapping, &place, &key, &value):
        if key != PyList_GET_ITEM(keys, i) or value != PyList_GET_ITEM(values, i):
            return False
        i += 1
    return True


cdef bint are_same_items(same, list listed, list items) except -1:
    """Whether two lists are the same, item by item; what compares them may change the first."""
    cdef Py_ssize_t i, size = len(items)
    if len(listed) != size:
        return False
    if size == 0 or memcmp(PySequence_Fast_ITEMS(listed), PySequence_Fast_ITEMS(items), size * sizeof(void*)) == 0:
        return True
    for i in range(size):
        if i >= len(listed) or not is_same(same, PyList_GET_ITEM(listed, i), PyList_GET_ITEM(items, i)):
            return False
    return True


cdef inline bint is_dict_of(holder, mapping):
    cdef PyObject** place = _PyObject_GetDictPtr(holder)
    return place[0] == <PyObject*>mapping if place != NULL else holder.__dict__ is mapping


cdef bint is_as_before(same, missing, tuple table) except -1:
    """Whether the items of a mapping are what they were."""
    cdef list keys = table[1], values = table[2]
    cdef Py_ssize_t i, size = table[3]
    cdef PyObject* now
    mapping = table[0]
    if size >= 0 and len(mapping) != size:
        return False
    if type(mapping) is dict and size == len(keys) and all_as_listed(mapping, keys, values):
        return True
    for i in range(len(keys)):
        if type(mapping) is dict:
            now = PyDict_GetItemWithError(mapping, keys[i])
            if not is_same(same, <PyObject*>missing if now == NULL else now, PyList_GET_ITEM(values, i)):
                return False
        else:
            found = mapping.get(keys[i], missing)
            if not is_same(same, <PyObject*>found, PyList_GET_ITEM(values, i)):
                return False
    return True


cpdef bint unchanged(same, missing, as_bytes, items_of, array.array versions, list tables, list sequences, list cells,
                     list functions, list kinds, list arrays) except -1:
    cdef Py_ssize_t number
    cdef tuple entry
    cdef PyObject* now
    cdef PyObject* then
    cdef PyObject* table
    cdef PyObject* mapping
    cdef PyObject* holder
    cdef unsigned long long version
    if len(versions) != len(tables):  # so there are tables
        array.resize(versions, len(tables))
        array.zero(versions)
    for number in range(len(tables)):
        table = PyList_GET_ITEM(tables, number)
        mapping, holder = PyTuple_GET_ITEM(<object>table, 0), PyTuple_GET_ITEM(<object>table, 4)
        if <PyObject*>Py_TYPE(<void*>holder) != PyTuple_GET_ITEM(<object>table, 5):
            return False
        if holder != <PyObject*>None and not is_dict_of(<object>holder, <object>mapping):
            return False
        version = version_of(<object>mapping) if type(<object>mapping) is dict else 0
        if version != 0 and version == versions.data.as_ulonglongs[number]:
            continue
        versions.data.as_ulonglongs[number] = 0
        if not is_as_before(same, missing, <tuple>table):
            return False
        versions.data.as_ulonglongs[number] = version
    for number in range(len(sequences)):
        table = PyList_GET_ITEM(sequences, number)
        now, then = PyTuple_GET_ITEM(<object>table, 0), PyTuple_GET_ITEM(<object>table, 1)
        if type(<object>now) is list:
            if not are_same_items(same, <list>now, <list>then):
                return False
        elif not are_same_items(same, items_of(<object>now), <list>then):
            return False
    for entry in cells:
        now = PyCell_GET(entry[0])
        if not is_same(same, <PyObject*>missing if now == NULL else now, PyTuple_GET_ITEM(entry, 1)):
            return False
    for entry in functions:
        if (PyFunction_GET_CODE(entry[0]) != PyTuple_GET_ITEM(entry, 1)
                or or_none(PyFunction_GET_DEFAULTS(entry[0])) != PyTuple_GET_ITEM(entry, 2)
                or or_none(PyFunction_GET_KW_DEFAULTS(entry[0])) != PyTuple_GET_ITEM(entry, 3)):
            return False
    for entry in kinds:
        if type(entry[0]) is not entry[1] or entry[1].__mro__ is not entry[2]:
            return False
    for entry in arrays:
        if not are_as_before(entry[0], entry[1]) and as_bytes(entry[0]) != entry[1]:
            return False
    return True


cdef bint are_as_before(array, bytes before):
    """Whether an array is contiguous in memory and has these numbers, this type and this shape."""
    cdef Py_buffer view
    cdef bint found
    try:
        PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS)
    except (BufferError, TypeError, ValueError):
        return False
    shape = f"{getattr(array, 'dtype', '')} {getattr(array, 'shape', '')}".encode()
    found = (len(before) == view.len + len(shape) and before.endswith(shape)
             and memcmp(view.buf, <char*>before, view.len) == 0)
    PyBuffer_Release(&view)
    return found


cdef inline PyObject* or_none(PyObject* thing):
    return <PyObject*>None if thing == NULL else thing
