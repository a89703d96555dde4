// Where the points, levels and ticks of the small charts lie, in the units of their viewBox.

/**
 * The loss over the steps of the optimiser.
 * @param {number[]} losses
 * @returns {Chart}
 */
function lossChart(losses) {
  const last = losses.length - 1, top = Math.max(...losses) || 1, bottom = Math.min(0, ...losses);
  const x = (/** @type {number} */ i) => 40 + (250 * i) / Math.max(1, last);
  const y = (/** @type {number} */ loss) => 10 + (100 * (top - loss)) / (top - bottom || 1);
  return { height: 145, title: "step of the optimiser",
           levels: [bottom, (top + bottom) / 2, top].map((loss) => [y(loss), short(Number(loss.toPrecision(2)))]),
           ticks: [[40, "0"], [290, `${last}`]],
           points: losses.map((loss, i) => [x(i), y(loss)]) };
}

/**
 * Relative errors over sizes of a nudge, both on logarithmic scales.
 * @param {number[]} powers  those of the nudges 10 ** -power, from 1 to 15
 * @param {number[]} errors
 * @returns {Chart}
 */
function errorChart(powers, errors) {
  const x = (/** @type {number} */ power) => 46 + (power - 1) * 16.5;
  const y = (/** @type {number} */ digits) => 12 + 8 * Math.min(17, Math.max(0, digits));
  return { height: 185, title: "h",
           levels: [0, 4, 8, 12, 16].map((digits) => [y(digits), digits ? `10${raised(-digits)}` : "1"]),
           ticks: [1, 5, 10, 15].map((power) => [x(power), `10${raised(-power)}`]),
           points: powers.map((power, i) => [x(power), y(-Math.log10(Math.max(errors[i], 1e-17)))]) };
}

/**
 * The cells of a decision boundary: place, size, class and opacity.
 * @param {ArrayLike<number>} bytes  for one output its sign and size around 128, else the class; by rows
 * @param {number} grid  how many cells a row has
 * @param {number} outputs
 */
function boundaryCells(bytes, grid, outputs) {
  const side = 280 / grid, one = outputs === 1;
  return Array.from(bytes, (byte, i) => ({
    x: 10 + side * (i % grid), y: 10 + side * Math.floor(i / grid), side, kind: one ? Number(byte >= 128) : byte,
    opacity: 0.12 + 0.45 * (one ? Math.abs(byte - 128) / 127 : 0.7),
  }));
}

/**
 * Where a point of the plane lies in the chart of the decision boundary.
 * @param {Plane["ranges"]} ranges
 * @param {number} a
 * @param {number} b
 */
function boundaryPoint([[left, right], [low, high]], a, b) {
  return [10 + (280 * (a - left)) / (right - left), 10 + (280 * (high - b)) / (high - low)];
}
