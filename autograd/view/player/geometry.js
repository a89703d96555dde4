// Positions, sizes and scales of what is drawn, and how strong a tint is.

/**
 * The bounds of a path or polygon, from the text of its points: getBBox() would lay out the whole picture.
 * @param {string} points
 * @returns {Box}
 */
function extent(points) {
  const numbers = (points.match(/-?[\d.]+/g) ?? []).map(Number);
  const xs = numbers.filter((_, i) => i % 2 === 0), ys = numbers.filter((_, i) => i % 2);
  const x = Math.min(...xs), y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/**
 * The viewBox around some boxes, with a margin.
 * @param {Box[]} boxes
 * @returns {ViewBox}
 */
function viewAround(boxes, margin = 20) {
  const left = Math.min(...boxes.map((b) => b.x)), right = Math.max(...boxes.map((b) => b.x + b.width));
  const top = Math.min(...boxes.map((b) => b.y)), bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return [left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin];
}

/**
 * The scale of a picture: "fit" is as large as fits into a pane, "auto" the same unless it would be too small to read.
 * @param {Zoom} zoom
 * @param {ViewBox} view
 * @param {number} paneWidth
 * @param {number} paneHeight
 * @param {number} [readable]  the smallest scale that can be read
 */
function scaleFor(zoom, [, , width, height], paneWidth, paneHeight, readable = 0.6) {
  const fitting = Math.min((paneWidth - 16) / width, (paneHeight - 16) / height, 1.6);
  if (zoom === "fit") return fitting;
  if (zoom === "auto") return fitting < readable ? 0.9 : fitting;
  return zoom;
}

/**
 * How far to scroll so that `inner` comes into the middle of `outer`; null when it is well inside.
 * @param {Bounds} inner
 * @param {Bounds} outer
 */
function scrollOffset(inner, outer, margin = 30) {
  if (inner.left > outer.left + margin && inner.right < outer.right - margin
      && inner.top > outer.top + margin && inner.bottom < outer.bottom - margin) return null;
  return { left: (inner.left + inner.right - outer.left - outer.right) / 2,
           top: (inner.top + inner.bottom - outer.top - outer.bottom) / 2 };
}

/**
 * The bounds around several boxes; where they need more room than there is, those of the last.
 * @param {Bounds[]} boxes
 * @param {number} width
 * @param {number} height
 * @returns {Bounds}
 */
function boundsWithin(boxes, width, height) {
  const all = { left: Math.min(...boxes.map((box) => box.left)), right: Math.max(...boxes.map((box) => box.right)),
                top: Math.min(...boxes.map((box) => box.top)), bottom: Math.max(...boxes.map((box) => box.bottom)) };
  return all.right - all.left <= width && all.bottom - all.top <= height ? all : boxes[boxes.length - 1];
}

/**
 * How far to scroll after a zoom so that what was under a point is under it again.
 * @param {{ x: number, y: number }} at
 * @param {Box} before  where the picture was
 * @param {Box} after  where it is
 */
function scrollToKeep(at, before, after) {
  return { left: after.x + ((at.x - before.x) / before.width) * after.width - at.x,
           top: after.y + ((at.y - before.y) / before.height) * after.height - at.y };
}

/**
 * By how much a turn of the wheel zooms: browsers count it in pixels, lines or pages.
 * @param {number} delta
 * @param {number} mode
 */
function wheelFactor(delta, mode) {
  const pixels = delta * [1, 16, 400][mode];
  return Math.exp(-Math.max(-120, Math.min(120, pixels)) * 0.002);
}

/**
 * The largest size with the proportions of a picture that fits into a space.
 * @param {number} width
 * @param {number} height
 * @param {number} most
 * @param {number} highest
 * @returns {[width: number, height: number]}
 */
function fitted(width, height, most, highest) {
  const scale = Math.min(most / width, highest / height);
  return [width * scale, height * scale];
}

/**
 * The strength of a number's tint, from 0.2 to 1; 0 for 0.
 * @param {number} number
 * @param {number} largest
 */
function tintOf(number, largest) {
  return number ? 0.2 + 0.8 * Math.sqrt(Math.min(1, Math.abs(number) / largest)) : 0;
}

/**
 * The largest size among some numbers, or 1 if all are 0.
 * @param {number[]} numbers
 */
function largestSize(numbers) {
  return numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
}
