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
           lines: [{ name: "loss", points: losses.map((loss, i) => [x(i), y(loss)]) }] };
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
           lines: [{ name: "error",
                     points: powers.map((power, i) => [x(power), y(-Math.log10(Math.max(errors[i], 1e-17)))]) }] };
}

/**
 * Sizes by layer over the steps of the optimiser, on a logarithmic scale.
 * @param {Frame[]} frames
 * @param {0 | 1} which  of the gradient, or of the update
 * @returns {Chart}
 */
function layerChart(frames, which) {
  const names = Object.keys(frames[0].layers), last = Math.max(1, frames.length - 1);
  const sizes = frames.flatMap(({ layers }) => names.map((name) => layers[name][which])).filter((size) => size > 0);
  const high = Math.ceil(Math.log10(Math.max(...sizes, 1e-300))), low = Math.floor(Math.log10(Math.min(...sizes, 1e300)));
  const [top, bottom] = sizes.length ? [Math.max(high, low + 1), low] : [0, -1];
  const y = (/** @type {number} */ size) => 10 + (100 * (top - Math.log10(Math.max(size, 10 ** bottom)))) / (top - bottom);
  const middle = Math.round((top + bottom) / 2);
  return { height: 145, title: "step of the optimiser",
           levels: [...new Set([bottom, middle, top])].map((power) => [y(10 ** power), `10${raised(power)}`]),
           ticks: [[40, "0"], [290, `${frames.length - 1}`]],
           lines: names.map((name) => ({ name, points: frames.flatMap(({ layers }, i) => (
             layers[name][which] > 0 ? [/** @type {[number, number]} */ ([40 + (250 * i) / last, y(layers[name][which])])]
               : [])) })) };
}

/**
 * The scores of each class over the plane, positive where that class is chosen: [rows of scores] by class.
 * @param {ArrayLike<number>} bytes  for one output its sign and size around 128; else the classes, then their leads
 * @param {number} grid  how many points a row has
 * @param {number} outputs
 * @returns {number[][]}
 */
function classFields(bytes, grid, outputs) {
  const count = grid * grid, all = Array.from(bytes);
  if (outputs === 1) {
    const field = all.map((byte) => byte - 127.5);
    return [field.map((number) => -number), field];
  }
  return Array.from({ length: outputs }, (_, kind) => (
    Array.from({ length: count }, (_, i) => (all[i] === kind ? 1 : -1) * (1 + all[count + i]))));
}

/**
 * Where a field over a grid is above a level, as a path of polygons; and the line at the level. The cells of the grid are
 * crossed by straight lines between points that are interpolated on their sides (marching squares).
 * @param {number[]} field
 * @param {number} grid
 * @param {number} level
 * @returns {{ area: string, line: string }}
 */
function contour(field, grid, level) {
  const side = 280 / (grid - 1), at = (/** @type {number} */ index) => field[index] - level;
  const place = (/** @type {number} */ index) => [10 + side * (index % grid), 10 + side * Math.floor(index / grid)];
  let area = "", line = "";
  for (let row = 0; row < grid - 1; row++) {
    for (let column = 0; column < grid - 1; column++) {
      const first = row * grid + column, corners = [first, first + 1, first + grid + 1, first + grid];
      const outline = /** @type {string[]} */ ([]), crossings = /** @type {string[]} */ ([]);
      corners.forEach((corner, i) => {
        const next = corners[(i + 1) % 4], a = at(corner), b = at(next);
        const [x, y] = place(corner), [toX, toY] = place(next);
        if (a > 0) outline.push(spot(x, y));
        if (a > 0 === b > 0) return;
        const share = a / (a - b), crossing = spot(x + (toX - x) * share, y + (toY - y) * share);
        outline.push(crossing);
        crossings.push(crossing);
      });
      if (outline.length) area += `M${outline.join("L")}z`;
      for (let i = 0; i + 1 < crossings.length; i += 2) line += `M${crossings[i]}L${crossings[i + 1]}`;
    }
  }
  return { area, line };
}

/**
 * @param {number} x
 * @param {number} y
 */
function spot(x, y) {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
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
