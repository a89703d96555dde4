// Plays the forward and the backward pass of a recorded graph, step by step.
//
// player.py puts two names before this script. DATA holds the graph: nodes in topological order, the result last, each
// with its number and, for each operand, the partial derivative that the engine recorded; the boxes of neurons and
// layers; and the frames of a training. RULES holds the table: for each primitive its value and its partials as
// functions, and how they are written. Graphviz has drawn the graph; here only texts, classes and styles change.

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
  if (/^\d\.\d{3}50*e/.test(exact) && Number(exact[4]) % 2 === 0) [digits, power] = [exact.slice(0, 5), exact.split("e")[1]];
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
  constructor(nodes) {
    this.nodes = nodes;
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

  complaint(node, operands) {
    if (node.rule === null) return `${node.name} must be a finite number.`;
    const limits = Object.entries(RULES[node.rule].domain).map(([name, interval]) => `${name} must be ${interval}`);
    return `${node.rule}(${operands.map(short).join(", ")}) has no finite value here. ${limits.join(", ")}`;
  }

  /** Compute everything anew from other numbers at the leaves. Throws, with nothing changed, for what is not finite. */
  recompute(leaves) {
    const data = this.values(leaves);
    const partials = this.nodes.map((node, i) => {
      const operands = node.parents.map((parent) => data[parent]);
      return node.parents.map((parent, k) => {
        const partial = this.nodes[parent].constant ? 0 : RULES[node.rule].partials[k](...operands, data[i]);
        if (!Number.isFinite(partial)) throw new RangeError(this.complaint(node, operands).replace("value", "derivative"));
        return partial;
      });
    });
    this.data = data;
    this.partials = partials;
    this.changed = true;
  }

  /** The steps of the forward pass, then those of the backward pass in `order`. */
  steps(order = this.backward, mistake = null) {
    const steps = this.nodes.map((node, i) => ({ kind: "forward", node: i })).filter((step) => this.nodes[step.node].rule);
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
        const { constant } = graph.nodes[number];
        this.nodes.set(Number(number), { group, data: texts.at(constant ? -1 : -2), grad: constant ? null : texts.at(-1) });
        group.dataset.node = number;
      } else {
        const box = DATA.boxes[number], inside = new Set(box.nodes);
        const outputs = box.nodes.filter((i) => i === graph.result || graph.children[i].some(([child]) => !inside.has(child)));
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
    svg.setAttribute("aria-label", scope === null ? "The computation graph. Each step is told in words beside it." : DATA.boxes[scope].title);
  }

  /** A second drawing of the same. */
  copy() {
    const svg = this.svg.cloneNode(true);
    for (const part of svg.querySelectorAll(".badge, .path")) part.remove();
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

  /** Show only some nodes and the edges between them, as large as they fit; all of them for null. */
  focus(wanted) {
    const shown = (i) => !wanted || wanted.has(i);
    for (const [i, { group }] of this.nodes) group.classList.toggle("faded", !shown(i));
    for (const [key, group] of this.edges) {
      const [child, k] = key.split("_").map(Number);
      group.classList.toggle("faded", !shown(child) || !shown(this.graph.nodes[child].parents[k]));
    }
    this.view = this.size;
    const boxes = wanted ? [...wanted].filter((i) => this.nodes.has(i)).map((i) => this.bounds(this.nodes.get(i).group)) : [];
    if (boxes.length) {
      const left = Math.min(...boxes.map((b) => b.x)) - 20, top = Math.min(...boxes.map((b) => b.y)) - 20;
      this.view = [left, top, Math.max(...boxes.map((b) => b.x + b.width)) - left + 20,
                   Math.max(...boxes.map((b) => b.y + b.height)) - top + 20];
    }
    this.svg.setAttribute("viewBox", this.view.join(" "));
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
  const xs = numbers.filter((_, i) => i % 2 === 0), ys = numbers.filter((_, i) => i % 2), x = Math.min(...xs), y = Math.min(...ys);
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

  /** Show the picture at a scale; "fit" is as large as fits, "auto" the same but large enough to read. */
  zoom(scale) {
    this.shown = scale === "fit" ? this.fitting() : scale === "auto" ? Math.max(this.fitting(), 0.55) : scale;
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
  if (!step) return [["Start", "The leaves have their numbers. The forward pass computes each node from its operands."]];
  const lines = [], code = graph.nodes[step.node].line;
  if (step.kind === "forward") {
    const [named, numbered] = graph.computed(step.node), { rule } = graph.nodes[step.node];
    const { inputs, formula, call } = RULES[rule];
    lines.push(["Forward", `${name(step.node)} = ${named} = ${numbered} = ${short(graph.data[step.node])}`]);
    if (call.join("") !== formula) lines.push(["Rule", `${rule}(${inputs.join(", ")}) = ${formula}`]);
  } else if (step.kind === "seed") {
    const result = name(step.node);
    lines.push(["Backward", `${result} is the result: its adjoint is ∂${result}/∂${result} = 1.`]);
  } else {
    const { node, k, target, adjoint, partial, product, before, after } = step, { rule } = graph.nodes[node];
    const [written, named, numbered] = graph.written(node, k), number = short(partial);
    const local = `∂${name(node)}/∂${name(target)}`, times = `${short(adjoint)} × ${bracketed(number)} = ${short(product)}`;
    const missing = missingAt(steps, at, target);
    lines.push(["Backward", `${name(node)} gives ${name(target)} its share: ${times}`],
               ["Rule", `∂${rule}/∂${RULES[rule].inputs[k]} = ${written}`],
               ["Local derivative", [local, ...new Set([named, numbered, number])].join(" = ")],
               ["Chain rule", `adjoint of ${name(node)} × ${local} = ${times}`],
               ["Sum", `grad of ${name(target)}: ${short(before)} + ${bracketed(short(product))} = ${short(after)}`],
               ["Order", `${waited(graph, node)} ${missing.length ? `${name(target)} still waits for ${listed(missing.map(name))}.`
                 : `${name(target)} is complete now: ${short(grads[target])}.`}`]);
  }
  if (code) lines.push(["Code", code]);
  return lines;
}

const listed = (names) => (names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names).join(", ");

/** Why a node may pass its adjoint on. */
function waited(graph, node) {
  const name = graph.nodes[node].name, sources = graph.sources(node).map((i) => graph.nodes[i].name);
  if (!sources.length) return `${name} goes first: nothing depends on it.`;
  return `${name} had to wait for ${listed(sources)}: only with ${sources.length === 1 ? "that share" : "all those shares"} `
    + "was its adjoint complete.";
}

/** The nodes whose share for `target` has not come by step `at`. */
function missingAt(steps, at, target) {
  const later = steps.slice(at).filter((step) => step.kind === "edge" && step.target === target);
  return [...new Set(later.map((step) => step.node))];
}

/** The page: pictures, controls, story, and the modes. */
class Player {
  constructor(root) {
    Object.assign(this, { root, short, rules: RULES, graph: new Graph(DATA.nodes) });
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage = root.querySelector(".stage");
    const area = this.stage.querySelector(".pane"), svgs = [...area.querySelectorAll("svg")];
    this.pictures = svgs.map((svg, i) => new Picture(svg, this.graph, DATA.pictures[i]));
    root.classList.add("live");
    this.panes = [new Pane(this, area, this.pictures[0])];
    this.build();
    this.badges();
    const wanted = this.wanted();
    this.reload();
    this.zoom("auto");
    this.modes = Object.fromEntries(Object.entries(MODES).filter(([name]) => name !== "Training" || DATA.training)
      .map(([name, Mode]) => [name, new Mode(this)]));
    for (const name of Object.keys(this.modes)) {
      this.tabs.append(element("button", { onclick: () => this.choose(name), "aria-pressed": "false" }, name));
    }
    this.stage.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => this.wanted() !== this.run.at && this.go(this.wanted()));
    addEventListener("resize", () => this.zoom(this.scale));
    if (DATA.training) this.choose("Training");
    this.go(wanted);
  }

  build() {
    const button = (text, label, action) => element("button", { title: label, "aria-label": label, onclick: action }, text);
    const choice = (label, action, ...options) => element("select", { "aria-label": label, onchange: action },
                                                          ...options.map(([value, text]) => element("option", { value }, text)));
    this.ticks = element("datalist", { id: "ticks" });
    this.slider = element("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Step", list: "ticks",
                                     oninput: () => this.go(this.stops[this.slider.valueAsNumber]) });
    this.count = element("output");
    this.playing = button("▶ Play", "Play, or stop (space)", () => this.play());
    this.unit = choice("Step by", () => this.restop(), ["edge", "by edge"], ["node", "by node"]);
    this.speed = choice("Speed", () => this.timer && this.play(true), [1, "1 a second"], [4, "4 a second"], [30, "30 a second"]);
    this.follow = element("input", { type: "checkbox", checked: true });
    this.around = element("input", { type: "checkbox", onchange: () => this.refocus() });
    this.tools = element("div", { class: "tools" }, button("Fit", "Show the whole graph", () => this.zoom("fit")),
                         button("−", "Smaller", () => this.zoom(this.panes.at(-1).shown / 1.25)),
                         button("+", "Larger", () => this.zoom(this.panes.at(-1).shown * 1.25)),
                         element("label", {}, this.follow, " follow"), element("label", {}, this.around, " only around the step"));
    if (this.pictures.length > 1) {
      this.inside = choice("Inside", () => this.open(this.inside.value), [0, "–"],
                           ...this.pictures.slice(1).map(({ scope }, i) => [i + 1, DATA.boxes[scope].title]));
      this.tools.append(element("label", {}, "inside ", this.inside));
    }
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
    this.root.append(element("aside", {}, this.spoken, this.story, this.tabs, this.desk), this.controls);
  }

  /** Each node's place in the order of the backward pass, in a corner. */
  badges() {
    for (const { svg, nodes } of this.pictures) {
      this.graph.backward.forEach((i, place) => {
        if (!nodes.has(i) || nodes.get(i).group.dataset.box) return;
        const { x, y } = extent(nodes.get(i).group.querySelector("path, polygon"));
        svg.querySelector("g.graph").append(drawn("text", { class: "badge", x: x - 2, y: y - 3 }, `${place + 1}`));
      });
    }
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
    const inside = ({ scope }) => scope === null || DATA.boxes[scope].nodes.includes(node);
    const found = this.pictures.findLastIndex((picture) => shows(picture) && inside(picture));
    return found < 0 ? this.pictures.findIndex(shows) : found;
  }

  /** Make the steps anew, after numbers or the order have changed, and go where we were. */
  reload(steps = this.graph.steps(), at = this.run?.at ?? 0) {
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
      if (this.inside) this.open(Math.max(0, this.home(step.node)));
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
    const at = this.run.at, next = by > 0 ? this.stops.find((stop) => stop > at) : this.stops.findLast((stop) => stop < at);
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
  }

  tell() {
    const { steps, at, grads } = this.run, lines = told(this.graph, steps, at, grads);
    this.slider.value = this.stops.findIndex((stop) => stop >= at);
    this.slider.setAttribute("aria-valuetext", `step ${at} of ${steps.length}`);
    this.count.textContent = `step ${at} of ${steps.length}`;
    this.spoken.textContent = `${lines[0][0]}: ${lines[0][1]}`;
    this.story.replaceChildren(...lines.slice(1).flatMap(([head, text]) => [element("dt", {}, head), element("dd", {}, text)]));
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
      near = new Set([...near, ...[...near].flatMap((i) => [...nodes[i].parents, ...children[i].map(([child]) => child)])]);
    }
    for (const picture of this.pictures) picture.focus(this.around.checked ? near : null);
    this.zoom(this.around.checked ? "auto" : this.scale);
  }

  choose(name) {
    const before = this.mode;
    this.mode = null;
    before?.leave?.();
    this.mode = before === this.modes[name] ? null : this.modes[name];
    for (const tab of this.tabs.children) tab.setAttribute("aria-pressed", String(this.modes[tab.textContent] === this.mode));
    this.desk.replaceChildren();
    this.mode?.enter(this.desk);
  }

  clicked(event) {
    const group = event.target.closest("g.node");
    if (group?.dataset.box) this.open(this.pictures.findIndex(({ scope }) => scope === Number(group.dataset.box)));
    else if (group && this.mode?.picked) this.mode.picked(Number(group.dataset.node));
    else if (group && this.around.checked) this.refocus(this.center = Number(group.dataset.node));
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
    const options = indices.map((i) => element("option", { value: i, selected: i === chosen }, this.graph.nodes[i].name));
    const select = element("select", { onchange: () => action(Number(select.value)) }, ...options);
    return element("label", {}, `${label} `, select);
  }
}

/** Change the numbers at the leaves; everything else follows. */
class Values {
  constructor(player) {
    this.player = player;
    this.graph = player.graph;
  }

  enter(desk) {
    this.note = element("p", { class: "problem", role: "alert" });
    const rows = this.graph.leaves.filter((i) => !this.graph.nodes[i].constant).map((i) => this.row(i));
    desk.append(element("p", { class: "badge-note" }, "The operations stay as they were recorded: Python's own if and while are not run again."),
                this.note, element("div", { class: "rows" }, ...rows),
                element("button", { onclick: () => this.reset() }, "As recorded"));
  }

  row(i) {
    const { name, data } = this.graph.nodes[i], reach = Math.max(1, 2 * Math.abs(data));
    const number = element("input", { type: "number", step: "any", value: this.graph.data[i], "aria-label": name,
                                      oninput: () => this.set(i, number.valueAsNumber, slider) });
    const slider = element("input", { type: "range", min: data - reach, max: data + reach, step: reach / 200,
                                      value: this.graph.data[i], "aria-label": `${name}, drag`,
                                      oninput: () => this.set(i, slider.valueAsNumber, number) });
    return element("label", { class: "row" }, element("span", {}, name), slider, number);
  }

  set(i, number, twin) {
    const leaves = [...this.graph.data];
    leaves[i] = number;
    try {
      this.graph.recompute(leaves);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.note.textContent = error.message;
      return;
    }
    this.note.textContent = "";
    twin.value = number;
    this.player.reload();
  }

  reset() {
    this.graph.restore();
    this.player.reload();
    this.player.desk.replaceChildren();
    this.enter(this.player.desk);
  }

  picked(i) {
    this.player.desk.querySelector(`input[aria-label=${CSS.escape(this.graph.nodes[i].name)}]`)?.focus();
  }
}

/** Every path from a node to the result, and how their products add up to the gradient. */
class Paths {
  static MOST = 12;

  constructor(player) {
    this.player = player;
    this.graph = player.graph;
    this.at = this.graph.leaves.find((i) => !this.graph.nodes[i].constant);
  }

  enter(desk) {
    this.list = element("div");
    this.select = this.player.picker("paths from", [...this.graph.backward].reverse(), this.at, (i) => this.picked(i));
    desk.append(this.select, this.list);
    this.stepped();
  }

  picked(i) {
    if (this.graph.nodes[i].constant) return;
    this.at = i;
    this.select.querySelector("select").value = i;
    this.stepped();
  }

  stepped() {
    const { graph, player } = this, paths = graph.paths(this.at, Paths.MOST), count = graph.pathCount(this.at);
    const gradient = graph.gradients()[this.at], name = graph.nodes[this.at].name;
    let sum = 0;
    const rows = paths.map((path, color) => {
      const factors = path.map(([child, k]) => graph.partials[child][k]), product = factors.reduce((a, b) => a * b, 1);
      sum += product;
      const stops = [name, ...path.map(([child]) => graph.nodes[child].name)].join(" → ");
      const sums = factors.length > 8 ? `${factors.length} factors` : factors.map((f, i) => (i ? bracketed(short(f)) : short(f))).join(" × ") || "1";
      return element("li", { style: `--path: var(--path${color % 8})` }, element("b", {}, stops), ` ${sums} = ${short(product)}`);
    });
    const all = BigInt(paths.length) === count;
    const total = all ? `Together: ${short(sum)}, the gradient of ${name}: ${short(gradient)}.`
      : `${paths.length} of ${count.toLocaleString("en")} paths are shown. They add up to ${short(sum)}; all of them to the gradient, ${short(gradient)}.`;
    this.list.replaceChildren(element("ol", { class: "paths" }, ...rows), element("p", {}, total));
    this.draw(paths);
    for (const picture of player.pictures) picture.mark([this.at]);
  }

  /** Each path in its colour; an edge that several share shows their colours by turns. */
  draw(paths) {
    this.leave();
    const users = new Map();
    paths.forEach((path, color) => path.forEach((edge) => {
      const key = edge.join("_");
      users.set(key, [...(users.get(key) ?? []), color]);
    }));
    for (const { edges, svg } of this.player.pictures) {
      for (const [key, colors] of users) {
        const line = edges.get(key)?.querySelector("path");
        colors.forEach((color, place) => {
          if (!line) return;
          const copy = drawn("path", { class: "path", d: line.getAttribute("d"), style: `--path: var(--path${color % 8})` });
          if (colors.length > 1) {
            copy.setAttribute("stroke-dasharray", `7 ${7 * (colors.length - 1)}`);
            copy.setAttribute("stroke-dashoffset", -7 * place);
          }
          svg.querySelector("g.graph").append(copy);
        });
      }
    }
  }

  leave() {
    for (const { svg } of this.player.pictures) for (const part of svg.querySelectorAll(".path")) part.remove();
  }
}

/** How the result changes when one node does, beside what its gradient says, over many sizes of the nudge. */
class Nudge {
  constructor(player) {
    this.player = player;
    this.graph = player.graph;
    this.at = this.graph.leaves.find((i) => !this.graph.nodes[i].constant);
    this.power = 3;
  }

  enter(desk) {
    this.table = element("table");
    this.slope = element("p");
    this.plot = element("div", { class: "plot" });
    this.select = this.player.picker("nudge", [...this.graph.backward].reverse(), this.at, (i) => this.picked(i));
    this.size = element("input", { type: "range", min: 1, max: 15, step: 1, value: this.power, "aria-label": "Size of the nudge",
                                   oninput: () => { this.power = this.size.valueAsNumber; this.stepped(); } });
    this.label = element("output");
    desk.append(this.select, element("label", {}, "by h = ", this.label, this.size), this.table, this.slope, this.plot);
    this.stepped();
  }

  picked(i) {
    if (this.graph.nodes[i].constant) return;
    this.at = i;
    this.select.querySelector("select").value = i;
    this.stepped();
  }

  /** The result when the node is moved by h, or NaN where that is outside a domain. */
  moved(h) {
    const { graph, at } = this;
    try {
      return graph.values(graph.data, new Map([[at, graph.data[at] + h]]))[graph.result];
    } catch {
      return NaN;
    }
  }

  stepped() {
    const { graph, at } = this, gradient = graph.gradients()[at], result = graph.data[graph.result], h = 10 ** -this.power;
    const up = this.moved(h), down = this.moved(-h);
    const row = (...cells) => element("tr", {}, ...cells.map((cell, i) => element(i ? "td" : "th", {}, cell)));
    this.label.textContent = `1e-${this.power} `;
    this.table.replaceChildren(
      row("nudge", "result changes by", "gradient × nudge"),
      row("+h", short(up - result), short(gradient * h)),
      row("−h", short(down - result), short(-gradient * h)));
    this.slope.textContent = `(f(+h) − f(−h)) / 2h = ${((up - down) / (2 * h)).toPrecision(10)}, the gradient is ${gradient.toPrecision(10)}.`;
    const errors = Array.from({ length: 15 }, (_, k) => {
      const step = 10 ** -(k + 1), slope = (this.moved(step) - this.moved(-step)) / (2 * step);
      return [k + 1, Math.abs(slope - gradient) / (Math.abs(gradient) || 1)];
    });
    this.plot.replaceChildren(this.curve(errors), element("p", {}, "Error of the difference quotient over h. To the left h is large and the "
      + "curve's bend is missed (truncation, shrinks as h²); to the right h is small and the subtraction loses digits (rounding, grows as 1/h)."));
    for (const picture of this.player.pictures) picture.mark([at]);
  }

  curve(errors) {
    const x = (power) => 34 + (power - 1) * 18, y = (error) => 12 + (130 * Math.min(17, -Math.log10(Math.max(error, 1e-17)))) / 17;
    const svg = drawn("svg", { viewBox: "0 0 300 178", role: "img", "aria-label": "Error of the difference quotient over h" });
    for (const power of [0, 4, 8, 12, 16]) {
      svg.append(drawn("line", { class: "grid", x1: 34, x2: 290, y1: y(10 ** -power), y2: y(10 ** -power) }),
                 drawn("text", { x: 30, y: y(10 ** -power) + 3, "text-anchor": "end" }, power ? `1e-${power}` : "1"));
    }
    for (const power of [1, 5, 10, 15]) svg.append(drawn("text", { x: x(power), y: 158, "text-anchor": "middle" }, `1e-${power}`));
    svg.append(drawn("text", { x: 160, y: 173, "text-anchor": "middle" }, "h"));
    const points = errors.filter(([, error]) => Number.isFinite(error));
    svg.append(drawn("polyline", { class: "line", points: points.map(([power, error]) => `${x(power)},${y(error)}`).join(" ") }));
    for (const [power, error] of points) {
      svg.append(drawn("circle", { class: power === this.power ? "dot here" : "dot", cx: x(power), cy: y(error), r: power === this.power ? 5 : 3 }));
    }
    return svg;
  }
}

/** The next number is hidden: the learner works it out. */
class Predict {
  constructor(player) {
    this.player = player;
    this.right = this.asked = 0;
  }

  enter(desk) {
    this.question = element("p");
    this.answer = element("input", { type: "text", inputmode: "decimal", "aria-label": "Your answer", autocomplete: "off" });
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.score = element("p");
    desk.append(this.question, element("form", { onsubmit: (event) => { event.preventDefault(); this.check(); } }, this.answer,
                element("button", {}, "Check"), element("button", { type: "button", onclick: () => this.give() }, "Show it")),
                this.verdict, this.score);
    this.stepped();
  }

  /** The step that comes next, and its number. */
  next() {
    const { steps, at } = this.player.run, step = steps[at], { data } = this.player.graph;
    return step && { step, number: step.kind === "forward" ? data[step.node] : step.kind === "seed" ? 1 : step.after };
  }

  stepped() {
    const { graph } = this.player, next = this.next();
    this.score.textContent = `${this.right} of ${this.asked} right`;
    this.answer.disabled = !next;
    this.answer.value = "";
    if (!next) {
      this.question.textContent = "That was the last step. Go back to the start to do it again.";
      return;
    }
    const { step } = next, name = (i) => graph.nodes[i].name;
    this.question.textContent = step.kind === "forward" ? `${name(step.node)} = ${graph.computed(step.node).join(" = ")} = ?`
      : step.kind === "seed" ? `${name(step.node)} is the result. What is its adjoint, ∂${name(step.node)}/∂${name(step.node)}?`
        : `${name(step.node)} has adjoint ${short(step.adjoint)}; ∂${name(step.node)}/∂${name(step.target)} = ${graph.written(step.node, step.k)[1]}. `
          + `grad of ${name(step.target)} is ${short(step.before)} now. What is it after the share of ${name(step.node)}?`;
  }

  check() {
    const next = this.next(), given = Number(this.answer.value.replace(",", "."));
    if (!next) return;
    if (this.answer.value.trim() === "" || Number.isNaN(given)) {
      this.verdict.textContent = `${JSON.stringify(this.answer.value)} is no number.`;
      return;
    }
    const close = (number) => Math.abs(given - number) <= 0.01 * Math.abs(number) + 1e-9, right = close(next.number);
    this.asked += 1;
    this.right += right;
    this.verdict.classList.toggle("wrong", !right);
    this.verdict.textContent = right ? `Right: ${short(next.number)}.` : `Not ${short(given)}. ${this.reason(next, close)}`;
    this.score.textContent = `${this.right} of ${this.asked} right`;
    if (right) this.player.go(this.player.run.at + 1);
  }

  /** What the wrong answer is, if that can be recognised, and how the right one comes about. */
  reason({ step, number }, close) {
    if (step.kind === "forward") return "Put the numbers into the formula.";
    if (step.kind === "seed") return "A result changes as fast as itself: its adjoint is 1.";
    const why = close(-number) ? "The sign is the other one. " : close(step.product) ? "That is the share alone: it is added to what is there. "
      : close(step.partial) ? "That is the local derivative alone. " : close(step.adjoint) ? "That is the adjoint alone. "
        : close(step.adjoint + step.partial) ? "Adjoint and local derivative are multiplied, not added. " : "";
    return `${why}Adjoint × local derivative = ${short(step.adjoint)} × ${bracketed(short(step.partial))} = …, and that is added to ${short(step.before)}.`;
  }

  give() {
    const next = this.next();
    if (!next) return;
    this.asked += 1;
    this.verdict.classList.remove("wrong");
    this.verdict.textContent = `It is ${short(next.number)}.`;
    this.player.go(this.player.run.at + 1);
  }
}

/** The learner chooses which node passes its adjoint on next. */
class Order {
  constructor(player) {
    this.player = player;
    this.graph = player.graph;
  }

  enter(desk) {
    this.chosen = [];
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.choices = element("div");
    desk.append(element("p", {}, "Which node passes its adjoint on next? Pick it in the picture or in the list."), this.choices, this.verdict);
    this.restart();
  }

  restart() {
    this.inner = this.graph.backward.filter((i) => this.graph.nodes[i].rule);
    this.player.reload(this.graph.steps(this.chosen), Infinity);
    const left = this.inner.filter((i) => !this.chosen.includes(i)).sort((a, b) => a - b);
    if (!left.length) this.verdict.textContent = "All done: every adjoint was complete before it was passed on.";
    const picker = this.player.picker("next", left, left[0], () => {});
    this.choices.replaceChildren(...(left.length ? [picker, element("button", { onclick: () => this.picked(Number(picker.lastChild.value)) }, "Pass on")] : []));
  }

  picked(i) {
    const { graph } = this, name = graph.nodes[i].name;
    const missing = graph.sources(i).filter((child) => !this.chosen.includes(child));
    this.verdict.classList.toggle("wrong", missing.length > 0);
    if (this.chosen.includes(i)) this.verdict.textContent = `${name} has passed its adjoint on already.`;
    else if (!graph.nodes[i].rule) this.verdict.textContent = `${name} is a leaf: it has no operands to pass anything to.`;
    else if (missing.length) {
      this.verdict.textContent = `${name} is not complete: the share of ${listed(missing.map((m) => graph.nodes[m].name))} is still missing.`;
    } else {
      this.verdict.textContent = `Right: ${name} had all its shares.`;
      this.chosen.push(i);
      this.restart();
    }
  }

  leave() {
    this.player.reload();
  }
}

/** The same pass with a classic mistake, beside the right one. */
class Mistakes {
  constructor(player) {
    this.player = player;
    this.graph = player.graph;
  }

  /** For each mistake: what it is, and the order, the gradients before and the rule of the wrong and the right pass. */
  cases() {
    const { graph } = this, final = graph.gradients(), none = final.map(() => 0);
    const leaves = final.map((grad, i) => (graph.nodes[i].rule ? 0 : grad)), right = { before: none };
    return {
      "Overwriting": { why: "grad = share, where it should be grad += share", wrong: { before: none, overwrites: true }, right },
      "No topological order": { why: "nodes pass their adjoint on as soon as they are met, breadth first", order: graph.breadthFirst(), wrong: right, right },
      "Forgotten zero_grad": { why: "the gradients of the step before are still there", wrong: { before: leaves }, right },
      "Stale second backward": { why: "a second backward() starts inner nodes from their old adjoints; leaves shall add up, inner nodes shall not",
                                 wrong: { before: final }, right: { before: leaves } },
    };
  }

  enter(desk) {
    const kinds = Object.keys(this.cases());
    this.kind ??= kinds[0];
    const select = element("select", { onchange: () => { this.kind = select.value; this.start(); } },
                           ...kinds.map((kind) => element("option", { selected: kind === this.kind }, kind)));
    this.text = element("p");
    this.jump = element("button", { onclick: () => this.player.go(this.parted) }, "Go where they part");
    this.here = element("p", { class: "verdict", role: "status" });
    desk.append(element("label", {}, "mistake ", select), this.text, this.jump, this.here);
    const { player } = this;
    this.second = (player.detail ?? player.panes[0]).picture.copy();
    this.pane = new Pane(player, element("div", { class: "pane mistaken" }), this.second);
    player.stage.append(this.pane.element);
    player.panes.push(this.pane);
    player.zoom(player.scale);
    this.start();
  }

  start() {
    const { why, wrong, right, order } = this.cases()[this.kind], { graph, player } = this;
    const steps = graph.steps(graph.backward, right), others = graph.steps(order ?? graph.backward, wrong);
    const differs = (step, other) => step?.target !== other?.target || step?.node !== other?.node || step?.after !== other?.after || step?.before !== other?.before;
    const parted = steps.findIndex((step, i) => differs(step, others[i]));
    const early = right.before.some((grad, i) => grad !== wrong.before[i]);
    this.parted = early ? 0 : parted < 0 ? null : parted + 1;
    player.run = new Run(graph, player.pictures, steps, right.before);
    player.other = new Run(graph, [this.second], others, wrong.before);
    const where = this.parted === null ? "On this graph it changes nothing, which is how it goes unnoticed."
      : this.parted === 0 ? "They part before the first step: look at the gradients." : `They part at step ${this.parted}.`;
    this.text.textContent = `${why}. ${where}`;
    this.jump.disabled = this.parted === null;
    player.mark(this.parted);
    player.restop();
    player.go(this.parted ?? 0);
  }

  stepped() {
    const { run, other } = this.player, wrong = this.graph.backward.filter((i) => run.grads[i] !== other.grads[i]);
    for (const [i, { group }] of this.second.nodes) group.classList.toggle("wrong", wrong.includes(i));
    this.here.classList.toggle("wrong", wrong.length > 0);
    this.here.textContent = wrong.length ? `Different now: ${listed(wrong.map((i) => `${this.graph.nodes[i].name} ${short(other.grads[i])}, not ${short(run.grads[i])}`))}`
      : "No difference yet.";
  }

  leave() {
    const { player } = this;
    this.pane.element.remove();
    player.mark(null);
    player.panes.pop();
    player.other = null;
    player.reload();
    player.zoom(player.scale);
  }
}

/** The steps of the optimiser: graph, loss curve and decision boundary, frame by frame. */
class Training {
  constructor(player) {
    this.player = player;
    this.graph = player.graph;
    const { frames } = DATA.training, last = frames.length - 1;
    this.rules = this.graph.nodes.map((node) => node.rule);
    this.slider = element("input", { type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Step of the optimiser",
                                     oninput: () => this.show(this.slider.valueAsNumber) });
    this.count = element("output");
    player.controls.prepend(element("label", { class: "training" }, "training ", this.slider, this.count));
    this.panel = element("div");
    this.show(0);
  }

  enter(desk) {
    desk.append(this.panel);
  }

  show(at) {
    const { frames, about, plane } = DATA.training, frame = frames[at], { graph } = this;
    graph.nodes.forEach((node, i) => (node.rule = frame.rules[i] ?? this.rules[i]));
    graph.restore();
    if (at < frames.length - 1) graph.recompute(graph.data.map((number, i) => frame.leaves[i] ?? number));
    this.count.textContent = ` ${at} of ${frames.length - 1}, loss ${short(frame.loss)}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    this.panel.replaceChildren(element("p", {}, `The graph is the loss of ${about}.`), this.curve(at), ...(plane ? [this.boundary(at)] : []));
    this.player.reload();
  }

  curve(at) {
    const losses = DATA.training.frames.map((frame) => frame.loss), top = Math.max(...losses) || 1, bottom = Math.min(0, ...losses);
    const x = (i) => 40 + (250 * i) / Math.max(1, losses.length - 1), y = (loss) => 10 + (100 * (top - loss)) / (top - bottom);
    const svg = drawn("svg", { viewBox: "0 0 300 140", role: "img", "aria-label": `Loss over the steps of the optimiser: ${short(losses[at])} now` });
    for (const loss of [bottom, (top + bottom) / 2, top]) {
      svg.append(drawn("line", { class: "grid", x1: 40, x2: 290, y1: y(loss), y2: y(loss) }), drawn("text", { x: 36, y: y(loss) + 3, "text-anchor": "end" }, short(Number(loss.toPrecision(2)))));
    }
    svg.append(drawn("polyline", { class: "line", points: losses.map((loss, i) => `${x(i)},${y(loss)}`).join(" ") }),
               drawn("circle", { class: "dot here", cx: x(at), cy: y(losses[at]), r: 5 }),
               drawn("text", { x: 40, y: 126, "text-anchor": "middle" }, "0"), drawn("text", { x: 290, y: 126, "text-anchor": "middle" }, `${losses.length - 1}`),
               drawn("text", { x: 165, y: 136, "text-anchor": "middle" }, "step of the optimiser"));
    return svg;
  }

  boundary(at) {
    const { ranges, points, grids, grid, outputs, classes } = DATA.training.plane, bytes = Uint8Array.from(atob(grids[at]), (c) => c.charCodeAt(0));
    const svg = drawn("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": `What the model says over the plane, and the examples of the classes ${classes.join(", ")}` });
    const side = 280 / grid, [[left, right], [low, high]] = ranges, field = drawn("g", { "shape-rendering": "crispEdges" });
    svg.append(field);
    bytes.forEach((byte, i) => {
      const strength = outputs === 1 ? Math.abs(byte - 128) / 127 : 0.7, group = outputs === 1 ? (byte >= 128 ? 1 : 0) : byte;
      field.append(drawn("rect", { class: `class${group % 6}`, x: 10 + side * (i % grid), y: 10 + side * Math.floor(i / grid), width: side,
                                   height: side, "fill-opacity": (0.12 + 0.45 * strength).toFixed(2) }));
    });
    for (const [a, b, group] of points) {
      const x = 10 + (280 * (a - left)) / (right - left), y = 10 + (280 * (high - b)) / (high - low);
      const shape = [`M${x - 4},${y - 4}h8v8h-8z`, `M${x},${y - 5}l5,9h-10z`, `M${x},${y - 5}l5,5l-5,5l-5,-5z`][group % 4 - 1];
      svg.append(shape ? drawn("path", { class: `point class${group % 6}`, d: shape }) : drawn("circle", { class: `point class${group % 6}`, cx: x, cy: y, r: 4 }));
    }
    return svg;
  }
}

const MODES = { Training, Values, Paths, Nudge, Predict, Order, Mistakes };
const root = document.currentScript.previousElementSibling;
root.player = new Player(root);
