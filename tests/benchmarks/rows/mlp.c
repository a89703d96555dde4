/* One training step, or epoch, of a network I-J-K or I-J-K-L, written for exactly these sizes.

   Compile with -D for BATCH, LAYERS (2 or 3), SIZE0 to SIZE3, TANH (1; 0 is ReLU), HINGE (1; 0 is cross-entropy), RATE
   and PENALTY (of the squares of all parameters). */

#include "products.h"

#define N PADDED(BATCH)
#define WIDE(size) (PADDED(size) + LANES) /* the length of a row of weights: no power of two, for the caches */

#if LAYERS == 2
#define SIZE3 1
#define OUTPUTS SIZE2
#else
#define OUTPUTS SIZE3
#endif

static double w1[SIZE1][WIDE(SIZE0)] ALIGNED, w2[SIZE2][WIDE(SIZE1)] ALIGNED, w3[SIZE3][WIDE(SIZE2)] ALIGNED;
static double g1[SIZE1][WIDE(SIZE0)] ALIGNED, g2[SIZE2][WIDE(SIZE1)] ALIGNED, g3[SIZE3][WIDE(SIZE2)] ALIGNED;
static double b1[SIZE1], b2[SIZE2], b3[SIZE3], c1[SIZE1], c2[SIZE2], c3[SIZE3]; /* biases and their gradients */
/* Of each layer the values, a row for each neuron, their transpose, and their gradients. */
static double v0[SIZE0][N] ALIGNED, v1[SIZE1][N] ALIGNED, v2[SIZE2][N] ALIGNED;
static double t0[N][WIDE(SIZE0)] ALIGNED, t1[N][WIDE(SIZE1)] ALIGNED, t2[N][WIDE(SIZE2)] ALIGNED;
static double d1[SIZE1][N] ALIGNED, d2[SIZE2][N] ALIGNED;
static double target[N];
static int class_of[N], count; /* how many examples the batch has */

INLINE void forward(const int inputs, const int outputs, const double *w, const double *b, const double *x, double *y,
                    double *transposed, const int last) {
  multiply(0, outputs, N, inputs, w, WIDE(inputs), 1, x, N, y, N);
  for (int j = 0; j < outputs; j++)
    for (int n = 0; n < N; n++) {
      double z = y[j * N + n] + b[j];
      y[j * N + n] = last ? z : TANH ? tanh(z) : z > 0 ? z : 0;
    }
  if (!last) transpose(outputs, N, y, N, transposed, WIDE(outputs));
}

INLINE void backward(const int inputs, const int outputs, const double *w, double *g, double *c, const double *x,
                     const double *transposed, double *dx, const double *dy, const int first) {
  if (inputs >= LANES) multiply(0, outputs, inputs, N, dy, N, 1, transposed, WIDE(inputs), g, WIDE(inputs));
  for (int j = 0; j < outputs; j++) {
    for (int i = 0; inputs < LANES && i < inputs; i++) {
      double sum = 0;
      for (int n = 0; n < N; n++) sum += dy[j * N + n] * x[i * N + n];
      g[j * WIDE(inputs) + i] = sum;
    }
    double sum = 0;
    for (int n = 0; n < N; n++) sum += dy[j * N + n];
    c[j] = sum;
  }
  if (first) return;
  multiply(0, inputs, N, outputs, w, 1, WIDE(inputs), dy, N, dx, N);
  for (int i = 0; i < inputs * N; i++) dx[i] *= TANH ? 1 - x[i] * x[i] : x[i] > 0;
}

INLINE double loss_of(const double *scores, double *d) {
  double loss = 0;
#if HINGE
  for (int n = 0; n < N; n++) {
    double gap = 1 - target[n] * scores[n], counts = n < count && gap > 0;
    loss += counts * gap;
    d[n] = -target[n] * counts / count;
  }
#else
  static double top[N] ALIGNED, total[N] ALIGNED;
  for (int n = 0; n < N; n++) top[n] = scores[n], total[n] = 0;
  for (int k = 1; k < OUTPUTS; k++)
    for (int n = 0; n < N; n++) top[n] = scores[k * N + n] > top[n] ? scores[k * N + n] : top[n];
  for (int k = 0; k < OUTPUTS; k++)
    for (int n = 0; n < N; n++) total[n] += d[k * N + n] = exp(scores[k * N + n] - top[n]);
  for (int n = 0; n < N; n++) {
    loss += n < count ? log(total[n]) + top[n] : 0;
    total[n] = n < count ? 1 / (total[n] * count) : 0;
  }
  for (int k = 0; k < OUTPUTS; k++)
    for (int n = 0; n < N; n++) d[k * N + n] *= total[n];
  for (int n = 0; n < count; n++) {
    loss -= scores[class_of[n] * N + n];
    d[class_of[n] * N + n] -= 1.0 / count;
  }
#endif
  return loss / count;
}

/* w -= RATE g, where g takes up the penalty first; returns the penalty. */
INLINE double update(const int count, double *w, double *g) {
  double sum = 0;
  for (int i = 0; i < count; i++) {
    double gradient = g[i] + 2 * PENALTY * w[i];
    sum += w[i] * w[i];
    g[i] = gradient;
    w[i] -= RATE * gradient;
  }
  return PENALTY * sum;
}

/* One step of gradient descent on the batch; returns the loss before it. */
double train(void) {
  forward(SIZE0, SIZE1, *w1, b1, *v0, *v1, *t1, 0);
  forward(SIZE1, SIZE2, *w2, b2, *v1, *v2, *t2, LAYERS == 2);
#if LAYERS == 3
  static double v3[SIZE3][N] ALIGNED, d3[SIZE3][N] ALIGNED;
  forward(SIZE2, SIZE3, *w3, b3, *v2, *v3, *t2, 1);
  double loss = loss_of(*v3, *d3);
  backward(SIZE2, SIZE3, *w3, *g3, c3, *v2, *t2, *d2, *d3, 0);
#else
  double loss = loss_of(*v2, *d2);
#endif
  backward(SIZE1, SIZE2, *w2, *g2, c2, *v1, *t1, *d1, *d2, 0);
  backward(SIZE0, SIZE1, *w1, *g1, c1, *v0, *t0, 0, *d1, 1);
  loss += update(SIZE1 * WIDE(SIZE0), *w1, *g1) + update(SIZE2 * WIDE(SIZE1), *w2, *g2);
  loss += update(SIZE1, b1, c1) + update(SIZE2, b2, c2);
#if LAYERS == 3
  loss += update(SIZE3 * WIDE(SIZE2), *w3, *g3) + update(SIZE3, b3, c3);
#endif
  return loss;
}

/* The batch: rows of x, in the order given, with their targets. */
void take_batch(const double *x, const double *targets, const int *order, int size) {
  count = size;
  for (int n = 0; n < size; n++) {
    memcpy(t0[n], x + (long)order[n] * SIZE0, SIZE0 * sizeof(double));
    target[n] = targets[order[n]];
    class_of[n] = target[n];
  }
  transpose(N, SIZE0, *t0, WIDE(SIZE0), *v0, N);
}

/* Steps on all examples, in batches; returns the mean loss. */
double train_epoch(const double *x, const double *targets, const int *order, int size) {
  double sum = 0;
  for (int from = 0; from < size; from += BATCH) {
    take_batch(x, targets, order + from, size - from < BATCH ? size - from : BATCH);
    sum += count * train();
  }
  return sum / size;
}

INLINE double *neurons(const int inputs, const int outputs, double *w, double *b, double *flat, const int out) {
  for (int j = 0; j < outputs; j++) {
    if (out) {
      memcpy(flat, w + j * WIDE(inputs), inputs * sizeof(double));
      flat[inputs] = b[j];
    } else {
      memcpy(w + j * WIDE(inputs), flat, inputs * sizeof(double));
      b[j] = flat[inputs];
    }
    flat += inputs + 1;
  }
  return flat;
}

/* The parameters come, and their gradients and they themselves go, neuron by neuron, with the bias last. */
void set(double *flat) {
  flat = neurons(SIZE0, SIZE1, *w1, b1, flat, 0);
  flat = neurons(SIZE1, SIZE2, *w2, b2, flat, 0);
  if (LAYERS == 3) neurons(SIZE2, SIZE3, *w3, b3, flat, 0);
}

void gradients(double *flat) {
  flat = neurons(SIZE0, SIZE1, *g1, c1, flat, 1);
  flat = neurons(SIZE1, SIZE2, *g2, c2, flat, 1);
  if (LAYERS == 3) neurons(SIZE2, SIZE3, *g3, c3, flat, 1);
}

void parameters(double *flat) {
  flat = neurons(SIZE0, SIZE1, *w1, b1, flat, 1);
  flat = neurons(SIZE1, SIZE2, *w2, b2, flat, 1);
  if (LAYERS == 3) neurons(SIZE2, SIZE3, *w3, b3, flat, 1);
}
