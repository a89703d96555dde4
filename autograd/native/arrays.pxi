# Many Values at once: the functions of arrays.py over raw pointers. Between the check of a list and the last access to
# its Values no Python code runs, so nothing can change the list.

cdef bint all_values(list values) noexcept:
    cdef Py_ssize_t i
    for i in range(len(values)):
        if not isinstance(<object>PyList_GET_ITEM(values, i), Value):
            return False
    return True


def load(list values not None, str field not None):
    cdef array.array found = array.clone(NO_NUMBERS, len(values), False)
    cdef double* numbers = found.data.as_doubles
    cdef bint gradients = field == "_grad"
    cdef Py_ssize_t i
    if len(values) != len(found) or not all_values(values):
        return None
    for i in range(len(values)):
        numbers[i] = item(values, i)._grad if gradients else item(values, i)._data
    return found


def store(list values not None, str field not None, const double[::1] numbers not None):
    cdef bint gradients = field == "_grad"
    cdef Py_ssize_t i
    if len(values) != numbers.shape[0] or not all_values(values):
        return "unfit"
    for i in range(numbers.shape[0]):
        if numbers[i] - numbers[i] != 0.0:
            return i
    for i in range(numbers.shape[0]):
        if gradients:
            item(values, i)._grad = numbers[i]
        else:
            item(values, i)._data = numbers[i]
    return None
