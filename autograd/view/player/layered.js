// A layout of a small graph in layers from left to right, after Sugiyama: ranks, order within the ranks, places. What
// would be long and thin, such as a long sum, is wrapped into rows that are read in turns to the right and to the left.

/**
 * @typedef {{ width: number, height: number, isLeaf: boolean }} Part
 * @typedef {[tail: number, head: number]} Arrow
 */

/** Space between ranks, parts of a rank and rows; how often places are improved; width to height of a pane. */
const RANK_GAP = 44, PART_GAP = 16, ROW_GAP = 40, SWEEPS = 8, PANE_SHAPE = 2.5;

/**
 * The places of the upper left corners of parts.
 * @param {Part[]} parts
 * @param {Arrow[]} arrows  without cycles
 * @returns {Box[]}
 */
function layeredLayout(parts, arrows) {
  const ranks = ranksOf(parts, arrows), before = neighbours(parts, arrows, 0), after = neighbours(parts, arrows, 1);
  /** @type {number[][]} */
  const layers = [];
  ranks.forEach((rank, i) => (layers[rank] ??= []).push(i));
  for (let sweep = 0; sweep < SWEEPS; sweep++) reorder(layers, sweep % 2 ? after : before, Boolean(sweep % 2));
  /** @type {Box[]} */
  const boxes = [], rows = rowsOf(parts, layers), widest = Math.max(...rows.map((row) => widthOf(parts, row)));
  let bottom = -ROW_GAP;
  rows.forEach((row, number) => {
    const isTurned = number % 2 === 1, top = bottom + ROW_GAP, placed = placedRow(parts, row, before, after);
    const highest = Math.min(...placed.map(([, { y }]) => y));
    for (const [i, box] of placed) {
      boxes[i] = { ...box, x: isTurned ? widest - box.x - box.width : box.x, y: box.y + top - highest, isTurned };
      bottom = Math.max(bottom, boxes[i].y + box.height);
    }
  });
  return boxes;
}

/**
 * The layers of each row: as many rows as give all of it about the shape of a pane.
 * @param {Part[]} parts
 * @param {number[][]} layers
 */
function rowsOf(parts, layers) {
  const tall = Math.max(...layers.map((layer) => layer.reduce((sum, i) => sum + parts[i].height + PART_GAP, 0)));
  const count = Math.max(1, Math.round(Math.sqrt(widthOf(parts, layers) / (PANE_SHAPE * (tall + ROW_GAP)))));
  /** @type {number[][][]} */
  const rows = Array.from({ length: Math.min(count, layers.length) }, () => []);
  layers.forEach((layer, k) => rows[Math.floor((k * rows.length) / layers.length)].push(layer));
  return rows;
}

/**
 * @param {Part[]} parts
 * @param {number[][]} layers
 */
function widthOf(parts, layers) {
  return layers.reduce((sum, layer) => sum + Math.max(...layer.map((i) => parts[i].width)) + RANK_GAP, -RANK_GAP);
}

/**
 * The parts of a row with their places, from left to right; only neighbours in the row are looked at.
 * @param {Part[]} parts
 * @param {number[][]} row
 * @param {number[][]} before
 * @param {number[][]} after
 * @returns {[part: number, place: Box][]}
 */
function placedRow(parts, row, before, after) {
  const own = new Set(row.flat()), inRow = (/** @type {number[]} */ near) => near.filter((i) => own.has(i));
  const middles = placesAcross(parts, row, before.map(inRow), after.map(inRow));
  levelOut(row, middles);
  let x = 0;
  return row.flatMap((layer) => {
    const widest = Math.max(...layer.map((i) => parts[i].width)), left = x;
    x += widest + RANK_GAP;
    return layer.map((i) => {
      const { width, height } = parts[i];
      const box = { x: left + (widest - width) / 2, y: middles[i] - height / 2, width, height };
      return /** @type {[number, Box]} */ ([i, box]);
    });
  });
}

/**
 * The rank of each part: to the right of all that it depends on, and just before what uses it first, where that makes no
 * arrow longer in all.
 * @param {Part[]} parts
 * @param {Arrow[]} arrows
 */
function ranksOf(parts, arrows) {
  const ranks = parts.map(() => 0), missing = parts.map(() => 0), heads = neighbours(parts, arrows, 1);
  for (const [, head] of arrows) missing[head]++;
  const ready = parts.flatMap((_, i) => (missing[i] ? [] : [i]));
  for (const at of ready) {
    for (const head of heads[at]) {
      ranks[head] = Math.max(ranks[head], ranks[at] + 1);
      if (!--missing[head]) ready.push(head);
    }
  }
  const tails = neighbours(parts, arrows, 0);
  for (const at of ready.reverse()) {
    const inner = new Set(tails[at].filter((tail) => !parts[tail].isLeaf));
    if (heads[at].length && inner.size <= new Set(heads[at]).size) {
      ranks[at] = Math.max(0, Math.min(...heads[at].map((head) => ranks[head])) - 1);
    }
  }
  const used = [...new Set(ranks)].sort((a, b) => a - b);
  return ranks.map((rank) => used.indexOf(rank));
}

/**
 * For each part those that its arrows come from, or go to.
 * @param {Part[]} parts
 * @param {Arrow[]} arrows
 * @param {0 | 1} end
 */
function neighbours(parts, arrows, end) {
  /** @type {number[][]} */
  const found = parts.map(() => []);
  for (const arrow of arrows) found[arrow[1 - end]].push(arrow[end]);
  return found;
}

/**
 * Order each layer by the mean place of the neighbours on one side.
 * @param {number[][]} layers
 * @param {number[][]} near
 * @param {boolean} backwards
 */
function reorder(layers, near, backwards) {
  /** @type {Map<number, number>} */
  const place = new Map();
  for (const layer of layers) layer.forEach((i, at) => place.set(i, (at + 0.5) / layer.length));
  for (const layer of backwards ? [...layers].reverse() : layers) {
    const wanted = new Map(layer.map((i) => [i, mean(near[i].map((j) => place.get(j) ?? 0)) ?? place.get(i) ?? 0]));
    layer.sort((a, b) => /** @type {number} */ (wanted.get(a)) - /** @type {number} */ (wanted.get(b)));
    layer.forEach((i, at) => place.set(i, (at + 0.5) / layer.length));
  }
}

/**
 * The middle of each part across the layers: as near to its neighbours as the order and the gaps allow.
 * @param {Part[]} parts
 * @param {number[][]} layers
 * @param {number[][]} before
 * @param {number[][]} after
 */
function placesAcross(parts, layers, before, after) {
  /** @type {number[]} */
  const middles = [];
  for (const layer of layers) spread1d(parts, layer, layer.map(() => 0), middles);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const near = (/** @type {number} */ i) => (
      sweep === SWEEPS - 1 ? [...before[i], ...after[i]] : sweep % 2 ? after[i] : before[i]);
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      spread1d(parts, layer, layer.map((i) => mean(near(i).map((j) => middles[j])) ?? middles[i]), middles);
    }
  }
  return middles;
}

/**
 * Take the slope out of a row that climbs or falls, as a long sum does: each of its nodes is between two operands.
 * @param {number[][]} row
 * @param {number[]} middles  is changed
 */
function levelOut(row, middles) {
  const half = (row.length - 1) / 2, heights = row.map((layer) => mean(layer.map((i) => middles[i])) ?? 0);
  const rise = heights.reduce((sum, y, k) => sum + y * (k - half), 0);
  const slope = rise / Math.max(1, row.reduce((sum, _, k) => sum + (k - half) ** 2, 0));
  row.forEach((layer, k) => layer.forEach((i) => { middles[i] -= slope * (k - half); }));
}

/**
 * Put the parts of a layer where they want to be, pushed apart so that none overlaps, and on average not moved.
 * @param {Part[]} parts
 * @param {number[]} layer
 * @param {number[]} wanted
 * @param {number[]} middles  is filled
 */
function spread1d(parts, layer, wanted, middles) {
  let end = -Infinity;
  layer.forEach((i, at) => {
    const half = parts[i].height / 2;
    middles[i] = Math.max(wanted[at], end + PART_GAP + half);
    end = middles[i] + half;
  });
  const shift = /** @type {number} */ (mean(layer.map((i, at) => wanted[at] - middles[i])));
  for (const i of layer) middles[i] += shift;
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.length ? numbers.reduce((a, b) => a + b, 0) / numbers.length : null;
}

/**
 * An arrow between two boxes as a curve, and its head as a triangle. In a row that is read to the left it leaves on the
 * left and arrives on the right.
 * @param {Box} tail
 * @param {Box} head
 * @param {number} share  where it arrives on the side of the head, from 0 to 1
 */
function arrowBetween(tail, head, share) {
  const out = tail.isTurned ? -1 : 1, on = head.isTurned ? -1 : 1, tip = head.isTurned ? head.x + head.width : head.x;
  const x1 = tail.isTurned ? tail.x : tail.x + tail.width, y1 = tail.y + tail.height / 2;
  const x2 = tip - 7 * on, y2 = head.y + head.height * share, widest = out === on ? 80 : 20;
  const bend = Math.max(15, Math.min(widest, Math.abs(x2 - x1) / 2));
  return { line: `M${spot(x1, y1)}C${spot(x1 + out * bend, y1)} ${spot(x2 - on * bend, y2)} ${spot(x2, y2)}`,
           point: `${spot(x2, y2 - 3)} ${spot(tip, y2)} ${spot(x2, y2 + 3)}`,
           middle: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 4 } };
}
