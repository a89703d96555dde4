# The passes over a graph, compiled: the functions of value.py, over raw pointers in place of lists. That is three times
# as fast, since no references are counted: `root` keeps every node alive.
#
# A pass writes each node's number into its `_mark`. From the first mark set to the last one cleared, no Python code
# runs and no object is made, since that could start the garbage collector. So only one pass is ever under way, and
# nothing interrupts it. A failure in between is reported by the return value; the error is raised once all marks are
# cleared.

cdef enum:
    AHEAD = 24
    KEPT = 1 << 25  # bytes

cdef struct Memory:
    void* at
    size_t size


cdef struct Step:
    Node* node
    int a  # the place of the node's first parent in the order; 0 for a constant
    int b  # that of its second parent


# Memory of the last pass, kept for the next: new memory costs more than the work done in it.
cdef Memory kept_numbers
cdef Memory kept_steps


cdef class Order:
    """A topological order, counted from 1, and a number for each node. During the search the numbers hold the path."""

    cdef Memory numbers
    cdef Memory steps
    cdef Node** path
    cdef double* number
    cdef Step* step
    cdef Py_ssize_t depth, count
    cdef Node* culprit
    cdef bint met_away  # whether the search ended at a leaf whose numbers are away

    def __cinit__(self):
        self.numbers, self.steps = kept_numbers, kept_steps
        self.path, self.step = <Node**>self.numbers.at, <Step*>self.steps.at
        memset(&kept_numbers, 0, sizeof(Memory))
        memset(&kept_steps, 0, sizeof(Memory))

    def __dealloc__(self):
        keep(&self.numbers, &kept_numbers)
        keep(&self.steps, &kept_steps)


cdef void keep(Memory* memory, Memory* place) noexcept:
    """Keep the larger of `memory` and what `place` holds; delete the other. Beyond KEPT, it becomes reclaimable."""
    if place.size < memory.size:
        memory[0], place[0] = place[0], memory[0]
        if place.size > KEPT and not reclaim_later(place.at, place.size):
            delete_memory(place.at, place.size)
            memset(place, 0, sizeof(Memory))
    delete_memory(memory.at, memory.size)


cdef void* provide(Memory* memory, size_t size) noexcept:
    """Make `memory` at least `size` bytes large, with its contents; NULL if that is not possible.

    It grows in large steps: memory that is never touched costs nothing.
    """
    if memory.size < size:
        room = max(size + SLAB - size % SLAB, 4 * memory.size)
        at = new_memory(room, room > SLAB)
        if at == NULL:
            return NULL
        if memory.size:
            memcpy(at, memory.at, memory.size)
        delete_memory(memory.at, memory.size)
        memory.at, memory.size = at, room
    return memory.at


cdef extern from *:
    """
    #if defined(__GNUC__)
    #define FETCH_LINE(place) __builtin_prefetch(place)
    #else
    #define FETCH_LINE(place)
    #endif
    #define FETCH(node) do { FETCH_LINE(node); FETCH_LINE((const char*)(node) + 64); } while (0)
    """
    void FETCH_LINE(void*) noexcept nogil  # prefetch a line of memory
    void FETCH(void*) noexcept nogil  # a node


cdef inline bint enter(Order order, Node* node) noexcept:
    """Add a node to the path; false if out of memory."""
    if order.numbers.size < (order.depth + 1) * sizeof(Node*):
        if provide(&order.numbers, (order.depth + 1) * sizeof(Node*)) == NULL:
            return False
        order.path = <Node**>order.numbers.at
    order.path[order.depth] = node
    order.depth += 1
    node._mark = ON_PATH
    return True


cdef inline bint append(Order order, Node* node, int a, int b) noexcept:
    """Give a node the next place in the order; false if out of memory, or of numbers."""
    if order.steps.size < (order.count + 2) * sizeof(Step):
        if order.count > INT_MAX // 2 or provide(&order.steps, (order.count + 2) * sizeof(Step)) == NULL:
            return False
        order.step = <Step*>order.steps.at
    order.count += 1
    order.step[order.count] = Step(node, a, b)
    node._mark = <int>order.count
    return True


cdef inline bint unseen(Node* node) noexcept:
    return node != NOTHING and node._mark < 0


cdef inline int place_of(Node* node) noexcept:
    return 0 if node == NOTHING else node._mark


cdef inline bint is_leaf(Node* node) noexcept:
    return node._rule == LEAF


cdef inline bint may_have_more(Node* node) noexcept:
    """Whether a node may have a third parent. Looking it up would fetch another cache line."""
    cdef int rule = node._rule
    return rule < 0 or rule >= RULE_COUNT or INPUTS_OF[rule] > 2


cdef Node* next_unseen(ReplayedNode node, Order order) noexcept:
    """The next unseen parent of a ReplayedNode that is not a leaf; NOTHING at the end, NULL if out of memory.

    Unseen leaves on the way are numbered.
    """
    cdef Node* parent
    cdef Py_ssize_t leading = len((<Whereabouts>node._leading).values), count = leading + len(node._others)
    if node._next == 0 and goes_by_runs(node):
        node._next = leading
    while node._next < count:
        parent = parent_at(node, node._next, leading)
        node._next += 1
        if node._next + AHEAD < count:
            FETCH(parent_at(node, node._next + AHEAD, leading))
        if parent._mark < 0:
            if is_away(parent):
                continue
            if not is_leaf(parent):
                return parent
            if not append(order, parent, 0, 0):
                return NULL
    return NOTHING


cdef inline Node* parent_at(ReplayedNode node, Py_ssize_t i, Py_ssize_t leading) noexcept:
    """The i-th parent of a ReplayedNode, the first of which are `leading` captured Values."""
    return item((<Whereabouts>node._leading).values, i) if i < leading else item(node._others, i - leading)


cdef inline bint goes_by_runs(ReplayedNode node) noexcept:
    """Whether the captured Values among the parents of a ReplayedNode are all away, so that no order is needed."""
    return away != NULL and (<Whereabouts>node._leading).known() and (<Whereabouts>node._leading).all_away


cdef void spread(ReplayedNode node, double here, double* adjoint) noexcept:
    """Add the contributions of a ReplayedNode to the adjoints of its parents."""
    global replays
    cdef double* slopes = node._slopes.data.as_doubles
    cdef Py_ssize_t i, leading = len((<Whereabouts>node._leading).values), first = 0
    cdef Node* parent
    replays += 1
    if goes_by_runs(node):
        (<Whereabouts>node._leading).add_slopes(here, slopes)
        first = leading
    for i in range(first, leading + len(node._others)):
        parent = parent_at(node, i, leading)
        if is_away(parent):
            adjoints_away(arrays_of(parent))[place_away(parent)] += here * slopes[i]
        else:
            adjoint[parent._mark] += here * slopes[i]


cdef Order numbered_order(Value root, bint at_home):
    """The topological order of `root`. The marks stay set: propagate() or forget_places() must follow at once.

    at_home: bring all numbers home first, so that each leaf has its place.
    """
    cdef Order order = Order()
    if at_home:
        bring_all_home()
    if type(root) is Constant or number(order, <Node*>root):
        return order
    forget_places(order)
    if order.met_away:
        return numbered_order(root, True)
    if order.culprit == NULL:
        raise MemoryError()
    raise CyclicGraphError(f"the graph has a cycle: {<Value>order.culprit!r} is computed from itself.")


cdef bint number(Order order, Node* root) noexcept:
    """Number the nodes; false if out of memory, if there is a cycle, through order.culprit, or if order.met_away.

    Values that are away get no number: only what replays contribute to them can be added up in their arrays.
    """
    cdef Node* node
    cdef Node* parent
    if not enter(order, root):
        return False
    while order.depth:
        node = order.path[order.depth - 1]
        parent = node._a
        if not unseen(parent):
            parent = node._b
            if not unseen(parent) and may_have_more(node):
                parent = node._c
                if is_away(node):
                    order.met_away = True
                    return False
                if node._rule == REPLAYED:
                    parent = next_unseen(<ReplayedNode>node, order)
                    if parent == NULL:
                        return False
            if not unseen(parent):
                if not append(order, node, place_of(node._a), place_of(node._b)):
                    return False
                order.depth -= 1
                if order.depth > AHEAD:
                    FETCH(order.path[order.depth - AHEAD])
                continue
        if parent._mark == ON_PATH:
            order.culprit = parent
            return False
        if is_leaf(parent):
            if not append(order, parent, 0, 0):
                return False
        else:
            if not enter(order, parent):
                return False
            FETCH(parent._b)
            if parent < node <= parent + 4:  # then the node made before it probably comes next
                FETCH(parent - AHEAD)
    return True


cdef void forget_places(Order order) noexcept:
    cdef Py_ssize_t i
    for i in range(order.depth):
        forget(order.path[i])
    for i in range(1, order.count + 1):
        forget(order.step[i].node)


cdef inline void forget(Node* node) noexcept:
    node._mark = UNSEEN
    if node._rule == REPLAYED:
        (<ReplayedNode>node)._next = 0


cpdef list topological_order(Value root):
    cdef Order order = numbered_order(root, True)
    cdef Py_ssize_t i
    forget_places(order)
    return [<Value>order.step[i].node for i in range(1, order.count + 1)]


cpdef backward_pass(Value root, double seed):
    if not propagate(numbered_order(root, False), seed, True):
        propagate(numbered_order(root, True), seed, True)


cpdef list adjoints(Value root, list wanted):
    cdef Py_ssize_t i, count = len(wanted)
    cdef bint some = count > 0  # an empty array has no memory that could be cleared
    cdef array.array found = array.clone(NO_NUMBERS, count, some), places = array.clone(NO_PLACES, count, some)
    cdef double* numbers = found.data.as_doubles
    cdef int* place = places.data.as_ints
    cdef Order order
    for node in wanted:
        if not isinstance(node, Value):
            raise NumberTypeError(f"adjoints: expected Values, got {type(node).__name__}.")
    order = numbered_order(root, True)
    for i in range(min(count, <Py_ssize_t>len(wanted))):
        place[i] = max(item(wanted, i)._mark, 0)
    propagate(order, 1.0, False)
    for i in range(count):
        numbers[i] = order.number[place[i]] if place[i] else 0.0
    return found.tolist()


cdef array.array NO_NUMBERS = array.array("d"), NO_PLACES = array.array("i")


cdef bint propagate(Order order, double seed, bint hand_out) except -1:
    """The backward pass over a numbered order. It clears the marks; order.number then holds the adjoints by place.

    hand_out: add the adjoints to the gradients of leaves, and make them the gradients of other nodes; order.number then
    holds the previous gradients. A pass that fails changes nothing. While numbers are away, a gradient that is not finite
    makes it return false: the pass at home says which it is.
    """
    cdef Py_ssize_t i
    cdef Step step
    cdef Node* node
    cdef double here
    cdef double* adjoint
    if provide(&order.numbers, (order.count + 1) * sizeof(double)) == NULL:
        forget_places(order)
        raise MemoryError()
    adjoint = order.number = <double*>order.numbers.at
    memset(adjoint, 0, order.count * sizeof(double))
    adjoint[order.count] = seed
    for i in range(order.count, 0, -1):
        if i > AHEAD:
            FETCH(order.step[i - AHEAD].node)
            FETCH_LINE(&adjoint[order.step[i - AHEAD].b])
        step = order.step[i]
        node = step.node
        here = adjoint[i]
        if hand_out:
            adjoint[i] = node._grad
        if node._rule >= 0:
            if step.a:
                adjoint[step.a] += here * node._da
            if step.b:
                adjoint[step.b] += here * node._db
            if may_have_more(node) and node._c != NOTHING:
                adjoint[node._c._mark] += here * node._dc
        elif node._rule == REPLAYED:
            spread(<ReplayedNode>node, here, adjoint)
            (<ReplayedNode>node)._next = 0
        else:
            if hand_out:
                here += node._grad
            if here - here != 0.0:
                roll_back(order, i, hand_out)
                if away != NULL:
                    return False
                raise gradient_overflow(<Value>node)
        node._mark = UNSEEN
        if hand_out:
            node._grad = here
    if not hand_out_away():
        roll_back(order, 0, hand_out)
        return False
    return True


cdef void roll_back(Order order, Py_ssize_t last, bint handed_out) noexcept:
    """Undo a pass that stopped at the place `last`."""
    cdef Py_ssize_t i
    if handed_out:
        for i in range(last + 1, order.count + 1):
            order.step[i].node._grad = order.number[i]
    forget_adjoints_away()
    forget_places(order)
