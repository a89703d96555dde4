"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { layeredLayout, arrowBetween } = require("./scripts.js");

/** Parts of one size; those that no arrow goes to are leaves. */
function parts(count, arrows) {
  return Array.from({ length: count }, (_, i) => ({ width: 100, height: 40, isLeaf: !arrows.some(([, head]) => head === i) }));
}

/** A random graph without cycles. */
function random(count, seed) {
  let state = seed;
  const next = (below) => (state = (state * 48271) % 2147483647) % below;
  return Array.from({ length: 2 * count }, () => [next(count), next(count)]).filter(([a, b]) => a < b);
}

test("nothing overlaps, and every arrow goes to the right", () => {
  for (const seed of [1, 2, 3, 4]) {
    const arrows = random(40, seed), boxes = layeredLayout(parts(40, arrows), arrows);
    assert.equal(boxes.length, 40);
    boxes.forEach((a, i) => {
      assert.ok(Number.isFinite(a.x) && Number.isFinite(a.y));
      for (const b of boxes.slice(i + 1)) {
        assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
      }
    });
    for (const [tail, head] of arrows) assert.ok(boxes[tail].x + boxes[tail].width < boxes[head].x);
  }
});

test("a chain is a straight line, and what is symmetrical stays so", () => {
  const chain = layeredLayout(parts(3, [[0, 1], [1, 2]]), [[0, 1], [1, 2]]);
  assert.ok(chain.every(({ y }) => Math.abs(y - chain[0].y) < 1e-9));
  const two = [[0, 2], [1, 2]], [a, b, sum] = layeredLayout(parts(3, two), two);
  assert.ok(Math.abs((a.y + b.y) / 2 - sum.y) < 1e-9);
});

test("an operand stands just before what uses it", () => {
  const arrows = [[0, 1], [1, 2], [2, 3], [4, 3]], boxes = layeredLayout(parts(5, arrows), arrows);
  assert.equal(boxes[4].x, boxes[2].x);
});

test("layers are ordered so that arrows do not cross without need", () => {
  const arrows = [[0, 5], [1, 4], [2, 3]], boxes = layeredLayout(parts(6, arrows), arrows);
  for (const [tail, head] of arrows) assert.ok(Math.abs(boxes[tail].y - boxes[head].y) < 1e-9);
});

test("an arrow begins at one box and ends at the other", () => {
  const { line, point } = arrowBetween({ x: 0, y: 0, width: 10, height: 20 }, { x: 60, y: 40, width: 10, height: 20 }, 0.5);
  assert.match(line, /^M10,10C/);
  assert.match(point, /60,50/);
});

test("an arrow that turns round stays near the boxes", () => {
  const head = { x: 900, y: 100, width: 100, height: 40, isTurned: true };
  const { line } = arrowBetween({ x: 0, y: 0, width: 100, height: 40 }, head, 0.5);
  const [, , , , x] = line.match(/[\d.]+/g).map(Number);
  assert.ok(x <= 1030, line);
});

test("the same graph has the same layout", () => {
  const arrows = random(30, 7);
  assert.deepEqual(layeredLayout(parts(30, arrows), arrows), layeredLayout(parts(30, arrows), arrows));
});

test("what is long and thin is wrapped into rows, read in turns to the right and to the left", () => {
  // A sum of 40 products: 0 to 39 are leaves, 40 to 79 products, 80 to 119 the partial sums.
  const arrows = Array.from({ length: 40 }, (_, i) => [[i, 40 + i], [40 + i, 80 + i], ...(i ? [[79 + i, 80 + i]] : [])]).flat();
  const boxes = layeredLayout(parts(120, arrows), arrows), right = (box) => box.x + box.width;
  const width = Math.max(...boxes.map(right)) - Math.min(...boxes.map(({ x }) => x));
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - Math.min(...boxes.map(({ y }) => y));
  assert.ok(width < 6 * height && width > height, `${width} × ${height}`);
  boxes.forEach((a, i) => {
    for (const b of boxes.slice(i + 1)) assert.ok(right(a) <= b.x || right(b) <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
  });
  const sums = boxes.slice(80), turns = sums.slice(1).filter((box, i) => box.isTurned !== sums[i].isTurned);
  assert.ok(turns.length >= 2);
  sums.slice(1).forEach((to, i) => {
    const from = sums[i], gap = to.isTurned ? from.x - right(to) : to.x - right(from);
    if (to.isTurned === from.isTurned) assert.ok(gap > 0 && gap < 100);
    else assert.ok(Math.abs(to.x - from.x) < 10 && to.y > from.y, "the next row begins where the last one ends");
    if (to.isTurned === from.isTurned) assert.ok(Math.abs(to.y - from.y) < 60, "a row is level");
  });
});

test("in a row that is read to the left, an arrow leaves on the left and arrives on the right", () => {
  const box = (x) => ({ x, y: 0, width: 10, height: 20, isTurned: true }), { line, point } = arrowBetween(box(60), box(0), 0.5);
  assert.match(line, /^M60,10C/);
  assert.match(point, / 10,10 /);
});
