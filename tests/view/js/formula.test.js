"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { mathFormula, mathName, mathPartial } = require("./scripts.js");

/** A formula of MathML as a line of text: fractions and powers with / and ^. */
function line(node) {
  if (typeof node === "string") return node;
  const [tag, , ...children] = node, [a, b] = children.map(line);
  if (tag === "mfrac") return `[${a}/${b}]`;
  if (tag === "msup") return `${a}^${b}`;
  if (tag === "msub") return `${a}_${b}`;
  if (tag === "msqrt") return `√${a}`;
  return children.map(line).join("");
}

/** The formula with x and y replaced by texts. */
function written(template, x = "x", y = "y") {
  return line(mathFormula(template, [x, y], ["x", "y"]));
}

test("fractions, powers, roots and exponentials are typeset", () => {
  assert.equal(written(["1 / cosh(", "x", ") ** 2"]), "[1/cosh(x)^2]");
  assert.equal(written(["1 / (2 * sqrt(", "x", "))"]), "[1/2·√x]");
  assert.equal(written(["exp(-", "x", ") * pi"]), "e^−x·π");
  assert.equal(written(["(", "x", " + 1) ** ", "y", ""]), "(x+1)^y");
  assert.equal(written(["abs(", "x", ")"]), "|x|");
  assert.equal(written(["atan2(", "x", ", ", "y", ")"]), "atan2(x,y)");
});

test("brackets stand where the order of operations needs them, and nowhere else", () => {
  assert.equal(written(["(", "x", " + 1) * ", "y", ""]), "(x+1)·y");
  assert.equal(written(["", "x", " - (", "y", " - 1)"]), "x−(y−1)");
  assert.equal(written(["", "x", " + (", "y", " - 1)"]), "x+y−1");
  assert.equal(written(["(", "x", " + 1) / (", "y", " - 1)"]), "[x+1/y−1]");
  assert.equal(written(["", "x", " * ", "y", ""], "2", "−3"), "2·(−3)");
  assert.equal(written(["", "x", " ** 2"], "−3"), "(−3)^2");
  assert.equal(written(["", "x", " - ", "y", ""], "−3", "−2"), "−3−(−2)");
  assert.equal(written(["-", "x", ""], "−3"), "−(−3)");
});

test("what is no formula stays text", () => {
  assert.equal(written(["1 if ", "x", " < ", "y", " else 0"]), "1 if x < y else 0");
});

test("names get an index, numbers a minus sign and a power of ten", () => {
  assert.equal(line(mathName("w12")), "w_12");
  assert.equal(mathName("layer0.neuron3")[0], "mtext");
  assert.deepEqual(mathName("s"), ["mi", {}, "s"]);
  assert.equal(line(mathName("−2.5")), "−2.5");
  assert.equal(mathName("5.4×10⁻⁵")[0], "mn");
  assert.equal(line(mathPartial("y", "w1")), "[∂y/∂w_1]");
});
