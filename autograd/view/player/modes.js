// What can be done with the graph beside stepping through it: one class for each button of the player.
//
// This script follows player.js in the page. A lesson has enter(desk), which puts what it needs into the panel, and may
// have leave(), stepped() for when the step has changed, and picked(i) for when a node was picked in the picture.

class Lesson {
  constructor(player) {
    this.player = player;
  }

  get graph() {
    return this.player.graph;
  }

  name(i) {
    return this.graph.nodes[i].name;
  }

  names(indices) {
    return listed(indices.map((i) => this.name(i)));
  }
}

const CAUTION = "The operations stay as they were recorded: Python's own if and while are not run again.";

/** Change the numbers at the leaves; everything else follows. */
class Values extends Lesson {
  static about = "Change the inputs: everything else is computed anew";

  enter(desk) {
    this.note = element("p", { class: "problem", role: "alert" });
    const rows = this.graph.leaves.filter((i) => !this.graph.nodes[i].constant).map((i) => this.row(i));
    desk.append(element("p", { class: "caution" }, CAUTION), this.note, element("div", { class: "rows" }, ...rows));
  }

  row(i) {
    const value = this.graph.data[i], { data } = this.graph.nodes[i], reach = Math.max(1, 2 * Math.abs(data));
    const number = element("input", { type: "number", step: "any", value, "aria-label": this.name(i),
                                      oninput: () => this.set(i, number.valueAsNumber, slider) });
    const slider = element("input", { type: "range", min: data - reach, max: data + reach, step: reach / 200, value,
                                      "aria-label": `${this.name(i)}, drag`, "data-leaf": i,
                                      oninput: () => this.set(i, slider.valueAsNumber, number) });
    return element("div", { class: "row" }, element("span", {}, this.name(i)), slider, number);
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
    this.graph.changed = true;
    this.note.textContent = "";
    twin.value = number;
    this.player.reload();
  }

  picked(i) {
    this.player.desk.querySelector(`[data-leaf="${i}"]`)?.focus();
  }
}

/** A lesson about one node, picked in the picture or from a list. */
class AboutNode extends Lesson {
  chooser(label) {
    const { nodes, leaves } = this.graph;
    if (nodes[this.at]?.constant ?? true) this.at = leaves.find((i) => !nodes[i].constant);
    this.select = this.player.picker(label, [...this.graph.backward].reverse(), this.at, (i) => this.picked(i));
    return this.select;
  }

  picked(i) {
    if (this.graph.nodes[i].constant) return;
    this.at = i;
    this.select.querySelector("select").value = i;
    this.stepped();
  }

  mark() {
    for (const picture of this.player.pictures) picture.mark([this.at]);
  }
}

/** Every path from a node to the result, and how their products add up to the gradient. */
class Paths extends AboutNode {
  static about = "Every path from a node to the result: their products add up to the gradient";
  static MOST = 12;

  enter(desk) {
    this.list = element("div");
    desk.append(this.chooser("paths from"), this.list);
    this.stepped();
  }

  stepped() {
    const { graph, at } = this, paths = graph.paths(at, Paths.MOST), count = graph.pathCount(at);
    const gradient = short(graph.gradients()[at]), products = paths.map((path) => this.product(path));
    const sum = short(products.reduce((a, b) => a + b, 0)), shown = paths.length, cut = BigInt(shown) !== count;
    const total = cut ? `${shown} of ${count.toLocaleString("en")} paths are shown. They add up to ${sum}; all of them `
      + `to the gradient, ${gradient}.` : `Together: ${sum}, the gradient of ${this.name(at)}: ${gradient}.`;
    this.list.replaceChildren(element("ol", { class: "paths" }, ...paths.map((path, color) => this.line(path, color))),
                              element("p", {}, total));
    this.draw(paths);
    this.mark();
  }

  factors(path) {
    return path.map(([child, k]) => this.graph.partials[child][k]);
  }

  product(path) {
    return this.factors(path).reduce((a, b) => a * b, 1);
  }

  line(path, color) {
    const stops = [this.at, ...path.map(([child]) => child)].map((i) => this.name(i)).join(" → ");
    const factors = this.factors(path).map((factor, i) => (i ? bracketed(short(factor)) : short(factor)));
    const written = factors.length > 8 ? `${factors.length} factors` : factors.join(" × ") || "1";
    const result = ` ${written} = ${short(this.product(path))}`;
    return element("li", { style: pathColor(color) }, element("b", {}, stops), result);
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
        const strokes = line ? colors.map((color, turn) => stroke(line, color, turn, colors.length)) : [];
        svg.querySelector("g.graph").append(...strokes);
      }
    }
  }

  leave() {
    for (const { svg } of this.player.pictures) for (const part of svg.querySelectorAll(".path")) part.remove();
  }
}

const pathColor = (color) => `--path: var(--path${color % 8})`;

/** A coloured line over an edge, dashed so that `count` of them show in turns. */
function stroke(line, color, turn, count) {
  const dashes = count > 1 ? { "stroke-dasharray": `7 ${7 * (count - 1)}`, "stroke-dashoffset": -7 * turn } : {};
  return drawn("path", { class: "path", d: line.getAttribute("d"), style: pathColor(color), ...dashes });
}

/** A small plot: a frame with labelled lines across, and a curve with a mark at one point. */
function plot(description, height, levels, ticks, title, points, here) {
  const svg = drawn("svg", { viewBox: `0 0 300 ${height}`, role: "img", "aria-label": description });
  const label = (x, y, text, anchor = "middle") => svg.append(drawn("text", { x, y, "text-anchor": anchor }, text));
  for (const [y, text] of levels) {
    svg.append(drawn("line", { class: "grid", x1: 40, x2: 290, y1: y, y2: y }));
    label(36, y + 3, text, "end");
  }
  for (const [x, text] of ticks) label(x, height - 20, text);
  label(165, height - 5, title);
  svg.append(drawn("polyline", { class: "line", points: points.map((point) => point.join(",")).join(" ") }));
  points.forEach(([cx, cy], i) => {
    const at = i === here, look = { class: at ? "dot here" : "dot", r: at ? 5 : 3 };
    if (at || points.length < 20) svg.append(drawn("circle", { cx, cy, ...look }));
  });
  return svg;
}

/** How the result changes when one node does, beside what its gradient says, over many sizes of the nudge. */
class Nudge extends AboutNode {
  static about = "Move one number a little, and see whether the gradient foretold what happens";
  power = 3;

  enter(desk) {
    this.table = element("table");
    this.slope = element("p");
    this.plot = element("div", { class: "plot" });
    this.label = element("span");
    const size = element("input", { type: "range", min: 1, max: 15, step: 1, "aria-label": "Size of the nudge",
                                    value: this.power, oninput: () => this.resize(size.valueAsNumber) });
    desk.append(this.chooser("nudge"), element("span", {}, " by h = ", this.label, size), this.table, this.slope,
                this.plot);
    this.stepped();
  }

  resize(power) {
    this.power = power;
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
    const { graph, at, power } = this, gradient = graph.gradients()[at], result = graph.data[graph.result];
    const h = 10 ** -power, up = this.moved(h), down = this.moved(-h), quotient = (up - down) / (2 * h);
    const row = (...cells) => element("tr", {}, ...cells.map((cell, i) => element(i ? "td" : "th", {}, cell)));
    this.label.textContent = `1e-${power} `;
    this.table.replaceChildren(row("nudge", "result changes by", "gradient × nudge"),
                               row("+h", short(up - result), short(gradient * h)),
                               row("−h", short(down - result), short(-gradient * h)));
    this.slope.textContent = `(f(+h) − f(−h)) / 2h = ${quotient.toPrecision(10)}, `
      + `the gradient is ${gradient.toPrecision(10)}.`;
    this.plot.replaceChildren(this.curve(gradient), element("p", {},
      "Error of the difference quotient over h. To the left h is large and the curve's bend is missed (truncation, "
      + "shrinks as h²); to the right h is small and the subtraction loses digits (rounding, grows as 1/h)."));
    this.mark();
  }

  /** The relative error of the difference quotient for h from 1e-1 to 1e-15. */
  curve(gradient) {
    const x = (power) => 46 + (power - 1) * 16.5, y = (digits) => 12 + 8 * Math.min(17, Math.max(0, digits));
    const powers = Array.from({ length: 15 }, (_, k) => k + 1), errors = powers.map((power) => {
      const h = 10 ** -power, slope = (this.moved(h) - this.moved(-h)) / (2 * h);
      return Math.abs(slope - gradient) / (Math.abs(gradient) || 1);
    });
    const found = powers.filter((power) => Number.isFinite(errors[power - 1]));
    const points = found.map((power) => [x(power), y(-Math.log10(Math.max(errors[power - 1], 1e-17)))]);
    const levels = [0, 4, 8, 12, 16].map((digits) => [y(digits), digits ? `1e-${digits}` : "1"]);
    const ticks = [1, 5, 10, 15].map((power) => [x(power), `1e-${power}`]);
    return plot("Error of the difference quotient over h", 185, levels, ticks, "h", points, found.indexOf(this.power));
  }
}

/** The next number is hidden: the learner works it out. */
class Predict extends Lesson {
  static about = "Work out the next number yourself";
  right = 0;
  asked = 0;

  enter(desk) {
    this.question = element("p");
    this.answer = element("input", { inputmode: "decimal", "aria-label": "Your answer", autocomplete: "off" });
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.score = element("p");
    const show = element("button", { type: "button", onclick: () => this.give() }, "Show it");
    const form = element("form", {}, this.answer, element("button", {}, "Check"), show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    desk.append(this.question, form, this.verdict, this.score);
    this.stepped();
  }

  /** The step that comes next, and its number. */
  next() {
    const { steps, at } = this.player.run, step = steps[at];
    if (!step) return null;
    return { step, number: step.kind === "forward" ? this.graph.data[step.node] : step.after };
  }

  stepped() {
    const next = this.next();
    this.score.textContent = `${this.right} of ${this.asked} right`;
    this.answer.disabled = !next;
    this.answer.value = "";
    const end = "That was the last step. Go back to the start to do it again.";
    this.question.textContent = next ? this.asking(next.step) : end;
  }

  asking(step) {
    const node = this.name(step.node);
    if (step.kind === "forward") return `${node} = ${this.graph.computed(step.node).join(" = ")} = ?`;
    if (step.kind === "seed") return `${node} is the result. What is its adjoint, ∂${node}/∂${node}?`;
    const target = this.name(step.target), [, slope] = this.graph.written(step.node, step.k);
    return `${node} has adjoint ${short(step.adjoint)}; ∂${node}/∂${target} = ${slope}. grad of ${target} is `
      + `${short(step.before)} now. What is it after the contribution of ${node}?`;
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
    this.say(right ? `Right: ${short(next.number)}.` : `Not ${short(given)}. ${this.reason(next, close)}`, !right);
    this.score.textContent = `${this.right} of ${this.asked} right`;
    if (right) this.player.go(this.player.run.at + 1);
  }

  /** What the wrong answer is, if that can be recognised, and how the right one comes about. */
  reason({ step, number }, close) {
    if (step.kind === "forward") return "Put the numbers into the formula.";
    if (step.kind === "seed") return "A result changes as fast as itself: its adjoint is 1.";
    const { adjoint, partial, product, before } = step, guesses = [
      [-number, "The sign is the other one. "],
      [product, "That is the contribution alone: it is added to what is there. "],
      [partial, "That is the local derivative alone. "], [adjoint, "That is the adjoint alone. "],
      [adjoint + partial, "Adjoint and local derivative are multiplied, not added. "]];
    const [, why] = guesses.find(([guess]) => close(guess)) ?? [0, ""];
    return `${why}Adjoint × local derivative = ${short(adjoint)} × ${bracketed(short(partial))} = …, `
      + `and that is added to ${short(before)}.`;
  }

  say(text, wrong) {
    this.verdict.classList.toggle("wrong", wrong);
    this.verdict.textContent = text;
  }

  give() {
    const next = this.next();
    if (!next) return;
    this.asked += 1;
    this.say(`It is ${short(next.number)}.`, false);
    this.player.go(this.player.run.at + 1);
  }
}

/** The learner chooses which node passes its adjoint on next. */
class Order extends Lesson {
  static about = "Choose which node passes its adjoint on next";

  enter(desk) {
    this.chosen = [];
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.choices = element("div");
    const task = "Which node passes its adjoint on next? Pick it in the picture or in the list.";
    desk.append(element("p", {}, task), this.choices, this.verdict);
    this.show();
  }

  /** Play the order so far, and offer the nodes that are left. */
  show() {
    const inner = this.graph.backward.filter((i) => this.graph.nodes[i].rule);
    const left = inner.filter((i) => !this.chosen.includes(i)).sort((a, b) => a - b);
    this.player.reload(this.graph.steps(this.chosen), Infinity);
    this.choices.replaceChildren();
    if (!left.length) {
      this.verdict.textContent = "All done: every adjoint was complete before it was passed on.";
      return;
    }
    const picker = this.player.picker("next", left, left[0], () => {}), list = picker.querySelector("select");
    this.choices.append(picker, " ", element("button", { onclick: () => this.picked(Number(list.value)) }, "Pass on"));
  }

  picked(i) {
    const missing = this.graph.sources(i).filter((child) => !this.chosen.includes(child)), name = this.name(i);
    const refusal = this.chosen.includes(i) ? `${name} has passed its adjoint on already.`
      : !this.graph.nodes[i].rule ? `${name} is a leaf: it has no operands to pass anything to.`
        : missing.length ? `${name} is not complete: the contribution of ${this.names(missing)} is still missing.` : "";
    this.verdict.classList.toggle("wrong", Boolean(refusal));
    this.verdict.textContent = refusal || `Right: ${name} had all its contributions.`;
    if (refusal) return;
    this.chosen.push(i);
    this.show();
  }

  leave() {
    this.player.reload();
  }
}

/** The same pass with a classic mistake, beside the right one. */
class Mistakes extends Lesson {
  static about = "A pass with a classic mistake beside the right one";
  kind = "Overwriting";

  /** For each mistake what it is, and with what gradients and in which order the wrong and the right pass go. */
  cases() {
    const { graph } = this, final = graph.gradients(), none = final.map(() => 0), right = { before: none };
    const leaves = final.map((grad, i) => (graph.nodes[i].rule ? 0 : grad));
    return {
      "Overwriting": {
        why: "grad = contribution, where it should be grad += contribution",
        right, wrong: { before: none, overwrites: true } },
      "No topological order": {
        why: "nodes pass their adjoint on as soon as they are met, breadth first",
        right, wrong: { before: none, order: graph.breadthFirst() } },
      "Forgotten zero_grad": {
        why: "the gradients of the step before are still there", right, wrong: { before: leaves } },
      "Stale second backward": {
        why: "a second backward() starts the inner nodes from their old adjoints: leaves add up, inner nodes must not",
        right: { before: leaves }, wrong: { before: final } },
    };
  }

  enter(desk) {
    const { player } = this, options = Object.keys(this.cases()).map((kind) => element("option", {}, kind));
    const select = element("select", { onchange: () => this.start(select.value) }, ...options);
    select.value = this.kind;
    this.text = element("p");
    this.jump = element("button", { onclick: () => player.go(this.parted) }, "Go where they part");
    this.here = element("p", { class: "verdict", role: "status" });
    desk.append(element("label", {}, "mistake ", select), this.text, this.jump, this.here);
    this.second = (player.detail ?? player.panes[0]).picture.copy();
    this.pane = new Pane(player, element("div", { class: "pane mistaken" }), this.second);
    player.stage.append(this.pane.element);
    player.panes.push(this.pane);
    player.zoom(player.scale);
    this.start(this.kind);
  }

  start(kind) {
    this.kind = kind;
    const { graph, player } = this, { why, wrong, right } = this.cases()[kind];
    const steps = graph.steps(graph.backward, right), others = graph.steps(wrong.order ?? graph.backward, wrong);
    this.parted = parting(steps, others, right.before, wrong.before);
    player.run = new Run(graph, player.pictures, steps, right.before);
    player.other = new Run(graph, [this.second], others, wrong.before);
    const where = this.parted === null ? "On this graph it changes nothing, which is how it goes unnoticed."
      : this.parted ? `They part at step ${this.parted}.` : "They part before the first step: look at the gradients.";
    this.text.textContent = `${why}. ${where}`;
    this.jump.disabled = this.parted === null;
    player.restop();
    player.mark(this.parted);
    player.go(this.parted ?? 0);
  }

  stepped() {
    const { run, other } = this.player, wrong = this.graph.backward.filter((i) => run.grads[i] !== other.grads[i]);
    for (const [i, { group }] of this.second.nodes) group.classList.toggle("wrong", wrong.includes(i));
    this.here.classList.toggle("wrong", wrong.length > 0);
    const differences = wrong.map((i) => `${this.name(i)} ${short(other.grads[i])}, not ${short(run.grads[i])}`);
    this.here.textContent = wrong.length ? `Different now: ${listed(differences)}` : "No difference yet.";
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

/** The first step where two passes part: 0 when they start apart, null when they never do. */
function parting(steps, others, before, beforeOthers) {
  if (before.some((grad, i) => grad !== beforeOthers[i])) return 0;
  const keys = ["node", "target", "before", "after"];
  const differs = (step, other) => !other || keys.some((key) => step[key] !== other[key]);
  const at = steps.findIndex((step, i) => differs(step, others[i]));
  return at < 0 ? null : at + 1;
}

/** The steps of the optimiser: graph, loss curve and decision boundary, frame by frame. */
class Training extends Lesson {
  static about = "The steps of the optimiser: loss and decision boundary";

  constructor(player) {
    super(player);
    this.last = DATA.training.frames.length - 1;
    this.slider = element("input", { type: "range", min: 0, max: this.last, step: 1, value: 0,
                                     "aria-label": "Step of the optimiser",
                                     oninput: () => this.show(this.slider.valueAsNumber) });
    this.count = element("span");
    player.controls.prepend(element("div", { class: "training" }, "training ", this.slider, this.count));
    this.panel = element("div");
    this.show(0);
  }

  enter(desk) {
    desk.append(this.panel);
  }

  show(at) {
    const { frames, about, plane } = DATA.training, frame = frames[at];
    const { player } = this, { graph } = player.graphs[frame.graph];
    graph.restore();
    if (Object.keys(frame.leaves).length) graph.recompute(graph.data.map((number, i) => frame.leaves[i] ?? number));
    this.count.textContent = `${at} of ${this.last}, loss ${short(frame.loss)}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    this.panel.replaceChildren(this.curve(at), ...(plane ? [this.boundary(at)] : []),
                               element("p", {}, `The graph shows ${about}.`));
    player.during(() => (player.graph === graph ? player.reload() : player.show(frame.graph)));
  }

  restore() {
    this.show(this.slider.valueAsNumber);
  }

  curve(at) {
    const losses = DATA.training.frames.map(({ loss }) => loss), top = Math.max(...losses) || 1;
    const bottom = Math.min(0, ...losses), y = (loss) => 10 + (100 * (top - loss)) / (top - bottom);
    const x = (i) => 40 + (250 * i) / Math.max(1, this.last);
    const levels = [bottom, (top + bottom) / 2, top].map((loss) => [y(loss), short(Number(loss.toPrecision(2)))]);
    const ticks = [[40, "0"], [290, `${this.last}`]], points = losses.map((loss, i) => [x(i), y(loss)]);
    return plot(`Loss over the steps of the optimiser: ${short(losses[at])} now`, 145, levels, ticks,
                "step of the optimiser", points, at);
  }

  boundary(at) {
    const { ranges: [[left, right], [low, high]], points, grids, grid, outputs, classes } = DATA.training.plane;
    const description = `What the model says over the plane, and the examples of the classes ${classes.join(", ")}`;
    const svg = drawn("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": description });
    const field = drawn("g", { "shape-rendering": "crispEdges" }), side = 280 / grid;
    const bytes = Uint8Array.from(atob(grids[at]), (c) => c.charCodeAt(0)), one = outputs === 1;
    bytes.forEach((byte, i) => {
      const x = 10 + side * (i % grid), y = 10 + side * Math.floor(i / grid), kind = one ? Number(byte >= 128) : byte;
      const opacity = (0.12 + 0.45 * (one ? Math.abs(byte - 128) / 127 : 0.7)).toFixed(2);
      const look = { class: `class${kind % 6}`, "fill-opacity": opacity };
      field.append(drawn("rect", { x, y, width: side, height: side, ...look }));
    });
    svg.append(field, ...points.map(([a, b, kind]) => {
      const x = 10 + (280 * (a - left)) / (right - left), y = 10 + (280 * (high - b)) / (high - low);
      const look = { class: `point class${kind % 6}`, d: OUTLINES[kind % 4] };
      return drawn("path", { transform: `translate(${x} ${y})`, ...look });
    }));
    return svg;
  }
}

// The outlines of the examples of each class: disc, square, triangle, diamond.
const OUTLINES = ["M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0", "M-4,-4h8v8h-8z", "M0,-5l5,9h-10z",
                  "M0,-5l5,5l-5,5l-5,-5z"];

const MODES = { Training, Values, Paths, Nudge, Predict, Order, Mistakes };
const root = document.currentScript.previousElementSibling;
root.player = new Player(root);
