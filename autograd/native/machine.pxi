# The machine that runs recorded programs, compiled: what machine.py does, with a loop in C for each instruction.
#
# The examples of a batch are processed LANES at a time, as a tile whose memory fits into the processor's cache: first
# the numbers that all examples share, then for each other slot one number per example, side by side. A single example
# is a tile of one lane. The loops of each rule are in machine.h. Neighbouring tiles make up a chunk, and threads share
# the chunks; sums over chunks are always added in the same order.



cdef enum:
    FEW = 3  # up to this many examples are run one by one
    CHUNKS = 8  # a batch is split into at most this many parts
    WORTH_HELP = 30_000  # operations times examples above which helper threads pay off


cdef extern from "machine.h":
    int LANES
    ctypedef struct Choice:
        const int* slots
        Py_ssize_t count

    ctypedef struct CInstruction "Instruction":
        int rule, wanted, varying
        void* own
        Py_ssize_t start, count
        int* a
        int* b
        int* c
        const Choice* choices
        int guards
        int* guard
        int terms
        unsigned char* codes

    ctypedef struct Workspace:
        double* memory
        double* adjoint
        Py_ssize_t uniform, base, lanes

    Py_ssize_t place(const Workspace*, Py_ssize_t) noexcept nogil
    const double NAN
    void run_forward(const CInstruction*, const Workspace*) noexcept nogil
    void run_backward(const CInstruction*, const Workspace*) noexcept nogil
    int sums_choose(int) noexcept
    int all_finite(const double*, Py_ssize_t) noexcept nogil

cdef extern from "thread_pool.h":
    int next_part(int*) noexcept nogil
    void pool_begin()
    void pool_run(void (*)(void*) noexcept nogil, void*, int) noexcept nogil

def widest_vectors(int width=8):
    """Use vectors of at most `width` numbers in sums of products; returns the width chosen."""
    return sums_choose(width)

widest_vectors()

cdef inline Py_ssize_t cell(Workspace* workspace, Py_ssize_t slot, Py_ssize_t lane) noexcept nogil:
    """Where the number of a slot in one lane is."""
    return place(workspace, slot) + (lane if slot >= workspace.uniform else 0)


cdef inline bint holds(CInstruction* instruction, Workspace* workspace, Py_ssize_t lane) noexcept nogil:
    """Whether the conditions of an instruction's guard are met in one lane."""
    cdef int i
    for i in range(instruction.guards):
        if ((workspace.memory[cell(workspace, instruction.guard[2 * i], lane)] != 0.0)
                != (instruction.guard[2 * i + 1] != 0)):
            return False
    return True


cdef bint finished(CInstruction* instruction, Workspace* workspace) noexcept nogil:
    """Set results whose guard does not hold to 0; returns whether all results are finite."""
    cdef Py_ssize_t k, lane, lanes = workspace.lanes if instruction.varying & 8 else 1
    cdef double* out = workspace.memory + place(workspace, instruction.start)
    if instruction.guards:
        for lane in range(lanes):
            if not holds(instruction, workspace, lane):
                for k in range(instruction.count):
                    out[k * lanes + lane] = 0.0
    return all_finite(out, instruction.count * lanes)


ctypedef struct Plan:
    Py_ssize_t size, uniform, base, count, inputs, differentiable
    Py_ssize_t work  # operations for each example
    bint calls_back  # whether a rule has no loops in C
    CInstruction* instructions
    Choice* choices  # the lists that TAKE chooses from
    int* captured_slots  # of the captured Values


ctypedef struct BatchRun:  # one run of a program: what goes in, and what comes out
    Plan* plan
    Py_ssize_t examples, width, tiles, chunks, reading, differentiating, variables
    double seed
    double* shared  # the uniform slots: numbers and captured Values
    double* inputs  # of every example
    double* totals  # for each chunk and root, the derivatives with respect to the captured Values
    double* numbers
    double** slopes  # by root
    int* reads
    int* roots
    int* wanted_inputs
    int next, fine, short_of_memory  # the next chunk; whether all results are finite; whether memory ran out
    void* error  # what the function of a rule raised, a counted reference; else NULL


cdef void work(void* pointer) noexcept nogil:
    """Run chunks of a batch until none are left."""
    cdef BatchRun* batch = <BatchRun*>pointer
    cdef Plan* plan = batch.plan
    cdef Workspace workspace
    cdef Py_ssize_t cells = plan.base + (plan.size - plan.uniform) * batch.width + 1
    cdef int chunk = next_part(&batch.next)
    if chunk >= batch.chunks:
        return
    workspace.uniform, workspace.lanes = plan.uniform, batch.width
    workspace.base = plan.uniform if batch.width == 1 else plan.base  # with one lane a slot is a place
    workspace.memory, workspace.adjoint = aligned(cells), aligned(cells) if batch.differentiating else NULL
    if workspace.memory != NULL and (workspace.adjoint != NULL or batch.differentiating == 0):
        memcpy(workspace.memory, batch.shared, plan.uniform * sizeof(double))
        while chunk < batch.chunks and batch.fine:
            if not run_chunk(batch, &workspace, chunk):
                batch.fine = False
            chunk = next_part(&batch.next)
    else:
        batch.short_of_memory = True
    give_back(workspace.memory)
    give_back(workspace.adjoint)


cdef bint run_chunk(BatchRun* batch, Workspace* workspace, Py_ssize_t number) noexcept nogil:
    cdef Py_ssize_t tile, root, k, first = batch.tiles * number // batch.chunks
    cdef Py_ssize_t last = batch.tiles * (number + 1) // batch.chunks, captured = batch.plan.differentiable
    cdef double* total
    if batch.differentiating == 0:
        for tile in range(first, last):
            if not forward(batch, workspace, tile):
                return False
        return True
    for root in range(batch.differentiating):
        memset(workspace.adjoint, 0, workspace.uniform * sizeof(double))
        for tile in range(first, last):
            # With several tiles, each runs forward and then back at once, while its memory is in the cache.
            if (root == 0 or batch.tiles > 1) and not forward(batch, workspace, tile):
                return False
            reverse(batch, workspace, tile, root)
        total = batch.totals + (number * batch.differentiating + root) * captured
        for k in range(captured):
            total[k] = workspace.adjoint[batch.plan.captured_slots[k]]
    return True


cdef bint forward(BatchRun* batch, Workspace* workspace, Py_ssize_t tile) noexcept nogil:
    cdef Py_ssize_t i, lane, first = tile * batch.width, inputs = batch.plan.inputs, lanes = workspace.lanes
    cdef CInstruction* instruction
    cdef double* rows = workspace.memory + workspace.base
    cdef double* example
    for lane in range(lanes):
        example = batch.inputs + min(first + lane, batch.examples - 1) * inputs
        for i in range(inputs):
            rows[i * lanes + lane] = example[i]
    for i in range(batch.plan.count):
        instruction = &batch.plan.instructions[i]
        if instruction.own == NULL:
            run_forward(instruction, workspace)
        elif not call_rule(batch, instruction, workspace, min(lanes, batch.examples - first)):
            return False
        if not finished(instruction, workspace):
            return False
    for lane in range(min(lanes, batch.examples - first)):
        for i in range(batch.reading):
            batch.numbers[(first + lane) * batch.reading + i] = workspace.memory[
                cell(workspace, batch.reads[i], lane)]
    return True


cdef void reverse(BatchRun* batch, Workspace* workspace, Py_ssize_t tile, Py_ssize_t root) noexcept nogil:
    cdef Py_ssize_t i, lane, first = tile * batch.width
    cdef Py_ssize_t examples = min(workspace.lanes, batch.examples - first)
    cdef CInstruction* instruction
    cdef int slot = batch.roots[root]
    cdef double* adjoint = workspace.adjoint
    memset(adjoint + workspace.base, 0, (batch.plan.size - workspace.uniform) * workspace.lanes * sizeof(double))
    for lane in range(examples):
        adjoint[cell(workspace, slot, lane)] += batch.seed
    for i in range(batch.plan.count - 1, -1, -1):
        instruction = &batch.plan.instructions[i]
        if instruction.wanted == 0:
            continue
        if instruction.own == NULL:
            run_backward(instruction, workspace)
        else:
            call_slopes(batch, instruction, workspace, examples)
        if not instruction.varying & 8:
            # Only the adjoints of captured Values add up over tiles, not those of what is computed from them.
            memset(adjoint + instruction.start, 0, instruction.count * sizeof(double))
    for lane in range(examples):
        for i in range(batch.variables):
            batch.slopes[root][batch.plan.differentiable + (first + lane) * batch.variables + i] = adjoint[
                workspace.base + batch.wanted_inputs[i] * workspace.lanes + lane]


# A rule that a user has registered is younger than the engine: its Python functions are called, as machine.py does.
# The lanes that only fill up the last tile are left out: their numbers are those of the last example.

cdef bint call_rule(BatchRun* batch, CInstruction* instruction, Workspace* workspace,
                     Py_ssize_t examples) noexcept with gil:
    """Compute the results of such a rule; returns whether there is one for each example."""
    cdef Py_ssize_t k, lane, lanes = workspace.lanes if instruction.varying & 8 else 1
    cdef double* out = workspace.memory + place(workspace, instruction.start)
    examples = min(examples, lanes)
    try:
        value = (<object>instruction.own).value
        for lane in range(examples):
            for k in range(instruction.count if holds(instruction, workspace, lane) else 0):
                out[k * lanes + lane] = value(*operands(instruction, workspace, k, lane))
    except (ArithmeticError, ValueError):
        return False
    except BaseException as error:
        keep_error(batch, error)
        return False
    for k in range(instruction.count):
        for lane in range(examples, lanes):
            out[k * lanes + lane] = out[k * lanes + examples - 1]
    return True


cdef void call_slopes(BatchRun* batch, CInstruction* instruction, Workspace* workspace,
                      Py_ssize_t examples) noexcept with gil:
    """The chain rule: add to the adjoints of the operands what the results of such a rule contribute."""
    cdef Py_ssize_t k, lane, result
    cdef int which
    cdef int* column
    cdef double partial
    if batch.error != NULL:
        return
    try:
        slopes = (<object>instruction.own).slopes
        for lane in range(min(examples, workspace.lanes if instruction.varying & 8 else 1)):
            if not holds(instruction, workspace, lane):
                continue
            for which in range(3):
                if not instruction.wanted >> which & 1:
                    continue
                slope = slopes[which]
                column = instruction.a if which == 0 else instruction.b if which == 1 else instruction.c
                for k in range(instruction.count):
                    result = cell(workspace, instruction.start + k, lane)
                    try:
                        partial = slope(*operands(instruction, workspace, k, lane), workspace.memory[result])
                    except (ArithmeticError, ValueError):
                        partial = NAN
                    workspace.adjoint[cell(workspace, column[k], lane)] += workspace.adjoint[result] * partial
    except BaseException as error:
        keep_error(batch, error)


cdef tuple operands(CInstruction* instruction, Workspace* workspace, Py_ssize_t k, Py_ssize_t lane):
    """The operands of the k-th result in one lane."""
    cdef double a = workspace.memory[cell(workspace, instruction.a[k], lane)], b, c
    if instruction.b == NULL:
        return (a,)
    b = workspace.memory[cell(workspace, instruction.b[k], lane)]
    if instruction.c == NULL:
        return a, b
    c = workspace.memory[cell(workspace, instruction.c[k], lane)]
    return a, b, c


cdef void keep_error(BatchRun* batch, error) noexcept:
    """End the run with an error, which `run` raises."""
    Py_INCREF(<PyObject*>error)
    batch.error, batch.fine = <void*>error, False


cdef double* aligned(Py_ssize_t cells) noexcept nogil:
    """Memory at an address that is a multiple of 64; NULL when there is none."""
    cdef char* block = <char*>malloc(cells * sizeof(double) + 64 + sizeof(void*))
    if block == NULL:
        return NULL
    cdef char* start = block + sizeof(void*)
    start += (64 - <size_t>start % 64) % 64
    (<void**>start)[-1] = block
    return <double*>start


cdef void give_back(double* start) noexcept nogil:
    if start != NULL:
        free((<void**>start)[-1])


cdef array.array NUMBERS = array.array("d")


cdef class NativeMachine:
    """Runs a program for all examples; see machine.py."""

    cdef readonly object program
    cdef readonly list captured
    cdef list _sources, _keep, _guards
    cdef Blocks blocks
    cdef Plan plan
    cdef int[::1] source_slots, captured_slots
    cdef double[::1] template

    def __cinit__(self, program):
        cdef Py_ssize_t i
        cdef int at
        cdef CInstruction* instruction
        cdef Blocks blocks
        cdef bytes text
        cdef Numbers pairs, slots
        self.program = program
        self.plan.size, self.plan.uniform = program.size, program.uniform
        self.plan.base = (program.uniform + 7) // 8 * 8
        self.blocks = blocks = program.blocks
        self.plan.count = len(blocks)
        self.plan.instructions = <CInstruction*>calloc(max(self.plan.count, 1), sizeof(CInstruction))
        self.plan.choices = <Choice*>calloc(len(blocks.choices) + 1, sizeof(Choice))
        if self.plan.instructions == NULL or self.plan.choices == NULL:
            raise MemoryError()
        for i in range(len(blocks.choices)):
            slots = blocks.choices[i]
            self.plan.choices[i].slots, self.plan.choices[i].count = slots.data.as_ints, len(slots)
        self._guards = [array.array("i", [int(part) for pair in guard for part in pair]) for guard in blocks.guards]
        self._keep = [blocks.a, blocks.b, blocks.c]
        for i in range(self.plan.count):
            instruction = &self.plan.instructions[i]
            instruction.rule, instruction.wanted, instruction.varying = blocks.rule[i], blocks.wanted[i], blocks.varying[i]
            instruction.start, instruction.count, at = blocks.start[i], blocks.count[i], blocks.at[i]
            instruction.a, instruction.b = &blocks.a[at], &blocks.b[at]
            instruction.c = &blocks.c[at] if len(blocks.c) else NULL
            instruction.choices = self.plan.choices
            if blocks.codes[i] >= 0:
                text = blocks.all_codes[blocks.codes[i]]
                instruction.codes, instruction.terms = <unsigned char*>text, len(text)
            elif RULE_COUNT <= instruction.rule < SLOPES:
                rule = described(instruction.rule)
                self._keep.append(rule)
                instruction.own, self.plan.calls_back = <void*>rule, True
                if len(rule.inputs) < 2:
                    instruction.b = NULL
                if len(rule.inputs) < 3:
                    instruction.c = NULL
            self.plan.work += instruction.count * max(instruction.terms, 1)
            if blocks.guard[i]:
                pairs = self._guards[blocks.guard[i]]
                instruction.guard, instruction.guards = pairs.data.as_ints, len(pairs) // 2
        template = array.array("d", bytes(8 * max(program.uniform, 1)))
        for slot, number in program.numbers:
            template[slot] = number
        self.template = template
        self._sources = program.captured
        self.source_slots = _ints(program.captured_slots)
        self.plan.inputs = len(program.input_slots)
        self.captured = program.values
        self.captured_slots = _ints(program.value_slots)
        self.plan.captured_slots = &self.captured_slots[0]
        self.plan.differentiable = len(self.captured)

    def __dealloc__(self):
        free(self.plan.instructions)
        free(self.plan.choices)

    def run(self, rows, list reads, list roots=[], double seed=1.0, list variables=[]):
        """Run forward, and backward from each of the slots `roots`, for examples given by their inputs.

        Returns the numbers in the slots `reads`, as an array with a row for each example; for each root an array: the
        derivatives of the sum of seed times root over the examples, with respect to each captured Value, then to the
        inputs `variables` of each example; and with roots the numbers of the Values that this was computed from, those
        that were captured and those among the inputs. Returns None if anything outside a guard is not finite.
        """
        cdef BatchRun batch
        cdef Py_ssize_t i, chunk, root, count, captured = self.plan.differentiable
        cdef Numbers numbers, slope, read, root_slots, wanted_inputs
        cdef double* total
        memset(&batch, 0, sizeof(batch))
        batch.plan, batch.examples, batch.seed = &self.plan, len(rows), seed
        batch.width = 1 if batch.examples <= FEW else LANES
        batch.tiles = (batch.examples + batch.width - 1) // batch.width
        batch.chunks = min(batch.tiles, 2 if batch.tiles < 8 else 4 if batch.tiles < 16 else CHUNKS)
        batch.reading, batch.differentiating, batch.variables = len(reads), len(roots), len(variables)
        read, root_slots, wanted_inputs = _slots(reads), _slots(roots), _slots(variables)
        batch.reads, batch.roots = read.data.as_ints, root_slots.data.as_ints
        batch.wanted_inputs = wanted_inputs.data.as_ints
        batch.fine = True
        numbers = array.clone(NUMBERS, batch.examples * batch.reading, False)
        batch.numbers = numbers.data.as_doubles
        count = captured + batch.examples * batch.variables
        slopes = [array.clone(NUMBERS, count, False) for _ in roots]
        try:
            batch.shared = <double*>malloc((self.plan.uniform + 1) * sizeof(double))
            batch.totals = <double*>malloc((batch.chunks * batch.differentiating * captured + 1) * sizeof(double))
            batch.slopes = <double**>malloc((batch.differentiating + 1) * sizeof(double*))
            if batch.shared == NULL or batch.totals == NULL or batch.slopes == NULL:
                raise MemoryError()
            for root in range(batch.differentiating):
                slope = slopes[root]
                batch.slopes[root] = slope.data.as_doubles
            kept = self._fill(&batch, rows)
            origin = self._origin(&batch) if batch.differentiating else None
            if self.plan.calls_back:  # with the GIL: to wait for it at each call takes longer than the calls
                work(&batch)
            else:
                with nogil:
                    pool_run(work, &batch,
                             min(HELPERS, batch.chunks - 1) if self.plan.work * batch.examples > WORTH_HELP else 0)
            if batch.error != NULL:
                raise <object>batch.error
            if batch.short_of_memory:
                raise MemoryError()
            if not batch.fine:
                return None
            for root in range(batch.differentiating):
                total = batch.totals + root * captured
                for i in range(captured):
                    batch.slopes[root][i] = total[i] + 0.0  # never -0.0
                for chunk in range(1, batch.chunks):
                    total = batch.totals + (chunk * batch.differentiating + root) * captured
                    for i in range(captured):
                        batch.slopes[root][i] += total[i]
                if not all_finite(batch.slopes[root], count):
                    return None
            return numbers, slopes, origin
        finally:
            Py_XDECREF(<PyObject*>batch.error)
            free(batch.shared)
            free(batch.totals)
            free(batch.slopes)

    cdef Numbers _origin(self, BatchRun* batch):
        """The numbers of all Values that a run is made on."""
        cdef Py_ssize_t i, k, count = len(self._sources)
        cdef Numbers found = array.clone(NUMBERS, count + batch.examples * batch.variables, False)
        cdef double* out = found.data.as_doubles
        for i in range(count):
            out[i] = batch.shared[self.source_slots[i]]
        out += count
        for i in range(batch.examples):
            for k in range(batch.variables):
                out[0] = batch.inputs[i * self.plan.inputs + batch.wanted_inputs[k]]
                out += 1
        return found

    cdef object _fill(self, BatchRun* batch, rows):
        """Read the numbers that go into a run; returns the object that owns the inputs of the examples."""
        cdef Py_ssize_t i, number, at = 0
        cdef double[::1] view
        cdef Rows matrix
        memcpy(batch.shared, &self.template[0], self.plan.uniform * sizeof(double))
        if type(rows) is Rows:
            matrix = rows
            for i in range(len(self._sources)):
                batch.shared[self.source_slots[i]] = (<Value>PyList_GET_ITEM(self._sources, i))._data
            batch.inputs = matrix.numbers.data.as_doubles
            if matrix.count != batch.examples or matrix.width != self.plan.inputs:
                raise ArgumentError(f"a recording of {self.plan.inputs} inputs was run on rows of {matrix.width}.")
            if not all_finite(batch.inputs, batch.examples * self.plan.inputs):
                for at in range(batch.examples * self.plan.inputs):
                    as_float(batch.inputs[at])
            return matrix
        kept = array.clone(NUMBERS, batch.examples * self.plan.inputs + 1, False)
        view = kept
        batch.inputs = &view[0]
        for number in range(batch.examples):
            for i in range(self.plan.inputs):
                leaf = checked_item(rows, number, i)  # an earlier leaf's __float__ may have changed the lists
                batch.inputs[at] = (<double>leaf if type(leaf) is float else (<Value>leaf)._data
                                  if isinstance(leaf, Value) else as_float(leaf))
                if batch.inputs[at] - batch.inputs[at] != 0.0:
                    as_float(leaf)
                at += 1
        # Captured Values are read last, so that nothing can change them before the run.
        for i in range(len(self._sources)):
            batch.shared[self.source_slots[i]] = (<Value>PyList_GET_ITEM(self._sources, i))._data
        return kept


@cython.boundscheck(True)
cdef checked_item(list rows, Py_ssize_t number, Py_ssize_t i):
    cdef list row = rows[number]
    return row[i]


def threads():
    """How many threads may work on a batch: GLASSGRAD_THREADS, or the processors that this process may use."""
    chosen = os.environ.get("GLASSGRAD_THREADS")
    if chosen:
        if not chosen.isdecimal() or int(chosen) < 1:
            raise ArgumentError(f"GLASSGRAD_THREADS is a number of threads, 1 or more, got {chosen!r}.")
        return int(chosen)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # a container may have a smaller share
        with open("/sys/fs/cgroup/cpu.max") as file:
            share, period = map(int, file.read().split())
        count = min(count, share // period)
    return max(count, 1)


cdef int HELPERS = min(threads(), CHUNKS) - 1
pool_begin()


cdef Numbers _slots(list slots):
    """A list of ints as an array of at least one."""
    cdef Py_ssize_t i
    cdef Numbers found = array.clone(NO_PLACES, max(len(slots), 1), False)
    for i in range(len(slots)):
        found.data.as_ints[i] = slots[i]
    return found


def _ints(numbers):
    return array.array("i", list(numbers) or [0])
