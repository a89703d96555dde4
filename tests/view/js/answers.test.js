"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at, numberOf, question, typedNumber, isClose, correction, whyNot } = require("./scripts.js");

test("each kind of step has its question and its number", () => {
  const g = graph({ x: 3, "2.0": 2 }, ["y", "mul", "x", "2.0"]), [forward, seed, edge] = g.steps();
  assert.equal(question(g, forward), "y = x * 2.0 = 3 * 2 = ?");
  assert.equal(question(g, seed), "y is the result. What is its gradient, ∂y/∂y?");
  assert.equal(question(g, edge), "y has gradient 1; ∂y/∂x = 2.0. The gradient of x is 0 now. "
    + "What is it after the contribution of y?");
  assert.deepEqual([forward, seed, edge].map((step) => numberOf(g, step)), [6, 1, 2]);
});

test("numbers are typed with point or comma", () => {
  assert.equal(typedNumber("-2,5"), -2.5);
  assert.equal(typedNumber("−2.5"), -2.5);
  assert.equal(typedNumber(" 1e3 "), 1000);
  for (const text of ["", "  ", "many", "1 2"]) assert.equal(typedNumber(text), null);
});

test("one percent passes", () => {
  assert.ok(isClose(-2.019, -2));
  assert.ok(!isClose(-2.021, -2));
  assert.ok(isClose(0, 0));
});

test("a wrong answer is recognised", () => {
  const step = { kind: "edge", adjoint: 5, partial: -3, product: -15, before: 2, after: -13 };
  const reasons = { 13: /^The sign/, "-15": /^That is the contribution alone/, "-3": /^That is the local derivative/,
                    5: /^That is the gradient that is passed on, alone/, 2: /not added/, 7: /^Gradient × local derivative = 5 × \(−3\)/ };
  for (const [given, reason] of Object.entries(reasons)) assert.match(correction(step, Number(given)), reason);
  assert.match(correction({ kind: "seed" }, 2), /its gradient is 1/);
  assert.match(correction({ kind: "forward" }, 2), /into the formula/);
});

test("a node may pass its gradient on when it is complete", () => {
  const g = shared(), [h, l, m, y] = ["h", "l", "m", "y"].map((name) => at(g, name));
  assert.equal(whyNot(g, [], y), "");
  assert.equal(whyNot(g, [], h), "h is not complete: the contribution of l, m is still missing.");
  assert.equal(whyNot(g, [y, m], h), "h is not complete: the contribution of l is still missing.");
  assert.equal(whyNot(g, [y, m, l], h), "");
  assert.equal(whyNot(g, [y], y), "y has passed its gradient on already.");
  assert.equal(whyNot(g, [y], at(g, "x")), "x is a leaf: it has no operands to pass anything to.");
});
