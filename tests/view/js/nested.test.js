"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { nestedLayout } = require("./scripts.js");

const part = () => ({ width: 100, height: 40, isLeaf: false });
const holds = (a, b) => a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;
const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test("a frame is around what is in its box and nothing else, and frames are nested as boxes are", () => {
  // Box 0 is what is drawn; 1 and 3 are in it, 2 is in 1. Part 0 is in no box; the others are in 1, 2, 2, 3, 3.
  const homes = [0, 1, 2, 2, 3, 3], outer = (box) => [null, 0, 1, 0][box];
  const arrows = [[0, 1], [0, 4], [1, 2], [2, 3], [4, 5], [3, 5]];
  const { places, frames } = nestedLayout(homes.map(part), arrows, homes, 0, outer);
  assert.equal(places.length, 6);
  assert.deepEqual(frames.map(({ box }) => box), [1, 2, 3]);
  const isIn = (i, box) => homes[i] === box || (box === 1 && homes[i] === 2);
  for (const { box, place } of frames) {
    places.forEach((one, i) => assert.ok(isIn(i, box) ? holds(place, one) : apart(place, one), `${i} and box ${box}`));
  }
  const [one, two, three] = frames.map(({ place }) => place);
  assert.ok(holds(one, two) && apart(one, three));
  for (const [tail, head] of arrows) assert.ok(places[tail].x + places[tail].width < places[head].x, "to the right");
});

test("boxes that are alike stand in the order of their numbers, and cycles between boxes do no harm", () => {
  const homes = [0, ...Array.from({ length: 12 }, (_, i) => i + 1)], arrows = homes.slice(1).map((box) => [0, box]);
  const { frames } = nestedLayout(homes.map(part), arrows, homes, 0, (box) => (box ? 0 : null));
  const down = [...frames].sort((a, b) => a.place.y - b.place.y).map(({ box }) => box);
  assert.deepEqual(down, homes.slice(1));
  const crossed = nestedLayout([1, 2, 2, 1].map(part), [[0, 1], [2, 3]], [1, 2, 2, 1], 0, () => 0);
  assert.ok(apart(crossed.frames[0].place, crossed.frames[1].place));
});
