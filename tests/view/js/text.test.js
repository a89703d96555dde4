"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { short, bracketed, filled, listed } = require("./scripts.js");

test("numbers have four significant digits, without zeros at the end", () => {
  const expected = { 0: "0", 1: "1", 0.5: "0.5", 123456: "1.235e+05", 1234.5: "1234", 0.0001234: "0.0001234",
                     0.00001: "1e-05", 9999.6: "1e+04", 100: "100", 1e300: "1e+300" };
  for (const [number, text] of Object.entries(expected)) assert.equal(short(Number(number)), text);
});

test("ties go to the even digit", () => {
  assert.equal(short(1.0625), "1.062");
  assert.equal(short(1.1875), "1.188");
  assert.equal(short(12345), "1.234e+04");
  assert.equal(short(12355), "1.236e+04");
});

test("signs are kept, that of zero too", () => {
  assert.equal(short(-1.5), "-1.5");
  assert.equal(short(-0), "-0");
  assert.equal(short(-Infinity), "-Infinity");
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
