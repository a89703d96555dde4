// The functions of the C library that the table's formulas call and that Math lacks.

/** @type {Record<string, (x: number, y?: number) => number>} */
const LIBRARY = {
  exp2: (x) => 2 ** x,
  fmod: (x, y = 1) => x % y,
  coarse: (x) => 134217729 * x - (134217729 * x - x),
  // Kummer's series: all terms are positive, nothing cancels.
  erf(x) {
    if (Math.abs(x) > 2) return Math.sign(x) * (1 - LIBRARY.erfc(Math.abs(x)));
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  },
  // Laplace's continued fraction, evaluated from its tail; it converges fast for arguments of 1 and more.
  erfc(x) {
    if (x < 1) return 1 - LIBRARY.erf(x);
    let tail = x;
    for (let n = 200; n > 0; n--) tail = x + n / 2 / tail;
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  },
};
