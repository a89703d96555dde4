"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { graph, at, networkPasses, partsByNode, placedCells, imageSide } = require("./scripts.js");

/** Two layers: two neurons with ReLU on x1, x2, and a linear one on them; then a square as the loss. */
function network() {
  return graph(
    { x1: 1, x2: 2, w1: 3, w2: -4, w3: 5, w4: 6, w5: 7, w6: 8, b1: 0.5, b2: 0.5 },
    ["p1", "mul", "w1", "x1"], ["p2", "mul", "w2", "x2"], ["s1", "add", "b1", "p1"], ["s2", "add", "s1", "p2"],
    ["h1", "relu", "s2"],
    ["q1", "mul", "w3", "x1"], ["q2", "mul", "w4", "x2"], ["t1", "add", "b2", "q1"], ["t2", "add", "t1", "q2"],
    ["h2", "relu", "t2"],
    ["r1", "mul", "w5", "h1"], ["r2", "mul", "w6", "h2"], ["u", "add", "r1", "r2"], ["loss", "mul", "u", "u"]);
}

/** The names of the cells, by columns. */
function columns(g, { cells, columns: all }) {
  return all.map((column) => column.map((i) => g.name(cells[i].node)));
}

test("neurons are found in their layers", () => {
  const g = network(), [pass, ...others] = networkPasses(g);
  assert.deepEqual(others, []);
  assert.deepEqual(columns(g, pass), [["x1", "x2"], ["h1", "h2"], ["u"], ["loss"]]);
  assert.equal(pass.links.length, 6);
  const h1 = pass.cells.find(({ node }) => node === at(g, "h1"));
  assert.equal(g.name(h1.bias), "b1");
  assert.deepEqual(h1.nodes.map((i) => g.name(i)).sort(), ["h1", "s1", "s2"]);
  assert.deepEqual(pass.flows.map(([a, b]) => [a, b].map((i) => g.name(pass.cells[i].node))), [["u", "loss"]]);
});

test("every node of a neuron belongs to its circle, weights and products to their line", () => {
  const g = network(), [pass] = networkPasses(g), parts = partsByNode(pass);
  for (const name of ["s1", "s2", "h1", "b1"]) assert.equal(pass.cells[parts.get(at(g, name)).cell].node, at(g, "h1"));
  for (const name of ["w2", "p2"]) assert.equal(pass.links[parts.get(at(g, name)).link].weight, at(g, "w2"));
});

test("weights that are used again make another pass", () => {
  const g = graph({ w: 2, x1: 1, x2: 3 }, ["a", "mul", "w", "x1"], ["b", "mul", "w", "x2"], ["y", "relu", "a"],
                  ["z", "relu", "b"], ["sum", "add", "y", "z"]);
  const passes = networkPasses(g);
  assert.deepEqual(passes.map((pass) => columns(g, pass)), [[["x1"], ["y"], ["sum"]], [["x2"], ["z"], ["sum"]]]);
});

test("a graph without weights has no network", () => {
  assert.deepEqual(networkPasses(graph({ x: 2 }, ["y", "mul", "x", "x"])), []);
});

test("circles do not overlap, and all are inside the picture", () => {
  const g = network(), [pass] = networkPasses(g), { places, width, height } = placedCells(pass);
  places.forEach(({ x, y }, i) => {
    assert.ok(x > 20 && x < width - 20 && y > 20 && y < height - 20);
    for (const other of places.slice(i + 1)) assert.ok(Math.hypot(x - other.x, y - other.y) > 44);
  });
});

test("many inputs that make a square are a picture", () => {
  assert.equal(imageSide(64), 8);
  assert.equal(imageSide(65), 0);
  assert.equal(imageSide(4), 0, "four inputs are just inputs");
});
