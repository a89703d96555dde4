// Plays the forward and the backward pass of a recorded graph, step by step.
//
// player.py puts two names before this script. DATA holds the graph (several for a training): nodes in topological
// order, the result last, each with its number and, for each operand, the partial derivative that the engine recorded;
// the boxes of neurons and layers; what each picture shows; and the frames of a training. RULES holds the table: for
// each primitive its value and its partials as functions, and how they are written. Graphviz has drawn the pictures;
// here only texts, classes and styles change.

// The functions of the C library that Math lacks.
const LIBRARY = {
  exp2: (x) => 2 ** x,
  coarse: (x) => 134217729 * x - (134217729 * x - x),
  // Kummer's series: all terms are positive, nothing cancels.
  erf(x) {
    if (Math.abs(x) > 2) return Math.sign(x) * (1 - LIBRARY.erfc(Math.abs(x)));
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  },
  // Laplace's continued fraction, from its tail to its head; it converges fast from 1 on.
  erfc(x) {
    if (x < 1) return 1 - LIBRARY.erf(x);
    let tail = x;
    for (let n = 200; n > 0; n--) tail = x + n / 2 / tail;
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  },
};

/** A number with four significant digits, as Python's format(x, ".4g") writes it, ties to even included. */
function short(x) {
  if (!Number.isFinite(x)) return String(x);
  const exact = Math.abs(x).toExponential(60);
  let [digits, power] = Math.abs(x).toExponential(3).split("e");
  const tie = /^\d\.\d{3}50*e/.test(exact);
  if (tie && Number(exact[4]) % 2 === 0) [digits, power] = [exact.slice(0, 5), exact.split("e")[1]];
  power = Number(power);
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (power < -4 || power >= 4) {
    const tail = `e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
    return sign + digits.replace(/\.?0+$/, "") + tail;
  }
  const text = Number(`${digits}e${power}`).toFixed(3 - power);
  return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

const bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);

/** A template of a formula with `texts` in the place of `variables`; the same as graphs.filled in Python. */
function filled(template, texts, variables) {
  return template.map((part, i) => {
    if (i % 2 === 0) return part;
    const at = variables.indexOf(part), text = at < 0 ? part : texts[at];
    const tight = /[-+*/] ?$/.test(template[i - 1]) || template[i + 1].startsWith(" **");
    return text.startsWith("-") && tight ? `(${text})` : text;
  }).join("");
}

/** Makes an element of HTML or, for a parent namespace of SVG, of SVG. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** The computation graph and its arithmetic. */
class Graph {
  constructor({ nodes, boxes }) {
    this.nodes = nodes;
    this.boxes = boxes;
    this.result = nodes.length - 1;
    this.children = nodes.map(() => []);
    nodes.forEach((node, i) => node.parents.forEach((parent, k) => this.children[parent].push([i, k])));
    this.backward = nodes.map((_, i) => i).filter((i) => !nodes[i].constant).reverse();
    this.leaves = nodes.map((_, i) => i).filter((i) => nodes[i].rule === null);
    this.restore();
  }

  /** Back to the numbers that the engine recorded. */
  restore() {
    this.data = this.nodes.map((node) => node.data);
    this.partials = this.nodes.map((node) => node.partials);
    this.changed = false;
  }

  /** All values, from `leaves` (by index) on; `pinned` nodes keep the number given. Throws for what is not finite. */
  values(leaves, pinned = new Map()) {
    const data = [];
    this.nodes.forEach((node, i) => {
      const operands = node.parents.map((parent) => data[parent]);
      data[i] = pinned.has(i) ? pinned.get(i) : node.rule === null ? leaves[i] : RULES[node.rule].value(...operands);
      if (!Number.isFinite(data[i])) throw new RangeError(this.complaint(node, operands));
    });
    return data;
  }

  complaint(node, operands, what = "value") {
    if (node.rule === null) return `${node.name} must be a finite number.`;
    const limits = Object.entries(RULES[node.rule].domain).map(([name, interval]) => `${name} must be ${interval}`);
    return `${node.rule}(${operands.map(short).join(", ")}) has no finite ${what} here. ${limits.join(", ")}`;
  }

  /** Compute everything anew from other numbers at the leaves. Throws, with nothing changed, for what is not finite. */
  recompute(leaves) {
    const data = this.values(leaves);
    const partials = this.nodes.map((node, i) => {
      const operands = node.parents.map((parent) => data[parent]);
      return node.parents.map((parent, k) => {
        const partial = this.nodes[parent].constant ? 0 : RULES[node.rule].partials[k](...operands, data[i]);
        if (!Number.isFinite(partial)) throw new RangeError(this.complaint(node, operands, "derivative"));
        return partial;
      });
    });
    this.data = data;
    this.partials = partials;
  }

  /** The steps of the forward pass, then those of the backward pass in `order`. */
  steps(order = this.backward, mistake = null) {
    const steps = this.nodes.flatMap(({ rule }, node) => (rule ? [{ kind: "forward", node }] : []));
    const grads = this.nodes.map(() => 0);
    if (mistake) mistake.before.forEach((grad, i) => (grads[i] = grad));
    steps.push({ kind: "seed", node: this.result, target: this.result, before: grads[this.result], after: 1 });
    grads[this.result] = 1;
    for (const node of order) {
      this.nodes[node].parents.forEach((target, k) => {
        if (this.nodes[target].constant) return;
        const adjoint = grads[node], partial = this.partials[node][k], before = grads[target];
        const after = mistake?.overwrites ? adjoint * partial : before + adjoint * partial;
        steps.push({ kind: "edge", node, k, target, adjoint, partial, product: adjoint * partial, before, after });
        grads[target] = after;
      });
    }
    return steps;
  }

  /** The gradients at the end of the backward pass. */
  gradients() {
    const grads = this.nodes.map(() => 0);
    for (const step of this.steps()) if (step.kind !== "forward") grads[step.target] = step.after;
    return grads;
  }

  /** The nodes from the result on, breadth first: an order that passes adjoints on before they are complete. */
  breadthFirst() {
    const order = [this.result];
    for (const node of order) {
      for (const parent of this.nodes[node].parents) {
        if (!this.nodes[parent].constant && !order.includes(parent)) order.push(parent);
      }
    }
    return order;
  }

  /** The names of the nodes that `node` gets contributions from, each once. */
  sources(node) {
    return [...new Set(this.children[node].map(([child]) => child))];
  }

  /** How many paths lead from a node to the result, as a BigInt. */
  pathCount(from) {
    const count = this.nodes.map(() => 0n);
    count[this.result] = 1n;
    for (let i = this.result - 1; i >= from; i--) for (const [child] of this.children[i]) count[i] += count[child];
    return count[from];
  }

  /** Up to `most` paths from a node to the result, each a list of edges [child, operand]. */
  paths(from, most) {
    const found = [], waiting = [[from, null]];
    while (waiting.length && found.length < most) {
      const [at, trail] = waiting.pop();
      if (at === this.result) {
        const path = [];
        for (let edge = trail; edge; edge = edge.before) path.unshift([edge.child, edge.k]);
        found.push(path);
      }
      for (const [child, k] of [...this.children[at]].reverse()) waiting.push([child, { child, k, before: trail }]);
    }
    return found;
  }

  /** How the partial derivative on an edge is written: [with variables, with names, with numbers]. */
  written(node, k) {
    const { rule, parents, name } = this.nodes[node], { inputs, shown } = RULES[rule];
    const point = [...parents.map((parent) => this.data[parent]), this.data[node]];
    const [, template] = shown[k].find(([holds]) => holds(...point));
    const variables = [...inputs, "out"];
    return [filled(template, variables, variables),
            filled(template, [...parents.map((parent) => this.nodes[parent].name), name], variables),
            filled(template, point.map(short), variables)];
  }

  /** How the value of a node is written: [with names, with numbers]. */
  computed(node) {
    const { rule, parents } = this.nodes[node], { inputs, call } = RULES[rule];
    return [filled(call, parents.map((parent) => this.nodes[parent].name), inputs),
            filled(call, parents.map((parent) => short(this.data[parent])), inputs)];
  }
}

/** One drawing of the graph, or of the inside of a box, whose texts and styles change. */
class Picture {
  constructor(svg, graph, { scope, edges }) {
    Object.assign(this, { svg, graph, scope, about: { scope, edges } });
    this.nodes = new Map();
    this.boxes = new Map();
    this.edges = new Map();
    for (const group of svg.querySelectorAll("g.node")) {
      const [, , kind, number] = /^p(\d+)([nb])(\d+)$/.exec(group.id), texts = [...group.querySelectorAll("text")];
      if (kind === "n") {
        const fixed = graph.nodes[number].constant;
        this.nodes.set(Number(number), { group, data: texts.at(fixed ? -1 : -2), grad: fixed ? null : texts.at(-1) });
        group.dataset.node = number;
      } else {
        const box = graph.boxes[number], inside = new Set(box.nodes);
        const leaves = (i) => i === graph.result || graph.children[i].some(([child]) => !inside.has(child));
        const outputs = box.nodes.filter(leaves);
        this.boxes.set(Number(number), { group, inside });
        if (outputs.length === 1) this.nodes.set(outputs[0], { group, data: texts.at(-2), grad: texts.at(-1) });
        group.dataset.box = number;
      }
    }
    for (const group of svg.querySelectorAll("g.edge")) {
      for (const [node, k] of edges[group.id]) this.edges.set(`${node}_${k}`, group);
    }
    const view = svg.viewBox.baseVal;
    this.view = this.size = [view.x, view.y, view.width, view.height];
    svg.setAttribute("role", "img");
    const whole = "The computation graph. Each step is told in words beside it.";
    svg.setAttribute("aria-label", scope === null ? whole : graph.boxes[scope].title);
  }

  /** A second drawing of the same. */
  copy() {
    const svg = this.svg.cloneNode(true);
    for (const part of svg.querySelectorAll(".badge, .path")) part.remove();
    for (const part of svg.querySelectorAll(".now")) part.classList.remove("now");
    const made = new Picture(svg, this.graph, this.about);
    for (const part of svg.querySelectorAll("[id]")) part.removeAttribute("id");
    return made;
  }

  edge(node, k) {
    return this.edges.get(`${node}_${k}`);
  }

  /** What shows a node: its own group, or that of the closed box around it. */
  group(i) {
    const box = [...this.boxes.values()].find(({ inside }) => inside.has(i));
    return box?.group ?? this.nodes.get(i)?.group;
  }

  /** Sizes of tints are relative to the largest gradient and the largest contribution. */
  scale(steps) {
    const largest = (numbers) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    const backward = steps.filter((step) => step.kind !== "forward");
    this.largestGrad = largest(backward.map((step) => step.after));
    this.largestShare = largest(backward.filter((step) => step.kind === "edge").map((step) => step.product));
  }

  paintNode(i, known, grad) {
    if (!this.nodes.has(i)) return;
    const { group, data, grad: gradText } = this.nodes.get(i), number = known ? short(this.graph.data[i]) : "?";
    data.textContent = gradText ? `data ${number}` : number;
    if (gradText) gradText.textContent = `grad ${short(grad)}`;
    group.classList.toggle("unknown", !known);
    tint(group, grad, this.largestGrad);
  }

  paintEdge(node, k, product) {
    const group = this.edge(node, k);
    if (!group) return;
    group.classList.toggle("flowed", product !== null);
    tint(group, product ?? 0, this.largestShare);
  }

  /** Mark what happens now: some nodes and at most one edge. */
  mark(nodes, edge = null) {
    for (const part of this.marked ?? []) part.classList.remove("now");
    this.marked = [...nodes.map((i) => this.group(i)), edge && this.edge(...edge)].filter(Boolean);
    for (const part of this.marked) part.classList.add("now");
  }

  /** Show only some nodes, what stands for them and the edges between them, as large as fits; everything for null. */
  focus(wanted) {
    const parts = new Set([...(wanted ?? [])].map((i) => this.group(i)).filter(Boolean)), lines = new Set();
    for (const [key, group] of this.edges) {
      const [child, k] = key.split("_").map(Number);
      if (wanted?.has(child) && wanted.has(this.graph.nodes[child].parents[k])) lines.add(group);
    }
    const fade = (part, shown) => part?.classList.toggle("faded", wanted !== null && !shown);
    for (const { group, badge } of [...this.nodes.values(), ...this.boxes.values()]) {
      fade(group, parts.has(group));
      fade(badge, parts.has(group));
    }
    for (const group of this.edges.values()) fade(group, lines.has(group));
    for (const cluster of this.svg.querySelectorAll("g.cluster")) fade(cluster, false);
    this.view = parts.size ? this.around([...parts].map((part) => this.bounds(part))) : this.size;
    this.svg.setAttribute("viewBox", this.view.join(" "));
  }

  /** A view with some room around `boxes`. */
  around(boxes) {
    const left = Math.min(...boxes.map((b) => b.x)) - 20, top = Math.min(...boxes.map((b) => b.y)) - 20;
    const right = Math.max(...boxes.map((b) => b.x + b.width)), bottom = Math.max(...boxes.map((b) => b.y + b.height));
    return [left, top, right - left + 20, bottom - top + 20];
  }

  /** The bounds of a part of the drawing in the units of the viewBox: Graphviz shifts everything by its height. */
  bounds(part) {
    const { x, y, width, height } = extent(part.querySelector("path, polygon"));
    const { e, f } = this.svg.querySelector("g.graph").transform.baseVal.consolidate().matrix;
    return { x: x + e, y: y + f, width, height };
  }
}

/** The bounds of a path or polygon, read from its points: getBBox() would lay out the whole picture. */
function extent(shape) {
  const numbers = (shape.getAttribute("d") ?? shape.getAttribute("points")).match(/-?[\d.]+/g).map(Number);
  const xs = numbers.filter((_, i) => i % 2 === 0), ys = numbers.filter((_, i) => i % 2);
  const x = Math.min(...xs), y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** A scrolling part of the page that shows one picture. */
class Pane {
  constructor(player, element, picture) {
    Object.assign(this, { player, element });
    this.show(picture);
  }

  show(picture) {
    this.picture = picture;
    this.element.replaceChildren(picture.svg);
  }

  /** The largest scale at which the whole picture fits. */
  fitting() {
    const [, , width, height] = this.picture.view, { clientWidth, clientHeight } = this.element;
    return Math.min((clientWidth - 16) / width, (clientHeight - 16) / height, 1.6);
  }

  /** Show the picture at a scale; "fit" is as large as fits, "auto" the same if that can be read. */
  zoom(scale) {
    const fitting = this.fitting();
    this.shown = scale === "fit" ? fitting : scale === "auto" ? (fitting < 0.7 ? 0.8 : fitting) : scale;
    this.picture.svg.style.width = `${this.picture.view[2] * this.shown}px`;
    this.picture.svg.style.height = `${this.picture.view[3] * this.shown}px`;
  }

  /** Scroll until a node is seen. */
  reveal(i) {
    const part = this.picture.group(i);
    if (!part) return;
    const inner = part.getBoundingClientRect(), outer = this.element.getBoundingClientRect(), margin = 30;
    if (inner.left > outer.left + margin && inner.right < outer.right - margin
        && inner.top > outer.top + margin && inner.bottom < outer.bottom - margin) return;
    this.element.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2,
                            top: (inner.top + inner.bottom - outer.top - outer.bottom) / 2,
                            behavior: this.player.still || this.player.timer ? "auto" : "smooth" });
  }
}

/** Colour by the sign and the size of a number; what is negative is dashed as well. */
function tint(group, number, largest) {
  group.classList.toggle("positive", number > 0);
  group.classList.toggle("negative", number < 0);
  group.style.setProperty("--size", number ? 0.2 + 0.8 * Math.sqrt(Math.min(1, Math.abs(number) / largest)) : 0);
}

/** The steps of one pass on some pictures: goes to any of them, forwards and backwards, and paints what has changed. */
class Run {
  constructor(graph, pictures, steps, before = null) {
    Object.assign(this, { graph, pictures, steps, at: 0 });
    this.known = graph.nodes.map((node) => node.rule === null);
    this.grads = graph.nodes.map((_, i) => before?.[i] ?? 0);
    for (const picture of pictures) {
      picture.scale(steps);
      for (const i of picture.nodes.keys()) picture.paintNode(i, this.known[i], this.grads[i]);
      for (const key of picture.edges.keys()) picture.paintEdge(...key.split("_"), null);
      picture.mark([]);
    }
  }

  go(to) {
    const touched = new Set();
    while (this.at < to && this.at < this.steps.length) touched.add(this.take(this.steps[this.at++], true));
    while (this.at > to) touched.add(this.take(this.steps[--this.at], false));
    const step = this.steps[this.at - 1];
    for (const picture of this.pictures) {
      for (const i of touched) picture.paintNode(i, this.known[i], this.grads[i]);
      if (!step) picture.mark([]);
      else picture.mark([step.node, step.target ?? step.node], step.kind === "edge" ? [step.node, step.k] : null);
    }
  }

  /** Do a step, or undo it; returns the node whose numbers change. */
  take(step, forwards) {
    if (step.kind === "forward") {
      this.known[step.node] = forwards;
      return step.node;
    }
    this.grads[step.target] = forwards ? step.after : step.before;
    if (step.kind === "edge") {
      for (const picture of this.pictures) picture.paintEdge(step.node, step.k, forwards ? step.product : null);
    }
    return step.target;
  }
}

/** What a step does, in lines of [heading, text], the first of which is also spoken. */
function told(graph, steps, at, grads) {
  const name = (i) => graph.nodes[i].name, step = steps[at - 1];
  const start = "The leaves have their numbers. The forward pass computes each node from its operands; the backward "
    + "pass then goes from the result to the leaves, in the order of the small numbers at the nodes.";
  if (!step) {
    const colours = "Blue is a positive gradient, orange and dashed a negative one; the stronger, the larger.";
    return [["Start", start], ["Colours", colours],
            ["Keys", "← and → step, Home and End go to the ends, space plays."],
            ["Mouse", "A click on a node shows its paths to the result; a click on a box opens it."]];
  }
  const lines = [], code = graph.nodes[step.node].line;
  if (step.kind === "forward") {
    const [named, numbered] = graph.computed(step.node), { about } = RULES[graph.nodes[step.node].rule];
    lines.push(["Forward", `${name(step.node)} = ${named} = ${numbered} = ${short(graph.data[step.node])}`]);
    if (about) lines.push(["Rule", about]);
  } else if (step.kind === "seed") {
    const result = name(step.node);
    lines.push(["Backward", `${result} is the result: its adjoint is ∂${result}/∂${result} = 1.`]);
  } else {
    const { node, k, target, adjoint, partial, product, before, after } = step, { rule } = graph.nodes[node];
    const [written, named, numbered] = graph.written(node, k), number = short(partial);
    const local = `∂${name(node)}/∂${name(target)}`, missing = missingAt(steps, at, target);
    const times = `${short(adjoint)} × ${bracketed(number)} = ${short(product)}`;
    const complete = `is complete now: ${short(grads[target])}`;
    const state = missing.length ? `still waits for ${listed(missing.map(name))}` : complete;
    lines.push(["Backward", `${name(node)} contributes to ${name(target)}: ${times}`],
               ["Rule", `∂${rule}/∂${RULES[rule].inputs[k]} = ${written}`],
               ["Local derivative", [local, ...new Set([named, numbered, number])].join(" = ")],
               ["Chain rule", `adjoint of ${name(node)} × ${local} = ${times}`],
               ["Sum", `grad of ${name(target)}: ${short(before)} + ${bracketed(short(product))} = ${short(after)}`],
               ["Order", `${waited(graph, node)} ${name(target)} ${state}.`]);
  }
  if (code) lines.push(["Code", code]);
  return lines;
}

const listed = (names) => (names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names).join(", ");

/** Why a node may pass its adjoint on. */
function waited(graph, node) {
  const name = graph.nodes[node].name, sources = graph.sources(node).map((i) => graph.nodes[i].name);
  if (!sources.length) return `${name} goes first: nothing depends on it.`;
  const all = sources.length === 1 ? "that contribution" : "all these contributions";
  return `${name} had to wait for ${listed(sources)}: only with ${all} was its adjoint complete.`;
}

/** The nodes whose contribution to `target` has not come by step `at`. */
function missingAt(steps, at, target) {
  const later = steps.slice(at).filter((step) => step.kind === "edge" && step.target === target);
  return [...new Set(later.map((step) => step.node))];
}

/** The page: pictures, controls, story, and the modes. */
class Player {
  constructor(root) {
    Object.assign(this, { root, short, rules: RULES });
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage = root.querySelector(".stage");
    const area = this.stage.querySelector(".pane"), svgs = [...area.querySelectorAll("svg")], wanted = this.wanted();
    this.graphs = DATA.graphs.map((data) => {
      const graph = new Graph(data);
      return { graph, pictures: data.pictures.map((about) => new Picture(svgs.shift(), graph, about)) };
    });
    root.classList.add("live");
    Object.assign(this, this.graphs[0]);
    this.panes = [new Pane(this, area, this.pictures[0])];
    this.build();
    this.badges();
    this.show(0);
    this.modes = Object.fromEntries(Object.entries(MODES).filter(([name]) => name !== "Training" || DATA.training)
      .map(([name, Mode]) => [name, new Mode(this)]));
    for (const name of Object.keys(this.modes)) {
      const title = MODES[name].about;
      this.tabs.append(element("button", { title, onclick: () => this.choose(name), "aria-pressed": "false" }, name));
    }
    this.stage.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => this.wanted() !== this.run.at && this.go(this.wanted()));
    addEventListener("resize", () => this.zoom(this.scale));
    if (DATA.training) this.choose("Training");
    this.go(wanted);
  }

  build() {
    const button = (text, label, action) => element("button", { title: label, "aria-label": label, onclick: action },
                                                    text);
    const option = ([value, text]) => element("option", { value }, text);
    const choice = (label, action, ...options) => element("select", { "aria-label": label, onchange: action },
                                                          ...options.map(option));
    const labelled = (...parts) => element("label", {}, ...parts);
    this.ticks = element("datalist", { id: "ticks" });
    this.slider = element("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Step", list: "ticks",
                                     oninput: () => this.go(this.stops[this.slider.valueAsNumber]) });
    this.count = element("span", { class: "count" });
    this.playing = button("▶ Play", "Play, or stop (space)", () => this.play());
    this.unit = choice("Step by", () => this.restop(), ["edge", "by edge"], ["node", "by node"]);
    this.speed = choice("Speed", () => this.timer && this.play(true), [1, "1 a second"], [4, "4 a second"],
                        [30, "30 a second"]);
    this.follow = element("input", { type: "checkbox", checked: true });
    this.around = element("input", { type: "checkbox", onchange: () => this.refocus() });
    this.tools = element("div", { class: "tools" }, button("Fit", "Show the whole graph", () => this.zoom("fit")),
                         button("−", "Smaller", () => this.zoom(this.panes.at(-1).shown / 1.25)),
                         button("+", "Larger", () => this.zoom(this.panes.at(-1).shown * 1.25)),
                         labelled(this.follow, " follow"), labelled(this.around, " only around the step"));
    this.inside = choice("Inside", () => this.open(this.inside.value));
    this.insides = labelled("inside ", this.inside);
    this.altered = element("span", { class: "altered", title: CAUTION }, "numbers changed ",
                           button("As recorded", "Back to the numbers of the recording", () => this.restore()));
    this.tools.append(this.insides, this.altered);
    this.controls = element("div", { class: "controls" },
                            button("|◀", "To the start (Home)", () => this.go(0)),
                            button("◀", "Step back (left arrow)", () => this.step(-1)),
                            button("▶", "Step on (right arrow)", () => this.step(1)),
                            button("▶|", "To the end (End)", () => this.go(this.run.steps.length)),
                            this.playing, this.speed, this.slider, this.ticks, this.count, this.unit);
    this.spoken = element("p", { class: "spoken", "aria-live": "polite" });
    this.story = element("dl");
    this.tabs = element("div", { class: "tabs", role: "group", "aria-label": "What to do with the graph" });
    this.desk = element("div", { class: "desk" });
    this.root.prepend(this.tools);
    this.aside = element("aside", {}, this.tabs, this.desk, this.spoken, this.story);
    this.root.append(this.aside, this.controls);
  }

  /** Each node's place in the order of the backward pass, in a corner. */
  badges() {
    for (const { svg, nodes, graph } of this.graphs.flatMap(({ pictures }) => pictures)) {
      graph.backward.forEach((i, place) => {
        if (!nodes.has(i) || nodes.get(i).group.dataset.box) return;
        const { x, y } = extent(nodes.get(i).group.querySelector("path, polygon"));
        nodes.get(i).badge = drawn("text", { class: "badge", x: x - 2, y: y - 3 }, `${place + 1}`);
        svg.querySelector("g.graph").append(nodes.get(i).badge);
      });
    }
  }

  /** Show one of the graphs: a training may change the way in which the loss is computed. */
  show(number) {
    this.open(0);
    Object.assign(this, this.graphs[number]);
    this.panes[0].show(this.pictures[0]);
    const titles = this.pictures.map(({ scope }) => (scope === null ? "no box" : this.graph.boxes[scope].title));
    this.inside.replaceChildren(...titles.map((title, value) => element("option", { value }, title)));
    this.insides.hidden = titles.length === 1;
    this.reload();
    this.zoom(this.scale ?? "auto");
  }

  /** Show the inside of a box below the whole: picture number `i`, or none for 0. */
  open(i) {
    const picture = Number(i) ? this.pictures[i] : null;
    this.inside.value = i;
    if (picture === (this.detail?.picture ?? null)) return;
    if (picture && this.detail) this.detail.show(picture);
    else if (picture) {
      this.detail = new Pane(this, element("div", { class: "pane" }), picture);
      this.panes[0].element.after(this.detail.element);
      this.panes.splice(1, 0, this.detail);
    } else {
      this.detail.element.remove();
      this.panes = this.panes.filter((pane) => pane !== this.detail);
      this.detail = null;
    }
    this.zoom(this.scale);
  }

  /** The number of the picture in which a node is seen best: that of the innermost box around it. */
  home(node) {
    const shows = ({ nodes }) => nodes.has(node) && !nodes.get(node).group.dataset.box;
    const inside = ({ scope }) => scope === null || this.graph.boxes[scope].nodes.includes(node);
    const found = this.pictures.findLastIndex((picture) => shows(picture) && inside(picture));
    return found < 0 ? this.pictures.findIndex(shows) : found;
  }

  /** Back to the numbers of the recording. */
  restore() {
    if (this.modes.Training) return this.modes.Training.restore();
    this.during(() => {
      this.graph.restore();
      this.reload();
    });
  }

  /** Make the steps anew, after numbers or the order have changed, and go where we were. */
  reload(steps = this.graph.steps(), at = this.run?.at ?? 0) {
    this.altered.hidden = !this.graph.changed;
    this.run = new Run(this.graph, this.pictures, steps);
    this.restop();
    this.go(Math.min(at, steps.length));
  }

  /** The positions at which the slider and the arrows stop: every step, or the last of each node. */
  restop() {
    const { steps } = this.run, byNode = this.unit.value === "node";
    const ends = (step, i) => !byNode || step.kind !== "edge" || steps[i + 1]?.node !== step.node;
    this.stops = [0, ...steps.flatMap((step, i) => (ends(step, i) ? [i + 1] : []))];
    this.slider.max = this.stops.length - 1;
    this.tell();
  }

  go(to) {
    this.center = null;
    this.run.go(to);
    this.other?.go(to);
    this.tell();
    const step = this.run.steps[this.run.at - 1];
    if (step && this.follow.checked) {
      this.open(Math.max(0, this.home(step.node)));
      for (const pane of this.panes) pane.reveal(step.target ?? step.node);
    }
    if (this.around.checked) this.refocus();
    this.mode?.stepped?.();
    clearTimeout(this.addressing);  // browsers allow some hundred changes of the address in half a minute
    this.addressing = setTimeout(() => this.address(), 200);
  }

  /** Mark a step on the slider, or none. */
  mark(step) {
    const stop = this.stops.indexOf(step);
    this.ticks.replaceChildren(...(stop < 0 ? [] : [element("option", { value: stop })]));
  }

  step(by) {
    const { at } = this.run, before = this.stops.findLast((stop) => stop < at);
    const next = by > 0 ? this.stops.find((stop) => stop > at) : before;
    if (next !== undefined) this.go(next);
    return next !== undefined;
  }

  /** Write the step into the address; a page inside a notebook has none. */
  address() {
    if (location.protocol !== "about:") history.replaceState(null, "", `#step=${this.run.at}`);
  }

  /** The step that the address names, as in backprop.html#step=7; else the start. */
  wanted() {
    return Number(/#step=(\d+)/.exec(location.hash)?.[1] ?? 0);
  }

  play(on = !this.timer) {
    clearInterval(this.timer);
    this.timer = null;
    if (on && this.run.at === this.run.steps.length) this.go(0);
    if (on) this.timer = setInterval(() => this.step(1) || this.play(false), 1000 / Number(this.speed.value));
    this.playing.textContent = on ? "■ Stop" : "▶ Play";
    this.spoken.setAttribute("aria-live", on && this.speed.value > 1 ? "off" : "polite");  // too fast to be spoken
  }

  tell() {
    const { steps, at, grads } = this.run, lines = told(this.graph, steps, at, grads);
    this.slider.value = this.stops.findIndex((stop) => stop >= at);
    this.slider.setAttribute("aria-valuetext", `step ${at} of ${steps.length}`);
    this.count.textContent = `step ${at} of ${steps.length}`;
    this.spoken.textContent = `${lines[0][0]}: ${lines[0][1]}`;
    const entry = ([head, text]) => [element("dt", {}, head), element("dd", {}, text)];
    this.story.replaceChildren(...lines.slice(1).flatMap(entry));
  }

  zoom(scale) {
    this.scale = scale;
    for (const pane of this.panes) pane.zoom(scale);
  }

  /** Only what is within two edges of the current step, or of the node that was picked; or everything. */
  refocus() {
    const step = this.run.steps[this.run.at - 1] ?? { node: this.graph.result }, { nodes, children } = this.graph;
    let near = new Set(this.center === null ? [step.node, step.target ?? step.node] : [this.center]);
    for (let round = 0; round < 2; round++) {
      const beside = (i) => [...nodes[i].parents, ...children[i].map(([child]) => child)];
      near = new Set([...near, ...[...near].flatMap(beside)]);
    }
    for (const picture of this.pictures) picture.focus(this.around.checked ? near : null);
    this.zoom(this.around.checked ? "auto" : this.scale);
  }

  /** Do something while no lesson is on; then go on with the lesson. */
  during(action) {
    const name = this.mode && this.aside.dataset.mode;
    if (name) this.choose(name);
    action();
    if (name) this.choose(name);
  }

  choose(name) {
    const before = this.mode;
    this.mode = null;
    before?.leave?.();
    this.mode = before === this.modes[name] ? null : this.modes[name];
    for (const tab of this.tabs.children) tab.setAttribute("aria-pressed", this.modes[tab.textContent] === this.mode);
    this.desk.replaceChildren();
    this.aside.dataset.mode = this.mode ? name : "";
    this.mode?.enter(this.desk);
  }

  clicked(event) {
    const group = event.target.closest("g.node");
    if (group?.dataset.box) this.open(this.pictures.findIndex(({ scope }) => scope === Number(group.dataset.box)));
    else if (group && this.mode?.picked) this.mode.picked(Number(group.dataset.node));
    else if (group && this.around.checked) this.refocus(this.center = Number(group.dataset.node));
    else if (group && !this.mode) {
      this.choose("Paths");
      this.mode.picked(Number(group.dataset.node));
    }
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const moves = { ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), Home: () => this.go(0),
                    End: () => this.go(this.run.steps.length) };
    if (event.key === " " && !event.target.closest("button, [role=button]")) moves[" "] = () => this.play();
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }

  /** A list of nodes to pick one from, for the keyboard. */
  picker(label, indices, chosen, action) {
    const options = indices.map((i) => element("option", { value: i }, this.graph.nodes[i].name));
    const select = element("select", { onchange: () => action(Number(select.value)) }, ...options);
    select.value = chosen;
    return element("label", {}, `${label} `, select);
  }
}
