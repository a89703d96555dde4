"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { shared, Run, changedBy } = require("./scripts.js");

test("at the end every node is known and every gradient complete", () => {
  const g = shared(), run = new Run(g, g.steps());
  assert.deepEqual(run.known, g.nodes.map(({ rule }) => rule === null));
  run.go(Infinity);
  assert.equal(run.at, run.steps.length);
  assert.ok(run.known.every(Boolean));
  assert.deepEqual(run.grads, g.gradients());
});

test("back at the start everything is as it was", () => {
  const g = shared(), before = g.nodes.map((_, i) => i), run = new Run(g, g.steps({ before }), before);
  run.go(Infinity);
  assert.notDeepEqual(run.grads, before);
  run.go(-1);
  assert.equal(run.at, 0);
  assert.equal(run.step, undefined);
  assert.deepEqual(run.grads, before);
  assert.deepEqual(run.known, g.nodes.map(({ rule }) => rule === null));
});

test("going returns the steps on the way, in the order of the pass", () => {
  const g = shared(), run = new Run(g, g.steps());
  assert.deepEqual(run.go(4), run.steps.slice(0, 4));
  assert.equal(run.step, run.steps[3]);
  assert.deepEqual(run.go(4), []);
  assert.deepEqual(run.go(1), run.steps.slice(1, 4));
});

test("a forward step changes its node, others their target", () => {
  assert.equal(changedBy({ kind: "forward", node: 3 }), 3);
  assert.equal(changedBy({ kind: "edge", node: 3, target: 1 }), 1);
});
