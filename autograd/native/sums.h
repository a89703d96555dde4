/* Sums of products, the bulk of every network: result = Σ a·b, term by term in the order of the recording, so that the
   result is bit for bit that of the single operations.

   A term's code is a sum of the flags below. If only one factor of a product varies between the examples, it is b.

   The loops are in lanes.h and products.h. They are included once for each kind of processor, and the version for this
   processor is chosen at run time. All of them give the same bits, but for gradients on a processor that has no fused
   multiply-add. */

#define BLOCK 8 /* so many results of a layer are computed for all tiles before the next ones */
#define DEEP 128 /* so many terms of them at a time */
#define SUMMED 32 /* so many rows of a layer's gradients are summed over all tiles before the next ones */
#define FEW 4 /* rows of a layer's gradients, or columns, for which nothing is turned */
#define ALWAYS static inline __attribute__((always_inline))

enum { A_VARIES = 1, B_VARIES = 2, HAS_B = 4, A_WANTED = 8, B_WANTED = 16 }; /* as in facts.py */

#define AT(x, r, c, t) ((x).start + (x).row * (r) + (x).column * (c) + (x).term * (t))

static inline ptrdiff_t far_apart(ptrdiff_t step, ptrdiff_t count) { return step >= count || -step >= count; }

/* What sums begin with: -0.0 + x is x, whatever x is; but an adjoint is never -0.0. */
static const double NOTHING = -0.0, ZERO = 0.0;

/* Decide how a part is run with rows of lanes; returns how much scratch memory it needs. */
ptrdiff_t part_prepare(Part *part) {
    ptrdiff_t room = 0;
    part->forward = part->count && part->columns > 1;
    part->backward = part->count > 0;
    for (int s = 0; s < part->count; s++) {
        const Span *span = &part->spans[s];
        const int kind = span->code & 7;
        const int layer = kind == (HAS_B | B_VARIES) && span->b.column == 0;
        const ptrdiff_t rows = (part->rows + 7) / 8 * 8;
        const ptrdiff_t widest = span->terms > part->columns ? span->terms : part->columns;
        if (!layer && kind)
            part->forward = part->backward = 0;
        else if (layer) {
            if (span->code & B_WANTED && span->b.term == 0)
                part->backward = 0;
            const int by_rows = span->a.term == 1 && (part->columns == 1 || far_apart(span->a.column, span->terms));
            const int by_columns = span->a.column == 1 && far_apart(span->a.term, part->columns);
            if (span->code & A_WANTED && !by_rows && !by_columns)
                part->backward = 0;
        }
        if (room < LANES * widest)
            room = LANES * widest;
        if (room < rows * (span->terms + part->columns))
            room = rows * (span->terms + part->columns);
    }
    return room;
}

/* Sums of single numbers whose operands are listed, from the k-th to the one before `end`. */
ALWAYS void forward_scalars(double *memory, ptrdiff_t start, ptrdiff_t k, ptrdiff_t end, int terms, const int *a,
                            const int *b, const unsigned char *codes) {
    for (; k + 4 <= end; k += 4) {  /* four sums at a time: within one, each addition waits for the previous one */
        double s0 = -0.0, s1 = -0.0, s2 = -0.0, s3 = -0.0;
        const int *a0 = a + k * terms, *a1 = a0 + terms, *a2 = a1 + terms, *a3 = a2 + terms;
        const int *b0 = b + k * terms, *b1 = b0 + terms, *b2 = b1 + terms, *b3 = b2 + terms;
        for (int t = 0; t < terms; t++) {
            if (codes[t] & HAS_B) {
                s0 += memory[a0[t]] * memory[b0[t]];
                s1 += memory[a1[t]] * memory[b1[t]];
                s2 += memory[a2[t]] * memory[b2[t]];
                s3 += memory[a3[t]] * memory[b3[t]];
            } else {
                s0 += memory[a0[t]];
                s1 += memory[a1[t]];
                s2 += memory[a2[t]];
                s3 += memory[a3[t]];
            }
        }
        memory[start + k] = s0;
        memory[start + k + 1] = s1;
        memory[start + k + 2] = s2;
        memory[start + k + 3] = s3;
    }
    for (; k < end; k++) {
        double sum = -0.0;
        for (int t = 0; t < terms; t++) {
            double x = memory[a[k * terms + t]];
            sum += codes[t] & HAS_B ? x * memory[b[k * terms + t]] : x;
        }
        memory[start + k] = sum;
    }
}

ALWAYS void backward_scalars(const double *memory, double *adjoint, ptrdiff_t start, ptrdiff_t k, ptrdiff_t end,
                             int terms, const int *a, const int *b, const unsigned char *codes) {
    for (a += k * terms, b += k * terms; k < end; k++) {
        double g = adjoint[start + k];
        for (int t = 0; t < terms; t++, a++, b++) {
            int code = codes[t];
            if (code & A_WANTED)
                adjoint[*a] += code & HAS_B ? g * memory[*b] : g;
            if (code & B_WANTED)
                adjoint[*b] += g * memory[*a];
        }
    }
}

/* Vectors as variables of their own, called s00, s01, …, since the compiler keeps no array of them in registers. */
#define VECTORS_1(DO, p) DO(p, 0)
#define VECTORS_2(DO, p) VECTORS_1(DO, p) DO(p, 1)
#define VECTORS_4(DO, p) VECTORS_2(DO, p) DO(p, 2) DO(p, 3)
#define VECTORS_8(DO, p) VECTORS_4(DO, p) DO(p, 4) DO(p, 5) DO(p, 6) DO(p, 7)
#define ROWS_1(VECTORS, DO) VECTORS(DO, 0)
#define ROWS_2(VECTORS, DO) ROWS_1(VECTORS, DO) VECTORS(DO, 1)
#define ROWS_4(VECTORS, DO) ROWS_2(VECTORS, DO) VECTORS(DO, 2) VECTORS(DO, 3)
#define ROWS_8(VECTORS, DO) ROWS_4(VECTORS, DO) VECTORS(DO, 4) VECTORS(DO, 5) VECTORS(DO, 6) VECTORS(DO, 7)
#define LOAD_A(p, v) const double w##p = a[p * a_row];
#define LOAD_B(p, v) const vector x##v = CV(b)[v];
#define STORE(p, v)                                                                                                \
    if (v < LAST || last == WIDTH) {                                                                               \
        V(c + p * c_row)[v] = s##p##v;                                                                             \
    } else {                                                                                                       \
        double numbers[WIDTH];                                                                                     \
        *V(numbers) = s##p##v;                                                                                     \
        for (ptrdiff_t q = 0; q < last; q++)                                                                       \
            c[p * c_row + v * WIDTH + q] = numbers[q];                                                             \
    }

#define JOINED_(name, kind) name##_##kind
#define JOINED(name, kind) JOINED_(name, kind)
#define OF_KIND(name) JOINED(name, KIND)

#if defined(__aarch64__)
#include <arm_neon.h>
#define FUSED(s, w, x) (vector) vfmaq_n_f64((float64x2_t)(s), (float64x2_t)(x), w)
#define FUSED_PRODUCT(s, x, y) (vector) vfmaq_f64((float64x2_t)(s), (float64x2_t)(x), (float64x2_t)(y))
#else
#define FUSED(s, w, x) ((s) + (w) * (x))
#define FUSED_PRODUCT(s, x, y) ((s) + (x) * (y))
#endif
#define KIND any
#define POSITIVE(s) KEPT_WHERE((s) > 0.0, s)
#define TARGET
#define WIDTH 2
#define GROUP 1
#define ACROSS_LANES 8
#define DOWN 4
#define ACROSS 2
#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 28)
#define LIBRARY_IS_GLIBC /* and its exp as exact as exponential.h says */
#include "powers.h"
#endif
#endif

#define KIND avx2
#define POSITIVE(s) (vector) _mm256_max_pd((__m256d)(s), _mm256_setzero_pd())
#define TARGET __attribute__((target("avx2,fma")))
#define FUSED(s, w, x) (vector) _mm256_fmadd_pd(_mm256_set1_pd(w), (__m256d)(x), (__m256d)(s))
#define FUSED_PRODUCT(s, x, y) (vector) _mm256_fmadd_pd((__m256d)(x), (__m256d)(y), (__m256d)(s))
#if defined(LIBRARY_IS_GLIBC)
#define GATHER(table, k) (vector) _mm256_i64gather_pd(table, (__m256i)(k), 8)
#define UNEQUAL_OR_LARGE(x, y, z, limit)                                                                           \
    (0xf & ~_mm256_movemask_pd(_mm256_and_pd(_mm256_cmp_pd((__m256d)(x), (__m256d)(y), _CMP_EQ_OQ),                \
        _mm256_cmp_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), (__m256d)(z)), _mm256_set1_pd(limit), _CMP_LT_OQ))))
#endif
#define WIDTH 4
#define GROUP 2
#define ACROSS_LANES 4
#define DOWN 4
#define ACROSS 2
#include "lanes.h"

#define KIND avx512
#define POSITIVE(s) (vector) _mm512_max_pd((__m512d)(s), _mm512_setzero_pd()) /* +0.0 for NaN and -0.0, too */
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl,fma")))
#define FUSED(s, w, x) (vector) _mm512_fmadd_pd(_mm512_set1_pd(w), (__m512d)(x), (__m512d)(s))
#define FUSED_PRODUCT(s, x, y) (vector) _mm512_fmadd_pd((__m512d)(x), (__m512d)(y), (__m512d)(s))
#if defined(LIBRARY_IS_GLIBC)
#define GATHER(table, k) (vector) _mm512_i64gather_pd((__m512i)(k), table, 8)
#define UNEQUAL_OR_LARGE(x, y, z, limit)                                                                           \
    (0xff & ~(_mm512_cmp_pd_mask((__m512d)(x), (__m512d)(y), _CMP_EQ_OQ) &                                         \
              _mm512_cmp_pd_mask(_mm512_abs_pd((__m512d)(z)), _mm512_set1_pd(limit), _CMP_LT_OQ)))
#endif
#define WIDTH 8
#define GROUP 4
#define ACROSS_LANES 2
#define DOWN 8
#define ACROSS 4
#include "lanes.h"
#endif

static void (*sums_forward)(const Instruction *, const Workspace *) = forward_any;
static void (*sums_backward)(const Instruction *, const Workspace *) = backward_any;
int (*all_finite)(const double *, ptrdiff_t) = all_finite_any;
int (*add_finite)(double *, const double *, const double *, ptrdiff_t) = add_finite_any;
void (*put_scaled)(double *, const double *, double, ptrdiff_t) = put_scaled_any;
void (*add_scaled)(double *, const double *, double, ptrdiff_t) = add_scaled_any;
void (*spread)(double *, const double *, ptrdiff_t, ptrdiff_t) = spread_any;
static void (*exponentials)(double *, const double *, ptrdiff_t) = NULL; /* or what exponential.h has */

#define CHOOSE(kind, width)                                                                                        \
    return sums_forward = forward_##kind, sums_backward = backward_##kind, all_finite = all_finite_##kind,         \
           add_finite = add_finite_##kind, put_scaled = put_scaled_##kind, add_scaled = add_scaled_##kind,         \
           spread = spread_##kind, width

/* Choose the functions for this processor, with vectors of at most `width` numbers; returns the width chosen. */
static int sums_choose(int width) {
    exponentials = NULL;
#if defined(__x86_64__)
    if (width >= 8 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
#if defined(LIBRARY_IS_GLIBC)
        exponentials = exponentials_agree_avx512() ? exponentials_avx512 : NULL;
#endif
        CHOOSE(avx512, 8);
    }
    if (width >= 4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
#if defined(LIBRARY_IS_GLIBC)
        exponentials = exponentials_agree_avx2() ? exponentials_avx2 : NULL;
#endif
        CHOOSE(avx2, 4);
    }
#endif
    CHOOSE(any, 2);
}
