/** The steps of the optimiser: loss, decision boundary, and what happens to layers and parameters, frame by frame. */
class Training extends Mode {
  static about = "The steps of the optimiser: loss and decision boundary";
  /** How many parameters are listed. */
  static MOST = 24;
  at = 0;
  /** @type {number | undefined} */
  timer = undefined;
  /** @type {number | null} the parameter that is shown alone */
  only = null;

  /** @param {PageData} data */
  static fits({ training }) {
    return training !== null;
  }

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.record = /** @type {TrainingData} */ (player.training);
    this.last = this.record.frames.length - 1;
    this.slider = element("input", { type: "range", min: 0, max: this.last, step: 1, value: 0,
                                     "aria-label": "Step of the optimiser",
                                     oninput: () => this.show(this.slider.valueAsNumber) });
    this.count = element("span", { class: "count" });
    this.playing = button("▶", "Play the training", () => this.play());
    player.controls.bar.prepend(element("div", { class: "training" }, element("span", {}, "training"), this.playing,
                                        this.slider, this.count));
    this.panel = element("div");
    this.show(0);
  }

  /** @param {HTMLElement} desk */
  enter(desk) {
    desk.append(this.panel);
  }

  plays() {
    this.play();
    return true;
  }

  /** Play the training, or stop. */
  play(on = this.timer === undefined) {
    clearInterval(this.timer);
    this.timer = undefined;
    if (on && this.at === this.last) this.show(0);
    if (on) this.timer = setInterval(() => (this.at < this.last ? this.show(this.at + 1) : this.play(false)), 150);
    this.playing.textContent = on ? "■" : "▶";
    this.playing.setAttribute("aria-label", on ? "Stop the training" : "Play the training");
  }

  /** @param {number} at */
  show(at) {
    this.at = Math.min(at, this.last);
    const { frames } = this.record, frame = frames[this.at], { player } = this, { graph } = player.graphs[frame.graph];
    graph.restore();
    if (Object.keys(frame.leaves).length) graph.recompute(graph.data.map((number, i) => frame.leaves[i] ?? number));
    this.slider.value = String(this.at);
    this.count.textContent = `${this.at} of ${this.last}, loss ${short(frame.loss)}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    player.dead = frame.dead;
    player.during(() => (player.graph === graph ? player.reload() : player.show(frame.graph)));
    for (const picture of player.pictures) picture.markDead(frame.dead);
    this.fill();
  }

  /** Put into the panel what is known of this frame. */
  fill() {
    const { frames, about, plane } = this.record, frame = frames[this.at], number = short(frame.loss);
    const curve = plot(`Loss over the steps of the optimiser: ${number} now`, lossChart(frames.map(({ loss }) => loss)),
                       this.at);
    this.panel.replaceChildren(curve, ...(plane ? [boundary(plane, this.at)] : []),
                               element("p", {}, `The graph shows ${about}.`), ...this.dead(), ...this.layers(),
                               ...this.parameters());
  }

  /** Which ReLUs are dead. */
  dead() {
    const { dead } = this.record.frames[this.at], names = listed(dead.map((i) => this.graph.name(i)));
    return dead.length ? [element("p", { class: "caution" }, `Dead, 0 for every example: ${names}.`)] : [];
  }

  /** The sizes of gradients and updates, layer by layer. */
  layers() {
    const { frames } = this.record, names = Object.keys(frames[0].layers);
    if (!names.length) return [];
    const key = element("p", { class: "key" }, ...names.flatMap((name, i) => [
      element("span", { class: "swatch", style: `--line-color: var(--path${i % 8})` }), ` ${name}  `]));
    const chart = (/** @type {string} */ what, /** @type {0 | 1} */ which) => [
      element("h2", {}, `Size of the ${what}, by layer`),
      plot(`Root mean square of the ${what} over the steps of the optimiser, by layer`, layerChart(frames, which), this.at)];
    return [...chart("gradients", 0), ...chart("updates", 1), key];
  }

  /** What is known of each parameter. */
  parameters() {
    const { columns } = this.record, known = this.record.frames[this.at].parameters;
    const all = leavesInOrder(this.graph).filter((i) => i in known), wanted = all.filter((i) => i === this.only);
    const shown = (wanted.length ? wanted : all).slice(0, Training.MOST);
    if (!shown.length) return [];
    const rows = shown.map((i) => row(cut(this.graph.name(i), 16), short(this.graph.data[i]), ...known[i].map(short)));
    const more = all.length - shown.length;
    return [element("h2", {}, "Parameters, and what this step does to them"),
            element("div", { class: "wide", tabindex: 0 },
                    element("table", {}, row("", "value", ...columns), ...rows)),
            ...(more ? [element("p", {}, `${more} more; a click on one in the picture shows it.`)] : [])];
  }

  /** @param {number} node */
  picked(node) {
    if (!(node in this.record.frames[this.at].parameters)) return false;
    this.only = this.only === node ? null : node;
    this.fill();
  }

  restore() {
    this.show(this.at);
  }
}

// The outlines of the examples of each class: disc, square, triangle, diamond.
const OUTLINES = ["M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0", "M-4,-4h8v8h-8z", "M0,-5l5,9h-10z",
                  "M0,-5l5,5l-5,5l-5,-5z"];

/**
 * What the model says over the plane, and the examples.
 * @param {Plane} plane
 * @param {number} at
 */
function boundary({ ranges, points, grids, grid, outputs, classes }, at) {
  const description = `What the model says over the plane, and the examples of the classes ${classes.join(", ")}`;
  const svg = drawn("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": description });
  const bytes = Uint8Array.from(atob(grids[at]), (c) => c.charCodeAt(0)), fields = classFields(bytes, grid, outputs);
  const largest = Math.max(...fields.flat());
  fields.forEach((field, kind) => {
    for (const share of [0, 0.25, 0.5, 0.75]) {
      svg.append(drawn("path", { class: `class${kind % 6}`, "fill-opacity": 0.13,
                                 d: contour(field, grid, share * largest).area }));
    }
  });
  for (const field of outputs === 1 ? fields.slice(1) : fields) {
    svg.append(drawn("path", { class: "border", d: contour(field, grid, 0).line }));
  }
  svg.append(...points.map(([a, b, kind]) => {
    const [x, y] = boundaryPoint(ranges, a, b);
    return drawn("path", { transform: `translate(${x} ${y})`, class: `point class${kind % 6}`, d: OUTLINES[kind % 4] });
  }));
  return svg;
}
