# The machine that runs recorded programs, compiled: what machine.py does, with a loop in C for each instruction.
#
# The examples of a batch are processed LANES at a time, as a tile whose memory fits into the processor's cache: first
# the numbers that all examples share, then for each other slot one number per example, side by side. A single example
# is a tile of one lane. The loops of each rule are in machine.c. Neighbouring tiles make up a chunk, and threads share
# the chunks; sums over chunks are always added in the same order.



cdef enum:
    FEW_EXAMPLES = 3  # up to this many examples are run one by one
    CHUNKS = 8  # a batch is split into at most this many parts
    TOGETHER = 4  # so many tiles run together, unless
    ENOUGH = 100_000  # they have more numbers than this, which then leave the cache,
    MANY_WEIGHTS = 8000  # and the examples share fewer numbers than this
    MOST_KEPT = 4_000_000  # numbers in a workspace that is kept for the next run
    WORTH_HELP = 30_000  # operations times examples above which helper threads pay off
    SOON_DONE = 500_000  # operations times examples below which other threads had better wait


cdef extern from "machine.h":
    int LANES, OVERREAD
    ctypedef struct Choice:
        const int* slots
        Py_ssize_t count

    ctypedef struct CAffine "Affine":
        Py_ssize_t start, row, column, term

    ctypedef struct Span:
        int terms, code
        CAffine a, b
        int first
        Py_ssize_t relu

    ctypedef struct Part:
        Py_ssize_t first, rows, columns
        int count
        const Span* spans
        int forward, backward

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
        int first, merged
        Part* parts
        Span* spans
        int count_of_parts
        Py_ssize_t relu

    int MERGED_FORWARD, MERGED_BACKWARD

    ctypedef struct Workspace:
        double* memory
        double* adjoint
        double* scratch
        Py_ssize_t uniform, base, lanes, tiles, stride, inputs
        const double* examples

    Workspace tile_of(const Workspace*, Py_ssize_t) noexcept nogil

    Py_ssize_t part_prepare(Part*) noexcept
    void instruction_prepare(CInstruction*, int) noexcept
    Py_ssize_t place(const Workspace*, Py_ssize_t, Py_ssize_t) noexcept nogil
    const double NAN
    void run_forward(const CInstruction*, const Workspace*) noexcept nogil
    void run_backward(const CInstruction*, const Workspace*) noexcept nogil
    int choose_vectors(int) noexcept
    int all_finite(const double*, Py_ssize_t) noexcept nogil
    int add_finite(double*, const double*, const double*, Py_ssize_t) noexcept nogil
    void put_scaled(double*, const double*, double, Py_ssize_t) noexcept nogil
    void add_scaled(double*, const double*, double, Py_ssize_t) noexcept nogil
    unsigned apply_update(int, ptrdiff_t, const double**, double**, const double*) noexcept nogil
    void spread_inputs "spread"(double*, const double*, Py_ssize_t, Py_ssize_t) noexcept nogil

cdef extern from "thread_pool.h":
    int next_part(int*) noexcept nogil
    void pool_begin()
    void pool_run(void (*)(void*) noexcept nogil, void*, int) noexcept nogil

def widest_vectors(int width=8):
    """Use vectors of at most `width` numbers; returns the width chosen."""
    return choose_vectors(width)

widest_vectors()

cdef inline Py_ssize_t cell(Workspace* workspace, Py_ssize_t slot, Py_ssize_t lane) noexcept nogil:
    """Where the number of a slot in one lane is."""
    return place(workspace, 0, slot) + (lane if slot >= workspace.uniform else 0)


cdef inline bint holds(CInstruction* instruction, Workspace* workspace, Py_ssize_t lane) noexcept nogil:
    """Whether the conditions of an instruction's guard are met in one lane."""
    cdef int i
    for i in range(instruction.guards):
        if ((workspace.memory[cell(workspace, instruction.guard[2 * i], lane)] != 0.0)
                != (instruction.guard[2 * i + 1] != 0)):
            return False
    return True


cdef void clear_unless_it_holds(CInstruction* instruction, Workspace* workspace) noexcept nogil:
    """Set the results of an instruction with a guard to 0 where that does not hold."""
    cdef Py_ssize_t k, lane, lanes = workspace.lanes if instruction.varying & 8 else 1
    cdef double* out = workspace.memory + place(workspace, 0, instruction.start)
    for lane in range(lanes):
        if not holds(instruction, workspace, lane):
            for k in range(instruction.count):
                out[k * lanes + lane] = 0.0


ctypedef struct SlotRun:  # slots that follow one another, of things that do
    Py_ssize_t slot, first, count


ctypedef struct Plan:
    Py_ssize_t size, uniform, base, count, inputs, differentiable
    Py_ssize_t shared  # how many instructions come first that compute what all examples share
    Py_ssize_t work  # operations for each example
    Py_ssize_t scratch  # numbers that sums of products need beside, for each tile
    Py_ssize_t together  # how many tiles run together, instruction by instruction
    bint calls_back  # whether a rule has no loops in C
    CInstruction* instructions
    Choice* choices  # the lists that TAKE chooses from
    SlotRun* runs  # of the captured Values that are differentiated by
    SlotRun* checked  # results which show that all of them are finite
    SlotRun* cleared  # results whose adjoints begin at 0; the others are overwritten first
    Py_ssize_t count_of_runs, count_of_checked, count_of_cleared


ctypedef struct BatchRun:  # one run of a program: what goes in, and what comes out
    Plan* plan
    Py_ssize_t examples, width, tiles, chunks, together, reading, differentiating, variables
    double seed
    double* inputs  # of every example
    double* totals  # for each chunk but the first, and each root, the derivatives by the captured Values
    double* numbers
    double** slopes  # by root
    int* reads
    int* roots
    int* wanted_inputs
    Workspace* workspaces  # one for each thread
    int helpers  # other threads that may run chunks
    int next, workers, fine  # the next chunk; how many threads have begun; whether all results are finite
    void* error  # what the function of a rule raised, a counted reference; else NULL


cdef void work(void* pointer) noexcept nogil:
    """Run chunks of a batch until none are left."""
    cdef BatchRun* batch = <BatchRun*>pointer
    cdef Plan* plan = batch.plan
    cdef Workspace workspace
    cdef Py_ssize_t i
    cdef int chunk = next_part(&batch.next)
    if chunk >= batch.chunks:
        return
    workspace = batch.workspaces[next_part(&batch.workers)]
    workspace.tiles = 1
    if not run_all(batch, &workspace, 0, plan.shared, 0):
        batch.fine = False
    for i in range(plan.shared):  # numbers that are chosen from need not be finite
        if not all_finite(workspace.memory + plan.instructions[i].start, plan.instructions[i].count):
            batch.fine = False
    while chunk < batch.chunks and batch.fine:
        if not run_chunk(batch, &workspace, chunk):
            batch.fine = False
        chunk = next_part(&batch.next)


cdef bint provide_memory(Plan* plan, double* numbers, Workspace* workspace, int lanes, bint differentiating) noexcept:
    """Give a workspace the memory that it needs and does not have yet, with the program's `numbers`; false if there is
    none."""
    cdef Py_ssize_t cells, tiles = 1 if lanes == 1 else plan.together
    workspace.uniform, workspace.lanes = plan.uniform, lanes
    workspace.base = plan.uniform if lanes == 1 else plan.base  # with one lane a slot is a place
    workspace.inputs = plan.inputs
    workspace.stride = (plan.size - plan.uniform) * lanes
    cells = workspace.base + tiles * workspace.stride + OVERREAD
    if workspace.memory == NULL:
        workspace.memory = aligned(cells)
        if workspace.memory != NULL:
            memcpy(workspace.memory, numbers, plan.uniform * sizeof(double))
    if workspace.scratch == NULL:
        workspace.scratch = aligned(tiles * plan.scratch + OVERREAD)
    if workspace.adjoint == NULL and differentiating:
        workspace.adjoint = aligned(cells)
    return (workspace.memory != NULL and workspace.scratch != NULL
            and (workspace.adjoint != NULL or not differentiating))


cdef void clear(Workspace* workspace) noexcept:
    give_back(workspace.memory)
    give_back(workspace.adjoint)
    give_back(workspace.scratch)
    memset(workspace, 0, sizeof(Workspace))


cdef bint run_chunk(BatchRun* batch, Workspace* workspace, Py_ssize_t number) noexcept nogil:
    cdef Py_ssize_t tile, root, k, first = batch.tiles * number // batch.chunks
    cdef Py_ssize_t last = batch.tiles * (number + 1) // batch.chunks, captured = batch.plan.differentiable
    cdef Workspace shared = tile_of(workspace, 0)
    cdef double* total
    for root in range(max(batch.differentiating, 1)):
        if batch.differentiating:
            memset(workspace.adjoint, 0, workspace.uniform * sizeof(double))
        tile = first
        while tile < last:
            workspace.tiles = min(batch.together, last - tile)
            workspace.examples = NULL
            if (tile + workspace.tiles) * batch.width <= batch.examples:
                workspace.examples = batch.inputs + tile * batch.width * batch.plan.inputs
            # With several tiles, each runs forward and then back at once, while its memory is in the cache.
            if (root == 0 or batch.tiles > 1) and not forward(batch, workspace, tile):
                return False
            if batch.differentiating:
                reverse(batch, workspace, tile, root)
            tile += workspace.tiles
        if batch.differentiating == 0:
            break
        reverse_all(batch, &shared, 0, batch.plan.shared, 0)
        # The slopes are the sum over the chunks, in their order: other threads' wait in `totals` for their turn.
        total = batch.slopes[root]
        if number > 0 and batch.helpers > 0:
            total = batch.totals + (number * batch.differentiating + root) * captured
        add_up(batch.plan, workspace.adjoint, total, number > 0 and batch.helpers == 0)
    return True


cdef void add_up(Plan* plan, double* adjoint, double* total, bint more) noexcept nogil:
    """Add the adjoints of the captured Values to totals; the first ones are written there, never as -0.0."""
    cdef Py_ssize_t i
    cdef SlotRun run
    for i in range(plan.count_of_runs):
        run = plan.runs[i]
        if more:
            add_scaled(total + run.first, adjoint + run.slot, 1.0, run.count)
        else:
            put_scaled(total + run.first, adjoint + run.slot, 1.0, run.count)


cdef inline Py_ssize_t examples_of(BatchRun* batch, Py_ssize_t tile) noexcept nogil:
    """How many examples a tile has; the lanes that only fill up the last one repeat the last example."""
    return min(batch.width, batch.examples - tile * batch.width)


cdef bint forward(BatchRun* batch, Workspace* workspace, Py_ssize_t first) noexcept nogil:
    """Compute the results of the examples of tiles, from the first one on; returns whether all of them are finite."""
    cdef Py_ssize_t i, lane, tile, step, inputs = batch.plan.inputs, lanes = workspace.lanes
    cdef double* rows
    cdef double* example
    cdef double* number
    cdef SlotRun run
    for tile in range(workspace.tiles):
        rows = workspace.memory + workspace.base + tile * workspace.stride
        example = batch.inputs + (first + tile) * lanes * inputs
        if lanes == 1:
            memcpy(rows, example, inputs * sizeof(double))
        else:
            spread_inputs(rows, example, examples_of(batch, first + tile), inputs)
    if not run_all(batch, workspace, batch.plan.shared, batch.plan.count, first):
        return False
    for tile in range(workspace.tiles):
        for i in range(batch.plan.count_of_checked):
            run = batch.plan.checked[i]
            if not all_finite(workspace.memory + place(workspace, tile, run.slot), run.count * lanes):
                return False
        for i in range(batch.reading):
            number = workspace.memory + place(workspace, tile, batch.reads[i])
            step = batch.reads[i] >= workspace.uniform
            for lane in range(examples_of(batch, first + tile)):
                batch.numbers[((first + tile) * lanes + lane) * batch.reading + i] = number[lane * step]
    return True


cdef bint run_all(BatchRun* batch, Workspace* workspace, Py_ssize_t i, Py_ssize_t end, Py_ssize_t first) noexcept nogil:
    """Run the instructions from the i-th to the one before `end`, on tiles of examples from the first one on.

    Returns False if a rule of a user's has no result. What is not finite stays in memory, where it is found in the end.
    """
    cdef CInstruction* instruction
    cdef Py_ssize_t tile
    cdef Workspace one
    for i in range(i, end):
        instruction = &batch.plan.instructions[i]
        if instruction.own == NULL:
            run_forward(instruction, workspace)
            if instruction.guards == 0:
                continue
        for tile in range(workspace.tiles):
            one = tile_of(workspace, tile)
            if instruction.own != NULL and not call_rule(batch, instruction, &one, examples_of(batch, first + tile)):
                return False
            if instruction.guards:
                clear_unless_it_holds(instruction, &one)
    return True


cdef void reverse(BatchRun* batch, Workspace* workspace, Py_ssize_t first, Py_ssize_t root) noexcept nogil:
    """Propagate the adjoints of tiles; those of what all examples share add up."""
    cdef Py_ssize_t i, lane, tile, step, lanes = workspace.lanes, inputs = batch.plan.inputs * lanes
    cdef double* slope
    cdef Workspace one
    cdef SlotRun run
    for tile in range(workspace.tiles):
        slope = workspace.adjoint + place(workspace, tile, workspace.uniform)
        if lanes == 1:
            memset(slope, 0, workspace.stride * sizeof(double))
        elif batch.variables:
            memset(slope, 0, inputs * sizeof(double))
        for i in range(batch.plan.count_of_cleared if lanes > 1 else 0):
            run = batch.plan.cleared[i]
            memset(workspace.adjoint + place(workspace, tile, run.slot), 0, run.count * lanes * sizeof(double))
        slope = workspace.adjoint + place(workspace, tile, batch.roots[root])
        step = batch.roots[root] >= workspace.uniform
        for lane in range(examples_of(batch, first + tile)):
            slope[lane * step] += batch.seed
    reverse_all(batch, workspace, batch.plan.shared, batch.plan.count, first)
    for tile in range(workspace.tiles):
        one = tile_of(workspace, tile)
        for lane in range(examples_of(batch, first + tile)):
            for i in range(batch.variables):
                batch.slopes[root][batch.plan.differentiable + ((first + tile) * lanes + lane) * batch.variables + i] = (
                    one.adjoint[one.base + batch.wanted_inputs[i] * lanes + lane])


cdef void reverse_all(BatchRun* batch, Workspace* workspace, Py_ssize_t begin, Py_ssize_t end,
                      Py_ssize_t first) noexcept nogil:
    """Propagate adjoints through the instructions from the one before `end` back to `begin`, on tiles as above."""
    cdef Py_ssize_t i, tile
    cdef CInstruction* instruction
    cdef Workspace one
    for i in range(end - 1, begin - 1, -1):
        instruction = &batch.plan.instructions[i]
        if instruction.wanted == 0:
            continue
        if instruction.own == NULL:
            run_backward(instruction, workspace)
            continue
        for tile in range(workspace.tiles):
            one = tile_of(workspace, tile)
            call_slopes(batch, instruction, &one, examples_of(batch, first + tile))


# A rule that a user has registered is younger than the engine: its Python functions are called, as machine.py does.
# The lanes that only fill up the last tile are left out.

cdef bint call_rule(BatchRun* batch, CInstruction* instruction, Workspace* workspace,
                     Py_ssize_t examples) noexcept with gil:
    """Compute the results of such a rule; returns whether there is one for each example."""
    cdef Py_ssize_t k, lane, lanes = workspace.lanes if instruction.varying & 8 else 1
    cdef double* out = workspace.memory + place(workspace, 0, instruction.start)
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
    cdef list _keep, _guards
    cdef Whereabouts _sources, values_at
    cdef Numbers _numbers  # of the captured Values, before they are put into their slots
    cdef Blocks blocks
    cdef Plan plan
    cdef Workspace[2] spare  # kept from one run to the next: for a single lane, and for LANES
    cdef SlotRun* source_runs  # of all captured Values
    cdef Py_ssize_t count_of_source_runs
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
                self._find_parts(instruction, at)
            elif RULE_COUNT <= instruction.rule < SLOPES:
                rule = described(instruction.rule)
                self._keep.append(rule)
                instruction.own, self.plan.calls_back = <void*>rule, True
                if len(rule.inputs) < 2:
                    instruction.b = NULL
                if len(rule.inputs) < 3:
                    instruction.c = NULL
            elif 0 <= instruction.rule < RULE_COUNT:
                instruction_prepare(instruction, INPUTS_OF[instruction.rule])
            self.plan.work += instruction.count * max(instruction.terms, 1)
            if not instruction.varying & 8:
                self.plan.shared = i + 1
            if blocks.guard[i]:
                pairs = self._guards[blocks.guard[i]]
                instruction.guard, instruction.guards = pairs.data.as_ints, len(pairs) // 2
        self.plan.together = TOGETHER
        if program.uniform < MANY_WEIGHTS and (program.size - program.uniform) * LANES * TOGETHER > ENOUGH:
            self.plan.together = 1
        template = array.array("d", bytes(8 * max(program.uniform, 1)))
        for slot, number in program.numbers:
            template[slot] = number
        self.template = template
        self._sources, self.values_at = program.captured_at, program.values_at
        self.source_runs = runs_of(program.captured_slots, &self.count_of_source_runs)
        self._numbers = array.clone(NUMBERS, len(program.captured), False)
        self.plan.inputs = len(program.input_slots)
        self.captured = program.values
        self.plan.runs = runs_of(program.value_slots, &self.plan.count_of_runs)
        self.plan.differentiable = len(self.captured)
        find_cleared(&self.plan, program.results)
        merge_relus(&self.plan, program.results)
        find_checked(&self.plan)

    cdef int _find_parts(self, CInstruction* instruction, int at) except -1:
        """Write down which results of a block of sums have their operands in affine order, and which have not."""
        cdef array.array found = affine_parts(<bytes>instruction.codes[:instruction.terms], self.blocks.a, self.blocks.b,
                                              at, <int>instruction.count)
        cdef int* number = found.data.as_ints
        cdef int* end = number + len(found)
        cdef int s, term
        cdef Py_ssize_t parts = 0, spans = 0, done = 0
        while number < end:
            parts, spans = parts + 1, spans + number[3]
            number += <int>PER_PART + number[3] * <int>PER_SPAN
        cdef Part* part = <Part*>calloc(2 * parts + 1, sizeof(Part))
        cdef Span* span = <Span*>calloc(spans + 1, sizeof(Span))
        instruction.parts, instruction.spans = part, span  # freed with the machine
        if part == NULL or span == NULL:
            raise MemoryError()
        number = found.data.as_ints
        while True:
            if (number[0] if number < end else instruction.count) > done:
                part.first, part.rows = done, 1
                part.columns = (number[0] if number < end else instruction.count) - done
                part += 1
            if number == end:
                break
            part.first, part.rows, part.columns, part.count, part.spans = number[0], number[1], number[2], number[3], span
            number += <int>PER_PART
            term = 0
            for s in range(part.count):
                span.terms, span.code = number[0], instruction.codes[term]
                span.a = CAffine(number[1], number[2], number[3], number[4])
                span.b = CAffine(number[5], number[6], number[7], number[8])
                term += span.terms
                span += 1
                number += <int>PER_SPAN
            self.plan.scratch = max(self.plan.scratch, part_prepare(part))
            done = part.first + part.rows * part.columns
            part += 1
        instruction.count_of_parts = <int>(part - instruction.parts)
        return 0

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.plan.count if self.plan.instructions != NULL else 0):
            free(self.plan.instructions[i].parts)
            free(self.plan.instructions[i].spans)
        free(self.plan.instructions)
        free(self.plan.choices)
        free(self.plan.runs)
        free(self.plan.checked)
        free(self.plan.cleared)
        free(self.source_runs)
        clear(&self.spare[0])
        clear(&self.spare[1])

    @property
    def merged(self):
        """For each loop of ReLUs whether it is part of the sums before it, and whether it is of the layer after it."""
        return [(bool(instruction.merged & MERGED_FORWARD), bool(instruction.merged & MERGED_BACKWARD))
                for instruction in self.plan.instructions[:self.plan.count]
                if instruction.rule == RULE_RELU and not instruction.terms]

    def run(self, rows, list reads, list roots=[], double seed=1.0, list variables=[]):
        """Run forward, and backward from each of the slots `roots`, for examples given by their inputs.

        Returns the numbers in the slots `reads`, as an array with a row for each example; for each root an array: the
        derivatives of the sum of seed times root over the examples, with respect to each captured Value, then to the
        inputs `variables` of each example; and with roots the numbers of the Values that this was computed from, those
        that were captured and those among the inputs. Returns None if anything outside a guard is not finite.

        Raises ValueError for slots that are no results of the program: those need not be stored, nor must their adjoints
        begin at 0, see plans.pxi.
        """
        if not {*reads, *roots} <= set(self.program.results):
            raise ValueError(f"reads and roots are among the results {self.program.results}, got {reads} and {roots}")
        return self.replay(rows, slots_of(reads), slots_of(roots), seed, slots_of(variables), True)

    cdef tuple replay(self, rows, Numbers reads, Numbers roots, double seed, Numbers variables, bint origin_wanted):
        """What `run` does, with slots in arrays; the origin only where it is wanted."""
        cdef BatchRun batch
        cdef Py_ssize_t i, chunk, root, count, captured = self.plan.differentiable
        cdef Numbers numbers, slope, origin
        cdef Workspace alone
        cdef double* only_slopes
        cdef double* total
        memset(&batch, 0, sizeof(batch))
        batch.plan, batch.examples, batch.seed = &self.plan, len(rows), seed
        batch.width = 1 if batch.examples <= FEW_EXAMPLES else LANES
        batch.tiles = (batch.examples + batch.width - 1) // batch.width
        batch.together = 1 if batch.width == 1 else self.plan.together
        batch.chunks = min(batch.tiles, 2 if batch.tiles < 8 else 4 if batch.tiles < 16 else CHUNKS)
        batch.reading, batch.differentiating, batch.variables = len(reads), len(roots), len(variables)
        batch.reads, batch.roots, batch.wanted_inputs = reads.data.as_ints, roots.data.as_ints, variables.data.as_ints
        batch.fine = True
        numbers = array.clone(NUMBERS, batch.examples * batch.reading, False)
        batch.numbers = numbers.data.as_doubles
        count = captured + batch.examples * batch.variables
        slopes = [array.clone(NUMBERS, count, False) for _ in range(batch.differentiating)]
        cdef Workspace* spare = &self.spare[batch.width > 1]
        if self.plan.work * batch.examples > WORTH_HELP and not self.plan.calls_back:
            batch.helpers = min(HELPERS, <int>batch.chunks - 1)
        memset(&alone, 0, sizeof(alone))
        batch.workspaces, batch.slopes = &alone, &only_slopes
        try:
            if batch.helpers:
                batch.workspaces = <Workspace*>calloc(batch.helpers + 1, sizeof(Workspace))
                batch.totals = <double*>malloc((batch.chunks * batch.differentiating * captured + 1) * sizeof(double))
            if batch.differentiating > 1:
                batch.slopes = <double**>malloc(batch.differentiating * sizeof(double*))
            if batch.workspaces == NULL or (batch.totals == NULL and batch.helpers) or batch.slopes == NULL:
                raise MemoryError()
            batch.workspaces[0] = spare[0]
            memset(spare, 0, sizeof(Workspace))  # another thread may run this program, too
            for i in range(batch.helpers + 1):
                if not provide_memory(&self.plan, &self.template[0], &batch.workspaces[i], <int>batch.width,
                                      batch.differentiating):
                    raise MemoryError()
            for root in range(batch.differentiating):
                slope = slopes[root]
                batch.slopes[root] = slope.data.as_doubles
            origin = None
            if batch.differentiating and origin_wanted:
                origin = array.clone(NUMBERS, len(self._sources.values) + batch.examples * batch.variables, False)
            kept = self._fill(&batch, rows, origin)
            for i in range(1, batch.helpers + 1):
                memcpy(batch.workspaces[i].memory, batch.workspaces[0].memory, self.plan.uniform * sizeof(double))
            # With the GIL where rules call back: to wait for it at each call would take longer than the calls.
            if self.plan.calls_back or (batch.helpers == 0 and self.plan.work * batch.examples < SOON_DONE):
                work(&batch)
            else:
                with nogil:
                    pool_run(work, &batch, batch.helpers)
            if batch.error != NULL:
                raise <object>batch.error
            if not batch.fine:
                return None
            for root in range(batch.differentiating):
                for chunk in range(1, batch.chunks if batch.helpers else 1):
                    total = batch.totals + (chunk * batch.differentiating + root) * captured
                    add_scaled(batch.slopes[root], total, 1.0, captured)
                if not all_finite(batch.slopes[root], count):
                    return None
            return numbers, slopes, origin
        finally:
            Py_XDECREF(<PyObject*>batch.error)
            for i in range(batch.helpers + 1 if batch.workspaces != NULL else 0):
                if i == 0 and spare.memory == NULL and self.plan.size * batch.width * batch.together < MOST_KEPT:
                    spare[0] = batch.workspaces[0]
                else:
                    clear(&batch.workspaces[i])
            if batch.workspaces != &alone:
                free(batch.workspaces)
            if batch.slopes != &only_slopes:
                free(batch.slopes)
            free(batch.totals)

    cdef object _fill(self, BatchRun* batch, rows, Numbers origin):
        """Read the numbers that go into a run; returns the object that owns the inputs of the examples.

        origin  where the numbers of Values are written, too; None if nowhere
        """
        cdef Py_ssize_t i, number, at
        cdef double* shared = batch.workspaces[0].memory
        cdef Rows matrix
        cdef Numbers kept
        if type(rows) is Rows:
            matrix = rows
            kept = matrix.numbers
            batch.inputs = kept.data.as_doubles
            if matrix.count != batch.examples or matrix.width != self.plan.inputs:
                raise ArgumentError(f"a recording of {self.plan.inputs} inputs was run on rows of {matrix.width}.")
            if not matrix.finite and not all_finite(batch.inputs, batch.examples * self.plan.inputs):
                for at in range(batch.examples * self.plan.inputs):
                    as_float(batch.inputs[at])
            matrix.finite = True
        else:
            kept = array.clone(NUMBERS, max(batch.examples * self.plan.inputs, 1), False)
            batch.inputs = kept.data.as_doubles
            for number in range(batch.examples):
                fill_row(batch.inputs + number * self.plan.inputs, rows, number, self.plan.inputs)
        # Captured Values are read last, so that nothing can change them before the run.
        self._read_captured(shared, self._numbers.data.as_doubles if origin is None else origin.data.as_doubles)
        at = len(self._sources.values)
        for number in range(batch.examples if origin is not None and batch.variables else 0):
            for i in range(batch.variables):
                origin.data.as_doubles[at] = batch.inputs[number * self.plan.inputs + batch.wanted_inputs[i]]
                at += 1
        return kept

    cdef void _read_captured(self, double* shared, double* numbers) noexcept:
        """Read the numbers of captured Values, one after the other, and put them into their slots."""
        cdef Py_ssize_t i
        cdef SlotRun run
        self._sources.read_into(numbers)
        for i in range(self.count_of_source_runs):
            run = self.source_runs[i]
            memcpy(shared + run.slot, numbers + run.first, run.count * sizeof(double))


cdef int fill_row(double* out, list rows, Py_ssize_t number, Py_ssize_t count) except -1:
    """Write the numbers of an example's leaves; the __float__ of an earlier one may have changed the lists."""
    cdef Py_ssize_t i
    cdef list row = checked_item(rows, number)
    for i in range(count):
        leaf = <object>PyList_GET_ITEM(row, i) if i < len(row) else checked_item(row, i)
        out[i] = <double>leaf if type(leaf) is float else number_of(<Node*>leaf) if isinstance(leaf, Value) else as_float(leaf)
        if out[i] - out[i] != 0.0:
            as_float(leaf)
    return 0


@cython.boundscheck(True)
cdef checked_item(list items, Py_ssize_t i):
    return items[i]


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


cdef SlotRun* runs_of(slots, Py_ssize_t* count) except NULL:
    """The runs of an array of slots, to be freed, and how many there are."""
    cdef Py_ssize_t i, slot, found = 0
    cdef SlotRun* runs = <SlotRun*>calloc(len(slots) + 1, sizeof(SlotRun))
    if runs == NULL:
        raise MemoryError()
    for i, slot in enumerate(slots):
        if found == 0 or slot != runs[found - 1].slot + runs[found - 1].count:
            runs[found] = SlotRun(slot, i, 0)
            found += 1
        runs[found - 1].count += 1
    count[0] = found
    return runs


cdef Numbers slots_of(list slots):
    """A list of ints as an array."""
    cdef Py_ssize_t i
    cdef Numbers found = array.clone(NO_PLACES, len(slots), False)
    for i in range(len(slots)):
        found.data.as_ints[i] = slots[i]
    return found
