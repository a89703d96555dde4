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
 */
function scaleFor(zoom, [, , width, height], paneWidth, paneHeight) {
  const fitting = Math.min((paneWidth - 16) / width, (paneHeight - 16) / height, 1.6);
  if (zoom === "fit") return fitting;
  if (zoom === "auto") return fitting < 0.7 ? 0.8 : fitting;
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
