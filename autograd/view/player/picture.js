// A drawing of the graph. Graphviz has laid it out; here only texts, classes and styles change.

/**
 * What shows the numbers of a node, or of the output of a closed box.
 * @typedef {{ group: SVGGElement, data: Element, grad: Element | null, badge?: Element }} NodeView
 */

/** One drawing of the graph, or of the inside of a box. */
class Picture {
  /**
   * @param {SVGSVGElement} svg
   * @param {Graph} graph
   * @param {PictureData} about
   */
  constructor(svg, graph, about) {
    this.svg = svg;
    this.graph = graph;
    this.about = about;
    this.scope = about.scope;
    /** @type {Map<number, NodeView>} */
    this.nodes = new Map();
    /** @type {Map<number, { group: SVGGElement, inside: Set<number> }>} */
    this.boxes = new Map();
    /** @type {Map<string, SVGGElement>} by "node_operand" */
    this.edges = new Map();
    /** @type {Element[]} */
    this.marked = [];
    this.largestGrad = this.largestProduct = 1;
    /** @type {number[]} */
    this.order = [];
    this.own = about.nodes && new Set(about.nodes);
    /** @type {ViewBox} */
    this.size = this.view = [0, 0, 1, 1];
    this.isDrawn = about.nodes === undefined || svg.childElementCount > 0;
    if (this.isDrawn) this.find();
    svg.setAttribute("role", "group");
    const whole = "The computation graph. Each step is told in words beside it.";
    svg.setAttribute("aria-label", this.scope === null ? whole : graph.boxes[this.scope].title);
  }

  /**
   * Draw the picture, if that has been left until it is opened, as it is at a position of a run.
   * @param {Run} run
   * @param {number[]} dead
   */
  wake(run, dead) {
    if (this.isDrawn) return;
    this.isDrawn = true;
    drawInside(this.svg, this.graph, this.about);
    this.find();
    this.addBadges(this.order);
    this.begin(run);
    this.update(run, run.steps.slice(0, run.at), true);
    this.markDead(dead);
  }

  /** Find what there is, and where it is. */
  find() {
    this.findParts();
    const { x, y, width, height } = this.svg.viewBox.baseVal;
    this.size = this.view = [x, y, width, height];
    NodeFocus.prepare(this);
  }

  /** Find the groups of nodes, boxes and edges by the ids that the page gave them. */
  findParts() {
    for (const group of /** @type {NodeListOf<SVGGElement>} */ (this.svg.querySelectorAll("g.node:not(.failed)"))) {
      const [, kind, number] = /** @type {string[]} */ (/^p\d+([nb])(\d+)$/.exec(group.id));
      if (kind === "n") this.addNode(group, Number(number));
      else this.addBox(group, Number(number));
    }
    for (const group of /** @type {NodeListOf<SVGGElement>} */ (this.svg.querySelectorAll("g.edge"))) {
      for (const [node, k] of this.about.edges[group.id] ?? []) this.edges.set(`${node}_${k}`, group);
    }
  }

  /**
   * @param {SVGGElement} group
   * @param {number} i
   */
  addNode(group, i) {
    const texts = [...group.querySelectorAll("text")], { constant } = this.graph.nodes[i];
    const [data, grad] = constant ? [texts[texts.length - 1], null] : texts.slice(-2);
    this.nodes.set(i, { group, data: /** @type {Element} */ (data), grad });
    group.dataset.node = String(i);
  }

  /**
   * A closed box shows the numbers of its output, if it has a single one.
   * @param {SVGGElement} group
   * @param {number} i
   */
  addBox(group, i) {
    const { graph } = this, inside = new Set(graph.boxes[i].nodes), outputs = outputsOf(graph, i);
    this.boxes.set(i, { group, inside });
    if (outputs.length === 1) {
      const [data, grad] = [...group.querySelectorAll("text")].slice(-2);
      this.nodes.set(outputs[0], { group, data, grad });
    }
    group.dataset.box = String(i);
    group.dataset.first = String(Math.min(...inside));
  }

  /** A second drawing of the same. */
  copy() {
    const svg = /** @type {SVGSVGElement} */ (this.svg.cloneNode(true));
    for (const part of svg.querySelectorAll(".badge, .path")) part.remove();
    for (const part of svg.querySelectorAll(".now")) part.classList.remove("now");
    const made = new Picture(svg, this.graph, this.about);
    for (const part of svg.querySelectorAll("[id]")) part.removeAttribute("id");
    return made;
  }

  /**
   * @param {number} node
   * @param {number} k
   */
  edge(node, k) {
    return this.edges.get(`${node}_${k}`);
  }

  /**
   * What shows a node: its own group, or that of the closed box around it.
   * @param {number} i
   */
  group(i) {
    const box = [...this.boxes.values()].find(({ inside }) => inside.has(i));
    return box?.group ?? this.nodes.get(i)?.group;
  }

  /**
   * Whether the picture shows a node itself, not only as the output of a closed box.
   * @param {number} i
   */
  showsItself(i) {
    return this.own?.has(i) ?? this.nodes.get(i)?.group.dataset.node !== undefined;
  }

  /**
   * Put each node's place in the order of the backward pass into a corner of it.
   * @param {number[]} order
   */
  addBadges(order) {
    this.order = order;
    if (!this.isDrawn) return;
    order.forEach((i, place) => {
      const shown = this.nodes.get(i);
      if (!shown || !this.showsItself(i)) return;
      const { x, y } = extentOf(shown.group);
      shown.badge = drawn("text", { class: "badge", x: x - 2, y: y - 3 }, `${place + 1}`);
      this.canvas.append(shown.badge);
    });
  }

  readable = 0.6;

  get parts() {
    return [...this.svg.querySelectorAll("g.node")];
  }

  /** The group that all parts of the drawing are in. */
  get canvas() {
    return /** @type {SVGGElement} */ (this.svg.querySelector("g.graph"));
  }

  /**
   * Paint everything as it is at the start of a run.
   * @param {Run} run
   */
  begin(run) {
    ({ largestGrad: this.largestGrad, largestProduct: this.largestProduct } = run);
    for (const i of this.nodes.keys()) this.paintNode(i, run);
    for (const group of this.edges.values()) this.paintEdge(group, null);
    this.mark([]);
  }

  /**
   * Paint what has changed.
   * @param {Run} run
   * @param {Step[]} steps  those that were done or undone, in the order of the pass
   * @param {boolean} done
   */
  update(run, steps, done) {
    if (!this.isDrawn) return;
    for (const step of steps) {
      if (step.kind === "edge") this.paintEdge(this.edge(step.node, step.k), done ? step.product : null);
    }
    for (const i of new Set(steps.map(changedBy))) this.paintNode(i, run);
    const { step } = run;
    if (!step) this.mark([]);
    else this.mark([step.node, changedBy(step)], step.kind === "edge" ? this.edge(step.node, step.k) : undefined);
  }

  /**
   * @param {number} i
   * @param {Run} run
   */
  paintNode(i, run) {
    const shown = this.nodes.get(i);
    if (!shown) return;
    const number = run.known[i] ? short(this.graph.data[i]) : "?";
    shown.data.textContent = shown.grad ? `data ${number}` : number;
    if (shown.grad) shown.grad.textContent = `grad ${short(run.grads[i])}`;
    shown.group.classList.toggle("unknown", !run.known[i]);
    tint(shown.group, run.grads[i], this.largestGrad);
  }

  /**
   * @param {SVGGElement | undefined} group
   * @param {number | null} product  what has flowed along the edge, if anything
   */
  paintEdge(group, product) {
    if (!group) return;
    group.classList.toggle("flowed", product !== null);
    tint(group, product ?? 0, this.largestProduct);
  }

  /**
   * Mark what happens now: some nodes and at most one edge.
   * @param {number[]} nodes
   * @param {Element} [edge]
   */
  mark(nodes, edge) {
    for (const part of this.marked) part.classList.remove("now");
    this.marked = [...nodes.map((i) => this.group(i)), edge].flatMap((part) => part ?? []);
    for (const part of this.marked) part.classList.add("now");
  }

  /**
   * Mark the ReLUs that are 0 for every example.
   * @param {number[]} nodes
   */
  markDead(nodes) {
    for (const [i, { group }] of this.nodes) group.classList.toggle("dead", nodes.includes(i));
  }

  /**
   * Show only some nodes, what stands for them and the edges between them, as large as fits; everything for null.
   * @param {Set<number> | null} wanted
   */
  focus(wanted) {
    const parts = new Set([...(wanted ?? [])].flatMap((i) => this.group(i) ?? []));
    /** @type {Set<SVGGElement>} */
    const lines = new Set();
    for (const [key, group] of this.edges) {
      const [child, k] = key.split("_").map(Number);
      if (wanted?.has(child) && wanted.has(this.graph.nodes[child].parents[k])) lines.add(group);
    }
    const fade = (/** @type {Element | undefined} */ part, /** @type {boolean} */ shown) => (
      part?.classList.toggle("faded", wanted !== null && !shown));
    for (const { group, badge } of this.nodes.values()) {
      fade(group, parts.has(group));
      fade(badge, parts.has(group));
    }
    for (const { group } of this.boxes.values()) fade(group, parts.has(group));
    for (const group of this.edges.values()) fade(group, lines.has(group));
    for (const cluster of this.svg.querySelectorAll("g.cluster")) fade(cluster, false);
    this.view = parts.size ? viewAround([...parts].map((part) => this.bounds(part))) : this.size;
    this.svg.setAttribute("viewBox", this.view.join(" "));
  }

  /**
   * The bounds of a part of the drawing in the units of the viewBox: Graphviz shifts everything by its height.
   * @param {Element} part
   * @returns {Box}
   */
  bounds(part) {
    const { x, y, width, height } = extentOf(part);
    const { e, f } = /** @type {SVGTransform} */ (this.canvas.transform.baseVal.consolidate()).matrix;
    return { x: x + e, y: y + f, width, height };
  }
}

/**
 * The bounds of the shape of a node or box.
 * @param {Element} group
 */
function extentOf(group) {
  const shape = /** @type {Element} */ (group.querySelector("path, polygon"));
  return extent(shape.getAttribute("d") ?? shape.getAttribute("points") ?? "");
}

/**
 * Colour by the sign and the size of a number; what is negative is dashed as well.
 * @param {SVGElement} group
 * @param {number} number
 * @param {number} largest
 */
function tint(group, number, largest) {
  sign(group, number);
  setSize(group, tintOf(number, largest));
}

/**
 * @param {SVGElement} part
 * @param {number} number
 */
function sign(part, number) {
  part.classList.toggle("positive", number > 0);
  part.classList.toggle("negative", number < 0);
}

/**
 * Say how large a number is, for the style. What is said again would be laid out again.
 * @param {SVGElement} part
 * @param {number} size
 */
function setSize(part, size) {
  const text = String(size);
  if (part.style.getPropertyValue("--size") !== text) part.style.setProperty("--size", text);
}

/**
 * The same in proportion to the number.
 * @param {SVGElement} part
 * @param {number} number
 * @param {number} largest
 */
function shade(part, number, largest) {
  sign(part, number);
  setSize(part, Math.abs(number) / largest);
}

/** A run that is painted on pictures. */
class PaintedRun extends Run {
  /**
   * @param {Graph} graph
   * @param {Picture[]} pictures
   * @param {Step[]} steps
   * @param {number[]} [before]  the gradients at the start
   */
  constructor(graph, pictures, steps, before) {
    super(graph, steps, before);
    this.pictures = pictures;
    for (const picture of pictures) picture.begin(this);
  }

  /** @param {number} to */
  go(to) {
    const from = this.at, steps = super.go(to);
    for (const picture of this.pictures) picture.update(this, steps, this.at > from);
    return steps;
  }
}
