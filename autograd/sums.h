/* Sums of products, the bulk of every network: result = Σ a·b, term after term in the order of the recording, so that the
   result is to the bit what the single operations give. Compiled twice, the second time with AVX2, which is chosen where
   the processor has it; without fused multiply-add both give the same bits.

   A term's code says: 1, a differs between examples; 2, b does; 4, there is a b, else the term is a alone; 8 and 16, the
   gradients of a and of b are wanted. Where one factor of a product differs between the examples, it is b. */

#include <stddef.h>

#define LANES 16

typedef double four __attribute__((vector_size(32), aligned(8)));  /* GCC and Clang have such types */
#define ALWAYS static inline __attribute__((always_inline))

#define ROW(slot) (base + ((ptrdiff_t)(slot) - uniform) * LANES)

ALWAYS double summed(four v) { return (v[0] + v[1]) + (v[2] + v[3]); }

ALWAYS void forward_scalars(double *memory, ptrdiff_t start, ptrdiff_t count, int terms, const int *a, const int *b,
                            const unsigned char *codes) {
    ptrdiff_t k = 0;
    for (; k + 4 <= count; k += 4) {  /* four at a time: each addition waits for the one before */
        double s0 = -0.0, s1 = -0.0, s2 = -0.0, s3 = -0.0;
        const int *a0 = a + k * terms, *a1 = a0 + terms, *a2 = a1 + terms, *a3 = a2 + terms;
        const int *b0 = b + k * terms, *b1 = b0 + terms, *b2 = b1 + terms, *b3 = b2 + terms;
        for (int t = 0; t < terms; t++) {
            if (codes[t] & 4) {
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
            sum += codes[t] & 4 ? x * memory[b[k * terms + t]] : x;
        }
        memory[start + k] = sum;
    }
}

ALWAYS void forward_lanes(double *memory, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t start, ptrdiff_t count, int terms,
                          const int *a, const int *b, const unsigned char *codes) {
    for (ptrdiff_t k = 0; k < count; k++) {
        four s0 = {-0.0, -0.0, -0.0, -0.0}, s1 = s0, s2 = s0, s3 = s0;
        for (int t = 0; t < terms; t++, a++, b++) {
            int code = codes[t] & 7;
            if (code == 6) {
                double w = memory[*a];
                const four *x = (const four *)(memory + ROW(*b));
                s0 += w * x[0];
                s1 += w * x[1];
                s2 += w * x[2];
                s3 += w * x[3];
            } else if (code == 7) {
                const four *y = (const four *)(memory + ROW(*a)), *x = (const four *)(memory + ROW(*b));
                s0 += y[0] * x[0];
                s1 += y[1] * x[1];
                s2 += y[2] * x[2];
                s3 += y[3] * x[3];
            } else if (code == 1) {
                const four *y = (const four *)(memory + ROW(*a));
                s0 += y[0];
                s1 += y[1];
                s2 += y[2];
                s3 += y[3];
            } else {
                double w = code == 4 ? memory[*a] * memory[*b] : memory[*a];
                s0 += w;
                s1 += w;
                s2 += w;
                s3 += w;
            }
        }
        four *out = (four *)(memory + ROW(start + k));
        out[0] = s0;
        out[1] = s1;
        out[2] = s2;
        out[3] = s3;
    }
}

ALWAYS void backward_scalars(const double *memory, double *adjoint, ptrdiff_t start, ptrdiff_t count, int terms,
                             const int *a, const int *b, const unsigned char *codes) {
    for (ptrdiff_t k = 0; k < count; k++) {
        double g = adjoint[start + k];
        for (int t = 0; t < terms; t++, a++, b++) {
            int code = codes[t];
            if (code & 8)
                adjoint[*a] += code & 4 ? g * memory[*b] : g;
            if (code & 16)
                adjoint[*b] += g * memory[*a];
        }
    }
}

ALWAYS void backward_lanes(const double *memory, double *adjoint, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t start,
                           ptrdiff_t count, int terms, const int *a, const int *b, const unsigned char *codes) {
    for (ptrdiff_t k = 0; k < count; k++) {
        const four *g = (const four *)(adjoint + ROW(start + k));
        four g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];
        double whole = summed((g0 + g1) + (g2 + g3));
        for (int t = 0; t < terms; t++, a++, b++) {
            int code = codes[t];
            if (code & 2) {  /* b differs between the examples */
                const four *x = (const four *)(memory + ROW(*b));
                if (code & 8) {
                    if (code & 1) {
                        four *j = (four *)(adjoint + ROW(*a));
                        j[0] += g0 * x[0];
                        j[1] += g1 * x[1];
                        j[2] += g2 * x[2];
                        j[3] += g3 * x[3];
                    } else {
                        adjoint[*a] += summed((g0 * x[0] + g1 * x[1]) + (g2 * x[2] + g3 * x[3]));
                    }
                }
                if (code & 16) {
                    four *j = (four *)(adjoint + ROW(*b));
                    if (code & 1) {
                        const four *y = (const four *)(memory + ROW(*a));
                        j[0] += g0 * y[0];
                        j[1] += g1 * y[1];
                        j[2] += g2 * y[2];
                        j[3] += g3 * y[3];
                    } else {
                        double w = memory[*a];
                        j[0] += g0 * w;
                        j[1] += g1 * w;
                        j[2] += g2 * w;
                        j[3] += g3 * w;
                    }
                }
            } else if (code & 4) {
                if (code & 8)
                    adjoint[*a] += whole * memory[*b];
                if (code & 16)
                    adjoint[*b] += whole * memory[*a];
            } else if (code & 8) {
                if (code & 1) {
                    four *j = (four *)(adjoint + ROW(*a));
                    j[0] += g0;
                    j[1] += g1;
                    j[2] += g2;
                    j[3] += g3;
                } else {
                    adjoint[*a] += whole;
                }
            }
        }
    }
}

#define FORWARD_ARGUMENTS                                                                                          \
    double *memory, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t lanes, ptrdiff_t start, ptrdiff_t count, int terms, \
        int varying, const int *a, const int *b, const unsigned char *codes
#define BACKWARD_ARGUMENTS                                                                                          \
    double *memory, double *adjoint, ptrdiff_t uniform, ptrdiff_t base, ptrdiff_t lanes, ptrdiff_t start,           \
        ptrdiff_t count, int terms, int varying, const int *a, const int *b, const unsigned char *codes

ALWAYS void forward(FORWARD_ARGUMENTS) {
    if (lanes == 1 || !varying)
        forward_scalars(memory, start, count, terms, a, b, codes);
    else
        forward_lanes(memory, uniform, base, start, count, terms, a, b, codes);
}

ALWAYS void backward(BACKWARD_ARGUMENTS) {
    if (lanes == 1 || !varying)
        backward_scalars(memory, adjoint, start, count, terms, a, b, codes);
    else
        backward_lanes(memory, adjoint, uniform, base, start, count, terms, a, b, codes);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void forward_avx2(FORWARD_ARGUMENTS) {
    forward(memory, uniform, base, lanes, start, count, terms, varying, a, b, codes);
}
__attribute__((target("avx2"))) static void backward_avx2(BACKWARD_ARGUMENTS) {
    backward(memory, adjoint, uniform, base, lanes, start, count, terms, varying, a, b, codes);
}
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#else
#define forward_avx2 forward
#define backward_avx2 backward
#define HAS_AVX2 0
#endif

static void sums_forward(FORWARD_ARGUMENTS) {
    if (HAS_AVX2)
        forward_avx2(memory, uniform, base, lanes, start, count, terms, varying, a, b, codes);
    else
        forward(memory, uniform, base, lanes, start, count, terms, varying, a, b, codes);
}

static void sums_backward(BACKWARD_ARGUMENTS) {
    if (HAS_AVX2)
        backward_avx2(memory, adjoint, uniform, base, lanes, start, count, terms, varying, a, b, codes);
    else
        backward(memory, adjoint, uniform, base, lanes, start, count, terms, varying, a, b, codes);
}
