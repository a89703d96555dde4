/** The graph as a network: neurons in layers, weights as lines. */
class NetworkView extends View {
  static about = "Neurons in layers: numbers in circles, weights as lines";
  /** @type {Pass[]} */
  passes = [];
  /** @type {ReturnType<typeof partsByNode>[]} */
  parts = [];
  at = -1;
  isFound = false;
  /** @type {SVGGElement[]} */
  cells = [];
  /** @type {SVGElement[]} */
  links = [];
  /** @type {Element[]} */
  marked = [];
  /** @type {Pane<Sheet> | undefined} */
  pane;

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.area = element("div", { class: "pane" });
    this.legend = element("p", { class: "legend" });
    this.element = element("div", { class: "network", role: "region", "aria-label": "Network" }, this.area, this.legend);
    this.element.addEventListener("click", ({ target }) => {
      const node = /** @type {Element} */ (target).closest("[data-cell]")?.getAttribute("data-cell");
      if (node) player.picked(Number(node));
    });
  }

  changed() {
    this.isFound = false;
  }

  /** Look for neurons, which takes a while in a large graph. */
  find() {
    this.isFound = true;
    this.passes = networkPasses(this.player.graph);
    this.parts = this.passes.map(partsByNode);
    this.at = -1;
    if (!this.passes.length) {
      this.legend.textContent = "No neurons are found in this graph: a neuron is a sum of products with weights, which "
        + "are leaves that a module labels, that are passed as parameters, or whose names begin with w.";
      this.pane?.frame.replaceWith(this.area);
      this.pane = undefined;
      this.area.replaceChildren();
    }
  }

  stepped() {
    const { run } = this.player, { step } = run;
    if (!this.isFound) this.find();
    if (!this.passes.length) return;
    const touched = step ? [step.node, changedBy(step)] : [];
    const pass = this.parts.findIndex((parts) => touched.some((i) => parts.has(i) && !this.isShared(i)));
    this.draw(pass < 0 ? Math.max(0, this.at) : pass);
    this.paint();
    this.mark(touched);
  }

  /**
   * Whether several passes show a node, as they do a weight.
   * @param {number} node
   */
  isShared(node) {
    return this.passes.length > 1 && this.parts.filter((parts) => parts.has(node)).length > 1;
  }

  /** @param {number} at  the number of the pass */
  draw(at) {
    if (this.at === at) return;
    this.at = at;
    const { graph } = this.player, pass = this.passes[at], { places, side, width, height } = placedCells(pass);
    this.side = side;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
                               "aria-label": `Neurons and inputs: ${pass.cells.length}, in `
                                             + counted(pass.columns.length, "layer") });
    this.links = pass.links.map(({ from, to }) => {
      const pictured = side && pass.columns[0].includes(from);
      const [a, b] = [places[from], places[to]];
      return pictured ? drawn("rect", this.pixel(pass, from, b))
        : drawn("line", { class: "link", x1: a.x + RADIUS, y1: a.y, x2: b.x - RADIUS, y2: b.y });
    });
    this.cells = pass.cells.map((cell, i) => this.cell(cell, places[i], side > 0 && pass.columns[0].includes(i),
                                                       pass.columns.find((column) => column.includes(i)) ?? []));
    const flows = pass.flows.map(([from, to]) => drawn("line", {
      class: "flow", x1: places[from].x + RADIUS, y1: places[from].y, x2: places[to].x - RADIUS - 4, y2: places[to].y }));
    svg.append(...flows, ...this.links, ...this.cells);
    svg.classList.toggle("sparse", pass.links.length < 80);
    this.links.forEach((line, i) => line.append(drawn("title", {}, graph.name(pass.links[i].weight))));
    const sheet = this.sheet(svg, [0, 0, width, height]);
    if (this.pane) this.pane.show(sheet);
    else this.pane = new Pane(this.player, this.area, sheet);
    this.pane.zoom();
    const which = this.passes.length > 1 ? `Pass ${at + 1} of ${this.passes.length}. ` : "";
    this.legend.textContent = `${which}In a circle: the value, and below it the gradient. Lines are weights: blue `
      + `positive, orange and dashed negative, the wider the larger. A dashed circle is a ReLU that is off.`
      + (side ? " The weights from the picture are shown as small pictures." : "");
  }

  /**
   * What the pane shows.
   * @param {SVGSVGElement} svg
   * @param {ViewBox} size
   * @returns {Sheet}
   */
  sheet(svg, size) {
    const view = this;
    return { svg, size, view: size, readable: 0.42, parts: this.cells, get marked() { return view.marked; },
             group: (node) => view.part(node),
             bounds: (part) => /** @type {SVGGraphicsElement} */ (part).getBBox() };
  }

  /**
   * The circle or line that shows a node.
   * @param {number} node
   */
  part(node) {
    const { cells } = this.passes[this.at];
    const part = this.parts[this.at].get(node) ?? { cell: cells.findIndex(({ kind }) => kind === "result") };
    return part.link === undefined ? this.cells[part.cell ?? -1] : this.links[part.link];
  }

  /**
   * A weight as a pixel of the small picture beside its neuron.
   * @param {Pass} pass
   * @param {number} from
   * @param {{ x: number, y: number }} to
   */
  pixel(pass, from, to) {
    const side = this.side ?? 1, size = (PITCH - 6) / side, place = pass.columns[0].indexOf(from);
    return { class: "weight", width: size, height: size, x: to.x - RADIUS - PITCH + size * (place % side),
             y: to.y - (PITCH - 6) / 2 + size * Math.floor(place / side) };
  }

  /**
   * @param {Cell} cell
   * @param {{ x: number, y: number }} place
   * @param {boolean} asPixel
   * @param {number[]} column
   */
  cell({ node, kind }, { x, y }, asPixel, column) {
    const { graph } = this.player, name = graph.name(node), group = drawn("g", { class: `cell ${kind}`, "data-cell": node });
    group.append(drawn("title", {}, name));
    if (asPixel) {
      group.append(drawn("rect", { class: "shade", x, y, width: PIXEL, height: PIXEL }));
      return group;
    }
    const label = name.split(".").slice(-1)[0], labelled = kind === "input" ? { x: x - RADIUS - 5, y: y + 4,
                                                                                 "text-anchor": "end" }
      : { x, y: y - RADIUS - 4, "text-anchor": "middle" };
    group.append(kind === "result" || kind === "other"
      ? drawn("rect", { class: "shape", x: x - RADIUS - 4, y: y - RADIUS, width: 2 * RADIUS + 8, height: 2 * RADIUS, rx: 5 })
      : drawn("circle", { class: "shape", cx: x, cy: y, r: RADIUS }),
                 drawn("text", { class: "value", x, y: y - 1, "text-anchor": "middle" }),
                 drawn("text", { class: "grad", x, y: y + 11, "text-anchor": "middle" }));
    if (kind === "input" || column.length <= 10) group.append(drawn("text", { class: "name", ...labelled }, cut(label, 12)));
    return group;
  }

  /** Paint all numbers. */
  paint() {
    const { run, graph } = this.player, { cells, links } = this.passes[this.at];
    const largest = largestSize(links.map(({ weight }) => graph.data[weight])), largestGrad = largestSize(run.grads);
    const brightest = largestSize(cells.filter(({ kind }) => kind === "input").map(({ node }) => graph.data[node]));
    links.forEach(({ weight }, i) => shade(this.links[i], graph.data[weight], largest));
    cells.forEach(({ node, nodes, kind }, i) => {
      const group = this.cells[i], known = run.known[node];
      if (group.querySelector(".shade")) {
        shade(group, graph.data[node], brightest);
        return;
      }
      const off = known && graph.nodes[node].rule === "relu" && graph.data[node] === 0 && nodes.length > 0;
      group.classList.toggle("off", off);
      group.classList.toggle("dead", this.player.dead.includes(node));
      group.classList.toggle("unknown", !known);
      write(group, ".value", known ? brief(graph.data[node]) : "?", 42);
      write(group, ".grad", graph.nodes[node].constant && kind === "input" ? "" : brief(run.grads[node]), 38);
      tint(group, run.grads[node], largestGrad);
    });
  }

  /** @param {number[]} nodes */
  mark(nodes) {
    for (const part of this.marked) part.classList.remove("now");
    this.marked = nodes.flatMap((node) => this.part(node) ?? []);
    for (const part of this.marked) part.classList.add("now");
  }
}

/**
 * Write a number into a circle, squeezed where it would not fit.
 * @param {Element} group
 * @param {string} part
 * @param {string} text
 * @param {number} room
 */
function write(group, part, text, room) {
  const place = /** @type {SVGTextElement} */ (group.querySelector(part));
  if (place.textContent === text) return;
  place.textContent = text;
  place.removeAttribute("textLength");
  if (text.length < 7) return;
  place.setAttribute("textLength", String(room));
  place.setAttribute("lengthAdjust", "spacingAndGlyphs");
}
