// Dragging with the mouse or a finger, and pinching with two.

/**
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ moved: (by: Point) => void, pinched: (factor: number, x: number, y: number) => void }} Moves
 */

class Drag {
  /** How far a pointer may move and still click. */
  static SLACK = 5;

  /**
   * @param {HTMLElement} area
   * @param {Moves} moves
   */
  constructor(area, moves) {
    this.area = area;
    this.moves = moves;
    /** @type {Map<number, Point>} where each pointer is */
    this.pointers = new Map();
    this.far = 0;
    area.addEventListener("pointerdown", (event) => this.down(event));
    area.addEventListener("pointermove", (event) => this.move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      area.addEventListener(end, ({ pointerId }) => this.pointers.delete(pointerId));
    }
    area.addEventListener("click", (event) => this.far > Drag.SLACK && event.stopPropagation(), { capture: true });
  }

  /** @param {PointerEvent} event */
  down({ pointerId, clientX, clientY, button }) {
    const { left, top } = this.area.getBoundingClientRect();
    const onScrollbar = clientX - left > this.area.clientWidth || clientY - top > this.area.clientHeight;
    if (button !== 0 || onScrollbar) return;
    if (!this.pointers.size) this.far = 0;
    this.pointers.set(pointerId, { x: clientX, y: clientY });
  }

  /** @param {PointerEvent} event */
  move({ pointerId, clientX, clientY }) {
    const from = this.pointers.get(pointerId), to = { x: clientX, y: clientY };
    if (!from) return;
    const other = [...this.pointers].find(([id]) => id !== pointerId)?.[1];
    this.far += Math.hypot(to.x - from.x, to.y - from.y);
    if (this.far > Drag.SLACK) {
      this.area.setPointerCapture(pointerId);
      if (other) this.moves.pinched(spread(to, other) / spread(from, other), (to.x + other.x) / 2, (to.y + other.y) / 2);
      else this.moves.moved({ x: to.x - from.x, y: to.y - from.y });
    }
    this.pointers.set(pointerId, to);
  }
}

/**
 * The distance of two points, at least a little.
 * @param {Point} a
 * @param {Point} b
 */
function spread(a, b) {
  return Math.max(20, Math.hypot(a.x - b.x, a.y - b.y));
}
