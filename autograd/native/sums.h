/* Sums of products, the bulk of every network: result = Σ a·b, term by term in the order of the recording, so that the
   result is bit for bit that of the single operations.

   A term's code is a sum of the flags below. If only one factor of a product varies between the examples, it is b.

   The loops over the examples of a tile are in lanes.h. It is included once for each kind of processor, and the version
   for this processor is chosen at run time; without fused multiply-add all of them give the same bits. */

#include <stddef.h>

enum { A_VARIES = 1, B_VARIES = 2, HAS_B = 4, A_WANTED = 8, B_WANTED = 16 }; /* as in program.py */

#define LANES 16
#define ALWAYS static inline __attribute__((always_inline))

#define FORWARD_ARGUMENTS                                                                                          \
    double *memory, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t lanes, ptrdiff_t start, ptrdiff_t count, int terms, \
        int varying, const int *a, const int *b, const unsigned char *codes
#define BACKWARD_ARGUMENTS                                                                                          \
    double *memory, double *adjoint, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t lanes, ptrdiff_t start,           \
        ptrdiff_t count, int terms, int varying, const int *a, const int *b, const unsigned char *codes

ALWAYS void forward_scalars(double *memory, ptrdiff_t start, ptrdiff_t count, int terms, const int *a, const int *b,
                            const unsigned char *codes) {
    ptrdiff_t k = 0;
    for (; k + 4 <= count; k += 4) {  /* four sums at a time: within one, each addition waits for the previous one */
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
    for (; k < count; k++) {
        double sum = -0.0;
        for (int t = 0; t < terms; t++) {
            double x = memory[a[k * terms + t]];
            sum += codes[t] & HAS_B ? x * memory[b[k * terms + t]] : x;
        }
        memory[start + k] = sum;
    }
}

ALWAYS void backward_scalars(const double *memory, double *adjoint, ptrdiff_t start, ptrdiff_t count, int terms,
                             const int *a, const int *b, const unsigned char *codes) {
    for (ptrdiff_t k = 0; k < count; k++) {
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

#define JOINED_(name, kind) name##_##kind
#define JOINED(name, kind) JOINED_(name, kind)
#define OF_KIND(name) JOINED(name, KIND)

#define KIND any
#define TARGET
#define WIDTH 2
#define GROUP 1
#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KIND avx2
#define TARGET __attribute__((target("avx2")))
#define WIDTH 4
#define GROUP 2
#include "lanes.h"

#define KIND avx512
#define TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#define WIDTH 8
#define GROUP 4
#include "lanes.h"
#endif

static void (*sums_forward)(FORWARD_ARGUMENTS) = forward_any;
static void (*sums_backward)(BACKWARD_ARGUMENTS) = backward_any;
static int (*all_finite)(const double *, ptrdiff_t) = all_finite_any;

#define CHOOSE(kind, width) \
    return sums_forward = forward_##kind, sums_backward = backward_##kind, all_finite = all_finite_##kind, width

/* Choose the functions for this processor, with vectors of at most `width` numbers; returns the width chosen. */
static int sums_choose(int width) {
#if defined(__x86_64__)
    if (width >= 8 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        CHOOSE(avx512, 8);
    if (width >= 4 && __builtin_cpu_supports("avx2"))
        CHOOSE(avx2, 4);
#endif
    CHOOSE(any, 2);
}
