"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { shared, Run, stopsOf, changedBy } = require("./scripts.js");

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

test("by node the edges of a node are one stop", () => {
  const g = shared(), steps = g.steps(), stops = stopsOf(steps, true);
  assert.deepEqual(stopsOf(steps, false), [...steps, null].map((_, i) => i));
  for (const stop of stops.slice(1)) {
    const done = steps[stop - 1], next = steps[stop];
    assert.ok(done.kind !== "edge" || next?.node !== done.node);
  }
  assert.equal(stops.length, 1 + g.operations().length * 2 + 1);
});

test("a forward step changes its node, others their target", () => {
  assert.equal(changedBy({ kind: "forward", node: 3 }), 3);
  assert.equal(changedBy({ kind: "edge", node: 3, target: 1 }), 1);
});
