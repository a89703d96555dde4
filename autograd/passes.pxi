# The passes over a graph, compiled: the steps of their namesakes in value.py, over raw pointers in place of lists. That is
# three times as fast, since nothing is counted while `root` keeps every node alive.

cdef enum:
    AHEAD = 12
    KEPT = 1 << 20  # memory for more nodes than so many is not kept

cdef unsigned char[512] FEW_OPERANDS  # by the index of a rule: whether it has two at most


# What the last pass needed, kept for the next: new memory costs more than what is done in it.
cdef Node** kept_nodes = NULL
cdef double* kept_numbers = NULL
cdef Py_ssize_t nodes_room = 0, numbers_room = 0


cdef class Nodes:
    """A list of nodes that it does not own, with room for a number each."""

    cdef Node** at
    cdef double* number
    cdef Py_ssize_t count, room, numbers

    def __cinit__(self):
        global kept_nodes, nodes_room
        if kept_nodes == NULL:
            kept_nodes, nodes_room = <Node**>PyMem_Malloc(64 * sizeof(Node*)), 64
            if kept_nodes == NULL:
                raise MemoryError()
        self.at, self.room = kept_nodes, nodes_room
        kept_nodes, nodes_room = NULL, 0

    cdef bint zero_numbers(self):
        """Numbers for all nodes and one more, all zero."""
        global kept_numbers, numbers_room
        if numbers_room <= self.count:
            PyMem_Free(kept_numbers)
            numbers_room = self.room + 1
            kept_numbers = <double*>PyMem_Malloc(numbers_room * sizeof(double))
            if kept_numbers == NULL:
                numbers_room = 0
                return False
        self.number, self.numbers = kept_numbers, numbers_room
        kept_numbers, numbers_room = NULL, 0
        memset(self.number, 0, (self.count + 1) * sizeof(double))
        return True

    def __dealloc__(self):
        global kept_nodes, nodes_room, kept_numbers, numbers_room
        if nodes_room < self.room <= KEPT:
            self.at, kept_nodes = kept_nodes, self.at
            nodes_room = self.room
        if numbers_room < self.numbers <= KEPT + 1:
            self.number, kept_numbers = kept_numbers, self.number
            numbers_room = self.numbers
        PyMem_Free(self.at)
        PyMem_Free(self.number)


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define FETCH(node) do { __builtin_prefetch(node); __builtin_prefetch((const char*)(node) + 64); } while (0)
    #else
    #define FETCH(node)
    #endif
    """
    void FETCH(void*) noexcept nogil  # have a node brought near, to be there when it is looked at


cdef inline int push(Nodes nodes, Node* node) except -1:
    if nodes.count == nodes.room:
        grown = <Node**>PyMem_Realloc(nodes.at, 2 * nodes.room * sizeof(Node*))
        if grown == NULL:
            raise MemoryError()
        nodes.at = grown
        nodes.room *= 2
    nodes.at[nodes.count] = node
    nodes.count += 1
    return 0


cdef inline bint unseen(Node* node) noexcept:
    return node != NOTHING and node._mark < 0


cdef inline bint is_leaf(Node* node) noexcept:
    return node._a == NOTHING and node._rule != FAN


cdef inline bint may_have_more(Node* node) noexcept:
    """Whether to look for parents after the second; to look means to fetch another part of memory."""
    cdef int rule = node._rule
    return rule < 0 or rule >= 512 or not FEW_OPERANDS[rule]


cdef Node* next_unseen(Fan node, Nodes order) except NULL:
    """The next parent of a Fan that the search has not met and that is no leaf; None at the end. Leaves are numbered."""
    cdef Node* parent
    cdef Py_ssize_t count = len(node._fan)
    while node._next < count:
        parent = item(node._fan, node._next)
        node._next += 1
        if node._next + AHEAD < count:
            FETCH(item(node._fan, node._next + AHEAD))
        if parent._mark < 0:
            if not is_leaf(parent):
                return parent
            push(order, parent)
            parent._mark = <int>order.count
    return NOTHING


cdef void spread(Fan node, double here, double* adjoint):
    """Add the contributions of a Fan to the adjoints of its parents."""
    cdef double[::1] slopes = node._slopes
    cdef Py_ssize_t i
    for i in range(len(node._fan)):
        adjoint[item(node._fan, i)._mark] += here * slopes[i]


cdef Nodes numbered_order(Value root):
    cdef Nodes order = Nodes(), path = Nodes()
    cdef Node* node
    cdef Node* parent
    push(path, <Node*>root)
    root._mark = ON_PATH
    try:
        while path.count:
            node = path.at[path.count - 1]
            parent = node._a
            if not unseen(parent):
                parent = node._b
                if not unseen(parent) and may_have_more(node):
                    parent = node._c
                    if node._rule == FAN:
                        parent = next_unseen(<Fan>node, order)
                if not unseen(parent):
                    push(order, node)
                    node._mark = <int>order.count
                    path.count -= 1
                    continue
            if parent._mark == ON_PATH:
                raise CyclicGraphError(f"the graph has a cycle: {<Value>parent!r} is computed from itself.")
            if is_leaf(parent):
                push(order, parent)
                parent._mark = <int>order.count
                continue
            push(path, parent)
            parent._mark = ON_PATH
            FETCH(parent._b)
    except BaseException:
        unnumbered(order)
        unnumbered(path)
        raise
    return order


cdef list unnumbered(Nodes order):
    cdef Py_ssize_t i
    nodes = []
    for i in range(order.count):
        order.at[i]._mark = UNSEEN
        if order.at[i]._rule == FAN:
            (<Fan>order.at[i])._next = 0
        nodes.append(<Value>order.at[i])
    return nodes


cdef Nodes propagate(Nodes order, double seed, bint accumulate):
    cdef Py_ssize_t i
    cdef Node* node
    cdef Node* parent
    cdef double here
    cdef double* adjoint
    if not order.zero_numbers():
        unnumbered(order)
        raise MemoryError()
    adjoint = order.number
    adjoint[order.count] = seed
    for i in range(order.count, 0, -1):
        if i > AHEAD:
            FETCH(order.at[i - AHEAD])
        node = order.at[i - 1]
        here = adjoint[i]
        adjoint[i] = node._grad
        parent = node._a
        if parent != NOTHING:
            adjoint[parent._mark] += here * node._da
            parent = node._b
            if parent != NOTHING:
                adjoint[parent._mark] += here * node._db
                if may_have_more(node):
                    parent = node._c
                    if parent != NOTHING:
                        adjoint[parent._mark] += here * node._dc
        elif node._rule == FAN:
            spread(<Fan>node, here, adjoint)
            (<Fan>node)._next = 0
        else:
            if accumulate:
                here += node._grad
            if here - here != 0.0:
                take_back(order, order)
                raise gradient_overflow(<Value>node)
        node._mark = UNSEEN
        node._grad = here
    return order


cdef take_back(Nodes order, Nodes before):
    cdef Py_ssize_t i
    for i in range(order.count):
        if order.at[i]._mark == UNSEEN:
            order.at[i]._grad = before.number[i + 1]
        order.at[i]._mark = UNSEEN


cdef Value as_node(x):
    """x as a node: a Value as it is, a float or an int of few digits as a Constant, None for anything else."""
    if type(x) is Value or type(x) is Constant:
        return x
    if type(x) is float or type(x) is int and -4503599627370496 <= x <= 4503599627370496:
        return constant(x)
    return None
