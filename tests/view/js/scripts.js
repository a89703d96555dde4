// The player's scripts that compute, without those that need a page, and small graphs to try them on.

"use strict";
const fs = require("node:fs");
const path = require("node:path");

const FOLDER = path.join(__dirname, "../../../autograd/view/player");
const SCRIPTS = ["library", "text", "unpack", "graph", "paths", "run", "story", "parts", "geometry", "charts", "layered", "nested",
                 "nudges", "answers", "mistakes", "formula", "chain", "network", "lines"];

const source = SCRIPTS.map((name) => fs.readFileSync(path.join(FOLDER, `${name}.js`), "utf-8")).join("\n");
const names = [...source.matchAll(/^(?:function|class|const) (\w+)/gm)].map(([, name]) => name);
const scripts = new Function(`"use strict";\n${source}\nreturn { ${names.join(", ")} };`)();

// Rules as autograd/table/javascript.py writes them.
const always = () => true;
const RULES = {
  add: { inputs: ["x", "y"], about: [""], call: ["", "x", " + ", "y", ""], domain: {}, value: (x, y) => x + y,
         partials: [() => 1, () => 1], shown: [[[always, ["1"]]], [[always, ["1"]]]] },
  mul: { inputs: ["x", "y"], about: [""], call: ["", "x", " * ", "y", ""], domain: {}, value: (x, y) => x * y,
         partials: [(x, y) => y, (x) => x], shown: [[[always, ["", "y", ""]]], [[always, ["", "x", ""]]]] },
  log: { inputs: ["x"], about: ["the natural logarithm of ", "x", ""], call: ["log(", "x", ")"], domain: { x: "> 0" },
         value: Math.log, partials: [(x) => 1 / x], shown: [[[always, ["1 / ", "x", ""]]]] },
  relu: { inputs: ["x"], about: [""], call: ["relu(", "x", ")"], domain: {}, value: (x) => Math.max(0, x),
          partials: [(x) => Number(x > 0)], shown: [[[(x) => x > 0, ["1"]], [always, ["0"]]]] },
};

/**
 * A graph as the engine records it. `leaves` are numbers by name, those whose name is a number are constants;
 * `operations` are lists [name, rule, ...names of operands].
 */
function graph(leaves, ...operations) {
  const nodes = Object.entries(leaves).map(([name, data]) => ({
    name, kind: "input", constant: !Number.isNaN(Number(name)), rule: null, parents: [], data, partials: [],
    line: null }));
  for (const [name, rule, ...operands] of operations) {
    const parents = operands.map((operand) => nodes.findIndex((node) => node.name === operand));
    const numbers = parents.map((parent) => nodes[parent].data), data = RULES[rule].value(...numbers);
    const partials = parents.map((parent, k) => (
      nodes[parent].constant ? 0 : RULES[rule].partials[k](...numbers, data)));
    nodes.push({ name, kind: "operation", constant: false, rule, parents, data, partials, line: null });
  }
  return new scripts.Graph({ nodes, boxes: [] }, RULES);
}

/** y = log(h) * h + x with h = x * w + 2: both x and h are used twice. */
function shared() {
  return graph({ x: 1.5, w: 0.5, "2.0": 2 }, ["p", "mul", "x", "w"], ["h", "add", "p", "2.0"], ["l", "log", "h"],
               ["m", "mul", "l", "h"], ["y", "add", "m", "x"]);
}

/** The index of a node. */
function at(graph, name) {
  return graph.nodes.findIndex((node) => node.name === name);
}

module.exports = { ...scripts, graph, shared, at };
