"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { lossChart, errorChart, layerChart, classFields, contour, boundaryPoint } = require("./scripts.js");

test("a loss curve reaches from edge to edge and from top to bottom", () => {
  const { lines: [{ points }], levels, ticks } = lossChart([4, 1, 0]);
  assert.deepEqual(points, [[40, 10], [165, 85], [290, 110]]);
  assert.deepEqual(levels, [[110, "0"], [60, "2"], [10, "4"]]);
  assert.deepEqual(ticks, [[40, "0"], [290, "2"]]);
});

test("negative, constant and single losses are drawn too", () => {
  assert.deepEqual(lossChart([-2, 2]).lines[0].points, [[40, 110], [290, 10]]);
  for (const losses of [[0, 0], [3], [-1, -1]]) {
    assert.ok(lossChart(losses).lines[0].points.flat().every(Number.isFinite), `${losses}`);
  }
});

test("errors lie on logarithmic scales, 8 units a power of ten", () => {
  const { lines: [{ points }] } = errorChart([1, 2, 15], [1, 1e-10, 0]);
  assert.deepEqual(points.map(([x]) => x), [46, 62.5, 277]);
  assert.deepEqual(points.map(([, y]) => Math.round(y)), [12, 92, 148]);
});

test("sizes by layer lie on a logarithmic scale, and zeros are left out", () => {
  const frames = [{ layers: { a: [1, 0], b: [0.01, 0] } }, { layers: { a: [0.1, 0], b: [0, 0] } }];
  const { lines, levels } = layerChart(frames, 0);
  assert.deepEqual(lines, [{ name: "a", points: [[40, 10], [290, 60]] }, { name: "b", points: [[40, 110]] }]);
  assert.deepEqual(levels.map(([, text]) => text), ["10⁻²", "10⁻¹", "10⁰"]);
  assert.deepEqual(layerChart(frames, 1).lines.map(({ points }) => points), [[], []], "no update at all");
});

test("one output divides the plane by its sign, several by the class that leads", () => {
  const [negative, positive] = classFields([1, 128, 255], 2, 1);
  assert.ok(negative[0] > 0 && positive[0] < 0 && positive[1] > 0 && positive[2] > 0);
  const fields = classFields([2, 0, 0, 2, 9, 0, 5, 7], 2, 3);
  assert.deepEqual(fields, [[-10, 1, 6, -8], [-10, -1, -6, -8], [10, -1, -6, 8]]);
});

test("a contour is a line where the field has the level", () => {
  const grid = 21, at = (i) => [(i % grid) / 20, Math.floor(i / grid) / 20];
  const field = Array.from({ length: grid * grid }, (_, i) => 0.4 - Math.hypot(at(i)[0] - 0.5, at(i)[1] - 0.5));
  const points = [...contour(field, grid, 0).line.matchAll(/[\d.]+,[\d.]+/g)].map(([spot]) => spot.split(",").map(Number));
  assert.ok(points.length > 40);
  for (const [x, y] of points) assert.ok(Math.abs(Math.hypot(x - 150, y - 150) - 0.4 * 280) < 1, "a circle");
});

test("the area of a contour is that of what is above the level", () => {
  const grid = 5, field = Array.from({ length: 25 }, (_, i) => (i % 5) - 1.5);
  const area = contour(field, grid, 0).area.slice(1, -1).split("zM").map((polygon) => {
    const points = polygon.split("L").map((spot) => spot.split(",").map(Number));
    return Math.abs(points.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = points[(i + 1) % points.length];
      return sum + x * nextY - nextX * y;
    }, 0) / 2);
  }).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(area - 280 * 280 * (2.5 / 4)) < 20);
});

test("the corners of the plane are the corners of the chart", () => {
  const ranges = [[-1, 3], [0, 10]];
  assert.deepEqual(boundaryPoint(ranges, -1, 10), [10, 10]);
  assert.deepEqual(boundaryPoint(ranges, 3, 0), [290, 290]);
});
