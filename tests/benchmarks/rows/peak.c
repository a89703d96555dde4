/* The most that one thread of this processor multiplies and adds: nothing is read from memory, and there are as many sums
   as hide how long one addition takes. Both functions return how many multiplications they have made. */

#include "products.h"

#define SUMS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#if defined(__aarch64__)
#define UNKNOWN(x) __asm__ volatile("" : "+w"(x)) /* to the compiler, which would otherwise do the work only once */
#else
#define UNKNOWN(x) __asm__ volatile("" : "+v"(x))
#endif
#define BEGIN(k) vector sum##k = {0};
#define ROUNDED_TWICE(k) { vector product = x * y; UNKNOWN(product); sum##k += product; }
#define FUSED(k) { UNKNOWN(x); sum##k += x * y; }
#define END(k) total += sum##k[0];
#define PEAK(name, STEP)                                              \
  double name(long times, double *out) {                              \
    vector x = (vector){0} + times * 1e-9, y = x;                     \
    double total = 0.0;                                               \
    SUMS(BEGIN)                                                       \
    for (long t = 0; t < times; t++) {                                \
      UNKNOWN(x);                                                     \
      SUMS(STEP)                                                      \
    }                                                                 \
    SUMS(END)                                                         \
    *out = total;                                                     \
    return 12.0 * LANES * times;                                      \
  }

PEAK(rounded_twice, ROUNDED_TWICE)
PEAK(fused, FUSED)
