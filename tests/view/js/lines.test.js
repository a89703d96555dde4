"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, codeLines } = require("./scripts.js");

test("lines are listed once, in their order, with what they made", () => {
  const g = graph({ x: 2 }, ["a", "mul", "x", "x"], ["b", "mul", "a", "x"], ["c", "relu", "b"]);
  g.nodes[2].line = "train.py:12: y = x ** 3";
  g.nodes[1].line = "train.py:12: y = x ** 3";
  g.nodes[3].line = "train.py:9: h = relu(y): odd";
  assert.deepEqual(codeLines(g), [{ file: "train.py", number: 9, text: "h = relu(y): odd", nodes: [3] },
                                  { file: "train.py", number: 12, text: "y = x ** 3", nodes: [1, 2] }]);
});

test("cells of notebooks, and files whose text is not known, have lines too", () => {
  const g = graph({ x: 2 }, ["a", "mul", "x", "x"], ["b", "mul", "a", "x"]);
  g.nodes[1].line = "line 3 of the cell: a = x * x";
  g.nodes[2].line = "other.py:7";
  assert.deepEqual(codeLines(g).map(({ file, number, text }) => [file, number, text]),
                   [["the cell", 3, "a = x * x"], ["other.py", 7, ""]]);
});
