// What the modes of the player have in common. A mode is what one button puts into the panel.

class Mode {
  static about = "";

  /**
   * Whether a page has what the mode needs.
   * @param {PageData} data
   */
  static fits(data) {
    return true;
  }

  /** @param {Player} player */
  constructor(player) {
    this.player = player;
  }

  get graph() {
    return this.player.graph;
  }

  /**
   * Put what the mode needs into the panel.
   * @param {HTMLElement} desk
   */
  enter(desk) {}

  leave() {}

  /** Go back to the numbers of the recording. */
  restore() {}

  /** The step has changed. */
  stepped() {}

  /** Play what the mode itself plays, if anything; returns whether there is something. */
  plays() {
    return false;
  }

  /**
   * A node was picked in the picture. Returns false if the mode has no use for that.
   * @param {number} node
   * @returns {boolean | void}
   */
  picked(node) {
    return false;
  }
}

/** A mode about one node, picked in the picture or from a list. */
class AboutNode extends Mode {
  at = -1;
  /** @type {HTMLSelectElement | undefined} */
  list;

  /** @param {string} label */
  chooser(label) {
    const { graph } = this, { nodes, leaves } = graph;
    if (nodes[this.at]?.constant ?? true) this.at = /** @type {number} */ (leaves.find((i) => !nodes[i].constant));
    const [made, list] = picker(graph, label, [...graph.backward].reverse(), this.at, (i) => this.picked(i));
    this.list = list;
    return made;
  }

  /** @param {number} node */
  picked(node) {
    if (this.graph.nodes[node].constant) return;
    this.at = node;
    if (this.list) choose(this.list, this.graph, node);
    this.stepped();
  }

  mark() {
    for (const picture of this.player.pictures) picture.mark([this.at]);
  }
}
