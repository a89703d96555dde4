"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { lossChart, errorChart, boundaryCells, boundaryPoint } = require("./scripts.js");

test("a loss curve reaches from edge to edge and from top to bottom", () => {
  const { points, levels, ticks } = lossChart([4, 1, 0]);
  assert.deepEqual(points, [[40, 10], [165, 85], [290, 110]]);
  assert.deepEqual(levels, [[110, "0"], [60, "2"], [10, "4"]]);
  assert.deepEqual(ticks, [[40, "0"], [290, "2"]]);
});

test("negative, constant and single losses are drawn too", () => {
  assert.deepEqual(lossChart([-2, 2]).points, [[40, 110], [290, 10]]);
  for (const losses of [[0, 0], [3], [-1, -1]]) {
    assert.ok(lossChart(losses).points.flat().every(Number.isFinite), `${losses}`);
  }
});

test("errors lie on logarithmic scales, 8 units a power of ten", () => {
  const { points } = errorChart([1, 2, 15], [1, 1e-10, 0]);
  assert.deepEqual(points.map(([x]) => x), [46, 62.5, 277]);
  assert.deepEqual(points.map(([, y]) => Math.round(y)), [12, 92, 148]);
});

test("one output is shown by sign and size, several by class", () => {
  const [negative, zero, positive] = boundaryCells([1, 128, 255], 2, 1);
  assert.deepEqual([negative.kind, zero.kind, positive.kind], [0, 1, 1]);
  assert.deepEqual([negative.opacity, zero.opacity, positive.opacity].map((x) => x.toFixed(2)), ["0.57", "0.12", "0.57"]);
  assert.deepEqual([positive.x, positive.y, positive.side], [10, 150, 140]);
  assert.deepEqual(boundaryCells([2, 0], 2, 3).map(({ kind }) => kind), [2, 0]);
});

test("the corners of the plane are the corners of the chart", () => {
  const ranges = [[-1, 3], [0, 10]];
  assert.deepEqual(boundaryPoint(ranges, -1, 10), [10, 10]);
  assert.deepEqual(boundaryPoint(ranges, 3, 0), [290, 290]);
});
