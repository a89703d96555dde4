/** Every path from a node to the result, and how their products add up to the gradient. */
class Paths extends AboutNode {
  static about = "Every path from a node to the result: their products add up to the gradient";
  static MOST = 12;
  listing = element("div");

  /** @param {HTMLElement} desk */
  enter(desk) {
    desk.append(this.chooser("paths from"), this.listing);
    this.stepped();
  }

  stepped() {
    const { graph, at } = this, paths = pathsFrom(graph, at, Paths.MOST);
    const lines = paths.map((path, color) => {
      const [names, product] = toldPath(graph, at, path);
      return element("li", { style: pathColor(color) }, element("b", {}, names), ` ${product}`);
    });
    this.listing.replaceChildren(element("ol", { class: "paths" }, ...lines),
                                 element("p", {}, toldSum(graph, at, paths)));
    this.draw(paths);
    this.mark();
  }

  /**
   * Draw each path in its colour; an edge that several share shows their colours in turns.
   * @param {Edge[][]} paths
   */
  draw(paths) {
    this.leave();
    /** @type {Map<string, number[]>} */
    const users = new Map();
    paths.forEach((path, color) => path.forEach(([child, k]) => {
      users.set(`${child}_${k}`, [...(users.get(`${child}_${k}`) ?? []), color]);
    }));
    for (const picture of this.player.pictures) {
      for (const [key, colors] of users) {
        const line = picture.edges.get(key)?.querySelector("path");
        if (line) picture.canvas.append(...colors.map((color, turn) => stroke(line, color, turn, colors.length)));
      }
    }
  }

  leave() {
    for (const { svg } of this.player.pictures) for (const part of svg.querySelectorAll(".path")) part.remove();
  }
}

/** @param {number} color */
function pathColor(color) {
  return `--path: var(--path${color % 8})`;
}

/**
 * A coloured line over an edge, dashed so that `count` of them show in turns.
 * @param {Element} line
 * @param {number} color
 * @param {number} turn
 * @param {number} count
 */
function stroke(line, color, turn, count) {
  const dashes = count > 1 ? { "stroke-dasharray": `7 ${7 * (count - 1)}`, "stroke-dashoffset": -7 * turn } : {};
  return drawn("path", { class: "path", d: line.getAttribute("d"), style: pathColor(color), ...dashes });
}
