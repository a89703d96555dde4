"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { unpacked } = require("./scripts.js");

test("a packed page is unpacked", () => {
  const column = (values, places) => ({ values, places });
  const nodes = { name: ["x", "y"], kind: column(["input", "operation"], [0, 1]), constant: column([false], [0, 0]),
                  rule: column([null, "mul"], [0, 1]), parents: [[], [0, 0]], data: [3, 9], partials: [[], [3, 3]],
                  line: column([null], [0, 0]) };
  const boxes = [{ title: "b", path: "b", repeats: 0, outer: null, nodes: [0, 2, 7, 1] }];
  const pictures = [{ scope: null, edges: { p0n1_0: [1, 0, 1, 1] } }];
  const { graphs: [graph], training } = unpacked({ graphs: [{ nodes, boxes, pictures, failure: null }], training: null });
  assert.equal(training, null);
  assert.deepEqual(graph.nodes, [
    { name: "x", kind: "input", constant: false, rule: null, parents: [], data: 3, partials: [], line: null },
    { name: "y", kind: "operation", constant: false, rule: "mul", parents: [0, 0], data: 9, partials: [3, 3], line: null }]);
  assert.deepEqual(graph.boxes[0].nodes, [0, 1, 7]);
  assert.deepEqual(graph.pictures, [{ scope: null, edges: { p0n1_0: [[1, 0], [1, 1]] } }]);
  assert.equal(graph.failure, null);
});
