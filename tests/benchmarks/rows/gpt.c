/* One training step of the one-layer character transformer with Adam, written for exactly its sizes.

   Compile with -D for PLACES (of the word), CONTEXT, EMBEDDING, HEADS, VOCABULARY, HIDDEN, RATE, BETA1, BETA2 and EPS.
   A matrix of activations has a row for each dimension and a column for each place. */

#include "products.h"

#define T PADDED(PLACES)
#define WIDTH (EMBEDDING / HEADS)

struct model {
  double letters[VOCABULARY][EMBEDDING], places[CONTEXT][EMBEDDING], qkv[3 * EMBEDDING][EMBEDDING];
  double out[EMBEDDING][EMBEDDING], up[HIDDEN][EMBEDDING], down[EMBEDDING][HIDDEN], scores[VOCABULARY][EMBEDDING];
};
enum { COUNT = sizeof(struct model) / sizeof(double) };

static struct model w ALIGNED, g ALIGNED, means ALIGNED, squares ALIGNED;
static int steps;

typedef double wide[EMBEDDING][T];

/* y = x / sqrt(mean of x² + 1e-5), at each place */
INLINE void norm(wide x, wide y, double *scale) {
  double sum[T] = {0};
  for (int e = 0; e < EMBEDDING; e++)
    for (int t = 0; t < T; t++) sum[t] += x[e][t] * x[e][t];
  for (int t = 0; t < T; t++) scale[t] = 1 / sqrt(sum[t] / EMBEDDING + 1e-5);
  for (int e = 0; e < EMBEDDING; e++)
    for (int t = 0; t < T; t++) y[e][t] = x[e][t] * scale[t];
}

/* dx += the gradient through norm; dx may be dy when `only` is set, which drops what dx held. */
INLINE void norm_back(wide x, const double *scale, wide dy, wide dx, const int only) {
  double sum[T] = {0};
  for (int e = 0; e < EMBEDDING; e++)
    for (int t = 0; t < T; t++) sum[t] += x[e][t] * dy[e][t];
  for (int t = 0; t < T; t++) sum[t] *= scale[t] * scale[t] * scale[t] / EMBEDDING;
  for (int e = 0; e < EMBEDDING; e++)
    for (int t = 0; t < T; t++) dx[e][t] = (only ? 0 : dx[e][t]) + scale[t] * dy[e][t] - sum[t] * x[e][t];
}

INLINE void add(wide x, wide y) {
  for (int e = 0; e < EMBEDDING; e++)
    for (int t = 0; t < T; t++) x[e][t] += y[e][t];
}

/* y = w x */
#define LINEAR(rows, columns, w, x, y) multiply(0, rows, T, columns, *(w), columns, 1, *(x), T, *(y), T)
/* The gradients of both; the transpose of x is made on the way. */
#define LINEAR_BACK(rows, columns, w, gradient, x, dy, dx)                                                \
  do {                                                                                                    \
    transpose(columns, PLACES, *(x), T, *turned, columns);                                                \
    multiply(0, rows, columns, PLACES, *(dy), T, 1, *turned, columns, *(gradient), columns);              \
    multiply(0, columns, T, rows, *(w), 1, columns, *(dy), T, *(dx), T);                                  \
  } while (0)

static double turned[PLACES][HIDDEN > T ? HIDDEN : T] ALIGNED;

/* One step on a word of PLACES + 1 letters; returns the loss before it. */
double train(const int *word) {
  static wide x0, x1, normed1, x2, normed2, x3, mixed ALIGNED;
  static double qkv[3 * EMBEDDING][T] ALIGNED, shares[HEADS][T][T] ALIGNED, hidden[HIDDEN][T] ALIGNED;
  static double p[VOCABULARY][T] ALIGNED, dqkv[3 * EMBEDDING][T] ALIGNED, dhidden[HIDDEN][T] ALIGNED;
  static wide dx, dnormed, dmixed ALIGNED;
  static double dshares[T][T] ALIGNED, turned_shares[T][T] ALIGNED;
  double scale0[T], scale1[T], scale2[T], total[T] = {0}, loss = 0;
  const double root = 1 / sqrt(WIDTH);

  for (int t = 0; t < PLACES; t++)
    for (int e = 0; e < EMBEDDING; e++) x0[e][t] = w.letters[word[t]][e] + w.places[t][e];
  norm(x0, x1, scale0);
  norm(x1, normed1, scale1);
  LINEAR(3 * EMBEDDING, EMBEDDING, w.qkv, normed1, qkv);
  for (int h = 0; h < HEADS; h++) { /* shares[key][query] */
    double(*q)[T] = qkv + h * WIDTH, (*k)[T] = q + EMBEDDING, (*v)[T] = k + EMBEDDING, sum[T] = {0};
    multiply(0, PLACES, T, WIDTH, *k, 1, T, *q, T, *shares[h], T);
    for (int s = 0; s < PLACES; s++)
      for (int t = 0; t < T; t++) sum[t] += shares[h][s][t] = t < s ? 0 : exp(shares[h][s][t] * root);
    for (int t = 0; t < T; t++) sum[t] = 1 / sum[t];
    for (int s = 0; s < PLACES; s++)
      for (int t = 0; t < T; t++) shares[h][s][t] *= sum[t];
    multiply(0, WIDTH, T, PLACES, *v, T, 1, *shares[h], T, mixed[h * WIDTH], T);
  }
  LINEAR(EMBEDDING, EMBEDDING, w.out, mixed, x2);
  add(x2, x1);
  norm(x2, normed2, scale2);
  LINEAR(HIDDEN, EMBEDDING, w.up, normed2, hidden);
  for (int j = 0; j < HIDDEN; j++)
    for (int t = 0; t < T; t++) hidden[j][t] = hidden[j][t] > 0 ? hidden[j][t] : 0;
  LINEAR(EMBEDDING, HIDDEN, w.down, hidden, x3);
  add(x3, x2);
  LINEAR(VOCABULARY, EMBEDDING, w.scores, x3, p);
  for (int t = 0; t < PLACES; t++) loss -= p[word[t + 1]][t];
  for (int v = 0; v < VOCABULARY; v++)
    for (int t = 0; t < T; t++) total[t] += p[v][t] = exp(p[v][t]);
  for (int t = 0; t < T; t++) {
    loss += t < PLACES ? log(total[t]) : 0;
    total[t] = t < PLACES ? 1 / (total[t] * PLACES) : 0;
  }
  for (int v = 0; v < VOCABULARY; v++)
    for (int t = 0; t < T; t++) p[v][t] *= total[t];
  for (int t = 0; t < PLACES; t++) p[word[t + 1]][t] -= 1.0 / PLACES;

  LINEAR_BACK(VOCABULARY, EMBEDDING, w.scores, g.scores, x3, p, dx);
  LINEAR_BACK(EMBEDDING, HIDDEN, w.down, g.down, hidden, dx, dhidden);
  for (int j = 0; j < HIDDEN; j++)
    for (int t = 0; t < T; t++) dhidden[j][t] = hidden[j][t] > 0 ? dhidden[j][t] : 0;
  LINEAR_BACK(HIDDEN, EMBEDDING, w.up, g.up, normed2, dhidden, dnormed);
  norm_back(x2, scale2, dnormed, dx, 0);
  LINEAR_BACK(EMBEDDING, EMBEDDING, w.out, g.out, mixed, dx, dmixed);
  for (int h = 0; h < HEADS; h++) {
    double(*q)[T] = qkv + h * WIDTH, (*k)[T] = q + EMBEDDING, (*v)[T] = k + EMBEDDING, sum[T] = {0};
    double(*dq)[T] = dqkv + h * WIDTH, (*dk)[T] = dq + EMBEDDING, (*dv)[T] = dk + EMBEDDING;
    multiply(0, PLACES, T, WIDTH, *v, 1, T, dmixed[h * WIDTH], T, *dshares, T);
    transpose(PLACES, PLACES, *shares[h], T, *turned_shares, T);
    multiply(0, WIDTH, T, PLACES, dmixed[h * WIDTH], T, 1, *turned_shares, T, *dv, T);
    for (int s = 0; s < PLACES; s++)
      for (int t = 0; t < T; t++) sum[t] += shares[h][s][t] * dshares[s][t];
    for (int s = 0; s < PLACES; s++)
      for (int t = 0; t < T; t++) dshares[s][t] = shares[h][s][t] * (dshares[s][t] - sum[t]) * root;
    multiply(0, WIDTH, T, PLACES, *k, T, 1, *dshares, T, *dq, T);
    transpose(PLACES, PLACES, *dshares, T, *turned_shares, T);
    multiply(0, WIDTH, T, PLACES, *q, T, 1, *turned_shares, T, *dk, T);
  }
  LINEAR_BACK(3 * EMBEDDING, EMBEDDING, w.qkv, g.qkv, normed1, dqkv, dnormed);
  norm_back(x1, scale1, dnormed, dx, 0);
  norm_back(x0, scale0, dx, dx, 1);
  memset(&g, 0, sizeof g.letters + sizeof g.places);
  for (int t = 0; t < PLACES; t++)
    for (int e = 0; e < EMBEDDING; e++) {
      g.letters[word[t]][e] += dx[e][t];
      g.places[t][e] = dx[e][t];
    }

  steps++;
  double correction = sqrt(1 - pow(BETA2, steps)), rate = RATE * correction / (1 - pow(BETA1, steps));
  double eps = EPS * correction, *weight = (double *)&w, *gradient = (double *)&g;
  double *mean = (double *)&means, *square = (double *)&squares;
  for (int i = 0; i < COUNT; i++) {
    mean[i] = BETA1 * mean[i] + (1 - BETA1) * gradient[i];
    square[i] = BETA2 * square[i] + (1 - BETA2) * gradient[i] * gradient[i];
    weight[i] -= rate * mean[i] / (sqrt(square[i]) + eps);
  }
  return loss / PLACES;
}

/* The parameters come, and their gradients go, matrix by matrix in the order of the struct. */
void set(const double *flat) {
  memcpy(&w, flat, sizeof w);
  memset(&means, 0, sizeof means);
  memset(&squares, 0, sizeof squares);
  steps = 0;
}

void gradients(double *flat) { memcpy(flat, &g, sizeof g); }
