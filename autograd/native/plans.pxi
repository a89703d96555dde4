# What is worked out once about a program, so that a run need not go through all its memory: which results are looked at
# for being finite, and which adjoints are set to 0.

from libc.math cimport INFINITY, isfinite

cdef enum:
    LITTLE = 2  # so many results between two runs do not part them


cdef int find_checked(Plan* plan) except -1:
    """Find results which show that all are finite: those used where that would not show in what is computed from them,
    and those that nothing uses."""
    cdef unsigned char* wanted = <unsigned char*>calloc(plan.size + 1, 1)
    cdef unsigned char* used = <unsigned char*>calloc(plan.size + 1, 1)
    cdef Py_ssize_t i, k, slot
    cdef Note note
    cdef CInstruction* instruction
    try:
        if wanted == NULL or used == NULL:
            raise MemoryError()
        for i in range(plan.count):
            instruction = &plan.instructions[i]
            if instruction.terms:
                note = use_and_check if instruction.guards else use
                note_factors(note, used, wanted, instruction, 0, instruction.count, ~0, HAS_B)
            elif instruction.rule == TAKE:
                note_all(use_and_check, used, wanted, instruction.a, instruction.count)
                note_items(use_and_check, used, wanted, instruction)
            else:
                for k in range(3):
                    note = use if carries(instruction, k) else use_and_check
                    if operand_of(instruction, k) != NULL:
                        note_all(note, used, wanted, operand_of(instruction, k), instruction.count)
        for slot in range(plan.size):
            wanted[slot] |= not used[slot]
        plan.checked = runs_of_noted(wanted, plan.uniform + plan.inputs, plan.size, LITTLE, &plan.count_of_checked)
    finally:
        free(wanted)
        free(used)
    return 0


cdef int find_cleared(Plan* plan, list results) except -1:
    """Find the adjoints that must be 0 before a backward pass: those of the program's results, any of which may be a
    root, and those to which something is added before anything has been stored there.

    An instruction, or a part of one, that is the first to contribute to some rows, stores there, and is marked as first.
    """
    cdef unsigned char* reached = <unsigned char*>calloc(plan.size + 1, 1)
    cdef unsigned char* cleared = <unsigned char*>calloc(plan.size + 1, 1)
    cdef Py_ssize_t i, k, slot
    cdef int* operand
    cdef CInstruction* instruction
    try:
        if reached == NULL or cleared == NULL:
            raise MemoryError()
        for slot in results:
            reached[slot] = cleared[slot] = True
        for i in range(plan.count - 1, -1, -1):
            instruction = &plan.instructions[i]
            if instruction.wanted == 0:
                continue
            for slot in range(instruction.start, instruction.start + instruction.count):
                reach(reached, cleared, slot)
            if instruction.terms:
                for k in range(instruction.count_of_parts):
                    reach_part(plan, instruction, &instruction.parts[k], reached, cleared)
                continue
            if instruction.rule == TAKE:
                note_items(reach, reached, cleared, instruction)
                continue
            for k in range(3):
                operand = operand_of(instruction, k)
                if operand == NULL or not instruction.wanted >> k & 1:
                    continue
                if (instruction.own == NULL and instruction.varying >> k & 1
                        and are_first(plan, reached, operand[0], 1, instruction.count, operand)):
                    instruction.first |= 1 << k
                else:
                    note_all(reach, reached, cleared, operand, instruction.count)
        plan.cleared = runs_of_noted(cleared, plan.uniform + plan.inputs, plan.size, 0, &plan.count_of_cleared)
    finally:
        free(reached)
        free(cleared)
    return 0


cdef int reach_part(Plan* plan, CInstruction* instruction, Part* part, unsigned char* reached,
                    unsigned char* cleared) except -1:
    cdef Py_ssize_t r, t
    cdef int s
    cdef Span* span
    if not part.backward:
        note_factors(reach, reached, cleared, instruction, part.first, part.first + part.rows * part.columns, A_WANTED, B_WANTED)
        return 0
    for s in range(part.count):  # layers, whose weights all examples share
        span = <Span*>&part.spans[s]
        if not (span.code & HAS_B and span.code & B_WANTED):
            continue
        if part.rows == 1 and are_first(plan, reached, span.b.start, span.b.term, span.terms, NULL):
            span.first = True
            continue
        for r in range(part.rows):
            for t in range(span.terms):
                reach(reached, cleared, span.b.start + r * span.b.row + t * span.b.term)
    return 0


cdef bint are_first(Plan* plan, unsigned char* reached, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count,
                    int* listed):
    """Whether these are different rows, and none has been reached yet; now they are. The slots may be listed, too."""
    cdef Py_ssize_t k
    if step == 0 and count > 1:
        return False
    for k in range(count):
        slot = start + k * step
        if slot < plan.uniform or reached[slot] or (listed != NULL and listed[k] != slot):
            return False
    for k in range(count):
        reached[start + k * step] = True
    return True


cdef int* operand_of(CInstruction* instruction, Py_ssize_t k) noexcept:
    """The slots of the k-th operand of a rule; NULL if it has fewer."""
    cdef Py_ssize_t count = 3
    if 0 <= instruction.rule < RULE_COUNT:
        count = INPUTS_OF[instruction.rule]
    elif instruction.rule >= SLOPES:
        count = INPUTS_OF[(instruction.rule - SLOPES) // 4] + 1  # and the result of the rule
    return NULL if k >= count else instruction.a if k == 0 else instruction.b if k == 1 else instruction.c


cdef bint carries(CInstruction* instruction, Py_ssize_t k):
    """Whether the results are not finite where the k-th operand is not."""
    cdef int rule = instruction.rule
    if instruction.guards or not 0 <= rule < RULE_COUNT:
        return False
    if INPUTS_OF[rule] == 1:
        return not any([isfinite(value_1(rule, x)) for x in (INFINITY, -INFINITY, NAN)])
    name = TABLE[rule].name
    return name in ("add", "sub", "mul") or (name == "div" and k == 0)


ctypedef void (*Note)(unsigned char*, unsigned char*, Py_ssize_t) noexcept  # what to write down about a slot, in two columns


cdef void use(unsigned char* used, unsigned char* wanted, Py_ssize_t slot) noexcept:
    """It is used where all that is not finite shows."""
    used[slot] = True


cdef void use_and_check(unsigned char* used, unsigned char* wanted, Py_ssize_t slot) noexcept:
    used[slot] = wanted[slot] = True


cdef void reach(unsigned char* reached, unsigned char* cleared, Py_ssize_t slot) noexcept:
    """Something is added to its adjoint, which must begin at 0 unless something has been before."""
    if not reached[slot]:
        reached[slot] = cleared[slot] = True


cdef void note_all(Note note, unsigned char* one, unsigned char* other, const int* slots, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i
    for i in range(count):
        note(one, other, slots[i])


cdef void note_items(Note note, unsigned char* one, unsigned char* other, CInstruction* instruction) noexcept:
    """Of all items that an instruction may choose."""
    cdef Py_ssize_t i
    cdef const Choice* choice
    for i in range(instruction.count):
        choice = &instruction.choices[instruction.b[i]]
        note_all(note, one, other, choice.slots, choice.count)


cdef void note_factors(Note note, unsigned char* one, unsigned char* other, CInstruction* instruction, Py_ssize_t k,
                       Py_ssize_t end, int of_a, int of_b) noexcept:
    """Of the factors of some results of a block of sums, whose terms have one of these flags."""
    cdef Py_ssize_t t, at
    for k in range(k, end):
        for t in range(instruction.terms):
            at = k * instruction.terms + t
            if instruction.codes[t] & of_a:
                note(one, other, instruction.a[at])
            if instruction.codes[t] & of_b:
                note(one, other, instruction.b[at])


cdef SlotRun* runs_of_noted(unsigned char* column, Py_ssize_t slot, Py_ssize_t end, Py_ssize_t gap,
                            Py_ssize_t* count) except NULL:
    """The runs of slots, from one to the one before `end`, of which something has been noted; to be freed."""
    cdef Py_ssize_t found = 0
    cdef SlotRun* runs = <SlotRun*>calloc(end - slot + 1, sizeof(SlotRun))
    if runs == NULL:
        raise MemoryError()
    for slot in range(slot, end):
        if not column[slot]:
            continue
        if found == 0 or slot > runs[found - 1].slot + runs[found - 1].count + gap:
            runs[found] = SlotRun(slot, 0, 0)
            found += 1
        runs[found - 1].count = slot + 1 - runs[found - 1].slot
    count[0] = found
    return runs
