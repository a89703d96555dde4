/* The machine that runs recorded programs: what machine.c does, for the compiled engine. A file of its own, it is compiled
   for speed at the same time as the rest of the engine. */

#pragma once
#include <stddef.h>
#include <stdint.h>

#define LANES 16
#define OVERREAD 64 /* so many numbers behind the end of memory may be read, but are not used */

typedef struct {
    const int *slots;
    ptrdiff_t count;
} Choice; /* a list that TAKE chooses from */

/* The slots of one factor of the terms of a part: start + row · r + column · c + term · t */
typedef struct {
    ptrdiff_t start, row, column, term;
} Affine;

/* Terms of one code, one after the other. */
typedef struct {
    int terms, code;
    Affine a, b;
    int first; /* whether nothing has been added to the adjoints of its rows before: then they are overwritten */
    ptrdiff_t relu; /* from its rows to the operands of the ReLU that made them, if `merged` says so there; else 0 */
} Span;

/* Results of a block of sums: `rows` times `columns`, row after row, from the `first` one on. If their operands lie in
   affine order, `spans` say where; if not, there are none, and the operands are listed. */
typedef struct {
    ptrdiff_t first, rows, columns;
    int count; /* of the spans */
    const Span *spans;
    int forward, backward; /* whether products.h can compute it with rows of lanes, and propagate its adjoints */
} Part;

/* One rule, or a sum of products, applied to compute `count` results, which lie side by side. */
typedef struct {
    int rule;
    int wanted;  /* bit k: the gradient of operand k is wanted */
    int varying; /* bit k: operand k has rows; bit 3: the results have rows */
    void *own;   /* the Rule if it is younger than the engine, which has no loops for it; else NULL */
    ptrdiff_t start, count;
    int *a, *b, *c;
    const Choice *choices; /* of TAKE; `b` says which */
    int guards;
    int *guard;           /* pairs of slot and side */
    int terms;            /* of a sum of products; 0 for a rule */
    unsigned char *codes; /* of a sum of products, one for each term */
    ptrdiff_t row;         /* of a rule: see instruction_prepare */
    int flat, steps;
    int first;             /* of a rule: bit k: as in Span, for the adjoints of operand k */
    int merged;            /* of a ReLU: see below */
    Part *parts;          /* of a sum of products */
    Span *spans;          /* of all its parts */
    int count_of_parts;
    ptrdiff_t relu; /* from its results to those of the ReLU that alone uses them, which are stored instead; else 0 */
} Instruction;

/* With rows of lanes, a ReLU may be computed by the sums of products that it is taken of, and its adjoints be propagated
   by those that use it. */
enum { MERGED_FORWARD = 1, MERGED_BACKWARD = 2 };

/* A slot below `uniform` holds one number for all examples; every other slot has a row of LANES numbers, or one number
   where there is a single lane. The slots with rows begin at `base`; those of the next tile `stride` further on. Those of
   the inputs come first. `examples` are the inputs as they were passed, example by example; NULL if there are not LANES
   examples in each tile. */
typedef struct {
    double *memory, *adjoint, *scratch;
    ptrdiff_t uniform, base, lanes, tiles, stride, inputs;
    const double *examples;
} Workspace;

/* Where the row or the number of a slot is, in one of the tiles. */
static inline ptrdiff_t place(const Workspace *w, ptrdiff_t tile, ptrdiff_t slot) {
    return slot < w->uniform ? slot : w->base + tile * w->stride + (slot - w->uniform) * w->lanes;
}

/* The workspace of one of the tiles. */
static inline Workspace tile_of(const Workspace *w, ptrdiff_t tile) {
    Workspace one = *w;
    one.base += tile * w->stride;
    one.tiles = 1;
    return one;
}

#pragma GCC visibility push(hidden)

ptrdiff_t part_prepare(Part *);
void instruction_prepare(Instruction *, int inputs);
void run_forward(const Instruction *, const Workspace *);
void run_backward(const Instruction *, const Workspace *);

/* Use vectors of at most `width` numbers, of those that this processor has; returns the width chosen. */
int choose_vectors(int width);

extern int (*all_finite)(const double *, ptrdiff_t count);
extern int (*add_finite)(double *to, const double *, const double *, ptrdiff_t count);
extern void (*put_scaled)(double *to, const double *from, double factor, ptrdiff_t count);
extern void (*add_scaled)(double *to, const double *from, double factor, ptrdiff_t count);
extern void (*spread)(double *rows, const double *examples, ptrdiff_t count, ptrdiff_t inputs);

/* Apply the update rule of an optimiser; see kernels.py. */
extern unsigned (*apply_update)(int rule, ptrdiff_t n, const double *const *in, double *const *out, const double *settings);

#pragma GCC visibility pop
