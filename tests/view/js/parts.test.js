"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { shared, at, Run, stopsOf, unitsOf, placesOf, toldPart } = require("./scripts.js");

/** shared() with p and h in a box "layer › neuron". */
function boxed() {
  const g = shared(), inside = ["w", "p", "h"].map((name) => at(g, name));
  g.boxes = [{ title: "layer", nodes: inside }, { title: "layer › neuron", nodes: inside.slice(0, 2) }];
  return g;
}

test("a reader may step by boxes where there are some", () => {
  assert.deepEqual(Object.keys(unitsOf(shared())), ["edge", "node"]);
  assert.deepEqual(Object.keys(unitsOf(boxed())), ["edge", "node", "box", "layer"]);
});

test("a node is in its innermost or in its outermost box", () => {
  const g = boxed(), places = (unit) => ["w", "p", "h", "y"].map((name) => placesOf(g, unit)[at(g, name)]);
  assert.deepEqual(places("box"), [1, 1, 0, -1]);
  assert.deepEqual(places("layer"), [0, 0, 0, -1]);
});

test("by outer box a whole box is one stop, and it is told what went through it", () => {
  const g = boxed(), steps = g.steps(), stops = stopsOf(g, steps, "layer");
  assert.equal(steps[0].node, at(g, "p"));
  assert.equal(steps[1].node, at(g, "h"));
  assert.deepEqual(stops.slice(0, 3), [0, 2, 3], "p and h together, then log");
  const run = new Run(g, steps);
  run.go(2);
  assert.deepEqual(toldPart(run, stops, "layer"),
                   [["Forward", "through layer: 2 operations, the last is h = 2.75"]]);
  run.go(3);
  assert.equal(toldPart(run, stops, "layer"), null, "a step outside every box is told as usual");
  run.go(steps.length);
  const [[head, text]] = toldPart(run, stops, "layer");
  assert.deepEqual([head, text], ["Backward", "through layer: 3 contributions"]);
});

test("by node the edges of a node are one stop", () => {
  const g = shared(), steps = g.steps(), stops = stopsOf(g, steps, "node");
  assert.deepEqual(stopsOf(g, steps, "edge"), [...steps, null].map((_, i) => i));
  for (const stop of stops.slice(1)) {
    const done = steps[stop - 1], next = steps[stop];
    assert.ok(done.kind !== "edge" || next?.node !== done.node);
  }
  assert.equal(stops.length, 1 + g.operations().length * 2 + 1);
});
