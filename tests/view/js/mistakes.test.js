"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, Run, mistakesOn, parting, wrongIn } = require("./scripts.js");

/** Where the right pass and that with a mistake part, and the gradients at their ends. */
function tried(g, kind) {
  const { right, wrong } = mistakesOn(g)[kind];
  const run = new Run(g, g.steps(right), right.before), other = new Run(g, g.steps(wrong), wrong.before);
  const parted = parting(run, other);
  run.go(Infinity);
  other.go(Infinity);
  return { parted, right: run.grads[0], wrong: other.grads[0], differing: wrongIn(run, other) };
}

/** (x * x) ** 2 at 3, written as products. */
function fourth() {
  return graph({ x: 3 }, ["s", "mul", "x", "x"], ["y", "mul", "s", "s"]);
}

test("overwriting loses all contributions but the last", () => {
  assert.deepEqual(tried(fourth(), "Overwriting"), { parted: 5, right: 108, wrong: 27, differing: [1, 0] });
});

test("gradients that were not set to zero stay in the sum", () => {
  assert.deepEqual(tried(fourth(), "Forgotten zero_grad"), { parted: 0, right: 108, wrong: 216, differing: [0] });
});

test("a second pass from old adjoints is too large", () => {
  const { parted, right, wrong } = tried(fourth(), "Stale second backward");
  assert.deepEqual([parted, right], [0, 216]);
  assert.ok(wrong > right);
});

test("breadth first shows only where a node has a shortcut", () => {
  assert.equal(tried(fourth(), "No topological order").parted, null);
  const g = graph({ x: 2 }, ["h", "mul", "x", "x"], ["l", "log", "h"], ["y", "mul", "h", "l"]);
  const { parted, right, wrong } = tried(g, "No topological order");
  assert.equal(parted, 7, "h passes its adjoint on before l has contributed to it");
  assert.ok(Math.abs(right - (4 * Math.log(4) + 4)) < 1e-14);
  assert.ok(Math.abs(wrong - 4 * Math.log(4)) < 1e-14);
});
