"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { extent, viewAround, scaleFor, scrollOffset, scrollToKeep, boundsWithin, wheelFactor, fitted, tintOf,
        largestSize } = require("./scripts.js");

test("an extent is read from a path or from points", () => {
  const box = { x: -3, y: 2, width: 8, height: 5.5 };
  assert.deepEqual(extent("M-3,2 L5,7.5 0,4"), box);
  assert.deepEqual(extent("-3,2 5,7.5 0,4"), box);
});

test("a view leaves a margin around boxes", () => {
  const boxes = [{ x: 0, y: 10, width: 5, height: 5 }, { x: 30, y: -10, width: 10, height: 5 }];
  assert.deepEqual(viewAround(boxes), [-20, -30, 80, 65]);
});

test("a picture fits, or is large enough to be read", () => {
  assert.equal(scaleFor("fit", [0, 0, 1000, 100], 516, 516), 0.5);
  assert.equal(scaleFor("fit", [0, 0, 10, 10], 516, 516), 1.6, "no larger than that");
  assert.equal(scaleFor("auto", [0, 0, 1000, 100], 516, 516), 0.9);
  assert.equal(scaleFor("auto", [0, 0, 500, 100], 516, 516), 1);
  assert.equal(scaleFor(3, [0, 0, 500, 100], 516, 516), 3);
});

test("what is well inside is not scrolled to", () => {
  const outer = { left: 0, right: 300, top: 0, bottom: 200 };
  assert.equal(scrollOffset({ left: 100, right: 120, top: 100, bottom: 120 }, outer), null);
  assert.deepEqual(scrollOffset({ left: 290, right: 310, top: 100, bottom: 120 }, outer), { left: 150, top: 10 });
});

test("a tint grows with the size of a number", () => {
  assert.equal(tintOf(0, 5), 0);
  assert.equal(tintOf(-5, 5), 1);
  assert.equal(tintOf(10, 5), 1);
  assert.ok(tintOf(0.01, 5) > 0.2 && tintOf(0.01, 5) < tintOf(-0.02, 5));
});

test("the largest size of nothing is 1", () => {
  assert.equal(largestSize([1, -3, 2]), 3);
  assert.equal(largestSize([]), 1);
  assert.equal(largestSize([0]), 1);
});

test("after a zoom the same point is under the pointer", () => {
  const before = { x: 10, y: 20, width: 100, height: 50 }, after = { x: 0, y: 0, width: 200, height: 100 };
  assert.deepEqual(scrollToKeep({ x: 60, y: 45 }, before, after), { left: 40, top: 5 });
  const middle = { x: 60 + 40, y: 45 + 5 };
  assert.deepEqual(middle, { x: after.x + after.width / 2, y: after.y + after.height / 2 });
});

test("several boxes are shown together if there is room, else the last", () => {
  const a = { left: 0, right: 10, top: 0, bottom: 10 }, b = { left: 50, right: 60, top: 5, bottom: 15 };
  assert.deepEqual(boundsWithin([a, b], 100, 100), { left: 0, right: 60, top: 0, bottom: 15 });
  assert.equal(boundsWithin([a, b], 40, 100), b);
});

test("a turn of the wheel zooms in or out, whatever it is counted in", () => {
  assert.ok(wheelFactor(-100, 0) > 1 && wheelFactor(100, 0) < 1);
  assert.equal(wheelFactor(3, 1), wheelFactor(48, 0));
  assert.equal(wheelFactor(1000, 0), wheelFactor(120, 0), "no jumps");
});

test("a map has the proportions of what it shows", () => {
  assert.deepEqual(fitted(200, 100, 50, 50), [50, 25]);
  assert.deepEqual(fitted(100, 400, 50, 50), [12.5, 50]);
});
