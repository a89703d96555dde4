# The numbers of many examples, gathered from arrays; and the order that the standard library's shuffle gives.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_IsContiguous
from libc.stdint cimport int64_t

cdef extern from "string.h":
    int strcmp(const char*, const char*) noexcept

cdef int64_t EXACT = <int64_t>1 << 53  # integers up to this magnitude are float64s


cdef class Rows:
    """The numbers of examples, a row for each; as the machine reads them, and as lists where Python looks at them.

    key     the key of an example, as in keys.py
    shapes  those of the parts of an example, for NumPy
    """

    cdef readonly Numbers numbers
    cdef readonly Py_ssize_t count, width
    cdef readonly tuple shapes
    cdef tuple known_key
    cdef bint finite  # whether all the numbers are known to be

    @property
    def key(self):
        if self.known_key is None:
            self.known_key = tuple([structure_of_shape(shape) for shape in self.shapes])
        return self.known_key

    def __len__(self):
        return self.count

    def __getitem__(self, Py_ssize_t i):
        if not 0 <= i < self.count:
            raise IndexError(i)
        return self.numbers[i * self.width:(i + 1) * self.width].tolist()

    def tolist(self):
        return [self[i] for i in range(self.count)]

    def take(self, Numbers places not None):
        """The rows at some places, an array of 64-bit integers, in their order."""
        cdef Py_ssize_t i, count = len(places), width = self.width
        cdef int64_t* place = <int64_t*>places.data.as_voidptr
        cdef Rows found
        cdef double* out
        if places.typecode != "q":
            raise TypeError(f"expected places as an array of the type q, got {places.typecode}")
        found = new_rows(count, width)
        out = found.numbers.data.as_doubles
        for i in range(count):
            if not 0 <= place[i] < self.count:
                raise IndexError(place[i])
            memcpy(out + i * width, self.numbers.data.as_doubles + place[i] * width, width * sizeof(double))
        found.known_key, found.shapes, found.finite = self.key, self.shapes, self.finite
        return found

    def __reduce__(self):
        return restored_rows, (self.numbers, self.count, self.width, self.shapes)


def restored_rows(Numbers numbers, Py_ssize_t count, Py_ssize_t width, tuple shapes):
    cdef Rows rows = new_rows(count, width)
    if len(numbers) < count * width:
        raise ValueError(len(numbers))
    memcpy(rows.numbers.data.as_doubles, numbers.data.as_doubles, count * width * sizeof(double))
    rows.shapes = shapes
    return rows


def with_columns(Rows rows not None, Numbers further not None):
    """The same rows, each followed by its share of other numbers."""
    cdef Py_ssize_t i, more = len(further) // rows.count
    cdef Rows found = new_rows(rows.count, rows.width + more)
    cdef double* out = found.numbers.data.as_doubles
    for i in range(rows.count):
        memcpy(out, rows.numbers.data.as_doubles + i * rows.width, rows.width * sizeof(double))
        memcpy(out + rows.width, further.data.as_doubles + i * more, more * sizeof(double))
        out += found.width
    return found


cdef Rows new_rows(Py_ssize_t count, Py_ssize_t width):
    cdef Rows rows = Rows.__new__(Rows)
    rows.count, rows.width = count, width
    rows.numbers = array.clone(NO_NUMBERS, max(count * width, 1), False)
    return rows


cpdef Rows rows_of(kind, tuple batches, tuple expected=None):
    """For arrays of the class `kind`: all examples as Rows, which are also taken as they are.

    Returns None for anything but arrays of float64 or int64 with one length, in which the numbers of an example lie in
    order. If their shapes are those in `expected`, the Rows have this very tuple.
    """
    cdef Py_buffer[8] views
    cdef Py_ssize_t i, opened = 0, count = len(batches), width = 0, at = 0
    cdef bint as_expected = expected is not None and len(expected) == count
    cdef Rows rows
    if count == 1 and type(batches[0]) is Rows:
        return batches[0] if (<Rows>batches[0]).count else None
    if not 0 < count <= 8:
        return None
    for i in range(count):
        if type(batches[i]) is not kind:
            return None
    try:
        for i in range(count):
            PyObject_GetBuffer(batches[i], &views[i], PyBUF_STRIDES | PyBUF_FORMAT)
            opened += 1
            if not is_readable(&views[i]) or views[i].shape[0] != views[0].shape[0]:
                return None
            width += views[i].len // 8 // views[i].shape[0]
        rows = new_rows(views[0].shape[0], width)
        for i in range(count):
            if not copied(&views[i], rows, at):
                return None
            at += views[i].len // 8 // views[i].shape[0]
            as_expected = as_expected and is_shape_of_an_item(<tuple>expected[i], &views[i])
        rows.finite = all_finite(rows.numbers.data.as_doubles, rows.count * width)
        rows.shapes = expected if as_expected else tuple([shape_of_an_item(&views[i]) for i in range(count)])
    except (BufferError, ValueError):
        return None
    finally:
        for i in range(opened):
            PyBuffer_Release(&views[i])
    return rows


def rows_of_lists(tuple batches not None):
    """The same for lists with a number, or a list of numbers of one length, for each example; no other class will do."""
    cdef Py_ssize_t i, count = 0, width = 0, at = 0
    cdef list batch
    cdef Rows rows
    for item in batches:
        if type(item) is not list or len(item) == 0 or (count and len(item) != count):
            return None
        count = len(item)
        width += width_of(item)
    rows = new_rows(count, width)
    for batch in batches:
        width = width_of(batch) if type(batch[0]) is list else -1
        for i in range(count):
            if not numbers_copied(<object>PyList_GET_ITEM(batch, i), width, rows.numbers.data.as_doubles + i * rows.width + at):
                return None
        at += max(width, 1)
    rows.finite = all_finite(rows.numbers.data.as_doubles, count * rows.width)
    rows.shapes = tuple([(len(batch[0]),) if type(batch[0]) is list else () for batch in batches])
    return rows


cdef Py_ssize_t width_of(list batch):
    """How many numbers an example has in a batch."""
    return max(len(<list>batch[0]), 1) if type(batch[0]) is list else 1


cdef bint numbers_copied(item, Py_ssize_t width, double* out):
    """Copy a number (width -1) or a list of `width` numbers; false if it is anything else."""
    cdef Py_ssize_t k
    if width < 0:
        return number_copied(item, out)
    if type(item) is not list or len(<list>item) != width or width == 0:
        return False
    for k in range(width):
        if not number_copied(<object>PyList_GET_ITEM(item, k), out + k):
            return False
    return True


cdef inline bint number_copied(number, double* out):
    if type(number) is float:
        out[0] = number
    elif type(number) is int or type(number) is bool:
        if not -EXACT <= number <= EXACT:
            return False
        out[0] = <double>number
    else:
        return False
    return True


cdef tuple shape_of_an_item(Py_buffer* view):
    cdef Py_ssize_t k
    return tuple([view.shape[k] for k in range(1, view.ndim)])


cdef bint is_shape_of_an_item(tuple shape, Py_buffer* view) except -1:
    cdef Py_ssize_t k
    if len(shape) != view.ndim - 1:
        return False
    for k in range(1, view.ndim):
        if shape[k - 1] != view.shape[k]:
            return False
    return True


cpdef structure_of_shape(tuple shape):
    """What `structure_of` in keys.py returns for lists of this shape."""
    if not shape:
        return "number"
    return (list, shape[0]) if len(shape) == 1 else (list, *[structure_of_shape(shape[1:])] * shape[0])


cdef bint is_readable(Py_buffer* view) noexcept:
    """Whether `copied` can read an array: float64 or int64, not empty, of one or two dimensions or in C order."""
    if view.itemsize != 8 or view.ndim < 1 or view.len == 0 or view.format == NULL:
        return False
    if strcmp(view.format, "d") != 0 and strcmp(view.format, "l") != 0 and strcmp(view.format, "q") != 0:
        return False
    return view.ndim <= 2 or PyBuffer_IsContiguous(view, b"C")


cdef bint copied(Py_buffer* view, Rows rows, Py_ssize_t at) noexcept:
    """Copy the numbers of each example into its row, from the column `at` on; returns False if one is no float64."""
    cdef Py_ssize_t i, k, count = view.shape[0], width = view.len // 8 // count, row = rows.width
    cdef Py_ssize_t down = view.strides[0], across = view.strides[1] if view.ndim == 2 else 8
    cdef char* source = <char*>view.buf
    cdef double* out = rows.numbers.data.as_doubles + at
    cdef int64_t integer
    if view.format[0] != c"d":
        for i in range(count):
            for k in range(width):
                integer = (<int64_t*>(source + i * down + k * across))[0]
                if not -EXACT <= integer <= EXACT:
                    return False
                out[i * row + k] = <double>integer
    elif across == 8 and width > 8:
        for i in range(count):
            memcpy(out + i * row, source + i * down, width * sizeof(double))
    else:
        for k in range(width):
            copy_column(out + k, row, source + k * across, down, count)
    return True


cdef inline void copy_column(double* out, Py_ssize_t row, const char* source, Py_ssize_t down, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i
    for i in range(count):
        out[i * row] = (<const double*>(source + i * down))[0]


cpdef double total_of(Numbers numbers, Py_ssize_t step, Py_ssize_t count) except? -1.0:
    """The sum of the first of every `step` numbers, `count` in all, added from left to right."""
    cdef Py_ssize_t i
    cdef double total
    if count < 1 or step < 1 or len(numbers) <= (count - 1) * step:
        raise IndexError(count)
    total = numbers.data.as_doubles[0]
    for i in range(1, count):
        total += numbers.data.as_doubles[i * step]
    return total


def hits(Numbers numbers not None, Py_ssize_t step, Rows rows not None):
    """For how many examples the largest of their scores is the one of their class.

    numbers  for each example `step` numbers, of which all but the first are its scores. A single score above 0 stands
             for class 1, otherwise for class 0
    rows     the examples; the last number of each is its class, and numbers below 0 stand for class 0
    """
    cdef Py_ssize_t i, k, best, found = 0
    cdef double* score
    cdef double target
    if step < 2 or len(numbers) < rows.count * step or rows.width == 0:
        raise IndexError(step)
    for i in range(rows.count):
        score = numbers.data.as_doubles + i * step + 1
        target = rows.numbers.data.as_doubles[(i + 1) * rows.width - 1]
        best = score[0] > 0.0 if step == 2 else 0
        for k in range(1, step - 1):
            if score[k] > score[best]:
                best = k
        found += max(target, 0.0) == best
    return found


def places_below(Py_ssize_t count):
    """The places 0 to count - 1."""
    cdef Numbers places = array.clone(NO_LONG_PLACES, count, False)
    cdef int64_t* place = <int64_t*>places.data.as_voidptr
    cdef Py_ssize_t i
    for i in range(count):
        place[i] = i
    return places


cdef Numbers NO_LONG_PLACES = array.array("q")


def shuffle_on(Numbers order not None, Py_ssize_t last, bytes words not None):
    """Go on with random.shuffle from the place `last` down, with 32-bit words from the generator.

    Returns the place to go on with, 0 at the end, and how many of the words were used.
    """
    cdef int64_t* places = <int64_t*>order.data.as_voidptr
    cdef const unsigned char* word = words
    cdef Py_ssize_t used = 0, count = len(words) // 4
    cdef int64_t chosen
    cdef int shift = 0
    if not 0 <= last < len(order) or last >= 1 << 31 or order.itemsize != 8:
        raise IndexError(last)
    while last > 0:
        while not (last + 1) >> (31 - shift):
            shift += 1
        # A number below last + 1 is wanted: of each word the upper bits count, until they are small enough.
        while True:
            if used == count:
                return last, used
            chosen = (<int64_t>word[0] | <int64_t>word[1] << 8 | <int64_t>word[2] << 16 | <int64_t>word[3] << 24) >> shift
            word += 4
            used += 1
            if chosen <= last:
                break
        places[last], places[chosen] = places[chosen], places[last]
        last -= 1
    return 0, used
