# Many Values at once: the functions of arrays.py over raw pointers, for lists and tuples. Between the check of a list and
# the last access to its Values no Python code runs, so nothing can change the list.

cdef inline Node** nodes_in(values) noexcept:
    return <Node**>PySequence_Fast_ITEMS(values)


cdef inline Py_ssize_t count_of(values) noexcept:
    return PySequence_Fast_GET_SIZE(values)


cdef bint all_values(values) noexcept:
    cdef Py_ssize_t i
    for i in range(count_of(values)):
        if not isinstance(<object>nodes_in(values)[i], Value):
            return False
    return True


def load(values, str field not None):
    cdef array.array found = array.clone(NO_NUMBERS, len(values), False)
    cdef double* numbers = found.data.as_doubles
    cdef bint gradients = field == "_grad"
    cdef Py_ssize_t i
    cdef Arrays* arrays = arrays_for(values)
    cdef Node** nodes = nodes_in(values)
    if arrays != NULL and arrays.count == len(found):
        memcpy(numbers, arrays.grad if gradients else arrays.data, arrays.count * sizeof(double))
        return found
    if count_of(values) != len(found) or not all_values(values):
        return None
    for i in range(len(found)):
        numbers[i] = gradient_of(nodes[i]) if gradients else number_of(nodes[i])
    return found


def places_of_constants(values):
    cdef list found = []
    cdef Py_ssize_t i
    if arrays_for(values) != NULL:
        return found
    for i in range(count_of(values)):
        kind = Py_TYPE(nodes_in(values)[i])
        if kind == <Type*>Constant:
            found.append(i)
        elif kind != <Type*>Value and not isinstance(<object>nodes_in(values)[i], Value):
            return None
    return found


def store(values, str field not None, const double[::1] numbers not None):
    cdef bint gradients = field == "_grad"
    cdef Py_ssize_t place
    cdef Arrays* arrays = arrays_for(values)
    if count_of(values) != numbers.shape[0] or not (arrays != NULL or all_values(values)):
        return "unfit"
    if numbers.shape[0] == 0:
        return None
    place = first_not_finite(&numbers[0], numbers.shape[0])
    if place >= 0:
        return place
    store_numbers(values, arrays, gradients, &numbers[0])
    return None


cdef Py_ssize_t first_not_finite(const double* numbers, Py_ssize_t count) noexcept:
    """The place of the first number that is not finite; -1 if all are."""
    cdef Py_ssize_t i
    if not all_finite(numbers, count):
        for i in range(count):
            if numbers[i] - numbers[i] != 0.0:
                return i
    return -1


cdef void store_numbers(values, Arrays* arrays, bint gradients, const double* numbers) noexcept:
    cdef Py_ssize_t i
    cdef Node** nodes = nodes_in(values)
    if arrays != NULL:
        memcpy(arrays.grad if gradients else arrays.data, numbers, arrays.count * sizeof(double))
        return
    for i in range(count_of(values)):
        if gradients:
            set_gradient(nodes[i], numbers[i])
        else:
            set_number(nodes[i], numbers[i])


cdef enum:
    MOST_COLUMNS = 8  # of an update rule: p, g and its state
    MOST_SETTINGS = 16


cpdef change(update, values, settings, state, list unused=None):
    cdef const double* inputs[MOST_COLUMNS]
    cdef double* results[MOST_COLUMNS]
    cdef double constants[MOST_SETTINGS]
    cdef Py_ssize_t i, k, place, remembered, count = len(values)
    cdef int number
    cdef bint gradients
    cdef tuple names
    cdef unsigned written
    cdef Arrays* arrays
    cdef double* taken = NULL
    cdef array.array column
    cdef list columns = [], new = []
    if not isinstance(values, (list, tuple)):
        return "unfit"
    number, gradients, names, remembered = update.signature
    for k in range(len(names)):
        constants[k] = settings[names[k]]
    for k, numbers in enumerate(state):
        if type(numbers) is array.array and (<array.array>numbers).ob_descr.typecode == c"d":
            column = numbers
        else:
            column = array.array("d", numbers)
        if k == remembered or len(column) != count:
            return "unfit"
        columns.append(column)
        inputs[2 + k] = column.data.as_doubles
        column = unused.pop() if unused else array.clone(NO_NUMBERS, count, False)
        new.append(column)
        results[1 + k] = column.data.as_doubles
    # From here on nothing can change the list.
    arrays = arrays_for(values)
    if count_of(values) != count or len(columns) != remembered or not (arrays != NULL or all_values(values)):
        return "unfit"
    if arrays != NULL:
        inputs[0], inputs[1], results[0] = arrays.data, arrays.grad, arrays.spare
    else:
        taken = aligned(3 * count + 1)
        if taken == NULL:
            raise MemoryError()
        for i in range(count):
            taken[i], taken[count + i] = number_of(nodes_in(values)[i]), gradient_of(nodes_in(values)[i])
        inputs[0], inputs[1], results[0] = taken, taken + count, taken + 2 * count
    written = apply_update(number, count, inputs, results, constants)
    place = first_not_finite(results[0], count)
    if place < 0:
        if arrays == NULL:
            store_numbers(values, NULL, gradients, results[0])
        elif gradients:
            arrays.grad, arrays.spare = arrays.spare, arrays.grad
        else:
            arrays.data, arrays.spare = arrays.spare, arrays.data
    give_back(taken)
    if place >= 0:
        return place
    for k in range(len(columns)):
        if not written >> (1 + k) & 1:
            if unused is not None:
                unused.append(new[k])
            new[k] = columns[k]
    return new
