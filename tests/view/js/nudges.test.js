"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at, resultAfter, differenceQuotient, quotientErrors } = require("./scripts.js");

test("an inner node can be moved as well as a leaf", () => {
  const g = shared(), h = g.data[at(g, "h")] + 0.25;
  assert.ok(Math.abs(resultAfter(g, at(g, "h"), 0.25) - (Math.log(h) * h + 1.5)) < 1e-14);
  assert.equal(resultAfter(g, at(g, "h"), 0), g.data[g.result]);
});

test("outside a domain there is no result and no error", () => {
  const g = graph({ x: 0.01 }, ["y", "log", "x"]);
  assert.ok(Number.isNaN(resultAfter(g, 0, -0.1)));
  assert.deepEqual(quotientErrors(g, 0)[0], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
});

test("the quotient is best between truncation and rounding", () => {
  const g = shared(), x = at(g, "x"), [powers, errors] = quotientErrors(g, x);
  assert.equal(powers.length, 15);
  assert.ok(Math.abs(differenceQuotient(g, x, 1e-5) - g.gradients()[x]) < 1e-9);
  const best = powers[errors.indexOf(Math.min(...errors))];
  assert.ok(best >= 4 && best <= 8, `${best}`);
});

test("errors other than of the domain are not hidden", () => {
  const g = shared();
  g.rules = {};
  assert.throws(() => resultAfter(g, 0, 0.1), TypeError);
});
