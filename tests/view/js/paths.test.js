"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at, pathCount, pathsFrom, partialsAlong, productOf, toldPath, toldSum } =
  require("./scripts.js");

/** x is doubled again and again: each time there are twice as many paths. */
function doubled(times) {
  const names = ["x", ...Array.from({ length: times }, (_, i) => `v${i + 1}`)];
  return graph({ x: 1 }, ...names.slice(1).map((name, i) => [name, "add", names[i], names[i]]));
}

test("the products along all paths add up to the gradient", () => {
  const g = shared(), x = at(g, "x"), paths = pathsFrom(g, x, 100);
  assert.equal(pathCount(g, x), 3n);
  assert.equal(paths.length, 3);
  const sum = paths.map((path) => productOf(partialsAlong(g, path))).reduce((a, b) => a + b);
  assert.ok(Math.abs(sum - g.gradients()[x]) < 1e-15);
});

test("the number of paths may exceed what a double holds", () => {
  assert.equal(pathCount(doubled(70), 0), 2n ** 70n);
  assert.equal(pathsFrom(doubled(70), 0, 12).length, 12);
});

test("a path is told as names and factors", () => {
  const g = graph({ x: -2, w: 3 }, ["p", "mul", "x", "w"], ["y", "mul", "p", "x"]);
  const [first, second] = pathsFrom(g, 0, 2).map((path) => toldPath(g, 0, path));
  assert.deepEqual(first, ["x → p → y", "3 × (−2) = −6"]);
  assert.deepEqual(second, ["x → y", "−6 = −6"]);
  assert.deepEqual(toldPath(g, g.result, []), ["y", "1 = 1"]);
});

test("long products are not written out", () => {
  const g = doubled(9), [path] = pathsFrom(g, 0, 1);
  assert.equal(toldPath(g, 0, path)[1], "9 factors = 1");
});

test("a sum over some of the paths says so", () => {
  const g = doubled(4);
  assert.equal(toldSum(g, 0, pathsFrom(g, 0, 100)), "Together: 16, the gradient of x: 16.");
  assert.equal(toldSum(g, 0, pathsFrom(g, 0, 12)),
               "12 of 16 paths are shown. They add up to 12; all of them to the gradient, 16.");
});
