"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { LIBRARY } = require("./scripts.js");

function close(found, expected) {
  assert.ok(Math.abs(found - expected) <= 1e-14 * Math.abs(expected), `${found}, not ${expected}`);
}

test("erf and erfc are those of tables", () => {
  const erf = { 0.1: 0.1124629160182849, 1: 0.8427007929497149, 2.5: 0.9995930479825550 };
  for (const [x, expected] of Object.entries(erf)) {
    close(LIBRARY.erf(Number(x)), expected);
    close(LIBRARY.erf(-Number(x)), -expected);
  }
  close(LIBRARY.erfc(3), 2.209049699858544e-5);
  close(LIBRARY.erfc(-3), 1.9999779095030014);
});

test("exp2 is exact, coarse keeps the upper half of the digits", () => {
  assert.equal(LIBRARY.exp2(-3), 0.125);
  const third = LIBRARY.coarse(1 / 3);
  assert.ok(Math.abs(third - 1 / 3) < 2 ** -27);
  assert.equal((third * 2 ** 28) % 1, 0);
});
