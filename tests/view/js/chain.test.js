"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, shared, at, Run, chainAlong, contributing, formulasOf } = require("./scripts.js");

/** All parts of MathML with a class, as the texts in them. */
function withClass(node, name) {
  if (typeof node === "string") return [];
  const [, attributes, ...children] = node, text = (part) => (
    typeof part === "string" ? part : part.slice(2).map(text).join(""));
  return [...(attributes.class === name ? [text(node)] : []), ...children.flatMap((child) => withClass(child, name))];
}

test("a single path to the result is written out, factor by factor", () => {
  const g = graph({ w: 3, x: 2, b: 1 }, ["p", "mul", "w", "x"], ["s", "add", "p", "b"], ["y", "relu", "s"]);
  const factors = chainAlong(g, g.gradients(), [at(g, "p"), 0]);
  assert.deepEqual(factors.map(({ above, below }) => `${g.name(above)}/${g.name(below)}`), ["y/s", "s/p", "p/w"]);
  const product = factors.reduce((a, { number }) => a * number, 1);
  assert.equal(product, g.gradients()[at(g, "w")]);
});

test("where paths part, the gradient of the node stands for all of them", () => {
  const g = shared(), [first, second] = chainAlong(g, g.gradients(), [at(g, "p"), 1]);
  assert.deepEqual([g.name(first.above), g.name(first.below), first.edge], ["y", "p", null]);
  assert.equal(first.number * second.number, g.gradients()[at(g, "w")]);
});

test("each product of a sum is the contribution of its edge", () => {
  const g = shared(), gradients = g.gradients();
  for (const target of g.backward.filter((i) => i !== g.result)) {
    const sum = g.children[target].map((edge) => chainAlong(g, gradients, edge).reduce((a, { number }) => a * number, 1))
      .reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - gradients[target]) < 1e-12, g.name(target));
  }
});

test("of many contributions a few are shown, the current one among them", () => {
  const names = Array.from({ length: 9 }, (_, i) => `n${i}`), g = graph({ x: 1 }, ["n0", "mul", "x", "x"],
    ...names.slice(1).map((name, i) => [name, "add", names[i], "x"]));
  for (const child of names) {
    const { edges, before, after } = contributing(g, 0, [at(g, child), child === "n0" ? 0 : 1]);
    assert.equal(edges.length, 4);
    assert.ok(edges.some(([node]) => node === at(g, child)), child);
    assert.ok(before || after);
  }
});

test("the factor of the step is lit, with its number beneath it", () => {
  const g = graph({ x: -2, w: 3 }, ["p", "mul", "x", "w"], ["y", "mul", "p", "x"]), run = new Run(g, g.steps());
  run.go(run.steps.findIndex(({ kind, node, target }) => kind === "edge" && node === 2 && target === 0) + 1);
  const [chain, local] = formulasOf(run);
  assert.deepEqual(withClass(chain, "now"), ["∂p∂x", "3"]);
  assert.deepEqual(withClass(local, "now"), ["∂p∂x"]);
  run.go(run.steps.findIndex(({ kind, target }) => kind === "edge" && target === 0) + 1);
  assert.deepEqual(withClass(formulasOf(run)[0], "unknown"), ["∂y∂p", "∂p∂x", "?", "?"], "not worked out yet");
});

test("a negative number stands in brackets after a sign", () => {
  const g = graph({ x: -2, w: 3 }, ["p", "mul", "w", "x"], ["y", "relu", "p"], ["z", "mul", "y", "p"]);
  const run = new Run(g, g.steps());
  run.go(run.steps.length);
  const text = (part) => (typeof part === "string" ? part : part.slice(2).map(text).join(""));
  assert.match(text(formulasOf(run)[0]), /·\(−2\)|·3/);
  run.go(run.steps.findIndex(({ kind, target }) => kind === "edge" && target === at(g, "w")) + 1);
  assert.match(text(formulasOf(run)[0]), /·\(−2\)$/);
});

test("forward steps and the start have formulas too", () => {
  const g = graph({ x: -2, w: 3 }, ["y", "mul", "x", "w"]), run = new Run(g, g.steps());
  assert.equal(formulasOf(run).length, 1);
  run.go(1);
  assert.deepEqual(withClass(formulasOf(run)[0], "now"), ["−6"]);
  run.go(2);
  assert.deepEqual(withClass(formulasOf(run)[0], "now"), ["1"]);
});
