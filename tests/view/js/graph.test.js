"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at } = require("./scripts.js");

test("gradients are those of finite differences", () => {
  const g = shared(), gradients = g.gradients();
  for (const leaf of ["x", "w"].map((name) => at(g, name))) {
    const moved = (h) => g.values(g.data.map((number, i) => number + (i === leaf ? h : 0)))[g.result];
    const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
    assert.ok(Math.abs(gradients[leaf] - slope) < 1e-8, g.name(leaf));
  }
  assert.equal(gradients[at(g, "2.0")], 0, "constants have none");
});

test("an adjoint is passed on only when it is complete", () => {
  const g = shared(), gradients = g.gradients();
  const edges = g.steps().filter(({ kind }) => kind === "edge");
  assert.ok(edges.length > 5);
  for (const { node, adjoint } of edges) assert.equal(adjoint, gradients[node]);
});

test("the steps are operations, the seed, then one edge after the other", () => {
  const g = graph({ x: 3, "2.0": 2 }, ["y", "mul", "x", "2.0"]);
  assert.deepEqual(g.steps(), [
    { kind: "forward", node: 2 }, { kind: "seed", node: 2, target: 2, before: 0, after: 1 },
    { kind: "edge", node: 2, k: 0, target: 0, adjoint: 1, partial: 2, product: 2, before: 0, after: 2 }]);
});

test("a pass can start from gradients and overwrite", () => {
  const g = graph({ x: 3 }, ["y", "mul", "x", "x"]);
  const last = (pass) => g.steps(pass).pop().after;
  assert.equal(last({}), 6);
  assert.equal(last({ overwrites: true }), 3);
  assert.equal(last({ before: [10, 0] }), 16);
});

test("other numbers at the leaves change everything, until they are restored", () => {
  const g = shared(), recorded = [...g.data];
  g.recompute(g.data.map((number, i) => (g.name(i) === "w" ? 2 : number)));
  assert.equal(g.data[at(g, "h")], 5);
  assert.ok(Math.abs(g.data[g.result] - (Math.log(5) * 5 + 1.5)) < 1e-14);
  assert.equal(g.partials[at(g, "l")][0], 1 / 5);
  g.restore();
  assert.deepEqual(g.data, recorded);
});

test("outside a domain nothing is changed, and the limits are told", () => {
  const g = shared(), before = [g.data, g.partials];
  const leaves = g.data.map((number, i) => (g.name(i) === "w" ? -2 : number));
  assert.throws(() => g.recompute(leaves), { name: "RangeError",
                                             message: "log(−1) has no finite value here. x must be > 0" });
  assert.throws(() => g.recompute(g.data.map(() => NaN)), { message: "x must be a finite number." });
  assert.deepEqual([g.data, g.partials], before);
});

test("breadth first visits every node once, in another order", () => {
  const g = shared(), order = g.breadthFirst();
  assert.equal(order[0], g.result);
  assert.deepEqual([...order].sort((a, b) => a - b), [...g.backward].reverse());
  assert.notDeepEqual(order, g.backward);
});

test("near is what few edges lead to, both ways", () => {
  const g = shared(), names = (found) => [...found].map((i) => g.name(i)).sort();
  assert.deepEqual(names(g.near([at(g, "p")], 0)), ["p"]);
  assert.deepEqual(names(g.near([at(g, "p")], 1)), ["h", "p", "w", "x"]);
  assert.deepEqual(names(g.near([at(g, "p")], 2)), ["2.0", "h", "l", "m", "p", "w", "x", "y"]);
});
