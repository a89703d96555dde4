"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { plain, short, brief, cut, counted, nameWithin, natural, placeIn, hashOf, bracketed, filled, listed } = require("./scripts.js");

test("numbers have four significant digits, without zeros at the end", () => {
  const expected = { 0: "0", 1: "1", 0.5: "0.5", 123456: "1.235e+05", 1234.5: "1234", 0.0001234: "0.0001234",
                     0.00001: "1e-05", 9999.6: "1e+04", 100: "100", 1e300: "1e+300" };
  for (const [number, text] of Object.entries(expected)) assert.equal(plain(Number(number)), text);
});

test("ties go to the even digit", () => {
  assert.equal(plain(1.0625), "1.062");
  assert.equal(plain(1.1875), "1.188");
  assert.equal(plain(12345), "1.234e+04");
  assert.equal(plain(12355), "1.236e+04");
});

test("signs are kept, that of zero too", () => {
  assert.equal(plain(-1.5), "-1.5");
  assert.equal(plain(-0), "-0");
  assert.equal(plain(-Infinity), "-Infinity");
});

test("negative operands are bracketed, others are not", () => {
  assert.equal(bracketed("-2"), "(-2)");
  assert.equal(bracketed("2"), "2");
  assert.equal(filled(["1 / ", "x", " - ", "y", " ** 2"], ["-2", "-3"], ["x", "y"]), "1 / (-2) - (-3) ** 2");
  assert.equal(filled(["hypot(", "x", ", ", "y", ")"], ["-2", "-3"], ["x", "y"]), "hypot(-2, -3)");
  assert.equal(filled(["", "pi", " * ", "x", ""], ["2"], ["x"]), "pi * 2");
});

test("beyond four names the others are counted", () => {
  assert.equal(listed(["a", "b", "c", "d"]), "a, b, c, d");
  assert.equal(listed(["a", "b", "c", "d", "e", "f"]), "a, b, c, d, 2 more");
});

test("a page prints a minus sign and a power of ten", () => {
  assert.equal(short(-0.5), "−0.5");
  assert.equal(short(0.000054), "5.4×10⁻⁵");
  assert.equal(short(-1.5e12), "−1.5×10¹²");
  assert.equal(bracketed(short(-2)), "(−2)");
  assert.equal(brief(0.12345), "0.12");
});

test("one thing is no plural", () => {
  assert.deepEqual([0, 1, 2, 2064].map((count) => counted(count, "edge")), ["0 edges", "1 edge", "2 edges", "2,064 edges"]);
});

test("names do not repeat the modules of what is drawn", () => {
  assert.equal(nameWithin("layer1.neuron12.w3", "layer1.neuron12"), "w3");
  assert.equal(nameWithin("layer1.neuron12", "layer1.neuron12"), "neuron12");
  assert.equal(nameWithin("lstm.cell0.bias3", "lstm.cell0.f"), "bias3");
  assert.equal(nameWithin("layer0.neuron1", "layer1.neuron3"), "layer0.neuron1");
  assert.equal(nameWithin("x", ""), "x");
});

test("names are cut on the left, and in their natural order", () => {
  assert.equal(cut("layer1.neuron12.w3", 10), "…uron12.w3");
  assert.equal(cut("w3", 10), "w3");
  assert.deepEqual(["n10.w", "n2.w", "n1.w10", "n1.w9"].sort(natural), ["n1.w9", "n1.w10", "n2.w", "n10.w"]);
});

test("an address names a place, and a place has an address", () => {
  assert.deepEqual(placeIn("#step=7&tool=mistakes&views=graph+formula"),
                   { step: 7, frame: 0, tool: "Mistakes", views: ["Graph", "Formula"] });
  assert.deepEqual(placeIn(""), { step: 0, frame: 0, tool: "", views: [] });
  assert.deepEqual(placeIn("#step=many&other"), { step: 0, frame: 0, tool: "", views: [] });
  assert.equal(hashOf({ step: 7, tool: "Mistakes" }), "#step=7&tool=mistakes");
  assert.equal(hashOf({ frame: 3, views: ["Graph", "Formula"] }), "#step=0&frame=3&views=graph+formula");
});
