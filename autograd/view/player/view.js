// What the views of a pass have in common. They are shown together, and step together.

class View {
  static about = "";
  on = false;
  /** @type {HTMLElement} */
  element = element("div");

  /** @param {Player} player */
  constructor(player) {
    this.player = player;
  }

  /** @param {boolean} on */
  show(on) {
    this.on = on;
    this.element.hidden = !on;
    if (on) this.stepped();
  }

  /** Another graph is shown. */
  changed() {}

  /** The step has changed, or the numbers have. */
  stepped() {}
}

/** The graph itself; its panes are the player's. */
class GraphView extends View {
  static about = "Every operation and every number";

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.element = /** @type {HTMLElement} */ (player.stage.querySelector(".graph"));
  }
}
