# What is worked out once about a program, so that a run need not go through all its memory: which results are looked at
# for being finite, which adjoints are set to 0, and which ReLUs are computed together with what they are taken of.

from libc.math cimport INFINITY, isfinite

cdef enum:
    LITTLE = 2  # so many results between two runs do not part them
    NEVER = -1  # in a column: this slot is in no run
    SEVERAL = -1  # in a column of users: used by several instructions, or returned by the program


cdef int find_checked(Plan* plan) except -1:
    """Find results which show that all are finite: those used where that would not show in what is computed from them,
    and those that nothing uses."""
    cdef int* wanted = <int*>calloc(plan.size + 1, sizeof(int))
    cdef int* used = <int*>calloc(plan.size + 1, sizeof(int))
    cdef Py_ssize_t i, slot
    cdef CInstruction* instruction
    try:
        if wanted == NULL or used == NULL:
            raise MemoryError()
        for i in range(plan.count):
            note_operands(use, use_and_check, used, wanted, &plan.instructions[i])
        for slot in range(plan.size):
            wanted[slot] |= not used[slot]
        for i in range(plan.count):
            instruction = &plan.instructions[i]
            for slot in range(instruction.start, instruction.start + (instruction.count if instruction.relu else 0)):
                wanted[slot] = NEVER  # not stored
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
    cdef int* reached = <int*>calloc(plan.size + 1, sizeof(int))
    cdef int* cleared = <int*>calloc(plan.size + 1, sizeof(int))
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


cdef int merge_relus(Plan* plan, list results) except -1:
    """Find the ReLUs of rows that the sums of products before them may compute, and those through which the layer after
    them may propagate its adjoints: where nothing else uses what then is not stored."""
    cdef int* maker = <int*>calloc(plan.size + 1, sizeof(int))
    cdef int* user = <int*>calloc(plan.size + 1, sizeof(int))
    cdef int i, k, number
    cdef Py_ssize_t slot
    cdef CInstruction* instruction
    cdef CInstruction* sums
    cdef Span* span
    try:
        if maker == NULL or user == NULL:
            raise MemoryError()
        for slot in results:
            user[slot] = SEVERAL
        for i in range(plan.count):
            instruction = &plan.instructions[i]
            number = i + 1
            for slot in range(instruction.start, instruction.start + instruction.count):
                maker[slot] = i
            note_operands(use_by, use_by, user, &number, instruction)
            for k in range(instruction.guards):
                user[instruction.guard[2 * k]] = SEVERAL
        for i in range(plan.count):
            instruction = &plan.instructions[i]
            if instruction.rule != RULE_RELU or instruction.terms or instruction.guards or not instruction.varying & 1:
                continue
            sums = &plan.instructions[maker[instruction.a[0]]]
            if not are_layers(sums) or not is_whole(instruction.a, instruction.count, sums) or user_of(user, sums) != i:
                continue
            instruction.merged, sums.relu = MERGED_FORWARD, instruction.start - sums.start
            k = user_of(user, instruction)
            span = layer_of(&plan.instructions[k], instruction) if k >= 0 else NULL
            if span != NULL and span.first and instruction.first:
                instruction.merged |= MERGED_BACKWARD
                span.relu = -sums.relu
    finally:
        free(maker)
        free(user)
    return 0


cdef int reach_part(Plan* plan, CInstruction* instruction, Part* part, int* reached, int* cleared) except -1:
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


cdef bint are_first(Plan* plan, int* reached, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count, int* listed):
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


cdef int user_of(int* user, CInstruction* instruction) noexcept:
    """The number of the only instruction that uses results of another one; -1 if there is none."""
    cdef Py_ssize_t slot
    for slot in range(instruction.start, instruction.start + instruction.count):
        if user[slot] != user[instruction.start]:
            return -1
    return user[instruction.start] - 1 if user[instruction.start] > 0 else -1


cdef bint are_layers(CInstruction* instruction) noexcept:
    """Whether these are sums of products of rows, all of them computed with rows of lanes."""
    cdef Py_ssize_t k
    if not instruction.terms or instruction.guards or not instruction.varying & 8:
        return False
    for k in range(instruction.count_of_parts):
        if not instruction.parts[k].forward:
            return False
    return True


cdef bint is_whole(const int* operand, Py_ssize_t count, CInstruction* instruction) noexcept:
    """Whether an operand is all results of an instruction, in order."""
    cdef Py_ssize_t k
    if count != instruction.count:
        return False
    for k in range(count):
        if operand[k] != instruction.start + k:
            return False
    return True


cdef Span* layer_of(CInstruction* layer, CInstruction* rows) noexcept:
    """The products of a layer, which multiply exactly the results of the instruction `rows`, once; NULL if they do not."""
    cdef Part* part = layer.parts
    cdef Span* span
    cdef Span* found = NULL
    cdef int s
    if not layer.terms or layer.guards or layer.count_of_parts != 1 or part.rows != 1 or not part.backward:
        return NULL
    for s in range(part.count):
        span = <Span*>&part.spans[s]
        if not span.code & HAS_B:
            continue
        if found != NULL:
            return NULL
        found = span
    if found == NULL or found.b.start != rows.start or found.b.term != 1 or found.terms != rows.count:
        return NULL
    return found


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
    if rule == RULE_RELU:
        return True  # the machine sees to it
    if INPUTS_OF[rule] == 1:
        return not any([isfinite(value_1(rule, x)) for x in (INFINITY, -INFINITY, NAN)])
    name = TABLE[rule].name
    return name in ("add", "sub", "mul") or (name == "div" and k == 0)


ctypedef void (*Note)(int*, int*, Py_ssize_t) noexcept  # what to write down about a slot, in two columns


cdef void use(int* used, int* wanted, Py_ssize_t slot) noexcept:
    """It is used where all that is not finite shows."""
    used[slot] = True


cdef void use_and_check(int* used, int* wanted, Py_ssize_t slot) noexcept:
    used[slot] = wanted[slot] = True


cdef void use_by(int* user, int* number, Py_ssize_t slot) noexcept:
    """It is used by the instruction of this number, counted from 1."""
    user[slot] = number[0] if user[slot] == 0 or user[slot] == number[0] else SEVERAL


cdef void reach(int* reached, int* cleared, Py_ssize_t slot) noexcept:
    """Something is added to its adjoint, which must begin at 0 unless something has been before."""
    if not reached[slot]:
        reached[slot] = cleared[slot] = True


cdef void note_operands(Note carried, Note other, int* one, int* two, CInstruction* instruction):
    """Of all operands: `carried` where what is not finite shows in the results, `other` elsewhere."""
    cdef Py_ssize_t k
    if instruction.terms:
        note_factors(other if instruction.guards else carried, one, two, instruction, 0, instruction.count, ~0, HAS_B)
    elif instruction.rule == TAKE:
        note_all(other, one, two, instruction.a, instruction.count)
        note_items(other, one, two, instruction)
    else:
        for k in range(3):
            if operand_of(instruction, k) != NULL:
                note_all(carried if carries(instruction, k) else other, one, two, operand_of(instruction, k), instruction.count)


cdef void note_all(Note note, int* one, int* other, const int* slots, Py_ssize_t count) noexcept:
    cdef Py_ssize_t i
    for i in range(count):
        note(one, other, slots[i])


cdef void note_items(Note note, int* one, int* other, CInstruction* instruction) noexcept:
    """Of all items that an instruction may choose."""
    cdef Py_ssize_t i
    cdef const Choice* choice
    for i in range(instruction.count):
        choice = &instruction.choices[instruction.b[i]]
        note_all(note, one, other, choice.slots, choice.count)


cdef void note_factors(Note note, int* one, int* other, CInstruction* instruction, Py_ssize_t k,
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


cdef SlotRun* runs_of_noted(int* column, Py_ssize_t slot, Py_ssize_t end, Py_ssize_t gap, Py_ssize_t* count) except NULL:
    """The runs of slots, from one to the one before `end`, of which something has been noted; to be freed."""
    cdef Py_ssize_t found = 0
    cdef bint parted = True
    cdef SlotRun* runs = <SlotRun*>calloc(end - slot + 1, sizeof(SlotRun))
    if runs == NULL:
        raise MemoryError()
    for slot in range(slot, end):
        parted |= column[slot] == NEVER
        if column[slot] <= 0:
            continue
        if parted or slot > runs[found - 1].slot + runs[found - 1].count + gap:
            runs[found] = SlotRun(slot, 0, 0)
            found, parted = found + 1, False
        runs[found - 1].count = slot + 1 - runs[found - 1].slot
    count[0] = found
    return runs
