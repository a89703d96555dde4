/* The instructions of a recorded program, and two loops for each rule of the table that run one: `forward_NAME` and
   `backward_NAME`. The loops are written once, for any rule; what they compute comes from kernels.h, and the compiler
   keeps only the formulas of the rule in question.

   An instruction applies one rule to compute `count` results, which lie side by side. A slot below `uniform` holds one
   number for all examples; every other slot has a row of LANES numbers, or one number where there is a single lane. */

#include "machine.h"
#include "kernels.h"
#include "sums.h"

/* Loops that the compiler makes vectors of are there once more for processors with wider vectors. */
#if defined(__x86_64__)
#define LOOPS_FOR(kind) __attribute__((target(TARGET_##kind))) static
#define TARGET_avx2 "avx2"
#if defined(__clang__)
#define TARGET_avx512 "avx512f,avx512dq,avx512vl"
#else
#define TARGET_avx512 "avx512f,avx512dq,avx512vl,prefer-vector-width=512"
#endif
#endif

#include "updates.h"

enum { SLOPES = 1 << 20, TAKE = -5 }; /* as in tape.py */

/* Below, `rule`, `inputs`, `varying` and `k` are constants: whatever depends on them alone is decided by the compiler.
   `k` is the operand with respect to which a derivative is taken. */

ALWAYS double value_of(int rule, int inputs, double a, double b, double c) {
    if (rule == RULE_RELU)
        return value_1(rule, a) + 0.0 * a; /* what is not finite shows */
    return inputs == 1 ? value_1(rule, a) : inputs == 2 ? value_2(rule, a, b) : value_3(rule, a, b, c);
}

ALWAYS double slope_of(int rule, int inputs, int k, double a, double b, double c, double out) {
    double da = 0.0, db = 0.0, dc = 0.0;
    if (inputs == 1)
        slopes_1(rule, a, out, &da);
    else if (inputs == 2)
        slopes_2(rule, a, b, out, 1 << k, &da, &db);
    else
        slopes_3(rule, a, b, c, out, 1 << k, &da, &db, &dc);
    return k == 0 ? da : k == 1 ? db : dc;
}

/* Call DO(varying) with a bit for each operand that has rows; under a guard, perhaps none has. */
#define EACH_VARIETY(inputs, varying, DO)                                                                          \
    switch ((varying) & ((1 << (inputs)) - 1)) {                                                                   \
        case 0: DO(0); break;                                                                                      \
        case 1: DO(1); break;                                                                                      \
        case 2: DO(2); break;                                                                                      \
        case 3: DO(3); break;                                                                                      \
        case 4: DO(4); break;                                                                                      \
        case 5: DO(5); break;                                                                                      \
        case 6: DO(6); break;                                                                                      \
        case 7: DO(7); break;                                                                                      \
    }

/* Single numbers are run as rows: in each, an operand is numbers side by side, or one number throughout. With lanes, an
   instruction is one row if that is so of all its results. */

enum { SHORTEST = 4 }; /* rows of less are not worth it, unless there is only one */

void instruction_prepare(Instruction *i, int inputs) {
    const int *operands[] = {i->a, i->b, i->c};
    i->row = i->count;
    i->steps = 0;
    for (int k = 0; k < inputs; k++) {
        const int *operand = operands[k], step = i->count > 1 && operand[1] == operand[0] + 1;
        ptrdiff_t n = 1;
        while (n < i->count && operand[n] == operand[0] + step * n)
            n++;
        i->steps |= step << k;
        if (i->row > n)
            i->row = n;
    }
    for (int k = 0; k < inputs; k++)
        for (ptrdiff_t n = 0; n < i->count && i->row; n++)
            if (operands[k][n] != operands[k][n - n % i->row] + (i->steps >> k & 1) * (n % i->row))
                i->row = 0;
    if (i->row < i->count && (i->row < SHORTEST || i->count % i->row))
        i->row = 0;
    i->flat = i->count == 1 || (i->row == i->count && i->steps == (i->varying & ((1 << inputs) - 1)));
}

/* How an instruction is run: as so many rows of so many numbers, of results that are so far apart; with single numbers
   whose operands are listed, as 0 rows. Bit k of `steps`: operand k has a number for each of a row, not one for all. */
typedef struct {
    ptrdiff_t rows, length, apart;
    int steps;
} Shape;

static inline Shape shape_of(const Instruction *i, const Workspace *w) {
    if (w->lanes == 1 || !i->varying)
        return i->row ? (Shape){i->count / i->row, i->row, i->row, i->steps} : (Shape){0, 0, 0, 0};
    return i->flat ? (Shape){1, i->count * LANES, i->count, i->varying} : (Shape){i->count, LANES, 1, i->varying};
}

#define IN_ROW(operand, k) (operand)[steps & 1 << (k) ? x : 0]

ALWAYS void forward_row(int rule, int inputs, int steps, ptrdiff_t length, double *restrict out, const double *a,
                        const double *b, const double *c) {
    for (ptrdiff_t x = 0; x < length; x++)
        out[x] = value_of(rule, inputs, IN_ROW(a, 0), IN_ROW(b, 1), IN_ROW(c, 2));
}

ALWAYS void forward(int rule, int inputs, const Instruction *i, const Workspace *w) {
    double *const m = w->memory;
    const int *a = i->a, *b = inputs > 1 ? i->b : a, *c = inputs > 2 ? i->c : a;
    const Shape shape = shape_of(i, w);
    for (ptrdiff_t n = 0; n < i->count && shape.rows == 0; n++)
        m[i->start + n] = value_of(rule, inputs, m[a[n]], m[b[n]], m[c[n]]);
#define DO(steps)                                                                                                  \
    for (ptrdiff_t tile = 0; tile < w->tiles; tile++)                                                              \
        for (ptrdiff_t n = 0; n < shape.rows * shape.apart; n += shape.apart)                                      \
            forward_row(rule, inputs, steps, shape.length, m + place(w, tile, i->start + n), m + place(w, tile, a[n]), \
                        m + place(w, tile, b[n]), m + place(w, tile, c[n]))
    EACH_VARIETY(inputs, shape.steps, DO)
#undef DO
}

/* Add g · ∂out/∂operand k to the adjoint j of that operand, number by number if it has one for each; `first`: there is
   nothing yet that it could be added to. */
ALWAYS void backward_row(int rule, int inputs, int k, int steps, ptrdiff_t length, int guarded, int first, const double *g,
                         double *restrict j, const double *out, const double *a, const double *b, const double *c) {
    double total = 0.0;
    guarded &= !(PLAIN_PARTIALS[rule] >> k & 1);
    for (ptrdiff_t x = 0; x < length; x++) {
        /* Where the guard does not hold, the derivative may be infinite. */
        double part = guarded && g[x] == 0.0
                          ? 0.0
                          : g[x] * slope_of(rule, inputs, k, IN_ROW(a, 0), IN_ROW(b, 1), IN_ROW(c, 2), out[x]);
        if (steps & 1 << k)
            j[x] = (first ? 0.0 : j[x]) + part;
        else
            total += part;
    }
    if (!(steps & 1 << k))
        j[0] += total;
}

ALWAYS void backward(int rule, int inputs, const Instruction *i, const Workspace *w) {
    double *m = w->memory, *j = w->adjoint;
    const int *a = i->a, *b = inputs > 1 ? i->b : a, *c = inputs > 2 ? i->c : a;
    const int wanted = i->wanted, guarded = i->guards > 0, all_plain = PLAIN_PARTIALS[rule] == (1 << inputs) - 1;
    const int merged = rule == RULE_RELU && i->merged && w->lanes > 1; /* its slope can be told from its result, too */
    const Shape shape = shape_of(i, w);
    for (ptrdiff_t n = 0; n < i->count && shape.rows == 0; n++) {
        const double g = j[i->start + n];
        if (!all_plain && guarded && g == 0.0)
            continue;
#define ADD(k, slot)                                                                                               \
    if (inputs > k && wanted >> k & 1)                                                                             \
        j[slot] += g * slope_of(rule, inputs, k, m[a[n]], m[b[n]], m[c[n]], m[i->start + n]);
        ADD(0, a[n]) ADD(1, b[n]) ADD(2, c[n])
#undef ADD
    }
#define ROWS(k, slot, steps)                                                                                       \
    for (ptrdiff_t n = 0; n < shape.rows * shape.apart && inputs > k && wanted >> k & 1; n += shape.apart)         \
        backward_row(rule, inputs, k, steps, shape.length, guarded, i->first >> k & 1, j + place(w, tile, i->start + n), \
                     j + place(w, tile, slot), m + place(w, tile, i->start + n),                                   \
                     m + place(w, tile, merged ? i->start + n : a[n]),                                             \
                     m + place(w, tile, b[n]), m + place(w, tile, c[n]));
#define DO(steps)                                                                                                  \
    for (ptrdiff_t tile = 0; tile < w->tiles; tile++) {                                                            \
        ROWS(0, a[n], steps) ROWS(1, b[n], steps) ROWS(2, c[n], steps)                                             \
    }
    EACH_VARIETY(inputs, shape.steps, DO)
#undef DO
#undef ROWS
}

/* A partial derivative as an operation of its own: its operands are those of the rule, at most two, and the result. */
ALWAYS void slope(int rule, int inputs, int k, const Instruction *i, const Workspace *w) {
    double *m = w->memory;
    const int *a = i->a, *b = i->b, *c = inputs > 1 ? i->c : b;
    const int v = w->lanes == 1 ? 0 : i->varying;
    const ptrdiff_t lanes = v ? LANES : 1, step_a = v & 1, step_b = v >> 1 & 1, step_c = inputs > 1 ? v >> 2 & 1 : step_b;
    if (inputs > 2)
        return;
    for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
        for (ptrdiff_t n = 0; n < i->count; n++) {
            double *out = m + place(w, tile, i->start + n);
            const double *pa = m + place(w, tile, a[n]), *pb = m + place(w, tile, b[n]), *pc = m + place(w, tile, c[n]);
            for (ptrdiff_t lane = 0; lane < lanes; lane++)
                out[lane] = slope_of(rule, inputs, k, pa[lane * step_a], pb[lane * step_b], 0.0, pc[lane * step_c]);
        }
}

#define LOOPS(name, rule, inputs)                                                                                   \
    static void forward_##name(const Instruction *i, const Workspace *w) { forward(rule, inputs, i, w); }          \
    static void backward_##name(const Instruction *i, const Workspace *w) { backward(rule, inputs, i, w); }         \
    static void slope_##name##_0(const Instruction *i, const Workspace *w) { slope(rule, inputs, 0, i, w); }        \
    static void slope_##name##_1(const Instruction *i, const Workspace *w) { slope(rule, inputs, 1, i, w); }
EACH_RULE(LOOPS)

#define FORWARD_LOOP(name, rule, inputs) forward_##name,
#define BACKWARD_LOOP(name, rule, inputs) backward_##name,
#define SLOPE_LOOPS(name, rule, inputs) {slope_##name##_0, slope_##name##_1},
static void (*forward_loops[])(const Instruction *, const Workspace *) = {EACH_RULE(FORWARD_LOOP)};
static void (*backward_loops[])(const Instruction *, const Workspace *) = {EACH_RULE(BACKWARD_LOOP)};

#if defined(__x86_64__)
#define FORWARD_AVX2(name, rule, inputs) \
    LOOPS_FOR(avx2) void forward_##name##_avx2(const Instruction *i, const Workspace *w) { forward(rule, inputs, i, w); }
#define BACKWARD_AVX2(name, rule, inputs) \
    LOOPS_FOR(avx2) void backward_##name##_avx2(const Instruction *i, const Workspace *w) { backward(rule, inputs, i, w); }
#define FORWARD_AVX512(name, rule, inputs) \
    LOOPS_FOR(avx512) void forward_##name##_avx512(const Instruction *i, const Workspace *w) { forward(rule, inputs, i, w); }
#define BACKWARD_AVX512(name, rule, inputs) \
    LOOPS_FOR(avx512) void backward_##name##_avx512(const Instruction *i, const Workspace *w) { backward(rule, inputs, i, w); }
EACH_SIMPLE_VALUE(FORWARD_AVX2)
EACH_SIMPLE_SLOPES(BACKWARD_AVX2)
EACH_SIMPLE_VALUE(FORWARD_AVX512)
EACH_SIMPLE_SLOPES(BACKWARD_AVX512)
#endif

/* exp of whole rows. */
static void forward_exponentials(const Instruction *i, const Workspace *w) {
    const Shape shape = shape_of(i, w);
    if (shape.rows == 0 || !(shape.steps & 1))
        forward_exp(i, w);
    for (ptrdiff_t tile = 0; tile < w->tiles && shape.steps & 1; tile++)
        for (ptrdiff_t n = 0; n < shape.rows * shape.apart; n += shape.apart)
            exponentials(w->memory + place(w, tile, i->start + n), w->memory + place(w, tile, i->a[n]), shape.length);
}

#define FORWARD_ANY(name, rule, inputs) forward_loops[rule] = forward_##name;
#define BACKWARD_ANY(name, rule, inputs) backward_loops[rule] = backward_##name;
#define USE_FORWARD_AVX2(name, rule, inputs) forward_loops[rule] = forward_##name##_avx2;
#define USE_BACKWARD_AVX2(name, rule, inputs) backward_loops[rule] = backward_##name##_avx2;
#define USE_FORWARD_AVX512(name, rule, inputs) forward_loops[rule] = forward_##name##_avx512;
#define USE_BACKWARD_AVX512(name, rule, inputs) backward_loops[rule] = backward_##name##_avx512;

unsigned (*apply_update)(int, UPDATE_ARGUMENTS) = update_any;

int choose_vectors(int width) {
    width = sums_choose(width);
    apply_update = update_any;
    EACH_SIMPLE_VALUE(FORWARD_ANY)
    EACH_SIMPLE_SLOPES(BACKWARD_ANY)
#if defined(__x86_64__)
    if (width == 4) {
        EACH_SIMPLE_VALUE(USE_FORWARD_AVX2)
        EACH_SIMPLE_SLOPES(USE_BACKWARD_AVX2)
        apply_update = update_avx2;
    }
    if (width == 8) {
        EACH_SIMPLE_VALUE(USE_FORWARD_AVX512)
        EACH_SIMPLE_SLOPES(USE_BACKWARD_AVX512)
        apply_update = update_avx512;
    }
#endif
    forward_loops[RULE_EXP] = exponentials ? forward_exponentials : forward_exp;
    return width;
}

/* The slot of the item that a number chooses, -1 if there is none. */
static inline ptrdiff_t chosen(const Choice *choice, double index) {
    ptrdiff_t k = index >= 0.0 && index < (double)choice->count ? (ptrdiff_t)index : -1;
    return k >= 0 && (double)k == index ? choice->slots[k] : -1;
}

/* Call DO(lane, place of the chosen item, or a negative number if there is none) for each lane of each result n. */
#define EACH_CHOICE(i, w, DO)                                                                                      \
    const ptrdiff_t lanes = (i)->varying & 8 ? (w)->lanes : 1, step = lanes > 1 && (i)->varying & 1;               \
    for (ptrdiff_t tile = 0; tile < (w)->tiles; tile++)                                                            \
        for (ptrdiff_t n = 0; n < (i)->count; n++) {                                                               \
            const ptrdiff_t result = place(w, tile, (i)->start + n), index = place(w, tile, (i)->a[n]);             \
            for (ptrdiff_t lane = 0; lane < lanes; lane++) {                                                       \
                const ptrdiff_t slot = chosen(&(i)->choices[(i)->b[n]], (w)->memory[index + lane * step]);         \
                DO(result + lane, slot < 0 ? -1 : place(w, tile, slot) + (slot < (w)->uniform ? 0 : lane));        \
            }                                                                                                      \
        }

/* Where there is no such item, the result is NAN: it stops the run, unless the guard does not hold. */
static void take_forward(const Instruction *i, const Workspace *w) {
#define TAKE_ITEM(to, from) w->memory[to] = (from) < 0 ? NAN : w->memory[from]
    EACH_CHOICE(i, w, TAKE_ITEM)
}

static void take_backward(const Instruction *i, const Workspace *w) {
#define ADD_TO_ITEM(from, to) (to) < 0 ? 0.0 : (w->adjoint[to] += w->adjoint[from])
    EACH_CHOICE(i, w, ADD_TO_ITEM)
}

/* Run an instruction on all tiles. */

void run_forward(const Instruction *i, const Workspace *w) {
    static void (*const SLOPE_LOOP[][2])(const Instruction *, const Workspace *) = {EACH_RULE(SLOPE_LOOPS)};
    if (i->terms)
        sums_forward(i, w);
    else if (i->merged & MERGED_FORWARD && w->lanes > 1)
        return;
    else if (i->rule == TAKE)
        take_forward(i, w);
    else if (i->rule >= SLOPES)
        SLOPE_LOOP[(i->rule - SLOPES) / 4][(i->rule - SLOPES) % 4](i, w);
    else
        forward_loops[i->rule](i, w);
}

void run_backward(const Instruction *i, const Workspace *w) {
    if (i->terms)
        sums_backward(i, w);
    else if (i->merged & MERGED_BACKWARD && w->lanes > 1)
        return;
    else if (i->rule == TAKE)
        take_backward(i, w);
    else
        backward_loops[i->rule](i, w);
}
