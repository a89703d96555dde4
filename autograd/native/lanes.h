/* Sums of products for one kind of processor: here those whose operands are listed. See sums.h, which says

   KIND, TARGET  the suffix of the functions' names, and the processor that they are compiled for
   WIDTH         how many numbers a vector has; a row of LANES numbers is PARTS vectors
   GROUP         how many sums are computed at once: within one, each addition waits for the previous one; registers are
                 few
   ACROSS_LANES  the same number as PARTS, for the preprocessor
   FUSED         s + w · x, for a number w and a vector x, rounded once if the processor can do that
   FUSED_PRODUCT the same for two vectors
   POSITIVE      s where it is above 0, and 0 elsewhere
   GATHER, UNEQUAL_OR_LARGE  what exponential.h needs beside; not defined where it is not used
   DOWN, ACROSS  how many rows and vectors of a matrix of results are computed at once, see products.h */

#define vector OF_KIND(vector)
#define PARTS (LANES / WIDTH)
#define EACH_PART JOINED(VECTORS, ACROSS_LANES)
#define HERE static inline __attribute__((always_inline)) TARGET
#define EACH _Pragma("GCC unroll 16") for  /* a loop whose length the compiler knows */
#define ROW(rows, slot) ((vector *)((rows) + (ptrdiff_t)(slot) * LANES))

typedef long long OF_KIND(whole_numbers) __attribute__((vector_size(8 * WIDTH)));
#define whole_numbers OF_KIND(whole_numbers)
typedef double vector __attribute__((vector_size(8 * WIDTH), aligned(8), may_alias));  /* GCC and Clang have such types */

/* The sum over a row: its halves are added until four numbers are left. */
#if WIDTH == 2
HERE double OF_KIND(total)(const vector *n) {
    const vector low = (n[0] + n[4]) + (n[2] + n[6]), high = (n[1] + n[5]) + (n[3] + n[7]);
    return (low[0] + low[1]) + (high[0] + high[1]);
}
#else
typedef double OF_KIND(four) __attribute__((vector_size(32), aligned(8), may_alias));
#define four OF_KIND(four)

HERE four OF_KIND(folded)(const vector *n) {
#if WIDTH == 8
    const vector v = n[0] + n[1];
    return (four)_mm512_castpd512_pd256((__m512d)v) + (four)_mm512_extractf64x4_pd((__m512d)v, 1);
#else
    return (n[0] + n[2]) + (n[1] + n[3]);
#endif
}

HERE double OF_KIND(total)(const vector *n) {
    const four left = OF_KIND(folded)(n);
    return (left[0] + left[1]) + (left[2] + left[3]);
}

/* The last step, (n[0] + n[1]) + (n[2] + n[3]), for four rows at once. */
HERE four OF_KIND(totals)(four a, four b, four c, four d) {
    const __m256d ab = _mm256_hadd_pd((__m256d)a, (__m256d)b), cd = _mm256_hadd_pd((__m256d)c, (__m256d)d);
    return (four)_mm256_permute2f128_pd(ab, cd, 0x20) + (four)_mm256_permute2f128_pd(ab, cd, 0x31);
}
#endif

/* Compute some results, from the k-th on. */
#define LISTED(group)                                                                                              \
    HERE void OF_KIND(forward_##group)(double *memory, double *rows, ptrdiff_t start, ptrdiff_t k, int terms,      \
                                       const int *a, const int *b, const unsigned char *codes) {                   \
        a += k * terms;                                                                                            \
        b += k * terms;                                                                                            \
        ROWS_##group(EACH_PART, ZERO)                                                                              \
        for (int t = 0; t < terms; t++, a++, b++) {                                                                \
            const int code = codes[t] & 7;                                                                         \
            if (code == 6) {                                                                                       \
                ROWS_##group(EACH_PART, ADD_MULTIPLE)                                                              \
            } else if (code == 7) {                                                                                \
                ROWS_##group(EACH_PART, ADD_PRODUCT)                                                               \
            } else if (code == 1) {                                                                                \
                ROWS_##group(EACH_PART, ADD_ROW)                                                                   \
            } else if (code == 4) {                                                                                \
                ROWS_##group(EACH_PART, ADD_NUMBERS)                                                               \
            } else {                                                                                               \
                ROWS_##group(EACH_PART, ADD_NUMBER)                                                                \
            }                                                                                                      \
        }                                                                                                          \
        ROWS_##group(EACH_PART, PUT)                                                                               \
    }
#define ZERO(r, p) vector s##r##p = -(vector){0};
#define ADD_MULTIPLE(r, p) s##r##p += memory[a[r * terms]] * ROW(rows, b[r * terms])[p];
#define ADD_PRODUCT(r, p) s##r##p += ROW(rows, a[r * terms])[p] * ROW(rows, b[r * terms])[p];
#define ADD_ROW(r, p) s##r##p += ROW(rows, a[r * terms])[p];
#define ADD_NUMBERS(r, p) s##r##p += memory[a[r * terms]] * memory[b[r * terms]];
#define ADD_NUMBER(r, p) s##r##p += memory[a[r * terms]];
#define PUT(r, p) ROW(rows, start + k + r)[p] = s##r##p;

LISTED(1)
#if GROUP > 1
LISTED(2)
#endif
#if GROUP > 2
LISTED(4)
#endif

HERE void OF_KIND(add_product)(vector *slope, const vector *g, const vector *x) {
    EACH (int p = 0; p < PARTS; p++)
        slope[p] += g[p] * x[p];
}

HERE void OF_KIND(add_multiple)(vector *slope, const vector *g, double w) {
    EACH (int p = 0; p < PARTS; p++)
        slope[p] += g[p] * w;
}

/* Propagate the adjoint of the k-th result to its terms. */
HERE void OF_KIND(backward_row)(const double *memory, double *adjoint, const double *rows, double *slopes,
                                ptrdiff_t start, ptrdiff_t k, int terms, const int *a, const int *b,
                                const unsigned char *codes) {
    vector g[PARTS];
    EACH (int p = 0; p < PARTS; p++)
        g[p] = ROW(slopes, start + k)[p];
    const double whole = OF_KIND(total)(g);
    a += k * terms;
    b += k * terms;
    for (int t = 0; t < terms; t++, a++, b++) {
        const int code = codes[t];
        /* a weight: a is the same for all examples and its gradient is wanted, while b varies */
        const int weight = (code & (A_VARIES | B_VARIES | A_WANTED)) == (B_VARIES | A_WANTED);
#if WIDTH > 2
        if (weight && t + 4 <= terms && codes[t + 1] == code && codes[t + 2] == code && codes[t + 3] == code) {
            four sums[4];
            EACH (int i = 0; i < 4; i++) {
                vector parts[PARTS];
                EACH (int p = 0; p < PARTS; p++)
                    parts[p] = g[p] * ROW(rows, b[i])[p];
                sums[i] = OF_KIND(folded)(parts);
            }
            sums[0] = OF_KIND(totals)(sums[0], sums[1], sums[2], sums[3]);
            if (a[1] - a[0] == 1 && a[2] - a[0] == 2 && a[3] - a[0] == 3)
                *(four *)(adjoint + *a) += sums[0];
            else
                EACH (int i = 0; i < 4; i++)
                    adjoint[a[i]] += sums[0][i];
            if (code & B_WANTED)
                EACH (int i = 0; i < 4; i++)
                    OF_KIND(add_multiple)(ROW(slopes, b[i]), g, memory[a[i]]);
            t += 3;
            a += 3;
            b += 3;
            continue;
        }
#endif
        if (code & B_VARIES) {
            if (weight) {
                vector parts[PARTS];
                EACH (int p = 0; p < PARTS; p++)
                    parts[p] = g[p] * ROW(rows, *b)[p];
                adjoint[*a] += OF_KIND(total)(parts);
            } else if (code & A_WANTED) {
                OF_KIND(add_product)(ROW(slopes, *a), g, ROW(rows, *b));
            }
            if (code & A_VARIES && code & B_WANTED)
                OF_KIND(add_product)(ROW(slopes, *b), g, ROW(rows, *a));
            else if (code & B_WANTED)
                OF_KIND(add_multiple)(ROW(slopes, *b), g, memory[*a]);
        } else if (code & HAS_B) {
            if (code & A_WANTED)
                adjoint[*a] += whole * memory[*b];
            if (code & B_WANTED)
                adjoint[*b] += whole * memory[*a];
        } else if (code & A_VARIES && code & A_WANTED) {
            OF_KIND(add_multiple)(ROW(slopes, *a), g, 1.0);
        } else if (code & A_WANTED) {
            adjoint[*a] += whole;
        }
    }
}

#include "products.h"
#if defined(GATHER)
#include "exponential.h"
#endif

/* Compute the rows of the results from the k-th to the one before `end`, in the tile whose rows are at `rows`. */
HERE void OF_KIND(forward_listed)(const Instruction *i, const Workspace *w, double *rows, ptrdiff_t k, ptrdiff_t end) {
#if GROUP > 2
    for (; k + 4 <= end; k += 4)
        OF_KIND(forward_4)(w->memory, rows, i->start, k, i->terms, i->a, i->b, i->codes);
#endif
#if GROUP > 1
    for (; k + 2 <= end; k += 2)
        OF_KIND(forward_2)(w->memory, rows, i->start, k, i->terms, i->a, i->b, i->codes);
#endif
    for (; k < end; k++)
        OF_KIND(forward_1)(w->memory, rows, i->start, k, i->terms, i->a, i->b, i->codes);
}

HERE void OF_KIND(backward_listed)(const Instruction *i, const Workspace *w, const double *rows, double *slopes, ptrdiff_t k,
                                   ptrdiff_t end) {
    for (; k < end; k++)
        OF_KIND(backward_row)(w->memory, w->adjoint, rows, slopes, i->start, k, i->terms, i->a, i->b, i->codes);
}

TARGET static void OF_KIND(forward)(const Instruction *i, const Workspace *w) {
    const int single = w->lanes == 1 || !i->varying;
    double *rows = w->memory + w->base - w->uniform * LANES;
    for (const Part *part = i->parts; part < i->parts + i->count_of_parts; part++) {
        const ptrdiff_t end = part->first + part->rows * part->columns;
        if (single && part->count)
            OF_KIND(part_forward)(i, w, part);
        else if (single)
            forward_scalars(w->memory, i->start, part->first, end, i->terms, i->a, i->b, i->codes);
        else if (part->forward)
            OF_KIND(layer_forward)(i, w, part);
        else
            for (ptrdiff_t tile = 0; tile < w->tiles; tile++)
                OF_KIND(forward_listed)(i, w, rows + tile * w->stride, part->first, end);
    }
}

TARGET static void OF_KIND(backward)(const Instruction *i, const Workspace *w) {
    const int single = w->lanes == 1 || !i->varying;
    const ptrdiff_t begin = w->base - w->uniform * LANES;
    for (const Part *part = i->parts; part < i->parts + i->count_of_parts; part++) {
        const ptrdiff_t end = part->first + part->rows * part->columns;
        if (single && part->count)
            OF_KIND(part_backward)(i, w, part);
        else if (single)
            backward_scalars(w->memory, w->adjoint, i->start, part->first, end, i->terms, i->a, i->b, i->codes);
        else if (part->backward)
            OF_KIND(layer_backward)(i, w, part);
        else
            for (ptrdiff_t at = begin; at < begin + w->tiles * w->stride; at += w->stride)
                OF_KIND(backward_listed)(i, w, w->memory + at, w->adjoint + at, part->first, end);
    }
}

/* Write the inputs of examples, example by example, into rows of lanes; the last example fills the lanes that are left. */
TARGET static void OF_KIND(spread)(double *rows, const double *examples, ptrdiff_t count, ptrdiff_t inputs) {
    ptrdiff_t k = 0;
    for (; count == LANES && k + WIDTH <= inputs; k += WIDTH)
        for (ptrdiff_t lane = 0; lane < LANES; lane += WIDTH)
            OF_KIND(turned_square)(rows + k * LANES + lane, LANES, examples + lane * inputs + k, inputs);
    for (; k < inputs; k++) {
        ptrdiff_t lane = 0;
        for (; lane < count; lane++)
            rows[k * LANES + lane] = examples[lane * inputs + k];
        for (; lane < LANES; lane++)
            rows[k * LANES + lane] = examples[(count - 1) * inputs + k];
    }
}

/* Whether all numbers are finite. */
TARGET static int OF_KIND(all_finite)(const double *numbers, ptrdiff_t count) {
    enum { CHAINS = PARTS < 4 ? 4 : PARTS };  /* within one, each addition waits for the previous one */
    ptrdiff_t k = 0;
    vector odd[CHAINS] = {{0}};
    double sum = 0.0;
    for (; k + CHAINS * WIDTH <= count; k += CHAINS * WIDTH)
        EACH (int p = 0; p < CHAINS; p++)
            odd[p] += ((const vector *)(numbers + k))[p] - ((const vector *)(numbers + k))[p];
    for (; k < count; k++)
        sum += numbers[k] - numbers[k];
    EACH (int p = PARTS; p < CHAINS; p++)
        odd[p - PARTS] += odd[p];
    return sum + OF_KIND(total)(odd) == 0.0;
}

/* to[k] = a[k] + b[k]; returns whether all these are finite. */
TARGET static int OF_KIND(add_finite)(double *to, const double *a, const double *b, ptrdiff_t count) {
    ptrdiff_t k = 0;
    vector odd[PARTS] = {{0}};
    double sum = 0.0;
    for (; k + LANES <= count; k += LANES)
        EACH (int p = 0; p < PARTS; p++) {
            const vector found = ((const vector *)(a + k))[p] + ((const vector *)(b + k))[p];
            ((vector *)(to + k))[p] = found;
            odd[p] += found - found;
        }
    for (; k < count; k++) {
        to[k] = a[k] + b[k];
        sum += to[k] - to[k];
    }
    return sum + OF_KIND(total)(odd) == 0.0;
}

/* to[k] = factor * from[k], and never -0.0. */
TARGET static void OF_KIND(put_scaled)(double *to, const double *from, double factor, ptrdiff_t count) {
    ptrdiff_t k = 0;
    for (; k + WIDTH <= count; k += WIDTH)
        *(vector *)(to + k) = *(const vector *)(from + k) * factor + 0.0;
    for (; k < count; k++)
        to[k] = from[k] * factor + 0.0;
}

/* to[k] += factor * from[k] */
TARGET static void OF_KIND(add_scaled)(double *to, const double *from, double factor, ptrdiff_t count) {
    ptrdiff_t k = 0;
    for (; k + WIDTH <= count; k += WIDTH)
        *(vector *)(to + k) += *(const vector *)(from + k) * factor;
    for (; k < count; k++)
        to[k] += from[k] * factor;
}

#undef KIND
#undef V
#undef CV
#undef FUSED
#undef POSITIVE
#undef FUSED_PRODUCT
#undef GATHER
#undef UNEQUAL_OR_LARGE
#undef TARGET
#undef WIDTH
#undef GROUP
#undef DOWN
#undef ACROSS_LANES
#undef ACROSS
#undef vector
#undef whole_numbers
#undef four
#undef PARTS
#undef EACH_PART
#undef LISTED
#undef ZERO
#undef ADD_MULTIPLE
#undef ADD_PRODUCT
#undef ADD_ROW
#undef ADD_NUMBERS
#undef ADD_NUMBER
#undef PUT
#undef HERE
#undef EACH
#undef ROW
