// A scrolling part of the page that shows one picture, zoomed by wheel and pinch, moved by dragging.

/** @template {Sheet} Shown */
class Pane {
  /**
   * @param {Player} player
   * @param {HTMLElement} area  what scrolls
   * @param {Shown} picture
   */
  constructor(player, area, picture) {
    this.player = player;
    this.element = area;
    this.frame = element("div", { class: "frame" });
    area.replaceWith(this.frame);
    this.picture = picture;
    this.scale = 1;
    /** @type {Zoom} what was asked for */
    this.wanted = "auto";
    this.map = new Minimap(this);
    this.frame.append(area, this.map.svg);
    this.show(picture);
    area.addEventListener("wheel", (event) => this.turned(event), { passive: false });
    area.addEventListener("scroll", () => this.map.update(), { passive: true });
    new Drag(area, { moved: (by) => area.scrollBy(-by.x, -by.y),
                     pinched: (factor, x, y) => this.zoomBy(factor, x, y) });
  }

  /** @param {Shown} picture */
  show(picture) {
    this.picture = picture;
    this.element.replaceChildren(picture.svg);
    this.map.show(picture);
  }

  /**
   * Before the first step the whole is seen, whatever its size.
   * @param {Zoom} zoom
   */
  zoom(zoom = this.wanted) {
    const { view, svg, readable } = this.picture;
    this.wanted = zoom;
    this.element.style.overflow = "hidden";  // the pane is measured without scrollbars, and stays where it is
    const { clientWidth, clientHeight } = this.element;
    this.element.style.overflow = "";
    const opening = zoom === "auto" && this.player.run?.at === 0 && !this.player.detail;
    this.scale = scaleFor(opening ? "fit" : zoom, view, clientWidth, clientHeight, readable);
    svg.style.width = `${view[2] * this.scale}px`;
    svg.style.height = `${view[3] * this.scale}px`;
    this.map.update();
  }

  /**
   * Zoom, and keep what is at a point of the window where it is; the middle of the pane if none is given.
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  zoomBy(factor, x, y) {
    const { svg } = this.picture, area = this.element.getBoundingClientRect();
    const at = { x: x ?? area.x + area.width / 2, y: y ?? area.y + area.height / 2 };
    const before = svg.getBoundingClientRect();
    this.zoom(Math.min(6, Math.max(0.02, this.scale * factor)));
    const { left, top } = scrollToKeep(at, before, svg.getBoundingClientRect());
    this.element.scrollBy({ left, top, behavior: "instant" });
  }

  /**
   * The wheel zooms. In a frame inside a page, only with Ctrl or ⌘: without, the page around it is to scroll.
   * @param {WheelEvent} event
   */
  turned(event) {
    if (window.parent !== window && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoomBy(wheelFactor(event.deltaY, event.deltaMode), event.clientX, event.clientY);
  }

  /**
   * Scroll until some nodes are seen; if there is no room for all, the last one.
   * @param {number[]} nodes
   */
  reveal(nodes) {
    const parts = nodes.flatMap((i) => this.picture.group(i) ?? []).map((part) => part.getBoundingClientRect());
    const area = this.element.getBoundingClientRect();
    const offset = parts.length ? scrollOffset(boundsWithin(parts, area.width - 60, area.height - 60), area) : null;
    if (!offset) return;
    const jump = this.player.still || this.player.timer !== undefined;
    this.element.scrollBy({ ...offset, behavior: jump ? "auto" : "smooth" });
  }

  remove() {
    this.frame.remove();
  }
}
