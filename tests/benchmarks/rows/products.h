/* Products of matrices whose sizes are known to the compiler, in tiles that stay in registers.

   Rows of numbers are padded to whole vectors, so that no loop has a rest. */

#include <math.h>
#include <string.h>

#ifdef __AVX512F__
#define LANES 8 /* numbers in a vector */
#else
#define LANES 4
#endif
#define PADDED(n) (((n) + LANES - 1) / LANES * LANES)
#define INLINE static inline __attribute__((always_inline))
#define ALIGNED __attribute__((aligned(64)))

typedef double vector __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

/* c = a b, or c += a b: `rows` rows and `vectors` vectors of c. Where a's next row and next term are is told by steps,
   so that a may be a transpose. */
INLINE void tile(const int rows, const int vectors, const int add, int terms, const double *a, int a_row, int a_term,
                 const double *b, int b_term, double *c, int c_row) {
  vector sums[12][4];
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) sums[r][v] = add ? *(const vector *)(c + r * c_row + v * LANES) : (vector){0};
#pragma GCC unroll 1
  for (int t = 0; t < terms; t++)
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++)
        sums[r][v] += a[r * a_row + t * a_term] * *(const vector *)(b + t * b_term + v * LANES);
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) *(vector *)(c + r * c_row + v * LANES) = sums[r][v];
}

INLINE void columns(const int vectors, const int add, int rows, int terms, const double *a, int a_row, int a_term,
                    const double *b, int b_term, double *c, int c_row) {
  const int step = vectors > 2 ? (LANES == 8 ? 6 : 3) : (LANES == 8 ? 8 : 4);
  int r = 0;
  for (; r + step <= rows; r += step)
    tile(step, vectors, add, terms, a + r * a_row, a_row, a_term, b, b_term, c + r * c_row, c_row);
  if (rows % step) tile(rows % step, vectors, add, terms, a + r * a_row, a_row, a_term, b, b_term, c + r * c_row, c_row);
}

/* c (rows × columns) = a (rows × terms) times b (terms × columns); with `add`, c += a b. */
INLINE void multiply(const int add, const int rows, const int columns_, const int terms, const double *a,
                     const int a_row, const int a_term, const double *b, const int b_term, double *c, const int c_row) {
  const int whole = LANES == 8 ? 4 : 3, vectors = PADDED(columns_) / LANES;
  int v = 0;
  for (; v + whole <= vectors; v += whole)
    columns(whole, add, rows, terms, a, a_row, a_term, b + v * LANES, b_term, c + v * LANES, c_row);
  if (vectors % whole)
    columns(vectors % whole, add, rows, terms, a, a_row, a_term, b + v * LANES, b_term, c + v * LANES, c_row);
}

#if !defined __has_builtin || !__has_builtin(__builtin_shufflevector) /* GCC 11 and older */
#define TURN 0
#define HALVES(a, b, k) a
#define OTHER_HALVES(a, b, k) b
#elif LANES == 8
#define TURN 1
#define HALVES(a, b, k) \
  k == 1   ? __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) \
  : k == 2 ? __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) \
           : __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define OTHER_HALVES(a, b, k) \
  k == 1   ? __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15) \
  : k == 2 ? __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15) \
           : __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define TURN 1
#define HALVES(a, b, k) \
  k == 1 ? __builtin_shufflevector(a, b, 0, 4, 2, 6) : __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define OTHER_HALVES(a, b, k) \
  k == 1 ? __builtin_shufflevector(a, b, 1, 5, 3, 7) : __builtin_shufflevector(a, b, 2, 3, 6, 7)
#endif

/* A square of LANES rows and columns, turned by exchanging squares of 1, 2, 4. */
INLINE void turn(const double *from, int from_row, double *to, int to_row) {
  vector rows[LANES];
#pragma GCC unroll 8
  for (int r = 0; r < LANES; r++) rows[r] = *(const vector *)(from + r * from_row);
#pragma GCC unroll 3
  for (int k = 1; k < LANES; k *= 2)
#pragma GCC unroll 8
    for (int r = 0; r < LANES; r++)
      if (!(r & k)) {
        vector a = rows[r], b = rows[r + k];
        rows[r] = HALVES(a, b, k);
        rows[r + k] = OTHER_HALVES(a, b, k);
      }
#pragma GCC unroll 8
  for (int r = 0; r < LANES; r++) *(vector *)(to + r * to_row) = rows[r];
}

/* to (columns × rows) = the transpose of from (rows × columns) */
INLINE void transpose(const int rows, const int columns_, const double *from, const int from_row, double *to,
                      const int to_row) {
  const int whole_rows = TURN ? rows / LANES * LANES : 0, whole = columns_ / LANES * LANES;
  for (int r = 0; r < whole_rows; r += LANES)
    for (int c = 0; c < whole; c += LANES) turn(from + r * from_row + c, from_row, to + c * to_row + r, to_row);
  for (int r = 0; r < rows; r++)
    for (int c = r < whole_rows ? whole : 0; c < columns_; c++) to[c * to_row + r] = from[r * from_row + c];
}
