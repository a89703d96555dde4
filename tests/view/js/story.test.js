"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at, Run, told, missingAt, writtenPartial } = require("./scripts.js");

/** What is told after the first step that `wanted` holds of. */
function toldAt(g, wanted) {
  const run = new Run(g, g.steps());
  run.go(run.steps.findIndex(wanted) + 1);
  return told(run);
}

test("before the first step it is told what there is to see", () => {
  const g = shared();
  assert.deepEqual(told(new Run(g, g.steps())).map(([head]) => head), ["Start", "Passes", "Words", "Colours", "Keys", "Mouse"]);
});

test("a forward step tells the operation, its rule and the line of code", () => {
  const g = graph({ x: 1 }, ["y", "log", "x"]);
  assert.deepEqual(toldAt(g, () => true), [["Forward", "y = log(x) = log(1) = 0"], ["Rule", "the natural logarithm of x"]]);
  g.nodes[1].line = "a.py:1: y = log(x)";
  assert.deepEqual(toldAt(g, () => true).pop(), ["Code", "a.py:1: y = log(x)"]);
});

test("the result's gradient is 1", () => {
  assert.deepEqual(toldAt(shared(), ({ kind }) => kind === "seed"),
                   [["Backward", "y is the result: its gradient is ∂y/∂y = 1."]]);
});

test("an edge tells contribution, rule, derivative, sum and order", () => {
  const g = graph({ x: -2, w: 3 }, ["p", "mul", "x", "w"], ["y", "mul", "p", "x"]);
  const lines = toldAt(g, ({ kind, node, target }) => kind === "edge" && node === 2 && target === 0);
  assert.deepEqual(lines, [
    ["Backward", "p contributes to x: −2 × 3 = −6"],
    ["Rule", "p = x * w"],
    ["Local derivative", "∂p/∂x = w = 3"],
    ["Chain rule", "gradient of p × ∂p/∂x = −2 × 3 = −6"],
    ["Sum", "gradient of x: −6 + (−6) = −12"],
    ["Order", "p had to wait for y: only with that contribution was its gradient complete. x is complete now: −12."]]);
});

test("a node that waits says for whom", () => {
  const g = shared(), [, , , , , order] = toldAt(g, ({ kind, target }) => kind === "edge" && target === at(g, "h"));
  assert.deepEqual(order, ["Order",
    "m had to wait for y: only with that contribution was its gradient complete. h still waits for l."]);
  const steps = g.steps();
  assert.deepEqual(missingAt(steps, 0, at(g, "h")), [at(g, "m"), at(g, "l")]);
  assert.deepEqual(missingAt(steps, steps.length, at(g, "h")), []);
});

test("a derivative is written by the branch that holds", () => {
  const slope = (x) => writtenPartial(graph({ x }, ["y", "relu", "x"]), 1, 0)[0];
  assert.equal(slope(2), "1");
  assert.equal(slope(-2), "0");
});

test("where an operation has failed, the last step says so", () => {
  const g = graph({ x: 1 }, ["y", "log", "x"]);
  g.failure = "div: y must be != 0.";
  const run = new Run(g, g.steps());
  assert.equal(run.steps.length, 1);
  assert.ok(!told(run).some(([head]) => head === "Failed"));
  run.go(1);
  assert.deepEqual(told(run).pop(), ["Failed", "The next operation raised an error. div: y must be != 0."]);
});
