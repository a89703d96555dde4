// A layout in which the parts of each open box are together, in a frame: the inside of a box is laid out by itself, and
// then placed as one part among those beside it.

/** Space between a frame and what is in it, and for its title. */
const FRAME_MARGIN = 9, FRAME_TITLE = 15;

/**
 * The places of parts, and of frames, of which outer ones come first.
 * @param {Part[]} parts
 * @param {Arrow[]} arrows
 * @param {(number | null)[]} homes  for each part the innermost open box around it
 * @param {number | null} scope  the box around everything
 * @param {(box: number) => number | null} outer  the box around another one
 */
function nestedLayout(parts, arrows, homes, scope, outer) {
  /** @type {Box[]} */
  const places = [];
  /** @type {{ box: number, place: Box }[]} */
  const frames = [], inner = innerBoxes(homes, scope, outer);

  /**
   * Lay out what is in a box: its size, all parts in it, and how they are put somewhere.
   * @param {number | null} box
   * @returns {{ width: number, height: number, all: number[], put: (x: number, y: number) => void }}
   */
  const within = (box) => {
    const own = parts.flatMap((_, i) => (homes[i] === box ? [i] : [])), boxes = inner.get(box) ?? [];
    const insides = boxes.map(within), blocks = insides.map(({ width, height }) => ({ width, height, isLeaf: false }));
    /** @type {Map<number, number>} */
    const at = new Map(own.map((i, place) => [i, place]));
    insides.forEach(({ all }, k) => all.forEach((i) => at.set(i, own.length + k)));
    const here = arrows.map((arrow) => arrow.map((end) => at.get(end) ?? -1))
      .filter(([tail, head]) => tail >= 0 && head >= 0 && tail !== head);
    const placed = layeredLayout([...own.map((i) => parts[i]), ...blocks], /** @type {Arrow[]} */ (here));
    const [left, top, width, height] = viewAround(placed, FRAME_MARGIN);
    const put = (/** @type {number} */ x, /** @type {number} */ y) => {
      const [right, down] = [x - left, y - top + FRAME_TITLE];
      own.forEach((i, k) => { places[i] = { ...placed[k], x: placed[k].x + right, y: placed[k].y + down }; });
      insides.forEach((inside, k) => {
        const place = placed[own.length + k], moved = { ...place, x: place.x + right, y: place.y + down };
        frames.push({ box: boxes[k], place: moved });
        inside.put(moved.x, moved.y);
      });
    };
    return { width, height: height + FRAME_TITLE, all: [...at.keys()], put };
  };
  within(scope).put(0, 0);
  return { places, frames };
}

/**
 * The open boxes directly inside each box, in order.
 * @param {(number | null)[]} homes
 * @param {number | null} scope
 * @param {(box: number) => number | null} outer
 */
function innerBoxes(homes, scope, outer) {
  /** @type {Map<number | null, number[]>} */
  const inner = new Map(), open = new Set(homes);
  for (const box of open) if (box !== null && box !== scope) open.add(outer(box));
  for (const box of [...open].sort((a, b) => Number(a) - Number(b))) {
    if (box === null || box === scope) continue;
    inner.set(outer(box), [...(inner.get(outer(box)) ?? []), box]);
  }
  return inner;
}
