// A scrolling part of the page that shows one picture.

class Pane {
  /**
   * @param {Player} player
   * @param {HTMLElement} area
   * @param {Picture} picture
   */
  constructor(player, area, picture) {
    this.player = player;
    this.element = area;
    this.picture = picture;
    this.scale = 1;
    this.show(picture);
  }

  /** @param {Picture} picture */
  show(picture) {
    this.picture = picture;
    this.element.replaceChildren(picture.svg);
  }

  /** @param {Zoom} zoom */
  zoom(zoom) {
    const { view, svg } = this.picture;
    this.scale = scaleFor(zoom, view, this.element.clientWidth, this.element.clientHeight);
    svg.style.width = `${view[2] * this.scale}px`;
    svg.style.height = `${view[3] * this.scale}px`;
  }

  /**
   * Scroll until a node is seen.
   * @param {number} i
   */
  reveal(i) {
    const part = this.picture.group(i);
    const offset = part && scrollOffset(part.getBoundingClientRect(), this.element.getBoundingClientRect());
    if (!offset) return;
    const jump = this.player.still || this.player.timer !== undefined;
    this.element.scrollBy({ ...offset, behavior: jump ? "auto" : "smooth" });
  }
}
