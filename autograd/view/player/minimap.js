// A small map of the picture in a pane, which shows what part of it is seen; hidden while all of it is.

class Minimap {
  /** @param {Pane<Sheet>} pane */
  constructor(pane) {
    this.pane = pane;
    this.nodes = drawn("path", { class: "nodes" });
    this.now = drawn("path", { class: "now" });
    this.seen = drawn("rect", { class: "seen" });
    this.svg = drawn("svg", { class: "minimap", "aria-hidden": "true" });
    this.svg.append(this.nodes, this.now, this.seen);
    this.svg.addEventListener("pointerdown", (event) => this.moveTo(event));
    this.svg.addEventListener("pointermove", (event) => event.buttons && this.moveTo(event));
  }

  /** @param {Sheet} picture */
  show(picture) {
    this.svg.setAttribute("viewBox", picture.size.join(" "));
    this.nodes.setAttribute("d", picture.parts.map((part) => outline(picture.bounds(part))).join(""));
  }

  update() {
    const { element, picture, scale } = this.pane, { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
    const [x, y, width, height] = picture.view, whole = picture.view === picture.size;
    const all = width * scale <= clientWidth && height * scale <= clientHeight;
    this.svg.classList.toggle("hidden", all || !whole);
    if (all) return;
    const most = Math.min(180, clientWidth / 4), highest = Math.min(130, clientHeight / 4);
    const [shownWidth, shownHeight] = fitted(width, height, most, highest);
    Object.assign(this.svg.style, { width: `${shownWidth}px`, height: `${shownHeight}px` });
    const look = { x: x + scrollLeft / scale, y: y + scrollTop / scale,
                   width: clientWidth / scale, height: clientHeight / scale };
    for (const [name, value] of Object.entries(look)) this.seen.setAttribute(name, String(value));
    this.now.setAttribute("d", picture.marked.filter((part) => part.matches(".node, .cell"))
      .map((part) => outline(picture.bounds(part))).join(""));
  }

  /**
   * Scroll so that what is here on the map is in the middle.
   * @param {PointerEvent} event
   */
  moveTo({ clientX, clientY }) {
    const { element, picture, scale } = this.pane, map = this.svg.getBoundingClientRect();
    const [, , width, height] = picture.view;
    element.scrollTo({ left: ((clientX - map.x) / map.width) * width * scale - element.clientWidth / 2,
                       top: ((clientY - map.y) / map.height) * height * scale - element.clientHeight / 2,
                       behavior: "instant" });
  }
}

/** @param {Box} box */
function outline({ x, y, width, height }) {
  return `M${x},${y}h${width}v${height}h${-width}z`;
}
